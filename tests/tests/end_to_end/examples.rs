//! `examples/quickstart`, as its README says.

use formwork_tests::Folder;
use serde_json::json;

#[test]
fn every_command_of_the_readme_runs() {
    let folder = Folder::copy_of("examples/quickstart");
    let readme = folder.read("README.md");
    let commands: Vec<_> = readme.lines().filter_map(|line| line.strip_prefix("$ formwork ")).collect();
    assert!(commands.len() >= 8, "{commands:?}");
    let mut resources = Vec::new();
    for command in commands {
        folder.run(command).ok();
        let state = folder.exists("terraform.tfstate").then(|| folder.state());
        resources.push(state.map_or(0, |state| state["resources"].as_array().map_or(0, Vec::len)));
    }
    assert!(resources.iter().any(|count| *count > 3), "something was created: {resources:?}");
    assert_eq!(resources.last(), Some(&0), "and destroyed: {resources:?}");
}

#[test]
fn the_main_command_of_the_root_readme() {
    let folder = Folder::copy_of("examples/quickstart");
    folder.run("apply -init -auto-approve").ok().says("Apply complete!");
    let greetings = folder.run("output -json greetings").ok().json();
    assert_eq!(
        greetings,
        json!({"ada": "Good day, Ada!", "blaise": "Bonjour, Blaise!", "konrad": "Guten Tag, Konrad!"})
    );
    folder.run("plan -detailed-exitcode").ok();
    folder.run("plan -detailed-exitcode -var=release=2").expect(2);
    folder.run("apply -auto-approve -var=release=2").ok();
    assert_eq!(folder.run("output -raw release").ok().out, "release 2");
    folder.run("destroy -auto-approve").ok();
    assert!(!folder.exists(".terraform.tfstate.lock.info"));
}

#[test]
fn an_uninitialised_folder_is_an_error() {
    let folder = Folder::copy_of("examples/quickstart");
    for command in ["plan", "apply -auto-approve"] {
        folder.run(command).expect(1).says("formwork init");
    }
    assert!(!folder.exists("terraform.tfstate"));
}
