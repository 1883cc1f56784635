//! The rules beyond windows, breaks and loads: the search against all plans there are, and the checker against another
//! definition of what a valid plan is.

#[path = "support/definition.rs"]
mod definition;
mod support;

use std::sync::atomic::AtomicBool;

use definition::{timeline, valid, whole};
use fastrand::Rng;
use support::{Recipe, problem};
use vrp::{
    Activity, Balance, Given, GivenTour, Limits, Matrix, Objective, Overtime, Plan, Problem, Stop, Tour, UNREACHABLE,
    Value,
};

const BASE: Recipe = Recipe {
    jobs: 4,
    vehicles: 2,
    shifts: 2,
    breaks: 0,
    loads: true,
    orders: false,
    skills: false,
    prizes: false,
    longest: false,
    tight: false,
    objective: Objective::Distance,
};

fn solve(problem: &Problem, steps: u64, seed: u64) -> Plan {
    let cancel = AtomicBool::new(false);
    let stop = Stop { deadline: None, steps: Some(steps), cancel: &cancel, stagnation: None };
    vrp::solve(problem, &stop, seed, 1, &mut |_| {})
}

fn setups(problem: &mut Problem, rng: &mut Rng) {
    problem.jobs.iter_mut().for_each(|job| {
        job.setup = rng.i64(0..10);
        job.place = rng.usize(2..6);
    });
}

fn releases(problem: &mut Problem, rng: &mut Rng) {
    for job in problem.jobs.iter_mut().filter(|job| job.drop_off_from.is_empty() && !job.depot) {
        job.release = rng.bool().then(|| rng.i64(0..120));
    }
}

fn limits(problem: &mut Problem, rng: &mut Rng) {
    for shift in problem.vehicles.iter_mut().flat_map(|vehicle| &mut vehicle.shifts) {
        let mut limit = |most: i64| rng.bool().then(|| rng.i64(20..most));
        shift.limits = Limits { driving: limit(120), distance: limit(150), duration: limit(180) };
    }
}

fn overtime(problem: &mut Problem, rng: &mut Rng) {
    problem.objective = Objective::Price;
    for shift in problem.vehicles.iter_mut().flat_map(|vehicle| &mut vehicle.shifts) {
        shift.window.close = shift.window.open + (shift.window.close - shift.window.open) / 2;
        shift.overtime = Some(Overtime { most: rng.i64(0..40), per_hour_micro: rng.i64(0..5) * 1_234_567 });
    }
}

fn by_the_hour(problem: &mut Problem, rng: &mut Rng) {
    let places = problem.matrix.places();
    let factors: Vec<i32> = (0..places * places).map(|_| rng.i32(80..220)).collect();
    let slice = |sign: i32| {
        let cells = (0..places * places).map(|cell| (cell / places, cell % places));
        let slowed =
            |leg: i32, factor: i32| if leg == UNREACHABLE { leg } else { leg * (100 + sign * (factor - 80)) / 100 };
        let durations =
            cells.clone().zip(&factors).map(|((from, to), &factor)| slowed(problem.matrix.duration(from, to), factor));
        let distances = cells.map(|(from, to)| problem.matrix.distance(from, to));
        Matrix::new(places, durations.collect(), distances.collect()).expect("the tables are square")
    };
    problem.matrix =
        Matrix::by_departure(vec![(0, slice(0)), (60, slice(1)), (130, slice(0))]).expect("they are alike");
}

fn groups(problem: &mut Problem, rng: &mut Rng) {
    let mut jobs: Vec<usize> = (0..problem.jobs.len()).filter(|&job| !problem.jobs[job].depot).collect();
    rng.shuffle(&mut jobs);
    problem.terms.together = vec![jobs[..2].to_vec()];
    problem.terms.apart = vec![jobs[1..3].to_vec()];
}

fn balance(problem: &mut Problem, rng: &mut Rng) {
    problem.terms.balance = Some(Balance { weight: rng.i64(0..40) });
}

/// The first job loads whatever the drop-offs that name it need, as often as it is visited.
fn depots(problem: &mut Problem, rng: &mut Rng) {
    for (index, job) in problem.jobs.iter_mut().enumerate() {
        job.drop_off_from.clear();
        job.release = None;
        if index == 0 {
            (job.depot, job.dwell) = (true, 1);
            (job.windows, job.quantity) = (vec![], if rng.u8(..5) == 0 { vec![3] } else { vec![] });
        } else if rng.u8(..5) > 0 {
            job.drop_off_from = vec![0];
            job.quantity = vec![-rng.i64(1..4)];
        }
    }
    problem.vehicles.iter_mut().for_each(|vehicle| vehicle.capacity = vec![rng.i64(3..7)]);
}

/// A depot whose goods come in through the day.
fn stock(problem: &mut Problem, rng: &mut Rng) {
    depots(problem, rng);
    for job in problem.jobs.iter_mut().filter(|job| !job.depot) {
        job.release = rng.bool().then(|| rng.i64(0..150));
    }
}

/// A plan in force, made by the search itself; its first visits are fixed.
fn in_force(problem: &mut Problem, rng: &mut Rng) {
    let plan = solve(problem, 20, rng.u64(..));
    let tours = plan.tours.iter().filter(|tour| tour.jobs().next().is_some()).map(|tour| {
        let jobs: Vec<usize> = tour.jobs().collect();
        let fixed = rng.usize(0..=jobs.len().min(2));
        GivenTour { vehicle: tour.vehicle, shift: tour.shift, jobs, fixed }
    });
    let tours = tours.collect();
    problem.terms.given = Some(Given { tours, move_cost: rng.i64(0..60) });
    problem.jobs[1].windows.clear();
}

type Rule = fn(&mut Problem, &mut Rng);

/// All sequences of visits in all shifts, depots up to three times.
fn best(problem: &Problem) -> Value {
    let slots: Vec<(usize, usize)> = (0..problem.vehicles.len())
        .flat_map(|vehicle| (0..problem.vehicles[vehicle].shifts.len()).map(move |shift| (vehicle, shift)))
        .collect();
    let mut search = Exhaustive { problem, chosen: vec![Vec::new(); slots.len()], slots, best: None };
    search.extend(0);
    search.best.expect("the plan without any further visit is valid")
}

struct Exhaustive<'a> {
    problem: &'a Problem,
    slots: Vec<(usize, usize)>,
    chosen: Vec<Vec<usize>>,
    best: Option<Value>,
}

impl Exhaustive<'_> {
    fn extend(&mut self, slot: usize) {
        if slot == self.slots.len() {
            let plan = whole(self.problem, self.tours());
            if self.best.is_none_or(|best| plan.value.better_than(&best)) && valid(self.problem, &plan) {
                self.best = Some(plan.value);
            }
            return;
        }
        self.extend(slot + 1);
        for job in 0..self.problem.jobs.len() {
            let visits = self.chosen.iter().flatten().filter(|&&other| other == job).count();
            if visits < if self.problem.jobs[job].depot { 3 } else { 1 } {
                self.chosen[slot].push(job);
                self.extend(slot);
                self.chosen[slot].pop();
            }
        }
    }

    fn tours(&self) -> Vec<Tour> {
        let works = |vehicle: usize| {
            self.slots.iter().zip(&self.chosen).any(|(slot, jobs)| slot.0 == vehicle && !jobs.is_empty())
        };
        let tours = self.slots.iter().zip(&self.chosen).filter_map(|(&(vehicle, shift), jobs)| {
            let activities: Vec<Activity> = jobs.iter().map(|&job| Activity::Visit(job)).collect();
            let tour = timeline(self.problem, vehicle, shift, &activities);
            let frame = &self.problem.vehicles[vehicle].shifts[shift];
            let driven = works(vehicle) && frame.start_place != frame.end_place && tour.arrival <= frame.window.close;
            (!jobs.is_empty() || driven).then_some(tour)
        });
        tours.collect()
    }
}

/// Compares the search with all plans on random problems under a rule; misses at most `missed` optima of a hundred.
fn compare(rule: Rule, problems: u64, missed: u64) {
    let mut worse = Vec::new();
    for seed in 0..problems {
        let mut rng = Rng::with_seed(seed);
        let objective = [Objective::Distance, Objective::TravelTime, Objective::Price][rng.usize(..3)];
        let mut problem = problem(Recipe { objective, shifts: 1 + rng.usize(..2), ..BASE }, seed);
        rule(&mut problem, &mut rng);
        assert_eq!(problem.check(), Ok(()));
        let plan = solve(&problem, 1_500, seed);
        assert_eq!(vrp::check(&problem, &plan), [], "seed {seed}\n{problem:?}\n{plan:?}");
        let best = best(&problem);
        assert!(!plan.value.better_than(&best), "seed {seed}: {:?} beats {best:?}\n{problem:?}\n{plan:?}", plan.value);
        if best.better_than(&plan.value) {
            worse.push((seed, plan.value, best));
        }
    }
    assert!(worse.len() as u64 * 100 <= missed * problems, "{} of {problems} missed: {worse:?}", worse.len());
}

#[test]
fn setting_up_once_per_place() {
    compare(setups, 60, 2);
}

#[test]
fn releases_delay_the_departure() {
    compare(releases, 60, 2);
}

#[test]
fn limits_of_a_shift() {
    compare(limits, 60, 2);
}

#[test]
fn overtime_at_a_price() {
    compare(overtime, 60, 2);
}

#[test]
fn travel_by_the_hour() {
    compare(by_the_hour, 60, 5);
}

#[test]
fn jobs_together_and_apart() {
    compare(groups, 60, 4);
}

#[test]
fn even_work() {
    compare(balance, 60, 2);
}

#[test]
fn depots_any_number_of_times() {
    compare(depots, 60, 5);
}

#[test]
fn goods_that_come_in_through_the_day() {
    compare(stock, 60, 5);
}

#[test]
fn a_plan_in_force() {
    compare(in_force, 60, 3);
}

/// Changes a plan: a number, or the order of stops with all numbers that follow from it.
fn mutate(problem: &Problem, plan: &mut Plan, rng: &mut Rng) {
    let which = rng.usize(..plan.tours.len());
    let by = [-7, -1, 1, 7][rng.usize(..4)];
    let stops = plan.tours[which].stops.len();
    match rng.u8(..8) {
        0 => plan.tours[which].arrival += by,
        1 => plan.value.cost += by,
        2 if stops > 0 => plan.tours[which].stops[rng.usize(..stops)].start += by,
        3 if stops > 0 => plan.tours[which].stops[rng.usize(..stops)].travel.duration += by,
        4 => {
            plan.unassigned.pop();
        }
        _ => reorder(problem, plan, which, rng),
    }
}

/// Moves, swaps, drops, doubles or adds stops, and draws the timeline and the worth anew.
fn reorder(problem: &Problem, plan: &mut Plan, which: usize, rng: &mut Rng) {
    let mut sequences: Vec<(usize, usize, Vec<Activity>)> = plan
        .tours
        .iter()
        .map(|tour| (tour.vehicle, tour.shift, tour.stops.iter().map(|stop| stop.activity).collect()))
        .collect();
    let other = rng.usize(..sequences.len());
    let taken = if sequences[which].2.is_empty() { None } else { Some(rng.usize(..sequences[which].2.len())) };
    let activity = match (taken, rng.u8(..5)) {
        (_, 0) | (None, _) => Activity::Visit(rng.usize(..problem.jobs.len())),
        (Some(at), 1) => sequences[which].2[at],
        (Some(at), _) => sequences[which].2.remove(at),
    };
    if rng.u8(..4) > 0 {
        let at = rng.usize(..=sequences[other].2.len());
        let known = match activity {
            Activity::Break(index) => {
                index < problem.vehicles[sequences[other].0].shifts[sequences[other].1].breaks.len()
            }
            Activity::Visit(_) => true,
        };
        if known {
            sequences[other].2.insert(at, activity);
        }
    }
    let tours = sequences.iter().map(|(vehicle, shift, all)| timeline(problem, *vehicle, *shift, all));
    *plan = whole(problem, tours.collect());
}

#[test]
fn the_checker_catches_every_real_violation_and_refuses_no_valid_plan() {
    let rules: [Rule; 10] = [setups, releases, limits, overtime, by_the_hour, depots, stock, groups, balance, in_force];
    let (mut right, mut wrong) = (0, 0);
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let recipe = Recipe { jobs: 9, breaks: rng.usize(..3), orders: rng.bool(), skills: rng.bool(), ..BASE };
        let mut problem = problem(recipe, seed);
        for rule in rules.iter().filter(|_| rng.u8(..4) == 0).collect::<Vec<_>>() {
            rule(&mut problem, &mut rng);
        }
        let plan = solve(&problem, 40, seed);
        for _ in (0..60).filter(|_| !plan.tours.is_empty()) {
            let mut changed = plan.clone();
            mutate(&problem, &mut changed, &mut rng);
            let (expected, found) = (valid(&problem, &changed), vrp::check(&problem, &changed));
            assert_eq!(found.is_empty(), expected, "seed {seed}: {found:?}\n{problem:?}\n{changed:?}");
            *(if expected { &mut right } else { &mut wrong }) += 1;
        }
    }
    assert!(right > 500 && right + wrong > 10_000, "{right} valid and {wrong} invalid plans");
}
