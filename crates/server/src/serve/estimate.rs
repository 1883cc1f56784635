//! When asking again is worth while: the `Retry-After` of an operation that has not ended.
//!
//! It is computed from the queue and from history: how long operations of its kind took lately, how many items wait before it and
//! how many workers there are, and how far it has come. What was learned is a running mean by kind, in memory, from every end
//! that this server sees, whoever worked on it. Where nothing is known yet the age speaks: an operation that is a minute old is
//! not likely to end within a second. Small questions end within the first second, and a second is the least that can be said.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use operations::{Operation, State};

/// The share of the mean that one more end makes up.
const WEIGHT: f64 = 0.2;

/// Nobody is told to wait longer: polls are cheap, and what is ahead may be cancelled.
const LONGEST_S: f64 = 30.0;

/// Progress below this says nothing about the end.
const TELLING: f64 = 0.02;

/// An end is learned from when it is this fresh, so that old operations that are looked at again do not count again for long.
const FRESH_MS: i64 = 5_000;

/// How long operations took, by kind, in seconds.
#[derive(Default)]
pub(crate) struct Estimate(Mutex<HashMap<String, f64>>);

/// What stands between an operation and its turn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Queue {
    /// Items that wait.
    pub(crate) waiting: usize,
    /// Items that are worked on at once.
    pub(crate) workers: usize,
}

impl Estimate {
    /// Learns from an operation that has just ended, and tells when to ask for one that has not: seconds, at least 1.
    pub(crate) fn retry_after_s(&self, operation: &Operation, queue: Queue, now_ms: i64) -> u32 {
        let mut history = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let (State::Succeeded, Some(began), Some(ended)) =
            (operation.state, operation.started_ms, operation.finished_ms)
            && now_ms - ended < FRESH_MS
        {
            let took_s = (ended - began).max(0) as f64 / 1e3;
            let mean = history.entry(operation.kind.clone()).or_insert(took_s);
            *mean += WEIGHT * (took_s - *mean);
        }
        let usual_s = history.get(&operation.kind).copied();
        whole(remaining_s(operation, usual_s, queue, now_ms))
    }
}

fn remaining_s(operation: &Operation, usual_s: Option<f64>, queue: Queue, now_ms: i64) -> f64 {
    let since_s = |moment_ms: i64| (now_ms - moment_ms).max(0) as f64 / 1e3;
    // A poller sees the end at most a tenth late.
    let by_age_s = since_s(operation.created_ms) / 10.0;
    match (operation.started_ms, usual_s) {
        (Some(started), _) if operation.progress > TELLING => {
            since_s(started) * (1.0 - operation.progress) / operation.progress
        }
        (Some(started), Some(usual_s)) if usual_s > since_s(started) => usual_s - since_s(started),
        (None, Some(usual_s)) => usual_s * (1.0 + queue.waiting as f64 / queue.workers.max(1) as f64),
        _ => by_age_s,
    }
}

fn whole(seconds: f64) -> u32 {
    seconds.ceil().clamp(1.0, LONGEST_S) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_the_rest_of_the_work_and_of_the_queue() {
        let at = |started: Option<i64>, progress: f64, usual_s: Option<f64>, waiting: usize, now_s: i64| {
            let queue = Queue { waiting, workers: 2 };
            whole(remaining(started, progress, usual_s, queue, now_s * 1000))
        };
        // Nothing is known: the age speaks.
        assert_eq!([0, 35, 3600].map(|now| at(None, 0.0, None, 0, now)), [1, 4, 30]);
        // Small questions are worth asking for in a second, however many wait.
        assert_eq!(at(None, 0.0, Some(0.001), 100, 0), 1);
        // Ten of four seconds each wait for two workers.
        assert_eq!(at(None, 0.0, Some(4.0), 10, 0), 24);
        // A quarter is done after five seconds.
        assert_eq!(at(Some(0), 0.25, Some(100.0), 10, 5), 15);
        // It usually takes eight, and two are over; and after eleven the age speaks again.
        assert_eq!((at(Some(0), 0.0, Some(8.0), 0, 2), at(Some(0), 0.0, Some(8.0), 0, 11)), (6, 2));
    }

    fn remaining(started_ms: Option<i64>, progress: f64, usual_s: Option<f64>, queue: Queue, now_ms: i64) -> f64 {
        let operation = Operation { started_ms, progress, ..operation(State::Running) };
        remaining_s(&operation, usual_s, queue, now_ms)
    }

    #[test]
    fn ends_are_learned_from() {
        let estimate = Estimate::default();
        let ended = Operation { started_ms: Some(0), finished_ms: Some(10_000), ..operation(State::Succeeded) };
        estimate.retry_after_s(&ended, Queue::default(), 10_000);
        let waiting = operation(State::NotStarted);
        assert_eq!(estimate.retry_after_s(&waiting, Queue { waiting: 1, workers: 1 }, 0), 20);
        estimate.retry_after_s(&Operation { started_ms: Some(10_000), ..ended }, Queue::default(), 10_000);
        assert_eq!(estimate.retry_after_s(&waiting, Queue::default(), 0), 8);
    }

    fn operation(state: State) -> Operation {
        Operation { state, ..super::super::view::tests::operation() }
    }
}
