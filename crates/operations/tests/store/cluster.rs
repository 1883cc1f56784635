//! What PostgreSQL does when it fails: connections cut, servers killed, a standby in the primary's place.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use operations::{Completion, Error, State, Store, StoreOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use crate::child::{report, rounds};
use crate::lab::{Lab, accept, claim, finish_all, operation, show, within};
use crate::postgres::{self, fresh, sql, start};

/// Which side of a COMMIT a connection is cut on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// The server never hears of it.
    Before,
    /// It is made, and the answer is lost.
    After,
}

/// Stands between a store and its database, and cuts the next commits when told.
struct Proxy {
    port: u16,
    cuts: Arc<AtomicUsize>,
}

impl Proxy {
    async fn start(target: u16, cut: Cut) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, cuts) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let left = cuts.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
                tokio::spawn(pass(client, server, left.clone(), cut));
            }
        });
        Self { port, cuts }
    }
}

async fn pass(mut client: TcpStream, mut server: TcpStream, left: Arc<AtomicUsize>, cut: Cut) {
    let (mut to_server, mut to_client) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut to_server) => {
                let Ok(count @ 1..) = read else { return };
                let bytes = &to_server[..count];
                let commits = bytes.windows(7).any(|seen| seen == b"COMMIT\0");
                let cuts = commits && left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
                if cuts && cut == Cut::Before {
                    return;
                }
                if server.write_all(bytes).await.is_err() {
                    return;
                }
                if cuts {
                    // The server answers when it is done; nobody hears.
                    let _ = server.read(&mut to_client).await;
                    return;
                }
            }
            read = server.read(&mut to_client) => {
                let Ok(count @ 1..) = read else { return };
                if client.write_all(&to_client[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn through(url: &str, port: u16) -> String {
    let (before, after) = url.rsplit_once(':').unwrap();
    format!("{before}:{port}/{}", after.split_once('/').unwrap().1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_in_doubt_is_made_once() {
    for cut in [Cut::Before, Cut::After] {
        let mut lab = Lab::shared().await;
        let proxy = Proxy::start(postgres::server().port, cut).await;
        lab.url = lab.url.map(|url| through(&url, proxy.port));
        let store = lab.open().await;
        proxy.cuts.store(1, SeqCst);
        let id = accept(&store, "x").await;
        assert_eq!(proxy.cuts.load(SeqCst), 0, "the commit was cut");
        assert_eq!(store.usage("demo").await.unwrap().queued, 1, "accepted once");
        let token = claim(&store).await.token;
        // A question commits nothing that matters, but its end is a commit too: aim at the completion.
        proxy.cuts.store(1, SeqCst);
        assert_eq!(store.complete(&token, "done".into()).await.unwrap(), Completion::Done);
        assert_eq!(proxy.cuts.load(SeqCst), 0);
        assert_eq!(store.result(id).await.unwrap().unwrap(), "done");
        let other = accept(&store, "y").await;
        proxy.cuts.store(1, SeqCst);
        let answer = store.request_cancel(other).await.unwrap();
        assert!(matches!(answer, operations::Cancellation::Canceled(_)), "{answer:?}");
        let used = store.usage("demo").await.unwrap();
        assert_eq!((used.queued, used.running), (0, 0));
    }
}

/// Accepts until told to stop; what was acknowledged, and the longest time without.
async fn load(store: Store, stop: Arc<AtomicBool>) -> (Vec<Uuid>, Duration) {
    let (mut acknowledged, mut longest, mut last) = (Vec::new(), Duration::ZERO, Instant::now());
    while !stop.load(SeqCst) {
        let new = operation("plan", "x");
        match store.accept(new).await {
            Ok(done) => {
                acknowledged.push(done.operation.id);
                longest = longest.max(last.elapsed());
                last = Instant::now();
            }
            Err(Error::Unreachable { .. } | Error::Contended | Error::Overloaded { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    (acknowledged, longest)
}

struct Load {
    stop: Arc<AtomicBool>,
    clients: tokio::task::JoinSet<(Vec<Uuid>, Duration)>,
}

impl Load {
    fn start(store: &Store, clients: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut set = tokio::task::JoinSet::new();
        for _ in 0..clients {
            set.spawn(load(store.clone(), stop.clone()));
        }
        Self { stop, clients: set }
    }

    async fn end(self) -> (HashSet<Uuid>, Duration) {
        self.stop.store(true, SeqCst);
        let (ids, longest): (Vec<_>, Vec<_>) = self.clients.join_all().await.into_iter().unzip();
        (ids.concat().into_iter().collect(), longest.into_iter().max().unwrap_or_default())
    }
}

/// Until more than so many wait; nothing is known while the database is away.
async fn queued_beyond(store: &Store, before: u64) {
    while store.usage("demo").await.map_or(0, |used| used.queued) <= before {
        tokio::task::yield_now().await;
    }
}

async fn nothing_is_lost(store: &Store, acknowledged: &HashSet<Uuid>) {
    for &id in acknowledged {
        assert!(store.get(id).await.unwrap().is_some(), "{id} was acknowledged and is lost");
    }
    finish_all(store, "done").await;
    for &id in acknowledged {
        assert_eq!(show(store, id).await.state, State::Succeeded);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_backends_lose_nothing() {
    let lab = Lab::shared().await;
    let (store, url) = (lab.open().await, lab.url.clone().unwrap());
    let load = Load::start(&store, 8);
    let kills = rounds("ROUNDSMAN_TORTURE_BACKENDS", 5);
    for _ in 0..kills {
        let before = store.usage("demo").await.map_or(0, |used| used.queued);
        sql(
            &url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'roundsman' \
                   AND datname = current_database()",
        )
        .await;
        // Until work goes on again.
        within("work after the kill", queued_beyond(&store, before)).await;
    }
    let (acknowledged, longest) = load.end().await;
    nothing_is_lost(&store, &acknowledged).await;
    report(&format!(
        "killed backends: {kills} · acknowledged {} · lost 0 · longest wait {longest:?}",
        acknowledged.len()
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_database_loses_nothing() {
    let server = tokio::task::spawn_blocking(|| start("", fresh)).await.unwrap();
    let mut lab = Lab::new();
    lab.url = Some(server.url("postgres"));
    let store = lab.open().await;
    let load = Load::start(&store, 8);
    within("the load", queued_beyond(&store, 100)).await;
    let worker = store.claim("worker", None, 5).await.unwrap();
    // As by a crash of the machine that it runs on: it finds its own way back by its log.
    server.run("pg_ctl", &["-D", "data", "-m", "immediate", "stop"]);
    server.run("pg_ctl", &["-D", "data", "-l", "log", "-w", "-o", "-c logging_collector=off", "start"]);
    let before = within("the database", async {
        loop {
            if let Ok(used) = store.usage("demo").await {
                break used.queued;
            }
        }
    });
    let before = before.await;
    within("work after the restart", queued_beyond(&store, before)).await;
    for claim in &worker {
        assert_eq!(store.complete(&claim.token, "done".into()).await.unwrap(), Completion::Done);
    }
    let (acknowledged, longest) = load.end().await;
    nothing_is_lost(&store, &acknowledged).await;
    report(&format!("restart of PostgreSQL: acknowledged {} · lost 0 · longest wait {longest:?}", acknowledged.len()));
}

/// A primary that waits for its standby, and that standby.
struct Pair {
    primary: postgres::Server,
    standby: postgres::Server,
}

impl Pair {
    fn start() -> Self {
        let primary = start(
            "wal_level = replica\nmax_wal_senders = 5\nwal_keep_size = 256MB\nhot_standby = on\nsynchronous_standby_names = ''",
            |folder, port| {
                let initdb = fresh(folder, port);
                format!(
                    "{initdb}; echo 'host replication all 127.0.0.1/32 trust' >> data/pg_hba.conf; cp -r data seed; chmod 700 seed"
                )
            },
        );
        let seed = primary.folder.join("seed");
        let from = primary.port;
        let standby = start("hot_standby = on", |_, _| {
            format!(
                "cp -r {} data; chmod 700 data; touch data/standby.signal; echo \"primary_conninfo = 'host=127.0.0.1 port={from} \
                 user=roundsman application_name=standby'\" >> data/postgresql.conf",
                seed.display()
            )
        });
        Self { primary, standby }
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://roundsman@127.0.0.1:{},127.0.0.1:{}/{database}", self.primary.port, self.standby.port)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_to_the_synchronous_standby_loses_nothing() {
    let pair = tokio::task::spawn_blocking(Pair::start).await.unwrap();
    let admin = pair.primary.url("postgres");
    // From here on a commit waits for the standby.
    sql(&admin, "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (standby)'").await;
    sql(&admin, "SELECT pg_reload_conf()").await;
    sql(&admin, "CREATE DATABASE ops").await;
    let lab = Lab::new();
    let blobs = format!("file:{}", lab.folder.path().join("blobs").display());
    let options = StoreOptions { lease_s: 1, ..StoreOptions::default() };
    let begun = Instant::now();
    let refused = loop {
        match Store::connect(&pair.standby.url("ops"), &blobs, options.clone()).await.unwrap_err() {
            // A commit waits until the standby has it, not until the standby shows it.
            Error::Storage { detail }
                if detail.contains("does not exist") && begun.elapsed() < Duration::from_mins(2) => {}
            refused => break refused,
        }
    };
    assert!(matches!(refused, Error::Unreachable { .. }), "state is not read from a standby: {refused:?}");
    let store = Store::connect(&pair.url("ops"), &blobs, options).await.unwrap();
    let load = Load::start(&store, 8);
    within("the load", queued_beyond(&store, 199)).await;
    let worker = store.claim("worker", None, 5).await.unwrap();
    let down = Instant::now();
    pair.primary.run("pg_ctl", &["-D", "data", "-m", "immediate", "stop"]);
    pair.standby.run("pg_ctl", &["-D", "data", "-w", "promote"]);
    let after = within("the standby", async {
        loop {
            if let Ok(used) = store.usage("demo").await {
                break used.queued;
            }
            tokio::task::yield_now().await;
        }
    });
    let after = after.await;
    within("work on the standby", queued_beyond(&store, after)).await;
    let back = down.elapsed();
    for claim in &worker {
        // The fence outlives the server that gave it.
        assert_eq!(store.complete(&claim.token, "done".into()).await.unwrap(), Completion::Done);
    }
    let (acknowledged, longest) = load.end().await;
    nothing_is_lost(&store, &acknowledged).await;
    report(&format!(
        "failover: acknowledged {} · lost 0 · accepting again {back:?} after the primary was stopped · longest wait of a client \
         {longest:?}",
        acknowledged.len()
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_may_forget_is_refused() {
    let mut lab = Lab::shared().await;
    let url = lab.url.clone().unwrap();
    let name = url.rsplit('/').next().unwrap();
    sql(&url, &format!("ALTER DATABASE {name} SET synchronous_commit = off")).await;
    let refused = lab.try_open().await.unwrap_err();
    assert!(matches!(refused, Error::UnfitDatabase { setting: "synchronous_commit", .. }), "{refused:?}");
    lab.options.allow_unsafe_database = true;
    lab.open().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_neighbouring_releases_work_side_by_side() {
    let lab = Lab::shared().await;
    let (old, url) = (lab.open().await, lab.url.clone().unwrap());
    let id = accept(&old, "x").await;
    // The next release expands: columns with defaults, and says that this one can still work with them.
    sql(
        &url,
        "ALTER TABLE operation ADD COLUMN of_the_next_release TEXT; UPDATE schema_version SET version = version + 1",
    )
    .await;
    let token = claim(&old).await.token;
    assert_eq!(old.complete(&token, "done".into()).await.unwrap(), Completion::Done);
    let again = lab.open().await;
    assert_eq!(show(&again, id).await.state, State::Succeeded);
    // The one after it contracts.
    sql(&url, "UPDATE schema_version SET compatible_from = version").await;
    let refused = lab.try_open().await.unwrap_err();
    assert!(matches!(refused, Error::NewerSchema { .. }) && refused.to_string().contains("newer program"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_node_wakes_whoever_waits_on_another() {
    let lab = Lab::shared().await;
    let (one, two) = (lab.open().await, lab.open().await);
    let id = accept(&one, "x").await;
    let (seen, ()) = tokio::join!(two.wait_terminal(id, Duration::from_mins(1)), async {
        let token = claim(&one).await.token;
        one.complete(&token, "done".into()).await.unwrap();
    });
    assert_eq!(seen.unwrap().unwrap().state, State::Succeeded);
    assert_eq!(two.result(id).await.unwrap().unwrap(), "done");
}
