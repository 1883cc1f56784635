//! The members `vehicle`, `avoid` and `departAt`: a vehicle of some size, what one would rather not take, and when.
//!
//! Metres, kilograms and km/h; lengths are rounded up to centimetres. `avoid` names kinds of roads, `minimize` kinds to keep
//! short, `avoidAreas` rectangles as GeoJSON has boxes: west, south, east, north.

use engine::{
    Area, Avoid, Fault, Kind, Kinds, Load, LocalTime, Reason, Terms, TunnelCategory, Vehicle, local_time, time_zone,
};
use geometry::{BoundingBox, Coordinate};
use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::problem::Problem;

/// What the clocks where a journey begins show at its `departAt`: at a moment, that is `now` or a date-time with an offset, by the time
/// zone of the place; a date-time without an offset is what they show. `now_ms` is when the question arrived, in Unix milliseconds.
pub(crate) fn departure(text: Option<&str>, from: Coordinate, now_ms: i64) -> Result<Option<LocalTime>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let read = || {
        if text.eq_ignore_ascii_case("now") {
            return Timestamp::from_millisecond(now_ms).ok().map(|now| time_zone(from).to_datetime(now));
        }
        let pieces = Pieces::parse(text).ok()?;
        let clock = pieces.date().to_datetime(pieces.time()?);
        let Some(offset) = pieces.to_numeric_offset() else { return Some(clock) };
        Some(time_zone(from).to_datetime(TimeZone::fixed(offset).to_timestamp(clock).ok()?))
    };
    let local = read().and_then(local_time).ok_or_else(|| {
        let wrong = Fault::new("departAt", Reason::Unreadable, format!("departAt is `{text}`")).given(text);
        Problem::of(wrong.mend("it must be `now` or a date-time like 2026-11-23T07:30:00+01:00"))
    })?;
    Ok(Some(local))
}

/// What may stand beside the places of a question.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AskedVehicle {
    height: Option<f64>,
    width: Option<f64>,
    length: Option<f64>,
    weight: Option<f64>,
    axle_load: Option<f64>,
    max_speed: Option<f64>,
    commercial: Option<bool>,
    dangerous_goods: Option<bool>,
    harmful_to_water: Option<bool>,
    tunnel_code: Option<String>,
}

/// The words for kinds of roads.
const KINDS: [(&str, Kind); 8] = [
    ("toll", Kind::Toll),
    ("motorway", Kind::Motorway),
    ("ferry", Kind::Ferry),
    ("unpaved", Kind::Unpaved),
    ("border", Kind::Border),
    ("carpool", Kind::Carpool),
    ("tunnel", Kind::Tunnel),
    ("lowEmissionZone", Kind::LowEmissionZone),
];

/// What a question asks beyond its profile.
pub(crate) fn terms(
    vehicle: Option<&AskedVehicle>,
    avoid: Option<&[String]>,
    minimize: Option<&[String]>,
    areas: Option<&[[f64; 4]]>,
    time: Option<LocalTime>,
) -> Result<Terms, Problem> {
    Ok(Terms {
        time,
        vehicle: vehicle.map(read_vehicle).transpose()?.unwrap_or_default(),
        avoid: Avoid {
            kinds: kinds("avoid", avoid.unwrap_or_default())?,
            minimize: kinds("minimize", minimize.unwrap_or_default())?,
            areas: areas.unwrap_or_default().iter().enumerate().map(area).collect::<Result<_, _>>()?,
        },
    })
}

fn read_vehicle(asked: &AskedVehicle) -> Result<Vehicle, Problem> {
    Ok(Vehicle {
        height_cm: measure("height", asked.height, 100.0)?,
        width_cm: measure("width", asked.width, 100.0)?,
        length_cm: measure("length", asked.length, 100.0)?,
        weight_kg: measure("weight", asked.weight, 1.0)?,
        axle_load_kg: measure("axleLoad", asked.axle_load, 1.0)?,
        max_speed_kmh: measure("maxSpeed", asked.max_speed, 1.0)?,
        commercial: asked.commercial == Some(true),
        load: Load {
            goods: asked.dangerous_goods == Some(true),
            harmful_to_water: asked.harmful_to_water == Some(true),
            tunnel_code: asked.tunnel_code.as_deref().map(category).transpose()?,
        },
    })
}

/// A positive figure in the engine's unit, rounded up.
fn measure(name: &str, value: Option<f64>, units: f64) -> Result<Option<u32>, Problem> {
    let Some(value) = value else { return Ok(None) };
    let scaled = (value * units - 0.001).ceil();
    if value > 0.0 && scaled <= 1e8 {
        return Ok(Some(scaled.max(1.0) as u32));
    }
    let wrong = Fault::new(format!("vehicle.{name}"), Reason::OutOfRange, format!("{name} is {value}")).given(value);
    Err(Problem::of(wrong.mend(format!("it must be more than 0 and at most {}, or be left out", 1e8 / units))))
}

fn category(letter: &str) -> Result<TunnelCategory, Problem> {
    match letter {
        "B" => Ok(TunnelCategory::B),
        "C" => Ok(TunnelCategory::C),
        "D" => Ok(TunnelCategory::D),
        "E" => Ok(TunnelCategory::E),
        _ => {
            let unknown = Fault::new("vehicle.tunnelCode", Reason::Unknown, format!("tunnelCode is `{letter}`"));
            Err(Problem::of(unknown.given(letter).mend("it must be B, C, D or E")))
        }
    }
}

fn kinds(member: &str, words: &[String]) -> Result<Kinds, Problem> {
    let kind = |(index, word): (usize, &String)| {
        KINDS.iter().find(|(name, _)| name == word).map(|(_, kind)| *kind).ok_or_else(|| {
            let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
            let message = format!("`{word}` is not a kind of road to tell of");
            let unknown = Fault::new(format!("{member}[{index}]"), Reason::Unknown, message).given(word);
            Problem::of(unknown.mend(format!("write one of {}", names.join(", "))))
        })
    };
    words.iter().enumerate().map(kind).collect()
}

fn area((index, &[west, south, east, north]): (usize, &[f64; 4])) -> Result<Area, Problem> {
    let fault = |reason, message: String| {
        let wrong = Fault::new(format!("avoidAreas[{index}]"), reason, message);
        Problem::of(wrong.given(format!("{west}, {south}, {east}, {north}")).mend("write [west, south, east, north]"))
    };
    let corner =
        |lat, lon| Coordinate::from_degrees(lat, lon).map_err(|error| fault(Reason::OutOfRange, error.to_string()));
    let (min, max) = (corner(south, west)?, corner(north, east)?);
    if min.lat_e7 > max.lat_e7 || min.lon_e7 > max.lon_e7 {
        return Err(fault(Reason::Conflict, "its first corner lies beyond its second".to_owned()));
    }
    Ok(Area::from(BoundingBox { min, max }))
}
