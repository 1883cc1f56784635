//! What belongs to no dialect: the probes of whoever watches the server, the first page, and everything unknown.

use axum::http::HeaderMap;
use serde_json::json;
use wire::{Method, Request, Response};

use super::reply::Reply;
use crate::serve::{App, Phase};

const JSON: &str = "application/json; charset=utf-8";

/// The first page, until the console is built.
const PAGE: &str = include_str!("../console.html");

/// How long a browser may remember a preflight, in seconds.
const PREFLIGHT_AGE_S: &str = "86400";

/// Answers a path that no dialect owns.
pub(super) fn answer(app: &App, request: &Request) -> Reply {
    let known = matches!(request.path.as_str(), "/livez" | "/readyz" | "/");
    if known && request.method != Method::Get {
        return Reply::error(405, "MethodNotAllowed", "this path knows only GET");
    }
    match request.path.as_str() {
        "/livez" => Response::new(200, JSON, json!({"alive": true}).to_string()).into(),
        "/readyz" => ready(app).into(),
        "/" => Response::new(200, "text/html; charset=utf-8", PAGE)
            .with("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'")
            .into(),
        path => Reply::error(404, "NotFound", &format!("nothing is served at {path}")),
    }
}

fn ready(app: &App) -> Response {
    let stopping = || "the server is stopping".to_owned();
    let why_not = app.stopping.is(Phase::Draining).then(stopping).or_else(|| app.live.why_not_ready());
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
