//! Shifts in which nothing can ever be visited, whatever is left out.
//!
//! **Why.** A break that has no moment, or a shift that ends before its way home, is a slip of whoever wrote the request. It is no
//! fault, since the rest can be planned, but nobody should have to find out by himself why an agent stays at home. **How.** Only
//! what holds for every sequence of visits is claimed: breaks are taken as early as can be without any travel, and travel is at
//! least the shortest way out and the shortest way back. **What never happens:** a shift that is named here and worked in a plan.

use std::collections::HashMap;

use crate::search::break_states;
use crate::{Break, Matrix, Problem, Shift, TimeWindow, UNREACHABLE};

/// A shift that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unusable {
    /// Index of the vehicle.
    pub vehicle: usize,
    /// Index of the shift in its vehicle.
    pub shift: usize,
    /// What stands in the way.
    pub hindrance: Hindrance,
}

/// Why a shift cannot be used, with the smallest change that would mend that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hindrance {
    /// Some break has no moment in its window beside the others.
    Breaks {
        /// A break that needs to be over only at this later moment for all to be taken, if one alone can mend it.
        widen: Option<(usize, i64)>,
    },
    /// The breaks are over only after the last moment to arrive.
    BreaksTooLate {
        /// When the shift would have to end.
        end: i64,
    },
    /// No way leads from its start to any job, or from any job to its end.
    NoWay,
    /// Even the shortest way over any job takes longer than the shift.
    TooShort {
        /// By how much it would have to be longer, at least.
        by: i64,
    },
    /// Even the shortest way over any job exceeds a limit on driving time, distance or duration.
    Limit,
}

/// The shifts that no plan can use, by vehicle and shift.
pub fn unusable(problem: &Problem) -> Vec<Unusable> {
    let mut ways = Ways { problem, out: HashMap::new(), back: HashMap::new() };
    let mut found = Vec::new();
    for (vehicle, wheels) in problem.vehicles.iter().enumerate() {
        for (number, shift) in wheels.shifts.iter().enumerate() {
            if let Some(hindrance) = breaks(shift).or_else(|| ways.hindrance(shift)) {
                found.push(Unusable { vehicle, shift: number, hindrance });
            }
        }
    }
    found
}

/// What the breaks alone rule out.
fn breaks(shift: &Shift) -> Option<Hindrance> {
    if shift.breaks.is_empty() {
        return None;
    }
    match earliest(&shift.breaks, shift.window.open) {
        Some(end) if end <= shift.last_arrival() => None,
        Some(end) => Some(Hindrance::BreaksTooLate { end }),
        None => Some(Hindrance::Breaks { widen: widest(shift) }),
    }
}

/// When all breaks are over if they are taken from a moment on, in the best order; nothing if they cannot all be taken.
fn earliest(breaks: &[Break], from: i64) -> Option<i64> {
    let states = break_states(breaks)?;
    let mut ready = vec![None; states.count];
    ready[0] = Some(from);
    for step in &states.steps {
        let Some(now) = ready[step.from] else { continue };
        let Break { window: TimeWindow { open, close }, duration } = breaks[step.index];
        let end = open.max(now) + duration;
        if end <= close && ready[step.to].is_none_or(|other| end < other) {
            ready[step.to] = Some(end);
        }
    }
    ready[states.count - 1]
}

/// The break that would have to close the least later for all to have a moment: beside every set of breaks taken before it.
fn widest(shift: &Shift) -> Option<(usize, i64)> {
    let needed = (0..shift.breaks.len()).filter_map(|index| {
        let others = |keep: &dyn Fn(usize) -> bool| -> Vec<Break> {
            (0..shift.breaks.len())
                .filter(|&other| other != index && keep(other))
                .map(|other| shift.breaks[other])
                .collect()
        };
        let Break { window, duration } = shift.breaks[index];
        // Breaks before it are those that open up to some moment: a later one that is taken first only delays it.
        let cuts = shift.breaks.iter().map(|rest| rest.window.open).chain([i64::MIN]);
        let ends = cuts.filter_map(|cut| {
            let ready = earliest(&others(&|other| shift.breaks[other].window.open <= cut), shift.window.open)?;
            let end = ready.max(window.open) + duration;
            let done = earliest(&others(&|other| shift.breaks[other].window.open > cut), end)?;
            (done <= shift.last_arrival()).then_some(end)
        });
        ends.min().map(|end| (index, end))
    });
    needed.min_by_key(|&(index, end)| end - shift.breaks[index].window.close)
}

/// The shortest ways between ends of shifts and jobs, each asked for once.
struct Ways<'p> {
    problem: &'p Problem,
    out: HashMap<usize, Option<[i64; 2]>>,
    back: HashMap<usize, Option<[i64; 2]>>,
}

impl Ways<'_> {
    /// What the ways alone rule out.
    fn hindrance(&mut self, shift: &Shift) -> Option<Hindrance> {
        let Self { problem, out, back } = self;
        let (matrix, jobs) = (&problem.matrix, || problem.jobs.iter().map(|job| job.place));
        let start = shift.start_place;
        let out = *out.entry(start).or_insert_with(|| least(matrix, jobs().map(|place| (start, place))));
        let end = shift.end_place;
        let back = *back.entry(end).or_insert_with(|| least(matrix, jobs().map(|place| (place, end))));
        let (Some(out), Some(back)) = (out, back) else {
            return (!problem.jobs.is_empty()).then_some(Hindrance::NoWay);
        };
        let [duration, distance] = [out[0] + back[0], out[1] + back[1]];
        let by = shift.window.open + duration - shift.last_arrival();
        let over = |value: i64, limit: Option<i64>| limit.is_some_and(|limit| value > limit);
        let limits = &shift.limits;
        let limited = over(duration, limits.driving.into_iter().chain(limits.duration).chain(shift.max_duration).min())
            || over(distance, limits.distance);
        match () {
            () if by > 0 => Some(Hindrance::TooShort { by }),
            () if limited => Some(Hindrance::Limit),
            () => None,
        }
    }
}

/// The least duration and the least distance of these legs, as far as they have a way.
fn least(matrix: &Matrix, legs: impl Iterator<Item = (usize, usize)>) -> Option<[i64; 2]> {
    let ways = legs.map(|(from, to)| [matrix.duration(from, to), matrix.distance(from, to)]);
    let ways = ways.filter(|way| way[0] != UNREACHABLE).map(|way| way.map(i64::from));
    ways.reduce(|least, way| [least[0].min(way[0]), least[1].min(way[1])])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Job, Limits, Objective, Terms, Vehicle};

    fn rest(open: i64, close: i64, duration: i64) -> Break {
        Break { window: TimeWindow { open, close }, duration }
    }

    /// A day from 0 to 100 with these breaks; the only job is ten units away, there and back.
    fn day(breaks: &[Break], change: impl Fn(&mut Shift)) -> Vec<Hindrance> {
        let mut shift =
            Shift { window: TimeWindow { open: 0, close: 100 }, breaks: breaks.to_vec(), ..Shift::default() };
        change(&mut shift);
        let legs = vec![0, 10, UNREACHABLE, 10, 0, UNREACHABLE, UNREACHABLE, UNREACHABLE, UNREACHABLE];
        let problem = Problem {
            vehicles: vec![Vehicle { shifts: vec![shift], ..Vehicle::default() }],
            jobs: vec![Job { place: 1, priority: 1, ..Job::default() }],
            matrix: Matrix::new(3, legs.clone(), legs).unwrap(),
            objective: Objective::Distance,
            terms: Terms::default(),
        };
        unusable(&problem).into_iter().map(|found| found.hindrance).collect()
    }

    #[test]
    fn breaks_without_a_moment_are_named_with_the_least_change() {
        assert_eq!(day(&[rest(10, 20, 10), rest(20, 40, 10)], |_| {}), []);
        // Over before the shift begins: it would have to close when the shift has begun and the break is over.
        assert_eq!(day(&[rest(-30, -10, 5)], |_| {}), [Hindrance::Breaks { widen: Some((0, 5)) }]);
        // Longer than its window.
        assert_eq!(day(&[rest(10, 20, 15)], |_| {}), [Hindrance::Breaks { widen: Some((0, 25)) }]);
        // Both want the same ten units: the second may follow, or the first may.
        let both = [rest(10, 20, 10), rest(10, 25, 10)];
        assert_eq!(day(&both, |_| {}), [Hindrance::Breaks { widen: Some((1, 30)) }]);
        // Two that are each without a moment: no single change helps.
        assert_eq!(day(&[rest(10, 20, 15), rest(50, 60, 15)], |_| {}), [Hindrance::Breaks { widen: None }]);
        assert_eq!(day(&[rest(90, 200, 20)], |_| {}), [Hindrance::BreaksTooLate { end: 110 }]);
    }

    #[test]
    fn shifts_without_a_way_or_the_time_for_it_are_named() {
        assert_eq!(day(&[], |_| {}), []);
        assert_eq!(day(&[], |shift| shift.end_place = 2), [Hindrance::NoWay]);
        assert_eq!(day(&[], |shift| shift.window.close = 19), [Hindrance::TooShort { by: 1 }]);
        assert_eq!(day(&[], |shift| shift.window.close = 20), []);
        let limits = Limits { distance: Some(19), ..Limits::default() };
        assert_eq!(day(&[], |shift| shift.limits = limits), [Hindrance::Limit]);
    }
}
