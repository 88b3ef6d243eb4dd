//! One operation on one object: clients, deadline, waits and retries.

use crate::kit::failure::Failure;
use crate::session::Session;
use std::future::Future;
use std::ops::Deref;
use std::time::Duration;
use tokio::time::Instant;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long EC2 may take until everything of it knows of a new object.
pub const CONSISTENCY: Duration = Duration::from_secs(120);

/// An operation with a deadline.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    session: &'a Session,
    deadline: Instant,
}

/// What a look at an object found.
pub enum Progress<T> {
    Done(T),
    /// Not yet; with the state that was seen.
    Pending(String),
}

impl Deref for Call<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.session
    }
}

impl<'a> Call<'a> {
    pub fn new(session: &'a Session, time: Duration) -> Call<'a> {
        Call { session, deadline: Instant::now() + time }
    }

    /// The same call with a nearer deadline.
    pub fn within(&self, time: Duration) -> Call<'a> {
        Call { deadline: self.deadline.min(Instant::now() + time), ..*self }
    }

    pub fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Looks again and again, with growing pauses, until `look` is done. `what` completes "waited for".
    pub async fn until<T, F, Fut>(&self, what: &str, mut look: F) -> Result<T, Failure>
    where
        T: Send,
        F: FnMut() -> Fut + Send,
        Fut: Future<Output = Result<Progress<T>, Failure>> + Send,
    {
        let mut pause = FIRST_PAUSE;
        loop {
            let seen = match look().await? {
                Progress::Done(value) => return Ok(value),
                Progress::Pending(seen) => seen,
            };
            if self.is_over() {
                return Err(Failure::new(format!("Waited too long for {what}; last seen: {seen}.")));
            }
            self.pause(&mut pause).await?;
        }
    }

    /// Tries again while the answer is one of the codes, until the deadline.
    pub async fn retry<T, F, Fut>(&self, codes: &[&str], attempt: F) -> Result<T, Failure>
    where
        T: Send,
        F: FnMut() -> Fut + Send,
        Fut: Future<Output = Result<T, Failure>> + Send,
    {
        self.retry_if(|failure| failure.has_code(codes), attempt).await
    }

    /// Tries again while failures are of the kind, until the deadline.
    pub async fn retry_if<T, F, Fut>(
        &self,
        passes: impl Fn(&Failure) -> bool + Send,
        mut attempt: F,
    ) -> Result<T, Failure>
    where
        T: Send,
        F: FnMut() -> Fut + Send,
        Fut: Future<Output = Result<T, Failure>> + Send,
    {
        let mut pause = FIRST_PAUSE;
        loop {
            match attempt().await {
                Err(failure) if passes(&failure) && !self.is_over() => self.pause(&mut pause).await?,
                result => return result,
            }
        }
    }

    /// Waits, and makes the next wait longer. An interrupt by the user ends it with a failure.
    pub async fn pause(&self, pause: &mut Duration) -> Result<(), Failure> {
        let mut stop = self.session.stop.clone();
        let time = (*pause).min(self.deadline.saturating_duration_since(Instant::now()));
        *pause = (*pause * 8 / 5).min(LONGEST_PAUSE);
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            _ = stop.wait_for(|stopped| *stopped) => Err(Failure::new("Interrupted while waiting for AWS.")),
        }
    }
}
