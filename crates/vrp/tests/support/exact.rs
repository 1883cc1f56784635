//! The best value of a problem with a dozen jobs, by dynamic programs over sets of jobs.
//!
//! **Why.** Trying all sequences ends at five or six jobs; requests that people wait for have up to twenty. **How.** Three programs,
//! one over the other. In a shift: labels for each (set of visits, last visit, breaks taken), of which those that no other label
//! beats in time, cost and load are kept ("label setting"; Desrochers, Desrosiers and Solomon, "A new optimization algorithm for
//! the vehicle routing problem with time windows", 1992). In a vehicle: its shifts in time order, over the set visited so far
//! and the load carried on. In the fleet: vehicle after vehicle, over the set that the fleet visits. **What never happens:** code
//! shared with the search or with the checker; a guess.
//!
//! What a sequence of visits means for a load needs no other load: with `sum` the changes so far, `low` the least of all sums (0
//! among them) and `high` the greatest, a vehicle that comes with `load` takes `max(0, -load - low)` more along from the start
//! (rule 15 of the contract), so that its greatest load is `max(load, -low) + high` and its last `max(load, -low) + sum`. A visit
//! that must not draw on what was taken along asks for a least load to come with: `need`.

use std::collections::HashMap;

use vrp::{Job, Objective, Problem, Shift, TimeWindow, UNREACHABLE, Value, Vehicle};

/// How a value ranks, best lowest: lost priority, exact cost, driving time.
pub(crate) type Rank = (i64, i64, i64);

/// Exact cost, then driving time: in this order, and both add up.
type Cost = (i64, i64);

/// The most dimensions of a load.
const DIMENSIONS: usize = 2;

type Loads = [i64; DIMENSIONS];

/// What a sequence does to a load, dimension by dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Effect {
    sum: Loads,
    low: Loads,
    high: Loads,
    need: Loads,
}

/// A sequence of visits that has come so far.
#[derive(Debug, Clone, Copy)]
struct Label {
    /// The last job; nothing at the start.
    last: Option<usize>,
    /// The breaks taken, a bit each.
    taken: u32,
    time: i64,
    cost: Cost,
    effect: Effect,
}

/// A whole shift.
#[derive(Debug, Clone, Copy)]
struct Tour {
    cost: Cost,
    effect: Effect,
}

/// All shifts of a vehicle up to some shift.
#[derive(Debug, Clone, Copy)]
struct Carried {
    cost: Cost,
    load: Loads,
}

/// The rank of the best plan.
///
/// # Panics
///
/// On what it does not know: terms, depots, limits, overtime, releases, setting up, more than two dimensions.
pub(crate) fn best(problem: &Problem) -> Rank {
    let exact = Exact::new(problem);
    let sets = 1_usize << problem.jobs.len();
    let mut fleet: Vec<Option<Cost>> = vec![None; sets];
    fleet[0] = Some((0, 0));
    let mut known: Vec<(&Vehicle, Vec<Option<Cost>>)> = Vec::new();
    for vehicle in &problem.vehicles {
        let seen = known.iter().position(|(other, _)| *other == vehicle);
        let at = seen.unwrap_or_else(|| {
            known.push((vehicle, exact.vehicle(vehicle)));
            known.len() - 1
        });
        fleet = joined(&fleet, &known[at].1);
    }
    let prized = |set: usize| -> i64 {
        let left = problem.jobs.iter().enumerate().filter(|(job, _)| set & (1 << job) == 0);
        left.map(|(_, job)| job.prize * Value::FRACTIONS).sum()
    };
    let ranks = fleet.iter().enumerate().filter_map(|(set, cost)| {
        let (cost, driving) = (*cost)?;
        Some((-exact.priority(set), cost + prized(set), driving))
    });
    ranks.min().expect("the empty plan is one")
}

/// The cheapest way to visit each set with the one and the other together.
fn joined(one: &[Option<Cost>], other: &[Option<Cost>]) -> Vec<Option<Cost>> {
    let every = one.len() - 1;
    let some: Vec<usize> = (0..other.len()).filter(|&set| other[set].is_some()).collect();
    let mut both = vec![None; one.len()];
    for (set, cost) in one.iter().enumerate() {
        let Some(cost) = cost else { continue };
        let free = every & !set;
        let mut add = |added: usize| {
            let Some(more) = other[added] else { return };
            let sum = (cost.0 + more.0, cost.1 + more.1);
            let cell: &mut Option<Cost> = &mut both[set | added];
            if cell.is_none_or(|known| sum < known) {
                *cell = Some(sum);
            }
        };
        if 1 << free.count_ones() < some.len() {
            subsets(free, &mut add);
        } else {
            some.iter().copied().filter(|added| added & !free == 0).for_each(add);
        }
    }
    both
}

/// Every subset of a set.
fn subsets(set: usize, visit: &mut dyn FnMut(usize)) {
    let mut subset = set;
    loop {
        visit(subset);
        if subset == 0 {
            return;
        }
        subset = (subset - 1) & set;
    }
}

struct Exact<'a> {
    problem: &'a Problem,
    /// For each job the set of those that must come before it.
    before: Vec<usize>,
    /// Whether any job must come after another.
    ordered: bool,
}

impl<'a> Exact<'a> {
    fn new(problem: &'a Problem) -> Self {
        let plain =
            |job: &Job| !job.depot && job.setup == 0 && job.release.is_none() && job.quantity.len() <= DIMENSIONS;
        assert!(problem.terms == vrp::Terms::default() && problem.jobs.iter().all(plain), "beyond this oracle");
        let free = |shift: &Shift| {
            shift.overtime.is_none() && shift.limits == vrp::Limits::default() && shift.max_duration.is_none()
        };
        assert!(problem.vehicles.iter().all(|vehicle| vehicle.shifts.iter().all(free)), "beyond this oracle");
        assert!(!problem.matrix.is_timed() && problem.objective != Objective::Vehicles, "beyond this oracle");
        let set = |job: &Job| job.drop_off_from.iter().fold(0, |set, named| set | 1 << named);
        let before: Vec<usize> = problem.jobs.iter().map(set).collect();
        Self { problem, ordered: before.iter().any(|&set| set != 0), before }
    }

    fn priority(&self, set: usize) -> i64 {
        let jobs = self.problem.jobs.iter().enumerate().filter(|(job, _)| set & (1 << job) != 0);
        jobs.map(|(_, job)| i64::from(job.priority)).sum()
    }

    /// The cheapest way in which a vehicle visits each set in all its shifts.
    fn vehicle(&self, vehicle: &Vehicle) -> Vec<Option<Cost>> {
        let sets = 1 << self.problem.jobs.len();
        let mut so_far: Vec<Vec<Carried>> = vec![Vec::new(); sets];
        so_far[0].push(Carried { cost: (0, 0), load: [0; DIMENSIONS] });
        for shift in &vehicle.shifts {
            let tours = self.shift(vehicle, shift);
            so_far = self.onward(vehicle, &so_far, &tours, self.empty(vehicle, shift));
        }
        let fixed = match self.problem.objective {
            Objective::Price => vehicle.price.unwrap_or_default().fixed_micro * Value::FRACTIONS,
            _ => 0,
        };
        let cheapest = |set: usize| {
            let cost = so_far[set].iter().map(|carried| carried.cost).min();
            if set == 0 { Some((0, 0)) } else { cost.map(|(cost, driving)| (cost + fixed, driving)) }
        };
        (0..sets).map(cheapest).collect()
    }

    /// One shift more.
    fn onward(
        &self,
        vehicle: &Vehicle,
        so_far: &[Vec<Carried>],
        tours: &[Vec<Tour>],
        empty: Cost,
    ) -> Vec<Vec<Carried>> {
        let some = (1..tours.len()).filter(|&set| !tours[set].is_empty());
        let some: Vec<(usize, usize)> = some.map(|set| (set, self.missing(set))).collect();
        let mut next: Vec<Vec<Carried>> = vec![Vec::new(); so_far.len()];
        for (set, all) in so_far.iter().enumerate() {
            for carried in all {
                let cost = (carried.cost.0 + empty.0, carried.cost.1 + empty.1);
                self.keep(&mut next[set], Carried { cost, ..*carried });
            }
            if all.is_empty() {
                continue;
            }
            let fits = |&&(added, missing): &&(usize, usize)| added & set == 0 && missing & !set == 0;
            for &(added, _) in some.iter().filter(fits) {
                for (carried, tour) in
                    all.iter().flat_map(|carried| tours[added].iter().map(move |tour| (carried, tour)))
                {
                    if let Some(load) = carry(vehicle, carried.load, &tour.effect) {
                        let cost = (carried.cost.0 + tour.cost.0, carried.cost.1 + tour.cost.1);
                        self.keep(&mut next[set | added], Carried { cost, load });
                    }
                }
            }
        }
        next
    }

    /// The jobs that must have come before one of a set and are none of it.
    fn missing(&self, set: usize) -> usize {
        let jobs = (0..self.before.len()).filter(|job| set & (1 << job) != 0);
        jobs.fold(0, |all, job| all | self.before[job]) & !set
    }

    fn keep(&self, all: &mut Vec<Carried>, new: Carried) {
        let beats = |a: &Carried, b: &Carried| {
            a.cost <= b.cost
                && if self.ordered { a.load == b.load } else { (0..DIMENSIONS).all(|d| a.load[d] <= b.load[d]) }
        };
        if !all.iter().any(|old| beats(old, &new)) {
            all.retain(|old| !beats(&new, old));
            all.push(new);
        }
    }

    /// What a shift costs in which its vehicle visits nothing, though it works in another one.
    fn empty(&self, vehicle: &Vehicle, shift: &Shift) -> Cost {
        let duration = self.problem.matrix.duration(shift.start_place, shift.end_place);
        let due = shift.start_place != shift.end_place
            && duration != UNREACHABLE
            && shift.window.open + i64::from(duration) <= shift.window.close;
        if !due {
            return (0, 0);
        }
        let leg = self.leg(vehicle, shift.start_place, shift.end_place);
        (leg.0 + self.hours(vehicle, i64::from(duration)), leg.1)
    }

    /// Every way worth keeping in which a shift visits each set.
    fn shift(&self, vehicle: &Vehicle, shift: &Shift) -> Vec<Vec<Tour>> {
        let jobs = self.problem.jobs.len();
        let able = |job: &usize| self.problem.jobs[*job].skills.iter().all(|skill| vehicle.skills.contains(skill));
        let able: Vec<usize> = (0..jobs).filter(able).collect();
        let mut labels: HashMap<usize, Vec<Label>> = HashMap::new();
        let start = Label { last: None, taken: 0, time: shift.window.open, cost: (0, 0), effect: Effect::default() };
        labels.insert(0, vec![start]);
        let mut tours = vec![Vec::new(); 1 << jobs];
        for (set, tours) in tours.iter_mut().enumerate() {
            let Some(mut here) = labels.remove(&set) else { continue };
            self.rest(shift, &mut here);
            for label in &here {
                if let Some(tour) = self.end(vehicle, shift, label).filter(|_| set != 0) {
                    self.keep_tour(tours, tour);
                }
                // What must come before a visit of this shift does not come after it.
                let later = able.iter().filter(|&&job| set & (1 << job) == 0 && !self.is_needed(job, set));
                for &job in later {
                    if let Some(next) = self.visit(vehicle, shift, label, job) {
                        self.keep_label(labels.entry(set | 1 << job).or_default(), next);
                    }
                }
            }
        }
        tours
    }

    fn is_needed(&self, job: usize, set: usize) -> bool {
        (0..self.before.len()).any(|other| set & (1 << other) != 0 && self.before[other] & (1 << job) != 0)
    }

    /// Adds what comes of taking breaks where the labels stand.
    fn rest(&self, shift: &Shift, labels: &mut Vec<Label>) {
        let mut next = 0;
        while next < labels.len() {
            let label = labels[next];
            next += 1;
            for (index, rest) in shift.breaks.iter().enumerate().filter(|(index, _)| label.taken & (1 << index) == 0) {
                let time = label.time.max(rest.window.open) + rest.duration;
                if time <= rest.window.close {
                    let rested = Label { time, taken: label.taken | 1 << index, ..label };
                    if !labels.iter().any(|other| self.beats(other, &rested)) {
                        labels.push(rested);
                    }
                }
            }
        }
    }

    fn visit(&self, vehicle: &Vehicle, shift: &Shift, label: &Label, index: usize) -> Option<Label> {
        let job = &self.problem.jobs[index];
        let from = label.last.map_or(shift.start_place, |last| self.problem.jobs[last].place);
        let duration = self.problem.matrix.duration(from, job.place);
        if duration == UNREACHABLE {
            return None;
        }
        let time = end_of_visit(job, label.time + i64::from(duration))?;
        let leg = self.leg(vehicle, from, job.place);
        let effect = changed(&label.effect, job);
        let fits = |d: usize| effect.high[d] - effect.low[d] <= capacity(vehicle, d);
        let cost = (label.cost.0 + leg.0, label.cost.1 + leg.1);
        let next = Label { last: Some(index), taken: label.taken, time, cost, effect };
        (time <= shift.window.close && (0..DIMENSIONS).all(fits)).then_some(next)
    }

    fn end(&self, vehicle: &Vehicle, shift: &Shift, label: &Label) -> Option<Tour> {
        let from = label.last.map_or(shift.start_place, |last| self.problem.jobs[last].place);
        let duration = self.problem.matrix.duration(from, shift.end_place);
        let rested = label.taken.count_ones() as usize == shift.breaks.len();
        if !rested || duration == UNREACHABLE || label.time + i64::from(duration) > shift.window.close {
            return None;
        }
        let leg = self.leg(vehicle, from, shift.end_place);
        let elapsed = label.time + i64::from(duration) - shift.window.open;
        let cost = (label.cost.0 + leg.0 + self.hours(vehicle, elapsed), label.cost.1 + leg.1);
        Some(Tour { cost, effect: label.effect })
    }

    fn leg(&self, vehicle: &Vehicle, from: usize, to: usize) -> Cost {
        let duration = i64::from(self.problem.matrix.duration(from, to));
        let distance = i64::from(self.problem.matrix.distance(from, to));
        let cost = match self.problem.objective {
            Objective::TravelTime => duration * Value::FRACTIONS,
            Objective::Price => 18 * vehicle.price.unwrap_or_default().per_km_micro * distance,
            Objective::Distance | Objective::Vehicles => distance * Value::FRACTIONS,
        };
        (cost, duration)
    }

    fn hours(&self, vehicle: &Vehicle, elapsed: i64) -> i64 {
        if self.problem.objective != Objective::Price {
            return 0;
        }
        5 * vehicle.price.unwrap_or_default().per_hour_micro * elapsed
    }

    /// Whether one sequence is at least as good as another whatever follows.
    fn beats(&self, a: &Label, b: &Label) -> bool {
        (a.last, a.taken) == (b.last, b.taken)
            && a.time <= b.time
            && a.cost <= b.cost
            && self.lighter(&a.effect, &b.effect)
    }

    fn lighter(&self, a: &Effect, b: &Effect) -> bool {
        (0..DIMENSIONS).all(|d| {
            let low = if self.ordered { a.low[d] == b.low[d] } else { a.low[d] >= b.low[d] };
            low && a.high[d] <= b.high[d] && a.need[d] <= b.need[d]
        })
    }

    fn keep_label(&self, all: &mut Vec<Label>, new: Label) {
        if !all.iter().any(|old| self.beats(old, &new)) {
            all.retain(|old| !self.beats(&new, old));
            all.push(new);
        }
    }

    fn keep_tour(&self, all: &mut Vec<Tour>, new: Tour) {
        let beats = |a: &Tour, b: &Tour| a.cost <= b.cost && self.lighter(&a.effect, &b.effect);
        if !all.iter().any(|old| beats(old, &new)) {
            all.retain(|old| !beats(&new, old));
            all.push(new);
        }
    }
}

fn capacity(vehicle: &Vehicle, dimension: usize) -> i64 {
    vehicle.capacity.get(dimension).copied().unwrap_or(i64::MAX)
}

/// The load after a shift that is begun with one, if it can be carried.
fn carry(vehicle: &Vehicle, load: Loads, effect: &Effect) -> Option<Loads> {
    let mut after = [0; DIMENSIONS];
    for d in 0..DIMENSIONS {
        let begun = load[d].max(-effect.low[d]);
        if load[d] < effect.need[d] || begun + effect.high[d] > capacity(vehicle, d) {
            return None;
        }
        after[d] = begun + effect.sum[d];
    }
    Some(after)
}

/// The effect of one visit more.
fn changed(effect: &Effect, job: &Job) -> Effect {
    let mut next = *effect;
    for d in 0..DIMENSIONS {
        next.sum[d] += job.quantity.get(d).copied().unwrap_or(0);
        // What was taken along before counts; no more may be taken along for it.
        if !job.drop_off_from.is_empty() && next.sum[d] < effect.low[d] {
            next.need[d] = next.need[d].max(-next.sum[d]);
        }
        next.low[d] = next.low[d].min(next.sum[d]);
        next.high[d] = next.high[d].max(next.sum[d]);
    }
    next
}

/// When a visit ends that is arrived at, in the window that lets it end soonest.
fn end_of_visit(job: &Job, arrival: i64) -> Option<i64> {
    if job.windows.is_empty() {
        return Some(arrival + job.dwell);
    }
    let end = |window: &TimeWindow| (arrival.max(window.open) + job.dwell, window.close);
    job.windows.iter().map(end).filter(|(end, close)| end <= close).map(|(end, _)| end).min()
}
