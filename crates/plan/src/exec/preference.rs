//! Orders that are kept unless they contradict stronger ones.

use super::Builder;
use formwork_graph::Graph;

/// Why an order is wanted, the most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Who reads a replaced object changes before the old object goes.
    ReadersMoveOn,
    /// What depended on an object that is replaced by creating first, and is now gone, changes before it goes.
    OrphanLast,
    /// A provider is configured with what its configuration was planned to read.
    ProviderReady,
    /// An object that is gone goes before what depended on it changes.
    OrphanFirst,
}

const ALL: [Strength; 4] =
    [Strength::ReadersMoveOn, Strength::OrphanLast, Strength::ProviderReady, Strength::OrphanFirst];

/// One operation should come after another.
pub(super) struct Preference {
    strength: Strength,
    operation: usize,
    after: usize,
}

impl Builder<'_> {
    pub(super) fn prefer(&mut self, strength: Strength, operation: usize, after: usize) {
        if operation != after {
            self.preferences.push(Preference { strength, operation, after });
        }
    }

    /// Adds the preferred orders, the strongest first, without those that would make operations wait for each other.
    pub(super) fn keep_preferences(&mut self) {
        let preferences = std::mem::take(&mut self.preferences);
        for strength in ALL {
            let wanted: Vec<&Preference> = preferences.iter().filter(|p| p.strength == strength).collect();
            if wanted.is_empty() {
                continue;
            }
            let group_of = self.groups_with(&wanted);
            for preference in wanted {
                if group_of.get(preference.operation) != group_of.get(preference.after) {
                    self.after(preference.operation, preference.after);
                }
            }
        }
    }

    /// For each operation the group of those that would wait for each other.
    fn groups_with(&self, wanted: &[&Preference]) -> Vec<usize> {
        let mut graph: Graph<usize> = Graph::new();
        for operation in 0..self.operations.len() {
            graph.add(operation);
        }
        for (operation, draft) in self.operations.iter().enumerate() {
            for after in &draft.after {
                graph.add_dependency(operation, *after);
            }
        }
        for preference in wanted {
            graph.add_dependency(preference.operation, preference.after);
        }
        graph.groups()
    }
}
