//! The query: up the elimination tree from both ends of a leg, to where the two ways meet lightest.
//!
//! Dibbelt et al. (2016), section 5: all that a state reaches upwards are its ancestors in the elimination tree, so its
//! ancestors are taken in their order, and there is no queue. A leg has several entries and exits, each with a weight of its
//! own; their ancestors are taken together, lowest first, until they have become one line. Both climbs go side by side to where
//! their lines are one, too. There a look ahead along this line tells how light the lightest way to be found will be at most, and how
//! near each end any of the line will be at least: all labels to come are made from those that are there. So most of what is left can
//! be passed over, which is the dearer half, for the states of the first cuts have the most arcs.
//!
//! Relaxing an arc takes no decision, since none could be foretold: weights are lowered by arithmetic alone (on Porto a
//! query takes three fifths of the time so), and links are kept only where the way is wanted. Labels are reset by walking the same
//! lines again, so a query touches nothing else, and allocates nothing once its memory has grown.

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
    /// By rank, where the weight is finite and links were asked for: the lower rank on the way, or, counted down from the top, the number of the entry
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

/// The lightest meeting below `bound` of the ways from `entries` and to `exits`; for [`unpack`] with links.
pub(crate) fn meet<const LINKS: bool>(
    hierarchy: Hierarchy<'_>,
    (forward, entries): (&mut Climb, &[Near]),
    (backward, exits): (&mut Climb, &[Near]),
    bound: Weight,
) -> Option<Meeting> {
    forward.begin(hierarchy, entries);
    backward.begin(hierarchy, exits);
    let mut best = Best { weight: bound.raw(), rank: NONE };
    let line = join::<LINKS>(hierarchy, forward, backward, &mut best);
    climb_line::<LINKS>(hierarchy, line, forward, backward, &mut best);
    (best.rank != NONE).then_some(Meeting { weight: Weight::from_raw(best.weight), rank: best.rank })
}

/// The lightest meeting so far.
struct Best {
    weight: u64,
    rank: u32,
}

impl Best {
    /// Notes that the ways meet at a rank.
    #[inline]
    fn offer(&mut self, rank: u32, weight: u64) {
        if weight < self.weight {
            *self = Self { weight, rank };
        }
    }
}

/// Climbs to where all lines of both directions are one; its lowest rank, or [`NONE`].
fn join<const LINKS: bool>(
    hierarchy: Hierarchy<'_>,
    forward: &mut Climb,
    backward: &mut Climb,
    best: &mut Best,
) -> u32 {
    let (up, down) = (hierarchy.up(), hierarchy.down());
    loop {
        let (to, from) = (forward.lowest(), backward.lowest());
        if to == from && forward.lines.len() <= 1 && backward.lines.len() <= 1 {
            return to;
        }
        let rank = to.min(from);
        if to == from {
            best.offer(rank, forward.weight[rank as usize] + backward.weight[rank as usize]);
        }
        if to == rank {
            forward.step::<LINKS>(hierarchy, up, rank, best.weight);
        }
        if from == rank {
            backward.step::<LINKS>(hierarchy, down, rank, best.weight);
        }
    }
}

/// Climbs the line that both directions have in common, from its lowest rank.
fn climb_line<const LINKS: bool>(
    hierarchy: Hierarchy<'_>,
    lowest: u32,
    forward: &mut Climb,
    backward: &mut Climb,
    best: &mut Best,
) {
    let (up, down) = (hierarchy.up(), hierarchy.down());
    let some = |rank: u32| (rank != NONE).then_some(rank);
    let line = || std::iter::successors(some(lowest), |&rank| some(hierarchy.topology.parent[rank as usize]));
    let (mut least_to, mut least_from) = (INFINITE, INFINITE);
    for rank in line() {
        let (to, from) = (forward.weight[rank as usize], backward.weight[rank as usize]);
        (least_to, least_from) = (least_to.min(to), least_from.min(from));
        best.offer(rank, to + from);
    }
    for rank in line() {
        best.offer(rank, forward.weight[rank as usize] + backward.weight[rank as usize]);
        // What is to be added to a label is at least the least of the other direction.
        forward.step::<LINKS>(hierarchy, up, rank, best.weight.saturating_sub(least_from));
        backward.step::<LINKS>(hierarchy, down, rank, best.weight.saturating_sub(least_to));
    }
}

impl Climb {
    /// Climbs from the entries of a leg to all ancestors.
    pub(crate) fn depart(&mut self, hierarchy: Hierarchy<'_>, entries: &[Near]) {
        self.begin(hierarchy, entries);
        while let Some(&rank) = self.lines.first() {
            self.step::<false>(hierarchy, hierarchy.up(), rank, INFINITE);
        }
    }

    /// Climbs from the exits of a leg alone, for [`super::Potentials`].
    pub(crate) fn arrive(&mut self, hierarchy: Hierarchy<'_>, exits: &[Near]) {
        self.begin(hierarchy, exits);
        while let Some(&rank) = self.lines.first() {
            self.step::<false>(hierarchy, hierarchy.down(), rank, INFINITE);
        }
    }

    /// Where the lowest line stands; [`NONE`] when there is none any more.
    fn lowest(&self) -> u32 {
        self.lines.first().copied().unwrap_or(NONE)
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
    fn step<const LINKS: bool>(&mut self, hierarchy: Hierarchy<'_>, arcs: Side<'_>, rank: u32, best: u64) {
        self.advance(hierarchy.topology.parent[rank as usize]);
        self.visited.push(rank);
        let weight = self.weight[rank as usize];
        if weight >= best {
            return;
        }
        let (weights, links) = (&mut self.weight[..], &mut self.link[..]);
        for (high, arc) in arcs.of(rank) {
            let longer = weight + arc;
            let known = &mut weights[high as usize];
            if LINKS {
                let link = &mut links[high as usize];
                // All bits or none: a choice between two numbers would be compiled to a jump.
                let changed = u32::from(longer < *known).wrapping_neg();
                *link ^= (*link ^ rank) & changed;
            }
            *known = longer.min(*known);
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
    let (mut states, mut open) = (vec![hierarchy.topology.state(up[0])], Vec::new());
    for arc in up.windows(2).chain(down.windows(2)) {
        expand(hierarchy, (arc[0], arc[1]), &mut open, &mut states);
    }
    (entry, states, exit)
}

/// Appends the states that an arc stands for, without its first. `open` is memory for it: arcs with the states that they lead through.
fn expand(hierarchy: Hierarchy<'_>, (from, to): (u32, u32), open: &mut Vec<(u32, u32, u32)>, states: &mut Vec<State>) {
    let (up, down) = (hierarchy.up(), hierarchy.down());
    open.push((from, to, if from < to { up.middle(from, to) } else { down.middle(to, from) }));
    while let Some((from, to, middle)) = open.pop() {
        if middle == NONE {
            states.push(hierarchy.topology.state(to));
            continue;
        }
        // Both halves are looked up at once, so that neither waits for the other's memory.
        let (first, second) = (down.middle(middle, from), up.middle(middle, to));
        open.extend([(middle, to, second), (from, middle, first)]);
    }
}
