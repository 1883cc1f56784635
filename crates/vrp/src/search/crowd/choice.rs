//! Who is visited at all: those who stand nowhere come in where that pays, and those who are not worth it go.
//!
//! **Why.** Where not all jobs fit, or are worth their way, moving those that stand somewhere is half of the question. **How.** A job
//! that stands nowhere is tried beside each of its neighbours: into a gap, in the place of a string of up to three, or
//! into a gap while any other one stop of that tour goes; the best of these is taken. What a stop frees in a tour lets
//! everything after it begin earlier, so whoever goes need not stand near. Of a tour go strings of up to three, or all, if what
//! they cost is more than what they are worth. A further tour pays only with several jobs at once; so some children get one before the
//! local search, whatever it costs. **What never happens:** an entry or a leave that does not lower the sum of cost, penalties and what those
//! left out cost.

use std::ops::Range;

use fastrand::Rng;

use super::lanes::{Lane, Lanes, Place};
use super::segment::Segment;

/// How often those who stand nowhere are offered a place in a further tour.
const OFFERS: usize = 2;

/// The longest string in whose place a job comes, and that goes at once.
const LONGEST: usize = 3;

/// A job comes before a stop of a lane, and these stops go, which begin there or do not touch it.
#[derive(Debug, Clone)]
struct Entry {
    lane: usize,
    at: usize,
    gone: Range<usize>,
}

/// The search for the best entry of a job.
struct Entries<'a, 'g> {
    lanes: &'a Lanes<'g>,
    job: u32,
    /// What it costs if it is left out, and what the ways from it do.
    worth: i64,
    row: &'a [i32],
    best: (i64, Option<Entry>),
    looks: u64,
}

/// What a change is worth, below 0 if it was made, and how many looks it took to find.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Gain {
    pub(super) change: i64,
    pub(super) looks: u64,
}

/// Puts a job that stands nowhere into a lane changed since it was last tried, in the best way, if any pays.
pub(super) fn admit(lanes: &mut Lanes<'_>, job: u32, tried: u64) -> Gain {
    let ground = lanes.ground;
    let Some(stakes) = ground.stakes.as_ref().filter(|stakes| stakes.may_stand(job)) else {
        return Gain::default();
    };
    let (worth, row) = (stakes.of(job), ground.costs_from(job));
    let mut entries = Entries { lanes, job, worth, row, best: (0, None), looks: 0 };
    let idle = lanes.all.iter().position(Lane::is_empty).filter(|&idle| lanes.all[idle].changed > tried);
    if let Some(idle) = idle {
        entries.instead(idle, 1..1);
    }
    let beside = ground.beside(job).iter().filter_map(|&other| lanes.place(other));
    let mut gaps = Vec::new();
    for Place { lane, at } in beside.filter(|place| lanes.all[place.lane].changed > tried) {
        let last = lanes.all[lane].stops.len() - 1;
        // All strings that hold the neighbour or lie next to it, by their ends.
        for end in at..=last.min(at + 1 + LONGEST) {
            let begins = end.saturating_sub(LONGEST).max(1)..=end.min(at + 1);
            begins.for_each(|begin| entries.instead(lane, begin..end));
        }
        for gap in [(lane, at), (lane, at + 1)] {
            if !gaps.contains(&gap) {
                gaps.push(gap);
                entries.while_one_goes(lane, gap.1);
            }
        }
    }
    let Entries { best: (change, entry), looks, .. } = entries;
    if let Some(entry) = entry {
        enter(lanes, job, &entry);
    }
    Gain { change, looks }
}

/// Takes a string that begins with this job out of its lane, or all of the lane if that is asked for, where that pays.
pub(super) fn leave(lanes: &mut Lanes<'_>, job: u32, tried: u64, or_all: bool) -> Gain {
    let Some((stakes, Place { lane, at })) = lanes.ground.stakes.as_ref().zip(lanes.place(job)) else {
        return Gain::default();
    };
    let x = &lanes.all[lane];
    if x.changed <= tried {
        return Gain::default();
    }
    let last = x.stops.len() - 1;
    let mut worth = 0;
    for count in 1..=LONGEST.min(last - at) {
        worth += stakes.of(x.stops[at + count - 1]);
        let gone = at..at + count;
        let mut change = worth - x.penalty - way_around(lanes, lane, &gone) + load_without(lanes, lane, &gone, 0);
        change += if change < 0 { warp_price(lanes, lane, &[], &gone) } else { 0 };
        if change < 0 {
            take_out(lanes, lane, gone);
            return Gain { change, looks: count as u64 };
        }
    }
    let looks = LONGEST as u64;
    let all: i64 = x.jobs().iter().map(|&job| stakes.of(job)).sum();
    let change = all - x.penalty - lanes.way(0, &x.stops);
    if !or_all || at > 1 || change >= 0 {
        return Gain { change: 0, looks };
    }
    take_out(lanes, lane, 1..last);
    Gain { change, looks }
}

/// What the way over these stops costs more than the one past them.
fn way_around(lanes: &Lanes<'_>, lane: usize, gone: &Range<usize>) -> i64 {
    let stops = &lanes.all[lane].stops;
    let past =
        if stops.len() == gone.len() + 2 { 0 } else { lanes.ground.cost(stops[gone.start - 1], stops[gone.end]) };
    lanes.way(0, &stops[gone.start - 1..=gone.end]) - past
}

/// What the load of a lane costs without these stops, with so much more.
fn load_without(lanes: &Lanes<'_>, lane: usize, gone: &Range<usize>, more: i64) -> i64 {
    let lane = &lanes.all[lane];
    let less = if gone.is_empty() { 0 } else { lane.loads[gone.end - 1] - lane.loads[gone.start - 1] };
    lanes.price_of_load(lane, lane.load() - less + more)
}

/// What a lane's warp costs with these jobs in the place of what goes.
fn warp_price(lanes: &Lanes<'_>, lane: usize, jobs: &[u32], gone: &Range<usize>) -> i64 {
    if !lanes.ground.timed {
        return 0;
    }
    lanes.prices.warp * lanes.warp((lane, gone.start - 1), jobs, (lane, gone.end))
}

impl Entries<'_, '_> {
    /// The way from one stop over the job to another.
    #[inline]
    fn detour(&self, from: u32, to: u32) -> i64 {
        let ground = self.lanes.ground;
        // The ways from the job lie together.
        let there = if ground.symmetric { i64::from(self.row[from as usize]) } else { ground.cost(from, self.job) };
        there + i64::from(self.row[to as usize])
    }

    /// The job in the place of these stops.
    fn instead(&mut self, lane: usize, gone: Range<usize>) {
        self.looks += 1;
        let (lanes, job) = (self.lanes, self.job);
        let (ground, x) = (lanes.ground, &lanes.all[lane]);
        let mut change =
            self.detour(x.stops[gone.start - 1], x.stops[gone.end]) + x.without(gone.clone()) - self.worth - x.penalty;
        if change < self.best.0 {
            change += load_without(lanes, lane, &gone, ground.amount(job));
        }
        if change < self.best.0 {
            change += warp_price(lanes, lane, &[job], &gone);
        }
        if change < self.best.0 {
            self.best = (change, Some(Entry { lane, at: gone.start, gone }));
        }
    }

    /// The job before a stop while one that stands elsewhere in the lane goes.
    fn while_one_goes(&mut self, lane: usize, at: usize) {
        let (ground, x) = (self.lanes.ground, &self.lanes.all[lane]);
        let (from, to) = (x.stops[at - 1], x.stops[at]);
        let so_far = self.detour(from, to) - ground.cost(from, to) - self.worth - x.penalty;
        self.looks += 1;
        if so_far + x.least_loss >= self.best.0 {
            return;
        }
        // What is too late already only gets later by driving on.
        let hopeless = |stretch: Segment| self.lanes.prices.warp * stretch.warp >= self.worth + x.penalty;
        let (stops, last) = (&x.stops, x.stops.len() - 1);
        let mut found = Vec::new();
        let mut look = |gone: usize, stretch: &dyn Fn() -> Segment| {
            let other = stops[gone];
            let more = ground.amount(self.job) - ground.amount(other);
            let past = ground.cost(stops[gone - 1], stops[gone + 1]);
            let mut change = so_far + x.without(gone..gone + 1) + past;
            if change < self.best.0 {
                change += self.lanes.price_of_load(x, x.load() + more);
            }
            if ground.timed && change < self.best.0 {
                change += self.lanes.prices.warp * stretch().warp;
            }
            if change < self.best.0 {
                self.best.0 = change;
                found.push(gone);
            }
        };
        if ground.timed {
            let mut begun = self.lanes.through((x.before[at - 1], from), &[self.job]);
            for gone in at..last {
                if gone > at {
                    look(gone, &|| begun.0.join(ground.time(begun.1, stops[gone + 1]), x.after[gone + 1]));
                }
                begun = self.lanes.through(begun, &stops[gone..=gone]);
                if hopeless(begun.0) {
                    break;
                }
            }
            let mut rest = ground.visit(self.job).join(ground.time(self.job, to), x.after[at]);
            let mut next = self.job;
            for gone in (1..at).rev() {
                if gone + 1 < at {
                    look(gone, &|| x.before[gone - 1].join(ground.time(stops[gone - 1], next), rest));
                }
                rest = ground.visit(stops[gone]).join(ground.time(stops[gone], next), rest);
                next = stops[gone];
                if hopeless(rest) {
                    break;
                }
            }
        } else {
            (1..last).filter(|gone| gone + 1 < at || *gone > at).for_each(|gone| look(gone, &|| x.before[0]));
        }
        self.looks += last as u64 / 2;
        if let Some(&gone) = found.last() {
            self.best.1 = Some(Entry { lane, at, gone: gone..gone + 1 });
        }
    }
}

/// Sends an idle vehicle to some of those who stand nowhere: to one drawn at random, then to all whose way is less than what they are
/// worth. The tour may still cost more than it brings.
pub(super) fn send_out(lanes: &mut Lanes<'_>, rng: &mut Rng) {
    let ground = lanes.ground;
    let Some((stakes, idle)) = ground.stakes.as_ref().zip(lanes.idle(0)) else { return };
    let nowhere = (0..ground.jobs as u32).filter(|&job| stakes.may_stand(job) && lanes.place(job).is_none());
    let mut nowhere: Vec<u32> = nowhere.collect();
    rng.shuffle(&mut nowhere);
    for _ in 0..OFFERS {
        for &job in &nowhere {
            if lanes.place(job).is_none() {
                lanes.insert_into(idle, job, stakes.of(job));
            }
        }
    }
}

fn enter(lanes: &mut Lanes<'_>, job: u32, entry: &Entry) {
    let Entry { lane, at, gone } = entry;
    leave_out(lanes, *lane, gone.clone());
    let stops = &mut lanes.all[*lane].stops;
    if gone.start < *at {
        stops.insert(*at, job);
        stops.drain(gone.clone());
    } else {
        stops.drain(gone.clone());
        stops.insert(*at, job);
    }
    lanes.sum_up(*lane);
}

fn take_out(lanes: &mut Lanes<'_>, lane: usize, gone: Range<usize>) {
    leave_out(lanes, lane, gone.clone());
    lanes.all[lane].stops.drain(gone);
    lanes.sum_up(lane);
}

fn leave_out(lanes: &mut Lanes<'_>, lane: usize, gone: Range<usize>) {
    let jobs = lanes.all[lane].stops[gone].to_vec();
    lanes.leave_out(&jobs);
}
