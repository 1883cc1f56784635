//! What neither vendor's request can say: skills, setting up, releases, limits, overtime, groups, a plan in force, even work,
//! traffic by the time of day.
//!
//! Every part has a default that says nothing, so a question without extensions is a question as before. Names are the
//! question's own; [`super::problem`] turns them into the solver's indices, [`super::faults`] finds those that lead nowhere.

/// Beyond the vendors' agent.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AgentExtension {
    /// What the agent can do.
    pub skills: Vec<String>,
}

/// Beyond the vendors' shift: limits that bind it whenever it has a visit.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ShiftExtension {
    /// Greatest sum of driving times, in seconds.
    pub max_driving_s: Option<i64>,
    /// Longest way, in metres.
    pub max_distance_m: Option<i64>,
    /// Longest time from leaving to arriving, in seconds.
    pub max_duration_s: Option<i64>,
    /// Work after the shift's end, at a price.
    pub overtime: Option<Overtime>,
}

/// Work after the end of a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Overtime {
    /// The longest, in seconds.
    pub max_s: i64,
    /// Millionths of the currency for each hour, beside the agent's own price.
    pub per_hour_micro: i64,
}

/// Beyond the vendors' item.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ItemExtension {
    /// What its agent must be able to do.
    pub skills: Vec<String>,
    /// Seconds before the visit's own time, saved right after a visit at the same place.
    pub setup_s: i64,
    /// When what is brought is there to be taken along: the agent does not leave for the shift before.
    pub release: Option<i64>,
}

/// Beyond the vendors' request.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PlanExtension {
    /// Groups of items: those of a group that are visited are visited by one agent.
    pub same_agent: Vec<Vec<String>>,
    /// Groups of items: no agent visits two of a group.
    pub different_agents: Vec<Vec<String>>,
    /// What the square of each agent's number of visits costs, in millionths of what is minimised.
    pub balance_micro: Option<i64>,
    /// A plan that is already in force.
    pub initial: Option<InitialPlan>,
    /// How travel slows down or speeds up as time goes on; before the first slice it is as measured.
    pub traffic: Vec<TrafficSlice>,
}

/// Travel that begins from a moment on, until the next slice begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TrafficSlice {
    /// The first moment to leave at.
    pub from: i64,
    /// Thousandths of the time that the same way takes as measured.
    pub factor_milli: i64,
}

/// A plan in force: the search begins with it, what is fixed of it stays.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct InitialPlan {
    /// At most one for each shift.
    pub tours: Vec<InitialTour>,
    /// What it costs when an item goes to another agent than here, in millionths of what is minimised.
    pub move_cost_micro: i64,
}

/// A tour of a plan in force.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct InitialTour {
    /// The agent's name.
    pub agent: String,
    /// Which of its shifts, from 0, as the question lists them.
    pub shift: usize,
    /// The items in the order of their visits.
    pub items: Vec<String>,
    /// So many of them come first, in this order.
    pub fixed: usize,
}
