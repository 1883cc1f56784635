//! The sweep: time's share of the work, done whenever the server asks for it (about once a second).
//!
//! Leases that ran out, operations that expired, files that nobody names. Each step is small, may be repeated and may
//! be cut short by a crash. Readers never depend on it: expiry is judged when they ask.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use super::Store;
use crate::Error;
use crate::blobs::OldBlob;
use crate::state;
use crate::writer::Named;

/// Rows that one transaction moves: a sweep must not hold up those who wait for an answer.
const BATCH: usize = 256;

/// Operations that one transaction buries. Each takes several statements, and who accepts beside it waits for all of them: 256 at a
/// time had doubled what one in a hundred of them waits.
const BURIED: usize = 32;

/// Between two looks for orphaned files.
const ORPHANS_EVERY_MS: i64 = 3_600_000;
/// An unnamed file is an orphan after two leases and this time: whoever wrote it is long gone.
const ORPHAN_AGE_MS: i64 = 86_400_000;

const SWEEP: Named = Named { name: "sweep", op: Uuid::nil() };

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Items whose lease had run out and that are ready again.
    pub requeued: usize,
    /// Operations that failed because their last lease ran out.
    pub failed: usize,
    /// Operations that expired and were removed.
    pub expired: usize,
    /// Files that nobody named.
    pub orphans: usize,
}

impl Store {
    /// Does what the time asks for. Reports what was done.
    pub async fn sweep(&self) -> Result<SweepReport, Error> {
        if self.writable().is_err() {
            self.inner.database.write(SWEEP, state::probe).await?;
        }
        let mut report = SweepReport::default();
        self.sweep_leases(&mut report).await?;
        self.sweep_expired(&mut report).await?;
        self.sweep_orphans(&mut report).await?;
        let queued = self.inner.database.read(|session, _| state::count_ready(session)).await?;
        self.inner.queued.store(queued, Relaxed);
        Ok(report)
    }

    /// Each lease in a command of its own: the groups put them together, in the order that all nodes lock in.
    async fn sweep_leases(&self, report: &mut SweepReport) -> Result<(), Error> {
        loop {
            let lost = self.inner.database.read(|session, now_ms| state::lost_leases(session, BATCH, now_ms)).await?;
            let count = lost.len();
            let mut moved = 0;
            for item in lost {
                let op = item.op();
                let named = Named { name: "expire_lease", op };
                let command =
                    move |tx: &mut state::Tx<'_>| state::expire_lease(tx, &item, true, "let its lease run out");
                match self.inner.database.write(named, command).await? {
                    Some(true) => report.requeued += 1,
                    Some(false) => report.failed += 1,
                    None => continue,
                }
                moved += 1;
                self.inner.wakeups.ring_changed(op);
            }
            if moved > 0 {
                self.inner.wakeups.ring_ready();
            }
            if count < BATCH || moved == 0 {
                return Ok(());
            }
        }
    }

    async fn sweep_expired(&self, report: &mut SweepReport) -> Result<(), Error> {
        loop {
            let (count, graves) =
                self.inner.database.write(Named { name: "bury", ..SWEEP }, |tx| state::bury(tx, BURIED)).await?;
            let mut empty = Vec::with_capacity(graves.len());
            for grave in graves {
                if self.delete_all(&grave.blobs).await {
                    empty.push(grave.op);
                }
            }
            if !empty.is_empty() {
                let command = move |tx: &mut state::Tx<'_>| state::forget(tx, &empty);
                self.inner.database.write(Named { name: "forget", ..SWEEP }, command).await?;
            }
            report.expired += count;
            if count < BURIED {
                return Ok(());
            }
        }
    }

    /// Whether all are gone. What cannot be deleted now keeps its tombstone, and the next sweep tries again.
    async fn delete_all(&self, files: &[String]) -> bool {
        for key in files {
            if let Err(error) = self.inner.blobs.delete(key).await {
                tracing::warn!(key, %error, "a payload of an expired operation could not be deleted");
                return false;
            }
        }
        true
    }

    async fn sweep_orphans(&self, report: &mut SweepReport) -> Result<(), Error> {
        let now_ms = self.inner.database.now_ms();
        if now_ms < self.inner.orphans_due_ms.load(Relaxed) {
            return Ok(());
        }
        let age_ms = 2 * self.inner.options.lease_ms() + ORPHAN_AGE_MS;
        let cutoff = time_of(now_ms - age_ms);
        for old in self.inner.blobs.older_than("", cutoff).await? {
            if self.remove_if_orphan(old).await? {
                report.orphans += 1;
            }
        }
        self.inner.orphans_due_ms.store(now_ms + ORPHANS_EVERY_MS, Relaxed);
        Ok(())
    }

    /// A file whose name does not say an operation was not written by us, and stays.
    async fn remove_if_orphan(&self, old: OldBlob) -> Result<bool, Error> {
        let Some(op) = old.op else { return Ok(false) };
        let key = old.key.clone();
        if self.inner.database.read(move |session, _| state::names(session, op, &key)).await? {
            return Ok(false);
        }
        self.inner.blobs.remove_one(old).await?;
        Ok(true)
    }
}

fn time_of(ms: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}
