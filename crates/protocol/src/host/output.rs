//! The standard output and error of a plugin: both are read to the end, so that the plugin never blocks on them.

use super::log::{LogLevel, LogLine, LogSink};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Lines kept for the report of a crash.
const KEPT_LINES: usize = 100;
/// Longer lines are split.
const MAX_LINE: usize = 64 << 10;

/// What a plugin last wrote to its standard error.
#[derive(Default)]
pub(super) struct LastLines(Mutex<VecDeque<String>>);

impl LastLines {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// The lines for a message, empty if there are none.
    pub(super) fn report(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            return String::new();
        }
        let mut report = "\n\nThe last lines that it wrote to its standard error:".to_owned();
        let mut panicking = false;
        for line in lines.iter() {
            report.push_str("\n  ");
            report.push_str(&LogLine::parse(line, &mut panicking).text());
        }
        report
    }
}

/// Reads the standard error until it ends.
pub(super) async fn read_log(
    mut stream: impl AsyncRead + Unpin,
    lines: Arc<LastLines>,
    provider: String,
    sink: Option<Arc<dyn LogSink>>,
) {
    let mut splitter = LineSplitter::default();
    let mut panicking = false;
    let mut buffer = vec![0; 8 << 10];
    loop {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        let bytes = buffer.get(..read).unwrap_or_default();
        for line in splitter.feed(bytes, read == 0) {
            if let Some(sink) = &sink {
                let entry = match line.len() < MAX_LINE {
                    true => LogLine::parse(&line, &mut panicking),
                    false => LogLine::plain(LogLevel::Debug, &line),
                };
                sink.log(&provider, entry);
            }
            lines.push(line);
        }
        if read == 0 {
            return;
        }
    }
}

/// Reads to the end and forgets.
pub(super) async fn drain(mut stream: impl AsyncRead + Unpin) {
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
}

/// Reads up to the first line break. The error is what came instead of a line (the stream ended, or it is too long).
pub(super) async fn read_line(stream: &mut (impl AsyncRead + Unpin)) -> Result<String, String> {
    let mut line = Vec::new();
    loop {
        match stream.read_u8().await {
            Ok(b'\n') => return Ok(String::from_utf8_lossy(&line).into_owned()),
            Ok(byte) if line.len() < MAX_LINE => line.push(byte),
            _ => return Err(String::from_utf8_lossy(&line).into_owned()),
        }
    }
}

/// Cuts a stream of bytes into lines.
#[derive(Default)]
struct LineSplitter {
    pending: Vec<u8>,
}

impl LineSplitter {
    fn feed(&mut self, bytes: &[u8], end: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' => lines.push(self.take()),
                _ => {
                    self.pending.push(*byte);
                    if self.pending.len() >= MAX_LINE {
                        lines.push(self.take());
                    }
                }
            }
        }
        if end && !self.pending.is_empty() {
            lines.push(self.take());
        }
        lines
    }

    fn take(&mut self) -> String {
        let line = String::from_utf8_lossy(&self.pending).trim_end_matches('\r').to_owned();
        self.pending.clear();
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_at_breaks_and_at_the_limit() {
        let mut splitter = LineSplitter::default();
        assert_eq!(splitter.feed(b"a\r\nb", false), ["a"]);
        assert_eq!(splitter.feed(b"c\n\n", false), ["bc", ""]);
        assert_eq!(splitter.feed(b"rest", true), ["rest"]);
        let long = splitter.feed(&vec![b'x'; MAX_LINE + 1], true);
        assert_eq!(long.iter().map(String::len).collect::<Vec<_>>(), [MAX_LINE, 1]);
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let lines = LastLines::default();
        (0..KEPT_LINES + 5).for_each(|i| lines.push(format!("line {i}.")));
        let report = lines.report();
        assert!(!report.contains("line 4.") && report.contains("line 5.") && report.contains("line 104."));
    }
}
