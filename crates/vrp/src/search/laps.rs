//! When a problem in which time does not bind is walked, and how threads walk it side by side.
//!
//! **Why.** Where only ways and loads count, a quick walk ([`super::crowd::Sisr`]) finds a good solution sooner than a crowd, above all of many jobs;
//! then the crowd goes on, and in the end what it found cools once more. **How.** The first lap begins hot at a solution by savings and is as
//! long as the number of pairs of jobs asks for, perhaps all of the budget; the last begins at the best and nearly cold. Every thread
//! walks from its own random stream. **What never happens:** a look at another thread's walk, but for whether time is up.

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

/// Cools all walks, each on a thread, the first on this one, from where its news are told. Gives the steps of the first, and the results.
pub(super) fn cool(
    walks: &mut [Sisr<'_>],
    lap: Lap,
    share: &(dyn Fn(u64, u64) -> Option<f64> + Sync),
    tell: &mut dyn FnMut(&Sisr<'_>),
) -> (u64, Vec<Sequences>) {
    let Some((first, others)) = walks.split_first_mut() else { return (0, Vec::new()) };
    std::thread::scope(|scope| {
        for walk in others {
            scope.spawn(move || walk.run(lap, share, &mut |_| ()));
        }
        first.run(lap, share, tell);
    });
    (first.steps, walks.iter().map(Sisr::best).collect())
}

/// A stream for each walk.
pub(super) fn forks(streams: &mut [Rng]) -> impl Iterator<Item = Rng> + '_ {
    streams.iter_mut().map(Rng::fork)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
