//! The best answer so far of a search that goes on, on its way to the store.
//!
//! A search finds thousands of improvements a second at its beginning, and writing an answer takes milliseconds. So an answer is
//! written at most for a twentieth of the time, on the searching thread, which alone has the plan; what was written last is handed
//! to the store by the worker, twice a second. An operation that is cancelled keeps what the store has by then.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::{Milestone, Watch};

/// The pause after an answer was written, in times that it took.
const REST: u32 = 20;

/// Hears of better answers and keeps the last that it had written.
#[derive(Default)]
pub(super) struct Incumbents(Mutex<State>);

#[derive(Default)]
struct State {
    next_at: Option<Instant>,
    waiting: Option<Incumbent>,
}

/// An answer, and how good it is.
#[derive(Debug)]
pub(super) struct Incumbent {
    /// Compared place by place, the least is the best.
    pub(super) rank: Vec<i64>,
    pub(super) answer: Vec<u8>,
}

impl Incumbents {
    /// What was written since it was last asked for.
    pub(super) fn take(&self) -> Option<Incumbent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).waiting.take()
    }
}

impl Watch for Incumbents {
    fn improved(&self, milestone: &Milestone, answer: &dyn Fn() -> Option<Vec<u8>>) {
        let begun = Instant::now();
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).next_at.is_some_and(|at| begun < at) {
            return;
        }
        let Some(answer) = answer() else { return };
        let took = begun.elapsed().max(Duration::from_millis(1));
        let rank = vec![-milestone.priority, milestone.cost];
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.next_at = Some(Instant::now() + took * REST);
        state.waiting = Some(Incumbent { rank, answer });
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_comes_too_soon_is_not_written() {
        let (incumbents, written) = (Incumbents::default(), Cell::new(0));
        let milestone = |priority| Milestone { elapsed: Duration::ZERO, steps: 1, priority, cost: 7, unscheduled: 0 };
        let answer = || {
            written.set(written.get() + 1);
            Some(b"plan".to_vec())
        };
        for priority in 0..1000 {
            incumbents.improved(&milestone(priority), &answer);
        }
        assert!(written.get() < 1000);
        let best = incumbents.take().unwrap();
        assert_eq!((best.rank[1], best.answer.as_slice()), (7, &b"plan"[..]));
        assert!(incumbents.take().is_none());
    }
}
