//! What tenants have waiting, running and stored, and how much service each has had.
//!
//! The row of a tenant would be the one that every transition of every node fights for, so none touches it: each notes what it
//! changes, and the sum of a whole group is written just before its commit, tenant by tenant in one order. A limit is
//! compared with the row when a command runs and again, under the row's lock, when the sum is written; where another node
//! used up the room in between, the group is undone and its commands run one by one, so that a limit is never exceeded.

use std::collections::BTreeMap;

use super::Tx;
use crate::session::{Row, Session, values};
use crate::{Error, Priority, StoreOptions};

/// The virtual time of an item of weight 1 at share 1: fine enough to divide by a share.
const SERVICE: i64 = 1_000;

/// Seconds until a refused client may try again: a guess at how long some room takes to appear.
const RETRY_AFTER_S: u32 = 5;

/// A change of a tenant's figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Delta {
    pub(super) queued: i64,
    pub(super) running: i64,
    pub(super) stored_bytes: i64,
    pub(super) service: i64,
    /// Of the queued and the stored, whether any is newly accepted and must find room.
    pub(super) admitted: bool,
}

/// The changes of the group under way, by tenant and class.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pending(BTreeMap<(String, i64), Delta>);

impl Pending {
    pub(super) fn add(&mut self, tenant: &str, priority: Priority, delta: Delta) {
        let sum = self.0.entry((tenant.to_owned(), priority.number())).or_default();
        sum.queued += delta.queued;
        sum.running += delta.running;
        sum.stored_bytes += delta.stored_bytes;
        sum.service += delta.service;
        sum.admitted |= delta.admitted;
    }

    fn of(&self, tenant: &str) -> impl Iterator<Item = &Delta> {
        let (from, to) = ((tenant.to_owned(), i64::MIN), (tenant.to_owned(), i64::MAX));
        self.0.range(from..=to).map(|(_, delta)| delta)
    }
}

/// The virtual time that a tenant is charged for an item of that weight.
pub(super) fn service_of(options: &StoreOptions, tenant: &str, weight: i64) -> i64 {
    SERVICE * weight / i64::from(options.limits.of(tenant).share)
}

/// What a tenant has in the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Items that wait for a worker.
    pub queued: u64,
    /// Items at work.
    pub running: u64,
    /// Bytes of requests and results.
    pub stored_bytes: u64,
}

/// What a tenant has in the store, as of the last commit.
pub(crate) fn usage(session: &mut dyn Session, tenant: &str) -> Result<Usage, Error> {
    let rows =
        session.rows("SELECT queued, running, stored_bytes FROM tenant_usage WHERE tenant = $1", values![tenant])?;
    rows.iter().try_fold(Usage::default(), |sum, row| {
        Ok(Usage {
            queued: sum.queued + row.count(0)?,
            running: sum.running + row.count(1)?,
            stored_bytes: sum.stored_bytes + row.count(2)?,
        })
    })
}

/// Whether the tenant may have one more item and so many more bytes.
pub(super) fn check_room(tx: &mut Tx<'_>, tenant: &str, bytes: u64) -> Result<(), Error> {
    let limits = tx.options.limits.of(tenant);
    let used = usage(tx.session, tenant)?;
    let (queued, stored) = tx
        .pending
        .of(tenant)
        .fold((0, 0), |(queued, stored), delta| (queued + delta.queued, stored + delta.stored_bytes));
    let room = |what, used: i64, more: u64, limit: u64| {
        let used = used.max(0) as u64;
        let full = used.saturating_add(more) > limit;
        if full { Err(Error::Overloaded { what, used, limit, retry_after_s: RETRY_AFTER_S }) } else { Ok(()) }
    };
    room("items of this tenant wait", used.queued as i64 + queued, 1, limits.queued)?;
    room("bytes of this tenant are stored", used.stored_bytes as i64 + stored, bytes, limits.stored_bytes)
}

/// Writes the group's sums. [`Error::Contended`] if another node used up the room meanwhile.
pub(crate) fn flush(session: &mut dyn Session, pending: &Pending, options: &StoreOptions) -> Result<(), Error> {
    let mut tenants: Vec<&str> = pending.0.keys().map(|(tenant, _)| tenant.as_str()).collect();
    tenants.dedup();
    for tenant in tenants {
        let admitted = pending.of(tenant).any(|delta| delta.admitted);
        if admitted {
            lock_all(session, tenant)?;
        }
        let range = (tenant.to_owned(), i64::MIN)..=(tenant.to_owned(), i64::MAX);
        for ((_, priority), delta) in pending.0.range(range) {
            write(session, tenant, *priority, delta)?;
        }
        if admitted && is_over(usage(session, tenant)?, tenant, options) {
            return Err(Error::Contended);
        }
    }
    Ok(())
}

/// Locks all rows of a tenant in the order of classes, and makes those that are missing: a row that is not there cannot be
/// locked.
fn lock_all(session: &mut dyn Session, tenant: &str) -> Result<(), Error> {
    let lock = "SELECT 1 FROM tenant_usage WHERE tenant = $1 ORDER BY priority FOR UPDATE";
    if session.rows(lock, values![tenant])?.len() < Priority::ALL.len() {
        let [first, second, third] = Priority::ALL.map(Priority::number);
        session.change(
            "INSERT INTO tenant_usage (tenant, priority) VALUES ($1, $2), ($1, $3), ($1, $4) ON CONFLICT DO NOTHING",
            values![tenant, first, second, third],
        )?;
        session.rows(lock, values![tenant])?;
    }
    Ok(())
}

fn write(session: &mut dyn Session, tenant: &str, priority: i64, delta: &Delta) -> Result<(), Error> {
    let clock = if delta.queued > 0 { clock(session, priority)? } else { 0 };
    session.change(
        "INSERT INTO tenant_usage (tenant, priority, queued, running, stored_bytes, virtual_time)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant, priority) DO UPDATE SET
            queued = tenant_usage.queued + excluded.queued,
            running = tenant_usage.running + excluded.running,
            stored_bytes = tenant_usage.stored_bytes + excluded.stored_bytes,
            virtual_time = CASE WHEN tenant_usage.queued <= 0 AND tenant_usage.virtual_time < $7 THEN $7
                ELSE tenant_usage.virtual_time END + $8",
        values![
            tenant,
            priority,
            delta.queued,
            delta.running,
            delta.stored_bytes,
            clock + delta.service,
            clock,
            delta.service,
        ],
    )?;
    Ok(())
}

fn is_over(used: Usage, tenant: &str, options: &StoreOptions) -> bool {
    let limits = options.limits.of(tenant);
    used.queued > limits.queued || used.stored_bytes > limits.stored_bytes
}

/// The virtual time of a class: that of the tenant in it which has had the least service and waits; when nobody waits, the
/// furthest that anybody got. Whoever comes back from a pause starts from there and cannot claim the time it was away.
fn clock(session: &mut dyn Session, priority: i64) -> Result<i64, Error> {
    let waiting = session
        .row("SELECT min(virtual_time) FROM tenant_usage WHERE priority = $1 AND queued > 0", values![priority])?;
    if let Some(now) = waiting.map_or(Ok(None), |row| row.maybe_int(0))? {
        return Ok(now);
    }
    let furthest = session.row("SELECT max(virtual_time) FROM tenant_usage WHERE priority = $1", values![priority])?;
    Ok(furthest.map_or(Ok(None), |row| row.maybe_int(0))?.unwrap_or(0))
}

/// A tenant with items of one class that wait.
#[derive(Debug)]
pub(super) struct Backlogged {
    pub(super) tenant: String,
    pub(super) priority: Priority,
    virtual_time: i64,
    queued: i64,
    /// How many more the tenant may have at work.
    may_run: i64,
    /// Since when its longest waiting item could have been taken.
    ready_since: i64,
    /// How many of its items were looked at in this claim and let lie.
    pub(super) skip: usize,
}

impl Backlogged {
    /// The smaller, the earlier its turn.
    pub(super) fn turn(&self, now_ms: i64, options: &StoreOptions) -> (i64, i64, i64, String) {
        let lifted = (now_ms - self.ready_since).max(0) / (options.ageing_s as i64 * 1_000);
        ((self.priority.number() - lifted).max(0), self.virtual_time, self.ready_since, self.tenant.clone())
    }

    /// One of its items was taken.
    pub(super) fn served(&mut self, service: i64) {
        self.virtual_time += service;
        self.queued -= 1;
    }

    /// An item of its tenant was taken, of this class or of another.
    pub(super) fn one_more_runs(&mut self) {
        self.may_run -= 1;
    }

    /// It has nothing that this worker could take.
    pub(super) fn exhausted(&mut self) {
        self.queued = 0;
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.queued > 0 && self.may_run > 0
    }
}

/// Everybody with something to do, as of this transaction.
pub(super) fn backlogged(tx: &mut Tx<'_>) -> Result<Vec<Backlogged>, Error> {
    let rows = tx.rows(
        "SELECT u.tenant, u.priority, u.queued, u.virtual_time,
            (SELECT CAST(sum(o.running) AS BIGINT) FROM tenant_usage o WHERE o.tenant = u.tenant),
            (SELECT min(i.not_before) FROM item i
                WHERE i.tenant = u.tenant AND i.priority = u.priority AND i.state = 'ready')
         FROM tenant_usage u WHERE u.queued > 0",
        &[],
    )?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        found.push(read(tx, row)?);
    }
    for ((tenant, priority), delta) in &tx.pending.0 {
        let priority = Priority::from_number(*priority);
        let known =
            found.iter_mut().find(|queue: &&mut Backlogged| queue.tenant == *tenant && queue.priority == priority);
        if let Some(queue) = known {
            queue.queued += delta.queued;
            queue.virtual_time += delta.service;
        } else if delta.queued > 0 {
            // Accepted by a neighbour in this group: its turn comes by its age alone.
            found.push(Backlogged {
                tenant: tenant.clone(),
                priority,
                virtual_time: 0,
                queued: delta.queued,
                may_run: i64::MAX,
                ready_since: tx.now_ms,
                skip: 0,
            });
        }
    }
    found.retain(Backlogged::is_waiting);
    Ok(found)
}

fn read(tx: &Tx<'_>, row: &Row) -> Result<Backlogged, Error> {
    let tenant = row.text(0)?.to_owned();
    let cap = i64::try_from(tx.options.limits.of(&tenant).running).unwrap_or(i64::MAX);
    let pending: i64 = tx.pending.of(&tenant).map(|delta| delta.running).sum();
    Ok(Backlogged {
        priority: Priority::from_number(row.int(1)?),
        queued: row.int(2)?,
        virtual_time: row.int(3)?,
        may_run: cap.saturating_sub(row.int(4)?).saturating_sub(pending),
        ready_since: row.maybe_int(5)?.unwrap_or(tx.now_ms),
        skip: 0,
        tenant,
    })
}
