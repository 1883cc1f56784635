//! Requests that are accepted now and answered later (`bing.md`, part 2).
//!
//! **Why.** Bing's asynchronous calls answer 200 with a status resource, and the two kinds of clients decide differently when
//! they are done: by the type of the resource, or by the absence of `callbackUrl`. **How.** [`Status`] is that resource in its
//! three forms: accepted, running, failed. **What never happens:** a `callbackInSeconds` of 0, at which the toolkit stops
//! polling and hands back an unfinished answer; a `callbackUrl` once the end has come.

use engine::{OperationView, Reason};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use wire::{Request, Response};

use crate::envelope::{self, JSON, Outcome};
use crate::fault::BadRequest;
use crate::value::{Wrong, quoted};

/// Unreserved characters of RFC 3986 stay as they are.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How far an asynchronous request has come.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status<'a> {
    #[serde(rename = "__type")]
    kind: &'static str,
    callback_in_seconds: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<String>,
    error_message: &'a str,
    is_accepted: bool,
    is_completed: bool,
    request_id: &'a str,
}

impl<'a> Status<'a> {
    /// Accepted, waiting or being worked on; `callback` is the path to ask at.
    pub(crate) fn running(request: &Request, callback: &str, view: &'a OperationView) -> Self {
        Self {
            callback_in_seconds: i64::from(view.retry_after_s.max(1)),
            callback_url: Some(callback_url(request, callback, &view.id)),
            error_message: "Request accepted.",
            is_completed: false,
            ..Self::failed(&view.id, "")
        }
    }

    /// Ended without a result.
    pub(crate) fn failed(request_id: &'a str, error_message: &'a str) -> Self {
        Self {
            kind: "RouteProxyAsyncResult:http://schemas.microsoft.com/search/local/ws/rest/v1",
            callback_in_seconds: -1,
            callback_url: None,
            error_message,
            is_accepted: true,
            is_completed: true,
            request_id,
        }
    }

    /// The status as an answer.
    pub(crate) fn response(&self, request: &Request) -> Response {
        Response::new(200, JSON, envelope::good(request, self))
    }
}

/// Why a request that ended without a result did so.
pub(crate) fn failure_message(view: &OperationView) -> &str {
    match &view.error {
        Some((code, _)) if code == "Timeout" => "Timeout occurred",
        Some((_, message)) => message,
        None => "The request was canceled.",
    }
}

/// The `requestId` of a callback, in lower case.
pub(crate) fn request_id(request: &Request) -> Result<String, BadRequest> {
    let id = request.parameter("requestId").unwrap_or_default().trim().to_ascii_lowercase();
    if is_guid(&id) {
        return Ok(id);
    }
    let given = "use the callbackUrl as it was given";
    let wrong = if id.is_empty() {
        Wrong::new(Reason::Missing, "it is required", given)
    } else {
        let message = format!("{} is not a GUID such as 01234567-89ab-cdef-0123-456789abcdef", quoted(&id));
        Wrong::unreadable(message, given)
    };
    Err(BadRequest::new("requestId", wrong))
}

/// No such request is known, or not any more.
pub(crate) fn unknown() -> Outcome {
    Outcome::new(
        404,
        "UnknownRequest",
        "requestId: No request with this id is known; results are kept for a limited time.",
    )
}

/// Where to ask, with the client's own key.
fn callback_url(request: &Request, callback: &str, id: &str) -> String {
    let key = request.parameter("key").unwrap_or_default();
    let key = if key.is_empty() { String::new() } else { format!("key={}&", utf8_percent_encode(&key, ESCAPED)) };
    format!("{}{callback}?{key}requestId={id}", request.base_url)
}

fn is_guid(id: &str) -> bool {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = id.split('-').collect();
    groups.iter().map(|group| group.len()).eq(GROUPS) && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_guids() {
        assert!(is_guid("01234567-89ab-cdef-0123-456789abcdef"));
        for id in ["", "json", "0123456789abcdef0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdeg"] {
            assert!(!is_guid(id), "{id}");
        }
    }
}
