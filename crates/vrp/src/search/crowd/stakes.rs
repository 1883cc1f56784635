//! What leaving jobs out costs.
//!
//! **Why.** Where not all jobs fit, or where some cost more than they are worth, which ones to visit is part of the question.
//! **How.** A job that stands nowhere costs its prize, which counts as much as the ways do, and its priority, which comes before
//! both: the crowd weighs a point of it as so much way that hardly any way is worth one, and the best of the crowd is told by
//! priority first. **What never happens:** a job that nobody can ever do put into a tour.

use super::super::model::Model;
use super::ground::Ground;

/// How many average legs an average priority weighs.
const LEGS_A_PRIORITY: i64 = 6;

/// The most that all priorities together may weigh.
const MOST_WEIGHT: i64 = 1 << 56;

/// What leaving jobs out costs, by job.
#[derive(Debug)]
pub(super) struct Stakes {
    prizes: Vec<i64>,
    priorities: Vec<i64>,
    /// What a point of priority weighs.
    rate: i64,
    /// Whether nobody can ever do a job.
    hopeless: Vec<bool>,
}

impl Stakes {
    /// Prizes are rounded as costs are: down by so many bits.
    pub(super) fn new(model: &Model<'_>, shift: u32, costs: &[i32]) -> Self {
        let tasks = &model.tasks[..model.jobs];
        let mut hopeless = vec![true; model.jobs];
        model.hopeful_jobs().for_each(|job| hopeless[job as usize] = false);
        let all: i64 = tasks.iter().map(|task| task.priority).sum();
        let leg = costs.iter().map(|&cost| i64::from(cost)).sum::<i64>() / costs.len() as i64;
        let having = tasks.iter().filter(|task| task.priority > 0).count() as i64;
        let rate = leg.saturating_mul(LEGS_A_PRIORITY * having) / all.max(1);
        Self {
            prizes: tasks.iter().map(|task| task.prize >> shift).collect(),
            priorities: tasks.iter().map(|task| task.priority).collect(),
            rate: rate.clamp(1, (MOST_WEIGHT / all.max(1)).max(1)),
            hopeless,
        }
    }

    pub(super) fn prize(&self, job: u32) -> i64 {
        self.prizes[job as usize]
    }

    pub(super) fn priority(&self, job: u32) -> i64 {
        self.priorities[job as usize]
    }

    /// What so much priority weighs.
    pub(super) fn weight(&self, priority: i64) -> i64 {
        self.rate * priority
    }

    /// What a job costs that stands nowhere.
    #[inline]
    pub(super) fn of(&self, job: u32) -> i64 {
        self.prizes[job as usize] + self.rate * self.priorities[job as usize]
    }

    pub(super) fn may_stand(&self, job: u32) -> bool {
        !self.hopeless[job as usize]
    }

    /// What an average job costs that stands nowhere.
    pub(super) fn average(&self, ground: &Ground) -> i64 {
        (0..ground.jobs as u32).map(|job| self.of(job)).sum::<i64>() / ground.jobs.max(1) as i64
    }
}
