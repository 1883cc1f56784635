//! From sequences to a plan with times.
//!
//! **Why.** The search knows earliest times only; a plan names the moment of every visit and break. **How.** The route's forward
//! pass once more, now remembering for each stop and break state what led to its earliest time, then read back from the end.
//! **What never happens:** a different cost than the search's: both take the earliest finish.

use crate::{Activity, Plan, Tour, TourStop, Travel, Value};

use super::NEVER;
use super::model::{Model, Slot};
use super::span;

/// Writes down the solution given as the job sequences of its worked slots.
pub(crate) fn plan(model: &Model<'_>, sequences: &[(u32, Vec<u32>)], steps: u64, seed: u64) -> Plan {
    let mut by_slot: Vec<&[u32]> = vec![&[]; model.slots.len()];
    for (slot, jobs) in sequences {
        by_slot[*slot as usize] = jobs;
    }
    let mut tours = Vec::new();
    for vehicle in 0..model.vehicles.len() {
        let slots = model.slots_of(vehicle);
        if slots.clone().any(|slot| !by_slot[slot].is_empty()) {
            tours.extend(slots.filter_map(|slot| tour(model, &model.slots[slot], by_slot[slot])));
        }
    }
    let mut unassigned: Vec<bool> = vec![true; model.tasks.len()];
    sequences.iter().flat_map(|(_, jobs)| jobs).for_each(|&job| unassigned[job as usize] = false);
    let unassigned: Vec<usize> = (0..unassigned.len()).filter(|&job| unassigned[job]).collect();
    let value = Value::of(model.problem, &tours, &unassigned);
    Plan { tours, unassigned, value, steps, seed }
}

fn tour(model: &Model<'_>, slot: &Slot, jobs: &[u32]) -> Option<Tour> {
    if jobs.is_empty() && !slot.driven_when_empty {
        return None;
    }
    let stops = if jobs.is_empty() { Vec::new() } else { stops(model, slot, jobs) };
    let last_place = jobs.last().map_or(slot.start, |&job| model.tasks[job as usize].place);
    let last_travel = travel(model, last_place, slot.end);
    let departure = span::departure(model, slot, jobs);
    let ready = stops.last().map_or(departure, |stop: &TourStop| stop.end);
    Some(Tour {
        vehicle: slot.vehicle,
        shift: slot.shift,
        departure,
        stops,
        last_travel,
        arrival: ready + last_travel.duration,
    })
}

fn travel(model: &Model<'_>, from: u32, to: u32) -> Travel {
    let leg = model.leg(from, to);
    Travel { duration: leg.duration(), distance: leg.distance() }
}

/// The earliest moment to be ready in a state, and what came last before it.
#[derive(Clone, Copy)]
struct Reached {
    ready: i64,
    /// The state before a break taken on the spot and the break's index; nothing when the vehicle came from the stop before.
    by_break: Option<(usize, usize)>,
}

fn stops(model: &Model<'_>, slot: &Slot, jobs: &[u32]) -> Vec<TourStop> {
    let table = forward(model, slot, jobs);
    let mut stops = Vec::with_capacity(jobs.len() + slot.breaks.count - 1);
    let (mut stop, mut state) = (jobs.len(), slot.breaks.count - 1);
    loop {
        let reached = table[stop][state];
        if let Some((before, index)) = reached.by_break {
            let rest = &model.problem.vehicles[slot.vehicle].shifts[slot.shift].breaks[index];
            let start = reached.ready - rest.duration;
            stops.push(TourStop {
                activity: Activity::Break(index),
                travel: Travel::default(),
                start,
                end: reached.ready,
            });
            state = before;
        } else if stop > 0 {
            let job = jobs[stop - 1];
            let task = &model.tasks[job as usize];
            let from = if stop > 1 { model.tasks[jobs[stop - 2] as usize].place } else { slot.start };
            stops.push(TourStop {
                activity: Activity::Visit(job as usize),
                travel: travel(model, from, task.place),
                start: reached.ready - task.dwell,
                end: reached.ready,
            });
            stop -= 1;
        } else {
            break;
        }
    }
    stops.reverse();
    stops
}

fn forward(model: &Model<'_>, slot: &Slot, jobs: &[u32]) -> Vec<Vec<Reached>> {
    let states = slot.breaks.count;
    let nothing = Reached { ready: NEVER, by_break: None };
    let mut here = vec![nothing; states];
    here[0].ready = span::departure(model, slot, jobs);
    rest(slot, &mut here);
    let mut table = vec![here];
    let mut place = slot.start;
    for &job in jobs {
        let task = &model.tasks[job as usize];
        let leg = model.leg(place, task.place).duration();
        let before = table.last().expect("the start is in the table");
        let arrive = |reached: &Reached| if reached.ready < NEVER { task.end(reached.ready + leg) } else { NEVER };
        let mut here: Vec<Reached> =
            before.iter().map(|reached| Reached { ready: arrive(reached), by_break: None }).collect();
        rest(slot, &mut here);
        table.push(here);
        place = task.place;
    }
    table
}

fn rest(slot: &Slot, here: &mut [Reached]) {
    for step in &slot.breaks.steps {
        if here[step.from].ready < NEVER {
            let end = step.end(here[step.from].ready);
            if end < here[step.to].ready {
                here[step.to] = Reached { ready: end, by_break: Some((step.from, step.index)) };
            }
        }
    }
}
