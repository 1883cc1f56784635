//! Requests such as people wait for, against their proven optimum.
//!
//! Five hundred random requests of 8 to 12 items in up to five shifts are solved within [`STEPS`] steps, which an ordinary
//! machine takes in a small part of the 150 ms that such a call may last, and compared with the dynamic programs of
//! `support/exact.rs`; those with the exhaustive search where that can still be made. Requests of 20 items have their optima in
//! `data/twenty.csv`, which `cargo run --release -p vrp --example optima` writes.

#[path = "support/exact.rs"]
mod exact;
#[path = "support/requests.rs"]
mod requests;

use std::sync::atomic::AtomicBool;

use exact::Rank;
use requests::{dozen, twenty};
use vrp::{Problem, Stop, Value};

/// The budget of a search.
const STEPS: u64 = 6_000;

/// The same for requests of the largest size that is answered at once.
const STEPS_OF_TWENTY: u64 = 25_000;

fn solved(problem: &Problem, steps: u64) -> Rank {
    let cancel = AtomicBool::new(false);
    let stop = Stop { deadline: None, steps: Some(steps), cancel: &cancel, stagnation: None };
    let plan = vrp::solve(problem, &stop, 1, 1, &mut |_| {});
    assert_eq!(vrp::check(problem, &plan), [], "{problem:?}");
    let Value { priority, cost, fraction, travel, .. } = plan.value;
    (-priority, cost * Value::FRACTIONS + fraction, travel.duration)
}

/// Solves requests of these seeds; all but one in two hundred must be best.
fn compare(seeds: std::ops::Range<u64>) {
    let count = seeds.end - seeds.start;
    let mut missed = Vec::new();
    for seed in seeds {
        let problem = dozen(seed);
        assert_eq!(problem.check(), Ok(()));
        let (found, best) = (solved(&problem, STEPS), exact::best(&problem));
        assert!(found >= best, "seed {seed}: the search claims {found:?}, but {best:?} is the optimum\n{problem:?}");
        if found > best {
            missed.push((seed, found, best));
        }
    }
    assert!(missed.len() as u64 * 200 <= count.max(200), "missed {} of {count}: {missed:?}", missed.len());
}

#[test]
fn the_first_half_of_five_hundred_requests() {
    compare(0..250);
}

#[test]
fn the_second_half_of_five_hundred_requests() {
    compare(250..500);
}

/// Rows of `seed,priority,cost,driving`; the cost in the solver's exact units.
const TWENTY: &str = include_str!("data/twenty.csv");

#[test]
fn twenty_items_in_five_shifts_as_computed_beforehand() {
    let mut missed = Vec::new();
    let rows: Vec<Vec<i64>> = TWENTY
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_digit()))
        .map(|line| line.split(',').map(|number| number.parse().unwrap()).collect())
        .collect();
    let count = rows.len();
    assert!(count >= 40);
    for row in rows {
        let best = (-row[1], row[2], row[3]);
        let found = solved(&twenty(row[0] as u64), STEPS_OF_TWENTY);
        assert!(found >= best, "seed {}: the search claims {found:?}, but {best:?} is the optimum", row[0]);
        if found > best {
            missed.push((row[0], found, best));
        }
    }
    assert!(missed.len() * 200 <= count, "missed {} of {count}: {missed:?}", missed.len());
}
