//! Turns that a router does not take although its layout has them: at a gate that its vehicle is too wide for, say.
//!
//! A layout is shared by all who travel alike, and so are the names of its turns; what one vehicle may not do is a set of their
//! numbers beside it. Most routers have none, so the set is looked at only where there is one. Never in here: edges, which a weight
//! closes.

use network::NodeId;

use crate::layout::Layout;
use crate::turns::State;

/// A set of turns, by their numbers.
pub(crate) struct Shut {
    bits: Vec<u64>,
    count: usize,
}

impl Shut {
    /// None of a layout.
    pub(crate) fn none(layout: &Layout) -> Self {
        Self { bits: vec![0; layout.turns.list.len().div_ceil(64)], count: 0 }
    }

    /// Adds a turn.
    pub(crate) fn add(&mut self, turn: usize) {
        self.count += usize::from(!self.contains(turn));
        self.bits[turn / 64] |= 1 << (turn % 64);
    }

    /// Adds all turns at a node.
    pub(crate) fn add_node(&mut self, layout: &Layout, node: NodeId) {
        for &edge in layout.edges_into(node) {
            for state in layout.approach.states(edge) {
                layout.turns.range(state).for_each(|turn| self.add(turn));
            }
        }
    }

    /// Whether a turn is one of them.
    #[inline]
    pub(crate) fn contains(&self, turn: usize) -> bool {
        self.bits[turn / 64] >> (turn % 64) & 1 == 1
    }

    /// Whether the turn from one state to another is.
    pub(crate) fn between(&self, layout: &Layout, from: State, to: State) -> bool {
        layout.turns.range(from).any(|turn| layout.turns.list[turn].to == to && self.contains(turn))
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How much memory they take.
    pub(crate) fn bytes(&self) -> usize {
        8 * self.bits.len()
    }
}
