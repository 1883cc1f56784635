//! Many targets at once: one climb for a start, one sweep down to all targets.
//!
//! D. Delling, A. V. Goldberg and R. F. Werneck, "Faster Batched Shortest Paths in Road Networks" (2011), RPHAST: whatever
//! leads down to any target is selected once; for a start, the selected states are taken from the highest to the lowest, each
//! with the arcs that lead down to it. Several starts are swept at once, since what takes time is walking the arcs, not
//! adding a few more numbers at each. The weights are those of [`super::query`], so a cell is its route.

use super::Hierarchy;
use super::contract::NONE;
use super::ends::Near;
use super::query::Climb;
use super::simd::{self, Version};
use crate::weight::Weight;

/// Starts that are swept at once: their labels at a state fill two lines of the processor's cache.
pub(crate) const LANES: usize = 16;

/// The labels of a state, one for each start, as [`Weight::to_lane`] has them.
pub(super) type Lanes = [i64; LANES];

const INFINITE: u64 = Weight::INFINITE.raw();

pub(super) const UNREACHED: Lanes = [Weight::INFINITE.to_lane(); LANES];

/// What leads to a set of targets.
pub(crate) struct Selection {
    /// By rank: its place in the sweep, or [`NONE`].
    place: Vec<u32>,
    /// By place: its arcs.
    arcs: Steps,
    /// By target: its exits.
    exits: Steps,
}

/// By number, the places and weights from which it is reached.
pub(super) struct Steps {
    first: Vec<u32>,
    pub(super) from: Vec<u32>,
    pub(super) weight: Vec<u64>,
}

impl Default for Steps {
    fn default() -> Self {
        Self { first: vec![0], from: Vec::new(), weight: Vec::new() }
    }
}

impl Steps {
    #[inline]
    pub(super) fn range(&self, number: usize) -> std::ops::Range<usize> {
        self.first[number] as usize..self.first[number + 1] as usize
    }

    fn push(&mut self, from: u32, weight: u64) {
        self.from.push(from);
        self.weight.push(weight);
    }

    fn end(&mut self) {
        self.first.push(self.from.len() as u32);
    }
}

/// The labels of a sweep; reused from one to the next.
#[derive(Default)]
pub(crate) struct Sweep {
    /// By place; of one that no climb has reached, what an earlier sweep left.
    labels: Vec<Lanes>,
    /// By place: whether a climb has reached it.
    seeded: Vec<bool>,
    /// Those that are.
    seeds: Vec<u32>,
    /// By target.
    reached: Vec<Lanes>,
}

impl Selection {
    /// Selects what leads to targets with these exits.
    pub(crate) fn new<'a>(hierarchy: Hierarchy<'_>, targets: impl Iterator<Item = &'a [Near]>) -> Self {
        let (topology, down) = (hierarchy.topology, hierarchy.down());
        let mut place = vec![NONE; topology.len()];
        let (mut exits, mut selected) = (Steps::default(), Vec::new());
        for target in targets {
            for near in target {
                let rank = topology.rank(near.state).expect("exits are public");
                exits.push(rank, near.weight.raw());
                select(rank, &mut place, &mut selected);
            }
            exits.end();
        }
        let mut done = 0;
        while let Some(&rank) = selected.get(done) {
            done += 1;
            for (high, _) in down.of(rank).filter(|&(_, weight)| weight < INFINITE) {
                select(high, &mut place, &mut selected);
            }
        }
        selected.sort_unstable_by(|a, b| b.cmp(a));
        for (number, &rank) in selected.iter().enumerate() {
            place[rank as usize] = number as u32;
        }
        let mut arcs = Steps::default();
        for &rank in &selected {
            for (high, weight) in down.of(rank).filter(|&(_, weight)| weight < INFINITE) {
                arcs.push(place[high as usize], weight);
            }
            arcs.end();
        }
        for exit in &mut exits.from {
            *exit = place[*exit as usize];
        }
        Self { place, arcs, exits }
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
        hierarchy: Hierarchy<'_>,
        selection: &Selection,
        climb: &mut Climb,
        starts: impl Iterator<Item = &'a [Near]>,
    ) {
        let places = selection.arcs.first.len() - 1;
        self.seeds.drain(..).for_each(|place| self.seeded[place as usize] = false);
        self.seeded.resize(self.seeded.len().max(places), false);
        self.labels.resize(self.labels.len().max(places), UNREACHED);
        for (lane, entries) in starts.enumerate() {
            climb.depart(hierarchy, entries);
            for (rank, weight) in climb.visited() {
                let place = selection.place[rank as usize];
                if place == NONE {
                    continue;
                }
                if !std::mem::replace(&mut self.seeded[place as usize], true) {
                    self.labels[place as usize] = UNREACHED;
                    self.seeds.push(place);
                }
                self.labels[place as usize][lane] = weight.to_lane();
            }
        }
        simd::descend(Version::best(), &selection.arcs, &self.seeded[..places], &mut self.labels[..places]);
        self.reached.clear();
        self.reached.resize(selection.exits.first.len() - 1, UNREACHED);
        simd::reach(Version::best(), &selection.exits, &self.labels, &mut self.reached);
    }

    /// The weights from the start of a lane to all targets.
    pub(crate) fn weights(&self, lane: usize) -> impl Iterator<Item = Weight> {
        self.reached.iter().map(move |lanes| Weight::from_lane(lanes[lane]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lanes of a sweep may lead beyond all weights, which is no way either.
    #[test]
    fn unreached_labels_stay_so_whatever_is_added() {
        let mut steps = Steps::default();
        steps.end();
        steps.push(0, Weight::INFINITE.raw() - 1);
        steps.end();
        for version in Version::all() {
            let mut labels = vec![UNREACHED; 2];
            simd::descend(version, &steps, &[false; 2], &mut labels);
            assert_eq!(labels, [UNREACHED; 2], "{version:?}");
            labels[0][3] = Weight::ZERO.to_lane();
            simd::descend(version, &steps, &[true, false], &mut labels);
            assert_eq!(Weight::from_lane(labels[1][3]).raw(), Weight::INFINITE.raw() - 1, "{version:?}");
            assert_eq!(labels[1][4], UNREACHED[4], "{version:?}");
        }
    }

    #[test]
    fn every_version_sweeps_alike() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..50 {
            let places = random.usize(1..60);
            let mut lane =
                || if random.bool() { Weight::from_raw(random.u64(..1 << 62)).to_lane() } else { UNREACHED[0] };
            let seeds: Vec<Lanes> = (0..places).map(|_| std::array::from_fn(|_| lane())).collect();
            let seeded: Vec<bool> = (0..places).map(|_| random.bool()).collect();
            let (mut down, mut exits) = (Steps::default(), Steps::default());
            for place in 0..places {
                (0..random.u32(0..9).min(place as u32))
                    .for_each(|_| down.push(random.u32(0..place as u32), random.u64(..1 << 62)));
                down.end();
                (0..random.u32(0..3)).for_each(|_| exits.push(random.u32(0..places as u32), random.u64(..1 << 62)));
                exits.end();
            }
            let swept = |version| {
                let (mut labels, mut reached) = (seeds.clone(), vec![UNREACHED; places]);
                simd::descend(version, &down, &seeded, &mut labels);
                simd::reach(version, &exits, &labels, &mut reached);
                (labels, reached)
            };
            let swept: Vec<_> = Version::all().into_iter().map(swept).collect();
            assert!(swept.windows(2).all(|pair| pair[0] == pair[1]));
        }
    }
}
