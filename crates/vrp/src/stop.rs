//! When the search ends, and what it tells on the way.
//!
//! **Why.** The caller owns time: it sets a deadline, a number of steps, or a flag that it may raise at any moment, and the
//! search ends at whichever comes first with the best plan so far. **What never happens:** the search without any limit
//! deciding for itself that it has run long enough, unless its plan is provably best.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use crate::Plan;

/// The end of a search; with none of the three limits only the flag ends it (or proof that nothing better exists).
#[derive(Debug, Clone, Copy)]
pub struct Stop<'a> {
    /// The moment to end at.
    pub deadline: Option<Instant>,
    /// The number of steps to end after, of each thread. Only this limit makes a search repeatable.
    pub steps: Option<u64>,
    /// Raised by the caller to end at once and keep the best plan so far.
    pub cancel: &'a AtomicBool,
    /// How many steps without an improvement end the search.
    pub stagnation: Option<u64>,
}

/// An improvement. Several in quick succession may be told as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Since the search began.
    pub elapsed: Duration,
    /// Steps taken so far by the thread that found it.
    pub steps: u64,
    /// The sum of the priorities of the visited jobs.
    pub priority: i64,
    /// The cost, as in [`crate::Value::cost`].
    pub cost: i64,
    /// How many jobs no tour visits.
    pub unassigned: usize,
    /// The plan itself.
    pub plan: Plan,
}
