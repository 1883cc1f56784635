//! The first solution.
//!
//! **Why.** The first plan must be there at once, also for two thousand jobs, and the walk should not begin from nothing.
//! **How.** Greedy insertion in several orders, and insertion by regret (regret-2: Potvin and Rousseau, "A parallel route
//! building algorithm for the vehicle routing and scheduling problem with time windows", 1993, section 3): the job that would
//! lose most by waiting goes first. The best result stays. In a large problem the first attempt is told at once, and what the
//! attempts overlooked is put in at the end: an insertion there looks only beside neighbours and at a few kinds of empty shifts.
//! **What never happens:** a run past the deadline: every attempt ends where it is when time is up.

use fastrand::Rng;

use super::blinks::Blinks;
use super::complete::complete;
use super::island::Watch;
use super::prizes;
use super::recreate::{Offer, Order, Recreate};
use super::tours::Tours;

/// What comes first in each greedy attempt.
const ORDERS: [Order; 4] = [Order::Priority, Order::Density, Order::Far, Order::Closing];

/// Problems of this size get two orders only before the search goes on.
const LARGE: usize = 1000;

/// Up to this many jobs are placed by regret too: each placing looks at all that are left, so the work grows with the square.
const REGRET_MOST: usize = 250;

/// Leaves the best of the attempts in `tours`, which must be empty; `tell` hears of the first one if more take long.
pub(crate) fn build(tours: &mut Tours<'_>, watch: &Watch<'_>, rng: &mut Rng, tell: &mut dyn FnMut(&Tours<'_>)) {
    let model = tours.model;
    let mut recreate = Recreate::new(model, Blinks::none());
    // The first job of a tour hardly ever pays for itself.
    recreate.bold = true;
    let mut best = None;
    if model.problem.terms.given.is_some() {
        attempt(tours, watch, &mut best, |tours| {
            resume(tours, &mut recreate);
            greedy(tours, &mut recreate, watch, Order::Priority, rng);
        });
    }
    let is_large = model.tasks.len() > LARGE;
    let orders = if is_large { &ORDERS[..2] } else { &ORDERS[..] };
    for (number, &order) in orders.iter().enumerate() {
        attempt(tours, watch, &mut best, |tours| greedy(tours, &mut recreate, watch, order, rng));
        if number == 0 && is_large {
            tell(tours);
        }
    }
    if model.tasks.len() <= REGRET_MOST {
        attempt(tours, watch, &mut best, |tours| regret(tours, &mut recreate, watch, rng));
    }
    if let Some((_, sequences)) = best {
        tours.restore(&sequences);
    }
    if is_large {
        complete(tours, &|| watch.time_is_up());
    }
}

type Best = Option<(super::tours::Score, Vec<(u32, Vec<u32>)>)>;

/// Builds from nothing and keeps the result if it is the best so far; the first attempt is made whatever the time.
fn attempt(tours: &mut Tours<'_>, watch: &Watch<'_>, best: &mut Best, build: impl FnOnce(&mut Tours<'_>)) {
    if best.is_some() && watch.time_is_up() {
        return;
    }
    tours.clear();
    build(tours);
    prizes::shed(tours);
    let score = tours.score();
    if best.as_ref().is_none_or(|(other, _)| score.better_than(*other)) {
        *best = Some((score, tours.sequences()));
    }
}

/// Takes up the plan in force: its visits in their order, as far as they still fit.
fn resume(tours: &mut Tours<'_>, recreate: &mut Recreate) {
    let model = tours.model;
    for tour in model.problem.terms.given.iter().flat_map(|given| &given.tours) {
        let slot = (model.vehicles[tour.vehicle].first_slot + tour.shift) as u32;
        for &job in tour.jobs.iter().skip(tour.fixed) {
            if let Some(task) = tours.spare_visit(job as u32) {
                recreate.append(tours, slot, task);
            }
        }
    }
}

/// Places the jobs in one order, each where it is cheapest.
fn greedy(tours: &mut Tours<'_>, recreate: &mut Recreate, watch: &Watch<'_>, order: Order, rng: &mut Rng) {
    let mut jobs: Vec<u32> = tours.model.hopeful_jobs().collect();
    order.sort(tours.model, &mut jobs, rng);
    for &job in &jobs {
        if watch.time_is_up() {
            break;
        }
        recreate.place(tours, job);
    }
}

/// Places, again and again, the job whose second-best slot is worst beside its best one. A job that only one slot can still
/// take comes before all others; among equals the order by priority and effort decides. What only fits together with the
/// jobs that it waits for is placed at the end, greedily.
fn regret(tours: &mut Tours<'_>, recreate: &mut Recreate, watch: &Watch<'_>, rng: &mut Rng) {
    let model = tours.model;
    let mut left: Vec<u32> = model.hopeful_jobs().filter(|&job| tours.spot(job).is_none()).collect();
    Order::Density.sort(model, &mut left, rng);
    while !watch.time_is_up() {
        let mut chosen: Option<(i64, usize, Offer)> = None;
        for (place, &job) in left.iter().enumerate() {
            if model.tasks[job as usize].ancestors.iter().any(|&ancestor| tours.spot(ancestor).is_none()) {
                continue;
            }
            let Some((offer, loss)) = best_and_loss(tours, recreate, job) else { continue };
            if chosen.is_none_or(|(most, _, _)| loss > most) {
                chosen = Some((loss, place, offer));
            }
        }
        let Some((_, place, offer)) = chosen else { break };
        tours.insert(offer.spot, left.remove(place));
    }
    for &job in &left {
        if watch.time_is_up() {
            break;
        }
        recreate.place(tours, job);
    }
}

/// The cheapest place for a job, and what the cheapest one in any other slot would cost more.
fn best_and_loss(tours: &Tours<'_>, recreate: &mut Recreate, job: u32) -> Option<(Offer, i64)> {
    let best = recreate.cheapest(tours, job)?;
    let slot = best.spot.slot as usize;
    recreate.closed = slot..slot + 1;
    let second = recreate.cheapest(tours, job);
    recreate.closed = 0..0;
    Some((best, second.map_or(i64::MAX, |second| second.cost - best.cost)))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::super::model::Model;
    use super::*;
    use crate::{Job, Matrix, Objective, Problem, Shift, Stop, Terms, TimeWindow, Vehicle};

    /// Two yards and two customers; whoever is served from the near yard leaves the other to the far one. Customer 2 is a
    /// little nearer to yard 0, so that the nearest insertion takes it first and sends customer 3 across.
    fn problem() -> Problem {
        let legs = [[0, 90, 4, 5], [90, 0, 6, 80], [4, 6, 0, 90], [5, 80, 90, 0]].concat();
        let shift = |yard| Shift {
            window: TimeWindow { open: 0, close: 1000 },
            start_place: yard,
            end_place: yard,
            ..Shift::default()
        };
        let vehicle = |yard| Vehicle { shifts: vec![shift(yard)], capacity: vec![1], ..Vehicle::default() };
        let job = |place| Job { place, quantity: vec![1], priority: 1, ..Job::default() };
        Problem {
            vehicles: vec![vehicle(0), vehicle(1)],
            jobs: vec![job(2), job(3)],
            matrix: Matrix::new(4, legs.clone(), legs).unwrap(),
            objective: Objective::Distance,
            terms: Terms::default(),
        }
    }

    #[test]
    fn the_job_that_would_lose_most_goes_first() {
        let problem = problem();
        let model = Model::new(&problem);
        let cancel = AtomicBool::new(false);
        let stop = Stop { deadline: None, steps: Some(0), cancel: &cancel, stagnation: None };
        let watch = Watch::new(&stop);
        let mut recreate = Recreate::new(&model, Blinks::none());
        let mut tours = Tours::new(&model);
        regret(&mut tours, &mut recreate, &watch, &mut Rng::with_seed(1));
        assert_eq!(tours.spot(1).map(|spot| spot.slot), Some(0), "customer 3 loses 150 by going to the far yard");
        assert_eq!(tours.spot(0).map(|spot| spot.slot), Some(1), "customer 2 loses 4");
        // The cheapest first, in the order of the file, ends worse: that is what regret is for.
        let by_regret = tours.score();
        tours.restore(&[]);
        for job in [0, 1] {
            recreate.place(&mut tours, job);
        }
        assert!(by_regret.better_than(tours.score()));
    }
}
