//! The classic instance files, as `solve` and `check` share them: reading one, and a plan in the numbers of its file.

use std::collections::HashMap;
use std::path::Path;

use clap::ValueEnum;
use serde_json::{Value, json};
use vrp::formats::{Instance, solomon, toptw};
use vrp::{Activity, Plan, Problem, Tour, TourStop, Travel, UNREACHABLE};

use crate::exit::Failure;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A body of Bing's `OptimizeItinerary`.
    Bing,
    /// Solomon's vehicle routing with time windows (also Gehring and Homberger's).
    Solomon,
    /// Team orienteering with time windows.
    Toptw,
}

/// The text of a file that the user named.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::reading(path, &error))
}

/// Reads a classic file; `vehicles` overrides the fleet of the file, and is one where a file names none.
pub(super) fn read(path: &Path, format: Format, vehicles: Option<usize>) -> Result<Instance, Failure> {
    let text = text(path)?;
    let instance = match format {
        Format::Toptw => toptw::read(&text, vehicles.unwrap_or(1)),
        Format::Solomon => solomon::read(&text).map(|instance| with_vehicles(instance, vehicles)),
        Format::Bing => return Err(Failure::input("a request of Bing's is no classic instance")),
    };
    instance.map_err(|error| Failure::input(format!("{}: {error}", path.display())))
}

fn with_vehicles(mut instance: Instance, vehicles: Option<usize>) -> Instance {
    let fleet = &mut instance.problem.vehicles;
    if let (Some(count), Some(one)) = (vehicles, fleet.first().cloned()) {
        *fleet = vec![one; count];
    }
    instance
}

/// The visits of each vehicle that has any, by the numbers of the file.
pub(super) fn routes(instance: &Instance, plan: &Plan) -> Vec<Vec<u32>> {
    let numbers = |tour: &Tour| tour.jobs().map(|job| instance.file_numbers[job]).collect::<Vec<_>>();
    plan.tours.iter().map(numbers).filter(|route| !route.is_empty()).collect()
}

/// The figures of a plan in the units of its file.
pub(super) fn figures(instance: &Instance, plan: &Plan) -> Value {
    let unassigned: Vec<u32> = plan.unassigned.iter().map(|&job| instance.file_numbers[job]).collect();
    let travel = plan.value.travel;
    json!({
        "routes": routes(instance, plan),
        "unassigned": unassigned,
        "priority": plan.value.priority,
        "distance": in_file_units(instance, travel.distance),
        "vehicles": plan.value.vehicles,
        "price": null,
        "duration": in_file_units(instance, travel.duration),
    })
}

/// A figure of the problem in the units of its file.
pub(super) fn in_file_units(instance: &Instance, figure: i64) -> f64 {
    figure as f64 / instance.scale as f64
}

/// The plan that `routes` mean: vehicle by vehicle, each visit as early as it can begin. What is wrong with the plan is for the
/// checker to say; an error here means that there is no plan to judge.
pub(super) fn replay(instance: &Instance, routes: &[Vec<u32>]) -> Result<Plan, String> {
    let problem = &instance.problem;
    if routes.len() > problem.vehicles.len() {
        return Err(format!("there are {} routes, but {} vehicles", routes.len(), problem.vehicles.len()));
    }
    let jobs: HashMap<u32, usize> = instance.file_numbers.iter().copied().zip(0..).collect();
    let job = |number: &u32| jobs.get(number).copied().ok_or(format!("{number} is no number of the file"));
    let mut tours = Vec::new();
    for (vehicle, route) in routes.iter().enumerate() {
        let visits = route.iter().map(job).collect::<Result<Vec<_>, _>>()?;
        if !visits.is_empty() {
            tours.push(drive(problem, vehicle, &visits));
        }
    }
    Ok(valued(problem, tours))
}

fn drive(problem: &Problem, vehicle: usize, visits: &[usize]) -> Tour {
    let shift = &problem.vehicles[vehicle].shifts[0];
    let (mut place, mut now) = (shift.start_place, shift.window.open);
    let mut stops = Vec::new();
    for &visit in visits {
        let job = &problem.jobs[visit];
        let travel = leg(problem, place, job.place);
        let arrival = now + travel.duration;
        let fits = job.windows.iter().find(|window| arrival.max(window.open) + job.dwell <= window.close);
        let start = fits.or(job.windows.last()).map_or(arrival, |window| arrival.max(window.open));
        stops.push(TourStop { activity: Activity::Visit(visit), travel, start, end: start + job.dwell });
        (place, now) = (job.place, start + job.dwell);
    }
    let last_travel = leg(problem, place, shift.end_place);
    Tour { vehicle, shift: 0, departure: shift.window.open, stops, last_travel, arrival: now + last_travel.duration }
}

/// Classic files have a way between any two places; if one had none, the checker finds the leg wrong.
fn leg(problem: &Problem, from: usize, to: usize) -> Travel {
    let [duration, distance] = [problem.matrix.duration(from, to), problem.matrix.distance(from, to)];
    if duration == UNREACHABLE {
        return Travel::default();
    }
    Travel { duration: duration.into(), distance: distance.into() }
}

fn valued(problem: &Problem, tours: Vec<Tour>) -> Plan {
    let visited: Vec<usize> = tours.iter().flat_map(Tour::jobs).collect();
    let travel: Travel = tours.iter().map(Tour::travel).sum();
    let value = vrp::Value {
        priority: visited.iter().map(|&job| i64::from(problem.jobs[job].priority)).sum(),
        cost: match problem.objective {
            vrp::Objective::Distance => travel.distance,
            vrp::Objective::TravelTime | vrp::Objective::Price => travel.duration,
        },
        travel,
        vehicles: tours.len(),
        ..vrp::Value::default()
    };
    let unassigned = (0..problem.jobs.len()).filter(|job| !visited.contains(job)).collect();
    Plan { tours, unassigned, value, steps: 0, seed: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str =
        "2 1 4 1\n0 100\n0 0 0 0 0 0 0 0 100\n1 10 0 5 7 1 1 1 0 50\n2 20 0 5 9 1 1 1 40 60\n3 30 0 5 2 1 1 1 0 10\n";

    fn instance() -> Instance {
        toptw::read(LINE, 1).unwrap()
    }

    #[test]
    fn a_route_is_driven_as_early_as_it_can() {
        let instance = instance();
        let plan = replay(&instance, &[vec![1, 2]]).unwrap();
        let starts: Vec<i64> = plan.tours[0].stops.iter().map(|stop| stop.start).collect();
        assert_eq!((starts, plan.tours[0].arrival), (vec![100, 400], 650));
        assert_eq!((plan.value.priority, plan.value.cost, plan.unassigned.as_slice()), (16, 400, [2].as_slice()));
        assert_eq!(routes(&instance, &plan), [[1, 2]]);
        assert_eq!(vrp::check(&instance.problem, &plan), []);
    }

    #[test]
    fn what_is_no_plan_is_an_error_and_a_late_visit_is_for_the_checker() {
        let instance = instance();
        assert!(replay(&instance, &[vec![4]]).unwrap_err().contains("4 is no number"));
        assert!(replay(&instance, &[vec![1], vec![2]]).unwrap_err().contains("2 routes, but 1 vehicles"));
        let late = replay(&instance, &[vec![3]]).unwrap();
        assert!(!vrp::check(&instance.problem, &late).is_empty());
    }
}
