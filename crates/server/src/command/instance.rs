//! The classic instance files, as `solve` and `check` share them: reading one, and a plan in the numbers of its file.

use std::collections::HashMap;
use std::path::Path;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vrp::formats::{FormatError, Instance, cvrp, li_lim, pcvrptw, solomon, toptw, vrplib};
use vrp::{Activity, Objective, Plan, Problem, Tour, TourStop, Travel, UNREACHABLE};

use crate::exit::Failure;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A body of Bing's `OptimizeItinerary`.
    Bing,
    /// Solomon's vehicle routing with time windows (also Gehring and Homberger's).
    Solomon,
    /// Li and Lim's pick-up and delivery with time windows: fewest vehicles, then distance.
    LiLim,
    /// Team orienteering with time windows.
    Toptw,
    /// Prize collecting with time windows: distance plus the prizes not collected.
    Pcvrptw,
    /// Capacitated vehicle routing in TSPLIB's form (the X set).
    Cvrp,
    /// PyVRP's dialect of VRPLIB: fleets of several kinds, several depots, customers bound to vehicles.
    Vrplib,
}

/// The text of a file that the user named.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::reading(path, &error))
}

/// Reads a classic file; `vehicles` overrides the fleet of the file, and is one where a file names none.
pub(super) fn read(path: &Path, format: Format, vehicles: Option<usize>) -> Result<Instance, Failure> {
    let text = text(path)?;
    let instance = match format {
        Format::Bing => return Err(Failure::input("a request of Bing's is no classic instance")),
        Format::Toptw => toptw::read(&text, vehicles.unwrap_or(1)),
        Format::Solomon => solomon::read(&text),
        Format::LiLim => li_lim::read(&text),
        Format::Pcvrptw => pcvrptw::read(&text),
        Format::Cvrp => cvrp::read(&text),
        Format::Vrplib => vrplib::read(&text),
    };
    let instance = instance.map_err(|error: FormatError| Failure::input(format!("{}: {error}", path.display())))?;
    with_vehicles(instance, vehicles)
}

fn with_vehicles(mut instance: Instance, vehicles: Option<usize>) -> Result<Instance, Failure> {
    let fleet = &mut instance.problem.vehicles;
    let Some(count) = vehicles else { return Ok(instance) };
    if !instance.fleet.is_empty() {
        return Err(Failure::input("--vehicles is not for a file that tells its vehicles apart; change the file"));
    }
    if let Some(one) = fleet.first().cloned() {
        *fleet = vec![one; count];
    }
    instance.problem.check().map_err(Failure::input)?;
    Ok(instance)
}

/// A vehicle of an answer, in the numbers of its file; any that fits what an answer says of it is meant.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UsedVehicle {
    /// Which kind, from 1 on in the order of the file.
    #[serde(rename = "type")]
    kind: Option<u32>,
    depot: Option<u32>,
    /// Its number in the file, from 1 on.
    vehicle: Option<u32>,
}

/// The tours that visit anything.
fn worked(plan: &Plan) -> impl Iterator<Item = &Tour> {
    plan.tours.iter().filter(|tour| tour.jobs().next().is_some())
}

/// The visits of each vehicle that has any, by the numbers of the file.
pub(super) fn routes(instance: &Instance, plan: &Plan) -> Vec<Vec<u32>> {
    worked(plan).map(|tour| tour.jobs().map(|job| instance.file_numbers[job]).collect()).collect()
}

/// What the file says of the vehicle of each route.
fn vehicles_used(instance: &Instance, plan: &Plan) -> Vec<UsedVehicle> {
    let used = worked(plan).filter_map(|tour| instance.fleet.get(tour.vehicle));
    used.map(|mark| UsedVehicle { kind: Some(mark.kind), depot: Some(mark.depot), vehicle: Some(mark.number) })
        .collect()
}

/// The figures of a plan in the units of its file.
pub(super) fn figures(instance: &Instance, plan: &Plan) -> Value {
    let unassigned: Vec<u32> = plan.unassigned.iter().map(|&job| instance.file_numbers[job]).collect();
    let travel = plan.value.travel;
    let mut figures = json!({
        "routes": routes(instance, plan),
        "unassigned": unassigned,
        "priority": priority(instance, plan),
        "distance": in_file_units(instance, travel.distance),
        "vehicles": plan.value.vehicles,
        "price": price(instance, plan),
        "duration": in_file_units(instance, travel.duration),
        "cost": cost(instance, plan),
    });
    if !instance.fleet.is_empty() {
        figures["vehicles_used"] = json!(vehicles_used(instance, plan));
    }
    figures
}

/// A figure of the problem in the units of its file.
pub(super) fn in_file_units(instance: &Instance, figure: i64) -> f64 {
    figure as f64 / instance.scale as f64
}

/// What is collected: the priorities, or the prizes where those are weighed against the distance.
pub(super) fn priority(instance: &Instance, plan: &Plan) -> i64 {
    let prizes: i64 = plan.tours.iter().flat_map(Tour::jobs).map(|job| instance.problem.jobs[job].prize).sum();
    plan.value.priority + prizes / instance.scale
}

/// The price as the list of results counts, where anything has one.
pub(super) fn price(instance: &Instance, plan: &Plan) -> Option<f64> {
    let scale = instance.price_scale.filter(|_| instance.problem.objective == Objective::Price)?;
    Some(plan.value.cost as f64 / scale as f64)
}

/// What was made small: the price, or the distance or time with the prizes not collected; the distance, where vehicles are
/// counted before it.
fn cost(instance: &Instance, plan: &Plan) -> f64 {
    let figure = match instance.problem.objective {
        Objective::Vehicles => plan.value.fraction,
        Objective::Distance | Objective::TravelTime | Objective::Price => plan.value.cost,
    };
    price(instance, plan).unwrap_or_else(|| in_file_units(instance, figure))
}

/// The plan that `routes` mean: vehicle by vehicle, each visit as early as it can begin. What is wrong with the plan is for the
/// checker to say; an error here means that there is no plan to judge.
pub(super) fn replay(instance: &Instance, routes: &[Vec<u32>], used: Option<&[UsedVehicle]>) -> Result<Plan, String> {
    let problem = &instance.problem;
    let vehicles = vehicles(instance, routes.len(), used)?;
    let jobs: HashMap<u32, usize> = instance.file_numbers.iter().copied().zip(0..).collect();
    let job = |number: &u32| jobs.get(number).copied().ok_or(format!("{number} is no number of the file"));
    let mut tours = Vec::new();
    for (&vehicle, route) in vehicles.iter().zip(routes) {
        let visits = route.iter().map(job).collect::<Result<Vec<_>, _>>()?;
        if !visits.is_empty() {
            tours.push(drive(problem, vehicle, &visits));
        }
    }
    tours.sort_by_key(|tour| tour.vehicle);
    let mut left: Vec<bool> = vec![true; problem.jobs.len()];
    tours.iter().flat_map(Tour::jobs).for_each(|job| left[job] = false);
    let unassigned: Vec<usize> = (0..left.len()).filter(|&job| left[job]).collect();
    let value = vrp::Value::of(problem, &tours, &unassigned);
    Ok(Plan { tours, unassigned, value, steps: 0, seed: 0 })
}

/// The vehicle of each route: as the answer names it, else in the order of the file.
fn vehicles(instance: &Instance, routes: usize, used: Option<&[UsedVehicle]>) -> Result<Vec<usize>, String> {
    let count = instance.problem.vehicles.len();
    if routes > count {
        return Err(format!("there are {routes} routes, but {count} vehicles"));
    }
    let Some(used) = used.filter(|_| !instance.fleet.is_empty()) else { return Ok((0..routes).collect()) };
    if used.len() != routes {
        return Err(format!("there are {routes} routes, but vehicles_used names {} vehicles", used.len()));
    }
    let mut free = vec![true; count];
    let mut choose = |wanted: &UsedVehicle| {
        let fits = |vehicle: &usize| {
            let mark = &instance.fleet[*vehicle];
            let said = [(wanted.kind, mark.kind), (wanted.depot, mark.depot), (wanted.vehicle, mark.number)];
            free[*vehicle] && said.iter().all(|(wanted, marked)| wanted.is_none_or(|number| number == *marked))
        };
        let vehicle = (0..count).find(fits).ok_or(format!("the file has no (further) vehicle {wanted:?}"))?;
        free[vehicle] = false;
        Ok(vehicle)
    };
    used.iter().map(&mut choose).collect()
}

fn drive(problem: &Problem, vehicle: usize, visits: &[usize]) -> Tour {
    let shift = &problem.vehicles[vehicle].shifts[0];
    let brought = visits.iter().map(|&visit| &problem.jobs[visit]).filter(|job| job.drop_off_from.is_empty());
    let departure = brought.filter_map(|job| job.release).fold(departure(problem, shift, visits), i64::max);
    let (mut place, mut now) = (shift.start_place, departure);
    let mut stops = Vec::new();
    for (number, &visit) in visits.iter().enumerate() {
        let job = &problem.jobs[visit];
        let travel = leg(problem, place, job.place);
        let arrival = (now + travel.duration).max(released(problem, visit, &visits[number + 1..]));
        let fits = job.windows.iter().find(|window| arrival.max(window.open) + job.dwell <= window.close);
        let start = fits.or(job.windows.last()).map_or(arrival, |window| arrival.max(window.open));
        stops.push(TourStop { activity: Activity::Visit(visit), travel, start, end: start + job.dwell });
        (place, now) = (job.place, start + job.dwell);
    }
    let last_travel = leg(problem, place, shift.end_place);
    Tour { vehicle, shift: 0, departure, stops, last_travel, arrival: now + last_travel.duration }
}

/// When all is there that a visit of a depot loads: for the visits after it, up to the next one of that depot.
fn released(problem: &Problem, depot: usize, after: &[usize]) -> i64 {
    let loaded = after.iter().take_while(|&&visit| visit != depot).map(|&visit| &problem.jobs[visit]);
    let named = loaded.filter(|job| job.drop_off_from.contains(&depot));
    named.filter_map(|job| job.release).max().unwrap_or(i64::MIN)
}

/// When a vehicle leaves: at the opening, or where its duration is bounded as late as still brings it home as early as it can be.
fn departure(problem: &Problem, shift: &vrp::Shift, visits: &[usize]) -> i64 {
    let open = shift.window.open;
    if shift.max_duration.is_none() {
        return open;
    }
    let (mut place, mut home) = (shift.start_place, open);
    for &visit in visits {
        let job = &problem.jobs[visit];
        let arrival = home + leg(problem, place, job.place).duration;
        home = job.windows.first().map_or(arrival, |window| arrival.max(window.open)) + job.dwell;
        place = job.place;
    }
    let (mut place, mut by) = (shift.end_place, home + leg(problem, place, shift.end_place).duration);
    for &visit in visits.iter().rev() {
        let job = &problem.jobs[visit];
        let leave = by - leg(problem, job.place, place).duration;
        by = job.windows.first().map_or(leave, |window| leave.min(window.close)) - job.dwell;
        place = job.place;
    }
    (by - leg(problem, shift.start_place, place).duration).max(open)
}

/// Classic files have a way between any two places; if one had none, the checker finds the leg wrong.
fn leg(problem: &Problem, from: usize, to: usize) -> Travel {
    let [duration, distance] = [problem.matrix.duration(from, to), problem.matrix.distance(from, to)];
    if duration == UNREACHABLE {
        return Travel::default();
    }
    Travel { duration: duration.into(), distance: distance.into() }
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
        let plan = replay(&instance, &[vec![1, 2]], None).unwrap();
        let starts: Vec<i64> = plan.tours[0].stops.iter().map(|stop| stop.start).collect();
        assert_eq!((starts, plan.tours[0].arrival), (vec![100, 400], 650));
        assert_eq!((plan.value.priority, plan.value.cost, plan.unassigned.as_slice()), (16, 400, [2].as_slice()));
        assert_eq!(routes(&instance, &plan), [[1, 2]]);
        assert_eq!(vrp::check(&instance.problem, &plan), []);
    }

    #[test]
    fn what_is_no_plan_is_an_error_and_a_late_visit_is_for_the_checker() {
        let instance = instance();
        assert!(replay(&instance, &[vec![4]], None).unwrap_err().contains("4 is no number"));
        assert!(replay(&instance, &[vec![1], vec![2]], None).unwrap_err().contains("2 routes, but 1 vehicles"));
        let late = replay(&instance, &[vec![3]], None).unwrap();
        assert!(!vrp::check(&instance.problem, &late).is_empty());
    }

    /// Two vehicles of two kinds; only the second may visit place 3, and a unit of its way costs 3 hundredths.
    const FLEET: &str = "TYPE: HFVRP\nDIMENSION: 3\nEDGE_WEIGHT_TYPE: EUC_2D\nVEHICLES: 2\nNODE_COORD_SECTION\n1 0 0\n2 5 0\n\
        3 0 9\nVEHICLES_ALLOWED_CLIENTS_SECTION\n1 2\n2 2 3\nVEHICLES_UNIT_DISTANCE_COST_SECTION\n1 2\n2 3\n";

    /// One vehicle comes back for more; what customer 3 gets is at the depot at 40 only, and what 2 gets at 10.
    const TRIPS: &str = "TYPE: MTVRPTWR\nDIMENSION: 3\nEDGE_WEIGHT_TYPE: EUC_2D\nVEHICLES: 1\nCAPACITY: 5\n\
        VEHICLES_RELOAD_DEPOT: 1\nNODE_COORD_SECTION\n1 0 0\n2 5 0\n3 9 0\nDEMAND_SECTION\n1 0\n2 4\n3 4\n\
        RELEASE_TIME_SECTION\n1 0\n2 10\n3 40\nDEPOT_SECTION\n1\n-1\nEOF\n";

    #[test]
    fn a_visit_of_a_depot_waits_for_what_is_loaded_there_for_the_visits_up_to_the_next() {
        let instance = vrplib::read(TRIPS).unwrap();
        let plan = replay(&instance, &[vec![1, 2, 1, 3]], None).unwrap();
        let starts: Vec<i64> = plan.tours[0].stops.iter().map(|stop| stop.start).collect();
        assert_eq!(starts, [100, 150, 400, 490], "in tenths");
        assert_eq!(vrp::check(&instance.problem, &plan), []);
        let full = replay(&instance, &[vec![1, 2, 3]], None).unwrap();
        assert!(!vrp::check(&instance.problem, &full).is_empty(), "both do not fit at once");
    }

    #[test]
    fn vehicles_are_those_that_the_answer_names() {
        let instance = vrplib::read(FLEET).unwrap();
        let named = |text: &str| -> Vec<UsedVehicle> { serde_json::from_str(text).unwrap() };
        let swapped = named(r#"[{"type": 2, "depot": 1}, {"type": 1, "depot": 1}]"#);
        let plan = replay(&instance, &[vec![3], vec![2]], Some(&swapped)).unwrap();
        assert_eq!(vrp::check(&instance.problem, &plan), []);
        assert_eq!((price(&instance, &plan), routes(&instance, &plan)), (Some(0.74), vec![vec![2], vec![3]]));
        let numbered = named(r#"[{"vehicle": 2}, {"vehicle": 1}]"#);
        assert_eq!(replay(&instance, &[vec![3], vec![2]], Some(&numbered)).unwrap(), plan);
        let wrong = replay(&instance, &[vec![3], vec![2]], None).unwrap();
        assert!(!vrp::check(&instance.problem, &wrong).is_empty());
        let twice = named(r#"[{"type": 2, "depot": 1}, {"type": 2, "depot": 1}]"#);
        assert!(replay(&instance, &[vec![3], vec![2]], Some(&twice)).unwrap_err().contains("no (further) vehicle"));
    }
}
