//! Provisioners on another machine: a real SSH server.

use formwork_tests::{Agent, Folder, Program, SshServer};
use std::path::Path;

fn connection(server: &SshServer, more: &str) -> String {
    format!(
        "connection {{\n    host = \"127.0.0.1\"\n    port = {}\n    user = {:?}\n    private_key = file(\"keys/id\")\n    \
         timeout = \"20s\"\n{more}\n  }}",
        server.port, server.user
    )
}

/// Lines that the object's scripts have printed.
fn printed(out: &str) -> Vec<String> {
    let lines = out.lines().filter_map(|line| line.strip_prefix("terraform_data.x (remote-exec): "));
    let own = |line: &&str| !line.starts_with(' ') && !line.starts_with("Connect") && !line.starts_with("Using");
    lines.filter(own).map(str::to_owned).collect()
}

const STEPS: &str = r#"
  provisioner "file" {
    content     = "hello ${self.input}\n"
    destination = "${path.cwd}/far/content"
  }
  provisioner "file" {
    source      = "near"
    destination = "${path.cwd}/far"
  }
  provisioner "file" {
    source      = "near/"
    destination = "${path.cwd}/far"
  }
  provisioner "file" {
    source      = "near/tool"
    destination = "${path.cwd}/far/renamed tool"
  }
  provisioner "remote-exec" {
    inline = ["cd '${path.cwd}/far'", "cat content", "sh near/tool twice", "printf unended"]
  }
  provisioner "remote-exec" {
    scripts = ["near/first.sh", "near/second"]
  }
  provisioner "remote-exec" {
    on_failure = continue
    inline     = ["echo before", "exit 3"]
  }
  provisioner "remote-exec" {
    when   = destroy
    inline = ["echo goodbye ${self.input}"]
  }
"#;

/// Creates and destroys the object: what was printed, and which files there are then, with modes and sizes.
fn story(program: &Program, sftp: bool, more: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
    let folder = Folder::new();
    let server = SshServer::start(&folder, sftp);
    std::fs::create_dir(folder.file("far")).unwrap();
    folder.write("near/tool", "echo $1; echo $1\n");
    folder.write("near/first.sh", "echo first; echo wrong >&2");
    folder.write("near/second", "#!/bin/cat\n# second\n");
    folder.write("near/deep/empty", "");
    let more = more.replace("PORT", &server.port.to_string()).replace("HOSTKEY", &server.public_key("host"));
    let connection = connection(&server, &more);
    folder
        .write("main.tf", &format!("resource \"terraform_data\" \"x\" {{\n  input = \"v\"\n  {connection}{STEPS}}}\n"));
    program.run(&folder, "init -no-color").ok();
    let out = program.run(&folder, "apply -auto-approve -no-color").ok().out;
    let gone = program.run(&folder, "destroy -auto-approve -no-color").ok().out;
    let far = folder.program(Path::new("/usr/bin/find"), "far -type f -printf %P=%m=%s\\n").output().unwrap().stdout;
    let mut files: Vec<String> = String::from_utf8(far).unwrap().lines().map(str::to_owned).collect();
    files.sort();
    (printed(&out), printed(&gone), files)
}

#[test]
fn files_and_scripts_at_create_and_destroy() {
    let expected = ["hello v", "twice", "twice", "unended", "first", "wrong", "#!/bin/cat", "# second", "before"];
    let cases = [
        (false, ""),
        (true, "host_key = \"HOSTKEY\"\nscript_path = \"/tmp/formwork test %RAND%.sh\""),
        (true, "bastion_host = \"127.0.0.1\"\nbastion_host_key = \"HOSTKEY\""),
    ];
    let mut trees = Vec::new();
    for (sftp, more) in cases {
        let (mut out, gone, tree) = story(&Program::formwork(), sftp, more);
        // The two streams of a process have no order between them.
        let mut wanted = expected.map(str::to_owned).to_vec();
        out.sort();
        wanted.sort();
        assert_eq!((out, gone), (wanted, vec!["goodbye v".to_owned()]), "{more}");
        trees.push(tree);
    }
    if let Some(terraform) = Program::terraform("files copied by provisioners") {
        trees.push(story(&terraform, true, "").2);
    }
    trees.dedup();
    assert_eq!(trees.len(), 1, "{trees:#?}");
}

#[test]
fn what_cannot_be_reached_or_fails_is_told() {
    let cases = [
        ("port = 1\n timeout = \"2s\"", "exit 0", "No connection to 127.0.0.1:1 within 2s"),
        ("host_key = \"OTHER\"\n timeout = \"1s\"", "exit 0", "but the configuration expects SHA256:"),
        ("host_key = \"nonsense\"", "exit 0", "The host key of 127.0.0.1 cannot be read"),
        ("private_key = file(\"keys/other\")\n timeout = \"1s\"", "exit 0", "(tried: private key)"),
        ("private_key = \"keys/id\"", "exit 0", "Give its content, not its path"),
        ("bastion_host = \"127.0.0.1\"\nbastion_port = 1\n timeout = \"1s\"", "exit 0", "No connection to"),
        ("host = \"\"", "exit 0", "The connection needs a host"),
        ("type = \"winrm\"", "exit 0", "Use SSH"),
        ("", "exit 7", "the process exited with status 7"),
        ("", "kill -KILL $$", "the process was ended by signal"),
    ];
    let folder = Folder::new();
    let server = SshServer::start(&folder, true);
    for (more, command, told) in cases {
        let more = more.replace("OTHER", &server.public_key("other"));
        let host = if more.starts_with("host = ") { "" } else { "host = \"127.0.0.1\"\n" };
        let outer = connection(&server, "");
        let main = format!(
            "resource \"terraform_data\" \"x\" {{\n  {outer}\n  provisioner \"remote-exec\" {{\n    connection \
             {{\n{host}{more}\n    }}\n    inline = [\"{command}\"]\n  }}\n}}\n"
        );
        folder.write("main.tf", &main);
        folder.run("init").ok();
        folder.run("apply -auto-approve -no-color").expect(1).says(told).says("main.tf line 10");
        assert_eq!(folder.state()["resources"][0]["instances"][0]["status"], "tainted", "{more}");
        std::fs::remove_file(folder.file("terraform.tfstate")).unwrap();
    }
}

#[test]
fn the_keys_of_an_agent_are_tried() {
    let mut folder = Folder::new();
    let server = SshServer::start(&folder, true);
    let agent = Agent::start(&server, &["other", "id"]);
    let main = |more: &str| {
        format!(
            "resource \"terraform_data\" \"x\" {{\n  connection {{\n    host = \"127.0.0.1\"\n    port = {}\n    user = \
             {:?}\n    timeout = \"2s\"\n{more}\n  }}\n  provisioner \"remote-exec\" {{\n    inline = [\"echo in\"]\n  \
             }}\n}}\n",
            server.port, server.user
        )
    };
    folder.write("main.tf", &main(""));
    folder.run("init").ok();
    folder.run("apply -auto-approve -no-color").expect(1).says("tried: nothing to show");
    folder.set("SSH_AUTH_SOCK", &agent.socket);
    let run = folder.run("apply -auto-approve -no-color").ok();
    assert_eq!(printed(&run.out), ["in"]);
    folder.write("main.tf", &main("agent_identity = \"id\""));
    folder.run("apply -auto-approve -no-color -replace=terraform_data.x").ok();
    folder.write("main.tf", &main("agent = false"));
    folder.run("apply -auto-approve -no-color -replace=terraform_data.x").expect(1).says("nothing to show");
}
