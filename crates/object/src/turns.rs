//! The turns of operations: at most so many are under way at the same time.

use async_trait::async_trait;
use formwork_model::Turns;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// As many turns as operations may run at once.
pub struct OperationTurns {
    free: Semaphore,
}

/// A turn; it goes to whoever is next when it is dropped.
pub struct Turn<'a>(&'a OperationTurns);

impl OperationTurns {
    /// At least one turn.
    pub fn new(parallelism: usize) -> Arc<OperationTurns> {
        Arc::new(OperationTurns { free: Semaphore::new(parallelism.clamp(1, Semaphore::MAX_PERMITS)) })
    }

    /// Waits for a turn; who came first is served first.
    pub async fn begin(&self) -> Turn<'_> {
        self.take().await;
        Turn(self)
    }

    /// A turn, if one is free and nobody waits for it.
    pub fn try_begin(&self) -> Option<Turn<'_>> {
        self.free.try_acquire().ok()?.forget();
        Some(Turn(self))
    }
}

#[async_trait]
impl Turns for OperationTurns {
    fn give_back(&self) {
        self.free.add_permits(1);
    }

    async fn take(&self) {
        // It fails only if the semaphore is closed, which nobody does.
        if let Ok(permit) = self.free.acquire().await {
            permit.forget();
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.give_back();
    }
}
