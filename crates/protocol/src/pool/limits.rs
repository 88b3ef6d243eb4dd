//! What the user sets about calls to a provider.

use super::lane::Lane;
use super::{Shared, lock};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::sleep;

/// Most calls to a provider that are under way at once: in all, and for objects of a type. Without a word there is no limit
/// but those that the provider's complaints suggest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallLimits {
    pub total: Option<usize>,
    pub types: BTreeMap<String, usize>,
}

/// How often a call is made again before its complaint is believed to be for good.
const ATTEMPTS: u32 = 12;

/// How long the first wait is; each one is about double the one before.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The calls to one provider, by type of object.
pub(super) struct CallLanes {
    provider: String,
    limits: CallLimits,
    total: Option<Arc<Lane>>,
    types: Mutex<BTreeMap<String, Arc<Lane>>>,
    shared: Arc<Shared>,
}

/// Leave to make a call.
pub(super) struct Leave {
    place: super::lane::Place,
    _total: Option<super::lane::Place>,
}

impl CallLanes {
    pub fn new(provider: String, limits: CallLimits, shared: Arc<Shared>) -> CallLanes {
        let total = limits.total.map(|total| Lane::new(Some(total.max(1))));
        CallLanes { provider, limits, total, types: Mutex::default(), shared }
    }

    fn lane(&self, kind: &str) -> Arc<Lane> {
        let mut types = lock(&self.types);
        if let Some(lane) = types.get(kind) {
            return lane.clone();
        }
        let lane = Lane::new(self.limits.types.get(kind).map(|most| (*most).max(1)));
        types.insert(kind.to_owned(), lane.clone());
        lane
    }

    /// Waits until a call may be made. Meanwhile the operation has no turn; `attempt` counts the complaints it has met.
    ///
    /// # Errors
    /// The run is being ended. Nothing was asked of the provider.
    pub async fn enter(&self, kind: &str, attempt: u32) -> Result<Leave, Diagnostics> {
        let lane = self.lane(kind);
        if attempt == 0
            && let Some(leave) = self.try_enter(&lane)
        {
            return Ok(leave);
        }
        let turns = self.shared.turns();
        if let Some(turns) = &turns {
            turns.give_back();
        }
        let mut stopping = self.shared.stopping.subscribe();
        let entered = tokio::select! {
            leave = self.wait(&lane, attempt) => Ok(leave),
            _ = stopping.wait_for(|stopping| *stopping) => Err(self.stopped()),
        };
        if let Some(turns) = &turns {
            turns.take().await;
        }
        entered
    }

    fn try_enter(&self, lane: &Arc<Lane>) -> Option<Leave> {
        let place = lane.try_enter()?;
        let total = match &self.total {
            Some(total) => Some(total.try_enter()?),
            None => None,
        };
        Some(Leave { place, _total: total })
    }

    async fn wait(&self, lane: &Arc<Lane>, attempt: u32) -> Leave {
        if attempt > 0 {
            sleep(wait_before(attempt, random_share())).await;
        }
        let place = lane.enter().await;
        let total = match &self.total {
            Some(total) => Some(total.enter().await),
            None => None,
        };
        Leave { place, _total: total }
    }

    fn stopped(&self) -> Diagnostics {
        let detail = format!(
            "Provider {} was not asked: the operation waited for it when the run was interrupted. Nothing has changed.",
            self.provider
        );
        Diagnostic::error("Operation was not begun", detail).blame(Blame::Environment).into()
    }

    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Limits that were found because the provider complained, by type.
    pub fn found(&self) -> BTreeMap<String, usize> {
        let types = lock(&self.types);
        types.iter().filter_map(|(kind, lane)| Some((kind.clone(), lane.found()?))).collect()
    }
}

impl Leave {
    /// Notes what became of the call. True if it is to be made again, as far as that is safe.
    pub fn ended(self, throttled: bool, attempt: u32) -> bool {
        match throttled {
            false => self.place.bore(),
            true => self.place.throttled(),
        }
        throttled && attempt < ATTEMPTS
    }
}

/// Between half and all of a time that doubles.
fn wait_before(attempt: u32, share: f64) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    doubled.min(LONGEST_WAIT).mul_f64(0.5 + share / 2.0)
}

/// Evenly between 0 and 1: those who were refused together must not come back together.
fn random_share() -> f64 {
    getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound() {
        let waits: Vec<u128> = (1..=10).map(|attempt| wait_before(attempt, 1.0).as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
        assert_eq!(wait_before(1, 0.0), FIRST_WAIT / 2);
    }
}
