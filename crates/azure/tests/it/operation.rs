//! Polling: every state of an operation, and every id that is not one's own, in both versions' protocols.

use engine::OperationState;
use serde_json::{Value, json};

use crate::desk::{BASE, Desk};

const OLD: &str = "/route/matrix/00000000-0000-4000-8000-000000000000?api-version=1.0";
const NEW: &str = "/route/operations/00000000-0000-4000-8000-000000000001?api-version=2025-01-01";
const NEW_RESULT: &str = "/route/operations/00000000-0000-4000-8000-000000000001/result?api-version=2025-01-01";

/// A desk that has accepted a matrix in each version.
fn desk() -> Desk {
    let mut desk = Desk::new();
    let points = desk.points("al");
    let feature = |kind| json!({"type": "Feature", "geometry": points, "properties": {"pointType": kind}});
    let old = json!({"origins": points, "destinations": points});
    let new = json!({"type": "FeatureCollection", "features": [feature("origins"), feature("destinations")]});
    assert_eq!(desk.post("/route/matrix/json?api-version=1.0", &old).status, 202);
    let accepted = desk.post("/route/matrix:async?api-version=2025-01-01", &new);
    assert_eq!((accepted.status, accepted.header("location")), (202, None));
    assert_eq!(accepted.header("operation-location"), Some(format!("{BASE}{NEW}").as_str()));
    assert_eq!((accepted.header("retry-after"), &accepted.json["status"]), (Some("1"), &json!("NotStarted")));
    desk
}

#[test]
fn states_of_1_0_are_status_codes() {
    let mut desk = desk();
    for (state, expected) in [
        (OperationState::NotStarted, 202),
        (OperationState::Running, 202),
        (OperationState::Failed, 500),
        (OperationState::Canceled, 409),
    ] {
        desk.set_state(state, Some(("Internal", "The map is gone.")));
        let answer = desk.get(OLD);
        assert_eq!(answer.status, expected, "{state:?}");
        assert_eq!(answer.header("retry-after").is_some(), expected == 202, "{state:?}");
        assert_eq!(answer.header("location").is_some(), expected == 202, "{state:?}");
    }
    desk.set_state(OperationState::Failed, Some(("Internal", "The map is gone.")));
    let failed = desk.get(OLD);
    assert_eq!(
        (failed.code(), failed.message()),
        ("500 InternalServerError", "The operation failed: The map is gone.")
    );
}

#[test]
fn states_of_2025_are_words() {
    let mut desk = desk();
    for (state, word, retry) in [
        (OperationState::NotStarted, "NotStarted", Some("1")),
        (OperationState::Running, "Running", Some("1")),
        (OperationState::Failed, "Failed", None),
        (OperationState::Canceled, "Failed", None),
    ] {
        desk.set_state(state, Some(("Internal", "The map is gone.")));
        let answer = desk.get(NEW);
        assert_eq!((answer.status, &answer.json["status"]), (200, &json!(word)), "{state:?}");
        assert_eq!((answer.header("retry-after"), &answer.json["result"]), (retry, &Value::Null), "{state:?}");
        let result = desk.get(NEW_RESULT);
        assert_eq!((result.status, result.header("x-ms-error-code")), (404, Some("NotFound")), "{state:?}");
    }
    desk.set_state(OperationState::Failed, Some(("Internal", "The map is gone.")));
    assert_eq!(desk.get(NEW).json["error"], json!({"code": "InternalServerError", "message": "The map is gone."}));

    desk.work();
    assert_eq!(
        desk.get(NEW).json,
        json!({
            "id": "00000000-0000-4000-8000-000000000001",
            "kind": "RouteMatrix",
            "status": "Completed",
            "createdAt": "2023-11-14T22:13:20.5Z",
            "lastActionAt": "2023-11-14T22:13:22Z",
            "result": {"resultUrl": format!("{BASE}{NEW_RESULT}")},
        })
    );
    assert_eq!(desk.get(NEW_RESULT).status, 200);
}

#[test]
fn other_ids_are_unknown_to_everybody() {
    let mut desk = desk();
    desk.work();
    for target in [
        "/route/matrix/json?api-version=1.0",
        "/route/matrix/sync?api-version=1.0",
        "/route/matrix/00000000-0000-4000-8000-00000000ffff?api-version=1.0",
        "/route/matrix/00000000-0000-4000-8000-000000000001?api-version=1.0",
        "/route/directions/batch/json?api-version=1.0",
        "/route/directions/batch/00000000-0000-4000-8000-000000000000?api-version=1.0",
    ] {
        let answer = desk.get(target);
        assert_eq!(
            (answer.status, answer.code(), answer.header("retry-after")),
            (404, "404 NotFound", None),
            "{target}"
        );
    }
    for target in [
        "/route/operations/json?api-version=2025-01-01",
        "/route/operations/json/result?api-version=2025-01-01",
        "/route/operations/00000000-0000-4000-8000-000000000000?api-version=2025-01-01",
        "/route/operations/00000000-0000-4000-8000-000000000000/result?api-version=2025-01-01",
    ] {
        let answer = desk.get(target);
        assert_eq!((answer.status, answer.code()), (404, "NotFound"), "{target}");
        assert_eq!(answer.header("x-ms-error-code"), Some("NotFound"), "{target}");
    }
}

#[test]
fn ids_may_be_asked_for_in_any_case() {
    let mut desk = desk();
    desk.work();
    assert_eq!(desk.get(&OLD.to_uppercase().replace("/ROUTE/MATRIX", "/route/matrix")).status, 200);
}

#[test]
fn a_post_that_waited_in_vain_was_accepted_all_the_same() {
    let mut desk = desk();
    for state in [OperationState::Running, OperationState::Failed, OperationState::Canceled] {
        desk.set_state(state, None);
        let answer = desk.look("/route/matrix/json?api-version=1.0&waitForResults=true", 0);
        assert_eq!(
            (answer.status, answer.header("location")),
            (202, Some(format!("{BASE}{OLD}").as_str())),
            "{state:?}"
        );
    }
    desk.work();
    assert_eq!(desk.look("/route/matrix/json?api-version=1.0&waitForResults=true", 0).status, 200);
}
