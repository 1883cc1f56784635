//! Who may pass: one-way streets, private land, gates and bollards, ferries and islands.

use super::{Map, ONE_WAY, PRIVATE, STREET, check, short_cut};

/// A block whose north side, with `1` and `2` on it, runs one way.
fn block(north: &[(&str, &str)]) -> Map {
    Map::new(
        "
        a 1 2 b
        d - - c
        ",
    )
    .way("a12b", north)
    .way("bc", STREET)
    .way("cd", STREET)
    .way("da", STREET)
}

#[test]
fn one_way_streets_are_driven_one_way() {
    check(&block(ONE_WAY), &[("a", "b", "a12b"), ("b", "a", "bcda"), ("1", "2", "12"), ("1", "1", "11")]);
    let against = block(&[("highway", "residential"), ("oneway", "-1")]);
    check(&against, &[("b", "a", "b21a"), ("a", "b", "adcb"), ("2", "1", "21")]);
}

#[test]
fn backwards_on_a_one_way_street_is_around_the_block() {
    check(&block(ONE_WAY), &[("2", "1", "2bcda1"), ("12", "1", "2bcda1"), ("2", "12", "2bcda1")]);
    check(&block(STREET), &[("2", "1", "21"), ("1", "2", "12")]);
}

#[test]
fn a_one_way_street_without_return_ends_there() {
    let map = Map::new("a b c").way("abc", ONE_WAY);
    check(&map, &[("a", "c", "abc"), ("ab", "bc", "b"), ("bc", "ab", ""), ("c", "a", "")]);
}

#[test]
fn closed_ways_are_not_used() {
    for tags in [
        &[("highway", "residential"), ("access", "no")][..],
        &[("highway", "residential"), ("motor_vehicle", "no")],
        &[("highway", "footway")],
        &[("highway", "construction")],
    ] {
        check(&block(tags), &[("a", "b", "adcb"), ("b", "a", "bcda")]);
    }
}

#[test]
fn private_ways_are_for_those_who_start_or_end_there() {
    check(&short_cut(STREET), &[("a", "d", "abcd")]);
    for (key, value) in [("access", "private"), ("motor_vehicle", "destination"), ("access", "delivery")] {
        check(
            &short_cut(&[("highway", "residential"), (key, value)]),
            &[
                ("a", "d", "abeghfcd"),
                ("a", "bc", "ab"),
                ("bc", "d", "cd"),
                ("a", "c", "abeghfc"),
                ("b", "c", "beghfc"),
                ("bc", "bc", ""),
            ],
        );
    }
}

#[test]
fn one_stays_within_private_land_as_far_as_it_goes() {
    let map = Map::new(
        "
        a b - e f
        - c i d -
        ",
    )
    .way("ab", STREET)
    .way("be", STREET)
    .way("ef", STREET)
    .way("bc", PRIVATE)
    .way("cid", PRIVATE)
    .way("de", PRIVATE);
    check(&map, &[("a", "f", "abef"), ("a", "i", "abci"), ("bc", "de", "cid"), ("i", "f", "idef"), ("i", "a", "icba")]);
}

#[test]
fn opposite_driveways_are_not_one_land() {
    // From p one may not cut the corner by the private road at the other side of b.
    let map = Map::new(
        "
        - p - -
        a b - -
        - c d -
        ",
    )
    .way("pb", PRIVATE)
    .way("abd", STREET)
    .way("bc", PRIVATE)
    .way("cd", PRIVATE);
    check(&map, &[("p", "d", "pbd"), ("p", "c", "pbc"), ("a", "bc", "ab"), ("c", "p", "cbp")]);
}

#[test]
fn an_estate_behind_a_gate_is_private_too() {
    // The streets c, d, e of the estate are open, its two gates g and h are private.
    let map = Map::new(
        "
        - - d - - -
        a g c e h b
        i - - - - j
        ",
    )
    .node_tags('g', &[("barrier", "gate"), ("access", "private")])
    .node_tags('h', &[("barrier", "gate"), ("access", "private")])
    .way("agcehb", STREET)
    .way("cd", STREET)
    .way("aijb", STREET);
    check(&map, &[("a", "b", "aijb"), ("a", "d", "agcd"), ("d", "b", "dcehb"), ("i", "e", "iagce"), ("d", "e", "dce")]);
}

#[test]
fn a_private_gate_is_a_dead_end_for_others() {
    let map = Map::new(
        "
        a b g c
        - d - -
        ",
    )
    .node_tags('g', &[("barrier", "gate"), ("access", "private")])
    .way("ab", STREET)
    .way("bgc", STREET)
    .way("bd", STREET)
    .restriction("no_right_turn", "ab", "b", "bd");
    check(&map, &[("a", "d", "abgbd"), ("a", "c", "abgc"), ("c", "d", "cgbd")]);
}

#[test]
fn streets_behind_a_private_road_are_reached_by_it() {
    let map = Map::new("a b c d e").way("ab", STREET).way("bc", STREET).way("cd", PRIVATE).way("de", STREET);
    check(&map, &[("a", "e", "abcde"), ("e", "a", "edcba"), ("a", "cd", "abc")]);
}

#[test]
fn a_bollard_ends_the_road() {
    let map = Map::new(
        "
        a b c
        d - e
        ",
    )
    .node_tags('b', &[("barrier", "bollard")])
    .way("abc", STREET)
    .way("ad", STREET)
    .way("de", STREET)
    .way("ec", STREET);
    check(
        &map,
        &[
            ("a", "c", "adec"),
            ("a", "b", "ab"),
            ("b", "c", "bc"),
            ("ab", "c", "adec"),
            // One may stand at it from either side, but not turn back at it on the way.
            ("c", "ab", "ceda"),
        ],
    );
}

#[test]
fn an_open_gate_is_driven_through() {
    let gate = |access: &[(&str, &str)]| {
        let tags = [&[("barrier", "gate")], access].concat();
        Map::new("a b c").node_tags('b', &tags).way("abc", STREET)
    };
    check(&gate(&[("access", "yes")]), &[("a", "c", "abc")]);
    check(&gate(&[("access", "no")]), &[("a", "c", ""), ("a", "b", "ab")]);
}

#[test]
fn islands_have_no_road_between_them_but_a_ferry_is_one() {
    let islands = Map::new("a b - - c d").way("ab", STREET).way("cd", STREET);
    check(&islands, &[("a", "b", "ab"), ("a", "d", ""), ("d", "a", ""), ("c", "d", "cd")]);
    let ferry = islands.way("bc", &[("route", "ferry"), ("duration", "00:10"), ("motor_vehicle", "yes")]);
    check(&ferry, &[("a", "d", "abcd"), ("d", "a", "dcba")]);
}
