//! Bad input, by dialect: the status, the dialect's envelope, the parameter named, and nothing stored.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Answer, Server, data_with_map, empty_data, json};
use serde_json::{Value, json};

const SYNC: &str = "/REST/V1/Routes/OptimizeItinerary";
const ASYNC: &str = "/REST/V1/Routes/OptimizeItineraryAsync";
const BATCH: &str = "/route/directions/batch/json?api-version=1.0";
const MATRIX: &str = "/route/matrix/json?api-version=1.0";
const DIRECTIONS: &str = "/route/directions/json?api-version=1.0";

fn shift(start: &str, end: &str) -> Value {
    json!({"startTime": format!("2030-05-02T{start}"), "endTime": format!("2030-05-02T{end}"),
        "startLocation": {"latitude": 47.6615, "longitude": -122.3131}})
}

fn item(name: &str) -> Value {
    json!({"name": name, "dwellTime": "00:10:00", "location": {"latitude": 47.66, "longitude": -122.32}})
}

/// A good request with one change.
fn itinerary(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = json!({"roadnetwork": false, "agents": [{"name": "Mei", "shifts": [shift("08:00:00", "12:00:00")]}],
        "itineraryItems": [item("a"), item("b")]});
    change(&mut body);
    body
}

/// A Bing refusal: the status in both places, the literal first string, and the parameter.
fn refused_by_bing(answer: &Answer, parameter: &str) {
    let body = answer.json();
    assert_eq!((answer.status, &body["statusCode"]), (400, &400.into()), "{body}");
    assert_eq!(body["resourceSets"], json!([]));
    assert_eq!(body["authenticationResultCode"], "ValidCredentials");
    let details = body["errorDetails"].as_array().unwrap();
    assert_eq!(details[0], "One or more parameters are not valid.", "{body}");
    let named = details.iter().any(|line| line.as_str().unwrap().contains(parameter));
    assert!(named, "{parameter} is not named in {body}");
}

fn refused_by_azure(answer: &Answer, status: u16, word: &str) {
    let body = answer.json();
    assert_eq!(answer.status, status, "{body}");
    assert!(body["error"]["code"].is_string() && body["error"]["message"].is_string(), "{body}");
    assert!(body.to_string().contains(word), "{word} is not named in {body}");
    assert_eq!(answer.header("retry-after"), None, "a client would try a refused request again");
}

fn nothing_is_stored(data: &std::path::Path) {
    assert_eq!(json(data, &["operations", "list", "--json"])["operations"], json!([]));
}

#[test]
fn itineraries_that_break_a_rule_are_refused_by_name() {
    let data = empty_data();
    let server = Server::start(data.path(), &[]);
    assert_eq!(server.post(SYNC, itinerary(|_| {}).to_string()).status, 200, "the unchanged request is good");
    let cases: Vec<(Value, &str)> = vec![
        (itinerary(|b| b["itineraryItems"][1]["location"]["latitude"] = 91.into()), "itineraryItems[1].location"),
        (
            itinerary(|b| b["agents"][0]["shifts"] = json!([shift("12:00:00", "08:00:00")])),
            "agents[0].shifts[0].endTime",
        ),
        (
            itinerary(|b| {
                b["agents"][0]["shifts"] = json!([shift("08:00:00", "12:00:00"), shift("11:00:00", "15:00:00")]);
            }),
            "agents[0].shifts[1]",
        ),
        (itinerary(|b| b["itineraryItems"][0]["priority"] = 0.into()), "itineraryItems[0].priority"),
        (itinerary(|b| b["itineraryItems"][1]["priority"] = 101.into()), "itineraryItems[1].priority"),
        (itinerary(|b| b["itineraryItems"][1]["dropOffFrom"] = json!(["nobody"])), "itineraryItems[1].dropOffFrom"),
        (
            itinerary(|b| {
                b["itineraryItems"][0]["dropOffFrom"] = json!(["b"]);
                b["itineraryItems"][1]["dropOffFrom"] = json!(["a"]);
            }),
            "dropOffFrom",
        ),
        (itinerary(|b| b["itineraryItems"] = (0..2001).map(|n| item(&n.to_string())).collect()), "itineraryItems"),
        (itinerary(|b| b["itineraryItems"][0]["depot"] = "yes".into()), "itineraryItems[0].depot"),
        (itinerary(|b| b["itineraryItems"][0] = json!({"address": "1 Pike Place"})), "itineraryItems[0].address"),
        (itinerary(|b| b["agents"] = json!([])), "agents"),
    ];
    for (body, parameter) in &cases {
        for path in [SYNC, ASYNC] {
            refused_by_bing(&server.post(path, body.to_string()), parameter);
        }
    }
    for body in ["", "not JSON", "[1,2]", "{\"agents\":", "null"] {
        let answer = server.post(ASYNC, body);
        assert_eq!((answer.status, &answer.json()["statusCode"]), (400, &400.into()), "{body:?}");
    }
    refused_by_bing(&server.post(&format!("{ASYNC}?o=xml"), itinerary(|_| {}).to_string()), "output");
    refused_by_bing(&server.get(&format!("{ASYNC}?itineraryAgents=nobody&itineraryItems=nothing")), "itineraryAgents");
    nothing_is_stored(data.path());
}

#[test]
fn bodies_of_more_than_eight_mebibytes_are_413() {
    let data = empty_data();
    let server = Server::start(data.path(), &[]);
    let large = vec![b' '; 8 * 1024 * 1024 + 1];
    for path in [ASYNC, BATCH, MATRIX, "/route/matrix:async?api-version=2025-01-01"] {
        let answer = server.post(path, &large);
        assert_eq!(answer.status, 413, "{path}");
        assert!(common::text(&answer.body).contains("8388608"), "the limit is named: {}", common::text(&answer.body));
    }
    nothing_is_stored(data.path());
}

#[test]
fn batches_and_matrices_that_break_a_rule_are_refused_by_name() {
    let data = data_with_map();
    let server = Server::start(data.path(), &[]);
    let batch = |items: usize| {
        json!({"batchItems": vec![json!({"query": "?query=47.66,-122.31:47.65,-122.32"}); items]}).to_string()
    };
    for (path, body, word) in [
        (BATCH, "{}".to_owned(), "Request body is invalid or empty"),
        (BATCH, batch(0), "batchItems"),
        (BATCH, batch(701), "700"),
        ("/route/directions/batch/sync/json?api-version=1.0", batch(101), "100"),
        (BATCH, "not JSON".to_owned(), "Request body is invalid or empty"),
        (BATCH, String::new(), "Request body is invalid or empty"),
    ] {
        refused_by_azure(&server.post(path, body), 400, word);
    }
    let point = |at: [f64; 2], count: usize| json!({"type": "MultiPoint", "coordinates": vec![at; count]});
    let matrix =
        |origins: Value, destinations: Value| json!({"origins": origins, "destinations": destinations}).to_string();
    let here = [-122.31, 47.66];
    for (path, body, word) in [
        (MATRIX, matrix(point(here, 1), point(here, 0)), "Invalid coordinates value"),
        (MATRIX, matrix(point([47.66, 91.0], 1), point(here, 1)), "latitude value should be between -90 and 90"),
        (MATRIX, matrix(point(here, 27), point(here, 26)), "700"),
        ("/route/matrix/sync/json?api-version=1.0", matrix(point(here, 11), point(here, 10)), "100"),
        ("/route/matrix/xml?api-version=1.0", matrix(point(here, 1), point(here, 1)), "xml"),
    ] {
        refused_by_azure(&server.post(path, body), 400, word);
    }
    nothing_is_stored(data.path());

    let mixed =
        json!({"batchItems": [{"query": "?query=47.6613,-122.3130:47.6505,-122.3493"}, {"query": "?query=nonsense"}]});
    let answer = server.post("/route/directions/batch/sync/json?api-version=1.0", mixed.to_string());
    let body = answer.json();
    assert_eq!((answer.status, &body["summary"]["successfulRequests"]), (200, &1.into()), "{body}");
    assert_eq!(
        (&body["batchItems"][0]["statusCode"], &body["batchItems"][1]["statusCode"]),
        (&200.into(), &400.into())
    );
    assert!(body["batchItems"][1]["response"]["error"]["message"].is_string(), "{body}");
}

#[test]
fn routes_that_cannot_be_are_refused_by_name() {
    let data = data_with_map();
    let server = Server::start(data.path(), &[]);
    let good = "query=47.6613,-122.3130:47.6505,-122.3493";
    assert_eq!(server.get(&format!("{DIRECTIONS}&{good}")).status, 200);
    for (query, word) in [
        ("query=91,-122.3:47.65,-122.34".to_owned(), "91"),
        ("query=47.66,-122.31".to_owned(), "query"),
        (String::new(), "query"),
        // About 200 km south of the map.
        ("query=47.6613,-122.3130:45.86,-122.34".to_owned(), "MAP_MATCHING_FAILURE: Destination"),
        (format!("{good}&travelMode=truck&vehicleHeight=-4"), "vehicleHeight"),
        (format!("{good}&travelMode=hovercraft"), "travelMode"),
        (format!("{good}&avoid=rain"), "avoid"),
        (format!("{good}&routeType=thrilling"), "routeType"),
        (format!("{good}&maxAlternatives=9"), "maxAlternatives"),
    ] {
        refused_by_azure(&server.get(&format!("{DIRECTIONS}&{query}")), 400, word);
    }
    refused_by_azure(&server.get(&format!("/route/directions/json?{good}")), 400, "MissingApiVersionParameter");
    refused_by_azure(
        &server.get(&format!("/route/directions/json?api-version=7&{good}")),
        400,
        "UnsupportedApiVersionValue",
    );
    refused_by_azure(&server.get(&format!("/route/directions/xml?api-version=1.0&{good}")), 400, "xml");
}

#[test]
fn between_two_islands_there_is_no_route() {
    let data = empty_data();
    let file = data.path().join("islands.osm.pbf");
    let street = [("highway", "residential")];
    let map = testkit::Map::new("a b c\nd e f\n\n\n\nu v w\nx y z");
    let map = map
        .way("abc", &street)
        .way("def", &street)
        .way("ad", &street)
        .way("uvw", &street)
        .way("xyz", &street)
        .way("ux", &street);
    map.write_pbf(&file);
    json(data.path(), &["import", file.to_str().unwrap(), "--json"]);
    let server = Server::start(data.path(), &[]);
    let (here, there) = (map.at('b'), map.at('y'));
    let query = format!("{DIRECTIONS}&query={},{}:{},{}", here.lat(), here.lon(), there.lat(), there.lon());
    refused_by_azure(&server.get(&query), 400, "NO_ROUTE_FOUND");
    let point = |at: geometry::Coordinate| json!({"type": "MultiPoint", "coordinates": [[at.lon(), at.lat()]]});
    let body = json!({"origins": point(here), "destinations": point(there)});
    let answer = server.post("/route/matrix/sync/json?api-version=1.0", body.to_string());
    assert_eq!((answer.status, &answer.json()["matrix"][0][0]["statusCode"]), (200, &400.into()), "{}", answer.json());
}

#[test]
fn ids_that_name_nothing_are_unknown_in_each_dialect() {
    let data = empty_data();
    let server = Server::start(data.path(), &[]);
    let id = "0190d0a1-7b7c-7000-8000-000000000001";
    for path in [
        format!("/route/directions/batch/{id}?api-version=1.0"),
        format!("/route/matrix/{id}?api-version=1.0"),
        "/route/matrix/json?api-version=1.0".to_owned(),
        format!("/route/operations/{id}?api-version=2025-01-01"),
        format!("/route/operations/{id}/result?api-version=2025-01-01"),
    ] {
        let answer = server.get(&path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.json()["error"]["code"].as_str().unwrap().contains("NotFound"), "{path}: {}", answer.json());
    }
    let callback = |query: &str| server.get(&format!("{ASYNC}Callback?{query}"));
    let unknown = callback(&format!("requestId={id}"));
    assert_eq!((unknown.status, &unknown.json()["statusCode"]), (404, &404.into()));
    refused_by_bing(&callback(""), "requestId");
    refused_by_bing(&callback("requestId=7"), "requestId");
    assert_eq!(server.get("/REST/V1/Routes/Nothing").json()["statusCode"], 404);
}
