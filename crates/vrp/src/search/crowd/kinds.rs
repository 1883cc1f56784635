//! Kinds of vehicles: what tells the lanes of a crowd apart.
//!
//! **Why.** Vehicles of several depots, sizes and prices, or such that may not visit everybody, differ in a few numbers; of how they
//! go about, nothing else does. **How.** Vehicles with the same numbers are one *kind*. Each kind has a start and an end of its own among
//! the stops, and what a vehicle costs once is part of the ways from its start; kinds that pay the same for a way share one table of costs.
//! **What never happens:** two kinds between which nothing tells a difference.

use std::ops::Range;

use super::super::model::{Model, Slot};

/// The most kinds there may be: one bit each in a mask.
const MOST_KINDS: usize = 64;

/// Vehicles that differ in nothing.
#[derive(Debug)]
pub(super) struct Kind {
    /// Where its shift begins and ends among the places.
    pub(super) ends: [u32; 2],
    pub(super) open: i64,
    pub(super) close: i64,
    pub(super) capacity: i64,
    /// The longest time from leaving to arriving.
    pub(super) longest: i64,
    /// What a vehicle costs once, beside its ways; with that to the depot at which it loads first.
    pub(super) fixed: i64,
    /// Which table says what its ways cost.
    pub(super) table: usize,
    /// The slots of its vehicles, and the lanes that stand for as many of them as there are jobs.
    pub(super) slots: Vec<u32>,
    pub(super) lanes: Range<usize>,
}

/// No bound.
const BOUNDLESS: i64 = i64::MAX / 4;

/// All kinds, and for each table of costs a slot that pays so.
#[derive(Debug)]
pub(super) struct Kinds {
    pub(super) all: Vec<Kind>,
    pub(super) payers: Vec<u32>,
    /// For each job the kinds that may visit it, a bit for each; nothing if all may visit everybody.
    pub(super) able: Vec<u64>,
    /// The kind of every slot.
    pub(super) of_slot: Vec<u32>,
}

impl Kinds {
    /// The kinds of a problem whose vehicles have one shift each and visit these tasks, perhaps after a visit of the place of a depot;
    /// nothing if there are too many.
    pub(super) fn new(model: &Model<'_>, tasks: &[u32], depot: Option<u32>) -> Option<Self> {
        let mut kinds = Self { all: Vec::new(), payers: Vec::new(), able: Vec::new(), of_slot: Vec::new() };
        // Whom a kind may visit, as long as that is not known to be everybody.
        let mut masks: Vec<Vec<bool>> = Vec::new();
        let mut of_class = vec![None; model.classes.len()];
        for slot in 0..model.slots.len() as u32 {
            let class = model.vehicles[model.slots[slot as usize].vehicle].class;
            let kind = match of_class[class] {
                Some(kind) => kind,
                None => kinds.kind_of(model, slot, depot, &mut masks)?,
            };
            of_class[class] = Some(kind);
            kinds.of_slot.push(kind as u32);
            kinds.all[kind].slots.push(slot);
        }
        let mut first = 0;
        for kind in &mut kinds.all {
            kind.lanes = first..first + kind.slots.len().min(tasks.len());
            first = kind.lanes.end;
        }
        if masks.iter().flatten().any(|&able| !able) {
            let bits =
                |&job: &u32| (0..masks.len()).filter(|&kind| masks[kind][job as usize]).map(|kind| 1 << kind).sum();
            kinds.able = tasks.iter().map(bits).collect();
        }
        Some(kinds)
    }

    /// The number of a slot's kind, perhaps a new one; nothing if that is one too many.
    fn kind_of(
        &mut self,
        model: &Model<'_>,
        number: u32,
        depot: Option<u32>,
        masks: &mut Vec<Vec<bool>>,
    ) -> Option<usize> {
        let slot = &model.slots[number as usize];
        let rates = |slot: &Slot| [slot.weights.of(1, 0), slot.weights.of(0, 1)];
        let payer = |&payer: &u32| rates(&model.slots[payer as usize]) == rates(slot);
        let approach = depot.map_or(0, |depot| slot.weights.leg(model.leg(slot.start, depot)));
        let table = self.payers.iter().position(payer).unwrap_or(self.payers.len());
        let kind = Kind {
            ends: [slot.start, slot.end],
            open: slot.open,
            close: slot.close,
            capacity: model.loads.capacity(slot.vehicle),
            longest: slot.longest.unwrap_or(BOUNDLESS),
            fixed: model.vehicles[slot.vehicle].standing - slot.empty_cost + approach,
            table,
            slots: Vec::new(),
            lanes: 0..0,
        };
        let mask: Vec<bool> = (0..model.jobs as u32).map(|job| model.skills.allow(number, job)).collect();
        let same = |other: usize| self.all[other].is_like(&kind) && masks[other] == mask;
        if let Some(known) = (0..self.all.len()).find(|&other| same(other)) {
            return Some(known);
        }
        if self.all.len() == MOST_KINDS {
            return None;
        }
        if table == self.payers.len() {
            self.payers.push(number);
        }
        self.all.push(kind);
        masks.push(mask);
        Some(self.all.len() - 1)
    }
}

impl Kind {
    fn is_like(&self, other: &Self) -> bool {
        let numbers = |kind: &Self| [kind.open, kind.close, kind.capacity, kind.longest, kind.fixed];
        self.ends == other.ends && numbers(self) == numbers(other) && self.table == other.table
    }

    /// Whether the time from leaving to arriving is bounded.
    pub(super) fn is_bounded(&self) -> bool {
        self.longest < BOUNDLESS
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::timeless;
    use super::*;
    use crate::{Objective, Price, Problem};

    const EVERYBODY: [u32; 18] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17];

    /// How many kinds and tables there are when the first vehicle is another one.
    fn kinds(edit: impl Fn(&mut Problem)) -> [usize; 2] {
        let mut problem = timeless(1, false);
        let price = Price { fixed_micro: 3, per_km_micro: 1_000, per_hour_micro: 0 };
        problem.objective = Objective::Price;
        problem.vehicles.iter_mut().for_each(|vehicle| vehicle.price = Some(price));
        edit(&mut problem);
        let kinds = Kinds::new(&Model::new(&problem), &EVERYBODY, None).unwrap();
        let slots: Vec<u32> = kinds.all.iter().flat_map(|kind| kind.slots.clone()).collect();
        assert_eq!(slots, (0..9).collect::<Vec<u32>>());
        assert!(kinds.of_slot[1..].iter().all(|&kind| kind as usize == kinds.all.len() - 1));
        [kinds.all.len(), kinds.payers.len()]
    }

    #[test]
    fn whatever_tells_a_vehicle_from_others_makes_it_a_kind_of_its_own() {
        assert_eq!(kinds(|_| ()), [1, 1]);
        assert_eq!(kinds(|problem| problem.vehicles[0].shifts[0].start_place = 2), [2, 1]);
        assert_eq!(kinds(|problem| problem.vehicles[0].shifts[0].end_place = 2), [2, 1]);
        assert_eq!(kinds(|problem| problem.vehicles[0].shifts[0].window.open = 2), [2, 1]);
        assert_eq!(kinds(|problem| problem.vehicles[0].shifts[0].window.close = 9_000), [2, 1]);
        assert_eq!(kinds(|problem| problem.vehicles[0].shifts[0].max_duration = Some(900)), [2, 1]);
        assert_eq!(kinds(|problem| problem.vehicles[0].capacity = vec![13]), [2, 1]);
        let priced = |fixed_micro: i64, per_km_micro: i64| {
            let price = Some(Price { fixed_micro, per_km_micro, per_hour_micro: 0 });
            kinds(move |problem| problem.vehicles[0].price = price)
        };
        assert_eq!([priced(4, 1_000), priced(3, 2_000), priced(4, 2_000)], [[2, 1], [2, 2], [2, 2]]);
        assert_eq!(kinds(|problem| problem.vehicles[0].skills = vec![7]), [1, 1], "nobody asks for it");
        let asked = |problem: &mut Problem| {
            problem.vehicles[0].skills = vec![7];
            problem.jobs[3].skills = vec![7];
        };
        assert_eq!(kinds(asked), [2, 1]);
    }

    #[test]
    fn a_mask_says_who_may_visit_a_job_and_there_is_none_where_all_may_visit_all() {
        let mut problem = timeless(1, false);
        assert!(Kinds::new(&Model::new(&problem), &EVERYBODY, None).unwrap().able.is_empty());
        problem.vehicles[4].skills = vec![7, 8];
        problem.jobs[3].skills = vec![7];
        let able = Kinds::new(&Model::new(&problem), &EVERYBODY, None).unwrap().able;
        assert_eq!((able[2], able[3], able.len()), (0b11, 0b10, 18));
    }
}
