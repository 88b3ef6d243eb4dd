//! Log lines of plugins.

use serde_json::Value as Json;

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

/// A line that a plugin wrote to its standard error.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    pub level: LogLevel,
    pub message: String,
    /// Name of the logger within the plugin, empty if unknown.
    pub module: String,
    /// As the plugin wrote it, empty if it wrote none.
    pub timestamp: String,
    /// Further fields, values as JSON text (strings without quotes), in the plugin's order of keys sorted.
    pub fields: Vec<(String, String)>,
}

/// Receives what plugins log.
pub trait LogSink: Send + Sync {
    /// `provider` is the address for messages. Called from the task that reads the plugin's output: must not block.
    fn log(&self, provider: &str, line: LogLine);
}

impl LogLevel {
    fn parse(name: &str) -> Option<LogLevel> {
        match name {
            "trace" | "TRACE" => Some(LogLevel::Trace),
            "debug" | "DEBUG" => Some(LogLevel::Debug),
            "info" | "INFO" => Some(LogLevel::Info),
            "warn" | "WARN" => Some(LogLevel::Warn),
            "error" | "ERROR" => Some(LogLevel::Error),
            _ => None,
        }
    }
}

impl LogLine {
    pub(super) fn plain(level: LogLevel, message: &str) -> LogLine {
        let message = message.to_owned();
        LogLine { level, message, module: String::new(), timestamp: String::new(), fields: Vec::new() }
    }

    /// Reads a line. `panicking` remembers that a Go program has begun to report its crash.
    pub(super) fn parse(text: &str, panicking: &mut bool) -> LogLine {
        if text.starts_with('{')
            && let Some(line) = LogLine::from_json(text)
        {
            return line;
        }
        *panicking |= text.starts_with("panic: ") || text.starts_with("fatal error: ");
        if *panicking {
            return LogLine::plain(LogLevel::Error, text);
        }
        let level = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).and_then(|(l, _)| LogLevel::parse(l));
        LogLine::plain(level.unwrap_or(LogLevel::Debug), text)
    }

    /// A line in the form of hclog.
    fn from_json(text: &str) -> Option<LogLine> {
        let Ok(Json::Object(mut fields)) = serde_json::from_str::<Json>(text) else {
            return None;
        };
        let mut take = |key: &str| match fields.remove(key) {
            Some(Json::String(text)) => text,
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let level = LogLevel::parse(&take("@level"))?;
        let mut line = LogLine::plain(level, &take("@message"));
        line.module = take("@module");
        line.timestamp = take("@timestamp");
        line.fields = fields
            .into_iter()
            .map(|(key, value)| match value {
                Json::String(text) => (key, text),
                other => (key, other.to_string()),
            })
            .collect();
        Some(line)
    }

    /// One line of text for messages.
    pub(super) fn text(&self) -> String {
        let mut text = self.message.clone();
        for (key, value) in self.fields.iter().filter(|(key, _)| !key.starts_with('@')) {
            text.push_str(&format!(" {key}={value}"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_lines() {
        for (text, level, message) in [
            (r#"{"@level":"warn","@message":"m","@module":"provider","n":1}"#, LogLevel::Warn, "m"),
            (r#"{"not":"hclog"}"#, LogLevel::Debug, r#"{"not":"hclog"}"#),
            ("[ERROR] broken", LogLevel::Error, "[ERROR] broken"),
            ("[else] broken", LogLevel::Debug, "[else] broken"),
            ("plain", LogLevel::Debug, "plain"),
        ] {
            let line = LogLine::parse(text, &mut false);
            assert_eq!((line.level, line.message.as_str()), (level, message), "{text}");
        }
    }

    #[test]
    fn a_crash_report_is_errors_to_the_end() {
        let mut panicking = false;
        let levels: Vec<_> = ["start", "panic: runtime error", "goroutine 1"]
            .iter()
            .map(|text| LogLine::parse(text, &mut panicking).level)
            .collect();
        assert_eq!(levels, [LogLevel::Debug, LogLevel::Error, LogLevel::Error]);
    }

    #[test]
    fn fields_are_shown() {
        let line = LogLine::parse(r#"{"@level":"info","@message":"m","@caller":"x.go:1","b":"t","a":1}"#, &mut false);
        assert_eq!(line.text(), "m a=1 b=t");
    }
}
