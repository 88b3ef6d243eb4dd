//! Bytes of a stream to lines.

/// Longest line that is passed on in one piece.
const MAX_LINE: usize = 64 * 1024;

/// Where lines go.
pub type LineSink<'a> = &'a (dyn for<'l> Fn(&'l str) + Send + Sync);

/// Collects bytes until a line is complete.
#[derive(Default)]
pub struct LineBuffer {
    partial: Vec<u8>,
}

impl LineBuffer {
    /// Passes on the lines that are complete with these bytes.
    pub fn push(&mut self, bytes: &[u8], output: LineSink<'_>) {
        for byte in bytes {
            if *byte == b'\n' || self.partial.len() >= MAX_LINE {
                self.line(output);
            }
            if *byte != b'\n' {
                self.partial.push(*byte);
            }
        }
    }

    /// Passes on what is left at the end of the stream.
    pub fn finish(&mut self, output: LineSink<'_>) {
        if !self.partial.is_empty() {
            self.line(output);
        }
    }

    fn line(&mut self, output: LineSink<'_>) {
        let line = String::from_utf8_lossy(&self.partial);
        output(line.strip_suffix('\r').unwrap_or(&line));
        self.partial.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn lines_are_the_same_however_the_bytes_arrive() {
        let text = "one\r\n\ntwo ä\nlast".as_bytes();
        for size in 1..=text.len() {
            let lines = Mutex::new(Vec::new());
            let sink = |line: &str| lines.lock().unwrap().push(line.to_owned());
            let mut buffer = LineBuffer::default();
            text.chunks(size).for_each(|chunk| buffer.push(chunk, &sink));
            buffer.finish(&sink);
            assert_eq!(lines.into_inner().unwrap(), ["one", "", "two ä", "last"], "{size}");
        }
    }
}
