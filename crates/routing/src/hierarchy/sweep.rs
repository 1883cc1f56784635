//! Down from one start to all that lies within a weight.
//!
//! D. Delling, A. V. Goldberg, A. Nowatzyk and R. F. Werneck, "PHAST: Hardware-Accelerated Shortest Path Trees" (2011): one climb from
//! the start, then the states are taken from the highest to the lowest, each with the arcs that lead down to it, in the order in
//! which they lie in memory. States of consecutive ranks form a block; where no climb has passed and all whence arcs lead into a
//! block lie beyond the limit, nothing in it lies within, and it is left out. So a small limit is little work, and a large one that of
//! walking the arcs. Labels within the limit are exact; beyond it they say no more than that.

use std::ops::Range;

use super::Hierarchy;
use super::contract::BLOCK;
use super::query::Climb;
use crate::weight::Weight;

const INFINITE: u64 = Weight::INFINITE.raw();

/// Most states have no more arcs that lead down to them.
const FEW: usize = 4;

/// The labels of a sweep; reused from one to the next.
#[derive(Default)]
pub(crate) struct Labels {
    /// By rank; infinite between sweeps.
    weight: Vec<u64>,
    /// By block: whether it has labels.
    is_touched: Vec<bool>,
    /// The blocks that were swept.
    swept: Vec<u32>,
}

impl Labels {
    /// Sweeps from where `climb` has been, as far as `limit`.
    pub(crate) fn sweep(&mut self, hierarchy: Hierarchy<'_>, climb: &Climb, limit: u64) {
        let (states, sources) = (hierarchy.topology.len(), &hierarchy.topology.sources);
        self.reset(states);
        for (rank, weight) in climb.visited() {
            self.weight[rank as usize] = weight.raw();
            self.is_touched[(rank / BLOCK) as usize] = true;
        }
        for block in (0..states.div_ceil(BLOCK as usize) as u32).rev() {
            let is_near = |&source: &u32| self.weight[source as usize] <= limit;
            if self.is_touched[block as usize] || sources.of(block).iter().any(is_near) {
                self.is_touched[block as usize] = true;
                self.swept.push(block);
                self.sweep_block(hierarchy, range(block, states));
            }
        }
    }

    fn sweep_block(&mut self, hierarchy: Hierarchy<'_>, states: Range<u32>) {
        let down = hierarchy.down();
        let labels = &mut self.weight[..];
        for rank in states.rev() {
            let (highs, weights) = down.slices(rank);
            let by = |arc: usize| labels[highs[arc] as usize] + weights[arc];
            let mut lightest = labels[rank as usize].min(INFINITE);
            if let Some(last) = highs.len().checked_sub(1) {
                // The last one several times, rather than a decision how many there are.
                lightest = (0..FEW).fold(lightest, |lightest, arc| lightest.min(by(arc.min(last))));
                lightest = (FEW..highs.len()).fold(lightest, |lightest, arc| lightest.min(by(arc)));
            }
            labels[rank as usize] = lightest;
        }
    }

    fn reset(&mut self, states: usize) {
        let known = self.weight.len();
        for block in self.swept.drain(..) {
            let Range { start, end } = range(block, known);
            self.weight[start as usize..end as usize].fill(INFINITE);
            self.is_touched[block as usize] = false;
        }
        self.weight.resize(known.max(states), INFINITE);
        self.is_touched.resize(self.weight.len().div_ceil(BLOCK as usize), false);
    }

    /// The label of a state.
    pub(crate) fn of(&self, rank: u32) -> u64 {
        self.weight[rank as usize]
    }

    /// Lowers the label of a state.
    pub(crate) fn lower(&mut self, rank: u32, weight: u64) {
        if !std::mem::replace(&mut self.is_touched[(rank / BLOCK) as usize], true) {
            self.swept.push(rank / BLOCK);
        }
        let known = &mut self.weight[rank as usize];
        *known = weight.min(*known);
    }

    /// The ranks that may lie within the limit, with their labels.
    pub(crate) fn near(&self, states: usize) -> impl Iterator<Item = (u32, u64)> {
        let ranks = self.swept.iter().flat_map(move |&block| range(block, states));
        ranks.map(|rank| (rank, self.weight[rank as usize]))
    }
}

/// The ranks of a block of so many states.
fn range(block: u32, states: usize) -> Range<u32> {
    block * BLOCK..((block + 1) * BLOCK).min(states as u32)
}
