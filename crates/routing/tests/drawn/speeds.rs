//! How fast each profile goes: classes, limits in every notation, surfaces, pushing, left-hand turns, booths and borders.

use routing::Profile;

use super::{Map, STREET, route, router_as};

/// Whole seconds from one place to another.
fn seconds(map: &Map, profile: Profile, from: &str, to: &str) -> u64 {
    route(&router_as(map, profile), map, from, to).unwrap().travel.duration_s()
}

/// A straight kilometre takes this profile as long as this speed does, to the second.
fn check(profile: Profile, tags: &[(&str, &str)], kmh: u64) {
    let map = Map::new("a b").spacing_m(1000.0).way("ab", tags);
    let found = seconds(&map, profile, "a", "b");
    assert!(found.abs_diff(3600 / kmh) <= 1, "{profile:?} on {tags:?}: {found} s instead of {} s", 3600 / kmh);
}

#[test]
fn every_profile_has_speeds_of_its_own() {
    // The law of the land says 65 mph on motorways.
    for (profile, motorway, residential) in [
        (Profile::Car, 94, 28),
        (Profile::Taxi, 94, 28),
        (Profile::Motorcycle, 94, 28),
        (Profile::Van, 94, 28),
        (Profile::Bus, 90, 25),
        (Profile::Truck, 80, 20),
    ] {
        check(profile, &[("highway", "motorway")], motorway);
        check(profile, STREET, residential);
    }
    check(Profile::Bicycle, STREET, 17);
    check(Profile::Pedestrian, STREET, 5);
}

#[test]
fn limits_are_read_in_every_notation() {
    for (value, kmh) in [
        ("50", 45),
        ("30 mph", 43),
        ("40 km/h", 36),
        ("30 knots", 49),
        ("DE:urban", 45),
        ("DE:zone:30", 27),
        ("walk", 6),
    ] {
        check(Profile::Car, &[("highway", "primary"), ("maxspeed", value)], kmh);
    }
}

#[test]
fn a_zone_or_a_country_implies_a_limit() {
    for (key, value, kmh) in [
        ("maxspeed:type", "GB:nsl_single", 87),
        ("source:maxspeed", "DE:urban", 45),
        ("zone:maxspeed", "DE:30", 27),
        ("zone:traffic", "IT:urban", 45),
        ("source:maxspeed", "FR:rural", 72),
    ] {
        check(Profile::Car, &[("highway", "primary"), (key, value)], kmh);
    }
}

#[test]
fn a_country_road_is_fast_and_no_faster_than_its_law() {
    for (lat, lon, highway, kmh) in [
        (41.15, -8.0, "secondary", 62),
        (41.15, -8.0, "unclassified", 40),
        (41.15, -8.0, "residential", 28),
        (41.15, -8.0, "trunk", 81),
        (60.5, 15.5, "trunk", 63),
        (60.5, 15.5, "secondary", 62),
    ] {
        let map = Map::new("a b").origin(lat, lon).spacing_m(1000.0).way("ab", &[("highway", highway)]);
        let found = seconds(&map, Profile::Car, "a", "b");
        assert!(found.abs_diff(3600 / kmh) <= 1, "{highway} at {lat}: {found} s instead of {} s", 3600 / kmh);
    }
}

#[test]
fn in_town_the_law_slows_the_large_roads() {
    let drawing = "a b c d\ne f g h\ni j k l\nm n o p";
    for (lat, lon, kmh) in [(41.15, -8.62, 45), (47.61, -122.33, 36)] {
        let town = Map::new(drawing).origin(lat, lon).way("efgh", &[("highway", "trunk")]);
        let streets = ["abcd", "ijkl", "mnop", "aeim", "bfjn", "cgko", "dhlp"];
        let map = streets.iter().fold(town, |map, nodes| map.way(nodes, STREET));
        let found = seconds(&map, Profile::Car, "f", "g");
        assert!(found.abs_diff(360 / kmh) <= 1, "{found} s instead of {} s", 360 / kmh);
    }
}

#[test]
fn trucks_heed_signs_of_their_own() {
    let tags = [("highway", "motorway"), ("maxspeed", "120"), ("maxspeed:hgv", "60")];
    check(Profile::Truck, &tags, 54);
    check(Profile::Car, &tags, 108);
    check(Profile::Truck, &[("highway", "primary"), ("maxspeed:hgv", "40")], 36);
}

#[test]
fn trucks_have_a_limiter() {
    check(Profile::Truck, &[("highway", "motorway"), ("maxspeed", "130")], 87);
    check(Profile::Van, &[("highway", "motorway"), ("maxspeed", "none")], 117);
}

#[test]
fn cyclists_and_walkers_go_their_own_pace() {
    for limit in ["30", "50", "100"] {
        check(Profile::Bicycle, &[("highway", "residential"), ("maxspeed", limit)], 17);
        check(Profile::Pedestrian, &[("highway", "residential"), ("maxspeed", limit)], 5);
    }
    check(Profile::Bicycle, &[("highway", "cycleway")], 19);
    check(Profile::Bicycle, &[("highway", "residential"), ("maxspeed", "10")], 10);
}

#[test]
fn a_pushed_bicycle_goes_as_its_rider_walks() {
    check(Profile::Bicycle, &[("highway", "footway")], 5);
    check(Profile::Bicycle, &[("highway", "footway"), ("bicycle", "yes")], 8);
    check(Profile::Bicycle, &[("highway", "residential"), ("bicycle", "dismount")], 5);
}

#[test]
fn steps_are_slow() {
    check(Profile::Pedestrian, &[("highway", "steps")], 3);
    check(Profile::Bicycle, &[("highway", "steps"), ("ramp:bicycle", "yes")], 2);
}

#[test]
fn surfaces_slow_each_in_its_way() {
    for (surface, car, truck, bicycle) in [
        ("asphalt", 72, 62, 15),
        ("sett", 45, 30, 12),
        ("compacted", 30, 20, 11),
        ("gravel", 30, 20, 9),
        ("sand", 15, 6, 6),
    ] {
        let tags = [("highway", "primary"), ("surface", surface)];
        check(Profile::Car, &tags, car);
        check(Profile::Truck, &tags, truck);
        check(Profile::Bicycle, &tags, bicycle);
        check(Profile::Pedestrian, &tags, if surface == "sand" { 4 } else { 5 });
    }
}

#[test]
fn driveways_and_alleys_are_slow() {
    let tags = [("highway", "service"), ("service", "alley")];
    check(Profile::Car, &tags, 12);
    check(Profile::Truck, &tags, 8);
    check(Profile::Bicycle, &tags, 14);
}

#[test]
fn where_traffic_keeps_left_the_right_turn_is_the_long_one() {
    let junction = |side: &str| {
        let tags = [("highway", "residential"), ("driving_side", side)];
        Map::new(
            "
            - c -
            a b d
            - e -
            ",
        )
        .way("ab", &tags)
        .way("bc", &tags)
        .way("bd", &tags)
        .way("be", &tags)
    };
    let turns = |side: &str| {
        let map = junction(side);
        let straight = seconds(&map, Profile::Truck, "a", "d");
        ["c", "e"].map(|to| seconds(&map, Profile::Truck, "a", to) - straight)
    };
    assert_eq!((turns("right"), turns("left")), ([10, 8], [8, 10]));
}

#[test]
fn a_map_of_malta_keeps_left_by_itself() {
    let at = |lat, lon| {
        let map = Map::new(
            "
            - c -
            a b d
            - e -
            ",
        )
        .origin(lat, lon)
        .way("ab", STREET)
        .way("bc", STREET)
        .way("bd", STREET)
        .way("be", STREET);
        seconds(&map, Profile::Car, "a", "c") > seconds(&map, Profile::Car, "a", "e")
    };
    assert!(!at(35.9, 14.5) && at(41.15, -8.61));
}

#[test]
fn signals_booths_and_borders_take_their_time() {
    let at_b = |tags: &[(&str, &str)], profile| {
        let map = Map::new("a b c").way("ab", STREET).way("bc", STREET);
        let free = seconds(&map, profile, "a", "c");
        seconds(&map.node_tags('b', tags), profile, "a", "c") - free
    };
    assert_eq!(at_b(&[("highway", "traffic_signals")], Profile::Truck), 7);
    assert_eq!(at_b(&[("highway", "traffic_signals")], Profile::Pedestrian), 10);
    assert_eq!(at_b(&[("barrier", "toll_booth")], Profile::Car), 15);
    assert_eq!(at_b(&[("barrier", "toll_booth")], Profile::Bicycle), 0);
    assert_eq!(at_b(&[("barrier", "border_control")], Profile::Truck), 300);
}

#[test]
fn nobody_who_walks_pays_for_a_turn() {
    let map = Map::new(
        "
        - c -
        a b d
        ",
    )
    .way("ab", STREET)
    .way("bc", STREET)
    .way("bd", STREET);
    assert_eq!(seconds(&map, Profile::Pedestrian, "a", "c"), seconds(&map, Profile::Pedestrian, "a", "d"));
}
