//! `/api/v1/optimize`: Bing's body in, Bing's resource out, our own errors.

use engine::Budget;
use serde_json::{Value, json};

use crate::service::{answer, json, long, polls_to_the_result, post, post_for_later, refusal, without_map};

fn body() -> Value {
    let place = |lon: f64| json!({"latitude": 47.66, "longitude": lon});
    json!({
        "agents": [{"name": "North", "shifts": [{
            "startTime": "2030-05-02T08:00:00", "startLocation": place(-122.31),
            "endTime": "2030-05-02T16:00:00", "endLocation": place(-122.31)}]}],
        "itineraryItems": [
            {"name": "Cafe", "dwellTime": "00:20:00", "priority": 2, "location": place(-122.32)},
            {"name": "Bakery", "dwellTime": "09:00:00", "location": place(-122.33)}],
        "roadnetwork": false,
        "options": {"steps": 200, "seed": 1}
    })
}

#[test]
fn a_plan_is_made_at_once_and_later_alike() {
    let engine = without_map();
    let text = body().to_string();
    let response = answer(&engine, &post("/api/v1/optimize", &text));
    assert_eq!(response.status, 200);
    let plan = json(&response);
    assert_eq!(plan["unscheduledItems"][0]["name"], "Bakery");
    assert_eq!(plan["agentItineraries"][0]["agent"]["name"], "North");

    let later = post_for_later("/api/v1/optimize", &text);
    let question = long(&later);
    assert_eq!(((question.check)(&engine, &later), question.kind), (Ok(()), "api.optimize"));
    let stored = (question.run)(&engine, &later, &Budget::default()).unwrap();
    assert_eq!(Some(stored.as_slice()), response.bytes());
    assert!(polls_to_the_result(question, &later));
}

#[test]
fn faults_have_the_names_of_the_body() {
    let engine = without_map();
    let check = |pointer: &str, value: Value, field: &str| {
        let mut asked = body();
        *asked.pointer_mut(pointer).unwrap() = value;
        let request = post("/api/v1/optimize", &asked.to_string());
        let response = answer(&engine, &request);
        let (status, code, fields) = refusal(&response);
        assert_eq!((status, code.as_str(), fields), (400, "InvalidQuestion", vec![field.to_owned()]));
        let later = post_for_later("/api/v1/optimize", &asked.to_string());
        assert_eq!((long(&later).check)(&engine, &later), Err(response));
    };
    check("/itineraryItems/0/priority", json!(101), "itineraryItems[0].priority");
    check("/agents/0/shifts/0/endTime", json!("2030-05-01T16:00:00"), "agents[0].shifts[0].endTime");
    check("/itineraryItems/0/location/latitude", json!(91), "itineraryItems[0].location.latitude");
}

#[test]
fn what_is_no_question_is_refused() {
    let engine = without_map();
    for body in [&b""[..], b"{", b"\xff\xfe", b"<Agents/>"] {
        let mut request = post("/api/v1/optimize", "");
        request.body = body.to_vec();
        assert_eq!(answer(&engine, &request).status, 400, "{body:?}");
    }
    let mut roads = body();
    roads["roadnetwork"] = json!(true);
    let request = post("/api/v1/optimize", &roads.to_string());
    assert_eq!(refusal(&answer(&engine, &request)), (503, "NoDataset".to_owned(), Vec::new()));
    let later = post_for_later("/api/v1/optimize", &roads.to_string());
    assert_eq!((long(&later).check)(&engine, &later).unwrap_err().status, 503);
}

#[test]
fn larger_plans_are_asked_for_later() {
    let mut asked = body();
    let item = asked["itineraryItems"][0].clone();
    asked["itineraryItems"] = (0..21).map(|_| item.clone()).collect();
    let engine = without_map();
    let response = answer(&engine, &post("/api/v1/optimize", &asked.to_string()));
    assert_eq!(refusal(&response).2, ["itineraryItems"]);
    let later = post_for_later("/api/v1/optimize", &asked.to_string());
    assert_eq!((long(&later).check)(&engine, &later), Ok(()));
}
