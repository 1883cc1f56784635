//! Turn restrictions and turning back.

use super::{Map, ONE_WAY, STREET, check};

/// A junction `b` with arms to the west, north and east; the east arm is longer than one edge and ends.
fn junction() -> Map {
    Map::new(
        "
        - c - -
        a b d e
        ",
    )
    .way("ab", STREET)
    .way("bc", STREET)
    .way("bde", STREET)
}

#[test]
fn without_a_restriction_every_turn_is_free_but_back() {
    check(&junction(), &[("a", "c", "abc"), ("c", "a", "cba"), ("a", "e", "abde"), ("ab", "b", "b"), ("ab", "a", "a")]);
}

#[test]
fn no_left_turn_sends_one_to_the_next_dead_end() {
    let map = junction().restriction("no_left_turn", "ab", "b", "bc");
    // Not back at d, which is a bend, nor at b.
    check(
        &map,
        &[("a", "c", "abdedbc"), ("ab", "c", "bdedbc"), ("c", "a", "cba"), ("e", "c", "edbc"), ("b", "c", "bc")],
    );
}

#[test]
fn only_straight_on_forbids_every_other_turn() {
    let map = junction().restriction("only_straight_on", "ab", "b", "bde");
    check(&map, &[("a", "c", "abdedbc"), ("a", "e", "abde"), ("e", "c", "edbc")]);
}

#[test]
fn only_right_turn_where_nothing_returns_leaves_no_way() {
    let map = Map::new(
        "
        - c -
        a b d
        - e -
        ",
    )
    .way("ab", ONE_WAY)
    .way("bc", STREET)
    .way("bd", STREET)
    .way("be", ONE_WAY)
    .restriction("only_right_turn", "ab", "b", "be");
    check(&map, &[("a", "e", "abe"), ("a", "c", ""), ("a", "d", ""), ("d", "c", "dbc"), ("b", "d", "bd")]);
}

#[test]
fn no_u_turn_holds_at_a_dead_end_too() {
    let map = junction().restriction("no_left_turn", "ab", "b", "bc").restriction("no_u_turn", "bde", "e", "bde");
    check(&map, &[("a", "c", ""), ("a", "e", "abde"), ("e", "c", "edbc"), ("de", "c", "dbc")]);
}

#[test]
fn turning_back_is_for_dead_ends() {
    let map = Map::new(
        "
        a b c d
        - e - -
        ",
    )
    .way("ab", ONE_WAY)
    .way("bcd", STREET)
    .way("be", ONE_WAY)
    .restriction("no_right_turn", "ab", "b", "be");
    check(&map, &[("a", "e", "abcdcbe"), ("b", "e", "be"), ("bc", "e", "be")]);
}

/// Two junctions, `b` and `c`, with a short way between them.
fn two_junctions() -> Map {
    Map::new(
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
}

#[test]
fn a_restriction_by_way_of_a_way_needs_all_of_it() {
    let map = two_junctions().restriction("no_u_turn", "ab", "bc", "cd");
    check(
        &map,
        &[
            // By the dead end at e, whence the turn is free; g is farther.
            ("a", "d", "abebcd"),
            ("e", "d", "ebcd"),
            ("a", "f", "abcf"),
            ("a", "c", "abc"),
            // Who starts on the way between has not driven the first one.
            ("bc", "d", "cd"),
            ("b", "d", "bcd"),
            ("d", "a", "dcba"),
        ],
    );
}

#[test]
fn only_by_way_of_a_way_forces_the_last_turn() {
    let map = two_junctions().restriction("only_right_turn", "be", "bc", "cd");
    check(&map, &[("a", "g", "abcfg"), ("e", "d", "ebcd"), ("e", "g", "ebabcfg"), ("bc", "g", "cfg")]);
}

#[test]
fn a_restriction_by_way_of_several_ways_is_kept() {
    let map = Map::new(
        "
        a b - -
        - c d e
        - - f -
        ",
    )
    .way("ab", STREET)
    .way("bc", ONE_WAY)
    .way("cd", ONE_WAY)
    .way("de", STREET)
    .way("df", ONE_WAY)
    .restriction("no_right_turn", "ab", "d", "df")
    .restriction("no_straight_on", "bc", "cd", "de");
    // The first names ways that do not meet and is ignored, the second is by way of cd.
    check(&map, &[("a", "f", "abcdf"), ("a", "e", ""), ("c", "e", "cde"), ("cd", "e", "de")]);
}

#[test]
fn a_restriction_for_others_is_not_for_cars() {
    let restricted = |tags: &[(&str, &str)]| junction().restriction_tags(tags, "ab", "b", "bc");
    for tags in [
        &[("restriction", "no_left_turn"), ("except", "motorcar")][..],
        &[("restriction:hgv", "no_left_turn")],
        &[("restriction:conditional", "no_left_turn @ (07:00-09:00)")],
    ] {
        check(&restricted(tags), &[("a", "c", "abc")]);
    }
    check(&restricted(&[("restriction:motorcar", "no_left_turn")]), &[("a", "c", "abdedbc")]);
}

#[test]
fn a_roundabout_is_driven_one_way_round() {
    let map = Map::new(
        "
        - - a - -
        - - b - -
        h e - c f
        - - d - -
        - - g - -
        ",
    )
    .way("bedcb", &[("highway", "residential"), ("junction", "roundabout")])
    .way("ab", STREET)
    .way("cf", STREET)
    .way("dg", STREET)
    .way("eh", STREET);
    check(&map, &[("a", "h", "abeh"), ("a", "f", "abedcf"), ("f", "a", "fcba"), ("f", "g", "fcbedg")]);
}
