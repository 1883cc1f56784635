//! Several threads on one solution: each improves its own part of it for a while.
//!
//! **Why.** Threads that walk apart all do the same work; in a large problem a tour hardly ever has to do with one at the other
//! end of the country, so threads can share the work instead (the idea of dividing one solution among solvers is that of
//! `FILO2x`; Luca Accorsi, Daniele Vigo and others, 2025). **How.** In every *epoch* the vehicles are dealt out anew: ranked by
//! how far their visits lie from a job drawn at random, and cut into parts of equal numbers of visits. Each thread owns one
//! part: it takes nothing out of the tours of others and puts nothing in, and a job that stands nowhere belongs to one thread
//! only. So the changes of all threads fit together, their gains add up, and after the epoch everybody takes over what the
//! others did, in the order of the threads. Whether and when a crowd goes on follows from the steps of all of them. **What never
//! happens:** an epoch that ends by the clock when steps are the budget: then the answer is a function of problem, seed, steps
//! and number of threads.

use std::time::Duration;

use fastrand::Rng;

use crate::Objective;

use super::island::{Found, Teller, Walker, Watch, stream};
use super::spread;
use super::tours::{Score, Tours};

/// From this many jobs on the work is shared; with fewer, threads would stand in each other's light.
const SHARED_FROM: usize = 300;

/// How many tours each thread should have at least.
const TOURS_EACH: usize = 3;

/// How many steps an epoch has, and how long it may last when time is the budget.
const EPOCH: u64 = 2_000;
const EPOCH_TIME: Duration = Duration::from_millis(100);

/// Whether to share the work on this solution: rules that bind vehicles to each other do not let their costs add up, and where
/// vehicles count first the fleet is made small as a whole. Where jobs come in pairs the number of tours decides, and of walks
/// apart the best is better.
pub(super) fn pays(tours: &Tours<'_>, threads: usize) -> bool {
    let large = tours.model.jobs >= SHARED_FROM && tours.worked.members().len() >= TOURS_EACH * threads;
    let apart = tours.model.rules.is_none() && tours.model.problem.objective != Objective::Vehicles;
    threads > 1 && large && apart && !spread::is_paired(tours.model)
}

/// The search of all threads together, from a first solution.
pub(super) fn walk(
    watch: &Watch<'_>,
    seed: u64,
    threads: usize,
    first: &Tours<'_>,
    teller: &mut Teller<'_, '_>,
) -> Found {
    let walker = |thread: usize| {
        let mut walker = Walker::new(watch, first.anew(), stream(seed, thread as u64));
        walker.hands = threads;
        walker
    };
    let mut walkers: Vec<Walker<'_>> = (0..threads).map(walker).collect();
    let mut best = walkers[0].best.found();
    teller.tell(&best);
    let mut dealer = stream(seed, threads as u64);
    let mut epoch = 0;
    while !walkers.iter().any(|walker| walker.is_done() || walker.yields()) {
        let parts = deal(&walkers[0].tours, threads, &mut dealer);
        for (part, walker) in walkers.iter_mut().enumerate() {
            own(walker, &parts, part, threads, epoch);
        }
        let before = walkers[0].tours.score();
        let improved: Vec<u64> = walkers.iter().map(|walker| walker.improved).collect();
        std::thread::scope(|scope| {
            for walker in &mut walkers {
                scope.spawn(|| walk_epoch(walker, watch));
            }
        });
        let score = joined(before, &walkers);
        let better = score.better_than(best.score);
        if better {
            best = Found { score, steps: walkers[0].steps, sequences: gather(&walkers, &parts) };
            teller.tell(&best);
        }
        for (walker, improved) in walkers.iter_mut().zip(improved) {
            walker.improved = if better { walker.steps } else { improved };
        }
        exchange(&mut walkers);
        epoch += 1;
    }
    Found { steps: walkers.iter().map(|walker| walker.steps).sum(), ..best }
}

/// The part of each vehicle.
fn deal(tours: &Tours<'_>, threads: usize, rng: &mut Rng) -> Vec<usize> {
    let model = tours.model;
    let centre = model.tasks[rng.usize(..model.jobs)].place;
    let mut ranked: Vec<(i64, usize, usize)> = Vec::new();
    // Vehicles without visits go round, so that everybody can open a new tour.
    let mut parts: Vec<usize> = model.vehicles.iter().map(|wheels| wheels.rank % threads).collect();
    for vehicle in (0..model.vehicles.len()).filter(|&vehicle| tours.works(vehicle)) {
        let jobs = model.slots_of(vehicle).flat_map(|slot| &tours.route(slot as u32).jobs);
        let far = |job: &u32| model.leg(centre, model.tasks[*job as usize].place).duration();
        let (count, sum) = jobs.fold((0, 0), |(count, sum), job| (count + 1, sum + far(job)));
        ranked.push((sum / (count.max(1) as i64), vehicle, count));
    }
    ranked.sort_unstable();
    let total: usize = ranked.iter().map(|(_, _, count)| count).sum();
    let mut before = 0;
    for (_, vehicle, count) in ranked {
        parts[vehicle] = (before * threads / total.max(1)).min(threads - 1);
        before += count;
    }
    parts
}

/// Gives a walker its part. Its best is the present solution: what an epoch gains is counted from there.
fn own(walker: &mut Walker<'_>, parts: &[usize], part: usize, threads: usize, epoch: usize) {
    let model = walker.tours.model;
    walker
        .tours
        .own(|slot| parts[model.slots[slot].vehicle] == part, |absent| (absent as usize + epoch) % threads == part);
    walker.best.take(&walker.tours, walker.steps);
    walker.go_elsewhere();
}

fn walk_epoch(walker: &mut Walker<'_>, watch: &Watch<'_>) {
    let (end, begin) = (walker.steps + EPOCH, watch.now());
    while walker.steps < end && !walker.is_done() {
        walker.step();
        if walker.looks_now() {
            walker.attend();
            if !watch.counts_steps() && watch.now().saturating_duration_since(begin) >= EPOCH_TIME {
                break;
            }
        }
    }
}

/// What the best of every part are worth together.
fn joined(before: Score, walkers: &[Walker<'_>]) -> Score {
    walkers.iter().fold(before, |sum, walker| Score {
        priority: sum.priority + walker.best.score.priority - before.priority,
        cost: sum.cost + walker.best.score.cost - before.cost,
    })
}

/// The best of every part, put together.
fn gather(walkers: &[Walker<'_>], parts: &[usize]) -> Vec<(u32, Vec<u32>)> {
    let model = walkers[0].tours.model;
    let jobs = |slot: usize| &walkers[parts[model.slots[slot].vehicle]].best.routes[slot];
    let worked = (0..model.slots.len()).filter(|&slot| !jobs(slot).is_empty());
    worked.map(|slot| (slot as u32, jobs(slot).clone())).collect()
}

/// Every walker takes over what the others have changed.
fn exchange(walkers: &mut [Walker<'_>]) {
    for from in 0..walkers.len() {
        let edited = walkers[from].edits();
        for (to, walker) in walkers.iter_mut().enumerate() {
            if to != from {
                walker.adopt(&edited);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::super::build::build;
    use super::super::crowd::{self, tests::problem};
    use super::super::model::Model;
    use super::*;
    use crate::Stop;

    #[test]
    fn the_steps_of_all_who_share_the_work_count_towards_a_crowd() {
        let mut problem = problem(1, false);
        let (jobs, vehicles) = (problem.jobs.clone(), problem.vehicles.clone());
        while problem.jobs.len() < SHARED_FROM {
            problem.jobs.extend_from_slice(&jobs);
            problem.vehicles.extend_from_slice(&vehicles);
        }
        let model = Model::new(&problem);
        let left_after = |steps: u64, threads: usize| {
            let cancel = AtomicBool::new(false);
            let stop = Stop { deadline: None, steps: Some(steps), cancel: &cancel, stagnation: None };
            let watch = Watch::new(&stop);
            let mut tours = Tours::new(&model);
            build(&mut tours, &watch, &mut stream(1, 1), &mut |_| {});
            assert!(pays(&tours, threads));
            let mut observer = |_: &_| ();
            let found = walk(&watch, 1, threads, &tours, &mut Teller::new(&model, &watch, 1, &mut observer));
            (found.steps, watch.left_to_crowd())
        };
        let pairs = (model.jobs * model.jobs) as u64;
        let alone = (1..100).find(|&each| crowd::walk_first(&model, (each * pairs) as f64, true).is_some());
        let alone = alone.expect("a crowd pays some day") * pairs;
        let (walked, left) = left_after(alone / 3 + EPOCH, 3);
        assert!(left && walked < 3 * alone / 4, "{walked} of {alone}");
        assert!(!left_after(alone / 8, 3).1);
    }
}
