//! Capacitated vehicle routing in TSPLIB's form.
//!
//! **Why.** The oldest of the families, and still the one with the strongest special solvers (the X set: Eduardo Uchoa and
//! others, "New benchmark instances for the Capacitated Vehicle Routing Problem", EJOR 257(3), 2017). **How.** Distances are
//! rounded to whole numbers; there are no windows. Where the file does not say how many vehicles there are, there are enough:
//! two tours whose loads fit one vehicle are never longer when joined, so no best plan needs more than twice the loads' share
//! and one. **What never happens:** a file with windows, prizes or limits read as one without.

use super::plane::{self, Rounding, Rule};
use super::tsplib::File;
use super::{FormatError, Instance, fleet_size};
use crate::problem::MAX_SHIFT_LENGTH;
use crate::{Job, Objective, Problem, Shift, TimeWindow, Vehicle};

/// Whole numbers.
pub(super) const RULE: Rule = Rule::new(1, Rounding::Nearest);

/// Reads a file.
pub fn read(text: &str) -> Result<Instance, FormatError> {
    let mut file = File::split(text)?;
    let (line, kind) = file.needed("TYPE")?;
    if kind != "CVRP" {
        return Err(line.wrong(kind, "type of this format; it reads CVRP (--format vrplib knows others)"));
    }
    let points = file.points()?;
    let (line, capacity) = file.needed("CAPACITY")?;
    let capacity = line.decimal(capacity, 1)?;
    let wanted = "DEMAND_SECTION";
    let demands = file.by_place("DEMAND", points.len(), 1, 1)?.ok_or(FormatError::Ends { wanted })?;
    if file.depots(points.len())? != 1 {
        return Err(FormatError::Count { line: line.number, what: "depots", found: 2, expected: 1 });
    }
    let vehicles = match file.header("VEHICLES") {
        Some((line, text)) => line.count(text)? as usize,
        None => enough(&demands, capacity),
    };
    let name = file.name();
    file.finish()?;
    let window = TimeWindow { open: 0, close: MAX_SHIFT_LENGTH };
    let vehicle =
        Vehicle { shifts: vec![Shift { window, ..Shift::default() }], capacity: vec![capacity], ..Vehicle::default() };
    let jobs = demands.iter().enumerate().skip(1).map(|(place, &demand)| Job {
        place,
        quantity: vec![demand],
        priority: 1,
        ..Job::default()
    });
    let problem = Problem {
        vehicles: vec![vehicle; fleet_size(vehicles)?],
        jobs: jobs.collect(),
        matrix: plane::matrix(&points, RULE)?,
        objective: Objective::Distance,
        terms: crate::Terms::default(),
    };
    Instance::plain(name, problem, (2..=points.len() as u32).collect(), RULE.scale)
}

/// How many vehicles are enough.
fn enough(demands: &[i64], capacity: i64) -> usize {
    let all: i128 = demands.iter().map(|&demand| i128::from(demand.max(0))).sum();
    let share = usize::try_from(all / i128::from(capacity.max(1))).unwrap_or(usize::MAX);
    share.saturating_mul(2).saturating_add(3).min(demands.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TINY: &str = "NAME : tiny-n4-k2\nCOMMENT : \"two: tours\"\nTYPE : CVRP\nDIMENSION : 4\nEDGE_WEIGHT_TYPE : EUC_2D\n\
        CAPACITY : 10\nNODE_COORD_SECTION\n1 0 0\n2 1 1\n3 0 3\n4 2 0\nDEMAND_SECTION\n1 0\n2 4\n3 6\n4 7\n\
        DEPOT_SECTION\n 1\n -1\nEOF\n";

    #[test]
    fn a_file_becomes_a_problem_in_whole_numbers() {
        let instance = read(TINY).unwrap();
        assert_eq!(
            (instance.name.as_str(), instance.scale, instance.file_numbers.as_slice()),
            ("tiny-n4-k2", 1, [2, 3, 4].as_slice())
        );
        let problem = &instance.problem;
        assert_eq!((problem.vehicles.len(), &problem.vehicles[0].capacity), (4, &vec![10]));
        assert_eq!(problem.jobs[2].quantity, [7]);
        // √2 = 1.41… and √5 = 2.23… go down, √10 = 3.16… too.
        assert_eq!((problem.matrix.distance(0, 1), problem.matrix.distance(1, 2)), (1, 2));
    }

    #[test]
    fn what_the_format_does_not_know_is_refused() {
        let limit = TINY.replace("CAPACITY : 10\n", "CAPACITY : 10\nDISTANCE : 200\n");
        assert_eq!(read(&limit), Err(FormatError::Unknown { line: 7, text: "DISTANCE".to_owned() }));
        assert!(matches!(read(&TINY.replace("CVRP", "ATSP")), Err(FormatError::Number { line: 3, .. })));
        assert_eq!(read("TYPE: CVRP\n"), Err(FormatError::Ends { wanted: "DIMENSION" }));
    }
}
