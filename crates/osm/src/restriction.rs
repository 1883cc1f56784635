//! Turn restrictions as their relations state them: kind, modes, members.
//!
//! `restriction` speaks to all vehicles, `restriction:hgv` and the like to some; `except` takes some away. What holds at
//! certain times only is counted and left out, as are kinds that forbid nothing (`no_right_turn_on_red`) or are not
//! known. Where the members lie is not asked here; `crate::forbid` turns restrictions into sequences of roads.

use network::{Mode, ModeSet};
use osmpbf::{RelMember, RelMemberType, Relation};

use crate::modes::modes_named;
use crate::statistics::Statistics;
use crate::tags::Tags;

/// A turn restriction.
#[derive(Clone, Debug)]
pub(crate) struct Restriction {
    pub(crate) kind: Kind,
    pub(crate) modes: ModeSet,
    /// One way, or several for `no_entry`.
    pub(crate) from: Vec<i64>,
    pub(crate) via: Via,
    /// One way, or several for `no_exit`.
    pub(crate) to: Vec<i64>,
}

/// What a restriction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Forbids to turn.
    No,
    /// Forbids to turn back.
    NoUTurn,
    /// Forbids everything else.
    Only,
}

/// Where a restriction holds.
#[derive(Clone, Debug)]
pub(crate) enum Via {
    Node(i64),
    Ways(Vec<i64>),
}

/// The restrictions that a relation states; `None` if it is none. What is left out is counted.
pub(crate) fn read_restriction(relation: &Relation<'_>, statistics: &mut Statistics) -> Option<Vec<Restriction>> {
    let tags: Tags<'_> = relation.tags().collect();
    if !tags.is("type", "restriction") {
        return None;
    }
    statistics.restrictions += 1;
    let kinds = kinds(&tags);
    let members = read_members(relation);
    if kinds.is_empty() && is_conditional(&tags) {
        statistics.conditional_restrictions += 1;
        return None;
    }
    let Some((from, via, to)) = members.filter(|_| !kinds.is_empty()) else {
        statistics.malformed_restrictions += 1;
        return None;
    };
    let restriction = |(kind, modes)| Restriction { kind, modes, from: from.clone(), via: via.clone(), to: to.clone() };
    Some(kinds.into_iter().map(restriction).collect())
}

fn is_conditional(tags: &Tags<'_>) -> bool {
    holds_at_times(tags) || tags.any_key(|key| key.starts_with("restriction") && key.ends_with(":conditional"))
}

/// The notation from before `:conditional`.
fn holds_at_times(tags: &Tags<'_>) -> bool {
    tags.any_key(|key| matches!(key, "day_on" | "day_off" | "hour_on" | "hour_off"))
}

/// Each kind that is stated, with those to whom it speaks.
fn kinds(tags: &Tags<'_>) -> Vec<(Kind, ModeSet)> {
    if holds_at_times(tags) {
        return Vec::new();
    }
    let exempt = tags.get("except").map_or(ModeSet::EMPTY, |words| {
        words.split([';', ',']).fold(ModeSet::EMPTY, |modes, word| modes.union(modes_named(word.trim())))
    });
    let mut kinds = Vec::new();
    for (key, modes) in
        [("restriction", modes_named("vehicle"))].into_iter().chain(KEYS.map(|(key, word)| (key, modes_named(word))))
    {
        let modes: ModeSet = modes.iter().filter(|&mode: &Mode| !exempt.contains(mode)).collect();
        if let Some(kind) = tags.get(key).and_then(kind).filter(|_| !modes.is_empty()) {
            kinds.push((kind, modes));
        }
    }
    kinds
}

const KEYS: [(&str, &str); 10] = [
    ("restriction:vehicle", "vehicle"),
    ("restriction:motor_vehicle", "motor_vehicle"),
    ("restriction:motorcar", "motorcar"),
    ("restriction:hgv", "hgv"),
    ("restriction:goods", "goods"),
    ("restriction:psv", "psv"),
    ("restriction:bus", "bus"),
    ("restriction:taxi", "taxi"),
    ("restriction:motorcycle", "motorcycle"),
    ("restriction:bicycle", "bicycle"),
];

fn kind(value: &str) -> Option<Kind> {
    match value {
        "no_u_turn" => Some(Kind::NoUTurn),
        "no_left_turn" | "no_right_turn" | "no_straight_on" | "no_entry" | "no_exit" | "no_turn" => Some(Kind::No),
        "only_left_turn" | "only_right_turn" | "only_straight_on" | "only_u_turn" | "only_turn" => Some(Kind::Only),
        _ => None,
    }
}

/// The members by role; `None` unless there is at least one of each, and of several only what a kind allows.
fn read_members(relation: &Relation<'_>) -> Option<(Vec<i64>, Via, Vec<i64>)> {
    let members: Vec<RelMember<'_>> = relation.members().collect();
    let of = |role: &str, kind: &RelMemberType| -> Vec<i64> {
        let wanted =
            |member: &&RelMember<'_>| member.member_type == *kind && member.role().is_ok_and(|name| name == role);
        members.iter().filter(wanted).map(|member| member.member_id).collect()
    };
    let (from, to) = (of("from", &RelMemberType::Way), of("to", &RelMemberType::Way));
    let (via_nodes, via_ways) = (of("via", &RelMemberType::Node), of("via", &RelMemberType::Way));
    let via = match (via_nodes.as_slice(), via_ways.as_slice()) {
        ([node], []) => Via::Node(*node),
        ([], [_, ..]) => Via::Ways(via_ways),
        _ => return None,
    };
    let several_both = from.len() > 1 && to.len() > 1;
    (!from.is_empty() && !to.is_empty() && !several_both).then_some((from, via, to))
}
