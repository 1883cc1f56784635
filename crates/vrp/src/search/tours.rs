//! A solution: which job stands where, what it is worth, and the way back from the last change.
//!
//! **Why.** The search changes a few tours and often wants the old ones back. **How.** Routes by slot, the spot of every job,
//! running totals; the first change of a route within a step puts a copy aside, and [`Tours::roll_back`] swaps the copies in.
//! **What never happens:** a total that differs from the routes, a job in two places.

use super::model::Model;
use super::route::Route;

/// No slot.
const NOWHERE: u32 = u32::MAX;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) slot: u32,
    /// Index among the slot's jobs.
    pub(crate) at: u32,
}

/// Sum of priorities and cost, in the search's own units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Score {
    pub(crate) priority: i64,
    pub(crate) cost: i64,
}

impl Score {
    pub(crate) fn better_than(self, other: Self) -> bool {
        (-self.priority, self.cost) < (-other.priority, other.cost)
    }
}

/// A set of small numbers that can be drawn from at random and changed in constant time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool {
    members: Vec<u32>,
    index: Vec<u32>,
}

impl Pool {
    pub(crate) fn new(size: usize) -> Self {
        Self { members: Vec::new(), index: vec![NOWHERE; size] }
    }

    pub(crate) fn members(&self) -> &[u32] {
        &self.members
    }

    pub(crate) fn contains(&self, member: u32) -> bool {
        self.index[member as usize] != NOWHERE
    }

    pub(crate) fn add(&mut self, member: u32) {
        if !self.contains(member) {
            self.index[member as usize] = self.members.len() as u32;
            self.members.push(member);
        }
    }

    pub(crate) fn clear(&mut self) {
        while let Some(member) = self.members.pop() {
            self.index[member as usize] = NOWHERE;
        }
    }

    pub(crate) fn remove(&mut self, member: u32) {
        let at = self.index[member as usize];
        if at != NOWHERE {
            self.members.swap_remove(at as usize);
            self.index[member as usize] = NOWHERE;
            if let Some(&moved) = self.members.get(at as usize) {
                self.index[moved as usize] = at;
            }
        }
    }
}

/// A route as it was before the step.
#[derive(Debug)]
struct Aside {
    slot: u32,
    version: u64,
    route: Route,
}

/// The solution.
#[derive(Debug)]
pub(crate) struct Tours<'m> {
    pub(crate) model: &'m Model<'m>,
    routes: Vec<Route>,
    spots: Vec<Spot>,
    /// Slots with visits.
    pub(crate) worked: Pool,
    /// Jobs without a visit.
    pub(crate) absent: Pool,
    /// How many shifts each vehicle works.
    shifts_worked: Vec<u32>,
    /// How many vehicles work, and how many may.
    working: usize,
    pub(crate) most_working: usize,
    /// For each class the rank of its first vehicle that does not work (its size if all do).
    first_idle: Vec<usize>,
    /// For each class and each of its shifts, one after another: the ranks of the vehicles that work, but not in this shift.
    free: Vec<Pool>,
    /// Where a class begins in `free`.
    first_free: Vec<usize>,
    score: Score,
    /// For each slot and dimension, its pot in `room`.
    pots: Vec<u32>,
    /// How much each pot still takes.
    room: Vec<i64>,
    /// Pots and what they held before each change of the step.
    room_before: Vec<(u32, i64)>,
    /// For each slot a number that no other state of any route of the solution has.
    versions: Vec<u64>,
    aside: Vec<Aside>,
    spare: Vec<Route>,
    /// The step in which a slot was last put aside.
    put_aside: Vec<u64>,
    moved: Vec<u32>,
    step: u64,
    score_before: Score,
    /// The version that the last changed route got.
    version: u64,
    /// Whether this solution's walker may change a slot, and whether it may not place a job.
    mine: Vec<bool>,
    barred: Vec<bool>,
}

impl<'m> Tours<'m> {
    pub(crate) fn new(model: &'m Model<'m>) -> Self {
        let mut absent = Pool::new(model.tasks.len());
        model.hopeful_jobs().for_each(|job| absent.add(job));
        let (mut free, mut first_free) = (Vec::new(), Vec::new());
        for members in &model.classes {
            first_free.push(free.len());
            free.resize(free.len() + model.vehicles[members[0]].shifts, Pool::new(members.len()));
        }
        let owners: Vec<(usize, usize)> =
            model.slots.iter().map(|slot| (slot.vehicle, model.vehicles[slot.vehicle].first_slot)).collect();
        let (pots, room) = model.loads.pots(&owners);
        Self {
            model,
            routes: (0..model.slots.len()).map(|slot| Route::new(model, slot)).collect(),
            spots: vec![Spot { slot: NOWHERE, at: 0 }; model.tasks.len()],
            worked: Pool::new(model.slots.len()),
            absent,
            shifts_worked: vec![0; model.vehicles.len()],
            working: 0,
            most_working: usize::MAX,
            first_idle: vec![0; model.classes.len()],
            free,
            first_free,
            score: Score { priority: 0, cost: model.tasks.iter().map(|task| task.prize).sum() },
            pots,
            room,
            room_before: Vec::new(),
            versions: vec![0; model.slots.len()],
            aside: Vec::new(),
            spare: Vec::new(),
            put_aside: vec![0; model.slots.len()],
            moved: Vec::new(),
            step: 1,
            score_before: Score::default(),
            version: 0,
            mine: vec![true; model.slots.len()],
            barred: vec![false; model.tasks.len()],
        }
    }

    /// The same solution without a past: what is made of it depends on its tours alone, not on how they came about.
    pub(crate) fn anew(&self) -> Self {
        let mut tours = Self::new(self.model);
        tours.restore(&self.sequences());
        tours
    }

    pub(crate) fn score(&self) -> Score {
        self.score
    }

    pub(crate) fn route(&self, slot: u32) -> &Route {
        &self.routes[slot as usize]
    }

    /// The number of a slot's present state: it comes back when the state does.
    #[inline]
    pub(crate) fn version(&self, slot: u32) -> u64 {
        self.versions[slot as usize]
    }

    /// The slots that were changed since [`Tours::begin`].
    pub(crate) fn touched(&self) -> impl Iterator<Item = u32> + '_ {
        self.aside.iter().map(|aside| aside.slot)
    }

    #[inline]
    pub(crate) fn spot(&self, job: u32) -> Option<Spot> {
        let spot = self.spots[job as usize];
        (spot.slot != NOWHERE).then_some(spot)
    }

    pub(crate) fn works(&self, vehicle: usize) -> bool {
        self.shifts_worked[vehicle] > 0
    }

    /// The vehicle of a placed job.
    pub(crate) fn vehicle_of(&self, job: u32) -> Option<usize> {
        self.spot(job).map(|spot| self.model.slots[spot.slot as usize].vehicle)
    }

    /// What working an empty slot costs beside its tour.
    pub(crate) fn opening_cost(&self, slot: u32) -> i64 {
        let slot = &self.model.slots[slot as usize];
        let standing = if self.works(slot.vehicle) { 0 } else { self.model.vehicles[slot.vehicle].standing };
        standing - slot.empty_cost
    }

    /// How many jobs stand somewhere.
    pub(crate) fn placed(&self) -> usize {
        self.model.hopeful - self.absent.members().len()
    }

    /// How many jobs with a priority stand nowhere.
    pub(crate) fn missing(&self) -> usize {
        let absent = self.absent.members();
        if !self.model.optional {
            return absent.len();
        }
        absent.iter().filter(|&&job| self.model.tasks[job as usize].priority > 0).count()
    }

    /// How many vehicles work.
    pub(crate) fn working(&self) -> usize {
        self.working
    }

    /// Whether a slot's vehicle works or may begin to.
    pub(crate) fn may_open(&self, slot: u32) -> bool {
        self.working < self.most_working || self.works(self.model.slots[slot as usize].vehicle)
    }

    /// What all ways cost, without standing costs and prizes.
    pub(crate) fn way_cost(&self) -> i64 {
        self.worked.members().iter().map(|&slot| self.slot_cost(slot)).sum()
    }

    /// What not working a slot at all would save.
    pub(crate) fn closing_saves(&self, slot: u32) -> i64 {
        let vehicle = self.model.slots[slot as usize].vehicle;
        let last = self.shifts_worked[vehicle] == 1;
        self.slot_cost(slot) + if last { self.model.vehicles[vehicle].standing } else { 0 }
    }

    pub(crate) fn insert(&mut self, spot: Spot, job: u32) {
        self.fill(spot.slot, job, -1);
        self.change(spot.slot, |model, route| route.insert(model, spot.slot as usize, spot.at as usize, job));
        self.absent.remove(job);
        self.moved.push(job);
        let task = &self.model.tasks[job as usize];
        self.score.priority += task.priority;
        self.score.cost -= task.prize;
    }

    /// Takes jobs out of one slot. The route may be infeasible afterwards; [`Tours::trim`] mends it.
    pub(crate) fn remove(&mut self, slot: u32, jobs: &[u32]) {
        for &job in jobs {
            self.spots[job as usize].slot = NOWHERE;
            self.miss(job);
            self.moved.push(job);
            let task = &self.model.tasks[job as usize];
            self.score.priority -= task.priority;
            self.score.cost += task.prize;
            self.fill(slot, job, 1);
        }
        self.change(slot, |model, route| route.retain(model, slot as usize, |job| !jobs.contains(&job)));
    }

    /// Nobody waits for a further visit of a depot.
    fn miss(&mut self, job: u32) {
        if (job as usize) < self.model.jobs {
            self.absent.add(job);
        }
    }

    /// Takes a job's amounts from a slot's pots, or gives them back.
    fn fill(&mut self, slot: u32, job: u32, sign: i64) {
        let amounts = self.model.loads.amounts(job);
        let pots = &self.pots[slot as usize * amounts.len()..][..amounts.len()];
        for (&pot, &amount) in pots.iter().zip(amounts) {
            self.room_before.push((pot, self.room[pot as usize]));
            self.room[pot as usize] += sign * amount;
        }
    }

    fn change(&mut self, slot: u32, edit: impl FnOnce(&Model<'_>, &mut Route)) {
        self.put_aside(slot);
        self.score.cost -= self.slot_cost(slot) + self.imbalance(slot);
        let was_worked = !self.routes[slot as usize].jobs.is_empty();
        edit(self.model, &mut self.routes[slot as usize]);
        if let Some(rules) = &self.model.rules {
            self.routes[slot as usize].exact = self.exact_cost(rules, slot);
            if rules.trips() {
                let route = &mut self.routes[slot as usize];
                super::trips::aboard(self.model, &route.jobs, &mut route.aboard);
            }
        }
        self.version += 1;
        self.versions[slot as usize] = self.version;
        self.count_worked(slot, was_worked);
        self.score.cost += self.slot_cost(slot) + self.imbalance(slot);
        self.index(slot);
    }

    fn slot_cost(&self, slot: u32) -> i64 {
        let route = &self.routes[slot as usize];
        let slot = &self.model.slots[slot as usize];
        if route.jobs.is_empty() {
            return 0;
        }
        route.exact.unwrap_or_else(|| route.interim_cost(slot)) - slot.empty_cost
    }

    /// Keeps the count of worked shifts, and with it the standing costs.
    fn count_worked(&mut self, slot: u32, was: bool) {
        let is = !self.routes[slot as usize].jobs.is_empty();
        let vehicle = self.model.slots[slot as usize].vehicle;
        if is != was {
            self.count_free(slot, vehicle, is);
        }
        if is && !was {
            self.worked.add(slot);
            self.shifts_worked[vehicle] += 1;
            if self.shifts_worked[vehicle] == 1 {
                self.working += 1;
                self.score.cost += self.model.vehicles[vehicle].standing;
                self.no_longer_idle(vehicle);
            }
        } else if was && !is {
            self.worked.remove(slot);
            self.shifts_worked[vehicle] -= 1;
            if self.shifts_worked[vehicle] == 0 {
                self.working -= 1;
                let wheels = &self.model.vehicles[vehicle];
                self.score.cost -= wheels.standing;
                self.first_idle[wheels.class] = self.first_idle[wheels.class].min(wheels.rank);
            }
        }
    }

    /// Keeps the lists of free shifts when a shift begins or ends to be worked; before the worked shifts are counted.
    fn count_free(&mut self, slot: u32, vehicle: usize, is: bool) {
        let wheels = &self.model.vehicles[vehicle];
        let (pools, rank) = (self.first_free[wheels.class], wheels.rank as u32);
        let shift = slot as usize - wheels.first_slot;
        let others = self.shifts_worked[vehicle] - u32::from(!is);
        for other in 0..wheels.shifts {
            let pool = &mut self.free[pools + other];
            match (other == shift, others > 0, is) {
                (true, true, false) | (false, false, true) => pool.add(rank),
                (true, true, true) | (false, false, false) => pool.remove(rank),
                _ => {}
            }
        }
    }

    /// Vehicles of a class that work, but not in this shift: ranks in the class.
    pub(crate) fn free(&self, class: u32, shift: u32) -> &[u32] {
        self.free[self.first_free[class as usize] + shift as usize].members()
    }

    fn no_longer_idle(&mut self, vehicle: usize) {
        let wheels = &self.model.vehicles[vehicle];
        let class = &self.model.classes[wheels.class];
        if self.first_idle[wheels.class] == wheels.rank {
            let idle = (wheels.rank + 1..class.len()).find(|&rank| !self.works(class[rank]));
            self.first_idle[wheels.class] = idle.unwrap_or(class.len());
        }
    }

    /// The first vehicle of a class that does not work and may be put to work, if one more may.
    pub(crate) fn first_idle(&self, class: u32) -> Option<usize> {
        if self.working >= self.most_working {
            return None;
        }
        self.idle_in(class as usize)
    }

    /// The first vehicle of a class that does not work and may be changed, however many may work.
    pub(crate) fn idle_in(&self, class: usize) -> Option<usize> {
        let idle = self.model.classes[class].get(self.first_idle[class]..)?.iter().copied();
        idle.into_iter().find(|&vehicle| !self.works(vehicle) && self.mine[self.model.vehicles[vehicle].first_slot])
    }

    /// Whether a vehicle works one shift only.
    pub(crate) fn is_only_shift(&self, vehicle: usize) -> bool {
        self.shifts_worked[vehicle] == 1
    }

    /// Whether a slot's pots have room for these jobs in the place of its own.
    pub(crate) fn has_room_instead(&self, slot: u32, jobs: &[u32]) -> bool {
        let loads = &self.model.loads;
        let dimensions = loads.amounts(0).len();
        let sum = |jobs: &[u32], d: usize| jobs.iter().map(|&job| loads.amounts(job)[d]).sum::<i64>();
        (0..dimensions).all(|d| {
            let pot = self.pots[slot as usize * dimensions + d];
            sum(jobs, d) <= self.room[pot as usize] + sum(&self.routes[slot as usize].jobs, d)
        })
    }

    /// Whether no pot has given more than it holds.
    fn within_pots(&self) -> bool {
        self.room.iter().all(|&room| room >= 0)
    }

    /// Whether all jobs stand, and all tours are allowed.
    pub(crate) fn keeps_rules(&self) -> bool {
        self.missing() == 0 && self.is_allowed()
    }

    /// Whether all tours are in time, within their loads where no load needs a walk or rules follow it, and of jobs that their vehicles can do.
    pub(crate) fn is_allowed(&self) -> bool {
        let in_time = |&slot: &u32| self.routes[slot as usize].feasible();
        let able = |&slot: &u32| self.routes[slot as usize].jobs.iter().all(|&job| self.model.skills.allow(slot, job));
        let by_rules = |&slot: &u32| self.model.rules.is_none() || self.misfit(slot).is_none();
        self.within_pots() && self.worked.members().iter().all(|slot| in_time(slot) && able(slot) && by_rules(slot))
    }

    /// Goes to these sequences, and says whether all jobs with a priority stand there.
    pub(crate) fn leaves_out_none(&mut self, sequences: &[(u32, Vec<u32>)]) -> bool {
        self.restore(sequences);
        self.missing() == 0
    }

    /// Lets only some of the slots be changed, and only some of the absent jobs be placed.
    pub(crate) fn own(&mut self, mine: impl Fn(usize) -> bool, may_place: impl Fn(u32) -> bool) {
        (0..self.mine.len()).for_each(|slot| self.mine[slot] = mine(slot));
        self.barred.fill(false);
        for &job in self.absent.members() {
            self.barred[job as usize] = !may_place(job);
        }
    }

    /// Whether a slot may be changed.
    #[inline]
    pub(crate) fn is_mine(&self, slot: u32) -> bool {
        self.mine[slot as usize]
    }

    /// Whether an absent job must stay so.
    #[inline]
    pub(crate) fn is_barred(&self, job: u32) -> bool {
        self.barred[job as usize]
    }

    /// Takes over these slots from another solution, in which the jobs of these slots stand in no other.
    pub(crate) fn adopt(&mut self, slots: &[(u32, Vec<u32>)]) {
        for (slot, _) in slots {
            let jobs = self.routes[*slot as usize].jobs.clone();
            self.remove(*slot, &jobs);
        }
        for (slot, jobs) in slots.iter().filter(|(_, jobs)| !jobs.is_empty()) {
            for &job in jobs {
                self.fill(*slot, job, -1);
                self.absent.remove(job);
                self.moved.push(job);
                let task = &self.model.tasks[job as usize];
                self.score.priority += task.priority;
                self.score.cost -= task.prize;
            }
            self.change(*slot, |model, route| route.set(model, *slot as usize, jobs));
        }
    }

    fn index(&mut self, slot: u32) {
        for (at, &job) in self.routes[slot as usize].jobs.iter().enumerate() {
            self.spots[job as usize] = Spot { slot, at: at as u32 };
        }
    }

    fn put_aside(&mut self, slot: u32) {
        if self.put_aside[slot as usize] == self.step {
            return;
        }
        self.put_aside[slot as usize] = self.step;
        let mut copy = self.spare.pop().unwrap_or_default();
        copy.copy_from(&self.routes[slot as usize]);
        self.aside.push(Aside { slot, version: self.versions[slot as usize], route: copy });
    }

    /// Begins a step: from here on, changes can be taken back.
    pub(crate) fn begin(&mut self) {
        self.step += 1;
        self.spare.extend(self.aside.drain(..).map(|aside| aside.route));
        self.moved.clear();
        self.room_before.clear();
        self.score_before = self.score;
    }

    /// Takes back everything since [`Tours::begin`].
    pub(crate) fn roll_back(&mut self) {
        for &job in &self.moved {
            self.spots[job as usize].slot = NOWHERE;
        }
        let mut aside = std::mem::take(&mut self.aside);
        for Aside { slot, version, route } in &mut aside {
            let was_worked = !self.routes[*slot as usize].jobs.is_empty();
            std::mem::swap(&mut self.routes[*slot as usize], route);
            self.versions[*slot as usize] = *version;
            self.count_worked(*slot, was_worked);
        }
        for aside in &aside {
            self.index(aside.slot);
        }
        self.aside = aside;
        while let Some((pot, room)) = self.room_before.pop() {
            self.room[pot as usize] = room;
        }
        self.score = self.score_before;
        for index in 0..self.moved.len() {
            let job = self.moved[index];
            if self.spots[job as usize].slot == NOWHERE {
                self.miss(job);
            } else {
                self.absent.remove(job);
            }
        }
    }

    /// The jobs that were moved since [`Tours::begin`]; after a ruin, those that were taken out.
    pub(crate) fn removed(&self) -> &[u32] {
        &self.moved
    }

    /// Takes out jobs until everything that a removal disturbed is feasible again: where ways are no metric a tour may become
    /// longer without a stop, and a load may miss what a removed visit brought or took.
    pub(crate) fn trim(&mut self) {
        let mut next = 0;
        while next < self.aside.len() {
            let slot = self.aside[next].slot;
            next += 1;
            while let Some(job) = self.misfit(slot) {
                self.remove_with_dependants(job);
                // A dependant may stand in a slot that was looked at before.
                next = 0;
            }
        }
        self.shed_depots();
    }

    fn misfit(&self, slot: u32) -> Option<u32> {
        let in_time = self.routes[slot as usize].first_misfit(self.model, slot as usize);
        let Some(rules) = &self.model.rules else {
            return in_time.or_else(|| self.load_misfit(self.model.slots[slot as usize].vehicle, None));
        };
        self.misfit_by_rules(rules, slot, in_time)
    }

    pub(crate) fn remove_with_dependants(&mut self, job: u32) {
        let model = self.model;
        for &other in
            model.tasks[job as usize].descendants.iter().chain([&job]).filter(|&&other| !model.is_locked(other))
        {
            if let Some(spot) = self.spot(other) {
                self.remove(spot.slot, &[other]);
            }
        }
    }

    /// Whether the vehicle's skills and the sums of the loads allow a job in a slot; says nothing about mixed dimensions.
    #[inline]
    pub(crate) fn sums_allow(&self, slot: u32, job: u32) -> bool {
        self.model.skills.allow(slot, job) && self.takes(slot, self.model.loads.amounts(job))
    }

    /// Whether a slot's pots have room for these amounts.
    #[inline]
    pub(crate) fn takes(&self, slot: u32, amounts: &[i64]) -> bool {
        let fits = |pot: u32, amount: i64| amount == 0 || amount <= self.room[pot as usize];
        self.mine[slot as usize]
            && match *amounts {
                [] => true,
                [amount] => fits(self.pots[slot as usize], amount),
                _ => {
                    let pots = &self.pots[slot as usize * amounts.len()..][..amounts.len()];
                    pots.iter().zip(amounts).all(|(&pot, &amount)| fits(pot, amount))
                }
            }
    }

    /// Whether the loads allow a job at a spot, for the dimensions that need a walk.
    pub(crate) fn walk_allows(&self, spot: Spot, job: u32) -> bool {
        let vehicle = self.model.slots[spot.slot as usize].vehicle;
        self.load_misfit(vehicle, Some((spot, job))).is_none()
    }

    fn load_misfit(&self, vehicle: usize, extra: Option<(Spot, u32)>) -> Option<u32> {
        if let Some(rules) = self.model.rules.as_ref().filter(|rules| rules.depots()) {
            return self.depot_misfit(rules, vehicle, extra);
        }
        if !self.model.loads.mixed {
            return None;
        }
        self.model.loads.first_misfit(vehicle, &self.shifts_with(vehicle, extra))
    }

    /// The jobs of a vehicle's shifts, one of them perhaps with one job more.
    pub(crate) fn shifts_with(
        &self,
        vehicle: usize,
        extra: Option<(Spot, u32)>,
    ) -> impl Iterator<Item = impl Iterator<Item = u32> + Clone> + Clone {
        self.model.slots_of(vehicle).map(move |slot| {
            let jobs = &self.routes[slot].jobs;
            let (split, job) = match extra {
                Some((spot, job)) if spot.slot as usize == slot => (spot.at as usize, Some(job)),
                _ => (jobs.len(), None),
            };
            jobs[..split].iter().copied().chain(job).chain(jobs[split..].iter().copied())
        })
    }

    /// The sequences of all worked slots.
    pub(crate) fn sequences(&self) -> Vec<(u32, Vec<u32>)> {
        let worked = self.worked.members().iter();
        worked.map(|&slot| (slot, self.routes[slot as usize].jobs.clone())).collect()
    }

    /// Begins with nothing but what is fixed.
    pub(crate) fn clear(&mut self) {
        self.restore(&self.model.fixed_sequences());
    }

    /// Replaces everything by these sequences.
    pub(crate) fn restore(&mut self, sequences: &[(u32, Vec<u32>)]) {
        while let Some(&slot) = self.worked.members().last() {
            let jobs = self.routes[slot as usize].jobs.clone();
            self.remove(slot, &jobs);
        }
        for (slot, jobs) in sequences {
            for (at, &job) in jobs.iter().enumerate() {
                self.insert(Spot { slot: *slot, at: at as u32 }, job);
            }
        }
        self.begin();
    }
}
