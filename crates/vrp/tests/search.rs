//! What the search promises besides good plans: it repeats itself, it ends when told, and it keeps the best.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use support::{Recipe, problem};
use vrp::{Job, Matrix, Objective, Plan, Problem, Shift, Stop, Terms, TimeWindow, Vehicle};

const RICH: Recipe = Recipe {
    jobs: 24,
    vehicles: 3,
    shifts: 3,
    breaks: 2,
    loads: true,
    orders: true,
    skills: true,
    prizes: false,
    longest: false,
    tight: false,
    objective: Objective::Price,
};

fn solve_by_steps(problem: &Problem, steps: u64, seed: u64, threads: usize) -> Plan {
    let cancel = AtomicBool::new(false);
    let stop = Stop { deadline: None, steps: Some(steps), cancel: &cancel, stagnation: None };
    vrp::solve(problem, &stop, seed, threads, &mut |_| {})
}

#[test]
fn the_same_seed_steps_and_threads_give_the_same_plan() {
    for threads in [1, 2, 3] {
        let problem = problem(RICH, 7);
        let first = solve_by_steps(&problem, 800, 5, threads);
        assert_eq!(first, solve_by_steps(&problem, 800, 5, threads));
        assert_eq!(first.steps, 800 * threads as u64);
        assert_eq!(first.seed, 5);
    }
}

#[test]
fn many_coolings_repeat_themselves_and_stay_valid() {
    // The shortest budget that holds several, and a problem without what only whole tours can answer for.
    let problem = problem(Recipe { jobs: 8, vehicles: 3, shifts: 2, breaks: 1, orders: false, ..RICH }, 1);
    for threads in [1, 2] {
        let first = solve_by_steps(&problem, 62_000, 5, threads);
        assert_eq!(first, solve_by_steps(&problem, 62_000, 5, threads));
        assert_eq!(vrp::check(&problem, &first), []);
    }
}

/// Forty customers on a plane with windows and loads, alike vehicles: a problem for a crowd.
fn plain() -> Problem {
    let mut rng = fastrand::Rng::with_seed(9);
    let points: Vec<(i32, i32)> = (0..=40).map(|_| (rng.i32(0..50), rng.i32(0..50))).collect();
    let leg = |a: &(i32, i32), b: &(i32, i32)| (a.0 - b.0).abs() + (a.1 - b.1).abs();
    let legs: Vec<i32> = points.iter().flat_map(|a| points.iter().map(move |b| leg(a, b))).collect();
    let jobs = (1..=40).map(|place| {
        let open = rng.i64(0..250);
        let windows = vec![TimeWindow { open, close: open + rng.i64(30..200) }];
        Job { place, windows, dwell: 5, quantity: vec![rng.i64(1..5)], priority: 1, ..Job::default() }
    });
    let jobs: Vec<Job> = jobs.collect();
    let shift = Shift { window: TimeWindow { open: 0, close: 500 }, ..Shift::default() };
    let vehicle = Vehicle { shifts: vec![shift], capacity: vec![20], ..Vehicle::default() };
    let matrix = Matrix::new(41, legs.clone(), legs).expect("a sound matrix");
    Problem { vehicles: vec![vehicle; 15], jobs, matrix, objective: Objective::Distance, terms: Terms::default() }
}

#[test]
fn a_crowd_repeats_itself_stays_valid_and_beats_the_walk_that_it_begins_with() {
    let problem = plain();
    for threads in [1, 2] {
        let first = solve_by_steps(&problem, 40_000, 5, threads);
        assert_eq!(first, solve_by_steps(&problem, 40_000, 5, threads));
        assert_eq!(vrp::check(&problem, &first), []);
        assert_eq!(first.steps, 40_000 * threads as u64);
        let walk = solve_by_steps(&problem, 6_000, 5, threads);
        assert!(first.value.better_than(&walk.value), "{:?} {:?}", first.value, walk.value);
    }
}

#[test]
fn more_threads_are_never_worse() {
    for seed in 0..5 {
        let problem = problem(RICH, seed);
        let (one, three) = (solve_by_steps(&problem, 500, 1, 1), solve_by_steps(&problem, 500, 1, 3));
        assert!(!one.value.better_than(&three.value), "seed {seed}: {:?} {:?}", one.value, three.value);
    }
}

#[test]
fn every_improvement_is_a_valid_plan_and_better_than_the_last() {
    let problem = problem(Recipe { jobs: 40, ..RICH }, 3);
    let cancel = AtomicBool::new(false);
    let stop = Stop { deadline: None, steps: Some(1_500), cancel: &cancel, stagnation: None };
    let mut last: Option<Plan> = None;
    let plan = vrp::solve(&problem, &stop, 1, 2, &mut |progress| {
        assert_eq!(vrp::check(&problem, &progress.plan), []);
        assert_eq!(progress.unassigned, progress.plan.unassigned.len());
        assert_eq!((progress.priority, progress.cost), (progress.plan.value.priority, progress.plan.value.cost));
        assert!(last.as_ref().is_none_or(|last| progress.plan.value.better_than(&last.value)));
        last = Some(progress.plan.clone());
    });
    assert_eq!(last.unwrap().tours, plan.tours);
}

#[test]
fn the_deadline_is_kept() {
    let problem = grid(400, 20);
    let cancel = AtomicBool::new(false);
    let begin = Instant::now();
    let deadline = Some(begin + Duration::from_millis(300));
    let stop = Stop { deadline, steps: None, cancel: &cancel, stagnation: None };
    let plan = vrp::solve(&problem, &stop, 1, 2, &mut |_| {});
    // Generous, since the machine may be busy; the search looks at the clock every few steps.
    assert!(begin.elapsed() < Duration::from_millis(1_800), "{:?}", begin.elapsed());
    assert_eq!(vrp::check(&problem, &plan), []);
}

#[test]
fn cancelling_keeps_the_best() {
    let problem = problem(Recipe { jobs: 60, ..RICH }, 1);
    let cancel = AtomicBool::new(false);
    let stop = Stop { deadline: None, steps: Some(1_000_000), cancel: &cancel, stagnation: None };
    let mut best = None;
    let plan = vrp::solve(&problem, &stop, 1, 1, &mut |progress| {
        best = Some(progress.plan.clone());
        cancel.store(progress.steps > 0, Ordering::Relaxed);
    });
    assert_eq!(plan.tours, best.unwrap().tours);
    assert!(plan.steps < 1_000_000, "it went on to the end");
    assert_eq!(vrp::check(&problem, &plan), []);
    // Raised before the beginning: an empty plan is still a plan.
    let plan = vrp::solve(&problem, &stop, 1, 1, &mut |_| {});
    assert_eq!(vrp::check(&problem, &plan), []);
}

#[test]
fn stagnation_ends_the_search() {
    let problem = grid(10, 1);
    let cancel = AtomicBool::new(false);
    let stop = Stop { deadline: None, steps: None, cancel: &cancel, stagnation: Some(500) };
    let plan = vrp::solve(&problem, &stop, 1, 1, &mut |_| {});
    assert!(plan.steps >= 500);
    assert_eq!(plan.unassigned, []);
}

#[test]
fn nothing_to_do_is_done_at_once() {
    let cancel = AtomicBool::new(false);
    let stop = Stop { deadline: None, steps: None, cancel: &cancel, stagnation: None };
    for (jobs, vehicles) in [(0, 0), (0, 2), (3, 0)] {
        let plan = vrp::solve(&grid(jobs, vehicles), &stop, 1, 1, &mut |_| {});
        assert_eq!((plan.tours.len(), plan.unassigned.len(), plan.steps), (0, jobs, 0));
    }
}

#[test]
fn a_few_hundred_jobs_with_everything_stay_valid() {
    for seed in 0..3 {
        let problem = problem(Recipe { jobs: 300, vehicles: 12, ..RICH }, seed);
        assert_eq!(vrp::check(&problem, &solve_by_steps(&problem, 200, seed, 1)), []);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn every_plan_passes_the_checker(
        seed in any::<u64>(), jobs in 1_usize..30, vehicles in 1_usize..5, shifts in 1_usize..4, breaks in 0_usize..4,
        loads in any::<bool>(), orders in any::<bool>(),
        objective in prop::sample::select(vec![Objective::TravelTime, Objective::Distance, Objective::Price]),
    ) {
        let kinds = Recipe { loads, orders, skills: loads, prizes: orders, longest: false, objective, ..RICH };
        let problem = problem(Recipe { jobs, vehicles, shifts, breaks, ..kinds }, seed);
        prop_assert_eq!(vrp::check(&problem, &solve_by_steps(&problem, 300, seed, 1)), vec![]);
    }
}

/// Jobs on a grid of streets around a yard in its corner.
fn grid(jobs: usize, vehicles: usize) -> Problem {
    let side = (jobs + 1).isqrt() + 1;
    let place = |index: usize| ((index % side) as i32, (index / side) as i32);
    let way = |a: (i32, i32), b: (i32, i32)| (a.0 - b.0).abs() + (a.1 - b.1).abs();
    let legs: Vec<i32> = (0..=jobs).flat_map(|a| (0..=jobs).map(move |b| way(place(a), place(b)) * 60)).collect();
    let shift = Shift { window: TimeWindow { open: 0, close: 30_000 }, ..Shift::default() };
    Problem {
        vehicles: vec![Vehicle { shifts: vec![shift], ..Vehicle::default() }; vehicles],
        jobs: (1..=jobs).map(|place| Job { place, dwell: 300, priority: 1, ..Job::default() }).collect(),
        matrix: Matrix::new(jobs + 1, legs.clone(), legs).expect("the table is square"),
        objective: Objective::TravelTime,
        terms: Terms::default(),
    }
}
