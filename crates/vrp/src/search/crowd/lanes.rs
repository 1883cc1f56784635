//! Tours that may be late or overloaded, at a price.
//!
//! **Why.** The best plans lie on the rim of what is allowed, and the short way between two of them often leads over the outside.
//! **How.** Every *lane* is the tour of one vehicle with the sums of all its beginnings and all its ends, so that what becomes of it when
//! it is cut and joined anew is told by a few of them. Too much time or load costs a price each; the crowd sets the
//! prices. A lane keeps its kind of vehicle; where there are several, an end of a tour can go on as that of another kind, at that
//! kind's costs, to its end of the day. **What never happens:** a sum out of date; every change of a lane sums it up anew.

use super::ground::Ground;
use super::kinds::Kind;
use super::segment::Segment;
use super::trips::Trips;

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

/// A tour of a vehicle of this kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tour {
    pub(super) kind: usize,
    pub(super) jobs: Vec<u32>,
}

/// No lane.
const NOWHERE: usize = usize::MAX;

/// The tour of one vehicle.
#[derive(Debug, Clone, Default)]
pub(super) struct Lane {
    /// Its kind of vehicle, that kind's table of costs and its first row, what it carries, and how long it may be under way.
    pub(super) kind: usize,
    table: usize,
    pub(super) rows: usize,
    pub(super) capacity: i64,
    longest: i64,
    /// Start, jobs, end.
    pub(super) stops: Vec<u32>,
    /// For each stop, the stretch up to it and the stretch from it on.
    pub(super) before: Vec<Segment>,
    pub(super) after: Vec<Segment>,
    /// For each stop, the load of all stops up to it.
    pub(super) loads: Vec<i64>,
    /// What lanes of other kinds ask of it: apart, so that lanes of one kind stay small.
    pub(super) to_others: Box<ToOthers>,
    /// Its trips, where vehicles come back to a depot for more.
    pub(super) trips: Box<Trips>,
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

/// Where there are several kinds, for each stop of a lane: the stretch from it on up to the last job; what all ways from the first job
/// to it cost, by table; and the kinds that may visit all jobs from it on.
#[derive(Debug, Clone, Default)]
pub(super) struct ToOthers {
    rest: Vec<Segment>,
    ways: Vec<i64>,
    pub(super) able: Vec<u64>,
}

impl Lane {
    pub(super) fn is_empty(&self) -> bool {
        self.stops.len() == 2
    }

    /// By how much a whole tour is late, or longer under way than it may be.
    #[inline]
    pub(super) fn late(&self, whole: Segment) -> i64 {
        whole.warp + (whole.duration - whole.warp - self.longest).max(0)
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
        let all = ground.kinds.all.iter().enumerate().flat_map(|(number, kind)| {
            let Kind { table, capacity, longest, .. } = *kind;
            let rows = table * ground.stops;
            kind.lanes.clone().map(move |_| Lane { kind: number, table, rows, capacity, longest, ..Lane::default() })
        });
        let mut lanes = Self {
            ground,
            all: all.collect(),
            places: vec![Place { lane: NOWHERE, at: 0 }; ground.jobs],
            prices,
            clock: 0,
            left_out: Vec::new(),
        };
        lanes.set(&[]);
        lanes
    }

    /// Replaces everything by these tours, for each of which there is a vehicle; the first of them are changed first.
    pub(super) fn set(&mut self, tours: &[Tour]) {
        self.places.fill(Place { lane: NOWHERE, at: 0 });
        let ground = self.ground;
        let mut next: Vec<usize> = ground.kinds.all.iter().map(|kind| kind.lanes.start).collect();
        for tour in tours {
            let lane = next[tour.kind];
            assert!(lane < ground.kinds.all[tour.kind].lanes.end, "a tour without a vehicle");
            next[tour.kind] += 1;
            self.set_lane(lane, tour.jobs.iter().copied());
        }
        for (next, kind) in next.into_iter().zip(&ground.kinds.all) {
            for lane in next..kind.lanes.end {
                // Of several kinds there may be thousands that never work.
                if !ground.mixed || self.all[lane].stops.len() != 2 {
                    self.set_lane(lane, std::iter::empty());
                }
            }
        }
    }

    /// The tours of all lanes that have any job.
    pub(super) fn tours(&self) -> Vec<Tour> {
        let worked = self.all.iter().filter(|lane| !lane.is_empty());
        worked.map(|lane| Tour { kind: lane.kind, jobs: lane.jobs().to_vec() }).collect()
    }

    /// The first idle lane of a kind.
    pub(super) fn idle(&self, kind: usize) -> Option<usize> {
        self.ground.kinds.all[kind].lanes.clone().find(|&lane| self.all[lane].is_empty())
    }

    /// Gives a lane these jobs.
    pub(super) fn set_lane(&mut self, lane: usize, jobs: impl Iterator<Item = u32>) {
        let (ground, Lane { kind, stops, .. }) = (self.ground, &mut self.all[lane]);
        stops.clear();
        stops.push(ground.start_of(*kind));
        stops.extend(jobs);
        stops.push(ground.end_of(*kind));
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
        if ground.has_trips() {
            self.tidy(index);
        }
        let lane = &mut self.all[index];
        let Lane { stops, before, after, loads, .. } = lane;
        let last = stops.len() - 1;
        loads.clear();
        let mut load = 0;
        for (at, &stop) in stops.iter().enumerate() {
            load += ground.amount(stop);
            loads.push(load);
            if at > 0 && at < last && ground.is_job(stop) {
                self.places[stop as usize] = Place { lane: index, at };
            }
        }
        let mut excess = (load - lane.capacity).max(0);
        if ground.has_trips() {
            excess = lane.sum_up_trips(ground);
            lane.warp = lane.late(lane.before[last]);
        } else if ground.timed {
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
            lane.warp = lane.late(lane.before[last]);
        }
        if ground.mixed {
            lane.to_others.sum_up(ground, &lane.stops);
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
        lane.excess = excess;
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

    /// What a load costs beyond the capacity of a lane.
    #[inline]
    pub(super) fn price_of_load(&self, lane: &Lane, load: i64) -> i64 {
        self.prices.excess * (load - lane.capacity).max(0)
    }

    /// What the way through these stops costs by the table that begins with this row.
    pub(super) fn way(&self, rows: usize, stops: &[u32]) -> i64 {
        stops.windows(2).map(|pair| self.ground.cost_in(rows, pair[0], pair[1])).sum()
    }

    /// What it costs a lane to go on from a stop as another lane does from there on, to the lane's own end.
    pub(super) fn way_on(&self, lane: &Lane, from: u32, other: &Lane, at: usize) -> i64 {
        let (ground, last, end) = (self.ground, other.stops.len() - 2, self.ground.end_of(lane.kind));
        if at > last {
            return ground.cost_in(lane.rows, from, end);
        }
        let ways = &other.to_others.ways;
        let between = ways[last * ground.tables + lane.table] - ways[at * ground.tables + lane.table];
        ground.cost_in(lane.rows, from, other.stops[at]) + between + ground.cost_in(lane.rows, other.stops[last], end)
    }

    /// What a tour costs a kind, with what it is overloaded.
    pub(super) fn cost_of(&self, kind: usize, jobs: &[u32]) -> i64 {
        let (ground, lane) = (self.ground, &self.all[self.ground.kinds.all[kind].lanes.start]);
        let ends =
            [jobs.first().map(|&job| (ground.start_of(kind), job)), jobs.last().map(|&job| (job, ground.end_of(kind)))];
        let to_and_from: i64 = ends.into_iter().flatten().map(|(from, to)| ground.cost_in(lane.rows, from, to)).sum();
        let load = jobs.iter().map(|&job| ground.amount(job)).sum();
        to_and_from + self.way(lane.rows, jobs) + self.price_of_load(lane, load)
    }

    /// What a way costs more in one lane than in another.
    #[inline]
    pub(super) fn dearer(&self, there: &Lane, here: &Lane, from: u32, to: u32) -> i64 {
        self.ground.cost_in(there.rows, from, to) - self.ground.cost_in(here.rows, from, to)
    }

    pub(super) fn worth(&self) -> Worth {
        let of_no_lane = Worth { excess: self.visits_too_many(), ..self.missed() };
        self.all.iter().filter(|lane| !lane.is_empty()).fold(of_no_lane, |sum, lane| Worth {
            cost: sum.cost + self.way(lane.rows, &lane.stops),
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

    /// The warp of what a lane does up to a stop, then these stops, then what a lane does from a stop on, to the end of the first lane.
    #[inline]
    pub(super) fn warp(&self, (one, until): (usize, usize), stops: &[u32], (other, from): (usize, usize)) -> i64 {
        let (one, other) = (&self.all[one], &self.all[other]);
        let (stretch, last) = self.through((one.before[until], one.stops[until]), stops);
        if one.kind == other.kind {
            return one.late(stretch.join(self.ground.time(last, other.stops[from]), other.after[from]));
        }
        let to = other.stops.len() - 2;
        let (stretch, last) = if from > to {
            (stretch, last)
        } else {
            (stretch.join(self.ground.time(last, other.stops[from]), other.to_others.rest[from]), other.stops[to])
        };
        let end = self.ground.end_of(one.kind);
        one.late(stretch.join(self.ground.time(last, end), self.ground.visit(end)))
    }

    /// Puts a job where that costs least, next to a neighbour or alone on an idle vehicle.
    pub(super) fn insert(&mut self, job: u32) {
        if self.ground.has_trips() {
            return self.insert_into_trip(job);
        }
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

    /// The same into this lane, whose kind may visit the job.
    pub(super) fn insert_into(&mut self, lane: usize, job: u32, most: i64) {
        let (ground, stops) = (self.ground, &self.all[lane].stops);
        let detour = |at: usize| {
            let (from, to) = (stops[at - 1], stops[at]);
            ground.cost(from, job) + ground.cost(job, to) - ground.cost(from, to)
        };
        let most = if self.all[lane].is_empty() { i64::MAX } else { most };
        let offers = (1..stops.len()).filter(|&at| detour(at) < most.saturating_add(self.all[lane].penalty));
        let best = offers.map(|at| (self.added(job, lane, at), at)).min();
        if let Some((_, at)) = best.filter(|&(cost, _)| cost < most) {
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
        let idle = (0..self.ground.kinds.all.len()).filter_map(|kind| self.idle(kind));
        let beside = self.ground.beside(job).iter().filter_map(|&other| self.place(other));
        let offers = beside.flat_map(|Place { lane, at }| [(lane, at), (lane, at + 1)]);
        for (lane, at) in idle.map(|lane| (lane, 1)).chain(offers) {
            best = best.min((self.added(job, lane, at), lane, at));
        }
        if best.0 == i64::MAX {
            // No neighbour stands where the job may, and no such vehicle is idle.
            let everywhere =
                (0..self.all.len()).flat_map(|lane| (1..self.all[lane].stops.len()).map(move |at| (lane, at)));
            best = everywhere.map(|(lane, at)| (self.added(job, lane, at), lane, at)).min().unwrap_or((0, 0, 1));
        }
        best
    }

    /// What a job adds before this stop of a lane; the most there is if it may not stand there.
    fn added(&self, job: u32, index: usize, at: usize) -> i64 {
        let (ground, lane) = (self.ground, &self.all[index]);
        if !ground.may_visit(lane.kind, &[job]) {
            return i64::MAX;
        }
        let (from, to) = (lane.stops[at - 1], lane.stops[at]);
        let cost = |from: u32, to: u32| ground.cost_in(lane.rows, from, to);
        let detour = cost(from, job) + cost(job, to) - cost(from, to);
        let warp = if ground.timed { self.warp((index, at - 1), &[job], (index, at)) } else { 0 };
        detour + self.price_of_load(lane, lane.load() + ground.amount(job)) + self.prices.warp * warp - lane.penalty
    }
}

impl ToOthers {
    /// Everything anew from these stops.
    fn sum_up(&mut self, ground: &Ground, stops: &[u32]) {
        let Self { rest, ways, able } = self;
        let last = stops.len() - 2;
        if ground.timed {
            rest.clear();
            rest.resize(last + 1, ground.visit(stops[last]));
            for at in (1..last).rev() {
                rest[at] = ground.visit(stops[at]).join(ground.time(stops[at], stops[at + 1]), rest[at + 1]);
            }
        }
        ways.clear();
        ways.resize((last + 1) * ground.tables, 0);
        for at in 2..=last {
            for (table, cost) in ground.costs_in_all(stops[at - 1], stops[at]).enumerate() {
                ways[at * ground.tables + table] = ways[(at - 1) * ground.tables + table] + cost;
            }
        }
        able.clear();
        able.resize(stops.len(), u64::MAX);
        for at in (1..=last).rev() {
            able[at] = able[at + 1] & ground.able(stops[at]);
        }
    }
}
