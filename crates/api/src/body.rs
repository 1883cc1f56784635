//! What the bodies of questions share: JSON with the faulty member named, positions, profiles.

use engine::{Profile, Reason};
use geometry::Coordinate;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wire::Request;

use crate::problem::{Detail, Problem};

/// A position as sent: `[longitude, latitude]`, GeoJSON's order; a third number, an altitude, is allowed there.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Position(Vec<f64>);

/// The body of `request` as JSON; unknown members are refused where `T` denies them.
pub(crate) fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Problem> {
    if request.body.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::of("body", "the body is empty: send the question as JSON"));
    }
    let mut reader = serde_json::Deserializer::from_slice(&request.body);
    let question = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "body".to_owned() } else { path };
        Problem::of(field, format!("the body cannot be read: {}", error.inner()))
    })?;
    let left_over = |error: serde_json::Error| Problem::of("body", format!("the body goes on after its JSON: {error}"));
    reader.end().map_err(left_over)?;
    Ok(question)
}

/// Who travels; the car where nothing is said.
pub(crate) fn profile(name: Option<&str>) -> Result<Profile, Problem> {
    let Some(name) = name else { return Ok(Profile::Car) };
    Profile::named(name).ok_or_else(|| {
        let names: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name()).collect();
        Problem::of("profile", format!("`{name}` is not a profile: ask for one of {}", names.join(", ")))
    })
}

/// The places of `member`, or every fault in them.
pub(crate) fn places(member: &str, positions: &[Position]) -> Result<Vec<Coordinate>, Problem> {
    let read = positions.iter().enumerate().map(|(index, position)| {
        place(position).map_err(|message| Detail::new(format!("{member}[{index}]"), Reason::OutOfRange, message))
    });
    let (mut found, mut faults) = (Vec::with_capacity(positions.len()), Vec::new());
    for place in read {
        match place {
            Ok(at) => found.push(at),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(Problem::invalid(faults)) }
}

fn place(position: &Position) -> Result<Coordinate, String> {
    let (&[lon, lat] | &[lon, lat, _]) = position.0.as_slice() else {
        return Err(format!("a position is [longitude, latitude], this one has {} numbers", position.0.len()));
    };
    Coordinate::from_degrees(lat, lon).map_err(|error| format!("{error}: positions are [longitude, latitude]"))
}

/// A place as `[longitude, latitude]`.
pub(crate) fn position(at: Coordinate) -> [f64; 2] {
    [at.lon(), at.lat()]
}
