//! What threads do together when each has walked for a while: one crowd.
//!
//! **Why.** Two crowds side by side find what one finds; one crowd with children from two threads has twice the children. **How.**
//! The walks' results join the crowd ([`super::crowd`]). In every round each thread makes a few children from its own random
//! stream, of the members as they were before the round; they are taken in in the order of the threads. Where time does not bind, quick walks may
//! come before it and after it ([`super::laps`]). **What never happens:** a thread
//! that sees another's children before the round is over, so the answer is a function of problem, seed, steps and number of threads; and
//! a solution taken as the best before the walk's own labels say that it keeps all rules.

use fastrand::Rng;

use super::crowd::{Crowd, Round, Sisr};
use super::island::{Best, Found, Teller, Watch, stream};
use super::laps::{self, From, Laps};
use super::model::Model;
use super::relay::Lap;
use super::tours::Tours;

/// So many steps of a quick walk take as long as one step of the walk proper.
const QUICK: u64 = 8;

/// Spends what is left of the budget on a crowd, if the walks that ended with these results left it any.
pub(super) fn go_on(
    watch: &Watch<'_>,
    seed: u64,
    threads: usize,
    model: &Model<'_>,
    results: Vec<Found>,
    teller: &mut Teller<'_, '_>,
) -> Vec<Found> {
    let walked: u64 = results.iter().map(|found| found.steps).sum();
    let spent = Spent { watch, steps: walked / threads as u64, improved: walked / threads as u64 };
    if !watch.left_to_crowd() || spent.is_over() {
        return results;
    }
    let mut tours = Tours::new(model);
    let (all_fit, joining) = joining(&mut tours, &results);
    let Some(mut crowd) = Crowd::new(model, all_fit) else { return results };
    for found in joining {
        crowd.join(&found.sequences);
    }
    let better = |best: Found, next: Found| if next.score.better_than(best.score) { next } else { best };
    let Some(best) = results.into_iter().reduce(better) else { return Vec::new() };
    let streams = (1..=threads as u64).map(|thread| stream(seed, threads as u64 + thread)).collect();
    let mut rest = Rest { spent, crowd, streams, tours, all_fit, best, teller };
    rest.run(model.jobs);
    rest.best.steps = walked.max(rest.spent.steps * threads as u64);
    vec![rest.best]
}

/// Whether any walk found room for everybody, and those that join the crowd: then only such walks, since the others are behind.
fn joining<'f>(tours: &mut Tours<'_>, results: &'f [Found]) -> (bool, Vec<&'f Found>) {
    let whole: Vec<bool> = results.iter().map(|found| tours.leaves_out_none(&found.sequences)).collect();
    let all_fit = whole.contains(&true);
    let behind = |whole: bool| all_fit && !whole;
    (all_fit, results.iter().zip(whole).filter(|&(_, whole)| !behind(whole)).map(|(found, _)| found).collect())
}

/// The steps of each thread, and when they last found something better.
#[derive(Debug, Clone, Copy)]
struct Spent<'a> {
    watch: &'a Watch<'a>,
    steps: u64,
    improved: u64,
}

impl Spent<'_> {
    fn is_over(&self) -> bool {
        self.watch.time_is_up() || self.watch.steps_are_up(self.steps, self.improved)
    }

    fn share(&self) -> f64 {
        self.watch.share(self.steps, self.improved)
    }

    /// After some steps more.
    fn and(self, steps: u64) -> Self {
        Self { steps: self.watch.bounded(self.steps + steps), ..self }
    }
}

/// The rest of the search.
struct Rest<'w, 'm, 't, 'a, 'o> {
    spent: Spent<'w>,
    crowd: Crowd,
    streams: Vec<Rng>,
    tours: Tours<'m>,
    /// Whether everybody with a priority is to be visited.
    all_fit: bool,
    best: Found,
    teller: &'t mut Teller<'a, 'o>,
}

impl Rest<'_, '_, '_, '_, '_> {
    fn run(&mut self, jobs: usize) {
        let share = self.spent.share();
        let budget = self.spent.steps as f64 / share.max(f64::MIN_POSITIVE);
        let quick = self.spent.watch.all_left_to_crowd() && self.crowd.is_timeless();
        let mut laps = if quick { Laps::new(jobs, budget, share) } else { Laps::none() };
        while !self.spent.is_over() {
            if let Some((from, lap)) = laps.next(self.spent.share()) {
                self.cool(from, lap);
                continue;
            }
            let watch = self.spent.watch;
            let Some(Round { steps, better }) = self.crowd.round(&mut self.streams, &|| watch.time_is_up()) else {
                break;
            };
            self.spent = self.spent.and(steps);
            if let Some(sequences) = better {
                self.take(&sequences);
            }
        }
    }

    /// Walks a lap with all threads, and takes their results into the crowd.
    fn cool(&mut self, from: From, lap: Lap) {
        let savings = if from == From::Savings { self.crowd.savings() } else { None };
        let begin = savings.unwrap_or_else(|| self.best.sequences.clone());
        let Self { spent, crowd, streams, tours, best, teller, .. } = self;
        let start = *spent;
        let now = |steps: u64, improved: u64| {
            let now = start.and(steps / QUICK);
            Spent { improved: start.improved.max(start.steps * u64::from(improved > 0) + improved / QUICK), ..now }
        };
        let share =
            |steps: u64, improved: u64| Some(now(steps, improved)).filter(|now| !now.is_over()).map(|now| now.share());
        let mut told = (start.watch.now(), 0);
        let mut tell = |walk: &Sisr<'_>| {
            if walk.improved > told.1 && start.watch.now().saturating_duration_since(told.0) >= laps::TELL_EVERY {
                told = (start.watch.now(), walk.improved);
                take((tours, true), best, teller, &walk.best(), now(walk.steps, walk.improved).steps);
            }
        };
        let mut walks: Vec<Sisr<'_>> = laps::forks(streams).map(|stream| crowd.walk(&begin, stream)).collect();
        let (steps, sequences) = laps::cool(&mut walks, lap, &share, &mut tell);
        self.spent = self.spent.and(steps / QUICK);
        self.crowd.join(&sequences);
        self.take(&sequences);
    }

    fn take(&mut self, sequences: &[(u32, Vec<u32>)]) {
        let tours = (&mut self.tours, self.all_fit);
        if take(tours, &mut self.best, self.teller, sequences, self.spent.steps) {
            self.spent.improved = self.spent.steps;
        }
    }
}

/// Takes a solution as the best if it is better by the walk's own labels, and tells of it.
fn take(
    (tours, all_fit): (&mut Tours<'_>, bool),
    best: &mut Found,
    teller: &mut Teller<'_, '_>,
    sequences: &[(u32, Vec<u32>)],
    steps: u64,
) -> bool {
    tours.restore(sequences);
    let kept = if all_fit { tours.keeps_rules() } else { tours.is_allowed() };
    let better = kept && tours.score().better_than(best.score);
    if better {
        *best = Best::new(tours).found();
        best.steps = steps;
        teller.tell(best);
    }
    better
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::super::crowd::tests::timeless;
    use super::*;
    use crate::{Progress, Stop, TimeWindow};

    #[test]
    fn where_one_walk_found_room_for_everybody_the_others_stay_behind() {
        let problem = timeless(1, false);
        let model = Model::new(&problem);
        let mut tours = Tours::new(&model);
        let mut found = |sequences: &[(u32, Vec<u32>)]| {
            tours.restore(sequences);
            Best::new(&tours).found()
        };
        let some = [found(&[(0, vec![0, 1])]), found(&[(0, vec![2, 3])])];
        let all = found(&(0..9).map(|slot| (slot, vec![2 * slot, 2 * slot + 1])).collect::<Vec<_>>());
        let joins = |tours: &mut Tours<'_>, results: &[Found]| {
            let (all_fit, joining) = joining(tours, results);
            (all_fit, joining.into_iter().map(|found| found.sequences.clone()).collect::<Vec<_>>())
        };
        let [one, other] = some.clone().map(|found| found.sequences);
        assert_eq!(joins(&mut tours, &some), (false, vec![one, other]));
        let mixed = [some[0].clone(), all.clone(), some[1].clone()];
        assert_eq!(joins(&mut tours, &mixed), (true, vec![all.sequences]));
    }

    #[test]
    fn only_what_keeps_the_rules_is_taken_and_only_if_it_is_better() {
        let mut problem = timeless(1, false);
        problem.jobs[3].windows = vec![TimeWindow { open: 0, close: 30 }];
        let model = Model::new(&problem);
        let cancel = AtomicBool::new(false);
        let stop = Stop { deadline: None, steps: Some(1), cancel: &cancel, stagnation: None };
        let watch = Watch::new(&stop);
        let mut tours = Tours::new(&model);
        // Two jobs, then all on one vehicle, one that is reached too late, and everybody in a sound plan.
        let two = vec![(0, vec![0, 1])];
        let overloaded = vec![(0, (0..18).collect::<Vec<u32>>())];
        let late = vec![(0, vec![0, 1, 2, 4, 3])];
        let mut all: Vec<(u32, Vec<u32>)> = (0..9).map(|slot| (slot, vec![2 * slot, 2 * slot + 1])).collect();
        all[1].1.reverse();
        for (sequences, by_load) in [(&overloaded, true), (&late, false)] {
            tours.restore(sequences);
            let load: i64 = sequences[0].1.iter().map(|&job| model.loads.amounts(job)[0]).sum();
            assert_eq!((tours.is_allowed(), load > 14), (false, by_load));
        }
        for (sequences, all_fit, taken) in [
            (&overloaded, false, false),
            (&late, false, false),
            (&vec![], false, false),
            (&two, false, true),
            (&two, true, false),
            (&all, false, true),
            (&all, true, true),
        ] {
            tours.restore(&[(0, vec![0])]);
            let mut best = Best::new(&tours).found();
            let before = best.clone();
            let mut heard = 0;
            let mut observer = |_: &Progress| heard += 1;
            let mut teller = Teller::new(&model, &watch, 1, &mut observer);
            assert_eq!(take((&mut tours, all_fit), &mut best, &mut teller, sequences, 7), taken, "{sequences:?}");
            assert_eq!(heard, usize::from(taken));
            let expected = if taken { (7, sequences) } else { (before.steps, &before.sequences) };
            assert_eq!((best.steps, &best.sequences), expected);
        }
    }
}
