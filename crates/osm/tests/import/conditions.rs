//! What holds at times: conditional tags of ways and restrictions.

use network::{Access, Mode, ModeSet, Network};
use testkit::Map;

/// The conditions of the edge between two letters: "Car Van: Access(No) @ 22:00-06:00", one a line.
fn conditions(map: &Map, network: &Network, from: char, to: char) -> Vec<String> {
    let Some(edge) = map.edge(network, from, to) else { return vec!["no edge".into()] };
    let modes = |modes: network::ModeSet| modes.iter().map(|mode| format!("{mode:?}")).collect::<Vec<_>>().join(" ");
    network
        .conditions(edge)
        .map(|condition| format!("{}: {:?} @ {}", modes(condition.modes), condition.effect, condition.when))
        .collect()
}

/// Tags of the way `ab` ("key=value|key=value"), and its conditions forward and backward.
fn check(tags: &str, forward: &[&str], backward: &[&str]) {
    let pairs: Vec<_> = tags.split('|').map(|pair| pair.split_once('=').unwrap()).collect();
    let map = Map::new("a b c").way("ab", &pairs).way("bc", &[("highway", "residential")]);
    let network = map.network();
    assert_eq!(conditions(&map, &network, 'a', 'b'), forward, "{tags}");
    assert_eq!(conditions(&map, &network, 'b', 'a'), backward, "{tags}");
}

fn both_ways(tags: &str, expected: &[&str]) {
    check(tags, expected, expected);
}

#[test]
fn access_at_times() {
    both_ways(
        "highway=residential|motor_vehicle:conditional=no @ (Mo-Fr 07:00-09:00)",
        &["Car Truck Taxi Bus Van Motorcycle: Access(No) @ Mo-Fr 07:00-09:00"],
    );
    both_ways(
        "highway=residential|hgv:conditional=no @ (18:00-07:30 AND weight>3.5); delivery @ wet",
        &["Truck: Access(No) @ 18:00-07:30 AND weight>3.5", "Truck: Access(Ends) @ wet"],
    );
    // Specific keys come later and so count more.
    both_ways(
        "highway=residential|bus:conditional=yes @ Su|access:conditional=no @ Su",
        &["Car Truck Taxi Bus Van Motorcycle Bicycle Pedestrian: Access(No) @ Su", "Bus: Access(Yes) @ Su"],
    );
    both_ways("highway=residential|motor_vehicle:conditional=yes", &[]);
    both_ways("highway=residential|overtaking:hgv:conditional=no @ (06:00-19:00)", &[]);
}

#[test]
fn whoever_has_a_rule_of_his_own_is_not_addressed() {
    both_ways(
        "highway=residential|motor_vehicle:conditional=no @ Su|motorcar=yes|psv=yes",
        &["Truck Motorcycle: Access(No) @ Su"],
    );
    both_ways("highway=footway|access:conditional=yes @ Su", &["Bicycle Pedestrian: Access(Yes) @ Su"]);
    both_ways("highway=pedestrian|motor_vehicle=no|vehicle:conditional=yes @ Su", &["Bicycle: Access(Yes) @ Su"]);
    both_ways(
        "highway=service|access:conditional=psv @ Su|foot=yes",
        &["Car Truck Van Motorcycle Bicycle: Access(No) @ Su", "Taxi Bus: Access(Yes) @ Su"],
    );
}

#[test]
fn conditions_by_direction() {
    check("highway=residential|motorcycle:forward:conditional=no @ Su", &["Motorcycle: Access(No) @ Su"], &[]);
    check("highway=residential|oneway=yes|motorcycle:conditional=no @ Su", &["Motorcycle: Access(No) @ Su"], &[]);
    check(
        "highway=motorway|oneway=reversible|oneway:conditional=yes @ (00:00-12:00); -1 @ (12:00-24:00)",
        &[
            "Car Truck Taxi Bus Van Motorcycle: Access(Yes) @ 00:00-12:00",
            "Car Truck Taxi Bus Van Motorcycle: Access(No) @ 12:00-24:00",
        ],
        &[
            "Car Truck Taxi Bus Van Motorcycle: Access(No) @ 00:00-12:00",
            "Car Truck Taxi Bus Van Motorcycle: Access(Yes) @ 12:00-24:00",
        ],
    );
}

#[test]
fn speeds_and_limits_at_times() {
    both_ways(
        "highway=residential|maxspeed:conditional=30 @ (22:00-06:00); 20 mph @ wet; fast @ dry",
        &[
            "Car Truck Taxi Bus Van Motorcycle Bicycle: MaxSpeed(30) @ 22:00-06:00",
            "Car Truck Taxi Bus Van Motorcycle Bicycle: MaxSpeed(32) @ wet",
        ],
    );
    check(
        "highway=residential|maxspeed:backward:conditional=30 @ Su",
        &[],
        &["Car Truck Taxi Bus Van Motorcycle Bicycle: MaxSpeed(30) @ Su"],
    );
    both_ways(
        "highway=residential|maxspeed:hgv:conditional=60 @ weight>7.5",
        &["Truck: Limit(TruckSpeed, Some(60)) @ weight>7.5"],
    );
    both_ways(
        "highway=residential|maxweight=7.5|maxweight:conditional=none @ destination",
        &["Car Truck Taxi Bus Van Motorcycle Bicycle: Limit(Weight, None) @ destination"],
    );
    both_ways(
        "highway=residential|maxheight:conditional=3.5 @ (Su)",
        &["Car Truck Taxi Bus Van Motorcycle Bicycle: Limit(Height, Some(350)) @ Su"],
    );
}

#[test]
fn a_road_that_is_open_at_times_only() {
    let tags = [("highway", "residential"), ("access", "no"), ("motorcar:conditional", "yes @ (Sa,Su)")];
    let map = Map::new("a b c").way("ab", &tags).way("bc", &[("highway", "residential")]);
    let imported = map.import().unwrap();
    let edge = map.edge(&imported.network, 'a', 'b').unwrap();
    assert_eq!(Mode::ALL.map(|mode| imported.network.access(edge, mode)), [Access::No; 8]);
    assert_eq!(conditions(&map, &imported.network, 'a', 'b'), ["Car Taxi Van: Access(Yes) @ Sa,Su"]);
    assert_eq!(imported.statistics.conditional_roads, 1);
}

#[test]
fn what_lets_nobody_through_is_opened_by_name_only() {
    let when = |tags: &[(&str, &str)]| {
        let map = Map::new("a b c").way("abc", &[("highway", "residential")]).node_tags('b', tags);
        let network = map.import().unwrap().network;
        let node = network.head(map.edge(&network, 'a', 'b').unwrap());
        network.conditions_at(node).map(|condition| condition.modes).collect::<Vec<ModeSet>>()
    };
    let modes = |modes: &[Mode]| vec![modes.iter().copied().collect::<ModeSet>()];
    let all = "yes @ (Mo-Fr)";
    assert_eq!(when(&[("barrier", "gate"), ("access", "no"), ("access:conditional", all)]), modes(&Mode::ALL));
    let walkers = modes(&[Mode::Bicycle, Mode::Pedestrian]);
    assert_eq!(when(&[("barrier", "bollard"), ("access:conditional", all)]), walkers);
    let cars = modes(&[Mode::Car, Mode::Taxi, Mode::Van]);
    assert_eq!(when(&[("barrier", "bollard"), ("motorcar:conditional", all)]), cars);
}

#[test]
fn what_cannot_be_read_is_counted() {
    let tags = [("highway", "residential"), ("access:conditional", "no; yes @ Su"), ("maxspeed:conditional", "wet")];
    let statistics = Map::new("a b").way("ab", &tags).import().unwrap().statistics;
    assert_eq!((statistics.conditional_roads, statistics.unread_conditions), (1, 2));
}

#[test]
fn turns_that_are_forbidden_at_times() {
    const STREET: &[(&str, &str)] = &[("highway", "residential")];
    let crossing = Map::new("  n\nw x e").way("wx", STREET).way("nx", STREET).way("xe", STREET);
    for (tags, expected) in [
        (
            vec![("restriction:conditional", "no_left_turn @ (Mo-Fr 07:00-09:00)")],
            vec!["wx xn Car @ Mo-Fr 07:00-09:00"],
        ),
        (vec![("restriction:conditional", "only_straight_on @ Su")], vec!["wx xw Car @ Su", "wx xn Car @ Su"]),
        (vec![("restriction:hgv:conditional", "no_left_turn @ Su")], vec!["wx xn Truck @ Su"]),
        (vec![("restriction:conditional", "no_left_turn @ Su"), ("except", "motorcar")], vec!["wx xn Truck @ Su"]),
        (
            vec![
                ("restriction", "no_left_turn"),
                ("day_on", "Monday"),
                ("day_off", "Friday"),
                ("hour_on", "7:00"),
                ("hour_off", "09:00"),
            ],
            vec!["wx xn Car @ Mo-Fr 7:00-09:00"],
        ),
        (vec![("restriction", "no_left_turn"), ("hour_on", "07:00")], vec![]),
        (vec![("restriction", "no_left_turn"), ("day_on", "Someday"), ("day_off", "Friday")], vec![]),
        (
            vec![("restriction:conditional", "no_left_turn @ Su; no_u_turn @ Mo")],
            vec!["wx xn Car @ Su", "wx xn Car @ Mo"],
        ),
    ] {
        let map = crossing.clone().restriction_tags(
            &tags,
            "wx",
            "x",
            if tags[0].1.starts_with("only") { "xe" } else { "nx" },
        );
        let imported = map.import().unwrap();
        assert_eq!(imported.network.forbidden().len(), 0, "{tags:?}");
        let found: Vec<String> = imported
            .network
            .forbidden_at_times()
            .map(|(forbidden, when)| {
                let letters: Vec<_> =
                    forbidden.edges.iter().map(|&edge| map.letters(&imported.network, edge)).collect();
                let first = forbidden.modes.iter().next().unwrap();
                format!("{} {first:?} @ {when}", letters.join(" "))
            })
            .collect();
        assert_eq!(found, expected, "{tags:?}");
        assert!(imported.statistics.conditional_restrictions > 0, "{tags:?}");
    }
}
