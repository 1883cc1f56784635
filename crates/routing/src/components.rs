//! Which edges one can both get to and get away from, as most of the map can.
//!
//! Strongly connected components of the turn-expanded graph, by R. E. Tarjan, "Depth-first search and linear graph
//! algorithms" (1972), with an explicit stack: roads are deeper than threads' stacks. Snapping uses them to avoid the
//! crumbs of a map: a parking deck whose ramp is not drawn, or a one-way street that is cut off by the edge of an extract.
//!
//! On public roads only public turns count: the one-way exit of a private car park leads to the rest of the map, but nobody
//! who comes from there may take it. Within zones all turns count. A state without such turns (at a bollard) is linked to
//! the opposite direction, since a place on that piece of road is left by the one and reached by the other.

use network::{Access, EdgeId, Mode, Network};

use crate::turns::{State, Turns};
use crate::zones::{PUBLIC, Zones};

/// A component with fewer states than this, and also …
const FEW: u32 = 100;
/// … less than one in this many of the largest, is a crumb. A hamlet on an island is none.
const SHARE: u32 = 20;

/// By edge: whether it is part of a component that is worth snapping to.
pub(crate) fn connected_edges(network: &Network, mode: Mode, zones: &Zones, turns: &Turns) -> Vec<bool> {
    let public = large_edges(network, turns, &Tarjan::new(network, mode, zones, turns, true).run());
    let all = large_edges(network, turns, &Tarjan::new(network, mode, zones, turns, false).run());
    let is_connected = |edge: EdgeId| {
        let large = if zones.of(edge) == PUBLIC { &public } else { &all };
        network.access(edge, mode) != Access::No && large[edge.0 as usize]
    };
    network.edges().map(is_connected).collect()
}

/// By edge: whether one of its states is in a component that is no crumb.
fn large_edges(network: &Network, turns: &Turns, component: &[u32]) -> Vec<bool> {
    let mut size = vec![0_u32; component.iter().max().map_or(0, |&last| last as usize + 1)];
    for &number in component {
        size[number as usize] += 1;
    }
    let largest = size.iter().copied().max().unwrap_or(0);
    let mut large = vec![false; network.edge_count()];
    for (state, &number) in component.iter().enumerate() {
        let size = size[number as usize];
        large[turns.edge(state as State).0 as usize] |= size >= FEW || size * SHARE >= largest;
    }
    large
}

/// "Not yet" among the numbers of visits and components.
const NONE: u32 = u32::MAX;

struct Tarjan<'a> {
    network: &'a Network,
    mode: Mode,
    zones: &'a Zones,
    turns: &'a Turns,
    /// Whether only turns from public to public roads are followed.
    only_public: bool,
    /// By state: when it was first visited.
    visit: Vec<u32>,
    /// By state: the earliest visit that it is known to lead back to.
    low: Vec<u32>,
    /// By state, once known.
    component: Vec<u32>,
    /// Visited states without a component yet, in order of visit.
    open: Vec<State>,
    visits: u32,
    components: u32,
}

impl<'a> Tarjan<'a> {
    fn new(network: &'a Network, mode: Mode, zones: &'a Zones, turns: &'a Turns, only_public: bool) -> Self {
        let count = turns.state_count();
        let none = || vec![NONE; count];
        Self {
            network,
            mode,
            zones,
            turns,
            only_public,
            visit: none(),
            low: none(),
            component: none(),
            open: Vec::new(),
            visits: 0,
            components: 0,
        }
    }

    /// The component of every state.
    fn run(mut self) -> Vec<u32> {
        for root in 0..self.turns.state_count() as State {
            if self.visit[root as usize] == NONE {
                self.explore(root);
            }
        }
        self.component
    }

    fn explore(&mut self, root: State) {
        self.enter(root);
        // Each state on the way down, with how many of its successors were looked at.
        let mut way = vec![(root, 0)];
        while let Some(&mut (state, ref mut seen)) = way.last_mut() {
            match self.successor(state, seen) {
                Some(next) if self.visit[next as usize] == NONE => {
                    self.enter(next);
                    way.push((next, 0));
                }
                Some(next) if self.component[next as usize] == NONE => self.lower(state, self.visit[next as usize]),
                Some(_) => {}
                None => {
                    way.pop();
                    self.leave(state);
                    if let Some(&(above, _)) = way.last() {
                        self.lower(above, self.low[state as usize]);
                    }
                }
            }
        }
    }

    fn enter(&mut self, state: State) {
        self.visit[state as usize] = self.visits;
        self.low[state as usize] = self.visits;
        self.visits += 1;
        self.open.push(state);
    }

    fn lower(&mut self, state: State, visit: u32) {
        let low = &mut self.low[state as usize];
        *low = visit.min(*low);
    }

    /// Closes the component that `state` was the first visit of, if it was.
    fn leave(&mut self, state: State) {
        if self.low[state as usize] != self.visit[state as usize] {
            return;
        }
        while let Some(member) = self.open.pop() {
            self.component[member as usize] = self.components;
            if member == state {
                break;
            }
        }
        self.components += 1;
    }

    /// The next state that follows `state`, of which `seen` were looked at.
    fn successor(&self, state: State, seen: &mut usize) -> Option<State> {
        let numbers = self.turns.range(state);
        while let Some(number) = numbers.clone().nth(*seen) {
            *seen += 1;
            if self.follows(state, number) {
                return Some(self.turns.list[number].to);
            }
        }
        let is_first_look = *seen == numbers.len();
        *seen = numbers.len() + 1;
        let is_trapped = || !numbers.clone().any(|number| self.follows(state, number));
        if is_first_look && is_trapped() { self.opposite(state) } else { None }
    }

    /// Whether one may follow a turn, by its number, in the usual hours, in which nothing leads to or through what is open at times only.
    fn follows(&self, state: State, number: usize) -> bool {
        let turn = &self.turns.list[number];
        let is_open =
            self.network.access(self.turns.edge(turn.to), self.mode) != Access::No && !self.turns.is_gated(number);
        is_open && (!self.only_public || (turn.zone == PUBLIC && self.zones.of(self.turns.edge(state)) == PUBLIC))
    }

    fn opposite(&self, state: State) -> Option<State> {
        let usable = |edge: &EdgeId| self.network.access(*edge, self.mode) != Access::No;
        let edge = Some(self.turns.edge(state)).filter(usable)?;
        self.network.reverse(edge).filter(usable).map(|opposite| opposite.0)
    }
}
