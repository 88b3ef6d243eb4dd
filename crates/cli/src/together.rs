//! Work in pieces that do not need each other.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// More threads than this gain nothing for what is done here.
const THREADS: usize = 8;

/// Makes `count` things on all processors at the same time, and gives them in order.
pub fn together<T: Send>(count: usize, make: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(THREADS).min(count);
    let made: Mutex<Vec<Option<T>>> = Mutex::new((0..count).map(|_| None).collect());
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return;
            }
            let thing = make(index);
            if let Some(place) = made.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index) {
                *place = Some(thing);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    made.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::together;

    #[test]
    fn every_piece_is_made_once_and_in_its_place() {
        for count in [0, 1, 2, 100] {
            assert_eq!(together(count, |index| index * 2), (0..count).map(|index| index * 2).collect::<Vec<_>>());
        }
    }
}
