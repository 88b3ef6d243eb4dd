//! What providers log, for those who ask for it (`TF_LOG`, `TF_LOG_PROVIDER`, `TF_LOG_PATH`).

use crate::environment::Environment;
use formwork_protocol::{LogLevel, LogLine, LogSink};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// Writes lines of at least a level to a file, or to standard error.
pub struct ProviderLog {
    level: LogLevel,
    file: Option<Mutex<File>>,
}

impl ProviderLog {
    /// `None` if nobody wants logs.
    pub fn new(environment: &Environment) -> Option<ProviderLog> {
        let level = environment.get("TF_LOG").or_else(|| environment.get("TF_LOG_PROVIDER"))?;
        let level = match level.to_uppercase().as_str() {
            "OFF" => return None,
            "DEBUG" => LogLevel::Debug,
            "INFO" => LogLevel::Info,
            "WARN" => LogLevel::Warn,
            "ERROR" => LogLevel::Error,
            _ => LogLevel::Trace,
        };
        // Without its file the log goes where it can be seen.
        let open = |path: &str| OpenOptions::new().create(true).append(true).open(path).ok();
        Some(ProviderLog { level, file: environment.get("TF_LOG_PATH").and_then(open).map(Mutex::new) })
    }
}

fn text_of(provider: &str, line: &LogLine) -> String {
    let mut text = format!("{} [{:?}] {provider}", line.timestamp, line.level);
    if !line.module.is_empty() {
        text.push_str(&format!(" {}", line.module));
    }
    text.push_str(&format!(": {}", line.message));
    for (name, value) in &line.fields {
        text.push_str(&format!(" {name}={value}"));
    }
    format!("{}\n", text.trim_start())
}

impl LogSink for ProviderLog {
    fn log(&self, provider: &str, line: LogLine) {
        if line.level < self.level {
            return;
        }
        let text = text_of(provider, &line);
        // A log that cannot be written must not stop the work.
        let _ = match &self.file {
            Some(file) => file.lock().unwrap_or_else(PoisonError::into_inner).write_all(text.as_bytes()),
            None => std::io::stderr().write_all(text.as_bytes()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(level: LogLevel) -> LogLine {
        LogLine {
            level,
            message: "hello".into(),
            module: "m".into(),
            timestamp: String::new(),
            fields: vec![("k".into(), "v".into())],
        }
    }

    #[test]
    fn writes_lines_of_the_wanted_level_to_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let path = path.to_str().unwrap();
        let log = ProviderLog::new(&Environment::of(&[("TF_LOG", "warn"), ("TF_LOG_PATH", path)])).unwrap();
        log.log("p", line(LogLevel::Info));
        log.log("p", line(LogLevel::Error));
        assert_eq!(std::fs::read_to_string(path).unwrap(), "[Error] p m: hello k=v\n");
        assert!(ProviderLog::new(&Environment::of(&[])).is_none());
        assert!(ProviderLog::new(&Environment::of(&[("TF_LOG", "off")])).is_none());
    }
}
