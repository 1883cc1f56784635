//! Whether a problem is sound.
//!
//! **Why.** Everything below indexes and adds without looking twice; this is the one place that looks. **How.** One pass over
//! vehicles and jobs, then the circle test of `drop_off_from`, then a bound on the dearest plan. **What never happens:** a
//! question about feasibility. A job that fits nowhere is sound, it just stays unassigned.

use super::{
    Job, Limits, MAX_ABSOLUTE, MAX_SHIFT_LENGTH, Objective, Problem, ProblemError, Shift, Terms, TimeWindow, Vehicle,
};
use crate::search::break_states;

/// The largest price part in micro-units (a million of the currency).
const MAX_PRICE: i64 = 1_000_000_000_000;

/// The largest total price in micro-units, such that its exact fractions still fit 62 bits.
const MAX_TOTAL: i64 = (1 << 61) / crate::Value::FRACTIONS;

/// The largest sum of distances and prizes, and of vehicles counted before them.
const MAX_SUM: i64 = 1 << 58;

impl Problem {
    /// Refuses the first thing that is unsound, with its name, its value and what would do instead.
    pub fn check(&self) -> Result<(), ProblemError> {
        for (index, vehicle) in self.vehicles.iter().enumerate() {
            self.check_vehicle(index, vehicle)?;
        }
        for (index, job) in self.jobs.iter().enumerate() {
            self.check_job(index, job)?;
        }
        self.check_circles()?;
        self.check_terms()?;
        self.check_total()
    }

    fn check_terms(&self) -> Result<(), ProblemError> {
        let Terms { together, apart, given, balance } = &self.terms;
        for (term, groups) in [("together", together), ("apart", apart)] {
            for group in groups {
                each_once(term, "job", group, self.jobs.len())?;
            }
        }
        if let Some(balance) = balance {
            within(|| "balance".to_owned(), "weight", balance.weight, 0, MAX_PRICE)?;
        }
        let Some(given) = given else { return Ok(()) };
        within(|| "given".to_owned(), "move_cost", given.move_cost, 0, MAX_PRICE)?;
        let shifts = |vehicle: usize| self.vehicles.get(vehicle).map_or(0, |vehicle| vehicle.shifts.len());
        let mut seen = Vec::new();
        for tour in &given.tours {
            if tour.shift >= shifts(tour.vehicle) || seen.contains(&(tour.vehicle, tour.shift)) {
                return Err(ProblemError::Term { term: "given", what: "the shift of vehicle", index: tour.vehicle });
            }
            seen.push((tour.vehicle, tour.shift));
        }
        let known = |job: &usize| self.jobs.get(*job).is_some_and(|job| !job.depot);
        let visits = given.tours.iter().flat_map(|tour| &tour.jobs);
        let single: Vec<usize> = visits.copied().filter(|job| known(job) || *job >= self.jobs.len()).collect();
        each_once("given", "job", &single, self.jobs.len())
    }

    fn check_vehicle(&self, index: usize, vehicle: &Vehicle) -> Result<(), ProblemError> {
        for &capacity in &vehicle.capacity {
            within(|| format!("vehicle {index}"), "capacity", capacity, 0, MAX_ABSOLUTE)?;
        }
        if let Some(price) = vehicle.price {
            for (field, value) in [
                ("fixed_micro", price.fixed_micro),
                ("per_km_micro", price.per_km_micro),
                ("per_hour_micro", price.per_hour_micro),
            ] {
                within(|| format!("vehicle {index}"), field, value, 0, MAX_PRICE)?;
            }
        }
        for (number, shift) in vehicle.shifts.iter().enumerate() {
            self.check_shift(index, number, shift)?;
            if number > 0 && shift.window.open < vehicle.shifts[number - 1].window.close {
                return Err(ProblemError::ShiftOrder { vehicle: index, shift: number });
            }
        }
        Ok(())
    }

    fn check_shift(&self, vehicle: usize, number: usize, shift: &Shift) -> Result<(), ProblemError> {
        let owner = || format!("vehicle {vehicle}, shift {number}");
        self.check_place(owner, shift.start_place)?;
        self.check_place(owner, shift.end_place)?;
        check_window(owner, shift.window)?;
        within(owner, "length", shift.window.close - shift.window.open, 0, MAX_SHIFT_LENGTH)?;
        for rest in &shift.breaks {
            let owner = || format!("a break of vehicle {vehicle}, shift {number}");
            check_window(owner, rest.window)?;
            within(owner, "duration", rest.duration, 0, MAX_SHIFT_LENGTH)?;
        }
        let Limits { driving, distance, duration } = shift.limits;
        for (field, limit) in [("driving limit", driving), ("distance limit", distance), ("duration limit", duration)] {
            within(owner, field, limit.unwrap_or(0), 0, MAX_ABSOLUTE)?;
        }
        if let Some(overtime) = shift.overtime {
            within(owner, "overtime", overtime.most, 0, MAX_SHIFT_LENGTH)?;
            within(owner, "price of overtime", overtime.per_hour_micro, 0, MAX_PRICE)?;
        }
        if break_states(&shift.breaks).is_none() {
            return Err(ProblemError::Breaks { vehicle, shift: number });
        }
        let Some(longest) = shift.max_duration else { return Ok(()) };
        within(owner, "longest duration", longest, 0, MAX_SHIFT_LENGTH)?;
        let hourly = self.vehicles[vehicle].price.is_some_and(|price| price.per_hour_micro > 0);
        let beside = match () {
            () if !shift.breaks.is_empty() => "breaks",
            () if hourly && self.objective == Objective::Price => "a price per hour",
            () if self.jobs.iter().any(|job| job.windows.len() > 1) => "jobs with several windows",
            () => return Ok(()),
        };
        Err(ProblemError::Duration { vehicle, shift: number, beside })
    }

    fn check_job(&self, index: usize, job: &Job) -> Result<(), ProblemError> {
        let owner = || format!("job {index}");
        self.check_place(owner, job.place)?;
        within(owner, "dwell", job.dwell, 0, MAX_SHIFT_LENGTH)?;
        within(owner, "prize", job.prize, 0, MAX_PRICE)?;
        within(owner, "setup", job.setup, 0, MAX_SHIFT_LENGTH)?;
        within(owner, "release", job.release.unwrap_or(0), -MAX_ABSOLUTE, MAX_ABSOLUTE)?;
        for &window in &job.windows {
            check_window(owner, window)?;
        }
        for &quantity in &job.quantity {
            within(owner, "quantity", quantity, -MAX_ABSOLUTE, MAX_ABSOLUTE)?;
        }
        let jobs = self.jobs.len();
        if let Some(&named) = job.drop_off_from.iter().find(|&&named| named >= jobs) {
            return Err(ProblemError::DropOffFrom { job: index, named, jobs });
        }
        if job.release.is_some() && job.drop_off_from.iter().any(|&named| !self.jobs[named].depot) {
            return Err(ProblemError::Release { job: index });
        }
        Ok(())
    }

    fn check_place(&self, owner: impl Fn() -> String, place: usize) -> Result<(), ProblemError> {
        let places = self.matrix.places();
        if place < places { Ok(()) } else { Err(ProblemError::Place { owner: owner(), place, places }) }
    }

    /// Takes away jobs whose predecessors are all taken away (Kahn 1962); what remains holds a circle.
    fn check_circles(&self) -> Result<(), ProblemError> {
        let mut waiting: Vec<usize> = self.jobs.iter().map(|job| job.drop_off_from.len()).collect();
        let mut dependants = vec![Vec::new(); self.jobs.len()];
        for (index, job) in self.jobs.iter().enumerate() {
            for &named in &job.drop_off_from {
                dependants[named].push(index);
            }
        }
        let mut free: Vec<usize> = (0..self.jobs.len()).filter(|&job| waiting[job] == 0).collect();
        while let Some(job) = free.pop() {
            for &next in &dependants[job] {
                waiting[next] -= 1;
                if waiting[next] == 0 {
                    free.push(next);
                }
            }
        }
        match self.first_on_circle(&waiting) {
            Some(job) => Err(ProblemError::Cycle { job }),
            None => Ok(()),
        }
    }

    /// Walks from a job that still waits to one that it waits for, until a job comes up again: that one is on a circle.
    fn first_on_circle(&self, waiting: &[usize]) -> Option<usize> {
        let mut job = waiting.iter().position(|&count| count > 0)?;
        let mut seen = vec![false; self.jobs.len()];
        while !seen[job] {
            seen[job] = true;
            job = *self.jobs[job].drop_off_from.iter().find(|&&named| waiting[named] > 0)?;
        }
        Some(job)
    }

    fn check_total(&self) -> Result<(), ProblemError> {
        let (most, limit) = match self.objective {
            Objective::Price => (self.most_micro(), MAX_TOTAL),
            Objective::Vehicles => (self.most_distance() * (self.vehicles.len() as i128 + 1), MAX_SUM),
            Objective::TravelTime | Objective::Distance => (self.most_missed() + self.most_for_terms(), MAX_SUM),
        };
        if most <= i128::from(limit) { Ok(()) } else { Err(ProblemError::Price { limit }) }
    }

    /// No plan misses more: all prizes.
    fn most_missed(&self) -> i128 {
        self.jobs.iter().map(|job| i128::from(job.prize)).sum()
    }

    /// No plan drives farther or misses more: every leg is the longest there is.
    pub(crate) fn most_distance(&self) -> i128 {
        let shifts: usize = self.vehicles.iter().map(|vehicle| vehicle.shifts.len()).sum();
        (self.most_visits() + shifts as i128) * i128::from(self.matrix.longest_distance())
            + self.most_missed()
            + self.most_for_terms()
            + 1
    }

    /// No plan has more stops: every visit of a depot beyond the first loads for somebody who names it.
    pub(crate) fn most_visits(&self) -> i128 {
        let naming = self.jobs.iter().flat_map(|job| &job.drop_off_from).filter(|&&named| self.jobs[named].depot);
        (self.jobs.len() + naming.count()) as i128
    }

    /// No plan pays more for moves and balance, in units of the objective.
    pub(crate) fn most_for_terms(&self) -> i128 {
        let visits = self.most_visits();
        let move_cost = self.terms.given.as_ref().map_or(0, |given| i128::from(given.move_cost));
        visits * move_cost + self.terms.balance.map_or(0, |balance| visits * visits * i128::from(balance.weight))
    }

    /// No plan costs more: every vehicle works all its shifts to the end, and every leg is the longest there is.
    pub(crate) fn most_micro(&self) -> i128 {
        let shifts: usize = self.vehicles.iter().map(|vehicle| vehicle.shifts.len()).sum();
        let legs = self.most_visits() + shifts as i128;
        let metres = legs * i128::from(self.matrix.longest_distance());
        let per_km = self.vehicles.iter().filter_map(|vehicle| vehicle.price).map(|price| price.per_km_micro).max();
        let standing = self.vehicles.iter().filter_map(|vehicle| vehicle.price.map(|price| (vehicle, price)));
        let fixed_and_hours = standing.map(|(vehicle, price)| {
            let time: i64 = vehicle.shifts.iter().map(|shift| shift.last_arrival() - shift.window.open).sum();
            i128::from(price.fixed_micro) + i128::from(price.per_hour_micro) * i128::from(time) / 3600 + 1
        });
        let overtime = self.vehicles.iter().flat_map(|vehicle| &vehicle.shifts).filter_map(|shift| shift.overtime);
        let overtime = overtime.map(|over| i128::from(over.most) * i128::from(over.per_hour_micro) / 3600 + 1);
        let standing = fixed_and_hours.sum::<i128>() + overtime.sum::<i128>();
        metres * i128::from(per_km.unwrap_or(0)) / 1000 + standing + self.most_missed() + self.most_for_terms() + 1
    }
}

/// Refuses the first index that is out of range or comes again.
fn each_once(term: &'static str, what: &'static str, indices: &[usize], count: usize) -> Result<(), ProblemError> {
    let mut seen = vec![false; count];
    for &index in indices {
        match seen.get_mut(index) {
            Some(seen) if !*seen => *seen = true,
            _ => return Err(ProblemError::Term { term, what, index }),
        }
    }
    Ok(())
}

fn check_window(owner: impl Fn() -> String, window: TimeWindow) -> Result<(), ProblemError> {
    within(&owner, "opening", window.open, -MAX_ABSOLUTE, MAX_ABSOLUTE)?;
    within(&owner, "closing", window.close, -MAX_ABSOLUTE, MAX_ABSOLUTE)?;
    if window.open <= window.close {
        return Ok(());
    }
    Err(ProblemError::Window { owner: owner(), open: window.open, close: window.close })
}

fn within(
    owner: impl Fn() -> String,
    field: &'static str,
    value: i64,
    least: i64,
    most: i64,
) -> Result<(), ProblemError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(ProblemError::Range { owner: owner(), field, value, least, most })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Break, Matrix, Price};

    fn sound() -> Problem {
        let shift = Shift { window: TimeWindow { open: 0, close: 100 }, ..Shift::default() };
        Problem {
            vehicles: vec![Vehicle { shifts: vec![shift], ..Vehicle::default() }],
            jobs: vec![Job { place: 1, ..Job::default() }, Job { place: 1, ..Job::default() }],
            matrix: Matrix::new(2, vec![0, 1, 1, 0], vec![0, 1, 1, 0]).unwrap(),
            objective: Objective::Price,
            terms: Terms::default(),
        }
    }

    /// Spoils a sound problem and expects the refusal to mention this text.
    fn refused(mention: &str, spoil: impl Fn(&mut Problem)) {
        let mut problem = sound();
        spoil(&mut problem);
        let message = problem.check().unwrap_err().to_string();
        assert!(message.contains(mention), "{message}");
    }

    #[test]
    fn what_is_unsound_is_named() {
        assert_eq!(sound().check(), Ok(()));
        refused("job 1 names place 2", |p| p.jobs[1].place = 2);
        refused("vehicle 0, shift 0 names place 9", |p| p.vehicles[0].shifts[0].end_place = 9);
        refused("from 5 to 4", |p| p.jobs[0].windows = vec![TimeWindow { open: 5, close: 4 }]);
        refused("dwell is -1", |p| p.jobs[0].dwell = -1);
        refused("capacity is -3", |p| p.vehicles[0].capacity = vec![-3]);
        refused("length", |p| p.vehicles[0].shifts[0].window.close = MAX_SHIFT_LENGTH + 1);
        refused("names job 7", |p| p.jobs[0].drop_off_from = vec![7]);
        refused("shift 1 begins before shift 0 ends", |p| {
            let again = p.vehicles[0].shifts[0].clone();
            p.vehicles[0].shifts.push(again);
        });
        refused("too many orders", |p| {
            p.vehicles[0].shifts[0].breaks = vec![Break { window: TimeWindow { open: 0, close: 9 }, duration: 1 }; 9];
        });
    }

    #[test]
    fn circles_are_named_by_a_job_on_them() {
        refused("job 0: drop_off_from leads back", |p| p.jobs[0].drop_off_from = vec![0]);
        let mut problem = sound();
        problem.jobs.push(Job { drop_off_from: vec![0], ..Job::default() });
        problem.jobs[0].drop_off_from = vec![1];
        problem.jobs[1].drop_off_from = vec![0];
        assert!(matches!(problem.check(), Err(ProblemError::Cycle { job: 0 | 1 })));
    }

    #[test]
    fn prices_that_could_overflow_are_refused() {
        let dear = Price { fixed_micro: MAX_PRICE, ..Price::default() };
        let mut problem = sound();
        problem.vehicles = vec![Vehicle { price: Some(dear), ..problem.vehicles[0].clone() }; 200];
        assert!(matches!(problem.check(), Err(ProblemError::Price { .. })));
        problem.objective = Objective::Distance;
        assert_eq!(problem.check(), Ok(()));
    }
}
