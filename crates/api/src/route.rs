//! `POST /api/v1/route`: the fastest way through places, leg by leg, each drawn as a GeoJSON line.

use engine::{Budget, Engine, Fault, Reason, RouteAnswer, RouteLeg, RouteQuestion};
use serde::{Deserialize, Serialize};
use wire::{Request, Response};

use crate::body::{self, Position};
use crate::problem::{JSON, Problem, json};
use crate::terms::{AskedVehicle, departure, terms};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    profile: Option<String>,
    waypoints: Vec<Position>,
    heading: Option<u16>,
    #[serde(rename = "departAt")]
    depart_at: Option<String>,
    vehicle: Option<AskedVehicle>,
    avoid: Option<Vec<String>>,
    minimize: Option<Vec<String>>,
    #[serde(rename = "avoidAreas")]
    avoid_areas: Option<Vec<[f64; 4]>>,
}

/// Seconds and metres; the totals are the sums of the legs.
#[derive(Serialize)]
struct Answered {
    duration: u64,
    distance: u64,
    legs: Vec<Leg>,
}

#[derive(Serialize)]
struct Leg {
    duration: u64,
    distance: u64,
    geometry: Line,
}

#[derive(Serialize)]
struct Line {
    r#type: &'static str,
    coordinates: Vec<[f64; 2]>,
}

pub(crate) fn answer(engine: &Engine, request: &Request, budget: &Budget) -> Response {
    let ask = || {
        let answer = engine.route(&parse(request)?, budget)?;
        Ok(Response::new(200, JSON, json(&render(&answer))))
    };
    ask().unwrap_or_else(|problem: Problem| problem.response())
}

fn parse(request: &Request) -> Result<RouteQuestion, Problem> {
    let asked: Asked = body::read(request)?;
    let profile = body::profile(asked.profile.as_deref())?;
    let waypoints = body::places("waypoints", &asked.waypoints)?;
    if let Some(heading) = asked.heading.filter(|heading| *heading > 359) {
        let far = Fault::new("heading", Reason::OutOfRange, format!("heading is {heading}")).given(heading);
        return Err(Problem::of(far.mend("it must lie between 0 and 359, clockwise from north")));
    }
    // Without a waypoint there is no question, which the engine says.
    let from = waypoints.first();
    let time = from.map(|&from| departure(asked.depart_at.as_deref(), from, request.received_ms)).transpose()?;
    let terms = terms(
        asked.vehicle.as_ref(),
        asked.avoid.as_deref(),
        asked.minimize.as_deref(),
        asked.avoid_areas.as_deref(),
        time.flatten(),
    )?;
    Ok(RouteQuestion { profile, terms, waypoints, heading: asked.heading })
}

fn render(answer: &RouteAnswer) -> Answered {
    let legs: Vec<Leg> = answer.legs.iter().map(leg).collect();
    Answered {
        duration: legs.iter().map(|leg| leg.duration).sum(),
        distance: legs.iter().map(|leg| leg.distance).sum(),
        legs,
    }
}

fn leg(leg: &RouteLeg) -> Leg {
    let coordinates = leg.points.iter().map(|&at| body::position(at)).collect();
    Leg { duration: leg.duration_s, distance: leg.distance_m, geometry: Line { r#type: "LineString", coordinates } }
}
