//! Load: many clients at once, each on a connection of its own, each asking again as soon as it is answered.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::client::{Answer, Client};
use crate::exit::Failure;

/// What a run of load came to.
#[derive(Default)]
pub(super) struct Run {
    /// Seconds that each answer took, sorted.
    pub(super) took_s: Vec<f64>,
    /// Answers that were not the wanted ones, e.g. refusals.
    pub(super) refused: usize,
    /// What the wanted answers had to say.
    pub(super) kept: Vec<String>,
    /// How long it took in all.
    pub(super) seconds: f64,
}

impl Run {
    pub(super) fn per_s(&self) -> f64 {
        self.took_s.len() as f64 / self.seconds
    }

    /// Milliseconds below which that share of the answers came.
    pub(super) fn quantile_ms(&self, share: f64) -> f64 {
        let last = self.took_s.len().saturating_sub(1);
        self.took_s.get((last as f64 * share).round() as usize).map_or(f64::NAN, |seconds| seconds * 1e3)
    }
}

/// Has `clients` ask for `patience`; `request` writes the question of a client's turn, `wanted` keeps something of an answer
/// that counts.
pub(super) fn load(
    address: SocketAddr,
    clients: usize,
    patience: Duration,
    request: &(impl Fn(usize, usize) -> Vec<u8> + Sync),
    wanted: &(impl Fn(Answer) -> Option<String> + Sync),
) -> Result<Run, Failure> {
    let begun = Instant::now();
    let runs: Vec<std::io::Result<Run>> = std::thread::scope(|scope| {
        let client = |number: usize| move || ask(address, begun + patience, &|turn| request(number, turn), wanted);
        let threads: Vec<_> = (0..clients).map(|number| scope.spawn(client(number))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let mut all = Run { seconds: begun.elapsed().as_secs_f64(), ..Run::default() };
    for run in runs {
        let run = run.map_err(|error| Failure::environment(format!("a client lost the server: {error}")))?;
        all.took_s.extend(run.took_s);
        all.kept.extend(run.kept);
        all.refused += run.refused;
    }
    all.took_s.sort_by(f64::total_cmp);
    Ok(all)
}

fn ask(
    address: SocketAddr,
    end: Instant,
    request: &impl Fn(usize) -> Vec<u8>,
    wanted: &impl Fn(Answer) -> Option<String>,
) -> std::io::Result<Run> {
    let mut client = Client::connect(address)?;
    let mut run = Run::default();
    for turn in 0.. {
        let asked = Instant::now();
        if asked >= end {
            break;
        }
        let answer = client.ask(&request(turn))?;
        match wanted(answer) {
            Some(kept) => {
                run.took_s.push(asked.elapsed().as_secs_f64());
                run.kept.push(kept);
            }
            None => run.refused += 1,
        }
    }
    Ok(run)
}
