//! Everything within a time of one place: what isochrones are drawn from.
//!
//! One climb from the start, then a sweep down to all states within the time (`hierarchy/sweep.rs`). Private land is entered from
//! the roads around it, as a leg that ends there does; the few states within are searched plainly. The weights are those of a
//! route, so an edge is reached exactly when its route says so.

use std::collections::VecDeque;

use network::EdgeId;

use crate::hierarchy::{Climb, Labels, NONE, Start};
use crate::router::Router;
use crate::scratch::Scratch;
use crate::search::Interrupted;
use crate::snap::{Candidate, Snap};
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
    /// The numbers of those that are reached.
    touched: Vec<u32>,
    open: VecDeque<u32>,
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
    spread.collect(router, from, limit);
    Ok(&spread.reached)
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

    /// Zone by zone, so that what belongs together is searched together.
    fn enter_zones(&mut self, router: &Router, start: &Start, limit: u64) {
        let (turns, weights) = (&router.layout.turns, &router.metric.weights);
        let approach = &router.layout.approach;
        let private = &approach.private;
        for number in self.touched.drain(..) {
            self.private[number as usize] = Weight::INFINITE.raw();
        }
        self.private.resize(self.private.len().max(private.len()), Weight::INFINITE.raw());
        for near in start.free.iter().chain(&start.into_zones) {
            self.offer(private.number[near.state as usize], near.weight);
        }
        self.search_zones(router, limit);
        for zone in private.first.windows(2) {
            for number in zone[0]..zone[1] {
                for gate in approach.turns_into(number as usize).iter().filter(|turn| turn.is_gate()) {
                    let before = self.public(router, gate.from);
                    let state = private.states[number as usize];
                    if before <= limit && !router.is_shut_between(gate.from, state) {
                        self.offer(number, Weight::from_raw(before).plus(gate.weight(turns, weights)));
                    }
                }
            }
            self.search_zones(router, limit);
        }
    }

    /// Searches on from what is open, within the zone of each.
    fn search_zones(&mut self, router: &Router, limit: u64) {
        let (turns, zones, weights) = (&router.layout.turns, &router.layout.zones, &router.metric.weights);
        let private = &router.layout.approach.private;
        while let Some(number) = self.open.pop_front() {
            let state = private.states[number as usize];
            let edge = turns.edge(state);
            let end = Weight::from_raw(self.private[number as usize]).plus(weights[edge.0 as usize]);
            if end.raw() > limit {
                continue;
            }
            for turn in turns.range(state).filter(|&turn| !router.is_shut(turn)).map(|turn| turns.list[turn]) {
                if turn.zone == zones.of(edge) {
                    self.offer(private.number[turn.to as usize], end.plus(turn.weight()));
                }
            }
        }
    }

    fn offer(&mut self, number: u32, weight: Weight) {
        let known = &mut self.private[number as usize];
        if weight.raw() < *known {
            if *known == Weight::INFINITE.raw() {
                self.touched.push(number);
            }
            *known = weight.raw();
            self.open.push_back(number);
        }
    }

    fn collect(&mut self, router: &Router, from: &Snap, limit: u64) {
        self.join_copies(router, limit);
        let (topology, edges) = (router.hierarchy().topology, router.metric.weights.len() as State);
        let closed = router.closed();
        let whole = |edge, weight| Reached { edge: EdgeId(edge), along_cm: 0, way: Weight::from_raw(weight).into() };
        self.reached.clear();
        for (rank, weight) in self.public.near(topology.len()) {
            let state = topology.states()[rank as usize];
            if weight <= limit && state < edges && !closed.contains(rank) {
                self.reached.push(whole(state, weight));
            }
        }
        let is_open = |edge: EdgeId| router.metric.weights[edge.0 as usize].is_finite();
        for &number in &self.touched {
            let state = router.layout.approach.private.states[number as usize];
            let weight = self.private[number as usize];
            if weight <= limit && state < edges && is_open(EdgeId(state)) {
                self.reached.push(whole(state, weight));
            }
        }
        let begun = from.departures.iter().filter(|departure| is_open(departure.edge));
        let rest = |at: &Candidate| Reached { edge: at.edge, along_cm: at.along_cm, way: Weight::ZERO.into() };
        self.reached.extend(begun.map(rest));
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
                    if lighter < Weight::INFINITE.raw() {
                        self.offer(numbers[copied.edge.0 as usize], Weight::from_raw(lighter));
                    }
                }
            }
        }
        self.open.clear();
    }
}
