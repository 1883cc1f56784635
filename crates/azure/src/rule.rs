//! Rules of query parameters: what each may hold, and what becomes of it.
//!
//! A call has tables of [`Rule`]s. [`check`] holds a request against them: values out of range or unknown are faults; a value
//! that would change the answer but is not served yet is refused by name; one that would not is accepted and named. Zero,
//! `false` and a rule's neutral values mean the same as nothing, because the official Python client sends them always.

use crate::error::Refused;
use crate::query::Query;

/// One parameter.
pub(crate) struct Rule {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it may hold.
    pub(crate) values: Values,
    /// Values that say what is done anyway.
    pub(crate) neutral: &'static [&'static str],
    /// What becomes of any other value.
    pub(crate) effect: Effect,
}

/// What a parameter may hold.
#[derive(Clone, Copy)]
pub(crate) enum Values {
    /// A whole number in a range, also written `6000.0`.
    Integer(i64, i64),
    /// A whole number from 0 to 359; zero is north, not nothing.
    Degrees,
    /// A number in a range.
    Number(f64, f64),
    /// `true` or `false`.
    Flag,
    /// One of some words.
    OneOf(&'static [&'static str]),
    /// Any of some words.
    AnyOf(&'static [&'static str]),
    /// Anything; read by the call itself, or not at all.
    Text,
}

/// What becomes of a value that is allowed and not neutral.
#[derive(Clone, Copy)]
pub(crate) enum Effect {
    /// The call reads it.
    Honoured,
    /// It does not change the answer; the response names it.
    Ignored,
    /// It would change the answer, so the request is refused; the text says why.
    NotYet(&'static str),
    /// It contradicts the rest of what can be asked here; the text says what it needs.
    Needs(&'static str),
}

/// Parameters that belong to every call and are read before any rule: versions and keys.
const COMMON: [&str; 2] = ["api-version", "subscription-key"];

/// Checks `query` against `tables`; the names of what was accepted and does not change the answer.
pub(crate) fn check(query: &Query, tables: &[&[Rule]]) -> Result<Vec<String>, Refused> {
    let mut ignored = Vec::new();
    for rule in tables.iter().copied().flatten() {
        for value in given(query, rule)? {
            allowed(rule, value)?;
            if is_neutral(rule, value) {
                continue;
            }
            match rule.effect {
                Effect::Honoured => {}
                Effect::Ignored => remember(&mut ignored, rule.name),
                Effect::NotYet(why) => {
                    return Err(Refused::not_yet(rule.name, &format!("{}={value}", rule.name), why));
                }
                Effect::Needs(what) => {
                    return Err(Refused::bad(rule.name, format!("{}={value} {what}.", rule.name)));
                }
            }
        }
    }
    for name in query.names().filter(|name| !is_known(name, tables) && is_header_word(name)) {
        remember(&mut ignored, name);
    }
    Ok(ignored)
}

/// `true` if the parameter says so in any case; a rule with [`Values::Flag`] has checked it.
pub(crate) fn flag(query: &Query, name: &str) -> bool {
    matches!(query.text(name), Ok(Some(value)) if value.eq_ignore_ascii_case("true"))
}

fn given<'a>(query: &'a Query, rule: &'a Rule) -> Result<Vec<&'a str>, Refused> {
    Ok(match rule.values {
        Values::AnyOf(_) => query.list(rule.name).collect(),
        _ => query.text(rule.name)?.into_iter().collect(),
    })
}

fn allowed(rule: &Rule, value: &str) -> Result<(), Refused> {
    match rule.values {
        Values::Integer(min, max) => integer_in_range(rule.name, value, min, max),
        Values::Degrees => integer_in_range(rule.name, value, 0, 359),
        Values::Number(min, max) => in_range(rule.name, value, number(rule.name, value)?, min, max),
        Values::Flag => one_of(rule.name, value, &["true", "false"]),
        Values::OneOf(words) | Values::AnyOf(words) => one_of(rule.name, value, words),
        Values::Text => Ok(()),
    }
}

fn number(name: &str, value: &str) -> Result<f64, Refused> {
    value
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .ok_or_else(|| Refused::bad(name, format!("{name} should be a number, it is '{value}'.")))
}

fn integer_in_range(name: &str, value: &str, min: i64, max: i64) -> Result<(), Refused> {
    let number = number(name, value)?;
    if number.fract() != 0.0 {
        return Err(Refused::bad(name, format!("{name} should be a whole number, it is {value}.")));
    }
    in_range(name, value, number, min as f64, max as f64)
}

/// The live service's own sentence for a value out of range.
fn in_range(name: &str, value: &str, number: f64, min: f64, max: f64) -> Result<(), Refused> {
    if (min..=max).contains(&number) {
        return Ok(());
    }
    let message = if max < MANY as f64 {
        format!("{name} parameter value should be between {min} and {max} inclusive")
    } else {
        format!("{name} parameter value should be {min} or more")
    };
    Err(Refused::bad(name, message).saying("OutOfRange", format!("The value sent is {value}.")))
}

/// The upper end of a range that has none.
pub(crate) const MANY: i64 = 1_000_000_000;

/// A word of a closed list, in any case.
pub(crate) fn one_of(name: &str, value: &str, words: &[&str]) -> Result<(), Refused> {
    if words.iter().any(|word| word.eq_ignore_ascii_case(value)) {
        return Ok(());
    }
    Err(Refused::bad(name, format!("{name} parameter value '{value}' is not one of {}.", words.join(", "))))
}

fn is_neutral(rule: &Rule, value: &str) -> bool {
    let is_zero = || value.parse::<f64>().is_ok_and(|number| number == 0.0);
    match rule.values {
        Values::Integer(..) | Values::Number(..) if is_zero() => true,
        _ => rule.neutral.iter().any(|neutral| neutral.eq_ignore_ascii_case(value)),
    }
}

fn is_known(name: &str, tables: &[&[Rule]]) -> bool {
    let mut known = tables.iter().copied().flatten().map(|rule| rule.name).chain(COMMON);
    known.any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a name from outside may be repeated in a header.
fn is_header_word(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 60
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// The most names that a header lists.
const NAMES: usize = 30;

/// Adds `name` to the names once.
pub(crate) fn remember(names: &mut Vec<String>, name: &str) {
    if names.len() < NAMES && !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::bytes;
    use crate::headers::tests::get;
    use crate::version::Version;

    const TABLE: [Rule; 6] = [
        Rule { name: "count", values: Values::Integer(0, 5), neutral: &[], effect: Effect::NotYet("one is enough") },
        Rule { name: "weight", values: Values::Number(0.0, 1e9), neutral: &[], effect: Effect::NotYet("cars only") },
        Rule {
            name: "mode",
            values: Values::OneOf(&["car", "truck"]),
            neutral: &["car"],
            effect: Effect::NotYet("cars only"),
        },
        Rule { name: "live", values: Values::Flag, neutral: &["false"], effect: Effect::Ignored },
        Rule { name: "avoid", values: Values::AnyOf(&["a", "b"]), neutral: &[], effect: Effect::Needs("needs more") },
        Rule { name: "when", values: Values::Text, neutral: &[], effect: Effect::Honoured },
    ];

    fn verdict(query: &str) -> String {
        match check(&Query::of(&get("/", query)), &[&TABLE]) {
            Ok(ignored) => format!("ok {}", ignored.join(",")),
            Err(refused) => {
                let body = bytes(&refused.body(Version::V1));
                let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
                format!("{}: {}", body["error"]["target"].as_str().unwrap(), body["error"]["message"].as_str().unwrap())
            }
        }
    }

    #[test]
    fn values_are_judged_by_their_rule() {
        for (query, expected) in [
            ("api-version=1.0&subscription-key=x", "ok "),
            ("count=0&weight=0.0&mode=CAR&live=False&when=now&avoid=", "ok "),
            ("count=6", "count: count parameter value should be between 0 and 5 inclusive"),
            ("count=-1", "count: count parameter value should be between 0 and 5 inclusive"),
            ("count=1.5", "count: count should be a whole number, it is 1.5."),
            ("count=many", "count: count should be a number, it is 'many'."),
            ("weight=NaN", "weight: weight should be a number, it is 'NaN'."),
            ("weight=-1", "weight: weight parameter value should be 0 or more"),
            ("count=2.0", "count: count=2.0 is not supported yet: one is enough."),
            ("mode=truck", "mode: mode=truck is not supported yet: cars only."),
            ("mode=ship", "mode: mode parameter value 'ship' is not one of car, truck."),
            ("live=yes", "live: live parameter value 'yes' is not one of true, false."),
            ("live=true&else=1&else=2&bad%0Aname=1", "ok live,else"),
            ("avoid=a,c", "avoid: avoid=a needs more."),
            ("avoid=c", "avoid: avoid parameter value 'c' is not one of a, b."),
        ] {
            assert_eq!(verdict(query), expected, "{query}");
        }
    }
}
