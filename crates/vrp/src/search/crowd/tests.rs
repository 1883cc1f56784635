//! The crowd against the search proper, which knows the rules in another way.

use fastrand::Rng;

use super::super::model::Model;
use super::super::tours::Tours;
use super::choice::{admit, leave, send_out};
use super::descent::Descent;
use super::ground::Ground;
use super::lanes::{Lanes, Prices, Tour};
use super::mate::mate;
use super::population::{Member, Part};
use super::*;
use crate::{
    Break, Job, Matrix, Objective, Price, Problem, Shift, Stop, Terms, TimeWindow, UNREACHABLE, Vehicle, check, solve,
};

const JOBS: usize = 18;

/// Customers on a plane with windows and loads, and more vehicles than are needed; ways differ by direction if asked for.
pub(in crate::search) fn problem(seed: u64, one_way: bool) -> Problem {
    let mut rng = Rng::with_seed(seed);
    let points: Vec<(i32, i32)> = (0..=JOBS).map(|_| (rng.i32(0..40), rng.i32(0..40))).collect();
    let slope = i32::from(one_way);
    let leg = |a: &(i32, i32), b: &(i32, i32)| (a.0 - b.0).abs() + (a.1 - b.1).abs() + slope * (a.0 - b.0).max(0);
    let legs: Vec<i32> = points.iter().flat_map(|a| points.iter().map(move |b| leg(a, b))).collect();
    let shift = Shift { window: TimeWindow { open: 0, close: 300 }, ..Shift::default() };
    let jobs = (1..=JOBS).map(|place| {
        let open = rng.i64(0..150);
        let windows = vec![TimeWindow { open, close: open + rng.i64(20..100) }];
        Job { place, windows, dwell: 5, quantity: vec![rng.i64(1..5)], priority: 1, ..Job::default() }
    });
    Problem {
        jobs: jobs.collect(),
        vehicles: vec![Vehicle { shifts: vec![shift], capacity: vec![14], ..Vehicle::default() }; 9],
        matrix: Matrix::new(JOBS + 1, legs.clone(), legs).unwrap(),
        objective: Objective::Distance,
        terms: Terms::default(),
    }
}

/// The same without windows.
pub(in crate::search) fn timeless(seed: u64, one_way: bool) -> Problem {
    let mut problem = problem(seed, one_way);
    problem.jobs.iter_mut().for_each(|job| job.windows.clear());
    problem.vehicles.iter_mut().for_each(|vehicle| vehicle.shifts[0].window.close = 10_000);
    problem
}

/// Everybody once, in tours of any length.
fn scattered(rng: &mut Rng) -> Vec<Vec<u32>> {
    let mut jobs: Vec<u32> = (0..JOBS as u32).collect();
    rng.shuffle(&mut jobs);
    let mut tours = vec![Vec::new(); rng.usize(1..9)];
    let count = tours.len();
    for job in jobs {
        tours[rng.usize(..count)].push(job);
    }
    tours.retain(|tour| !tour.is_empty());
    tours
}

/// Tours of vehicles that are all alike.
pub(super) fn alike(tours: &[Vec<u32>]) -> Vec<Tour> {
    tours.iter().map(|jobs| Tour { kind: 0, jobs: jobs.clone() }).collect()
}

/// The jobs of all lanes that have any.
fn sequences(lanes: &Lanes<'_>) -> Vec<Vec<u32>> {
    lanes.tours().into_iter().map(|tour| tour.jobs).collect()
}

fn everybody(tours: &[Vec<u32>]) -> Vec<u32> {
    let mut jobs: Vec<u32> = tours.iter().flatten().copied().collect();
    jobs.sort_unstable();
    jobs
}

fn put_right(descent: &mut Descent<'_>, rng: &mut Rng) {
    assert!(descent.run(rng, &|| false));
}

const PRICES: Prices = Prices { warp: 3_000, excess: 9_000 };

#[test]
fn what_has_no_warp_and_no_excess_is_what_the_search_proper_allows_at_the_same_cost() {
    let (mut rng, mut allowed) = (Rng::with_seed(1), 0);
    for seed in 0..30 {
        let problem = problem(seed, seed % 2 == 1);
        let model = Model::new(&problem);
        let ground = Ground::new(&model, true).expect("a plain problem");
        for _ in 0..40 {
            let mut descent = Descent::new(&ground, PRICES.times(rng.i64(1..100)));
            descent.lanes.set(&alike(&scattered(&mut rng)));
            if rng.bool() {
                put_right(&mut descent, &mut rng);
            }
            let worth = descent.lanes.worth();
            let sequences: Vec<(u32, Vec<u32>)> = (0..).zip(sequences(&descent.lanes)).collect();
            let mut tours = Tours::new(&model);
            tours.restore(&sequences);
            let in_time = tours.worked.members().iter().all(|&slot| tours.route(slot).feasible());
            assert_eq!(worth.warp == 0, in_time, "seed {seed}");
            assert_eq!(worth.is_feasible(), tours.keeps_rules(), "seed {seed}");
            if worth.is_feasible() {
                assert_eq!(worth.cost, tours.score().cost, "seed {seed}");
                allowed += 1;
            }
        }
    }
    assert!(allowed > 200, "{allowed}");
}

#[test]
fn downhill_ends_where_no_job_is_better_off_beside_a_neighbour() {
    let mut rng = Rng::with_seed(2);
    for seed in 0..20 {
        let problem = problem(seed, seed % 2 == 1);
        let model = Model::new(&problem);
        let ground = Ground::new(&model, true).unwrap();
        let mut descent = Descent::new(&ground, PRICES);
        let tours = scattered(&mut rng);
        descent.lanes.set(&alike(&tours));
        let before = descent.lanes.worth().at(PRICES);
        put_right(&mut descent, &mut rng);
        let (tours, worth) = (sequences(&descent.lanes), descent.lanes.worth());
        assert!(worth.at(PRICES) <= before);
        assert_eq!(everybody(&tours), (0..JOBS as u32).collect::<Vec<u32>>());
        let mut lanes = Lanes::new(&ground, PRICES);
        lanes.set(&alike(&tours));
        assert_eq!(lanes.worth(), worth, "sums kept along the way");
        for (job, other) in (0..JOBS as u32).flat_map(|job| ground.beside(job).iter().map(move |&other| (job, other))) {
            for behind in [0, 1] {
                let mut moved = tours.clone();
                for tour in &mut moved {
                    tour.retain(|&stop| stop != job);
                }
                let tour = moved.iter_mut().find(|tour| tour.contains(&other)).unwrap();
                let at = tour.iter().position(|&stop| stop == other).unwrap() + behind;
                tour.insert(at, job);
                lanes.set(&alike(&moved));
                assert!(lanes.worth().at(PRICES) >= worth.at(PRICES), "seed {seed}: {job} beside {other}");
            }
        }
    }
}

#[test]
fn a_child_serves_everybody_once_and_begins_with_tours_of_the_first_as_they_are() {
    let problem = problem(3, false);
    let model = Model::new(&problem);
    let ground = Ground::new(&model, true).unwrap();
    let mut rng = Rng::with_seed(3);
    let (mut kept, mut taken) = (0, 0);
    for _ in 0..300 {
        let (first, second) = (scattered(&mut rng), scattered(&mut rng));
        let mut lanes = Lanes::new(&ground, PRICES);
        let intact = mate(&mut lanes, &alike(&first), &alike(&second), &mut rng);
        let child = sequences(&lanes);
        assert_eq!(everybody(&child), (0..JOBS as u32).collect::<Vec<u32>>());
        kept += intact;
        taken += child.iter().filter(|tour| second.contains(tour)).count();
    }
    assert!(kept > 100 && taken > 100, "{kept} {taken}");
}

#[test]
fn the_highest_prices_do_not_overflow_when_everything_goes_wrong() {
    let mut problem = problem(7, false);
    // Ways as long and loads as large as may be, and whoever opens late comes before whoever closes early.
    let legs = vec![UNREACHABLE / 4; (JOBS + 1) * (JOBS + 1)];
    problem.matrix = Matrix::new(JOBS + 1, vec![1; legs.len()], legs).unwrap();
    problem.jobs.iter_mut().for_each(|job| job.quantity = vec![i64::from(i32::MAX)]);
    problem.vehicles.iter_mut().for_each(|vehicle| vehicle.capacity = vec![i64::from(i32::MAX)]);
    let model = Model::new(&problem);
    let ground = Ground::new(&model, true).unwrap();
    let mut lanes = Lanes::new(&ground, ground.highest_prices().times(REPAIR));
    let mut jobs: Vec<u32> = (0..JOBS as u32).collect();
    jobs.sort_by_key(|&job| std::cmp::Reverse(problem.jobs[job as usize].windows[0].close));
    lanes.set(&alike(&[jobs]));
    let worth = lanes.worth();
    assert!(worth.warp > 0 && worth.excess > 0);
    let exact = i128::from(worth.warp) * i128::from(lanes.prices.warp)
        + i128::from(worth.excess) * i128::from(lanes.prices.excess);
    assert_eq!(i128::from(worth.at(lanes.prices) - worth.cost), exact);
}

#[test]
fn doubles_go_first_and_the_cheapest_stays() {
    let problem = problem(4, false);
    let model = Model::new(&problem);
    let ground = Ground::new(&model, true).unwrap();
    let mut rng = Rng::with_seed(4);
    let mut part = Part::new(&ground);
    let member = |tours: &[Vec<u32>]| {
        let mut lanes = Lanes::new(&ground, PRICES);
        lanes.set(&alike(tours));
        Member::new(&ground, alike(tours), lanes.worth())
    };
    let all: Vec<Vec<Vec<u32>>> = (0..10).map(|_| scattered(&mut rng)).collect();
    all.iter().chain(&all).for_each(|tours| part.add(member(tours)));
    let cheapest = all.iter().map(|tours| member(tours).worth.at(PRICES)).min();
    part.select(10, PRICES);
    let costs: Vec<i64> = (0..10).map(|index| part.member(index).worth.at(PRICES)).collect();
    assert_eq!(costs.iter().collect::<std::collections::BTreeSet<_>>().len(), 10, "no doubles");
    part.select(1, PRICES);
    assert_eq!(Some(part.member(0).worth.at(PRICES)), cheapest);
}

#[test]
fn what_stretches_cannot_sum_up_has_no_ground() {
    fn has_ground(edit: impl Fn(&mut Problem)) -> bool {
        let mut problem = problem(5, false);
        edit(&mut problem);
        Ground::new(&Model::new(&problem), true).is_some()
    }
    assert!(has_ground(|_| {}));
    assert!(has_ground(|problem| problem.vehicles[0].capacity = vec![20]), "two kinds of vehicles");
    let of_two_kinds = |problem: &mut Problem| problem.vehicles[0].capacity = vec![20];
    assert!(
        !has_ground(|problem| (of_two_kinds(problem), problem.jobs[3].priority = 0).0),
        "a job that may be left out"
    );
    assert!(
        !has_ground(|problem| (of_two_kinds(problem), problem.jobs[3].quantity = vec![30]).0),
        "a job that nobody can do"
    );
    let many = |count: i64| {
        move |problem: &mut Problem| {
            let kind = |load: i64| Vehicle { capacity: vec![14 + load], ..problem.vehicles[0].clone() };
            problem.vehicles = (0..count).map(kind).collect();
        }
    };
    assert!(has_ground(many(64)) && !has_ground(many(65)), "no bit is left for the last kind");
    let dear = |fixed_micro: i64| {
        move |problem: &mut Problem| {
            problem.objective = Objective::Price;
            let price = Price { fixed_micro, per_km_micro: 1_000, per_hour_micro: 0 };
            problem.vehicles.iter_mut().for_each(|vehicle| vehicle.price = Some(price));
        }
    };
    assert!(has_ground(dear(10_000)) && !has_ground(dear(1 << 40)), "ways would be rounded to nothing");
    let twice = |problem: &mut Problem| {
        let next = Shift { window: TimeWindow { open: 300, close: 600 }, ..Shift::default() };
        problem.vehicles.iter_mut().for_each(|vehicle| vehicle.shifts.push(next.clone()));
    };
    assert!(!has_ground(twice), "two shifts");
    assert!(!has_ground(|problem| problem.jobs[3].drop_off_from = vec![2]), "orders");
    assert!(!has_ground(|problem| problem.jobs[3].quantity = vec![-1]), "signed loads");
    assert!(has_ground(|problem| problem.jobs[3].priority = 0), "a job that may be left out");
    assert!(!has_ground(|problem| problem.jobs[3].windows.insert(0, TimeWindow { open: 0, close: 8 })), "two windows");
    let with_two_dimensions = |problem: &mut Problem| {
        problem.jobs.iter_mut().for_each(|job| job.quantity = vec![1, 1]);
        problem.vehicles.iter_mut().for_each(|vehicle| vehicle.capacity = vec![9, 8]);
    };
    assert!(!has_ground(with_two_dimensions), "two dimensions");
    let with_break = |problem: &mut Problem| {
        let rest = Break { window: TimeWindow { open: 10, close: 60 }, duration: 9 };
        problem.vehicles.iter_mut().for_each(|vehicle| vehicle.shifts[0].breaks = vec![rest]);
    };
    assert!(!has_ground(with_break), "breaks");
    let without_a_way = |problem: &mut Problem| {
        let mut legs = vec![1; (JOBS + 1) * (JOBS + 1)];
        legs[JOBS + 5] = UNREACHABLE;
        problem.matrix = Matrix::new(JOBS + 1, legs.clone(), legs).unwrap();
    };
    assert!(!has_ground(without_a_way), "a way that does not exist");
}

#[test]
fn time_binds_as_soon_as_one_window_or_the_shift_can_close_too_early() {
    let is_timeless = |edit: fn(&mut Problem)| {
        let mut problem = timeless(8, false);
        edit(&mut problem);
        Crowd::new(&Model::new(&problem), true).unwrap().is_timeless()
    };
    assert!(is_timeless(|_| {}));
    assert!(is_timeless(|problem| problem.jobs[3].windows = vec![TimeWindow { open: 0, close: 9_000 }]));
    assert!(!is_timeless(|problem| problem.jobs[3].windows = vec![TimeWindow { open: 0, close: 200 }]));
    assert!(!is_timeless(|problem| problem
        .vehicles
        .iter_mut()
        .for_each(|vehicle| vehicle.shifts[0].window.close = 300)));
    assert!(!is_timeless(|problem| problem.vehicles[3].capacity = vec![15]), "two kinds of vehicles");
    let dear = |problem: &mut Problem| {
        problem.objective = Objective::Price;
        let price = Price { fixed_micro: 10_000, per_km_micro: 1_000, per_hour_micro: 0 };
        problem.vehicles.iter_mut().for_each(|vehicle| vehicle.price = Some(price));
    };
    assert!(!is_timeless(dear), "the number of vehicles counts");
    assert!(
        !is_timeless(|problem| (problem.jobs[3].priority, problem.jobs[3].prize) = (0, 50)),
        "who may be left out for a prize is no matter of ways alone"
    );
}

#[test]
fn savings_are_no_beginning_where_there_are_fewer_vehicles_than_tours() {
    let mut problem = timeless(9, false);
    let crowd = Crowd::new(&Model::new(&problem), true).unwrap();
    let tours = crowd.savings().expect("nine vehicles are enough");
    problem.vehicles.truncate(tours.len() - 1);
    assert_eq!(Crowd::new(&Model::new(&problem), true).unwrap().savings(), None);
}

#[test]
fn rounds_get_better_and_a_stuck_crowd_begins_anew() {
    let problem = problem(6, false);
    let model = Model::new(&problem);
    let mut crowd = Crowd::new(&model, true).unwrap();
    let mut rng = Rng::with_seed(6);
    let mut costs = Vec::new();
    let mut founders = 0;
    for _ in 0..STUCK * JOBS + 300 {
        founders += usize::from(crowd.founders < FOUNDERS);
        let round = crowd.round(std::slice::from_mut(&mut rng), &|| false).unwrap();
        assert!(round.steps > 0);
        let Some(better) = round.better else { continue };
        let mut tours = Tours::new(&model);
        tours.restore(&better);
        assert!(tours.keeps_rules());
        costs.push(tours.score().cost);
    }
    assert!(costs.windows(2).all(|pair| pair[1] < pair[0]), "{costs:?}");
    assert!(founders > FOUNDERS, "{founders}");
    assert!(crowd.round(&mut [rng.fork(), rng], &|| true).is_none());
}

/// The same with few vehicles, and jobs that may be left out: for a prize each, or since they have priorities and do not all fit.
fn choice(seed: u64, by_priority: bool) -> Problem {
    let mut problem = problem(seed, seed % 2 == 1);
    let mut rng = Rng::with_seed(seed + 1_000);
    problem.vehicles.truncate(3);
    for job in &mut problem.jobs {
        let worth = rng.u32(4..50);
        (job.priority, job.prize) = if by_priority { (worth, 0) } else { (0, i64::from(worth)) };
    }
    problem
}

/// Some of all jobs in up to three tours.
fn chosen(rng: &mut Rng) -> Vec<Vec<u32>> {
    let mut tours = scattered(rng);
    tours.truncate(3);
    for tour in &mut tours {
        tour.retain(|_| rng.u32(..4) > 0);
    }
    tours.retain(|tour| !tour.is_empty());
    tours
}

/// Prices at which a tour may be late where that is worth it.
const LENIENT: Prices = Prices { warp: 2, excess: 40 };

/// Calls a test with lanes that hold some of all jobs, of problems with prizes and with priorities, at several prices.
fn with_chosen(mut test: impl FnMut(&mut Lanes<'_>, &mut Rng)) {
    let mut rng = Rng::with_seed(11);
    for seed in 0..80 {
        let problem = choice(seed, seed % 3 == 0);
        let model = Model::new(&problem);
        let ground = Ground::new(&model, false).expect("a plain problem");
        let shift = ground.prices().warp;
        for prices in [LENIENT, LENIENT.times(shift), PRICES.times(shift)] {
            let mut lanes = Lanes::new(&ground, prices);
            lanes.set(&alike(&chosen(&mut rng)));
            test(&mut lanes, &mut rng);
        }
    }
}

/// What these tours are worth, counted from nothing.
fn recount(lanes: &Lanes<'_>, tours: &[Vec<u32>]) -> i64 {
    let mut fresh = Lanes::new(lanes.ground, lanes.prices);
    fresh.set(&alike(tours));
    fresh.worth().at(lanes.prices)
}

/// All tours that come of putting a job into a gap, in the place of a string, or into a gap while another one goes.
fn entries(lanes: &Lanes<'_>, job: u32) -> Vec<Vec<Vec<u32>>> {
    let tours = sequences(lanes);
    let mut all = Vec::new();
    if tours.len() < lanes.all.len() {
        all.push([&tours[..], &[vec![job]]].concat());
    }
    for (index, tour) in tours.iter().enumerate() {
        let mut with = |changed: Vec<u32>| {
            let mut tours = tours.clone();
            tours[index] = changed;
            all.push(tours);
        };
        for at in 0..=tour.len() {
            for end in at..=tour.len().min(at + 3) {
                with([&tour[..at], &[job], &tour[end..]].concat());
            }
            for gone in tour {
                let entered = [&tour[..at], &[job], &tour[at..]].concat();
                with(entered.into_iter().filter(|other| other != gone).collect());
            }
        }
    }
    all
}

#[test]
fn a_job_comes_in_by_the_best_entry_and_is_worth_what_it_says() {
    let (mut admitted, mut refused) = (0, 0);
    with_chosen(|lanes, _| {
        for job in 0..JOBS as u32 {
            if lanes.place(job).is_some() {
                continue;
            }
            let before = lanes.worth().at(lanes.prices);
            let best = entries(lanes, job).iter().map(|tours| recount(lanes, tours) - before).min().unwrap();
            let gain = admit(lanes, job, 0);
            assert_eq!(gain.change, best.min(0), "{job}");
            assert_eq!(lanes.worth().at(lanes.prices), before + gain.change);
            assert_eq!(recount(lanes, &sequences(lanes)), before + gain.change, "sums kept along the way");
            *if gain.change < 0 { &mut admitted } else { &mut refused } += 1;
        }
    });
    assert!(admitted > 300 && refused > 100, "{admitted} {refused}");
}

#[test]
fn a_string_or_a_tour_goes_where_that_pays_and_only_there() {
    let (mut strings, mut whole, mut stayed) = (0, 0, 0);
    with_chosen(|lanes, rng| {
        for job in 0..JOBS as u32 {
            let or_all = rng.u8(..4) > 0;
            let tours = sequences(lanes);
            let Some(index) = tours.iter().position(|tour| tour.contains(&job)) else { continue };
            let before = lanes.worth().at(lanes.prices);
            let tour = &tours[index];
            let at = tour.iter().position(|&other| other == job).unwrap();
            let without = |end: usize| {
                let mut left = tours.clone();
                left[index].drain(at..end);
                left
            };
            let most = tour.len().min(at + 3);
            let pays = |tours: &[Vec<u32>]| recount(lanes, tours) < before;
            let string = (at + 1..=most).map(without).find(|tours| pays(tours));
            let all = Some(without(tour.len())).filter(|tours| or_all && at == 0 && pays(tours));
            (strings, whole) =
                (strings + usize::from(string.is_some()), whole + usize::from(string.is_none() && all.is_some()));
            let expected = string.or(all);
            stayed += usize::from(expected.is_none());
            let mut expected = expected.unwrap_or(tours.clone());
            expected.retain(|tour| !tour.is_empty());
            let gain = leave(lanes, job, 0, or_all);
            assert_eq!(sequences(lanes), expected, "{job}");
            assert_eq!(recount(lanes, &expected), before + gain.change);
            assert_eq!(lanes.worth().at(lanes.prices), before + gain.change);
        }
    });
    assert!(strings > 100 && whole > 4 && stayed > 100, "{strings} {whole} {stayed}");
}

#[test]
fn an_idle_vehicle_is_sent_to_some_who_stand_nowhere() {
    let (mut sent, mut met, mut all_busy) = (0, 0, 0);
    with_chosen(|lanes, rng| {
        let (before, clock) = (sequences(lanes), lanes.clock);
        send_out(lanes, rng);
        let after = sequences(lanes);
        if before.len() == lanes.all.len() {
            all_busy += 1;
            assert_eq!((after, clock), (before, lanes.clock));
            return;
        }
        let jobs = everybody(&after);
        assert!(jobs.windows(2).all(|pair| pair[0] < pair[1]), "nobody twice: {jobs:?}");
        let (last, others) = after.split_last().unwrap();
        assert_eq!(others, before);
        // Whoever joined the first one was worth the way.
        let alone = |&job: &u32| recount(lanes, &[&before[..], &[vec![job]]].concat());
        let worth = recount(lanes, &after);
        assert!(last.len() == 1 || last.iter().any(|job| alone(job) > worth), "{last:?}");
        assert_eq!(lanes.worth().at(lanes.prices), worth);
        (sent, met) = (sent + 1, met + last.len());
    });
    assert!(all_busy > 10 && sent > 60 && met > 2 * sent, "{all_busy} {sent} {met}");
}

#[test]
fn children_get_further_tours_and_keep_those_that_pay() {
    // Three villages far from the depot and from each other; no house is worth the way, each village is.
    let mut problem = choice(14, false);
    let village = |job: usize| job % 3;
    let way = |(a, b): (usize, usize)| match [a, b] {
        _ if a == b => 0,
        [0, _] | [_, 0] => 1_000,
        _ if village(a - 1) == village(b - 1) => 1,
        _ => 3_000,
    };
    let ways: Vec<i32> = (0..=JOBS).flat_map(|a| (0..=JOBS).map(move |b| (a, b))).map(way).collect();
    problem.matrix = Matrix::new(JOBS + 1, ways.clone(), ways).unwrap();
    for job in &mut problem.jobs {
        (job.windows, job.quantity, job.prize) = (Vec::new(), vec![0], 500);
    }
    let model = Model::new(&problem);
    let ground = Ground::new(&model, true).unwrap();
    let mut rng = Rng::with_seed(14);
    let parent = alike(&[(0..JOBS as u32).filter(|&job| village(job as usize) == 0).collect()]);
    let mut with_more = 0;
    for _ in 0..200 {
        let mut descent = Descent::new(&ground, PRICES);
        descent.mate(&parent, &parent, &mut rng);
        assert!(descent.run(&mut rng, &|| false));
        let tours = sequences(&descent.lanes);
        assert!(tours.iter().all(|tour| tour.len() == JOBS / 3), "{tours:?}");
        with_more += usize::from(tours.len() == 2);
        assert!(tours.len() <= 2, "{tours:?}");
    }
    assert!((20..100).contains(&with_more), "{with_more}");
}

#[test]
fn what_is_left_out_costs_what_it_costs_the_search_proper() {
    let (mut rng, mut allowed, mut absent) = (Rng::with_seed(12), 0, 0);
    for seed in 0..60 {
        let problem = choice(seed, seed % 2 == 0);
        let model = Model::new(&problem);
        let ground = Ground::new(&model, false).unwrap();
        let mut descent = Descent::new(&ground, ground.prices().times(rng.i64(1..60)));
        let all: i64 = problem.jobs.iter().map(|job| i64::from(job.priority)).sum();
        for _ in 0..6 {
            descent.lanes.set(&alike(&chosen(&mut rng)));
            put_right(&mut descent, &mut rng);
            let (worth, jobs) = (descent.lanes.worth(), everybody(&sequences(&descent.lanes)));
            assert!(jobs.windows(2).all(|pair| pair[0] < pair[1]), "nobody twice: {jobs:?}");
            assert_eq!(recount(&descent.lanes, &sequences(&descent.lanes)), worth.at(descent.lanes.prices));
            let before = descent.lanes.clock;
            for job in 0..JOBS as u32 {
                match descent.lanes.place(job) {
                    None => admit(&mut descent.lanes, job, 0),
                    Some(_) => leave(&mut descent.lanes, job, 0, true),
                };
            }
            assert_eq!(descent.lanes.clock, before, "seed {seed}: nobody comes in or goes any more");
            let sequences: Vec<(u32, Vec<u32>)> = (0..).zip(sequences(&descent.lanes)).collect();
            let mut tours = Tours::new(&model);
            tours.restore(&sequences);
            assert_eq!(worth.is_feasible(), tours.is_allowed(), "seed {seed}");
            if worth.is_feasible() {
                assert_eq!((all - worth.lost, worth.cost), (tours.score().priority, tours.score().cost), "seed {seed}");
                (allowed, absent) = (allowed + 1, absent + JOBS - jobs.len());
            }
        }
    }
    assert!(allowed > 100 && absent > 300, "{allowed} {absent}");
}

#[test]
fn a_child_of_parents_that_leave_some_out_serves_nobody_twice() {
    let mut rng = Rng::with_seed(13);
    let problem = choice(2, false);
    let model = Model::new(&problem);
    let ground = Ground::new(&model, false).unwrap();
    let (mut kept, mut taken, mut cut) = (0, 0, 0);
    for round in 0..900 {
        let (mut first, mut second) = (chosen(&mut rng), chosen(&mut rng));
        first.truncate(round % 4);
        second.truncate(round / 4 % 4);
        let mut lanes = Lanes::new(&ground, PRICES);
        let intact = mate(&mut lanes, &alike(&first), &alike(&second), &mut rng);
        let child = sequences(&lanes);
        let jobs = everybody(&child);
        assert!(jobs.windows(2).all(|pair| pair[0] < pair[1]), "{first:?} {second:?} {child:?}");
        let known = everybody(&[&first[..], &second[..]].concat());
        assert!(jobs.iter().all(|job| known.contains(job)), "nobody out of nowhere");
        assert!(child[..intact].iter().all(|tour| first.contains(tour)), "{intact} of {child:?}");
        kept += intact;
        taken += child.iter().filter(|tour| second.contains(tour)).count();
        let parts = |tour: &&Vec<u32>| first.iter().chain(&second).all(|other| other != *tour);
        cut += usize::from(child.len() == 1 && child.iter().any(|tour| parts(&tour)));
    }
    assert!(kept > 200 && taken > 200 && cut > 20, "{kept} {taken} {cut}");
}

#[test]
fn one_who_is_left_out_tells_two_solutions_apart() {
    let problem = choice(4, false);
    let model = Model::new(&problem);
    let ground = Ground::new(&model, false).unwrap();
    let mut part = Part::new(&ground);
    let member = |tours: &[Vec<u32>]| {
        let mut lanes = Lanes::new(&ground, PRICES);
        lanes.set(&alike(tours));
        Member::new(&ground, alike(tours), lanes.worth())
    };
    let (with, without) = (vec![vec![0], vec![1]], vec![vec![0]]);
    let dearest = vec![(0..JOBS as u32).rev().collect::<Vec<u32>>()];
    for tours in [&with, &without, &dearest] {
        part.add(member(tours));
    }
    part.select(2, PRICES.times(ground.prices().warp));
    let left: Vec<&Vec<Tour>> = (0..2).map(|index| &part.member(index).tours).collect();
    assert!(left.contains(&&alike(&with)) && left.contains(&&alike(&without)), "{left:?}");
}

#[test]
fn rounds_of_a_choice_get_better_by_priority_first() {
    for by_priority in [true, false] {
        let problem = choice(6, by_priority);
        let model = Model::new(&problem);
        let mut crowd = Crowd::new(&model, false).unwrap();
        let mut rng = Rng::with_seed(6);
        let mut scores = Vec::new();
        for _ in 0..400 {
            let round = crowd.round(std::slice::from_mut(&mut rng), &|| false).unwrap();
            let Some(better) = round.better else { continue };
            let mut tours = Tours::new(&model);
            tours.restore(&better);
            assert!(tours.is_allowed());
            scores.push(tours.score());
        }
        assert!(scores.len() > 1 && scores.windows(2).all(|pair| pair[1].better_than(pair[0])), "{scores:?}");
    }
}

#[test]
fn a_choice_needs_less_of_a_budget_and_nobody_hopeless_is_chosen() {
    let twice = |problem: &mut Problem| {
        let jobs = problem.jobs.clone();
        problem.jobs.extend(jobs);
    };
    let mut all = problem(8, false);
    let mut some = choice(8, true);
    twice(&mut all);
    twice(&mut some);
    let part = |problem: &Problem, all_fit: bool, budget: f64| {
        let pairs = (problem.jobs.len() * problem.jobs.len()) as f64;
        walk_first(&Model::new(problem), budget * pairs, all_fit)
    };
    assert_eq!(part(&all, true, 4.9), None);
    assert_eq!(part(&all, true, 5.1), Some(WALK_LEAST));
    (0..4).for_each(|_| twice(&mut all));
    assert_eq!(all.jobs.len(), 576);
    assert_eq!([4.5, 100.0].map(|budget| part(&all, true, budget)), [None, Some(WALK_LEAST)]);
    assert!(part(&all, true, 5.1).is_some_and(|part| (part - 1.44 / 5.1).abs() < 1e-9));
    twice(&mut all);
    assert_eq!([9.0, 2.88 / 0.3].map(|budget| part(&all, true, budget)), [None, Some(0.3)]);
    assert_eq!(part(&some, false, 14.0), None);
    assert_eq!(part(&some, false, 16.0), Some(WALK_LEAST));
    let mut prized = choice(8, false);
    twice(&mut prized);
    assert_eq!(part(&prized, true, 0.01), None);
    assert_eq!(part(&prized, true, 0.03), Some(WALK_FOR_PRIZES));
    assert_eq!(part(&prized, true, 6.0), Some(WALK_FOR_PRIZES));
    some.jobs[5].quantity = vec![15];
    let model = Model::new(&some);
    let mut crowd = Crowd::new(&model, false).unwrap();
    let mut rng = Rng::with_seed(8);
    for _ in 0..100 {
        let round = crowd.round(std::slice::from_mut(&mut rng), &|| false).unwrap();
        let stands = |tours: &[Tour]| tours.iter().any(|tour| tour.jobs.contains(&5));
        assert!(round.better.is_none_or(|better| better.iter().all(|(_, jobs)| !jobs.contains(&5))));
        assert!(
            (0..crowd.members.infeasible.len()).all(|index| !stands(&crowd.members.infeasible.member(index).tours))
        );
    }
}

#[test]
fn what_the_crowd_chooses_is_a_plan_without_faults_and_the_same_again() {
    let never = std::sync::atomic::AtomicBool::new(false);
    let mut late = [0, 0];
    for seed in 0..6 {
        let mut problem = choice(seed, seed % 2 == 0);
        let jobs = problem.jobs.clone();
        problem.jobs.extend(jobs);
        // By priority the crowd needs more of a budget.
        let steps = Some(if seed % 2 == 0 { 21_000 } else { 2_500 });
        let stop = Stop { deadline: None, steps, cancel: &never, stagnation: None };
        for threads in [1, 2] {
            let mut told = Vec::new();
            let plan = solve(&problem, &stop, seed, threads, &mut |progress| told.push(progress.steps));
            assert_eq!(check(&problem, &plan), []);
            assert_eq!(solve(&problem, &stop, seed, threads, &mut |_| {}), plan);
            let walked = if seed % 2 == 0 { 3_300 } else { 1_000 };
            late[seed as usize % 2] += told.iter().filter(|&&steps| steps > walked * threads as u64).count();
        }
    }
    assert!(late[1] > 0, "{late:?} times the crowd found something better");
}
