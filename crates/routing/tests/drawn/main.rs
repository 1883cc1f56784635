//! Drawn maps and tables of questions: letters on a grid, 100 m apart, read through the real import.
//!
//! A question is two places and the letters that the answer's line passes, "" when there is no way. A place is a letter, or
//! two neighbouring letters for the middle between them. [`check`] is the one helper: it also asks for each row of the
//! matrix and compares.

#![expect(clippy::unwrap_used, reason = "a question that fails is a test that fails")]

mod access;
mod modes;
mod places;
mod speeds;
mod times;
mod turns;
mod vehicles;
mod weights;

use std::sync::Arc;

use geometry::Coordinate;
use routing::{Path, Profile, Router, Scratch, Snap};
use testkit::{Map, Object};

const STREET: &[(&str, &str)] = &[("highway", "residential")];
const ONE_WAY: &[(&str, &str)] = &[("highway", "residential"), ("oneway", "yes")];
const PRIVATE: &[(&str, &str)] = &[("highway", "residential"), ("access", "private")];

/// Farther than any place of a drawing is from its roads.
const LIMIT_M: f64 = 50.0;

fn router(map: &Map) -> Router {
    router_as(map, Profile::Car)
}

fn router_as(map: &Map, profile: Profile) -> Router {
    Router::new(Arc::new(map.network()), profile)
}

fn coordinate(map: &Map, place: &str) -> Coordinate {
    let ends: Vec<Coordinate> = place.chars().map(|letter| map.at(letter)).collect();
    match ends[..] {
        [at] => at,
        [a, b] => Coordinate { lat_e7: i32::midpoint(a.lat_e7, b.lat_e7), lon_e7: i32::midpoint(a.lon_e7, b.lon_e7) },
        _ => panic!("{place} is neither a letter nor two"),
    }
}

fn snap(router: &Router, map: &Map, place: &str) -> Snap {
    router.snap(coordinate(map, place), LIMIT_M).unwrap()
}

/// A short cut `bc` and the long way round it.
fn short_cut(tags: &[(&str, &str)]) -> Map {
    Map::new(
        "
        a b c d
        - e f -
        - g h -
        ",
    )
    .way("ab", STREET)
    .way("bc", tags)
    .way("cd", STREET)
    .way("beghfc", STREET)
}

/// The same with a node `x` on the short cut.
fn with_node(tags: &[(&str, &str)]) -> Map {
    Map::new(
        "
        a b x c d
        - e - f -
        - g - h -
        ",
    )
    .way("ab", STREET)
    .way("bxc", STREET)
    .way("cd", STREET)
    .way("beghfc", STREET)
    .node_tags('x', tags)
}

fn route(router: &Router, map: &Map, from: &str, to: &str) -> Option<Path> {
    let (from, to) = (snap(router, map, from), snap(router, map, to));
    router.route(&mut Scratch::default(), &from, &to, &|| false).unwrap()
}

/// The letters of a drawing, with their positions.
fn letters(map: &Map) -> Vec<(char, Coordinate)> {
    let nodes = map.objects().into_iter().filter_map(|object| match object {
        Object::Node { id, at, .. } => char::from_u32(id as u32).map(|letter| (letter, at)),
        _ => None,
    });
    nodes.collect()
}

/// The letters that a line passes.
fn passed(map: &Map, path: &Path) -> String {
    let letters = letters(map);
    let letter = |at: &Coordinate| letters.iter().find(|(_, place)| place == at).map(|(letter, _)| *letter);
    path.geometry.iter().filter_map(letter).collect()
}

/// Asks every question, and the matrix of all places that occur in them.
fn check(map: &Map, questions: &[(&str, &str, &str)]) {
    check_as(Profile::Car, map, questions);
}

/// The same for another profile.
fn check_as(profile: Profile, map: &Map, questions: &[(&str, &str, &str)]) {
    let router = router_as(map, profile);
    for &(from, to, expected) in questions {
        let path = route(&router, map, from, to);
        assert_eq!(path.map_or(String::new(), |path| passed(map, &path)), expected, "from {from} to {to}");
    }
    let places: Vec<&str> = questions.iter().flat_map(|&(from, to, _)| [from, to]).collect();
    check_matrix(&router, &places.iter().map(|place| snap(&router, map, place)).collect::<Vec<_>>());
}

/// Every cell is its route.
fn check_matrix(router: &Router, places: &[Snap]) {
    let mut scratch = Scratch::default();
    for from in places {
        let row = router.one_to_many(&mut scratch, from, places, &|| false).unwrap();
        for (to, cell) in places.iter().zip(row) {
            let path = router.route(&mut scratch, from, to, &|| false).unwrap();
            assert_eq!(path.map(|path| path.travel), cell, "from {:?} to {:?}", from.at, to.at);
        }
    }
}
