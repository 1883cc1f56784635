//! Taking up a plan that was found before.
//!
//! **Why.** A search that is made in rounds, by several processes, hands its best plan from one to the next. **How.** Tours in the
//! problem's indices become the walk's own sequences: slots and visits, where a depot has a visit for each time that it is named.
//! **What never happens:** a visit twice, or one that leads out of the problem; such tours are not taken up at all.

use crate::GivenTour;

use super::model::Model;

/// The sequences of those tours; none where they name what does not exist, or a visit too often.
pub(super) fn sequences(model: &Model<'_>, tours: &[GivenTour]) -> Option<Vec<(u32, Vec<u32>)>> {
    let mut used = vec![false; model.tasks.len()];
    let mut sequences = Vec::with_capacity(tours.len());
    for tour in tours {
        let wheels = model.vehicles.get(tour.vehicle).filter(|wheels| tour.shift < wheels.shifts)?;
        let mut visits = Vec::with_capacity(tour.jobs.len());
        for &job in &tour.jobs {
            let job = (job < model.jobs).then_some(job as u32)?;
            let visit = model.visits_of(job).find(|&visit| !used[visit as usize])?;
            used[visit as usize] = true;
            visits.push(visit);
        }
        sequences.push(((wheels.first_slot + tour.shift) as u32, visits));
    }
    let mut slots: Vec<u32> = sequences.iter().map(|(slot, _)| *slot).collect();
    slots.sort_unstable();
    slots.windows(2).all(|pair| pair[0] != pair[1]).then_some(sequences)
}
