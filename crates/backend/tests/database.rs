//! A PostgreSQL server of its own, gone when dropped, and a proxy before it that breaks connections.

use crate::scratch::Scratch;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use tokio_postgres::{Client, NoTls};

/// The server refuses to run as root.
const NOBODY: u32 = 65534;

pub struct Database {
    server: Child,
    pub dir: Scratch,
    pub port: u16,
}

/// A program of the server's package.
fn program(name: &str) -> PathBuf {
    let mut dirs: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    dirs.extend(versions.map(|entry| entry.unwrap().path().join("bin")));
    let found = dirs.into_iter().map(|dir| dir.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} of PostgreSQL is missing: run tests/setup"))
}

fn command(name: &str, dir: &Path) -> Command {
    let mut command = Command::new(program(name));
    command.current_dir(dir).env("LC_ALL", "C").stdin(Stdio::null());
    if Uid::effective().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Belongs to the server, and nobody else may read it.
fn give(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    if Uid::effective().is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

impl Database {
    pub fn start() -> Database {
        Database::with(&[], "host all all 127.0.0.1/32 trust\n")
    }

    /// With files of the server and rules for who may connect. The user is `tester`, its database the same.
    pub fn with(files: &[(&str, String)], rules: &str) -> Database {
        let dir = Scratch::new("postgres");
        give(&dir.0, 0o700);
        let data = dir.path("data");
        let made = command("initdb", &dir.0)
            .args(["--no-sync", "--auth=trust", "--username=tester", "--encoding=UTF8", "--pgdata"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        for (name, content) in files {
            std::fs::write(data.join(name), content).unwrap();
            give(&data.join(name), 0o600);
        }
        std::fs::write(data.join("pg_hba.conf"), format!("local all all trust\n{rules}")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut postgres = command("postgres", &dir.0);
        postgres.arg("-D").arg(&data).args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        postgres.arg("-c").arg(format!("unix_socket_directories={}", dir.0.display())).args(["-c", "fsync=off"]);
        if files.iter().any(|(name, _)| *name == "server.crt") {
            postgres.args(["-c", "ssl=on"]);
        }
        if files.iter().any(|(name, _)| *name == "root.crt") {
            postgres.args(["-c", "ssl_ca_file=root.crt"]);
        }
        let mut server = postgres.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| line.contains("ready to accept connections"));
        assert!(ready, "the server does not start");
        std::thread::spawn(move || lines.for_each(drop));
        Database { server, dir, port }
    }

    pub fn connection(&self, port: u16) -> String {
        format!("postgres://tester@127.0.0.1:{port}/postgres?sslmode=disable")
    }

    /// A session without what is tested.
    pub async fn client(&self) -> Client {
        let socket = format!("host={} port={} user=tester dbname=postgres", self.dir.0.display(), self.port);
        let (client, connection) = tokio_postgres::connect(&socket, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Ends at once, with all its processes.
        let _ = kill(Pid::from_raw(self.server.id() as i32), Signal::SIGQUIT);
        let _ = self.server.wait();
    }
}

/// What happens to the next transaction that is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// The connection ends before the server hears of it.
    Before,
    /// The connection ends after it, before the answer.
    After,
}

/// Where the proxy listens, and what it is about to do.
pub struct Breaker {
    pub port: u16,
    pub next: Arc<Mutex<Option<Break>>>,
}

impl Breaker {
    pub fn before(server: u16) -> Breaker {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let next = Arc::new(Mutex::new(None));
        let armed = next.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let armed = armed.clone();
                std::thread::spawn(move || forward(client, server, &armed));
            }
        });
        Breaker { port, next }
    }
}

fn forward(mut client: TcpStream, server: u16, armed: &Mutex<Option<Break>>) {
    let Ok(mut upstream) = TcpStream::connect(("127.0.0.1", server)) else { return };
    let back = (upstream.try_clone().unwrap(), client.try_clone().unwrap());
    let quiet = Arc::new(Mutex::new(false));
    let is_quiet = quiet.clone();
    let answers = std::thread::spawn(move || {
        let (mut from, mut to) = back;
        let mut buffer = [0; 65536];
        while let Ok(count) = from.read(&mut buffer) {
            // The answer to what was to be lost has come: it goes no further.
            if count == 0 || *is_quiet.lock().unwrap() || to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    });
    let mut buffer = [0; 65536];
    while let Ok(count) = client.read(&mut buffer) {
        if count == 0 {
            break;
        }
        let commits = buffer[..count].windows(6).any(|window| window == b"COMMIT");
        let fault = if commits { armed.lock().unwrap().take() } else { None };
        match fault {
            Some(Break::Before) => break,
            Some(Break::After) => *quiet.lock().unwrap() = true,
            None => {}
        }
        if upstream.write_all(&buffer[..count]).is_err() {
            break;
        }
        if fault.is_some() {
            let _ = answers.join();
            return;
        }
    }
    let _ = upstream.shutdown(Shutdown::Both);
    let _ = client.shutdown(Shutdown::Both);
}
