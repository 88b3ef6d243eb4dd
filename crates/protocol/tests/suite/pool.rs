//! The pool starts as few processes as possible, and none twice.

use super::fixture::{null_provider, sample_provider, script};
use formwork_diag::Diagnostics;
use formwork_model::{ApplyProviders, InstanceKey, ModulePath, PlanProviders, ProviderAddress, ProviderConfigAddress};
use formwork_protocol::{PoolOptions, ProviderPool, ProviderSource, SchemaCache};
use formwork_value::{Type, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);

impl SchemaCache for Memory {
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap().get(key).cloned()
    }

    fn put(&self, key: &str, schema: &[u8]) {
        self.0.lock().unwrap().insert(key.to_owned(), schema.to_vec());
    }
}

/// A plugin that leaves a note of each start.
struct Counted {
    folder: tempfile::TempDir,
    executable: PathBuf,
    cache: Arc<Memory>,
}

impl Counted {
    fn new(executable: &Path) -> Counted {
        let folder = tempfile::tempdir().unwrap();
        let body = format!("echo started >> {}\nexec {}", folder.path().join("log").display(), executable.display());
        let executable = script(folder.path(), &body);
        Counted { folder, executable, cache: Arc::default() }
    }

    fn starts(&self) -> usize {
        std::fs::read_to_string(self.folder.path().join("log")).map_or(0, |log| log.lines().count())
    }

    fn pool(&self) -> ProviderPool {
        self.pool_with(PoolOptions::default())
    }

    fn pool_with(&self, options: PoolOptions) -> ProviderPool {
        let path = self.executable.clone();
        let resolve = move |_: &ProviderAddress| {
            Ok(ProviderSource::Executable { path: path.clone(), package_hash: Some("h1:x".into()) })
        };
        ProviderPool::new(Box::new(resolve), PoolOptions { schema_cache: Some(self.cache.clone()), ..options })
    }
}

fn provider() -> ProviderAddress {
    ProviderAddress::new("example.com", "test", "sample")
}

fn address(alias: &str) -> ProviderConfigAddress {
    ProviderConfigAddress {
        module: ModulePath::root(),
        provider: provider(),
        alias: Some(alias.into()),
        key: InstanceKey::None,
    }
}

fn prefix(text: &str) -> Value {
    Value::object([("prefix", Value::from(text))])
}

/// The prefix that an instance was configured with, as its data source shows it.
async fn shown_prefix(provider: &dyn formwork_model::PlanProvider) -> String {
    let config = Value::object([("name", Value::from("")), ("id", Value::null(Type::String))]);
    let data = provider.read_data("sample_note", &config, None).await;
    data.state.get("id").and_then(Value::as_str).unwrap().to_owned()
}

#[tokio::test]
async fn one_process_serves_schema_validation_and_the_first_configuration() {
    let counted = Counted::new(&sample_provider());
    let pool = counted.pool();
    assert_eq!(counted.starts(), 0, "nothing is started before it is needed");
    assert_eq!(pool.schema(&provider()).await.unwrap().resources.len(), 1);
    pool.unconfigured(&provider()).await.unwrap_or_else(|p| panic!("{p:?}"));
    let first = pool.configured(&address("a"), &prefix("1")).await.unwrap_or_else(|p| panic!("{p:?}"));
    assert_eq!(counted.starts(), 1);
    // The same address and value, another address with an equal value, and for the applier.
    pool.configured(&address("a"), &prefix("1")).await.unwrap_or_else(|p| panic!("{p:?}"));
    pool.configured(&address("b"), &prefix("1")).await.unwrap_or_else(|p| panic!("{p:?}"));
    pool.configured_for_apply(&address("a"), &prefix("1")).await.unwrap_or_else(|p| panic!("{p:?}"));
    assert_eq!(counted.starts(), 1);
    let second = pool.configured(&address("c"), &prefix("2")).await.unwrap_or_else(|p| panic!("{p:?}"));
    assert_eq!(counted.starts(), 2);
    assert_eq!((shown_prefix(&*first).await, shown_prefix(&*second).await), ("1".into(), "2".into()));
    assert!(pool.stop_all().await.is_empty() && pool.take_warnings().is_empty());
    pool.shutdown_all().await;
    let after = pool.configured(&address("d"), &prefix("3")).await;
    assert!(after.is_err_and(|problems| problems.iter().any(|p| p.summary == "Run is over")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_start_one_process() {
    let counted = Counted::new(&sample_provider());
    let pool = Arc::new(counted.pool());
    let tasks: Vec<_> = (0..50)
        .map(|i| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let name = if i % 2 == 0 { "even" } else { "odd" };
                let provider = pool.configured(&address(name), &prefix(name)).await.unwrap_or_else(|p| panic!("{p:?}"));
                assert_eq!(shown_prefix(&*provider).await, name);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(counted.starts(), 2);
    pool.shutdown_all().await;
}

#[tokio::test]
async fn a_cached_schema_needs_no_process() {
    let counted = Counted::new(&sample_provider());
    let from_process = counted.pool().schema(&provider()).await.unwrap();
    assert_eq!(counted.starts(), 1);
    let pool = counted.pool();
    assert_eq!(pool.schema(&provider()).await.unwrap(), from_process);
    assert_eq!(counted.starts(), 1);
    let configured = pool.configured(&address("a"), &prefix("1")).await.unwrap_or_else(|p| panic!("{p:?}"));
    assert_eq!((shown_prefix(&*configured).await, counted.starts()), ("1".into(), 2));

    let wanted = PoolOptions { wanted: Some(Arc::new(|_| Some(BTreeSet::new()))), ..PoolOptions::default() };
    assert!(counted.pool_with(wanted).schema(&provider()).await.unwrap().resources.is_empty());
    // A damaged entry is replaced.
    counted.cache.put("h1:x", b"damaged");
    assert_eq!(counted.pool().schema(&provider()).await.unwrap(), from_process);
    assert_eq!(counted.starts(), 3);
    assert_eq!(counted.pool().schema(&provider()).await.unwrap(), from_process);
    assert_eq!(counted.starts(), 3);
}

/// This provider (an old SDK) must be asked for its schema in each process.
#[tokio::test]
async fn a_provider_that_needs_to_be_asked_for_its_schema() {
    let Some(executable) = null_provider() else { return };
    let counted = Counted::new(&executable);
    counted.pool().schema(&provider()).await.unwrap();
    let pool = counted.pool();
    for alias in ["a", "b"] {
        let config = Value::empty_object();
        let null = pool.configured(&address(alias), &config).await.unwrap_or_else(|p| panic!("{p:?}"));
        let config =
            Value::object([("id", Value::null(Type::String)), ("triggers", Value::null(Type::map(Type::String)))]);
        assert!(null.validate_resource("null_resource", &config).await.is_empty());
    }
    assert_eq!(counted.starts(), 2, "one for the schema, one that both configurations share");
}

#[tokio::test]
async fn failures_are_told_to_all_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let broken = script(folder.path(), "echo no luck >&2; exit 1");
    let counted = Counted::new(&broken);
    let pool = counted.pool();
    let problems = |result: Result<_, Diagnostics>| match result {
        Err(problems) => format!("{problems:?}"),
        Ok(_) => panic!("it started"),
    };
    let first = problems(pool.configured(&address("a"), &prefix("1")).await.map(drop));
    assert!(first.contains("no luck") && first.contains("example.com/test/sample"), "{first}");
    assert_eq!(problems(pool.schema(&provider()).await.map(drop)), first);
    assert_eq!(problems(pool.unconfigured(&provider()).await.map(drop)), first);
    assert_eq!(counted.starts(), 1);

    let missing = ProviderPool::new(
        Box::new(|address| Err(Diagnostics::from(formwork_diag::Diagnostic::error("Missing", address.to_string())))),
        PoolOptions::default(),
    );
    assert!(problems(missing.schema(&provider()).await.map(drop)).contains("example.com/test/sample"));
}

#[tokio::test]
async fn what_nobody_needs_any_more_ends_and_comes_back_when_it_is_needed() {
    let counted = Counted::new(&sample_provider());
    let pool = counted.pool();
    let first = pool.configured_for_apply(&address("a"), &prefix("1")).await.unwrap_or_else(|p| panic!("{p:?}"));
    let second = pool.configured_for_apply(&address("b"), &prefix("2")).await.unwrap_or_else(|p| panic!("{p:?}"));
    // Another address with the same value: one process, which ends when neither is needed.
    pool.configured_for_apply(&address("c"), &prefix("1")).await.unwrap_or_else(|p| panic!("{p:?}"));
    assert_eq!(counted.starts(), 2);
    pool.retain(&BTreeSet::from([address("b"), address("c")]));
    assert_eq!((shown_prefix(&*first).await, shown_prefix(&*second).await), ("1".into(), "2".into()));
    assert_eq!(counted.starts(), 2);
    pool.retain(&BTreeSet::from([address("b")]));
    assert_eq!(shown_prefix(&*second).await, "2");
    assert_eq!(counted.starts(), 2);
    // It is started and configured again without a word.
    assert_eq!(shown_prefix(&*first).await, "1");
    assert_eq!(counted.starts(), 3);
    pool.retain(&BTreeSet::new());
    pool.shutdown_all().await;
    assert!(first.read_resource(reading(&Value::empty_object())).await.diagnostics.has_errors());
    assert_eq!(counted.starts(), 3);
}

/// A question about an object.
fn reading(current: &Value) -> formwork_model::ReadRequest<'_> {
    formwork_model::ReadRequest {
        kind: "sample_note",
        current,
        private: &[],
        provider_meta: None,
        identity: None,
        capabilities: formwork_model::ClientCapabilities::default(),
    }
}

#[tokio::test]
async fn a_bound_on_memory_that_cannot_be_kept_is_told() {
    let counted = Counted::new(&sample_provider());
    let pool = counted.pool_with(PoolOptions { max_memory: Some(1), ..PoolOptions::default() });
    let first = pool.configured(&address("a"), &prefix("1")).await.unwrap_or_else(|p| panic!("{p:?}"));
    assert_eq!(shown_prefix(&*first).await, "1");
    let second = pool.configured(&address("b"), &prefix("2")).await.unwrap_or_else(|p| panic!("{p:?}"));
    // The first has made room, and the other way round.
    assert_eq!((shown_prefix(&*second).await, shown_prefix(&*first).await), ("2".into(), "1".into()));
    assert!(counted.starts() >= 3, "{} starts", counted.starts());
    let warnings = pool.take_warnings();
    assert_eq!(warnings.iter().map(|w| w.summary.as_str()).collect::<Vec<_>>(), ["More memory is needed than allowed"]);
    pool.shutdown_all().await;
}
