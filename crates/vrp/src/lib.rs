//! The vehicle-routing solver: which vehicle visits which job, in which shift, in which order.
//!
//! **Why.** Fleet questions arrive as places, windows, loads, breaks and priorities. Once every place is an index and every
//! way between two places a number, the question is a pure one, and this crate answers it. It knows no map, no wire format,
//! no file but the classic instance texts in [`formats`], and no clock but the deadline that the caller puts into [`Stop`].
//!
//! **How.** A [`Problem`] is checked once ([`Problem::check`]) and compiled into flat arrays. [`solve`] builds a first plan
//! greedily and then improves it by *slack induction by string removals* (SISR; Jan Christiaens and Greet Vanden Berghe,
//! "Slack Induction by String Removals for Vehicle Routing Problems", Transportation Science 54(2), 2020): strings of
//! neighbouring visits are torn out of their tours and put back greedily, overlooking a position now and then, under simulated
//! annealing. The order of solutions is strict: first the sum of priorities, then the cost of the [`Objective`].
//! [`check`] judges any plan from the problem alone; it shares no code with the search.
//!
//! **What never happens.** No floating-point number decides which of two plans is the better one. With a budget of steps the
//! answer is a function of problem, seed and thread count. A plan never breaks a window, a break, a capacity or an order for
//! the sake of cost: what does not fit stays unassigned.
//!
//! ```
//! use std::sync::atomic::AtomicBool;
//! use vrp::{Job, Matrix, Objective, Problem, Shift, Stop, Terms, TimeWindow, Vehicle};
//!
//! // Place 0 is the yard, places 1 and 2 are customers; ten units of time and distance between any two.
//! let legs = vec![0, 10, 10, 10, 0, 10, 10, 10, 0];
//! let shift = Shift { window: TimeWindow { open: 0, close: 100 }, start_place: 0, end_place: 0, ..Shift::default() };
//! let problem = Problem {
//!     vehicles: vec![Vehicle { shifts: vec![shift], ..Vehicle::default() }],
//!     jobs: (1..=2).map(|place| Job { place, dwell: 5, priority: 1, ..Job::default() }).collect(),
//!     matrix: Matrix::new(3, legs.clone(), legs)?,
//!     objective: Objective::Distance,
//!     terms: Terms::default(),
//! };
//! problem.check()?;
//! let cancel = AtomicBool::new(false);
//! let stop = Stop { deadline: None, steps: Some(200), cancel: &cancel, stagnation: None };
//! let plan = vrp::solve(&problem, &stop, 1, 1, &mut |_| {});
//! assert_eq!((plan.value.priority, plan.value.cost), (2, 30));
//! assert!(vrp::check(&problem, &plan).is_empty());
//! # Ok::<(), vrp::ProblemError>(())
//! ```

mod check;
mod follow;
pub mod formats;
mod matrix;
mod plan;
mod problem;
mod reasons;
mod search;
mod stop;
mod unusable;

pub use check::{Violation, check, worth};
pub use follow::unkeepable;
pub use matrix::{Matrix, UNREACHABLE};
pub use plan::{Activity, Plan, Tour, TourStop, Travel, Value};
pub use problem::{
    Balance, Break, Given, GivenTour, Job, Limits, MAX_BREAK_STATES, MAX_SHIFT_LENGTH, Objective, Overtime, Price,
    Problem, ProblemError, Shift, Terms, TimeWindow, Vehicle,
};
pub use reasons::{Cause, LeftOver, Limit, Remedy, reasons};
pub use search::{improve, orders_fit, solve, solve_by};
pub use stop::{Progress, Stop};
pub use unusable::{Hindrance, Unusable, unusable};
