//! Retention: readable to the last millisecond, gone with the next, and nothing left behind.

use operations::{ListFilter, State};

use crate::lab::{Lab, accept, claim, failure, large, show};

async fn not_found_exactly_at_expiry_even_without_a_sweep(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    store.complete(&claim(&store).await.token, "done".into()).await.unwrap();
    lab.pass_ms(86_400_000 - 1);
    assert_eq!(show(&store, id).await.state, State::Succeeded);
    assert!(store.result(id).await.unwrap().is_some());
    assert!(lab.beside(|beside| beside.show(id)).unwrap().is_some());
    lab.pass_ms(1);
    assert_eq!(store.get(id).await.unwrap(), None);
    assert_eq!(store.result(id).await.unwrap(), None);
    assert_eq!(store.list(ListFilter::default()).await.unwrap(), []);
    assert_eq!(lab.beside(|beside| beside.show(id)).unwrap(), None);
    assert_eq!(store.request_cancel(id).await.unwrap(), operations::Cancellation::Unknown);
}

async fn a_sweep_takes_row_and_files_for_good(lab: Lab) {
    let store = lab.open().await;
    let with_files = accept(&store, large(1)).await;
    store.complete(&claim(&store).await.token, large(2)).await.unwrap();
    let inline = accept(&store, "small").await;
    store.fail(&claim(&store).await.token, failure("x"), false).await.unwrap();
    let unfinished = accept(&store, large(3)).await;
    lab.pass_s(86_400);
    let report = store.sweep().await.unwrap();
    assert_eq!((report.expired, report.orphans), (2, 0));
    assert_eq!(lab.files().len(), 1, "the unfinished one keeps its request");
    lab.pass_ms(-86_400_000);
    for gone in [with_files, inline] {
        assert_eq!(store.get(gone).await.unwrap(), None, "not even when the clock is set back");
    }
    lab.pass_s(10 * 365 * 86_400);
    assert_eq!(store.sweep().await.unwrap().expired, 0);
    assert_eq!(show(&store, unfinished).await.state, State::NotStarted, "unfinished work never expires");
}

async fn expiry_goes_on_after_a_crash_between_its_steps(lab: Lab) {
    let store = lab.open().await;
    let id = accept(&store, large(1)).await;
    store.complete(&claim(&store).await.token, "small".into()).await.unwrap();
    lab.pass_s(86_400);
    // The files were deleted, then the process died: the row still names them.
    for file in lab.files() {
        std::fs::remove_file(file).unwrap();
    }
    drop(store);
    let store = lab.open().await;
    assert_eq!(store.sweep().await.unwrap().expired, 1);
    assert_eq!(store.get(id).await.unwrap(), None);
    assert_eq!(store.sweep().await.unwrap().expired, 0);
}

async fn many_expire_in_one_sweep(lab: Lab) {
    let store = lab.open().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..600 {
        let store = store.clone();
        tasks.spawn(async move { store.request_cancel(accept(&store, "x").await).await.unwrap() });
    }
    tasks.join_all().await;
    lab.pass_s(86_400);
    assert_eq!(store.sweep().await.unwrap().expired, 600);
}

async fn files_that_nobody_names_go_when_they_are_old(mut lab: Lab) {
    // Files are as old as the system says, so this clock runs near the system's.
    lab.options.clock = operations::Clock::system();
    let store = lab.open().await;
    let id = accept(&store, large(1)).await;
    let named = lab.files();
    let folder = lab.folder.path().join("blobs").join(id.to_string()).join("0/1");
    std::fs::create_dir_all(&folder).unwrap();
    let orphan = folder.join(operations::new_id().to_string());
    let half_written = folder.join("x#1");
    let foreign = lab.folder.path().join("blobs/README");
    let old = std::time::SystemTime::now() - std::time::Duration::from_mins(24 * 60 + 2);
    for path in [&orphan, &half_written, &foreign, &named[0].clone().into()] {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.set_modified(old).unwrap();
    }
    let young = folder.join("young");
    std::fs::write(&young, "x").unwrap();
    assert_eq!(store.sweep().await.unwrap().orphans, 2);
    for (path, stays) in [(&orphan, false), (&half_written, false), (&foreign, true), (&young, true)] {
        assert_eq!(path.exists(), stays, "{}", path.display());
    }
    assert_eq!(claim(&store).await.request, large(1));
}

both_stores!(
    not_found_exactly_at_expiry_even_without_a_sweep,
    a_sweep_takes_row_and_files_for_good,
    expiry_goes_on_after_a_crash_between_its_steps,
    many_expire_in_one_sweep,
    files_that_nobody_names_go_when_they_are_old,
);
