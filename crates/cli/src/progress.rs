//! Telling events as they happen: JSON lines, plain lines, or plain lines with a live display on a terminal.

mod live;

use crate::machine::message_timestamp;
use crate::session::Session;
use formwork_model::{Event, EventSink};
use formwork_render::{event_text, plan_text};
use live::Live;
use std::sync::Mutex;

/// Tells the events of a plan or apply; ends the live display when dropped.
pub struct Progress<'a> {
    session: &'a Session,
    live: Option<Mutex<Live>>,
}

impl Progress<'_> {
    /// Without a live display.
    pub fn start(session: &Session) -> Progress<'_> {
        Progress { session, live: None }
    }

    /// With a live display, if standard output is a terminal for people.
    pub fn start_live(session: &Session) -> Progress<'_> {
        let wanted = session.output.is_terminal() && !session.is_json() && !session.environment.in_automation();
        let live = wanted.then(|| {
            let live = Live::new(session.output.color());
            session.output.set_live(Some(live.display()));
            Mutex::new(live)
        });
        Progress { session, live }
    }

    /// Tells one event.
    pub fn tell(session: &Session, event: &Event) {
        if let Event::Diagnostic(diagnostic) = event {
            return session.report(&diagnostic.clone().into());
        }
        if Progress::tell_json(session, event) || session.is_silent() {
            return;
        }
        session.output.print(&match event {
            Event::Planned(plan) => plan_text(plan, session.text()),
            event => event_text(event, session.text()),
        });
    }

    /// Tells one event to those who want JSON. True if this was instead of text.
    pub fn tell_json(session: &Session, event: &Event) -> bool {
        let sources = session.sources();
        session.tell_json(|stream| stream.event(event, &sources, &message_timestamp()))
    }
}

impl EventSink for Progress<'_> {
    fn emit(&self, event: Event) {
        if let Some(live) = &self.live {
            live.lock().unwrap_or_else(std::sync::PoisonError::into_inner).observe(&event);
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
            live.lock().unwrap_or_else(std::sync::PoisonError::into_inner).finish();
            self.session.output.set_live(None);
        }
    }
}
