//! Roads that are closed to a mode, but open to it at times: "no, but yes @ (Mo-Fr 07:00-19:00)".
//!
//! They are part of the turns and of the hierarchy like any public road, and closed by their weight: to a question that names no time
//! nothing is different from a road that is always closed. A question that names one is asked of the same router with these roads
//! open, which is the lower bound that its search needs, and each is closed again there unless a condition that is met opens it.
//! Everything else is as in the usual hours: which land is private, where a dead end is, what counts as a choice of ways, and
//! where a place is taken to the nearest road. Never in here: nodes; a barrier that stops everybody is not opened by a clock.

use network::{Access, EdgeId, Effect, Mode, Network};

use crate::conditions;

/// Those of a mode, ascending.
pub(crate) fn openings(network: &Network, mode: Mode) -> Vec<EdgeId> {
    network.edges().filter(|&edge| opens(network, edge, mode)).collect()
}

/// Whether an edge that is closed to a mode is open to it at times.
pub(crate) fn opens(network: &Network, edge: EdgeId, mode: Mode) -> bool {
    if network.access(edge, mode) != Access::No {
        return false;
    }
    network.conditions(edge).any(|condition| {
        condition.modes.contains(mode)
            && condition.effect == Effect::Access(Access::Yes)
            && conditions::times(condition.when).next().is_some()
    })
}
