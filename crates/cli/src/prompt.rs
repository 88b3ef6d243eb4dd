//! Questions to the user.

use crate::session::Session;
use std::io::{BufRead, stdin};

/// Asks for one line; `None` if there is nobody to answer.
pub fn ask(session: &Session, question: &str, prompt: &str) -> Option<String> {
    session.output.print(&format!("{question}\n\n  {prompt} "));
    let mut line = String::new();
    let read = stdin().lock().read_line(&mut line);
    session.output.print("\n");
    match read {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim_end_matches(['\n', '\r']).to_owned()),
    }
}

/// True if the answer is exactly `yes`.
pub fn confirm(session: &Session, question: &str) -> bool {
    answer(session, question) == Some(true)
}

/// True for exactly `yes`, false for anything else; `None` if there is nobody to answer.
pub fn answer(session: &Session, question: &str) -> Option<bool> {
    let question = format!("{question}\n  Only 'yes' will be accepted to approve.");
    ask(session, &question, "Enter a value:").map(|answer| answer == "yes")
}
