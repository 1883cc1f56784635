//! Leases: kept, handed back, run out, or gone with the process that held them.
//!
//! A lease that ran out counts as an attempt, and so does one whose process died: an input that kills whoever touches it
//! uses up its attempts and fails (poison), instead of killing for ever.

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::read::uuid;
use super::{End, Rules, end};
use crate::{Completion, Error, Failure, Renewal, Token};

/// What became of an item whose lease ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// Somebody else may take it.
    Ready(Uuid),
    /// It had used up its attempts, and its operation failed.
    Failed(Uuid),
}

pub(crate) fn renew(conn: &Connection, token: Token, rules: Rules, now_ms: i64) -> Result<Renewal, Error> {
    let held = conn
        .prepare_cached(
            "UPDATE item SET lease_until = ?4 WHERE op = ?1 AND seq = ?2 AND attempt = ?3 AND state = 'leased'",
        )?
        .execute(params![token.op.as_bytes(), token.seq, token.attempt, now_ms + rules.lease_ms])?;
    if held == 1 {
        return Ok(Renewal::Held);
    }
    let canceled = conn
        .prepare_cached("SELECT 1 FROM item WHERE op = ?1 AND seq = ?2 AND attempt = ?3 AND state = 'canceled'")?
        .exists(params![token.op.as_bytes(), token.seq, token.attempt])?;
    Ok(if canceled { Renewal::CancelRequested } else { Renewal::Fenced })
}

/// Raises the operation's progress; a report that is lower, or comes from a fenced worker, changes nothing. Tells whether
/// anything did.
pub(crate) fn report_progress(conn: &Connection, token: Token, fraction: f64, now_ms: i64) -> Result<bool, Error> {
    let changed = conn
        .prepare_cached(
            "UPDATE operation SET progress = ?4, version = version + 1, touched = ?5
             WHERE id = ?1 AND progress < ?4 AND EXISTS
                (SELECT 1 FROM item WHERE op = ?1 AND seq = ?2 AND attempt = ?3 AND state = 'leased')",
        )?
        .execute(params![token.op.as_bytes(), token.seq, token.attempt, fraction, now_ms])?;
    Ok(changed == 1)
}

/// Gives an item back unharmed, as a draining worker does: the attempt is not charged.
pub(crate) fn hand_back(conn: &Connection, token: Token, now_ms: i64) -> Result<Completion, Error> {
    let changed = conn
        .prepare_cached(
            "UPDATE item SET state = 'ready', uncharged = uncharged + 1, not_before = ?4,
                lease_owner = NULL, lease_until = NULL
             WHERE op = ?1 AND seq = ?2 AND attempt = ?3 AND state = 'leased'",
        )?
        .execute(params![token.op.as_bytes(), token.seq, token.attempt, now_ms])?;
    if changed == 0 {
        return Ok(Completion::Fenced);
    }
    conn.prepare_cached(
        "UPDATE operation SET attempts = attempts - 1, version = version + 1, touched = ?2 WHERE id = ?1",
    )?
    .execute(params![token.op.as_bytes(), now_ms])?;
    Ok(Completion::Done)
}

/// Ends up to `limit` leases that ran out.
pub(crate) fn expire_leases(conn: &Connection, limit: usize, rules: Rules, now_ms: i64) -> Result<Vec<Moved>, Error> {
    let lost = conn
        .prepare_cached(
            "SELECT op, seq, attempt, uncharged, lease_owner, error_code, error_message FROM item
             WHERE state = 'leased' AND lease_until <= ?1 ORDER BY lease_until LIMIT ?2",
        )?
        .query_map(params![now_ms, limit as i64], Lost::from_row)?
        .collect::<Result<Vec<_>, _>>()?;
    lost.iter().map(|item| item.lose(conn, "let its lease run out", rules, now_ms)).collect()
}

/// Ends every lease: whoever held them belonged to a process that is gone, since the folder's lock is ours.
pub(crate) fn release_all(conn: &Connection, rules: Rules, now_ms: i64) -> Result<Vec<Moved>, Error> {
    let lost = conn
        .prepare_cached(
            "SELECT op, seq, attempt, uncharged, lease_owner, error_code, error_message FROM item
             WHERE state = 'leased'",
        )?
        .query_map([], Lost::from_row)?
        .collect::<Result<Vec<_>, _>>()?;
    lost.iter().map(|item| item.lose(conn, "ended with its process", rules, now_ms)).collect()
}

/// Whether an item has used up its attempts, those handed back apart.
pub(super) fn is_used_up(attempt: u32, uncharged: u32, rules: Rules) -> bool {
    attempt - uncharged >= rules.max_attempts
}

/// A leased item whose worker is not coming back.
struct Lost {
    op: Uuid,
    seq: u32,
    attempt: u32,
    uncharged: u32,
    owner: String,
    earlier: Option<Failure>,
}

impl Lost {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (code, message): (Option<String>, Option<String>) = (row.get(5)?, row.get(6)?);
        Ok(Self {
            op: uuid(row, 0)?,
            seq: row.get(1)?,
            attempt: row.get(2)?,
            uncharged: row.get(3)?,
            owner: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
            earlier: code.zip(message).map(|(code, message)| Failure { code, message }),
        })
    }

    /// Back to the queue at once, for the lease was the wait; or failed with its cause.
    fn lose(&self, conn: &Connection, how: &str, rules: Rules, now_ms: i64) -> Result<Moved, Error> {
        if !is_used_up(self.attempt, self.uncharged, rules) {
            conn.prepare_cached(
                "UPDATE item SET state = 'ready', not_before = ?3, lease_owner = NULL, lease_until = NULL
                 WHERE op = ?1 AND seq = ?2",
            )?
            .execute(params![self.op.as_bytes(), self.seq, now_ms])?;
            return Ok(Moved::Ready(self.op));
        }
        let failure = self.failure(how);
        fail_item(conn, self.op, self.seq, &failure)?;
        end(conn, self.op, &End::Failed(&failure), rules, now_ms)?;
        Ok(Moved::Failed(self.op))
    }

    fn failure(&self, how: &str) -> Failure {
        let charged = self.attempt - self.uncharged;
        let earlier = self.earlier.as_ref().map_or_else(String::new, |earlier| {
            format!("; an attempt before had failed with {}: {}", earlier.code, earlier.message)
        });
        let message = format!("worker '{}' {how} at attempt {charged}, the last one{earlier}", self.owner);
        Failure { code: "workerLost".into(), message }
    }
}

/// Marks an item as failed for good.
pub(super) fn fail_item(conn: &Connection, op: Uuid, seq: u32, failure: &Failure) -> Result<(), Error> {
    conn.prepare_cached(
        "UPDATE item SET state = 'failed', lease_owner = NULL, lease_until = NULL, error_code = ?3, error_message = ?4
         WHERE op = ?1 AND seq = ?2",
    )?
    .execute(params![op.as_bytes(), seq, failure.code, failure.message])?;
    Ok(())
}

/// The attempts of a leased item that were not charged; none if the token does not hold it.
pub(super) fn uncharged(conn: &Connection, token: Token) -> Result<Option<u32>, Error> {
    let found = conn
        .prepare_cached("SELECT uncharged FROM item WHERE op = ?1 AND seq = ?2 AND attempt = ?3 AND state = 'leased'")?
        .query_row(params![token.op.as_bytes(), token.seq, token.attempt], |row| row.get(0))
        .optional()?;
    Ok(found)
}
