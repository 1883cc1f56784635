//! From the labels of a search to what was asked for: edges and a line.

use geometry::Coordinate;
use network::EdgeId;

use crate::router::Router;
use crate::search::{Arrival, Search};
use crate::snap::Snap;
use crate::weight::Travel;

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

/// The path that ends with `arrival` at `to`.
pub(crate) fn unpack(router: &Router, search: &Search<'_>, from: &Snap, to: &Snap, arrival: Arrival) -> Path {
    let travel = arrival.weight.into();
    if from.is_same_place(to) {
        return Path { travel, edges: Vec::new(), geometry: vec![from.at, to.at] };
    }
    let (departure, edges) = edges(router, search, from, arrival);
    let geometry = line(router, from, to, &edges, (departure, arrival.number));
    Path { travel, edges, geometry }
}

/// The departure by which the path leaves, and its edges.
fn edges(router: &Router, search: &Search<'_>, from: &Snap, arrival: Arrival) -> (usize, Vec<EdgeId>) {
    let states = router.turns.state_count();
    let mut edges = Vec::new();
    let mut origin = arrival.origin;
    let departure = loop {
        match origin.resolve(states) {
            Ok(state) => {
                edges.push(router.turns.edge(state));
                origin = search.origin(state);
            }
            Err(departure) => break departure,
        }
    };
    edges.push(from.departures[departure].edge);
    edges.reverse();
    (departure, edges)
}

/// The line along `edges`, cut at both ends.
fn line(
    router: &Router,
    from: &Snap,
    to: &Snap,
    edges: &[EdgeId],
    (departure, arrival): (usize, usize),
) -> Vec<Coordinate> {
    let last = edges.len() - 1;
    let mut line = vec![from.at];
    for (number, &edge) in edges.iter().enumerate() {
        let shape = router.network().shape(edge);
        let begin = if number == 0 { from.departures[departure].next_point as usize } else { 0 };
        let end = if number == last { to.arrivals[arrival].next_point as usize } else { shape.len() };
        line.extend(shape.take(end).skip(begin));
    }
    line.push(to.at);
    line.dedup();
    if line.len() == 1 {
        line.push(to.at); // Less than the resolution of coordinates apart.
    }
    line
}
