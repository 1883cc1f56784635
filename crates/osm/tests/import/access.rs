//! Tags of a way, and who may then travel it forward and backward.

use network::{Access, Mode, Network};
use testkit::Map;

/// What a mode may do on the way `ab` with these tags, forward and backward.
fn access(tags: &[(&str, &str)], mode: Mode) -> (Access, Access) {
    // Another road, so that a way closed to everybody still leaves a map.
    let map = Map::new("a b c").way("ab", tags).way("bc", &[("highway", "residential")]);
    let network = map.network();
    if network.node_count() == 2 {
        return (Access::No, Access::No);
    }
    (direction(&map, &network, 'a', 'b', mode), direction(&map, &network, 'b', 'a', mode))
}

fn direction(map: &Map, network: &Network, from: char, to: char, mode: Mode) -> Access {
    map.edge(network, from, to).map_or(Access::No, |edge| network.access(edge, mode))
}

/// Each row: tags as "key=value …", then what holds forward and backward, as "yes", "ends" or "no".
fn check(mode: Mode, rows: &[(&str, &str, &str)]) {
    for (tags, forward, backward) in rows {
        let pairs: Vec<_> = tags.split(' ').map(|pair| pair.split_once('=').unwrap()).collect();
        let word = |access| match access {
            Access::Yes => "yes",
            Access::Ends => "ends",
            Access::No => "no",
        };
        let (there, back) = access(&pairs, mode);
        assert_eq!((word(there), word(back)), (*forward, *backward), "{mode:?} on {tags}");
    }
}

#[test]
fn cars_by_class() {
    check(
        Mode::Car,
        &[
            ("highway=motorway", "yes", "no"),
            ("highway=motorway oneway=no", "yes", "yes"),
            ("highway=motorway_link", "yes", "yes"),
            ("highway=trunk", "yes", "yes"),
            ("highway=primary_link", "yes", "yes"),
            ("highway=unclassified", "yes", "yes"),
            ("highway=residential", "yes", "yes"),
            ("highway=living_street", "yes", "yes"),
            ("highway=service", "yes", "yes"),
            ("highway=service service=parking_aisle", "yes", "yes"),
            ("highway=service service=emergency_access", "no", "no"),
            ("highway=road", "yes", "yes"),
            ("highway=pedestrian", "no", "no"),
            ("highway=footway", "no", "no"),
            ("highway=cycleway", "no", "no"),
            ("highway=path", "no", "no"),
            ("highway=steps", "no", "no"),
            ("highway=busway", "no", "no"),
            ("highway=construction", "no", "no"),
            ("highway=proposed", "no", "no"),
            ("highway=platform", "no", "no"),
            ("highway=residential area=yes", "no", "no"),
            ("highway=residential smoothness=impassable", "no", "no"),
            ("building=yes", "no", "no"),
        ],
    );
}

#[test]
fn cars_on_tracks() {
    check(
        Mode::Car,
        &[
            ("highway=track", "ends", "ends"),
            ("highway=track tracktype=grade1", "yes", "yes"),
            ("highway=track tracktype=grade3", "ends", "ends"),
            ("highway=track tracktype=grade5", "no", "no"),
            ("highway=track tracktype=grade1 motor_vehicle=agricultural", "no", "no"),
            ("highway=track tracktype=grade1 motor_vehicle=forestry", "no", "no"),
            ("highway=track motor_vehicle=yes", "yes", "yes"),
        ],
    );
}

#[test]
fn cars_by_access() {
    check(
        Mode::Car,
        &[
            ("highway=residential access=no", "no", "no"),
            ("highway=residential access=private", "ends", "ends"),
            ("highway=residential access=destination", "ends", "ends"),
            ("highway=residential access=delivery", "ends", "ends"),
            ("highway=residential access=customers", "ends", "ends"),
            ("highway=residential access=permit", "ends", "ends"),
            ("highway=residential access=permissive", "yes", "yes"),
            ("highway=residential access=designated", "yes", "yes"),
            ("highway=residential access=gibberish", "yes", "yes"),
            ("highway=residential access=agricultural;destination", "ends", "ends"),
            ("highway=residential vehicle=no", "no", "no"),
            ("highway=residential motor_vehicle=no", "no", "no"),
            ("highway=residential motorcar=no", "no", "no"),
            ("highway=residential access=no motor_vehicle=yes", "yes", "yes"),
            ("highway=residential access=no motorcar=destination", "ends", "ends"),
            ("highway=residential motor_vehicle=yes access=private", "yes", "yes"),
            ("highway=residential motor_vehicle=no motorcar=yes", "yes", "yes"),
            ("highway=residential motor_vehicle=gibberish access=private", "ends", "ends"),
            ("highway=residential bicycle=no foot=no hgv=no", "yes", "yes"),
            ("highway=residential motor_vehicle:forward=no", "no", "yes"),
            ("highway=residential access=no vehicle:backward=yes", "no", "yes"),
            ("highway=pedestrian motor_vehicle=delivery", "ends", "ends"),
            ("highway=footway motor_vehicle=yes", "yes", "yes"),
        ],
    );
}

#[test]
fn plain_access_opens_no_way_that_is_too_narrow() {
    check(
        Mode::Car,
        &[
            ("highway=footway access=yes", "no", "no"),
            ("highway=footway access=private", "no", "no"),
            ("highway=path access=permissive", "no", "no"),
            ("highway=cycleway access=customers", "no", "no"),
            ("highway=pedestrian access=permit", "no", "no"),
            ("highway=pedestrian vehicle=destination", "ends", "ends"),
            ("highway=footway access=private motor_vehicle=yes", "yes", "yes"),
            ("highway=busway access=yes", "no", "no"),
            ("highway=track tracktype=grade5 access=yes", "yes", "yes"),
        ],
    );
    check(
        Mode::Bicycle,
        &[
            ("highway=steps access=yes", "no", "no"),
            ("highway=motorway access=yes", "no", "no"),
            ("highway=cycleway access=no", "no", "no"),
        ],
    );
    check(Mode::Pedestrian, &[("highway=motorway access=yes", "no", "no"), ("highway=footway access=no", "no", "no")]);
}

#[test]
fn values_that_name_who_may_pass() {
    for (mode, expected) in [
        (Mode::Car, "no"),
        (Mode::Truck, "no"),
        (Mode::Taxi, "yes"),
        (Mode::Bus, "yes"),
        (Mode::Van, "no"),
        (Mode::Motorcycle, "no"),
        (Mode::Bicycle, "no"),
        (Mode::Pedestrian, "no"),
    ] {
        check(mode, &[("highway=service access=psv", expected, expected)]);
    }
    check(
        Mode::Bus,
        &[
            ("highway=service access=bus", "yes", "yes"),
            ("highway=service motor_vehicle=taxi;bus", "yes", "yes"),
            ("highway=service motor_vehicle=hgv", "no", "no"),
        ],
    );
}

#[test]
fn the_most_specific_key_of_each_mode_decides() {
    check(
        Mode::Taxi,
        &[
            ("highway=residential motorcar=no psv=yes", "yes", "yes"),
            ("highway=residential psv=no taxi=yes", "yes", "yes"),
            ("highway=residential psv=yes taxi=no", "no", "no"),
            ("highway=residential motorcar=no", "no", "no"),
        ],
    );
    check(
        Mode::Bus,
        &[
            ("highway=residential psv=yes bus=no", "no", "no"),
            ("highway=residential motor_vehicle=no bus=designated", "yes", "yes"),
            ("highway=residential motorcar=no", "yes", "yes"),
            ("highway=residential vehicle=destination", "ends", "ends"),
        ],
    );
    check(
        Mode::Truck,
        &[
            ("highway=residential hgv=local", "ends", "ends"),
            ("highway=residential hgv=unsuitable", "ends", "ends"),
            ("highway=residential hgv=delivery;destination", "ends", "ends"),
            ("highway=residential motor_vehicle=destination hgv=no", "no", "no"),
            ("highway=residential access=no hgv=designated", "yes", "yes"),
            ("highway=residential hgv:forward=no", "no", "yes"),
            ("highway=residential hgv=no hgv:backward=delivery", "no", "ends"),
            ("highway=residential goods=no", "yes", "yes"),
        ],
    );
    check(
        Mode::Van,
        &[
            ("highway=residential goods=no", "no", "no"),
            ("highway=residential motorcar=no goods=delivery", "ends", "ends"),
            ("highway=residential motor_vehicle=private", "ends", "ends"),
        ],
    );
    check(
        Mode::Motorcycle,
        &[
            ("highway=residential motorcar=no", "yes", "yes"),
            ("highway=residential motor_vehicle=no motorcycle=yes", "yes", "yes"),
            ("highway=residential motorcycle=destination", "ends", "ends"),
            ("highway=path motorcycle=yes", "yes", "yes"),
        ],
    );
    check(
        Mode::Pedestrian,
        &[
            ("highway=residential access=private", "ends", "ends"),
            ("highway=residential access=no foot=yes", "yes", "yes"),
            ("highway=residential foot=use_sidepath", "no", "no"),
            ("highway=trunk motorroad=yes", "no", "no"),
            ("highway=busway", "no", "no"),
            ("highway=busway foot=yes", "yes", "yes"),
        ],
    );
}

#[test]
fn one_way_streets_have_exceptions() {
    check(
        Mode::Bicycle,
        &[
            ("highway=residential oneway=-1", "no", "yes"),
            ("highway=residential oneway:bicycle=yes", "yes", "no"),
            ("highway=residential oneway=yes oneway:bicycle=-1", "no", "yes"),
            ("highway=residential oneway=yes cycleway=opposite", "yes", "yes"),
            ("highway=residential oneway=yes cycleway=opposite_track", "yes", "yes"),
            ("highway=residential oneway=yes cycleway:both=opposite_lane", "yes", "yes"),
            ("highway=residential oneway=yes cycleway:left:oneway=-1", "yes", "yes"),
            ("highway=residential oneway=yes cycleway:right:oneway=no", "yes", "yes"),
            ("highway=residential oneway=yes bicycle=opposite", "yes", "yes"),
            ("highway=residential oneway=yes cycleway=lane", "yes", "no"),
            ("highway=residential junction=roundabout", "yes", "no"),
            ("highway=residential oneway=yes vehicle:backward=no oneway:bicycle=no bicycle:backward=yes", "yes", "yes"),
        ],
    );
    check(
        Mode::Bus,
        &[
            ("highway=residential oneway=yes", "yes", "no"),
            ("highway=residential oneway=yes oneway:bus=no", "yes", "yes"),
            ("highway=residential oneway=yes busway:left=opposite_lane", "yes", "yes"),
            ("highway=residential oneway=yes busway=lane", "yes", "no"),
            ("highway=residential oneway=yes lanes:psv:backward=1", "yes", "yes"),
            ("highway=residential oneway=yes lanes:bus:backward=0", "yes", "no"),
            ("highway=residential oneway=yes oneway:taxi=no", "yes", "no"),
        ],
    );
    check(
        Mode::Taxi,
        &[
            ("highway=residential oneway=yes oneway:psv=no", "yes", "yes"),
            ("highway=residential oneway=yes oneway:bus=no", "yes", "no"),
            ("highway=residential oneway=yes oneway:psv=no oneway:taxi=yes", "yes", "no"),
            ("highway=residential oneway=yes busway=opposite_lane", "yes", "no"),
            ("highway=residential oneway=yes lanes:psv:backward=1", "yes", "yes"),
        ],
    );
    check(
        Mode::Pedestrian,
        &[
            ("highway=residential oneway:foot=yes", "yes", "no"),
            ("highway=steps conveying=forward", "yes", "no"),
            ("highway=steps conveying=backward", "no", "yes"),
            ("highway=steps conveying=yes", "yes", "yes"),
        ],
    );
}

#[test]
fn ferries_and_trains_by_mode() {
    check(
        Mode::Truck,
        &[
            ("route=ferry hgv=no", "no", "no"),
            ("route=ferry foot=yes", "no", "no"),
            ("route=ferry foot=yes hgv=yes", "yes", "yes"),
        ],
    );
    check(Mode::Bicycle, &[("route=ferry", "yes", "yes"), ("route=shuttle_train", "no", "no")]);
    check(Mode::Pedestrian, &[("route=shuttle_train", "no", "no"), ("route=shuttle_train foot=yes", "yes", "yes")]);
    check(Mode::Bicycle, &[("highway=steps", "no", "no"), ("highway=steps ramp:bicycle=yes", "yes", "yes")]);
}

#[test]
fn cars_on_one_way_streets() {
    check(
        Mode::Car,
        &[
            ("highway=residential oneway=yes", "yes", "no"),
            ("highway=residential oneway=true", "yes", "no"),
            ("highway=residential oneway=1", "yes", "no"),
            ("highway=residential oneway=-1", "no", "yes"),
            ("highway=residential oneway=reverse", "no", "yes"),
            ("highway=residential oneway=no", "yes", "yes"),
            ("highway=residential oneway=alternating", "yes", "yes"),
            ("highway=residential oneway=reversible", "no", "no"),
            ("highway=residential oneway=gibberish", "yes", "yes"),
            ("highway=residential junction=roundabout", "yes", "no"),
            ("highway=residential junction=circular", "yes", "no"),
            ("highway=residential junction=roundabout oneway=-1", "no", "yes"),
            ("highway=residential junction=yes", "yes", "yes"),
            ("highway=motorway oneway=-1", "no", "yes"),
            ("highway=residential oneway=yes oneway:bicycle=no", "yes", "no"),
            ("highway=residential oneway=yes oneway:motor_vehicle=no", "yes", "yes"),
            ("highway=residential oneway:motorcar=yes", "yes", "no"),
        ],
    );
}

#[test]
fn cars_on_ferries() {
    check(
        Mode::Car,
        &[
            ("route=ferry", "yes", "yes"),
            ("route=ferry motor_vehicle=no", "no", "no"),
            ("route=ferry foot=yes bicycle=yes", "no", "no"),
            ("route=ferry foot=yes motor_vehicle=yes", "yes", "yes"),
            ("route=ferry oneway=yes", "yes", "no"),
            ("route=shuttle_train", "yes", "yes"),
            ("route=bicycle", "no", "no"),
        ],
    );
}

#[test]
fn bicycles() {
    check(
        Mode::Bicycle,
        &[
            ("highway=residential oneway=yes", "yes", "no"),
            ("highway=residential oneway=yes oneway:bicycle=no", "yes", "yes"),
            ("highway=residential oneway=yes cycleway=opposite_lane", "yes", "yes"),
            ("highway=residential oneway=yes cycleway:left=opposite_track", "yes", "yes"),
            ("highway=motorway", "no", "no"),
            ("highway=trunk motorroad=yes", "no", "no"),
            ("highway=cycleway", "yes", "yes"),
            // Pushed, where one may walk.
            ("highway=footway", "yes", "yes"),
            ("highway=footway access=private", "ends", "ends"),
            ("highway=footway foot=private", "ends", "ends"),
            ("highway=footway bicycle=no", "no", "no"),
            ("highway=pedestrian bicycle=dismount", "yes", "yes"),
            ("highway=bridleway", "no", "no"),
            ("highway=footway bicycle=yes", "yes", "yes"),
            ("highway=primary bicycle=use_sidepath", "no", "no"),
            ("highway=residential motor_vehicle=no", "yes", "yes"),
            ("highway=residential vehicle=no", "no", "no"),
        ],
    );
}

#[test]
fn pedestrians() {
    check(
        Mode::Pedestrian,
        &[
            ("highway=residential oneway=yes", "yes", "yes"),
            ("highway=motorway", "no", "no"),
            ("highway=steps", "yes", "yes"),
            ("highway=footway", "yes", "yes"),
            ("highway=residential vehicle=no", "yes", "yes"),
            ("highway=residential foot=no", "no", "no"),
            ("route=ferry foot=yes", "yes", "yes"),
        ],
    );
}

#[test]
fn buses_taxis_and_trucks() {
    check(
        Mode::Bus,
        &[
            ("highway=busway", "yes", "yes"),
            ("highway=service access=no bus=yes", "yes", "yes"),
            ("highway=service motor_vehicle=no psv=yes", "yes", "yes"),
            ("highway=residential oneway=yes oneway:psv=no", "yes", "yes"),
            ("highway=residential oneway=yes busway=opposite_lane", "yes", "yes"),
        ],
    );
    check(
        Mode::Taxi,
        &[
            ("highway=service motor_vehicle=no psv=yes", "yes", "yes"),
            ("highway=service motor_vehicle=no bus=yes", "no", "no"),
            ("highway=service access=no taxi=designated", "yes", "yes"),
        ],
    );
    check(
        Mode::Truck,
        &[
            ("highway=residential hgv=no", "no", "no"),
            ("highway=residential hgv=destination", "ends", "ends"),
            ("highway=residential motor_vehicle=no hgv=delivery", "ends", "ends"),
            ("highway=residential motorcar=no", "yes", "yes"),
        ],
    );
    check(Mode::Motorcycle, &[("highway=residential motorcycle=no", "no", "no")]);
    check(Mode::Van, &[("highway=residential motorcar=no", "no", "no"), ("highway=residential hgv=no", "yes", "yes")]);
}
