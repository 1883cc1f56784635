//! `/api/v1/route` and `/api/v1/matrix`.

use engine::Budget;
use geometry::Coordinate;
use serde_json::json;

use crate::service::{
    answer, engine, header, json, long, map, operation, polls_to_the_result, post, post_for_later, refusal, text,
    without_map,
};

fn position(letter: char) -> [f64; 2] {
    let at: Coordinate = map().at(letter);
    [at.lon(), at.lat()]
}

fn route(letters: &str) -> String {
    json!({"profile": "car", "waypoints": letters.chars().map(position).collect::<Vec<_>>()}).to_string()
}

fn matrix(origins: &str, destinations: &str) -> String {
    let places = |letters: &str| letters.chars().map(position).collect::<Vec<_>>();
    json!({"origins": places(origins), "destinations": places(destinations)}).to_string()
}

#[test]
fn a_route_is_drawn_leg_by_leg() {
    let response = answer(&engine(), &post("/api/v1/route", &route("abd")));
    assert_eq!((response.status, header(&response, "content-type")), (200, Some("application/json; charset=utf-8")));
    let found = json(&response);
    assert_eq!(found["legs"].as_array().unwrap().len(), 2);
    for member in ["duration", "distance"] {
        let legs: u64 = found["legs"].as_array().unwrap().iter().map(|leg| leg[member].as_u64().unwrap()).sum();
        assert_eq!(found[member], legs);
    }
    let line = json!({"type": "LineString", "coordinates": [position('a'), position('b')]});
    assert_eq!((&found["legs"][0]["distance"], &found["legs"][0]["geometry"]), (&json!(100), &line));
}

#[test]
fn a_matrix_has_null_where_there_is_no_way() {
    let engine = engine();
    let response = answer(&engine, &post("/api/v1/matrix", &matrix("ae", "ad")));
    let found = json(&response);
    let leg = json(&answer(&engine, &post("/api/v1/route", &route("ad"))));
    assert_eq!(found["durations"], json!([[0, leg["duration"]], [null, null]]));
    assert_eq!(found["distances"], json!([[0, leg["distance"]], [null, null]]));
}

#[test]
fn a_matrix_for_later_ends_in_the_same_bytes() {
    let engine = engine();
    let body = matrix("abcdef", "fedcba");
    let request = post_for_later("/api/v1/matrix", &body);
    let question = long(&request);
    assert_eq!(((question.check)(&engine, &request), question.kind), (Ok(()), "api.matrix"));
    let accepted = (question.accepted)(&request, &operation(question.kind));
    let place = "https://plan.example/api/v1/operations/0190a5f4-0000-7000-8000-000000000001";
    assert_eq!((accepted.status, header(&accepted, "location")), (202, Some(place)));
    assert_eq!(
        (header(&accepted, "retry-after"), header(&accepted, "preference-applied")),
        (Some("1"), Some("respond-async"))
    );
    insta::assert_snapshot!(text(&accepted), @r#"{"id":"0190a5f4-0000-7000-8000-000000000001","kind":"api.matrix","tenant":"north","state":"notStarted","progress":{"done":0,"total":1,"fraction":0.0},"version":1,"createdAt":"2030-03-17T17:46:40Z","startedAt":null,"finishedAt":null,"expiresAt":null,"attempts":0,"resultUrl":null,"error":null}"#);
    let stored = (question.run)(&engine, &request, &Budget::default()).unwrap();
    assert_eq!(Some(stored.as_slice()), answer(&engine, &post("/api/v1/matrix", &body)).bytes());
    assert!(polls_to_the_result(question, &request));
}

/// A departure by the clock on the spot is judged; one that does not say it is named, and what is none is refused.
#[test]
fn a_departure_says_the_time_on_the_spot_or_is_named() {
    let engine = engine();
    for (path, body) in [("/api/v1/route", route("ab")), ("/api/v1/matrix", matrix("a", "b"))] {
        for (text, status, ignored) in [
            ("2030-05-02T08:00:00+02:00", 200, None),
            ("2030-05-02T08:00:00", 200, None),
            ("2030-05-02T08:00:00Z", 200, Some("departAt")),
            ("now", 200, Some("departAt")),
            ("2030-05-02", 400, None),
            ("1899-05-02T08:00:00+02:00", 400, None),
            ("soon", 400, None),
        ] {
            let asked = body.replacen('{', &format!(r#"{{"departAt": "{text}", "#), 1);
            let response = answer(&engine, &post(path, &asked));
            assert_eq!((response.status, header(&response, "x-roundsman-ignored")), (status, ignored), "{path} {text}");
        }
        let heading = body.replacen('{', r#"{"heading": 360, "#, 1);
        assert_eq!(answer(&engine, &post(path, &heading)).status, 400, "{path}");
        let vehicle = body.replacen('{', r#"{"vehicle": {"commercial": true, "height": 3.9}, "#, 1);
        assert_eq!(answer(&engine, &post(path, &vehicle)).status, 200, "{path}");
    }
}

#[test]
fn members_that_change_nothing_yet_are_named() {
    let engine = engine();
    let with_time = |body: String| body.replacen('{', r#"{"departAt": "2030-05-02T08:00:00Z", "#, 1);
    for (path, body) in [("/api/v1/route", route("ab")), ("/api/v1/matrix", matrix("a", "b"))] {
        let response = answer(&engine, &post(path, &with_time(body.clone())));
        assert_eq!((response.status, header(&response, "x-roundsman-ignored")), (200, Some("departAt")), "{path}");
        assert_eq!(header(&answer(&engine, &post(path, &body)), "x-roundsman-ignored"), None, "{path}");
    }
    let later = post_for_later("/api/v1/matrix", &with_time(matrix("a", "b")));
    let accepted = (long(&later).accepted)(&later, &operation("api.matrix"));
    assert_eq!(header(&accepted, "x-roundsman-ignored"), Some("departAt"));
}

#[test]
fn faults_name_their_members() {
    let engine = engine();
    let invalid =
        |fields: &[&str]| (400, "InvalidQuestion".to_owned(), fields.iter().map(|&field| field.to_owned()).collect());
    for (path, body, fields) in [
        ("/api/v1/route", "", &["body"][..]),
        ("/api/v1/route", " \n", &["body"]),
        ("/api/v1/route", "waypoints", &["body"]),
        ("/api/v1/route", "[]", &["body"]),
        ("/api/v1/route", "{}", &["body"]),
        ("/api/v1/route", r#"{"waypoints": []} []"#, &["body"]),
        ("/api/v1/route", r#"{"waypoints": [], "speed": 3}"#, &["speed"]),
        ("/api/v1/route", r#"{"waypoints": [[0, 0], [0, "north"]]}"#, &["waypoints[1][1]"]),
        (
            "/api/v1/route",
            r#"{"waypoints": [[0, 91], [0, 0], [0], [181, 0, 0]]}"#,
            &["waypoints[0]", "waypoints[2]", "waypoints[3]"],
        ),
        ("/api/v1/route", r#"{"waypoints": [[0, 0]]}"#, &["waypoints"]),
        ("/api/v1/route", r#"{"waypoints": [[0, 0], [0, 0]], "profile": "horse"}"#, &["profile"]),
        ("/api/v1/matrix", r#"{"origins": [], "destinations": []}"#, &["origins", "destinations"]),
        (
            "/api/v1/matrix",
            r#"{"origins": [[0, 0]], "destinations": [[0, 0]], "vehicle": {"height": -4}}"#,
            &["vehicle.height"],
        ),
        ("/api/v1/matrix", r#"{"origins": [[0, 0]], "destinations": [[0, 1e9]]}"#, &["destinations[0]"]),
    ] {
        let response = answer(&engine, &post(path, body));
        assert_eq!(refusal(&response), invalid(fields), "{body}: {}", text(&response));
        if path == "/api/v1/matrix" {
            let later = post_for_later(path, body);
            assert_eq!((long(&later).check)(&engine, &later), Err(response));
        }
    }
    let far = r#"{"waypoints": [[0, 0], [0, 0]]}"#;
    let off_road = (400, "OffRoad".to_owned(), vec!["waypoints[0]".to_owned()]);
    assert_eq!(refusal(&answer(&engine, &post("/api/v1/route", far))), off_road);
    let no_route = (404, "NoRoute".to_owned(), Vec::new());
    assert_eq!(refusal(&answer(&engine, &post("/api/v1/route", &route("ae")))), no_route);
}

#[test]
fn a_matrix_has_a_limit_even_without_a_setting() {
    let places = vec![[0, 0]; 2001];
    let body = json!({"origins": places, "destinations": places}).to_string();
    let response = answer(&without_map(), &post("/api/v1/matrix", &body));
    assert_eq!(refusal(&response).2, ["origins"]);
    assert!(text(&response).contains("4004001 cells are more than the limit of 4000000"), "{}", text(&response));
}

#[test]
fn without_a_map_nothing_is_accepted() {
    let unavailable = (503, "NoDataset".to_owned(), Vec::new());
    let engine = without_map();
    let response = answer(&engine, &post("/api/v1/matrix", &matrix("a", "b")));
    assert_eq!((refusal(&response), header(&response, "retry-after")), (unavailable, Some("5")));
    let later = post_for_later("/api/v1/matrix", &matrix("a", "b"));
    assert_eq!((long(&later).check)(&engine, &later), Err(response));
    let failure = (long(&later).run)(&engine, &later, &Budget::default()).unwrap_err();
    assert_eq!((failure.code.as_str(), failure.message.as_str(), failure.retry), ("NoDataset", wire::NO_MAP, false));
}
