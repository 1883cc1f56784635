//! Both ends of a leg: how it gets from its start into the hierarchy, and out of it to its target.
//!
//! On a public road this is a matter of the turns at the end of the start's edge and of the position on the target's. In a
//! zone it is a search of its own, forwards in the zones of the start and backwards in that of the target; zones are small
//! beside a map, and the hierarchy need not know them. The rule of [`crate::zones`] has three stages (the start's zones,
//! public roads, one zone of the target), so the pieces meet in three ways only: a leg may end before it leaves the zones of
//! its start, step from there straight into that of its target, or pass public roads, which is the hierarchy's part.
//!
//! A [`Start`] knows no target and a [`Finish`] no start; so a matrix makes each once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use bytemuck::{Pod, Zeroable};
use network::{Array, EdgeId, Network};

use crate::router::Router;
use crate::scratch::Stamped;
use crate::snap::Snap;
use crate::turns::{State, Turn, Turns};
use crate::weight::Weight;
use crate::zones::{PUBLIC, Zone};

/// What is next to a state on the way from or to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// The end itself, by the number of the departure or arrival.
    End(u32),
    State(State),
}

/// A state near an end: the weight between the end and the *beginning* of the state's edge, and what is next to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Near {
    pub(crate) state: State,
    pub(crate) weight: Weight,
    pub(crate) link: Link,
}

/// The entry of `state` in a list that ascends by state.
pub(crate) fn find(list: &[Near], state: State) -> Option<&Near> {
    list.binary_search_by_key(&state, |near| near.state).ok().map(|position| &list[position])
}

/// What the searches at the ends need beside the turns: the states of an edge, and the turns into zones by their end.
pub(crate) struct Approach {
    /// The copies by their edge.
    pub(crate) copies: Array<Copied>,
    /// By the state entered, then the state left.
    pub(crate) into_zones: Array<IntoZone>,
}

/// A further state of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Copied {
    pub(crate) edge: EdgeId,
    pub(crate) state: State,
}

/// A turn into a private state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct IntoZone {
    pub(crate) to: State,
    pub(crate) from: State,
    cost_ms: u32,
}

impl IntoZone {
    /// What the edge left and the turn weigh.
    pub(crate) fn weight(&self, turns: &Turns, weights: &[Weight]) -> Weight {
        weights[turns.edge(self.from).0 as usize].plus(Weight::new(u64::from(self.cost_ms), 0))
    }
}

impl Approach {
    pub(crate) fn new(network: &Network, turns: &Turns) -> Self {
        let states = turns.state_count() as State;
        let copied = |state| Copied { edge: turns.edge(state), state };
        let mut copies: Vec<_> = (network.edge_count() as State..states).map(copied).collect();
        copies.sort_unstable();
        let mut into_zones = Vec::new();
        for from in 0..states {
            let private = turns.from(from).iter().filter(|turn| turn.zone != PUBLIC);
            into_zones.extend(private.map(|turn| IntoZone { to: turn.to, from, cost_ms: turn.cost_ms }));
        }
        into_zones.sort_unstable();
        Self { copies: copies.into(), into_zones: into_zones.into() }
    }

    /// All states of driving an edge.
    pub(crate) fn states(&self, edge: EdgeId) -> impl Iterator<Item = State> {
        let first = self.copies.partition_point(|copy| copy.edge < edge);
        let copies = self.copies[first..].iter().take_while(move |copy| copy.edge == edge);
        std::iter::once(edge.0).chain(copies.map(|copy| copy.state))
    }

    /// The turns into a private state.
    fn turns_into(&self, state: State) -> impl Iterator<Item = &IntoZone> {
        let first = self.into_zones.partition_point(|turn| turn.to < state);
        self.into_zones[first..].iter().take_while(move |turn| turn.to == state)
    }
}

/// How a leg begins, whatever its target.
#[derive(Default)]
pub(crate) struct Start {
    /// The public states that it enters.
    pub(crate) entries: Vec<Near>,
    /// The states in zones that it may enter for good without ever being on a public road.
    pub(crate) into_zones: Vec<Near>,
    /// The states in the zones of the start, ascending.
    pub(crate) free: Vec<Near>,
}

impl Start {
    /// Makes it that of another leg, in the same memory.
    pub(crate) fn refill(&mut self, router: &Router, near: &mut Nearby, from: &Snap) {
        self.entries.clear();
        self.into_zones.clear();
        self.free.clear();
        near.reset(router.layout.turns.state_count());
        let mut search = Leaving { router, zones: &from.start_zones, start: self, near: &mut *near };
        for (number, departure) in from.departures.iter().enumerate() {
            let zone = router.layout.zones.of(departure.edge);
            let whole = router.metric.weights[departure.edge.0 as usize];
            if whole.is_finite() {
                let rest = whole.without(whole.beginning(departure.along_cm));
                search.turn(departure.edge.0, zone, rest, Link::End(number as u32));
            }
        }
        while let Some(near) = search.near.settle() {
            let edge = router.layout.turns.edge(near.state);
            let end = near.weight.plus(router.metric.weights[edge.0 as usize]);
            if end.is_finite() {
                search.turn(near.state, router.layout.zones.of(edge), end, Link::State(near.state));
            }
        }
        near.settled(&mut self.free);
    }
}

/// The search through the zones of a start.
struct Leaving<'a> {
    router: &'a Router,
    zones: &'a [Zone],
    start: &'a mut Start,
    near: &'a mut Nearby,
}

impl Leaving<'_> {
    /// Takes every turn at the end of `state`'s edge, which is reached at `weight`.
    fn turn(&mut self, state: State, zone: Zone, weight: Weight, link: Link) {
        let starts_in = |zone: Zone| self.zones.contains(&zone);
        let is_free = zone == PUBLIC || starts_in(zone);
        let turns = &self.router.layout.turns;
        for number in turns.range(state).filter(|&number| !self.router.is_shut(number)) {
            let turn = turns.list[number];
            let near = Near { state: turn.to, weight: weight.plus(turn.weight()), link };
            let Turn { zone: next, .. } = turn;
            if next == PUBLIC {
                if is_free {
                    self.start.entries.push(near);
                }
            } else if zone != PUBLIC && is_free && starts_in(next) {
                self.near.offer(near);
            } else if is_free || next == zone {
                self.start.into_zones.push(near);
            }
        }
    }
}

/// How a leg ends, wherever it comes from.
#[derive(Default)]
pub(crate) struct Finish {
    /// The public states from which it reaches the target.
    pub(crate) exits: Vec<Near>,
    /// The states in zones of the target, ascending.
    pub(crate) within: Vec<Near>,
}

impl Finish {
    pub(crate) fn new(router: &Router, near: &mut Nearby, to: &Snap) -> Self {
        let mut finish = Self::default();
        finish.refill(router, near, to);
        finish
    }

    /// Makes it that of another leg, in the same memory.
    pub(crate) fn refill(&mut self, router: &Router, near: &mut Nearby, to: &Snap) {
        let (zones, turns, approach) = (&router.layout.zones, &router.layout.turns, &router.layout.approach);
        let weights = &router.metric.weights;
        self.exits.clear();
        self.within.clear();
        near.reset(turns.state_count());
        for (number, arrival) in to.arrivals.iter().enumerate() {
            let zone = zones.of(arrival.edge);
            let whole = weights[arrival.edge.0 as usize];
            if !whole.is_finite() {
                continue;
            }
            let weight = whole.beginning(arrival.along_cm);
            for state in approach.states(arrival.edge) {
                let end = Near { state, weight, link: Link::End(number as u32) };
                if zone == PUBLIC {
                    self.exits.push(end);
                } else if to.end_zones.contains(&zone) {
                    near.offer(end);
                }
            }
        }
        while let Some(next) = near.settle() {
            let zone = zones.of(turns.edge(next.state));
            for turn in approach.turns_into(next.state) {
                if router.is_shut_between(turn.from, next.state) {
                    continue;
                }
                let weight = turn.weight(turns, weights).plus(next.weight);
                let before = Near { state: turn.from, weight, link: Link::State(next.state) };
                match zones.of(turns.edge(turn.from)) {
                    _ if !weight.is_finite() => {}
                    PUBLIC => self.exits.push(before),
                    same if same == zone => near.offer(before),
                    _ => {}
                }
            }
        }
        near.settled(&mut self.within);
    }
}

/// Dijkstra's labels in a small part of the map; reused from search to search.
#[derive(Default)]
pub(crate) struct Nearby {
    /// How many states there may be.
    states: usize,
    /// By state: its place in the list of labels. Made ready when there is one, for most ends are on public roads.
    place: Stamped<u32>,
    labels: Vec<Near>,
    queue: BinaryHeap<Reverse<(Weight, State)>>,
}

impl Nearby {
    /// Forgets another search.
    fn reset(&mut self, states: usize) {
        self.states = states;
        self.labels.clear();
        self.queue.clear();
    }

    fn offer(&mut self, near: Near) {
        if self.labels.is_empty() {
            self.place.reset(self.states);
        }
        match self.place.get(near.state) {
            Some(place) if self.labels[place as usize].weight <= near.weight => return,
            Some(place) => self.labels[place as usize] = near,
            None => {
                self.place.set(near.state, self.labels.len() as u32);
                self.labels.push(near);
            }
        }
        self.queue.push(Reverse((near.weight, near.state)));
    }

    /// The nearest state that was not settled before.
    fn settle(&mut self) -> Option<Near> {
        loop {
            let Reverse((weight, state)) = self.queue.pop()?;
            let place = self.place.get(state).expect("what is queued has a label");
            let near = self.labels[place as usize];
            if near.weight == weight {
                return Some(near);
            }
        }
    }

    /// Writes all labels to `all`, ascending by state.
    fn settled(&mut self, all: &mut Vec<Near>) {
        all.extend_from_slice(&self.labels);
        all.sort_unstable_by_key(|near| near.state);
    }
}
