//! Complete and fail: how an attempt ends by its worker's word.

use super::cancel::stop_items;
use super::items::advance;
use super::lock::{Locked, lock};
use super::pointer::point;
use super::usage::Delta;
use super::{End, Tx, end, store_payload};
use crate::payload::{Payload, PiecesRef, Reference};
use crate::session::values;
use crate::work::{Listed, Outcome};
use crate::{Completion, Error, Failure, Output, Plan, Role, StoreOptions, Token};

/// An item that a worker holds.
struct Held {
    role: Role,
    required: bool,
    uncharged: u32,
}

/// The item, if the token holds it.
fn held(tx: &mut Tx<'_>, token: Token) -> Result<Option<Held>, Error> {
    let found = tx.row(
        "SELECT role, required, uncharged FROM item WHERE op = $1 AND seq = $2 AND attempt = $3 AND state = 'leased'",
        values![&token.op, token.seq, token.attempt],
    )?;
    let Some(row) = found else { return Ok(None) };
    let role = Role::from_name(row.text(0)?).unwrap_or(Role::Whole);
    Ok(Some(Held { role, required: row.flag(1)?, uncharged: row.int(2)? as u32 }))
}

/// Records what an attempt ended with, if the token still holds. Only from this transaction on can a result be seen.
pub(crate) fn complete(tx: &mut Tx<'_>, token: Token, output: &Output) -> Result<Completion, Error> {
    let Some(op) = lock(tx, token.op)? else { return Ok(Completion::Fenced) };
    if op.ended {
        return committed_before(tx, token, output);
    }
    let Some(item) = held(tx, token)? else { return committed_before(tx, token, output) };
    match &output.0 {
        Outcome::Plan(plan) => planned(tx, token, op, item.role, *plan)?,
        Outcome::Payload(payload) => with_payload(tx, token, op, item.role, payload)?,
        Outcome::Pieces(pieces) => with_pieces(tx, token, &op, item.role, pieces)?,
    }
    Ok(Completion::Done)
}

/// [`complete`], and sets a pointer if the token still held. A completion that is found done did both.
pub(crate) fn complete_and_point(
    tx: &mut Tx<'_>,
    token: Token,
    output: &Output,
    pointer: Option<&(String, String)>,
) -> Result<Completion, Error> {
    let was_done = tx.in_doubt && is_done(tx, token)?;
    let completion = complete(tx, token, output)?;
    if let (Completion::Done, false, Some((name, value))) = (completion, was_done, pointer) {
        point(tx, name, value)?;
    }
    Ok(completion)
}

fn is_done(tx: &mut Tx<'_>, token: Token) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM item WHERE op = $1 AND seq = $2 AND state = 'done'";
    Ok(tx.row(sql, values![&token.op, token.seq])?.is_some())
}

/// A completion whose commit was in doubt is found done under the same attempt.
fn committed_before(tx: &mut Tx<'_>, token: Token, output: &Output) -> Result<Completion, Error> {
    if !tx.in_doubt {
        return Ok(Completion::Fenced);
    }
    let done = tx.row(
        "SELECT output_blob FROM item WHERE op = $1 AND seq = $2 AND attempt = $3 AND state = 'done'",
        values![&token.op, token.seq, token.attempt],
    )?;
    let Some(row) = done else { return Ok(Completion::Fenced) };
    // A blob's key was made for this very call; a small output is of this attempt, which only its one worker completes.
    let same = match output.blob_key() {
        Some(key) => row.maybe_text(0)?.is_some_and(|text| text.ends_with(key)),
        None => true,
    };
    Ok(if same { Completion::Done } else { Completion::Fenced })
}

fn planned(tx: &mut Tx<'_>, token: Token, mut op: Locked, role: Role, plan: Plan) -> Result<(), Error> {
    if role.counts() {
        return Err(Error::Invalid {
            field: "output",
            value: format!("a plan by a {}", role.name()),
            limit: "a result: only a planner or a join adds parts",
        });
    }
    done(tx, token, &op, None)?;
    op.planned = true;
    op.joins = plan.join;
    op.items_expected = plan.expected.map_or(op.items_expected, |expected| expected as i64);
    advance(tx, op, role, false)
}

fn with_payload(tx: &mut Tx<'_>, token: Token, op: Locked, role: Role, payload: &Payload) -> Result<(), Error> {
    let reference = store_payload(tx, &op, payload)?;
    if role == Role::Part {
        done(tx, token, &op, Some(&reference.to_text()))?;
        return advance(tx, op, role, false);
    }
    // The output of a whole, of a join, and of a planner that needed no parts, is the result.
    done(tx, token, &op, None)?;
    succeed(tx, &op, role, reference)
}

/// The list is the output of the join's item, and the result is what it lists.
fn with_pieces(tx: &mut Tx<'_>, token: Token, op: &Locked, role: Role, pieces: &Listed) -> Result<(), Error> {
    if role != Role::Join {
        return Err(Error::Invalid {
            field: "output",
            value: format!("pieces by a {}", role.name()),
            limit: "bytes: only a join puts together what parts handed in",
        });
    }
    let list = store_payload(tx, op, &pieces.list)?;
    done(tx, token, op, Some(&list.to_text()))?;
    succeed(tx, op, role, Reference::Pieces(PiecesRef { join: token, hash: pieces.hash, len: pieces.len }))
}

fn succeed(tx: &mut Tx<'_>, op: &Locked, role: Role, result: Reference) -> Result<(), Error> {
    stop_items(tx, op)?;
    tx.change("UPDATE operation SET items_done = items_done + $2 WHERE id = $1", values![&op.id, role.counts()])?;
    end(tx, op, &End::Succeeded { result: Some(result) })
}

fn done(tx: &mut Tx<'_>, token: Token, op: &Locked, output: Option<&String>) -> Result<(), Error> {
    tx.change(
        "UPDATE item SET state = 'done', lease_owner = NULL, lease_until = NULL, output_blob = $3, error_code = NULL,
            error_message = NULL
         WHERE op = $1 AND seq = $2",
        values![&token.op, token.seq, output],
    )?;
    tx.charge(&op.tenant, op.priority, Delta { running: -1, ..Delta::default() });
    Ok(())
}

/// Records a failure, if the token still holds: the item waits for another attempt, if it may be tried again and has one
/// left, else it has failed, and its operation with it unless that can do without.
pub(crate) fn fail(tx: &mut Tx<'_>, token: Token, failure: &Failure, retry: bool) -> Result<Completion, Error> {
    let Some(op) = lock(tx, token.op)?.filter(|op| !op.ended) else { return Ok(Completion::Fenced) };
    let Some(item) = held(tx, token)? else { return Ok(Completion::Fenced) };
    if retry && !is_used_up(token.attempt, item.uncharged, tx.options) {
        let not_before = tx.now_ms + retry_wait_ms(token, token.attempt - item.uncharged, tx.options);
        try_again(tx, token, &op, failure, not_before)?;
    } else {
        give_up(tx, token, op, item.role, item.required, failure)?;
    }
    Ok(Completion::Done)
}

/// Marks a leased item as failed for good, and ends its operation if that cannot do without.
pub(super) fn give_up(
    tx: &mut Tx<'_>,
    token: Token,
    op: Locked,
    role: Role,
    required: bool,
    failure: &Failure,
) -> Result<(), Error> {
    tx.change(
        "UPDATE item SET state = 'failed', lease_owner = NULL, lease_until = NULL, error_code = $3, error_message = $4
         WHERE op = $1 AND seq = $2",
        values![&token.op, token.seq, &failure.code, &failure.message],
    )?;
    tx.charge(&op.tenant, op.priority, Delta { running: -1, ..Delta::default() });
    if role == Role::Part && !required {
        return advance(tx, op, role, true);
    }
    stop_items(tx, &op)?;
    tx.change("UPDATE operation SET items_failed = items_failed + $2 WHERE id = $1", values![&op.id, role.counts()])?;
    end(tx, &op, &End::Failed(failure))
}

fn try_again(tx: &mut Tx<'_>, token: Token, op: &Locked, failure: &Failure, not_before: i64) -> Result<(), Error> {
    tx.change(
        "UPDATE item SET state = 'ready', not_before = $3, lease_owner = NULL, lease_until = NULL, error_code = $4,
            error_message = $5
         WHERE op = $1 AND seq = $2",
        values![&token.op, token.seq, not_before, &failure.code, &failure.message],
    )?;
    tx.change("UPDATE operation SET version = version + 1, touched = $2 WHERE id = $1", values![&token.op, tx.now_ms])?;
    tx.charge(&op.tenant, op.priority, Delta { queued: 1, running: -1, ..Delta::default() });
    Ok(())
}

/// Whether an item has used up its attempts, those handed back apart.
pub(super) fn is_used_up(attempt: u32, uncharged: u32, options: &StoreOptions) -> bool {
    attempt.saturating_sub(uncharged) >= options.max_attempts
}

/// Doubles with each attempt, ten times at most. Up to half of it is taken off by the token's hash, so that items
/// which failed together do not come back together; a hash, because a transition uses no randomness.
fn retry_wait_ms(token: Token, charged: u32, options: &StoreOptions) -> i64 {
    let full = (options.retry_wait_ms as i64) << charged.saturating_sub(1).min(10);
    let mut hasher = blake3::Hasher::new();
    hasher.update(token.op.as_bytes()).update(&token.seq.to_le_bytes()).update(&token.attempt.to_le_bytes());
    let share = i64::from(hasher.finalize().as_bytes()[0]);
    full - full * share / 512
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_and_is_spread() {
        let options = StoreOptions { retry_wait_ms: 1_000, ..StoreOptions::default() };
        let op = uuid::Uuid::from_u128(7);
        for (attempt, longest) in [(1, 1_000), (2, 2_000), (3, 4_000), (40, 1_024_000)] {
            let waits: Vec<_> =
                (0..50).map(|seq| retry_wait_ms(Token { op, seq, attempt }, attempt, &options)).collect();
            assert!(waits.iter().all(|&wait| (longest / 2..=longest).contains(&wait)), "{waits:?}");
            assert!(waits.iter().any(|&wait| wait != waits[0]), "all alike");
        }
    }
}
