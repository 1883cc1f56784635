//! Routes and matrices on a drawn town.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::town::{nowhere, town};
use engine::{Budget, Cell, Engine, Error, MatrixQuestion, Profile, Reason, RouteQuestion, Settings, Side, Terms};
use geometry::Coordinate;

fn route(waypoints: Vec<Coordinate>) -> RouteQuestion {
    RouteQuestion { profile: Profile::Car, terms: Terms::default(), waypoints, heading: None }
}

fn matrix(origins: Vec<Coordinate>, destinations: Vec<Coordinate>) -> MatrixQuestion {
    MatrixQuestion { profile: Profile::Car, terms: Terms::default(), origins, destinations }
}

/// What a matrix must hold for a pair, by asking for the route.
fn cell(engine: &Engine, from: Coordinate, to: Coordinate) -> Cell {
    match engine.route(&route(vec![from, to]), &Budget::default()) {
        Ok(answer) => {
            let leg = &answer.legs[0];
            assert!(leg.points.len() >= 2, "{leg:?}");
            Cell::Travel { duration_s: leg.duration_s, distance_m: leg.distance_m }
        }
        Err(Error::NoRoute { from: 0 }) => Cell::NoRoute,
        Err(Error::OffRoad { waypoint: 0, .. }) => Cell::OffRoad(Side::Origin),
        Err(Error::OffRoad { waypoint: 1, .. }) => Cell::OffRoad(Side::Destination),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn every_cell_of_a_matrix_equals_its_route() {
    let town = town();
    let mut places: Vec<Coordinate> = "abcdefghijklmn".chars().map(|letter| town.map.at(letter)).collect();
    // Places within blocks, which snap to the middle of edges.
    places.extend(["ab", "fg", "gk", "hl"].map(|pair| {
        let (from, to) = (town.map.at(pair.chars().next().unwrap()), town.map.at(pair.chars().last().unwrap()));
        let near = |a: i32, b: i32| a + (b - a) / 3 + 400;
        Coordinate { lat_e7: near(from.lat_e7, to.lat_e7), lon_e7: near(from.lon_e7, to.lon_e7) }
    }));
    places.push(nowhere());
    let answer = town.engine.matrix(&matrix(places.clone(), places.clone()), &Budget::default()).unwrap();
    let mut seen = [0; 3];
    for (row, &from) in answer.rows.iter().zip(&places) {
        for (&found, &to) in row.iter().zip(&places) {
            assert_eq!(found, cell(&town.engine, from, to), "{from:?} to {to:?}");
            seen[match found {
                Cell::Travel { .. } => 0,
                Cell::NoRoute => 1,
                Cell::OffRoad(_) => 2,
            }] += 1;
        }
    }
    assert!(seen.iter().all(|&count| count > 0), "{seen:?}");
}

#[test]
fn a_leg_leads_from_snap_to_snap() {
    let town = town();
    let (a, c, k) = (town.map.at('a'), town.map.at('c'), town.map.at('k'));
    let answer = town.engine.route(&route(vec![a, c, k, k]), &Budget::default()).unwrap();
    assert_eq!(answer.legs.len(), 3);
    for (leg, (from, to)) in answer.legs.iter().zip([(a, c), (c, k), (k, k)]) {
        assert_eq!((leg.points[0], leg.points[leg.points.len() - 1]), (from, to));
    }
    assert_eq!((answer.legs[0].distance_m, answer.legs[2].distance_m, answer.legs[2].duration_s), (200, 0, 0));
}

#[test]
fn what_has_no_way_is_named() {
    let town = town();
    let [a, b, m] = ['a', 'b', 'm'].map(|letter| town.map.at(letter));
    let ask = |waypoints| town.engine.route(&route(waypoints), &Budget::default()).unwrap_err();
    assert_eq!(ask(vec![a, b, m, a]), Error::NoRoute { from: 1 });
    let error = ask(vec![a, b, nowhere()]);
    assert!(matches!(error, Error::OffRoad { waypoint: 2, .. }), "{error:?}");
    assert!(error.to_string().contains("the limit is 2000 m (limits.snap_distance_m)"), "{error}");
}

#[test]
fn without_a_dataset_there_is_no_map() {
    let engine = Engine::new(None, Arc::new(Settings::default()));
    let places = vec![nowhere(), nowhere()];
    assert_eq!(engine.route(&route(places.clone()), &Budget::default()), Err(Error::NoDataset));
    assert_eq!(engine.matrix(&matrix(places.clone(), places), &Budget::default()), Err(Error::NoDataset));
}

#[test]
fn sizes_are_checked_before_the_map_is_asked() {
    let mut settings = Settings::default();
    (settings.limits.waypoints, settings.limits.matrix_cells) = (3, Some(5));
    let engine = Engine::new(None, Arc::new(settings));
    let faults = |result: Result<(), Error>| match result {
        Err(Error::Invalid(faults)) => faults.into_iter().map(|fault| (fault.field, fault.reason)).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let places = |count| vec![nowhere(); count];
    let of = |field: &str, reason| (field.to_owned(), reason);
    for (count, reason) in [(0, Reason::Missing), (1, Reason::Missing), (4, Reason::TooMany)] {
        assert_eq!(faults(engine.check_route(&route(places(count)))), [of("waypoints", reason)]);
    }
    assert!(engine.check_route(&route(places(3))).is_ok());
    assert_eq!(faults(engine.check_matrix(&matrix(places(2), places(3)))), [of("origins", Reason::TooMany)]);
    let both = [of("origins", Reason::Missing), of("destinations", Reason::Missing)];
    assert_eq!(faults(engine.check_matrix(&matrix(places(0), places(0)))), both);
    assert!(engine.check_matrix(&matrix(places(1), places(5))).is_ok());
}

#[test]
fn a_spent_budget_ends_the_work_and_progress_is_told() {
    let town = town();
    let places = vec![town.map.at('a'); 4];
    let cancelled = Budget::until(Arc::new(AtomicBool::new(true)));
    let late = Budget::within(Duration::ZERO);
    assert_eq!(town.engine.matrix(&matrix(places.clone(), places.clone()), &cancelled), Err(Error::Canceled));
    assert_eq!(town.engine.route(&route(places.clone()), &late), Err(Error::DeadlineExceeded));

    let told = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&told);
    let budget = Budget::default().reporting(move |done| hear.lock().unwrap().push(done));
    town.engine.matrix(&matrix(places.clone(), places), &budget).unwrap();
    assert_eq!(*told.lock().unwrap(), [0.25, 0.5, 0.75, 1.0]);
}
