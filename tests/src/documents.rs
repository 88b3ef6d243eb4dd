//! Commands in documents.

/// A command in a document, with what the document shows as its output.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown {
    pub line: usize,
    pub command: String,
}

/// The commands in blocks marked `console`: lines behind `$ `, continued by a backslash at the end.
pub fn commands(markdown: &str) -> Vec<Shown> {
    let mut found = Vec::new();
    let mut inside = false;
    let mut continued = false;
    for (index, line) in markdown.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
            continued = false;
            continue;
        }
        if !inside {
            continue;
        }
        let part = if continued { Some(line) } else { line.strip_prefix("$ ") };
        let Some(part) = part else { continue };
        let (text, more) = match part.strip_suffix('\\') {
            Some(text) => (text, true),
            None => (part, false),
        };
        match found.last_mut() {
            Some(Shown { command, .. }) if continued => command.push_str(text),
            _ => found.push(Shown { line: index + 1, command: text.to_owned() }),
        }
        continued = more;
    }
    found
}

/// The contents of blocks in a language, each with its line ends.
pub fn blocks(markdown: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut current: Option<String> = None;
    for line in markdown.lines() {
        match &mut current {
            Some(_) if line == "```" => found.extend(current.take()),
            Some(block) => block.push_str(&format!("{line}\n")),
            None if line.strip_prefix("```") == Some(language) => current = Some(String::new()),
            None => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_commands_in_console_blocks_only() {
        let text = "$ a\n```console\n$ b \\\n  c\nout\n$ d\n```\n```sh\n$ e\n```\n";
        let found: Vec<_> = commands(text).into_iter().map(|s| (s.line, s.command)).collect();
        assert_eq!(found, [(3, "b   c".to_owned()), (6, "d".to_owned())]);
    }
}
