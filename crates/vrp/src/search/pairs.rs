//! A pick-up and its delivery, placed together in one pass over a tour.
//!
//! **Why.** Where jobs come in pairs, trying every place of the one with every place of the other by changing the solution is
//! most of a search's time. **How.** For each position of the pick-up the clock runs on along the tour as if it stood there, and
//! the delivery is tried after every further stop, until a window or the room on board says stop (constant-time tests as in
//! Timothy Curtois, Dario Landa-Silva, Yi Qu and Wasakorn Laesanklang, "Large neighbourhood search with adaptive guided ejection
//! search for the pickup and delivery problem with time windows", EURO Journal on Transportation and Logistics 7, 2018, section
//! 3.2). The answer for an unchanged tour is remembered. **What never happens:** a pair that is more than two jobs and what is
//! carried between them; others are bundles.

use crate::Objective;

use super::NEVER;
use super::legs::Around;
use super::model::Model;
use super::recreate::Recreate;
use super::route::Stop;
use super::tours::{Spot, Tours};

/// No partner.
const NOBODY: u32 = u32::MAX;

/// Up to this many worked slots all are tried; beyond, those in which neighbours of either half stand.
const FEW: usize = 32;

/// The most answers to remember for one job.
const MOST_CELLS: usize = 1024;

/// Where a pair would stand best in a tour: the pick-up after the first stop, the delivery after the second.
#[derive(Debug, Clone, Copy)]
struct Place {
    cost: i64,
    stops: [u32; 2],
}

const NO_PLACE: Place = Place { cost: i64::MAX, stops: [0; 2] };

/// The pairs of a problem, and what is remembered of them.
#[derive(Debug)]
pub(crate) struct Pairs {
    /// The pick-up of each delivery, and the other way round.
    pick_up: Vec<u32>,
    delivery: Vec<u32>,
    /// Whether half a pair is worth nothing on the way to fewer vehicles.
    whole: bool,
    /// By delivery and slot: the version of the tour, and the place in it.
    memory: Vec<(u64, Place)>,
    row: usize,
    /// For each stop of a tour and each dimension, the room left on board after it.
    levels: Vec<i64>,
    slots: Vec<u32>,
}

impl Pairs {
    pub(crate) fn new(model: &Model<'_>) -> Self {
        let pick_up: Vec<u32> = (0..model.tasks.len() as u32).map(|job| partner(model, job)).collect();
        let any = pick_up.iter().any(|&other| other != NOBODY);
        let mut delivery = vec![NOBODY; pick_up.len()];
        for (job, &other) in pick_up.iter().enumerate().filter(|(_, other)| **other != NOBODY) {
            delivery[other as usize] = job as u32;
        }
        let row = model.slots.len().next_power_of_two().min(MOST_CELLS);
        let memory = if any { vec![(u64::MAX, NO_PLACE); row * model.tasks.len()] } else { Vec::new() };
        let whole = model.problem.objective == Objective::Vehicles;
        Self { pick_up, delivery, whole, memory, row, levels: Vec::new(), slots: Vec::new() }
    }

    /// The pick-up of a delivery, if the two are a pair of their own.
    pub(crate) fn pick_up(&self, delivery: u32) -> Option<u32> {
        let other = self.pick_up[delivery as usize];
        (other != NOBODY).then_some(other)
    }

    /// Whether a job is a pick-up that should wait for its delivery to take it along.
    pub(crate) fn waits(&self, tours: &Tours<'_>, job: u32) -> bool {
        let delivery = self.delivery[job as usize];
        self.whole && delivery != NOBODY && tours.spot(delivery).is_none()
    }

    /// The cheapest place in a tour; from memory where the tour has not changed since.
    fn cheapest(&mut self, tours: &Tours<'_>, slot: u32, pair: [u32; 2]) -> Place {
        let cell = pair[1] as usize * self.row + (slot as usize & (self.row - 1));
        let version = tours.version(slot);
        if self.memory[cell].0 == version {
            return self.memory[cell].1;
        }
        let model = tours.model;
        let route = tours.route(slot);
        model.loads.levels(model.slots[slot as usize].vehicle, &route.jobs, &mut self.levels);
        let place = scan(model, slot, route.stops(), &self.levels, pair);
        self.memory[cell] = (version, place);
        place
    }
}

/// The only job that this one waits for, if nothing else waits for that one and all that it brings goes away again here.
fn partner(model: &Model<'_>, job: u32) -> u32 {
    let &[other] = model.tasks[job as usize].ancestors.as_slice() else { return NOBODY };
    let first = &model.tasks[other as usize];
    let (brought, taken) = (model.loads.of_job(other), model.loads.of_job(job));
    let cancels = brought.iter().zip(taken).all(|(&brought, &taken)| brought == -taken && brought >= 0);
    let alone = first.ancestors.is_empty() && first.descendants == [job];
    let one_shift = model.vehicles.iter().all(|vehicle| vehicle.shifts == 1);
    let simple = one_shift && model.rules.is_none() && model.slots.iter().all(super::model::Slot::is_plain);
    if cancels && alone && simple { other } else { NOBODY }
}

/// Places a pair of which neither half stands, where that is cheapest; or not at all.
pub(crate) fn place(recreate: &mut Recreate, tours: &mut Tours<'_>, pair: [u32; 2]) -> bool {
    let mut slots = std::mem::take(&mut recreate.pairs.slots);
    candidates(tours, pair, &mut slots);
    let (mut best, mut chosen) = (NO_PLACE, 0);
    for &slot in &slots {
        if recreate.closed.contains(&(slot as usize)) || !pair.iter().all(|&job| tours.sums_allow(slot, job)) {
            continue;
        }
        let mut place = recreate.pairs.cheapest(tours, slot, pair);
        if tours.route(slot).jobs.is_empty() && place.cost < i64::MAX {
            place.cost += tours.opening_cost(slot);
        }
        if place.cost < best.cost && !recreate.blinks.blink() {
            (best, chosen) = (place, slot);
        }
    }
    recreate.pairs.slots = slots;
    let tasks = pair.map(|job| &tours.model.tasks[job as usize]);
    let pays =
        recreate.bold || tasks.iter().any(|task| task.priority > 0) || best.cost < tasks[0].prize + tasks[1].prize;
    if best.cost == i64::MAX || !pays {
        return false;
    }
    let [first, second] = best.stops;
    tours.insert(Spot { slot: chosen, at: first }, pair[0]);
    tours.insert(Spot { slot: chosen, at: second + 1 }, pair[1]);
    true
}

/// The slots worth trying: all worked ones when they are few, else those with neighbours; and an empty one of each kind.
fn candidates(tours: &Tours<'_>, pair: [u32; 2], slots: &mut Vec<u32>) {
    let model = tours.model;
    slots.clear();
    let worked = tours.worked.members();
    if worked.len() <= FEW {
        slots.extend_from_slice(worked);
    } else {
        let beside = pair.iter().flat_map(|&job| model.neighbours.beside(job));
        for spot in beside.filter_map(|&other| tours.spot(other)) {
            if !slots.contains(&spot.slot) {
                slots.push(spot.slot);
            }
        }
    }
    let homes = model.neighbours.homes(pair[0]).iter();
    let idle =
        homes.filter_map(|home| tours.first_idle(home.class)).map(|vehicle| model.vehicles[vehicle].first_slot as u32);
    slots.extend(idle);
}

/// Tries all pairs of positions in one tour.
fn scan(model: &Model<'_>, slot: u32, stops: &[Stop], levels: &[i64], [first, second]: [u32; 2]) -> Place {
    let weights = model.slots[slot as usize].weights;
    let (pick_up, delivery) = (&model.tasks[first as usize], &model.tasks[second as usize]);
    let between = model.leg(pick_up.place, delivery.place);
    let (row, delivery_row) = (model.legs.row(pick_up.place), model.legs.row(delivery.place));
    let brought = model.loads.of_job(first);
    let has_room = |stop: usize| levels[stop * brought.len()..].iter().zip(brought).all(|(&room, &more)| more <= room);
    let mut best = NO_PLACE;
    for at in 0..stops.len() - 1 {
        let (before, after) = (&stops[at], &stops[at + 1]);
        if before.ready > pick_up.last_start {
            break;
        }
        let to = row.ways(before.place).to;
        let picked = pick_up.end(before.ready + to.duration());
        if picked >= NEVER || !has_room(at) {
            continue;
        }
        let on = delivery_row.ways(after.place).on;
        let cost = weights.leg(to) + weights.leg(between) + weights.leg(on) - before.leg_cost;
        if cost < best.cost && delivery.end(picked + between.duration()) + on.duration() <= after.late {
            best = Place { cost, stops: [at as u32; 2] };
        }
        let onward = row.ways(after.place).on;
        let detour = weights.leg(to) + weights.leg(onward) - before.leg_cost;
        if detour >= best.cost {
            continue;
        }
        let mut arrival = picked + onward.duration();
        for later in at + 1..stops.len() - 1 {
            let (stop, next) = (&stops[later], &stops[later + 1]);
            if arrival > stop.late || !has_room(later) {
                break;
            }
            let ready = model.tasks[stop.job as usize].end(arrival);
            if ready > delivery.last_start {
                break;
            }
            let (to, on) = (delivery_row.ways(stop.place).to, delivery_row.ways(next.place).on);
            let cost = detour + weights.leg(to) + weights.leg(on) - stop.leg_cost;
            if cost < best.cost && delivery.end(ready + to.duration()) + on.duration() <= next.late {
                best = Place { cost, stops: [at as u32, later as u32] };
            }
            arrival = ready + model.leg(stop.place, next.place).duration();
        }
    }
    best
}
