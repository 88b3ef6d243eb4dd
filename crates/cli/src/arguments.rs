//! Flags and arguments in the ecosystem's style: `-flag`, `-flag=value`, `-flag value`, one dash or two, before the
//! positional arguments.

use formwork_diag::nearest;

/// A flag that a command takes.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    pub name: &'static str,
    /// What stands for the value in help texts; `None` for switches, which take a value only behind `=`.
    pub value: Option<&'static str>,
    /// Empty for flags that are accepted but not shown.
    pub help: &'static str,
}

impl Flag {
    pub const fn switch(name: &'static str, help: &'static str) -> Flag {
        Flag { name, value: None, help }
    }

    pub const fn value(name: &'static str, value: &'static str, help: &'static str) -> Flag {
        Flag { name, value: Some(value), help }
    }
}

/// What was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    flags: Vec<(&'static str, String)>,
    pub positional: Vec<String>,
}

/// Why arguments cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentError {
    /// Help is wanted instead.
    Help,
    /// For users.
    Invalid(String),
}

fn invalid(message: String) -> ArgumentError {
    ArgumentError::Invalid(message)
}

/// Reads flags up to the first other argument. `--` ends the flags.
pub fn parse(words: &[String], flags: &[&[Flag]]) -> Result<Arguments, ArgumentError> {
    let mut arguments = Arguments::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let Some(name) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).filter(|_| word != "-") else {
            arguments.positional.push(word.clone());
            break;
        };
        if name.is_empty() {
            break;
        }
        let (name, value) = match name.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (name, None),
        };
        if matches!(name, "help" | "h") {
            return Err(ArgumentError::Help);
        }
        let flag = find(name, flags)?;
        let value = match (flag.value, value) {
            (None, None) => "true".to_owned(),
            (None, Some(value)) => switch_value(name, &value)?.to_string(),
            (Some(_), Some(value)) => value,
            (Some(_), None) => rest.next().cloned().ok_or_else(|| invalid(format!("-{name} needs a value")))?,
        };
        arguments.flags.push((flag.name, value));
    }
    arguments.positional.extend(rest.cloned());
    Ok(arguments)
}

fn find(name: &str, flags: &[&[Flag]]) -> Result<Flag, ArgumentError> {
    let all = || flags.iter().flat_map(|group| group.iter());
    all().find(|flag| flag.name == name).copied().ok_or_else(|| {
        let shown = all().filter(|flag| !flag.help.is_empty()).map(|flag| flag.name);
        let hint = nearest(name, shown).map(|near| format!(". Did you mean -{near}?")).unwrap_or_default();
        invalid(format!("there is no flag -{name}{hint}"))
    })
}

fn switch_value(name: &str, value: &str) -> Result<bool, ArgumentError> {
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(invalid(format!("-{name} takes true or false, not {value:?}"))),
    }
}

impl Arguments {
    /// The last value of a switch, if it was given at all.
    pub fn switch_if_given(&self, name: &str) -> Option<bool> {
        self.value(name).map(|value| value == "true")
    }

    /// True if the switch was given (last), else the default.
    pub fn switch_or(&self, name: &str, default: bool) -> bool {
        self.switch_if_given(name).unwrap_or(default)
    }

    pub fn switch(&self, name: &str) -> bool {
        self.switch_or(name, false)
    }

    /// The last value given.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.flags.iter().rev().find(|(flag, _)| *flag == name).map(|(_, value)| value.as_str())
    }

    /// All values given, in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.flags.iter().filter(move |(flag, _)| *flag == name).map(|(_, value)| value.as_str())
    }

    /// Values of several flags, in the order in which they were given.
    pub fn in_order<'a>(&'a self, names: &'a [&'a str]) -> impl Iterator<Item = (&'static str, &'a str)> {
        let wanted = self.flags.iter().filter(move |(flag, _)| names.contains(flag));
        wanted.map(|(flag, value)| (*flag, value.as_str()))
    }

    pub fn is_given(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The positional argument at an index.
    pub fn at(&self, index: usize) -> Option<&str> {
        self.positional.get(index).map(String::as_str)
    }

    /// A whole number of at least `least`.
    pub fn number_or(&self, name: &str, default: usize, least: usize) -> Result<usize, String> {
        let Some(text) = self.value(name) else { return Ok(default) };
        text.parse::<usize>()
            .ok()
            .filter(|number| *number >= least)
            .ok_or_else(|| format!("-{name} takes a whole number of at least {least}, not {text:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGS: &[&[Flag]] = &[
        &[Flag::switch("json", "x"), Flag::switch("lock", "x")],
        &[Flag::value("var", "V", "x"), Flag::value("out", "FILE", "x"), Flag::value("n", "N", "x")],
    ];

    fn parsed(line: &str) -> Result<Arguments, ArgumentError> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&words, FLAGS)
    }

    #[test]
    fn reads_all_forms() {
        let arguments = parsed("-json --lock=false -var a=1 -var=b=2 --out=x -out y pos -json").unwrap();
        assert!(arguments.switch("json"));
        assert_eq!(arguments.switch_if_given("lock"), Some(false));
        assert_eq!(arguments.values("var").collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert_eq!(arguments.value("out"), Some("y"));
        assert_eq!(arguments.positional, ["pos", "-json"]);
        assert_eq!(
            arguments.in_order(&["var", "out"]).collect::<Vec<_>>(),
            [("var", "a=1"), ("var", "b=2"), ("out", "x"), ("out", "y")]
        );
    }

    #[test]
    fn a_dash_is_an_argument_and_two_end_the_flags() {
        assert_eq!(parsed("-json - x").unwrap().positional, ["-", "x"]);
        assert_eq!(parsed("-json -- -var").unwrap().positional, ["-var"]);
    }

    #[test]
    fn explains_what_is_wrong() {
        let cases = [
            ("-jsn", "there is no flag -jsn. Did you mean -json?"),
            ("-zzzzzz", "there is no flag -zzzzzz"),
            ("-json=maybe", "-json takes true or false, not \"maybe\""),
            ("-var", "-var needs a value"),
        ];
        for (line, message) in cases {
            assert_eq!(parsed(line), Err(ArgumentError::Invalid(message.to_owned())), "{line}");
        }
        assert_eq!(parsed("-json -help"), Err(ArgumentError::Help));
    }

    #[test]
    fn numbers_have_a_least_value() {
        assert_eq!(parsed("-n 3").unwrap().number_or("n", 10, 1), Ok(3));
        assert_eq!(parsed("").unwrap().number_or("n", 10, 1), Ok(10));
        assert!(parsed("-n 0").unwrap().number_or("n", 10, 1).is_err());
        assert!(parsed("-n x").unwrap().number_or("n", 10, 1).is_err());
    }
}
