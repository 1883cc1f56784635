//! The loop: ruin, recreate, decide, remember the best.
//!
//! **Why.** One algorithm for all sizes, which can be interrupted at any step and always has a plan. **How.** Each thread walks
//! alone from its own random stream, a function of the seed and the thread's number; the best of their results is the answer,
//! and among equals the one of the lowest thread. In a large problem they share the work instead ([`super::areas`]). The clock is read every few steps. **What never happens:** a thread that
//! looks at another's solution, so a budget of steps gives the same answer however the machine schedules them.

use std::sync::OnceLock;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::{GivenTour, Objective, Plan, Problem, Progress, Stop};

use super::anneal::Anneal;
use super::areas;
use super::blinks::Blinks;
use super::breed::breed;
use super::build::build;
use super::complete::complete;
use super::crowd;
use super::fleet::{self, Fleet};
use super::handover::Handover;
use super::model::Model;
use super::prizes;
use super::recreate::{Orders, Recreate};
use super::relay::{Lap, Relay, Start};
use super::resume;
use super::ruin::{Ruin, ruin};
use super::spread::{self, spread};
use super::timetable;
use super::together;
use super::tours::{Pool, Score, Tours};
use super::worth::Worth;

/// How many steps pass between two looks at the clock and the flag.
const LOOK_EVERY: u64 = 16;

/// How long the last look at what is left over may go on when time is up.
const GRACE: Duration = Duration::from_millis(30);

/// Improvements within this time are told as one.
const TELL_EVERY: Duration = Duration::from_millis(10);

/// Without a limit on time or steps the temperature falls over this many steps, again and again.
const CYCLE: u64 = 200_000;

/// How many steps in a row work around one job. What they read stays close to the processor: with a thousand jobs a third more
/// steps a second, and no worse for that (an area is never left half improved).
const STEPS_AROUND: u64 = 1_000;

/// The share of the budget after which it can be told how many steps it gives.
const TELLING: f64 = 0.01;

/// How many jobs are drawn at most to find one in a tour that may be changed.
const CENTRES_TRIED: usize = 16;

/// The share of steps that put jobs back by their worth, where not all fit.
const BY_WORTH: f64 = 0.3;

/// How many absent jobs, beside those just taken out, a step tries to put in.
const ABSENT_TRIED: usize = 24;

/// Finds a good plan: the most priority first, then the least cost.
///
/// `observer` hears of every improvement, on the calling thread. With a budget of steps and no other limit in force the plan
/// is a function of problem, seed and thread count.
///
/// # Panics
///
/// When [`Problem::check`] would refuse the problem.
pub fn solve(
    problem: &Problem,
    stop: &Stop<'_>,
    seed: u64,
    threads: usize,
    observer: &mut dyn FnMut(&Progress),
) -> Plan {
    solve_by(Instant::now, problem, stop, seed, threads, observer)
}

/// The same by another clock than the machine's; the deadline is a moment of that clock.
///
/// # Panics
///
/// When [`Problem::check`] would refuse the problem.
pub fn solve_by(
    clock: fn() -> Instant,
    problem: &Problem,
    stop: &Stop<'_>,
    seed: u64,
    threads: usize,
    observer: &mut dyn FnMut(&Progress),
) -> Plan {
    search(clock, problem, None, stop, seed, threads, observer)
}

/// Goes on from `from`, the tours of an earlier plan for this very problem: the same search, without building a first plan, and
/// never with a worse end. What `from` says is fixed is not asked; only a plan in force fixes visits.
///
/// # Panics
///
/// When [`Problem::check`] would refuse the problem.
pub fn improve(
    problem: &Problem,
    from: &[GivenTour],
    stop: &Stop<'_>,
    seed: u64,
    threads: usize,
    observer: &mut dyn FnMut(&Progress),
) -> Plan {
    search(Instant::now, problem, Some(from), stop, seed, threads, observer)
}

fn search(
    clock: fn() -> Instant,
    problem: &Problem,
    from: Option<&[GivenTour]>,
    stop: &Stop<'_>,
    seed: u64,
    threads: usize,
    observer: &mut dyn FnMut(&Progress),
) -> Plan {
    if let Err(error) = problem.check() {
        panic!("an unsound problem reached the solver: {error}");
    }
    let watch = Watch::by(clock, stop);
    let model = Model::within(problem, &watch);
    let threads = threads.max(1);
    let mut teller = Teller::new(&model, &watch, seed, observer);
    let mut tours = Tours::new(&model);
    match from.and_then(|from| resume::sequences(&model, from)) {
        Some(sequences) => tours.restore(&sequences),
        None => build(&mut tours, &watch, &mut stream(seed, u64::MAX - 1), &mut |tours| {
            teller.tell(&Best::new(tours).found());
        }),
    }
    let mut built = None;
    if from.is_none() && spread::pays(&model) {
        built = Some(Best::new(&tours).found());
        let mut rng = stream(seed, u64::MAX - 2);
        let mut recreate = Recreate::new(&model, Blinks::new(rng.fork(), model.tasks.len()));
        spread(&mut tours, &mut recreate, &Orders::new(&model), &mut rng);
        tours.begin();
    }
    let results = if threads == 1 {
        vec![walk(&watch, tours.anew(), stream(seed, 0), &mut |found| teller.tell(&found))]
    } else if areas::pays(&tours, threads) {
        vec![areas::walk(&watch, seed, threads, &tours, &mut teller)]
    } else {
        walk_apart(&watch, seed, threads, &tours, &mut teller)
    };
    let mut results = together::go_on(&watch, seed, threads, &model, results, &mut teller);
    results.extend(built);
    let steps = results.iter().map(|found| found.steps).sum();
    let best = results.into_iter().reduce(|best, next| if next.score.better_than(best.score) { next } else { best });
    let best = completed(&model, &watch, best.expect("there is at least one thread"));
    teller.tell(&best);
    timetable::plan(&model, &best.sequences, steps, seed)
}

/// The best solution with everything that still fits into it.
fn completed(model: &Model<'_>, watch: &Watch<'_>, best: Found) -> Found {
    let mut tours = Tours::new(model);
    tours.restore(&best.sequences);
    if complete(&mut tours, &watch.grace()) { Found { steps: best.steps, ..Best::new(&tours).found() } } else { best }
}

/// The clock and the limits of a search.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    clock: fn() -> Instant,
    begin: Instant,
    stop: &'a Stop<'a>,
    /// The part of the budget after which walks leave the rest to a crowd, if they do: decided once, for all threads.
    walk_first: OnceLock<Option<f64>>,
}

impl<'a> Watch<'a> {
    #[cfg(test)]
    pub(crate) fn new(stop: &'a Stop<'a>) -> Self {
        Self::by(Instant::now, stop)
    }

    fn by(clock: fn() -> Instant, stop: &'a Stop<'a>) -> Self {
        Self { clock, begin: clock(), stop, walk_first: OnceLock::new() }
    }

    /// What the clock says.
    pub(super) fn now(&self) -> Instant {
        (self.clock)()
    }

    pub(crate) fn time_is_up(&self) -> bool {
        self.stop.cancel.load(Ordering::Relaxed) || self.stop.deadline.is_some_and(|deadline| self.now() >= deadline)
    }

    /// Whether work that is worth a little more time than there was must end too; counts from now on.
    fn grace(&self) -> impl Fn() -> bool + '_ {
        let begin = self.now();
        move || self.time_is_up() && self.now().saturating_duration_since(begin) >= GRACE
    }

    pub(super) fn steps_are_up(&self, steps: u64, improved: u64) -> bool {
        self.stop.steps.is_some_and(|most| steps >= most)
            || self.stop.stagnation.is_some_and(|most| steps - improved >= most)
    }

    /// The share of the budget that is spent, by whichever limit is nearest.
    pub(super) fn share(&self, steps: u64, improved: u64) -> f64 {
        let by_time = self.stop.deadline.map_or(0.0, |deadline| {
            let whole = deadline.saturating_duration_since(self.begin).as_secs_f64();
            let spent = self.now().saturating_duration_since(self.begin).as_secs_f64();
            if whole > 0.0 { spent / whole } else { 1.0 }
        });
        let by_steps = self.stop.steps.map_or(0.0, |most| steps as f64 / most.max(1) as f64);
        let by_rest = self.stop.stagnation.map_or(0.0, |most| (steps - improved) as f64 / most.max(1) as f64);
        if self.stop.deadline.is_none() && self.stop.steps.is_none() && self.stop.stagnation.is_none() {
            return (steps % CYCLE) as f64 / CYCLE as f64;
        }
        by_time.max(by_steps).max(by_rest)
    }

    /// Whether walks ended early to leave the rest of the budget to a crowd.
    pub(super) fn left_to_crowd(&self) -> bool {
        self.walk_first.get().copied().flatten().is_some()
    }

    /// Whether they left all of it.
    pub(super) fn all_left_to_crowd(&self) -> bool {
        self.walk_first.get().copied().flatten().is_some_and(|part| part <= 0.0)
    }

    /// So many steps, but no more than there may be.
    pub(super) fn bounded(&self, steps: u64) -> u64 {
        self.stop.steps.unwrap_or(u64::MAX).min(steps)
    }

    /// Whether the answer must not depend on the clock.
    pub(super) fn counts_steps(&self) -> bool {
        self.stop.steps.is_some()
    }

    fn endless(&self) -> bool {
        self.stop.deadline.is_none() && self.stop.steps.is_none() && self.stop.stagnation.is_none()
    }
}

/// A solution that was the best when it was found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) score: Score,
    pub(super) steps: u64,
    pub(super) sequences: Vec<(u32, Vec<u32>)>,
}

/// The best solution of a walk. Near the end of a long walk every few steps improve it, by a tour or two of many, so only what
/// changed since the last one is copied.
#[derive(Debug)]
pub(super) struct Best {
    pub(super) score: Score,
    steps: u64,
    /// How many jobs with a priority it leaves out.
    absent: usize,
    /// The visits by slot.
    pub(super) routes: Vec<Vec<u32>>,
    /// Slots that the walk has changed since.
    changed: Pool,
}

impl Best {
    pub(super) fn new(tours: &Tours<'_>) -> Self {
        let slots = tours.model.slots.len();
        let mut best = Self {
            score: tours.score(),
            steps: 0,
            absent: tours.missing(),
            routes: vec![Vec::new(); slots],
            changed: Pool::new(slots),
        };
        for (slot, jobs) in tours.sequences() {
            best.routes[slot as usize] = jobs;
        }
        best
    }

    /// Remembers that the walk went on from this step's changes.
    pub(super) fn note(&mut self, tours: &Tours<'_>) {
        tours.touched().for_each(|slot| self.changed.add(slot));
    }

    /// Becomes the present solution.
    pub(super) fn take(&mut self, tours: &Tours<'_>, steps: u64) {
        (self.score, self.steps, self.absent) = (tours.score(), steps, tours.missing());
        for &slot in self.changed.members() {
            self.routes[slot as usize].clone_from(&tours.route(slot).jobs);
        }
        self.changed.clear();
    }

    pub(super) fn found(&self) -> Found {
        let worked = self.routes.iter().enumerate().filter(|(_, jobs)| !jobs.is_empty());
        let sequences = worked.map(|(slot, jobs)| (slot as u32, jobs.clone())).collect();
        Found { score: self.score, steps: self.steps, sequences }
    }
}

/// Turns what was found into progress for the observer, if it is news.
pub(super) struct Teller<'a, 'o> {
    model: &'a Model<'a>,
    watch: &'a Watch<'a>,
    seed: u64,
    told: Option<Score>,
    observer: &'o mut dyn FnMut(&Progress),
}

impl<'a, 'o> Teller<'a, 'o> {
    pub(super) fn new(
        model: &'a Model<'a>,
        watch: &'a Watch<'a>,
        seed: u64,
        observer: &'o mut dyn FnMut(&Progress),
    ) -> Self {
        Self { model, watch, seed, told: None, observer }
    }

    pub(super) fn tell(&mut self, found: &Found) {
        if self.told.is_some_and(|told| !found.score.better_than(told)) {
            return;
        }
        self.told = Some(found.score);
        let plan = timetable::plan(self.model, &found.sequences, found.steps, self.seed);
        (self.observer)(&Progress {
            elapsed: self.watch.now().saturating_duration_since(self.watch.begin),
            steps: found.steps,
            priority: plan.value.priority,
            cost: plan.value.cost,
            unassigned: plan.unassigned.len(),
            plan,
        });
    }
}

/// The random stream of a thread: neighbouring seeds must not give neighbouring streams (the finalizer of `SplitMix64`).
pub(super) fn stream(seed: u64, thread: u64) -> Rng {
    let mut mixed = seed.wrapping_add((thread + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    Rng::with_seed(mixed ^ (mixed >> 31))
}

fn walk_apart(
    watch: &Watch<'_>,
    seed: u64,
    threads: usize,
    first: &Tours<'_>,
    teller: &mut Teller<'_, '_>,
) -> Vec<Found> {
    std::thread::scope(|scope| {
        let (sender, receiver): (Sender<Found>, Receiver<Found>) = mpsc::channel();
        let start = |thread: usize| {
            let sender = sender.clone();
            scope.spawn(move || {
                walk(watch, first.anew(), stream(seed, thread as u64), &mut |found| {
                    // The receiver lives until all senders are gone.
                    let _ = sender.send(found);
                })
            })
        };
        let handles: Vec<_> = (0..threads).map(start).collect();
        drop(sender);
        for found in receiver {
            teller.tell(&found);
        }
        let joined = handles.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// One thread's search.
fn walk(watch: &Watch<'_>, tours: Tours<'_>, rng: Rng, tell: &mut dyn FnMut(Found)) -> Found {
    let mut walker = Walker::new(watch, tours, rng);
    walker.report(tell);
    walker.reduce_fleet(tell);
    while !walker.is_done() {
        walker.step();
        if walker.looks_now() {
            walker.look(tell);
            walker.run_relay();
            if walker.yields() {
                break;
            }
        }
    }
    walker.report(tell);
    Found { steps: walker.steps, ..walker.best.found() }
}

/// How often a walk cools.
enum Course {
    Undecided,
    /// As the thermostat has planned.
    Planned,
    /// In laps that follow each other.
    Relay(Box<Relay>),
}

impl Course {
    fn relay(&mut self) -> Option<&mut Relay> {
        match self {
            Self::Relay(relay) => Some(relay),
            Self::Undecided | Self::Planned => None,
        }
    }
}

/// The state of one thread's search.
pub(super) struct Walker<'a> {
    watch: &'a Watch<'a>,
    pub(super) tours: Tours<'a>,
    recreate: Recreate,
    worth: Option<Worth>,
    handover: Option<Handover>,
    anneal: Anneal,
    rng: Rng,
    pub(super) best: Best,
    /// Slots changed since they were last asked for.
    edited: Pool,
    /// The jobs that this step tries to place.
    jobs: Vec<u32>,
    pub(super) steps: u64,
    pub(super) improved: u64,
    share: f64,
    /// Whether the best is news, and when the last news was told.
    news: bool,
    told: Instant,
    over: bool,
    orders: Orders,
    /// Whether it is planned how to cool.
    planned: bool,
    course: Course,
    /// When the number of vehicles was settled: steps, and the share of the budget.
    settled: (u64, f64),
    /// The job around which the walk works at present.
    centre: u32,
    /// How many walkers share one solution: their steps count together.
    pub(super) hands: usize,
}

impl<'a> Walker<'a> {
    pub(super) fn new(watch: &'a Watch<'a>, tours: Tours<'a>, mut rng: Rng) -> Self {
        let model = tours.model;
        let placed = tours.placed();
        let legs = placed + tours.worked.members().len();
        // Vehicles that count before all ways, and prizes of what is left out, are no part of a leg.
        let apart = model.optional || model.problem.objective == Objective::Vehicles;
        let cost = if apart { tours.way_cost() } else { tours.score().cost };
        let mut anneal = Anneal::new(Score { cost, ..tours.score() }, legs, placed, tours.score().priority);
        if model.problem.objective == Objective::Vehicles {
            anneal.standing = model.vehicles.iter().map(|vehicle| vehicle.standing).max().unwrap_or(0);
        }
        let best = Best::new(&tours);
        let over = watch.time_is_up() || model.hopeful == 0;
        Self {
            watch,
            tours,
            recreate: Recreate::new(model, Blinks::new(rng.fork(), model.tasks.len())),
            worth: Worth::new(model, Blinks::new(rng.fork(), model.tasks.len())),
            handover: Handover::new(model),
            anneal,
            rng,
            best,
            edited: Pool::new(model.slots.len()),
            jobs: Vec::new(),
            steps: 0,
            improved: 0,
            share: 0.0,
            news: true,
            told: watch.now(),
            over,
            centre: 0,
            orders: Orders::new(model),
            planned: false,
            course: Course::Undecided,
            settled: (0, 0.0),
            hands: 1,
        }
    }

    /// Whether to look at the clock after this step.
    pub(super) fn looks_now(&self) -> bool {
        self.steps.is_multiple_of(LOOK_EVERY)
    }

    /// Chooses another job to work around, if possible one in a tour that may be changed.
    pub(super) fn go_elsewhere(&mut self) {
        for _ in 0..CENTRES_TRIED {
            self.centre = self.rng.u32(..self.tours.model.jobs as u32);
            if self.tours.spot(self.centre).is_some_and(|spot| self.tours.is_mine(spot.slot)) {
                break;
            }
        }
    }

    /// What the walk has changed since this was last asked: slots and their visits.
    pub(super) fn edits(&mut self) -> Vec<(u32, Vec<u32>)> {
        let slots = self.edited.members().iter();
        let edits = slots.map(|&slot| (slot, self.tours.route(slot).jobs.clone())).collect();
        self.edited.clear();
        edits
    }

    /// Takes over what another walk has changed.
    pub(super) fn adopt(&mut self, edits: &[(u32, Vec<u32>)]) {
        self.tours.begin();
        self.tours.adopt(edits);
        self.best.note(&self.tours);
    }

    /// Goes on from what this step has changed.
    fn note(&mut self) {
        self.best.note(&self.tours);
        self.tours.touched().for_each(|slot| self.edited.add(slot));
        if let Some(relay) = self.course.relay() {
            relay.note(&self.tours, self.steps);
        }
    }

    /// Begins a relay once it can be told how many steps there are, and its next lap when one is over.
    fn run_relay(&mut self) {
        if self.planned && matches!(self.course, Course::Undecided) {
            let (steps, share) = self.settled;
            let rate = (self.steps - steps) as f64 / (self.share - share);
            let budget = if self.watch.endless() { 0.0 } else { rate * (1.0 - share) };
            let heat = self.anneal.lap.map_or(1.0, |lap| lap.heat);
            let relay = Relay::new(&self.tours, budget, share, heat, self.steps).filter(|_| !self.anneal.yields);
            if let Some(relay) = relay {
                self.anneal.lap = Some(relay.lap());
                self.course = Course::Relay(Box::new(relay));
            } else {
                self.course = Course::Planned;
            }
        }
        let Some(relay) = self.course.relay() else { return };
        if self.best.absent > 0 || !relay.is_over(&self.tours, self.share, self.steps) {
            return;
        }
        let start = relay.next(self.share, self.steps, &mut self.rng);
        self.anneal.lap = Some(relay.lap());
        match start {
            Start::Child { first, second } => {
                self.go_to(&first);
                breed(&mut self.tours, &second, &mut self.recreate, &self.orders, &mut self.rng);
                self.note();
                self.take_if_better();
            }
            Start::Here if spread::pays(self.tours.model) => {
                spread(&mut self.tours, &mut self.recreate, &self.orders, &mut self.rng);
                self.note();
                self.take_if_better();
            }
            Start::Here => {}
        }
        if let Some(relay) = self.course.relay() {
            relay.begin_at(&self.tours);
        }
        self.anneal.cool(self.share, self.best.absent == 0);
    }

    /// Whether it is time to leave the rest of the budget to a crowd.
    pub(super) fn yields(&self) -> bool {
        let part = self.watch.walk_first.get().copied().flatten();
        self.planned && part.is_some_and(|part| self.share >= part)
    }

    /// Goes on from another solution.
    fn go_to(&mut self, sequences: &[(u32, Vec<u32>)]) {
        let left: Vec<u32> = self.tours.worked.members().to_vec();
        self.tours.restore(sequences);
        for slot in left.into_iter().chain(sequences.iter().map(|(slot, _)| *slot)) {
            self.best.changed.add(slot);
            self.edited.add(slot);
        }
    }

    /// Remembers the present solution, which was noted, if it is the best.
    fn take_if_better(&mut self) {
        if self.tours.score().better_than(self.best.score) {
            (self.improved, self.news) = (self.steps, true);
            self.best.take(&self.tours, self.steps);
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.over || self.watch.steps_are_up(self.steps, self.improved)
    }

    /// Where vehicles count first: gives up as many as it can in its share of the budget.
    fn reduce_fleet(&mut self, tell: &mut dyn FnMut(Found)) {
        if self.tours.model.problem.objective != Objective::Vehicles {
            return;
        }
        let Some(mut fleet) = Fleet::new(&mut self.tours) else { return };
        while !self.is_done() && self.share < fleet::SHARE {
            self.steps += 1;
            if fleet.step(&mut self.tours, &mut self.recreate, &self.anneal, &self.orders, &mut self.rng) {
                self.improved = self.steps;
            }
            if self.steps.is_multiple_of(LOOK_EVERY) {
                self.look(tell);
                self.anneal.cool(self.share / fleet::SHARE, true);
            }
        }
        fleet.finish(&mut self.tours);
        if self.share < 1.0 {
            self.anneal.lap = Some(Lap { begin: self.share, end: 1.0, heat: fleet::HEAT_AFTER });
        }
        self.settled = (self.steps, self.share);
        self.best = Best::new(&self.tours);
        self.best.steps = self.steps;
        self.news = true;
    }

    pub(super) fn step(&mut self) {
        self.steps += 1;
        if self.steps % STEPS_AROUND == 1 {
            self.go_elsewhere();
        }
        self.tours.begin();
        let present = self.tours.score();
        let leeway = self.anneal.leeway(&mut self.rng);
        self.recreate.limit = self.limit(present, leeway);
        let Ruin { seed, closed } = ruin(&mut self.tours, self.centre, &mut self.rng);
        let all_open = closed.is_empty();
        self.recreate.closed = closed;
        self.choose_jobs(seed);
        if let Some(handover) = &mut self.handover {
            handover.shuffle(&mut self.tours, &mut self.rng);
        }
        self.recreate.bold = self.tours.model.optional && self.rng.f64() < prizes::BOLD;
        match &mut self.worth {
            Some(worth) if self.best.absent > 0 && all_open && self.rng.f64() < BY_WORTH => {
                worth.run(&mut self.tours, &self.jobs, &mut self.rng);
            }
            _ => {
                self.orders.draw(&mut self.rng).sort(self.tours.model, &mut self.jobs, &mut self.rng);
                self.recreate.run(&mut self.tours, &self.jobs, &mut self.rng);
            }
        }
        prizes::shed(&mut self.tours);
        if let Some(handover) = &mut self.handover {
            handover.settle(&mut self.tours, &mut self.rng);
        }
        let score = self.tours.score();
        let better = score.better_than(self.best.score);
        if better || self.anneal.accepts(score, present, self.best.score, leeway) {
            self.note();
            self.take_if_better();
        } else {
            self.tours.roll_back();
        }
    }

    /// The cost beyond which a step cannot be accepted any more, whatever is still put back: where everything stands and only
    /// costs decide. (Where a tour may change its vehicle at the end, the cost may still fall.)
    fn limit(&self, present: Score, leeway: f64) -> i64 {
        let model = self.tours.model;
        if self.tours.absent.members().is_empty() && self.handover.is_none() && !model.optional {
            present.cost.saturating_add(leeway as i64)
        } else {
            i64::MAX
        }
    }

    /// What was taken out, and some of those that were absent before: all when they are few, else those around the seed.
    fn choose_jobs(&mut self, seed: u32) {
        let (tours, jobs) = (&self.tours, &mut self.jobs);
        let absent = tours.absent.members();
        let removed = tours.removed();
        jobs.clear();
        if absent.len() <= removed.len() + ABSENT_TRIED {
            jobs.extend(absent.iter().filter(|&&job| !tours.is_barred(job)));
            return;
        }
        jobs.extend(removed.iter().filter(|&&job| tours.absent.contains(job)));
        // Where tours exchanged their tails first, a job may have moved twice.
        jobs.sort_unstable();
        jobs.dedup();
        let mut add = |job: u32| {
            if tours.absent.contains(job) && !tours.is_barred(job) && !jobs.contains(&job) {
                jobs.push(job);
            }
        };
        add(seed);
        tours
            .model
            .neighbours
            .around(seed)
            .iter()
            .filter(|&&job| tours.absent.contains(job))
            .take(ABSENT_TRIED)
            .for_each(|&job| add(job));
        for _ in 0..ABSENT_TRIED / 4 {
            add(absent[self.rng.usize(..absent.len())]);
        }
    }

    fn look(&mut self, tell: &mut dyn FnMut(Found)) {
        self.attend();
        if self.news && self.watch.now().saturating_duration_since(self.told) >= TELL_EVERY {
            self.report(tell);
        }
    }

    /// Looks at the clock and the flag.
    pub(super) fn attend(&mut self) {
        self.over = self.watch.time_is_up();
        let share = self.watch.share(self.steps, self.improved);
        self.share = if self.watch.endless() { share } else { self.share.max(share) };
        let by_vehicles = self.tours.model.problem.objective == Objective::Vehicles;
        if by_vehicles {
            self.planned |= self.settled.0 > 0 && self.share >= self.settled.1 + TELLING;
        } else if !self.planned && self.share >= TELLING {
            self.planned = true;
            let (model, budget) = (self.tours.model, self.steps as f64 / self.share);
            self.anneal.plan(budget, model.jobs);
            let all_fit = self.best.absent == 0;
            let decide = || {
                if self.watch.endless() { None } else { crowd::walk_first(model, budget * self.hands as f64, all_fit) }
            };
            let part = *self.watch.walk_first.get_or_init(decide);
            self.anneal.lap = part.map(|end| Lap { begin: 0.0, end, heat: 1.0 });
            self.anneal.yields = part.is_some();
        }
        self.anneal.cool(self.share, self.best.absent == 0);
    }

    fn report(&mut self, tell: &mut dyn FnMut(Found)) {
        if self.news {
            self.news = false;
            self.told = self.watch.now();
            tell(self.best.found());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::super::crowd::tests::timeless;
    use super::*;

    #[test]
    fn the_walk_warms_up_when_the_fleet_is_as_small_as_it_gets() {
        let warm = |objective: Objective| {
            let problem = Problem { objective, ..timeless(1, false) };
            let model = Model::new(&problem);
            let cancel = AtomicBool::new(false);
            let stop = Stop { deadline: None, steps: Some(2_000), cancel: &cancel, stagnation: None };
            let watch = Watch::new(&stop);
            let mut tours = Tours::new(&model);
            build(&mut tours, &watch, &mut stream(1, 1), &mut |_| {});
            let mut walker = Walker::new(&watch, tours, stream(1, 0));
            walker.reduce_fleet(&mut |_| {});
            (walker.share, walker.anneal.lap)
        };
        let (share, lap) = warm(Objective::Vehicles);
        assert!((fleet::SHARE..1.0).contains(&share), "{share}");
        assert_eq!(lap, Some(Lap { begin: share, end: 1.0, heat: fleet::HEAT_AFTER }));
        assert_eq!(warm(Objective::Distance), (0.0, None));
    }
}
