//! `POST /api/v1/validate`: any plan against its request, judged by the checker that every plan of ours must pass.
//!
//! The body is `{"request": …, "answer": …}`: the body of an optimization, and an `OptimizeItinerary` resource, bare or in an
//! envelope, from whomever it comes. The answer is `{"valid", "violations": [{"code", "message"}]}`. A plan that speaks of what
//! the request does not have breaks a rule (`answer.foreign`); an answer that is none at all is a fault of the question.

use engine::{Budget, Engine, PlanClaim, PlanQuestion};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::{Request, Response};

use crate::body;
use crate::problem::{JSON, Problem, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    request: Value,
    answer: Value,
}

#[derive(Serialize)]
struct Verdict {
    valid: bool,
    violations: Vec<Broken>,
}

/// A rule that is broken.
#[derive(Serialize)]
struct Broken {
    code: &'static str,
    message: String,
}

pub(crate) fn answer(engine: &Engine, request: &Request, budget: &Budget) -> Response {
    match judge(engine, request, budget) {
        Ok(violations) => Response::new(200, JSON, json(&Verdict { valid: violations.is_empty(), violations })),
        Err(problem) => problem.response(),
    }
}

fn judge(engine: &Engine, request: &Request, budget: &Budget) -> Result<Vec<Broken>, Problem> {
    let body: Body = body::read(request)?;
    let asked = body.request.to_string();
    let limits = &engine.settings().limits;
    let question = bing::parse_plan(&asked, limits).map_err(|bad| within("request", &bad))?;
    let claim = match claim(&question, &body.answer) {
        Ok(claim) => claim,
        Err(bing::ReadError::Shape(bad)) => return Err(within("answer", &bad)),
        Err(foreign) => return Ok(vec![Broken { code: "answer.foreign", message: foreign.to_string() }]),
    };
    let violations = engine.validate(&question, &claim, budget).map_err(|error| match error {
        engine::Error::Invalid(faults) => within("request", &bing::name_faults(&asked, &faults)),
        other => other.into(),
    })?;
    Ok(violations.into_iter().map(|found| Broken { code: found.code, message: found.message }).collect())
}

fn claim(question: &PlanQuestion, answer: &Value) -> Result<PlanClaim, bing::ReadError> {
    bing::read_answer(question, &answer.to_string())
}

/// The faults of one half of the body, named from its root.
fn within(half: &str, bad: &bing::BadRequest) -> Problem {
    Problem::invalid(crate::optimize::details(bad).map(|detail| detail.within(half)).collect())
}
