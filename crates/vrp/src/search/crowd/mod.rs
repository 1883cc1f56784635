//! A crowd of solutions that mate, are put right and compete: hybrid genetic search.
//!
//! **Why.** On problems that are plain enough, thousands of solutions put right by a quick local search and crossed with each other find what one
//! walk, however well it cools, misses: which tours there are at all. Above all where tours are long. **How.** Two
//! parents are chosen in small tournaments, by cost and by how unlike the others they are; their child ([`mate`]) walks downhill ([`descent`]) and
//! joins the crowd, the feasible part or that of solutions which are late or overloaded. When a part is full its least fit
//! go, doubles first. Prices of lateness and overload follow how many children are free of them. Where jobs may be left
//! out, what that costs is part of a solution's cost ([`stakes`]), and the local search brings jobs in and leaves them out
//! ([`choice`]). Where vehicles come back to a depot for more, tours fall into [`trips`], and visits of the depot come, go and move
//! ([`visits`]). (Thibaut Vidal, "Hybrid genetic search for the CVRP: Open-source implementation and SWAP* neighborhood",
//! Computers & Operations Research 140, 2022; with time windows: Wouter Kool and others, "Hybrid Genetic Search for the
//! Vehicle Routing Problem with Time Windows: a High-Performance Implementation", DIMACS challenge, 2022.)
//! **What never happens:** a look at the clock; everything follows from the random stream.

mod choice;
mod depot;
mod descent;
mod ground;
mod kinds;
mod lanes;
mod mate;
mod population;
mod savings;
mod segment;
mod sisr;
mod stakes;
mod swap_star;
#[cfg(test)]
pub(super) mod tests;
#[cfg(test)]
mod tests_of_kinds;
#[cfg(test)]
mod tests_of_trips;
mod trips;
mod visits;

use fastrand::Rng;

use super::model::Model;
use descent::Descent;
use ground::Ground;
use lanes::{Lanes, Prices, Tour, Worth};
use population::{Member, Part};
pub(super) use sisr::Sisr;

/// A crowd pays when a budget holds so many steps for each pair of jobs, of many jobs for each pair and job so many, and when
/// there are so many jobs that one walk does not find the best plan anyway.
const ENOUGH: f64 = 5.0;
const ENOUGH_OF_MANY: f64 = 0.008;
const LEAST_JOBS: usize = 30;

/// With more steps for each pair of jobs the crowd is as good without quick walks where time does not bind, and better where there are few jobs.
const AMPLE: f64 = 25.0;

/// With more jobs the ways between all of them are laid out only if a budget holds so many steps for each pair.
const MOST_JOBS: usize = 5_000;
const ENOUGH_FOR_MORE: f64 = 0.5;

/// Before it, one walk cools for so many steps for each pair and job, but for no less and no more than these parts of the budget.
const WALK: f64 = 0.0025;
const WALK_LEAST: f64 = 0.15;
const WALK_MOST: f64 = 0.5;

/// The same where jobs may be left out: for prizes, where the walk is the slower one by far and sends out too few vehicles, and since
/// not all fit, where a crowd that has no time to agree on whom to visit ends below the walk.
const ENOUGH_FOR_PRIZES: f64 = 0.02;
const WALK_FOR_PRIZES: f64 = 0.05;
const ENOUGH_BY_PRIORITY: f64 = 15.0;
const WALK_TO_CHOOSE: f64 = 1.5;
const MOST_TO_CHOOSE: f64 = 0.3;

/// The same where there are several kinds of vehicles and time binds: there the walk is the slower one by far. Where only ways and loads
/// count it is not, and the crowd needs more of a budget.
const ENOUGH_FOR_KINDS: f64 = 4.0;
const WALK_FOR_KINDS: f64 = 0.5;
const LEAST_FOR_KINDS: f64 = 0.05;
const ENOUGH_FOR_TIMELESS_KINDS: f64 = 15.0;
const WALK_FOR_TIMELESS_KINDS: f64 = 4.0;

/// The same where vehicles come back to a depot for more: there the walk is slower still.
const ENOUGH_FOR_TRIPS: f64 = 0.05;
const WALK_FOR_TRIPS: f64 = 0.02;

/// How many children each of several threads makes in a round.
const LITTER: usize = 4;

/// How many solutions are there before any mate.
const FOUNDERS: usize = 60;

/// How many members each part keeps when it chooses anew, and how many more there may be before it does.
const STAY: usize = 25;
const MORE: usize = 40;

/// After so many children the prices are set anew.
const PRICED_EVERY: usize = 50;

/// The share of children in time, and of those not overloaded, that the prices aim at.
const AIM: std::ops::RangeInclusive<usize> = PRICED_EVERY / 4..=PRICED_EVERY * 9 / 20;

/// How prices rise and fall, as fractions.
const RISE: [i64; 2] = [6, 5];
const FALL: [i64; 2] = [17, 20];

/// A child that is late or overloaded is put right once more, half of the time, at so many times the price.
const REPAIR: i64 = 10;

/// So many children for each job in a row that bring nothing better, and the crowd is made anew.
const STUCK: usize = 40;

/// How many looks of the descent take as long as one step of the walk.
const LOOKS_A_STEP: u64 = 400;

/// The same where vehicles come back to a depot for more.
const LOOKS_A_STEP_OF_TRIPS: u64 = 5_000;

/// The crowd.
#[derive(Debug)]
pub(super) struct Crowd {
    ground: Ground,
    members: Members,
    record: Record,
    /// How many founders there were since the crowd was made.
    founders: usize,
}

/// A solution by slot.
pub(super) type Sequences = Vec<(u32, Vec<u32>)>;

/// What came of a round.
#[derive(Debug)]
pub(super) struct Round {
    /// How many steps of the walk it took the time of, on one thread.
    pub(super) steps: u64,
    /// A solution that is better than all before it.
    pub(super) better: Option<Sequences>,
}

/// A child as it was put right first, and if it was then put right at higher prices, what became of it.
#[derive(Debug)]
struct Child {
    born: Member,
    mended: Option<Member>,
    looks: u64,
}

/// The part of a budget that a walk should have before a crowd goes on; nothing if a crowd does not pay, or cannot be. It matters
/// whether all jobs with a priority fit. Where time does not bind, every job is to be visited and the budget is not ample, that is
/// nothing at all: quick walks do better ([`Sisr`]).
pub(super) fn walk_first(model: &Model<'_>, budget: f64, all_fit: bool) -> Option<f64> {
    let jobs = model.jobs as f64;
    let pairs = jobs * jobs;
    if model.jobs < LEAST_JOBS || (budget < ENOUGH_FOR_MORE * pairs && model.jobs > MOST_JOBS) {
        return None;
    }
    let ground = Ground::new(model, all_fit)?;
    if ground.is_quick() && budget < AMPLE * pairs {
        return Some(0.0);
    }
    let (enough, walk, least, most) = match ground.stakes {
        Some(_) if all_fit => (ENOUGH_FOR_PRIZES, 0.0, WALK_FOR_PRIZES, WALK_FOR_PRIZES),
        Some(_) => (ENOUGH_BY_PRIORITY, WALK_TO_CHOOSE, WALK_LEAST, MOST_TO_CHOOSE),
        None if ground.has_trips() => (ENOUGH_FOR_TRIPS, WALK_FOR_TRIPS, LEAST_FOR_KINDS, WALK_MOST),
        None if ground.mixed && ground.timed => (ENOUGH_FOR_KINDS, WALK_FOR_KINDS, LEAST_FOR_KINDS, WALK_MOST),
        None if ground.mixed => (ENOUGH_FOR_TIMELESS_KINDS, WALK_FOR_TIMELESS_KINDS, LEAST_FOR_KINDS, WALK_MOST),
        None => (ENOUGH.max(ENOUGH_OF_MANY * jobs), WALK * jobs, WALK_LEAST, WALK_MOST),
    };
    (budget >= enough * pairs).then(|| (walk * pairs / budget).clamp(least, most))
}

impl Crowd {
    /// A crowd for a problem that is plain enough.
    pub(super) fn new(model: &Model<'_>, all_fit: bool) -> Option<Self> {
        let ground = Ground::new(model, all_fit)?;
        let record = Record { value: (i64::MAX, i64::MAX), idle: 0 };
        Some(Self { members: Members::new(&ground), ground, record, founders: 0 })
    }

    /// Whether nothing but ways and loads counts.
    pub(super) fn is_timeless(&self) -> bool {
        self.ground.is_quick()
    }

    /// A solution by savings, unless it has more tours than there are vehicles.
    pub(super) fn savings(&self) -> Option<Sequences> {
        let tours = savings::savings(&self.ground);
        let fits = tours.len() <= self.ground.slots.len() && self.ground.amounts_fit();
        fits.then(|| self.ground.slots.iter().copied().zip(tours).collect())
    }

    /// A walk from a solution that keeps all rules.
    pub(super) fn walk(&self, from: &[(u32, Vec<u32>)], rng: Rng) -> Sisr<'_> {
        let tours: Vec<Vec<u32>> = from.iter().map(|(_, jobs)| jobs.clone()).collect();
        Sisr::new(&self.ground, &tours, rng)
    }

    /// Takes in a solution from elsewhere; gives it back if it is better than all before it.
    pub(super) fn join(&mut self, sequences: &[(u32, Vec<u32>)]) -> Option<Sequences> {
        let kind = |slot: u32| self.ground.kinds.of_slot[slot as usize] as usize;
        let worked = sequences.iter().filter(|(_, tasks)| !tasks.is_empty());
        let tour = |(slot, tasks): &(u32, Vec<u32>)| Tour { kind: kind(*slot), jobs: self.ground.stops_of(tasks) };
        let tours: Vec<Tour> = worked.map(tour).collect();
        let mut lanes = Lanes::new(&self.ground, self.members.prices);
        lanes.set(&tours);
        let member = Member::new(&self.ground, tours, lanes.worth());
        let better = self.record.note(&self.ground, &member);
        self.members.add(member);
        better
    }

    /// One more founder or child, put right; with several random streams a few from each, made side by side and taken in one
    /// after another. Nothing if time was up before.
    pub(super) fn round(&mut self, streams: &mut [Rng], is_over: &(dyn Fn() -> bool + Sync)) -> Option<Round> {
        self.members.rank();
        let children: Option<Vec<Child>> = match streams {
            [alone] => self.child(alone, is_over).map(|child| vec![child]),
            _ => self.litter(streams, is_over),
        };
        let children = children?;
        let looks: u64 = children.iter().map(|child| child.looks).sum();
        let better = children.into_iter().fold(None, |better, child| self.take(child).or(better));
        if self.record.idle >= STUCK * self.ground.jobs {
            (self.founders, self.record.idle) = (0, 0);
            self.members.clear();
        }
        let looks_a_step = if self.ground.has_trips() { LOOKS_A_STEP_OF_TRIPS } else { LOOKS_A_STEP };
        Some(Round { steps: 1 + looks / looks_a_step / streams.len() as u64, better })
    }

    /// A few children from each stream, in the order of the streams.
    fn litter(&self, streams: &mut [Rng], is_over: &(dyn Fn() -> bool + Sync)) -> Option<Vec<Child>> {
        let few = |stream: &mut Rng| (0..LITTER).map(|_| self.child(stream, is_over)).collect::<Option<Vec<Child>>>();
        let litters: Vec<Option<Vec<Child>>> = std::thread::scope(|scope| {
            let begun: Vec<_> = streams.iter_mut().map(|stream| scope.spawn(move || few(stream))).collect();
            let joined = begun.into_iter().map(std::thread::ScopedJoinHandle::join);
            joined.map(|litter| litter.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        litters.into_iter().collect::<Option<Vec<Vec<Child>>>>().map(|litters| litters.into_iter().flatten().collect())
    }

    fn child(&self, rng: &mut Rng, is_over: &dyn Fn() -> bool) -> Option<Child> {
        let mut descent = Descent::new(&self.ground, self.members.prices);
        if self.founders < FOUNDERS {
            descent.found(rng);
        } else {
            let (first, second) = (self.members.parent(rng), self.members.parent(rng));
            descent.mate(first, second, rng);
        }
        if !descent.run(rng, is_over) {
            return None;
        }
        let born = Member::new(&self.ground, descent.lanes.tours(), descent.lanes.worth());
        let mut mended = None;
        if !born.worth.is_feasible() && rng.bool() {
            descent.price(self.members.prices.times(REPAIR));
            let done = descent.run(rng, is_over);
            let worth = descent.lanes.worth();
            mended = (done && worth.is_feasible()).then(|| Member::new(&self.ground, descent.lanes.tours(), worth));
        }
        Some(Child { born, mended, looks: descent.looks })
    }

    fn take(&mut self, child: Child) -> Option<Sequences> {
        self.founders = FOUNDERS.min(self.founders + 1);
        self.members.count(child.born.worth);
        self.record.idle += 1;
        let mut better = None;
        for member in std::iter::once(child.born).chain(child.mended) {
            better = self.record.note(&self.ground, &member).or(better);
            self.members.add(member);
        }
        better
    }
}

/// The best so far.
#[derive(Debug)]
struct Record {
    /// The priority of those left out, and what it costs.
    value: (i64, i64),
    /// How many children there were since.
    idle: usize,
}

impl Record {
    /// The child by slot, if it is better than all before it.
    fn note(&mut self, ground: &Ground, child: &Member) -> Option<Sequences> {
        let value = (child.worth.lost, child.worth.cost);
        if !child.worth.is_feasible() || value >= self.value {
            return None;
        }
        (self.value, self.idle) = (value, 0);
        let mut slots: Vec<_> = ground.kinds.all.iter().map(|kind| kind.slots.iter().copied()).collect();
        let slot = |tour: &Tour| slots[tour.kind].next().expect("no more tours of a kind than vehicles");
        let of_slot = child.tours.iter().map(slot).collect::<Vec<u32>>();
        let mut visits = 0;
        let tasks = child.tours.iter().map(|tour| ground.tasks_of(&tour.jobs, &mut visits));
        Some(of_slot.into_iter().zip(tasks).collect())
    }
}

/// Both parts of the crowd, and the prices.
#[derive(Debug)]
struct Members {
    feasible: Part,
    infeasible: Part,
    prices: Prices,
    highest: Prices,
    /// How many children there were since the prices were set, and how many of them in time and not overloaded.
    children: usize,
    in_time: usize,
    in_load: usize,
}

impl Members {
    fn new(ground: &Ground) -> Self {
        let (first, highest) = (ground.prices(), ground.highest_prices());
        let prices = Prices { warp: first.warp.min(highest.warp), excess: first.excess.min(highest.excess) };
        Self {
            feasible: Part::new(ground),
            infeasible: Part::new(ground),
            prices,
            highest,
            children: 0,
            in_time: 0,
            in_load: 0,
        }
    }

    fn clear(&mut self) {
        self.feasible.clear();
        self.infeasible.clear();
    }

    fn add(&mut self, member: Member) {
        let part = if member.worth.is_feasible() { &mut self.feasible } else { &mut self.infeasible };
        part.add(member);
        if part.len() > STAY + MORE {
            part.select(STAY, self.prices);
        }
    }

    fn rank(&mut self) {
        self.feasible.rank(self.prices);
        self.infeasible.rank(self.prices);
    }

    /// The fitter of two drawn at random.
    fn parent(&self, rng: &mut Rng) -> &[Tour] {
        let count = self.feasible.len();
        let draw = |rng: &mut Rng| match rng.usize(..count + self.infeasible.len()) {
            index if index < count => self.feasible.member(index),
            index => self.infeasible.member(index - count),
        };
        let (one, other) = (draw(rng), draw(rng));
        if one.fitness <= other.fitness { &one.tours } else { &other.tours }
    }

    /// Counts a child, and sets the prices when there were enough.
    fn count(&mut self, worth: Worth) {
        self.children += 1;
        self.in_time += usize::from(worth.warp == 0);
        self.in_load += usize::from(worth.excess == 0);
        if self.children == PRICED_EVERY {
            self.prices = Prices {
                warp: next_price(self.prices.warp, self.in_time, self.highest.warp),
                excess: next_price(self.prices.excess, self.in_load, self.highest.excess),
            };
            (self.children, self.in_time, self.in_load) = (0, 0, 0);
        }
    }
}

/// Too few are free of what is priced: it becomes dearer; too many: cheaper.
fn next_price(price: i64, free: usize, highest: i64) -> i64 {
    let times = |[over, under]: [i64; 2]| price.saturating_mul(over) / under;
    let next = match free {
        few if few < *AIM.start() => times(RISE) + 1,
        many if many > *AIM.end() => times(FALL),
        _ => price,
    };
    next.clamp(1, highest)
}
