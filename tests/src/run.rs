//! A program that has run.

use std::process::Output;

/// Exit code and output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub command: String,
    /// `None` if a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Run {
    pub fn of(command: String, output: Output) -> Run {
        Run {
            command,
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The run itself, if it ended with the code; panics with all its output otherwise.
    #[track_caller]
    pub fn expect(self, code: i32) -> Run {
        assert_eq!(self.code, Some(code), "{}\n--- output\n{}\n--- errors\n{}", self.command, self.out, self.err);
        self
    }

    #[track_caller]
    pub fn ok(self) -> Run {
        self.expect(0)
    }

    /// Panics unless the text stands in the output or in the errors (line breaks count as spaces).
    #[track_caller]
    pub fn says(self, text: &str) -> Run {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let all = words(&format!("{}\n{}", self.out, self.err));
        assert!(all.contains(&words(text)), "{} does not say {text:?}:\n{}\n{}", self.command, self.out, self.err);
        self
    }

    /// The output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_str(&self.out) {
            Ok(json) => json,
            Err(error) => panic!("{}: {error}\n{}\n{}", self.command, self.out, self.err),
        }
    }

    /// The lines of a JSON stream.
    #[track_caller]
    pub fn messages(&self) -> Vec<serde_json::Value> {
        let parse = |line: &str| match serde_json::from_str(line) {
            Ok(json) => json,
            Err(error) => panic!("{}: {error} in {line:?}", self.command),
        };
        self.out.lines().map(parse).collect()
    }
}
