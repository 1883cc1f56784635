//! Questions: one operation, a page of them, a result.
//!
//! Expiry is judged here, against the time of the question: the sweeper may lag, a reader never notices.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use uuid::Uuid;

use crate::payload::{Reference, Stored};
use crate::{Error, Failure, ListFilter, Operation, State};

/// The columns that [`operation`] reads, in its order.
macro_rules! columns {
    () => {
        "id, tenant, kind, state, version, created, started, finished, expires, items_total, items_done, progress,
         attempts, dataset, error_code, error_message, touched"
    };
}
pub(super) use columns;

/// Longer pages would hold a reader for long.
const PAGE_LIMIT: usize = 1_000;

pub(crate) fn get(conn: &Connection, id: Uuid, now_ms: i64) -> Result<Option<Operation>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM operation WHERE id = ?1 AND state <> 'expired' AND (expires IS NULL OR expires > ?2)"
    );
    let found = conn.prepare_cached(sql)?.query_row(params![id.as_bytes(), now_ms], operation).optional()?;
    Ok(found)
}

/// A page, newest first.
pub(crate) fn list(conn: &Connection, filter: &ListFilter, now_ms: i64) -> Result<Vec<Operation>, Error> {
    let mut sql =
        concat!("SELECT ", columns!(), " FROM operation WHERE state <> 'expired' AND (expires IS NULL OR expires > ?)")
            .to_owned();
    let mut values = vec![Value::from(now_ms)];
    let mut narrow = |condition: &str, value: Option<Value>| {
        if let Some(value) = value {
            sql.push_str(condition);
            values.push(value);
        }
    };
    narrow(" AND tenant = ?", filter.tenant.clone().map(Value::from));
    narrow(" AND state = ?", filter.state.map(|state| Value::from(state.name().to_owned())));
    narrow(" AND kind = ?", filter.kind.clone().map(Value::from));
    narrow(" AND id < ?", filter.after.map(|id| Value::from(id.as_bytes().to_vec())));
    narrow(" ORDER BY id DESC LIMIT ?", Some(Value::from(filter.limit.min(PAGE_LIMIT) as i64)));
    let mut statement = conn.prepare_cached(&sql)?;
    let found = statement.query_map(params_from_iter(values), operation)?.collect::<Result<_, _>>()?;
    Ok(found)
}

/// The stored result of an operation that can still be read.
pub(crate) fn result(conn: &Connection, id: Uuid, now_ms: i64) -> Result<Option<Stored>, Error> {
    let reference: Option<Option<String>> = conn
        .prepare_cached(
            "SELECT result_blob FROM operation
             WHERE id = ?1 AND state <> 'expired' AND (expires IS NULL OR expires > ?2)",
        )?
        .query_row(params![id.as_bytes(), now_ms], |row| row.get(0))
        .optional()?;
    reference.flatten().map(|text| Reference::from_text(&text)?.load(conn)).transpose()
}

/// How many items wait for a worker.
pub(crate) fn count_ready(conn: &Connection) -> Result<usize, Error> {
    let count: i64 =
        conn.prepare_cached("SELECT count(*) FROM item WHERE state = 'ready'")?.query_row([], |row| row.get(0))?;
    Ok(count as usize)
}

pub(super) fn operation(row: &Row<'_>) -> rusqlite::Result<Operation> {
    let code: Option<String> = row.get(14)?;
    let message: Option<String> = row.get(15)?;
    Ok(Operation {
        id: uuid(row, 0)?,
        tenant: row.get(1)?,
        kind: row.get(2)?,
        state: state(row, 3)?,
        version: counted(row, 4)?,
        created_ms: row.get(5)?,
        started_ms: row.get(6)?,
        finished_ms: row.get(7)?,
        expires_ms: row.get(8)?,
        items_total: counted(row, 9)?,
        items_done: counted(row, 10)?,
        progress: row.get(11)?,
        attempts: counted(row, 12)?,
        dataset: row.get(13)?,
        error: code.map(|code| Failure { code, message: message.unwrap_or_default() }),
        last_action_ms: row.get(16)?,
    })
}

pub(super) fn uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    row.get::<_, [u8; 16]>(column).map(Uuid::from_bytes)
}

/// `SQLite` knows signed integers only; what is counted here never falls below zero.
fn counted(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|count| count as u64)
}

fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<State> {
    let name: String = row.get(column)?;
    State::from_name(&name).ok_or_else(|| {
        let cause = format!("'{name}' is not a state of an operation");
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, cause.into())
    })
}
