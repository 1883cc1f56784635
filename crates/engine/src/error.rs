//! What can go wrong with a question, by what the asker can do about it.

use std::fmt;

use geometry::Coordinate;

/// Why a question has no answer. Each dialect maps it to its status and wire code in one exhaustive `match`.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// Members of the question break its rules; all faults found are named.
    #[error("{}", .0.first().map_or_else(|| "the question is not valid".to_owned(), Fault::to_string))]
    Invalid(Vec<Fault>),
    /// A place is too far from any road that the profile may use.
    #[error("{}", off_road(*.waypoint, *.at, *.limit_m, *.nearest_m))]
    OffRoad {
        /// Index of the waypoint in the question.
        waypoint: usize,
        /// Where it is.
        at: Coordinate,
        /// The greatest distance to a road that is allowed (`limits.snap_distance_m`).
        limit_m: f64,
        /// Distance to the nearest usable road, if one was found at all.
        nearest_m: Option<f64>,
    },
    /// There is no way between two neighbouring waypoints.
    #[error("no route leads from waypoint {from} to waypoint {}", .from + 1)]
    NoRoute {
        /// Index of the first waypoint of the leg that has no way.
        from: usize,
    },
    /// No map has been imported: the question needs one.
    #[error("no map is loaded: import one with `roundsman import FILE.osm.pbf`")]
    NoDataset,
    /// The question did not end within its time.
    #[error("the question took longer than it may")]
    DeadlineExceeded,
    /// The question was cancelled.
    #[error("the question was cancelled")]
    Canceled,
    /// A fault of ours.
    #[error("internal error: {0}")]
    Internal(String),
}

/// One member of a question that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The member, as a path in the neutral question: `items[3].priority`.
    pub field: String,
    /// Which rule.
    pub reason: Reason,
    /// What stands there, where one value is at fault; a dialect that has the request shows what the asker wrote instead.
    pub value: Option<String>,
    /// What is wrong, with the value and the limit.
    pub message: String,
    /// What to do about it; empty where the message says all.
    pub remedy: String,
}

/// The rules that a question can break. Each has a stable code, listed in `docs/faults.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A value cannot be read as what it should be.
    Unreadable,
    /// A value lies outside its range.
    OutOfRange,
    /// There are more of something than the limit allows.
    TooMany,
    /// Something required is missing or empty.
    Missing,
    /// Two names that must differ are equal.
    Duplicate,
    /// A name refers to nothing.
    Unknown,
    /// References go round in a circle.
    Cycle,
    /// Times are in the wrong order.
    Time,
    /// Two spans of time that must be apart overlap.
    Overlap,
    /// Each is right alone, but not beside the other.
    Conflict,
    /// Asked for by a right name, but this version cannot do it.
    Unsupported,
    /// What is fixed of a plan in force breaks a rule.
    Impossible,
    /// A place that is needed is too far from any road.
    OffRoad,
}

impl Reason {
    /// All of them, in the order of the catalogue.
    pub const ALL: [Self; 13] = [
        Self::Unreadable,
        Self::OutOfRange,
        Self::TooMany,
        Self::Missing,
        Self::Duplicate,
        Self::Unknown,
        Self::Cycle,
        Self::Time,
        Self::Overlap,
        Self::Conflict,
        Self::Unsupported,
        Self::Impossible,
        Self::OffRoad,
    ];

    /// Stable, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "value.unreadable",
            Self::OutOfRange => "value.range",
            Self::TooMany => "count.limit",
            Self::Missing => "member.missing",
            Self::Duplicate => "name.duplicate",
            Self::Unknown => "name.unknown",
            Self::Cycle => "order.circle",
            Self::Time => "time.order",
            Self::Overlap => "time.overlap",
            Self::Conflict => "member.conflict",
            Self::Unsupported => "member.unsupported",
            Self::Impossible => "plan.impossible",
            Self::OffRoad => "place.offRoad",
        }
    }
}

impl Fault {
    /// A fault of `field`.
    pub fn new(field: impl Into<String>, reason: Reason, message: impl Into<String>) -> Self {
        Self { field: field.into(), reason, value: None, message: message.into(), remedy: String::new() }
    }

    /// The same, with the value at fault.
    #[must_use]
    pub fn given(self, value: impl fmt::Display) -> Self {
        Self { value: Some(value.to_string()), ..self }
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn mend(self, remedy: impl Into<String>) -> Self {
        Self { remedy: remedy.into(), ..self }
    }
}

impl fmt::Display for Fault {
    /// What is wrong and what helps, as one sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, remedy, .. } = self;
        if remedy.is_empty() { f.write_str(message) } else { write!(f, "{message}: {remedy}") }
    }
}

fn off_road(waypoint: usize, at: Coordinate, limit_m: f64, nearest_m: Option<f64>) -> String {
    let nearest =
        nearest_m.map_or_else(|| "no road is near".to_owned(), |m| format!("the nearest road is {m:.0} m away"));
    format!(
        "waypoint {waypoint} at {:.6},{:.6} is too far from any road: {nearest}, the limit is {limit_m:.0} m (limits.snap_distance_m)",
        at.lat(),
        at.lon()
    )
}
