//! Plans made from the JSON documents of Terraform, as the planner would have made them.

use formwork_model::*;
use formwork_value::{Marks, Path, PathStep, Str, Type, Value, json};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

pub type Schemas = BTreeMap<ProviderAddress, Arc<ProviderSchema>>;

/// Reads what `providers schema -json` prints.
pub fn schemas(text: &str) -> Schemas {
    let document: Json = serde_json::from_str(text).unwrap();
    members(&document["provider_schemas"])
        .map(|(address, json)| {
            let kinds = |name: &str| members(&json[name]).map(|(k, s)| (k.into(), Arc::new(schema(s)))).collect();
            let schema = ProviderSchema {
                provider: Arc::new(schema(&json["provider"])),
                resources: kinds("resource_schemas"),
                data_sources: kinds("data_source_schemas"),
                functions: members(&json["functions"]).map(|(name, f)| (name.into(), function(f))).collect(),
                ..ProviderSchema::default()
            };
            (ProviderAddress::parse(address).unwrap(), Arc::new(schema))
        })
        .collect()
}

fn members(json: &Json) -> impl Iterator<Item = (&str, &Json)> {
    json.as_object().into_iter().flatten().map(|(k, v)| (k.as_str(), v))
}

fn items(json: &Json) -> impl Iterator<Item = &Json> {
    json.as_array().into_iter().flatten()
}

fn text(json: &Json) -> Str {
    json.as_str().unwrap_or_default().into()
}

fn flag(json: &Json) -> bool {
    json.as_bool().unwrap_or(false)
}

fn schema(json: &Json) -> Schema {
    Schema { version: json["version"].as_u64().unwrap_or(0), block: block(&json["block"]) }
}

fn description_kind(json: &Json) -> DescriptionKind {
    if json.as_str() == Some("markdown") { DescriptionKind::Markdown } else { DescriptionKind::Plain }
}

fn block(json: &Json) -> Block {
    let mut block = Block::new([], []);
    block.attributes = members(&json["attributes"]).map(|(name, a)| (name.into(), attribute(a))).collect();
    block.blocks = members(&json["block_types"])
        .map(|(name, nested)| {
            let nested = NestedBlock {
                nesting: nesting(&nested["nesting_mode"]),
                block: self::block(&nested["block"]),
                min_items: nested["min_items"].as_u64().unwrap_or(0),
                max_items: nested["max_items"].as_u64().unwrap_or(0),
            };
            (name.into(), nested)
        })
        .collect();
    block.description = text(&json["description"]);
    block.description_kind = description_kind(&json["description_kind"]);
    block.deprecated = flag(&json["deprecated"]);
    block
}

fn nesting(json: &Json) -> Nesting {
    match json.as_str().unwrap() {
        "single" => Nesting::Single,
        "group" => Nesting::Group,
        "list" => Nesting::List,
        "set" => Nesting::Set,
        _ => Nesting::Map,
    }
}

fn ty(json: &Json) -> Type {
    formwork_value::type_from_json(&json.to_string()).unwrap()
}

fn attribute(json: &Json) -> Attribute {
    let mut attribute = Attribute::new(Type::Dynamic);
    attribute.kind = match json.get("nested_type") {
        Some(nested) => AttributeType::Nested(NestedType {
            nesting: nesting(&nested["nesting_mode"]),
            attributes: members(&nested["attributes"]).map(|(n, a)| (n.into(), self::attribute(a))).collect(),
        }),
        None => AttributeType::Plain(ty(&json["type"])),
    };
    attribute.description = text(&json["description"]);
    attribute.description_kind = description_kind(&json["description_kind"]);
    attribute.required = flag(&json["required"]);
    attribute.optional = flag(&json["optional"]);
    attribute.computed = flag(&json["computed"]);
    attribute.sensitive = flag(&json["sensitive"]);
    attribute.write_only = flag(&json["write_only"]);
    attribute.deprecated = flag(&json["deprecated"]);
    attribute
}

fn function(json: &Json) -> FunctionSignature {
    let parameter = |json: &Json| FunctionParameter {
        name: text(&json["name"]),
        ty: ty(&json["type"]),
        allow_null: flag(&json["is_nullable"]),
        allow_unknown: false,
        description: text(&json["description"]),
        description_kind: DescriptionKind::Plain,
    };
    FunctionSignature {
        parameters: items(&json["parameters"]).map(parameter).collect(),
        variadic: json.get("variadic_parameter").map(parameter),
        return_type: ty(&json["return_type"]),
        summary: text(&json["summary"]),
        description: text(&json["description"]),
        description_kind: DescriptionKind::Plain,
        deprecation_message: text(&json["deprecation_message"]),
    }
}

/// A value from its parts in a change: the known part, what is unknown, what is sensitive.
fn value(known: &Json, unknown: &Json, sensitive: &Json, ty: &Type) -> Value {
    let sensitive_here = flag(sensitive);
    let inner = |k: &Json, name: &str, t: &Type| value(&k[name], &unknown[name], &sensitive[name], t);
    let at = |i: usize, t: &Type| value(&known[i], &unknown[i], &sensitive[i], t);
    let result = match (known, ty) {
        // The shape of what is sensitive tells the type of an unknown value.
        _ if unknown == &Json::Bool(true) && sensitive.is_object() => Value::unknown(Value::empty_object().ty()),
        _ if unknown == &Json::Bool(true) && sensitive.is_array() => Value::unknown(Type::tuple([])),
        _ if unknown == &Json::Bool(true) => Value::unknown(ty.clone()),
        (Json::Null, _) if !unknown.is_object() && !unknown.is_array() => Value::null(ty.clone()),
        (Json::Array(list), Type::Dynamic) => Value::tuple((0..list.len()).map(|i| at(i, &Type::Dynamic))),
        (Json::Object(_), Type::Dynamic) => {
            let names = names(known, unknown);
            Value::object(names.into_iter().map(|n| (n.clone(), inner(known, &n, &Type::Dynamic))))
        }
        (_, Type::Dynamic) => json::decode_plain(&known.to_string()).unwrap(),
        (Json::Array(list), Type::List(t)) => Value::list((**t).clone(), (0..list.len()).map(|i| at(i, t)).collect()),
        (Json::Array(list), Type::Set(t)) => Value::set((**t).clone(), (0..list.len()).map(|i| at(i, t)).collect()),
        (Json::Array(_), Type::Tuple(types)) => Value::tuple(types.iter().enumerate().map(|(i, t)| at(i, t))),
        (Json::Object(_), Type::Map(t)) => {
            let entries = names(known, unknown).into_iter().map(|n| (Str::from(n.as_str()), inner(known, &n, t)));
            Value::map((**t).clone(), entries.collect())
        }
        (Json::Object(_), Type::Object(o)) => {
            Value::object(o.attributes.iter().map(|(n, t)| (n.clone(), inner(known, n, t))))
        }
        _ => json::decode(&known.to_string(), ty).unwrap(),
    };
    if sensitive_here { result.with_marks(Marks::SENSITIVE) } else { result }
}

fn names(known: &Json, unknown: &Json) -> Vec<String> {
    let mut names: Vec<String> = members(known).chain(members(unknown)).map(|(n, _)| n.to_string()).collect();
    names.sort();
    names.dedup();
    names
}

/// The reason with a name.
fn reason(name: Option<&str>) -> ActionReason {
    let known = [
        ActionReason::ReplaceBecauseTainted,
        ActionReason::ReplaceByRequest,
        ActionReason::ReplaceByTriggers,
        ActionReason::ReplaceBecauseCannotUpdate,
        ActionReason::DeleteBecauseNoResourceConfig,
        ActionReason::DeleteBecauseNoModule,
        ActionReason::DeleteBecauseWrongRepetition,
        ActionReason::DeleteBecauseCountIndex,
        ActionReason::DeleteBecauseEachKey,
        ActionReason::DeleteBecauseNoMoveTarget,
        ActionReason::ReadBecauseConfigUnknown,
        ActionReason::ReadBecauseDependencyPending,
        ActionReason::ReadBecauseCheckNested,
    ];
    let Some(name) = name else { return ActionReason::None };
    *known.iter().find(|reason| reason.name() == Some(name)).unwrap_or_else(|| panic!("{name}"))
}

fn action(json: &Json) -> Action {
    let names: Vec<&str> = items(json).map(|n| n.as_str().unwrap()).collect();
    match names.as_slice() {
        ["no-op"] => Action::NoOp,
        ["create"] => Action::Create,
        ["read"] => Action::Read,
        ["update"] => Action::Update,
        ["delete"] => Action::Delete,
        ["delete", "create"] => Action::DeleteThenCreate,
        ["create", "delete"] => Action::CreateThenDelete,
        ["forget"] => Action::Forget,
        other => panic!("{other:?}"),
    }
}

fn path(json: &Json) -> Path {
    Path(
        items(json)
            .enumerate()
            .map(|(i, step)| match step {
                Json::String(name) if i == 0 => PathStep::Attribute(name.as_str().into()),
                Json::String(name) => PathStep::Index(Value::string(name)),
                other => PathStep::Index(json::decode_plain(&other.to_string()).unwrap()),
            })
            .collect(),
    )
}

fn resource_change(json: &Json, schemas: &Schemas) -> ResourceChange {
    let address = ResourceInstance::parse(json["address"].as_str().unwrap()).unwrap();
    let provider = ProviderAddress::parse(json["provider_name"].as_str().unwrap()).unwrap();
    let change = &json["change"];
    let object_type = resource_type(schemas, &provider, &address.resource);
    let after_unknown =
        if flag(&change["after_unknown"]) { Json::Object(Default::default()) } else { change["after_unknown"].clone() };
    let importing = change.get("importing").map(|i| Importing { id: i.get("id").map(text), identity: None });
    ResourceChange {
        previous_address: match json.get("previous_address") {
            Some(previous) => ResourceInstance::parse(previous.as_str().unwrap()).unwrap(),
            None => address.clone(),
        },
        address,
        deposed: json.get("deposed").map(|key| DeposedKey(text(key))),
        provider: ProviderConfigAddress { module: ModulePath::root(), provider, alias: None, key: InstanceKey::None },
        action: action(&change["actions"]),
        reason: reason(json["action_reason"].as_str()),
        before: value(&change["before"], &Json::Null, &change["before_sensitive"], &object_type),
        after: if change["after"].is_null() {
            Value::null(object_type)
        } else {
            value(&change["after"], &after_unknown, &change["after_sensitive"], &object_type)
        },
        replace_paths: items(&change["replace_paths"]).map(path).collect(),
        private: Vec::new(),
        before_identity: None,
        after_identity: None,
        importing,
        generated_config: None,
        create_before_destroy: false,
    }
}

fn resource_type(schemas: &Schemas, provider: &ProviderAddress, resource: &Resource) -> Type {
    let provider = &schemas[provider];
    let kinds = if resource.mode == ResourceMode::Data { &provider.data_sources } else { &provider.resources };
    kinds[&resource.kind].block.implied_type()
}

fn output_change(name: &str, json: &Json, planned: &Json) -> OutputChange {
    let sensitive = flag(&json["after_sensitive"]);
    let after_type = planned.get("type").map_or(Type::Dynamic, ty);
    OutputChange {
        name: name.into(),
        action: action(&json["actions"]),
        before: value(&json["before"], &Json::Null, &Json::Null, &Type::Dynamic),
        after: value(&json["after"], &json["after_unknown"], &Json::Null, &after_type),
        sensitive,
    }
}

/// Reads a JSON state.
pub fn state(document: &Json, schemas: &Schemas) -> StateSnapshot {
    let mut state = State::default();
    let values = &document["values"];
    for (name, output) in members(&values["outputs"]) {
        let value = json::decode(&output["value"].to_string(), &ty(&output["type"])).unwrap();
        state.outputs.insert(name.into(), OutputState { value, sensitive: flag(&output["sensitive"]) });
    }
    module(&mut state, &values["root_module"], schemas);
    state.checks = items(&document["checks"]).map(check).collect();
    let terraform_version = text(&document["terraform_version"]);
    StateSnapshot { terraform_version, state, ..StateSnapshot::default() }
}

fn module(state: &mut State, json: &Json, schemas: &Schemas) {
    for resource in items(&json["resources"]) {
        let address = ResourceInstance::parse(resource["address"].as_str().unwrap()).unwrap();
        let provider = ProviderAddress::parse(resource["provider_name"].as_str().unwrap()).unwrap();
        let object_type = resource_type(schemas, &provider, &address.resource);
        let value = value(&resource["values"], &Json::Null, &resource["sensitive_values"], &object_type);
        let (bare, marks) = value.unmark_deep();
        let object = ObjectState {
            schema_version: resource["schema_version"].as_u64().unwrap(),
            attributes: RawState::Json(json::encode(&bare, &object_type).unwrap().as_str().into()),
            sensitive: marks.into_iter().map(|m| m.path).collect(),
            private: Vec::new(),
            identity_schema_version: 0,
            identity: None,
            status: if flag(&resource["tainted"]) { ObjectStatus::Tainted } else { ObjectStatus::Ready },
            dependencies: items(&resource["depends_on"])
                .map(|d| AbsResource::parse(d.as_str().unwrap()).unwrap().config())
                .collect(),
            create_before_destroy: false,
        };
        let provider =
            ProviderConfigAddress { module: ModulePath::root(), provider, alias: None, key: InstanceKey::None };
        let deposed = resource.get("deposed_key").map(|key| DeposedKey(text(key)));
        state.set_object(&address, deposed.as_ref(), &provider, Some(Arc::new(object)));
    }
    items(&json["child_modules"]).for_each(|child| module(state, child, schemas));
}

fn check(json: &Json) -> CheckResult {
    let status = |json: &Json| match json.as_str().unwrap() {
        "pass" => CheckStatus::Pass,
        "fail" => CheckStatus::Fail,
        "error" => CheckStatus::Error,
        _ => CheckStatus::Unknown,
    };
    let object = |json: &Json| CheckObject {
        address: text(&json["address"]["to_display"]),
        status: status(&json["status"]),
        failures: items(&json["problems"]).map(|p| text(&p["message"])).collect(),
    };
    let kind = match json["address"]["kind"].as_str().unwrap() {
        "resource" => CheckKind::Resource,
        "output_value" => CheckKind::Output,
        "check" => CheckKind::Check,
        _ => CheckKind::Variable,
    };
    CheckResult {
        address: CheckableAddress { kind, config: text(&json["address"]["to_display"]) },
        status: status(&json["status"]),
        objects: json.get("instances").map(|list| items(list).map(object).collect()),
    }
}

fn expression(json: &Json) -> ExpressionSummary {
    match json {
        Json::Array(list) => ExpressionSummary::Blocks(list.iter().map(expression).collect()),
        _ if json.get("constant_value").is_some() => {
            ExpressionSummary::Constant(json::decode_plain(&json["constant_value"].to_string()).unwrap())
        }
        _ if json.get("references").is_some_and(Json::is_array) => {
            ExpressionSummary::References(items(&json["references"]).map(text).collect())
        }
        Json::Object(map) if map.is_empty() => ExpressionSummary::References(Vec::new()),
        _ => ExpressionSummary::Block(expressions(json)),
    }
}

fn expressions(json: &Json) -> BTreeMap<Str, ExpressionSummary> {
    members(json).map(|(name, e)| (name.into(), expression(e))).collect()
}

fn module_summary(json: &Json) -> ModuleSummary {
    let texts = |json: &Json| items(json).map(text).collect();
    let optional = |json: &Json, name: &str| json.get(name).map(expression);
    let resource = |json: &Json| ResourceSummary {
        address: text(&json["address"]),
        mode: text(&json["mode"]),
        kind: text(&json["type"]),
        name: text(&json["name"]),
        provider_config_key: text(&json["provider_config_key"]),
        provisioners: items(&json["provisioners"])
            .map(|p| ProvisionerSummary { kind: text(&p["type"]), expressions: expressions(&p["expressions"]) })
            .collect(),
        expressions: expressions(&json["expressions"]),
        schema_version: json["schema_version"].as_u64().unwrap(),
        count_expression: optional(json, "count_expression"),
        for_each_expression: optional(json, "for_each_expression"),
        depends_on: texts(&json["depends_on"]),
    };
    let call = |json: &Json| ModuleCallSummary {
        source: text(&json["source"]),
        expressions: expressions(&json["expressions"]),
        count_expression: optional(json, "count_expression"),
        for_each_expression: optional(json, "for_each_expression"),
        module: module_summary(&json["module"]),
        version_constraint: json.get("version_constraint").map(text),
        depends_on: texts(&json["depends_on"]),
    };
    let output = |json: &Json| OutputSummary {
        sensitive: flag(&json["sensitive"]),
        expression: expression(&json["expression"]),
        depends_on: texts(&json["depends_on"]),
        description: json.get("description").map(text),
    };
    let variable = |json: &Json| VariableSummary {
        default: json.get("default").map(|d| json::decode_plain(&d.to_string()).unwrap()),
        description: json.get("description").map(text),
        sensitive: flag(&json["sensitive"]),
    };
    ModuleSummary {
        outputs: members(&json["outputs"]).map(|(n, o)| (n.into(), output(o))).collect(),
        resources: items(&json["resources"]).map(resource).collect(),
        module_calls: members(&json["module_calls"]).map(|(n, c)| (n.into(), call(c))).collect(),
        variables: members(&json["variables"]).map(|(n, v)| (n.into(), variable(v))).collect(),
    }
}

/// Reads a JSON plan.
pub fn plan(document: &str, schemas: &Schemas) -> Plan {
    let document: Json = serde_json::from_str(document).unwrap();
    let providers = members(&document["configuration"]["provider_config"])
        .map(|(key, p)| {
            let summary = ProviderConfigSummary {
                for_each_expression: None,
                name: text(&p["name"]),
                full_name: text(&p["full_name"]),
                alias: p.get("alias").map(text),
                version_constraint: p.get("version_constraint").map(text),
                module_address: p.get("module_address").map(text),
                expressions: expressions(&p["expressions"]),
            };
            (key.into(), summary)
        })
        .collect();
    let planned_outputs = &document["planned_values"]["outputs"];
    Plan {
        variables: members(&document["variables"])
            .map(|(name, v)| (name.into(), json::decode_plain(&v["value"].to_string()).unwrap()))
            .collect(),
        changes: items(&document["resource_changes"]).map(|c| resource_change(c, schemas)).collect(),
        drift: items(&document["resource_drift"]).map(|c| resource_change(c, schemas)).collect(),
        outputs: members(&document["output_changes"])
            .map(|(name, c)| output_change(name, c, &planned_outputs[name]))
            .collect(),
        prior: state(&document["prior_state"], schemas),
        checks: items(&document["checks"]).map(check).collect(),
        relevant_attributes: items(&document["relevant_attributes"])
            .map(|r| {
                let instance = ResourceInstance::parse(r["resource"].as_str().unwrap()).unwrap();
                let attribute = path(&r["attribute"]);
                RelevantAttribute { resource: instance.resource(), key: instance.key, attribute }
            })
            .collect(),
        timestamp: text(&document["timestamp"]),
        errored: flag(&document["errored"]),
        applyable: flag(&document["applyable"]),
        complete: flag(&document["complete"]),
        schemas: schemas.clone(),
        config: ConfigSummary { providers, root: module_summary(&document["configuration"]["root_module"]) },
        ..Plan::default()
    }
}
