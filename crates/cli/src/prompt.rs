//! Questions to the user.

use crate::interrupt::Urgency;
use crate::session::Session;
use std::io::{BufRead, stdin};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How often interrupts are looked for while nobody answers.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks for one line; `None` if there is nobody to answer, or an interrupt came instead.
pub fn ask(session: &Session, question: &str, prompt: &str) -> Option<String> {
    session.output.print(&format!("{question}\n\n  {prompt} "));
    let line = match session.interrupts() {
        None => read_line(),
        Some(interrupts) => {
            let (sender, lines) = channel();
            std::thread::spawn(move || sender.send(read_line()));
            loop {
                match lines.recv_timeout(PAUSE) {
                    Ok(line) => break line,
                    Err(RecvTimeoutError::Timeout) if interrupts.urgency() == Urgency::None => {}
                    Err(_) => break None,
                }
            }
        }
    };
    session.output.print("\n");
    line
}

fn read_line() -> Option<String> {
    let mut line = String::new();
    match stdin().lock().read_line(&mut line) {
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
