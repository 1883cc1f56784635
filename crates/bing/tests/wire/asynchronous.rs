//! Accepted now, answered later: the status resource, the callback, and the stored result.

use engine::{OperationState, OperationView};
use serde_json::Value;
use wire::{Body, Found, Request, Response};

use crate::desk::{
    ID, details, get, header, json, lines, long, no_map, operation, poll, post, resource, sample_1, sample_2, work,
};

const CALL: &str = "OptimizeItineraryAsync";
const CALLBACK: &str = "OptimizeItineraryAsyncCallback";

fn callback(query: &str) -> Request {
    get(CALLBACK, query)
}

fn found(view: OperationView) -> Found {
    Found::Operation(Box::new(view))
}

fn polled(view: OperationView) -> Response {
    poll(&callback(&format!("key=my%20key&requestId={ID}")), &found(view))
}

#[test]
fn an_accepted_request_is_told_where_to_ask() {
    let request = post(CALL, "key=my%20key", sample_2());
    assert!((long(&request).check)(&no_map(), &request).is_ok());
    let accepted = (long(&request).accepted)(&request, &operation(OperationState::NotStarted));
    insta::assert_snapshot!(lines(&accepted));
}

#[test]
fn without_a_key_the_callback_has_none() {
    let request = get(CALL, sample_1());
    let accepted = (long(&request).accepted)(&request, &operation(OperationState::NotStarted));
    let url = format!("http://maps.example:8080/REST/V1/Routes/OptimizeItineraryAsyncCallback?requestId={ID}");
    assert_eq!(resource(&accepted)["callbackUrl"], url);
}

#[test]
fn a_running_request_is_asked_for_again() {
    for (state, told, expected) in
        [(OperationState::NotStarted, 0, 1), (OperationState::Running, 1, 1), (OperationState::Running, 7, 7)]
    {
        let status = resource(&polled(OperationView { retry_after_s: told, ..operation(state) }));
        assert_eq!(status["callbackInSeconds"], expected);
        assert_eq!((&status["isAccepted"], &status["isCompleted"]), (&Value::Bool(true), &Value::Bool(false)));
        let url = status["callbackUrl"].as_str().unwrap();
        assert!(url.ends_with(&format!("Callback?key=my%20key&requestId={ID}")), "{url}");
    }
}

#[test]
fn the_end_is_the_stored_envelope_itself() {
    let done = polled(operation(OperationState::Succeeded));
    assert_eq!((done.status, &done.body), (200, &Body::StoredResult));
    assert_eq!(header(&done, "content-type"), Some("application/json; charset=utf-8"));
    let stored: Value =
        serde_json::from_slice(&work(&no_map(), &get(CALL, &format!("key=secret&{}", sample_1()))).unwrap()).unwrap();
    let resource = &stored["resourceSets"][0]["resources"][0];
    assert_eq!((stored["statusCode"].as_i64(), &resource["isCompleted"]), (Some(200), &Value::Bool(true)));
    for absent in ["callbackUrl", "resultUrl", "requestId"] {
        assert_eq!(resource[absent], Value::Null, "{absent}");
    }
}

#[test]
fn a_request_is_answered_alike_at_once_and_later_and_again() {
    let query = "options.steps=2000&key=secret";
    let later = work(&no_map(), &post(CALL, query, sample_2())).unwrap();
    assert_eq!(later, work(&no_map(), &post(CALL, query, sample_2())).unwrap());
    let later: Value = serde_json::from_slice(&later).unwrap();
    let at_once = crate::desk::answer(&no_map(), &post("OptimizeItinerary", query, sample_2()));
    assert_eq!(later["resourceSets"][0]["resources"][0], resource(&at_once));
}

#[test]
fn a_failure_ends_the_polling() {
    let failed = |code: &str| OperationView {
        error: Some((code.to_owned(), "No agent can reach a road.".to_owned())),
        ..operation(OperationState::Failed)
    };
    for (view, message) in [
        (failed("InvalidParameter"), "No agent can reach a road."),
        (failed("Timeout"), "Timeout occurred"),
        (operation(OperationState::Canceled), "The request was canceled."),
    ] {
        let status = resource(&polled(view));
        assert_eq!(status["errorMessage"], message);
        assert_eq!((status["callbackInSeconds"].as_i64(), &status["callbackUrl"]), (Some(-1), &Value::Null));
        assert_eq!((&status["isAccepted"], &status["isCompleted"]), (&Value::Bool(true), &Value::Bool(true)));
        assert_eq!(status["requestId"], ID);
    }
}

#[test]
fn what_cannot_be_polled_says_why() {
    let bad_ids = ["", "requestId=", "requestId=json", "requestId=0190d0a1"];
    for query in bad_ids {
        let said = details(&poll(&callback(query), &Found::Unknown), 400);
        assert_eq!(said[1], "requestId: This parameter is missing or invalid.", "{query}");
    }
    let known = callback(&format!("REQUESTID={}", ID.to_uppercase()));
    assert!(details(&poll(&known, &Found::Unknown), 404)[0].starts_with("requestId: "));
    let foreign = poll(&known, &Found::Foreign);
    assert!(details(&foreign, 401)[0].starts_with("Access was denied."));
    assert_eq!(json(&foreign)["authenticationResultCode"], "NotAuthorized");
    let xml = poll(&callback(&format!("requestId={ID}&o=xml")), &Found::Unknown);
    assert_eq!(details(&xml, 400)[1], "output: This parameter is missing or invalid.");
}

#[test]
fn a_stored_result_can_be_a_function_call_too() {
    let request = callback(&format!("requestId={ID}&jsonp=f"));
    let stored = Response::new(200, "application/json; charset=utf-8", b"{\"stored\":1}".to_vec());
    let said = (bing::DIALECT.finish)(&request, stored);
    assert_eq!(said.bytes(), Some(b"f({\"stored\":1})".as_slice()));
    let running = poll(&request, &found(operation(OperationState::Running)));
    assert!(running.bytes().unwrap().starts_with(b"f({\"auth"));
}

#[test]
fn a_faulty_request_is_refused_at_once() {
    let refused = |request: &Request| (long(request).check)(&no_map(), request).unwrap_err();
    let bad = post(CALL, "", &sample_2().replace("\"priority\": 88", "\"priority\": 101"));
    assert_eq!(details(&refused(&bad), 400)[1], "itineraryItems[1].priority: This parameter is missing or invalid.");
    let on_roads = post(CALL, "", &sample_2().replace("\"roadnetwork\": false", "\"roadnetwork\": true"));
    let response = refused(&on_roads);
    assert!(details(&response, 503)[0].contains("no map is loaded"));
    assert_eq!(header(&response, "x-ms-bm-ws-info"), Some("1"));
}

#[test]
fn what_is_ignored_is_named_at_acceptance_too() {
    let request = post(CALL, "", &sample_2().replace("SimpleRequest", "TrafficRequest"));
    let accepted = (long(&request).accepted)(&request, &operation(OperationState::NotStarted));
    assert_eq!(header(&accepted, "x-roundsman-ignored"), Some("type"));
}

#[test]
fn a_failed_run_says_whether_another_may_end_better() {
    let request = post(CALL, "", &sample_2().replace("\"roadnetwork\": false", "\"roadnetwork\": true"));
    let failure = work(&no_map(), &request).unwrap_err();
    assert_eq!((failure.code.as_str(), failure.retry), ("NoDataset", false));
}

/// Keeps what it hears, and the answer to the last improvement.
#[derive(Default)]
struct Listener(std::sync::Mutex<(Vec<engine::Milestone>, Vec<u8>)>);

impl engine::Watch for Listener {
    fn improved(&self, milestone: &engine::Milestone, answer: &dyn Fn() -> Option<Vec<u8>>) {
        let mut heard = self.0.lock().unwrap();
        heard.0.push(*milestone);
        heard.1 = answer().unwrap();
    }
}

#[test]
fn a_watch_hears_of_every_better_plan_and_can_have_its_answer() {
    let request = post("OptimizeItineraryAsync", "key=k&options.steps=200", sample_2());
    let listener = std::sync::Arc::new(Listener::default());
    let watched = engine::Budget::default().watched_by(listener.clone());
    let answer = (long(&request).run)(&no_map(), &request, &watched).unwrap();
    let heard = listener.0.lock().unwrap();
    assert!(heard.0.windows(2).all(|pair| (pair[0].priority, -pair[0].cost) < (pair[1].priority, -pair[1].cost)));
    assert_eq!(heard.0.last().map(|last| (last.priority, last.unscheduled)), Some((113, 0)));
    assert_eq!(heard.1, answer, "the last improvement is the answer");
}
