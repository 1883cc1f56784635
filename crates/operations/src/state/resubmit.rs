//! Resubmit: what failed or was canceled is asked once more, as a new operation that takes its request along, and its file.
//!
//! A final state never changes, so the old operation stays as it ended. Its request moves, which costs no copy wherever it lies, and
//! the same wish made twice begins one operation only: there is nothing left to hand on. What was to follow the first end has
//! followed it, and does not follow the second.

use uuid::Uuid;

use super::items::{Ready, insert_ready};
use super::usage::{Delta, check_room};
use super::{Tx, get};
use crate::payload::{Payload, Reference};
use crate::session::values;
use crate::{Error, Operation, Priority, Role, State};

/// The answer to a wish to ask once more.
#[derive(Debug, Clone, PartialEq)]
pub enum Resubmission {
    /// It is accepted, as this new operation.
    Accepted(Operation),
    /// It has not ended, or it ended well; nothing was changed.
    NotFailed(Operation),
    /// Its request was handed on before.
    HandedOn(Operation),
    /// There is no such operation, or no longer.
    Unknown,
}

/// What the new operation has of the old one.
struct Old {
    priority: Priority,
    schema_version: i64,
    request: String,
    role: Role,
    /// What its only item was given beside the request.
    attachment: Option<Reference>,
}

pub(crate) fn resubmit(tx: &mut Tx<'_>, id: Uuid, new_id: Uuid) -> Result<Resubmission, Error> {
    let Some(seen) = get(tx.session, id, tx.now_ms)? else { return Ok(Resubmission::Unknown) };
    if !matches!(seen.state, State::Failed | State::Canceled) {
        return Ok(Resubmission::NotFailed(seen));
    }
    let Some(old) = old(tx, id)? else { return Ok(Resubmission::Unknown) };
    let request = Reference::from_text(&old.request)?;
    if request.len() == Some(0) {
        return Ok(Resubmission::HandedOn(seen));
    }
    check_room(tx, &seen.tenant, 0)?;
    let bytes = (request.len().unwrap_or(0) + old.attachment.as_ref().and_then(Reference::len).unwrap_or(0)) as i64;
    let nothing = Payload::Inline(bytes::Bytes::new()).store(tx.session)?.to_text();
    // Row by row: the new one names the request before the old one forgets it, and what the tenant has stored stays the same.
    insert(tx, &seen, &old, new_id, bytes)?;
    tx.change(
        "UPDATE operation SET request_blob = $2, stored_bytes = stored_bytes - $3 WHERE id = $1",
        values![&id, &nothing, bytes],
    )?;
    let first =
        Ready { op: new_id, seq: 0, kind: &seen.kind, tenant: &seen.tenant, priority: old.priority, role: old.role };
    insert_ready(tx, &first, 1, true, old.attachment.as_ref(), old.schema_version)?;
    if old.attachment.is_some() {
        tx.change("UPDATE item SET input_blob = NULL WHERE op = $1 AND seq = 0", values![&id])?;
    }
    tx.charge(&seen.tenant, old.priority, Delta { admitted: true, ..Delta::default() });
    Ok(get(tx.session, new_id, tx.now_ms)?.map_or(Resubmission::Unknown, Resubmission::Accepted))
}

fn old(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<Old>, Error> {
    let found = tx.row(
        "SELECT priority, schema_version, request_blob FROM operation WHERE id = $1 AND state <> 'expired' FOR UPDATE",
        values![&id],
    )?;
    let Some(row) = found else { return Ok(None) };
    let first = tx.row("SELECT role, input_blob FROM item WHERE op = $1 AND seq = 0", values![&id])?;
    let role = first.as_ref().map_or(Ok(None), |row| row.text(0).map(Role::from_name))?;
    let attachment = first.as_ref().map_or(Ok(None), |row| row.maybe_text(1))?;
    Ok(Some(Old {
        priority: Priority::from_number(row.int(0)?),
        schema_version: row.int(1)?,
        request: row.text(2)?.to_owned(),
        role: role.unwrap_or(Role::Whole),
        attachment: attachment.map(Reference::from_text).transpose()?,
    }))
}

fn insert(tx: &mut Tx<'_>, seen: &Operation, old: &Old, new_id: Uuid, bytes: i64) -> Result<(), Error> {
    let is_whole = old.role.counts();
    tx.change(
        "INSERT INTO operation (id, tenant, kind, dataset, state, version, created, touched, priority, items_total, planned,
            request_blob, stored_bytes, traceparent, schema_version, build)
         VALUES ($1, $2, $3, $4, 'notStarted', 1, $5, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        values![
            &new_id,
            &seen.tenant,
            &seen.kind,
            seen.dataset.as_ref(),
            tx.now_ms,
            old.priority.number(),
            i64::from(is_whole),
            is_whole,
            &old.request,
            bytes,
            seen.traceparent.as_ref(),
            old.schema_version,
            &tx.options.build,
        ],
    )?;
    Ok(())
}
