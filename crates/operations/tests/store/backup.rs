//! Backups: made beside a running server, and tried by opening them.

use operations::{Backup, Error, State, Store};

use crate::lab::{Lab, accept, claim, finish_all, large, show};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_a_data_folder_of_that_moment() {
    let lab = Lab::new();
    let store = lab.open().await;
    let key = lab.sqlite_beside().keys_add("ada", None, None).unwrap().key;
    let done = accept(&store, large(1)).await;
    let token = claim(&store).await.token;
    store.complete(&token, large(2)).await.unwrap();
    let at_work = accept(&store, "small").await;
    let zombie = claim(&store).await.token;
    let waiting = accept(&store, large(3)).await;

    let to = lab.folder.path().join("backups").join("monday");
    std::fs::create_dir(to.parent().unwrap()).unwrap();
    // A writer that never pauses must not keep the backup from its end.
    let load = tokio::spawn({
        let store = store.clone();
        async move {
            for _ in 0..200 {
                accept(&store, "load").await;
            }
        }
    });
    let made = lab.beside(|beside| beside.back_up(&to)).unwrap();
    assert_eq!((made.files, made.gone), (3, 0), "{made:?}");
    assert!(made.operations >= 3 && made.bytes > 3 * large(1).len() as u64, "{made:?}");
    load.await.unwrap();
    let later = accept(&store, "later").await;
    // The server goes on as if nothing had happened.
    store.complete(&zombie, "done".into()).await.unwrap();
    assert_eq!(show(&store, at_work).await.state, State::Succeeded);

    let restored = Store::open(&to, lab.options.clone()).unwrap();
    assert!(restored.verify_key(&key).await.unwrap().is_some());
    assert_eq!(restored.result(done).await.unwrap().unwrap(), large(2));
    assert!(restored.get(later).await.unwrap().is_none());
    let claims = finish_all(&restored, "again").await;
    assert_eq!(claims.iter().find(|claim| claim.token.op == waiting).unwrap().request, large(3));
    assert_eq!(show(&restored, at_work).await.state, State::Succeeded);
    assert_eq!(restored.usage("demo").await.unwrap().queued, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_overwrites_nothing_and_leaves_nothing_by_halves() {
    let lab = Lab::new();
    let store = lab.open().await;
    accept(&store, large(1)).await;
    let refused = |to: &std::path::Path| lab.beside(|beside| beside.back_up(to)).unwrap_err();
    let here = lab.folder.path().join("here");
    std::fs::create_dir(&here).unwrap();
    assert!(refused(&here).to_string().contains("it exists; name a new folder"));
    let nowhere = refused(&lab.folder.path().join("no").join("such"));
    assert!(matches!(nowhere, Error::Folder { doing: "create", .. }), "{nowhere}");
    let left = std::fs::read_dir(lab.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().ends_with(".partial")));
    // What expired while it was made is not missed.
    let blob = lab.files().remove(0);
    std::fs::remove_file(blob).unwrap();
    let made = lab.beside(|beside| beside.back_up(&lab.folder.path().join("without"))).unwrap();
    assert_eq!(Backup { bytes: 0, ..made }, Backup { operations: 1, files: 0, gone: 1, bytes: 0 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_database_has_its_own_means_of_backup() {
    let lab = Lab::shared().await;
    lab.open().await;
    let refused = lab.beside(|beside| beside.back_up(&lab.folder.path().join("backup"))).unwrap_err();
    assert!(refused.to_string().contains("pg_dump"), "{refused}");
}
