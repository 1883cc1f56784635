//! The search: E. W. Dijkstra, "A note on two problems in connexion with graphs" (1959), on the turn-expanded graph.
//!
//! A label is the weight from the start to the *beginning* of a state's edge, the turn into it included; so a target
//! within the edge adds its part, and a start within an edge adds the rest of it to the turns that follow. The start itself
//! has no state: an edge that is left at its middle can be entered again at its tail, which is how one drives around the
//! block. A target is one more node of the graph, numbered behind the states, that is settled when nothing nearer is left;
//! the search ends with the last of them.
//!
//! Routes and matrix rows are this one search; it is plain on purpose, being the judge of every faster one. Nothing here
//! allocates once the scratch has grown, but for the queue's own growth.

use std::cmp::Reverse;

use crate::router::Router;
use crate::scratch::Scratch;
use crate::snap::Snap;
use crate::turns::State;
use crate::weight::Weight;
use crate::zones::{PUBLIC, Zone};

/// The search was told to stop before it had an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the search was interrupted")]
pub struct Interrupted;

/// How many labels are settled between two questions whether to stop: under a millisecond.
const STEPS_BETWEEN_CHECKS: u32 = 4096;

/// Where a label came from: a state, or the start by one of its departures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin(u32);

impl Origin {
    fn state(state: State) -> Self {
        Self(state)
    }

    /// Departures count down from the top, where no state is: networks have fewer than 2^32 − 2^16 states.
    fn departure(number: usize) -> Self {
        Self(u32::MAX - number as u32)
    }

    /// The state, or else the number of the departure.
    pub(crate) fn resolve(self, state_count: usize) -> Result<State, usize> {
        if (self.0 as usize) < state_count { Ok(self.0) } else { Err((u32::MAX - self.0) as usize) }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Label {
    weight: Weight,
    origin: Origin,
}

impl Default for Label {
    fn default() -> Self {
        Self { weight: Weight::INFINITE, origin: Origin::default() }
    }
}

/// The best known way to a target.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    weight: Weight,
    origin: Origin,
    /// Which of its arrivals that is.
    arrival: u32,
    settled: bool,
}

/// How a target is reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) weight: Weight,
    /// The state of the last edge; a departure when the start lies on that very edge.
    pub(crate) origin: Origin,
    /// Which of the target's arrivals it is.
    pub(crate) number: usize,
}

/// One search from one place to some.
pub(crate) struct Search<'a> {
    router: &'a Router,
    scratch: &'a mut Scratch,
    from: &'a Snap,
    to: &'a [Snap],
    unsettled: usize,
}

impl<'a> Search<'a> {
    pub(crate) fn new(router: &'a Router, scratch: &'a mut Scratch, from: &'a Snap, to: &'a [Snap]) -> Self {
        let mut search = Self { router, scratch, from, to, unsettled: to.len() };
        search.reset();
        search.place_targets();
        search.mark_zones();
        search
    }

    fn reset(&mut self) {
        let scratch = &mut *self.scratch;
        scratch.labels.reset(self.router.turns.state_count());
        scratch.first_target.reset(self.router.weights.len());
        scratch.zones.reset(self.router.zones.count());
        scratch.queue.clear();
        scratch.targets.clear();
        scratch.targets_by_edge.clear();
        let unknown = Target { weight: Weight::INFINITE, origin: Origin::default(), arrival: 0, settled: false };
        scratch.targets.resize(self.to.len(), unknown);
    }

    fn place_targets(&mut self) {
        let scratch = &mut *self.scratch;
        for (target, to) in self.to.iter().enumerate() {
            let arrivals = to.arrivals.iter().enumerate();
            scratch.targets_by_edge.extend(arrivals.map(|(number, at)| (at.edge.0, target as u32, number as u32)));
        }
        scratch.targets_by_edge.sort_unstable();
        for (position, &(edge, _, _)) in scratch.targets_by_edge.iter().enumerate().rev() {
            scratch.first_target.set(edge, position as u32);
        }
    }

    /// The start's zones are marked last, since they are free whether something ends there or not.
    fn mark_zones(&mut self) {
        for &zone in self.to.iter().flat_map(|to| &to.end_zones) {
            self.scratch.zones.set(zone, false);
        }
        for &zone in &self.from.start_zones {
            self.scratch.zones.set(zone, true);
        }
    }

    /// Settles labels until every target is settled or nothing is left.
    pub(crate) fn run(&mut self, interrupt: &dyn Fn() -> bool) -> Result<(), Interrupted> {
        self.start();
        let states = self.router.turns.state_count() as u32;
        let mut steps = 0;
        while self.unsettled > 0 {
            let Some(Reverse((weight, number))) = self.scratch.queue.pop() else { break };
            steps += 1;
            if steps % STEPS_BETWEEN_CHECKS == 0 && interrupt() {
                return Err(Interrupted);
            }
            match number.checked_sub(states) {
                Some(target) => self.settle_target(target),
                None => self.settle(number, weight),
            }
        }
        Ok(())
    }

    /// How a target is reached, after [`Search::run`].
    pub(crate) fn arrival(&self, target: usize) -> Option<Arrival> {
        let Target { weight, origin, arrival, settled } = self.scratch.targets[target];
        settled.then_some(Arrival { weight, origin, number: arrival as usize })
    }

    /// From where the beginning of a settled state's edge was reached.
    pub(crate) fn origin(&self, state: State) -> Origin {
        self.label(state).origin
    }

    fn start(&mut self) {
        for (target, to) in self.to.iter().enumerate() {
            if to.is_same_place(self.from) {
                self.offer(target as u32, 0, Weight::ZERO, Origin::departure(0));
            }
        }
        for (number, departure) in self.from.departures.iter().enumerate() {
            let zone = self.router.zones.of(departure.edge);
            if !self.may_enter(zone) {
                continue;
            }
            let whole = self.router.weights[departure.edge.0 as usize];
            let skipped = whole.beginning(departure.along_cm);
            self.reach_targets(departure.edge.0, zone, Origin::departure(number), |along_cm| {
                (along_cm >= departure.along_cm).then(|| whole.beginning(along_cm).without(skipped))
            });
            self.turn(departure.edge.0, zone, whole.without(skipped), Origin::departure(number));
        }
    }

    fn settle(&mut self, state: State, weight: Weight) {
        if weight != self.label(state).weight {
            return; // A better label was settled before.
        }
        let edge = self.router.turns.edge(state).0;
        let zone = self.router.zones.of(network::EdgeId(edge));
        let whole = self.router.weights[edge as usize];
        let origin = Origin::state(state);
        self.reach_targets(edge, zone, origin, |along_cm| Some(weight.plus(whole.beginning(along_cm))));
        self.turn(state, zone, weight.plus(whole), origin);
    }

    fn settle_target(&mut self, target: u32) {
        let target = &mut self.scratch.targets[target as usize];
        if !target.settled {
            target.settled = true;
            self.unsettled -= 1;
        }
    }

    /// Takes every turn at the end of `state`'s edge, which is reached at `weight`.
    fn turn(&mut self, state: State, zone: Zone, weight: Weight, origin: Origin) {
        let router = self.router;
        let may_leave = self.is_free(zone);
        for turn in router.turns.from(state) {
            if turn.zone == zone || (may_leave && self.may_enter(turn.zone)) {
                let weight = weight.plus(Weight::new(u64::from(turn.cost_ms), 0));
                if weight < self.label(turn.to).weight {
                    self.scratch.labels.set(turn.to, Label { weight, origin });
                    self.scratch.queue.push(Reverse((weight, turn.to)));
                }
            }
        }
    }

    /// Offers every target on `edge` the weight that `reach` gives for its offset.
    fn reach_targets(&mut self, edge: u32, zone: Zone, origin: Origin, reach: impl Fn(u32) -> Option<Weight>) {
        let Some(first) = self.scratch.first_target.get(edge) else { return };
        for position in first as usize..self.scratch.targets_by_edge.len() {
            let (at_edge, target, arrival) = self.scratch.targets_by_edge[position];
            if at_edge != edge {
                break;
            }
            let to = &self.to[target as usize];
            let may_end = self.is_free(zone) || to.end_zones.contains(&zone);
            if let Some(weight) = reach(to.arrivals[arrival as usize].along_cm).filter(|_| may_end) {
                self.offer(target, arrival, weight, origin);
            }
        }
    }

    fn offer(&mut self, target: u32, arrival: u32, weight: Weight, origin: Origin) {
        let known = &mut self.scratch.targets[target as usize];
        if weight < known.weight {
            *known = Target { weight, origin, arrival, settled: false };
            let number = self.router.turns.state_count() as u32 + target;
            self.scratch.queue.push(Reverse((weight, number)));
        }
    }

    fn label(&self, state: State) -> Label {
        self.scratch.labels.get(state).unwrap_or_default()
    }

    /// Whether the leg moves freely in a zone: in public and where it starts.
    fn is_free(&self, zone: Zone) -> bool {
        zone == PUBLIC || self.scratch.zones.get(zone) == Some(true)
    }

    /// Whether the leg has any business in a zone: it moves freely there or may end there.
    fn may_enter(&self, zone: Zone) -> bool {
        zone == PUBLIC || self.scratch.zones.get(zone).is_some()
    }
}
