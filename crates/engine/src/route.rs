//! The way through a list of places.
//!
//! Each place is snapped once; each leg is the fastest way between two neighbouring snaps, found by itself, so that a leg's
//! figures equal the cell of a matrix between the same two places. Never in here: an order of places other than the asked one.

use geometry::Coordinate;
use routing::{Profile, Router, Snap, Terms};

use crate::dataset::Dataset;
use crate::dataset::guide::{Guide, Need};
use crate::{Budget, Engine, Error, Fault, Reason};

/// Asks for the fastest way through places, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteQuestion {
    /// Who travels.
    pub profile: Profile,
    /// With what vehicle, and what is avoided.
    pub terms: Terms,
    /// The places, at least two.
    pub waypoints: Vec<Coordinate>,
    /// Where the vehicle is heading at the first place, in degrees clockwise from north.
    pub heading: Option<u16>,
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

impl Engine {
    /// The fastest way through the places of `question`, in their order.
    pub fn route(&self, question: &RouteQuestion, budget: &Budget) -> Result<RouteAnswer, Error> {
        self.check_route(question)?;
        let dataset = self.map()?;
        let router = &*dataset.router(question.profile);
        let mut snaps = self.snap_waypoints(router, question)?;
        if let Some(heading) = question.heading {
            snaps[0] = router.leaving_towards(&snaps[0], heading);
        }
        let guide = dataset.guide(question.profile, &question.terms, Need::Route, budget)?;
        let legs = snaps.windows(2).enumerate().map(|(from, ends)| {
            budget.check()?;
            let found = leg(dataset, &guide, (&ends[0], &ends[1]), budget)?.ok_or(Error::NoRoute { from })?;
            budget.progress(from + 1, snaps.len() - 1);
            Ok(found)
        });
        Ok(RouteAnswer { legs: legs.collect::<Result<_, _>>()? })
    }

    /// All faults of `question`, without asking the map.
    pub fn check_route(&self, question: &RouteQuestion) -> Result<(), Error> {
        let (found, limit) = (question.waypoints.len(), self.settings().limits.waypoints);
        let fault = |reason, message: String, remedy| {
            Err(Error::Invalid(vec![Fault::new("waypoints", reason, message).given(found).mend(remedy)]))
        };
        if found < 2 {
            let message = format!("a route needs at least 2 waypoints, this one has {found}");
            return fault(Reason::Missing, message, "add a start or an end");
        }
        if found > limit {
            let message = format!("{found} waypoints are more than the limit of {limit} (limits.waypoints)");
            return fault(Reason::TooMany, message, "split the route into several");
        }
        Ok(())
    }

    fn snap_waypoints(&self, router: &Router, question: &RouteQuestion) -> Result<Vec<Snap>, Error> {
        let limit_m = self.settings().limits.snap_distance_m;
        let snap = |(waypoint, &at): (usize, &Coordinate)| {
            let off_road =
                |error: routing::SnapError| Error::OffRoad { waypoint, at, limit_m, nearest_m: error.nearest_m };
            router.snap_under(at, limit_m, &question.terms).map_err(off_road)
        };
        question.waypoints.iter().enumerate().map(snap).collect()
    }
}

/// The fastest way between two snapped places; `None` when there is none.
fn leg(
    dataset: &Dataset,
    guide: &Guide,
    (from, to): (&Snap, &Snap),
    budget: &Budget,
) -> Result<Option<RouteLeg>, Error> {
    let is_spent = || budget.is_spent();
    let found = dataset.with_scratch(|scratch| guide.route(scratch, (from, to), &is_spent));
    let path = found.map_err(|_| budget.why_spent())?;
    Ok(path.map(|path| RouteLeg {
        duration_s: path.travel.duration_s(),
        distance_m: path.travel.distance_m(),
        points: path.geometry,
    }))
}
