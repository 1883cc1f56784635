//! Which edges one can both get to and get away from, as most of the map can.
//!
//! Strongly connected components of the turn-expanded graph, by R. E. Tarjan, "Depth-first search and linear graph
//! algorithms" (1972), with an explicit stack: roads are deeper than threads' stacks. Snapping uses them to avoid the
//! crumbs of a map: a parking deck whose ramp is not drawn, or a one-way street that is cut off by the edge of an extract.
//!
//! A state without turns (at a bollard) counts as linked to the opposite direction, since a place on that piece of road is
//! left by the one and reached by the other.

use network::{Access, EdgeId, Mode, Network};

use crate::turns::{State, Turns};

/// A component with fewer states than this, and also …
const FEW: u32 = 100;
/// … less than one in this many of the largest, is a crumb. A hamlet on an island is none.
const SHARE: u32 = 20;

/// By edge: whether it is part of a component that is worth snapping to.
pub(crate) fn connected_edges(network: &Network, mode: Mode, turns: &Turns) -> Vec<bool> {
    let component = Tarjan::new(network, mode, turns).run();
    let mut size = vec![0_u32; component.iter().max().map_or(0, |&last| last as usize + 1)];
    for &number in &component {
        size[number as usize] += 1;
    }
    let largest = size.iter().copied().max().unwrap_or(0);
    let mut connected = vec![false; network.edge_count()];
    for (state, &number) in component.iter().enumerate() {
        let edge = turns.edge(state as State);
        let size = size[number as usize];
        let is_crumb = size < FEW && size * SHARE < largest;
        connected[edge.0 as usize] |= !is_crumb && network.access(edge, mode) != Access::No;
    }
    connected
}

/// "Not yet" among the numbers of visits and components.
const NONE: u32 = u32::MAX;

struct Tarjan<'a> {
    network: &'a Network,
    mode: Mode,
    turns: &'a Turns,
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
    fn new(network: &'a Network, mode: Mode, turns: &'a Turns) -> Self {
        let count = turns.state_count();
        let none = || vec![NONE; count];
        Self {
            network,
            mode,
            turns,
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
        while let Some((state, seen)) = way.last_mut() {
            let (state, next) = (*state, self.successor(*state, *seen));
            *seen += 1;
            match next {
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

    fn successor(&self, state: State, number: usize) -> Option<State> {
        let turns = self.turns.from(state);
        if turns.is_empty() && number == 0 {
            return self.opposite(state);
        }
        turns.get(number).map(|turn| turn.to)
    }

    fn opposite(&self, state: State) -> Option<State> {
        let usable = |edge: &EdgeId| self.network.access(*edge, self.mode) != Access::No;
        let edge = Some(self.turns.edge(state)).filter(usable)?;
        self.network.reverse(edge).filter(usable).map(|opposite| opposite.0)
    }
}
