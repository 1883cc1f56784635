//! A crowd with several kinds of vehicles against the search proper, against a recount, and against every plan there is.

use fastrand::Rng;

use super::super::model::Model;
use super::super::tours::Tours;
use super::descent::Descent;
use super::ground::Ground;
use super::kinds::Kind;
use super::lanes::{Lanes, Prices, Tour};
use super::mate::mate;
use super::*;
use crate::{
    Job, Matrix, Objective, Price, Problem, Shift, Stop, Terms, TimeWindow, UNREACHABLE, Vehicle, check, solve,
};

const YARDS: usize = 3;

/// What a drawn problem has beside several yards and sizes of vehicles.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "any of them goes with any other")]
struct Traits {
    one_way: bool,
    windows: bool,
    prices: bool,
    bounded: bool,
    skills: bool,
}

impl Traits {
    fn of(seed: u64) -> Self {
        let has = |bit: u64| seed >> bit & 1 == 1;
        Self { one_way: has(0), windows: has(1), prices: has(2), bounded: has(3), skills: has(4) }
    }
}

/// Customers on a plane, and vehicles of three kinds, so many of each.
fn mixed(seed: u64, jobs: usize, each: usize) -> Problem {
    let mut rng = Rng::with_seed(seed);
    let Traits { one_way, windows, prices, bounded, skills } = Traits::of(seed);
    let points: Vec<(i32, i32)> = (0..YARDS + jobs).map(|_| (rng.i32(0..40), rng.i32(0..40))).collect();
    let slope = i32::from(one_way);
    let leg = |a: &(i32, i32), b: &(i32, i32)| (a.0 - b.0).abs() + (a.1 - b.1).abs() + slope * (a.0 - b.0).max(0);
    let legs: Vec<i32> = points.iter().flat_map(|a| points.iter().map(move |b| leg(a, b))).collect();
    let vehicles = (0..3_u32).flat_map(|kind| {
        let open = if windows { rng.i64(0..20) } else { 0 };
        let shift = Shift {
            window: TimeWindow { open, close: if windows { rng.i64(250..330) } else { 10_000 } },
            start_place: rng.usize(..YARDS),
            end_place: rng.usize(..YARDS),
            max_duration: (bounded && rng.bool()).then(|| rng.i64(170..260)),
            ..Shift::default()
        };
        let price = Price { fixed_micro: rng.i64(0..90), per_km_micro: rng.i64(1..4) * 1_000, per_hour_micro: 0 };
        let vehicle = Vehicle {
            shifts: vec![shift],
            capacity: vec![rng.i64(8..12) + 4 * i64::from(kind)],
            price: prices.then_some(price),
            skills: (0..3).filter(|&skill| skill != kind).collect(),
        };
        vec![vehicle; each]
    });
    let vehicles: Vec<Vehicle> = vehicles.collect();
    let of_jobs = (YARDS..YARDS + jobs).map(|place| {
        let open = rng.i64(0..150);
        let window = TimeWindow { open, close: open + rng.i64(30..120) };
        Job {
            place,
            windows: if windows { vec![window] } else { Vec::new() },
            dwell: 5,
            quantity: vec![rng.i64(1..5)],
            priority: 1,
            skills: if skills && rng.u32(..3) == 0 { vec![rng.u32(..3)] } else { Vec::new() },
            ..Job::default()
        }
    });
    Problem {
        jobs: of_jobs.collect(),
        vehicles,
        matrix: Matrix::new(points.len(), legs.clone(), legs).unwrap(),
        objective: if prices { Objective::Price } else { Objective::Distance },
        terms: Terms::default(),
    }
}

const JOBS: usize = 18;
const EACH: usize = 3;

/// Calls a test with grounds of all traits.
fn with_grounds(mut test: impl FnMut(&Model<'_>, &Ground, u64)) {
    let mut grounds = 0;
    for seed in 0..32 {
        let problem = mixed(seed, JOBS, EACH);
        let model = Model::new(&problem);
        // Of some nobody can do a job.
        if let Some(ground) = Ground::new(&model, true) {
            assert!(ground.mixed);
            grounds += 1;
            test(&model, &ground, seed);
        }
    }
    assert!(grounds > 24, "{grounds}");
}

/// Everybody once, in tours of any length of any kinds, perhaps only of such that may visit them.
fn scattered(ground: &Ground, rng: &mut Rng, able: bool) -> Vec<Tour> {
    let mut tours: Vec<Tour> = (0..3 * EACH).map(|vehicle| Tour { kind: vehicle / EACH, jobs: Vec::new() }).collect();
    let mut jobs: Vec<u32> = (0..JOBS as u32).collect();
    rng.shuffle(&mut tours);
    rng.shuffle(&mut jobs);
    let most = rng.usize(4..tours.len());
    for job in jobs {
        let mut fits: Vec<usize> =
            (0..tours.len()).filter(|&tour| !able || ground.may_visit(tours[tour].kind, &[job])).collect();
        fits.truncate(most);
        tours[fits[rng.usize(..fits.len())]].jobs.push(job);
    }
    tours.retain(|tour| !tour.jobs.is_empty());
    tours
}

fn is_able(ground: &Ground, tours: &[Tour]) -> bool {
    tours.iter().all(|tour| ground.may_visit(tour.kind, &tour.jobs))
}

/// The tours by slot, as the search proper has them.
pub(super) fn by_slot(ground: &Ground, tours: &[Tour]) -> Vec<(u32, Vec<u32>)> {
    let mut slots: Vec<_> = ground.kinds.all.iter().map(|kind| kind.slots.iter().copied()).collect();
    let mut used = 0;
    tours.iter().map(|tour| (slots[tour.kind].next().unwrap(), ground.tasks_of(&tour.jobs, &mut used))).collect()
}

/// By how many bits the costs of a ground are rounded down.
pub(super) fn shift(model: &Model<'_>, ground: &Ground) -> u32 {
    let place = |job: usize| model.tasks[ground.tasks[job] as usize].place;
    let exact = model.slots[ground.kinds.payers[0] as usize].weights.leg(model.leg(place(0), place(1)));
    (0..62).find(|&shift| exact >> shift == ground.cost(0, 1)).unwrap()
}

pub(super) const PRICES: Prices = Prices { warp: 3_000, excess: 9_000 };

pub(super) fn prices(ground: &Ground, rng: &mut Rng) -> Prices {
    let first = ground.prices();
    [first, first.times(20), PRICES.times(first.warp)][rng.usize(..3)]
}

#[test]
fn what_the_crowd_thinks_of_tours_of_several_kinds_is_what_the_search_proper_does() {
    let (mut rng, mut allowed, mut late, mut unable) = (Rng::with_seed(1), 0, 0, 0);
    with_grounds(|model, ground, seed| {
        let bits = shift(model, ground);
        for round in 0..40 {
            let mut descent = Descent::new(ground, prices(ground, &mut rng));
            let able = round % 2 == 0;
            descent.lanes.set(&scattered(ground, &mut rng, able));
            if able {
                assert!(descent.run(&mut rng, &|| false));
                assert!(is_able(ground, &descent.lanes.tours()), "seed {seed}");
            }
            let (worth, of_kinds) = (descent.lanes.worth(), descent.lanes.tours());
            let mut tours = Tours::new(model);
            tours.restore(&by_slot(ground, &of_kinds));
            let in_time = tours.worked.members().iter().all(|&slot| tours.route(slot).feasible());
            assert_eq!(worth.warp == 0, in_time, "seed {seed}");
            let may = is_able(ground, &of_kinds);
            assert_eq!(worth.is_feasible() && may, tours.keeps_rules(), "seed {seed}");
            if worth.is_feasible() {
                let off = (tours.score().cost >> bits) - worth.cost;
                // Each leg and each fixed price may be one off.
                let most = if bits == 0 { 0 } else { (JOBS + 2 * of_kinds.len()) as i64 };
                assert!((0..=most).contains(&off), "seed {seed}: {} for {}", worth.cost, tours.score().cost >> bits);
            }
            allowed += usize::from(tours.keeps_rules());
            late += usize::from(worth.warp > 0);
            unable += usize::from(!may);
        }
    });
    assert!(allowed > 200 && late > 200 && unable > 100, "{allowed} {late} {unable}");
}

/// What these tours are worth, counted from nothing.
pub(super) fn recount(lanes: &Lanes<'_>, tours: &[Tour]) -> i64 {
    let mut fresh = Lanes::new(lanes.ground, lanes.prices);
    fresh.set(tours);
    fresh.worth().at(lanes.prices)
}

/// All tours that come of it if a string goes behind any stop of another tour or to an idle vehicle, or if two tours, of which one may be
/// that of an idle vehicle, exchange their tails; of vehicles that may.
fn changed(ground: &Ground, tours: &[Tour]) -> Vec<Vec<Tour>> {
    let idle = (0..3).filter(|&kind| tours.iter().filter(|tour| tour.kind == kind).count() < EACH);
    let all: Vec<Tour> = tours.iter().cloned().chain(idle.map(|kind| Tour { kind, jobs: Vec::new() })).collect();
    let mut found = Vec::new();
    for (one, other) in (0..tours.len()).flat_map(|one| (0..all.len()).map(move |other| (one, other))) {
        let (x, y) = (&all[one].jobs, &all[other].jobs);
        let mut with = |x: Vec<u32>, y: Vec<u32>| {
            let mut tours = all.clone();
            (tours[one].jobs, tours[other].jobs) = (x, y);
            tours.retain(|tour| !tour.jobs.is_empty());
            if is_able(ground, &tours) {
                found.push(tours);
            }
        };
        for (at, to) in (0..=x.len()).flat_map(|at| (0..=y.len()).map(move |to| (at, to))).filter(|_| one != other) {
            with([&x[..at], &y[to..]].concat(), [&y[..to], &x[at..]].concat());
            for end in at + 1..=x.len().min(at + 3) {
                with([&x[..at], &x[end..]].concat(), [&y[..to], &x[at..end], &y[to..]].concat());
            }
        }
    }
    found
}

#[test]
fn every_change_pays_and_none_is_left_that_would() {
    let (mut rng, mut steps) = (Rng::with_seed(2), 0);
    with_grounds(|_, ground, seed| {
        let prices = prices(ground, &mut rng);
        let mut descent = Descent::new(ground, prices);
        descent.lanes.set(&scattered(ground, &mut rng, true));
        loop {
            let began = descent.lanes.clock;
            for turn in 0..=JOBS as u32 {
                let (before, clock) = (descent.lanes.worth().at(prices), descent.lanes.clock);
                if turn < JOBS as u32 {
                    descent.improve(turn, false);
                } else {
                    descent.trade();
                }
                let after = recount(&descent.lanes, &descent.lanes.tours());
                assert_eq!(after, descent.lanes.worth().at(prices), "seed {seed}: sums kept along the way");
                assert_eq!(after < before, descent.lanes.clock > clock, "seed {seed}, {turn}: {before} {after}");
                assert!(after <= before);
                steps += usize::from(after < before);
            }
            if descent.lanes.clock == began {
                break;
            }
        }
        // A vehicle that became idle later is offered to lanes that had changed before, too.
        loop {
            let clock = descent.lanes.clock;
            assert!(descent.run(&mut rng, &|| false));
            if descent.lanes.clock == clock {
                break;
            }
        }
        let (tours, worth) = (descent.lanes.tours(), descent.lanes.worth().at(prices));
        for others in changed(ground, &tours) {
            // A tail without a neighbour on either side of the joint is only looked for at the ends.
            assert!(recount(&descent.lanes, &others) >= worth, "seed {seed}: {tours:?} to {others:?}");
        }
    });
    assert!(steps > 300, "{steps}");
}

#[test]
fn vehicles_of_different_kinds_exchange_their_tours_as_long_as_that_pays() {
    let (mut rng, mut trades) = (Rng::with_seed(4), 0);
    with_grounds(|_, ground, seed| {
        let mut descent = Descent::new(ground, prices(ground, &mut rng));
        descent.lanes.set(&scattered(ground, &mut rng, true));
        loop {
            let clock = descent.lanes.clock;
            descent.trade();
            if descent.lanes.clock == clock {
                break;
            }
            trades += 1;
        }
        let tours = descent.lanes.tours();
        let worth = recount(&descent.lanes, &tours);
        for (one, other) in (0..tours.len()).flat_map(|one| (0..one).map(move |other| (one, other))) {
            let mut traded = tours.clone();
            (traded[one].kind, traded[other].kind) = (tours[other].kind, tours[one].kind);
            let pays = is_able(ground, &traded) && recount(&descent.lanes, &traded) < worth;
            assert!(!pays, "seed {seed}: {one} with {other} of {tours:?}");
        }
    });
    assert!(trades > 20, "{trades}");
}

#[test]
fn a_child_has_no_more_tours_of_a_kind_than_vehicles_and_nobody_where_they_may_not_be() {
    let (mut rng, mut kept, mut taken, mut moved) = (Rng::with_seed(3), 0, 0, 0);
    with_grounds(|_, ground, seed| {
        for _ in 0..20 {
            let [first, second] = [(); 2].map(|()| scattered(ground, &mut rng, true));
            let mut lanes = Lanes::new(ground, PRICES);
            let intact = mate(&mut lanes, &first, &second, &mut rng);
            let child = lanes.tours();
            let mut jobs: Vec<u32> = child.iter().flat_map(|tour| tour.jobs.clone()).collect();
            jobs.sort_unstable();
            assert_eq!(jobs, (0..JOBS as u32).collect::<Vec<u32>>(), "seed {seed}");
            assert!(is_able(ground, &child), "seed {seed}: {child:?}");
            assert!((0..3).all(|kind| child.iter().filter(|tour| tour.kind == kind).count() <= EACH));
            let same = |tour: &&Tour| first.contains(tour);
            assert!(child.iter().filter(same).count() + 3 * EACH >= intact);
            kept += child.iter().filter(same).count();
            taken += child.iter().filter(|tour| second.contains(tour)).count();
            let jobs_of = |tour: &&Tour| second.iter().any(|other| other.jobs == tour.jobs && other.kind != tour.kind);
            moved += child.iter().filter(|tour| tour.jobs.len() > 1).filter(jobs_of).count();
        }
    });
    assert!(kept > 300 && taken > 300 && moved > 5, "{kept} {taken} {moved}");
}

#[test]
fn the_highest_prices_do_not_overflow_where_everybody_is_under_way_for_too_long() {
    let mut problem = mixed(10, JOBS, JOBS);
    let places = problem.matrix.places();
    let legs = vec![UNREACHABLE / 4; places * places];
    problem.matrix = Matrix::new(places, legs.clone(), legs).unwrap();
    for shift in problem.vehicles.iter_mut().flat_map(|vehicle| &mut vehicle.shifts) {
        (shift.max_duration, shift.window.close) = (Some(1), i64::from(UNREACHABLE));
    }
    problem.jobs.iter_mut().for_each(|job| job.windows.clear());
    let model = Model::new(&problem);
    let ground = Ground::new(&model, true).unwrap();
    let mut lanes = Lanes::new(&ground, ground.highest_prices().times(REPAIR));
    let alone: Vec<Tour> = (0..JOBS as u32).map(|job| Tour { kind: 0, jobs: vec![job] }).collect();
    for tours in [alone, vec![Tour { kind: 0, jobs: (0..JOBS as u32).collect() }]] {
        lanes.set(&tours);
        let worth = lanes.worth();
        assert!(worth.warp >= JOBS as i64 * i64::from(UNREACHABLE / 4));
        let exact = i128::from(worth.warp) * i128::from(lanes.prices.warp);
        let excess = i128::from(worth.excess) * i128::from(lanes.prices.excess);
        assert_eq!(i128::from(worth.at(lanes.prices) - worth.cost), exact + excess);
    }
}

/// Dearer than every plan.
pub(super) const NEVER: i64 = i64::MAX / 2;

/// What the cheapest plan costs, given for a kind and each set of jobs what the cheapest tour costs that visits these.
pub(super) fn cheapest_of(ground: &Ground, alone: impl Fn(&Kind) -> Vec<i64>) -> Option<i64> {
    let all = (1_usize << ground.jobs) - 1;
    let mut best = vec![NEVER; all + 1];
    best[0] = 0;
    for kind in &ground.kinds.all {
        let alone = alone(kind);
        for _ in &kind.slots {
            let before = best.clone();
            for set in 1..=all {
                let mut part = set;
                while part > 0 {
                    best[set] = best[set].min(before[set ^ part] + alone[part]);
                    part = (part - 1) & set;
                }
            }
        }
    }
    Some(best[all]).filter(|&cost| cost < NEVER)
}

/// What a crowd finds in a thousand rounds, which keeps all rules and costs what the cheapest plan does but for so many costs
/// that are rounded, each by less than one.
pub(super) fn found_at(best: i64, rounded: i64, model: &Model<'_>, ground: &Ground, seed: u64) -> Sequences {
    let mut crowd = Crowd::new(model, true).unwrap();
    let mut rng = Rng::with_seed(seed);
    let rounds = (0..1_000).filter_map(|_| crowd.round(std::slice::from_mut(&mut rng), &|| false).unwrap().better);
    let found = rounds.last().expect("a plan");
    let mut tours = Tours::new(model);
    tours.restore(&found);
    assert!(tours.keeps_rules(), "seed {seed}");
    let most = rounded * ((1 << shift(model, ground)) - 1);
    assert!((best..=best + most).contains(&tours.score().cost), "seed {seed}: {} for {best}", tours.score().cost);
    found
}

/// The cheapest plan there is: for every set of jobs the cheapest tour of each kind by the search proper, then the cheapest set of tours.
fn cheapest(model: &Model<'_>, ground: &Ground) -> Option<i64> {
    cheapest_of(ground, |kind| {
        let mut alone = vec![NEVER; 1 << model.jobs];
        let mut tours = Tours::new(model);
        let mut path = vec![Vec::new()];
        while let Some(jobs) = path.pop() {
            let set: usize = jobs.iter().map(|&job: &u32| 1 << job).sum();
            tours.restore(&[(kind.slots[0], jobs.clone())]);
            if !jobs.is_empty() && tours.is_allowed() {
                alone[set] = alone[set].min(tours.score().cost);
            }
            let further = (0..model.jobs as u32).filter(|&job| set >> job & 1 == 0);
            path.extend(further.map(|job| [&jobs[..], &[job]].concat()));
        }
        alone
    })
}

#[test]
fn a_crowd_finds_the_cheapest_plan_of_few_jobs() {
    let (mut tight, mut plans) = (0, 0);
    for seed in 0..32 {
        let mut problem = mixed(seed, 6, 2);
        // Room for everybody in three tours or so.
        problem.vehicles.iter_mut().for_each(|vehicle| vehicle.capacity = vec![vehicle.capacity[0] / 2]);
        let model = Model::new(&problem);
        let Some(ground) = Ground::new(&model, true) else { continue };
        let Some(best) = cheapest(&model, &ground) else {
            tight += 1;
            continue;
        };
        found_at(best, 18, &model, &ground, seed);
        plans += 1;
    }
    assert!(plans > 20, "{plans} {tight}");
}

#[test]
fn with_several_kinds_and_windows_a_crowd_needs_less_of_a_budget_and_of_a_walk() {
    for (windows, budgets, parts) in [
        (0, [14.9, 16.0, 40.0, 500.0], [None, Some(0.25), Some(0.1), Some(LEAST_FOR_KINDS)]),
        (2, [3.9, 4.0, 5.0, 50.0], [None, Some(0.125), Some(0.1), Some(LEAST_FOR_KINDS)]),
    ] {
        let problem = mixed(windows, 36, 8);
        let model = Model::new(&problem);
        assert_eq!(budgets.map(|budget| walk_first(&model, budget * f64::from(36 * 36), true)), parts);
    }
}

#[test]
fn what_a_crowd_of_several_kinds_finds_is_a_plan_without_faults_and_the_same_again() {
    let never = std::sync::atomic::AtomicBool::new(false);
    let mut late = 0;
    for seed in [7, 22, 12] {
        let problem = mixed(seed, 48, 9);
        let stop = Stop { deadline: None, steps: Some(20_000), cancel: &never, stagnation: None };
        for threads in [1, 2] {
            let mut told = Vec::new();
            let plan = solve(&problem, &stop, seed, threads, &mut |progress| told.push(progress.steps));
            assert_eq!(check(&problem, &plan), []);
            assert!(plan.unassigned.is_empty(), "seed {seed}");
            assert_eq!(solve(&problem, &stop, seed, threads, &mut |_| {}), plan);
            late += told.iter().filter(|&&steps| steps > 1_200 * threads as u64).count();
        }
    }
    assert!(late > 0, "the crowd finds something better");
}
