//! A pick-up and its delivery, placed together in one pass over a tour.
//!
//! **Why.** Where jobs come in pairs, trying every place of the one with every place of the other by changing the solution is
//! most of a search's time. **How.** For each position of the pick-up the clock runs on along the tour as if it stood there, and
//! the delivery is tried after every further stop, until a window or the room on board says stop (constant-time tests as in
//! Timothy Curtois, Dario Landa-Silva, Yi Qu and Wasakorn Laesanklang, "Large neighbourhood search with adaptive guided ejection
//! search for the pickup and delivery problem with time windows", EURO Journal on Transportation and Logistics 7, 2018, section
//! 3.2), or the least that the delivery costs from here on is too much. The answer for an unchanged tour is remembered.
//! **What never happens:** a pair that is more than two jobs and what is carried between them; others are bundles.

use crate::Objective;

use super::NEVER;
use super::legs::{Around, Leg, Row};
use super::model::{Model, Slot, Task};
use super::recreate::Recreate;
use super::route::{Route, Stop};
use super::tours::{Spot, Tours};

/// No partner.
const NOBODY: u32 = u32::MAX;

/// Up to this many worked slots all are tried; beyond, those in which neighbours of either half stand.
const FEW: usize = 32;

/// The most answers to remember for one job.
const MOST_CELLS: usize = 1024;

/// Where a pair would stand best in a tour: the pick-up after the first stop, the delivery after the second. Without stops, it
/// stands nowhere for less than the cost.
#[derive(Debug, Clone, Copy)]
struct Place {
    cost: i64,
    stops: Option<[u32; 2]>,
}

impl Place {
    fn not_below(cost: i64) -> Self {
        Self { cost, stops: None }
    }
}

const NO_PLACE: Place = Place { cost: i64::MAX, stops: None };

/// The pairs of a problem, and what is remembered of them.
#[derive(Debug)]
pub(crate) struct Pairs {
    /// The pick-up of each delivery, and the other way round.
    pick_up: Vec<u32>,
    delivery: Vec<u32>,
    /// Whether half a pair is worth nothing on the way to fewer vehicles.
    whole: bool,
    /// By delivery and slot: the version of the tour, and the place in it.
    memory: Vec<(u64, Place)>,
    row: usize,
    notes: Notes,
    slots: Vec<u32>,
}

/// What a scan notes of the stops of a tour.
#[derive(Debug, Default)]
struct Notes {
    /// What the delivery alone would cost.
    floors: Vec<Floor>,
    /// The room left on board after it, in each dimension.
    levels: Vec<i64>,
}

impl Pairs {
    pub(crate) fn new(model: &Model<'_>) -> Self {
        let pick_up: Vec<u32> = (0..model.tasks.len() as u32).map(|job| partner(model, job)).collect();
        let any = pick_up.iter().any(|&other| other != NOBODY);
        let mut delivery = vec![NOBODY; pick_up.len()];
        for (job, &other) in pick_up.iter().enumerate().filter(|(_, other)| **other != NOBODY) {
            delivery[other as usize] = job as u32;
        }
        let row = model.slots.len().next_power_of_two().min(MOST_CELLS);
        let memory = if any { vec![(u64::MAX, NO_PLACE); row * model.tasks.len()] } else { Vec::new() };
        let whole = model.problem.objective == Objective::Vehicles;
        Self { pick_up, delivery, whole, memory, row, notes: Notes::default(), slots: Vec::new() }
    }

    /// The pick-up of a delivery, if the two are a pair of their own.
    pub(crate) fn pick_up(&self, delivery: u32) -> Option<u32> {
        let other = self.pick_up[delivery as usize];
        (other != NOBODY).then_some(other)
    }

    /// Whether a job is a pick-up that should wait for its delivery to take it along.
    pub(crate) fn waits(&self, tours: &Tours<'_>, job: u32) -> bool {
        let delivery = self.delivery[job as usize];
        self.whole && delivery != NOBODY && tours.spot(delivery).is_none()
    }

    /// The cheapest place in a tour, if there is one for less than `most`; from memory where the tour has not changed since.
    fn cheapest(&mut self, tours: &Tours<'_>, slot: u32, pair: [u32; 2], most: i64) -> Place {
        let cell = pair[1] as usize * self.row + (slot as usize & (self.row - 1));
        let version = tours.version(slot);
        let (known, place) = self.memory[cell];
        if known == version && (place.stops.is_some() || place.cost >= most) {
            return place;
        }
        let model = tours.model;
        let route = tours.route(slot);
        let tasks = pair.map(|job| &model.tasks[job as usize]);
        let scan = Scan {
            model,
            slot: &model.slots[slot as usize],
            route,
            pair: tasks,
            between: model.leg(tasks[0].place, tasks[1].place),
            brought: model.loads.of_job(pair[0]),
        };
        let place = match tasks.map(|task| model.legs.row(task.place)) {
            [Row::Narrow(first), Row::Narrow(second)] => scan.run([first, second], most, &mut self.notes),
            rows => scan.run(rows, most, &mut self.notes),
        };
        self.memory[cell] = (version, place);
        place
    }
}

/// The only job that this one waits for, if nothing else waits for that one and all that it brings goes away again here.
fn partner(model: &Model<'_>, job: u32) -> u32 {
    let &[other] = model.tasks[job as usize].ancestors.as_slice() else { return NOBODY };
    let first = &model.tasks[other as usize];
    let (brought, taken) = (model.loads.of_job(other), model.loads.of_job(job));
    let cancels = brought.iter().zip(taken).all(|(&brought, &taken)| brought == -taken && brought >= 0);
    let alone = first.ancestors.is_empty() && first.descendants == [job];
    let one_shift = model.vehicles.iter().all(|vehicle| vehicle.shifts == 1);
    let simple = one_shift && model.rules.is_none() && model.slots.iter().all(Slot::is_plain);
    if cancels && alone && simple { other } else { NOBODY }
}

/// Places a pair of which neither half stands, where that is cheapest; or not at all.
pub(crate) fn place(recreate: &mut Recreate, tours: &mut Tours<'_>, pair: [u32; 2]) -> bool {
    let mut slots = std::mem::take(&mut recreate.pairs.slots);
    candidates(tours, pair, &mut slots);
    let (mut best, mut chosen) = (NO_PLACE, 0);
    for &slot in &slots {
        if recreate.closed.contains(&(slot as usize)) || !pair.iter().all(|&job| tours.sums_allow(slot, job)) {
            continue;
        }
        let opening = if tours.route(slot).jobs.is_empty() { tours.opening_cost(slot) } else { 0 };
        let mut place = recreate.pairs.cheapest(tours, slot, pair, best.cost.saturating_sub(opening));
        place.cost = place.cost.saturating_add(opening);
        if place.stops.is_some() && place.cost < best.cost && !recreate.blinks.blink() {
            (best, chosen) = (place, slot);
        }
    }
    recreate.pairs.slots = slots;
    let tasks = pair.map(|job| &tours.model.tasks[job as usize]);
    let pays =
        recreate.bold || tasks.iter().any(|task| task.priority > 0) || best.cost < tasks[0].prize + tasks[1].prize;
    let Some([first, second]) = best.stops.filter(|_| pays) else { return false };
    tours.insert(Spot { slot: chosen, at: first }, pair[0]);
    tours.insert(Spot { slot: chosen, at: second + 1 }, pair[1]);
    true
}

/// The slots worth trying: all worked ones when they are few, else those with neighbours; and an empty one of each kind.
fn candidates(tours: &Tours<'_>, pair: [u32; 2], slots: &mut Vec<u32>) {
    let model = tours.model;
    slots.clear();
    let worked = tours.worked.members();
    if worked.len() <= FEW {
        slots.extend_from_slice(worked);
    } else {
        let beside = pair.iter().flat_map(|&job| model.neighbours.beside(job));
        for spot in beside.filter_map(|&other| tours.spot(other)) {
            if !slots.contains(&spot.slot) {
                slots.push(spot.slot);
            }
        }
    }
    let homes = model.neighbours.homes(pair[0]).iter();
    let idle =
        homes.filter_map(|home| tours.first_idle(home.class)).map(|vehicle| model.vehicles[vehicle].first_slot as u32);
    slots.extend(idle);
}

/// What the delivery alone would cost after a stop of a tour, and the least of that there and later.
#[derive(Debug, Clone, Copy)]
struct Floor {
    here: i64,
    least: i64,
    /// The leg from the delivery to the stop itself.
    onward: i64,
}

/// A tour and a pair that looks for its place there.
struct Scan<'a> {
    model: &'a Model<'a>,
    slot: &'a Slot,
    route: &'a Route,
    pair: [&'a Task; 2],
    between: Leg,
    /// The room that the pick-up takes.
    brought: &'a [i64],
}

impl Scan<'_> {
    fn has_room(&self, stop: usize, levels: &[i64]) -> bool {
        levels[stop * self.brought.len()..].iter().zip(self.brought).all(|(&room, &more)| more <= room)
    }

    /// Tries all pairs of positions that could cost less than `most`. Where there is no way costs are nonsense, and wrap; only
    /// the clock rules such a position out.
    fn run(&self, rows: [impl Around; 2], most: i64, notes: &mut Notes) -> Place {
        let (stops, weights, [pick_up, delivery]) = (self.route.stops(), self.slot.weights, self.pair);
        let Notes { floors, levels } = notes;
        self.delivery_alone(rows[1], floors);
        self.model.loads.levels(self.slot.vehicle, &self.route.jobs, levels);
        let mut best = Place::not_below(most);
        let mut beside = rows[0].ways(stops[0].place);
        for at in 0..stops.len() - 1 {
            let (before, after) = (&stops[at], &stops[at + 1]);
            if before.ready > pick_up.last_start {
                break;
            }
            let to = beside.to;
            beside = rows[0].ways(after.place);
            let together = weights.detour(to, self.between, before.leg_cost).wrapping_add(floors[at + 1].onward);
            let detour = weights.detour(to, beside.on, before.leg_cost);
            if together.min(detour.wrapping_add(floors[at + 1].least)) >= best.cost {
                continue;
            }
            let picked = pick_up.end(before.ready + to.duration());
            if picked >= NEVER || !self.has_room(at, levels) {
                continue;
            }
            if together < best.cost && self.delivers(rows[1], picked + self.between.duration(), after) {
                best = Place { cost: together, stops: Some([at as u32; 2]) };
            }
            let mut arrival = picked + beside.on.duration();
            for later in at + 1..stops.len() - 1 {
                let (stop, next) = (&stops[later], &stops[later + 1]);
                let least = detour.wrapping_add(floors[later].least);
                if least >= best.cost || arrival > stop.late || !self.has_room(later, levels) {
                    break;
                }
                let ready = self.model.tasks[stop.job as usize].end(arrival);
                if ready > delivery.last_start {
                    break;
                }
                let cost = detour.wrapping_add(floors[later].here);
                if cost < best.cost && self.delivers(rows[1], ready + rows[1].ways(stop.place).to.duration(), next) {
                    best = Place { cost, stops: Some([at as u32, later as u32]) };
                }
                arrival = ready + self.model.leg(stop.place, next.place).duration();
            }
        }
        best
    }

    /// What the delivery alone would cost after each stop.
    fn delivery_alone(&self, row: impl Around, floors: &mut Vec<Floor>) {
        floors.clear();
        let stops = self.route.stops();
        floors.resize(stops.len(), Floor { here: NEVER, least: NEVER, onward: 0 });
        let (weights, mut next, mut least) = (self.slot.weights, None, NEVER);
        for (stop, floor) in stops.iter().zip(floors).rev() {
            let ways = row.ways(stop.place);
            let here = next.map_or(NEVER, |on| weights.detour(ways.to, on, stop.leg_cost));
            least = least.min(here);
            next = Some(ways.on);
            *floor = Floor { here, least, onward: weights.leg(ways.on) };
        }
    }

    /// Whether a delivery that is reached at this moment leaves for the next stop early enough.
    fn delivers(&self, row: impl Around, arrival: i64, next: &Stop) -> bool {
        self.pair[1].end(arrival) + row.ways(next.place).on.duration() <= next.late
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::{Job, Matrix, Problem, Shift, TimeWindow, Vehicle};

    const PAIRS: usize = 6;

    /// Pairs on a slope, where going up takes longer, at distances that make no sense; or on a plane. Half of the jobs have windows.
    fn problem(rng: &mut Rng, plane: bool) -> Problem {
        let places = 2 * PAIRS + 1;
        let sites: Vec<[i32; 2]> = (0..places).map(|_| [rng.i32(0..30), rng.i32(0..30)]).collect();
        let (mut durations, mut distances) = (Vec::new(), Vec::new());
        for (from, to) in sites.iter().flat_map(|from| sites.iter().map(move |to| (from, to))) {
            let straight = f64::from(from[0] - to[0]).hypot(f64::from(from[1] - to[1])).ceil() as i32;
            durations.push(if plane { straight } else { straight + (to[1] - from[1]).max(0) });
            distances.push(if plane || from == to { straight } else { rng.i32(1..40) });
        }
        let window = |rng: &mut Rng| {
            let open = rng.i64(0..150);
            TimeWindow { open, close: open + rng.i64(20..150) }
        };
        let pair = |pair: usize, rng: &mut Rng| {
            let amount = rng.i64(1..4);
            let [first, second] = [2 * pair, 2 * pair + 1];
            [(first, amount, vec![]), (second, -amount, vec![first])].map(|(job, amount, drop_off_from)| Job {
                place: job + 1,
                windows: if rng.bool() { vec![window(rng)] } else { Vec::new() },
                dwell: rng.i64(0..5),
                quantity: vec![amount],
                priority: 1,
                drop_off_from,
                ..Job::default()
            })
        };
        let shift = Shift { window: TimeWindow { open: 0, close: 300 }, ..Shift::default() };
        let vehicle = Vehicle { shifts: vec![shift], capacity: vec![5], ..Vehicle::default() };
        Problem {
            vehicles: vec![vehicle; 2],
            jobs: (0..PAIRS).flat_map(|number| pair(number, rng)).collect(),
            matrix: Matrix::new(places, durations, distances).unwrap(),
            objective: Objective::Distance,
            terms: crate::Terms::default(),
        }
    }

    /// The cost of a tour by going along it, if it keeps windows, capacity and the shift.
    fn cost(model: &Model<'_>, jobs: &[u32]) -> Option<i64> {
        let problem = model.problem;
        let leg =
            |from, to| (i64::from(problem.matrix.duration(from, to)), i64::from(problem.matrix.distance(from, to)));
        let (mut time, mut load, mut driving, mut way, mut place) = (0, 0, 0, 0, 0);
        for job in jobs.iter().map(|&job| &problem.jobs[job as usize]) {
            let (duration, distance) = leg(place, job.place);
            (time, driving, way) = (time + duration, driving + duration, way + distance);
            for window in &job.windows {
                time = time.max(window.open);
                if time + job.dwell > window.close {
                    return None;
                }
            }
            (time, load, place) = (time + job.dwell, load + job.quantity[0], job.place);
            if load > 5 {
                return None;
            }
        }
        let (duration, distance) = leg(place, 0);
        (time + duration <= 300).then(|| model.slots[0].weights.of(driving + duration, way + distance))
    }

    fn with_pair(jobs: &[u32], pair: [u32; 2], [first, second]: [u32; 2]) -> Vec<u32> {
        let mut jobs = jobs.to_vec();
        jobs.insert(first as usize, pair[0]);
        jobs.insert(second as usize + 1, pair[1]);
        jobs
    }

    #[test]
    fn the_cheapest_place_of_a_pair_is_that_of_all_places() {
        let mut rng = Rng::with_seed(4);
        let (mut found, mut nowhere) = (0, 0);
        for round in 0..200 {
            let problem = problem(&mut rng, round % 2 == 0);
            let model = Model::new(&problem);
            let mut tours = Tours::new(&model);
            let mut pairs = Pairs::new(&model);
            for number in 0..PAIRS as u32 {
                let pair = [2 * number, 2 * number + 1];
                assert_eq!(pairs.pick_up(pair[1]), Some(pair[0]));
                let mut stays = None;
                for slot in 0..2 {
                    let jobs = tours.route(slot).jobs.clone();
                    let now = if jobs.is_empty() { 0 } else { cost(&model, &jobs).unwrap() };
                    let all = (0..=jobs.len() as u32).flat_map(|at| (at..=jobs.len() as u32).map(move |to| [at, to]));
                    let more = |stops| cost(&model, &with_pair(&jobs, pair, stops)).map(|cost| cost - now);
                    let least = all.filter_map(more).min();
                    // The bound grows, so what is remembered of a smaller one must not be taken for an answer to a larger.
                    let bounds = least.map_or(vec![0, 50], |least| vec![least - 7, least, least + 1, least + 9]);
                    for most in bounds.into_iter().chain([i64::MAX]) {
                        let place = pairs.cheapest(&tours, slot, pair, most);
                        if let Some(least) = least.filter(|&least| least < most) {
                            let stops = place.stops.expect("there is a place");
                            assert_eq!((place.cost, more(stops)), (least, Some(least)));
                            (stays, found) = (Some((slot, stops)), found + 1);
                        } else {
                            assert!(place.stops.is_none_or(|_| place.cost >= most), "{place:?} of {most}");
                            nowhere += 1;
                        }
                    }
                }
                if let Some((slot, [first, second])) = stays {
                    tours.insert(Spot { slot, at: first }, pair[0]);
                    tours.insert(Spot { slot, at: second + 1 }, pair[1]);
                }
            }
        }
        assert!(found > 2_000 && nowhere > 2_000, "{found} {nowhere}");
    }
}
