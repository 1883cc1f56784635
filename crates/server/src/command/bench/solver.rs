//! `bench solver`: how long plans take that people wait for, and how a plan of the largest size comes on.
//!
//! Random requests of 8 to 12 items in up to five shifts go the way of the synchronous call, from text to text, with its limit of
//! 150 ms; then one request of 2,000 items, 200 agents and 14 shifts each is searched for `--seconds`. Both along straight lines, so
//! that no map is needed and two machines measure the same; `--roads` lays the large one on the roads of the active dataset, matrix
//! and all. Its first plan is timed from the text of the request on, by the wall and by the processor. `--csv` keeps every single
//! run. The quality of small plans is judged by the tests of the solver, against proven optima; that of large ones by
//! `make bench-solver`, beside others.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use engine::{Budget, Engine, PlanAnswer, PlanQuestion, Profile, Urgency};
use serde_json::{Value, json};

use super::requests;
use super::routing::{self, processor_s};
use crate::cli::Common;
use crate::command::import;
use crate::config::Raw;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// The columns of the raw results.
const COLUMNS: &str = "version,kind,seed,items,shifts,limit_s,wall_ms,processor_ms,steps,priority,unscheduled,cost,first_ms,first_priority,first_cost";

#[derive(Args)]
#[command(after_help = "\
    Examples:\n\
    \x20 roundsman bench solver --json\n\
    \x20 roundsman bench solver --requests 500 --seconds 60 --csv bench/results/requests.csv\n\
    \x20 roundsman bench solver --roads --requests 0 --seconds 60 --data DIR")]
pub(crate) struct Solver {
    /// Small requests, each answered at once.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    requests: u32,
    /// How long the large request is searched; 0 leaves it out.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=3600))]
    seconds: u32,
    /// Start of the random stream.
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Threads to search the large request with.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: u8,
    /// Measures the large request on the roads of the active dataset.
    #[arg(long)]
    roads: bool,
    /// Writes every single run into this file.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

/// One request, answered.
struct Run {
    kind: &'static str,
    seed: u64,
    items: usize,
    shifts: usize,
    limit: Duration,
    wall: Duration,
    processor_s: f64,
    answer: PlanAnswer,
    first: Option<First>,
}

/// When the first plan was there, and what it is worth.
#[derive(Clone, Copy)]
struct First {
    after: Duration,
    processor_s: f64,
    priority: i64,
    cost: i64,
}

impl Solver {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        let settings = common.config(Raw::default())?.engine;
        let dataset = if self.roads { Some(routing::active(common)?) } else { None };
        let engine = Engine::new(dataset, Arc::new(settings));
        let mut runs = Vec::new();
        for number in 0..u64::from(self.requests) {
            runs.push(small(&engine, self.seed.wrapping_add(number))?);
        }
        let mut figures = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "seed": self.seed,
            "requests": self.requests,
            "threads": self.threads,
            "load": load(),
        });
        if !runs.is_empty() {
            figures["request_ms"] = spread(runs.iter().map(|run| run.wall.as_secs_f64() * 1e3).collect());
            figures["request_processor_ms"] = spread(runs.iter().map(|run| run.processor_s * 1e3).collect());
            figures["request_steps"] = spread(runs.iter().map(|run| run.answer.steps as f64).collect());
        }
        if self.seconds > 0 {
            let run = self.large(&engine)?;
            figures["largest"] = told(&run);
            runs.push(run);
        }
        if let Some(path) = &self.csv {
            write(path, &runs)
                .map_err(|error| Failure::environment(format!("cannot write {}: {error}", path.display())))?;
        }
        if common.json {
            output::json(&figures);
        } else if let Value::Object(all) = &figures {
            all.iter().for_each(|(name, value)| output::line(format_args!("{name:<24} {value}")));
        }
        Ok(Exit::Done)
    }

    fn large(&self, engine: &Engine) -> Result<Run, Failure> {
        let mut body = requests::largest(self.seed);
        if let Some(dataset) = engine.dataset() {
            let places = routing::places(&dataset.router(Profile::Car), 2200, self.seed)?;
            body = requests::on_roads(body, &places.iter().map(|place| place.at).collect::<Vec<_>>());
        }
        answer("largest", engine, self.seed, &body.to_string(), |question| {
            question.search.time_limit = Some(Duration::from_secs(u64::from(self.seconds)));
            question.search.threads = usize::from(self.threads);
        })
    }
}

/// The way of the synchronous call.
fn small(engine: &Engine, seed: u64) -> Result<Run, Failure> {
    let text = requests::small(seed).to_string();
    answer("small", engine, seed, &text, |question| question.search.urgency = Urgency::Interactive)
}

/// Text to text.
fn answer(
    kind: &'static str,
    engine: &Engine,
    seed: u64,
    text: &str,
    ask: impl FnOnce(&mut PlanQuestion),
) -> Result<Run, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::no(format!("the request of seed {seed} has no plan: {error}"));
    let (begun, processor) = (Instant::now(), processor_s());
    let mut question = bing::parse_plan(text, &engine.settings().limits).map_err(|error| wrong(&error))?;
    ask(&mut question);
    let mut first = None;
    let answer = engine.plan(&question, &Budget::default(), &mut |better| {
        let milestone = better.milestone;
        first.get_or_insert_with(|| First {
            after: begun.elapsed(),
            processor_s: processor_s() - processor,
            priority: milestone.priority,
            cost: milestone.cost,
        });
    });
    let answer = answer.map_err(|error| wrong(&error))?;
    let written = bing::render_plan(&question, &answer);
    let (wall, processor_s) = (begun.elapsed(), processor_s() - processor);
    assert!(!written.is_empty(), "an answer has a text");
    let limit = question.search.time_limit.unwrap_or(Duration::from_millis(150));
    let (items, shifts) = (question.items.len(), question.agents.iter().map(|agent| agent.shifts.len()).sum());
    Ok(Run { kind, seed, items, shifts, limit, wall, processor_s, answer, first })
}

fn told(run: &Run) -> Value {
    let first = run.first.map(|First { after, processor_s, priority, cost }| {
        json!({"seconds": after.as_secs_f64(), "processor_s": processor_s, "priority": priority, "cost": cost})
    });
    json!({
        "items": run.items,
        "shifts": run.shifts,
        "seconds": run.wall.as_secs_f64(),
        "steps": run.answer.steps,
        "first": first,
        "priority": run.answer.priority,
        "unscheduled": run.answer.unscheduled.len(),
        "cost": run.answer.cost,
        "peak_rss_bytes": import::peak_rss_bytes(),
    })
}

fn spread(mut all: Vec<f64>) -> Value {
    all.sort_by(f64::total_cmp);
    let at = |share: f64| all[((all.len() - 1) as f64 * share).round() as usize];
    json!({"median": at(0.5), "p99": at(0.99), "most": at(1.0)})
}

fn write(path: &Path, runs: &[Run]) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    writeln!(file, "{COLUMNS}")?;
    for run in runs {
        let Run { kind, seed, items, shifts, limit, wall, processor_s, answer, first } = run;
        let PlanAnswer { steps, priority, unscheduled, cost, .. } = answer;
        let first = first.map_or_else(
            || ",,".to_owned(),
            |First { after, priority, cost, .. }| format!("{:.1},{priority},{cost}", after.as_secs_f64() * 1e3),
        );
        writeln!(
            file,
            "{},{kind},{seed},{items},{shifts},{},{:.1},{:.1},{steps},{priority},{},{cost},{first}",
            env!("CARGO_PKG_VERSION"),
            limit.as_secs_f64(),
            wall.as_secs_f64() * 1e3,
            processor_s * 1e3,
            unscheduled.len(),
        )?;
    }
    file.flush()
}

/// How many programs wanted to run in the last minute, where the system tells.
fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}
