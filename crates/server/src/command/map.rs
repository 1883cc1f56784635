//! What the verbs share that ask the map without a server: the active dataset, and places as they are typed.

use std::sync::Arc;

use engine::{Datasets, Engine, Error, Profile, Settings};
use geometry::Coordinate;

use crate::cli::Common;
use crate::exit::{Exit, Failure};

use super::datasets;

/// An engine over the active dataset; without one it still plans along straight lines.
pub(super) fn engine(common: &Common, settings: Settings) -> Result<Engine, Failure> {
    let all = Datasets::new(&common.data);
    let active = all.active_id().map_err(datasets::failure)?;
    let dataset = active.map(|id| all.open(&id)).transpose().map_err(datasets::failure)?;
    Ok(Engine::new(dataset, Arc::new(settings)))
}

/// A place written as `LAT,LON`.
pub(super) fn place(text: &str) -> Result<Coordinate, String> {
    let (lat, lon) = text.split_once(',').ok_or("a place is LAT,LON, such as 47.65,-122.32")?;
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| format!("{text} is not a number of degrees"));
    Coordinate::from_degrees(number(lat)?, number(lon)?).map_err(|error| error.to_string())
}

/// A profile by its name.
pub(super) fn profile(text: &str) -> Result<Profile, String> {
    Profile::named(text).ok_or_else(|| {
        let names: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name()).collect();
        format!("there is no profile {text}: choose one of {}", names.join(", "))
    })
}

/// How an error of the engine ends the program.
pub(super) fn failure(error: &Error) -> Failure {
    let exit = match error {
        Error::NoRoute { .. } => Exit::No,
        Error::Invalid(_) | Error::OffRoad { .. } => Exit::BadInput,
        Error::NoDataset | Error::DeadlineExceeded | Error::Internal(_) => Exit::Environment,
        Error::Canceled => Exit::Interrupted,
    };
    let message = match error {
        Error::Invalid(faults) => {
            let all: Vec<String> = faults.iter().map(|fault| format!("{}: {fault}", fault.field)).collect();
            all.join("; ")
        }
        other => other.to_string(),
    };
    Failure { exit, message }
}
