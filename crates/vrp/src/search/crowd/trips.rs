//! Tours that come back to the depot for more, summed up so that two parts join in constant time.
//!
//! **Why.** What is loaded at a visit of the depot is what its trip drops off, and it does not begin before the last of that is there; so a
//! beginning and an end of a tour that are joined within a trip make each other late. **How.** A beginning is known by what lies before the
//! last visit of the depot, and apart from that by the trip it has begun; an end by the rest of a trip, and apart from that by what comes
//! after. Joining them makes the trip whole: its load, the moment when all of it is there, and its stretch, which is held back until then
//! (Diego Cattaruzza, Nabil Absi and Dominique Feillet, "The Multi-Trip Vehicle Routing Problem with Time Windows and Release Dates",
//! Transportation Science 50(2), 2016). **What never happens:** a visit that does not wait for its goods, or waits for those of another trip.

use super::depot::AT_ONCE;
use super::ground::Ground;
use super::lanes::{Lane, Lanes};
use super::segment::Segment;

/// A beginning of a tour, up to a stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun {
    /// Up to the last visit of the depot, without that; and from there on.
    done: Segment,
    open: Segment,
    /// When the goods of the open trip are there, and how much they are.
    release: i64,
    load: i64,
    /// By how much the trips before are overloaded.
    excess: i64,
}

/// An end of a tour, from a stop on; a further visit of the depot makes a trip whole that has no rest.
#[derive(Debug, Clone, Copy)]
struct Rest {
    /// Up to the next visit of the depot, or the end; and from there on, with the way to it.
    open: Segment,
    after: Segment,
    release: i64,
    load: i64,
    excess: i64,
}

/// The beginnings and the ends of a lane, by stop.
#[derive(Debug, Clone, Default)]
pub(super) struct Trips {
    begun: Vec<Begun>,
    rest: Vec<Rest>,
}

/// Where two lanes, or one, are cut: up to a stop of the one, and from a stop of the other on. The kind of the first counts.
pub(super) type Cut = ((usize, usize), (usize, usize));

impl Begun {
    fn new(ground: &Ground, kind: usize) -> Self {
        let [done, open] = ground.first_visit(kind);
        Self { done, open, release: AT_ONCE, load: 0, excess: 0 }
    }

    /// The same with one more stop.
    #[inline]
    fn on(mut self, ground: &Ground, capacity: i64, from: u32, stop: u32) -> Self {
        let leg = ground.time(from, stop);
        if stop == ground.reload() {
            self.excess += (self.load - capacity).max(0);
            self.done = self.whole().join(leg, Segment::FREE);
            (self.open, self.release, self.load) = (ground.visit(stop), AT_ONCE, 0);
        } else {
            self.open = self.open.join(leg, ground.visit(stop));
            self.release = self.release.max(ground.release(stop));
            self.load += ground.amount(stop);
        }
        self
    }

    #[inline]
    fn whole(&self) -> Segment {
        self.done.join(0, self.open.not_before(self.release))
    }

    /// The stretch that comes of it with an end of a tour.
    #[inline]
    fn join(&self, leg: i64, rest: &Rest) -> Segment {
        let open = self.open.join(leg, rest.open).not_before(self.release.max(rest.release));
        self.done.join(0, open).join(0, rest.after)
    }
}

impl Rest {
    /// Nothing more, at the end of a tour.
    fn end(visit: Segment) -> Self {
        Self { open: visit, after: Segment::FREE, release: AT_ONCE, load: 0, excess: 0 }
    }

    /// The same after one more stop before it.
    fn after(self, ground: &Ground, capacity: i64, stop: u32, next: u32) -> Self {
        let leg = ground.time(stop, next);
        let open = ground.visit(stop).join(leg, self.open);
        if stop != ground.reload() {
            let release = self.release.max(ground.release(stop));
            return Self { open, release, load: self.load + ground.amount(stop), ..self };
        }
        Self {
            open: Segment::FREE,
            after: open.not_before(self.release).join(0, self.after),
            release: AT_ONCE,
            load: 0,
            excess: self.excess + (self.load - capacity).max(0),
        }
    }

    fn whole(&self) -> Segment {
        self.open.join(0, self.after)
    }
}

impl Lane {
    /// Everything about the trips of a lane anew from its stops; gives by how much they are overloaded.
    #[inline(never)]
    pub(super) fn sum_up_trips(&mut self, ground: &Ground) -> i64 {
        let Self { kind, capacity, stops, before, after, trips, .. } = self;
        let Trips { begun, rest } = &mut **trips;
        let (capacity, last) = (*capacity, stops.len() - 1);
        begun.clear();
        begun.push(Begun::new(ground, *kind));
        for at in 1..=last {
            begun.push(begun[at - 1].on(ground, capacity, stops[at - 1], stops[at]));
        }
        rest.clear();
        rest.resize(stops.len(), Rest::end(ground.visit(stops[last])));
        for at in (1..last).rev() {
            rest[at] = rest[at + 1].after(ground, capacity, stops[at], stops[at + 1]);
        }
        before.clear();
        before.extend(begun.iter().map(Begun::whole));
        after.clear();
        after.extend(rest.iter().map(Rest::whole));
        begun[last].excess + (begun[last].load - capacity).max(0)
    }

    /// Whether a stop of it, or its start or end, lies where a trip begins or ends.
    pub(super) fn is_bound(&self, ground: &Ground, at: usize) -> bool {
        at == 0 || at + 1 == self.stops.len() || self.stops[at] == ground.reload()
    }

    /// The first stop from this one on where a trip ends.
    pub(super) fn trip_end(&self, ground: &Ground, at: usize) -> usize {
        (at..self.stops.len()).find(|&at| self.is_bound(ground, at)).unwrap_or(at)
    }
}

impl Lanes<'_> {
    /// What it costs a lane that it is late and overloaded if it goes on from a stop with these pieces, then as a lane does from a stop on; as far as
    /// it matters whether that is less than so much.
    pub(super) fn price_of_trips(&self, cut: Cut, pieces: &[&[u32]], most: i64) -> i64 {
        let price = self.prices.excess * self.excess_of_trips(cut, pieces);
        if price >= most { price } else { price + self.prices.warp * self.warp_of_trips(cut, pieces) }
    }

    /// By how much the trips of such a tour are overloaded.
    fn excess_of_trips(&self, ((one, until), (other, from)): Cut, pieces: &[&[u32]]) -> i64 {
        let (ground, one, other) = (self.ground, &self.all[one], &self.all[other]);
        let capacity = one.capacity;
        let Begun { mut excess, mut load, .. } = one.trips.begun[until];
        let mut add = |stop: u32| {
            if stop == ground.reload() {
                excess += (load - capacity).max(0);
                load = 0;
            } else {
                load += ground.amount(stop);
            }
        };
        pieces.iter().flat_map(|piece| *piece).for_each(|&stop| add(stop));
        if capacity == other.capacity {
            let rest = &other.trips.rest[from];
            return excess + (load + rest.load - capacity).max(0) + rest.excess;
        }
        other.stops[from..].iter().for_each(|&stop| add(stop));
        excess + (load - capacity).max(0)
    }

    /// By how much such a tour is late.
    fn warp_of_trips(&self, ((one, until), (other, from)): Cut, pieces: &[&[u32]]) -> i64 {
        let (ground, one, other) = (self.ground, &self.all[one], &self.all[other]);
        let (begun, mut last) = (&one.trips.begun[until], one.stops[until]);
        let same = one.kind == other.kind;
        if same && pieces.iter().all(|piece| piece.is_empty()) && other.trips.rest[from].release <= begun.release {
            return one.late(one.before[until].join(ground.time(last, other.stops[from]), other.after[from]));
        }
        let mut begun = *begun;
        let mut add = |stop: u32| {
            begun = begun.on(ground, one.capacity, last, stop);
            last = stop;
        };
        pieces.iter().flat_map(|piece| *piece).for_each(|&stop| add(stop));
        if same {
            return one.late(begun.join(ground.time(last, other.stops[from]), &other.trips.rest[from]));
        }
        let to = other.stops.len() - 1;
        other.stops[from..to].iter().for_each(|&stop| add(stop));
        let end = ground.end_of(one.kind);
        one.late(begun.join(ground.time(last, end), &Rest::end(ground.visit(end))))
    }

    /// By how many visits of the depot all lanes together have more than there may be.
    pub(super) fn visits_too_many(&self) -> i64 {
        let Some(depot) = &self.ground.depot else { return 0 };
        let visits = |lane: &Lane| 1 + lane.jobs().iter().filter(|&&stop| stop == self.ground.reload()).count();
        let all: usize = self.all.iter().filter(|lane| !lane.is_empty()).map(visits).sum();
        all.saturating_sub(depot.tasks.len()) as i64
    }

    /// Takes visits of the depot out of a lane that load nothing, as long as the way past them is no longer.
    #[inline(never)]
    pub(super) fn tidy(&mut self, lane: usize) {
        let ground = self.ground;
        let Lane { stops, rows, .. } = &mut self.all[lane];
        if !stops.iter().any(|&stop| ground.is_job(stop)) {
            stops.drain(1..stops.len() - 1);
        }
        let mut at = 1;
        while at + 1 < stops.len() {
            let [a, b, c] = [stops[at - 1], stops[at], stops[at + 1]];
            let bound = |stop: u32| !ground.is_job(stop);
            let idle = b == ground.reload() && (bound(a) || bound(c));
            let past = |way: &dyn Fn(u32, u32) -> i64, dwell: i64| way(a, b) + dwell + way(b, c) >= way(a, c);
            let is_no_longer = past(&|from, to| ground.cost_in(*rows, from, to), 0)
                && past(&|from, to| ground.time(from, to), ground.visit(b).duration);
            if idle && is_no_longer {
                stops.remove(at);
                // What it stood between may be another one.
                at = at.saturating_sub(1).max(1);
            } else {
                at += 1;
            }
        }
    }
}
