//! Travel between every origin and every destination.

use geometry::Coordinate;
use routing::Profile;

use crate::{Budget, Engine, Error};

/// Asks for the travel from each origin to each destination.
#[derive(Clone, Debug, PartialEq)]
pub struct MatrixQuestion {
    /// Who travels.
    pub profile: Profile,
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
