//! Our own members of the request body: what neither vendor's request can say (`docs/extensions.md`).
//!
//! **Why.** Users of every planner ask for skills, limits, groups and plans in force. **How.** They are optional members beside
//! the contract's own, in its spelling of times and numbers; where they are absent nothing changes. **What never happens:** a
//! member of the contract with another meaning.

use engine::{
    AgentExtension, InitialPlan, InitialTour, ItemExtension, Overtime, PlanExtension, ShiftExtension, TrafficSlice,
};
use serde_json::Value;

use crate::fault::Faults;
use crate::json::{self, Node};
use crate::value::Wrong;

pub(super) fn agent(node: &Node<'_>, faults: &mut Faults) -> AgentExtension {
    AgentExtension { skills: node.list("skills", faults, json::text) }
}

pub(super) fn shift(node: &Node<'_>, faults: &mut Faults) -> ShiftExtension {
    let overtime = node.member("overtime").filter(|node| node.is_object(faults));
    ShiftExtension {
        max_driving_s: node.optional("maxDrivingTime", faults, json::timespan),
        max_distance_m: node.optional("maxDistance", faults, metres),
        max_duration_s: node.optional("maxDuration", faults, json::timespan),
        overtime: overtime.map(|node| Overtime {
            max_s: node.required("maxDuration", faults, json::timespan).unwrap_or(0),
            per_hour_micro: node.optional("pricePerHour", faults, json::millionths).unwrap_or(0),
        }),
    }
}

fn metres(value: &Value) -> Result<i64, Wrong> {
    json::whole(value).map(|metres| i64::try_from(metres).unwrap_or(i64::MAX))
}

fn count(value: &Value) -> Result<usize, Wrong> {
    json::whole(value).map(|count| usize::try_from(count).unwrap_or(usize::MAX))
}

pub(super) fn item(node: &Node<'_>, faults: &mut Faults) -> ItemExtension {
    ItemExtension {
        skills: node.list("skills", faults, json::text),
        setup_s: node.optional("setupTime", faults, json::timespan).unwrap_or(0),
        release: node.optional("releaseTime", faults, json::moment),
    }
}

/// Several windows of an item.
pub(super) fn windows(node: &Node<'_>, faults: &mut Faults) -> Vec<(i64, i64)> {
    node.each("windows", faults, |node, faults| {
        let opening = node.required("openingTime", faults, json::moment).unwrap_or(0);
        (opening, node.required("closingTime", faults, json::moment).unwrap_or(opening))
    })
}

pub(super) fn plan(body: &Node<'_>, faults: &mut Faults) -> PlanExtension {
    let balance = body.member("balance").filter(|node| node.is_object(faults));
    let initial = body.member("initialPlan").filter(|node| node.is_object(faults));
    PlanExtension {
        same_agent: groups(body, "sameAgent", faults),
        different_agents: groups(body, "differentAgents", faults),
        balance_micro: balance.and_then(|node| node.required("weight", faults, json::millionths)),
        initial: initial.map(|node| InitialPlan {
            tours: node.each("tours", faults, |node, faults| tour(&node, faults)),
            move_cost_micro: node.optional("moveCost", faults, json::millionths).unwrap_or(0),
        }),
        traffic: body.each("trafficSlices", faults, |node, faults| TrafficSlice {
            from: node.required("startTime", faults, json::moment).unwrap_or(0),
            factor_milli: node.required("factor", faults, json::thousandths).unwrap_or(1000),
        }),
    }
}

fn tour(node: &Node<'_>, faults: &mut Faults) -> InitialTour {
    InitialTour {
        agent: node.required("agent", faults, json::text).unwrap_or_default(),
        shift: node.optional("shift", faults, count).unwrap_or(0),
        items: node.list("items", faults, json::text),
        fixed: node.optional("fixed", faults, count).unwrap_or(0),
    }
}

/// Lists of names.
fn groups(body: &Node<'_>, name: &str, faults: &mut Faults) -> Vec<Vec<String>> {
    let names = |value: &Value| -> Result<Vec<String>, Wrong> {
        let list =
            value.as_array().ok_or_else(|| Wrong::unreadable("it is not a list of names", "write [ \"…\", … ]"))?;
        list.iter().map(json::text).collect()
    };
    body.list(name, faults, names)
}
