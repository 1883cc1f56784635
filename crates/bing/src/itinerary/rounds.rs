//! A large plan, or one that asks for it, searched on several islands: see [`wire::Rounds`].

use engine::{Budget, Engine, Urgency};
use wire::{Failure, Join, Parts, Request, Rounds};

use super::{envelope_of, failure, limits, outcome, parse};

/// The second form of stored questions.
const FORM: u32 = 2;

pub(super) static ROUNDS: Parts = Parts {
    form: FORM,
    is_large: |engine, request| {
        Rounds::are_worth_it(engine, request, || {
            parse(request, Urgency::Background, limits(engine)).ok().map(|asked| asked.plan)
        })
    },
    cut: |engine, request, budget| with(engine, request, budget, |rounds| Ok(rounds.first())),
    run: |engine, request, task, budget| with(engine, request, budget, |rounds| rounds.island(task)),
    next: Some(|engine, request, pieces, budget| with(engine, request, budget, |rounds| rounds.next(pieces))),
    join: Join::Written(|engine, request, pieces, budget, sink| {
        with(engine, request, budget, |rounds| rounds.join(pieces, sink))
    }),
};

fn with<T>(
    engine: &Engine,
    request: &Request,
    budget: &Budget,
    ask: impl FnOnce(&Rounds<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let asked = parse(request, Urgency::Background, limits(engine)).map_err(|outcome| failure(&outcome))?;
    ask(&Rounds {
        engine,
        question: &asked.plan,
        budget,
        render: &|answer| envelope_of(request, &asked, answer),
        fail: &|error| failure(&outcome(request, &error)),
    })
}
