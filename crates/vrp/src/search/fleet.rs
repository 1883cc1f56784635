//! Making do with fewer vehicles.
//!
//! **Why.** Where vehicles count first, giving one up is worth any distance, but the walk to a solution without it leads over
//! many in which some job stands nowhere; a walk along costs does not find it. **How.** The tour whose jobs were easiest to place
//! so far is dissolved, no other may be opened, and jobs are torn out and put back until all stand again; then the next one. A
//! step is kept when the jobs left out were left out less often so far, all together (absence counts: SISR, section 5.4, "fleet
//! minimization"), or when it leaves out the same and costs pass the thermostat. **What never happens:** a solution that leaves
//! out a job given out as the result: what is kept is the last one in which all stood.

use std::ops::Range;

use fastrand::Rng;

use super::anneal::Anneal;
use super::recreate::{Orders, Recreate};
use super::ruin::ruin;
use super::tours::Tours;

/// The share of the budget after which the fleet is as it is.
pub(crate) const SHARE: f64 = 0.3;

/// How hot the walk over the ways begins after it, as a part of the usual heat. Jobs stand where few vehicles could take them, which is far
/// from where they should; without this heat four hundred jobs ended 5 to 10 percent longer.
pub(crate) const HEAT_AFTER: f64 = 12.0;

/// The chance of a step to give one vehicle up for another, where they are not all alike.
const SWAP: f64 = 0.1;

/// The state of the reduction.
#[derive(Debug)]
pub(crate) struct Fleet {
    /// How often each job was left out.
    counts: Vec<u64>,
    jobs: Vec<u32>,
    /// The chance of a step to give one vehicle up for another.
    swap: f64,
    /// The last solution in which all stood.
    whole: Vec<(u32, Vec<u32>)>,
}

impl Fleet {
    /// Begins from a solution in which all jobs with a priority stand; nothing otherwise, since then no vehicle can be given up.
    pub(crate) fn new(tours: &mut Tours<'_>) -> Option<Self> {
        if tours.missing() > 0 || tours.worked.members().is_empty() {
            return None;
        }
        let counts = vec![0; tours.model.tasks.len()];
        let swap = if tours.model.classes.len() > 1 { SWAP } else { 0.0 };
        let mut fleet = Self { counts, jobs: Vec::new(), swap, whole: tours.sequences() };
        fleet.dissolve(tours);
        Some(fleet)
    }

    /// Takes all jobs out of the vehicle whose jobs were left out least often, and closes it.
    fn dissolve(&mut self, tours: &mut Tours<'_>) {
        let model = tours.model;
        let mut sums: Vec<Option<u64>> = vec![None; model.vehicles.len()];
        for &slot in tours.worked.members() {
            let here: u64 = tours.route(slot).jobs.iter().map(|&job| self.counts[job as usize]).sum();
            *sums[model.slots[slot as usize].vehicle].get_or_insert(0) += here;
        }
        let easiest = (0..sums.len()).filter(|&vehicle| sums[vehicle].is_some()).min_by_key(|&vehicle| sums[vehicle]);
        let Some(vehicle) = easiest else { return };
        for slot in model.slots_of(vehicle) {
            let jobs = tours.route(slot as u32).jobs.clone();
            if !jobs.is_empty() {
                tours.remove(slot as u32, &jobs);
            }
        }
        tours.trim();
        tours.most_working = tours.working();
    }

    /// One step; whether a vehicle was given up by it.
    pub(crate) fn step(
        &mut self,
        tours: &mut Tours<'_>,
        recreate: &mut Recreate,
        anneal: &Anneal,
        orders: &Orders,
        rng: &mut Rng,
    ) -> bool {
        tours.begin();
        let (present, left_out) = (tours.score().cost, self.left_out(tours));
        recreate.closed = if rng.f64() < self.swap {
            swap(tours, rng)
        } else {
            let centre = rng.u32(..tours.model.jobs as u32);
            ruin(tours, centre, rng).closed
        };
        self.jobs.clear();
        self.jobs.extend_from_slice(tours.absent.members());
        orders.draw(rng).sort(tours.model, &mut self.jobs, rng);
        recreate.run(tours, &self.jobs, rng);
        if tours.missing() == 0 {
            self.whole = tours.sequences();
            self.dissolve(tours);
            return true;
        }
        let now = self.left_out(tours);
        let dearer = tours.score().cost - present;
        let accepted = now < left_out || (now == left_out && anneal.bears(dearer, rng));
        for &job in tours.absent.members().iter().filter(|&&job| tours.model.tasks[job as usize].priority > 0) {
            self.counts[job as usize] += 1;
        }
        if !accepted {
            tours.roll_back();
        }
        false
    }

    fn left_out(&self, tours: &Tours<'_>) -> u64 {
        tours.absent.members().iter().map(|&job| self.counts[job as usize]).sum()
    }

    /// Goes back to the last solution in which all stood; from here on no more vehicles work than in it.
    pub(crate) fn finish(self, tours: &mut Tours<'_>) {
        tours.most_working = usize::MAX;
        tours.restore(&self.whole);
        tours.most_working = tours.working();
    }
}

/// Empties a vehicle and closes its slots for the step, so that another one comes in.
fn swap(tours: &mut Tours<'_>, rng: &mut Rng) -> Range<usize> {
    let model = tours.model;
    let worked = tours.worked.members();
    if worked.is_empty() {
        return 0..0;
    }
    let slots = model.slots_of(model.slots[worked[rng.usize(..worked.len())] as usize].vehicle);
    for slot in slots.clone() {
        let jobs = tours.route(slot as u32).jobs.clone();
        if !jobs.is_empty() {
            tours.remove(slot as u32, &jobs);
        }
    }
    tours.trim();
    slots
}
