//! Ctrl-C, SIGTERM, and the end of the terminal (SIGHUP): once to stop gracefully, twice to stop now.

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How urgently the user wants the work to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    #[default]
    None,
    /// Begin nothing new, let finish what runs.
    Graceful,
    /// Stop now.
    Now,
}

/// Listens for interrupts. From the first time on, signals do not end the process by themselves any more: whoever
/// works or waits must look here.
pub struct Interrupts {
    urgency: watch::Receiver<Urgency>,
}

impl Interrupts {
    /// Listens on a thread of its own: interrupts are noted at once, whatever the others do. It ends when nobody can ask any
    /// more.
    pub fn listen() -> std::io::Result<Interrupts> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (interrupt, terminate, hangup) = {
            let _inside = runtime.enter();
            let hangup = if ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) };
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, hangup)
        };
        let (sender, urgency) = watch::channel(Urgency::None);
        let listen = move || runtime.block_on(forward(interrupt, terminate, hangup, sender));
        std::thread::Builder::new().name("interrupts".to_owned()).spawn(listen)?;
        Ok(Interrupts { urgency })
    }

    pub fn urgency(&self) -> Urgency {
        *self.urgency.borrow()
    }

    /// Returns when the user wants it at least so urgently.
    pub async fn reached(&self, least: Urgency) {
        let mut urgency = self.urgency.clone();
        if urgency.wait_for(|urgency| *urgency >= least).await.is_err() {
            // Nobody listens any more, so nothing more comes.
            std::future::pending::<()>().await;
        }
    }
}

/// True if whoever started the program wants it to survive the terminal (`nohup`). Where that cannot be found out, it may.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask & 1 != 0)
}

async fn forward(
    mut interrupt: Signal,
    mut terminate: Signal,
    mut hangup: Option<Signal>,
    sender: watch::Sender<Urgency>,
) {
    for urgency in [Urgency::Graceful, Urgency::Now] {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = received(&mut hangup) => {}
            () = sender.closed() => return,
        }
        sender.send_replace(urgency);
    }
    // Keeps the last urgency readable.
    sender.closed().await;
}

async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
