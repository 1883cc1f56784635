//! Many targets at once: one climb for a start, one sweep down to all targets.
//!
//! D. Delling, A. V. Goldberg and R. F. Werneck, "Faster Batched Shortest Paths in Road Networks" (2011), RPHAST: whatever
//! leads down to any target is selected once; for a start, the selected states are taken from the highest to the lowest, each
//! with the arcs that lead down to it. Several starts are swept at once, since what takes time is walking the arcs, not
//! adding a few more numbers at each. The weights are those of [`super::query`], so a cell is its route.

use super::contract::NONE;
use super::ends::Near;
use super::graph::Hierarchy;
use super::query::Climb;
use crate::weight::Weight;

/// Starts that are swept at once: their labels at a state fill one line of the processor's cache.
pub(crate) const LANES: usize = 8;

/// The labels of a state, one for each start, as [`Weight::to_lane`] has them.
type Lanes = [i64; LANES];

/// What leads to a set of targets.
pub(crate) struct Selection {
    /// By rank: its place in the sweep, or [`NONE`].
    place: Vec<u32>,
    /// By place, and one more: the first of its arcs.
    first: Vec<u32>,
    /// From an earlier place, with this weight.
    arcs: Vec<Step>,
    /// By target, and one more: the first of its exits.
    first_exit: Vec<u32>,
    /// From a place, with this weight.
    exits: Vec<Step>,
}

#[derive(Clone, Copy)]
struct Step {
    from: u32,
    weight: Weight,
}

/// The labels of a sweep; reused from one to the next.
#[derive(Default)]
pub(crate) struct Sweep {
    /// By place.
    lanes: Vec<Lanes>,
}

impl Selection {
    /// Selects what leads to targets with these exits.
    pub(crate) fn new<'a>(hierarchy: &Hierarchy, targets: impl Iterator<Item = &'a [Near]>) -> Self {
        let mut place = vec![NONE; hierarchy.len()];
        let (mut first_exit, mut exits, mut selected) = (vec![0], Vec::new(), Vec::new());
        for target in targets {
            for near in target {
                let rank = hierarchy.rank(near.state).expect("exits are public");
                exits.push(Step { from: rank, weight: near.weight });
                select(rank, &mut place, &mut selected);
            }
            first_exit.push(exits.len() as u32);
        }
        let mut done = 0;
        while let Some(&rank) = selected.get(done) {
            done += 1;
            for arc in hierarchy.down.of(rank) {
                select(arc.high, &mut place, &mut selected);
            }
        }
        selected.sort_unstable_by(|a, b| b.cmp(a));
        for (number, &rank) in selected.iter().enumerate() {
            place[rank as usize] = number as u32;
        }
        let (mut first, mut arcs) = (vec![0], Vec::new());
        for &rank in &selected {
            let steps = hierarchy.down.of(rank).iter();
            arcs.extend(steps.map(|arc| Step { from: place[arc.high as usize], weight: arc.weight }));
            first.push(arcs.len() as u32);
        }
        for exit in &mut exits {
            exit.from = place[exit.from as usize];
        }
        Self { place, first, arcs, first_exit, exits }
    }
}

fn select(rank: u32, place: &mut [u32], selected: &mut Vec<u32>) {
    if place[rank as usize] == NONE {
        place[rank as usize] = 0;
        selected.push(rank);
    }
}

impl Sweep {
    /// Sweeps for some starts, at most [`LANES`], given by their entries.
    pub(crate) fn run<'a>(
        &mut self,
        hierarchy: &Hierarchy,
        selection: &Selection,
        climb: &mut Climb,
        starts: impl Iterator<Item = &'a [Near]>,
    ) {
        self.lanes.clear();
        self.lanes.resize(selection.first.len() - 1, [Weight::INFINITE.to_lane(); LANES]);
        for (lane, entries) in starts.enumerate() {
            climb.depart(hierarchy, entries);
            for (rank, weight) in climb.visited() {
                if let Some(lanes) = self.lanes.get_mut(selection.place[rank as usize] as usize) {
                    lanes[lane] = weight.to_lane();
                }
            }
        }
        self.descend(selection);
    }

    fn descend(&mut self, selection: &Selection) {
        for place in 0..self.lanes.len() {
            let (before, rest) = self.lanes.split_at_mut(place);
            let arcs = &selection.arcs[selection.first[place] as usize..selection.first[place + 1] as usize];
            rest[0] = lightest(rest[0], arcs, before);
        }
    }

    /// The weight from the start of a lane to a target.
    pub(crate) fn weight(&self, selection: &Selection, lane: usize, target: usize) -> Weight {
        let exits = selection.first_exit[target] as usize..selection.first_exit[target + 1] as usize;
        let reach = |exit: &Step| Weight::from_lane(self.lanes[exit.from as usize][lane]).plus(exit.weight);
        selection.exits[exits].iter().map(reach).min().unwrap_or(Weight::INFINITE)
    }
}

/// The lower of `known` and what the arcs lead to, in each lane.
#[inline]
fn lightest(mut known: Lanes, arcs: &[Step], before: &[Lanes]) -> Lanes {
    for arc in arcs {
        let weight = arc.weight.as_i64();
        let from = &before[arc.from as usize];
        for (known, from) in known.iter_mut().zip(from) {
            *known = (*known).min(from + weight);
        }
    }
    known
}
