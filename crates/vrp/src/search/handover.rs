//! Tours that change their vehicle.
//!
//! **Why.** Where vehicles differ in size, price, yard or ability, half of a good plan is which vehicle makes which tour; moving
//! visits one by one hardly ever gets there, since the first one pays the whole price of another vehicle. **How.** After a ruin
//! one of the torn tours is now and then handed to a vehicle of another class, at whatever cost; after the recreate every
//! changed tour goes to the vehicle with which it costs least: an idle one, or one whose tour it can swap with. So a tour may grow
//! on a larger vehicle and shrink onto a smaller one within a step, and the thermostat judges the whole. (That the choice of
//! vehicles belongs inside the local search: Anand Subramanian, Puca Huachi Vaz Penna, Eduardo Uchoa and Luiz Satoru Ochi, "A
//! hybrid algorithm for the heterogeneous fleet vehicle routing problem", European Journal of Operational Research 221(2),
//! 2012.) **What never happens:** a tour on a vehicle that may not make it, or a tour of a vehicle that works several shifts,
//! whose loads hang together.

use fastrand::Rng;

use super::model::Model;
use super::route::Route;
use super::tours::Tours;

/// The chance that a step hands a torn tour to another class.
const HAND_OVER: f64 = 0.15;

/// How many classes are looked at for a tour: all where they are few, else as many drawn at random.
const CLASSES: usize = 6;

/// How many changed tours are looked at.
const TOURS: usize = 8;

/// Room for trying tours on vehicles.
#[derive(Debug, Default)]
pub(crate) struct Handover {
    route: Route,
    /// The changed tours that can be handed over.
    tours: Vec<u32>,
}

/// What a tour costs between its ends, for any vehicle: the sums of its legs.
#[derive(Debug, Clone, Copy)]
struct Inner {
    driving: i64,
    distance: i64,
    first: u32,
    last: u32,
}

/// Who takes over, and what that saves.
#[derive(Debug, Clone, Copy)]
struct Deal {
    saving: i64,
    slot: u32,
}

impl Handover {
    /// Nothing where all vehicles are alike, or where rules follow whole vehicles.
    pub(crate) fn new(model: &Model<'_>) -> Option<Self> {
        (model.classes.len() > 1 && model.rules.is_none()).then(Self::default)
    }

    /// After a ruin: perhaps gives one of the torn tours to a vehicle of another class, whatever that costs.
    pub(crate) fn shuffle(&mut self, tours: &mut Tours<'_>, rng: &mut Rng) {
        if rng.f64() >= HAND_OVER {
            return;
        }
        self.gather(tours);
        if self.tours.is_empty() {
            return;
        }
        let slot = self.tours[rng.usize(..self.tours.len())];
        let class = rng.usize(..tours.model.classes.len());
        if class == class_of(tours, slot) {
            return;
        }
        let others: Vec<u32> = self.takers(tours, slot, class).collect();
        if let Some(&other) = others.get(rng.usize(..others.len().max(1)))
            && self.both_fit(tours, slot, other).is_some()
        {
            hand_over(tours, slot, other);
        }
    }

    /// After a recreate: every changed tour goes where it costs least, as long as anything is saved.
    pub(crate) fn settle(&mut self, tours: &mut Tours<'_>, rng: &mut Rng) {
        self.gather(tours);
        for index in 0..self.tours.len() {
            let slot = self.tours[index];
            // A swap may have emptied it, or put another tour there.
            if tours.route(slot).jobs.is_empty() {
                continue;
            }
            if let Some(deal) = self.best_deal(tours, slot, rng) {
                hand_over(tours, slot, deal.slot);
                if !self.tours.contains(&deal.slot) {
                    self.tours[index] = deal.slot;
                }
            }
        }
    }

    /// The changed tours of vehicles that make no other.
    fn gather(&mut self, tours: &Tours<'_>) {
        self.tours.clear();
        self.tours.extend(tours.touched().filter(|&slot| is_only_tour(tours, slot)).take(TOURS));
    }

    fn best_deal(&mut self, tours: &Tours<'_>, slot: u32, rng: &mut Rng) -> Option<Deal> {
        let (classes, own) = (tours.model.classes.len(), class_of(tours, slot));
        let inner = Inner::of(tours, slot);
        let now = tours.closing_saves(slot);
        let mut best: Option<Deal> = None;
        let (first, tried) = if classes <= CLASSES { (0, classes) } else { (rng.usize(..classes), CLASSES) };
        for class in (first..first + tried).map(|class| class % classes).filter(|&class| class != own) {
            let takers: Vec<u32> = self.takers(tours, slot, class).collect();
            for other in takers {
                if let Some(saving) = self.saving(tours, slot, other, inner, now)
                    && best.is_none_or(|deal| saving > deal.saving)
                {
                    best = Some(Deal { saving, slot: other });
                }
            }
        }
        best
    }

    /// Who of a class may take a tour over: the first idle vehicle, else the changed tours of this class.
    fn takers(&self, tours: &Tours<'_>, slot: u32, class: usize) -> impl Iterator<Item = u32> + '_ {
        let model = tours.model;
        let shift = model.slots[slot as usize].shift;
        let idle = tours.idle_in(class).filter(|&vehicle| shift < model.vehicles[vehicle].shifts);
        let idle = idle.map(|vehicle| (model.vehicles[vehicle].first_slot + shift) as u32);
        let swaps: &[u32] = if idle.is_some() { &[] } else { &self.tours };
        let of_class: Vec<u32> =
            swaps.iter().copied().filter(|&other| other != slot && class_of(tours, other) == class).collect();
        idle.into_iter().chain(of_class)
    }

    /// What is saved when another slot takes a tour over, and this one the other's tour; nothing if nothing is.
    fn saving(&mut self, tours: &Tours<'_>, slot: u32, other: u32, inner: Inner, now: i64) -> Option<i64> {
        let back = !tours.route(other).jobs.is_empty();
        let now = now + if back { tours.closing_saves(other) } else { 0 };
        let mut least = inner.least(tours, other);
        if back {
            least += Inner::of(tours, other).least(tours, slot);
        }
        if least >= now {
            return None;
        }
        let saving = now - self.both_fit(tours, slot, other)?;
        (saving > 0).then_some(saving)
    }

    /// What two slots cost with each other's visits, if both can make them.
    fn both_fit(&mut self, tours: &Tours<'_>, slot: u32, other: u32) -> Option<i64> {
        Some(self.fits(tours, other, slot)? + self.fits(tours, slot, other)?)
    }

    /// What a slot costs with the visits of another one, if it can make them.
    fn fits(&mut self, tours: &Tours<'_>, slot: u32, of: u32) -> Option<i64> {
        let (model, jobs) = (tours.model, &tours.route(of).jobs);
        if jobs.is_empty() {
            return Some(0);
        }
        let frame = &model.slots[slot as usize];
        let able = jobs.iter().all(|&job| model.skills.allow(slot, job)) && tours.has_room_instead(slot, jobs);
        if !able || model.loads.first_misfit(frame.vehicle, &std::iter::once(jobs.iter().copied())).is_some() {
            return None;
        }
        self.route.set(model, slot as usize, jobs);
        let standing = model.vehicles[frame.vehicle].standing;
        self.route.feasible().then(|| self.route.cost(frame) - frame.empty_cost + standing)
    }
}

impl Inner {
    fn of(tours: &Tours<'_>, slot: u32) -> Self {
        let model = tours.model;
        let jobs = &tours.route(slot).jobs;
        let place = |job: u32| model.tasks[job as usize].place;
        let (first, last) = (place(jobs[0]), place(jobs[jobs.len() - 1]));
        let (mut driving, mut distance) = (0, 0);
        for pair in jobs.windows(2) {
            let leg = model.leg(place(pair[0]), place(pair[1]));
            (driving, distance) = (driving + leg.duration(), distance + leg.distance());
        }
        Self { driving, distance, first, last }
    }

    /// The least that the tour can cost in a slot: all but what is paid for time.
    fn least(self, tours: &Tours<'_>, slot: u32) -> i64 {
        let model = tours.model;
        let frame = &model.slots[slot as usize];
        let (out, home) = (model.leg(frame.start, self.first), model.leg(self.last, frame.end));
        let driving = out.duration() + self.driving + home.duration();
        let travel = frame.weights.of(driving, out.distance() + self.distance + home.distance());
        travel - frame.empty_cost + model.vehicles[frame.vehicle].standing
    }
}

fn class_of(tours: &Tours<'_>, slot: u32) -> usize {
    tours.model.vehicles[tours.model.slots[slot as usize].vehicle].class
}

fn is_only_tour(tours: &Tours<'_>, slot: u32) -> bool {
    tours.is_mine(slot)
        && !tours.route(slot).jobs.is_empty()
        && tours.is_only_shift(tours.model.slots[slot as usize].vehicle)
}

/// Two slots change their visits; one of them may have none.
fn hand_over(tours: &mut Tours<'_>, slot: u32, other: u32) {
    let (ours, theirs) = (tours.route(slot).jobs.clone(), tours.route(other).jobs.clone());
    tours.adopt(&[(slot, theirs), (other, ours)]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Job, Matrix, Objective, Price, Problem, Shift, Terms, TimeWindow, Vehicle};

    /// Three customers in a row behind a yard. A vehicle is its capacity and its price for each kilometre.
    fn problem(fleet: &[(i64, i64)]) -> Problem {
        let legs: Vec<i32> = (0..4_i32).flat_map(|from| (0..4).map(move |to| (from - to).abs() * 1000)).collect();
        let shift = Shift { window: TimeWindow { open: 0, close: 90_000 }, ..Shift::default() };
        let vehicle = |&(capacity, per_km_micro): &(i64, i64)| Vehicle {
            shifts: vec![shift.clone()],
            capacity: vec![capacity],
            price: Some(Price { per_km_micro, ..Price::default() }),
            ..Vehicle::default()
        };
        Problem {
            vehicles: fleet.iter().map(vehicle).collect(),
            jobs: (1..4).map(|place| Job { place, quantity: vec![1], priority: 1, ..Job::default() }).collect(),
            matrix: Matrix::new(4, legs.clone(), legs).unwrap(),
            objective: Objective::Price,
            terms: Terms::default(),
        }
    }

    /// The tours after a step that took every visit out and put it back.
    fn settled(problem: &Problem, tours: &[(u32, Vec<u32>)]) -> Vec<(u32, Vec<u32>)> {
        let model = Model::new(problem);
        let mut solution = Tours::new(&model);
        solution.adopt(tours);
        Handover::new(&model).unwrap().settle(&mut solution, &mut Rng::with_seed(1));
        let mut sequences = solution.sequences();
        sequences.sort_unstable();
        sequences
    }

    #[test]
    fn a_tour_goes_to_the_cheapest_idle_vehicle_that_can_make_it() {
        let problem = problem(&[(9, 70), (2, 10), (3, 20), (9, 30)]);
        assert_eq!(settled(&problem, &[(0, vec![0, 1, 2])]), [(2, vec![0, 1, 2])]);
        assert_eq!(settled(&problem, &[(0, vec![1, 2])]), [(1, vec![1, 2])]);
    }

    #[test]
    fn tours_swap_vehicles_where_both_fit_and_the_sum_is_less() {
        assert_eq!(settled(&problem(&[(9, 70), (2, 10)]), &[(0, vec![2]), (1, vec![0])]), [(0, vec![0]), (1, vec![2])]);
        let stays = [(0, vec![1, 2]), (1, vec![0])];
        assert_eq!(settled(&problem(&[(9, 70), (1, 10)]), &stays), stays);
    }
}
