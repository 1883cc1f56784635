//! The members `vehicle`, `avoid` and `departAt`: a vehicle of some size, what one would rather not take, and when.
//!
//! Metres, kilograms and km/h; lengths are rounded up to centimetres. `avoid` names kinds of roads, `minimize` kinds to keep
//! short, `avoidAreas` rectangles as GeoJSON has boxes: west, south, east, north.

use engine::{Area, Avoid, Fault, Kind, Kinds, Load, LocalTime, Reason, Terms, TunnelCategory, Vehicle};
use geometry::{BoundingBox, Coordinate};
use jiff::civil::DateTime;
use jiff::fmt::temporal::{Pieces, PiecesOffset};
use serde::Deserialize;

use crate::problem::Problem;

/// When a journey begins, as far as signs speak of it.
pub(crate) enum Departure {
    /// Nothing is said.
    Any,
    /// By the clock on the spot.
    Local(LocalTime),
    /// At a moment whose local time is not said (`now`, or in UTC): what signs say of times is not judged.
    Elsewhere,
}

impl Departure {
    /// From `departAt`: a date-time with the offset of the place, or without any, says the time on the spot.
    pub(crate) fn read(text: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = text else { return Ok(Self::Any) };
        if text.eq_ignore_ascii_case("now") {
            return Ok(Self::Elsewhere);
        }
        let fault = || {
            let wrong = Fault::new("departAt", Reason::Unreadable, format!("departAt is `{text}`")).given(text);
            Problem::of(wrong.mend("it must be `now` or a date-time like 2026-11-23T07:30:00+01:00"))
        };
        let pieces = Pieces::parse(text).map_err(|_| fault())?;
        let moment = pieces.date().to_datetime(pieces.time().ok_or_else(fault)?);
        let since = moment.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
        match (pieces.offset(), LocalTime::from_minutes(since.as_secs().div_euclid(60))) {
            (Some(PiecesOffset::Zulu), _) => Ok(Self::Elsewhere),
            (_, Some(local)) => Ok(Self::Local(local)),
            (_, None) => Err(fault()),
        }
    }

    /// The time on the spot, if it is known.
    pub(crate) fn local(&self) -> Option<LocalTime> {
        match self {
            Self::Local(local) => Some(*local),
            Self::Any | Self::Elsewhere => None,
        }
    }

    /// The name of the member, where it does not change the answer.
    pub(crate) fn ignored(&self) -> Option<&'static str> {
        matches!(self, Self::Elsewhere).then_some("departAt")
    }
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
    departure: &Departure,
) -> Result<Terms, Problem> {
    Ok(Terms {
        time: departure.local(),
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
