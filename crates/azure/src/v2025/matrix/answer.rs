//! The way out: a flat list of cells, row by row, written straight from the neutral answer. Times are in the offset of the
//! one that was asked for.

use engine::{Cell, MatrixAnswer, Side};
use geometry::{Coordinate, EARTH_RADIUS_M, haversine_m};
use serde::ser::{Serialize, Serializer};

use super::request::Asked;
use crate::error::{self, ErrorDetail, Refused};
use crate::time::Moment;
use crate::version::Version;

/// The side of the square that both places of a pair must fit into, where it matters.
const REGION_M: f64 = 400_000.0;

impl Asked {
    /// The wire form of the answer to this question.
    pub(super) fn answer<'a>(&'a self, answer: &'a MatrixAnswer) -> Matrix<'a> {
        let mut summary = Summary { successful_count: 0, total_count: 0 };
        for (row, cells) in answer.rows.iter().enumerate() {
            summary.total_count += cells.len();
            let travelled = |(column, cell): &(usize, &Cell)| {
                matches!(cell, Cell::Travel { .. }) && !self.is_out_of_region(row, *column)
            };
            summary.successful_count += cells.iter().enumerate().filter(travelled).count();
        }
        Matrix {
            kind: "RouteMatrix",
            feature: "Feature",
            geometry: (),
            properties: MatrixProperties { summary, matrix: Cells { asked: self, answer } },
        }
    }

    fn is_out_of_region(&self, row: usize, column: usize) -> bool {
        !self.is_plain && !fits_region(self.question.origins[row], self.question.destinations[column])
    }

    fn cell(&self, row: usize, column: usize, cell: Cell) -> WireCell {
        let refused = |message| WireCell::refused(row, column, Refused::new(400, "BadRequest", message));
        if self.is_out_of_region(row, column) {
            let message = "The origin and the destination do not fit into one square of 400 km by 400 km.";
            return WireCell::refused(row, column, Refused::new(400, "OUT_OF_REGION", message));
        }
        match cell {
            Cell::Travel { duration_s, distance_m } => {
                WireCell::travelled(row, column, distance_m, duration_s, self.when.ends(duration_s))
            }
            Cell::OffRoad(Side::Origin) => refused(error::off_road("Origin", self.question.origins[row])),
            Cell::OffRoad(Side::Destination) => {
                refused(error::off_road("Destination", self.question.destinations[column]))
            }
            Cell::NoRoute => refused(error::no_route_text()),
        }
    }
}

/// Whether two places fit into one square of [`REGION_M`] that lies along the parallels and meridians.
fn fits_region(a: Coordinate, b: Coordinate) -> bool {
    let north_south = haversine_m(a, Coordinate { lon_e7: a.lon_e7, ..b }, EARTH_RADIUS_M);
    // Parallels are longest towards the equator, so the place nearer to it decides.
    let lat_e7 = if a.lat_e7.unsigned_abs() < b.lat_e7.unsigned_abs() { a.lat_e7 } else { b.lat_e7 };
    let east_west = haversine_m(Coordinate { lat_e7, ..a }, Coordinate { lat_e7, ..b }, EARTH_RADIUS_M);
    north_south <= REGION_M && east_west <= REGION_M
}

/// The wire form of an answer.
#[derive(serde::Serialize)]
pub(super) struct Matrix<'a> {
    kind: &'static str,
    #[serde(rename = "type")]
    feature: &'static str,
    geometry: (),
    properties: MatrixProperties<'a>,
}

#[derive(serde::Serialize)]
struct MatrixProperties<'a> {
    summary: Summary,
    matrix: Cells<'a>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    successful_count: usize,
    total_count: usize,
}

/// All cells, row by row.
struct Cells<'a> {
    asked: &'a Asked,
    answer: &'a MatrixAnswer,
}

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.answer.rows.iter().enumerate();
        serializer.collect_seq(rows.flat_map(|(row, cells)| {
            cells.iter().enumerate().map(move |(column, cell)| self.asked.cell(row, column, *cell))
        }))
    }
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct WireCell {
    origin_index: usize,
    destination_index: usize,
    status_code: u16,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(serde::Serialize)]
#[serde(untagged)]
enum Outcome {
    #[serde(rename_all = "camelCase")]
    Travelled {
        distance_in_meters: f64,
        duration_in_seconds: u64,
        duration_traffic_in_seconds: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        departure_at: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        arrival_at: Option<String>,
    },
    Refused {
        error: ErrorDetail,
    },
}

impl WireCell {
    fn travelled(row: usize, column: usize, distance_m: u64, duration_s: u64, ends: Option<(Moment, Moment)>) -> Self {
        let outcome = Outcome::Travelled {
            distance_in_meters: distance_m as f64,
            duration_in_seconds: duration_s,
            duration_traffic_in_seconds: duration_s,
            departure_at: ends.map(|(start, _)| start.with_offset()),
            arrival_at: ends.map(|(_, end)| end.with_offset()),
        };
        Self { origin_index: row, destination_index: column, status_code: 200, outcome }
    }

    fn refused(row: usize, column: usize, refused: Refused) -> Self {
        let status_code = refused.status();
        let outcome = Outcome::Refused { error: refused.detail(Version::V2025) };
        Self { origin_index: row, destination_index: column, status_code, outcome }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_400_km_along_parallels_and_meridians() {
        let at = |lat, lon| Coordinate::from_degrees(lat, lon).unwrap();
        for (a, b, fits) in [
            (at(47.0, -122.0), at(50.5, -122.0), true),
            (at(47.0, -122.0), at(50.7, -122.0), false),
            (at(60.0, 10.0), at(60.0, 17.0), true),
            (at(60.0, 10.0), at(60.0, 17.3), false),
            (at(0.0, 10.0), at(0.0, 14.0), false),
            (at(-17.0, 179.5), at(-17.0, -179.5), true),
        ] {
            assert_eq!((fits_region(a, b), fits_region(b, a)), (fits, fits), "{a:?} {b:?}");
        }
    }
}
