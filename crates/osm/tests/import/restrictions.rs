//! Turn restrictions, and the sequences of edges that they forbid.

use network::{Mode, Network};
use osm::Statistics;
use testkit::{Map, Member, MemberKind, Object, block, header};

const STREET: &[(&str, &str)] = &[("highway", "residential")];
const ONE_WAY: &[(&str, &str)] = &[("highway", "residential"), ("oneway", "yes")];

/// A crossing of four streets.
fn crossing() -> Map {
    Map::new(
        "
          n
        w x e
          s
        ",
    )
    .way("wx", STREET)
    .way("nx", STREET)
    .way("xe", STREET)
    .way("xs", STREET)
}

/// A dual carriageway (eastward below, westward above) with a link between its halves.
fn dual_carriageway() -> Map {
    Map::new(
        "
        a b c
        d e f
        ",
    )
    .way("cb", ONE_WAY)
    .way("ba", ONE_WAY)
    .way("de", ONE_WAY)
    .way("ef", ONE_WAY)
    .way("eb", STREET)
}

/// What is forbidden to a mode, as edges by their letters: "wx xn, …".
fn forbidden(map: &Map, mode: Mode) -> (String, Statistics) {
    let imported = map.import().unwrap();
    (sequences(map, &imported.network, mode), imported.statistics)
}

fn sequences(map: &Map, network: &Network, mode: Mode) -> String {
    let mut sequences: Vec<String> = network
        .forbidden()
        .filter(|forbidden| forbidden.modes.contains(mode))
        .map(|forbidden| forbidden.edges.iter().map(|&edge| map.letters(network, edge)).collect::<Vec<_>>().join(" "))
        .collect();
    sequences.sort();
    sequences.join(", ")
}

fn check(map: &Map, expected: &str) {
    let (found, statistics) = forbidden(map, Mode::Car);
    assert_eq!(found, expected, "{statistics:?}");
}

#[test]
fn no_turn_at_a_node() {
    for kind in ["no_left_turn", "no_straight_on", "no_right_turn", "no_entry", "no_exit"] {
        check(&crossing().restriction(kind, "wx", "x", "nx"), "wx xn");
    }
    check(&crossing().restriction("no_u_turn", "wx", "x", "wx"), "wx xw");
}

#[test]
fn only_one_turn_at_a_node() {
    check(&crossing().restriction("only_straight_on", "wx", "x", "xe"), "wx xn, wx xs, wx xw");
    check(&crossing().restriction("only_left_turn", "wx", "x", "nx"), "wx xe, wx xs, wx xw");
}

#[test]
fn unknown_kinds_forbid_nothing() {
    for kind in ["no_right_turn_on_red", "only_nonsense", "", "yes"] {
        let (found, statistics) = forbidden(&crossing().restriction(kind, "wx", "x", "nx"), Mode::Car);
        assert_eq!((found.as_str(), statistics.malformed_restrictions), ("", 1), "{kind}");
    }
}

#[test]
fn conditional_restrictions_wait() {
    for tags in [
        [("restriction:conditional", "no_left_turn @ (Mo-Fr 07:00-09:00)"), ("note", "")],
        [("restriction", "no_left_turn"), ("hour_on", "07:00")],
    ] {
        let (found, statistics) = forbidden(&crossing().restriction_tags(&tags, "wx", "x", "nx"), Mode::Car);
        assert_eq!((found.as_str(), statistics.conditional_restrictions), ("", 1), "{tags:?}");
    }
}

#[test]
fn restrictions_speak_to_their_modes() {
    for (tags, modes) in [
        (vec![("restriction", "no_left_turn")], "Car Truck Taxi Bus Van Motorcycle Bicycle"),
        (vec![("restriction", "no_left_turn"), ("except", "psv;bicycle")], "Car Truck Van Motorcycle"),
        (vec![("restriction", "no_left_turn"), ("except", "motorcar")], "Truck Bus Motorcycle Bicycle"),
        (vec![("restriction:motorcar", "no_left_turn")], "Car Taxi Van"),
        (vec![("restriction:hgv", "no_left_turn")], "Truck"),
        (vec![("restriction:bus", "no_left_turn"), ("restriction:hgv", "no_left_turn")], "Truck Bus"),
    ] {
        let map = crossing().restriction_tags(&tags, "wx", "x", "nx");
        let addressed: Vec<_> = Mode::ALL.into_iter().filter(|&mode| !forbidden(&map, mode).0.is_empty()).collect();
        assert_eq!(addressed.iter().map(|mode| format!("{mode:?}")).collect::<Vec<_>>().join(" "), modes, "{tags:?}");
    }
}

#[test]
fn one_relation_may_forbid_several_turns() {
    let tags = [("restriction:hgv", "only_straight_on"), ("restriction", "no_u_turn")];
    let map = crossing().restriction_tags(&tags, "wx", "x", "xe");
    assert_eq!(forbidden(&map, Mode::Truck).0, "wx xe, wx xn, wx xs, wx xw");
    assert_eq!(forbidden(&map, Mode::Car).0, "wx xe");
}

#[test]
fn no_turn_by_way_of_a_way() {
    check(&dual_carriageway().restriction("no_u_turn", "de", "eb", "ba"), "de eb ba");
}

#[test]
fn only_turn_by_way_of_a_way() {
    // Beside the turn that is wanted, b leads back to e.
    check(&dual_carriageway().restriction("only_left_turn", "de", "eb", "ba"), "de eb be");
}

#[test]
fn a_via_way_may_have_crossings() {
    let map = Map::new(
        "
        a b c
          g h
        d e f
        ",
    )
    .way("cb", ONE_WAY)
    .way("ba", ONE_WAY)
    .way("de", ONE_WAY)
    .way("ef", ONE_WAY)
    .way("egb", STREET)
    .way("gh", STREET);
    check(&map.clone().restriction("no_u_turn", "de", "egb", "ba"), "de eg gb ba");
}

#[test]
fn several_via_ways() {
    let map = Map::new(
        "
        a b c
          g
        d e f
        ",
    )
    .way("cb", ONE_WAY)
    .way("ba", ONE_WAY)
    .way("de", ONE_WAY)
    .way("ef", ONE_WAY)
    .way("eg", STREET)
    .way("gb", STREET);
    check(&map.restriction("no_u_turn", "de", "eg,gb", "ba"), "de eg gb ba");
}

#[test]
fn a_via_node_inside_a_way_cuts_it() {
    let map = Map::new("a b c").way("abc", STREET).restriction("no_u_turn", "abc", "b", "abc");
    check(&map, "ab ba, cb bc");
}

#[test]
fn one_way_streets_make_a_way_through_the_via_clear() {
    let map = Map::new(
        "
          n
        w x e
        ",
    );
    // The way goes on behind the via, but only one of its pieces arrives there.
    let clear = map.clone().way("wxe", ONE_WAY).way("xn", STREET);
    check(&clear.restriction("no_left_turn", "wxe", "x", "xn"), "wx xn");
    let unclear = map.way("wxe", STREET).way("xn", STREET).restriction("no_straight_on", "wxe", "x", "xn");
    let (found, statistics) = forbidden(&unclear, Mode::Car);
    assert_eq!((found.as_str(), statistics.unmatched_restrictions), ("", 1));
}

#[test]
fn what_cannot_be_is_counted() {
    // The turn runs against a one-way street.
    let map = Map::new("a b c").way("ab", STREET).way("cb", ONE_WAY).restriction("no_straight_on", "ab", "b", "cb");
    let (found, statistics) = forbidden(&map, Mode::Car);
    assert_eq!((found.as_str(), statistics.unmatched_restrictions), ("", 1));
    // The only way out is no road; nothing may be concluded from it.
    let building = crossing().way("xq", &[("building", "yes")]).restriction("only_straight_on", "wx", "x", "xq");
    let (found, statistics) = forbidden(&building, Mode::Car);
    assert_eq!((found.as_str(), statistics.incomplete_restrictions), ("", 1));
    // The members do not touch.
    let apart = Map::new("a b c d").way("ab", STREET).way("cd", STREET).restriction("no_left_turn", "ab", "b", "cd");
    assert_eq!(forbidden(&apart, Mode::Car).1.unmatched_restrictions, 1);
    let node = Map::new("a b c").way("ab", STREET).way("bc", STREET).restriction("no_left_turn", "ab", "q", "bc");
    assert_eq!(forbidden(&node, Mode::Car).1.incomplete_restrictions, 1);
}

#[test]
fn several_ways_in_or_out() {
    let members = |objects: &mut Vec<Object>, role: &str, ways: &[i64]| {
        let Some(Object::Relation { members, .. }) = objects.last_mut() else { panic!("the restriction comes last") };
        members.retain(|member| member.role != role);
        members.extend(ways.iter().map(|&id| Member { kind: MemberKind::Way, id, role: role.into() }));
    };
    let map = crossing().restriction("no_entry", "wx", "x", "nx");
    let [w, n, e] = ["wx", "nx", "xe"].map(|way| map.way_id(way));
    let mut objects = map.objects();
    members(&mut objects, "from", &[w, e]);
    assert_eq!(forbidden_in(&map, &objects), "ex xn, wx xn");
    let mut objects = map.objects();
    members(&mut objects, "to", &[n, e]);
    assert_eq!(forbidden_in(&map, &objects), "wx xe, wx xn");
    members(&mut objects, "from", &[w, e]);
    assert_eq!(forbidden_in(&map, &objects), "", "several of both mean nothing");
    members(&mut objects, "from", &[]);
    assert_eq!(forbidden_in(&map, &objects), "");
}

/// What a file of these objects forbids to cars.
fn forbidden_in(map: &Map, objects: &[Object]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.osm.pbf");
    std::fs::write(&path, [header(&[]), block(objects)].concat()).unwrap();
    let network = osm::import(&[path], &|_| {}).unwrap().network;
    sequences(map, &network, Mode::Car)
}
