//! Plans on a drawn town and as the crow flies.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use engine::{
    Activity, Budget, Cell, Engine, Error, MatrixQuestion, PlanAnswer, PlanCost, PlanNetwork, PlanQuestion, Price,
    Profile, Reason, Settings, Terms, Travel, Urgency,
};
use geometry::Coordinate;

use crate::town::{Town, agent, at, item, nowhere, question, shift, town};

fn plan(engine: &Engine, question: &PlanQuestion) -> PlanAnswer {
    engine.plan(question, &Budget::default(), &mut |_| {}).unwrap()
}

/// Items of a plan in the order of their visits, by agent and shift.
fn visits(answer: &PlanAnswer) -> Vec<(usize, usize, Vec<usize>)> {
    answer.tours.iter().map(|tour| (tour.vehicle, tour.shift, tour.jobs().collect())).collect()
}

fn without_map() -> Engine {
    Engine::new(None, Arc::new(Settings::default()))
}

/// An agent at `a`, all day, and an item at each of `letters`.
fn round(town: &Town, letters: &str) -> PlanQuestion {
    let day = shift(0, 86_400, town.map.at('a'));
    question(vec![agent("", vec![day])], letters.chars().map(|letter| item("", town.map.at(letter))).collect())
}

#[test]
fn the_legs_of_a_plan_are_cells_of_the_matrix() {
    let town = town();
    let asked = round(&town, "bdglki");
    let answer = plan(&town.engine, &asked);
    assert_eq!((answer.priority, answer.unscheduled.len(), answer.tours.len()), (6, 0, 1));
    let tour = &answer.tours[0];
    let mut places = vec![town.map.at('a')];
    places.extend(tour.jobs().map(|job| asked.items[job].place));
    places.push(town.map.at('a'));
    let legs: Vec<Travel> = tour.stops.iter().map(|stop| stop.travel).chain([tour.last_travel]).collect();
    for (ends, leg) in places.windows(2).zip(&legs) {
        let cell = MatrixQuestion {
            profile: Profile::Car,
            terms: Terms::default(),
            origins: vec![ends[0]],
            destinations: vec![ends[1]],
        };
        let matrix = town.engine.matrix(&cell, &Budget::default()).unwrap();
        let expected = Cell::Travel { duration_s: leg.duration as u64, distance_m: leg.distance as u64 };
        assert_eq!(matrix.rows[0][0], expected);
    }
    assert_eq!(answer.cost, legs.iter().map(|leg| leg.duration).sum::<i64>());
}

#[test]
fn what_cannot_be_reached_is_left_out() {
    let town = town();
    let mut asked = round(&town, "bmc");
    asked.items.push(item("", nowhere()));
    asked.agents.push(agent("far", vec![shift(0, 86_400, nowhere())]));
    asked.agents.push(agent("island", vec![shift(0, 86_400, town.map.at('m'))]));
    let answer = plan(&town.engine, &asked);
    // The far agent stands at the very place of the far item, and yet neither is on any road.
    assert_eq!((answer.unscheduled, answer.unused_agents), (vec![3], vec![1]));
    let worked: Vec<usize> = answer.tours.iter().map(|tour| tour.vehicle).collect();
    assert_eq!(worked, [0, 2]);
}

#[test]
fn a_plan_without_an_agent_on_the_road_is_refused() {
    let town = town();
    let mut asked = round(&town, "b");
    asked.agents[0].shifts[0].end_place = nowhere();
    asked.agents.push(agent("other", vec![shift(0, 10, nowhere()), shift(20, 30, nowhere())]));
    let Err(Error::Invalid(faults)) = town.engine.plan(&asked, &Budget::default(), &mut |_| {}) else { panic!() };
    let named: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.reason)).collect();
    assert_eq!(named, [("agents[0].shifts", Reason::OffRoad), ("agents[1].shifts", Reason::OffRoad)]);
}

#[test]
fn roads_need_a_map_and_straight_lines_do_not() {
    let place = at(47.6, -122.3);
    let mut asked = question(vec![agent("", vec![shift(0, 1000, place)])], vec![item("", place)]);
    let roads = without_map().plan(&asked, &Budget::default(), &mut |_| {});
    assert_eq!(roads, Err(Error::NoDataset));
    asked.network = PlanNetwork::StraightLine;
    assert_eq!(plan(&without_map(), &asked).priority, 1);
}

#[test]
fn straight_lines_are_rounded_from_the_unrounded_distance() {
    // On the equator of a sphere with radius 6,378,137 m a hundredth of a degree is 1113.194908 m; at 40 km/h 100.1875 s.
    let (here, there) = (at(0.0, 0.0), at(0.0, 0.01));
    let mut asked = question(vec![agent("", vec![shift(0, 1000, here)])], vec![item("", there)]);
    asked.network = PlanNetwork::StraightLine;
    let answer = plan(&without_map(), &asked);
    let leg = Travel { duration: 100, distance: 1113 };
    let tour = &answer.tours[0];
    assert_eq!((tour.stops[0].travel, tour.last_travel), (leg, leg));
    assert_eq!((tour.departure, tour.stops[0].start, tour.stops[0].end, tour.arrival), (0, 100, 160, 260));
    assert_eq!(answer.cost, 200);
    for (cost, expected) in [(PlanCost::Distance, 2226), (PlanCost::Price, 5_000_000 + 2_226_000 + 260 * 1000)] {
        asked.cost = cost;
        asked.agents[0].price =
            Some(Price { fixed_micro: 5_000_000, per_km_micro: 1_000_000, per_hour_micro: 3_600_000 });
        assert_eq!(plan(&without_map(), &asked).cost, expected, "{cost:?}");
    }
}

#[test]
fn shifts_may_stand_in_any_order() {
    let town = town();
    let mut asked = round(&town, "bd");
    let (early, late) = (shift(0, 5000, town.map.at('a')), shift(10_000, 15_000, town.map.at('a')));
    asked.agents[0].shifts = vec![late, early];
    asked.items[0].windows = vec![(0, 5000)];
    asked.items[1].windows = vec![(10_000, 15_000)];
    let mut heard = Vec::new();
    let answer =
        town.engine.plan(&asked, &Budget::default(), &mut |better| heard.push(better.answer().unwrap().tours)).unwrap();
    assert_eq!(visits(&answer), [(0, 1, vec![0]), (0, 0, vec![1])]);
    assert_eq!(heard.last(), Some(&answer.tours));
}

#[test]
fn the_same_steps_and_seed_give_the_same_plan() {
    let town = town();
    let mut asked = round(&town, "bcdefghijk");
    asked
        .items
        .iter_mut()
        .enumerate()
        .for_each(|(index, item)| item.windows = vec![(60 * index as i64, 400 + 90 * index as i64)]);
    let first = plan(&town.engine, &asked);
    assert_eq!(first, plan(&town.engine, &asked));
    assert!(first.steps <= 2000);
}

#[test]
fn windows_loads_and_references_are_kept() {
    let town = town();
    let mut asked = round(&town, "dbkf");
    asked.agents[0].capacity = vec![3000];
    for (index, quantity) in [-2000, 2000, 1000, 3000].into_iter().enumerate() {
        asked.items[index].quantity = vec![quantity];
    }
    asked.items[1].name = "pick-up".to_owned();
    asked.items[0].drop_off_from = vec!["pick-up".to_owned()];
    asked.items[3].priority = 2;
    let answer = plan(&town.engine, &asked);
    // Two drop-offs of two free the room for one more, never for the three; but four points beat them all but the last.
    assert_eq!((answer.priority, answer.unscheduled.as_slice()), (4, &[2_usize][..]));
    let order: Vec<usize> = answer.tours[0].jobs().collect();
    let place = |item| order.iter().position(|&other| other == item);
    assert!(place(1) < place(0) && place(0) < place(3), "{order:?}");
    assert!(answer.tours[0].stops.iter().all(|stop| matches!(stop.activity, Activity::Visit(_))));
}

#[test]
fn a_cancelled_search_keeps_its_plan() {
    let town = town();
    let mut asked = round(&town, "bcdefghijk");
    asked.search.steps = None;
    asked.search.time_limit = Some(Duration::from_mins(10));
    let cancel = Arc::new(AtomicBool::new(false));
    let begun = Instant::now();
    let answer =
        town.engine.plan(&asked, &Budget::until(Arc::clone(&cancel)), &mut |_| cancel.store(true, Ordering::Relaxed));
    assert!(answer.unwrap().priority > 0 && begun.elapsed() < Duration::from_mins(1));
    for network in [PlanNetwork::Roads, PlanNetwork::StraightLine] {
        asked.network = network;
        let cancelled = town.engine.plan(&asked, &Budget::until(Arc::clone(&cancel)), &mut |_| {});
        assert_eq!(cancelled, Err(Error::Canceled), "{network:?}");
    }
}

#[test]
fn what_somebody_waits_for_comes_soon() {
    let mut random = fastrand::Rng::with_seed(3);
    let mut place = || -> Coordinate { at(47.6 + random.f64() / 10.0, -122.3 + random.f64() / 10.0) };
    let agents = (0..5).map(|number| agent(&number.to_string(), vec![shift(0, 3600, place())])).collect();
    let items = (0..20).map(|_| item("", place())).collect();
    let mut asked = question(agents, items);
    asked.network = PlanNetwork::StraightLine;
    (asked.search.urgency, asked.search.steps) = (Urgency::Interactive, None);
    let begun = Instant::now();
    let answer = without_map().plan(&asked, &Budget::within(Duration::from_secs(30)), &mut |_| {}).unwrap();
    assert!(answer.priority > 0);
    // The search has 150 ms; the rest is for a loaded machine.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn every_left_out_item_has_its_reason_in_words() {
    let place = at(47.6, -122.3);
    let mut day = shift(1_903_939_200, 1_903_968_000, place);
    day.breaks = vec![engine::Break { open: day.start, close: day.end, duration_s: 60 }];
    let mut asked = question(vec![agent("Mei", vec![day])], vec![item("bakery", place), item("", place)]);
    asked.network = PlanNetwork::StraightLine;
    asked.agents[0].capacity = vec![5000];
    asked.items[0].windows = vec![(1_903_939_200, 1_903_939_200 + 30)];
    asked.items[1].quantity = vec![7500];
    let answer = plan(&without_map(), &asked);
    assert_eq!(answer.unscheduled, [0, 1]);
    let told: Vec<_> = answer.reasons.iter().map(|why| (why.item, why.code, why.remedy.as_str())).collect();
    let closing = "fits Mei's shift 1 if its closing is 2030-05-02 08:01 or later";
    assert_eq!(told, [(0, "alone.window", closing), (1, "alone.capacity", "needs 2.5 more of capacity 1 of Mei")]);
}

#[test]
fn a_shift_without_a_moment_for_its_breaks_says_so_and_the_rest_is_planned() {
    let place = at(47.6, -122.3);
    let start = 1_903_939_200;
    let mut bad = shift(start, start + 3600, place);
    bad.breaks = vec![
        engine::Break { open: start, close: start + 600, duration_s: 600 },
        engine::Break { open: start, close: start + 900, duration_s: 600 },
    ];
    let mut late = shift(start + 7200, start + 10_800, place);
    late.breaks = vec![engine::Break { open: start + 10_000, close: start + 20_000, duration_s: 1200 }];
    let good = shift(start + 20_000, start + 30_000, place);
    // Listed out of order: what is said goes by the question's own numbers.
    let mut asked = question(vec![agent("Mei", vec![late, good.clone(), bad.clone()])], vec![item("bakery", place)]);
    asked.network = PlanNetwork::StraightLine;
    let answer = plan(&without_map(), &asked);
    assert_eq!(visits(&answer), [(0, 1, vec![0])]);
    let told: Vec<_> =
        answer.unusable_shifts.iter().map(|found| (found.shift, found.code, found.field.as_str())).collect();
    let expected =
        [(2, "shift.breaks", "agents[0].shifts[2].breaks[1].close"), (0, "shift.breaks", "agents[0].shifts[0].end")];
    assert_eq!(told, expected);
    assert_eq!(answer.unusable_shifts[0].remedy, "it can be used if its break 2 may last until 2030-05-02 08:20");
    assert_eq!(answer.unusable_shifts[1].remedy, "it can be used if it ends at 2030-05-02 11:06:40 or later");
    // The remedies were meant: with them both shifts can be used.
    asked.agents[0].shifts[2].breaks[1].close = start + 1200;
    asked.agents[0].shifts[0].end = start + 11_200;
    assert_eq!(plan(&without_map(), &asked).unusable_shifts, []);
    // Nothing that could be planned at all is a normal answer.
    asked.agents[0].shifts = vec![bad];
    let answer = plan(&without_map(), &asked);
    assert_eq!((answer.tours.len(), answer.unscheduled, answer.unused_agents), (0, vec![0], vec![0]));
    assert_eq!((answer.reasons[0].code, answer.unusable_shifts.len()), ("agent.none", 1));
}

#[test]
fn traffic_is_that_of_the_moment_of_leaving() {
    let (here, there) = (at(0.0, 0.0), at(0.0, 0.01));
    // 100 s each way; an hour's stay leads into the evening, when the way home takes two and a half times as long.
    let mut asked =
        question(vec![agent("Mei", vec![shift(0, 10_000, here)])], vec![item("late", there), item("early", there)]);
    asked.network = PlanNetwork::StraightLine;
    asked.items.truncate(1);
    asked.items[0].dwell_s = 3600;
    let slices = [(3000, 2500), (5000, 500)].map(|(from, factor_milli)| engine::TrafficSlice { from, factor_milli });
    asked.extension.traffic = slices.to_vec();
    let answer = plan(&without_map(), &asked);
    let tour = &answer.tours[0];
    assert_eq!((tour.stops[0].travel.duration, tour.last_travel.duration, tour.arrival), (100, 250, 3950));
    assert_eq!((answer.cost, tour.stops[0].travel.distance, tour.last_travel.distance), (350, 1113, 1113));
    let claim = |answer: &PlanAnswer| engine::PlanClaim {
        tours: answer.tours.clone(),
        unscheduled: vec![],
        unused_agents: vec![],
    };
    assert_eq!(without_map().validate(&asked, &claim(&answer), &Budget::default()).unwrap(), []);
    // The same times without the traffic are wrong.
    asked.extension.traffic.clear();
    assert!(!without_map().validate(&asked, &claim(&answer), &Budget::default()).unwrap().is_empty());
    // A shift that ends before the slow way home does is too short for it.
    asked.extension.traffic = slices.to_vec();
    asked.agents[0].shifts[0].end = 3900;
    assert_eq!(plan(&without_map(), &asked).unscheduled, [0]);
}

#[test]
fn the_catalogue_of_reasons_is_whole() {
    let catalogue = include_str!("../../../../docs/reasons.md");
    let listed: Vec<&str> = catalogue.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(listed, engine::REASON_CODES);
}
