//! A server without sockets: requests go through the dialect's table, as the server sends them.

use std::sync::Arc;

use bing::DIALECT;
use engine::{Budget, Engine, OperationState, OperationView, Settings};
use serde_json::Value;
use wire::{Failure, Found, Handler, LongQuestion, Method, Request, Response};

pub(crate) const ID: &str = "0190d0a1-7b7c-7000-8000-000000000001";

/// An engine without a map, for straight-line plans.
pub(crate) fn no_map() -> Engine {
    Engine::new(None, Arc::new(Settings::default()))
}

pub(crate) fn get(path: &str, query: &str) -> Request {
    Request {
        method: Method::Get,
        path: format!("/REST/v1/Routes/{path}"),
        query: query.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        base_url: "http://maps.example:8080".to_owned(),
        received_ms: 1_900_000_000_000,
    }
}

pub(crate) fn post(path: &str, query: &str, body: &str) -> Request {
    Request { method: Method::Post, body: body.as_bytes().to_vec(), ..get(path, query) }
}

/// The first sample of the documents, as a query: straight lines, as it stands.
pub(crate) fn sample_1() -> &'static str {
    include_str!("../samples/sample-1.query").trim_end()
}

/// The second one, as a body.
pub(crate) fn sample_2() -> &'static str {
    include_str!("../samples/sample-2.json")
}

/// The answer of a synchronous call, as it leaves the server.
pub(crate) fn answer(engine: &Engine, request: &Request) -> Response {
    let response = match (DIALECT.endpoint)(request) {
        Ok(endpoint) => match &endpoint.handler {
            Handler::Answer(answer) => answer(engine, request, &Budget::default()),
            _ => panic!("{} is not answered at once", request.path),
        },
        Err(response) => response,
    };
    (DIALECT.finish)(request, response)
}

/// The answer of the callback for what the store holds.
pub(crate) fn poll(request: &Request, found: &Found) -> Response {
    let Ok(endpoint) = (DIALECT.endpoint)(request) else { panic!("{} is not known", request.path) };
    let Handler::Poll(poll) = &endpoint.handler else { panic!("{} is not a callback", request.path) };
    let response = match (poll.id)(request) {
        Ok(id) => {
            assert_eq!(id, ID);
            (poll.render)(request, found)
        }
        Err(response) => response,
    };
    (DIALECT.finish)(request, response)
}

/// The long question behind an asynchronous call.
pub(crate) fn long(request: &Request) -> &'static LongQuestion {
    match (DIALECT.endpoint)(request).map(|endpoint| &endpoint.handler) {
        Ok(Handler::Accept(long)) => long,
        _ => panic!("{} is not asynchronous", request.path),
    }
}

/// What a worker stores for a request that was accepted, from its stored form.
pub(crate) fn work(engine: &Engine, request: &Request) -> Result<Vec<u8>, Failure> {
    let stored = Request::from_stored(&request.to_stored(DIALECT.secrets)).unwrap();
    (long(request).run)(engine, &stored, &Budget::default())
}

/// An operation as the store shows it.
pub(crate) fn operation(state: OperationState) -> OperationView {
    OperationView {
        id: ID.to_owned(),
        kind: "bing.optimizeItinerary".to_owned(),
        tenant: "default".to_owned(),
        state,
        progress: 0.0,
        parts_done: 0,
        parts_total: 1,
        version: 1,
        attempts: 0,
        created_ms: 1_900_000_000_000,
        started_ms: None,
        finished_ms: None,
        expires_ms: None,
        has_result: false,
        incumbents: 0,
        last_action_ms: 1_900_000_000_000,
        error: None,
        retry_after_s: 1,
    }
}

pub(crate) fn json(response: &Response) -> Value {
    serde_json::from_slice(response.bytes().unwrap()).unwrap()
}

/// The `errorDetails` of an answer with this status.
pub(crate) fn details(response: &Response, status: u16) -> Vec<String> {
    let body = json(response);
    assert_eq!((response.status, &body["statusCode"]), (status, &status.into()), "{body:#}");
    assert_eq!(body["resourceSets"], Value::Array(Vec::new()));
    body["errorDetails"].as_array().unwrap().iter().map(|detail| detail.as_str().unwrap().to_owned()).collect()
}

pub(crate) fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
}

/// The only resource of a good answer.
pub(crate) fn resource(response: &Response) -> Value {
    let body = json(response);
    assert_eq!(response.status, 200, "{body:#}");
    assert_eq!(body["resourceSets"][0]["estimatedTotal"], 1);
    body["resourceSets"][0]["resources"][0].clone()
}

/// The JSON of an answer with a line for each value, in the order in which it was written.
pub(crate) fn lines(response: &Response) -> String {
    let text = std::str::from_utf8(response.bytes().unwrap()).unwrap();
    let (mut out, mut depth, mut quoted, mut before) = (String::new(), 0_usize, false, ' ');
    for (at, c) in text.char_indices() {
        quoted ^= c == '"' && before != '\\';
        before = c;
        let opens = !quoted && matches!(c, '{' | '[') && !text[at + 1..].starts_with(['}', ']']);
        let closes = !quoted && matches!(c, '}' | ']') && !text[..at].ends_with(['{', '[']);
        depth = depth + usize::from(opens) - usize::from(closes);
        if closes {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        }
        out.push(c);
        if opens || (!quoted && c == ',') {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        }
    }
    out
}
