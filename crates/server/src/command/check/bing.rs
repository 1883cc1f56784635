//! `check` for itineraries: the answer of `OptimizeItinerary` against its request, on the active dataset or along straight lines.
//!
//! The problem that the checker judges by is made here once more from the request, apart from the engine's own making of it: the
//! two must agree on every answer that the engine gives, and an error in either shows. Only the travel between places is the
//! engine's, since its routes are what the answer must follow.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use engine::{Budget, Cell, Engine, MatrixQuestion, PlanCost, PlanNetwork, PlanQuestion, Profile, Terms};
use geometry::{Coordinate, haversine_m};
use vrp::{Matrix, Objective, Plan, Problem, TimeWindow, Tour, Travel, UNREACHABLE};

use super::Fault;
use crate::cli::Common;
use crate::command::{instance, map};
use crate::config::Raw;
use crate::exit::Failure;

/// Every rule that the answer in `text` breaks.
pub(super) fn judge(request: &Path, answer: &Path, text: &str, common: &Common) -> Result<Vec<Fault>, Failure> {
    let named = |path: &Path, error: &dyn std::fmt::Display| Failure::input(format!("{}: {error}", path.display()));
    let question = bing::parse_plan(&instance::text(request)?).map_err(|error| named(request, &error))?;
    let settings = common.config(Raw::default())?.engine;
    let engine = match question.network {
        PlanNetwork::Roads => map::engine(common, settings)?,
        PlanNetwork::StraightLine => Engine::new(None, Arc::new(settings)),
    };
    engine.check_plan(&question).map_err(|error| map::failure(&error))?;
    let read = match bing::read_answer(&question, text) {
        Ok(read) => read,
        Err(bing::ReadError::Shape(error)) => return Err(named(answer, &error)),
        Err(foreign) => return Ok(vec![("answer.foreign", foreign.to_string())]),
    };
    let places = Places::of(&question);
    let problem = problem(&question, &places, travel(&engine, &question, &places)?);
    problem.check().map_err(|error| named(request, &error))?;
    let mut faults = unused(&question, &read);
    let plan = plan(&problem, &question, read);
    faults.extend(vrp::check(&problem, &plan).into_iter().map(|found| (found.code, found.message)));
    Ok(faults)
}

/// The places of a question, each once.
struct Places {
    all: Vec<Coordinate>,
    index: HashMap<Coordinate, usize>,
}

impl Places {
    fn of(question: &PlanQuestion) -> Self {
        let shifts = question.agents.iter().flat_map(|agent| &agent.shifts);
        let ends = shifts.flat_map(|shift| [shift.start_place, shift.end_place]);
        let mut all: Vec<Coordinate> = ends.chain(question.items.iter().map(|item| item.place)).collect();
        all.sort_unstable();
        all.dedup();
        let index = all.iter().copied().zip(0..).collect();
        Self { all, index }
    }
}

fn travel(engine: &Engine, question: &PlanQuestion, places: &Places) -> Result<Matrix, Failure> {
    let legs: Vec<(i32, i32)> = match question.network {
        PlanNetwork::Roads => roads(engine, places)?,
        PlanNetwork::StraightLine => straight_lines(engine, places),
    };
    let (durations, distances) = legs.into_iter().unzip();
    Matrix::new(places.all.len(), durations, distances).map_err(Failure::input)
}

fn roads(engine: &Engine, places: &Places) -> Result<Vec<(i32, i32)>, Failure> {
    let ends = || places.all.clone();
    let question =
        MatrixQuestion { profile: Profile::Car, terms: Terms::default(), origins: ends(), destinations: ends() };
    let answer = engine.matrix(&question, &Budget::default()).map_err(|error| map::failure(&error))?;
    let fit = |figure: u64| i32::try_from(figure).unwrap_or(UNREACHABLE);
    let leg = |cell: &Cell| match *cell {
        Cell::Travel { duration_s, distance_m } => (fit(duration_s), fit(distance_m)),
        Cell::OffRoad(_) | Cell::NoRoute => (UNREACHABLE, UNREACHABLE),
    };
    Ok(answer.rows.iter().flatten().map(leg).collect())
}

fn straight_lines(engine: &Engine, places: &Places) -> Vec<(i32, i32)> {
    let measure = &engine.settings().straight_line;
    let leg = |from: Coordinate, to: Coordinate| {
        let metres = haversine_m(from, to, measure.radius_m);
        ((metres / (measure.speed_kmh / 3.6)).round() as i32, metres.round() as i32)
    };
    places.all.iter().flat_map(|&from| places.all.iter().map(move |&to| leg(from, to))).collect()
}

fn problem(question: &PlanQuestion, places: &Places, matrix: Matrix) -> Problem {
    let place = |at: Coordinate| places.index[&at];
    let named = |name: &String| question.items.iter().position(|item| item.name == *name);
    let vehicles = question.agents.iter().map(|agent| vrp::Vehicle {
        shifts: in_time_order(agent).into_iter().map(|number| shift(&agent.shifts[number], &place)).collect(),
        capacity: agent.capacity.clone(),
        price: agent.price.map(|price| vrp::Price {
            fixed_micro: price.fixed_micro,
            per_km_micro: price.per_km_micro,
            per_hour_micro: price.per_hour_micro,
        }),
        ..vrp::Vehicle::default()
    });
    let jobs = question.items.iter().map(|item| vrp::Job {
        place: place(item.place),
        windows: item.windows.iter().map(|&(open, close)| TimeWindow { open, close }).collect(),
        dwell: item.dwell_s,
        quantity: item.quantity.clone(),
        priority: item.priority,
        drop_off_from: item.drop_off_from.iter().filter_map(named).collect(),
        ..vrp::Job::default()
    });
    let objective = match question.cost {
        PlanCost::TravelTime => Objective::TravelTime,
        PlanCost::Distance => Objective::Distance,
        PlanCost::Price => Objective::Price,
    };
    Problem { vehicles: vehicles.collect(), jobs: jobs.collect(), matrix, objective }
}

fn shift(shift: &engine::Shift, place: &dyn Fn(Coordinate) -> usize) -> vrp::Shift {
    let pause = |pause: &engine::Break| vrp::Break {
        window: TimeWindow { open: pause.open, close: pause.close },
        duration: pause.duration_s,
    };
    vrp::Shift {
        window: TimeWindow { open: shift.start, close: shift.end },
        start_place: place(shift.start_place),
        end_place: place(shift.end_place),
        breaks: shift.breaks.iter().map(pause).collect(),
        ..vrp::Shift::default()
    }
}

/// The numbers of an agent's shifts by time, the order that the checker wants.
fn in_time_order(agent: &engine::Agent) -> Vec<usize> {
    let mut order: Vec<usize> = (0..agent.shifts.len()).collect();
    order.sort_by_key(|&number| agent.shifts[number].start);
    order
}

/// Agents that are reported as unused although they visit, or the other way round.
fn unused(question: &PlanQuestion, read: &bing::ReadAnswer) -> Vec<Fault> {
    let works = |agent: usize| read.tours.iter().any(|tour| tour.vehicle == agent && tour.jobs().next().is_some());
    let wrong = (0..question.agents.len()).filter(|&agent| works(agent) == read.unused_agents.contains(&agent));
    let fault = |agent: usize| {
        let name = &question.agents[agent].name;
        ("unused.list", format!("agent `{name}` must be either in agentItineraries with a visit, or in unusedAgents"))
    };
    wrong.map(fault).collect()
}

/// The answer as a plan. What it is worth is not stated by an itinerary, so it is reckoned here, and always right.
fn plan(problem: &Problem, question: &PlanQuestion, read: bing::ReadAnswer) -> Plan {
    let order: Vec<Vec<usize>> = question.agents.iter().map(in_time_order).collect();
    let mut tours = read.tours;
    for tour in &mut tours {
        tour.shift = order[tour.vehicle].iter().position(|&number| number == tour.shift).unwrap_or(tour.shift);
    }
    tours.sort_by_key(|tour| (tour.vehicle, tour.shift));
    let mut unassigned = read.unscheduled;
    unassigned.sort_unstable();
    let value = worth(problem, &tours);
    Plan { tours, unassigned, value, steps: 0, seed: 0 }
}

fn worth(problem: &Problem, tours: &[Tour]) -> vrp::Value {
    let mut at_work: Vec<usize> =
        tours.iter().filter(|tour| tour.jobs().next().is_some()).map(|tour| tour.vehicle).collect();
    at_work.dedup();
    let travel: Travel = tours.iter().map(Tour::travel).sum();
    let jobs = tours.iter().flat_map(Tour::jobs);
    let (cost, fraction) = match problem.objective {
        Objective::TravelTime => (travel.duration, 0),
        Objective::Distance => (travel.distance, 0),
        Objective::Vehicles => (at_work.len() as i64, travel.distance),
        Objective::Price => {
            let parts = price(problem, tours, &at_work);
            (parts.div_euclid(vrp::Value::FRACTIONS), parts.rem_euclid(vrp::Value::FRACTIONS))
        }
    };
    let priority = jobs.map(|job| i64::from(problem.jobs[job].priority)).sum();
    vrp::Value { priority, cost, fraction, travel, vehicles: at_work.len() }
}

/// The price of all tours in [`vrp::Value::FRACTIONS`] of a millionth: per 1000 metres and per 3600 seconds both divide them.
fn price(problem: &Problem, tours: &[Tour], at_work: &[usize]) -> i64 {
    let of = |vehicle: usize| problem.vehicles[vehicle].price.unwrap_or_default();
    let fixed: i64 = at_work.iter().map(|&vehicle| of(vehicle).fixed_micro * vrp::Value::FRACTIONS).sum();
    let driven = tours.iter().map(|tour| {
        let (price, parts) = (of(tour.vehicle), vrp::Value::FRACTIONS);
        let by_distance = price.per_km_micro * (parts / 1000) * tour.travel().distance;
        by_distance + price.per_hour_micro * (parts / 3600) * (tour.arrival - tour.departure)
    });
    fixed + driven.sum::<i64>()
}
