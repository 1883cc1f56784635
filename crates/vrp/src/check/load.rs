//! The loads of each vehicle through all its shifts.
//!
//! **Why.** What is on board at a visit depends on every visit before it, also in earlier shifts, and on the drop-offs of the
//! same shift that were loaded at its start. **How.** Literally the rule: walk the shift's visits from the carried load to learn
//! what had to be loaded at the start, then walk them again with it and compare with the capacity at every point. **What never
//! happens:** a summary in place of a walk.

use super::Report;
use crate::{Problem, Tour};

/// Judges all tours, which must be sorted by vehicle and shift.
pub(super) fn judge(problem: &Problem, tours: &[&Tour], report: &mut Report) {
    let dimensions = problem.jobs.iter().map(|job| job.quantity.len()).max().unwrap_or(0);
    for dimension in 0..dimensions {
        let (mut vehicle, mut carried) = (None, 0);
        for tour in tours {
            if vehicle != Some(tour.vehicle) {
                (vehicle, carried) = (Some(tour.vehicle), 0);
            }
            carried = shift(problem, tour, dimension, carried, report);
        }
    }
}

/// Judges one shift in one dimension and returns the load at its end.
fn shift(problem: &Problem, tour: &Tour, dimension: usize, carried: i64, report: &mut Report) -> i64 {
    let name = format!("vehicle {}, shift {}, dimension {dimension}", tour.vehicle, tour.shift);
    let visits: Vec<(usize, i64)> =
        tour.jobs().filter_map(|job| Some((job, quantity(problem, job, dimension)?))).collect();
    let mut added = 0;
    let mut running = carried;
    for &(job, quantity) in &visits {
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
    for (job, quantity) in visits {
        on_board += quantity;
        report.expect(on_board <= capacity, "load.capacity", || {
            format!("{name}: {on_board} on board after job {job}; the capacity is {capacity}")
        });
    }
    on_board
}

fn quantity(problem: &Problem, job: usize, dimension: usize) -> Option<i64> {
    problem.jobs.get(job)?.quantity.get(dimension).copied()
}
