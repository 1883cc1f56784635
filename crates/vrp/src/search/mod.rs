//! The search.
//!
//! **Why.** Everything between the question and the plan. **How.** `model` compiles the problem; `route` and `tours` hold a
//! solution that can be changed and taken back; `build` makes the first one; `ruin`, then `recreate` or `worth` make a
//! neighbour, with `memory` for what has not changed, and `handover` gives tours other vehicles; `anneal` decides whether to
//! go there, `island` is the loop; `timetable` writes the best one down. **What never happens:** an infeasible solution at the
//! end of a step.

mod anneal;
mod areas;
mod blinks;
mod breaks;
mod build;
mod bundle;
mod complete;
mod fleet;
mod handover;
mod island;
mod legs;
mod load;
mod memory;
mod model;
mod neighbours;
mod pairs;
mod prizes;
mod recreate;
mod route;
mod ruin;
mod rules;
mod skills;
mod span;
mod strict;
mod timetable;
mod tours;
mod worth;

pub use breaks::orders_fit;
pub(crate) use breaks::{BreakStates, break_states};
pub use island::{solve, solve_by};

/// Later than every moment, with room to add legs.
const NEVER: i64 = i64::MAX / 4;

/// Earlier than every moment.
const TOO_EARLY: i64 = -NEVER;
