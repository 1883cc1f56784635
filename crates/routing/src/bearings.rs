//! Where roads point at their ends, for all profiles.
//!
//! A direction is taken over the first metres of a road, and of both directions of a road at once: the one begins where the other
//! ends. Angles are floats on the way to whole degrees only. Never in here: what a turn between two of them costs.

use std::sync::Arc;

use geometry::{Coordinate, EARTH_RADIUS_M, bearing_degrees, haversine_m};
use network::{EdgeId, Network};

/// How far from a junction the direction of a road is taken: the first metres are often drawn as a corner of the mapper's.
const LOOK_M: f64 = 10.0;

/// The direction of every edge where it begins and where it ends, in whole degrees.
#[derive(Clone)]
pub(crate) struct Bearings(Arc<[(u16, u16)]>);

impl Bearings {
    pub(crate) fn new(network: &Network) -> Self {
        let mut all = vec![(0, 0); network.edge_count()];
        for edge in network.edges() {
            let opposite = network.reverse(edge);
            if opposite.is_some_and(|opposite| opposite < edge) {
                continue;
            }
            let [ahead, back] = [bearing(network.shape(edge)), bearing(network.shape(edge).rev())];
            all[edge.0 as usize] = (ahead, turned(back));
            if let Some(opposite) = opposite {
                all[opposite.0 as usize] = (back, turned(ahead));
            }
        }
        Self(all.into())
    }

    /// The change of direction in whole degrees, −180 (exclusive) to 180; to the right is positive.
    pub(crate) fn angle(&self, edge: EdgeId, next: EdgeId) -> i32 {
        let (end, begin) = (self.0[edge.0 as usize].1, self.0[next.0 as usize].0);
        let right = (i32::from(begin) - i32::from(end)).rem_euclid(360);
        if right > 180 { right - 360 } else { right }
    }
}

fn turned(bearing: u16) -> u16 {
    (bearing + 180) % 360
}

/// The bearing from the first position towards the first that is some metres away, or else the last.
fn bearing(mut line: impl Iterator<Item = Coordinate>) -> u16 {
    let Some(from) = line.next() else { return 0 };
    let mut towards = from;
    for at in line {
        towards = at;
        if haversine_m(from, at, EARTH_RADIUS_M) >= LOOK_M {
            break;
        }
    }
    bearing_degrees(from, towards).round() as u16 % 360
}
