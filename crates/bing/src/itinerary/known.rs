//! Which members a request's body may have.
//!
//! **Why.** A misspelt `sameAgent` must not end in a plan that ignores it: Bing's clients learn of it by a header, ours by a
//! refusal. **How.** A table of the members of each object; the way to an object without its indices is its name. **What never
//! happens:** a member that is read, but not in the table: `every_member_that_is_read_is_known` reads the documents.

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
    ("options", &["timeLimitSeconds", "steps", "seed", "threads"]),
];

/// The members that mean nothing here, by their way from the root; those of `options` apart.
pub(super) fn unknown_members(body: &Node<'_>) -> Vec<String> {
    let mut found = Vec::new();
    look(body, "", &mut found);
    found
}

fn look(node: &Node<'_>, way: &str, found: &mut Vec<String>) {
    let Some((_, known)) = KNOWN.iter().find(|(name, _)| *name == way) else { return };
    for name in node.member_names() {
        if found.len() >= MOST_NAMED || way == "options" {
            return;
        }
        let Some(known) = known.iter().find(|known| known.eq_ignore_ascii_case(name)) else {
            // A header holds visible characters only.
            if name.len() <= 60 && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',') {
                found.push(node.path_of(name));
            }
            continue;
        };
        let inner = if way.is_empty() { (*known).to_owned() } else { format!("{way}.{known}") };
        if let Some(member) = node.member(known).filter(|_| KNOWN.iter().any(|(name, _)| *name == inner)) {
            member.parts().iter().for_each(|part| look(part, &inner, found));
        }
    }
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
