//! One shift's sequence, through time.
//!
//! **Why.** A visit begins when its windows, the way to it and the breaks before it allow, and a shift has an end and limits.
//! **How.** For each state of the breaks (a set of those taken) the earliest moment to leave a stop is kept, as the search's
//! labels do, but with everything that a label cannot know. Where travel depends on the hour, leaving earlier may arrive later;
//! then the earliest moment of each state is still a real one, though not always the best. **What never happens:** a sequence
//! that is reordered or shortened.

use crate::search::{BreakStates, break_states};
use crate::{Job, Problem, Shift, TimeWindow, UNREACHABLE};

/// Later than every moment, with room to add.
const NEVER: i64 = i64::MAX / 4;

/// Follows the shifts of one problem.
#[derive(Debug)]
pub(crate) struct Clocks<'p> {
    problem: &'p Problem,
    /// By vehicle, then shift.
    breaks: Vec<Vec<BreakStates>>,
    /// Whether visits of depots wait for what they load.
    waits: bool,
}

/// What a rule may be stretched by, to learn how much is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stretch {
    /// This job has this one window instead of its own.
    pub(crate) window: Option<(usize, TimeWindow)>,
    /// The end place may be reached whenever it is, and the limits of the shift bind nobody.
    pub(crate) endless: bool,
}

/// What a sequence fails at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    /// There is no way to the stop of this number (one past the last is the end place).
    NoWay(usize),
    /// The visit of this number ends at this moment at the earliest, which lies in none of its windows.
    Closed(usize, i64),
    /// Not all breaks can be taken.
    Breaks,
    /// The end place is reached this much too late.
    Late(i64),
    /// This much too long is driven.
    Driving(i64),
    /// This much too far is driven.
    Distance(i64),
    /// The tour takes this much too long.
    Duration(i64),
}

/// A tour that keeps all rules of its shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Finish {
    pub(crate) departure: i64,
    pub(crate) arrival: i64,
    pub(crate) driving: i64,
    pub(crate) distance: i64,
}

/// The earliest moment to leave in one state of the breaks, and the driving until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Moment {
    ready: i64,
    driving: i64,
}

const NOTHING: Moment = Moment { ready: NEVER, driving: 0 };

/// Where a walk has come to.
struct Walk<'c, 'p> {
    problem: &'p Problem,
    shift: &'p Shift,
    breaks: &'c BreakStates,
    stretch: Stretch,
    here: Vec<Moment>,
    distance: i64,
    place: usize,
    /// Whether a visit was made at the present place just now.
    visited: bool,
}

impl<'p> Clocks<'p> {
    pub(crate) fn new(problem: &'p Problem) -> Self {
        let states = |shift: &Shift| break_states(&shift.breaks).expect("Problem::check bounds the states");
        let breaks = problem.vehicles.iter().map(|vehicle| vehicle.shifts.iter().map(states).collect()).collect();
        Self { problem, breaks, waits: problem.jobs.iter().any(|job| released_at_depot(job).is_some()) }
    }

    /// Follows a shift through these jobs.
    pub(crate) fn follow(
        &self,
        vehicle: usize,
        shift: usize,
        jobs: impl Iterator<Item = usize> + Clone,
        stretch: Stretch,
    ) -> Result<Finish, Blame> {
        let frame = &self.problem.vehicles[vehicle].shifts[shift];
        let departure = departure(self.problem, frame, jobs.clone());
        let mut walk = Walk::new(self.problem, frame, &self.breaks[vehicle][shift], departure, stretch);
        let (mut stops, mut rest) = (0, jobs);
        while let Some(job) = rest.next() {
            let waits = self.waits && self.problem.jobs[job].depot;
            walk.visit(stops, job, if waits { hold(self.problem, job, &rest) } else { i64::MIN })?;
            stops += 1;
        }
        walk.end(stops, departure)
    }
}

/// When a shift is left: at its beginning, or when the last of what it brings along from there is released.
pub(crate) fn departure(problem: &Problem, shift: &Shift, jobs: impl Iterator<Item = usize>) -> i64 {
    let brought = jobs.map(|job| &problem.jobs[job]).filter(|job| job.drop_off_from.is_empty());
    brought.filter_map(|job| job.release).fold(shift.window.open, i64::max)
}

/// When what a job takes from a depot is there.
fn released_at_depot(job: &Job) -> Option<i64> {
    job.release.filter(|_| !job.drop_off_from.is_empty())
}

/// The moment before which a visit does not begin, since something that it loads is not there: each of the visits after it is loaded
/// by the last one before it of a depot that it names.
pub(crate) fn hold(problem: &Problem, visit: usize, after: &(impl Iterator<Item = usize> + Clone)) -> i64 {
    let mut hold = i64::MIN;
    for (number, job) in after.clone().enumerate() {
        if job == visit {
            break;
        }
        let named = &problem.jobs[job].drop_off_from;
        let Some(release) = released_at_depot(&problem.jobs[job]).filter(|_| named.contains(&visit)) else { continue };
        if named.len() == 1 || !after.clone().take(number).any(|other| named.contains(&other)) {
            hold = hold.max(release);
        }
    }
    hold
}

/// How long a visit takes after another stop: setting up is saved right after a visit at the same place.
pub(crate) fn service(job: &Job, place_before: Option<usize>) -> i64 {
    job.dwell + if place_before == Some(job.place) { 0 } else { job.setup }
}

impl<'c, 'p> Walk<'c, 'p> {
    fn new(problem: &'p Problem, shift: &'p Shift, breaks: &'c BreakStates, departure: i64, stretch: Stretch) -> Self {
        let mut here = vec![NOTHING; breaks.count];
        here[0] = Moment { ready: departure, driving: 0 };
        let mut walk =
            Self { problem, shift, breaks, stretch, here, distance: 0, place: shift.start_place, visited: false };
        walk.rest();
        walk
    }

    /// Takes each break wherever that leads to a state sooner.
    fn rest(&mut self) {
        for step in &self.breaks.steps {
            let from = self.here[step.from];
            if from.ready < NEVER {
                let end = step.end(from.ready);
                if end < self.here[step.to].ready {
                    self.here[step.to] = Moment { ready: end, driving: from.driving };
                }
            }
        }
    }

    /// Drives to a place in every state.
    fn drive(&mut self, number: usize, to: usize) -> Result<(), Blame> {
        let matrix = &self.problem.matrix;
        if matrix.duration(self.place, to) == UNREACHABLE {
            return Err(Blame::NoWay(number));
        }
        for moment in self.here.iter_mut().filter(|moment| moment.ready < NEVER) {
            let duration = i64::from(matrix.leg_at(self.place, to, moment.ready)[0]);
            moment.ready += duration;
            moment.driving += duration;
        }
        self.distance += i64::from(matrix.distance(self.place, to));
        Ok(())
    }

    /// Makes a visit, which does not begin before the moment `hold`.
    fn visit(&mut self, number: usize, index: usize, hold: i64) -> Result<(), Blame> {
        let job = &self.problem.jobs[index];
        let service = service(job, self.visited.then_some(self.place));
        self.drive(number, job.place)?;
        let other = self.stretch.window.filter(|&(stretched, _)| stretched == index).map(|(_, window)| window);
        let windows = other.as_slice();
        let windows = if windows.is_empty() { &job.windows } else { windows };
        let mut earliest = NEVER;
        for moment in self.here.iter_mut().filter(|moment| moment.ready < NEVER) {
            moment.ready = end(windows, service, moment.ready.max(hold)).unwrap_or_else(|missed| {
                earliest = earliest.min(missed);
                NEVER
            });
        }
        if self.here.iter().all(|moment| moment.ready >= NEVER) {
            return Err(if earliest < NEVER { Blame::Closed(number, earliest) } else { Blame::Breaks });
        }
        (self.place, self.visited) = (job.place, true);
        self.rest();
        Ok(())
    }

    fn end(mut self, stops: usize, departure: i64) -> Result<Finish, Blame> {
        let last = self.here.len() - 1;
        if self.here[last].ready >= NEVER {
            return Err(Blame::Breaks);
        }
        self.drive(stops, self.shift.end_place)?;
        let Moment { ready: arrival, driving } = self.here[last];
        let finish = Finish { departure, arrival, driving, distance: self.distance };
        if self.stretch.endless {
            return Ok(finish);
        }
        let limits = &self.shift.limits;
        let over = |value: i64, limit: Option<i64>| limit.map_or(0, |limit| value - limit);
        let late = arrival - self.shift.last_arrival();
        let (driving, distance) = (over(driving, limits.driving), over(finish.distance, limits.distance));
        let duration = over(arrival - departure, limits.duration);
        match () {
            () if late > 0 => Err(Blame::Late(late)),
            () if driving > 0 => Err(Blame::Driving(driving)),
            () if distance > 0 => Err(Blame::Distance(distance)),
            () if duration > 0 => Err(Blame::Duration(duration)),
            () => Ok(finish),
        }
    }
}

/// When a visit ends after an arrival, or, if it comes too late, when it would end.
fn end(windows: &[TimeWindow], service: i64, arrival: i64) -> Result<i64, i64> {
    if windows.is_empty() {
        return Ok(arrival + service);
    }
    let ends = windows.iter().map(|window| (arrival.max(window.open) + service, window.close));
    let fits = ends.filter(|(end, close)| end <= close).map(|(end, _)| end).min();
    let opening = windows.iter().map(|window| window.open).min().unwrap_or(arrival);
    fits.ok_or(arrival.max(opening) + service)
}
