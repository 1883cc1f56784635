//! From a question to the solver's problem, and from its plan back.
//!
//! Agents become vehicles and items become jobs under their own indices. Two things differ: equal places are one place of the
//! matrix, and the solver wants an agent's shifts in time order where the question may list them in any order, so the order is
//! kept here and undone in every plan that leaves.

use std::collections::HashMap;

use geometry::Coordinate;
use vrp::{Balance, Given, GivenTour, Limits, Matrix, Plan, Problem, ProblemError, Terms, TimeWindow};

use crate::plan::{Agent, InitialTour, Item, PlanCost, PlanQuestion, Shift};
use crate::{Error, Fault, Reason};

/// The distinct places of a question.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Each once, in the order of their first mention.
    pub(super) all: Vec<Coordinate>,
    index: HashMap<Coordinate, usize>,
}

impl Places {
    fn of(question: &PlanQuestion) -> Self {
        let shifts = question.agents.iter().flat_map(|agent| &agent.shifts);
        let ends = shifts.flat_map(|shift| [shift.start_place, shift.end_place]);
        let mut places = Self::default();
        for at in ends.chain(question.items.iter().map(|item| item.place)) {
            places.index.entry(at).or_insert_with(|| {
                places.all.push(at);
                places.all.len() - 1
            });
        }
        places
    }

    /// The index of a place of the question.
    pub(super) fn index(&self, at: Coordinate) -> usize {
        self.index[&at]
    }
}

/// A question as the solver sees it.
pub(super) struct Posed {
    pub(super) problem: Problem,
    /// By vehicle: the question's indices of its shifts in time order.
    shift_order: Vec<Vec<usize>>,
    /// What the solver's numbers of skills are called.
    skills: Vec<String>,
}

impl Posed {
    /// Poses `question` with the travel that `measure` finds between its places.
    pub(super) fn new(
        question: &PlanQuestion,
        measure: &dyn Fn(&Places) -> Result<Matrix, Error>,
    ) -> Result<Self, Error> {
        let places = Places::of(question);
        let matrix = measure(&places)?;
        let posed = pose(question, matrix, &|at| places.index(at));
        posed.problem.check().map_err(|error| Posed::explain(&error))?;
        Ok(posed)
    }

    /// The solver's plan in the question's indices.
    pub(super) fn restore(&self, mut plan: Plan) -> Plan {
        for tour in &mut plan.tours {
            tour.shift = self.shift_order[tour.vehicle][tour.shift];
        }
        plan
    }

    /// The question's index of a vehicle's shift.
    pub(super) fn shift(&self, vehicle: usize, shift: usize) -> usize {
        self.shift_order[vehicle][shift]
    }

    /// The solver's index of an agent's shift, if there is one.
    pub(super) fn shift_of(&self, agent: usize, shift: usize) -> Option<usize> {
        self.shift_order.get(agent)?.iter().position(|&number| number == shift)
    }

    /// What a skill of the solver is called.
    pub(super) fn skill(&self, number: u32) -> &str {
        self.skills.get(number as usize).map_or("", String::as_str)
    }

    /// What is fixed of a plan in force must be possible: nothing can be planned around what is not.
    pub(super) fn check_fixed(&self, question: &PlanQuestion) -> Result<(), Error> {
        let Some(initial) = &question.extension.initial else { return Ok(()) };
        let faults = vrp::unkeepable(&self.problem).into_iter().map(|tour| {
            let InitialTour { agent, shift, fixed, .. } = &initial.tours[tour];
            let message = format!(
                "the {fixed} fixed visits of agent `{agent}` in its shift {shift} break a rule of the request (a window, the \
                 shift, a load, an order or a skill)"
            );
            let broken = Fault::new(format!("initial.tours[{tour}].fixed"), Reason::Impossible, message);
            broken.given(fixed).mend("fix fewer, or loosen the rule")
        });
        let faults: Vec<Fault> = faults.collect();
        if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
    }

    /// What the solver objects to, as a fault of the question where it is one.
    fn explain(error: &ProblemError) -> Error {
        match *error {
            ProblemError::Price { limit } => {
                let message = format!("prices, distances and moves may add up to more than {limit} millionths");
                let dear = Fault::new("agents", Reason::OutOfRange, message);
                Error::Invalid(vec![dear.mend("lower the prices, or count in a larger unit")])
            }
            _ => Error::Internal(format!("the solver refuses a question that was checked: {error}")),
        }
    }
}

/// Whether the solver could take `question` up, as far as that can be said without the map.
pub(super) fn check(question: &PlanQuestion) -> Result<(), Error> {
    let matrix = Matrix::new(1, vec![0], vec![0]).map_err(|error| Error::Internal(error.to_string()))?;
    let posed = pose(question, matrix, &|_| 0);
    posed.problem.check().map_err(|error| Posed::explain(&error))
}

fn pose(question: &PlanQuestion, matrix: Matrix, place: &dyn Fn(Coordinate) -> usize) -> Posed {
    let shift_order: Vec<Vec<usize>> = question.agents.iter().map(|agent| in_time_order(&agent.shifts)).collect();
    let mut skills = Skills::default();
    let vehicles = question.agents.iter().zip(&shift_order);
    let vehicles = vehicles.map(|(agent, order)| vehicle(agent, order, place, &mut skills)).collect();
    let named: HashMap<&str, usize> =
        question.items.iter().enumerate().rev().map(|(index, item)| (item.name.as_str(), index)).collect();
    let jobs = question.items.iter().map(|item| job(item, &named, place, &mut skills)).collect();
    let (objective, terms) = (question.cost.into(), terms(question, &named, &shift_order));
    Posed { problem: Problem { vehicles, jobs, matrix, objective, terms }, shift_order, skills: skills.names }
}

/// Skills by number.
#[derive(Default)]
struct Skills {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Skills {
    fn numbers(&mut self, names: &[String]) -> Vec<u32> {
        names.iter().map(|name| self.number(name)).collect()
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

/// What concerns several items or agents; names that lead nowhere are left out, since the check has named them.
fn terms(question: &PlanQuestion, named: &HashMap<&str, usize>, shift_order: &[Vec<usize>]) -> Terms {
    let extension = &question.extension;
    let jobs = |names: &[String]| names.iter().filter_map(|name| named.get(name.as_str()).copied()).collect();
    // Prices are held in millionths, seconds and metres in whole ones.
    let units = |micro: i64| if question.cost == PlanCost::Price { micro } else { (micro + 500_000) / 1_000_000 };
    let tour = |tour: &InitialTour| {
        let vehicle = question.agents.iter().position(|agent| agent.name == tour.agent)?;
        let shift = shift_order[vehicle].iter().position(|&number| number == tour.shift)?;
        Some(GivenTour { vehicle, shift, jobs: jobs(&tour.items), fixed: tour.fixed })
    };
    Terms {
        together: extension.same_agent.iter().map(|names| jobs(names)).collect(),
        apart: extension.different_agents.iter().map(|names| jobs(names)).collect(),
        balance: extension.balance_micro.map(|weight| Balance { weight: units(weight) }),
        given: extension.initial.as_ref().map(|initial| Given {
            tours: initial.tours.iter().filter_map(tour).collect(),
            move_cost: units(initial.move_cost_micro),
        }),
    }
}

fn in_time_order(shifts: &[Shift]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..shifts.len()).collect();
    order.sort_by_key(|&index| (shifts[index].start, shifts[index].end));
    order
}

fn vehicle(agent: &Agent, order: &[usize], place: &dyn Fn(Coordinate) -> usize, skills: &mut Skills) -> vrp::Vehicle {
    let price = agent.price.map(|price| vrp::Price {
        fixed_micro: price.fixed_micro,
        per_km_micro: price.per_km_micro,
        per_hour_micro: price.per_hour_micro,
    });
    let shifts = order.iter().map(|&index| shift(&agent.shifts[index], place)).collect();
    let skills = skills.numbers(&agent.extension.skills);
    vrp::Vehicle { shifts, capacity: agent.capacity.clone(), price, skills }
}

/// A break as the solver sees it.
pub(super) fn pause(pause: &crate::Break) -> vrp::Break {
    vrp::Break { window: TimeWindow { open: pause.open, close: pause.close }, duration: pause.duration_s }
}

fn shift(shift: &Shift, place: &dyn Fn(Coordinate) -> usize) -> vrp::Shift {
    let extension = &shift.extension;
    vrp::Shift {
        window: TimeWindow { open: shift.start, close: shift.end },
        start_place: place(shift.start_place),
        end_place: place(shift.end_place),
        breaks: shift.breaks.iter().map(pause).collect(),
        max_duration: None,
        limits: Limits {
            driving: extension.max_driving_s,
            distance: extension.max_distance_m,
            duration: extension.max_duration_s,
        },
        overtime: extension
            .overtime
            .map(|overtime| vrp::Overtime { most: overtime.max_s, per_hour_micro: overtime.per_hour_micro }),
    }
}

fn job(
    item: &Item,
    named: &HashMap<&str, usize>,
    place: &dyn Fn(Coordinate) -> usize,
    skills: &mut Skills,
) -> vrp::Job {
    let mut drop_off_from: Vec<usize> =
        item.drop_off_from.iter().filter_map(|name| named.get(name.as_str()).copied()).collect();
    drop_off_from.sort_unstable();
    drop_off_from.dedup();
    vrp::Job {
        place: place(item.place),
        windows: item.windows.iter().map(|&(open, close)| TimeWindow { open, close }).collect(),
        dwell: item.dwell_s,
        quantity: item.quantity.clone(),
        priority: item.priority,
        drop_off_from,
        skills: skills.numbers(&item.extension.skills),
        depot: item.depot,
        setup: item.extension.setup_s,
        release: item.extension.release,
        ..vrp::Job::default()
    }
}
