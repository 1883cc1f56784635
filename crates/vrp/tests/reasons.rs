//! What is said of left-over jobs is true: nothing that a single insertion could serve is left over, and every remedy works.

mod support;

use std::sync::atomic::AtomicBool;

use fastrand::Rng;
use support::{Recipe, problem};
use vrp::{
    Activity, Cause, Job, Limit, Limits, Matrix, Objective, Plan, Problem, Remedy, Shift, Stop, Terms, TimeWindow,
    Tour, TourStop, Travel, UNREACHABLE, Vehicle,
};

fn solve(problem: &Problem, steps: u64, seed: u64) -> Plan {
    let cancel = AtomicBool::new(false);
    let stop = Stop { deadline: None, steps: Some(steps), cancel: &cancel, stagnation: None };
    vrp::solve(problem, &stop, seed, 1, &mut |_| {})
}

/// A sequence of visits as a tour that begins everything as early as it can, for one order of taking the breaks: break
/// `orders[i].1` comes right before the visit of number `orders[i].0`.
fn tour(problem: &Problem, vehicle: usize, shift: usize, jobs: &[usize], breaks: &[(usize, usize)]) -> Tour {
    let frame = &problem.vehicles[vehicle].shifts[shift];
    let (mut clock, mut place) = (frame.window.open, frame.start_place);
    let mut stops = Vec::new();
    let rest = |at: usize, clock: &mut i64, stops: &mut Vec<TourStop>| {
        for &(_, index) in breaks.iter().filter(|(before, _)| *before == at) {
            let start = (*clock).max(frame.breaks[index].window.open);
            *clock = start + frame.breaks[index].duration;
            stops.push(TourStop { activity: Activity::Break(index), travel: Travel::default(), start, end: *clock });
        }
    };
    let leg = |from: usize, to: usize| Travel {
        duration: i64::from(problem.matrix.duration(from, to)),
        distance: i64::from(problem.matrix.distance(from, to)),
    };
    for (number, &index) in jobs.iter().enumerate() {
        rest(number, &mut clock, &mut stops);
        let (job, travel) = (&problem.jobs[index], leg(place, problem.jobs[index].place));
        let arrival = clock + travel.duration;
        let fits = job.windows.iter().filter(|window| arrival.max(window.open) + job.dwell <= window.close);
        let start = fits.map(|window| arrival.max(window.open)).min().unwrap_or(arrival);
        clock = start + job.dwell;
        place = job.place;
        stops.push(TourStop { activity: Activity::Visit(index), travel, start, end: clock });
    }
    rest(jobs.len(), &mut clock, &mut stops);
    let last_travel = leg(place, frame.end_place);
    Tour { vehicle, shift, departure: frame.window.open, stops, last_travel, arrival: clock + last_travel.duration }
}

/// All ways to put the breaks of a shift before one of the visits or the end.
fn break_orders(breaks: usize, visits: usize) -> Vec<Vec<(usize, usize)>> {
    let mut all = vec![vec![]];
    for _ in 0..breaks {
        let longer = all.iter().flat_map(|taken: &Vec<(usize, usize)>| {
            let from = taken.last().map_or(0, |last| last.0);
            let free = (0..breaks).filter(|index| !taken.iter().any(|(_, other)| other == index));
            free.flat_map(move |index| (from..=visits).map(move |at| (at, index))).map(|next| {
                let mut longer = taken.clone();
                longer.push(next);
                longer
            })
        });
        all = longer.collect();
    }
    all
}

/// Whether some way to take the breaks makes the plan with one tour replaced valid, as the checker sees it.
fn is_valid_with(problem: &Problem, plan: &Plan, vehicle: usize, shift: usize, jobs: &[usize]) -> bool {
    break_orders(problem.vehicles[vehicle].shifts[shift].breaks.len(), jobs.len()).iter().any(|order| {
        let mut tours: Vec<Tour> =
            plan.tours.iter().filter(|tour| (tour.vehicle, tour.shift) != (vehicle, shift)).cloned().collect();
        tours.push(tour(problem, vehicle, shift, jobs, order));
        let works = |vehicle: usize| tours.iter().any(|tour| tour.vehicle == vehicle && tour.jobs().next().is_some());
        // A vehicle that begins or ceases to work drives its other shifts, or no longer; that is no matter of the insertion.
        let others = |code: &str| !matches!(code, "tour.missing" | "tour.idle");
        let working = works(vehicle);
        let unassigned =
            (0..problem.jobs.len()).filter(|job| !tours.iter().any(|tour| tour.jobs().any(|other| other == *job)));
        let mut spoiled =
            Plan { unassigned: unassigned.collect(), value: vrp::worth(problem, &tours), tours, ..plan.clone() };
        spoiled.tours.sort_by_key(|tour| (tour.vehicle, tour.shift));
        working && vrp::check(problem, &spoiled).iter().all(|violation| !others(violation.code))
    })
}

fn insertions(problem: &Problem, plan: &Plan) -> Vec<(usize, usize, Vec<usize>)> {
    let mut all = Vec::new();
    for vehicle in 0..problem.vehicles.len() {
        for shift in 0..problem.vehicles[vehicle].shifts.len() {
            let tour = plan.tours.iter().find(|tour| (tour.vehicle, tour.shift) == (vehicle, shift));
            all.push((vehicle, shift, tour.map_or_else(Vec::new, |tour| tour.jobs().collect())));
        }
    }
    all
}

fn fits_somewhere(problem: &Problem, plan: &Plan, job: usize) -> bool {
    fits_in(problem, plan, job, |_, _| true)
}

/// Whether a job can be inserted into a shift of those that are looked at.
fn fits_in(problem: &Problem, plan: &Plan, job: usize, looked_at: impl Fn(usize, usize) -> bool) -> bool {
    let mut all = insertions(problem, plan);
    all.retain(|(vehicle, shift, _)| looked_at(*vehicle, *shift));
    all.into_iter().any(|(vehicle, shift, jobs)| {
        (0..=jobs.len()).any(|at| {
            let mut with = jobs.clone();
            with.insert(at, job);
            is_valid_with(problem, plan, vehicle, shift, &with)
        })
    })
}

const RICH: Recipe = Recipe {
    jobs: 9,
    vehicles: 2,
    shifts: 2,
    breaks: 1,
    loads: true,
    orders: true,
    skills: true,
    prizes: false,
    longest: false,
    tight: false,
    objective: Objective::Distance,
};

#[test]
fn what_a_single_insertion_could_serve_is_never_left_over() {
    let mut left = 0;
    for seed in 0..1000 {
        let mut rng = Rng::with_seed(seed);
        let recipe = Recipe { breaks: rng.usize(..2), loads: rng.bool(), orders: rng.bool(), ..RICH };
        let problem = problem(recipe, seed);
        // Ended early on purpose: the last look must find what the search had no time for.
        let plan = solve(&problem, rng.u64(..40), seed);
        for &job in &plan.unassigned {
            left += 1;
            assert!(!fits_somewhere(&problem, &plan, job), "seed {seed}: job {job} fits\n{problem:?}\n{plan:?}");
        }
    }
    assert!(left > 1000, "only {left} jobs were left over");
}

/// Changes the problem as a remedy says.
fn apply(problem: &mut Problem, job: usize, remedy: &Remedy) {
    let before = |job: &Job, at: i64| {
        job.windows.iter().rposition(|window| window.close < at).expect("a window closes before the proposed moment")
    };
    match remedy {
        Remedy::Close { job: late, at, .. } => {
            let window = before(&problem.jobs[*late], *at);
            problem.jobs[*late].windows[window].close = *at;
        }
        Remedy::Open { at, .. } => {
            problem.jobs[job].windows.iter_mut().min_by_key(|window| window.open).expect("it has a window").open = *at;
        }
        Remedy::ShiftEnd { slot: (vehicle, shift), at } => problem.vehicles[*vehicle].shifts[*shift].window.close = *at,
        Remedy::Capacity { vehicle, dimension, by } => problem.vehicles[*vehicle].capacity[*dimension] += by,
        _ => panic!("{remedy:?} is not expected here"),
    }
}

/// The same change by one unit less, and where it was to help.
fn a_little_less(remedy: &Remedy) -> (Remedy, (usize, Option<usize>)) {
    match remedy.clone() {
        Remedy::Close { slot, job, at } => (Remedy::Close { slot, job, at: at - 1 }, (slot.0, Some(slot.1))),
        Remedy::Open { slot, at } => (Remedy::Open { slot, at: at + 1 }, (slot.0, Some(slot.1))),
        Remedy::ShiftEnd { slot, at } => (Remedy::ShiftEnd { slot, at: at - 1 }, (slot.0, Some(slot.1))),
        Remedy::Capacity { vehicle, dimension, by } => {
            (Remedy::Capacity { vehicle, dimension, by: by - 1 }, (vehicle, None))
        }
        other => panic!("{other:?} is not expected here"),
    }
}

#[test]
fn every_remedy_lets_the_job_in_and_a_little_less_does_not() {
    let (mut tried, mut larger) = (0, Vec::new());
    for seed in 0..300 {
        let mut rng = Rng::with_seed(seed);
        let recipe = Recipe { breaks: rng.usize(..2), loads: rng.bool(), orders: rng.bool(), ..RICH };
        let problem = problem(recipe, seed);
        let plan = solve(&problem, 300, seed);
        let reasons = vrp::reasons(&problem, &plan);
        assert_eq!(reasons.iter().map(|reason| reason.job).collect::<Vec<_>>(), plan.unassigned);
        for reason in reasons {
            assert_ne!(reason.cause, Cause::Unfinished, "seed {seed}");
            // What could not be served even by an empty shift is proposed for an empty shift.
            let alone = matches!(
                reason.cause,
                Cause::Window | Cause::ShiftTooShort | Cause::Breaks | Cause::Capacity | Cause::Limit
            );
            for remedy in &reason.remedies {
                tried += 1;
                let (mut changed, mut plan) = (problem.clone(), plan.clone());
                if let Remedy::Skills { vehicle, skills } = remedy {
                    changed.vehicles[*vehicle].skills.extend(skills);
                    assert!(
                        problem.jobs[reason.job]
                            .skills
                            .iter()
                            .all(|skill| changed.vehicles[*vehicle].skills.contains(skill))
                    );
                    continue;
                }
                if let Remedy::Displace { jobs, slot, priority } = remedy {
                    let worth: i64 = jobs.iter().map(|&job| i64::from(problem.jobs[job].priority)).sum();
                    assert_eq!(worth, *priority);
                    let (_, _, visits) =
                        insertions(&problem, &plan).into_iter().find(|all| (all.0, all.1) == *slot).expect("it exists");
                    let left: Vec<usize> = visits.into_iter().filter(|other| !jobs.contains(other)).collect();
                    let works = (0..=left.len()).any(|at| {
                        let mut with = left.clone();
                        with.insert(at, reason.job);
                        is_valid_with(&problem, &plan, slot.0, slot.1, &with)
                    });
                    assert!(works, "seed {seed}: {reason:?}\n{problem:?}\n{plan:?}");
                    continue;
                }
                apply(&mut changed, reason.job, remedy);
                let (less, (vehicle, shift)) = a_little_less(remedy);
                let mut nearly = problem.clone();
                if !matches!(less, Remedy::Close { job, at, .. } if !nearly.jobs[job].windows.iter().any(|window| window.close < at))
                {
                    apply(&mut nearly, reason.job, &less);
                }
                if alone {
                    plan = Plan { tours: vec![], unassigned: (0..problem.jobs.len()).collect(), ..plan };
                    // What it drops off came from others: alone it would have to come from the start.
                    if !std::mem::take(&mut changed.jobs[reason.job].drop_off_from).is_empty() {
                        changed.jobs[reason.job].quantity.clear();
                    }
                    nearly.jobs[reason.job] = Job {
                        windows: std::mem::take(&mut nearly.jobs[reason.job].windows),
                        ..changed.jobs[reason.job].clone()
                    };
                }
                let there = |of: usize, number: usize| of == vehicle && shift.is_none_or(|shift| shift == number);
                if fits_in(&nearly, &plan, reason.job, there) {
                    larger.push((seed, reason.clone()));
                }
                assert!(fits_somewhere(&changed, &plan, reason.job), "seed {seed}: {reason:?}\n{problem:?}\n{plan:?}");
            }
        }
    }
    assert!(tried > 300, "only {tried} remedies were tried");
    assert!(larger.is_empty(), "{} of {tried} changes are larger than needed: {larger:?}", larger.len());
}

fn window(open: i64, close: i64) -> TimeWindow {
    TimeWindow { open, close }
}

/// Place 0 is the yard, places 1 to 3 lie ten units of time apart from each other, nothing reaches place 4.
fn small(jobs: Vec<Job>) -> Problem {
    let mut legs = vec![10; 25];
    for place in 0..5 {
        legs[place * 5 + 4] = UNREACHABLE;
        legs[place * 5 + place] = 0;
    }
    let shift = Shift { window: window(0, 100), ..Shift::default() };
    Problem {
        vehicles: vec![Vehicle { shifts: vec![shift], capacity: vec![5], ..Vehicle::default() }],
        jobs,
        matrix: Matrix::new(5, legs.clone(), legs).expect("the table is square"),
        objective: Objective::Distance,
        terms: Terms::default(),
    }
}

fn job(place: usize, dwell: i64) -> Job {
    Job { place, dwell, priority: 1, ..Job::default() }
}

/// Expects one job left over, for this cause and with these remedies.
fn check(problem: &Problem, cause: Cause, remedies: &[Remedy]) {
    let plan = solve(problem, 200, 1);
    let reasons = vrp::reasons(problem, &plan);
    let last = reasons.last().expect("something is left over");
    assert_eq!((last.cause, last.remedies.as_slice()), (cause, remedies), "{plan:?}");
}

#[test]
fn each_cause_is_named_with_its_smallest_remedy() {
    let slot = (0, 0);
    check(&small(vec![job(4, 5)]), Cause::Unreachable, &[]);
    check(&small(vec![job(1, 90)]), Cause::ShiftTooShort, &[Remedy::ShiftEnd { slot, at: 110 }]);
    let closing = Job { windows: vec![window(0, 14)], ..job(1, 5) };
    check(&small(vec![closing]), Cause::Window, &[Remedy::Close { slot, job: 0, at: 15 }]);
    let opening = Job { windows: vec![window(80, 200)], ..job(1, 20) };
    check(&small(vec![opening]), Cause::Window, &[Remedy::Open { slot, at: 70 }]);
    // Open on another day, where no shift is; and too long for any shift as well.
    let another_day = Job { windows: vec![window(1000, 1100)], ..job(1, 20) };
    check(&small(vec![another_day.clone()]), Cause::Window, &[Remedy::Open { slot, at: 70 }]);
    let too_long = Job { dwell: 90, ..another_day.clone() };
    check(&small(vec![too_long]), Cause::ShiftTooShort, &[Remedy::ShiftEnd { slot, at: 1100 }]);
    // One shift is too short for it whenever it opens, the other is not.
    let mut two = small(vec![another_day]);
    two.vehicles[0].shifts.insert(0, Shift { window: window(-100, -75), ..Shift::default() });
    check(&two, Cause::Window, &[Remedy::Open { slot: (0, 1), at: 70 }, Remedy::ShiftEnd { slot: (0, 0), at: 1030 }]);
    let mut closing = small(vec![Job { windows: vec![window(0, 14)], ..job(1, 5) }]);
    closing.vehicles[0].shifts.insert(0, Shift { window: window(-100, -80), ..Shift::default() });
    let later = Remedy::Close { slot: (0, 1), job: 0, at: 15 };
    check(&closing, Cause::Window, &[later, Remedy::ShiftEnd { slot: (0, 0), at: 15 }]);
    let heavy = Job { quantity: vec![7], ..job(1, 5) };
    let more = Remedy::Capacity { vehicle: 0, dimension: 0, by: 2 };
    check(&small(vec![heavy.clone()]), Cause::Capacity, &[more]);
    let after = Job { drop_off_from: vec![0], ..job(2, 5) };
    check(&small(vec![heavy, after]), Cause::Predecessor(0), &[]);
    let dear = Job { priority: 40, ..job(1, 50) };
    let displace = Remedy::Displace { slot, jobs: vec![0], priority: 40 };
    let longer = Remedy::ShiftEnd { slot, at: 115 };
    check(&small(vec![dear, job(2, 35)]), Cause::NoTime, &[longer, displace]);
    let load = |quantity, priority| Job { quantity: vec![quantity], priority, ..job(1, 5) };
    let more = Remedy::Capacity { vehicle: 0, dimension: 0, by: 3 };
    let displace = Remedy::Displace { slot, jobs: vec![0], priority: 9 };
    check(&small(vec![load(4, 9), load(4, 1)]), Cause::NoRoom, &[more, displace]);
    let mut no_break = small(vec![job(1, 5)]);
    no_break.vehicles[0].shifts[0].breaks = vec![vrp::Break { window: window(10, 20), duration: 30 }];
    check(&no_break, Cause::NoShift, &[]);
    for (limit, limits) in [
        (Limit::Driving, Limits { driving: Some(13), ..Limits::default() }),
        (Limit::Distance, Limits { distance: Some(13), ..Limits::default() }),
        (Limit::Duration, Limits { duration: Some(18), ..Limits::default() }),
    ] {
        let mut limited = small(vec![job(1, 5)]);
        limited.vehicles[0].shifts[0].limits = limits;
        check(&limited, Cause::Limit, &[Remedy::Limit { slot, limit, by: 7 }]);
    }
}

/// What is fixed of a plan in force stays first: nothing is said to fit before it, and nobody is told to give it up.
#[test]
fn what_is_fixed_is_in_the_way_of_no_remedy() {
    let legs = [[0, 10, 10], [10, 0, 10], [10, 10, 0]].concat();
    let shift = Shift { window: TimeWindow { open: 0, close: 60 }, ..Shift::default() };
    let window = |open, close| vec![TimeWindow { open, close }];
    let mut problem = Problem {
        vehicles: vec![Vehicle { shifts: vec![shift], ..Vehicle::default() }],
        jobs: vec![
            Job { place: 1, dwell: 10, priority: 9, windows: window(30, 60), ..Job::default() },
            Job { place: 2, dwell: 10, priority: 1, windows: window(10, 20), ..Job::default() },
        ],
        matrix: Matrix::new(3, legs.clone(), legs).unwrap(),
        objective: Objective::Distance,
        terms: Terms::default(),
    };
    assert_eq!(solve(&problem, 50, 1).unassigned, [], "both fit, the second job first");
    let tours = vec![vrp::GivenTour { vehicle: 0, shift: 0, jobs: vec![0], fixed: 1 }];
    problem.terms.given = Some(vrp::Given { tours, move_cost: 0 });
    let plan = solve(&problem, 50, 1);
    assert_eq!(plan.unassigned, [1], "the first job is fixed as the first visit");
    let reasons = vrp::reasons(&problem, &plan);
    assert_eq!(reasons[0].cause, Cause::NoTime);
    let remedy = Remedy::Close { slot: (0, 0), job: 1, at: 60 };
    assert!(reasons[0].remedies.iter().all(|found| *found == remedy), "{reasons:?}");
    assert!(!reasons[0].remedies.iter().any(|found| matches!(found, Remedy::Displace { .. })), "{reasons:?}");
}
