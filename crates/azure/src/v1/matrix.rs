//! All pairs of some origins and destinations: `POST /route/matrix/json` (answered later, at most 700 cells, or at once when
//! `waitForResults` is set and the time suffices) and `POST /route/matrix/sync/json` (at most 100 cells).
//!
//! A cell that has no way carries its error, and the matrix succeeds. Rows go straight from the neutral answer to text.

use std::time::Duration;

use engine::{Budget, Cell, Engine, Error, MatrixAnswer, MatrixQuestion, Settings, Side, time_zone};
use geometry::Coordinate;
use jiff::tz::TimeZone;
use serde::ser::{Serialize, Serializer};
use wire::{Failure, Found, LongQuestion, Poll, Request, Response};

use super::directions::json_only;
use super::location::LongCall;
use super::parameters::{check_matrix, who};
use super::summary::{Summary, When, ends, wants_all_times};
use crate::body;
use crate::error::{self, ErrorBody, Refused};
use crate::geojson::MultiPoint;
use crate::headers::naming_ignored;
use crate::query::Query;
use crate::rule::flag;
use crate::version::Version;

/// Azure's figure for the matrix that is answered later.
const ASYNC_CELLS: usize = 700;

/// Azure's figure for the matrix that is answered at once.
const SYNC_CELLS: usize = 100;

/// How long `waitForResults` waits.
const PATIENCE: Duration = Duration::from_mins(2);

/// What every answer says of its own form, as recorded from the live service.
const FORMAT_VERSION: &str = "0.0.1";

/// `POST /route/matrix/{format}`
pub(crate) static ASYNC: LongQuestion = LongQuestion {
    kind: "azure.matrix",
    check,
    accepted: |request, view| naming_ignored(CALL.pending(request, view), &ignored(request)),
    run,
    wait: |request| if flag(&Query::of(request), "waitForResults") { PATIENCE } else { Duration::ZERO },
    parts: &[],
    import: None,
    poll: &POLL,
};

/// `GET /route/matrix/{id}`
pub(crate) static POLL: Poll = Poll { id: |request| CALL.id(request), kinds: &["azure.matrix"], render };

const CALL: LongCall = LongCall { path: "/route/matrix/", pending_body: "" };

fn render(request: &Request, found: &Found) -> Response {
    CALL.poll(request, found)
}

fn check(engine: &Engine, request: &Request) -> Result<(), Response> {
    let checked = parse(request).and_then(|asked| {
        within(&asked.question, engine.settings(), ASYNC_CELLS, "split the matrix")?;
        engine.dataset().map(|_| ()).ok_or_else(|| Refused::of_engine(&Error::NoDataset, 0))
    });
    checked.map_err(|refused| refused.respond(Version::V1))
}

fn run(engine: &Engine, request: &Request, budget: &Budget) -> Result<Vec<u8>, Failure> {
    let asked = parse(request).map_err(Refused::failure)?;
    let answer = engine.matrix(&asked.question, budget).map_err(|error| error::failure(&error))?;
    Ok(error::bytes(&asked.answer(&answer)))
}

/// `POST /route/matrix/sync/{format}`
pub(crate) fn sync(engine: &Engine, request: &Request, budget: &Budget) -> Response {
    let answered = parse(request).and_then(|asked| {
        let remedy = "use the asynchronous call, POST /route/matrix/json, for more";
        within(&asked.question, engine.settings(), SYNC_CELLS, remedy)?;
        let answer = engine.matrix(&asked.question, budget).map_err(|error| Refused::of_engine(&error, 0))?;
        Ok(naming_ignored(error::json(200, &asked.answer(&answer)), &asked.ignored))
    });
    answered.unwrap_or_else(|refused| refused.respond(Version::V1))
}

/// One matrix asked for.
struct Asked {
    question: MatrixQuestion,
    ignored: Vec<String>,
    when: When,
    all_times: bool,
}

#[derive(serde::Deserialize)]
struct MatrixRequest {
    origins: MultiPoint,
    destinations: MultiPoint,
}

fn parse(request: &Request) -> Result<Asked, Refused> {
    json_only(request)?;
    let query = Query::of(request);
    let mut ignored = check_matrix(&query)?;
    let (profile, mut terms) = who(&query, &mut ignored)?;
    let MatrixRequest { origins, destinations } = body::parse(&request.body)?;
    let (origins, destinations) = (origins.places("origins")?, destinations.places("destinations")?);
    // One moment is asked for, so the first places stand for all.
    let when = When::parse(&query, request.received_ms, [origins[0], destinations[0]])?;
    terms.time = when.local_departure(origins[0]);
    let question = MatrixQuestion { profile, terms, origins, destinations };
    Ok(Asked { question, ignored, when, all_times: wants_all_times(&query) })
}

/// Refuses a matrix with more cells than the call may have.
fn within(question: &MatrixQuestion, settings: &Settings, vendor_limit: usize, remedy: &str) -> Result<(), Refused> {
    let (origins, destinations) = (question.origins.len(), question.destinations.len());
    let cells = origins.saturating_mul(destinations);
    let limit = settings.limits.matrix_cells.unwrap_or(vendor_limit);
    if cells <= limit {
        return Ok(());
    }
    Err(Refused::bad(
        "destinations",
        format!(
            "{origins} origins and {destinations} destinations make {cells} cells, the limit is {limit} \
             (limits.matrix_cells); {remedy}."
        ),
    ))
}

/// Names of parameters that do not change the answer. A request that was checked before.
fn ignored(request: &Request) -> Vec<String> {
    let query = Query::of(request);
    let mut ignored = check_matrix(&query).unwrap_or_default();
    // The parameters were checked before; this only names what is ignored.
    let _ = who(&query, &mut ignored);
    ignored
}

impl Asked {
    /// The wire form of the answer to this question.
    fn answer<'a>(&'a self, answer: &'a MatrixAnswer) -> Matrix<'a> {
        let is_travel = |cell: &&Cell| matches!(cell, Cell::Travel { .. });
        Matrix {
            format_version: FORMAT_VERSION,
            rows: Rows { asked: self, answer, zones: self.zones() },
            summary: MatrixSummary {
                successful_routes: answer.rows.iter().flatten().filter(is_travel).count(),
                total_routes: answer.rows.iter().map(Vec::len).sum(),
            },
        }
    }

    /// Those of the origins and those of the destinations.
    fn zones(&self) -> [Vec<TimeZone>; 2] {
        [&self.question.origins, &self.question.destinations]
            .map(|places| places.iter().map(|&at| time_zone(at)).collect())
    }

    fn cell(
        &self,
        (row, column): (usize, usize),
        cell: Cell,
        [origins, destinations]: &[Vec<TimeZone>; 2],
    ) -> WireCell {
        match cell {
            Cell::Travel { duration_s, distance_m } => {
                let zones = [&origins[row], &destinations[column]];
                let ends = ends(self.when.departure(duration_s), duration_s, zones);
                let route_summary = Summary::new(distance_m, duration_s, ends, self.all_times);
                WireCell { status_code: 200, response: CellResponse::Travel { route_summary } }
            }
            Cell::OffRoad(Side::Origin) => refused("Origin", self.question.origins[row]),
            Cell::OffRoad(Side::Destination) => refused("Destination", self.question.destinations[column]),
            Cell::NoRoute => without_way(error::no_route_text()),
        }
    }
}

fn refused(name: &str, at: Coordinate) -> WireCell {
    without_way(error::off_road(name, at))
}

fn without_way(message: String) -> WireCell {
    let refused = Refused::new(400, "BadRequest", message);
    WireCell { status_code: refused.status(), response: CellResponse::Error(refused.body(Version::V1)) }
}

/// The wire form of an answer.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Matrix<'a> {
    format_version: &'static str,
    #[serde(rename = "matrix")]
    rows: Rows<'a>,
    summary: MatrixSummary,
}

/// All rows.
struct Rows<'a> {
    asked: &'a Asked,
    answer: &'a MatrixAnswer,
    /// Of the origins and of the destinations.
    zones: [Vec<TimeZone>; 2],
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.answer.rows.iter().enumerate().map(|(index, cells)| Row {
            rows: self,
            index,
            cells,
        }))
    }
}

/// One row: an origin's ways to all destinations.
struct Row<'a> {
    rows: &'a Rows<'a>,
    index: usize,
    cells: &'a [Cell],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Rows { asked, zones, .. } = self.rows;
        let cells = self.cells.iter().enumerate();
        serializer.collect_seq(cells.map(|(column, cell)| asked.cell((self.index, column), *cell, zones)))
    }
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct WireCell {
    status_code: u16,
    response: CellResponse,
}

#[derive(serde::Serialize)]
#[serde(untagged)]
enum CellResponse {
    #[serde(rename_all = "camelCase")]
    Travel {
        route_summary: Summary,
    },
    Error(ErrorBody),
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct MatrixSummary {
    successful_routes: usize,
    total_routes: usize,
}

#[cfg(test)]
mod tests {
    use wire::Method;

    use super::*;
    use crate::headers::tests::get;

    fn post(query: &str, body: &str) -> Request {
        Request { method: Method::Post, body: body.into(), ..get("/route/matrix/json", query) }
    }

    const BODY: &str = r#"{"origins":{"type":"MultiPoint","coordinates":[[4.85106,52.36006],[4.85056,52.36187]]},
        "destinations":{"type":"MultiPoint","coordinates":[[4.85003,52.36241],[13.42937,52.50931]]}}"#;

    #[test]
    fn the_documented_example_is_two_by_two() {
        let asked = parse(&post("api-version=1.0&routeType=fastest", BODY)).unwrap();
        assert_eq!((asked.question.origins.len(), asked.question.destinations.len()), (2, 2));
        assert_eq!(asked.question.destinations[1], Coordinate::from_degrees(52.50931, 13.42937).unwrap());
        assert_eq!((asked.ignored, asked.all_times), (Vec::<String>::new(), false));
    }

    #[test]
    fn the_ceiling_is_on_cells() {
        let question = parse(&post("", BODY)).unwrap().question;
        let mut settings = Settings::default();
        assert_eq!(within(&question, &settings, 4, "split it"), Ok(()));
        assert!(within(&question, &settings, 3, "split it").is_err());
        settings.limits.matrix_cells = Some(4);
        assert_eq!(within(&question, &settings, 3, "split it"), Ok(()), "the setting wins");
    }

    #[test]
    fn only_those_who_ask_wait() {
        assert_eq!((ASYNC.wait)(&post("waitForResults=True", "")), PATIENCE);
        assert_eq!((ASYNC.wait)(&post("waitForResults=false", "")), Duration::ZERO);
        assert_eq!((ASYNC.wait)(&post("", "")), Duration::ZERO);
    }

    #[test]
    fn bodies_without_places_are_refused() {
        for body in [
            "",
            "{}",
            r#"{"origins":{"coordinates":[[1,1]]}}"#,
            r#"{"origins":{"coordinates":[[1,1]]},"destinations":{"coordinates":[]}}"#,
            r#"{"origins":{"coordinates":[[1,1]]},"destinations":null}"#,
            r#"{"origins":{"coordinates":[["1",1]]},"destinations":{"coordinates":[[1,1]]}}"#,
        ] {
            assert!(parse(&post("api-version=1.0", body)).is_err(), "{body}");
        }
    }

    #[test]
    fn one_moment_is_labelled_at_each_place_and_judged_at_the_first() {
        const BORDER: &str = r#"{"origins":{"type":"MultiPoint","coordinates":[[-8.64,42.05],[-8.64,42.02]]},
            "destinations":{"type":"MultiPoint","coordinates":[[-8.64,42.02],[-8.64,42.05]]}}"#;
        let asked = |when: &str| parse(&post(&format!("api-version=1.0&{when}"), BORDER)).unwrap();
        let travel = Cell::Travel { duration_s: 600, distance_m: 1 };
        let answer = MatrixAnswer { rows: vec![vec![travel; 2]; 2] };
        let labels = |when: &str, name: &str| {
            let matrix = serde_json::to_value(asked(when).answer(&answer)).unwrap()["matrix"].take();
            let label = |row: usize, column: usize| {
                let summary = &matrix[row][column]["response"]["routeSummary"];
                summary[name].as_str().unwrap()["2030-06-15T".len()..].to_owned()
            };
            [label(0, 0), label(0, 1), label(1, 0), label(1, 1)]
        };
        let (tui, valenca) = ("08:00:00+02:00", "07:00:00+01:00");
        assert_eq!(labels("departAt=2030-06-15T08:00:00", "departureTime"), [tui, tui, valenca, valenca]);
        let (valenca, tui) = ("08:00:00+01:00", "09:00:00+02:00");
        assert_eq!(labels("arriveAt=2030-06-15T08:00:00", "arrivalTime"), [valenca, tui, valenca, tui]);
        let eight = engine::LocalTime::from_minutes(22_080 * 1440 + 480);
        let time = |when: &str| asked(when).question.terms.time;
        assert_eq!([time("departAt=2030-06-15T08:00:00"), time("departAt=2030-06-15T06:00:00Z")], [eight; 2]);
        assert_eq!([time(""), time("arriveAt=2030-06-15T08:00:00")], [None; 2]);
    }

    #[test]
    fn the_answer_on_the_wire() {
        let asked = parse(&post("api-version=1.0", BODY)).unwrap();
        let answer = MatrixAnswer {
            rows: vec![
                vec![Cell::Travel { duration_s: 61, distance_m: 900 }, Cell::NoRoute],
                vec![Cell::OffRoad(Side::Origin), Cell::OffRoad(Side::Destination)],
            ],
        };
        insta::assert_snapshot!(serde_json::to_string_pretty(&asked.answer(&answer)).unwrap());
    }
}
