//! A solution under the rules that labels do not know.
//!
//! **Why.** What [`super::rules`] asks for concerns whole shifts and vehicles, so it is the solution that must answer. **How.**
//! What the labels allow is followed with the job in its place; costs are exact differences. After a removal, what breaks a
//! rule is taken out too, and visits of depots that nobody needs any more go. **What never happens:** a fixed visit taken out.

use super::rules::Rules;
use super::tours::{Spot, Tours};
use super::trips;

impl Tours<'_> {
    /// The exact cost of a worked slot; nothing if it breaks a rule.
    pub(super) fn exact_cost(&self, rules: &Rules<'_>, slot: u32) -> Option<i64> {
        let (route, frame) = (self.route(slot), &self.model.slots[slot as usize]);
        if route.jobs.is_empty() || !route.feasible() {
            return None;
        }
        rules.cost(frame, route.jobs.iter().map(|&job| self.model.origin(job)), route.cost(frame))
    }

    /// Whether a slot keeps all rules of its own.
    pub(crate) fn is_sound(&self, slot: u32) -> bool {
        let route = self.route(slot);
        route.feasible() && (self.model.rules.is_none() || route.jobs.is_empty() || route.exact.is_some())
    }

    /// What a slot's vehicle pays for the evenness of work.
    pub(super) fn imbalance(&self, slot: u32) -> i64 {
        let Some(rules) = self.model.rules.as_ref().filter(|rules| rules.balances()) else { return 0 };
        rules.balance(self.visits(self.model.slots[slot as usize].vehicle))
    }

    fn visits(&self, vehicle: usize) -> i64 {
        self.model.slots_of(vehicle).map(|slot| self.route(slot as u32).jobs.len() as i64).sum()
    }

    /// What a job adds at a spot where the labels allow it for `detour`; nothing if a rule forbids it.
    pub(crate) fn exact_detour(&self, rules: &Rules<'_>, spot: Spot, job: u32, detour: i64) -> Option<i64> {
        let model = self.model;
        let frame = &model.slots[spot.slot as usize];
        let company = || rules.allow(frame.vehicle, model.origin(job), |other| self.vehicle_of(other));
        if spot.at < model.fixed_in(spot.slot) || !company() {
            return None;
        }
        let route = self.route(spot.slot);
        let is_carried = match () {
            () if rules.trips() => {
                let capacity = &model.problem.vehicles[frame.vehicle].capacity;
                trips::allow(model, route, capacity, spot.at as usize, job)
            }
            () if rules.depots() => self.depot_misfit(rules, frame.vehicle, Some((spot, job))).is_none(),
            () => true,
        };
        if !is_carried {
            return None;
        }
        let (before, after) = route.jobs.split_at(spot.at as usize);
        let with = before.iter().chain([&job]).chain(after).map(|&task| model.origin(task));
        let now = if route.jobs.is_empty() { 0 } else { route.exact.unwrap_or_else(|| route.interim_cost(frame)) };
        let cost = rules.cost(frame, with, route.interim_cost(frame) + detour)? - now;
        let uneven = if rules.balances() {
            let visits = self.visits(frame.vehicle);
            rules.balance(visits + 1) - rules.balance(visits)
        } else {
            0
        };
        Some(cost + uneven)
    }

    /// A job to take out of a slot that breaks a rule; `in_time` is what the labels would take.
    pub(super) fn misfit_by_rules(&self, rules: &Rules<'_>, slot: u32, in_time: Option<u32>) -> Option<u32> {
        let vehicle = self.model.slots[slot as usize].vehicle;
        let load = || {
            if rules.depots() { self.depot_misfit(rules, vehicle, None) } else { self.plain_load_misfit(vehicle) }
        };
        let broken = if self.is_sound(slot) { load() } else { Some(in_time.unwrap_or(u32::MAX)) };
        broken.and_then(|job| if self.may_go(job) { Some(job) } else { self.last_free(vehicle, slot) })
    }

    fn may_go(&self, job: u32) -> bool {
        job != u32::MAX && !self.model.is_locked(job)
    }

    /// The last visit of a slot, or of its vehicle, that is not fixed.
    fn last_free(&self, vehicle: usize, slot: u32) -> Option<u32> {
        let slots = std::iter::once(slot).chain(self.model.slots_of(vehicle).rev().map(|slot| slot as u32));
        let jobs = slots.flat_map(|slot| self.route(slot).jobs.iter().rev().copied());
        jobs.into_iter().find(|&job| self.may_go(job))
    }

    fn plain_load_misfit(&self, vehicle: usize) -> Option<u32> {
        if !self.model.loads.mixed {
            return None;
        }
        self.model.loads.first_misfit(vehicle, &self.shifts_with(vehicle, None))
    }

    /// The task at which a load with depots fails. An overload at a depot is the doing of what it loads for.
    pub(super) fn depot_misfit(&self, rules: &Rules<'_>, vehicle: usize, extra: Option<(Spot, u32)>) -> Option<u32> {
        let model = self.model;
        let shifts = self.shifts_with(vehicle, extra);
        let failed = rules.carry(vehicle, shifts.clone().map(|jobs| jobs.map(|task| model.origin(task)))).err()?.0;
        let mut rest = shifts.flatten().skip(failed);
        let task = rest.next()?;
        let is_depot = rules.problem.jobs[model.origin(task)].depot;
        let needs = |other: &u32| model.tasks[*other as usize].depots.contains(&(model.origin(task) as u32));
        Some(if is_depot { rest.find(needs).unwrap_or(task) } else { task })
    }

    /// Takes out further visits of depots that no visit after them needs.
    pub(super) fn shed_depots(&mut self) {
        if !self.model.rules.as_ref().is_some_and(Rules::depots) {
            return;
        }
        let mut vehicles: Vec<usize> = self.touched().map(|slot| self.model.slots[slot as usize].vehicle).collect();
        vehicles.sort_unstable();
        vehicles.dedup();
        for vehicle in vehicles {
            for task in self.idle_depots(vehicle) {
                if let Some(spot) = self.spot(task) {
                    self.remove(spot.slot, &[task]);
                }
            }
        }
    }

    /// Further visits of depots on a vehicle that are not the last one of their depot before any visit that needs it.
    fn idle_depots(&self, vehicle: usize) -> Vec<u32> {
        let model = self.model;
        let (mut last, mut idle): (Vec<(usize, u32)>, Vec<u32>) = (Vec::new(), Vec::new());
        for task in self.shifts_with(vehicle, None).flatten() {
            let job = model.origin(task);
            if model.problem.jobs[job].depot {
                last.retain(|(depot, _)| *depot != job);
                last.push((job, task));
                if task as usize >= model.jobs && !model.is_locked(task) {
                    idle.push(task);
                }
            }
            for &depot in &model.tasks[task as usize].depots {
                let loader = last.iter().find(|(other, _)| *other == depot as usize);
                idle.retain(|other| loader.is_none_or(|(_, loader)| other != loader));
            }
        }
        idle
    }

    /// A visit of a depot that is not made yet.
    pub(crate) fn spare_visit(&self, depot: u32) -> Option<u32> {
        self.model.visits_of(depot).find(|&task| self.spot(task).is_none())
    }
}
