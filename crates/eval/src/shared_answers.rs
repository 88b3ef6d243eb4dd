//! Whether something that was read has a property: asked for many instances, and mostly of the same sets.

use crate::{Read, ReadSet};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Answers for sets that many share.
///
/// Invariant: answers are final. Whoever asks sees to it that nothing that a set names can change its answer afterwards.
#[derive(Default)]
pub struct SharedAnswers {
    /// With the sets, so that no other comes to lie at the same place.
    known: BTreeMap<*const ReadSet, (Rc<ReadSet>, bool)>,
}

impl SharedAnswers {
    /// True if `holds` is true for anything read.
    pub fn any(&mut self, reads: &ReadSet, holds: &mut dyn FnMut(&Read) -> bool) -> bool {
        reads.own().any(&mut *holds) || reads.shared().iter().any(|set| self.any_shared(set, holds))
    }

    fn any_shared(&mut self, set: &Rc<ReadSet>, holds: &mut dyn FnMut(&Read) -> bool) -> bool {
        let mut seen: BTreeMap<*const ReadSet, Rc<ReadSet>> = BTreeMap::new();
        let mut pending = vec![set];
        while let Some(next) = pending.pop() {
            let found = match self.known.get(&Rc::as_ptr(next)) {
                Some((_, known)) => *known,
                None if seen.insert(Rc::as_ptr(next), next.clone()).is_some() => false,
                None => {
                    pending.extend(next.shared());
                    next.own().any(&mut *holds)
                }
            };
            if found {
                self.known.insert(Rc::as_ptr(set), (set.clone(), true));
                return true;
            }
        }
        self.known.extend(seen.into_iter().map(|(place, set)| (place, (set, false))));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModuleId;
    use formwork_model::ResourceInstance;

    fn read(n: usize) -> Read {
        let address = ResourceInstance::parse(&format!("a.r{n}")).expect("an address");
        Read { module: ModuleId::ROOT, resource: address.resource, key: None }
    }

    fn set(of: std::ops::Range<usize>, shared: &[&Rc<ReadSet>]) -> Rc<ReadSet> {
        let mut set = ReadSet::default();
        of.for_each(|n| set.insert(read(n)));
        shared.iter().for_each(|other| set.share(other));
        Rc::new(set)
    }

    #[test]
    fn shared_sets_are_looked_through_once() {
        let inner = set(0..500, &[]);
        let outer = set(500..1000, &[&inner]);
        for changing in [None, Some(0), Some(700)] {
            let mut answers = SharedAnswers::default();
            let (mut looked, changing) = (0, changing.map(read));
            for n in 0..1000 {
                let mut reads = ReadSet::default();
                reads.insert(read(2000 + n));
                reads.share(&outer);
                let found = answers.any(&reads, &mut |read| {
                    looked += 1;
                    Some(read) == changing.as_ref()
                });
                assert_eq!(found, changing.is_some());
            }
            assert!(looked <= 2000, "{looked}");
        }
    }
}
