//! A machine that can be reached over SSH: a real server, on a port of its own.

use crate::Folder;
use std::io::{BufRead, BufReader, Lines};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

const SERVER: &str = "/usr/sbin/sshd";

/// `sshd`, which lets in whoever has the key `id` of its folder. Gone when dropped.
pub struct SshServer {
    server: Child,
    pub port: u16,
    /// Holds `host` (the server's key), `id` and `other` (keys of users), each with its `.pub`.
    pub keys: PathBuf,
    pub user: String,
}

impl SshServer {
    /// Starts a server in a folder. Without SFTP it has nothing but its shell.
    #[track_caller]
    pub fn start(folder: &Folder, sftp: bool) -> SshServer {
        assert!(Path::new(SERVER).exists(), "{SERVER} is missing: run tests/setup");
        let keys = folder.file("keys");
        std::fs::create_dir(&keys).expect("a folder");
        for name in ["host", "id", "other"] {
            let path = keys.join(name);
            let mut command = Command::new("ssh-keygen");
            let made = command.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(path).status();
            assert!(made.is_ok_and(|status| status.success()), "ssh-keygen makes no key");
        }
        // Started by root, it wants a folder for processes without rights.
        let _ = std::fs::create_dir("/run/sshd");
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            listener.local_addr().expect("an address").port()
        };
        let file = |name: &str| keys.join(name).display().to_string();
        let sftp = if sftp { "Subsystem sftp internal-sftp\n" } else { "" };
        let settings = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\n\
             StrictModes no\nPasswordAuthentication no\nMaxStartups 100\n{sftp}",
            file("host"),
            file("id.pub")
        );
        folder.write("keys/settings", &settings);
        let mut server = Command::new(SERVER)
            .args(["-D", "-e", "-f", &file("settings")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sshd starts");
        let errors = server.stderr.take().expect("a pipe");
        let mut lines: Lines<BufReader<ChildStderr>> = BufReader::new(errors).lines();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| line.contains("Server listening"));
        assert!(ready, "sshd does not start");
        // Its log must be read, or it would wait for room in the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let user = Command::new("id").arg("-un").output().expect("id starts").stdout;
        SshServer { server, port, keys, user: String::from_utf8_lossy(&user).trim().to_owned() }
    }

    /// The text of a public key.
    #[track_caller]
    pub fn public_key(&self, name: &str) -> String {
        std::fs::read_to_string(self.keys.join(format!("{name}.pub"))).expect("a key").trim().to_owned()
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// `ssh-agent` with keys. Gone when dropped.
pub struct Agent {
    agent: Child,
    pub socket: String,
}

impl Agent {
    #[track_caller]
    pub fn start(server: &SshServer, keys: &[&str]) -> Agent {
        let socket = server.keys.join("agent").display().to_string();
        let mut agent = Command::new("ssh-agent")
            .args(["-D", "-a", &socket])
            .stdout(Stdio::piped())
            .spawn()
            .expect("ssh-agent starts");
        // It says where it listens, once it does.
        let mut said = BufReader::new(agent.stdout.take().expect("a pipe")).lines();
        assert!(said.next().is_some_and(|line| line.is_ok()), "ssh-agent does not start");
        for key in keys {
            let added =
                Command::new("ssh-add").arg("-q").arg(server.keys.join(key)).env("SSH_AUTH_SOCK", &socket).status();
            assert!(added.is_ok_and(|status| status.success()), "ssh-add does not take {key}");
        }
        Agent { agent, socket }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.agent.kill();
        let _ = self.agent.wait();
    }
}
