//! A child of two solutions: tours of one around some place, the other's elsewhere.
//!
//! **Why.** What is good about a solution are whole tours, and two good solutions are good at different places. **How.** Tours of the
//! second parent around a job drawn at random take the place of those tours of the first with which they have most in common;
//! who then stands twice is taken out of the one or of the other tours, a coin decides; who stands nowhere is put where that
//! costs least (selective route exchange: Yuichi Nagata and Shigenobu Kobayashi, "A Memetic Algorithm for the Pickup and Delivery
//! Problem with Time Windows Using Selective Route Exchange Crossover", PPSN XI, 2010). Where jobs may be left out, those stay
//! out until the local search looks at them; and of two tours or fewer, one may go on from somewhere as the other parent's does.
//! A tour keeps its kind of vehicle as long as there is one. Where vehicles come back to a depot, half of the children get single trips in this way,
//! and fewer of them: a trip is good wherever in a tour it stands.
//! **What never happens:** a child that serves somebody twice, or leaves anybody out where all must stand.

use fastrand::Rng;

use super::ground::Ground;
use super::lanes::{Lanes, Tour};

/// Solutions of so few tours have hardly any whole ones to exchange.
const FEW: usize = 2;

/// A child gets at most one of so many tours of its second parent, or one of so many trips.
const MOST_TAKEN: usize = 2;
const MOST_TAKEN_TRIPS: usize = 4;

/// No tour.
const NONE: usize = usize::MAX;

/// Sets the lanes to a child of these two. The tours that it has from the first as they are come first: says how many these are.
pub(super) fn mate(lanes: &mut Lanes<'_>, first: &[Tour], second: &[Tour], rng: &mut Rng) -> usize {
    let ground = lanes.ground;
    if ground.stakes.is_some() && first.len().max(second.len()) <= FEW && rng.bool() {
        return cut(lanes, first, second, rng);
    }
    if ground.has_trips() && rng.bool() {
        return mate_by_trip(lanes, first, second, rng);
    }
    let taken = around(ground, second, MOST_TAKEN, rng);
    let replaced = most_alike(ground, first, second, &taken);
    let in_tours = |tours: &mut dyn Iterator<Item = &Tour>| {
        let mut contained = vec![false; ground.jobs];
        for &job in tours.flat_map(|tour| ground.among(&tour.jobs)) {
            contained[job as usize] = true;
        }
        contained
    };
    let kept = || (0..first.len()).filter(|tour| !replaced.contains(tour)).map(|tour| &first[tour]);
    let new = || taken.iter().map(|&tour| &second[tour]);
    let (in_kept, in_new) = (in_tours(&mut kept()), in_tours(&mut new()));
    let new_stay = rng.bool();
    let without = |tour: &Tour, gone: &[bool]| Tour {
        kind: tour.kind,
        jobs: tour.jobs.iter().copied().filter(|&job| !ground.is_job(job) || !gone[job as usize]).collect(),
    };
    let touched = |tour: &&Tour| new_stay && ground.among(&tour.jobs).any(|&job| in_new[job as usize]);
    let mut child: Vec<Tour> = kept().filter(|tour| !touched(tour)).cloned().collect();
    let intact = child.len();
    child.extend(kept().filter(touched).map(|tour| without(tour, &in_new)));
    child.extend(new().map(|tour| if new_stay { tour.clone() } else { without(tour, &in_kept) }));
    child.retain(|tour| ground.among(&tour.jobs).next().is_some());
    if ground.mixed {
        find_vehicles(lanes, &mut child);
    }
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

/// The same with trips in the place of tours: the second parent's take the places of the first's with which they have most in common, wherever
/// in a tour these stand.
fn mate_by_trip(lanes: &mut Lanes<'_>, first: &[Tour], second: &[Tour], rng: &mut Rng) -> usize {
    let ground = lanes.ground;
    let [mine, theirs] = [first, second].map(|tours| trips(ground, tours));
    let taken = around(ground, &theirs, MOST_TAKEN_TRIPS, rng);
    let mut free = most_alike(ground, &mine, &theirs, &taken);
    let place_of = tour_of(ground, &mine);
    let mut instead: Vec<Option<&Tour>> = vec![None; mine.len()];
    for trip in taken.into_iter().map(|trip| &theirs[trip]) {
        let shared = |place: usize| trip.jobs.iter().filter(|&&job| place_of[job as usize] == place).count();
        let Some(best) = (0..free.len()).max_by_key(|&at| (shared(free[at]), std::cmp::Reverse(at))) else { break };
        instead[free.swap_remove(best)] = Some(trip);
    }
    let mut in_new = vec![false; ground.jobs];
    let mut in_kept = vec![false; ground.jobs];
    for (mine, new) in mine.iter().zip(&instead) {
        let (trip, contained) = new.map_or((mine, &mut in_kept), |new| (new, &mut in_new));
        trip.jobs.iter().for_each(|&job| contained[job as usize] = true);
    }
    let new_stay = rng.bool();
    let (mut child, mut intact, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    let mut stands = vec![false; ground.jobs];
    let mut next = 0;
    for tour in first {
        let mut jobs = Vec::new();
        let mut as_it_was = true;
        for _ in tour.jobs.split(|&stop| stop == ground.reload()) {
            let (trip, gone) = match instead[next] {
                Some(new) => (new, (!new_stay).then_some(&in_kept)),
                None => (&mine[next], new_stay.then_some(&in_new)),
            };
            next += 1;
            let before = jobs.len();
            let stays = |job: u32| gone.is_none_or(|gone| !gone[job as usize]) && ground.may_visit(tour.kind, &[job]);
            jobs.extend(trip.jobs.iter().copied().filter(|&job| stays(job)));
            as_it_was &= instead[next - 1].is_none() && jobs.len() - before == trip.jobs.len();
            jobs.push(ground.reload());
        }
        jobs.pop();
        ground.among(&jobs).for_each(|&job| stands[job as usize] = true);
        let tours = if as_it_was { &mut intact } else { &mut changed };
        tours.push(Tour { kind: tour.kind, jobs });
    }
    let count = intact.len();
    child.append(&mut intact);
    child.extend(changed.into_iter().filter(|tour| ground.among(&tour.jobs).next().is_some()));
    lanes.set(&child);
    let mut nowhere: Vec<u32> = (0..ground.jobs as u32).filter(|&job| !stands[job as usize]).collect();
    rng.shuffle(&mut nowhere);
    for job in nowhere {
        lanes.insert(job);
    }
    count
}

/// The trips of all tours, as tours.
fn trips(ground: &Ground, tours: &[Tour]) -> Vec<Tour> {
    let of_tour = |tour: &Tour| {
        let trips = tour.jobs.split(|&stop| stop == ground.reload());
        trips.map(|jobs| Tour { kind: tour.kind, jobs: jobs.to_vec() }).collect::<Vec<Tour>>()
    };
    tours.iter().flat_map(of_tour).collect()
}

/// Tours for which no vehicle of their kind is left get one of another kind, where fewest may not be visited and the tour is cheapest; those go.
fn find_vehicles(lanes: &Lanes<'_>, child: &mut [Tour]) {
    let ground = lanes.ground;
    let mut free: Vec<usize> = ground.kinds.all.iter().map(|kind| kind.lanes.len()).collect();
    let mut left = Vec::new();
    for (index, tour) in child.iter().enumerate() {
        match free[tour.kind].checked_sub(1) {
            Some(rest) => free[tour.kind] = rest,
            None => left.push(index),
        }
    }
    for index in left {
        let tour = &mut child[index];
        let dear = |&kind: &usize| {
            let unable = tour.jobs.iter().filter(|&&job| !ground.may_visit(kind, &[job])).count();
            (unable, lanes.cost_of(kind, &tour.jobs))
        };
        let kind = (0..free.len()).filter(|&kind| free[kind] > 0).min_by_key(dear);
        tour.kind = kind.expect("a child has no more tours than its first parent");
        free[tour.kind] -= 1;
        tour.jobs.retain(|&job| ground.may_visit(tour.kind, &[job]));
    }
}

/// Sets the lanes to the first parent, where one tour goes on as one of the second does; says how many tours come first as they are.
fn cut(lanes: &mut Lanes<'_>, first: &[Tour], second: &[Tour], rng: &mut Rng) -> usize {
    let nothing = Tour { kind: 0, jobs: Vec::new() };
    let changed = rng.usize(..first.len().max(1));
    let begun = first.get(changed).unwrap_or(&nothing);
    let shared = |tour: &&Tour| tour.jobs.iter().filter(|job| begun.jobs.contains(job)).count();
    let other = second.iter().max_by_key(shared).unwrap_or(&nothing);
    let part = rng.f64();
    let cut_at = |tour: &Tour| (part * (tour.jobs.len() + 1) as f64) as usize;
    let mut child: Vec<Tour> = first.to_vec();
    child.truncate(lanes.all.len());
    if changed < child.len() {
        child.remove(changed);
    }
    let intact = child.len();
    let mut jobs = begun.jobs[..cut_at(begun)].to_vec();
    let free = |job: &u32| !jobs.contains(job) && !child.iter().any(|tour| tour.jobs.contains(job));
    let rest: Vec<u32> = other.jobs[cut_at(other)..].iter().copied().filter(free).collect();
    jobs.extend(rest);
    child.push(Tour { kind: begun.kind, jobs });
    lanes.set(&child);
    intact
}

/// Some tours of a solution around a job drawn at random, up to about one of so many of them.
fn around(ground: &Ground, tours: &[Tour], one_of: usize, rng: &mut Rng) -> Vec<usize> {
    let tour_of = tour_of(ground, tours);
    let most = rng.usize(1..=(tours.len() / one_of).max(1));
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
fn most_alike(ground: &Ground, first: &[Tour], second: &[Tour], taken: &[usize]) -> Vec<usize> {
    let tour_of = tour_of(ground, first);
    let mut shared = vec![0_usize; first.len()];
    for &job in taken.iter().flat_map(|&tour| ground.among(&second[tour].jobs)) {
        if let Some(shared) = shared.get_mut(tour_of[job as usize]) {
            *shared += 1;
        }
    }
    // By the share of a tour that is replaced anyway.
    let mut ranked: Vec<usize> = (0..first.len()).collect();
    ranked.sort_by_key(|&tour| (std::cmp::Reverse(shared[tour] * 1_000 / first[tour].jobs.len().max(1)), tour));
    ranked.truncate(taken.len());
    ranked
}

/// For each job its tour.
fn tour_of(ground: &Ground, tours: &[Tour]) -> Vec<usize> {
    let mut tour_of = vec![NONE; ground.jobs];
    for (index, tour) in tours.iter().enumerate() {
        for &job in ground.among(&tour.jobs) {
            tour_of[job as usize] = index;
        }
    }
    tour_of
}
