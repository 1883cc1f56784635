//! Matrices of both versions over the drawn town.

use engine::Settings;
use serde_json::{Value, json};

use crate::desk::{BASE, Desk};

const MATRIX: &str = "/route/matrix/json?api-version=1.0";
const MATRIX_SYNC: &str = "/route/matrix/sync/json?api-version=1.0";
const MATRIX_2025: &str = "/route/matrix:async?api-version=2025-01-01";

fn body(desk: &Desk, origins: &str, destinations: &str) -> Value {
    json!({"origins": desk.points(origins), "destinations": desk.points(destinations)})
}

fn collection(desk: &Desk, origins: &str, destinations: &str) -> Value {
    let feature =
        |letters, kind| json!({"type": "Feature", "geometry": desk.points(letters), "properties": {"pointType": kind}});
    json!({"type": "FeatureCollection", "features": [feature(destinations, "destinations"), feature(origins, "origins")]})
}

/// Seconds and metres of the single route between two letters.
fn route(desk: &mut Desk, from: char, to: char) -> (Value, Value) {
    let target = format!(
        "/route/directions/json?api-version=1.0&query={}",
        desk.waypoints(&[from, to].iter().collect::<String>())
    );
    let summary = desk.get(&target).json["routes"][0]["summary"].clone();
    (summary["travelTimeInSeconds"].clone(), summary["lengthInMeters"].clone())
}

/// The same matrix in both versions' forms, answered.
fn both(desk: &mut Desk, origins: &str, destinations: &str) -> (Value, Value) {
    let (old, new) = (body(desk, origins, destinations), collection(desk, origins, destinations));
    let old = desk.post(MATRIX_SYNC, &old).json;
    let accepted = desk.post(MATRIX_2025, &new);
    assert_eq!(accepted.status, 202, "{}", accepted.json);
    desk.work();
    let status = accepted.header("operation-location").unwrap().strip_prefix(BASE).unwrap().to_owned();
    let result = desk.get(&status).json["result"]["resultUrl"].as_str().unwrap().strip_prefix(BASE).unwrap().to_owned();
    (old, desk.get(&result).json)
}

#[test]
fn every_cell_is_its_route_in_both_versions() {
    let mut desk = Desk::new();
    let (origins, destinations) = ("abgj", "lfbe");
    let (old, new) = both(&mut desk, origins, destinations);
    assert_eq!(old["summary"], json!({"successfulRoutes": 16, "totalRoutes": 16}));
    assert_eq!(new["properties"]["summary"], json!({"successfulCount": 16, "totalCount": 16}));
    for (row, from) in origins.chars().enumerate() {
        for (column, to) in destinations.chars().enumerate() {
            let (seconds, metres) = route(&mut desk, from, to);
            let summary = &old["matrix"][row][column]["response"]["routeSummary"];
            assert_eq!(
                (&summary["travelTimeInSeconds"], &summary["lengthInMeters"]),
                (&seconds, &metres),
                "{from}{to}"
            );
            let cell = &new["properties"]["matrix"][row * destinations.len() + column];
            assert_eq!((&cell["originIndex"], &cell["destinationIndex"]), (&json!(row), &json!(column)));
            assert_eq!(cell["durationInSeconds"], seconds, "{from}{to}");
            assert_eq!(cell["durationTrafficInSeconds"], seconds, "{from}{to}");
            assert_eq!(cell["distanceInMeters"].as_f64(), metres.as_f64(), "{from}{to}");
        }
    }
}

#[test]
fn a_cell_without_a_way_carries_its_error() {
    let mut desk = Desk::new();
    let (mut old, mut new) = (body(&desk, "ab", "lm"), collection(&desk, "ab", "lm"));
    old["origins"]["coordinates"][1] = json!([-40.0, 0.0]);
    new["features"][1]["geometry"]["coordinates"][1] = json!([-40.0, 0.0]);

    let matrix = desk.post(MATRIX_SYNC, &old).json;
    let statuses = |cells: &Value| -> Vec<Value> {
        cells.as_array().unwrap().iter().map(|cell| cell["statusCode"].clone()).collect()
    };
    assert_eq!(statuses(&matrix["matrix"][0]), [200, 400]);
    assert_eq!(statuses(&matrix["matrix"][1]), [400, 400]);
    let message = |row: usize, column: usize| matrix["matrix"][row][column]["response"]["error"]["message"].clone();
    assert_eq!(message(0, 1), "Engine error while executing route request: NO_ROUTE_FOUND");
    assert_eq!(message(1, 0), "Engine error while executing route request: MAP_MATCHING_FAILURE: Origin (0, -40)");
    assert_eq!(matrix["summary"], json!({"successfulRoutes": 1, "totalRoutes": 4}));

    desk.post(MATRIX_2025, &new);
    desk.work();
    let result = desk.get("/route/operations/00000000-0000-4000-8000-000000000000/result?api-version=2025-01-01").json;
    let cells = &result["properties"]["matrix"];
    assert_eq!(statuses(cells), [200, 400, 400, 400]);
    assert_eq!(cells[1]["error"]["code"], "BadRequest");
    assert_eq!((&result["kind"], &result["geometry"]), (&json!("RouteMatrix"), &Value::Null));
}

#[test]
fn times_are_labels_of_what_was_asked() {
    let mut desk = Desk::new();
    let matrix = body(&desk, "a", "l");
    let at_once =
        desk.post(&format!("{MATRIX_SYNC}&arriveAt=2023-11-15T09:00:00%2B01:00&computeTravelTimeFor=all"), &matrix);
    let summary = &at_once.json["matrix"][0][0]["response"]["routeSummary"];
    assert_eq!(summary["arrivalTime"], "2023-11-15T00:00:00-08:00");
    assert_eq!(summary["noTrafficTravelTimeInSeconds"], summary["travelTimeInSeconds"]);

    let mut cell = |member: &str, value: &str| {
        let mut new = collection(&desk, "a", "l");
        new[member] = json!(value);
        let accepted = desk.post(MATRIX_2025, &new);
        desk.work();
        let status = accepted.header("operation-location").unwrap().strip_prefix(BASE).unwrap().to_owned();
        let result = status.replace('?', "/result?");
        desk.get(&result).json["properties"]["matrix"][0].clone()
    };
    let untimed = cell("departAt", "any");
    assert_eq!((&untimed["departureAt"], &untimed["arrivalAt"]), (&Value::Null, &Value::Null));
    assert_eq!(cell("departAt", "now")["departureAt"], "2023-11-14T22:13:20+00:00");
    assert_eq!(cell("departAt", "2030-01-01T08:00:00-08:00")["departureAt"], "2030-01-01T08:00:00-08:00");
    assert_eq!(cell("arriveAt", "2030-01-01T08:00:00Z")["arrivalAt"], "2030-01-01T08:00:00+00:00");
}

#[test]
fn pairs_beyond_the_region_are_out_of_it_only_where_it_matters() {
    let mut desk = Desk::new();
    let mut far = collection(&desk, "a", "l");
    far["features"][0]["geometry"]["coordinates"][0][1] = json!(60.0);
    let mut code = |request: &Value| {
        let accepted = desk.post(MATRIX_2025, request);
        desk.work();
        let status = accepted.header("operation-location").unwrap().strip_prefix(BASE).unwrap().to_owned();
        desk.get(&status.replace('?', "/result?")).json["properties"]["matrix"][0]["error"]["code"].clone()
    };
    assert_eq!(code(&far), "BadRequest", "no road is near");
    far["departAt"] = json!("now");
    assert_eq!(code(&far), "OUT_OF_REGION");
}

#[test]
fn sizes_are_held_to_the_calls_limit_or_the_setting() {
    let mut desk = Desk::new();
    let many = |count: usize| -> String { "abcdefghijkl".chars().cycle().take(count).collect() };
    let statuses = |desk: &mut Desk, target: &str, origins: usize, destinations: usize| {
        let request = body(desk, &many(origins), &many(destinations));
        let answer = desk.post(target, &request);
        if answer.status == 400 {
            assert!(answer.message().contains("limits.matrix_cells"), "{}", answer.message());
        }
        answer.status
    };
    assert_eq!(statuses(&mut desk, MATRIX_SYNC, 10, 10), 200);
    assert_eq!(statuses(&mut desk, MATRIX_SYNC, 1, 101), 400);
    assert_eq!(statuses(&mut desk, MATRIX, 70, 10), 202);
    assert_eq!(statuses(&mut desk, MATRIX, 701, 1), 400);

    let new = |desk: &mut Desk, origins: usize, destinations: usize, depart_at: &str| {
        let mut request = collection(desk, &many(origins), &many(destinations));
        request["departAt"] = json!(depart_at);
        desk.post(MATRIX_2025, &request).status
    };
    assert_eq!(new(&mut desk, 50, 1000, "any"), 202);
    assert_eq!(new(&mut desk, 51, 1000, "any"), 400);
    assert_eq!(new(&mut desk, 1, 10_001, "any"), 400);
    assert_eq!(new(&mut desk, 50, 50, "now"), 202);
    assert_eq!(new(&mut desk, 50, 51, "now"), 400);
    assert_eq!(new(&mut desk, 1, 1001, "now"), 400);

    let mut settings = Settings::default();
    settings.limits.matrix_cells = Some(20);
    let mut small = Desk::with(settings);
    assert_eq!(statuses(&mut small, MATRIX_SYNC, 4, 5), 200);
    assert_eq!(statuses(&mut small, MATRIX, 3, 7), 400);
    assert_eq!(new(&mut small, 3, 7, "any"), 400);
}

#[test]
fn a_matrix_later_follows_the_protocol() {
    let mut desk = Desk::new();
    let matrix = body(&desk, "ab", "kl");
    let accepted = desk.post(&format!("{MATRIX}&waitForResults=false&traffic=true"), &matrix);
    assert_eq!((accepted.status, accepted.bytes.len(), accepted.header("content-type")), (202, 0, None));
    assert_eq!(accepted.header("retry-after"), Some("1"));
    assert_eq!(accepted.header("x-roundsman-ignored"), Some("traffic"));
    let target = accepted.header("location").unwrap().strip_prefix(BASE).unwrap().to_owned();
    assert_eq!(target, "/route/matrix/00000000-0000-4000-8000-000000000000?api-version=1.0");
    assert_eq!(desk.get(&target).status, 202);
    desk.work();
    let at_once = desk.post(MATRIX_SYNC, &matrix);
    assert_eq!(desk.get(&target).json, at_once.json);
}
