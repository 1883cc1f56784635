//! A plan searched on several islands, in rounds.
//!
//! **Why.** A search that several workers take part in finds better plans in the same time, and one that is made in rounds loses no
//! more than a round when a worker dies. **How.** Each round has the same number of islands: searches of the whole question from
//! streams of their own, which know nothing of each other. At the end of a round the best of their plans is where all of them go
//! on from in the next ([`vrp::improve`]). What an island is told ([`Engine::first_round`], [`Engine::next_round`]) and what it came
//! to ([`Engine::island`]) are bytes, since both travel through a store; [`Engine::plan_of_islands`] is the answer. Asked in one
//! process ([`Engine::plan`]), the islands are searched one after the other.
//!
//! A round ends for all at the same moment, counted from when the question was accepted ([`Budget::age`]), so that the search ends in
//! its time however many workers there are: an island that begins when its round is nearly over does nothing. Only the first
//! island of a round has half of it in any case, or a queue that is always late would leave no search at all. With steps instead
//! of time the plan is a function of question, seed, islands and rounds.
//!
//! **What never happens:** an island that waits for another; a plan that is worse than that of the round before.

mod note;

use std::time::{Duration, Instant};

use vrp::{GivenTour, Plan, Stop};

use super::problem::Posed;
use super::{BetterPlan, PlanAnswer, PlanQuestion, Urgency, answer, judge, milestone, stop, unusable};
use crate::{Budget, Engine, Error};
use note::{Course, Draft, Found, Task};

/// How a search is spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Islands {
    /// Searches side by side.
    pub count: usize,
    /// How often they go on from the best of them.
    pub rounds: usize,
}

/// What the islands of one round are told, each in a form of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// One for each island.
    pub tasks: Vec<Vec<u8>>,
    /// How many tasks there will be in all rounds together, at most.
    pub expected: usize,
}

/// Rounds where nobody says how many: each begins anew with a matrix and a hot search, and ends with something to keep.
const ROUNDS: usize = 3;

/// Items from which on a search in the background is spread unasked: below, one thread finds nearly the same.
const LARGE: usize = 400;

/// What is left of a round, in parts of it, must be at least this much to begin an island.
const WORTH_BEGINNING: u32 = 4;

/// Where the random streams of neighbouring islands begin, apart from those of neighbouring seeds and threads.
const STRIDE: u64 = 0xD1B5_4A32_D192_ED03;

impl Islands {
    /// How the search was spread, of which an island came to `found`.
    pub fn told_in(found: &[u8]) -> Option<Self> {
        let course = Course::read(found)?;
        Some(Self { count: course.count as usize, rounds: course.rounds as usize })
    }
}

impl Engine {
    /// Over how many islands the search for `question`, which was checked, is worth spreading, if it is: as many as it asks for, or
    /// as the settings say where it is large and says nothing that one search would not heed.
    pub fn islands(&self, question: &PlanQuestion) -> Option<Islands> {
        let search = &question.search;
        let is_free = search.urgency == Urgency::Background && search.steps.is_none() && search.threads == 1;
        let unasked = || if is_free && question.items.len() >= LARGE { self.settings().solver.islands } else { 1 };
        let count = search.islands.unwrap_or_else(unasked);
        (count > 1).then(|| Islands { count, rounds: search.rounds.unwrap_or(ROUNDS).max(1) })
    }

    /// What the islands of the first round are told.
    pub fn first_round(&self, question: &PlanQuestion, islands: Islands, budget: &Budget) -> Round {
        let limit = stop::time_limit(question, &self.settings().solver);
        let length_ms = limit.map_or(0, |limit| (limit / islands.rounds as u32).as_millis().max(1) as u64);
        let until_ms = budget.age().as_millis() as u64 + length_ms;
        let (count, rounds) = (islands.count as u32, islands.rounds as u32);
        Task { course: Course { count, rounds, round: 0, length_ms, until_ms, steps_before: 0 }, island: 0, from: None }
            .for_all()
    }

    /// Searches one island and tells what it came to; `observer` hears of every improvement.
    pub fn island(
        &self,
        question: &PlanQuestion,
        task: &[u8],
        budget: &Budget,
        observer: &mut dyn FnMut(&BetterPlan<'_>),
    ) -> Result<Vec<u8>, Error> {
        let task = Task::read(task).ok_or_else(damaged)?;
        let ends = match task.turn(budget.age()) {
            Turn::Over => return Ok(task.untouched().to_bytes()),
            Turn::Steps => None,
            Turn::Lasts(limit) => Some(Instant::now() + limit),
        };
        let posed = self.pose(question, budget)?;
        let limit = ends.map(|ends| ends.saturating_duration_since(Instant::now()));
        Ok(search(question, &posed, &task, limit, budget, observer).to_bytes())
    }

    /// What the islands of the next round are told, given what all that could be searched in this one came to; none after the last
    /// round, or when it is no use to go on.
    pub fn next_round(
        &self,
        question: &PlanQuestion,
        found: &[Vec<u8>],
        budget: &Budget,
    ) -> Result<Option<Round>, Error> {
        let found = read(found)?;
        let course = &found[0].course;
        let is_asked = question.search.time_limit.is_some() || question.search.steps.is_some();
        let is_stuck = course.round > 0 && !is_asked && found.iter().all(|found| !found.improved);
        if course.round + 1 >= course.rounds || is_stuck || budget.is_spent() {
            return Ok(None);
        }
        let steps_before = steps(&found);
        let until_ms = course.until_ms.max(budget.age().as_millis() as u64) + course.length_ms;
        let course = Course { round: course.round + 1, until_ms, steps_before, ..*course };
        Ok(Some(Task { course, island: 0, from: best(found) }.for_all()))
    }

    /// The answer, given what all that could be searched in the last round came to.
    pub fn plan_of_islands(
        &self,
        question: &PlanQuestion,
        found: &[Vec<u8>],
        budget: &Budget,
    ) -> Result<PlanAnswer, Error> {
        let found = read(found)?;
        let posed = self.pose(question, budget)?;
        conclude(question, &posed, found, budget)
    }

    /// The same in one process, on this thread.
    pub(super) fn plan_on_islands(
        &self,
        question: &PlanQuestion,
        islands: Islands,
        budget: &Budget,
        observer: &mut dyn FnMut(&BetterPlan<'_>),
    ) -> Result<PlanAnswer, Error> {
        let posed = self.pose(question, budget)?;
        let budget = &budget.clone().of_age(budget.age());
        let mut round = self.first_round(question, islands, budget);
        loop {
            let mut found = Vec::with_capacity(round.tasks.len());
            for task in &round.tasks {
                let task = Task::read(task).ok_or_else(damaged)?;
                let limit = match task.turn(budget.age()) {
                    Turn::Over => {
                        found.push(task.untouched().to_bytes());
                        continue;
                    }
                    Turn::Steps => None,
                    Turn::Lasts(limit) => Some(limit),
                };
                found.push(search(question, &posed, &task, limit, budget, observer).to_bytes());
            }
            match self.next_round(question, &found, budget)? {
                Some(next) => round = next,
                None => return conclude(question, &posed, read(&found)?, budget),
            }
        }
    }
}

/// Whether an island has its turn yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Its round is as good as over.
    Over,
    /// It has, for so long.
    Lasts(Duration),
    /// It has, until its steps are made.
    Steps,
}

impl Task {
    /// Its turn when the question has that age.
    fn turn(&self, age: Duration) -> Turn {
        let (length, until) =
            (Duration::from_millis(self.course.length_ms), Duration::from_millis(self.course.until_ms));
        let left = until.saturating_sub(age);
        match self.island {
            _ if length.is_zero() => Turn::Steps,
            0 => Turn::Lasts(left.max(length / 2)),
            _ if left >= length / WORTH_BEGINNING => Turn::Lasts(left),
            _ => Turn::Over,
        }
    }
}

/// Searches on, from where the task says.
fn search(
    question: &PlanQuestion,
    posed: &Posed,
    task: &Task,
    limit: Option<Duration>,
    budget: &Budget,
    observer: &mut dyn FnMut(&BetterPlan<'_>),
) -> Found {
    let unusable = unusable::find(question, posed);
    let rules = stop::rules(question, limit, budget, Instant::now());
    let steps = question.search.steps.map(|all| task.course.share(all));
    let stop = Stop { steps, stagnation: None, ..rules };
    let number = u64::from(task.course.round) * u64::from(task.course.count) + u64::from(task.island);
    let seed = question.search.seed.wrapping_add(number.wrapping_mul(STRIDE));
    let plan = begin(posed, task.from.as_ref(), &stop, seed, question.search.threads, &mut |progress| {
        if let Some(limit) = limit {
            stop::report(budget, progress.elapsed, limit);
        }
        observer(&BetterPlan {
            milestone: milestone(progress),
            question,
            posed,
            unusable: &unusable,
            plan: &progress.plan,
        });
    });
    let draft = Draft::of(&plan);
    let improved = task.from.as_ref().is_none_or(|from| draft.rank < from.rank);
    Found { course: task.course, steps: plan.steps, improved, best: Some(draft) }
}

fn begin(
    posed: &Posed,
    from: Option<&Draft>,
    stop: &Stop<'_>,
    seed: u64,
    threads: usize,
    observer: &mut dyn FnMut(&vrp::Progress),
) -> Plan {
    match from {
        Some(draft) => vrp::improve(&posed.problem, &draft.tours, stop, seed, threads, observer),
        None => vrp::solve(&posed.problem, stop, seed, threads, observer),
    }
}

/// The answer of a search that ends with `found`.
fn conclude(question: &PlanQuestion, posed: &Posed, found: Vec<Found>, budget: &Budget) -> Result<PlanAnswer, Error> {
    let steps = steps(&found);
    let unusable = unusable::find(question, posed);
    // No step more: the plan as it is, with all its times.
    let stop = Stop { deadline: None, steps: Some(0), cancel: budget.cancel_flag(), stagnation: None };
    let plan = begin(posed, best(found).as_ref(), &stop, question.search.seed, 1, &mut |_| {});
    judge(&posed.problem, &plan)?;
    Ok(PlanAnswer { steps, ..answer(question, posed, &unusable, plan) })
}

fn read(found: &[Vec<u8>]) -> Result<Vec<Found>, Error> {
    let found: Option<Vec<Found>> = found.iter().map(|found| Found::read(found)).collect();
    found.filter(|found| !found.is_empty()).ok_or_else(damaged)
}

/// All steps until the end of this round.
fn steps(found: &[Found]) -> u64 {
    found[0].course.steps_before + found.iter().map(|found| found.steps).sum::<u64>()
}

/// The best plan; of equals that of the first island.
fn best(found: Vec<Found>) -> Option<Draft> {
    found.into_iter().filter_map(|found| found.best).min_by_key(|draft| draft.rank)
}

fn damaged() -> Error {
    Error::Internal("what an island was told, or came to, cannot be read".to_owned())
}

impl Draft {
    fn of(plan: &Plan) -> Self {
        let tours = plan.tours.iter().filter(|tour| tour.jobs().next().is_some()).map(|tour| GivenTour {
            vehicle: tour.vehicle,
            shift: tour.shift,
            jobs: tour.jobs().collect(),
            fixed: 0,
        });
        let value = &plan.value;
        Self { rank: [-value.priority, value.cost, value.fraction], tours: tours.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(island: u32) -> Task {
        let course = Course { count: 4, rounds: 3, round: 1, length_ms: 1000, until_ms: 5000, steps_before: 7 };
        Task { course, island, from: None }
    }

    #[test]
    fn a_round_ends_for_all_at_the_same_moment() {
        let turn = |island, age_ms| task(island).turn(Duration::from_millis(age_ms));
        let lasts = |ms| Turn::Lasts(Duration::from_millis(ms));
        assert_eq!([turn(0, 4000), turn(3, 4000), turn(3, 4700)], [lasts(1000), lasts(1000), lasts(300)]);
        assert_eq!([turn(3, 4800), turn(3, 9000)], [Turn::Over; 2], "what begins late does nothing");
        assert_eq!([turn(0, 4800), turn(0, 9000)], [lasts(500); 2], "but the first has its half");
        let by_steps = Task { course: Course { length_ms: 0, ..task(3).course }, ..task(3) };
        assert_eq!(by_steps.turn(Duration::from_secs(99)), Turn::Steps);
    }

    #[test]
    fn the_steps_of_a_round_add_up() {
        let share = |round| Course { round, ..task(0).course }.share(1000);
        assert_eq!([share(0), share(1), share(2)], [333, 333, 334]);
    }
}
