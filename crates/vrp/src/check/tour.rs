//! One tour: every leg, every moment, every break.
//!
//! **Why.** Most faults of a plan are faults of a single tour. **How.** A clock and a place move from stop to stop as the rules
//! say; where the plan tells another story it is reported, and the judge goes on from what the plan says, so that one fault is
//! not reported at every later stop. **What never happens:** a look at another tour.

use super::Report;
use crate::{Activity, Break, Job, Problem, Shift, Tour, TourStop, Travel, UNREACHABLE};

/// Judges a tour whose vehicle and shift exist.
pub(super) fn judge(problem: &Problem, tour: &Tour, report: &mut Report) {
    let shift = &problem.vehicles[tour.vehicle].shifts[tour.shift];
    let name = format!("vehicle {}, shift {}", tour.vehicle, tour.shift);
    let brought = tour.jobs().filter_map(|job| problem.jobs.get(job)).filter(|job| job.drop_off_from.is_empty());
    let released = brought.filter_map(|job| job.release).max();
    let due = shift.window.open.max(released.unwrap_or(shift.window.open));
    match shift.max_duration {
        None => report.expect(tour.departure == due, "tour.departure", || {
            format!(
                "{name} leaves at {}; it leaves when its shift begins and all that it brings along is released, at {due}",
                tour.departure
            )
        }),
        Some(longest) => {
            report.expect(tour.departure >= due, "tour.departure", || {
                format!("{name} leaves at {}; it may leave from {due} on", tour.departure)
            });
            let lasts = tour.arrival.saturating_sub(tour.departure);
            report.expect(lasts <= longest, "tour.duration", || {
                format!("{name} lasts {lasts}; its longest duration is {longest}")
            });
        }
    }
    let (vehicle, clock, place) = (tour.vehicle, tour.departure, shift.start_place);
    let mut judge = Judge { problem, vehicle, shift, name, clock, place, visited: None, report };
    for (at, stop) in tour.stops.iter().enumerate() {
        judge.stop(stop, loads_from(problem, &tour.stops[at..]));
    }
    judge.breaks(tour);
    judge.arrival(tour);
    judge.limits(tour);
}

struct Judge<'a> {
    problem: &'a Problem,
    vehicle: usize,
    shift: &'a Shift,
    name: String,
    /// When the vehicle is free to go on.
    clock: i64,
    /// Where it stands.
    place: usize,
    /// Where it made its last visit.
    visited: Option<usize>,
    report: &'a mut Report,
}

impl Judge<'_> {
    /// `loads_from` is the moment from which on the stop can load what it is to load.
    fn stop(&mut self, stop: &TourStop, loads_from: Option<i64>) {
        match stop.activity {
            Activity::Visit(job) => match self.problem.jobs.get(job) {
                Some(found) => self.visit(job, found, stop, loads_from),
                None => {
                    self.report.add("visit.unknown", format!("{} visits job {job}, which does not exist", self.name));
                }
            },
            Activity::Break(index) => match self.shift.breaks.get(index) {
                Some(found) => self.rest(index, found, stop),
                None => {
                    self.report.add("break.unknown", format!("{} takes break {index}, which it has not", self.name));
                }
            },
        }
        self.clock = stop.end;
    }

    fn visit(&mut self, index: usize, job: &Job, stop: &TourStop, loads_from: Option<i64>) {
        let name = format!("{}: job {index}", self.name);
        self.leg(&name, job.place, stop.travel);
        let able = &self.problem.vehicles[self.vehicle].skills;
        for skill in job.skills.iter().filter(|skill| !able.contains(skill)) {
            self.report.add("visit.skill", format!("{name} needs skill {skill}, which the vehicle has not"));
        }
        let arrival = self.clock.saturating_add(stop.travel.duration);
        let lasts = if self.visited == Some(job.place) { job.dwell } else { job.dwell + job.setup };
        self.report.expect(stop.end.saturating_sub(stop.start) == lasts, "visit.dwell", || {
            format!("{name} is visited from {} to {}; it takes {lasts}", stop.start, stop.end)
        });
        let inside = job
            .windows
            .iter()
            .any(|window| window.open <= stop.start && stop.start.saturating_add(lasts) <= window.close);
        self.report.expect(inside || job.windows.is_empty(), "visit.window", || {
            format!("{name} is visited from {} to {}, which lies in none of its windows", stop.start, stop.end)
        });
        let due = arrival.max(loads_from.unwrap_or(arrival));
        self.report.expect(stop.start >= due || due == arrival, "visit.release", || {
            format!("{name} begins at {}; what it loads is released by {due}", stop.start)
        });
        let earliest = earliest_start(job, lasts, due);
        self.report.expect(
            stop.start >= arrival && Some(stop.start) <= earliest.or(Some(i64::MAX)),
            "visit.start",
            || {
                format!(
                    "{name} is visited at {}; the vehicle arrives at {arrival} and could begin at {earliest:?}",
                    stop.start
                )
            },
        );
        self.place = job.place;
        self.visited = Some(job.place);
    }

    fn rest(&mut self, index: usize, rest: &Break, stop: &TourStop) {
        let name = format!("{}: break {index}", self.name);
        self.report.expect(stop.travel == Travel::default(), "travel.leg", || {
            format!("{name} has a way to it; a break is taken where the vehicle stands")
        });
        self.report.expect(stop.end.saturating_sub(stop.start) == rest.duration, "break.duration", || {
            format!("{name} lasts from {} to {}; its duration is {}", stop.start, stop.end, rest.duration)
        });
        let inside = rest.window.open <= stop.start && stop.start.saturating_add(rest.duration) <= rest.window.close;
        self.report.expect(inside, "break.window", || {
            format!("{name} begins at {}; its window is {} to {}", stop.start, rest.window.open, rest.window.close)
        });
        let soonest = self.clock.max(rest.window.open);
        self.report.expect(stop.start == soonest, "break.start", || {
            format!("{name} begins at {}; the vehicle is free and the window open at {soonest}", stop.start)
        });
    }

    fn leg(&mut self, name: &str, to: usize, travel: Travel) {
        let [duration, distance] = self.problem.matrix.leg_at(self.place, to, self.clock);
        let from = self.place;
        self.report.expect(duration != UNREACHABLE && distance != UNREACHABLE, "travel.unreachable", || {
            format!("{name}: there is no way from place {from} to place {to}")
        });
        let real = Travel { duration: i64::from(duration), distance: i64::from(distance) };
        self.report.expect(travel == real, "travel.leg", || {
            format!("{name}: the way from place {from} to place {to} is {real:?}, not {travel:?}")
        });
    }

    /// A tour with visits takes each break once; one without takes none.
    fn breaks(&mut self, tour: &Tour) {
        let works = tour.jobs().next().is_some();
        for index in 0..self.shift.breaks.len() {
            let taken = tour.stops.iter().filter(|stop| stop.activity == Activity::Break(index)).count();
            let name = &self.name;
            self.report.expect(taken > 0 || !works, "break.missing", || {
                format!("{name} works without break {index}; breaks are not optional")
            });
            let most = usize::from(works);
            self.report.expect(taken <= most, "break.repeated", || {
                format!("{name} takes break {index} {taken} times; {most} is right")
            });
        }
    }

    fn arrival(&mut self, tour: &Tour) {
        let name = format!("{}: the end", self.name);
        self.leg(&name, self.shift.end_place, tour.last_travel);
        let arrival = self.clock.saturating_add(tour.last_travel.duration);
        self.report.expect(tour.arrival == arrival, "tour.arrival", || {
            format!("{name} is reached at {arrival}, not at {}", tour.arrival)
        });
        let last = self.shift.window.close + self.shift.overtime.map_or(0, |overtime| overtime.most);
        self.report.expect(tour.arrival <= last, "tour.late", || {
            format!("{name} is reached at {}; the shift, with its overtime, closes at {last}", tour.arrival)
        });
    }

    /// Limits bind shifts with visits only: the others are driven because their vehicle works elsewhere.
    fn limits(&mut self, tour: &Tour) {
        if tour.jobs().next().is_none() {
            return;
        }
        let (limits, travel) = (self.shift.limits, tour.travel());
        let taken = tour.arrival.saturating_sub(tour.departure);
        for (code, what, value, limit) in [
            ("limit.driving", "drives for", travel.duration, limits.driving),
            ("limit.distance", "goes as far as", travel.distance, limits.distance),
            ("limit.duration", "works for", taken, limits.duration),
        ] {
            let name = &self.name;
            self.report.expect(limit.is_none_or(|limit| value <= limit), code, || {
                format!("{name} {what} {value}; its limit is {}", limit.unwrap_or_default())
            });
        }
    }
}

/// The last release of what the first of these stops loads: the drop-offs that name it and have no visit of another depot that they
/// name between it and themselves.
fn loads_from(problem: &Problem, stops: &[TourStop]) -> Option<i64> {
    let visited = |stop: &TourStop| match stop.activity {
        Activity::Visit(job) => Some(job),
        Activity::Break(_) => None,
    };
    let (first, rest) = stops.split_first()?;
    let depot = visited(first).filter(|&job| problem.jobs.get(job).is_some_and(|job| job.depot))?;
    let after: Vec<usize> = rest.iter().filter_map(visited).collect();
    let loaded_here = |at: usize| {
        let named = &problem.jobs.get(after[at])?.drop_off_from;
        let is_reloaded = after[..at].iter().any(|other| named.contains(other));
        (named.contains(&depot) && !is_reloaded).then(|| problem.jobs[after[at]].release)?
    };
    (0..after.len()).filter_map(loaded_here).max()
}

/// When a visit can begin after an arrival, if it can.
fn earliest_start(job: &Job, lasts: i64, arrival: i64) -> Option<i64> {
    if job.windows.is_empty() {
        return Some(arrival);
    }
    let starts = job.windows.iter().map(|window| (arrival.max(window.open), window.close - lasts));
    starts.filter(|(start, last)| start <= last).map(|(start, _)| start).min()
}
