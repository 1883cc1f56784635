//! The data folder: one server at a time, and a clear sentence when something is wrong with it.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

use operations::{Error, Store};

use crate::lab::{Lab, accept, claim, large, show};

fn database(lab: &Lab) -> PathBuf {
    lab.folder.path().join("operations.db")
}

fn overwrite(path: &PathBuf, from: u64, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(from)).unwrap();
    file.write_all(bytes).unwrap();
}

fn refusal(lab: &Lab) -> Error {
    Store::open(lab.folder.path(), lab.options.clone()).unwrap_err()
}

#[tokio::test]
async fn a_second_server_is_refused_until_the_first_is_gone() {
    let lab = Lab::new();
    let first = lab.open().await;
    let clone = first.clone();
    drop(first);
    let refused = refusal(&lab);
    assert!(matches!(&refused, Error::Locked { holder, .. } if *holder == std::process::id().to_string()));
    assert!(refused.to_string().contains("in use by another server"), "{refused}");
    drop(clone);
    lab.open().await.close().await.unwrap();
    lab.open().await;
}

#[tokio::test]
async fn a_closed_store_answers_questions_but_takes_nothing() {
    let lab = Lab::new();
    let store = lab.open().await;
    let id = accept(&store, "x").await;
    assert_eq!(store.writable(), Ok(()));
    store.close().await.unwrap();
    assert_eq!(store.writable(), Err(Error::Closed));
    assert_eq!(store.accept(crate::lab::operation("plan", "y")).await, Err(Error::Closed));
    assert_eq!(store.close().await, Err(Error::Closed));
    assert_eq!(show(&store, id).await.id, id);
    let next = lab.open().await;
    assert_eq!(claim(&next).await.token.op, id);
}

#[test]
fn asking_a_folder_without_a_store_leaves_it_as_it_is() {
    let lab = Lab::new();
    for folder in [lab.folder.path().to_owned(), lab.folder.path().join("nowhere")] {
        let refused = Store::find_beside(&folder).unwrap_err();
        assert_eq!(refused, Error::NoStore { folder: folder.clone() });
        assert!(refused.to_string().contains("--data"), "{refused}");
    }
    assert_eq!(std::fs::read_dir(lab.folder.path()).unwrap().count(), 0);
    Store::open_beside(lab.folder.path()).unwrap().keys_add("ada", None, None).unwrap();
    assert_eq!(Store::find_beside(lab.folder.path()).unwrap().keys_list().unwrap().len(), 1);
}

#[test]
fn what_is_not_a_database_is_an_error_sentence() {
    let lab = Lab::new();
    std::fs::write(database(&lab), "these are not the rows you are looking for".repeat(100)).unwrap();
    let refused = refusal(&lab);
    assert!(matches!(refused, Error::Damaged { .. }), "{refused:?}");
    assert!(refused.to_string().contains("operations.db") && refused.to_string().contains("backup"), "{refused}");
}

#[tokio::test]
async fn a_torn_database_is_found_after_an_unclean_stop() {
    let lab = Lab::new();
    let store = lab.open().await;
    for n in 0..200 {
        accept(&store, vec![n; 3_000]).await;
    }
    store.close().await.unwrap();
    // Pages in the middle, as a torn disk leaves them; the header is whole.
    let whole = std::fs::metadata(database(&lab)).unwrap().len();
    assert!(whole > 400_000, "{whole}");
    overwrite(&database(&lab), 8 * 4096, &vec![0xa5; 40 * 4096]);
    std::fs::write(lab.folder.path().join("roundsman.lock"), "running 1").unwrap();
    let refused = refusal(&lab);
    assert!(matches!(refused, Error::Damaged { .. }), "{refused:?}");
    assert!(Store::open(lab.folder.path(), lab.options.clone()).is_err(), "and found again");
}

#[tokio::test]
async fn a_database_cut_short_is_found() {
    let lab = Lab::new();
    let store = lab.open().await;
    for n in 0..200 {
        accept(&store, vec![n; 3_000]).await;
    }
    store.close().await.unwrap();
    OpenOptions::new().write(true).open(database(&lab)).unwrap().set_len(20 * 4096).unwrap();
    std::fs::write(lab.folder.path().join("roundsman.lock"), "running 1").unwrap();
    let refused = refusal(&lab);
    assert!(matches!(refused, Error::Damaged { .. }), "{refused:?}");
}

#[tokio::test]
async fn the_database_of_a_later_release_is_left_alone() {
    let lab = Lab::new();
    drop(lab.open().await);
    // SQLite keeps `user_version` in the file's header, at byte 60.
    overwrite(&database(&lab), 60, &99u32.to_be_bytes());
    let refused = refusal(&lab);
    assert!(matches!(refused, Error::NewerSchema { found: 99, .. }), "{refused:?}");
}

#[test]
fn a_folder_that_cannot_be_is_an_error_sentence() {
    let lab = Lab::new();
    let file = lab.folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let refused = Store::open(&file, lab.options.clone()).unwrap_err();
    assert!(matches!(refused, Error::Folder { .. }) && refused.to_string().contains("file"), "{refused}");
}

#[tokio::test]
async fn damaged_payloads_are_told_and_stop_nobody_else() {
    let lab = Lab::new();
    let store = lab.open().await;
    let done = accept(&store, "x").await;
    store.complete(&claim(&store).await.token, large(1)).await.unwrap();
    overwrite(&lab.files()[0].clone().into(), 100, b"changed");
    let told = store.result(done).await;
    assert!(matches!(&told, Err(Error::Damaged { detail, .. }) if detail.contains("changed")), "{told:?}");

    let before = lab.files();
    let lost = accept(&store, large(2)).await;
    let new = lab.files().into_iter().find(|file| !before.contains(file)).unwrap();
    std::fs::remove_file(new).unwrap();
    let fine = accept(&store, "fine").await;
    assert_eq!(claim(&store).await.token.op, fine);
    let failed = show(&store, lost).await;
    assert_eq!(failed.state, operations::State::Failed);
    assert_eq!(failed.error.unwrap().code, "requestUnreadable");
}
