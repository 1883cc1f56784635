//! The loads of each vehicle through all its shifts.
//!
//! **Why.** What is on board at a visit depends on every visit before it, also in earlier shifts, and on the drop-offs of the
//! same shift that were loaded at its start; a depot without a quantity loads what the drop-offs that name it need until its
//! next visit. **How.** Literally the rules: give each drop-off that names depots to the last of their visits before it, walk the
//! shift's visits from the carried load to learn what had to be loaded at the start, then walk them again with it and compare
//! with the capacity at every point. **What never happens:** a summary in place of a walk.

use super::Report;
use crate::{Problem, Tour};

/// Judges all tours, which must be sorted by vehicle and shift.
pub(super) fn judge(problem: &Problem, tours: &[&Tour], report: &mut Report) {
    let dimensions = problem.jobs.iter().map(|job| job.quantity.len()).max().unwrap_or(0);
    for dimension in 0..dimensions {
        for of_vehicle in tours.chunk_by(|a, b| a.vehicle == b.vehicle) {
            let mut carried = 0;
            for (tour, visits) in of_vehicle.iter().zip(changes(problem, of_vehicle, dimension)) {
                carried = shift(problem, tour, dimension, carried, &visits, report);
            }
        }
    }
}

/// For each tour of a vehicle its visits and what they change the load by.
fn changes(problem: &Problem, tours: &[&Tour], dimension: usize) -> Vec<Vec<(usize, i64)>> {
    let known = |job: usize| problem.jobs.get(job);
    let mut changes: Vec<Vec<(usize, i64)>> = Vec::new();
    for tour in tours {
        let of_job = |job| Some((job, known(job)?.quantity.get(dimension).copied().unwrap_or(0)));
        changes.push(tour.jobs().filter_map(of_job).collect());
    }
    let order: Vec<(usize, usize)> =
        changes.iter().enumerate().flat_map(|(tour, visits)| (0..visits.len()).map(move |at| (tour, at))).collect();
    for (number, &(tour, at)) in order.iter().enumerate() {
        let (job, change) = changes[tour][at];
        let names = |other: usize| problem.jobs[other].depot && problem.jobs[job].drop_off_from.contains(&other);
        let loader = order[..number].iter().rev().copied().find(|&(tour, at)| names(changes[tour][at].0));
        let Some((tour, at)) = loader.filter(|_| change < 0) else { continue };
        if problem.jobs[changes[tour][at].0].quantity.iter().all(|&quantity| quantity == 0) {
            changes[tour][at].1 -= change;
        }
    }
    changes
}

/// Judges one shift in one dimension and returns the load at its end.
fn shift(
    problem: &Problem,
    tour: &Tour,
    dimension: usize,
    carried: i64,
    visits: &[(usize, i64)],
    report: &mut Report,
) -> i64 {
    let name = format!("vehicle {}, shift {}, dimension {dimension}", tour.vehicle, tour.shift);
    let mut added = 0;
    let mut running = carried;
    for &(job, quantity) in visits {
        running += quantity;
        if running + added < 0 {
            let missing = -(running + added);
            report.expect(problem.jobs[job].drop_off_from.is_empty(), "load.source", || {
                format!("{name}: job {job} drops off {missing} more than is on board, and names where it comes from")
            });
            added += missing;
        }
    }
    let Some(&capacity) = problem.vehicles[tour.vehicle].capacity.get(dimension) else { return running + added };
    let mut on_board = carried + added;
    report.expect(on_board <= capacity, "load.capacity", || {
        format!("{name}: {on_board} on board at the start; the capacity is {capacity}")
    });
    for &(job, quantity) in visits {
        on_board += quantity;
        report.expect(on_board <= capacity, "load.capacity", || {
            format!("{name}: {on_board} on board after job {job}; the capacity is {capacity}")
        });
    }
    on_board
}
