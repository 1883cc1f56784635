//! `/api/v1/validate`: what our own plans keep and changed ones break, and what is no plan at all.

use serde_json::{Value, json};

use crate::service::{answer, json, post, refusal, without_map};

fn request() -> Value {
    let place = |lon: f64| json!({"latitude": 47.66, "longitude": lon});
    json!({
        "agents": [{"name": "North", "capacity": [3], "shifts": [{
            "startTime": "2030-05-02T08:00:00", "startLocation": place(-122.31), "endTime": "2030-05-02T16:00:00",
            "breaks": [{"startTime": "2030-05-02T12:00:00", "endTime": "2030-05-02T13:00:00", "duration": "00:30:00"}]}]}],
        "itineraryItems": [
            {"name": "Cafe", "dwellTime": "00:20:00", "priority": 2, "quantity": [2], "location": place(-122.32)},
            {"name": "Bar", "dwellTime": "00:20:00", "quantity": [1], "location": place(-122.35)},
            {"name": "Bakery", "dwellTime": "09:00:00", "location": place(-122.33)}],
        "roadnetwork": false,
        "options": {"steps": 200, "seed": 1}
    })
}

/// The codes of what is broken.
fn codes(request: &Value, plan: &Value) -> Vec<String> {
    let body = json!({"request": request, "answer": plan}).to_string();
    let response = answer(&without_map(), &post("/api/v1/validate", &body));
    assert_eq!(response.status, 200, "{:?}", response.bytes().map(String::from_utf8_lossy));
    let verdict = json(&response);
    let violations = verdict["violations"].as_array().unwrap();
    assert_eq!(verdict["valid"], violations.is_empty());
    violations.iter().map(|found| found["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn our_own_plan_is_valid_and_every_change_of_it_or_of_the_request_is_found() {
    let asked = request();
    let plan = json(&answer(&without_map(), &post("/api/v1/optimize", &asked.to_string())));
    assert_eq!(codes(&asked, &plan), Vec::<String>::new());
    assert_eq!(plan["reasons"][0]["name"], "Bakery");
    assert_eq!(plan["reasons"][0]["code"], "alone.shift");

    let changed = |pointer: &str, value: Value| {
        let mut plan = plan.clone();
        *plan.pointer_mut(pointer).unwrap() = value;
        codes(&asked, &plan)
    };
    let steps = "/agentItineraries/0/instructions";
    assert!(changed(&format!("{steps}/1/distance"), 1.into()).contains(&"travel.leg".to_owned()));
    assert!(changed("/unscheduledItems", json!([])).contains(&"unassigned.list".to_owned()));
    assert!(changed("/unusedAgents", json!([{"name": "North"}])).contains(&"unused.list".to_owned()));
    assert_eq!(changed("/agentItineraries/0/agent/name", "South".into()), ["answer.foreign"]);

    let under = |pointer: &str, value: Value| {
        let mut asked = asked.clone();
        *asked.pointer_mut(pointer).unwrap() = value;
        codes(&asked, &plan)
    };
    assert!(under("/agents/0/capacity/0", 2.into()).contains(&"load.capacity".to_owned()));
    assert!(under("/agents/0/shifts/0/breaks/0/duration", "00:31:00".into()).contains(&"answer.foreign".to_owned()));
}

#[test]
fn what_is_no_plan_or_no_request_is_refused_by_name() {
    let refused = |body: Value| refusal(&answer(&without_map(), &post("/api/v1/validate", &body.to_string())));
    let (status, code, fields) = refused(json!({"request": {"agents": []}, "answer": {}}));
    assert_eq!((status, code.as_str()), (400, "InvalidQuestion"));
    assert_eq!(fields, ["request.agents", "request.itineraryItems"]);
    let (_, _, fields) = refused(json!({"request": request(), "answer": {"tours": []}}));
    assert_eq!(fields, ["answer.agentItineraries"]);
    let (status, _, _) = refused(json!({"request": request()}));
    assert_eq!(status, 400);
}
