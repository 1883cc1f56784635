//! A child of two solutions: tours of one around some place, the other's elsewhere.
//!
//! **Why.** What is good about a solution are whole tours, and two good solutions are good at different places. **How.** Tours of the
//! second parent around a job drawn at random take the place of those tours of the first with which they have most in common;
//! who then stands twice is taken out of the one or of the other tours, a coin decides; who stands nowhere is put where that
//! costs least (selective route exchange: Yuichi Nagata and Shigenobu Kobayashi, "A Memetic Algorithm for the Pickup and Delivery
//! Problem with Time Windows Using Selective Route Exchange Crossover", PPSN XI, 2010). Where jobs may be left out, those stay
//! out until the local search looks at them; and of two tours or fewer, one may go on from somewhere as the other parent's does.
//! **What never happens:** a child that serves somebody twice, or leaves anybody out where all must stand.

use fastrand::Rng;

use super::ground::Ground;
use super::lanes::Lanes;

/// Solutions of so few tours have hardly any whole ones to exchange.
const FEW: usize = 2;

/// No tour.
const NONE: usize = usize::MAX;

/// Sets the lanes to a child of these two. The tours that it has from the first as they are come first: says how many these are.
pub(super) fn mate(lanes: &mut Lanes<'_>, first: &[Vec<u32>], second: &[Vec<u32>], rng: &mut Rng) -> usize {
    let ground = lanes.ground;
    if ground.stakes.is_some() && first.len().max(second.len()) <= FEW && rng.bool() {
        return cut(lanes, first, second, rng);
    }
    let taken = around(ground, second, rng);
    let replaced = most_alike(ground, first, second, &taken);
    let in_tours = |tours: &mut dyn Iterator<Item = &Vec<u32>>| {
        let mut contained = vec![false; ground.jobs];
        for &job in tours.flatten() {
            contained[job as usize] = true;
        }
        contained
    };
    let kept = || (0..first.len()).filter(|tour| !replaced.contains(tour)).map(|tour| &first[tour]);
    let new = || taken.iter().map(|&tour| &second[tour]);
    let (in_kept, in_new) = (in_tours(&mut kept()), in_tours(&mut new()));
    let new_stay = rng.bool();
    let without = |tour: &Vec<u32>, gone: &[bool]| -> Vec<u32> {
        tour.iter().copied().filter(|&job| !gone[job as usize]).collect()
    };
    let touched = |tour: &&Vec<u32>| new_stay && tour.iter().any(|&job| in_new[job as usize]);
    let mut child: Vec<Vec<u32>> = kept().filter(|tour| !touched(tour)).cloned().collect();
    let intact = child.len();
    child.extend(kept().filter(touched).map(|tour| without(tour, &in_new)));
    child.extend(new().map(|tour| if new_stay { tour.clone() } else { without(tour, &in_kept) }));
    child.retain(|tour| !tour.is_empty());
    let stands = in_tours(&mut child.iter());
    let mut nowhere: Vec<u32> = (0..ground.jobs as u32).filter(|&job| !stands[job as usize]).collect();
    lanes.set(&child);
    if ground.stakes.is_none() {
        rng.shuffle(&mut nowhere);
        for job in nowhere {
            lanes.insert(job);
        }
    }
    intact
}

/// Sets the lanes to the first parent, where one tour goes on as one of the second does; says how many tours come first as they are.
fn cut(lanes: &mut Lanes<'_>, first: &[Vec<u32>], second: &[Vec<u32>], rng: &mut Rng) -> usize {
    let nothing = Vec::new();
    let changed = rng.usize(..first.len().max(1));
    let begun = first.get(changed).unwrap_or(&nothing);
    let shared = |tour: &&Vec<u32>| tour.iter().filter(|job| begun.contains(job)).count();
    let other = second.iter().max_by_key(shared).unwrap_or(&nothing);
    let part = rng.f64();
    let cut_at = |tour: &[u32]| (part * (tour.len() + 1) as f64) as usize;
    let mut child: Vec<Vec<u32>> = first.to_vec();
    child.truncate(lanes.all.len());
    if changed < child.len() {
        child.remove(changed);
    }
    let intact = child.len();
    let mut tour = begun[..cut_at(begun)].to_vec();
    let free = |job: &u32| !tour.contains(job) && !child.iter().any(|tour| tour.contains(job));
    let rest: Vec<u32> = other[cut_at(other)..].iter().copied().filter(free).collect();
    tour.extend(rest);
    child.push(tour);
    lanes.set(&child);
    intact
}

/// Some tours of a solution around a job drawn at random, up to about half of them.
fn around(ground: &Ground, tours: &[Vec<u32>], rng: &mut Rng) -> Vec<usize> {
    let tour_of = tour_of(ground, tours);
    let most = rng.usize(1..=(tours.len() / 2).max(1));
    let centre = rng.u32(..ground.jobs as u32);
    let mut taken: Vec<usize> = Some(tour_of[centre as usize]).into_iter().filter(|&tour| tour != NONE).collect();
    let mut next = 0;
    // Farther and farther out, by the neighbours of whom is met.
    let mut met = vec![centre];
    while taken.len() < most && next < met.len() {
        for &job in ground.beside(met[next]) {
            let tour = tour_of[job as usize];
            if taken.len() < most && tour != NONE && !taken.contains(&tour) {
                taken.push(tour);
            }
            if !met.contains(&job) {
                met.push(job);
            }
        }
        next += 1;
    }
    taken
}

/// For each of these tours of the second solution the one of the first, not yet given away, that has most of its visits.
fn most_alike(ground: &Ground, first: &[Vec<u32>], second: &[Vec<u32>], taken: &[usize]) -> Vec<usize> {
    let tour_of = tour_of(ground, first);
    let mut shared = vec![0_usize; first.len()];
    for &job in taken.iter().flat_map(|&tour| &second[tour]) {
        if let Some(shared) = shared.get_mut(tour_of[job as usize]) {
            *shared += 1;
        }
    }
    // By the share of a tour that is replaced anyway.
    let mut ranked: Vec<usize> = (0..first.len()).collect();
    ranked.sort_by_key(|&tour| (std::cmp::Reverse(shared[tour] * 1_000 / first[tour].len().max(1)), tour));
    ranked.truncate(taken.len());
    ranked
}

/// For each job its tour.
fn tour_of(ground: &Ground, tours: &[Vec<u32>]) -> Vec<usize> {
    let mut tour_of = vec![NONE; ground.jobs];
    for (index, tour) in tours.iter().enumerate() {
        for &job in tour {
            tour_of[job as usize] = index;
        }
    }
    tour_of
}
