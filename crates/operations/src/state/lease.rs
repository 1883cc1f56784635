//! Leases: kept, handed back, run out, or gone with the process that held them.
//!
//! A lease that ran out counts as an attempt, and so does one whose process died: an input that kills whoever touches it
//! uses up its attempts and fails (poison), instead of killing for ever. Such an item runs alone from then on.

use uuid::Uuid;

use super::Tx;
use super::finish::{give_up, is_used_up};
use super::items::progress;
use super::lock::{holds, lock};
use super::usage::{Delta, service_of};
use crate::payload::{Payload, Reference};
use crate::session::{Row, Session, values};
use crate::{Completion, Error, Failure, Renewal, Role, Token};

pub(crate) fn renew(tx: &mut Tx<'_>, token: Token) -> Result<Renewal, Error> {
    let until = tx.now_ms + tx.options.lease_ms();
    let held = tx.change(
        "UPDATE item SET lease_until = $4 WHERE op = $1 AND seq = $2 AND attempt = $3 AND state = 'leased'",
        values![&token.op, token.seq, token.attempt, until],
    )?;
    if held == 1 {
        return Ok(Renewal::Held);
    }
    let canceled = tx.row(
        "SELECT 1 FROM item WHERE op = $1 AND seq = $2 AND attempt = $3 AND state = 'canceled'",
        values![&token.op, token.seq, token.attempt],
    )?;
    Ok(if canceled.is_some() { Renewal::CancelRequested } else { Renewal::Fenced })
}

/// Raises the item's progress and with it the operation's, and keeps the incumbent if it is no worse than the one before.
/// What is lower, or comes from a fenced worker, changes nothing. Tells whether anything changed, and which blob is not
/// needed (any more).
pub(crate) fn report_progress(
    tx: &mut Tx<'_>,
    token: Token,
    fraction: f64,
    incumbent: Option<(&Payload, &[i64])>,
) -> Result<(bool, Option<String>), Error> {
    let unused = || incumbent.and_then(|(payload, _)| payload.blob_key()).map(str::to_owned);
    let Some(op) = lock(tx, token.op)?.filter(|op| !op.ended) else { return Ok((false, unused())) };
    if !holds(tx, token)? {
        return Ok((false, unused()));
    }
    tx.change(
        "UPDATE item SET progress = $3 WHERE op = $1 AND seq = $2 AND progress < $3",
        values![&token.op, token.seq, fraction],
    )?;
    let progress = progress(tx, &op)?;
    let mut changed = tx.change(
        "UPDATE operation SET progress = $2, version = version + 1, touched = $3 WHERE id = $1 AND progress < $2",
        values![&op.id, progress, tx.now_ms],
    )? == 1;
    let mut discarded = None;
    if let Some((payload, rank)) = incumbent {
        if op.incumbent_rank.as_deref().is_none_or(|kept| rank <= &rank_from(kept)[..]) {
            let reference = super::store_payload(tx, &op, payload)?;
            let before = op.incumbent.as_deref().map(Reference::from_text).transpose()?;
            tx.change(
                "UPDATE operation SET incumbent_blob = $2, incumbent_rank = $3, version = version + 1, touched = $4
                 WHERE id = $1",
                values![&op.id, &reference.to_text(), &rank_text(rank), tx.now_ms],
            )?;
            if let Some(before) = before {
                let bytes = before.len().unwrap_or(0) as i64;
                tx.change(
                    "UPDATE operation SET stored_bytes = stored_bytes - $2 WHERE id = $1",
                    values![&op.id, bytes],
                )?;
                tx.charge(&op.tenant, op.priority, Delta { stored_bytes: -bytes, ..Delta::default() });
                discarded = before.remove(tx.session)?;
            }
            changed = true;
        } else {
            discarded = unused();
        }
    }
    Ok((changed, discarded))
}

fn rank_text(rank: &[i64]) -> String {
    rank.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}

fn rank_from(text: &str) -> Vec<i64> {
    text.split(',').filter_map(|number| number.parse().ok()).collect()
}

/// Gives an item back unharmed, as a draining worker does: the attempt is not charged, and its turn comes as it would have.
pub(crate) fn hand_back(tx: &mut Tx<'_>, token: Token) -> Result<Completion, Error> {
    let Some(op) = lock(tx, token.op)?.filter(|op| !op.ended) else { return Ok(Completion::Fenced) };
    let back = tx.row(
        "UPDATE item SET state = 'ready', uncharged = uncharged + 1, not_before = queued, lease_owner = NULL,
            lease_until = NULL
         WHERE op = $1 AND seq = $2 AND attempt = $3 AND state = 'leased' RETURNING weight",
        values![&token.op, token.seq, token.attempt],
    )?;
    let Some(item) = back else { return Ok(Completion::Fenced) };
    // Nor is its tenant: it was not served.
    let service = -service_of(tx.options, &op.tenant, item.int(0)?);
    tx.charge(&op.tenant, op.priority, Delta { queued: 1, running: -1, service, ..Delta::default() });
    // Where no attempt counts any more, nothing was begun.
    tx.change(
        "UPDATE operation SET version = version + 1, touched = $2,
            state = CASE WHEN EXISTS (SELECT 1 FROM item WHERE op = $1 AND attempt > uncharged)
                THEN state ELSE 'notStarted' END,
            started = CASE WHEN EXISTS (SELECT 1 FROM item WHERE op = $1 AND attempt > uncharged)
                THEN started ELSE NULL END
         WHERE id = $1",
        values![&token.op, tx.now_ms],
    )?;
    Ok(Completion::Done)
}

/// A leased item whose worker is not coming back.
#[derive(Debug, Clone)]
pub(crate) struct Lost {
    pub(crate) token: Token,
    role: Role,
    required: bool,
    uncharged: u32,
    owner: String,
    earlier: Option<Failure>,
}

const LOST: &str =
    "SELECT op, seq, attempt, role, required, uncharged, lease_owner, error_code, error_message FROM item";

/// Up to `limit` items whose lease has run out.
pub(crate) fn lost_leases(session: &mut dyn Session, limit: usize, now_ms: i64) -> Result<Vec<Lost>, Error> {
    let sql = format!("{LOST} WHERE state = 'leased' AND lease_until <= $1 ORDER BY lease_until, op, seq LIMIT $2");
    session.rows(&sql, values![now_ms, limit as i64])?.iter().map(Lost::from_row).collect()
}

/// Every item that is leased: whoever holds them belonged to a process that is gone, since the folder's lock is ours.
pub(crate) fn leases_of_others(session: &mut dyn Session) -> Result<Vec<Lost>, Error> {
    session.rows(&format!("{LOST} WHERE state = 'leased' ORDER BY op, seq"), &[])?.iter().map(Lost::from_row).collect()
}

/// Ends a lease: the item is ready at once, for the lease was the wait, or it has failed with its cause. Tells which (true:
/// ready); none if its worker was heard of meanwhile. `expired` asks for the lease to have run out by now.
pub(crate) fn expire_lease(tx: &mut Tx<'_>, lost: &Lost, expired: bool, how: &str) -> Result<Option<bool>, Error> {
    let token = lost.token;
    let Some(op) = lock(tx, token.op)?.filter(|op| !op.ended) else { return Ok(None) };
    let until = if expired { tx.now_ms } else { i64::MAX };
    let still = tx.row(
        "SELECT 1 FROM item WHERE op = $1 AND seq = $2 AND attempt = $3 AND state = 'leased' AND lease_until <= $4",
        values![&token.op, token.seq, token.attempt, until],
    )?;
    if still.is_none() {
        return Ok(None);
    }
    if is_used_up(token.attempt, lost.uncharged, tx.options) {
        give_up(tx, token, op, lost.role, lost.required, &lost.failure(how))?;
        return Ok(Some(false));
    }
    tx.change(
        "UPDATE item SET state = 'ready', alone = 1, not_before = $3, lease_owner = NULL, lease_until = NULL
         WHERE op = $1 AND seq = $2",
        values![&token.op, token.seq, tx.now_ms],
    )?;
    tx.charge(&op.tenant, op.priority, Delta { queued: 1, running: -1, ..Delta::default() });
    Ok(Some(true))
}

impl Lost {
    fn from_row(row: &Row) -> Result<Self, Error> {
        let earlier = row.maybe_text(7)?.zip(row.maybe_text(8)?);
        Ok(Self {
            token: Token { op: row.uuid(0)?, seq: row.int(1)? as u32, attempt: row.int(2)? as u32 },
            role: Role::from_name(row.text(3)?).unwrap_or(Role::Whole),
            required: row.flag(4)?,
            uncharged: row.int(5)? as u32,
            owner: row.maybe_text(6)?.unwrap_or_default().to_owned(),
            earlier: earlier.map(|(code, message)| Failure { code: code.to_owned(), message: message.to_owned() }),
        })
    }

    fn failure(&self, how: &str) -> Failure {
        let charged = self.token.attempt - self.uncharged;
        let earlier = self.earlier.as_ref().map_or_else(String::new, |earlier| {
            format!("; an attempt before had failed with {}: {}", earlier.code, earlier.message)
        });
        let message = format!("worker '{}' {how} at attempt {charged}, the last one{earlier}", self.owner);
        Failure { code: "workerLost".into(), message }
    }

    /// The operation that it belongs to.
    pub(crate) fn op(&self) -> Uuid {
        self.token.op
    }
}
