//! Travel between every origin and every destination.
//!
//! Each place is snapped once, the destinations are made ready once, then the origins are searched from a few at a time, which
//! is hardly more work than one. A place off the road fails its cells, not the matrix. Rows are handed on one by one
//! ([`each_row`]), so that who needs other numbers, as a plan does, never holds the matrix twice. Never in here: a second way
//! to find a path; the router promises that a cell is its route.

use geometry::Coordinate;
use routing::{Profile, Reach, Snap, Terms, Travel};

use crate::dataset::Dataset;
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

impl Engine {
    /// The fastest travel for every pair of `question`.
    pub fn matrix(&self, question: &MatrixQuestion, budget: &Budget) -> Result<MatrixAnswer, Error> {
        self.check_matrix(question)?;
        let dataset = self.map()?;
        let who = (question.profile, &question.terms);
        let snap = |places: &[Coordinate]| self.snap_all(dataset, who, places);
        let (origins, destinations) = (snap(&question.origins), snap(&question.destinations));
        let mut rows = Vec::with_capacity(origins.len());
        each_row(dataset, who, &origins, &destinations, budget, &mut |row| {
            rows.push(row.to_vec());
            budget.progress(rows.len(), origins.len());
        })?;
        Ok(MatrixAnswer { rows })
    }

    /// All faults of `question`, without asking the map. The vendors' own figures are checked by their dialects.
    pub fn check_matrix(&self, question: &MatrixQuestion) -> Result<(), Error> {
        let (rows, columns) = (question.origins.len(), question.destinations.len());
        let mut faults = Vec::new();
        for (field, found) in [("origins", rows), ("destinations", columns)] {
            if found == 0 {
                faults.push(Fault::new(
                    field,
                    Reason::Missing,
                    format!("{field} is empty: a matrix needs at least one place there"),
                ));
            }
        }
        match self.settings().limits.matrix_cells {
            Some(limit) if rows.saturating_mul(columns) > limit => faults.push(Fault::new(
                "origins",
                Reason::TooMany,
                format!("{rows} origins times {columns} destinations are more than {limit} cells (limits.matrix_cells): ask in parts"),
            )),
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

/// Hands the rows of a matrix to `sink`, in order; the budget is looked at before each few of them.
pub(crate) fn each_row(
    dataset: &Dataset,
    (profile, terms): (Profile, &Terms),
    origins: &[Option<Snap>],
    destinations: &[Option<Snap>],
    budget: &Budget,
    sink: &mut dyn FnMut(&[Cell]),
) -> Result<(), Error> {
    let router = &*dataset.router(profile);
    let columns: Vec<usize> = (0..destinations.len()).filter(|&column| destinations[column].is_some()).collect();
    let on_road: Vec<Snap> = destinations.iter().flatten().cloned().collect();
    let starts: Vec<Snap> = origins.iter().flatten().cloned().collect();
    budget.check()?;
    let mut row = vec![Cell::OffRoad(Side::Destination); destinations.len()];
    let off_road = vec![Cell::OffRoad(Side::Origin); destinations.len()];
    // The rows of origins off the road come between those that the router hands on.
    let mut waiting = origins.iter();
    let mut keep = |cells: &mut dyn Iterator<Item = Option<Travel>>| {
        waiting.by_ref().take_while(|origin| origin.is_none()).for_each(|_| sink(&off_road));
        for (&column, travel) in columns.iter().zip(cells) {
            row[column] = travel.map_or(Cell::NoRoute, |travel| Cell::Travel {
                duration_s: travel.duration_s(),
                distance_m: travel.distance_m(),
            });
        }
        sink(&row);
    };
    let is_spent = || budget.is_spent();
    let found = dataset.with_scratch(|scratch| {
        if terms.is_empty() {
            let targets = router.targets(&on_road);
            let mut keep = |_, cells: &[Reach]| keep(&mut cells.iter().map(|reach| reach.travel()));
            return router.rows(scratch, &starts, &targets, &is_spent, &mut keep);
        }
        for start in &starts {
            keep(&mut router.one_to_many_under(scratch, start, &on_road, terms, &is_spent)?.into_iter());
        }
        Ok(())
    });
    found.map_err(|_| budget.why_spent())?;
    waiting.for_each(|_| sink(&off_road));
    Ok(())
}
