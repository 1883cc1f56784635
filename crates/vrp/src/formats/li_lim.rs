//! Li and Lim's pick-up and delivery with time windows.
//!
//! **Why.** Pairs of visits bound to one vehicle, and as few vehicles as possible (Haibing Li and Andrew Lim, "A metaheuristic
//! for the pickup and delivery problem with time windows", 2001). **How.** A line of vehicles, capacity and a speed that
//! the set does not use; then lines of number, x, y, demand, ready time, due date, service time and the numbers of the other half: a
//! pick-up names its delivery last, a delivery its pick-up before. The set counts in doubles; here a unit is a thousandth,
//! rounded up, so that what fits here fits there. **What never happens:** half a pair.

use std::collections::HashMap;

use super::plane::{self, Point, Rounding, Rule};
use super::{FormatError, Instance, Line, fleet_size};
use crate::{Job, Objective, Problem, Shift, TimeWindow, Vehicle};

/// Thousandths.
const SCALE: i64 = 1000;

/// How many numbers a place has.
const COLUMNS: usize = 9;

/// Reads a file.
pub fn read(text: &str) -> Result<Instance, FormatError> {
    let mut lines = Line::all(text);
    let fleet = lines.next().ok_or(FormatError::Ends { wanted: "the line of vehicles, capacity and speed" })?;
    let vehicles = fleet_size(fleet.count(fleet.words[0])? as usize)?;
    let capacity = fleet.decimal(fleet.word(1, "the fleet", 2)?, 1)?;
    let places = lines.map(|line| place(&line)).collect::<Result<Vec<Place>, _>>()?;
    let (depot, customers) = places.split_first().ok_or(FormatError::NoDepot)?;
    let points: Vec<Point> = places.iter().map(|place| place.point).collect();
    let shift = Shift { window: TimeWindow { open: depot.ready, close: depot.due }, ..Shift::default() };
    let problem = Problem {
        vehicles: vec![Vehicle { shifts: vec![shift], capacity: vec![capacity], ..Vehicle::default() }; vehicles],
        jobs: jobs(customers)?,
        matrix: plane::matrix(&points, Rule::new(SCALE, Rounding::Up))?,
        objective: Objective::Vehicles,
        terms: crate::Terms::default(),
    };
    Instance::plain(String::new(), problem, customers.iter().map(|place| place.number).collect(), SCALE)
}

/// The visits, each delivery bound to its pick-up.
fn jobs(customers: &[Place]) -> Result<Vec<Job>, FormatError> {
    let index: HashMap<u32, usize> = customers.iter().map(|place| place.number).zip(0..).collect();
    let job = |(at, place): (usize, &Place)| {
        let (named, back) = if place.pick_up == 0 { (place.delivery, true) } else { (place.pick_up, false) };
        let other = index.get(&named).map(|&other| (other, &customers[other]));
        let names_back =
            |other: &Place| if back { other.pick_up == place.number } else { other.delivery == place.number };
        let one_sided = place.pick_up == 0 || place.delivery == 0;
        let Some((other, _)) = other.filter(|(_, other)| one_sided && names_back(other)) else {
            return Err(FormatError::Pair { line: place.line, place: place.number, named });
        };
        Ok(Job {
            place: at + 1,
            windows: vec![TimeWindow { open: place.ready, close: place.due + place.service }],
            dwell: place.service,
            quantity: vec![place.demand],
            priority: 1,
            drop_off_from: if back { Vec::new() } else { vec![other] },
            ..Job::default()
        })
    };
    customers.iter().enumerate().map(job).collect()
}

struct Place {
    line: usize,
    number: u32,
    point: Point,
    demand: i64,
    ready: i64,
    due: i64,
    service: i64,
    /// The pick-up of a delivery, else 0.
    pick_up: u32,
    /// The delivery of a pick-up, else 0.
    delivery: u32,
}

fn place(line: &Line<'_>) -> Result<Place, FormatError> {
    let word = |index| line.word(index, "a place", COLUMNS);
    let scaled = |index, scale| line.decimal(word(index)?, scale);
    let (ready, due) = line.window(word(4)?, word(5)?, SCALE)?;
    Ok(Place {
        line: line.number,
        number: line.count(word(0)?)?,
        point: plane::point(line, word(1)?, word(2)?)?,
        demand: scaled(3, 1)?,
        ready,
        due,
        service: scaled(6, SCALE)?,
        pick_up: line.count(word(7)?)?,
        delivery: line.count(word(8)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TINY: &str = "3\t200\t1\n0 0 0 0 0 1000 0 0 0\n1 1 1 10 5 50 9 0 3\n3 2 2 -10 7 90 9 1 0\n";

    #[test]
    fn pairs_are_bound_and_counted_in_thousandths() {
        let instance = read(TINY).unwrap();
        assert_eq!((instance.scale, instance.file_numbers.as_slice()), (1000, [1, 3].as_slice()));
        let problem = &instance.problem;
        assert_eq!((problem.objective, problem.vehicles.len()), (Objective::Vehicles, 3));
        assert_eq!((&problem.jobs[0].drop_off_from, &problem.jobs[1].drop_off_from), (&vec![], &vec![0]));
        assert_eq!(problem.jobs[1].quantity, [-10]);
        assert_eq!(problem.jobs[0].windows, [TimeWindow { open: 5_000, close: 59_000 }]);
        // √2 = 1.41421…
        assert_eq!((problem.matrix.distance(0, 1), problem.matrix.duration(0, 1)), (1415, 1415));
    }

    #[test]
    fn half_pairs_and_other_faults_are_named() {
        assert_eq!(read(""), Err(FormatError::Ends { wanted: "the line of vehicles, capacity and speed" }));
        assert_eq!(read("1 2\n"), Err(FormatError::NoDepot));
        assert_eq!(read(&TINY.replace("9 1 0", "9 2 0")), Err(FormatError::Pair { line: 3, place: 1, named: 3 }));
        assert_eq!(read(&TINY.replace("9 0 3", "9 0 0")), Err(FormatError::Pair { line: 3, place: 1, named: 0 }));
        assert!(matches!(read(&TINY.replace("7 90 9 1 0", "7 90 9")), Err(FormatError::Short { line: 4, .. })));
    }
}
