//! Expiry: what nobody can read any more is removed, in steps that may be repeated after a crash at any of them.
//!
//! First the database: inline payloads go, and the rows with them, unless blobs belong to the operation. Then the row
//! stays as a tombstone (`expired`: not readable even if the clock were set back), the blobs are deleted, and
//! [`forget`] removes it.

use std::collections::HashMap;

use uuid::Uuid;

use super::Tx;
use super::usage::Delta;
use crate::payload::Reference;
use crate::session::{Row, Session, Value, values};
use crate::{Error, Priority};

/// An operation that is gone for its readers but whose blobs are still there.
#[derive(Debug)]
pub(crate) struct Grave {
    pub(crate) op: Uuid,
    pub(crate) blobs: Vec<String>,
}

/// Buries up to `limit` operations. Tells how many were newly expired, and which blobs are to be deleted; those of
/// earlier calls that were not carried through are among them. Who accepts beside a sweep waits for this, so it takes a few statements
/// for all of them and not some for each.
pub(crate) fn bury(tx: &mut Tx<'_>, limit: usize) -> Result<(usize, Vec<Grave>), Error> {
    let mut expired = expired(tx, limit)?;
    let count = expired.iter().filter(|found| !found.is_tombstone).count();
    add_items(tx, &mut expired)?;
    let (mut graves, mut empty, mut inline) = (Vec::new(), Vec::new(), Vec::new());
    for mut found in expired {
        let mut blobs = Vec::new();
        found.payloads.sort_unstable();
        found.payloads.dedup();
        for text in &found.payloads {
            match Reference::from_text(text)? {
                Reference::Inline { row, .. } => inline.push(row),
                Reference::Blob(blob) => blobs.push(blob.key),
                // Its list and what that names are outputs of items.
                Reference::Pieces(_) => {}
            }
        }
        if !found.is_tombstone {
            let delta = Delta { stored_bytes: -found.stored_bytes, ..Delta::default() };
            tx.charge(&found.tenant, found.priority, delta);
        }
        if blobs.is_empty() {
            empty.push(found.op);
            continue;
        }
        if !found.is_tombstone {
            tx.change("UPDATE operation SET state = 'expired' WHERE id = $1", values![&found.op])?;
        }
        graves.push(Grave { op: found.op, blobs });
    }
    for chunk in chunks(&inline) {
        let ids: Vec<Value<'_>> = chunk.iter().map(|row| Value::Int(*row)).collect();
        tx.change(&format!("DELETE FROM payload WHERE id IN ({})", marks(chunk.len())), &ids)?;
    }
    remove_rows(tx, &empty, "")?;
    Ok((count, graves))
}

/// Removes tombstones whose blobs are gone.
pub(crate) fn forget(tx: &mut Tx<'_>, ops: &[Uuid]) -> Result<(), Error> {
    remove_rows(tx, ops, " AND state = 'expired'")
}

/// Removes operations and all that belongs to them in the database, where the condition holds.
fn remove_rows(tx: &mut Tx<'_>, ops: &[Uuid], condition: &str) -> Result<(), Error> {
    for chunk in chunks(ops) {
        let (ids, marks): (Vec<Value<'_>>, _) = (chunk.iter().map(Value::from).collect(), marks(chunk.len()));
        for sql in [
            format!("DELETE FROM item WHERE op IN ({marks})"),
            format!("DELETE FROM idempotency WHERE op IN ({marks})"),
            format!("DELETE FROM operation WHERE id IN ({marks}){condition}"),
        ] {
            tx.change(&sql, &ids)?;
        }
    }
    Ok(())
}

/// Values that one statement names at most, and always a power of two: so there are few different statements to prepare.
const AT_ONCE: usize = 64;

fn chunks<T>(mut all: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let count = AT_ONCE.min(1 << all.len().checked_ilog2()?);
        let (now, rest) = all.split_at(count);
        all = rest;
        Some(now)
    })
}

/// `$1, $2, …`
fn marks(count: usize) -> String {
    (1..=count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// Whether an operation, or the one that followed from it, or any that its request was handed on to, names that blob. The last is
/// asked of all operations, but only about blobs that are old and about to go.
pub(crate) fn names(session: &mut dyn Session, op: Uuid, key: &str) -> Result<bool, Error> {
    let mut named = references(session, op)?;
    named.extend(references(session, super::follow_up_id(op))?);
    if named.iter().any(|reference| matches!(reference, Reference::Blob(blob) if blob.key == key)) {
        return Ok(true);
    }
    for sql in [
        "SELECT request_blob FROM operation WHERE request_blob LIKE $1",
        "SELECT input_blob FROM item WHERE seq = 0 AND input_blob LIKE $1",
    ] {
        let handed_on = session.rows(sql, values![&format!("%:{key}")])?;
        let mut handed_on = handed_on.iter().map(|row| row.text(0).and_then(Reference::from_text));
        if handed_on.any(|reference| matches!(reference, Ok(Reference::Blob(blob)) if blob.key == key)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// For how many milliseconds beyond its expiry what a result names stays, for those that are still reading it. One
/// blob, once opened, can be read to its end whatever happens to it, but of a list each piece is opened when its turn
/// comes: so that stays for ten minutes, and a second more for every megabyte. A download at that pace comes to its
/// end.
pub(super) const READING_MS: &str =
    "CASE WHEN coalesce(result_blob, '') LIKE '%/pieces' THEN 600000 + stored_bytes / 1000 ELSE 0 END";

struct Expired {
    op: Uuid,
    is_tombstone: bool,
    tenant: String,
    priority: Priority,
    stored_bytes: i64,
    /// What it and its items name, as it is written there.
    payloads: Vec<String>,
}

/// What an operation itself names. What was to follow belongs to the operation that follows from it as soon as there is one.
const PAYLOADS: &str = "request_blob, result_blob, incumbent_blob, CASE WHEN finished IS NULL THEN then_blob END";

/// Tombstones first: they are older work, left over from a crash.
fn expired(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<Expired>, Error> {
    let row = format!("SELECT id, tenant, priority, stored_bytes, {PAYLOADS} FROM operation");
    let left_over = format!("{row} WHERE state = 'expired' ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED");
    let mut found = Vec::new();
    for row in tx.rows(&left_over, values![limit as i64])? {
        found.push(Expired::from_row(&row, true)?);
    }
    let newly = format!(
        "{row} WHERE expires <= $1 AND expires + {READING_MS} <= $1 AND state <> 'expired' ORDER BY expires LIMIT $2
         FOR UPDATE SKIP LOCKED"
    );
    let rest = limit.saturating_sub(found.len()) as i64;
    for row in tx.rows(&newly, values![tx.now_ms, rest])? {
        found.push(Expired::from_row(&row, false)?);
    }
    Ok(found)
}

/// Adds what the items of those operations name.
fn add_items(tx: &mut Tx<'_>, all: &mut [Expired]) -> Result<(), Error> {
    let ops: Vec<Uuid> = all.iter().map(|found| found.op).collect();
    let place: HashMap<Uuid, usize> = ops.iter().enumerate().map(|(place, op)| (*op, place)).collect();
    for chunk in chunks(&ops) {
        let ids: Vec<Value<'_>> = chunk.iter().map(Value::from).collect();
        let named = "input_blob IS NOT NULL OR output_blob IS NOT NULL";
        let sql =
            format!("SELECT op, input_blob, output_blob FROM item WHERE op IN ({}) AND ({named})", marks(chunk.len()));
        for row in tx.rows(&sql, &ids)? {
            if let Some(place) = place.get(&row.uuid(0)?) {
                collect(&row, 1, &mut all[*place].payloads)?;
            }
        }
    }
    Ok(())
}

impl Expired {
    fn from_row(row: &Row, is_tombstone: bool) -> Result<Self, Error> {
        let mut payloads = Vec::new();
        collect(row, 4, &mut payloads)?;
        Ok(Self {
            payloads,
            op: row.uuid(0)?,
            is_tombstone,
            tenant: row.text(1)?.to_owned(),
            priority: Priority::from_number(row.int(2)?),
            stored_bytes: row.int(3)?,
        })
    }
}

/// Every payload that an operation and its items name, each once.
fn references(session: &mut dyn Session, op: Uuid) -> Result<Vec<Reference>, Error> {
    let mut texts = Vec::new();
    for row in session.rows(&format!("SELECT {PAYLOADS} FROM operation WHERE id = $1"), values![&op])? {
        collect(&row, 0, &mut texts)?;
    }
    for row in session.rows("SELECT input_blob, output_blob FROM item WHERE op = $1", values![&op])? {
        collect(&row, 0, &mut texts)?;
    }
    texts.sort_unstable();
    texts.dedup();
    texts.iter().map(|text| Reference::from_text(text)).collect()
}

/// The texts in a row's columns from `first` on.
fn collect(row: &Row, first: usize, texts: &mut Vec<String>) -> Result<(), Error> {
    for column in first..row.0.len() {
        texts.extend(row.maybe_text(column)?.map(str::to_owned));
    }
    Ok(())
}
