//! Invocations of actions.

use super::body::write_diff;
use super::object::value_mode;
use crate::diff::{Pair, block_diff};
use crate::labelled::Labelled;
use formwork_model::{Block, Invocation, Plan, with_schema_marks};
use formwork_value::quote;

/// The schema of what an action is given.
pub(crate) fn invocation_schema<'a>(plan: &'a Plan, invocation: &Invocation) -> Option<&'a Block> {
    let schemas = plan.schemas.get(&invocation.provider.provider)?;
    Some(&schemas.actions.get(&invocation.action.action.kind)?.block)
}

/// The action's block, with values.
pub(crate) fn invocation_body(invocation: &Invocation, schema: Option<&Block>, indent: usize) -> Labelled {
    let action = &invocation.action.action;
    let mut out = Labelled::new();
    out.spaces(4 * indent);
    out.push_str(&format!("action {} {} {{\n", quote(&action.kind), quote(&action.name)));
    if let Some(schema) = schema.filter(|schema| !schema.attributes.is_empty() || !schema.blocks.is_empty()) {
        let value = with_schema_marks(schema, &invocation.config);
        out.spaces(4 * (indent + 1));
        out.push_str("config ");
        write_diff(&mut out, &block_diff(&Pair::new(&value, &value), schema), indent + 1, value_mode());
        out.push('\n');
    }
    out.spaces(4 * indent);
    out.push('}');
    out
}
