//! Who may pass, mode by mode: the keys of OpenStreetMap from the general to the specific, classes, one-ways, barriers.
//!
//! Most questions are the same one: does a profile take the short cut `bc`, or the long way round it?

use std::sync::Arc;

use routing::{Profile, Router};

use super::{Map, STREET, check_as, passed, route, router_as, short_cut, with_node};

use Profile::{Bicycle, Bus, Car, Motorcycle, Pedestrian, Taxi, Truck, Van};

const MOTOR: [Profile; 6] = [Car, Truck, Taxi, Bus, Van, Motorcycle];

/// "highway=service access=no" as pairs.
fn pairs(tags: &str) -> Vec<(&str, &str)> {
    tags.split(' ').map(|pair| pair.split_once('=').unwrap()).collect()
}

/// The letters of a way for a profile; "" if there is none.
fn way(map: &Map, profile: Profile, from: &str, to: &str) -> String {
    let path = route(&router_as(map, profile), map, from, to);
    path.map_or(String::new(), |path| passed(map, &path))
}

/// Every profile goes the usual way, but for the takers of another.
fn check_takers(map: &Map, ends: (&str, &str), takers: &[Profile], (taken, usual): (&str, &str), what: &str) {
    let network = Arc::new(map.network());
    for profile in Profile::ALL {
        let path = route(&Router::new(Arc::clone(&network), profile), map, ends.0, ends.1);
        let expected = if takers.contains(&profile) { taken } else { usual };
        assert_eq!(path.map_or(String::new(), |path| passed(map, &path)), expected, "{profile:?}: {what}");
    }
}

/// Each row: the tags of the short cut, and who takes it.
fn check_short_cut(rows: &[(&str, &[Profile])]) {
    for (tags, takers) in rows {
        check_takers(&short_cut(&pairs(tags)), ("a", "d"), takers, ("abcd", "abeghfcd"), tags);
    }
}

/// Each row: the tags of a node on the short cut, and who passes it.
fn check_barrier(rows: &[(&str, &[Profile])]) {
    for (tags, takers) in rows {
        let map = with_node(&pairs(tags));
        check_takers(&map, ("a", "d"), takers, ("abxcd", "abeghfcd"), tags);
    }
}

#[test]
fn a_street_is_for_everybody() {
    check_short_cut(&[("highway=residential", &Profile::ALL), ("highway=service", &Profile::ALL)]);
}

#[test]
fn a_specific_key_overrules_a_general_one() {
    check_short_cut(&[
        ("highway=residential access=no", &[]),
        ("highway=residential access=no vehicle=yes", &[Car, Truck, Taxi, Bus, Van, Motorcycle, Bicycle]),
        ("highway=residential access=no motor_vehicle=yes", &MOTOR),
        ("highway=residential vehicle=no", &[Pedestrian]),
        ("highway=residential motor_vehicle=no", &[Bicycle, Pedestrian]),
        ("highway=residential vehicle=no motor_vehicle=yes", &[Car, Truck, Taxi, Bus, Van, Motorcycle, Pedestrian]),
    ]);
}

#[test]
fn motorcar_speaks_to_cars_taxis_and_vans() {
    check_short_cut(&[
        ("highway=residential motorcar=no", &[Truck, Bus, Motorcycle, Bicycle, Pedestrian]),
        ("highway=residential access=no motorcar=yes", &[Car, Taxi, Van]),
    ]);
}

#[test]
fn hgv_speaks_to_trucks() {
    check_short_cut(&[
        ("highway=residential hgv=no", &[Car, Taxi, Bus, Van, Motorcycle, Bicycle, Pedestrian]),
        ("highway=residential motor_vehicle=no hgv=yes", &[Truck, Bicycle, Pedestrian]),
        ("highway=residential hgv=designated", &Profile::ALL),
    ]);
}

#[test]
fn hgv_may_deliver_but_not_pass() {
    for word in ["destination", "delivery", "private"] {
        let map = short_cut(&[("highway", "residential"), ("hgv", word)]);
        check_as(Truck, &map, &[("a", "d", "abeghfcd"), ("a", "bc", "ab"), ("bc", "d", "cd")]);
        assert_eq!(way(&map, Car, "a", "d"), "abcd");
    }
}

#[test]
fn goods_speaks_to_vans() {
    check_short_cut(&[
        ("highway=residential goods=no", &[Car, Truck, Taxi, Bus, Motorcycle, Bicycle, Pedestrian]),
        ("highway=pedestrian motor_vehicle=no goods=yes bicycle=no", &[Van, Pedestrian]),
    ]);
}

#[test]
fn psv_speaks_to_taxis_and_buses() {
    check_short_cut(&[
        ("highway=service access=no psv=yes", &[Taxi, Bus]),
        ("highway=service access=no bus=yes", &[Bus]),
        ("highway=service access=no taxi=yes", &[Taxi]),
        ("highway=service access=no psv=yes taxi=no", &[Bus]),
        ("highway=residential bus=no", &[Car, Truck, Taxi, Van, Motorcycle, Bicycle, Pedestrian]),
    ]);
}

#[test]
fn motorcycles_have_a_key() {
    check_short_cut(&[
        ("highway=residential motorcycle=no", &[Car, Truck, Taxi, Bus, Van, Bicycle, Pedestrian]),
        ("highway=path motorcycle=yes bicycle=no", &[Motorcycle, Pedestrian]),
    ]);
}

#[test]
fn bicycles_have_a_key() {
    check_short_cut(&[
        ("highway=residential bicycle=no", &[Car, Truck, Taxi, Bus, Van, Motorcycle, Pedestrian]),
        ("highway=residential vehicle=no bicycle=yes", &[Bicycle, Pedestrian]),
        ("highway=primary bicycle=use_sidepath", &[Car, Truck, Taxi, Bus, Van, Motorcycle, Pedestrian]),
    ]);
}

#[test]
fn walkers_have_a_key() {
    check_short_cut(&[
        ("highway=residential foot=no", &[Car, Truck, Taxi, Bus, Van, Motorcycle, Bicycle]),
        ("highway=residential access=no foot=yes", &[Pedestrian]),
    ]);
}

#[test]
fn motorways_and_motor_roads_are_for_engines() {
    check_short_cut(&[
        ("highway=motorway oneway=no", &MOTOR),
        ("highway=motorway_link", &MOTOR),
        ("highway=trunk motorroad=yes", &MOTOR),
        ("highway=trunk", &Profile::ALL),
    ]);
}

#[test]
fn paths_are_for_walkers_and_cyclists() {
    check_short_cut(&[
        ("highway=path", &[Bicycle, Pedestrian]),
        ("highway=cycleway", &[Bicycle, Pedestrian]),
        ("highway=cycleway foot=no", &[Bicycle]),
        ("highway=bridleway", &[Pedestrian]),
    ]);
}

#[test]
fn bicycles_are_pushed_along_footways() {
    check_short_cut(&[
        ("highway=footway", &[Bicycle, Pedestrian]),
        ("highway=pedestrian", &[Bicycle, Pedestrian]),
        ("highway=footway bicycle=no", &[Pedestrian]),
        ("highway=residential bicycle=dismount", &Profile::ALL),
    ]);
}

#[test]
fn steps_are_for_walkers_unless_there_is_a_ramp() {
    let steps = |tags: &str| {
        let map = Map::new("a b").way("ab", &pairs(tags));
        Profile::ALL.map(|profile| router_as(&map, profile).snap(map.at('a'), 1.0).is_ok())
    };
    let [.., bicycle, walker] = steps("highway=steps");
    assert!(!bicycle && walker);
    let [car, .., bicycle, walker] = steps("highway=steps ramp:bicycle=yes");
    assert!(!car && bicycle && walker);
}

#[test]
fn busways_are_for_buses() {
    check_short_cut(&[("highway=busway", &[Bus]), ("highway=busway taxi=yes bicycle=yes", &[Bus, Taxi, Bicycle])]);
}

#[test]
fn tracks_are_roads_by_their_grade() {
    check_short_cut(&[
        ("highway=track tracktype=grade1", &Profile::ALL),
        ("highway=track tracktype=grade5", &[Bicycle, Pedestrian]),
        ("highway=track tracktype=grade5 motor_vehicle=yes", &Profile::ALL),
    ]);
    let track = short_cut(&[("highway", "track"), ("tracktype", "grade3")]);
    check_as(Car, &track, &[("a", "d", "abeghfcd"), ("a", "bc", "ab")]);
}

#[test]
fn what_is_impassable_stops_engines() {
    check_short_cut(&[("highway=residential smoothness=impassable", &[Bicycle, Pedestrian])]);
}

#[test]
fn words_that_name_who_may_pass() {
    check_short_cut(&[
        ("highway=service access=psv", &[Taxi, Bus]),
        ("highway=service access=no vehicle=hgv;bus", &[Truck, Bus]),
        ("highway=residential access=agricultural", &[]),
        ("highway=residential motor_vehicle=forestry", &[Bicycle, Pedestrian]),
    ]);
}

#[test]
fn private_land_is_for_its_own_whoever_travels() {
    let map = short_cut(&[("highway", "residential"), ("access", "private")]);
    for profile in Profile::ALL {
        check_as(profile, &map, &[("a", "d", "abeghfcd"), ("a", "bc", "ab"), ("bc", "d", "cd")]);
    }
}

/// A block whose north side has these tags.
fn block(north: &str) -> Map {
    Map::new(
        "
        a 1 2 b
        d - - c
        ",
    )
    .way("a12b", &pairs(north))
    .way("bc", STREET)
    .way("cd", STREET)
    .way("da", STREET)
}

/// Who drives the north side backwards.
fn check_against(rows: &[(&str, &[Profile])]) {
    for (tags, takers) in rows {
        check_takers(&block(tags), ("b", "a"), takers, ("b21a", "bcda"), tags);
    }
}

#[test]
fn one_way_streets_bind_all_but_walkers() {
    check_against(&[
        ("highway=residential oneway=yes", &[Pedestrian]),
        ("highway=residential oneway=1", &[Pedestrian]),
        ("highway=residential oneway=no", &Profile::ALL),
        ("highway=residential oneway=yes oneway:foot=yes", &[]),
    ]);
}

#[test]
fn minus_one_runs_against_the_line() {
    check_against(&[("highway=residential oneway=-1", &Profile::ALL)]);
    let map = block("highway=residential oneway=-1");
    assert_eq!((way(&map, Truck, "a", "b"), way(&map, Pedestrian, "a", "b")), ("adcb".into(), "a12b".into()));
}

#[test]
fn bicycles_are_let_against_one_way_streets() {
    check_against(&[
        ("highway=residential oneway=yes oneway:bicycle=no", &[Bicycle, Pedestrian]),
        ("highway=residential oneway=yes cycleway=opposite", &[Bicycle, Pedestrian]),
        ("highway=residential oneway=yes cycleway:left=opposite_lane", &[Bicycle, Pedestrian]),
        ("highway=residential oneway=yes cycleway=lane", &[Pedestrian]),
    ]);
}

#[test]
fn bicycles_may_have_a_one_way_street_of_their_own() {
    let map = block("highway=residential oneway:bicycle=yes");
    assert_eq!((way(&map, Bicycle, "b", "a"), way(&map, Car, "b", "a")), ("bcda".into(), "b21a".into()));
}

#[test]
fn buses_are_let_against_one_way_streets() {
    check_against(&[
        ("highway=residential oneway=yes busway=opposite_lane", &[Bus, Pedestrian]),
        ("highway=residential oneway=yes oneway:bus=no", &[Bus, Pedestrian]),
        ("highway=residential oneway=yes oneway:psv=no", &[Taxi, Bus, Pedestrian]),
        ("highway=residential oneway=yes lanes:psv:backward=1", &[Taxi, Bus, Pedestrian]),
    ]);
}

#[test]
fn access_may_differ_by_direction() {
    let map = block("highway=residential hgv:backward=no");
    let found = [way(&map, Truck, "a", "b"), way(&map, Truck, "b", "a"), way(&map, Car, "b", "a")];
    assert_eq!(found, ["a12b", "bcda", "b21a"]);
}

#[test]
fn roundabouts_bind_cyclists_but_not_walkers() {
    for kind in ["roundabout", "circular"] {
        let map = Map::new(
            "
            - - a - -
            - - b - -
            h e - c f
            - - d - -
            ",
        )
        .way("bedcb", &[("highway", "residential"), ("junction", kind)])
        .way("ab", STREET)
        .way("cf", STREET)
        .way("eh", STREET);
        for profile in [Car, Truck, Bus, Bicycle] {
            assert_eq!(way(&map, profile, "a", "f"), "abedcf", "{profile:?} {kind}");
        }
        assert_eq!(way(&map, Pedestrian, "a", "f"), "abcf", "{kind}");
    }
}

#[test]
fn bollards_and_the_like_stop_engines() {
    for kind in ["bollard", "block", "chain", "cycle_barrier", "jersey_barrier", "log", "something_new"] {
        check_barrier(&[(format!("barrier={kind}").as_str(), &[Bicycle, Pedestrian])]);
    }
    check_barrier(&[
        ("barrier=bollard bollard=rising", &Profile::ALL),
        ("barrier=bollard motor_vehicle=yes", &Profile::ALL),
        ("barrier=bollard access=yes", &[Bicycle, Pedestrian]),
    ]);
}

#[test]
fn stiles_and_kissing_gates_are_for_walkers() {
    check_barrier(&[
        ("barrier=stile", &[Pedestrian]),
        ("barrier=kissing_gate", &[Pedestrian]),
        ("barrier=turnstile", &[Pedestrian]),
        ("barrier=kissing_gate bicycle=yes", &[Bicycle, Pedestrian]),
    ]);
}

#[test]
fn gates_are_open_unless_they_say_otherwise() {
    check_barrier(&[
        ("barrier=gate", &Profile::ALL),
        ("barrier=lift_gate motor_vehicle=no", &[Bicycle, Pedestrian]),
        ("barrier=gate access=no foot=yes", &[Pedestrian]),
        ("barrier=gate locked=yes", &[]),
        ("barrier=lift_gate access=no psv=yes", &[Taxi, Bus]),
    ]);
}

#[test]
fn walls_stop_everybody() {
    check_barrier(&[("barrier=wall", &[]), ("barrier=fence", &[]), ("barrier=fence foot=yes", &[Pedestrian])]);
}

#[test]
fn traps_let_buses_and_trucks_pass() {
    check_barrier(&[("barrier=bus_trap", &[Bus, Truck, Bicycle, Pedestrian])]);
}

#[test]
fn what_stops_nobody_stops_nobody() {
    for kind in ["kerb", "cattle_grid", "entrance", "toll_booth", "border_control", "no"] {
        let tags = format!("barrier={kind}");
        let map = Map::new("a b c").way("abc", STREET).node_tags('b', &pairs(&tags));
        for profile in Profile::ALL {
            assert_eq!(way(&map, profile, "a", "c"), "abc", "{profile:?} {kind}");
        }
    }
}

#[test]
fn a_bar_without_a_height_keeps_out_what_is_higher_than_a_car() {
    check_barrier(&[("barrier=height_restrictor", &[Car, Taxi, Van, Motorcycle, Bicycle, Pedestrian])]);
}

#[test]
fn ferries_take_whom_their_tags_name() {
    let ferry = |tags: &str| {
        let all = pairs(tags);
        let map = Map::new("a b - c d").way("ab", STREET).way("cd", STREET).way("bc", &all);
        Profile::ALL.into_iter().filter(|&profile| way(&map, profile, "a", "d") == "abcd").collect::<Vec<_>>()
    };
    assert_eq!(ferry("route=ferry"), Profile::ALL);
    assert_eq!(ferry("route=ferry foot=yes"), [Bicycle, Pedestrian]);
    assert_eq!(ferry("route=ferry foot=yes bicycle=no"), [Pedestrian]);
    assert_eq!(ferry("route=ferry motor_vehicle=yes hgv=no"), [Car, Taxi, Bus, Van, Motorcycle, Bicycle, Pedestrian]);
    assert_eq!(ferry("route=shuttle_train"), MOTOR);
}

#[test]
fn a_turn_restriction_may_speak_to_some_only() {
    let junction = |tags: &[(&str, &str)]| {
        Map::new(
            "
            - c - -
            a b d e
            ",
        )
        .way("ab", STREET)
        .way("bc", STREET)
        .way("bde", STREET)
        .restriction_tags(tags, "ab", "b", "bc")
    };
    for (tags, bound) in [
        (&[("restriction", "no_left_turn")][..], &[Car, Truck, Taxi, Bus, Van, Motorcycle, Bicycle][..]),
        (&[("restriction:hgv", "no_left_turn")], &[Truck]),
        (&[("restriction:bicycle", "no_left_turn")], &[Bicycle]),
        (&[("restriction", "no_left_turn"), ("except", "psv;bicycle")], &[Car, Truck, Van, Motorcycle]),
        (&[("restriction:motor_vehicle", "no_left_turn"), ("except", "hgv")], &[Car, Taxi, Bus, Van, Motorcycle]),
    ] {
        check_takers(&junction(tags), ("a", "c"), bound, ("abdedbc", "abc"), &format!("{tags:?}"));
    }
}

#[test]
fn a_restriction_by_way_of_a_way_may_speak_to_trucks() {
    let map = Map::new(
        "
        a b e -
        - | - -
        d c f g
        ",
    )
    .way("ab", STREET)
    .way("be", STREET)
    .way("bc", STREET)
    .way("cd", STREET)
    .way("cfg", STREET)
    .restriction_tags(&[("restriction:hgv", "no_u_turn")], "ab", "bc", "cd");
    assert_eq!((way(&map, Truck, "a", "d"), way(&map, Car, "a", "d")), ("abebcd".into(), "abcd".into()));
}
