//! `GET /api/v1/operations/{id}` and `…/result`: any operation of the asker's, whatever dialect it came in by.

use engine::{OperationState, OperationView};
use jiff::Timestamp;
use serde::Serialize;
use wire::{Found, Poll, Request, Response};

use crate::problem::{JSON, Problem, json};

/// How an operation is doing.
pub(crate) static VIEW: Poll = Poll { id: |request| Ok(id(request).to_owned()), kinds: &[], render: view };

/// What an operation has answered: the stored bytes, in the words of its own dialect.
pub(crate) static RESULT: Poll = Poll { id: |request| Ok(id(request).to_owned()), kinds: &[], render: result };

/// Where operations are seen.
const OPERATIONS: &str = "/api/v1/operations/";

/// An operation in the neutral view.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Operation<'a> {
    id: &'a str,
    kind: &'a str,
    tenant: &'a str,
    state: &'static str,
    progress: Progress,
    version: u64,
    created_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    expires_at: Option<String>,
    attempts: u32,
    result_url: Option<String>,
    error: Option<Cause<'a>>,
}

#[derive(Serialize)]
struct Progress {
    done: u64,
    total: u64,
    fraction: f64,
}

#[derive(Serialize)]
struct Cause<'a> {
    code: &'a str,
    message: &'a str,
}

/// The answer to a question that was accepted.
pub(crate) fn accepted(request: &Request, view: &OperationView) -> Response {
    pending(request, view)
        .with("location", format!("{}{OPERATIONS}{}", request.base_url, view.id))
        .with("preference-applied", "respond-async")
}

fn view(request: &Request, found: &Found) -> Response {
    match known(found) {
        Ok(view) if view.state.is_final() => show(200, request, view),
        Ok(view) => Response { status: 200, ..pending(request, view) },
        Err(problem) => problem.response(),
    }
}

fn result(request: &Request, found: &Found) -> Response {
    let view = match known(found) {
        Ok(view) => view,
        Err(problem) => return problem.response(),
    };
    match view.state {
        OperationState::NotStarted | OperationState::Running => pending(request, view),
        OperationState::Succeeded => Response::stored_result(JSON),
        OperationState::Failed => without_result(view, "OperationFailed", "the operation failed"),
        OperationState::Canceled => without_result(view, "OperationCanceled", "the operation was cancelled"),
    }
}

/// The operation, if this asker may know of it: another's is as unknown as one that never was.
fn known(found: &Found) -> Result<&OperationView, Problem> {
    match found {
        Found::Operation(view) => Ok(view),
        Found::Unknown | Found::Foreign => {
            let message = "there is no such operation: it never was, or its result is no longer kept";
            Err(Problem::new(404, "UnknownOperation", message))
        }
    }
}

fn without_result(view: &OperationView, code: &str, message: &str) -> Response {
    let (code, message) = view.error.as_ref().map_or((code, message), |(code, message)| (code, message));
    Problem::new(409, code, message).response()
}

fn pending(request: &Request, view: &OperationView) -> Response {
    show(202, request, view).with("retry-after", view.retry_after_s.max(1).to_string())
}

fn show(status: u16, request: &Request, view: &OperationView) -> Response {
    Response::new(status, JSON, json(&operation(request, view)))
}

fn operation<'a>(request: &Request, view: &'a OperationView) -> Operation<'a> {
    let has_result = view.state == OperationState::Succeeded;
    Operation {
        id: &view.id,
        kind: &view.kind,
        tenant: &view.tenant,
        state: state(view.state),
        progress: Progress { done: view.parts_done, total: view.parts_total, fraction: view.progress },
        version: view.version,
        created_at: moment(view.created_ms),
        started_at: view.started_ms.map(moment),
        finished_at: view.finished_ms.map(moment),
        expires_at: view.expires_ms.map(moment),
        attempts: view.attempts,
        result_url: has_result.then(|| format!("{}{OPERATIONS}{}/result", request.base_url, view.id)),
        error: view.error.as_ref().map(|(code, message)| Cause { code, message }),
    }
}

fn state(state: OperationState) -> &'static str {
    match state {
        OperationState::NotStarted => "notStarted",
        OperationState::Running => "running",
        OperationState::Succeeded => "succeeded",
        OperationState::Failed => "failed",
        OperationState::Canceled => "canceled",
    }
}

/// A moment in UTC: `2030-05-02T08:00:00.25Z`.
fn moment(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX).to_string()
}

/// The id in `/api/v1/operations/{id}` and `…/{id}/result`.
fn id(request: &Request) -> &str {
    request.path.strip_prefix(OPERATIONS).and_then(|rest| rest.split('/').next()).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests {
    use wire::{Body, Method};

    use super::*;

    pub(crate) fn get(path: &str) -> Request {
        Request {
            method: Method::Get,
            path: path.to_owned(),
            query: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
            base_url: "https://plan.example".to_owned(),
            received_ms: 1_900_000_000_000,
        }
    }

    fn found(state: OperationState) -> OperationView {
        OperationView {
            id: "0190a5f4-0000-7000-8000-000000000001".to_owned(),
            kind: "bing.optimizeItinerary".to_owned(),
            tenant: "north".to_owned(),
            state,
            progress: 0.25,
            parts_done: 0,
            parts_total: 1,
            version: 3,
            attempts: 1,
            created_ms: 1_900_000_000_000,
            started_ms: Some(1_900_000_001_250),
            finished_ms: None,
            expires_ms: None,
            last_action_ms: 1_900_000_001_250,
            error: None,
            retry_after_s: 2,
        }
    }

    fn text(response: &Response) -> String {
        String::from_utf8(response.bytes().unwrap().to_vec()).unwrap()
    }

    fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
        response.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_running_operation_says_when_to_look_again() {
        let request = get("/api/v1/operations/0190a5f4-0000-7000-8000-000000000001");
        let found = Found::Operation(Box::new(found(OperationState::Running)));
        let (shown, result) = ((VIEW.render)(&request, &found), (RESULT.render)(&request, &found));
        assert_eq!((shown.status, result.status), (200, 202));
        assert_eq!((header(&shown, "retry-after"), header(&result, "retry-after")), (Some("2"), Some("2")));
        insta::assert_snapshot!(text(&shown), @r#"{"id":"0190a5f4-0000-7000-8000-000000000001","kind":"bing.optimizeItinerary","tenant":"north","state":"running","progress":{"done":0,"total":1,"fraction":0.25},"version":3,"createdAt":"2030-03-17T17:46:40Z","startedAt":"2030-03-17T17:46:41.25Z","finishedAt":null,"expiresAt":null,"attempts":1,"resultUrl":null,"error":null}"#);
    }

    #[test]
    fn a_result_is_the_stored_one() {
        let request = get("/api/v1/operations/0190a5f4-0000-7000-8000-000000000001/result/");
        assert_eq!((RESULT.id)(&request).unwrap(), "0190a5f4-0000-7000-8000-000000000001");
        let found = Found::Operation(Box::new(found(OperationState::Succeeded)));
        let result = (RESULT.render)(&request, &found);
        assert_eq!((result.status, &result.body), (200, &Body::StoredResult));
        let shown = text(&(VIEW.render)(&request, &found));
        let url = r#""resultUrl":"https://plan.example/api/v1/operations/0190a5f4-0000-7000-8000-000000000001/result""#;
        assert!(shown.contains(url), "{shown}");
    }

    #[test]
    fn what_failed_has_no_result() {
        let request = get("/api/v1/operations/x/result");
        let failed = OperationView {
            error: Some(("NoDataset".to_owned(), "no map is loaded".to_owned())),
            ..found(OperationState::Failed)
        };
        let result = (RESULT.render)(&request, &Found::Operation(Box::new(failed)));
        assert_eq!(result.status, 409);
        insta::assert_snapshot!(text(&result), @r#"{"error":{"code":"NoDataset","message":"no map is loaded","details":[]}}"#);
        let canceled = Found::Operation(Box::new(found(OperationState::Canceled)));
        assert_eq!((RESULT.render)(&request, &canceled).status, 409);
    }

    #[test]
    fn operations_of_others_are_unknown() {
        let request = get("/api/v1/operations/x");
        let unknown = (VIEW.render)(&request, &Found::Unknown);
        assert_eq!((unknown.status, &unknown), (404, &(VIEW.render)(&request, &Found::Foreign)));
        assert_eq!((RESULT.render)(&request, &Found::Foreign), unknown);
    }
}
