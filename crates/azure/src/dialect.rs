//! The door: which paths are Azure's, and which endpoint answers a request.

use wire::{Dialect, Endpoint, Method, Request, Response};

use crate::error::Refused;
use crate::table::{ENDPOINTS, LATER};
use crate::version::{self, Version};
use crate::{headers, refusal};

/// Azure Maps, as far as it is served: Route 1.0 and the asynchronous matrix of Route 2025-01-01.
pub static DIALECT: Dialect = Dialect {
    name: "azure",
    owns,
    endpoint,
    endpoints: &ENDPOINTS,
    credential: refusal::credential,
    // `sig` is how the Python client sends a shared access signature.
    secrets: &["subscription-key", "sig"],
    refuse: refusal::refuse,
    rewrites: |_| false,
    finish: headers::finish,
};

/// The paths that belong to Azure Maps, each with all that lies under it.
const ROOTS: [&str; 11] = [
    "/route",
    "/mapData",
    "/conversions",
    "/datasets",
    "/tilesets",
    "/routesets",
    "/wayfinding",
    "/aliases",
    "/dataRegistries",
    "/map/tile",
    "/map/tileset",
];

fn owns(path: &str) -> bool {
    let is_under = |root: &&str| path.strip_prefix(*root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    ROOTS.iter().any(is_under)
}

fn endpoint(request: &Request) -> Result<&'static Endpoint, Response> {
    let asked = version::asked(request)?;
    let rows = |table| wire::find(table, request.method, &request.path, false);
    let rows: Vec<&Endpoint> = rows(&ENDPOINTS).into_iter().chain(rows(&LATER)).collect();
    if let Some(row) = rows.iter().find(|row| row.api_version == Some(asked.text())) {
        return Ok(row);
    }
    let versions: Vec<&str> = rows.iter().filter_map(|row| row.api_version).collect();
    Err(if versions.is_empty() { no_such_path(request, asked) } else { version::unsupported(asked.text(), &versions) })
}

fn no_such_path(request: &Request, asked: Version) -> Response {
    let allowed: Vec<&str> = [(Method::Get, "GET"), (Method::Post, "POST")]
        .into_iter()
        .filter(|(method, _)| !wire::find(&ENDPOINTS, *method, &request.path, false).is_empty())
        .map(|(_, name)| name)
        .collect();
    if allowed.is_empty() {
        return Refused::not_found().respond(asked);
    }
    Refused::new(405, "MethodNotAllowed", format!("{} is answered to {} only.", request.path, allowed.join(", ")))
        .respond(asked)
        .with("allow", allowed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::tests::get;

    /// What a method, path and query lead to: the row's path, or the status and code of the answer.
    fn outcome(method: Method, path: &str, query: &str) -> String {
        match endpoint(&Request { method, ..get(path, query) }) {
            Ok(row) => format!("{} {}", row.api_version.unwrap(), row.path),
            Err(response) => {
                let body: serde_json::Value = serde_json::from_slice(response.bytes().unwrap()).unwrap();
                format!("{} {}", response.status, body["error"]["code"].as_str().unwrap())
            }
        }
    }

    #[test]
    fn requests_find_their_row() {
        use Method::{Delete, Get, Post};
        for (method, path, query, expected) in [
            (Get, "/route/directions/json", "api-version=1.0", "1.0 /route/directions/{format}"),
            (Get, "/route/directions/json/", "Api-Version=1.0&api-version=1.0", "1.0 /route/directions/{format}"),
            (Post, "/route/directions/batch/json", "api-version=1.0", "1.0 /route/directions/batch/{format}"),
            (Post, "/route/directions/batch/sync/json", "api-version=1.0", "1.0 /route/directions/batch/sync/{format}"),
            (Get, "/route/matrix/json", "api-version=1.0", "1.0 /route/matrix/{id}"),
            (Post, "/route/matrix:async", "api-version=2025-01-01", "2025-01-01 /route/matrix:async"),
            (Post, "/route/matrix", "api-version=2025-01-01", "2025-01-01 /route/matrix"),
            (Get, "/route/directions/json", "", "400 MissingApiVersionParameter"),
            (Get, "/route/directions/json", "api-version=", "400 MissingApiVersionParameter"),
            (Get, "/route/directions/json", "api-version=2.0", "400 UnsupportedApiVersionValue"),
            (Get, "/route/directions/json", "api-version=1.0&api-version=2025-01-01", "400 UnsupportedApiVersionValue"),
            (Get, "/route/directions/json", "api-version=2025-01-01", "400 UnsupportedApiVersionValue"),
            (Post, "/route/directions", "api-version=1.0", "400 UnsupportedApiVersionValue"),
            (Get, "/route/nowhere/at/all", "api-version=1.0", "404 404 NotFound"),
            (Get, "/route/nowhere/at/all", "api-version=2025-01-01", "404 NotFound"),
            (Delete, "/route/matrix/json", "api-version=1.0", "405 405 MethodNotAllowed"),
            (Get, "/Route/matrix/json", "api-version=1.0", "404 404 NotFound"),
        ] {
            assert_eq!(outcome(method, path, query), expected, "{path}?{query}");
        }
    }

    #[test]
    fn neighbours_paths_are_not_ours() {
        for path in ["/route/anything", "/route", "/map/tile", "/tilesets/1"] {
            assert!(owns(path), "{path}");
        }
        for path in ["/", "/routes", "/map", "/tiles/1/2/3.mvt", "/REST/v1/Routes", "/api/v1/route", "/routesetsx"] {
            assert!(!owns(path), "{path}");
        }
    }
}
