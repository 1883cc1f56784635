//! The richer sets in `PyVRP`'s dialect of VRPLIB: vehicles of several kinds, with their own depots, prices and customers, and
//! several trips with goods that come in through the day.
//!
//! **Why.** Heterogeneous fleets, several depots, customers that only some vehicles may serve: one text says them all.
//! **How.** The `TYPE` of the file decides how distances become numbers, as the set's list of best results counts them; sections
//! named `VEHICLES_…` hold a row for each vehicle, sections of customers a row for each place. A customer that not every vehicle
//! may visit becomes a skill. Where vehicles reload, the depot becomes a job that may be visited any number of times, and every
//! trip begins with such a visit. **What never happens:** a section that is not understood passed over.

use super::plane::{self, Rounding, Rule};
use super::tsplib::File;
use super::{FileVehicle, FormatError, Instance, cvrp, fleet_size, pcvrptw};
use crate::problem::MAX_SHIFT_LENGTH;
use crate::{Job, Objective, Price, Problem, Shift, TimeWindow, Vehicle};

/// A set's way to count.
struct Count {
    rule: Rule,
    /// How many units make one of the list of results.
    scale: i64,
    price_scale: i64,
}

/// How the list of results of each type counts: heterogeneous fleets in whole distances times prices of a hundredth, sets with
/// one decimal cut in tenths, the others in thousandths.
fn count(kind: &str) -> Option<Count> {
    let (rule, price_scale) = match kind {
        "HFVRP" => (Rule::new(1, Rounding::Nearest), 100),
        "VRPTW" | "MTVRPTWR" => (Rule::new(10, Rounding::Cut), 1),
        "MDVRPTW" | "SDVRPTW" => (Rule::new(1000, Rounding::Nearest), 1),
        _ => return None,
    };
    Some(Count { rule, scale: 1, price_scale })
}

/// Reads a file.
pub fn read(text: &str) -> Result<Instance, FormatError> {
    let mut file = File::split(text)?;
    let (line, kind) = file.needed("TYPE")?;
    match kind {
        "CVRP" => return cvrp::read(text),
        "PCVRPTW" => return pcvrptw::read(text),
        _ => {}
    }
    let known = "type that is known: CVRP, VRPTW, PCVRPTW, HFVRP, MDVRPTW, SDVRPTW, MTVRPTWR";
    let count = count(kind).ok_or_else(|| line.wrong(kind, known))?;
    let points = file.points()?;
    let depots = file.depots(points.len())?;
    let mut jobs = jobs(&mut file, points.len(), depots, count.rule)?;
    let fleet = Fleet::read(&mut file, &mut jobs, depots, count.rule)?;
    let mut file_numbers: Vec<u32> = (depots as u32 + 1..=points.len() as u32).collect();
    if reloads(&mut file, fleet.vehicles.len(), depots)? {
        load_at_depot(&mut jobs.jobs);
        file_numbers.push(1);
    }
    let name = file.name();
    file.finish()?;
    let problem = Problem {
        objective: if fleet.priced { Objective::Price } else { Objective::Distance },
        terms: crate::Terms::default(),
        vehicles: fleet.vehicles,
        jobs: jobs.jobs,
        matrix: plane::matrix(&points, count.rule)?,
    };
    problem.check()?;
    let price_scale = fleet.priced.then_some(count.price_scale);
    Ok(Instance { name, problem, file_numbers, scale: count.scale, price_scale, fleet: fleet.numbers })
}

/// The customers, and the windows of the depots before them.
struct Jobs {
    jobs: Vec<Job>,
    depots: Vec<TimeWindow>,
}

fn jobs(file: &mut File<'_>, places: usize, depots: usize, rule: Rule) -> Result<Jobs, FormatError> {
    let service = file.by_place("SERVICE_TIME", places, depots, rule.scale)?.unwrap_or_else(|| vec![0; places]);
    let demands = file.by_place("DEMAND", places, depots, 1)?.unwrap_or_else(|| vec![0; places]);
    let releases = file.by_place("RELEASE_TIME", places, depots, rule.scale)?;
    let windows = file.windows(places, rule)?;
    let window = |place: usize| {
        let (open, close) = windows.as_ref()?[place];
        Some(TimeWindow { open, close: close + service[place] })
    };
    let job = |place: usize| Job {
        place,
        windows: window(place).into_iter().collect(),
        dwell: service[place],
        quantity: vec![demands[place]],
        priority: 1,
        release: releases.as_ref().map(|releases| releases[place]),
        ..Job::default()
    };
    let always = TimeWindow { open: 0, close: MAX_SHIFT_LENGTH };
    let depot_windows = (0..depots).map(|depot| window(depot).unwrap_or(always)).collect();
    Ok(Jobs { jobs: (depots..places).map(job).collect(), depots: depot_windows })
}

/// Whether the vehicles may come back to the only depot for more; nothing else is understood.
fn reloads(file: &mut File<'_>, vehicles: usize, depots: usize) -> Result<bool, FormatError> {
    let (line, _) = file.needed("VEHICLES")?;
    let Some(reload) = file.by_vehicle("VEHICLES_RELOAD_DEPOT", vehicles, 1)? else { return Ok(false) };
    match reload.iter().find(|&&depot| depot != 1) {
        Some(other) => {
            Err(line.wrong(&other.to_string(), "depot to reload at: there must be one depot, where all reload"))
        }
        None if depots != 1 => {
            Err(line.wrong(&depots.to_string(), "number of depots for vehicles that reload: give one"))
        }
        None => Ok(true),
    }
}

/// Lets everything be dropped off from the depot, which is visited for it.
fn load_at_depot(jobs: &mut Vec<Job>) {
    let depot = jobs.len();
    for job in jobs.iter_mut() {
        job.drop_off_from = vec![depot];
        job.quantity.iter_mut().for_each(|quantity| *quantity = -*quantity);
    }
    jobs.push(Job { place: 0, depot: true, priority: 1, ..Job::default() });
}

/// The vehicles, and what the file calls them.
struct Fleet {
    vehicles: Vec<Vehicle>,
    numbers: Vec<FileVehicle>,
    priced: bool,
}

impl Fleet {
    /// Reads the vehicles, and binds customers that not all of them may visit to those that may.
    fn read(file: &mut File<'_>, jobs: &mut Jobs, depots: usize, rule: Rule) -> Result<Self, FormatError> {
        let (line, text) = file.needed("VEHICLES")?;
        let count = fleet_size(line.count(text)? as usize)?;
        let capacity = file.by_vehicle("CAPACITY", count, 1)?;
        let depot = file.by_vehicle("VEHICLES_DEPOT", count, 1)?.unwrap_or_else(|| vec![1; count]);
        if let Some(wrong) = depot.iter().find(|&&depot| depot < 1 || depot > depots as i64) {
            return Err(line.wrong(&wrong.to_string(), "depot that the file lists"));
        }
        let fixed = file.by_vehicle("VEHICLES_FIXED_COST", count, 1)?;
        let per_unit = file.by_vehicle("VEHICLES_UNIT_DISTANCE_COST", count, 1)?;
        let priced = fixed.is_some() || per_unit.is_some();
        let longest = file.by_vehicle("VEHICLES_MAX_DURATION", count, rule.scale)?;
        let allowed = file.allowed(count, depots + jobs.jobs.len())?;
        if let Some(allowed) = &allowed {
            bind(&mut jobs.jobs, allowed);
        }
        let vehicle = |index: usize| {
            let home = depot[index] as usize - 1;
            let shift = Shift {
                window: jobs.depots[home],
                start_place: home,
                end_place: home,
                max_duration: longest.as_ref().map(|longest| longest[index]),
                ..Shift::default()
            };
            Vehicle {
                shifts: vec![shift],
                capacity: capacity.iter().map(|capacity| capacity[index]).collect(),
                price: priced.then(|| Price {
                    fixed_micro: fixed.as_ref().map_or(0, |fixed| fixed[index]),
                    per_km_micro: per_unit.as_ref().map_or(1, |price| price[index]).saturating_mul(1000),
                    per_hour_micro: 0,
                }),
                skills: allowed.as_ref().map_or_else(Vec::new, |allowed| allowed[index].clone()),
            }
        };
        let vehicles: Vec<Vehicle> = (0..count).map(vehicle).collect();
        let numbers = kinds(&vehicles).into_iter().zip(&depot).zip(1..).map(|((kind, &depot), number)| FileVehicle {
            number,
            kind,
            depot: depot as u32,
        });
        Ok(Self { numbers: numbers.collect(), vehicles, priced })
    }
}

/// Makes a skill, numbered like its place, of every customer that not all vehicles may visit.
fn bind(jobs: &mut [Job], allowed: &[Vec<u32>]) {
    for job in jobs {
        let number = job.place as u32 + 1;
        if !allowed.iter().all(|places| places.binary_search(&number).is_ok()) {
            job.skills = vec![number];
        }
    }
}

/// The kinds of vehicles by number, from 1 on in the order of the file.
fn kinds(vehicles: &[Vehicle]) -> Vec<u32> {
    let mut firsts: Vec<&Vehicle> = Vec::new();
    let mut kinds = Vec::with_capacity(vehicles.len());
    for vehicle in vehicles {
        let known = firsts.iter().rposition(|first| *first == vehicle);
        kinds.push(known.unwrap_or(firsts.len()) as u32 + 1);
        if known.is_none() {
            firsts.push(vehicle);
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two depots, three customers, three vehicles of two kinds.
    const RICH: &str = "NAME: tiny\nTYPE: MDVRPTW\nEDGE_WEIGHT_TYPE: EUC_2D\nDIMENSION: 5\nVEHICLES: 3\nCAPACITY: 9\nVEHICLES_MAX_DURATION: 12.5\n\
        NODE_COORD_SECTION\n1 0 0\n2 9 9\n3 1 1\n4 -2.5 0\n5 8 8\nDEMAND_SECTION\n1 0\n2 0\n3 4\n4 5\n5 6\n\
        SERVICE_TIME_SECTION\n1 0\n2 0\n3 2\n4 2\n5 2\nTIME_WINDOW_SECTION\n1 0 50\n2 5 40\n3 0 10\n4 0 20\n5 0 30\n\
        VEHICLES_DEPOT_SECTION\n1 1\n2 2\n3 1\n\
        VEHICLES_ALLOWED_CLIENTS_SECTION\n1 3 4\n2 4 5\n3 4 3\nDEPOT_SECTION\n1\n2\n-1\nEOF\n";

    #[test]
    fn vehicles_have_depots_kinds_and_customers() {
        let instance = read(RICH).unwrap();
        let marks: Vec<(u32, u32, u32)> =
            instance.fleet.iter().map(|mark| (mark.number, mark.kind, mark.depot)).collect();
        assert_eq!(marks, [(1, 1, 1), (2, 2, 2), (3, 1, 1)]);
        assert_eq!((instance.file_numbers.as_slice(), instance.price_scale), ([3, 4, 5].as_slice(), None));
        let problem = &instance.problem;
        let shift = &problem.vehicles[1].shifts[0];
        assert_eq!(
            (shift.start_place, shift.end_place, shift.window),
            (1, 1, TimeWindow { open: 5_000, close: 40_000 })
        );
        assert_eq!(shift.max_duration, Some(12_500));
        let needs: Vec<&[u32]> = problem.jobs.iter().map(|job| job.skills.as_slice()).collect();
        assert_eq!(needs, [&[3][..], &[], &[5]]);
        assert_eq!(problem.vehicles[2].skills, [3, 4]);
        assert_eq!(problem.jobs[0].windows, [TimeWindow { open: 0, close: 12_000 }]);
        // √2 in thousandths.
        assert_eq!(problem.matrix.distance(0, 2), 1414);
    }

    #[test]
    fn prices_are_those_of_the_list() {
        let priced = RICH.replace("MDVRPTW", "HFVRP").replace(
            "DEPOT_SECTION\n1\n2",
            "VEHICLES_FIXED_COST_SECTION\n1 500\n2 700\n3 500\nVEHICLES_UNIT_DISTANCE_COST_SECTION\n1 83\n2 120\n3 83\n\
             DEPOT_SECTION\n1\n2",
        );
        let priced = priced.replace("VEHICLES_DEPOT_SECTION", "X_SECTION");
        assert!(matches!(read(&priced), Err(FormatError::Unknown { .. })));
        let instance = read(&priced.replace("X_SECTION", "VEHICLES_DEPOT_SECTION")).unwrap();
        assert_eq!((instance.price_scale, instance.problem.objective), (Some(100), Objective::Price));
        let price = instance.problem.vehicles[1].price.unwrap();
        assert_eq!((price.fixed_micro, price.per_km_micro), (700, 120_000));
    }

    #[test]
    fn vehicles_that_reload_load_what_has_come_in() {
        let trips = "TYPE: MTVRPTWR\nEDGE_WEIGHT_TYPE: EUC_2D\nDIMENSION: 3\nVEHICLES: 1\nCAPACITY: 5\nNODE_COORD_SECTION\n1 0 0\n2 3 0\n3 0 4\n\
            DEMAND_SECTION\n1 0\n2 4\n3 5\nTIME_WINDOW_SECTION\n1 0 90\n2 0 50\n3 0 80\nRELEASE_TIME_SECTION\n1 0\n2 2\n3 7\n\
            VEHICLES_RELOAD_DEPOT_SECTION\n1 1\nDEPOT_SECTION\n1\nEOF\n";
        let instance = read(trips).unwrap();
        assert_eq!(instance.file_numbers, [2, 3, 1]);
        let jobs = &instance.problem.jobs;
        assert_eq!((jobs[0].release, jobs[1].release, jobs[2].depot), (Some(20), Some(70), true));
        assert_eq!((jobs[0].quantity[0], &jobs[1].drop_off_from[..]), (-4, &[2][..]));
        assert!(matches!(
            read(&trips.replace("SECTION\n1 1\nDEP", "SECTION\n1 2\nDEP")),
            Err(FormatError::Number { .. })
        ));
        assert!(matches!(
            read(&trips.replace("MTVRPTWR", "VRPTW").replace("RELOAD", "RETURN")),
            Err(FormatError::Unknown { .. })
        ));
    }

    #[test]
    fn plainer_types_are_read_by_their_own_readers_and_others_refused() {
        assert_eq!(read("TYPE: CVRP\n"), Err(FormatError::Ends { wanted: "DIMENSION" }));
        assert!(matches!(read("NAME: x\nTYPE: GVRP\n"), Err(FormatError::Number { line: 2, .. })));
        assert!(matches!(read(&RICH.replace("2 2\n3 1\nVEH", "2 3\n3 1\nVEH")), Err(FormatError::Number { .. })));
        assert!(matches!(read(&RICH.replace("2 4 5\n", "2 4 9\n")), Err(FormatError::Number { .. })));
    }
}
