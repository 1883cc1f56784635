//! A solution made of two: one with the tours that another has around some place.
//!
//! **Why.** Every cooling ends in another good solution, and each of them is best somewhere else. What is better in one part of one
//! can be had in the other, which no walk of small steps finds, since several tours must change at once. **How.** The vehicles
//! that the other solution sends around a job drawn at random keep their tours; those of the present solution that do most of the
//! same work make room for them, class by class, so that every tour stays with a vehicle that can make it; what then stands
//! nowhere is put back greedily (selective route exchange: Yuichi Nagata and Shigenobu Kobayashi, "A Memetic Algorithm for the
//! Pickup and Delivery Problem with Time Windows Using Selective Route Exchange Crossover", PPSN XI, 2010). **What never
//! happens:** a shift of a vehicle taken without its others, whose loads hang together with it.

use fastrand::Rng;

use super::prizes;
use super::recreate::{Orders, Recreate};
use super::tours::Tours;

/// How many jobs are drawn at most to find one about which the solutions differ.
const CENTRES_TRIED: usize = 24;

/// Nobody.
const NOBODY: usize = usize::MAX;

/// The visits of a solution by slot.
pub(super) type Sequences = [(u32, Vec<u32>)];

/// Puts tours of another solution into the present one, as a step that can be taken back; says whether there were any to put.
pub(super) fn breed(
    tours: &mut Tours<'_>,
    other: &Sequences,
    recreate: &mut Recreate,
    orders: &Orders,
    rng: &mut Rng,
) -> bool {
    tours.begin();
    let theirs = Theirs::new(tours, other);
    let given = theirs.around_a_difference(tours, rng);
    if given.is_empty() {
        return false;
    }
    let edits = theirs.edits(tours, &given);
    let mut jobs: Vec<u32> = tours.absent.members().to_vec();
    tours.adopt(&edits);
    tours.trim();
    jobs.extend(tours.absent.members());
    jobs.sort_unstable();
    jobs.dedup();
    jobs.retain(|&job| tours.spot(job).is_none());
    orders.draw(rng).sort(tours.model, &mut jobs, rng);
    (recreate.limit, recreate.closed, recreate.bold) = (i64::MAX, 0..0, tours.model.optional);
    recreate.run(tours, &jobs, rng);
    prizes::shed(tours);
    true
}

/// The other solution, by job and by vehicle.
struct Theirs<'a> {
    /// For each job its vehicle.
    vehicle_of: Vec<usize>,
    /// For each vehicle its worked slots.
    tours: Vec<Vec<&'a (u32, Vec<u32>)>>,
}

impl<'a> Theirs<'a> {
    fn new(tours: &Tours<'_>, other: &'a Sequences) -> Self {
        let model = tours.model;
        let mut theirs =
            Self { vehicle_of: vec![NOBODY; model.tasks.len()], tours: vec![Vec::new(); model.vehicles.len()] };
        for tour in other {
            let vehicle = model.slots[tour.0 as usize].vehicle;
            theirs.tours[vehicle].push(tour);
            tour.1.iter().for_each(|&job| theirs.vehicle_of[job as usize] = vehicle);
        }
        theirs
    }

    fn jobs(&self, vehicle: usize) -> impl Iterator<Item = u32> + '_ {
        self.tours[vehicle].iter().flat_map(|tour| tour.1.iter().copied())
    }

    /// Whether a vehicle's visits are not all made by one vehicle in the present solution that makes no others.
    fn differs(&self, tours: &Tours<'_>, vehicle: usize) -> bool {
        let ours = self.jobs(vehicle).next().and_then(|job| tours.vehicle_of(job));
        let Some(ours) = ours else { return true };
        let count = tours.model.slots_of(ours).map(|slot| tours.route(slot as u32).jobs.len()).sum::<usize>();
        count != self.jobs(vehicle).count() || self.jobs(vehicle).any(|job| tours.vehicle_of(job) != Some(ours))
    }

    /// Vehicles around a job about which the solutions differ; none if there is no such job.
    fn around_a_difference(&self, tours: &Tours<'_>, rng: &mut Rng) -> Vec<usize> {
        let model = tours.model;
        let draw = |_| rng.u32(..model.jobs as u32);
        let differing = |&job: &u32| {
            let vehicle = self.vehicle_of[job as usize];
            vehicle != NOBODY && self.differs(tours, vehicle)
        };
        let Some(centre) = (0..CENTRES_TRIED).map(draw).find(differing) else { return Vec::new() };
        let most = 1 + rng.usize(..(tours.worked.members().len() / 2).max(1));
        let mut given = Vec::with_capacity(most);
        for &job in [centre].iter().chain(model.neighbours.around(centre)) {
            let vehicle = self.vehicle_of[job as usize];
            if given.len() < most && vehicle != NOBODY && !given.contains(&vehicle) && self.differs(tours, vehicle) {
                given.push(vehicle);
            }
        }
        given
    }

    /// What changes in the present solution when it takes these vehicles' tours.
    fn edits(&self, tours: &Tours<'_>, given: &[usize]) -> Vec<(u32, Vec<u32>)> {
        let model = tours.model;
        let is_given = |job: u32| given.contains(&self.vehicle_of[job as usize]);
        let mut takers: Vec<usize> = Vec::with_capacity(given.len());
        let mut edits = Vec::new();
        for &vehicle in given {
            let class = &model.classes[model.vehicles[vehicle].class];
            let Some(taker) = most_alike(tours, class, &takers, is_given) else { continue };
            takers.push(taker);
            let (from, to) = (model.vehicles[vehicle].first_slot, model.vehicles[taker].first_slot);
            for shift in 0..model.vehicles[vehicle].shifts {
                let tour = self.tours[vehicle].iter().find(|tour| tour.0 as usize == from + shift);
                edits.push(((to + shift) as u32, tour.map(|tour| tour.1.clone()).unwrap_or_default()));
            }
        }
        let taken: Vec<u32> = edits.iter().flat_map(|edit| edit.1.iter().copied()).collect();
        for &slot in tours.worked.members() {
            let jobs = &tours.route(slot).jobs;
            if !takers.contains(&model.slots[slot as usize].vehicle) && jobs.iter().any(|job| taken.contains(job)) {
                edits.push((slot, jobs.iter().copied().filter(|job| !taken.contains(job)).collect()));
            }
        }
        edits
    }
}

/// The vehicle of a class with the greatest share of visits that are given away; an idle one if no other is left.
fn most_alike(tours: &Tours<'_>, class: &[usize], taken: &[usize], is_given: impl Fn(u32) -> bool) -> Option<usize> {
    let share = |&vehicle: &usize| {
        let jobs = || tours.model.slots_of(vehicle).flat_map(|slot| tours.route(slot as u32).jobs.iter());
        let given = jobs().filter(|&&job| is_given(job)).count();
        (given * 1_000 / jobs().count().max(1), std::cmp::Reverse(vehicle))
    };
    class.iter().copied().filter(|vehicle| !taken.contains(vehicle)).max_by_key(share)
}

#[cfg(test)]
mod tests {
    use super::super::blinks::Blinks;
    use super::super::model::Model;
    use super::*;
    use crate::{Job, Matrix, Objective, Problem, Shift, Terms, TimeWindow, Vehicle};

    /// Six customers on a line behind the yard; three vehicles of one kind and one of another, two shifts each.
    fn problem() -> Problem {
        let legs: Vec<i32> = (0..7_i32).flat_map(|from| (0..7).map(move |to| (from - to).abs())).collect();
        let shift = |open| Shift { window: TimeWindow { open, close: open + 100 }, ..Shift::default() };
        let vehicle =
            |capacity| Vehicle { shifts: vec![shift(0), shift(200)], capacity: vec![capacity], ..Vehicle::default() };
        Problem {
            vehicles: vec![vehicle(3), vehicle(3), vehicle(3), vehicle(5)],
            jobs: (1..7).map(|place| Job { place, quantity: vec![1], priority: 1, ..Job::default() }).collect(),
            matrix: Matrix::new(7, legs.clone(), legs).unwrap(),
            objective: Objective::Distance,
            terms: Terms::default(),
        }
    }

    #[test]
    fn a_child_has_whole_vehicles_of_the_other_and_everybody_once() {
        let problem = problem();
        let model = Model::new(&problem);
        let (mine, other) =
            ([(0, vec![0, 1]), (1, vec![2]), (2, vec![3, 4, 5])], [(4, vec![1, 2]), (5, vec![3]), (6, vec![0, 4, 5])]);
        let mut recreate = Recreate::new(&model, Blinks::none());
        let orders = Orders::new(&model);
        let mut rng = Rng::with_seed(1);
        let mut took = [false; 2];
        for _ in 0..50 {
            let mut tours = Tours::new(&model);
            tours.restore(&mine);
            let score = tours.score();
            assert!(breed(&mut tours, &other, &mut recreate, &orders, &mut rng));
            let child = tours.sequences();
            let mut jobs: Vec<u32> = child.iter().flat_map(|(_, jobs)| jobs.iter().copied()).collect();
            jobs.sort_unstable();
            assert_eq!(jobs, [0, 1, 2, 3, 4, 5]);
            let holds = |slots: std::ops::Range<u32>, jobs: &[u32]| {
                child.iter().any(|(slot, visits)| slots.contains(slot) && jobs.iter().all(|job| visits.contains(job)))
            };
            // The vehicle of the other kind stays of its kind; one of the first kind may be any of them.
            let large = holds(6..8, &[0, 4, 5]);
            let small = (0..3).any(|v| holds(2 * v..2 * v + 1, &[1, 2]) && holds(2 * v + 1..2 * v + 2, &[3]));
            assert!(large || small, "{child:?}");
            took = [took[0] || large, took[1] || small];
            tours.roll_back();
            assert_eq!((tours.score(), tours.sequences().len()), (score, 3));
        }
        assert_eq!(took, [true, true]);
    }

    #[test]
    fn of_two_alike_there_is_nothing_to_take() {
        let problem = problem();
        let model = Model::new(&problem);
        let mut tours = Tours::new(&model);
        tours.restore(&[(0, vec![0, 1]), (1, vec![2]), (2, vec![3, 4, 5])]);
        let other = [(4, vec![1, 0]), (5, vec![2]), (0, vec![3, 4, 5])];
        let mut recreate = Recreate::new(&model, Blinks::none());
        let mut rng = Rng::with_seed(1);
        assert!(!breed(&mut tours, &other, &mut recreate, &Orders::new(&model), &mut rng));
    }
}
