//! Putting jobs back: greedily, one after another, each at its cheapest place.
//!
//! **Why.** After a ruin there is room; filling it greedily in a varied order, and overlooking one position in a hundred
//! ("blinks"), is quick and lands somewhere else each time (SISR, section 5.3). **How.** One sort order is drawn per step. A
//! position is tested in constant time ([`super::route`]); in a large solution only positions beside the job's neighbours are
//! tried. A job that waits for others goes on their vehicle, or with them as a bundle. **What never happens:** a job placed
//! where any rule is broken.

use std::ops::Range;

use fastrand::Rng;

use super::blinks::Blinks;
use super::bundle;
use super::memory::Memory;
use super::model::Model;
use super::pairs::{self, Pairs};
use super::reload;
use super::route::{Route, Scratch};
use super::rules::Rules;
use super::tours::{Spot, Tours};

/// Up to this many worked slots all are tried; beyond, those in which neighbours of the job stand.
const FEW: usize = 24;

/// How many working vehicles of a kind are tried in a shift that they do not work yet.
const FREE_TRIED: usize = 3;

/// In one step of this many, where there are breaks, two jobs are tried together: before the others, since each alone may only
/// fit at a dear place, or after them, when both fit nowhere alone.
const PAIR_EVERY: u32 = 3;

/// An insertion's place and what it adds to the cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) cost: i64,
    pub(crate) spot: Spot,
}

/// The order in which jobs are put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Random,
    Priority,
    Density,
    Load,
    Far,
    Close,
    Narrow,
    Opening,
    Closing,
}

/// Orders and how often each is drawn.
const ORDERS: [(Order, u32); 9] = [
    (Order::Random, 4),
    (Order::Priority, 4),
    (Order::Density, 4),
    (Order::Load, 3),
    (Order::Far, 2),
    (Order::Close, 1),
    (Order::Narrow, 2),
    (Order::Opening, 2),
    (Order::Closing, 2),
];

/// The orders that tell the jobs of a problem apart; an order by what is the same for all would only be chance once more.
#[derive(Debug)]
pub(crate) struct Orders {
    usable: Vec<(Order, u32)>,
    total: u32,
}

impl Orders {
    pub(crate) fn new(model: &Model<'_>) -> Self {
        let varies = |order: Order| {
            let mut keys = (0..model.jobs as u32).map(|job| order.key(model, job));
            let first = keys.next();
            keys.any(|key| Some(key) != first)
        };
        let priorities = varies(Order::Priority);
        let tells = |order: Order| order == Order::Random || varies(order) && (order != Order::Density || priorities);
        let usable: Vec<(Order, u32)> = ORDERS.into_iter().filter(|(order, _)| tells(*order)).collect();
        let total = usable.iter().map(|(_, share)| share).sum();
        Self { usable, total }
    }

    pub(crate) fn draw(&self, rng: &mut Rng) -> Order {
        let mut left = rng.u32(0..self.total);
        for &(order, share) in &self.usable {
            if left < share {
                return order;
            }
            left -= share;
        }
        Order::Random
    }
}

impl Order {
    pub(crate) fn sort(self, model: &Model<'_>, jobs: &mut [u32], rng: &mut Rng) {
        rng.shuffle(jobs);
        if self != Self::Random {
            jobs.sort_by_key(|&job| self.key(model, job));
        }
    }

    fn key(self, model: &Model<'_>, job: u32) -> i64 {
        let task = &model.tasks[job as usize];
        match self {
            Self::Random => 0,
            Self::Priority => -task.priority,
            Self::Density => -model.neighbours.density(job),
            Self::Load => -model.loads.of_job(job).iter().map(|quantity| quantity.abs()).sum::<i64>(),
            Self::Far => -model.neighbours.remoteness(job),
            Self::Close => model.neighbours.remoteness(job),
            Self::Narrow => task.last_start - task.open,
            Self::Opening => task.open,
            Self::Closing => task.last_start,
        }
    }
}

/// Puts back what can be put back.
#[derive(Debug)]
pub(crate) struct Recreate {
    pub(super) blinks: Blinks,
    /// Slots that get nothing in this step, so that what stood there must try elsewhere.
    pub(crate) closed: Range<usize>,
    /// Whether jobs are placed also where that costs more than they are worth; [`super::prizes::shed`] looks again.
    pub(crate) bold: bool,
    /// The cost beyond which it does not pay to go on.
    pub(crate) limit: i64,
    pub(super) pairs: Pairs,
    room: Scratch,
    /// A route to try something on.
    pub(super) trial: Route,
    memory: Memory,
    /// For each slot, when it was last looked at for a job: no slot is looked at twice for the same.
    seen: Vec<u64>,
    looks: u64,
    /// The slots around a job.
    near: Vec<u32>,
}

impl Recreate {
    pub(crate) fn new(model: &Model<'_>, blinks: Blinks) -> Self {
        let slots = model.slots.len();
        Self {
            blinks,
            closed: 0..0,
            bold: false,
            limit: i64::MAX,
            pairs: Pairs::new(model),
            room: Scratch::new(),
            trial: Route::default(),
            memory: Memory::new(model.tasks.len(), slots),
            seen: vec![0; slots],
            looks: 0,
            near: Vec::new(),
        }
    }

    /// Tries the jobs in this order. Those that others in the list wait for come along with the first of these, or at the end.
    pub(crate) fn run(&mut self, tours: &mut Tours<'_>, jobs: &[u32], rng: &mut Rng) {
        let model = tours.model;
        let pair = model.rests && rng.u32(..PAIR_EVERY) == 0;
        let pair_first = pair && rng.bool();
        if pair_first {
            self.place_pair(tours, jobs, rng);
        }
        let waited_for =
            |job: u32| model.ordered && jobs.iter().any(|&other| model.tasks[other as usize].ancestors.contains(&job));
        // Without orders among jobs there is no second round.
        for round in [false, true].into_iter().take(1 + usize::from(model.ordered)) {
            for &job in jobs.iter().filter(|&&job| waited_for(job) == round) {
                self.place(tours, job);
                if tours.score().cost > self.limit {
                    return;
                }
            }
        }
        if pair && !pair_first {
            self.place_pair(tours, jobs, rng);
        }
    }

    /// Tries two of the jobs that stand nowhere together.
    fn place_pair(&mut self, tours: &mut Tours<'_>, jobs: &[u32], rng: &mut Rng) {
        let left: Vec<u32> = jobs.iter().copied().filter(|&job| tours.spot(job).is_none()).collect();
        if left.len() > 1 {
            let first = rng.usize(..left.len());
            let second = (first + rng.usize(1..left.len())) % left.len();
            bundle::place_pair(self, tours, [left[first], left[second]]);
        }
    }

    /// Places one job, with what it waits for, where that is cheapest; or not at all.
    pub(crate) fn place(&mut self, tours: &mut Tours<'_>, job: u32) -> bool {
        if tours.spot(job).is_some() {
            return true;
        }
        let model = tours.model;
        if let Some(pick_up) = self.pairs.pick_up(job).filter(|&pick_up| tours.spot(pick_up).is_none()) {
            return pairs::place(self, tours, [pick_up, job]);
        }
        if model.tasks[job as usize].ancestors.iter().any(|&ancestor| tours.spot(ancestor).is_none()) {
            return bundle::place(self, tours, job);
        }
        if self.pairs.waits(tours, job) {
            return false;
        }
        let Some(offer) = self.cheapest(tours, job) else {
            return match &model.rules {
                _ if model.tasks[job as usize].depots.is_empty() => false,
                Some(rules) if rules.trips() => reload::place(self, tours, rules, job),
                _ => bundle::place_with_depots(self, tours, job),
            };
        };
        if !self.bold && !model.tasks[job as usize].pays(offer.cost) {
            return false;
        }
        tours.insert(offer.spot, job);
        true
    }

    /// The cheapest place for a job whose predecessors all stand.
    pub(crate) fn cheapest(&mut self, tours: &Tours<'_>, job: u32) -> Option<Offer> {
        let mut best = None;
        if !tours.model.tasks[job as usize].ancestors.is_empty() {
            let vehicle = bundle::only_vehicle(tours, job)?;
            self.in_slots(tours, tours.model.slots_of(vehicle), job, &mut best);
            return best;
        }
        if tours.worked.members().len() <= FEW {
            self.in_worked(tours, tours.worked.members(), job, &mut best);
        } else {
            self.beside_neighbours(tours, job, &mut best);
        }
        self.in_empty_slots(tours, job, &mut best);
        best
    }

    /// Every position in slots of one vehicle that comes after the job's predecessors.
    pub(crate) fn in_slots(&mut self, tours: &Tours<'_>, slots: Range<usize>, job: u32, best: &mut Option<Offer>) {
        let last = tours.model.tasks[job as usize].ancestors.iter().filter_map(|&ancestor| tours.spot(ancestor)).max();
        for slot in slots {
            let slot = slot as u32;
            let from = match last {
                Some(spot) if slot < spot.slot => continue,
                Some(spot) if slot == spot.slot => spot.at as usize + 1,
                _ => 0,
            };
            self.in_route(tours, slot, from, job, best);
        }
    }

    fn in_route(&mut self, tours: &Tours<'_>, slot: u32, from: usize, job: u32, best: &mut Option<Offer>) {
        if !tours.sums_allow(slot, job) {
            return;
        }
        let route = tours.route(slot);
        let last_start = tours.model.tasks[job as usize].last_start;
        for at in from..=route.jobs.len() {
            if route.earliest(at) > last_start {
                break;
            }
            self.try_at(tours, Spot { slot, at: at as u32 }, job, best);
        }
    }

    /// The cheapest position in these worked slots, from memory where they have not changed since.
    fn in_worked(&mut self, tours: &Tours<'_>, slots: &[u32], job: u32, best: &mut Option<Offer>) {
        if tours.model.rules.as_ref().is_some_and(|rules| !rules.local) {
            return slots.iter().for_each(|&slot| self.in_route(tours, slot, 0, job, best));
        }
        let mixed = walks_loads(tours.model);
        let amounts = tours.model.loads.amounts(job);
        let mut limit = best.map_or(i64::MAX, |offer| offer.cost);
        let skills = &tours.model.skills;
        for &slot in slots.iter().filter(|&&slot| tours.takes(slot, amounts) && skills.allow(slot, job)) {
            let version = tours.version(slot);
            let known = self.memory.recall(version, slot, job);
            let (mut cost, mut at) = known.unwrap_or_else(|| {
                let found = self.look(tours, slot, job, None);
                self.memory.keep(version, slot, job, found);
                found
            });
            if cost >= limit || self.closed.contains(&(slot as usize)) {
                continue;
            }
            if self.blinks.blink() {
                (cost, at) = self.look(tours, slot, job, Some(at));
            }
            if cost >= limit {
                continue;
            }
            if mixed && !tours.walk_allows(Spot { slot, at }, job) {
                // The load forbids the cheapest position, but perhaps not every other one.
                self.in_route(tours, slot, 0, job, best);
                limit = best.map_or(i64::MAX, |offer| offer.cost);
                continue;
            }
            limit = cost;
            *best = Some(Offer { cost, spot: Spot { slot, at } });
        }
    }

    /// The cheapest position in a worked slot and its cost, [`i64::MAX`] if there is none.
    fn look(&mut self, tours: &Tours<'_>, slot: u32, job: u32, except: Option<u32>) -> (i64, u32) {
        let (model, route, frame) = (tours.model, tours.route(slot), &tours.model.slots[slot as usize]);
        let Some(rules) = &model.rules else {
            return route.cheapest(model, frame, job, except, &mut self.room).unwrap_or((i64::MAX, 0));
        };
        let (last_start, mut best) = (model.tasks[job as usize].last_start, (i64::MAX, 0));
        for at in (0..=route.jobs.len()).take_while(|&at| route.earliest(at) <= last_start) {
            let spot = Spot { slot, at: at as u32 };
            let detour = route.insertion(model, frame, at, job, &mut self.room);
            // The labels' detour is the least that it can be.
            let Some(detour) = detour.filter(|&detour| detour < best.0 && except != Some(spot.at)) else { continue };
            match tours.exact_detour(rules, spot, job, detour) {
                Some(exact) if exact < best.0 => best = (exact, spot.at),
                _ => {}
            }
        }
        best
    }

    fn beside_neighbours(&mut self, tours: &Tours<'_>, job: u32, best: &mut Option<Offer>) {
        self.looks += 1;
        let mut slots = std::mem::take(&mut self.near);
        slots.clear();
        for &other in tours.model.neighbours.beside(job) {
            let Some(spot) = tours.spot(other) else { continue };
            if std::mem::replace(&mut self.seen[spot.slot as usize], self.looks) != self.looks {
                slots.push(spot.slot);
            }
        }
        self.in_worked(tours, &slots, job, best);
        self.near = slots;
    }

    /// The first empty slot of each kind that suits the job: one of a vehicle that works anyway, one of an idle one.
    fn in_empty_slots(&mut self, tours: &Tours<'_>, job: u32, best: &mut Option<Offer>) {
        let model = tours.model;
        self.looks += 1;
        for home in model.neighbours.homes(job) {
            if best.is_some_and(|offer| offer.cost <= home.least) {
                continue;
            }
            let class = &model.classes[home.class as usize];
            let slot_of = |vehicle: usize| (model.vehicles[vehicle].first_slot + home.shift as usize) as u32;
            let idle = tours.first_idle(home.class).map(slot_of);
            // Others of the same kind differ by what they carry only, so a few will do, and not always the same.
            let free = tours.free(home.class, home.shift);
            let first = self.looks as usize % free.len().max(1);
            let (later, earlier) = (&free[first..], &free[..first]);
            let working = later.iter().chain(earlier).take(FREE_TRIED).map(|&rank| slot_of(class[rank as usize]));
            for slot in working.chain(idle) {
                let cost = home.cost + tours.opening_cost(slot);
                if best.is_some_and(|offer| offer.cost <= cost) || self.closed.contains(&(slot as usize)) {
                    continue;
                }
                let spot = Spot { slot, at: 0 };
                let cost = match &model.rules {
                    None => cost,
                    Some(rules) => match tours.exact_detour(rules, spot, job, home.cost) {
                        Some(exact) => exact + tours.opening_cost(slot),
                        None => continue,
                    },
                };
                if best.is_some_and(|offer| offer.cost <= cost) {
                    continue;
                }
                let bearable = tours.sums_allow(slot, job) && (!walks_loads(model) || tours.walk_allows(spot, job));
                if bearable && !self.blinks.blink() {
                    *best = Some(Offer { cost, spot });
                }
            }
        }
    }

    /// Puts a job at the end of a slot if it fits there and its predecessors stand before it.
    pub(crate) fn append(&mut self, tours: &mut Tours<'_>, slot: u32, job: u32) {
        let spot = Spot { slot, at: tours.route(slot).jobs.len() as u32 };
        let vehicle = tours.model.slots[slot as usize].vehicle;
        let stands = |&ancestor: &u32| {
            tours.spot(ancestor).is_some_and(|other| other < spot) && tours.vehicle_of(ancestor) == Some(vehicle)
        };
        if tours.sums_allow(slot, job) && tours.model.tasks[job as usize].ancestors.iter().all(stands) {
            let mut one = None;
            self.try_at(tours, spot, job, &mut one);
            if one.is_some() {
                tours.insert(spot, job);
            }
        }
    }

    #[inline]
    fn try_at(&mut self, tours: &Tours<'_>, spot: Spot, job: u32, best: &mut Option<Offer>) {
        if self.closed.contains(&(spot.slot as usize)) {
            return;
        }
        let slot = &tours.model.slots[spot.slot as usize];
        let route = tours.route(spot.slot);
        let Some(detour) = route.insertion(tours.model, slot, spot.at as usize, job, &mut self.room) else { return };
        if route.jobs.is_empty() && !tours.may_open(spot.slot) {
            return;
        }
        let opening = if route.jobs.is_empty() { tours.opening_cost(spot.slot) } else { 0 };
        let mut cost = detour + opening;
        if best.is_some_and(|offer| offer.cost <= cost) {
            return;
        }
        if let Some(rules) = &tours.model.rules {
            let Some(exact) = tours.exact_detour(rules, spot, job, detour) else { return };
            cost = exact + opening;
            if best.is_some_and(|offer| offer.cost <= cost) {
                return;
            }
        }
        if (!walks_loads(tours.model) || tours.walk_allows(spot, job)) && !self.blinks.blink() {
            *best = Some(Offer { cost, spot });
        }
    }

    /// All feasible places on a vehicle, cheapest first; then, in slots with breaks, those that another visit could mend.
    pub(crate) fn offers(&mut self, tours: &Tours<'_>, vehicle: usize, job: u32) -> Vec<Offer> {
        let mut offers = Vec::new();
        let last = tours.model.tasks[job as usize].ancestors.iter().filter_map(|&ancestor| tours.spot(ancestor)).max();
        for slot in tours.model.slots_of(vehicle) {
            let slot = slot as u32;
            for at in 0..=tours.route(slot).jobs.len() as u32 {
                let spot = Spot { slot, at };
                if last.is_some_and(|last| (slot, at) <= (last.slot, last.at)) {
                    continue;
                }
                let mut one = None;
                if tours.sums_allow(slot, job) {
                    self.try_at(tours, spot, job, &mut one);
                    let hopeful = tours.model.slots[slot as usize].breaks.count > 1;
                    one = one.or(hopeful.then_some(Offer { cost: i64::MAX, spot }));
                }
                offers.extend(one);
            }
        }
        offers.sort_by_key(|offer| (offer.cost, offer.spot));
        offers
    }
}

/// Whether loads must be walked beside sums; where there are depots, the rules have done so.
fn walks_loads(model: &Model<'_>) -> bool {
    model.loads.mixed && !model.rules.as_ref().is_some_and(Rules::depots)
}
