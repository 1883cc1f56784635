//! The problem as the crowd sees it: vehicles of a few kinds, one tour each, and nothing that a stretch of a tour cannot sum up.
//!
//! **Why.** What makes the local search quick is that a tour's worth is a sum over its stretches; breaks, orders among jobs, signed
//! loads and whatever binds tours to each other are not. **How.** [`Ground::new`] asks the model for everything that would stand in
//! the way, and lays out legs, windows and amounts flat, by *stop*: the jobs by their numbers, then for each kind of vehicle ([`Kinds`])
//! the start and the end, and last, where vehicles come back to a depot for more ([`Depot`]), a visit of that.
//! **What never happens:** a problem taken on of which a tour without warp and excess could be forbidden.

use super::super::legs::Leg;
use super::super::model::{Model, Slot, Weights};
use super::depot::{AT_ONCE, Depot};
use super::kinds::{Kind, Kinds};
use super::lanes::Prices;
use super::segment::Segment;
use super::stakes::Stakes;

/// Beside how many neighbours a move is looked for.
const BESIDE: usize = 20;

/// Beside how many of the nearest a quick walk looks for a place.
const NEAREST: usize = 30;

/// Costs are rounded down to so many bits; ties are for the search proper to decide.
const COST_BITS: u32 = 26;

/// With what a vehicle costs once a cost may have so many, as long as this leaves so many to the ways.
const FIXED_BITS: u32 = 30;
const LEAST_BITS: u32 = 18;

/// All tables of costs together hold no more than so many.
const MOST_COSTS: usize = 1 << 26;

/// The most that all penalties together may be before a repair makes them dearer.
const MOST_PENALTY: i64 = 1 << 56;

/// The problem.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "what a problem has goes with anything else")]
pub(super) struct Ground {
    /// How many jobs there are; also the number of the first start, after which comes its end.
    pub(super) jobs: usize,
    /// How many stops: jobs, starts and ends.
    pub(super) stops: usize,
    /// What the ways between stops cost and how long they take, row by row; of costs one table after another.
    costs: Vec<i32>,
    times: Vec<i32>,
    /// Every stop by itself.
    visits: Vec<Segment>,
    /// With trips, for each kind how long the way is from its start to the depot.
    approaches: Vec<i64>,
    amounts: Vec<i64>,
    /// The kinds of vehicles, and whether there are several.
    pub(super) kinds: Kinds,
    pub(super) mixed: bool,
    /// How many tables of costs there are.
    pub(super) tables: usize,
    /// What a vehicle of the first kind carries.
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
    /// The depot to which vehicles come back for more, if there is one; its visits are the last stop. And the task of every job.
    pub(super) depot: Option<Depot>,
    pub(super) tasks: Vec<u32>,
    /// Whether a trip costs the same wherever it stands: all vehicles begin and end at the depot, and pay the same.
    pub(super) same_trips: bool,
}

/// Whom a problem that is plain enough is about, and whether anybody may be left out.
struct Actors {
    depot: Option<Depot>,
    /// The task of every job.
    tasks: Vec<u32>,
    kinds: Kinds,
    choosing: bool,
}

impl Actors {
    fn new(model: &Model<'_>, all_fit: bool) -> Option<Self> {
        let choosing = model.optional || !all_fit || model.hopeful_jobs().count() < model.jobs;
        let bare =
            model.vehicles.iter().all(|wheels| wheels.shifts == 1) && model.slots.iter().all(Slot::costs_by_legs);
        let one_window = |job: usize| model.tasks[job].has_one_window();
        if !bare || !model.fixed.is_empty() || !(0..model.jobs).all(one_window) {
            return None;
        }
        let free = !model.ordered && model.rules.is_none();
        let depot = if free { None } else { Some(Depot::new(model)?) };
        if depot.is_none() && (model.loads.mixed || model.loads.amounts(0).len() > 1) {
            return None;
        }
        let number = depot.as_ref().map(Depot::number);
        let tasks: Vec<u32> = (0..model.jobs as u32).filter(|&task| Some(task) != number).collect();
        let kinds = Kinds::new(model, &tasks, depot.as_ref().map(|depot| depot.place))?;
        let plain = kinds.all.len() == 1 && !kinds.all[0].is_bounded() && depot.is_none();
        (plain || !choosing).then_some(Self { depot, tasks, kinds, choosing })
    }
}

impl Ground {
    /// The ground of a problem that is plain enough; jobs with a priority may be left out only if not all of them fit.
    pub(super) fn new(model: &Model<'_>, all_fit: bool) -> Option<Self> {
        let Actors { depot, tasks, kinds, choosing } = Actors::new(model, all_fit)?;
        let (jobs, place_of) = (tasks.len(), |task: u32| model.tasks[task as usize].place);
        let yard = depot.as_ref().map(|depot| depot.place);
        let mixed = kinds.all.len() > 1;
        // The first visit of a depot belongs to the start.
        let ends = kinds.all.iter().flat_map(|kind| [yard.unwrap_or(kind.ends[0]), kind.ends[1]]);
        let places: Vec<u32> = tasks.iter().map(|&task| place_of(task)).chain(ends).chain(yard).collect();
        let (stops, tables) = (places.len(), kinds.payers.len());
        let bounded = kinds.all.iter().any(Kind::is_bounded);
        if tables > 1 && tables * stops * stops > MOST_COSTS {
            return None;
        }
        let legs = || places.iter().flat_map(|&from| places.iter().map(move |&to| model.leg(from, to)));
        let to_depot: Vec<Leg> = match yard {
            Some(yard) => kinds.all.iter().map(|kind| model.leg(kind.ends[0], yard)).collect(),
            None => Vec::new(),
        };
        if !legs().chain(to_depot.iter().copied()).all(Leg::exists) {
            return None;
        }
        let weights: Vec<Weights> = kinds.payers.iter().map(|&slot| model.slots[slot as usize].weights).collect();
        let exact = || weights.iter().flat_map(|weights| legs().map(|leg| weights.leg(leg)));
        let shift = bits_off(exact().max().unwrap_or(0), &kinds)?;
        let mut costs: Vec<i32> = exact().map(|cost| (cost >> shift) as i32).collect();
        let mut times: Vec<i32> = legs().map(|leg| leg.duration() as i32).collect();
        begin(&kinds, jobs, shift, &mut costs, &mut times);
        let stakes = choosing.then(|| Stakes::new(model, shift, &costs));
        let open = kinds.all.iter().map(|kind| kind.open).min().unwrap_or(0);
        let close = kinds.all.iter().map(|kind| kind.close).max().unwrap_or(0);
        let window = |task: u32| {
            let task = &model.tasks[task as usize];
            Segment::visit(task.open.max(open), task.last_start.min(close), task.dwell)
        };
        let windows = tasks.iter().map(|&task| match &stakes {
            Some(stakes) if !stakes.may_stand(task) => Segment::visit(open, close, 0),
            _ => window(task),
        });
        let frames = kinds.all.iter().flat_map(|kind| [Segment::visit(kind.open, kind.close, 0); 2]);
        let of_depot = depot.as_ref().map(|depot| window(depot.number()));
        let visits: Vec<Segment> = windows.chain(frames).chain(of_depot).collect();
        let as_far_back = |a: usize, b: usize| {
            let (there, back) = (a * stops + b, b * stops + a);
            let costs = |from: usize| costs[from..].iter().step_by(stops * stops);
            times[there] == times[back] && costs(there).eq(costs(back))
        };
        let symmetric = (0..jobs).all(|a| (0..a).all(|b| as_far_back(a, b)));
        let with_visits = depot.as_ref().map_or(0, |depot| depot.longest(&visits, &times));
        let end = latest_end(&visits, &times, stops) + with_visits;
        let amounts = tasks.iter().map(|&task| match &depot {
            Some(_) => -model.problem.jobs[task as usize].quantity.first().copied().unwrap_or(0),
            None => model.loads.amounts(task).first().copied().unwrap_or(0),
        });
        let (beside, around) = lists(model, &tasks, &kinds);
        let timed = bounded || depot.is_some() || visits.iter().any(|visit| visit.latest < end);
        let nearest = around.iter().map(Vec::len).min().unwrap_or(0).min(NEAREST);
        let same_trips = tables == 1 && kinds.all.iter().flat_map(|kind| kind.ends).all(|end| Some(end) == yard);
        Some(Self {
            same_trips,
            near: near(&costs, stops, &around, nearest),
            nearest,
            around,
            into: if timed || mixed { Vec::new() } else { columns(&costs, stops) },
            stakes,
            jobs,
            amounts: amounts.chain(std::iter::repeat_n(0, stops - jobs)).collect(),
            capacity: kinds.all[0].capacity,
            slots: (0..model.slots.len() as u32).collect(),
            kinds,
            mixed,
            tables,
            stops,
            beside,
            timed,
            latest_end: end,
            symmetric,
            costs,
            times,
            visits,
            approaches: to_depot.into_iter().map(Leg::duration).collect(),
            depot,
            tasks,
        })
    }

    /// Whether vehicles come back to a depot for more.
    #[inline]
    pub(super) fn has_trips(&self) -> bool {
        self.depot.is_some()
    }

    /// The number of the stop that is a further visit of the depot.
    #[inline]
    pub(super) fn reload(&self) -> u32 {
        self.stops as u32 - 1
    }

    /// Whether a stop is a job, and no visit of the depot.
    #[inline]
    pub(super) fn is_job(&self, stop: u32) -> bool {
        (stop as usize) < self.jobs
    }

    /// What a solution of the search proper visits, as stops: the first visit of a depot belongs to the start.
    pub(super) fn stops_of(&self, tasks: &[u32]) -> Vec<u32> {
        let Some(depot) = &self.depot else { return tasks.to_vec() };
        let stop = |&task: &u32| match self.tasks.binary_search(&task) {
            Ok(job) => job as u32,
            Err(_) => self.reload(),
        };
        let first = usize::from(tasks.first().is_some_and(|task| depot.tasks.contains(task)));
        tasks[first..].iter().map(stop).collect()
    }

    /// The other way round, with visits of the depot that were not used before; so many were.
    pub(super) fn tasks_of(&self, stops: &[u32], used: &mut usize) -> Vec<u32> {
        let Some(depot) = &self.depot else { return stops.to_vec() };
        let mut visit = || {
            *used += 1;
            depot.tasks[*used - 1]
        };
        let mut tasks = vec![visit()];
        tasks.extend(stops.iter().map(|&stop| if self.is_job(stop) { self.tasks[stop as usize] } else { visit() }));
        tasks
    }

    /// The jobs among these stops.
    pub(super) fn among<'a>(&self, stops: &'a [u32]) -> impl Iterator<Item = &'a u32> + use<'a> {
        let jobs = self.jobs;
        stops.iter().filter(move |&&stop| (stop as usize) < jobs)
    }

    /// How a kind begins: its start and the way to the depot, and apart from that the first visit there.
    pub(super) fn first_visit(&self, kind: usize) -> [Segment; 2] {
        let start = self.visit(self.start_of(kind)).join(self.approaches[kind], Segment::FREE);
        [start, self.visit(self.reload())]
    }

    /// When the goods of a stop are at the depot.
    #[inline]
    pub(super) fn release(&self, stop: u32) -> i64 {
        let releases = self.depot.as_ref().map(|depot| &depot.releases);
        releases.and_then(|releases| releases.get(stop as usize)).copied().unwrap_or(AT_ONCE)
    }

    /// The number of the first kind's start.
    pub(super) fn start(&self) -> u32 {
        self.start_of(0)
    }

    /// The number of the first kind's end.
    pub(super) fn end(&self) -> u32 {
        self.end_of(0)
    }

    pub(super) fn start_of(&self, kind: usize) -> u32 {
        (self.jobs + 2 * kind) as u32
    }

    pub(super) fn end_of(&self, kind: usize) -> u32 {
        self.start_of(kind) + 1
    }

    /// The kinds that may visit a job, a bit for each.
    #[inline]
    pub(super) fn able(&self, job: u32) -> u64 {
        self.kinds.able.get(job as usize).copied().unwrap_or(u64::MAX)
    }

    /// Whether a kind may visit all of these jobs.
    pub(super) fn may_visit(&self, kind: usize, jobs: &[u32]) -> bool {
        self.kinds.able.is_empty() || jobs.iter().all(|&job| self.able(job) >> kind & 1 == 1)
    }

    /// What ways cost by the table that begins with this row.
    #[inline]
    pub(super) fn cost_in(&self, rows: usize, from: u32, to: u32) -> i64 {
        i64::from(self.costs[(rows + from as usize) * self.stops + to as usize])
    }

    /// What the ways from a stop cost, by the other stop, in that table.
    #[inline]
    pub(super) fn row_in(&self, rows: usize, from: u32) -> &[i32] {
        &self.costs[(rows + from as usize) * self.stops..][..self.stops]
    }

    /// What a way costs by every table.
    pub(super) fn costs_in_all(&self, from: u32, to: u32) -> impl Iterator<Item = i64> + '_ {
        let at = from as usize * self.stops + to as usize;
        self.costs[at..].iter().step_by(self.stops * self.stops).map(|&cost| i64::from(cost))
    }

    /// What a way costs the first kind.
    #[inline]
    pub(super) fn cost(&self, from: u32, to: u32) -> i64 {
        i64::from(self.costs[from as usize * self.stops + to as usize])
    }

    /// What the ways from a stop cost the first kind, by the other stop.
    #[inline]
    pub(super) fn costs_from(&self, from: u32) -> &[i32] {
        &self.costs[from as usize * self.stops..][..self.stops]
    }

    /// What the ways into a job cost, by the stop before.
    #[inline]
    pub(super) fn costs_into(&self, job: u32) -> &[i32] {
        let all = if self.into.is_empty() { &self.costs } else { &self.into };
        &all[job as usize * self.stops..][..self.stops]
    }

    #[inline]
    pub(super) fn time(&self, from: u32, to: u32) -> i64 {
        i64::from(self.times[from as usize * self.stops + to as usize])
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

    /// Whether nothing but ways and loads counts: all vehicles are alike and cost nothing once, nobody can be late, and nobody may be left out.
    pub(super) fn is_quick(&self) -> bool {
        !self.timed && !self.mixed && self.kinds.all[0].fixed == 0 && self.stakes.is_none()
    }

    /// Whether a tour costs the same when it is driven the other way round.
    pub(super) fn turns(&self) -> bool {
        !self.timed && !self.mixed && self.into.is_empty()
    }

    /// The first prices: what a unit of time costs on an average leg, and what a unit of load does where the dearest leg carries the largest amount.
    pub(super) fn prices(&self) -> Prices {
        let sum = |numbers: &[i32]| numbers.iter().map(|&number| i64::from(number)).sum::<i64>();
        let dearest = i64::from(self.costs.iter().copied().max().unwrap_or(1));
        let largest = self.amounts.iter().copied().max().unwrap_or(1);
        let warp = (sum(&self.costs) / self.tables as i64 / sum(&self.times).max(1)).max(1);
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
        let bounded = self.kinds.all.iter().any(Kind::is_bounded);
        // A visit can be late by so much, and as many vehicles as there are jobs under way for so long.
        let first = |visit: &Segment| if bounded { visit.earliest.min(visit.latest) } else { visit.latest };
        let earliest = self.visits.iter().map(first).min().unwrap_or(0);
        // With trips every job may be late, its goods too, and the visit that loads them.
        let times = self.jobs as i64 * if self.has_trips() { 3 } else { 1 + i64::from(bounded) };
        let warp = (self.latest_end - earliest).max(1).saturating_mul(times);
        let excess = self.amounts.iter().fold(1, |sum: i64, &amount| sum.saturating_add(amount));
        Prices { warp: (MOST_PENALTY / warp).max(1), excess: (MOST_PENALTY / excess).max(1) }
    }
}

/// Lets every kind pay once at its start, and a vehicle that stays in the yard nothing.
fn begin(kinds: &Kinds, jobs: usize, shift: u32, costs: &mut [i32], times: &mut [i32]) {
    let stops = times.len().isqrt();
    for (number, kind) in kinds.all.iter().enumerate() {
        let (start, end) = (jobs + 2 * number, jobs + 2 * number + 1);
        for row in costs.chunks_mut(stops).skip(start).step_by(stops) {
            let (to_jobs, others) = row.split_at_mut(jobs);
            let to_depot = others.iter_mut().skip(2 * kinds.all.len());
            to_jobs.iter_mut().chain(to_depot).for_each(|cost| *cost += (kind.fixed >> shift) as i32);
            row[end] = 0;
        }
        times[start * stops + end] = 0;
    }
}

/// For each job those beside and those around it.
fn lists(model: &Model<'_>, tasks: &[u32], kinds: &Kinds) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    let mut job_of: Vec<Option<u32>> = vec![None; model.jobs];
    (0..).zip(tasks).for_each(|(job, &task)| job_of[task as usize] = Some(job));
    let among = |others: &[u32]| others.iter().filter_map(|&task| job_of[task as usize]).collect::<Vec<u32>>();
    let able = |job: u32| kinds.able.get(job as usize).copied().unwrap_or(u64::MAX);
    let beside = (0..).zip(tasks).map(|(job, &task)| {
        let together = |other: &u32| able(job) & able(*other) != 0;
        among(model.neighbours.beside(task)).into_iter().filter(together).take(BESIDE).collect()
    });
    (beside.collect(), tasks.iter().map(|&task| among(model.neighbours.around(task))).collect())
}

/// By how many bits costs are rounded down; nothing if vehicles cost so much once that too little would be left of the ways.
fn bits_off(farthest: i64, kinds: &Kinds) -> Option<u32> {
    let bits = |cost: i64| 64 - cost.leading_zeros();
    let fixed = kinds.all.iter().map(|kind| kind.fixed).max().unwrap_or(0);
    let with_fixed = bits(farthest.saturating_add(fixed)).saturating_sub(FIXED_BITS);
    let off = bits(farthest).saturating_sub(COST_BITS).max(with_fixed);
    (off == 0 || bits(farthest).saturating_sub(off) >= LEAST_BITS).then_some(off)
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
