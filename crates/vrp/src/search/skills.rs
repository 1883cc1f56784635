//! Which vehicle may take which job.
//!
//! **Why.** Some jobs need what only some vehicles can do, and the question comes up before every insertion. **How.** Jobs that
//! need the same and vehicles that can do the same are groups; a small table by pairs of groups holds the answers. **What never
//! happens:** a search through lists of skills after construction.

use std::collections::HashMap;

use crate::Problem;

/// The table.
#[derive(Debug)]
pub(crate) struct Skills {
    /// The group of each job, and that of the vehicle of each slot.
    jobs: Vec<u32>,
    slots: Vec<u32>,
    /// By job group times vehicle group; empty when everybody may do everything.
    allowed: Vec<bool>,
    vehicle_groups: usize,
}

impl Skills {
    /// The skills of the jobs of a problem and of further visits to these depots.
    pub(crate) fn new(problem: &Problem, copies: &[u32]) -> Self {
        let further = copies.iter().map(|&depot| &problem.jobs[depot as usize]);
        let (jobs, needs) = groups(problem.jobs.iter().chain(further).map(|job| &job.skills));
        let (vehicles, able) = groups(problem.vehicles.iter().map(|vehicle| &vehicle.skills));
        let fits = |needs: &Vec<u32>, able: &Vec<u32>| needs.iter().all(|skill| able.binary_search(skill).is_ok());
        let mut allowed: Vec<bool> =
            needs.iter().flat_map(|needs| able.iter().map(move |able| fits(needs, able))).collect();
        if allowed.iter().all(|&allowed| allowed) {
            allowed.clear();
        }
        let counts = problem.vehicles.iter().map(|vehicle| vehicle.shifts.len());
        let slots = vehicles.iter().zip(counts).flat_map(|(&group, shifts)| std::iter::repeat_n(group, shifts));
        Self { jobs, slots: slots.collect(), allowed, vehicle_groups: able.len() }
    }

    /// Whether a slot's vehicle can do all that a job needs.
    #[inline]
    pub(crate) fn allow(&self, slot: u32, job: u32) -> bool {
        self.allowed.is_empty()
            || self.allowed[self.jobs[job as usize] as usize * self.vehicle_groups + self.slots[slot as usize] as usize]
    }
}

/// The group of each list, by the lists' sets, and the sets in rising order of their groups.
fn groups<'a>(lists: impl Iterator<Item = &'a Vec<u32>>) -> (Vec<u32>, Vec<Vec<u32>>) {
    let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
    let mut sets = Vec::new();
    let group_of = |list: &Vec<u32>| {
        let mut set = list.clone();
        set.sort_unstable();
        set.dedup();
        *known.entry(set).or_insert_with_key(|set| {
            sets.push(set.clone());
            sets.len() as u32 - 1
        })
    };
    (lists.map(group_of).collect(), sets)
}
