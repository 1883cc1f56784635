//! From the edges of a way to what was asked for: figures and a line.

use geometry::Coordinate;
use network::EdgeId;

use crate::router::Router;
use crate::snap::Snap;
use crate::weight::{Travel, Weight};

/// A way from one position to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Its duration and distance.
    pub travel: Travel,
    /// The edges driven, the first and the last perhaps in part; none from a position to itself.
    pub edges: Vec<EdgeId>,
    /// The line from the first position to the second: at least two points, and no point twice in a row but from a
    /// position to itself.
    pub geometry: Vec<Coordinate>,
}

/// What a search has found.
pub(crate) struct Way {
    /// Which of the start's departures it leaves by.
    pub(crate) departure: usize,
    /// From the departure's to the arrival's; none from a position to itself.
    pub(crate) edges: Vec<EdgeId>,
    /// Which of the target's arrivals it ends with.
    pub(crate) arrival: usize,
}

/// The path that is `way`.
pub(crate) fn draw(router: &Router, from: &Snap, to: &Snap, (weight, way): (Weight, Way)) -> Path {
    let geometry = if way.edges.is_empty() { vec![from.at, to.at] } else { line(router, from, to, &way) };
    Path { travel: weight.into(), edges: way.edges, geometry }
}

/// The line along a way, cut at both ends.
fn line(router: &Router, from: &Snap, to: &Snap, way: &Way) -> Vec<Coordinate> {
    let last = way.edges.len() - 1;
    let mut line = vec![from.at];
    for (number, &edge) in way.edges.iter().enumerate() {
        let shape = router.network().shape(edge);
        if 0 < number && number < last {
            shape.append_to(&mut line);
            continue;
        }
        let begin = if number == 0 { from.departures[way.departure].next_point as usize } else { 0 };
        let end = if number == last { to.arrivals[way.arrival].next_point as usize } else { shape.len() };
        line.extend(shape.take(end).skip(begin));
    }
    line.push(to.at);
    line.dedup();
    if line.len() == 1 {
        line.push(to.at); // Less than the resolution of coordinates apart.
    }
    line
}
