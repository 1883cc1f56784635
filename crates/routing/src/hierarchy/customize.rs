//! The metric of a hierarchy: the weight of every arc.
//!
//! Basic customization (Dibbelt et al. 2016, section 6.1): an arc weighs what its turn does, or what the lightest way through
//! a lower state does, whichever is less. States are taken upwards, so when a state's own arcs are settled those of all lower
//! states are. After it, the lightest way between two states leads upwards first and downwards then.

use super::contract::{Lists, NONE, Topology};
use crate::weight::Weight;

/// Where an arc's weight comes from: a turn, or a way through a lower state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Middle(u32);

impl Middle {
    pub(super) const TURN: Middle = Middle(NONE);

    /// The lower state, unless the arc is a turn.
    pub(super) fn state(self) -> Option<u32> {
        (self.0 != NONE).then_some(self.0)
    }
}

/// The weights of all arcs of one kind.
pub(super) struct Weights {
    pub(super) weight: Vec<Weight>,
    pub(super) middle: Vec<Middle>,
}

impl Weights {
    fn none(lists: &Lists) -> Self {
        Self { weight: vec![Weight::INFINITE; lists.high.len()], middle: vec![Middle::TURN; lists.high.len()] }
    }

    fn lower(&mut self, arc: usize, weight: Weight, middle: Middle) {
        if weight < self.weight[arc] {
            self.weight[arc] = weight;
            self.middle[arc] = middle;
        }
    }
}

/// One weight for each arc of a [`Topology`].
pub(super) struct Metric {
    pub(super) up: Weights,
    pub(super) down: Weights,
}

impl Metric {
    /// Customizes `topology` with `turns`, each with its weight.
    pub(super) fn new(topology: &Topology, turns: impl Iterator<Item = (u32, u32, Weight)>) -> Self {
        let Topology { up, down, .. } = topology;
        let mut metric = Self { up: Weights::none(up), down: Weights::none(down) };
        for (from, to, weight) in turns.filter(|(from, to, _)| from != to) {
            let (lists, weights) = if from < to { (up, &mut metric.up) } else { (down, &mut metric.down) };
            let arc = lists.find(from.min(to), from.max(to)).expect("a topology holds the turns that it was made of");
            weights.lower(arc, weight, Middle::TURN);
        }
        let mut position = vec![NONE; topology.parent.len()];
        for state in 0..topology.parent.len() as u32 {
            relax(state, (up, &mut metric.up), (down, &metric.down), &mut position);
            relax(state, (down, &mut metric.down), (up, &metric.up), &mut position);
        }
        metric
    }
}

/// Lowers the arcs of one kind at `state` by the ways through lower states: by an arc of the other kind, of which `state` is
/// the higher end, and on by an arc of this kind.
fn relax(
    state: u32,
    (lists, weights): (&Lists, &mut Weights),
    (other, others): (&Lists, &Weights),
    position: &mut [u32],
) {
    for arc in lists.range(state) {
        position[lists.high[arc] as usize] = arc as u32;
    }
    for &first in other.arcs_below(state) {
        let begin = others.weight[first as usize];
        if begin == Weight::INFINITE {
            continue;
        }
        let low = other.low[first as usize];
        for second in lists.range(low).rev() {
            let high = lists.high[second];
            if high <= state {
                break;
            }
            let weight = begin.plus(weights.weight[second]);
            weights.lower(position[high as usize] as usize, weight, Middle(low));
        }
    }
}
