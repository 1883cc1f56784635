//! What the client calls the members of a plan in which the engine found a fault.
//!
//! **Why.** The engine speaks of `agents[0].shifts[1].end`, Bing's clients of `agents[0].shifts[1].endTime`, and a GET request has
//! one parameter for all agents. **How.** A body's paths are translated part by part; a query's faults name the parameter, and
//! the message begins with the number of the segment. The value of a fault is what the client sent there. **What never
//! happens:** a neutral name on the wire.

use engine::Reason;
use serde_json::Value;

use crate::fault::Fault;
use crate::json::Node;

/// Where the members of a plan stand in the request.
#[derive(Clone, Debug)]
pub(super) enum Names {
    /// In this JSON body.
    Body(Value),
    /// In the query, where each item is a segment of `itineraryItems`.
    Query {
        /// The segment of `itineraryAgents`, from 1, in which each agent begins.
        agent_segments: Vec<usize>,
        /// The segment of `itineraryItems`, from 1, of each item.
        item_segments: Vec<usize>,
    },
}

impl Names {
    /// The fault in the client's words.
    pub(super) fn name(&self, fault: &engine::Fault) -> Fault {
        let named = Fault {
            parameter: parameter(&fault.field),
            reason: fault.reason,
            value: fault.value.clone().map(Value::from),
            message: fault.message.clone(),
            remedy: fault.remedy.clone(),
        };
        match self {
            Self::Body(body) => in_body(named, &fault.field, &Node::root(body)),
            Self::Query { agent_segments, item_segments } => in_query(named, agent_segments, item_segments),
        }
    }

    /// The client's own values for faults that reading found.
    pub(super) fn fill(&self, faults: &mut [Fault]) {
        let Self::Body(body) = self else { return };
        for fault in faults {
            fault.value = Node::root(body).at(&fault.parameter).and_then(|node| node.scalar());
        }
    }

    /// Whether a fault that the engine found may be a consequence of one that reading found: what could not be read stands in the
    /// plan as something else.
    pub(super) fn follows(&self, found: &Fault, read: &[Fault]) -> bool {
        match self {
            // A segment is read whole or not at all.
            Self::Query { .. } => found.reason == Reason::Missing,
            // What contradicts another member was read all the same.
            Self::Body(_) => {
                let mut unread = read.iter().filter(|fault| fault.reason != Reason::Conflict);
                unread.any(|fault| may_follow(found, &fault.parameter))
            }
        }
    }
}

/// Whether a fault may be there only because what stands at `other` could not be read.
fn may_follow(found: &Fault, other: &str) -> bool {
    let path = found.parameter.as_str();
    let by_rule = match found.reason {
        Reason::Overlap => top(path) == top(other),
        Reason::Unknown if is_of_agents(path) => gives_names(other, "agents") || last(other) == "shifts",
        Reason::Unknown => gives_names(other, "itineraryItems"),
        // Agents without a name get one, and tours without a shift the first.
        Reason::Duplicate if last(path) == "shift" => ["shift", "agent"].contains(&last(other)),
        Reason::Duplicate => is_of_agents(path) && gives_names(other, "agents"),
        Reason::Conflict if last(path) == "overtime" => other == "costvalue",
        Reason::Conflict if last(path) == "releaseTime" => {
            let own = top(path) == top(other) && other.contains(".dropOffFrom");
            own || last(other) == "depot" || gives_names(other, "itineraryItems")
        }
        _ => false,
    };
    let of_list = ["breaks", "dropOffFrom"].contains(&last(path)) && is_within(other, path);
    by_rule || of_list || is_within(path, other) || are_compared(path, other)
}

/// Whether what stands at `path` names agents or their shifts; other references are to items.
fn is_of_agents(path: &str) -> bool {
    path.starts_with("agents") || ["agent", "shift"].contains(&last(path))
}

/// Whether names that others refer to stand at `path`: those of the elements of `list`, or of one of them.
fn gives_names(path: &str, list: &str) -> bool {
    let (first, _) = split_index(top(path));
    first == list && (top(path) == path || last(path) == "name")
}

/// Whether the first of two paths leads to the other's member, or to something in it.
fn is_within(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The members of a shift, break, item or window, and those of a tour, whose values are compared with each other.
const COMPARED: [&[&str]; 2] =
    [&["startTime", "endTime", "openingTime", "closingTime", "duration", "windows"], &["fixed", "items"]];

/// Whether two paths lead to members of one owner that are compared.
fn are_compared(path: &str, other: &str) -> bool {
    let (Some((owner, one)), Some((same, two))) = (path.rsplit_once('.'), other.rsplit_once('.')) else { return false };
    owner == same && COMPARED.iter().any(|members| members.contains(&one) && members.contains(&two))
}

/// The last part of a path.
fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or_default()
}

/// The first part of a path.
fn top(path: &str) -> &str {
    path.split('.').next().unwrap_or_default()
}

fn in_body(fault: Fault, field: &str, body: &Node<'_>) -> Fault {
    let parameter = in_windows(field, body).unwrap_or(fault.parameter);
    let sent = body.at(&parameter).and_then(|node| node.scalar());
    Fault { value: sent.or(fault.value), parameter, ..fault }
}

/// The path of a side of a window of an item that has our own list of several.
fn in_windows(field: &str, body: &Node<'_>) -> Option<String> {
    let (item, window) = field.split_once(".windows[")?;
    let (index, side) = window.split_once("].")?;
    let path = format!("{}.windows[{index}]", parameter(item));
    let name = if side == "open" { "openingTime" } else { "closingTime" };
    body.at(&path).map(|_| format!("{path}.{name}"))
}

fn in_query(fault: Fault, agent_segments: &[usize], item_segments: &[usize]) -> Fault {
    let (list, index) = split_index(top(&fault.parameter));
    let segment = |segments: &[usize]| index.and_then(|index| segments.get(index).copied());
    let (parameter, segment) = match list {
        "agents" => ("itineraryAgents".to_owned(), segment(agent_segments)),
        "itineraryItems" => (list.to_owned(), segment(item_segments)),
        _ => return fault,
    };
    let message =
        segment.map_or_else(|| fault.message.clone(), |segment| format!("segment {segment}: {}", fault.message));
    Fault { parameter, message, ..fault }
}

/// `shifts[1]` is `shifts` and 1.
fn split_index(part: &str) -> (&str, Option<usize>) {
    match part.split_once('[') {
        Some((name, rest)) => (name, rest.trim_end_matches(']').parse().ok()),
        None => (part, None),
    }
}

/// The path of a body's member for the path of a plan's.
pub(super) fn parameter(field: &str) -> String {
    let mut path = Vec::new();
    for part in field.split('.') {
        let (name, _) = split_index(part);
        let index = &part[name.len()..];
        if name == "windows" {
            // A window is two members of its item; of the whole, the later one is the one to move.
            let is_opening = field.rsplit('.').next() == Some("open");
            path.push(if is_opening { "openingTime".to_owned() } else { "closingTime".to_owned() });
            break;
        }
        // The items of a tour are called as they are.
        let name = if name == "items" && path.is_empty() { "itineraryItems" } else { member(name) };
        path.push(format!("{name}{index}"));
    }
    path.join(".")
}

fn member(name: &str) -> &str {
    match name {
        "start" | "open" | "from" => "startTime",
        "end" | "close" => "endTime",
        "start_place" => "startLocation",
        "end_place" => "endLocation",
        "place" => "location",
        "duration_s" => "duration",
        "dwell_s" => "dwellTime",
        "drop_off_from" => "dropOffFrom",
        "fixed_micro" => "fixedPrice",
        "per_km_micro" => "pricePerKM",
        "per_hour_micro" => "pricePerHour",
        "search" => "options",
        "max_driving_s" => "maxDrivingTime",
        "max_distance_m" => "maxDistance",
        "max_duration_s" | "max_s" => "maxDuration",
        "setup_s" => "setupTime",
        "release" => "releaseTime",
        "same_agent" => "sameAgent",
        "different_agents" => "differentAgents",
        "initial" => "initialPlan",
        "move_cost_micro" => "moveCost",
        "traffic" => "trafficSlices",
        "factor_milli" => "factor",
        "time_limit" => "timeLimitSeconds",
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_body_is_named_by_its_members() {
        for (field, expected) in [
            ("items[3].priority", "itineraryItems[3].priority"),
            ("agents[0].shifts[1].end", "agents[0].shifts[1].endTime"),
            ("agents[0].shifts[1].breaks[2].duration_s", "agents[0].shifts[1].breaks[2].duration"),
            ("items[2].windows[0].close", "itineraryItems[2].closingTime"),
            ("items[2].windows[0].open", "itineraryItems[2].openingTime"),
            ("agents[1].price.per_km_micro", "agents[1].price.pricePerKM"),
            ("items[2].drop_off_from[1]", "itineraryItems[2].dropOffFrom[1]"),
            ("items", "itineraryItems"),
            ("initial.tours[0].items[1]", "initialPlan.tours[0].items[1]"),
            ("search.time_limit", "options.timeLimitSeconds"),
        ] {
            assert_eq!(parameter(field), expected);
        }
    }

    #[test]
    fn the_value_is_what_the_client_sent() {
        let body = json!({"itineraryItems": [
            {"Priority": "101", "closingTime": "2030-05-02T08:00:00"},
            {"windows": [{"openingTime": "a", "closingTime": "b"}]},
        ]});
        let names = Names::Body(body);
        let named = |field: &str| {
            let fault = names.name(&engine::Fault::new(field, Reason::Time, "late").given(7).mend("go"));
            (fault.parameter, fault.value)
        };
        let of = |path: &str, value: Value| (path.to_owned(), Some(value));
        assert_eq!(named("items[0].priority"), of("itineraryItems[0].priority", json!("101")));
        let closing = of("itineraryItems[0].closingTime", json!("2030-05-02T08:00:00"));
        assert_eq!(named("items[0].windows[0].close"), closing);
        assert_eq!(named("items[1].windows[0].open"), of("itineraryItems[1].windows[0].openingTime", json!("a")));
        // A list is no value: what was counted stands for it.
        assert_eq!(named("items"), of("itineraryItems", json!("7")));
    }

    #[test]
    fn the_query_is_named_by_its_segments() {
        let names = Names::Query { agent_segments: vec![1, 3], item_segments: vec![1, 2, 3, 5, 6] };
        let named = |field| names.name(&engine::Fault::new(field, Reason::Time, "late")).to_string();
        assert_eq!(named("agents[1].shifts[0].end"), "itineraryAgents: segment 3: late");
        assert_eq!(named("items[4].priority"), "itineraryItems: segment 6: late");
        assert_eq!(named("agents"), "itineraryAgents: late");
        assert_eq!(named("search.steps"), "options.steps: late");
    }
}
