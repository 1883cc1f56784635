//! The deadline holds for the largest problem that is asked for, wherever it falls: while the problem is compiled, while the first
//! plan is built, or in the search.
//!
//! The clock is the processor time of the thread that searches, so the test says the same on a busy machine as on a quiet one.

use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use fastrand::Rng;
use rustix::time::{ClockId, clock_gettime};
use vrp::{Break, Job, Matrix, Objective, Price, Problem, Shift, Stop, Terms, TimeWindow, Vehicle};

/// How much later than the deadline the plan may be there, judged and with its reasons.
const LATE: Duration = Duration::from_millis(250);

/// What the processor of this thread has worked, as a moment.
fn processor_time() -> Instant {
    static ZERO: OnceLock<Instant> = OnceLock::new();
    let worked = clock_gettime(ClockId::ThreadCPUTime);
    *ZERO.get_or_init(Instant::now) + Duration::new(worked.tv_sec as u64, worked.tv_nsec as u32)
}

const DAY: i64 = 24 * 3600;

/// Two thousand items, two hundred agents, each with a fortnight of shifts with a break; loads in three dimensions, orders.
fn largest() -> Problem {
    let rng = &mut Rng::with_seed(5);
    let (items, agents) = (2_000, 200);
    let points: Vec<(i64, i64)> = (0..items + agents).map(|_| (rng.i64(0..40_000), rng.i64(0..40_000))).collect();
    let way = |a: &(i64, i64), b: &(i64, i64)| ((a.0 - b.0).pow(2) + (a.1 - b.1).pow(2)).isqrt();
    let distances: Vec<i32> = points.iter().flat_map(|a| points.iter().map(move |b| way(a, b) as i32)).collect();
    let durations = distances.iter().map(|metres| metres / 11 + i32::from(*metres > 0)).collect();
    Problem {
        matrix: Matrix::new(points.len(), durations, distances).expect("the tables are square"),
        vehicles: (0..agents).map(|number| agent(items + number, rng)).collect(),
        jobs: (0..items).map(|place| item(place, rng)).collect(),
        objective: Objective::Price,
        terms: Terms::default(),
    }
}

fn agent(home: usize, rng: &mut Rng) -> Vehicle {
    let shift = |day: i64| {
        let open = day * DAY + 8 * 3600;
        let window = TimeWindow { open, close: open + 8 * 3600 };
        let lunch = Break { window: TimeWindow { open: open + 3 * 3600, close: open + 6 * 3600 }, duration: 1800 };
        Shift { window, start_place: home, end_place: home, breaks: vec![lunch], ..Shift::default() }
    };
    let price = Price { fixed_micro: 50_000_000, per_km_micro: 400_000, per_hour_micro: rng.i64(20..40) * 1_000_000 };
    Vehicle {
        shifts: (0..14).map(shift).collect(),
        capacity: (0..3).map(|_| rng.i64(60..90)).collect(),
        price: Some(price),
        ..Vehicle::default()
    }
}

fn item(place: usize, rng: &mut Rng) -> Job {
    let dwell = rng.i64(10..60) * 60;
    let open = rng.i64(0..14) * DAY + rng.i64(8..13) * 3600;
    Job {
        place,
        windows: vec![TimeWindow { open, close: open + dwell + rng.i64(1..4) * 3600 }],
        dwell,
        quantity: (0..3).map(|_| rng.i64(-4..8)).collect(),
        priority: rng.u32(1..=100),
        drop_off_from: if place % 10 == 1 { vec![place - 1] } else { Vec::new() },
        ..Job::default()
    }
}

/// What a search for so long, its check and its reasons took, and what the plan is worth; without a limit it ends with the first
/// plan.
fn took(problem: &Problem, limit: Option<Duration>) -> (Duration, i64) {
    let cancel = AtomicBool::new(false);
    let begun = processor_time();
    let steps = limit.is_none().then_some(0);
    let stop = Stop { deadline: limit.map(|limit| begun + limit), steps, cancel: &cancel, stagnation: None };
    let plan = vrp::solve_by(processor_time, problem, &stop, 1, 1, &mut |_| {});
    assert_eq!(vrp::check(problem, &plan), []);
    assert_eq!(vrp::reasons(problem, &plan).len(), plan.unassigned.len());
    (processor_time() - begun, plan.value.priority)
}

#[test]
fn the_deadline_holds_wherever_it_falls() {
    let problem = largest();
    // What cannot be left out fits the allowance on a quiet machine. Others on the same cores empty its caches, which costs
    // processor time too, so all is measured against what a first plan takes here and now.
    let (first_plan, whole) = took(&problem, None);
    let (least, nothing) = took(&problem, Some(Duration::ZERO));
    let told = format!("a first plan took {first_plan:?}, one without any time for it {least:?}");
    assert!(least <= LATE.max(first_plan * 3 / 4), "{told}");
    let allowance = LATE.max(least * 3 / 2);
    for limit in [60, 200, 450, 900].map(Duration::from_millis) {
        let mut tried = [(); 3].iter().map(|()| took(&problem, Some(limit)));
        let in_time = tried.any(|(took, _)| took <= limit + allowance);
        assert!(in_time, "{limit:?} took more than {allowance:?} too long three times; {told}");
    }
    assert!(whole > nothing, "a plan worth {whole} with time for it, {nothing} without; {told}");
}

/// The promise is half a second of a quiet machine, from the request's text on (`roundsman bench solver --roads` measures that);
/// here without text and map, and with room for a busy one.
const SOON: Duration = Duration::from_millis(1500);

#[test]
fn the_first_plan_of_the_largest_request_is_told_at_once() {
    let problem = largest();
    let cancel = AtomicBool::new(false);
    let stop = Stop { deadline: None, steps: Some(0), cancel: &cancel, stagnation: None };
    let mut told: Vec<(Duration, vrp::Value)> = Vec::new();
    let plan = vrp::solve_by(processor_time, &problem, &stop, 1, 1, &mut |progress| {
        if told.is_empty() {
            assert_eq!(vrp::check(&problem, &progress.plan), []);
        }
        told.push((progress.elapsed, progress.plan.value));
    });
    let (after, first) = &told[0];
    assert!(*after <= SOON, "the first plan was told after {after:?}");
    assert!(first.priority > 0 && told.len() > 1, "{told:?}");
    assert!(plan.value.priority > first.priority, "what the first attempt overlooked is put in: {told:?}");
}
