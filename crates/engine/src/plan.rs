//! A plan for a fleet: who goes where, in which order, at what time.
//!
//! The question is checked for every fault at once ([`faults`]), its places become indices and a matrix ([`travel`]), the rest
//! becomes the solver's problem under the same indices ([`problem`]), the search ends as [`stop`] says, and the solver's own
//! checker, which shares no code with the search, judges the plan before anybody sees it. Never in here: searching. And no
//! plan leaves that the checker objects to: that is an error of ours, logged and answered as one.

use std::time::{Duration, Instant};

use geometry::Coordinate;
use vrp::{Objective, Progress, Tour};

use crate::{Budget, Engine, Error, Fault, Limits, Milestone};

mod extension;
mod faults;
mod islands;
mod left_out;
mod problem;
mod stop;
mod travel;
mod unusable;
mod validate;

pub use extension::{
    AgentExtension, InitialPlan, InitialTour, ItemExtension, Overtime, PlanExtension, ShiftExtension, TrafficSlice,
};
pub use islands::{Islands, Round};
pub use left_out::{LeftOut, REASON_CODES};
pub use unusable::{SHIFT_CODES, UnusableShift};
pub use validate::PlanClaim;

use problem::Posed;

/// Asks for the best plan: first the greatest sum of priorities, then the least cost.
///
/// Times are seconds (any epoch, the same for all of one question). Quantities are thousandths, prices millionths, so that
/// a request's decimals stay exact.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanQuestion {
    /// Who can travel.
    pub agents: Vec<Agent>,
    /// What is to be visited.
    pub items: Vec<Item>,
    /// How travel is measured.
    pub network: PlanNetwork,
    /// What is minimised after priorities.
    pub cost: PlanCost,
    /// How the plan is searched.
    pub search: Search,
    /// What neither vendor's request can say.
    pub extension: PlanExtension,
}

/// One agent and its shifts.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// Unique among the agents.
    pub name: String,
    /// Greatest load by dimension, in thousandths; a missing dimension has no bound.
    pub capacity: Vec<i64>,
    /// What it costs; none costs nothing.
    pub price: Option<Price>,
    /// At least one, in any order; they must not overlap.
    pub shifts: Vec<Shift>,
    /// What neither vendor's agent can say.
    pub extension: AgentExtension,
}

/// Prices in millionths of the currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Price {
    /// Once for an agent that works at all.
    pub fixed_micro: i64,
    /// For each kilometre.
    pub per_km_micro: i64,
    /// For each hour from leaving to arriving, over the shifts used.
    pub per_hour_micro: i64,
}

/// One working time of an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// Leaves then, not earlier.
    pub start: i64,
    /// Has arrived by then.
    pub end: i64,
    /// Where it starts.
    pub start_place: Coordinate,
    /// Where it ends.
    pub end_place: Coordinate,
    /// Taken whenever the shift is worked.
    pub breaks: Vec<Break>,
    /// What neither vendor's shift can say.
    pub extension: ShiftExtension,
}

/// A pause within a window, taken where the agent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    /// Starts no earlier.
    pub open: i64,
    /// Ends no later.
    pub close: i64,
    /// Seconds.
    pub duration_s: i64,
}

/// One thing to be done at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Needed, and unique, only where another item refers to it.
    pub name: String,
    /// Where.
    pub place: Coordinate,
    /// The whole visit lies within one of these; none: at any time.
    pub windows: Vec<(i64, i64)>,
    /// Seconds that the visit takes.
    pub dwell_s: i64,
    /// 1 (least) to 100.
    pub priority: u32,
    /// Load picked up (positive) or dropped off (negative) by dimension, in thousandths.
    pub quantity: Vec<i64>,
    /// A place that may be visited any number of times, by anybody, to load: its quantity or, without one, what the items that
    /// drop off from it need until its next visit. It counts once, and is left out only where an item needs it in vain.
    pub depot: bool,
    /// Names of items that the same agent must have visited before.
    pub drop_off_from: Vec<String>,
    /// What neither vendor's item can say.
    pub extension: ItemExtension,
}

/// How travel between places is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanNetwork {
    /// On the roads of the dataset, by car.
    Roads,
    /// As the crow flies, at one speed ([`crate::StraightLine`]).
    StraightLine,
}

/// What is minimised once priorities are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanCost {
    /// Seconds of driving.
    TravelTime,
    /// Metres.
    Distance,
    /// Price; ties by travel time.
    Price,
}

/// How a plan is searched. The same seed, steps and threads give the same plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
    /// Whether somebody waits for the answer.
    pub urgency: Urgency,
    /// Ends the search; unset: by the settings and the urgency.
    pub time_limit: Option<Duration>,
    /// Ends the search after so many steps, for repeatable plans.
    pub steps: Option<u64>,
    /// Start of the random stream.
    pub seed: u64,
    /// Threads to search with.
    pub threads: usize,
    /// How many searches work side by side, also on several machines; unset: by the settings and the size.
    pub islands: Option<usize>,
    /// How often they go on from the best plan of all of them; unset: a few times.
    pub rounds: Option<usize>,
}

/// Whether a plan is answered at once or worked on in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Answered at once: small limits, milliseconds.
    Interactive,
    /// Worked on in the background.
    Background,
}

/// A plan. Indices are those of the question: `vehicle` is the agent, a visit's number is the item.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanAnswer {
    /// One for each shift that is worked, or driven because another shift of its agent is worked; by agent, then time.
    pub tours: Vec<Tour>,
    /// Items left out, in the question's order.
    pub unscheduled: Vec<usize>,
    /// Why each of them is left out, in the same order.
    pub reasons: Vec<LeftOut>,
    /// Shifts that no plan could use, by agent and time.
    pub unusable_shifts: Vec<UnusableShift>,
    /// Agents without a visit, in the question's order.
    pub unused_agents: Vec<usize>,
    /// Sum of the priorities of the items visited.
    pub priority: i64,
    /// What was minimised, in its unit: seconds, metres or millionths of the currency.
    pub cost: i64,
    /// Steps that the search made.
    pub steps: u64,
}

/// A plan that is better than all before it, found while the search goes on.
pub struct BetterPlan<'a> {
    /// How good it is.
    pub milestone: Milestone,
    question: &'a PlanQuestion,
    posed: &'a Posed,
    unusable: &'a [UnusableShift],
    plan: &'a vrp::Plan,
}

impl BetterPlan<'_> {
    /// The answer if the search ended now, judged like the last one. It costs a copy of the plan.
    pub fn answer(&self) -> Result<PlanAnswer, Error> {
        judge(&self.posed.problem, self.plan)?;
        Ok(answer(self.question, self.posed, self.unusable, self.plan.clone()))
    }
}

impl Engine {
    /// The best plan found for `question` within its search limits and `budget`; `observer` hears of every improvement.
    ///
    /// A cancelled search answers with its best plan so far; cancelled before that, it is [`Error::Canceled`]. Where the
    /// budget's deadline comes before the end of the search, the search ends early enough to answer in time.
    pub fn plan(
        &self,
        question: &PlanQuestion,
        budget: &Budget,
        observer: &mut dyn FnMut(&BetterPlan<'_>),
    ) -> Result<PlanAnswer, Error> {
        self.check_plan(question)?;
        if let Some(islands) = question.search.islands.and_then(|_| self.islands(question)) {
            return self.plan_on_islands(question, islands, budget, observer);
        }
        let posed = self.pose(question, budget)?;
        let unusable = unusable::find(question, &posed);
        let limit = stop::time_limit(question, &self.settings().solver);
        let stop = stop::rules(question, limit, budget, Instant::now());
        let (seed, threads) = (question.search.seed, question.search.threads);
        let plan = vrp::solve(&posed.problem, &stop, seed, threads, &mut |progress| {
            if let Some(limit) = limit {
                stop::report(budget, progress.elapsed, limit);
            }
            let milestone = milestone(progress);
            observer(&BetterPlan { milestone, question, posed: &posed, unusable: &unusable, plan: &progress.plan });
        });
        judge(&posed.problem, &plan)?;
        Ok(answer(question, &posed, &unusable, plan))
    }

    /// The question as the solver sees it.
    fn pose(&self, question: &PlanQuestion, budget: &Budget) -> Result<Posed, Error> {
        let posed = Posed::new(question, &|places| self.travel(question, places, budget))?;
        posed.check_fixed(question)?;
        budget.check()?;
        Ok(posed)
    }

    /// All faults of `question`, without asking the map.
    pub fn check_plan(&self, question: &PlanQuestion) -> Result<(), Error> {
        let faults = plan_faults(question, &self.settings().limits);
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        problem::check(question)
    }
}

/// All faults that the members of `question` show one by one, also where others could not be read.
pub fn plan_faults(question: &PlanQuestion, limits: &Limits) -> Vec<Fault> {
    faults::find(question, limits)
}

fn milestone(progress: &Progress) -> Milestone {
    let Progress { elapsed, steps, priority, cost, unassigned, .. } = *progress;
    Milestone { elapsed, steps, priority, cost, unscheduled: unassigned }
}

/// Lets the independent checker look at the plan.
fn judge(problem: &vrp::Problem, plan: &vrp::Plan) -> Result<(), Error> {
    let violations = vrp::check(problem, plan);
    for violation in &violations {
        let (code, message) = (violation.code, &violation.message);
        tracing::error!(code, message, seed = plan.seed, steps = plan.steps, "the checker refuses a plan");
    }
    match violations.first() {
        Some(first) => Err(Error::Internal(format!("the checker refuses the plan: {}", first.message))),
        None => Ok(()),
    }
}

fn answer(question: &PlanQuestion, posed: &Posed, unusable: &[UnusableShift], plan: vrp::Plan) -> PlanAnswer {
    let reasons = left_out::explain(question, posed, &plan);
    let plan = posed.restore(plan);
    let mut works = vec![false; question.agents.len()];
    for tour in plan.tours.iter().filter(|tour| tour.jobs().next().is_some()) {
        works[tour.vehicle] = true;
    }
    PlanAnswer {
        unused_agents: (0..works.len()).filter(|&agent| !works[agent]).collect(),
        unusable_shifts: unusable.to_vec(),
        unscheduled: plan.unassigned,
        reasons,
        priority: plan.value.priority,
        cost: plan.value.cost,
        steps: plan.steps,
        tours: plan.tours,
    }
}

impl From<PlanCost> for Objective {
    fn from(cost: PlanCost) -> Self {
        match cost {
            PlanCost::TravelTime => Self::TravelTime,
            PlanCost::Distance => Self::Distance,
            PlanCost::Price => Self::Price,
        }
    }
}
