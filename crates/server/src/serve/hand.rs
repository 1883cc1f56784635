//! What a node has in hand: how many items its threads have room for, and what becomes of one that waits for a thread.
//!
//! A claim and the completion behind it each wait for a commit, so a thread that claimed one item, ran it and handed it in
//! would stand still for most of a short item's time. Therefore the node claims a little ahead: as many items as its threads
//! are likely to finish within [`AHEAD`], judged by a running mean of what items took lately, so that many short ones share a
//! commit. Items that take longer than that are taken one by one, when a thread is free for them.
//!
//! Whatever is claimed ahead could meanwhile be worked on by another node. So nothing is claimed ahead while a thread is busy with
//! something long, and an item that no thread took up within [`PATIENCE`] is given back, with its attempt and its tenant's turn.
//! A part of the threads is kept for what somebody waits for ([`Line::Urgent`]); work ahead never takes their place.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use operations::Room;
use tokio::sync::Notify;

use super::pool::Line;

/// How much work may be held ahead: short enough that no other node misses it, long enough for some commits.
const AHEAD: Duration = Duration::from_millis(50);

/// How many items may be held ahead, however short they are: what a killed process held is charged an attempt.
pub(crate) const MOST_AHEAD: usize = 64;

/// How long an item may wait for a thread before it is given back.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);

/// The share of the mean that one more item makes up.
const WEIGHT: f64 = 0.2;

/// The hand of one node.
pub(crate) struct Hand {
    threads: usize,
    /// Of these, so many do nothing but what is urgent.
    kept: usize,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Default)]
struct State {
    waiting: Count,
    running: Vec<(Line, Instant)>,
    /// Seconds that an item takes; none is known before the first has ended.
    mean_s: Option<f64>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    all: usize,
    patient: usize,
}

/// An item that was taken in hand, until it is dropped.
pub(super) struct Held {
    hand: Arc<Hand>,
    line: Line,
    stage: Mutex<Stage>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Running(Instant),
    Gone,
}

/// An item that a thread is at work on; the thread is free when it is dropped.
pub(super) struct Running(Arc<Held>);

impl Hand {
    pub(crate) fn new(threads: usize, kept: usize) -> Self {
        Self { threads, kept, state: Mutex::default(), freed: Notify::new() }
    }

    /// How many items may be claimed now.
    pub(super) fn room(&self) -> Room {
        let state = self.lock();
        let ahead = state.ahead(self.threads);
        // Half of what is ahead is left: what is claimed next should share a commit.
        if state.waiting.all > ahead / 2 {
            return Room { all: 0, batch: 0 };
        }
        let patient_running = state.running.iter().filter(|(line, _)| *line == Line::Patient).count();
        let all = (self.threads + ahead).saturating_sub(state.running.len() + state.waiting.all);
        let patient = (self.threads - self.kept + ahead).saturating_sub(patient_running + state.waiting.patient);
        Room { all, batch: patient.min(all) }
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        let state = self.lock();
        state.waiting.all == 0 && state.running.is_empty()
    }

    /// Takes an item in hand.
    pub(super) fn take(self: &Arc<Self>, line: Line) -> Arc<Held> {
        self.lock().waiting.add(line);
        Arc::new(Held { hand: Arc::clone(self), line, stage: Mutex::new(Stage::Waiting) })
    }

    /// Rung when there may be room again.
    pub(super) fn freed(&self) -> &Notify {
        &self.freed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whole whatever panicked beside it: nothing panics between its changes.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn ahead(&self, threads: usize) -> usize {
        let Some(mean_s) = self.mean_s else { return 0 };
        if self.running.iter().any(|(_, since)| since.elapsed() > AHEAD) {
            return 0;
        }
        ((AHEAD.as_secs_f64() * threads as f64 / mean_s.max(1e-6)) as usize).min(MOST_AHEAD)
    }

    fn learn(&mut self, took: Duration) {
        let took_s = took.as_secs_f64();
        let mean_s = self.mean_s.get_or_insert(took_s);
        *mean_s += WEIGHT * (took_s - *mean_s);
    }
}

impl Count {
    fn add(&mut self, line: Line) {
        self.all += 1;
        self.patient += usize::from(line == Line::Patient);
    }

    fn remove(&mut self, line: Line) {
        self.all -= 1;
        self.patient -= usize::from(line == Line::Patient);
    }
}

impl Held {
    /// A thread takes it up; none if it was withdrawn before.
    pub(super) fn begin(self: &Arc<Self>) -> Option<Running> {
        let mut stage = self.stage();
        if *stage != Stage::Waiting {
            return None;
        }
        let now = Instant::now();
        *stage = Stage::Running(now);
        let mut state = self.hand.lock();
        state.waiting.remove(self.line);
        state.running.push((self.line, now));
        Some(Running(Arc::clone(self)))
    }

    /// Takes it back from whoever might begin it; tells whether nobody had.
    pub(super) fn withdraw(&self) -> bool {
        let mut stage = self.stage();
        let in_time = *stage == Stage::Waiting;
        if in_time {
            *stage = Stage::Gone;
            self.hand.lock().waiting.remove(self.line);
            self.hand.freed.notify_one();
        }
        in_time
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.withdraw();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Held { hand, line, .. } = &*self.0;
        let mut stage = self.0.stage();
        if let Stage::Running(since) = *stage {
            *stage = Stage::Gone;
            let mut state = hand.lock();
            if let Some(at) = state.running.iter().position(|running| *running == (*line, since)) {
                state.running.swap_remove(at);
            }
            state.learn(since.elapsed());
            hand.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(hand: &Hand) -> (usize, usize) {
        let room = hand.room();
        (room.all, room.batch)
    }

    fn run(hand: &Arc<Hand>, took: Duration) {
        let held = hand.take(Line::Patient);
        drop(held.begin());
        hand.lock().mean_s = Some(took.as_secs_f64());
    }

    #[test]
    fn long_items_are_taken_one_a_thread() {
        let hand = Arc::new(Hand::new(4, 1));
        assert_eq!(room(&hand), (4, 3), "one thread is kept");
        run(&hand, Duration::from_secs(5));
        let held: Vec<_> = (0..3).map(|_| hand.take(Line::Patient)).collect();
        assert_eq!(room(&hand), (0, 0), "what was taken is begun first");
        let running: Vec<_> = held.iter().map(|held| held.begin().unwrap()).collect();
        assert_eq!(room(&hand), (1, 0), "the fourth is for somebody who waits");
        let urgent = hand.take(Line::Urgent);
        let _urgent = urgent.begin();
        assert_eq!(room(&hand), (0, 0));
        drop(running);
        assert_eq!(room(&hand), (3, 3));
    }

    #[test]
    fn short_items_are_claimed_ahead_and_never_beyond_a_bound() {
        let hand = Arc::new(Hand::new(2, 0));
        run(&hand, Duration::from_millis(10));
        assert_eq!(room(&hand), (12, 12), "fifty milliseconds of two threads");
        run(&hand, Duration::from_micros(1));
        assert_eq!(room(&hand), (2 + MOST_AHEAD, 2 + MOST_AHEAD));
        let held: Vec<_> = (0..MOST_AHEAD).map(|_| hand.take(Line::Patient)).collect();
        assert_eq!(room(&hand), (0, 0), "the next claim waits until half of them are done");
        drop(held);
        assert_eq!(room(&hand).0, 2 + MOST_AHEAD);
        // While something long is under way nothing is held behind it.
        let long = hand.take(Line::Patient);
        let _long = long.begin().unwrap();
        let since = Instant::now().checked_sub(2 * AHEAD).unwrap();
        hand.lock().running[0].1 = since;
        assert_eq!(room(&hand), (1, 1));
    }

    #[test]
    fn an_item_is_begun_or_withdrawn_and_never_both() {
        let hand = Arc::new(Hand::new(1, 0));
        let held = hand.take(Line::Patient);
        assert!(held.withdraw() && held.begin().is_none() && !held.withdraw());
        let held = hand.take(Line::Patient);
        let running = held.begin().unwrap();
        assert!(!held.withdraw() && held.begin().is_none());
        assert!(!hand.is_empty());
        drop((running, held));
        assert!(hand.is_empty() && hand.room().all >= 1);
    }
}
