//! Every limit and figure that a question is held to; each is a setting of the server.

/// What the engine is configured with. The defaults are the vendors' figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// How large a question may be.
    pub limits: Limits,
    /// How long plans are searched.
    pub solver: SolverSettings,
    /// How straight-line plans measure the world.
    pub straight_line: StraightLine,
    /// What is kept for vehicles.
    pub vehicles: VehicleSettings,
}

/// How large a question may be (`limits.*`).
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Cells of one matrix; unset: each vendor call has its vendor's figure.
    pub matrix_cells: Option<usize>,
    /// Items of one batch; unset: each vendor call has its vendor's figure.
    pub batch_items: Option<usize>,
    /// Agents of one plan.
    pub itinerary_agents: usize,
    /// Items of one plan.
    pub itinerary_items: usize,
    /// Shifts of one agent.
    pub agent_shifts: usize,
    /// Shifts of all agents together in a plan that is answered at once.
    pub interactive_shifts: usize,
    /// Items of a plan that is answered at once.
    pub interactive_items: usize,
    /// Waypoints of one route.
    pub waypoints: usize,
    /// Greatest distance between a place and the road it is snapped to, in metres.
    pub snap_distance_m: f64,
    /// Bytes of a request's body.
    pub body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            matrix_cells: None,
            batch_items: None,
            itinerary_agents: 200,
            itinerary_items: 2000,
            agent_shifts: 14,
            interactive_shifts: 5,
            interactive_items: 20,
            waypoints: 150,
            snap_distance_m: 2000.0,
            body_bytes: 8 * 1024 * 1024,
        }
    }
}

/// How long plans are searched (`solver.*`).
#[derive(Clone, Debug, PartialEq)]
pub struct SolverSettings {
    /// Seconds for every plan; unset: 150 ms for a plan that is answered at once, else the lesser of 60 s and 2 s + 30 ms an
    /// item, ending early when the plan is provably best or long unimproved.
    pub time_limit_s: Option<f64>,
    /// How many searches work side by side on a large plan that is answered later and does not say how many.
    pub islands: usize,
}

impl Default for SolverSettings {
    fn default() -> Self {
        Self { time_limit_s: None, islands: 1 }
    }
}

/// What is kept for vehicles of some size, and for what they avoid (`vehicles.*`).
#[derive(Clone, Debug, PartialEq)]
pub struct VehicleSettings {
    /// Bytes of memory for the routers of those that recur; what was not asked for longest goes first.
    pub memory_bytes: u64,
}

impl Default for VehicleSettings {
    fn default() -> Self {
        Self { memory_bytes: 1 << 30 }
    }
}

/// How straight-line plans measure the world (`straight_line.*`).
#[derive(Clone, Debug, PartialEq)]
pub struct StraightLine {
    /// Radius of the sphere in metres.
    pub radius_m: f64,
    /// Speed in km/h.
    pub speed_kmh: f64,
}

impl Default for StraightLine {
    /// The contract's choice for `roadnetwork=false`.
    fn default() -> Self {
        Self { radius_m: 6_378_137.0, speed_kmh: 40.0 }
    }
}
