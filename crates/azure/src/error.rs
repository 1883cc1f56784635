//! What goes wrong, in Azure's words: one refusal, written in the error shape of the version that was asked for.
//!
//! Both shapes are `{"error": {"code", "message", "target", "details"}}`. Route 1.0 puts the status before the code
//! (`400 BadRequest`); Route 2025-01-01 does not, and repeats the code in the header `x-ms-error-code`. Texts that the live
//! service is known to send are kept word for word; what they do not say (the value, the limit, the remedy) is in `target`
//! and `details`, which clients show but do not compare.

use engine::{Error, Fault};
use geometry::Coordinate;
use serde::Serialize;
use wire::{Failure, Response};

use crate::version::Version;

/// The type of every JSON body that this dialect sends.
pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// How the live service opens every message about a route that has no answer.
const ENGINE_ERROR: &str = "Engine error while executing route request";

/// Why a request, an item of a batch, or a cell of a matrix has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    status: u16,
    reason: &'static str,
    message: String,
    target: Option<String>,
    details: Vec<ErrorDetail>,
    retry_after_s: Option<u32>,
}

/// The body of an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ErrorBody {
    error: ErrorDetail,
}

/// The error inside the body, inside a batch item, or inside a matrix cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ErrorDetail {
    code: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<ErrorDetail>,
    #[serde(rename = "additionalInfo", skip_serializing_if = "Vec::is_empty")]
    additional_info: Vec<AdditionalInfo>,
}

/// What Azure's common error leaves room for: here the value at fault and what helps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct AdditionalInfo {
    #[serde(rename = "type")]
    kind: &'static str,
    info: FaultInfo,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct FaultInfo {
    remedy: String,
    value: Option<String>,
}

impl AdditionalInfo {
    fn of(fault: &Fault) -> Self {
        Self { kind: "Fault", info: FaultInfo { remedy: fault.remedy.clone(), value: fault.value.clone() } }
    }
}

impl Refused {
    /// A refusal with the reason phrase of its status, without blanks.
    pub(crate) fn new(status: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { status, reason, message: message.into(), target: None, details: Vec::new(), retry_after_s: None }
    }

    /// A fault of the parameter or member `target`.
    pub(crate) fn bad(target: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message).at(target)
    }

    /// Asked for by a right name, but not served by this version of the program.
    pub(crate) fn not_yet(target: impl Into<String>, what: &str, remedy: &str) -> Self {
        Self::bad(target, format!("{what} is not supported yet: {remedy}."))
    }

    /// Azure's own 404.
    pub(crate) fn not_found() -> Self {
        Self::new(404, "NotFound", "Not Found: the requested resource could not be found.")
    }

    /// The same, naming the parameter or member that is at fault.
    #[must_use]
    pub(crate) fn at(self, target: impl Into<String>) -> Self {
        Self { target: Some(target.into()), ..self }
    }

    /// The same, with what the known text leaves unsaid.
    #[must_use]
    pub(crate) fn saying(mut self, code: &str, message: impl Into<String>) -> Self {
        self.details.push(ErrorDetail {
            code: code.to_owned(),
            message: message.into(),
            target: None,
            details: Vec::new(),
            additional_info: Vec::new(),
        });
        self
    }

    /// The same, asking the client to come again. Only for 429 and 503: azure-core repeats whatever carries `Retry-After`.
    #[must_use]
    pub(crate) fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after_s: Some(seconds.max(1)), ..self }
    }

    /// Why a neutral question about `places` places has no answer.
    pub(crate) fn of_engine(error: &Error, places: usize) -> Self {
        match error {
            Error::Invalid(faults) => invalid(faults),
            Error::OffRoad { waypoint, at, .. } => {
                Self::new(400, "BadRequest", off_road(&place_name(*waypoint, places), *at))
                    .at("query")
                    .saying("OffRoad", error.to_string())
            }
            Error::NoRoute { from } => Self::new(400, "BadRequest", no_route(*from, places)).at("query"),
            Error::NoDataset => Self::new(503, "ServiceUnavailable", sentence(wire::NO_MAP)),
            Error::DeadlineExceeded => timed_out(),
            Error::Canceled => Self::new(503, "ServiceUnavailable", "The question was cancelled."),
            Error::Internal(_) => internal(),
        }
    }

    /// The status that the refusal is sent with.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// As the body, or as the `response` of a batch item or a matrix cell.
    pub(crate) fn body(self, version: Version) -> ErrorBody {
        ErrorBody { error: self.detail(version) }
    }

    /// As an error inside another answer.
    pub(crate) fn detail(self, version: Version) -> ErrorDetail {
        let code = match version {
            Version::V1 => format!("{} {}", self.status, self.reason),
            Version::V2025 => self.reason.to_owned(),
        };
        ErrorDetail {
            code,
            message: self.message,
            target: self.target,
            details: self.details,
            additional_info: Vec::new(),
        }
    }

    /// As the whole answer.
    pub(crate) fn respond(self, version: Version) -> Response {
        let (status, reason, retry_after_s) = (self.status, self.reason, self.retry_after_s);
        let mut response = json(status, &self.body(version));
        if version == Version::V2025 {
            response = response.with("x-ms-error-code", reason);
        }
        match retry_after_s {
            Some(seconds) => response.with("retry-after", seconds.to_string()),
            None => response,
        }
    }

    /// As the end of an accepted question.
    pub(crate) fn failure(self) -> Failure {
        Failure { code: self.reason.to_owned(), retry: self.status >= 500, message: self.message }
    }
}

/// Too little time: Azure's 408.
pub(crate) fn timed_out() -> Refused {
    Refused::new(408, "Timeout", "The request took longer than a synchronous call may; use the asynchronous call.")
}

/// A fault of ours; its details stay in the log.
pub(crate) fn internal() -> Refused {
    Refused::new(500, "InternalServerError", "An internal error occurred; the server's log has the details.")
}

/// An accepted question that cannot be answered in the end.
pub(crate) fn failure(error: &Error) -> Failure {
    match error {
        Error::Canceled => {
            Failure { code: "Canceled".to_owned(), message: "The operation was cancelled.".to_owned(), retry: false }
        }
        other => Refused::of_engine(other, 0).failure(),
    }
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: &impl Serialize) -> Response {
    Response::new(status, JSON, bytes(body))
}

/// A body in JSON.
pub(crate) fn bytes(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("wire types are made of strings, numbers and lists, which all have a JSON form")
}

/// The live service's text for waypoints without a way. With several legs, the leg follows.
fn no_route(from: usize, places: usize) -> String {
    if places <= 2 {
        return no_route_text();
    }
    format!("{}: {} to {}", no_route_text(), place_name(from, places), place_name(from + 1, places))
}

/// The live service's text for two places without a way.
pub(crate) fn no_route_text() -> String {
    format!("{ENGINE_ERROR}: NO_ROUTE_FOUND")
}

/// The live service's text for a place too far from any road.
pub(crate) fn off_road(name: &str, at: Coordinate) -> String {
    format!("{ENGINE_ERROR}: MAP_MATCHING_FAILURE: {name} ({}, {})", at.lat(), at.lon())
}

fn place_name(index: usize, places: usize) -> String {
    match index {
        0 => "Origin".to_owned(),
        last if last + 1 >= places => "Destination".to_owned(),
        between => format!("Waypoint {between}"),
    }
}

fn invalid(faults: &[Fault]) -> Refused {
    let first = faults.first();
    let refused = Refused::bad(
        first.map_or("query", |fault| fault.field.as_str()),
        first.map_or_else(|| "The question is not valid.".to_owned(), Fault::to_string),
    );
    let details = faults.iter().map(|fault| ErrorDetail {
        code: fault.reason.code().to_owned(),
        message: fault.to_string(),
        target: Some(fault.field.clone()),
        details: Vec::new(),
        additional_info: vec![AdditionalInfo::of(fault)],
    });
    Refused { details: details.collect(), ..refused }
}

/// An error's text as a sentence of its own.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(refused: Refused, version: Version) -> String {
        String::from_utf8(bytes(&refused.body(version))).unwrap()
    }

    #[test]
    fn the_code_carries_the_status_in_1_0_only() {
        let refused = Refused::bad("avoid", "No.").saying("Why", "Because.");
        assert_eq!(
            text(refused.clone(), Version::V1),
            r#"{"error":{"code":"400 BadRequest","message":"No.","target":"avoid","details":[{"code":"Why","message":"Because."}]}}"#
        );
        let response = refused.respond(Version::V2025);
        assert!(response.headers.contains(&("x-ms-error-code", "BadRequest".to_owned())));
        assert!(!response.headers.iter().any(|(name, _)| *name == "retry-after"));
    }

    #[test]
    fn places_are_named_as_the_live_service_names_them() {
        let at = Coordinate::from_degrees(47.5, -122.25).unwrap();
        let message = |waypoint, places| {
            let error = Error::OffRoad { waypoint, at, limit_m: 2000.0, nearest_m: None };
            Refused::of_engine(&error, places).message
        };
        let start = "Engine error while executing route request: MAP_MATCHING_FAILURE:";
        assert_eq!(message(0, 3), format!("{start} Origin (47.5, -122.25)"));
        assert_eq!(message(1, 3), format!("{start} Waypoint 1 (47.5, -122.25)"));
        assert_eq!(message(2, 3), format!("{start} Destination (47.5, -122.25)"));
    }

    #[test]
    fn a_leg_without_a_way_is_named_only_where_there_are_several() {
        let message = |from, places| Refused::of_engine(&Error::NoRoute { from }, places).message;
        assert_eq!(message(0, 2), "Engine error while executing route request: NO_ROUTE_FOUND");
        assert_eq!(
            message(1, 3),
            "Engine error while executing route request: NO_ROUTE_FOUND: Waypoint 1 to Destination"
        );
    }

    #[test]
    fn only_what_another_attempt_could_mend_is_tried_again() {
        assert!(failure(&Error::Internal("x".to_owned())).retry);
        assert!(failure(&Error::NoDataset).retry);
        assert!(!failure(&Error::Canceled).retry);
        assert!(!failure(&Error::DeadlineExceeded).retry);
    }
}
