//! How many calls of one kind may be under way: by what is set, and by how the provider bears it.
//!
//! Invariant: no clock and no waiting in here.

/// Rounds without complaint after which a limit that was found is tried to exceed.
const PATIENCE: usize = 10;

/// Halved when the provider complains, raised by one while it does not.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// `None`: nothing is known of a limit.
    limit: Option<usize>,
    /// What is never exceeded.
    most: Option<usize>,
    /// What the provider has borne so far when it complained.
    ceiling: usize,
    in_flight: usize,
    /// Calls in a row that went well.
    quiet: usize,
    /// Counts the complaints that were heeded.
    era: u64,
}

/// A call that has begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun {
    era: u64,
    /// Calls that were under way then, itself included.
    among: usize,
}

impl Pace {
    pub fn new(most: Option<usize>) -> Pace {
        Pace { limit: most, most, ceiling: usize::MAX, ..Pace::default() }
    }

    pub fn has_room(&self) -> bool {
        self.limit.is_none_or(|limit| self.in_flight < limit)
    }

    pub fn begin(&mut self) -> Begun {
        self.in_flight += 1;
        Begun { era: self.era, among: self.in_flight }
    }

    /// The call has ended, without a word about its result.
    pub fn end(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// The call went well, or failed for reasons of its own. To be told before its end.
    pub fn bore(&mut self) {
        let Some(limit) = self.limit else { return };
        self.quiet += 1;
        let rounds = if limit < self.ceiling { 1 } else { PATIENCE };
        if self.quiet >= limit.saturating_mul(rounds) {
            self.quiet = 0;
            let raised = (limit + 1).min(self.most.unwrap_or(usize::MAX));
            self.limit = Some(raised);
            self.ceiling = self.ceiling.max(raised);
        }
    }

    /// The provider complained. Calls that were begun before the last complaint was heeded say nothing new. To be told
    /// before the call's end.
    pub fn throttled(&mut self, begun: Begun) {
        self.quiet = 0;
        if begun.era < self.era {
            return;
        }
        self.era += 1;
        // What was too much is what was under way when it began, or came after it: others may have ended since.
        let under_way = begun.among.max(self.in_flight);
        let borne = self.limit.unwrap_or(usize::MAX).min(under_way).max(1);
        self.ceiling = (borne - 1).max(1);
        self.limit = Some((borne / 2).max(1));
    }

    /// The limit that was found because the provider complained.
    pub fn found(&self) -> Option<usize> {
        self.limit.filter(|_| self.era > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs rounds of calls against a provider that complains of every call beyond what it bears. Returns the most in flight of
    /// each round.
    fn rounds(pace: &mut Pace, wanted: usize, bears: usize, count: usize) -> Vec<usize> {
        let mut most = Vec::new();
        for _ in 0..count {
            let mut begun = Vec::new();
            while begun.len() < wanted && pace.has_room() {
                begun.push(pace.begin());
            }
            most.push(begun.len());
            for (at, call) in begun.into_iter().enumerate() {
                if at < bears {
                    pace.bore()
                } else {
                    pace.throttled(call)
                }
                pace.end();
            }
        }
        most
    }

    #[test]
    fn settles_below_what_the_provider_bears() {
        for bears in [1, 3, 20, 90] {
            let mut pace = Pace::new(None);
            rounds(&mut pace, 200, bears, 60 + bears);
            let settled = rounds(&mut pace, 200, bears, 400);
            let above = settled.iter().filter(|most| **most > bears).count();
            assert!(above * 10 <= settled.len(), "{bears}: {settled:?}");
            let sum = settled.iter().sum::<usize>();
            assert!(sum * 10 >= bears * 7 * settled.len(), "{bears}: {sum} in {} rounds", settled.len());
        }
    }

    #[test]
    fn grows_again_when_more_is_borne() {
        let mut pace = Pace::new(None);
        rounds(&mut pace, 100, 5, 50);
        let later = rounds(&mut pace, 100, 1000, 400);
        assert!(*later.last().unwrap() > 40, "{later:?}");
    }

    #[test]
    fn never_exceeds_what_is_set() {
        let mut pace = Pace::new(Some(8));
        assert_eq!(rounds(&mut pace, 100, 1000, 50), vec![8; 50]);
        assert_eq!(pace.found(), None);
        assert!(rounds(&mut pace, 100, 4, 50).into_iter().all(|most| most <= 8));
        assert!(pace.found().is_some_and(|limit| limit <= 8));
    }

    #[test]
    fn one_wave_of_complaints_is_one() {
        let mut pace = Pace::new(None);
        let begun: Vec<Begun> = (0..100).map(|_| pace.begin()).collect();
        for call in begun {
            pace.throttled(call);
            pace.end();
        }
        assert_eq!(pace.found(), Some(50));
    }
}
