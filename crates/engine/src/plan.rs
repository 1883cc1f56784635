//! A plan for a fleet: who goes where, in which order, at what time.

use std::time::Duration;

use geometry::Coordinate;
use vrp::Tour;

use crate::{Budget, Engine, Error, Fault};

/// Asks for the best plan: first the greatest sum of priorities, then the least cost.
///
/// Times are seconds (any epoch, the same for all of one question). Quantities are thousandths, prices millionths, so that
/// a request's decimals stay exact.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanQuestion {
    /// Who can travel.
    pub agents: Vec<Agent>,
    /// What is to be visited.
    pub items: Vec<Item>,
    /// How travel is measured.
    pub network: PlanNetwork,
    /// What is minimised after priorities.
    pub cost: PlanCost,
    /// How the plan is searched.
    pub search: Search,
}

/// One agent and its shifts.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// Unique among the agents.
    pub name: String,
    /// Greatest load by dimension, in thousandths; a missing dimension has no bound.
    pub capacity: Vec<i64>,
    /// What it costs; none costs nothing.
    pub price: Option<Price>,
    /// At least one; they must not overlap.
    pub shifts: Vec<Shift>,
}

/// Prices in millionths of the currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Price {
    /// Once for an agent that works at all.
    pub fixed_micro: i64,
    /// For each kilometre.
    pub per_km_micro: i64,
    /// For each hour from leaving to arriving, over the shifts used.
    pub per_hour_micro: i64,
}

/// One working time of an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// Leaves then, not earlier.
    pub start: i64,
    /// Has arrived by then.
    pub end: i64,
    /// Where it starts.
    pub start_place: Coordinate,
    /// Where it ends.
    pub end_place: Coordinate,
    /// Taken whenever the shift is worked.
    pub breaks: Vec<Break>,
}

/// A pause within a window, taken where the agent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    /// Starts no earlier.
    pub open: i64,
    /// Ends no later.
    pub close: i64,
    /// Seconds.
    pub duration_s: i64,
}

/// One thing to be done at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Needed, and unique, only where another item refers to it.
    pub name: String,
    /// Where.
    pub place: Coordinate,
    /// The whole visit lies within one of these; none: at any time.
    pub windows: Vec<(i64, i64)>,
    /// Seconds that the visit takes.
    pub dwell_s: i64,
    /// 1 (least) to 100.
    pub priority: u32,
    /// Load picked up (positive) or dropped off (negative) by dimension, in thousandths.
    pub quantity: Vec<i64>,
    /// A place that may be visited any number of times to load (refused until the solver can plan it).
    pub depot: bool,
    /// Names of items that the same agent must have visited before.
    pub drop_off_from: Vec<String>,
}

/// How travel between places is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanNetwork {
    /// On the roads of the dataset, by car.
    Roads,
    /// As the crow flies, at one speed ([`crate::StraightLine`]).
    StraightLine,
}

/// What is minimised once priorities are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanCost {
    /// Seconds of driving.
    TravelTime,
    /// Metres.
    Distance,
    /// Price; ties by travel time.
    Price,
}

/// How a plan is searched. The same seed, steps and threads give the same plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
    /// Whether somebody waits for the answer.
    pub urgency: Urgency,
    /// Ends the search; unset: by the settings and the urgency.
    pub time_limit: Option<Duration>,
    /// Ends the search after so many steps, for repeatable plans.
    pub steps: Option<u64>,
    /// Start of the random stream.
    pub seed: u64,
    /// Threads to search with.
    pub threads: usize,
}

/// Whether a plan is answered at once or worked on in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Answered at once: small limits, milliseconds.
    Interactive,
    /// Worked on in the background.
    Background,
}

/// A plan. Indices are those of the question: `vehicle` is the agent, a visit's number is the item.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanAnswer {
    /// One for each shift that is worked, or driven because another shift of its agent is worked; by agent, then shift.
    pub tours: Vec<Tour>,
    /// Items left out, in the question's order.
    pub unscheduled: Vec<usize>,
    /// Agents without a visit, in the question's order.
    pub unused_agents: Vec<usize>,
    /// Sum of the priorities of the items visited.
    pub priority: i64,
    /// What was minimised, in its unit: seconds, metres or millionths of the currency.
    pub cost: i64,
    /// Steps that the search made.
    pub steps: u64,
}
