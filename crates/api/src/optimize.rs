//! `POST /api/v1/optimize`: a plan for a fleet, in the words of Bing's request body and `OptimizeItinerary` resource.
//!
//! Bing's words are the richest that clients already speak, so our own endpoint takes and gives them, without Bing's envelope.
//! The limits of a question that is answered at once are those of `limits.interactive_*`; as an operation it may be larger.

use engine::{Budget, Engine, Error, Fault, OperationView, PlanAnswer, PlanNetwork, PlanQuestion, Reason, Urgency};
use wire::{Failure, Join, LongQuestion, Parts, Request, Response, Rounds};

use crate::operation;
use crate::prefer::Preference;
use crate::problem::{Detail, JSON, Problem};

/// The plan as an operation.
pub(crate) static LATER: LongQuestion = LongQuestion {
    kind: "api.optimize",
    check,
    accepted,
    run,
    wait: |request| Preference::of(request).wait,
    parts: &[&ROUNDS],
    import: None,
    poll: &operation::RESULT,
};

/// A large plan, or one that asks for it, searched on several islands; the second form of stored questions.
static ROUNDS: Parts = Parts {
    form: 2,
    is_large: |engine, request| {
        Rounds::are_worth_it(engine, request, || parse(engine, request, Urgency::Background).ok())
    },
    cut: |engine, request, budget| in_rounds(engine, request, budget, |rounds| Ok(rounds.first())),
    run: |engine, request, task, budget| in_rounds(engine, request, budget, |rounds| rounds.island(task)),
    next: Some(|engine, request, pieces, budget| in_rounds(engine, request, budget, |rounds| rounds.next(pieces))),
    join: Join::Written(|engine, request, pieces, budget, sink| {
        in_rounds(engine, request, budget, |rounds| rounds.join(pieces, sink))
    }),
};

pub(crate) fn answer(engine: &Engine, request: &Request, budget: &Budget) -> Response {
    match ask(engine, request, budget, Urgency::Interactive) {
        Ok(resource) => Response::new(200, JSON, resource),
        Err(problem) => problem.response(),
    }
}

fn check(engine: &Engine, request: &Request) -> Result<(), Response> {
    let checked = parse(engine, request, Urgency::Background).and_then(|question| {
        engine.check_plan(&question).map_err(|error| problem(request, error))?;
        // What could never be computed is not accepted.
        let is_hopeless = question.network == PlanNetwork::Roads && engine.dataset().is_none();
        if is_hopeless { Err(Error::NoDataset.into()) } else { Ok(()) }
    });
    checked.map_err(|problem| problem.response())
}

fn accepted(request: &Request, view: &OperationView) -> Response {
    operation::accepted(request, view)
}

fn run(engine: &Engine, request: &Request, budget: &Budget) -> Result<Vec<u8>, Failure> {
    ask(engine, request, budget, Urgency::Background).map(String::into_bytes).map_err(Problem::failure)
}

fn in_rounds<T>(
    engine: &Engine,
    request: &Request,
    budget: &Budget,
    ask: impl FnOnce(&Rounds<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let question = parse(engine, request, Urgency::Background).map_err(Problem::failure)?;
    ask(&Rounds {
        engine,
        question: &question,
        budget,
        render: &|answer| bing::render_plan(&question, answer).into_bytes(),
        fail: &|error| problem(request, error).failure(),
    })
}

fn ask(engine: &Engine, request: &Request, budget: &Budget, urgency: Urgency) -> Result<String, Problem> {
    let question = parse(engine, request, urgency)?;
    let answer = engine.plan(&question, budget, &mut |better| {
        let written = || Some(bing::render_plan(&question, &better.answer().ok()?).into_bytes());
        budget.improved(&better.milestone, &written);
    });
    let answer: PlanAnswer = answer.map_err(|error| problem(request, error))?;
    Ok(bing::render_plan(&question, &answer))
}

fn parse(engine: &Engine, request: &Request, urgency: Urgency) -> Result<PlanQuestion, Problem> {
    let text = std::str::from_utf8(&request.body);
    let text = text.map_err(|error| {
        let foreign = Fault::new("body", Reason::Unreadable, format!("the body is not UTF-8 text: {error}"));
        Problem::of(foreign.mend("send it in UTF-8"))
    })?;
    let unknown = bing::unknown_members(text).into_iter().map(|field| {
        let message = format!("{field} is not a member of this version");
        let unknown = Fault::new(field, Reason::Unsupported, message);
        Detail::from(unknown.mend("correct its name, or leave it out"))
    });
    let mut question = match bing::parse_plan(text, &engine.settings().limits) {
        Ok(question) => question,
        Err(bad) => return Err(Problem::invalid(details(&bad).chain(unknown).collect())),
    };
    let unknown: Vec<Detail> = unknown.collect();
    if !unknown.is_empty() {
        let faults = engine::plan_faults(&question, &engine.settings().limits);
        let faults = bing::name_faults(text, &faults);
        return Err(Problem::invalid(unknown.into_iter().chain(details(&faults)).collect()));
    }
    question.search.urgency = urgency;
    Ok(question)
}

/// The engine's error, with faults under the names that the body uses.
fn problem(request: &Request, error: Error) -> Problem {
    match error {
        Error::Invalid(faults) => {
            let text = std::str::from_utf8(&request.body).unwrap_or_default();
            Problem::invalid(details(&bing::name_faults(text, &faults)).collect())
        }
        other => other.into(),
    }
}

/// The faults of a body in Bing's words.
pub(crate) fn details(bad: &bing::BadRequest) -> impl Iterator<Item = Detail> {
    bad.0.iter().map(Detail::of_bing)
}
