//! Travel between every origin and every destination.
//!
//! Each place is snapped once, the destinations are made ready once, then the origins are searched from a few at a time, which
//! is hardly more work than one. A place off the road fails its cells, not the matrix. Rows are handed on one by one
//! ([`each_row`]), so that who needs other numbers, as a plan does, never holds the matrix twice, and a matrix beyond memory is
//! asked for by [`Tile`]s. Never in here: a second way to find a path; the router promises that a cell is its route.

use std::ops::Range;

use geometry::Coordinate;
use routing::{Profile, Reach, Snap, Terms};

use crate::dataset::Dataset;
use crate::dataset::guide::Need;
use crate::{Budget, Engine, Error, Fault, Reason};

/// Asks for the travel from each origin to each destination.
#[derive(Clone, Debug, PartialEq)]
pub struct MatrixQuestion {
    /// Who travels.
    pub profile: Profile,
    /// With what vehicle, and what is avoided.
    pub terms: Terms,
    /// Rows.
    pub origins: Vec<Coordinate>,
    /// Columns.
    pub destinations: Vec<Coordinate>,
}

/// The matrix by rows: `rows[origin][destination]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixAnswer {
    /// One row an origin, one cell a destination.
    pub rows: Vec<Vec<Cell>>,
}

/// One pair; every travelled cell equals the route between the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The fastest way.
    Travel {
        /// Travel time, rounded once to the nearest second.
        duration_s: u64,
        /// Its length, rounded once to the nearest metre.
        distance_m: u64,
    },
    /// One of the two places is too far from any road.
    OffRoad(Side),
    /// There is no way.
    NoRoute,
}

/// Which end of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The row's place.
    Origin,
    /// The column's place.
    Destination,
}

/// A part of a matrix, by the numbers of its rows and columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Which origins.
    pub rows: Range<usize>,
    /// Which destinations.
    pub columns: Range<usize>,
}

impl Tile {
    /// Whether it has cells, all of them within a matrix of so many rows and columns.
    pub fn lies_within(&self, rows: usize, columns: usize) -> bool {
        let within = |part: &Range<usize>, all: usize| part.start < part.end && part.end <= all;
        within(&self.rows, rows) && within(&self.columns, columns)
    }
}

impl Engine {
    /// The fastest travel for every pair of `question`.
    pub fn matrix(&self, question: &MatrixQuestion, budget: &Budget) -> Result<MatrixAnswer, Error> {
        let mut rows = Vec::with_capacity(question.origins.len());
        self.matrix_rows(question, budget, &mut |row| rows.push(row.to_vec()))?;
        Ok(MatrixAnswer { rows })
    }

    /// The same handed to `sink` row by row, so that it is never in memory whole.
    pub fn matrix_rows(
        &self,
        question: &MatrixQuestion,
        budget: &Budget,
        sink: &mut dyn FnMut(&[Cell]),
    ) -> Result<(), Error> {
        self.check_matrix(question)?;
        let dataset = self.map()?;
        let who = (question.profile, &question.terms);
        let snap = |places: &[Coordinate]| self.snap_all(dataset, who, places);
        let (origins, destinations) = (snap(&question.origins), snap(&question.destinations));
        reporting(dataset, who, (&origins, &destinations), budget, sink)
    }

    /// The rows of a tile of `question`, handed to `sink` as wide as the tile: the same cells as in the whole matrix. It takes memory
    /// in proportion to the tile, and looks for places once that neighbouring tiles share.
    pub fn matrix_tile(
        &self,
        question: &MatrixQuestion,
        tile: &Tile,
        budget: &Budget,
        sink: &mut dyn FnMut(&[Cell]),
    ) -> Result<(), Error> {
        self.check_matrix(question)?;
        if !tile.lies_within(question.origins.len(), question.destinations.len()) {
            let message = format!("the tile {tile:?} does not lie within the matrix");
            return Err(Error::Invalid(vec![Fault::new("tile", Reason::OutOfRange, message)]));
        }
        let dataset = self.map()?;
        let who = (question.profile, &question.terms);
        let snap = |places: &[Coordinate]| dataset.snapped(who, places, || self.snap_all(dataset, who, places));
        let origins = snap(&question.origins[tile.rows.clone()]);
        let destinations = snap(&question.destinations[tile.columns.clone()]);
        reporting(dataset, who, (&origins, &destinations), budget, sink)
    }

    /// All faults of `question`, without asking the map. The vendors' own figures are checked by their dialects.
    pub fn check_matrix(&self, question: &MatrixQuestion) -> Result<(), Error> {
        let (rows, columns) = (question.origins.len(), question.destinations.len());
        let mut faults = Vec::new();
        for (field, found) in [("origins", rows), ("destinations", columns)] {
            if found == 0 {
                let empty = Fault::new(field, Reason::Missing, format!("{field} is empty"));
                faults.push(empty.given(0).mend("a matrix needs at least one place there"));
            }
        }
        match self.settings().limits.matrix_cells {
            Some(limit) if rows.saturating_mul(columns) > limit => {
                let cells = rows.saturating_mul(columns);
                let message = format!(
                    "{rows} origins times {columns} destinations are more than {limit} cells (limits.matrix_cells)"
                );
                faults.push(Fault::new("origins", Reason::TooMany, message).given(cells).mend("ask in parts"));
            }
            _ => {}
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
    }

    /// Each place on its road; `None` for one that is too far from any.
    pub(crate) fn snap_all(
        &self,
        dataset: &Dataset,
        (profile, terms): (Profile, &Terms),
        places: &[Coordinate],
    ) -> Vec<Option<Snap>> {
        let limit_m = self.settings().limits.snap_distance_m;
        let router = dataset.router(profile);
        places.iter().map(|&at| router.snap_under(at, limit_m, terms).ok()).collect()
    }
}

/// [`each_row`], telling the budget how far it is.
fn reporting(
    dataset: &Dataset,
    who: (Profile, &Terms),
    (origins, destinations): (&[Option<Snap>], &[Option<Snap>]),
    budget: &Budget,
    sink: &mut dyn FnMut(&[Cell]),
) -> Result<(), Error> {
    let mut done = 0;
    each_row(dataset, who, origins, destinations, budget, &mut |row| {
        sink(row);
        done += 1;
        budget.progress(done, origins.len());
    })
}

/// Hands the rows of a matrix to `sink`, in order; the budget is looked at before each few of them.
pub(crate) fn each_row(
    dataset: &Dataset,
    (profile, terms): (Profile, &Terms),
    origins: &[Option<Snap>],
    destinations: &[Option<Snap>],
    budget: &Budget,
    sink: &mut dyn FnMut(&[Cell]),
) -> Result<(), Error> {
    let columns: Vec<usize> = (0..destinations.len()).filter(|&column| destinations[column].is_some()).collect();
    let on_road: Vec<Snap> = destinations.iter().flatten().cloned().collect();
    let starts: Vec<Snap> = origins.iter().flatten().cloned().collect();
    budget.check()?;
    let guide = dataset.guide(profile, terms, Need::Cells(starts.len(), on_road.len()), budget)?;
    let mut row = vec![Cell::OffRoad(Side::Destination); destinations.len()];
    let off_road = vec![Cell::OffRoad(Side::Origin); destinations.len()];
    // The rows of origins off the road come between those that the router hands on.
    let mut waiting = origins.iter();
    let mut keep = |cells: &[Reach]| {
        waiting.by_ref().take_while(|origin| origin.is_none()).for_each(|_| sink(&off_road));
        for (&column, reach) in columns.iter().zip(cells) {
            row[column] = reach.travel().map_or(Cell::NoRoute, |travel| Cell::Travel {
                duration_s: travel.duration_s(),
                distance_m: travel.distance_m(),
            });
        }
        sink(&row);
    };
    let is_spent = || budget.is_spent();
    let found = dataset.with_scratch(|scratch| guide.rows(scratch, (&starts, &on_road), &is_spent, &mut keep));
    found.map_err(|_| budget.why_spent())?;
    waiting.for_each(|_| sink(&off_road));
    Ok(())
}
