//! The handle that the server and its workers hold.
//!
//! Each method is the same short story: make the payload safe, run one transition in the writer, ring the bells. The
//! transitions are in `state`; nothing is decided here.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::backlog::Backlog;
use crate::blobs::Blobs;
use crate::database::{check_whole, open_for_writing};
use crate::folder::Folder;
use crate::keys;
use crate::operation::check_name;
use crate::readers::Readers;
use crate::state::{self, Rules, Taken};
use crate::wakeups::{POLL, Wakeups};
use crate::writer::Writer;
use crate::{
    Beside, Cancellation, Claim, Completion, Error, Failure, KeyHolder, ListFilter, NewOperation, Operation, Renewal,
    StoreOptions, Token,
};

/// The durable operations of one data folder. Clones share it. The folder's lock is held until the last clone is gone
/// or [`Store::close`] was called. Dropping the last clone waits for the group of writes under way, but does not count as
/// an orderly end: the next start reads the database through.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) options: StoreOptions,
    pub(crate) rules: Rules,
    pub(crate) writer: Writer,
    pub(crate) readers: Arc<Readers>,
    pub(crate) blobs: Blobs,
    pub(crate) wakeups: Wakeups,
    pub(crate) backlog: Backlog,
    /// When to look for orphaned files again.
    pub(crate) orphans_due_ms: AtomicI64,
}

impl Store {
    /// Opens the operations of a data folder, makes them if there are none, and keeps every other server out.
    ///
    /// After an unclean stop the database is read through first. Work that the last process had under way is ready to
    /// be claimed at once.
    pub fn open(folder: &Path, options: StoreOptions) -> Result<Self, Error> {
        options.check()?;
        let folder = Folder::prepare(folder)?;
        let lock = folder.lock()?;
        let database = folder.database();
        let existed = database.exists();
        let conn = open_for_writing(&database)?;
        if existed && !lock.was_clean() {
            check_whole(&conn, &database)?;
        }
        let rules = Rules::of(&options);
        conn.execute_batch("BEGIN IMMEDIATE")?;
        state::release_all(&conn, rules, options.clock.now_ms())?;
        conn.execute_batch("COMMIT")?;
        let backlog = Backlog::new(state::count_ready(&conn)?, options.queued_limit);
        let blobs = Blobs::open(folder.blobs()?)?;
        let writer = Writer::start(conn, lock)?;
        let inner = Inner {
            options,
            rules,
            writer,
            readers: Readers::new(database),
            blobs,
            wakeups: Wakeups::new(),
            backlog,
            orphans_due_ms: AtomicI64::new(i64::MIN),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Opens the same data beside a running server, or without one, for the command line. Makes a store where there is
    /// none: a key may be added before the first server starts.
    pub fn open_beside(folder: &Path) -> Result<Beside, Error> {
        Beside::open(folder)
    }

    /// The same for questions and for changes to what is there: a folder without a store is [`Error::NoStore`] and stays
    /// as it is, since somebody who asks there has the wrong folder.
    pub fn find_beside(folder: &Path) -> Result<Beside, Error> {
        Beside::find(folder)
    }

    /// Commits what waits and gives the folder up in order. Clones that are still held can read but not write.
    pub async fn close(&self) -> Result<(), Error> {
        self.inner.writer.close().await
    }

    /// Whether writes go through at present; the error is what the last one met (a full disk, say). Heals by itself:
    /// each sweep tries again.
    pub fn writable(&self) -> Result<(), Error> {
        self.inner.writer.trouble().map_or(Ok(()), Err)
    }

    /// Whether the queue takes one more operation; worth asking before a large body is read.
    pub fn admits(&self) -> Result<(), Error> {
        self.inner.backlog.admit()
    }

    /// Takes an operation in. When this returns, it is on disk.
    pub async fn accept(&self, new: NewOperation) -> Result<Operation, Error> {
        new.check()?;
        self.admits()?;
        let now_ms = self.now_ms();
        let before_any_attempt = Token { op: new.id, seq: 0, attempt: 0 };
        let request = self.inner.blobs.put(before_any_attempt, new.request.clone()).await?;
        let file = request.file_key();
        let accepted = self.inner.writer.run_or_refuse(move |conn| state::accept(conn, &new, &request, now_ms)).await;
        match &accepted {
            Ok(_) => {
                self.inner.backlog.add();
                self.inner.wakeups.ring_ready();
            }
            Err(error) if error.is_refusal() => self.inner.blobs.discard(file).await,
            Err(_) => {}
        }
        accepted
    }

    /// The operation as it stands; none if there is none or it has expired, from that very millisecond on.
    pub async fn get(&self, id: Uuid) -> Result<Option<Operation>, Error> {
        let now_ms = self.now_ms();
        self.inner.readers.read(move |conn| state::get(conn, id, now_ms)).await
    }

    /// A page of operations, newest first.
    pub async fn list(&self, filter: ListFilter) -> Result<Vec<Operation>, Error> {
        let now_ms = self.now_ms();
        self.inner.readers.read(move |conn| state::list(conn, &filter, now_ms)).await
    }

    /// The result of an operation that succeeded and has not expired.
    pub async fn result(&self, id: Uuid) -> Result<Option<Bytes>, Error> {
        let now_ms = self.now_ms();
        match self.inner.readers.read(move |conn| state::result(conn, id, now_ms)).await? {
            Some(stored) => self.inner.blobs.get(stored).await.map(Some),
            None => Ok(None),
        }
    }

    /// Takes up to `n` items that are ready, oldest first, of the given kinds only.
    ///
    /// An item whose request cannot be read is failed here and not handed out.
    pub async fn claim(&self, worker: &str, kinds: Option<&[&str]>, n: usize) -> Result<Vec<Claim>, Error> {
        check_name("worker", worker)?;
        let worker = worker.to_owned();
        let kinds: Option<Vec<String>> = kinds.map(|kinds| kinds.iter().map(|&kind| kind.to_owned()).collect());
        let (rules, now_ms) = (self.inner.rules, self.now_ms());
        let taken =
            self.inner.writer.run(move |conn| state::claim(conn, &worker, kinds.as_deref(), n, rules, now_ms)).await?;
        self.inner.backlog.take(taken.len());
        let mut claims = Vec::with_capacity(taken.len());
        for item in taken {
            self.inner.wakeups.ring_changed(item.token.op);
            claims.extend(self.with_request(item).await?);
        }
        Ok(claims)
    }

    async fn with_request(&self, taken: Taken) -> Result<Option<Claim>, Error> {
        let Taken { token, kind, tenant, dataset, created_ms, lease_until_ms, request } = taken;
        let request = match request {
            Ok(stored) => self.inner.blobs.get(stored).await,
            Err(error) => Err(error),
        };
        match request {
            Ok(request) => Ok(Some(Claim { token, kind, tenant, dataset, created_ms, lease_until_ms, request })),
            Err(error) => {
                // Damage stays; anything else may pass.
                let retry = !matches!(error, Error::Damaged { .. });
                let failure = Failure { code: "requestUnreadable".into(), message: error.to_string() };
                self.fail(&token, failure, retry).await?;
                Ok(None)
            }
        }
    }

    /// Keeps an item for another lease; call it about every third of a lease.
    pub async fn renew(&self, token: &Token) -> Result<Renewal, Error> {
        let (token, rules, now_ms) = (*token, self.inner.rules, self.now_ms());
        self.inner.writer.run(move |conn| state::renew(conn, token, rules, now_ms)).await
    }

    /// Says how much is done, 0 to 1. Each report is a durable write: a few a second are plenty. A lower figure than
    /// before, one that is not a number, and one of a fenced worker change nothing.
    pub async fn report_progress(&self, token: &Token, fraction: f64) -> Result<(), Error> {
        if fraction.is_nan() {
            return Ok(());
        }
        let (token, now_ms, fraction) = (*token, self.now_ms(), fraction.clamp(0.0, 1.0));
        let write = move |conn: &rusqlite::Connection| state::report_progress(conn, token, fraction, now_ms);
        if self.inner.writer.run(write).await? {
            self.inner.wakeups.ring_changed(token.op);
        }
        Ok(())
    }

    /// Hands in the result. Readers see it after this, or, when fenced, never.
    pub async fn complete(&self, token: &Token, result: Bytes) -> Result<Completion, Error> {
        let (token, rules) = (*token, self.inner.rules);
        let result = self.inner.blobs.put(token, result).await?;
        let file = result.file_key();
        let now_ms = self.now_ms();
        let completion =
            self.inner.writer.run(move |conn| state::complete(conn, token, &result, rules, now_ms)).await?;
        if completion == Completion::Fenced {
            self.inner.blobs.discard(file).await;
        }
        self.inner.wakeups.ring_changed(token.op);
        Ok(completion)
    }

    /// Says that the attempt failed. With `retry` the item waits and is tried again while attempts are left; otherwise
    /// the operation has failed, with this cause.
    pub async fn fail(&self, token: &Token, failure: Failure, retry: bool) -> Result<Completion, Error> {
        let (token, rules, now_ms, failure) = (*token, self.inner.rules, self.now_ms(), failure.bounded());
        let completion =
            self.inner.writer.run(move |conn| state::fail(conn, token, &failure, retry, rules, now_ms)).await?;
        self.inner.wakeups.ring_changed(token.op);
        Ok(completion)
    }

    /// Gives an item back without a charged attempt, for a worker that is asked to stop.
    pub async fn hand_back(&self, token: &Token) -> Result<Completion, Error> {
        let (token, now_ms) = (*token, self.now_ms());
        let done = self.inner.writer.run(move |conn| state::hand_back(conn, token, now_ms)).await?;
        if done == Completion::Done {
            self.inner.backlog.add();
            self.inner.wakeups.ring_ready();
            self.inner.wakeups.ring_changed(token.op);
        }
        Ok(done)
    }

    /// Cancels an operation that has not ended. Its worker learns when it renews.
    pub async fn request_cancel(&self, id: Uuid) -> Result<Cancellation, Error> {
        let (rules, now_ms) = (self.inner.rules, self.now_ms());
        let answer = self.inner.writer.run(move |conn| state::cancel(conn, id, rules, now_ms)).await?;
        self.inner.wakeups.ring_changed(id);
        Ok(answer)
    }

    /// Rung when an item may be ready. A hint: claim again after a second in any case.
    pub fn ready(&self) -> &Notify {
        self.inner.wakeups.ready()
    }

    /// Waits until the operation has a version above `seen_version` or is gone; after `patience` answers with what is.
    pub async fn changed(&self, id: Uuid, seen_version: u64, patience: Duration) -> Result<Option<Operation>, Error> {
        self.wait_until(id, patience, |operation| operation.version > seen_version).await
    }

    /// Waits until the operation has ended or is gone; after `patience` answers with what is.
    pub async fn wait_terminal(&self, id: Uuid, patience: Duration) -> Result<Option<Operation>, Error> {
        self.wait_until(id, patience, |operation| operation.state.is_terminal()).await
    }

    async fn wait_until(
        &self,
        id: Uuid,
        patience: Duration,
        enough: impl Fn(&Operation) -> bool,
    ) -> Result<Option<Operation>, Error> {
        let deadline = Instant::now() + patience;
        loop {
            // Listens before it looks: a change in between rings.
            let mut bell = std::pin::pin!(self.inner.wakeups.changed(id).notified());
            bell.as_mut().enable();
            let found = self.get(id).await?;
            if found.as_ref().is_none_or(&enough) || Instant::now() >= deadline {
                return Ok(found);
            }
            // Rung or not, look again.
            let _ = timeout_at(deadline.min(Instant::now() + POLL), bell).await;
        }
    }

    /// Whose key this is; none if it is nobody's, or no longer.
    pub async fn verify_key(&self, key: &str) -> Result<Option<KeyHolder>, Error> {
        let key = key.to_owned();
        self.inner.readers.read(move |conn| keys::verify(conn, &key)).await
    }

    /// Whether there is any key at all.
    pub async fn has_keys(&self) -> Result<bool, Error> {
        self.inner.readers.read(keys::any).await
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.inner.options.clock.now_ms()
    }
}
