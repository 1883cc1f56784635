//! Which members a request's body may have.
//!
//! **Why.** A misspelt `sameAgent` must not end in a plan that ignores it: Bing's clients learn of it by a header, ours by a
//! refusal. **How.** A table of the members of each object; the way to an object without its indices is its name. **What never
//! happens:** a member that is read, but not in the table: `every_member_that_is_read_is_known` reads the documents.

use serde_json::Value;

use crate::json::Node;

/// The most unknown members that are named.
const MOST_NAMED: usize = 10;

/// The way to an object and what it may hold; lists of objects stand by the name of the list.
const KNOWN: [(&str, &[&str]); 16] = [
    (
        "",
        &[
            "agents",
            "itineraryItems",
            "type",
            "roadnetwork",
            "costvalue",
            "options",
            "sameAgent",
            "differentAgents",
            "balance",
            "initialPlan",
            "trafficSlices",
        ],
    ),
    ("agents", &["name", "shifts", "price", "capacity", "skills"]),
    ("agents.price", &["fixedPrice", "pricePerKM", "pricePerHour"]),
    (
        "agents.shifts",
        &[
            "startTime",
            "endTime",
            "startLocation",
            "startAddress",
            "endLocation",
            "endAddress",
            "breaks",
            "maxDrivingTime",
            "maxDistance",
            "maxDuration",
            "overtime",
        ],
    ),
    ("agents.shifts.startLocation", &["latitude", "longitude"]),
    ("agents.shifts.endLocation", &["latitude", "longitude"]),
    ("agents.shifts.breaks", &["startTime", "endTime", "duration"]),
    ("agents.shifts.overtime", &["maxDuration", "pricePerHour"]),
    (
        "itineraryItems",
        &[
            "name",
            "openingTime",
            "closingTime",
            "windows",
            "dwellTime",
            "priority",
            "location",
            "address",
            "quantity",
            "depot",
            "dropOffFrom",
            "skills",
            "setupTime",
            "releaseTime",
        ],
    ),
    ("itineraryItems.location", &["latitude", "longitude"]),
    ("itineraryItems.windows", &["openingTime", "closingTime"]),
    ("balance", &["weight"]),
    ("trafficSlices", &["startTime", "factor"]),
    ("initialPlan", &["tours", "moveCost"]),
    ("initialPlan.tours", &["agent", "shift", "items", "fixed"]),
    // What is unknown in here is named by the reader of the options.
    ("options", &["timeLimitSeconds", "steps", "seed", "threads", "islands", "rounds"]),
];

/// The members that mean nothing here, by their way from the root; those of `options` apart.
pub(super) fn unknown_members(body: &Node<'_>) -> Vec<String> {
    let mut found = Vec::new();
    look(body.value(), "", &Trail::Root, &mut found);
    found
}

/// The way to a value. It is spelled out only where something unknown stands: the largest bodies have fifty thousand members.
enum Trail<'a> {
    Root,
    Member(&'a Trail<'a>, &'a str),
    Element(&'a Trail<'a>, usize),
}

impl Trail<'_> {
    fn spelled(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Member(Self::Root, name) => (*name).to_owned(),
            Self::Member(before, name) => format!("{}.{name}", before.spelled()),
            Self::Element(before, at) => format!("{}[{at}]", before.spelled()),
        }
    }
}

fn look(value: &Value, way: &str, trail: &Trail<'_>, found: &mut Vec<String>) {
    let (Some(members), Some((_, known))) = (value.as_object(), KNOWN.iter().find(|(name, _)| *name == way)) else {
        return;
    };
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        if found.len() >= MOST_NAMED || way == "options" {
            return;
        }
        let Some(known) = known.iter().find(|known| known.eq_ignore_ascii_case(name)) else {
            // A header holds visible characters only.
            if name.len() <= 60 && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',') {
                found.push(Trail::Member(trail, name).spelled());
            }
            continue;
        };
        let trail = Trail::Member(trail, known);
        match value {
            Value::Object(_) => inside(way, known).into_iter().for_each(|inner| look(value, inner, &trail, found)),
            Value::Array(all) => {
                let Some(inner) = inside(way, known) else { continue };
                let each = all.iter().enumerate();
                each.for_each(|(at, part)| look(part, inner, &Trail::Element(&trail, at), found));
            }
            _ => {}
        }
    }
}

/// The name of the way to a member, if its objects are known.
fn inside(way: &str, member: &str) -> Option<&'static str> {
    let leads = |name: &&str| match way {
        "" => *name == member,
        _ => name.strip_prefix(way).and_then(|rest| rest.strip_prefix('.')) == Some(member),
    };
    KNOWN.iter().map(|(name, _)| *name).find(leads)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_nobody_reads_is_named() {
        let body = json!({
            "Agents": [{"name": "A", "colour": 1, "shifts": [{"startTime": "x", "breaks": [{"length": 5}], "overtime": {"max": 1}}]}],
            "itineraryItems": [{"name": null, "windows": [{"openingTime": 1}]}, {"skils": ["x"], "unused": null}],
            "sameagent": [["a"]],
            "options": {"anything": 1},
        });
        let expected = [
            "agents[0].colour",
            "agents[0].shifts[0].breaks[0].length",
            "agents[0].shifts[0].overtime.max",
            "itineraryItems[1].skils",
        ];
        let mut found = unknown_members(&Node::root(&body));
        found.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_member_that_is_read_is_known() {
        let documents = include_str!("../../../../docs/extensions.md");
        let rows = documents.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let mut count = 0;
        for (member, _) in rows {
            let way = member.replace("[]", "");
            let (object, name) = way.rsplit_once('.').unwrap_or(("", &way));
            let known = KNOWN.iter().find(|(way, _)| *way == object).map(|(_, members)| *members);
            assert!(known.is_some_and(|members| members.contains(&name)), "{member} is documented, but not known");
            count += 1;
        }
        assert!(count >= 15, "only {count} members are documented");
    }
}
