//! The answer: tours with every time, and what they are worth.
//!
//! **Why.** A plan carries all that a reader or a checker needs, so that nobody has to simulate it again. **How.** Plain data,
//! filled by the search when it ends; times are on the caller's clock. **What never happens:** a tour without travel that was
//! not worked, a job twice, a job in a tour and in `unassigned`.

use std::cmp::Ordering;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use crate::{Objective, Problem};

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// One tour per shift that is worked, or only driven because its vehicle works in another; by vehicle, then shift.
    pub tours: Vec<Tour>,
    /// The jobs that no tour visits, in rising order.
    pub unassigned: Vec<usize>,
    /// What the plan is worth.
    pub value: Value,
    /// How many steps the search took (of all threads together).
    pub steps: u64,
    /// The seed it started from.
    pub seed: u64,
}

/// What one vehicle does in one shift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tour {
    /// Index of the vehicle.
    pub vehicle: usize,
    /// Index of the shift in its vehicle.
    pub shift: usize,
    /// When the vehicle leaves its start place: the opening of the shift.
    pub departure: i64,
    /// Visits and breaks in order; empty when the shift is only driven.
    pub stops: Vec<TourStop>,
    /// The way from the last place to the end place.
    pub last_travel: Travel,
    /// When the vehicle reaches its end place.
    pub arrival: i64,
}

impl Tour {
    /// The driving of the whole tour.
    pub fn travel(&self) -> Travel {
        self.stops.iter().map(|stop| stop.travel).sum::<Travel>() + self.last_travel
    }

    /// The jobs of the tour in the order of their visits.
    pub fn jobs(&self) -> impl Iterator<Item = usize> + '_ {
        self.stops.iter().filter_map(|stop| match stop.activity {
            Activity::Visit(job) => Some(job),
            Activity::Break(_) => None,
        })
    }
}

/// One visit or break, with the way that leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TourStop {
    /// What happens.
    pub activity: Activity,
    /// The way from the last real place; nothing for a break, which is taken where the vehicle stands.
    pub travel: Travel,
    /// When the visit or break begins, after any waiting.
    pub start: i64,
    /// When it ends.
    pub end: i64,
}

/// What a vehicle does at a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// It visits this job (index into [`crate::Problem::jobs`]).
    Visit(usize),
    /// It takes this break (index into [`crate::Shift::breaks`]).
    Break(usize),
}

/// Time and distance driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Travel {
    /// In the time unit of the problem.
    pub duration: i64,
    /// In the distance unit of the problem.
    pub distance: i64,
}

impl Add for Travel {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        // Saturating, since a plan from outside may hold anything.
        let duration = self.duration.saturating_add(other.duration);
        Self { duration, distance: self.distance.saturating_add(other.distance) }
    }
}

impl AddAssign for Travel {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Travel {
    fn sum<I: Iterator<Item = Self>>(travels: I) -> Self {
        travels.fold(Self::default(), Add::add)
    }
}

/// What a plan is worth: first the priorities of what it does, then what that costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Value {
    /// The sum of the priorities of the visited jobs.
    pub priority: i64,
    /// Travel time, distance, price in micro-units (rounded down) or number of vehicles, as the objective says; with the prizes
    /// of the jobs left out, except in a number of vehicles.
    pub cost: i64,
    /// What decides between equal costs before the driving does: what the rounding of a price cut off, in
    /// [`Value::FRACTIONS`] of a micro-unit; where vehicles are counted, the distance and the prizes; otherwise 0.
    pub fraction: i64,
    /// All the driving.
    pub travel: Travel,
    /// How many vehicles work.
    pub vehicles: usize,
}

impl Value {
    /// A metre at a price per kilometre and a second at a price per hour are both whole numbers of these parts of a unit.
    pub const FRACTIONS: i64 = 18_000;

    /// What tours are worth that leave these jobs out; the tours of a vehicle stand together.
    pub fn of(problem: &Problem, tours: &[Tour], unassigned: &[usize]) -> Self {
        let mut value = Self::default();
        let (mut price, mut last_vehicle) = (0_i64, None);
        let mut visited = vec![false; problem.jobs.len()];
        for tour in tours {
            let travel = tour.travel();
            value.travel += travel;
            for job in tour.jobs().filter(|&job| !std::mem::replace(&mut visited[job], true)) {
                value.priority += i64::from(problem.jobs[job].priority);
            }
            let shift = &problem.vehicles[tour.vehicle].shifts[tour.shift];
            let over = (tour.arrival - shift.window.close).max(0);
            price += shift.overtime.map_or(0, |overtime| overtime.per_hour_micro) * (Self::FRACTIONS / 3600) * over;
            let rates = problem.vehicles[tour.vehicle].price.unwrap_or_default();
            price += rates.per_km_micro * (Self::FRACTIONS / 1000) * travel.distance;
            price += rates.per_hour_micro * (Self::FRACTIONS / 3600) * (tour.arrival - tour.departure);
            if last_vehicle != Some(tour.vehicle) {
                last_vehicle = Some(tour.vehicle);
                value.vehicles += 1;
                price += rates.fixed_micro * Self::FRACTIONS;
            }
        }
        let prizes: i64 = unassigned.iter().map(|&job| problem.jobs[job].prize).sum();
        let missed = prizes + for_terms(problem, tours);
        (value.cost, value.fraction) = match problem.objective {
            Objective::TravelTime => (value.travel.duration + missed, 0),
            Objective::Distance => (value.travel.distance + missed, 0),
            Objective::Price => (price / Self::FRACTIONS + missed, price % Self::FRACTIONS),
            Objective::Vehicles => (value.vehicles as i64, value.travel.distance + missed),
        };
        value
    }

    /// Whether this value beats the other: more priority, else less cost, else less driving.
    pub fn better_than(&self, other: &Self) -> bool {
        self.compare(other) == Ordering::Less
    }

    /// The order of values, the best one first.
    pub fn compare(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }

    fn rank(&self) -> (i64, i64, i64, i64, i64) {
        (-self.priority, self.cost, self.fraction, self.travel.duration, self.travel.distance)
    }
}

/// What moves away from a plan in force, and uneven work, cost.
fn for_terms(problem: &Problem, tours: &[Tour]) -> i64 {
    let visits = || tours.iter().flat_map(|tour| tour.jobs().map(|job| (tour.vehicle, job)));
    let mut cost = 0;
    if let Some(given) = &problem.terms.given {
        let mut homes = vec![None; problem.jobs.len()];
        for tour in &given.tours {
            tour.jobs.iter().for_each(|&job| homes[job] = Some(tour.vehicle));
        }
        let moved = |&(vehicle, job): &(usize, usize)| {
            !problem.jobs[job].depot && homes[job].is_some_and(|home| home != vehicle)
        };
        cost += given.move_cost * visits().filter(moved).count() as i64;
    }
    if let Some(balance) = problem.terms.balance {
        let mut counts = vec![0_i64; problem.vehicles.len()];
        visits().for_each(|(vehicle, _)| counts[vehicle] += 1);
        cost += balance.weight * counts.iter().map(|count| count * count).sum::<i64>();
    }
    cost
}
