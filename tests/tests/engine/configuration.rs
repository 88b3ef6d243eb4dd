//! Random configurations: resources and module calls that depend on earlier ones in all the ways the language has.
#![allow(clippy::indexing_slicing)] // A generator that is wrong may stop the test.

use proptest::prelude::*;
use std::fmt::{self, Debug, Formatter, Write};

/// A configuration; the later nodes depend on earlier ones.
#[derive(Clone)]
pub struct Configuration {
    pub nodes: Vec<Node>,
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Data,
    Cloud,
    Module,
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

pub fn configurations() -> impl Strategy<Value = Configuration> {
    proptest::collection::vec(node(), 1..9).prop_map(|nodes| Configuration { nodes })
}

/// A configuration and what becomes of it: nodes change, come and go.
pub fn changes() -> impl Strategy<Value = (Configuration, Configuration)> {
    let changed = |configuration: Configuration| {
        let count = configuration.nodes.len();
        let others = proptest::collection::vec((node(), 0u8..8), count);
        (Just(configuration), others).prop_map(|(before, others)| {
            let nodes =
                before.nodes.iter().zip(others).map(|(node, (other, what))| node.changed(other, what)).collect();
            (before, Configuration { nodes })
        })
    };
    configurations().prop_flat_map(changed)
}

fn node() -> impl Strategy<Value = Node> {
    let kind = prop_oneof![2 => Just(Kind::Data), 3 => Just(Kind::Cloud), 1 => Just(Kind::Module)];
    let repetition = prop_oneof![
        2 => Just(Repetition::None),
        1 => (0u8..4).prop_map(Repetition::Count),
        1 => (0u8..8).prop_map(Repetition::ForEach),
        1 => Just(Repetition::Count(9)),
    ];
    let style = prop_oneof![Just(Style::Whole), Just(Style::ByKey), Just(Style::Local), Just(Style::DependsOn)];
    let dependencies = proptest::collection::vec((0usize..8, style), 0..3);
    let flag = prop_oneof![3 => Just(false), 1 => Just(true)];
    (kind, repetition, dependencies, flag, 0u8..2, 0u8..2, prop_oneof![8 => Just(true), 1 => Just(false)]).prop_map(
        |(kind, repetition, dependencies, create_before_destroy, zone, size, present)| Node {
            kind,
            repetition,
            dependencies,
            create_before_destroy,
            zone,
            size,
            present,
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
            _ => {}
        }
        node
    }

    fn keys(&self) -> Vec<&'static str> {
        let Repetition::ForEach(bits) = self.repetition else { return Vec::new() };
        ["a", "b", "c"].into_iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0).map(|(_, key)| key).collect()
    }
}

impl Configuration {
    /// The root module as text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (at, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.present) {
            let _ = writeln!(out, "locals {{ ids{at} = {} }}", self.ids(at));
            self.node(at, node, &mut out);
        }
        out
    }

    fn address(&self, at: usize) -> String {
        match self.nodes[at].kind {
            Kind::Data => format!("terraform_data.r{at}"),
            Kind::Cloud => format!("cloud_thing.r{at}"),
            Kind::Module => format!("module.r{at}"),
        }
    }

    /// The ids of all objects of a node, as a list.
    fn ids(&self, at: usize) -> String {
        let address = self.address(at);
        let attribute = if self.nodes[at].kind == Kind::Module { "ids" } else { "id" };
        match self.nodes[at].repetition {
            Repetition::None => format!("flatten([{address}.{attribute}])"),
            Repetition::Count(_) => format!("flatten({address}[*].{attribute})"),
            Repetition::ForEach(_) => format!("flatten(values({address})[*].{attribute})"),
        }
    }

    /// The ids of one object of a node, if there is one that corresponds to the reader's.
    fn ids_by_key(&self, at: usize, reader: &Node) -> Option<String> {
        let address = self.address(at);
        let attribute = if self.nodes[at].kind == Kind::Module { "ids" } else { "id" };
        let key = match (self.nodes[at].repetition, reader.repetition) {
            (Repetition::Count(count), Repetition::Count(readers)) if count >= readers => "count.index".to_string(),
            (Repetition::Count(count), _) if count > 0 => "0".to_string(),
            (Repetition::ForEach(bits), Repetition::ForEach(readers)) if bits & readers == readers => {
                "each.key".to_string()
            }
            (Repetition::ForEach(_), _) => format!("{:?}", self.nodes[at].keys().first()?),
            _ => return None,
        };
        Some(format!("flatten([{address}[{key}].{attribute}])"))
    }

    fn node(&self, at: usize, node: &Node, out: &mut String) {
        let (mut ids, mut depends_on) = (Vec::new(), Vec::new());
        for (other, style) in &node.dependencies {
            let Some(other) = other.checked_rem(at) else { continue };
            if !self.nodes[other].present {
                continue;
            }
            match style {
                Style::Whole => ids.push(self.ids(other)),
                Style::ByKey => ids.push(self.ids_by_key(other, node).unwrap_or_else(|| self.ids(other))),
                Style::Local => ids.push(format!("local.ids{other}")),
                Style::DependsOn => depends_on.push(self.address(other)),
            }
        }
        let ids =
            format!("concat([\"s{}\"], {})", node.size, if ids.is_empty() { "[]".into() } else { ids.join(", ") });
        let _ = match node.kind {
            Kind::Data => writeln!(
                out,
                "resource \"terraform_data\" \"r{at}\" {{\n  input = {ids}\n  triggers_replace = {}",
                node.zone
            ),
            Kind::Cloud => writeln!(
                out,
                "resource \"cloud_thing\" \"r{at}\" {{\n  name = \"r{at}\"\n  links = {ids}\n  zone = \"z{}\"",
                node.zone
            ),
            Kind::Module => {
                let name = match node.repetition {
                    Repetition::None => format!("r{at}"),
                    Repetition::Count(_) => format!("r{at}-${{count.index}}"),
                    Repetition::ForEach(_) => format!("r{at}-${{each.key}}"),
                };
                writeln!(
                    out,
                    "module \"r{at}\" {{\n  source = \"./m\"\n  name = \"{name}\"\n  in = {ids}\n  zone = \"z{}\"",
                    node.zone
                )
            }
        };
        let _ = match node.repetition {
            Repetition::None => Ok(()),
            Repetition::Count(count) => writeln!(out, "  count = {count}"),
            Repetition::ForEach(_) => writeln!(out, "  for_each = toset({:?})", node.keys()),
        };
        if !depends_on.is_empty() {
            let _ = writeln!(out, "  depends_on = [{}]", depends_on.join(", "));
        }
        if node.create_before_destroy && node.kind != Kind::Module {
            let _ = writeln!(out, "  lifecycle {{ create_before_destroy = true }}");
        }
        let _ = writeln!(out, "}}");
    }
}
