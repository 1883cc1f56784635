//! Crashes: what was accepted is there again, and can be taken up at once.

use std::path::Path;

use operations::{Completion, Renewal, State, Store, StoreOptions};

use crate::child::{Process, ids};
use crate::lab::{Lab, accept, claim, finish_all, large, operation, show};

#[tokio::test]
async fn a_restart_finishes_what_was_accepted() {
    let lab = Lab::new();
    let store = lab.open().await;
    let mut ids = Vec::new();
    for n in 0..50 {
        ids.push(if n % 10 == 0 { accept(&store, large(n)).await } else { accept(&store, vec![n]).await });
        lab.pass_ms(1);
    }
    let under_way = store.claim("worker-1", None, 20).await.unwrap();
    assert_eq!(store.complete(&under_way[0].token, "first".into()).await.unwrap(), Completion::Done);
    drop(store);

    let store = lab.open().await;
    assert_eq!(store.result(ids[0]).await.unwrap().as_deref(), Some(&b"first"[..]));
    let claims = finish_all(&store, "second").await;
    let claimed: Vec<_> = claims.iter().map(|claim| claim.token.op).collect();
    assert_eq!(claimed, [&ids[20..], &ids[1..20]].concat(), "no lease is waited for, and the suspects come last");
    for (n, claim) in (20..50).chain(1..20).zip(claims) {
        assert_eq!(claim.request[0], n);
        assert_eq!((claim.token.attempt, claim.alone), if n < 20 { (2, true) } else { (1, false) });
    }
    for zombie in &under_way {
        assert_eq!(store.renew(&zombie.token).await.unwrap(), Renewal::Fenced);
    }
    for id in ids {
        assert_eq!(show(&store, id).await.state, State::Succeeded);
    }
}

#[tokio::test]
async fn an_input_that_kills_the_process_is_given_up() {
    let lab = Lab::new();
    let id = accept(&lab.open().await, "poison").await;
    for _ in 0..4 {
        claim(&lab.open().await).await;
    }
    let failed = show(&lab.open().await, id).await;
    assert_eq!(failed.state, State::Failed);
    assert!(failed.error.unwrap().message.contains("ended with its process"));
}

/// Set for the child of the next test: the data folder.
const CHILD: &str = "OPERATIONS_TEST_CHILD";

/// Not a test of its own: the process that is killed. Run as a test it finds no folder and is done.
#[test]
fn child() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(Path::new(&folder), StoreOptions::default()).unwrap();
        for n in 0u32.. {
            let request = if n % 7 == 0 { large(7) } else { n.to_string().into() };
            let id = store.accept(operation("plan", request)).await.unwrap().operation.id;
            println!("\naccepted {id}");
            if n % 3 == 0 {
                let claims = store.claim("worker", None, 1).await.unwrap();
                store.complete(&claims[0].token, "done".into()).await.unwrap();
                println!("\ncompleted {}", claims[0].token.op);
                store.claim("worker", None, 1).await.unwrap();
            }
        }
    });
}

#[tokio::test]
async fn nothing_that_was_answered_is_lost_by_a_kill() {
    let lab = Lab::new();
    let mut child = Process::start("crash::child", &[(CHILD, lab.folder.path().to_str().unwrap())]);
    let mut lines = Vec::new();
    while lines.iter().filter(|line: &&String| line.starts_with("accepted ")).count() < 50 {
        lines.push(child.next("").expect("the child accepts until it is killed"));
    }
    // What it still said while it was being killed counts as well; a last line may be torn.
    lines.extend(child.kill());
    let ids = |word: &str| ids(&lines, word);
    let accepted = ids("accepted ");
    assert!(accepted.len() >= 50 && ids("completed ").len() >= 15);

    let store = Store::open(lab.folder.path(), StoreOptions::default()).unwrap();
    for id in ids("completed ") {
        assert_eq!(store.result(id).await.unwrap().as_deref(), Some(&b"done"[..]));
    }
    finish_all(&store, "done").await;
    for id in accepted {
        assert_eq!(store.result(id).await.unwrap().as_deref(), Some(&b"done"[..]), "{id}");
    }
    store.close().await.unwrap();
}
