//! What neither vendor's request can say: each member changes the plan, every plan is valid, and what is misspelt is refused.

use serde_json::{Value, json};

use crate::service::{answer, json, post, refusal, without_map};

/// Two agents with the same yard, and four items around it.
fn request() -> Value {
    let place = |lon: f64| json!({"latitude": 47.66, "longitude": lon});
    let shift = json!({
        "startTime": "2030-05-02T08:00:00", "startLocation": place(-122.31), "endTime": "2030-05-02T16:00:00"});
    let item = |name: &str, lon: f64| json!({"name": name, "dwellTime": "00:30:00", "location": place(lon)});
    json!({
        "agents": [{"name": "Mei", "shifts": [shift]}, {"name": "Ada", "shifts": [shift]}],
        "itineraryItems": [item("a", -122.33), item("b", -122.34), item("c", -122.29), item("d", -122.28)],
        "roadnetwork": false,
        "options": {"steps": 400, "seed": 1}
    })
}

/// The plan for the request with one member put in, which must be valid.
fn plan(changes: &[(&str, Value)]) -> (Value, Value) {
    let mut asked = request();
    for (pointer, value) in changes {
        let (object, name) = pointer.rsplit_once('/').unwrap();
        asked.pointer_mut(object).unwrap()[name] = value.clone();
    }
    let response = answer(&without_map(), &post("/api/v1/optimize", &asked.to_string()));
    assert_eq!(response.status, 200, "{:?}", response.bytes().map(String::from_utf8_lossy));
    let plan = json(&response);
    let body = json!({"request": asked, "answer": plan}).to_string();
    let verdict = json(&answer(&without_map(), &post("/api/v1/validate", &body)));
    assert_eq!(verdict["violations"], json!([]));
    (asked, plan)
}

/// The names of the items that an agent visits, in order.
fn visits(plan: &Value, agent: &str) -> Vec<String> {
    let of_agent = plan["agentItineraries"].as_array().unwrap().iter().filter(|one| one["agent"]["name"] == agent);
    let steps = of_agent.flat_map(|one| one["instructions"].as_array().unwrap());
    let visits = steps.filter(|step| step["instructionType"] == "VisitLocation");
    visits.map(|step| step["itineraryItem"]["name"].as_str().unwrap().to_owned()).collect()
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names
}

#[test]
fn skills_groups_and_evenness_decide_who_goes() {
    let (_, skilled) =
        plan(&[("/itineraryItems/0/skills", json!(["gas"])), ("/agents/1/skills", json!(["gas", "ladder"]))]);
    assert!(visits(&skilled, "Ada").contains(&"a".to_owned()));
    let (_, nobody) = plan(&[("/itineraryItems/0/skills", json!(["gas"]))]);
    assert_eq!(
        (&nobody["reasons"][0]["code"], &nobody["unscheduledItems"][0]["name"]),
        (&json!("agent.skills"), &json!("a"))
    );
    assert_eq!(nobody["reasons"][0]["remedy"], "fits Mei with `gas` among its skills");
    let (_, together) =
        plan(&[("/sameAgent", json!([["a", "c"]])), ("/differentAgents", json!([["a", "b"], ["c", "d"]]))]);
    let pairs = [sorted(visits(&together, "Mei")), sorted(visits(&together, "Ada"))];
    assert!(
        pairs.contains(&vec!["a".to_owned(), "c".to_owned()]) && pairs.contains(&vec!["b".to_owned(), "d".to_owned()])
    );
    let (_, even) = plan(&[("/balance", json!({"weight": 10_000})), ("/costvalue", json!("Distance"))]);
    assert_eq!((visits(&even, "Mei").len(), visits(&even, "Ada").len()), (2, 2));
}

#[test]
fn times_of_shifts_and_items_bind() {
    let window = |from: &str, to: &str| json!({"openingTime": format!("2030-05-02T{from}"), "closingTime": format!("2030-05-02T{to}")});
    let windows = json!([window("06:00:00", "07:00:00"), window("15:00:00", "15:30:00")]);
    let (_, late) = plan(&[("/itineraryItems/0/windows", windows)]);
    let text = late.to_string();
    assert!(text.contains("\"startTime\":\"2030-05-02T15:00:00+00:00\""), "{text}");
    let (_, released) = plan(&[("/itineraryItems/0/releaseTime", json!("2030-05-02T10:00:00"))]);
    assert!(released.to_string().contains("\"startTime\":\"2030-05-02T10:00:00+00:00\""));
    let short = json!("00:45:00");
    let limits = [("/agents/0/shifts/0/maxDuration", short.clone()), ("/agents/1/shifts/0/maxDuration", short)];
    let (_, limited) = plan(&limits);
    assert_eq!(limited["unscheduledItems"].as_array().unwrap().len(), 2);
    let tight = json!("2030-05-02T08:20:00");
    let shut = [("/agents/0/shifts/0/endTime", tight.clone()), ("/agents/1/shifts/0/endTime", tight)];
    let (_, none) = plan(&shut);
    assert_eq!(none["agentItineraries"], json!([]), "nothing schedulable is a normal answer");
    let overtime = json!({"maxDuration": "02:00:00", "pricePerHour": 40});
    let paid =
        [shut[0].clone(), shut[1].clone(), ("/agents/0/shifts/0/overtime", overtime), ("/costvalue", json!("Price"))];
    assert!(!visits(&plan(&paid).1, "Mei").is_empty());
    let near = [("/itineraryItems/1/location", request()["itineraryItems"][0]["location"].clone())];
    let setups = [
        near[0].clone(),
        ("/itineraryItems/0/setupTime", json!("00:10:00")),
        ("/itineraryItems/1/setupTime", json!("00:10:00")),
    ];
    let text = plan(&setups).1.to_string();
    assert!(
        text.contains("\"duration\":\"00:40:00\"") && text.contains("\"duration\":\"00:30:00\""),
        "one set-up for both"
    );
}

#[test]
fn a_plan_in_force_is_kept_as_far_as_asked() {
    let tours = json!([{"agent": "Ada", "items": ["d", "a"], "fixed": 2}, {"agent": "Mei", "items": ["b", "c"]}]);
    let (asked, kept) = plan(&[("/initialPlan", json!({"tours": tours, "moveCost": 1_000_000}))]);
    assert_eq!(visits(&kept, "Ada")[..2], ["d", "a"]);
    assert_eq!(sorted(visits(&kept, "Mei")), ["b", "c"]);
    let mut hopeless = asked;
    hopeless["itineraryItems"][3]["closingTime"] = json!("2030-05-02T08:01:00");
    let (status, _, fields) = refusal(&answer(&without_map(), &post("/api/v1/optimize", &hopeless.to_string())));
    assert_eq!((status, fields), (400, vec!["initialPlan.tours[0].fixed".to_owned()]));
}

#[test]
fn depots_are_visited_as_often_as_loads_ask() {
    let depot = json!({"name": "store", "depot": true, "dwellTime": "00:05:00",
        "location": {"latitude": 47.66, "longitude": -122.31}});
    let mut items = vec![depot];
    for item in request()["itineraryItems"].as_array().unwrap() {
        let mut item = item.clone();
        (item["quantity"], item["dropOffFrom"]) = (json!([-2]), json!(["store"]));
        items.push(item);
    }
    let (_, plan) = plan(&[
        ("/itineraryItems", json!(items)),
        ("/agents/0/capacity", json!([4])),
        ("/agents/1/capacity", json!([0])),
    ]);
    let visits = visits(&plan, "Mei");
    assert_eq!(visits.iter().filter(|name| *name == "store").count(), 2, "{visits:?}");
    assert_eq!((visits.len(), &plan["unscheduledItems"]), (6, &json!([])));
}

#[test]
fn unknown_members_are_refused_and_named_as_ignored() {
    let mut asked = request();
    asked["sameAgents"] = json!([["a", "b"]]);
    asked["itineraryItems"][1]["skils"] = json!(["gas"]);
    let (status, _, fields) = refusal(&answer(&without_map(), &post("/api/v1/optimize", &asked.to_string())));
    assert_eq!((status, sorted(fields)), (400, vec!["itineraryItems[1].skils".to_owned(), "sameAgents".to_owned()]));
    asked.as_object_mut().unwrap().remove("sameAgents");
    asked["itineraryItems"][1].as_object_mut().unwrap().remove("skils");
    asked["sameAgent"] = json!([["a", "nobody"], "b"]);
    let (status, _, fields) = refusal(&answer(&without_map(), &post("/api/v1/optimize", &asked.to_string())));
    assert_eq!((status, fields), (400, vec!["sameAgent[1]".to_owned(), "sameAgent[0][1]".to_owned()]));
}
