//! The queue as its operators and its clients see it: how much waits, since when, and how long such work takes.

use super::expire::READING_MS;
use crate::session::{Session, values};
use crate::{Error, Priority};

/// What waits and what runs in one class of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Whose it is.
    pub tenant: String,
    /// How urgent it is.
    pub priority: Priority,
    /// Items that wait for a worker.
    pub queued: u64,
    /// Items at work.
    pub running: u64,
    /// Since when the longest waiting item could have been taken; the age of this is what to watch.
    pub oldest_ready_ms: Option<i64>,
}

/// Every class of every tenant in which something waits or runs.
pub(crate) fn queues(session: &mut dyn Session) -> Result<Vec<Queue>, Error> {
    let rows = session.rows(
        "SELECT u.tenant, u.priority, u.queued, u.running,
            (SELECT min(i.not_before) FROM item i
                WHERE i.tenant = u.tenant AND i.priority = u.priority AND i.state = 'ready')
         FROM tenant_usage u WHERE u.queued > 0 OR u.running > 0 ORDER BY u.tenant, u.priority",
        &[],
    )?;
    let queue = |row: &crate::session::Row| {
        Ok(Queue {
            tenant: row.text(0)?.to_owned(),
            priority: Priority::from_number(row.int(1)?),
            queued: row.count(2)?,
            running: row.count(3)?,
            oldest_ready_ms: row.maybe_int(4)?,
        })
    };
    rows.iter().map(queue).collect()
}

/// For how long the operation that expired first has been waiting for the sweep.
pub(crate) fn expiry_lag_ms(session: &mut dyn Session, now_ms: i64) -> Result<i64, Error> {
    let first = session.row(
        &format!(
            "SELECT expires + {READING_MS} FROM operation
             WHERE expires <= $1 AND expires + {READING_MS} <= $1 AND state <> 'expired' ORDER BY expires LIMIT 1"
        ),
        values![now_ms],
    )?;
    first.map_or(Ok(now_ms), |row| row.int(0)).map(|due| (now_ms - due).max(0))
}

/// How long the latest operations of a kind took from start to end, in milliseconds, newest first.
pub(crate) fn durations(session: &mut dyn Session, kind: &str, limit: usize) -> Result<Vec<i64>, Error> {
    let rows = session.rows(
        "SELECT finished - started FROM
            (SELECT id, state, finished, started FROM operation WHERE kind = $1 ORDER BY id DESC LIMIT $2) AS latest
         WHERE state = 'succeeded' AND started IS NOT NULL ORDER BY id DESC",
        values![kind, limit as i64],
    )?;
    rows.iter().map(|row| row.int(0)).collect()
}
