//! The events of operations, from their beginning to their end.

use formwork_model::{Clock, Event, EventSink, ObjectEvent, OperationId};
use formwork_value::Str;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How often an operation says that it still runs; the ecosystem's tools expect this.
pub(crate) const PERIOD: Duration = Duration::from_secs(10);

/// Operations that have begun and not ended.
#[derive(Default)]
pub(crate) struct UnderWay {
    next: u64,
    operations: BTreeMap<u64, Begun>,
    /// When each is to be told of next, soonest first; some have ended in the meantime.
    queue: VecDeque<(Duration, u64)>,
}

struct Begun {
    operation: Option<OperationId>,
    object: ObjectEvent,
    at: Duration,
}

impl Begun {
    fn now(&self, now: Duration) -> ObjectEvent {
        let elapsed = now.saturating_sub(self.at);
        ObjectEvent { elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX), ..self.object.clone() }
    }
}

impl UnderWay {
    fn add(&mut self, begun: Begun) -> u64 {
        let number = self.next;
        self.next += 1;
        // All have the same period: the queue stays in order.
        self.queue.push_back((begun.at + PERIOD, number));
        self.operations.insert(number, begun);
        number
    }

    /// When the next operation is to be told of.
    pub fn next_due(&mut self) -> Option<Duration> {
        while let Some((at, number)) = self.queue.front() {
            if self.operations.contains_key(number) {
                return Some(*at);
            }
            self.queue.pop_front();
        }
        None
    }

    /// The operations that are to be told of now.
    pub fn take_due(&mut self, now: Duration) -> Vec<(Option<OperationId>, ObjectEvent)> {
        let mut due = Vec::new();
        while let Some((at, number)) = self.queue.front().copied().filter(|(at, _)| *at <= now) {
            self.queue.pop_front();
            if let Some(begun) = self.operations.get(&number) {
                due.push((begun.operation, begun.now(now)));
                self.queue.push_back((at + PERIOD, number));
            }
        }
        due
    }
}

/// An operation that has begun. It ends with [`Ticker::finish`], or has failed.
pub struct Ticker<'a> {
    clock: &'a dyn Clock,
    events: &'a dyn EventSink,
    under_way: &'a RefCell<UnderWay>,
    number: u64,
}

impl<'a> Ticker<'a> {
    pub(crate) fn new(
        clock: &'a dyn Clock,
        events: &'a dyn EventSink,
        under_way: &'a RefCell<UnderWay>,
        operation: Option<OperationId>,
        object: ObjectEvent,
    ) -> Ticker<'a> {
        let number = under_way.borrow_mut().add(Begun { operation, object, at: clock.monotonic() });
        Ticker { clock, events, under_way, number }
    }

    /// It went well.
    pub fn finish(self, id: Option<(Str, Str)>) {
        if let Some((operation, object)) = self.end() {
            self.events.emit(Event::Finished { operation, object: ObjectEvent { id, ..object } });
        }
    }

    /// It did not.
    pub fn fail(self) {}

    fn end(&self) -> Option<(Option<OperationId>, ObjectEvent)> {
        let begun = self.under_way.borrow_mut().operations.remove(&self.number)?;
        Some((begun.operation, begun.now(self.clock.monotonic())))
    }
}

/// Every operation ends, on whatever way its function is left.
impl Drop for Ticker<'_> {
    fn drop(&mut self) {
        if let Some((operation, object)) = self.end() {
            self.events.emit(Event::Failed { operation, object: ObjectEvent { id: None, ..object } });
        }
    }
}
