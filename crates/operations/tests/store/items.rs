//! Large jobs: a planner adds parts, workers take them, a join puts them together.

use operations::{
    Cancellation, Claim, Completion, FollowUp, NewItem, NewOperation, Output, Plan, Role, State, Store, Token,
};
use uuid::Uuid;

use crate::lab::{Lab, accept, claim, failure, large, operation, show};

async fn accept_planned(store: &Store) -> Uuid {
    let new = NewOperation { planned: true, ..operation("matrix", "ten by ten") };
    store.accept(new).await.unwrap().operation.id
}

fn parts(numbers: std::ops::RangeInclusive<u32>, required: bool) -> Vec<NewItem> {
    numbers.map(|seq| NewItem { seq, input: format!("tile {seq}").into(), weight: 1, required }).collect()
}

async fn claim_all(store: &Store) -> Vec<Claim> {
    store.claim("worker-1", None, 1_000).await.unwrap()
}

/// A job of `n` parts whose planner has ended; its parts, claimed.
async fn planned(store: &Store, n: u32, required: bool, join: bool) -> (Uuid, Vec<Claim>) {
    let id = accept_planned(store).await;
    let planner = claim(store).await;
    assert_eq!((planner.role, &planner.request[..]), (Role::Planner, &b"ten by ten"[..]));
    assert_eq!(store.add_items(&planner.token, parts(1..=n, required)).await.unwrap(), Completion::Done);
    let plan = Output::planned(Plan { join, expected: None });
    assert_eq!(store.complete_with(&planner.token, plan).await.unwrap(), Completion::Done);
    let claims = claim_all(store).await;
    assert_eq!(claims.len(), n as usize);
    (id, claims)
}

#[expect(clippy::float_cmp, reason = "halves and wholes are exact")]
async fn from_plan_to_result(lab: Lab) {
    let store = lab.open().await;
    let (id, claims) = planned(&store, 4, true, true).await;
    for (number, claim) in (1..).zip(&claims) {
        assert_eq!((claim.role, claim.token.seq, &claim.request[..]), (Role::Part, number, &b"ten by ten"[..]));
        assert_eq!(claim.input, format!("tile {number}"));
    }
    store.report_progress(&claims[3].token, 0.5).await.unwrap();
    assert_eq!(show(&store, id).await.progress, 0.125, "what happens inside an item counts");
    for (done, claim) in (1..).zip(&claims) {
        assert_eq!(store.complete(&claim.token, claim.input.clone()).await.unwrap(), Completion::Done);
        let seen = show(&store, id).await;
        assert_eq!((seen.state, seen.items_total, seen.items_done), (State::Running, 4, done));
        assert!(seen.progress >= done as f64 / 4.0 && !seen.has_result);
    }
    let join = claim(&store).await;
    assert_eq!(join.role, Role::Join);
    let mut joined = String::new();
    for part in store.parts(id, 0, 100).await.unwrap() {
        assert!(part.done);
        joined += std::str::from_utf8(&store.part_output(&part).await.unwrap().unwrap()).unwrap();
    }
    assert_eq!(joined, "tile 1tile 2tile 3tile 4");
    store.complete(&join.token, joined.into()).await.unwrap();
    let seen = show(&store, id).await;
    assert_eq!((seen.state, seen.progress, seen.items_done, seen.attempts), (State::Succeeded, 1.0, 4, 6));
    assert_eq!(store.result(id).await.unwrap().unwrap(), "tile 1tile 2tile 3tile 4");
}

async fn a_planner_that_runs_again_adds_what_is_missing(lab: Lab) {
    let store = lab.open().await;
    let id = accept_planned(&store).await;
    let lost = claim(&store).await.token;
    store.add_items(&lost, parts(1..=2, true)).await.unwrap();
    lab.pass_s(30);
    store.sweep().await.unwrap();
    assert_eq!(store.add_items(&lost, parts(3..=3, true)).await.unwrap(), Completion::Fenced);
    // Its parts can be taken while it is not there; the planner itself runs alone from now on.
    let claims = claim_all(&store).await;
    assert_eq!(claims.iter().map(|claim| claim.token.seq).collect::<Vec<_>>(), [1, 2]);
    for claim in claims {
        store.complete(&claim.token, "done".into()).await.unwrap();
    }
    let planner = claim(&store).await;
    assert!(planner.alone && planner.token.seq == 0);
    store.add_items(&planner.token, parts(1..=3, true)).await.unwrap();
    store.complete_with(&planner.token, Output::planned(Plan::default())).await.unwrap();
    let third = claim(&store).await;
    assert_eq!(third.token.seq, 3);
    store.complete(&third.token, large(3)).await.unwrap();
    let done = show(&store, id).await;
    assert_eq!((done.state, done.items_total, done.has_result), (State::Succeeded, 3, false));
}

async fn the_last_part_may_end_before_its_planner(lab: Lab) {
    let store = lab.open().await;
    let id = accept_planned(&store).await;
    let planner = claim(&store).await.token;
    store.add_items(&planner, parts(1..=1, true)).await.unwrap();
    let part = claim(&store).await.token;
    store.complete(&part, "done".into()).await.unwrap();
    assert_eq!(show(&store, id).await.state, State::Running);
    store.complete_with(&planner, Output::planned(Plan::default())).await.unwrap();
    assert_eq!(show(&store, id).await.state, State::Succeeded);
}

async fn a_part_that_can_be_spared_fails_alone(lab: Lab) {
    let store = lab.open().await;
    let (id, claims) = planned(&store, 3, false, true).await;
    store.fail(&claims[1].token, failure("noRoute"), false).await.unwrap();
    store.complete(&claims[0].token, "one".into()).await.unwrap();
    store.complete(&claims[2].token, "three".into()).await.unwrap();
    let join = claim(&store).await;
    let seen = store.parts(id, 0, 10).await.unwrap();
    assert_eq!(seen.iter().map(|part| part.done).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(seen[1].error, Some(failure("noRoute")));
    store.complete(&join.token, "two of three".into()).await.unwrap();
    let done = show(&store, id).await;
    assert_eq!((done.state, done.items_done, done.items_failed, done.error), (State::Succeeded, 2, 1, None));
}

async fn a_part_that_is_required_fails_all(lab: Lab) {
    let store = lab.open().await;
    let (id, claims) = planned(&store, 3, true, true).await;
    store.fail(&claims[1].token, failure("noTile"), false).await.unwrap();
    let failed = show(&store, id).await;
    assert_eq!((failed.state, failed.error), (State::Failed, Some(failure("noTile"))));
    assert_eq!(store.complete(&claims[0].token, large(1)).await.unwrap(), Completion::Fenced);
    assert!(claim_all(&store).await.is_empty() && lab.files().is_empty());
    assert_eq!(store.usage("demo").await.unwrap().running, 0);
}

async fn rounds_follow_each_other(lab: Lab) {
    let store = lab.open().await;
    let id = accept_planned(&store).await;
    let mut owner = claim(&store).await.token;
    for round in 0..2 {
        store.add_items(&owner, parts(10 * round + 1..=10 * round + 2, true)).await.unwrap();
        let plan = Output::planned(Plan { join: true, expected: Some(4) });
        store.complete_with(&owner, plan).await.unwrap();
        for island in claim_all(&store).await {
            store.complete(&island.token, format!("plan {}", island.token.seq).into()).await.unwrap();
        }
        let seen = show(&store, id).await;
        assert_eq!((seen.state, seen.progress), (State::Running, f64::from(round + 1) / 2.0));
        owner = claim(&store).await.token;
    }
    assert_eq!(store.parts(id, 11, 10).await.unwrap().len(), 2);
    store.complete(&owner, "the best".into()).await.unwrap();
    assert_eq!(show(&store, id).await.state, State::Succeeded);
}

async fn cancel_keeps_the_best_plan(lab: Lab) {
    let store = lab.open().await;
    let (id, claims) = planned(&store, 2, true, true).await;
    for (island, rank, plan) in [(0, [5, 9], large(1)), (1, [5, 7], "better".into()), (0, [6, 0], large(2))] {
        store.report_incumbent(&claims[island].token, 0.1, &rank, plan).await.unwrap();
    }
    assert!(lab.files().is_empty(), "what was bettered is not kept");
    assert!(!show(&store, id).await.has_result, "not while it runs");
    let Cancellation::Canceled(canceled) = store.request_cancel(id).await.unwrap() else { panic!() };
    assert!(canceled.has_result);
    assert_eq!(store.result(id).await.unwrap().unwrap(), "better");
    store.report_incumbent(&claims[0].token, 0.2, &[0], large(3)).await.unwrap();
    assert_eq!(store.result(id).await.unwrap().unwrap(), "better", "terminal is terminal");
    assert!(lab.files().is_empty());
}

async fn an_expired_job_leaves_nothing(lab: Lab) {
    let store = lab.open().await;
    let id = accept_planned(&store).await;
    let planner = claim(&store).await.token;
    let inputs = (1..=2).map(|seq| NewItem { seq, input: large(seq as u8), weight: 1, required: true }).collect();
    store.add_items(&planner, inputs).await.unwrap();
    store.complete_with(&planner, Output::planned(Plan { join: true, expected: None })).await.unwrap();
    for part in claim_all(&store).await {
        store.report_incumbent(&part.token, 0.5, &[1], large(9)).await.unwrap();
        store.complete(&part.token, large(part.token.seq as u8 + 4)).await.unwrap();
    }
    let join = claim(&store).await.token;
    store.complete(&join, large(8)).await.unwrap();
    assert_eq!(lab.files().len(), 6);
    assert!(store.usage("demo").await.unwrap().stored_bytes > 6 * 65_536);
    lab.pass_s(86_400);
    assert_eq!(store.sweep().await.unwrap().expired, 1);
    assert!(lab.files().is_empty() && store.parts(id, 0, 10).await.unwrap().is_empty());
    assert_eq!(store.usage("demo").await.unwrap(), operations::Usage::default());
}

async fn what_follows_begins_with_the_end(lab: Lab) {
    let store = lab.open().await;
    let follow_up = Some(FollowUp { kind: "webhook".into(), request: large(1) });
    let id = store.accept(NewOperation { follow_up, ..operation("plan", "x") }).await.unwrap().operation.id;
    store.complete(&claim(&store).await.token, "done".into()).await.unwrap();
    let webhook = claim(&store).await;
    assert_eq!((webhook.kind.as_str(), webhook.parent, webhook.request), ("webhook", Some(id), large(1)));
    assert_eq!(store.list(operations::ListFilter::default()).await.unwrap().len(), 1, "not listed with the others");
    let all = operations::ListFilter { follow_ups: true, ..operations::ListFilter::default() };
    assert_eq!(store.list(all).await.unwrap().len(), 2);
    store.complete(&webhook.token, "sent".into()).await.unwrap();
    lab.pass_s(86_400);
    assert_eq!(store.sweep().await.unwrap().expired, 2);
    assert!(lab.files().is_empty());
}

async fn a_result_is_read_in_pieces(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    let token = claim(&store).await.token;
    let mut writer = store.output_writer(&token).await.unwrap();
    for byte in 0..40u8 {
        writer.write(vec![byte; 1 << 20].into()).await.unwrap();
    }
    store.complete_with(&token, writer.finish().await.unwrap()).await.unwrap();
    for (range, first, len) in
        [(None, 0, 40 << 20), (Some(5 << 20..7 << 20), 5, 2 << 20), (Some(39 << 20..u64::MAX), 39, 1 << 20)]
    {
        let mut reader = store.open_result(id, range).await.unwrap().unwrap();
        assert_eq!(reader.whole_len(), 40 << 20);
        let (mut seen, mut begin) = (0, None);
        while let Some(piece) = reader.next().await.unwrap() {
            begin = begin.or(piece.first().copied());
            seen += piece.len();
        }
        assert_eq!((begin, seen), (Some(first), len));
    }
    // A download that was begun goes on while the operation expires.
    let mut reader = store.open_result(id, None).await.unwrap().unwrap();
    let mut seen = reader.next().await.unwrap().unwrap().len();
    lab.pass_s(86_400);
    assert_eq!(store.sweep().await.unwrap().expired, 1);
    assert!(lab.files().is_empty() && store.open_result(id, None).await.unwrap().is_none());
    while let Some(piece) = reader.next().await.unwrap() {
        seen += piece.len();
    }
    assert_eq!(seen, 40 << 20);
}

async fn only_who_may_plan_plans(lab: Lab) {
    let store = lab.open().await;
    accept(&store, "x").await;
    let token = claim(&store).await.token;
    let refused = store.complete_with(&token, Output::planned(Plan::default())).await.unwrap_err();
    assert!(matches!(refused, operations::Error::Invalid { field: "output", .. }), "{refused:?}");
    assert_eq!(store.complete(&token, "whole".into()).await.unwrap(), Completion::Done);
    let nobody = Token { op: operations::new_id(), ..token };
    assert_eq!(store.add_items(&nobody, parts(1..=1, true)).await.unwrap(), Completion::Fenced);
}

both_stores!(
    from_plan_to_result,
    a_planner_that_runs_again_adds_what_is_missing,
    the_last_part_may_end_before_its_planner,
    a_part_that_can_be_spared_fails_alone,
    a_part_that_is_required_fails_all,
    rounds_follow_each_other,
    cancel_keeps_the_best_plan,
    an_expired_job_leaves_nothing,
    what_follows_begins_with_the_end,
    a_result_is_read_in_pieces,
    only_who_may_plan_plans,
);
