//! Asking and fetching, for several providers at a time.

use super::InstallEvent;
use crate::{
    Available, DownloadDir, NetworkError, ObtainedPackage, PackageOffer, Platform, ProviderSources, WantedPackage,
};
use formwork_model::{ProviderAddress, Version};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

/// Questions at the same time.
const QUESTIONS: usize = 8;

/// Downloads at the same time.
const DOWNLOADS: usize = 4;

/// What the places have of each provider.
pub(super) fn ask(
    sources: &ProviderSources,
    platform: &Platform,
    providers: &[&ProviderAddress],
) -> Vec<Result<Available, NetworkError>> {
    each(providers, QUESTIONS, |provider| sources.available(provider, platform), &mut || {})
}

/// A package to fetch.
pub(super) struct Order<'a> {
    pub provider: &'a ProviderAddress,
    pub version: &'a Version,
    pub offers: &'a [PackageOffer],
}

/// The packages, in the same order.
pub(super) fn fetch(
    sources: &ProviderSources,
    platform: &Platform,
    orders: &[Order<'_>],
    dir: &DownloadDir,
    tell: &mut dyn FnMut(InstallEvent),
) -> Vec<Result<ObtainedPackage, NetworkError>> {
    let (sender, events) = mpsc::channel();
    let sender = Mutex::new(sender);
    let obtain = |order: &Order<'_>| {
        let (provider, version) = (order.provider, order.version);
        let sender = sender.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sender = Mutex::new(sender);
        let report = |done: u64, size: Option<u64>| {
            let (provider, version) = (provider.clone(), version.clone());
            let event = InstallEvent::Downloading { provider, version, done, size };
            // Nobody listens any more only when everything is over.
            let _ = sender.lock().unwrap_or_else(PoisonError::into_inner).send(event);
        };
        sources.obtain(WantedPackage { provider, version, platform }, order.offers, dir, &report)
    };
    each(orders, DOWNLOADS, obtain, &mut || events.try_iter().for_each(&mut *tell))
}

/// Does something for each item on a few threads, and keeps the order. What is done meanwhile happens on this thread, now
/// and then.
fn each<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T) -> R + Sync,
    meanwhile: &mut dyn FnMut(),
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let (sender, results) = mpsc::channel();
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(number) else { break };
                    if sender.send((number, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut done = Vec::new();
        loop {
            match results.recv_timeout(std::time::Duration::from_millis(200)) {
                Ok(result) => done.push(result),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            meanwhile();
        }
        meanwhile();
        done
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}
