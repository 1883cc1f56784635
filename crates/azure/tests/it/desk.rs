//! A desk: what the server does with a dialect, in memory and in the order of the requests.

use std::sync::{Arc, Mutex};

use engine::{Budget, Datasets, Engine, ImportOptions, OperationState, OperationView, Settings, import};
use geometry::Coordinate;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::Map;
use wire::{Body, Found, Handler, LongQuestion, Method, Poll, Request, Response};

/// When every request arrives: 2023-11-14T22:13:20.500Z.
pub(crate) const NOW_MS: i64 = 1_700_000_000_500;

/// The address under which clients reach the desk.
pub(crate) const BASE: &str = "https://maps.example.org:8443";

/// A town, an engine over it, and the operations accepted so far.
pub(crate) struct Desk {
    engine: Engine,
    map: Map,
    operations: Vec<Accepted>,
    _folder: TempDir,
}

struct Accepted {
    question: &'static LongQuestion,
    stored: Vec<u8>,
    view: OperationView,
    result: Option<Vec<u8>>,
}

/// An answer, its JSON read.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) bytes: Vec<u8>,
    /// `null` where the body is empty.
    pub(crate) json: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn message(&self) -> &str {
        self.json["error"]["message"].as_str().unwrap_or_default()
    }

    pub(crate) fn code(&self) -> &str {
        self.json["error"]["code"].as_str().unwrap_or_default()
    }
}

impl Desk {
    /// Three streets, some avenues, one of them one-way; and an island, `mn`.
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let street = [("highway", "residential")];
        let map = Map::new(
            "
            a b c d
            e f g h
            i j k l

            m n
            ",
        )
        .way("abcd", &[("highway", "tertiary")])
        .way("efgh", &street)
        .way("ijkl", &[("highway", "secondary"), ("maxspeed", "50")])
        .way("aei", &street)
        .way("bfj", &[("highway", "residential"), ("oneway", "yes")])
        .way("cgk", &street)
        .way("dhl", &street)
        .way("mn", &street);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("town.osm.pbf");
        map.write_pbf(&file);
        let data = folder.path().join("data");
        let report =
            import(&[file], &data, &ImportOptions { activate: true, ..ImportOptions::default() }, &|_| {}).unwrap();
        let dataset = Datasets::new(data).open(&report.dataset).unwrap();
        Self { engine: Engine::new(Some(dataset), Arc::new(settings)), map, operations: Vec::new(), _folder: folder }
    }

    /// A desk whose server has no map.
    pub(crate) fn without_map() -> Self {
        let desk = Self::new();
        Self { engine: Engine::new(None, Arc::new(Settings::default())), ..desk }
    }

    pub(crate) fn at(&self, letter: char) -> Coordinate {
        self.map.at(letter)
    }

    /// `lat,lon:lat,lon` of some letters.
    pub(crate) fn waypoints(&self, letters: &str) -> String {
        let places = letters.chars().map(|letter| format!("{},{}", self.at(letter).lat(), self.at(letter).lon()));
        places.collect::<Vec<_>>().join(":")
    }

    /// A `MultiPoint` of some letters.
    pub(crate) fn points(&self, letters: &str) -> Value {
        let places = letters.chars().map(|letter| json!([self.at(letter).lon(), self.at(letter).lat()]));
        json!({"type": "MultiPoint", "coordinates": places.collect::<Vec<_>>()})
    }

    pub(crate) fn get(&mut self, target: &str) -> Answer {
        self.ask(&request(Method::Get, target, ""))
    }

    pub(crate) fn post(&mut self, target: &str, body: &Value) -> Answer {
        self.ask(&request(Method::Post, target, &body.to_string()))
    }

    /// The engine that answers.
    pub(crate) fn engine(&self) -> &engine::Engine {
        &self.engine
    }

    /// What the server does with a request.
    pub(crate) fn ask(&mut self, request: &Request) -> Answer {
        assert!((azure::DIALECT.owns)(&request.path), "{}", request.path);
        let (response, result) = match (azure::DIALECT.endpoint)(request) {
            Err(response) => (response, None),
            Ok(endpoint) => match &endpoint.handler {
                Handler::Answer(answer) => (answer(&self.engine, request, &Budget::default()), None),
                Handler::Accept(question) => (self.accept(question, request), None),
                Handler::Poll(poll) => self.poll(poll, request),
                Handler::List(_) | Handler::Cancel(_) | Handler::Watch(_) | Handler::Catalogue(_) => {
                    panic!("Azure Maps has no such endpoint")
                }
            },
        };
        read((azure::DIALECT.finish)(request, response), result)
    }

    fn accept(&mut self, question: &'static LongQuestion, request: &Request) -> Response {
        if let Err(response) = (question.check)(&self.engine, request) {
            return response;
        }
        let view = OperationView {
            id: format!("00000000-0000-4000-8000-{:012x}", self.operations.len()),
            kind: question.kind.to_owned(),
            tenant: "tenant".to_owned(),
            state: OperationState::NotStarted,
            progress: 0.0,
            parts_done: 0,
            parts_total: 1,
            version: 1,
            attempts: 0,
            created_ms: NOW_MS,
            started_ms: None,
            finished_ms: None,
            expires_ms: None,
            has_result: false,
            incumbents: 0,
            last_action_ms: NOW_MS,
            error: None,
            retry_after_s: 0,
        };
        let accepted = (question.accepted)(request, &view);
        let stored = request.to_stored(azure::DIALECT.secrets);
        self.operations.push(Accepted { question, stored, view, result: None });
        accepted
    }

    fn poll(&self, poll: &'static Poll, request: &Request) -> (Response, Option<Vec<u8>>) {
        let id = match (poll.id)(request) {
            Ok(id) => id,
            Err(response) => return (response, None),
        };
        let known =
            self.operations.iter().find(|known| known.view.id == id && poll.kinds.contains(&known.question.kind));
        let found = known.map_or(Found::Unknown, |known| Found::Operation(Box::new(known.view.clone())));
        ((poll.render)(request, &found), known.and_then(|known| known.result.clone()))
    }

    /// What a POST to `target` is answered when the end of the operation that it began came while it waited.
    pub(crate) fn look(&self, target: &str, operation: usize) -> Answer {
        let accepted = &self.operations[operation];
        let found = Found::Operation(Box::new(accepted.view.clone()));
        let response = (accepted.question.poll.render)(&request(Method::Post, target, ""), &found);
        read(response, accepted.result.clone())
    }

    /// Sets every operation to `state`, as somebody else's doing.
    pub(crate) fn set_state(&mut self, state: OperationState, error: Option<(&str, &str)>) {
        for accepted in &mut self.operations {
            accepted.view.state = state;
            accepted.view.error = error.map(|(code, message)| (code.to_owned(), message.to_owned()));
            accepted.view.last_action_ms = NOW_MS + 1500;
        }
    }

    /// Does what a worker does with all that was accepted; the progress that it reported.
    pub(crate) fn work(&mut self) -> Vec<f64> {
        let reports = Arc::new(Mutex::new(Vec::new()));
        for accepted in &mut self.operations {
            let request = Request::from_stored(&accepted.stored).unwrap();
            let heard = Arc::clone(&reports);
            let budget = Budget::default().reporting(move |fraction| heard.lock().unwrap().push(fraction));
            accepted.result = Some((accepted.question.run)(&self.engine, &request, &budget).unwrap());
        }
        self.set_state(OperationState::Succeeded, None);
        reports.lock().unwrap().clone()
    }

    pub(crate) fn accepted(&self) -> usize {
        self.operations.len()
    }

    /// The requests as the store keeps them.
    pub(crate) fn stored(&self) -> String {
        self.operations.iter().map(|accepted| String::from_utf8_lossy(&accepted.stored).into_owned()).collect()
    }
}

/// A request to `target`, a path and query.
pub(crate) fn request(method: Method, target: &str, body: &str) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: vec![("subscription-key".to_owned(), "secret".to_owned())],
        body: body.into(),
        base_url: BASE.to_owned(),
        received_ms: NOW_MS,
    }
}

fn read(response: Response, result: Option<Vec<u8>>) -> Answer {
    let bytes = match response.body {
        Body::Bytes(bytes) => bytes,
        Body::StoredResult => result.expect("a stored result is promised only where there is one"),
    };
    let json = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    Answer { status: response.status, headers: response.headers, bytes, json }
}
