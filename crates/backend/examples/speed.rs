//! Measures the formats and the journal: `cargo run --release -p formwork-backend --example speed`.
//! Targets: a state of 10,000 resources is written in 60 ms, a plan of 10,000 changes in 80 ms.

use formwork_backend::{LocalOptions, LocalStore, StatePlace, StateSession, plan_file, state_file};
use formwork_model::{
    Action, ActionReason, Attribute, Block, ExecutionGraph, JournalEntry, ObjectState, ObjectStatus, Operation,
    OperationKind, Plan, ProviderConfigAddress, ProviderSchema, RawState, ResourceChange, ResourceInstance, Schema,
    State, StateSnapshot,
};
use formwork_value::{Type, Value};
use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

const COUNT: usize = 10_000;
const ATTRIBUTES: usize = 20;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let state = state(COUNT)?;
    let snapshot = StateSnapshot { serial: 1, state, ..StateSnapshot::default() };
    let bytes = state_file::encode(&snapshot);
    report("state, written", bytes.len(), || drop(state_file::encode(&snapshot)))?;
    report("state, read", bytes.len(), || drop(state_file::decode(&bytes)))?;
    let plan = plan(&snapshot)?;
    let bytes = plan_file::encode(&plan)?;
    report("plan, written", bytes.len(), || drop(plan_file::encode(&plan)))?;
    report("plan, read", bytes.len(), || drop(plan_file::decode(&bytes)))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    let start = Instant::now();
    runtime.block_on(run(1000))?;
    writeln!(std::io::stdout(), "run of 1,000 operations with its state: {:.1?}", start.elapsed())?;
    Ok(())
}

/// The best of seven.
fn report(what: &str, size: usize, step: impl Fn()) -> std::io::Result<()> {
    let time = |_| {
        let start = Instant::now();
        step();
        start.elapsed()
    };
    let best = (0..7).map(time).min().unwrap_or_default();
    writeln!(std::io::stdout(), "{what}: {best:.1?} for {} kB", size / 1000)
}

fn address(number: usize) -> Result<ResourceInstance, Failure> {
    Ok(ResourceInstance::parse(&format!("module.net[\"a\"].p_thing.x[{number}]"))?)
}

fn provider() -> Result<ProviderConfigAddress, Failure> {
    Ok(ProviderConfigAddress::parse("provider[\"example.com/n/p\"]")?)
}

fn object(number: usize) -> Arc<ObjectState> {
    let attribute = |n: usize| format!("\"attribute_{n:02}\":\"value <{number}> of {n}\"");
    let attributes = (0..ATTRIBUTES).map(attribute).collect::<Vec<_>>().join(",");
    Arc::new(ObjectState {
        schema_version: 1,
        attributes: RawState::Json(format!("{{{attributes}}}").into()),
        sensitive: Vec::new(),
        private: vec![7; 40],
        identity_schema_version: 0,
        identity: None,
        status: ObjectStatus::Ready,
        dependencies: Vec::new(),
        create_before_destroy: false,
    })
}

fn state(count: usize) -> Result<State, Failure> {
    let mut state = State::default();
    for number in 0..count {
        state.set_object(&address(number)?, None, &provider()?, Some(object(number)));
    }
    Ok(state)
}

fn plan(prior: &StateSnapshot) -> Result<Plan, Failure> {
    let names: Vec<String> = (0..ATTRIBUTES).map(|n| format!("attribute_{n:02}")).collect();
    let mut block = Block::default();
    block.attributes = names.iter().map(|n| (n.as_str().into(), Attribute::new(Type::String).optional())).collect();
    let schema = Arc::new(Schema { version: 1, block });
    let provider = provider()?;
    let mut plan = Plan { prior: prior.clone(), previous: prior.clone(), ..Plan::default() };
    let resources = [("p_thing".into(), schema.clone())].into();
    plan.schemas.insert(provider.provider.clone(), Arc::new(ProviderSchema { resources, ..ProviderSchema::default() }));
    let value = |number: usize, last: Value| {
        let mut items: Vec<(&str, Value)> =
            names.iter().map(|n| (n.as_str(), Value::from(format!("value {number} of {n}")))).collect();
        items.extend(names.last().map(|n| (n.as_str(), last)));
        Value::object(items)
    };
    for number in 0..COUNT {
        let address = address(number)?;
        let after = value(number, Value::unknown(Type::String));
        plan.planned_values.insert(address.clone(), after.clone());
        plan.execution.operations.push(Operation {
            address: address.clone(),
            kind: OperationKind::Update,
            change: number,
            after: Vec::new(),
        });
        plan.changes.push(ResourceChange {
            previous_address: address.clone(),
            address,
            deposed: None,
            provider: provider.clone(),
            action: Action::Update,
            reason: ActionReason::None,
            before: value(number, "old".into()),
            after,
            replace_paths: Vec::new(),
            private: Vec::new(),
            before_identity: None,
            after_identity: None,
            importing: None,
            generated_config: None,
            create_before_destroy: false,
        });
    }
    debug_assert!(plan.execution != ExecutionGraph::default());
    Ok(plan)
}

/// A run with ten operations at a time, each with an intent and a result.
async fn run(count: usize) -> Result<(), Failure> {
    let directory = std::env::temp_dir().join(format!("formwork-speed-{}", std::process::id()));
    let options = LocalOptions { path: directory.join("terraform.tfstate"), ..LocalOptions::default() };
    let store = LocalStore::new(&options, "default")?;
    let place = StatePlace { journal: store.journal_paths()?, store: Arc::new(store), remote: None, replacement: None };
    let mut session = StateSession::open(place, Some(Default::default()), "lineage".into()).await?;
    let journal = session.begin("run".into(), 1 << 20).await?;
    let mut tasks = Vec::new();
    for task in 0..10 {
        let journal = journal.clone();
        tasks.push(tokio::spawn(async move {
            for number in (task..count).step_by(10) {
                let (address, provider) = (address(number).map_err(text)?, provider().map_err(text)?);
                let operation = number as u32;
                let kind = OperationKind::Create;
                let intent = JournalEntry::Intent {
                    operation,
                    address: address.clone(),
                    provider: provider.clone(),
                    kind,
                    planned: None,
                };
                journal.append(vec![intent]).await.map_err(|error| error.0)?;
                let object = Some(object(number));
                let result = JournalEntry::Result { operation, address, deposed: None, provider, object };
                journal.append(vec![result]).await.map_err(|error| error.0)?;
            }
            Ok::<(), String>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    session.finish(state(count)?).await?;
    session.close().await?;
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

fn text(error: Failure) -> String {
    error.to_string()
}
