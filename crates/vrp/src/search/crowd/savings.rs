//! A first solution by savings, where only ways and loads count.
//!
//! **Why.** A walk that begins at a bad solution has to begin hot, and spends a third of its time to get where this is after a few
//! milliseconds. **How.** Everybody has a tour of their own; two tours are joined end to beginning as long as one vehicle carries both, the greatest
//! saving first, between near jobs only (Geoff Clarke and John Wright, "Scheduling of Vehicles from a Central Depot to a Number of
//! Delivery Points", Operations Research 12(4), 1964). **What never happens:** a tour with more than a vehicle carries.

use super::ground::Ground;

/// The tours; there may be more than vehicles.
pub(super) fn savings(ground: &Ground) -> Vec<Vec<u32>> {
    let jobs = 0..ground.jobs as u32;
    let mut tours: Vec<Vec<u32>> = jobs.clone().map(|job| vec![job]).collect();
    let mut loads: Vec<i64> = jobs.clone().map(|job| ground.amount(job)).collect();
    let mut tour_of: Vec<u32> = jobs.clone().collect();
    let saving =
        |from: u32, to: u32| ground.cost(from, ground.end()) + ground.cost(ground.start(), to) - ground.cost(from, to);
    let near = |job: u32| ground.around(job).iter().flat_map(move |&other| [(job, other), (other, job)]);
    let mut joints: Vec<(i64, u32, u32)> =
        jobs.flat_map(near).map(|(from, to)| (-saving(from, to), from, to)).filter(|joint| joint.0 < 0).collect();
    joints.sort_unstable();
    for (_, from, to) in joints {
        let (one, other) = (tour_of[from as usize] as usize, tour_of[to as usize] as usize);
        if one == other || loads[one] + loads[other] > ground.capacity {
            continue;
        }
        if ground.turns() {
            // Whoever stands at the wrong end comes to the right one when the tour is driven the other way round.
            let turned = |tour: &mut Vec<u32>, right: bool| {
                if !right {
                    tour.reverse();
                }
            };
            let (last, first) = (tours[one].last() == Some(&from), tours[other].first() == Some(&to));
            let ends = (last || tours[one].first() == Some(&from)) && (first || tours[other].last() == Some(&to));
            if ends {
                turned(&mut tours[one], last);
                turned(&mut tours[other], first);
            }
        }
        if tours[one].last() == Some(&from) && tours[other].first() == Some(&to) {
            let joined = std::mem::take(&mut tours[other]);
            for &job in &joined {
                tour_of[job as usize] = one as u32;
            }
            tours[one].extend(joined);
            loads[one] += loads[other];
        }
    }
    tours.retain(|tour| !tour.is_empty());
    tours
}

#[cfg(test)]
mod tests {
    use super::super::super::model::Model;
    use super::super::tests::timeless;
    use super::*;

    #[test]
    fn no_two_tours_are_left_that_one_vehicle_could_make_for_less() {
        for seed in 0..40 {
            let mut problem = timeless(seed, seed % 2 == 1);
            problem.vehicles.iter_mut().for_each(|vehicle| vehicle.capacity = vec![14 + seed as i64]);
            let ground = Ground::new(&Model::new(&problem), true).unwrap();
            let tours = savings(&ground);
            let mut jobs: Vec<u32> = tours.iter().flatten().copied().collect();
            jobs.sort_unstable();
            assert_eq!(jobs, (0..ground.jobs as u32).collect::<Vec<u32>>());
            let load = |tour: &[u32]| tour.iter().map(|&job| ground.amount(job)).sum::<i64>();
            assert!(tours.iter().all(|tour| load(tour) <= ground.capacity), "seed {seed}: {tours:?}");
            let pairs = tours.iter().flat_map(|one| tours.iter().map(move |other| (one, other)));
            for (one, other) in pairs.filter(|(one, other)| one != other && load(one) + load(other) <= ground.capacity)
            {
                let last_and_first = |tour: &[u32]| [*tour.last().unwrap(), tour[0]];
                // What stands at the other end counts too where tours can be turned.
                let count = if ground.turns() { 2 } else { 1 };
                let (begins, mut ends) = (last_and_first(one), last_and_first(other));
                ends.reverse();
                for (&from, &to) in
                    begins[..count].iter().flat_map(|from| ends[..count].iter().map(move |to| (from, to)))
                {
                    let apart = ground.cost(from, ground.end()) + ground.cost(ground.start(), to);
                    assert!(ground.cost(from, to) >= apart, "seed {seed}: {one:?} with {other:?}");
                }
            }
        }
    }
}
