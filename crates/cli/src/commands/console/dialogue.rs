//! Expressions typed at a terminal.

use super::continuation::goes_on;
use crate::environment::Environment;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};
use std::path::PathBuf;

/// Lines that are remembered.
const HISTORY: usize = 1000;

/// Reads expressions with editing and a history that outlives the run.
pub struct Dialogue {
    editor: Editor<(), FileHistory>,
    history: Option<PathBuf>,
}

impl Dialogue {
    pub fn begin(environment: &Environment) -> Result<Dialogue, ReadlineError> {
        let config = Config::builder().max_history_size(HISTORY)?.history_ignore_space(true).build();
        let mut editor = Editor::with_config(config)?;
        let history = history_file(environment);
        if let Some(path) = &history {
            // The first time there is none.
            let _ = editor.load_history(path);
        }
        Ok(Dialogue { editor, history })
    }

    /// The next expression, which may have several lines; `None` at the end. Ctrl-C drops what was typed so far, and ends
    /// the dialogue if that is nothing.
    pub fn next(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            match self.editor.readline(if text.is_empty() { "> " } else { ": " }) {
                Ok(line) => text.push_str(&line),
                Err(ReadlineError::Interrupted) if !text.is_empty() => {
                    text.clear();
                    continue;
                }
                Err(_) => return None,
            }
            if !goes_on(&text) {
                let _ = self.editor.add_history_entry(text.as_str());
                return Some(text);
            }
            text.push('\n');
        }
    }
}

impl Drop for Dialogue {
    fn drop(&mut self) {
        let Some(path) = &self.history else { return };
        // Without a history the console works as well.
        let _ = path.parent().map(std::fs::create_dir_all);
        let _ = self.editor.save_history(path);
    }
}

/// `formwork/console_history` where the user's programs keep such things.
fn history_file(environment: &Environment) -> Option<PathBuf> {
    let folder = match environment.get("XDG_STATE_HOME").filter(|path| path.starts_with('/')) {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(environment.get("HOME").filter(|home| !home.is_empty())?).join(".local/state"),
    };
    Some(folder.join("formwork/console_history"))
}
