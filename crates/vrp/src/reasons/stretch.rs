//! By how much a rule must give for a job to fit.
//!
//! **Why.** "Too late" helps nobody; "if closing is 17:20 or later" does. **How.** The failed attempt is repeated with the rule
//! stretched: a later closing, an earlier opening, a longer shift. Where the first stretched moment is not the answer (breaks
//! may move), the least one is found by halving. **What never happens:** a remedy that was not tried in full.

use super::ground::Ground;
use super::{Blame, Failure, Limit, Obstacle, Remedy, Short, Stretch};
use crate::TimeWindow;

/// How far an attempt is from success, roughly: which ones are worth stretching.
pub(super) fn gap(failure: &Failure) -> i64 {
    const FAR: i64 = i64::MAX / 2;
    match failure.obstacle {
        None => 0,
        Some(Obstacle::Load(Short::Capacity { .. })) => 1,
        Some(Obstacle::Load(_) | Obstacle::Company) => FAR,
        Some(Obstacle::Time(blame)) => match blame {
            Blame::Late(by) | Blame::Driving(by) | Blame::Distance(by) | Blame::Duration(by) => by,
            // How late it is depends on whose window it is; what fails early is usually far off.
            Blame::Closed(number, _) => FAR / 4 - number as i64,
            Blame::Breaks => FAR / 2,
            Blame::NoWay(_) => FAR,
        },
    }
}

/// The one change that makes an attempt succeed, and its size in the unit of time (or of what is short).
pub(super) fn remedy(ground: &Ground<'_>, job: usize, failure: &Failure) -> Option<(i64, Remedy)> {
    let Failure { slot, at, alone, obstacle } = *failure;
    let sequence: &[usize] = if alone { &[] } else { &ground.sequences[slot.0][slot.1] };
    let blame = match obstacle? {
        Obstacle::Load(Short::Capacity { dimension, by }) => {
            return Some((by, Remedy::Capacity { vehicle: slot.0, dimension, by }));
        }
        Obstacle::Load(_) | Obstacle::Company => return None,
        Obstacle::Time(blame) => blame,
    };
    let attempt = Attempt { ground, slot, job, at, sequence, alone };
    match blame {
        Blame::Driving(by) => Some((by, Remedy::Limit { slot, limit: Limit::Driving, by })),
        Blame::Distance(by) => Some((by, Remedy::Limit { slot, limit: Limit::Distance, by })),
        Blame::Duration(by) => Some((by, Remedy::Limit { slot, limit: Limit::Duration, by })),
        Blame::Closed(number, end) => attempt.close(number, end).or_else(|| attempt.open()),
        Blame::Late(_) | Blame::Breaks => {
            [attempt.open(), attempt.end()].into_iter().flatten().min_by_key(|(change, _)| *change)
        }
        Blame::NoWay(_) => None,
    }
}

/// A sequence with a job put in, to be tried again under other rules.
struct Attempt<'a, 'p> {
    ground: &'a Ground<'p>,
    slot: (usize, usize),
    job: usize,
    at: usize,
    sequence: &'a [usize],
    alone: bool,
}

impl Attempt<'_, '_> {
    fn works(&self, stretch: Stretch) -> bool {
        if self.alone {
            let once = std::iter::once(self.job);
            let in_time = self.ground.clocks.follow(self.slot.0, self.slot.1, once, stretch).is_ok();
            return in_time && self.ground.alone_on_board(self.slot.0, self.job).is_none();
        }
        self.ground.attempt(self.slot, self.job, self.at, self.sequence, stretch).is_ok()
    }

    fn windowed(&self, job: usize, open: i64, close: i64) -> bool {
        self.works(Stretch { window: Some((job, TimeWindow { open, close })), endless: false })
    }

    /// A later closing of the visit that comes too late, whose earliest end is known.
    fn close(&self, number: usize, earliest_end: i64) -> Option<(i64, Remedy)> {
        let late = match number.cmp(&self.at) {
            std::cmp::Ordering::Less => self.sequence[number],
            std::cmp::Ordering::Equal => self.job,
            std::cmp::Ordering::Greater => self.sequence[number - 1],
        };
        let windows = &self.ground.problem.jobs[late].windows;
        let window = windows.iter().rev().find(|window| window.close < earliest_end)?;
        let shift = &self.ground.problem.vehicles[self.slot.0].shifts[self.slot.1];
        let at = least(earliest_end, shift.last_arrival(), |close| self.windowed(late, window.open, close))?;
        Some((at - window.close, Remedy::Close { slot: self.slot, job: late, at }))
    }

    /// An earlier opening of the job itself.
    fn open(&self) -> Option<(i64, Remedy)> {
        let window = self.ground.problem.jobs[self.job].windows.iter().min_by_key(|window| window.open)?;
        let shift = &self.ground.problem.vehicles[self.slot.0].shifts[self.slot.1];
        let earlier = |by: i64| self.windowed(self.job, window.open - by, window.close);
        let by = least(1, window.open - shift.window.open, earlier)?;
        Some((by, Remedy::Open { slot: self.slot, at: window.open - by }))
    }

    /// A later end of the shift.
    fn end(&self) -> Option<(i64, Remedy)> {
        let endless = Stretch { endless: true, ..Stretch::default() };
        if !self.works(endless) {
            return None;
        }
        let with =
            self.sequence[..self.at].iter().copied().chain([self.job]).chain(self.sequence[self.at..].iter().copied());
        let finish = self.ground.clocks.follow(self.slot.0, self.slot.1, with, endless).ok()?;
        let shift = &self.ground.problem.vehicles[self.slot.0].shifts[self.slot.1];
        let limits = &shift.limits;
        let over = |value: i64, limit: Option<i64>| limit.is_some_and(|limit| value > limit);
        let also_limited = over(finish.driving, limits.driving)
            || over(finish.distance, limits.distance)
            || over(finish.arrival - finish.departure, limits.duration);
        let by = finish.arrival - shift.last_arrival();
        (by > 0 && !also_limited).then_some((by, Remedy::ShiftEnd { slot: self.slot, at: finish.arrival }))
    }
}

/// The least number of a range for which something holds, if it holds at the upper end: it must hold from there on.
fn least(from: i64, to: i64, holds: impl Fn(i64) -> bool) -> Option<i64> {
    if from > to {
        return None;
    }
    if holds(from) {
        return Some(from);
    }
    if !holds(to) {
        return None;
    }
    let (mut no, mut yes) = (from, to);
    while yes - no > 1 {
        let middle = no + (yes - no) / 2;
        if holds(middle) { yes = middle } else { no = middle }
    }
    Some(yes)
}

/// The visit, with those that depend on it, that would make room at the least loss of priority.
pub(super) fn displacement(
    ground: &Ground<'_>,
    slots: &[(usize, usize)],
    job: usize,
    mut effort: usize,
) -> Option<Remedy> {
    let mut best: Option<(i64, Remedy)> = None;
    for &slot in slots.iter().filter(|slot| ground.in_company(slot.0, job)) {
        let sequence = &ground.sequences[slot.0][slot.1];
        let (fixed, free) = sequence.split_at(ground.fixed(slot).min(sequence.len()));
        for &out in free {
            let gone = with_dependants(ground, slot.0, out);
            if gone.iter().any(|other| fixed.contains(other)) {
                continue;
            }
            let keeps_sources = ground.problem.jobs[job].drop_off_from.iter().all(|named| !gone.contains(named));
            let in_this_shift = gone.iter().all(|other| sequence.contains(other));
            let priority: i64 = gone.iter().map(|&other| i64::from(ground.problem.jobs[other].priority)).sum();
            if !keeps_sources || !in_this_shift || best.as_ref().is_some_and(|(least, _)| *least <= priority) {
                continue;
            }
            let left: Vec<usize> = sequence.iter().copied().filter(|other| !gone.contains(other)).collect();
            let cost = (left.len() + 1) * (left.len() + 2);
            if cost > effort {
                return best.map(|(_, remedy)| remedy);
            }
            effort -= cost;
            let first = ground.first_place(slot, job, &left);
            let fits = |at: usize| ground.attempt(slot, job, at, &left, Stretch::default()).is_ok();
            if (first..=left.len()).any(fits) {
                best = Some((priority, Remedy::Displace { slot, jobs: gone, priority }));
            }
        }
    }
    best.map(|(_, remedy)| remedy)
}

/// A job and all that need it, directly or not, on its vehicle.
fn with_dependants(ground: &Ground<'_>, vehicle: usize, job: usize) -> Vec<usize> {
    let mut gone = vec![job];
    loop {
        let needs = |other: &usize| {
            !gone.contains(other) && ground.problem.jobs[*other].drop_off_from.iter().any(|named| gone.contains(named))
        };
        let Some(&next) = ground.sequences[vehicle].iter().flatten().find(|other| needs(other)) else { return gone };
        gone.push(next);
    }
}
