//! Files that come with a question, and pointers that move with a completion.

use operations::{Completion, NewItem, NewOperation, Output, Plan, Resubmission, Role, State, Store, Token};
use uuid::Uuid;

use crate::lab::{Lab, claim, failure, operation, show};

/// More than one part of a blob, so that it is read in pieces.
const FILE: usize = (16 << 20) + 5;

async fn written(store: &Store, id: Uuid) -> Output {
    let mut writer = store.attachment_writer(id).await.unwrap();
    for piece in vec![7_u8; FILE].chunks(1 << 20) {
        writer.write(piece.to_vec().into()).await.unwrap();
    }
    writer.finish().await.unwrap()
}

async fn accept_with_file(store: &Store) -> Uuid {
    let new = operation("import", "porto");
    let attachment = Some(written(store, new.id).await);
    store.accept(NewOperation { attachment, ..new }).await.unwrap().operation.id
}

async fn read(store: &Store, token: &Token) -> Option<usize> {
    let mut file = store.open_attachment(token).await.unwrap()?;
    let mut bytes = 0;
    while let Some(piece) = file.next().await.unwrap() {
        assert!(piece.iter().all(|byte| *byte == 7));
        bytes += piece.len();
    }
    Some(bytes)
}

async fn a_file_comes_and_goes_with_its_operation(lab: Lab) {
    let store = lab.open().await;
    let id = accept_with_file(&store).await;
    assert_eq!(store.usage("demo").await.unwrap().stored_bytes, (FILE + "porto".len()) as u64);
    let first = claim(&store).await;
    assert_eq!((&first.request[..], first.input.len()), (&b"porto"[..], 0), "the file is not held in memory");
    assert_eq!(read(&store, &first.token).await, Some(FILE));
    store.fail(&first.token, failure("broken"), false).await.unwrap();
    // Asked once more, it goes along, outlives the operation that it came with, and is not taken for an orphan.
    let again = lab.beside(move |beside| beside.resubmit(id).unwrap());
    let Resubmission::Accepted(new) = again else { panic!("it failed: {again:?}") };
    store.purge(id).await.unwrap();
    store.sweep().await.unwrap();
    lab.pass_s(3 * 86_400);
    store.sweep().await.unwrap();
    let second = claim(&store).await;
    assert_eq!((second.token.op, read(&store, &second.token).await), (new.id, Some(FILE)));
    store.complete(&second.token, "done".into()).await.unwrap();
    store.purge(new.id).await.unwrap();
    store.sweep().await.unwrap();
    assert_eq!(store.usage("demo").await.unwrap(), operations::Usage::default());
    assert!(lab.files().is_empty(), "{:?}", lab.files());
}

/// Items of an operation with a file that is to be cut: each of them can read it, also when it is asked once more.
async fn every_item_of_a_plan_can_read_the_file(lab: Lab) {
    let store = lab.open().await;
    let new = NewOperation { planned: true, ..operation("import", "porto") };
    let attachment = Some(written(&store, new.id).await);
    let id = store.accept(NewOperation { attachment, ..new }).await.unwrap().operation.id;
    let planner = claim(&store).await;
    assert_eq!((planner.role, planner.input.len()), (Role::Planner, 0), "the file is not held in memory");
    assert_eq!(read(&store, &planner.token).await, Some(FILE));
    store.fail(&planner.token, failure("broken"), false).await.unwrap();
    let again = lab.beside(move |beside| beside.resubmit(id).unwrap());
    let Resubmission::Accepted(new) = again else { panic!("it failed: {again:?}") };
    let planner = claim(&store).await.token;
    let part = NewItem { seq: 1, input: "network".into(), weight: 1, required: true };
    store.add_items(&planner, vec![part]).await.unwrap();
    store.complete_with(&planner, Output::planned(Plan { join: true, expected: None })).await.unwrap();
    for role in [Role::Part, Role::Join] {
        let item = claim(&store).await;
        let input = if role == Role::Part { "network" } else { "" };
        assert_eq!((item.token.op, item.role, &item.input[..]), (new.id, role, input.as_bytes()));
        assert_eq!(read(&store, &item.token).await, Some(FILE));
        store.complete(&item.token, "done".into()).await.unwrap();
    }
    assert_eq!(show(&store, new.id).await.state, State::Succeeded);
    store.purge(new.id).await.unwrap();
    store.purge(id).await.unwrap();
    store.sweep().await.unwrap();
    assert!(lab.files().is_empty(), "{:?}", lab.files());
}

async fn what_is_refused_leaves_no_file(lab: Lab) {
    let store = lab.open().await;
    let new = operation("import", "porto");
    let attachment = Some(Output::planned(Plan::default()));
    let refused = store.accept(NewOperation { attachment, ..new.clone() }).await.unwrap_err();
    assert!(refused.to_string().contains("attachment"), "{refused}");
    let file = written(&store, new.id).await;
    let nameless = NewOperation { attachment: Some(file.clone()), kind: String::new(), ..new };
    assert!(store.accept(nameless).await.unwrap_err().to_string().contains("kind"));
    store.discard(file).await;
    assert!(lab.files().is_empty(), "{:?}", lab.files());
}

async fn a_pointer_moves_with_the_completion_or_not_at_all(lab: Lab) {
    let store = lab.open().await;
    let id = store.accept(operation("import", "porto")).await.unwrap().operation.id;
    let lost = claim(&store).await.token;
    lab.pass_s(31);
    store.sweep().await.unwrap();
    let mut token = claim(&store).await.token;
    let end = |token: Token, value| {
        let store = store.clone();
        async move { store.complete_and_point(&token, "done".into(), ("dataset", value)).await }
    };
    assert_eq!(end(lost, "of the fenced").await.unwrap(), Completion::Fenced);
    assert_eq!(store.pointer("dataset").await.unwrap(), (0, None));
    for (value, generation) in [("porto-1", 1), ("porto-2", 2)] {
        if generation == 2 {
            store.accept(operation("import", "porto")).await.unwrap();
            token = claim(&store).await.token;
        }
        assert_eq!(end(token, value).await.unwrap(), Completion::Done);
        assert_eq!(store.pointer("dataset").await.unwrap(), (generation, Some(value.to_owned())));
    }
    assert_eq!(show(&store, id).await.state, State::Succeeded);
    assert_eq!(end(token, "too late").await.unwrap(), Completion::Fenced);
    assert_eq!(store.pointer("dataset").await.unwrap().0, 2);
}

async fn a_cancelled_operation_moves_no_pointer(lab: Lab) {
    let store = lab.open().await;
    let id = store.accept(operation("import", "porto")).await.unwrap().operation.id;
    let token = claim(&store).await.token;
    store.request_cancel(id).await.unwrap();
    let late = store.complete_and_point(&token, "done".into(), ("dataset", "porto")).await.unwrap();
    assert_eq!((late, store.pointer("dataset").await.unwrap()), (Completion::Fenced, (0, None)));
}

both_stores!(
    a_file_comes_and_goes_with_its_operation,
    every_item_of_a_plan_can_read_the_file,
    what_is_refused_leaves_no_file,
    a_pointer_moves_with_the_completion_or_not_at_all,
    a_cancelled_operation_moves_no_pointer,
);
