//! From sequences to a plan with times.
//!
//! **Why.** The search knows earliest times only; a plan names the moment of every visit and break. **How.** The route's forward
//! pass once more, now remembering for each stop and break state what led to its earliest time, then read back from the end.
//! **What never happens:** a different cost than the search's: both take the earliest finish.

use crate::follow::clock::{self, service};
use crate::{Activity, Plan, Problem, Tour, TourStop, Travel, Value};

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
    let mut unassigned: Vec<bool> = wanted(model.problem);
    sequences.iter().flat_map(|(_, jobs)| jobs).for_each(|&job| unassigned[model.origin(job)] = false);
    let unassigned: Vec<usize> = (0..unassigned.len()).filter(|&job| unassigned[job]).collect();
    let value = Value::of(model.problem, &tours, &unassigned);
    Plan { tours, unassigned, value, steps, seed }
}

/// Every job but the depots that nobody names.
fn wanted(problem: &Problem) -> Vec<bool> {
    let mut wanted: Vec<bool> = problem.jobs.iter().map(|job| !job.depot).collect();
    problem.jobs.iter().flat_map(|job| &job.drop_off_from).for_each(|&named| wanted[named] = true);
    wanted
}

fn tour(model: &Model<'_>, slot: &Slot, jobs: &[u32]) -> Option<Tour> {
    if jobs.is_empty() && !slot.driven_when_empty {
        return None;
    }
    let departure = departure(model, slot, jobs);
    let stops = if jobs.is_empty() { Vec::new() } else { stops(model, slot, jobs) };
    let last_place = jobs.last().map_or(slot.start, |&job| model.tasks[job as usize].place);
    let ready = stops.last().map_or(departure, |stop: &TourStop| stop.end);
    let last_travel = travel(model, last_place, slot.end, ready);
    Some(Tour {
        vehicle: slot.vehicle,
        shift: slot.shift,
        departure,
        stops,
        last_travel,
        arrival: ready + last_travel.duration,
    })
}

fn travel(model: &Model<'_>, from: u32, to: u32, departure: i64) -> Travel {
    let [duration, distance] = model.problem.matrix.leg_at(from as usize, to as usize, departure).map(i64::from);
    Travel { duration, distance }
}

/// How long the visit of this number takes: setting up is saved where the visit before it was.
fn lasts(model: &Model<'_>, jobs: &[u32], number: usize) -> i64 {
    let place = |job: u32| model.tasks[job as usize].place as usize;
    let before = number.checked_sub(1).map(|before| place(jobs[before]));
    service(&model.problem.jobs[model.origin(jobs[number])], before)
}

/// When a slot is left: where a longest duration lets it be left late, then; else as early as what it brings along allows.
fn departure(model: &Model<'_>, slot: &Slot, jobs: &[u32]) -> i64 {
    let shift = &model.problem.vehicles[slot.vehicle].shifts[slot.shift];
    let released = clock::departure(model.problem, shift, jobs.iter().map(|&job| model.origin(job)));
    span::departure(model, slot, jobs).max(released)
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
                activity: Activity::Visit(model.origin(job)),
                travel: travel(model, from, task.place, table[stop - 1][state].ready),
                start: reached.ready - lasts(model, jobs, stop - 1),
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
    here[0].ready = departure(model, slot, jobs);
    rest(slot, &mut here);
    let mut table = vec![here];
    let mut place = slot.start;
    for (number, &job) in jobs.iter().enumerate() {
        let task = &model.tasks[job as usize];
        let lasts = lasts(model, jobs, number);
        let hold =
            clock::hold(model.problem, model.origin(job), &jobs[number + 1..].iter().map(|&job| model.origin(job)));
        let before = table.last().expect("the start is in the table");
        let arrive = |reached: &Reached| {
            if reached.ready >= NEVER {
                return NEVER;
            }
            let arrival = reached.ready + travel(model, place, task.place, reached.ready).duration;
            task.end_after(arrival.max(hold), lasts)
        };
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
