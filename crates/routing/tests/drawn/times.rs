//! What holds at times: closed streets, slow hours, lighter bridges by night, and turns that are banned in the rush.

use routing::{Classes, Fitted, LocalTime, Profile, Scratch, Terms, Vehicle};

use super::{LIMIT_M, Map, STREET, coordinate, passed, router_as, short_cut};

/// Days of January 2024 that these were.
const MONDAY: i64 = 19_723;
const SATURDAY: i64 = 19_728;

fn on(day: i64, hour: i64, minute: i64) -> Terms {
    Terms { time: LocalTime::from_minutes(1440 * day + 60 * hour + minute), ..Terms::default() }
}

/// The letters of the way at a time and its seconds; the searches and a router of its own agree.
fn way_of(map: &Map, profile: Profile, terms: &Terms, ends: [&str; 2]) -> (String, u64) {
    let router = router_as(map, profile);
    let scratch = &mut Scratch::default();
    let [from, to] = ends.map(|place| router.snap(coordinate(map, place), LIMIT_M).unwrap());
    let found = router.route_under(scratch, &from, &to, terms, &|| false).unwrap();
    let plain = router.route_under_plain(scratch, &from, &to, terms, &|| false).unwrap();
    let canonical = Classes::new(&router).canonical(terms);
    let fitted = Fitted::new(&router, &canonical).route(scratch, &from, &to, &|| false).unwrap();
    assert_eq!((&found, &found), (&plain, &fitted));
    if canonical.is_empty() {
        assert_eq!(found, router.route(scratch, &from, &to, &|| false).unwrap());
    }
    found.map_or((String::new(), 0), |path| (passed(map, &path), path.travel.duration_s()))
}

fn way(map: &Map, terms: &Terms) -> String {
    way_of(map, Profile::Car, terms, ["a", "d"]).0
}

const STRAIGHT: &str = "abcd";
const ROUND: &str = "abeghfcd";

#[test]
fn a_street_is_closed_in_its_hours() {
    for (value, closed, open) in [
        ("no @ (Mo-Fr 07:00-09:00)", on(MONDAY, 8, 0), on(SATURDAY, 8, 0)),
        ("no @ (Mo-Fr 07:00-09:00,15:00-17:00)", on(MONDAY, 15, 30), on(MONDAY, 12, 0)),
        ("no @ (22:00-06:00)", on(MONDAY, 2, 0), on(MONDAY, 12, 0)),
        ("destination @ (Mo-Fr 06:00-10:00)", on(MONDAY, 8, 0), on(MONDAY, 10, 0)),
        ("no @ (Sa); yes @ (Sa 20:00-24:00)", on(SATURDAY, 19, 0), on(SATURDAY, 21, 0)),
        ("private @ (2024 Jan 01-2024 Jan 03)", on(MONDAY, 12, 0), on(SATURDAY, 12, 0)),
    ] {
        let map = short_cut(&[("highway", "residential"), ("motor_vehicle:conditional", value)]);
        assert_eq!(way(&map, &closed), ROUND, "{value}");
        assert_eq!(way(&map, &open), STRAIGHT, "{value}");
        assert_eq!(way(&map, &Terms::default()), STRAIGHT, "{value} without a time");
        assert_eq!(way_of(&map, Profile::Bicycle, &closed, ["a", "d"]).0, STRAIGHT, "{value} for bicycles");
    }
}

#[test]
fn what_opens_at_times_stays_closed() {
    let map = short_cut(&[
        ("highway", "residential"),
        ("motor_vehicle", "no"),
        ("motor_vehicle:conditional", "yes @ (10:00-18:00)"),
    ]);
    assert_eq!(way(&map, &on(MONDAY, 12, 0)), ROUND);
}

#[test]
fn hours_and_weights_are_met_together() {
    let map = short_cut(&[("highway", "residential"), ("hgv:conditional", "no @ (22:00-06:00 AND weight>7.5)")]);
    let truck = |weight_kg, hour| {
        let vehicle = Vehicle { weight_kg: Some(weight_kg), ..Vehicle::default() };
        way_of(&map, Profile::Truck, &Terms { vehicle, ..on(MONDAY, hour, 0) }, ["a", "d"]).0
    };
    assert_eq!([truck(12_000, 23), truck(12_000, 12), truck(7_500, 23)], [ROUND, STRAIGHT, STRAIGHT]);
}

#[test]
fn a_limit_may_hold_by_night_only_or_be_lifted() {
    let truck = |map: &Map, hour| {
        let vehicle = Vehicle { weight_kg: Some(12_000), ..Vehicle::default() };
        way_of(map, Profile::Truck, &Terms { vehicle, ..on(MONDAY, hour, 0) }, ["a", "d"]).0
    };
    let stricter = short_cut(&[("highway", "residential"), ("maxweight:conditional", "7.5 @ (22:00-06:00)")]);
    assert_eq!([truck(&stricter, 23), truck(&stricter, 12)], [ROUND, STRAIGHT]);
    let lifted = short_cut(&[
        ("highway", "residential"),
        ("maxweight", "7.5"),
        ("maxweight:conditional", "none @ (06:00-22:00)"),
    ]);
    assert_eq!([truck(&lifted, 23), truck(&lifted, 12)], [ROUND, STRAIGHT]);
}

#[test]
fn slow_hours_take_longer_and_no_hour_is_faster() {
    let seconds = |value, terms: &Terms| {
        let map = Map::new("a b")
            .spacing_m(1000.0)
            .way("ab", &[("highway", "residential"), ("maxspeed", "50"), ("maxspeed:conditional", value)]);
        way_of(&map, Profile::Car, terms, ["a", "b"]).1
    };
    let usual = seconds("20 @ (Mo-Fr 07:00-17:00)", &Terms::default());
    let slow = seconds("20 @ (Mo-Fr 07:00-17:00)", &on(MONDAY, 8, 0));
    assert!(slow >= 180 && slow > usual, "{slow} {usual}");
    assert_eq!(seconds("20 @ (Mo-Fr 07:00-17:00)", &on(SATURDAY, 8, 0)), usual);
    assert_eq!(seconds("100 @ (Mo-Fr 07:00-17:00)", &on(MONDAY, 8, 0)), usual);
}

#[test]
fn a_gate_is_shut_by_night() {
    let map = Map::new(
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
    .node_tags('x', &[("barrier", "gate"), ("access:conditional", "no @ (20:00-06:00)")]);
    assert_eq!(way(&map, &on(MONDAY, 12, 0)), "abxcd");
    assert_eq!(way(&map, &on(MONDAY, 22, 0)), ROUND);
    assert_eq!(way_of(&map, Profile::Car, &on(MONDAY, 22, 0), ["a", "x"]).0, "abx");
}

#[test]
fn a_turn_is_banned_in_the_rush() {
    let map = Map::new(
        "
        a b c
        - d e
        ",
    )
    .way("ab", STREET)
    .way("bc", STREET)
    .way("bd", STREET)
    .way("ce", STREET)
    .way("de", STREET)
    .restriction_tags(&[("restriction:conditional", "no_right_turn @ (Mo-Fr 07:00-09:00)")], "ab", "b", "bd");
    let way = |terms| way_of(&map, Profile::Car, &terms, ["a", "d"]).0;
    assert_eq!(way(on(MONDAY, 8, 0)), "abced");
    assert_eq!([way(on(MONDAY, 9, 0)), way(on(SATURDAY, 8, 0)), way(Terms::default())], ["abd"; 3]);
}

#[test]
fn a_turn_by_way_of_a_road_is_banned_in_the_rush() {
    let map = Map::new(
        "
        a b c d
        - e f -
        - g h -
        ",
    )
    .way("ab", STREET)
    .way("bc", STREET)
    .way("cd", STREET)
    .way("cf", STREET)
    .way("be", STREET)
    .way("fe", STREET)
    .way("fh", STREET)
    .way("eg", STREET)
    .way("gh", STREET)
    .restriction_tags(&[("restriction:conditional", "no_u_turn @ (06:00-10:00)")], "bc", "cf", "fe");
    let way = |terms, ends| way_of(&map, Profile::Car, &terms, ends).0;
    assert_eq!(way(on(MONDAY, 12, 0), ["bc", "fe"]), "cf");
    assert_ne!(way(on(MONDAY, 8, 0), ["bc", "fe"]), "cf");
    assert_eq!(way(on(MONDAY, 8, 0), ["d", "fe"]), "dcf", "who comes from elsewhere may");
}
