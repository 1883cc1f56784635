//! What a client notices when the server fails: kills under load, overload, a greedy neighbour, a stop in order, an input that kills
//! its server. The real program, its own folder, on one machine; the store's own tests go through every step between them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use common::{Server, connect, empty_data, eventually, finally, json, roundsman, text, to_its_end};
use operations::{ListFilter, NewOperation, Priority, State, Store, StoreOptions};
use rustix::process::{Pid, Resource, Rlimit};
use serde_json::{Value, json};

/// A plan as the crow flies; the same options give the same answer.
fn plan(options: &Value) -> String {
    let place = |number: u32| json!({"latitude": 47.6 + 0.01 * f64::from(number), "longitude": -122.3});
    let items: Vec<Value> = (0..4)
        .map(|number| {
            json!({"name": format!("stop {number}"), "location": place(number), "dwellTime": "00:20:00", "priority": 1,
                "openingTime": "2030-05-02T08:00:00", "closingTime": "2030-05-02T15:00:00"})
        })
        .collect();
    let shift = json!({"startTime": "2030-05-02T08:00:00", "startLocation": place(0), "endTime": "2030-05-02T14:00:00",
        "endLocation": place(0)});
    json!({"agents": [{"name": "Mei", "shifts": [shift]}], "itineraryItems": items, "roadnetwork": false, "options": options})
        .to_string()
}

fn short(seed: u64) -> String {
    plan(&json!({"steps": 20, "seed": seed, "threads": 1}))
}

fn long() -> String {
    plan(&json!({"timeLimitSeconds": 60, "seed": 1, "threads": 1}))
}

const LATER: (&str, &str) = ("prefer", "respond-async");
const IN_JSON: (&str, &str) = ("content-type", "application/json");

/// Has it accepted; the id.
fn accept(server: &Server, body: &str) -> String {
    let answer = server.ask("POST", "/api/v1/optimize", &[LATER, IN_JSON], body.as_bytes());
    assert_eq!(answer.status, 202, "{}", text(&answer.body));
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn view(server: &Server, id: &str) -> Value {
    server.get(&format!("/api/v1/operations/{id}")).json()
}

fn ended(server: &Server, id: &str) -> Value {
    finally("the end", || Some(view(server, id)).filter(|view| !view["finishedAt"].is_null()))
}

fn result(server: &Server, id: &str) -> Vec<u8> {
    let answer = server.get(&format!("/api/v1/operations/{id}/result"));
    assert_eq!(answer.status, 200, "{}", text(&answer.body));
    answer.body
}

/// One request on a connection of its own; none where the server went away before it had answered.
fn ask_once(address: &str, head: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_mins(2))).ok()?;
    write!(stream, "{head}\r\nhost: {address}\r\nconnection: close\r\n\r\n{body}").ok()?;
    let mut answer = String::new();
    // What was told before the connection broke is not an answer yet.
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer))
}

/// What clients were told in all lives of a server.
#[derive(Default)]
struct Ledger {
    /// The id and the seed behind each key of repetition that was acknowledged.
    accepted: HashMap<String, (String, u64)>,
    results: BTreeMap<String, Vec<u8>>,
}

/// A question under a key of repetition, byte for byte the same each time.
fn under_key(key: &str, seed: u64) -> (String, String) {
    let body = short(seed);
    let head = format!(
        "POST /api/v1/optimize HTTP/1.1\r\nprefer: respond-async\r\nidempotency-key: {key}\r\n\
         content-type: application/json\r\ncontent-length: {}",
        body.len()
    );
    (head, body)
}

/// A client that hands in, one question after another, until the server is gone.
fn hand_in(address: &str, (round, client): (u64, u64), ledger: &Mutex<Ledger>) {
    for number in 0.. {
        let (key, seed) = (format!("{round}-{client}-{number}"), number % 5);
        let (head, body) = under_key(&key, seed);
        let Some((202, answer)) = ask_once(address, &head, &body) else { return };
        let Some((_, answer)) = answer.split_once("\r\n\r\n") else { return };
        // A body that was cut off was not received.
        let Ok(view) = serde_json::from_str::<Value>(answer) else { return };
        let id = view["id"].as_str().unwrap().to_owned();
        ledger.lock().unwrap().accepted.insert(key, (id, seed));
    }
}

#[test]
fn twenty_kills_under_load_lose_and_double_nothing() {
    let data = empty_data();
    // The kills are not the items' fault.
    let settings = [("ROUNDSMAN_OPERATIONS__MAX_ATTEMPTS", "1000")];
    let start = || Server::start_with(data.path(), &["--workers", "2"], &settings);
    let ledger = Mutex::new(Ledger::default());
    let mut slowest = Duration::ZERO;
    for round in 0..20 {
        let begun = Instant::now();
        let server = start();
        slowest = slowest.max(begun.elapsed());
        let address = server.url.strip_prefix("http://").unwrap().to_owned();
        let before = ledger.lock().unwrap().accepted.len();
        std::thread::scope(|scope| {
            for client in 0..3 {
                let (address, ledger) = (&address, &ledger);
                scope.spawn(move || hand_in(address, (round, client), ledger));
            }
            // Some are killed at their beginning, some under full load.
            let enough = (round as usize * 7) % 31;
            finally("enough that was accepted", || {
                server.get("/livez");
                (ledger.lock().unwrap().accepted.len() >= before + enough).then_some(())
            });
            let mut ledger = ledger.lock().unwrap();
            let some: Vec<String> = ledger.accepted.values().map(|(id, _)| id.clone()).take(3).collect();
            for id in some {
                let answer = server.get(&format!("/api/v1/operations/{id}/result"));
                if answer.status == 200 {
                    let known = ledger.results.entry(id).or_insert_with(|| answer.body.clone());
                    assert_eq!(*known, answer.body, "a result was replaced");
                }
            }
            drop(ledger);
            server.kill();
        });
    }
    let server = start();
    let ledger = ledger.into_inner().unwrap();
    let mut by_seed: HashMap<u64, Vec<u8>> = HashMap::new();
    for (key, (id, seed)) in &ledger.accepted {
        assert_eq!(ended(&server, id)["state"], "succeeded");
        let found = result(&server, id);
        assert_eq!(ledger.results.get(id).unwrap_or(&found), &found, "a result was replaced");
        assert_eq!(by_seed.entry(*seed).or_insert_with(|| found.clone()), &found, "the same question, another answer");
        let (head, body) = under_key(key, *seed);
        let (status, again) = ask_once(server.url.strip_prefix("http://").unwrap(), &head, &body).unwrap();
        assert!(status == 202 && again.contains(id), "the same key, another operation: {again}");
    }
    assert!(ledger.accepted.len() > 100, "{} were accepted", ledger.accepted.len());
    let kept = json(data.path(), &["operations", "list", "--limit", "1000", "--json"]);
    let all = kept["operations"].as_array().unwrap().len();
    // A client may have been killed's answer, but never more than one operation a key.
    assert!(all >= ledger.accepted.len() && all <= ledger.accepted.len() + 20 * 3, "{all} operations are kept");
    let _ = writeln!(
        std::io::stderr(),
        "kills over HTTP: 20 · acknowledged {} · lost 0 · doubled 0 · slowest start {slowest:?}",
        ledger.accepted.len()
    );
}

fn memory_kib(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn ten_times_too_much_is_refused_and_what_was_accepted_is_done() {
    let data = empty_data();
    let server = Server::start_with(data.path(), &["--workers", "0"], &[("ROUNDSMAN_OPERATIONS__QUEUED", "30")]);
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let ask = || {
        let body = short(1);
        let head = format!("POST /api/v1/optimize HTTP/1.1\r\nprefer: respond-async\r\ncontent-length: {}", body.len());
        ask_once(&address, &head, &body).unwrap()
    };
    let mut answers: Vec<(u16, String)> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..10).map(|_| scope.spawn(|| (0..30).map(|_| ask()).collect::<Vec<_>>())).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    // A sweep amid the crowd may have counted twice what was just on its way; the next one sets it right.
    finally("the last place", || {
        answers.push(ask());
        (answers.iter().filter(|(status, _)| *status == 202).count() >= 30).then_some(())
    });
    let accepted = answers.iter().filter(|(status, _)| *status == 202).count();
    assert!((30..=40).contains(&accepted), "{accepted} of {} were accepted, where 30 may wait", answers.len());
    for (status, answer) in answers.iter().filter(|(status, _)| *status != 202) {
        assert!(*status == 429 && answer.to_ascii_lowercase().contains("retry-after: "), "{answer}");
    }
    // Refused by its head: the body is announced and never sent.
    let before = memory_kib(&server);
    let head = "POST /api/v1/optimize HTTP/1.1\r\nprefer: respond-async\r\ncontent-type: application/json\r\n\
                content-length: 8000000";
    // Side by side, since the server keeps such a connection for some seconds, in case the body is still on its way.
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                let (status, answer) = ask_once(&address, head, "").unwrap();
                assert!(status == 429 && answer.to_ascii_lowercase().contains("retry-after: "), "{answer}");
            });
        }
    });
    assert!(memory_kib(&server) < before + (32 << 10), "memory grew with what was refused");
    server.kill();
    let server = Server::start(data.path(), &["--workers", "2"]);
    finally("the end of all", || (server.figure("roundsman_items_completed_total") == accepted as u64).then_some(()));
    assert_eq!(
        server.get("/api/v1/operations?state=succeeded&limit=100").json()["operations"].as_array().unwrap().len(),
        accepted
    );
}

/// The stored form of a question, as the server itself would have stored it.
fn stored(body: &str) -> Vec<u8> {
    let request = wire::Request {
        method: wire::Method::Post,
        path: "/api/v1/optimize".into(),
        query: String::new(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.as_bytes().to_vec(),
        base_url: "http://localhost".into(),
        received_ms: 0,
    };
    request.to_stored(&[])
}

/// A tenant's questions by the thousand, accepted before the server starts.
fn fill(data: &Path, tenant: &str, count: usize, body: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let request = bytes::Bytes::from(stored(body));
    runtime.block_on(async {
        let store = Store::open(data, StoreOptions::default()).unwrap();
        let mut clients = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (store, tenant, request) = (store.clone(), tenant.to_owned(), request.clone());
            clients.spawn(async move {
                for _ in 0..count / 50 {
                    let new = NewOperation {
                        id: operations::new_id(),
                        tenant: tenant.clone(),
                        kind: "api.optimize".into(),
                        request: request.clone(),
                        priority: Priority::Batch,
                        schema_version: 1,
                        ..NewOperation::default()
                    };
                    store.accept(new).await.unwrap();
                }
            });
        }
        clients.join_all().await;
        store.close().await.unwrap();
    });
}

#[test]
fn one_of_a_small_tenant_does_not_wait_for_ten_thousand_of_a_large_one() {
    let data = empty_data();
    let key = json(data.path(), &["keys", "add", "small", "--json"])["key"].as_str().unwrap().to_owned();
    fill(data.path(), "large", 10_000, &short(1));
    let server = Server::start(data.path(), &["--workers", "1"]);
    finally("the first of many", || (server.figure("roundsman_items_completed_total") > 20).then_some(()));
    let headers = [LATER, ("x-api-key", key.as_str())];
    let accepted = server.ask("POST", "/api/v1/optimize", &headers, short(2).as_bytes());
    assert_eq!(accepted.status, 202, "{}", text(&accepted.body));
    let path = format!("/api/v1/operations/{}", accepted.json()["id"].as_str().unwrap());
    let view = || server.ask("GET", &path, &headers[1..], b"").json();
    let ended = finally("the end of the one", || Some(view()).filter(|view| !view["finishedAt"].is_null()));
    assert_eq!(ended["state"], "succeeded");
    server.kill();
    let one = uuid::Uuid::parse_str(accepted.json()["id"].as_str().unwrap()).unwrap();
    // Two items, and what the node had in hand: at most 64 ahead, twice if it claimed once more just before.
    let between = ended_before_the_start_of(data.path(), one, "large");
    assert!(between < 200, "{between} of ten thousand were done before it");
}

/// How many of a tenant ended between the acceptance of an operation and its beginning, by the store's own clock.
fn ended_before_the_start_of(data: &Path, one: uuid::Uuid, tenant: &str) -> usize {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(data, StoreOptions::default()).unwrap();
        let one = store.get(one).await.unwrap().unwrap();
        let waited = one.created_ms..=one.started_ms.unwrap();
        let (mut count, mut after) = (0, None);
        loop {
            let tenant = Some(tenant.to_owned());
            let page =
                ListFilter { tenant, state: Some(State::Succeeded), limit: 1_000, after, ..ListFilter::default() };
            let page = store.list(page).await.unwrap();
            let Some(last) = page.last() else { return count };
            after = Some(last.id);
            count += page.iter().filter(|done| waited.contains(&done.finished_ms.unwrap())).count();
        }
    })
}

#[test]
fn a_stop_in_order_charges_nobody() {
    let data = empty_data();
    let settings = [("ROUNDSMAN_SERVER__GRACE_S", "0.2")];
    let server = Server::start_with(data.path(), &["--workers", "2"], &settings);
    let mut ids: Vec<String> = (0..40).map(|seed| accept(&server, &short(seed % 5))).collect();
    ids.extend((0..2).map(|_| accept(&server, &long())));
    ids.extend((0..40).map(|seed| accept(&server, &short(seed % 5))));
    finally("something done", || (server.figure("roundsman_items_completed_total") > 5).then_some(()));
    let begun = Instant::now();
    assert_eq!(server.signal("TERM").code(), Some(0));
    // The long ones would take a minute.
    assert!(begun.elapsed() < Duration::from_secs(40), "it took {:?} to stop", begun.elapsed());
    let kept = json(data.path(), &["operations", "list", "--limit", "1000", "--json"]);
    let kept = kept["operations"].as_array().unwrap();
    assert_eq!(kept.len(), ids.len());
    for view in kept {
        let done = view["state"] == "succeeded";
        assert_eq!(view["attempts"], u64::from(done), "{view}");
        assert!(done || view["state"] == "notStarted", "{view}");
    }
    assert!(kept.iter().any(|view| view["state"] == "notStarted"), "the stop came too late to show anything");
}

#[test]
fn an_input_that_kills_its_server_fails_with_the_cause_and_harms_no_neighbour() {
    let data = empty_data();
    let start = || Server::start(data.path(), &["--workers", "2"]);
    let mut server = start();
    let poison = accept(&server, &long());
    let mut neighbours = Vec::new();
    let ended = loop {
        // It kills whoever works on it: here the test does. A busy machine may hand it back just before, uncharged.
        let now = || Some(view(&server, &poison)).filter(|now| now["state"] != "notStarted");
        let now = finally("its beginning or its end", now);
        if !now["finishedAt"].is_null() {
            break now;
        }
        assert!(neighbours.len() < 20, "it kills one server after the other: {now}");
        neighbours.push(accept(&server, &short(1)));
        server.kill();
        server = start();
    };
    assert_eq!((&ended["state"], &ended["error"]["code"]), (&"failed".into(), &"workerLost".into()), "{ended}");
    let cause = ended["error"]["message"].as_str().unwrap();
    assert!(cause.contains("ended with its process at attempt 4"), "{cause}");
    for id in neighbours {
        assert_eq!(self::ended(&server, &id)["state"], "succeeded");
    }
    // It is asked once more when its cause is mended, beside the running server; the old one stays as it ended.
    let again = json(data.path(), &["operations", "resubmit", &poison, "--json"]);
    let again = again["id"].as_str().unwrap();
    finally("its beginning", || (view(&server, again)["state"] == "running").then_some(()));
    assert_eq!(self::ended(&server, &poison), ended);
    let refused = common::failure(data.path(), &["operations", "resubmit", &poison], 1);
    assert!(refused.contains("resubmitted before"), "{refused}");
}

/// The byte at a place of the large result.
fn byte_at(place: u64) -> u8 {
    ((place >> 20) as u8).wrapping_mul(31).wrapping_add(place as u8)
}

/// An operation that has ended with so many mebibytes.
fn with_result(data: &Path, mebibytes: u64) -> String {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let request = bytes::Bytes::from(stored(&short(1)));
    runtime.block_on(async {
        let store = Store::open(data, StoreOptions::default()).unwrap();
        let id = operations::new_id();
        let new =
            NewOperation { id, tenant: "open".into(), kind: "api.optimize".into(), request, ..NewOperation::default() };
        store.accept(new).await.unwrap();
        let token = store.claim("w", None, 1).await.unwrap()[0].token;
        let mut writer = store.output_writer(&token).await.unwrap();
        for piece in 0..mebibytes {
            let bytes: Vec<u8> = (0..1 << 20).map(|place| byte_at((piece << 20) + place)).collect();
            writer.write(bytes.into()).await.unwrap();
        }
        store.complete_with(&token, writer.finish().await.unwrap()).await.unwrap();
        store.close().await.unwrap();
        id.to_string()
    })
}

/// `ROUNDSMAN_TORTURE_RESULT_MIB` says how large; 2048 is what is promised.
#[test]
fn a_result_larger_than_memory_is_sent_piece_by_piece_and_outlives_its_end() {
    let mebibytes: u64 = std::env::var("ROUNDSMAN_TORTURE_RESULT_MIB").map_or(96, |text| text.parse().unwrap());
    let data = empty_data();
    let id = with_result(data.path(), mebibytes);
    let server = Server::start(data.path(), &["--workers", "0"]);
    let path = format!("/api/v1/operations/{id}/result");
    let part = server.ask("GET", &path, &[("range", "bytes=70000000-70000099")], b"");
    assert_eq!((part.status, part.body), (206, (70_000_000..70_000_100).map(byte_at).collect::<Vec<u8>>()));

    let before = memory_kib(&server);
    let address = server.url.strip_prefix("http://").unwrap();
    let mut stream = connect(&server);
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    assert!(text(&head).contains(&format!("content-length: {}\r\n", mebibytes << 20)), "{}", text(&head));
    let mut place = 0;
    let mut read_to = |end: u64| {
        let mut piece = vec![0; 1 << 20];
        while place < end {
            stream.read_exact(&mut piece).unwrap();
            assert!((0..).zip(&piece).all(|(at, byte)| *byte == byte_at(place + at)), "other bytes behind {place}");
            place += piece.len() as u64;
        }
    };
    read_to(4 << 20);
    // The reader pauses, and meanwhile the operation expires and is removed.
    json(data.path(), &["operations", "purge", &id, "--json"]);
    finally("the end of the operation", || (server.get(&path).status == 404).then_some(()));
    finally("the sweep", || std::fs::read_dir(data.path().join("blobs").join(&id)).is_err().then_some(()));
    read_to(mebibytes << 20);
    let grown = memory_kib(&server) - before;
    assert!(grown < 48 << 10, "memory grew by {grown} KiB");
}

/// Lets no file of that process grow beyond so many bytes; nothing: as large as they like.
fn limit_files(server: &Server, bytes: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(server.pid()).unwrap());
    let limit = Rlimit { current: bytes, maximum: None };
    rustix::process::prlimit(pid, Resource::Fsize, limit).unwrap();
}

/// Every write behind a place fails, as on a disk that has gone bad there (to the database an I/O error, and not a full disk).
#[test]
fn a_disk_that_fails_is_told_and_forgiven() {
    let data = empty_data();
    // Who writes too far is told by an error, and not killed.
    let mut command = std::process::Command::new("sh");
    let program = roundsman();
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(program.get_program()).arg("--data").arg(data.path());
    command.args(["serve", "--listen", "127.0.0.1:0", "--workers", "1"]).stdin(std::process::Stdio::null());
    let server = Server::from_command(command);
    let body = short(1);
    let large = format!("{body}{}", " ".repeat(100_000));
    let ask = |body: &str| server.ask("POST", "/api/v1/optimize", &[LATER, IN_JSON], body.as_bytes());
    let mut accepted = vec![accept(&server, &body)];
    ended(&server, &accepted[0]);
    let kept = result(&server, &accepted[0]);

    // Blobs only: what is small goes on. The log of the database is shorter than that here.
    limit_files(&server, Some(90_000));
    assert_eq!(ask(&large).status, 503);
    // The database too, and a long while.
    limit_files(&server, Some(4_096));
    for round in 0..40 {
        let answer = ask(if round % 2 == 0 { &body } else { &large });
        assert_eq!(answer.status, 503, "{}", text(&answer.body));
        assert_eq!(result(&server, &accepted[0]), kept, "reading goes on");
    }
    eventually("the unreadiness", || (server.get("/readyz").status == 503).then_some(()));

    // It heals by itself, and nobody was told a lie.
    limit_files(&server, None);
    eventually("the healing", || {
        let answer = ask(&large);
        (answer.status == 202).then(|| accepted.push(answer.json()["id"].as_str().unwrap().to_owned()))
    });
    accepted.push(accept(&server, &body));
    for id in &accepted {
        assert_eq!(ended(&server, id)["state"], "succeeded");
    }
    let all = server.get("/api/v1/operations?limit=1000").json();
    assert_eq!(all["operations"].as_array().unwrap().len(), accepted.len(), "what was refused is not there");
}

/// Writes go well and their syncs fail: what was not synced is not acknowledged, whatever is said of it later.
#[test]
fn a_disk_whose_syncs_fail_is_told_and_forgiven() {
    let (data, tools) = (empty_data(), empty_data());
    let (library, bad_disk) = (tools.path().join("failing_sync.so"), tools.path().join("bad"));
    let mut compiler = std::process::Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source("failing_sync.c"));
    let compiled = to_its_end(compiler);
    assert!(compiled.status.success(), "the C compiler that `make test` asks for: {}", text(&compiled.stderr));
    let places = [library.to_str().unwrap(), bad_disk.to_str().unwrap()];
    let settings = [("LD_PRELOAD", places[0]), ("ROUNDSMAN_TEST_BAD_DISK", places[1])];
    let server = Server::start_with(data.path(), &["--workers", "1"], &settings);
    let (small, large) = (short(1), format!("{}{}", short(1), " ".repeat(100_000)));
    let ask = |body: &str| server.ask("POST", "/api/v1/optimize", &[LATER, IN_JSON], body.as_bytes());
    let mut accepted = vec![accept(&server, &small), accept(&server, &large)];
    for id in &accepted {
        assert_eq!(ended(&server, id)["state"], "succeeded");
    }
    let kept = result(&server, &accepted[0]);

    // Under the blobs alone: what is small goes on.
    std::fs::write(&bad_disk, "/blobs/").unwrap();
    assert_eq!(ask(&large).status, 503);
    accepted.push(accept(&server, &small));
    // Under everything.
    std::fs::write(&bad_disk, "").unwrap();
    for round in 0..20 {
        let answer = ask(if round % 2 == 0 { &small } else { &large });
        assert_eq!(answer.status, 503, "{}", text(&answer.body));
        assert_eq!(result(&server, &accepted[0]), kept, "reading goes on");
    }
    eventually("the unreadiness", || (server.get("/readyz").status == 503).then_some(()));
    std::fs::remove_file(&bad_disk).unwrap();
    eventually("the healing", || {
        let answer = ask(&large);
        (answer.status == 202).then(|| accepted.push(answer.json()["id"].as_str().unwrap().to_owned()))
    });
    accepted.push(accept(&server, &small));
    // Whatever the log held of refused work is nobody's: also not after a kill, when it is read again.
    server.kill();
    let server = Server::start(data.path(), &["--workers", "1"]);
    for id in &accepted {
        assert_eq!(ended(&server, id)["state"], "succeeded");
    }
    let all = server.get("/api/v1/operations?limit=1000").json();
    assert_eq!(all["operations"].as_array().unwrap().len(), accepted.len(), "what was refused is not there");
}

/// A file beside the tests.
fn source(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common").join(name)
}

#[test]
fn a_backup_made_beside_a_busy_server_is_served_like_the_original() {
    let data = empty_data();
    let server = Server::start(data.path(), &["--workers", "1"]);
    let done = accept(&server, &short(3));
    assert_eq!(ended(&server, &done)["state"], "succeeded");
    let answer = result(&server, &done);
    let waiting: Vec<String> = (0..30).map(|seed| accept(&server, &short(seed % 5))).collect();
    let place = data.path().join("backup");
    let made = json(data.path(), &["operations", "backup", place.to_str().unwrap(), "--json"]);
    assert!(made["operations"].as_u64().unwrap() >= 31, "{made}");
    let again = common::failure(data.path(), &["operations", "backup", place.to_str().unwrap()], 2);
    assert!(again.contains("it exists"), "{again}");
    assert_eq!(server.signal("TERM").code(), Some(0));
    let restored = Server::start(&place, &[]);
    assert_eq!(result(&restored, &done), answer);
    for id in waiting {
        assert_eq!(ended(&restored, &id)["state"], "succeeded");
    }
}
