//! Claim: a worker takes items that are ready, and each gets a new attempt.
//!
//! Whose turn it is: the most urgent class first, where waiting lifts an item class by class; within a class the tenant that has
//! had the least service for its share (start-time fair queueing: Goyal, Vin, Cheng, "Start-time Fair Queuing", 1996,
//! section 2; the virtual time of a tenant that had nothing waiting is set forward when it comes back, in
//! [`super::usage`]); within a tenant the item that has been ready for longest.
//!
//! An item whose owner died without a word may be what killed it. It is handed out only to a process that has nothing else at
//! work, and nothing is handed out beside it, so that it cannot use up its neighbours' attempts.

use uuid::Uuid;

use super::Tx;
use super::usage::{Backlogged, Delta, backlogged, service_of};
use crate::payload::{Reference, Stored};
use crate::session::{Row, Value, values};
use crate::{Error, Priority, Role, Token};

/// What a process can take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slots {
    pub(crate) free: usize,
    /// How many of those may go to work that nobody waits for.
    pub(crate) batch: usize,
    /// Nothing is at work.
    pub(crate) idle: bool,
    /// Nothing but what must be alone is wanted.
    pub(crate) only_alone: bool,
}

/// How long an item that must be alone waits for an idle process before nothing new is begun beside what runs.
const PATIENCE_MS: i64 = 60_000;

/// An item as it was taken. The request may still lie in a blob, or turn out to be unreadable.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) token: Token,
    pub(crate) kind: String,
    pub(crate) tenant: String,
    pub(crate) dataset: Option<String>,
    pub(crate) created_ms: i64,
    pub(crate) lease_until_ms: i64,
    pub(crate) role: Role,
    pub(crate) priority: Priority,
    pub(crate) parent: Option<Uuid>,
    pub(crate) alone: bool,
    pub(crate) traceparent: Option<String>,
    pub(crate) schema_version: u32,
    pub(crate) request: Result<Stored, Error>,
    pub(crate) input: Result<Option<Stored>, Error>,
}

/// Takes what the slots allow, of the given kinds (of any kind if none are given).
pub(crate) fn claim(
    tx: &mut Tx<'_>,
    worker: &str,
    kinds: Option<&[String]>,
    slots: Slots,
) -> Result<Vec<Taken>, Error> {
    let mut taken = Vec::new();
    if slots.free == 0 || kinds.is_some_and(<[String]>::is_empty) {
        return Ok(taken);
    }
    if somebody_must_be_alone(tx)? {
        if !slots.idle {
            return Ok(taken);
        }
        // A busy process is seldom idle: what waited for that moment has it.
        taken = take_turns(tx, worker, kinds, Slots { only_alone: true, ..slots })?;
        if !taken.is_empty() {
            return Ok(taken);
        }
    }
    take_turns(tx, worker, kinds, slots)
}

fn take_turns(tx: &mut Tx<'_>, worker: &str, kinds: Option<&[String]>, mut slots: Slots) -> Result<Vec<Taken>, Error> {
    let mut taken = Vec::new();
    let mut waiting = backlogged(tx)?;
    while slots.free > 0 {
        waiting.retain(|queue| queue.is_waiting() && (slots.batch > 0 || queue.priority == Priority::Interactive));
        let now_ms = tx.now_ms;
        let Some(queue) = waiting.iter_mut().min_by_key(|queue| queue.turn(now_ms, tx.options)) else { break };
        let Some(next) = next_of(tx, queue, kinds, slots)? else {
            queue.exhausted();
            continue;
        };
        let weight = i64::from(next.weight);
        let Some(item) = take(tx, worker, &next, &queue.tenant, queue.priority)? else {
            queue.skip += 1;
            continue;
        };
        let service = service_of(tx.options, &queue.tenant, weight);
        queue.served(service);
        let delta = Delta { queued: -1, running: 1, service, ..Delta::default() };
        let (tenant, priority) = (queue.tenant.clone(), queue.priority);
        waiting.iter_mut().filter(|other| other.tenant == tenant).for_each(Backlogged::one_more_runs);
        tx.charge(&tenant, priority, delta);
        slots.free -= 1;
        slots.batch -= usize::from(priority != Priority::Interactive);
        slots.idle = false;
        let alone = item.alone;
        taken.push(item);
        if alone {
            break;
        }
    }
    Ok(taken)
}

fn somebody_must_be_alone(tx: &mut Tx<'_>) -> Result<bool, Error> {
    let since = tx.now_ms - PATIENCE_MS;
    let found =
        tx.row("SELECT 1 FROM item WHERE alone = 1 AND state = 'ready' AND not_before <= $1 LIMIT 1", values![since])?;
    Ok(found.is_some())
}

struct Next {
    op: Uuid,
    seq: u32,
    weight: u32,
}

/// The item of that queue whose turn it is. What it gave before in this claim is leased by now, or was let lie.
fn next_of(tx: &mut Tx<'_>, queue: &Backlogged, kinds: Option<&[String]>, slots: Slots) -> Result<Option<Next>, Error> {
    let mut sql = "SELECT op, seq, weight FROM item WHERE tenant = $1 AND priority = $2 AND state = 'ready'
         AND not_before <= $3 AND schema_version <= $4 AND (alone = 0 OR $5 = 1)"
        .to_owned();
    let mut values: Vec<Value<'_>> =
        values![&queue.tenant, queue.priority.number(), tx.now_ms, i64::from(tx.options.schema_version), slots.idle,]
            .to_vec();
    if let Some(kinds) = kinds {
        let first = values.len() + 1;
        let marks: Vec<String> = (first..first + kinds.len()).map(|number| format!("${number}")).collect();
        sql.extend([" AND kind IN (", &marks.join(", "), ")"]);
        values.extend(kinds.iter().map(Value::from));
    }
    if slots.only_alone {
        sql.push_str(" AND alone = 1");
    }
    sql.push_str(" ORDER BY not_before, op, seq LIMIT 1");
    if queue.skip > 0 {
        sql.extend([" OFFSET ", &queue.skip.to_string()]);
    }
    sql.push_str(" FOR UPDATE SKIP LOCKED");
    let found = tx.session.row(&sql, &values)?;
    found.map(|row| Ok(Next { op: row.uuid(0)?, seq: row.int(1)? as u32, weight: row.int(2)? as u32 })).transpose()
}

/// Leases an item to the worker; none if its operation is just being changed by another, so that we would have to wait.
fn take(tx: &mut Tx<'_>, worker: &str, next: &Next, tenant: &str, priority: Priority) -> Result<Option<Taken>, Error> {
    let op = tx.row("SELECT 1 FROM operation WHERE id = $1 FOR UPDATE SKIP LOCKED", values![&next.op])?;
    let locked = op.is_some();
    if !locked && !is_running(tx, next.op)? {
        return Ok(None);
    }
    let lease_until_ms = tx.now_ms + tx.options.lease_ms();
    let item = tx.row(
        "UPDATE item SET state = 'leased', attempt = attempt + 1, lease_owner = $3, lease_until = $4, progress = 0
         WHERE op = $1 AND seq = $2 AND state = 'ready' RETURNING attempt, kind, role, alone, input_blob",
        values![&next.op, next.seq, worker, lease_until_ms],
    )?;
    let Some(item) = item else { return Ok(None) };
    if locked {
        tx.change(
            "UPDATE operation SET state = 'running', version = version + 1, touched = $2, started = coalesce(started, $2)
             WHERE id = $1",
            values![&next.op, tx.now_ms],
        )?;
    }
    let op = tx.row(
        "SELECT dataset, created, request_blob, parent, traceparent, schema_version FROM operation WHERE id = $1",
        values![&next.op],
    )?;
    let op = op.ok_or_else(|| Error::Damaged {
        what: format!("operation {}", next.op),
        detail: "it is gone, but an item of it is not".into(),
    })?;
    let token = Token { op: next.op, seq: next.seq, attempt: item.int(0)? as u32 };
    taken(tx, token, &item, &op, (tenant, priority, lease_until_ms)).map(Some)
}

/// Whether the operation is known to be at work already: then an item of it may be taken without touching its row.
fn is_running(tx: &mut Tx<'_>, op: Uuid) -> Result<bool, Error> {
    Ok(tx.row("SELECT 1 FROM operation WHERE id = $1 AND state = 'running'", values![&op])?.is_some())
}

fn taken(
    tx: &mut Tx<'_>,
    token: Token,
    item: &Row,
    op: &Row,
    (tenant, priority, lease_until_ms): (&str, Priority, i64),
) -> Result<Taken, Error> {
    let request = Reference::from_text(op.text(2)?).and_then(|reference| reference.load(tx.session));
    let input = item.maybe_text(4)?.map(|text| Reference::from_text(text)?.load(tx.session)).transpose();
    Ok(Taken {
        token,
        kind: item.text(1)?.to_owned(),
        tenant: tenant.to_owned(),
        dataset: op.maybe_text(0)?.map(str::to_owned),
        created_ms: op.int(1)?,
        lease_until_ms,
        role: Role::from_name(item.text(2)?).unwrap_or(Role::Whole),
        priority,
        parent: op.maybe_uuid(3)?,
        alone: item.flag(3)?,
        traceparent: op.maybe_text(4)?.map(str::to_owned),
        schema_version: op.int(5)? as u32,
        request,
        input,
    })
}
