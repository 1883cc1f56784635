//! The search: E. W. Dijkstra, "A note on two problems in connexion with graphs" (1959), on the turn-expanded graph.
//!
//! A label is the weight from the start to the *beginning* of a state's edge, the turn into it included; so a target
//! within the edge adds its part, and a start within an edge adds the rest of it to the turns that follow. The start itself
//! has no state: an edge that is left at its middle can be entered again at its tail, which is how one drives around the
//! block. A target is one more node of the graph, numbered behind the states, that is settled when nothing nearer is left;
//! the search ends with the last of them.
//!
//! A leg passes the zones of its start, public roads, and one zone of its target, in this order. A state of a zone where a leg
//! may both start and end is searched twice, on the way out and on the way in: labels have numbers of their own, two a state.
//!
//! What is minimised is a matter of [`Costs`]: usually the router's weights. Costs that know what remains make it A*; labels
//! may then be settled again, which keeps it exact for any lower bound.
//!
//! It is plain on purpose, being the judge of the hierarchy. Nothing here allocates once the scratch has grown, but for the
//! queue's own growth.

use std::cmp::Reverse;

use crate::path::Way;
use crate::router::Router;
use crate::scratch::Scratch;
use crate::snap::Snap;
use crate::turns::State;
use crate::weight::Weight;
use crate::zones::{PUBLIC, Zone};
use network::{EdgeId, NodeId};

/// The search was told to stop before it had an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the search was interrupted")]
pub struct Interrupted;

/// How many labels are settled between two questions whether to stop: under a millisecond.
const STEPS_BETWEEN_CHECKS: u32 = 4096;

/// The number of a label: the state, and with the number of all states added, the state within the zone where a leg ends.
pub(crate) type Stage = u32;

/// Where a label came from: another label, or the start by one of its departures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin(u32);

impl Origin {
    fn stage(stage: Stage) -> Self {
        Self(stage)
    }

    /// Departures count down from the top, where no label is: networks have fewer than 2^31 − 2^16 states.
    fn departure(number: usize) -> Self {
        Self(u32::MAX - number as u32)
    }

    /// The label, or else the number of the departure.
    fn resolve(self, state_count: usize) -> Result<Stage, usize> {
        if (self.0 as usize) < 2 * state_count { Ok(self.0) } else { Err((u32::MAX - self.0) as usize) }
    }
}

/// What a leg has to do with a zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Business {
    starts: bool,
    ends: bool,
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

/// What a search is to minimise, and what it knows of the rest of the way.
pub(crate) trait Costs {
    /// The weight of a whole edge; [`Weight::INFINITE`] where one may not be.
    fn edge(&self, edge: EdgeId) -> Weight;

    /// Whether one may pass a node.
    fn passes(&self, node: NodeId) -> bool;

    /// Whether one may take a turn, by its number, at a node that one may pass.
    fn takes(&self, turn: usize) -> bool;

    /// A lower bound of what remains from the beginning of a state's edge to the one target; zero when nothing is known.
    fn remainder(&mut self, state: State) -> Weight;
}

/// The weights of the router, and no idea of the rest: the algorithm of Dijkstra.
pub(crate) struct Usual<'a>(pub(crate) &'a Router);

impl Costs for Usual<'_> {
    fn edge(&self, edge: EdgeId) -> Weight {
        self.0.metric.weights[edge.0 as usize]
    }

    fn passes(&self, _: NodeId) -> bool {
        true
    }

    fn takes(&self, turn: usize) -> bool {
        !self.0.is_shut(turn)
    }

    fn remainder(&mut self, _: State) -> Weight {
        Weight::ZERO
    }
}

/// One search from one place to some; to one only, if the costs know what remains.
pub(crate) struct Search<'a, C> {
    router: &'a Router,
    costs: C,
    scratch: &'a mut Scratch,
    from: &'a Snap,
    to: &'a [Snap],
    unsettled: usize,
}

impl<'a, C: Costs> Search<'a, C> {
    pub(crate) fn new(router: &'a Router, costs: C, scratch: &'a mut Scratch, from: &'a Snap, to: &'a [Snap]) -> Self {
        let mut search = Self { router, costs, scratch, from, to, unsettled: to.len() };
        search.reset();
        search.place_targets();
        search.mark_zones();
        search
    }

    fn reset(&mut self) {
        let scratch = &mut *self.scratch;
        scratch.labels.reset(2 * self.router.layout.turns.state_count());
        scratch.first_target.reset(self.router.metric.weights.len());
        scratch.zones.reset(self.router.layout.zones.count());
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

    fn mark_zones(&mut self) {
        for &zone in &self.from.start_zones {
            self.scratch.zones.set(zone, Business { starts: true, ends: false });
        }
        for &zone in self.to.iter().flat_map(|to| &to.end_zones) {
            let starts = self.business(zone).starts;
            self.scratch.zones.set(zone, Business { starts, ends: true });
        }
    }

    /// Settles labels until every target is settled or nothing is left.
    pub(crate) fn run(&mut self, interrupt: &dyn Fn() -> bool) -> Result<(), Interrupted> {
        self.start();
        let labels = 2 * self.router.layout.turns.state_count() as u32;
        let mut steps = 0;
        while self.unsettled > 0 {
            let Some(Reverse((weight, number))) = self.scratch.queue.pop() else { break };
            steps += 1;
            if steps % STEPS_BETWEEN_CHECKS == 0 && interrupt() {
                return Err(Interrupted);
            }
            match number.checked_sub(labels) {
                Some(target) => self.settle_target(target),
                None => self.settle(number, weight),
            }
        }
        Ok(())
    }

    /// The weight of the way to a target, after [`Search::run`].
    pub(crate) fn weight(&self, target: usize) -> Option<Weight> {
        let target = &self.scratch.targets[target];
        target.settled.then_some(target.weight)
    }

    /// The way to a target, after [`Search::run`].
    pub(crate) fn way(&self, number: usize) -> Option<(Weight, Way)> {
        let weight = self.weight(number)?;
        let Target { mut origin, arrival, .. } = self.scratch.targets[number];
        if self.from.is_same_place(&self.to[number]) {
            return Some((weight, Way { departure: 0, edges: Vec::new(), arrival: 0 }));
        }
        let states = self.router.layout.turns.state_count();
        let mut edges = Vec::new();
        let departure = loop {
            match origin.resolve(states) {
                Ok(stage) => {
                    edges.push(self.router.layout.turns.edge(stage % states as State));
                    origin = self.label(stage).origin;
                }
                Err(departure) => break departure,
            }
        };
        edges.push(self.from.departures[departure].edge);
        edges.reverse();
        Some((weight, Way { departure, edges, arrival: arrival as usize }))
    }

    fn start(&mut self) {
        for (target, to) in self.to.iter().enumerate() {
            if to.is_same_place(self.from) {
                self.offer(target as u32, 0, Weight::ZERO, Origin::departure(0));
            }
        }
        for (number, departure) in self.from.departures.iter().enumerate() {
            let zone = self.router.layout.zones.of(departure.edge);
            let is_last = zone != PUBLIC && !self.business(zone).starts;
            if is_last && !self.business(zone).ends {
                continue;
            }
            let whole = self.costs.edge(departure.edge);
            if whole == Weight::INFINITE {
                continue;
            }
            let skipped = whole.beginning(departure.along_cm);
            self.reach_targets(departure.edge.0, (zone, is_last), Origin::departure(number), |along_cm| {
                (along_cm >= departure.along_cm).then(|| whole.beginning(along_cm).without(skipped))
            });
            self.turn(departure.edge.0, (zone, is_last), whole.without(skipped), Origin::departure(number));
        }
    }

    fn settle(&mut self, stage: Stage, key: Weight) {
        let states = self.router.layout.turns.state_count() as u32;
        let (state, is_last) = stage.checked_sub(states).map_or((stage, false), |state| (state, true));
        let weight = self.label(stage).weight;
        if key != weight.plus(self.costs.remainder(state)) {
            return; // A better label was settled before.
        }
        let edge = self.router.layout.turns.edge(state).0;
        let zone = self.router.layout.zones.of(EdgeId(edge));
        let whole = self.costs.edge(EdgeId(edge));
        let origin = Origin::stage(stage);
        self.reach_targets(edge, (zone, is_last), origin, |along_cm| Some(weight.plus(whole.beginning(along_cm))));
        self.turn(state, (zone, is_last), weight.plus(whole), origin);
    }

    fn settle_target(&mut self, target: u32) {
        let target = &mut self.scratch.targets[target as usize];
        if !target.settled {
            target.settled = true;
            self.unsettled -= 1;
        }
    }

    /// Takes every turn at the end of `state`'s edge, which is reached at `weight`; `is_last` says that the zone is the one
    /// where the leg ends.
    fn turn(&mut self, state: State, (zone, is_last): (Zone, bool), weight: Weight, origin: Origin) {
        let router = self.router;
        let states = router.layout.turns.state_count() as u32;
        if !self.costs.passes(router.network().head(router.layout.turns.edge(state))) {
            return;
        }
        for number in router.layout.turns.range(state) {
            if !self.costs.takes(number) {
                continue;
            }
            let turn = &router.layout.turns.list[number];
            let Some(becomes_last) = self.enter((zone, is_last), turn.zone) else { continue };
            let stage = if becomes_last { states + turn.to } else { turn.to };
            let weight = weight.plus(turn.weight());
            if weight < self.label(stage).weight
                && self.costs.edge(router.layout.turns.edge(turn.to)) < Weight::INFINITE
            {
                let key = weight.plus(self.costs.remainder(turn.to));
                self.scratch.labels.set(stage, Label { weight, origin });
                // Where nothing remains to be found, nothing is queued.
                if key < Weight::INFINITE {
                    self.scratch.queue.push(Reverse((key, stage)));
                }
            }
        }
    }

    /// Whether a leg may pass from one zone to the `next`, and whether that is its last.
    fn enter(&self, (zone, is_last): (Zone, bool), next: Zone) -> Option<bool> {
        if is_last {
            return (zone == next).then_some(true);
        }
        if next == PUBLIC || (zone != PUBLIC && self.business(next).starts) {
            return Some(false);
        }
        self.business(next).ends.then_some(true)
    }

    /// Offers every target on `edge` the weight that `reach` gives for its offset.
    fn reach_targets(
        &mut self,
        edge: u32,
        (zone, is_last): (Zone, bool),
        origin: Origin,
        reach: impl Fn(u32) -> Option<Weight>,
    ) {
        let Some(first) = self.scratch.first_target.get(edge) else { return };
        for position in first as usize..self.scratch.targets_by_edge.len() {
            let (at_edge, target, arrival) = self.scratch.targets_by_edge[position];
            if at_edge != edge {
                break;
            }
            let to = &self.to[target as usize];
            let may_end = !is_last || to.end_zones.contains(&zone);
            if let Some(weight) = reach(to.arrivals[arrival as usize].along_cm).filter(|_| may_end) {
                self.offer(target, arrival, weight, origin);
            }
        }
    }

    fn offer(&mut self, target: u32, arrival: u32, weight: Weight, origin: Origin) {
        let known = &mut self.scratch.targets[target as usize];
        if weight < known.weight {
            *known = Target { weight, origin, arrival, settled: false };
            let number = 2 * self.router.layout.turns.state_count() as u32 + target;
            self.scratch.queue.push(Reverse((weight, number)));
        }
    }

    fn label(&self, stage: Stage) -> Label {
        self.scratch.labels.get(stage).unwrap_or_default()
    }

    fn business(&self, zone: Zone) -> Business {
        self.scratch.zones.get(zone).unwrap_or_default()
    }
}
