//! Who hears of every better plan while it is still being searched.
//!
//! **Why.** A search of minutes is worth watching: the curve of what it found so far, and the plan itself, which may be good
//! enough to stop at. **How.** The server hangs a [`Watch`] on the [`crate::Budget`] of a question; the dialect that asks tells
//! it of each improvement and how its answer would be written. **What never happens:** an answer written that nobody asked
//! for: writing one takes milliseconds where thousands of improvements come in a second.

use std::time::Duration;

/// How good the best plan is by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// Since the search began.
    pub elapsed: Duration,
    /// Steps of the search until then, of the thread that found it.
    pub steps: u64,
    /// Sum of the priorities of the items visited.
    pub priority: i64,
    /// What is minimised, in its unit: seconds, metres or millionths of the currency.
    pub cost: i64,
    /// How many items are left out.
    pub unscheduled: usize,
}

/// Hears of improvements, on the thread that searches: what takes long belongs elsewhere.
pub trait Watch: Send + Sync {
    /// A better plan than all before was found. `answer` writes what the question would be answered with if it ended now, in
    /// the words of its dialect; nothing where the plan cannot be answered, which the log explains.
    fn improved(&self, milestone: &Milestone, answer: &dyn Fn() -> Option<Vec<u8>>);
}
