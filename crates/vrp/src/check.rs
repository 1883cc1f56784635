//! The judge of plans.
//!
//! **Why.** A plan that breaks a rule is worse than none, and a search that judges itself repeats its own mistakes. **How.** From
//! the problem and the plan alone: every tour is followed stop by stop with plain arithmetic, then what concerns several tours
//! (loads that run on, orders, totals, the list of unassigned jobs) is judged over each vehicle and over the whole. Nothing is
//! believed, nothing computed by the search is used, and no line is shared with it. **What never happens:** a panic on a
//! senseless plan, or an end at the first fault: all of them are listed, each with a stable code.

mod load;
mod terms;
mod tour;
mod whole;

use crate::{Plan, Problem, Tour, Value};

/// A rule that a plan breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// A stable name of the rule, such as `visit.window`.
    pub code: &'static str,
    /// Where it is broken, by what, and what was expected.
    pub message: String,
}

/// Lists every rule that the plan breaks; an empty list is a valid plan.
///
/// Codes: `tour.unknown`, `tour.order`, `tour.departure`, `tour.arrival`, `tour.late`, `tour.duration`, `tour.idle`,
/// `tour.missing`;
/// `visit.unknown`, `visit.repeated`, `visit.start`, `visit.window`, `visit.dwell`, `visit.order`, `visit.skill`;
/// `travel.leg`, `travel.unreachable`; `break.unknown`, `break.repeated`, `break.missing`, `break.start`, `break.window`, `break.duration`;
/// `load.source`, `load.capacity`; `limit.driving`, `limit.distance`, `limit.duration`; `terms.together`,
/// `terms.apart`, `terms.fixed`; `unassigned.list`; `value.priority`, `value.travel`, `value.cost`, `value.vehicles`.
pub fn check(problem: &Problem, plan: &Plan) -> Vec<Violation> {
    let mut report = Report::default();
    let known = whole::known_tours(problem, plan, &mut report);
    for tour in &known {
        tour::judge(problem, tour, &mut report);
    }
    whole::judge(problem, plan, &known, &mut report);
    load::judge(problem, &known, &mut report);
    report.violations
}

/// What tours are worth by the rules, whether they keep them or not; those of vehicles or shifts that do not exist are left out.
pub fn worth(problem: &Problem, tours: &[Tour]) -> Value {
    let exists =
        |tour: &&Tour| problem.vehicles.get(tour.vehicle).is_some_and(|vehicle| tour.shift < vehicle.shifts.len());
    whole::worth(problem, &tours.iter().filter(exists).collect::<Vec<_>>())
}

/// Collects what was found.
#[derive(Debug, Default)]
struct Report {
    violations: Vec<Violation>,
}

impl Report {
    fn add(&mut self, code: &'static str, message: String) {
        self.violations.push(Violation { code, message });
    }

    /// Adds a violation unless the rule holds.
    fn expect(&mut self, holds: bool, code: &'static str, message: impl FnOnce() -> String) {
        if !holds {
            self.add(code, message());
        }
    }
}
