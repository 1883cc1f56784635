//! HTTP: sockets to [`wire::Request`]s, and [`wire::Response`]s to sockets.
//!
//! [`connections`] takes sockets. There is one handler for every path. [`receive`] makes a plain request of what came in,
//! [`converse`] answers it in the dialect that owns its path: at once, or by [`accept`] for later; what was accepted is seen by
//! [`look`] and [`events`]; [`datasets`] takes maps in and shows what became of them. [`probes`] answers what belongs to no dialect, and [`reply`] sends the answer with the headers
//! that every answer carries. The server's own router knows no path: which paths, methods and versions exist is written in
//! the dialects' tables.
//!
//! Never in here: a vendor's format, or computing. Keys never reach a log.

mod accept;
mod admit;
mod connections;
mod console;
mod converse;
mod datasets;
mod events;
mod look;
mod probes;
mod range;
mod receive;
mod repeat;
mod reply;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use futures_util::FutureExt;

use crate::dialects;
use crate::serve::{App, Role};
pub(crate) use connections::serve;
use receive::Incoming;
use reply::Reply;

/// The service: one handler for all.
fn service(app: Arc<App>) -> Router {
    Router::new().fallback(handle).with_state(app)
}

async fn handle(State(app): State<Arc<App>>, request: axum::extract::Request) -> axum::response::Response {
    let begun = Instant::now();
    let (parts, body) = request.into_parts();
    let id = receive::request_id(&parts.headers);
    let answer = AssertUnwindSafe(answer(&app, &parts, body)).catch_unwind().await;
    let reply = answer.unwrap_or_else(|_| {
        tracing::error!(request = id, path = parts.uri.path(), "a panic outside the compute pool");
        Reply::error(500, "InternalError", "a fault of the server; its log has the details under this request's id")
    });
    app.metrics.answered(reply.response.status);
    let (status, millis) = (reply.response.status, begun.elapsed().as_secs_f64() * 1e3);
    tracing::debug!(request = id, method = %parts.method, path = parts.uri.path(), status, millis, "answered");
    reply.send(&id, &app)
}

async fn answer(app: &Arc<App>, parts: &Parts, body: Body) -> Reply {
    if parts.method == axum::http::Method::OPTIONS {
        return Reply::from(probes::preflight(&parts.headers));
    }
    let Some(request) = receive::head(app, parts) else {
        return Reply::error(405, "MethodNotAllowed", "this server knows GET, HEAD, POST, PUT, DELETE and OPTIONS");
    };
    let dialect = dialects::owner(&request.path).filter(|_| app.role == Role::Server);
    match dialect {
        Some(dialect) => converse::converse(app, dialect, request, Incoming::new(body, &parts.headers)).await,
        None => probes::answer(app, &request).await,
    }
}
