//! Travel between places, as numbers.
//!
//! **Why.** The solver asks for the way between two places more often than for anything else, and always for both of its
//! measures, so they lie side by side. **What never happens:** a negative leg, or a leg of which only one measure is known.

use crate::ProblemError;

/// The mark of a pair of places without a way between them, in durations and in distances.
pub const UNREACHABLE: i32 = i32::MAX;

/// Durations and distances between all ordered pairs of places, in the caller's units; perhaps by the time of departure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    places: usize,
    /// The only legs, or for each pair the least that any slice has.
    legs: Vec<[i32; 2]>,
    /// Empty where travel is the same at any time.
    slices: Vec<Slice>,
    /// The longest distance between two places that have a way.
    longest: i32,
}

/// The legs that are true for departures from a moment on, until the next slice begins.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Slice {
    from: i64,
    legs: Vec<[i32; 2]>,
}

impl Matrix {
    /// Takes row-major tables: the entry of `from * places + to` leads from the one to the other.
    ///
    /// A pair counts as without a way when either table holds [`UNREACHABLE`] there.
    pub fn new(places: usize, durations: Vec<i32>, distances: Vec<i32>) -> Result<Self, ProblemError> {
        let cells = places.checked_mul(places).ok_or(ProblemError::MatrixTooLarge { places })?;
        for (table, found) in [("durations", durations.len()), ("distances", distances.len())] {
            if found != cells {
                return Err(ProblemError::MatrixSize { table, found, places, expected: cells });
            }
        }
        Self::of_legs(places, durations.into_iter().zip(distances).map(<[i32; 2]>::from).collect())
    }

    /// The same from one table of duration and distance side by side, as they are kept.
    pub fn of_legs(places: usize, mut legs: Vec<[i32; 2]>) -> Result<Self, ProblemError> {
        let cells = places.checked_mul(places).ok_or(ProblemError::MatrixTooLarge { places })?;
        if legs.len() != cells {
            return Err(ProblemError::MatrixSize { table: "legs", found: legs.len(), places, expected: cells });
        }
        let (mut longest, mut negative) = (0, false);
        for leg in &mut legs {
            negative |= leg[0] < 0 || leg[1] < 0;
            if leg[0] == UNREACHABLE || leg[1] == UNREACHABLE {
                *leg = [UNREACHABLE; 2];
            } else {
                longest = longest.max(leg[1]);
            }
        }
        for (measure, table) in ["durations", "distances"].into_iter().enumerate().filter(|_| negative) {
            if let Some(cell) = legs.iter().position(|leg| leg[measure] < 0) {
                let (from, to, value) = (cell / places, cell % places, legs[cell][measure]);
                return Err(ProblemError::NegativeLeg { table, from, to, value });
            }
        }
        Ok(Self { places, legs, slices: Vec::new(), longest })
    }

    /// Joins matrices of the same places, each true for departures from its moment on; the first one also before that.
    ///
    /// A pair has a way at all times or at none.
    pub fn by_departure(slices: Vec<(i64, Self)>) -> Result<Self, ProblemError> {
        let Some((_, first)) = slices.first() else { return Err(ProblemError::Slices { slice: 0 }) };
        let (places, mut legs, mut longest) = (first.places, first.legs.clone(), 0);
        for (number, (from, matrix)) in slices.iter().enumerate() {
            let in_order = number == 0 || slices[number - 1].0 < *from;
            let same = |(a, b): (&[i32; 2], &[i32; 2])| (a[0] == UNREACHABLE) == (b[0] == UNREACHABLE);
            let alike = matrix.places == places && matrix.slices.is_empty();
            if !in_order || !alike || !legs.iter().zip(&matrix.legs).all(same) {
                return Err(ProblemError::Slices { slice: number });
            }
            longest = longest.max(matrix.longest);
            for (least, leg) in legs.iter_mut().zip(&matrix.legs) {
                *least = [least[0].min(leg[0]), least[1].min(leg[1])];
            }
        }
        if slices.len() == 1 {
            return Ok(Self { places, legs, slices: Vec::new(), longest });
        }
        let slices = slices.into_iter().map(|(from, matrix)| Slice { from, legs: matrix.legs }).collect();
        Ok(Self { places, legs, slices, longest })
    }

    /// Whether travel depends on the time of departure.
    pub fn is_timed(&self) -> bool {
        !self.slices.is_empty()
    }

    /// How many places there are.
    pub fn places(&self) -> usize {
        self.places
    }

    /// The time from one place to another, or [`UNREACHABLE`]; the least of any time of departure.
    pub fn duration(&self, from: usize, to: usize) -> i32 {
        self.legs[from * self.places + to][0]
    }

    /// The length of the way from one place to another, or [`UNREACHABLE`]; the least of any time of departure.
    pub fn distance(&self, from: usize, to: usize) -> i32 {
        self.legs[from * self.places + to][1]
    }

    /// Both measures of a leg at a departure: duration, then distance.
    pub fn leg_at(&self, from: usize, to: usize, departure: i64) -> [i32; 2] {
        let cell = from * self.places + to;
        if self.slices.is_empty() {
            return self.legs[cell];
        }
        let later = self.slices.partition_point(|slice| slice.from <= departure);
        self.slices[later.saturating_sub(1)].legs[cell]
    }

    /// The longest distance between two places that have a way.
    pub(crate) fn longest_distance(&self) -> i32 {
        self.longest
    }

    /// Both measures of a leg: duration, then distance.
    pub(crate) fn leg(&self, from: usize, to: usize) -> [i32; 2] {
        self.legs[from * self.places + to]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_missing_measure_closes_the_leg() {
        let matrix = Matrix::new(2, vec![0, 5, 6, 0], vec![0, UNREACHABLE, 7, 0]).unwrap();
        assert_eq!((matrix.duration(0, 1), matrix.distance(0, 1)), (UNREACHABLE, UNREACHABLE));
        assert_eq!((matrix.duration(1, 0), matrix.distance(1, 0)), (6, 7));
    }

    #[test]
    fn the_hour_of_departure_decides() {
        let flat = |way| {
            Matrix::new(2, vec![0, way, way, 0], vec![0, way.saturating_mul(10), way.saturating_mul(10), 0]).unwrap()
        };
        let timed = Matrix::by_departure(vec![(0, flat(5)), (100, flat(9)), (200, flat(4))]).unwrap();
        let at = |departure| timed.leg_at(0, 1, departure)[0];
        assert_eq!([at(-1), at(0), at(99), at(100), at(199), at(200), at(999)], [5, 5, 5, 9, 9, 4, 4]);
        assert_eq!((timed.duration(0, 1), timed.distance(0, 1), timed.longest_distance()), (4, 40, 90));
        assert!(timed.is_timed() && !Matrix::by_departure(vec![(7, flat(5))]).unwrap().is_timed());
        for wrong in [vec![], vec![(5, flat(1)), (5, flat(1))], vec![(0, flat(1)), (1, flat(UNREACHABLE))]] {
            assert!(matches!(Matrix::by_departure(wrong), Err(ProblemError::Slices { .. })));
        }
    }

    #[test]
    fn wrong_sizes_and_signs_are_refused() {
        assert!(matches!(Matrix::new(2, vec![0; 3], vec![0; 4]), Err(ProblemError::MatrixSize { found: 3, .. })));
        assert!(matches!(
            Matrix::new(2, vec![0; 4], vec![0, 0, -1, 0]),
            Err(ProblemError::NegativeLeg { from: 1, to: 0, value: -1, .. })
        ));
        assert!(matches!(Matrix::new(usize::MAX, vec![], vec![]), Err(ProblemError::MatrixTooLarge { .. })));
    }
}
