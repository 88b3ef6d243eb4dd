//! Paths that matter: those that force a replacement, and those that are relevant to a plan.

use formwork_value::{Path, PathStep};

/// The rest of the paths that force a replacement, below some part of an object.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplacePaths<'a>(Vec<&'a [PathStep]>);

impl<'a> ReplacePaths<'a> {
    pub(crate) fn new(paths: &'a [Path]) -> ReplacePaths<'a> {
        ReplacePaths(paths.iter().map(|p| p.0.as_slice()).collect())
    }

    /// True if a change of exactly this part forces a replacement.
    pub(crate) fn matches(&self) -> bool {
        self.0.iter().any(|path| path.is_empty())
    }

    pub(crate) fn attribute(&self, name: &str) -> ReplacePaths<'a> {
        ReplacePaths(below(&self.0, |step| is_named(step, name)))
    }

    pub(crate) fn index(&self, index: usize) -> ReplacePaths<'a> {
        ReplacePaths(below(&self.0, |step| is_indexed(step, index)))
    }
}

/// What of an object matters for a plan.
#[derive(Clone, Debug)]
pub(crate) enum Relevance<'a> {
    All,
    /// Only what these paths lead to.
    Only(Vec<&'a [PathStep]>),
}

impl<'a> Relevance<'a> {
    /// False if nothing here matters.
    pub(crate) fn any(&self) -> bool {
        match self {
            Relevance::All => true,
            Relevance::Only(paths) => !paths.is_empty(),
        }
    }

    pub(crate) fn attribute(&self, name: &str) -> Relevance<'a> {
        self.below(|step| is_named(step, name))
    }

    fn below(&self, is_next: impl Fn(&PathStep) -> bool) -> Relevance<'a> {
        match self {
            Relevance::All => Relevance::All,
            Relevance::Only(paths) if paths.iter().any(|path| path.is_empty()) => Relevance::All,
            Relevance::Only(paths) => Relevance::Only(below(paths, is_next)),
        }
    }
}

fn below<'a>(paths: &[&'a [PathStep]], is_next: impl Fn(&PathStep) -> bool) -> Vec<&'a [PathStep]> {
    paths.iter().filter_map(|path| path.split_first().filter(|(step, _)| is_next(step)).map(|(_, rest)| rest)).collect()
}

fn is_named(step: &PathStep, name: &str) -> bool {
    match step {
        PathStep::Attribute(attribute) => &**attribute == name,
        PathStep::Index(key) => key.as_str() == Some(name),
    }
}

fn is_indexed(step: &PathStep, index: usize) -> bool {
    matches!(step, PathStep::Index(key) if key.as_number().and_then(|n| n.to_usize()) == Some(index))
}
