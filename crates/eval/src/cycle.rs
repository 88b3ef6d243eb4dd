//! Telling of references that lead in a circle.

use crate::{Item, ItemAddress, ReferenceGraph};
use formwork_config::Config;
use formwork_diag::{Diagnostic, Diagnostics, Span};

impl ReferenceGraph {
    /// Errors: references that lead in a circle, with the place of each object on the way.
    pub fn check_cycles(&self, config: &Config) -> Result<(), Diagnostics> {
        let Err(members) = self.order() else { return Ok(()) };
        let members: Vec<&ItemAddress> = members.iter().filter_map(|at| self.nodes.get(*at)).collect();
        let names: Vec<String> = members.iter().map(ToString::to_string).collect();
        let lines = members.iter().zip(&names).map(|(member, name)| match place(config, member) {
            Some(place) => format!("  {name} at {place}"),
            None => format!("  {name}"),
        });
        let detail = format!(
            "Each of these needs the next one, and the last one needs the first:\n\n{}\n\nTake out one of the references.",
            lines.collect::<Vec<_>>().join("\n")
        );
        Err(Diagnostic::error(format!("Cycle: {}", names.join(", ")), detail).into())
    }
}

/// File and line.
fn place(config: &Config, member: &ItemAddress) -> Option<String> {
    let span = span(config, member)?;
    let file = config.sources.get(span.file)?;
    Some(format!("{}:{}", file.name, file.line(span.start)))
}

fn span(config: &Config, member: &ItemAddress) -> Option<Span> {
    let module = config.modules.get(&member.module)?;
    match &member.item {
        Item::Variable(name) => module.variables.get(name).map(|variable| variable.header_span),
        Item::Local(name) => module.locals.get(name).map(|local| local.span),
        Item::Output(name) => module.outputs.get(name).map(|output| output.header_span),
        Item::Resource(resource) => module.resources.get(resource).map(|block| block.header_span),
        Item::Call(name) | Item::CallEnd(name) => module.calls.get(name).map(|call| call.header_span),
        Item::Provider(name, alias) => {
            let found = module.providers.iter().find(|(key, _)| key.name == *name && key.alias == *alias);
            found.map(|(_, block)| block.header_span)
        }
        Item::Check(name) => module.checks.get(name).map(|check| check.header_span),
    }
}
