//! `POST /route/matrix:async`: a large matrix, answered later.
//!
//! The request is a GeoJSON collection of two features, origins and destinations in either order. Sizes come in two classes:
//! up to 50,000 cells when nothing but the pairs is asked for, else up to 2,500, and then a pair whose places do not fit into
//! one square of 400 km is `OUT_OF_REGION`. The answer is a flat list of cells, row by row, written straight from the neutral
//! answer. Times are in the offset of the one that was asked for.

use std::time::Duration;

use engine::{Budget, Cell, Engine, Error, MatrixAnswer, MatrixQuestion, Profile, Settings, Side};
use geometry::{Coordinate, EARTH_RADIUS_M, haversine_m};
use serde::Deserialize;
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};
use wire::{Failure, LongQuestion, Request, Response};

use super::operation;
use crate::body;
use crate::error::{self, ErrorDetail, Refused};
use crate::geojson::MultiPoint;
use crate::headers::naming_ignored;
use crate::query::Query;
use crate::rule::{self, one_of};
use crate::time::Moment;
use crate::version::Version;

/// `POST /route/matrix:async`
pub(crate) static ASYNC: LongQuestion = LongQuestion {
    kind: "azure.matrix2025",
    check,
    accepted: |request, view| naming_ignored(operation::accepted(request, view), &ignored(request)),
    run,
    wait: |_| Duration::ZERO,
    poll: &operation::STATUS,
};

/// The side of the square that both places of a pair must fit into, where it matters.
const REGION_M: f64 = 400_000.0;

/// How many cells, origins and destinations a request may have.
struct SizeClass {
    cells: usize,
    side: usize,
}

/// Without a time, by the fastest way.
const PLAIN: SizeClass = SizeClass { cells: 50_000, side: 10_000 };

/// With a time, or with other wishes.
const SPECIAL: SizeClass = SizeClass { cells: 2500, side: 1000 };

fn check(engine: &Engine, request: &Request) -> Result<(), Response> {
    let checked = Asked::parse(request).and_then(|asked| {
        asked.within(engine.settings())?;
        engine.dataset().map(|_| ()).ok_or_else(|| Refused::of_engine(&Error::NoDataset, 0))
    });
    checked.map_err(|refused| refused.respond(Version::V2025))
}

fn run(engine: &Engine, request: &Request, budget: &Budget) -> Result<Vec<u8>, Failure> {
    let asked = Asked::parse(request).map_err(Refused::failure)?;
    let answer = engine.matrix(&asked.question, budget).map_err(|error| error::failure(&error))?;
    Ok(error::bytes(&asked.answer(&answer)))
}

/// Names of members and parameters that do not change the answer. A request that was checked before.
fn ignored(request: &Request) -> Vec<String> {
    let mut names = rule::check(&Query::of(request), &[]).unwrap_or_default();
    if body::parse::<MatrixRequest>(&request.body).is_ok_and(|body| body.wants_live_traffic()) {
        rule::remember(&mut names, "traffic");
    }
    names
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MatrixRequest {
    #[serde(rename = "type")]
    kind: String,
    features: Vec<Feature>,
    depart_at: Option<String>,
    arrive_at: Option<String>,
    travel_mode: Option<String>,
    optimize_route: Option<String>,
    traffic: Option<String>,
    avoid: Option<Vec<String>>,
    vehicle_spec: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Feature {
    #[serde(rename = "type")]
    kind: String,
    geometry: MultiPoint,
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    point_type: String,
}

/// When the journeys take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// At no time in particular.
    Any,
    Depart(Moment),
    Arrive(Moment),
}

/// One matrix asked for.
struct Asked {
    question: MatrixQuestion,
    when: When,
    /// Whether nothing but the pairs is asked for.
    is_plain: bool,
}

impl Asked {
    fn parse(request: &Request) -> Result<Self, Refused> {
        let body: MatrixRequest = body::parse(&request.body)?;
        let when = When::parse(&body, request.received_ms)?;
        body.check_wishes(when)?;
        let is_plain = when == When::Any && !body.wants_live_traffic();
        let (origins, destinations) = body.places()?;
        Ok(Self { question: MatrixQuestion { profile: Profile::Car, origins, destinations }, when, is_plain })
    }

    /// Refuses what fits into no size class.
    fn within(&self, settings: &Settings) -> Result<(), Refused> {
        let (origins, destinations) = (self.question.origins.len(), self.question.destinations.len());
        let cells = origins.saturating_mul(destinations);
        let class = if self.is_plain { PLAIN } else { SPECIAL };
        let limit = settings.limits.matrix_cells.unwrap_or(class.cells);
        let side = settings.limits.matrix_cells.unwrap_or(class.side);
        if cells <= limit && origins <= side && destinations <= side {
            return Ok(());
        }
        let remedy = if self.is_plain { "split the matrix" } else { "split the matrix, or ask without a time" };
        Err(Refused::bad(
            "features",
            format!(
                "{origins} origins and {destinations} destinations make {cells} cells; the limit is {limit} cells with at \
                 most {side} places on a side (limits.matrix_cells); {remedy}."
            ),
        ))
    }

    /// The wire form of the answer to this question.
    fn answer<'a>(&'a self, answer: &'a MatrixAnswer) -> Matrix<'a> {
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

impl When {
    fn parse(body: &MatrixRequest, received_ms: i64) -> Result<Self, Refused> {
        let set = |text: &Option<String>| text.clone().filter(|text| !text.eq_ignore_ascii_case("any"));
        match (set(&body.depart_at), set(&body.arrive_at)) {
            (Some(_), Some(_)) => {
                Err(Refused::bad("arriveAt", "departAt and arriveAt cannot be used together; give one of them."))
            }
            (None, None) => Ok(Self::Any),
            (Some(text), None) if text.eq_ignore_ascii_case("now") => {
                Ok(Self::Depart(Moment::utc_from_ms(received_ms)))
            }
            (Some(text), None) => Ok(Self::Depart(moment("departAt", &text)?)),
            (None, Some(text)) => Ok(Self::Arrive(moment("arriveAt", &text)?)),
        }
    }

    /// When a journey of `duration_s` seconds starts and ends, if that was asked for.
    fn ends(self, duration_s: u64) -> Option<(Moment, Moment)> {
        let travel_s = i64::try_from(duration_s).unwrap_or(i64::MAX);
        match self {
            Self::Any => None,
            Self::Depart(start) => Some((start, start.plus(travel_s))),
            Self::Arrive(end) => Some((end.plus(-travel_s), end)),
        }
    }
}

fn moment(name: &str, text: &str) -> Result<Moment, Refused> {
    Moment::parse(text).ok_or_else(|| {
        Refused::bad(
            name,
            format!("{name} should be any or a date-time like 2030-01-31T08:00:00+01:00, it is '{text}'."),
        )
    })
}

impl MatrixRequest {
    fn wants_live_traffic(&self) -> bool {
        self.traffic.as_deref().is_some_and(|traffic| traffic.eq_ignore_ascii_case("live"))
    }

    /// Refuses what is unknown, contradictory, or not served yet.
    fn check_wishes(&self, when: When) -> Result<(), Refused> {
        served(
            "travelMode",
            self.travel_mode.as_deref(),
            &["driving", "truck", "walking"],
            "this server routes cars only",
        )?;
        served("optimizeRoute", self.optimize_route.as_deref(), &["fastest", "shortest"], "ask for the fastest way")?;
        one_of("traffic", self.traffic.as_deref().unwrap_or("historical"), &["historical", "live"])?;
        if self.wants_live_traffic() && when == When::Any {
            return Err(Refused::bad("traffic", "traffic=live needs a time; give departAt or arriveAt."));
        }
        if let Some(road) = self.avoid.iter().flatten().next() {
            one_of("avoid", road, &["tollRoads", "unpavedRoads"])?;
            return Err(Refused::not_yet("avoid", &format!("avoid={road}"), "this server avoids nothing yet"));
        }
        let spec = self.vehicle_spec.iter().flatten().find(|(_, value)| !is_nothing(value));
        spec.map_or(Ok(()), |(name, value)| {
            let why = "this server does not yet know vehicles that have limits of their own";
            Err(Refused::not_yet(format!("vehicleSpec.{name}"), &format!("vehicleSpec.{name}={value}"), why))
        })
    }

    /// The origins and the destinations, whichever comes first.
    fn places(&self) -> Result<(Vec<Coordinate>, Vec<Coordinate>), Refused> {
        constant("type", &self.kind, "FeatureCollection")?;
        let [first, second] = self.features.as_slice() else {
            let count = self.features.len();
            return Err(Refused::bad(
                "features",
                format!("features should hold exactly 2 features, it holds {count}."),
            ));
        };
        match (first.point_type(0)?, second.point_type(1)?) {
            (PointType::Origins, PointType::Destinations) => Ok((first.places(0)?, second.places(1)?)),
            (PointType::Destinations, PointType::Origins) => Ok((second.places(1)?, first.places(0)?)),
            _ => Err(Refused::bad(
                "features[1].properties.pointType",
                "Both features have the same pointType; one should be origins, the other destinations.",
            )),
        }
    }
}

/// What the places of a feature are.
enum PointType {
    Origins,
    Destinations,
}

impl Feature {
    fn point_type(&self, index: usize) -> Result<PointType, Refused> {
        constant(&format!("features[{index}].type"), &self.kind, "Feature")?;
        match self.properties.point_type.as_str() {
            "origins" => Ok(PointType::Origins),
            "destinations" => Ok(PointType::Destinations),
            other => Err(Refused::bad(
                format!("features[{index}].properties.pointType"),
                format!("pointType should be origins or destinations, it is '{other}'."),
            )),
        }
    }

    fn places(&self, index: usize) -> Result<Vec<Coordinate>, Refused> {
        self.geometry.places(&format!("features[{index}].geometry"))
    }
}

fn constant(name: &str, value: &str, expected: &str) -> Result<(), Refused> {
    if value == expected {
        return Ok(());
    }
    Err(Refused::bad(name, format!("{name} should be {expected}, it is '{value}'.")))
}

/// Refuses a word that is unknown, and a known one that is not the first, which is what is served.
fn served(name: &str, value: Option<&str>, words: &[&str], why: &str) -> Result<(), Refused> {
    let value = value.unwrap_or(words[0]);
    one_of(name, value, words)?;
    if value.eq_ignore_ascii_case(words[0]) {
        return Ok(());
    }
    Err(Refused::not_yet(name, &format!("{name}={value}"), why))
}

/// Whether a member of `vehicleSpec` says nothing: zero and `false` are its defaults.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(values) => values.is_empty(),
        _ => false,
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
struct Matrix<'a> {
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
    use wire::Method;

    use super::*;
    use crate::headers::tests::get;

    fn parse(body: &str) -> Asked {
        let path = "/route/matrix:async";
        let request = Request { method: Method::Post, body: body.into(), ..get(path, "api-version=2025-01-01") };
        Asked::parse(&request).unwrap()
    }

    const BODY: &str = r#"{"type":"FeatureCollection","departAt":"2030-01-01T08:00:00-08:00","features":[
        {"type":"Feature","geometry":{"type":"MultiPoint","coordinates":[[-122.132,47.644],[2.32,48.86]]},"properties":{"pointType":"destinations"}},
        {"type":"Feature","geometry":{"type":"MultiPoint","coordinates":[[-122.122,47.674]]},"properties":{"pointType":"origins"}}]}"#;

    #[test]
    fn the_answer_on_the_wire() {
        let asked = parse(BODY);
        let travel = Cell::Travel { duration_s: 61, distance_m: 900 };
        let answer = MatrixAnswer { rows: vec![vec![travel, Cell::NoRoute]] };
        insta::assert_snapshot!(serde_json::to_string_pretty(&asked.answer(&answer)).unwrap());
    }

    #[test]
    fn live_traffic_takes_a_request_out_of_the_plain_class_and_is_named() {
        assert!(parse(&BODY.replace("2030-01-01T08:00:00-08:00", "any")).is_plain);
        let live = BODY.replacen('{', r#"{"traffic":"live","#, 1);
        assert!(!parse(&live).is_plain);
        let request = Request { body: live.into(), ..get("/route/matrix:async", "api-version=2025-01-01&y=1") };
        assert_eq!(ignored(&request), ["y", "traffic"]);
    }

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
