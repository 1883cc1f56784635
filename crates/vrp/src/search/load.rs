//! What a vehicle can carry.
//!
//! **Why.** Loads run on from shift to shift, drop-offs without a named source are loaded at the start of their shift, and a
//! vehicle may have many dimensions; most requests use almost nothing of this. **How.** Each dimension gets the cheapest exact
//! test that its quantities allow: none; a sum over the vehicle (only pick-ups); a sum over the shift (only drop-offs that the
//! start covers), both as a *pot* from which every job takes its amount; or the full walk of the contract's rule. **What never happens:** an approximation.

use crate::Problem;

/// No bound.
const BOUNDLESS: i64 = i64::MAX / 4;

/// How a dimension is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Only pick-ups: all of a vehicle's quantities together must fit.
    PickUps,
    /// Only drop-offs loaded at the start: those of a shift together must fit.
    DropOffs,
    /// Both, or drop-offs with a source: the load is followed visit by visit.
    Mixed,
}

/// Quantities and capacities by the dimensions that matter.
#[derive(Debug)]
pub(crate) struct Loads {
    kinds: Vec<Kind>,
    /// Of job times dimension.
    quantity: Vec<i64>,
    /// Of vehicle times dimension.
    capacity: Vec<i64>,
    /// Whether a job's drop-off must come from visits before it.
    sourced: Vec<bool>,
    /// What of a job's quantity counts against a pot, of job times dimension; 0 in a mixed dimension.
    amounts: Vec<i64>,
    /// Whether any dimension is mixed.
    pub(crate) mixed: bool,
}

impl Loads {
    /// The loads of the jobs of a problem and of further visits to these depots.
    pub(crate) fn new(problem: &Problem, copies: &[u32]) -> Self {
        let named = problem.jobs.iter().map(|job| job.quantity.len()).max().unwrap_or(0);
        let kinds: Vec<(usize, Kind)> = (0..named).filter_map(|d| Some((d, kind(problem, d)?))).collect();
        let of = |numbers: &[i64], missing: i64| -> Vec<i64> {
            kinds.iter().map(|&(d, _)| numbers.get(d).copied().unwrap_or(missing)).collect()
        };
        let jobs = || problem.jobs.iter().chain(copies.iter().map(|&depot| &problem.jobs[depot as usize]));
        Self {
            quantity: jobs().flat_map(|job| of(&job.quantity, 0)).collect(),
            amounts: jobs().flat_map(|job| amounts(&kinds, &job.quantity)).collect(),
            capacity: problem.vehicles.iter().flat_map(|vehicle| of(&vehicle.capacity, BOUNDLESS)).collect(),
            sourced: jobs().map(|job| !job.drop_off_from.is_empty()).collect(),
            mixed: kinds.iter().any(|&(_, kind)| kind == Kind::Mixed),
            kinds: kinds.into_iter().map(|(_, kind)| kind).collect(),
        }
    }

    /// A job's quantities in the dimensions that matter.
    pub(crate) fn of_job(&self, job: u32) -> &[i64] {
        &self.quantity[job as usize * self.kinds.len()..][..self.kinds.len()]
    }

    /// What a job takes from its pots.
    #[inline]
    pub(crate) fn amounts(&self, job: u32) -> &[i64] {
        &self.amounts[job as usize * self.kinds.len()..][..self.kinds.len()]
    }

    /// The pots of all slots: for each slot and dimension, the index of the number that says how much room is left there, and
    /// the number at the beginning. What is only picked up shares one pot in all shifts of a vehicle.
    pub(crate) fn pots(&self, slots: &[(usize, usize)]) -> (Vec<u32>, Vec<i64>) {
        let dimensions = self.kinds.len();
        let (mut pots, mut room) = (Vec::with_capacity(slots.len() * dimensions), Vec::new());
        for (slot, &(vehicle, first_slot)) in slots.iter().enumerate() {
            for (d, kind) in self.kinds.iter().enumerate() {
                let owner = if *kind == Kind::PickUps { first_slot } else { slot };
                pots.push((owner * dimensions + d) as u32);
                room.push(self.of_vehicle(vehicle)[d]);
            }
        }
        (pots, room)
    }

    /// What a vehicle can carry in the first dimension that matters.
    pub(crate) fn capacity(&self, vehicle: usize) -> i64 {
        self.of_vehicle(vehicle).first().copied().unwrap_or(BOUNDLESS)
    }

    fn of_vehicle(&self, vehicle: usize) -> &[i64] {
        &self.capacity[vehicle * self.kinds.len()..][..self.kinds.len()]
    }

    /// Follows the load of a vehicle through its shifts; the first job at which it fails, if any.
    ///
    /// A drop-off without a source that finds too little adds what is missing to the start of its shift; where that overloads
    /// the shift, it is the one to blame.
    pub(crate) fn first_misfit<S, J>(&self, vehicle: usize, shifts: &S) -> Option<u32>
    where
        S: Iterator<Item = J> + Clone,
        J: Iterator<Item = u32>,
    {
        let capacity = self.of_vehicle(vehicle);
        let mixed = (0..self.kinds.len()).filter(|&d| self.kinds[d] == Kind::Mixed);
        mixed.into_iter().find_map(|d| {
            let mut carried = 0;
            shifts.clone().find_map(|jobs| match self.walk(d, capacity[d], carried, jobs) {
                Ok(left) => {
                    carried = left;
                    None
                }
                Err(job) => Some(job),
            })
        })
    }

    /// For each stop of a vehicle's only shift, from its start on, and each dimension: the room that is left on board.
    pub(crate) fn levels(&self, vehicle: usize, jobs: &[u32], into: &mut Vec<i64>) {
        let dimensions = self.kinds.len();
        into.clear();
        into.resize((jobs.len() + 1) * dimensions, 0);
        for (d, &capacity) in self.of_vehicle(vehicle).iter().enumerate() {
            let (mut running, mut lowest) = (0, 0);
            for (at, &job) in jobs.iter().enumerate() {
                running += self.quantity[job as usize * dimensions + d];
                lowest = lowest.min(running);
                into[(at + 1) * dimensions + d] = running;
            }
            // What drop-offs miss was on board since the start.
            for level in into[d..].iter_mut().step_by(dimensions) {
                *level = capacity - (*level - lowest);
            }
        }
    }

    /// One shift in one dimension: the load left at its end, or the job to blame.
    fn walk(&self, d: usize, capacity: i64, carried: i64, jobs: impl Iterator<Item = u32>) -> Result<i64, u32> {
        let (mut running, mut added, mut highest) = (carried, 0, carried);
        for job in jobs {
            let quantity = self.quantity[job as usize * self.kinds.len() + d];
            if quantity == 0 {
                continue;
            }
            running += quantity;
            if running + added < 0 {
                if self.sourced[job as usize] {
                    return Err(job);
                }
                added = -running;
            }
            highest = highest.max(running);
            if highest + added > capacity {
                return Err(job);
            }
        }
        Ok(running + added)
    }
}

/// A job's amounts in the dimensions that matter.
fn amounts(kinds: &[(usize, Kind)], quantity: &[i64]) -> Vec<i64> {
    let named = |d: usize| quantity.get(d).copied().unwrap_or(0);
    kinds.iter().map(|&(d, kind)| if kind == Kind::Mixed { 0 } else { named(d).abs() }).collect()
}

/// How a dimension must be tested, or nothing when it cannot fail.
fn kind(problem: &Problem, d: usize) -> Option<Kind> {
    let bounded = problem.vehicles.iter().any(|vehicle| d < vehicle.capacity.len());
    let quantities = || problem.jobs.iter().map(|job| job.quantity.get(d).copied().unwrap_or(0));
    let sourced = problem
        .jobs
        .iter()
        .any(|job| !job.drop_off_from.is_empty() && job.quantity.get(d).is_some_and(|&quantity| quantity < 0));
    if sourced {
        return Some(Kind::Mixed);
    }
    if !bounded {
        return None;
    }
    match (quantities().any(|quantity| quantity > 0), quantities().any(|quantity| quantity < 0)) {
        (false, false) => None,
        (true, false) => Some(Kind::PickUps),
        (false, true) => Some(Kind::DropOffs),
        (true, true) => Some(Kind::Mixed),
    }
}
