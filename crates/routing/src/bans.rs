//! Forbidden sequences of edges as an automaton: how much of which ban has just been driven.
//!
//! The automaton of A. V. Aho and M. J. Corasick, "Efficient string matching: an aid to bibliographic search" (1975),
//! with edges as letters and [`network::Forbidden`] sequences of any length as words. Its state after a path is the
//! longest end of the path that begins a ban; a step that completes one is refused. A state no longer than one edge says
//! nothing that the edge itself does not, so only the longer ones become copies of an edge in the turn-expanded graph.
//!
//! One automaton serves a family of profiles, so that all of them name states alike: a ban that holds for some of them only is
//! refused to those, and the others drive on. A whole ban that begins no longer one tells the others nothing.
//!
//! Never in here: what a U-turn, a barrier or a private road forbids; those are rules about a single turn.

use std::collections::HashMap;

use network::{EdgeId, Mode, ModeSet, Network};

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
    /// For whom it is, or ends with, a whole ban.
    complete: ModeSet,
    /// Whether a longer beginning of a ban goes on from here.
    goes_on: bool,
}

/// The automaton of all bans for some modes.
pub(crate) struct Bans {
    states: Vec<State>,
    next: HashMap<(Progress, EdgeId), Progress>,
}

impl Bans {
    /// The bans that hold for any of `modes`.
    pub(crate) fn new(network: &Network, modes: ModeSet) -> Self {
        let mut bans = Self { states: Vec::new(), next: HashMap::new() };
        bans.push(EdgeId(u32::MAX), 0);
        for ban in network.forbidden().filter(|ban| modes.iter().any(|mode| ban.modes.contains(mode))) {
            bans.add(ban.edges, ban.modes);
        }
        // What is forbidden at times is remembered, and refused to nobody here: see `crate::timed`.
        let at_times = network.forbidden_at_times().map(|(ban, _)| ban);
        for ban in at_times.filter(|ban| modes.iter().any(|mode| ban.modes.contains(mode))) {
            bans.add(ban.edges, ModeSet::EMPTY);
        }
        bans.link();
        bans
    }

    fn push(&mut self, edge: EdgeId, depth: u32) -> Progress {
        self.states.push(State { edge, depth, fallback: Progress::NONE, complete: ModeSet::EMPTY, goes_on: false });
        Progress(self.states.len() as u32 - 1)
    }

    fn add(&mut self, edges: &[EdgeId], modes: ModeSet) {
        let mut at = Progress::NONE;
        for &edge in edges {
            self.states[at.0 as usize].goes_on = true;
            at = if let Some(&next) = self.next.get(&(at, edge)) {
                next
            } else {
                let next = self.push(edge, self.states[at.0 as usize].depth + 1);
                self.next.insert((at, edge), next);
                next
            };
        }
        let end = &mut self.states[at.0 as usize];
        end.complete = end.complete.union(modes);
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
                state.complete = state.complete.union(complete);
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

    /// Drives `edge` after `from`; `None` when that completes a ban for `mode`.
    pub(crate) fn step(&self, from: Progress, edge: EdgeId, mode: Mode) -> Option<Progress> {
        let mut to = self.follow(from, edge);
        if self.states[to.0 as usize].complete.contains(mode) {
            return None;
        }
        while to != Progress::NONE && !self.states[to.0 as usize].goes_on {
            to = self.states[to.0 as usize].fallback;
        }
        Some(to)
    }

    /// Every state that says more than its last edge, with that edge, in a fixed order.
    pub(crate) fn memories(&self) -> impl Iterator<Item = (Progress, EdgeId)> {
        let states = self.states.iter().enumerate();
        states
            .filter(|(_, state)| state.depth >= 2 && state.goes_on)
            .map(|(number, state)| (Progress(number as u32), state.edge))
    }
}
