//! Accept: an operation and its one item come to be, naming a request that is already safe.

use rusqlite::{Connection, OptionalExtension, params};

use super::read::{columns, operation};
use crate::payload::Payload;
use crate::{Error, NewOperation, Operation};

pub(crate) fn accept(
    conn: &Connection,
    new: &NewOperation,
    request: &Payload,
    now_ms: i64,
) -> Result<Operation, Error> {
    let request_blob = request.store(conn)?.to_text();
    let sql = concat!(
        "INSERT INTO operation
            (id, tenant, kind, dataset, state, version, created, touched, items_total, request_blob)
         VALUES (?1, ?2, ?3, ?4, 'notStarted', 1, ?5, ?5, 1, ?6)
         ON CONFLICT (id) DO NOTHING RETURNING ",
        columns!()
    );
    let accepted = conn
        .prepare_cached(sql)?
        .query_row(params![new.id.as_bytes(), new.tenant, new.kind, new.dataset, now_ms, request_blob], operation)
        .optional()?
        .ok_or(Error::Duplicate { id: new.id })?;
    conn.prepare_cached(
        "INSERT INTO item (op, seq, kind, state, queued, not_before) VALUES (?1, 0, ?2, 'ready', ?3, ?3)",
    )?
    .execute(params![new.id.as_bytes(), new.kind, now_ms])?;
    Ok(accepted)
}
