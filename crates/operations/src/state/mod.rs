//! The state machine: one function a transition, each inside a transaction that the caller holds.
//!
//! ```text
//! operation   notStarted ─claim→ running ─ last part, join → succeeded    item   ready ─claim→ leased ─complete→ done
//!                  └──────────────┴─ fail, poison ──→ failed                     ↑   retry, lost,│ ├─ fail, poison→ failed
//!                  └──────────────┴─ cancel ────────→ canceled                   └── handed back ┘ └─ cancel→ canceled
//! ```
//!
//! Every write of a worker is conditional on its token and on the item being leased; where no row answers, the worker
//! was fenced. A terminal state has no item that is ready or leased, so nothing can move it. Attempts only grow, also
//! when one is handed back unharmed, since a number given twice would be no fence.
//!
//! The transitions are written once for both databases. Where several writers are at work (PostgreSQL), they lock rows in
//! one order: operations by id, then their items, and what tenants use last of all, when the group commits. A claim waits
//! for nobody: it takes only rows that are free. So no circle of waiting can form. A refusal comes before the first write
//! of its command, which therefore needs no undoing.
//!
//! Nothing here asks the time, waits, or touches a file.

mod accept;
mod cancel;
mod claim;
mod expire;
mod finish;
mod items;
mod lease;
mod lock;
mod outlook;
mod pointer;
mod read;
mod resubmit;
#[cfg(test)]
mod simulation;
mod usage;

use uuid::Uuid;

pub(crate) use accept::accept;
pub(crate) use cancel::{cancel, purge};
pub(crate) use claim::{Slots, Taken, claim};
pub(crate) use expire::{bury, forget, names};
#[cfg(test)]
pub(crate) use finish::complete;
pub(crate) use finish::{complete_and_point, fail};
pub(crate) use items::{add_items, attachment, parts};
pub(crate) use lease::{expire_lease, hand_back, leases_of_others, lost_leases, renew, report_progress};
pub use outlook::Queue;
pub(crate) use outlook::{durations, expiry_lag_ms, queues};
pub(crate) use pointer::{pointer, probe, set_pointer};
pub(crate) use read::{count_ready, get, incumbent, list, result};
pub use resubmit::Resubmission;
pub(crate) use resubmit::resubmit;
pub use usage::Usage;
pub(crate) use usage::{Pending, flush, usage};

use crate::payload::{Payload, Reference};
use crate::session::{Row, Session, Value, values};
use crate::{Error, Failure, Priority, State, StoreOptions};
use lock::Locked;
use usage::Delta;

/// A transaction under way: the connection, the time that it began, and what it will have changed in what tenants use.
pub(crate) struct Tx<'a> {
    pub(crate) session: &'a mut dyn Session,
    pub(crate) now_ms: i64,
    pub(crate) options: &'a StoreOptions,
    pub(crate) pending: &'a mut Pending,
    /// The command ran before and nobody knows whether it was committed.
    pub(crate) in_doubt: bool,
}

impl Tx<'_> {
    fn rows(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Error> {
        self.session.rows(sql, values)
    }

    fn row(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Option<Row>, Error> {
        self.session.row(sql, values)
    }

    fn change(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, Error> {
        self.session.change(sql, values)
    }

    fn charge(&mut self, tenant: &str, priority: Priority, delta: Delta) {
        self.pending.add(tenant, priority, delta);
    }
}

/// How an operation ends.
enum End<'a> {
    Succeeded {
        result: Option<Reference>,
    },
    Failed(&'a Failure),
    /// With the best result that was found until then, if there was one.
    Canceled,
}

/// Moves an operation to its final state. The caller has made sure that no item of it is ready or leased any more.
fn end(tx: &mut Tx<'_>, op: &Locked, how: &End<'_>) -> Result<(), Error> {
    let (state, result, failure) = match how {
        End::Succeeded { result } => (State::Succeeded, result.as_ref().map(Reference::to_text), None),
        End::Failed(failure) => (State::Failed, None, Some(*failure)),
        End::Canceled => (State::Canceled, op.incumbent.clone(), None),
    };
    let expires = tx.now_ms + tx.options.retention.of_ms(&op.kind, &op.tenant);
    let changed = tx.change(
        "UPDATE operation SET state = $2, version = version + 1, finished = $3, touched = $3, expires = $4,
            result_blob = $5, error_code = $6, error_message = $7, cancel_requested = $8,
            progress = CASE WHEN $9 = 1 THEN 1.0 ELSE progress END
         WHERE id = $1 AND state IN ('notStarted', 'running')",
        values![
            &op.id,
            state.name(),
            tx.now_ms,
            expires,
            result.as_ref(),
            failure.map(|failure| &failure.code),
            failure.map(|failure| &failure.message),
            state == State::Canceled,
            state == State::Succeeded,
        ],
    )?;
    if changed != 1 {
        return Err(Error::Damaged {
            what: format!("operation {}", op.id),
            detail: "an item was at work in an operation that had ended".into(),
        });
    }
    follow_up(tx, op)
}

/// Begins what was to begin at the end of `op`, as an operation of its own, in the same transaction.
fn follow_up(tx: &mut Tx<'_>, op: &Locked) -> Result<(), Error> {
    let Some((kind, request)) = &op.follow_up else { return Ok(()) };
    let id = follow_up_id(op.id);
    tx.change(
        "INSERT INTO operation (id, tenant, kind, state, version, created, touched, priority, parent, items_total, request_blob,
            traceparent)
         VALUES ($1, $2, $3, 'notStarted', 1, $4, $4, $5, $6, 1, $7, (SELECT traceparent FROM operation WHERE id = $6))",
        values![&id, &op.tenant, kind, tx.now_ms, op.priority.number(), &op.id, request],
    )?;
    let first =
        items::Ready { op: id, seq: 0, kind, tenant: &op.tenant, priority: op.priority, role: crate::Role::Whole };
    items::insert_ready(tx, &first, 1, true, None, 1)?;
    Ok(())
}

/// The same whoever computes it and whenever: also an id of what follows is chosen before the first try.
fn follow_up_id(op: Uuid) -> Uuid {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"follow-up").update(op.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The payload as a transaction names it, counted as stored by the tenant of `op`.
fn store_payload(tx: &mut Tx<'_>, op: &Locked, payload: &Payload) -> Result<Reference, Error> {
    let reference = payload.store(tx.session)?;
    let bytes = payload.len() as i64;
    tx.change("UPDATE operation SET stored_bytes = stored_bytes + $2 WHERE id = $1", values![&op.id, bytes])?;
    tx.charge(&op.tenant, op.priority, Delta { stored_bytes: bytes, ..Delta::default() });
    Ok(reference)
}
