//! Random numbers: from the operating system, or from a seed.

use formwork_kit::{Failure, Outcome};
use sha2::{Digest, Sha256};

/// A source of random numbers.
pub(crate) enum Entropy {
    System,
    /// The same seed gives the same numbers: checksums of the seed's checksum and a counter.
    Seeded {
        seed: [u8; 32],
        count: u64,
    },
}

impl Entropy {
    /// From the operating system if there is no seed, or an empty one.
    pub fn new(seed: Option<&str>) -> Entropy {
        match seed {
            Some(seed) if !seed.is_empty() => Entropy::Seeded { seed: Sha256::digest(seed).into(), count: 0 },
            _ => Entropy::System,
        }
    }

    pub fn fill(&mut self, bytes: &mut [u8]) -> Outcome<()> {
        match self {
            Entropy::System => getrandom::fill(bytes)
                .map_err(|error| Failure::new(format!("The system gives no random numbers: {error}."))),
            Entropy::Seeded { seed, count } => {
                for part in bytes.chunks_mut(32) {
                    let block = Sha256::new().chain_update(*seed).chain_update(count.to_be_bytes()).finalize();
                    *count += 1;
                    part.iter_mut().zip(block).for_each(|(byte, random)| *byte = random);
                }
                Ok(())
            }
        }
    }

    pub fn bytes(&mut self, length: usize) -> Outcome<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    pub fn number(&mut self) -> Outcome<u64> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    /// A number below a limit, each with the same probability.
    pub fn below(&mut self, limit: u64) -> Outcome<u64> {
        let limit = limit.max(1);
        // The numbers above the last whole multiple of the limit would favour the small remainders.
        let fair = u64::MAX - u64::MAX % limit;
        loop {
            let number = self.number()?;
            if number < fair {
                return Ok(number % limit);
            }
        }
    }

    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> Outcome<Option<&'a T>> {
        let index = self.below(items.len() as u64)?;
        Ok(usize::try_from(index).ok().and_then(|index| items.get(index)))
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) -> Outcome<()> {
        for last in (1..items.len()).rev() {
            let other = usize::try_from(self.below(last as u64 + 1)?).unwrap_or(last);
            items.swap(last, other);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_repeat_and_differ() {
        let draw = |seed| Entropy::new(Some(seed)).bytes(100).unwrap();
        assert_eq!(draw("a"), draw("a"));
        assert_ne!(draw("a"), draw("b"));
        assert_ne!(Entropy::new(None).bytes(16).unwrap(), Entropy::new(Some("")).bytes(16).unwrap());
    }

    #[test]
    fn numbers_are_below_their_limit_and_reach_all() {
        let mut source = Entropy::new(Some("x"));
        for limit in 1..40_u64 {
            let mut seen = std::collections::BTreeSet::new();
            for _ in 0..limit * 20 {
                seen.insert(source.below(limit).unwrap());
            }
            assert!(seen.iter().all(|number| *number < limit));
            assert!(seen.len() as u64 > limit / 2, "{limit}: {seen:?}");
        }
        let mut items: Vec<u32> = (0..50).collect();
        source.shuffle(&mut items).unwrap();
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
