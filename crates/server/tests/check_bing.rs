//! `check --format bing`: what `solve` answers is right, and what is changed in it is found.

mod common;

use common::{data_with_map, empty_data, json, repository, run, text};
use serde_json::{Value, json};

/// What `check` says of `answer` to `request`: the codes of the rules that it breaks.
#[expect(clippy::unwrap_used, reason = "a test that cannot run the program has failed")]
fn codes(data: &std::path::Path, request: &std::path::Path, answer: &Value) -> Vec<String> {
    let file = data.join("answer.json");
    std::fs::write(&file, answer.to_string()).unwrap();
    let (request, file) = (request.to_string_lossy(), file.to_string_lossy());
    let output = run(data, &["check", &request, &file, "--format", "bing", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    assert_eq!(output.status.code(), Some(i32::from(report["valid"] == false)), "{report}");
    let violations = report["violations"].as_array().unwrap();
    violations.iter().map(|found| found["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_demo_fleet_is_planned_by_the_rules_and_every_change_is_noticed() {
    let data = data_with_map();
    let fleet = repository().join("demo/fleet.json");
    let solve = ["solve", fleet.to_str().unwrap(), "--format", "bing", "--steps", "300", "--json"];
    let answer = json(data.path(), &solve);
    assert_eq!(codes(data.path(), &fleet, &answer), Vec::<String>::new());

    let changed = |pointer: &str, value: Value| {
        let mut changed = answer.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        codes(data.path(), &fleet, &changed)
    };
    let travel = "/agentItineraries/0/instructions/1";
    assert!(changed(&format!("{travel}/distance"), 1.into()).contains(&"travel.leg".to_owned()));
    assert!(changed("/unscheduledItems", json!([])).contains(&"unassigned.list".to_owned()));
    assert!(changed("/agentItineraries/0/agent/name", "Nobody".into()).contains(&"answer.foreign".to_owned()));
    let first = answer["agentItineraries"][0]["agent"].clone();
    assert!(changed("/unusedAgents", json!([first])).contains(&"unused.list".to_owned()));
}

#[test]
fn a_straight_line_plan_by_price_needs_no_map() {
    let data = empty_data();
    let place = |lat: f64, lon: f64| json!({"latitude": lat, "longitude": lon});
    let shift = |from: &str, to: &str| {
        let day = |time: &str| format!("2030-05-02T{time}");
        json!({"startTime": day(from), "startLocation": place(47.66, -122.31), "endTime": day(to)})
    };
    let item = |number: u32| {
        let at = place(47.65 + 0.004 * f64::from(number), -122.33 + 0.007 * f64::from(number % 3));
        json!({"name": format!("stop {number}"), "location": at, "dwellTime": "00:25:00", "priority": 1 + number})
    };
    let request = json!({
        "agents": [
            // The later shift first: the order in the request is not that of time.
            {"name": "Ada", "price": {"fixedPrice": 7.5, "pricePerKM": 0.37, "pricePerHour": 19.99},
             "shifts": [shift("13:00:00", "14:30:00"), shift("08:00:00", "09:30:00")]},
            {"name": "Bo", "price": {"pricePerKM": 0.5}, "shifts": [shift("08:00:00", "09:00:00")]},
        ],
        "itineraryItems": (0..9).map(item).collect::<Vec<_>>(),
        "costvalue": "Price",
        "roadnetwork": false,
    });
    let file = data.path().join("request.json");
    std::fs::write(&file, request.to_string()).unwrap();
    let answer = json(data.path(), &["solve", file.to_str().unwrap(), "--format", "bing", "--steps", "500", "--json"]);
    assert_eq!(codes(data.path(), &file, &answer), Vec::<String>::new());
}
