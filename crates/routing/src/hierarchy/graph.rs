//! A hierarchy as queries read it: the arcs that shortest paths need, each with its weight.

use network::EdgeId;

use super::contract::{Lists, NONE, Topology};
use super::customize::{Metric, Middle, Weights};
use super::order::Order;
use super::perfect::perfect;
use crate::turns::{State, Turns};
use crate::weight::Weight;
use crate::zones::{PUBLIC, Zones};

/// An arc in the lists of its lower end.
#[derive(Clone, Copy)]
pub(super) struct Arc {
    /// The higher end.
    pub(super) high: u32,
    pub(super) middle: Middle,
    pub(super) weight: Weight,
}

/// The arcs of one kind by their lower end.
pub(super) struct Arcs {
    first: Vec<u32>,
    list: Vec<Arc>,
}

impl Arcs {
    fn new(lists: &Lists, weights: &Weights, needed: &[bool]) -> Self {
        let mut arcs = Self { first: vec![0], list: Vec::new() };
        for low in 0..lists.first.len() as u32 - 1 {
            let kept = lists.range(low).filter(|&arc| needed[arc]);
            arcs.list.extend(kept.map(|arc| Arc {
                high: lists.high[arc],
                middle: weights.middle[arc],
                weight: weights.weight[arc],
            }));
            arcs.first.push(arcs.list.len() as u32);
        }
        arcs
    }

    /// The arcs of which a state is the lower end, ascending by the higher.
    pub(super) fn of(&self, low: u32) -> &[Arc] {
        &self.list[self.first[low as usize] as usize..self.first[low as usize + 1] as usize]
    }

    pub(super) fn find(&self, low: u32, high: u32) -> &Arc {
        let arcs = self.of(low);
        let position = arcs.binary_search_by_key(&high, |arc| arc.high);
        &arcs[position.expect("the parts of an arc that is needed are needed")]
    }
}

/// The public part of the turn-expanded graph, ready for queries.
pub(crate) struct Hierarchy {
    /// By state: its rank; [`NONE`] for what is closed or private.
    ranks: Vec<u32>,
    /// By rank.
    states: Vec<State>,
    /// By rank: the next in the elimination tree; [`NONE`] at a root.
    pub(super) parent: Vec<u32>,
    /// From lower to higher.
    pub(super) up: Arcs,
    /// From higher to lower.
    pub(super) down: Arcs,
}

impl Hierarchy {
    /// Contracts and customizes the public states; `weights` and `is_usable` are by edge.
    pub(crate) fn new(
        order: &Order,
        turns: &Turns,
        zones: &Zones,
        weights: &[Weight],
        is_usable: impl Fn(EdgeId) -> bool,
    ) -> Self {
        let is_member = |&state: &State| {
            let edge = turns.edge(state);
            zones.of(edge) == PUBLIC && is_usable(edge)
        };
        let mut states: Vec<State> = (0..turns.state_count() as State).filter(is_member).collect();
        states.sort_unstable_by_key(|&state| (order.ranks()[turns.edge(state).0 as usize], state));
        let mut ranks = vec![NONE; turns.state_count()];
        for (rank, &state) in states.iter().enumerate() {
            ranks[state as usize] = rank as u32;
        }
        let mut arcs = Vec::new();
        for (rank, &state) in states.iter().enumerate() {
            let whole = weights[turns.edge(state).0 as usize];
            for turn in turns.from(state).iter().filter(|turn| ranks[turn.to as usize] != NONE) {
                arcs.push((rank as u32, ranks[turn.to as usize], whole.plus(turn.weight())));
            }
        }
        let ends: Vec<(u32, u32)> = arcs.iter().map(|arc| (arc.0, arc.1)).collect();
        let topology = Topology::new(states.len(), &ends);
        let mut metric = Metric::new(&topology, arcs.into_iter());
        let needed = perfect(&topology, &mut metric);
        let up = Arcs::new(&topology.up, &metric.up, &needed.up);
        let down = Arcs::new(&topology.down, &metric.down, &needed.down);
        Self { ranks, states, parent: topology.parent, up, down }
    }

    /// The rank of a state, if it is public.
    pub(super) fn rank(&self, state: State) -> Option<u32> {
        Some(self.ranks[state as usize]).filter(|&rank| rank != NONE)
    }

    pub(super) fn state(&self, rank: u32) -> State {
        self.states[rank as usize]
    }

    /// The next in the elimination tree.
    pub(super) fn above(&self, rank: u32) -> Option<u32> {
        Some(self.parent[rank as usize]).filter(|&parent| parent != NONE)
    }

    /// How many states it ranks.
    pub(super) fn len(&self) -> usize {
        self.states.len()
    }
}
