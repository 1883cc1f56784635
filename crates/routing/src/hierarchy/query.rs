//! The query: up the elimination tree from both ends of a leg, to where the two ways meet lightest.
//!
//! Dibbelt et al. (2016), section 5: all that a state reaches upwards are its ancestors in the elimination tree, so its
//! ancestors are taken in their order, and there is no queue. A leg has several entries and exits, each with a weight of its
//! own; their ancestors are taken together, lowest first, until they have become one line. Labels are reset by walking the
//! same lines again, so a query touches nothing else.

use super::contract::NONE;
use super::ends::Near;
use super::graph::{Arcs, Hierarchy};
use crate::turns::State;
use crate::weight::Weight;

/// The labels of one direction; reused from query to query.
#[derive(Default)]
pub(crate) struct Climb {
    /// By rank; [`Weight::INFINITE`] between queries.
    labels: Vec<Label>,
    /// The ranks with labels, ascending.
    visited: Vec<u32>,
    /// Where the lines of ancestors stand that have not joined yet.
    lines: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Label {
    weight: Weight,
    /// The lower rank on the way, or, counted down from the top, the number of the entry or exit.
    link: u32,
}

const UNREACHED: Label = Label { weight: Weight::INFINITE, link: 0 };

/// Where the two ways meet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meeting {
    pub(crate) weight: Weight,
    rank: u32,
}

impl Climb {
    /// Climbs from the entries of a leg.
    pub(crate) fn depart(&mut self, hierarchy: &Hierarchy, entries: &[Near]) {
        self.begin(hierarchy, entries);
        self.run(hierarchy, &hierarchy.up, |_, _| true);
    }

    /// Climbs from the exits of a leg whose entries have been climbed from: the lightest meeting below `bound`.
    pub(crate) fn meet(
        &mut self,
        hierarchy: &Hierarchy,
        exits: &[Near],
        forward: &Climb,
        bound: Weight,
    ) -> Option<Meeting> {
        let (mut best, mut meeting) = (bound, None);
        self.begin(hierarchy, exits);
        self.run(hierarchy, &hierarchy.down, |rank, weight| {
            let both = forward.labels[rank as usize].weight.plus(weight);
            if both < best {
                best = both;
                meeting = Some(Meeting { weight: both, rank });
            }
            weight < best
        });
        meeting
    }

    /// Climbs from the exits of a leg alone, for [`super::Potentials`].
    pub(crate) fn arrive(&mut self, hierarchy: &Hierarchy, exits: &[Near]) {
        self.begin(hierarchy, exits);
        self.run(hierarchy, &hierarchy.down, |_, _| true);
    }

    /// What a climb found for a rank.
    pub(super) fn weight(&self, rank: u32) -> Weight {
        self.labels[rank as usize].weight
    }

    /// The ranks that have been visited with their weights, ascending.
    pub(super) fn visited(&self) -> impl Iterator<Item = (u32, Weight)> {
        self.visited.iter().map(|&rank| (rank, self.labels[rank as usize].weight))
    }

    fn begin(&mut self, hierarchy: &Hierarchy, ends: &[Near]) {
        for &rank in &self.visited {
            self.labels[rank as usize] = UNREACHED;
        }
        self.visited.clear();
        self.lines.clear();
        if self.labels.len() < hierarchy.len() {
            self.labels.resize(hierarchy.len(), UNREACHED);
        }
        for (number, near) in ends.iter().enumerate() {
            let rank = hierarchy.rank(near.state).expect("entries and exits are public");
            let label = &mut self.labels[rank as usize];
            if near.weight < label.weight {
                *label = Label { weight: near.weight, link: NONE - number as u32 };
                self.lines.push(rank);
            }
        }
        self.lines.sort_unstable();
        self.lines.dedup();
    }

    /// Takes every ancestor of the ends; those of which `is_worth_it` says so relax their arcs.
    fn run(&mut self, hierarchy: &Hierarchy, arcs: &Arcs, mut is_worth_it: impl FnMut(u32, Weight) -> bool) {
        while let Some(rank) = self.next(hierarchy) {
            self.visited.push(rank);
            let weight = self.labels[rank as usize].weight;
            if weight == Weight::INFINITE || !is_worth_it(rank, weight) {
                continue;
            }
            for arc in arcs.of(rank) {
                let label = &mut self.labels[arc.high as usize];
                let longer = weight.plus(arc.weight);
                if longer < label.weight {
                    *label = Label { weight: longer, link: rank };
                }
            }
        }
    }

    /// The lowest rank of all lines, which goes on from it; lines that meet become one.
    fn next(&mut self, hierarchy: &Hierarchy) -> Option<u32> {
        let lowest = *self.lines.first()?;
        let parent = hierarchy.parent[lowest as usize];
        // Keeps the lines ascending: there are few, and soon one.
        let mut place = 0;
        while let Some(&other) = self.lines.get(place + 1).filter(|&&other| other <= parent) {
            if other == parent {
                self.lines.remove(place);
                return Some(lowest);
            }
            self.lines[place] = other;
            place += 1;
        }
        if parent == NONE {
            self.lines.remove(place);
        } else {
            self.lines[place] = parent;
        }
        Some(lowest)
    }

    /// The number of the end from which `rank` was reached, and the ranks from there to it.
    fn line_to(&self, mut rank: u32) -> (usize, Vec<u32>) {
        let mut line = vec![rank];
        loop {
            let link = self.labels[rank as usize].link;
            if link as usize >= self.labels.len() {
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
    hierarchy: &Hierarchy,
    forward: &Climb,
    backward: &Climb,
    meeting: Meeting,
) -> (usize, Vec<State>, usize) {
    let (entry, up) = forward.line_to(meeting.rank);
    let (exit, mut down) = backward.line_to(meeting.rank);
    down.reverse();
    let mut states = vec![hierarchy.state(up[0])];
    for arc in up.windows(2).chain(down.windows(2)) {
        expand(hierarchy, (arc[0], arc[1]), &mut states);
    }
    (entry, states, exit)
}

/// Appends the states that an arc stands for, without its first.
fn expand(hierarchy: &Hierarchy, ends: (u32, u32), states: &mut Vec<State>) {
    let mut open = vec![ends];
    while let Some((from, to)) = open.pop() {
        let arc = if from < to { hierarchy.up.find(from, to) } else { hierarchy.down.find(to, from) };
        match arc.middle.state() {
            None => states.push(hierarchy.state(to)),
            Some(middle) => open.extend([(middle, to), (from, middle)]),
        }
    }
}
