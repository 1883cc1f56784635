//! What the bodies of questions share: JSON with the faulty member named, positions, profiles.

use engine::{Fault, Profile, Reason};
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
        let empty = Fault::new("body", Reason::Missing, "the body is empty");
        return Err(Problem::of(empty.mend("send the question as JSON")));
    }
    let mut reader = serde_json::Deserializer::from_slice(&request.body);
    let question = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "body".to_owned() } else { path };
        Problem::of(unreadable(field, error.inner()))
    })?;
    let left_over = |error: serde_json::Error| {
        let message = format!("the body goes on after its JSON: {error}");
        Problem::of(Fault::new("body", Reason::Unreadable, message).mend("send one JSON object and nothing after it"))
    };
    reader.end().map_err(left_over)?;
    Ok(question)
}

/// What a member that does not fit is called. Of the reader's errors only the sentence tells one from another.
fn unreadable(field: String, error: &serde_json::Error) -> Fault {
    let message = format!("the body cannot be read: {error}");
    let said = error.to_string();
    let (reason, remedy) = if said.starts_with("missing field") {
        (Reason::Missing, "add it")
    } else if said.starts_with("unknown field") {
        (Reason::Unsupported, "correct its name, or leave it out")
    } else if said.starts_with("duplicate field") {
        (Reason::Duplicate, "write it once")
    } else if error.is_data() {
        (Reason::Unreadable, "write a value of the kind that is expected there")
    } else {
        (Reason::Unreadable, "send the question as JSON")
    };
    Fault::new(field, reason, message).mend(remedy)
}

/// Who travels; the car where nothing is said.
pub(crate) fn profile(name: Option<&str>) -> Result<Profile, Problem> {
    let Some(name) = name else { return Ok(Profile::Car) };
    Profile::named(name).ok_or_else(|| {
        let names: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name()).collect();
        let unknown = Fault::new("profile", Reason::Unknown, format!("`{name}` is not a profile"));
        Problem::of(unknown.given(name).mend(format!("ask for one of {}", names.join(", "))))
    })
}

/// The places of `member`, or every fault in them.
pub(crate) fn places(member: &str, positions: &[Position]) -> Result<Vec<Coordinate>, Problem> {
    let read = positions.iter().enumerate().map(|(index, position)| {
        place(position).map_err(|wrong| Fault { field: format!("{member}[{index}]"), ..wrong })
    });
    let (mut found, mut faults) = (Vec::with_capacity(positions.len()), Vec::new());
    for place in read {
        match place {
            Ok(at) => found.push(at),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(Problem::invalid(faults.into_iter().map(Detail::from).collect())) }
}

fn place(position: &Position) -> Result<Coordinate, Fault> {
    let numbers = position.0.as_slice();
    let wrong = |reason, message: String| {
        let listed: Vec<String> = numbers.iter().map(f64::to_string).collect();
        Fault::new("", reason, message).given(listed.join(", ")).mend("write [longitude, latitude]")
    };
    let (&[lon, lat] | &[lon, lat, _]) = numbers else {
        let message = format!("a position is [longitude, latitude], this one has {} numbers", numbers.len());
        return Err(wrong(Reason::Unreadable, message));
    };
    Coordinate::from_degrees(lat, lon).map_err(|error| wrong(Reason::OutOfRange, error.to_string()))
}

/// A place as `[longitude, latitude]`.
pub(crate) fn position(at: Coordinate) -> [f64; 2] {
    [at.lon(), at.lat()]
}
