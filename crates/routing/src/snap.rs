//! From a place asked for to a position on a road.
//!
//! The nearest piece of road that the profile can use and that hangs together with the rest of the map wins. A crumb that is
//! nearer wins only when the others are much farther: an islet is no reason to move somebody across the water. Ferries are
//! no place to be. A position within a piece of road
//! is left and reached in either direction that is open; a position *at a node* is left by every edge that begins there
//! and reached by every edge that ends there, so it does not matter to which of the roads that meet there it was snapped,
//! and no turn is charged to somebody who already stands at the junction.
//!
//! Offsets are whole centimetres from here on: floats choose the position, integers measure from it. Ties go to the
//! smaller edge number.

use geometry::{Coordinate, EARTH_RADIUS_M, SegmentPoint, bearing_degrees, haversine_m};
use network::{Access, EdgeId, Network, NodeId};

use crate::index::Segment;
use crate::router::Router;
use crate::zones::{PUBLIC, Zone};

/// How much farther than a crumb a road may be that is taken instead.
const CRUMB_DETOUR_M: f64 = 500.0;

/// A position on the road network, good for the [`Router`] that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Snap {
    /// Where on the road it lies.
    pub at: Coordinate,
    /// How far that is from the place asked for.
    pub distance_m: f64,
    /// The road's name, else its reference number, else "".
    pub name: String,
    pub(crate) place: Place,
    /// The edges by which to leave.
    pub(crate) departures: Vec<Candidate>,
    /// The edges by which to arrive.
    pub(crate) arrivals: Vec<Candidate>,
    /// The zones that a leg may use because it starts here.
    pub(crate) start_zones: Vec<Zone>,
    /// The zones that a leg may use because it ends here.
    pub(crate) end_zones: Vec<Zone>,
}

impl Snap {
    /// Whether both are the same position on the same road.
    pub fn is_same_place(&self, other: &Snap) -> bool {
        self.place == other.place
    }
}

/// What makes a position the same as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Node(NodeId),
    /// By the indexed direction of the piece of road.
    Within {
        edge: EdgeId,
        along_cm: u32,
    },
}

/// A position on one edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) edge: EdgeId,
    /// From the tail.
    pub(crate) along_cm: u32,
    /// The first point of the edge's line that comes after the position.
    pub(crate) next_point: u32,
}

/// No road near enough.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct SnapError {
    /// The place asked for.
    pub at: Coordinate,
    /// How far the nearest usable road is; `None` when there is none at all.
    pub nearest_m: Option<f64>,
    /// How far it may be.
    pub limit_m: f64,
}

impl SnapError {
    fn sentence(&self) -> String {
        let Self { at, nearest_m, limit_m } = self;
        let (lat, lon) = (at.lat(), at.lon());
        match nearest_m {
            Some(metres) => format!(
                "no road within {limit_m:.0} m of {lat:.6},{lon:.6}: the nearest is {metres:.0} m away; \
                 move the point or raise the limit"
            ),
            None => format!("no road near {lat:.6},{lon:.6}: the map has no road for this profile"),
        }
    }
}

/// See [`Router::snap`]; `fits` says on which edges one may be at all.
pub(crate) fn snap(
    router: &Router,
    at: Coordinate,
    limit_m: f64,
    fits: impl Fn(EdgeId) -> bool,
) -> Result<Snap, SnapError> {
    let (mut crumb, mut nearest_m, mut within_m) = (None, None, limit_m);
    let usable = |edge: EdgeId| router.is_usable(edge) && fits(edge);
    let fits = |edge: EdgeId| usable(edge) || router.network().reverse(edge).is_some_and(usable);
    for (segment, point) in
        router.index.nearest(router.network(), router.mode(), at).filter(|(segment, _)| fits(segment.edge))
    {
        if point.distance_m > within_m {
            nearest_m = Some(point.distance_m);
            break;
        }
        if router.is_connected(segment.edge) {
            return Ok(position(router, &segment, &point));
        }
        if crumb.is_none() {
            within_m = limit_m.min(point.distance_m + CRUMB_DETOUR_M);
            crumb = Some((segment, point));
        }
    }
    crumb.map(|(segment, point)| position(router, &segment, &point)).ok_or(SnapError { at, nearest_m, limit_m })
}

/// The position at `point` of `segment`.
fn position(router: &Router, segment: &Segment, point: &SegmentPoint) -> Snap {
    let network = router.network();
    let edge = segment.edge;
    let along_cm = along_cm(network, segment, point);
    let length_cm = network.length_cm(edge);
    let (at, place, departures, arrivals) = if along_cm == 0 || along_cm == length_cm {
        let node = if along_cm == 0 { network.tail(edge) } else { network.head(edge) };
        (network.coordinate(node), Place::Node(node), leaving(router, node), reaching(router, node))
    } else {
        let both = both_directions(router, segment, along_cm);
        (point.at, Place::Within { edge, along_cm }, both.clone(), both)
    };
    let name = Some(network.name(edge)).filter(|name| !name.is_empty()).unwrap_or(network.reference(edge));
    Snap {
        at,
        distance_m: point.distance_m,
        name: name.to_owned(),
        place,
        start_zones: zones_around(router, &departures),
        end_zones: zones_around(router, &arrivals),
        departures,
        arrivals,
    }
}

/// The same place, left only in the directions that lie within a right angle of `heading`, in degrees from north to the east, if
/// there are any.
pub(crate) fn leaving_towards(router: &Router, place: &Snap, heading: u16) -> Snap {
    let network = router.network();
    let is_ahead = |candidate: &Candidate| {
        let mut line = network.shape(candidate.edge).skip(candidate.next_point.saturating_sub(1) as usize);
        let (Some(from), Some(to)) = (line.next(), line.next()) else { return false };
        let aside = (bearing_degrees(from, to) - f64::from(heading)).rem_euclid(360.0);
        !(90.0..=270.0).contains(&aside)
    };
    let ahead: Vec<Candidate> = place.departures.iter().copied().filter(is_ahead).collect();
    if ahead.is_empty() {
        return place.clone();
    }
    Snap { start_zones: zones_around(router, &ahead), departures: ahead, ..place.clone() }
}

/// How far along its edge a place on a segment lies: its share of the line, of the edge's length.
fn along_cm(network: &Network, segment: &Segment, point: &SegmentPoint) -> u32 {
    let line = network.shape(segment.edge);
    let (mut before, mut all) = (0.0, 0.0);
    for (number, (a, b)) in line.clone().zip(line.skip(1)).enumerate() {
        let length = haversine_m(a, b, EARTH_RADIUS_M);
        all += length;
        match number.cmp(&(segment.number as usize)) {
            std::cmp::Ordering::Less => before += length,
            std::cmp::Ordering::Equal => before += length * point.fraction,
            std::cmp::Ordering::Greater => {}
        }
    }
    let length_cm = network.length_cm(segment.edge);
    let share = if all > 0.0 { before / all } else { 0.0 };
    ((share * f64::from(length_cm)).round() as u32).min(length_cm)
}

fn both_directions(router: &Router, segment: &Segment, along_cm: u32) -> Vec<Candidate> {
    let network = router.network();
    let edge = segment.edge;
    let points = network.shape(edge).len() as u32;
    let forward = Candidate { edge, along_cm, next_point: segment.number + 1 };
    let backward = network.reverse(edge).map(|edge| Candidate {
        edge,
        along_cm: network.length_cm(edge).saturating_sub(along_cm),
        next_point: points - 1 - segment.number,
    });
    [Some(forward), backward].into_iter().flatten().filter(|candidate| router.may_be_used(candidate.edge)).collect()
}

fn leaving(router: &Router, node: NodeId) -> Vec<Candidate> {
    let edges = router.network().edges_from(node).filter(|&edge| router.may_be_used(edge));
    edges.map(|edge| Candidate { edge, along_cm: 0, next_point: 1 }).collect()
}

fn reaching(router: &Router, node: NodeId) -> Vec<Candidate> {
    let network = router.network();
    let end = |&edge: &EdgeId| Candidate {
        edge,
        along_cm: network.length_cm(edge),
        next_point: network.shape(edge).len() as u32 - 1,
    };
    router.edges_into(node).iter().map(end).collect()
}

/// The zones that a position with these candidates is in: none as soon as one of them is public. Crumbs do not count where
/// there is something better, or the end of a private road would be out of reach where it meets a crumb.
fn zones_around(router: &Router, candidates: &[Candidate]) -> Vec<Zone> {
    let zones_of = |with_crumbs: bool| -> Vec<Zone> {
        let edges = candidates.iter().map(|candidate| candidate.edge);
        edges
            .filter(|&edge| router.is_usable(edge))
            .filter(|&edge| with_crumbs || router.is_connected(edge))
            .map(|edge| router.layout.zones.of(edge))
            .collect()
    };
    let mut zones = zones_of(false);
    if zones.is_empty() {
        zones = zones_of(true);
    }
    zones.sort_unstable();
    zones.dedup();
    if zones.first() == Some(&PUBLIC) {
        zones.clear();
    }
    zones
}

/// Whether `profile` may use an edge at all.
pub(crate) fn is_usable(network: &Network, edge: EdgeId, mode: network::Mode) -> bool {
    network.access(edge, mode) != Access::No
}
