//! Cancel: the operation ends at once; a worker that is at it learns when it renews, and its completion is fenced.

use rusqlite::Connection;
use uuid::Uuid;

use super::read::get;
use super::{End, Rules, end};
use crate::{Cancellation, Error, State};

pub(crate) fn cancel(conn: &Connection, id: Uuid, rules: Rules, now_ms: i64) -> Result<Cancellation, Error> {
    let Some(found) = get(conn, id, now_ms)? else { return Ok(Cancellation::Unknown) };
    match found.state {
        State::Canceled => return Ok(Cancellation::Canceled(found)),
        State::Succeeded | State::Failed => return Ok(Cancellation::TooLate(found)),
        State::NotStarted | State::Running => {}
    }
    conn.prepare_cached(
        "UPDATE item SET state = 'canceled', lease_owner = NULL, lease_until = NULL
         WHERE op = ?1 AND state IN ('ready', 'leased')",
    )?
    .execute([id.as_bytes()])?;
    end(conn, id, &End::Canceled, rules, now_ms)?;
    // Just ended, so it expires in the future.
    Ok(get(conn, id, now_ms)?.map_or(Cancellation::Unknown, Cancellation::Canceled))
}
