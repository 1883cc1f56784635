//! The table of endpoints. Within one path template, an id and a format share a place (`/route/matrix/{id}`,
//! `/route/matrix/{format}`): the method tells them apart, so that `GET /route/matrix/json` asks for an id that nobody has.

use engine::{Budget, Engine};
use wire::{Endpoint, Handler, Method, Request, Response};

use crate::error::Refused;
use crate::v1::{directions, directions_batch, matrix as matrix_v1};
use crate::v2025::{matrix, operation};
use crate::version::Version;

/// What is answered.
pub(crate) static ENDPOINTS: [Endpoint; 11] = [
    v1(Method::Get, "/route/directions/{format}", Handler::Answer(directions::get)),
    v1(Method::Post, "/route/directions/{format}", Handler::Answer(directions::post)),
    v1(Method::Post, "/route/directions/batch/{format}", Handler::Accept(&directions_batch::ASYNC)),
    v1(Method::Get, "/route/directions/batch/{id}", Handler::Poll(&directions_batch::POLL)),
    v1(Method::Post, "/route/directions/batch/sync/{format}", Handler::Answer(directions_batch::sync)),
    v1(Method::Post, "/route/matrix/{format}", Handler::Accept(&matrix_v1::ASYNC)),
    v1(Method::Get, "/route/matrix/{id}", Handler::Poll(&matrix_v1::POLL)),
    v1(Method::Post, "/route/matrix/sync/{format}", Handler::Answer(matrix_v1::sync)),
    v2025(Method::Post, "/route/matrix:async", Handler::Accept(&matrix::ASYNC)),
    v2025(Method::Get, "/route/operations/{id}", Handler::Poll(&operation::STATUS)),
    v2025(Method::Get, "/route/operations/{id}/result", Handler::Poll(&operation::RESULT)),
];

/// What Azure answers and this version of the program refuses by name.
pub(crate) static LATER: [Endpoint; 8] = [
    v1(Method::Get, "/route/range/{format}", Handler::Answer(not_yet)),
    v2025(Method::Post, "/route/directions", Handler::Answer(not_yet)),
    v2025(Method::Post, "/route/directions:batch", Handler::Answer(not_yet)),
    v2025(Method::Post, "/route/snapToRoads", Handler::Answer(not_yet)),
    v2025(Method::Post, "/route/snapToRoads:batch", Handler::Answer(not_yet)),
    v2025(Method::Post, "/route/range", Handler::Answer(not_yet)),
    v2025(Method::Post, "/route/range:batch", Handler::Answer(not_yet)),
    v2025(Method::Post, "/route/matrix", Handler::Answer(not_yet)),
];

const fn v1(method: Method, path: &'static str, handler: Handler) -> Endpoint {
    Endpoint { method, path, api_version: Some(Version::V1.text()), handler }
}

const fn v2025(method: Method, path: &'static str, handler: Handler) -> Endpoint {
    Endpoint { method, path, api_version: Some(Version::V2025.text()), handler }
}

fn not_yet(_: &Engine, request: &Request, _: &Budget) -> Response {
    let version = Version::shape_of(request);
    let what = format!("{} with api-version {}", request.path, version.text());
    Refused::not_yet("path", &what, remedy(&request.path)).respond(version)
}

/// What to ask instead.
fn remedy(path: &str) -> &'static str {
    match path.trim_end_matches('/') {
        "/route/matrix" => "use POST /route/matrix:async, or /route/matrix/sync/json with api-version 1.0",
        "/route/directions" => "use GET /route/directions/json with api-version 1.0",
        "/route/directions:batch" => "use POST /route/directions/batch/sync/json with api-version 1.0",
        _ => "it comes with a later version of this server",
    }
}
