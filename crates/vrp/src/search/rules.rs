//! The rules that labels do not know.
//!
//! **Why.** Most problems are windows, breaks, loads and ways; their insertion tests take constant time. Setting up, releases,
//! limits of a shift, overtime, travel by the hour, depots, agreements between jobs, a plan in force and even work are asked for
//! by few, and each would cost everybody something. **How.** A problem that uses any of them gets a [`Rules`]; for it the labels
//! are a relaxation (they may allow too much, and never too little), and whatever they allow is followed exactly, in time by
//! [`crate::follow::clock`] and in load by [`crate::follow::load`], before it is believed. **What never happens:** a problem
//! without such rules paying for them: it has no `Rules`, and one look at that is all.

use crate::follow::load::Short;
use crate::follow::{Clocks, Stretch};
use crate::{Job, Problem};

use super::model::Slot;

/// No vehicle.
const NOBODY: u32 = u32::MAX;

/// How loads are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carriage {
    /// There are no depots: as without rules.
    Plain,
    /// All that is carried comes from depots, in trips (see [`super::trips`]).
    Trips,
    /// Depots and more: by following them.
    Followed,
}

/// What a problem asks for beyond labels.
#[derive(Debug)]
pub(crate) struct Rules<'p> {
    pub(crate) problem: &'p Problem,
    clocks: Clocks<'p>,
    /// Whether a shift must be followed through time.
    in_time: bool,
    carriage: Carriage,
    /// Whether there is one depot and no other.
    pub(crate) one_depot: bool,
    /// Whether what these rules say of a job in a slot depends on the visits of that slot alone.
    pub(crate) local: bool,
    /// For each job the groups that share a vehicle with it, and those that do not.
    together: Vec<Vec<u32>>,
    apart: Vec<Vec<u32>>,
    /// For each job its vehicle in the plan in force.
    homes: Vec<u32>,
    move_cost: i64,
    balance: i64,
    /// What one unit of time of overtime costs, for one micro-unit an hour.
    overtime: i64,
}

impl<'p> Rules<'p> {
    /// The rules of a problem, if it has any that labels do not know; `unit` is what one unit of the objective costs the search.
    pub(crate) fn new(problem: &'p Problem, unit: i64, overtime: i64) -> Option<Self> {
        let jobs = problem.jobs.len();
        let in_time = follows_time(problem);
        let depots = problem.jobs.iter().any(|job| job.depot);
        let terms = &problem.terms;
        let bound = !terms.together.is_empty() || !terms.apart.is_empty();
        if !in_time && !depots && !bound && terms.given.is_none() && terms.balance.is_none() {
            return None;
        }
        let one_shift_each = problem.vehicles.iter().all(|vehicle| vehicle.shifts.len() <= 1);
        let mut homes = vec![NOBODY; jobs];
        for tour in terms.given.iter().flat_map(|given| &given.tours) {
            for &job in tour.jobs.iter().filter(|&&job| !problem.jobs[job].depot) {
                homes[job] = tour.vehicle as u32;
            }
        }
        Some(Self {
            problem,
            clocks: Clocks::new(problem),
            in_time,
            one_depot: problem.jobs.iter().filter(|job| job.depot).count() == 1,
            carriage: match () {
                () if !depots => Carriage::Plain,
                () if one_shift_each && super::trips::are_all(problem) => Carriage::Trips,
                () => Carriage::Followed,
            },
            local: !bound && terms.balance.is_none() && (one_shift_each || !depots),
            together: others(&terms.together, jobs),
            apart: others(&terms.apart, jobs),
            homes,
            move_cost: terms.given.as_ref().map_or(0, |given| given.move_cost * unit),
            balance: terms.balance.map_or(0, |balance| balance.weight * unit),
            overtime,
        })
    }

    /// Whether loads depend on visits of depots.
    pub(crate) fn depots(&self) -> bool {
        self.carriage != Carriage::Plain
    }

    /// Whether all that is carried comes from depots.
    pub(crate) fn trips(&self) -> bool {
        self.carriage == Carriage::Trips
    }

    /// Whether nothing is asked for but that all is loaded at one depot, perhaps not before it is there.
    pub(crate) fn knows_trips_alone(&self) -> bool {
        let (problem, terms) = (self.problem, &self.problem.terms);
        let plain = |shift: &crate::Shift| shift.limits == crate::Limits::default() && shift.overtime.is_none();
        self.trips()
            && self.one_depot
            && terms.together.is_empty()
            && terms.apart.is_empty()
            && terms.given.is_none()
            && terms.balance.is_none()
            && !problem.matrix.is_timed()
            && problem.jobs.iter().all(|job| job.setup == 0)
            && problem.vehicles.iter().flat_map(|vehicle| &vehicle.shifts).all(plain)
    }

    /// What a worked slot costs, in the search's units; nothing if it breaks a rule. `labelled` is what the labels say.
    pub(crate) fn cost(&self, slot: &Slot, jobs: impl Iterator<Item = usize> + Clone, labelled: i64) -> Option<i64> {
        let moved = jobs.clone().filter(|&job| self.homes[job] != NOBODY && self.homes[job] != slot.vehicle as u32);
        let moves = if self.move_cost == 0 { 0 } else { self.move_cost * moved.count() as i64 };
        if !self.in_time {
            return Some(labelled + moves);
        }
        let finish = self.clocks.follow(slot.vehicle, slot.shift, jobs, Stretch::default()).ok()?;
        let shift = &self.problem.vehicles[slot.vehicle].shifts[slot.shift];
        let over = (finish.arrival - shift.window.close).max(0);
        let rate = shift.overtime.map_or(0, |overtime| overtime.per_hour_micro);
        let travel = slot.weights.of(finish.driving, finish.distance);
        Some(travel + slot.weights.elapsed * (finish.arrival - finish.departure) + rate * self.overtime * over + moves)
    }

    /// What a vehicle with so many visits pays for the evenness of work.
    pub(crate) fn balance(&self, visits: i64) -> i64 {
        self.balance * visits * visits
    }

    /// Whether even work is asked for.
    pub(crate) fn balances(&self) -> bool {
        self.balance != 0
    }

    /// Whether the jobs that a job must share a vehicle with, or must not, allow a vehicle.
    pub(crate) fn allow(&self, vehicle: usize, job: usize, visitor: impl Fn(u32) -> Option<usize>) -> bool {
        self.together[job].iter().all(|&other| visitor(other).is_none_or(|there| there == vehicle))
            && self.apart[job].iter().all(|&other| visitor(other) != Some(vehicle))
    }

    /// Follows the loads of a vehicle through its shifts.
    pub(crate) fn carry<S, J>(&self, vehicle: usize, shifts: S) -> Result<(), (usize, Short)>
    where
        S: Iterator<Item = J> + Clone,
        J: Iterator<Item = usize>,
    {
        crate::follow::load::carry(self.problem, vehicle, shifts)
    }
}

/// Whether anything needs a walk through time.
fn follows_time(problem: &Problem) -> bool {
    let job_rules = |job: &Job| job.setup > 0 || job.release.is_some();
    let shifts = || problem.vehicles.iter().flat_map(|vehicle| &vehicle.shifts);
    problem.matrix.is_timed()
        || problem.jobs.iter().any(job_rules)
        || shifts().any(|shift| shift.limits != crate::Limits::default() || shift.overtime.is_some())
}

/// For each job all others of its groups.
fn others(groups: &[Vec<usize>], jobs: usize) -> Vec<Vec<u32>> {
    let mut others = vec![Vec::new(); jobs];
    for group in groups {
        for &job in group {
            others[job].extend(group.iter().filter(|&&other| other != job).map(|&other| other as u32));
        }
    }
    others
}
