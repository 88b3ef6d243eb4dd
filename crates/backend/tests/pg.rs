//! The store in PostgreSQL, with a real server.

use crate::contract::{self, Site};
use crate::database::{Break, Breaker, Database};
use crate::sample::{intent, lock_info, snapshot};
use crate::scratch::Scratch;
use crate::terraform::{binary, command};
use formwork_backend::state_file::encode;
use formwork_backend::{Backend, ConfiguredBackend, StateSession, configure_backend};
use formwork_model::{LockError, StateStore, StoreError};
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;

async fn configured(connection: &str, more: &[(&str, Value)]) -> Result<ConfiguredBackend, StoreError> {
    let mut values: BTreeMap<Str, Value> = BTreeMap::from([("conn_str".into(), connection.into())]);
    values.extend(more.iter().map(|(name, value)| ((*name).into(), value.clone())));
    configure_backend("pg", &values).await
}

async fn backend(connection: &str, schema: &str) -> Arc<dyn Backend> {
    configured(connection, &[("schema_name", schema.into())]).await.unwrap().backend
}

fn store(backend: &Arc<dyn Backend>, name: &str) -> Arc<dyn StateStore> {
    backend.place(name, &std::env::temp_dir()).unwrap().store
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds() {
    const FAULTS: [Option<Break>; 3] = [Some(Break::Before), Some(Break::After), None];
    let database = Database::start();
    let breaker = Breaker::before(database.port);
    let admin = Arc::new(database.client().await);
    let site = async |law: &'static str| {
        // Advisory locks are those of a database, whatever the schema.
        let name = &law[..law.len().min(40)];
        admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        let of = async |port: u16| {
            backend(&database.connection(port).replace("/postgres?", &format!("/{name}?")), "states").await
        };
        let (next, admin) = (breaker.next.clone(), admin.clone());
        let fault = move |number: usize| {
            let Some(fault) = FAULTS.get(number) else { return false };
            *next.lock().unwrap() = *fault;
            if fault.is_none() {
                // All sessions end, that of the lock as well.
                let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'formwork'";
                tokio::task::block_in_place(|| {
                    tokio::runtime::Handle::current().block_on(admin.simple_query(end)).unwrap();
                });
            }
            true
        };
        Site { fault: Box::new(fault), ..Site::new(of(breaker.port).await, of(database.port).await) }
    };
    contract::holds(site).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_are_those_of_the_ecosystem() {
    let database = Database::start();
    let connection = database.connection(database.port);
    let places = backend(&connection, "a \"b\"").await;
    let default = store(&places, "default");
    let lock = default.lock(lock_info("id")).await.unwrap();
    assert_eq!(&*lock.info().path, "-1", "there is no row yet");
    default.write(&snapshot(1, 3)).await.unwrap();
    lock.unlock().await.unwrap();
    places.create_workspace("w", "lineage").await.unwrap();
    let admin = database.client().await;
    let columns = admin
        .query(
            "SELECT column_name::text, data_type::text, column_default, is_nullable::text FROM information_schema.columns \
             WHERE table_schema = 'a \"b\"' AND table_name = 'states' ORDER BY ordinal_position",
            &[],
        )
        .await
        .unwrap();
    let columns: Vec<(String, String, Option<String>, String)> =
        columns.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
    let text = |name: &str| (name.to_owned(), "text".to_owned(), None, "YES".to_owned());
    let sequence = Some("nextval('global_states_id_seq'::regclass)".to_owned());
    assert_eq!(columns, [("id".into(), "bigint".into(), sequence, "NO".into()), text("name"), text("data")]);
    let rows = admin.query("SELECT id, name, data FROM \"a \"\"b\"\"\".states ORDER BY id", &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, String>(2).into_bytes(), encode(&snapshot(1, 3)));
    assert_eq!(rows.iter().map(|row| row.get(1)).collect::<Vec<String>>(), ["default", "w"]);
    let lock = default.lock(lock_info("id")).await.unwrap();
    assert_eq!(*lock.info().path, rows[0].get::<_, i64>(0).to_string());
    lock.unlock().await.unwrap();
    // As old versions of Terraform made it.
    admin.batch_execute("ALTER TABLE \"a \"\"b\"\"\".states ALTER COLUMN id TYPE integer").await.unwrap();
    default.lock(lock_info("id")).await.unwrap().unlock().await.unwrap();

    // Something else in its place is told; an empty text is no state.
    admin.batch_execute("UPDATE \"a \"\"b\"\"\".states SET data = '{' WHERE name = 'w'").await.unwrap();
    let error = store(&places, "w").read().await.unwrap_err();
    assert!(error.message.contains("\"w\" in the database cannot be read"), "{error}");
    admin.batch_execute("UPDATE \"a \"\"b\"\"\".states SET data = '' WHERE name = 'w'").await.unwrap();
    assert_eq!(store(&places, "w").read().await.unwrap(), None);
    store(&places, "w").write(&snapshot(1, 1)).await.unwrap();
}

/// Users without the right to make tables use those that are there; without ours the journal stays on this machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_of_the_user_limit_what_is_made() {
    let database = Database::start();
    let admin = database.client().await;
    admin.batch_execute("CREATE USER guest; REVOKE CREATE ON SCHEMA public FROM public").await.unwrap();
    let guest = database.connection(database.port).replace("tester@", "guest@");
    let error = configured(&guest, &[]).await.map(|_| ()).unwrap_err();
    assert!(error.message.contains("CREATE SCHEMA") && error.message.contains("42501"), "{error}");

    // As an administrator of Terraform leaves it.
    let own = configured(&database.connection(database.port), &[("schema_name", "s".into())]).await.unwrap();
    assert!(own.warnings.is_empty(), "{:?}", own.warnings);
    admin
        .batch_execute(
            "DROP TABLE s.formwork_runs; DROP TABLE s.formwork_journal; GRANT USAGE ON SCHEMA s TO guest; \
             GRANT ALL ON ALL TABLES IN SCHEMA s TO guest; GRANT ALL ON SEQUENCE public.global_states_id_seq TO guest",
        )
        .await
        .unwrap();
    let skips = ["skip_schema_creation", "skip_table_creation", "skip_index_creation"].map(|name| (name, true.into()));
    let schema = ("schema_name", Value::from("s"));
    for more in [vec![schema.clone()], [vec![schema], skips.to_vec()].concat()] {
        let configured = configured(&guest, &more).await.unwrap();
        assert!(configured.warnings[0].contains("formwork_runs"), "{:?}", configured.warnings);
        let (a, b) = (store(&configured.backend, "default"), store(&configured.backend, "default"));
        assert!(configured.backend.place("default", &database.dir.0).unwrap().remote.is_none());
        let lock = a.lock(lock_info("id")).await.unwrap();
        let Err(LockError::Held { message, holder }) = b.lock(lock_info("other")).await.map(|_| ()) else {
            panic!("it is locked");
        };
        // Of a lock without a note the database tells what it knows.
        assert!(message.contains("guest@127.0.0.1") && message.contains("formwork"), "{message}");
        let found = a.read().await.unwrap();
        let serial = found.map_or(1, |found| found.serial + 1);
        b.read().await.unwrap();
        a.write(&snapshot(serial, 1)).await.unwrap();
        assert!(b.write(&snapshot(serial, 2)).await.unwrap_err().conflict);
        b.force_unlock(&holder.unwrap().id).await.unwrap();
        assert!(lock.unlock().await.is_err());
    }
}

/// Who comes back after its lock was taken away cannot go on, even if the next holder has not written yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_epoch_is_over() {
    let database = Database::start();
    let connection = database.connection(database.port);
    let (a, b) = (backend(&connection, "s").await, backend(&connection, "s").await);
    let dir = Scratch::new("pg-epoch");
    let place = |backend: &Arc<dyn Backend>, name: &str| backend.place("default", &dir.path(name)).unwrap();
    let open = async |place| StateSession::open(place, Some(lock_info("id")), "fresh".into()).await.unwrap();
    let mut old = open(place(&a, "a")).await;
    let journal = old.begin("run".into(), 0).await.unwrap();
    let other = place(&b, "b");
    other.store.force_unlock("id").await.unwrap();
    for _ in 0..2 {
        let error = journal.append(vec![intent(1)]).await.unwrap_err();
        assert!(error.0.contains("lock has been lost"), "{error}");
        let error = old.write(crate::sample::state(1)).await.unwrap_err();
        assert!(error.to_string().contains("another run has taken it"), "{error}");
        // The second time with the lock in new hands; the first time nobody has it, but the epoch is over.
        if let Ok(lock) = other.store.lock(lock_info("next")).await {
            drop(lock);
        }
    }
    assert!(old.close().await.is_err());
    // A session that only broke goes on.
    other.store.force_unlock("next").await.unwrap();
    let mut session = open(place(&a, "a2")).await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'formwork'";
    database.client().await.simple_query(end).await.unwrap();
    let journal = session.begin("run".into(), 0).await.unwrap();
    journal.append(vec![intent(1)]).await.unwrap();
    assert!(matches!(other.store.lock(lock_info("x")).await.map(|_| ()), Err(LockError::Held { .. })));
    session.finish(crate::sample::state(2)).await.unwrap();
    session.close().await.unwrap();
}

/// Certificates and passwords, checked as much as `sslmode` says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_encrypted_and_users_known() {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = parameters.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::from_params(&parameters, &authority_key);
    let issue = |name: &str| {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
        let certificate = parameters.signed_by(&key, &issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    };
    let (server_certificate, server_key) = issue("localhost");
    let (user_certificate, user_key) = issue("robot");
    let files = [("server.crt", server_certificate), ("server.key", server_key), ("root.crt", authority.pem())];
    let rules = "hostssl all robot 127.0.0.1/32 cert\nhostssl all all 127.0.0.1/32 scram-sha-256\n";
    let database = Database::with(&files, rules);
    let admin = database.client().await;
    admin.batch_execute("CREATE USER person SUPERUSER PASSWORD 'p w'; CREATE USER robot SUPERUSER").await.unwrap();
    let dir = Scratch::new("pg-tls");
    let file = |name: &str, content: &str| {
        std::fs::write(dir.path(name), content).unwrap();
        dir.path(name).display().to_string()
    };
    let root = file("root.crt", &authority.pem());
    let strange = file("strange.crt", &{
        let key = rcgen::KeyPair::generate().unwrap();
        rcgen::CertificateParams::new(vec!["strange".into()]).unwrap().self_signed(&key).unwrap().pem()
    });
    let (certificate, key) = (file("user.crt", &user_certificate), file("user.key", &user_key));
    let passwords = file("passwords", "*:*:*:person:p w\n");
    let person = format!("user=person passfile='{passwords}'");
    let robot = format!("user=robot sslcert='{certificate}' sslkey='{key}'");
    let cases = [
        (format!("host=127.0.0.1 {person}"), None),
        ("host=127.0.0.1 user=person password='p w' sslmode=prefer".to_owned(), None),
        (format!("host=127.0.0.1 {person} sslmode=disable"), Some("no pg_hba.conf entry")),
        ("host=127.0.0.1 user=person password=wrong".to_owned(), Some("password authentication failed")),
        (format!("host=127.0.0.1 {person} sslmode=verify-ca sslrootcert='{root}'"), None),
        (format!("host=localhost {person} sslmode=verify-full sslrootcert='{root}'"), None),
        (format!("host=127.0.0.1 {person} sslmode=verify-full sslrootcert='{root}'"), Some("not valid for name")),
        (
            format!("host=localhost {person} sslmode=verify-ca sslrootcert='{strange}'"),
            Some("invalid peer certificate"),
        ),
        (format!("host=localhost {person} sslmode=verify-full"), Some("invalid peer certificate")),
        (format!("host=localhost {robot} sslmode=verify-full sslrootcert='{root}'"), None),
        ("host=localhost user=robot".to_owned(), Some("certificate")),
        (format!("host={} user=tester", database.dir.0.display()), None),
    ];
    for (text, expected) in cases {
        let connection = format!("{text} port={} dbname=postgres", database.port);
        match (configured(&connection, &[]).await, expected) {
            (Ok(configured), None) => assert_eq!(configured.backend.workspaces().await.unwrap(), ["default"]),
            (Err(error), Some(expected)) => {
                assert!(error.message.contains(expected) && !error.message.contains("p w"), "{text}: {error}");
            }
            (Ok(_), Some(_)) => panic!("{text} must fail"),
            (Err(error), None) => panic!("{text}: {error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terraform_and_we_share_a_database() {
    let Some(terraform) = binary() else { return };
    let database = Database::start();
    let connection = database.connection(database.port);
    let dir = Scratch::new("pg-rivals");
    let config = format!(
        r#"
        terraform {{
          backend "pg" {{
            conn_str = "{connection}"
          }}
        }}
        resource "terraform_data" "a" {{
          input = "x"
          provisioner "local-exec" {{
            command = "touch started; while [ ! -e go ]; do sleep 0.05; done"
          }}
        }}"#
    );
    std::fs::write(dir.path("main.tf"), config).unwrap();
    let run = |args: &[&str]| {
        let output = command(&terraform, &dir.0, args).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.code(), text.into_owned())
    };
    let initialized = run(&["init", "-no-color"]);
    assert_eq!(initialized.0, Some(0), "{}", initialized.1);
    let places = configured(&connection, &[]).await.unwrap().backend;
    let ours = store(&places, "default");
    // Twice: before the first state, under the lock for creating one, and after.
    for round in 0..2 {
        let lock = ours.lock(lock_info("our-id")).await.unwrap();
        let (code, text) = run(&["apply", "-auto-approve", "-no-color"]);
        assert!(code == Some(1) && text.contains("Error acquiring the state lock"), "round {round}: {text}");
        lock.unlock().await.unwrap();
        for name in ["started", "go"] {
            let _ = std::fs::remove_file(dir.path(name));
        }
        let mut apply = Command::new(&terraform);
        apply.args(["apply", "-auto-approve", "-replace=terraform_data.a"]).current_dir(&dir.0);
        let mut apply = apply.env("CHECKPOINT_DISABLE", "1").stdout(Stdio::null()).spawn().unwrap();
        while !dir.path("started").exists() {
            assert!(apply.try_wait().unwrap().is_none(), "it must be running");
            std::thread::yield_now();
        }
        let Err(LockError::Held { message, holder }) = ours.lock(lock_info("our-id")).await.map(|_| ()) else {
            panic!("round {round}: both have the lock");
        };
        assert!(message.contains("tester@127.0.0.1") && holder.is_some(), "{message}");
        std::fs::write(dir.path("go"), "").unwrap();
        assert!(apply.wait().unwrap().success());
        let theirs = ours.read().await.unwrap().unwrap();
        let mut next = theirs.clone();
        next.serial += 1;
        ours.write(&next).await.unwrap();
        assert_eq!(run(&["plan", "-detailed-exitcode"]).0, Some(0));
    }
    assert_eq!(run(&["workspace", "new", "theirs"]).0, Some(0));
    places.create_workspace("ours", "lineage").await.unwrap();
    assert_eq!(places.workspaces().await.unwrap(), ["default", "ours", "theirs"]);
    assert_eq!(run(&["workspace", "select", "ours"]).0, Some(0));
}
