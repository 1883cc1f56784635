//! Every kind of fault that a plan's question can have, by the field and the rule that are named.

use std::sync::Arc;
use std::time::Duration;

use crate::town::{agent, at, item, question, shift};
use engine::{Break, Engine, Error, Fault, PlanQuestion, Price, Reason, Settings, Urgency};

/// Two agents, one with two shifts, and four items, the last of which drops off from the first two.
fn sound() -> PlanQuestion {
    let place = at(47.6, -122.3);
    let mut items: Vec<_> = ["one", "two", "three", "four"].map(|name| item(name, place)).into();
    items[3].drop_off_from = vec!["one".to_owned(), "two".to_owned()];
    items[1].windows = vec![(100, 200), (300, 400)];
    let mut agents = vec![
        agent("North", vec![shift(0, 1000, place), shift(1000, 2000, place)]),
        agent("South", vec![shift(0, 1000, place)]),
    ];
    agents[0].shifts[0].breaks = vec![Break { open: 100, close: 500, duration_s: 60 }];
    agents[1].capacity = vec![5000];
    agents[1].price = Some(Price { fixed_micro: 1, per_km_micro: 2, per_hour_micro: 3 });
    question(agents, items)
}

fn faults(question: &PlanQuestion) -> Vec<Fault> {
    let engine = Engine::new(None, Arc::new(Settings::default()));
    match engine.check_plan(question) {
        Ok(()) => Vec::new(),
        Err(Error::Invalid(faults)) => faults,
        Err(error) => panic!("{error}"),
    }
}

/// Breaks the sound question by `change` and expects exactly the faults `expected`, each with a telling message.
fn check(change: impl FnOnce(&mut PlanQuestion), expected: &[(&str, Reason)]) {
    let mut question = sound();
    change(&mut question);
    let found = faults(&question);
    let named: Vec<(&str, Reason)> = found.iter().map(|fault| (fault.field.as_str(), fault.reason)).collect();
    assert_eq!(named, expected, "{found:#?}");
    for fault in &found {
        assert!(!fault.remedy.is_empty(), "nothing helps against {fault:?}");
        assert!(fault.value.is_some() || fault.field.ends_with("overtime"), "no value: {fault:?}");
    }
}

#[test]
fn a_sound_question_has_no_faults() {
    check(|_| {}, &[]);
    // Equal to the letter of the rules: a shift and a window may be empty, shifts may touch and stand in any order.
    check(|plan| plan.agents[0].shifts[1].end = 1000, &[]);
    check(|plan| plan.agents[0].shifts.reverse(), &[]);
    check(|plan| plan.items[0].windows = vec![(5, 5)], &[]);
    // What can never be scheduled is no fault.
    check(|plan| plan.items[0].dwell_s = 100_000, &[]);
    check(|plan| plan.agents[0].shifts[0].breaks[0].open = 5000 - 4600, &[]);
    check(|plan| plan.agents[0].shifts[0].breaks[0].duration_s = 5000, &[]);
    // Names matter only where somebody refers to them.
    check(|plan| plan.items[2].name.clear(), &[]);
    check(
        |plan| {
            plan.items[2].name.clear();
            plan.items[3].name.clear();
        },
        &[],
    );
}

#[test]
fn sizes() {
    use Reason::{Missing, TooMany};
    check(|plan| plan.agents.clear(), &[("agents", Missing)]);
    check(|plan| plan.items.clear(), &[("items", Missing)]);
    check(|plan| plan.agents[1].shifts.clear(), &[("agents[1].shifts", Missing)]);
    let many_shifts = |plan: &mut PlanQuestion| {
        let place = plan.items[0].place;
        plan.agents[1].shifts = (0..15).map(|day| shift(day * 10, day * 10 + 5, place)).collect();
    };
    check(many_shifts, &[("agents[1].shifts", TooMany)]);
    let many_agents = |plan: &mut PlanQuestion| {
        let shifts = plan.agents[1].shifts.clone();
        plan.agents = (0..201).map(|number| agent(&number.to_string(), shifts.clone())).collect();
    };
    check(many_agents, &[("agents", TooMany)]);
    check(|plan| plan.items.extend(vec![item("", at(0.0, 0.0)); 1997]), &[("items", TooMany)]);
}

#[test]
fn what_is_answered_at_once_is_smaller() {
    let interactive = |plan: &mut PlanQuestion| plan.search.urgency = Urgency::Interactive;
    check(interactive, &[]);
    let too_many_items = |plan: &mut PlanQuestion| {
        interactive(plan);
        plan.items.extend(vec![item("", at(0.0, 0.0)); 17]);
    };
    check(too_many_items, &[("items", Reason::TooMany)]);
    let too_many_shifts = |plan: &mut PlanQuestion| {
        interactive(plan);
        let place = plan.items[0].place;
        plan.agents[1].shifts = (0..4).map(|day| shift(day * 10, day * 10 + 5, place)).collect();
    };
    check(too_many_shifts, &[("agents", Reason::TooMany)]);
    let mut question = sound();
    too_many_items(&mut question);
    let message = faults(&question)[0].to_string();
    for part in ["21", "20", "limits.interactive_items", "asynchronous"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn times() {
    use Reason::{OutOfRange, Overlap, Time};
    check(|plan| plan.agents[0].shifts[1].end = 999, &[("agents[0].shifts[1].end", Time)]);
    check(|plan| plan.agents[0].shifts[1].start = 999, &[("agents[0].shifts[1].start", Overlap)]);
    check(|plan| plan.agents[0].shifts[0].end = 1001, &[("agents[0].shifts[1].start", Overlap)]);
    check(|plan| plan.agents[1].shifts[0].end = i64::MAX, &[("agents[1].shifts[0].end", OutOfRange)]);
    check(|plan| plan.agents[1].shifts[0].end = 1 << 40, &[("agents[1].shifts[0].end", OutOfRange)]);
    check(|plan| plan.agents[1].shifts[0].start = i64::MIN, &[("agents[1].shifts[0].start", OutOfRange)]);
    check(|plan| plan.agents[0].shifts[0].breaks[0].close = 99, &[("agents[0].shifts[0].breaks[0].close", Time)]);
    check(
        |plan| plan.agents[0].shifts[0].breaks[0].duration_s = -1,
        &[("agents[0].shifts[0].breaks[0].duration_s", OutOfRange)],
    );
    check(|plan| plan.items[1].windows[1] = (300, 299), &[("items[1].windows[1].close", Time)]);
    check(|plan| plan.items[2].dwell_s = -1, &[("items[2].dwell_s", OutOfRange)]);
}

#[test]
fn ranges() {
    use Reason::OutOfRange;
    for priority in [0, 101, u32::MAX] {
        check(|plan| plan.items[3].priority = priority, &[("items[3].priority", OutOfRange)]);
    }
    check(|plan| plan.agents[1].capacity[0] = -1, &[("agents[1].capacity[0]", OutOfRange)]);
    check(|plan| plan.items[0].quantity = vec![0, i64::MIN], &[("items[0].quantity[1]", OutOfRange)]);
    let price = |change: fn(&mut Price)| move |plan: &mut PlanQuestion| change(plan.agents[1].price.as_mut().unwrap());
    check(price(|price| price.fixed_micro = -1), &[("agents[1].price.fixed_micro", OutOfRange)]);
    check(price(|price| price.per_km_micro = i64::MAX), &[("agents[1].price.per_km_micro", OutOfRange)]);
    check(price(|price| price.per_hour_micro = -5), &[("agents[1].price.per_hour_micro", OutOfRange)]);
    check(|plan| plan.search.threads = 0, &[("search.threads", OutOfRange)]);
    check(|plan| plan.search.threads = usize::MAX, &[("search.threads", OutOfRange)]);
    check(|plan| plan.search.steps = Some(0), &[("search.steps", OutOfRange)]);
    check(|plan| plan.search.steps = Some(u64::MAX), &[("search.steps", OutOfRange)]);
    check(|plan| plan.search.time_limit = Some(Duration::MAX), &[("search.time_limit", OutOfRange)]);
}

#[test]
fn names_and_references() {
    use Reason::{Cycle, Duplicate, Unknown};
    check(|plan| plan.agents[1].name = "North".to_owned(), &[("agents[1].name", Duplicate)]);
    check(|plan| plan.items[2].drop_off_from = vec!["five".to_owned()], &[("items[2].drop_off_from", Unknown)]);
    check(|plan| plan.items[2].drop_off_from = vec![String::new()], &[("items[2].drop_off_from", Unknown)]);
    check(|plan| plan.items[2].name = "one".to_owned(), &[("items[2].name", Duplicate)]);
    check(|plan| plan.items[3].drop_off_from = vec!["four".to_owned()], &[("items[3].drop_off_from", Cycle)]);
    let circle = |plan: &mut PlanQuestion| {
        // one → three → two → one is a circle; four only leads into it.
        plan.items[0].drop_off_from = vec!["three".to_owned()];
        plan.items[2].drop_off_from = vec!["two".to_owned(), "two".to_owned()];
        plan.items[1].drop_off_from = vec!["one".to_owned()];
    };
    let on_circle =
        [("items[0].drop_off_from", Cycle), ("items[1].drop_off_from", Cycle), ("items[2].drop_off_from", Cycle)];
    check(circle, &on_circle);
}

#[test]
fn extensions_that_lead_nowhere_are_named() {
    use Reason::{Conflict, Duplicate, OutOfRange, Unknown};
    check(|plan| plan.items[2].depot = true, &[]);
    check(|plan| plan.items[0].extension.setup_s = -1, &[("items[0].setup_s", OutOfRange)]);
    check(|plan| plan.items[3].extension.release = Some(5), &[("items[3].release", Conflict)]);
    let at_depots = |plan: &mut PlanQuestion| {
        plan.items[3].extension.release = Some(5);
        (plan.items[0].depot, plan.items[1].depot) = (true, true);
    };
    check(at_depots, &[]);
    let limit = |plan: &mut PlanQuestion| plan.agents[0].shifts[1].extension.max_driving_s = Some(-1);
    check(limit, &[("agents[0].shifts[1].max_driving_s", OutOfRange)]);
    let overtime = |plan: &mut PlanQuestion| {
        plan.agents[0].shifts[1].extension.overtime = Some(engine::Overtime { max_s: 60, per_hour_micro: 1 });
    };
    check(overtime, &[("agents[0].shifts[1].overtime", Conflict)]);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
    let groups = |plan: &mut PlanQuestion| {
        plan.extension.same_agent = vec![names(&["one", "five"])];
        plan.extension.different_agents = vec![names(&["two", "two"])];
    };
    check(groups, &[("same_agent[0][1]", Unknown), ("different_agents[0][1]", Duplicate)]);
    let initial = |plan: &mut PlanQuestion| {
        let tour = |agent: &str, shift, items: &[&str], fixed| engine::InitialTour {
            agent: agent.to_owned(),
            shift,
            items: names(items),
            fixed,
        };
        let tours = vec![tour("North", 2, &["one"], 0), tour("East", 0, &["one", "two"], 3)];
        plan.extension.initial = Some(engine::InitialPlan { tours, move_cost_micro: 0 });
    };
    let expected = [
        ("initial.tours[0].shift", Unknown),
        ("initial.tours[1].agent", Unknown),
        ("initial.tours[1].fixed", OutOfRange),
        ("initial.tours[1].items[0]", Duplicate),
    ];
    check(initial, &expected);
}

#[test]
fn traffic_comes_in_slices_in_order() {
    use Reason::{OutOfRange, Time, TooMany};
    let traffic = |slices: &[(i64, i64)]| {
        let slices: Vec<_> =
            slices.iter().map(|&(from, factor_milli)| engine::TrafficSlice { from, factor_milli }).collect();
        move |plan: &mut PlanQuestion| plan.extension.traffic = slices
    };
    check(traffic(&[(0, 1500), (10, 1000)]), &[]);
    check(traffic(&[(10, 1500), (10, 1000)]), &[("traffic[1].from", Time)]);
    check(
        traffic(&[(0, 99), (i64::MAX, 10_001)]),
        &[
            ("traffic[0].factor_milli", OutOfRange),
            ("traffic[1].from", OutOfRange),
            ("traffic[1].factor_milli", OutOfRange),
        ],
    );
    let many: Vec<(i64, i64)> = (0..49).map(|from| (from, 1000)).collect();
    check(traffic(&many), &[("traffic", TooMany)]);
}

#[test]
fn breaks_that_can_be_taken_in_too_many_orders_are_refused() {
    let pause = Break { open: 0, close: 900, duration_s: 1 };
    let many = |plan: &mut PlanQuestion| {
        plan.agents[1].shifts[0].breaks = vec![pause; 30];
        plan.agents[0].shifts[1].breaks = vec![pause; 9];
        plan.items[0].priority = 0;
    };
    let expected = [
        ("agents[0].shifts[1].breaks", Reason::TooMany),
        ("agents[1].shifts[0].breaks", Reason::TooMany),
        ("items[0].priority", Reason::OutOfRange),
    ];
    check(many, &expected);
}

#[test]
fn the_catalogue_of_faults_is_whole() {
    let catalogue = include_str!("../../../../docs/faults.md");
    let listed: Vec<&str> = catalogue.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let codes: Vec<&str> = Reason::ALL.map(Reason::code).into_iter().chain(engine::SHIFT_CODES).collect();
    assert_eq!(listed, codes);
}

#[test]
fn all_faults_are_found_at_once() {
    let change = |plan: &mut PlanQuestion| {
        plan.agents[0].shifts[0].end = -1;
        plan.items[0].priority = 0;
        plan.items[1].dwell_s = -1;
        plan.items[2].drop_off_from = vec!["nobody".to_owned()];
    };
    let expected = [
        ("agents[0].shifts[0].end", Reason::Time),
        ("items[0].priority", Reason::OutOfRange),
        ("items[1].dwell_s", Reason::OutOfRange),
        ("items[2].drop_off_from", Reason::Unknown),
    ];
    check(change, &expected);
}
