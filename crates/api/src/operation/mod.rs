//! `/api/v1/operations`: every operation of the asker's, whatever dialect it came in by.
//!
//! One file a question: [`list`] a page of them, [`cancel`] giving one up, [`watch`] being told as it happens; how one is doing
//! and what it has answered are here. An operation's `version` is its `ETag`, so that who asks again with `If-None-Match` hears
//! nothing where nothing has happened; one that has ended may be kept by caches for as long as it is by us.

mod cancel;
mod list;
mod watch;

pub(crate) use cancel::CANCEL;
pub(crate) use list::LIST;
pub(crate) use watch::WATCH;

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

/// The operations' states by name.
const STATES: [OperationState; 5] = [
    OperationState::NotStarted,
    OperationState::Running,
    OperationState::Succeeded,
    OperationState::Failed,
    OperationState::Canceled,
];

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
        Ok(view) => tagged(request, view),
        Err(problem) => problem.response(),
    }
}

/// The view with its version as a tag; without a body for who has seen that version.
fn tagged(request: &Request, view: &OperationView) -> Response {
    let tag = format!("\"{}\"", view.version);
    let is_known = request.header("if-none-match").is_some_and(|known| lists(known, &tag));
    let response = if is_known { Response::empty(304) } else { show(200, request, view) };
    let response = response.with("etag", tag);
    match view.expires_ms {
        Some(expires_ms) => {
            let age_s = ((expires_ms - request.received_ms) / 1000).max(0);
            response.with("cache-control", format!("private, max-age={age_s}"))
        }
        None => response
            .with("cache-control", "private, no-cache")
            .with("retry-after", view.retry_after_s.max(1).to_string()),
    }
}

/// Whether an `If-None-Match` header names `tag`; weak tags count, since a view is compared and not spliced.
fn lists(header: &str, tag: &str) -> bool {
    header.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == tag || one == "*")
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
        OperationState::Canceled if view.is_answered() => Response::stored_result(JSON),
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
    Response::new(status, JSON, json(&operation(&request.base_url, view)))
}

/// An operation as JSON, with the addresses that it has under `base_url`.
pub fn render_operation(base_url: &str, view: &OperationView) -> String {
    String::from_utf8_lossy(&json(&operation(base_url, view))).into_owned()
}

fn operation<'a>(base_url: &str, view: &'a OperationView) -> Operation<'a> {
    Operation {
        id: &view.id,
        kind: &view.kind,
        tenant: &view.tenant,
        state: state_name(view.state),
        progress: Progress { done: view.parts_done, total: view.parts_total, fraction: view.progress },
        version: view.version,
        created_at: moment(view.created_ms),
        started_at: view.started_ms.map(moment),
        finished_at: view.finished_ms.map(moment),
        expires_at: view.expires_ms.map(moment),
        attempts: view.attempts,
        result_url: view.is_answered().then(|| format!("{base_url}{OPERATIONS}{}/result", view.id)),
        error: view.error.as_ref().map(|(code, message)| Cause { code, message }),
    }
}

/// What the neutral view calls a state.
pub fn state_name(state: OperationState) -> &'static str {
    match state {
        OperationState::NotStarted => "notStarted",
        OperationState::Running => "running",
        OperationState::Succeeded => "succeeded",
        OperationState::Failed => "failed",
        OperationState::Canceled => "canceled",
    }
}

/// A moment in UTC: `2030-05-02T08:00:00.25Z`.
pub(crate) fn moment(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX).to_string()
}

/// The id in `/api/v1/operations/{id}` and what lies under it.
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

    pub(crate) fn found(state: OperationState) -> OperationView {
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
            has_result: false,
            incumbents: 0,
            last_action_ms: 1_900_000_001_250,
            error: None,
            retry_after_s: 2,
        }
    }

    pub(crate) fn text(response: &Response) -> String {
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
    fn who_has_seen_a_version_hears_nothing_new() {
        let ask = |known: Option<&str>, view: OperationView| {
            let mut request = get("/api/v1/operations/0190a5f4-0000-7000-8000-000000000001");
            request.headers.extend(known.map(|tag| ("if-none-match".to_owned(), tag.to_owned())));
            (VIEW.render)(&request, &Found::Operation(Box::new(view)))
        };
        let running = || found(OperationState::Running);
        let first = ask(None, running());
        assert_eq!((first.status, header(&first, "etag")), (200, Some("\"3\"")));
        for (known, status) in [("\"3\"", 304), ("\"2\", W/\"3\"", 304), ("*", 304), ("\"2\"", 200), ("3", 200)] {
            let answer = ask(Some(known), running());
            assert_eq!((answer.status, header(&answer, "etag")), (status, Some("\"3\"")), "{known}");
            assert_eq!(answer.bytes().unwrap().is_empty(), status == 304);
        }
        let ended = ask(None, OperationView { expires_ms: Some(1_900_000_060_500), ..found(OperationState::Failed) });
        assert_eq!(header(&ended, "cache-control"), Some("private, max-age=60"));
    }

    #[test]
    fn a_plan_outlives_its_cancelling() {
        let canceled = OperationView { has_result: true, ..found(OperationState::Canceled) };
        let result =
            (RESULT.render)(&get("/api/v1/operations/x/result"), &Found::Operation(Box::new(canceled.clone())));
        assert_eq!((result.status, &result.body), (200, &Body::StoredResult));
        let shown = text(&(VIEW.render)(&get("/api/v1/operations/x"), &Found::Operation(Box::new(canceled))));
        assert!(shown.contains(r#""state":"canceled""#) && shown.contains("/result\""), "{shown}");
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
