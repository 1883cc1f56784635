//! The lives of an operation: each transition, and what its owner sees.

use std::time::Duration;

use operations::{
    Cancellation, Completion, Error, Limits, ListFilter, Renewal, Retention, State, StoreOptions, new_id,
};

use crate::lab::{Lab, START_MS, accept, claim, failure, large, operation, show, within};

async fn from_acceptance_to_success(lab: Lab) {
    let store = lab.open().await;
    let accepted = store.accept(operation("plan", "two trucks")).await.unwrap().operation;
    assert_eq!((accepted.state, accepted.version, accepted.attempts), (State::NotStarted, 1, 0));
    assert_eq!((accepted.created_ms, accepted.started_ms, accepted.expires_ms), (START_MS, None, None));
    assert_eq!((accepted.items_total, accepted.items_done, accepted.error.clone()), (1, 0, None));
    assert_eq!((accepted.tenant.as_str(), accepted.dataset.as_deref()), ("demo", Some("seattle-1")));
    assert_eq!(store.get(accepted.id).await.unwrap().as_ref(), Some(&accepted));
    assert_eq!(store.result(accepted.id).await.unwrap(), None);

    lab.pass_ms(5);
    let claim = claim(&store).await;
    assert_eq!((claim.token.op, claim.token.seq, claim.token.attempt), (accepted.id, 0, 1));
    assert_eq!((claim.kind.as_str(), claim.tenant.as_str(), &claim.request[..]), ("plan", "demo", &b"two trucks"[..]));
    assert_eq!((claim.lease_until_ms, claim.created_ms), (lab.now_ms() + 30_000, START_MS));
    let running = show(&store, accepted.id).await;
    assert_eq!((running.state, running.started_ms, running.attempts), (State::Running, Some(START_MS + 5), 1));
    assert!(store.claim("worker-2", None, 1).await.unwrap().is_empty());

    lab.pass_ms(10);
    assert_eq!(store.complete(&claim.token, "a plan".into()).await.unwrap(), Completion::Done);
    let done = show(&store, accepted.id).await;
    assert_eq!((done.state, done.progress, done.items_done), (State::Succeeded, 1.0, 1));
    assert_eq!((done.finished_ms, done.last_action_ms), (Some(lab.now_ms()), lab.now_ms()));
    assert_eq!(done.expires_ms, Some(lab.now_ms() + 86_400_000));
    assert!(accepted.version < running.version && running.version < done.version);
    assert_eq!(store.result(accepted.id).await.unwrap().as_deref(), Some(&b"a plan"[..]));
}

async fn large_payloads_come_back_as_they_were(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, large(1)).await;
    assert_eq!(lab.files().len(), 1);
    let claim = claim(&store).await;
    assert_eq!(claim.request, large(1));
    store.complete(&claim.token, large(2)).await.unwrap();
    assert_eq!(lab.files().len(), 2);
    assert_eq!(store.result(id).await.unwrap(), Some(large(2)));
}

async fn a_final_failure_is_kept(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    let token = claim(&store).await.token;
    assert_eq!(store.fail(&token, failure("noRoute"), false).await.unwrap(), Completion::Done);
    let failed = show(&store, id).await;
    assert_eq!((failed.state, failed.error), (State::Failed, Some(failure("noRoute"))));
    assert_eq!(failed.expires_ms, Some(START_MS + 86_400_000));
    assert_eq!(store.result(id).await.unwrap(), None);
    lab.pass_s(3_600);
    store.sweep().await.unwrap();
    assert!(store.claim("worker-1", None, 1).await.unwrap().is_empty());
}

async fn a_cause_is_cut_to_a_readable_length(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    let long = operations::Failure { code: "ü".repeat(99), message: "€".repeat(9_999) };
    store.fail(&claim(&store).await.token, long, false).await.unwrap();
    let kept = show(&store, id).await.error.unwrap();
    assert_eq!((kept.code.len(), kept.message.len()), (100, 3_999));
}

async fn a_failure_that_may_pass_is_tried_again_after_a_while(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    for attempt in 1..=3 {
        let token = claim(&store).await.token;
        assert_eq!(token.attempt, attempt);
        store.fail(&token, failure("busy"), true).await.unwrap();
        assert_eq!(show(&store, id).await.state, State::Running);
        assert!(store.claim("worker-1", None, 1).await.unwrap().is_empty(), "no wait after attempt {attempt}");
        lab.pass_s(60);
    }
    let last = claim(&store).await.token;
    store.fail(&last, failure("stillBusy"), true).await.unwrap();
    let failed = show(&store, id).await;
    assert_eq!((failed.state, failed.attempts), (State::Failed, 4));
    assert_eq!(failed.error, Some(failure("stillBusy")));
}

async fn an_input_that_kills_its_workers_fails_with_the_cause(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "poison").await;
    let token = claim(&store).await.token;
    store.fail(&token, failure("outOfMemory"), true).await.unwrap();
    lab.pass_s(60);
    for attempt in 2..=4 {
        assert_eq!(claim(&store).await.token.attempt, attempt);
        lab.pass_s(30);
        let report = store.sweep().await.unwrap();
        assert_eq!((report.requeued, report.failed), if attempt < 4 { (1, 0) } else { (0, 1) });
    }
    let failed = show(&store, id).await;
    assert_eq!((failed.state, failed.attempts), (State::Failed, 4));
    let error = failed.error.unwrap();
    assert_eq!(error.code, "workerLost");
    assert!(error.message.contains("worker-1") && error.message.contains("it was outOfMemory"), "{error:?}");
}

async fn canceled_before_it_started(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    let Cancellation::Canceled(canceled) = store.request_cancel(id).await.unwrap() else { panic!() };
    assert_eq!((canceled.state, canceled.finished_ms), (State::Canceled, Some(START_MS)));
    assert!(store.claim("worker-1", None, 1).await.unwrap().is_empty());
    assert_eq!(store.request_cancel(id).await.unwrap(), Cancellation::Canceled(canceled), "twice is once");
    assert_eq!(store.request_cancel(new_id()).await.unwrap(), Cancellation::Unknown);
}

async fn canceled_while_it_ran(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    let token = claim(&store).await.token;
    assert_eq!(store.renew(&token).await.unwrap(), Renewal::Held);
    store.request_cancel(id).await.unwrap();
    assert_eq!(store.renew(&token).await.unwrap(), Renewal::CancelRequested);
    assert_eq!(store.complete(&token, large(1)).await.unwrap(), Completion::Fenced);
    assert_eq!(store.fail(&token, failure("late"), true).await.unwrap(), Completion::Fenced);
    assert_eq!(store.hand_back(&token).await.unwrap(), Completion::Fenced);
    assert_eq!(show(&store, id).await.state, State::Canceled);
    assert!(lab.files().is_empty(), "the fenced result is not kept");
}

async fn cancel_after_the_end_is_too_late(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    store.complete(&claim(&store).await.token, "done".into()).await.unwrap();
    let done = show(&store, id).await;
    assert_eq!(store.request_cancel(id).await.unwrap(), Cancellation::TooLate(done.clone()));
    assert_eq!(show(&store, id).await, done);
}

#[expect(clippy::float_cmp, reason = "a report is stored as it came")]
async fn progress_never_falls(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    let token = claim(&store).await.token;
    let mut version = show(&store, id).await.version;
    for (report, seen) in [(0.25, 0.25), (0.5, 0.5), (0.4, 0.5), (f64::NAN, 0.5), (-1.0, 0.5), (7.0, 1.0)] {
        store.report_progress(&token, report).await.unwrap();
        let now = show(&store, id).await;
        assert_eq!(now.progress, seen, "after {report}");
        assert!(now.version >= version);
        version = now.version;
    }
    // A retry starts over, its owner sees no step back.
    store.fail(&token, failure("busy"), true).await.unwrap();
    assert_eq!(show(&store, id).await.progress, 1.0);
}

async fn handed_back_work_is_ready_at_once_and_not_charged(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    for drain in 1..=6 {
        let token = claim(&store).await.token;
        assert_eq!(token.attempt, drain, "a number is never given twice");
        assert_eq!(store.hand_back(&token).await.unwrap(), Completion::Done);
        assert_eq!(store.complete(&token, "late".into()).await.unwrap(), Completion::Fenced);
    }
    let back = show(&store, id).await;
    assert_eq!((back.attempts, back.state, back.started_ms), (0, State::NotStarted, None));
    // Four more that are charged, then it is over.
    for left in (0..4).rev() {
        claim(&store).await;
        lab.pass_s(30);
        assert_eq!(store.sweep().await.unwrap().requeued, usize::from(left > 0));
    }
    assert_eq!(show(&store, id).await.state, State::Failed);
}

async fn the_oldest_of_the_wanted_kinds_comes_first(lab: Lab) {
    let store = lab.open().await;
    let mut ids = Vec::new();
    for kind in ["matrix", "plan", "matrix", "plan"] {
        ids.push(store.accept(operation(kind, "x")).await.unwrap().operation.id);
        lab.pass_ms(1);
    }
    let ops = |claims: Vec<operations::Claim>| claims.iter().map(|claim| claim.token.op).collect::<Vec<_>>();
    assert_eq!(ops(store.claim("w", Some(&["plan"]), 1).await.unwrap()), [ids[1]]);
    assert!(store.claim("w", Some(&[]), 9).await.unwrap().is_empty());
    assert!(store.claim("w", None, 0).await.unwrap().is_empty());
    assert_eq!(ops(store.claim("w", None, 2).await.unwrap()), [ids[0], ids[2]]);
    assert_eq!(ops(store.claim("w", None, 9).await.unwrap()), [ids[3]]);
}

async fn lists_by_filter_newest_first_in_pages(lab: Lab) {
    let store = lab.open().await;
    let mut ids = Vec::new();
    for (tenant, kind) in [("a", "plan"), ("b", "plan"), ("a", "matrix"), ("a", "plan")] {
        let new = operations::NewOperation { tenant: tenant.into(), ..operation(kind, "x") };
        ids.push(store.accept(new).await.unwrap().operation.id);
    }
    store.request_cancel(ids[3]).await.unwrap();
    let all = ListFilter::default;
    let tenant = Some("a".to_owned());
    for (filter, expected) in [
        (all(), vec![3, 2, 1, 0]),
        (ListFilter { tenant: tenant.clone(), ..all() }, vec![3, 2, 0]),
        (ListFilter { kind: Some("plan".into()), ..all() }, vec![3, 1, 0]),
        (ListFilter { state: Some(State::NotStarted), ..all() }, vec![2, 1, 0]),
        (
            ListFilter { tenant: tenant.clone(), kind: Some("plan".into()), state: Some(State::Canceled), ..all() },
            vec![3],
        ),
        (ListFilter { limit: 2, ..all() }, vec![3, 2]),
        (ListFilter { limit: 2, after: Some(ids[2]), ..all() }, vec![1, 0]),
        (ListFilter { limit: 0, ..all() }, vec![]),
    ] {
        let found: Vec<_> = store.list(filter.clone()).await.unwrap().iter().map(|found| found.id).collect();
        assert_eq!(found, expected.iter().map(|&at: &usize| ids[at]).collect::<Vec<_>>(), "{filter:?}");
        let beside: Vec<_> = lab.beside(|beside| beside.list(&filter)).unwrap().iter().map(|found| found.id).collect();
        assert_eq!(beside, found);
    }
}

async fn the_same_id_twice_is_refused_and_harms_nothing(lab: Lab) {
    let store = lab.open().await;
    let first = operation("plan", large(1));
    let id = first.id;
    store.accept(first.clone()).await.unwrap();
    let again = operations::NewOperation { request: large(2), ..first };
    assert_eq!(store.accept(again).await, Err(Error::Duplicate { id }));
    assert_eq!(claim(&store).await.request, large(1));
    assert_eq!(lab.files().len(), 1);
}

async fn a_full_queue_refuses_until_work_is_taken(mut lab: Lab) {
    lab.options.limits.queued = 2;
    let store = lab.open().await;
    accept(&store, "1").await;
    accept(&store, "2").await;
    let refused = store.accept(operation("plan", large(3))).await;
    assert_eq!(refused, Err(Error::Overloaded { what: "operations wait", used: 2, limit: 2, retry_after_s: 5 }));
    assert!(lab.files().is_empty(), "refused before anything was written");
    store.claim("worker-1", None, 1).await.unwrap();
    accept(&store, "3").await;
    drop(store);
    assert!(lab.open().await.admits().is_err(), "counted anew after a restart, leases included");
}

async fn names_and_settings_out_of_bounds_are_refused(lab: Lab) {
    let store = lab.open().await;
    for name in [String::new(), "x".repeat(201), "a\nb".into()] {
        let tenant = operations::NewOperation { tenant: name.clone(), ..operation("plan", "x") };
        let kind = operation(&name, "x");
        for (new, field) in [(tenant, "tenant"), (kind, "kind")] {
            let refused = store.accept(new).await;
            assert!(matches!(refused, Err(Error::Invalid { field: told, .. }) if told == field), "{refused:?}");
        }
    }
    drop(store);
    let good = || lab.options.clone();
    for (field, options) in [
        ("operations.lease_s", StoreOptions { lease_s: 0, ..good() }),
        ("operations.max_attempts", StoreOptions { max_attempts: 0, ..good() }),
        (
            "operations.retention_s",
            StoreOptions { retention: Retention { default_s: u64::MAX, ..Retention::default() }, ..good() },
        ),
        ("operations.queued_limit", StoreOptions { limits: Limits { queued: 0, ..Limits::default() }, ..good() }),
        ("operations.retry_wait_ms", StoreOptions { retry_wait_ms: u64::MAX, ..good() }),
    ] {
        let refused = operations::Store::open(lab.folder.path(), options).unwrap_err().to_string();
        assert!(refused.contains(field), "{refused}");
    }
}

async fn whoever_waits_is_woken(lab: Lab) {
    let store = lab.open().await;
    let patience = Duration::from_mins(1);
    let ready = store.ready().notified();
    let id = accept(&store, "x").await;
    within("the hint", ready).await;
    let (started, claimed) = tokio::join!(store.changed(id, 1, patience), claim(&store));
    assert_eq!(started.unwrap().unwrap().state, State::Running);
    let (ended, _) = tokio::join!(store.wait_terminal(id, patience), store.complete(&claimed.token, "done".into()));
    assert_eq!(ended.unwrap().unwrap().state, State::Succeeded);
    // What has happened or does not exist needs no patience; without patience the answer is what is.
    assert_eq!(store.changed(id, 1, patience).await.unwrap().unwrap().state, State::Succeeded);
    assert_eq!(store.wait_terminal(new_id(), patience).await.unwrap(), None);
    let waiting = accept(&store, "y").await;
    assert_eq!(store.wait_terminal(waiting, Duration::ZERO).await.unwrap().unwrap().state, State::NotStarted);
}

async fn sixty_four_at_once_are_all_accepted(lab: Lab) {
    let store = lab.open().await;
    let tasks: Vec<_> = (0..64u8)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.accept(operation("plan", vec![n; 10])).await.unwrap().operation.id })
        })
        .collect();
    let mut ids = Vec::new();
    for task in tasks {
        ids.push(task.await.unwrap());
    }
    ids.sort_unstable();
    let mut claimed: Vec<_> = store.claim("w", None, 100).await.unwrap().iter().map(|claim| claim.token.op).collect();
    claimed.sort_unstable();
    assert_eq!(claimed, ids);
}

both_stores!(
    from_acceptance_to_success,
    large_payloads_come_back_as_they_were,
    a_final_failure_is_kept,
    a_cause_is_cut_to_a_readable_length,
    a_failure_that_may_pass_is_tried_again_after_a_while,
    an_input_that_kills_its_workers_fails_with_the_cause,
    canceled_before_it_started,
    canceled_while_it_ran,
    cancel_after_the_end_is_too_late,
    progress_never_falls,
    handed_back_work_is_ready_at_once_and_not_charged,
    the_oldest_of_the_wanted_kinds_comes_first,
    lists_by_filter_newest_first_in_pages,
    the_same_id_twice_is_refused_and_harms_nothing,
    a_full_queue_refuses_until_work_is_taken,
    names_and_settings_out_of_bounds_are_refused,
    whoever_waits_is_woken,
    sixty_four_at_once_are_all_accepted,
);
