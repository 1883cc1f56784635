//! `check`: judges an answer by the independent checker, which shares no code with the search.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};
use vrp::formats::Instance;

use crate::cli::Common;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

use super::instance::{self, Format, in_file_units, replay};

/// Figures of an answer are compared to this, in units of the file; they are sums of tenths or hundredths.
const TOLERANCE: f64 = 1e-6;

#[derive(Args)]
#[command(after_help = "\
    Examples:\n\
    \x20 roundsman check C101.txt answer.json --format solomon")]
pub(crate) struct Check {
    /// The request or instance.
    request: PathBuf,
    /// The answer, as `solve --json` prints it.
    answer: PathBuf,
    /// What the request is.
    #[arg(long, value_enum)]
    format: Format,
    /// Vehicles, instead of those of the file (toptw files name none: 1).
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u16).range(1..))]
    vehicles: Option<u16>,
}

/// The part of an answer that is judged.
#[derive(Deserialize)]
struct Answer {
    routes: Vec<Vec<u32>>,
    #[serde(default)]
    unassigned: Option<Vec<u32>>,
    #[serde(default)]
    priority: Option<i64>,
    #[serde(default)]
    distance: Option<f64>,
}

/// A rule that the answer breaks: a stable code and a sentence.
type Fault = (&'static str, String);

impl Check {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        let instance = instance::read(&self.request, self.format, self.vehicles.map(usize::from))?;
        let text = instance::text(&self.answer)?;
        let answer: Answer = serde_json::from_str(&text).map_err(|error| {
            Failure::input(format!("{} is not an answer of `solve --json`: {error}", self.answer.display()))
        })?;
        let faults = judge(&instance, &answer);
        if common.json {
            let rows: Vec<Value> =
                faults.iter().map(|(code, message)| json!({"code": code, "message": message})).collect();
            output::json(&json!({"valid": faults.is_empty(), "violations": rows}));
        } else {
            for (code, message) in &faults {
                output::line(format_args!("{code}: {message}"));
            }
            if faults.is_empty() {
                output::line("the answer keeps every rule");
            }
        }
        Ok(if faults.is_empty() { Exit::Done } else { Exit::No })
    }
}

/// Every rule that the answer breaks, the figures that it states included.
fn judge(instance: &Instance, answer: &Answer) -> Vec<Fault> {
    let plan = match replay(instance, &answer.routes) {
        Ok(plan) => plan,
        Err(why) => return vec![("noPlan", why)],
    };
    let violations = vrp::check(&instance.problem, &plan);
    let mut faults: Vec<Fault> = violations.into_iter().map(|found| (found.code, found.message)).collect();
    let mut compare = |code, stated: Option<String>, found: String| {
        if let Some(stated) = stated.filter(|stated| *stated != found) {
            faults.push((code, format!("the answer states {stated}, its routes have {found}")));
        }
    };
    compare("statedPriority", answer.priority.map(|stated| stated.to_string()), plan.value.priority.to_string());
    let distance = in_file_units(instance, plan.value.travel.distance);
    let stated = answer.distance.filter(|stated| (stated - distance).abs() > TOLERANCE);
    compare("statedDistance", stated.map(|stated| stated.to_string()), distance.to_string());
    let left_out: Vec<u32> = plan.unassigned.iter().map(|&job| instance.file_numbers[job]).collect();
    let sorted = |mut numbers: Vec<u32>| {
        numbers.sort_unstable();
        format!("{numbers:?}")
    };
    compare("statedUnassigned", answer.unassigned.clone().map(sorted), sorted(left_out));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "2 1 4 1\n0 100\n0 0 0 0 0 0 0 0 100\n1 10 0 5 7 1 1 1 0 50\n2 20 0 5 9 1 1 1 40 60\n";

    fn codes(answer: Value) -> Vec<&'static str> {
        let instance = vrp::formats::toptw::read(FILE, 1).unwrap();
        let answer = serde_json::from_value(answer).unwrap();
        judge(&instance, &answer).into_iter().map(|(code, _)| code).collect()
    }

    #[test]
    fn right_answers_pass_and_wrong_figures_do_not() {
        assert!(codes(json!({"routes": [[1, 2]], "unassigned": [], "priority": 16, "distance": 40.0})).is_empty());
        assert!(codes(json!({"routes": [[2]], "unassigned": [1]})).is_empty());
        assert_eq!(codes(json!({"routes": [[1, 2]], "priority": 17})), ["statedPriority"]);
        assert_eq!(codes(json!({"routes": [[1, 2]], "distance": 39.9})), ["statedDistance"]);
        assert_eq!(codes(json!({"routes": [[1]], "unassigned": []})), ["statedUnassigned"]);
        assert_eq!(codes(json!({"routes": [[1, 3]]})), ["noPlan"]);
        assert!(!codes(json!({"routes": [[1, 1]]})).is_empty());
    }
}
