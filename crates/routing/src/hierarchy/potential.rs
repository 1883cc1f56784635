//! Lower bounds of what remains to a target, for searches under terms that the hierarchy does not know.
//!
//! After B. Strasser and T. Zeitz, "A Fast and Tight Heuristic for A* in Road Networks" (2021), section 3: the climb from the
//! target gives the lightest ways that only lead downwards; what remains from any state is the lighter of that and of going up
//! one arc first, which is asked of the higher state in the same way. All of those are ancestors in the elimination tree, so a
//! line of ancestors is walked up to the first that is known and settled on the way back. The bound is the exact remainder
//! under the hierarchy's own metric, hence no way whose edges weigh as much or more can undercut it.

use super::Hierarchy;
use super::contract::NONE;
use super::query::Climb;
use crate::scratch::Stamped;
use crate::turns::State;
use crate::weight::Weight;

/// Remainders by rank, found as they are asked for.
#[derive(Default)]
pub(crate) struct Potentials {
    known: Stamped<Weight>,
    /// The ancestors of a state that are not known yet.
    line: Vec<u32>,
}

impl Potentials {
    /// Forgets those of another target.
    pub(crate) fn reset(&mut self, hierarchy: Hierarchy<'_>) {
        self.known.reset(hierarchy.topology.len());
    }

    /// What remains from the beginning of a public state's edge to the target that `climb` began at; at least
    /// [`Weight::INFINITE`] when there is no way. `None` for a state that the hierarchy does not rank.
    pub(crate) fn of(&mut self, hierarchy: Hierarchy<'_>, climb: &Climb, state: State) -> Option<Weight> {
        let rank = hierarchy.topology.rank(state)?;
        if let Some(known) = self.known.get(rank) {
            return Some(known);
        }
        let mut above = Some(rank);
        while let Some(rank) = above.filter(|&rank| self.known.get(rank).is_none()) {
            self.line.push(rank);
            above = Some(hierarchy.topology.parent[rank as usize]).filter(|&parent| parent != NONE);
        }
        let mut found = Weight::INFINITE;
        while let Some(rank) = self.line.pop() {
            found = climb.weight(rank);
            for (high, arc) in hierarchy.up().of(rank) {
                let beyond = self.known.get(high).unwrap_or(Weight::INFINITE);
                found = found.min(Weight::from_raw(arc).plus(beyond));
            }
            self.known.set(rank, found);
        }
        Some(found)
    }
}
