//! Tearing strings of neighbouring visits out of their tours.
//!
//! **Why.** Jobs that lie together in space and stand together in tours, taken out together, leave room that is worth having
//! (SISR, section 5.2: "slack induction by string removals"). **How.** Around a seed job, tours are met in the order of
//! nearness; each loses a string that contains the met job, half of the time with a few jobs in its middle kept. The seed is
//! an absent job half of the time, so that room comes up where somebody waits for it. **What never happens:** a job left
//! standing whose predecessor was taken.

use std::ops::Range;

use fastrand::Rng;

use super::cross::cross;
use super::tours::Tours;

/// Visits taken out on average.
const AVERAGE: f64 = 10.0;

/// The longest string. In a small problem whose tours are long a longer one pays: what a whole string of a tour should look like
/// is half of the question there; in a large one it only costs steps.
const LONGEST: f64 = 10.0;
const LONGEST_OF_FEW: f64 = 25.0;
const FEW_JOBS: usize = 150;

/// The share of steps that keep to the usual length nevertheless, since one long string leaves no room in any other tour.
const USUAL: f64 = 0.5;

/// The chance that tours exchange their tails first.
const CROSS: f64 = 0.1;

/// The chance that a string keeps some jobs in its middle, and that it keeps one more.
const SPLIT: f64 = 0.5;
const KEEP_MORE: f64 = 0.99;

/// Groups of jobs bound by order, up to this size, are usually taken out as a whole.
const SMALL_GROUP: usize = 6;

/// The chance for that.
const WHOLE_GROUP: f64 = 0.8;

/// The chance that a whole vehicle or a whole shift is emptied instead, and that it stays closed for the step. In a plan of many
/// tours that is rarer: it costs several times as much as a usual step, and one tour more or less matters less.
const EMPTY_WHOLE: f64 = 0.04;
const FEW_TOURS: f64 = 8.0;
const CLOSE: f64 = 0.5;

/// The most visits to take out at once.
const MOST: usize = 40;

/// What a ruin leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ruin {
    /// The job around which jobs were taken out.
    pub(crate) seed: u32,
    /// Slots that should get nothing in this step.
    pub(crate) closed: Range<usize>,
}

/// Takes jobs out around a seed, which is one of the jobs around the centre or an absent one.
pub(crate) fn ruin(tours: &mut Tours<'_>, centre: u32, rng: &mut Rng) -> Ruin {
    let seed = seed(tours, centre, rng);
    let mut closed = 0..0;
    let whole = EMPTY_WHOLE * (FEW_TOURS / tours.worked.members().len().max(1) as f64).min(1.0);
    match tours.spot(seed) {
        Some(spot) if tours.is_mine(spot.slot) && rng.f64() < whole => closed = empty(tours, spot.slot as usize, rng),
        _ => {
            if rng.f64() < CROSS {
                cross(tours, seed, rng);
            }
            strings(tours, seed, rng);
        }
    }
    tours.trim();
    Ruin { seed, closed }
}

/// Empties a whole vehicle or one of its shifts: the step from one vehicle to another, or from one shift to another, often pays
/// only for all visits together. Perhaps says that it should stay closed.
fn empty(tours: &mut Tours<'_>, slot: usize, rng: &mut Rng) -> Range<usize> {
    let vehicle = tours.model.slots_of(tours.model.slots[slot].vehicle);
    let slots = if rng.bool() { slot..slot + 1 } else { vehicle };
    let visits: usize = slots.clone().map(|slot| tours.route(slot as u32).jobs.len()).sum();
    if visits > MOST {
        return 0..0;
    }
    for slot in slots.clone() {
        let jobs = tours.route(slot as u32).jobs.clone();
        take(tours, slot as u32, &jobs, rng);
    }
    if rng.f64() < CLOSE { slots } else { 0..0 }
}

fn strings(tours: &mut Tours<'_>, seed: u32, rng: &mut Rng) {
    let model = tours.model;
    let worked = tours.worked.members().len();
    let mean_length = tours.placed() as f64 / worked.max(1) as f64;
    let long = tours.absent.members().is_empty() && model.jobs <= FEW_JOBS && rng.f64() >= USUAL;
    let longest = longest_string(mean_length, worked, long);
    let most_strings = 4.0 * AVERAGE / (1.0 + longest) - 1.0;
    let strings = ((rng.f64() * most_strings) as usize + 1).min(worked);
    let (mut torn, mut jobs) = (Vec::with_capacity(strings), Vec::with_capacity(LONGEST_OF_FEW as usize + 1));
    for &job in [seed].iter().chain(model.neighbours.around(seed)) {
        if torn.len() >= strings {
            break;
        }
        let Some(spot) = tours.spot(job) else { continue };
        if torn.contains(&spot.slot) || !tours.is_mine(spot.slot) {
            continue;
        }
        torn.push(spot.slot);
        jobs.clear();
        string(&tours.route(spot.slot).jobs, spot.at as usize, longest, &mut jobs, rng);
        take(tours, spot.slot, &jobs, rng);
    }
}

/// With few tours, full-length strings would tear up everything at once.
fn longest_string(mean_length: f64, worked: usize, long: bool) -> f64 {
    let share = if worked <= 4 { 0.5 } else { 1.0 };
    (mean_length * share).clamp(1.0, if long { LONGEST_OF_FEW } else { LONGEST })
}

fn seed(tours: &Tours<'_>, centre: u32, rng: &mut Rng) -> u32 {
    let absent = tours.absent.members();
    if !absent.is_empty() && rng.bool() {
        let one = absent[rng.usize(..absent.len())];
        let other = absent[rng.usize(..absent.len())];
        let priority = |job: u32| tours.model.tasks[job as usize].priority;
        return if priority(one) >= priority(other) { one } else { other };
    }
    let around = tours.model.neighbours.around(centre);
    around.get(rng.usize(..=around.len())).copied().unwrap_or(centre)
}

/// A string of a tour around a position, or a longer one without its middle.
fn string(jobs: &[u32], at: usize, longest: f64, taken: &mut Vec<u32>, rng: &mut Rng) {
    let most = longest.min(jobs.len() as f64);
    let length = ((rng.f64() * most) as usize + 1).min(jobs.len());
    let mut kept = 0;
    if length > 1 && length < jobs.len() && rng.f64() < SPLIT {
        kept = 1;
        while length + kept < jobs.len() && rng.f64() > KEEP_MORE {
            kept += 1;
        }
    }
    let whole = length + kept;
    let first = (at + 1).saturating_sub(whole);
    let last = at.min(jobs.len() - whole);
    let begin = rng.usize(first..=last);
    let keep_from = begin + rng.usize(0..=length);
    let keep_from = if kept > 0 { keep_from } else { begin + whole };
    taken.extend_from_slice(&jobs[begin..keep_from]);
    taken.extend_from_slice(&jobs[keep_from + kept..begin + whole]);
}

fn take(tours: &mut Tours<'_>, slot: u32, jobs: &[u32], rng: &mut Rng) {
    let free: Vec<u32>;
    let mut jobs = jobs;
    if !tours.model.fixed.is_empty() {
        free = jobs.iter().copied().filter(|&job| !tours.model.is_locked(job)).collect();
        jobs = &free;
    }
    if !tours.model.ordered {
        if !jobs.is_empty() {
            tours.remove(slot, jobs);
        }
        return;
    }
    for &job in jobs {
        let task = &tours.model.tasks[job as usize];
        let group = 1 + task.ancestors.len() + task.descendants.len();
        if group > 1 && group <= SMALL_GROUP && rng.f64() < WHOLE_GROUP {
            for &ancestor in &task.ancestors {
                tours.remove_with_dependants(ancestor);
            }
        }
        tours.remove_with_dependants(job);
    }
}
