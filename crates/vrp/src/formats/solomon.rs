//! Solomon's and Gehring & Homberger's vehicle routing with time windows.
//!
//! **Why.** The field's common yardstick (Marius M. Solomon, "Algorithms for the Vehicle Routing and Scheduling Problems with
//! Time Window Constraints", Operations Research 35(2), 1987). **How.** After the headings, one line of fleet size and
//! capacity, then lines of number, x, y, demand, ready time, due date, service time; the first is the depot. Distances are cut
//! to tenths. A due date bounds the start of a visit, but the return to the depot itself. All customers have priority 1.

use super::plane::{self, Rounding, Rule};
use super::{FormatError, Instance, Line, fleet_size};
use crate::{Job, Objective, Problem, Shift, Terms, TimeWindow, Vehicle};

/// Tenths.
const SCALE: i64 = 10;

/// Cut.
const RULE: Rule = Rule::new(SCALE, Rounding::Cut);

/// How many numbers a place has.
const COLUMNS: usize = 7;

/// Reads a file.
pub fn read(text: &str) -> Result<Instance, FormatError> {
    let mut lines = Line::all(text);
    let name = lines.next().map(|line| line.words.join(" ")).unwrap_or_default();
    // The headings are words; the first line of numbers is the fleet.
    let mut rows = lines.filter(|line| line.words[0].bytes().all(|byte| byte.is_ascii_digit()));
    let fleet = rows.next().ok_or(FormatError::Ends { wanted: "the line of fleet size and capacity" })?;
    let vehicles = fleet_size(fleet.count(fleet.words[0])? as usize)?;
    let capacity = fleet.decimal(fleet.word(1, "the fleet", 2)?, 1)?;
    let places = rows.map(|line| place(&line)).collect::<Result<Vec<Place>, _>>()?;
    let (depot, customers) = places.split_first().ok_or(FormatError::NoDepot)?;
    let points: Vec<(i64, i64)> = places.iter().map(|place| place.point).collect();
    let shift = Shift { window: TimeWindow { open: depot.ready, close: depot.due }, ..Shift::default() };
    let vehicle = Vehicle { shifts: vec![shift], capacity: vec![capacity], ..Vehicle::default() };
    let problem = Problem {
        vehicles: vec![vehicle; vehicles],
        jobs: customers.iter().enumerate().map(|(index, place)| place.job(index + 1)).collect(),
        matrix: plane::matrix(&points, RULE)?,
        objective: Objective::Distance,
        terms: Terms::default(),
    };
    Instance::plain(name, problem, customers.iter().map(|place| place.number).collect(), SCALE)
}

struct Place {
    number: u32,
    point: (i64, i64),
    demand: i64,
    ready: i64,
    due: i64,
    service: i64,
}

impl Place {
    fn job(&self, place: usize) -> Job {
        Job {
            place,
            windows: vec![TimeWindow { open: self.ready, close: self.due + self.service }],
            dwell: self.service,
            quantity: vec![self.demand],
            priority: 1,
            ..Job::default()
        }
    }
}

fn place(line: &Line<'_>) -> Result<Place, FormatError> {
    let word = |index| line.word(index, "a place", COLUMNS);
    let scaled = |index, scale| line.decimal(word(index)?, scale);
    let (ready, due) = line.window(word(4)?, word(5)?, SCALE)?;
    Ok(Place {
        number: line.count(word(0)?)?,
        point: plane::point(line, word(1)?, word(2)?)?,
        demand: scaled(3, 1)?,
        ready,
        due,
        service: scaled(6, SCALE)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TINY: &str = "TINY\n\nVEHICLE\nNUMBER     CAPACITY\n  2         200\n\nCUSTOMER\n\
        CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME\n\n\
            0      40         50          0          0       1236          0\n\
            1      45         68         10        912        967         90\n\
            7      45.5       70         30        825        870         90\n";

    #[test]
    fn a_file_becomes_a_problem_in_tenths() {
        let instance = read(TINY).unwrap();
        assert_eq!((instance.name.as_str(), instance.scale), ("TINY", 10));
        assert_eq!(instance.file_numbers, [1, 7]);
        let problem = &instance.problem;
        assert_eq!(problem.vehicles.len(), 2);
        assert_eq!(problem.vehicles[1].capacity, [200]);
        assert_eq!(problem.vehicles[0].shifts[0].window, TimeWindow { open: 0, close: 12_360 });
        assert_eq!(problem.jobs[0].windows, [TimeWindow { open: 9_120, close: 9_670 + 900 }]);
        assert_eq!((problem.jobs[1].dwell, problem.jobs[1].quantity[0]), (900, 30));
        // √(5² + 18²) = 18.68…, √(0.5² + 2²) = 2.06…
        assert_eq!((problem.matrix.distance(0, 1), problem.matrix.distance(1, 2)), (186, 20));
    }

    #[test]
    fn faults_are_named_with_their_line() {
        assert_eq!(read("X\nVEHICLE\n"), Err(FormatError::Ends { wanted: "the line of fleet size and capacity" }));
        assert_eq!(read("X\n2 200\n"), Err(FormatError::NoDepot));
        let short = TINY.replace("45         68         10        912        967         90", "45 68");
        assert!(matches!(read(&short), Err(FormatError::Short { line: 11, found: 3, expected: 7, .. })));
        let letters = TINY.replace("45.5", "4x");
        assert!(matches!(read(&letters), Err(FormatError::Number { line: 12, .. })));
        let late = TINY.replace("967", "67");
        assert!(matches!(read(&late), Err(FormatError::Window { line: 11, .. })));
    }
}
