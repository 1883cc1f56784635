//! Any plan against any question: which rules does it break?
//!
//! Plans are made by people, by other programs and by older servers too. The claim is brought to the solver's terms and judged
//! by the solver's own checker, the one that every plan of ours must pass; only the list of unused agents is judged here, since
//! the solver has none. What a plan is worth is not claimed, so it is reckoned. Never in here: a repair of the claim.

use vrp::Tour;

use super::PlanQuestion;
use super::problem::Posed;
use crate::{Budget, Engine, Error};

/// What somebody says a plan is. Indices are those of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanClaim {
    /// In any order.
    pub tours: Vec<Tour>,
    /// Items that are said to be left out.
    pub unscheduled: Vec<usize>,
    /// Agents that are said to visit nothing.
    pub unused_agents: Vec<usize>,
}

impl Engine {
    /// Every rule of `question` that `claim` breaks; none for a valid plan.
    pub fn validate(
        &self,
        question: &PlanQuestion,
        claim: &PlanClaim,
        budget: &Budget,
    ) -> Result<Vec<vrp::Violation>, Error> {
        self.check_plan(question)?;
        let posed = Posed::new(question, &|places| self.travel(question, places, budget))?;
        let mut violations = unused(question, claim);
        violations.extend(vrp::check(&posed.problem, &plan(&posed, claim)));
        Ok(violations)
    }
}

/// Agents that are reported as unused although they visit, or the other way round.
fn unused(question: &PlanQuestion, claim: &PlanClaim) -> Vec<vrp::Violation> {
    let works = |agent: usize| claim.tours.iter().any(|tour| tour.vehicle == agent && tour.jobs().next().is_some());
    let wrong = (0..question.agents.len()).filter(|&agent| works(agent) == claim.unused_agents.contains(&agent));
    let violation = |agent: usize| {
        let name = &question.agents[agent].name;
        let message = format!("agent `{name}` must be either in agentItineraries with a visit, or in unusedAgents");
        vrp::Violation { code: "unused.list", message }
    };
    wrong.map(violation).collect()
}

fn plan(posed: &Posed, claim: &PlanClaim) -> vrp::Plan {
    let mut tours = claim.tours.clone();
    for tour in &mut tours {
        tour.shift = posed.shift_of(tour.vehicle, tour.shift).unwrap_or(tour.shift);
    }
    tours.sort_by_key(|tour| (tour.vehicle, tour.shift));
    let mut unassigned = claim.unscheduled.clone();
    unassigned.sort_unstable();
    let value = vrp::worth(&posed.problem, &tours);
    vrp::Plan { tours, unassigned, value, steps: 0, seed: 0 }
}
