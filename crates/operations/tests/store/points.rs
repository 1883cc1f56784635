//! A crash at each named step: the process ends there, and the next one finds everything that was acknowledged.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use operations::{
    Cancellation, Clock, Completion, FailPoints, IdempotencyKey, ListFilter, NewItem, NewOperation, Output, Piece,
    Plan, State, Store, StoreOptions,
};

use crate::child::{Process, tell};
use crate::lab::{Lab, START_MS, failure, finish_all, large, operation};

const FOLDER: &str = "OPERATIONS_POINTS_FOLDER";
const POINT: &str = "OPERATIONS_POINT";

/// Not a test of its own: goes through everything that a store does, and ends at the point that is named.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let wanted = std::env::var(POINT).unwrap();
    let faults = FailPoints::new(move |step, command| {
        if format!("{command}.{step}") == wanted {
            std::process::abort();
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(scenario(Path::new(&folder), faults));
}

fn say(word: &str, id: uuid::Uuid) {
    tell(&format!("{word} {id}"));
}

async fn accept(store: &Store, new: NewOperation) -> uuid::Uuid {
    let id = store.accept(new).await.unwrap().operation.id;
    say("accepted", id);
    id
}

async fn scenario(folder: &Path, faults: FailPoints) {
    let now_ms = Arc::new(std::sync::atomic::AtomicI64::new(START_MS));
    let told = now_ms.clone();
    let clock = Clock::new(move || told.load(std::sync::atomic::Ordering::SeqCst));
    let store = Store::open(folder, StoreOptions { clock, faults, ..StoreOptions::default() }).unwrap();
    let key = IdempotencyKey { route: "plan".into(), key: "k".into(), body_hash: [1; 32] };
    accept(&store, NewOperation { idempotency: Some(key), ..operation("plan", "small") }).await;
    let claim = store.claim("w", None, 1).await.unwrap().remove(0);
    store.report_progress(&claim.token, 0.5).await.unwrap();
    store.report_incumbent(&claim.token, 0.6, &[3], large(1)).await.unwrap();
    store.report_incumbent(&claim.token, 0.7, &[2], large(2)).await.unwrap();
    store.renew(&claim.token).await.unwrap();
    store.hand_back(&claim.token).await.unwrap();
    let claim = store.claim("w", None, 1).await.unwrap().remove(0);
    store.fail(&claim.token, failure("busy"), true).await.unwrap();
    now_ms.fetch_add(60_000, std::sync::atomic::Ordering::SeqCst);
    let claim = store.claim("w", None, 1).await.unwrap().remove(0);
    assert_eq!(store.complete(&claim.token, large(3)).await.unwrap(), Completion::Done);
    say("completed", claim.token.op);
    // To be gone again.
    say("purging", claim.token.op);
    store.purge(claim.token.op).await.unwrap();
    store.sweep().await.unwrap();
    let large_one = accept(&store, operation("plan", large(4))).await;
    store.claim("w", None, 1).await.unwrap();
    now_ms.fetch_add(30_000, std::sync::atomic::Ordering::SeqCst);
    store.sweep().await.unwrap();
    if let Cancellation::Canceled(_) = store.request_cancel(large_one).await.unwrap() {
        say("canceled", large_one);
    }
    let planned = accept(&store, NewOperation { planned: true, ..operation("matrix", "tiles") }).await;
    let planner = store.claim("w", None, 1).await.unwrap().remove(0).token;
    let parts = (1..=2).map(|seq| NewItem { seq, input: large(5), weight: 1, required: true }).collect();
    store.add_items(&planner, parts).await.unwrap();
    store.complete_with(&planner, Output::planned(Plan { join: true, expected: None })).await.unwrap();
    for _ in 0..2 {
        let item = store.claim("w", None, 1).await.unwrap().remove(0);
        store.complete(&item.token, large(6)).await.unwrap();
    }
    let join = store.claim("w", None, 1).await.unwrap().remove(0).token;
    let mut pieces = vec![Piece::Text(large(7))];
    pieces.extend(store.parts(planned, 1, 10).await.unwrap().into_iter().map(|part| Piece::Of(part, 1..9)));
    let listed = store.list_pieces(&join, &pieces).await.unwrap();
    store.complete_with(&join, listed).await.unwrap();
    say("completed", planned);
    store.set_pointer("dataset", 0, "a").await.unwrap();
    store.close().await.unwrap();
}

/// Everything that the scenario passes, in the order of names.
async fn points() -> Vec<String> {
    let (seen, folder) = (Arc::new(Mutex::new(BTreeSet::new())), tempfile::tempdir().unwrap());
    let noted = seen.clone();
    let faults = FailPoints::new(move |step, command| {
        noted.lock().unwrap().insert(format!("{command}.{step}"));
    });
    scenario(folder.path(), faults).await;
    let points = seen.lock().unwrap();
    points.iter().cloned().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_every_step_loses_nothing() {
    let points = points().await;
    for command in
        ["accept", "claim", "renew", "complete", "fail", "cancel", "add_items", "bury", "forget", "expire_lease"]
    {
        for step in ["run", "ran", "commit", "committed", "answer"] {
            assert!(points.contains(&format!("{command}.{step}")), "the scenario does not pass {command}.{step}");
        }
    }
    for point in points {
        crash_at(&point).await;
    }
}

async fn crash_at(point: &str) {
    let mut lab = Lab::new();
    lab.options.max_attempts = 10;
    let folder = lab.folder.path().to_str().unwrap().to_owned();
    let mut process = Process::start("points::child", &[(FOLDER, &folder), (POINT, point)]);
    let mut lines = Vec::new();
    while let Some(line) = process.next("") {
        lines.push(line);
    }
    assert!(!process.wait().success(), "{point} was not reached");
    let ids = |word: &str| crate::child::ids(&lines, word);
    lab.pass_s(120);
    let store = lab.open().await;
    let purged: Vec<_> = ids("purging ");
    for id in ids("accepted ") {
        assert!(store.get(id).await.unwrap().is_some() || purged.contains(&id), "{point}: {id} is lost");
    }
    for id in ids("completed ").into_iter().filter(|id| !purged.contains(id)) {
        assert!(store.result(id).await.unwrap().is_some(), "{point}: the result of {id} is lost");
    }
    for id in ids("canceled ") {
        assert_eq!(store.get(id).await.unwrap().unwrap().state, State::Canceled, "{point}");
    }
    // A planner that is claimed again may as well hand in the result itself: what matters is that it ends.
    finish_all(&store, "by the heir").await;
    let all = store.list(ListFilter { limit: 1_000, ..ListFilter::default() }).await.unwrap();
    assert!(all.iter().all(|operation| operation.state.is_terminal()), "{point}: {all:?}");
    let used = store.usage("demo").await.unwrap();
    assert_eq!((used.queued, used.running), (0, 0), "{point}");
    lab.pass_s(10 * 86_400);
    store.sweep().await.unwrap();
    lab.pass_s(2 * 86_400);
    store.sweep().await.unwrap();
    assert_eq!(lab.files(), Vec::<String>::new(), "{point} leaves files");
    assert_eq!(store.usage("demo").await.unwrap(), operations::Usage::default(), "{point}");
}
