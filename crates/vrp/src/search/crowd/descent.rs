//! Downhill from a solution until no small change makes it cheaper.
//!
//! **Why.** What two parents leave of a child is ragged; a child is worth judging once everything near at hand is put right. **How.**
//! For every job and each of its neighbours in turn: up to three jobs move beside the neighbour, or change places with one or two beside
//! it; two tours exchange their tails so that both stand together; or a stretch between them turns round. The way alone says first whether a change can
//! pay at all, since nothing gains more than its lanes' penalties; most end there. Then for pairs of tours that meet, jobs change tours,
//! each to its best place in the other (SWAP*); and vehicles of different kinds exchange their tours. Lanes
//! that have not changed since are not asked again. (Thibaut Vidal,
//! "Hybrid genetic search for the CVRP: Open-source implementation and SWAP* neighborhood", Computers & Operations Research 140, 2022.)
//! **What never happens:** a change that does not lower the sum of cost and penalties, so it ends.

use fastrand::Rng;

use super::choice;
use super::ground::Ground;
use super::lanes::{Lanes, Place, Prices, Tour};
use super::mate::mate;
use super::swap_star::SwapStar;

/// The longest string that moves, and the longest that comes back for it.
const LONGEST: usize = 3;
const LONGEST_BACK: usize = 2;

/// The share of children that get a further tour, where jobs may be left out.
const SENT_OUT: f64 = 0.25;

/// After so many jobs the walk looks whether time is up.
const LOOK_EVERY: usize = 64;

/// The walk downhill.
#[derive(Debug)]
pub(super) struct Descent<'g> {
    pub(super) lanes: Lanes<'g>,
    /// For each job when its changes were last tried.
    tried: Vec<u64>,
    /// The jobs in the order of their turns.
    order: Vec<u32>,
    /// Lanes that were last changed by then are put right with each other.
    settled: u64,
    /// How many changes were looked at: the measure of work.
    pub(super) looks: u64,
    swap_star: SwapStar,
    /// For each lane when its visits of the depot were last moved.
    pub(super) visits_moved: Vec<u64>,
    /// For each lane when its vehicle was last tried for another.
    traded: Vec<u64>,
    room: Vec<u32>,
    spare: Vec<u32>,
}

/// A string of stops of a lane: where it begins and how many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) lane: usize,
    pub(super) at: usize,
    pub(super) count: usize,
}

impl Piece {
    pub(super) fn end(self) -> usize {
        self.at + self.count
    }
}

impl<'g> Descent<'g> {
    pub(super) fn new(ground: &'g Ground, prices: Prices) -> Self {
        let lanes = Lanes::new(ground, prices);
        let count = lanes.all.len();
        Self {
            lanes,
            tried: vec![0; ground.jobs],
            order: (0..ground.jobs as u32).collect(),
            settled: 0,
            looks: 0,
            swap_star: SwapStar::new(count),
            traded: vec![0; count],
            visits_moved: vec![0; count],
            room: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Begins with everybody put where that costs least, in an order drawn at random.
    pub(super) fn found(&mut self, rng: &mut Rng) {
        rng.shuffle(&mut self.order);
        match &self.lanes.ground.stakes {
            None => self.order.iter().for_each(|&job| self.lanes.insert(job)),
            Some(stakes) => {
                let able = self.order.iter().filter(|&&job| stakes.may_stand(job));
                able.for_each(|&job| self.lanes.insert_below(job, stakes.of(job)));
            }
        }
    }

    /// Begins with a child of these two. What it has from the first as it is was put right before.
    pub(super) fn mate(&mut self, first: &[Tour], second: &[Tour], rng: &mut Rng) {
        let before = self.lanes.clock;
        let intact = mate(&mut self.lanes, first, second, rng);
        self.settled = before + intact as u64;
        if self.lanes.ground.stakes.is_some() {
            if rng.f64() < SENT_OUT {
                choice::send_out(&mut self.lanes, rng);
            }
            let lost = first.iter().flat_map(|tour| &tour.jobs).filter(|&&job| self.lanes.place(job).is_none());
            let lost: Vec<u32> = lost.copied().collect();
            self.lanes.leave_out(&lost);
        }
    }

    /// Dearer prices from now on. Between lanes without penalties nothing new can pay.
    pub(super) fn price(&mut self, prices: Prices) {
        self.settled = self.lanes.clock;
        self.lanes.price(prices);
    }

    /// Walks down from the present lanes to where no change pays; says whether it got there before time was up.
    pub(super) fn run(&mut self, rng: &mut Rng, is_over: &dyn Fn() -> bool) -> bool {
        self.tried.fill(self.settled);
        self.forget();
        self.swap_star.begin(self.settled);
        self.traded.fill(self.settled);
        self.visits_moved.fill(self.settled);
        rng.shuffle(&mut self.order);
        let mut first = true;
        loop {
            let before = self.lanes.clock;
            for index in 0..self.order.len() {
                if index % LOOK_EVERY == 0 && is_over() {
                    return false;
                }
                self.improve(self.order[index], first);
            }
            if !first && self.lanes.clock == before {
                self.trade();
                self.move_visits();
                self.looks += self.swap_star.run(&mut self.lanes);
                if self.lanes.clock == before {
                    return true;
                }
            }
            first = false;
        }
    }

    /// Brings a job beside each of its neighbours where that pays; unless the first time, also to an idle vehicle. A tour goes as a whole only
    /// after the first time, too: until then who stands nowhere may still join it.
    pub(super) fn improve(&mut self, job: u32, first: bool) {
        let tried = std::mem::replace(&mut self.tried[job as usize], self.lanes.clock);
        if self.lanes.place(job).is_none() {
            self.looks += choice::admit(&mut self.lanes, job, tried).looks;
            return self.forget();
        }
        for &neighbour in self.lanes.ground.beside(job) {
            let (Some(one), Some(other)) = (self.lanes.place(job), self.lanes.place(neighbour)) else { continue };
            let changed = |place: Place| self.lanes.all[place.lane].changed;
            if changed(one).max(changed(other)) > tried {
                self.bring_beside(one, other);
            }
        }
        if !first {
            self.part(job, tried);
        }
        self.looks += choice::leave(&mut self.lanes, job, tried, !first).looks;
        self.forget();
    }

    /// Whoever is left out has not been tried anywhere as such.
    fn forget(&mut self) {
        while let Some(job) = self.lanes.left_out.pop() {
            self.tried[job as usize] = 0;
        }
    }

    /// Brings one job beside the other by the first change that pays, if any does.
    fn bring_beside(&mut self, one: Place, other: Place) {
        let mut done = self.behind(one, other) || self.before(one, other);
        if self.lanes.ground.has_trips() {
            done = done || self.with_visit(one, other) || self.rest_of_trips(one, other);
        }
        if !done && one.lane == other.lane {
            self.turn(one.lane, one.at, other.at);
        } else if !done && !self.tails(other, one) {
            self.tails(one, other);
        }
    }

    /// A piece that begins with the one comes behind the other, perhaps in exchange for what stands there.
    fn behind(&mut self, one: Place, other: Place) -> bool {
        let (ground, lanes) = (self.lanes.ground, &self.lanes.all);
        let (x, y) = (&lanes[one.lane], &lanes[other.lane]);
        let same = one.lane == other.lane;
        let penalty = if same { x.penalty } else { x.penalty + y.penalty };
        let (i, j) = (one.at, other.at);
        let (p, u, v, v0) = (x.stops[i - 1], x.stops[i], y.stops[j], y.stops[j + 1]);
        let cost = |row: &[i32], to: u32| i64::from(row[to as usize]);
        let from_p = ground.row_in(x.rows, p);
        let from_v = ground.row_in(y.rows, v);
        let joint = cost(from_v, u) - cost(from_p, u) - cost(from_v, v0);
        let most_back = LONGEST_BACK.min(y.stops.len() - j - 2);
        // What strings cost more within on another kind of vehicle.
        let (dear, strict) = (x.rows != y.rows, x.kind != y.kind);
        let mut more = 0;
        let mut looks = 0;
        for count in 1..=LONGEST.min(x.stops.len() - 1 - i) {
            let (ul, n) = (x.stops[i + count - 1], x.stops[i + count]);
            if strict && !ground.may_visit(y.kind, &[ul]) {
                break;
            }
            if dear && count > 1 {
                more += self.lanes.dearer(y, x, x.stops[i + count - 2], ul);
            }
            let ul_in_y = ground.row_in(y.rows, ul);
            let ul_in_x = if dear { ground.row_in(x.rows, ul) } else { ul_in_y };
            let without = joint + more - cost(ul_in_x, n);
            let mut more_back = 0;
            for back in 0..=most_back {
                let m = y.stops[j + back + 1];
                let way = if back == 0 {
                    without + cost(from_p, n) + cost(ul_in_y, m)
                } else {
                    let vl = y.stops[j + back];
                    if strict && !ground.may_visit(x.kind, &[vl]) {
                        break;
                    }
                    if dear && back > 1 {
                        more_back += self.lanes.dearer(x, y, y.stops[j + back - 1], vl);
                    }
                    let vl_in_y = ground.row_in(y.rows, vl);
                    let vl_in_x = if dear { ground.row_in(x.rows, vl) } else { vl_in_y };
                    without + more_back + cost(ul_in_y, m) + cost(from_p, v0) + cost(vl_in_x, n) - cost(vl_in_y, m)
                };
                looks += 1;
                if way < penalty && (!same || i + count <= j || j + 1 + back < i) {
                    let (mine, theirs) =
                        (Piece { lane: one.lane, at: i, count }, Piece { lane: other.lane, at: j + 1, count: back });
                    if self.pays(mine, theirs, way) {
                        self.exchange(mine, theirs);
                        self.looks += looks;
                        return true;
                    }
                }
            }
        }
        self.looks += looks;
        false
    }

    /// A piece that ends with the one comes before the other.
    fn before(&mut self, one: Place, other: Place) -> bool {
        let (ground, lanes) = (self.lanes.ground, &self.lanes.all);
        let (x, y) = (&lanes[one.lane], &lanes[other.lane]);
        let same = one.lane == other.lane;
        let penalty = if same { x.penalty } else { x.penalty + y.penalty };
        let (i, j) = (one.at, other.at);
        let (u, n, v, q) = (x.stops[i], x.stops[i + 1], y.stops[j], y.stops[j - 1]);
        let (in_x, in_y) = (
            |from: u32, to: u32| ground.cost_in(x.rows, from, to),
            |from: u32, to: u32| ground.cost_in(y.rows, from, to),
        );
        let (dear, strict) = (x.rows != y.rows, x.kind != y.kind);
        let mut joint = in_y(u, v) - in_x(u, n) - in_y(q, v);
        for count in 1..=LONGEST.min(i) {
            let (first, p) = (x.stops[i + 1 - count], x.stops[i - count]);
            if strict && !ground.may_visit(y.kind, &[first]) {
                break;
            }
            if dear && count > 1 {
                joint += self.lanes.dearer(y, x, first, x.stops[i + 2 - count]);
            }
            let way = joint + in_y(q, first) - in_x(p, first) + in_x(p, n);
            self.looks += 1;
            if way < penalty && (!same || i + 1 < j || j + count < i + 1) {
                let (mine, theirs) =
                    (Piece { lane: one.lane, at: i + 1 - count, count }, Piece { lane: other.lane, at: j, count: 0 });
                if self.pays(mine, theirs, way) {
                    self.exchange(mine, theirs);
                    return true;
                }
            }
        }
        false
    }

    /// Whether it pays that two pieces change places, with so much more way.
    pub(super) fn pays(&self, one: Piece, other: Piece, way: i64) -> bool {
        if self.lanes.ground.has_trips() {
            return self.pays_in_trips(one, other, way);
        }
        if one.lane == other.lane {
            return if one.at < other.at {
                self.pays_within(one, other, way)
            } else {
                self.pays_within(other, one, way)
            };
        }
        let (ground, lanes) = (self.lanes.ground, &self.lanes);
        let (x, y) = (&lanes.all[one.lane], &lanes.all[other.lane]);
        let carried = |loads: &[i64], piece: Piece| loads[piece.end() - 1] - loads[piece.at - 1];
        let more = carried(&y.loads, other) - carried(&x.loads, one);
        let mut change = way - x.penalty - y.penalty
            + lanes.price_of_load(x, x.load() + more)
            + lanes.price_of_load(y, y.load() - more);
        if ground.timed && change < 0 {
            let theirs = &y.stops[other.at..other.end()];
            change += lanes.prices.warp * lanes.warp((one.lane, one.at - 1), theirs, (one.lane, one.end()));
            if change < 0 {
                let ours = &x.stops[one.at..one.end()];
                change += lanes.prices.warp * lanes.warp((other.lane, other.at - 1), ours, (other.lane, other.end()));
            }
        }
        change < 0
    }

    /// The same for two pieces of one lane.
    fn pays_within(&self, first: Piece, second: Piece, way: i64) -> bool {
        let lanes = &self.lanes;
        let lane = &lanes.all[first.lane];
        let mut change = way - lane.penalty + lanes.price_of_load(lane, lane.load());
        if lanes.ground.timed && change < 0 {
            let begin = (lane.before[first.at - 1], lane.stops[first.at - 1]);
            let begin = lanes.through(begin, &lane.stops[second.at..second.end()]);
            let begin = lanes.through(begin, &lane.stops[first.end()..second.at]);
            let (stretch, last) = lanes.through(begin, &lane.stops[first.at..first.end()]);
            let end = second.end();
            let whole = stretch.join(lanes.ground.time(last, lane.stops[end]), lane.after[end]);
            change += lanes.prices.warp * lane.late(whole);
        }
        change < 0
    }

    /// Two pieces change places.
    pub(super) fn exchange(&mut self, one: Piece, other: Piece) {
        if one.lane == other.lane {
            return if one.at < other.at { self.exchange_within(one, other) } else { self.exchange_within(other, one) };
        }
        let lanes = &mut self.lanes.all;
        self.spare.clear();
        self.spare.extend_from_slice(&lanes[one.lane].stops[one.at..one.end()]);
        self.room.clear();
        self.room.extend_from_slice(&lanes[other.lane].stops[other.at..other.end()]);
        lanes[one.lane].stops.splice(one.at..one.end(), self.room.iter().copied());
        lanes[other.lane].stops.splice(other.at..other.end(), self.spare.iter().copied());
        self.lanes.sum_up(one.lane);
        self.lanes.sum_up(other.lane);
    }

    fn exchange_within(&mut self, first: Piece, second: Piece) {
        let stops = &mut self.lanes.all[first.lane].stops;
        self.room.clear();
        self.room.extend_from_slice(&stops[second.at..second.end()]);
        self.room.extend_from_slice(&stops[first.end()..second.at]);
        self.room.extend_from_slice(&stops[first.at..first.end()]);
        stops[first.at..second.end()].copy_from_slice(&self.room);
        self.lanes.sum_up(first.lane);
    }

    /// The stretch between two stops of a lane turns round, if that pays.
    fn turn(&mut self, lane: usize, i: usize, j: usize) {
        let (from, to) = if i < j { (i + 1, j + 1) } else { (j + 1, i + 1) };
        self.looks += 1;
        let (ground, rows, stops) = (self.lanes.ground, self.lanes.all[lane].rows, &self.lanes.all[lane].stops);
        let [before, first, last, after] = [from - 1, from, to - 1, to].map(|at| stops[at]);
        let cost = |from: u32, to: u32| ground.cost_in(rows, from, to);
        let mut way = cost(before, last) + cost(first, after) - cost(before, first) - cost(last, after);
        let turned = || stops[from..to].iter().rev().copied();
        if !ground.symmetric {
            self.room.clear();
            self.room.extend(turned());
            way += self.lanes.way(rows, &self.room) - self.lanes.way(rows, &stops[from..to]);
        }
        let penalty = self.lanes.all[lane].penalty;
        if way >= penalty {
            return;
        }
        self.room.clear();
        self.room.extend(turned());
        if self.lanes.ground.has_trips() {
            let price = self.lanes.price_of_trips(((lane, from - 1), (lane, to)), &[&self.room], penalty - way);
            if way + price < penalty {
                self.lanes.all[lane].stops[from..to].copy_from_slice(&self.room);
                self.lanes.sum_up(lane);
            }
            return;
        }
        let warp = if ground.timed { self.lanes.warp((lane, from - 1), &self.room, (lane, to)) } else { 0 };
        let load = self.lanes.price_of_load(&self.lanes.all[lane], self.lanes.all[lane].load());
        if way + self.lanes.prices.warp * warp + load < penalty {
            self.lanes.all[lane].stops[from..to].copy_from_slice(&self.room);
            self.lanes.sum_up(lane);
        }
    }

    /// What follows one stop comes behind what precedes the other: the tour of the one goes on with the other, and the tour of the
    /// other with what followed the one.
    fn tails(&mut self, one: Place, other: Place) -> bool {
        self.looks += 1;
        let (ground, lanes) = (self.lanes.ground, &self.lanes);
        let (x, y) = (&lanes.all[one.lane], &lanes.all[other.lane]);
        let (i, j) = (one.at, other.at);
        let [a, b, c, d] = [x.stops[i], x.stops[i + 1], y.stops[j - 1], y.stops[j]];
        let way = if x.kind == y.kind {
            let cost = |from: u32, to: u32| ground.cost_in(x.rows, from, to);
            cost(a, d) + cost(c, b) - cost(a, b) - cost(c, d)
        } else if y.to_others.able[j] >> x.kind & x.to_others.able[i + 1] >> y.kind & 1 == 0 {
            return false;
        } else {
            lanes.way_on(x, a, y, j) + lanes.way_on(y, c, x, i + 1)
                - lanes.way_on(x, a, x, i + 1)
                - lanes.way_on(y, c, y, j)
        };
        let penalty = x.penalty + y.penalty;
        if way >= penalty {
            return false;
        }
        if ground.has_trips() {
            let pays = self
                .tails_pay([((one.lane, i), (other.lane, j)), ((other.lane, j - 1), (one.lane, i + 1))], way - penalty);
            if pays {
                self.cross(one.lane, i + 1, other.lane, j);
            }
            return pays;
        }
        let load = x.loads[i] + y.load() - y.loads[j - 1];
        let rest = x.load() + y.load() - load;
        let mut change = way - penalty + lanes.price_of_load(x, load) + lanes.price_of_load(y, rest);
        if ground.timed && change < 0 {
            let warp = lanes.warp((one.lane, i), &[], (other.lane, j))
                + lanes.warp((other.lane, j - 1), &[], (one.lane, i + 1));
            change += lanes.prices.warp * warp;
        }
        if change >= 0 {
            return false;
        }
        self.cross(one.lane, i + 1, other.lane, j);
        true
    }

    /// Exchanges what two lanes do from these stops on, but for their ends.
    fn cross(&mut self, one: usize, from: usize, other: usize, upto: usize) {
        let [my_end, their_end] = [one, other].map(|lane| self.lanes.ground.end_of(self.lanes.all[lane].kind));
        self.room.clear();
        self.room.extend_from_slice(&self.lanes.all[one].stops[from..]);
        self.lanes.all[one].stops.truncate(from);
        let theirs = std::mem::take(&mut self.lanes.all[other].stops);
        self.lanes.all[one].stops.extend_from_slice(&theirs[upto..]);
        self.lanes.all[other].stops = theirs;
        self.lanes.all[other].stops.truncate(upto);
        self.lanes.all[other].stops.extend_from_slice(&self.room);
        for (lane, end) in [(one, my_end), (other, their_end)] {
            self.lanes.all[lane].stops.pop();
            self.lanes.all[lane].stops.push(end);
            self.lanes.sum_up(lane);
        }
    }

    /// Gives a job and up to two after it, or all that follows, to an idle vehicle where that pays.
    fn part(&mut self, job: u32, tried: u64) {
        for kind in 0..self.lanes.ground.kinds.all.len() {
            let Some(Place { lane, at }) = self.lanes.place(job) else { return };
            if self.lanes.all[lane].changed <= tried {
                return;
            }
            if let Some(idle) = self.lanes.idle(kind)
                && self.part_to(Place { lane, at }, idle)
            {
                return;
            }
        }
    }

    fn part_to(&mut self, Place { lane, at }: Place, idle: usize) -> bool {
        let (ground, lanes) = (self.lanes.ground, &self.lanes.all);
        let (x, y) = (&lanes[lane], &lanes[idle]);
        let (p, u) = (x.stops[at - 1], x.stops[at]);
        let (dear, strict) = (x.rows != y.rows, x.kind != y.kind);
        let in_x = |from: u32, to: u32| ground.cost_in(x.rows, from, to);
        let in_y = |from: u32, to: u32| ground.cost_in(y.rows, from, to);
        let mut joint = in_y(y.stops[0], u) - in_x(p, u);
        for count in 1..=LONGEST.min(x.stops.len() - 1 - at) {
            let (last, n) = (x.stops[at + count - 1], x.stops[at + count]);
            if strict && !ground.may_visit(y.kind, &[last]) {
                return false;
            }
            if dear && count > 1 {
                joint += self.lanes.dearer(y, x, x.stops[at + count - 2], last);
            }
            let way = joint + in_x(p, n) - in_x(last, n) + in_y(last, y.stops[1]);
            let (mine, theirs) = (Piece { lane, at, count }, Piece { lane: idle, at: 1, count: 0 });
            if way < x.penalty && self.pays(mine, theirs, way) {
                self.exchange(mine, theirs);
                return true;
            }
        }
        self.tails(Place { lane, at: at - 1 }, Place { lane: idle, at: 1 })
    }

    /// Lets two vehicles of different kinds exchange their tours where that pays; idle ones get tours in [`Self::part`].
    pub(super) fn trade(&mut self) {
        if !self.lanes.ground.mixed {
            return;
        }
        let worked: Vec<usize> = (0..self.lanes.all.len()).filter(|&lane| !self.lanes.all[lane].is_empty()).collect();
        for (number, &one) in (1..).zip(&worked) {
            let tried = std::mem::replace(&mut self.traded[one], self.lanes.clock);
            for &other in &worked[number..] {
                let (x, y) = (&self.lanes.all[one], &self.lanes.all[other]);
                if x.kind != y.kind && x.changed.max(y.changed) > tried {
                    self.tails(Place { lane: one, at: 0 }, Place { lane: other, at: 1 });
                }
            }
        }
    }
}
