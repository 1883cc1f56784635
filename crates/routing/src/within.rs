//! Everything within a time of one place: what isochrones are drawn from.
//!
//! One climb from the start, then a sweep down to all states within the time (`hierarchy/sweep.rs`). Private land is entered from
//! the roads around it, as a leg that ends there does; the few states within are searched plainly. The weights are those of a
//! route, so an edge is reached exactly when its route says so.

use std::collections::VecDeque;

use network::EdgeId;

use crate::hierarchy::{Climb, Labels, Start};
use crate::router::Router;
use crate::scratch::Scratch;
use crate::search::Interrupted;
use crate::snap::Snap;
use crate::targets::Reach;
use crate::turns::State;
use crate::weight::Weight;
use crate::zones::PUBLIC;

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
    /// By state, for private ones; infinite between searches.
    private: Vec<u64>,
    touched: Vec<State>,
    open: VecDeque<State>,
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

    /// What is reached on public roads; infinite for a private state.
    fn public(&self, router: &Router, state: State) -> u64 {
        let is_public = router.layout.zones.of(router.layout.turns.edge(state)) == PUBLIC;
        let rank = router.hierarchy().topology.rank(state).filter(|_| is_public);
        rank.map_or(Weight::INFINITE.raw(), |rank| self.public.of(rank))
    }

    fn enter_zones(&mut self, router: &Router, start: &Start, limit: u64) {
        let (turns, zones, weights) = (&router.layout.turns, &router.layout.zones, &router.metric.weights);
        for state in self.touched.drain(..) {
            self.private[state as usize] = Weight::INFINITE.raw();
        }
        self.private.resize(self.private.len().max(turns.state_count()), Weight::INFINITE.raw());
        for near in start.free.iter().chain(&start.into_zones) {
            self.offer(near.state, near.weight);
        }
        for turn in router.layout.approach.into_zones.iter() {
            let before = self.public(router, turn.from);
            if before <= limit && !router.is_shut_between(turn.from, turn.to) {
                self.offer(turn.to, Weight::from_raw(before).plus(turn.weight(turns, weights)));
            }
        }
        while let Some(state) = self.open.pop_front() {
            let edge = turns.edge(state);
            let end = Weight::from_raw(self.private[state as usize]).plus(weights[edge.0 as usize]);
            if end.raw() > limit {
                continue;
            }
            for number in turns.range(state).filter(|&number| !router.is_shut(number)) {
                let turn = turns.list[number];
                if turn.zone == zones.of(edge) {
                    self.offer(turn.to, end.plus(turn.weight()));
                }
            }
        }
    }

    fn offer(&mut self, state: State, weight: Weight) {
        let known = &mut self.private[state as usize];
        if weight.raw() < *known {
            if *known == Weight::INFINITE.raw() {
                self.touched.push(state);
            }
            *known = weight.raw();
            self.open.push_back(state);
        }
    }

    fn collect(&mut self, router: &Router, from: &Snap, limit: u64) {
        let (topology, turns) = (router.hierarchy().topology, &router.layout.turns);
        // An edge is reached as soon as it is in any of its states.
        for copied in router.layout.approach.copies.iter() {
            let lighter = self.public(router, copied.state);
            if let Some(rank) = topology.rank(copied.edge.0).filter(|_| lighter <= limit) {
                self.public.lower(rank, lighter);
            }
            if self.private[copied.state as usize] < Weight::INFINITE.raw() {
                self.offer(copied.edge.0, Weight::from_raw(self.private[copied.state as usize]));
            }
        }
        self.open.clear();
        let is_open = |edge: EdgeId| router.metric.weights[edge.0 as usize].is_finite();
        let whole = |edge, weight| Reached { edge, along_cm: 0, way: Weight::from_raw(weight).into() };
        self.reached.clear();
        for (rank, weight) in self.public.near(topology.len()) {
            let state = topology.states()[rank as usize];
            let edge = turns.edge(state);
            if weight <= limit && edge.0 == state && is_open(edge) {
                self.reached.push(whole(edge, weight));
            }
        }
        for &state in &self.touched {
            let (edge, weight) = (turns.edge(state), self.private[state as usize]);
            if weight <= limit && edge.0 == state && is_open(edge) {
                self.reached.push(whole(edge, weight));
            }
        }
        let begun = from.departures.iter().filter(|departure| is_open(departure.edge));
        let rest =
            |at: &crate::snap::Candidate| Reached { edge: at.edge, along_cm: at.along_cm, way: Weight::ZERO.into() };
        self.reached.extend(begun.map(rest));
    }
}
