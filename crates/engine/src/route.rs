//! The way through a list of places.

use geometry::Coordinate;
use routing::Profile;

use crate::{Budget, Engine, Error};

/// Asks for the fastest way through places, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteQuestion {
    /// Who travels.
    pub profile: Profile,
    /// The places, at least two.
    pub waypoints: Vec<Coordinate>,
}

/// The way, leg by leg; totals are the sums of the legs' rounded figures.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteAnswer {
    /// One leg for each pair of neighbouring waypoints.
    pub legs: Vec<RouteLeg>,
}

/// The way from one waypoint to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteLeg {
    /// Travel time, rounded once to the nearest second.
    pub duration_s: u64,
    /// Length, rounded once to the nearest metre.
    pub distance_m: u64,
    /// The line from the snapped start to the snapped end, at least two points.
    pub points: Vec<Coordinate>,
}
