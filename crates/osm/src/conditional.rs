//! What holds at certain times or for certain vehicles only: from `…:conditional` keys to [`Effect`]s and their "when".
//!
//! A value is a list of clauses, "no @ (Mo-Fr 07:00-09:00); destination @ (weight>7.5)" (see the wiki's page
//! "Conditional restrictions"). Here each clause is split into what holds and when; the "when" is kept as it stands and
//! is read at the time of a question. Clauses come out so that the last one that is met counts: general keys before
//! specific ones. A mode for which a more specific key speaks unconditionally is not addressed. Clauses that make no
//! sense are counted. The `opening_hours` of a ferry and of a barrier close it outside of them. Lanes, overtaking, parking and
//! fees are not read.

use network::{Access, Effect, Mode, ModeSet, RoadClass};

use crate::access::{Heading, OneWay, is_open, one_way, opening_keys, word_access};
use crate::barrier::passing_keys;
use crate::limits::{KEYS as LIMIT_KEYS, measure};
use crate::modes::{access_keys, modes_named};
use crate::speed::limit as speed_kmh;
use crate::tags::Tags;

/// A condition as the map states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaggedCondition<'a> {
    pub(crate) modes: ModeSet,
    pub(crate) effect: Effect,
    pub(crate) when: &'a str,
    /// Whether it holds outside of these hours rather than within.
    pub(crate) outside: bool,
}

/// The keys of access that may be conditional, the most general first.
const ACCESS_KEYS: [&str; 12] = [
    "access",
    "vehicle",
    "motor_vehicle",
    "motorcar",
    "motorcycle",
    "hgv",
    "goods",
    "psv",
    "bus",
    "taxi",
    "bicycle",
    "foot",
];

/// Whether any key is conditional.
pub(crate) fn is_conditional(tags: &Tags<'_>) -> bool {
    tags.any_key(|key| key.ends_with(":conditional"))
}

/// The conditions of a way in a direction.
pub(crate) fn way_conditions<'a>(class: RoadClass, tags: &Tags<'a>, heading: Heading) -> Vec<TaggedCondition<'a>> {
    let mut reader = Reader { tags, suffix: heading.suffix(), found: Vec::new() };
    if class == RoadClass::Ferry {
        reader.opening_hours();
    }
    if !is_conditional(tags) {
        return reader.found;
    }
    reader.one_way(class, heading);
    let listens =
        |mode: Mode, key: &str| is_open(mode, tags, heading) && opening_keys(class, mode, tags).contains(&key);
    reader.access(listens);
    reader.speed("maxspeed", modes_named("vehicle"));
    reader.limits();
    reader.found
}

/// The conditions of a node, on the way through it.
pub(crate) fn node_conditions<'a>(tags: &Tags<'a>) -> Vec<TaggedCondition<'a>> {
    let mut reader = Reader { tags, suffix: "", found: Vec::new() };
    // At a toll booth they are those of its clerks.
    if tags.get("barrier").is_some_and(|kind| kind != "toll_booth") {
        reader.opening_hours();
    }
    if !is_conditional(tags) {
        return reader.found;
    }
    reader.access(|mode, key| passing_keys(mode, tags).contains(&key));
    reader.limits();
    reader.found
}

/// How many clauses of an object's conditional access keys and speeds cannot be split into what and when.
pub(crate) fn unread(tags: &Tags<'_>) -> u64 {
    let keys = ACCESS_KEYS.into_iter().chain(["maxspeed"]);
    let values = keys.filter_map(|key| tags.get_joined(key, ":conditional"));
    values.map(|value| clauses(value).filter(Option::is_none).count() as u64).sum()
}

struct Reader<'a, 'b> {
    tags: &'b Tags<'a>,
    /// What a key ends in when it speaks of this direction alone, before ":conditional".
    suffix: &'static str,
    found: Vec<TaggedCondition<'a>>,
}

impl<'a> Reader<'a, '_> {
    /// The clauses of a key, those for this direction last.
    fn clauses(&self, key: &str) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let plain = self.tags.get_parts(&[key, ":conditional"]);
        let directed =
            if self.suffix.is_empty() { None } else { self.tags.get_parts(&[key, self.suffix, ":conditional"]) };
        plain.into_iter().chain(directed).flat_map(clauses).flatten()
    }

    fn push(&mut self, modes: ModeSet, effect: Effect, when: &'a str) {
        if !modes.is_empty() {
            self.found.push(TaggedCondition { modes, effect, when, outside: false });
        }
    }

    /// Access, for the modes that listen to a key and have no more specific one without a condition.
    fn access(&mut self, listens: impl Fn(Mode, &str) -> bool) {
        for key in ACCESS_KEYS {
            let modes = || Mode::ALL.into_iter().filter(|&mode| listens(mode, key) && !self.is_overruled(mode, key));
            let clauses: Vec<_> = self.clauses(key).map(|clause| (modes().collect::<ModeSet>(), clause)).collect();
            for (modes, (what, when)) in clauses {
                for access in [Access::No, Access::Ends, Access::Yes] {
                    let meant = modes.iter().filter(|&mode| word_access(what, mode) == Some(access)).collect();
                    self.push(meant, Effect::Access(access), when);
                }
            }
        }
    }

    fn is_overruled(&self, mode: Mode, key: &str) -> bool {
        let more_specific = access_keys(mode).iter().skip_while(|&&known| known != key).skip(1);
        let says = |value: &str| word_access(value, mode).is_some();
        more_specific
            .into_iter()
            .any(|key| self.tags.get(key).is_some_and(says) || self.tags.get_joined(key, self.suffix).is_some_and(says))
    }

    /// `oneway:conditional` opens and closes a direction to vehicles that may use the road and have no rule of their own.
    fn one_way(&mut self, class: RoadClass, heading: Heading) {
        let open = |mode: Mode| crate::access::open_access(class, mode, self.tags, heading);
        let own_rule =
            |mode: Mode| access_keys(mode).iter().skip(1).any(|key| self.tags.get_joined("oneway:", key).is_some());
        let modes: ModeSet =
            modes_named("vehicle").iter().filter(|&mode| !own_rule(mode) && open(mode) != Access::No).collect();
        let clauses: Vec<(OneWay, &str)> =
            self.clauses("oneway").filter_map(|(what, when)| Some((one_way(what)?, when))).collect();
        let effects = clauses.into_iter().flat_map(|(only, when)| {
            let access = move |mode| if only.allows(heading) { open(mode) } else { Access::No };
            [Access::No, Access::Ends, Access::Yes]
                .map(|wanted| (modes.iter().filter(|&mode| access(mode) == wanted).collect::<ModeSet>(), wanted, when))
        });
        for (modes, access, when) in effects.collect::<Vec<_>>() {
            self.push(modes, Effect::Access(access), when);
        }
    }

    /// Nobody passes outside of the hours in which it is open; what else is said counts more.
    fn opening_hours(&mut self) {
        if let Some(when) = self.tags.get("opening_hours") {
            let (modes, effect) = (Mode::ALL.into_iter().collect(), Effect::Access(Access::No));
            self.found.push(TaggedCondition { modes, effect, when, outside: true });
        }
    }

    fn speed(&mut self, key: &str, modes: ModeSet) {
        for (what, when) in self.clauses(key).collect::<Vec<_>>() {
            if let Some(kmh) = speed_kmh(what) {
                self.push(modes, Effect::MaxSpeed(kmh), when);
            }
        }
    }

    fn limits(&mut self) {
        for (key, limit) in LIMIT_KEYS {
            let modes = modes_named(if key.ends_with(":hgv") { "hgv" } else { "vehicle" });
            for (what, when) in self.clauses(key).collect::<Vec<_>>() {
                let lifted = matches!(what, "none" | "no");
                if let Some(value) = measure(limit, what).map(Some).or(lifted.then_some(None)) {
                    self.push(modes, Effect::Limit(limit, value), when);
                }
            }
        }
    }
}

/// The clauses of a value, each as what holds and when; `None` for one without either.
pub(crate) fn clauses(value: &str) -> impl Iterator<Item = Option<(&str, &str)>> {
    let mut rest = value;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([';', ' ']);
        if rest.is_empty() {
            return None;
        }
        let end = clause_end(rest);
        let clause = &rest[..end];
        rest = &rest[end..];
        Some(
            clause
                .split_once('@')
                .map(|(what, when)| (what.trim(), without_brackets(when.trim())))
                .filter(|(what, when)| !what.is_empty() && !when.is_empty()),
        )
    })
}

/// Where the first clause ends: at a ";" outside of brackets. Brackets that are never closed hold to the end.
fn clause_end(text: &str) -> usize {
    let mut depth = 0_i32;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = (depth - 1).max(0),
            ';' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// The brackets around a whole condition say nothing.
fn without_brackets(when: &str) -> &str {
    when.strip_prefix('(').map_or(when, |when| when.trim_end_matches(')')).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_split_into_clauses() {
        for (value, expected) in [
            ("no @ (Mo-Fr 07:00-09:00)", vec![Some(("no", "Mo-Fr 07:00-09:00"))]),
            ("80@(wet)", vec![Some(("80", "wet"))]),
            ("80 @ wet", vec![Some(("80", "wet"))]),
            ("no @ 18:00-07:30 AND weight>3.5", vec![Some(("no", "18:00-07:30 AND weight>3.5"))]),
            ("no @ (07:00-10:00); no @ (15:00-18:00)", vec![Some(("no", "07:00-10:00")), Some(("no", "15:00-18:00"))]),
            (
                "no @ (We-Fr 14:00-22:00; Sa-Su 12:00-22:00))",
                vec![Some(("no", "We-Fr 14:00-22:00; Sa-Su 12:00-22:00"))],
            ),
            ("no @ (Su; PH", vec![Some(("no", "Su; PH"))]),
            ("yes", vec![None]),
            ("yes; no @ wet", vec![None, Some(("no", "wet"))]),
            ("@ wet", vec![None]),
            ("no @ ", vec![None]),
            ("", vec![]),
            (";;", vec![]),
            (")(é@", vec![None]),
        ] {
            assert_eq!(clauses(value).collect::<Vec<_>>(), expected, "{value}");
        }
    }
}
