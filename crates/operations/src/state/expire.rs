//! Expiry: what nobody can read any more is removed, in steps that may be repeated after a crash at any of them.
//!
//! First the database: items and inline payloads go, and the row with them, unless files belong to it. Then the row
//! stays as a tombstone (`expired`: not readable even if the clock were set back), the files are deleted, and
//! [`forget`] removes it.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::read::uuid;
use crate::Error;
use crate::payload::Reference;

/// An operation that is gone for its readers but whose files are still there.
#[derive(Debug)]
pub(crate) struct Grave {
    pub(crate) op: Uuid,
    pub(crate) files: Vec<String>,
}

/// Buries up to `limit` operations. Tells how many were newly expired, and which files are to be deleted; those of
/// earlier calls that were not carried through are among them.
pub(crate) fn bury(conn: &Connection, limit: usize, now_ms: i64) -> Result<(usize, Vec<Grave>), Error> {
    let expired = expired(conn, limit, now_ms)?;
    let count = expired.iter().filter(|found| !found.is_tombstone).count();
    let graves: Result<Vec<_>, _> = expired.into_iter().map(|found| found.bury(conn)).collect();
    Ok((count, graves?.into_iter().flatten().collect()))
}

/// Removes tombstones whose files are gone.
pub(crate) fn forget(conn: &Connection, ops: &[Uuid]) -> Result<(), Error> {
    let mut statement = conn.prepare_cached("DELETE FROM operation WHERE id = ?1 AND state = 'expired'")?;
    ops.iter().try_for_each(|op| statement.execute([op.as_bytes()]).map(|_| ()))?;
    Ok(())
}

/// Whether an operation names that file.
pub(crate) fn names(conn: &Connection, op: Uuid, key: &str) -> Result<bool, Error> {
    let mut statement = conn.prepare_cached("SELECT request_blob, result_blob FROM operation WHERE id = ?1")?;
    let mut rows = statement.query([op.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(false) };
    let texts: [Option<String>; 2] = [row.get(0)?, row.get(1)?];
    for text in texts.iter().flatten() {
        if matches!(Reference::from_text(text)?, Reference::File { key: named, .. } if named == key) {
            return Ok(true);
        }
    }
    Ok(false)
}

struct Expired {
    op: Uuid,
    is_tombstone: bool,
    references: Vec<Reference>,
}

/// Tombstones first: they are older work, left over from a crash.
fn expired(conn: &Connection, limit: usize, now_ms: i64) -> Result<Vec<Expired>, Error> {
    let mut statement = conn.prepare_cached(
        "SELECT id, request_blob, result_blob, 1 FROM operation WHERE state = 'expired'
         UNION ALL
         SELECT id, request_blob, result_blob, 0 FROM operation WHERE expires <= ?1 AND state <> 'expired'
         LIMIT ?2",
    )?;
    let mut rows = statement.query(params![now_ms, limit as i64])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let texts: [Option<String>; 2] = [row.get(1)?, row.get(2)?];
        let references = texts.iter().flatten().map(|text| Reference::from_text(text)).collect::<Result<_, _>>()?;
        found.push(Expired { op: uuid(row, 0)?, is_tombstone: row.get(3)?, references });
    }
    Ok(found)
}

impl Expired {
    fn bury(self, conn: &Connection) -> Result<Option<Grave>, Error> {
        let files: Result<Vec<_>, _> = self.references.into_iter().map(|reference| reference.remove(conn)).collect();
        let files: Vec<_> = files?.into_iter().flatten().collect();
        conn.prepare_cached("DELETE FROM item WHERE op = ?1")?.execute([self.op.as_bytes()])?;
        if files.is_empty() {
            conn.prepare_cached("DELETE FROM operation WHERE id = ?1")?.execute([self.op.as_bytes()])?;
            return Ok(None);
        }
        if !self.is_tombstone {
            conn.prepare_cached("UPDATE operation SET state = 'expired' WHERE id = ?1")?
                .execute([self.op.as_bytes()])?;
        }
        Ok(Some(Grave { op: self.op, files }))
    }
}
