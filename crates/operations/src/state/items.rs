//! Items: how they come to be, and what an operation does when one of them has ended.

use std::collections::HashSet;

use uuid::Uuid;

use super::lock::{Locked, holds, lock};
use super::usage::Delta;
use super::{End, Tx, end};
use crate::payload::{Payload, Reference, Stored};
use crate::session::{Session, values};
use crate::{Completion, Error, Failure, NewItem, Part, Priority, Role, Token};

/// A new item, except for what differs between the parts of one operation.
pub(super) struct Ready<'a> {
    pub(super) op: Uuid,
    pub(super) seq: u32,
    pub(super) kind: &'a str,
    pub(super) tenant: &'a str,
    pub(super) priority: Priority,
    pub(super) role: Role,
}

/// Inserts an item that can be claimed from now on. Tells whether it was new.
pub(super) fn insert_ready(
    tx: &mut Tx<'_>,
    item: &Ready<'_>,
    weight: u32,
    required: bool,
    input: Option<&Reference>,
    schema_version: i64,
) -> Result<bool, Error> {
    let added = tx.change(
        "INSERT INTO item (op, seq, kind, state, queued, not_before, tenant, priority, role, weight, required, input_blob,
            schema_version)
         VALUES ($1, $2, $3, 'ready', $4, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (op, seq) DO NOTHING",
        values![
            &item.op,
            item.seq,
            item.kind,
            tx.now_ms,
            item.tenant,
            item.priority.number(),
            item.role.name(),
            weight.max(1),
            required,
            input.map(Reference::to_text).as_ref(),
            schema_version,
        ],
    )?;
    if added == 1 {
        tx.charge(item.tenant, item.priority, Delta { queued: 1, ..Delta::default() });
    }
    Ok(added == 1)
}

/// Adds parts, by the planner or join that holds `token`. A part that is there already stays as it is, so that a planner that
/// runs again adds what is missing. Tells which were new; the payloads of the others are not needed.
pub(crate) fn add_items(
    tx: &mut Tx<'_>,
    token: Token,
    new: &[(NewItem, Payload)],
) -> Result<(Completion, Vec<bool>), Error> {
    let Some(op) = lock(tx, token.op)? else { return Ok((Completion::Fenced, Vec::new())) };
    if op.ended || !holds(tx, token)? {
        return Ok((Completion::Fenced, Vec::new()));
    }
    let mut known = numbers(tx, op.id, new)?;
    let added: Vec<bool> = new.iter().map(|(item, _)| known.insert(item.seq)).collect();
    let fresh: Vec<_> = new.iter().zip(&added).filter(|(_, added)| **added).map(|(part, _)| part).collect();
    insert_parts(tx, &op, &fresh)?;
    let (count, bytes) = (fresh.len() as i64, fresh.iter().map(|(_, input)| input.len() as i64).sum::<i64>());
    tx.change(
        "UPDATE operation SET items_total = items_total + $2, version = version + 1, touched = $3,
            stored_bytes = stored_bytes + $4
         WHERE id = $1",
        values![&op.id, count, tx.now_ms, bytes],
    )?;
    tx.charge(&op.tenant, op.priority, Delta { stored_bytes: bytes, ..Delta::default() });
    Ok((Completion::Done, added))
}

/// Rows that one statement inserts at most, and always a power of two: so there are few different statements to prepare.
const ROWS: usize = 64;

/// Inserts parts that are not there yet, many by a statement: a round trip a row would be most of the work.
fn insert_parts(tx: &mut Tx<'_>, op: &Locked, mut parts: &[&(NewItem, Payload)]) -> Result<(), Error> {
    const COLUMNS: usize = 11;
    while !parts.is_empty() {
        let count = ROWS.min(1 << parts.len().ilog2());
        let (now, rest) = parts.split_at(count);
        let inputs: Vec<&Payload> = now.iter().map(|(_, input)| input).collect();
        let inputs: Vec<String> = Payload::store_all(&inputs, tx.session)?.iter().map(Reference::to_text).collect();
        let rows: Vec<String> = (0..count).map(|row| placeholders(row * COLUMNS, COLUMNS)).collect();
        let sql = format!(
            "INSERT INTO item (op, seq, kind, state, queued, not_before, tenant, priority, role, weight, required, input_blob,
                schema_version)
             VALUES {}",
            rows.join(", ")
        );
        let mut values = Vec::with_capacity(count * COLUMNS);
        for ((item, _), input) in now.iter().zip(&inputs) {
            values.extend_from_slice(values![
                &op.id,
                item.seq,
                &op.kind,
                tx.now_ms,
                &op.tenant,
                op.priority.number(),
                Role::Part.name(),
                item.weight.max(1),
            ]);
            values.extend_from_slice(values![item.required, input, op.schema_version]);
        }
        tx.change(&sql, &values)?;
        tx.charge(&op.tenant, op.priority, Delta { queued: count as i64, ..Delta::default() });
        parts = rest;
    }
    Ok(())
}

/// One row's worth of placeholders behind the first `before`; when it is ready is when it is queued.
fn placeholders(before: usize, columns: usize) -> String {
    let marks: Vec<String> = (before + 1..=before + columns).map(|number| format!("${number}")).collect();
    let [op, seq, kind, now, rest @ ..] = &marks[..] else { return String::new() };
    format!("({op}, {seq}, {kind}, 'ready', {now}, {now}, {})", rest.join(", "))
}

/// The numbers that are taken, of those between the smallest and the largest that are to be added.
fn numbers(tx: &mut Tx<'_>, op: Uuid, new: &[(NewItem, Payload)]) -> Result<HashSet<u32>, Error> {
    let seqs = || new.iter().map(|(item, _)| item.seq);
    let (Some(first), Some(last)) = (seqs().min(), seqs().max()) else { return Ok(HashSet::new()) };
    let rows = tx.rows("SELECT seq FROM item WHERE op = $1 AND seq >= $2 AND seq <= $3", values![&op, first, last])?;
    rows.iter().map(|row| Ok(row.int(0)? as u32)).collect()
}

/// Does what follows when an item has ended well or can be done without: counts it, and when it was the last, begins the join
/// or ends the operation.
pub(super) fn advance(tx: &mut Tx<'_>, mut op: Locked, role: Role, failed: bool) -> Result<(), Error> {
    if role.counts() {
        let (done, lost) = (i64::from(!failed), i64::from(failed));
        op.items_done += done;
        op.items_failed += lost;
    }
    let progress = progress(tx, &op)?;
    tx.change(
        "UPDATE operation SET items_done = $2, items_failed = $3, version = version + 1, touched = $4,
            progress = CASE WHEN progress < $5 THEN $5 ELSE progress END, planned = $6, joins = $7, items_expected = $8
         WHERE id = $1",
        values![&op.id, op.items_done, op.items_failed, tx.now_ms, progress, op.planned, op.joins, op.items_expected,],
    )?;
    if !op.planned || op.items_done + op.items_failed < op.items_total {
        return Ok(());
    }
    if op.joins { begin_join(tx, &op) } else { end(tx, &op, &End::Succeeded { result: None }) }
}

fn begin_join(tx: &mut Tx<'_>, op: &Locked) -> Result<(), Error> {
    let last = tx.row("SELECT max(seq) FROM item WHERE op = $1", values![&op.id])?;
    let seq = last.map_or(Ok(0), |row| row.int(0))? as u32 + 1;
    let join = Ready { op: op.id, seq, kind: &op.kind, tenant: &op.tenant, priority: op.priority, role: Role::Join };
    insert_ready(tx, &join, 1, true, None, op.schema_version)?;
    // Until the join has ended nobody knows whether there will be more.
    tx.change("UPDATE operation SET planned = 0, joins = 0 WHERE id = $1", values![&op.id])?;
    Ok(())
}

/// Done so far, 0 to 1: the parts that have ended, and of those at work what they report.
pub(super) fn progress(tx: &mut Tx<'_>, op: &Locked) -> Result<f64, Error> {
    let total = op.items_total.max(op.items_expected);
    if total == 0 {
        return Ok(0.0);
    }
    let inside = tx.row(
        "SELECT sum(progress) FROM item WHERE op = $1 AND state = 'leased' AND role IN ('whole', 'part')",
        values![&op.id],
    )?;
    let inside = inside.map_or(Ok(None), |row| row.maybe_real(0))?.unwrap_or(0.0);
    Ok((((op.items_done + op.items_failed) as f64 + inside) / total as f64).clamp(0.0, 1.0))
}

/// The file that an operation was accepted with, which its first item names; none where there is none.
pub(crate) fn attachment(session: &mut dyn Session, op: Uuid) -> Result<Option<Stored>, Error> {
    let found = session.row("SELECT input_blob FROM item WHERE op = $1 AND seq = 0", values![&op])?;
    let Some(row) = found else { return Ok(None) };
    row.maybe_text(0)?.map(|text| Reference::from_text(text)?.load(session)).transpose()
}

/// A page of the parts of an operation by number, from `from` on.
pub(crate) fn parts(session: &mut dyn Session, op: Uuid, from: u32, limit: usize) -> Result<Vec<Part>, Error> {
    let rows = session.rows(
        "SELECT seq, state, output_blob, error_code, error_message FROM item
         WHERE op = $1 AND role = 'part' AND seq >= $2 ORDER BY seq LIMIT $3",
        values![&op, from, limit as i64],
    )?;
    let part = |row: &crate::session::Row| {
        let output = row.maybe_text(2)?.map(str::to_owned);
        let output_len = output.as_deref().map(Reference::from_text).transpose()?.and_then(|found| found.len());
        let (state, code) = (row.text(1)?, row.maybe_text(3)?.map(str::to_owned));
        let message = row.maybe_text(4)?.unwrap_or_default().to_owned();
        let error = code.filter(|_| state == "failed").map(|code| Failure { code, message });
        Ok(Part { seq: row.int(0)? as u32, done: state == "done", output_len, error, output })
    };
    rows.iter().map(part).collect()
}
