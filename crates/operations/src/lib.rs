//! Durable operations: long questions that survive a crash, and the keys of those who ask them.
//!
//! **Why.** An optimization or a large matrix outlives a patient HTTP connection. Whoever was answered 202 holds a
//! promise: the operation will be found, it will end, and its result will not change. This crate keeps that promise
//! on one machine and one folder, and knows nothing of what an operation is about: a kind is a name, a request and a
//! result are bytes.
//!
//! **How.** One SQLite database (WAL, `synchronous=FULL`) holds the operations and their items; a single writer thread
//! gathers waiting commands into one transaction and answers them after the commit. Workers claim items under a lease.
//! Each claim raises the item's attempt, and `(operation, item, attempt)` is the fencing [`Token`]: every later write
//! names it, so an executor that was given up for dead can waste work but never replace a result. Payloads above
//! [`INLINE_LIMIT`] lie in files that are synced before the transaction that names them.
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
//!         dataset: None,
//!         request: "hello".into(),
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

mod backlog;
mod beside;
mod blobs;
mod database;
mod error;
mod folder;
mod keys;
mod mount;
mod operation;
mod options;
mod payload;
mod readers;
mod state;
mod store;
mod sweeper;
mod wakeups;
mod work;
mod writer;

pub use beside::Beside;
pub use error::Error;
pub use keys::{KeyHolder, NewKey};
pub use operation::{Failure, ListFilter, NewOperation, Operation, State, new_id};
pub use options::{Clock, StoreOptions};
pub use payload::INLINE_LIMIT;
pub use store::Store;
pub use sweeper::SweepReport;
pub use work::{Cancellation, Claim, Completion, Renewal, Token};
