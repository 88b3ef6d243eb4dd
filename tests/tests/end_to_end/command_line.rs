//! Arguments, help and exit codes.

use formwork_tests::Folder;

#[test]
fn exit_codes_of_the_command_line_itself() {
    let folder = Folder::new();
    let cases = [
        ("version", 0),
        ("-version", 0),
        ("--version", 0),
        ("-v", 0),
        ("-help", 0),
        ("", 127),
        ("version -help", 0),
        ("-help version", 0),
        // As in the reference, which looks at no further arguments here.
        ("version extra", 0),
        ("version -v", 0),
        ("-v -json", 0),
        ("plan -version", 0),
        ("plan extra -help", 0),
        ("providers nosuch -help", 0),
        ("workspace show extra", 0),
        ("metadata functions -json extra", 0),
        ("plan extra", 1),
        ("destroy -destroy -auto-approve", 1),
        ("-nosuch", 127),
        ("-nosuch plan", 1),
        ("version -nosuch", 1),
        ("nosuchcommand", 1),
        ("-chdir=none version", 1),
        ("-chdir version", 1),
    ];
    for (words, code) in cases {
        folder.run(words).expect(code);
    }
}

#[test]
fn near_misses_get_a_suggestion() {
    let folder = Folder::new();
    folder.run("verison").expect(1).says("Did you mean \"version\"?");
    folder.run("version -jsno").expect(1).says("Did you mean -json?");
}
