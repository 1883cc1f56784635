//! The neutral heart of the house: what can be asked, what is answered, and what goes wrong, in no vendor's words.
//!
//! A dialect turns text into one of the questions here ([`RouteQuestion`], [`MatrixQuestion`], [`PlanQuestion`]), asks the
//! [`Engine`], and turns the answer into text. The engine joins the road network and its router with the solver, holds every
//! limit ([`Settings`]), and knows how a dataset is built ([`import`]) and opened ([`Dataset`]). What a client may see of a
//! long question is [`OperationView`], filled by the server.
//!
//! Never in here: wire formats, HTTP, `async`, the store of operations, or the time of day (times are arguments; a [`Budget`]
//! only knows when to stop; a manifest alone is dated when it is written).
//!
//! A plan as the crow flies needs no map:
//!
//! ```
//! use std::sync::Arc;
//! use engine::{
//!     Agent, Budget, Engine, Item, PlanCost, PlanNetwork, PlanQuestion, Search, Settings, Shift, Urgency,
//! };
//! use geometry::Coordinate;
//!
//! let at = |lat, lon| Coordinate::from_degrees(lat, lon).unwrap();
//! let yard = at(47.66, -122.31);
//! let day = Shift { start: 0, end: 8 * 3600, start_place: yard, end_place: yard, breaks: vec![], extension: Default::default() };
//! let visit = |name: &str, place| Item {
//!     name: name.to_owned(), place, windows: vec![], dwell_s: 600, priority: 1, quantity: vec![], depot: false, drop_off_from: vec![],
//!     extension: Default::default(),
//! };
//! let question = PlanQuestion {
//!     agents: vec![Agent { name: "North".to_owned(), capacity: vec![], price: None, shifts: vec![day], extension: Default::default() }],
//!     items: vec![visit("Cafe", at(47.67, -122.31)), visit("Bakery", at(47.66, -122.33))],
//!     network: PlanNetwork::StraightLine,
//!     cost: PlanCost::TravelTime,
//!     search: Search { urgency: Urgency::Interactive, time_limit: None, steps: Some(100), seed: 1, threads: 1, islands: None, rounds: None },
//!     extension: Default::default(),
//! };
//! let engine = Engine::new(None, Arc::new(Settings::default()));
//! let plan = engine.plan(&question, &Budget::default(), &mut |_| {})?;
//! assert_eq!((plan.tours.len(), plan.unscheduled.len()), (1, 0));
//!
//! let mut faulty = question;
//! faulty.items[1].priority = 101;
//! let error = engine.check_plan(&faulty).unwrap_err();
//! assert_eq!(error.to_string(), "the priority is 101: it must lie between 1 and 100");
//! # Ok::<(), engine::Error>(())
//! ```

mod budget;
mod dataset;
mod error;
mod import;
mod matrix;
mod operation;
mod plan;
mod route;
mod settings;
mod time_zone;
mod watch;

pub use budget::Budget;
pub use dataset::{Dataset, DatasetError, DatasetId, DatasetView, Datasets, FileEntry, FitCounts, Manifest};
pub use error::{Error, Fault, Reason};
pub use import::{
    ImportError, ImportOptions, ImportPhase, ImportPlan, ImportReport, ImportShare, begins_as_map, import,
    import_network, import_shares, import_within, plan_import,
};
pub use matrix::{Cell, MatrixAnswer, MatrixQuestion, Side, Tile};
pub use network::TunnelCategory;
pub use operation::{OperationState, OperationView};
pub use plan::{
    Agent, AgentExtension, BetterPlan, Break, InitialPlan, InitialTour, Islands, Item, ItemExtension, LeftOut,
    Overtime, PlanAnswer, PlanClaim, PlanCost, PlanExtension, PlanNetwork, PlanQuestion, Price, REASON_CODES, Round,
    SHIFT_CODES, Search, Shift, ShiftExtension, TrafficSlice, UnusableShift, Urgency, plan_faults,
};
pub use route::{RouteAnswer, RouteLeg, RouteQuestion};
pub use routing::{Area, Avoid, Kind, Kinds, Load, LocalTime, Profile, Terms, Vehicle};
pub use settings::{Limits, Settings, SolverSettings, StraightLine, VehicleSettings};
pub use time_zone::{local_time, time_zone};
pub use vrp::{Activity, Tour, TourStop, Travel, Violation};
pub use watch::{Milestone, Watch};

use std::sync::Arc;

/// Answers questions over one dataset, or none, under fixed settings.
///
/// It is a cheap snapshot: the server makes a new one when the active dataset changes, and a question keeps the one it
/// began with.
#[derive(Clone)]
pub struct Engine {
    dataset: Option<Arc<Dataset>>,
    settings: Arc<Settings>,
}

impl Engine {
    /// An engine over `dataset`; without one, map questions are answered with [`Error::NoDataset`] and straight-line plans
    /// still work.
    pub fn new(dataset: Option<Arc<Dataset>>, settings: Arc<Settings>) -> Self {
        if let Some(dataset) = &dataset {
            dataset.bound_fits(settings.vehicles.memory_bytes);
        }
        Self { dataset, settings }
    }

    /// The limits and figures in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The dataset in use.
    pub fn dataset(&self) -> Option<&Arc<Dataset>> {
        self.dataset.as_ref()
    }

    /// The dataset, or the error that a map question gets without one.
    fn map(&self) -> Result<&Dataset, Error> {
        self.dataset.as_deref().ok_or(Error::NoDataset)
    }
}
