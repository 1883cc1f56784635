//! The plan as the reasons see it: who visits what, and single attempts to put a job in.
//!
//! **Why.** Every reason is the outcome of attempts. **How.** Sequences by vehicle and shift; an attempt is a sequence with one
//! job more, followed by [`crate::follow`]. **What never happens:** a change of the plan.

use crate::TimeWindow;

use super::{Blame, Cause, Clocks, Failure, Obstacle, Plan, Problem, Remedy, Short, Stretch, carry};

/// The plan, ready for attempts.
pub(super) struct Ground<'p> {
    pub(super) problem: &'p Problem,
    pub(super) clocks: Clocks<'p>,
    /// The jobs of each vehicle's shifts.
    pub(super) sequences: Vec<Vec<Vec<usize>>>,
    /// For each job the vehicle that visits it.
    visitors: Vec<Option<usize>>,
    /// Shifts that can be worked: all of their breaks have a moment.
    pub(super) usable: Vec<(usize, usize)>,
    /// For each vehicle the first one that is equal to it.
    alike: Vec<usize>,
}

impl<'p> Ground<'p> {
    pub(super) fn new(problem: &'p Problem, plan: &Plan) -> Self {
        let mut sequences: Vec<Vec<Vec<usize>>> =
            problem.vehicles.iter().map(|vehicle| vec![Vec::new(); vehicle.shifts.len()]).collect();
        let mut visitors = vec![None; problem.jobs.len()];
        for tour in &plan.tours {
            for job in tour.jobs() {
                sequences[tour.vehicle][tour.shift].push(job);
                visitors[job] = Some(tour.vehicle);
            }
        }
        let mut ground = Self {
            problem,
            clocks: Clocks::new(problem),
            sequences,
            visitors,
            usable: Vec::new(),
            alike: alike(problem),
        };
        let slots = (0..problem.vehicles.len())
            .flat_map(|vehicle| (0..problem.vehicles[vehicle].shifts.len()).map(move |shift| (vehicle, shift)));
        ground.usable = slots.filter(|&slot| ground.has_room_for_breaks(slot)).collect();
        ground
    }

    /// Whether the breaks of a shift can be taken at all; a shift without a way home is no matter of breaks.
    fn has_room_for_breaks(&self, (vehicle, shift): (usize, usize)) -> bool {
        let endless = Stretch { endless: true, ..Stretch::default() };
        !matches!(self.clocks.follow(vehicle, shift, std::iter::empty(), endless), Err(Blame::Breaks))
    }

    /// The usable shifts of vehicles with the skills that a job needs.
    pub(super) fn able(&self, job: usize) -> Vec<(usize, usize)> {
        let suits = |vehicle: usize| self.missing(vehicle, job).next().is_none();
        self.usable.iter().copied().filter(|&(vehicle, _)| suits(vehicle)).collect()
    }

    fn missing(&self, vehicle: usize, job: usize) -> impl Iterator<Item = u32> + '_ {
        let has = &self.problem.vehicles[vehicle].skills;
        self.problem.jobs[job].skills.iter().copied().filter(|skill| !has.contains(skill))
    }

    /// The vehicle that lacks the fewest skills for a job.
    pub(super) fn lacking(&self, job: usize) -> Option<Remedy> {
        let vehicles = self.usable.iter().map(|&(vehicle, _)| vehicle);
        let vehicle = vehicles.min_by_key(|&vehicle| self.missing(vehicle, job).count())?;
        Some(Remedy::Skills { vehicle, skills: self.missing(vehicle, job).collect() })
    }

    /// The vehicle that the predecessors of a job bind it to, if any; or why they cannot be met.
    pub(super) fn predecessors(&self, job: usize) -> Result<Option<usize>, Cause> {
        let mut bound = None;
        for &named in self.problem.jobs[job].drop_off_from.iter().filter(|&&named| !self.problem.jobs[named].depot) {
            let visitor = self.visitors[named].ok_or(Cause::Predecessor(named))?;
            if bound.is_some_and(|vehicle| vehicle != visitor) {
                return Err(Cause::Split);
            }
            bound = Some(visitor);
        }
        Ok(bound)
    }

    /// One shift of each kind: those of equal vehicles count once.
    pub(super) fn kinds(&self, slots: &[(usize, usize)]) -> Vec<(usize, usize)> {
        // For each kind the vehicle of these slots that stands for it.
        let mut firsts: Vec<Option<usize>> = vec![None; self.alike.len()];
        let mut stands =
            |&(vehicle, _): &(usize, usize)| *firsts[self.alike[vehicle]].get_or_insert(vehicle) == vehicle;
        slots.iter().copied().filter(|slot| stands(slot)).collect()
    }

    /// The job as the only visit of a shift.
    pub(super) fn alone(&self, slot: (usize, usize), job: usize) -> Failure {
        let blame = self.clocks.follow(slot.0, slot.1, std::iter::once(job), Stretch::default()).err();
        let obstacle = blame.map(Obstacle::Time).or_else(|| self.alone_on_board(slot.0, job).map(Obstacle::Load));
        Failure { slot, at: 0, alone: true, obstacle }
    }

    /// Whether the job could be the only visit of a shift at some moment, open or not.
    pub(super) fn has_a_moment(&self, (vehicle, shift): (usize, usize), job: usize) -> bool {
        let frame = &self.problem.vehicles[vehicle].shifts[shift];
        let always = TimeWindow { open: frame.window.open, close: frame.last_arrival() };
        let stretch = Stretch { window: Some((job, always)), ..Stretch::default() };
        self.clocks.follow(vehicle, shift, std::iter::once(job), stretch).is_ok()
    }

    /// What a vehicle cannot bear of a job alone; what drops off from others says nothing alone.
    pub(super) fn alone_on_board(&self, vehicle: usize, job: usize) -> Option<Short> {
        if !self.problem.jobs[job].drop_off_from.is_empty() {
            return None;
        }
        carry(self.problem, vehicle, std::iter::once(std::iter::once(job))).err().map(|(_, short)| short)
    }

    /// Whether a shift and a window of the job share a moment: no visit can be made in one that does not.
    pub(super) fn meets(&self, (vehicle, shift): (usize, usize), job: usize) -> bool {
        let (windows, frame) = (&self.problem.jobs[job].windows, &self.problem.vehicles[vehicle].shifts[shift]);
        let meets = |window: &TimeWindow| window.close >= frame.window.open && window.open <= frame.last_arrival();
        windows.is_empty() || windows.iter().any(meets)
    }

    /// The shifts whose places lie nearest to the job's, first; idle vehicles of a kind that was met already are left out.
    pub(super) fn nearest_first(&self, slots: Vec<(usize, usize)>, job: usize) -> Vec<(usize, usize)> {
        let place = self.problem.jobs[job].place;
        let apart = |&(vehicle, shift): &(usize, usize)| {
            let frame = &self.problem.vehicles[vehicle].shifts[shift];
            let visits = self.sequences[vehicle][shift].iter().map(|&other| self.problem.jobs[other].place);
            let places = visits.chain([frame.start_place]);
            places.map(|from| self.problem.matrix.duration(from, place)).min()
        };
        let idle = |vehicle: usize| self.sequences[vehicle].iter().all(Vec::is_empty);
        let (mut near, resting): (Vec<_>, Vec<_>) = slots.into_iter().partition(|&(vehicle, _)| !idle(vehicle));
        near.extend(self.kinds(&resting));
        near.sort_by_cached_key(apart);
        near
    }

    /// The job at every place of a shift; ends at the first success.
    pub(super) fn beside(&self, slot: (usize, usize), job: usize, spent: &mut usize) -> Vec<Failure> {
        let sequence = &self.sequences[slot.0][slot.1];
        let mut failures = Vec::new();
        if !self.in_company(slot.0, job) {
            return vec![Failure { slot, at: 0, alone: false, obstacle: Some(Obstacle::Company) }];
        }
        for at in self.first_place(slot, job, sequence)..=sequence.len() {
            *spent += sequence.len() + 1;
            let obstacle = self.attempt(slot, job, at, sequence, Stretch::default()).err();
            failures.push(Failure { slot, at, alone: false, obstacle });
            if obstacle.is_none() {
                break;
            }
        }
        failures
    }

    /// How many first visits of a shift stay where they are, whatever comes.
    pub(super) fn fixed(&self, (vehicle, shift): (usize, usize)) -> usize {
        let mut given = self.problem.terms.given.iter().flat_map(|given| &given.tours);
        given.find(|tour| (tour.vehicle, tour.shift) == (vehicle, shift)).map_or(0, |tour| tour.fixed)
    }

    /// The first place in a shift's visits that comes after those that are fixed and after the job's predecessors; beyond the last
    /// when these come later.
    pub(super) fn first_place(&self, (vehicle, shift): (usize, usize), job: usize, sequence: &[usize]) -> usize {
        let needed = &self.problem.jobs[job].drop_off_from;
        let is_needed = |other: &usize| needed.contains(other) && !self.problem.jobs[*other].depot;
        let later = self.sequences[vehicle][shift + 1..].iter().flatten().any(is_needed);
        if later {
            return sequence.len() + 1;
        }
        sequence.iter().rposition(is_needed).map_or(0, |last| last + 1).max(self.fixed((vehicle, shift)))
    }

    /// Whether the jobs that must share a vehicle with this one, or must not, allow a vehicle.
    pub(super) fn in_company(&self, vehicle: usize, job: usize) -> bool {
        let terms = &self.problem.terms;
        let elsewhere = |&other: &usize| other != job && self.visitors[other].is_some_and(|visitor| visitor != vehicle);
        let here = |&other: &usize| other != job && self.visitors[other] == Some(vehicle);
        !terms.together.iter().any(|group| group.contains(&job) && group.iter().any(elsewhere))
            && !terms.apart.iter().any(|group| group.contains(&job) && group.iter().any(here))
    }

    /// Follows a sequence with the job put in at a place: first in time, then in load.
    pub(super) fn attempt(
        &self,
        (vehicle, shift): (usize, usize),
        job: usize,
        at: usize,
        sequence: &[usize],
        stretch: Stretch,
    ) -> Result<(), Obstacle> {
        let with = sequence[..at].iter().copied().chain([job]).chain(sequence[at..].iter().copied());
        self.clocks.follow(vehicle, shift, with.clone(), stretch).map_err(Obstacle::Time)?;
        let with: Vec<usize> = with.collect();
        let shifts = self.sequences[vehicle].iter().enumerate();
        let shifts = shifts.map(|(number, jobs)| if number == shift { &with } else { jobs }.iter().copied());
        carry(self.problem, vehicle, shifts).map_err(|(_, short)| Obstacle::Load(short))
    }
}

/// For each vehicle the first one that is equal to it.
fn alike(problem: &Problem) -> Vec<usize> {
    let vehicles = &problem.vehicles;
    let mut firsts: Vec<usize> = Vec::new();
    let first = |vehicle: usize| {
        let known = firsts.iter().copied().find(|&first| vehicles[first] == vehicles[vehicle]);
        known.unwrap_or_else(|| {
            firsts.push(vehicle);
            vehicle
        })
    };
    (0..vehicles.len()).map(first).collect()
}
