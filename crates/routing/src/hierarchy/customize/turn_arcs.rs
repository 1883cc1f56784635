//! Which arc a turn is: what a metric begins with.

use std::ops::Range;

use network::{EdgeId, Network};

use super::super::contract::Topology;
use super::Kind;
use crate::layout::Layout;
use crate::profile::Profile;
use crate::weight::Weight;

/// The turns of a layout that are arcs of its hierarchy, by kind, ascending by arc.
#[derive(Clone)]
pub(crate) struct TurnArcs([Vec<TurnArc>; 2]);

/// The edge that is left, and what turning costs.
#[derive(Clone, Copy)]
struct TurnArc {
    /// Among the arcs of its kind.
    arc: u32,
    edge: EdgeId,
    cost_ms: u32,
}

impl TurnArc {
    /// What it weighs, the edge before included.
    fn weight(self, of_edge: &[Weight]) -> Weight {
        of_edge[self.edge.0 as usize].plus(Weight::new(u64::from(self.cost_ms), 0))
    }
}

impl TurnArcs {
    /// Those that are taken usually.
    pub(crate) fn new(topology: &Topology, network: &Network, layout: &Layout, profile: Profile) -> Self {
        Self::of_some((topology, network), layout, profile, |turn| !layout.turns.is_gated(turn))
    }

    /// Those of some turns only, by their numbers.
    pub(crate) fn of_some(
        (topology, network): (&Topology, &Network),
        layout: &Layout,
        profile: Profile,
        is_in: impl Fn(usize) -> bool,
    ) -> Self {
        let is_public = |state| layout.is_public(network, layout.turns.edge(state), profile.mode());
        let mut arcs = [Vec::new(), Vec::new()];
        for (rank, &state) in (0..).zip(topology.states()).filter(|(_, state)| is_public(**state)) {
            for turn in layout.turns.range(state).filter(|&turn| is_in(turn)).map(|turn| layout.turns.list[turn]) {
                let end = topology.rank(turn.to).filter(|&end| end != rank && is_public(turn.to));
                let found = end.and_then(|end| {
                    let kind = if rank < end { Kind::Up } else { Kind::Down };
                    Some((kind, topology.lists(kind).find(rank.min(end), rank.max(end))?))
                });
                if let Some((kind, arc)) = found {
                    let edge = layout.turns.edge(state);
                    arcs[kind as usize].push(TurnArc { arc: arc as u32, edge, cost_ms: turn.cost_ms });
                }
            }
        }
        for arcs in &mut arcs {
            arcs.sort_unstable_by_key(|turn| turn.arc);
        }
        Self(arcs)
    }

    /// Lowers the arcs of a kind, in a lane, to what their turns weigh.
    pub(super) fn lay<const L: usize>(&self, kind: Kind, of_edge: &[Weight], weights: &mut [[u64; L]], lane: usize) {
        for turn in &self.0[kind as usize] {
            let known = &mut weights[turn.arc as usize][lane];
            *known = (*known).min(turn.weight(of_edge).raw());
        }
    }

    /// Hands on what the turns of one state weigh, each with its place in `row`, which are the arcs of a kind.
    pub(super) fn lay_row(&self, kind: Kind, of_edge: &[Weight], row: Range<usize>, mut sink: impl FnMut(usize, u64)) {
        let turns = &self.0[kind as usize];
        let first = turns.partition_point(|turn| (turn.arc as usize) < row.start);
        for turn in turns[first..].iter().take_while(|turn| (turn.arc as usize) < row.end) {
            sink(turn.arc as usize - row.start, turn.weight(of_edge).raw());
        }
    }

    /// Hands on the arcs whose turns leave an edge of which `is_changed` says so.
    pub(super) fn leaving(&self, kind: Kind, is_changed: impl Fn(EdgeId) -> bool, sink: impl FnMut(usize)) {
        let changed = self.0[kind as usize].iter().filter(|turn| is_changed(turn.edge));
        changed.map(|turn| turn.arc as usize).for_each(sink);
    }
}
