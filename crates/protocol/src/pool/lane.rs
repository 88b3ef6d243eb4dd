//! Calls of one kind, which wait for each other as their pace wants it.

use super::lock;
use super::pace::{Begun, Pace};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// Served in the order in which they came.
#[derive(Debug)]
pub(super) struct Lane {
    queue: Mutex<Queue>,
}

#[derive(Debug)]
struct Queue {
    pace: Pace,
    waiting: VecDeque<oneshot::Sender<Place>>,
}

/// Leave to make one call; it ends with the value.
#[derive(Debug)]
pub(super) struct Place {
    lane: Arc<Lane>,
    begun: Begun,
}

impl Lane {
    pub fn new(most: Option<usize>) -> Arc<Lane> {
        Arc::new(Lane { queue: Mutex::new(Queue { pace: Pace::new(most), waiting: VecDeque::new() }) })
    }

    /// A place at once, if there is one and nobody was there before.
    pub fn try_enter(self: &Arc<Lane>) -> Option<Place> {
        let mut queue = lock(&self.queue);
        let free = queue.waiting.is_empty() && queue.pace.has_room();
        free.then(|| Place { lane: self.clone(), begun: queue.pace.begin() })
    }

    /// Waits for a place.
    pub async fn enter(self: &Arc<Lane>) -> Place {
        loop {
            let place = {
                let mut queue = lock(&self.queue);
                if queue.waiting.is_empty() && queue.pace.has_room() {
                    return Place { lane: self.clone(), begun: queue.pace.begin() };
                }
                let (sender, place) = oneshot::channel();
                queue.waiting.push_back(sender);
                place
            };
            // A lane lives as long as those who wait in it.
            if let Ok(place) = place.await {
                return place;
            }
        }
    }

    /// The limit that was found because the provider complained.
    pub fn found(&self) -> Option<usize> {
        lock(&self.queue).pace.found()
    }

    /// Lets in who waits, as far as there is room.
    fn admit(self: &Arc<Lane>) {
        loop {
            let (sender, place) = {
                let mut queue = lock(&self.queue);
                if !queue.pace.has_room() {
                    return;
                }
                let Some(sender) = queue.waiting.pop_front() else { return };
                (sender, Place { lane: self.clone(), begun: queue.pace.begin() })
            };
            // Who does not wait any more drops the place, which lets in the next.
            drop(sender.send(place));
        }
    }
}

impl Place {
    /// The call was not too much.
    pub fn bore(&self) {
        lock(&self.lane.queue).pace.bore();
    }

    /// The provider asked for fewer calls.
    pub fn throttled(&self) {
        lock(&self.lane.queue).pace.throttled(self.begun);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.lane.queue).pace.end();
        self.lane.admit();
    }
}
