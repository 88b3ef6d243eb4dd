//! Round trips, foreign files, and damage.

use super::*;
use crate::codec::{Reader, Writer, read_value, write_value};
use formwork_model::*;
use formwork_value::{Kind, Marks, Number, Path, Refinements, Str, Type, Value};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

fn provider_address() -> ProviderAddress {
    ProviderAddress::new("example.com", "n", "p")
}

fn provider() -> ProviderConfigAddress {
    ProviderConfigAddress {
        module: ModulePath::root(),
        provider: provider_address(),
        alias: Some("west".into()),
        key: InstanceKey::None,
    }
}

fn schema() -> ProviderSchema {
    let rule = Block::new(
        [("port", Attribute::new(Type::Number).required()), ("note", Attribute::new(Type::String).optional())],
        [],
    );
    let nested = NestedType {
        nesting: Nesting::Map,
        attributes: BTreeMap::from([("x".into(), Attribute::new(Type::set(Type::Bool)).optional())]),
    };
    let blocks = [
        ("rule", NestedBlock { nesting: Nesting::Set, block: rule.clone(), min_items: 0, max_items: 7 }),
        ("one", NestedBlock { nesting: Nesting::Single, block: rule, min_items: 1, max_items: 1 }),
    ];
    let attributes = [
        ("id", Attribute::new(Type::String).computed().describe("The <id>")),
        ("any", Attribute::new(Type::Dynamic).optional()),
        ("tags", Attribute::new(Type::map(Type::String)).optional().sensitive()),
        ("nested", Attribute { kind: AttributeType::Nested(nested), ..Attribute::new(Type::String) }),
    ];
    let thing = Arc::new(Schema { version: 3, block: Block::new(attributes, blocks) });
    let parameter = |name: &str| FunctionParameter {
        name: name.into(),
        ty: Type::list(Type::Dynamic),
        allow_null: true,
        allow_unknown: false,
        description: "d".into(),
        description_kind: DescriptionKind::Markdown,
    };
    let function = FunctionSignature {
        parameters: vec![parameter("a")],
        variadic: Some(parameter("b")),
        return_type: Type::tuple([Type::Bool, Type::object([("x", Type::Number)])]),
        summary: "s".into(),
        description: "d".into(),
        description_kind: DescriptionKind::Plain,
        deprecation_message: "old".into(),
    };
    let identity = IdentityAttribute {
        ty: Type::String,
        description: "i".into(),
        required_for_import: true,
        optional_for_import: false,
    };
    ProviderSchema {
        provider: Arc::new(Schema { version: 0, block: Block::new([("region", Attribute::new(Type::String))], []) }),
        provider_meta: Some(Arc::default()),
        resources: BTreeMap::from([("p_thing".into(), thing.clone())]),
        data_sources: BTreeMap::from([("p_data".into(), thing)]),
        ephemeral_resources: BTreeMap::new(),
        list_resources: BTreeMap::from([("p_thing".into(), Arc::default())]),
        actions: BTreeMap::from([("p_act".into(), Arc::default())]),
        identities: BTreeMap::from([(
            "p_thing".into(),
            IdentitySchema { version: 2, attributes: BTreeMap::from([("id".into(), identity)]) },
        )]),
        functions: BTreeMap::from([("f".into(), function)]),
        plan_destroy: true,
        schema_optional: false,
        move_resource_state: true,
        generate_resource_config: true,
    }
}

fn thing(ty: &Type, number: usize, known: bool) -> Value {
    let rule_type = ty.attribute("rule").unwrap().element().unwrap().clone();
    let rule = |port: i64| Value::object([("port", Value::from(port)), ("note", Value::null(Type::String))]);
    let id = if known {
        Value::from(format!("thing-{number}"))
    } else {
        Value::unknown_refined(Type::String, Refinements { prefix: Some("thing-".into()), ..Refinements::not_null() })
    };
    let tags = BTreeMap::from([
        (Str::from("Name"), Value::from(format!("n{number}"))),
        (Str::from("secret"), Value::from("s").with_marks(Marks::SENSITIVE)),
    ]);
    Value::object([
        ("id", id),
        ("any", if known { Value::tuple([Value::from(1), Value::from(true)]) } else { Value::dynamic() }),
        ("tags", Value::map(Type::String, tags).with_marks(Marks::SENSITIVE)),
        ("nested", Value::null(ty.attribute("nested").unwrap().clone())),
        ("rule", Value::set(rule_type, vec![rule(80), rule(443)])),
        ("one", rule(22)),
    ])
}

fn object(number: usize) -> Arc<ObjectState> {
    Arc::new(ObjectState {
        schema_version: 3,
        attributes: RawState::Json(format!("{{\"id\":\"thing-{number}\"}}").into()),
        sensitive: vec![Path::root().attribute("tags")],
        private: vec![1],
        identity_schema_version: 0,
        identity: None,
        status: ObjectStatus::Ready,
        dependencies: vec![],
        create_before_destroy: false,
    })
}

fn change(address: &ResourceInstance, action: Action, before: Value, after: Value) -> ResourceChange {
    ResourceChange {
        previous_address: address.clone(),
        address: address.clone(),
        deposed: None,
        provider: provider(),
        action,
        reason: ActionReason::None,
        before,
        after,
        replace_paths: vec![],
        private: vec![9, 9],
        before_identity: None,
        after_identity: None,
        importing: None,
        generated_config: None,
        create_before_destroy: false,
    }
}

/// A plan that has something in every field.
fn plan(count: usize) -> Plan {
    let schema = Arc::new(schema());
    let ty = schema.resources["p_thing"].block.implied_type();
    let mut plan = Plan { schemas: BTreeMap::from([(provider_address(), schema)]), ..Plan::default() };
    let addresses: Vec<ResourceInstance> =
        (0..count).map(|n| ResourceInstance::parse(&format!("module.m[\"k\"].p_thing.x[{n}]")).unwrap()).collect();
    for (number, address) in addresses.iter().enumerate() {
        let (before, after) = (thing(&ty, number, true), thing(&ty, number, false));
        let created = number % 2 == 0;
        let (action, kind, before) = match created {
            true => (Action::Create, OperationKind::Create, Value::null(ty.clone())),
            false => (Action::Update, OperationKind::Update, before),
        };
        if !created {
            plan.prior.state.set_object(address, None, &provider(), Some(object(number)));
        }
        plan.planned_values.insert(address.clone(), after.clone());
        plan.changes.push(change(address, action, before, after));
        let after = number.checked_sub(1).map(|n| OperationId(n as u32)).into_iter().collect();
        plan.execution.operations.push(Operation { address: address.clone(), kind, change: number, after });
    }
    plan.previous = plan.prior.clone();
    plan.previous.serial = 4;
    plan.prior.serial = 5;
    decorate(&mut plan, &ty);
    plan
}

/// Adds everything that occurs once.
fn decorate(plan: &mut Plan, ty: &Type) {
    let address = ResourceInstance::parse("p_thing.special[\"a\\\"b\"]").unwrap();
    let key = DeposedKey("00c0ffee".into());
    let special = thing(ty, 0, true);
    plan.prior.state.set_object(&address, Some(&key), &provider(), Some(object(7)));
    plan.prior.state.outputs.insert("o".into(), OutputState { value: Value::from(1), sensitive: true });
    plan.changes.push(ResourceChange {
        previous_address: ResourceInstance::parse("p_thing.old").unwrap(),
        deposed: Some(key.clone()),
        reason: ActionReason::ReadBecauseCheckNested,
        replace_paths: vec![Path::root().attribute("rule").index(Value::from(1)).attribute("port")],
        before_identity: Some(Value::object([("id", Value::from("i"))])),
        importing: Some(Importing { id: Some("x".into()), identity: None }),
        generated_config: Some("resource {}".into()),
        create_before_destroy: true,
        ..change(&address, Action::Delete, special.clone(), special)
    });
    plan.drift.push(change(&address, Action::Delete, thing(ty, 1, true), Value::null(ty.clone())));
    plan.planned_values.insert(ResourceInstance::parse("data.p_data.d").unwrap(), Value::from("not of the type"));
    plan.execution.operations.push(Operation {
        address,
        kind: OperationKind::Delete { deposed: Some(key) },
        change: plan.changes.len() - 1,
        after: vec![],
    });
    plan.options = PlanOptions {
        mode: PlanMode::RefreshOnly,
        refresh: false,
        targets: vec![TargetAddress::parse("module.m").unwrap(), TargetAddress::parse("a_b.c").unwrap()],
        excludes: vec![TargetAddress::parse("a_b.c[1]").unwrap()],
        replace: vec![ResourceInstance::parse("a_b.c[2]").unwrap()],
        invoke: vec![ActionInstance::parse("module.m.action.p_act.x[\"k\"]").unwrap()],
        parallelism: 3,
    };
    for (index, event) in ActionEvent::ALL.into_iter().enumerate() {
        let resource = ResourceInstance::parse("a_b.c[2]").unwrap();
        plan.invocations.push(Invocation {
            action: plan.options.invoke[0].clone(),
            provider: plan.changes[0].provider.clone(),
            cause: InvocationCause::Trigger { resource, event, block: 1, index },
            config: Value::object([("secret", Value::from("s").with_marks(Marks::SENSITIVE))]),
        });
    }
    let asked = Invocation { cause: InvocationCause::Request, ..plan.invocations[0].clone() };
    plan.invocations.push(asked);
    plan.variables.insert("v".into(), Value::from("secret").with_marks(Marks::SENSITIVE));
    plan.apply_time_variables.push("token".into());
    let (before, after) = (Value::null(Type::Dynamic), Value::dynamic().with_marks(Marks::DEPRECATED));
    plan.outputs.push(OutputChange { name: "o".into(), action: Action::Update, before, after, sensitive: true });
    plan.checks.push(CheckResult {
        address: CheckableAddress { kind: CheckKind::Check, config: "check.c".into() },
        status: CheckStatus::Fail,
        objects: Some(vec![CheckObject {
            address: "check.c".into(),
            status: CheckStatus::Fail,
            failures: vec!["no".into()],
        }]),
    });
    plan.relevant_attributes.push(RelevantAttribute {
        resource: AbsResource::parse("a_b.c").unwrap(),
        key: InstanceKey::Int(4),
        attribute: Path::root().attribute("id"),
    });
    plan.backend.kind = "s3".into();
    plan.backend.config.insert("encrypt".into(), Value::from(true));
    plan.backend.workspace = "w".into();
    plan.timestamp = "2026-11-21T00:00:00Z".into();
    plan.applyable = true;
    plan.sources.insert("main.tf".into(), "resource \"p_thing\" \"x\" {}\n".repeat(20).into());
    plan.files_read.insert("a.txt".into(), "00ff".into());
    plan.lock_file.providers.insert(
        provider_address(),
        ProviderLock {
            version: Version::parse("1.2.3-beta+x").unwrap(),
            constraints: "~> 1.2".into(),
            hashes: vec!["h1:x=".into()],
        },
    );
    let expressions = BTreeMap::from([
        ("a".into(), ExpressionSummary::Constant(Value::from(1))),
        ("b".into(), ExpressionSummary::References(vec!["var.v".into()])),
        ("w".into(), ExpressionSummary::Written("${var.v}".into(), vec!["var.v".into()])),
        ("c".into(), ExpressionSummary::Blocks(vec![ExpressionSummary::Block(BTreeMap::new())])),
    ]);
    plan.config.providers.insert("p".into(), ProviderConfigSummary { expressions, ..Default::default() });
    let inner = ModuleSummary {
        variables: BTreeMap::from([(
            "x".into(),
            VariableSummary { default: Some(Value::from(0)), ..Default::default() },
        )]),
        ..ModuleSummary::default()
    };
    let call = ModuleCallSummary { module: inner, ..ModuleCallSummary::default() };
    plan.config.root.module_calls.insert("m".into(), call);
}

#[test]
fn everything_survives() {
    let plan = plan(20);
    plan.verify().unwrap();
    let bytes = encode(&plan).unwrap();
    let read = decode(&bytes).unwrap();
    assert_eq!(read, plan);
    assert_eq!(encode(&read).unwrap(), bytes, "the same plan gives the same bytes");
    let address = ResourceInstance::parse("module.m[\"k\"].p_thing.x[1]").unwrap();
    assert!(Arc::ptr_eq(read.prior.state.object(&address).unwrap(), read.previous.state.object(&address).unwrap()));
    assert_eq!(decode(&encode(&Plan::default()).unwrap()).unwrap(), Plan::default());
    let schema = schema();
    assert_eq!(crate::schema_file::decode(&crate::schema_file::encode(&schema)).as_ref(), Some(&schema));
}

#[test]
fn secrets_do_not_lose_their_marks() {
    let read = decode(&encode(&plan(2)).unwrap()).unwrap();
    assert!(read.variables["v"].is_sensitive());
    let tags = read.changes[0].after.get("tags").unwrap();
    assert!(tags.is_sensitive() && tags.get("secret").unwrap().is_sensitive());
    assert!(!tags.get("Name").unwrap().is_sensitive());
}

#[test]
fn what_is_not_our_plan_is_named() {
    let zip = [b"PK\x03\x04....".as_slice(), b"tfplan", b"...PK\x01\x02"].concat();
    let mut future = encode(&Plan::default()).unwrap();
    future[14] = 9;
    let cases: [(&[u8], &str); 10] = [
        (b"", "empty"),
        (&zip, "Terraform or OpenTofu"),
        (b"PK\x03\x04 something", "zip archive"),
        (b"tfplan\x01\x02", "before 0.12"),
        (b"{\"remote_plan_format\":1,\"run_id\":\"run-x\",\"hostname\":\"h\"}", "HCP Terraform"),
        (b"{\"meta\":{},\"encrypted_data\":\"x\"}", "encrypted by OpenTofu"),
        (b"{\"format_version\":\"1.2\",\"planned_values\":{}}", "plan in JSON"),
        (b"{\"version\":4,\"lineage\":\"x\"}", "is a state"),
        (b"\x7fELF", "not a plan"),
        (&future, "made by another version"),
    ];
    for (bytes, expected) in cases {
        let message = decode(bytes).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn any_changed_or_missing_byte_is_found() {
    let bytes = encode(&plan(3)).unwrap();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        assert!(decode(&damaged).is_err(), "byte {at}");
        assert!(decode(&bytes[..at]).is_err(), "cut at {at}");
    }
    assert!(decode(&[bytes.as_slice(), b"x"].concat()).is_err());
}

#[test]
fn a_plan_that_contradicts_itself_is_refused() {
    let mut plan = plan(3);
    plan.execution.operations[0].after = vec![OperationId(2)];
    let error = decode(&encode(&plan).unwrap()).unwrap_err();
    assert!(matches!(error, PlanFileError::Inconsistent(_)), "{error}");
}

#[test]
fn depth_is_bounded_when_writing_and_reading() {
    let mut value = Value::from(1);
    for _ in 0..600 {
        value = Value::tuple([value]);
    }
    let mut plan = Plan::default();
    plan.variables.insert("deep".into(), value);
    assert_eq!(encode(&plan), Err(PlanFileError::TooDeep));
    let bytes = [13u8, 1].repeat(100_000);
    assert!(read_value(&mut Reader::new(&bytes), &Type::Dynamic).is_err());
    let bytes = [0x40u8].into_iter().chain([4u8].repeat(100_000)).collect::<Vec<_>>();
    assert!(read_value(&mut Reader::new(&bytes), &Type::Dynamic).is_err());
}

/// Types and values of them, with nulls, unknowns and marks anywhere.
fn any_type() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![Just(Type::String), Just(Type::Number), Just(Type::Bool)];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Type::tuple),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Type::tuple([a.clone(), a, b.clone(), b.clone(), b])),
            prop::collection::btree_map("[a-c]{1,2}", inner, 0..3).prop_map(Type::object),
        ]
    })
}

fn value_of(ty: &Type, seed: &mut u64) -> Value {
    *seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    let draw = *seed >> 33;
    let value = match (draw % 12, ty) {
        (0, _) => Value::null(ty.clone()),
        (1, _) => Value::unknown(ty.clone()),
        (2, Type::Number) => Kind::Unknown(
            ty.clone(),
            Some(Arc::new(Refinements { min: Some((Number::parse("0.1").unwrap(), true)), ..Refinements::not_null() })),
        )
        .into(),
        (_, Type::String) => Value::string(["", "a", "é\n", &"long".repeat(40)][draw as usize / 12 % 4]),
        (_, Type::Bool) => Value::from(draw & 1 == 0),
        (_, Type::Number) => {
            let texts = ["0", "-1", "9223372036854775807", "0.1", "2.5", "1e300", "123456789012345678901234567890.5"];
            Value::from(Number::parse(texts[draw as usize / 12 % texts.len()]).unwrap())
        }
        (_, Type::List(element)) => {
            Value::list((**element).clone(), (0..draw / 12 % 4).map(|_| value_of(element, seed)).collect())
        }
        (_, Type::Set(element)) => {
            Value::set((**element).clone(), (0..draw / 12 % 4).map(|_| value_of(element, seed)).collect())
        }
        (_, Type::Map(element)) => {
            let items = (0..draw / 12 % 4).map(|n| (n.to_string().into(), value_of(element, seed)));
            Value::map((**element).clone(), items.collect())
        }
        (_, Type::Object(object)) => {
            Value::object(object.attributes.iter().map(|(n, t)| (n.clone(), value_of(t, seed))).collect::<Vec<_>>())
        }
        (_, Type::Tuple(types)) => Value::tuple(types.iter().map(|t| value_of(t, seed)).collect::<Vec<_>>()),
        (_, Type::Dynamic) => Value::from(true),
    };
    match draw % 7 {
        0 => value.with_marks(Marks::SENSITIVE),
        1 => value.with_marks(Marks::EPHEMERAL | Marks::DEPRECATED),
        _ => value,
    }
}

proptest! {
    #[test]
    fn values_survive_whatever_type_is_expected(ty in any_type(), other in any_type(), mut seed in any::<u64>()) {
        let value = value_of(&ty, &mut seed);
        for expected in [&ty, &other, &Type::Dynamic] {
            let mut out = Writer::default();
            write_value(&mut out, &value, expected);
            let bytes = out.into_bytes();
            let mut input = Reader::new(&bytes);
            prop_assert_eq!(read_value(&mut input, expected), Ok(value.clone()));
            prop_assert_eq!(input.end(), Ok(()));
        }
    }

    #[test]
    fn damaged_sections_never_panic(
        section in 0usize..5,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let mut sections = sections::write(&plan(3), ConfigSummary::default).unwrap();
        let mut bytes = sections[section].open().unwrap();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            let cut = cut.index(bytes.len());
            bytes.truncate(cut);
        }
        sections[section] = container::Section::of(&bytes);
        // With a good checksum around it: the decoder itself has to cope.
        if let Ok(plan) = decode(&container::pack(&sections)) {
            plan.verify().unwrap();
        }
        if let Ok(plan) = sections::read(&sections) {
            let _ = encode(&plan);
        }
    }
}
