//! How ways are cut into edges, and what the edges carry.

use network::{Mode, Network, RoadClass};
use osm::Statistics;
use testkit::Map;

const STREET: &[(&str, &str)] = &[("highway", "residential")];

/// The edges that cars may travel, as letters, sorted.
fn edges(map: &Map, network: &Network) -> String {
    let open = network.edges().filter(|&edge| network.access(edge, Mode::Car) != network::Access::No);
    let mut letters: Vec<_> = open.map(|edge| map.letters(network, edge)).collect();
    letters.sort();
    letters.join(" ")
}

fn check(map: &Map, expected: &str) -> Statistics {
    let imported = map.import().unwrap();
    assert_eq!(edges(map, &imported.network), expected);
    imported.statistics
}

#[test]
fn a_way_is_one_edge_each_way_until_another_meets_it() {
    check(&Map::new("a b c").way("abc", STREET), "ac ca");
    let crossing = Map::new(
        "
          d
        a b c
          e
        ",
    );
    check(&crossing.clone().way("abc", STREET).way("dbe", STREET), "ab ba bc bd be cb db eb");
    check(&crossing.way("ab", STREET).way("bc", STREET), "ab ba bc cb");
}

#[test]
fn a_way_that_crosses_itself_is_cut_there() {
    let map = Map::new(
        "
        a b
        d c e
        ",
    );
    // a-b-c-d and back through c to e: c is named twice.
    check(&map.way("abcdace", &[("highway", "residential"), ("oneway", "yes")]), "ac ac ca ce");
}

#[test]
fn signals_do_not_cut_but_are_kept_where_roads_meet() {
    let map = Map::new("a b c d")
        .way("abc", STREET)
        .way("cd", STREET)
        .node_tags('b', &[("highway", "traffic_signals")])
        .node_tags('c', &[("highway", "traffic_signals")]);
    check(&map, "ac ca cd dc");
    let network = map.network();
    assert!(network.has_signals(map.node(&network, 'c')));
    assert!(!network.has_signals(map.node(&network, 'd')));
}

#[test]
fn closed_ways_stay_closed() {
    let square = Map::new(
        "
        a b
        d c e
        ",
    );
    let ring = [("highway", "residential"), ("junction", "roundabout")];
    check(&square.clone().way("abcda", &ring), "aa");
    check(&square.clone().way("abcda", &ring).way("ce", STREET), "ac ca ce ec");
    let network = square.way("abcda", STREET).network();
    let edge = network.edges().next().unwrap();
    let back = network.reverse(edge).unwrap();
    assert_eq!((network.tail(back), network.reverse(back)), (network.head(edge), Some(edge)));
    assert!(network.shape(edge).rev().eq(network.shape(back)));
    assert_eq!(network.shape(edge).len(), 5);
}

#[test]
fn a_way_is_cut_where_nodes_are_missing() {
    // x, y and z are not drawn.
    let statistics = check(&Map::new("a b c d").way("xabyzcdx", STREET), "ab ba cd dc");
    assert_eq!((statistics.cut_roads, statistics.missing_nodes), (1, 3));
    let statistics = check(&Map::new("a b c").way("axb", STREET).way("bc", STREET), "bc cb");
    assert_eq!((statistics.cut_roads, statistics.missing_nodes), (1, 1));
}

#[test]
fn pieces_without_length_are_dropped() {
    let statistics = check(&Map::new("a b c").way("aabbc", STREET).way("b", STREET), "ac ca");
    assert_eq!(statistics.empty_pieces, 0);
}

#[test]
fn lengths_and_lines_follow_the_drawing() {
    let map = Map::new(
        "
        a b
          c
        ",
    )
    .way("abc", STREET);
    let network = map.network();
    let there = map.edge(&network, 'a', 'c').unwrap();
    let back = map.edge(&network, 'c', 'a').unwrap();
    assert_eq!(network.reverse(there), Some(back));
    assert!(network.length_cm(there).abs_diff(20_000) <= 3, "{}", network.length_cm(there));
    assert_eq!(network.length_cm(there), network.length_cm(back));
    assert_eq!(network.shape(there).collect::<Vec<_>>(), ['a', 'b', 'c'].map(|letter| map.at(letter)));
    assert_eq!(network.shape(back).collect::<Vec<_>>(), ['c', 'b', 'a'].map(|letter| map.at(letter)));
    let (min, max) = network.bounding_box().map(|all| (all.min, all.max)).unwrap();
    assert_eq!((min.lat_e7, min.lon_e7), (map.at('c').lat_e7, map.at('a').lon_e7));
    assert_eq!(max, map.at('b'));
}

#[test]
fn attributes_come_along() {
    let tags = [
        ("highway", "primary"),
        ("name", "Große Straße"),
        ("ref", "B 37"),
        ("toll", "yes"),
        ("bridge", "viaduct"),
        ("tunnel", "no"),
        ("surface", "gravel"),
        ("motorroad", "yes"),
    ];
    let map = Map::new("a b c").way("ab", &tags).way("bc", STREET);
    let network = map.network();
    let edge = map.edge(&network, 'b', 'a').unwrap();
    assert_eq!((network.name(edge), network.reference(edge)), ("Große Straße", "B 37"));
    assert_eq!((network.class(edge), network.way_id(edge)), (RoadClass::Primary, 1));
    let flags = network.flags(edge);
    assert!(flags.toll() && flags.bridge() && flags.unpaved() && flags.motorroad());
    assert!(!flags.tunnel() && !flags.ferry() && !flags.roundabout() && !flags.minor_service());
    let plain = map.edge(&network, 'b', 'c').unwrap();
    assert_eq!((network.name(plain), network.reference(plain)), ("", ""));
    assert_eq!(network.flags(plain), network::EdgeFlags::OPEN_COUNTRY);
}

/// Streets 100 m apart, and a road that leaves the town at `a` and ends 2 km away at `z`.
const TOWN: &str = "
    z - - - - - - - - - - - - - - - - - - - a b c d
                                            e f g h
                                            i j k l
                                            m n o p
";

#[test]
fn the_law_of_the_land_in_town_and_outside() {
    for (name, lat, lon, class, in_town, outside) in [
        ("Porto", 41.15, -8.62, "secondary", Some(50), Some(90)),
        ("Seattle", 47.61, -122.33, "secondary", Some(40), Some(89)),
        ("Leeds", 53.8, -1.55, "residential", Some(48), Some(97)),
        ("Leeds", 53.8, -1.55, "motorway", Some(113), Some(113)),
        ("Uppsala", 59.86, 17.64, "living_street", Some(20), Some(20)),
        ("the Pacific", -40.0, -120.0, "secondary", None, None),
    ] {
        let streets = ["abcd", "efgh", "ijkl", "mnop", "aeim", "bfjn", "cgko", "dhlp"];
        let town = Map::new(TOWN).origin(lat, lon).way("za", &[("highway", class)]);
        let tags: &[(&str, &str)] = &[("highway", class)];
        let map = streets.iter().fold(town, |map, nodes| map.way(nodes, if *nodes == "efgh" { tags } else { STREET }));
        let network = map.network();
        let [street, road] = [('f', 'g'), ('z', 'a')].map(|(from, to)| map.edge(&network, from, to).unwrap());
        assert_eq!((network.lawful_kmh(street), network.lawful_kmh(road)), (in_town, outside), "{class} in {name}");
        let open = [street, road].map(|edge| network.flags(edge).open_country());
        // Where motorways cross there is no town.
        assert_eq!(open, [class == "motorway", true], "{class} in {name}");
    }
    let map = Map::new("a b").way("ab", &[("highway", "service")]);
    let network = map.network();
    assert_eq!(network.lawful_kmh(map.edge(&network, 'a', 'b').unwrap()), None, "no law speaks of driveways");
}

#[test]
fn speed_limits_by_direction() {
    for (tags, forward, backward) in [
        ("maxspeed=50", Some(50), Some(50)),
        ("maxspeed=30_mph", Some(48), Some(48)),
        ("maxspeed=50 maxspeed:backward=30", Some(50), Some(30)),
        ("maxspeed:forward=80", Some(80), None),
        ("maxspeed=signals maxspeed:type=DE:urban", Some(50), Some(50)),
        ("source:maxspeed=DE:rural", Some(100), Some(100)),
        ("zone:maxspeed=DE:30", Some(30), Some(30)),
        ("lit=yes", None, None),
    ] {
        let tags = tags.replace('_', " ").replace(" maxspeed:", "\u{0}maxspeed:");
        let mut pairs: Vec<_> = tags.split('\u{0}').map(|pair| pair.split_once('=').unwrap()).collect();
        pairs.push(("highway", "residential"));
        let map = Map::new("a b").way("ab", &pairs);
        let network = map.network();
        let limit = |from, to| network.max_speed_kmh(map.edge(&network, from, to).unwrap());
        assert_eq!((limit('a', 'b'), limit('b', 'a')), (forward, backward), "{tags}");
    }
}

#[test]
fn a_ferry_shares_its_duration_by_length() {
    let map = Map::new("a b - - - c")
        .way("abc", &[("route", "ferry"), ("duration", "00:10")])
        .node_tags('b', &[("barrier", "gate"), ("access", "private")])
        .way("ca", &[("route", "ferry")]);
    let network = map.network();
    let duration = |from, to| network.ferry_duration_ms(map.edge(&network, from, to).unwrap());
    let (short, long) = (duration('a', 'b').unwrap(), duration('c', 'b').unwrap());
    assert!(short.abs_diff(120_000) < 100 && long.abs_diff(480_000) < 100, "{short} {long}");
    assert_eq!(duration('c', 'a'), None);
    assert!(network.flags(map.edge(&network, 'a', 'b').unwrap()).ferry());
}
