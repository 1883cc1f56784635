//! Complete and fail: how an attempt ends by its worker's word.

use rusqlite::{Connection, params};

use super::lease::{fail_item, is_used_up, uncharged};
use super::{End, Rules, end};
use crate::payload::Payload;
use crate::{Completion, Error, Failure, Token};

/// Records the result, if the token still holds. Only from this transaction on can the result be seen.
pub(crate) fn complete(
    conn: &Connection,
    token: Token,
    result: &Payload,
    rules: Rules,
    now_ms: i64,
) -> Result<Completion, Error> {
    let changed = conn
        .prepare_cached(
            "UPDATE item SET state = 'done', lease_owner = NULL, lease_until = NULL
             WHERE op = ?1 AND seq = ?2 AND attempt = ?3 AND state = 'leased'",
        )?
        .execute(params![token.op.as_bytes(), token.seq, token.attempt])?;
    if changed == 0 {
        return Ok(Completion::Fenced);
    }
    let result_blob = result.store(conn)?.to_text();
    end(conn, token.op, &End::Succeeded { result_blob }, rules, now_ms)?;
    Ok(Completion::Done)
}

/// Records a failure, if the token still holds: the item waits for another attempt, if it may be tried again and has one
/// left, else its operation has failed.
pub(crate) fn fail(
    conn: &Connection,
    token: Token,
    failure: &Failure,
    retry: bool,
    rules: Rules,
    now_ms: i64,
) -> Result<Completion, Error> {
    let Some(uncharged) = uncharged(conn, token)? else { return Ok(Completion::Fenced) };
    if retry && !is_used_up(token.attempt, uncharged, rules) {
        let not_before = now_ms + retry_wait_ms(token, token.attempt - uncharged, rules);
        try_again(conn, token, failure, not_before, now_ms)?;
    } else {
        fail_item(conn, token.op, token.seq, failure)?;
        end(conn, token.op, &End::Failed(failure), rules, now_ms)?;
    }
    Ok(Completion::Done)
}

fn try_again(conn: &Connection, token: Token, failure: &Failure, not_before: i64, now_ms: i64) -> Result<(), Error> {
    conn.prepare_cached(
        "UPDATE item SET state = 'ready', not_before = ?3, lease_owner = NULL, lease_until = NULL,
            error_code = ?4, error_message = ?5
         WHERE op = ?1 AND seq = ?2",
    )?
    .execute(params![token.op.as_bytes(), token.seq, not_before, failure.code, failure.message])?;
    conn.prepare_cached("UPDATE operation SET version = version + 1, touched = ?2 WHERE id = ?1")?
        .execute(params![token.op.as_bytes(), now_ms])?;
    Ok(())
}

/// Doubles with each attempt, ten times at most. Up to half of it is taken off by the token's hash, so that items
/// which failed together do not come back together; a hash, because a transition uses no randomness.
fn retry_wait_ms(token: Token, charged: u32, rules: Rules) -> i64 {
    let full = rules.retry_wait_ms << charged.saturating_sub(1).min(10);
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
        let rules = Rules { lease_ms: 1, max_attempts: 4, retention_ms: 1, retry_wait_ms: 1_000 };
        let op = uuid::Uuid::from_u128(7);
        for (attempt, longest) in [(1, 1_000), (2, 2_000), (3, 4_000), (40, 1_024_000)] {
            let waits: Vec<_> = (0..50).map(|seq| retry_wait_ms(Token { op, seq, attempt }, attempt, rules)).collect();
            assert!(waits.iter().all(|&wait| (longest / 2..=longest).contains(&wait)), "{waits:?}");
            assert!(waits.iter().any(|&wait| wait != waits[0]), "all alike");
        }
    }
}
