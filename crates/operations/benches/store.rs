//! How much the store bears: durable accepts at 64 clients, claim and complete, reads, a sweep, and a restart.
//!
//! `cargo bench -p operations [-- postgres://…]`. The folder is a temporary one on the disk of `TMPDIR`: figures of a memory disk say
//! nothing, since what is measured is mostly the disk's sync.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use operations::{Clock, Limits, NewItem, NewOperation, Output, Plan, Store, StoreOptions, TenantLimits, new_id};
use tokio::task::JoinSet;

const CLIENTS: usize = 64;
const WORKERS: usize = 8;
/// Nodes over one PostgreSQL that simulated workers are spread over.
const NODES: usize = 4;
const TIME: Duration = Duration::from_secs(5);

#[expect(clippy::print_stdout, reason = "a benchmark's output is its figures")]
fn say(what: &str, count: usize, took: Duration) {
    println!("{what:<28} {:>9.0}/s", count as f64 / took.as_secs_f64());
}

fn new(bytes: usize) -> NewOperation {
    NewOperation {
        id: new_id(),
        tenant: "bench".into(),
        kind: "echo".into(),
        request: vec![7; bytes].into(),
        ..NewOperation::default()
    }
}

/// Accepts for a while from all clients; the time that each took.
async fn accepts(store: &Store, clients: usize, bytes: usize) -> Vec<Duration> {
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        let store = store.clone();
        tasks.spawn(async move {
            let (started, mut took) = (Instant::now(), Vec::new());
            while started.elapsed() < TIME {
                let asked = Instant::now();
                store.accept(new(bytes)).await.expect("accepts");
                took.push(asked.elapsed());
            }
            took
        });
    }
    tasks.join_all().await.concat()
}

async fn completes(store: &Store) -> usize {
    let mut tasks = JoinSet::new();
    for _ in 0..WORKERS {
        let store = store.clone();
        tasks.spawn(async move {
            let (started, mut done) = (Instant::now(), 0);
            while started.elapsed() < TIME {
                for claim in store.claim("bench", None, 1).await.expect("claims") {
                    store.complete(&claim.token, claim.request).await.expect("completes");
                    done += 1;
                }
            }
            done
        });
    }
    tasks.join_all().await.iter().sum()
}

async fn reads(store: &Store) -> usize {
    let id = store.accept(new(10)).await.expect("accepts").operation.id;
    let mut tasks = JoinSet::new();
    for _ in 0..CLIENTS {
        let store = store.clone();
        tasks.spawn(async move {
            let (started, mut done) = (Instant::now(), 0);
            while started.elapsed() < TIME {
                store.get(id).await.expect("reads").expect("is there");
                done += 1;
            }
            done
        });
    }
    tasks.join_all().await.iter().sum()
}

#[expect(clippy::print_stdout, reason = "a benchmark's output is its figures")]
fn say_times(what: &str, mut took: Vec<Duration>) {
    say(what, took.len(), TIME);
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 100];
    println!("{:<28} p50 {:?}, p99 {:?}", "", at(50), at(99));
}

/// A job of 400 tiles, planned, worked off by one worker at no cost of its own, and joined: what the bookkeeping takes.
#[expect(clippy::print_stdout, reason = "a benchmark's output is its figures")]
async fn tiles(store: &Store) {
    let started = Instant::now();
    store.accept(NewOperation { planned: true, kind: "tiles".into(), ..new(500) }).await.expect("accepts");
    let kinds = Some(&["tiles"][..]);
    let planner = store.claim("bench", kinds, 1).await.expect("claims").remove(0).token;
    let items = (1..=400).map(|seq| NewItem { seq, input: vec![7; 100].into(), weight: 1, required: true }).collect();
    store.add_items(&planner, items).await.expect("adds");
    store.complete_with(&planner, Output::planned(Plan { join: true, expected: None })).await.expect("plans");
    for _ in 0..=400 {
        for claim in store.claim("bench", kinds, 1).await.expect("claims") {
            store.renew(&claim.token).await.expect("renews");
            store.report_progress(&claim.token, 0.5).await.expect("reports");
            store.complete(&claim.token, claim.request).await.expect("completes");
        }
    }
    let took = started.elapsed();
    let share = took.as_secs_f64() / (400.0 * 5.0) * 100.0;
    println!("bookkeeping of 400 tiles      {took:?}, {share:.3} % of tiles of 5 s each");
}

/// Workers that are only simulated: they claim one item each, wait as long as it would take, and complete it.
const SIMULATED: usize = 200;
const ITEM: Duration = Duration::from_millis(250);

/// What 200 workers get done of what 200 workers could, over several nodes' connections: what is missing, the queue has cost.
#[expect(clippy::print_stdout, reason = "a benchmark's output is its figures")]
async fn simulated_workers(nodes: &[Store]) {
    let work = NewOperation { kind: "simulated".into(), ..new(200) };
    let wanted = SIMULATED * (TIME.as_millis() / ITEM.as_millis()) as usize;
    let mut tasks = JoinSet::new();
    for number in 0..CLIENTS {
        let (store, work) = (nodes[number % nodes.len()].clone(), work.clone());
        tasks.spawn(async move {
            for _ in 0..=(wanted + SIMULATED) / CLIENTS {
                store.accept(NewOperation { id: new_id(), ..work.clone() }).await.expect("accepts");
            }
        });
    }
    tasks.join_all().await;
    let (started, mut workers) = (Instant::now(), JoinSet::new());
    for number in 0..SIMULATED {
        let store = nodes[number % nodes.len()].clone();
        workers.spawn(async move {
            let (mut done, mut waited) = (0, Duration::ZERO);
            while started.elapsed() < TIME {
                let asked = Instant::now();
                let claims = store.claim("simulated", Some(&["simulated"]), 1).await.expect("claims");
                waited += asked.elapsed();
                for claim in claims {
                    tokio::time::sleep(ITEM).await;
                    let asked = Instant::now();
                    store.complete(&claim.token, claim.request).await.expect("completes");
                    waited += asked.elapsed();
                    done += 1;
                }
            }
            (done, waited)
        });
    }
    let ended = workers.join_all().await;
    let done: usize = ended.iter().map(|(done, _)| done).sum();
    let took = started.elapsed().as_secs_f64();
    let waited = ended.iter().map(|(_, waited)| waited.as_secs_f64()).sum::<f64>() / done.max(1) as f64;
    let share = done as f64 * ITEM.as_secs_f64() / (SIMULATED as f64 * took) * 100.0;
    println!(
        "{SIMULATED} workers, items of {ITEM:?}      {:>6.0}/s, {share:.1} % of their time at work, {:.1} ms an item for claim and completion",
        done as f64 / took,
        waited * 1e3
    );
}

/// Accepts beside a sweep that removes some 20,000 operations.
async fn accepts_beside_a_sweep(store: &Store, now_ms: &AtomicI64) {
    let mut tasks = JoinSet::new();
    for _ in 0..CLIENTS {
        let store = store.clone();
        tasks.spawn(async move {
            for _ in 0..20_000 / CLIENTS {
                let id = store.accept(new(100)).await.expect("accepts").operation.id;
                store.request_cancel(id).await.expect("cancels");
            }
        });
    }
    tasks.join_all().await;
    now_ms.fetch_add(86_400_000, SeqCst);
    let sweeping = tokio::spawn({
        let store = store.clone();
        async move {
            let started = Instant::now();
            let expired = store.sweep().await.expect("sweeps").expired;
            (expired, started.elapsed())
        }
    });
    say_times("accepts beside a sweep", accepts(store, CLIENTS, 500).await);
    let (expired, took) = sweeping.await.expect("sweeps");
    say("  of this many", expired, took);
}

/// A start after an unclean stop with a million operations that have ended.
#[expect(clippy::print_stdout, reason = "a benchmark's output is its figures")]
fn restart_with_a_million() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    drop(Store::open(folder.path(), StoreOptions::default()).expect("opens"));
    let conn = rusqlite::Connection::open(folder.path().join("operations.db")).expect("opens");
    let now_ms = Clock::system().now_ms();
    conn.execute_batch(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
         INSERT INTO operation (id, tenant, kind, state, version, created, started, finished, expires, touched, items_total,
            items_done, progress, request_blob, result_blob)
         SELECT randomblob(16), 'bench', 'echo', 'succeeded', 3, {now_ms}, {now_ms}, {now_ms}, {now_ms} + 86400000, {now_ms}, 1,
            1, 1.0, 'inline:' || i || ':500', 'inline:' || i || ':500' FROM n;
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
         INSERT INTO payload (id, bytes) SELECT i, zeroblob(500) FROM n;
         INSERT INTO item (op, seq, kind, state, attempt, queued, not_before, tenant)
         SELECT id, 0, 'echo', 'done', 1, created, created, 'bench' FROM operation"
    ))
    .expect("fills");
    drop(conn);
    let started = Instant::now();
    let store = Store::open(folder.path(), StoreOptions::default()).expect("opens again");
    println!("start after an unclean stop, 1,000,000 operations: {:?}", started.elapsed());
    drop(store);
}

/// `cargo bench -p operations` measures SQLite; with a `postgres://` URL behind `--`, PostgreSQL.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "a benchmark's output is its figures")]
async fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = std::env::args().find(|argument| argument.starts_with("postgres"));
    let now_ms = Arc::new(AtomicI64::new(Clock::system().now_ms()));
    let told = now_ms.clone();
    let clock = Clock::new(move || told.load(SeqCst));
    let tenant = TenantLimits { queued: u64::MAX, ..TenantLimits::default() };
    let limits = Limits { queued: u64::MAX, tenant, ..Limits::default() };
    let options = StoreOptions { clock, limits, ..StoreOptions::default() };
    let store = match &url {
        None => Store::open(folder.path(), options.clone()).expect("opens"),
        Some(url) => {
            let blobs = format!("file:{}", folder.path().display());
            Store::connect(url, &blobs, options.clone()).await.expect("connects")
        }
    };

    tiles(&store).await;
    let mut nodes = vec![store.clone()];
    if let Some(url) = &url {
        let blobs = format!("file:{}", folder.path().display());
        for _ in 1..NODES {
            nodes.push(Store::connect(url, &blobs, options.clone()).await.expect("connects"));
        }
    }
    simulated_workers(&nodes).await;
    drop(nodes);
    say_times("accepts, 1 client", accepts(&store, 1, 500).await);
    say_times("accepts, 64 clients", accepts(&store, CLIENTS, 500).await);
    say_times("accepts of 100 kB, 8 clients", accepts(&store, 8, 100_000).await);
    say("claim and complete", completes(&store).await, TIME);
    say("reads, 64 clients", reads(&store).await, TIME);
    accepts_beside_a_sweep(&store, &now_ms).await;
    if url.is_none() {
        let waiting = store.claim("bench", None, 1_000).await.expect("claims").len();
        drop(store);
        let started = Instant::now();
        let store = Store::open(folder.path(), options).expect("opens again");
        println!("start after an unclean stop, {waiting} leases: {:?}", started.elapsed());
        drop(store);
        restart_with_a_million();
    }
}
