//! The ways between places, laid out for the eye of the search.
//!
//! **Why.** Where a job would stand best is asked of every position of a tour, and most of the time that takes is waiting for
//! memory. **How.** An insertion reads the leg to a place and the leg from it, so both lie side by side. Where one number says
//! all (durations equal distances, and both directions are the same, as on a plane), one number is all that is stored: a
//! quarter of the room, and the table of a thousand places stays close to the processor. **What never happens:** an answer
//! that depends on the layout.

use crate::{Matrix, UNREACHABLE};

/// The way between two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leg {
    duration: i32,
    distance: i32,
}

impl Leg {
    fn new([duration, distance]: [i32; 2]) -> Self {
        Self { duration, distance }
    }

    /// Its time; without a way, longer than any shift.
    pub(crate) fn duration(self) -> i64 {
        i64::from(self.duration)
    }

    pub(crate) fn distance(self) -> i64 {
        i64::from(self.distance)
    }

    /// Whether there is a way.
    pub(crate) fn exists(self) -> bool {
        self.duration != UNREACHABLE
    }
}

/// Both legs between a place and another one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ways {
    /// From the other place to this one.
    pub(crate) to: Leg,
    /// From this place to the other one.
    pub(crate) on: Leg,
}

/// All legs.
#[derive(Debug)]
pub(crate) struct Legs {
    places: usize,
    /// Everything by itself; empty if `narrow` says it.
    wide: Vec<Ways>,
    /// The one number of each pair, if there is only one.
    narrow: Vec<i32>,
}

/// The ways to and from one place, by the other place.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Row<'a> {
    Wide(&'a [Ways]),
    Narrow(&'a [i32]),
}

/// What a row answers.
pub(crate) trait Around: Copy {
    fn ways(self, other: u32) -> Ways;
}

impl Around for &[Ways] {
    #[inline]
    fn ways(self, other: u32) -> Ways {
        self[other as usize]
    }
}

impl Around for &[i32] {
    #[inline]
    fn ways(self, other: u32) -> Ways {
        let leg = Leg::new([self[other as usize]; 2]);
        Ways { to: leg, on: leg }
    }
}

impl Around for Row<'_> {
    #[inline]
    fn ways(self, other: u32) -> Ways {
        match self {
            Self::Wide(row) => row.ways(other),
            Self::Narrow(row) => row.ways(other),
        }
    }
}

/// Tables are written in square blocks: a column read straight down would miss the cache at every cell.
const BLOCK: usize = 32;

impl Legs {
    pub(crate) fn new(matrix: &Matrix) -> Self {
        let places = matrix.places();
        if one_number_says_all(matrix) {
            let cells = (0..places).flat_map(|from| (0..places).map(move |to| matrix.duration(from, to)));
            return Self { places, wide: Vec::new(), narrow: cells.collect() };
        }
        let nothing = Leg::new([0, 0]);
        let mut wide = vec![Ways { to: nothing, on: nothing }; places * places];
        for_blocks(places, |row, column| {
            let (on, to) = (Leg::new(matrix.leg(row, column)), Leg::new(matrix.leg(column, row)));
            wide[row * places + column] = Ways { to, on };
        });
        Self { places, wide, narrow: Vec::new() }
    }

    /// The way from one place to another.
    #[inline]
    pub(crate) fn leg(&self, from: u32, to: u32) -> Leg {
        let cell = from as usize * self.places + to as usize;
        if self.wide.is_empty() { Leg::new([self.narrow[cell]; 2]) } else { self.wide[cell].on }
    }

    /// All ways to and from a place.
    #[inline]
    pub(crate) fn row(&self, place: u32) -> Row<'_> {
        let cells = place as usize * self.places..(place as usize + 1) * self.places;
        if self.wide.is_empty() { Row::Narrow(&self.narrow[cells]) } else { Row::Wide(&self.wide[cells]) }
    }
}

fn one_number_says_all(matrix: &Matrix) -> bool {
    let places = matrix.places();
    let mut all = true;
    for_blocks(places, |row, column| {
        let [duration, distance] = matrix.leg(row, column);
        all = all && duration == distance && matrix.duration(column, row) == duration;
    });
    all
}

fn for_blocks(places: usize, mut visit: impl FnMut(usize, usize)) {
    for rows in (0..places).step_by(BLOCK) {
        for columns in (0..places).step_by(BLOCK) {
            for row in rows..(rows + BLOCK).min(places) {
                (columns..(columns + BLOCK).min(places)).for_each(|column| visit(row, column));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_give_the_matrix_back() {
        let plane = vec![0, 3, 4, 3, 0, 5, 4, 5, 0];
        let streets = vec![0, 3, 4, 9, 0, 5, UNREACHABLE, 5, 0];
        for (durations, distances) in
            [(plane.clone(), plane.clone()), (streets.clone(), plane), (streets.clone(), streets)]
        {
            let matrix = Matrix::new(3, durations, distances).unwrap();
            let legs = Legs::new(&matrix);
            for (from, to) in (0..3).flat_map(|from| (0..3).map(move |to| (from, to))) {
                let expected = Leg::new(matrix.leg(from as usize, to as usize));
                assert_eq!(legs.leg(from, to), expected);
                assert_eq!(legs.row(from).ways(to).on, expected);
                assert_eq!(legs.row(to).ways(from).to, expected);
            }
        }
    }
}
