//! Jobs that are visited only where that pays.
//!
//! **Why.** A job without a priority is a matter of cost: it is visited when the way to it costs less than its prize. The first
//! visit of a tour hardly ever does, nor does the first one in a far corner, so looking at jobs one by one would leave out whole
//! regions (prize collecting: Egon Balas, "The prize collecting traveling salesman problem", Networks 19(6), 1989). **How.** Some
//! steps place jobs whatever they cost; after every step the changed tours lose, one after another, the visits that cost more
//! than they are worth, and tours that do as a whole. **What never happens:** a job with a priority taken out.

use super::tours::Tours;

/// The share of steps that place jobs whatever they cost.
pub(crate) const BOLD: f64 = 0.2;

/// Takes out of the tours changed in this step what does not pay.
pub(crate) fn shed(tours: &mut Tours<'_>) {
    if !tours.model.optional {
        return;
    }
    let touched: Vec<u32> = tours.touched().collect();
    for slot in touched {
        while let Some(job) = dearest(tours, slot) {
            tours.remove(slot, &[job]);
        }
        shed_whole(tours, slot);
    }
    tours.trim();
}

/// The visit that costs most above its prize, if any does.
fn dearest(tours: &Tours<'_>, slot: u32) -> Option<u32> {
    let (model, route) = (tours.model, tours.route(slot));
    let excess = route.jobs.iter().enumerate().filter_map(|(at, &job)| {
        let task = &model.tasks[job as usize];
        let saved = route.saving(model, &model.slots[slot as usize], at) - task.prize;
        (saved > 0 && is_free(tours, job)).then_some((saved, job))
    });
    excess.max().map(|(_, job)| job)
}

/// Whether a job may go without taking others along. Depots go when nobody needs them, see [`Tours::trim`].
fn is_free(tours: &Tours<'_>, job: u32) -> bool {
    let task = &tours.model.tasks[job as usize];
    task.priority == 0 && !is_depot(tours, job) && task.descendants.iter().all(|&other| tours.spot(other).is_none())
}

fn is_depot(tours: &Tours<'_>, task: u32) -> bool {
    tours.model.problem.jobs[tours.model.origin(task)].depot
}

fn shed_whole(tours: &mut Tours<'_>, slot: u32) {
    let route = tours.route(slot);
    let prizes: i64 = route.jobs.iter().map(|&job| tours.model.tasks[job as usize].prize).sum();
    let free = !route.jobs.is_empty() && route.jobs.iter().all(|&job| is_depot(tours, job) || is_free(tours, job));
    if free && tours.closing_saves(slot) > prizes {
        let jobs = route.jobs.clone();
        tours.remove(slot, &jobs);
    }
}
