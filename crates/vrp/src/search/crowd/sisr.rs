//! Ruin and recreate where nothing but ways and loads counts: slack induction by string removals.
//!
//! **Why.** The walk of the search proper keeps a label for every stop, since a tour may be late; where it never can, a step needs a tenth of
//! that time. **How.** Tours are linked lists, so that a visit is taken out, put in or put back in constant time. A step tears strings of
//! visits out of tours around a job and puts them back greedily beside their neighbours, with blinks; simulated annealing says whether it
//! stays (Jan Christiaens and Greet Vanden Berghe, "Slack Induction by String Removals for Vehicle Routing Problems", Transportation
//! Science 54(2), 2020). **What never happens:** a solution that is overloaded or leaves anybody out.

use fastrand::Rng;

use super::super::anneal::Anneal;
use super::super::blinks::Blinks;
use super::super::relay::Lap;
use super::super::tours::{Pool, Score};
use super::Sequences;
use super::ground::Ground;

/// Visits taken out on average, and the longest string.
const AVERAGE: f64 = 10.0;
const LONGEST: f64 = 10.0;

/// How many steps in a row work around one job: what they read stays close to the processor.
const STEPS_AROUND: u64 = 1_000;

/// How hot the walk is in average legs, at first and in the end.
const HOT: f64 = 1.0;
const COLD: f64 = 0.03;

/// How many steps pass between two looks at the clock.
const LOOK_EVERY: u64 = 64;

/// What a solution has cost of late is an average over about so many looks.
const LATELY: i64 = 256;

/// The chance that a string keeps some visits in its middle, and that it keeps one more.
const SPLIT: f64 = 0.5;
const KEEP_MORE: f64 = 0.99;

/// The chance that tours exchange their tails first: where tours are long, moving strings alone never gets there.
const CROSS: f64 = 0.3;

/// The chance that a tail goes to an idle vehicle.
const SPLIT_OFF: f64 = 0.2;

/// Orders in which visits are put back, and how often each is drawn: by chance, by load, the farthest and the nearest first.
const ORDERS: [(Order, u32); 4] = [(Order::Random, 4), (Order::Load, 4), (Order::Far, 2), (Order::Close, 1)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Random,
    Load,
    Far,
    Close,
}

/// No lane.
const NOWHERE: u32 = u32::MAX;

/// A job, or the yard as the beginning and the end of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Node {
    next: u32,
    previous: u32,
    lane: u32,
    /// What the ways to the next and from the previous node cost.
    onwards: i32,
    back: i32,
}

/// A change of this step.
#[derive(Debug, Clone, Copy)]
enum Change {
    /// A job was taken out from behind a node.
    Out {
        job: u32,
        behind: u32,
    },
    In {
        job: u32,
    },
    /// What follows these two changed places.
    Tails {
        one: u32,
        other: u32,
    },
}

/// What follows a node of a lane, without the yard.
#[derive(Debug, Clone, Copy)]
struct Tail {
    first: u32,
    last: u32,
    load: i64,
    count: u32,
}

/// A solution as linked lists.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Chains {
    /// The jobs, then the yards by lane.
    nodes: Vec<Node>,
    loads: Vec<i64>,
    counts: Vec<u32>,
    cost: i64,
}

/// The walk.
#[derive(Debug)]
pub(in crate::search) struct Sisr<'g> {
    ground: &'g Ground,
    chains: Chains,
    idle: Pool,
    best: Chains,
    anneal: Anneal,
    /// What the solution has cost of late.
    level: i64,
    /// The job around which the walk works at present.
    centre: u32,
    log: Vec<Change>,
    /// The jobs taken out in this step.
    removed: Vec<u32>,
    /// For each lane the step in which it was last torn.
    torn: Vec<u64>,
    pub(in crate::search) steps: u64,
    /// After how many steps the best was found.
    pub(in crate::search) improved: u64,
    blinks: Blinks,
    rng: Rng,
}

impl Chains {
    fn new(ground: &Ground, tours: &[Vec<u32>]) -> Self {
        let lanes = ground.slots.len().min(ground.jobs);
        let absent = Node { next: NOWHERE, previous: NOWHERE, lane: NOWHERE, onwards: 0, back: 0 };
        let mut chains =
            Self { nodes: vec![absent; ground.jobs], loads: vec![0; lanes], counts: vec![0; lanes], cost: 0 };
        for lane in 0..lanes as u32 {
            let yard = chains.nodes.len() as u32;
            chains.nodes.push(Node { next: yard, previous: yard, lane, onwards: 0, back: 0 });
            let mut behind = yard;
            for &job in tours.get(lane as usize).map_or(&[][..], |tour| tour) {
                chains.insert(ground, job, behind);
                behind = job;
            }
        }
        chains
    }

    /// The number of a node among the ground's stops when one leaves it, and when one comes to it.
    #[inline]
    fn leaving(ground: &Ground, node: u32) -> u32 {
        node.min(ground.start())
    }

    #[inline]
    fn coming(ground: &Ground, node: u32) -> u32 {
        if node >= ground.start() { ground.end() } else { node }
    }

    fn insert(&mut self, ground: &Ground, job: u32, behind: u32) {
        let Node { next, lane, onwards: gap, .. } = self.nodes[behind as usize];
        let back = ground.costs_into(job)[Self::leaving(ground, behind) as usize];
        let onwards = ground.costs_from(job)[Self::coming(ground, next) as usize];
        self.nodes[job as usize] = Node { next, previous: behind, lane, onwards, back };
        let before = &mut self.nodes[behind as usize];
        (before.next, before.onwards) = (job, back);
        let after = &mut self.nodes[next as usize];
        (after.previous, after.back) = (job, onwards);
        self.cost += i64::from(back) + i64::from(onwards) - i64::from(gap);
        self.loads[lane as usize] += ground.amount(job);
        self.counts[lane as usize] += 1;
    }

    /// Takes a job out; says from behind which node.
    fn remove(&mut self, ground: &Ground, job: u32) -> u32 {
        let Node { next, previous, lane, onwards, back } = self.nodes[job as usize];
        let empty = next == previous && next >= ground.start();
        let row = ground.costs_from(Self::leaving(ground, previous));
        let gap = if empty { 0 } else { row[Self::coming(ground, next) as usize] };
        let before = &mut self.nodes[previous as usize];
        (before.next, before.onwards) = (next, gap);
        let after = &mut self.nodes[next as usize];
        (after.previous, after.back) = (previous, gap);
        self.nodes[job as usize].lane = NOWHERE;
        self.cost += i64::from(gap) - i64::from(back) - i64::from(onwards);
        self.loads[lane as usize] -= ground.amount(job);
        self.counts[lane as usize] -= 1;
        previous
    }

    /// What follows one node and what follows another of another lane change places.
    fn exchange(&mut self, ground: &Ground, one: u32, other: u32) {
        let [ours, theirs] = [one, other].map(|node| self.tail(ground, node));
        let lanes = [one, other].map(|node| self.nodes[node as usize].lane);
        self.cost -= [one, other].iter().map(|&node| i64::from(self.nodes[node as usize].onwards)).sum::<i64>();
        self.follow(ground, one, lanes[0], &theirs);
        self.follow(ground, other, lanes[1], &ours);
        for (lane, less, more) in [(lanes[0], &ours, &theirs), (lanes[1], &theirs, &ours)] {
            self.loads[lane as usize] += more.load - less.load;
            self.counts[lane as usize] = self.counts[lane as usize] + more.count - less.count;
        }
    }

    /// What follows a node up to the yard.
    fn tail(&self, ground: &Ground, node: u32) -> Tail {
        let first = self.nodes[node as usize].next;
        let mut tail = Tail { first, last: NOWHERE, load: 0, count: 0 };
        let mut next = first;
        while next < ground.start() {
            (tail.last, tail.load, tail.count) = (next, tail.load + ground.amount(next), tail.count + 1);
            next = self.nodes[next as usize].next;
        }
        tail
    }

    /// From a node of a lane on this tail follows.
    fn follow(&mut self, ground: &Ground, node: u32, lane: u32, tail: &Tail) {
        let yard = ground.start() + lane;
        let next = if tail.count > 0 { tail.first } else { yard };
        let empty = next == yard && node == yard;
        let row = ground.costs_from(Self::leaving(ground, node));
        let way = if empty { 0 } else { row[Self::coming(ground, next) as usize] };
        (self.nodes[node as usize].next, self.nodes[node as usize].onwards) = (next, way);
        (self.nodes[next as usize].previous, self.nodes[next as usize].back) = (node, way);
        self.cost += i64::from(way);
        if tail.count > 0 {
            let mut job = tail.first;
            loop {
                self.nodes[job as usize].lane = lane;
                if job == tail.last {
                    break;
                }
                job = self.nodes[job as usize].next;
            }
            let end = &mut self.nodes[tail.last as usize];
            end.next = yard;
            let way = end.onwards;
            (self.nodes[yard as usize].previous, self.nodes[yard as usize].back) = (tail.last, way);
        }
    }

    fn sequences(&self, ground: &Ground) -> Sequences {
        let lanes = (0..).zip(&self.counts).filter(|&(_, &count)| count > 0);
        let chain = |lane: u32| {
            let yard = ground.start() + lane;
            let follow = |&node: &u32| Some(self.nodes[node as usize].next).filter(|&next| next != yard);
            std::iter::successors(follow(&yard), follow).collect()
        };
        lanes.map(|(lane, _)| (ground.slots[lane as usize], chain(lane))).collect()
    }
}

impl<'g> Sisr<'g> {
    /// A walk that begins at a solution without excess.
    pub(super) fn new(ground: &'g Ground, tours: &[Vec<u32>], mut rng: Rng) -> Self {
        let chains = Chains::new(ground, tours);
        let mut idle = Pool::new(chains.counts.len());
        (0..).zip(&chains.counts).filter(|&(_, &count)| count == 0).for_each(|(lane, _)| idle.add(lane));
        Self {
            ground,
            best: chains.clone(),
            anneal: Anneal::new(Score { priority: 0, cost: 0 }, 0, 0, 0),
            level: chains.cost,
            torn: vec![0; chains.counts.len()],
            chains,
            idle,
            centre: 0,
            log: Vec::new(),
            removed: Vec::new(),
            steps: 0,
            improved: 0,
            blinks: Blinks::new(rng.fork(), ground.jobs),
            rng,
        }
    }

    pub(in crate::search) fn best(&self) -> Sequences {
        self.best.sequences(self.ground)
    }

    /// From now on the walk cools as this lap says.
    pub(in crate::search) fn begin(&mut self, lap: Lap) {
        let worked = self.chains.counts.len() - self.idle.members().len();
        let jobs = self.ground.jobs;
        let score = Score { priority: jobs as i64, cost: self.chains.cost };
        self.anneal = Anneal::new(score, jobs + worked, jobs, jobs as i64).between(HOT, COLD);
        self.anneal.lap = Some(lap);
    }

    /// Cools until the lap is over or so much of the budget is spent. `share` says how much is, after so many steps when the best
    /// was found after the other number of them, and nothing once it is over; `look` may look at the walk then.
    pub(in crate::search) fn run(
        &mut self,
        until: f64,
        share: &dyn Fn(u64, u64) -> Option<f64>,
        look: &mut dyn FnMut(&Self),
    ) {
        let end = self.anneal.lap.map_or(until, |lap| lap.end.min(until));
        while let Some(share) = share(self.steps, self.improved).filter(|&share| share < end) {
            self.anneal.cool(share, true);
            (0..LOOK_EVERY).for_each(|_| self.step());
            self.level += (self.chains.cost - self.level) / LATELY;
            look(self);
        }
    }

    /// All walks go on from where the lowest of late is, and know the best of all.
    pub(in crate::search) fn meet(walks: &mut [Self]) {
        let Some(lowest) = walks.iter().min_by_key(|walk| walk.level) else { return };
        let Some(best) = walks.iter().min_by_key(|walk| walk.best.cost) else { return };
        let (chains, idle, level) = (lowest.chains.clone(), lowest.idle.clone(), lowest.level);
        let (best, improved) = (best.best.clone(), best.improved);
        for walk in walks {
            walk.chains.clone_from(&chains);
            walk.idle.clone_from(&idle);
            walk.best.clone_from(&best);
            walk.level = level;
            // By the clock some walks make more steps than others.
            walk.improved = improved.min(walk.steps);
        }
    }

    /// Tears, puts back, and decides.
    fn step(&mut self) {
        self.steps += 1;
        self.log.clear();
        self.removed.clear();
        let limit = self.chains.cost.saturating_add(self.anneal.leeway(&mut self.rng) as i64);
        self.ruin();
        self.sort();
        let removed = std::mem::take(&mut self.removed);
        let done = removed.iter().all(|&job| self.place(job) && self.chains.cost < limit);
        self.removed = removed;
        if !done {
            self.roll_back();
        } else if self.chains.cost < self.best.cost {
            self.best.clone_from(&self.chains);
            self.improved = self.steps;
        }
    }

    fn ruin(&mut self) {
        let ground = self.ground;
        let worked = (self.chains.counts.len() - self.idle.members().len()).max(1);
        let longest = (ground.jobs as f64 / worked as f64).clamp(1.0, LONGEST);
        let most = 4.0 * AVERAGE / (1.0 + longest) - 1.0;
        let strings = ((self.rng.f64() * most) as usize + 1).min(worked);
        if self.steps % STEPS_AROUND == 1 {
            self.centre = self.rng.u32(..ground.jobs as u32);
        }
        let around = ground.around(self.centre);
        let seed = around.get(self.rng.usize(..=around.len())).copied().unwrap_or(self.centre);
        if self.rng.f64() < CROSS {
            self.cross(seed);
        }
        let mut torn = 0;
        for &job in std::iter::once(&seed).chain(ground.around(seed)) {
            if torn == strings {
                break;
            }
            let lane = self.chains.nodes[job as usize].lane;
            if lane == NOWHERE || self.torn[lane as usize] == self.steps {
                continue;
            }
            self.torn[lane as usize] = self.steps;
            torn += 1;
            self.string(job, self.chains.counts[lane as usize] as usize, longest);
        }
    }

    /// The tail behind a job changes places with that from a near job of another tour on, or goes to an idle vehicle.
    fn cross(&mut self, job: u32) {
        let lane = self.chains.nodes[job as usize].lane;
        let tail = self.chains.tail(self.ground, job);
        let head = self.chains.loads[lane as usize] - tail.load;
        if self.rng.f64() < SPLIT_OFF {
            if let Some(&idle) = self.idle.members().last().filter(|_| tail.count > 0) {
                self.exchange(job, self.ground.start() + idle);
            }
            return;
        }
        let near = self.ground.near(job);
        let (later, earlier) = near.split_at(self.rng.usize(..=near.len()));
        for &(other, ..) in earlier.iter().chain(later) {
            let Node { lane: their_lane, previous, .. } = self.chains.nodes[other as usize];
            if their_lane == lane {
                continue;
            }
            let theirs = self.chains.tail(self.ground, previous).load;
            let rest = self.chains.loads[their_lane as usize] - theirs;
            if head + theirs <= self.ground.capacity && rest + tail.load <= self.ground.capacity {
                return self.exchange(job, previous);
            }
        }
    }

    fn exchange(&mut self, one: u32, other: u32) {
        self.log.push(Change::Tails { one, other });
        self.swap_tails(one, other);
    }

    fn swap_tails(&mut self, one: u32, other: u32) {
        self.chains.exchange(self.ground, one, other);
        for node in [one, other] {
            let lane = self.chains.nodes[node as usize].lane;
            if self.chains.counts[lane as usize] == 0 { self.idle.add(lane) } else { self.idle.remove(lane) }
        }
    }

    /// Takes out a string of a lane of so many jobs around one of them, or a longer one without its middle.
    fn string(&mut self, around: u32, count: usize, longest: f64) {
        let rng = &mut self.rng;
        let length = ((rng.f64() * longest.min(count as f64)) as usize + 1).min(count);
        let mut kept = 0;
        if length > 1 && length < count && rng.f64() < SPLIT {
            kept = 1;
            while length + kept < count && rng.f64() > KEEP_MORE {
                kept += 1;
            }
        }
        let whole = length + kept;
        let keep_from = if kept > 0 { rng.usize(0..=length) } else { whole };
        // Back by some stops, but not beyond the yard; what is missing at the end is added at the beginning.
        let mut back = rng.usize(..whole);
        let (mut first, mut behind) = (around, 0);
        let nodes = &self.chains.nodes;
        let yard = self.ground.start();
        while back > 0 && nodes[first as usize].previous < yard {
            first = nodes[first as usize].previous;
            back -= 1;
        }
        let mut last = first;
        while behind + 1 < whole && nodes[last as usize].next < yard {
            last = nodes[last as usize].next;
            behind += 1;
        }
        for _ in behind + 1..whole {
            first = nodes[first as usize].previous;
        }
        let mut job = first;
        for at in 0..whole {
            let next = self.chains.nodes[job as usize].next;
            if at < keep_from || at >= keep_from + kept {
                self.take_out(job);
            }
            job = next;
        }
    }

    fn sort(&mut self) {
        let ground = self.ground;
        self.rng.shuffle(&mut self.removed);
        let mut left = self.rng.u32(..ORDERS.iter().map(|(_, share)| share).sum::<u32>());
        for (order, share) in ORDERS {
            if left < share {
                let from_yard = |job: u32| ground.cost(ground.start(), job);
                match order {
                    Order::Random => {}
                    Order::Load => self.removed.sort_unstable_by_key(|&job| (-ground.amount(job), job)),
                    Order::Far => self.removed.sort_unstable_by_key(|&job| (-from_yard(job), job)),
                    Order::Close => self.removed.sort_unstable_by_key(|&job| (from_yard(job), job)),
                }
                return;
            }
            left -= share;
        }
    }

    /// Puts a job where that costs least, beside a neighbour or on an idle vehicle; says whether there is any place.
    fn place(&mut self, job: u32) -> bool {
        let ground = self.ground;
        let room = ground.capacity - ground.amount(job);
        let (from, into) = (ground.costs_from(job), ground.costs_into(job));
        let mut best = (i32::MAX, NOWHERE);
        let nodes = &self.chains.nodes;
        for &(other, there, back) in ground.near(job) {
            let node = &nodes[other as usize];
            let (after, before) = (there - node.onwards, back - node.back);
            if after.min(before) >= best.0 || node.lane == NOWHERE || self.chains.loads[node.lane as usize] > room {
                continue;
            }
            let after = after + from[Chains::coming(ground, node.next) as usize];
            if after < best.0 && !self.blinks.blink() {
                best = (after, other);
            }
            let before = before + into[Chains::leaving(ground, node.previous) as usize];
            if before < best.0 && !self.blinks.blink() {
                best = (before, node.previous);
            }
        }
        if let Some(&lane) = self.idle.members().last() {
            let alone = into[ground.start() as usize] + from[ground.end() as usize];
            if alone < best.0 && room >= 0 {
                best = (alone, ground.start() + lane);
            }
        }
        if best.1 == NOWHERE {
            best = self.anywhere(job, room);
        }
        if best.1 == NOWHERE {
            return false;
        }
        self.put_in(job, best.1);
        true
    }

    /// The cheapest place in any lane with room.
    fn anywhere(&self, job: u32, room: i64) -> (i32, u32) {
        let ground = self.ground;
        let (from, into) = (ground.costs_from(job), ground.costs_into(job));
        let has_room = |node: &Node| node.lane != NOWHERE && self.chains.loads[node.lane as usize] <= room;
        let places = (0..).zip(&self.chains.nodes).filter(|(_, node)| has_room(node)).map(|(other, node)| {
            let (leaving, coming) = (Chains::leaving(ground, other), Chains::coming(ground, node.next));
            (into[leaving as usize] + from[coming as usize] - node.onwards, other)
        });
        places.min().unwrap_or((i32::MAX, NOWHERE))
    }

    fn take_out(&mut self, job: u32) {
        let lane = self.chains.nodes[job as usize].lane;
        let behind = self.chains.remove(self.ground, job);
        self.log.push(Change::Out { job, behind });
        self.removed.push(job);
        if self.chains.counts[lane as usize] == 0 {
            self.idle.add(lane);
        }
    }

    fn put_in(&mut self, job: u32, behind: u32) {
        self.chains.insert(self.ground, job, behind);
        self.log.push(Change::In { job });
        let lane = self.chains.nodes[job as usize].lane;
        if self.chains.counts[lane as usize] == 1 {
            self.idle.remove(lane);
        }
    }

    /// Undoes what this step has changed, the last first.
    fn roll_back(&mut self) {
        while let Some(change) = self.log.pop() {
            match change {
                Change::Out { job, behind } => {
                    self.chains.insert(self.ground, job, behind);
                    let lane = self.chains.nodes[job as usize].lane;
                    self.idle.remove(lane);
                }
                Change::Tails { one, other } => self.swap_tails(one, other),
                Change::In { job } => {
                    let lane = self.chains.nodes[job as usize].lane;
                    self.chains.remove(self.ground, job);
                    if self.chains.counts[lane as usize] == 0 {
                        self.idle.add(lane);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::model::Model;
    use super::super::super::tours::Tours;
    use super::super::lanes::{Lanes, Prices};
    use super::super::savings::savings;
    use super::super::tests::{alike, timeless};
    use super::*;

    fn anneal(heat: f64) -> Anneal {
        let mut anneal = Anneal::new(Score { priority: 18, cost: 25 * 30 }, 25, 18, 18).between(heat, heat);
        anneal.cool(0.0, true);
        anneal
    }

    /// All that a solution keeps, against one made anew from its visits and against the lanes of the crowd.
    fn check(walk: &Sisr<'_>, of: &str) {
        let ground = walk.ground;
        let tours: Vec<Vec<u32>> = walk.chains.sequences(ground).into_iter().map(|(_, tour)| tour).collect();
        let mut lanes = Lanes::new(ground, Prices { warp: 1, excess: 1 });
        lanes.set(&alike(&tours));
        let worth = lanes.worth();
        assert_eq!((worth.cost, worth.is_feasible()), (walk.chains.cost, true), "{of}");
        let mut jobs = tours.concat();
        jobs.sort_unstable();
        assert_eq!(jobs, (0..ground.jobs as u32).collect::<Vec<u32>>(), "{of}");
        let mut by_lane = vec![Vec::new(); walk.chains.counts.len()];
        for (slot, tour) in walk.chains.sequences(ground) {
            by_lane[slot as usize] = tour;
        }
        assert_eq!(Chains::new(ground, &by_lane), walk.chains, "{of}");
        let mut idle = walk.idle.members().to_vec();
        idle.sort_unstable();
        let empty = (0..).zip(&walk.chains.counts).filter(|&(_, &count)| count == 0).map(|(lane, _)| lane);
        assert_eq!(idle, empty.collect::<Vec<u32>>(), "{of}");
    }

    #[test]
    fn after_every_step_all_sums_are_what_a_recount_says_and_the_best_is_what_the_search_proper_allows() {
        for seed in 0..12 {
            let problem = timeless(seed, seed % 2 == 1);
            let model = Model::new(&problem);
            let ground = Ground::new(&model, true).unwrap();
            assert!(!ground.timed);
            let mut walk = Sisr::new(&ground, &savings(&ground), Rng::with_seed(seed));
            let first = walk.chains.cost;
            for (heat, number) in
                [2.0, 0.5, 0.02].into_iter().flat_map(|heat| (0..200).map(move |number| (heat, number)))
            {
                walk.anneal = anneal(heat);
                walk.step();
                check(&walk, &format!("seed {seed}, heat {heat}, step {number}"));
                assert!(walk.best.cost <= walk.chains.cost);
            }
            assert!(walk.best.cost <= first);
            let mut tours = Tours::new(&model);
            tours.restore(&walk.best());
            assert!(tours.keeps_rules());
            assert_eq!(tours.score().cost, walk.best.cost);
        }
    }

    #[test]
    fn a_step_that_is_not_taken_leaves_nothing_behind() {
        let mut tails = 0;
        for seed in 0..12 {
            let problem = timeless(seed, seed % 2 == 1);
            let ground = Ground::new(&Model::new(&problem), true).unwrap();
            let mut walk = Sisr::new(&ground, &savings(&ground), Rng::with_seed(seed));
            for _ in 0..100 {
                let before = walk.chains.clone();
                walk.steps += 1;
                walk.removed.clear();
                walk.ruin();
                for job in walk.removed.clone() {
                    walk.place(job);
                }
                tails += walk.log.iter().filter(|change| matches!(change, Change::Tails { .. })).count();
                walk.roll_back();
                assert_eq!(walk.chains, before, "seed {seed}");
                check(&walk, "rolled back");
                walk.anneal = anneal(1.0);
                walk.step();
                walk.log.clear();
            }
        }
        assert!(tails > 100, "{tails}");
    }

    #[test]
    fn where_no_neighbour_stands_in_a_tour_with_room_the_whole_plan_is_asked() {
        let mut problem = timeless(1, false);
        problem.vehicles.truncate(5);
        let ground = Ground::new(&Model::new(&problem), true).unwrap();
        let tours = savings(&ground);
        assert!(tours.len() <= 5, "{tours:?}");
        let mut walk = Sisr::new(&ground, &tours, Rng::with_seed(1));
        walk.take_out(0);
        let everywhere = walk.anywhere(0, ground.capacity - ground.amount(0));
        walk.blinks = Blinks::none();
        let before = walk.chains.cost;
        assert!(walk.place(0));
        assert_eq!(walk.chains.cost - before, i64::from(everywhere.0), "with so few jobs all are neighbours");
        assert_eq!(walk.anywhere(0, -1), (i32::MAX, NOWHERE), "no lane has room");
    }

    #[test]
    fn after_a_meeting_all_are_where_the_lowest_of_late_was_and_know_the_best() {
        for seed in 0..12 {
            let problem = timeless(seed, seed % 2 == 1);
            let ground = Ground::new(&Model::new(&problem), true).unwrap();
            let tours = savings(&ground);
            let mut walks: Vec<Sisr<'_>> =
                (0..3).map(|at| Sisr::new(&ground, &tours, Rng::with_seed(3 * seed + at))).collect();
            for (walk, steps) in walks.iter_mut().zip([300, 100, 200]) {
                for _ in 0..steps {
                    walk.anneal = anneal(2.0);
                    walk.step();
                }
            }
            let best = walks.iter().map(|walk| walk.best.cost).min().unwrap();
            let improved = walks.iter().find(|walk| walk.best.cost == best).unwrap().improved;
            for (walk, level) in walks.iter_mut().zip([30, 20, 40]) {
                walk.level = level;
            }
            let lowest = walks[1].chains.clone();
            assert_ne!((&walks[0].chains, &walks[2].chains), (&lowest, &lowest));
            Sisr::meet(&mut walks);
            for walk in &mut walks {
                check(walk, &format!("seed {seed}"));
                assert_eq!((&walk.chains, walk.best.cost, walk.level), (&lowest, best, 20));
                assert_eq!(walk.improved, improved.min(walk.steps), "none has found anything after its last step");
                walk.step();
                check(walk, &format!("seed {seed}, a step later"));
            }
        }
    }
}
