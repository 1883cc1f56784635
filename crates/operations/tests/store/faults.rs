//! Zombies, lost hints, jumping clocks, and many at once: the result that counts is one, and stays.

use std::time::Duration;

use operations::{Cancellation, Completion, NewItem, NewOperation, Output, Plan, Role, State, Store, StoreOptions};

use crate::child::{Process, tell};
use crate::lab::{Lab, accept, claim, finish_all, operation, show, within};

const URL: &str = "OPERATIONS_ZOMBIE_URL";
const BLOBS: &str = "OPERATIONS_ZOMBIE_BLOBS";

/// Not a test of its own: a worker on another machine, which will be stopped.
#[test]
fn zombie() {
    let (Ok(url), Ok(blobs)) = (std::env::var(URL), std::env::var(BLOBS)) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::connect(&url, &blobs, StoreOptions { lease_s: 1, ..StoreOptions::default() }).await.unwrap();
        let claim = store.claim("zombie", None, 1).await.unwrap().remove(0);
        println!("\nclaimed {}", claim.token.op);
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
        let done = store.complete(&claim.token, "by the zombie".into()).await.unwrap();
        println!("\ncompletion {done:?} fenced {}", store.fenced());
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_was_stopped_beyond_its_lease_is_fenced() {
    let mut lab = Lab::shared().await;
    lab.options = StoreOptions { lease_s: 1, ..StoreOptions::default() };
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    let blobs = format!("file:{}", lab.folder.path().join("blobs").display());
    let mut zombie = Process::start("faults::zombie", &[(URL, lab.url.as_ref().unwrap()), (BLOBS, &blobs)]);
    assert_eq!(zombie.next("claimed "), Some(id.to_string()));
    zombie.signal("-STOP");
    within("the end of the lease", async {
        while store.sweep().await.unwrap().requeued == 0 {
            // The database's clock is the one that counts; nothing else is waited for.
            store.changed(id, u64::MAX - 1, Duration::from_millis(100)).await.unwrap();
        }
    })
    .await;
    let heir = claim(&store).await;
    assert!(heir.alone && heir.token.attempt == 2);
    assert_eq!(store.complete(&heir.token, "by the heir".into()).await.unwrap(), Completion::Done);
    zombie.signal("-CONT");
    zombie.say("go on");
    assert_eq!(zombie.next("completion ").as_deref(), Some("Fenced fenced 1"));
    assert_eq!(store.result(id).await.unwrap().unwrap(), "by the heir");
}

const DOOMED: &str = "OPERATIONS_DOOMED_URL";

/// Not a test of its own: a worker that takes one item, and is killed over it.
#[test]
fn doomed() {
    let (Ok(url), Ok(blobs)) = (std::env::var(DOOMED), std::env::var(BLOBS)) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::connect(&url, &blobs, StoreOptions { lease_s: 1, ..StoreOptions::default() }).await.unwrap();
        let claim = store.claim("doomed", None, 1).await.unwrap().remove(0);
        // Some die with much of their output written.
        let mut writer = store.output_writer(&claim.token).await.unwrap();
        writer.write(vec![b'?'; 100_000].into()).await.unwrap();
        tell(&format!("claimed {} {}", claim.token.op, claim.token.seq));
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
    });
}

/// What a part comes to.
fn tile(input: &[u8]) -> Vec<u8> {
    input.repeat(30_000)
}

/// Works off an operation in parts until it has ended.
async fn work_off(store: &Store, id: uuid::Uuid) {
    loop {
        for claim in store.claim("heir", None, 4).await.unwrap() {
            let output = match claim.role {
                Role::Join => {
                    let mut whole = Vec::new();
                    for part in store.parts(id, 1, 100).await.unwrap() {
                        whole.extend(store.part_output(&part).await.unwrap().unwrap());
                    }
                    whole
                }
                _ => tile(&claim.input),
            };
            assert_eq!(store.complete(&claim.token, output.into()).await.unwrap(), Completion::Done);
        }
        let seen = store.changed(id, u64::MAX - 1, Duration::from_millis(50)).await.unwrap().unwrap();
        if seen.state.is_terminal() {
            assert_eq!(seen.state, State::Succeeded, "{seen:?}");
            return;
        }
        store.sweep().await.unwrap();
    }
}

/// An operation in parts, cut and waiting.
async fn cut(store: &Store, parts: u8) -> uuid::Uuid {
    let new = NewOperation { planned: true, ..operation("tiles", "cut it") };
    let id = store.accept(new).await.unwrap().operation.id;
    let planner = claim(store).await.token;
    let item = |number: u8| NewItem { seq: number.into(), input: vec![number].into(), weight: 1, required: true };
    store.add_items(&planner, (1..=parts).map(item).collect()).await.unwrap();
    store.complete_with(&planner, Output::planned(Plan { join: true, expected: None })).await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_part_loses_its_worker_once_and_the_result_is_the_same() {
    const PARTS: u8 = 6;
    let mut lab = Lab::shared().await;
    lab.options = StoreOptions { lease_s: 1, ..StoreOptions::default() };
    let store = lab.open().await;
    let blobs = format!("file:{}", lab.folder.path().join("blobs").display());
    let id = cut(&store, PARTS).await;
    let mut dying = Vec::new();
    for part in 1..=PARTS {
        let mut worker = Process::start("faults::doomed", &[(DOOMED, lab.url.as_ref().unwrap()), (BLOBS, &blobs)]);
        assert_eq!(worker.next("claimed "), Some(format!("{id} {part}")));
        dying.push(worker);
    }
    for worker in dying {
        worker.kill();
    }
    within("the end", work_off(&store, id)).await;
    assert_eq!(show(&store, id).await.attempts, 2 + 2 * u64::from(PARTS), "planner and join once, each part twice");
    let undisturbed = cut(&store, PARTS).await;
    within("the undisturbed end", work_off(&store, undisturbed)).await;
    let (result, expected) = (store.result(id).await.unwrap(), store.result(undisturbed).await.unwrap());
    assert!(result == expected && expected.is_some_and(|bytes| bytes.len() == 30_000 * usize::from(PARTS)));
}

async fn without_any_hint_all_is_done_a_little_later(mut lab: Lab) {
    lab.options.drop_wakeups = true;
    let store = lab.open().await;
    let worker = tokio::spawn({
        let store = store.clone();
        async move {
            while finish_all(&store, "done").await.is_empty() {
                let _ = tokio::time::timeout(Duration::from_secs(1), store.ready().notified()).await;
            }
        }
    });
    let id = accept(&store, "x").await;
    let seen = store.wait_terminal(id, Duration::from_mins(1)).await.unwrap().unwrap();
    assert_eq!(seen.state, State::Succeeded);
    within("the end of the worker", worker).await.unwrap();
}

async fn a_clock_that_jumps_costs_at_worst_a_redelivery(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    let zombie = claim(&store).await.token;
    lab.pass_s(3_600);
    assert_eq!(store.sweep().await.unwrap().requeued, 1);
    let heir = claim(&store).await.token;
    lab.pass_ms(-2 * 3_600_000);
    assert_eq!(store.sweep().await.unwrap().requeued, 0);
    assert_eq!(store.complete(&zombie, "zombie".into()).await.unwrap(), Completion::Fenced);
    assert_eq!(store.complete(&heir, "heir".into()).await.unwrap(), Completion::Done);
    assert_eq!(store.result(id).await.unwrap().unwrap(), "heir");
    let later = accept(&store, "y").await;
    let token = claim(&store).await.token;
    assert_eq!(token.op, later);
    store.complete(&token, "done".into()).await.unwrap();
}

/// Many tasks do everything at once to the same operations; afterwards the books agree with the rows.
async fn many_at_once_leave_the_books_right(lab: Lab) {
    let stores = if lab.url.is_some() { vec![lab.open().await, lab.open().await] } else { vec![lab.open().await] };
    let mut ids = Vec::new();
    for n in 0..40 {
        let tenant = ["a", "b", "c"][n % 3].to_owned();
        let new = operations::NewOperation { tenant, ..operation("plan", "x") };
        ids.push(stores[0].accept(new).await.unwrap().operation.id);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (store, ids) = (stores[number % stores.len()].clone(), ids.clone());
        tasks.spawn(async move { trouble(store, ids, number).await });
    }
    let ended: Vec<_> = tasks.join_all().await.concat();
    let store = &stores[0];
    lab.pass_s(100_000_000);
    for store in &stores {
        store.sweep().await.unwrap();
    }
    // What ended before the sweep had expired by now; what had not is finished first.
    for store in &stores {
        finish_all(store, "late").await;
    }
    for (id, state) in ended {
        let now = store.get(id).await.unwrap().map(|seen| seen.state);
        assert!(now.is_none_or(|now| now == state), "{id} was {state:?} and is {now:?}");
    }
    lab.pass_s(100_000);
    store.sweep().await.unwrap();
    for tenant in ["a", "b", "c"] {
        assert_eq!(store.usage(tenant).await.unwrap(), operations::Usage::default());
    }
    assert!(store.queues().await.unwrap().is_empty());
}

async fn trouble(store: Store, ids: Vec<uuid::Uuid>, number: usize) -> Vec<(uuid::Uuid, State)> {
    let mut ended = Vec::new();
    for round in 0..12 {
        for (at, claim) in store.claim("w", None, 3).await.unwrap().into_iter().enumerate() {
            let token = claim.token;
            match (round + at + number) % 4 {
                0 => drop(store.fail(&token, crate::lab::failure("busy"), at == 0).await.unwrap()),
                1 => drop(store.hand_back(&token).await.unwrap()),
                2 => drop(store.renew(&token).await.unwrap()),
                _ => {
                    store.report_progress(&token, 0.5).await.unwrap();
                    if store.complete(&token, "done".into()).await.unwrap() == Completion::Done {
                        ended.push((token.op, State::Succeeded));
                    }
                }
            }
        }
        let id = ids[(round * 7 + number * 5) % ids.len()];
        if round % 5 == 4
            && let Cancellation::Canceled(_) = store.request_cancel(id).await.unwrap()
        {
            ended.push((id, State::Canceled));
        }
    }
    ended
}

both_stores!(
    without_any_hint_all_is_done_a_little_later,
    a_clock_that_jumps_costs_at_worst_a_redelivery,
    many_at_once_leave_the_books_right,
);

#[tokio::test]
async fn an_old_folder_is_brought_up_to_date() {
    let lab = Lab::new();
    // As version 1 left it: one done, one leased, one waiting.
    let conn = rusqlite::Connection::open(lab.folder.path().join("operations.db")).unwrap();
    conn.execute_batch(include_str!("../../src/sqlite/schema_1.sql")).unwrap();
    let ids: Vec<_> = (0..3).map(|_| operations::new_id()).collect();
    for (id, state, item, attempt) in
        [(ids[0], "succeeded", "done", 1), (ids[1], "running", "leased", 1), (ids[2], "notStarted", "ready", 0)]
    {
        conn.execute("INSERT INTO payload (bytes) VALUES (?1)", [&b"the request"[..]]).unwrap();
        let blob = format!("inline:{}", conn.last_insert_rowid());
        let finished = (state == "succeeded").then_some(crate::lab::START_MS);
        conn.execute(
            "INSERT INTO operation (id, tenant, kind, state, version, created, finished, expires, touched, items_total, \
             attempts, request_blob, result_blob) VALUES (?1, 'demo', 'plan', ?2, 1, ?3, ?4, ?4 + 86400000, ?3, 1, ?5, ?6, \
             CASE WHEN ?4 IS NULL THEN NULL ELSE ?6 END)",
            rusqlite::params![id.as_bytes(), state, crate::lab::START_MS, finished, attempt, blob],
        )
        .unwrap();
        conn.execute(
            "INSERT INTO item (op, seq, kind, state, attempt, queued, not_before, lease_owner, lease_until) \
             VALUES (?1, 0, 'plan', ?2, ?3, ?4, ?4, 'old', ?4 + 30000)",
            rusqlite::params![id.as_bytes(), item, attempt, crate::lab::START_MS],
        )
        .unwrap();
    }
    conn.pragma_update(None, "user_version", 1).unwrap();
    drop(conn);
    let store = lab.open().await;
    assert_eq!(store.result(ids[0]).await.unwrap().unwrap(), "the request");
    assert_eq!((show(&store, ids[0]).await.attempts, store.usage("demo").await.unwrap().queued), (1, 2));
    let mut done: Vec<_> = finish_all(&store, "done").await.iter().map(|claim| claim.token.op).collect();
    done.sort_unstable();
    assert_eq!(done, ids[1..]);
    assert_eq!(store.usage("demo").await.unwrap().queued, 0);
}
