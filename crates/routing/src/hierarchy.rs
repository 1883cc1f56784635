//! A customizable contraction hierarchy over the public states of the turn-expanded graph.
//!
//! After J. Dibbelt, B. Strasser and D. Wagner, "Customizable Contraction Hierarchies" (2016), with turns as V. Buchhold,
//! D. Wagner, T. Zeitz and M. Zündorf, "Customizable Contraction Hierarchies with Turn Costs" (2020) do it: the hierarchy is
//! built over states instead of nodes, its order comes from cuts of the road network, and arcs that can never carry a path
//! in a direction are left out of that direction. The phases, each a type that the next one needs:
//!
//! 1. [`Order`] ranks the edges by nested dissection. It depends on the shape of the network only.
//! 2. [`Topology`] is what eliminating the states in this order leaves: arcs upwards and downwards, shared by a family of
//!    profiles.
//! 3. [`Workbench`] lists the triangles of a topology, and makes a [`Metric`] of weights: what every arc weighs.
//! 4. [`Hierarchy`] is a metric on its topology: [`query`] walks up from both ends, [`matrix`] sweeps down for many targets,
//!    [`sweep`] to all within a limit, [`leg`] joins them with the ends.
//!
//! Weights are the same integers as in the plain search, labels mean the same (the weight to the *beginning* of a state's
//! edge), so the two are equal to the last digit, which the tests check. Zones are no part of the hierarchy: [`ends`]
//! searches them plainly around both ends of a leg. Never in here: floats, and anything random.

mod contract;
mod customize;
mod ends;
mod leg;
mod matrix;
mod metric;
mod order;
mod potential;
mod query;
mod simd;
mod sweep;

use contract::Lists;
pub(crate) use contract::NONE;
pub use contract::Topology;
pub(crate) use customize::{Order as MetricOrder, TurnArcs, Workbench};
pub(crate) use ends::{Approach, Finish, Nearby, Private, Start};
pub(crate) use leg::{Ends, aside, route, weight};
pub(crate) use matrix::{LANES, Selection, Sweep};
use metric::Arcs;
pub(crate) use metric::Drivable;
pub use metric::Metric;
pub use order::Order;
pub(crate) use potential::Potentials;
pub(crate) use query::Climb;
pub(crate) use simd::Version;
pub(crate) use sweep::Labels;

/// A metric on its topology.
#[derive(Clone, Copy)]
pub(crate) struct Hierarchy<'a> {
    pub(crate) topology: &'a Topology,
    pub(crate) metric: &'a Metric,
    /// What sweeps over many lanes run with.
    pub(crate) version: Version,
}

/// The arcs of one kind with their weights, by their lower end.
#[derive(Clone, Copy)]
struct Side<'a> {
    first: &'a [u32],
    high: &'a [u32],
    weight: &'a [u64],
    middle: &'a [u32],
}

impl<'a> Hierarchy<'a> {
    /// The arcs from lower to higher states.
    fn up(self) -> Side<'a> {
        Side::new(&self.topology.up, &self.metric.up)
    }

    /// The arcs from higher to lower states.
    fn down(self) -> Side<'a> {
        Side::new(&self.topology.down, &self.metric.down)
    }
}

impl<'a> Side<'a> {
    fn new(lists: &'a Lists, arcs: &'a Arcs) -> Self {
        Self { first: &lists.first, high: &lists.high, weight: &arcs.weight, middle: &arcs.middle }
    }

    /// Those arcs one by one.
    #[inline]
    fn of(self, low: u32) -> impl Iterator<Item = (u32, u64)> + 'a {
        let (highs, weights) = self.slices(low);
        highs.iter().copied().zip(weights.iter().copied())
    }

    /// The arcs of which a state is the lower end: their higher ends, ascending, and their weights.
    #[inline]
    fn slices(self, low: u32) -> (&'a [u32], &'a [u64]) {
        let range = self.first[low as usize] as usize..self.first[low as usize + 1] as usize;
        (&self.high[range.clone()], &self.weight[range])
    }

    /// The middle of the arc between two states.
    fn middle(self, low: u32, high: u32) -> u32 {
        let range = self.first[low as usize] as usize..self.first[low as usize + 1] as usize;
        let position = self.high[range.clone()].binary_search(&high);
        self.middle[range][position.expect("the parts of an arc are arcs")]
    }
}
