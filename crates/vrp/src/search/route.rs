//! One slot's sequence of visits, with the labels that make an insertion test constant-time.
//!
//! **Why.** Nearly all of the search's time goes into asking "may this job stand here, and what would it cost?" **How.** For
//! each stop and each state of the breaks the route keeps the earliest moment to leave it and the latest moment to arrive at
//! it; a job fits between two stops when leaving the first lets it be visited and still reach the second in time (Martin W. P.
//! Savelsbergh, "The Vehicle Routing Problem with Time Windows: Minimizing Route Duration", ORSA Journal on Computing 4(2),
//! 1992). Visits begin as early as they can, so "earlier is never worse" holds and the labels are exact, also with several
//! windows and breaks. **What never happens:** a label out of date; every change of the sequence relabels.

use super::legs::{Around, Leg, Row};
use super::model::{Model, Slot, Task};
use super::span::{self, Span};
use super::{NEVER, TOO_EARLY};

/// No job: the mark of the start and of the end.
const NO_JOB: u32 = u32::MAX;

/// A stop with all that an insertion beside it asks for, so that one look at memory brings it all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stop {
    /// The earliest moment to leave; where there are breaks, with none of them taken.
    pub(crate) ready: i64,
    /// The latest moment to arrive (of the start: to leave); unused where there are breaks.
    pub(crate) late: i64,
    /// What the leg to the next stop costs (0 in an empty route, which is not driven for itself).
    pub(crate) leg_cost: i64,
    pub(crate) place: u32,
    pub(crate) job: u32,
}

impl Stop {
    fn at(place: u32, job: u32) -> Self {
        Self { ready: NEVER, late: TOO_EARLY, leg_cost: 0, place, job }
    }
}

/// The visits of a slot and their labels. Stop 0 is the start, stop `jobs.len() + 1` the end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Route {
    pub(crate) jobs: Vec<u32>,
    stops: Vec<Stop>,
    /// Where there are breaks: for each stop but the end, for each break state, the earliest moment to leave.
    ready: Vec<i64>,
    /// Where there are breaks: for each stop, for each break state, the latest moment to arrive (of the start: to leave).
    late: Vec<i64>,
    /// Where the duration is bounded: for each stop, the stretches up to it and from it on.
    spans: Vec<[Span; 2]>,
    travel_cost: i64,
    /// Arrival at the end with all breaks taken, or [`NEVER`].
    finish: i64,
    /// Where a problem has rules beyond labels: the exact cost, or nothing if one is broken.
    pub(crate) exact: Option<i64>,
    /// Where all loads come from depots: what is on board after each visit.
    pub(crate) aboard: Vec<i64>,
}

/// Room for the times of one stop in each break state.
pub(crate) type Scratch = Vec<i64>;

impl Route {
    pub(crate) fn new(model: &Model<'_>, slot: usize) -> Self {
        let mut route = Self::default();
        route.relabel(model, slot);
        route
    }

    /// Copies another route, reusing the room of this one.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.jobs.clone_from(&other.jobs);
        self.stops.clone_from(&other.stops);
        self.ready.clone_from(&other.ready);
        self.late.clone_from(&other.late);
        self.spans.clone_from(&other.spans);
        self.aboard.clone_from(&other.aboard);
        (self.travel_cost, self.finish, self.exact) = (other.travel_cost, other.finish, other.exact);
    }

    /// Travel and elapsed time as they count; nothing for an empty route.
    pub(crate) fn cost(&self, slot: &Slot) -> i64 {
        if self.jobs.is_empty() { 0 } else { self.travel_cost + slot.weights.elapsed * (self.finish - slot.open) }
    }

    /// The same when the route may be infeasible: then only the travel counts.
    pub(crate) fn interim_cost(&self, slot: &Slot) -> i64 {
        if self.feasible() { self.cost(slot) } else { self.travel_cost }
    }

    /// Whether all visits and breaks fit.
    pub(crate) fn feasible(&self) -> bool {
        self.jobs.is_empty() || self.finish < NEVER
    }

    /// The first stop that cannot be left in any state, or else the last one: what to take out of an infeasible route.
    pub(crate) fn first_misfit(&self, model: &Model<'_>, slot: usize) -> Option<u32> {
        if self.feasible() {
            return None;
        }
        let states = model.slots[slot].breaks.count;
        let stuck = |stop: &usize| match states {
            1 => self.stops[*stop].ready >= NEVER,
            _ => self.ready[stop * states..][..states].iter().all(|&time| time >= NEVER),
        };
        let stop = (1..self.jobs.len()).find(stuck).unwrap_or(self.jobs.len());
        Some(self.jobs[stop - 1])
    }

    pub(crate) fn insert(&mut self, model: &Model<'_>, slot: usize, at: usize, job: u32) {
        self.jobs.insert(at, job);
        self.stops.insert(at + 1, Stop::at(model.tasks[job as usize].place, job));
        if self.jobs.len() == 1 || model.slots[slot].breaks.count > 1 {
            self.relabel_all(model, slot);
        } else {
            self.relabel_around(model, &model.slots[slot], at + 1);
        }
    }

    /// Labels a stop just put into a worked route of a slot without breaks: forwards and backwards as far as anything changes.
    fn relabel_around(&mut self, model: &Model<'_>, slot: &Slot, new: usize) {
        let task = &model.tasks[self.stops[new].job as usize];
        let [before, stop, after] = &mut self.stops[new - 1..=new + 1] else { unreachable!("a stop between two") };
        let (to, on) = (model.leg(before.place, stop.place), model.leg(stop.place, after.place));
        let (cost_to, cost_on) = (leg_cost(slot, to), leg_cost(slot, on));
        self.travel_cost += cost_to + cost_on - before.leg_cost;
        (before.leg_cost, stop.leg_cost) = (cost_to, cost_on);
        stop.ready = task.end(before.ready + to.duration());
        stop.late = task.latest_arrival(after.late - on.duration());
        let (mut ready, mut late) = (stop.ready, stop.late);
        let mut place = stop.place;
        let last = self.jobs.len();
        for stop in &mut self.stops[new + 1..=last] {
            ready = model.tasks[stop.job as usize].end(ready + model.leg(place, stop.place).duration());
            if std::mem::replace(&mut stop.ready, ready) == ready {
                break;
            }
            place = stop.place;
        }
        place = self.stops[new].place;
        for stop in self.stops[1..new].iter_mut().rev() {
            late = model.tasks[stop.job as usize].latest_arrival(late - model.leg(stop.place, place).duration());
            if std::mem::replace(&mut stop.late, late) == late {
                break;
            }
            place = stop.place;
        }
        self.arrive(model, slot);
    }

    /// Takes out the jobs for which `keep` is false.
    pub(crate) fn retain(&mut self, model: &Model<'_>, slot: usize, mut keep: impl FnMut(u32) -> bool) {
        self.jobs.retain(|&job| keep(job));
        self.relabel(model, slot);
    }

    /// Visits these jobs and no others.
    pub(crate) fn set(&mut self, model: &Model<'_>, slot: usize, jobs: &[u32]) {
        self.jobs.clear();
        self.jobs.extend_from_slice(jobs);
        self.relabel(model, slot);
    }

    /// Everything anew from the jobs.
    pub(crate) fn relabel(&mut self, model: &Model<'_>, index: usize) {
        let slot = &model.slots[index];
        self.stops.clear();
        self.stops.push(Stop::at(slot.start, NO_JOB));
        self.stops.extend(self.jobs.iter().map(|&job| Stop::at(model.tasks[job as usize].place, job)));
        self.stops.push(Stop::at(slot.end, NO_JOB));
        self.relabel_all(model, index);
    }

    /// All labels anew from the stops.
    fn relabel_all(&mut self, model: &Model<'_>, index: usize) {
        let slot = &model.slots[index];
        if slot.breaks.count == 1 {
            self.relabel_plain(model, slot);
        } else {
            self.relabel_legs(model, slot);
            self.relabel_with_breaks(model, slot);
        }
        self.arrive(model, slot);
    }

    fn arrive(&mut self, model: &Model<'_>, slot: &Slot) {
        let states = slot.breaks.count;
        let last = self.jobs.len();
        let ready = if states == 1 { self.stops[last].ready } else { self.ready[(last + 1) * states - 1] };
        let arrival = ready + model.leg(self.stops[last].place, slot.end).duration();
        self.finish = if arrival <= slot.close { arrival } else { NEVER };
        if let Some(longest) = slot.longest {
            span::spans(model, slot, &self.jobs, &mut self.spans);
            if self.spans[0][1].duration > longest {
                self.finish = NEVER;
            }
        }
    }

    fn relabel_legs(&mut self, model: &Model<'_>, slot: &Slot) {
        self.travel_cost = 0;
        for stop in 1..self.stops.len() {
            self.cost_leg(slot, stop - 1, model.leg(self.stops[stop - 1].place, self.stops[stop].place));
        }
    }

    fn cost_leg(&mut self, slot: &Slot, stop: usize, leg: Leg) {
        let cost = if self.jobs.is_empty() { 0 } else { leg_cost(slot, leg) };
        self.stops[stop].leg_cost = cost;
        self.travel_cost += cost;
    }

    fn relabel_plain(&mut self, model: &Model<'_>, slot: &Slot) {
        self.travel_cost = 0;
        let last = self.jobs.len();
        let mut ready = slot.open;
        self.stops[0].ready = ready;
        for stop in 1..=last + 1 {
            let leg = model.leg(self.stops[stop - 1].place, self.stops[stop].place);
            self.cost_leg(slot, stop - 1, leg);
            if stop <= last {
                ready = model.tasks[self.stops[stop].job as usize].end(ready + leg.duration());
                self.stops[stop].ready = ready;
            }
        }
        let mut late = slot.close;
        (self.stops[0].late, self.stops[last + 1].late) = (late, late);
        for stop in (1..=last).rev() {
            let leg = model.leg(self.stops[stop].place, self.stops[stop + 1].place);
            late = model.tasks[self.stops[stop].job as usize].latest_arrival(late - leg.duration());
            self.stops[stop].late = late;
        }
    }

    fn relabel_with_breaks(&mut self, model: &Model<'_>, slot: &Slot) {
        let states = slot.breaks.count;
        self.ready.clear();
        self.ready.resize((self.jobs.len() + 1) * states, NEVER);
        self.ready[0] = slot.open;
        slot.breaks.settle(&mut self.ready[..states]);
        for (index, &job) in self.jobs.iter().enumerate() {
            let leg = model.leg(self.stops[index].place, self.stops[index + 1].place).duration();
            let (before, here) = self.ready.split_at_mut((index + 1) * states);
            let here = &mut here[..states];
            depart(&model.tasks[job as usize], leg, &before[index * states..], here);
            slot.breaks.settle(here);
        }
        for (stop, times) in self.stops.iter_mut().zip(self.ready.chunks(states)) {
            stop.ready = times[0];
        }
        self.late.clear();
        self.late.resize(self.stops.len() * states, TOO_EARLY);
        *self.late.last_mut().expect("the end has states") = slot.close;
        for (index, &job) in self.jobs.iter().enumerate().rev() {
            let leg = model.leg(self.stops[index + 1].place, self.stops[index + 2].place).duration();
            let (here, after) = self.late.split_at_mut((index + 2) * states);
            let here = &mut here[(index + 1) * states..];
            for (leave, &arrive) in here.iter_mut().zip(&after[..states]) {
                *leave = (arrive - leg).max(TOO_EARLY);
            }
            slot.breaks.settle_back(here);
            for time in here {
                *time = model.tasks[job as usize].latest_arrival(*time);
            }
        }
    }

    /// The stops from start to end.
    pub(crate) fn stops(&self) -> &[Stop] {
        &self.stops
    }

    /// The earliest moment at which a stop can be left at all, whatever breaks are taken.
    #[inline]
    pub(crate) fn earliest(&self, stop: usize) -> i64 {
        self.stops[stop].ready
    }

    /// What a job would add to the cost if it stood after this stop; nothing if it does not fit.
    #[inline]
    pub(crate) fn insertion(
        &self,
        model: &Model<'_>,
        slot: &Slot,
        at: usize,
        job: u32,
        room: &mut Scratch,
    ) -> Option<i64> {
        let task = &model.tasks[job as usize];
        let ways = model.legs.row(task.place);
        let (to, on) = (ways.ways(self.stops[at].place).to, ways.ways(self.stops[at + 1].place).on);
        let detour = || slot.weights.leg(to) + slot.weights.leg(on) - self.stops[at].leg_cost;
        if slot.breaks.count > 1 {
            return self.insertion_with_breaks(model, slot, at, task, room).map(|delay| detour() + delay);
        }
        let end = task.end(self.stops[at].ready + to.duration());
        let next = end + on.duration();
        if next > self.stops[at + 1].late || self.lasts_too_long(slot, at, task, to, on) {
            return None;
        }
        if slot.weights.elapsed == 0 {
            return Some(detour());
        }
        Some(detour() + slot.weights.elapsed * (self.finish_after(model, at, next) - self.old_finish(slot)))
    }

    /// Whether a visit after this stop would make the tour longer than it may be.
    fn lasts_too_long(&self, slot: &Slot, at: usize, task: &Task, to: Leg, on: Leg) -> bool {
        slot.longest.is_some_and(|longest| {
            let through = self.spans[at][0].join(to.duration(), Span::visit(task));
            through.join(on.duration(), self.spans[at + 1][1]).duration > longest
        })
    }

    /// The cheapest position for a job in a worked route: what it adds to the cost, and where; `except` is overlooked.
    pub(crate) fn cheapest(
        &self,
        model: &Model<'_>,
        slot: &Slot,
        job: u32,
        except: Option<u32>,
        room: &mut Scratch,
    ) -> Option<(i64, u32)> {
        if slot.costs_by_legs() {
            let task = &model.tasks[job as usize];
            return match model.legs.row(task.place) {
                Row::Wide(row) => self.scan(slot, task, row, except),
                Row::Narrow(row) => self.scan(slot, task, row, except),
            };
        }
        let last_start = model.tasks[job as usize].last_start;
        let in_time = |at: &usize| self.earliest(*at) <= last_start;
        let positions = (0..=self.jobs.len()).take_while(in_time).filter(|&at| Some(at as u32) != except);
        let offers = positions.filter_map(|at| Some((self.insertion(model, slot, at, job, room)?, at as u32)));
        offers.min_by_key(|offer| offer.0)
    }

    /// The same in a slot without breaks and without a price on time, in one tight loop that looks at the cost first.
    fn scan(&self, slot: &Slot, task: &Task, row: impl Around, except: Option<u32>) -> Option<(i64, u32)> {
        let weights = slot.weights;
        let except = except.unwrap_or(u32::MAX);
        let (mut limit, mut best) = (i64::MAX, u32::MAX);
        // "Latest arrival" rises along the route: what comes before the first stop that leaves room for the visit is out.
        let earliest_end = task.open + task.dwell;
        let first = self.stops[1..].iter().take_while(|stop| stop.late < earliest_end).count();
        let mut stops = self.stops[first..].iter();
        let mut before = stops.next()?;
        let mut to = row.ways(before.place).to;
        for (at, next) in (first as u32..).zip(stops) {
            if before.ready > task.last_start {
                break;
            }
            let ways = row.ways(next.place);
            // Where there is no way the cost is nonsense, but then the next stop is reached too late for any shift.
            let cost = weights.detour(to, ways.on, before.leg_cost);
            if cost < limit
                && task.end(before.ready + to.duration()) + ways.on.duration() <= next.late
                && at != except
                && !self.lasts_too_long(slot, at as usize, task, to, ways.on)
            {
                (limit, best) = (cost, at);
            }
            (before, to) = (next, ways.to);
        }
        (best != u32::MAX).then_some((limit, best))
    }

    /// Where a job would delay the next stop least, and by how much; in a worked route of a slot without breaks.
    pub(crate) fn least_delay(&self, model: &Model<'_>, job: u32) -> Option<(i64, u32)> {
        let task = &model.tasks[job as usize];
        let row = model.legs.row(task.place);
        let earliest_end = task.open + task.dwell;
        let mut best: Option<(i64, u32)> = None;
        for (at, pair) in self.stops.windows(2).enumerate() {
            let (before, after) = (&pair[0], &pair[1]);
            if before.ready > task.last_start {
                break;
            }
            if after.late < earliest_end {
                continue;
            }
            let (to, on) = (row.ways(before.place).to, row.ways(after.place).on);
            let next = task.end(before.ready + to.duration()) + on.duration();
            if next <= after.late {
                let delay = next - before.ready - model.leg(before.place, after.place).duration();
                if best.is_none_or(|(other, _)| delay < other) {
                    best = Some((delay, at as u32));
                }
            }
        }
        best
    }

    /// What leaving out the job at this position saves, or the whole tour's cost if it is the only one.
    pub(crate) fn saving(&self, model: &Model<'_>, slot: &Slot, at: usize) -> i64 {
        if self.jobs.len() == 1 {
            return self.interim_cost(slot);
        }
        let [before, stop, after] = &self.stops[at..=at + 2] else { unreachable!("a stop between two") };
        let over = model.leg(before.place, after.place);
        if over.exists() { before.leg_cost + stop.leg_cost - slot.weights.leg(over) } else { 0 }
    }

    fn old_finish(&self, slot: &Slot) -> i64 {
        if self.jobs.is_empty() || !self.feasible() { slot.open } else { self.finish }
    }

    /// The new finish when stop `at + 1` is reached at this moment; stops looking once a wait has swallowed the delay.
    fn finish_after(&self, model: &Model<'_>, at: usize, arrival: i64) -> i64 {
        let mut arrival = arrival;
        for (index, &job) in self.jobs.iter().enumerate().skip(at) {
            let ready = model.tasks[job as usize].end(arrival);
            if ready == self.stops[index + 1].ready {
                return self.finish;
            }
            arrival = ready + model.leg(self.stops[index + 1].place, self.stops[index + 2].place).duration();
        }
        arrival
    }

    fn insertion_with_breaks(
        &self,
        model: &Model<'_>,
        slot: &Slot,
        at: usize,
        task: &Task,
        room: &mut Scratch,
    ) -> Option<i64> {
        let states = slot.breaks.count;
        let to = model.leg(self.stops[at].place, task.place).duration();
        let on = model.leg(task.place, self.stops[at + 1].place).duration();
        room.clear();
        room.resize(2 * states, NEVER);
        let (times, next) = room.split_at_mut(states);
        depart(task, to, &self.ready[at * states..][..states], times);
        slot.breaks.settle(times);
        let late = &self.late[(at + 1) * states..][..states];
        if times.iter().zip(late).all(|(&time, &late)| time + on > late) {
            return None;
        }
        if slot.weights.elapsed == 0 {
            return Some(0);
        }
        let mut leg = on;
        for (index, &job) in self.jobs.iter().enumerate().skip(at) {
            depart(&model.tasks[job as usize], leg, times, next);
            slot.breaks.settle(next);
            times.copy_from_slice(next);
            leg = model.leg(self.stops[index + 1].place, self.stops[index + 2].place).duration();
        }
        let finish = times[states - 1] + leg;
        Some(slot.weights.elapsed * (finish - self.old_finish(slot)))
    }
}

/// Drives a leg and visits a job, in each break state.
fn depart(task: &Task, leg: i64, before: &[i64], after: &mut [i64]) {
    for (end, &ready) in after.iter_mut().zip(before) {
        *end = if ready < NEVER { task.end(ready + leg) } else { NEVER };
    }
}

/// What a leg costs; one without a way makes the route infeasible, its cost must only not overflow.
fn leg_cost(slot: &Slot, leg: Leg) -> i64 {
    if leg.exists() { slot.weights.leg(leg) } else { 0 }
}
