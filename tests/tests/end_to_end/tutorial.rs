//! The provider of the tutorial does what the page says.

use formwork_tests::documents::blocks;
use formwork_tests::{Folder, Program, fixtures, root};

fn folder() -> Folder {
    let page = std::fs::read_to_string(root().join("docs/provider-tutorial.md")).unwrap();
    let mut folder = Folder::with(&blocks(&page, "hcl").concat());
    folder.use_binaries(&[("example.com/tutorial/notes", &fixtures::example_provider("notes"))]);
    folder
}

fn story(program: &Program) {
    let folder = folder();
    // Without init: what stands in for a package need not be installed.
    program.run(&folder, "apply -auto-approve -no-color").ok();
    assert_eq!(folder.read("notes/shopping-list.txt"), "3\nbuy milk");
    let outputs = program.run(&folder, "output -json").ok().json();
    assert_eq!((&outputs["words"]["value"], &outputs["found"]["value"]), (&2.into(), &["shopping-list"].into()));
    program.run(&folder, "plan -detailed-exitcode -no-color").ok();

    // Another text changes the note in place, and what follows from the text is unknown until then.
    program
        .run(&folder, "plan -no-color -var=text=x")
        .ok()
        .says("words = 2 -> (known after apply)")
        .says("1 to change");
    program.run(&folder, "apply -auto-approve -no-color -var=text=get-milk").ok();
    assert_eq!(folder.read("notes/shopping-list.txt"), "3\nget-milk");

    // A change from outside is seen; a note that is gone is written again; one that is there can be imported.
    folder.write("notes/shopping-list.txt", "5\nget-milk");
    program.run(&folder, "plan -no-color -var=text=get-milk").ok().says("priority").says("5 -> 3");
    program.run(&folder, "state rm notes_note.shopping").ok();
    program.run(&folder, "import -no-color -var=text=get-milk notes_note.shopping shopping-list").ok();
    program.run(&folder, "apply -auto-approve -no-color -var=text=get-milk").ok().says("1 changed");
    std::fs::remove_file(folder.file("notes/shopping-list.txt")).unwrap();
    program.run(&folder, "plan -no-color -var=text=get-milk").ok().says("1 to add");
    program.run(&folder, "apply -auto-approve -no-color").ok();
    program.run(&folder, "destroy -auto-approve -no-color").ok();
    assert!(!folder.exists("notes/shopping-list.txt"));
}

#[test]
fn notes_are_written_read_changed_imported_and_deleted() {
    story(&Program::formwork());
    if let Some(terraform) = Program::terraform("the provider of the tutorial") {
        story(&terraform);
    }
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let folder = folder();
    let cases = [
        ("title = \"a b\"\n  text = \"x\"", "title = \"a b\"", "letters, digits and dashes"),
        ("title = \"a\"\n  text = \"x\"\n  priority = 7", "priority = 7", "between 1 and 5"),
        ("title = \"a\"\n  text = \"x\"\n  priority = 1.5", "priority = 1.5", "must be whole"),
        ("title = provider::notes::slug(\" \")\n  text = \"x\"", "slug(\" \")", "no words in the text"),
        ("title = \"a\"\n  text = \"x\"\n  timeouts { create = \"soon\" }", "create = \"soon\"", "must be a duration"),
    ];
    for (body, place, message) in cases {
        folder.write("other.tf", &format!("resource \"notes_note\" \"other\" {{\n  {body}\n}}\n"));
        folder.run("validate -no-color").expect(1).says(place).says(message);
    }
}
