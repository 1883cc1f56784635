//! Everything within a time of one place: what isochrones are drawn from.
//!
//! D. Delling, A. V. Goldberg, A. Nowatzyk and R. F. Werneck, "PHAST: Hardware-Accelerated Shortest Path Trees" (2011): one
//! climb from the start, then all states are taken from the highest to the lowest, each with the arcs that lead down to it, in
//! the order in which they lie in memory. It costs the same however far the time reaches. Private land is entered from the
//! roads around it, as a leg that ends there does; the few states within are searched plainly. The weights are those of a
//! route, so an edge is reached exactly when its route says so.

use std::collections::VecDeque;

use network::EdgeId;

use crate::hierarchy::{self, Climb, Start};
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
    /// By rank.
    public: Vec<u64>,
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
    spread.sweep(router, forward, start);
    if interrupt() {
        return Err(Interrupted);
    }
    spread.enter_zones(router, start);
    spread.collect(router, from, limit_ms);
    Ok(&spread.reached)
}

impl Spread {
    fn sweep(&mut self, router: &Router, climb: &mut Climb, start: &Start) {
        climb.depart(router.hierarchy(), &start.entries);
        self.public.clear();
        self.public.resize(router.hierarchy().topology.len(), Weight::INFINITE.raw());
        for (rank, weight) in climb.visited() {
            self.public[rank as usize] = weight.raw();
        }
        hierarchy::sweep_all(router.hierarchy(), &mut self.public);
    }

    /// What is reached on public roads; infinite for a private state.
    fn public(&self, router: &Router, state: State) -> u64 {
        let is_public = router.layout.zones.of(router.layout.turns.edge(state)) == PUBLIC;
        let rank = router.hierarchy().topology.rank(state).filter(|_| is_public);
        rank.map_or(Weight::INFINITE.raw(), |rank| self.public[rank as usize])
    }

    fn enter_zones(&mut self, router: &Router, start: &Start) {
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
            if router.is_shut_between(turn.from, turn.to) {
                continue;
            }
            if before < Weight::INFINITE.raw() {
                self.offer(turn.to, Weight::from_raw(before).plus(turn.weight(turns, weights)));
            }
        }
        while let Some(state) = self.open.pop_front() {
            let edge = turns.edge(state);
            let end = Weight::from_raw(self.private[state as usize]).plus(weights[edge.0 as usize]);
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

    fn collect(&mut self, router: &Router, from: &Snap, limit_ms: u64) {
        let (topology, turns) = (router.hierarchy().topology, &router.layout.turns);
        // An edge is reached as soon as it is in any of its states.
        for copied in router.layout.approach.copies.iter() {
            let lighter = self.public(router, copied.state);
            if let Some(rank) = topology.rank(copied.edge.0) {
                let known = &mut self.public[rank as usize];
                *known = lighter.min(*known);
            }
            if self.private[copied.state as usize] < Weight::INFINITE.raw() {
                self.offer(copied.edge.0, Weight::from_raw(self.private[copied.state as usize]));
            }
        }
        self.open.clear();
        let is_within =
            |weight: u64| weight < Weight::INFINITE.raw() && Weight::from_raw(weight).duration_ms() <= limit_ms;
        let is_open = |edge: EdgeId| router.metric.weights[edge.0 as usize].is_finite();
        let whole = |edge, weight| Reached { edge, along_cm: 0, way: Weight::from_raw(weight).into() };
        self.reached.clear();
        for (&state, &weight) in topology.states().iter().zip(&self.public) {
            let edge = turns.edge(state);
            if is_within(weight) && edge.0 == state && is_open(edge) {
                self.reached.push(whole(edge, weight));
            }
        }
        for &state in &self.touched {
            let (edge, weight) = (turns.edge(state), self.private[state as usize]);
            if is_within(weight) && edge.0 == state && is_open(edge) {
                self.reached.push(whole(edge, weight));
            }
        }
        let begun = from.departures.iter().filter(|departure| is_open(departure.edge));
        let rest =
            |at: &crate::snap::Candidate| Reached { edge: at.edge, along_cm: at.along_cm, way: Weight::ZERO.into() };
        self.reached.extend(begun.map(rest));
    }
}
