//! The members of one part of the crowd, and who stays.
//!
//! **Why.** A crowd of copies breeds copies. **How.** A member's fitness is its rank by cost joined with its rank by how unlike its
//! nearest few it is, counted in stops with other neighbours on either side; doubles go first, then the least fit (section 4.5 of the work
//! named in [`super`]). **What never happens:** the cheapest few going because others are like them.

use super::ground::Ground;
use super::lanes::{Prices, Tour, Worth};

/// How many of the nearest say how unlike the others a member is.
const NEAREST: usize = 5;

/// How many of the cheapest stay whatever they are like.
const ELITE: usize = 4;

/// Beside whom those stand who are left out.
const NOWHERE: [u32; 2] = [u32::MAX; 2];

/// A solution.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) tours: Vec<Tour>,
    pub(super) worth: Worth,
    /// For each job whom it comes after, and whom it comes before.
    beside: Vec<[u32; 2]>,
    id: u64,
    /// Members of the same part by how unlike they are, nearest first: distance and their number.
    unlike: Vec<(u32, u64)>,
    pub(super) fitness: f64,
}

impl Member {
    pub(super) fn new(ground: &Ground, tours: Vec<Tour>, worth: Worth) -> Self {
        let mut beside = vec![NOWHERE; ground.jobs];
        for Tour { kind, jobs } in &tours {
            for &job in ground.among(jobs) {
                beside[job as usize] = [ground.start_of(*kind), ground.end_of(*kind)];
            }
            // Beside a further visit of the depot is beside the start or the end.
            for pair in jobs.windows(2).filter(|pair| pair.iter().all(|&stop| ground.is_job(stop))) {
                beside[pair[0] as usize][1] = pair[1];
                beside[pair[1] as usize][0] = pair[0];
            }
        }
        Self { tours, worth, beside, id: 0, unlike: Vec::new(), fitness: 0.0 }
    }

    /// How many stops have other neighbours.
    fn distance(&self, other: &Self, turned: bool) -> u32 {
        let broken = |(mine, theirs): (&[u32; 2], &[u32; 2])| {
            if turned {
                u32::from(mine[1] != theirs[1] && mine[1] != theirs[0])
            } else {
                u32::from(mine[1] != theirs[1])
            }
        };
        self.beside.iter().zip(&other.beside).map(broken).sum()
    }

    /// How unlike its nearest few it is.
    fn apart(&self) -> f64 {
        let nearest = &self.unlike[..self.unlike.len().min(NEAREST)];
        nearest.iter().map(|&(distance, _)| f64::from(distance)).sum::<f64>() / nearest.len().max(1) as f64
    }
}

/// A part of the crowd.
#[derive(Debug)]
pub(super) struct Part {
    members: Vec<Member>,
    next: u64,
    /// Whether a tour is the same when it is driven the other way round.
    turned: bool,
    ranked: bool,
}

impl Part {
    pub(super) fn new(ground: &Ground) -> Self {
        Self { members: Vec::new(), next: 1, turned: !ground.timed && ground.symmetric, ranked: false }
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn member(&self, index: usize) -> &Member {
        &self.members[index]
    }

    pub(super) fn clear(&mut self) {
        self.members.clear();
    }

    /// Takes in a member.
    pub(super) fn add(&mut self, mut member: Member) {
        member.id = self.next;
        self.next += 1;
        for other in &mut self.members {
            let distance = member.distance(other, self.turned);
            let insert = |list: &mut Vec<(u32, u64)>, entry: (u32, u64)| {
                let at = list.partition_point(|known| *known <= entry);
                list.insert(at, entry);
            };
            insert(&mut other.unlike, (distance, member.id));
            insert(&mut member.unlike, (distance, other.id));
        }
        self.members.push(member);
        self.ranked = false;
    }

    /// Lets the least fit go until so many are left.
    pub(super) fn select(&mut self, least: usize, prices: Prices) {
        while self.members.len() > least {
            self.ranked = false;
            self.rank(prices);
            let double = |member: &Member| member.unlike.first().is_some_and(|nearest| nearest.0 == 0);
            let cheapest = self.cheapest(prices);
            let unfit = |&index: &usize| (double(&self.members[index]), self.members[index].fitness);
            let candidates = (0..self.members.len()).filter(|&index| index != cheapest);
            let worst = candidates.max_by(|a, b| unfit(a).partial_cmp(&unfit(b)).unwrap_or(std::cmp::Ordering::Equal));
            let Some(worst) = worst else { return };
            let gone = self.members.swap_remove(worst).id;
            for member in &mut self.members {
                member.unlike.retain(|&(_, id)| id != gone);
            }
        }
        self.ranked = false;
    }

    fn cheapest(&self, prices: Prices) -> usize {
        (0..self.members.len()).min_by_key(|&index| (self.members[index].worth.at(prices), index)).unwrap_or(0)
    }

    /// Sets every member's fitness; the lower, the better.
    pub(super) fn rank(&mut self, prices: Prices) {
        if self.ranked || self.members.is_empty() {
            return;
        }
        self.ranked = true;
        let count = self.members.len();
        let mut by_cost: Vec<usize> = (0..count).collect();
        by_cost.sort_by_key(|&index| (self.members[index].worth.at(prices), index));
        let mut by_unlike: Vec<(f64, usize)> =
            by_cost.iter().enumerate().map(|(rank, &index)| (-self.members[index].apart(), rank)).collect();
        by_unlike.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        let share = |rank: usize| rank as f64 / (count.max(2) - 1) as f64;
        for (place, &(_, rank)) in by_unlike.iter().enumerate() {
            let weight = if count <= ELITE { 0.0 } else { 1.0 - ELITE as f64 / count as f64 };
            self.members[by_cost[rank]].fitness = share(rank) + weight * share(place);
        }
    }
}
