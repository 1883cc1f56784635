//! `bench operations`: what the durable operations of this machine bear, through HTTP, measured on a server of its own.
//!
//! The question is the smallest that is real: one visit of one agent as the crow flies, so that what is measured is the store
//! and the way to it. Accepts and polls are measured on a server without workers, completions on one that was started over the
//! backlog after the first was killed, as by a power cut; so the time to resume is measured with it. Client and server share
//! the machine's cores: figures are of both together. Where the data folder has a dataset, it is measured besides what those who wait for
//! a route notice of long questions ([`beside`]), with SQLite only.

mod beside;
mod client;
mod load;
mod server;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use crate::cli::Common;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use client::Client;
use load::{Run, load};
use server::Server;

/// How many single questions are asked of an idle server.
const IDLE_QUESTIONS: usize = 200;

/// How long a server may take to complete something after it was started over a backlog.
const RESUME_WITHIN: Duration = Duration::from_mins(1);

#[derive(Args)]
#[command(after_help = "\
    Prints how many questions a second are accepted, polled and completed, and how long answers take.\n\nExamples:\n\
    \x20 roundsman bench operations --clients 64 --seconds 10 --json\n\
    \x20 roundsman bench operations --store postgres://bench@localhost/bench --json")]
pub(crate) struct Operations {
    /// Where operations are kept [default: SQLite in a new folder inside the data folder's parent, removed afterwards].
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// Where large requests and results are kept [default: files in the same folder].
    #[arg(long, value_name = "URL")]
    blobs: Option<String>,
    /// Clients that ask at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    clients: u16,
    /// How long each figure is measured.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    seconds: u16,
    /// Workers that complete what was accepted [default: the number of cores].
    #[arg(long)]
    workers: Option<usize>,
    /// Measure only how long routes take beside long questions, on the active dataset.
    #[arg(long, conflicts_with = "store")]
    only_routes: bool,
}

impl Operations {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        let folder = scratch(&common.data)?;
        let report = if self.only_routes {
            json!({"route_ms": self.beside(&common.data, folder.path())?, "seconds": self.seconds})
        } else {
            self.measure(&common.data, folder.path())?
        };
        if common.json {
            output::json(&report);
        } else if let Value::Object(figures) = &report {
            for (name, value) in figures {
                output::line(format_args!("{name:<24} {value}"));
            }
        }
        Ok(Exit::Done)
    }

    /// Routes beside long questions; null where there is no dataset, or a store that may have other work.
    fn beside(&self, data: &Path, folder: &Path) -> Result<Value, Failure> {
        if self.store.is_some() {
            return Ok(Value::Null);
        }
        let (scratch, seconds) = (folder.join("beside"), self.patience());
        std::fs::create_dir_all(&scratch).map_err(|error| lost(&error))?;
        beside::measure(&beside::Asked { data, scratch: &scratch, seconds, workers: self.workers() })
    }

    fn workers(&self) -> usize {
        self.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
    }

    fn measure(&self, dataset: &Path, data: &Path) -> Result<Value, Failure> {
        let route_ms = self.beside(dataset, data)?;
        let server = Server::start(data, 0, &self.places())?;
        let idle = idle(&server)?;
        let accepts = self.accepts(&server)?;
        let (polls, poll_cpu_us) = self.polls(&server, &accepts.kept, false)?;
        let (unchanged, unchanged_cpu_us) = self.polls(&server, &accepts.kept, true)?;
        let memory = server.memory_bytes();
        server.kill();
        let completes = self.completes(data)?;
        Ok(json!({
            "accepts_per_s": rounded(accepts.per_s()),
            "accept_ms": {"p50": rounded(accepts.quantile_ms(0.5)), "p99": rounded(accepts.quantile_ms(0.99))},
            "accepts_refused": accepts.refused,
            "idle_accept_ms": {"p50": rounded(idle.quantile_ms(0.5)), "p99": rounded(idle.quantile_ms(0.99))},
            "polls_per_s": rounded(polls.per_s()),
            "poll_ms": {"p50": rounded(polls.quantile_ms(0.5)), "p99": rounded(polls.quantile_ms(0.99))},
            "poll_cpu_us": poll_cpu_us.map(rounded),
            "unchanged_polls_per_s": rounded(unchanged.per_s()),
            "unchanged_poll_cpu_us": unchanged_cpu_us.map(rounded),
            "completes_per_s": rounded(completes.per_s),
            "restart_ms": rounded(completes.ready_in.as_secs_f64() * 1e3),
            "resume_ms": rounded(completes.resumed_in.as_secs_f64() * 1e3),
            "route_ms": route_ms,
            "stored": accepts.kept.len() + IDLE_QUESTIONS,
            "server_memory_bytes": memory,
            "clients": self.clients,
            "seconds": self.seconds,
        }))
    }

    /// The flags of `serve` that say where things are kept.
    fn places(&self) -> Vec<String> {
        let flag =
            |name: &str, value: &Option<String>| value.iter().flat_map(|url| [name.to_owned(), url.clone()]).collect();
        let (store, blobs): (Vec<String>, Vec<String>) = (flag("--store", &self.store), flag("--blobs", &self.blobs));
        [store, blobs].concat()
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }

    fn accepts(&self, server: &Server) -> Result<Run, Failure> {
        let question = question();
        load(server.address, self.clients.into(), self.patience(), &|_, _| question.clone(), &|answer| {
            (answer.status == 202).then(|| answer.header("location").and_then(id).unwrap_or_default())
        })
    }

    /// Polls of what was accepted; with `unchanged` as a client asks who has seen it, so that most are 304.
    fn polls(&self, server: &Server, ids: &[String], unchanged: bool) -> Result<(Run, Option<f64>), Failure> {
        let before = server.cpu_s();
        let condition = if unchanged { "if-none-match: \"1\"\r\n" } else { "" };
        let request = |client: usize, turn: usize| {
            let id = &ids[(client * 7919 + turn) % ids.len()];
            format!("GET /api/v1/operations/{id} HTTP/1.1\r\nhost: bench\r\n{condition}\r\n").into_bytes()
        };
        let expected = if unchanged { 304 } else { 200 };
        let run = load(server.address, self.clients.into(), self.patience(), &request, &|answer| {
            (answer.status == expected).then(String::new)
        })?;
        let used = server.cpu_s().zip(before).map(|(after, before)| after - before);
        let cpu_us = used.map(|seconds| seconds * 1e6 / (run.took_s.len() + run.refused) as f64);
        Ok((run, cpu_us))
    }

    /// A new server over what the killed one left behind.
    fn completes(&self, data: &Path) -> Result<Completes, Failure> {
        let begun = Instant::now();
        let server = Server::start(data, self.workers(), &self.places())?;
        let mut client = Client::connect(server.address).map_err(|error| lost(&error))?;
        while completed(&mut client)? == 0 {
            if begun.elapsed() > RESUME_WITHIN {
                return Err(Failure::environment("nothing was completed within a minute of the restart"));
            }
        }
        let (resumed_in, first, since) = (begun.elapsed(), completed(&mut client)?, Instant::now());
        std::thread::sleep(self.patience());
        let done = completed(&mut client)? - first;
        Ok(Completes { per_s: done as f64 / since.elapsed().as_secs_f64(), ready_in: server.ready_in, resumed_in })
    }
}

struct Completes {
    per_s: f64,
    ready_in: Duration,
    resumed_in: Duration,
}

/// One client alone.
fn idle(server: &Server) -> Result<Run, Failure> {
    let mut client = Client::connect(server.address).map_err(|error| lost(&error))?;
    let (question, mut run) = (question(), Run::default());
    for _ in 0..IDLE_QUESTIONS {
        let asked = Instant::now();
        client.ask(&question).map_err(|error| lost(&error))?;
        run.took_s.push(asked.elapsed().as_secs_f64());
    }
    run.took_s.sort_by(f64::total_cmp);
    Ok(run)
}

/// How many operations the server's workers have completed.
fn completed(client: &mut Client) -> Result<u64, Failure> {
    let answer = client.ask(b"GET /metrics HTTP/1.1\r\nhost: bench\r\n\r\n").map_err(|error| lost(&error))?;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("roundsman_items_completed_total "));
    line.and_then(|value| value.parse().ok()).ok_or_else(|| Failure::environment("the server tells no completions"))
}

fn lost(error: &std::io::Error) -> Failure {
    Failure::environment(format!("the bench lost its server: {error}"))
}

/// The smallest real question, as it goes over the wire.
fn question() -> Vec<u8> {
    let place = json!({"latitude": 47.66, "longitude": -122.31});
    let body = json!({
        "agents": [{"name": "a", "shifts": [{"startTime": "2030-05-02T08:00:00", "startLocation": place,
            "endTime": "2030-05-02T18:00:00", "endLocation": place}]}],
        "itineraryItems": [{"name": "b", "openingTime": "2030-05-02T08:00:00", "closingTime": "2030-05-02T18:00:00",
            "dwellTime": "00:10:00", "priority": 1, "location": {"latitude": 47.67, "longitude": -122.32}}],
        "roadnetwork": false,
        "options": {"steps": 1, "seed": 1, "threads": 1},
    })
    .to_string();
    let head =
        "POST /api/v1/optimize HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nprefer: respond-async\r\n";
    format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The id in the address of an operation.
fn id(location: &str) -> Option<String> {
    location.rsplit('/').find(|part| part.len() == 36).map(str::to_owned)
}

/// A folder of its own beside the data folder, on the disk that is to be measured, removed when it is let go.
fn scratch(data: &Path) -> Result<tempfile::TempDir, Failure> {
    let beside = data.parent().filter(|parent| parent.is_dir()).map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    let made = tempfile::Builder::new().prefix("roundsman-bench-").tempdir_in(&beside);
    made.map_err(|error| Failure::environment(format!("cannot make a folder in {}: {error}", beside.display())))
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
