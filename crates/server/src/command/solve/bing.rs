//! `solve` for a body of Bing's `OptimizeItinerary`: on the active dataset, or along straight lines if the request says so.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use engine::{Budget, Engine, Error, PlanCost, PlanNetwork, PlanQuestion};
use serde_json::Value;

use super::{ObjectiveName, SearchLimits};
use crate::cli::Common;
use crate::command::summary::summary;
use crate::command::{instance, map};
use crate::config::Raw;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

pub(super) fn solve(file: &Path, objective: Option<ObjectiveName>, limits: &SearchLimits, common: &Common) -> Outcome {
    let text = instance::text(file)?;
    let wrong = |error: bing::BadRequest| Failure::input(format!("{}: {error}", file.display()));
    let settings = common.config(Raw::default())?.engine;
    let mut question = bing::parse_plan(&text, &settings.limits).map_err(wrong)?;
    apply(&mut question, objective, limits)?;
    let engine = match question.network {
        PlanNetwork::Roads => map::engine(common, settings)?,
        PlanNetwork::StraightLine => Engine::new(None, Arc::new(settings)),
    };
    let answer = engine.plan(&question, &budget(limits), &mut |_| {}).map_err(|error| match error {
        Error::Invalid(faults) => wrong(bing::name_faults(&text, &faults)),
        other => map::failure(&other),
    })?;
    let resource = bing::render_plan(&question, &answer);
    if common.json {
        output::line(resource);
    } else {
        let resource: Value = serde_json::from_str(&resource).expect("it was rendered as JSON");
        output::line(summary(&resource));
    }
    Ok(Exit::Done)
}

/// What the flags say wins over what the request says.
fn apply(question: &mut PlanQuestion, objective: Option<ObjectiveName>, limits: &SearchLimits) -> Result<(), Failure> {
    let search = &mut question.search;
    if limits.time.is_some() || limits.steps.is_some() {
        (search.time_limit, search.steps) = (limits.time, limits.steps);
    }
    search.seed = limits.seed.unwrap_or(search.seed);
    search.threads = limits.threads.unwrap_or(search.threads);
    question.cost = match objective {
        None => question.cost,
        Some(ObjectiveName::Distance) => PlanCost::Distance,
        Some(ObjectiveName::Time) => PlanCost::TravelTime,
        Some(ObjectiveName::Price) => PlanCost::Price,
        Some(ObjectiveName::Vehicles) => {
            return Err(Failure::input(
                "--objective vehicles is for classic files: a request of Bing's knows no such cost",
            ));
        }
    };
    Ok(())
}

/// The matrix counts in the time limit too: at its end the search is told to stop, and answers with its best plan.
fn budget(limits: &SearchLimits) -> Budget {
    let Some(deadline) = limits.time.map(|time| limits.deadline(time)) else {
        return Budget::default();
    };
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cancel);
    std::thread::spawn(move || {
        std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
        flag.store(true, Ordering::Relaxed);
    });
    Budget::until(cancel)
}
