//! Memory that queries use again and again.
//!
//! Clearing an array of a million labels would cost more than most searches, so every cell carries the number of the query
//! that wrote it, and a new query simply counts on.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::hierarchy::{Climb, Finish, Nearby, Potentials, Start, Sweep};
use crate::search::{Business, Label, Target};
use crate::targets::Reach;
use crate::weight::Weight;
use crate::within::Spread;

/// The working memory of one thread; grows to what the largest network needs and may serve any number of routers.
#[derive(Default)]
pub struct Scratch {
    /// The climb from the start of a leg, the one from its end, and the sweep over many targets.
    pub(crate) forward: Climb,
    pub(crate) backward: Climb,
    pub(crate) sweep: Sweep,
    /// The search through a zone at either end.
    pub(crate) nearby: Nearby,
    /// How a leg begins and ends; those of several rows.
    pub(crate) start: Start,
    pub(crate) finish: Finish,
    pub(crate) starts: Vec<Start>,
    pub(crate) row: Vec<Reach>,
    /// The search for all that is within a time.
    pub(crate) spread: Spread,
    /// What remains to the target of a leg under terms.
    pub(crate) potentials: Potentials,
    /// By state, twice: the best known way to the beginning of its edge.
    pub(crate) labels: Stamped<Label>,
    /// By edge: where in `targets_by_edge` its targets begin.
    pub(crate) first_target: Stamped<u32>,
    /// By zone: whether the leg starts and whether it may end there.
    pub(crate) zones: Stamped<Business>,
    /// What is to be settled: labels, and behind them targets.
    pub(crate) queue: BinaryHeap<Reverse<(Weight, u32)>>,
    pub(crate) targets: Vec<Target>,
    /// Edge, target and which of the target's arrivals it is.
    pub(crate) targets_by_edge: Vec<(u32, u32, u32)>,
}

impl std::fmt::Debug for Scratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}

/// An array that forgets everything in no time.
pub(crate) struct Stamped<T> {
    query: u32,
    cells: Vec<(u32, T)>,
}

impl<T> Default for Stamped<T> {
    fn default() -> Self {
        Self { query: 0, cells: Vec::new() }
    }
}

impl<T: Copy + Default> Stamped<T> {
    /// Forgets all and makes room for `count`.
    pub(crate) fn reset(&mut self, count: usize) {
        if self.cells.len() < count {
            self.cells.resize(count, (0, T::default()));
        }
        self.query = self.query.wrapping_add(1);
        if self.query == 0 {
            self.cells.fill((0, T::default()));
            self.query = 1;
        }
    }

    pub(crate) fn get(&self, number: u32) -> Option<T> {
        let (query, value) = self.cells[number as usize];
        (query == self.query).then_some(value)
    }

    pub(crate) fn set(&mut self, number: u32, value: T) {
        self.cells[number as usize] = (self.query, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_query_knows_nothing_even_when_numbers_run_out() {
        let mut array = Stamped::<u8>::default();
        for query in [0, 1, u32::MAX - 1, u32::MAX] {
            array.query = query;
            array.reset(2);
            assert_eq!(array.get(1), None);
            array.set(1, 5);
            assert_eq!((array.get(0), array.get(1)), (None, Some(5)));
        }
    }
}
