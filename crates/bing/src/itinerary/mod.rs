//! Optimize Itinerary: plans for fleets, at once or later (`bing.md`, parts 2 and 3).
//!
//! **Why.** This is the call that teams lose with Bing Maps. **How.** A GET request ([`query`]) or a POST body ([`body`]) becomes
//! an [`Asked`], the engine plans it, [`resource`] writes the answer. The asynchronous call is the same triple, run later by a
//! worker; its stored result is the full envelope, which the callback copies. [`read`] goes the other way, from an answer back to
//! tours, for the checker. **What never happens:** an address answered as if it were a point; a plan that is computed
//! differently at once and later.

mod body;
mod extension;
mod known;
mod names;
mod place;
mod query;
mod read;
mod resource;
mod rounds;
mod scalars;

use std::time::Duration;

use engine::{Budget, Engine, Error, Limits, OperationState, PlanAnswer, PlanNetwork, PlanQuestion, Urgency};
use serde_json::Value;
use wire::{Failure, Found, LongQuestion, Method, Poll, Request, Response};

use crate::asynchronous::{self, Status};
use crate::common;
use crate::envelope::{self, Credentials, JSON, Outcome};
use crate::fault::{BadRequest, Fault, Faults};
use names::Names;
use place::Decimals;

pub use read::{ReadError, read_answer};

/// Where an asynchronous request is asked for, in the spelling that answers use.
pub(crate) const CALLBACK: &str = "/REST/V1/Routes/OptimizeItineraryAsyncCallback";

/// The asynchronous call.
pub(crate) static LONG: LongQuestion = LongQuestion {
    kind: "bing.optimizeItinerary",
    check,
    accepted,
    run,
    wait: |_| Duration::ZERO,
    parts: &[&rounds::ROUNDS],
    import: None,
    poll: &POLL,
};

/// The callback.
pub(crate) static POLL: Poll = Poll { id: polled_id, kinds: &["bing.optimizeItinerary"], render: polled };

/// A request that has been read.
struct Asked {
    plan: PlanQuestion,
    /// The coordinates as they were sent.
    decimals: Decimals,
    /// Parameters that were accepted but change nothing.
    ignored: Vec<String>,
}

/// A request as far as it could be read.
struct Reading {
    asked: Asked,
    /// What the client calls the members of the plan.
    names: Names,
    faults: Faults,
}

impl Reading {
    /// What was asked, or every fault: those of reading, and those that the engine sees in what could be read.
    fn end(self, limits: &Limits) -> Result<Asked, BadRequest> {
        let Self { asked, names, faults } = self;
        let mut read = faults.found();
        if read.is_empty() {
            return Ok(asked);
        }
        names.fill(&mut read);
        let found = engine::plan_faults(&asked.plan, limits);
        let found = found.iter().map(|fault| names.name(fault)).filter(|fault| !names.follows(fault, &read));
        let found: Vec<Fault> = found.collect();
        Err(BadRequest(read.into_iter().chain(found).collect()))
    }
}

/// The plan that the body of a POST request asks for; `limits` are those that its faults are found by.
pub fn parse_plan(body: &str, limits: &Limits) -> Result<PlanQuestion, BadRequest> {
    let reading = body::read(body.as_bytes(), &[], Urgency::Background)?;
    reading.end(limits).map(|asked| asked.plan)
}

/// The members of a request's body that mean nothing here, each by its way from the root, but not more than a few.
pub fn unknown_members(body: &str) -> Vec<String> {
    crate::json::parse(body.as_bytes())
        .map_or_else(|_| Vec::new(), |body| known::unknown_members(&crate::json::Node::root(&body)))
}

/// The faults that the engine found in the question that `body` asked, by the names and with the values of its members.
pub fn name_faults(body: &str, faults: &[engine::Fault]) -> BadRequest {
    let names = Names::Body(crate::json::parse(body.as_bytes()).unwrap_or_default());
    BadRequest(faults.iter().map(|fault| names.name(fault)).collect())
}

/// The `OptimizeItinerary` resource for the answer to a question.
pub fn render_plan(question: &PlanQuestion, answer: &PlanAnswer) -> String {
    let resource = resource::OptimizeItinerary::new(question, answer, &Decimals::default());
    serde_json::to_string(&resource).expect("texts, numbers and lists always have a JSON form")
}

/// The synchronous call.
pub(crate) fn answer(engine: &Engine, request: &Request, budget: &Budget) -> Response {
    match ask(engine, request, budget, Urgency::Interactive) {
        Ok((asked, plan)) => {
            with_ignored(request, &asked, Response::new(200, JSON, envelope_of(request, &asked, &plan)))
        }
        Err(outcome) => outcome.response(request),
    }
}

fn check(engine: &Engine, request: &Request) -> Result<(), Response> {
    let checked = parse(request, Urgency::Background, limits(engine)).and_then(|asked| {
        engine.check_plan(&asked.plan).map_err(|error| outcome(request, &error))?;
        // A plan on roads that could never be computed is not accepted.
        let hopeless = asked.plan.network == PlanNetwork::Roads && engine.dataset().is_none();
        if hopeless { Err(outcome(request, &Error::NoDataset)) } else { Ok(()) }
    });
    checked.map_err(|outcome| outcome.response(request))
}

fn accepted(request: &Request, view: &engine::OperationView) -> Response {
    let response = Status::running(request, CALLBACK, view).response(request);
    match parse(request, Urgency::Background, &Limits::default()) {
        Ok(asked) => with_ignored(request, &asked, response),
        Err(_) => response,
    }
}

fn run(engine: &Engine, request: &Request, budget: &Budget) -> Result<Vec<u8>, Failure> {
    match ask(engine, request, budget, Urgency::Background) {
        Ok((asked, plan)) => Ok(envelope_of(request, &asked, &plan)),
        Err(outcome) => Err(failure(&outcome)),
    }
}

fn failure(outcome: &Outcome) -> Failure {
    let (code, message) = (outcome.code.to_owned(), outcome.details.join(" "));
    Failure { code, message, retry: outcome.status == 500 }
}

fn polled_id(request: &Request) -> Result<String, Response> {
    let id = common::check(request).and_then(|()| asynchronous::request_id(request));
    id.map_err(|bad| Outcome::from(&bad).response(request))
}

fn polled(request: &Request, found: &Found) -> Response {
    let view = match found {
        Found::Unknown => return asynchronous::unknown().response(request),
        Found::Foreign => return foreign().response(request),
        Found::Operation(view) => view,
    };
    match view.state {
        OperationState::NotStarted | OperationState::Running => {
            Status::running(request, CALLBACK, view).response(request)
        }
        OperationState::Succeeded => Response::stored_result(JSON),
        // Cancelled when it had a plan: the plan is kept.
        OperationState::Canceled if view.has_result => Response::stored_result(JSON),
        OperationState::Failed | OperationState::Canceled => {
            Status::failed(&view.id, asynchronous::failure_message(view)).response(request)
        }
    }
}

fn foreign() -> Outcome {
    Outcome::denied(
        Credentials::NotAuthorized,
        "NotAuthorized",
        "This request was started with the key of somebody else.",
    )
}

fn ask(engine: &Engine, request: &Request, budget: &Budget, urgency: Urgency) -> Result<(Asked, PlanAnswer), Outcome> {
    let asked = parse(request, urgency, limits(engine))?;
    let plan = engine.plan(&asked.plan, budget, &mut |better| {
        budget.improved(&better.milestone, &|| Some(envelope_of(request, &asked, &better.answer().ok()?)));
    });
    let plan = plan.map_err(|error| outcome(request, &error))?;
    Ok((asked, plan))
}

fn limits(engine: &Engine) -> &Limits {
    &engine.settings().limits
}

fn parse(request: &Request, urgency: Urgency, limits: &Limits) -> Result<Asked, Outcome> {
    let asked = common::check(request).and_then(|()| read(request, urgency)).and_then(|reading| reading.end(limits));
    asked.map_err(|bad| Outcome::from(&bad))
}

fn read(request: &Request, urgency: Urgency) -> Result<Reading, BadRequest> {
    match request.method {
        Method::Get => Ok(query::read(&request.parameters(), urgency)),
        _ => body::read(&request.body, &request.parameters(), urgency),
    }
}

/// An error of the engine; its faults get the client's names and values from the request, which is read once more for them.
fn outcome(request: &Request, error: &Error) -> Outcome {
    let names = read(request, Urgency::Background).map_or_else(|_| Names::Body(Value::Null), |reading| reading.names);
    envelope::of_error(error, |fault| names.name(fault))
}

fn envelope_of(request: &Request, asked: &Asked, plan: &PlanAnswer) -> Vec<u8> {
    envelope::good(request, &resource::OptimizeItinerary::new(&asked.plan, plan, &asked.decimals))
}

fn with_ignored(request: &Request, asked: &Asked, response: Response) -> Response {
    let names = [asked.ignored.clone(), common::without_effect(request)].concat();
    if names.is_empty() { response } else { response.with("x-roundsman-ignored", names.join(", ")) }
}
