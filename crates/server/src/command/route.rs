//! `route`: the fastest way through places, as the HTTP interface answers it, without a server.

use clap::Args;
use engine::{Budget, Profile, RouteAnswer, RouteQuestion};
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
    Examples:\n\
    \x20 roundsman route 47.6613,-122.3130 47.6505,-122.3493\n\
    \x20 roundsman route --profile car --json 47.65,-122.32 47.66,-122.30 47.66,-122.32")]
pub(crate) struct Route {
    /// Who travels: car, truck, taxi, bus, van, motorcycle, bicycle or pedestrian.
    #[arg(long, default_value = "car", value_parser = map::profile)]
    profile: Profile,
    #[command(flatten)]
    terms: TermsArgs,
    /// The places in their order, each as LAT,LON.
    #[arg(required = true, num_args = 2.., value_name = "LAT,LON", value_parser = map::place)]
    places: Vec<Coordinate>,
}

impl Route {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        let engine = map::engine(common, common.config(Raw::default())?.engine)?;
        let question =
            RouteQuestion { profile: self.profile, terms: self.terms.into(), waypoints: self.places, heading: None };
        let answer = engine.route(&question, &Budget::default()).map_err(|error| map::failure(&error))?;
        if common.json {
            output::json(&as_json(&answer));
        } else {
            print(&answer);
        }
        Ok(Exit::Done)
    }
}

fn print(answer: &RouteAnswer) {
    for (number, leg) in answer.legs.iter().enumerate() {
        output::line(format_args!("leg {}: {} m, {} s", number + 1, leg.distance_m, leg.duration_s));
    }
    output::line(format_args!("in all: {} m, {} s", distance_m(answer), duration_s(answer)));
}

fn distance_m(answer: &RouteAnswer) -> u64 {
    answer.legs.iter().map(|leg| leg.distance_m).sum()
}

fn duration_s(answer: &RouteAnswer) -> u64 {
    answer.legs.iter().map(|leg| leg.duration_s).sum()
}

fn as_json(answer: &RouteAnswer) -> Value {
    let mut line: Vec<Coordinate> = answer.legs.iter().flat_map(|leg| leg.points.iter().copied()).collect();
    line.dedup();
    let coordinates: Vec<[f64; 2]> = line.iter().map(|at| [at.lon(), at.lat()]).collect();
    let legs = answer.legs.iter().map(|leg| json!({"duration": leg.duration_s, "distance": leg.distance_m}));
    json!({
        "duration": duration_s(answer),
        "distance": distance_m(answer),
        "legs": legs.collect::<Vec<_>>(),
        "geometry": {"type": "LineString", "coordinates": coordinates},
    })
}
