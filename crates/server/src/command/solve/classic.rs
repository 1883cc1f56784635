//! `solve` for classic instance files.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vrp::formats::Instance;
use vrp::{Objective, Plan, Progress, Stop};

use super::{ObjectiveName, SearchLimits, Solve};
use crate::command::instance::{self, Format, figures, in_file_units};
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// How long a classic file is searched when neither seconds nor steps are given.
const USUAL_TIME: Duration = Duration::from_secs(10);

pub(super) fn solve(flags: &Solve, format: Format, limits: &SearchLimits, as_json: bool) -> Outcome {
    let mut instance = instance::read(&flags.file, format, flags.vehicles.map(usize::from))?;
    match flags.objective {
        None => {}
        Some(ObjectiveName::Distance) => instance.problem.objective = Objective::Distance,
        Some(ObjectiveName::Time) => instance.problem.objective = Objective::TravelTime,
        Some(ObjectiveName::Vehicles) => instance.problem.objective = Objective::Vehicles,
        Some(ObjectiveName::Price) if instance.price_scale.is_some() => instance.problem.objective = Objective::Price,
        Some(ObjectiveName::Price) => {
            return Err(Failure::input("--objective price needs prices: this file has none"));
        }
    }
    instance.problem.check().map_err(Failure::input)?;
    let (plan, trajectory) = search(&instance, limits);
    let violations = vrp::check(&instance.problem, &plan);
    if let Some(first) = violations.first() {
        return Err(Failure::no(format!("the checker refuses the plan: {} ({})", first.message, first.code)));
    }
    if as_json {
        output::json(&report(&instance, &plan, limits, trajectory));
    } else {
        print(&instance, &plan, limits);
    }
    Ok(Exit::Done)
}

fn search(instance: &Instance, limits: &SearchLimits) -> (Plan, Vec<Value>) {
    let usual = limits.steps.is_none().then_some(USUAL_TIME);
    let stop = Stop {
        deadline: limits.time.or(usual).map(|time| limits.deadline(time)),
        steps: limits.steps,
        cancel: &AtomicBool::new(false),
        stagnation: None,
    };
    let before = limits.begun.elapsed();
    let mut trajectory = Vec::new();
    let plan =
        vrp::solve(&instance.problem, &stop, limits.seed.unwrap_or(1), limits.threads.unwrap_or(1), &mut |progress| {
            trajectory.push(milestone(instance, progress, before));
        });
    (plan, trajectory)
}

fn milestone(instance: &Instance, progress: &Progress, before: Duration) -> Value {
    let value = &progress.plan.value;
    let seconds = (before + progress.elapsed).as_secs_f64();
    json!([seconds, {
        "priority": instance::priority(instance, &progress.plan),
        "distance": in_file_units(instance, value.travel.distance),
        "vehicles": value.vehicles,
        "price": instance::price(instance, &progress.plan),
    }])
}

/// The answer of `interface.md` section 2. What the clock decides is left out of a repeatable one.
fn report(instance: &Instance, plan: &Plan, limits: &SearchLimits, trajectory: Vec<Value>) -> Value {
    let mut report = figures(instance, plan);
    let seconds = limits.begun.elapsed().as_secs_f64();
    report["wall_seconds"] = if limits.is_repeatable() { Value::Null } else { seconds.into() };
    report["steps"] = plan.steps.into();
    report["seed"] = plan.seed.into();
    report["threads"] = limits.threads.unwrap_or(1).into();
    report["trajectory"] = if limits.is_repeatable() { json!([]) } else { trajectory.into() };
    report
}

fn print(instance: &Instance, plan: &Plan, limits: &SearchLimits) {
    for (number, route) in instance::routes(instance, plan).iter().enumerate() {
        let visits: Vec<String> = route.iter().map(u32::to_string).collect();
        output::line(format_args!("route {}: {}", number + 1, visits.join(" ")));
    }
    output::line(format_args!(
        "priority {}, distance {}, {} vehicles, {} left out; {} steps",
        instance::priority(instance, plan),
        in_file_units(instance, plan.value.travel.distance),
        plan.value.vehicles,
        plan.unassigned.len(),
        plan.steps,
    ));
    if !limits.is_repeatable() {
        eprintln!("{:.2} s", Instant::now().duration_since(limits.begun).as_secs_f64());
    }
}
