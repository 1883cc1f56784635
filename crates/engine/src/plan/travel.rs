//! The travel between the places of a plan, in whole seconds and metres.
//!
//! On roads every cell is that of the engine's own matrix: rounded once to the nearest second and metre, so a plan's legs can
//! be drawn as routes of the same figures. As the crow flies, both figures are rounded from the unrounded distance (the
//! itinerary contract's rule 24). Never in here: a place that is off the road but reachable. Not even the way to itself
//! counts, so that nothing can be planned there. Where the question tells of traffic, times are those of the slice in which a leg
//! begins, and ways stay the same.

use geometry::haversine_m;
use routing::{Profile, Terms};
use vrp::{Matrix, UNREACHABLE};

use super::problem::Places;
use crate::dataset::Dataset;
use crate::matrix::{Cell, each_row};
use crate::plan::{PlanNetwork, PlanQuestion, TrafficSlice};
use crate::{Budget, Engine, Error, Fault, Reason, StraightLine};

impl Engine {
    /// The travel between `places` as `question` wants it measured.
    pub(super) fn travel(&self, question: &PlanQuestion, places: &Places, budget: &Budget) -> Result<Matrix, Error> {
        match question.network {
            PlanNetwork::StraightLine => straight_lines(question, places, &self.settings().straight_line, budget),
            PlanNetwork::Roads => self.roads(question, places, budget),
        }
    }

    fn roads(&self, question: &PlanQuestion, places: &Places, budget: &Budget) -> Result<Matrix, Error> {
        let dataset: &Dataset = self.map()?;
        let who = (Profile::Car, &Terms::default());
        let snaps = self.snap_all(dataset, who, &places.all);
        let is_on_road: Vec<bool> = snaps.iter().map(Option::is_some).collect();
        self.some_agent_on_road(question, places, &is_on_road)?;
        let mut table = Table::with_places(places.all.len());
        each_row(dataset, who, &snaps, &snaps, budget, &mut |row| {
            table.push_row(row);
            // The search for the plan is the other half of the work.
            budget.progress(table.legs.len(), 2 * snaps.len() * snaps.len());
        })?;
        table.into_matrix(places, &question.extension.traffic)
    }

    /// An agent can work where both ends of a shift lie on the road; a plan without any such agent is refused (rule 22).
    fn some_agent_on_road(&self, question: &PlanQuestion, places: &Places, is_on_road: &[bool]) -> Result<(), Error> {
        let on_road = |at| is_on_road[places.index(at)];
        let mut faults = Vec::new();
        for (index, agent) in question.agents.iter().enumerate() {
            if agent.shifts.iter().any(|shift| on_road(shift.start_place) && on_road(shift.end_place)) {
                return Ok(());
            }
            let message = format!(
                "every shift of agent `{}` starts or ends more than {:.0} m from any road of the map (limits.snap_distance_m), \
                 and no other agent can work",
                agent.name,
                self.settings().limits.snap_distance_m
            );
            let lost = Fault::new(format!("agents[{index}].shifts"), Reason::OffRoad, message);
            faults.push(lost.mend("move the places, or import a map that covers them"));
        }
        Err(Error::Invalid(faults))
    }
}

/// Durations and distances, side by side, row by row.
struct Table {
    legs: Vec<[i32; 2]>,
}

impl Table {
    fn with_places(places: usize) -> Self {
        Self { legs: Vec::with_capacity(places * places) }
    }

    fn push_row(&mut self, row: &[Cell]) {
        self.legs.extend(row.iter().map(|&cell| leg(cell)));
    }

    /// The matrix; where traffic is given, by the time of departure.
    fn into_matrix(self, places: &Places, traffic: &[TrafficSlice]) -> Result<Matrix, Error> {
        let wrong = |error: vrp::ProblemError| Error::Internal(error.to_string());
        let places = places.all.len();
        let slices = traffic.iter().map(|slice| {
            let legs = self.legs.iter().map(|&[duration, distance]| [slowed(duration, slice.factor_milli), distance]);
            Ok((slice.from, Matrix::of_legs(places, legs.collect()).map_err(wrong)?))
        });
        let slices = slices.collect::<Result<Vec<_>, Error>>()?;
        let measured = Matrix::of_legs(places, self.legs).map_err(wrong)?;
        if slices.is_empty() {
            return Ok(measured);
        }
        // What is left before the first slice begins is as measured.
        Matrix::by_departure(std::iter::once((i64::MIN, measured)).chain(slices).collect()).map_err(wrong)
    }
}

fn leg(cell: Cell) -> [i32; 2] {
    match cell {
        Cell::Travel { duration_s, distance_m } => [fit(duration_s), fit(distance_m)],
        Cell::OffRoad(_) | Cell::NoRoute => [UNREACHABLE; 2],
    }
}

/// A duration in thousandths of itself, rounded to the nearest second; where there is no way there is none in traffic either.
fn slowed(duration: i32, factor_milli: i64) -> i32 {
    if duration == UNREACHABLE {
        return UNREACHABLE;
    }
    let slowed = (i64::from(duration) * factor_milli + 500) / 1000;
    i32::try_from(slowed).unwrap_or(UNREACHABLE - 1).min(UNREACHABLE - 1)
}

/// A figure of a way on this planet: beyond 68 years or 2 million km there is none.
fn fit(value: u64) -> i32 {
    i32::try_from(value).unwrap_or(UNREACHABLE)
}

fn straight_lines(
    question: &PlanQuestion,
    places: &Places,
    measure: &StraightLine,
    budget: &Budget,
) -> Result<Matrix, Error> {
    let mut table = Table::with_places(places.all.len());
    let metres_per_second = measure.speed_kmh / 3.6;
    for (row, &from) in places.all.iter().enumerate() {
        budget.check()?;
        // A line is as long there as back, to the last bit.
        for column in 0..row {
            table.legs.push(table.legs[column * places.all.len() + row]);
        }
        table.legs.extend(places.all[row..].iter().map(|&to| {
            let metres = haversine_m(from, to, measure.radius_m);
            let duration_s = (metres / metres_per_second).round() as u64;
            leg(Cell::Travel { duration_s, distance_m: metres.round() as u64 })
        }));
    }
    table.into_matrix(places, &question.extension.traffic)
}
