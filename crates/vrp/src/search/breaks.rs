//! Which breaks of a shift may already be taken, and how taking one moves the clock.
//!
//! **Why.** A break has no place, so a shift with breaks is the same sequence of visits with a few more decisions: after which
//! stop is which break taken? Keeping the best time for every *state* (set of breaks taken) makes that choice exact at a cost
//! that does not grow with the tour. **How.** A break whose window closes before another's opens can only come first, so the
//! states are the sets closed under that order: one more than the breaks when no windows overlap (the usual case), all subsets
//! when all do. States are sorted by their number of breaks; every step leads to a later state, so one pass settles all.
//! **What never happens:** a break left out. Only the last state, all breaks taken, may arrive at the end place.

use crate::{Break, MAX_BREAK_STATES};

use super::{NEVER, TOO_EARLY};

/// The states of one shift's breaks and the steps between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BreakStates {
    /// How many states there are; state 0 has no break taken, the last one all.
    pub(crate) count: usize,
    /// In an order in which the source of a step is settled before it is used.
    pub(crate) steps: Vec<BreakStep>,
}

/// Taking one break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BreakStep {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Index of the break in its shift.
    pub(crate) index: usize,
    open: i64,
    close: i64,
    duration: i64,
}

impl BreakStep {
    /// When the break is over, if the vehicle stands ready at this moment.
    pub(crate) fn end(&self, ready: i64) -> i64 {
        let end = ready.max(self.open) + self.duration;
        if end <= self.close { end } else { NEVER }
    }

    /// The latest moment to stand ready and still be done with the break by `until`.
    fn latest(&self, until: i64) -> i64 {
        let ready = until.min(self.close) - self.duration;
        if ready >= self.open { ready } else { TOO_EARLY }
    }
}

impl BreakStates {
    /// Lets every state profit from the breaks that can be taken on the spot; `ready` holds a time for each state.
    pub(crate) fn settle(&self, ready: &mut [i64]) {
        for step in &self.steps {
            if ready[step.from] < NEVER {
                ready[step.to] = ready[step.to].min(step.end(ready[step.from]));
            }
        }
    }

    /// The same backwards: `latest` holds, for each state, the latest moment to leave with it; breaks may come before.
    pub(crate) fn settle_back(&self, latest: &mut [i64]) {
        for step in self.steps.iter().rev() {
            latest[step.from] = latest[step.from].max(step.latest(latest[step.to]));
        }
    }
}

/// The states of these breaks, or nothing when there are more than [`MAX_BREAK_STATES`].
pub(crate) fn break_states(breaks: &[Break]) -> Option<BreakStates> {
    if breaks.len() >= MAX_BREAK_STATES.min(u64::BITS as usize) {
        return None;
    }
    let sets = sets(breaks)?;
    let state = |set: u64| sets.iter().position(|&other| other == set);
    let mut steps = Vec::new();
    for (from, &set) in sets.iter().enumerate() {
        for (index, rest) in breaks.iter().enumerate() {
            if set & (1 << index) == 0
                && let Some(to) = state(set | (1 << index))
            {
                let (open, close, duration) = (rest.window.open, rest.window.close, rest.duration);
                steps.push(BreakStep { from, to, index, open, close, duration });
            }
        }
    }
    Some(BreakStates { count: sets.len(), steps })
}

/// Whether the breaks of a shift can be taken in few enough orders: at most [`MAX_BREAK_STATES`] ways to have taken some.
pub fn orders_fit(breaks: &[Break]) -> bool {
    break_states(breaks).is_some()
}

/// All sets of breaks that hold, with each break, those that can only come before it; by size.
fn sets(breaks: &[Break]) -> Option<Vec<u64>> {
    let before: Vec<u64> = breaks.iter().enumerate().map(|(later, _)| forced_before(breaks, later)).collect();
    let mut sets = vec![0_u64];
    let mut next = 0;
    while next < sets.len() {
        let set = sets[next];
        next += 1;
        for (index, &needed) in before.iter().enumerate() {
            let grown = set | (1 << index);
            if grown != set && set & needed == needed && !sets.contains(&grown) {
                sets.push(grown);
            }
        }
        if sets.len() > MAX_BREAK_STATES {
            return None;
        }
    }
    Some(sets)
}

/// The breaks whose window closes before this one's opens (equal, empty windows by index, so that no two wait for each other).
fn forced_before(breaks: &[Break], later: usize) -> u64 {
    let own = breaks[later].window;
    let comes_first = |other: usize| {
        let window = breaks[other].window;
        window.close <= own.open && (window.open < own.open || own.close > own.open || other < later)
    };
    (0..breaks.len()).filter(|&other| other != later && comes_first(other)).fold(0, |set, other| set | (1 << other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TimeWindow;

    fn rest(open: i64, close: i64, duration: i64) -> Break {
        Break { window: TimeWindow { open, close }, duration }
    }

    #[test]
    fn apart_windows_make_a_chain_and_overlapping_ones_all_subsets() {
        assert_eq!(break_states(&[]).unwrap().count, 1);
        assert_eq!(break_states(&[rest(0, 10, 5), rest(10, 20, 5), rest(30, 40, 5)]).unwrap().count, 4);
        assert_eq!(break_states(&[rest(0, 10, 5), rest(9, 20, 5)]).unwrap().count, 4);
        assert_eq!(break_states(&[rest(7, 7, 0); 3]).unwrap().count, 4);
        assert!(break_states(&[rest(0, 10, 1); 9]).is_none());
        assert!(break_states(&[rest(0, 10, 1); 64]).is_none());
    }

    #[test]
    fn the_better_order_of_overlapping_breaks_is_found() {
        // The wide break first would make the narrow one impossible.
        let states = break_states(&[rest(0, 100, 10), rest(10, 30, 10)]).unwrap();
        let mut ready = vec![15, NEVER, NEVER, NEVER];
        states.settle(&mut ready);
        assert_eq!(ready[3], 35);
        let mut latest = vec![TOO_EARLY, TOO_EARLY, TOO_EARLY, 35];
        states.settle_back(&mut latest);
        assert_eq!(latest[0], 15);
    }
}
