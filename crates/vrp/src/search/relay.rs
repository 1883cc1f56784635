//! Many coolings, one after another, and what is made of their results.
//!
//! **Why.** A walk that cools once is settled early, and what is settled early decides how good it can become. **How.** Where the
//! budget holds several coolings, the first few begin hot and from whatever is there; their results are the *elite*. From then
//! on two of them are crossed ([`super::breed`]) and the child cools for a short while from a little heat; it takes the place
//! of its first parent if it is better. When nothing better comes of that any more, another hot cooling brings fresh blood. A lap
//! that has frozen ends early. (Annealing instead of local search in a genetic algorithm: Thibaut Vidal, "Hybrid genetic
//! search for the CVRP", Computers & Operations Research 140, 2022, whose plan this is.) **What never happens:** a look at the
//! clock; everything follows from steps and the share of the budget.

use fastrand::Rng;

use super::island::{Best, Found};
use super::model::Model;
use super::spread;
use super::tours::Tours;

/// A hot cooling of a problem with so many jobs takes this times their square in steps.
const ENOUGH: f64 = 6.0;
const ENOUGH_LEAST: f64 = 10_000.0;

/// The same where jobs come in pairs, times the square of what is placed at once.
const ENOUGH_FOR_PAIRS: f64 = 0.6;

/// How many hot coolings a budget must hold, and the part of it that the first ones take.
const LEAST_LAPS: f64 = 6.0;
const LEAST_FOR_PAIRS: f64 = 3.0;
const FIRST_PART: f64 = 0.4;
const MOST_FIRST: f64 = 5.0;

/// A child cools for this part of a hot cooling, from this part of its heat.
const CHILD_LENGTH: f64 = 0.33;
const CHILD_HEAT: f64 = 0.15;

/// From this part of a hot lap on nothing is left of where it began.
const SCRAMBLED: f64 = 0.1;

/// A lap that is past its half ends early if it has not found anything better in this part of its length.
const COOL: f64 = 0.5;
const FROZEN: f64 = 0.2;

/// How many solutions the elite has.
const ELITE: usize = 6;

/// How a lap cools: from when to when in shares of the budget, and from what part of the usual heat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lap {
    pub(super) begin: f64,
    pub(super) end: f64,
    pub(super) heat: f64,
}

/// Where the next lap begins.
#[derive(Debug)]
pub(super) enum Start {
    /// Where the walk is.
    Here,
    /// At the first, after it has got tours of the second.
    Child { first: Vec<(u32, Vec<u32>)>, second: Vec<(u32, Vec<u32>)> },
}

/// The relay.
#[derive(Debug)]
pub(super) struct Relay {
    elite: Vec<Found>,
    /// The best of this lap.
    best: Best,
    lap: Lap,
    /// When the lap began and when it last found something better, in steps.
    begun: u64,
    improved: u64,
    parent: Option<usize>,
    scrambled: bool,
    /// The length of a hot lap as a share of the budget, and how hot it is.
    length: f64,
    heat: f64,
    /// How many hot laps come first.
    first: usize,
    /// How many children in a row were no better than their parents.
    idle: usize,
}

impl Lap {
    /// How much of the lap is over.
    pub(super) fn part(self, share: f64) -> f64 {
        ((share - self.begin) / (self.end - self.begin)).clamp(0.0, 1.0)
    }
}

impl Relay {
    /// A relay from a share of the budget on, with about so many steps to its end, if those are enough; hot laps are so hot.
    pub(super) fn new(tours: &Tours<'_>, budget: f64, share: f64, heat: f64, steps: u64) -> Option<Self> {
        if !suits(tours.model) {
            return None;
        }
        let model = tours.model;
        let placed_last = model.tasks[..model.jobs].iter().filter(|task| task.descendants.is_empty());
        let (jobs, enough, least) = if spread::is_paired(model) {
            (placed_last.count(), ENOUGH_FOR_PAIRS, LEAST_FOR_PAIRS)
        } else {
            (model.jobs, ENOUGH, LEAST_LAPS)
        };
        let laps = budget / (enough * (jobs * jobs) as f64).max(ENOUGH_LEAST);
        if laps < least {
            return None;
        }
        // With much more time than needed every lap becomes longer, too.
        let laps = if laps > 10.0 { (laps * 10.0).sqrt() } else { laps };
        let first = (laps * FIRST_PART).floor().clamp(2.0, MOST_FIRST);
        let length = (1.0 - share) / laps;
        Some(Self {
            elite: Vec::new(),
            best: Best::new(tours),
            lap: Lap { begin: share, end: share + length, heat },
            begun: steps,
            heat,
            improved: steps,
            parent: None,
            scrambled: false,
            length,
            first: first as usize,
            idle: 0,
        })
    }

    pub(super) fn lap(&self) -> Lap {
        self.lap
    }

    /// Sees where the walk went.
    pub(super) fn note(&mut self, tours: &Tours<'_>, steps: u64) {
        self.best.note(tours);
        if tours.score().better_than(self.best.score) {
            self.best.take(tours, steps);
            self.improved = steps;
        }
    }

    /// Whether the lap is over: at its end, or when it has frozen and there is time for another one.
    pub(super) fn is_over(&mut self, tours: &Tours<'_>, share: f64, steps: u64) -> bool {
        let part = self.lap.part(share);
        if self.parent.is_none() && !self.scrambled && part >= SCRAMBLED {
            self.scrambled = true;
            self.best = Best::new(tours);
            self.improved = steps;
        }
        let (idle, walked) = ((steps - self.improved) as f64, (steps - self.begun) as f64);
        let frozen = part >= COOL && idle * part > FROZEN * walked;
        let time_for_another = share + self.length * CHILD_LENGTH < 1.0;
        (part >= 1.0 || frozen) && time_for_another
    }

    /// Ends the lap and says where the next one begins.
    pub(super) fn next(&mut self, share: f64, steps: u64, rng: &mut Rng) -> Start {
        let found = self.best.found();
        self.keep(found);
        self.first = self.first.saturating_sub(1);
        (self.begun, self.improved, self.scrambled) = (steps, steps, false);
        let fresh = self.first > 0 || self.elite.len() < 2 || self.idle > 2 * self.elite.len();
        if fresh {
            self.idle = 0;
            self.begin(share, self.length, self.heat);
            self.parent = None;
            return Start::Here;
        }
        self.begin(share, self.length * CHILD_LENGTH, CHILD_HEAT);
        let (one, other) = (rng.usize(..self.elite.len()), rng.usize(..self.elite.len()));
        let first = if self.elite[one].score.better_than(self.elite[other].score) { one } else { other };
        let second = (first + rng.usize(1..self.elite.len())) % self.elite.len();
        self.parent = Some(first);
        let sequences = |index: usize| self.elite[index].sequences.clone();
        Start::Child { first: sequences(first), second: sequences(second) }
    }

    /// The lap begins at this solution.
    pub(super) fn begin_at(&mut self, tours: &Tours<'_>) {
        self.best = Best::new(tours);
    }

    fn begin(&mut self, share: f64, length: f64, heat: f64) {
        // What would be left for half a lap goes to this one.
        let end = if share + 1.5 * length > 1.0 { 1.0 } else { share + length };
        self.lap = Lap { begin: share, end: end.max(share + 1e-6), heat };
    }

    /// Takes a lap's result into the elite: a child in the place of its first parent, a stranger where there is room or the worst.
    fn keep(&mut self, found: Found) {
        let known = self.elite.iter().any(|other| other.score == found.score);
        if known {
            self.idle += 1;
            return;
        }
        let at = match self.parent {
            Some(parent) => parent,
            None if self.elite.len() < ELITE => {
                self.elite.push(found);
                return;
            }
            None => self.worst(),
        };
        if found.score.better_than(self.elite[at].score) {
            self.elite[at] = found;
            self.idle = 0;
        } else {
            self.idle += 1;
        }
    }

    fn worst(&self) -> usize {
        let value = |index: &usize| (-self.elite[*index].score.priority, self.elite[*index].score.cost);
        (0..self.elite.len()).max_by_key(value).unwrap_or(0)
    }
}

/// Whether solutions can be crossed: rules that bind vehicles to each other would have to be followed, and what is fixed of a
/// plan in force stays where it is.
fn suits(model: &Model<'_>) -> bool {
    model.rules.is_none() && model.fixed.is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::tours::Score;
    use super::*;
    use crate::{Job, Matrix, Objective, Problem, Shift, Terms, TimeWindow, Vehicle};

    const JOBS: usize = 20;

    fn problem() -> Problem {
        let cells = (JOBS + 1) * (JOBS + 1);
        let shift = Shift { window: TimeWindow { open: 0, close: 100 }, ..Shift::default() };
        Problem {
            vehicles: vec![Vehicle { shifts: vec![shift], ..Vehicle::default() }],
            jobs: (1..=JOBS).map(|place| Job { place, priority: 1, ..Job::default() }).collect(),
            matrix: Matrix::new(JOBS + 1, vec![1; cells], vec![1; cells]).unwrap(),
            objective: Objective::Distance,
            terms: Terms::default(),
        }
    }

    fn found(cost: i64) -> Found {
        Found { score: Score { priority: 1, cost }, steps: 0, sequences: vec![(0, vec![cost as u32])] }
    }

    #[test]
    fn a_budget_for_one_cooling_has_no_relay() {
        let problem = problem();
        let model = Model::new(&problem);
        let tours = Tours::new(&model);
        assert!(Relay::new(&tours, 5.9 * ENOUGH_LEAST, 0.0, 1.0, 1).is_none());
        let relay = Relay::new(&tours, 8.0 * ENOUGH_LEAST, 0.0, 1.0, 1).expect("eight coolings fit");
        assert_eq!((relay.first, relay.lap()), (3, Lap { begin: 0.0, end: 0.125, heat: 1.0 }));
    }

    #[test]
    fn a_child_takes_its_first_parents_place_only_if_better_and_unknown() {
        let problem = problem();
        let model = Model::new(&problem);
        let mut relay = Relay::new(&Tours::new(&model), 8.0 * ENOUGH_LEAST, 0.0, 1.0, 1).unwrap();
        let costs = |relay: &Relay| relay.elite.iter().map(|found| found.score.cost).collect::<Vec<i64>>();
        for cost in [30, 20, 30] {
            relay.keep(found(cost));
        }
        assert_eq!((costs(&relay), relay.idle), (vec![30, 20], 1));
        relay.parent = Some(0);
        for (cost, elite, idle) in [(31, [30, 20], 2), (20, [30, 20], 3), (25, [25, 20], 0)] {
            relay.keep(found(cost));
            assert_eq!((costs(&relay), relay.idle), (elite.to_vec(), idle), "a child that costs {cost}");
        }
        // A stranger takes the worst place once all are taken.
        relay.parent = None;
        (40..44).for_each(|cost| relay.keep(found(cost)));
        relay.keep(found(10));
        assert_eq!(costs(&relay), [25, 20, 40, 41, 42, 10]);
    }

    #[test]
    fn where_jobs_come_in_pairs_three_laps_are_enough_and_vehicles_are_settled_before_them() {
        let mut paired = problem();
        (1..JOBS).step_by(2).for_each(|job| paired.jobs[job].drop_off_from = vec![job - 1]);
        let model = Model::new(&paired);
        let tours = Tours::new(&model);
        assert!(Relay::new(&tours, 2.9 * ENOUGH_LEAST, 0.0, 1.0, 1).is_none());
        let mut relay = Relay::new(&tours, 4.0 * ENOUGH_LEAST, 0.2, 12.0, 500).expect("four coolings fit");
        let close = |lap: Lap, begin: f64, end: f64, heat: f64| {
            let apart = [lap.begin - begin, lap.end - end, lap.heat - heat];
            assert!(apart.iter().all(|apart| apart.abs() < 1e-9), "{lap:?}");
        };
        close(relay.lap(), 0.2, 0.4, 12.0);
        relay.next(0.4, 1_000, &mut Rng::with_seed(1));
        close(relay.lap(), 0.4, 0.6, 12.0);
    }

    #[test]
    fn laps_follow_each_other_to_the_end_of_the_budget() {
        let problem = problem();
        let model = Model::new(&problem);
        let tours = Tours::new(&model);
        let budget = 100_000_u64;
        let mut relay = Relay::new(&tours, budget as f64, 0.0, 1.0, 1).unwrap();
        let (mut rng, mut heats, mut cost) = (Rng::with_seed(1), Vec::new(), 100);
        for steps in 1..=budget {
            let share = steps as f64 / budget as f64;
            // Something better now and then, so that no lap freezes.
            if steps % 100 == 0 {
                relay.improved = steps;
            }
            if relay.is_over(&tours, share, steps) {
                cost -= 1;
                relay.best.score = Score { priority: 1, cost };
                assert!(share >= relay.lap().end);
                relay.next(share, steps, &mut rng);
                relay.begin_at(&tours);
                heats.push(relay.lap().heat);
            }
        }
        assert!((relay.lap().end - 1.0).abs() < 1e-9, "{:?}", relay.lap());
        assert_eq!(heats[..relay_first(budget) - 1].iter().filter(|heat| **heat < 1.0).count(), 0, "{heats:?}");
        assert!(heats.len() > 10 && heats[5..].contains(&CHILD_HEAT), "{heats:?}");
    }

    fn relay_first(budget: u64) -> usize {
        (budget as f64 / ENOUGH_LEAST * FIRST_PART).floor().clamp(2.0, MOST_FIRST) as usize
    }
}
