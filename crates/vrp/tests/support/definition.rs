//! What a valid plan is, once more and in other words than the checker's: a plan is valid when it is exactly the timeline of its
//! own stops and every rule holds on it. Slow and short, to judge the checker and the search by.

use vrp::{Activity, Objective, Plan, Problem, Tour, TourStop, Travel, UNREACHABLE, Value};

/// The only times that stops in this order can have.
pub(crate) fn timeline(problem: &Problem, vehicle: usize, shift: usize, activities: &[Activity]) -> Tour {
    let frame = &problem.vehicles[vehicle].shifts[shift];
    let released = activities.iter().filter_map(|activity| match activity {
        Activity::Visit(job) if problem.jobs[*job].drop_off_from.is_empty() => problem.jobs[*job].release,
        Activity::Visit(_) | Activity::Break(_) => None,
    });
    let departure = released.fold(frame.window.open, i64::max);
    let (mut clock, mut place, mut visited) = (departure, frame.start_place, None);
    let leg = |from: usize, to: usize, at: i64| {
        let [duration, distance] = problem.matrix.leg_at(from, to, at).map(i64::from);
        Travel { duration, distance }
    };
    let mut stops = Vec::new();
    for (at, &activity) in activities.iter().enumerate() {
        let (travel, start, end) = match activity {
            Activity::Break(index) => {
                let start = clock.max(frame.breaks[index].window.open);
                (Travel::default(), start, start + frame.breaks[index].duration)
            }
            Activity::Visit(index) => {
                let (job, travel) = (&problem.jobs[index], leg(place, problem.jobs[index].place, clock));
                let (arrival, lasts) = (
                    (clock + travel.duration).max(stocked(problem, activities, at)),
                    job.dwell + if visited == Some(job.place) { 0 } else { job.setup },
                );
                let starts = job.windows.iter().map(|window| (arrival.max(window.open), window.close));
                let start = starts.filter(|(start, close)| start + lasts <= *close).map(|(start, _)| start).min();
                (place, visited) = (job.place, Some(job.place));
                let start = start.unwrap_or(arrival);
                (travel, start, start + lasts)
            }
        };
        clock = end;
        stops.push(TourStop { activity, travel, start, end });
    }
    let last_travel = leg(place, frame.end_place, clock);
    Tour { vehicle, shift, departure, stops, last_travel, arrival: clock + last_travel.duration }
}

/// When all that this visit of a depot loads is there; long ago for any other.
fn stocked(problem: &Problem, activities: &[Activity], at: usize) -> i64 {
    let named = |activity: &Activity| match activity {
        Activity::Visit(job) => &problem.jobs[*job].drop_off_from[..],
        Activity::Break(_) => &[],
    };
    let loader = |later: usize| {
        let from = named(&activities[later]);
        (0..later).rev().find(|&other| matches!(activities[other], Activity::Visit(job) if from.contains(&job)))
    };
    let loads = (at + 1..activities.len()).filter(|&later| loader(later) == Some(at));
    let releases = loads.filter_map(|later| match activities[later] {
        Activity::Visit(job) => problem.jobs[job].release,
        Activity::Break(_) => None,
    });
    releases.max().unwrap_or(i64::MIN)
}

fn activities(tour: &Tour) -> Vec<Activity> {
    tour.stops.iter().map(|stop| stop.activity).collect()
}

/// A plan of these tours with the lists and the worth that belong to it.
pub(crate) fn whole(problem: &Problem, tours: Vec<Tour>) -> Plan {
    let visits: Vec<usize> = tours.iter().flat_map(Tour::jobs).collect();
    let named = |depot: &usize| problem.jobs.iter().any(|job| job.drop_off_from.contains(depot));
    let left = |job: &usize| !visits.contains(job) && (!problem.jobs[*job].depot || named(job));
    let unassigned = (0..problem.jobs.len()).filter(left).collect();
    Plan { value: worth(problem, &tours, &visits), unassigned, tours, steps: 0, seed: 0 }
}

fn worth(problem: &Problem, tours: &[Tour], visits: &[usize]) -> Value {
    let priority = (0..problem.jobs.len()).filter(|job| visits.contains(job));
    let priority = priority.map(|job| i64::from(problem.jobs[job].priority)).sum();
    let travel: Travel = tours.iter().map(Tour::travel).sum();
    let count =
        |vehicle: usize| tours.iter().filter(|tour| tour.vehicle == vehicle).flat_map(Tour::jobs).count() as i64;
    let vehicles = (0..problem.vehicles.len()).filter(|&vehicle| count(vehicle) > 0).count();
    let mut beside = 0;
    if let Some(balance) = problem.terms.balance {
        beside += (0..problem.vehicles.len()).map(|vehicle| balance.weight * count(vehicle).pow(2)).sum::<i64>();
    }
    for given in problem.terms.given.iter().flat_map(|given| &given.tours) {
        let moved = tours.iter().filter(|tour| tour.vehicle != given.vehicle).flat_map(Tour::jobs);
        let moved = moved.filter(|job| given.jobs.contains(job) && !problem.jobs[*job].depot).count() as i64;
        beside += moved * problem.terms.given.as_ref().map_or(0, |given| given.move_cost);
    }
    let cost = match problem.objective {
        Objective::TravelTime => travel.duration * Value::FRACTIONS,
        Objective::Price => tours.iter().map(|tour| price(problem, tour)).sum::<i64>() + standing(problem, &count),
        _ => travel.distance * Value::FRACTIONS,
    };
    let (cost, fraction) = (cost / Value::FRACTIONS + beside, cost % Value::FRACTIONS);
    Value { priority, cost, fraction, travel, vehicles }
}

/// In the smallest parts of the currency: 18 of them are a metre at a micro-unit a kilometre, 5 a second at one an hour.
fn price(problem: &Problem, tour: &Tour) -> i64 {
    let rates = problem.vehicles[tour.vehicle].price.unwrap_or_default();
    let shift = &problem.vehicles[tour.vehicle].shifts[tour.shift];
    let over =
        shift.overtime.map_or(0, |overtime| overtime.per_hour_micro * (tour.arrival - shift.window.close).max(0));
    18 * rates.per_km_micro * tour.travel().distance
        + 5 * (rates.per_hour_micro * (tour.arrival - tour.departure) + over)
}

fn standing(problem: &Problem, count: &dyn Fn(usize) -> i64) -> i64 {
    let used = (0..problem.vehicles.len()).filter(|&vehicle| count(vehicle) > 0);
    used.map(|vehicle| problem.vehicles[vehicle].price.unwrap_or_default().fixed_micro * Value::FRACTIONS).sum()
}

/// Whether a plan keeps every rule.
pub(crate) fn valid(problem: &Problem, plan: &Plan) -> bool {
    let exists = |tour: &Tour| problem.vehicles.get(tour.vehicle).is_some_and(|one| tour.shift < one.shifts.len());
    let known = |tour: &Tour| {
        let breaks = || problem.vehicles[tour.vehicle].shifts[tour.shift].breaks.len();
        activities(tour).iter().all(|activity| match activity {
            Activity::Visit(job) => *job < problem.jobs.len(),
            Activity::Break(index) => *index < breaks(),
        })
    };
    let in_order = |pair: &[Tour]| (pair[0].vehicle, pair[0].shift) < (pair[1].vehicle, pair[1].shift);
    if !plan.tours.iter().all(|tour| exists(tour) && known(tour)) || !plan.tours.windows(2).all(in_order) {
        return false;
    }
    let same = |tour: &Tour| *tour == timeline(problem, tour.vehicle, tour.shift, &activities(tour));
    let expected = whole(problem, plan.tours.clone());
    plan.tours.iter().all(|tour| same(tour) && tour_holds(problem, tour))
        && (0..problem.vehicles.len()).all(|vehicle| vehicle_holds(problem, plan, vehicle))
        && agreements_hold(problem, plan)
        && (&plan.value, &plan.unassigned) == (&expected.value, &expected.unassigned)
}

fn tour_holds(problem: &Problem, tour: &Tour) -> bool {
    let shift = &problem.vehicles[tour.vehicle].shifts[tour.shift];
    let works = tour.jobs().next().is_some();
    let stop_holds = |stop: &TourStop| match stop.activity {
        Activity::Visit(job) => {
            let windows = &problem.jobs[job].windows;
            windows.is_empty() || windows.iter().any(|window| window.open <= stop.start && stop.end <= window.close)
        }
        Activity::Break(index) => stop.end <= shift.breaks[index].window.close,
    };
    let taken = |index: usize| tour.stops.iter().filter(|stop| stop.activity == Activity::Break(index)).count();
    let way = |travel: Travel| travel.duration < i64::from(UNREACHABLE);
    let within = |value: i64, limit: Option<i64>| !works || limit.is_none_or(|limit| value <= limit);
    tour.stops.iter().all(|stop| stop_holds(stop) && way(stop.travel))
        && way(tour.last_travel)
        && (0..shift.breaks.len()).all(|index| taken(index) == usize::from(works))
        && tour.arrival <= shift.window.close + shift.overtime.map_or(0, |overtime| overtime.most)
        && within(tour.travel().duration, shift.limits.driving)
        && within(tour.travel().distance, shift.limits.distance)
        && within(tour.arrival - tour.departure, shift.limits.duration)
}

/// What concerns all shifts of one vehicle: who is driven empty, orders, skills and loads.
fn vehicle_holds(problem: &Problem, plan: &Plan, vehicle: usize) -> bool {
    let own: Vec<&Tour> = plan.tours.iter().filter(|tour| tour.vehicle == vehicle).collect();
    let visits: Vec<usize> = own.iter().flat_map(|tour| tour.jobs()).collect();
    let driven = problem.vehicles[vehicle].shifts.iter().enumerate().all(|(number, shift)| {
        let [duration, _] = problem.matrix.leg_at(shift.start_place, shift.end_place, shift.window.open);
        let fits = duration != UNREACHABLE && shift.window.open + i64::from(duration) <= shift.window.close;
        let due = !visits.is_empty() && fits && shift.start_place != shift.end_place;
        match own.iter().find(|tour| tour.shift == number) {
            Some(tour) => due || tour.jobs().next().is_some(),
            None => !due,
        }
    });
    let able =
        |job: &usize| problem.jobs[*job].skills.iter().all(|skill| problem.vehicles[vehicle].skills.contains(skill));
    let ordered = (0..visits.len())
        .all(|at| problem.jobs[visits[at]].drop_off_from.iter().all(|named| visits[..at].contains(named)));
    let stocked = own.iter().all(|tour| {
        let visits: Vec<usize> = tour.jobs().collect();
        let needs = |at: usize| problem.jobs[visits[at]].release.map(|_| &problem.jobs[visits[at]].drop_off_from[..]);
        (0..visits.len()).all(|at| needs(at).into_iter().flatten().all(|depot| visits[..at].contains(depot)))
    });
    driven
        && ordered
        && stocked
        && visits.iter().all(able)
        && (0..4).all(|dimension| loads_hold(problem, &own, &visits, dimension))
}

/// The loads between all visits of a vehicle; what a drop-off from nowhere lacks is added since the start of its shift.
fn loads_hold(problem: &Problem, tours: &[&Tour], visits: &[usize], dimension: usize) -> bool {
    let amount = |job: usize| problem.jobs[job].quantity.get(dimension).copied().unwrap_or(0);
    let mut changes: Vec<i64> = visits.iter().map(|&job| amount(job)).collect();
    for at in 0..visits.len() {
        let from = &problem.jobs[visits[at]].drop_off_from;
        let loader = (0..at).rev().find(|&other| from.contains(&visits[other]) && problem.jobs[visits[other]].depot);
        if let Some(loader) = loader.filter(|&loader| problem.jobs[visits[loader]].quantity.iter().all(|&q| q == 0)) {
            changes[loader] += (-amount(visits[at])).max(0);
        }
    }
    let capacity = tours.first().and_then(|tour| problem.vehicles[tour.vehicle].capacity.get(dimension));
    let (mut load, mut next) = (0, 0);
    tours.iter().all(|tour| {
        let mut on_board = vec![load];
        for job in tour.jobs() {
            let after = on_board[on_board.len() - 1] + changes[next];
            next += 1;
            if after < 0 && !problem.jobs[job].drop_off_from.is_empty() {
                return false;
            }
            on_board.push(after);
            for load in &mut on_board {
                *load -= after.min(0);
            }
        }
        load = on_board[on_board.len() - 1];
        on_board.iter().all(|&load| capacity.is_none_or(|&capacity| load <= capacity))
    })
}

fn agreements_hold(problem: &Problem, plan: &Plan) -> bool {
    let visitors = |job: usize| -> Vec<usize> {
        plan.tours
            .iter()
            .flat_map(|tour| tour.jobs().map(|other| (tour.vehicle, other)))
            .filter(|visit| visit.1 == job)
            .map(|visit| visit.0)
            .collect()
    };
    let terms = &problem.terms;
    let once = (0..problem.jobs.len()).all(|job| problem.jobs[job].depot || visitors(job).len() <= 1);
    let together = terms.together.iter().all(|group| {
        let mut all: Vec<usize> = group.iter().flat_map(|&job| visitors(job)).collect();
        all.sort_unstable();
        all.dedup();
        all.len() <= 1
    });
    let apart = terms.apart.iter().all(|group| {
        let mut all: Vec<usize> = group.iter().flat_map(|&job| visitors(job)).collect();
        all.sort_unstable();
        all.windows(2).all(|pair| pair[0] != pair[1])
    });
    let fixed = terms.given.iter().flat_map(|given| &given.tours).all(|given| {
        let tour = plan.tours.iter().find(|tour| (tour.vehicle, tour.shift) == (given.vehicle, given.shift));
        let begins: Vec<usize> = tour.into_iter().flat_map(Tour::jobs).take(given.fixed).collect();
        begins == given.jobs[..given.fixed]
    });
    once && together && apart && fixed
}
