//! Vehicles of some size: whoever answers for them, the answers are the same.

use std::sync::Arc;
use std::time::Duration;

use engine::{
    Avoid, Budget, Cell, Engine, Error, Kind, MatrixQuestion, Profile, RouteAnswer, RouteQuestion, Settings, Terms,
    Tile, Vehicle,
};
use geometry::{BoundingBox, Coordinate};
use network::EdgeId;

use crate::town::{Town, nowhere, town, town_of};

const AT_ONCE: Duration = Duration::ZERO;

/// The drawn town with two low bridges on its North Street and a weak gate.
fn bridges() -> Town {
    let street = [("highway", "residential")];
    let map = testkit::Map::new(
        "
        a b c d
        e f g h
        i j k l
        ",
    )
    .way("ab", &street)
    .way("bc", &[("highway", "residential"), ("maxheight", "3.8")])
    .way("cd", &[("highway", "residential"), ("maxheight", "4.2")])
    .way("efgh", &street)
    .way("ijkl", &[("highway", "residential"), ("toll", "yes")])
    .way("aei", &street)
    .way("bfj", &street)
    .way("cgk", &street)
    .way("dhl", &street)
    .node_tags('g', &[("barrier", "gate"), ("maxweight", "7.5")]);
    town_of(map)
}

fn tall(height_cm: u32) -> Terms {
    Terms { vehicle: Vehicle { height_cm: Some(height_cm), ..Vehicle::default() }, ..Terms::default() }
}

fn route(town: &Town, terms: &Terms, ends: [char; 2]) -> RouteAnswer {
    let waypoints = ends.map(|letter| town.map.at(letter)).to_vec();
    let question = RouteQuestion { profile: Profile::Truck, terms: terms.clone(), waypoints, heading: None };
    town.engine.route(&question, &Budget::default()).unwrap()
}

fn matrix(engine: &Engine, terms: &Terms, places: &[Coordinate]) -> Vec<Vec<Cell>> {
    engine.matrix(&question(terms, places), &Budget::default()).unwrap().rows
}

fn question(terms: &Terms, places: &[Coordinate]) -> MatrixQuestion {
    MatrixQuestion {
        profile: Profile::Truck,
        terms: terms.clone(),
        origins: places.to_vec(),
        destinations: places.to_vec(),
    }
}

fn places(town: &Town) -> Vec<Coordinate> {
    "abcdefghijkl".chars().map(|letter| town.map.at(letter)).chain([nowhere()]).collect()
}

#[test]
fn a_vehicle_that_recurs_gets_a_router_and_the_same_answers() {
    let town = bridges();
    let dataset = town.engine.dataset().unwrap();
    let answers = |terms: &Terms| {
        ["ad", "cd", "al", "cb"].map(|ends| {
            let ends: Vec<char> = ends.chars().collect();
            route(&town, terms, [ends[0], ends[1]])
        })
    };
    assert!(!dataset.work_ahead(AT_ONCE), "nobody has asked for anything");
    let first = answers(&tall(400));
    assert_eq!((dataset.fit_counts().searched, dataset.fit_counts().made), (4, 0));
    assert!(dataset.work_ahead(AT_ONCE), "the signs of the map are read");
    assert!(!dataset.work_ahead(AT_ONCE));
    assert_eq!(answers(&tall(400)), first);
    assert!(dataset.work_ahead(AT_ONCE), "the router is made");
    assert_eq!((dataset.fit_counts().made, dataset.fit_counts().kept, dataset.fit_counts().fitted), (1, 1, 0));
    for height in [400, 381, 419, 420] {
        assert_eq!(answers(&tall(height)), first, "{height}: no sign tells these apart");
    }
    assert_eq!((dataset.fit_counts().fitted, dataset.fit_counts().searched), (16, 8));
    let low = answers(&tall(380));
    assert_eq!((low, dataset.fit_counts().usual), (answers(&Terms::default()), 4));
    assert_ne!(answers(&tall(430)), first);
    assert!(dataset.work_ahead(AT_ONCE) && !dataset.work_ahead(AT_ONCE));
    assert!(dataset.fit_counts().kept_bytes > 0);
}

#[test]
fn a_matrix_makes_its_router_and_every_cell_is_its_route() {
    for (terms, made) in [
        (tall(400), 1),
        (Terms { vehicle: Vehicle { weight_kg: Some(9_000), ..Vehicle::default() }, ..Terms::default() }, 1),
        (Terms { avoid: Avoid { kinds: [Kind::Toll].into_iter().collect(), ..Avoid::default() }, ..tall(400) }, 1),
        (tall(100), 0),
    ] {
        let (town, other) = (bridges(), bridges());
        let places = places(&town);
        let rows = matrix(&town.engine, &terms, &places);
        assert_eq!(town.engine.dataset().unwrap().fit_counts().made, made, "{terms:?}");
        for (row, &from) in rows.iter().zip(&places) {
            for (&cell, &to) in row.iter().zip(&places) {
                // Asked for pair by pair, each of them searches.
                let pair = MatrixQuestion { origins: vec![from], destinations: vec![to], ..question(&terms, &places) };
                assert_eq!(cell, other.engine.matrix(&pair, &Budget::default()).unwrap().rows[0][0], "{terms:?}");
            }
        }
        assert_eq!(other.engine.dataset().unwrap().fit_counts().made, 0);
    }
}

#[test]
fn an_area_to_avoid_is_a_matter_of_the_key_too() {
    let town = bridges();
    let [b, c] = ['b', 'c'].map(|letter| town.map.at(letter));
    let around = |at: Coordinate| Terms {
        avoid: Avoid { areas: vec![BoundingBox::around([at]).unwrap().into()], ..Avoid::default() },
        ..Terms::default()
    };
    let places = places(&town);
    let (first, second) = (matrix(&town.engine, &around(b), &places), matrix(&town.engine, &around(c), &places));
    assert_eq!(town.engine.dataset().unwrap().fit_counts().made, 2);
    assert_ne!(first, second);
    assert_eq!(matrix(&town.engine, &around(b), &places), first);
    assert_eq!(town.engine.dataset().unwrap().fit_counts().made, 2);
}

#[test]
fn other_speeds_forget_what_was_made_of_the_old_ones() {
    let town = bridges();
    let (dataset, places) = (town.engine.dataset().unwrap(), places(&town));
    let usual = matrix(&town.engine, &tall(400), &places);
    let all: Vec<(EdgeId, u32)> = dataset.network().edges().map(|edge| (edge, 5)).collect();
    dataset.set_speeds(Profile::Car, &all, 1);
    assert_eq!(dataset.fit_counts().kept, 1, "speeds of cars are no matter of trucks");
    dataset.set_speeds(Profile::Truck, &all, 2);
    assert_eq!((dataset.fit_counts().kept, dataset.fit_counts().kept_bytes), (0, 0));
    let slow = matrix(&town.engine, &tall(400), &places);
    assert_ne!(slow, usual);
    dataset.set_speeds(Profile::Truck, &[], 1);
    assert_eq!(matrix(&town.engine, &tall(400), &places), usual);
    assert_eq!(dataset.fit_counts().made, 3);
}

#[test]
fn no_more_is_kept_than_there_is_room_for() {
    let town = bridges();
    let dataset = Arc::clone(town.engine.dataset().unwrap());
    let places = places(&town);
    let all: Vec<_> = [400, 430].map(|height| matrix(&town.engine, &tall(height), &places)).into();
    let both = dataset.fit_counts().kept_bytes;
    let settings = |memory_bytes| {
        let mut settings = Settings::default();
        settings.vehicles.memory_bytes = memory_bytes;
        Arc::new(settings)
    };
    let small = Engine::new(Some(Arc::clone(&dataset)), settings(both - 1));
    assert_eq!((dataset.fit_counts().kept, dataset.fit_counts().dropped), (1, 1));
    assert_eq!(matrix(&small, &tall(430), &places), all[1]);
    assert_eq!(dataset.fit_counts().made, 2, "the one that was asked for last was kept");
    assert_eq!(matrix(&small, &tall(400), &places), all[0]);
    let none = Engine::new(Some(Arc::clone(&dataset)), settings(0));
    assert_eq!((dataset.fit_counts().kept, dataset.fit_counts().kept_bytes), (0, 0));
    assert_eq!(matrix(&none, &tall(430), &places), all[1], "it is made and let go");
    assert_eq!(dataset.fit_counts().kept, 0);
}

#[test]
fn several_who_ask_at_once_share_one_making() {
    let town = bridges();
    let places = places(&town);
    let rows: Vec<_> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..4).map(|_| scope.spawn(|| matrix(&town.engine, &tall(400), &places))).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    assert!(rows.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(town.engine.dataset().unwrap().fit_counts().made, 1);
}

#[test]
fn a_tile_holds_the_cells_of_the_matrix() {
    for (town, terms) in [(town(), Terms::default()), (bridges(), tall(400))] {
        let places = places(&town);
        let (asked, rows) = (question(&terms, &places), matrix(&town.engine, &terms, &places));
        for (from, to) in [(0..13, 0..13), (0..1, 12..13), (3..7, 2..9), (11..13, 0..4), (3..7, 2..9)] {
            let tile = Tile { rows: from.clone(), columns: to.clone() };
            let mut found = Vec::new();
            let mut keep = |row: &[Cell]| found.push(row.to_vec());
            town.engine.matrix_tile(&asked, &tile, &Budget::default(), &mut keep).unwrap();
            assert_eq!(found, rows[from].iter().map(|row| row[to.clone()].to_vec()).collect::<Vec<_>>());
        }
        for tile in [Tile { rows: 0..14, columns: 0..1 }, Tile { rows: 3..3, columns: 0..1 }] {
            let refused = town.engine.matrix_tile(&asked, &tile, &Budget::default(), &mut |_| {});
            assert!(matches!(refused, Err(Error::Invalid(_))), "{tile:?}");
        }
    }
}
