//! How much the store bears: durable accepts at 64 clients, claim and complete, reads, a sweep, and a restart.
//!
//! `cargo bench -p operations`. The folder is a temporary one on the disk of `TMPDIR`: figures of a memory disk say
//! nothing, since what is measured is mostly the disk's sync.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use operations::{Clock, Limits, NewOperation, Store, StoreOptions, TenantLimits, new_id};
use tokio::task::JoinSet;

const CLIENTS: usize = 64;
const WORKERS: usize = 8;
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

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "a benchmark's output is its figures")]
async fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let now_ms = Arc::new(AtomicI64::new(Clock::system().now_ms()));
    let told = now_ms.clone();
    let clock = Clock::new(move || told.load(SeqCst));
    let tenant = TenantLimits { queued: u64::MAX, ..TenantLimits::default() };
    let limits = Limits { queued: u64::MAX, tenant, ..Limits::default() };
    let options = StoreOptions { clock, limits, ..StoreOptions::default() };
    let store = Store::open(folder.path(), options.clone()).expect("opens");

    say_times("accepts, 1 client", accepts(&store, 1, 500).await);
    say_times("accepts, 64 clients", accepts(&store, CLIENTS, 500).await);
    say_times("accepts of 100 kB, 8 clients", accepts(&store, 8, 100_000).await);
    say("claim and complete", completes(&store).await, TIME);
    say("reads, 64 clients", reads(&store).await, TIME);

    now_ms.fetch_add(86_400_000, SeqCst);
    let started = Instant::now();
    let report = store.sweep().await.expect("sweeps");
    say("expired", report.expired, started.elapsed());

    let waiting = store.claim("bench", None, 1_000).await.expect("claims").len();
    drop(store);
    let started = Instant::now();
    let store = Store::open(folder.path(), options).expect("opens again");
    println!("start after an unclean stop, {waiting} leases: {:?}", started.elapsed());
    drop(store);
}
