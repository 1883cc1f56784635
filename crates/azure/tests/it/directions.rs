//! Directions and their batches over the drawn town.

use serde_json::{Value, json};

use crate::desk::{BASE, Desk};

const BATCH: &str = "/route/directions/batch/json?api-version=1.0";
const BATCH_SYNC: &str = "/route/directions/batch/sync/json?api-version=1.0";

fn directions(desk: &Desk, letters: &str) -> String {
    format!("/route/directions/json?api-version=1.0&query={}", desk.waypoints(letters))
}

/// The numbers of `name` in the summaries of all legs.
fn legs(route: &Value, name: &str) -> Vec<u64> {
    let legs = route["legs"].as_array().unwrap().iter();
    legs.map(|leg| leg["summary"][name].as_u64().unwrap()).collect()
}

#[test]
fn totals_are_the_sums_of_legs_and_times_follow_each_other() {
    let mut desk = Desk::new();
    let target = directions(&desk, "adil");
    let answer = desk.get(&target);
    assert_eq!((answer.status, &answer.json["formatVersion"]), (200, &json!("0.0.12")));
    let route = &answer.json["routes"][0];
    for name in ["lengthInMeters", "travelTimeInSeconds"] {
        assert_eq!(route["summary"][name], json!(legs(route, name).iter().sum::<u64>()), "{name}");
        assert!(legs(route, name).len() == 3 && legs(route, name).iter().all(|&figure| figure > 0), "{name}");
    }
    assert_eq!(route["summary"]["departureTime"], "2023-11-14T14:13:20-08:00");
    for pair in route["legs"].as_array().unwrap().windows(2) {
        assert_eq!(pair[0]["summary"]["arrivalTime"], pair[1]["summary"]["departureTime"]);
    }
    assert_eq!(route["legs"][2]["summary"]["arrivalTime"], route["summary"]["arrivalTime"]);
    let points: usize =
        route["legs"].as_array().unwrap().iter().map(|leg| leg["points"].as_array().unwrap().len()).sum();
    let section =
        json!({"startPointIndex": 0, "endPointIndex": points - 1, "sectionType": "TRAVEL_MODE", "travelMode": "car"});
    assert_eq!(route["sections"], json!([section]));
}

#[test]
fn a_leg_begins_and_ends_where_it_was_asked_to() {
    let mut desk = Desk::new();
    let target = directions(&desk, "al");
    let route = desk.get(&target).json["routes"][0].clone();
    let points = route["legs"][0]["points"].as_array().unwrap();
    let at = |letter| json!({"latitude": desk.at(letter).lat(), "longitude": desk.at(letter).lon()});
    assert_eq!((&points[0], &points[points.len() - 1]), (&at('a'), &at('l')));
}

#[test]
fn arrive_at_gives_the_departure_and_all_travel_times_agree() {
    let mut desk = Desk::new();
    let target = format!("{}&arriveAt=2023-11-15T09:00:00+01:00&computeTravelTimeFor=all", directions(&desk, "al"));
    let route = desk.get(&target).json["routes"][0].clone();
    assert_eq!(route["summary"]["arrivalTime"], "2023-11-15T00:00:00-08:00");
    let leg = &route["legs"][0]["summary"];
    for name in [
        "noTrafficTravelTimeInSeconds",
        "historicTrafficTravelTimeInSeconds",
        "liveTrafficIncidentsTravelTimeInSeconds",
    ] {
        assert_eq!(leg[name], leg["travelTimeInSeconds"], "{name}");
        assert_eq!(route["summary"][name], Value::Null, "{name} belongs to legs only");
    }
}

#[test]
fn post_without_wishes_is_get() {
    let mut desk = Desk::new();
    let target = directions(&desk, "al");
    let (got, posted) = (desk.get(&target), desk.post(&target, &json!({})));
    assert_eq!((posted.status, posted.json), (200, got.json));
    let refused = desk.post(&target, &json!({"avoidVignette": ["AUS"]}));
    assert_eq!((refused.status, refused.json["error"]["target"].as_str()), (400, Some("avoidVignette")));
}

/// The street from b to c lies in the area: the way goes round it, and takes what it takes.
#[test]
fn an_area_is_avoided_and_a_heading_kept() {
    let mut desk = Desk::new();
    let target = directions(&desk, "ad");
    let (b, c) = (desk.at('b'), desk.at('c'));
    let middle = [f64::midpoint(b.lat(), c.lat()), f64::midpoint(b.lon(), c.lon())];
    let [south, north] = [-1e-5, 1e-5].map(|by| middle[0] + by);
    let [west, east] = [-1e-5, 1e-5].map(|by| middle[1] + by);
    let ring = json!([[west, south], [east, south], [east, north], [west, north], [west, south]]);
    let around = json!({"avoidAreas": {"type": "MultiPolygon", "coordinates": [[ring]]}});
    let (usual, avoiding) = (desk.post(&target, &json!({})), desk.post(&target, &around));
    let metres = |answer: &crate::desk::Answer| answer.json["routes"][0]["summary"]["lengthInMeters"].as_u64().unwrap();
    assert_eq!((usual.status, avoiding.status), (200, 200), "{}", avoiding.json);
    assert!(metres(&avoiding) > metres(&usual), "{} {}", avoiding.json, usual.json);
    assert_eq!(avoiding.header("x-roundsman-ignored"), None);
    for (heading, expected) in [("", 0), ("&vehicleHeading=90", 0), ("&vehicleHeading=180", 1)] {
        let answer = desk.get(&format!("{target}{heading}"));
        assert_eq!(u8::from(metres(&answer) > metres(&usual)), expected, "{heading}");
    }
    let commercial = desk.get(&format!("{target}&vehicleCommercial=true"));
    assert_eq!((commercial.status, commercial.json), (200, usual.json), "no sign speaks of goods");
}

#[test]
fn what_does_not_change_the_answer_is_named() {
    let mut desk = Desk::new();
    let target = format!("{}&traffic=true&language=en-US", directions(&desk, "al"));
    assert_eq!(desk.get(&target).header("x-roundsman-ignored"), Some("traffic, language"));
    let target = directions(&desk, "al");
    assert_eq!(desk.get(&target).header("x-roundsman-ignored"), None);
}

fn batch(desk: &Desk) -> Value {
    json!({"batchItems": [
        {"query": format!("?query={}&travelMode=car", desk.waypoints("al"))},
        {"query": "?query=nonsense"},
        {"query": format!("query={}", desk.waypoints("la").replace(',', "%2C").replace(':', "%3A"))},
        {"query": format!("query={}&maxAlternatives=99", desk.waypoints("al"))},
        {"query": format!("?query={}", desk.waypoints("am"))},
        {"else": 1},
    ]})
}

/// An answer with the moments of its times, whatever they are labelled with.
fn moments(answer: &Value) -> Value {
    match answer {
        Value::String(text) => text.parse::<jiff::Timestamp>().map_or(json!(text), |moment| json!(moment.as_second())),
        Value::Array(items) => items.iter().map(moments).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), moments(value))).collect(),
        other => other.clone(),
    }
}

#[test]
fn a_batch_succeeds_around_its_bad_items() {
    let mut desk = Desk::new();
    let body = batch(&desk);
    let answer = desk.post(BATCH_SYNC, &body);
    assert_eq!(answer.status, 200, "{}", answer.json);
    let statuses: Vec<u64> =
        answer.json["batchItems"].as_array().unwrap().iter().map(|item| item["statusCode"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 400, 200, 400, 400, 400]);
    assert_eq!(answer.json["summary"], json!({"successfulRequests": 2, "totalRequests": 6}));
    let message = |index: usize| answer.json["batchItems"][index]["response"]["error"]["message"].as_str().unwrap();
    assert!(message(1).contains("it is 'nonsense'"), "{}", message(1));
    assert_eq!(message(3), "maxAlternatives parameter value should be between 0 and 5 inclusive");
    assert_eq!(message(4), "Engine error while executing route request: NO_ROUTE_FOUND");
    assert!(message(5).starts_with("Bad request: one or more parameters"), "{}", message(5));

    let target = directions(&desk, "al");
    let item = &answer.json["batchItems"][0]["response"];
    assert_eq!(moments(item), moments(&desk.get(&target).json), "an item is the single answer, but for its labels");
    assert_eq!(item["routes"][0]["summary"]["departureTime"], "2023-11-14T22:13:20+00:00");
}

#[test]
fn a_batch_later_is_the_batch_at_once() {
    let mut desk = Desk::new();
    let body = batch(&desk);
    let at_once = desk.post(BATCH_SYNC, &body);

    let accepted = desk.post(BATCH, &body);
    let location = format!("{BASE}/route/directions/batch/00000000-0000-4000-8000-000000000000?api-version=1.0");
    assert_eq!((accepted.status, accepted.header("location")), (202, Some(location.as_str())));
    assert_eq!((accepted.header("retry-after"), accepted.bytes.as_slice()), (Some("1"), b"\"\"".as_slice()));
    assert_eq!(accepted.header("operation-location"), None);
    assert!(!desk.stored().contains("secret"));

    let target = location.strip_prefix(BASE).unwrap();
    let pending = desk.get(&format!("{target}&api-version=1.0"));
    assert_eq!((pending.status, pending.header("location")), (202, Some(location.as_str())));

    let items: Vec<f64> = (1..=6).map(|done| f64::from(done) / 6.0).collect();
    assert_eq!(desk.work(), items, "progress is reported item by item");
    for _ in 0..2 {
        let done = desk.get(target);
        assert_eq!((done.status, &done.json, done.header("retry-after")), (200, &at_once.json, None));
    }
}

#[test]
fn a_batch_without_a_map_is_a_503_and_nothing_is_accepted() {
    let mut desk = Desk::without_map();
    let body = batch(&desk);
    for target in [BATCH, BATCH_SYNC] {
        let answer = desk.post(target, &body);
        assert_eq!((answer.status, answer.code()), (503, "503 ServiceUnavailable"), "{target}");
    }
    assert_eq!(desk.accepted(), 0);
}
