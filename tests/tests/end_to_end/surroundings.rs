//! Odd surroundings: pipes, no colours, no home, no space.

use super::slow;
use formwork_tests::{Folder, Run};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

const MAIN: &str = "resource \"terraform_data\" \"a\" {\n  input = \"text\"\n}\n";

fn ready() -> Folder {
    let folder = Folder::with(MAIN);
    folder.run("init").ok();
    folder
}

#[test]
fn piped_output_has_no_colours() {
    let folder = ready();
    for words in ["plan", "apply -auto-approve", "plan -json", "show", "output", "destroy -auto-approve"] {
        let run = folder.run(words).ok();
        assert!(!run.out.contains('\x1b') && !run.err.contains('\x1b'), "{words}: {:?}{:?}", run.out, run.err);
        assert!(!run.out.contains('\r'), "{words}: no progress bars: {:?}", run.out);
    }
}

/// Runs on a terminal of its own and returns all that appeared there.
fn on_terminal(folder: &Folder, variables: &str, words: &str) -> String {
    let program = folder.command("");
    let binary = program.get_program().to_string_lossy().into_owned();
    let line = format!("{variables} {binary} {words}");
    let mut command = folder.program("script".as_ref(), "-q -e -c");
    let output = command.arg(line).arg("/dev/null").env("TERM", "xterm").output().expect("script (util-linux) runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

#[test]
fn a_terminal_has_colours_unless_they_are_unwanted() {
    let folder = ready();
    assert!(on_terminal(&folder, "", "plan").contains("\x1b[32m"), "colours on a terminal");
    for (variables, words) in [("NO_COLOR=1", "plan"), ("", "plan -no-color")] {
        let text = on_terminal(&folder, variables, words);
        assert!(!text.contains("\x1b[3"), "{variables} {words}: {text:?}");
        assert!(text.contains("1 to add"), "{text}");
    }
}

#[test]
fn a_reader_that_goes_away_does_not_stop_the_work() {
    let folder = ready();
    // A pipe that nobody reads.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = folder.command("apply -auto-approve").stdout(OwnedFd::from(writer)).stderr(Stdio::null()).status();
    assert!(status.unwrap().code().is_some(), "no signal ended it");
    assert_eq!(folder.state()["resources"].as_array().unwrap().len(), 1, "the state is saved");
    assert!(!folder.exists(".terraform.tfstate.lock.info"));
    folder.run("plan -detailed-exitcode").ok();
}

#[test]
fn no_standard_output_at_all() {
    let folder = ready();
    let binary = folder.command("").get_program().to_owned();
    let line = "exec \"$0\" apply -auto-approve >&- 2>&-";
    let status = folder.program("sh".as_ref(), "-c").arg(line).arg(binary).status().unwrap();
    assert!(status.code().is_some(), "no signal ended it");
    folder.run("plan -detailed-exitcode").ok();
}

#[test]
fn no_home() {
    let folder = slow::folder(0, "resource \"slow_object\" \"a\" {\n  name = \"a\"\n}\n");
    for words in ["plan", "apply -auto-approve", "plan -detailed-exitcode", "destroy -auto-approve"] {
        let output = folder.command(words).env_remove("HOME").output().unwrap();
        Run::of(words.to_owned(), output).ok();
    }
}

#[test]
fn nothing_but_a_path_in_the_environment() {
    let folder = Folder::with(MAIN);
    for words in ["init", "apply -auto-approve", "plan -detailed-exitcode"] {
        let output = folder.command(words).env_clear().output().unwrap();
        Run::of(words.to_owned(), output).ok();
    }
}

/// Runs a shell line in a mount namespace of its own, in which `at` is a small or read-only file system. `None`: this
/// machine does not let us.
fn mounted(folder: &Folder, mount: &str, line: &str) -> Option<Run> {
    let allowed = Command::new("unshare").args(["--mount", "true"]).stderr(Stdio::null()).status();
    if !allowed.is_ok_and(|status| status.success()) {
        use std::io::Write;
        let _ =
            writeln!(std::io::stderr(), "NOT RUN: file systems cannot be mounted here, so this was left out: {line}");
        return None;
    }
    let binary = folder.command("").get_program().to_owned();
    let script = format!("set -e\n{mount}\n{line}");
    let mut command = folder.program("unshare".as_ref(), "--mount sh -c");
    let output = command.arg(script).arg(binary).output().unwrap();
    Some(Run::of(line.to_owned(), output))
}

#[test]
fn a_directory_that_is_read_only() {
    let folder = ready();
    let mount = "mount --bind . . && mount -o remount,bind,ro . && cd \"$PWD\"";
    let Some(run) = mounted(&folder, mount, "\"$0\" apply -auto-approve -no-color") else { return };
    run.expect(1).says("Read-only file system");
    assert!(!folder.exists("terraform.tfstate"));
    let Some(run) = mounted(&folder, mount, "\"$0\" plan -no-color -lock=false") else { return };
    run.ok().says("1 to add");
}

#[test]
fn a_disk_that_is_full() {
    let many = "resource \"slow_object\" \"o\" {\n  count = 40\n  name  = \"n${count.index}\"\n}\n";
    let folder = slow::folder(0, many);
    let files = "mkdir -p disk && mount -t tmpfs -o size=64k tmpfs disk && cp main.tf disk/ && cd disk";
    // No room for the journal: nothing may begin.
    let fill = "dd if=/dev/zero of=filler bs=1k count=1000 2>/dev/null || true";
    let Some(run) = mounted(&folder, files, &format!("{fill}\n\"$0\" apply -auto-approve -no-color")) else { return };
    let run = run.expect(1);
    assert!(run.err.contains("No space left") || run.err.contains("space"), "{}", run.err);
    assert!(slow::objects(&folder).is_empty(), "nothing was created that could not be recorded");
    // Room enough: all is well.
    let Some(run) =
        mounted(&folder, &files.replace("64k", "8m"), "\"$0\" apply -auto-approve -no-color && cat terraform.tfstate")
    else {
        return;
    };
    run.ok().says("40 added");
}
