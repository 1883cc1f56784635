//! Pairs spread over many vehicles before a walk that begins hot.
//!
//! **Why.** A walk comes down in the number of its tours by itself, since a short tour is soon shared out among others. Where each
//! delivery comes with its pick-up it hardly ever goes up: the first few pairs of a further tour never pay, and a step moves few.
//! So it begins with more tours than any good solution has (SISR, too, begins with one for each job).
//! **How.** Of each tour the jobs nearest to one drawn at random, half of them, go to a vehicle of the same class that has
//! nothing to do, in the same order; again and again. **What never happens:** a job that leaves those that it waits for.

use fastrand::Rng;

use crate::Objective;

use super::model::Model;
use super::recreate::{Orders, Recreate};
use super::tours::Tours;

/// How often tours are cut in two.
const ROUNDS: usize = 7;

/// Whether at least every third job waits for another one, and at least every third is waited for.
pub(super) fn is_paired(model: &Model<'_>) -> bool {
    let tasks = &model.tasks[..model.jobs];
    let waiting = tasks.iter().filter(|task| !task.ancestors.is_empty()).count();
    let waited_for = tasks.iter().filter(|task| !task.descendants.is_empty()).count();
    model.jobs > 0 && 3 * waiting.min(waited_for) >= model.jobs
}

/// Whether tours are worth cutting: where jobs come in pairs, nothing binds them to their vehicles, and vehicles do not count first.
pub(super) fn pays(model: &Model<'_>) -> bool {
    let free = model.rules.is_none() && model.fixed.is_empty();
    free && model.problem.objective != Objective::Vehicles && is_paired(model)
}

/// Cuts all tours as far as there are vehicles, as a step that can be taken back.
pub(super) fn spread(tours: &mut Tours<'_>, recreate: &mut Recreate, orders: &Orders, rng: &mut Rng) {
    tours.begin();
    for _ in 0..ROUNDS {
        for slot in tours.worked.members().to_vec() {
            cut(tours, slot, rng);
        }
    }
    tours.trim();
    let mut jobs: Vec<u32> = tours.absent.members().iter().copied().filter(|&job| !tours.is_barred(job)).collect();
    orders.draw(rng).sort(tours.model, &mut jobs, rng);
    (recreate.limit, recreate.closed, recreate.bold) = (i64::MAX, 0..0, tours.model.optional);
    recreate.run(tours, &jobs, rng);
}

fn cut(tours: &mut Tours<'_>, slot: u32, rng: &mut Rng) {
    let model = tours.model;
    let wheels = &model.vehicles[model.slots[slot as usize].vehicle];
    let leads = leads(tours, slot);
    let mut order = leads.clone();
    order.sort_unstable();
    order.dedup();
    let idle = tours.first_idle(wheels.class as u32).filter(|_| order.len() > 1 && tours.is_mine(slot));
    let Some(vehicle) = idle else { return };
    let place = |job: u32| model.tasks[job as usize].place;
    let centre = place(order[rng.usize(..order.len())]);
    order.sort_by_key(|&job| (model.leg(centre, place(job)).duration(), job));
    let near = &order[..order.len() / 2];
    let with_leads = tours.route(slot).jobs.iter().zip(&leads);
    let (go, stay): (Vec<_>, Vec<_>) = with_leads.partition(|(_, lead)| near.contains(lead));
    let [go, stay] = [go, stay].map(|part| part.into_iter().map(|(&job, _)| job).collect());
    let shift = slot - wheels.first_slot as u32;
    tours.adopt(&[(slot, stay), (model.vehicles[vehicle].first_slot as u32 + shift, go)]);
}

/// For each job of a tour one that stands for all with which it hangs together there.
fn leads(tours: &Tours<'_>, slot: u32) -> Vec<u32> {
    let jobs = &tours.route(slot).jobs;
    let mut leads = jobs.clone();
    for (at, &job) in jobs.iter().enumerate() {
        for spot in tours.model.tasks[job as usize].ancestors.iter().filter_map(|&ancestor| tours.spot(ancestor)) {
            if spot.slot == slot && leads[spot.at as usize] != leads[at] {
                let (old, new) = (leads[at], leads[spot.at as usize]);
                leads.iter_mut().filter(|lead| **lead == old).for_each(|lead| *lead = new);
            }
        }
    }
    leads
}

#[cfg(test)]
mod tests {
    use super::super::blinks::Blinks;
    use super::super::build::build;
    use super::super::island::Watch;
    use super::*;
    use crate::{Job, Matrix, Problem, Shift, Stop, TimeWindow, Vehicle};

    /// So many pairs along a line, which one vehicle can do; of so many vehicles.
    fn problem(pairs: usize, vehicles: usize) -> Problem {
        let places = 2 * pairs + 1;
        let cells: Vec<i32> =
            (0..places).flat_map(|from| (0..places).map(move |to| from.abs_diff(to) as i32)).collect();
        let job = |job: usize| Job {
            place: job + 1,
            priority: 1,
            drop_off_from: if job % 2 == 1 { vec![job - 1] } else { Vec::new() },
            ..Job::default()
        };
        let shift = Shift { window: TimeWindow { open: 0, close: 10_000 }, ..Shift::default() };
        Problem {
            vehicles: vec![Vehicle { shifts: vec![shift], ..Vehicle::default() }; vehicles],
            jobs: (0..2 * pairs).map(job).collect(),
            matrix: Matrix::new(places, cells.clone(), cells).unwrap(),
            objective: Objective::Distance,
            terms: crate::Terms::default(),
        }
    }

    fn worked_after(problem: &Problem) -> (usize, usize) {
        let model = Model::new(problem);
        let cancel = std::sync::atomic::AtomicBool::new(false);
        let stop = Stop { deadline: None, steps: Some(1), cancel: &cancel, stagnation: None };
        let mut rng = Rng::with_seed(1);
        let mut tours = Tours::new(&model);
        build(&mut tours, &Watch::new(&stop), &mut rng, &mut |_| {});
        assert_eq!(tours.missing(), 0);
        let before = tours.worked.members().len();
        let mut recreate = Recreate::new(&model, Blinks::new(rng.fork(), model.tasks.len()));
        spread(&mut tours, &mut recreate, &Orders::new(&model), &mut rng);
        assert_eq!(tours.missing(), 0, "all stand again");
        for delivery in (1..problem.jobs.len() as u32).step_by(2) {
            let [first, second] = [delivery - 1, delivery].map(|job| tours.spot(job).unwrap());
            assert!(first.slot == second.slot && first.at < second.at);
        }
        (before, tours.worked.members().len())
    }

    #[test]
    fn pairs_are_spread_over_all_vehicles_there_are() {
        assert_eq!(worked_after(&problem(12, 40)), (1, 12));
        assert_eq!(worked_after(&problem(12, 5)), (1, 5));
    }

    #[test]
    fn what_hangs_together_is_told_by_all_that_waits() {
        let mut problem = problem(4, 2);
        problem.jobs[7].drop_off_from = vec![6, 0];
        let model = Model::new(&problem);
        let mut tours = Tours::new(&model);
        tours.restore(&[(0, vec![2, 0, 3, 6, 1, 7, 5]), (1, vec![4])]);
        let leads = leads(&tours, 0);
        let same = |a: usize, b: usize| leads[a] == leads[b];
        // By place in the tour: 2 and 3 hang together, and 0, 1, 6 and 7; what 5 waits for is elsewhere.
        assert!(same(0, 2) && same(1, 3) && same(1, 4) && same(1, 5));
        assert!(!same(0, 1) && !same(0, 6) && !same(1, 6));
    }

    #[test]
    fn only_free_pairs_are_spread_and_never_where_vehicles_count() {
        let pairs = problem(4, 4);
        assert!(pays(&Model::new(&pairs)));
        assert!(!pays(&Model::new(&Problem { objective: Objective::Vehicles, ..problem(4, 4) })));
        let mut few = problem(4, 4);
        (1..6).for_each(|job| few.jobs[job].drop_off_from.clear());
        assert!(!pays(&Model::new(&few)));
        let mut from_one = problem(4, 4);
        (1..8).for_each(|job| from_one.jobs[job].drop_off_from = vec![0]);
        assert!(!pays(&Model::new(&from_one)));
    }

    #[test]
    fn threads_share_the_tours_of_many_jobs_but_not_of_pairs() {
        let pairs = problem(160, 8);
        let singles = {
            let mut singles = problem(160, 8);
            singles.jobs.iter_mut().for_each(|job| job.drop_off_from.clear());
            singles
        };
        let share = |problem: &Problem| {
            let model = Model::new(problem);
            let mut tours = Tours::new(&model);
            tours.restore(&(0..8).map(|slot| (slot, (40 * slot..40 * (slot + 1)).collect())).collect::<Vec<_>>());
            super::super::areas::pays(&tours, 2)
        };
        assert_eq!((share(&pairs), share(&singles)), (false, true));
    }
}
