//! What the client calls the members of a plan in which the engine found a fault.
//!
//! **Why.** The engine speaks of `agents[0].shifts[1].end`, Bing's clients of `agents[0].shifts[1].endTime`, and a GET request has
//! one parameter for all agents. **How.** A body's paths are translated part by part; a query's faults name the parameter, and
//! the reason begins with the number of the segment. **What never happens:** a neutral name on the wire.

use crate::fault::Fault;

/// Where the members of a plan stand in the request.
#[derive(Clone, Debug)]
pub(super) enum Names {
    /// In a JSON body.
    Body,
    /// In the query, where each item is a segment of `itineraryItems`.
    Query {
        /// The segment of `itineraryAgents`, from 1, in which each agent begins.
        agent_segments: Vec<usize>,
    },
}

impl Names {
    /// The fault in the client's words.
    pub(super) fn name(&self, fault: &engine::Fault) -> Fault {
        let parameter = parameter(&fault.field);
        match self {
            Self::Body => Fault { parameter, reason: fault.message.clone() },
            Self::Query { agent_segments } => in_query(parameter, &fault.message, agent_segments),
        }
    }
}

fn in_query(parameter: String, message: &str, agent_segments: &[usize]) -> Fault {
    let (list, index) = split_index(parameter.split('.').next().unwrap_or_default());
    let (parameter, segment) = match list {
        "agents" => ("itineraryAgents".to_owned(), index.and_then(|index| agent_segments.get(index).copied())),
        "itineraryItems" => (list.to_owned(), index.map(|index| index + 1)),
        _ => (parameter, None),
    };
    let reason = segment.map_or_else(|| message.to_owned(), |segment| format!("segment {segment}: {message}"));
    Fault { parameter, reason }
}

/// `shifts[1]` is `shifts` and 1.
fn split_index(part: &str) -> (&str, Option<usize>) {
    match part.split_once('[') {
        Some((name, rest)) => (name, rest.trim_end_matches(']').parse().ok()),
        None => (part, None),
    }
}

/// The path of a body's member for the path of a plan's.
fn parameter(field: &str) -> String {
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
        path.push(format!("{}{index}", member(name)));
    }
    path.join(".")
}

fn member(name: &str) -> &str {
    match name {
        "items" => "itineraryItems",
        "start" | "open" => "startTime",
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
        "time_limit" => "timeLimitSeconds",
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use engine::Reason;

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
            ("search.time_limit", "options.timeLimitSeconds"),
        ] {
            assert_eq!(parameter(field), expected);
        }
    }

    #[test]
    fn the_query_is_named_by_its_segments() {
        let names = Names::Query { agent_segments: vec![1, 3] };
        let named = |field| names.name(&engine::Fault::new(field, Reason::Time, "late")).to_string();
        assert_eq!(named("agents[1].shifts[0].end"), "itineraryAgents: segment 3: late");
        assert_eq!(named("items[4].priority"), "itineraryItems: segment 5: late");
        assert_eq!(named("agents"), "itineraryAgents: late");
        assert_eq!(named("search.steps"), "options.steps: late");
    }
}
