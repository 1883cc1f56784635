//! Putting jobs back by what they are worth for the time that they take.
//!
//! **Why.** Where not all jobs fit, time is what is short, and an order fixed beforehand does not see which job would cost how
//! much of it now. **How.** Again and again the job with the best ratio of priority, raised to a power drawn for the step, to
//! the delay of what follows it is placed (the ratio of Pieter Vansteenwegen, Wouter Souffriau, Greet Vanden Berghe and Dirk
//! Van Oudheusden, "Iterated local search for the team orienteering problem with time windows", Computers & Operations
//! Research 36(12), 2009, section 3.1). Only the tour that changed is looked at anew. **What never happens:** a job placed in a
//! shift with breaks or a price on time, or in problems with orders or mixed loads: there the delay says too little.

use fastrand::Rng;

use super::blinks::Blinks;
use super::memory::Memory;
use super::model::Model;
use super::tours::{Spot, Tours};

/// A place for a job and how much later that lets the vehicle reach its next stop.
#[derive(Debug, Clone, Copy)]
struct Delay {
    time: i64,
    spot: Spot,
}

/// Places jobs by their worth.
#[derive(Debug)]
pub(crate) struct Worth {
    blinks: Blinks,
    memory: Memory,
    /// Each job's priority raised to the step's power.
    powers: Vec<f64>,
}

impl Worth {
    /// Nothing where the delay says too little, or where there is nothing to choose.
    pub(crate) fn new(model: &Model<'_>, blinks: Blinks) -> Option<Self> {
        let simple = model.rules.is_none()
            && !model.ordered
            && !model.loads.mixed
            && model.slots.iter().all(super::model::Slot::is_plain);
        simple.then(|| Self { blinks, memory: Memory::new(model.tasks.len(), model.slots.len()), powers: Vec::new() })
    }

    /// Places what fits of these jobs.
    pub(crate) fn run(&mut self, tours: &mut Tours<'_>, jobs: &[u32], rng: &mut Rng) {
        let halves = rng.u32(2..=5);
        self.powers.clear();
        self.powers.extend(jobs.iter().map(|&job| power(tours.model.tasks[job as usize].priority as f64, halves)));
        let mut pending: Vec<usize> = (0..jobs.len()).collect();
        loop {
            let mut best: Option<(f64, usize, Spot)> = None;
            pending.retain(|&index| {
                let Some(delay) = self.least_delay(tours, jobs[index]) else { return false };
                let ratio = self.powers[index] / (delay.time.max(0) + 1) as f64;
                if best.is_none_or(|(other, ..)| ratio > other) && !self.blinks.blink() {
                    best = Some((ratio, index, delay.spot));
                }
                true
            });
            let Some((_, index, spot)) = best else { return };
            tours.insert(spot, jobs[index]);
            pending.retain(|&other| other != index);
        }
    }

    fn least_delay(&mut self, tours: &Tours<'_>, job: u32) -> Option<Delay> {
        let mut best: Option<Delay> = None;
        for &slot in tours.worked.members() {
            if !tours.sums_allow(slot, job) {
                continue;
            }
            let version = tours.version(slot);
            let (time, at) = self.memory.recall(version, slot, job).unwrap_or_else(|| {
                let found = tours.route(slot).least_delay(tours.model, job).unwrap_or((i64::MAX, 0));
                self.memory.keep(version, slot, job, found);
                found
            });
            if best.map_or(i64::MAX, |delay| delay.time) > time {
                best = Some(Delay { time, spot: Spot { slot, at } });
            }
        }
        best.or_else(|| alone(tours, job))
    }
}

/// In an empty slot: the whole tour counts as delay.
fn alone(tours: &Tours<'_>, job: u32) -> Option<Delay> {
    let model = tours.model;
    let task = &model.tasks[job as usize];
    let delays = model.neighbours.homes(job).iter().filter_map(|home| {
        let vehicle = tours.first_idle(home.class)?;
        let slot = (model.vehicles[vehicle].first_slot + home.shift as usize) as u32;
        let frame = &model.slots[slot as usize];
        let driving = model.leg(frame.start, task.place).duration() + model.leg(task.place, frame.end).duration();
        tours.sums_allow(slot, job).then_some(Delay { time: driving + task.dwell, spot: Spot { slot, at: 0 } })
    });
    delays.min_by_key(|delay| delay.time)
}

/// A number to the power of that many halves; by roots and products only, which are the same on all machines.
fn power(base: f64, halves: u32) -> f64 {
    (0..halves).fold(1.0, |product, _| product * base.sqrt())
}
