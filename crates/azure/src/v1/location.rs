//! The `Location` protocol of Route 1.0: a long question's state is the status code.
//!
//! 202 with `Location` while it is pending, each time anew; 200 with the stored answer when done, as often as it is asked;
//! 404 when it is unknown, forgotten or another tenant's. `Operation-Location` is never sent: azure-core would prefer it and
//! misread what lies behind it. Addresses are absolute, carry `api-version`, and never a key.

use engine::{OperationState, OperationView};
use wire::{Found, Method, Request, Response};

use crate::error::{JSON, Refused};
use crate::guid;
use crate::version::Version;

/// One family of long questions.
pub(crate) struct LongCall {
    /// The path of its polls, up to the id.
    pub(crate) path: &'static str,
    /// What the live service sends as the body of a 202.
    pub(crate) pending_body: &'static str,
}

impl LongCall {
    /// The answer that says it was accepted, or is not done.
    pub(crate) fn pending(&self, request: &Request, view: &OperationView) -> Response {
        let response = if self.pending_body.is_empty() {
            Response::empty(202)
        } else {
            Response::new(202, JSON, self.pending_body)
        };
        response
            .with("location", format!("{}{}{}?api-version=1.0", request.base_url, self.path, view.id))
            .with("retry-after", view.retry_after_s.max(1).to_string())
    }

    /// The id that a poll asks for.
    pub(crate) fn id(&self, request: &Request) -> Result<String, Response> {
        request
            .path
            .trim_end_matches('/')
            .strip_prefix(self.path)
            .and_then(guid::parse)
            .ok_or_else(|| Refused::not_found().respond(Version::V1))
    }

    /// The answer to a poll, or to a POST that waited for the end.
    pub(crate) fn poll(&self, request: &Request, found: &Found) -> Response {
        let view = match found {
            Found::Unknown | Found::Foreign => return Refused::not_found().respond(Version::V1),
            Found::Operation(view) => view,
        };
        match view.state {
            // A POST that waited for its result was accepted, whatever came of it: clients repeat a POST that fails.
            state if state != OperationState::Succeeded && request.method == Method::Post => {
                self.pending(request, view)
            }
            OperationState::NotStarted | OperationState::Running => self.pending(request, view),
            OperationState::Succeeded => Response::stored_result(JSON),
            OperationState::Failed => failed(view).respond(Version::V1),
            // There is no such state on the wire, and a 5xx would be asked again by every client.
            OperationState::Canceled => {
                Refused::new(409, "Conflict", "The operation was cancelled.").respond(Version::V1)
            }
        }
    }
}

/// There is no failed state either: the poll itself fails.
fn failed(view: &OperationView) -> Refused {
    let why = view.error.as_ref().map_or("its reason is not known.", |(_, message)| message);
    Refused::new(500, "InternalServerError", format!("The operation failed: {why}"))
}
