//! `check` for itineraries: the answer of `OptimizeItinerary` against its request, on the active dataset or along straight lines.
//!
//! The request goes the way of every request, the answer the way of `/api/v1/validate`: what the endpoint says of a plan, the
//! command says too.

use std::path::Path;
use std::sync::Arc;

use engine::{Budget, Engine, Error, PlanNetwork};

use super::Fault;
use crate::cli::Common;
use crate::command::{instance, map};
use crate::config::Raw;
use crate::exit::Failure;

/// Every rule that the answer in `text` breaks.
pub(super) fn judge(request: &Path, answer: &Path, text: &str, common: &Common) -> Result<Vec<Fault>, Failure> {
    let named = |path: &Path, error: &dyn std::fmt::Display| Failure::input(format!("{}: {error}", path.display()));
    let settings = common.config(Raw::default())?.engine;
    let asked = instance::text(request)?;
    let question = bing::parse_plan(&asked, &settings.limits).map_err(|error| named(request, &error))?;
    let engine = match question.network {
        PlanNetwork::Roads => map::engine(common, settings)?,
        PlanNetwork::StraightLine => Engine::new(None, Arc::new(settings)),
    };
    let claim = match bing::read_answer(&question, text) {
        Ok(claim) => claim,
        Err(bing::ReadError::Shape(error)) => return Err(named(answer, &error)),
        Err(foreign) => return Ok(vec![("answer.foreign", foreign.to_string())]),
    };
    let violations = engine.validate(&question, &claim, &Budget::default()).map_err(|error| match error {
        Error::Invalid(faults) => named(request, &bing::name_faults(&asked, &faults)),
        other => map::failure(&other),
    })?;
    Ok(violations.into_iter().map(|found| (found.code, found.message)).collect())
}
