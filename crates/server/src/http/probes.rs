//! What belongs to no dialect: the probes of whoever watches the server, the console, and everything unknown.

use axum::http::HeaderMap;
use serde_json::json;
use wire::{Method, Request, Response};

use super::console;
use super::reply::Reply;
use crate::serve::{App, Phase};

const JSON: &str = "application/json; charset=utf-8";

const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How long a browser may remember a preflight, in seconds.
const PREFLIGHT_AGE_S: &str = "86400";

/// Answers a path that no dialect owns.
pub(super) async fn answer(app: &App, request: &Request) -> Reply {
    let found = match request.path.as_str() {
        "/livez" => Some(Response::new(200, JSON, json!({"alive": true}).to_string())),
        "/readyz" => Some(ready(app)),
        "/metrics" => Some(Response::new(200, PROMETHEUS, app.metrics_text().await)),
        path => console::file(path),
    };
    match found {
        None => Reply::error(404, "NotFound", &format!("nothing is served at {}", request.path)),
        Some(_) if request.method != Method::Get => Reply::error(405, "MethodNotAllowed", "this path knows only GET"),
        Some(response) => Reply::from(response),
    }
}

fn ready(app: &App) -> Response {
    let unwritable = || app.store.writable().err().map(|error| error.to_string());
    let stopping = || "the server is stopping".to_owned();
    let why_not =
        app.stopping.is(Phase::Draining).then(stopping).or_else(|| app.live.why_not_ready()).or_else(unwritable);
    if let Some(reason) = why_not {
        return Response::new(503, JSON, json!({"ready": false, "reason": reason}).to_string());
    }
    let dataset = app.live.engine().dataset().map(|dataset| dataset.id.to_string());
    Response::new(200, JSON, json!({"ready": true, "dataset": dataset}).to_string())
}

/// The answer to a browser that asks whether another page may call this server: yes.
pub(super) fn preflight(headers: &HeaderMap) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("origin").is_none() || text("access-control-request-method").is_none() {
        let message = "a preflight carries Origin and Access-Control-Request-Method";
        return Reply::error(400, "BadRequest", message).response;
    }
    Response::empty(200)
        .with("access-control-allow-origin", "*")
        .with("access-control-allow-methods", "GET, HEAD, POST, PUT, DELETE, OPTIONS")
        .with("access-control-allow-headers", text("access-control-request-headers").unwrap_or("*"))
        .with("access-control-max-age", PREFLIGHT_AGE_S)
}
