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
//! 3. [`Workbench`] lists the triangles of a topology, and makes a [`Metric`] of weights: the arcs that shortest paths need.
//! 4. [`Hierarchy`] is a metric on its topology: [`query`] walks up from both ends, [`matrix`] sweeps down for many targets,
//!    [`leg`] joins them with the ends.
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

pub use contract::Topology;
pub(crate) use customize::{Order as MetricOrder, TurnArcs, Workbench};
pub(crate) use ends::{Approach, Finish, Start};
pub(crate) use leg::{Ends, aside, route, weight};
pub(crate) use matrix::{LANES, Selection, Sweep, sweep_all};
pub use metric::Metric;
pub use order::Order;
pub(crate) use potential::Potentials;
pub(crate) use query::Climb;

/// A metric on its topology.
#[derive(Clone, Copy)]
pub(crate) struct Hierarchy<'a> {
    pub(crate) topology: &'a Topology,
    pub(crate) metric: &'a Metric,
}
