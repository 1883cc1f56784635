//! Turn restrictions as their relations state them: kind, modes, members.
//!
//! `restriction` speaks to all vehicles, `restriction:hgv` and the like to some; `except` takes some away. What holds at
//! certain times only is kept with its condition, whether it is written `restriction:conditional` or, in the notation
//! from before that, with `hour_on` and its relatives. Kinds that forbid nothing (`no_right_turn_on_red`) or are not known
//! are counted and left out. Where the members lie is not asked here; `crate::forbid` turns restrictions into sequences of roads.

use network::{Mode, ModeSet, NetworkBuilder, TextId};

use crate::conditional::clauses;
use crate::modes::modes_named;
use crate::pbf::{MemberKind, Relation};
use crate::statistics::Statistics;
use crate::tags::Tags;

/// A turn restriction.
#[derive(Clone, Debug)]
pub(crate) struct Restriction {
    pub(crate) kind: Kind,
    pub(crate) modes: ModeSet,
    /// The condition under which it holds; none is always.
    pub(crate) when: Option<TextId>,
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

/// What a relation of the type "restriction" forbids; `None` if that is nothing. What is left out is counted.
pub(crate) fn read_restriction(
    relation: &Relation<'_>,
    builder: &mut NetworkBuilder,
    statistics: &mut Statistics,
) -> Option<Vec<Restriction>> {
    let tags = &relation.tags;
    statistics.restrictions += 1;
    let kinds = kinds(tags);
    if kinds.is_empty() && holds_at_times(tags) {
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
    let restriction = |stated: Stated| Restriction {
        kind: stated.kind,
        modes: stated.modes,
        when: stated.when.map(|when| builder.text(&when)),
        from: from.clone(),
        via: via.clone(),
        to: to.clone(),
    };
    Some(kinds.into_iter().map(restriction).collect())
}

/// What a relation states to some modes.
struct Stated {
    kind: Kind,
    modes: ModeSet,
    when: Option<String>,
}

/// Each kind that is stated, with those to whom it speaks.
fn kinds(tags: &Tags<'_>) -> Vec<Stated> {
    let hours = hours(tags);
    if holds_at_times(tags) && hours.is_none() {
        return Vec::new();
    }
    let exempt = tags.get("except").map_or(ModeSet::EMPTY, |words| {
        words.split([';', ',']).fold(ModeSet::EMPTY, |modes, word| modes.union(modes_named(word.trim())))
    });
    let mut kinds = Vec::new();
    for (key, word) in KEYS {
        let modes: ModeSet = modes_named(word).iter().filter(|&mode: &Mode| !exempt.contains(mode)).collect();
        let plain = tags.get(key).and_then(kind).map(|kind| (kind, hours.clone()));
        let clauses = tags.get_joined(key, ":conditional").into_iter().flat_map(clauses).flatten();
        let conditional = clauses.filter_map(|(what, when)| Some((kind(what)?, Some(when.to_owned()))));
        let stated = plain.into_iter().chain(conditional).filter(|_| !modes.is_empty());
        kinds.extend(stated.map(|(kind, when)| Stated { kind, modes, when }));
    }
    kinds
}

/// The notation from before `:conditional`.
fn holds_at_times(tags: &Tags<'_>) -> bool {
    tags.any_key(|key| matches!(key, "day_on" | "day_off" | "hour_on" | "hour_off"))
}

/// That notation in the words of today: days of the week and hours, each from and to.
fn hours(tags: &Tags<'_>) -> Option<String> {
    let day = |key: &str| tags.get(key).and_then(|day| DAYS.into_iter().find(|&short| day.starts_with(short)));
    let hour = |key: &str| tags.get(key).filter(|hour| is_time(hour));
    let pair = |from: Option<&str>, to: Option<&str>| Some(format!("{}-{}", from?, to?));
    let has = |keys: [&str; 2]| keys.into_iter().any(|key| tags.get(key).is_some());
    let (days, hours) = (pair(day("day_on"), day("day_off")), pair(hour("hour_on"), hour("hour_off")));
    // Half of a pair cannot be told.
    if (days.is_none() && has(["day_on", "day_off"])) || (hours.is_none() && has(["hour_on", "hour_off"])) {
        return None;
    }
    let parts: Vec<String> = [days, hours].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];

/// "07:00".
fn is_time(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once(':').is_some_and(|(hour, minute)| digits(hour) && digits(minute))
}

const KEYS: [(&str, &str); 11] = [
    ("restriction", "vehicle"),
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
        let of = |role: &str, kind: MemberKind| -> Vec<i64> {
            let wanted = relation.members.iter().filter(|member| member.kind == kind && member.role == role);
            wanted.map(|member| member.id).collect()
        };
        Self {
            from: of("from", MemberKind::Way),
            via_nodes: of("via", MemberKind::Node),
            via_ways: of("via", MemberKind::Way),
            to: of("to", MemberKind::Way),
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
