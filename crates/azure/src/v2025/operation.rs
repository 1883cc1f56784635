//! The operation behind `Operation-Location`: `GET /route/operations/{id}` and `…/result`.
//!
//! Its state is a word in a 200 body. `Completed` is the vendor's word for success, though generic pollers expect
//! `Succeeded`: clients made for this service stop at it. A cancelled operation is `Failed` with the code `Canceled`, since
//! the vendor knows no other end. The result is 404 until there is one.

use engine::{OperationState, OperationView};
use serde::Serialize;
use wire::{Found, Poll, Request, Response};

use crate::error::{ErrorDetail, JSON, Refused, json};
use crate::guid;
use crate::time::with_z;
use crate::version::Version;

/// What operations of this version may be looked at here.
const KINDS: &[&str] = &["azure.matrix2025"];

/// `GET /route/operations/{id}`
pub(crate) static STATUS: Poll = Poll { id, kinds: KINDS, render: status };

/// `GET /route/operations/{id}/result`
pub(crate) static RESULT: Poll = Poll { id, kinds: KINDS, render: result };

/// The answer that says a question was accepted.
pub(crate) fn accepted(request: &Request, view: &OperationView) -> Response {
    with_retry_after(json(202, &RouteOperation::of(request, view)), view)
        .with("operation-location", address(request, &view.id, ""))
}

fn id(request: &Request) -> Result<String, Response> {
    let id = request.path.strip_prefix("/route/operations/").and_then(|rest| rest.split('/').next());
    id.and_then(guid::parse).ok_or_else(|| Refused::not_found().respond(Version::V2025))
}

fn status(request: &Request, found: &Found) -> Response {
    let view = match found {
        Found::Unknown | Found::Foreign => return Refused::not_found().respond(Version::V2025),
        Found::Operation(view) => view,
    };
    let response = json(200, &RouteOperation::of(request, view));
    if view.state.is_final() { response } else { with_retry_after(response, view) }
}

fn result(_: &Request, found: &Found) -> Response {
    match found {
        Found::Operation(view) if view.state == OperationState::Succeeded => Response::stored_result(JSON),
        _ => Refused::not_found().respond(Version::V2025),
    }
}

fn with_retry_after(response: Response, view: &OperationView) -> Response {
    response.with("retry-after", view.retry_after_s.max(1).to_string())
}

/// Where the operation, or what lies under it, is found: absolute, with the version, without a key.
fn address(request: &Request, id: &str, under: &str) -> String {
    format!("{}/route/operations/{id}{under}?api-version={}", request.base_url, Version::V2025.text())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RouteOperation {
    id: String,
    kind: &'static str,
    status: &'static str,
    created_at: String,
    last_action_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<ResultAddress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorDetail>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultAddress {
    result_url: String,
}

impl RouteOperation {
    fn of(request: &Request, view: &OperationView) -> Self {
        let is_done = view.state == OperationState::Succeeded;
        Self {
            id: view.id.clone(),
            kind: "RouteMatrix",
            status: word(view.state),
            created_at: with_z(view.created_ms),
            last_action_at: with_z(view.last_action_ms),
            result: is_done.then(|| ResultAddress { result_url: address(request, &view.id, "/result") }),
            error: error(view),
        }
    }
}

fn word(state: OperationState) -> &'static str {
    match state {
        OperationState::NotStarted => "NotStarted",
        OperationState::Running => "Running",
        OperationState::Succeeded => "Completed",
        OperationState::Failed | OperationState::Canceled => "Failed",
    }
}

fn error(view: &OperationView) -> Option<ErrorDetail> {
    let (reason, message) = match (view.state, &view.error) {
        (OperationState::Canceled, _) => ("Canceled", "The operation was cancelled."),
        (OperationState::Failed, Some((_, message))) => ("InternalServerError", message.as_str()),
        (OperationState::Failed, None) => ("InternalServerError", "The operation failed; its reason is not known."),
        _ => return None,
    };
    Some(Refused::new(500, reason, message).detail(Version::V2025))
}
