//! The first solution.
//!
//! **Why.** The first plan must be there at once, also for two thousand jobs, and the walk should not begin from nothing.
//! **How.** Greedy insertion in several orders; the best result stays. **What never happens:** a run past the deadline: the
//! orders end where they are when time is up.

use fastrand::Rng;

use super::blinks::Blinks;
use super::island::Watch;
use super::recreate::{Order, Recreate};
use super::tours::Tours;

/// What comes first in each attempt.
const ORDERS: [Order; 4] = [Order::Priority, Order::Density, Order::Far, Order::Closing];

/// Problems of this size get one order only before the search goes on.
const LARGE: usize = 1000;

/// Leaves the best of the attempts in `tours`, which must be empty.
pub(crate) fn build(tours: &mut Tours<'_>, watch: &Watch<'_>, rng: &mut Rng) {
    let model = tours.model;
    let mut recreate = Recreate::new(model, Blinks::none());
    let mut best = None;
    let attempts = if model.tasks.len() > LARGE { 2 } else { ORDERS.len() };
    for order in &ORDERS[..attempts] {
        tours.restore(&[]);
        let mut jobs: Vec<u32> = (0..model.tasks.len() as u32).collect();
        order.sort(model, &mut jobs, rng);
        for &job in &jobs {
            if watch.time_is_up() {
                break;
            }
            recreate.place(tours, job);
        }
        let score = tours.score();
        if best.as_ref().is_none_or(|(other, _)| score.better_than(*other)) {
            best = Some((score, tours.sequences()));
        }
        if watch.time_is_up() {
            break;
        }
    }
    if let Some((_, sequences)) = best {
        tours.restore(&sequences);
    }
}
