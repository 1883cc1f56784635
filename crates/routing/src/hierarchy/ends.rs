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
use std::collections::{BinaryHeap, HashMap};

use network::{EdgeId, Network};

use crate::router::Router;
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
    copies: Vec<(EdgeId, State)>,
    /// State entered, state left, what the turn and the edge left weigh; ascending.
    into_zones: Vec<(State, State, Weight)>,
}

impl Approach {
    pub(crate) fn new(network: &Network, turns: &Turns, weights: &[Weight]) -> Self {
        let states = turns.state_count() as State;
        let mut copies: Vec<_> =
            (network.edge_count() as State..states).map(|state| (turns.edge(state), state)).collect();
        copies.sort_unstable();
        let mut into_zones = Vec::new();
        for from in 0..states {
            let whole = weights[turns.edge(from).0 as usize];
            let private = turns.from(from).iter().filter(|turn| turn.zone != PUBLIC);
            into_zones.extend(private.map(|turn| (turn.to, from, whole.plus(turn.weight()))));
        }
        into_zones.sort_unstable();
        Self { copies, into_zones }
    }

    /// All states of driving an edge.
    pub(crate) fn states(&self, edge: EdgeId) -> impl Iterator<Item = State> {
        let first = self.copies.partition_point(|copy| copy.0 < edge);
        let copies = self.copies[first..].iter().take_while(move |copy| copy.0 == edge);
        std::iter::once(edge.0).chain(copies.map(|copy| copy.1))
    }

    /// The turns into a private state.
    fn turns_into(&self, state: State) -> impl Iterator<Item = (State, Weight)> {
        let first = self.into_zones.partition_point(|turn| turn.0 < state);
        self.into_zones[first..].iter().take_while(move |turn| turn.0 == state).map(|turn| (turn.1, turn.2))
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
    pub(crate) fn new(router: &Router, from: &Snap) -> Self {
        let mut search = Leaving { router, zones: &from.start_zones, start: Start::default(), near: Nearby::default() };
        for (number, departure) in from.departures.iter().enumerate() {
            let zone = router.zones.of(departure.edge);
            let whole = router.weights[departure.edge.0 as usize];
            let rest = whole.without(whole.beginning(departure.along_cm));
            search.turn(departure.edge.0, zone, rest, Link::End(number as u32));
        }
        while let Some(near) = search.near.settle() {
            let edge = router.turns.edge(near.state);
            let end = near.weight.plus(router.weights[edge.0 as usize]);
            search.turn(near.state, router.zones.of(edge), end, Link::State(near.state));
        }
        search.start.free = search.near.settled();
        search.start
    }
}

/// The search through the zones of a start.
struct Leaving<'a> {
    router: &'a Router,
    zones: &'a [Zone],
    start: Start,
    near: Nearby,
}

impl Leaving<'_> {
    /// Takes every turn at the end of `state`'s edge, which is reached at `weight`.
    fn turn(&mut self, state: State, zone: Zone, weight: Weight, link: Link) {
        let starts_in = |zone: Zone| self.zones.contains(&zone);
        let is_free = zone == PUBLIC || starts_in(zone);
        for &turn in self.router.turns.from(state) {
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
    pub(crate) fn new(router: &Router, to: &Snap) -> Self {
        let Router { approach, weights, zones, turns, .. } = router;
        let (mut finish, mut near) = (Finish::default(), Nearby::default());
        for (number, arrival) in to.arrivals.iter().enumerate() {
            let zone = zones.of(arrival.edge);
            let weight = weights[arrival.edge.0 as usize].beginning(arrival.along_cm);
            for state in approach.states(arrival.edge) {
                let end = Near { state, weight, link: Link::End(number as u32) };
                if zone == PUBLIC {
                    finish.exits.push(end);
                } else if to.end_zones.contains(&zone) {
                    near.offer(end);
                }
            }
        }
        while let Some(next) = near.settle() {
            let zone = zones.of(turns.edge(next.state));
            for (state, step) in approach.turns_into(next.state) {
                let before = Near { state, weight: step.plus(next.weight), link: Link::State(next.state) };
                match zones.of(turns.edge(state)) {
                    PUBLIC => finish.exits.push(before),
                    same if same == zone => near.offer(before),
                    _ => {}
                }
            }
        }
        finish.within = near.settled();
        finish
    }
}

/// Dijkstra's labels in a small part of the map.
#[derive(Default)]
struct Nearby {
    labels: HashMap<State, Near>,
    queue: BinaryHeap<Reverse<(Weight, State)>>,
}

impl Nearby {
    fn offer(&mut self, near: Near) {
        let known = self.labels.get(&near.state).map_or(Weight::INFINITE, |known| known.weight);
        if near.weight < known {
            self.labels.insert(near.state, near);
            self.queue.push(Reverse((near.weight, near.state)));
        }
    }

    /// The nearest state that was not settled before.
    fn settle(&mut self) -> Option<Near> {
        loop {
            let Reverse((weight, state)) = self.queue.pop()?;
            let near = self.labels[&state];
            if near.weight == weight {
                return Some(near);
            }
        }
    }

    /// All labels, ascending by state.
    fn settled(self) -> Vec<Near> {
        let mut all: Vec<Near> = self.labels.into_values().collect();
        all.sort_unstable_by_key(|near| near.state);
        all
    }
}
