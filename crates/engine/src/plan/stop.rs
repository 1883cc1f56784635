//! When the search for a plan ends.
//!
//! Steps that the asker gives are the only repeatable limit, so nothing but the budget's deadline interferes with them. Time
//! that the asker gives is used up, unless the plan is provably best. Where neither is given, the settings or the urgency
//! say how long, and a search that has long found nothing better ends before that.

use std::time::{Duration, Instant};

use vrp::Stop;

use crate::plan::{PlanQuestion, Urgency};
use crate::{Budget, SolverSettings};

/// A plan that somebody waits for: unnoticed by a person, and small plans are best long before.
const INTERACTIVE: Duration = Duration::from_millis(150);

/// The longest search that nobody asked for.
const BACKGROUND_MOST: Duration = Duration::from_mins(1);

/// The search in the background for a plan without items, and the time that each item adds.
const BACKGROUND_BASE: Duration = Duration::from_secs(2);
const BACKGROUND_PER_ITEM: Duration = Duration::from_millis(30);

/// Steps without an improvement after which a search that may end early does so. The annealing improves late, so this must be
/// long for plans with much to choose; with one item there is nothing to wait for, and a handful is through it within
/// milliseconds, as its asker expects. (Of 500 requests of 8 to 12 items all were best after 6,000 steps in all.)
const STAGNATION_INTERACTIVE_PER_ITEM: u64 = 1_000;
const STAGNATION_BACKGROUND_PER_ITEM: u64 = 10_000;

/// What is kept of the budget's time, at most, to check, draw and write the answer.
const RESERVE_MOST: Duration = Duration::from_secs(1);

/// How long to search; `None` when steps alone end the search.
pub(super) fn time_limit(question: &PlanQuestion, settings: &SolverSettings) -> Option<Duration> {
    let search = &question.search;
    match (search.time_limit, search.steps) {
        (Some(asked), _) => Some(asked),
        (None, Some(_)) => None,
        (None, None) => Some(match settings.time_limit_s {
            Some(seconds) => Duration::try_from_secs_f64(seconds).unwrap_or(BACKGROUND_MOST),
            None => usual_limit(search.urgency, question.items.len()),
        }),
    }
}

fn usual_limit(urgency: Urgency, items: usize) -> Duration {
    match urgency {
        Urgency::Interactive => INTERACTIVE,
        Urgency::Background => {
            let items = u32::try_from(items).unwrap_or(u32::MAX);
            BACKGROUND_BASE.saturating_add(BACKGROUND_PER_ITEM.saturating_mul(items)).min(BACKGROUND_MOST)
        }
    }
}

/// The solver's rules for a search of at most `limit` that begins `now`.
pub(super) fn rules<'a>(
    question: &PlanQuestion,
    limit: Option<Duration>,
    budget: &'a Budget,
    now: Instant,
) -> Stop<'a> {
    let reserve = |end: Instant| end.checked_sub(RESERVE_MOST.min((end - now) / 10)).unwrap_or(end);
    let last_moment = budget.deadline().filter(|&end| end > now).map(reserve).or(budget.deadline());
    let asked = limit.map(|limit| now + limit);
    Stop {
        deadline: asked.into_iter().chain(last_moment).min(),
        steps: question.search.steps,
        cancel: budget.cancel_flag(),
        stagnation: stagnation(question),
    }
}

/// Only a search that the asker did not limit may end early.
fn stagnation(question: &PlanQuestion) -> Option<u64> {
    let search = &question.search;
    let is_limited = search.time_limit.is_some() || search.steps.is_some();
    let per_item = match search.urgency {
        Urgency::Interactive => STAGNATION_INTERACTIVE_PER_ITEM,
        Urgency::Background => STAGNATION_BACKGROUND_PER_ITEM,
    };
    (!is_limited).then_some(per_item * question.items.len().max(1) as u64)
}

/// Reports the share of the search's time that is over; the matrix before it counted as the first half.
pub(super) fn report(budget: &Budget, elapsed: Duration, limit: Duration) {
    let (elapsed, limit) = (elapsed.as_millis() as usize, limit.as_millis() as usize);
    budget.progress(limit + elapsed.min(limit), 2 * limit);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{PlanCost, PlanNetwork, Search};

    fn question(urgency: Urgency, time_limit: Option<u64>, steps: Option<u64>) -> PlanQuestion {
        let search = Search {
            urgency,
            time_limit: time_limit.map(Duration::from_secs),
            steps,
            seed: 1,
            threads: 1,
            islands: None,
            rounds: None,
        };
        let (network, cost) = (PlanNetwork::StraightLine, PlanCost::Distance);
        PlanQuestion {
            agents: Vec::new(),
            items: Vec::new(),
            network,
            cost,
            search,
            extension: crate::PlanExtension::default(),
        }
    }

    #[test]
    fn limits_come_from_the_asker_then_the_settings_then_the_urgency() {
        let unset = SolverSettings::default();
        let set = SolverSettings { time_limit_s: Some(7.5), ..SolverSettings::default() };
        for (asked, settings, expected) in [
            (question(Urgency::Interactive, None, None), &unset, Some(150)),
            (question(Urgency::Background, None, None), &unset, Some(2000)),
            (question(Urgency::Background, None, None), &set, Some(7500)),
            (question(Urgency::Interactive, Some(9), None), &set, Some(9000)),
            (question(Urgency::Background, Some(9), Some(5)), &set, Some(9000)),
            (question(Urgency::Background, None, Some(5)), &set, None),
        ] {
            assert_eq!(time_limit(&asked, settings), expected.map(Duration::from_millis), "{:?}", asked.search);
        }
        assert_eq!(usual_limit(Urgency::Background, 100), Duration::from_secs(5));
        assert_eq!(usual_limit(Urgency::Background, 2000), Duration::from_mins(1));
    }

    #[test]
    fn the_budget_has_the_last_word() {
        let (now, budget) = (Instant::now(), Budget::within(Duration::from_secs(5)));
        let asked = question(Urgency::Interactive, Some(60), None);
        let end = rules(&asked, Some(Duration::from_mins(1)), &budget, now).deadline.unwrap();
        assert!(end < budget.deadline().unwrap() && end > now + Duration::from_secs(4));
        let spent = Budget::within(Duration::ZERO);
        assert!(rules(&asked, None, &spent, Instant::now()).deadline.unwrap() <= Instant::now());
        assert_eq!(rules(&asked, None, &Budget::default(), now).deadline, None);
    }
}
