//! Running tests on this machine, and telling what comes of them.

use crate::interrupt::Urgency;
use crate::machine::{MachineClock, Provisioners, message_timestamp, timestamp};
use crate::planning::environment;
use crate::providers::Providers;
use crate::session::Session;
use async_trait::async_trait;
use formwork_config::Config;
use formwork_diag::Diagnostics;
use formwork_eval::{Environment, Phase};
use formwork_model::{ApplyProviders, Clock, Provisioner, RunReport, TestEvent};
use formwork_protocol::ProviderPool;
use formwork_render::{TextOptions, junit_xml, test_event_json, test_event_text};
use formwork_testing::{Halt, Suite, TestMachine, TestReporter};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinHandle;

/// The workspace that tests see.
const WORKSPACE: &str = "default";

/// This machine, as tests need it.
pub struct Machine<'a> {
    session: &'a Session,
    /// All that the suite needs, for new providers.
    everything: Config,
    providers: Arc<Mutex<Providers>>,
    provisioner: Arc<Provisioners>,
    clock: MachineClock,
    watch: Option<JoinHandle<()>>,
}

impl Machine<'_> {
    /// Must be called inside of the runtime.
    pub fn prepare<'a>(session: &'a Session, suite: &Suite) -> Result<Machine<'a>, Diagnostics> {
        let everything = suite.everything();
        let providers = Arc::new(Mutex::new(Providers::prepare(session, &everything, None)?));
        let provisioner = Arc::new(Provisioners::new(session.environment.get("HOME").map(str::to_owned)));
        let watch = watch(session, providers.clone(), provisioner.clone());
        Ok(Machine { session, everything, providers, provisioner, clock: MachineClock::new(), watch })
    }

    /// Ends the providers.
    pub async fn shut_down(&self) {
        self.pool().shutdown_all().await;
    }

    fn pool(&self) -> Arc<ProviderPool> {
        pool_of(&self.providers)
    }
}

fn pool_of(providers: &Mutex<Providers>) -> Arc<ProviderPool> {
    providers.lock().unwrap_or_else(PoisonError::into_inner).pool.clone()
}

/// Does what interrupts want: the first asks providers to come to an end, the second kills them.
fn watch(
    session: &Session,
    providers: Arc<Mutex<Providers>>,
    provisioner: Arc<Provisioners>,
) -> Option<JoinHandle<()>> {
    let (interrupts, notices) = (session.interrupts()?, session.notices());
    Some(tokio::spawn(async move {
        interrupts.reached(Urgency::Graceful).await;
        notices.say(
            "Interrupt received. No other run is begun; what was made is destroyed.\nInterrupt again to stop at once and \
             leave it.",
        );
        let asked = pool_of(&providers);
        tokio::spawn(async move { asked.stop_all().await });
        interrupts.reached(Urgency::Now).await;
        notices.say("Two interrupts received. Stopping at once.");
        provisioner.stop_all();
        pool_of(&providers).kill_all();
    }))
}

impl Drop for Machine<'_> {
    fn drop(&mut self) {
        if let Some(watch) = &self.watch {
            watch.abort();
        }
    }
}

#[async_trait(?Send)]
impl TestMachine for Machine<'_> {
    fn providers(&self) -> Arc<dyn ApplyProviders> {
        self.pool()
    }

    fn renew_providers(&self) {
        // Without new ones the old ones have to do.
        if let Ok(new) = Providers::prepare(self.session, &self.everything, None) {
            *self.providers.lock().unwrap_or_else(PoisonError::into_inner) = new;
        }
    }

    async fn environment(&self, phase: Phase, config: &Config) -> Result<Environment, Diagnostics> {
        environment(self.session, phase, WORKSPACE, Arc::new(self.session.files()), config, &self.pool()).await
    }

    fn provisioner(&self) -> &dyn Provisioner {
        &*self.provisioner
    }

    fn clock(&self) -> &dyn Clock {
        &self.clock
    }

    fn timestamp(&self) -> String {
        timestamp()
    }

    fn halt(&self) -> Halt {
        match self.session.interrupts().map(|interrupts| interrupts.urgency()).unwrap_or_default() {
            Urgency::None => Halt::No,
            Urgency::Graceful => Halt::CleanUp,
            Urgency::Now => Halt::Now,
        }
    }
}

/// Tells what happens, and keeps the results.
pub struct Reporter<'a> {
    session: &'a Session,
    verbose: bool,
    reports: Mutex<Vec<(String, Vec<Arc<RunReport>>)>>,
}

impl Reporter<'_> {
    pub fn new(session: &Session, verbose: bool) -> Reporter<'_> {
        Reporter { session, verbose, reports: Mutex::default() }
    }

    /// All results as a JUnit file.
    pub fn junit(&self) -> String {
        junit_xml(&self.reports.lock().unwrap_or_else(PoisonError::into_inner), &self.session.sources())
    }

    fn keep(&self, event: &TestEvent) {
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            TestEvent::FileStarted(file) => reports.push((file.to_string(), Vec::new())),
            TestEvent::RunFinished(report) => {
                if let Some((_, runs)) = reports.iter_mut().find(|(file, _)| **file == *report.file) {
                    runs.push(report.clone());
                }
            }
            _ => {}
        }
    }
}

impl TestReporter for Reporter<'_> {
    fn tell(&self, event: TestEvent) {
        self.keep(&event);
        let (session, output) = (self.session, &self.session.output);
        let sources = session.sources();
        if session.tell_json(|_| test_event_json(&event, self.verbose, &sources, &message_timestamp())) {
            return;
        }
        let problems = TextOptions { colour: output.error_color(), width: output.width() };
        let text = test_event_text(&event, self.verbose, &sources, session.text(), problems);
        output.print(&text.out);
        output.error(&text.problems);
        output.print(&text.after);
    }
}
