//! The turn-expanded graph: its states, and which state follows which at what cost.
//!
//! A *state* is "driving this edge": state `e` is edge `e` with no ban begun, and behind the edges come the copies, one
//! for each state of the automaton of [`Bans`] that remembers more than its last edge. A *turn* leads from a state to the
//! state of a following edge. All rules about turns are settled here, once, so a search only walks arrays:
//!
//! - a sequence that [`network::Forbidden`] names is never completed, however long it is;
//! - a barrier that stops this mode ends the edge: no turn leads through it, nor back from it; where it opens at times there are turns,
//!   which are known and usually not taken;
//! - a gate with [`Access::Ends`] is passed only into or out of the zone behind it (the search keeps the rule of zones),
//!   and is a dead end for everybody else;
//! - turning back happens at dead ends only, where no other open edge, nor one of the same zone, leads on.
//!
//! Angles are whole degrees ([`crate::bearings`]), costs are integers.

use bytemuck::{Pod, Zeroable};
use network::{Access, Array, EdgeId, Network, NodeId};

use crate::bans::{Bans, Progress};
use crate::bearings::Bearings;
use crate::profile::Table;
use crate::weight::Weight;
use crate::zones::{PUBLIC, Zone, Zones};

/// A state of the turn-expanded graph.
pub(crate) type State = u32;

/// One turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Turn {
    /// The state that follows.
    pub(crate) to: State,
    /// The zone of its edge, here because every turn asks for it.
    pub(crate) zone: Zone,
    /// What turning costs, without either edge.
    pub(crate) cost_ms: u32,
}

impl Turn {
    /// What turning weighs, without either edge.
    pub(crate) fn weight(self) -> Weight {
        Weight::new(u64::from(self.cost_ms), 0)
    }
}

/// The turns of one profile, an adjacency array over states.
pub(crate) struct Turns {
    pub(crate) first_out: Array<u32>,
    /// By state, as `first_out` says.
    pub(crate) list: Array<Turn>,
    /// The edges of the copies: of state `edge_count + i`.
    pub(crate) copies: Array<EdgeId>,
    /// The numbers of those at a barrier that stops this mode but at times, ascending.
    pub(crate) gated: Array<u32>,
    pub(crate) edge_count: usize,
}

impl Turns {
    /// Those of a profile, under the bans of its family, with which it shares the names of states.
    pub(crate) fn new(rules: Rules<'_>, bans: &Bans) -> Self {
        let (memories, copies) = bans.memories().unzip();
        Expansion { rules, bans, memories, copies }.expand()
    }

    /// How many states there are.
    pub(crate) fn state_count(&self) -> usize {
        self.edge_count + self.copies.len()
    }

    /// The edge that is driven in a state.
    pub(crate) fn edge(&self, state: State) -> EdgeId {
        match (state as usize).checked_sub(self.edge_count) {
            None => EdgeId(state),
            Some(copy) => self.copies[copy],
        }
    }

    /// The numbers of the turns out of a state.
    pub(crate) fn range(&self, state: State) -> std::ops::Range<usize> {
        self.first_out[state as usize] as usize..self.first_out[state as usize + 1] as usize
    }

    /// Whether a turn, by its number, is at a barrier that stops this mode but at times.
    #[inline]
    pub(crate) fn is_gated(&self, turn: usize) -> bool {
        !self.gated.is_empty() && self.gated.binary_search(&(turn as u32)).is_ok()
    }

    /// The turns out of a state.
    pub(crate) fn from(&self, state: State) -> &[Turn] {
        &self.list[self.range(state)]
    }
}

/// What is needed while the turns are laid out.
struct Expansion<'a> {
    rules: Rules<'a>,
    bans: &'a Bans,
    /// The states of `bans` that get a copy of their edge, ascending.
    memories: Vec<Progress>,
    copies: Vec<EdgeId>,
}

impl Expansion<'_> {
    fn expand(self) -> Turns {
        let edge_count = self.rules.network.edge_count();
        let mut first_out = Vec::with_capacity(edge_count + self.copies.len() + 1);
        let (mut list, mut gated) = (Vec::new(), Vec::new());
        first_out.push(0);
        for edge in self.rules.network.edges() {
            let progress =
                self.bans.step(Progress::NONE, edge, self.rules.table.mode).expect("a ban is at least two edges long");
            self.turns_from(progress, edge, &mut list, &mut gated);
            first_out.push(list.len() as u32);
        }
        for (&progress, &edge) in self.memories.iter().zip(&self.copies) {
            self.turns_from(progress, edge, &mut list, &mut gated);
            first_out.push(list.len() as u32);
        }
        let (first_out, list, copies, gated) = (first_out.into(), list.into(), self.copies.into(), gated.into());
        Turns { first_out, list, copies, gated, edge_count }
    }

    fn turns_from(&self, progress: Progress, edge: EdgeId, turns: &mut Vec<Turn>, gated: &mut Vec<u32>) {
        let first = turns.len() as u32;
        for next in self.rules.followers(edge) {
            if let Some(after) = self.bans.step(progress, next, self.rules.table.mode) {
                let (to, zone) = (self.state(after, next), self.rules.zones.of(next));
                turns.push(Turn { to, zone, cost_ms: self.rules.cost_ms(edge, next) });
            }
        }
        if self.rules.is_gate(self.rules.network.head(edge)) {
            gated.extend(first..turns.len() as u32);
        }
    }

    /// The state of driving `edge` with `progress`.
    fn state(&self, progress: Progress, edge: EdgeId) -> State {
        let copy = self.memories.binary_search(&progress).ok();
        copy.map_or(edge.0, |copy| (self.rules.network.edge_count() + copy) as State)
    }
}

/// The rules and costs of a single turn.
pub(crate) struct Rules<'a> {
    network: &'a Network,
    table: &'a Table,
    zones: &'a Zones,
    bearings: Bearings,
    /// Closed, but open at times; ascending.
    openings: &'a [EdgeId],
    /// Barriers that stop the mode, but open at times; ascending.
    gates: &'a [NodeId],
    /// By node: how many pieces of road meet there.
    pieces: Vec<u16>,
}

impl<'a> Rules<'a> {
    pub(crate) fn new(network: &'a Network, table: &'a Table, zones: &'a Zones, bearings: Bearings) -> Self {
        let usable = |edge| network.access(edge, table.mode) != Access::No;
        let mut pieces = vec![0_u16; network.node_count()];
        for edge in network.edges().filter(|&edge| usable(edge)) {
            // Each piece counts once: by its smaller usable direction.
            if network.reverse(edge).is_none_or(|opposite| edge < opposite || !usable(opposite)) {
                for node in [network.tail(edge), network.head(edge)] {
                    let count = &mut pieces[node.0 as usize];
                    *count = count.saturating_add(1);
                }
            }
        }
        Self { network, table, zones, bearings, openings: &[], gates: &[], pieces }
    }

    /// The same, with turns into and out of roads that are open at times, and through barriers that are.
    pub(crate) fn with_openings(self, openings: &'a [EdgeId], gates: &'a [NodeId]) -> Self {
        Self { openings, gates, ..self }
    }

    fn is_gate(&self, node: NodeId) -> bool {
        !self.gates.is_empty() && self.gates.binary_search(&node).is_ok()
    }

    fn usable(&self, edge: EdgeId) -> bool {
        self.network.access(edge, self.table.mode) != Access::No
    }

    /// The edges that may follow `edge`, as far as a single turn can tell.
    pub(crate) fn followers(&self, edge: EdgeId) -> impl Iterator<Item = EdgeId> {
        let node = self.network.head(edge);
        self.network.edges_from(node).filter(move |&next| self.may_follow(edge, node, next))
    }

    fn may_follow(&self, edge: EdgeId, node: NodeId, next: EdgeId) -> bool {
        let is_open_at_times = |edge| !self.openings.is_empty() && self.openings.binary_search(&edge).is_ok();
        if [edge, next].into_iter().any(|edge| !self.usable(edge) && !is_open_at_times(edge)) {
            return false;
        }
        let is_back = self.network.reverse(edge) == Some(next);
        match self.network.barrier(node, self.table.mode) {
            Access::No if !self.is_gate(node) => false,
            _ if is_back => self.is_dead_end(edge, node),
            Access::Ends => self.zones.of(edge) != PUBLIC || self.zones.of(next) != PUBLIC,
            Access::Yes | Access::No => true,
        }
    }

    /// Whether nobody who came by `edge` could drive on otherwise than back.
    fn is_dead_end(&self, edge: EdgeId, node: NodeId) -> bool {
        let back = self.network.reverse(edge);
        let zone = self.zones.of(edge);
        let leads_on = |next| self.usable(next) && [PUBLIC, zone].contains(&self.zones.of(next));
        !self.network.edges_from(node).any(|next| Some(next) != back && leads_on(next))
    }

    /// What turning from `edge` into `next` costs.
    pub(crate) fn cost_ms(&self, edge: EdgeId, next: EdgeId) -> u32 {
        let node = self.network.head(edge);
        let (flags, next_flags) = (self.network.flags(edge), self.network.flags(next));
        if flags.ferry() || next_flags.ferry() {
            return 0;
        }
        let charge = |is_there: bool, cost_ms: u32| if is_there { cost_ms } else { 0 };
        let stop = charge(self.network.has_signals(node), self.table.signals_ms)
            + charge(self.network.has_toll_booth(node), self.table.toll_booth_ms)
            + charge(self.network.is_border(node), self.table.border_ms);
        if self.network.reverse(edge) == Some(next) {
            return stop + self.table.u_turn_ms;
        }
        // Where traffic keeps to the left, everything is the other way round.
        let mirrored = |degrees: i32| if flags.left_hand() { -degrees } else { degrees };
        stop + match (flags.roundabout(), next_flags.roundabout()) {
            (true, _) => 0,
            (false, true) => self.table.roundabout_entry_ms,
            (false, false) if self.pieces[node.0 as usize] < 3 => 0,
            (false, false) => self.table.turn_ms(mirrored(self.bearings.angle(edge, next))),
        }
    }
}
