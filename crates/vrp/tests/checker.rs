//! The checker against spoiled plans: every change of a valid plan must be caught, under its own code.

mod support;

use std::sync::atomic::AtomicBool;

use fastrand::Rng;
use support::{Recipe, problem};
use vrp::{
    Activity, Break, Job, Matrix, Objective, Plan, Price, Problem, Shift, Stop, Terms, TimeWindow, Tour, TourStop,
    Travel, UNREACHABLE, Value, Vehicle,
};

fn solve(problem: &Problem, seed: u64) -> Plan {
    let cancel = AtomicBool::new(false);
    let stop = Stop { deadline: None, steps: Some(300), cancel: &cancel, stagnation: None };
    vrp::solve(problem, &stop, seed, 1, &mut |_| {})
}

fn window(open: i64, close: i64) -> TimeWindow {
    TimeWindow { open, close }
}

/// One vehicle with two shifts and a break, and a hand-made plan: pick up, rest, drop off; the second shift is only driven.
fn example() -> (Problem, Plan) {
    let first = Shift {
        window: window(0, 100),
        start_place: 0,
        end_place: 0,
        breaks: vec![Break { window: window(25, 60), duration: 10 }],
        ..Shift::default()
    };
    let second = Shift { window: window(100, 200), start_place: 0, end_place: 1, ..Shift::default() };
    let price = Price { fixed_micro: 1_000_000, per_km_micro: 2_000_000, per_hour_micro: 3_600_000 };
    let pick_up =
        Job { place: 1, windows: vec![window(20, 60)], dwell: 5, quantity: vec![3], priority: 2, ..Job::default() };
    let drop_off =
        Job { place: 2, dwell: 5, quantity: vec![-3], priority: 4, drop_off_from: vec![0], ..Job::default() };
    let never = Job { place: 3, priority: 1, ..Job::default() };
    let mut legs = vec![10; 16];
    for place in 0..4 {
        legs[place * 4 + place] = 0;
        legs[place * 4 + 3] = UNREACHABLE;
    }
    let problem = Problem {
        vehicles: vec![
            Vehicle { shifts: vec![first, second], capacity: vec![3], price: Some(price), ..Vehicle::default() },
            Vehicle { shifts: vec![Shift { window: window(0, 9), ..Shift::default() }], ..Vehicle::default() },
        ],
        jobs: vec![pick_up, drop_off, never],
        matrix: Matrix::new(4, legs.clone(), legs).expect("the table is square"),
        objective: Objective::Price,
        terms: Terms::default(),
    };
    let travel = Travel { duration: 10, distance: 10 };
    let none = Travel::default();
    let stops = vec![
        TourStop { activity: Activity::Visit(0), travel, start: 20, end: 25 },
        TourStop { activity: Activity::Break(0), travel: none, start: 25, end: 35 },
        TourStop { activity: Activity::Visit(1), travel, start: 45, end: 50 },
    ];
    let tours = vec![
        Tour { vehicle: 0, shift: 0, departure: 0, stops, last_travel: travel, arrival: 60 },
        Tour { vehicle: 0, shift: 1, departure: 100, stops: vec![], last_travel: travel, arrival: 110 },
    ];
    // 1 fixed, 40 metres at 2 a kilometre, 70 seconds at 3.6 an hour.
    let value = Value {
        priority: 6,
        cost: 1_000_000 + 80_000 + 70_000,
        fraction: 0,
        travel: Travel { duration: 40, distance: 40 },
        vehicles: 1,
    };
    (problem, Plan { tours, unassigned: vec![2], value, steps: 0, seed: 0 })
}

#[test]
fn the_example_is_valid_and_the_search_finds_it() {
    let (problem, plan) = example();
    assert_eq!(vrp::check(&problem, &plan), []);
    assert_eq!(solve(&problem, 1).tours, plan.tours);
    assert_eq!(solve(&problem, 1).value, plan.value);
}

/// Spoils the example and expects this code among the violations.
fn caught(code: &str, spoil: impl Fn(&mut Problem, &mut Plan)) {
    let (mut problem, mut plan) = example();
    spoil(&mut problem, &mut plan);
    let codes: Vec<&str> = vrp::check(&problem, &plan).iter().map(|violation| violation.code).collect();
    assert!(codes.contains(&code), "expected {code}, found {codes:?}");
}

#[test]
fn tours_out_of_frame_are_caught() {
    caught("tour.unknown", |_, plan| plan.tours[0].vehicle = 7);
    caught("tour.unknown", |_, plan| plan.tours[1].shift = 2);
    caught("tour.order", |_, plan| plan.tours.swap(0, 1));
    caught("tour.order", |_, plan| plan.tours[1].shift = 0);
    caught("tour.departure", |_, plan| plan.tours[0].departure = 1);
    caught("tour.arrival", |_, plan| plan.tours[0].arrival = 59);
    caught("tour.late", |problem, _| problem.vehicles[0].shifts[0].window.close = 59);
    caught("tour.missing", |_, plan| plan.tours.truncate(1));
    caught("tour.idle", |problem, _| problem.vehicles[0].shifts[1].end_place = 0);
    caught("tour.idle", |_, plan| plan.tours.push(Tour { vehicle: 1, shift: 0, ..plan.tours[1].clone() }));
}

#[test]
fn visits_against_the_rules_are_caught() {
    caught("visit.unknown", |_, plan| plan.tours[0].stops[0].activity = Activity::Visit(9));
    caught("visit.repeated", |_, plan| plan.tours[0].stops[2].activity = Activity::Visit(0));
    caught("visit.start", |_, plan| plan.tours[0].stops[2].start = 44);
    caught("visit.start", |_, plan| plan.tours[0].stops[0].start = 21);
    caught("visit.window", |problem, _| problem.jobs[0].windows[0].close = 24);
    caught("visit.window", |problem, _| problem.jobs[1].windows = vec![window(0, 48), window(47, 100)]);
    caught("visit.dwell", |_, plan| plan.tours[0].stops[2].end = 49);
    caught("visit.order", |problem, _| problem.jobs[0].drop_off_from = vec![1]);
    caught("visit.order", |_, plan| plan.tours[0].stops.retain(|stop| stop.activity != Activity::Visit(0)));
    caught("travel.leg", |_, plan| plan.tours[0].stops[0].travel.duration = 9);
    caught("travel.leg", |_, plan| plan.tours[0].last_travel.distance = 9);
    caught("travel.unreachable", |problem, _| problem.jobs[1].place = 3);
}

#[test]
fn breaks_against_the_rules_are_caught() {
    caught("break.unknown", |_, plan| plan.tours[0].stops[1].activity = Activity::Break(1));
    caught("break.missing", |_, plan| plan.tours[0].stops.retain(|stop| stop.activity != Activity::Break(0)));
    caught("break.repeated", |_, plan| {
        let again = plan.tours[0].stops[1];
        plan.tours[0].stops.insert(1, again);
    });
    caught("break.start", |_, plan| plan.tours[0].stops[1].start = 24);
    caught("break.window", |problem, _| problem.vehicles[0].shifts[0].breaks[0].window.close = 34);
    caught("break.duration", |_, plan| plan.tours[0].stops[1].end = 34);
    caught("travel.leg", |_, plan| plan.tours[0].stops[1].travel.distance = 1);
}

#[test]
fn loads_against_the_rules_are_caught() {
    caught("load.capacity", |problem, _| problem.vehicles[0].capacity = vec![2]);
    caught("load.source", |problem, _| problem.jobs[0].quantity = vec![2]);
    // Without a named source the missing part is loaded at the start, where it must fit.
    caught("load.capacity", |problem, _| {
        problem.jobs[1] = Job { drop_off_from: vec![], quantity: vec![-4], ..problem.jobs[1].clone() };
    });
}

#[test]
fn wrong_totals_are_caught() {
    caught("unassigned.list", |_, plan| plan.unassigned.clear());
    caught("unassigned.list", |_, plan| plan.unassigned.push(1));
    caught("value.priority", |_, plan| plan.value.priority += 1);
    caught("value.travel", |_, plan| plan.value.travel.distance -= 1);
    caught("value.cost", |_, plan| plan.value.cost -= 1);
    caught("value.cost", |_, plan| plan.value.fraction += 1);
    caught("value.vehicles", |_, plan| plan.value.vehicles = 2);
}

#[test]
fn senseless_numbers_are_no_panic() {
    let (problem, plan) = example();
    for extreme in [i64::MIN, i64::MAX] {
        let mut spoiled = plan.clone();
        spoiled.tours[0].arrival = extreme;
        spoiled.tours[0].departure = extreme;
        for stop in &mut spoiled.tours[0].stops {
            (stop.start, stop.end, stop.travel.duration) = (extreme, extreme, extreme);
        }
        assert_ne!(vrp::check(&problem, &spoiled), []);
    }
}

/// Changes one number or place of a plan at random; the meaning always changes.
fn mutate(plan: &mut Plan, rng: &mut Rng) {
    let tour = rng.usize(..plan.tours.len());
    let tour = &mut plan.tours[tour];
    let by = [-7, -1, 1, 7][rng.usize(..4)];
    if tour.stops.is_empty() || rng.u8(..4) == 0 {
        match rng.u8(..4) {
            0 => tour.departure += by,
            1 => tour.arrival += by,
            2 => tour.last_travel.duration += by,
            _ => plan.value.cost += by,
        }
        return;
    }
    let at = rng.usize(..tour.stops.len());
    match rng.u8(..5) {
        0 => tour.stops[at].start += by,
        1 => tour.stops[at].end += by,
        2 => tour.stops[at].travel.distance += by,
        3 => {
            tour.stops.remove(at);
        }
        _ => tour.stops.insert(at, tour.stops[at]),
    }
}

#[test]
fn every_random_mutation_is_caught() {
    let recipe = Recipe {
        jobs: 14,
        vehicles: 3,
        shifts: 2,
        breaks: 2,
        loads: true,
        orders: true,
        skills: true,
        prizes: false,
        longest: false,
        tight: false,
        objective: Objective::Distance,
    };
    let mut rng = Rng::with_seed(4);
    for seed in 0..40 {
        let problem = problem(recipe, seed);
        let plan = solve(&problem, seed);
        assert_eq!(vrp::check(&problem, &plan), [], "seed {seed}");
        for _ in (0..100).filter(|_| !plan.tours.is_empty()) {
            let mut spoiled = plan.clone();
            mutate(&mut spoiled, &mut rng);
            assert_ne!(vrp::check(&problem, &spoiled), [], "seed {seed}\n{plan:?}\n{spoiled:?}");
        }
    }
}
