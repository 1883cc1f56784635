//! The table of endpoints over an engine, as the server would use it, without sockets and store.

use std::sync::Arc;

use engine::{Budget, Datasets, Engine, ImportOptions, OperationState, OperationView, Settings, import};
use serde_json::Value;
use testkit::Map;
use wire::{Found, Handler, LongQuestion, Method, Request, Response};

/// A square of streets, and an island.
pub(crate) fn map() -> Map {
    let street = [("highway", "residential")];
    Map::new(
        "
        a b
        c d

        e f
        ",
    )
    .way("ab", &street)
    .way("bd", &street)
    .way("dc", &street)
    .way("ca", &street)
    .way("ef", &street)
}

/// An engine over [`map`].
pub(crate) fn engine() -> Engine {
    engine_over(&map())
}

/// An engine over a map. Its folder is gone at once; what is mapped stays.
pub(crate) fn engine_over(map: &Map) -> Engine {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("map.osm.pbf");
    map.write_pbf(&file);
    let report = import(&[file], folder.path(), &ImportOptions::default(), &|_| {}).unwrap();
    let dataset = Datasets::new(folder.path()).open(&report.dataset).unwrap();
    Engine::new(Some(dataset), Arc::new(Settings::default()))
}

pub(crate) fn without_map() -> Engine {
    Engine::new(None, Arc::new(Settings::default()))
}

pub(crate) fn request(method: Method, path: &str, body: &str) -> Request {
    Request {
        method,
        path: path.to_owned(),
        query: String::new(),
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
        base_url: "https://plan.example".to_owned(),
        received_ms: 1_900_000_000_000,
    }
}

pub(crate) fn post(path: &str, body: &str) -> Request {
    request(Method::Post, path, body)
}

/// The same, to be answered later.
pub(crate) fn post_for_later(path: &str, body: &str) -> Request {
    Request { headers: vec![("prefer".to_owned(), "respond-async".to_owned())], ..post(path, body) }
}

/// What is answered at once.
pub(crate) fn answer(engine: &Engine, request: &Request) -> Response {
    match (api::DIALECT.endpoint)(request) {
        Ok(endpoint) => match endpoint.handler {
            Handler::Answer(answer) => answer(engine, request, &Budget::default()),
            _ => panic!("{} is not answered at once", endpoint.path),
        },
        Err(response) => response,
    }
}

/// The question that a request for later leads to.
pub(crate) fn long(request: &Request) -> &'static LongQuestion {
    match (api::DIALECT.endpoint)(request).unwrap().handler {
        Handler::Accept(question) => question,
        _ => panic!("{} is answered at once", request.path),
    }
}

/// An operation of `kind`, just accepted.
pub(crate) fn operation(kind: &str) -> OperationView {
    OperationView {
        id: "0190a5f4-0000-7000-8000-000000000001".to_owned(),
        kind: kind.to_owned(),
        tenant: "north".to_owned(),
        state: OperationState::NotStarted,
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

/// The poll of a succeeded operation is answered with the stored result.
pub(crate) fn polls_to_the_result(question: &LongQuestion, request: &Request) -> bool {
    let done = OperationView { state: OperationState::Succeeded, ..operation(question.kind) };
    (question.poll.render)(request, &Found::Operation(Box::new(done))).body == wire::Body::StoredResult
}

pub(crate) fn text(response: &Response) -> String {
    String::from_utf8(response.bytes().unwrap().to_vec()).unwrap()
}

pub(crate) fn json(response: &Response) -> Value {
    serde_json::from_slice(response.bytes().unwrap()).unwrap()
}

pub(crate) fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
}

/// Status, code, and the fields at fault.
pub(crate) fn refusal(response: &Response) -> (u16, String, Vec<String>) {
    let error = &json(response)["error"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let fields = error["details"].as_array().unwrap().iter().map(|detail| text(&detail["field"]));
    assert!(!text(&error["message"]).is_empty());
    (response.status, text(&error["code"]), fields.collect())
}
