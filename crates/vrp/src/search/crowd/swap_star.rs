//! Two jobs change tours, each to its best place in the other tour: SWAP*.
//!
//! **Why.** Where loads are tight nothing can move to another tour unless something comes back, and what comes back seldom fits best where the
//! other stood. **How.** For two tours that meet, the three cheapest places of every job in the other tour are found first; the
//! place of a job in a tour that loses another is then one of these three or that very place, so a pair is judged in constant
//! time, and the best pair changes places (Thibaut Vidal, "Hybrid genetic search for the CVRP: Open-source implementation and
//! SWAP* neighborhood", Computers & Operations Research 140, 2022, section 3). **What never happens:** a change that does not lower
//! the sum of cost and penalties.

use super::lanes::{Lane, Lanes};

/// How many neighbours of a job say which tours its own meets.
const MEETS: usize = 6;

/// So many pairs take as long as one other look.
const PAIRS_A_LOOK: u64 = 4;

/// The three cheapest places of a job in a lane: what it adds and before which stop; [`NOWHERE`] where there are fewer, or it may not go.
type Best = [(i64, usize); 3];

const NOWHERE: (i64, usize) = (i64::MAX, usize::MAX);

/// An exchange: of which stop of the one lane, to before which of the other; and the other way round.
#[derive(Debug, Clone, Copy)]
struct Swap {
    mine: usize,
    theirs: usize,
    into_mine: usize,
    into_theirs: usize,
}

/// The search for such exchanges.
#[derive(Debug)]
pub(super) struct SwapStar {
    /// For each lane when it was last tried with all later ones that it meets.
    tried: Vec<u64>,
    /// For the jobs of either lane their places in the other, and what their own lane saves without them.
    places: [Vec<Best>; 2],
    savings: [Vec<i64>; 2],
    met: Vec<usize>,
}

impl SwapStar {
    pub(super) fn new(lanes: usize) -> Self {
        Self {
            tried: vec![0; lanes],
            places: [Vec::new(), Vec::new()],
            savings: [Vec::new(), Vec::new()],
            met: Vec::new(),
        }
    }

    /// Lanes that were last changed by then need not be tried with each other.
    pub(super) fn begin(&mut self, settled: u64) {
        self.tried.fill(settled);
    }

    /// Tries all pairs of lanes that meet; gives the work in looks.
    pub(super) fn run(&mut self, lanes: &mut Lanes<'_>) -> u64 {
        let mut looks = 0;
        for one in 0..self.tried.len() {
            self.meet(lanes, one);
            let tried = std::mem::replace(&mut self.tried[one], lanes.clock);
            let met = std::mem::take(&mut self.met);
            for &other in &met {
                if lanes.all[one].changed.max(lanes.all[other].changed) > tried {
                    looks += self.swap(lanes, one, other);
                }
            }
            self.met = met;
        }
        looks
    }

    /// The later lanes that this one meets.
    fn meet(&mut self, lanes: &Lanes<'_>, one: usize) {
        self.met.clear();
        for &job in lanes.all[one].jobs().iter().filter(|&&stop| lanes.ground.is_job(stop)) {
            let near = lanes.ground.beside(job).iter().take(MEETS).filter_map(|&other| lanes.place(other));
            for place in near {
                if place.lane > one && !self.met.contains(&place.lane) {
                    self.met.push(place.lane);
                }
            }
        }
    }

    /// Makes the best exchange between two lanes, if one pays.
    fn swap(&mut self, lanes: &mut Lanes<'_>, one: usize, other: usize) -> u64 {
        for (side, (from, to)) in [(one, other), (other, one)].into_iter().enumerate() {
            let jobs = lanes.all[from].jobs();
            self.places[side].clear();
            self.places[side].extend(jobs.iter().map(|&job| three_best(lanes, job, to)));
            self.savings[side].clear();
            self.savings[side].extend((1..=jobs.len()).map(|at| saving(lanes, from, at)));
        }
        if let Some(Swap { mine, theirs, into_mine, into_theirs }) = self.best(lanes, one, other) {
            let (my_job, their_job) = (lanes.all[one].stops[mine], lanes.all[other].stops[theirs]);
            replace(lanes, one, mine, their_job, into_mine);
            replace(lanes, other, theirs, my_job, into_theirs);
        }
        1 + (self.places[0].len() * self.places[1].len()) as u64 / PAIRS_A_LOOK
    }

    fn best(&self, lanes: &Lanes<'_>, one: usize, other: usize) -> Option<Swap> {
        let ground = lanes.ground;
        let (x, y) = (&lanes.all[one], &lanes.all[other]);
        let trips = ground.has_trips();
        let mut best = (0, None);
        for (mine, (my_places, my_saving)) in (1..).zip(self.places[0].iter().zip(&self.savings[0])) {
            if my_places[0] == NOWHERE {
                continue;
            }
            let my_job = x.stops[mine];
            let rest = -x.penalty - y.penalty - my_saving;
            for (theirs, (their_places, their_saving)) in (1..).zip(self.places[1].iter().zip(&self.savings[1])) {
                let their_job = y.stops[theirs];
                let more = ground.amount(their_job) - ground.amount(my_job);
                let loads = if trips {
                    0
                } else {
                    lanes.price_of_load(x, x.load() + more) + lanes.price_of_load(y, y.load() - more)
                };
                let mut change = rest - their_saving + loads;
                if change >= best.0 || their_places[0] == NOWHERE {
                    continue;
                }
                let (cost, into_theirs) = place_without(lanes, my_job, other, theirs, my_places);
                change += cost;
                if change >= best.0 {
                    continue;
                }
                let (cost, into_mine) = place_without(lanes, their_job, one, mine, their_places);
                change += cost;
                let swap = Swap { mine, theirs, into_mine, into_theirs };
                if trips && change < best.0 {
                    change += price_with_trips(lanes, [one, other], swap, best.0 - change);
                } else if ground.timed && change < best.0 {
                    change += lanes.prices.warp * warp_with(lanes, one, mine, their_job, into_mine);
                    if change < best.0 {
                        change += lanes.prices.warp * warp_with(lanes, other, theirs, my_job, into_theirs);
                    }
                }
                if change < best.0 {
                    best = (change, Some(swap));
                }
            }
        }
        best.1
    }
}

/// The three cheapest places for a job in a lane, by the way alone; none if it may not be visited there.
fn three_best(lanes: &Lanes<'_>, job: u32, lane: usize) -> Best {
    let (ground, Lane { kind, rows, stops, .. }) = (lanes.ground, &lanes.all[lane]);
    let mut best = [NOWHERE; 3];
    if !ground.may_visit(*kind, &[job]) || !ground.is_job(job) {
        return best;
    }
    let cost = |from: u32, to: u32| ground.cost_in(*rows, from, to);
    for (at, pair) in (1..).zip(stops.windows(2)) {
        let added = cost(pair[0], job) + cost(job, pair[1]) - cost(pair[0], pair[1]);
        if added < best[2].0 {
            best[2] = (added, at);
            if best[2].0 < best[1].0 {
                best.swap(1, 2);
            }
            if best[1].0 < best[0].0 {
                best.swap(0, 1);
            }
        }
    }
    best
}

/// What a lane saves without the job at this stop.
fn saving(lanes: &Lanes<'_>, lane: usize, at: usize) -> i64 {
    let Lane { rows, stops, .. } = &lanes.all[lane];
    let cost = |from: u32, to: u32| lanes.ground.cost_in(*rows, from, to);
    cost(stops[at - 1], stops[at]) + cost(stops[at], stops[at + 1]) - cost(stops[at - 1], stops[at + 1])
}

/// The cheapest place for a job in a lane without the stop at `gone`: that very place, or the best that does not touch it.
fn place_without(lanes: &Lanes<'_>, job: u32, lane: usize, gone: usize, best: &Best) -> (i64, usize) {
    let Lane { rows, stops, .. } = &lanes.all[lane];
    let cost = |from: u32, to: u32| lanes.ground.cost_in(*rows, from, to);
    let (before, after) = (stops[gone - 1], stops[gone + 1]);
    let instead = (cost(before, job) + cost(job, after) - cost(before, after), gone);
    let free = best.iter().copied().find(|&(_, at)| at != gone && at != gone + 1);
    free.filter(|free| free.0 < instead.0).unwrap_or(instead)
}

/// The warp of a lane that loses the stop at `gone` and gets a job before the stop at `at`.
fn warp_with(lanes: &Lanes<'_>, lane: usize, gone: usize, job: u32, at: usize) -> i64 {
    let lane = &lanes.all[lane];
    let stops = &lane.stops;
    let (first, next) = if at <= gone { (at, gone + 1) } else { (gone, at) };
    let begin = (lane.before[first - 1], stops[first - 1]);
    let (stretch, from) = if at <= gone {
        lanes.through(lanes.through(begin, &[job]), &stops[at..gone])
    } else {
        lanes.through(lanes.through(begin, &stops[gone + 1..at]), &[job])
    };
    lane.late(stretch.join(lanes.ground.time(from, stops[next]), lane.after[next]))
}

/// What it costs two lanes that they are late and overloaded after a swap, where vehicles come back to a depot; as far as it matters
/// whether that is less than so much.
#[inline(never)]
fn price_with_trips(lanes: &Lanes<'_>, [one, other]: [usize; 2], swap: Swap, most: i64) -> i64 {
    let Swap { mine, theirs, into_mine, into_theirs } = swap;
    let (my_job, their_job) = (lanes.all[one].stops[mine], lanes.all[other].stops[theirs]);
    let with = |lane: usize, gone: usize, job: u32, at: usize, most: i64| {
        let stops = &lanes.all[lane].stops;
        if at <= gone {
            return lanes.price_of_trips(((lane, at - 1), (lane, gone + 1)), &[&[job], &stops[at..gone]], most);
        }
        lanes.price_of_trips(((lane, gone - 1), (lane, at)), &[&stops[gone + 1..at], &[job]], most)
    };
    let price = with(one, mine, their_job, into_mine, most);
    if price >= most { price } else { price + with(other, theirs, my_job, into_theirs, most - price) }
}

fn replace(lanes: &mut Lanes<'_>, lane: usize, gone: usize, job: u32, at: usize) {
    let stops = &mut lanes.all[lane].stops;
    stops.remove(gone);
    stops.insert(if at > gone { at - 1 } else { at }, job);
    lanes.sum_up(lane);
}
