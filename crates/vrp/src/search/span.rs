//! How long a tour lasts at least when it may begin late.
//!
//! **Why.** Where a shift has a longest duration but may begin at any moment, earliest times alone do not say whether a tour
//! keeps it: leaving later may save waiting. **How.** A stretch of stops is summed up by its shortest duration and the earliest
//! and latest beginning with which it lasts no longer; two stretches join in constant time (Thibaut Vidal, Teodor Gabriel
//! Crainic, Michel Gendreau and Christian Prins, "A hybrid genetic algorithm with adaptive diversity management for a large
//! class of vehicle routing problems with time-windows", Computers & Operations Research 40(1), 2013, section 4.3). **What never
//! happens:** a stretch that breaks a window; feasibility in time was tested before.

use super::model::{Model, Slot, Task};

/// A stretch of a tour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) duration: i64,
    /// The earliest beginning without needless waiting.
    pub(crate) earliest: i64,
    /// The latest beginning that keeps all windows.
    latest: i64,
}

impl Span {
    /// Leaving or arriving within a shift.
    fn frame(slot: &Slot) -> Self {
        Self { duration: 0, earliest: slot.open, latest: slot.close }
    }

    /// One visit.
    pub(crate) fn visit(task: &Task) -> Self {
        Self { duration: task.dwell, earliest: task.open, latest: task.last_start }
    }

    /// This stretch, a leg of this length, and the other stretch.
    pub(crate) fn join(self, leg: i64, other: Self) -> Self {
        let until = self.duration + leg;
        let wait = (other.earliest - until - self.latest).max(0);
        Self {
            duration: until + other.duration + wait,
            earliest: self.earliest.max(other.earliest - until) - wait,
            latest: self.latest.min(other.latest - until),
        }
    }
}

/// For each stop from start to end: the stretch up to it, and the stretch from it on.
pub(crate) fn spans(model: &Model<'_>, slot: &Slot, jobs: &[u32], into: &mut Vec<[Span; 2]>) {
    let frame = Span::frame(slot);
    into.clear();
    into.resize(jobs.len() + 2, [frame; 2]);
    let place = |stop: usize| match stop {
        0 => slot.start,
        _ => jobs.get(stop - 1).map_or(slot.end, |&job| model.tasks[job as usize].place),
    };
    let own = |stop: usize| match stop {
        0 => frame,
        _ => jobs.get(stop - 1).map_or(frame, |&job| Span::visit(&model.tasks[job as usize])),
    };
    for stop in 1..into.len() {
        into[stop][0] = into[stop - 1][0].join(model.leg(place(stop - 1), place(stop)).duration(), own(stop));
    }
    for stop in (0..into.len() - 1).rev() {
        into[stop][1] = own(stop).join(model.leg(place(stop), place(stop + 1)).duration(), into[stop + 1][1]);
    }
}

/// When to leave for these visits: at the opening, or as late as saves all waiting where the duration is bounded.
pub(crate) fn departure(model: &Model<'_>, slot: &Slot, jobs: &[u32]) -> i64 {
    if slot.longest.is_none() {
        return slot.open;
    }
    let mut room = Vec::new();
    spans(model, slot, jobs, &mut room);
    room[0][1].earliest.max(slot.open)
}
