//! `type`, `roadnetwork`, `costvalue` and our `options`: from the body or the query, where the body wins.
//!
//! **Why.** The toolkit writes them into the body, the documents show them in the query (`bing.md`, 3.1). **How.** The query's
//! pairs become a JSON object, so that one reader serves both; `options.steps` in the query is the member `steps` of `options`.
//! **What never happens:** an option being dropped silently: a name that is not known is reported as ignored.

use std::time::Duration;

use engine::{PlanCost, PlanNetwork, Reason, Search, Urgency};
use serde_json::{Map, Value};

use crate::fault::Faults;
use crate::json::{self, Node};
use crate::value::{Wrong, quoted};

/// Start of the random stream when none is asked for.
const SEED: u64 = 1;
/// The longest search, in seconds, that a synchronous call may ask for: its client is gone after half a minute.
const PATIENCE_S: f64 = 30.0;

/// What is asked beside agents and items.
pub(super) struct Scalars {
    pub(super) network: PlanNetwork,
    pub(super) cost: PlanCost,
    pub(super) search: Search,
    /// Parameters that were accepted but change nothing.
    pub(super) ignored: Vec<String>,
}

impl Scalars {
    /// Reads them from the body, if there is one, and from the query made by [`of_query`].
    pub(super) fn read(body: Option<&Node<'_>>, query: &Node<'_>, urgency: Urgency, faults: &mut Faults) -> Self {
        let sources: Vec<&Node<'_>> = body.into_iter().chain([query]).collect();
        let mut ignored = Vec::new();
        let traffic = first(&sources, "type", faults, kind).unwrap_or(false);
        if traffic {
            // Without traffic data a traffic request is a simple one, on roads.
            ignored.push("type".to_owned());
        }
        let roads = first(&sources, "roadnetwork", faults, json::boolean).unwrap_or(true) || traffic;
        let options: Vec<Node<'_>> = sources.iter().filter_map(|source| source.member("options")).collect();
        ignored.extend(options.iter().flat_map(unknown_options));
        Self {
            network: if roads { PlanNetwork::Roads } else { PlanNetwork::StraightLine },
            cost: first(&sources, "costvalue", faults, cost).unwrap_or(PlanCost::TravelTime),
            search: search(&options, urgency, faults),
            ignored,
        }
    }
}

/// The scalar parameters of a query, as the body would hold them.
pub(super) fn of_query(parameters: &[(String, String)]) -> Value {
    let (mut all, mut options) = (Map::new(), Map::new());
    for (name, value) in parameters {
        let name = name.to_ascii_lowercase();
        let value = Value::from(value.as_str());
        match name.strip_prefix("options.") {
            Some(option) => options.entry(option).or_insert(value),
            None => all.entry(unaliased(&name)).or_insert(value),
        };
    }
    all.insert("options".to_owned(), Value::Object(options));
    Value::Object(all)
}

fn unaliased(name: &str) -> &str {
    match name {
        "rn" => "roadnetwork",
        "cv" => "costvalue",
        same => same,
    }
}

/// The member called `name` of the first source that has it.
fn first<T>(sources: &[&Node<'_>], name: &str, faults: &mut Faults, read: fn(&Value) -> Result<T, Wrong>) -> Option<T> {
    let source = sources.iter().find(|source| source.member(name).is_some())?;
    source.optional(name, faults, read)
}

/// Whether traffic is asked for.
fn kind(value: &Value) -> Result<bool, Wrong> {
    let text = json::text(value)?;
    match text.trim().to_ascii_lowercase().as_str() {
        "simplerequest" | "" => Ok(false),
        "trafficrequest" => Ok(true),
        _ => {
            let message = format!("{} is neither SimpleRequest nor TrafficRequest", quoted(text.trim()));
            Err(Wrong::unreadable(message, "write one of them"))
        }
    }
}

fn cost(value: &Value) -> Result<PlanCost, Wrong> {
    let text = json::text(value)?;
    match text.trim().to_ascii_lowercase().as_str() {
        "traveltime" | "" => Ok(PlanCost::TravelTime),
        "distance" | "traveldistance" => Ok(PlanCost::Distance),
        "price" => Ok(PlanCost::Price),
        _ => {
            let message = format!("{} is none of TravelTime, Distance and Price", quoted(text.trim()));
            Err(Wrong::unreadable(message, "write one of them"))
        }
    }
}

const OPTIONS: [&str; 6] = ["timeLimitSeconds", "steps", "seed", "threads", "islands", "rounds"];

/// The most unknown options that an answer names.
const MOST_NAMED: usize = 10;

fn unknown_options(options: &Node<'_>) -> Vec<String> {
    let is_known = |name: &&str| OPTIONS.iter().any(|option| option.eq_ignore_ascii_case(name));
    // A header holds visible characters only, and not many.
    let is_visible = |name: &&str| name.len() <= 60 && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',');
    options
        .member_names()
        .filter(|name| !is_known(name) && is_visible(name))
        .take(MOST_NAMED)
        .map(|name| options.path_of(name))
        .collect()
}

fn search(sources: &[Node<'_>], urgency: Urgency, faults: &mut Faults) -> Search {
    for source in sources {
        source.is_object(faults);
    }
    let sources: Vec<&Node<'_>> = sources.iter().collect();
    let limit = first(&sources, "timeLimitSeconds", faults, json::decimal);
    Search {
        urgency,
        time_limit: limit.and_then(|limit_s| faults.keep("options.timeLimitSeconds", time_limit(limit_s, urgency))),
        steps: first(&sources, "steps", faults, json::whole),
        seed: first(&sources, "seed", faults, json::whole).unwrap_or(SEED),
        threads: first(&sources, "threads", faults, json::whole).map_or(1, |threads| threads as usize),
        islands: first(&sources, "islands", faults, json::whole).map(|islands| islands as usize),
        rounds: first(&sources, "rounds", faults, json::whole).map(|rounds| rounds as usize),
    }
}

/// The engine knows the greatest limit, but not how long a client waits, and not what is no time at all.
fn time_limit(seconds: f64, urgency: Urgency) -> Result<Duration, Wrong> {
    if urgency == Urgency::Interactive && seconds > PATIENCE_S {
        let message = format!("{seconds} is more than the {PATIENCE_S} s of a synchronous call");
        return Err(Wrong::new(Reason::OutOfRange, message, "use the asynchronous call"));
    }
    let limit = Duration::try_from_secs_f64(seconds).ok().filter(|limit| !limit.is_zero());
    let message = || format!("{seconds} is not a number of seconds above 0");
    limit.ok_or_else(|| Wrong::new(Reason::OutOfRange, message(), "ask for more, or leave it out"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value, query: &[(&str, &str)]) -> (Scalars, Faults) {
        let pairs: Vec<(String, String)> = query.iter().map(|&(a, b)| (a.to_owned(), b.to_owned())).collect();
        let (query, mut faults) = (of_query(&pairs), Faults::default());
        let scalars = Scalars::read(Some(&Node::root(body)), &Node::root(&query), Urgency::Background, &mut faults);
        (scalars, faults)
    }

    #[test]
    fn the_body_wins_over_the_query_and_both_over_defaults() {
        let (plain, faults) = read(&json!({}), &[]);
        assert!(faults.none().is_ok());
        assert_eq!((plain.network, plain.cost, plain.search.seed), (PlanNetwork::Roads, PlanCost::TravelTime, SEED));
        let (mixed, faults) = read(
            &json!({"RoadNetwork": "False", "costValue": null, "options": {"STEPS": 7}}),
            &[("rn", "true"), ("CV", "traveldistance"), ("options.steps", "9"), ("options.seed", "5")],
        );
        assert!(faults.none().is_ok());
        assert_eq!((mixed.network, mixed.cost), (PlanNetwork::StraightLine, PlanCost::Distance));
        assert_eq!((mixed.search.steps, mixed.search.seed), (Some(7), 5));
        assert!(mixed.ignored.is_empty());
    }

    #[test]
    fn traffic_means_roads_and_is_named_as_ignored() {
        let (traffic, _) = read(&json!({"type": "trafficrequest", "roadnetwork": false, "options": {"speed": 1}}), &[]);
        assert_eq!(traffic.network, PlanNetwork::Roads);
        assert_eq!(traffic.ignored, ["type", "options.speed"]);
    }

    #[test]
    fn every_faulty_scalar_is_named() {
        let options = json!({"timeLimitSeconds": 0, "steps": 0.5, "seed": -1, "threads": []});
        let (_, faults) = read(&json!({"type": "x", "roadnetwork": "maybe", "costvalue": [], "options": options}), &[]);
        let names: Vec<String> = faults.none().unwrap_err().0.into_iter().map(|fault| fault.parameter).collect();
        let expected = [
            "type",
            "roadnetwork",
            "costvalue",
            "options.timeLimitSeconds",
            "options.steps",
            "options.seed",
            "options.threads",
        ];
        assert_eq!(names, expected);
    }
}
