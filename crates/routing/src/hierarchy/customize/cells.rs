//! One customization on several threads, by separators.
//!
//! Dissection leaves cells that nothing joins but the separators above them. The states of a cell are consecutive, hence its arcs are;
//! a thread takes a cell and lowers its arcs in place. What the states of a cell do to the arcs of separators is kept apart, by
//! thread, and the lightest of all is taken when the cells are done; of equally light ones that by the lowest state (each thread
//! takes its cells upwards), so the outcome does not depend on who did what. The separators that are left fall into larger cells in
//! the same way, which only the first cuts separate; those come last, on one thread.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::super::contract::{NONE, Topology};
use super::super::simd;
use super::{Bridges, INFINITE, Kind, Rows, Table, Workbench};

/// Cells are cut until none holds more than this share of all triangles.
const SHARES: usize = 12;

/// How the states fall into cells, and the separators of those into the sides of the first cuts.
pub(super) struct Cells {
    /// Each ascending, without gaps from the first state that is left on.
    levels: [Vec<Range<u32>>; 2],
    /// The first of the states that are in neither.
    top: u32,
}

impl Cells {
    pub(super) fn new(topology: &Topology, bridges: &[Bridges; 2]) -> Self {
        let work = |state: u32| {
            let of = |bridges: &Bridges| bridges.first[state as usize + 1] - bridges.first[state as usize];
            1 + bridges.iter().map(of).sum::<usize>()
        };
        let end = topology.len() as u32;
        let below = below(topology, 0, work);
        let total: usize = (0..end).map(work).sum();
        // The first state with too much below it begins the separators, or the first that has something far below it: it lies apart
        // from its cells, as separators of several cells do. What follows it belongs to them.
        let lowest = lowest(topology);
        let is_large = |&state: &u32| {
            let far = (state - lowest[state as usize]) as usize;
            below[state as usize] * SHARES > total || far * SHARES > topology.len()
        };
        let middle = (0..end).find(is_large).unwrap_or(end);
        // Those that all other separators are below come last.
        let below = self::below(topology, middle, |_| 1);
        let is_above_all = |&state: &u32| below[(state - middle) as usize] as u32 == state - middle + 1;
        let top = (middle..end).rev().take_while(is_above_all).last().unwrap_or(end);
        Self { levels: [closed_ranges(topology, 0..middle), closed_ranges(topology, middle..top)], top }
    }
}

/// By state, from some first one on: the work of all that are below it in the tree, itself included.
fn below(topology: &Topology, first: u32, work: impl Fn(u32) -> usize) -> Vec<usize> {
    let states = first..topology.len() as u32;
    let mut below: Vec<usize> = states.clone().map(work).collect();
    for state in states {
        let parent = topology.parent[state as usize];
        if parent != NONE {
            below[(parent - first) as usize] += below[(state - first) as usize];
        }
    }
    below
}

/// By state: the lowest that is below it in the tree, or itself.
fn lowest(topology: &Topology) -> Vec<u32> {
    let mut lowest: Vec<u32> = (0..topology.len() as u32).collect();
    for state in 0..topology.len() {
        if let Some(above) = lowest.get(topology.parent[state] as usize) {
            lowest[topology.parent[state] as usize] = lowest[state].min(*above);
        }
    }
    lowest
}

/// Some states in consecutive ranges, as small as can be, that no arc joins.
fn closed_ranges(topology: &Topology, states: Range<u32>) -> Vec<Range<u32>> {
    // By state: the last of its tree.
    let mut last: Vec<u32> = states.clone().collect();
    let place = |state: u32| (state - states.start) as usize;
    for state in states.clone().rev() {
        let parent = topology.parent[state as usize];
        if parent < states.end {
            last[place(state)] = last[place(parent)];
        }
    }
    let (mut ranges, mut begin, mut end) = (Vec::new(), states.start, states.start);
    for state in states.clone() {
        end = end.max(last[place(state)]);
        if end == state {
            ranges.push(begin..state + 1);
            begin = state + 1;
        }
    }
    ranges
}

/// A cell with its arcs by kind.
type Task<'a, const L: usize> = (Range<u32>, [Rows<'a, L>; 2]);

impl Workbench {
    pub(super) fn by_cells<const L: usize>(&self, threads: usize, tables: &mut [Table<L>; 2]) {
        let cells = self.cells.get_or_init(|| Cells::new(&self.topology, &self.bridges));
        let mut rest = tables.each_mut().map(Table::rows);
        for level in &cells.levels {
            rest = self.one_level(threads, level, rest);
        }
        let nothing = || Rows { base: usize::MAX, weights: &mut [], middles: &mut [] };
        let states = cells.top..self.topology.len() as u32;
        let of = (&*self.topology, &self.bridges);
        simd::basic(self.version, of, states, &mut rest, &mut [nothing(), nothing()]);
    }

    /// Lowers the arcs of cells, which are the first of those that are left, and by them the others; those.
    fn one_level<'a, const L: usize>(
        &self,
        threads: usize,
        cells: &[Range<u32>],
        rest: [Rows<'a, L>; 2],
    ) -> [Rows<'a, L>; 2] {
        let (tasks, mut top) = self.split(cells, rest);
        let tasks = Mutex::new(tasks);
        let work = || {
            let mut apart = Kind::BOTH.map(|kind| Table::<L>::new(top[kind as usize].weights.len()));
            loop {
                let task = tasks.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some((states, mut rows)) = task else { return apart };
                let mut above = apart.each_mut().map(Table::rows);
                for kind in Kind::BOTH {
                    above[kind as usize].base = top[kind as usize].base;
                }
                simd::basic(self.version, (&self.topology, &self.bridges), states, &mut rows, &mut above);
            }
        };
        let found = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut found = vec![work()];
            found.extend(others.into_iter().filter_map(|other| other.join().ok()));
            found
        });
        assert_eq!(found.len(), threads, "a thread that customizes panicked");
        for apart in found {
            for (rows, apart) in top.iter_mut().zip(apart) {
                lower(rows, &apart);
            }
        }
        top
    }

    /// The arcs by cells, the first cell last, and those of the separators.
    fn split<'a, const L: usize>(
        &self,
        cells: &[Range<u32>],
        mut rest: [Rows<'a, L>; 2],
    ) -> (Vec<Task<'a, L>>, [Rows<'a, L>; 2]) {
        let mut tasks = Vec::new();
        for states in cells {
            let rows = Kind::BOTH.map(|kind| {
                let first = &self.topology.lists(kind).first;
                rest[kind as usize].take((first[states.end as usize] - first[states.start as usize]) as usize)
            });
            tasks.push((states.clone(), rows));
        }
        tasks.reverse();
        (tasks, rest)
    }
}

impl<const L: usize> Rows<'_, L> {
    /// Splits off the first arcs.
    fn take(&mut self, count: usize) -> Self {
        let (weights, middles) = (std::mem::take(&mut self.weights), std::mem::take(&mut self.middles));
        let (weights, rest_weights) = weights.split_at_mut(count);
        let (middles, rest_middles) = middles.split_at_mut(count);
        let base = self.base;
        *self = Self { base: base + count, weights: rest_weights, middles: rest_middles };
        Self { base, weights, middles }
    }
}

/// Lowers arcs to what a thread found for them.
fn lower<const L: usize>(rows: &mut Rows<'_, L>, apart: &Table<L>) {
    let found = apart.weights.iter().zip(&apart.middles);
    for ((known, middles), (weights, by)) in rows.weights.iter_mut().zip(rows.middles.iter_mut()).zip(found) {
        for lane in 0..L {
            // A turn that is as light stays.
            let is_lower = by[lane] < middles[lane] && middles[lane] != NONE;
            if weights[lane] < known[lane] || (weights[lane] == known[lane] && weights[lane] < INFINITE && is_lower) {
                (known[lane], middles[lane]) = (weights[lane], by[lane]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hierarchy::{Order, TurnArcs};
    use crate::layout::Layout;
    use crate::profile::{Family, Profile};
    use crate::tests::random::random_grid;
    use std::sync::Arc;

    /// Cells that are one range would be customized by one thread, however many there are.
    #[test]
    fn no_cell_holds_much_of_the_work() {
        for seed in 0..4 {
            let network = random_grid(&mut fastrand::Rng::with_seed(seed), 45);
            let order = Order::new(&network, Family::Motor, 2);
            let layout = Layout::new(&network, Profile::Car);
            let topology = Arc::new(Topology::new(&network, &order, &[(Profile::Car, &layout)]));
            let bench = Workbench::new(Arc::clone(&topology), crate::hierarchy::Version::best());
            let cells = Cells::new(&topology, &bench.bridges);
            let work = |states: &Range<u32>| {
                let of = |bridges: &Bridges| bridges.first[states.end as usize] - bridges.first[states.start as usize];
                bench.bridges.iter().map(of).sum::<usize>()
            };
            let (all, largest) = (work(&(0..topology.len() as u32)), cells.levels[0].iter().map(work).max());
            assert!(largest.is_some_and(|largest| largest * 5 < all), "seed {seed}: {largest:?} of {all}");
            let ends = cells.levels.iter().flatten().map(|cell| cell.end).chain([topology.len() as u32]);
            let starts = cells.levels.iter().flatten().map(|cell| cell.start).chain([cells.top]);
            assert!(std::iter::once(0).chain(ends).zip(starts).all(|(end, start)| end == start), "no gaps");

            let turn_arcs = TurnArcs::new(&topology, &network, &layout, Profile::Car);
            let weights = crate::router::weights(&network, Profile::Car, &layout);
            let made = |threads| {
                bench.metric(super::super::Order { turn_arcs: &turn_arcs, weights: weights.clone() }, threads)
            };
            let alone = made(1);
            for threads in 2..5 {
                let together = made(threads);
                assert!(*alone.up.weight == *together.up.weight && *alone.up.middle == *together.up.middle);
                assert!(*alone.down.weight == *together.down.weight && *alone.down.middle == *together.down.middle);
            }
        }
    }
}
