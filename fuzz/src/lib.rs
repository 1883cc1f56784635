//! What the fuzz targets share: asking a dialect as the server does, up to the point where a question would be stored.
//!
//! A target proves that no bytes from outside make a reader panic, hang or take memory without bound. Run one with
//! `make fuzz NAME=bing_get`.

use std::sync::Arc;

use engine::{Budget, Engine, Settings};
use wire::{Dialect, Handler, Method, Request};

/// A request with nothing but these parts.
pub fn request(method: Method, path: &str, query: &str, body: &[u8]) -> Request {
    Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: Vec::new(),
        body: body.to_vec(),
        base_url: "http://localhost".to_owned(),
        received_ms: 1_900_000_000_000,
    }
}

/// Has `dialect` read the request: long questions are checked, others are asked of an engine without a map, which ends
/// right after the parse.
pub fn read(dialect: &Dialect, request: &Request) {
    let engine = Engine::new(None, Arc::new(Settings::default()));
    let Ok(endpoint) = (dialect.endpoint)(request) else { return };
    match &endpoint.handler {
        Handler::Answer(answer) => drop(answer(&engine, request, &Budget::default())),
        Handler::Accept(question) => {
            let sound = (question.check)(&engine, request).is_ok();
            for parts in question.parts.iter().filter(|_| sound) {
                let _ = (parts.is_large)(&engine, request);
            }
            if let Some(import) = question.import {
                drop((import.begins)(request, &request.body));
            }
        }
        Handler::Poll(poll) => drop((poll.id)(request)),
        Handler::List(listing) => drop((listing.wanted)(request)),
        Handler::Cancel(cancel) => drop((cancel.id)(request)),
        Handler::Watch(watch) => drop((watch.id)(request)),
        Handler::Catalogue(catalogue) => drop((catalogue.wish)(request)),
    }
}

/// Imports a file of these bytes.
pub fn import(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("the temporary folder can be written");
    let file = folder.path().join("any.osm.pbf");
    std::fs::write(&file, bytes).expect("the temporary folder can be written");
    drop(osm::import(&[file], &|_| {}));
}
