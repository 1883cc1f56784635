//! The search.
//!
//! **Why.** Everything between the question and the plan. **How.** `model` compiles the problem; `route` and `tours` hold a
//! solution that can be changed and taken back; `build` makes the first one, `resume` takes up an earlier one; `ruin`, perhaps
//! after a `cross` of tours, then `recreate` or `worth` make a neighbour, with `memory` for what has not changed, and `handover`
//! gives tours other vehicles; `anneal` decides whether to go there, `island` is the loop, `relay` lets it cool many times, where
//! jobs come in pairs from a `spread` of them, and `breed` crosses what came of that; where a problem is plain, a `crowd` of solutions
//! goes on `together`, in `laps` where time does not bind; `timetable` writes the best
//! one down. **What never happens:** a solution that breaks a rule as the plan; only the crowd works with such at all, by itself.

mod anneal;
mod areas;
mod blinks;
mod breaks;
mod breed;
mod build;
mod bundle;
mod complete;
mod cross;
mod crowd;
mod fleet;
mod handover;
mod hopeless;
mod island;
mod laps;
mod legs;
mod load;
mod memory;
mod model;
mod neighbours;
mod pairs;
mod prizes;
mod recreate;
mod relay;
mod reload;
mod resume;
mod route;
mod ruin;
mod rules;
mod skills;
mod span;
mod spread;
mod strict;
mod timetable;
mod together;
mod tours;
mod trips;
mod worth;

pub use breaks::orders_fit;
pub(crate) use breaks::{BreakStates, break_states};
pub use island::{improve, solve, solve_by};

/// Later than every moment, with room to add legs.
const NEVER: i64 = i64::MAX / 4;

/// Earlier than every moment.
const TOO_EARLY: i64 = -NEVER;
