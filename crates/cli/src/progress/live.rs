//! The live display at the bottom of a terminal: what runs and for how long, and how far the whole is.

use formwork_model::{Event, OperationId};
use formwork_render::{elapsed_text, running_phrase};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::time::Duration;

/// Running operations that are shown; the others are counted.
const SHOWN: usize = 12;

/// How often elapsed times move on.
const TICK: Duration = Duration::from_millis(200);

/// Drawings a second.
const RATE: u8 = 10;

pub struct Live {
    display: MultiProgress,
    total: ProgressBar,
    running: BTreeMap<OperationId, ProgressBar>,
    color: bool,
    /// More that runs than is shown, and how long it will take.
    hidden: usize,
    left: Duration,
}

impl Live {
    pub fn new(color: bool) -> Live {
        let display = MultiProgress::with_draw_target(ProgressDrawTarget::stdout_with_hz(RATE));
        let total = display.add(ProgressBar::new(0));
        let template =
            if color { "{bar:24.green/black.bright} {pos}/{len} {msg}" } else { "[{bar:24}] {pos}/{len} {msg}" };
        total.set_style(style(template).progress_chars("━━─"));
        Live { display, total, running: BTreeMap::new(), color, hidden: 0, left: Duration::ZERO }
    }

    /// For writing lines above the display.
    pub fn display(&self) -> MultiProgress {
        self.display.clone()
    }

    pub fn observe(&mut self, event: &Event) {
        match event {
            Event::Progress(progress) => {
                self.total.set_length(progress.total as u64);
                self.total.set_position(progress.done as u64);
                self.hidden = progress.running.saturating_sub(self.running.len());
                self.describe();
            }
            Event::Started { operation: Some(id), object } if self.running.len() < SHOWN => {
                let bar = self.display.insert_before(&self.total, ProgressBar::new_spinner());
                let template =
                    if self.color { "{spinner:.cyan} {msg} {elapsed:.dim}" } else { "{spinner} {msg} {elapsed}" };
                bar.set_style(style(template));
                let phrase = running_phrase(object).unwrap_or("Working");
                bar.set_message(format!("{}: {phrase}", object.address));
                bar.enable_steady_tick(TICK);
                self.running.insert(*id, bar);
            }
            Event::Finished { operation: Some(id), .. } | Event::Failed { operation: Some(id), .. } => {
                if let Some(bar) = self.running.remove(id) {
                    bar.finish_and_clear();
                    self.display.remove(&bar);
                }
            }
            _ => {}
        }
    }

    /// How long the rest may take; zero if nobody knows.
    pub fn set_left(&mut self, left: Duration) {
        self.left = left;
        self.describe();
    }

    fn describe(&self) {
        let hidden = (self.hidden > 0).then(|| format!("({} more running)", self.hidden));
        let milliseconds = u64::try_from(self.left.as_millis()).unwrap_or(u64::MAX);
        let left = (milliseconds >= 1000).then(|| format!("about {} left", elapsed_text(milliseconds)));
        let parts: Vec<String> = hidden.into_iter().chain(left).collect();
        self.total.set_message(parts.join(" "));
    }

    /// Takes everything away.
    pub fn finish(&mut self) {
        for bar in std::mem::take(&mut self.running).into_values() {
            bar.finish_and_clear();
        }
        self.total.finish_and_clear();
        // A terminal that cannot be cleared shows the last drawing; that is all.
        let _ = self.display.clear();
    }
}

/// The templates are constants that parse.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_model::{Action, ObjectEvent, Progress, ResourceInstance};

    fn object() -> ObjectEvent {
        let address = ResourceInstance::parse("a.b").unwrap();
        ObjectEvent { address, deposed: None, action: Action::Create, id: None, elapsed_ms: 0 }
    }

    #[test]
    fn shows_a_limited_number_of_running_operations() {
        let mut live = Live::new(false);
        for id in 0..20 {
            live.observe(&Event::Started { operation: Some(OperationId(id)), object: object() });
        }
        live.observe(&Event::Progress(Progress { done: 5, running: 20, total: 30 }));
        assert_eq!(live.running.len(), SHOWN);
        assert_eq!((live.total.position(), live.total.length()), (5, Some(30)));
        assert_eq!(live.total.message(), "(8 more running)");
        live.set_left(Duration::from_secs(70));
        assert_eq!(live.total.message(), "(8 more running) about 1m10s left");
        live.observe(&Event::Finished { operation: Some(OperationId(0)), object: object() });
        assert_eq!(live.running.len(), SHOWN - 1);
        live.finish();
        assert!(live.running.is_empty());
    }
}
