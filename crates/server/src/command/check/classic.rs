//! `check` for answers to classic instance files: the routes of `solve --json`, and the figures that it states.

use std::path::Path;

use serde::Deserialize;
use vrp::formats::Instance;

use super::Fault;
use crate::command::instance::{UsedVehicle, in_file_units, price, priority, replay};
use crate::exit::Failure;

/// Figures of an answer are compared to this, in units of the file; they are sums of tenths or hundredths.
const TOLERANCE: f64 = 1e-6;

/// The part of an answer that is judged.
#[derive(Deserialize)]
struct Answer {
    routes: Vec<Vec<u32>>,
    #[serde(default)]
    vehicles_used: Option<Vec<UsedVehicle>>,
    #[serde(default)]
    unassigned: Option<Vec<u32>>,
    #[serde(default)]
    priority: Option<i64>,
    #[serde(default)]
    distance: Option<f64>,
    #[serde(default)]
    price: Option<f64>,
}

/// Judges `answer`, the text of the file at `path`.
pub(super) fn judge_text(instance: &Instance, path: &Path, text: &str) -> Result<Vec<Fault>, Failure> {
    let answer = serde_json::from_str(text)
        .map_err(|error| Failure::input(format!("{} is not an answer of `solve --json`: {error}", path.display())))?;
    Ok(judge(instance, &answer))
}

/// Every rule that the answer breaks, the figures that it states included.
fn judge(instance: &Instance, answer: &Answer) -> Vec<Fault> {
    let plan = match replay(instance, &answer.routes, answer.vehicles_used.as_deref()) {
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
    compare("statedPriority", answer.priority.map(|stated| stated.to_string()), priority(instance, &plan).to_string());
    let distance = in_file_units(instance, plan.value.travel.distance);
    let stated = answer.distance.filter(|stated| (stated - distance).abs() > TOLERANCE);
    compare("statedDistance", stated.map(|stated| stated.to_string()), distance.to_string());
    let price = price(instance, &plan).unwrap_or_default();
    let stated = answer.price.filter(|stated| (stated - price).abs() > TOLERANCE);
    compare("statedPrice", stated.map(|stated| stated.to_string()), price.to_string());
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
    use serde_json::{Value, json};

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
