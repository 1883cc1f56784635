//! Many questions for directions in one: `POST /route/directions/batch/json` (answered later, at most 700) and
//! `POST /route/directions/batch/sync/json` (answered at once, at most 100).
//!
//! Each item is the query of `GET /route/directions/json`. An item that cannot be answered carries its error, and the batch
//! succeeds all the same; only what stops the whole server (no map, time, cancelling) fails a batch. Items are written one by
//! one into the answer as they are answered; a large batch is answered in groups, by several workers, and reads the same.

use std::io::Write;
use std::ops::Range;
use std::time::Duration;

use engine::{Budget, Engine, Error, Settings};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::{Cut, Failure, Found, Join, LongQuestion, Method, Parts, Pieces, Poll, Request, Response, Stage};

use super::directions::{Asked, json_only};
use super::location::LongCall;
use super::parameters::check_none;
use crate::body::{self, INVALID_BODY};
use crate::error::{self, JSON, Refused};
use crate::headers::naming_ignored;
use crate::query::Query;
use crate::rule::remember;
use crate::version::Version;

/// Azure's figure for the batch that is answered later.
const ASYNC_ITEMS: usize = 700;

/// Azure's figure for the batch that is answered at once.
const SYNC_ITEMS: usize = 100;

/// The specification's text for an item that says nothing usable at all.
const BAD_ITEM: &str = "Bad request: one or more parameters were incorrectly specified or are mutually exclusive.";

/// `POST /route/directions/batch/{format}`
pub(crate) static ASYNC: LongQuestion = LongQuestion {
    kind: "azure.directionsBatch",
    check,
    accepted: |request, view| naming_ignored(CALL.pending(request, view), &ignored(request)),
    run,
    wait: |_| Duration::ZERO,
    parts: &[&GROUPS],
    import: None,
    poll: &POLL,
};

/// How a large batch is cut: into groups, each of which may fail alone.
static GROUPS: Parts = Parts { form: 1, is_large, cut, run: run_group, next: None, join: Join::Written(join) };

/// Items that one worker answers in one go.
const GROUP: usize = 25;

/// `GET /route/directions/batch/{id}`
pub(crate) static POLL: Poll = Poll { id: |request| CALL.id(request), kinds: &["azure.directionsBatch"], render };

const CALL: LongCall = LongCall { path: "/route/directions/batch/", pending_body: "\"\"" };

fn render(request: &Request, found: &Found) -> Response {
    CALL.poll(request, found)
}

fn check(engine: &Engine, request: &Request) -> Result<(), Response> {
    let checked =
        parse(request, engine.settings(), ASYNC_ITEMS, "split the batch").and_then(|_| match engine.dataset() {
            Some(_) => Ok(()),
            None => Err(Refused::of_engine(&Error::NoDataset, 0)),
        });
    checked.map_err(|refused| refused.respond(Version::V1))
}

fn run(engine: &Engine, request: &Request, budget: &Budget) -> Result<Vec<u8>, Failure> {
    let items = parse(request, engine.settings(), ASYNC_ITEMS, "split the batch").map_err(Refused::failure)?;
    answer(engine, &items, request.received_ms, budget).map_err(|error| error::failure(&error))
}

fn is_large(_: &Engine, request: &Request) -> bool {
    body::parse(&request.body).is_ok_and(|BatchRequest { batch_items }| batch_items.len() > 2 * GROUP)
}

fn cut(engine: &Engine, request: &Request, _: &Budget) -> Result<Stage, Failure> {
    let count = accepted_items(engine, request)?.len();
    let groups = (0..count).step_by(GROUP).map(|start| start..count.min(start + GROUP));
    let cut = |group: Range<usize>| Cut {
        input: [group.start, group.end].iter().flat_map(|bound| (*bound as u32).to_le_bytes()).collect(),
        weight: group.len() as u32,
        required: false,
    };
    Ok(groups.map(cut).collect::<Vec<_>>().into())
}

/// A group's answer: how many of its items succeeded, then their texts as they stand in the batch.
fn run_group(engine: &Engine, request: &Request, input: &[u8], budget: &Budget) -> Result<Vec<u8>, Failure> {
    let items = accepted_items(engine, request)?;
    let bound = |at: usize| Some(u32::from_le_bytes(input.get(4 * at..4 * at + 4)?.try_into().ok()?) as usize);
    let group = bound(0).zip(bound(1)).and_then(|(start, end)| items.get(start..end)).ok_or_else(unusable)?;
    let mut text = Vec::new();
    let successes = answer_items(engine, group, request.received_ms, budget, &mut text);
    let successes = successes.map_err(|error| error::failure(&error))?;
    Ok([&(successes as u32).to_le_bytes()[..], &text].concat())
}

fn join(
    engine: &Engine,
    request: &Request,
    pieces: &mut dyn Pieces,
    _: &Budget,
    sink: &mut dyn Write,
) -> Result<(), Failure> {
    let count = accepted_items(engine, request)?.len();
    let mut successful_requests = 0;
    write(sink, BEGIN)?;
    for (number, start) in (0..count).step_by(GROUP).enumerate() {
        if number > 0 {
            write(sink, b",")?;
        }
        let Ok(piece) = pieces.piece(number)? else {
            // The group was given up, after as many attempts as there are; its neighbours are not to suffer for it.
            let failed = refused_item(error::internal()).1;
            write(sink, &vec![failed; count.min(start + GROUP) - start].join(&b','))?;
            continue;
        };
        let (successes, text) = piece.split_first_chunk().ok_or_else(unusable)?;
        successful_requests += u32::from_le_bytes(*successes) as usize;
        write(sink, text)?;
    }
    write(sink, &end(successful_requests, count))
}

fn accepted_items(engine: &Engine, request: &Request) -> Result<Vec<Item>, Failure> {
    parse(request, engine.settings(), ASYNC_ITEMS, "split the batch").map_err(Refused::failure)
}

fn write(sink: &mut dyn Write, bytes: &[u8]) -> Result<(), Failure> {
    sink.write_all(bytes).map_err(|error| Failure::unwritten(&error))
}

fn unusable() -> Failure {
    Failure { code: "Internal".to_owned(), message: "a group of the batch cannot be used".to_owned(), retry: false }
}

/// `POST /route/directions/batch/sync/{format}`
pub(crate) fn sync(engine: &Engine, request: &Request, budget: &Budget) -> Response {
    let remedy = "use the asynchronous call, POST /route/directions/batch/json, for more";
    let answered = parse(request, engine.settings(), SYNC_ITEMS, remedy).and_then(|items| {
        answer(engine, &items, request.received_ms, budget).map_err(|error| Refused::of_engine(&error, 0))
    });
    match answered {
        Ok(body) => naming_ignored(Response::new(200, JSON, body), &ignored(request)),
        Err(refused) => refused.respond(Version::V1),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchRequest {
    #[serde(default)]
    batch_items: Vec<Value>,
}

/// An item's parameters; `None` where it has no query at all.
type Item = Option<Query>;

fn parse(request: &Request, settings: &Settings, vendor_limit: usize, remedy: &str) -> Result<Vec<Item>, Refused> {
    json_only(request)?;
    check_none(&Query::of(request))?;
    let BatchRequest { batch_items } = body::parse(&request.body)?;
    let limit = settings.limits.batch_items.unwrap_or(vendor_limit);
    if batch_items.is_empty() {
        return Err(Refused::bad("batchItems", INVALID_BODY)
            .saying("Missing", format!("batchItems should hold 1 to {limit} items, it holds none.")));
    }
    if batch_items.len() > limit {
        let count = batch_items.len();
        return Err(Refused::bad(
            "batchItems",
            format!("batchItems holds {count} items, the limit is {limit} (limits.batch_items); {remedy}."),
        ));
    }
    Ok(batch_items.iter().map(item).collect())
}

fn item(item: &Value) -> Item {
    let query = item.get("query")?.as_str()?;
    Some(Query::of(&Request {
        method: Method::Get,
        path: String::new(),
        query: query.trim_start_matches('?').to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        base_url: String::new(),
        received_ms: 0,
    }))
}

/// Names of parameters, of the call and of its items, that do not change the answer. A request that was checked before.
fn ignored(request: &Request) -> Vec<String> {
    let mut names = check_none(&Query::of(request)).unwrap_or_default();
    let items = parse(request, &Settings::default(), usize::MAX, "").unwrap_or_default();
    for query in items.iter().flatten() {
        for name in super::parameters::check_directions(query).unwrap_or_default() {
            remember(&mut names, &name);
        }
    }
    names
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answered<T> {
    status_code: u16,
    response: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchSummary {
    successful_requests: usize,
    total_requests: usize,
}

const BEGIN: &[u8] = br#"{"batchItems":["#;

fn end(successful_requests: usize, total_requests: usize) -> Vec<u8> {
    let summary = error::bytes(&BatchSummary { successful_requests, total_requests });
    [&br#"],"summary":"#[..], &summary, b"}"].concat()
}

fn answer(engine: &Engine, items: &[Item], received_ms: i64, budget: &Budget) -> Result<Vec<u8>, Error> {
    let mut body = BEGIN.to_vec();
    let successes = answer_items(engine, items, received_ms, budget, &mut body)?;
    body.extend_from_slice(&end(successes, items.len()));
    Ok(body)
}

/// Writes the items' texts one behind the other, and counts those that succeeded.
fn answer_items(
    engine: &Engine,
    items: &[Item],
    received_ms: i64,
    budget: &Budget,
    body: &mut Vec<u8>,
) -> Result<usize, Error> {
    let mut successes = 0;
    // A route reports its own end, which is not the end of the batch.
    let quiet = budget.clone().reporting(|_| {});
    for (index, item) in items.iter().enumerate() {
        budget.check()?;
        if index > 0 {
            body.push(b',');
        }
        let (status, answered) = answer_item(engine, item.as_ref(), received_ms, &quiet)?;
        successes += usize::from(status == 200);
        body.extend_from_slice(&answered);
        budget.progress(index + 1, items.len());
    }
    Ok(successes)
}

/// One item's status and text; an error is one of the whole batch.
fn answer_item(
    engine: &Engine,
    item: Option<&Query>,
    received_ms: i64,
    budget: &Budget,
) -> Result<(u16, Vec<u8>), Error> {
    let asked = item
        .ok_or_else(|| Refused::new(400, "BadRequest", BAD_ITEM).at("query"))
        .and_then(|query| Asked::parse(query, engine.settings(), received_ms));
    let asked = match asked {
        Ok(asked) => asked,
        Err(refused) => return Ok(refused_item(refused)),
    };
    match engine.route(&asked.question, budget) {
        Ok(route) => {
            Ok((200, error::bytes(&Answered { status_code: 200, response: asked.answer(&route, |_| TimeZone::UTC) })))
        }
        Err(stopping @ (Error::NoDataset | Error::DeadlineExceeded | Error::Canceled)) => Err(stopping),
        Err(other) => Ok(refused_item(Refused::of_engine(&other, asked.question.waypoints.len()))),
    }
}

fn refused_item(refused: Refused) -> (u16, Vec<u8>) {
    let status = refused.status();
    (status, error::bytes(&Answered { status_code: status, response: refused.body(Version::V1) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::tests::get;

    fn post(body: &str) -> Request {
        Request { method: Method::Post, body: body.into(), ..get("/route/directions/batch/json", "api-version=1.0") }
    }

    fn parsed(body: &str, limit: usize) -> Result<usize, Refused> {
        parse(&post(body), &Settings::default(), limit, "split it").map(|items| items.len())
    }

    #[test]
    fn a_batch_has_at_least_one_item_and_at_most_its_limit() {
        assert_eq!(parsed(r#"{"batchItems":[{"query":"?query=1,1:2,2"},{"query":"x"},5]}"#, 3), Ok(3));
        for body in
            ["", "{}", "[]", r#"{"batchItems":[]}"#, r#"{"batchItems":null}"#, r#"{"batchItems":{"query":"x"}}"#]
        {
            assert!(parsed(body, 3).is_err(), "{body}");
        }
        assert!(parsed(r#"{"batchItems":[1,2,3,4]}"#, 3).is_err());
    }

    #[test]
    fn ignored_parameters_of_all_items_are_named_once() {
        let request = post(
            r#"{"batchItems":[{"query":"?query=1,1:2,2&traffic=true"},{"query":"query=1,1:2,2\u0026traffic=true\u0026language=de"}]}"#,
        );
        assert_eq!(ignored(&request), ["traffic", "language"]);
    }
}
