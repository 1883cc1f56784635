//! One vehicle's load, through all its shifts.
//!
//! **Why.** What is on board depends on every visit before, on what the start of the shift must bring, and on the depots, each
//! of which loads what the drop-offs after it need. **How.** First every drop-off that names a depot is given to the last visit
//! of one before it, which loads it; then the visits are walked, dimension by dimension, as the contract's rule says: what a
//! drop-off without a source misses was loaded at the start of its shift. **What never happens:** an estimate.

use crate::{Job, Problem};

/// What a load fails at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Short {
    /// So much more is on board than the capacity of the dimension bears.
    Capacity { dimension: usize, by: i64 },
    /// More is dropped off than the sources brought.
    Source,
    /// A visit of this depot must come before.
    Depot { depot: usize },
}

/// Whether a depot loads whatever is needed, rather than a quantity of its own.
pub(crate) fn loads_on_demand(job: &Job) -> bool {
    job.depot && job.quantity.iter().all(|&quantity| quantity == 0)
}

/// Follows a vehicle through the visits of its shifts; fails with the number of the visit and what is short there.
pub(crate) fn carry<S, J>(problem: &Problem, vehicle: usize, shifts: S) -> Result<(), (usize, Short)>
where
    S: Iterator<Item = J> + Clone,
    J: Iterator<Item = usize>,
{
    let dimensions = problem.dimensions();
    let visits: Vec<(usize, usize)> =
        shifts.enumerate().flat_map(|(shift, jobs)| jobs.map(move |job| (shift, job))).collect();
    let loaded = loaded(problem, &visits, dimensions)?;
    let capacity = &problem.vehicles[vehicle].capacity;
    (0..dimensions).try_for_each(|d| {
        let changes: Vec<i64> = visits
            .iter()
            .enumerate()
            .map(|(at, &(_, job))| {
                problem.jobs[job].quantity.get(d).copied().unwrap_or(0)
                    + loaded.get(at * dimensions + d).copied().unwrap_or(0)
            })
            .collect();
        follow(problem, &visits, &changes, d, capacity.get(d).copied().unwrap_or(i64::MAX))
    })
}

/// What each visit of a depot loads, by visit times dimension; nothing at all where there are no depots.
fn loaded(problem: &Problem, visits: &[(usize, usize)], dimensions: usize) -> Result<Vec<i64>, (usize, Short)> {
    if !visits.iter().any(|&(_, job)| problem.jobs[job].needs_depot(problem)) {
        return Ok(Vec::new());
    }
    let mut loaded = vec![0; visits.len() * dimensions];
    for (at, &(shift, index)) in visits.iter().enumerate() {
        let job = &problem.jobs[index];
        let mut loader = None;
        for &depot in job.drop_off_from.iter().filter(|&&named| problem.jobs[named].depot) {
            // What is released is loaded in the shift that drops it off.
            let is_near = |within: usize| job.release.is_none() || within == shift;
            let last = visits[..at].iter().rposition(|&(within, other)| other == depot && is_near(within));
            loader = loader.max(Some(last.ok_or((at, Short::Depot { depot }))?));
        }
        let Some(loader) = loader.filter(|&loader| loads_on_demand(&problem.jobs[visits[loader].1])) else { continue };
        for (d, &quantity) in job.quantity.iter().enumerate().filter(|(_, quantity)| **quantity < 0) {
            loaded[loader * dimensions + d] -= quantity;
        }
    }
    Ok(loaded)
}

/// Walks one dimension through all shifts.
fn follow(
    problem: &Problem,
    visits: &[(usize, usize)],
    changes: &[i64],
    dimension: usize,
    capacity: i64,
) -> Result<(), (usize, Short)> {
    let (mut shift, mut running, mut added, mut highest) = (0, 0_i64, 0_i64, 0_i64);
    for (at, (&(in_shift, job), &change)) in visits.iter().zip(changes).enumerate() {
        if in_shift != shift {
            (shift, running, added) = (in_shift, running + added, 0);
            highest = running;
        }
        running += change;
        if running + added < 0 {
            let by = -(running + added);
            if !problem.jobs[job].drop_off_from.is_empty() {
                return Err((at, Short::Source));
            }
            added += by;
        }
        highest = highest.max(running);
        let over = highest.saturating_add(added) - capacity;
        // What was on board before is not this job's doing.
        if over > 0 && change != 0 {
            return Err((at, Short::Capacity { dimension, by: over }));
        }
    }
    Ok(())
}
