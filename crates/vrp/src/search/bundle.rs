//! Placing a job together with the jobs that it waits for.
//!
//! **Why.** A drop-off alone is impossible and its pick-up alone is often worthless; only together do they show what they cost.
//! **How.** On each promising vehicle the first job of the bundle is tried at its cheapest places, and for each of them the
//! rest follows greedily; the cheapest whole wins. The tries change the solution and take themselves back. **What never
//! happens:** a part of a bundle left behind when the whole did not fit.

use super::recreate::{Offer, Recreate};
use super::tours::{Spot, Tours};

/// How many places of the first job are followed up on each vehicle.
const FIRST_PLACES: usize = 16;

/// How many places of the first job are followed up on all vehicles together.
const MOST_FOLLOWED: usize = 64;

/// How many vehicles are tried.
const VEHICLES: usize = 12;

/// Places a job and its absent predecessors; on failure nothing is changed.
pub(crate) fn place(recreate: &mut Recreate, tours: &mut Tours<'_>, job: u32) -> bool {
    let task = &tours.model.tasks[job as usize];
    let absent = task.ancestors.iter().copied().filter(|&ancestor| tours.spot(ancestor).is_none());
    let mut bundle: Vec<u32> = absent.chain([job]).collect();
    if bundle.iter().any(|&job| tours.is_barred(job)) {
        return false;
    }
    let near = vehicles(tours, job, &bundle);
    if place_together(recreate, tours, &near, &bundle) {
        return true;
    }
    let mut depots: Vec<u32> =
        bundle.iter().flat_map(|&member| &tours.model.tasks[member as usize].depots).copied().collect();
    depots.sort_unstable();
    depots.dedup();
    let visits: Option<Vec<u32>> = depots.iter().map(|&depot| tours.spare_visit(depot)).collect();
    let Some(visits) = visits.filter(|visits| !visits.is_empty()) else { return false };
    bundle.splice(0..0, visits);
    place_together(recreate, tours, &near, &bundle)
}

/// Places a job together with a visit of each depot that it needs: a new load where the old one does not reach.
pub(crate) fn place_with_depots(recreate: &mut Recreate, tours: &mut Tours<'_>, job: u32) -> bool {
    let depots = &tours.model.tasks[job as usize].depots;
    let visits: Option<Vec<u32>> = depots.iter().map(|&depot| tours.spare_visit(depot)).collect();
    let Some(mut bundle) = visits else { return false };
    bundle.push(job);
    let vehicles = vehicles(tours, job, &bundle);
    place_together(recreate, tours, &vehicles, &bundle)
}

/// Places two jobs of which neither fits alone: with breaks, a further visit may lead to the place where a break can be taken.
pub(crate) fn place_pair(recreate: &mut Recreate, tours: &mut Tours<'_>, pair: [u32; 2]) {
    if pair.iter().all(|&job| tours.model.tasks[job as usize].ancestors.is_empty()) {
        let mut vehicles = vehicles(tours, pair[0], &pair);
        vehicles.truncate(VEHICLES);
        place_together(recreate, tours, &vehicles, &pair);
    }
}

fn place_together(recreate: &mut Recreate, tours: &mut Tours<'_>, vehicles: &[usize], bundle: &[u32]) -> bool {
    let mut first = Vec::new();
    for &vehicle in vehicles {
        let offers = recreate.offers(tours, vehicle, bundle[0]).into_iter().take(FIRST_PLACES);
        first.extend(offers.map(|offer| (offer, vehicle)));
    }
    let many = first.len() > MOST_FOLLOWED;
    if many {
        first.sort_by_key(|(offer, _)| (offer.cost, offer.spot));
        first.truncate(MOST_FOLLOWED);
    }
    let mut best: Option<(i64, Vec<Spot>)> = None;
    for (offer, vehicle) in first {
        // What follows hardly ever costs less than nothing, so with many to choose from the rest is left alone.
        if many && best.as_ref().is_some_and(|(cost, _)| *cost <= offer.cost) {
            break;
        }
        let before = tours.score().cost;
        let spots = follow(recreate, tours, vehicle, offer, bundle);
        if let Some(spots) = &spots
            && best.as_ref().is_none_or(|(cost, _)| tours.score().cost - before < *cost)
        {
            best = Some((tours.score().cost - before, spots.clone()));
        }
        take_back(tours, bundle);
    }
    let Some((_, spots)) = best else { return false };
    for (spot, &job) in spots.into_iter().zip(bundle) {
        tours.insert(spot, job);
    }
    true
}

/// The first job at its place, the others greedily after it; where all of them stood when they were inserted. Where the first
/// one does not fit alone, the next one has to mend its slot.
fn follow(
    recreate: &mut Recreate,
    tours: &mut Tours<'_>,
    vehicle: usize,
    first: Offer,
    bundle: &[u32],
) -> Option<Vec<Spot>> {
    tours.insert(first.spot, bundle[0]);
    let mut spots = vec![first.spot];
    for &job in &bundle[1..] {
        let mut best = None;
        let slots = if tours.is_sound(first.spot.slot) {
            tours.model.slots_of(vehicle)
        } else {
            first.spot.slot as usize..first.spot.slot as usize + 1
        };
        recreate.in_slots(tours, slots, job, &mut best);
        let offer = best?;
        tours.insert(offer.spot, job);
        spots.push(offer.spot);
    }
    tours.is_sound(first.spot.slot).then_some(spots)
}

fn take_back(tours: &mut Tours<'_>, bundle: &[u32]) {
    for &job in bundle.iter().rev() {
        if let Some(spot) = tours.spot(job) {
            tours.remove(spot.slot, &[job]);
        }
    }
}

/// The vehicles worth trying: the one that the placed predecessors bind to, or those near the bundle.
pub(crate) fn vehicles(tours: &Tours<'_>, job: u32, bundle: &[u32]) -> Vec<usize> {
    let model = tours.model;
    if model.tasks[job as usize].ancestors.iter().any(|&ancestor| tours.spot(ancestor).is_some()) {
        return only_vehicle(tours, job).into_iter().collect();
    }
    let mut found = Vec::new();
    let mut add = |vehicle: usize| {
        if !found.contains(&vehicle) {
            found.push(vehicle);
        }
    };
    for &member in bundle {
        let near = model.neighbours.beside(member).iter();
        near.filter_map(|&other| tours.vehicle_of(other)).take(VEHICLES).for_each(&mut add);
        for home in model.neighbours.homes(member) {
            let members = &model.classes[home.class as usize];
            members.iter().find(|&&vehicle| !tours.works(vehicle)).into_iter().for_each(|&vehicle| add(vehicle));
            members.iter().find(|&&vehicle| tours.works(vehicle)).into_iter().for_each(|&vehicle| add(vehicle));
        }
    }
    found
}

/// The vehicle on which all placed predecessors of a job stand; nothing if they stand on several.
pub(crate) fn only_vehicle(tours: &Tours<'_>, job: u32) -> Option<usize> {
    let ancestors = &tours.model.tasks[job as usize].ancestors;
    let mut vehicles = ancestors.iter().filter_map(|&ancestor| tours.vehicle_of(ancestor));
    let first = vehicles.next()?;
    vehicles.all(|vehicle| vehicle == first).then_some(first)
}
