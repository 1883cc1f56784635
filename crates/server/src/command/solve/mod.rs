//! `solve`: a plan for a request file or a classic instance, judged by the independent checker before it is printed.
//!
//! The time limit counts from the start of the program, reading and writing included, so that a benchmark's clock agrees. With
//! a limit of steps alone the output is the same, byte for byte: times are then left out of it.

mod bing;
mod classic;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use crate::cli::Common;
use crate::exit::{Failure, Outcome};

use super::instance::Format;

/// What is kept of the time limit to check, write and end.
const RESERVE: Duration = Duration::from_millis(60);

#[derive(Args)]
#[command(after_help = "\
    Examples:\n\
    \x20 roundsman solve C101.txt --format solomon --time-limit 10 --json\n\
    \x20 roundsman solve fleet.json --format bing --steps 20000 --seed 7")]
pub(crate) struct Solve {
    /// The request or instance.
    file: PathBuf,
    /// What the file is.
    #[arg(long, value_enum)]
    format: Format,
    /// Vehicles, instead of those of the file (toptw files name none: 1).
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u16).range(1..))]
    vehicles: Option<u16>,
    /// What is minimised once all that can be is served [default: as the file or its format says].
    #[arg(long, value_enum)]
    objective: Option<ObjectiveName>,
    /// Seconds from the start of the program to its end [default for classic files: 10, without --steps].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    time_limit: Option<Duration>,
    /// End after so many steps of each thread; the same file, seed and threads then give the same bytes.
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// Start of the random stream [default: as the request says, else 1].
    #[arg(long)]
    seed: Option<u64>,
    /// Threads to search with [default: as the request says, else 1].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
}

/// What can be minimised.
#[derive(Clone, Copy, ValueEnum)]
enum ObjectiveName {
    Distance,
    Time,
    Price,
    /// The number of vehicles, then distance.
    Vehicles,
}

impl Solve {
    pub(crate) fn run(self, common: &Common, begun: Instant) -> Outcome {
        let limits = SearchLimits {
            begun,
            time: self.time_limit,
            steps: self.steps,
            seed: self.seed,
            threads: self.threads.map(usize::from),
        };
        match self.format {
            Format::Bing if self.vehicles.is_some() => {
                Err(Failure::input("--vehicles is for classic files: a request of Bing's names its agents"))
            }
            Format::Bing => bing::solve(&self.file, self.objective, &limits, common),
            classic => classic::solve(&self, classic, &limits, common.json),
        }
    }
}

/// When the search ends, and with what it begins.
struct SearchLimits {
    begun: Instant,
    time: Option<Duration>,
    steps: Option<u64>,
    seed: Option<u64>,
    threads: Option<usize>,
}

impl SearchLimits {
    /// The moment to stop searching.
    fn deadline(&self, time: Duration) -> Instant {
        self.begun + time.saturating_sub(RESERVE)
    }

    /// Whether the output must not depend on the clock.
    fn is_repeatable(&self) -> bool {
        self.steps.is_some() && self.time.is_none()
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("{text} is not a number of seconds"))?;
    if !(0.0..=31_536_000.0).contains(&seconds) {
        return Err(format!("{text} seconds are not between 0 and a year"));
    }
    Ok(Duration::from_secs_f64(seconds))
}
