//! Why a job is left over, and the smallest change that would help.
//!
//! **Why.** "Unassigned" is no answer: a planner wants to know whether to widen a window, hire somebody, or let the job go.
//! **How.** First what no order of visits could mend (nobody has the skills, its predecessor is left over).
//! Then the job alone in every kind of empty shift: if it fits nowhere even there, what is in its way is its own window, the
//! length of the shifts or a capacity. Else the plan is in its way: it is tried at the places of the nearest tours, and what
//! fails there by the least is stretched until it fits ([`stretch`]), or a visit is found that could make room. Every remedy was
//! tried: with that change alone the job can be put into the plan as it is. The effort is bounded, so that two thousand
//! left-over jobs cost a fraction of a second. **What never happens:** a guess. What was not tried is not proposed.

mod ground;
mod stretch;

use crate::follow::load::{Short, carry};
use crate::follow::{Blame, Clocks, Stretch};
use crate::{Plan, Problem};
use ground::Ground;

/// A job that no tour visits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOver {
    /// Index of the job.
    pub job: usize,
    /// What is in its way.
    pub cause: Cause,
    /// What would let it into the plan as it is, the smallest change first; empty when no single change was found.
    pub remedies: Vec<Remedy>,
}

/// What is in the way of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// No vehicle has a shift whose breaks can all be taken.
    NoShift,
    /// No vehicle with a usable shift has all of its skills.
    Skills,
    /// No way leads from any start to it and on to the end.
    Unreachable,
    /// This job, which must come before it, is left over too.
    Predecessor(usize),
    /// The jobs that must come before it are visited by different vehicles.
    Split,
    /// It needs a visit of this depot before it, and there is no room for both.
    Depot(usize),
    /// Its windows suit no shift, even one without any other visit.
    Window,
    /// No shift is long enough to get there and back at any time, even without any other visit.
    ShiftTooShort,
    /// No shift has room for its breaks beside it, even without any other visit.
    Breaks,
    /// No vehicle can carry it, even alone.
    Capacity,
    /// A limit on driving, distance or duration of the shifts is too low for it, even alone.
    Limit,
    /// It would fit alone, but not beside the visits of any tour in the time there is.
    NoTime,
    /// It would fit in time, but no vehicle has room left for it.
    NoRoom,
    /// Jobs that it must share a vehicle with, or must not, leave no vehicle for it.
    Company,
    /// It would fit: the search was ended before it got there.
    Unfinished,
}

/// A change that lets a job in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// The job in the shift, if the named job (itself or another) closes at this moment or later.
    Close {
        /// Vehicle and shift.
        slot: (usize, usize),
        /// Whose window.
        job: usize,
        /// The moment.
        at: i64,
    },
    /// The job in the shift, if it opens at this moment or earlier.
    Open {
        /// Vehicle and shift.
        slot: (usize, usize),
        /// The moment.
        at: i64,
    },
    /// The job in the shift, if that ends at this moment or later.
    ShiftEnd {
        /// Vehicle and shift.
        slot: (usize, usize),
        /// The moment.
        at: i64,
    },
    /// The job in the shift, if one of its limits is this much higher.
    Limit {
        /// Vehicle and shift.
        slot: (usize, usize),
        /// Which limit.
        limit: Limit,
        /// By how much.
        by: i64,
    },
    /// The job on the vehicle, if that can carry so much more in a dimension.
    Capacity {
        /// The vehicle.
        vehicle: usize,
        /// The dimension, from 0.
        dimension: usize,
        /// By how much.
        by: i64,
    },
    /// The job on the vehicle, if that had these skills.
    Skills {
        /// The vehicle.
        vehicle: usize,
        /// What it lacks.
        skills: Vec<u32>,
    },
    /// The job in the shift, if these visits are given up.
    Displace {
        /// Vehicle and shift.
        slot: (usize, usize),
        /// The jobs.
        jobs: Vec<usize>,
        /// The sum of their priorities.
        priority: i64,
    },
}

/// A limit of a shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// On the sum of driving times.
    Driving,
    /// On the length of the way.
    Distance,
    /// On the time from leaving to arriving.
    Duration,
}

/// Visits that may be followed for all left-over jobs together, and at least for each one.
const EFFORT: usize = 2_000_000;
const EFFORT_EACH: usize = 1_500;

/// The most remedies of one job.
const REMEDIES: usize = 2;

/// The reason for every unassigned job of a plan, in the plan's order.
pub fn reasons(problem: &Problem, plan: &Plan) -> Vec<LeftOver> {
    if plan.unassigned.is_empty() {
        return Vec::new();
    }
    let ground = Ground::new(problem, plan);
    let effort = (EFFORT / plan.unassigned.len()).max(EFFORT_EACH);
    plan.unassigned.iter().map(|&job| reason(&ground, job, effort)).collect()
}

fn reason(ground: &Ground<'_>, job: usize, effort: usize) -> LeftOver {
    let plain = |cause| LeftOver { job, cause, remedies: Vec::new() };
    if ground.usable.is_empty() {
        return plain(Cause::NoShift);
    }
    let able = ground.able(job);
    if able.is_empty() {
        return LeftOver { job, cause: Cause::Skills, remedies: ground.lacking(job).into_iter().collect() };
    }
    match ground.predecessors(job) {
        Err(cause) => plain(cause),
        Ok(bound) => {
            let slots = able.into_iter().filter(|slot| bound.is_none_or(|vehicle| vehicle == slot.0));
            tried(ground, job, slots.collect(), effort)
        }
    }
}

/// What stands in the way of a job that somebody could serve.
fn tried(ground: &Ground<'_>, job: usize, slots: Vec<(usize, usize)>, effort: usize) -> LeftOver {
    let mut alone: Vec<Failure> = Vec::new();
    for slot in ground.kinds(&slots) {
        let failure = ground.alone(slot, job);
        if failure.obstacle.is_none() {
            return crowded(ground, job, slots, effort);
        }
        alone.push(failure);
    }
    let causes = alone.iter().filter_map(|failure| match failure.obstacle? {
        // Where another window of its own would do, it is the window that is in the way, not the shift.
        Obstacle::Time(Blame::Late(_) | Blame::Closed(..)) if ground.has_a_moment(failure.slot, job) => {
            Some((4, Cause::Window))
        }
        obstacle => alone_cause(obstacle),
    });
    let cause = causes.min_by_key(|&(rank, _)| rank).map_or(Cause::Unreachable, |(_, cause)| cause);
    let remedies = remedies(ground, job, alone);
    LeftOver { job, cause, remedies }
}

/// What a single attempt failed at: the slot, the number of visits before the job, and the obstacle if there is one.
#[derive(Debug, Clone, Copy)]
struct Failure {
    slot: (usize, usize),
    at: usize,
    /// Whether the slot was tried without its visits.
    alone: bool,
    obstacle: Option<Obstacle>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Obstacle {
    Time(Blame),
    Load(Short),
    Company,
}

/// The cause that an obstacle is for a job alone, and how much it says: what is met last says most.
fn alone_cause(obstacle: Obstacle) -> Option<(u8, Cause)> {
    Some(match obstacle {
        Obstacle::Load(Short::Depot { depot }) => (0, Cause::Depot(depot)),
        Obstacle::Load(_) => (1, Cause::Capacity),
        Obstacle::Company => (2, Cause::Company),
        Obstacle::Time(Blame::Driving(_) | Blame::Distance(_) | Blame::Duration(_)) => (3, Cause::Limit),
        Obstacle::Time(Blame::Late(_)) => (5, Cause::ShiftTooShort),
        Obstacle::Time(Blame::Breaks) => (6, Cause::Breaks),
        Obstacle::Time(Blame::Closed(..)) => (7, Cause::Window),
        Obstacle::Time(Blame::NoWay(_)) => return None,
    })
}

/// The job fits alone, but not beside what is planned.
fn crowded(ground: &Ground<'_>, job: usize, slots: Vec<(usize, usize)>, effort: usize) -> LeftOver {
    let mut spent = 0;
    let mut failures = Vec::new();
    let near = ground.nearest_first(slots.into_iter().filter(|&slot| ground.meets(slot, job)).collect(), job);
    for &slot in &near {
        if spent > effort / 2 {
            break;
        }
        let tried = ground.beside(slot, job, &mut spent);
        if tried.last().is_some_and(|failure| failure.obstacle.is_none()) {
            return LeftOver { job, cause: Cause::Unfinished, remedies: Vec::new() };
        }
        failures.extend(tried);
    }
    let is_load = |failure: &Failure| matches!(failure.obstacle, Some(Obstacle::Load(_)));
    let is_company = |failure: &Failure| matches!(failure.obstacle, Some(Obstacle::Company));
    let depot = failures.iter().find_map(|failure| match failure.obstacle {
        Some(Obstacle::Load(Short::Depot { depot })) => Some(depot),
        _ => None,
    });
    let cause = match depot {
        Some(depot) => Cause::Depot(depot),
        None if failures.iter().any(is_load) => Cause::NoRoom,
        None if !failures.is_empty() && failures.iter().all(is_company) => Cause::Company,
        None => Cause::NoTime,
    };
    let mut found = remedies(ground, job, failures);
    found.truncate(REMEDIES - 1);
    found.extend(stretch::displacement(ground, &near, job, effort / 2));
    LeftOver { job, cause, remedies: found }
}

/// The smallest changes that make one of the failed attempts succeed.
fn remedies(ground: &Ground<'_>, job: usize, mut failures: Vec<Failure>) -> Vec<Remedy> {
    const FOLLOWED: usize = 6;
    failures.sort_by_key(stretch::gap);
    let mut found: Vec<(i64, Remedy)> = Vec::new();
    for failure in failures.iter().take(FOLLOWED) {
        found.extend(stretch::remedy(ground, job, failure));
    }
    found.sort_by_key(|(change, _)| *change);
    found.into_iter().map(|(_, remedy)| remedy).take(REMEDIES).collect()
}
