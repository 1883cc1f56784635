//! Claim: a worker takes the oldest items that are ready, and each gets a new attempt.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::Rules;
use super::read::uuid;
use crate::payload::{Reference, Stored};
use crate::{Error, Token};

/// An item as it was taken. The request may still lie in a file, or turn out to be unreadable.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) token: Token,
    pub(crate) kind: String,
    pub(crate) tenant: String,
    pub(crate) dataset: Option<String>,
    pub(crate) created_ms: i64,
    pub(crate) lease_until_ms: i64,
    pub(crate) request: Result<Stored, Error>,
}

/// Takes up to `n` items of the given kinds (of any kind if none are given).
pub(crate) fn claim(
    conn: &Connection,
    worker: &str,
    kinds: Option<&[String]>,
    n: usize,
    rules: Rules,
    now_ms: i64,
) -> Result<Vec<Taken>, Error> {
    let ready = oldest_ready(conn, kinds, n, now_ms)?;
    ready.into_iter().map(|(op, seq, kind)| take(conn, worker, (op, seq, kind), rules, now_ms)).collect()
}

fn oldest_ready(
    conn: &Connection,
    kinds: Option<&[String]>,
    n: usize,
    now_ms: i64,
) -> Result<Vec<(Uuid, u32, String)>, Error> {
    let mut statement = conn.prepare_cached(
        "SELECT op, seq, kind FROM item WHERE state = 'ready' AND not_before <= ?1 ORDER BY queued, op, seq",
    )?;
    let mut rows = statement.query([now_ms])?;
    let mut found = Vec::new();
    while found.len() < n
        && let Some(row) = rows.next()?
    {
        let kind: String = row.get(2)?;
        if kinds.is_none_or(|wanted| wanted.contains(&kind)) {
            found.push((uuid(row, 0)?, row.get(1)?, kind));
        }
    }
    Ok(found)
}

fn take(
    conn: &Connection,
    worker: &str,
    (op, seq, kind): (Uuid, u32, String),
    rules: Rules,
    now_ms: i64,
) -> Result<Taken, Error> {
    let lease_until_ms = now_ms + rules.lease_ms;
    let attempt = conn
        .prepare_cached(
            "UPDATE item SET state = 'leased', attempt = attempt + 1, lease_owner = ?3, lease_until = ?4
             WHERE op = ?1 AND seq = ?2 AND state = 'ready' RETURNING attempt",
        )?
        .query_row(params![op.as_bytes(), seq, worker, lease_until_ms], |row| row.get(0))?;
    let (tenant, dataset, created_ms, request_blob): (String, Option<String>, i64, String) = conn
        .prepare_cached(
            "UPDATE operation SET state = 'running', version = version + 1, touched = ?2, attempts = attempts + 1,
                started = coalesce(started, ?2)
             WHERE id = ?1 RETURNING tenant, dataset, created, request_blob",
        )?
        .query_row(params![op.as_bytes(), now_ms], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let request = Reference::from_text(&request_blob).and_then(|reference| reference.load(conn));
    let token = Token { op, seq, attempt };
    Ok(Taken { token, kind, tenant, dataset, created_ms, lease_until_ms, request })
}
