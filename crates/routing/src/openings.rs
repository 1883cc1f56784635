//! What is better for a mode at times than it is usually: roads and barriers that are closed but open at times ("no, but yes @ (Mo-Fr
//! 07:00-19:00)"), and roads that are faster at times ("100, but 130 @ (19:00-06:00)").
//!
//! Roads that open are part of the turns and of the hierarchy like any public road, and closed by their weight; the turns at a barrier that
//! opens are so too, and shut. To a question that names no time
//! nothing is different from a road or barrier that is always closed. A question that names one is asked of the same router with these
//! open, and with the highest speeds that any time allows, which is the lower bound that its search needs; each is closed and slowed again
//! there unless a condition that is met says otherwise.
//! Everything else is as in the usual hours: which land is private, where a dead end is, what counts as a choice of ways, and
//! where a place is taken to the nearest road.

use network::{Access, Condition, EdgeId, Effect, Mode, Network, NodeId};

use crate::conditions;
use crate::profile::Table;
use crate::weight::Weight;

/// The roads of a mode, ascending.
pub(crate) fn openings(network: &Network, mode: Mode) -> Vec<EdgeId> {
    network.edges().filter(|&edge| opens(network, edge, mode)).collect()
}

/// Whether an edge that is closed to a mode is open to it at times.
pub(crate) fn opens(network: &Network, edge: EdgeId, mode: Mode) -> bool {
    network.access(edge, mode) == Access::No && any_opens(network.conditions(edge), mode)
}

/// The barriers that stop a mode but open to it at times, ascending.
pub(crate) fn gates(network: &Network, mode: Mode) -> Vec<NodeId> {
    let opens =
        |&node: &NodeId| network.barrier(node, mode) == Access::No && any_opens(network.conditions_at(node), mode);
    network.nodes().filter(opens).collect()
}

fn any_opens<'a>(mut conditions: impl Iterator<Item = Condition<'a>>, mode: Mode) -> bool {
    conditions.any(|condition| {
        condition.modes.contains(mode)
            && condition.effect == Effect::Access(Access::Yes)
            && conditions::times(condition.when).next().is_some()
    })
}

/// The edges that are faster at times than usually, ascending, each with the least that it ever weighs.
pub(crate) fn faster(network: &Network, table: &Table) -> Vec<(EdgeId, Weight)> {
    let least = |edge| {
        let conditions = network.conditions(edge).filter(|condition| condition.modes.contains(table.mode));
        let speeds = conditions.filter_map(|condition| match condition.effect {
            Effect::MaxSpeed(kmh) if conditions::times(condition.when).next().is_some() => Some(u32::from(kmh)),
            _ => None,
        });
        let least = speeds.map(|kmh| table.edge_with_limit(network, edge, Some(kmh))).min()?;
        (least < table.edge(network, edge)).then_some((edge, least))
    };
    network.edges().filter_map(least).collect()
}
