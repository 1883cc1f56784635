//! What nobody can ever do.
//!
//! **Why.** A job whose day nobody works would count as left out for ever: the walk would stay hot for its sake, tear tours open
//! around it and try it in every step. **How.** Before the search begins, a job is looked at beside every shift as if no way took
//! any time: its skills, its windows and its load alone. **What never happens:** a job given up that some plan could hold, however
//! strange the matrix; what the ways forbid is left to the search.

use crate::Problem;

use super::model::Model;

/// For each job whether no plan can hold it.
pub(crate) fn hopeless(model: &Model<'_>) -> Vec<bool> {
    let alone: Vec<bool> = (0..model.jobs).map(|job| !fits_a_shift(model, job)).collect();
    let needs = |job: usize| model.tasks[job].ancestors.iter().any(|&ancestor| alone[ancestor as usize]);
    (0..model.jobs).map(|job| alone[job] || needs(job)).collect()
}

/// Whether a shift is open long enough at the right time for an agent who can do the job and carry its load.
fn fits_a_shift(model: &Model<'_>, job: usize) -> bool {
    let task = &model.tasks[job];
    let fits = |(number, slot): (usize, &super::model::Slot)| {
        model.skills.allow(number as u32, job as u32)
            && task.end(slot.open) <= slot.close
            && can_carry(model.problem, slot.vehicle, job)
    };
    model.problem.jobs[job].depot || model.is_locked(job as u32) || model.slots.iter().enumerate().any(fits)
}

/// What is picked up is in the vehicle after the visit, what is dropped off was in it before.
fn can_carry(problem: &Problem, vehicle: usize, job: usize) -> bool {
    let loads = problem.vehicles[vehicle].capacity.iter().zip(&problem.jobs[job].quantity);
    loads.into_iter().all(|(capacity, quantity)| quantity.abs() <= *capacity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Job, Matrix, Objective, Shift, Terms, TimeWindow, Vehicle};

    #[test]
    fn only_what_no_shift_could_hold_is_given_up() {
        let window = |open, close| vec![TimeWindow { open, close }];
        let job = |open, close| Job { dwell: 10, priority: 1, windows: window(open, close), ..Job::default() };
        let shift = |open, close| Shift { window: TimeWindow { open, close }, ..Shift::default() };
        let vehicle = |shifts, skills| Vehicle { shifts, capacity: vec![5], skills, ..Vehicle::default() };
        let cases = [
            (job(0, 500), false),
            (job(95, 120), true),
            (job(95, 205), true),
            (job(95, 210), false),
            (job(190, 200), true),
            (Job { windows: Vec::new(), ..job(0, 0) }, false),
            (
                Job {
                    windows: vec![TimeWindow { open: 110, close: 130 }, TimeWindow { open: 250, close: 300 }],
                    ..job(0, 0)
                },
                false,
            ),
            (Job { skills: vec![7], ..job(0, 100) }, true),
            (Job { skills: vec![7], ..job(200, 300) }, false),
            (Job { quantity: vec![6], ..job(0, 100) }, true),
            (Job { quantity: vec![-6], ..job(0, 100) }, true),
            (Job { quantity: vec![5, 99], ..job(0, 100) }, false),
            (Job { drop_off_from: vec![1], ..job(0, 100) }, true),
            (Job { drop_off_from: vec![12], ..job(0, 100) }, true),
        ];
        let problem = Problem {
            vehicles: vec![vehicle(vec![shift(0, 100)], vec![]), vehicle(vec![shift(200, 300)], vec![7])],
            jobs: cases.iter().map(|(job, _)| job.clone()).collect(),
            matrix: Matrix::new(1, vec![0], vec![0]).unwrap(),
            objective: Objective::Distance,
            terms: Terms::default(),
        };
        assert_eq!(problem.check(), Ok(()));
        let found = hopeless(&Model::new(&problem));
        let expected: Vec<bool> = cases.iter().map(|(_, hopeless)| *hopeless).collect();
        assert_eq!(found, expected);
    }
}
