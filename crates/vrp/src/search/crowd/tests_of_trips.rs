//! A crowd whose vehicles come back to a depot against the search proper, against a clock, and against every plan there is.

use fastrand::Rng;

use super::super::model::Model;
use super::super::tours::Tours;
use super::descent::Descent;
use super::ground::Ground;
use super::lanes::{Lanes, Tour};
use super::mate::mate;
use super::tests_of_kinds::{NEVER, PRICES, by_slot, cheapest_of, found_at, prices, recount, shift};
use super::*;
use crate::{Job, Limits, Matrix, Objective, Price, Problem, Shift, Stop, Terms, TimeWindow, Vehicle, check, solve};

/// What a drawn problem has beside vehicles that come back for more.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "any of them goes with any other")]
struct Traits {
    one_way: bool,
    released: bool,
    windows: bool,
    elsewhere: bool,
    mixed: bool,
}

impl Traits {
    fn of(seed: u64) -> Self {
        let has = |bit: u64| seed >> bit & 1 == 1;
        Self { one_way: has(0), released: has(1), windows: has(2), elsewhere: has(3), mixed: has(4) }
    }
}

const YARDS: usize = 3;

/// Customers on a plane, whose goods come in at a depot through the day, and small vehicles, which are of two kinds if asked for.
fn trips(seed: u64, jobs: usize, each: usize) -> Problem {
    let mut rng = Rng::with_seed(seed);
    let Traits { one_way, released, windows, elsewhere, mixed } = Traits::of(seed);
    let points: Vec<(i32, i32)> = (0..YARDS + jobs).map(|_| (rng.i32(0..40), rng.i32(0..40))).collect();
    let slope = i32::from(one_way);
    let leg = |a: &(i32, i32), b: &(i32, i32)| (a.0 - b.0).abs() + (a.1 - b.1).abs() + slope * (a.0 - b.0).max(0);
    let legs: Vec<i32> = points.iter().flat_map(|a| points.iter().map(move |b| leg(a, b))).collect();
    let vehicles = (0..2_i64).flat_map(|kind| {
        let kind = if mixed { kind } else { 0 };
        let close = if windows || released { 500 } else { 20_000 };
        let shift = Shift {
            window: TimeWindow { open: 5 + 9 * kind, close: close - 30 * kind },
            start_place: usize::from(elsewhere),
            end_place: if elsewhere { 1 + kind as usize } else { 0 },
            ..Shift::default()
        };
        let price = Price { fixed_micro: 40 + 30 * kind, per_km_micro: (1 + kind) * 1_000, per_hour_micro: 0 };
        vec![
            Vehicle {
                shifts: vec![shift],
                capacity: vec![8 + 3 * kind],
                price: Some(price),
                skills: if kind == 0 { vec![7] } else { vec![] },
            };
            each
        ]
    });
    let vehicles: Vec<Vehicle> = vehicles.collect();
    // The depot is no first and no last job.
    let depot = jobs / 2;
    let mut of_jobs: Vec<Job> = (YARDS..YARDS + jobs)
        .map(|place| {
            let open = rng.i64(0..300);
            let window = TimeWindow { open, close: open + rng.i64(60..200) };
            Job {
                place,
                windows: if windows { vec![window] } else { Vec::new() },
                dwell: 5,
                quantity: vec![-rng.i64(1..5)],
                priority: 1,
                skills: if mixed && rng.u32(..5) == 0 { vec![7] } else { Vec::new() },
                drop_off_from: vec![depot],
                release: (released && rng.bool()).then(|| rng.i64(0..open.max(60) + 20)),
                ..Job::default()
            }
        })
        .collect();
    let hours = vec![TimeWindow { open: 20, close: 400 }];
    let hours = if windows && elsewhere { hours } else { Vec::new() };
    of_jobs.insert(depot, Job { depot: true, priority: 1, dwell: 3, windows: hours, ..Job::default() });
    Problem {
        jobs: of_jobs,
        vehicles,
        matrix: Matrix::new(points.len(), legs.clone(), legs).unwrap(),
        objective: if mixed { Objective::Price } else { Objective::Distance },
        terms: Terms::default(),
    }
}

const JOBS: usize = 16;
const EACH: usize = 3;

/// Calls a test with grounds of all traits.
fn with_grounds(mut test: impl FnMut(&Model<'_>, &Ground, u64)) {
    for seed in 0..32 {
        let problem = trips(seed, JOBS, EACH);
        assert_eq!(problem.check(), Ok(()));
        let model = Model::new(&problem);
        let ground = Ground::new(&model, true).expect("trips from one depot");
        assert!(ground.has_trips() && ground.jobs == JOBS);
        test(&model, &ground, seed);
    }
}

/// Everybody once, in tours of any length of vehicles that may, with visits of the depot here and there.
fn scattered(ground: &Ground, rng: &mut Rng) -> Vec<Tour> {
    let mut tours: Vec<Tour> = ground
        .kinds
        .all
        .iter()
        .enumerate()
        .flat_map(|(kind, of_kind)| vec![Tour { kind, jobs: Vec::new() }; of_kind.slots.len()])
        .collect();
    let mut jobs: Vec<u32> = (0..ground.jobs as u32).collect();
    rng.shuffle(&mut tours);
    rng.shuffle(&mut jobs);
    let most = rng.usize(2..=tours.len());
    for job in jobs {
        let mut fits: Vec<usize> =
            (0..tours.len()).filter(|&tour| ground.may_visit(tours[tour].kind, &[job])).collect();
        fits.truncate(most);
        let tour = &mut tours[fits[rng.usize(..fits.len())]].jobs;
        if rng.u32(..3) == 0 {
            tour.push(ground.reload());
        }
        tour.push(job);
    }
    tours.retain(|tour| tour.jobs.iter().any(|&stop| ground.is_job(stop)));
    tours
}

#[test]
fn what_the_crowd_thinks_of_trips_is_what_the_search_proper_does() {
    let (mut rng, mut allowed, mut late, mut heavy, mut held) = (Rng::with_seed(1), 0, 0, 0, 0);
    with_grounds(|model, ground, seed| {
        let bits = shift(model, ground);
        for round in 0..40 {
            let mut descent = Descent::new(ground, prices(ground, &mut rng));
            descent.lanes.set(&scattered(ground, &mut rng));
            if round % 2 == 0 {
                assert!(descent.run(&mut rng, &|| false));
            }
            let (worth, of_kinds) = (descent.lanes.worth(), descent.lanes.tours());
            let mut tours = Tours::new(model);
            tours.restore(&by_slot(ground, &of_kinds));
            let rules = model.rules.as_ref().unwrap();
            let worked = || tours.worked.members().iter();
            let in_time = worked().all(|&slot| tours.is_sound(slot));
            let carried = |slot: u32| tours.depot_misfit(rules, model.slots[slot as usize].vehicle, None).is_none();
            assert_eq!(worth.warp == 0, in_time, "seed {seed}: {of_kinds:?}");
            assert_eq!(worth.excess == 0, worked().all(|&slot| carried(slot)), "seed {seed}: {of_kinds:?}");
            assert_eq!(worth.is_feasible(), tours.keeps_rules(), "seed {seed}");
            if worth.is_feasible() {
                let off = (tours.score().cost >> bits) - worth.cost;
                // Each leg and each fixed price may be one off.
                let most = if bits == 0 { 0 } else { 3 * JOBS as i64 };
                assert!((0..=most).contains(&off), "seed {seed}: {} for {}", worth.cost, tours.score().cost >> bits);
            }
            allowed += usize::from(worth.is_feasible());
            late += usize::from(worth.warp > 0);
            heavy += usize::from(worth.excess > 0);
            held += usize::from(worth.warp > 0 && worked().all(|&slot| tours.route(slot).feasible()));
        }
    });
    assert!(allowed > 200 && late > 200 && heavy > 200 && held > 20, "{allowed} {late} {heavy} {held}");
}

/// By how much a tour of a kind through these stops is late and overloaded, by a clock.
fn followed(ground: &Ground, kind: usize, stops: &[u32]) -> (i64, i64) {
    let reload = ground.reload();
    let (mut warp, mut excess, mut clock) = (0, 0, ground.visit(ground.start_of(kind)).earliest);
    let mut visit = |clock: i64, stop: u32, hold: i64| {
        let visit = ground.visit(stop);
        let begin = clock.max(visit.earliest).max(hold);
        warp += (begin - visit.latest).max(0);
        begin.min(visit.latest) + visit.duration
    };
    let trips: Vec<&[u32]> = stops.split(|&stop| stop == reload).collect();
    let mut last = ground.start_of(kind);
    for (number, trip) in trips.iter().enumerate() {
        let way = if number == 0 { ground.first_visit(kind)[0].duration } else { ground.time(last, reload) };
        let hold = trip.iter().map(|&job| ground.release(job)).max().unwrap_or(i64::MIN);
        clock = visit(clock + way, reload, hold);
        last = reload;
        for &job in *trip {
            clock = visit(clock + ground.time(last, job), job, i64::MIN);
            last = job;
        }
        excess += (trip.iter().map(|&job| ground.amount(job)).sum::<i64>() - ground.kinds.all[kind].capacity).max(0);
    }
    visit(clock + ground.time(last, ground.end_of(kind)), ground.end_of(kind), i64::MIN);
    (warp, excess)
}

#[test]
fn parts_of_tours_joined_anywhere_are_late_and_overloaded_as_by_the_clock() {
    let (mut rng, mut late, mut heavy) = (Rng::with_seed(2), 0, 0);
    with_grounds(|_, ground, seed| {
        for _ in 0..30 {
            let mut lanes = Lanes::new(ground, PRICES);
            lanes.set(&scattered(ground, &mut rng));
            for _ in 0..20 {
                let draw = |rng: &mut Rng| loop {
                    let lane = rng.usize(..lanes.all.len());
                    if !lanes.all[lane].is_empty() {
                        return (lane, rng.usize(..lanes.all[lane].stops.len() - 1));
                    }
                };
                let ((one, until), (other, before)) = (draw(&mut rng), draw(&mut rng));
                let from = before + 1;
                let count = rng.usize(..4);
                let between: Vec<u32> =
                    (0..count).map(|_| if rng.bool() { rng.u32(..JOBS as u32) } else { ground.reload() }).collect();
                let (x, y) = (&lanes.all[one], &lanes.all[other]);
                let stops = [&x.stops[1..=until.max(1)], &between, &y.stops[from..y.stops.len() - 1]];
                let stops = if until == 0 { stops[1..].concat() } else { stops.concat() };
                let (warp, excess) = followed(ground, x.kind, &stops);
                let (first, second) = between.split_at(count / 2);
                let price = lanes.price_of_trips(((one, until), (other, from)), &[first, second], i64::MAX);
                assert_eq!(price, PRICES.warp * warp + PRICES.excess * excess, "seed {seed}: {stops:?}");
                late += usize::from(warp > 0);
                heavy += usize::from(excess > 0);
            }
        }
    });
    assert!(late > 1_000 && heavy > 1_000, "{late} {heavy}");
}

/// All tours that come of it if a visit goes, a visit comes, or a job that is not alone in its trip moves beside a neighbour, perhaps with a visit.
fn changed(ground: &Ground, tours: &[Tour]) -> Vec<Vec<Tour>> {
    let mut found = Vec::new();
    let mut with = |tour: usize, jobs: Vec<u32>, gone: Option<u32>| {
        let mut tours = tours.to_vec();
        for tour in &mut tours {
            tour.jobs.retain(|&job| Some(job) != gone);
        }
        tours[tour].jobs = jobs;
        tours.retain(|tour| tour.jobs.iter().any(|&stop| ground.is_job(stop)));
        found.push(tours);
    };
    for (index, tour) in tours.iter().enumerate() {
        let jobs = &tour.jobs;
        for at in 0..jobs.len() {
            if jobs[at] == ground.reload() {
                with(index, [&jobs[..at], &jobs[at + 1..]].concat(), None);
            }
            with(index, [&jobs[..at], &[ground.reload()], &jobs[at..]].concat(), None);
        }
        let all_trips = || tours.iter().flat_map(|tour| tour.jobs.split(|&stop| stop == ground.reload()));
        let is_alone = |job: u32| all_trips().any(|trip| *trip == [job]);
        for job in (0..ground.jobs as u32).filter(|&job| ground.may_visit(tour.kind, &[job]) && !is_alone(job)) {
            let rest: Vec<u32> = jobs.iter().copied().filter(|&stop| stop != job).collect();
            for at in 0..=rest.len() {
                let beside = |at: usize| rest.get(at).is_some_and(|other| ground.beside(job).contains(other));
                if beside(at) || at > 0 && beside(at - 1) {
                    let reload = ground.reload();
                    for new in [&[job][..], &[reload, job], &[job, reload]] {
                        with(index, [&rest[..at], new, &rest[at..]].concat(), Some(job));
                    }
                }
            }
        }
    }
    found
}

#[test]
fn every_change_of_trips_pays_and_none_is_left_that_would() {
    let (mut rng, mut steps, mut of_visits) = (Rng::with_seed(3), 0, 0);
    with_grounds(|_, ground, seed| {
        let prices = prices(ground, &mut rng);
        let mut descent = Descent::new(ground, prices);
        descent.lanes.set(&scattered(ground, &mut rng));
        loop {
            let began = descent.lanes.clock;
            for turn in 0..=JOBS as u32 {
                let (before, clock) = (descent.lanes.worth().at(prices), descent.lanes.clock);
                if turn > 0 {
                    descent.improve(turn - 1, false);
                } else {
                    descent.trade();
                    descent.move_visits();
                    of_visits += usize::from(descent.lanes.clock > clock);
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
        assert!(descent.run(&mut rng, &|| false));
        let (tours, worth) = (descent.lanes.tours(), descent.lanes.worth().at(prices));
        for others in changed(ground, &tours) {
            assert!(recount(&descent.lanes, &others) >= worth, "seed {seed}: {tours:?} to {others:?}");
        }
    });
    assert!(steps > 300 && of_visits > 10, "{steps} {of_visits}");
}

#[test]
fn a_job_comes_in_beside_a_neighbour_with_a_visit_where_that_costs_least() {
    let (mut rng, mut alone, mut with_visit) = (Rng::with_seed(6), 0, 0);
    with_grounds(|_, ground, seed| {
        for _ in 0..10 {
            let prices = prices(ground, &mut rng);
            let mut lanes = Lanes::new(ground, prices);
            lanes.set(&scattered(ground, &mut rng));
            let mut tours = lanes.tours();
            let job = rng.u32(..JOBS as u32);
            for tour in &mut tours {
                tour.jobs.retain(|&stop| stop != job);
            }
            lanes.set(&tours);
            tours = lanes.tours();
            lanes.insert(job);
            let worth = recount(&lanes, &lanes.tours());
            let others = changed(ground, &tours);
            let stands = |tours: &&Vec<Tour>| tours.iter().any(|tour| tour.jobs.contains(&job));
            for others in others.iter().filter(stands) {
                assert!(recount(&lanes, others) >= worth, "seed {seed}: {job} into {tours:?} as {others:?}");
            }
            let stops = |tours: &[Tour]| tours.iter().map(|tour| tour.jobs.len()).sum::<usize>();
            let came = stops(&lanes.tours()) - stops(&tours);
            alone += usize::from(came == 1);
            with_visit += usize::from(came == 2);
        }
    });
    assert!(alone > 50 && with_visit > 5, "{alone} {with_visit}");
}

/// All tours that come of it if a visit goes, comes, or moves within the two trips that it parts.
fn with_other_visits(ground: &Ground, tours: &[Tour]) -> Vec<Vec<Tour>> {
    let mut found = Vec::new();
    let reload = ground.reload();
    for (index, tour) in tours.iter().enumerate() {
        let mut with = |jobs: Vec<u32>| {
            let mut tours = tours.to_vec();
            tours[index].jobs = jobs;
            found.push(tours);
        };
        let (jobs, last) = (&tour.jobs, tour.jobs.len());
        let parts = |jobs: &[u32], at: usize| at > 0 && jobs[at - 1] != reload && jobs[at] != reload;
        (1..last).filter(|&at| parts(jobs, at)).for_each(|at| with([&jobs[..at], &[reload], &jobs[at..]].concat()));
        for at in (0..last).filter(|&at| jobs[at] == reload) {
            let rest = [&jobs[..at], &jobs[at + 1..]].concat();
            with(rest.clone());
            let first = jobs[..at].iter().rposition(|&stop| stop == reload).map_or(0, |before| before + 1);
            let end = jobs[at + 1..].iter().position(|&stop| stop == reload).map_or(last - 1, |after| at + after);
            (first + 1..end).for_each(|to| with([&rest[..to], &[reload], &rest[to..]].concat()));
        }
    }
    found
}

#[test]
fn visits_that_were_moved_are_neither_better_gone_nor_elsewhere_and_none_is_missing() {
    let (mut rng, mut fewer, mut more, mut others) = (Rng::with_seed(5), 0, 0, 0);
    with_grounds(|_, ground, seed| {
        for _ in 0..4 {
            let mut descent = Descent::new(ground, prices(ground, &mut rng));
            descent.lanes.set(&scattered(ground, &mut rng));
            let visits = |tours: &[Tour]| tours.iter().map(|tour| tour.jobs.len()).sum::<usize>() - JOBS;
            let before = visits(&descent.lanes.tours());
            loop {
                let clock = descent.lanes.clock;
                descent.move_visits();
                if descent.lanes.clock == clock {
                    break;
                }
            }
            let (tours, worth) = (descent.lanes.tours(), recount(&descent.lanes, &descent.lanes.tours()));
            fewer += usize::from(visits(&tours) < before);
            more += usize::from(visits(&tours) > before);
            for changed in with_other_visits(ground, &tours) {
                assert!(recount(&descent.lanes, &changed) >= worth, "seed {seed}: {tours:?} to {changed:?}");
                others += 1;
            }
        }
    });
    assert!(fewer > 20 && more > 20 && others > 1_000, "{fewer} {more} {others}");
}

#[test]
fn a_child_of_tours_with_trips_serves_everybody_once_and_has_no_visit_that_loads_nothing() {
    let (mut rng, mut kept, mut taken, mut single) = (Rng::with_seed(4), 0, 0, 0);
    with_grounds(|_, ground, seed| {
        for _ in 0..20 {
            let [first, second] = [(); 2].map(|()| {
                let mut lanes = Lanes::new(ground, PRICES);
                lanes.set(&scattered(ground, &mut rng));
                lanes.tours()
            });
            let mut lanes = Lanes::new(ground, PRICES);
            let before = lanes.clock;
            let intact = mate(&mut lanes, &first, &second, &mut rng);
            let untouched = lanes.all.iter().filter(|lane| lane.changed <= before + intact as u64 && !lane.is_empty());
            for lane in untouched {
                assert!(first.contains(&Tour { kind: lane.kind, jobs: lane.jobs().to_vec() }), "seed {seed}");
            }
            let child = lanes.tours();
            assert!(child.iter().all(|tour| ground.may_visit(tour.kind, &tour.jobs)), "seed {seed}");
            let mut jobs: Vec<u32> = child.iter().flat_map(|tour| ground.among(&tour.jobs)).copied().collect();
            jobs.sort_unstable();
            assert_eq!(jobs, (0..JOBS as u32).collect::<Vec<u32>>(), "seed {seed}");
            let idle = |tour: &Tour| tour.jobs.split(|&stop| stop == ground.reload()).any(<[u32]>::is_empty);
            assert!(!child.iter().any(idle), "seed {seed}: {child:?}");
            kept += child.iter().filter(|tour| first.contains(tour)).count();
            taken += child.iter().filter(|tour| second.contains(tour)).count();
            let of = |tours: &[Tour]| -> Vec<Vec<u32>> {
                let trips = tours.iter().flat_map(|tour| tour.jobs.split(|&stop| stop == ground.reload()));
                trips.filter(|trip| trip.len() > 1).map(<[u32]>::to_vec).collect()
            };
            let (in_first, in_second) = (of(&first), of(&second));
            let of_whole = of(&child.iter().filter(|tour| second.contains(tour)).cloned().collect::<Vec<Tour>>());
            let is_single = |trip: &&Vec<u32>| !in_first.contains(trip) && !of_whole.contains(trip);
            single += of(&child).iter().filter(|trip| in_second.contains(trip)).filter(is_single).count();
        }
    });
    assert!(kept > 300 && taken > 100 && single > 50, "{kept} {taken} {single}");
}

#[test]
fn visits_of_the_depot_are_told_apart_only_by_the_search_proper() {
    with_grounds(|model, ground, seed| {
        let tours = scattered(ground, &mut Rng::with_seed(seed));
        let mut lanes = Lanes::new(ground, PRICES);
        lanes.set(&tours);
        let sequences = by_slot(ground, &lanes.tours());
        let mut tasks: Vec<u32> = sequences.iter().flat_map(|(_, tasks)| tasks.clone()).collect();
        let all = tasks.len();
        tasks.sort_unstable();
        tasks.dedup();
        assert_eq!(tasks.len(), all, "seed {seed}");
        assert!((0..model.jobs as u32).all(|job| tasks.contains(&job)), "the depot itself is visited too");
        let back: Vec<Vec<u32>> = sequences.iter().map(|(_, tasks)| ground.stops_of(tasks)).collect();
        assert_eq!(back, lanes.tours().into_iter().map(|tour| tour.jobs).collect::<Vec<_>>());
    });
}

/// The cheapest plan there is: for every set of jobs the cheapest tour of each kind by the search proper, then the cheapest set of tours.
fn cheapest(model: &Model<'_>, ground: &Ground) -> Option<i64> {
    cheapest_of(ground, |kind| {
        let mut alone = vec![NEVER; 1 << ground.jobs];
        let mut path = vec![Vec::new()];
        while let Some(stops) = path.pop() {
            let set: usize = ground.among(&stops).map(|&job: &u32| 1 << job).sum();
            if !stops.is_empty() {
                let mut tours = Tours::new(model);
                tours.restore(&[(kind.slots[0], ground.tasks_of(&stops, &mut 0))]);
                if tours.is_allowed() {
                    alone[set] = alone[set].min(tours.score().cost);
                }
            }
            for job in (0..ground.jobs as u32).filter(|&job| set >> job & 1 == 0) {
                path.push([&stops[..], &[job]].concat());
                if !stops.is_empty() {
                    path.push([&stops[..], &[ground.reload(), job]].concat());
                }
            }
        }
        alone
    })
}

#[test]
fn a_crowd_finds_the_cheapest_plan_of_few_jobs_in_trips() {
    let (mut tight, mut plans, mut several) = (0, 0, 0);
    for seed in 0..32 {
        let mut problem = trips(seed, 5, 1);
        // Two or three jobs in a trip.
        problem.vehicles.iter_mut().for_each(|vehicle| vehicle.capacity[0] -= 2);
        let model = Model::new(&problem);
        let ground = Ground::new(&model, true).unwrap();
        let Some(best) = cheapest(&model, &ground) else {
            tight += 1;
            continue;
        };
        let found = found_at(best, 20, &model, &ground, seed);
        plans += 1;
        several += usize::from(found.iter().map(|(_, tasks)| tasks.len()).sum::<usize>() > 7);
    }
    assert!(plans > 16 && several > 8, "{plans} {tight} {several}");
}

#[test]
fn what_is_more_than_trips_from_one_depot_has_no_ground() {
    fn has_ground(edit: impl Fn(&mut Problem)) -> bool {
        let mut problem = trips(6, JOBS, EACH);
        edit(&mut problem);
        assert_eq!(problem.check(), Ok(()));
        Ground::new(&Model::new(&problem), true).is_some()
    }
    let depot = JOBS / 2;
    assert!(has_ground(|_| {}));
    assert!(!has_ground(|problem| problem.jobs[2].drop_off_from.clear()), "loaded at the start");
    assert!(
        !has_ground(|problem| (problem.jobs[2].drop_off_from.push(1), problem.jobs[2].release = None).0),
        "an order"
    );
    assert!(!has_ground(|problem| problem.jobs[2].quantity = vec![2]), "a pick-up");
    assert!(!has_ground(|problem| problem.jobs[2].setup = 4), "setting up");
    assert!(!has_ground(|problem| problem.jobs[2].priority = 0), "a job that may be left out");
    assert!(!has_ground(|problem| problem.jobs[2].quantity = vec![-30]), "a job that nobody can do");
    assert!(!has_ground(|problem| problem.jobs[depot].quantity = vec![5]), "a depot with a load of its own");
    assert!(!has_ground(|problem| problem.jobs[depot].release = Some(50)), "a depot that is brought along");
    assert!(!has_ground(|problem| problem.jobs[2].depot = true), "two depots");
    let closed = |problem: &mut Problem| {
        problem.jobs[depot].skills = vec![9];
        problem.vehicles[0].skills = vec![7, 9];
    };
    assert!(!has_ground(closed), "a depot that not all may visit");
    let two_dimensions = |problem: &mut Problem| {
        problem.jobs.iter_mut().filter(|job| !job.depot).for_each(|job| job.quantity.push(-1));
    };
    assert!(!has_ground(two_dimensions));
    assert!(!has_ground(|problem| problem.vehicles[0].shifts[0].max_duration = Some(300)), "a longest duration");
    let limited = |problem: &mut Problem| {
        problem.vehicles[0].shifts[0].limits = Limits { driving: Some(200), ..Limits::default() };
    };
    assert!(!has_ground(limited), "limits");
    assert!(!has_ground(|problem| problem.terms.apart = vec![vec![1, 2]]), "jobs that bind each other");
}

#[test]
fn the_highest_prices_do_not_overflow_where_all_goods_and_all_vehicles_are_late() {
    let mut problem = trips(6, JOBS, EACH);
    let places = problem.matrix.places();
    let legs = vec![crate::UNREACHABLE / 4; places * places];
    problem.matrix = Matrix::new(places, vec![1; places * places], legs).unwrap();
    let close = 1 << 29;
    problem.vehicles.iter_mut().for_each(|vehicle| vehicle.shifts[0].window.close = close);
    for job in problem.jobs.iter_mut().filter(|job| !job.depot) {
        (job.release, job.windows) = (Some(close), vec![TimeWindow { open: 0, close: 20 }]);
    }
    let model = Model::new(&problem);
    let ground = Ground::new(&model, true).unwrap();
    let mut lanes = Lanes::new(&ground, ground.highest_prices().times(REPAIR));
    let stops: Vec<u32> = (0..JOBS as u32).flat_map(|job| [job, ground.reload()]).collect();
    lanes.set(&[Tour { kind: 0, jobs: stops }]);
    let worth = lanes.worth();
    assert!(worth.warp > JOBS as i64 * close / 2, "{worth:?}");
    let exact = i128::from(worth.warp) * i128::from(lanes.prices.warp);
    let excess = i128::from(worth.excess) * i128::from(lanes.prices.excess);
    assert_eq!(i128::from(worth.at(lanes.prices) - worth.cost), exact + excess);
}

#[test]
fn with_trips_a_crowd_begins_early() {
    let problem = trips(6, 36, 8);
    let model = Model::new(&problem);
    // The depot counts as a job here.
    let parts = [0.04, 0.0625, 0.125, 10.0].map(|budget| walk_first(&model, budget * f64::from(37 * 37), true));
    assert_eq!(parts, [None, Some(WALK_FOR_TRIPS / 0.0625), Some(WALK_FOR_TRIPS / 0.125), Some(LEAST_FOR_KINDS)]);
    assert_eq!(walk_first(&model, f64::from(37 * 37), false), None, "not everybody fits");
}

#[test]
fn what_a_crowd_with_trips_finds_is_a_plan_without_faults_and_the_same_again() {
    let never = std::sync::atomic::AtomicBool::new(false);
    let mut later = 0;
    for seed in [3, 6, 15, 27] {
        let problem = trips(seed, 40, 8);
        let stop = Stop { deadline: None, steps: Some(3_000), cancel: &never, stagnation: None };
        for threads in [1, 2] {
            let mut told = Vec::new();
            let plan = solve(&problem, &stop, seed, threads, &mut |progress| told.push(progress.steps));
            assert_eq!(check(&problem, &plan), []);
            assert!(plan.unassigned.is_empty(), "seed {seed}: {:?}", plan.unassigned);
            assert_eq!(solve(&problem, &stop, seed, threads, &mut |_| {}), plan);
            later += told.iter().filter(|&&steps| steps > 300 * threads as u64).count();
        }
    }
    assert!(later > 0, "the crowd finds something better");
}
