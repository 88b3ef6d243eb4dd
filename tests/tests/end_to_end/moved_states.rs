//! States that move from one backend to another, and are read from there.

use super::database::Database;
use super::web_server::{Answer, Request, serve};
use formwork_tests::Folder;
use formwork_tests::fixtures::Cloud;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// One resource, whose value is the name of the workspace and a word.
fn resource(word: &str) -> String {
    format!(
        "resource \"terraform_data\" \"a\" {{\n  input = \"${{terraform.workspace}} {word}\"\n}}\noutput \"o\" {{\n  value = terraform_data.a.output\n}}\n"
    )
}

struct Places {
    cloud: Cloud,
    database: Database,
    web: u16,
}

/// The kinds, and whether they have workspaces.
const KINDS: [(&str, bool); 4] = [("local", true), ("s3", true), ("pg", true), ("http", false)];

impl Places {
    fn start() -> Places {
        let cloud = Cloud::start();
        let place = "CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'}";
        cloud.ask(&format!("client('s3').create_bucket(Bucket='states', {place})"));
        let states: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::default();
        let web = serve(move |request: Request| {
            let mut states = states.lock().unwrap();
            match (request.method.as_str(), states.get(&request.path)) {
                ("GET", Some(state)) => Answer::of(200, state.clone()),
                ("POST", _) => {
                    states.insert(request.path, request.body);
                    Answer::of(200, "")
                }
                _ => Answer::of(404, ""),
            }
        });
        Places { cloud, database: Database::start(), web }
    }

    /// Arguments of a backend, for a place of its own.
    fn arguments(&self, kind: &str, place: &str) -> Vec<(&'static str, String)> {
        let text = |text: String| format!("{text:?}");
        match kind {
            "local" => vec![("path", text(format!("{place}.tfstate"))), ("workspace_dir", text(format!("{place}.d")))],
            "http" => vec![("address", text(format!("http://127.0.0.1:{}/{place}", self.web)))],
            "pg" => vec![
                ("conn_str", text(self.database.connection(self.database.port))),
                ("schema_name", text(place.to_owned())),
            ],
            _ => vec![
                ("bucket", text("states".to_owned())),
                ("key", text(format!("{place}.tfstate"))),
                ("workspace_key_prefix", text(format!("{place}-others"))),
                ("region", text("eu-central-1".to_owned())),
                ("access_key", text("test".to_owned())),
                ("secret_key", text("test".to_owned())),
                ("use_lockfile", "true".to_owned()),
                ("use_path_style", "true".to_owned()),
                ("skip_credentials_validation", "true".to_owned()),
                ("skip_metadata_api_check", "true".to_owned()),
                ("endpoints", format!("{{ s3 = {:?} }}", self.cloud.endpoint)),
            ],
        }
    }

    fn block(&self, kind: &str, place: &str) -> String {
        let lines = self.arguments(kind, place).into_iter().map(|(name, value)| format!("    {name} = {value}\n"));
        format!("terraform {{\n  backend \"{kind}\" {{\n{}  }}\n}}\n", lines.collect::<String>())
    }
}

fn output(folder: &Folder) -> String {
    folder.run("output -raw o").ok().out
}

#[test]
fn between_all_kinds_of_backends() {
    let places = Places::start();
    for (from, has_workspaces) in KINDS {
        for (to, keeps_workspaces) in KINDS {
            let (one, two) = (format!("from_{from}_{to}_1"), format!("from_{from}_{to}_2"));
            let folder = Folder::with(&resource("first"));
            folder.write("backend.tf", &places.block(from, &one));
            folder.run("init").ok();
            folder.run("apply -auto-approve").ok();
            if has_workspaces {
                folder.run("workspace new w").ok();
                folder.run("apply -auto-approve").ok();
                folder.run("workspace new empty").ok();
                folder.run("workspace select w").ok();
            }
            folder.write("backend.tf", &places.block(to, &two));
            folder.run("plan").expect(1).says("Backend initialization required");
            folder.run("init").expect(1).says("Backend configuration changed");
            folder.run("init -migrate-state -input=false").expect(1).says("-force-copy");
            folder.run("init -migrate-state -force-copy").ok();
            match (has_workspaces, keeps_workspaces) {
                (true, true) => {
                    assert_eq!(output(&folder), "w first", "{from} to {to}");
                    folder.run("workspace select default").ok();
                    assert_eq!(output(&folder), "default first", "{from} to {to}");
                }
                (true, false) => {
                    assert_eq!(output(&folder), "w first", "{from} to {to}");
                    assert_eq!(folder.run("workspace show").ok().out, "default\n");
                    folder.run("workspace list").expect(1).says("workspaces not supported");
                }
                _ => assert_eq!(output(&folder), "default first", "{from} to {to}"),
            }
            // What was there stays there.
            let old = places.arguments(from, &one).into_iter().map(|(name, value)| format!("{name} = {value}\n"));
            let reader = Folder::with(&format!(
                "data \"terraform_remote_state\" \"old\" {{\n  backend = \"{from}\"\n  config = {{\n{}  }}\n}}\noutput \"o\" {{\n  \
                 value = data.terraform_remote_state.old.outputs.o\n}}\n",
                old.collect::<String>()
                    .replace(&format!("{one}."), &format!("{}/{one}.", folder.path().display()))
                    .replace(&format!("key = \"{}/", folder.path().display()), "key = \"")
            ));
            reader.run("apply -auto-approve -init").ok();
            assert_eq!(output(&reader), "default first", "{from}");
        }
    }
}

#[test]
fn answers_decide() {
    let places = Places::start();
    let folder = Folder::with(&resource("first"));
    folder.run("apply -auto-approve -init").ok();
    // From no backend at all: what was copied does not stay behind.
    folder.write("backend.tf", &places.block("http", "answers"));
    folder.run("init -input=false").expect(1).says("-force-copy");
    folder.run_with_input("init", "yes\n").ok().says("Do you want to copy existing state to the new backend?");
    assert_eq!(output(&folder), "default first");
    assert!(!folder.exists("terraform.tfstate") && folder.exists("terraform.tfstate.backup"));
    // No: the new backend begins empty.
    folder.write("backend.tf", &places.block("pg", "answers"));
    folder.run_with_input("init -migrate-state", "no\n").ok().says("from \"http\" to \"pg\"");
    folder.run("plan -detailed-exitcode").expect(2);
    folder.write("main.tf", &resource("second"));
    folder.run("apply -auto-approve").ok();
    // Both have one: it can be looked at before it is replaced.
    folder.write("backend.tf", &places.block("http", "answers"));
    let kept = folder.run_with_input("init -migrate-state", "no\n").ok().says("1-pg.tfstate").says("2-http.tfstate");
    let shown = kept.out.lines().find_map(|line| line.split_once("1-pg").map(|(path, _)| path.to_owned())).unwrap();
    assert!(!std::path::Path::new(shown.split(": ").last().unwrap()).exists());
    assert_eq!(output(&folder), "default first");
    folder.write("backend.tf", &places.block("pg", "answers"));
    folder.run("init -reconfigure").ok();
    folder.write("backend.tf", &places.block("http", "answers"));
    folder.run_with_input("init -migrate-state", "yes\n").ok();
    assert_eq!(output(&folder), "default second");
    // Several workspaces: one question, and no is the end of it.
    folder.write("backend.tf", &places.block("pg", "answers"));
    folder.run("init -reconfigure").ok();
    folder.run("workspace new w").ok();
    folder.run("apply -auto-approve").ok();
    folder.write("backend.tf", &places.block("local", "answers"));
    folder
        .run_with_input("init -migrate-state", "no\n")
        .expect(1)
        .says("migrate all workspaces")
        .says("aborted by user");
    folder.write("backend.tf", &places.block("http", "single"));
    folder.run_with_input("init -migrate-state", "no\n").expect(1).says("only your current workspace");
    folder.run_with_input("init -migrate-state", "yes\nyes\n").ok();
    assert_eq!(output(&folder), "w second");
    // Back to none.
    std::fs::remove_file(folder.file("backend.tf")).unwrap();
    std::fs::remove_file(folder.file("terraform.tfstate.backup")).unwrap();
    folder.run_with_input("init -migrate-state", "yes\n").ok().says("states are local from now on");
    assert_eq!(output(&folder), "w second");
    assert!(folder.exists("terraform.tfstate"));
}

#[test]
fn arguments_come_from_files_the_command_line_and_answers() {
    let places = Places::start();
    let folder = Folder::with(&resource("first"));
    folder.write("backend.tf", "terraform {\n  backend \"pg\" {}\n}\n");
    let arguments = places.arguments("pg", "partial");
    folder.write("half.hcl", &format!("conn_str = {}\nschema_name = \"other\"\n", arguments[0].1));
    folder.run("init -backend-config=half.hcl -backend-config=schema_name=partial").ok().says("\"pg\" is set up");
    folder.run("apply -auto-approve").ok();
    // The block has not changed, so what was given before still counts.
    folder.run("init").ok();
    assert_eq!(output(&folder), "default first");
    let changed = "init -backend-config=half.hcl";
    folder.run(changed).expect(1).says("Backend configuration changed");
    folder.run(&format!("{changed} -migrate-state -force-copy")).ok();
    assert_eq!(output(&folder), "default first");
    folder.run("init -backend-config=colour=red").expect(1).says("colour");
    folder.run("init -backend-config=missing.hcl").expect(1).says("missing.hcl");

    folder.write("backend.tf", "terraform {\n  backend \"s3\" {}\n}\n");
    let s3 = places.arguments("s3", "asked").into_iter().filter(|(name, _)| !["bucket", "key"].contains(name));
    folder.write("s3.hcl", &s3.map(|(name, value)| format!("{name} = {value}\n")).collect::<String>());
    folder.run("init -reconfigure -input=false -backend-config=s3.hcl").expect(1).says("\"bucket\" is required");
    folder.run_with_input("init -reconfigure -backend-config=s3.hcl", "states\nanswered\n").ok();
    folder.run("apply -auto-approve").ok();
    let keys = "say([o['Key'] for o in client('s3').list_objects_v2(Bucket='states')['Contents']])";
    assert_eq!(places.cloud.ask(keys), serde_json::json!(["answered"]));
}
