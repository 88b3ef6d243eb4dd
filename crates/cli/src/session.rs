//! One run of the program.

use crate::data_dir::DataDir;
use crate::environment::Environment;
use crate::interrupt::{Interrupts, Urgency};
use crate::json_file::JsonFile;
use crate::machine::{MachineFiles, message_timestamp};
use crate::output::Output;
use formwork_diag::{Blame, Diagnostic, Diagnostics, Sources};
use formwork_model::Event;
use formwork_render::{JsonStream, StreamMode, TextOptions, compact_warnings_text, diagnostics_text};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::runtime::Builder;

/// What asynchronous work runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Threads {
    /// One: much quicker where the work talks to plugins all the time, as nobody waits to be woken.
    One,
    /// Several: for work that waits in the middle of synchronous steps.
    Several,
}
use std::time::{Duration, Instant};

/// What all commands have at hand.
pub struct Session {
    pub environment: Environment,
    pub output: Arc<Output>,
    /// The directory in which the program was started; `-chdir` leaves it.
    pub original_dir: String,
    /// Texts that diagnostics point into.
    sources: Mutex<Arc<Sources>>,
    view: Mutex<View>,
    /// `-var` and `-var-file` of the command, in order.
    variable_flags: OnceLock<Vec<(String, String)>>,
    /// `-timings` and `-max-memory` of the command.
    economy: OnceLock<Economy>,
    started: Instant,
    /// While something works that interrupts must not simply cut off.
    interrupts: Mutex<Option<Arc<Interrupts>>>,
}

/// What a command says of cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Economy {
    pub timings: bool,
    /// Bytes.
    pub max_memory: Option<u64>,
}

/// How a command tells what happens: as text for people, as JSON messages, or both.
#[derive(Default)]
struct View {
    compact_warnings: bool,
    /// One JSON object a line, if somebody wants that.
    stream: Option<Box<JsonStream>>,
    /// The messages are on standard output, instead of text.
    on_stdout: bool,
    /// The messages are in a file.
    file: Option<Arc<JsonFile>>,
    /// Standard output is for the result alone.
    silent: bool,
    /// Programs read the result, so that warnings must not come in between.
    warnings_aside: bool,
}

impl View {
    /// Passes messages on. True if they are on standard output.
    fn pass_on(&self, output: &Output, lines: &str) -> bool {
        if let Some(file) = &self.file {
            file.write(lines);
        }
        if self.on_stdout {
            output.print(lines);
        }
        self.on_stdout
    }
}

impl Session {
    pub fn new(environment: Environment, output: Output, original_dir: String) -> Session {
        Session {
            environment,
            output: Arc::new(output),
            original_dir,
            sources: Mutex::default(),
            view: Mutex::default(),
            variable_flags: OnceLock::new(),
            economy: OnceLock::new(),
            started: Instant::now(),
            interrupts: Mutex::default(),
        }
    }

    /// Notes the command's values of variables, for whatever needs them early. Only the first time counts.
    pub fn note_variable_flags(&self, flags: Vec<(String, String)>) {
        let _ = self.variable_flags.set(flags);
    }

    pub fn variable_flags(&self) -> &[(String, String)] {
        self.variable_flags.get().map_or(&[], Vec::as_slice)
    }

    /// Notes what the command says of cost. Only the first time counts.
    pub fn note_economy(&self, economy: Economy) {
        let _ = self.economy.set(economy);
    }

    /// True if the user wants to know what providers have taken.
    pub fn wants_timings(&self) -> bool {
        self.economy.get().is_some_and(|economy| economy.timings)
    }

    /// Bytes that this process and its plugins may use together.
    pub fn max_memory(&self) -> Option<u64> {
        self.economy.get().and_then(|economy| economy.max_memory)
    }

    /// How long the command has been running.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub fn data_dir(&self) -> DataDir {
        DataDir::of(&self.environment)
    }

    pub fn files(&self) -> MachineFiles {
        MachineFiles::new(self.environment.get("HOME"))
    }

    /// From now on warnings are told in short.
    pub fn set_compact_warnings(&self) {
        self.view().compact_warnings = true;
    }

    /// From now on everything is told as JSON, beginning with the version.
    pub fn set_json(&self, mode: StreamMode, on_stdout: bool, file: Option<JsonFile>) {
        let stream = JsonStream::new(mode);
        let mut view = self.view();
        (view.on_stdout, view.file) = (on_stdout, file.map(Arc::new));
        view.pass_on(&self.output, &stream.version(&message_timestamp()));
        view.stream = Some(Box::new(stream));
    }

    /// From now on only results go to standard output, and what else there is to say to standard error.
    pub fn set_silent(&self) {
        self.view().silent = true;
    }

    /// From now on warnings go to standard error.
    pub fn set_warnings_aside(&self) {
        self.view().warnings_aside = true;
    }

    pub fn is_silent(&self) -> bool {
        self.view().silent
    }

    /// True if standard output has JSON messages instead of text.
    pub fn is_json(&self) -> bool {
        self.view().on_stdout
    }

    /// Tells something as JSON to whoever wants that. True if this was instead of text.
    pub fn tell_json(&self, lines: impl FnOnce(&mut JsonStream) -> String) -> bool {
        let mut view = self.view();
        let Some(stream) = &mut view.stream else { return false };
        let lines = lines(stream);
        view.pass_on(&self.output, &lines)
    }

    /// Why the file of JSON messages is not complete.
    pub fn json_file_problem(&self) -> Option<Diagnostics> {
        self.view().file.as_ref().and_then(|file| file.problem())
    }

    pub fn set_sources(&self, sources: Arc<Sources>) {
        *self.sources.lock().unwrap_or_else(PoisonError::into_inner) = sources;
    }

    pub fn sources(&self) -> Arc<Sources> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How text on standard output is to look.
    pub fn text(&self) -> TextOptions {
        TextOptions { colour: self.output.color(), width: self.output.width() }
    }

    /// A sentence for the user.
    pub fn say(&self, text: &str) {
        if !self.tell_json(|stream| stream.log(text, &message_timestamp())) {
            self.hint(text);
        }
    }

    /// A sentence that is for people only.
    pub fn hint(&self, text: &str) {
        let view = self.view();
        match (view.on_stdout, view.silent) {
            (true, _) => {}
            (false, true) => self.output.error(&format!("{text}\n")),
            (false, false) => self.output.line(text),
        }
    }

    /// A step of an initialization; `code` names it for tools.
    pub fn say_step(&self, code: &str, text: &str) {
        if !self.tell_json(|stream| stream.init_output(text.trim(), code, &message_timestamp())) {
            self.hint(text);
        }
    }

    /// A step that tools get as free text, in words that they know.
    pub fn say_logged(&self, text: &str, message: &str) {
        if !self.tell_json(|stream| stream.log(message, &message_timestamp())) {
            self.hint(text);
        }
    }

    /// Something that can say sentences from any thread.
    pub fn notices(&self) -> Notices {
        let view = self.view();
        let stream = view.stream.clone();
        let (on_stdout, silent, file) = (view.on_stdout, view.silent, view.file.clone());
        Notices { output: self.output.clone(), view: View { stream, on_stdout, file, silent, ..View::default() } }
    }

    /// Tells problems: for people warnings on standard output and errors on standard error (source: the reference), in JSON
    /// on standard output.
    pub fn report(&self, diagnostics: &Diagnostics) {
        if diagnostics.is_empty() {
            return;
        }
        let sources = self.sources();
        let lines = |stream: &mut JsonStream| {
            let events = diagnostics.iter().map(|diagnostic| Event::Diagnostic(diagnostic.clone()));
            events.map(|event| stream.event(&event, &sources, &message_timestamp())).collect()
        };
        if self.tell_json(lines) {
            return;
        }
        let (compact, aside) = {
            let view = self.view();
            (view.compact_warnings && !diagnostics.has_errors(), view.silent || view.warnings_aside)
        };
        let text = |diagnostics: &Diagnostics, colour: bool| {
            let options = TextOptions { colour, width: self.output.width() };
            let to_text = if compact { compact_warnings_text } else { diagnostics_text };
            to_text(diagnostics, &sources, options)
        };
        if aside {
            return self.output.error(&text(diagnostics, self.output.error_color()));
        }
        let (errors, warnings): (Vec<Diagnostic>, Vec<Diagnostic>) =
            diagnostics.iter().cloned().partition(Diagnostic::is_error);
        if !warnings.is_empty() {
            self.output.print(&text(&warnings.into_iter().collect(), self.output.color()));
        }
        if !errors.is_empty() {
            self.output.error(&text(&errors.into_iter().collect(), self.output.error_color()));
        }
    }

    /// As [`Session::block_on`], for work that decides itself what an interrupt means.
    pub fn block_on_with_interrupts<T>(
        &self,
        threads: Threads,
        work: impl Future<Output = Result<T, Diagnostics>>,
    ) -> Result<T, Diagnostics> {
        self.run(threads, self.with_interrupts(work))
    }

    /// Listens for interrupts while something works.
    pub async fn with_interrupts<T>(
        &self,
        work: impl Future<Output = Result<T, Diagnostics>>,
    ) -> Result<T, Diagnostics> {
        let interrupts = Interrupts::listen().map_err(|error| {
            let detail = format!("The operating system gives no signal handlers: {error}.");
            Diagnostics::from(Diagnostic::error("Cannot start working", detail).blame(Blame::Environment))
        })?;
        *self.interrupts.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(interrupts));
        let result = work.await;
        *self.interrupts.lock().unwrap_or_else(PoisonError::into_inner) = None;
        result
    }

    /// Where interrupts are told, if anybody listens for them.
    pub fn interrupts(&self) -> Option<Arc<Interrupts>> {
        self.interrupts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// True if the user wants the work to end.
    pub fn is_interrupted(&self) -> bool {
        self.interrupts().is_some_and(|interrupts| interrupts.urgency() > Urgency::None)
    }

    /// Runs asynchronous work to its end, whatever it does.
    pub fn block_on<T>(&self, work: impl Future<Output = Result<T, Diagnostics>>) -> Result<T, Diagnostics> {
        self.run(Threads::Several, work)
    }

    /// Runs asynchronous work to its end.
    pub fn run<T>(
        &self,
        threads: Threads,
        work: impl Future<Output = Result<T, Diagnostics>>,
    ) -> Result<T, Diagnostics> {
        let mut builder = match threads {
            Threads::One => Builder::new_current_thread(),
            Threads::Several => Builder::new_multi_thread(),
        };
        let runtime = builder.worker_threads(2).enable_all().build().map_err(|error| {
            let detail = format!("The operating system gives no threads: {error}.");
            Diagnostics::from(Diagnostic::error("Cannot start working", detail).blame(Blame::Environment))
        })?;
        let result = runtime.block_on(work);
        // What still runs in the background has nothing more to say.
        runtime.shutdown_background();
        result
    }

    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says sentences while the session is busy.
pub struct Notices {
    output: Arc<Output>,
    view: View,
}

impl Notices {
    pub fn say(&self, text: &str) {
        let is_told = self
            .view
            .stream
            .as_ref()
            .is_some_and(|stream| self.view.pass_on(&self.output, &stream.log(text, &message_timestamp())));
        match (is_told, self.view.silent) {
            (true, _) => {}
            (false, true) => self.output.error(&format!("{text}\n")),
            (false, false) => self.output.line(text),
        }
    }
}
