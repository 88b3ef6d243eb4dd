//! `console`, in a pipe and at a terminal.

use formwork_tests::{Folder, fixtures};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;

const MAIN: &str = "variable \"v\" { default = [1, 2] }\nlocals { l = { a = var.v } }\nresource \"terraform_data\" \"x\" { input = 5 }\n";

#[test]
fn a_pipe_gives_the_last_value() {
    let folder = Folder::with(MAIN);
    folder.run("init").ok();
    folder.run("apply -auto-approve").ok();
    let cases = [
        ("1\n2\n", "2\n"),
        ("{\n  a = [1,\n  2]\n}.a[1]\n", "2\n"),
        ("<<E\nabc\nE\n", "<<EOT\nabc\n\nEOT\n"),
        ("local.l.a[1] + terraform_data.x.output", "7\n"),
        ("\n\nexit\n1\n", ""),
        ("type({a = 1})\n", "object({\n    a: number,\n})\n"),
    ];
    for (input, expected) in cases {
        assert_eq!(folder.run_with_input("console", input).ok().out, expected, "{input}");
    }
    folder.run_with_input("console", "1\n[1,\n").expect(1).says("on <console-input> line 1");
}

#[test]
fn planned_values_can_be_asked_for() {
    let folder = Folder::with(MAIN);
    folder.run("init").ok();
    let cases = [
        ("console -plan", "terraform_data.x.input\n", "5\n"),
        ("console -plan", "terraform_data.x.id\n", "(known after apply)\n"),
        ("console", "terraform_data.x.input\n", "(known after apply)\n"),
        ("console", "type(tolist([{ a = 1 }]))\n", "list(\n    object({\n        a: number,\n    }),\n)\n"),
    ];
    for (command, input, expected) in cases {
        assert_eq!(folder.run_with_input(command, input).ok().out, expected, "{command}: {input}");
    }
    folder.write("main.tf", "variable \"v\" {}\n");
    assert_eq!(folder.run_with_input("console", "var.v\n").ok().out, "(known after apply)\n");
}

/// Types lines at a terminal, each when it is asked for; all that is shown.
fn typed(folder: &Folder, lines: &[&str]) -> String {
    let mut command = folder.program(Path::new("/usr/bin/script"), "-qec");
    command.arg(format!("{} console", fixtures::formwork().display())).arg("/dev/null");
    let mut child = command.env("TERM", "xterm").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut shown, mut told) = (String::new(), 0);
    for line in lines {
        let is_asked =
            |text: &str| text.rsplit('\n').next().is_some_and(|last| last.contains("> ") || last.contains(": "));
        while !is_asked(&shown[told..]) {
            let mut chunk = [0; 4096];
            let read = output.read(&mut chunk).unwrap();
            assert!(read > 0, "the console ends before {line:?}:\n{shown}");
            shown.push_str(&String::from_utf8_lossy(&chunk[..read]));
        }
        told = shown.len();
        input.write_all(format!("{line}\r").as_bytes()).unwrap();
    }
    let _ = output.read_to_string(&mut shown);
    assert!(child.wait().unwrap().success(), "{shown}");
    shown
}

#[test]
fn a_terminal_has_lines_with_a_history() {
    let folder = Folder::with(MAIN);
    folder.run("init").ok();
    let out = typed(&folder, &["40 + 2", "[", "  \"one\",", "]", "no.such", "exit"]);
    assert!(out.contains("42\r\n") && out.contains("\"one\",\r\n]\r\n") && out.contains("Error"), "{out}");
    // What was typed can be searched for with Ctrl-R, also in the next run.
    let out = typed(&folder, &["1", "\u{12}40 +", "exit"]);
    assert_eq!(out.matches("42\r\n").count(), 1, "{out}");
    let kept = folder.path().join("../home/.local/state/formwork/console_history");
    assert!(std::fs::read_to_string(kept).unwrap().contains("40 + 2"));
}
