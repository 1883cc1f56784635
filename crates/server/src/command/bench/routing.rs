//! `bench routing`: how long it takes to derive a router, and how fast it answers, judged by the plain search.
//!
//! Everything is measured on the active dataset, between random nodes of its roads that hang together with the rest. What takes
//! milliseconds is timed by the thread's own processor time, or by the wall's clock where several threads work on it, as single
//! queries are; quote both with the machine's load. Full answers are those of Azure's directions, from the text of the request to
//! the text of the answer, without a socket.

use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use engine::{Budget, Dataset, Datasets, Engine, Profile};
use network::{EdgeId, NodeId};
use routing::{Draft, Order, Reach, Router, Scratch, Snap, Targets, Travel};
use serde_json::{Value, json};
use wire::{Handler, Method, Request};

use crate::cli::Common;
use crate::command::{datasets, map};
use crate::config::Raw;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// Repetitions of what takes milliseconds; the median counts.
const REPEATS: usize = 9;

/// How many edges get another speed at once.
const CHANGED: usize = 1000;

#[derive(Args)]
#[command(after_help = "\
    Examples:\n\
    \x20 roundsman bench routing --profile car --queries 1000 --matrix 1000 --seed 42 --threads 1 --json\n\
    \x20 roundsman bench routing --matrix 10000 --queries 100 --json")]
pub(crate) struct Routing {
    /// Who travels.
    #[arg(long, default_value = "car", value_parser = map::profile)]
    profile: Profile,
    /// Random pairs that are asked for, each judged by the plain search.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    queries: u32,
    /// Rows and columns of the matrix.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    matrix: u32,
    /// Start of the random stream.
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Threads that customize, change speeds and fill the matrix; single queries are those of one.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: u8,
}

impl Routing {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        let settings = common.config(Raw::default())?.engine;
        let (dataset, open_ms) = open(common)?;
        let router = dataset.router(self.profile);
        let wanted = (2 * self.queries as usize).max(self.matrix as usize);
        let places = places(&router, wanted, self.seed)?;
        let mut scratch = Scratch::default();
        let mut figures = json!({
            "dataset": dataset.id.as_str(),
            "profile": self.profile.name(),
            "threads": self.threads,
            "states": router.state_count(),
            "open_ms": open_ms,
        });
        let parts = [
            self.built(&router),
            self.asked(&router, &places, &mut scratch)?,
            self.rows(&router, &places[..places.len().min(self.matrix as usize)], &mut scratch),
            spread(&router, &places, &mut scratch),
            self.updated(&router, &places, &mut scratch)?,
            self.answered(&Engine::new(Some(Arc::clone(&dataset)), Arc::new(settings)), &places)?,
        ];
        for part in parts {
            if let (Value::Object(all), Value::Object(part)) = (&mut figures, part) {
                for (name, value) in part {
                    match (all.get_mut(&name), value.as_u64()) {
                        (Some(sum), Some(more)) => *sum = json!(sum.as_u64().unwrap_or(0) + more),
                        _ => _ = all.insert(name, value),
                    }
                }
            }
        }
        if common.json {
            output::json(&figures);
        } else if let Value::Object(all) = &figures {
            all.iter().for_each(|(name, value)| output::line(format_args!("{name:<24} {value}")));
        }
        Ok(if figures["mismatches_vs_dijkstra"] == 0 { Exit::Done } else { Exit::No })
    }

    /// Distances, and routes with their lines; each against the plain search.
    fn asked(&self, router: &Router, places: &[Snap], scratch: &mut Scratch) -> Result<Value, Failure> {
        let pairs = || places.chunks_exact(2).take(self.queries as usize).map(|pair| (&pair[0], &pair[1]));
        let (mut distances, mut routes, mut plain) = (Vec::new(), Vec::new(), Vec::new());
        let mut mismatches = 0;
        for (from, to) in pairs().take(100) {
            router.travel(scratch, from, to, &|| false).map_err(Failure::environment)?;
        }
        for (from, to) in pairs() {
            let begun = Instant::now();
            let travel = router.travel(scratch, from, to, &|| false).map_err(Failure::environment)?;
            distances.push(micros(begun));
            let begun = Instant::now();
            let path = router.route(scratch, from, to, &|| false).map_err(Failure::environment)?;
            routes.push(micros(begun));
            mismatches += u32::from(path.map(|path| path.travel) != travel);
        }
        for ((from, to), travel) in pairs().zip(travels(router, pairs(), scratch)) {
            let begun = Instant::now();
            let judged = router.route_plain(scratch, from, to, &|| false).map_err(Failure::environment)?;
            plain.push(micros(begun));
            mismatches += u32::from(judged.map(|path| path.travel) != travel);
        }
        Ok(json!({
            "query_us": spread_of(&mut distances),
            "route_us": spread_of(&mut routes),
            "dijkstra_us": spread_of(&mut plain),
            "mismatches_vs_dijkstra": mismatches,
        }))
    }

    /// A thousand other speeds in force, exact in the end.
    fn updated(&self, router: &Router, places: &[Snap], scratch: &mut Scratch) -> Result<Value, Failure> {
        let mut random = Random(self.seed + 1);
        let edges = router.network().edge_count();
        let mut took = Vec::new();
        let threads = usize::from(self.threads);
        let mut updated = router.with_speeds(&[], threads);
        for _ in 0..REPEATS {
            let mut speed = || (EdgeId(random.below(edges)), random.below(60));
            let speeds: Vec<(EdgeId, u32)> = (0..CHANGED).map(|_| speed()).collect();
            let (changed, seconds) = self.timed(|| router.with_speeds(&speeds, threads));
            updated = changed;
            took.push(seconds * 1e3);
        }
        let mut mismatches = 0;
        for pair in places.chunks_exact(2).take(self.queries.min(200) as usize) {
            let fast = updated.travel(scratch, &pair[0], &pair[1], &|| false).map_err(Failure::environment)?;
            let plain = updated.route_plain(scratch, &pair[0], &pair[1], &|| false).map_err(Failure::environment)?;
            mismatches += u32::from(plain.map(|path| path.travel) != fast);
        }
        took.sort_by(f64::total_cmp);
        Ok(json!({"update_1000_ms": took[REPEATS / 2], "mismatches_vs_dijkstra": mismatches}))
    }

    /// Full answers, from text to text.
    fn answered(&self, engine: &Engine, places: &[Snap]) -> Result<Value, Failure> {
        let at = |place: &Snap| format!("{},{}", place.at.lat(), place.at.lon());
        let mut took = Vec::new();
        let mut bytes = 0;
        for pair in places.chunks_exact(2).take(self.queries.min(1000) as usize) {
            let mode = self.profile.name();
            let request = Request {
                method: Method::Get,
                path: "/route/directions/json".to_owned(),
                query: format!("api-version=1.0&travelMode={mode}&query={}:{}", at(&pair[0]), at(&pair[1])),
                headers: Vec::new(),
                body: Vec::new(),
                base_url: "http://localhost".to_owned(),
                received_ms: 1_700_000_000_000,
            };
            let begun = Instant::now();
            let endpoint = (azure::DIALECT.endpoint)(&request);
            let Ok(Handler::Answer(answer)) = endpoint.map(|endpoint| &endpoint.handler) else {
                return Err(Failure::environment("directions are not answered at once"));
            };
            bytes += answer(engine, &request, &Budget::default()).bytes().map_or(0, <[u8]>::len);
            took.push(micros(begun));
        }
        Ok(json!({"route_json_us": spread_of(&mut took), "route_json_bytes": bytes / took.len().max(1)}))
    }

    /// How long each phase takes that leads from the network to a router.
    fn built(&self, router: &Router) -> Value {
        let (network, profile) = (Arc::clone(router.shared_network()), router.profile());
        let (order, order_s) = timed(|| Order::new(&network, profile.family(), 1));
        let (draft, layout_s) = timed(|| Draft::new(network, profile));
        let (contracted, contract_s) = timed(|| draft.contract(&order));
        let ((), triangles_s) = timed(|| contracted.list_triangles());
        let threads = usize::from(self.threads);
        let mut took: Vec<f64> = (0..REPEATS).map(|_| self.timed(|| contracted.customize(threads)).1).collect();
        took.sort_by(f64::total_cmp);
        json!({
            "order_s": order_s,
            "layout_s": layout_s,
            "contract_s": contract_s,
            "triangles_s": triangles_s,
            "customize_s": took[REPEATS / 2],
        })
    }

    /// Cells of a square matrix a second, in seconds and metres, the preparation of the targets included.
    fn rows(&self, router: &Router, places: &[Snap], scratch: &mut Scratch) -> Value {
        let share = places.len().div_ceil(usize::from(self.threads)).max(1);
        let ((prepare_s, sum), seconds) = self.timed(|| {
            let (targets, prepare_s) = timed(|| router.targets(places));
            let sum = std::thread::scope(|scope| {
                let mut shares = places.chunks(share);
                let first = shares.next().unwrap_or_default();
                let some = |rows: &[Snap]| checksum(router, &targets, rows, &mut Scratch::default());
                let others: Vec<_> = shares.map(|rows| scope.spawn(move || some(rows))).collect();
                let mine = checksum(router, &targets, first, scratch);
                others.into_iter().filter_map(|other| other.join().ok()).fold(mine, u64::wrapping_add)
            });
            (prepare_s, sum)
        });
        let cells = places.len() as f64 * places.len() as f64;
        json!({
            "matrix_size": places.len(),
            "matrix_cells_per_s": cells / seconds,
            "matrix_targets_s": prepare_s,
            "matrix_checksum": sum.to_string(),
        })
    }

    /// What work made, and its seconds: the processor's for one thread, the wall's for several.
    fn timed<T>(&self, work: impl FnOnce() -> T) -> (T, f64) {
        if self.threads == 1 {
            return timed(work);
        }
        let begun = Instant::now();
        let result = work();
        (result, begun.elapsed().as_secs_f64())
    }
}

/// Fills rows of a matrix, and adds up their first cells.
fn checksum(router: &Router, targets: &Targets<'_>, rows: &[Snap], scratch: &mut Scratch) -> u64 {
    let (mut durations_s, mut distances_m) = (vec![0_u32; targets.len()], vec![0_u32; targets.len()]);
    let mut sum = 0_u64;
    let mut keep = |_, row: &[Reach]| {
        for ((duration_s, distance_m), cell) in durations_s.iter_mut().zip(&mut distances_m).zip(row) {
            (*duration_s, *distance_m) = cell.rounded();
        }
        sum = sum.wrapping_add(u64::from(durations_s[0]) + u64::from(distances_m[0]));
    };
    match router.rows(scratch, rows, targets, &|| false, &mut keep) {
        Ok(()) => sum,
        Err(interrupted) => unreachable!("nobody interrupts: {interrupted}"),
    }
}

fn travels<'a>(
    router: &Router,
    pairs: impl Iterator<Item = (&'a Snap, &'a Snap)>,
    scratch: &mut Scratch,
) -> Vec<Option<Travel>> {
    pairs.map(|(from, to)| router.travel(scratch, from, to, &|| false).ok().flatten()).collect()
}

/// Opens the active dataset; the milliseconds it took, as the median of several.
fn open(common: &Common) -> Result<(Arc<Dataset>, f64), Failure> {
    let mut took = Vec::new();
    for _ in 0..REPEATS {
        let (opened, seconds) = timed(|| active(common));
        drop(opened?);
        took.push(seconds * 1e3);
    }
    took.sort_by(f64::total_cmp);
    Ok((active(common)?, took[REPEATS / 2]))
}

/// The active dataset.
pub(super) fn active(common: &Common) -> Result<Arc<Dataset>, Failure> {
    let all = Datasets::new(&common.data);
    let no_map = || Failure::environment("no map is loaded: import one with `roundsman import FILE.osm.pbf`");
    let id = all.active_id().map_err(datasets::failure)?.ok_or_else(no_map)?;
    all.open(&id).map_err(datasets::failure)
}

/// Random nodes that the router's profile can get to and away from, at their own coordinates.
pub(super) fn places(router: &Router, wanted: usize, seed: u64) -> Result<Vec<Snap>, Failure> {
    let network = router.network();
    let mut random = Random(seed);
    let mut places = Vec::with_capacity(wanted);
    for _ in 0..200 * wanted {
        if places.len() == wanted {
            break;
        }
        let node = NodeId(random.below(network.node_count()));
        let found = router.snap(network.coordinate(node), 1.0).ok();
        places.extend(found.filter(|place| place.distance_m < 0.01 && router.is_well_connected(place)));
    }
    if places.len() < wanted {
        return Err(Failure::no(format!("the map has no roads for {} that hang together", router.profile().name())));
    }
    Ok(places)
}

/// What is within ten and thirty minutes of some places.
fn spread(router: &Router, places: &[Snap], scratch: &mut Scratch) -> Value {
    let mut figures = serde_json::Map::new();
    let mut reached = 0;
    for minutes in [10, 30] {
        let mut took: Vec<f64> = Vec::new();
        for from in places.iter().take(50) {
            let (found, seconds) =
                timed(|| router.within(scratch, from, minutes * 60_000, &|| false).map_or(0, <[_]>::len));
            reached = found;
            took.push(seconds * 1e3);
        }
        took.sort_by(f64::total_cmp);
        figures.insert(minutes.to_string(), json!(took[took.len() / 2]));
    }
    json!({"isochrone_ms": figures, "isochrone_edges": reached})
}

/// What work made, and the seconds of the processor that it took.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begun = processor_s();
    let result = work();
    (result, processor_s() - begun)
}

/// Processor time of this thread so far.
pub(super) fn processor_s() -> f64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

fn micros(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e6
}

fn spread_of(took: &mut [f64]) -> Value {
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    json!({"median": at(0.5), "p95": at(0.95)})
}

/// A stream of numbers: G. L. Steele, D. Lea and C. H. Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, end: usize) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as u32
    }
}
