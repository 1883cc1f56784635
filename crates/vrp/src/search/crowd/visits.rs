//! Changes with visits of the depot: they come, go and move, and trips change places.
//!
//! **Why.** How a tour falls into trips is part of the question, and moving jobs alone seldom changes it: a job that no trip takes needs a
//! visit with it, and a visit is worth its way only as long as what it loads would be too much or too late without it. **How.** A job moves
//! together with a new visit before or after it; the rests of two trips change places, of one vehicle or two; and for every lane that has
//! changed: visits go, move to another gap or come into one, and its trips change places with others or move between them; where all
//! begin and end at the depot and cost the same, only those of lanes that are late or overloaded. **What never happens:** a change that
//! does not lower the sum of cost and penalties.

use super::descent::{Descent, Piece};
use super::lanes::{Lanes, Place};
use super::trips::Cut;

/// A gap of a lane: before this stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Gap {
    lane: usize,
    at: usize,
}

/// A job, perhaps with a visit of the depot on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    stops: [u32; 2],
    count: usize,
}

impl Arrival {
    fn alone(job: u32) -> Self {
        Self { stops: [job; 2], count: 1 }
    }

    fn with_visit(job: u32, reload: u32) -> [Self; 2] {
        [[reload, job], [job, reload]].map(|stops| Self { stops, count: 2 })
    }

    fn stops(&self) -> &[u32] {
        &self.stops[..self.count]
    }
}

impl Lanes<'_> {
    /// Puts a job where that costs least, next to a neighbour or alone on an idle vehicle, perhaps with a visit of the depot.
    #[inline(never)]
    pub(super) fn insert_into_trip(&mut self, job: u32) {
        let mut best = (i64::MAX, Gap { lane: 0, at: 1 }, Arrival::alone(job));
        let idle = (0..self.ground.kinds.all.len()).filter_map(|kind| self.idle(kind));
        let beside = self.ground.beside(job).iter().filter_map(|&other| self.place(other));
        let mut gaps: Vec<Gap> = idle.map(|lane| Gap { lane, at: 1 }).collect();
        gaps.extend(beside.flat_map(|Place { lane, at }| [Gap { lane, at }, Gap { lane, at: at + 1 }]));
        self.offer(job, &gaps, &mut best);
        if best.0 == i64::MAX {
            // No neighbour stands where the job may, and no such vehicle is idle.
            let of_lane = |lane: usize| (1..self.all[lane].stops.len()).map(move |at| Gap { lane, at });
            gaps = (0..self.all.len()).flat_map(of_lane).collect();
            self.offer(job, &gaps, &mut best);
        }
        let (_, Gap { lane, at }, arrival) = best;
        self.all[lane].stops.splice(at..at, arrival.stops().iter().copied());
        self.sum_up(lane);
    }

    /// Looks for a cheaper gap for a job.
    fn offer(&self, job: u32, gaps: &[Gap], best: &mut (i64, Gap, Arrival)) {
        let ground = self.ground;
        for &gap in gaps {
            let lane = &self.all[gap.lane];
            if !ground.may_visit(lane.kind, &[job]) {
                continue;
            }
            let with_visit = Arrival::with_visit(job, ground.reload()).into_iter().filter(|two| self.splits(gap, two));
            for arrival in std::iter::once(Arrival::alone(job)).chain(with_visit) {
                let change = self.way_into(gap, arrival.stops()) - lane.penalty;
                if change >= best.0 {
                    continue;
                }
                let cut = ((gap.lane, gap.at - 1), (gap.lane, gap.at));
                let change = change + self.price_of_trips(cut, &[arrival.stops()], best.0.saturating_sub(change));
                if change < best.0 {
                    *best = (change, gap, arrival);
                }
            }
        }
    }

    /// Whether the visit with a job makes two trips of one there.
    fn splits(&self, Gap { lane, at }: Gap, arrival: &Arrival) -> bool {
        let (ground, lane) = (self.ground, &self.all[lane]);
        !lane.is_bound(ground, if ground.is_job(arrival.stops[0]) { at } else { at - 1 })
    }

    /// What the way over these stops costs more than the one past them.
    fn way_into(&self, Gap { lane, at }: Gap, between: &[u32]) -> i64 {
        let lane = &self.all[lane];
        let (from, to) = (lane.stops[at - 1], lane.stops[at]);
        self.chain(lane.rows, from, &[between], to) + self.way(lane.rows, between)
            - self.ground.cost_in(lane.rows, from, to)
    }

    /// What a lane saves without these stops, by the way alone.
    fn way_past(&self, Piece { lane, at, count }: Piece) -> i64 {
        let (ground, lane) = (self.ground, &self.all[lane]);
        let with = self.way(lane.rows, &lane.stops[at - 1..=at + count]);
        with - ground.cost_in(lane.rows, lane.stops[at - 1], lane.stops[at + count])
    }

    /// What the ways between these pieces cost, from one stop and to another.
    fn chain(&self, rows: usize, from: u32, pieces: &[&[u32]], to: u32) -> i64 {
        let cost = |from: u32, to: u32| self.ground.cost_in(rows, from, to);
        let mut last = from;
        let mut sum = 0;
        for piece in pieces {
            if let [first, ..] = **piece {
                sum += cost(last, first);
                last = piece[piece.len() - 1];
            }
        }
        sum + cost(last, to)
    }

    /// What the ways cost more when two pieces change places.
    fn way_of_exchange(&self, one: Piece, other: Piece) -> i64 {
        let stops = |piece: Piece| &self.all[piece.lane].stops[piece.at..piece.end()];
        let (x, y) = (&self.all[one.lane], &self.all[other.lane]);
        let (ours, theirs) = (stops(one), stops(other));
        if one.lane == other.lane {
            let (first, second) = if one.at < other.at { (one, other) } else { (other, one) };
            let (from, to) = (x.stops[first.at - 1], x.stops[second.end()]);
            let between = &x.stops[first.end()..second.at];
            return self.chain(x.rows, from, &[stops(second), between, stops(first)], to)
                - self.chain(x.rows, from, &[stops(first), between, stops(second)], to);
        }
        let around = |piece: Piece| {
            let lane = &self.all[piece.lane];
            (lane.rows, lane.stops[piece.at - 1], lane.stops[piece.end()])
        };
        let ((my_rows, p, n), (their_rows, q, m)) = (around(one), around(other));
        let within = |stops: &[u32]| self.way(y.rows, stops) - self.way(x.rows, stops);
        let dearer = if x.rows == y.rows { 0 } else { within(ours) - within(theirs) };
        self.chain(my_rows, p, &[theirs], n) + self.chain(their_rows, q, &[ours], m)
            - self.chain(my_rows, p, &[ours], n)
            - self.chain(their_rows, q, &[theirs], m)
            + dearer
    }

    /// Whether a change pays that costs so much beside these tours.
    fn cuts_pay(&self, mut change: i64, cuts: &[(Cut, &[&[u32]])]) -> bool {
        for (cut, pieces) in cuts {
            if change >= 0 {
                return false;
            }
            change += self.price_of_trips(*cut, pieces, -change);
        }
        change < 0
    }

    /// The trips of a lane, without visits of the depot.
    fn trips_of(&self, lane: usize) -> Vec<Piece> {
        let (ground, stops) = (self.ground, &self.all[lane].stops);
        let mut trips = Vec::new();
        let mut at = 1;
        while at + 1 < stops.len() {
            let end = self.all[lane].trip_end(ground, at);
            trips.push(Piece { lane, at, count: end - at });
            at = end + 1;
        }
        trips
    }
}

impl Descent<'_> {
    /// Whether it pays that two pieces change places, with so much more way.
    #[inline(never)]
    pub(super) fn pays_in_trips(&self, one: Piece, other: Piece, way: i64) -> bool {
        let lanes = &self.lanes;
        let (x, y) = (&lanes.all[one.lane], &lanes.all[other.lane]);
        let stops = |piece: Piece| &lanes.all[piece.lane].stops[piece.at..piece.end()];
        if one.lane == other.lane {
            let (first, second) = if one.at < other.at { (one, other) } else { (other, one) };
            let pieces = [stops(second), &x.stops[first.end()..second.at], stops(first)];
            let cut = ((one.lane, first.at - 1), (one.lane, second.end()));
            return lanes.cuts_pay(way - x.penalty, &[(cut, &pieces)]);
        }
        let cut = |piece: Piece| ((piece.lane, piece.at - 1), (piece.lane, piece.end()));
        lanes.cuts_pay(way - x.penalty - y.penalty, &[(cut(one), &[stops(other)]), (cut(other), &[stops(one)])])
    }

    /// The same for two lanes that exchange their tails.
    #[inline(never)]
    pub(super) fn tails_pay(&self, cuts: [Cut; 2], change: i64) -> bool {
        self.lanes.cuts_pay(change, &cuts.map(|cut| (cut, &[][..])))
    }

    /// Two pieces change places if that pays.
    fn exchange_if_it_pays(&mut self, one: Piece, other: Piece) -> bool {
        self.looks += 1;
        let lanes = &self.lanes;
        let penalty = |piece: Piece| lanes.all[piece.lane].penalty;
        let all = penalty(one) + if one.lane == other.lane { 0 } else { penalty(other) };
        let way = lanes.way_of_exchange(one, other);
        let pays = way < all && self.pays_in_trips(one, other, way);
        if pays {
            self.exchange(one, other);
        }
        pays
    }

    /// A job moves next to another one, with a visit of the depot on one side.
    #[inline(never)]
    pub(super) fn with_visit(&mut self, one: Place, other: Place) -> bool {
        let (ground, lanes) = (self.lanes.ground, &self.lanes);
        let (x, y) = (&lanes.all[one.lane], &lanes.all[other.lane]);
        let (i, job) = (one.at, x.stops[one.at]);
        if !ground.may_visit(y.kind, &[job]) {
            return false;
        }
        let same = one.lane == other.lane;
        let penalty = x.penalty + if same { 0 } else { y.penalty };
        let most = lanes.way_past(Piece { lane: one.lane, at: i, count: 1 }) + penalty;
        let [from_job, from_depot] = [job, ground.reload()].map(|stop| ground.row_in(y.rows, stop));
        let cost = |row: &[i32], to: u32| i64::from(row[to as usize]);
        let mut looks = 0;
        let mut found = None;
        for gap in [other.at, other.at + 1].map(|at| Gap { lane: other.lane, at }) {
            let (from, to) = (y.stops[gap.at - 1], y.stops[gap.at]);
            let row = ground.row_in(y.rows, from);
            let ways = [
                cost(row, ground.reload()) + cost(from_depot, job) + cost(from_job, to) - cost(row, to),
                cost(row, job) + cost(from_job, ground.reload()) + cost(from_depot, to) - cost(row, to),
            ];
            let beside_itself = same && (gap.at == i || gap.at == i + 1);
            for (way, arrival) in ways.into_iter().zip(Arrival::with_visit(job, ground.reload())) {
                looks += 1;
                if found.is_some() || way >= most || beside_itself || !lanes.splits(gap, &arrival) {
                    continue;
                }
                let (new, at, change) = (arrival.stops(), gap.at, way - most);
                let pays = match () {
                    () if !same => {
                        let mine: (Cut, &[&[u32]]) = (((one.lane, i - 1), (one.lane, i + 1)), &[]);
                        lanes.cuts_pay(change, &[mine, (((gap.lane, at - 1), (gap.lane, at)), &[new])])
                    }
                    () if at > i => {
                        lanes.cuts_pay(change, &[(((one.lane, i - 1), (one.lane, at)), &[&x.stops[i + 1..at], new])])
                    }
                    () => lanes.cuts_pay(change, &[(((one.lane, at - 1), (one.lane, i + 1)), &[new, &x.stops[at..i]])]),
                };
                found = pays.then_some((gap, arrival));
            }
        }
        self.looks += looks;
        let Some((Gap { lane, at }, arrival)) = found else { return false };
        let later = same && at > i;
        self.lanes.all[one.lane].stops.remove(i);
        let at = if later { at - 1 } else { at };
        self.lanes.all[lane].stops.splice(at..at, arrival.stops().iter().copied());
        self.lanes.sum_up(one.lane);
        if !same {
            self.lanes.sum_up(lane);
        }
        true
    }

    /// What follows the one in its trip and the other with what follows it in its own change places; or the other way round.
    #[inline(never)]
    pub(super) fn rest_of_trips(&mut self, one: Place, other: Place) -> bool {
        self.rests(one, other) || self.rests(other, one)
    }

    fn rests(&mut self, one: Place, other: Place) -> bool {
        let (ground, lanes) = (self.lanes.ground, &self.lanes);
        let (x, y) = (&lanes.all[one.lane], &lanes.all[other.lane]);
        if ground.same_trips {
            // Where trips end makes no difference.
            self.looks += 1;
            let penalty = if one.lane == other.lane { x.penalty } else { x.penalty + y.penalty };
            let [a, b] = [one.at, one.at + 1].map(|at| x.stops[at]);
            let [c, d] = [other.at - 1, other.at].map(|at| y.stops[at]);
            let (from_a, from_c) = (ground.costs_from(a), ground.costs_from(c));
            let cost = |row: &[i32], to: u32| i64::from(row[to as usize]);
            if cost(from_a, d) + cost(from_c, b) - cost(from_a, b) - cost(from_c, d) >= penalty {
                return false;
            }
        }
        let (my_end, their_end) = (x.trip_end(ground, one.at), y.trip_end(ground, other.at));
        let are_tails = my_end + 1 == x.stops.len() && their_end + 1 == y.stops.len();
        if one.lane == other.lane && my_end == their_end || one.lane != other.lane && are_tails {
            return false;
        }
        let mine = Piece { lane: one.lane, at: one.at + 1, count: my_end - one.at - 1 };
        let theirs = Piece { lane: other.lane, at: other.at, count: their_end - other.at };
        let may = x.kind == y.kind
            || ground.may_visit(y.kind, &x.stops[mine.at..mine.end()])
                && ground.may_visit(x.kind, &y.stops[theirs.at..theirs.end()]);
        may && self.exchange_if_it_pays(mine, theirs)
    }

    /// Moves visits and trips of all lanes that have changed since they were last moved.
    pub(super) fn move_visits(&mut self) {
        if !self.lanes.ground.has_trips() {
            return;
        }
        for lane in 0..self.lanes.all.len() {
            if self.lanes.all[lane].changed <= self.visits_moved[lane] {
                continue;
            }
            while self.drop_visit(lane) || self.shift_visit(lane) || self.add_visit(lane) || self.move_trip(lane) {}
            self.visits_moved[lane] = self.lanes.clock;
        }
    }

    /// Takes out a visit, so that two trips become one.
    fn drop_visit(&mut self, lane: usize) -> bool {
        for visit in self.visits(lane) {
            self.looks += 1;
            let penalty = self.lanes.all[lane].penalty;
            let change = -self.lanes.way_past(Piece { lane, at: visit, count: 1 }) - penalty;
            if self.lanes.cuts_pay(change, &[(((lane, visit - 1), (lane, visit + 1)), &[])]) {
                self.lanes.all[lane].stops.remove(visit);
                self.lanes.sum_up(lane);
                return true;
            }
        }
        false
    }

    /// Moves a visit to another gap of the two trips between which it stands.
    fn shift_visit(&mut self, lane: usize) -> bool {
        for visit in self.visits(lane) {
            let x = &self.lanes.all[lane];
            let bound = |at: &usize| x.is_bound(self.lanes.ground, *at);
            let first = (0..visit).rev().find(bound).unwrap_or(0);
            let last = (visit + 1..x.stops.len()).find(bound).unwrap_or(visit);
            for at in (first + 2..visit).chain(visit + 2..last) {
                if self.exchange_if_it_pays(Piece { lane, at: visit, count: 1 }, Piece { lane, at, count: 0 }) {
                    return true;
                }
            }
        }
        false
    }

    /// Puts a visit into a gap of a lane that is late or overloaded.
    fn add_visit(&mut self, lane: usize) -> bool {
        let ground = self.lanes.ground;
        let reload = [ground.reload()];
        for at in 1..self.lanes.all[lane].stops.len() {
            let x = &self.lanes.all[lane];
            if x.penalty == 0 || x.is_bound(ground, at - 1) || x.is_bound(ground, at) {
                continue;
            }
            self.looks += 1;
            let change = self.lanes.way_into(Gap { lane, at }, &reload) - x.penalty;
            if self.lanes.cuts_pay(change, &[(((lane, at - 1), (lane, at)), &[&reload])]) {
                self.lanes.all[lane].stops.insert(at, reload[0]);
                self.lanes.sum_up(lane);
                return true;
            }
        }
        false
    }

    /// Exchanges a trip of a lane for another one, or moves it between others, where that can pay at all.
    fn move_trip(&mut self, lane: usize) -> bool {
        if self.lanes.all[lane].penalty == 0 && self.lanes.ground.same_trips {
            return false;
        }
        let (ground, others) = (self.lanes.ground, 0..self.lanes.all.len());
        for mine in self.lanes.trips_of(lane) {
            for other in others.clone() {
                let (x, y) = (&self.lanes.all[lane], &self.lanes.all[other]);
                let strict = x.kind != y.kind;
                if strict && !ground.may_visit(y.kind, &x.stops[mine.at..mine.end()]) {
                    continue;
                }
                for theirs in self.lanes.trips_of(other) {
                    let apart = other != lane || theirs.at != mine.at;
                    let y = &self.lanes.all[other];
                    let may = !strict || ground.may_visit(self.lanes.all[lane].kind, &y.stops[theirs.at..theirs.end()]);
                    if apart && may && self.exchange_if_it_pays(mine, theirs) {
                        return true;
                    }
                }
                if self.bring_trip(mine, other) {
                    return true;
                }
            }
        }
        false
    }

    /// Moves a trip between those of a lane, with the visit before it behind one of them; the first of a lane with the visit after it before one.
    fn bring_trip(&mut self, Piece { lane, at, count }: Piece, to: usize) -> bool {
        let alone = at + count + 1 == self.lanes.all[lane].stops.len();
        let trip = match (at == 1, alone) {
            (true, true) => Piece { lane, at, count },
            (true, false) => Piece { lane, at, count: count + 1 },
            (false, _) => Piece { lane, at: at - 1, count: count + 1 },
        };
        let mut gaps: Vec<usize> = match self.lanes.trips_of(to) {
            none if none.is_empty() => vec![1],
            trips if at == 1 => trips.into_iter().map(|trip| trip.at).collect(),
            trips => trips.into_iter().map(Piece::end).collect(),
        };
        gaps.retain(|&gap| to != lane || gap < trip.at || gap > trip.end());
        gaps.into_iter().any(|gap| self.exchange_if_it_pays(trip, Piece { lane: to, at: gap, count: 0 }))
    }

    /// Where the visits of the depot stand in a lane, beside the first.
    fn visits(&self, lane: usize) -> Vec<usize> {
        let (ground, stops) = (self.lanes.ground, &self.lanes.all[lane].stops);
        (1..stops.len() - 1).filter(|&at| !ground.is_job(stops[at])).collect()
    }
}
