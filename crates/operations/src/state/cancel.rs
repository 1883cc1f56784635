//! Cancel: the operation ends at once; a worker that is at it learns when it renews, and its completion is fenced.

use uuid::Uuid;

use super::expire::READING_MS;
use super::lock::{Locked, lock};
use super::read::get;
use super::usage::Delta;
use super::{End, Tx, end};
use crate::session::values;
use crate::{Cancellation, Error, State};

pub(crate) fn cancel(tx: &mut Tx<'_>, id: Uuid) -> Result<Cancellation, Error> {
    let Some(op) = lock(tx, id)? else { return Ok(Cancellation::Unknown) };
    let Some(found) = get(tx.session, id, tx.now_ms)? else { return Ok(Cancellation::Unknown) };
    match found.state {
        State::Canceled => return Ok(Cancellation::Canceled(found)),
        State::Succeeded | State::Failed => return Ok(Cancellation::TooLate(found)),
        State::NotStarted | State::Running => {}
    }
    stop_items(tx, &op)?;
    end(tx, &op, &End::Canceled)?;
    // Just ended, so it expires in the future.
    Ok(get(tx.session, id, tx.now_ms)?.map_or(Cancellation::Unknown, Cancellation::Canceled))
}

/// Cancels what waits or is at work, because the operation ends without it.
pub(super) fn stop_items(tx: &mut Tx<'_>, op: &Locked) -> Result<(), Error> {
    // Each in a statement of its own, so that what was counted is what was changed.
    let queued =
        tx.change("UPDATE item SET state = 'canceled' WHERE op = $1 AND state = 'ready'", values![&op.id])? as i64;
    let running = tx.change(
        "UPDATE item SET state = 'canceled', lease_owner = NULL, lease_until = NULL WHERE op = $1 AND state = 'leased'",
        values![&op.id],
    )? as i64;
    tx.charge(&op.tenant, op.priority, Delta { queued: -queued, running: -running, ..Delta::default() });
    Ok(())
}

/// Lets an operation that has ended expire now. Tells whether there was one.
pub(crate) fn purge(tx: &mut Tx<'_>, id: Uuid) -> Result<bool, Error> {
    let gone = tx.change(
        &format!(
            "UPDATE operation SET expires = $2 - {READING_MS}, version = version + 1
             WHERE id = $1 AND state IN ('succeeded', 'failed', 'canceled') AND expires > $2"
        ),
        values![&id, tx.now_ms],
    )?;
    Ok(gone == 1)
}
