//! The crowd against the search proper, which knows the rules in another way.

use fastrand::Rng;

use super::super::model::Model;
use super::super::tours::Tours;
use super::descent::Descent;
use super::ground::Ground;
use super::lanes::{Lanes, Prices};
use super::mate::mate;
use super::population::{Member, Part};
use super::*;
use crate::{Break, Job, Matrix, Objective, Problem, Shift, Terms, TimeWindow, UNREACHABLE, Vehicle};

const JOBS: usize = 18;

/// Customers on a plane with windows and loads, and more vehicles than are needed; ways differ by direction if asked for.
fn problem(seed: u64, one_way: bool) -> Problem {
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
pub(super) fn timeless(seed: u64, one_way: bool) -> Problem {
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
        let ground = Ground::new(&model).expect("a plain problem");
        for _ in 0..40 {
            let mut descent = Descent::new(&ground, PRICES.times(rng.i64(1..100)));
            descent.lanes.set(&scattered(&mut rng));
            if rng.bool() {
                put_right(&mut descent, &mut rng);
            }
            let worth = descent.lanes.worth();
            let sequences: Vec<(u32, Vec<u32>)> = (0..).zip(descent.lanes.tours()).collect();
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
        let ground = Ground::new(&model).unwrap();
        let mut descent = Descent::new(&ground, PRICES);
        let tours = scattered(&mut rng);
        descent.lanes.set(&tours);
        let before = descent.lanes.worth().at(PRICES);
        put_right(&mut descent, &mut rng);
        let (tours, worth) = (descent.lanes.tours(), descent.lanes.worth());
        assert!(worth.at(PRICES) <= before);
        assert_eq!(everybody(&tours), (0..JOBS as u32).collect::<Vec<u32>>());
        let mut lanes = Lanes::new(&ground, PRICES);
        lanes.set(&tours);
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
                lanes.set(&moved);
                assert!(lanes.worth().at(PRICES) >= worth.at(PRICES), "seed {seed}: {job} beside {other}");
            }
        }
    }
}

#[test]
fn a_child_serves_everybody_once_and_begins_with_tours_of_the_first_as_they_are() {
    let problem = problem(3, false);
    let model = Model::new(&problem);
    let ground = Ground::new(&model).unwrap();
    let mut rng = Rng::with_seed(3);
    let (mut kept, mut taken) = (0, 0);
    for _ in 0..300 {
        let (first, second) = (scattered(&mut rng), scattered(&mut rng));
        let mut lanes = Lanes::new(&ground, PRICES);
        let intact = mate(&mut lanes, &first, &second, &mut rng);
        let child = lanes.tours();
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
    let ground = Ground::new(&model).unwrap();
    let mut lanes = Lanes::new(&ground, ground.highest_prices().times(REPAIR));
    let mut jobs: Vec<u32> = (0..JOBS as u32).collect();
    jobs.sort_by_key(|&job| std::cmp::Reverse(problem.jobs[job as usize].windows[0].close));
    lanes.set(&[jobs]);
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
    let ground = Ground::new(&model).unwrap();
    let mut rng = Rng::with_seed(4);
    let mut part = Part::new(&ground);
    let member = |tours: &[Vec<u32>]| {
        let mut lanes = Lanes::new(&ground, PRICES);
        lanes.set(tours);
        Member::new(&ground, tours.to_vec(), lanes.worth())
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
    let has_ground = |edit: fn(&mut Problem)| {
        let mut problem = problem(5, false);
        edit(&mut problem);
        Ground::new(&Model::new(&problem)).is_some()
    };
    assert!(has_ground(|_| {}));
    assert!(!has_ground(|problem| problem.vehicles[0].capacity = vec![20]), "two kinds of vehicles");
    assert!(!has_ground(|problem| problem.jobs[3].drop_off_from = vec![2]), "orders");
    assert!(!has_ground(|problem| problem.jobs[3].quantity = vec![-1]), "signed loads");
    assert!(!has_ground(|problem| problem.jobs[3].priority = 0), "a job that may be left out");
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
        Crowd::new(&Model::new(&problem)).unwrap().is_timeless()
    };
    assert!(is_timeless(|_| {}));
    assert!(is_timeless(|problem| problem.jobs[3].windows = vec![TimeWindow { open: 0, close: 9_000 }]));
    assert!(!is_timeless(|problem| problem.jobs[3].windows = vec![TimeWindow { open: 0, close: 200 }]));
    assert!(!is_timeless(|problem| problem
        .vehicles
        .iter_mut()
        .for_each(|vehicle| vehicle.shifts[0].window.close = 300)));
}

#[test]
fn savings_are_no_beginning_where_there_are_fewer_vehicles_than_tours() {
    let mut problem = timeless(9, false);
    let crowd = Crowd::new(&Model::new(&problem)).unwrap();
    let tours = crowd.savings().expect("nine vehicles are enough");
    problem.vehicles.truncate(tours.len() - 1);
    assert_eq!(Crowd::new(&Model::new(&problem)).unwrap().savings(), None);
}

#[test]
fn rounds_get_better_and_a_stuck_crowd_begins_anew() {
    let problem = problem(6, false);
    let model = Model::new(&problem);
    let mut crowd = Crowd::new(&model).unwrap();
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
