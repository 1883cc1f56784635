//! Results in pieces: put together while they are read from what the parts handed in, which stays as long as they do.

use std::ops::Range;

use bytes::Bytes;
use operations::{
    Completion, Error, NewItem, NewOperation, Output, Piece, Plan, ResultReader, Role, State, Store, Token,
};
use uuid::Uuid;

use crate::lab::{Lab, accept, claim, large, operation, show};

/// What the parts hand in: in a file, in the database, in a file again.
fn outputs() -> [Bytes; 3] {
    [large(b'a'), "bbbb".into(), large(b'c')]
}

/// A job of three parts that have handed in their outputs, and its join.
async fn before_the_join(store: &Store) -> (Uuid, Token) {
    let new = NewOperation { planned: true, ..operation("matrix", "in bands") };
    let id = store.accept(new).await.unwrap().operation.id;
    let planner = claim(store).await.token;
    let items = (1..=3).map(|seq| NewItem { seq, input: Bytes::new(), weight: 1, required: true });
    store.add_items(&planner, items.collect()).await.unwrap();
    store.complete_with(&planner, Output::planned(Plan { join: true, expected: None })).await.unwrap();
    for item in store.claim("worker-1", None, 3).await.unwrap() {
        let output = outputs()[item.token.seq as usize - 1].clone();
        assert_eq!(store.complete(&item.token, output).await.unwrap(), Completion::Done);
    }
    let join = claim(store).await;
    assert_eq!(join.role, Role::Join);
    (id, join.token)
}

/// `[`, then all but the first byte of each output with commas between, then `]`.
async fn pieces(store: &Store, id: Uuid) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (number, part) in store.parts(id, 1, 10).await.unwrap().into_iter().enumerate() {
        pieces.push(Piece::Text(if number == 0 { "[" } else { "," }.into()));
        let len = part.output_len.unwrap();
        assert_eq!(store.part_bytes(&part, 1..3).await.unwrap().unwrap(), outputs()[number][1..3]);
        pieces.push(Piece::Of(part, 1..len));
    }
    pieces.push(Piece::Text("]".into()));
    pieces
}

fn whole() -> Bytes {
    let [a, b, c] = outputs();
    [&b"["[..], &a[1..], b",", &b[1..], b",", &c[1..], b"]"].concat().into()
}

async fn in_pieces(store: &Store) -> Uuid {
    let (id, join) = before_the_join(store).await;
    let listed = store.list_pieces(&join, &pieces(store, id).await).await.unwrap();
    assert_eq!(listed.bytes(), Some(whole().len() as u64));
    assert_eq!(store.complete_with(&join, listed).await.unwrap(), Completion::Done);
    id
}

async fn all(mut reader: ResultReader) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    while let Some(piece) = reader.next().await? {
        all.extend_from_slice(&piece);
    }
    Ok(all)
}

async fn open(store: &Store, id: Uuid, range: Option<Range<u64>>) -> ResultReader {
    store.open_result(id, range).await.unwrap().unwrap()
}

async fn every_range_reads_as_of_one(lab: Lab) {
    let store = lab.open().await;
    let id = in_pieces(&store).await;
    assert_eq!(lab.files().len(), 2, "nothing was copied");
    let (seen, whole) = (show(&store, id).await, whole());
    assert!(seen.state == State::Succeeded && seen.has_result);
    assert_eq!(store.result(id).await.unwrap().unwrap(), whole);
    let len = whole.len() as u64;
    let middle = outputs()[0].len() as u64;
    for range in [
        0..len,
        0..1,
        1..2,
        middle - 2..middle + 9,
        middle + 1..middle + 4,
        middle + 3..len - 1,
        len - 1..len,
        len - 2..u64::MAX,
        len..len + 5,
        5..5,
    ] {
        let reader = open(&store, id, Some(range.clone())).await;
        assert_eq!(reader.whole_len(), len);
        let cut = range.start.min(len)..range.end.min(len);
        assert_eq!(reader.range(), cut);
        assert!(all(reader).await.unwrap() == whole[cut.start as usize..cut.end as usize], "{range:?}");
    }
    let outputs: u64 = outputs().iter().map(|output| output.len() as u64).sum();
    let stored = store.usage("demo").await.unwrap().stored_bytes;
    assert!((outputs..outputs + 1000).contains(&stored), "each byte is counted once: {stored}, {outputs}");
}

async fn only_a_join_hands_in_pieces(lab: Lab) {
    let store = lab.open().await;
    let (_, join) = before_the_join(&store).await;
    let text = [Piece::Text(large(b'x'))];
    accept(&store, "x").await;
    let whole = claim(&store).await.token;
    let refused = store.complete_with(&whole, store.list_pieces(&whole, &text).await.unwrap()).await.unwrap_err();
    assert!(matches!(refused, Error::Invalid { field: "output", .. }), "{refused:?}");
    let known = lab.files().len();
    // A list that is too late is no result, and leaves nothing behind.
    let late = store.list_pieces(&Token { attempt: 7, ..join }, &text).await.unwrap();
    assert_eq!(lab.files().len(), known + 1);
    assert_eq!(store.complete_with(&Token { attempt: 7, ..join }, late).await.unwrap(), Completion::Fenced);
    assert_eq!(lab.files().len(), known);
    // One as large as this is a file, which lives as long as the rest.
    assert_eq!(
        store.complete_with(&join, store.list_pieces(&join, &text).await.unwrap()).await.unwrap(),
        Completion::Done
    );
    assert_eq!(store.result(join.op).await.unwrap().unwrap(), large(b'x'));
    store.purge(join.op).await.unwrap();
    assert_eq!(store.sweep().await.unwrap().expired, 1);
    assert_eq!(store.result(join.op).await.unwrap(), None);
}

async fn what_expires_while_it_is_read_is_read_to_its_end(lab: Lab) {
    let store = lab.open().await;
    let id = in_pieces(&store).await;
    let mut reader = open(&store, id, None).await;
    assert_eq!(reader.next().await.unwrap().unwrap(), "[");
    lab.pass_s(86_400);
    assert!(store.open_result(id, None).await.unwrap().is_none(), "it expires to the millisecond");
    lab.pass_s(599);
    assert_eq!(store.sweep().await.unwrap().expired, 0);
    assert_eq!(store.expiry_lag_ms().await.unwrap(), 0, "the sweep is not late");
    assert!(all(reader).await.unwrap() == whole()[1..]);
    lab.pass_s(5);
    assert!(store.expiry_lag_ms().await.unwrap() > 3_000);
    assert_eq!(store.sweep().await.unwrap().expired, 1);
    assert_eq!(lab.files(), Vec::<String>::new());
    assert_eq!(store.usage("demo").await.unwrap(), operations::Usage::default());
}

async fn what_is_purged_goes_at_once(lab: Lab) {
    let store = lab.open().await;
    let id = in_pieces(&store).await;
    assert!(store.purge(id).await.unwrap());
    assert_eq!(store.expiry_lag_ms().await.unwrap(), 0);
    assert_eq!(store.sweep().await.unwrap().expired, 1);
    assert_eq!(lab.files(), Vec::<String>::new());
}

async fn a_missing_or_short_piece_is_an_error_and_no_short_answer(lab: Lab) {
    let store = lab.open().await;
    let id = in_pieces(&store).await;
    let file = |seq: u32| lab.files().into_iter().find(|file| file.contains(&format!("{id}/{seq}/"))).unwrap();
    let (first, last) = (file(1), file(3));
    let bytes = std::fs::read(&last).unwrap();
    std::fs::write(&last, &bytes[..bytes.len() - 10]).unwrap();
    let told = all(open(&store, id, None).await).await.unwrap_err();
    assert!(matches!(&told, Error::Damaged { detail, .. } if detail.contains("10 bytes before its end")), "{told:?}");
    std::fs::remove_file(&last).unwrap();
    for told in [all(open(&store, id, None).await).await.unwrap_err(), store.result(id).await.unwrap_err()] {
        assert!(matches!(&told, Error::Damaged { detail, .. } if detail.contains("missing")), "{told:?}");
    }
    // What lies before it can be had, and one that does not begin is not opened.
    let before = outputs()[0].len() as u64 + 4;
    assert!(all(open(&store, id, Some(0..before)).await).await.unwrap() == whole()[..before as usize]);
    std::fs::remove_file(&first).unwrap();
    let told = store.open_result(id, Some(5..9)).await.unwrap_err();
    assert!(matches!(&told, Error::Damaged { detail, .. } if detail.contains("missing")), "{told:?}");
}

async fn old_pieces_are_nobodys_orphans(mut lab: Lab) {
    // Files are as old as the system says, so this clock runs near the system's.
    lab.options.clock = operations::Clock::system();
    let store = lab.open().await;
    let id = in_pieces(&store).await;
    let old = std::time::SystemTime::now() - std::time::Duration::from_mins(24 * 60 + 2);
    for path in lab.files() {
        std::fs::OpenOptions::new().append(true).open(path).unwrap().set_modified(old).unwrap();
    }
    assert_eq!(store.sweep().await.unwrap().orphans, 0);
    assert_eq!(store.result(id).await.unwrap().unwrap(), whole());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_has_all_pieces() {
    let lab = Lab::new();
    let store = lab.open().await;
    let id = in_pieces(&store).await;
    let to = lab.folder.path().join("backup");
    let made = lab.beside(|beside| beside.back_up(&to)).unwrap();
    assert_eq!((made.files, made.gone), (2, 0), "{made:?}");
    let restored = Store::open(&to, lab.options.clone()).unwrap();
    assert_eq!(restored.result(id).await.unwrap().unwrap(), whole());
}

both_stores!(
    every_range_reads_as_of_one,
    only_a_join_hands_in_pieces,
    what_expires_while_it_is_read_is_read_to_its_end,
    what_is_purged_goes_at_once,
    a_missing_or_short_piece_is_an_error_and_no_short_answer,
    old_pieces_are_nobodys_orphans,
);
