//! Several nodes over one PostgreSQL and one bucket: some that serve, some that work. Any of them answers any poll, the map reaches
//! all of them, and a worker that is killed, stopped or cut off is not missed; when it comes back, it is fenced.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;
#[path = "../../operations/tests/store/postgres.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the store's tests use all of it"
)]
mod postgres;
#[path = "../../operations/tests/store/s3.rs"]
#[allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "the store's tests use all of it")]
mod s3;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};

use common::{Server, data_with_map, empty_data, finally, json, roundsman, text};
use serde_json::{Value, json};

/// What the nodes share.
struct Shared {
    store: String,
    blobs: String,
    variables: Vec<(&'static str, String)>,
    bucket: Option<s3::Bucket>,
    _folder: tempfile::TempDir,
    /// The bucket's server runs on it.
    runtime: tokio::runtime::Runtime,
}

impl Shared {
    /// PostgreSQL and a folder.
    fn with_folder() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let folder = empty_data();
        Self {
            store: runtime.block_on(postgres::new_database()),
            blobs: format!("file:{}", folder.path().join("blobs").display()),
            variables: Vec::new(),
            bucket: None,
            _folder: folder,
            runtime,
        }
    }

    /// The same where somebody is to be missed soon. On a busy machine a lease of two seconds may run out under a worker that is well, so
    /// this is for those alone that need it.
    fn with_short_leases(self) -> Self {
        self.with("ROUNDSMAN_OPERATIONS__LEASE_S", "2")
    }

    /// The same where the smallest map is imported in stages.
    fn with_cut_maps(self) -> Self {
        self.with("ROUNDSMAN_DATASETS__CUT_BYTES", "1")
    }

    fn with(self, name: &'static str, value: &str) -> Self {
        Self { variables: [self.variables, vec![(name, value.to_owned())]].concat(), ..self }
    }

    /// PostgreSQL and a server that speaks S3.
    fn with_bucket() -> Self {
        let mut shared = Self::with_folder();
        let bucket = shared.runtime.block_on(s3::Bucket::start());
        shared.variables.extend(bucket.variables());
        Self { blobs: "s3://bucket/roundsman".to_owned(), bucket: Some(bucket), ..shared }
    }

    fn serve(&self, data: &Path, workers: &str) -> Server {
        self.serve_by(roundsman(), data, workers)
    }

    fn serve_by(&self, mut program: Command, data: &Path, workers: &str) -> Server {
        program.arg("--data").arg(data).args(["serve", "--listen", "127.0.0.1:0"]);
        program.args(["--store", &self.store, "--blobs", &self.blobs, "--workers", workers]);
        program.envs(self.variables.iter().map(|(name, value)| (*name, value.as_str())));
        Server::from_command(program)
    }

    fn worker(&self, data: &Path) -> Server {
        self.worker_by(data, &self.store)
    }

    /// A worker that reaches the database by this way.
    fn worker_by(&self, data: &Path, store: &str) -> Server {
        let mut command = roundsman();
        command.arg("--data").arg(data).args(["worker", "--store", store, "--blobs", &self.blobs]);
        command.args(["--workers", "1", "--listen", "127.0.0.1:0"]);
        command.envs(self.variables.iter().map(|(name, value)| (*name, value.as_str())));
        Server::from_command(command)
    }
}

/// A matrix of more cells than are computed in one go, over the sample map.
fn matrix() -> String {
    let place = |number: u32, offset: f64| {
        [-122.3350 + 0.0021 * f64::from(number % 11) + offset, 47.655 + 0.0009 * f64::from(number % 7) + offset / 3.0]
    };
    let places = |count: u32, offset: f64| (0..count).map(|number| place(number, offset)).collect::<Vec<_>>();
    json!({"origins": places(1001, 0.0), "destinations": places(501, 0.0004)}).to_string()
}

fn later(server: &Server, path: &str, body: &str) -> String {
    let headers = [("prefer", "respond-async"), ("content-type", "application/json")];
    let accepted = server.ask("POST", path, &headers, body.as_bytes());
    assert_eq!(accepted.status, 202, "{}", text(&accepted.body));
    accepted.json()["id"].as_str().unwrap().to_owned()
}

fn ended(server: &Server, id: &str) -> Value {
    let view = || server.get(&format!("/api/v1/operations/{id}")).json();
    finally("the end", || Some(view()).filter(|view| !view["finishedAt"].is_null()))
}

#[test]
fn a_matrix_is_worked_on_by_all_and_survives_a_killed_worker() {
    let (shared, first, second) = (Shared::with_folder().with_short_leases(), data_with_map(), empty_data());
    let (at, other) = (shared.serve(first.path(), "0"), shared.serve(second.path(), "0"));
    finally("the map on the second node", || (other.get("/readyz").status == 200).then_some(()));
    let (one, two) = (empty_data(), empty_data());
    let (doomed, worker) = (shared.worker(one.path()), shared.worker(two.path()));

    let id = later(&at, "/api/v1/matrix", &matrix());
    finally("a part", || {
        let view = other.get(&format!("/api/v1/operations/{id}")).json();
        (view["state"] != "notStarted").then_some(())
    });
    doomed.kill();
    let view = ended(&other, &id);
    assert_eq!((&view["state"], &view["progress"]["total"]), (&"succeeded".into(), &4.into()), "{view}");
    let at_once = at.post("/api/v1/matrix", matrix());
    assert_eq!(at_once.status, 200);
    for node in [&at, &other] {
        let result = node.get(&format!("/api/v1/operations/{id}/result"));
        assert!(result.status == 200 && result.body == at_once.body, "{} bytes", result.body.len());
    }
    let part = other.ask("GET", &format!("/api/v1/operations/{id}/result"), &[("range", "bytes=100000-100099")], b"");
    assert!(part.status == 206 && part.body == at_once.body[100_000..100_100]);
    assert_eq!(worker.get("/readyz").status, 200);
    assert_eq!(worker.get("/api/v1/operations").status, 404);
    assert!(text(&worker.get("/metrics").body).contains("roundsman_items_completed_total"));
    assert_eq!(worker.signal("TERM").code(), Some(0));
}

#[test]
fn map_and_results_reach_everybody_through_the_bucket() {
    let (shared, first, second, third) = (Shared::with_bucket(), empty_data(), empty_data(), empty_data());
    let town = first.path().join("town.osm.pbf");
    testkit::Map::new("a b c d e")
        .origin(47.66, -122.31)
        .spacing_m(400.0)
        .way("abcde", &[("highway", "residential")])
        .write_pbf(&town);
    let imported = json(first.path(), &["import", town.to_str().unwrap(), "--json"]);
    let dataset = imported["dataset"].as_str().unwrap();
    let (at, other) = (shared.serve(first.path(), "0"), shared.serve(second.path(), "0"));
    let _worker = shared.worker(third.path());
    finally("the map on the second node", || (other.get("/readyz").status == 200).then_some(()));
    let places: Vec<Value> = (0..150).map(|n| json!([-122.3099 + 0.0001 * f64::from(n), 47.6601])).collect();
    let matrix = json!({"origins": places, "destinations": places}).to_string();
    let id = later(&at, "/api/v1/matrix", &matrix);
    let view = ended(&other, &id);
    assert_eq!(view["state"], "succeeded", "{view}");
    let at_once = other.post("/api/v1/matrix", matrix);
    for node in [&at, &other] {
        let path = format!("/api/v1/operations/{id}/result");
        let result = node.get(&path);
        assert!(result.status == 200 && result.body == at_once.body, "{} bytes", result.body.len());
        let part = node.ask("GET", &path, &[("range", "bytes=70000-70099")], b"");
        assert!(part.status == 206 && part.body == at_once.body[70_000..70_100]);
    }
    // The map was published by its content and fetched by the worker, and what is large lies in the bucket.
    let objects = shared.bucket.as_ref().unwrap().objects();
    let has = |part: &str| objects.iter().any(|path| path.to_str().unwrap().contains(part));
    assert!(has(&format!("datasets/{dataset}/manifest.json")) && has(&id), "{objects:?}");
    assert!(third.path().join("datasets").join(dataset).join("manifest.json").is_file());
}

/// A GET whose answer may break off: what was announced, and what came of it.
fn cut_short(server: &Server, path: &str) -> (usize, Vec<u8>) {
    let host = server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // However the connection ends.
    let _ = stream.read_to_end(&mut answer);
    let begin = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let head = text(&answer[..begin]).to_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let announced = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().trim().parse();
    (announced.unwrap(), answer.split_off(begin))
}

#[test]
fn a_matrix_in_bands_is_read_from_the_bucket_piece_by_piece() {
    let (shared, first, second) = (Shared::with_bucket(), data_with_map(), empty_data());
    let server = shared.serve(first.path(), "0");
    let _worker = shared.worker(second.path());
    let id = later(&server, "/api/v1/matrix", &matrix());
    let view = ended(&server, &id);
    assert_eq!((&view["state"], &view["progress"]["total"]), (&"succeeded".into(), &4.into()), "{view}");
    let at_once = server.post("/api/v1/matrix", matrix()).body;
    let path = format!("/api/v1/operations/{id}/result");
    assert!(server.get(&path).body == at_once);
    // Where the metres begin, one band ends and the next piece is text.
    let border = at_once.windows(12).position(|text| text == b"],\"distances").unwrap();
    for (from, to) in [(border - 3, border + 20), (0, 14), (at_once.len() - 5, at_once.len() - 1), (100, border + 1000)]
    {
        let part = server.ask("GET", &path, &[("range", &format!("bytes={from}-{to}"))], b"");
        assert!(part.status == 206 && part.body == at_once[from..=to], "{from}-{to}");
    }
    let bucket = shared.bucket.as_ref().unwrap();
    let of_part = |seq: u32| {
        let place = format!("{id}/{seq}/");
        bucket.objects().into_iter().filter(move |path| path.to_str().unwrap().contains(&place)).collect::<Vec<_>>()
    };
    assert_eq!((1..=5).map(|seq| of_part(seq).len()).collect::<Vec<_>>(), [1, 1, 1, 1, 0], "no copy of it");
    // A piece that is gone is told: by a connection that breaks off, and before the first byte by its status.
    std::fs::remove_file(&of_part(3)[0]).unwrap();
    let (announced, came) = cut_short(&server, &path);
    assert!(announced == at_once.len() && came.len() < border && at_once.starts_with(&came), "{}", came.len());
    let behind = server.ask("GET", &path, &[("range", &format!("bytes={}-", at_once.len() - 100))], b"");
    assert!(behind.status == 206 && at_once.ends_with(&behind.body));
    let from_there = server.ask("GET", &path, &[("range", &format!("bytes={}-", came.len() + 2))], b"");
    assert!(from_there.status == 503 && text(&from_there.body).contains("missing"), "{}", text(&from_there.body));
}

/// A small plan as the crow flies, with these options of the search.
fn plan(options: &Value) -> String {
    let place = json!({"latitude": 47.6, "longitude": -122.3});
    let items: Vec<Value> = (0..6)
        .map(|number| {
            json!({"name": format!("stop {number}"), "location": {"latitude": 47.61, "longitude": -122.31 + 0.01 * f64::from(number)},
                "dwellTime": "01:50:00", "priority": 1, "openingTime": "2030-05-02T08:00:00", "closingTime": "2030-05-02T18:00:00"})
        })
        .collect();
    let shift = json!({"startTime": "2030-05-02T08:00:00", "startLocation": place, "endTime": "2030-05-02T18:00:00",
        "endLocation": place});
    let mut options = options.clone();
    (options["seed"], options["threads"]) = (1.into(), 1.into());
    json!({"agents": [{"name": "Mei", "shifts": [shift]}], "itineraryItems": items, "roadnetwork": false, "options": options})
        .to_string()
}

#[test]
fn a_plan_in_rounds_is_the_same_whoever_searches_it_and_survives_a_killed_worker() {
    let (shared, data) = (Shared::with_folder().with_short_leases(), empty_data());
    let server = shared.serve(data.path(), "0");
    let (one, two) = (empty_data(), empty_data());
    let (doomed, _heir) = (shared.worker(one.path()), shared.worker(two.path()));
    let asked = plan(&json!({"steps": 150_000, "islands": 2, "rounds": 3}));
    let id = later(&server, "/api/v1/optimize", &asked);
    let view = || server.get(&format!("/api/v1/operations/{id}")).json();
    // Two islands a round, and what was planned is known from the first on.
    finally("the second round", || {
        let view = view();
        (view["progress"]["total"].as_u64() >= Some(4) && view["progress"]["done"].as_u64() >= Some(2)).then_some(())
    });
    doomed.kill();
    let view = ended(&server, &id);
    assert_eq!((&view["state"], &view["progress"]["done"]), (&"succeeded".into(), &6.into()), "{view}");
    let result = server.get(&format!("/api/v1/operations/{id}/result"));
    let in_one_go = server.post("/api/v1/optimize", asked);
    assert_eq!(in_one_go.status, 200, "{}", text(&in_one_go.body));
    assert_eq!(text(&result.body), text(&in_one_go.body));
}

#[test]
fn what_was_accepted_is_finished_by_whoever_is_left() {
    let (shared, data) = (Shared::with_folder().with_short_leases(), empty_data());
    let server = shared.serve(data.path(), "1");
    let accepted: Vec<String> =
        (0..20).map(|_| later(&server, "/api/v1/optimize", &plan(&json!({"steps": 10})))).collect();
    server.kill();
    let other = empty_data();
    let server = shared.serve(other.path(), "1");
    for id in accepted {
        assert_eq!(ended(&server, &id)["state"], "succeeded");
    }
}

/// Another build of the program (`ROUNDSMAN_OLDER`; `make torture` builds that of a release before), or this one again.
fn older() -> Command {
    match std::env::var_os("ROUNDSMAN_OLDER") {
        Some(path) => common::without_settings(Command::new(path)),
        None => roundsman(),
    }
}

/// Two builds over one database: beside each other, then the newer alone, then back, always with work in flight.
#[test]
fn two_builds_work_side_by_side_forward_and_back() {
    let (shared, one, two) = (Shared::with_folder(), empty_data(), empty_data());
    let older = || shared.serve_by(older(), one.path(), "1");
    let newer = || shared.serve(two.path(), "1");
    let mut accepted = Vec::new();
    let mut hand_in = |node: &Server| {
        for _ in 0..10 {
            accepted.push(later(node, "/api/v1/optimize", &plan(&json!({"steps": 2_000}))));
        }
        accepted.push(later(node, "/api/v1/optimize", &plan(&json!({"steps": 50_000}))));
    };
    let first = older();
    hand_in(&first);
    let second = newer();
    hand_in(&first);
    hand_in(&second);
    // What only the newer build knows waits for it.
    let in_rounds = later(&second, "/api/v1/optimize", &plan(&json!({"steps": 20_000, "islands": 2, "rounds": 2})));
    assert_eq!(first.signal("TERM").code(), Some(0));
    hand_in(&second);
    let first = older();
    hand_in(&first);
    assert_eq!(ended(&first, &in_rounds)["state"], "succeeded", "any node answers, whoever worked on it");
    assert_eq!(second.signal("TERM").code(), Some(0));
    hand_in(&first);
    accepted.push(in_rounds);
    let results = |node: &Server| -> Vec<Vec<u8>> {
        accepted
            .iter()
            .map(|id| {
                let view = ended(node, id);
                // Planned and joined twice, searched four times; all else once: a stop in order charges nobody.
                let rounds = view["progress"]["total"] == 4;
                assert_eq!(
                    (&view["state"], &view["attempts"]),
                    (&"succeeded".into(), &(if rounds { 7 } else { 1 }).into())
                );
                node.get(&format!("/api/v1/operations/{id}/result")).body
            })
            .collect()
    };
    let before = results(&first);
    // The same by the newer build: I2 and I3 over the change.
    let second = newer();
    assert_eq!(first.signal("TERM").code(), Some(0));
    assert!(results(&second) == before);
    assert!(before[..10].iter().all(|result| *result == before[0]), "equal questions, equal answers");
}

/// The way from a worker to the database. While it is cut, nothing passes, and nobody hears of that; bytes that were sent arrive when
/// it is whole again, as TCP has it.
struct Way {
    port: u16,
    is_cut: Arc<(Mutex<bool>, Condvar)>,
}

impl Way {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let way = Self { port: listener.local_addr().unwrap().port(), is_cut: Arc::default() };
        let is_cut = Arc::clone(&way.is_cut);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { return };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to, is_cut) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(&is_cut));
                    std::thread::spawn(move || pass(from, to, &is_cut));
                }
            }
        });
        way
    }

    fn set_cut(&self, cut: bool) {
        *self.is_cut.0.lock().unwrap() = cut;
        self.is_cut.1.notify_all();
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, is_cut: &(Mutex<bool>, Condvar)) {
    let mut bytes = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        drop(is_cut.1.wait_while(is_cut.0.lock().unwrap(), |cut| *cut));
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = (to.shutdown(Shutdown::Both), from.shutdown(Shutdown::Both));
}

/// Sends a street of so many crossings, to be imported and put to use; the operation.
fn send_map(node: &Server, name: &str, letters: &str) -> String {
    let folder = empty_data();
    let file = folder.path().join("street.osm.pbf");
    let drawn: Vec<String> = letters.chars().map(String::from).collect();
    let map = testkit::Map::new(&drawn.join(" ")).origin(47.66, -122.31).spacing_m(400.0);
    map.way(letters, &[("highway", "residential")]).write_pbf(&file);
    let path = format!("/api/v1/datasets?name={name}&activate=true");
    let accepted = node.ask("POST", &path, &[], &std::fs::read(file).unwrap());
    assert_eq!(accepted.status, 202, "{}", text(&accepted.body));
    accepted.json()["id"].as_str().unwrap().to_owned()
}

/// What all nodes use, once they agree.
fn in_use(nodes: [&Server; 2], name: &str) -> Value {
    finally("the map everywhere", || {
        let used = nodes.map(|node| node.get("/readyz").json()["dataset"].clone());
        (used[0] == used[1] && used[0].as_str()?.starts_with(name)).then(|| used[0].clone())
    })
}

/// A map that is sent to one node is imported by a worker and used by all. A worker that was lost over it, and ends its import when
/// others have gone on, does not make its dataset the one in use.
#[test]
fn an_import_reaches_everybody_and_a_lost_worker_publishes_nothing() {
    let (shared, first, second) = (Shared::with_bucket().with_short_leases(), empty_data(), empty_data());
    let (at, other) = (shared.serve(first.path(), "0"), shared.serve(second.path(), "0"));
    let (one, two) = (empty_data(), empty_data());
    // As if somebody else were building a dataset there: the import waits for that.
    std::fs::create_dir_all(one.path().join("datasets")).unwrap();
    let held = std::fs::File::create(one.path().join("datasets/.build.lock")).unwrap();
    held.lock().unwrap();
    let lost = shared.worker(one.path());
    let import = send_map(&at, "first", "abcde");
    let view = || other.get(&format!("/api/v1/operations/{import}")).json();
    // The claim is written down before a thread takes the work up.
    finally("the beginning", || (lost.figure("roundsman_attempts_total") > 0).then_some(()));
    lost.send("STOP");
    let _heir = shared.worker(two.path());
    let ended_first = ended(&other, &import);
    succeeded_after_a_loss(&ended_first);
    let used = in_use([&at, &other], "first-");
    assert_eq!(other.get(&format!("/api/v1/operations/{import}/result")).json()["id"], used);

    let next = send_map(&other, "second", "abcdefg");
    assert_eq!(ended(&at, &next)["state"], "succeeded");
    let used = in_use([&at, &other], "second-");
    drop(held);
    lost.send("CONT");
    finally("a fenced write", || (lost.figure("roundsman_fenced_writes_total") > 0).then_some(()));
    assert_eq!(view(), ended_first, "what has ended stays as it ended");
    for node in [&at, &other] {
        let all = node.get("/api/v1/datasets").json()["datasets"].clone();
        let is_active = |one: &Value| (one["id"] == used, one["active"] == true);
        assert!(all.as_array().unwrap().iter().map(is_active).all(|(used, active)| used == active), "{all}");
        assert_eq!(all.as_array().unwrap().len(), 2);
    }
    // Any node lists, any node deletes.
    let first_id = all_but(&at, &used);
    assert_eq!(other.ask("DELETE", &format!("/api/v1/datasets/{first_id}"), &[], b"").status, 204);
    assert_eq!(at.get("/api/v1/datasets").json()["datasets"].as_array().unwrap().len(), 1);
}

fn all_but(node: &Server, used: &Value) -> String {
    let all = node.get("/api/v1/datasets").json()["datasets"].clone();
    let found = all.as_array().unwrap().iter().find(|one| one["id"] != *used).unwrap()["id"].clone();
    found.as_str().unwrap().to_owned()
}

/// Sends the bundled map, to be imported in stages and put to use; the operation.
fn send_town(node: &Server) -> String {
    let path = "/api/v1/datasets?name=seattle-udistrict&activate=true";
    let accepted = node.ask("POST", path, &[], &std::fs::read(common::map_file()).unwrap());
    assert_eq!(accepted.status, 202, "{}", text(&accepted.body));
    accepted.json()["id"].as_str().unwrap().to_owned()
}

/// The files of all datasets in a data folder, by their names, without what is dated.
fn dataset_files(data: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for dataset in std::fs::read_dir(data.join("datasets")).unwrap().map(|entry| entry.unwrap().path()) {
        for file in std::fs::read_dir(&dataset).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            let name = file.strip_prefix(data).unwrap().to_str().unwrap().to_owned();
            let mut bytes = std::fs::read(&file).unwrap();
            if name.ends_with("manifest.json") {
                let mut manifest: Value = serde_json::from_slice(&bytes).unwrap();
                manifest["created_ms"] = 0.into();
                bytes = manifest.to_string().into();
            }
            files.push((name, bytes));
        }
    }
    files.sort();
    files
}

/// How many parts of an import are done. All of them are 5: the network, and four shares behind it.
fn parts_done(node: &Server, import: &str) -> u64 {
    let view = node.get(&format!("/api/v1/operations/{import}")).json();
    assert!(view["progress"]["total"].as_u64() <= Some(5), "{view}");
    view["progress"]["done"].as_u64().unwrap_or(0)
}

#[test]
fn an_import_in_stages_loses_to_killed_workers_what_they_were_at() {
    let (shared, data) = (Shared::with_bucket().with_short_leases().with_cut_maps(), empty_data());
    let node = shared.serve(data.path(), "0");
    let import = send_town(&node);
    let bucket = shared.bucket.as_ref().unwrap();
    let held = || bucket.held.load(std::sync::atomic::Ordering::SeqCst);
    // Held up while they put what they made into the bucket: one with the network, one with a share, one with the last share or the
    // manifest.
    let mut parts = 0;
    for from in [0, 1, 4] {
        let folder = empty_data();
        bucket.holds.send((from == 0).then_some("")).unwrap();
        let doomed = shared.worker(folder.path());
        finally("its stage", || (parts_done(&node, &import) >= from).then_some(()));
        let before = held();
        bucket.holds.send(Some("")).unwrap();
        finally("a write", || (held() > if from == 0 { 0 } else { before }).then_some(()));
        doomed.kill();
        let done = parts_done(&node, &import);
        assert!(parts <= done && from <= done, "{done} after {parts}");
        parts = done;
    }
    bucket.holds.send(None).unwrap();
    let folder = empty_data();
    let heir = shared.worker(folder.path());
    let view = ended(&node, &import);
    assert_eq!((&view["state"], &view["progress"]["done"]), (&"succeeded".into(), &5.into()), "{view}");
    // The planner, five parts and two joins, and once more what the three were at.
    assert!(view["attempts"].as_u64() >= Some(8 + 3), "{view}");
    finally("all of its work", || (heir.figure("roundsman_items_completed_total") == 5 - parts + 1).then_some(()));
    finally("the map", || (node.get("/readyz").status == 200).then_some(()));
    let (made, in_place) = (dataset_files(data.path()), dataset_files(data_with_map().path()));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|file| file.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&made), names(&in_place));
    assert!(in_place.len() > 10);
    for ((name, made), (_, in_place)) in made.iter().zip(&in_place) {
        assert!(made == in_place, "{name} is another than that of an import in place");
    }
}

#[test]
fn an_import_in_stages_whose_worker_dies_over_the_manifest_is_ended_by_another() {
    let (shared, data) = (Shared::with_bucket().with_short_leases().with_cut_maps(), empty_data());
    let node = shared.serve(data.path(), "0");
    let bucket = shared.bucket.as_ref().unwrap();
    // What the last join writes, and nobody else.
    bucket.holds.send(Some("manifest.json")).unwrap();
    let import = send_town(&node);
    let (one, two) = (empty_data(), empty_data());
    let doomed = shared.worker(one.path());
    finally("the manifest", || (bucket.held.load(std::sync::atomic::Ordering::SeqCst) > 0).then_some(()));
    assert_eq!(parts_done(&node, &import), 5);
    let view = || node.get(&format!("/api/v1/operations/{import}")).json();
    // A planner, five parts, two joins.
    assert_eq!((&view()["state"], &view()["attempts"]), (&"running".into(), &8.into()), "{}", view());
    assert_eq!(node.get("/api/v1/datasets").json()["datasets"], json!([]));
    doomed.kill();
    bucket.holds.send(None).unwrap();
    let heir = shared.worker(two.path());
    let ended = ended(&node, &import);
    assert_eq!((&ended["state"], &ended["attempts"]), (&"succeeded".into(), &9.into()), "{ended}");
    finally("its one item", || (heir.figure("roundsman_items_completed_total") == 1).then_some(()));
    finally("the map", || (node.get("/readyz").status == 200).then_some(()));
    let (made, in_place) = (dataset_files(data.path()), dataset_files(data_with_map().path()));
    assert!(made == in_place && made.len() > 10, "{} files", made.len());
}

#[test]
fn an_import_in_stages_is_shared_and_found_the_second_time() {
    let (shared, data) = (Shared::with_folder().with_cut_maps(), empty_data());
    let node = shared.serve(data.path(), "0");
    let (one, two) = (empty_data(), empty_data());
    let workers = [shared.worker(one.path()), shared.worker(two.path())];
    let import = send_town(&node);
    let view = ended(&node, &import);
    assert_eq!((&view["state"], &view["attempts"]), (&"succeeded".into(), &8.into()), "{view}");
    let completed = || workers.each_ref().map(|worker| worker.figure("roundsman_items_completed_total"));
    finally("all items", || (completed().iter().sum::<u64>() == 8).then_some(()));
    assert!(completed().iter().all(|count| *count > 0), "{:?}", completed());
    // The planner finds it and cuts nothing.
    let again = ended(&node, &send_town(&node));
    assert_eq!((&again["state"], &again["attempts"]), (&"succeeded".into(), &1.into()), "{again}");
    let result = |id: &Value| node.get(&format!("/api/v1/operations/{}/result", id.as_str().unwrap())).json();
    assert_eq!(result(&again["id"])["id"], result(&view["id"])["id"]);
    for worker in [&one, &two] {
        assert_eq!(std::fs::read_dir(worker.path().join("imports")).unwrap().count(), 0);
    }
}

#[test]
fn an_import_in_stages_that_is_cancelled_makes_nothing() {
    let (shared, data) = (Shared::with_folder().with_short_leases().with_cut_maps(), empty_data());
    let node = shared.serve(data.path(), "0");
    let folder = empty_data();
    let worker = shared.worker(folder.path());
    let import = send_town(&node);
    finally("the second stage", || (parts_done(&node, &import) > 0).then_some(()));
    let cancelled = node.ask("DELETE", &format!("/api/v1/operations/{import}"), &[], b"").json();
    assert_eq!(cancelled["state"], "canceled", "{cancelled}");
    finally("the end of its work", || {
        (std::fs::read_dir(folder.path().join("imports")).unwrap().count() == 0).then_some(())
    });
    assert_eq!(node.get("/api/v1/datasets").json()["datasets"], json!([]));
    assert_eq!(node.get("/readyz").status, 503);
    // What it had put into the bucket is in nobody's way.
    assert_eq!(ended(&node, &send_town(&node))["state"], "succeeded");
    finally("the map", || (node.get("/readyz").status == 200).then_some(()));
    assert!(worker.figure("roundsman_items_completed_total") > 8);
}

#[test]
fn a_map_that_is_none_or_too_large_ends_its_stages_with_a_sentence() {
    let memory = "ROUNDSMAN_DATASETS__MEMORY_BYTES";
    for (shared, bytes, code) in [
        (Shared::with_folder().with_cut_maps(), 40, "InvalidMap"),
        (Shared::with_folder().with_cut_maps().with(memory, "1"), 0, "TooMuchMemory"),
    ] {
        let data = empty_data();
        let node = shared.serve(data.path(), "1");
        let map = std::fs::read(common::map_file()).unwrap();
        let sent = node.ask("POST", "/api/v1/datasets?name=a", &[], &map[..map.len() - bytes]).json();
        let view = ended(&node, sent["id"].as_str().unwrap());
        assert_eq!((&view["state"], &view["error"]["code"]), (&"failed".into(), &code.into()), "{view}");
        assert!(!view["error"]["message"].as_str().unwrap().contains(data.path().to_str().unwrap()), "{view}");
    }
}

/// Another attempt than the first has succeeded; on a busy machine the second may have lost its lease as well.
fn succeeded_after_a_loss(ended: &Value) {
    assert!(ended["state"] == "succeeded" && ended["attempts"].as_u64() >= Some(2), "{ended}");
}

/// A worker is lost to the others while it plans and comes back when another has done its work.
fn a_lost_worker_is_fenced(lose: impl FnOnce(&Server, &Way), find: impl FnOnce(&Server, &Way)) {
    let (shared, data) = (Shared::with_folder().with_short_leases(), empty_data());
    let server = shared.serve(data.path(), "0");
    let (one, two) = (empty_data(), empty_data());
    let way = Way::to(postgres::server().port);
    let (before, database) = shared.store.rsplit_once('/').unwrap();
    let (host, _) = before.rsplit_once(':').unwrap();
    let lost = shared.worker_by(one.path(), &format!("{host}:{}/{database}", way.port));
    let id = later(&server, "/api/v1/optimize", &plan(&json!({"timeLimitSeconds": 8})));
    let view = || server.get(&format!("/api/v1/operations/{id}")).json();
    // The claim is written down before a thread takes the work up.
    finally("the beginning", || (lost.figure("roundsman_attempts_total") > 0).then_some(()));
    lose(&lost, &way);
    let _heir = shared.worker(two.path());
    let ended = ended(&server, &id);
    succeeded_after_a_loss(&ended);
    let result = server.get(&format!("/api/v1/operations/{id}/result"));
    find(&lost, &way);
    finally("a fenced write", || (lost.figure("roundsman_fenced_writes_total") > 0).then_some(()));
    let after = view();
    assert_eq!(after, ended, "what has ended stays as it ended");
    assert_eq!(server.get(&format!("/api/v1/operations/{id}/result")).body, result.body);
    assert_eq!(lost.figure("roundsman_items_completed_total"), 0);
}

#[test]
fn a_worker_that_was_stopped_beyond_its_lease_is_fenced() {
    a_lost_worker_is_fenced(|worker, _| worker.send("STOP"), |worker, _| worker.send("CONT"));
}

#[test]
fn a_worker_that_was_cut_off_is_fenced() {
    a_lost_worker_is_fenced(|_, way| way.set_cut(true), |_, way| way.set_cut(false));
}
