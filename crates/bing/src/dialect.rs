//! The table of Bing's endpoints, and what the server needs to know of the dialect beside it.
//!
//! **Why.** Bing's paths are matched in any case, its keys travel in the query, and every refusal, also of an unknown path, is
//! an envelope. **How.** Plain functions and one static table. **What never happens:** an answer without the CORS header.

use wire::{Dialect, Endpoint, Handler, Method, Refusal, Request, Response, find};

use crate::envelope::{Credentials, Outcome};
use crate::{common, itinerary};

/// Bing Maps, under `/REST/v1`.
pub static DIALECT: Dialect = Dialect {
    name: "bing",
    owns,
    endpoint,
    endpoints: &ENDPOINTS,
    credential,
    secrets: &["key"],
    refuse,
    rewrites: common::is_script,
    finish: common::finish,
};

static ENDPOINTS: [Endpoint; 5] = [
    row(Method::Get, "/REST/v1/Routes/OptimizeItinerary", Handler::Answer(itinerary::answer)),
    row(Method::Post, "/REST/v1/Routes/OptimizeItinerary", Handler::Answer(itinerary::answer)),
    row(Method::Get, "/REST/v1/Routes/OptimizeItineraryAsync", Handler::Accept(&itinerary::LONG)),
    row(Method::Post, "/REST/v1/Routes/OptimizeItineraryAsync", Handler::Accept(&itinerary::LONG)),
    row(Method::Get, itinerary::CALLBACK, Handler::Poll(&itinerary::POLL)),
];

const fn row(method: Method, path: &'static str, handler: Handler) -> Endpoint {
    Endpoint { method, path, api_version: None, handler }
}

fn owns(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    first.eq_ignore_ascii_case("REST")
}

fn endpoint(request: &Request) -> Result<&'static Endpoint, Response> {
    let rows = |method| find(&ENDPOINTS, method, &request.path, true).first().copied();
    rows(request.method).ok_or_else(|| {
        let other = [Method::Get, Method::Post].into_iter().find(|&method| rows(method).is_some());
        let detail = match other {
            Some(Method::Post) => "This resource is asked for with POST.".to_owned(),
            Some(_) => "This resource is asked for with GET.".to_owned(),
            None => format!("{} is not a resource of this server.", crate::value::quoted(&request.path)),
        };
        Outcome::new(404, "UnknownResource", detail).response(request)
    })
}

fn credential(request: &Request) -> Option<String> {
    request.parameter("key").filter(|key| !key.is_empty())
}

fn refuse(request: &Request, refusal: &Refusal) -> Response {
    outcome(refusal).response(request)
}

fn outcome(refusal: &Refusal) -> Outcome {
    match refusal {
        Refusal::NoKey => Outcome::denied(
            Credentials::NoCredentials,
            "NoCredentials",
            "No key was given: add the query parameter key.",
        ),
        Refusal::WrongKey => Outcome::denied(
            Credentials::InvalidCredentials,
            "InvalidCredentials",
            "The key is not known to this server.",
        ),
        Refusal::TooLarge { limit } => Outcome::new(
            413,
            "BodyTooLarge",
            format!("The body is larger than {limit} bytes (limits.body_bytes): send fewer items at once."),
        ),
        Refusal::Busy { retry_after_s } => Outcome {
            retry_after_s: Some(*retry_after_s),
            ..Outcome::new(
                429,
                "TooManyRequests",
                format!("Too much is being asked at once: try again in {retry_after_s} s."),
            )
        },
        Refusal::Unavailable(reason) => Outcome::new(503, "Unavailable", reason),
        Refusal::TimedOut => Outcome::new(
            503,
            "Timeout",
            "The request took longer than a synchronous call may: use the asynchronous call.",
        ),
        Refusal::BodyLate { within_s } => {
            Outcome::new(408, "BodyLate", format!("The body did not arrive within {within_s} s: send it again."))
        }
        Refusal::NotAllowed(who) => Outcome::new(403, "NotAllowed", format!("{who}.")),
        Refusal::FileTooLarge { limit } => {
            Outcome::new(413, "FileTooLarge", format!("The file is larger than {limit} bytes."))
        }
        Refusal::KeyReused { header } => Outcome::new(
            422,
            "KeyReused",
            format!("{header}: This key was used with another request: choose a new one."),
        ),
        Refusal::BadHeader { header, reason } => Outcome::new(400, "BadHeader", format!("{header}: {reason}.")),
        Refusal::Internal => Outcome::new(500, "InternalError", "The server failed to answer the request."),
    }
}
