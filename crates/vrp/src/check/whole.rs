//! What concerns several tours: who drives at all, who comes before whom, and the totals.
//!
//! **Why.** A plan of faultless tours can still visit a job twice, forget one in both lists, or praise itself. **How.** Recounted
//! from the tours. **What never happens:** trust in the order of tours before it was judged.

use super::{Report, terms};
use crate::{Objective, Plan, Problem, Tour, Travel, UNREACHABLE, Value};

/// The tours whose vehicle and shift exist, sorted; reports the others, repeated ones and a wrong order.
pub(super) fn known_tours<'p>(problem: &Problem, plan: &'p Plan, report: &mut Report) -> Vec<&'p Tour> {
    let exists =
        |tour: &Tour| problem.vehicles.get(tour.vehicle).is_some_and(|vehicle| tour.shift < vehicle.shifts.len());
    let mut known: Vec<&Tour> = Vec::new();
    for tour in &plan.tours {
        let key = (tour.vehicle, tour.shift);
        if !exists(tour) {
            report
                .add("tour.unknown", format!("a tour names vehicle {}, shift {}, which does not exist", key.0, key.1));
            continue;
        }
        if let Some(last) = known.last()
            && (last.vehicle, last.shift) >= key
        {
            report
                .add("tour.order", format!("the tour of vehicle {}, shift {} stands too late or twice", key.0, key.1));
        }
        known.push(tour);
    }
    known.sort_by_key(|tour| (tour.vehicle, tour.shift));
    known
}

/// Judges all that is not one tour's own.
pub(super) fn judge(problem: &Problem, plan: &Plan, tours: &[&Tour], report: &mut Report) {
    let visits = visits(problem, tours, report);
    unassigned(problem, plan, &visits, report);
    orders(problem, &visits, report);
    releases(problem, tours, report);
    terms::judge(problem, tours, &visits, report);
    empty_drives(problem, tours, report);
    totals(problem, plan, tours, report);
}

/// For each job the vehicles that visit it, with the number of the visit in the whole plan: once, but for depots.
pub(super) type Visits = Vec<Vec<(usize, usize)>>;

fn visits(problem: &Problem, tours: &[&Tour], report: &mut Report) -> Visits {
    let mut visits: Visits = vec![Vec::new(); problem.jobs.len()];
    let jobs = tours.iter().flat_map(|tour| tour.jobs().map(|job| (tour.vehicle, job)));
    for (number, (vehicle, job)) in jobs.enumerate() {
        let Some(of_job) = visits.get_mut(job) else { continue };
        report.expect(of_job.is_empty() || problem.jobs[job].depot, "visit.repeated", || {
            format!("job {job} is visited again by vehicle {vehicle}")
        });
        of_job.push((vehicle, number));
    }
    visits
}

/// Jobs without a visit are unassigned, but for depots that no job asks for.
fn unassigned(problem: &Problem, plan: &Plan, visits: &Visits, report: &mut Report) {
    let is_asked_for = |depot: usize| problem.jobs.iter().any(|job| job.drop_off_from.contains(&depot));
    let counts = |&job: &usize| visits[job].is_empty() && (!problem.jobs[job].depot || is_asked_for(job));
    let left: Vec<usize> = (0..visits.len()).filter(counts).collect();
    report.expect(plan.unassigned == left, "unassigned.list", || {
        format!("the unassigned jobs are {left:?}, not {:?}", plan.unassigned)
    });
}

fn orders(problem: &Problem, visits: &Visits, report: &mut Report) {
    for (job, visit) in visits.iter().enumerate() {
        let Some((vehicle, number)) = visit.first() else { continue };
        for &before in &problem.jobs[job].drop_off_from {
            let earlier = visits[before].iter().any(|(other, place)| other == vehicle && place < number);
            report.expect(earlier, "visit.order", || {
                format!("job {job} needs a visit of job {before} before it by its own vehicle {vehicle}")
            });
        }
    }
}

/// What is released at a depot is loaded in the shift that drops it off.
fn releases(problem: &Problem, tours: &[&Tour], report: &mut Report) {
    for tour in tours {
        let visits: Vec<usize> = tour.jobs().filter(|&job| job < problem.jobs.len()).collect();
        for (at, &index) in visits.iter().enumerate() {
            let job = &problem.jobs[index];
            for depot in job.drop_off_from.iter().filter(|_| job.release.is_some()) {
                report.expect(visits[..at].contains(depot), "load.release", || {
                    format!(
                        "vehicle {}, shift {}: job {index} is released, so depot {depot} is visited before it in the same shift",
                        tour.vehicle, tour.shift
                    )
                });
            }
        }
    }
}

/// The shifts that a working vehicle does not work are driven if they can be, and nobody else drives.
fn empty_drives(problem: &Problem, tours: &[&Tour], report: &mut Report) {
    let works = |vehicle: usize| tours.iter().any(|tour| tour.vehicle == vehicle && tour.jobs().next().is_some());
    for (index, vehicle) in problem.vehicles.iter().enumerate() {
        let working = works(index);
        for (number, shift) in vehicle.shifts.iter().enumerate() {
            let tour = tours.iter().find(|tour| (tour.vehicle, tour.shift) == (index, number));
            let [duration, _] = problem.matrix.leg_at(shift.start_place, shift.end_place, shift.window.open);
            let within = shift.max_duration.is_none_or(|longest| i64::from(duration) <= longest);
            let drivable =
                duration != UNREACHABLE && within && shift.window.open + i64::from(duration) <= shift.window.close;
            let due = working && drivable && shift.start_place != shift.end_place;
            match tour {
                None => report.expect(!due, "tour.missing", || {
                    format!(
                        "vehicle {index} works, so its shift {number} is driven from start to end also without visits"
                    )
                }),
                Some(tour) => report.expect(due || tour.jobs().next().is_some(), "tour.idle", || {
                    format!("vehicle {index} drives shift {number} without visits and without need")
                }),
            }
        }
    }
}

fn totals(problem: &Problem, plan: &Plan, tours: &[&Tour], report: &mut Report) {
    let Value { priority, cost, fraction, travel, vehicles } = worth(problem, tours);
    report.expect(plan.value.priority == priority, "value.priority", || {
        format!("the priorities add up to {priority}, not {}", plan.value.priority)
    });
    report.expect(plan.value.travel == travel, "value.travel", || {
        format!("the legs add up to {travel:?}, not {:?}", plan.value.travel)
    });
    report.expect(plan.value.vehicles == vehicles, "value.vehicles", || {
        format!("{vehicles} vehicles work, not {}", plan.value.vehicles)
    });
    report.expect((plan.value.cost, plan.value.fraction) == (cost, fraction), "value.cost", || {
        format!("the cost is {cost} and a fraction of {fraction}, not {} and {}", plan.value.cost, plan.value.fraction)
    });
}

/// What tours of vehicles and shifts that exist are worth.
pub(super) fn worth(problem: &Problem, tours: &[&Tour]) -> Value {
    let mut visited = vec![false; problem.jobs.len()];
    for job in tours.iter().flat_map(|tour| tour.jobs()) {
        visited.get_mut(job).into_iter().for_each(|visited| *visited = true);
    }
    let worth = problem.jobs.iter().zip(visited).filter(|(_, visited)| *visited);
    let priority = worth.map(|(job, _)| i64::from(job.priority)).sum();
    let travel: Travel = tours.iter().map(|tour| tour.travel()).sum();
    let used = used_vehicles(tours);
    let beside = prizes_missed(problem, tours).saturating_add(terms::cost(problem, tours));
    let (cost, fraction) = match problem.objective {
        Objective::TravelTime => (travel.duration.saturating_add(beside), 0),
        Objective::Distance => (travel.distance.saturating_add(beside), 0),
        Objective::Price => {
            let (price, fraction) = price(problem, tours, &used);
            (price.saturating_add(beside), fraction)
        }
        Objective::Vehicles => (used.len() as i64, travel.distance.saturating_add(beside)),
    };
    Value { priority, cost, fraction, travel, vehicles: used.len() }
}

/// What the jobs that no tour visits cost by being left out.
fn prizes_missed(problem: &Problem, tours: &[&Tour]) -> i64 {
    let mut visited = vec![false; problem.jobs.len()];
    for job in tours.iter().flat_map(|tour| tour.jobs()) {
        visited.get_mut(job).into_iter().for_each(|visited| *visited = true);
    }
    problem.jobs.iter().zip(visited).filter(|(_, visited)| !visited).map(|(job, _)| job.prize).sum()
}

fn used_vehicles(tours: &[&Tour]) -> Vec<usize> {
    let mut used: Vec<usize> =
        tours.iter().filter(|tour| tour.jobs().next().is_some()).map(|tour| tour.vehicle).collect();
    used.sort_unstable();
    used.dedup();
    used
}

/// The price in micro-units and the rest in their fractions, in arithmetic too wide to overflow.
fn price(problem: &Problem, tours: &[&Tour], used: &[usize]) -> (i64, i64) {
    let fractions = i128::from(Value::FRACTIONS);
    let rates = |vehicle: usize| problem.vehicles[vehicle].price.unwrap_or_default();
    let fixed: i128 = used.iter().map(|&vehicle| i128::from(rates(vehicle).fixed_micro) * fractions).sum();
    let driven = tours.iter().map(|tour| {
        let (metres, seconds) =
            (i128::from(tour.travel().distance), i128::from(tour.arrival) - i128::from(tour.departure));
        let rates = rates(tour.vehicle);
        let by_way = i128::from(rates.per_km_micro) * metres * fractions / 1000;
        let shift = &problem.vehicles[tour.vehicle].shifts[tour.shift];
        let over = (i128::from(tour.arrival) - i128::from(shift.window.close)).max(0);
        let by_overtime = shift.overtime.map_or(0, |overtime| i128::from(overtime.per_hour_micro) * over);
        by_way + (i128::from(rates.per_hour_micro) * seconds + by_overtime) * fractions / 3600
    });
    let all = fixed + driven.sum::<i128>();
    ((all / fractions) as i64, (all % fractions) as i64)
}
