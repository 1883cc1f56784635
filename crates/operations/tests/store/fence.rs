//! The fence: whoever was given up for dead cannot touch what came after.

use operations::{Completion, Renewal, State};

use crate::lab::{Lab, accept, claim, failure, large, show};

async fn a_zombie_is_fenced_while_another_works(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    let zombie = claim(&store).await.token;
    lab.pass_s(30);
    assert_eq!(store.sweep().await.unwrap().requeued, 1);
    let heir = claim(&store).await.token;
    assert_eq!((heir.op, heir.attempt), (id, zombie.attempt + 1));

    let before = show(&store, id).await;
    assert_eq!(store.renew(&zombie).await.unwrap(), Renewal::Fenced);
    store.report_progress(&zombie, 0.9).await.unwrap();
    assert_eq!(store.complete(&zombie, large(1)).await.unwrap(), Completion::Fenced);
    assert_eq!(store.fail(&zombie, failure("zombie"), false).await.unwrap(), Completion::Fenced);
    assert_eq!(store.hand_back(&zombie).await.unwrap(), Completion::Fenced);
    assert_eq!(show(&store, id).await, before);
    assert_eq!(store.renew(&heir).await.unwrap(), Renewal::Held);

    assert_eq!(store.complete(&heir, large(2)).await.unwrap(), Completion::Done);
    assert_eq!(store.complete(&zombie, large(1)).await.unwrap(), Completion::Fenced);
    assert_eq!(store.result(id).await.unwrap(), Some(large(2)));
    assert_eq!(lab.files().len(), 1, "only the result that counts is kept");
}

async fn the_same_attempt_completes_once(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    let token = claim(&store).await.token;
    let (first, second) = tokio::join!(store.complete(&token, large(1)), store.complete(&token, large(2)));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_ne!(first, second, "one of them wins");
    let winner = if first == Completion::Done { large(1) } else { large(2) };
    assert_eq!(store.result(id).await.unwrap(), Some(winner));
    assert_eq!(store.renew(&token).await.unwrap(), Renewal::Fenced);
}

async fn a_lease_that_is_renewed_does_not_run_out(lab: Lab) {
    let store = lab.open().await;
    accept(&store, "x").await;
    let token = claim(&store).await.token;
    for _ in 0..10 {
        lab.pass_s(29);
        assert_eq!(store.sweep().await.unwrap().requeued, 0);
        assert_eq!(store.renew(&token).await.unwrap(), Renewal::Held);
    }
    // A late renewal still holds as long as nobody else was given the work: clocks do not decide.
    lab.pass_s(300);
    assert_eq!(store.renew(&token).await.unwrap(), Renewal::Held);
    assert_eq!(store.sweep().await.unwrap().requeued, 0);
    assert_eq!(store.complete(&token, "done".into()).await.unwrap(), Completion::Done);
}

async fn a_token_of_nothing_is_fenced(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    let token = claim(&store).await.token;
    for wrong in [
        operations::Token { op: operations::new_id(), ..token },
        operations::Token { seq: 1, ..token },
        operations::Token { attempt: 0, ..token },
        operations::Token { attempt: 2, ..token },
    ] {
        assert_eq!(store.complete(&wrong, "x".into()).await.unwrap(), Completion::Fenced, "{wrong:?}");
        assert_eq!(store.renew(&wrong).await.unwrap(), Renewal::Fenced, "{wrong:?}");
    }
    assert_eq!(show(&store, id).await.state, State::Running);
}

both_stores!(
    a_zombie_is_fenced_while_another_works,
    the_same_attempt_completes_once,
    a_lease_that_is_renewed_does_not_run_out,
    a_token_of_nothing_is_fenced,
);
