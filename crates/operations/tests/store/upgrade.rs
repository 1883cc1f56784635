//! A rolling upgrade over one PostgreSQL: two releases work side by side on schema and requests of both, forward and back.

use std::collections::HashSet;

use operations::{Claim, Completion, NewOperation, State, Store, StoreOptions};
use uuid::Uuid;

use crate::lab::{Lab, operation, show, within};
use crate::postgres::sql;

async fn node(lab: &Lab, release: u32) -> Store {
    let options = StoreOptions { schema_version: release, build: format!("release {release}"), ..lab.options.clone() };
    let blobs = format!("file:{}", lab.folder.path().join("blobs").display());
    Store::connect(lab.url.as_ref().unwrap(), &blobs, options).await.unwrap()
}

/// Hands in requests of a release's own form.
async fn hand_in(store: Store, release: u32, count: usize) -> HashSet<Uuid> {
    let mut accepted = HashSet::new();
    for _ in 0..count {
        let new = NewOperation { schema_version: release, ..operation("plan", format!("form {release}")) };
        accepted.insert(store.accept(new).await.unwrap().operation.id);
    }
    accepted
}

/// Works until all of `wanted` have ended, whoever ended them; what this node did, by the form of the request.
async fn work(store: Store, wanted: usize) -> Vec<Claim> {
    within("the end of all", work_until(store, wanted)).await
}

async fn work_until(store: Store, wanted: usize) -> Vec<Claim> {
    let mut done: Vec<Claim> = Vec::new();
    loop {
        for claim in store.claim("worker", None, 4).await.unwrap() {
            assert_eq!(store.complete(&claim.token, claim.request.clone()).await.unwrap(), Completion::Done);
            done.push(claim);
        }
        let filter = operations::ListFilter { state: Some(State::Succeeded), limit: 1_000, ..Default::default() };
        if store.list(filter).await.unwrap().len() >= wanted {
            return done;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_releases_work_side_by_side_forward_and_back() {
    let lab = Lab::shared().await;
    let old = node(&lab, 1).await;
    let mut all = hand_in(old.clone(), 1, 10).await;
    // The next release expands the schema under the running one, and begins to work beside it.
    sql(
        lab.url.as_ref().unwrap(),
        "ALTER TABLE operation ADD COLUMN of_the_next_release TEXT; ALTER TABLE item ADD COLUMN of_the_next_release BIGINT NOT NULL \
         DEFAULT 7; CREATE INDEX of_the_next_release ON item (of_the_next_release, state); \
         UPDATE schema_version SET version = version + 1",
    )
    .await;
    let new = node(&lab, 2).await;
    let (by_old, by_new) = {
        let (first, second, by_old, by_new) = tokio::join!(
            hand_in(old.clone(), 1, 20),
            hand_in(new.clone(), 2, 20),
            tokio::spawn(work(old.clone(), 50)),
            tokio::spawn(work(new.clone(), 50)),
        );
        all.extend(first);
        all.extend(second);
        (by_old.unwrap(), by_new.unwrap())
    };
    assert_eq!((all.len(), by_old.len() + by_new.len()), (50, 50), "each was done once");
    assert!(by_old.iter().all(|claim| claim.request == "form 1"), "a worker leaves what it does not know");
    assert!(by_new.iter().any(|claim| claim.request == "form 2"));

    // And back: the new release stops in order with work of its own in hand and waiting; the old one goes on with its own.
    let waiting = hand_in(new.clone(), 2, 5).await;
    for claim in new.claim("worker", None, 2).await.unwrap() {
        assert_eq!(new.hand_back(&claim.token).await.unwrap(), Completion::Done);
    }
    new.close().await.unwrap();
    drop(new);
    let ours = hand_in(old.clone(), 1, 5).await;
    assert!(work(old.clone(), 55).await.iter().all(|claim| ours.contains(&claim.token.op)));
    for &id in &waiting {
        assert_eq!(show(&old, id).await.state, State::NotStarted);
    }
    // Forward once more: nothing was lost, nothing was charged.
    work(node(&lab, 2).await, 60).await;
    for id in all.into_iter().chain(waiting).chain(ours) {
        let seen = show(&old, id).await;
        assert_eq!((seen.state, seen.attempts), (State::Succeeded, 1));
    }
}
