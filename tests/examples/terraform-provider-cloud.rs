//! The simulated cloud's provider as a plugin. Its cloud ends with the process, so only shapes, which live in the state
//! alone, and tokens outlast a command.
//!
//! `CLOUD_LOG` names a file that gets a line for every call. `CLOUD_FAILS` has calls that fail once in each process, as
//! `open t, update a`; at the call in `CLOUD_DIES` the process ends at once.

use async_trait::async_trait;
use formwork_model::Clock;
use formwork_tests::engine::{Cloud, CloudProvider, Fault};
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

struct RealClock(Instant);

#[async_trait]
impl Clock for RealClock {
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn since_epoch(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    async fn sleep_until(&self, at: Duration) {
        tokio::time::sleep_until((self.0 + at).into()).await;
    }
}

/// Appends a line; many processes write at once.
fn tell(line: &str) {
    if std::env::var("CLOUD_DIES").is_ok_and(|call| line.starts_with(&call)) {
        std::process::abort();
    }
    let Some(path) = std::env::var_os("CLOUD_LOG") else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let written = file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
    written.expect("the log can be written");
}

#[tokio::main]
async fn main() -> ExitCode {
    let cloud = Cloud::new(Arc::new(RealClock(Instant::now()))).telling(tell);
    for (call, name) in
        std::env::var("CLOUD_FAILS").iter().flat_map(|all| all.split(", ")).filter_map(|f| f.split_once(' '))
    {
        cloud.inject(call, name, Fault::Fail);
    }
    formwork_protocol::serve(Arc::new(CloudProvider::unconfigured(Arc::new(cloud)))).await
}
