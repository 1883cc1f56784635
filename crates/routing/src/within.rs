//! Everything within a time of one place: what isochrones are drawn from.
//!
//! One climb from the start, then a sweep down to all states within the time (`hierarchy/sweep.rs`). Private land is entered from
//! the roads around it, as a leg that ends there does; the few states within are searched plainly. The weights are those of a
//! route, so an edge is reached exactly when its route says so.

use std::ops::Range;

use network::EdgeId;

use crate::hierarchy::{Climb, Labels, NONE, Start};
use crate::router::Router;
use crate::scratch::Scratch;
use crate::search::Interrupted;
use crate::snap::Snap;
use crate::targets::Reach;
use crate::turns::State;
use crate::weight::Weight;

/// An edge, or the rest of one, that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The edge.
    pub edge: EdgeId,
    /// From where on: 0, but for edges that the start lies on.
    pub along_cm: u32,
    /// The way from the start to there.
    pub way: Reach,
}

/// The memory of such a search; reused.
#[derive(Default)]
pub(crate) struct Spread {
    public: Labels,
    /// By number of the private state; infinite between searches.
    private: Vec<u64>,
    /// The numbers of zones that have labels.
    zones: Vec<Range<usize>>,
    /// What the states of a zone weigh whole.
    whole: Vec<Weight>,
    /// As many as there ever were; those of the last search come first.
    reached: Vec<Reached>,
}

/// See [`Router::within`].
pub(crate) fn within<'a>(
    router: &Router,
    scratch: &'a mut Scratch,
    from: &Snap,
    limit_ms: u64,
    interrupt: &dyn Fn() -> bool,
) -> Result<&'a [Reached], Interrupted> {
    if interrupt() {
        return Err(Interrupted);
    }
    let Scratch { forward, nearby, start, spread, .. } = scratch;
    start.refill(router, nearby, from);
    // The heaviest that takes no longer than this.
    let limit = (limit_ms.saturating_add(1).min(i32::MAX as u64) << 32) - 1;
    spread.sweep(router, forward, start, limit);
    if interrupt() {
        return Err(Interrupted);
    }
    spread.enter_zones(router, start, limit);
    let count = spread.collect(router, from, limit);
    Ok(&spread.reached[..count])
}

impl Spread {
    fn sweep(&mut self, router: &Router, climb: &mut Climb, start: &Start, limit: u64) {
        climb.depart(router.hierarchy(), &start.entries);
        self.public.sweep(router.hierarchy(), climb, limit);
    }

    /// What is reached of a state on public roads.
    fn public(&self, router: &Router, state: State) -> u64 {
        router.hierarchy().topology.rank(state).map_or(Weight::INFINITE.raw(), |rank| self.public.of(rank))
    }

    /// From public roads and from the start into every zone, and on within it.
    fn enter_zones(&mut self, router: &Router, start: &Start, limit: u64) {
        let private = &router.layout.approach.private;
        for numbers in self.zones.drain(..) {
            self.private[numbers].fill(Weight::INFINITE.raw());
        }
        self.private.resize(self.private.len().max(private.len()), Weight::INFINITE.raw());
        for near in start.free.iter().chain(&start.into_zones) {
            lower(&mut self.private[private.number(near.state)], near.weight);
        }
        for numbers in (0..private.zones()).map(|zone| private.range(zone)) {
            self.pass_gates(router, numbers.clone(), limit);
            if self.private[numbers.clone()].iter().any(|&label| label < Weight::INFINITE.raw()) {
                self.zones.push(numbers.clone());
                self.search_zone(router, numbers, limit);
            }
        }
    }

    /// Enters a zone, given by the numbers of its states, from public roads.
    fn pass_gates(&mut self, router: &Router, numbers: Range<usize>, limit: u64) {
        let (approach, turns, weights) = (&router.layout.approach, &router.layout.turns, &router.metric.weights);
        for number in numbers {
            for gate in approach.turns_into(number).iter().filter(|turn| turn.is_gate()) {
                let before = self.public(router, gate.from);
                if before <= limit && !router.is_shut_between(gate.from, approach.private.states[number]) {
                    let weight = Weight::from_raw(before).plus(gate.weight(turns, weights));
                    lower(&mut self.private[number], weight);
                }
            }
        }
    }

    /// Searches on within a zone: all its states in the order of their numbers, again and again until none is lighter for it. Numbers
    /// ascend from the gates inwards ([`crate::hierarchy::Private`]), so that few rounds do.
    fn search_zone(&mut self, router: &Router, numbers: Range<usize>, limit: u64) {
        let (approach, turns) = (&router.layout.approach, &router.layout.turns);
        let states = &approach.private.states[numbers.clone()];
        self.whole.clear();
        self.whole.extend(states.iter().map(|&state| router.metric.weights[turns.edge(state).0 as usize]));
        let labels = &mut self.private[numbers.clone()];
        let mut is_lighter = true;
        while std::mem::take(&mut is_lighter) {
            for place in 0..states.len() {
                let before = labels[place];
                for turn in approach.turns_into(numbers.start + place) {
                    let Some(from) = turn.within(&numbers) else { continue };
                    let label = Weight::from_raw(labels[from]).plus(self.whole[from]).plus(turn.cost());
                    if labels[from] <= limit && !router.is_shut_between(turn.from, states[place]) {
                        lower(&mut labels[place], label);
                    }
                }
                is_lighter |= labels[place] < before;
            }
        }
    }

    /// Lists what is reached, and tells how much that is.
    fn collect(&mut self, router: &Router, from: &Snap, limit: u64) -> usize {
        self.join_copies(router, limit);
        let topology = router.hierarchy().topology;
        let (edges, private) = (router.metric.weights.len() as State, &router.layout.approach.private);
        let drivable = router.drivable();
        let whole = |edge, weight| Reached { edge: EdgeId(edge), along_cm: 0, way: Weight::from_raw(weight).into() };
        let most = topology.len() + private.len() + from.departures.len() + 1;
        if self.reached.len() < most {
            self.reached.resize(most, whole(0, 0));
        }
        let (reached, mut count) = (&mut self.reached, 0);
        // Each is written, and stays if it is one: whether it is cannot be foreseen, and waiting for that takes longer.
        for (rank, weight) in self.public.near(topology.len()) {
            reached[count] = whole(topology.states()[rank as usize], weight);
            count += usize::from((weight <= limit) & drivable.contains(rank));
        }
        let is_open = |edge: EdgeId| router.metric.weights[edge.0 as usize].is_finite();
        for number in self.zones.iter().cloned().flatten() {
            let (state, weight) = (private.states[number], self.private[number]);
            if weight <= limit && state < edges && is_open(EdgeId(state)) {
                reached[count] = whole(state, weight);
                count += 1;
            }
        }
        for at in from.departures.iter().filter(|departure| is_open(departure.edge)) {
            reached[count] = Reached { edge: at.edge, along_cm: at.along_cm, way: Weight::ZERO.into() };
            count += 1;
        }
        count
    }

    /// An edge is reached as soon as it is in any of its states.
    fn join_copies(&mut self, router: &Router, limit: u64) {
        let topology = router.hierarchy().topology;
        let numbers = &router.layout.approach.private.number;
        for copied in router.layout.approach.copies.iter() {
            match numbers[copied.state as usize] {
                NONE => {
                    let lighter = self.public(router, copied.state);
                    if let Some(rank) = topology.rank(copied.edge.0).filter(|_| lighter <= limit) {
                        self.public.lower(rank, lighter);
                    }
                }
                number => {
                    let lighter = self.private[number as usize];
                    lower(&mut self.private[numbers[copied.edge.0 as usize] as usize], Weight::from_raw(lighter));
                }
            }
        }
    }
}

fn lower(known: &mut u64, weight: Weight) {
    *known = weight.raw().min(*known);
}
