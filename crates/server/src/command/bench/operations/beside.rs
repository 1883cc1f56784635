//! What somebody who waits for a route notices of long questions: the same small routes asked one after the other, first of an idle
//! server, then while matrices and plans keep every worker busy.
//!
//! The server has a data folder of its own, whose dataset is the active one of the folder that was given, file by file by reference. Only
//! the time of the answers is looked at; what they say is another bench's matter.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use engine::{Datasets, Profile};
use geometry::Coordinate;
use serde_json::{Value, json};

use super::client::Client;
use super::load::{Run, load};
use super::server::Server;
use super::{lost, rounded};
use crate::command::bench::{requests, routing};
use crate::command::datasets;
use crate::exit::Failure;

/// Places that routes and matrices are between.
const PLACES: usize = 2_000;

/// How far the ends of a small route may be apart: what a click on a map of a city asks.
const APART_M: f64 = 5_000.0;

/// How long the workers may take to have all begun.
const BUSY_WITHIN: Duration = Duration::from_secs(20);

/// How the bench is asked.
pub(super) struct Asked<'a> {
    /// The data folder whose active dataset is used.
    pub(super) data: &'a Path,
    /// An empty folder.
    pub(super) scratch: &'a Path,
    pub(super) seconds: Duration,
    pub(super) workers: usize,
}

impl Asked<'_> {
    /// How many items nobody waits for are worked on at once: a quarter of the threads does nothing else than what somebody waits for.
    fn at_work(&self) -> usize {
        self.workers - self.workers / 4
    }
}

/// The figures, or null where there is no dataset.
pub(super) fn measure(asked: &Asked<'_>) -> Result<Value, Failure> {
    let all = Datasets::new(asked.data);
    let Some(id) = all.active_id().map_err(datasets::failure)? else { return Ok(Value::Null) };
    let dataset = all.open(&id).map_err(datasets::failure)?;
    let places = routing::places(&dataset.router(Profile::Car), PLACES, 42)?;
    let places: Vec<Coordinate> = places.iter().map(|place| place.at).collect();
    let linked =
        |error| Failure::environment(format!("cannot use the dataset in {}: {error}", asked.scratch.display()));
    link(asked.data, asked.scratch, id.as_str()).map_err(linked)?;

    let server = Server::start(asked.scratch, asked.workers, &[])?;
    let routes = routes(&places);
    // Files are read for the first time, and threads begin: not what is to be compared.
    ask(&server, &routes, Duration::from_secs(1))?;
    let idle = ask(&server, &routes, asked.seconds)?;
    keep_busy(&server, asked, &places)?;
    let busy = ask(&server, &routes, asked.seconds)?;
    let running = running(&mut Client::connect(server.address).map_err(|error| lost(&error))?)?;
    if running < asked.at_work() {
        let message =
            format!("only {running} of {} workers were still busy: measure for a shorter time", asked.workers);
        return Err(Failure::environment(message));
    }
    let figures = |run: &Run| json!({"p50": rounded(run.quantile_ms(0.5)), "p99": rounded(run.quantile_ms(0.99)), "per_s": rounded(run.per_s())});
    Ok(json!({
        "idle": figures(&idle),
        "beside_work": figures(&busy),
        "p99_ratio": rounded(busy.quantile_ms(0.99) / idle.quantile_ms(0.99)),
    }))
}

/// A data folder at `to` with the dataset of `from`; nothing is written into what it refers to.
fn link(from: &Path, to: &Path, id: &str) -> std::io::Result<()> {
    let (from_folder, to_folder) = (from.canonicalize()?.join("datasets").join(id), to.join("datasets").join(id));
    fs::create_dir_all(&to_folder)?;
    for entry in fs::read_dir(from_folder)? {
        let entry = entry?;
        symlink(entry.path(), to_folder.join(entry.file_name()))?;
    }
    fs::write(to.join("active"), format!("{id}\n"))
}

/// Questions for routes between neighbours among the places.
fn routes(places: &[Coordinate]) -> Vec<Vec<u8>> {
    let position = |at: &Coordinate| [at.lon(), at.lat()];
    let near = |a: &Coordinate, b: &Coordinate| geometry::haversine_m(*a, *b, geometry::EARTH_RADIUS_M) <= APART_M;
    let to = |(number, from): (usize, &Coordinate)| {
        let others = places[number + 1..].iter().chain(&places[..number]);
        let to = others.into_iter().find(|to| near(from, to)).unwrap_or(from);
        post("/api/v1/route", "", &json!({"waypoints": [position(from), position(to)]}))
    };
    places.iter().enumerate().map(to).collect()
}

/// One client, one route after the other.
fn ask(server: &Server, routes: &[Vec<u8>], time: Duration) -> Result<Run, Failure> {
    let run = load(server.address, 1, time, &|_, turn| routes[turn % routes.len()].clone(), &|answer| {
        (answer.status == 200).then(String::new)
    })?;
    if run.took_s.is_empty() || run.refused > run.took_s.len() / 10 {
        return Err(Failure::environment(format!("{} of the routes were not found", run.refused)));
    }
    Ok(run)
}

/// Hands in more than the workers can do in the time, and waits until all of them have begun.
fn keep_busy(server: &Server, asked: &Asked<'_>, places: &[Coordinate]) -> Result<(), Failure> {
    let mut client = Client::connect(server.address).map_err(|error| lost(&error))?;
    let all: Vec<[f64; 2]> = places.iter().map(|at| [at.lon(), at.lat()]).collect();
    let later = "prefer: respond-async\r\n";
    let matrix = post("/api/v1/matrix", later, &json!({"origins": all, "destinations": all}));
    let mut plan = requests::on_roads(requests::largest(7), places);
    plan["options"] = json!({"timeLimitSeconds": 60 + asked.seconds.as_secs(), "seed": 1, "threads": 1});
    let plan = post("/api/v1/optimize", later, &plan);
    // Plans on half of the workers, tiles of matrices on the rest, and enough of them.
    let questions = (0..asked.workers / 2).map(|_| &plan).chain((0..10 * asked.workers).map(|_| &matrix));
    for question in questions {
        let answer = client.ask(question).map_err(|error| lost(&error))?;
        if answer.status != 202 {
            return Err(Failure::environment(format!("a long question was answered {}", answer.status)));
        }
    }
    let begun = Instant::now();
    while running(&mut client)? < asked.at_work() {
        if begun.elapsed() > BUSY_WITHIN {
            return Err(Failure::environment("the workers did not begin in time"));
        }
    }
    Ok(())
}

/// How many operations are at work, at most; a large one may be so on several workers.
fn running(client: &mut Client) -> Result<usize, Failure> {
    let answer = client.ask(b"GET /metrics HTTP/1.1\r\nhost: bench\r\n\r\n").map_err(|error| lost(&error))?;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let of = |line: &str| line.strip_prefix("roundsman_running_items{")?.rsplit(' ').next()?.parse::<f64>().ok();
    Ok(text.lines().filter_map(of).sum::<f64>() as usize)
}

fn post(path: &str, headers: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let head = format!("POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n{headers}");
    format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
