//! Snapping: which road, how far, and what is too far.

use std::cell::Cell;

use routing::{Interrupted, Scratch};

use super::{LIMIT_M, Map, ONE_WAY, PRIVATE, STREET, check_matrix, coordinate, letters, route, router, snap};

#[test]
fn a_place_snaps_to_the_nearest_road_that_cars_may_use() {
    let named = |name| [("highway", "residential"), ("name", name)];
    let map = Map::new(
        "
        a - b
        x - -
        c - d
        - - -
        e - f
        ",
    )
    .way("ab", &[("highway", "footway"), ("name", "Lane")])
    .way("cd", &named("Near Street"))
    .way("ef", &[("highway", "primary"), ("ref", "A 1")]);
    let router = router(&map);
    let found = router.snap(map.at('x'), 500.0).unwrap();
    assert_eq!((found.name.as_str(), found.at), ("Near Street", map.at('c')));
    assert!((found.distance_m - 100.0).abs() < 0.1, "{}", found.distance_m);
    assert_eq!(snap(&router, &map, "ef").name, "A 1", "a road without a name shows its number");
}

#[test]
fn too_far_from_any_road_is_an_error_that_says_how_far() {
    let map = Map::new("a b").way("ab", STREET);
    let router = router(&map);
    let far = coordinate(&Map::new("z").origin(47.70, -122.32), "z");
    let error = router.snap(far, 2000.0).unwrap_err();
    assert_eq!((error.at, error.limit_m), (far, 2000.0));
    assert!((error.nearest_m.unwrap() - 4447.8).abs() < 1.0, "{error:?}");
    assert_eq!(
        error.to_string(),
        "no road within 2000 m of 47.700000,-122.320000: the nearest is 4448 m away; move the point or raise the limit"
    );
    assert!(router.snap(far, 5000.0).is_ok());
}

#[test]
fn a_map_without_roads_for_cars_says_so() {
    let router = router(&Map::new("a b").way("ab", &[("highway", "footway")]));
    let error = router.snap(coordinate(&Map::new("a"), "a"), 2000.0).unwrap_err();
    assert_eq!(error.nearest_m, None);
    assert!(error.to_string().ends_with("the map has no road for this profile"), "{error}");
}

/// A town of `side` × `side` junctions, and beside it what `crumb` adds between x and y.
fn town(side: u32, crumb: &[(&str, &str)]) -> Map {
    // There are enough ideographs for every junction.
    let letter = |line, column| char::from_u32(0x4e00 + side * line + column).unwrap();
    let row = |line| (0..side).map(move |column| letter(line, column));
    let mut drawing: Vec<String> = (0..side).map(|line| row(line).flat_map(|letter| [letter, ' ']).collect()).collect();
    drawing[5].push_str("x y");
    let mut map = Map::new(&format!("\n{}\n", drawing.join("\n")));
    for street in 0..side {
        let column: String = (0..side).map(|line| letter(line, street)).collect();
        map = map.way(&row(street).collect::<String>(), STREET).way(&column, STREET);
    }
    map.way("xy", crumb)
}

#[test]
fn a_crumb_is_passed_over_for_the_town() {
    let map = town(12, STREET);
    let router = router(&map);
    let in_town = router.snap(map.at('y'), 500.0).unwrap();
    assert!((in_town.distance_m - 200.0).abs() < 1.0, "{}", in_town.distance_m);
    // But it is better than nothing.
    assert_eq!(router.snap(map.at('y'), 50.0).unwrap().at, map.at('y'));
}

#[test]
fn a_street_that_ends_at_a_bollard_is_no_crumb() {
    let town = town(12, STREET).node_tags('y', &[("barrier", "bollard")]);
    let junction = letters(&town).into_iter().rev().find(|(_, at)| at.lat_e7 == town.at('x').lat_e7).unwrap().0;
    let map = town.way(&format!("{junction}x"), STREET);
    let router = router(&map);
    let found = router.snap(coordinate(&map, "xy"), 500.0).unwrap();
    assert!(found.distance_m < 1.0, "{}", found.distance_m);
    // Reached towards the bollard, left away from it.
    let in_town = router.snap(map.at(junction), 1.0).unwrap();
    check_matrix(&router, &[found.clone(), in_town.clone()]);
    let scratch = &mut Scratch::default();
    for (from, to) in [(&found, &in_town), (&in_town, &found)] {
        assert!(router.route(scratch, from, to, &|| false).unwrap().is_some());
    }
}

#[test]
fn the_one_way_exit_of_a_private_yard_is_a_crumb() {
    // The yard at x is entered from the junction beside it; its exit leads by y to the junction north of that.
    let town = town(12, ONE_WAY);
    let east = |line_of: char| {
        let row = letters(&town).into_iter().filter(|(_, at)| at.lat_e7 == town.at(line_of).lat_e7);
        row.filter(|(letter, _)| !"xy".contains(*letter)).max_by_key(|(_, at)| at.lon_e7).unwrap().0
    };
    let (beside, north) = (east('x'), east(char::from_u32(0x4e00 + 12 * 4).unwrap()));
    let map = town.clone().way(&format!("{beside}x"), PRIVATE).way(&format!("y{north}"), ONE_WAY);
    let router = router(&map);
    let found = router.snap(coordinate(&map, "xy"), 500.0).unwrap();
    assert_eq!(found.at, map.at('x'));
    let in_town = router.snap(map.at(north), 1.0).unwrap();
    let scratch = &mut Scratch::default();
    for (from, to) in [(&found, &in_town), (&in_town, &found)] {
        assert!(router.route(scratch, from, to, &|| false).unwrap().is_some());
    }
}

#[test]
fn an_islet_is_not_passed_over_for_a_town_far_away() {
    let map = town(12, STREET).spacing_m(600.0);
    let router = router(&map);
    assert_eq!(router.snap(map.at('y'), 2000.0).unwrap().at, map.at('y'));
}

#[test]
fn a_small_island_beside_a_small_one_is_no_crumb() {
    let map = Map::new("a b c d - e f").way("abcd", STREET).way("ef", STREET);
    let router = router(&map);
    assert_eq!(router.snap(map.at('f'), 500.0).unwrap().at, map.at('f'));
    assert_eq!(route(&router, &map, "a", "f"), None);
}

#[test]
fn a_place_off_the_road_starts_in_either_direction() {
    let map = Map::new(
        "
        - x -
        a b c
        ",
    )
    .way("abc", STREET);
    let router = router(&map);
    let from = router.snap(map.at('x'), 200.0).unwrap();
    for end in ["a", "c"] {
        let to = snap(&router, &map, end);
        let path = router.route(&mut Scratch::default(), &from, &to, &|| false).unwrap().unwrap();
        assert_eq!((path.travel.distance_m(), path.geometry[0]), (100, map.at('b')));
    }
}

#[test]
fn from_a_place_to_itself_is_nothing() {
    let map = Map::new("a b c").way("ab", ONE_WAY).way("bc", STREET);
    let router = router(&map);
    for place in ["a", "b", "ab", "bc"] {
        let at = snap(&router, &map, place).at;
        let path = route(&router, &map, place, place).unwrap();
        assert_eq!((path.travel.duration_ms, path.travel.distance_cm), (0, 0));
        assert_eq!((path.geometry, path.edges.len()), (vec![at, at], 0));
    }
}

#[test]
fn every_cell_of_a_town_is_its_route() {
    let map = town(12, PRIVATE);
    let router = router(&map);
    let places: Vec<_> = letters(&map)
        .iter()
        .step_by(7)
        .enumerate()
        .map(|(number, (_, at))| {
            // Some at junctions, some beside streets.
            let shift = number as i32 % 3 * 3000;
            let beside = geometry::Coordinate { lat_e7: at.lat_e7 + shift / 5, lon_e7: at.lon_e7 + shift };
            router.snap(beside, 200.0).unwrap()
        })
        .collect();
    assert!(places.len() > 20);
    check_matrix(&router, &places);
}

#[test]
fn who_interrupts_is_obeyed() {
    let map = town(45, STREET);
    let router = router(&map);
    let letters = letters(&map);
    let [from, to] = [letters[2], letters[letters.len() - 1]].map(|(_, at)| router.snap(at, LIMIT_M).unwrap());
    let asked = Cell::new(0);
    let count = || asked.replace(asked.get() + 1) == u32::MAX;
    let scratch = &mut Scratch::default();
    let whole = router.route(scratch, &from, &to, &count).unwrap();
    assert!(whole.is_some() && asked.get() > 0);
    assert_eq!(router.route(scratch, &from, &to, &|| true), Err(Interrupted));
    assert_eq!(router.one_to_many(scratch, &from, std::slice::from_ref(&to), &|| true), Err(Interrupted));
    assert_eq!(router.route(scratch, &from, &to, &|| false), Ok(whole), "the scratch is as good as new");
}
