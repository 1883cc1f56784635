//! The table of our own endpoints, and what the server needs to know of them.
//!
//! A question that can be asked for at once and for later has two rows with one path: the `Prefer` header says which.

use wire::{Dialect, Endpoint, Handler, Method, Refusal, Request, Response, find};

use crate::prefer::Preference;
use crate::problem::Problem;
use crate::{datasets, matrix, operation, optimize, route, validate};

/// Our own API, under `/api`.
pub static DIALECT: Dialect = Dialect {
    name: "api",
    owns,
    endpoint,
    endpoints: &ENDPOINTS,
    credential,
    secrets: &["key", "subscription-key"],
    refuse,
    rewrites: |_| false,
    finish,
};

static ENDPOINTS: [Endpoint; 16] = [
    row(Method::Post, "/api/v1/route", Handler::Answer(route::answer)),
    row(Method::Post, "/api/v1/matrix", Handler::Answer(matrix::answer)),
    row(Method::Post, "/api/v1/matrix", Handler::Accept(&matrix::LATER)),
    row(Method::Post, "/api/v1/optimize", Handler::Answer(optimize::answer)),
    row(Method::Post, "/api/v1/optimize", Handler::Accept(&optimize::LATER)),
    row(Method::Post, "/api/v1/validate", Handler::Answer(validate::answer)),
    row(Method::Get, "/api/v1/datasets", Handler::Catalogue(&datasets::LIST)),
    row(Method::Post, "/api/v1/datasets", Handler::Accept(&datasets::IMPORT)),
    row(Method::Get, "/api/v1/datasets/{id}", Handler::Catalogue(&datasets::ONE)),
    row(Method::Delete, "/api/v1/datasets/{id}", Handler::Catalogue(&datasets::REMOVE)),
    row(Method::Post, "/api/v1/datasets/{id}/activate", Handler::Catalogue(&datasets::ACTIVATE)),
    row(Method::Get, "/api/v1/operations", Handler::List(&operation::LIST)),
    row(Method::Get, "/api/v1/operations/{id}", Handler::Poll(&operation::VIEW)),
    row(Method::Delete, "/api/v1/operations/{id}", Handler::Cancel(&operation::CANCEL)),
    row(Method::Get, "/api/v1/operations/{id}/result", Handler::Poll(&operation::RESULT)),
    row(Method::Get, "/api/v1/operations/{id}/events", Handler::Watch(&operation::WATCH)),
];

/// The headers that scripts of other origins may read.
const EXPOSED: &str = "Location, Retry-After, ETag, Accept-Ranges, Content-Range, Preference-Applied, Idempotency-Replayed, Repeatability-Result, \
     x-request-id, x-roundsman-dataset, x-roundsman-ignored";

const fn row(method: Method, path: &'static str, handler: Handler) -> Endpoint {
    Endpoint { method, path, api_version: None, handler }
}

fn owns(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

fn endpoint(request: &Request) -> Result<&'static Endpoint, Response> {
    let rows = find(&ENDPOINTS, request.method, &request.path, false);
    let wants_later = Preference::of(request).respond_async;
    let is_later = |row: &&&Endpoint| matches!(row.handler, Handler::Accept(_));
    let preferred = rows.iter().find(|row| is_later(row) == wants_later).or(rows.first());
    preferred.copied().ok_or_else(|| no_such_row(request))
}

fn no_such_row(request: &Request) -> Response {
    let methods = [(Method::Get, "GET"), (Method::Post, "POST"), (Method::Delete, "DELETE")];
    let known = |method: Method| !find(&ENDPOINTS, method, &request.path, false).is_empty();
    let allowed: Vec<&str> = methods.iter().filter(|(method, _)| known(*method)).map(|(_, name)| *name).collect();
    if allowed.is_empty() {
        return Problem::new(404, "NotFound", format!("nothing is served at {}", request.path)).response();
    }
    let message = format!("{} is asked for with {}", request.path, allowed.join(" or "));
    Problem::new(405, "MethodNotAllowed", message).response().with("allow", allowed.join(", "))
}

/// The key: as a bearer token, as a header of its own, or in the query under either vendor's name.
fn credential(request: &Request) -> Option<String> {
    let in_query = || request.parameter("key").or_else(|| request.parameter("subscription-key"));
    let in_header = request.header("x-api-key").map(str::to_owned);
    bearer(request).or(in_header).or_else(in_query).filter(|key| !key.is_empty())
}

fn bearer(request: &Request) -> Option<String> {
    let (scheme, token) = request.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn refuse(_: &Request, refusal: &Refusal) -> Response {
    Problem::from(refusal).response()
}

fn finish(_: &Request, response: Response) -> Response {
    response.with("access-control-allow-origin", "*").with("access-control-expose-headers", EXPOSED)
}
