//! Travel between places, as numbers.
//!
//! **Why.** The solver asks for the way between two places more often than for anything else, and always for both of its
//! measures, so they lie side by side. **What never happens:** a negative leg, or a leg of which only one measure is known.

use crate::ProblemError;

/// The mark of a pair of places without a way between them, in durations and in distances.
pub const UNREACHABLE: i32 = i32::MAX;

/// Durations and distances between all ordered pairs of places, in the caller's units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    places: usize,
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
        for (table, cells) in [("durations", &durations), ("distances", &distances)] {
            if let Some(cell) = cells.iter().position(|&value| value < 0) {
                let (from, to) = (cell / places, cell % places);
                return Err(ProblemError::NegativeLeg { table, from, to, value: cells[cell] });
            }
        }
        let both = |(duration, distance)| {
            if duration == UNREACHABLE || distance == UNREACHABLE { [UNREACHABLE; 2] } else { [duration, distance] }
        };
        Ok(Self { places, legs: durations.into_iter().zip(distances).map(both).collect() })
    }

    /// How many places there are.
    pub fn places(&self) -> usize {
        self.places
    }

    /// The time from one place to another, or [`UNREACHABLE`].
    pub fn duration(&self, from: usize, to: usize) -> i32 {
        self.legs[from * self.places + to][0]
    }

    /// The length of the way from one place to another, or [`UNREACHABLE`].
    pub fn distance(&self, from: usize, to: usize) -> i32 {
        self.legs[from * self.places + to][1]
    }

    /// The longest distance between two places that have a way.
    pub(crate) fn longest_distance(&self) -> i32 {
        self.legs.iter().map(|leg| leg[1]).filter(|&distance| distance != UNREACHABLE).max().unwrap_or(0)
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
    fn wrong_sizes_and_signs_are_refused() {
        assert!(matches!(Matrix::new(2, vec![0; 3], vec![0; 4]), Err(ProblemError::MatrixSize { found: 3, .. })));
        assert!(matches!(
            Matrix::new(2, vec![0; 4], vec![0, 0, -1, 0]),
            Err(ProblemError::NegativeLeg { from: 1, to: 0, value: -1, .. })
        ));
        assert!(matches!(Matrix::new(usize::MAX, vec![], vec![]), Err(ProblemError::MatrixTooLarge { .. })));
    }
}
