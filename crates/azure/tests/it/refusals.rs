//! Bad input: status, envelope, the parameter named, nothing stored.

use serde_json::{Value, json};
use wire::Method;

use crate::desk::{Desk, request};

/// A refusal in 1.0's shape that names `target` and says `text`.
fn refused_old(desk: &mut Desk, method: Method, path: &str, body: &str, target: &str, text: &str) {
    let answer = desk.ask(&request(method, path, body));
    assert_eq!((answer.status, answer.code()), (400, "400 BadRequest"), "{path} {body}");
    let whole = answer.json.to_string();
    assert_eq!(answer.json["error"]["target"], json!(target), "{path} {body}: {whole}");
    assert!(whole.contains(text), "{path} {body}: {whole}");
    assert_eq!(answer.header("retry-after"), None);
    assert_eq!(desk.accepted(), 0, "{path}: nothing is stored");
}

#[test]
fn queries() {
    let mut desk = Desk::new();
    let (known, island) = (desk.waypoints("al"), desk.waypoints("am"));
    for (query, target, text) in [
        (String::new(), "query", "at least 2 waypoints"),
        ("query=91,0:47,0".to_owned(), "query", "latitude value should be between -90 and 90 inclusive"),
        (format!("query={known}&travelMode=rocket"), "travelMode", "is not one of car, truck"),
        (format!("query={known}&avoid=alreadyUsedRoads"), "avoid", "avoid=alreadyUsedRoads"),
        (format!("query={island}"), "query", "Engine error while executing route request: NO_ROUTE_FOUND"),
        (
            format!("query=49.66,-122.32:{known}"),
            "query",
            "Engine error while executing route request: MAP_MATCHING_FAILURE: Origin (49.66, -122.32)",
        ),
        (format!("query={known}&traffic=true&traffic=false"), "traffic", "given twice"),
    ] {
        let path = format!("/route/directions/json?api-version=1.0&{query}");
        refused_old(&mut desk, Method::Get, &path, "", target, text);
    }
    let path = format!("/route/directions/xml?api-version=1.0&query={known}");
    refused_old(&mut desk, Method::Get, &path, "", "format", "The format xml is not supported yet");
    refused_old(
        &mut desk,
        Method::Get,
        "/route/range/json?api-version=1.0&query=1,1",
        "",
        "path",
        "is not supported yet",
    );
}

#[test]
fn batch_bodies() {
    let mut desk = Desk::new();
    let items = |count: usize| json!({"batchItems": vec![json!({"query": "?query=1,1:2,2"}); count]}).to_string();
    let (later, at_once) = ("/route/directions/batch/json", "/route/directions/batch/sync/json");
    for (path, body, target, text) in [
        (later, String::new(), "body", "Request body is invalid or empty"),
        (later, "{\"batchItems\":".to_owned(), "batchItems", "Request body is invalid or empty"),
        (later, "{}".to_owned(), "batchItems", "\"message\":\"Request body is invalid or empty\""),
        (at_once, "{}".to_owned(), "batchItems", "\"message\":\"Request body is invalid or empty\""),
        (later, items(0), "batchItems", "1 to 700 items"),
        (later, items(701), "batchItems", "holds 701 items, the limit is 700 (limits.batch_items)"),
        (at_once, items(101), "batchItems", "the limit is 100 (limits.batch_items); use the asynchronous call"),
        (later, "{\"batchItems\":\"x\"}".to_owned(), "batchItems", "Request body is invalid or empty"),
    ] {
        refused_old(&mut desk, Method::Post, &format!("{path}?api-version=1.0"), &body, target, text);
    }
    refused_old(&mut desk, Method::Post, "/route/directions/batch/xml?api-version=1.0", &items(1), "format", "xml");
}

#[test]
fn matrix_bodies() {
    let mut desk = Desk::new();
    let good = desk.points("al");
    let swapped = json!({"type": "MultiPoint", "coordinates": [[47.66, -122.32]]});
    let empty = json!({"type": "MultiPoint", "coordinates": []});
    let recorded = "latitude value should be between -90 and 90 inclusive. Expected coordinate format: [lon,lat].";
    for path in ["/route/matrix/json?api-version=1.0", "/route/matrix/sync/json?api-version=1.0"] {
        for (body, target, text) in [
            (json!({"origins": good, "destinations": empty}), "destinations.coordinates", "Invalid coordinates value"),
            (json!({"origins": swapped, "destinations": good}), "origins.coordinates[0]", recorded),
            (json!({"origins": good}), "body", "missing field `destinations`"),
            (
                json!({"origins": {"type": "Point", "coordinates": [[1, 2]]}, "destinations": good}),
                "origins.type",
                "Point",
            ),
        ] {
            refused_old(&mut desk, Method::Post, path, &body.to_string(), target, text);
        }
        let path = format!("{path}&routeType=shortest");
        let body = json!({"origins": good, "destinations": good}).to_string();
        refused_old(&mut desk, Method::Post, &path, &body, "routeType", "routeType=shortest is not supported yet");
    }
}

#[test]
fn matrix_bodies_of_2025() {
    let mut desk = Desk::new();
    let feature =
        |kind: &str| json!({"type": "Feature", "geometry": desk.points("al"), "properties": {"pointType": kind}});
    let good = json!({"type": "FeatureCollection", "features": [feature("origins"), feature("destinations")]});
    let with = |pointer: &str, value: Value| {
        let mut body = good.clone();
        match body.pointer_mut(pointer) {
            Some(member) => *member = value,
            None => body[pointer.trim_start_matches('/')] = value,
        }
        body
    };
    for (body, target, text) in [
        (with("/type", json!("Feature")), "type", "should be FeatureCollection"),
        (with("/features", json!([feature("origins")])), "features", "exactly 2 features, it holds 1"),
        (with("/features/0/type", json!("Point")), "features[0].type", "should be Feature"),
        (
            with("/features/1/properties/pointType", json!("origins")),
            "features[1].properties.pointType",
            "same pointType",
        ),
        (with("/features/1/properties/pointType", json!("x")), "features[1].properties.pointType", "it is 'x'"),
        (
            with("/features/0/geometry/coordinates/1", json!([0, 91])),
            "features[0].geometry.coordinates[1]",
            "between -90 and 90",
        ),
        (
            with("/features/0/geometry/coordinates", json!([])),
            "features[0].geometry.coordinates",
            "Invalid coordinates value",
        ),
        (with("/features/0/properties", json!({})), "features[0].properties", "missing field `pointType`"),
        (with("/travelMode", json!("car")), "travelMode", "'car' is not one of driving, truck, walking"),
        (with("/optimizeRoute", json!("shortest")), "optimizeRoute", "is not supported yet"),
        (with("/traffic", json!("live")), "traffic", "traffic=live needs a time"),
        (with("/traffic", json!("some")), "traffic", "is not one of historical, live"),
        (with("/avoid", json!(["ferries"])), "avoid", "is not one of tollRoads, unpavedRoads"),
        (
            with("/vehicleSpec", json!({"width": 0, "height": -4.1})),
            "vehicleSpec.height",
            "between 0 and 1000000, it is -4.1",
        ),
        (with("/departAt", json!("tomorrow")), "departAt", "it is 'tomorrow'"),
        (with("/departAt", json!(5)), "departAt", "expected a string"),
    ] {
        let answer = desk.post("/route/matrix:async?api-version=2025-01-01", &body);
        let whole = answer.json.to_string();
        assert_eq!((answer.status, answer.code()), (400, "BadRequest"), "{body}: {whole}");
        assert_eq!(answer.header("x-ms-error-code"), Some("BadRequest"));
        assert_eq!(answer.json["error"]["target"], json!(target), "{whole}");
        assert!(whole.contains(text), "{body}: {whole}");
    }
    assert_eq!(desk.accepted(), 0);

    let nothing = json!({"isVehicleCommercial": false, "length": 0.0, "weight": 0, "loadType": []});
    for harmless in [with("/avoid", json!([])), with("/vehicleSpec", nothing), with("/travelMode", json!("driving"))] {
        assert_eq!(desk.post("/route/matrix:async?api-version=2025-01-01", &harmless).status, 202, "{harmless}");
    }
}

#[test]
fn calls_that_come_later_are_refused_by_name() {
    let mut desk = Desk::new();
    for path in ["/route/directions", "/route/directions:batch", "/route/snapToRoads", "/route/range", "/route/matrix"]
    {
        let answer = desk.post(&format!("{path}?api-version=2025-01-01"), &json!({}));
        assert_eq!((answer.status, answer.code()), (400, "BadRequest"), "{path}");
        assert!(
            answer.message().contains(path) && answer.message().contains("not supported yet"),
            "{}",
            answer.message()
        );
    }
}
