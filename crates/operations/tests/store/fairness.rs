//! Whose turn it is, what is refused, and requests that are sent again.

use operations::{
    Claim, Error, IdempotencyKey, NewItem, NewOperation, Output, Plan, Priority, Resubmission, Retention, State, Store,
    TenantLimits,
};

use crate::lab::{Lab, accept, claim, failure, large, operation, show};

async fn accept_for(store: &Store, tenant: &str, priority: Priority) -> uuid::Uuid {
    let new = NewOperation { tenant: tenant.into(), priority, ..operation("plan", "x") };
    store.accept(new).await.unwrap().operation.id
}

/// Claims one by one and completes; whose turn it was.
async fn turns(store: &Store, n: usize) -> String {
    let mut seen = String::new();
    for _ in 0..n {
        for Claim { tenant, token, .. } in store.claim("w", None, 1).await.unwrap() {
            seen += &tenant;
            store.complete(&token, "done".into()).await.unwrap();
        }
    }
    seen
}

async fn one_of_many_does_not_wait_for_all(lab: Lab) {
    let store = lab.open().await;
    let big = NewOperation { tenant: "a".into(), planned: true, ..operation("matrix", "x") };
    store.accept(big).await.unwrap();
    let planner = claim(&store).await.token;
    // A round trip a row: fewer where the database is another process.
    let many = if lab.url.is_some() { 2_000 } else { 10_000 };
    let items = (1..=many).map(|seq| NewItem { seq, input: "x".into(), weight: 1, required: true }).collect();
    store.add_items(&planner, items).await.unwrap();
    store.complete_with(&planner, Output::planned(Plan::default())).await.unwrap();
    assert_eq!(turns(&store, 3).await, "aaa");
    accept_for(&store, "b", Priority::Batch).await;
    assert!(turns(&store, 2).await.contains('b'), "the second tenant starts within two items");
    assert_eq!(store.usage("a").await.unwrap().queued, u64::from(many) - 4);
}

async fn tenants_take_turns_by_their_shares(mut lab: Lab) {
    let three = TenantLimits { share: 3, ..TenantLimits::default() };
    lab.options.limits.tenants.insert("c".into(), three);
    let store = lab.open().await;
    for _ in 0..12 {
        accept_for(&store, "a", Priority::Batch).await;
        accept_for(&store, "c", Priority::Batch).await;
    }
    let seen = turns(&store, 16).await;
    assert_eq!((seen.matches('a').count(), seen.matches('c').count()), (4, 12), "{seen}");
    // Whoever was away has nothing saved up.
    for _ in 0..8 {
        accept_for(&store, "b", Priority::Batch).await;
    }
    let seen = turns(&store, 8).await;
    assert!((3..=5).contains(&seen.matches('a').count()), "{seen}");
}

async fn the_urgent_first_and_nothing_starves(lab: Lab) {
    let store = lab.open().await;
    accept_for(&store, "c", Priority::Background).await;
    accept_for(&store, "b", Priority::Batch).await;
    accept_for(&store, "a", Priority::Interactive).await;
    assert_eq!(turns(&store, 3).await, "abc");
    accept_for(&store, "c", Priority::Background).await;
    lab.pass_s(2 * 300);
    accept_for(&store, "a", Priority::Interactive).await;
    accept_for(&store, "a", Priority::Interactive).await;
    let seen = turns(&store, 3).await;
    assert!(seen.find('c').unwrap() < 2, "waiting lifted it to the top class: {seen}");
}

async fn slots_are_kept_for_who_waits(mut lab: Lab) {
    (lab.options.slots, lab.options.reserved_slots) = (4, 1);
    let store = lab.open().await;
    for _ in 0..6 {
        accept_for(&store, "a", Priority::Batch).await;
    }
    let batch = store.claim("w", None, 9).await.unwrap();
    assert_eq!(batch.len(), 3, "one slot is kept");
    accept_for(&store, "b", Priority::Interactive).await;
    let urgent = store.claim("w", None, 9).await.unwrap();
    assert_eq!(urgent.iter().map(|claim| claim.tenant.as_str()).collect::<Vec<_>>(), ["b"]);
    assert!(store.claim("w", None, 9).await.unwrap().is_empty(), "all slots are taken");
    store.complete(&batch[0].token, "done".into()).await.unwrap();
    assert_eq!(store.claim("w", None, 9).await.unwrap().len(), 1);
}

async fn a_tenant_runs_no_more_than_it_may(mut lab: Lab) {
    lab.options.limits.tenant.running = 2;
    let store = lab.open().await;
    for _ in 0..4 {
        accept_for(&store, "a", Priority::Batch).await;
        accept_for(&store, "a", Priority::Interactive).await;
    }
    let first = store.claim("w", None, 9).await.unwrap();
    assert_eq!(first.len(), 2, "of all its classes together");
    assert!(store.claim("w", None, 9).await.unwrap().is_empty());
    store.complete(&first[0].token, "done".into()).await.unwrap();
    assert_eq!(store.claim("w", None, 9).await.unwrap().len(), 1);
}

async fn quotas_refuse_with_a_time_to_come_back(mut lab: Lab) {
    lab.options.limits.tenant = TenantLimits { queued: 2, stored_bytes: 200_000, ..TenantLimits::default() };
    let store = lab.open().await;
    let refused = |error: Error, told: &str| {
        let Error::Overloaded { what, retry_after_s, .. } = error else { panic!("{error:?}") };
        assert!(what.contains(told) && retry_after_s > 0, "{what}");
    };
    for _ in 0..2 {
        store.accept(operation("plan", "x")).await.unwrap();
    }
    refused(store.accept(operation("plan", "x")).await.unwrap_err(), "wait");
    refused(store.admits_tenant("demo", 1).await.unwrap_err(), "wait");
    let other = NewOperation { tenant: "other".into(), ..operation("plan", "x") };
    store.accept(other).await.unwrap();
    for claim in store.claim("w", None, 9).await.unwrap() {
        store.complete(&claim.token, large(1)).await.unwrap();
    }
    let second = store.accept(operation("plan", large(2))).await.unwrap().operation.id;
    refused(store.accept(operation("plan", large(3))).await.unwrap_err(), "stored");
    assert_eq!(lab.files().len(), 4, "the refused request is not kept");
    assert_eq!(store.usage("demo").await.unwrap().queued, 1);
    store.request_cancel(second).await.unwrap();
    lab.pass_s(86_400);
    store.sweep().await.unwrap();
    assert_eq!(store.usage("demo").await.unwrap(), operations::Usage::default());
}

/// Many at once against a limit of ten: exactly ten are taken in.
async fn a_quota_holds_against_many_at_once(mut lab: Lab) {
    lab.options.limits.tenant.queued = 10;
    let stores = if lab.url.is_some() { vec![lab.open().await, lab.open().await] } else { vec![lab.open().await] };
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..64 {
        let store = stores[n % stores.len()].clone();
        let priority = Priority::ALL[n % 3];
        tasks.spawn(async move { store.accept(NewOperation { priority, ..operation("plan", "x") }).await });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
    assert!(
        answers
            .iter()
            .filter_map(|answer| answer.as_ref().err())
            .all(|error| { matches!(error, Error::Overloaded { .. } | Error::Contended) })
    );
    assert_eq!(stores[0].usage("demo").await.unwrap().queued, 10);
}

fn under_key(key: &str, body: &'static str) -> NewOperation {
    let body_hash = *blake3::hash(body.as_bytes()).as_bytes();
    let idempotency = Some(IdempotencyKey { route: "plan".into(), key: key.into(), body_hash });
    NewOperation { idempotency, ..operation("plan", body) }
}

async fn the_same_key_is_one_operation(lab: Lab) {
    let store = lab.open().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let store = store.clone();
        tasks.spawn(async move { store.accept(under_key("k", "body")).await.unwrap() });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| !answer.repeated).count(), 1);
    let id = answers[0].operation.id;
    assert!(answers.iter().all(|answer| answer.operation.id == id));
    store.close().await.unwrap();
    drop(store);
    let store = lab.open().await;
    assert_eq!(store.accept(under_key("k", "body")).await.unwrap().operation.id, id, "also after a restart");
    let refused = store.accept(under_key("k", "another body")).await.unwrap_err();
    assert_eq!(refused, Error::KeyReused { key: "k".into(), id });
    let foreign = NewOperation { tenant: "other".into(), ..under_key("k", "body") };
    assert_ne!(store.accept(foreign).await.unwrap().operation.id, id, "a key is its tenant's");
    for claim in store.claim("w", None, 9).await.unwrap() {
        store.complete(&claim.token, "done".into()).await.unwrap();
    }
    assert_eq!(store.accept(under_key("k", "body")).await.unwrap().operation.state, State::Succeeded);
    lab.pass_s(86_400);
    let fresh = store.accept(under_key("k", "another body")).await.unwrap();
    assert!(!fresh.repeated && fresh.operation.id != id, "a key lives as long as its operation");
}

async fn retention_is_by_kind_and_tenant(mut lab: Lab) {
    lab.options.retention = Retention {
        default_s: 100,
        kinds: [("plan".to_owned(), 200)].into(),
        tenants: [("vip".to_owned(), 300)].into(),
    };
    let store = lab.open().await;
    let mut ids = Vec::new();
    for (tenant, kind) in [("a", "matrix"), ("a", "plan"), ("vip", "plan")] {
        let new = NewOperation { tenant: tenant.into(), ..operation(kind, "x") };
        ids.push(store.accept(new).await.unwrap().operation.id);
        store.complete(&claim(&store).await.token, "done".into()).await.unwrap();
    }
    for passed in 0..3 {
        lab.pass_s(100);
        for (number, &id) in ids.iter().enumerate() {
            assert_eq!(store.get(id).await.unwrap().is_some(), number > passed);
        }
    }
}

async fn a_purge_is_an_early_expiry(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    assert!(!store.purge(id).await.unwrap(), "what has not ended stays");
    store.complete(&claim(&store).await.token, large(1)).await.unwrap();
    assert!(store.purge(id).await.unwrap());
    assert_eq!(store.get(id).await.unwrap(), None);
    assert_eq!(store.sweep().await.unwrap().expired, 1);
    assert!(lab.files().is_empty());
}

async fn what_failed_is_asked_once_more(lab: Lab) {
    let store = lab.open().await;
    for request in [large(7), "small".into()] {
        let id = accept(&store, request.clone()).await;
        let again = |id| lab.beside(move |beside| beside.resubmit(id).unwrap());
        assert!(matches!(again(id), Resubmission::NotFailed(_)), "it has not ended");
        store.fail(&claim(&store).await.token, failure("broken"), false).await.unwrap();
        let before = store.usage("demo").await.unwrap().stored_bytes;
        let Resubmission::Accepted(new) = again(id) else { panic!("it failed") };
        assert_eq!((new.state, new.attempts, new.tenant.as_str()), (State::NotStarted, 0, "demo"));
        assert!(matches!(again(id), Resubmission::HandedOn(_)), "twice is once");
        assert_eq!((show(&store, id).await.state, store.usage("demo").await.unwrap().queued), (State::Failed, 1));
        assert_eq!(store.usage("demo").await.unwrap().stored_bytes, before);
        // The request outlives the operation that it came with, and is not taken for an orphan.
        store.purge(id).await.unwrap();
        store.sweep().await.unwrap();
        assert_eq!(store.get(id).await.unwrap(), None);
        lab.pass_s(3 * 86_400);
        store.sweep().await.unwrap();
        let claim = claim(&store).await;
        assert_eq!((claim.token.op, claim.token.attempt, &claim.request), (new.id, 1, &request));
        store.complete(&claim.token, "done".into()).await.unwrap();
        assert!(matches!(again(new.id), Resubmission::NotFailed(_)), "it went well");
        store.purge(new.id).await.unwrap();
        store.sweep().await.unwrap();
    }
    assert_eq!(store.usage("demo").await.unwrap(), operations::Usage::default());
    assert!(lab.files().is_empty());
    assert!(matches!(lab.beside(|beside| beside.resubmit(operations::new_id()).unwrap()), Resubmission::Unknown));
}

async fn a_worker_leaves_what_it_does_not_know(mut lab: Lab) {
    let store = lab.open().await;
    let newer = NewOperation { schema_version: 2, ..operation("plan", "x") };
    let id = store.accept(newer).await.unwrap().operation.id;
    assert!(store.claim("old", None, 9).await.unwrap().is_empty());
    store.close().await.unwrap();
    drop(store);
    lab.options.schema_version = 2;
    let store = lab.open().await;
    assert_eq!(claim(&store).await.token.op, id);
}

async fn a_pointer_is_set_by_one(lab: Lab) {
    let store = lab.open().await;
    assert_eq!(store.pointer("dataset").await.unwrap(), (0, None));
    let (first, second) = tokio::join!(store.set_pointer("dataset", 0, "a"), store.set_pointer("dataset", 0, "b"));
    assert_ne!(first.unwrap(), second.unwrap());
    assert!(store.set_pointer("dataset", 1, "c").await.unwrap());
    assert!(!store.set_pointer("dataset", 1, "d").await.unwrap());
    assert_eq!(store.pointer("dataset").await.unwrap(), (2, Some("c".into())));
}

async fn the_queue_shows_itself(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    lab.pass_s(7);
    let queues = store.queues().await.unwrap();
    assert_eq!(queues.len(), 1);
    assert_eq!((queues[0].tenant.as_str(), queues[0].queued, queues[0].running), ("demo", 1, 0));
    assert_eq!(queues[0].oldest_ready_ms, Some(lab.now_ms() - 7_000));
    let token = claim(&store).await.token;
    lab.pass_ms(1_500);
    store.complete(&token, "done".into()).await.unwrap();
    assert_eq!(store.durations("plan").await.unwrap(), [1_500]);
    assert!(store.queues().await.unwrap().is_empty());
    assert_eq!(show(&store, id).await.state, State::Succeeded);
}

both_stores!(
    one_of_many_does_not_wait_for_all,
    tenants_take_turns_by_their_shares,
    the_urgent_first_and_nothing_starves,
    slots_are_kept_for_who_waits,
    a_tenant_runs_no_more_than_it_may,
    quotas_refuse_with_a_time_to_come_back,
    a_quota_holds_against_many_at_once,
    the_same_key_is_one_operation,
    retention_is_by_kind_and_tenant,
    a_purge_is_an_early_expiry,
    what_failed_is_asked_once_more,
    a_worker_leaves_what_it_does_not_know,
    a_pointer_is_set_by_one,
    the_queue_shows_itself,
);
