//! The row of an operation, locked: where every change to an operation or its items begins.

use uuid::Uuid;

use super::Tx;
use crate::session::values;
use crate::{Error, Priority, State, Token};

/// What a transition needs to know of the operation that it changes.
#[derive(Debug)]
pub(crate) struct Locked {
    pub(super) id: Uuid,
    pub(super) tenant: String,
    pub(super) kind: String,
    pub(super) priority: Priority,
    pub(super) ended: bool,
    pub(super) items_total: i64,
    pub(super) items_done: i64,
    pub(super) items_failed: i64,
    pub(super) items_expected: i64,
    pub(super) planned: bool,
    pub(super) joins: bool,
    pub(super) schema_version: i64,
    pub(super) incumbent: Option<String>,
    pub(super) incumbent_rank: Option<String>,
    pub(super) follow_up: Option<(String, String)>,
}

/// Locks an operation; none if there is none or only its tombstone.
pub(super) fn lock(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<Locked>, Error> {
    let found = tx.row(
        "SELECT tenant, kind, priority, state, items_total, items_done, items_failed, items_expected, planned, joins,
            schema_version, incumbent_blob, incumbent_rank, then_kind, then_blob
         FROM operation WHERE id = $1 AND state <> 'expired' FOR UPDATE",
        values![&id],
    )?;
    let Some(row) = found else { return Ok(None) };
    let state = State::from_name(row.text(3)?);
    let follow_up = row.maybe_text(13)?.zip(row.maybe_text(14)?);
    Ok(Some(Locked {
        id,
        tenant: row.text(0)?.to_owned(),
        kind: row.text(1)?.to_owned(),
        priority: Priority::from_number(row.int(2)?),
        ended: state.is_none_or(State::is_terminal),
        items_total: row.int(4)?,
        items_done: row.int(5)?,
        items_failed: row.int(6)?,
        items_expected: row.int(7)?,
        planned: row.flag(8)?,
        joins: row.flag(9)?,
        schema_version: row.int(10)?,
        incumbent: row.maybe_text(11)?.map(str::to_owned),
        incumbent_rank: row.maybe_text(12)?.map(str::to_owned),
        follow_up: follow_up.map(|(kind, blob)| (kind.to_owned(), blob.to_owned())),
    }))
}

/// Whether the token holds its item.
pub(super) fn holds(tx: &mut Tx<'_>, token: Token) -> Result<bool, Error> {
    let held = tx.row(
        "SELECT 1 FROM item WHERE op = $1 AND seq = $2 AND attempt = $3 AND state = 'leased'",
        values![&token.op, token.seq, token.attempt],
    )?;
    Ok(held.is_some())
}
