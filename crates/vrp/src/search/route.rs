//! One slot's sequence of visits, with the labels that make an insertion test constant-time.
//!
//! **Why.** Nearly all of the search's time goes into asking "may this job stand here, and what would it cost?" **How.** For
//! each stop and each state of the breaks the route keeps the earliest moment to leave it and the latest moment to arrive at
//! it; a job fits between two stops when leaving the first lets it be visited and still reach the second in time (Martin W. P.
//! Savelsbergh, "The Vehicle Routing Problem with Time Windows: Minimizing Route Duration", ORSA Journal on Computing 4(2),
//! 1992). Visits begin as early as they can, so "earlier is never worse" holds and the labels are exact, also with several
//! windows and breaks. **What never happens:** a label out of date; every change of the sequence relabels.

use super::model::{Model, Slot, Task, reachable};
use super::{NEVER, TOO_EARLY};

/// The visits of a slot and their labels. Stop 0 is the start, stop `jobs.len() + 1` the end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Route {
    pub(crate) jobs: Vec<u32>,
    /// The place of each stop.
    places: Vec<u32>,
    /// For each stop but the end, for each break state: the earliest moment to leave.
    ready: Vec<i64>,
    /// For each stop, for each break state: the latest moment to arrive (of the start: to leave).
    late: Vec<i64>,
    /// For each stop but the end: what the leg to the next one costs (0 in an empty route, which is not driven for itself).
    leg_costs: Vec<i64>,
    travel_cost: i64,
    /// Arrival at the end with all breaks taken, or [`NEVER`].
    finish: i64,
    /// Sums of the quantities, by dimension.
    pub(crate) load: Vec<i64>,
    /// A number that no other state of any route of the solution has.
    pub(crate) version: u64,
}

/// Room for the times of one stop in each break state.
pub(crate) type Scratch = Vec<i64>;

impl Route {
    pub(crate) fn new(model: &Model<'_>, slot: usize) -> Self {
        let mut route = Self { load: vec![0; model.loads.dimensions()], ..Self::default() };
        route.relabel(model, slot);
        route
    }

    /// Copies another route, reusing the room of this one.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.jobs.clone_from(&other.jobs);
        self.places.clone_from(&other.places);
        self.ready.clone_from(&other.ready);
        self.late.clone_from(&other.late);
        self.leg_costs.clone_from(&other.leg_costs);
        self.load.clone_from(&other.load);
        (self.travel_cost, self.finish, self.version) = (other.travel_cost, other.finish, other.version);
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
        let stuck = self.ready.chunks(states).skip(1).position(|times| times.iter().all(|&time| time >= NEVER));
        Some(self.jobs[stuck.unwrap_or(self.jobs.len() - 1)])
    }

    pub(crate) fn insert(&mut self, model: &Model<'_>, slot: usize, at: usize, job: u32) {
        self.jobs.insert(at, job);
        for (sum, &quantity) in self.load.iter_mut().zip(model.loads.of_job(job)) {
            *sum += quantity;
        }
        if self.jobs.len() == 1 || model.slots[slot].breaks.count > 1 {
            self.relabel(model, slot);
        } else {
            self.relabel_around(model, &model.slots[slot], at + 1);
        }
    }

    /// Labels a stop just put into a worked route of a slot without breaks: forwards and backwards as far as anything changes.
    fn relabel_around(&mut self, model: &Model<'_>, slot: &Slot, stop: usize) {
        let task = &model.tasks[self.jobs[stop - 1] as usize];
        self.places.insert(stop, task.place);
        let cost = |leg| if reachable(leg) { slot.weights.leg(leg) } else { 0 };
        let to = model.leg(self.places[stop - 1], task.place);
        let on = model.leg(task.place, self.places[stop + 1]);
        self.travel_cost += cost(to) + cost(on) - self.leg_costs[stop - 1];
        self.leg_costs[stop - 1] = cost(to);
        self.leg_costs.insert(stop, cost(on));
        let mut ready = task.end(self.ready[stop - 1] + to.duration());
        self.ready.insert(stop, ready);
        for at in stop + 1..self.ready.len() {
            let leg = model.leg(self.places[at - 1], self.places[at]);
            ready = model.tasks[self.jobs[at - 1] as usize].end(ready + leg.duration());
            if std::mem::replace(&mut self.ready[at], ready) == ready {
                break;
            }
        }
        let mut late = task.latest_arrival(self.late[stop] - on.duration());
        self.late.insert(stop, late);
        for at in (1..stop).rev() {
            let leg = model.leg(self.places[at], self.places[at + 1]);
            late = model.tasks[self.jobs[at - 1] as usize].latest_arrival(late - leg.duration());
            if std::mem::replace(&mut self.late[at], late) == late {
                break;
            }
        }
        self.arrive(model, slot);
    }

    /// Takes out the jobs for which `keep` is false.
    pub(crate) fn retain(&mut self, model: &Model<'_>, slot: usize, mut keep: impl FnMut(u32) -> bool) {
        let load = &mut self.load;
        self.jobs.retain(|&job| {
            let stays = keep(job);
            if !stays {
                for (sum, &quantity) in load.iter_mut().zip(model.loads.of_job(job)) {
                    *sum -= quantity;
                }
            }
            stays
        });
        self.relabel(model, slot);
    }

    fn relabel(&mut self, model: &Model<'_>, index: usize) {
        let slot = &model.slots[index];
        self.relabel_legs(model, slot);
        if slot.breaks.count == 1 {
            self.relabel_plain(model, slot);
        } else {
            self.relabel_with_breaks(model, slot);
        }
        self.arrive(model, slot);
    }

    fn arrive(&mut self, model: &Model<'_>, slot: &Slot) {
        let leg = model.leg(self.places[self.jobs.len()], slot.end);
        let arrival = self.ready[self.ready.len() - 1] + leg.duration();
        self.finish = if arrival <= slot.close { arrival } else { NEVER };
    }

    fn relabel_legs(&mut self, model: &Model<'_>, slot: &Slot) {
        self.places.clear();
        self.places.push(slot.start);
        self.places.extend(self.jobs.iter().map(|&job| model.tasks[job as usize].place));
        self.places.push(slot.end);
        // A leg without a way makes the route infeasible; its cost must only not overflow.
        let cost = |leg| if reachable(leg) { slot.weights.leg(leg) } else { 0 };
        let legs = self.places.windows(2).map(|pair| cost(model.leg(pair[0], pair[1])));
        self.leg_costs.clear();
        if self.jobs.is_empty() {
            self.leg_costs.push(0);
        } else {
            self.leg_costs.extend(legs);
        }
        self.travel_cost = self.leg_costs.iter().sum();
    }

    fn relabel_plain(&mut self, model: &Model<'_>, slot: &Slot) {
        self.ready.clear();
        let mut ready = slot.open;
        self.ready.push(ready);
        for (&job, pair) in self.jobs.iter().zip(self.places.windows(2)) {
            ready = model.tasks[job as usize].end(ready + model.leg(pair[0], pair[1]).duration());
            self.ready.push(ready);
        }
        self.late.clear();
        self.late.resize(self.places.len(), slot.close);
        let mut late = slot.close;
        for (index, &job) in self.jobs.iter().enumerate().rev() {
            let leg = model.leg(self.places[index + 1], self.places[index + 2]);
            late = model.tasks[job as usize].latest_arrival(late - leg.duration());
            self.late[index + 1] = late;
        }
    }

    fn relabel_with_breaks(&mut self, model: &Model<'_>, slot: &Slot) {
        let states = slot.breaks.count;
        self.ready.clear();
        self.ready.resize((self.jobs.len() + 1) * states, NEVER);
        self.ready[0] = slot.open;
        slot.breaks.settle(&mut self.ready[..states]);
        for (index, &job) in self.jobs.iter().enumerate() {
            let leg = model.leg(self.places[index], self.places[index + 1]).duration();
            let (before, here) = self.ready.split_at_mut((index + 1) * states);
            let here = &mut here[..states];
            depart(&model.tasks[job as usize], leg, &before[index * states..], here);
            slot.breaks.settle(here);
        }
        self.late.clear();
        self.late.resize(self.places.len() * states, TOO_EARLY);
        *self.late.last_mut().expect("the end has states") = slot.close;
        for (index, &job) in self.jobs.iter().enumerate().rev() {
            let leg = model.leg(self.places[index + 1], self.places[index + 2]).duration();
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

    /// The earliest moment at which a stop can be left at all, whatever breaks are taken.
    #[inline]
    pub(crate) fn earliest(&self, stop: usize, states: usize) -> i64 {
        self.ready[stop * states]
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
        let to = model.legs_to(task.place)[self.places[at] as usize];
        let on = model.legs_from(task.place)[self.places[at + 1] as usize];
        let detour = || slot.weights.leg(to) + slot.weights.leg(on) - self.leg_costs[at];
        if slot.breaks.count > 1 {
            return self.insertion_with_breaks(model, slot, at, task, room).map(|delay| detour() + delay);
        }
        let end = task.end(self.ready[at] + to.duration());
        let next = end + on.duration();
        if next > self.late[at + 1] {
            return None;
        }
        if slot.weights.elapsed == 0 {
            return Some(detour());
        }
        Some(detour() + slot.weights.elapsed * (self.finish_after(model, at, next) - self.old_finish(slot)))
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
        if slot.is_plain() {
            return self.scan(model, slot, job, except);
        }
        let (states, last_start) = (slot.breaks.count, model.tasks[job as usize].last_start);
        let in_time = |at: &usize| self.earliest(*at, states) <= last_start;
        let positions = (0..=self.jobs.len()).take_while(in_time).filter(|&at| Some(at as u32) != except);
        let offers = positions.filter_map(|at| Some((self.insertion(model, slot, at, job, room)?, at as u32)));
        offers.min_by_key(|offer| offer.0)
    }

    /// The same in a slot without breaks and without a price on time, in one tight loop that looks at the cost first.
    fn scan(&self, model: &Model<'_>, slot: &Slot, job: u32, except: Option<u32>) -> Option<(i64, u32)> {
        let task = &model.tasks[job as usize];
        let (reaching, leaving) = (model.legs_to(task.place), model.legs_from(task.place));
        let weights = slot.weights;
        let earliest_end = task.open + task.dwell;
        let (mut limit, mut best) = (i64::MAX, None);
        let labels = self.ready.iter().zip(&self.late[1..]).zip(&self.leg_costs).zip(self.places.windows(2));
        for (at, (((&ready, &late), &leg_cost), pair)) in labels.enumerate() {
            if ready > task.last_start {
                break;
            }
            if late < earliest_end {
                continue;
            }
            let (to, on) = (reaching[pair[0] as usize], leaving[pair[1] as usize]);
            // Where there is no way the cost is nonsense, but then the next stop is reached too late for any shift.
            let cost = weights.detour(to, on, leg_cost);
            if cost >= limit || task.end(ready + to.duration()) + on.duration() > late || Some(at as u32) == except {
                continue;
            }
            (limit, best) = (cost, Some((cost, at as u32)));
        }
        best
    }

    /// Where a job would delay the next stop least, and by how much; in a worked route of a slot without breaks.
    pub(crate) fn least_delay(&self, model: &Model<'_>, job: u32) -> Option<(i64, u32)> {
        let task = &model.tasks[job as usize];
        let (reaching, leaving) = (model.legs_to(task.place), model.legs_from(task.place));
        let earliest_end = task.open + task.dwell;
        let mut best: Option<(i64, u32)> = None;
        let labels = self.ready.iter().zip(&self.late[1..]).zip(self.places.windows(2));
        for (at, ((&ready, &late), pair)) in labels.enumerate() {
            if ready > task.last_start {
                break;
            }
            if late < earliest_end {
                continue;
            }
            let (to, on) = (reaching[pair[0] as usize], leaving[pair[1] as usize]);
            let next = task.end(ready + to.duration()) + on.duration();
            if next <= late {
                let delay = next - ready - model.leg(pair[0], pair[1]).duration();
                if best.is_none_or(|(other, _)| delay < other) {
                    best = Some((delay, at as u32));
                }
            }
        }
        best
    }

    fn old_finish(&self, slot: &Slot) -> i64 {
        if self.jobs.is_empty() || !self.feasible() { slot.open } else { self.finish }
    }

    /// The new finish when stop `at + 1` is reached at this moment; stops looking once a wait has swallowed the delay.
    fn finish_after(&self, model: &Model<'_>, at: usize, arrival: i64) -> i64 {
        let mut arrival = arrival;
        for (index, &job) in self.jobs.iter().enumerate().skip(at) {
            let ready = model.tasks[job as usize].end(arrival);
            if ready == self.ready[index + 1] {
                return self.finish;
            }
            arrival = ready + model.leg(self.places[index + 1], self.places[index + 2]).duration();
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
        let to = model.leg(self.places[at], task.place).duration();
        let on = model.leg(task.place, self.places[at + 1]).duration();
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
            leg = model.leg(self.places[index + 1], self.places[index + 2]).duration();
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
