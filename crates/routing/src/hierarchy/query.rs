//! The query: up the elimination tree from both ends of a leg, to where the two ways meet lightest.
//!
//! Dibbelt et al. (2016), section 5: all that a state reaches upwards are its ancestors in the elimination tree, so its
//! ancestors are taken in their order, and there is no queue. A leg has several entries and exits, each with a weight of its
//! own; their ancestors are taken together, lowest first, until they have become one line. Both climbs go side by side, so what
//! lies above the first meeting is looked at only by ways that are still lighter. Labels are reset by walking the same lines
//! again, so a query touches nothing else, and allocates nothing once its memory has grown.

use super::contract::NONE;
use super::ends::Near;
use super::{Hierarchy, Side};
use crate::turns::State;
use crate::weight::Weight;

const INFINITE: u64 = Weight::INFINITE.raw();

/// The labels of one direction; reused from query to query.
#[derive(Default)]
pub(crate) struct Climb {
    /// By rank; infinite between queries.
    weight: Vec<u64>,
    /// By rank, where the weight is finite: the lower rank on the way, or, counted down from the top, the number of the entry
    /// or exit.
    link: Vec<u32>,
    /// The ranks with labels, ascending.
    visited: Vec<u32>,
    /// Where the lines of ancestors stand that have not joined yet, ascending.
    lines: Vec<u32>,
}

/// Where the two ways meet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meeting {
    pub(crate) weight: Weight,
    rank: u32,
}

/// The lightest meeting below `bound` of the ways from `entries` and to `exits`.
pub(crate) fn meet(
    hierarchy: Hierarchy<'_>,
    (forward, entries): (&mut Climb, &[Near]),
    (backward, exits): (&mut Climb, &[Near]),
    bound: Weight,
) -> Option<Meeting> {
    forward.begin(hierarchy, entries);
    backward.begin(hierarchy, exits);
    let (up, down) = (hierarchy.up(), hierarchy.down());
    let (mut best, mut rank_of_best) = (bound.raw(), NONE);
    loop {
        let ends = (forward.lines.first().copied().unwrap_or(NONE), backward.lines.first().copied().unwrap_or(NONE));
        if ends == (NONE, NONE) {
            break;
        }
        let rank = ends.0.min(ends.1);
        if ends.0 == ends.1 {
            let both = forward.weight[rank as usize] + backward.weight[rank as usize];
            if both < best {
                (best, rank_of_best) = (both, rank);
            }
        }
        if ends.0 == rank {
            forward.step(hierarchy, up, rank, best);
        }
        if ends.1 == rank {
            backward.step(hierarchy, down, rank, best);
        }
    }
    (rank_of_best != NONE).then_some(Meeting { weight: Weight::from_raw(best), rank: rank_of_best })
}

impl Climb {
    /// Climbs from the entries of a leg to all ancestors.
    pub(crate) fn depart(&mut self, hierarchy: Hierarchy<'_>, entries: &[Near]) {
        self.begin(hierarchy, entries);
        while let Some(&rank) = self.lines.first() {
            self.step(hierarchy, hierarchy.up(), rank, INFINITE);
        }
    }

    /// Climbs from the exits of a leg alone, for [`super::Potentials`].
    pub(crate) fn arrive(&mut self, hierarchy: Hierarchy<'_>, exits: &[Near]) {
        self.begin(hierarchy, exits);
        while let Some(&rank) = self.lines.first() {
            self.step(hierarchy, hierarchy.down(), rank, INFINITE);
        }
    }

    /// What a climb found for a rank.
    pub(super) fn weight(&self, rank: u32) -> Weight {
        Weight::from_raw(self.weight[rank as usize])
    }

    /// The ranks that have been visited with their weights, ascending.
    pub(crate) fn visited(&self) -> impl Iterator<Item = (u32, Weight)> {
        self.visited.iter().map(|&rank| (rank, Weight::from_raw(self.weight[rank as usize])))
    }

    fn begin(&mut self, hierarchy: Hierarchy<'_>, ends: &[Near]) {
        for &rank in &self.visited {
            self.weight[rank as usize] = INFINITE;
        }
        self.visited.clear();
        self.lines.clear();
        if self.weight.len() < hierarchy.topology.len() {
            self.weight.resize(hierarchy.topology.len(), INFINITE);
            self.link.resize(hierarchy.topology.len(), NONE);
        }
        for (number, near) in ends.iter().enumerate() {
            let rank = hierarchy.topology.rank(near.state).expect("entries and exits are public");
            if near.weight.raw() < self.weight[rank as usize] {
                self.weight[rank as usize] = near.weight.raw();
                self.link[rank as usize] = NONE - number as u32;
                self.lines.push(rank);
            }
        }
        self.lines.sort_unstable();
        self.lines.dedup();
    }

    /// Takes the lowest rank of all lines; its arcs are relaxed when its weight is below `best`.
    #[inline]
    fn step(&mut self, hierarchy: Hierarchy<'_>, arcs: Side<'_>, rank: u32, best: u64) {
        self.advance(hierarchy.topology.parent[rank as usize]);
        self.visited.push(rank);
        let weight = self.weight[rank as usize];
        if weight >= best {
            return;
        }
        for (high, arc) in arcs.of(rank) {
            let longer = weight + arc;
            let known = &mut self.weight[high as usize];
            if longer < *known {
                *known = longer;
                self.link[high as usize] = rank;
            }
        }
    }

    /// The lowest line goes on to `parent`; lines that meet become one.
    #[inline]
    fn advance(&mut self, parent: u32) {
        if self.lines.len() == 1 && parent != NONE {
            self.lines[0] = parent;
            return;
        }
        // Keeps the lines ascending: there are few, and soon one.
        let mut place = 0;
        while let Some(&other) = self.lines.get(place + 1).filter(|&&other| other <= parent) {
            if other == parent {
                self.lines.remove(place);
                return;
            }
            self.lines[place] = other;
            place += 1;
        }
        if parent == NONE {
            self.lines.remove(place);
        } else {
            self.lines[place] = parent;
        }
    }

    /// The number of the end from which `rank` was reached, and the ranks from there to it.
    fn line_to(&self, mut rank: u32) -> (usize, Vec<u32>) {
        let mut line = vec![rank];
        loop {
            let link = self.link[rank as usize];
            if link as usize >= self.link.len() {
                line.reverse();
                return ((NONE - link) as usize, line);
            }
            line.push(link);
            rank = link;
        }
    }
}

/// The way through the hierarchy: the number of the entry, the states driven from it to the exit, the number of the exit.
pub(crate) fn unpack(
    hierarchy: Hierarchy<'_>,
    forward: &Climb,
    backward: &Climb,
    meeting: Meeting,
) -> (usize, Vec<State>, usize) {
    let (entry, up) = forward.line_to(meeting.rank);
    let (exit, mut down) = backward.line_to(meeting.rank);
    down.reverse();
    let mut states = vec![hierarchy.topology.state(up[0])];
    for arc in up.windows(2).chain(down.windows(2)) {
        expand(hierarchy, (arc[0], arc[1]), &mut states);
    }
    (entry, states, exit)
}

/// Appends the states that an arc stands for, without its first.
fn expand(hierarchy: Hierarchy<'_>, ends: (u32, u32), states: &mut Vec<State>) {
    let mut open = vec![ends];
    while let Some((from, to)) = open.pop() {
        match if from < to { hierarchy.up().middle(from, to) } else { hierarchy.down().middle(to, from) } {
            NONE => states.push(hierarchy.topology.state(to)),
            middle => open.extend([(middle, to), (from, middle)]),
        }
    }
}
