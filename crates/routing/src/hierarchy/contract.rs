//! The topology of a hierarchy: what is left of the turn-expanded graph when its states are eliminated in order.
//!
//! Dibbelt et al. (2016), section 4, in the directed form of Buchhold et al. (2020): to eliminate a state means to join each
//! state that leads to it with each that follows it, of those that are still there. An arc is kept in the lists of its
//! *lower* end: upwards to its head, or downwards from its tail. Other than in an undirected chordal graph, no arc is made
//! that would carry nothing in its direction whatever the weights.
//!
//! States are named by their ranks here and in all that follows. A higher state that can be reached upwards from a state
//! (or reaches it downwards) is one of its ancestors in the elimination tree of the graph without directions, which
//! J. W. H. Liu's algorithm ("The role of elimination trees in sparse factorization", 1990, section 4) finds from the turns.

use std::path::Path;

use network::{Array, ArrayFile, ArrayWriter, Network};

use super::customize::Kind;
use super::order::Order;
use crate::layout::Layout;
use crate::profile::Profile;
use crate::turns::State;

/// No state, or no arc.
pub(crate) const NONE: u32 = u32::MAX;

/// So many states of consecutive ranks are swept or left out together: what lies together has near ranks.
pub(super) const BLOCK: u32 = 256;

const KIND: &str = "topology";
/// Raised whenever an array changes its meaning.
const VERSION: u32 = 2;

/// The arcs of one kind, by their lower end.
#[derive(Default)]
pub(super) struct Lists {
    /// By state, and one more.
    pub(super) first: Array<u32>,
    /// The higher ends, ascending for each state.
    pub(super) high: Array<u32>,
}

impl Lists {
    /// The arcs of which a state is the lower end.
    pub(super) fn range(&self, low: u32) -> std::ops::Range<usize> {
        self.first[low as usize] as usize..self.first[low as usize + 1] as usize
    }

    /// The higher ends of the arcs of which a state is the lower.
    pub(super) fn of(&self, low: u32) -> &[u32] {
        &self.high[self.range(low)]
    }

    /// The arc between two states.
    pub(super) fn find(&self, low: u32, high: u32) -> Option<usize> {
        let range = self.range(low);
        self.high[range.clone()].binary_search(&high).ok().map(|position| range.start + position)
    }
}

/// The numbers of `keys` by their key.
pub(super) fn grouped(groups: usize, keys: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut first = vec![0; groups + 1];
    for &key in keys {
        first[key as usize + 1] += 1;
    }
    for group in 0..groups {
        first[group + 1] += first[group];
    }
    let mut next = first.clone();
    let mut numbers = vec![0; keys.len()];
    for (number, &key) in keys.iter().enumerate() {
        numbers[next[key as usize] as usize] = number as u32;
        next[key as usize] += 1;
    }
    (first, numbers)
}

/// The arcs of a hierarchy, without weights: shared by all profiles of a family, whose states have the same names.
///
/// The arcs of each kind are numbered by their lower, then by their higher ends.
pub struct Topology {
    /// By state: its rank; [`NONE`] for what is closed or private to all of the family.
    ranks: Array<u32>,
    /// By rank.
    states: Array<State>,
    /// By rank: the next in the elimination tree; [`NONE`] at a root.
    pub(super) parent: Array<u32>,
    /// Arcs from lower to higher states.
    pub(super) up: Lists,
    /// Arcs from higher to lower states.
    pub(super) down: Lists,
    /// The states by [`BLOCK`] consecutive ranks: whence arcs lead down into a block from beyond it.
    pub(super) sources: Lists,
}

impl std::fmt::Debug for Topology {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Topology({} states, {} arcs)", self.len(), self.arc_count())
    }
}

impl Topology {
    /// Eliminates the states that are public to any of the profiles, which are of one family, along an order.
    pub(crate) fn new(network: &Network, order: &Order, layouts: &[(Profile, &Layout)]) -> Self {
        let Some((_, any)) = layouts.first() else { return Self::eliminate(Vec::new(), Vec::new(), &[]) };
        let is_public = |(profile, layout): &(Profile, &Layout), state: State| {
            layout.is_public(network, any.turns.edge(state), profile.mode())
        };
        let count = any.turns.state_count();
        let is_member = |&state: &State| layouts.iter().any(|layout| is_public(layout, state));
        let mut states: Vec<State> = (0..count as State).filter(is_member).collect();
        states.sort_unstable_by_key(|&state| (order.ranks()[any.turns.edge(state).0 as usize], state));
        let mut ranks = vec![NONE; count];
        for (rank, &state) in states.iter().enumerate() {
            ranks[state as usize] = rank as u32;
        }
        let mut turns = Vec::new();
        for layout in layouts {
            for (rank, &state) in states.iter().enumerate().filter(|(_, state)| is_public(layout, **state)) {
                let public = layout.1.turns.from(state).iter().filter(|turn| is_public(layout, turn.to));
                turns.extend(public.map(|turn| (rank as u32, ranks[turn.to as usize])));
            }
        }
        Self::eliminate(ranks, states, &turns)
    }

    /// Eliminates `states`, which `turns` join by their ranks; turns from a state to itself are never of use.
    fn eliminate(ranks: Vec<u32>, states: Vec<State>, turns: &[(u32, u32)]) -> Self {
        let count = states.len();
        let pick = |is_up: bool| {
            let turns = turns.iter().filter(move |(from, to)| from != to && (from < to) == is_up);
            turns.map(move |&(from, to)| if is_up { (from, to) } else { (to, from) }).collect::<Vec<_>>()
        };
        let (up, down) = (pick(true), pick(false));
        let parent = elimination_tree(count, up.iter().chain(&down).copied());
        let mut fill = Fill::new(count, &up, &down);
        for state in 0..count as u32 {
            fill.eliminate(state);
        }
        let [up, down] = fill.lists.map(|list| Lists { first: list.first.into(), high: list.high.into() });
        let sources = sources(count as u32, &down);
        Self { ranks: ranks.into(), states: states.into(), parent: parent.into(), up, down, sources }
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), network::Error> {
        let mut file = ArrayWriter::create(path, KIND, VERSION, 9)?;
        file.array("rank", &self.ranks)?;
        file.array("state", &self.states)?;
        file.array("parent", &self.parent)?;
        file.array("first_up", &self.up.first)?;
        file.array("up", &self.up.high)?;
        file.array("first_down", &self.down.first)?;
        file.array("down", &self.down.high)?;
        file.array("first_source", &self.sources.first)?;
        file.array("source", &self.sources.high)?;
        file.finish()
    }

    pub(crate) fn open(path: &Path) -> Result<Self, network::Error> {
        let file = ArrayFile::open(path, KIND, VERSION)?;
        Ok(Self {
            ranks: file.array("rank")?,
            states: file.array("state")?,
            parent: file.array("parent")?,
            up: Lists { first: file.array("first_up")?, high: file.array("up")? },
            down: Lists { first: file.array("first_down")?, high: file.array("down")? },
            sources: Lists { first: file.array("first_source")?, high: file.array("source")? },
        })
    }

    /// The rank of a state, if it is public to anybody of the family.
    pub(crate) fn rank(&self, state: State) -> Option<u32> {
        Some(self.ranks[state as usize]).filter(|&rank| rank != NONE)
    }

    pub(super) fn state(&self, rank: u32) -> State {
        self.states[rank as usize]
    }

    /// All states by rank.
    pub(crate) fn states(&self) -> &[State] {
        &self.states
    }

    /// How many states are ranked.
    pub(crate) fn len(&self) -> usize {
        self.states.len()
    }

    /// How many arcs there are, both kinds together.
    pub(super) fn arc_count(&self) -> usize {
        self.up.high.len() + self.down.high.len()
    }

    /// The arcs of a kind.
    pub(super) fn lists(&self, kind: Kind) -> &Lists {
        match kind {
            Kind::Up => &self.up,
            Kind::Down => &self.down,
        }
    }
}

/// The arcs of one kind as they are found.
struct Found {
    first: Vec<u32>,
    high: Vec<u32>,
    low: Vec<u32>,
}

/// The arcs found so far, upwards and downwards.
struct Fill {
    /// By kind: the turns by their lower end.
    first_turn: [Vec<u32>; 2],
    turns: [Vec<u32>; 2],
    lists: [Found; 2],
    /// By kind and state: the last arc of which it is the higher end; the one before is in `before`.
    last_below: [Vec<u32>; 2],
    before: [Vec<u32>; 2],
    /// By state: twice the state for which it was last listed, and the kind.
    seen: Vec<u32>,
}

impl Fill {
    /// From the turns upwards and downwards, each as its lower and its higher end.
    fn new(count: usize, up: &[(u32, u32)], down: &[(u32, u32)]) -> Self {
        let by_low = |ends: &[(u32, u32)]| {
            let (first, numbers) = grouped(count, &ends.iter().map(|ends| ends.0).collect::<Vec<_>>());
            (first, numbers.into_iter().map(|number| ends[number as usize].1).collect())
        };
        let [(first_up, up), (first_down, down)] = [by_low(up), by_low(down)];
        let lists = || Found { first: vec![0], high: Vec::new(), low: Vec::new() };
        Self {
            first_turn: [first_up, first_down],
            turns: [up, down],
            lists: [lists(), lists()],
            last_below: [vec![NONE; count], vec![NONE; count]],
            before: [Vec::new(), Vec::new()],
            seen: vec![NONE; count],
        }
    }

    /// Lists the arcs of `state` to the higher ones: its turns, and what passing through lower states amounts to.
    fn eliminate(&mut self, state: u32) {
        for kind in [0, 1] {
            let begin = self.lists[kind].high.len();
            let turns = &self.first_turn[kind][state as usize..state as usize + 2];
            for position in turns[0] as usize..turns[1] as usize {
                self.list(kind, state, self.turns[kind][position]);
            }
            // From `state` down to a lower one, and up from there; the mirror image for the other kind.
            let mut arc = self.last_below[1 - kind][state as usize];
            while arc != NONE {
                let low = self.lists[1 - kind].low[arc as usize];
                let range = &self.lists[kind].first[low as usize..low as usize + 2];
                for position in (range[0] as usize..range[1] as usize).rev() {
                    let high = self.lists[kind].high[position];
                    if high <= state {
                        break;
                    }
                    self.list(kind, state, high);
                }
                arc = self.before[1 - kind][arc as usize];
            }
            self.lists[kind].high[begin..].sort_unstable();
        }
        for kind in [0, 1] {
            let lists = &mut self.lists[kind];
            for arc in lists.low.len()..lists.high.len() {
                lists.low.push(state);
                let last = &mut self.last_below[kind][lists.high[arc] as usize];
                self.before[kind].push(std::mem::replace(last, arc as u32));
            }
            lists.first.push(lists.high.len() as u32);
        }
    }

    fn list(&mut self, kind: usize, state: u32, high: u32) {
        let mark = 2 * state + kind as u32;
        if self.seen[high as usize] != mark {
            self.seen[high as usize] = mark;
            self.lists[kind].high.push(high);
        }
    }
}

/// By block: the states beyond it from which arcs lead down into it, ascending.
fn sources(count: u32, down: &Lists) -> Lists {
    let (mut first, mut high, mut of_block) = (vec![0], Vec::new(), Vec::new());
    for begin in (0..count).step_by(BLOCK as usize) {
        let end = (begin + BLOCK).min(count);
        of_block.clear();
        of_block.extend((begin..end).flat_map(|state| down.of(state)).filter(|&&high| high >= end));
        of_block.sort_unstable();
        of_block.dedup();
        high.extend_from_slice(&of_block);
        first.push(high.len() as u32);
    }
    Lists { first: first.into(), high: high.into() }
}

/// The parents in the elimination tree of the graph with these edges, each given as its lower and its higher end.
fn elimination_tree(count: usize, edges: impl Iterator<Item = (u32, u32)>) -> Vec<u32> {
    let ends: Vec<(u32, u32)> = edges.collect();
    let (first, by_high) = grouped(count, &ends.iter().map(|ends| ends.1).collect::<Vec<_>>());
    let mut parent = vec![NONE; count];
    // Shortcuts towards the roots of the trees so far.
    let mut above = vec![NONE; count];
    for high in 0..count as u32 {
        for &edge in &by_high[first[high as usize] as usize..first[high as usize + 1] as usize] {
            let mut low = ends[edge as usize].0;
            while low != high {
                let next = std::mem::replace(&mut above[low as usize], high);
                if next == NONE {
                    parent[low as usize] = high;
                    break;
                }
                low = next;
            }
        }
    }
    parent
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Eliminates literally.
    fn arcs_by_the_book(count: u32, turns: &[(u32, u32)]) -> BTreeSet<(u32, u32)> {
        let mut arcs: BTreeSet<_> = turns.iter().copied().filter(|(from, to)| from != to).collect();
        for low in 0..count {
            let of = |arcs: &BTreeSet<(u32, u32)>, ends: &dyn Fn(&(u32, u32)) -> Option<u32>| {
                arcs.iter().filter_map(ends).filter(|&end| end > low).collect::<Vec<_>>()
            };
            let before = of(&arcs, &|&(from, to)| (to == low).then_some(from));
            let after = of(&arcs, &|&(from, to)| (from == low).then_some(to));
            arcs.extend(before.iter().flat_map(|&from| after.iter().map(move |&to| (from, to))));
        }
        arcs.into_iter().filter(|(from, to)| from != to).collect()
    }

    #[test]
    fn arcs_are_those_of_literal_elimination_and_lead_to_ancestors() {
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..200 {
            let count = random.u32(1..15);
            let turns: Vec<_> = (0..random.u32(0..40)).map(|_| (random.u32(0..count), random.u32(0..count))).collect();
            let topology = Topology::eliminate(Vec::new(), (0..count).collect(), &turns);
            let mut found = BTreeSet::new();
            for low in 0..count {
                let ancestors: Vec<u32> = std::iter::successors(Some(low), |&state| {
                    Some(topology.parent[state as usize]).filter(|&parent| parent != NONE)
                })
                .collect();
                for (lists, is_up) in [(&topology.up, true), (&topology.down, false)] {
                    for arc in lists.range(low) {
                        let high = lists.high[arc];
                        assert!(ancestors.contains(&high));
                        assert_eq!(lists.find(low, high), Some(arc));
                        found.insert(if is_up { (low, high) } else { (high, low) });
                    }
                }
            }
            assert_eq!(found, arcs_by_the_book(count, &turns));
            assert_eq!(found.len(), topology.arc_count());
        }
    }
}
