//! Whether to go on from a worse solution.
//!
//! **Why.** A search that only climbs is soon stuck. **How.** Simulated annealing: with `E` drawn from the exponential
//! distribution, a neighbour is taken when its energy is below the present one's plus `temperature · E`. The energy joins
//! cost and lost priority by an exchange rate that only steers the walk; which solution is the best one is decided elsewhere,
//! in whole numbers and in the strict order. The temperature falls geometrically with the share of the budget that is spent.
//! **What never happens:** a call into the platform's mathematical library, whose last digits differ between machines: the
//! logarithm and the power are made of sums and products here, so a walk repeats itself everywhere.

use fastrand::Rng;

use super::relay::Lap;
use super::tours::Score;

/// How many values of the exponential distribution are tabled.
const TABLE: usize = 4096;

/// How hot the walk is, in average legs of a solution, and how many of them an average job's priority is worth to it.
#[derive(Debug, Clone, Copy)]
struct Regime {
    hot: f64,
    cold: f64,
    rate: f64,
}

/// While the best solution leaves no job out: leaving one out is only a passing state.
const ALL_PLACED: Regime = Regime { hot: 2.0, cold: 0.01, rate: 20.0 };

/// While it does: which jobs to do is the question, so the walk stays hot enough to trade them and the ways matter less.
const SOME_ABSENT: Regime = Regime { hot: 6.0, cold: 0.05, rate: 12.0 };

/// Where no relay does better ([`super::relay`]): a walk with so many steps finds a good solution of a problem with so many jobs: this times their square. With several times as
/// many it is better to warm up and cool anew than to cool more slowly, since what is settled early, as how many tours there
/// are, decides how good a solution can become; and then from as hot as before, or the same is settled again.
const ENOUGH: f64 = 35.0;
const ENOUGH_LEAST: f64 = 50_000.0;
const MOST_CYCLES: f64 = 5.0;

/// So few jobs are settled within so few steps, and then which vehicle does what is settled for good: of the requests with twenty
/// items whose optimum is known, one was missed every other time by cooling once and never by cooling anew. More jobs that cannot
/// all be placed cool down once.
const FEW_JOBS: usize = 30;
const ENOUGH_FOR_FEW: f64 = 5_000.0;

/// The last part of the walk in which no more priority is given up below the best solution's.
const STRICT_FROM: f64 = 0.8;

/// The walk's thermostat.
#[derive(Debug)]
pub(crate) struct Anneal {
    exponential: Vec<f64>,
    /// The cost of an average leg.
    leg: f64,
    /// The cost of an average leg per average priority of a job.
    rate: f64,
    temperature: f64,
    exchange: f64,
    strict: bool,
    /// How often the walk cools down while no job is left out, and while some are.
    cycles: f64,
    cycles_with_absent: f64,
    /// The stretch of the walk that cools down at present, where a relay says.
    pub(super) lap: Option<Lap>,
    all_placed: Regime,
    /// Whether the rest of the budget is left to a crowd.
    pub(super) yields: bool,
    /// What a point of priority is worth at least, so that a vehicle less never outweighs the jobs left out for it.
    pub(crate) standing: i64,
}

impl Anneal {
    /// A thermostat for solutions around this one.
    pub(crate) fn new(score: Score, legs: usize, jobs: usize, priorities: i64) -> Self {
        let leg = (score.cost as f64 / legs.max(1) as f64).max(1.0);
        let priority = (priorities as f64 / jobs.max(1) as f64).max(1e-9);
        let exponential = (0..TABLE).map(|i| -ln((i as f64 + 0.5) / TABLE as f64)).collect();
        let mut anneal = Self {
            exponential,
            leg,
            rate: leg / priority,
            temperature: 0.0,
            exchange: 0.0,
            strict: false,
            cycles: 1.0,
            cycles_with_absent: 1.0,
            lap: None,
            all_placed: ALL_PLACED,
            yields: false,
            standing: 0,
        };
        anneal.cool(0.0, false);
        anneal
    }

    /// The same thermostat with another regime for solutions that leave nothing out, in average legs: as hot at first, as cold in the end.
    pub(super) fn between(mut self, hot: f64, cold: f64) -> Self {
        self.all_placed = Regime { hot, cold, ..ALL_PLACED };
        self
    }

    /// Plans how often to cool down within so many steps.
    pub(crate) fn plan(&mut self, steps: f64, jobs: usize) {
        let few = jobs <= FEW_JOBS;
        let enough = if few { ENOUGH_FOR_FEW } else { (ENOUGH * jobs as f64 * jobs as f64).max(ENOUGH_LEAST) };
        self.cycles = (steps / enough).floor().clamp(1.0, MOST_CYCLES);
        self.cycles_with_absent = if few { self.cycles } else { 1.0 };
    }

    /// Sets the temperature for a spent share of the budget, knowing whether the best solution leaves no job out.
    pub(crate) fn cool(&mut self, share: f64, all_placed: bool) {
        let share = share.clamp(0.0, 1.0);
        let Regime { hot, cold, rate } = if all_placed { self.all_placed } else { SOME_ABSENT };
        let (heat, part) = match self.lap.filter(|_| all_placed || self.yields) {
            Some(lap) => (lap.heat, lap.part(share)),
            None => (1.0, self.part_of_cycle(share, all_placed)),
        };
        self.temperature = self.leg * hot * heat * power(cold / (hot * heat), part);
        self.exchange = self.rate * rate;
        self.strict = if self.yields && !all_placed { part } else { share } >= STRICT_FROM;
    }

    fn part_of_cycle(&self, share: f64, all_placed: bool) -> f64 {
        let cycles = if all_placed { self.cycles } else { self.cycles_with_absent };
        share * cycles - (share * cycles).floor().min(cycles - 1.0)
    }

    /// A draw from the exponential distribution with mean 1.
    pub(crate) fn exponential(&self, rng: &mut Rng) -> f64 {
        self.exponential[rng.usize(..TABLE)]
    }

    /// Whether a solution that leaves out the same jobs may cost so much more.
    pub(crate) fn bears(&self, dearer: i64, rng: &mut Rng) -> bool {
        (dearer as f64) < self.temperature * self.exponential(rng)
    }

    /// How much dearer a step may be: a draw, made before the step, so that a step that is lost need not be finished.
    pub(crate) fn leeway(&self, rng: &mut Rng) -> f64 {
        self.temperature * self.exponential(rng)
    }

    /// Whether to go from the present solution to the candidate.
    pub(crate) fn accepts(&self, candidate: Score, present: Score, best: Score, leeway: f64) -> bool {
        if self.strict && candidate.priority < best.priority && candidate.priority < present.priority {
            return false;
        }
        let dearer = (candidate.cost - present.cost) as f64;
        let lost = (present.priority - candidate.priority) as f64;
        dearer + (self.exchange + self.standing as f64) * lost < leeway
    }
}

/// The natural logarithm of a number in (0, 1], by halving down to [1/2, 1] and the series of the inverse hyperbolic tangent.
fn ln(x: f64) -> f64 {
    let (mut mantissa, mut halvings) = (x, 0.0);
    while mantissa < 0.5 {
        mantissa *= 2.0;
        halvings += 1.0;
    }
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let (mut power, mut sum) = (z, 0.0);
    for odd in (1..40).step_by(2) {
        sum += power / f64::from(odd);
        power *= z * z;
    }
    2.0 * sum - halvings * std::f64::consts::LN_2
}

/// `base` to a power between 0 and 1, for a base in (0, 100]: (1 + x/2²⁰) squared twenty times.
fn power(base: f64, exponent: f64) -> f64 {
    let log = if base <= 1.0 { ln(base) } else { -ln(1.0 / base) };
    let mut result = 1.0 + log * exponent / f64::from(1 << 20);
    for _ in 0..20 {
        result *= result;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_functions_agree_with_the_library() {
        for i in 1..=1000 {
            let x = f64::from(i) / 1000.0;
            assert!((ln(x) - x.ln()).abs() < 1e-9, "ln {x}");
            assert!((power(0.01, x) - 0.01_f64.powf(x)).abs() < 1e-4, "0.01^{x}");
            assert!((power(10.0, x) / 10.0_f64.powf(x) - 1.0).abs() < 1e-4, "10^{x}");
        }
    }

    #[test]
    fn a_lap_cools_from_its_own_heat_to_the_usual_cold_whenever_it_begins() {
        let mut anneal = Anneal::new(Score { priority: 10, cost: 1000 }, 10, 10, 10);
        let mut temperature = |lap, share| {
            anneal.lap = lap;
            anneal.cool(share, true);
            anneal.temperature
        };
        let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-3, "{a} {b}");
        let (hot, cold) = (temperature(None, 0.0), temperature(None, 1.0));
        let lap = Some(Lap { begin: 0.3, end: 1.0, heat: 12.0 });
        near(temperature(lap, 0.3), 12.0 * hot);
        near(temperature(lap, 0.1), 12.0 * hot);
        near(temperature(lap, 1.0), cold);
        near(temperature(lap, 0.65), (12.0 * hot * cold).sqrt());
    }

    #[test]
    fn better_is_always_taken_and_much_worse_never_when_cold() {
        let mut rng = Rng::with_seed(1);
        let now = Score { priority: 10, cost: 1000 };
        let mut anneal = Anneal::new(now, 10, 10, 10);
        anneal.cool(1.0, true);
        let better = Score { priority: 10, cost: 999 };
        let worse = Score { priority: 10, cost: 2000 };
        let poorer = Score { priority: 9, cost: 0 };
        for _ in 0..1000 {
            let leeway = anneal.leeway(&mut rng);
            assert!(anneal.accepts(better, now, now, leeway));
            assert!(!anneal.accepts(worse, now, now, leeway));
            assert!(!anneal.accepts(poorer, now, now, leeway));
        }
    }
}
