//! Telling events as they happen: JSON lines, plain lines, or plain lines with a live display on a terminal.

mod history;
mod live;
mod timeline;

use crate::machine::message_timestamp;
use crate::session::Session;
use formwork_model::{Event, EventSink, Plan};
use formwork_render::event_text;
use history::{History, history_path};
use live::Live;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use timeline::Timeline;

/// Runs that take longer tell at their end what took the time, and are remembered for estimates.
const LONG: Duration = Duration::from_secs(10);

/// How often a run without a terminal tells how far it is.
const QUIET: Duration = Duration::from_secs(30);

/// How often the live display estimates anew.
const ESTIMATE: Duration = Duration::from_secs(1);

/// Tells the events of a plan or apply; ends the live display when dropped.
pub struct Progress<'a> {
    session: &'a Session,
    live: Option<Mutex<Live>>,
    times: Option<Mutex<Times>>,
}

/// The times of an apply.
struct Times {
    timeline: Timeline,
    started: Instant,
    /// When an estimate was told last.
    told: Instant,
}

impl Progress<'_> {
    /// Without a live display.
    pub fn start(session: &Session) -> Progress<'_> {
        Progress { session, live: None, times: None }
    }

    /// Of an apply: with a live display, if standard output is a terminal for people, and estimates from former runs.
    pub fn start_apply<'a>(session: &'a Session, plan: &Plan, workspace: &str) -> Progress<'a> {
        let wanted = session.output.is_terminal() && !session.is_json() && !session.environment.in_automation();
        let live = wanted.then(|| {
            let live = Live::new(session.output.color());
            session.output.set_live(Some(live.display()));
            Mutex::new(live)
        });
        let history = History::load(&history_path(session.data_dir().path(), workspace));
        let started = Instant::now();
        let times = Times { timeline: Timeline::of(plan, &history), started, told: started };
        Progress { session, live, times: Some(Mutex::new(times)) }
    }

    /// At the end of an apply: remembers how long its operations took, if it was a long one. What took the time, for people.
    pub fn conclude(&self, workspace: &str) -> Option<String> {
        let times = lock(self.times.as_ref()?);
        let elapsed = times.started.elapsed();
        if elapsed < LONG {
            return None;
        }
        let path = history_path(self.session.data_dir().path(), workspace);
        let mut history = History::load(&path);
        times.timeline.durations().for_each(|(key, kind, took)| history.note(key, kind, took));
        history.store(&path);
        let summary = times.timeline.summary(elapsed);
        (!summary.is_empty() && !self.session.is_json()).then_some(summary)
    }

    /// Notes the event's time, and tells from time to time how far the run is.
    fn note(&self, event: &Event) {
        let Some(times) = &self.times else { return };
        let mut times = lock(times);
        let now = times.started.elapsed();
        times.timeline.observe(event, now);
        let period = if self.live.is_some() { ESTIMATE } else { QUIET };
        if self.session.is_json() || times.told.elapsed() < period {
            return;
        }
        times.told = Instant::now();
        match &self.live {
            Some(live) => {
                let left = times.timeline.left(now).unwrap_or_default();
                lock(live).set_left(left);
            }
            None => self.session.output.line(&times.timeline.line(now)),
        }
    }

    /// Tells one event.
    pub fn tell(session: &Session, event: &Event) {
        if let Event::Diagnostic(diagnostic) = event {
            return session.report(&diagnostic.clone().into());
        }
        if Progress::tell_json(session, event) || session.is_silent() {
            return;
        }
        session.output.print(&event_text(event, session.text()));
    }

    /// Tells one event to those who want JSON. True if this was instead of text.
    pub fn tell_json(session: &Session, event: &Event) -> bool {
        let sources = session.sources();
        session.tell_json(|stream| stream.event(event, &sources, &message_timestamp()))
    }
}

impl EventSink for Progress<'_> {
    fn emit(&self, event: Event) {
        self.note(&event);
        if let Some(live) = &self.live {
            lock(live).observe(&event);
            // The display shows what runs; lines would say it twice.
            if matches!(event, Event::Running { .. }) {
                Progress::tell_json(self.session, &event);
                return;
            }
        }
        Progress::tell(self.session, &event);
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Some(live) = &self.live {
            lock(live).finish();
            self.session.output.set_live(None);
        }
    }
}

/// What is behind the lock stays usable even if a thread panicked with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
