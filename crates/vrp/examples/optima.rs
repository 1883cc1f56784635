//! Proves the best values of requests with twenty items in five shifts, for `tests/exact.rs`; minutes.
//!
//! ```text
//! cargo run --release -p vrp --example optima -- 40 > crates/vrp/tests/data/twenty.csv
//! ```
//!
//! The requests are random ones of `tests/support/requests.rs`, the values come from the dynamic programs of
//! `tests/support/exact.rs`, which share nothing with the solver: the file is ours, under the licence of this repository.

#[path = "../tests/support/exact.rs"]
mod exact;
#[path = "../tests/support/requests.rs"]
#[expect(dead_code, reason = "the tests ask for smaller ones too")]
mod requests;

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn main() {
    let count = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(40);
    println!("# The best values of random requests with 20 items in 5 shifts: see examples/optima.rs.");
    println!("# seed,priority,cost,driving");
    for seed in 0..count {
        let (lost, cost, driving) = exact::best(&requests::twenty(seed));
        println!("{seed},{},{cost},{driving}", -lost);
    }
}
