//! The provisioners of the language: commands here, files and commands on other machines.

use super::local_exec::LocalExec;
use super::remote;
use async_trait::async_trait;
use formwork_model::{Provisioner, ProvisionerRequest};
use tokio::sync::watch;

/// Runs provisioners until they end or are told to stop.
pub struct Provisioners {
    local: LocalExec,
    stopped: watch::Sender<bool>,
    home: Option<String>,
}

impl Provisioners {
    /// `home` is what `~` stands for in paths of scripts and files.
    pub fn new(home: Option<String>) -> Provisioners {
        Provisioners { local: LocalExec::default(), stopped: watch::Sender::new(false), home }
    }

    /// Kills the commands that run here, and ends all connections.
    pub fn stop_all(&self) {
        self.stopped.send_replace(true);
        self.local.kill_all();
    }
}

#[async_trait]
impl Provisioner for Provisioners {
    async fn run(
        &self,
        request: ProvisionerRequest,
        output: &(dyn for<'l> Fn(&'l str) + Send + Sync),
    ) -> Result<(), String> {
        if &*request.kind == "local-exec" {
            return self.local.run(request, output).await;
        }
        let home = self.home.as_deref();
        let mut stopped = self.stopped.subscribe();
        let remote = async {
            match &*request.kind {
                "file" => remote::copy_files(&request, home).await,
                "remote-exec" => remote::run_scripts(&request, home, output).await,
                other => Err(format!("there is no provisioner {other:?}")),
            }
        };
        tokio::select! {
            result = remote => result,
            _ = stopped.wait_for(|stopped| *stopped) => Err("it was interrupted by the user".to_owned()),
        }
    }
}
