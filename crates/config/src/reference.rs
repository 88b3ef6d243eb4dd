//! What static references point to, by their form alone.

use formwork_hcl::{Traversal, TraversalStep};
use formwork_model::{Resource, ResourceMode};
use formwork_value::Str;

/// The name of an attribute step.
pub(crate) fn attribute_step(traversal: &Traversal, index: usize) -> Option<&Str> {
    match traversal.steps.get(index)? {
        TraversalStep::Attribute { name, .. } => Some(name),
        TraversalStep::Index { .. } => None,
    }
}

/// Roots that do not name a resource type.
pub(crate) const RESERVED_ROOTS: [&str; 12] =
    ["var", "local", "module", "each", "count", "self", "path", "terraform", "tofu", "template", "lazy", "arg"];

/// The resource that a reference points to or into.
pub(crate) fn resource_of(traversal: &Traversal) -> Option<Resource> {
    let (mode, explicit) = match &*traversal.root {
        "data" => (ResourceMode::Data, true),
        "ephemeral" => (ResourceMode::Ephemeral, true),
        "resource" => (ResourceMode::Managed, true),
        root if RESERVED_ROOTS.contains(&root) => return None,
        _ => (ResourceMode::Managed, false),
    };
    if explicit {
        Some(Resource::new(mode, attribute_step(traversal, 0)?.clone(), attribute_step(traversal, 1)?.clone()))
    } else {
        Some(Resource::new(mode, traversal.root.clone(), attribute_step(traversal, 0)?.clone()))
    }
}
