//! Nothing accepted is lost: fifty questions are accepted, the process is killed as by a power cut, and a new one finishes
//! them all with the answers of an undisturbed run. Then: how long results are kept, and who may see them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use common::{Answer, Server, data_with_map, empty_data, eventually, finally, json};
use serde_json::{Value, json};

/// The questions asked: each kind of long question, some quick, some not.
fn questions() -> Vec<(&'static str, Value)> {
    let places = json!({"type": "MultiPoint", "coordinates":
        [[-122.3130, 47.6613], [-122.3493, 47.6505], [-122.3035, 47.6553], [-122.3206, 47.6558]]});
    let origins = |kind: &str| json!({"type": "Feature", "geometry": places, "properties": {"pointType": kind}});
    let batch = json!({"batchItems": [
        {"query": "?query=47.6613,-122.3130:47.6505,-122.3493&departAt=2030-05-02T08:00:00Z"},
        {"query": "?query=nonsense"}]});
    vec![
        ("/REST/V1/Routes/OptimizeItineraryAsync", itinerary(3000, true)),
        ("/REST/V1/Routes/OptimizeItineraryAsync", itinerary(20_000, false)),
        ("/route/directions/batch/json?api-version=1.0", batch),
        (
            "/route/matrix/json?api-version=1.0&departAt=2030-05-02T08:00:00Z",
            json!({"origins": places, "destinations": places}),
        ),
        (
            "/route/matrix:async?api-version=2025-01-01",
            json!({"type": "FeatureCollection", "features": [origins("origins"), origins("destinations")]}),
        ),
    ]
}

/// A plan that takes `steps` of search and always ends the same.
fn itinerary(steps: u64, roads: bool) -> Value {
    let place = |number: u32| json!({"latitude": 47.655 + 0.0009 * f64::from(number % 7), "longitude": -122.335 + 0.0021 * f64::from(number % 11)});
    let items: Vec<Value> = (0..15)
        .map(|number| {
            json!({"name": format!("stop {number}"), "location": place(number), "dwellTime": "00:20:00", "priority": 1 + number,
                "openingTime": "2030-05-02T09:00:00", "closingTime": "2030-05-02T15:00:00"})
        })
        .collect();
    let shift =
        json!({"startTime": "2030-05-02T08:00:00", "startLocation": place(0), "endTime": "2030-05-02T12:30:00"});
    json!({"agents": [{"name": "Mei", "shifts": [shift]}, {"name": "Ada", "shifts": [shift]}], "itineraryItems": items,
        "roadnetwork": roads, "options": {"steps": steps, "seed": 7, "threads": 1}})
}

/// Where a client asks for the answer of an accepted question, without the server's address.
fn poll_path(server: &Server, accepted: &Answer) -> String {
    let address = match accepted.header("location").or(accepted.header("operation-location")) {
        Some(address) => address.to_owned(),
        None => accepted.json()["resourceSets"][0]["resources"][0]["callbackUrl"].as_str().unwrap().to_owned(),
    };
    address.strip_prefix(&server.url).unwrap_or_else(|| panic!("{address} is not on {}", server.url)).to_owned()
}

fn accept(server: &Server, (path, body): &(&str, Value)) -> String {
    let accepted = server.post(path, body.to_string());
    let expected = if path.starts_with("/REST") { 200 } else { 202 };
    assert_eq!(accepted.status, expected, "{path}: {}", common::text(&accepted.body));
    poll_path(server, &accepted)
}

/// The result behind a poll, without what differs between two runs of the same question (trace ids, ids in addresses).
fn result(server: &Server, path: &str) -> Option<Value> {
    let polled = server.get(path);
    assert!(matches!(polled.status, 200 | 202), "{path}: {} {}", polled.status, common::text(&polled.body));
    if polled.status == 202 {
        return None;
    }
    let mut body = polled.json();
    if let Some(sets) = body.get("resourceSets") {
        return sets[0]["resources"][0].get("callbackUrl").is_none().then(|| sets.clone());
    }
    if let Some(status) = body.get("status") {
        assert!(status != "Failed", "{body}");
        let address = body["result"]["resultUrl"].as_str()?.to_owned();
        body = server.get(&address).json();
    }
    Some(body)
}

fn states(data: &std::path::Path) -> BTreeMap<String, usize> {
    let listed = json(data, &["operations", "list", "--json"]);
    let mut states = BTreeMap::new();
    for operation in listed["operations"].as_array().unwrap_or_else(|| panic!("{listed}")) {
        *states.entry(operation["state"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    states
}

#[test]
fn fifty_accepted_questions_outlive_a_kill() {
    let data = data_with_map();
    let asked = questions();
    let server = Server::start(data.path(), &["--workers", "1"]);
    let accepted: Vec<String> = (0..50).map(|number| accept(&server, &asked[number % asked.len()])).collect();
    server.kill();
    let before = states(data.path());
    let unfinished: usize = before.iter().filter(|(state, _)| *state != "succeeded").map(|(_, count)| count).sum();
    assert!(unfinished > 0, "the kill came too late to prove anything: {before:?}");
    assert_eq!(before.values().sum::<usize>(), 50, "{before:?}");

    let server = Server::start(data.path(), &[]);
    let ended: Vec<Value> =
        accepted.iter().map(|path| finally("a result that was promised", || result(&server, path))).collect();
    let expected: Vec<Value> = asked
        .iter()
        .map(|question| {
            let path = accept(&server, question);
            finally("the undisturbed result", || result(&server, &path))
        })
        .collect();
    for (number, ended) in ended.iter().enumerate() {
        assert_eq!(ended, &expected[number % expected.len()], "question {number} ended differently after the kill");
    }
    assert_eq!(states(data.path()), BTreeMap::from([("succeeded".to_owned(), 55)]));
    // A result is the same however often it is fetched.
    assert_eq!(server.get(&accepted[3]).body, server.get(&accepted[3]).body);
}

#[test]
fn a_result_is_kept_as_long_as_promised_and_then_unknown() {
    let data = empty_data();
    let server = Server::start_with(data.path(), &[], &[("ROUNDSMAN_OPERATIONS__RETENTION_S", "3")]);
    let begun = Instant::now();
    let path = accept(&server, &("/REST/V1/Routes/OptimizeItineraryAsync", itinerary(100, false)));
    // On a busy machine nobody may have looked in its three seconds; but they are not over sooner.
    let gone = finally("the end of the result", || {
        let answer = server.get(&path);
        assert!(
            answer.status == 200 || answer.status == 404 && begun.elapsed() >= Duration::from_secs(3),
            "{answer:?}"
        );
        Some(answer).filter(|answer| answer.status == 404)
    });
    assert_eq!(gone.json()["statusCode"], 404);
    eventually("the sweep", || states(data.path()).is_empty().then_some(()));
}

#[test]
fn an_operation_is_its_tenant_s_and_its_dialect_s_alone() {
    let data = empty_data();
    let key = |name: &str| json(data.path(), &["keys", "add", name, "--json"])["key"].as_str().unwrap().to_owned();
    let (ada, bob) = (key("ada"), key("bob"));
    let server = Server::start(data.path(), &[]);
    let asked = format!("/REST/V1/Routes/OptimizeItineraryAsync?key={ada}");
    let path = accept(&server, &(&asked, itinerary(100, false)));
    assert!(path.contains(&ada), "the callback address keeps the client's key: {path}");
    finally("the result", || result(&server, &path));
    // Another tenant's key: the vendor's 401; without one, too.
    assert_eq!(server.get(&path.replace(&ada, &bob)).status, 401);
    assert_eq!(server.get(&path.replace(&format!("key={ada}"), "")).status, 401);
    // The same id asked for in the other dialect, by its owner.
    let id = path.split("requestId=").nth(1).unwrap().split('&').next().unwrap();
    for elsewhere in [
        format!("/route/matrix/{id}?api-version=1.0&subscription-key={ada}"),
        format!("/route/directions/batch/{id}?api-version=1.0&subscription-key={ada}"),
        format!("/route/operations/{id}?api-version=2025-01-01&subscription-key={ada}"),
    ] {
        assert_eq!(server.get(&elsewhere).status, 404, "{elsewhere}");
    }
    // A key never reaches the store.
    let stored = std::fs::read_dir(data.path()).unwrap().flatten().filter(|entry| entry.path().is_file());
    for entry in stored {
        let bytes = std::fs::read(entry.path()).unwrap();
        let found = bytes.windows(ada.len()).any(|window| window == ada.as_bytes());
        assert!(!found, "{} holds a key in plain text", entry.path().display());
    }
}
