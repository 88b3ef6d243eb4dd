//! The one gate through which everything is printed.

use indicatif::MultiProgress;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

/// Width of lines where there is no terminal to ask.
const DEFAULT_WIDTH: usize = 78;

/// Standard output and standard error. A reader that has gone away is no error.
pub struct Output {
    out: Mutex<Box<dyn Write + Send>>,
    err: Mutex<Box<dyn Write + Send>>,
    /// What is drawn at the bottom of the terminal at the moment.
    live: Mutex<Option<MultiProgress>>,
    out_is_terminal: bool,
    err_is_terminal: bool,
    no_color: AtomicBool,
}

impl Output {
    pub fn of_process(no_color: bool) -> Output {
        let (out, err) = (std::io::stdout(), std::io::stderr());
        Output {
            out_is_terminal: out.is_terminal(),
            err_is_terminal: err.is_terminal(),
            out: Mutex::new(Box::new(out)),
            err: Mutex::new(Box::new(err)),
            live: Mutex::new(None),
            no_color: AtomicBool::new(no_color),
        }
    }

    /// Switches colours off.
    pub fn disable_color(&self) {
        self.no_color.store(true, Ordering::Relaxed);
    }

    pub fn color(&self) -> bool {
        self.out_is_terminal && !self.no_color.load(Ordering::Relaxed)
    }

    pub fn error_color(&self) -> bool {
        self.err_is_terminal && !self.no_color.load(Ordering::Relaxed)
    }

    pub fn is_terminal(&self) -> bool {
        self.out_is_terminal
    }

    /// Columns of the terminal; 78 if there is none.
    pub fn width(&self) -> usize {
        if !self.out_is_terminal {
            return DEFAULT_WIDTH;
        }
        console::Term::stdout().size_checked().map_or(DEFAULT_WIDTH, |(_, columns)| usize::from(columns))
    }

    /// Writes to standard output as it is.
    pub fn print(&self, text: &str) {
        self.write(&self.out, text);
    }

    /// Writes a line to standard output.
    pub fn line(&self, text: &str) {
        self.print(&format!("{text}\n"));
    }

    /// Writes to standard error as it is.
    pub fn error(&self, text: &str) {
        self.write(&self.err, text);
    }

    /// From now on lines are written above what is drawn; `None` ends that.
    pub fn set_live(&self, live: Option<MultiProgress>) {
        *lock(&self.live) = live;
    }

    fn write(&self, stream: &Mutex<Box<dyn Write + Send>>, text: &str) {
        let live = lock(&self.live).clone();
        let write = || {
            let mut stream = lock(stream);
            // A closed pipe is the reader's decision; the work goes on.
            let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
        };
        match live {
            Some(live) => live.suspend(write),
            None => write(),
        }
    }
}

/// What is behind the lock stays usable even if a thread panicked with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
