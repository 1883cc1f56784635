//! Team orienteering with time windows: visit what is worth most with few vehicles.
//!
//! **Why.** The classic form of optional jobs with priorities (files of Righini and Salani, and of Montemanni and Gambardella).
//! **How.** Two lines of which nothing is needed, then lines of number, x, y, duration, score, a frequency, a list with its
//! length before it, opening and closing time; the first place is the depot and its closing time bounds a tour. A closing time
//! bounds the start of a visit. Distances are cut to tenths, or to hundredths where the coordinates have more than two digits
//! behind the point: that is how the two families of files differ. Places without a score are nobody's job.

use super::plane::{self, Rounding, Rule};
use super::{FormatError, Instance, Line, fleet_size};
use crate::{Job, Objective, Problem, Shift, Terms, TimeWindow, Vehicle};

/// How many numbers a place has before its list.
const FIXED_COLUMNS: usize = 7;

/// Reads a file for this many vehicles.
pub fn read(text: &str, vehicles: usize) -> Result<Instance, FormatError> {
    let lines: Vec<Line<'_>> = Line::all(text).skip(2).collect();
    let scale = if lines.iter().any(has_fine_coordinates) { 100 } else { 10 };
    let places = lines.iter().map(|line| place(line, scale)).collect::<Result<Vec<Place>, _>>()?;
    let depot = places.first().ok_or(FormatError::NoDepot)?;
    let points: Vec<(i64, i64)> = places.iter().map(|place| place.point).collect();
    let shift = Shift { window: TimeWindow { open: depot.open, close: depot.close }, ..Shift::default() };
    let worth = || places.iter().enumerate().skip(1).filter(|(_, place)| place.score > 0);
    let problem = Problem {
        vehicles: vec![Vehicle { shifts: vec![shift], ..Vehicle::default() }; fleet_size(vehicles)?],
        jobs: worth().map(|(index, place)| place.job(index)).collect(),
        matrix: plane::matrix(&points, Rule::new(scale, Rounding::Cut))?,
        objective: Objective::Distance,
        terms: Terms::default(),
    };
    Instance::plain(String::new(), problem, worth().map(|(_, place)| place.number).collect(), scale)
}

struct Place {
    number: u32,
    point: (i64, i64),
    duration: i64,
    score: u32,
    open: i64,
    close: i64,
}

impl Place {
    fn job(&self, place: usize) -> Job {
        Job {
            place,
            windows: vec![TimeWindow { open: self.open, close: self.close + self.duration }],
            dwell: self.duration,
            priority: self.score,
            ..Job::default()
        }
    }
}

fn has_fine_coordinates(line: &Line<'_>) -> bool {
    let digits = |word: &&str| word.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    line.words.iter().skip(1).take(2).any(|word| digits(word) > 2)
}

fn place(line: &Line<'_>, scale: i64) -> Result<Place, FormatError> {
    let word = |index| line.word(index, "a place", FIXED_COLUMNS + 2);
    let listed = line.count(word(6)?)? as usize;
    let times = FIXED_COLUMNS + listed.min(line.words.len());
    let time = |index| line.word(index, "a place with its list", times + 2);
    let (open, close) = line.window(time(times)?, time(times + 1)?, scale)?;
    Ok(Place {
        number: line.count(word(0)?)?,
        point: plane::point(line, word(1)?, word(2)?)?,
        duration: line.decimal(word(3)?, scale)?,
        score: line.count(word(4)?)?,
        open,
        close,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COARSE: &str = "4 9 3 1 \n0 200\n  0 35.00 35.00 0.00 0.00 0 0 0 230\n\
        1 41.00 49.00 10.00 10.00 1 1 1 0 204\n2 35.00 17.00 10.00 0.00 1 1 1 0 202\n\
        3 30.00 35.00 5.50 7.00 1 2 1 2 10 100\n";
    const FINE: &str = "5 3 1 4\n500 200\n 0 -10.442 19.999 0 0 0 0 0 1000\n 1 -29.730 64.136 2 12 4 1 15 354 509\n";

    #[test]
    fn coarse_files_count_in_tenths() {
        let instance = read(COARSE, 2).unwrap();
        assert_eq!((instance.scale, instance.problem.vehicles.len()), (10, 2));
        assert_eq!(instance.file_numbers, [1, 3]);
        let jobs = &instance.problem.jobs;
        assert_eq!(jobs[0].windows, [TimeWindow { open: 0, close: 2_040 + 100 }]);
        assert_eq!((jobs[1].place, jobs[1].dwell, jobs[1].priority), (3, 55, 7));
        assert_eq!(jobs[1].windows, [TimeWindow { open: 100, close: 1_000 + 55 }]);
        assert_eq!(instance.problem.vehicles[0].shifts[0].window, TimeWindow { open: 0, close: 2_300 });
    }

    #[test]
    fn fine_files_count_in_hundredths() {
        let instance = read(FINE, 1).unwrap();
        assert_eq!(instance.scale, 100);
        // √(19.288² + 44.137²) = 48.167…
        assert_eq!(instance.problem.matrix.distance(0, 1), 4_816);
        assert_eq!(instance.problem.jobs[0].windows, [TimeWindow { open: 35_400, close: 50_900 + 200 }]);
    }

    #[test]
    fn faults_are_named_with_their_line() {
        assert_eq!(read("1\n2\n", 1), Err(FormatError::NoDepot));
        assert!(matches!(read("1\n2\n0 1 1 0 0 0 5 1 2\n", 1), Err(FormatError::Short { line: 3, .. })));
        assert!(matches!(read("1\n2\n0 1 1 0 0.5 0 0 1 2\n", 1), Err(FormatError::Number { line: 3, .. })));
    }
}
