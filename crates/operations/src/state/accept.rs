//! Accept: an operation and its first item come to be, naming a request that is already safe.

use super::items::{Ready, insert_ready};
use super::usage::{Delta, check_room};
use super::{Tx, get};
use crate::payload::{Payload, Reference};
use crate::session::values;
use crate::{Accepted, Error, IdempotencyKey, NewOperation, Operation, Output, Role};

pub(crate) fn accept(
    tx: &mut Tx<'_>,
    new: &NewOperation,
    request: &Payload,
    follow_up: Option<&Payload>,
) -> Result<Accepted, Error> {
    let attachment = new.attachment.as_ref().and_then(Output::payload);
    if let Some(key) = &new.idempotency
        && let Some(operation) = under_key(tx, new, key)?
    {
        return Ok(Accepted { operation, repeated: true });
    }
    if tx.row("SELECT 1 FROM operation WHERE id = $1", values![&new.id])?.is_some() {
        return if tx.in_doubt { as_committed(tx, new) } else { Err(Error::Duplicate { id: new.id }) };
    }
    let bytes = [follow_up, attachment].into_iter().flatten().map(Payload::len).sum::<u64>() + request.len();
    check_room(tx, &new.tenant, bytes)?;
    insert(tx, new, request, follow_up, bytes as i64)?;
    if let Some(key) = &new.idempotency {
        take_key(tx, new, key)?;
    }
    let role = if new.planned { Role::Planner } else { Role::Whole };
    let first = Ready { op: new.id, seq: 0, kind: &new.kind, tenant: &new.tenant, priority: new.priority, role };
    let input = attachment.map(|file| file.store(tx.session)).transpose()?;
    insert_ready(tx, &first, 1, true, input.as_ref(), version_of(new))?;
    tx.charge(&new.tenant, new.priority, Delta { stored_bytes: bytes as i64, admitted: true, ..Delta::default() });
    as_committed(tx, new).map(|accepted| Accepted { repeated: false, ..accepted })
}

fn version_of(new: &NewOperation) -> i64 {
    new.schema_version.max(1).into()
}

/// The operation that was accepted under the same key and can still be seen.
fn under_key(tx: &mut Tx<'_>, new: &NewOperation, key: &IdempotencyKey) -> Result<Option<Operation>, Error> {
    let found = tx.row(
        "SELECT body_hash, op FROM idempotency WHERE tenant = $1 AND route = $2 AND key = $3",
        values![&new.tenant, &key.route, &key.key],
    )?;
    let Some(row) = found else { return Ok(None) };
    let Some(operation) = get(tx.session, row.uuid(1)?, tx.now_ms)? else {
        // It has expired, and with it its key.
        tx.change(
            "DELETE FROM idempotency WHERE tenant = $1 AND route = $2 AND key = $3",
            values![&new.tenant, &key.route, &key.key],
        )?;
        return Ok(None);
    };
    if row.bytes(0)? == key.body_hash {
        return Ok(Some(operation));
    }
    Err(Error::KeyReused { key: key.key.clone(), id: operation.id })
}

fn take_key(tx: &mut Tx<'_>, new: &NewOperation, key: &IdempotencyKey) -> Result<(), Error> {
    let taken = tx.change(
        "INSERT INTO idempotency (tenant, route, key, body_hash, op) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant, route, key) DO NOTHING",
        values![&new.tenant, &key.route, &key.key, &key.body_hash[..], &new.id],
    )?;
    // Another node was first between our look and now: the whole command runs again and finds what that one accepted.
    if taken == 1 { Ok(()) } else { Err(Error::Contended) }
}

fn insert(
    tx: &mut Tx<'_>,
    new: &NewOperation,
    request: &Payload,
    follow_up: Option<&Payload>,
    bytes: i64,
) -> Result<(), Error> {
    let request = request.store(tx.session)?.to_text();
    let then_blob = follow_up.map(|payload| payload.store(tx.session)).transpose()?.as_ref().map(Reference::to_text);
    let then_kind = new.follow_up.as_ref().map(|follow_up| &follow_up.kind);
    let total = i64::from(!new.planned);
    let inserted = tx.change(
        "INSERT INTO operation (id, tenant, kind, dataset, state, version, created, touched, priority, items_total, planned,
            request_blob, then_kind, then_blob, stored_bytes, traceparent, schema_version, build)
         VALUES ($1, $2, $3, $4, 'notStarted', 1, $5, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (id) DO NOTHING",
        values![
            &new.id,
            &new.tenant,
            &new.kind,
            new.dataset.as_ref(),
            tx.now_ms,
            new.priority.number(),
            total,
            !new.planned,
            &request,
            then_kind,
            then_blob.as_ref(),
            bytes,
            new.traceparent.as_ref(),
            version_of(new),
            &tx.options.build,
        ],
    )?;
    if inserted == 1 { Ok(()) } else { Err(Error::Contended) }
}

fn as_committed(tx: &mut Tx<'_>, new: &NewOperation) -> Result<Accepted, Error> {
    let operation = get(tx.session, new.id, tx.now_ms)?;
    operation.map(|operation| Accepted { operation, repeated: false }).ok_or(Error::Duplicate { id: new.id })
}
