//! One customization on several threads, by separators.
//!
//! Dissection leaves cells that nothing joins but the separators above them. The states of a cell are consecutive, hence its arcs are;
//! a thread takes a cell and lowers its arcs in place. What the states of a cell do to the arcs of separators is kept apart, by
//! thread, and the lightest of all is taken when the cells are done; of equally light ones that by the lowest state (each thread
//! takes its cells upwards), so the outcome does not depend on who did what. The separators come last, on one thread.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::super::contract::{NONE, Topology};
use super::super::simd::{self, Version};
use super::{Bridges, INFINITE, Kind, Rows, Table, Workbench};

/// Cells are cut until none holds more than this share of all triangles.
const SHARES: usize = 12;

/// How the states fall into cells and what separates them.
pub(super) struct Cells {
    /// Ascending, without gaps from the first state on.
    cells: Vec<Range<u32>>,
    /// The first state of the separators.
    top: u32,
}

impl Cells {
    pub(super) fn new(topology: &Topology, bridges: &[Bridges; 2]) -> Self {
        let work = |state: u32| {
            let of = |bridges: &Bridges| bridges.first[state as usize + 1] - bridges.first[state as usize];
            1 + bridges.iter().map(of).sum::<usize>()
        };
        let mut below: Vec<usize> = (0..topology.len() as u32).map(work).collect();
        for state in 0..topology.len() {
            let parent = topology.parent[state];
            if parent != NONE {
                below[parent as usize] += below[state];
            }
        }
        let total: usize = (0..topology.len() as u32).map(work).sum();
        // The last state with too much below it closes the separators; what follows it belongs to them.
        let is_large = |&state: &usize| below[state] * SHARES > total;
        let top = (0..topology.len()).find(is_large).unwrap_or(topology.len()) as u32;
        Self { cells: closed_ranges(topology, top), top }
    }
}

/// The states below `top` in consecutive ranges, as small as can be, that no arc joins.
fn closed_ranges(topology: &Topology, top: u32) -> Vec<Range<u32>> {
    // By state: the last of its tree.
    let mut last: Vec<u32> = (0..top).collect();
    for state in (0..top as usize).rev() {
        let parent = topology.parent[state];
        if parent < top {
            last[state] = last[parent as usize];
        }
    }
    let (mut ranges, mut begin, mut end) = (Vec::new(), 0, 0);
    for state in 0..top {
        end = end.max(last[state as usize]);
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
        let (tasks, mut top) = self.split(cells, tables);
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
                simd::basic(Version::best(), (&self.topology, &self.bridges), states, &mut rows, &mut above);
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
        let nothing = || Rows { base: usize::MAX, weights: &mut [], middles: &mut [] };
        let states = cells.top..self.topology.len() as u32;
        let of = (&*self.topology, &self.bridges);
        simd::basic(Version::best(), of, states, &mut top, &mut [nothing(), nothing()]);
    }

    /// The arcs by cells, the first cell last, and those of the separators.
    fn split<'a, const L: usize>(
        &self,
        cells: &Cells,
        [up, down]: &'a mut [Table<L>; 2],
    ) -> (Vec<Task<'a, L>>, [Rows<'a, L>; 2]) {
        let mut rest = [up.rows(), down.rows()];
        let mut tasks = Vec::new();
        for states in &cells.cells {
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
