//! The neutral heart of the house: what can be asked, what is answered, and what goes wrong, in no vendor's words.
//!
//! A dialect turns text into one of the questions here ([`RouteQuestion`], [`MatrixQuestion`], [`PlanQuestion`]), asks the
//! [`Engine`], and turns the answer into text. The engine joins the road network and its router with the solver, holds every
//! limit ([`Settings`]), and knows how a dataset is built ([`import`]) and opened ([`Dataset`]). What a client may see of a
//! long question is [`OperationView`], filled by the server.
//!
//! Never in here: wire formats, HTTP, `async`, the store of operations, or the time of day (times are arguments; a [`Budget`]
//! only knows when to stop; a manifest alone is dated when it is written).

mod budget;
mod dataset;
mod error;
mod import;
mod matrix;
mod operation;
mod plan;
mod route;
mod settings;

pub use budget::Budget;
pub use dataset::{Dataset, DatasetError, DatasetId, Datasets, FileEntry, Manifest};
pub use error::{Error, Fault, Reason};
pub use import::{ImportError, ImportOptions, ImportPhase, ImportReport, import};
pub use matrix::{Cell, MatrixAnswer, MatrixQuestion, Side};
pub use operation::{OperationState, OperationView};
pub use plan::{Agent, Break, Item, PlanAnswer, PlanCost, PlanNetwork, PlanQuestion, Price, Search, Shift, Urgency};
pub use route::{RouteAnswer, RouteLeg, RouteQuestion};
pub use routing::Profile;
pub use settings::{Limits, Settings, SolverSettings, StraightLine};
pub use vrp::{Activity, Progress, Tour, TourStop, Travel};

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
