//! Random configurations: resources and module calls that depend on earlier ones in all the ways the language has.
#![allow(clippy::indexing_slicing)] // A generator that is wrong may stop the test.

use proptest::prelude::*;
use std::fmt::{self, Debug, Formatter};

mod text;

/// A configuration; the later nodes depend on earlier ones.
#[derive(Clone)]
pub struct Configuration {
    pub nodes: Vec<Node>,
    pub features: Features,
    /// What `moved` blocks say: from, to.
    pub moved: Vec<(String, String)>,
    /// What `removed` blocks name.
    pub removed: Vec<String>,
}

/// What a configuration uses everywhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Features {
    /// Some links are sensitive; otherwise some become blocks, which sensitive values cannot.
    pub sensitive: bool,
    /// Some changes are ignored. What an interrupted run has then lost of ignored values is lost.
    pub ignore: bool,
    /// Conditions on resources, and checks with data sources of their own.
    pub conditions: bool,
    pub outputs: bool,
}

impl Debug for Configuration {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", self.text())
    }
}

#[derive(Clone, Debug)]
pub struct Node {
    kind: Kind,
    repetition: Repetition,
    /// Places of earlier nodes, taken modulo their number.
    dependencies: Vec<(usize, Style)>,
    create_before_destroy: bool,
    /// A change replaces the objects.
    zone: u8,
    /// A change updates the objects.
    size: u8,
    present: bool,
    /// Its address is another one.
    pub renamed: bool,
    ignores: Ignored,
    /// The place of an earlier node whose changes replace the objects, modulo their number.
    trigger: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ignored {
    Nothing,
    Zone,
    Links,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Data,
    Cloud,
    Module,
    /// A data source that finds an object of an earlier node; absent if that has not exactly one.
    Lookup,
    /// The same, which waits for the object through its id.
    LookupById,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repetition {
    None,
    Count(u8),
    /// A set of keys, as bits.
    ForEach(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Whole,
    ByKey,
    Local,
    DependsOn,
    Sensitive,
    /// Blocks, one for each id.
    Blocks,
}

/// The module that all calls call.
pub const MODULE: &str = r#"
variable "in" {}
variable "zone" {}
variable "name" {}
resource "cloud_thing" "x" {
  name  = var.name
  zone  = var.zone
  links = var.in
}
resource "terraform_data" "y" {
  input = cloud_thing.x.id
}
data "cloud_lookup" "z" {
  name       = var.name
  depends_on = [cloud_thing.x]
}
output "ids" { value = [terraform_data.y.id, data.cloud_lookup.z.name] }
"#;

fn features() -> impl Strategy<Value = Features> {
    (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(sensitive, ignore, conditions, outputs)| Features { sensitive, ignore, conditions, outputs })
}

pub fn configurations() -> impl Strategy<Value = Configuration> {
    (proptest::collection::vec(node(), 1..9), features()).prop_map(|(nodes, features)| Configuration {
        nodes,
        features,
        moved: Vec::new(),
        removed: Vec::new(),
    })
}

/// A configuration and what becomes of it: nodes change, come and go, and get other addresses.
pub fn changes() -> impl Strategy<Value = (Configuration, Configuration)> {
    let changed = |configuration: Configuration| {
        let count = configuration.nodes.len();
        let others = proptest::collection::vec((node(), 0u8..9, any::<bool>()), count);
        (Just(configuration), others).prop_map(|(before, others)| {
            let mut after = before.clone();
            for (node, (other, what, said)) in after.nodes.iter_mut().zip(others) {
                *node = node.changed(other, what);
                node.renamed = what == 7 && said;
            }
            after.moved = after.moves_from(&before);
            after.removed = after.removals_from(&before);
            (before, after)
        })
    };
    configurations().prop_flat_map(changed)
}

/// Changes that a run which was stopped half-way, and another one, carry out as one run does.
pub fn repeatable_changes() -> impl Strategy<Value = (Configuration, Configuration)> {
    changes().prop_map(|(mut before, mut after)| {
        before.features.ignore = false;
        after.features.ignore = false;
        (before, after)
    })
}

fn node() -> impl Strategy<Value = Node> {
    let kind = prop_oneof![
        4 => Just(Kind::Data),
        6 => Just(Kind::Cloud),
        2 => Just(Kind::Module),
        1 => Just(Kind::Lookup),
        1 => Just(Kind::LookupById)
    ];
    let repetition = prop_oneof![
        2 => Just(Repetition::None),
        1 => (0u8..4).prop_map(Repetition::Count),
        1 => (0u8..8).prop_map(Repetition::ForEach),
        1 => Just(Repetition::Count(9)),
    ];
    let style = prop_oneof![
        2 => Just(Style::Whole),
        2 => Just(Style::ByKey),
        2 => Just(Style::Local),
        2 => Just(Style::DependsOn),
        1 => Just(Style::Sensitive),
        1 => Just(Style::Blocks)
    ];
    let dependencies = proptest::collection::vec((0usize..8, style), 0..3);
    let flag = prop_oneof![3 => Just(false), 1 => Just(true)];
    let ignores = prop_oneof![
        5 => Just(Ignored::Nothing),
        1 => Just(Ignored::Zone),
        1 => Just(Ignored::Links),
        1 => Just(Ignored::All)
    ];
    let trigger = prop_oneof![5 => Just(None), 1 => (0usize..8).prop_map(Some)];
    let present = prop_oneof![8 => Just(true), 1 => Just(false)];
    (kind, repetition, dependencies, flag, 0u8..2, 0u8..2, present, ignores, trigger).prop_map(
        |(kind, repetition, dependencies, create_before_destroy, zone, size, present, ignores, trigger)| Node {
            kind,
            repetition,
            dependencies,
            create_before_destroy,
            zone,
            size,
            present,
            renamed: false,
            ignores,
            trigger,
        },
    )
}

impl Node {
    /// The node with one thing taken from another.
    fn changed(&self, other: Node, what: u8) -> Node {
        let mut node = self.clone();
        match what {
            0 => node.zone = other.zone,
            1 => node.size = other.size,
            2 => node.repetition = other.repetition,
            3 => node.dependencies = other.dependencies,
            4 => node.present = other.present,
            5 => node.create_before_destroy = other.create_before_destroy,
            6 => node = other,
            8 => (node.ignores, node.trigger) = (other.ignores, other.trigger),
            _ => {}
        }
        node
    }

    /// A trigger must have some.
    fn has_instances(&self) -> bool {
        match self.repetition {
            Repetition::None => true,
            Repetition::Count(count) => count > 0,
            Repetition::ForEach(_) => !self.keys().is_empty(),
        }
    }

    fn keys(&self) -> Vec<&'static str> {
        let Repetition::ForEach(bits) = self.repetition else { return Vec::new() };
        ["a", "b", "c"].into_iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0).map(|(_, key)| key).collect()
    }
}
