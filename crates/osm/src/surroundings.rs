//! What surrounds a road that no sign speaks of: its country, and whether it is one of the streets of a town or village.
//!
//! A place is built up where streets meet often: at least [`JUNCTIONS`] times in the nine squares of a grid of 250 m around it.
//! What meets are roads that cars commonly use, from trunk roads to living streets; tracks, paths and driveways are
//! everywhere. The figure was chosen by the ways whose tags say which they are (`docs/decisions/0014`). Never here: a limit
//! or zone that a tag states, which always counts more.

use std::collections::HashMap;

use geometry::Coordinate;
use network::RoadClass;

use crate::collect::{FirstPass, Nodes};
use crate::country::Countries;

/// How often streets meet around a place in town.
const JUNCTIONS: u32 = 10;
/// The side of a square, in the units of [`Coordinate`] along a meridian: 250 m.
const SIDE_E7: f64 = 22_500.0;

/// Where streets meet, and where countries are.
pub(crate) struct Surroundings {
    countries: Countries,
    /// By square, how often streets meet in it.
    junctions: HashMap<[i32; 2], u32>,
}

/// What surrounds a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Surrounding {
    /// The country's code.
    pub(crate) country: Option<&'static str>,
    pub(crate) built_up: bool,
}

impl Surroundings {
    /// Counts junctions; `positions` are those of the ways' nodes, one way after the other.
    pub(crate) fn new(ways: &FirstPass, positions: &[u32], nodes: &Nodes) -> Self {
        let mut junctions = HashMap::new();
        for (place, arms) in nodes.coordinates.iter().zip(arms(ways, positions, nodes)) {
            if let Some(place) = place.filter(|_| arms > 2) {
                *junctions.entry(square(place)).or_default() += 1;
            }
        }
        Self { countries: Countries::new(), junctions }
    }

    pub(crate) fn at(&mut self, place: Coordinate) -> Surrounding {
        Surrounding { country: self.countries.at(place), built_up: self.junctions_around(place) >= JUNCTIONS }
    }

    fn junctions_around(&self, place: Coordinate) -> u32 {
        let [row, column] = square(place);
        let rows = row - 1..=row + 1;
        let squares = rows.flat_map(|row| (column - 1..=column + 1).map(move |column| [row, column]));
        squares.filter_map(|square| self.junctions.get(&square)).sum()
    }
}

/// By position, how many arms of streets begin or end there; a street that passes has two.
fn arms(ways: &FirstPass, positions: &[u32], nodes: &Nodes) -> Vec<u8> {
    let mut arms = vec![0_u8; nodes.coordinates.len()];
    for way in ways.ways.iter().filter(|way| is_street(way.road.class)) {
        for pair in positions[way.nodes.clone()].windows(2) {
            for &position in pair {
                arms[position as usize] = arms[position as usize].saturating_add(1);
            }
        }
    }
    arms
}

fn is_street(class: RoadClass) -> bool {
    (RoadClass::Trunk..=RoadClass::LivingStreet).contains(&class)
}

/// The square around a place: squares of a row are equally wide on the ground, whatever its latitude.
fn square(place: Coordinate) -> [i32; 2] {
    let row = (f64::from(place.lat_e7) / SIDE_E7).floor();
    let narrowing = (row * SIDE_E7 / 1e7).to_radians().cos();
    [row as i32, (f64::from(place.lon_e7) * narrowing / SIDE_E7).floor() as i32]
}
