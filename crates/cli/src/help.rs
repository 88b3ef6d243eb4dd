//! Help texts: an overview of commands, and one page per command.

use crate::arguments::Flag;
use crate::commands::{Command, all};
use formwork_model::{FORMWORK_VERSION, TERRAFORM_VERSION};

/// Column at which explanations begin.
const INDENT: usize = 28;

/// Width of help texts.
const WIDTH: usize = 96;

/// Commands of the everyday cycle, in its order.
const MAIN: [&str; 5] = ["init", "validate", "plan", "apply", "destroy"];

/// The overview.
pub fn overview() -> String {
    let mut text = format!(
        "Formwork {FORMWORK_VERSION}: plans and applies infrastructure from configuration files.\n\
         Language, state and plugins are those of Terraform {TERRAFORM_VERSION}.\n\n\
         Usage: formwork [-chdir=DIR] COMMAND [FLAGS] [ARGUMENTS]\n\nThe everyday cycle:\n"
    );
    for command in MAIN.iter().filter_map(|name| all().find(|command| command.name == *name)) {
        entry(&mut text, command.name, command.summary);
    }
    text.push_str("\nEverything else:\n");
    let mut others: Vec<&Command> = all().filter(|c| !MAIN.contains(&c.name) && !c.summary.is_empty()).collect();
    others.sort_by_key(|command| command.name);
    for command in others {
        entry(&mut text, command.name, command.summary);
    }
    text.push_str("\nBefore the command:\n");
    entry(&mut text, "-chdir=DIR", "Work in another directory.");
    entry(&mut text, "-help", "Show this text, or the help of the command that follows.");
    entry(&mut text, "-version", "The same as the command version.");
    text
}

/// The commands of a group such as `state`.
pub fn group(name: &str) -> String {
    let mut text = format!("Usage: formwork {name} COMMAND [FLAGS] [ARGUMENTS]\n\nCommands:\n");
    let prefix = format!("{name} ");
    for command in all().filter(|command| command.name.starts_with(&prefix)) {
        entry(&mut text, command.name, command.summary);
    }
    text
}

/// The page of a command.
pub fn page(command: &Command) -> String {
    let arguments = if command.arguments.is_empty() { String::new() } else { format!(" {}", command.arguments) };
    let mut text = format!("Usage: formwork {} [FLAGS]{arguments}\n\n", command.name);
    for paragraph in command.description.split("\n\n") {
        text.push_str(&wrap(paragraph, WIDTH, "  "));
        text.push('\n');
    }
    text.push_str("Flags:\n");
    let mut flags: Vec<&Flag> = command.flags.iter().flat_map(|group| group.iter()).collect();
    flags.retain(|flag| !flag.help.is_empty());
    flags.sort_by_key(|flag| flag.name);
    for flag in flags {
        let name = match flag.value {
            Some(value) => format!("-{}={value}", flag.name),
            None => format!("-{}", flag.name),
        };
        entry(&mut text, &name, flag.help);
    }
    text
}

fn entry(text: &mut String, name: &str, explanation: &str) {
    let wrapped = wrap(explanation, WIDTH, &" ".repeat(INDENT));
    let head = format!("  {name}");
    if head.chars().count() + 2 > INDENT {
        text.push_str(&head);
        text.push('\n');
        text.push_str(&wrapped);
    } else {
        let padding = " ".repeat(INDENT - head.chars().count());
        text.push_str(&head);
        text.push_str(&padding);
        text.push_str(wrapped.trim_start());
    }
}

/// Breaks a paragraph into lines of at most `width` columns, each behind `indent`.
fn wrap(paragraph: &str, width: usize, indent: &str) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            text.push('\n');
            column = 0;
        }
        if column == 0 {
            text.push_str(indent);
            column = indent.len();
        } else {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_the_width() {
        assert_eq!(wrap("aa bb cc", 7, "  "), "  aa bb\n  cc\n");
    }

    #[test]
    fn every_command_explains_itself() {
        for command in all() {
            let page = page(command);
            assert!(page.lines().all(|line| line.chars().count() <= WIDTH), "{page}");
            assert!(!command.description.is_empty(), "{}", command.name);
        }
        assert!(overview().contains("plan"));
        assert!(group("state").contains("state list"));
    }
}
