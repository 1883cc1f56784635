//! Which jobs lie near each other, and which slots near a job.
//!
//! **Why.** A good tour joins near jobs, so looking only beside a job's neighbours loses almost nothing and makes a step's cost
//! independent of the problem's size (granular search; Paolo Toth and Daniele Vigo, "The Granular Tabu Search and Its
//! Application to the Vehicle-Routing Problem", INFORMS Journal on Computing 15(4), 2003). **How.** Two lists per job, built
//! once: by way alone, for tearing out what lies together, and by way, waiting and lateness, for putting in; and the slots in
//! which the job alone would be cheapest. **What never happens:** a job in its own list.

use super::NEVER;
use super::island::Watch;
use super::legs::{Around, Leg, Row, Ways};
use super::model::{Model, Task};
use super::route::{Route, Scratch};

/// How many neighbours a ruin may walk through.
const AROUND: usize = 120;

/// Beside how many neighbours an insertion looks.
const BESIDE: usize = 40;

/// How many kinds of empty slots an insertion tries.
const HOMES: usize = 12;

/// A unit of waiting counts this part of a unit of driving (as in PyVRP's neighbourhoods).
const WAITING_SHARE: i64 = 5;

/// The lists, by job.
#[derive(Debug, Default)]
pub(crate) struct Neighbours {
    around: Vec<Vec<u32>>,
    beside: Vec<Vec<u32>>,
    homes: Vec<Vec<Home>>,
    /// For each job what it is worth for the time that it takes.
    density: Vec<i64>,
}

/// A shift of a class of vehicles in which a job alone would be feasible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Home {
    pub(crate) cost: i64,
    /// The least that it can add: an empty shift that is driven anyway is already paid for.
    pub(crate) least: i64,
    pub(crate) class: u32,
    pub(crate) shift: u32,
}

impl Neighbours {
    /// All lists; those that `watch` leaves no time for are empty. Where to begin a tour is found first: without it there is none.
    pub(crate) fn new(model: &Model<'_>, watch: &Watch<'_>) -> Self {
        let homes = homes(model, watch);
        let (around, beside) = lists(model, watch);
        let density = (0..).zip(&around).map(|(job, around)| density(model, job, around)).collect();
        Self { around, beside, homes, density }
    }

    /// The job's priority for each unit of its dwell and of the usual way to the next job.
    pub(crate) fn density(&self, job: u32) -> i64 {
        self.density[job as usize]
    }

    /// What the cheapest tour to this job alone would cost.
    pub(crate) fn remoteness(&self, job: u32) -> i64 {
        self.homes(job).first().map_or(0, |home| home.cost)
    }

    /// The jobs around this one, nearest first.
    pub(crate) fn around(&self, job: u32) -> &[u32] {
        &self.around[job as usize]
    }

    /// The jobs that this one best stands next to in a tour.
    pub(crate) fn beside(&self, job: u32) -> &[u32] {
        &self.beside[job as usize]
    }

    /// The slots to open for this job, cheapest first.
    pub(crate) fn homes(&self, job: u32) -> &[Home] {
        &self.homes[job as usize]
    }
}

/// What the lists ask of a job, close together: they ask it of every pair.
#[derive(Debug, Clone, Copy)]
struct Visit {
    place: u32,
    open: i64,
    last_start: i64,
    dwell: i64,
}

/// Both lists of every job, near ones and those that go well beside it.
fn lists(model: &Model<'_>, watch: &Watch<'_>) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    let visit = |task: &Task| Visit {
        place: task.place,
        open: task.open.max(super::TOO_EARLY / 2),
        last_start: task.last_start,
        dwell: task.dwell,
    };
    let visits: Vec<Visit> = model.tasks.iter().map(visit).collect();
    let others = &visits[..model.jobs];
    let mut room = [Vec::with_capacity(model.jobs), Vec::with_capacity(model.jobs)];
    let both = (0..visits.len()).map(|job| {
        if watch.time_is_up() {
            return (Vec::new(), Vec::new());
        }
        room.iter_mut().for_each(Vec::clear);
        match model.legs.row(visits[job].place) {
            Row::Wide(row) => measure(&visits[job], job, others, row, &mut room),
            Row::Narrow(row) => measure(&visits[job], job, others, row, &mut room),
        }
        let [far, awkward] = &mut room;
        (first(far, AROUND), first(awkward, BESIDE))
    });
    both.unzip()
}

/// How far and how awkward the others are for a job.
fn measure(visit: &Visit, job: usize, others: &[Visit], row: impl Around, [far, awkward]: &mut [Vec<u64>; 2]) {
    for (index, other) in others.iter().enumerate().filter(|(index, _)| *index != job) {
        let ways = row.ways(other.place);
        far.extend(ranked(apart(ways), index));
        awkward.extend(ranked(awkwardness(visit, other, ways), index));
    }
}

/// A job and its measure as one number that sorts by the measure, then by the job; nothing for what cannot be.
fn ranked(measure: i64, job: usize) -> Option<u64> {
    // What lies beyond 32 bits is farther than any neighbour; the order there is that of the jobs.
    (measure < NEVER).then_some((measure.min(i64::from(u32::MAX)) as u64) << 32 | job as u64)
}

/// The lowest few in rising order.
fn first(ranked: &mut Vec<u64>, count: usize) -> Vec<u32> {
    if ranked.len() > count {
        ranked.select_nth_unstable(count);
        ranked.truncate(count);
    }
    ranked.sort_unstable();
    ranked.iter().map(|&ranked| ranked as u32).collect()
}

/// The shorter of the two ways.
fn apart(Ways { to, on }: Ways) -> i64 {
    let time = |leg: Leg| if leg.exists() { leg.duration() } else { NEVER };
    time(to).min(time(on))
}

/// Driving, plus part of the waiting that cannot be avoided, in the better of the two orders; [`NEVER`] if both come too late.
fn awkwardness(a: &Visit, b: &Visit, Ways { to, on }: Ways) -> i64 {
    let one_way = |first: &Visit, second: &Visit, leg: Leg| {
        let earliest = first.open + first.dwell + leg.duration();
        if !leg.exists() || earliest > second.last_start {
            return NEVER;
        }
        let latest = first.last_start + first.dwell + leg.duration();
        leg.duration() + (second.open.saturating_sub(latest)).max(0) / WAITING_SHARE
    };
    one_way(a, b, on).min(one_way(b, a, to))
}

/// The way from the other job, and the way to it.
fn ways(model: &Model<'_>, job: u32, other: u32) -> Ways {
    let place = |job: u32| model.tasks[job as usize].place;
    model.legs.row(place(job)).ways(place(other))
}

/// The usual way is the mean of those to the nearest few.
fn density(model: &Model<'_>, job: u32, around: &[u32]) -> i64 {
    let near = &around[..around.len().min(3)];
    let way = near.iter().map(|&other| apart(ways(model, job, other))).sum::<i64>() / near.len().max(1) as i64;
    let task = &model.tasks[job as usize];
    (task.priority << 20) / (task.dwell + way + 1)
}

/// For each job its cheapest homes.
fn homes(model: &Model<'_>, watch: &Watch<'_>) -> Vec<Vec<Home>> {
    let mut homes = vec![Vec::new(); model.tasks.len()];
    let mut room = Scratch::new();
    for (class, members) in model.classes.iter().enumerate() {
        for (shift, slot) in model.slots_of(members[0]).enumerate() {
            if watch.time_is_up() {
                return homes;
            }
            let empty = Route::new(model, slot);
            let (open, close) = (model.slots[slot].open, model.slots[slot].close);
            for (job, homes) in homes.iter_mut().enumerate() {
                let able = model.skills.allow(slot as u32, job as u32);
                if !able || model.tasks[job].last_start < open || model.tasks[job].open > close {
                    continue;
                }
                if let Some(cost) = empty.insertion(model, &model.slots[slot], 0, job as u32, &mut room) {
                    let least = cost - model.slots[slot].empty_cost;
                    keep(homes, Home { cost, least, class: class as u32, shift: shift as u32 });
                }
            }
        }
    }
    homes
}

/// Keeps the cheapest in rising order.
fn keep(homes: &mut Vec<Home>, home: Home) {
    if homes.len() == HOMES && homes[HOMES - 1] <= home {
        return;
    }
    let at = homes.partition_point(|other| *other <= home);
    homes.insert(at, home);
    homes.truncate(HOMES);
}
