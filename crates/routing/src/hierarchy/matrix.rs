//! Many targets at once: one climb for a start, one sweep down to all targets.
//!
//! D. Delling, A. V. Goldberg and R. F. Werneck, "Faster Batched Shortest Paths in Road Networks" (2011), RPHAST: whatever
//! leads down to any target is selected once; for a start, the selected states are taken from the highest to the lowest, each
//! with the arcs that lead down to it. Several starts are swept at once, since what takes time is walking the arcs, not
//! adding a few more numbers at each. The weights are those of [`super::query`], so a cell is its route.

use std::ops::Range;

use super::Hierarchy;
use super::contract::{NONE, grouped};
use super::ends::Near;
use super::query::Climb;
use super::simd;
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
    steps: Steps,
    targets: usize,
}

/// What a sweep does, place by place.
///
/// A label is kept until the last arc from it was walked; then its slot is another's. Dissection leaves what lies together
/// together, so few labels are needed at a time, and they stay in the processor's nearer cache, where those of a whole city
/// would not.
pub(super) struct Steps {
    /// By place: the slot of its label.
    pub(super) slot: Vec<u32>,
    slots: usize,
    /// By place: the slots and weights of the labels from which arcs lead to it.
    pub(super) arcs: Links,
    /// By place: the targets that are reached from it, and the weights from there.
    pub(super) exits: Links,
}

/// By place, what is linked with it and by what weight.
pub(super) struct Links {
    first: Vec<u32>,
    pub(super) other: Vec<u32>,
    pub(super) weight: Vec<u64>,
}

impl Default for Links {
    fn default() -> Self {
        Self { first: vec![0], other: Vec::new(), weight: Vec::new() }
    }
}

impl Links {
    #[inline]
    pub(super) fn range(&self, place: usize) -> Range<usize> {
        self.first[place] as usize..self.first[place + 1] as usize
    }

    fn push(&mut self, other: u32, weight: u64) {
        self.other.push(other);
        self.weight.push(weight);
    }

    /// Closes the links of a place.
    fn end(&mut self) {
        self.first.push(self.other.len() as u32);
    }
}

impl Steps {
    /// From the arcs by place, each from a place before it, and the exits as place, target and weight.
    fn new(mut arcs: Links, exits: &[(u32, u32, u64)]) -> Self {
        let places = arcs.first.len() - 1;
        let mut last_use = vec![NONE; places];
        for place in 0..places {
            for &from in &arcs.other[arcs.range(place)] {
                last_use[from as usize] = place as u32;
            }
        }
        let (mut slot, mut free, mut slots) = (Vec::with_capacity(places), Vec::new(), 0);
        for place in 0..places {
            for arc in arcs.range(place) {
                let from = std::mem::replace(&mut arcs.other[arc], NONE) as usize;
                arcs.other[arc] = slot[from];
                if last_use[from] == place as u32 {
                    free.push(slot[from]);
                }
            }
            let own = free.pop().unwrap_or(slots);
            slots = slots.max(own + 1);
            slot.push(own);
            if last_use[place] == NONE {
                free.push(own);
            }
        }
        Self { slot, slots: slots as usize, arcs, exits: exits_by_place(places, exits) }
    }
}

fn exits_by_place(places: usize, exits: &[(u32, u32, u64)]) -> Links {
    let keys: Vec<u32> = exits.iter().map(|exit| exit.0).collect();
    let (first, order) = grouped(places, &keys);
    let sorted = || order.iter().map(|&exit| exits[exit as usize]);
    Links { first, other: sorted().map(|exit| exit.1).collect(), weight: sorted().map(|exit| exit.2).collect() }
}

/// The labels of a sweep; reused from one to the next.
#[derive(Default)]
pub(crate) struct Sweep {
    /// By slot; what another place or an earlier sweep left, until its place has come.
    labels: Vec<Lanes>,
    seeds: Seeds,
    /// By target.
    reached: Vec<Lanes>,
    /// The same by lanes, one after the other.
    rows: Vec<Weight>,
}

/// The labels that climbs left.
#[derive(Default)]
pub(super) struct Seeds {
    /// By place: the number of its label here, or [`NONE`].
    pub(super) number: Vec<u32>,
    pub(super) labels: Vec<Lanes>,
    places: Vec<u32>,
}

impl Seeds {
    /// Forgets those of another sweep.
    fn reset(&mut self, places: usize) {
        self.places.drain(..).for_each(|place| self.number[place as usize] = NONE);
        self.labels.clear();
        self.number.resize(self.number.len().max(places), NONE);
    }

    fn set(&mut self, place: u32, lane: usize, weight: Weight) {
        let number = &mut self.number[place as usize];
        if *number == NONE {
            *number = self.labels.len() as u32;
            self.labels.push(UNREACHED);
            self.places.push(place);
        }
        self.labels[*number as usize][lane] = weight.to_lane();
    }
}

impl Selection {
    /// Selects what leads to targets with these exits.
    pub(crate) fn new<'a>(hierarchy: Hierarchy<'_>, targets: impl Iterator<Item = &'a [Near]>) -> Self {
        let (topology, down) = (hierarchy.topology, hierarchy.down());
        let mut place = vec![NONE; topology.len()];
        let (mut exits, mut selected, mut count) = (Vec::new(), Vec::new(), 0);
        for (target, nears) in (0..).zip(targets) {
            for near in nears {
                let rank = topology.rank(near.state).expect("exits are public");
                exits.push((rank, target, near.weight.raw()));
                select(rank, &mut place, &mut selected);
            }
            count += 1;
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
        let mut arcs = Links::default();
        for &rank in &selected {
            for (high, weight) in down.of(rank).filter(|&(_, weight)| weight < INFINITE) {
                arcs.push(place[high as usize], weight);
            }
            arcs.end();
        }
        for exit in &mut exits {
            exit.0 = place[exit.0 as usize];
        }
        Self { place, steps: Steps::new(arcs, &exits), targets: count }
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
        let steps = &selection.steps;
        self.seeds.reset(steps.slot.len());
        for (lane, entries) in starts.enumerate() {
            climb.depart(hierarchy, entries);
            for (rank, weight) in climb.visited() {
                let place = selection.place[rank as usize];
                if place != NONE {
                    self.seeds.set(place, lane, weight);
                }
            }
        }
        self.labels.resize(self.labels.len().max(steps.slots), UNREACHED);
        self.reached.clear();
        self.reached.resize(selection.targets, UNREACHED);
        simd::descend(hierarchy.version, steps, &self.seeds, &mut self.labels, &mut self.reached);
        self.turn_over();
    }

    /// Writes `rows` from what was reached.
    fn turn_over(&mut self) {
        let targets = self.reached.len();
        self.rows.resize(LANES * targets, Weight::INFINITE);
        for (block, reached) in self.reached.chunks(LANES).enumerate() {
            for lane in 0..LANES {
                let row = &mut self.rows[lane * targets + block * LANES..][..reached.len()];
                for (cell, lanes) in row.iter_mut().zip(reached) {
                    *cell = Weight::from_lane(lanes[lane]);
                }
            }
        }
    }

    /// The weights from the start of a lane to all targets.
    pub(crate) fn weights(&self, lane: usize) -> &[Weight] {
        let targets = self.reached.len();
        &self.rows[lane * targets..(lane + 1) * targets]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hierarchy::Version;

    /// Arcs to each of some places from those before it, exits of some targets, seeds.
    struct Case {
        arcs: Vec<Vec<(u32, u64)>>,
        exits: Vec<(u32, u32, u64)>,
        seeds: Vec<(u32, Lanes)>,
        targets: usize,
    }

    impl Case {
        fn random(random: &mut fastrand::Rng) -> Self {
            let (places, targets) = (random.u32(1..60), random.usize(1..20));
            let mut weight = {
                let mut random = random.fork();
                move || random.u64(..1 << 62)
            };
            let mut arcs = Vec::new();
            for place in 0..places {
                let mut from: Vec<u32> = (0..random.u32(0..6).min(place)).map(|_| random.u32(0..place)).collect();
                from.sort_unstable();
                from.dedup();
                arcs.push(from.into_iter().map(|from| (from, weight())).collect());
            }
            let exits = (0..2 * targets).map(|_| (random.u32(0..places), random.u32(0..targets as u32), weight()));
            let exits = exits.collect();
            let mut lane = || if random.bool() { Weight::from_raw(weight()).to_lane() } else { UNREACHED[0] };
            let mut seeds: Vec<_> = (0..places).map(|place| (place, std::array::from_fn(|_| lane()))).collect();
            random.shuffle(&mut seeds);
            seeds.truncate(random.usize(0..=places as usize));
            Self { arcs, exits, seeds, targets }
        }

        /// Without slots: every label is kept.
        fn by_the_book(&self) -> Vec<Lanes> {
            let mut labels = vec![UNREACHED; self.arcs.len()];
            for &(place, seed) in &self.seeds {
                labels[place as usize] = seed;
            }
            let mut reached = vec![UNREACHED; self.targets];
            let lower = |known: &mut Lanes, label: Lanes, weight: u64| {
                for (known, label) in known.iter_mut().zip(label) {
                    *known = (*known).min(label + weight as i64);
                }
            };
            for place in 0..self.arcs.len() {
                for &(from, weight) in &self.arcs[place] {
                    let label = labels[from as usize];
                    lower(&mut labels[place], label, weight);
                }
            }
            for &(place, target, weight) in &self.exits {
                lower(&mut reached[target as usize], labels[place as usize], weight);
            }
            reached
        }

        fn swept(&self, version: Version) -> Vec<Lanes> {
            let mut arcs = Links::default();
            for from in &self.arcs {
                for &(from, weight) in from {
                    arcs.push(from, weight);
                }
                arcs.end();
            }
            let steps = Steps::new(arcs, &self.exits);
            let mut seeds = Seeds::default();
            seeds.reset(self.arcs.len());
            for (place, lanes) in &self.seeds {
                for (lane, &label) in lanes.iter().enumerate() {
                    seeds.set(*place, lane, Weight::from_lane(label));
                }
            }
            // What an earlier sweep may have left.
            let mut labels = vec![[i64::MIN; LANES]; steps.slots];
            let mut reached = vec![UNREACHED; self.targets];
            simd::descend(version, &steps, &seeds, &mut labels, &mut reached);
            reached
        }
    }

    #[test]
    fn every_version_sweeps_by_the_book() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..200 {
            let case = Case::random(&mut random);
            let expected = case.by_the_book();
            for version in Version::all() {
                assert_eq!(case.swept(version), expected, "{version:?}");
            }
        }
    }

    /// The lanes of a sweep may lead beyond all weights, which is no way either.
    #[test]
    fn unreached_labels_stay_so_whatever_is_added() {
        let farthest = Weight::INFINITE.raw() - 1;
        let mut one = UNREACHED;
        one[3] = Weight::ZERO.to_lane();
        let arcs = vec![Vec::new(), vec![(0, farthest)]];
        let case = Case { arcs, exits: vec![(1, 0, 0)], seeds: vec![(0, one)], targets: 1 };
        for version in Version::all() {
            let reached = case.swept(version)[0];
            assert_eq!(Weight::from_lane(reached[3]).raw(), farthest, "{version:?}");
            assert_eq!(reached[4], UNREACHED[4], "{version:?}");
        }
    }

    #[test]
    fn labels_share_slots() {
        let mut arcs = Links::default();
        arcs.end();
        for place in 1..100 {
            arcs.push(place - 1, 1);
            arcs.end();
        }
        assert_eq!(Steps::new(arcs, &[]).slots, 1, "along a line each label is read once, by the next");
    }
}
