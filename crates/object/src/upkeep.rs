//! What has to be done from time to time while operations run: telling that they still do, renewing open objects.

use crate::OpenObject;
use crate::ticker::{Ticker, UnderWay};
use formwork_diag::Diagnostics;
use formwork_model::{Action, Clock, DeposedKey, Event, EventSink, ObjectEvent, OperationId, ResourceInstance};
use formwork_value::Str;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Shortest time between two renewals, for providers that ask for the next one at once.
const RENEWAL_PAUSE: Duration = Duration::from_secs(1);

/// Operations under way and objects that are open, with what is due when.
pub struct Upkeep<'a> {
    clock: &'a dyn Clock,
    events: &'a dyn EventSink,
    under_way: RefCell<UnderWay>,
    open: RefCell<Vec<Rc<OpenObject>>>,
    /// Next renewals of open objects, by their positions.
    due: RefCell<BTreeSet<(Duration, usize)>>,
}

impl<'a> Upkeep<'a> {
    pub fn new(clock: &'a dyn Clock, events: &'a dyn EventSink) -> Upkeep<'a> {
        Upkeep { clock, events, under_way: RefCell::default(), open: RefCell::default(), due: RefCell::default() }
    }

    /// An operation on an object begins, and says so.
    pub fn begin(
        &self,
        operation: Option<OperationId>,
        address: &ResourceInstance,
        deposed: Option<&DeposedKey>,
        action: Action,
        id: Option<(Str, Str)>,
    ) -> Ticker<'_> {
        let object = ObjectEvent { address: address.clone(), deposed: deposed.cloned(), action, id, elapsed_ms: 0 };
        self.events.emit(Event::Started { operation, object: object.clone() });
        Ticker::new(self.clock, self.events, &self.under_way, operation, object)
    }

    /// An object was opened. It is renewed in time while [`Upkeep::during`] runs.
    pub fn keep_open(&self, object: OpenObject) {
        let mut open = self.open.borrow_mut();
        open.push(Rc::new(object));
        self.schedule(&open, open.len() - 1, Duration::ZERO);
    }

    /// Closes everything that was opened, the last one first.
    pub async fn close_all(&self) -> Diagnostics {
        self.due.borrow_mut().clear();
        let open = self.open.take();
        let mut problems = Diagnostics::new();
        for object in open.iter().rev() {
            problems.extend(object.close().await);
        }
        problems
    }

    /// Does the work, and all upkeep meanwhile. Neither waits for the other: a slow renewal stalls nothing, and is given
    /// up when the work is done.
    pub async fn during<T>(&self, work: impl Future<Output = T>, report: impl Fn(Diagnostics)) -> T {
        let mut work = pin!(work);
        let mut renewals = FuturesUnordered::new();
        let mut timer = Timer { clock: self.clock, sleep: None };
        poll_fn(|context| {
            if let Poll::Ready(result) = work.as_mut().poll(context) {
                return Poll::Ready(result);
            }
            loop {
                while let Poll::Ready(Some((position, problems))) = renewals.poll_next_unpin(context) {
                    report(problems);
                    self.schedule(&self.open.borrow(), position, RENEWAL_PAUSE);
                }
                let next = self.next_due();
                if !timer.has_come(next, context) {
                    return Poll::Pending;
                }
                let now = self.clock.monotonic();
                for (operation, object) in self.under_way.borrow_mut().take_due(now) {
                    self.events.emit(Event::Running { operation, object });
                }
                renewals.extend(
                    self.take_due(now).into_iter().map(async |(position, object)| (position, object.renew().await)),
                );
            }
        })
        .await
    }

    fn next_due(&self) -> Option<Duration> {
        let renewal = self.due.borrow().first().map(|(at, _)| *at);
        let tick = self.under_way.borrow_mut().next_due();
        [renewal, tick].into_iter().flatten().min()
    }

    fn take_due(&self, now: Duration) -> Vec<(usize, Rc<OpenObject>)> {
        let mut due = self.due.borrow_mut();
        let later = due.split_off(&(now + Duration::from_nanos(1), 0));
        let positions = std::mem::replace(&mut *due, later);
        let open = self.open.borrow();
        positions.into_iter().filter_map(|(_, at)| Some((at, open.get(at)?.clone()))).collect()
    }

    /// Notes when an open object is to be renewed next, if it is.
    fn schedule(&self, open: &[Rc<OpenObject>], position: usize, pause: Duration) {
        if let Some(at) = open.get(position).and_then(|object| object.renew_at()) {
            let wait = at.saturating_sub(self.clock.since_epoch()).max(pause);
            self.due.borrow_mut().insert((self.clock.monotonic().saturating_add(wait), position));
        }
    }
}

type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// One sleep, until what is due next.
struct Timer<'a> {
    clock: &'a dyn Clock,
    sleep: Option<(Duration, Sleep<'a>)>,
}

impl Timer<'_> {
    /// True if the time is reached; otherwise the context is woken when it will be.
    fn has_come(&mut self, at: Option<Duration>, context: &mut Context<'_>) -> bool {
        let Some(at) = at else { return false };
        if self.sleep.as_ref().is_none_or(|(until, _)| *until != at) {
            self.sleep = Some((at, self.clock.sleep_until(at)));
        }
        let come = self.sleep.as_mut().is_some_and(|(_, sleep)| sleep.as_mut().poll(context).is_ready());
        if come {
            self.sleep = None;
        }
        come
    }
}
