//! `/api/v1/route` and `/api/v1/matrix`.

use engine::Budget;
use geometry::Coordinate;
use serde_json::json;
use testkit::Map;

use crate::service::{
    answer, engine, engine_over, header, json, long, map, operation, polls_to_the_result, post, post_for_later,
    refusal, text, without_map,
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

#[test]
fn a_departure_is_judged_by_the_clock_on_the_spot() {
    // In Seattle, and it is Sunday, 17 March 2030, 10:46:40 in summer time.
    let closed = [("highway", "residential"), ("motor_vehicle:conditional", "no @ (Su 10:00-11:00)")];
    let street = [("highway", "residential")];
    let map = Map::new("a b\nc d").way("ab", &closed).way("bd", &street).way("dc", &street).way("ca", &street);
    let engine = engine_over(&map);
    for (departure, metres) in [
        (None, 100),
        (Some("now"), 300),
        (Some("NOW"), 300),
        (Some("2030-03-17T17:46:40Z"), 300),
        (Some("2030-03-17T10:00:00"), 300),
        (Some("2030-03-17T10:00:00-07:00"), 300),
        (Some("2030-03-17T18:30:00+01:00"), 300),
        (Some("2030-01-13T18:30:00Z"), 300),
        (Some("2030-03-17T18:30:00Z"), 100),
        (Some("2030-03-17T10:30:00Z"), 100),
        (Some("2030-03-17T10:30:00+01:00"), 100),
        (Some("2030-03-18T10:30:00"), 100),
    ] {
        let at = |body: String| match departure {
            Some(text) => body.replacen('{', &format!(r#"{{"departAt": "{text}", "#), 1),
            None => body,
        };
        let (route, matrix) = (at(route("ab")), at(matrix("a", "b")));
        let response = answer(&engine, &post("/api/v1/route", &route));
        assert_eq!(json(&response)["distance"], metres, "{departure:?}");
        assert_eq!(header(&response, "x-roundsman-ignored"), None);
        let response = answer(&engine, &post("/api/v1/matrix", &matrix));
        assert_eq!(json(&response)["distances"][0][0], metres, "{departure:?}");
        let later = post_for_later("/api/v1/matrix", &matrix);
        let stored = (long(&later).run)(&engine, &later, &Budget::default()).unwrap();
        assert_eq!(Some(stored.as_slice()), response.bytes(), "{departure:?}");
    }
}

#[test]
fn what_is_no_departure_heading_or_vehicle_is_refused() {
    let engine = engine();
    for (path, body) in [("/api/v1/route", route("ab")), ("/api/v1/matrix", matrix("a", "b"))] {
        let with = |member: &str| post(path, &body.replacen('{', &format!("{{{member}, "), 1));
        for text in ["2030-05-02", "1899-05-02T08:00:00+02:00", "9999-12-31T23:59:59Z", "soon", "Z", ""] {
            let response = answer(&engine, &with(&format!(r#""departAt": "{text}""#)));
            assert_eq!(refusal(&response).2, ["departAt"], "{path} {text}");
        }
        assert_eq!(answer(&engine, &with(r#""heading": 360"#)).status, 400, "{path}");
        let vehicle = r#""vehicle": {"commercial": true, "height": 3.9}"#;
        assert_eq!(answer(&engine, &with(vehicle)).status, 200, "{path}");
    }
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
