//! Turns that a router does not take although its layout has them: at a gate that its vehicle is too wide for, say.
//!
//! A layout is shared by all who travel alike, and so are the names of its turns; what one vehicle may not do is a set of their
//! numbers beside it. Usually nobody takes turns at a barrier that is open at times only, which the layout knows. Most routers have
//! none of both, so the sets are looked at only where there are some. Never in here: edges, which a weight closes.

use std::sync::Arc;

use network::NodeId;

use crate::layout::Layout;
use crate::turns::State;

/// Which turns a router does not take.
#[derive(Clone)]
pub(crate) enum Untaken {
    /// Those at barriers that are open at times only.
    Gated,
    /// None: all such barriers are open.
    None,
    /// These.
    Shut(Arc<Shut>),
}

impl Untaken {
    /// Whether a turn, by its number, is one of them.
    #[inline]
    pub(crate) fn contains(&self, layout: &Layout, turn: usize) -> bool {
        match self {
            Self::Gated => layout.turns.is_gated(turn),
            Self::None => false,
            Self::Shut(shut) => shut.contains(turn),
        }
    }

    /// Whether the turn from one state to another is one of them.
    pub(crate) fn between(&self, layout: &Layout, from: State, to: State) -> bool {
        let is_any = match self {
            Self::Gated => !layout.turns.gated.is_empty(),
            Self::None => false,
            Self::Shut(_) => true,
        };
        let mut turns = layout.turns.range(from);
        is_any && turns.any(|turn| layout.turns.list[turn].to == to && self.contains(layout, turn))
    }
}

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
    fn contains(&self, turn: usize) -> bool {
        self.bits[turn / 64] >> (turn % 64) & 1 == 1
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
