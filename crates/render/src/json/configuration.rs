//! The configuration inside a JSON plan.

use super::value::write_known;
use super::writer::JsonWriter;
use formwork_model::{
    ConfigSummary, ExpressionSummary, ModuleCallSummary, ModuleSummary, OutputSummary, ProviderConfigSummary,
    ResourceSummary, VariableSummary,
};
use formwork_value::Str;
use std::collections::BTreeMap;

/// Writes the configuration (plan-formats.md 4).
pub(super) fn write_configuration(w: &mut JsonWriter, config: &ConfigSummary) {
    w.object(|w| {
        if !config.providers.is_empty() {
            w.key("provider_config").object(|w| {
                config.providers.iter().for_each(|(key, provider)| write_provider(w.key(key), provider));
            });
        }
        write_module(w.key("root_module"), &config.root);
    });
}

fn write_provider(w: &mut JsonWriter, provider: &ProviderConfigSummary) {
    w.object(|w| {
        w.key("name").string(&provider.name);
        w.key("full_name").string(&provider.full_name);
        write_text(w, "alias", provider.alias.as_ref());
        write_text(w, "version_constraint", provider.version_constraint.as_ref());
        write_text(w, "module_address", provider.module_address.as_ref());
        write_expressions(w, &provider.expressions);
        write_repetition(w, "for_each_expression", provider.for_each_expression.as_ref());
    });
}

fn write_text(w: &mut JsonWriter, name: &str, text: Option<&Str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        w.key(name).string(text);
    }
}

fn write_expressions(w: &mut JsonWriter, expressions: &BTreeMap<Str, ExpressionSummary>) {
    if !expressions.is_empty() {
        write_block(w.key("expressions"), expressions);
    }
}

fn write_block(w: &mut JsonWriter, expressions: &BTreeMap<Str, ExpressionSummary>) {
    w.object(|w| expressions.iter().for_each(|(name, expression)| write_expression(w.key(name), expression)));
}

fn write_expression(w: &mut JsonWriter, expression: &ExpressionSummary) {
    match expression {
        ExpressionSummary::Constant(value) => w.object(|w| write_known(w.key("constant_value"), value)),
        ExpressionSummary::Written(value, references) => w.object(|w| {
            write_known(w.key("constant_value"), value);
            if !references.is_empty() {
                w.key("references").strings(references.iter().map(|r| &**r));
            }
        }),
        ExpressionSummary::References(references) => w.object(|w| {
            if !references.is_empty() {
                w.key("references").strings(references.iter().map(|r| &**r));
            }
        }),
        ExpressionSummary::Block(block) => write_block(w, block),
        ExpressionSummary::Blocks(blocks) => w.array(|w| blocks.iter().for_each(|b| write_expression(w, b))),
    }
}

/// Repetitions that only call functions have nothing to show.
fn write_repetition(w: &mut JsonWriter, name: &str, expression: Option<&ExpressionSummary>) {
    let is_shown = |e: &&ExpressionSummary| !matches!(e, ExpressionSummary::References(names) if names.is_empty());
    if let Some(expression) = expression.filter(is_shown) {
        write_expression(w.key(name), expression);
    }
}

fn write_depends_on(w: &mut JsonWriter, depends_on: &[Str]) {
    if !depends_on.is_empty() {
        w.key("depends_on").strings(depends_on.iter().map(|d| &**d));
    }
}

fn write_module(w: &mut JsonWriter, module: &ModuleSummary) {
    w.object(|w| {
        if !module.outputs.is_empty() {
            w.key("outputs").object(|w| module.outputs.iter().for_each(|(name, o)| write_output(w.key(name), o)));
        }
        if !module.resources.is_empty() {
            w.key("resources").array(|w| module.resources.iter().for_each(|r| write_resource(w, r)));
        }
        if !module.module_calls.is_empty() {
            w.key("module_calls").object(|w| {
                module.module_calls.iter().for_each(|(name, call)| write_module_call(w.key(name), call));
            });
        }
        if !module.variables.is_empty() {
            w.key("variables").object(|w| {
                module.variables.iter().for_each(|(name, variable)| write_variable(w.key(name), variable));
            });
        }
    });
}

fn write_output(w: &mut JsonWriter, output: &OutputSummary) {
    w.object(|w| {
        if output.sensitive {
            w.key("sensitive").bool(true);
        }
        write_expression(w.key("expression"), &output.expression);
        write_depends_on(w, &output.depends_on);
        write_text(w, "description", output.description.as_ref());
    });
}

fn write_resource(w: &mut JsonWriter, resource: &ResourceSummary) {
    w.object(|w| {
        w.key("address").string(&resource.address);
        w.key("mode").string(&resource.mode);
        w.key("type").string(&resource.kind);
        w.key("name").string(&resource.name);
        w.key("provider_config_key").string(&resource.provider_config_key);
        if !resource.provisioners.is_empty() {
            w.key("provisioners").array(|w| {
                for provisioner in &resource.provisioners {
                    w.object(|w| {
                        w.key("type").string(&provisioner.kind);
                        write_expressions(w, &provisioner.expressions);
                    });
                }
            });
        }
        write_expressions(w, &resource.expressions);
        w.key("schema_version").unsigned(resource.schema_version);
        write_repetition(w, "count_expression", resource.count_expression.as_ref());
        write_repetition(w, "for_each_expression", resource.for_each_expression.as_ref());
        write_depends_on(w, &resource.depends_on);
    });
}

fn write_module_call(w: &mut JsonWriter, call: &ModuleCallSummary) {
    w.object(|w| {
        write_text(w, "source", Some(&call.source));
        write_expressions(w, &call.expressions);
        write_repetition(w, "count_expression", call.count_expression.as_ref());
        write_repetition(w, "for_each_expression", call.for_each_expression.as_ref());
        write_module(w.key("module"), &call.module);
        write_text(w, "version_constraint", call.version_constraint.as_ref());
        write_depends_on(w, &call.depends_on);
    });
}

fn write_variable(w: &mut JsonWriter, variable: &VariableSummary) {
    w.object(|w| {
        if let Some(default) = &variable.default {
            write_known(w.key("default"), default);
        }
        write_text(w, "description", variable.description.as_ref());
        if variable.sensitive {
            w.key("sensitive").bool(true);
        }
    });
}
