//! When a problem in which time does not bind is walked, and how threads walk it side by side.
//!
//! **Why.** Where only ways and loads count, a quick walk ([`super::crowd::Sisr`]) finds a good solution sooner than a crowd, above all of many jobs;
//! then the crowd goes on, and in the end what it found cools once more. **How.** The first lap begins hot at a solution by savings and is as
//! long as the number of pairs of jobs asks for, perhaps all of the budget; the last begins at the best and nearly cold. Every thread
//! walks from its own random stream. How good a walk becomes is settled while it is half warm; so walks *meet* now and then,
//! and all go on from the one that is lowest on average. **What never happens:** a look at another thread's walk before all have
//! come to the meeting, which is at a share of the budget: within a budget of steps the answer is a function of problem, seed,
//! steps and number of threads.

use std::time::Duration;

use fastrand::Rng;

use super::crowd::{Sequences, Sisr};
use super::relay::Lap;

/// The first lap has the time of so many steps of the walk proper for each pair of jobs, but no less than this part of the budget; and all of it, if
/// less than the other part would be left.
const FIRST: f64 = 1.0;
const FIRST_LEAST: f64 = 0.3;
const FIRST_MOST: f64 = 0.8;

/// The last lap's part of the budget, and its heat.
const LAST: f64 = 0.1;
const LAST_HEAT: f64 = 0.1;

/// The parts of a lap after which walks that cool side by side meet for the first time, and after which again and again.
const MEET_FROM: f64 = 0.3;
const MEET_EVERY: f64 = 0.05;

/// Says how much of the budget is spent after so many steps when the best was found after the other number of them; nothing
/// once it is over.
pub(super) type Share<'a> = dyn Fn(u64, u64) -> Option<f64> + Sync + 'a;

/// Improvements within this time are told as one.
pub(super) const TELL_EVERY: Duration = Duration::from_millis(50);

/// Where a lap begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Savings,
    Best,
}

/// The laps that are still to come.
#[derive(Debug)]
pub(super) struct Laps {
    coming: Vec<(From, Lap)>,
}

impl Laps {
    /// No laps.
    pub(super) fn none() -> Self {
        Self { coming: Vec::new() }
    }

    /// The laps of a problem with so many jobs, within a budget of about so many steps of which a share is spent.
    pub(super) fn new(jobs: usize, budget: f64, share: f64) -> Self {
        let pairs = (jobs * jobs) as f64;
        let part = (FIRST * pairs / budget.max(1.0)).clamp(FIRST_LEAST, 1.0);
        let all = part > FIRST_MOST;
        let end = if all { 1.0 } else { share + part * (1.0 - share) };
        let mut coming = vec![(From::Savings, Lap { begin: share, end, heat: 1.0 })];
        if !all {
            coming.insert(0, (From::Best, Lap { begin: end.max(1.0 - LAST), end: 1.0, heat: LAST_HEAT }));
        }
        Self { coming }
    }

    /// The next lap, if it is time for it.
    pub(super) fn next(&mut self, share: f64) -> Option<(From, Lap)> {
        let (from, lap) = self.coming.pop_if(|(_, lap)| lap.begin <= share)?;
        Some((from, Lap { begin: share.min(lap.end), ..lap }))
    }
}

/// Cools walks that begin at one solution, each on a thread, the first on this one, from where its news are told; now and then
/// they meet. Gives the steps of the first, and the best solution of all.
pub(super) fn cool(
    walks: &mut [Sisr<'_>],
    lap: Lap,
    share: &Share<'_>,
    tell: &mut dyn FnMut(&Sisr<'_>),
) -> (u64, Sequences) {
    for walk in &mut *walks {
        walk.begin(lap);
    }
    let mut until = lap.begin + (lap.end - lap.begin) * if walks.len() > 1 { MEET_FROM } else { 1.0 };
    loop {
        walk_until(until, walks, share, tell);
        Sisr::meet(walks);
        let first = &walks[0];
        tell(first);
        let Some(share) = share(first.steps, first.improved).filter(|&share| share < lap.end) else {
            return (first.steps, first.best());
        };
        until = share + (lap.end - lap.begin) * MEET_EVERY;
    }
}

/// Lets all walks go on until so much of the budget is spent.
fn walk_until(until: f64, walks: &mut [Sisr<'_>], share: &Share<'_>, tell: &mut dyn FnMut(&Sisr<'_>)) {
    let Some((first, others)) = walks.split_first_mut() else { return };
    std::thread::scope(|scope| {
        for walk in others {
            scope.spawn(move || walk.run(until, share, &mut |_| ()));
        }
        first.run(until, share, tell);
    });
}

/// A stream for each walk.
pub(super) fn forks(streams: &mut [Rng]) -> impl Iterator<Item = Rng> + '_ {
    streams.iter_mut().map(Rng::fork)
}

#[cfg(test)]
mod tests {
    use super::super::crowd::Crowd;
    use super::super::crowd::tests::timeless;
    use super::super::model::Model;
    use super::super::tours::Tours;
    use super::*;
    use crate::Problem;

    #[test]
    fn many_jobs_are_walked_all_the_time_and_few_are_left_to_the_crowd_between_two_laps() {
        let mut laps = Laps::new(1_000, 1_100_000.0, 0.01);
        assert_eq!(laps.next(0.02), Some((From::Savings, Lap { begin: 0.02, end: 1.0, heat: 1.0 })));
        assert_eq!(laps.next(0.99), None);
        let mut laps = Laps::new(100, 20_000.0, 0.2);
        assert_eq!(laps.next(0.1), None);
        let (from, lap) = laps.next(0.2).unwrap();
        assert_eq!((from, lap.begin, lap.heat), (From::Savings, 0.2, 1.0));
        assert!((lap.end - 0.6).abs() < 1e-9, "half of the rest, by pairs: {lap:?}");
        assert_eq!(laps.next(0.89), None);
        assert_eq!(laps.next(0.95), Some((From::Best, Lap { begin: 0.95, end: 1.0, heat: LAST_HEAT })));
        assert_eq!(laps.next(0.99), None);
        let (_, lap) = Laps::new(100, 1e9, 0.0).next(0.0).unwrap();
        assert!((lap.end - FIRST_LEAST).abs() < 1e-9, "however long there is: {lap:?}");
    }

    /// What so many threads find within so many steps each, what the others know in the end, and what was told.
    fn cooled(problem: &Problem, threads: u64, most: u64) -> (Sequences, Vec<Sequences>, Vec<Sequences>) {
        let model = Model::new(problem);
        let crowd = Crowd::new(&model, true).unwrap();
        let begin = crowd.savings().unwrap();
        let mut walks: Vec<Sisr<'_>> = (0..threads).map(|at| crowd.walk(&begin, Rng::with_seed(at))).collect();
        let share = |steps: u64, _: u64| Some(steps as f64 / most as f64).filter(|&share| share < 1.0);
        let lap = Lap { begin: 0.0, end: 1.0, heat: 1.0 };
        let mut told = Vec::new();
        let (steps, best) = cool(&mut walks, lap, &share, &mut |walk| told.push(walk.best()));
        assert_eq!(steps, most, "all of the budget, and no more");
        (best, walks.iter().map(Sisr::best).collect(), told)
    }

    #[test]
    fn what_threads_find_is_a_solution_the_best_of_all_and_the_same_again() {
        let mut others = 0;
        for seed in 0..8 {
            let problem = timeless(seed, seed % 2 == 1);
            let model = Model::new(&problem);
            let cost = |sequences: &Sequences| {
                let mut tours = Tours::new(&model);
                tours.restore(sequences);
                assert!(tours.keeps_rules());
                tours.score().cost
            };
            for threads in 1..=3 {
                let (best, known, told) = cooled(&problem, threads, 640);
                assert!(known.iter().all(|known| *known == best), "seed {seed}, {threads} threads");
                assert_eq!(told.iter().map(cost).min(), Some(cost(&best)), "seed {seed}, {threads} threads");
                assert_eq!(cooled(&problem, threads, 640).0, best, "seed {seed}, {threads} threads");
                others += usize::from(threads > 1 && best != cooled(&problem, 1, 640).0);
            }
        }
        assert!(others > 4, "{others} times the others changed the result");
    }
}
