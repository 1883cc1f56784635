//! The state machine: one function a transition, each inside a transaction that the caller holds.
//!
//! ```text
//! operation   notStarted ─claim→ running ─complete→ succeeded      item   ready ─claim→ leased ─complete→ done
//!                  └──────────────┴─ fail, poison→ failed                   ↑   retry, lost,│ ├─ fail, poison→ failed
//!                  └──────────────┴─ cancel──────→ canceled                 └── handed back ┘ └─ cancel→ canceled
//! ```
//!
//! Every write of a worker is conditional on its token and on the item being leased; where no row answers, the worker
//! was fenced. A terminal state has no item that is ready or leased, so nothing can move it. Attempts only grow, also
//! when one is handed back unharmed, since a number given twice would be no fence.
//!
//! Nothing here asks the time, waits, or touches a file.

mod accept;
mod cancel;
mod claim;
mod expire;
mod finish;
mod lease;
mod read;

use rusqlite::{Connection, params};
use uuid::Uuid;

pub(crate) use accept::accept;
pub(crate) use cancel::cancel;
pub(crate) use claim::{Taken, claim};
pub(crate) use expire::{bury, forget, names};
pub(crate) use finish::{complete, fail};
pub(crate) use lease::{Moved, expire_leases, hand_back, release_all, renew, report_progress};
pub(crate) use read::{count_ready, get, list, result};

use crate::{Error, Failure, State, StoreOptions};

/// The numbers that the transitions go by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) lease_ms: i64,
    pub(crate) max_attempts: u32,
    pub(crate) retention_ms: i64,
    pub(crate) retry_wait_ms: i64,
}

impl Rules {
    pub(crate) fn of(options: &StoreOptions) -> Self {
        Self {
            lease_ms: options.lease_ms(),
            max_attempts: options.max_attempts,
            retention_ms: options.retention_ms(),
            retry_wait_ms: options.retry_wait_ms as i64,
        }
    }
}

/// How an operation ends.
enum End<'a> {
    Succeeded { result_blob: String },
    Failed(&'a Failure),
    Canceled,
}

/// Moves an operation to its final state. The caller has made sure that no item of it is ready or leased any more.
fn end(conn: &Connection, op: Uuid, how: &End<'_>, rules: Rules, now_ms: i64) -> Result<(), Error> {
    let (state, result_blob, failure) = match how {
        End::Succeeded { result_blob } => (State::Succeeded, Some(result_blob), None),
        End::Failed(failure) => (State::Failed, None, Some(failure)),
        End::Canceled => (State::Canceled, None, None),
    };
    let changed = conn
        .prepare_cached(
            "UPDATE operation SET state = ?2, version = version + 1, finished = ?3, touched = ?3, expires = ?4,
                result_blob = ?5, error_code = ?6, error_message = ?7, cancel_requested = ?8,
                progress = CASE WHEN ?9 THEN 1.0 ELSE progress END,
                items_done = CASE WHEN ?9 THEN items_total ELSE items_done END,
                items_failed = items_failed + (?6 IS NOT NULL)
             WHERE id = ?1 AND state IN ('notStarted', 'running')",
        )?
        .execute(params![
            op.as_bytes(),
            state.name(),
            now_ms,
            now_ms + rules.retention_ms,
            result_blob,
            failure.map(|failure| &failure.code),
            failure.map(|failure| &failure.message),
            state == State::Canceled,
            state == State::Succeeded,
        ])?;
    if changed == 1 {
        return Ok(());
    }
    Err(Error::Damaged {
        what: format!("operation {op}"),
        detail: "an item was at work in an operation that had ended".into(),
    })
}
