//! A move as the planner follows it.

use formwork_config::{Config, MovedBlock, ResourceBlock};
use formwork_diag::Span;
use formwork_model::{
    AbsResource, InstanceKey, ModuleInstance, ModulePath, ModuleStep, Resource, ResourceInstance, ResourceMode, State,
    TargetAddress,
};
use formwork_value::Str;

/// What a statement moves; both ends are of the same kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A module call with all its instances.
    Call,
    /// One instance of a module.
    Module,
    /// A resource with all its instances.
    Resource,
    Instance,
}

/// An end of a move, relative to the module that declares it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct End {
    pub module: ModuleInstance,
    pub resource: Option<(Resource, InstanceKey)>,
}

/// A `moved` block, or a move that follows from a change of `count`.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// The module that declares it; it counts for each of its instances.
    pub module: ModulePath,
    pub kind: Kind,
    pub from: End,
    pub to: End,
    /// The block; none if the move is implied.
    pub span: Option<Span>,
}

/// A step of a pattern; without a key it stands for every instance.
type Step<'a> = (&'a Str, Option<&'a InstanceKey>);

/// All moves: those that are written, and those that are implied.
pub(crate) fn statements(config: &Config, state: &State) -> Vec<Statement> {
    let written = |(path, block): (&ModulePath, &MovedBlock)| Statement::written(path, block);
    let blocks = config.modules.iter().flat_map(|(path, module)| module.moved.iter().map(move |block| (path, block)));
    let mut all: Vec<Statement> = blocks.filter_map(written).collect();
    let implied = implied(config, state, &all);
    all.extend(implied);
    all
}

/// Between `count` and no repetition, the instance without a key and the one with key 0 are the same, unless a statement
/// says something about the resource.
fn implied(config: &Config, state: &State, written: &[Statement]) -> Vec<Statement> {
    let mut out = Vec::new();
    for (address, resource) in &state.resources {
        let block = config.module(&address.module.path()).and_then(|module| module.resources.get(&address.resource));
        let Some((from, to)) = block.and_then(|block| repetition_change(block)) else { continue };
        if resource.instances.contains_key(&from) && !written.iter().any(|statement| statement.is_about(address)) {
            let end = |key: InstanceKey| End {
                module: address.module.clone(),
                resource: Some((address.resource.clone(), key)),
            };
            let (from, to) = (end(from), end(to));
            out.push(Statement { module: ModulePath::root(), kind: Kind::Instance, from, to, span: None });
        }
    }
    out
}

/// The keys between which an instance moves by itself.
fn repetition_change(block: &ResourceBlock) -> Option<(InstanceKey, InstanceKey)> {
    match (block.resource.mode, &block.count, &block.for_each) {
        (ResourceMode::Managed, Some(_), _) => Some((InstanceKey::None, InstanceKey::Int(0))),
        (ResourceMode::Managed, None, None) => Some((InstanceKey::Int(0), InstanceKey::None)),
        _ => None,
    }
}

impl Statement {
    fn written(path: &ModulePath, block: &MovedBlock) -> Option<Statement> {
        let (from, to) = (&block.from.address, &block.to.address);
        let without_key = |address: &TargetAddress| match address {
            TargetAddress::Module(module) => module.0.last().is_some_and(|step| step.key.is_none()),
            TargetAddress::Resource(_) => true,
            TargetAddress::Instance(_) => false,
        };
        let whole = without_key(from) && without_key(to);
        let kind = match (from, to) {
            (TargetAddress::Module(_), TargetAddress::Module(_)) if whole => Kind::Call,
            (TargetAddress::Module(_), TargetAddress::Module(_)) => Kind::Module,
            (TargetAddress::Module(_), _) | (_, TargetAddress::Module(_)) => return None,
            _ if whole => Kind::Resource,
            _ => Kind::Instance,
        };
        Some(Statement { module: path.clone(), kind, from: End::of(from), to: End::of(to), span: Some(block.span) })
    }

    pub fn moves_modules(&self) -> bool {
        matches!(self.kind, Kind::Call | Kind::Module)
    }

    /// The steps to the module of an end, from the root.
    fn steps<'a>(&'a self, end: &'a End) -> impl Iterator<Item = Step<'a>> {
        let whole = (self.kind == Kind::Call).then(|| end.module.0.len().saturating_sub(1));
        let inner = end.module.0.iter().enumerate();
        let outer = self.module.0.iter().map(|name| (name, None));
        outer.chain(inner.map(move |(at, step)| (&step.name, (Some(at) != whole).then_some(&step.key))))
    }

    fn depth(&self, end: &End) -> usize {
        self.module.0.len() + end.module.0.len()
    }

    /// True if this must be followed after `other`: it moves what `other` has moved before, or what lies inside of it.
    ///
    /// Source of the rules: the reference's order of chained and nested moves.
    pub fn follows(&self, other: &Statement) -> bool {
        if chains(self, other) {
            return true;
        }
        let inside = within(self, &self.from, other, &other.to)
            || within(self, &self.to, other, &other.to)
            || within(other, &other.from, self, &self.from)
            || within(other, &other.to, self, &self.from);
        // A module that only gets another key has the same statements inside before and after: those come later.
        inside && (self.module.0.len() >= other.module.0.len() || !self.changes_key_only())
    }

    fn changes_key_only(&self) -> bool {
        self.moves_modules() && self.from.module.path() == self.to.module.path()
    }

    /// True if an end names the resource or one of its instances.
    fn is_about(&self, address: &AbsResource) -> bool {
        let names = |end: &End| {
            end.resource.as_ref().is_some_and(|(resource, _)| *resource == address.resource)
                && self.depth(end) == address.module.0.len()
                && overlap(self.steps(end), steps_of(&address.module))
        };
        names(&self.from) || names(&self.to)
    }

    /// The instances of the declaring module that an address lies in: the steps to it, and the rest.
    fn split<'a>(&self, module: &'a ModuleInstance) -> Option<(&'a [ModuleStep], &'a [ModuleStep])> {
        let (outer, inner) = module.0.split_at_checked(self.module.0.len())?;
        outer.iter().map(|step| &step.name).eq(&self.module.0).then_some((outer, inner))
    }

    /// The new address of a module instance, if it is moved or lies inside of what is moved.
    pub fn module_destination(&self, module: &ModuleInstance) -> Option<ModuleInstance> {
        let (outer, inner) = self.split(module)?;
        let (head, rest) = inner.split_at_checked(self.from.module.0.len())?;
        let (last, before) = head.split_last()?;
        let (from, from_before) = self.from.module.0.split_last()?;
        let whole = self.kind == Kind::Call;
        if before != from_before || last.name != from.name || !(whole || last.key == from.key) {
            return None;
        }
        let mut steps: Vec<ModuleStep> = outer.iter().chain(&self.to.module.0).cloned().collect();
        if whole && let Some(step) = steps.last_mut() {
            step.key = last.key.clone();
        }
        steps.extend(rest.iter().cloned());
        Some(ModuleInstance(steps))
    }

    /// The ends in an instance of the declaring module, if `module` is the module that the resource of `from` is in.
    pub fn resource_move(&self, module: &ModuleInstance) -> Option<(ResourceInstance, ResourceInstance)> {
        let (outer, inner) = self.split(module)?;
        if inner != self.from.module.0 {
            return None;
        }
        Some((self.from.absolute(outer)?, self.to.absolute(outer)?))
    }
}

impl End {
    fn of(address: &TargetAddress) -> End {
        match address {
            TargetAddress::Module(module) => End { module: module.clone(), resource: None },
            TargetAddress::Resource(r) => {
                End { module: r.module.clone(), resource: Some((r.resource.clone(), InstanceKey::None)) }
            }
            TargetAddress::Instance(i) => {
                End { module: i.module.clone(), resource: Some((i.resource.clone(), i.key.clone())) }
            }
        }
    }

    /// The module of the end below the steps to an instance of the declaring module.
    pub fn module_below(&self, outer: &[ModuleStep]) -> ModuleInstance {
        ModuleInstance(outer.iter().chain(&self.module.0).cloned().collect())
    }

    fn absolute(&self, outer: &[ModuleStep]) -> Option<ResourceInstance> {
        let (resource, key) = self.resource.clone()?;
        Some(ResourceInstance { module: self.module_below(outer), resource, key })
    }
}

fn steps_of(module: &ModuleInstance) -> impl Iterator<Item = Step<'_>> {
    module.0.iter().map(|step| (&step.name, Some(&step.key)))
}

/// True if two patterns may stand for the same, as far as the shorter one goes.
fn overlap<'a>(a: impl Iterator<Item = Step<'a>>, b: impl Iterator<Item = Step<'a>>) -> bool {
    let same = |(a, b): (Step<'_>, Step<'_>)| {
        a.0 == b.0
            && match (a.1, b.1) {
                (Some(a), Some(b)) => a == b,
                _ => true,
            }
    };
    a.zip(b).all(same)
}

/// True if what `first` moves may end where `second` begins.
fn chains(second: &Statement, first: &Statement) -> bool {
    let (from, to) = (&second.from, &first.to);
    let same_object = match (&from.resource, &to.resource) {
        (None, None) => true,
        (Some((a, a_key)), Some((b, b_key))) => {
            let any_key = second.kind == Kind::Resource || first.kind == Kind::Resource;
            a == b && (any_key || a_key == b_key)
        }
        _ => false,
    };
    same_object && second.depth(from) == first.depth(to) && overlap(second.steps(from), first.steps(to))
}

/// True if the end of one statement may lie inside the module or the resource at the end of another.
fn within(statement: &Statement, end: &End, other: &Statement, around: &End) -> bool {
    if let (Some((inner, _)), Some((outer, _))) = (&end.resource, &around.resource) {
        return (statement.kind, other.kind) == (Kind::Instance, Kind::Resource)
            && inner == outer
            && statement.depth(end) == other.depth(around)
            && overlap(statement.steps(end), other.steps(around));
    }
    if !other.moves_modules() {
        return false;
    }
    let (depth, limit) = (statement.depth(end), other.depth(around));
    let deeper = if statement.moves_modules() { depth > limit } else { depth >= limit };
    deeper && overlap(statement.steps(end), other.steps(around))
}
