//! Configurations as text.

use super::{Configuration, Ignored, Kind, Node, Repetition, Style};
use std::fmt::Write;

impl Configuration {
    /// The root module as text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (at, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.present) {
            let _ = writeln!(out, "locals {{ ids{at} = {} }}", self.ids(at));
            self.block(at, node, &mut out);
            if self.features.outputs {
                let _ = writeln!(out, "output \"o{at}\" {{\n  value = local.ids{at}\n  sensitive = true\n}}");
            }
        }
        for (from, to) in &self.moved {
            let _ = writeln!(out, "moved {{\n  from = {from}\n  to = {to}\n}}");
        }
        for address in &self.removed {
            let _ = writeln!(out, "removed {{\n  from = {address}\n  lifecycle {{ destroy = true }}\n}}");
        }
        out
    }

    /// The same with all addresses changed, and the blocks that say so.
    pub fn renamed(&self) -> Configuration {
        let mut after = self.clone();
        after.nodes.iter_mut().for_each(|node| node.renamed = !node.renamed);
        after.moved = after.moves_from(self);
        after
    }

    /// The nodes that keep objects, with their addresses.
    fn kept(&self) -> impl Iterator<Item = (usize, Kind, String)> + '_ {
        let kept = |(_, node): &(usize, &Node)| node.present && !matches!(node.kind, Kind::Lookup | Kind::LookupById);
        self.nodes.iter().enumerate().filter(kept).map(|(at, node)| (at, node.kind, self.address(at)))
    }

    pub fn moves_from(&self, before: &Configuration) -> Vec<(String, String)> {
        let mut moves = Vec::new();
        for (at, kind, address) in self.kept() {
            let old = before.kept().find(|(other, other_kind, _)| *other == at && *other_kind == kind);
            moves.extend(old.filter(|(_, _, old)| *old != address).map(|(_, _, old)| (old, address)));
        }
        moves
    }

    /// Every other node that is there no more, by its former address.
    pub fn removals_from(&self, before: &Configuration) -> Vec<String> {
        let left: Vec<String> = self.kept().map(|(_, _, address)| address).collect();
        let moved = |address: &String| self.moved.iter().any(|(from, _)| from == address);
        let gone = before.kept().filter(|(_, _, address)| !left.contains(address) && !moved(address));
        gone.filter(|(at, _, _)| at % 2 == 0).map(|(_, _, address)| address).collect()
    }

    fn address(&self, at: usize) -> String {
        let name = if self.nodes[at].renamed { "q" } else { "r" };
        match self.nodes[at].kind {
            Kind::Data => format!("terraform_data.{name}{at}"),
            Kind::Cloud => format!("cloud_thing.{name}{at}"),
            Kind::Module => format!("module.{name}{at}"),
            Kind::Lookup | Kind::LookupById => format!("data.cloud_lookup.{name}{at}"),
        }
    }

    fn attribute(&self, at: usize) -> &'static str {
        if self.nodes[at].kind == Kind::Module { "ids" } else { "id" }
    }

    /// The one object that a data source finds.
    fn found_by(&self, at: usize, node: &Node) -> Option<usize> {
        let one = |other: &usize| {
            let other = &self.nodes[*other];
            let is_single = other.repetition == Repetition::None;
            // Who ignores all changes may still have the name of when there were several.
            let is_named = !self.features.ignore || other.ignores != Ignored::All;
            other.present && other.kind == Kind::Cloud && is_single && is_named
        };
        node.dependencies.iter().filter_map(|(other, _)| other.checked_rem(at)).find(one)
    }

    /// The ids of all objects of a node, as a list.
    fn ids(&self, at: usize) -> String {
        let (address, attribute) = (self.address(at), self.attribute(at));
        if matches!(self.nodes[at].kind, Kind::Lookup | Kind::LookupById) {
            return match self.found_by(at, &self.nodes[at]) {
                Some(_) => format!("[{address}.id]"),
                None => "[]".to_string(),
            };
        }
        match self.nodes[at].repetition {
            Repetition::None => format!("flatten([{address}.{attribute}])"),
            Repetition::Count(_) => format!("flatten({address}[*].{attribute})"),
            Repetition::ForEach(_) => format!("flatten(values({address})[*].{attribute})"),
        }
    }

    /// The ids of one object of a node, if there is one that corresponds to the reader's.
    fn ids_by_key(&self, at: usize, reader: &Node) -> Option<String> {
        if matches!(self.nodes[at].kind, Kind::Lookup | Kind::LookupById) {
            return None;
        }
        let (address, attribute) = (self.address(at), self.attribute(at));
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

    fn block(&self, at: usize, node: &Node, out: &mut String) {
        if let Kind::Lookup | Kind::LookupById = node.kind {
            return self.lookup(at, node, out);
        }
        let (mut ids, mut depends_on, mut blocks) = (Vec::new(), Vec::new(), None);
        for (other, style) in &node.dependencies {
            let Some(other) = other.checked_rem(at).filter(|other| self.nodes[*other].present) else { continue };
            match style {
                Style::ByKey => ids.push(self.ids_by_key(other, node).unwrap_or_else(|| self.ids(other))),
                Style::Local => ids.push(format!("local.ids{other}")),
                Style::Sensitive if self.features.sensitive => ids.push(format!("sensitive({})", self.ids(other))),
                Style::Blocks if !self.features.sensitive && node.kind == Kind::Cloud => blocks = Some(self.ids(other)),
                Style::DependsOn if self.ids(other) != "[]" => depends_on.push(self.address(other)),
                _ => ids.push(self.ids(other)),
            }
        }
        let ids = if ids.is_empty() { "[]".into() } else { ids.join(", ") };
        self.header(at, node, &format!("concat([\"s{}\"], {ids})", node.size), out);
        if let Some(ids) = blocks {
            let _ = writeln!(out, "  dynamic \"rule\" {{\n    for_each = {ids}");
            let _ = writeln!(out, "    content {{\n      port = rule.key\n      note = rule.value\n    }}\n  }}");
        }
        let _ = match node.repetition {
            Repetition::None => Ok(()),
            Repetition::Count(count) => writeln!(out, "  count = {count}"),
            Repetition::ForEach(_) => writeln!(out, "  for_each = toset({:?})", node.keys()),
        };
        if !depends_on.is_empty() {
            let _ = writeln!(out, "  depends_on = [{}]", depends_on.join(", "));
        }
        if node.kind != Kind::Module {
            self.lifecycle(at, node, out);
        }
        let _ = writeln!(out, "}}");
    }

    fn header(&self, at: usize, node: &Node, ids: &str, out: &mut String) {
        let (zone, address) = (node.zone, self.address(at));
        let name = address.split_once('.').map_or("", |(_, name)| name);
        let key = match node.repetition {
            Repetition::None => "",
            Repetition::Count(_) => "-${count.index}",
            Repetition::ForEach(_) => "-${each.key}",
        };
        let _ = match node.kind {
            Kind::Data => {
                writeln!(out, "resource \"terraform_data\" \"{name}\" {{\n  input = {ids}\n  triggers_replace = {zone}")
            }
            Kind::Cloud => writeln!(
                out,
                "resource \"cloud_thing\" \"{name}\" {{\n  name = \"r{at}{key}\"\n  links = {ids}\n  zone = \"z{zone}\""
            ),
            _ => writeln!(
                out,
                "module \"{name}\" {{\n  source = \"./m\"\n  name = \"r{at}{key}\"\n  in = {ids}\n  zone = \"z{zone}\""
            ),
        };
    }

    fn lookup(&self, at: usize, node: &Node, out: &mut String) {
        let Some(other) = self.found_by(at, node) else { return };
        let (address, target) = (self.address(at), self.address(other));
        let name = address.rsplit('.').next().unwrap_or_default();
        let _ = writeln!(out, "data \"cloud_lookup\" \"{name}\" {{");
        let _ = match node.kind {
            Kind::Lookup => writeln!(out, "  name = \"r{other}\"\n  depends_on = [{target}]\n}}"),
            _ => writeln!(out, "  name = {target}.id == \"\" ? \"\" : \"r{other}\"\n}}"),
        };
        if self.features.conditions {
            // No data source of the check's own: that is read in every apply.
            let _ = writeln!(out, "check \"c{at}\" {{\n  assert {{\n    condition = {address}.id == {target}.id");
            let _ = writeln!(out, "    error_message = \"another one\"\n  }}\n}}");
        }
    }

    fn lifecycle(&self, at: usize, node: &Node, out: &mut String) {
        let mut lines = Vec::new();
        if node.create_before_destroy {
            lines.push("create_before_destroy = true".to_string());
        }
        let links = if node.kind == Kind::Data { "input" } else { "links" };
        let zone = if node.kind == Kind::Data { "triggers_replace" } else { "zone" };
        match node.ignores {
            _ if !self.features.ignore => {}
            Ignored::Nothing => {}
            Ignored::Zone => lines.push(format!("ignore_changes = [{zone}]")),
            Ignored::Links => lines.push(format!("ignore_changes = [{links}]")),
            Ignored::All => lines.push("ignore_changes = all".to_string()),
        }
        let trigger = node.trigger.and_then(|other| other.checked_rem(at)).filter(|other| {
            let other = &self.nodes[*other];
            other.present && other.has_instances() && matches!(other.kind, Kind::Data | Kind::Cloud)
        });
        if let Some(trigger) = trigger {
            lines.push(format!("replace_triggered_by = [{}]", self.address(trigger)));
        }
        if self.features.conditions {
            let holds = "error_message = \"no\"";
            let read = node.dependencies.iter().filter_map(|(other, _)| other.checked_rem(at));
            for other in read.filter(|other| self.nodes[*other].present).take(1) {
                let condition = format!("length(local.ids{other}) < 1000");
                lines.push(format!("precondition {{\n      condition = {condition}\n      {holds}\n    }}"));
            }
            lines.push(format!("postcondition {{\n      condition = self.id != \"\"\n      {holds}\n    }}"));
        }
        if !lines.is_empty() {
            let _ = writeln!(out, "  lifecycle {{\n    {}\n  }}", lines.join("\n    "));
        }
    }
}
