//! Extensions that name what is not there, or ask for what does not go together.

use std::collections::{HashMap, HashSet};

use super::{Faults, PRICE_LIMIT};
use crate::plan::{InitialPlan, InitialTour, Item, PlanCost, PlanQuestion, Shift};
use crate::{Fault, Reason};

/// Most distance that a limit may name, in metres.
const DISTANCE_LIMIT: i64 = 1 << 40;

/// Most slices of a day's traffic; for large plans only so many that all their tables together have this many cells, but never
/// fewer than a morning and an evening peak take.
const MOST_SLICES: usize = 48;
const LEAST_SLICES: usize = 5;
const SLICED_CELLS: usize = 40_000_000;

impl Faults {
    pub(super) fn shift_extension(&mut self, field: &str, shift: &Shift, cost: PlanCost) {
        let extension = &shift.extension;
        for (name, what, limit, most) in [
            ("max_driving_s", "limit of driving in seconds", extension.max_driving_s, vrp::MAX_SHIFT_LENGTH),
            ("max_distance_m", "limit of distance in metres", extension.max_distance_m, DISTANCE_LIMIT),
            ("max_duration_s", "limit of duration in seconds", extension.max_duration_s, vrp::MAX_SHIFT_LENGTH),
        ] {
            self.range(&format!("{field}.{name}"), what, limit.unwrap_or(0), 0, most);
        }
        let Some(overtime) = extension.overtime else { return };
        let field = format!("{field}.overtime");
        self.range(&format!("{field}.max_s"), "overtime in seconds", overtime.max_s, 0, vrp::MAX_SHIFT_LENGTH);
        self.scaled(&format!("{field}.per_hour_micro"), "price", 1_000_000, overtime.per_hour_micro, 0..=PRICE_LIMIT);
        if cost != PlanCost::Price {
            let dear = Fault::new(field, Reason::Conflict, "overtime has a price, which only a plan by price counts");
            self.add(dear.mend("ask for Price, or let the shift end later"));
        }
    }

    pub(super) fn item_extension(&mut self, field: &str, item: &Item) {
        let extension = &item.extension;
        self.range(
            &format!("{field}.setup_s"),
            "time to set up in seconds",
            extension.setup_s,
            0,
            vrp::MAX_SHIFT_LENGTH,
        );
        if let Some(release) = extension.release {
            self.moment(&format!("{field}.release"), release);
        }
    }

    /// What is released is loaded where a shift begins or at depots.
    fn releases(&mut self, names: &Names<'_>, question: &PlanQuestion) {
        let is_depot = |named: &String| names.0.get(&named[..]).is_some_and(|all| question.items[all[0]].depot);
        for (index, item) in question.items.iter().enumerate() {
            let Some(release) = item.extension.release else { continue };
            if let Some(named) = item.drop_off_from.iter().find(|named| !is_depot(named)) {
                let message =
                    format!("item `{}` has a release and drops off from `{named}`, which is no depot", item.name);
                let both = Fault::new(format!("items[{index}].release"), Reason::Conflict, message);
                self.add(both.given(release).mend("give the item that it drops off from an opening"));
            }
        }
    }

    pub(super) fn plan_extension(&mut self, question: &PlanQuestion) {
        let extension = &question.extension;
        let names = Names::of(&question.items);
        self.releases(&names, question);
        for (field, groups) in
            [("same_agent", &extension.same_agent), ("different_agents", &extension.different_agents)]
        {
            for (index, group) in groups.iter().enumerate() {
                self.group(&format!("{field}[{index}]"), group, &names, question);
            }
        }
        if let Some(weight) = extension.balance_micro {
            self.scaled("balance.weight", "weight", 1_000_000, weight, 0..=PRICE_LIMIT);
        }
        if let Some(initial) = &extension.initial {
            self.initial(initial, &names, question);
        }
        self.traffic(question);
    }

    fn traffic(&mut self, question: &PlanQuestion) {
        let slices = &question.extension.traffic;
        let shifts: usize = question.agents.iter().map(|agent| agent.shifts.len()).sum();
        // Ends of shifts and items, before equal ones are counted once.
        let places = 2 * shifts + question.items.len();
        let most = MOST_SLICES.min((SLICED_CELLS / places.saturating_mul(places).max(1)).max(LEAST_SLICES));
        if slices.len() > most {
            let message = format!("{} slices are more than the {most} that a plan of this size may have", slices.len());
            let many = Fault::new("traffic", Reason::TooMany, message);
            self.add(many.given(slices.len()).mend("join slices that differ little, or split the plan"));
        }
        for (index, slice) in slices.iter().enumerate() {
            let field = format!("traffic[{index}]");
            self.moment(&format!("{field}.from"), slice.from);
            self.scaled(&format!("{field}.factor_milli"), "factor", 1_000, slice.factor_milli, 100..=10_000);
            if index > 0 && slice.from <= slices[index - 1].from {
                let message = format!("slice {index} begins no later than slice {}", index - 1);
                let early = Fault::new(format!("{field}.from"), Reason::Time, message);
                self.add(early.given(slice.from).mend("list slices in the order of their beginnings"));
            }
        }
    }

    fn group(&mut self, field: &str, group: &[String], names: &Names<'_>, question: &PlanQuestion) {
        let mut seen = HashSet::new();
        for (index, name) in group.iter().enumerate() {
            let field = format!("{field}[{index}]");
            let item = self.named(&field, name, names);
            if item.is_some_and(|item| question.items[item].depot) {
                let message = format!("item `{name}` is a depot, which any agent may visit");
                self.add(Fault::new(&field, Reason::Conflict, message).given(name).mend("leave it out of the group"));
            }
            if !seen.insert(name) {
                let again = Fault::new(field, Reason::Duplicate, format!("item `{name}` is named twice"));
                self.add(again.given(name).mend("name it once"));
            }
        }
    }

    /// The one item of a name.
    fn named(&mut self, field: &str, name: &str, names: &Names<'_>) -> Option<usize> {
        match names.0.get(name).map(Vec::as_slice) {
            Some(&[item]) => return Some(item),
            Some(_) => {
                let several = Fault::new(field, Reason::Duplicate, format!("several items are called `{name}`"));
                self.add(several.given(name).mend("give those that are named names of their own"));
            }
            None => {
                let unknown = Fault::new(field, Reason::Unknown, format!("no item is called `{name}`"));
                self.add(unknown.given(name).mend("name an item of this plan"));
            }
        }
        None
    }

    fn initial(&mut self, initial: &InitialPlan, names: &Names<'_>, question: &PlanQuestion) {
        self.scaled("initial.move_cost_micro", "cost of a move", 1_000_000, initial.move_cost_micro, 0..=PRICE_LIMIT);
        let (mut seen, mut shifts) = (HashSet::new(), HashSet::new());
        for (index, tour) in initial.tours.iter().enumerate() {
            let field = format!("initial.tours[{index}]");
            self.initial_tour(&field, tour, question);
            if !shifts.insert((&tour.agent, tour.shift)) {
                let message = format!("shift {} of agent `{}` has two tours", tour.shift, tour.agent);
                let again = Fault::new(format!("{field}.shift"), Reason::Duplicate, message);
                self.add(again.given(tour.shift).mend("join them"));
            }
            for (number, name) in tour.items.iter().enumerate() {
                let field = format!("{field}.items[{number}]");
                let item = self.named(&field, name, names);
                let again = item.is_some_and(|item| !question.items[item].depot && !seen.insert(item));
                if again {
                    let again = Fault::new(field, Reason::Duplicate, format!("item `{name}` is visited twice"));
                    self.add(again.given(name).mend("name it once"));
                }
            }
        }
    }

    fn initial_tour(&mut self, field: &str, tour: &InitialTour, question: &PlanQuestion) {
        match question.agents.iter().find(|agent| agent.name == tour.agent) {
            None => {
                let message = format!("no agent is called `{}`", tour.agent);
                let unknown = Fault::new(format!("{field}.agent"), Reason::Unknown, message);
                self.add(unknown.given(&tour.agent).mend("name an agent of this plan"));
            }
            Some(agent) if tour.shift >= agent.shifts.len() => {
                let message = format!("shift {} of agent `{}` does not exist", tour.shift, tour.agent);
                let unknown = Fault::new(format!("{field}.shift"), Reason::Unknown, message).given(tour.shift);
                self.add(unknown.mend(format!("it has {}, counted from 0", agent.shifts.len())));
            }
            Some(_) => {}
        }
        let items = tour.items.len();
        if tour.fixed > items {
            let message = format!("{} visits are fixed of {items}", tour.fixed);
            let many = Fault::new(format!("{field}.fixed"), Reason::OutOfRange, message);
            self.add(many.given(tour.fixed).mend("fix at most as many as there are"));
        }
    }
}

/// The items that are called by each name.
struct Names<'a>(HashMap<&'a str, Vec<usize>>);

impl<'a> Names<'a> {
    fn of(items: &'a [Item]) -> Self {
        let mut names: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, item) in items.iter().enumerate() {
            names.entry(&item.name).or_default().push(index);
        }
        Self(names)
    }
}
