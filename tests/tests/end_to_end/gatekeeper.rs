//! A gate between the program and a cloud: a request of some kind waits before it.

use super::slow::wait_for;
use formwork_tests::fixtures::Cloud;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub struct Gatekeeper {
    pub endpoint: String,
    state: Arc<State>,
}

struct State {
    /// In the first line of a request.
    text: &'static str,
    reached: AtomicBool,
    open: AtomicBool,
}

impl Gatekeeper {
    /// Requests with the text in their first line wait.
    pub fn before(cloud: &Cloud, text: &'static str) -> Gatekeeper {
        let server = cloud.endpoint.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State { text, reached: AtomicBool::new(false), open: AtomicBool::new(false) });
        let shared = state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (server, state) = (TcpStream::connect(&server).unwrap(), shared.clone());
                let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || {
                    // Either side may go away.
                    let _ = std::io::copy(&mut answers, &mut back);
                    let _ = back.shutdown(Shutdown::Both);
                });
                std::thread::spawn(move || state.pass(client, server));
            }
        });
        Gatekeeper { endpoint, state }
    }

    #[track_caller]
    pub fn wait(&self) {
        wait_for(self.state.text, || self.state.reached.load(Ordering::SeqCst));
    }

    pub fn open(&self) {
        self.state.open.store(true, Ordering::SeqCst);
    }
}

impl State {
    fn pass(&self, mut client: TcpStream, mut server: TcpStream) {
        let mut buffer = [0; 65536];
        while let Some(count) = client.read(&mut buffer).ok().filter(|count| *count > 0) {
            let bytes = &buffer[..count];
            let line = String::from_utf8_lossy(bytes.split(|byte| *byte == b'\r').next().unwrap_or_default());
            if line.contains(self.text) {
                self.reached.store(true, Ordering::SeqCst);
                while !self.open.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(2));
                }
            }
            if server.write_all(bytes).is_err() {
                break;
            }
        }
        let _ = server.shutdown(Shutdown::Both);
    }
}
