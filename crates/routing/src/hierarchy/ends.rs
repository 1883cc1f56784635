//! Both ends of a leg: how it gets from its start into the hierarchy, and out of it to its target.
//!
//! On a public road this is a matter of the turns at the end of the start's edge and of the position on the target's. In a
//! zone it is a search of its own, forwards in the zones of the start and backwards in that of the target; zones are small
//! beside a map, and the hierarchy need not know them. The rule of [`crate::zones`] has three stages (the start's zones,
//! public roads, one zone of the target), so the pieces meet in three ways only: a leg may end before it leaves the zones of
//! its start, step from there straight into that of its target, or pass public roads, which is the hierarchy's part.
//!
//! A [`Start`] knows no target and a [`Finish`] no start; so a matrix makes each once. The states of a zone have numbers in a
//! row ([`Private`]), so the search keeps its labels in a row, too, and its result is in order.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};
use network::{Array, EdgeId, Network};

use super::contract::{NONE, grouped};
use crate::router::Router;
use crate::snap::Snap;
use crate::turns::{State, Turn, Turns};
use crate::weight::Weight;
use crate::zones::{PUBLIC, Zone, Zones};

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

impl Near {
    const NOWHERE: Self = Self { state: 0, weight: Weight::INFINITE, link: Link::End(0) };
}

/// What the searches at the ends need beside the turns: the states of an edge, those in zones, and the turns into those.
pub(crate) struct Approach {
    /// The copies by their edge.
    pub(crate) copies: Array<Copied>,
    pub(crate) private: Private,
    /// By the number of the state entered.
    pub(crate) into_zones: Array<IntoZone>,
    /// By the number of a state, and one more: the first turn into it.
    pub(crate) first_into: Array<u32>,
}

/// The states in zones, numbered zone by zone; those of a zone by the turns that lead to them from its gates.
pub(crate) struct Private {
    /// By state; [`NONE`] for a public one.
    pub(crate) number: Array<u32>,
    /// By number.
    pub(crate) states: Array<State>,
    /// By zone, and one more: the number of its first state.
    pub(crate) first: Array<u32>,
}

impl Private {
    fn new(zones: &Zones, turns: &Turns) -> Self {
        let states = turns.state_count() as State;
        let zone = |state: State| zones.of(turns.edge(state));
        let mut private = inwards(states, turns, zone);
        private.sort_by_key(|&state| zone(state));
        let mut number = vec![NONE; states as usize];
        let mut first = vec![0; zones.count() + 1];
        for (place, &state) in (0..).zip(&private) {
            number[state as usize] = place;
            first[zone(state) as usize + 1] = place + 1;
        }
        // A zone without states begins where the one before ends.
        for zone in 1..first.len() {
            first[zone] = first[zone].max(first[zone - 1]);
        }
        Self { number: number.into(), states: private.into(), first: first.into() }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.states.len()
    }

    /// The number of a state that is not public.
    pub(crate) fn number(&self, state: State) -> usize {
        self.number[state as usize] as usize
    }

    /// How many zones there are, the public one, which has no states here, among them.
    pub(crate) fn zones(&self) -> Zone {
        (self.first.len() - 1) as Zone
    }

    /// The numbers of the states of a zone.
    pub(crate) fn range(&self, zone: Zone) -> Range<usize> {
        self.first[zone as usize] as usize..self.first[zone as usize + 1] as usize
    }

    /// The entry of `state` in a list that ascends by number.
    pub(crate) fn find<'a>(&self, list: &'a [Near], state: State) -> Option<&'a Near> {
        let number = Some(self.number(state)).filter(|&number| number != NONE as usize)?;
        list.binary_search_by_key(&number, |near| self.number(near.state)).ok().map(|position| &list[position])
    }
}

/// The private states by the number of turns that lead to them from public roads, which keep to a zone after its gate; last those
/// to which none do.
fn inwards(states: State, turns: &Turns, zone: impl Fn(State) -> Zone) -> Vec<State> {
    let public = (0..states).filter(|&state| zone(state) == PUBLIC);
    let gates = public.flat_map(|state| turns.from(state)).filter(|turn| turn.zone != PUBLIC).map(|turn| turn.to);
    let mut is_listed: Vec<bool> = (0..states).map(|state| zone(state) == PUBLIC).collect();
    let mut listed = Vec::new();
    let mut list = |state: State, listed: &mut Vec<State>| {
        if !std::mem::replace(&mut is_listed[state as usize], true) {
            listed.push(state);
        }
    };
    gates.for_each(|state| list(state, &mut listed));
    let mut done = 0;
    while let Some(&state) = listed.get(done) {
        done += 1;
        let further = turns.from(state).iter().filter(|turn| turn.zone == zone(state));
        further.for_each(|turn| list(turn.to, &mut listed));
    }
    (0..states).for_each(|state| list(state, &mut listed));
    listed
}

/// A further state of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Copied {
    pub(crate) edge: EdgeId,
    pub(crate) state: State,
}

/// A turn into a private state.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct IntoZone {
    pub(crate) from: State,
    /// The number of the state left, if it is private; [`NONE`].
    number: u32,
    cost_ms: u32,
}

impl IntoZone {
    /// What the edge left and the turn weigh.
    pub(crate) fn weight(&self, turns: &Turns, weights: &[Weight]) -> Weight {
        weights[turns.edge(self.from).0 as usize].plus(self.cost())
    }

    /// What the turn alone weighs.
    pub(crate) fn cost(&self) -> Weight {
        Weight::new(u64::from(self.cost_ms), 0)
    }

    /// The place of the state left among private ones of these numbers, if it is one of them.
    pub(crate) fn within(&self, numbers: &Range<usize>) -> Option<usize> {
        let number = self.number as usize;
        numbers.contains(&number).then(|| number - numbers.start)
    }

    /// Whether it leaves a public state.
    pub(crate) fn is_gate(&self) -> bool {
        self.number == NONE
    }
}

impl Approach {
    pub(crate) fn new(network: &Network, zones: &Zones, turns: &Turns) -> Self {
        let states = turns.state_count() as State;
        let copied = |state| Copied { edge: turns.edge(state), state };
        let mut copies: Vec<_> = (network.edge_count() as State..states).map(copied).collect();
        copies.sort_unstable();
        let private = Private::new(zones, turns);
        let mut entered = Vec::new();
        for (from, &number) in (0..states).zip(private.number.iter()) {
            let into = turns.from(from).iter().filter(|turn| turn.zone != PUBLIC);
            let into =
                into.map(|turn| (private.number[turn.to as usize], IntoZone { from, number, cost_ms: turn.cost_ms }));
            entered.extend(into);
        }
        let keys: Vec<u32> = entered.iter().map(|(to, _)| *to).collect();
        let (first_into, order) = grouped(private.len(), &keys);
        let into_zones: Vec<IntoZone> = order.into_iter().map(|place| entered[place as usize].1).collect();
        Self { copies: copies.into(), private, into_zones: into_zones.into(), first_into: first_into.into() }
    }

    /// All states of driving an edge.
    pub(crate) fn states(&self, edge: EdgeId) -> impl Iterator<Item = State> {
        let first = self.copies.partition_point(|copy| copy.edge < edge);
        let copies = self.copies[first..].iter().take_while(move |copy| copy.edge == edge);
        std::iter::once(edge.0).chain(copies.map(|copy| copy.state))
    }

    /// The turns into a private state, by its number.
    pub(crate) fn turns_into(&self, number: usize) -> &[IntoZone] {
        &self.into_zones[self.first_into[number] as usize..self.first_into[number + 1] as usize]
    }
}

/// How a leg begins, whatever its target.
#[derive(Default)]
pub(crate) struct Start {
    /// The public states that it enters.
    pub(crate) entries: Vec<Near>,
    /// The states in zones that it may enter for good without ever being on a public road.
    pub(crate) into_zones: Vec<Near>,
    /// The states in the zones of the start, ascending by number.
    pub(crate) free: Vec<Near>,
}

impl Start {
    /// Makes it that of another leg, in the same memory.
    pub(crate) fn refill(&mut self, router: &Router, near: &mut Nearby, from: &Snap) {
        self.entries.clear();
        self.into_zones.clear();
        self.free.clear();
        near.reset(&router.layout.approach.private);
        let mut search = Leaving { router, zones: &from.start_zones, start: self, near: &mut *near };
        for (number, departure) in from.departures.iter().enumerate() {
            let zone = router.layout.zones.of(departure.edge);
            let whole = router.metric.weights[departure.edge.0 as usize];
            if whole.is_finite() {
                let rest = whole.without(whole.beginning(departure.along_cm));
                search.turn(departure.edge.0, zone, rest, Link::End(number as u32));
            }
        }
        while let Some((_, near)) = search.near.settle() {
            let edge = router.layout.turns.edge(near.state);
            let end = near.weight.plus(router.metric.weights[edge.0 as usize]);
            if end.is_finite() {
                search.turn(near.state, router.layout.zones.of(edge), end, Link::State(near.state));
            }
        }
        near.settled(&router.layout.approach.private, &from.start_zones, &mut self.free);
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
                self.near.offer(self.router.layout.approach.private.number(near.state), near);
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
    /// The states in zones of the target, ascending by number.
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
        near.reset(&approach.private);
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
                    near.offer(approach.private.number(state), end);
                }
            }
        }
        while let Some((number, next)) = near.settle() {
            let zone = zones.of(turns.edge(next.state));
            let own = approach.private.range(zone);
            for turn in approach.turns_into(number) {
                if router.is_shut_between(turn.from, next.state) {
                    continue;
                }
                let weight = turn.weight(turns, weights).plus(next.weight);
                let before = Near { state: turn.from, weight, link: Link::State(next.state) };
                if turn.is_gate() && weight.is_finite() {
                    self.exits.push(before);
                } else if own.contains(&(turn.number as usize)) {
                    near.offer(turn.number as usize, before);
                }
            }
        }
        near.settled(&approach.private, &to.end_zones, &mut self.within);
    }
}

/// A search through zones; its memory is reused from one to the next.
///
/// What is to be looked at waits in buckets by its time (E. V. Denardo and B. L. Fox, "Shortest-Route Methods: 1. Reaching,
/// Pruning, and Buckets", 1979): a state may be looked at again when something lighter turns up within the same bucket, and no
/// queue needs to be kept in order.
#[derive(Default)]
pub(crate) struct Nearby {
    /// By number of the private state; nowhere between searches.
    labels: Vec<Near>,
    /// By number: with what weight it was looked at last.
    seen: Vec<Weight>,
    buckets: Vec<Vec<u32>>,
    /// The bucket in work, and what comes next in it.
    bucket: usize,
    next: usize,
    /// How much waits.
    waiting: usize,
    is_touched: bool,
}

/// A bucket holds what is reached within so many milliseconds, as a power of two: a few roads.
const BUCKET_MS: u32 = 12;
/// The last holds all that takes longer: a quarter of an hour, which few zones do.
const BUCKETS: usize = 256;

impl Nearby {
    /// Makes room.
    fn reset(&mut self, private: &Private) {
        if self.labels.len() < private.len() {
            self.labels.resize(private.len(), Near::NOWHERE);
            self.seen.resize(private.len(), Weight::INFINITE);
        }
        self.buckets.resize_with(BUCKETS, Vec::new);
    }

    fn offer(&mut self, number: usize, near: Near) {
        let known = &mut self.labels[number];
        if near.weight < known.weight {
            *known = near;
            self.buckets[BUCKETS.min((near.weight.duration_ms() >> BUCKET_MS) as usize + 1) - 1].push(number as u32);
            self.waiting += 1;
            self.is_touched = true;
        }
    }

    /// The next state that was reached by less than when it was looked at before.
    fn settle(&mut self) -> Option<(usize, Near)> {
        while self.waiting > 0 {
            let Some(&number) = self.buckets[self.bucket].get(self.next) else {
                self.buckets[self.bucket].clear();
                (self.bucket, self.next) = (self.bucket + 1, 0);
                continue;
            };
            self.next += 1;
            self.waiting -= 1;
            let near = self.labels[number as usize];
            if near.weight < std::mem::replace(&mut self.seen[number as usize], near.weight) {
                return Some((number as usize, near));
            }
        }
        self.buckets.get_mut(self.bucket).map(Vec::clear);
        (self.bucket, self.next) = (0, 0);
        None
    }

    /// Writes all labels, which are of states in some zones, to `all`, ascending by number, and forgets them.
    fn settled(&mut self, private: &Private, zones: &[Zone], all: &mut Vec<Near>) {
        if !std::mem::take(&mut self.is_touched) {
            return;
        }
        for number in zones.iter().flat_map(|&zone| private.range(zone)) {
            let near = std::mem::replace(&mut self.labels[number], Near::NOWHERE);
            if near.weight.is_finite() {
                self.seen[number] = Weight::INFINITE;
                all.push(near);
            }
        }
    }
}
