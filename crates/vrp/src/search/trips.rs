//! Loads that come from depots alone.
//!
//! **Why.** Where vehicles come back to a depot for more, most of what is asked is whether one more drop-off still fits into a trip;
//! following all loads of the vehicle for each answer would be most of the search. **How.** Where every vehicle has one shift and
//! everything that is carried is loaded at depots as needed, a drop-off adds to what is on board between the last visit of its
//! depot and itself, and changes nothing else. So a route keeps what is on board after each visit, and a look at that stretch is the
//! whole answer. **What never happens:** an answer for a problem where anything else is carried; [`are_all`] says so.

use super::model::Model;
use super::route::Route;
use crate::Problem;

/// Whether all that is carried comes from depots, which load what is needed.
pub(crate) fn are_all(problem: &Problem) -> bool {
    problem.jobs.iter().all(|job| {
        let carries = job.quantity.iter().any(|&quantity| quantity != 0);
        let from_depots =
            !job.drop_off_from.is_empty() && job.drop_off_from.iter().all(|&named| problem.jobs[named].depot);
        let only_drops = job.quantity.iter().all(|&quantity| quantity <= 0);
        !carries || (!job.depot && from_depots && only_drops)
    })
}

/// Writes down what is on board after each visit, by visit times dimension; whether all that is dropped off was loaded before.
pub(crate) fn aboard(model: &Model<'_>, jobs: &[u32], into: &mut Vec<i64>) -> bool {
    let dimensions = model.problem.dimensions();
    into.clear();
    into.resize(jobs.len() * dimensions, 0);
    // The last visit of each depot so far.
    let mut last: Vec<(u32, usize)> = Vec::new();
    let mut is_loaded = true;
    for (at, &task) in jobs.iter().enumerate() {
        let origin = model.origin(task);
        let job = &model.problem.jobs[origin];
        if job.depot {
            last.retain(|(depot, _)| *depot != origin as u32);
            last.push((origin as u32, at));
            continue;
        }
        let depots = &model.tasks[task as usize].depots;
        let named = || last.iter().filter(|(depot, _)| depots.contains(depot));
        is_loaded &= named().count() == depots.len();
        let Some(&(_, loader)) = named().max_by_key(|(_, at)| *at) else { continue };
        for (dimension, &quantity) in job.quantity.iter().enumerate() {
            into[at * dimensions + dimension] += quantity;
            into[loader * dimensions + dimension] -= quantity;
        }
    }
    for at in dimensions..into.len() {
        into[at] += into[at - dimensions];
    }
    is_loaded
}

/// Whether a vehicle of this capacity bears what is on board.
pub(crate) fn are_borne(model: &Model<'_>, aboard: &[i64], capacity: &[i64]) -> bool {
    let dimensions = model.problem.dimensions();
    dimensions == 0
        || aboard.chunks(dimensions).all(|loads| loads.iter().zip(capacity).all(|(load, most)| load <= most))
}

/// The last of these visits at which a task loads what it drops off.
fn loader(model: &Model<'_>, before: &[u32], task: u32) -> Option<usize> {
    let depots = &model.tasks[task as usize].depots;
    before.iter().rposition(|&other| depots.contains(&(model.origin(other) as u32)))
}

/// Whether a task may go in as the visit of number `then` together with a further visit of the only depot: of number `at`, before the
/// task and all that its trip has from there on, or after it (`drop_first`), so that the rest is loaded anew.
pub(crate) fn allow_split(
    model: &Model<'_>,
    route: &Route,
    capacity: &[i64],
    task: u32,
    (at, then, drop_first): (usize, usize, bool),
) -> bool {
    let dimensions = model.problem.dimensions();
    let quantity = &model.problem.jobs[model.origin(task)].quantity;
    let after = |visits: usize, dimension: usize| match visits.checked_sub(1) {
        Some(visit) => route.aboard[visit * dimensions + dimension],
        None => 0,
    };
    let is_depot = |task: &u32| model.problem.jobs[model.origin(*task)].depot;
    let loader = if drop_first { route.jobs[..at].iter().rposition(is_depot) } else { None };
    if drop_first && loader.is_none() {
        return false;
    }
    quantity.iter().zip(capacity).enumerate().all(|(dimension, (&quantity, &capacity))| {
        let others = match loader {
            Some(loader) => after(loader + 1, dimension) - after(then, dimension),
            None => after(at, dimension),
        };
        others - quantity <= capacity
    })
}

/// Whether a route still bears a task as the visit of this number.
pub(crate) fn allow(model: &Model<'_>, route: &Route, capacity: &[i64], at: usize, task: u32) -> bool {
    let depots = &model.tasks[task as usize].depots;
    // A visit of a depot only ever makes trips smaller.
    if depots.is_empty() {
        return true;
    }
    let before = &route.jobs[..at];
    let comes_before = |depot: &u32| before.iter().any(|&other| model.origin(other) as u32 == *depot);
    let Some(loader) = loader(model, before, task).filter(|_| depots.len() == 1 || depots.iter().all(comes_before))
    else {
        return false;
    };
    let dimensions = model.problem.dimensions();
    let quantity = &model.problem.jobs[model.origin(task)].quantity;
    quantity.iter().zip(capacity).enumerate().all(|(dimension, (&quantity, &capacity))| {
        let on_board = (loader..at).map(|visit| route.aboard[visit * dimensions + dimension]);
        quantity == 0 || on_board.max().is_none_or(|most| most - quantity <= capacity)
    })
}
