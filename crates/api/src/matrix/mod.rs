//! `POST /api/v1/matrix`: durations and distances between all pairs, at once or as an operation; `null` where there is no way.
//!
//! As an operation it may be as large as the machine bears: it is then computed in [`bands`].

mod bands;
mod tiles;

use engine::{Budget, Cell, Engine, Error, Fault, MatrixAnswer, MatrixQuestion, Reason};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};
use wire::{Failure, LongQuestion, Request, Response};

use crate::body::{self, Position};
use crate::operation;
use crate::prefer::Preference;
use crate::problem::{JSON, Problem, json};
use crate::terms::{AskedVehicle, departure, terms};

/// The matrix as an operation.
pub(crate) static LATER: LongQuestion = LongQuestion {
    kind: "api.matrix",
    check,
    accepted: operation::accepted,
    run,
    wait: |request| Preference::of(request).wait,
    parts: &[&bands::BANDS, &tiles::TILES],
    import: None,
    poll: &operation::RESULT,
};

/// The most cells of an answer at once where `limits.matrix_cells` is not set: some hundred megabytes while it is written.
const MOST_AT_ONCE: usize = 4_000_000;

/// The most cells of an operation then: some twenty gigabytes on disk, the most that the setting itself can say.
const MOST_LATER: usize = 1_000_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    profile: Option<String>,
    origins: Vec<Position>,
    destinations: Vec<Position>,
    #[serde(rename = "departAt")]
    depart_at: Option<String>,
    vehicle: Option<AskedVehicle>,
    avoid: Option<Vec<String>>,
    minimize: Option<Vec<String>>,
    #[serde(rename = "avoidAreas")]
    avoid_areas: Option<Vec<[f64; 4]>>,
}

/// Rows of seconds and rows of metres.
#[derive(Serialize)]
struct Answered<'a> {
    durations: Rows<'a>,
    distances: Rows<'a>,
}

/// One figure of every cell, written row by row without a copy.
struct Rows<'a> {
    rows: &'a [Vec<Cell>],
    figure: Figure,
}

/// What is told of a cell; nothing where there is no way.
type Figure = fn(&Cell) -> Option<u64>;

const SECONDS: Figure = |cell| travel(cell).map(|(duration_s, _)| duration_s);
const METRES: Figure = |cell| travel(cell).map(|(_, distance_m)| distance_m);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written = serializer.serialize_seq(Some(self.rows.len()))?;
        for row in self.rows {
            written.serialize_element(&Row { cells: row, figure: self.figure })?;
        }
        written.end()
    }
}

struct Row<'a> {
    cells: &'a [Cell],
    figure: Figure,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.cells.iter().map(self.figure))
    }
}

pub(crate) fn answer(engine: &Engine, request: &Request, budget: &Budget) -> Response {
    let ask = || {
        let question = parse(engine, request, MOST_AT_ONCE)?;
        Ok(Response::new(200, JSON, render(&engine.matrix(&question, budget)?)))
    };
    ask().unwrap_or_else(|problem: Problem| problem.response())
}

fn check(engine: &Engine, request: &Request) -> Result<(), Response> {
    let checked = parse(engine, request, MOST_LATER).and_then(|question| {
        engine.check_matrix(&question)?;
        // What could never be computed is not accepted.
        engine.dataset().map(|_| ()).ok_or(Error::NoDataset.into())
    });
    checked.map_err(|problem| problem.response())
}

fn run(engine: &Engine, request: &Request, budget: &Budget) -> Result<Vec<u8>, Failure> {
    let question = parse(engine, request, MOST_LATER).map_err(Problem::failure)?;
    let answer = engine.matrix(&question, budget).map_err(|error| Problem::from(error).failure())?;
    Ok(render(&answer))
}

fn parse(engine: &Engine, request: &Request, most: usize) -> Result<MatrixQuestion, Problem> {
    let asked: Asked = body::read(request)?;
    let profile = body::profile(asked.profile.as_deref())?;
    let cells = asked.origins.len().saturating_mul(asked.destinations.len());
    if engine.settings().limits.matrix_cells.is_none() && cells > most {
        let remedy =
            if most == MOST_AT_ONCE { "ask with `Prefer: respond-async`, or in parts" } else { "ask in parts" };
        let message = format!("{cells} cells are more than the limit of {most} (limits.matrix_cells)");
        return Err(Problem::of(Fault::new("origins", Reason::TooMany, message).given(cells).mend(remedy)));
    }
    let origins = body::places("origins", &asked.origins)?;
    let destinations = body::places("destinations", &asked.destinations)?;
    // One moment is asked for, so the first origin stands for all; without any there is no question, which the engine says.
    let from = origins.first();
    let time = from.map(|&from| departure(asked.depart_at.as_deref(), from, request.received_ms)).transpose()?;
    let terms = terms(
        asked.vehicle.as_ref(),
        asked.avoid.as_deref(),
        asked.minimize.as_deref(),
        asked.avoid_areas.as_deref(),
        time.flatten(),
    )?;
    Ok(MatrixQuestion { profile, terms, origins, destinations })
}

/// How many rows and columns are asked for.
fn cells(request: &Request) -> Option<(usize, usize)> {
    let asked: Asked = body::read(request).ok()?;
    Some((asked.origins.len(), asked.destinations.len()))
}

fn render(answer: &MatrixAnswer) -> Vec<u8> {
    let rows = &answer.rows;
    json(&Answered { durations: Rows { rows, figure: SECONDS }, distances: Rows { rows, figure: METRES } })
}

fn travel(cell: &Cell) -> Option<(u64, u64)> {
    match *cell {
        Cell::Travel { duration_s, distance_m } => Some((duration_s, distance_m)),
        Cell::OffRoad(_) | Cell::NoRoute => None,
    }
}
