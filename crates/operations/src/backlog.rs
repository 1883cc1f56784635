//! How much waits for a worker, near enough to refuse more before a large request is written anywhere.
//!
//! Counted along with accepts and claims, and set right by each sweep from the database: retries and commands beside
//! the server pass it by in between.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::Error;

#[derive(Debug)]
pub(crate) struct Backlog {
    waiting: AtomicUsize,
    limit: usize,
}

impl Backlog {
    pub(crate) fn new(waiting: usize, limit: usize) -> Self {
        Self { waiting: AtomicUsize::new(waiting), limit }
    }

    /// Whether one more may be accepted.
    pub(crate) fn admit(&self) -> Result<(), Error> {
        let waiting = self.waiting.load(Relaxed);
        if waiting < self.limit {
            return Ok(());
        }
        Err(Error::Overloaded { what: "operations", waiting, limit: self.limit })
    }

    pub(crate) fn add(&self) {
        self.waiting.fetch_add(1, Relaxed);
    }

    pub(crate) fn take(&self, count: usize) {
        let _ = self.waiting.fetch_update(Relaxed, Relaxed, |waiting| Some(waiting.saturating_sub(count)));
    }

    pub(crate) fn set(&self, waiting: usize) {
        self.waiting.store(waiting, Relaxed);
    }
}
