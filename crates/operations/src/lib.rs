//! Durable operations: long questions that survive a crash, and the keys of those who ask them.
//!
//! **Why.** An optimization or a large matrix outlives a patient HTTP connection. Whoever was answered 202 holds a
//! promise: the operation will be found, it will end, and its result will not change. This crate keeps that promise
//! on one machine and one folder, and knows nothing of what an operation is about: a kind is a name, a request and a
//! result are bytes.
//!
//! **How.** A database holds the operations and their items; a writer gathers waiting commands into one transaction and
//! answers them after the commit. Workers claim items under a lease. Each claim raises the item's attempt, and
//! `(operation, item, attempt)` is the fencing [`Token`]: every later write names it, so an executor that was given up for
//! dead can waste work but never replace a result. Payloads above [`INLINE_LIMIT`] are blobs that are safe before the
//! transaction that names them.
//!
//! A small job is one item ([`Role::Whole`]). A large one is accepted with [`NewOperation::planned`]: its first item is
//! a [`Role::Planner`], which adds parts ([`Store::add_items`]) and completes with [`Output::planned`]; the parts are
//! claimed like any item; when the last has ended, a [`Role::Join`] reads their outputs ([`Store::parts`],
//! [`Store::part_output`]) and completes with the result, or adds the parts of the next round. A large result need not
//! be written: it can be a list of stretches of those outputs ([`Store::list_pieces`]), put together whenever it is
//! read. What is to happen when an operation ends (a webhook) is handed in with it ([`FollowUp`]) and begins in the
//! transaction that ends it.
//!
//! **The door.** In: [`Store::accept`], with a file if there is one ([`Store::attachment_writer`]), with [`IdempotencyKey`], tenant, [`Priority`]; limits are checked inside the
//! transaction ([`Limits`], refused as [`Error::Overloaded`] with its `retry_after_s`). Looking: [`Store::get`],
//! [`Store::list`], [`Store::result`], [`Store::parts`], [`Store::changed`], [`Store::usage`], [`Store::queues`],
//! [`Store::durations`]. Stopping: [`Store::request_cancel`], [`Store::purge`]. Once more: [`Beside::resubmit`]. Working: [`Store::claim`], [`Store::renew`],
//! [`Store::report_progress`], [`Store::report_incumbent`], [`Store::complete`], [`Store::complete_with`], [`Store::fail`],
//! [`Store::hand_back`]. Time: [`Store::sweep`], about once a second. Switching datasets: [`Store::pointer`],
//! [`Store::set_pointer`].
//!
//! **What never happens here.** No answer leaves before its commit; no terminal state changes; nothing is decided by a
//! worker's clock; nothing sleeps while it holds a lock; no payload is looked into. Hints ([`Store::ready`],
//! [`Store::changed`]) may be lost: whoever waits also looks again after a second.
//!
//! ```
//! use operations::{Completion, NewOperation, State, Store, StoreOptions, new_id};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
//! # let folder = tempfile::tempdir()?;
//! # runtime.block_on(async {
//! let store = Store::open(folder.path(), StoreOptions::default())?;
//! let id = new_id();
//! store
//!     .accept(NewOperation {
//!         id,
//!         tenant: "demo".into(),
//!         kind: "echo".into(),
//!         request: "hello".into(),
//!         ..NewOperation::default()
//!     })
//!     .await?;
//!
//! for claim in store.claim("worker-1", None, 1).await? {
//!     assert_eq!(store.complete(&claim.token, claim.request).await?, Completion::Done);
//! }
//! let done = store.get(id).await?.expect("accepted above, kept for a day");
//! assert_eq!(done.state, State::Succeeded);
//! assert_eq!(store.result(id).await?.as_deref(), Some(&b"hello"[..]));
//! store.close().await?;
//! # Ok::<(), operations::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod beside;
mod blobs;
mod database;
mod error;
mod keys;
mod operation;
mod options;
mod payload;
mod pieces;
mod postgres;
mod session;
mod sqlite;
mod state;
mod store;
mod wakeups;
mod work;
mod writer;

pub use beside::Beside;
pub use blobs::{Blobs, OutputWriter, ResultReader, SharedBlob};
pub use error::Error;
pub use keys::{KeyHolder, NewKey};
pub use operation::{
    Accepted, Failure, FollowUp, IdempotencyKey, ListFilter, NewOperation, Operation, Priority, State, new_id,
};
pub use options::{Clock, Commits, FailPoints, Limits, Retention, StoreOptions, TenantLimits};
pub use payload::INLINE_LIMIT;
pub use pieces::Piece;
pub use sqlite::Backup;
pub use state::{Queue, Resubmission, Usage};
pub use store::{Store, SweepReport};
pub use work::{Cancellation, Claim, Completion, NewItem, Output, Part, Plan, Renewal, Role, Room, Token};
