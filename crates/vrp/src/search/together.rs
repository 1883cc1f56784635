//! What threads do together when each has walked for a while: one crowd.
//!
//! **Why.** Two crowds side by side find what one finds; one crowd with children from two threads has twice the children. **How.**
//! The walks' results join the crowd ([`super::crowd`]). In every round each thread makes a few children from its own random
//! stream, of the members as they were before the round; they are taken in in the order of the threads. **What never happens:** a thread
//! that sees another's children before the round is over, so the answer is a function of problem, seed, steps and number of threads; and
//! a solution taken as the best before the walk's own labels say that it keeps all rules.

use fastrand::Rng;

use super::crowd::{Crowd, Round};
use super::island::{Best, Found, Teller, Watch, stream};
use super::model::Model;
use super::tours::Tours;

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
    let mut steps = walked / threads as u64;
    let mut improved = steps;
    let is_over = |steps: u64, improved: u64| watch.time_is_up() || watch.steps_are_up(steps, improved);
    if !watch.left_to_crowd() || is_over(steps, improved) {
        return results;
    }
    let Some(mut crowd) = Crowd::new(model) else { return results };
    for found in &results {
        crowd.join(&found.sequences);
    }
    let better = |best: Found, next: Found| if next.score.better_than(best.score) { next } else { best };
    let Some(mut best) = results.into_iter().reduce(better) else { return Vec::new() };
    let mut streams: Vec<Rng> = (1..=threads as u64).map(|thread| stream(seed, threads as u64 + thread)).collect();
    let mut tours = Tours::new(model);
    while !is_over(steps, improved) {
        let Some(Round { steps: more, better }) = crowd.round(&mut streams, &|| watch.time_is_up()) else { break };
        steps = watch.bounded(steps + more);
        let Some(sequences) = better else { continue };
        tours.restore(&sequences);
        if tours.keeps_rules() && tours.score().better_than(best.score) {
            improved = steps;
            best = Best::new(&tours).found();
            best.steps = steps;
            teller.tell(&best);
        }
    }
    best.steps = walked.max(steps * threads as u64);
    vec![best]
}
