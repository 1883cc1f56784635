//! Forbidden sequences of edges as an automaton: how much of which ban has just been driven.
//!
//! The automaton of A. V. Aho and M. J. Corasick, "Efficient string matching: an aid to bibliographic search" (1975),
//! with edges as letters and [`network::Forbidden`] sequences of any length as words. Its state after a path is the
//! longest end of the path that begins a ban; a step that completes one is refused. A state no longer than one edge says
//! nothing that the edge itself does not, so only the longer ones become copies of an edge in the turn-expanded graph.
//!
//! Never in here: what a U-turn, a barrier or a private road forbids; those are rules about a single turn.

use std::collections::HashMap;

use network::{EdgeId, Mode, Network};

/// A state of the automaton.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Progress(u32);

impl Progress {
    /// No ban has begun.
    pub(crate) const NONE: Progress = Progress(0);
}

/// One state: the path that leads to it from [`Progress::NONE`] is the beginning of a ban.
#[derive(Clone, Copy)]
struct State {
    /// Where it ends; meaningless at the root.
    edge: EdgeId,
    /// How many edges long it is.
    depth: u32,
    /// The state of its longest proper end.
    fallback: Progress,
    /// Whether it is, or ends with, a whole ban.
    complete: bool,
}

/// The automaton of all bans for one mode.
pub(crate) struct Bans {
    states: Vec<State>,
    next: HashMap<(Progress, EdgeId), Progress>,
}

impl Bans {
    /// The bans that hold for `mode`.
    pub(crate) fn new(network: &Network, mode: Mode) -> Self {
        let root = State { edge: EdgeId(u32::MAX), depth: 0, fallback: Progress::NONE, complete: false };
        let mut bans = Self { states: vec![root], next: HashMap::new() };
        for ban in network.forbidden().filter(|ban| ban.modes.contains(mode)) {
            bans.add(ban.edges);
        }
        bans.link();
        bans
    }

    fn add(&mut self, edges: &[EdgeId]) {
        let end = edges.iter().fold(Progress::NONE, |at, &edge| {
            *self.next.entry((at, edge)).or_insert_with(|| {
                let depth = self.states[at.0 as usize].depth + 1;
                self.states.push(State { edge, depth, fallback: Progress::NONE, complete: false });
                Progress(self.states.len() as u32 - 1)
            })
        });
        self.states[end.0 as usize].complete = true;
    }

    /// Sets the fallbacks, shorter states first, since each leans on shorter ones.
    fn link(&mut self) {
        let mut arrows: Vec<_> = self.next.iter().map(|(&(from, edge), &to)| (from, edge, to)).collect();
        arrows.sort_unstable_by_key(|&(from, _, to)| (self.states[from.0 as usize].depth, to.0));
        for (from, edge, to) in arrows {
            if from != Progress::NONE {
                let fallback = self.follow(self.states[from.0 as usize].fallback, edge);
                let complete = self.states[fallback.0 as usize].complete;
                let state = &mut self.states[to.0 as usize];
                state.fallback = fallback;
                state.complete |= complete;
            }
        }
    }

    /// The longest end of "`from`, then `edge`" that begins a ban.
    fn follow(&self, mut from: Progress, edge: EdgeId) -> Progress {
        loop {
            if let Some(&to) = self.next.get(&(from, edge)) {
                return to;
            }
            if from == Progress::NONE {
                return Progress::NONE;
            }
            from = self.states[from.0 as usize].fallback;
        }
    }

    /// Drives `edge` after `from`; `None` when that completes a ban.
    pub(crate) fn step(&self, from: Progress, edge: EdgeId) -> Option<Progress> {
        let to = self.follow(from, edge);
        (!self.states[to.0 as usize].complete).then_some(to)
    }

    /// Every state that says more than its last edge, with that edge, in a fixed order.
    pub(crate) fn memories(&self) -> impl Iterator<Item = (Progress, EdgeId)> {
        let states = self.states.iter().enumerate();
        states
            .filter(|(_, state)| state.depth >= 2 && !state.complete)
            .map(|(number, state)| (Progress(number as u32), state.edge))
    }
}
