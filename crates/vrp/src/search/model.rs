//! The problem, compiled for speed.
//!
//! **Why.** The search asks the same few numbers a hundred million times; here they lie flat, typed and ready. **How.** Every
//! (vehicle, shift) becomes a *slot*; the objective becomes four weights per slot, so that the search knows one cost, an `i64`,
//! whatever is asked. **What never happens:** a change after construction, or a cost that is not a whole number.
//!
//! The tie-break of the objective (driving time, for prices) is folded into the same number: the cost proper is multiplied by a
//! power of two above the largest possible tie-break. Where 62 bits do not hold both, the factor shrinks and ties are decided
//! only down to its resolution.

use crate::{Objective, Problem, Value};

use super::breaks::{BreakStates, break_states};
use super::hopeless::hopeless;
use super::island::Watch;
use super::legs::{Leg, Legs};
use super::load::Loads;
use super::neighbours::Neighbours;
use super::rules::Rules;
use super::skills::Skills;
use super::{NEVER, TOO_EARLY};

/// How many bits a total cost may take.
const COST_BITS: u32 = 61;

/// What one unit of each measure costs in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Weights {
    driving: i64,
    distance: i64,
    /// Per unit of time from leaving to arriving.
    pub(crate) elapsed: i64,
    /// Once per working vehicle.
    fixed: i64,
}

impl Weights {
    /// What a leg costs; nonsense where there is no way.
    #[inline]
    pub(crate) fn leg(self, leg: Leg) -> i64 {
        self.driving.wrapping_mul(leg.duration()).wrapping_add(self.distance.wrapping_mul(leg.distance()))
    }

    /// What so much driving and so much distance cost.
    pub(crate) fn of(self, driving: i64, distance: i64) -> i64 {
        self.driving * driving + self.distance * distance
    }

    /// What the way over a stop costs more than the leg that it replaces; nonsense where there is no way.
    #[inline]
    pub(crate) fn detour(self, to: Leg, on: Leg, replaced: i64) -> i64 {
        let driving = self.driving.wrapping_mul(to.duration() + on.duration());
        let distance = self.distance.wrapping_mul(to.distance() + on.distance());
        driving.wrapping_add(distance).wrapping_sub(replaced)
    }
}

/// One shift of one vehicle.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) vehicle: usize,
    pub(crate) shift: usize,
    pub(crate) open: i64,
    pub(crate) close: i64,
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) breaks: BreakStates,
    pub(crate) weights: Weights,
    /// The longest time from leaving to arriving, where the vehicle may leave late.
    pub(crate) longest: Option<i64>,
    /// Whether the shift is driven from start to end when its vehicle works in another one only.
    pub(crate) driven_when_empty: bool,
    /// What that costs (0 if it is not driven).
    pub(crate) empty_cost: i64,
}

impl Slot {
    /// Whether a position's cost is that of its legs, and its feasibility a matter of its neighbours' labels.
    pub(crate) fn costs_by_legs(&self) -> bool {
        self.breaks.count == 1 && self.weights.elapsed == 0
    }

    /// Whether a position's cost and feasibility need nothing but its neighbours' labels.
    pub(crate) fn is_plain(&self) -> bool {
        self.costs_by_legs() && self.longest.is_none()
    }
}

/// A vehicle: its slots are `first_slot..first_slot + shifts`.
#[derive(Debug)]
pub(crate) struct Wheels {
    pub(crate) first_slot: usize,
    pub(crate) shifts: usize,
    /// What its first visit costs beside the tour: the fixed price and driving all its shifts empty.
    pub(crate) standing: i64,
    /// Its class and its rank there.
    pub(crate) class: usize,
    pub(crate) rank: usize,
}

/// A job's own numbers: what every look at it asks for comes first and shares a line of the cache.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Task {
    /// The earliest start, and the latest, of the only window, or of the first and the last one.
    pub(crate) open: i64,
    pub(crate) last_start: i64,
    pub(crate) dwell: i64,
    /// All windows as (earliest, latest start) in time order, when there are several.
    windows: Vec<(i64, i64)>,
    pub(crate) place: u32,
    pub(crate) priority: i64,
    /// What leaving it out costs, in the search's own units.
    pub(crate) prize: i64,
    /// Jobs that must come before, directly or not, each after its own predecessors.
    pub(crate) ancestors: Vec<u32>,
    /// Jobs that need this one, directly or not.
    pub(crate) descendants: Vec<u32>,
    /// Depots of which it needs a visit before it.
    pub(crate) depots: Vec<u32>,
}

impl Task {
    /// When the visit ends if the vehicle arrives at this moment; [`NEVER`] if it comes too late.
    #[inline]
    pub(crate) fn end(&self, arrival: i64) -> i64 {
        if self.windows.is_empty() {
            let start = arrival.max(self.open);
            return if start <= self.last_start { start + self.dwell } else { NEVER };
        }
        let fits = self.windows.iter().find(|window| arrival <= window.1);
        fits.map_or(NEVER, |window| arrival.max(window.0) + self.dwell)
    }

    /// Whether it has at most one window.
    pub(crate) fn has_one_window(&self) -> bool {
        self.windows.is_empty()
    }

    /// Whether visiting it at this cost is better than leaving it out.
    pub(crate) fn pays(&self, cost: i64) -> bool {
        self.priority > 0 || cost < self.prize
    }

    /// The same for a visit that takes this long.
    pub(crate) fn end_after(&self, arrival: i64, lasts: i64) -> i64 {
        // What setting up takes beyond the dwell must lie within the window too.
        let setup = lasts - self.dwell;
        if self.windows.is_empty() {
            let start = arrival.max(self.open);
            return if start + setup <= self.last_start { start + lasts } else { NEVER };
        }
        let ends = self.windows.iter().map(|window| (arrival.max(window.0), window.1));
        ends.filter(|(start, last)| start + setup <= *last).map(|(start, _)| start + lasts).min().unwrap_or(NEVER)
    }

    /// The latest arrival after which the visit still ends by this moment; [`TOO_EARLY`] if none does.
    #[inline]
    pub(crate) fn latest_arrival(&self, end_by: i64) -> i64 {
        let start_by = end_by - self.dwell;
        if self.windows.is_empty() {
            return if start_by >= self.open { start_by.min(self.last_start) } else { TOO_EARLY };
        }
        let fits = self.windows.iter().rev().find(|window| window.0 <= start_by);
        fits.map_or(TOO_EARLY, |window| start_by.min(window.1))
    }
}

/// The compiled problem.
#[derive(Debug)]
pub(crate) struct Model<'p> {
    pub(crate) problem: &'p Problem,
    pub(crate) legs: Legs,
    pub(crate) slots: Vec<Slot>,
    pub(crate) vehicles: Vec<Wheels>,
    /// Vehicles that are alike in everything, rising.
    pub(crate) classes: Vec<Vec<usize>>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) loads: Loads,
    pub(crate) skills: Skills,
    pub(crate) neighbours: Neighbours,
    /// Whether any job names a predecessor.
    pub(crate) ordered: bool,
    /// Whether any shift has breaks.
    pub(crate) rests: bool,
    /// Whether a job may be left out for the sake of cost.
    pub(crate) optional: bool,
    /// What labels do not know; nothing for most problems.
    pub(crate) rules: Option<Rules<'p>>,
    /// How many tasks are jobs of the problem; those beyond are further visits of depots.
    pub(crate) jobs: usize,
    /// For each further visit its depot.
    copies: Vec<u32>,
    /// For each job whether nobody can ever do it, and how many tasks there are beside those.
    hopeless: Vec<bool>,
    pub(crate) hopeful: usize,
    /// For each slot how many of its first visits are fixed, and whether each task is; empty if none is.
    pub(crate) fixed: Vec<u32>,
    locked: Vec<bool>,
}

impl<'p> Model<'p> {
    /// The same without a limit on time.
    #[cfg(test)]
    pub(crate) fn new(problem: &'p Problem) -> Self {
        let cancel = std::sync::atomic::AtomicBool::new(false);
        let stop = crate::Stop { deadline: None, steps: None, cancel: &cancel, stagnation: None };
        Self::within(problem, &Watch::new(&stop))
    }

    /// Compiles a problem that passed its check. When time is up, what makes the search good is left out: the plan is then what
    /// the first attempt and the last look find without it.
    pub(crate) fn within(problem: &'p Problem, watch: &Watch<'_>) -> Self {
        let (weights, unit) = weights(problem);
        let overtime = if problem.objective == Objective::Price { unit / 3600 } else { 0 };
        let copies = copies(problem);
        let mut model = Self {
            problem,
            legs: Legs::new(&problem.matrix),
            slots: Vec::new(),
            vehicles: Vec::new(),
            classes: Vec::new(),
            tasks: tasks(problem, &copies, unit),
            loads: Loads::new(problem, &copies),
            skills: Skills::new(problem, &copies),
            neighbours: Neighbours::default(),
            rests: problem.vehicles.iter().any(|vehicle| vehicle.shifts.iter().any(|shift| !shift.breaks.is_empty())),
            optional: problem.jobs.iter().any(|job| job.priority == 0 && !job.depot),
            ordered: problem.jobs.iter().any(|job| !job.drop_off_from.is_empty()),
            rules: Rules::new(problem, unit, overtime),
            jobs: problem.jobs.len(),
            copies,
            hopeless: Vec::new(),
            hopeful: 0,
            fixed: Vec::new(),
            locked: Vec::new(),
        };
        for (index, weights) in weights.into_iter().enumerate() {
            model.add_vehicle(index, weights);
        }
        model.fix();
        model.hopeless = hopeless(&model);
        model.hopeful = model.tasks.len() - model.hopeless.iter().filter(|&&hopeless| hopeless).count();
        model.neighbours = Neighbours::new(&model, watch);
        model
    }

    fn add_vehicle(&mut self, index: usize, weights: Weights) {
        let vehicle = &self.problem.vehicles[index];
        let first_slot = self.slots.len();
        let mut standing = weights.fixed;
        for number in 0..vehicle.shifts.len() {
            let slot = self.slot(index, number, weights);
            standing += slot.empty_cost;
            self.slots.push(slot);
        }
        // A vehicle with tours of a plan in force is like no other: what stays on it costs nothing.
        let given = |vehicle: usize| self.problem.terms.given.iter().any(|given| given.names(vehicle));
        let same = |&class: &usize| {
            let first = self.classes[class][0];
            self.problem.vehicles[first] == *vehicle && !given(first) && !given(index)
        };
        let class = (0..self.classes.len()).rev().find(same).unwrap_or(self.classes.len());
        if class == self.classes.len() {
            self.classes.push(Vec::new());
        }
        let rank = self.classes[class].len();
        self.classes[class].push(index);
        self.vehicles.push(Wheels { first_slot, shifts: vehicle.shifts.len(), standing, class, rank });
    }

    fn slot(&self, vehicle: usize, number: usize, weights: Weights) -> Slot {
        let shift = &self.problem.vehicles[vehicle].shifts[number];
        let (start, end) = (shift.start_place as u32, shift.end_place as u32);
        let (open, close) = (shift.window.open, shift.last_arrival());
        let [duration, distance] = self.problem.matrix.leg_at(start as usize, end as usize, open).map(i64::from);
        let longest = shift.max_duration;
        let in_time = open + duration <= shift.window.close && longest.is_none_or(|longest| duration <= longest);
        let driven_when_empty = start != end && in_time;
        let empty_cost =
            if driven_when_empty { weights.of(duration, distance) + weights.elapsed * duration } else { 0 };
        let breaks = break_states(&shift.breaks).expect("Problem::check bounds the states");
        Slot {
            vehicle,
            shift: number,
            open,
            close,
            start,
            end,
            breaks,
            weights,
            longest,
            driven_when_empty,
            empty_cost,
        }
    }

    /// Notes what is fixed of a plan in force.
    fn fix(&mut self) {
        for tour in self.problem.terms.given.iter().flat_map(|given| &given.tours) {
            let fixed = &tour.jobs[..tour.fixed.min(tour.jobs.len())];
            if fixed.is_empty() {
                continue;
            }
            self.fixed.resize(self.slots.len(), 0);
            self.locked.resize(self.tasks.len(), false);
            self.fixed[self.vehicles[tour.vehicle].first_slot + tour.shift] = fixed.len() as u32;
            for (number, &job) in fixed.iter().enumerate() {
                let before = fixed[..number].iter().filter(|&&other| other == job).count();
                let task = self.visits_of(job as u32).nth(before);
                if let Some(task) = task {
                    self.locked[task as usize] = true;
                }
            }
        }
    }

    /// The fixed visits by slot.
    pub(crate) fn fixed_sequences(&self) -> Vec<(u32, Vec<u32>)> {
        let tours = self.problem.terms.given.iter().flat_map(|given| &given.tours).filter(|tour| tour.fixed > 0);
        let mut used = vec![false; self.tasks.len()];
        let sequences = tours.map(|tour| {
            let visits = tour.jobs[..tour.fixed.min(tour.jobs.len())].iter().filter_map(|&job| {
                let task = self.visits_of(job as u32).find(|&task| self.is_locked(task) && !used[task as usize])?;
                used[task as usize] = true;
                Some(task)
            });
            ((self.vehicles[tour.vehicle].first_slot + tour.shift) as u32, visits.collect())
        });
        sequences.collect()
    }

    /// Whether a task may not be taken out.
    pub(crate) fn is_locked(&self, task: u32) -> bool {
        self.locked.get(task as usize).copied().unwrap_or(false)
    }

    /// How many first visits of a slot are fixed.
    pub(crate) fn fixed_in(&self, slot: u32) -> u32 {
        self.fixed.get(slot as usize).copied().unwrap_or(0)
    }

    /// The jobs that somebody may be able to do.
    pub(crate) fn hopeful_jobs(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.jobs as u32).filter(|&job| !self.hopeless[job as usize])
    }

    /// The job of the problem that a task stands for.
    pub(crate) fn origin(&self, task: u32) -> usize {
        let task = task as usize;
        if task < self.jobs { task } else { self.copies[task - self.jobs] as usize }
    }

    /// All tasks that visit a job: itself, and where it is a depot its further visits.
    pub(crate) fn visits_of(&self, job: u32) -> impl Iterator<Item = u32> + '_ {
        let further = self.copies.iter().zip(self.jobs as u32..).filter(move |&(&depot, _)| depot == job);
        std::iter::once(job).chain(further.map(|(_, task)| task))
    }

    /// The way from one place to another; without a way, longer than any shift.
    #[inline]
    pub(crate) fn leg(&self, from: u32, to: u32) -> Leg {
        self.legs.leg(from, to)
    }

    /// The slots of a vehicle.
    pub(crate) fn slots_of(&self, vehicle: usize) -> std::ops::Range<usize> {
        let wheels = &self.vehicles[vehicle];
        wheels.first_slot..wheels.first_slot + wheels.shifts
    }
}

/// A depot visit for each job that names the depot, beyond the first, but not more than could be of use.
const COPIES_LEAST: usize = 64;
const COPIES_PER_SHIFT: usize = 8;

/// The further visits that depots may need.
fn copies(problem: &Problem) -> Vec<u32> {
    let shifts: usize = problem.vehicles.iter().map(|vehicle| vehicle.shifts.len()).sum();
    let most = COPIES_LEAST.max(COPIES_PER_SHIFT * shifts);
    let depots = (0..problem.jobs.len()).filter(|&job| problem.jobs[job].depot);
    let copies = depots.flat_map(|depot| {
        let naming = problem.jobs.iter().filter(|job| job.drop_off_from.contains(&depot)).count();
        std::iter::repeat_n(depot as u32, naming.saturating_sub(1).min(most))
    });
    copies.collect()
}

fn tasks(problem: &Problem, copies: &[u32], unit: i64) -> Vec<Task> {
    let ancestors = ancestors(problem);
    let mut tasks: Vec<Task> =
        problem.jobs.iter().zip(ancestors).map(|(job, ancestors)| task(problem, job, ancestors, unit)).collect();
    tasks.extend(copies.iter().map(|&depot| {
        let further = task(problem, &problem.jobs[depot as usize], Vec::new(), unit);
        Task { priority: 0, prize: 0, ..further }
    }));
    for job in 0..problem.jobs.len() {
        for index in 0..tasks[job].ancestors.len() {
            let ancestor = tasks[job].ancestors[index] as usize;
            tasks[ancestor].descendants.push(job as u32);
        }
    }
    tasks
}

fn task(problem: &Problem, job: &crate::Job, ancestors: Vec<u32>, unit: i64) -> Task {
    let starts = job.windows.iter().map(|window| (window.open, window.close - job.dwell));
    let mut windows: Vec<(i64, i64)> = starts.filter(|window| window.0 <= window.1).collect();
    // Kept in time order such that the first that is still open is also the one that opens first.
    windows.sort_unstable();
    windows.dedup_by(|later, kept| {
        let touches = later.0 <= kept.1;
        kept.1 = if touches { kept.1.max(later.1) } else { kept.1 };
        touches
    });
    let (open, last_start) = match (windows.first(), windows.last()) {
        (Some(first), Some(last)) => (first.0, last.1),
        _ if job.windows.is_empty() => (TOO_EARLY, NEVER - job.dwell - 1),
        _ => (NEVER - 1, TOO_EARLY),
    };
    if windows.len() == 1 {
        windows.clear();
    }
    Task {
        place: job.place as u32,
        dwell: job.dwell,
        open,
        last_start,
        windows,
        priority: i64::from(job.priority),
        prize: job.prize * unit,
        ancestors,
        descendants: Vec::new(),
        depots: job
            .drop_off_from
            .iter()
            .filter(|&&named| problem.jobs[named].depot)
            .map(|&named| named as u32)
            .collect(),
    }
}

/// For each job everything that must come before it, predecessors of predecessors first; but for depots, which can be visited
/// for it wherever they are needed.
fn ancestors(problem: &Problem) -> Vec<Vec<u32>> {
    let mut done: Vec<Option<Vec<u32>>> = vec![None; problem.jobs.len()];
    for job in 0..problem.jobs.len() {
        let mut path = vec![job];
        while let Some(&top) = path.last() {
            let needed = || problem.jobs[top].drop_off_from.iter().filter(|&&named| !problem.jobs[named].depot);
            if let Some(&named) = needed().find(|&&named| done[named].is_none()) {
                path.push(named);
                continue;
            }
            path.pop();
            let mut all: Vec<u32> = Vec::new();
            for &named in needed() {
                let before = done[named].as_deref().unwrap_or_default();
                for &other in before.iter().chain([&(named as u32)]) {
                    if !all.contains(&other) {
                        all.push(other);
                    }
                }
            }
            done[top] = Some(all);
        }
    }
    done.into_iter().map(Option::unwrap_or_default).collect()
}

/// The objective as weights for each vehicle, and what a unit of a prize weighs.
fn weights(problem: &Problem) -> (Vec<Weights>, i64) {
    let slots = problem.vehicles.iter().flat_map(|vehicle| &vehicle.shifts);
    let legs = problem.most_visits() + slots.clone().count() as i128;
    let time: i128 = slots.map(|shift| i128::from(shift.last_arrival() - shift.window.open)).sum();
    let distance = legs * i128::from(problem.matrix.longest_distance());
    let prizes: i128 = problem.jobs.iter().map(|job| i128::from(job.prize)).sum();
    let missed = prizes + problem.most_for_terms();
    let same = |weights| vec![weights; problem.vehicles.len()];
    match problem.objective {
        Objective::TravelTime => {
            let factor = factor(time + missed, distance);
            (same(Weights { driving: factor, distance: tie(factor), ..Weights::default() }), factor)
        }
        Objective::Distance => {
            let factor = factor(distance + missed, time);
            (same(Weights { driving: tie(factor), distance: factor, ..Weights::default() }), factor)
        }
        Objective::Price => {
            let factor = resolution(problem.most_micro() * i128::from(Value::FRACTIONS), time);
            let priced = problem.vehicles.iter().map(|vehicle| vehicle.price.unwrap_or_default());
            let weights = priced.map(|price| Weights {
                driving: 1,
                distance: price.per_km_micro * (Value::FRACTIONS / 1000) * factor,
                elapsed: price.per_hour_micro * (Value::FRACTIONS / 3600) * factor,
                fixed: price.fixed_micro * Value::FRACTIONS * factor,
            });
            (weights.collect(), Value::FRACTIONS * factor)
        }
        // One vehicle weighs more than all the ways and all the prizes can; the check bounds the product.
        Objective::Vehicles => {
            let farthest = problem.most_distance();
            let factor = factor(farthest * (problem.vehicles.len() as i128 + 1), time);
            let fixed = farthest as i64 * factor;
            (same(Weights { driving: tie(factor), distance: factor, fixed, ..Weights::default() }), factor)
        }
    }
}

/// A power of two above the largest tie-break, or 1 when both together do not fit.
fn factor(most: i128, largest_tie: i128) -> i64 {
    let wanted = resolution(most, largest_tie);
    if i128::from(wanted) > largest_tie { wanted } else { 1 }
}

/// The largest power of two up to the first above the largest tie-break with which the whole still fits.
fn resolution(most: i128, largest_tie: i128) -> i64 {
    let mut factor: i128 = 1;
    while factor <= largest_tie && (most + 1) * factor * 2 <= 1 << COST_BITS {
        factor *= 2;
    }
    factor as i64
}

fn tie(factor: i64) -> i64 {
    i64::from(factor > 1)
}
