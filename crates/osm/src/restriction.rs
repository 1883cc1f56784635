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
    if kinds.is_empty() && is_conditional(&tags) {
        statistics.conditional_restrictions += 1;
        return None;
    }
    let members = Members::of(relation);
    if members.lack_a_role() {
        statistics.incomplete_restrictions += 1;
        return None;
    }
    let Some(via) = members.via().filter(|_| !kinds.is_empty()) else {
        statistics.malformed_restrictions += 1;
        return None;
    };
    let Members { from, to, .. } = members;
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

/// The members that count, by role.
struct Members {
    from: Vec<i64>,
    via_nodes: Vec<i64>,
    via_ways: Vec<i64>,
    to: Vec<i64>,
}

impl Members {
    fn of(relation: &Relation<'_>) -> Self {
        let members: Vec<RelMember<'_>> = relation.members().collect();
        let of = |role: &str, kind: &RelMemberType| -> Vec<i64> {
            let wanted =
                |member: &&RelMember<'_>| member.member_type == *kind && member.role().is_ok_and(|name| name == role);
            members.iter().filter(wanted).map(|member| member.member_id).collect()
        };
        Self {
            from: of("from", &RelMemberType::Way),
            via_nodes: of("via", &RelMemberType::Node),
            via_ways: of("via", &RelMemberType::Way),
            to: of("to", &RelMemberType::Way),
        }
    }

    fn lack_a_role(&self) -> bool {
        self.from.is_empty() || self.to.is_empty() || self.via_nodes.is_empty() && self.via_ways.is_empty()
    }

    /// Where the restriction holds; `None` if there are more members than can be meant: one node, or ways; several ways
    /// to come from, or several to go to, not both.
    fn via(&self) -> Option<Via> {
        if self.from.len() > 1 && self.to.len() > 1 {
            return None;
        }
        match (self.via_nodes.as_slice(), self.via_ways.as_slice()) {
            ([node], []) => Some(Via::Node(*node)),
            ([], [_, ..]) => Some(Via::Ways(self.via_ways.clone())),
            _ => None,
        }
    }
}
