//! The `api-version` that every call must name, exactly.
//!
//! A path can exist in several versions, so the version takes part in finding the endpoint. Missing and unknown versions are
//! answered as Azure's REST guidelines say, with codes of their own in the newer error shape.

use wire::{Request, Response};

use crate::error::Refused;

/// A version of the Route service that this dialect serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// `1.0`
    V1,
    /// `2025-01-01`
    V2025,
}

impl Version {
    /// All of them, oldest first.
    pub(crate) const ALL: [Self; 2] = [Self::V1, Self::V2025];

    /// As the query parameter spells it.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V2025 => "2025-01-01",
        }
    }

    /// The version in whose shape a request's errors are written when nothing else tells: 1.0, unless it asks for another.
    pub(crate) fn shape_of(request: &Request) -> Self {
        asked(request).unwrap_or(Self::V1)
    }
}

/// The version that a request asks for. Repeating the parameter with the same value is legal: an official client does.
pub(crate) fn asked(request: &Request) -> Result<Version, Response> {
    let mut values: Vec<String> = request
        .parameters()
        .into_iter()
        .filter(|(name, value)| name.eq_ignore_ascii_case("api-version") && !value.is_empty())
        .map(|(_, value)| value)
        .collect();
    values.dedup();
    match values.as_slice() {
        [] => Err(missing()),
        [value] => Version::ALL
            .into_iter()
            .find(|version| version.text() == value)
            .ok_or_else(|| unsupported(value, &Version::ALL.map(Version::text))),
        several => Err(unsupported(&several.join(", "), &Version::ALL.map(Version::text))),
    }
}

fn missing() -> Response {
    Refused::new(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )
    .at("api-version")
    .respond(Version::V2025)
}

/// The answer to a version that is unknown, or has no such path.
pub(crate) fn unsupported(value: &str, supported: &[&str]) -> Response {
    Refused::new(
        400,
        "UnsupportedApiVersionValue",
        format!("The api-version '{value}' is not supported here. Supported: {}.", supported.join(", ")),
    )
    .at("api-version")
    .respond(Version::V2025)
}
