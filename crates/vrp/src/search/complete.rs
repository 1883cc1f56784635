//! The last look at what is left over.
//!
//! **Why.** A search looks where it usually pays; a planner asks why an item is left over although somebody has room for it.
//! **How.** When the search is over, every absent job with a priority is tried at every place of every slot, the most worth first, until none
//! fits any more: a first visit may make way for the next one where breaks are involved. Of idle vehicles that are alike one is
//! tried. **What never happens:** a job left over that a single insertion could have served, unless time was up long before.

use super::blinks::Blinks;
use super::bundle::only_vehicle;
use super::model::Model;
use super::recreate::{Offer, Recreate};
use super::tours::Tours;

/// Inserts every absent job with a priority that fits anywhere; whether there was one.
pub(crate) fn complete(tours: &mut Tours<'_>, is_over: &dyn Fn() -> bool) -> bool {
    let wanted = |&&job: &&u32| tours.model.tasks[job as usize].priority > 0;
    let mut jobs: Vec<u32> = tours.absent.members().iter().filter(wanted).copied().collect();
    jobs.sort_unstable_by_key(|&job| (-tours.model.tasks[job as usize].priority, job));
    let mut recreate = Recreate::new(tours.model, Blinks::none());
    let (mut any, mut again) = (false, true);
    while std::mem::take(&mut again) {
        for &job in &jobs {
            if is_over() {
                return any;
            }
            if tours.spot(job).is_none()
                && let Some(offer) = anywhere(tours, &mut recreate, job)
            {
                tours.insert(offer.spot, job);
                (any, again) = (true, true);
            }
        }
    }
    any
}

/// The cheapest place of all for a job whose predecessors stand.
fn anywhere(tours: &Tours<'_>, recreate: &mut Recreate, job: u32) -> Option<Offer> {
    let model = tours.model;
    let mut best = None;
    let ancestors = &model.tasks[job as usize].ancestors;
    if ancestors.iter().any(|&ancestor| tours.spot(ancestor).is_none()) {
        return None;
    }
    if !ancestors.is_empty() {
        recreate.in_slots(tours, model.slots_of(only_vehicle(tours, job)?), job, &mut best);
        return best;
    }
    for vehicle in (0..model.vehicles.len()).filter(|&vehicle| is_distinct(tours, model, vehicle)) {
        recreate.in_slots(tours, model.slots_of(vehicle), job, &mut best);
    }
    best
}

fn is_distinct(tours: &Tours<'_>, model: &Model<'_>, vehicle: usize) -> bool {
    tours.works(vehicle) || tours.first_idle(model.vehicles[vehicle].class as u32) == Some(vehicle)
}
