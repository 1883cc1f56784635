//! What holds at times: closed streets, slow hours, lighter bridges by night, and turns that are banned in the rush.

use routing::{Classes, Fitted, LocalTime, Profile, Scratch, Terms, Vehicle};

use super::{LIMIT_M, Map, STREET, coordinate, passed, router_as, short_cut, with_node};

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
fn a_closed_street_opens_in_its_hours() {
    let (noon, night, saturday) = (on(MONDAY, 12, 0), on(MONDAY, 22, 0), on(SATURDAY, 12, 0));
    let always = way_of(&short_cut(STREET), Profile::Car, &noon, ["a", "d"]);
    for (tags, open, closed) in [
        ([("motor_vehicle", "no"), ("motor_vehicle:conditional", "yes @ (10:00-18:00)")], &noon, &night),
        ([("access", "no"), ("access:conditional", "yes @ (Mo-Fr 08:00-18:00)")], &noon, &saturday),
        ([("vehicle", "no"), ("motorcar:conditional", "yes @ (22:00-06:00)")], &night, &noon),
        ([("motor_vehicle", "private"), ("motor_vehicle:conditional", "no @ (10:00-18:00)")], &night, &noon),
        ([("access", "no"), ("access:conditional", "yes @ (08:00-23:00); no @ (11:30-13:30)")], &night, &noon),
        ([("access", "no"), ("access:conditional", "yes @ (08:00-23:00 AND weight<3.5)")], &noon, &noon),
        ([("access", "no"), ("access:conditional", "destination @ (08:00-18:00)")], &noon, &noon),
        ([("access", "no"), ("access:conditional", "yes @ (wet)")], &noon, &noon),
    ] {
        let private = tags[0].1 == "private";
        let map = short_cut(&[("highway", "residential"), tags[0], tags[1]]);
        let expected = if private || std::ptr::eq(open, closed) { ROUND } else { STRAIGHT };
        assert_eq!(way(&map, open), expected, "{tags:?}");
        assert_eq!(way(&map, closed), ROUND, "{tags:?}");
        assert_eq!(way(&map, &Terms::default()), ROUND, "{tags:?} without a time");
        if expected == STRAIGHT {
            assert_eq!(way_of(&map, Profile::Car, open, ["a", "d"]), always, "{tags:?}");
            assert_eq!(way_of(&map, Profile::Car, open, ["b", "c"]).0, "bc", "{tags:?} from its very ends");
        }
    }
}

#[test]
fn a_street_for_walkers_takes_deliveries_in_the_morning() {
    let tags = [("highway", "pedestrian"), ("motor_vehicle:conditional", "yes @ (06:00-10:00)")];
    let map = short_cut(&tags);
    for (profile, hour, expected) in
        [(Profile::Truck, 8, STRAIGHT), (Profile::Truck, 11, ROUND), (Profile::Pedestrian, 11, STRAIGHT)]
    {
        assert_eq!(way_of(&map, profile, &on(MONDAY, hour, 0), ["a", "d"]).0, expected, "{profile:?} at {hour}");
    }
    let weighing = |weight_kg| Vehicle { weight_kg: Some(weight_kg), ..Vehicle::default() };
    let map = short_cut(&[tags[0], ("motor_vehicle:conditional", "yes @ (06:00-10:00 AND weight<3.5)")]);
    let truck = |vehicle| way_of(&map, Profile::Truck, &Terms { vehicle, ..on(MONDAY, 8, 0) }, ["a", "d"]).0;
    assert_eq!([truck(weighing(3_000)), truck(weighing(4_000))], [STRAIGHT, ROUND]);
}

#[test]
fn a_one_way_street_is_open_against_its_direction_by_night() {
    let tags = [("highway", "residential"), ("oneway", "-1"), ("oneway:conditional", "no @ (22:00-06:00)")];
    let map = short_cut(&tags);
    assert_eq!([way(&map, &on(MONDAY, 23, 0)), way(&map, &on(MONDAY, 12, 0))], [STRAIGHT, ROUND]);
    let back = |hour| way_of(&map, Profile::Car, &on(MONDAY, hour, 0), ["d", "a"]).0;
    assert_eq!([back(23), back(12)], ["dcba"; 2]);
}

#[test]
fn what_opens_at_times_is_no_other_road_in_the_usual_hours() {
    let map = |tags: &[(&str, &str)]| {
        Map::new(
            "
            a b c
            - d e
            ",
        )
        .way("ab", STREET)
        .way("ad", STREET)
        .way("bc", tags)
        .way("de", tags)
        .way("ce", STREET)
    };
    let closed = [("highway", "residential"), ("access", "no")];
    let opening = [closed[0], closed[1], ("access:conditional", "yes @ (08:00-18:00)")];
    let [never, at_times] = [map(&closed), map(&opening)].map(|map| router_as(&map, Profile::Car));
    let drawing = map(&closed);
    let scratch = &mut Scratch::default();
    for from in ["a", "b", "d", "c", "e", "ab", "bc", "de"] {
        let place = |router: &routing::Router| router.snap(coordinate(&drawing, from), LIMIT_M).unwrap();
        assert_eq!(place(&never).at, place(&at_times).at, "{from}");
        assert_eq!(never.is_well_connected(&place(&never)), at_times.is_well_connected(&place(&at_times)), "{from}");
        for to in ["a", "b", "d", "c", "e"] {
            let mut ask = |router: &routing::Router| {
                let to = router.snap(coordinate(&drawing, to), LIMIT_M).unwrap();
                let path = router.route(scratch, &place(router), &to, &|| false).unwrap();
                path.map(|path| (path.travel, path.geometry))
            };
            assert_eq!(ask(&never), ask(&at_times), "{from} {to}");
        }
    }
    // Another speed opens nothing either, and what is open has a speed of its own to tell.
    let all: Vec<_> = at_times.network().edges().map(|edge| (edge, 50)).collect();
    let [b, e] = ["b", "e"].map(|place| at_times.snap(coordinate(&drawing, place), LIMIT_M).unwrap());
    let faster = at_times.with_speeds(&all, 1);
    assert_eq!(faster.route(scratch, &b, &e, &|| false).unwrap(), None);
    let noon = faster.route_under(scratch, &b, &e, &on(MONDAY, 12, 0), &|| false).unwrap().unwrap();
    assert_eq!(passed(&drawing, &noon), "bce");
    assert!(noon.edges.iter().all(|&edge| faster.edge_travel(edge).duration_s() < 60));
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
fn slow_hours_take_longer_and_fast_ones_less_long() {
    let seconds = |value, terms: &Terms| {
        let map = Map::new("a b")
            .spacing_m(1000.0)
            .way("ab", &[("highway", "residential"), ("maxspeed", "30"), ("maxspeed:conditional", value)]);
        way_of(&map, Profile::Car, terms, ["a", "b"]).1
    };
    let usual = seconds("20 @ (Mo-Fr 07:00-17:00)", &Terms::default());
    let slow = seconds("20 @ (Mo-Fr 07:00-17:00)", &on(MONDAY, 8, 0));
    assert!(slow >= 180 && slow > usual, "{slow} {usual}");
    assert_eq!(seconds("20 @ (Mo-Fr 07:00-17:00)", &on(SATURDAY, 8, 0)), usual);
    let fast = seconds("100 @ (Mo-Fr 07:00-17:00)", &on(MONDAY, 8, 0));
    assert!(fast < usual, "{fast} {usual}");
    assert_eq!(seconds("100 @ (Mo-Fr 07:00-17:00)", &on(SATURDAY, 8, 0)), usual);
    assert_eq!(seconds("100 @ (Mo-Fr 07:00-17:00)", &Terms::default()), usual);
    // The last that is met counts, and what is no time speeds nobody up.
    assert_eq!(seconds("100 @ (07:00-17:00); 20 @ (Mo 07:00-09:00)", &on(MONDAY, 8, 0)), slow);
    assert_eq!(seconds("100 @ (wet)", &on(MONDAY, 8, 0)), usual);
    let light = Terms { vehicle: Vehicle { weight_kg: Some(2_000), ..Vehicle::default() }, ..on(MONDAY, 8, 0) };
    assert_eq!(seconds("100 @ (weight<3.5)", &light), usual);
    assert_eq!(seconds("100 @ (weight<3.5 AND 07:00-17:00)", &light), fast);
}

#[test]
fn a_way_that_is_fast_by_night_is_taken_by_night() {
    let map = Map::new("a b c d\n- e f -")
        .spacing_m(1000.0)
        .way("abcd", &[("highway", "residential"), ("maxspeed", "30"), ("maxspeed:conditional", "100 @ (22:00-06:00)")])
        .way("aefd", &[("highway", "residential"), ("maxspeed", "50")]);
    let way = |terms: &Terms| way_of(&map, Profile::Car, terms, ["a", "d"]);
    let (day, usual) = (way(&on(MONDAY, 12, 0)), way(&Terms::default()));
    assert_eq!((&day, day.0.as_str()), (&usual, "aefd"));
    assert_eq!(way(&on(MONDAY, 23, 0)).0, "abcd");
    // What traffic says of a road is not raised by its sign.
    let router = router_as(&map, Profile::Car);
    let crawling: Vec<_> = router.network().edges().map(|edge| (edge, 10)).collect();
    let [a, d] = ["a", "d"].map(|place| router.snap(coordinate(&map, place), LIMIT_M).unwrap());
    let jammed = router.with_speeds(&crawling, 1);
    let night = jammed.route_under(&mut Scratch::default(), &a, &d, &on(MONDAY, 23, 0), &|| false).unwrap().unwrap();
    assert!(night.travel.duration_s() >= 3 * 360, "{:?}", night.travel);
}

#[test]
fn a_gate_is_shut_by_night() {
    let map = with_node(&[("barrier", "gate"), ("access:conditional", "no @ (20:00-06:00)")]);
    assert_eq!(way(&map, &on(MONDAY, 12, 0)), "abxcd");
    assert_eq!(way(&map, &on(MONDAY, 22, 0)), ROUND);
    assert_eq!(way_of(&map, Profile::Car, &on(MONDAY, 22, 0), ["a", "x"]).0, "abx");
}

#[test]
fn a_closed_gate_opens_in_its_hours() {
    let (noon, night, saturday) = (on(MONDAY, 12, 0), on(MONDAY, 22, 0), on(SATURDAY, 12, 0));
    let always = way_of(&with_node(&[("barrier", "gate")]), Profile::Car, &noon, ["a", "d"]);
    assert_eq!(always.0, "abxcd");
    for (tags, open, closed) in [
        ([("barrier", "gate"), ("access", "no"), ("access:conditional", "yes @ (08:00-18:00)")], &noon, &night),
        ([("barrier", "lift_gate"), ("access", "no"), ("vehicle:conditional", "yes @ (Mo-Fr)")], &night, &saturday),
        ([("barrier", "gate"), ("vehicle", "no"), ("motorcar:conditional", "yes @ (22:00-06:00)")], &night, &noon),
        ([("barrier", "bollard"), ("bicycle", "yes"), ("motor_vehicle:conditional", "yes @ (Sa)")], &saturday, &noon),
        (
            [("barrier", "gate"), ("access", "no"), ("access:conditional", "yes @ (Mo); no @ (11:00-13:00)")],
            &night,
            &noon,
        ),
        ([("barrier", "bollard"), ("access", "yes"), ("access:conditional", "yes @ (08:00-18:00)")], &noon, &noon),
        ([("barrier", "gate"), ("access", "no"), ("access:conditional", "destination @ (08:00-18:00)")], &noon, &noon),
        ([("barrier", "gate"), ("access", "no"), ("access:conditional", "yes @ (wet)")], &noon, &noon),
    ] {
        let map = with_node(&tags);
        let expected = if std::ptr::eq(open, closed) { ROUND } else { "abxcd" };
        let found = way_of(&map, Profile::Car, open, ["a", "d"]);
        assert_eq!(found.0, expected, "{tags:?}");
        assert!(expected == ROUND || found == always, "{tags:?}");
        assert_eq!([way(&map, closed), way(&map, &Terms::default())], [ROUND; 2], "{tags:?}");
        for terms in [open, closed] {
            assert_eq!(way_of(&map, Profile::Car, terms, ["a", "x"]).0, "abx", "{tags:?} up to it");
            assert_eq!(way_of(&map, Profile::Car, terms, ["x", "d"]).0, "xcd", "{tags:?} from it");
        }
    }
    let tags =
        [("barrier", "gate"), ("access", "no"), ("motor_vehicle:conditional", "yes @ (06:00-10:00 AND weight<3.5)")];
    let map = with_node(&tags);
    let truck = |weight_kg, hour| {
        let vehicle = Vehicle { weight_kg: Some(weight_kg), ..Vehicle::default() };
        way_of(&map, Profile::Truck, &Terms { vehicle, ..on(MONDAY, hour, 0) }, ["a", "d"]).0
    };
    assert_eq!([truck(3_000, 8), truck(4_000, 8), truck(3_000, 12)], ["abxcd", ROUND, ROUND]);
    assert_eq!(way_of(&map, Profile::Bicycle, &on(MONDAY, 8, 0), ["a", "d"]).0, ROUND, "for others it stays shut");
    // What is no time opens none where no time is said, nor one that no time opens.
    let light = |when, terms: Terms| {
        let map = with_node(&[("barrier", "gate"), ("access", "no"), ("access:conditional", when)]);
        let vehicle = Vehicle { weight_kg: Some(3_000), ..Vehicle::default() };
        way_of(&map, Profile::Truck, &Terms { vehicle, ..terms }, ["a", "d"]).0
    };
    assert_eq!(light("yes @ (06:00-10:00); yes @ (weight<3.5)", Terms::default()), ROUND);
    assert_eq!(light("yes @ (weight<3.5)", on(MONDAY, 8, 0)), ROUND);
}

/// Streets that only a gate leads to; without a time it is as if the gate were never open.
#[test]
fn a_gate_that_opens_is_a_wall_in_the_usual_hours() {
    let map = |tags: &[(&str, &str)]| {
        Map::new(
            "
            a b x c d
            - e - f -
            ",
        )
        .way("ab", STREET)
        .way("be", STREET)
        .way("bxc", STREET)
        .way("cd", STREET)
        .way("cf", STREET)
        .way("fd", &[("highway", "residential"), ("access", "private")])
        .node_tags('x', tags)
    };
    let closed = [("barrier", "gate"), ("access", "no")];
    let opening = [closed[0], closed[1], ("access:conditional", "yes @ (08:00-18:00)")];
    let drawing = map(&closed);
    let [never, at_times] = [map(&closed), map(&opening)].map(|map| router_as(&map, Profile::Car));
    let scratch = &mut Scratch::default();
    let mut found = 0;
    for from in ["a", "b", "x", "c", "d", "e", "f", "ab", "bx", "xc", "fd"] {
        let place = |router: &routing::Router| router.snap(coordinate(&drawing, from), LIMIT_M).unwrap();
        assert_eq!(place(&never).at, place(&at_times).at, "{from}");
        assert_eq!(never.is_well_connected(&place(&never)), at_times.is_well_connected(&place(&at_times)), "{from}");
        let within = |router: &routing::Router, scratch: &mut Scratch| {
            let reached = router.within(scratch, &place(router), 600_000, &|| false).unwrap();
            let mut edges: Vec<_> =
                reached.iter().map(|reached| (reached.edge, reached.along_cm, reached.way)).collect();
            edges.sort_by_key(|reached| (reached.0, reached.1));
            edges
        };
        assert_eq!(within(&never, scratch), within(&at_times, scratch), "{from}");
        for to in ["a", "x", "d", "f", "bx", "fd"] {
            let mut ask = |router: &routing::Router| {
                let to = router.snap(coordinate(&drawing, to), LIMIT_M).unwrap();
                let path = router.route(scratch, &place(router), &to, &|| false).unwrap();
                path.map(|path| (path.travel, path.geometry))
            };
            assert_eq!(ask(&never), ask(&at_times), "{from} {to}");
            found += u32::from(ask(&never).is_some());
        }
    }
    assert!(found > 20, "{found}");
    // Other speeds open nothing either.
    let all: Vec<_> = at_times.network().edges().map(|edge| (edge, 50)).collect();
    let [a, d] = ["a", "d"].map(|place| at_times.snap(coordinate(&drawing, place), LIMIT_M).unwrap());
    let faster = at_times.with_speeds(&all, 1);
    assert_eq!(faster.route(scratch, &a, &d, &|| false).unwrap(), None);
    let noon = faster.route_under(scratch, &a, &d, &on(MONDAY, 12, 0), &|| false).unwrap().unwrap();
    assert_eq!(passed(&drawing, &noon), "abxcd");
}

#[test]
fn a_gate_and_a_ferry_keep_their_opening_hours() {
    let open = ("opening_hours", "Mo-Fr 08:00-18:00");
    let map = with_node(&[("barrier", "gate"), open]);
    assert_eq!([way(&map, &on(MONDAY, 12, 0)), way(&map, &Terms::default())], ["abxcd"; 2]);
    assert_eq!([way(&map, &on(MONDAY, 18, 0)), way(&map, &on(SATURDAY, 12, 0))], [ROUND; 2]);
    for tags in [[("barrier", "toll_booth"), open], [("highway", "crossing"), open]] {
        assert_eq!(way(&with_node(&tags), &on(SATURDAY, 12, 0)), "abxcd", "{tags:?}");
    }
    let exempt = [("barrier", "gate"), open, ("motor_vehicle:conditional", "yes @ (Sa)")];
    assert_eq!(way(&with_node(&exempt), &on(SATURDAY, 12, 0)), "abxcd");
    let ferry = short_cut(&[("route", "ferry"), ("duration", "00:01"), open]);
    assert_eq!([way(&ferry, &on(MONDAY, 12, 0)), way(&ferry, &Terms::default())], [STRAIGHT; 2]);
    assert_eq!([way(&ferry, &on(MONDAY, 7, 0)), way(&ferry, &on(SATURDAY, 12, 0))], [ROUND; 2]);
    // What a square or a shop on it opens for is no matter of who may pass.
    let square = short_cut(&[("highway", "residential"), ("amenity", "marketplace"), open]);
    assert_eq!(way(&square, &on(SATURDAY, 12, 0)), STRAIGHT);
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
