//! A plan searched on islands: in rounds, by whoever, in any order, it is the same plan.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engine::{Budget, Engine, Islands, PlanAnswer, PlanQuestion, Settings, SolverSettings};
use geometry::Coordinate;

use crate::town::{agent, at, item, question, shift};

/// Items strewn over a town, more than two agents can visit at once.
fn strewn(items: usize) -> PlanQuestion {
    let mut state = 7_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    let place = |east: f64, north: f64| -> Coordinate { at(47.6 + north / 5.0, -122.4 + east / 5.0) };
    let home = place(0.5, 0.5);
    let agents = (0..4).map(|number| agent(&format!("a{number}"), vec![shift(0, 6_000, home)])).collect();
    let mut asked = question(agents, (0..items).map(|_| item("", place(draw(), draw()))).collect());
    asked.network = engine::PlanNetwork::StraightLine;
    asked.search.islands = Some(3);
    asked.search.rounds = Some(3);
    asked
}

fn engine() -> Engine {
    Engine::new(None, Arc::new(Settings::default()))
}

/// Works on the islands one by one as workers would, each round's in the order that `order` gives.
fn by_parts(engine: &Engine, asked: &PlanQuestion, order: &[usize]) -> PlanAnswer {
    let budget = Budget::default().of_age(Duration::ZERO);
    let mut round = engine.first_round(asked, engine.islands(asked).unwrap(), &budget);
    assert_eq!((round.tasks.len(), round.expected), (3, 9));
    loop {
        let mut found = vec![Vec::new(); round.tasks.len()];
        for &island in order {
            found[island] = engine.island(asked, &round.tasks[island], &budget, &mut |_| {}).unwrap();
        }
        match engine.next_round(asked, &found, &budget).unwrap() {
            Some(next) => round = next,
            None => return engine.plan_of_islands(asked, &found, &budget).unwrap(),
        }
    }
}

#[test]
fn who_works_on_them_and_when_makes_no_difference() {
    let (engine, mut asked) = (engine(), strewn(60));
    asked.search.steps = Some(3_000);
    let in_one_go = engine.plan(&asked, &Budget::default(), &mut |_| {}).unwrap();
    assert_eq!(in_one_go, by_parts(&engine, &asked, &[0, 1, 2]));
    assert_eq!(in_one_go, by_parts(&engine, &asked, &[2, 0, 1]));
    assert_eq!(in_one_go.steps, 9_000, "every island makes its share of the steps");
    asked.search.seed = 2;
    assert_ne!(engine.plan(&asked, &Budget::default(), &mut |_| {}).unwrap().tours, in_one_go.tours);
}

#[test]
fn a_round_begins_with_the_best_of_the_one_before() {
    let (engine, mut asked) = (engine(), strewn(60));
    asked.search.steps = Some(60);
    let value = |answer: &PlanAnswer| (-answer.priority, answer.cost);
    let budget = Budget::default();
    let first = engine.first_round(&asked, Islands { count: 3, rounds: 3 }, &budget);
    let found: Vec<Vec<u8>> =
        first.tasks.iter().map(|task| engine.island(&asked, task, &budget, &mut |_| {}).unwrap()).collect();
    let alone: Vec<_> = found
        .iter()
        .map(|one| value(&engine.plan_of_islands(&asked, std::slice::from_ref(one), &budget).unwrap()))
        .collect();
    let all = value(&engine.plan_of_islands(&asked, &found, &budget).unwrap());
    assert_eq!(Some(&all), alone.iter().min());
    assert!(alone.iter().any(|one| *one != all), "the islands search apart");
    // Whoever goes on from there hears of nothing worse.
    let second = engine.next_round(&asked, &found, &budget).unwrap().unwrap();
    let mut heard = Vec::new();
    engine
        .island(&asked, &second.tasks[1], &budget, &mut |better| {
            heard.push((-better.milestone.priority, better.milestone.cost));
        })
        .unwrap();
    assert_eq!(heard.first(), Some(&all));
    assert!(heard.is_sorted_by(|before, after| before > after));
}

#[test]
fn a_search_that_is_given_up_keeps_what_it_has() {
    let (engine, asked) = (engine(), strewn(60));
    let cancel = Arc::new(AtomicBool::new(false));
    let budget = Budget::until(Arc::clone(&cancel));
    let answer = engine.plan(&asked, &budget, &mut |_| cancel.store(true, Ordering::Relaxed)).unwrap();
    assert!(answer.priority > 0);
}

#[test]
fn late_islands_do_nothing_and_the_time_holds() {
    let (engine, mut asked) = (engine(), strewn(60));
    asked.search.time_limit = Some(Duration::from_millis(300));
    let budget = Budget::default().of_age(Duration::ZERO);
    let first = engine.first_round(&asked, Islands { count: 3, rounds: 2 }, &budget);
    let late = Budget::default().of_age(Duration::from_millis(145));
    let found: Vec<Vec<u8>> =
        first.tasks.iter().map(|task| engine.island(&asked, task, &late, &mut |_| {}).unwrap()).collect();
    // The first has searched, the others tell of nothing; and what they tell is still an answer.
    assert!(found[0].len() > found[1].len() && found[1] == found[2]);
    assert!(engine.plan_of_islands(&asked, &found, &late).unwrap().priority > 0);
    let begun = std::time::Instant::now();
    engine.plan(&asked, &Budget::default(), &mut |_| {}).unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "islands one after the other share the time: {:?}",
        begun.elapsed()
    );
}

#[test]
fn only_large_searches_in_the_background_are_spread_unasked() {
    let solver = SolverSettings { islands: 4, ..SolverSettings::default() };
    let engine = Engine::new(None, Arc::new(Settings { solver, ..Settings::default() }));
    let unasked = |items| {
        let mut asked = strewn(items);
        (asked.search.islands, asked.search.rounds, asked.search.steps) = (None, None, None);
        asked
    };
    assert_eq!(engine.islands(&unasked(100)), None);
    assert_eq!(engine.islands(&unasked(500)).map(|islands| islands.count), Some(4));
    let with = |change: fn(&mut engine::Search)| {
        let mut asked = unasked(500);
        change(&mut asked.search);
        engine.islands(&asked)
    };
    assert_eq!(with(|search| search.steps = Some(9)), None, "steps promise the same bytes everywhere");
    assert_eq!(with(|search| search.threads = 2), None);
    assert_eq!(with(|search| search.islands = Some(1)), None);
}
