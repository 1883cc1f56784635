//! Any vehicle, and what one would rather not take: limits in every unit, loads, avoided kinds and areas.

use geometry::BoundingBox;
use network::TunnelCategory;
use routing::{Area, Avoid, Classes, Fitted, Kind, Kinds, Load, Profile, Scratch, Terms, Vehicle};

use super::{LIMIT_M, Map, STREET, coordinate, passed, router_as, short_cut, with_node};

const NONE: Vehicle = Vehicle {
    height_cm: None,
    width_cm: None,
    length_cm: None,
    weight_kg: None,
    axle_load_kg: None,
    max_speed_kmh: None,
    load: Load { goods: false, harmful_to_water: false, tunnel_code: None },
    commercial: false,
};

/// The letters of a way under terms, which the plain search and the matrix agree with; "" if there is none.
fn way(map: &Map, profile: Profile, terms: &Terms, from: &str, to: &str) -> String {
    let router = router_as(map, profile);
    let scratch = &mut Scratch::default();
    let [from, to] = [from, to].map(|place| router.snap(coordinate(map, place), LIMIT_M).unwrap());
    let path = router.route_under(scratch, &from, &to, terms, &|| false).unwrap();
    let plain = router.route_under_plain(scratch, &from, &to, terms, &|| false).unwrap();
    let cells = router.one_to_many_under(scratch, &from, std::slice::from_ref(&to), terms, &|| false).unwrap();
    let fitted = Fitted::new(&router, &Classes::new(&router).canonical(terms));
    let fitted = fitted.route(scratch, &from, &to, &|| false).unwrap();
    let travel = path.as_ref().map(|path| path.travel);
    assert_eq!((travel, vec![travel]), (plain.map(|path| path.travel), cells));
    assert_eq!(path.as_ref().map(|path| &path.edges), fitted.as_ref().map(|path| &path.edges));
    assert_eq!(travel, fitted.map(|path| path.travel));
    path.map_or(String::new(), |path| passed(map, &path))
}

fn driven_by(vehicle: &Vehicle) -> Terms {
    Terms { vehicle: vehicle.clone(), ..Terms::default() }
}

fn avoiding(kinds: &[Kind]) -> Terms {
    Terms { avoid: Avoid { kinds: kinds.iter().copied().collect(), ..Avoid::default() }, ..Terms::default() }
}

/// A sign on the short cut stops the second vehicle and not the first.
fn check_limit(key: &str, values: &[&str], fits: &Vehicle, does_not: &Vehicle) {
    for value in values {
        let map = short_cut(&[("highway", "residential"), (key, value)]);
        assert_eq!(way(&map, Profile::Truck, &driven_by(fits), "a", "d"), "abcd", "{key}={value}");
        assert_eq!(way(&map, Profile::Truck, &driven_by(does_not), "a", "d"), "abeghfcd", "{key}={value}");
        assert_eq!(way(&map, Profile::Truck, &Terms::default(), "a", "d"), "abcd", "a truck of unknown size");
    }
}

#[test]
fn a_low_bridge_stops_what_is_higher() {
    let (low, high) = (Vehicle { height_cm: Some(380), ..NONE }, Vehicle { height_cm: Some(382), ..NONE });
    check_limit("maxheight", &["3.8", "3.8 m", "3.80m", "380 cm", "12'6\""], &low, &high);
}

#[test]
fn feet_and_inches_are_read_too() {
    // 13 feet 6 inches are 4.1148 m.
    let (low, high) = (Vehicle { height_cm: Some(411), ..NONE }, Vehicle { height_cm: Some(412), ..NONE });
    check_limit("maxheight", &["13'6\"", "13 ft 6 in", "13.5 ft"], &low, &high);
}

#[test]
fn the_clearance_counts_as_the_sign_does() {
    let (low, high) = (Vehicle { height_cm: Some(400), ..NONE }, Vehicle { height_cm: Some(401), ..NONE });
    check_limit("maxheight:physical", &["4"], &low, &high);
}

#[test]
fn a_narrow_road_stops_what_is_wider() {
    let (slim, wide) = (Vehicle { width_cm: Some(220), ..NONE }, Vehicle { width_cm: Some(221), ..NONE });
    check_limit("maxwidth", &["2.2", "2.2 m"], &slim, &wide);
}

#[test]
fn a_limit_of_length_stops_what_is_longer() {
    let (short, long) = (Vehicle { length_cm: Some(1_000), ..NONE }, Vehicle { length_cm: Some(1_001), ..NONE });
    check_limit("maxlength", &["10", "10 m"], &short, &long);
}

#[test]
fn a_weak_bridge_stops_what_is_heavier() {
    let (light, heavy) = (Vehicle { weight_kg: Some(7_500), ..NONE }, Vehicle { weight_kg: Some(7_510), ..NONE });
    check_limit("maxweight", &["7.5", "7.5 t", "7500 kg"], &light, &heavy);
}

#[test]
fn pounds_and_short_tons_are_read_too() {
    // 10 short tons are 20,000 pounds, 9,071.8 kg.
    let (light, heavy) = (Vehicle { weight_kg: Some(9_070), ..NONE }, Vehicle { weight_kg: Some(9_080), ..NONE });
    check_limit("maxweight", &["10 st", "20000 lbs"], &light, &heavy);
}

#[test]
fn axles_have_a_limit_of_their_own() {
    let (light, heavy) = (Vehicle { axle_load_kg: Some(8_000), ..NONE }, Vehicle { axle_load_kg: Some(8_010), ..NONE });
    check_limit("maxaxleload", &["8", "8 t"], &light, &heavy);
}

#[test]
fn signs_for_trucks_mean_the_weight_in_the_papers() {
    let (light, heavy) = (Vehicle { weight_kg: Some(3_500), ..NONE }, Vehicle { weight_kg: Some(12_000), ..NONE });
    check_limit("maxweightrating:hgv", &["3.5"], &light, &heavy);
    check_limit("maxweight:hgv", &["3.5"], &light, &heavy);
}

#[test]
fn limits_hold_in_their_direction() {
    let map = short_cut(&[("highway", "residential"), ("maxheight:backward", "3")]);
    let tall = driven_by(&Vehicle { height_cm: Some(350), ..NONE });
    assert_eq!(way(&map, Profile::Truck, &tall, "a", "d"), "abcd");
    assert_eq!(way(&map, Profile::Truck, &tall, "d", "a"), "dcfhgeba");
}

#[test]
fn a_height_barrier_at_a_node_stops_what_is_higher() {
    let map = with_node(&[("barrier", "height_restrictor"), ("maxheight", "2.2")]);
    let (low, high) = (Vehicle { height_cm: Some(200), ..NONE }, Vehicle { height_cm: Some(260), ..NONE });
    assert_eq!(way(&map, Profile::Van, &driven_by(&low), "a", "d"), "abxcd");
    assert_eq!(way(&map, Profile::Van, &driven_by(&high), "a", "d"), "abeghfcd");
    // One may stand before it, on either side.
    assert_eq!(way(&map, Profile::Van, &driven_by(&high), "a", "x"), "abx");
    assert_eq!(way(&map, Profile::Van, &driven_by(&high), "x", "d"), "xcd");
}

#[test]
fn a_narrow_gate_stops_what_is_wider() {
    let map = with_node(&[("barrier", "gate"), ("maxwidth", "2")]);
    assert_eq!(way(&map, Profile::Truck, &driven_by(&Vehicle { width_cm: Some(255), ..NONE }), "a", "d"), "abeghfcd");
    assert_eq!(way(&map, Profile::Car, &driven_by(&Vehicle { width_cm: Some(180), ..NONE }), "a", "d"), "abxcd");
}

#[test]
fn a_place_is_taken_to_a_road_that_the_vehicle_fits_on() {
    let map = Map::new(
        "
        a - b
        - x -
        - - -
        c - d
        ",
    )
    .way("ab", &[("highway", "residential"), ("maxheight", "2")])
    .way("ac", STREET)
    .way("cd", STREET);
    let router = router_as(&map, Profile::Truck);
    let tall = driven_by(&Vehicle { height_cm: Some(400), ..NONE });
    let [any, fitting] =
        [&Terms::default(), &tall].map(|terms| router.snap_under(map.at('x'), 500.0, terms).unwrap().at);
    assert_eq!(any.lat_e7, map.at('a').lat_e7);
    assert_ne!(fitting.lat_e7, map.at('a').lat_e7);
}

#[test]
fn dangerous_goods_keep_off_where_they_are_forbidden() {
    let load = |goods, harmful_to_water| {
        driven_by(&Vehicle { load: Load { goods, harmful_to_water, tunnel_code: None }, ..NONE })
    };
    for (key, goods, water) in [("hazmat", "abeghfcd", "abcd"), ("hazmat:water", "abcd", "abeghfcd")] {
        let map = short_cut(&[("highway", "residential"), (key, "no")]);
        assert_eq!(way(&map, Profile::Truck, &load(true, false), "a", "d"), goods, "{key}");
        assert_eq!(way(&map, Profile::Truck, &load(false, true), "a", "d"), water, "{key}");
        assert_eq!(way(&map, Profile::Truck, &load(false, false), "a", "d"), "abcd", "{key}");
    }
}

#[test]
fn who_travels_for_business_keeps_off_where_goods_may_not_be() {
    let business = driven_by(&Vehicle { commercial: true, ..NONE });
    let map = short_cut(&[("highway", "trunk"), ("goods", "no")]);
    assert_eq!(way(&map, Profile::Car, &Terms::default(), "a", "d"), "abcd");
    assert_eq!(way(&map, Profile::Car, &business, "a", "d"), "abeghfcd");
    assert_eq!(way(&map, Profile::Truck, &business, "a", "d"), "abcd", "signs for trucks speak of trucks");
    let map = with_node(&[("barrier", "gate"), ("goods", "no")]);
    assert_eq!(way(&map, Profile::Car, &Terms::default(), "a", "d"), "abxcd");
    assert_eq!(way(&map, Profile::Car, &business, "a", "d"), "abeghfcd");
}

/// A square, at whose corner a journey may begin in two directions.
#[test]
fn a_heading_says_in_which_direction_a_journey_begins() {
    let map = Map::new(
        "
        a b c
        d - f
        g h i
        ",
    )
    .way("abcfihgda", STREET);
    let router = router_as(&map, Profile::Car);
    let [from, to] = ["ab", "bc"].map(|place| router.snap(coordinate(&map, place), LIMIT_M).unwrap());
    let driven = |heading| {
        let from = router.leaving_towards(&from, heading);
        let path = router.route(&mut Scratch::default(), &from, &to, &|| false).unwrap().unwrap();
        passed(&map, &path)
    };
    for (heading, expected) in [(90, "b"), (45, "b"), (179, "b"), (270, "adghifc"), (300, "adghifc")] {
        assert_eq!(driven(heading), expected, "{heading}");
    }
    let end = Map::new("a b").way("ab", &[("highway", "residential"), ("oneway", "yes")]);
    let router = router_as(&end, Profile::Car);
    let from = router.snap(coordinate(&end, "ab"), LIMIT_M).unwrap();
    assert_eq!(router.leaving_towards(&from, 270), from, "there is no other way out");
}

#[test]
fn tunnels_keep_out_loads_by_their_code() {
    use TunnelCategory::{B, C, D, E};
    for (letter, stopped) in [("A", &[][..]), ("B", &[B]), ("C", &[B, C]), ("D", &[B, C, D]), ("E", &[B, C, D, E])] {
        let map = short_cut(&[("highway", "primary"), ("tunnel", "yes"), ("hazmat:adr_tunnel_cat", letter)]);
        for code in [B, C, D, E] {
            let load = Load { goods: true, harmful_to_water: false, tunnel_code: Some(code) };
            let expected = if stopped.contains(&code) { "abeghfcd" } else { "abcd" };
            let found = way(&map, Profile::Truck, &driven_by(&Vehicle { load, ..NONE }), "a", "d");
            assert_eq!(found, expected, "code {code:?} in a tunnel of category {letter}");
        }
    }
}

#[test]
fn kinds_of_roads_are_gone_round() {
    for (tags, kind) in [
        (&[("highway", "residential"), ("toll", "yes")][..], Kind::Toll),
        (&[("highway", "motorway"), ("oneway", "no")], Kind::Motorway),
        (&[("highway", "trunk"), ("motorroad", "yes")], Kind::Motorway),
        (&[("route", "ferry"), ("motor_vehicle", "yes"), ("duration", "00:00:10")], Kind::Ferry),
        (&[("highway", "residential"), ("surface", "gravel")], Kind::Unpaved),
        (&[("highway", "residential"), ("hov", "designated")], Kind::Carpool),
        (&[("highway", "residential"), ("tunnel", "yes")], Kind::Tunnel),
        (&[("highway", "residential"), ("low_emission_zone", "yes")], Kind::LowEmissionZone),
    ] {
        let map = short_cut(tags);
        assert_eq!(way(&map, Profile::Car, &Terms::default(), "a", "d"), "abcd", "{kind:?}");
        assert_eq!(way(&map, Profile::Car, &avoiding(&[kind]), "a", "d"), "abeghfcd", "{kind:?}");
        let others = [Kind::Toll, Kind::Motorway, Kind::Ferry, Kind::Unpaved, Kind::Carpool, Kind::LowEmissionZone];
        let others: Vec<Kind> = others.into_iter().filter(|&other| other != kind).collect();
        assert_eq!(way(&map, Profile::Car, &avoiding(&others), "a", "d"), "abcd", "other than {kind:?}");
    }
}

#[test]
fn toll_booths_and_borders_are_gone_round() {
    for (tags, kind) in
        [(&[("barrier", "toll_booth")][..], Kind::Toll), (&[("barrier", "border_control")], Kind::Border)]
    {
        let map = with_node(tags);
        assert_eq!(way(&map, Profile::Car, &avoiding(&[kind]), "a", "d"), "abeghfcd", "{kind:?}");
    }
}

#[test]
fn what_trucks_pay_is_a_matter_of_trucks() {
    let map = short_cut(&[("highway", "primary"), ("toll", "no"), ("toll:hgv", "yes")]);
    assert_eq!(way(&map, Profile::Truck, &avoiding(&[Kind::Toll]), "a", "d"), "abeghfcd");
    assert_eq!(way(&map, Profile::Car, &avoiding(&[Kind::Toll]), "a", "d"), "abcd");
}

#[test]
fn one_gets_home_by_an_avoided_road_where_there_is_no_other() {
    let map = Map::new("a b c").way("ab", STREET).way("bc", &[("highway", "residential"), ("toll", "yes")]);
    assert_eq!(way(&map, Profile::Car, &avoiding(&[Kind::Toll]), "a", "c"), "abc");
}

#[test]
fn an_avoided_road_takes_no_longer_than_it_does() {
    let map = Map::new("a b c").way("ab", STREET).way("bc", &[("highway", "residential"), ("toll", "yes")]);
    let router = router_as(&map, Profile::Car);
    let [from, to] = ["a", "c"].map(|place| router.snap(coordinate(&map, place), LIMIT_M).unwrap());
    let scratch = &mut Scratch::default();
    let usual = router.route(scratch, &from, &to, &|| false).unwrap().unwrap();
    let avoided = router.route_under(scratch, &from, &to, &avoiding(&[Kind::Toll]), &|| false).unwrap().unwrap();
    assert_eq!(usual.travel, avoided.travel);
}

#[test]
fn what_is_minimized_is_taken_where_it_saves_much() {
    let map = short_cut(&[("highway", "residential"), ("toll", "yes")]);
    let minimize: Kinds = [Kind::Toll].into_iter().collect();
    let terms = Terms { avoid: Avoid { minimize, ..Avoid::default() }, ..Terms::default() };
    assert_eq!(way(&map, Profile::Car, &terms, "a", "d"), "abcd", "a fifth of the way round");
    let map = Map::new(
        "
        a b c d
        - e f -
        ",
    )
    .way("ab", STREET)
    .way("bc", &[("highway", "residential"), ("toll", "yes")])
    .way("cd", STREET)
    .way("be", STREET)
    .way("ef", &[("highway", "primary")])
    .way("fc", STREET);
    assert_eq!(way(&map, Profile::Pedestrian, &terms, "a", "d"), "abcd", "three times its length is as far");
}

#[test]
fn an_area_is_gone_round() {
    let map = short_cut(STREET);
    let middle = coordinate(&map, "bc");
    let mut around = BoundingBox::around([middle]).unwrap();
    around.min.lat_e7 -= 1_000;
    around.max.lat_e7 += 1_000;
    let avoid = Avoid { areas: vec![Area::from(around)], ..Avoid::default() };
    let terms = Terms { avoid, ..Terms::default() };
    assert_eq!(way(&map, Profile::Car, &terms, "a", "d"), "abeghfcd");
    assert_eq!(way(&map, Profile::Car, &terms, "a", "b"), "ab");
}

#[test]
fn a_slow_vehicle_takes_its_time() {
    let map = Map::new("a b").spacing_m(1000.0).way("ab", &[("highway", "primary")]);
    let router = router_as(&map, Profile::Car);
    let [from, to] = ["a", "b"].map(|place| router.snap(coordinate(&map, place), LIMIT_M).unwrap());
    let seconds = |max_speed_kmh| {
        let terms = driven_by(&Vehicle { max_speed_kmh, ..NONE });
        let path = router.route_under(&mut Scratch::default(), &from, &to, &terms, &|| false).unwrap();
        path.unwrap().travel.duration_s()
    };
    assert_eq!((seconds(None), seconds(Some(100)), seconds(Some(25))), (50, 50, 144));
}

#[test]
fn a_vehicle_that_fits_nowhere_gets_nowhere() {
    let map = Map::new("a b c").way("ab", STREET).way("bc", &[("highway", "residential"), ("maxheight", "3")]);
    let tall = driven_by(&Vehicle { height_cm: Some(400), ..NONE });
    assert_eq!(way(&map, Profile::Truck, &tall, "a", "c"), "");
    assert_eq!(way(&map, Profile::Truck, &tall, "bc", "c"), "");
    assert_eq!(way(&map, Profile::Truck, &tall, "a", "b"), "ab");
}

#[test]
fn a_condition_may_speak_to_heavy_vehicles() {
    let (light, heavy) = (Vehicle { weight_kg: Some(7_500), ..NONE }, Vehicle { weight_kg: Some(7_510), ..NONE });
    check_limit("hgv:conditional", &["no @ (weight>7.5)", "destination @ (weight > 7.5 t)"], &light, &heavy);
    check_limit("access:conditional", &["no @ (Mo-Fr 07:00-09:00); no @ (weight>7.5)"], &light, &heavy);
    let map = short_cut(&[("highway", "residential"), ("motorcar:conditional", "no @ (weight>7.5)")]);
    assert_eq!(way(&map, Profile::Truck, &driven_by(&heavy), "a", "d"), "abcd", "it speaks to others");
}

#[test]
fn what_holds_at_times_only_does_not_hold_without_a_time() {
    for value in ["no @ (Mo-Su 00:00-24:00)", "no @ wet", "private @ (2030 Jan 1)"] {
        let map = short_cut(&[("highway", "residential"), ("access:conditional", value)]);
        assert_eq!(way(&map, Profile::Car, &Terms::default(), "a", "d"), "abcd", "{value}");
    }
    let closed =
        short_cut(&[("highway", "residential"), ("access", "no"), ("access:conditional", "yes @ (10:00-18:00)")]);
    assert_eq!(way(&closed, Profile::Car, &Terms::default(), "a", "d"), "abeghfcd");
}
