//! The store as its users see it: what is asked from outside, in the order of an operation's life. What workers do is in
//! [`work`], what time does in [`sweep`], what waiting is in [`wait`].

mod outstanding;
mod sweep;
mod wait;
mod work;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use uuid::Uuid;

use crate::blobs::{Blobs, OutputWriter, ResultReader, blocking, cut};
use crate::database::Database;
use crate::keys;
use crate::payload::{Content, Payload, PiecesRef, Reference, Stored};
use crate::pieces::{self, Stretch};
use crate::postgres::{self, Notifier, Postgres};
use crate::sqlite::{Check, Folder, PATIENCE, Writing, open_for_writing};
use crate::state::{self, Pending, Tx};
use crate::wakeups::Wakeups;
use crate::writer::{Named, Transactions};
use crate::{
    Accepted, Beside, Cancellation, Error, KeyHolder, ListFilter, NewOperation, Operation, Output, Part, Queue,
    StoreOptions, Token, Usage,
};
use outstanding::Outstanding;

pub use sweep::SweepReport;

/// The durable operations of one data folder, or of one database that several machines share. Clones share it. A folder's
/// lock is held until the last clone is gone or [`Store::close`] was called. Dropping the last clone waits for the group of
/// writes under way, but does not count as an orderly end: the next start reads the database through.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    options: Arc<StoreOptions>,
    database: Database,
    blobs: Blobs,
    wakeups: Arc<Wakeups>,
    /// Passes hints between nodes as long as it lives.
    _notifier: Option<Notifier>,
    outstanding: Outstanding,
    claiming: tokio::sync::Mutex<()>,
    /// How much waited when it was last counted, to refuse before a large body is read.
    queued: AtomicU64,
    /// When to look for orphaned blobs again.
    orphans_due_ms: AtomicI64,
    /// Writes of workers that came too late to count.
    fenced: AtomicU64,
}

impl Store {
    /// Opens the operations of a data folder, makes them if there are none, and keeps every other server out.
    ///
    /// After an unclean stop the database is read through, for a second before it is opened and from then on beside the work; damage
    /// that is found later ends all writing. Work that the last process had under way is ready to
    /// be claimed at once.
    pub fn open(folder: &Path, options: StoreOptions) -> Result<Self, Error> {
        options.check()?;
        let folder = Folder::prepare(folder)?;
        let lock = folder.lock()?;
        let path = folder.database();
        let existed = path.exists();
        let conn = open_for_writing(&path)?;
        let check = if existed && !lock.was_clean() { Some(Check::begin(&path, PATIENCE)?) } else { None };
        if options.allow_unsafe_database {
            conn.execute_batch("PRAGMA synchronous = NORMAL")?;
        }
        let mut writing = Writing::new(conn, options.clock.clone(), Some(lock));
        let queued = release_leases(&mut writing, &options)?;
        let options = Arc::new(options);
        let database = Database::sqlite(writing, path, options.clone(), check)?;
        let wakeups = Arc::new(Wakeups::new(false, options.drop_wakeups));
        Ok(Self::of(database, Blobs::files(folder.blobs()?)?, options, queued, (wakeups, None)))
    }

    /// Opens what several machines share: operations in PostgreSQL (`postgres://…`), blobs where all nodes reach them
    /// ([`Blobs::open`]). Brings the schema up to date, or refuses a database that cannot keep its promises.
    pub async fn connect(url: &str, blobs: &str, options: StoreOptions) -> Result<Self, Error> {
        options.check()?;
        let (url, options, blobs) = (url.to_owned(), Arc::new(options), Blobs::open(blobs)?);
        blocking(move || {
            let (postgres, address, queued) = Postgres::open(&url, &options)?;
            let wakeups = Arc::new(Wakeups::new(true, options.drop_wakeups));
            let notifier = postgres::notifier(address, wakeups.clone())?;
            let database = Database::Postgres(postgres);
            Ok(Self::of(database, blobs, options, queued, (wakeups, Some(notifier))))
        })
        .await
    }

    fn of(
        database: Database,
        mut blobs: Blobs,
        options: Arc<StoreOptions>,
        queued: u64,
        (wakeups, notifier): (Arc<Wakeups>, Option<Notifier>),
    ) -> Self {
        blobs.faults = options.faults.clone();
        let inner = Inner {
            wakeups,
            _notifier: notifier,
            outstanding: Outstanding::default(),
            claiming: tokio::sync::Mutex::default(),
            options,
            database,
            blobs,
            queued: AtomicU64::new(queued),
            orphans_due_ms: AtomicI64::new(i64::MIN),
            fenced: AtomicU64::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The same for operations in PostgreSQL; blocks, so not to be called by async code.
    pub fn connect_beside(url: &str) -> Result<Beside, Error> {
        Beside::connect(url)
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
        self.inner.database.close().await
    }

    /// Whether writes go through at present; the error is what the last one met (a full disk, say). Heals by itself:
    /// each sweep tries again.
    pub fn writable(&self) -> Result<(), Error> {
        self.inner.database.trouble().map_or(Ok(()), Err)
    }

    /// Whether the queue takes one more operation, by what the last sweep counted and what came since; worth asking before a
    /// large body is read.
    pub fn admits(&self) -> Result<(), Error> {
        let (used, limit) = (self.inner.queued.load(Relaxed), self.inner.options.limits.queued);
        if used < limit {
            return Ok(());
        }
        Err(Error::Overloaded { what: "operations wait", used, limit, retry_after_s: 5 })
    }

    /// How many items wait, by what the last sweep counted and what came and went since.
    pub fn queued(&self) -> u64 {
        self.inner.queued.load(Relaxed)
    }

    /// Whether the tenant may hand in one more operation of that many bytes; worth asking before they are read. Judged anew
    /// when it is accepted.
    pub async fn admits_tenant(&self, tenant: &str, bytes: u64) -> Result<(), Error> {
        let (used, limits) = (self.usage(tenant).await?, self.inner.options.limits.of(tenant));
        let room = |what, used: u64, more: u64, limit: u64| {
            let full = used.saturating_add(more) > limit;
            if full { Err(Error::Overloaded { what, used, limit, retry_after_s: 5 }) } else { Ok(()) }
        };
        room("items of this tenant wait", used.queued, 1, limits.queued)?;
        room("bytes of this tenant are stored", used.stored_bytes, bytes, limits.stored_bytes)
    }

    /// Begins the file that the operation `id` is to be accepted with ([`NewOperation::attachment`]). What is never accepted is
    /// removed with [`Store::discard`], or by age.
    pub async fn attachment_writer(&self, id: Uuid) -> Result<OutputWriter, Error> {
        self.inner.blobs.writer(Token { op: id, seq: 0, attempt: 0 }).await
    }

    /// Removes what was written and is not going to be handed in.
    pub async fn discard(&self, output: Output) {
        self.inner.blobs.discard(output.blob_key()).await;
    }

    /// Takes an operation in. When this returns, it is on disk; or it was accepted before under the same key, and this is
    /// what became of it.
    pub async fn accept(&self, new: NewOperation) -> Result<Accepted, Error> {
        new.check()?;
        self.admits()?;
        let before_any_attempt = Token { op: new.id, seq: 0, attempt: 0 };
        let request = self.inner.blobs.put(before_any_attempt, new.request.clone()).await?;
        let follow_up = match &new.follow_up {
            Some(follow_up) => Some(self.inner.blobs.put(before_any_attempt, follow_up.request.clone()).await?),
            None => None,
        };
        let attachment = new.attachment.as_ref().and_then(Output::payload);
        let blobs = [Some(&request), follow_up.as_ref(), attachment].map(|payload| payload.and_then(Payload::blob_key));
        let blobs = blobs.map(|key| key.map(str::to_owned));
        let named = Named { name: "accept", op: new.id };
        let command = move |tx: &mut Tx<'_>| state::accept(tx, &new, &request, follow_up.as_ref());
        let accepted = self.inner.database.write_or_refuse(named, command).await;
        match &accepted {
            Ok(Accepted { repeated: false, .. }) => {
                self.inner.queued.fetch_add(1, Relaxed);
                self.inner.wakeups.ring_ready();
                return accepted;
            }
            Ok(_) => {}
            Err(error) if error.is_refusal() => {}
            // In doubt: the sweep by age finds what nobody names.
            Err(_) => return accepted,
        }
        for key in &blobs {
            self.inner.blobs.discard(key.as_deref()).await;
        }
        accepted
    }

    /// The operation as it stands; none if there is none or it has expired, from that very millisecond on.
    pub async fn get(&self, id: Uuid) -> Result<Option<Operation>, Error> {
        self.inner.database.read(move |session, now_ms| state::get(session, id, now_ms)).await
    }

    /// A page of operations, newest first.
    pub async fn list(&self, filter: ListFilter) -> Result<Vec<Operation>, Error> {
        self.inner.database.read(move |session, now_ms| state::list(session, &filter, now_ms)).await
    }

    /// The result of an operation that succeeded, or the best that was found before it was canceled, while it can be read.
    pub async fn result(&self, id: Uuid) -> Result<Option<Bytes>, Error> {
        match self.content(id).await? {
            Some(Content::Whole(stored)) => self.inner.blobs.get(stored).await.map(Some),
            Some(Content::Pieces(list, pieces)) => self.read_pieces(list, &pieces, None).await?.all().await.map(Some),
            None => Ok(None),
        }
    }

    /// The same for reading piece by piece, all of it or the bytes of `range` (cut to what there is).
    pub async fn open_result(&self, id: Uuid, range: Option<Range<u64>>) -> Result<Option<ResultReader>, Error> {
        match self.content(id).await? {
            Some(Content::Whole(stored)) => self.inner.blobs.read(stored, range).await.map(Some),
            Some(Content::Pieces(list, pieces)) => self.read_pieces(list, &pieces, range).await.map(Some),
            None => Ok(None),
        }
    }

    /// Opens a result in pieces: the first piece that is wanted now, each other when its turn comes.
    async fn read_pieces(
        &self,
        list: Stored,
        pieces: &PiecesRef,
        range: Option<Range<u64>>,
    ) -> Result<ResultReader, Error> {
        let list = self.inner.blobs.get(list).await?;
        if blake3::hash(&list) != pieces.hash {
            return Err(pieces.damaged("its list of pieces changed since it was written"));
        }
        let range = cut(range, pieces.len);
        let wanted = pieces::read(&list, &range).ok_or_else(|| pieces.damaged("its list of pieces is not readable"))?;
        let mut wanted = wanted.into_iter();
        let first = match wanted.next() {
            Some(stretch) => self.open_stretch(stretch).await?,
            None => return Ok(ResultReader::of(pieces.len, range, futures_util::stream::empty().boxed())),
        };
        let store = self.clone();
        let others = futures_util::stream::iter(wanted)
            .then(move |stretch| {
                let store = store.clone();
                async move { store.open_stretch(stretch).await.map(ResultReader::into_stream) }
            })
            .try_flatten();
        Ok(ResultReader::of(pieces.len, range, first.into_stream().chain(others).boxed()))
    }

    async fn open_stretch(&self, stretch: Stretch) -> Result<ResultReader, Error> {
        match stretch {
            Stretch::Text(text) => self.inner.blobs.read(Stored::Here(text), None).await,
            Stretch::Of(reference, bytes) => self.read_part(reference, bytes).await,
        }
    }

    /// The bytes of a part's output, every one of them.
    async fn read_part(&self, reference: Reference, bytes: Range<u64>) -> Result<ResultReader, Error> {
        let text = reference.to_text();
        let stored = match reference {
            Reference::Blob(blob) => Stored::Blob(blob),
            other => self.inner.database.read(move |session, _| other.load(session)).await?,
        };
        let reader = self.inner.blobs.read(stored, Some(bytes.clone())).await?;
        if reader.range() == bytes {
            return Ok(reader);
        }
        Err(Error::Damaged { what: format!("payload {text}"), detail: format!("it has no bytes {bytes:?}") })
    }

    /// The best result so far of an operation that has not ended, and a name that it has for as long as there is no better.
    /// None if there is none, or if a better one took its place while it was read.
    pub async fn incumbent(&self, id: Uuid) -> Result<Option<(String, Bytes)>, Error> {
        let Some((name, stored)) = self.inner.database.read(move |session, _| state::incumbent(session, id)).await?
        else {
            return Ok(None);
        };
        match self.inner.blobs.get(stored).await {
            Ok(bytes) => Ok(Some((name, bytes))),
            Err(Error::Damaged { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The blobs that all nodes share.
    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    async fn content(&self, id: Uuid) -> Result<Option<Content>, Error> {
        self.inner.database.read(move |session, now_ms| state::result(session, id, now_ms)).await
    }

    /// A page of the parts of an operation, by number from `from` on: at most 1,000.
    pub async fn parts(&self, id: Uuid, from: u32, limit: usize) -> Result<Vec<Part>, Error> {
        self.inner.database.read(move |session, _| state::parts(session, id, from, limit.min(1_000))).await
    }

    /// What a part ended with.
    pub async fn part_output(&self, part: &Part) -> Result<Option<Bytes>, Error> {
        let Some(text) = part.output.clone() else { return Ok(None) };
        let stored = self
            .inner
            .database
            .read(move |session, _| crate::payload::Reference::from_text(&text)?.load(session))
            .await?;
        self.inner.blobs.get(stored).await.map(Some)
    }

    /// These bytes of what a part ended with, all of them; none where it has no output.
    pub async fn part_bytes(&self, part: &Part, bytes: Range<u64>) -> Result<Option<Bytes>, Error> {
        let Some(reference) = part.output.as_deref().map(Reference::from_text).transpose()? else { return Ok(None) };
        self.read_part(reference, bytes).await?.all().await.map(Some)
    }

    /// Cancels an operation that has not ended. Its workers learn when they renew.
    pub async fn request_cancel(&self, id: Uuid) -> Result<Cancellation, Error> {
        let named = Named { name: "cancel", op: id };
        let answer = self.inner.database.write(named, move |tx| state::cancel(tx, id)).await?;
        self.inner.wakeups.ring_changed(id);
        self.inner.wakeups.ring_ready();
        Ok(answer)
    }

    /// Lets an operation that has ended expire now; the next sweep removes it. Tells whether there was one.
    pub async fn purge(&self, id: Uuid) -> Result<bool, Error> {
        let named = Named { name: "purge", op: id };
        let gone = self.inner.database.write(named, move |tx| state::purge(tx, id)).await?;
        self.inner.wakeups.ring_changed(id);
        Ok(gone)
    }

    /// What a tenant has in the store.
    pub async fn usage(&self, tenant: &str) -> Result<Usage, Error> {
        let tenant = tenant.to_owned();
        self.inner.database.read(move |session, _| state::usage(session, &tenant)).await
    }

    /// Every class of every tenant in which something waits or runs.
    pub async fn queues(&self) -> Result<Vec<Queue>, Error> {
        self.inner.database.read(move |session, _| state::queues(session)).await
    }

    /// For how long the operation that expired first has been waiting to be removed, in milliseconds; 0 where none does. Nobody can
    /// see it any more, but it still takes its place.
    pub async fn expiry_lag_ms(&self) -> Result<i64, Error> {
        self.inner.database.read(move |session, now_ms| state::expiry_lag_ms(session, now_ms)).await
    }

    /// How long the latest operations of a kind took from their start to their success, in milliseconds, newest first: of the
    /// last hundred, those that succeeded.
    pub async fn durations(&self, kind: &str) -> Result<Vec<i64>, Error> {
        let kind = kind.to_owned();
        self.inner.database.read(move |session, _| state::durations(session, &kind, 100)).await
    }

    /// How many writes of workers came too late to count, since this store was opened: renewals, parts, completions, failures, and
    /// items handed back.
    pub fn fenced(&self) -> u64 {
        self.inner.fenced.load(Relaxed)
    }

    /// A pointer's generation (0 if it was never set) and value.
    pub async fn pointer(&self, name: &str) -> Result<(u64, Option<String>), Error> {
        let name = name.to_owned();
        self.inner.database.read(move |session, _| state::pointer(session, &name)).await
    }

    /// Sets a pointer if its generation is still `seen`; tells whether.
    pub async fn set_pointer(&self, name: &str, seen: u64, value: &str) -> Result<bool, Error> {
        let (name, value) = (name.to_owned(), value.to_owned());
        let named = Named { name: "pointer", op: Uuid::nil() };
        self.inner.database.write(named, move |tx| state::set_pointer(tx, &name, seen, &value)).await
    }

    /// Whose key this is; none if it is nobody's, or no longer.
    pub async fn verify_key(&self, key: &str) -> Result<Option<KeyHolder>, Error> {
        let key = key.to_owned();
        self.inner.database.read(move |session, _| keys::verify(session, &key)).await
    }

    /// Whether there is any key at all.
    pub async fn has_keys(&self) -> Result<bool, Error> {
        self.inner.database.read(move |session, _| keys::any(session)).await
    }
}

/// Ends the leases of the process before us, which held the folder until it was gone. Tells how much waits now.
fn release_leases(writing: &mut Writing, options: &StoreOptions) -> Result<u64, Error> {
    let now_ms = writing.begin()?;
    let mut pending = Pending::default();
    let mut session = writing.conn();
    for lost in state::leases_of_others(&mut session)? {
        let mut tx = Tx { session: &mut session, now_ms, options, pending: &mut pending, in_doubt: false };
        state::expire_lease(&mut tx, &lost, false, "ended with its process")?;
    }
    state::flush(&mut session, &pending, options)?;
    let queued = state::count_ready(&mut session)?;
    writing.commit()?;
    Ok(queued)
}
