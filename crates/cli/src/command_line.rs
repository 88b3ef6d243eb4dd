//! From the words of the command line to a command that runs.

use crate::arguments::{ArgumentError, Arguments, parse};
use crate::commands::{Command, all, streams};
use crate::exit::Exit;
use crate::help;
use crate::json_file::JsonFile;
use crate::session::Session;
use formwork_diag::{Diagnostic, Diagnostics, nearest};
use formwork_render::StreamMode;

/// Runs what the words (without the program's name) say.
pub fn run(session: &Session, words: &[String]) -> Exit {
    let (global, rest) = match split_global(words) {
        Ok(split) => split,
        Err(message) => {
            // Without any command there is nothing to be wrong about but that.
            let no_command = words.iter().all(|word| word.starts_with('-')) && !message.starts_with("-chdir");
            let exit = usage_error(session, &message);
            return if no_command { Exit::NoCommand } else { exit };
        }
    };
    if let Some(dir) = &global.chdir
        && let Err(error) = std::env::set_current_dir(dir)
    {
        return usage_error(session, &format!("-chdir: cannot change to the directory {dir:?}: {error}"));
    }
    // The version is told wherever it is asked for.
    let words: Vec<String> = match global.version || rest.iter().any(|word| is_version(word)) {
        true => {
            let form = rest.iter().filter(|word| word.trim_start_matches('-').starts_with("json"));
            std::iter::once("version").chain(form.map(String::as_str)).map(str::to_owned).collect()
        }
        false => rest.to_vec(),
    };
    let Some(first) = words.first() else {
        session.output.print(&help::overview());
        return if global.help { Exit::Success } else { Exit::NoCommand };
    };
    let first = if first == "env" {
        session.output.print(ENV_WARNING);
        "workspace"
    } else {
        first
    };
    match find(first, words.get(1)) {
        Found::Command(command, taken) => {
            run_command(session, command, words.get(taken..).unwrap_or_default(), global.help)
        }
        Found::Group(name) => {
            let asks = global.help || words.get(1).is_some_and(|word| is_help(word));
            session.output.print(&help::group(name));
            if asks { Exit::Success } else { Exit::Error }
        }
        Found::Nothing => unknown_command(session, first),
    }
}

const ENV_WARNING: &str = "Warning: the \"env\" family of commands is deprecated. Use the \"workspace\" commands.\n\n";

/// What stands before the command.
#[derive(Debug, Default, PartialEq, Eq)]
struct Global {
    chdir: Option<String>,
    help: bool,
    version: bool,
}

fn split_global(words: &[String]) -> Result<(Global, &[String]), String> {
    let mut global = Global::default();
    let mut rest = words;
    while let [word, tail @ ..] = rest {
        let Some(name) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else { break };
        match name.split_once('=') {
            Some(("chdir", "")) => return Err("-chdir needs a directory: -chdir=DIR".to_owned()),
            Some(("chdir", dir)) => global.chdir = Some(dir.to_owned()),
            None if name == "chdir" => {
                return Err("-chdir takes its directory behind an equals sign: -chdir=DIR".to_owned());
            }
            None if is_help(word) => global.help = true,
            None if is_version(word) => global.version = true,
            _ if global.version && name.starts_with("json") => return Ok((global, rest)),
            _ => return Err(format!("there is no flag {word} before the command. Flags of a command come after it")),
        }
        rest = tail;
    }
    Ok((global, rest))
}

fn is_help(word: &str) -> bool {
    matches!(word, "-help" | "--help" | "-h" | "--h")
}

fn is_version(word: &str) -> bool {
    matches!(word, "-version" | "--version" | "-v")
}

enum Found {
    /// With the number of words that name it.
    Command(&'static Command, usize),
    Group(&'static str),
    Nothing,
}

fn find(first: &str, second: Option<&String>) -> Found {
    if let Some(second) = second.filter(|word| !word.starts_with('-')) {
        let both = format!("{first} {second}");
        if let Some(command) = all().find(|command| command.name == both) {
            return Found::Command(command, 2);
        }
    }
    if let Some(command) = all().find(|command| command.name == first) {
        return Found::Command(command, 1);
    }
    let group = all().find_map(|command| command.name.split_once(' ').filter(|(group, _)| *group == first));
    group.map_or(Found::Nothing, |(group, _)| Found::Group(group))
}

fn run_command(session: &Session, command: &'static Command, words: &[String], help: bool) -> Exit {
    let mut all_words = match session.environment.extra_arguments(command.name) {
        Ok(extra) => extra,
        Err(message) => return usage_error(session, &message),
    };
    all_words.extend_from_slice(words);
    let help = help || words.iter().take_while(|word| *word != "--").any(|word| is_help(word));
    let parsed = if help { Err(ArgumentError::Help) } else { parse(&all_words, command.flags) };
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(ArgumentError::Help) => {
            session.output.print(&help::page(command));
            return Exit::Success;
        }
        Err(ArgumentError::Invalid(message)) => {
            if streams(command) && all_words.iter().any(|word| matches!(word.as_str(), "-json" | "--json")) {
                session.set_json(StreamMode::Plan, true, None);
            }
            return command_usage_error(session, command, &message);
        }
    };
    if arguments.switch("no-color") {
        session.output.disable_color();
    }
    if let Err(diagnostics) = set_view(session, command, &arguments) {
        session.report(&diagnostics);
        return Exit::Error;
    }
    let (least, most) = command.positional;
    if arguments.positional.len() < least {
        return command_usage_error(session, command, &format!("arguments are missing: {}", command.arguments));
    }
    if arguments.positional.len() > most {
        let extra = arguments.at(most).unwrap_or_default();
        let late = if extra.starts_with('-') { ". Flags come before the arguments" } else { "" };
        return command_usage_error(session, command, &format!("unexpected argument {extra:?}{late}"));
    }
    let flags = arguments.in_order(&["var", "var-file"]);
    session.note_variable_flags(flags.map(|(flag, value)| (flag.to_owned(), value.to_owned())).collect());
    let exit = (command.run)(session, &arguments).unwrap_or_else(|diagnostics| {
        session.report(&diagnostics);
        Exit::Error
    });
    match session.json_file_problem() {
        Some(problem) => {
            session.report(&problem);
            Exit::Error
        }
        None => exit,
    }
}

/// Whether things are told as text, as JSON, or both.
fn set_view(session: &Session, command: &Command, arguments: &Arguments) -> Result<(), Diagnostics> {
    if arguments.switch("compact-warnings") {
        session.set_compact_warnings();
    }
    if !streams(command) {
        let for_programs = ["json", "raw"].iter().any(|flag| arguments.switch(flag));
        let is_read_by_scripts = matches!(command.name, "graph" | "state list" | "state pull" | "workspace show");
        if for_programs || is_read_by_scripts {
            session.set_warnings_aside();
        }
        return Ok(());
    }
    let file = arguments.value("json-into").map(JsonFile::create).transpose()?;
    let on_stdout = arguments.switch("json");
    if on_stdout || file.is_some() {
        let saved = command.name == "apply" && !arguments.positional.is_empty();
        session.set_json(if saved { StreamMode::SavedPlan } else { StreamMode::Plan }, on_stdout, file);
    }
    Ok(())
}

fn usage_error(session: &Session, message: &str) -> Exit {
    session.report(&Diagnostic::error("Invalid command line", format!("{message}.")).into());
    Exit::Error
}

fn command_usage_error(session: &Session, command: &Command, message: &str) -> Exit {
    let detail = format!("formwork {}: {message}.\n\nFor the usage run: formwork {} -help", command.name, command.name);
    session.report(&Diagnostic::error("Invalid command line", detail).into());
    Exit::Error
}

fn unknown_command(session: &Session, name: &str) -> Exit {
    let names = all().map(|command| command.name.split(' ').next().unwrap_or(command.name));
    let hint = nearest(name, names).map(|near| format!(" Did you mean {near:?}?")).unwrap_or_default();
    session
        .output
        .error(&format!("Formwork has no command named {name:?}.{hint}\n\nFor all commands run: formwork -help\n"));
    Exit::Error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn splits_what_stands_before_the_command() {
        let line = words("-chdir=a/b --help plan -json");
        let (global, rest) = split_global(&line).unwrap();
        assert_eq!(global, Global { chdir: Some("a/b".to_owned()), help: true, version: false });
        assert_eq!(rest, ["plan", "-json"]);
        assert!(split_global(&words("-v")).unwrap().0.version);
        for line in ["-chdir plan", "-chdir= plan", "-json plan"] {
            assert!(split_global(&words(line)).is_err(), "{line}");
        }
    }

    #[test]
    fn finds_commands_of_one_and_two_words() {
        let second = "list".to_owned();
        assert!(matches!(find("state", Some(&second)), Found::Command(c, 2) if c.name == "state list"));
        assert!(matches!(find("plan", Some(&second)), Found::Command(c, 1) if c.name == "plan"));
        assert!(matches!(find("state", None), Found::Group("state")));
        assert!(matches!(find("nosuch", None), Found::Nothing));
    }
}
