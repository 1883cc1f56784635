//! Following a sequence of visits exactly, rule by rule.
//!
//! **Why.** The search's labels know windows, breaks and the end of the shift; they answer in constant time and are all that
//! most problems need. Whatever else a problem says (limits of a shift, overtime, setting up, releases, travel that depends on
//! the hour, depots), and why a job does not fit, takes a walk along the sequence. **How.** [`clock`] follows one shift through
//! time, [`load`] one vehicle through its shifts; both stop at the first thing that fails and say what it was and by how much.
//! **What never happens:** a use by the checker, which follows plans in its own way.

pub(crate) mod clock;
pub(crate) mod load;

pub(crate) use clock::{Blame, Clocks, Stretch};

use crate::Problem;

/// The tours of a plan in force (indices into [`crate::Given::tours`]) whose fixed visits cannot be made as they stand.
pub fn unkeepable(problem: &Problem) -> Vec<usize> {
    let Some(given) = &problem.terms.given else { return Vec::new() };
    let clocks = Clocks::new(problem);
    let fixed = |vehicle: usize, shift: usize| {
        let tour = given.tours.iter().find(|tour| (tour.vehicle, tour.shift) == (vehicle, shift));
        tour.map_or(&[][..], |tour| &tour.jobs[..tour.fixed.min(tour.jobs.len())])
    };
    let is_broken = |&number: &usize| {
        let tour = &given.tours[number];
        let own = fixed(tour.vehicle, tour.shift);
        if own.is_empty() {
            return false;
        }
        let vehicle = &problem.vehicles[tour.vehicle];
        let shifts = (0..vehicle.shifts.len()).map(|shift| fixed(tour.vehicle, shift).iter().copied());
        let visits: Vec<usize> = shifts.clone().flatten().collect();
        let able = |job: &usize| problem.jobs[*job].skills.iter().all(|skill| vehicle.skills.contains(skill));
        let follows =
            |at: usize| problem.jobs[visits[at]].drop_off_from.iter().all(|named| visits[..at].contains(named));
        let in_time = clocks.follow(tour.vehicle, tour.shift, own.iter().copied(), Stretch::default()).is_ok();
        let on_board = load::carry(problem, tour.vehicle, shifts).is_ok();
        !in_time || !on_board || !own.iter().all(able) || !(0..visits.len()).all(follows)
    };
    (0..given.tours.len()).filter(is_broken).collect()
}
