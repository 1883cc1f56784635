//! The JSON body of a POST request (`bing.md`, 3.1).
//!
//! **Why.** All that a GET request can say and more: breaks, prices, capacities, quantities, `dropOffFrom`. **How.** One function
//! an object of the contract; each returns a usable value even where it found a fault, so that all faults of a body are found
//! in one reading. The rules between members (order of times, unknown names, limits) are the engine's. **What never happens:** a
//! plan from a body with a fault.

use engine::{Agent, Break, Item, PlanQuestion, Price, Reason, Shift, Urgency};
use geometry::Coordinate;

use super::names::Names;
use super::place::Decimals;
use super::scalars::{self, Scalars};
use super::{Asked, Reading, extension, known, resource};
use crate::fault::{BadRequest, Faults};
use crate::json::{self, Node};
use crate::value::Wrong;

/// Reads a body; `parameters` are those of the query.
pub(super) fn read(body: &[u8], parameters: &[(String, String)], urgency: Urgency) -> Result<Reading, BadRequest> {
    let (sent, query) = (json::parse(body)?, scalars::of_query(parameters));
    let (body, query, mut faults) = (Node::root(&sent), Node::root(&query), Faults::default());
    let mut decimals = Decimals::default();
    let agents = agents(&body, &mut decimals, &mut faults);
    let items = items(&body, resource::horizon(&agents), &mut decimals, &mut faults);
    let Scalars { network, cost, search, mut ignored } = Scalars::read(Some(&body), &query, urgency, &mut faults);
    let extension = extension::plan(&body, &mut faults);
    ignored.extend(known::unknown_members(&body));
    let plan = PlanQuestion { agents, items, network, cost, search, extension };
    let names = Names::Body(sent);
    Ok(Reading { asked: Asked { plan, decimals, ignored }, names, faults })
}

fn agents(body: &Node<'_>, decimals: &mut Decimals, faults: &mut Faults) -> Vec<Agent> {
    require_list(body, "agents", faults);
    let mut at = 0..;
    body.each("agents", faults, |node, faults| agent(&node, at.next().unwrap_or_default(), decimals, faults))
}

fn require_list(body: &Node<'_>, name: &str, faults: &mut Faults) {
    if body.member(name).is_none_or(|list| list.is_empty_list()) {
        let missing = Wrong::new(Reason::Missing, format!("{name} is required"), "a list with at least one element");
        faults.add(name, missing);
    }
}

fn agent(node: &Node<'_>, at: usize, decimals: &mut Decimals, faults: &mut Faults) -> Agent {
    Agent {
        name: node.optional("name", faults, json::text).unwrap_or_else(|| default_name(at)),
        capacity: node.list("capacity", faults, json::thousandths),
        price: price(node, faults),
        shifts: node.each("shifts", faults, |node, faults| shift(&node, decimals, faults)),
        extension: extension::agent(node, faults),
    }
}

/// The name of the agent at an index that has none.
pub(super) fn default_name(at: usize) -> String {
    format!("agent{}", at + 1)
}

fn price(agent: &Node<'_>, faults: &mut Faults) -> Option<Price> {
    let node = agent.member("price").filter(|node| node.is_object(faults))?;
    let mut part = |name| node.optional(name, faults, json::millionths).unwrap_or(0);
    Some(Price {
        fixed_micro: part("fixedPrice"),
        per_km_micro: part("pricePerKM"),
        per_hour_micro: part("pricePerHour"),
    })
}

fn shift(node: &Node<'_>, decimals: &mut Decimals, faults: &mut Faults) -> Shift {
    let (start, end) = times(node, faults);
    let has_start = node.member("startLocation").or_else(|| node.member("startAddress")).is_some();
    if !has_start {
        faults.add(node.path_of("startLocation"), no_place("startLocation"));
    }
    let start_place = decimals.read(node, ["startLocation", "startAddress"], faults).unwrap_or(NOWHERE);
    let end_place = decimals.read(node, ["endLocation", "endAddress"], faults).unwrap_or(start_place);
    let breaks = node.each("breaks", faults, |node, faults| pause(&node, faults));
    Shift { start, end, start_place, end_place, breaks, extension: extension::shift(node, faults) }
}

fn no_place(name: &str) -> Wrong {
    Wrong::new(Reason::Missing, format!("{name} is required"), "give latitude and longitude")
}

/// Stands for a place that could not be read; a fault says so, and no plan is made.
const NOWHERE: Coordinate = Coordinate { lat_e7: 0, lon_e7: 0 };

fn times(node: &Node<'_>, faults: &mut Faults) -> (i64, i64) {
    let start = node.required("startTime", faults, json::moment).unwrap_or(0);
    (start, node.required("endTime", faults, json::moment).unwrap_or(start))
}

fn pause(node: &Node<'_>, faults: &mut Faults) -> Break {
    let (open, close) = times(node, faults);
    // Without a duration the break is the whole window; that a window ends before it starts is the engine's to say.
    let duration_s = node.optional("duration", faults, json::timespan).unwrap_or((close - open).max(0));
    Break { open, close, duration_s }
}

fn items(body: &Node<'_>, horizon: (i64, i64), decimals: &mut Decimals, faults: &mut Faults) -> Vec<Item> {
    require_list(body, "itineraryItems", faults);
    body.each("itineraryItems", faults, |node, faults| item(&node, horizon, decimals, faults))
}

fn item(node: &Node<'_>, horizon: (i64, i64), decimals: &mut Decimals, faults: &mut Faults) -> Item {
    if node.member("location").or_else(|| node.member("address")).is_none() {
        faults.add(node.path_of("location"), no_place("location"));
    }
    let opening = node.optional("openingTime", faults, json::moment);
    let closing = node.optional("closingTime", faults, json::moment);
    Item {
        name: node.optional("name", faults, json::text).unwrap_or_default(),
        place: decimals.read(node, ["location", "address"], faults).unwrap_or(NOWHERE),
        windows: windows(node, window(opening, closing, horizon), faults),
        dwell_s: node.optional("dwellTime", faults, json::timespan).unwrap_or(0),
        priority: priority(node, faults),
        quantity: node.list("quantity", faults, json::thousandths),
        depot: node.optional("depot", faults, json::boolean).unwrap_or(false),
        drop_off_from: node.list("dropOffFrom", faults, json::text),
        extension: extension::item(node, faults),
    }
}

/// The windows of an item: our own list of several, or Bing's one.
fn windows(node: &Node<'_>, own: Option<(i64, i64)>, faults: &mut Faults) -> Vec<(i64, i64)> {
    let several = extension::windows(node, faults);
    if own.is_some() && !several.is_empty() {
        let message = "an item has either openingTime and closingTime, or windows";
        faults.add(node.path_of("windows"), Wrong::new(Reason::Conflict, message, "leave one of them out"));
    }
    several.into_iter().chain(own).collect()
}

/// The window of an item; a side that is not given is that of the horizon, or the other side where that lies beyond it.
fn window(opening: Option<i64>, closing: Option<i64>, (start, end): (i64, i64)) -> Option<(i64, i64)> {
    match (opening, closing) {
        (None, None) => None,
        (Some(opening), None) => Some((opening, end.max(opening))),
        (None, Some(closing)) => Some((start.min(closing), closing)),
        (Some(opening), Some(closing)) => Some((opening, closing)),
    }
}

fn priority(node: &Node<'_>, faults: &mut Faults) -> u32 {
    let Some(priority) = node.optional("priority", faults, json::whole) else { return 1 };
    // Whatever does not fit is far above the greatest priority, which the engine knows.
    u32::try_from(priority).unwrap_or(u32::MAX)
}
