//! Questions: one operation, a page of them, a result.
//!
//! Expiry is judged here, against the time of the question: the sweeper may lag, a reader never notices.

use uuid::Uuid;

use crate::payload::{Content, Reference, Stored};
use crate::session::{Row, Session, Value, values};
use crate::{Error, Failure, ListFilter, Operation, Priority, State};

/// The columns that [`operation`] reads, in its order. Attempts are counted where they are made, in the items: the row of a
/// large operation is not touched when one of its items is claimed.
macro_rules! columns {
    () => {
        "id, tenant, kind, state, version, created, started, finished, expires, items_total, items_done, progress,
         (SELECT CAST(coalesce(sum(attempt - uncharged), 0) AS BIGINT) FROM item WHERE op = operation.id),
         dataset, error_code, error_message, touched, priority, parent, items_failed, result_blob, traceparent"
    };
}

/// Longer pages would hold a reader for long.
const PAGE_LIMIT: usize = 1_000;

pub(crate) fn get(session: &mut dyn Session, id: Uuid, now_ms: i64) -> Result<Option<Operation>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM operation WHERE id = $1 AND state <> 'expired' AND (expires IS NULL OR expires > $2)"
    );
    session.row(sql, values![&id, now_ms])?.as_ref().map(operation).transpose()
}

/// A page, newest first.
pub(crate) fn list(session: &mut dyn Session, filter: &ListFilter, now_ms: i64) -> Result<Vec<Operation>, Error> {
    let mut sql = concat!(
        "SELECT ",
        columns!(),
        " FROM operation WHERE state <> 'expired' AND (expires IS NULL OR expires > $1)"
    )
    .to_owned();
    let mut values = vec![Value::from(now_ms)];
    let state = filter.state.map(State::name);
    let conditions = [
        ("tenant =", filter.tenant.as_ref().map(Value::from)),
        ("state =", state.map(Value::from)),
        ("kind =", filter.kind.as_ref().map(Value::from)),
        ("id <", filter.after.as_ref().map(Value::from)),
    ];
    for (condition, value) in conditions {
        if let Some(value) = value {
            values.push(value);
            sql.extend([" AND ", condition, " $", &values.len().to_string()]);
        }
    }
    if !filter.follow_ups {
        sql.push_str(" AND parent IS NULL");
    }
    sql.extend([" ORDER BY id DESC LIMIT ", &filter.limit.min(PAGE_LIMIT).to_string()]);
    session.rows(&sql, &values)?.iter().map(operation).collect()
}

/// The stored result of an operation that can still be read.
pub(crate) fn result(session: &mut dyn Session, id: Uuid, now_ms: i64) -> Result<Option<Content>, Error> {
    let found = session.row(
        "SELECT result_blob FROM operation WHERE id = $1 AND state <> 'expired' AND (expires IS NULL OR expires > $2)",
        values![&id, now_ms],
    )?;
    let Some(row) = found else { return Ok(None) };
    let Some(text) = row.maybe_text(0)? else { return Ok(None) };
    Reference::from_text(text)?.content(session).map(Some)
}

/// The best result so far of an operation that has not ended, and a name that it has for as long as there is no better.
pub(crate) fn incumbent(session: &mut dyn Session, id: Uuid) -> Result<Option<(String, Stored)>, Error> {
    let found = session.row(
        "SELECT incumbent_blob FROM operation WHERE id = $1 AND state IN ('notStarted', 'running')",
        values![&id],
    )?;
    let Some(row) = found else { return Ok(None) };
    let Some(text) = row.maybe_text(0)? else { return Ok(None) };
    let stored = Reference::from_text(text)?.load(session)?;
    Ok(Some((text.to_owned(), stored)))
}

/// How many items wait for a worker.
pub(crate) fn count_ready(session: &mut dyn Session) -> Result<u64, Error> {
    let found = session.row("SELECT CAST(sum(queued) AS BIGINT) FROM tenant_usage", &[])?;
    Ok(found.map_or(Ok(None), |row| row.maybe_int(0))?.unwrap_or(0).max(0) as u64)
}

fn operation(row: &Row) -> Result<Operation, Error> {
    let code = row.maybe_text(14)?;
    let message = row.maybe_text(15)?.unwrap_or_default();
    let state = row.text(3)?;
    Ok(Operation {
        id: row.uuid(0)?,
        tenant: row.text(1)?.to_owned(),
        kind: row.text(2)?.to_owned(),
        state: State::from_name(state).ok_or_else(|| Error::Damaged {
            what: "an operation".into(),
            detail: format!("'{state}' is not a state of an operation"),
        })?,
        version: row.count(4)?,
        created_ms: row.int(5)?,
        started_ms: row.maybe_int(6)?,
        finished_ms: row.maybe_int(7)?,
        expires_ms: row.maybe_int(8)?,
        items_total: row.count(9)?,
        items_done: row.count(10)?,
        progress: row.real(11)?,
        attempts: row.count(12)?,
        dataset: row.maybe_text(13)?.map(str::to_owned),
        error: code.map(|code| Failure { code: code.to_owned(), message: message.to_owned() }),
        last_action_ms: row.int(16)?,
        priority: Priority::from_number(row.int(17)?),
        parent: row.maybe_uuid(18)?,
        items_failed: row.count(19)?,
        has_result: row.maybe_text(20)?.is_some(),
        traceparent: row.maybe_text(21)?.map(str::to_owned),
    })
}
