//! Expiry: what nobody can read any more is removed, in steps that may be repeated after a crash at any of them.
//!
//! First the database: inline payloads go, and the rows with them, unless blobs belong to the operation. Then the row
//! stays as a tombstone (`expired`: not readable even if the clock were set back), the blobs are deleted, and
//! [`forget`] removes it.

use uuid::Uuid;

use super::Tx;
use super::usage::Delta;
use crate::payload::Reference;
use crate::session::{Row, Session, values};
use crate::{Error, Priority};

/// An operation that is gone for its readers but whose blobs are still there.
#[derive(Debug)]
pub(crate) struct Grave {
    pub(crate) op: Uuid,
    pub(crate) blobs: Vec<String>,
}

/// Buries up to `limit` operations. Tells how many were newly expired, and which blobs are to be deleted; those of
/// earlier calls that were not carried through are among them.
pub(crate) fn bury(tx: &mut Tx<'_>, limit: usize) -> Result<(usize, Vec<Grave>), Error> {
    let expired = expired(tx, limit)?;
    let count = expired.iter().filter(|found| !found.is_tombstone).count();
    let mut graves = Vec::new();
    for found in expired {
        graves.extend(bury_one(tx, &found)?);
    }
    Ok((count, graves))
}

/// Removes tombstones whose blobs are gone.
pub(crate) fn forget(tx: &mut Tx<'_>, ops: &[Uuid]) -> Result<(), Error> {
    ops.iter().try_for_each(|&op| remove_rows(tx, op))
}

fn remove_rows(tx: &mut Tx<'_>, op: Uuid) -> Result<(), Error> {
    for sql in [
        "DELETE FROM item WHERE op = $1",
        "DELETE FROM idempotency WHERE op = $1",
        "DELETE FROM operation WHERE id = $1 AND state = 'expired'",
    ] {
        tx.change(sql, values![&op])?;
    }
    Ok(())
}

/// Whether an operation, or the one that followed from it, names that blob.
pub(crate) fn names(session: &mut dyn Session, op: Uuid, key: &str) -> Result<bool, Error> {
    let mut named = references(session, op)?;
    named.extend(references(session, super::follow_up_id(op))?);
    Ok(named.iter().any(|reference| matches!(reference, Reference::Blob(blob) if blob.key == key)))
}

struct Expired {
    op: Uuid,
    is_tombstone: bool,
    tenant: String,
    priority: Priority,
    stored_bytes: i64,
}

/// Tombstones first: they are older work, left over from a crash.
fn expired(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<Expired>, Error> {
    let left_over = "SELECT id, tenant, priority, stored_bytes FROM operation WHERE state = 'expired'
         ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED";
    let mut found = Vec::new();
    for row in tx.rows(left_over, values![limit as i64])? {
        found.push(Expired::from_row(&row, true)?);
    }
    let newly = "SELECT id, tenant, priority, stored_bytes FROM operation WHERE expires <= $1 AND state <> 'expired'
         ORDER BY expires LIMIT $2 FOR UPDATE SKIP LOCKED";
    let rest = limit.saturating_sub(found.len()) as i64;
    for row in tx.rows(newly, values![tx.now_ms, rest])? {
        found.push(Expired::from_row(&row, false)?);
    }
    Ok(found)
}

impl Expired {
    fn from_row(row: &Row, is_tombstone: bool) -> Result<Self, Error> {
        Ok(Self {
            op: row.uuid(0)?,
            is_tombstone,
            tenant: row.text(1)?.to_owned(),
            priority: Priority::from_number(row.int(2)?),
            stored_bytes: row.int(3)?,
        })
    }
}

fn bury_one(tx: &mut Tx<'_>, found: &Expired) -> Result<Option<Grave>, Error> {
    let mut blobs = Vec::new();
    for reference in references(tx.session, found.op)? {
        blobs.extend(reference.remove(tx.session)?);
    }
    if !found.is_tombstone {
        tx.change("UPDATE operation SET state = 'expired' WHERE id = $1", values![&found.op])?;
        let delta = Delta { stored_bytes: -found.stored_bytes, ..Delta::default() };
        tx.charge(&found.tenant, found.priority, delta);
    }
    if blobs.is_empty() {
        remove_rows(tx, found.op)?;
        return Ok(None);
    }
    Ok(Some(Grave { op: found.op, blobs }))
}

/// Every payload that an operation and its items name, each once. What was to follow belongs to the operation that follows
/// from it as soon as there is one.
fn references(session: &mut dyn Session, op: Uuid) -> Result<Vec<Reference>, Error> {
    let mut texts = Vec::new();
    let rows = session.rows(
        "SELECT request_blob, result_blob, incumbent_blob, CASE WHEN finished IS NULL THEN then_blob END
         FROM operation WHERE id = $1",
        values![&op],
    )?;
    collect(&rows, &mut texts)?;
    let rows = session.rows("SELECT input_blob, output_blob FROM item WHERE op = $1", values![&op])?;
    collect(&rows, &mut texts)?;
    texts.sort_unstable();
    texts.dedup();
    texts.iter().map(|text| Reference::from_text(text)).collect()
}

fn collect(rows: &[Row], texts: &mut Vec<String>) -> Result<(), Error> {
    for row in rows {
        for column in 0..row.0.len() {
            texts.extend(row.maybe_text(column)?.map(str::to_owned));
        }
    }
    Ok(())
}
