//! How long it takes: speeds, ferries, signals, turns, and that weights decide.

use super::{Map, STREET, check, route, router};

/// Whole seconds from one place to another.
fn seconds(map: &Map, from: &str, to: &str) -> u64 {
    route(&router(map), map, from, to).unwrap().travel.duration_s()
}

/// A straight kilometre with these tags.
fn kilometre(tags: &[(&str, &str)]) -> Map {
    Map::new("a b").spacing_m(1000.0).way("ab", tags)
}

#[test]
fn a_class_has_its_usual_speed_and_a_limit_changes_it() {
    for (tags, kmh) in [
        (&[("highway", "residential")][..], 28),
        // The law of the United States says 65 mph.
        (&[("highway", "motorway")], 94),
        (&[("highway", "tertiary"), ("maxspeed", "50")], 45),
        (&[("highway", "tertiary"), ("maxspeed", "30 mph")], 43),
        (&[("highway", "residential"), ("maxspeed", "100")], 40),
        (&[("highway", "tertiary"), ("surface", "gravel")], 30),
        (&[("highway", "service"), ("service", "driveway")], 12),
    ] {
        let expected = 3600 / kmh;
        let found = seconds(&kilometre(tags), "a", "b");
        assert!(found.abs_diff(expected) <= 1, "{tags:?}: {found} s instead of {expected} s");
    }
}

#[test]
fn a_limit_holds_in_its_direction() {
    let tags = [("highway", "primary"), ("maxspeed:forward", "50"), ("maxspeed:backward", "30")];
    let map = kilometre(&tags);
    assert_eq!((seconds(&map, "a", "b"), seconds(&map, "b", "a")), (80, 133));
}

#[test]
fn a_ferry_takes_as_long_as_it_says() {
    let map = Map::new("a b - c d").way("ab", STREET).way("cd", STREET);
    let ferry =
        |duration| map.clone().way("bc", &[("route", "ferry"), ("motor_vehicle", "yes"), ("duration", duration)]);
    assert_eq!(seconds(&ferry("00:10"), "b", "c"), 600);
    assert_eq!(seconds(&ferry("PT1H30M"), "b", "c"), 5400);
    let land = 2 * seconds(&map, "a", "b");
    assert!(seconds(&ferry("00:10"), "a", "d").abs_diff(600 + land) <= 1);
}

#[test]
fn half_an_edge_takes_half_its_time() {
    let map = kilometre(STREET);
    let router = router(&map);
    let travel = |from, to| route(&router, &map, from, to).unwrap().travel;
    let (half, whole) = (travel("a", "ab"), travel("a", "b"));
    assert_eq!(whole.distance_m(), 1000);
    assert_eq!(half.distance_m(), 500);
    assert!((2 * half.duration_ms).abs_diff(whole.duration_ms) <= 20);
    let rest = travel("ab", "b");
    assert_eq!(half.duration_ms + rest.duration_ms, whole.duration_ms, "the parts add up exactly");
}

#[test]
fn the_fastest_way_wins_not_the_shortest() {
    let map = Map::new(
        "
        a b c d
        e - - f
        ",
    )
    .spacing_m(1000.0)
    .way("abcd", STREET)
    .way("ae", &[("highway", "trunk")])
    .way("ef", &[("highway", "trunk")])
    .way("fd", &[("highway", "trunk")]);
    check(&map, &[("a", "d", "aefd"), ("d", "a", "dfea"), ("a", "b", "ab"), ("a", "c", "abc")]);
}

#[test]
fn turns_and_signals_cost_where_there_is_a_choice() {
    let corner = Map::new(
        "
        - c -
        a b d
        - e -
        ",
    );
    let bend = corner.clone().way("ab", STREET).way("bc", STREET);
    let junction = bend.clone().way("bd", STREET).way("be", STREET);
    let free = seconds(&bend, "a", "c");
    assert_eq!(seconds(&junction, "a", "d"), free, "straight on");
    assert_eq!(seconds(&junction, "a", "c"), free + 5, "to the left");
    assert!([2, 3].contains(&(seconds(&junction, "a", "e") - free)), "to the right, 2.5 s");
    let signals = junction.node_tags('b', &[("highway", "traffic_signals")]);
    assert_eq!(seconds(&signals, "a", "d"), free + 4);
    assert_eq!(seconds(&signals, "b", "d"), seconds(&bend, "a", "b"), "who starts at the junction waits for nobody");
}

#[test]
fn equally_fast_ways_are_told_apart_by_their_length() {
    let ferry = [("route", "ferry"), ("motor_vehicle", "yes"), ("duration", "00:10")];
    let map = Map::new(
        "
        a b - c d
        - - x - -
        ",
    )
    .way("ab", STREET)
    .way("bxc", &ferry)
    .way("bc", &ferry)
    .way("cd", STREET);
    check(&map, &[("a", "d", "abcd"), ("d", "a", "dcba")]);
}
