//! Which rules a plan's question breaks: all of them at once, each with its code, field, value, limit and remedy.
//!
//! The rules are those of the itinerary contract (its section 3.9, rule 19, and the limits of 3.3), in neutral words. What can
//! be planned but never scheduled (a dwell longer than its window, a break outside of its shift) is no fault: it ends as an
//! unscheduled item or a shift that is named as unusable ([`super::unusable`]). Never in here: the map. A place off the road is
//! found when the plan is made.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::plan::{Agent, Break, Item, PlanCost, PlanQuestion, Price, Search, Shift, Urgency};
use crate::{Fault, Limits, Reason};

mod extension;
mod references;

/// Largest moment in seconds, either side of the epoch: the year 100,000 and sums of many of them stay far from overflow.
const MOMENT_LIMIT: i64 = 3_000_000_000_000;

/// Largest quantity or capacity, in thousandths.
const QUANTITY_LIMIT: i64 = 1_000_000_000_000;

/// Largest price, in millionths.
const PRICE_LIMIT: i64 = 1_000_000_000_000;

/// Most threads that one search may ask for.
const THREADS_LIMIT: usize = 64;

/// Most islands and rounds that one search may ask for.
const ISLANDS_LIMIT: usize = 64;

/// Most steps that one search may ask for: minutes, so that a single question cannot hold a worker for days.
const STEPS_LIMIT: u64 = 100_000_000;

/// Longest search that may be asked for, in seconds.
const TIME_LIMIT_S: u64 = 3600;

/// All faults of `question`.
pub(super) fn find(question: &PlanQuestion, limits: &Limits) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    faults.sizes(question, limits);
    for (index, agent) in question.agents.iter().enumerate() {
        faults.agent(&format!("agents[{index}]"), agent, limits, question.cost);
    }
    faults.duplicate_agents(&question.agents);
    for (index, item) in question.items.iter().enumerate() {
        faults.item(&format!("items[{index}]"), item);
    }
    faults.0.extend(references::find(&question.items));
    faults.plan_extension(question);
    faults.search(&question.search);
    faults.0
}

/// The faults found so far.
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    fn sizes(&mut self, question: &PlanQuestion, limits: &Limits) {
        self.count("agents", question.agents.len(), limits.itinerary_agents, "limits.itinerary_agents");
        self.count("items", question.items.len(), limits.itinerary_items, "limits.itinerary_items");
        if question.search.urgency == Urgency::Interactive {
            self.interactive_sizes(question, limits);
        }
    }

    fn count(&mut self, field: &str, found: usize, limit: usize, setting: &str) {
        if found == 0 {
            let empty = Fault::new(field, Reason::Missing, format!("{field} is empty"));
            self.add(empty.given(0).mend("a plan needs at least one"));
        } else if found > limit {
            let message = format!("{found} {field} are more than the limit of {limit} ({setting})");
            let many = Fault::new(field, Reason::TooMany, message);
            self.add(many.given(found).mend("split the plan, or raise the setting"));
        }
    }

    fn interactive_sizes(&mut self, question: &PlanQuestion, limits: &Limits) {
        let shifts = question.agents.iter().map(|agent| agent.shifts.len()).sum();
        let asked = [
            ("agents", "shifts of all agents", shifts, limits.interactive_shifts, "limits.interactive_shifts"),
            ("items", "items", question.items.len(), limits.interactive_items, "limits.interactive_items"),
        ];
        for (field, what, found, limit, setting) in asked {
            let named_already = self.0.iter().any(|fault| fault.field == field);
            if found > limit && !named_already {
                let message =
                    format!("{found} {what} are more than the {limit} of a plan that is answered at once ({setting})");
                let many = Fault::new(field, Reason::TooMany, message);
                self.add(many.given(found).mend("use the asynchronous call"));
            }
        }
    }

    fn agent(&mut self, field: &str, agent: &Agent, limits: &Limits, cost: PlanCost) {
        self.shift_count(&format!("{field}.shifts"), agent, limits.agent_shifts);
        for (index, shift) in agent.shifts.iter().enumerate().take(limits.agent_shifts) {
            self.shift(&format!("{field}.shifts[{index}]"), shift);
            self.shift_extension(&format!("{field}.shifts[{index}]"), shift, cost);
        }
        self.overlaps(field, &agent.shifts);
        for (index, &most) in agent.capacity.iter().enumerate() {
            self.scaled(&format!("{field}.capacity[{index}]"), "capacity", 1_000, most, 0..=QUANTITY_LIMIT);
        }
        if let Some(price) = &agent.price {
            self.price(&format!("{field}.price"), price);
        }
    }

    fn shift_count(&mut self, field: &str, agent: &Agent, limit: usize) {
        let found = agent.shifts.len();
        if found == 0 {
            let none = Fault::new(field, Reason::Missing, format!("agent `{}` has no shifts", agent.name));
            self.add(none.given(0).mend("it needs at least one"));
        } else if found > limit {
            let message =
                format!("agent `{}` has {found} shifts, the limit is {limit} (limits.agent_shifts)", agent.name);
            let many = Fault::new(field, Reason::TooMany, message);
            self.add(many.given(found).mend("split the plan, or raise the setting"));
        }
    }

    fn price(&mut self, field: &str, price: &Price) {
        let parts = [("fixed", price.fixed_micro), ("per_km", price.per_km_micro), ("per_hour", price.per_hour_micro)];
        for (name, micro) in parts {
            self.scaled(&format!("{field}.{name}_micro"), "price", 1_000_000, micro, 0..=PRICE_LIMIT);
        }
    }

    fn shift(&mut self, field: &str, shift: &Shift) {
        let fault_count = self.0.len();
        self.moment(&format!("{field}.start"), shift.start);
        self.moment(&format!("{field}.end"), shift.end);
        if self.0.len() == fault_count {
            self.shift_length(&format!("{field}.end"), shift);
        }
        for (index, pause) in shift.breaks.iter().enumerate() {
            self.pause(&format!("{field}.breaks[{index}]"), pause);
        }
        if !vrp::orders_fit(&shift.breaks.iter().map(super::problem::pause).collect::<Vec<_>>()) {
            let message = format!(
                "the {} breaks can be taken in too many orders (limit {} partial orders)",
                shift.breaks.len(),
                vrp::MAX_BREAK_STATES
            );
            let many = Fault::new(format!("{field}.breaks"), Reason::TooMany, message);
            self.add(many.given(shift.breaks.len()).mend("let fewer of their windows overlap"));
        }
    }

    fn shift_length(&mut self, field: &str, shift: &Shift) {
        let length = shift.end - shift.start;
        if length < 0 {
            let early = Fault::new(field, Reason::Time, format!("the shift ends {} s before it starts", -length));
            self.add(early.given(shift.end).mend("it must end at or after its start"));
        } else if length > vrp::MAX_SHIFT_LENGTH {
            let message = format!("the shift lasts {length} s, the limit is {} s", vrp::MAX_SHIFT_LENGTH);
            self.add(Fault::new(field, Reason::OutOfRange, message).given(shift.end).mend("split it into several"));
        }
    }

    fn pause(&mut self, field: &str, pause: &Break) {
        self.moment(&format!("{field}.open"), pause.open);
        self.moment(&format!("{field}.close"), pause.close);
        if pause.close < pause.open {
            let message = format!("the break closes {} s before it opens", pause.open.abs_diff(pause.close));
            let early = Fault::new(format!("{field}.close"), Reason::Time, message);
            self.add(early.given(pause.close).mend("it must close at or after its opening"));
        }
        self.range(
            &format!("{field}.duration_s"),
            "duration of a break in seconds",
            pause.duration_s,
            0,
            vrp::MAX_SHIFT_LENGTH,
        );
    }

    /// Shifts may stand in any order, but must not overlap; the later one of a pair is named.
    fn overlaps(&mut self, field: &str, shifts: &[Shift]) {
        let mut order: Vec<usize> = (0..shifts.len()).collect();
        order.sort_by_key(|&index| (shifts[index].start, shifts[index].end));
        for pair in order.windows(2) {
            let (earlier, later) = (&shifts[pair[0]], &shifts[pair[1]]);
            if later.start < earlier.end {
                let message = format!(
                    "shift {} starts {} s before shift {} of the same agent ends",
                    pair[1],
                    earlier.end.abs_diff(later.start),
                    pair[0]
                );
                let overlap = Fault::new(format!("{field}.shifts[{}].start", pair[1]), Reason::Overlap, message);
                self.add(overlap.given(later.start).mend("an agent's shifts must not overlap"));
            }
        }
    }

    fn duplicate_agents(&mut self, agents: &[Agent]) {
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (index, agent) in agents.iter().enumerate() {
            let before = *first.entry(&agent.name).or_insert(index);
            if before != index {
                let message = format!("agents {before} and {index} are both called `{}`", agent.name);
                let again = Fault::new(format!("agents[{index}].name"), Reason::Duplicate, message);
                self.add(again.given(&agent.name).mend("names of agents must differ"));
            }
        }
    }

    fn item(&mut self, field: &str, item: &Item) {
        self.range(&format!("{field}.priority"), "priority", i64::from(item.priority), 1, 100);
        self.range(&format!("{field}.dwell_s"), "time of a visit in seconds", item.dwell_s, 0, vrp::MAX_SHIFT_LENGTH);
        for (index, &change) in item.quantity.iter().enumerate() {
            let allowed = -QUANTITY_LIMIT..=QUANTITY_LIMIT;
            self.scaled(&format!("{field}.quantity[{index}]"), "quantity", 1_000, change, allowed);
        }
        for (index, &(open, close)) in item.windows.iter().enumerate() {
            self.window(&format!("{field}.windows[{index}]"), open, close);
        }
        self.item_extension(field, item);
    }

    fn window(&mut self, field: &str, open: i64, close: i64) {
        self.moment(&format!("{field}.open"), open);
        self.moment(&format!("{field}.close"), close);
        if close < open {
            let message = format!("the item closes {} s before it opens", open.abs_diff(close));
            let early = Fault::new(format!("{field}.close"), Reason::Time, message);
            self.add(early.given(close).mend("it must close at or after its opening"));
        }
    }

    fn search(&mut self, search: &Search) {
        let most_threads = THREADS_LIMIT as i64;
        self.range(
            "search.threads",
            "number of threads",
            search.threads.min(i64::MAX as usize) as i64,
            1,
            most_threads,
        );
        let islands = [
            ("search.islands", "number of islands", search.islands),
            ("search.rounds", "number of rounds", search.rounds),
        ];
        for (field, what, number) in islands {
            if let Some(number) = number {
                self.range(field, what, number.min(i64::MAX as usize) as i64, 1, ISLANDS_LIMIT as i64);
            }
        }
        if let Some(steps) = search.steps {
            self.range("search.steps", "number of steps", steps.min(i64::MAX as u64) as i64, 1, STEPS_LIMIT as i64);
        }
        if let Some(limit) = search.time_limit.filter(|limit| limit.as_secs_f64() > TIME_LIMIT_S as f64) {
            let seconds = limit.as_secs_f64();
            let message = format!("a search of {seconds} s is longer than the limit of {TIME_LIMIT_S} s");
            self.add(Fault::new("search.time_limit", Reason::OutOfRange, message).given(seconds).mend("ask for less"));
        }
    }

    fn moment(&mut self, field: &str, value: i64) {
        self.range(field, "moment in seconds", value, -MOMENT_LIMIT, MOMENT_LIMIT);
    }

    /// The same for a value that is held in parts of `per_unit`, named in the units that the asker wrote.
    fn scaled(&mut self, field: &str, what: &str, per_unit: i64, value: i64, allowed: RangeInclusive<i64>) {
        if !allowed.contains(&value) {
            let units = |parts: i64| parts as f64 / per_unit as f64;
            let (least, most) = (units(*allowed.start()), units(*allowed.end()));
            let outside = Fault::new(field, Reason::OutOfRange, format!("the {what} is {}", units(value)));
            self.add(outside.given(units(value)).mend(format!("it must lie between {least} and {most}")));
        }
    }

    fn range(&mut self, field: &str, what: &str, value: i64, least: i64, most: i64) {
        if !(least..=most).contains(&value) {
            let outside = Fault::new(field, Reason::OutOfRange, format!("the {what} is {value}"));
            self.add(outside.given(value).mend(format!("it must lie between {least} and {most}")));
        }
    }
}
