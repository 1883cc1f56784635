//! The problem as the crowd sees it: alike vehicles, one tour each, and nothing that a stretch of a tour cannot sum up.
//!
//! **Why.** What makes the local search quick is that a tour's worth is a sum over its stretches; breaks, orders among jobs, signed
//! loads and whatever binds tours to each other are not. **How.** [`Ground::new`] asks the model for everything that would stand in
//! the way, and lays out legs, windows and amounts flat, by *stop*: the jobs by their numbers, then the start, then the end.
//! **What never happens:** a problem taken on of which a tour without warp and excess could be forbidden.

use super::super::legs::Leg;
use super::super::model::Model;
use super::lanes::Prices;
use super::segment::Segment;
use super::stakes::Stakes;

/// Beside how many neighbours a move is looked for.
const BESIDE: usize = 20;

/// Beside how many of the nearest a quick walk looks for a place.
const NEAREST: usize = 30;

/// Costs are rounded down to so many bits; ties are for the search proper to decide.
const COST_BITS: u32 = 26;

/// The most that all penalties together may be before a repair makes them dearer.
const MOST_PENALTY: i64 = 1 << 56;

/// The problem.
#[derive(Debug)]
pub(super) struct Ground {
    /// How many jobs there are; also the number of the start, after which comes the end.
    pub(super) jobs: usize,
    /// What the ways between stops cost and how long they take, row by row.
    costs: Vec<i32>,
    times: Vec<i32>,
    /// Every stop by itself.
    visits: Vec<Segment>,
    amounts: Vec<i64>,
    pub(super) capacity: i64,
    /// The slots of the vehicles.
    pub(super) slots: Vec<u32>,
    beside: Vec<Vec<u32>>,
    /// The jobs around each, nearest first.
    around: Vec<Vec<u32>>,
    /// The nearest of them, with what the ways from and to them cost, in rows of the same length.
    near: Vec<(u32, i32, i32)>,
    nearest: usize,
    /// Column by column, where time does not bind and unless rows and columns of jobs are the same.
    into: Vec<i32>,
    /// When a vehicle ends at the latest, whatever it does, and whether that is too late for anything.
    latest_end: i64,
    pub(super) timed: bool,
    /// Whether every way is as long in both directions.
    pub(super) symmetric: bool,
    /// What leaving jobs out costs, where any may be.
    pub(super) stakes: Option<Stakes>,
}

impl Ground {
    /// The ground of a problem that is plain enough; jobs with a priority may be left out only if not all of them fit.
    pub(super) fn new(model: &Model<'_>, all_fit: bool) -> Option<Self> {
        let choosing = model.optional || !all_fit || model.hopeful < model.jobs;
        let slot = &model.slots[0];
        let bare = slot.is_plain()
            && model.vehicles.iter().all(|wheels| wheels.shifts == 1)
            && model.vehicles[0].standing == slot.empty_cost;
        let free = !model.ordered && model.rules.is_none() && model.fixed.is_empty();
        let simple = !model.loads.mixed && model.loads.amounts(0).len() <= 1;
        let one_window = |job: usize| model.tasks[job].has_one_window();
        if model.classes.len() != 1 || !bare || !free || !simple || !(0..model.jobs).all(one_window) {
            return None;
        }
        let places: Vec<u32> = model.tasks.iter().map(|task| task.place).chain([slot.start, slot.end]).collect();
        let legs = || places.iter().flat_map(|&from| places.iter().map(move |&to| model.leg(from, to)));
        if !legs().all(Leg::exists) {
            return None;
        }
        let exact = || legs().map(|leg| slot.weights.leg(leg));
        let shift = (64 - exact().max().unwrap_or(0).leading_zeros()).saturating_sub(COST_BITS);
        let mut costs: Vec<i32> = exact().map(|cost| (cost >> shift) as i32).collect();
        let mut times: Vec<i32> = legs().map(|leg| leg.duration() as i32).collect();
        // A vehicle that stays in the yard.
        let stops = places.len();
        let idle = (stops - 2) * stops + stops - 1;
        (costs[idle], times[idle]) = (0, 0);
        let stakes = choosing.then(|| Stakes::new(model, shift, &costs));
        let frame = Segment::visit(slot.open, slot.close, 0);
        let windows = model.tasks.iter().enumerate().map(|(job, task)| match &stakes {
            Some(stakes) if !stakes.may_stand(job as u32) => frame,
            _ => Segment::visit(task.open.max(slot.open), task.last_start.min(slot.close), task.dwell),
        });
        let visits: Vec<Segment> = windows.chain([frame, frame]).collect();
        let as_far_back = |a: usize, b: usize| {
            let (there, back) = (a * stops + b, b * stops + a);
            costs[there] == costs[back] && times[there] == times[back]
        };
        let symmetric = (0..model.jobs).all(|a| (0..a).all(|b| as_far_back(a, b)));
        let end = latest_end(&visits, &times, stops);
        let amounts = (0..model.jobs as u32).map(|job| model.loads.amounts(job).first().copied().unwrap_or(0));
        let beside = (0..model.jobs as u32).map(|job| {
            let beside = model.neighbours.beside(job);
            beside[..beside.len().min(BESIDE)].to_vec()
        });
        let timed = visits.iter().any(|visit| visit.latest < end);
        let around: Vec<Vec<u32>> = (0..model.jobs as u32).map(|job| model.neighbours.around(job).to_vec()).collect();
        let nearest = around.iter().map(Vec::len).min().unwrap_or(0).min(NEAREST);
        Some(Self {
            near: near(&costs, stops, &around, nearest),
            nearest,
            around,
            into: if timed { Vec::new() } else { columns(&costs, stops) },
            stakes,
            jobs: model.jobs,
            amounts: amounts.chain([0, 0]).collect(),
            capacity: model.loads.capacity(0),
            slots: (0..model.slots.len() as u32).collect(),
            beside: beside.collect(),
            timed,
            latest_end: end,
            symmetric,
            costs,
            times,
            visits,
        })
    }

    /// The number of the start.
    pub(super) fn start(&self) -> u32 {
        self.jobs as u32
    }

    /// The number of the end.
    pub(super) fn end(&self) -> u32 {
        self.jobs as u32 + 1
    }

    #[inline]
    pub(super) fn cost(&self, from: u32, to: u32) -> i64 {
        i64::from(self.costs[from as usize * (self.jobs + 2) + to as usize])
    }

    /// What the ways from a stop cost, by the other stop.
    #[inline]
    pub(super) fn costs_from(&self, from: u32) -> &[i32] {
        &self.costs[from as usize * (self.jobs + 2)..][..self.jobs + 2]
    }

    /// What the ways into a job cost, by the stop before.
    #[inline]
    pub(super) fn costs_into(&self, job: u32) -> &[i32] {
        let all = if self.into.is_empty() { &self.costs } else { &self.into };
        &all[job as usize * (self.jobs + 2)..][..self.jobs + 2]
    }

    #[inline]
    pub(super) fn time(&self, from: u32, to: u32) -> i64 {
        i64::from(self.times[from as usize * (self.jobs + 2) + to as usize])
    }

    #[inline]
    pub(super) fn visit(&self, stop: u32) -> Segment {
        self.visits[stop as usize]
    }

    #[inline]
    pub(super) fn amount(&self, stop: u32) -> i64 {
        self.amounts[stop as usize]
    }

    /// The jobs that this one best stands next to.
    pub(super) fn beside(&self, job: u32) -> &[u32] {
        &self.beside[job as usize]
    }

    /// The jobs around this one, nearest first.
    pub(super) fn around(&self, job: u32) -> &[u32] {
        &self.around[job as usize]
    }

    /// The nearest jobs, with what the ways from and to them cost.
    #[inline]
    pub(super) fn near(&self, job: u32) -> &[(u32, i32, i32)] {
        &self.near[job as usize * self.nearest..][..self.nearest]
    }

    /// Whether every job fits a vehicle.
    pub(super) fn amounts_fit(&self) -> bool {
        self.amounts.iter().all(|&amount| amount <= self.capacity)
    }

    /// Whether nothing but ways and loads counts: nobody can be late, and nobody may be left out.
    pub(super) fn is_quick(&self) -> bool {
        !self.timed && self.stakes.is_none()
    }

    /// Whether a tour costs the same when it is driven the other way round.
    pub(super) fn turns(&self) -> bool {
        !self.timed && self.into.is_empty()
    }

    /// The first prices: what a unit of time costs on an average leg, and what a unit of load does where the dearest leg carries the largest amount.
    pub(super) fn prices(&self) -> Prices {
        let sum = |numbers: &[i32]| numbers.iter().map(|&number| i64::from(number)).sum::<i64>();
        let dearest = i64::from(self.costs.iter().copied().max().unwrap_or(1));
        let largest = self.amounts.iter().copied().max().unwrap_or(1);
        let warp = (sum(&self.costs) / sum(&self.times).max(1)).max(1);
        let asked = self.stakes.as_ref().map_or(0, |stakes| stakes.average(self) / self.lasting().max(1));
        Prices { warp: warp.max(asked), excess: (dearest / largest.max(1)).max(1) }
    }

    /// How long an average visit lasts, with an average leg.
    fn lasting(&self) -> i64 {
        let dwells: i64 = self.visits.iter().map(|visit| visit.duration).sum();
        let legs: i64 = self.times.iter().map(|&time| i64::from(time)).sum();
        dwells / self.visits.len() as i64 + legs / self.times.len() as i64
    }

    /// The highest prices with which no sum of penalties can overflow.
    pub(super) fn highest_prices(&self) -> Prices {
        let earliest = self.visits.iter().map(|visit| visit.latest).min().unwrap_or(0);
        let warp = (self.latest_end - earliest).max(1).saturating_mul(self.jobs as i64);
        let excess = self.amounts.iter().fold(1, |sum: i64, &amount| sum.saturating_add(amount));
        Prices { warp: (MOST_PENALTY / warp).max(1), excess: (MOST_PENALTY / excess).max(1) }
    }
}

/// What the ways into every stop cost; nothing if that is what the ways from there do, for all jobs.
fn columns(costs: &[i32], stops: usize) -> Vec<i32> {
    let same = |a: usize, b: usize| costs[a * stops + b] == costs[b * stops + a];
    if (0..stops - 2).all(|a| (0..stops).all(|b| same(a, b))) {
        return Vec::new();
    }
    (0..stops).flat_map(|to| (0..stops).map(move |from| costs[from * stops + to])).collect()
}

/// So many of the jobs around each, with what the ways from and to them cost.
fn near(costs: &[i32], stops: usize, around: &[Vec<u32>], nearest: usize) -> Vec<(u32, i32, i32)> {
    let pairs =
        around.iter().enumerate().flat_map(|(job, around)| around[..nearest].iter().map(move |&other| (job, other)));
    pairs
        .map(|(job, other)| (other, costs[other as usize * stops + job], costs[job * stops + other as usize]))
        .collect()
}

/// The latest end of one vehicle that does everything the long way round.
fn latest_end(visits: &[Segment], times: &[i32], stops: usize) -> i64 {
    let longest = |row: &[i32]| i64::from(row.iter().copied().max().unwrap_or(0));
    let driving = times.chunks(stops).map(longest).sum::<i64>();
    let dwell = visits.iter().map(|visit| visit.duration).sum::<i64>();
    visits.iter().map(|visit| visit.earliest).max().unwrap_or(0) + driving + dwell
}
