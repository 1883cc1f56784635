//! Who visits what with whom, and what that costs beside the ways.
//!
//! **Why.** Jobs that must or must not share a vehicle, a plan in force and even work concern neither a single tour nor
//! its times. **How.** Recounted from the visits. **What never happens:** a judgement on whether an agreement is wise.

use super::Report;
use super::whole::Visits;
use crate::{Problem, Tour};

pub(super) fn judge(problem: &Problem, tours: &[&Tour], visits: &Visits, report: &mut Report) {
    company(problem, visits, report);
    fixed(problem, tours, report);
}

fn company(problem: &Problem, visits: &Visits, report: &mut Report) {
    let visitor = |job: &usize| visits[*job].first().map(|&(vehicle, _)| vehicle);
    for group in &problem.terms.together {
        let mut vehicles: Vec<usize> = group.iter().filter_map(visitor).collect();
        vehicles.sort_unstable();
        vehicles.dedup();
        report.expect(vehicles.len() <= 1, "terms.together", || {
            format!("jobs {group:?} belong together, but vehicles {vehicles:?} visit them")
        });
    }
    for group in &problem.terms.apart {
        for (place, one) in group.iter().enumerate() {
            for other in &group[..place] {
                let same = visitor(one).is_some() && visitor(one) == visitor(other);
                report.expect(!same, "terms.apart", || {
                    format!("jobs {other} and {one} must not share vehicle {}", visitor(one).unwrap_or_default())
                });
            }
        }
    }
}

/// What is fixed of a plan in force comes first in its tour.
fn fixed(problem: &Problem, tours: &[&Tour], report: &mut Report) {
    for given in problem.terms.given.iter().flat_map(|given| &given.tours) {
        let fixed = &given.jobs[..given.fixed.min(given.jobs.len())];
        let tour = tours.iter().find(|tour| (tour.vehicle, tour.shift) == (given.vehicle, given.shift));
        let first: Vec<usize> = tour.iter().flat_map(|tour| tour.jobs()).take(fixed.len()).collect();
        report.expect(first == fixed, "terms.fixed", || {
            format!(
                "vehicle {}, shift {} begins with jobs {fixed:?}, which are fixed, not with {first:?}",
                given.vehicle, given.shift
            )
        });
    }
}

/// What moves away from the plan in force and uneven work cost.
pub(super) fn cost(problem: &Problem, tours: &[&Tour]) -> i64 {
    let mut cost = 0;
    if let Some(given) = &problem.terms.given {
        let moved = |job: usize, vehicle: usize| {
            let before = given.tours.iter().find(|tour| tour.jobs.contains(&job));
            before.is_some_and(|before| before.vehicle != vehicle)
                && !problem.jobs.get(job).is_some_and(|job| job.depot)
        };
        let moves = tours.iter().flat_map(|tour| tour.jobs().filter(|&job| moved(job, tour.vehicle))).count();
        cost += given.move_cost * moves as i64;
    }
    if let Some(balance) = problem.terms.balance {
        let mut visits = vec![0_i64; problem.vehicles.len()];
        for tour in tours {
            visits[tour.vehicle] += tour.jobs().count() as i64;
        }
        cost += balance.weight * visits.iter().map(|count| count * count).sum::<i64>();
    }
    cost
}
