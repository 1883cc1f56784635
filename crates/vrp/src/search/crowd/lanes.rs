//! Tours that may be late or overloaded, at a price.
//!
//! **Why.** The best plans lie on the rim of what is allowed, and the short way between two of them often leads over the outside.
//! **How.** Every *lane* is the tour of one vehicle with the sums of all its beginnings and all its ends, so that what becomes of it when
//! it is cut and joined anew is told by a few of them. Too much time or load costs a price each; the crowd sets the
//! prices. **What never happens:** a sum out of date; every change of a lane sums it up anew.

use super::ground::Ground;
use super::segment::Segment;

/// What a unit of time too late and a unit of load too much cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prices {
    pub(super) warp: i64,
    pub(super) excess: i64,
}

impl Prices {
    pub(super) fn times(self, factor: i64) -> Self {
        Self { warp: self.warp.saturating_mul(factor), excess: self.excess.saturating_mul(factor) }
    }
}

/// What all ways and the prizes of those left out cost, and what all tours together are late and overloaded by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Worth {
    pub(super) cost: i64,
    /// The priority of those left out, and what that weighs.
    pub(super) lost: i64,
    pub(super) weight: i64,
    pub(super) warp: i64,
    pub(super) excess: i64,
}

impl Worth {
    pub(super) fn is_feasible(self) -> bool {
        self.warp == 0 && self.excess == 0
    }

    /// With penalties.
    pub(super) fn at(self, prices: Prices) -> i64 {
        self.cost + self.weight + prices.warp * self.warp + prices.excess * self.excess
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) lane: usize,
    /// Its index among the lane's stops; the start has 0.
    pub(super) at: usize,
}

/// No lane.
const NOWHERE: usize = usize::MAX;

/// The tour of one vehicle.
#[derive(Debug, Clone, Default)]
pub(super) struct Lane {
    /// Start, jobs, end.
    pub(super) stops: Vec<u32>,
    /// For each stop, the stretch up to it and the stretch from it on.
    pub(super) before: Vec<Segment>,
    pub(super) after: Vec<Segment>,
    /// For each stop, the load of all stops up to it.
    pub(super) loads: Vec<i64>,
    /// What it is late and overloaded by, and what that costs.
    warp: i64,
    excess: i64,
    pub(super) penalty: i64,
    /// Where jobs may be left out: for each stop what all up to it cost if they are left out less the ways up to it, and the same
    /// but for the stop itself; and what the lane loses at least without any one job.
    pub(super) stakes: Vec<[i64; 2]>,
    pub(super) least_loss: i64,
    /// When it was last changed.
    pub(super) changed: u64,
}

impl Lane {
    pub(super) fn is_empty(&self) -> bool {
        self.stops.len() == 2
    }

    pub(super) fn load(&self) -> i64 {
        self.loads[self.stops.len() - 1]
    }

    /// What these jobs cost if they are left out less the ways to, among and from them.
    #[inline]
    pub(super) fn without(&self, gone: std::ops::Range<usize>) -> i64 {
        self.stakes[gone.end][1] - self.stakes[gone.start - 1][0]
    }

    pub(super) fn jobs(&self) -> &[u32] {
        &self.stops[1..self.stops.len() - 1]
    }
}

/// All lanes.
#[derive(Debug)]
pub(super) struct Lanes<'g> {
    pub(super) ground: &'g Ground,
    pub(super) all: Vec<Lane>,
    places: Vec<Place>,
    pub(super) prices: Prices,
    /// Counts changes.
    pub(super) clock: u64,
    /// Those who were left out since this was last emptied.
    pub(super) left_out: Vec<u32>,
}

impl<'g> Lanes<'g> {
    pub(super) fn new(ground: &'g Ground, prices: Prices) -> Self {
        let mut lanes = Self {
            ground,
            all: vec![Lane::default(); ground.slots.len().min(ground.jobs)],
            places: vec![Place { lane: NOWHERE, at: 0 }; ground.jobs],
            prices,
            clock: 0,
            left_out: Vec::new(),
        };
        lanes.set(&[]);
        lanes
    }

    /// Replaces everything by these tours.
    pub(super) fn set(&mut self, tours: &[Vec<u32>]) {
        self.places.fill(Place { lane: NOWHERE, at: 0 });
        for lane in 0..self.all.len() {
            let jobs = tours.get(lane).map_or(&[][..], |tour| tour);
            self.set_lane(lane, jobs.iter().copied());
        }
    }

    /// The tours of all lanes that have any job.
    pub(super) fn tours(&self) -> Vec<Vec<u32>> {
        self.all.iter().filter(|lane| !lane.is_empty()).map(|lane| lane.jobs().to_vec()).collect()
    }

    /// Gives a lane these jobs.
    pub(super) fn set_lane(&mut self, lane: usize, jobs: impl Iterator<Item = u32>) {
        let stops = &mut self.all[lane].stops;
        stops.clear();
        stops.push(self.ground.start());
        stops.extend(jobs);
        stops.push(self.ground.end());
        self.sum_up(lane);
    }

    /// Where a job stands, if anywhere.
    #[inline]
    pub(super) fn place(&self, job: u32) -> Option<Place> {
        let place = self.places[job as usize];
        (place.lane != NOWHERE).then_some(place)
    }

    /// Everything about a lane anew from its stops.
    pub(super) fn sum_up(&mut self, index: usize) {
        let ground = self.ground;
        let lane = &mut self.all[index];
        let Lane { stops, before, after, loads, .. } = lane;
        let last = stops.len() - 1;
        loads.clear();
        let mut load = 0;
        for (at, &stop) in stops.iter().enumerate() {
            load += ground.amount(stop);
            loads.push(load);
            if at > 0 && at < last {
                self.places[stop as usize] = Place { lane: index, at };
            }
        }
        if ground.timed {
            before.clear();
            before.push(ground.visit(stops[0]));
            for at in 1..=last {
                before.push(before[at - 1].join(ground.time(stops[at - 1], stops[at]), ground.visit(stops[at])));
            }
            after.clear();
            after.resize(stops.len(), ground.visit(stops[last]));
            for at in (0..last).rev() {
                after[at] = ground.visit(stops[at]).join(ground.time(stops[at], stops[at + 1]), after[at + 1]);
            }
            lane.warp = lane.before[last].warp;
        }
        if let Some(stakes) = &ground.stakes {
            let mut sum = 0;
            lane.stakes.clear();
            lane.stakes.extend(lane.stops.iter().enumerate().map(|(at, &stop)| {
                let before = sum - if at > 0 { ground.cost(lane.stops[at - 1], stop) } else { 0 };
                sum = before + if at > 0 && at < last { stakes.of(stop) } else { 0 };
                [sum, before]
            }));
            let past = |at: usize| ground.cost(lane.stops[at - 1], lane.stops[at + 1]);
            lane.least_loss = (1..last).map(|at| lane.without(at..at + 1) + past(at)).min().unwrap_or(0);
        }
        lane.excess = (load - ground.capacity).max(0);
        self.clock += 1;
        lane.changed = self.clock;
        lane.penalty = self.prices.warp * lane.warp + self.prices.excess * lane.excess;
    }

    /// Other prices from now on, which change every lane that has penalties.
    pub(super) fn price(&mut self, prices: Prices) {
        self.prices = prices;
        for lane in self.all.iter_mut().filter(|lane| lane.penalty > 0) {
            self.clock += 1;
            lane.changed = self.clock;
            lane.penalty = prices.warp * lane.warp + prices.excess * lane.excess;
        }
    }

    /// What a load costs beyond the capacity.
    #[inline]
    pub(super) fn price_of_load(&self, load: i64) -> i64 {
        self.prices.excess * (load - self.ground.capacity).max(0)
    }

    /// What the way through these stops costs.
    pub(super) fn way(&self, stops: &[u32]) -> i64 {
        stops.windows(2).map(|pair| self.ground.cost(pair[0], pair[1])).sum()
    }

    pub(super) fn worth(&self) -> Worth {
        self.all.iter().filter(|lane| !lane.is_empty()).fold(self.missed(), |sum, lane| Worth {
            cost: sum.cost + self.way(&lane.stops),
            warp: sum.warp + lane.warp,
            excess: sum.excess + lane.excess,
            ..sum
        })
    }

    /// What those cost who stand nowhere.
    fn missed(&self) -> Worth {
        let Some(stakes) = &self.ground.stakes else { return Worth::default() };
        let missed = (0..self.ground.jobs as u32).filter(|&job| self.place(job).is_none());
        let (cost, lost) =
            missed.fold((0, 0), |(cost, lost), job| (cost + stakes.prize(job), lost + stakes.priority(job)));
        Worth { cost, lost, weight: stakes.weight(lost), ..Worth::default() }
    }

    /// These jobs stand nowhere from now on; whoever takes them out of their lane sums it up.
    pub(super) fn leave_out(&mut self, jobs: &[u32]) {
        for &job in jobs {
            self.places[job as usize].lane = NOWHERE;
        }
        self.left_out.extend_from_slice(jobs);
    }

    /// A stretch that is driven on through some stops, and where it ends.
    #[inline]
    pub(super) fn through(&self, (stretch, from): (Segment, u32), stops: &[u32]) -> (Segment, u32) {
        stops.iter().fold((stretch, from), |(stretch, from), &stop| {
            (stretch.join(self.ground.time(from, stop), self.ground.visit(stop)), stop)
        })
    }

    /// The warp of what a lane does up to a stop, then these stops, then what a lane does from a stop on.
    #[inline]
    pub(super) fn warp(&self, (one, until): (usize, usize), stops: &[u32], (other, from): (usize, usize)) -> i64 {
        let (one, other) = (&self.all[one], &self.all[other]);
        let (stretch, last) = self.through((one.before[until], one.stops[until]), stops);
        stretch.join(self.ground.time(last, other.stops[from]), other.after[from]).warp
    }

    /// Puts a job where that costs least, next to a neighbour or alone on an idle vehicle.
    pub(super) fn insert(&mut self, job: u32) {
        let (_, lane, at) = self.cheapest(job);
        self.put(job, lane, at);
    }

    /// The same if it costs less than so much, or is the first job of an idle vehicle.
    pub(super) fn insert_below(&mut self, job: u32, most: i64) {
        let (cost, lane, at) = self.cheapest(job);
        if cost < most || self.all[lane].is_empty() {
            self.put(job, lane, at);
        }
    }

    fn put(&mut self, job: u32, lane: usize, at: usize) {
        self.all[lane].stops.insert(at, job);
        self.sum_up(lane);
    }

    /// Where a job costs least: what it adds, the lane and before which stop.
    fn cheapest(&self, job: u32) -> (i64, usize, usize) {
        let mut best = (i64::MAX, 0, 0);
        let idle = (0..self.all.len()).find(|&lane| self.all[lane].is_empty());
        let beside = self.ground.beside(job).iter().filter_map(|&other| self.place(other));
        let offers = beside.flat_map(|Place { lane, at }| [(lane, at), (lane, at + 1)]);
        for (lane, at) in idle.map(|lane| (lane, 1)).into_iter().chain(offers) {
            best = best.min((self.added(job, lane, at), lane, at));
        }
        if best.0 == i64::MAX {
            // No neighbour stands anywhere, and no vehicle is idle.
            let everywhere =
                (0..self.all.len()).flat_map(|lane| (1..self.all[lane].stops.len()).map(move |at| (lane, at)));
            best = everywhere.map(|(lane, at)| (self.added(job, lane, at), lane, at)).min().unwrap_or((0, 0, 1));
        }
        best
    }

    /// What a job adds before this stop of a lane.
    fn added(&self, job: u32, index: usize, at: usize) -> i64 {
        let (ground, lane) = (self.ground, &self.all[index]);
        let (from, to) = (lane.stops[at - 1], lane.stops[at]);
        let detour = ground.cost(from, job) + ground.cost(job, to) - ground.cost(from, to);
        let warp = if ground.timed { self.warp((index, at - 1), &[job], (index, at)) } else { 0 };
        detour + self.price_of_load(lane.load() + ground.amount(job)) + self.prices.warp * warp - lane.penalty
    }
}
