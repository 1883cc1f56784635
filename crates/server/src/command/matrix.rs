//! `matrix`: travel between all pairs of places, as the HTTP interface answers it, without a server.

use clap::Args;
use engine::{Budget, Cell, MatrixAnswer, MatrixQuestion, Profile};
use geometry::Coordinate;
use serde_json::{Value, json};

use crate::cli::Common;
use crate::config::Raw;
use crate::exit::{Exit, Outcome};
use crate::output;

use super::map;
use super::terms::TermsArgs;

#[derive(Args)]
#[command(after_help = "\
    Without --to, the places are both rows and columns.\n\nExamples:\n\
    \x20 roundsman matrix 47.6613,-122.3130 47.6505,-122.3493 47.6553,-122.3035\n\
    \x20 roundsman matrix --json 47.6613,-122.3130 --to 47.6505,-122.3493 --to 47.6553,-122.3035")]
pub(crate) struct Matrix {
    /// Who travels: car, truck, taxi, bus, van, motorcycle, bicycle or pedestrian.
    #[arg(long, default_value = "car", value_parser = map::profile)]
    profile: Profile,
    #[command(flatten)]
    terms: TermsArgs,
    /// The places that are rows, each as LAT,LON.
    #[arg(required = true, value_name = "LAT,LON", value_parser = map::place)]
    places: Vec<Coordinate>,
    /// A place that is a column; may be given several times.
    #[arg(long, value_name = "LAT,LON", value_parser = map::place)]
    to: Vec<Coordinate>,
}

impl Matrix {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        let engine = map::engine(common, common.config(Raw::default())?.engine)?;
        let destinations = if self.to.is_empty() { self.places.clone() } else { self.to };
        let question =
            MatrixQuestion { profile: self.profile, terms: self.terms.into(), origins: self.places, destinations };
        let answer = engine.matrix(&question, &Budget::default()).map_err(|error| map::failure(&error))?;
        if common.json {
            let durations = table(&answer, |duration_s, _| duration_s);
            let distances = table(&answer, |_, distance_m| distance_m);
            output::json(&json!({"durations": durations, "distances": distances}));
        } else {
            print(&answer);
        }
        Ok(Exit::Done)
    }
}

/// Seconds or metres by rows; `null` where there is no way.
fn table(answer: &MatrixAnswer, pick: impl Fn(u64, u64) -> u64) -> Value {
    let cell = |cell: &Cell| match *cell {
        Cell::Travel { duration_s, distance_m } => Some(pick(duration_s, distance_m)),
        Cell::OffRoad(_) | Cell::NoRoute => None,
    };
    answer.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>()).collect::<Vec<_>>().into()
}

fn print(answer: &MatrixAnswer) {
    for row in &answer.rows {
        let cells = row.iter().map(|cell| match cell {
            Cell::Travel { duration_s, distance_m } => format!("{duration_s} s {distance_m} m"),
            Cell::OffRoad(_) => "off road".to_owned(),
            Cell::NoRoute => "no way".to_owned(),
        });
        let row: Vec<String> = cells.map(|cell| format!("{cell:>18}")).collect();
        output::line(row.concat());
    }
}
