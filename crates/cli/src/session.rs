//! One run of the program.

use crate::data_dir::DataDir;
use crate::environment::Environment;
use crate::interrupt::{Interrupts, Urgency};
use crate::machine::{MachineFiles, message_timestamp};
use crate::output::Output;
use formwork_diag::{Blame, Diagnostic, Diagnostics, Sources};
use formwork_model::Event;
use formwork_render::{JsonStream, StreamMode, TextOptions, compact_warnings_text, diagnostics_text};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

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
    /// While something works that interrupts must not simply cut off.
    interrupts: Mutex<Option<Arc<Interrupts>>>,
}

/// How a command tells what happens.
enum View {
    /// Text for people.
    Text { compact_warnings: bool },
    /// One JSON object a line.
    Json(Box<JsonStream>),
}

impl Session {
    pub fn new(environment: Environment, output: Output, original_dir: String) -> Session {
        let view = Mutex::new(View::Text { compact_warnings: false });
        Session {
            environment,
            output: Arc::new(output),
            original_dir,
            sources: Mutex::default(),
            view,
            variable_flags: OnceLock::new(),
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

    pub fn data_dir(&self) -> DataDir {
        DataDir::of(&self.environment)
    }

    pub fn files(&self) -> MachineFiles {
        MachineFiles::new(self.environment.get("HOME"))
    }

    /// From now on warnings are told in short.
    pub fn set_compact_warnings(&self) {
        *self.view() = View::Text { compact_warnings: true };
    }

    /// From now on everything is told as JSON, beginning with the version.
    pub fn set_json(&self, stream: JsonStream) {
        self.output.print(&stream.version(&message_timestamp()));
        *self.view() = View::Json(Box::new(stream));
    }

    pub fn is_json(&self) -> bool {
        matches!(*self.view(), View::Json(_))
    }

    /// Works with the JSON stream, if that is how things are told.
    pub fn with_stream<T>(&self, work: impl FnOnce(&mut JsonStream) -> T) -> Option<T> {
        match &mut *self.view() {
            View::Json(stream) => Some(work(stream)),
            View::Text { .. } => None,
        }
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
        match &*self.view() {
            View::Text { .. } => self.output.line(text),
            View::Json(stream) => self.output.print(&stream.log(text, &message_timestamp())),
        }
    }

    /// A step of an initialization; `code` names it for tools.
    pub fn say_step(&self, code: &str, text: &str) {
        match &*self.view() {
            View::Text { .. } => self.output.line(text),
            View::Json(stream) => self.output.print(&stream.init_output(text, code, &message_timestamp())),
        }
    }

    /// Something that can say sentences from any thread.
    pub fn notices(&self) -> Notices {
        Notices { output: self.output.clone(), is_json: self.is_json() }
    }

    /// Tells problems: for people on standard error, in JSON on standard output.
    pub fn report(&self, diagnostics: &Diagnostics) {
        if diagnostics.is_empty() {
            return;
        }
        let sources = self.sources();
        match &mut *self.view() {
            View::Text { compact_warnings } => {
                let options = TextOptions { colour: self.output.error_color(), width: self.output.width() };
                let text = match *compact_warnings && !diagnostics.has_errors() {
                    true => compact_warnings_text(diagnostics, &sources, options),
                    false => diagnostics_text(diagnostics, &sources, options),
                };
                self.output.error(&text);
            }
            View::Json(stream) => {
                for diagnostic in diagnostics {
                    let event = Event::Diagnostic(diagnostic.clone());
                    self.output.print(&stream.event(&event, &sources, &message_timestamp()));
                }
            }
        }
    }

    /// As [`Session::block_on`], for work that decides itself what an interrupt means.
    pub fn block_on_with_interrupts<T>(
        &self,
        work: impl Future<Output = Result<T, Diagnostics>>,
    ) -> Result<T, Diagnostics> {
        self.block_on(self.with_interrupts(work))
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

    /// Runs asynchronous work to its end.
    pub fn block_on<T>(&self, work: impl Future<Output = Result<T, Diagnostics>>) -> Result<T, Diagnostics> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|error| {
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
    is_json: bool,
}

impl Notices {
    pub fn say(&self, text: &str) {
        match self.is_json {
            true => self.output.print(&JsonStream::new(StreamMode::Plan).log(text, &message_timestamp())),
            false => self.output.line(text),
        }
    }
}
