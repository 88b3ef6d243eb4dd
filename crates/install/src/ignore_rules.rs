//! `.terraformignore`: which files of a directory are left out when it is packed.
//!
//! A line is a pattern; later ones win. `#` begins a comment, `!` takes files back in, `/` at the beginning ties a pattern to
//! the top, `/` at the end means everything below a directory. `*` and `?` stand for any characters but `/`, `**` for any
//! directories, `[...]` for one of some characters, and a backslash takes away the meaning of what follows.

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

/// What holds without a file, and before its lines: nothing of version control and of installations, except for modules; no
/// states, nor what lies beside them.
const DEFAULT_RULES: &str = "\
.terraform/
!.terraform/modules/
.git/
terraform.d/
*.tfstate
*.tfstate.*
";

/// The rules of a directory.
#[derive(Clone, Debug)]
pub struct IgnoreRules(Vec<Rule>);

#[derive(Clone, Debug)]
struct Rule {
    pattern: Regex,
    takes_back: bool,
}

impl IgnoreRules {
    /// The default rules alone.
    pub fn standard() -> IgnoreRules {
        IgnoreRules::parse("").unwrap_or(IgnoreRules(Vec::new()))
    }

    /// The default rules, and those of a file. Errors: a line is no pattern (with its number, from 1 on).
    pub fn parse(text: &str) -> Result<IgnoreRules, (usize, String)> {
        let mut rules = Vec::new();
        for line in DEFAULT_RULES.lines() {
            rules.extend(Rule::parse(line).map_err(|error| (0, error))?);
        }
        for (number, line) in (1..).zip(text.lines()) {
            rules.extend(Rule::parse(line).map_err(|error| (number, error))?);
        }
        Ok(IgnoreRules(rules))
    }

    /// True if a file is left out. The path is relative to the directory, with `/` between the names.
    pub fn leaves_out(&self, path: &str) -> bool {
        let path: String = path.nfc().collect();
        self.0.iter().rev().find(|rule| rule.pattern.is_match(&path)).is_some_and(|rule| !rule.takes_back)
    }

    /// True if everything below a directory is left out, without a later rule that could take something back.
    pub fn leaves_out_whole(&self, directory: &str) -> bool {
        let path: String = directory.nfc().chain(['/']).collect();
        let last = self.0.iter().rev().take_while(|rule| !rule.takes_back).find(|rule| rule.pattern.is_match(&path));
        last.is_some()
    }
}

impl Rule {
    /// Nothing for empty lines and comments.
    fn parse(line: &str) -> Result<Option<Rule>, String> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let (takes_back, pattern) = match line.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None => (false, line),
        };
        if pattern.trim_matches('/').is_empty() {
            return Err("there is no pattern".to_owned());
        }
        let (top, pattern) = match pattern.strip_prefix('/') {
            Some(pattern) => ("^", pattern),
            None => ("^(?:.*/)?", pattern),
        };
        let everything = if pattern.ends_with('/') { "**" } else { "" };
        let pattern = format!("(?s){top}{}$", expression(&format!("{pattern}{everything}")));
        match Regex::new(&pattern) {
            Ok(pattern) => Ok(Some(Rule { pattern, takes_back })),
            Err(_) => Err(format!("{line:?} is no pattern; brackets hold characters, as in [a-z]")),
        }
    }
}

/// A pattern as a regular expression.
fn expression(pattern: &str) -> String {
    let pattern: String = pattern.nfc().collect();
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.next_if_eq(&'*').is_some() => {
                // Any number of directories, none included.
                chars.next_if_eq(&'/');
                out.push_str(if chars.peek().is_some() { "(?:.*/)?" } else { ".*" });
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' => {
                out.push('[');
                if chars.next_if(|c| matches!(c, '^' | '!')).is_some() {
                    out.push('^');
                }
                for c in chars.by_ref() {
                    match c {
                        ']' | '-' => out.push(c),
                        c => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
                    }
                    if c == ']' {
                        break;
                    }
                }
            }
            '\\' => out.push_str(&regex::escape(&chars.next().unwrap_or('\\').to_string())),
            c => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules, and the files that they leave out (`-`) or not (`+`).
    const CASES: &[(&str, &str)] = &[
        ("", "+main.tf +a/main.tf -.git/config -a/.git/x +.gitignore +.terraform.lock.hcl"),
        ("", "-.terraform/providers/x -a/.terraform/y +.terraform/modules/m/main.tf -terraform.d/plugins/x"),
        (
            "",
            "-terraform.tfstate -terraform.tfstate.backup -.terraform.tfstate.lock.info -terraform.tfstate.d/a/x.tfstate",
        ),
        ("", "-x.tfstate.journal -x.tfstate.in-doubt +tfstate.tf"),
        ("!example.tfstate", "+example.tfstate +a/example.tfstate -other.tfstate"),
        ("# *.tf\n\n  *.md  ", "+main.tf -README.md -a/README.md"),
        ("/top.txt\nlow/", "-top.txt +a/top.txt -low/x -a/low/b/x +low +lower/x"),
        ("name", "-name -a/name +name/x"),
        ("a*c", "-ac -abc +a/c +abcd -x/abc"),
        ("a?c", "-abc +ac +a/c"),
        ("a/**/z", "-a/z -a/b/z -a/b/c/z -x/a/z +a/zz"),
        ("/a/**", "-a/x -a/b/x +b/a/x"),
        ("**/logs/*.log", "-logs/x.log -a/logs/x.log +logs/b/x.log"),
        ("[ab].txt\n[!x]y", "-a.txt -b.txt +c.txt -ay +xy"),
        ("a.b$(+", "-a.b$(+ +aXb$(+"),
        ("\\*.md\n\\!x", "-*.md +a.md -!x"),
        ("*\n!*.tf", "+main.tf -main.md -a/x +a/x.tf"),
        ("*.tf\n!main.tf\nkeep/main.tf", "+main.tf -x.tf -keep/main.tf"),
        ("caf\u{e9}", "-cafe\u{301} -caf\u{e9}"),
    ];

    #[test]
    fn rules_leave_out_what_they_say() {
        for (rules, files) in CASES {
            let parsed = IgnoreRules::parse(rules).unwrap();
            for file in files.split(' ') {
                let (sign, path) = file.split_at(1);
                assert_eq!(parsed.leaves_out(path), sign == "-", "{rules:?}: {path}");
            }
        }
    }

    #[test]
    fn whole_directories_are_left_out_unless_something_comes_back() {
        let rules = IgnoreRules::parse("big/\n").unwrap();
        assert!(rules.leaves_out_whole("big") && rules.leaves_out_whole("a/big"));
        assert!(rules.leaves_out_whole(".git") && !rules.leaves_out_whole(".terraform"));
        let rules = IgnoreRules::parse("big/\n!big/small.txt\n").unwrap();
        assert!(!rules.leaves_out_whole("big") && !rules.leaves_out("big/small.txt") && rules.leaves_out("big/x"));
    }

    #[test]
    fn what_is_no_pattern_is_told_with_its_line() {
        for (text, line) in [("a\n[z-a]", 2), ("!", 1), ("/", 1), ("x\n\n//", 3), ("[", 1)] {
            assert_eq!(IgnoreRules::parse(text).unwrap_err().0, line, "{text:?}");
        }
    }
}
