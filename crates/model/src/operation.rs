//! The execution graph: every operation of an apply, and its order.

use crate::{DeposedKey, ResourceInstance};
use std::collections::BTreeMap;
use std::fmt;

/// Position in [`ExecutionGraph::operations`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OperationId(pub u32);

/// What an operation does to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// Creates the object; also the second half of a replacement that destroys first.
    Create,
    /// Creates the replacement while the old object still exists; the old one becomes deposed under the key.
    CreateReplacement {
        depose_as: DeposedKey,
    },
    Update,
    /// Destroys the current object, or a deposed one.
    Delete {
        deposed: Option<DeposedKey>,
    },
    /// Reads a data source.
    Read,
    /// Drops the object from the state.
    Forget {
        deposed: Option<DeposedKey>,
    },
    /// Does nothing: stands for a group of operations that others wait for as a whole (the address is that of one
    /// member), so that the number of edges stays linear.
    Barrier,
}

/// One step of an apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub address: ResourceInstance,
    pub kind: OperationKind,
    /// Index of the change in [`crate::Plan::changes`].
    pub change: usize,
    /// Operations that must have succeeded before; ascending, direct ones only.
    pub after: Vec<OperationId>,
}

/// Operations and their order. The applier runs exactly this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecutionGraph {
    pub operations: Vec<Operation>,
}

/// Why a graph must not be run; a bug of the planner, or a damaged plan file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError(pub String);

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for VerifyError {}

impl ExecutionGraph {
    pub fn get(&self, id: OperationId) -> Option<&Operation> {
        self.operations.get(id.0 as usize)
    }

    /// Checks that edges exist, that there is no cycle, and that no object has two writers without an order.
    pub fn verify(&self) -> Result<(), VerifyError> {
        let total = self.operations.len();
        for (i, operation) in self.operations.iter().enumerate() {
            for id in &operation.after {
                if id.0 as usize >= total || id.0 as usize == i {
                    return Err(VerifyError(format!("operation {i} ({operation}) waits for operation {}", id.0)));
                }
            }
        }
        let dependencies =
            self.operations.iter().map(|o| o.after.iter().map(|id| id.0 as usize).collect()).collect::<Vec<_>>();
        let mut scheduler = formwork_graph::Scheduler::new(dependencies);
        while let Some(node) = scheduler.take_ready() {
            scheduler.finish(node);
        }
        if !scheduler.is_done() {
            return Err(VerifyError("operations wait for each other in a cycle".into()));
        }
        self.verify_writers()
    }

    /// At most one operation of a kind per object; a create that follows a delete of the same instance waits for it.
    fn verify_writers(&self) -> Result<(), VerifyError> {
        let mut writers: BTreeMap<(&ResourceInstance, Option<&DeposedKey>, bool), usize> = BTreeMap::new();
        let effective = |o: &&Operation| o.kind != OperationKind::Barrier;
        for (i, operation) in self.operations.iter().enumerate().filter(|(_, o)| effective(o)) {
            let (deposed, removes) = match &operation.kind {
                OperationKind::Delete { deposed } | OperationKind::Forget { deposed } => (deposed.as_ref(), true),
                _ => (None, false),
            };
            if let Some(other) = writers.insert((&operation.address, deposed, removes), i) {
                return Err(VerifyError(format!("operations {other} and {i} both write {}", operation.address)));
            }
        }
        for (i, operation) in self.operations.iter().enumerate() {
            let delete = writers.get(&(&operation.address, None, true));
            if let (OperationKind::Create, Some(delete)) = (&operation.kind, delete)
                && !operation.after.iter().any(|id| id.0 as usize == *delete)
            {
                return Err(VerifyError(format!("operation {i} ({operation}) does not wait for the destroy")));
            }
        }
        Ok(())
    }
}

/// Writes the kind and the address: `create aws_vpc.main`.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deposed = |key: &Option<DeposedKey>| key.as_ref().map(|k| format!(" (deposed {k})")).unwrap_or_default();
        match &self.kind {
            OperationKind::Create => write!(f, "create {}", self.address),
            OperationKind::CreateReplacement { depose_as } => {
                write!(f, "create {} (deposing {depose_as})", self.address)
            }
            OperationKind::Update => write!(f, "update {}", self.address),
            OperationKind::Delete { deposed: key } => write!(f, "delete {}{}", self.address, deposed(key)),
            OperationKind::Read => write!(f, "read {}", self.address),
            OperationKind::Forget { deposed: key } => write!(f, "forget {}{}", self.address, deposed(key)),
            OperationKind::Barrier => write!(f, "all of {}", self.address.config()),
        }
    }
}

/// The text form: one operation a line, with what it waits for, in order of their numbers.
impl fmt::Display for ExecutionGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, operation) in self.operations.iter().enumerate() {
            write!(f, "{i}: {operation}")?;
            if !operation.after.is_empty() {
                f.write_str(" after")?;
                for id in &operation.after {
                    write!(f, " {}", id.0)?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
