//! Actions and queries, with a provider of the kit and with one that implements the ports itself.

use formwork_tests::documents::blocks;
use formwork_tests::{Folder, Run, fixtures, root};
use serde_json::{Value, json};

/// The tutorial's provider and configuration, with its newer parts.
fn folder() -> Folder {
    let page = std::fs::read_to_string(root().join("docs/provider-tutorial.md")).unwrap();
    let mut folder = Folder::with(&blocks(&page, "hcl").concat());
    folder.write("newer.tf", &blocks(&page, "terraform").concat());
    folder.write("notes.tfquery.hcl", &blocks(&page, "query").concat());
    folder.use_binaries(&[("example.com/tutorial/notes", &fixtures::example_provider("notes"))]);
    folder
}

fn messages(run: &Run, kind: &str) -> Vec<Value> {
    run.messages().into_iter().filter(|message| message["type"] == kind).collect()
}

#[test]
fn changes_trigger_actions() {
    let folder = folder();
    folder.run("validate -no-color").ok();
    let plan = folder.run("plan -no-color -out=plan").ok();
    let plan = plan.says("# Actions to be invoked after this change in order:").says("# action.notes_journal.written");
    plan.says("Plan: 2 to add, 0 to change, 0 to destroy. Actions: 1 to invoke.");

    let shown = folder.run("show -json plan").ok().json();
    let invocation = &shown["action_invocations"][0];
    assert_eq!(invocation["config_values"], json!({ "text": "wrote logged", "times": 2 }));
    assert_eq!(
        invocation["lifecycle_action_trigger"],
        json!({
            "triggering_resource_address": "notes_note.logged", "action_trigger_event": "AfterCreate",
            "action_trigger_block_index": 0, "actions_list_index": 0,
        })
    );
    assert!(!folder.exists("notes/journal.log"), "a plan invokes nothing");
    let applied = folder.run("apply -no-color plan").ok();
    applied.says("Action started: action.notes_journal.written").says("2 of 2 lines").says("Actions: 1 invoked.");
    assert_eq!(folder.read("notes/journal.log"), "wrote logged\nwrote logged\n");
    folder.run("plan -no-color -detailed-exitcode").ok();

    // A change in place triggers it again.
    let newer = folder.read("newer.tf").replace("a b", "a b c");
    folder.write("newer.tf", &newer);
    let stream = folder.run("apply -auto-approve -json").ok();
    let progress = messages(&stream, "action_progress");
    assert_eq!(progress.len(), 2);
    assert_eq!(progress[0]["hook"]["lifecycle"]["trigger_event"], "AfterUpdate");
    let summaries = messages(&stream, "change_summary");
    assert_eq!(summaries.last().unwrap()["changes"]["action_invocation"], 1);
    assert_eq!(folder.read("notes/journal.log").lines().count(), 4);
}

#[test]
fn actions_are_invoked_on_request() {
    let folder = folder();
    // What the action refers to does not exist yet.
    folder.write(
        "waits.tf",
        "action \"notes_journal\" \"waits\" {\n  config {\n    text = notes_note.logged.path\n  }\n}\n",
    );
    folder.run("plan -no-color -invoke=action.notes_journal.waits").expect(1).says("Partially applied configuration");
    folder.run("apply -auto-approve -no-color").ok();
    let lines = || folder.read("notes/journal.log").lines().count();
    let before = lines();
    let plan = folder.run("plan -no-color -invoke=action.notes_journal.written").ok();
    plan.says("Terraform will invoke the following action(s)").says("# action.notes_journal.written will be invoked");
    assert_eq!(lines(), before);
    folder.run("plan -invoke=action.notes_journal.waits -out=plan -no-color").ok();
    folder.run("apply -no-color plan").ok().says("Actions: 1 invoked.");
    assert_eq!(lines(), before + 1);
    assert!(folder.read("notes/journal.log").ends_with("logged.txt\n"));
    folder.run("apply -auto-approve -no-color -invoke=action.notes_journal.none").expect(1).says("cannot be invoked");
    folder.run("plan -no-color -invoke=notes_note.logged").expect(1).says("Invalid action to invoke");
}

#[test]
fn failures_of_actions_end_what_waits() {
    let folder = folder();
    let newer = folder.read("newer.tf").replace("wrote ${notes_note.logged.title}", "");
    folder.write("other.tf", "resource \"notes_note\" \"other\" {\n  title = \"after-${notes_note.logged.title}\"\n  text = notes_note.logged.path\n}\n");
    let before = newer.replace("[after_create, after_update]", "[before_create]");
    folder.write("newer.tf", &before);
    folder.run("apply -auto-approve -no-color").expect(1).says("Action failed: action.notes_journal.written");
    assert!(!folder.exists("notes/logged.txt") && !folder.exists("notes/after-logged.txt"));

    folder.write("newer.tf", &newer);
    folder
        .run("apply -auto-approve -no-color")
        .expect(1)
        .says("Could not complete notes_journal")
        .says("There is nothing to write.");
    assert!(folder.exists("notes/logged.txt") && !folder.exists("notes/after-logged.txt"));
    // The object is as it should be, so that only what waited for it is left.
    folder.run("plan -no-color").ok().says("1 to add, 0 to change, 0 to destroy.");

    let with = |word: &str| newer.replace("actions =", &format!("on_failure = {word}\n      actions ="));
    folder.run("state rm notes_note.logged").ok();
    folder.write("newer.tf", &with("taint"));
    folder.run("apply -auto-approve -no-color").expect(1);
    folder.run("plan -no-color").ok().says("is tainted, so must be replaced");
    folder.run("state rm notes_note.logged").ok();
    folder.write("newer.tf", &with("continue"));
    folder.run("apply -auto-approve -no-color").ok().says("Warning");
    assert!(folder.exists("notes/after-logged.txt"));
}

#[test]
fn conditions_and_mistakes_of_triggers() {
    let folder = folder();
    let newer = folder.read("newer.tf");
    for (events, condition, count) in [
        ("[before_create]", "var.text == \"x\"", None),
        ("[before_create, after_create]", "var.text != \"x\"", Some(2)),
    ] {
        let text = newer.replace("[after_create, after_update]", &format!("{events}\n      condition = {condition}"));
        folder.write("newer.tf", &text);
        let plan = folder.run("plan -no-color").ok();
        match count {
            Some(count) => drop(plan.says(&format!("Actions: {count} to invoke."))),
            None => assert!(!plan.out.contains("to invoke")),
        }
    }
    for (from, to, message) in [
        ("[after_create, after_update]", "[after_nothing]", "The events that trigger actions are"),
        ("[after_create, after_update]", "[after_create, after_create]", "Duplicate"),
        ("action.notes_journal.written]", "action.notes_journal.other]", "non-existent action"),
        ("action.notes_journal.written]", "action.notes_journal.written[0]]", "without a key"),
        ("times = 2", "times = 10", "between 1 and 9"),
        ("times = 2", "often = 2", "often"),
        ("\"notes_journal\" \"written\"", "\"notes_jornal\" \"written\"", "non-existent action"),
    ] {
        assert!(newer.contains(from));
        folder.write("newer.tf", &newer.replacen(from, to, 1));
        folder.run("validate -no-color").expect(1).says(message);
    }
}

#[test]
fn queries_list_what_exists() {
    let folder = folder();
    folder.run("apply -auto-approve -no-color").ok();
    folder.write("notes/later.txt", "3\nnot managed");
    let listed = folder.run("query -no-color").ok();
    let listed = listed.says("list.notes_note.all   title=later    Note later").says("title=logged   Note logged");
    assert!(!listed.out.contains("shopping"));

    let stream = folder.run("query -json").ok();
    let found = messages(&stream, "list_resource_found");
    let first = &found[0]["list_resource_found"];
    assert_eq!((&first["display_name"], &first["identity"]), (&json!("Note later"), &json!({ "title": "later" })));
    assert_eq!(first["resource_object"]["text"], "not managed");
    assert_eq!(messages(&stream, "list_complete")[0]["list_complete"]["total"], 2);
    assert_eq!(messages(&stream, "list_start")[0]["list_start"]["input_config"], json!({ "prefix": "l" }));

    // Lists refer to each other, to variables and local values; each stops at its limit.
    folder.write(
        "notes.tfquery.hcl",
        "variable \"start\" {\n}\n\nlist \"notes_note\" \"second\" {\n  provider = notes\n  for_each = { for object in list.notes_note.first.data : object.identity.title => object }\n\n  config {\n    prefix = each.key\n  }\n}\n\nlist \"notes_note\" \"first\" {\n  provider = notes\n  limit    = 1\n\n  config {\n    prefix = var.start\n  }\n}\n",
    );
    let listed = folder.run("query -no-color -var=start=s").ok();
    listed.says("list.notes_note.first").says("list.notes_note.second[\"shopping-list\"]   title=shopping-list");
    folder.run("query -no-color -var=start=none").ok().says("Nothing was found by list.notes_note.first");
    folder.run("query -no-color -input=false").expect(1).says("start");
}

#[test]
fn what_is_found_can_be_taken_over() {
    let folder = folder();
    folder.write("newer.tf", "");
    folder.run("apply -auto-approve -no-color").ok();
    folder.write("notes/later.txt", "3\nnot managed");
    folder.run("query -no-color -generate-config-out=found.tf").ok().says("written to found.tf");
    let written = folder.read("found.tf");
    assert!(
        written.contains("resource \"notes_note\" \"all_0\"") && written.contains("title = \"later\""),
        "{written}"
    );
    assert!(written.contains("priority = null"), "the default need not be written: {written}");
    folder.run("apply -auto-approve -no-color").ok().says("1 imported, 0 added, 0 changed, 0 destroyed.");
    folder.run("plan -no-color -detailed-exitcode").ok();
    let state: Value = serde_json::from_str(&folder.read("terraform.tfstate")).unwrap();
    let resources = state["resources"].as_array().unwrap();
    let taken = resources.iter().find(|resource| resource["name"] == "all_0").unwrap();
    assert_eq!(taken["instances"][0]["identity"], json!({ "title": "later" }));
    let identities = folder.run("state identities -json").ok().json();
    let expected =
        json!({ "notes_note.all_0": { "title": "later" }, "notes_note.shopping": { "title": "shopping-list" } });
    assert_eq!(identities, expected);
    let one = folder.run("state identities -json notes_note.shopping").ok().json();
    assert_eq!(one.as_object().unwrap().len(), 1);
    folder.run("state identities").expect(1).says("-json");
    // The file is there already.
    folder.run("query -no-color -generate-config-out=found.tf").expect(1).says("already exists");

    // What import blocks by themselves have written is the provider's description as well.
    folder.write("notes/other.txt", "3\nthird");
    folder.write("import.tf", "import {\n  to = notes_note.other\n  identity = {\n    title = \"other\"\n  }\n}\n");
    folder.run("plan -no-color -generate-config-out=generated.tf").ok().says("1 to import");
    assert!(folder.read("generated.tf").contains("priority = null"));
}

#[test]
fn mistakes_in_query_files() {
    let folder = folder();
    let list = |body: &str| format!("list \"notes_note\" \"all\" {{\n{body}\n}}\n");
    for (text, message) in [
        (String::new(), "no list blocks"),
        (list(""), "has to name its provider"),
        (list("provider = notes\nlimit = -1"), "whole number"),
        (list("provider = notes\nlimit = \"x\""), "known number"),
        (list("provider = notes\nother = 1"), "other"),
        (list("provider = notes\nconfig {\nnone = 1\n}"), "none"),
        (list("provider = notes\nconfig {\nprefix = list.notes_note.other.data[0].display_name\n}"), "no list block"),
        (list("provider = notes\ncount = length(list.notes_note.all.data)"), "circle"),
        (list("provider = notes") + &list("provider = notes"), "another list block"),
        ("list \"notes_none\" \"all\" {\n  provider = notes\n}\n".into(), "cannot list objects of the type"),
        ("resource \"notes_note\" \"x\" {\n}\n".into(), "resource"),
    ] {
        folder.write("notes.tfquery.hcl", &text);
        folder.run("query -no-color").expect(1).says(message);
    }
}
