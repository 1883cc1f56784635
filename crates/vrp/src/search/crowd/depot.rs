//! The depot to which vehicles come back for more.
//!
//! **Why.** Where one depot loads everything, tours fall into trips, and what tells a trip's worth are sums over it, as those of a tour.
//! **How.** The depot's job is no job of the crowd: its visits are a stop of their own, which may stand in a tour any number of times, and
//! the first visit belongs to the start. **What never happens:** a problem taken on in which anything else is carried, some job could be
//! visited before the first visit of the depot, or a rule counts that sums over trips do not know.

use super::super::model::{Model, Slot};
use super::segment::Segment;

/// The depot.
#[derive(Debug)]
pub(super) struct Depot {
    /// All tasks that visit it, the job itself first.
    pub(super) tasks: Vec<u32>,
    /// For each job of the crowd, when its goods are there.
    pub(super) releases: Vec<i64>,
    /// Where it is.
    pub(super) place: u32,
}

/// Earlier than every release.
pub(super) const AT_ONCE: i64 = i64::MIN / 4;

impl Depot {
    /// The only depot of a problem, from which all is loaded; nothing if anything more is asked for.
    pub(super) fn new(model: &Model<'_>) -> Option<Self> {
        let (problem, rules) = (model.problem, model.rules.as_ref()?);
        let number = problem.jobs.iter().position(|job| job.depot)?;
        let depot = &problem.jobs[number];
        let from_there =
            |job: usize| model.tasks[job].depots == [number as u32] && model.tasks[job].ancestors.is_empty();
        let all_from_there = (0..model.jobs).all(|job| job == number || from_there(job));
        let bare = depot.drop_off_from.is_empty() && depot.release.is_none() && problem.dimensions() <= 1;
        let open_to_all = (0..model.slots.len() as u32).all(|slot| model.skills.allow(slot, number as u32));
        let boundless = model.slots.iter().all(Slot::is_plain);
        if !rules.knows_trips_alone() || !all_from_there || !bare || !open_to_all || !boundless {
            return None;
        }
        let others = problem.jobs.iter().filter(|job| !job.depot);
        Some(Self {
            place: depot.place as u32,
            tasks: model.visits_of(number as u32).collect(),
            releases: others.map(|job| job.release.unwrap_or(AT_ONCE)).collect(),
        })
    }

    /// How much longer anything can last since the depot, which is the last stop, is visited for every job.
    pub(super) fn longest(&self, visits: &[Segment], times: &[i32]) -> i64 {
        let (stops, jobs) = (visits.len(), self.releases.len() as i64);
        let longest = |legs: &mut dyn Iterator<Item = &i32>| i64::from(legs.copied().max().unwrap_or(0));
        let there = longest(&mut times.iter().skip(stops - 1).step_by(stops));
        let back = longest(&mut times[(stops - 1) * stops..].iter());
        let released = self.releases.iter().copied().max().unwrap_or(0).max(0);
        released + jobs * (there + back + visits[stops - 1].duration)
    }

    /// Its job.
    pub(super) fn number(&self) -> u32 {
        self.tasks[0]
    }
}
