//! The frame around every answer, good or bad (`bing.md`, 1.4 to 1.6).
//!
//! **Why.** Clients read error bodies as ordinary envelopes and compare some of their texts literally. **How.** Members stand
//! in the order in which Bing writes them; an [`Outcome`] is a status with the texts that go with it, and [`of_error`] is the
//! one place where the engine's errors get theirs. **What never happens:** a body without an envelope, an error without
//! `errorDetails`, or a trace id that differs between two runs of one stored request.

use engine::Error;
use serde::Serialize;
use wire::{Request, Response};

use crate::fault::{BadRequest, Fault, SHOWN, Shown};

pub(crate) const JSON: &str = "application/json; charset=utf-8";
const COPYRIGHT: &str = "Map data © OpenStreetMap contributors, available under the Open Database License 1.0 (https://www.openstreetmap.org/copyright). Answered by Roundsman.";
const INVALID: &str = "One or more parameters are not valid.";
const NO_ROUTE: &str = "No route was found for the waypoints provided.";

/// Whether the key of a request was good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::enum_variant_names, reason = "the contract's words")]
pub(crate) enum Credentials {
    ValidCredentials,
    InvalidCredentials,
    NotAuthorized,
    NoCredentials,
}

/// An answer other than a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) status: u16,
    /// Shown with `errorDetail=true` only.
    pub(crate) code: &'static str,
    pub(crate) credentials: Credentials,
    /// The first one makes sense alone.
    pub(crate) details: Vec<String>,
    /// For programs.
    pub(crate) faults: Vec<Fault>,
    /// Seconds after which to try again.
    pub(crate) retry_after_s: Option<u32>,
}

impl Outcome {
    pub(crate) fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        let details = vec![detail.into()];
        Self {
            status,
            code,
            credentials: Credentials::ValidCredentials,
            details,
            faults: Vec::new(),
            retry_after_s: None,
        }
    }

    pub(crate) fn denied(credentials: Credentials, code: &'static str, detail: &str) -> Self {
        Self { credentials, ..Self::new(401, code, format!("Access was denied. {detail}")) }
    }

    /// The envelope, as an answer to `request`.
    pub(crate) fn response(&self, request: &Request) -> Response {
        let detailed = flag(request, &["errorDetail", "ed"]);
        let envelope = Envelope::<()> {
            authentication_result_code: self.credentials,
            error_code: detailed.then_some(self.code),
            error_details: Some(&self.details),
            faults: self.faults.iter().map(Fault::shown).collect(),
            status_code: self.status,
            status_description: description(self.status),
            ..Envelope::good(request)
        };
        let mut response = Response::new(self.status, JSON, envelope.to_bytes());
        if let Some(seconds) = self.retry_after_s {
            response = response.with("retry-after", seconds.to_string());
        }
        // Bing showed overload as an empty 200 with this header; retry logic written for that keeps working.
        if matches!(self.status, 429 | 503) { response.with("x-ms-bm-ws-info", "1") } else { response }
    }
}

impl From<&BadRequest> for Outcome {
    /// The literal first text, a literal text for each parameter, then the reasons.
    fn from(BadRequest(faults): &BadRequest) -> Self {
        let mut parameters: Vec<&str> = Vec::new();
        for fault in faults.iter().take(SHOWN) {
            if !parameters.contains(&fault.parameter.as_str()) {
                parameters.push(&fault.parameter);
            }
        }
        let mut details = vec![INVALID.to_owned()];
        details.extend(parameters.iter().map(|name| format!("{name}: This parameter is missing or invalid.")));
        details.extend(faults.iter().take(SHOWN).map(Fault::to_string));
        if faults.len() > SHOWN {
            details.push(format!("Only the first {SHOWN} faults are listed."));
        }
        let faults = faults.iter().take(SHOWN).cloned().collect();
        Self { details, faults, ..Self::new(400, "InvalidParameter", "") }
    }
}

/// What a client is told of an error of the engine; `rename` gives a faulty member the name that the client used.
pub(crate) fn of_error(error: &Error, rename: impl Fn(&engine::Fault) -> Fault) -> Outcome {
    match error {
        Error::Invalid(faults) => Outcome::from(&BadRequest(faults.iter().map(rename).collect())),
        Error::NoRoute { .. } => Outcome::new(404, "NoSolution", NO_ROUTE),
        Error::OffRoad { .. } => Outcome::new(404, "LocationNotFound", error.to_string()),
        Error::NoDataset => Outcome::new(503, "NoDataset", wire::NO_MAP),
        Error::DeadlineExceeded => Outcome::new(
            503,
            "Timeout",
            "The request took longer than a synchronous call may: use the asynchronous call.",
        ),
        Error::Canceled => Outcome::new(503, "Canceled", "The request was canceled."),
        // The details are in the log, not for the client.
        Error::Internal(_) => Outcome::new(500, "InternalError", "The server failed to answer the request."),
    }
}

/// The envelope around one good resource.
pub(crate) fn good(request: &Request, resource: &impl Serialize) -> Vec<u8> {
    let resource_sets = vec![ResourceSet { estimated_total: 1, resources: [resource] }];
    Envelope { resource_sets, ..Envelope::good(request) }.to_bytes()
}

/// Members in the order in which Bing writes them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, R> {
    authentication_result_code: Credentials,
    brand_logo_uri: &'static str,
    copyright: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_details: Option<&'a [String]>,
    /// Ours; Bing's clients overlook it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Shown<'a>>,
    resource_sets: Vec<ResourceSet<R>>,
    status_code: u16,
    status_description: &'static str,
    trace_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSet<R> {
    estimated_total: usize,
    resources: [R; 1],
}

impl<R: Serialize> Envelope<'_, R> {
    fn good(request: &Request) -> Self {
        Self {
            authentication_result_code: Credentials::ValidCredentials,
            brand_logo_uri: "",
            copyright: COPYRIGHT,
            error_code: None,
            error_details: None,
            faults: Vec::new(),
            resource_sets: Vec::new(),
            status_code: 200,
            status_description: description(200),
            trace_id: trace_id(request),
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts, numbers and lists always have a JSON form")
    }
}

fn description(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        413 => "Payload Too Large",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

/// 32 hexadecimal digits: the 128-bit FNV-1a hash of all that makes the request, but the key.
///
/// A worker that answers the stored request, which has no key, after a crash must write the same bytes.
fn trace_id(request: &Request) -> String {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let keyless = request.query.split('&').filter(|pair| !is_key(pair)).flat_map(str::bytes);
    let bytes = request.received_ms.to_le_bytes().into_iter().chain(request.path.bytes()).chain(keyless);
    let hash = bytes
        .chain(request.body.iter().copied())
        .fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    format!("{hash:032x}")
}

fn is_key(pair: &str) -> bool {
    pair.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case("key"))
}

/// Whether one of the query parameters `names` is `true`.
pub(crate) fn flag(request: &Request, names: &[&str]) -> bool {
    let value = names.iter().find_map(|name| request.parameter(name)).unwrap_or_default();
    matches!(value.trim().to_ascii_lowercase().as_str(), "true" | "1")
}
