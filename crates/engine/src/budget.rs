//! How long a question may take, who may stop it, and whom it tells how far it is.
//!
//! Work looks at its budget at every row or leg, and hands it down to searches that look every few thousand steps. Never in
//! here: the time of day. A budget knows only how much is left.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::{Error, Milestone, Watch};

/// What a question may spend: a deadline, a cancel flag, where its progress is reported, and who watches its plans.
#[derive(Clone, Default)]
pub struct Budget {
    deadline: Option<Instant>,
    cancel: Arc<AtomicBool>,
    report: Option<Arc<dyn Fn(f64) + Send + Sync>>,
    watch: Option<Arc<dyn Watch>>,
    /// When the question was accepted, by this machine's clock.
    accepted: Option<Instant>,
}

impl Budget {
    /// A budget that ends `limit` from now.
    pub fn within(limit: Duration) -> Self {
        Self { deadline: Some(Instant::now() + limit), ..Self::default() }
    }

    /// A budget without a deadline, ended only by `cancel`.
    pub fn until(cancel: Arc<AtomicBool>) -> Self {
        Self { cancel, ..Self::default() }
    }

    /// The same budget, telling `report` the fraction done (0 to 1, never falling) as work goes on.
    #[must_use]
    pub fn reporting(self, report: impl Fn(f64) + Send + Sync + 'static) -> Self {
        Self { report: Some(Arc::new(report)), ..self }
    }

    /// The same budget, telling `watch` of every better plan.
    #[must_use]
    pub fn watched_by(self, watch: Arc<dyn Watch>) -> Self {
        Self { watch: Some(watch), ..self }
    }

    /// The same budget for a question that was accepted `age` ago, as whoever keeps it says: its parts, wherever they are worked on,
    /// then agree on how late it is.
    #[must_use]
    pub fn of_age(self, age: Duration) -> Self {
        Self { accepted: Instant::now().checked_sub(age), ..self }
    }

    /// How long ago the question was accepted; nothing where nobody has said.
    pub fn age(&self) -> Duration {
        self.accepted.map_or(Duration::ZERO, |accepted| accepted.elapsed())
    }

    /// Tells the watch, if there is one, of a better plan, and how its answer would be written.
    pub fn improved(&self, milestone: &Milestone, answer: &dyn Fn() -> Option<Vec<u8>>) {
        if let Some(watch) = &self.watch {
            watch.improved(milestone, answer);
        }
    }

    /// When the question must be answered.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Set from outside to end the work early.
    pub fn cancel_flag(&self) -> &AtomicBool {
        &self.cancel
    }

    /// The same flag, for who outlives this borrow.
    pub(crate) fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.cancel)
    }

    /// Reports `done` of `total`.
    pub fn progress(&self, done: usize, total: usize) {
        if let (Some(report), true) = (&self.report, total > 0) {
            report(done as f64 / total as f64);
        }
    }

    /// Whether work must end now.
    pub fn is_spent(&self) -> bool {
        self.cancel.load(Ordering::Relaxed) || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// The error for work that had to end early.
    pub fn check(&self) -> Result<(), Error> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(Error::Canceled);
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(Error::DeadlineExceeded),
            _ => Ok(()),
        }
    }

    /// The error of a search that was interrupted because the budget was spent.
    pub(crate) fn why_spent(&self) -> Error {
        let unasked = || Error::Internal("a search was interrupted although its budget was not spent".to_owned());
        self.check().err().unwrap_or_else(unasked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_budget_says_why() {
        assert!(Budget::default().check().is_ok());
        assert!(matches!(Budget::within(Duration::ZERO).check(), Err(Error::DeadlineExceeded)));
        let cancel = Arc::new(AtomicBool::new(true));
        assert!(matches!(Budget::until(cancel).check(), Err(Error::Canceled)));
    }
}
