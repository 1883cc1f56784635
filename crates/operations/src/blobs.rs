//! Large payloads: files of the data folder, or objects of a bucket.
//!
//! A blob is whole and safe before a transaction names it. On a local disk that means synced, with its folder: `object_store`'s
//! file system does that when told to (`with_fsync`: file, each new folder and the rename, of single and of multipart writes;
//! checked in its release 0.14.2). A bucket shows an object when it is whole. A key is `operation/item/attempt/fresh id`:
//! no two attempts can write the same name, not even two calls of one attempt, so a late writer never touches what a reader
//! was promised, and a write whose answer was lost is simply made again under another name. What nobody names is removed by
//! age.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use blake3::{Hash, Hasher};
use bytes::{Bytes, BytesMut};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{GetOptions, GetRange, GetResultPayload, MultipartUpload, ObjectStore, ObjectStoreExt};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::options::FailPoints;
use crate::payload::{BlobRef, INLINE_LIMIT, Payload, Stored};
use crate::work::{Outcome, Output, Token};
use crate::{Error, new_id};

/// One part of a large blob: S3 takes at most 10,000 of them, and none but the last below 5 MiB.
const PART: usize = 16 << 20;

/// How often a blob is written to a bucket, each time under another name, beside what the client itself repeats.
const TRIES: u32 = 5;

/// Where blobs are kept.
#[derive(Debug, Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// The folder, if they are files.
    root: Option<PathBuf>,
    pub(crate) faults: FailPoints,
}

impl Blobs {
    /// Files below `root`.
    pub(crate) fn files(root: PathBuf) -> Result<Self, Error> {
        let files = LocalFileSystem::new_with_prefix(&root)?.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(files), root: Some(root), faults: FailPoints::default() })
    }

    /// Opens `file:DIR` or `s3://bucket/prefix`; the latter with the usual `AWS_*` variables, `AWS_ENDPOINT_URL` among them.
    pub fn open(url: &str) -> Result<Self, Error> {
        if let Some(folder) = url.strip_prefix("file:") {
            let root = PathBuf::from(folder.strip_prefix("//").unwrap_or(folder));
            std::fs::create_dir_all(&root).map_err(|cause| Error::folder("create", &root, cause))?;
            let root = root.canonicalize().map_err(|cause| Error::folder("find", &root, cause))?;
            return Self::files(root);
        }
        let wrong =
            || Error::Invalid { field: "blobs", value: url.to_owned(), limit: "file:DIR or s3://BUCKET/PREFIX" };
        let (bucket, prefix) = {
            let rest = url.strip_prefix("s3://").ok_or_else(wrong)?;
            rest.split_once('/').unwrap_or((rest, ""))
        };
        if bucket.is_empty() {
            return Err(wrong());
        }
        // Another part of the program may have chosen before; then that one serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let plain = std::env::var("AWS_ENDPOINT_URL").is_ok_and(|endpoint| endpoint.starts_with("http://"));
        let s3 = AmazonS3Builder::from_env().with_bucket_name(bucket).with_allow_http(plain).build()?;
        let store: Arc<dyn ObjectStore> = match prefix.trim_matches('/') {
            "" => Arc::new(s3),
            prefix => Arc::new(PrefixStore::new(s3, Key::from(prefix))),
        };
        Ok(Self { store, root: None, faults: FailPoints::default() })
    }

    /// Makes `bytes` ready to be named by a transaction: small ones as they are, large ones safely stored.
    pub(crate) async fn put(&self, owner: Token, bytes: Bytes) -> Result<Payload, Error> {
        if bytes.len() <= INLINE_LIMIT {
            return Ok(Payload::Inline(bytes));
        }
        // A disk that failed once fails again; a bucket's answer may just have been lost.
        let mut tries = if self.root.is_some() { 1 } else { TRIES };
        loop {
            tries -= 1;
            match self.put_at(fresh_key(owner), bytes.clone()).await {
                Err(error) if tries > 0 => tracing::warn!(%error, "a blob is written again, under another name"),
                done => return done,
            }
        }
    }

    async fn put_at(&self, key: String, bytes: Bytes) -> Result<Payload, Error> {
        if bytes.len() > PART {
            let mut writer = self.writer_at(key).await?;
            writer.write(bytes).await?;
            return writer.finish_payload().await;
        }
        let (hash, len) = (hash_of(bytes.clone()).await?, Some(bytes.len() as u64));
        self.faults.hit("put", "blob");
        self.store.put(&Key::from(key.as_str()), bytes.into()).await?;
        self.faults.hit("stored", "blob");
        Ok(Payload::Blob(BlobRef { key, hash, len }))
    }

    pub(crate) async fn writer(&self, owner: Token) -> Result<OutputWriter, Error> {
        self.writer_at(fresh_key(owner)).await
    }

    async fn writer_at(&self, key: String) -> Result<OutputWriter, Error> {
        let upload = self.store.put_multipart(&Key::from(key.as_str())).await?;
        let waiting = BytesMut::new();
        Ok(OutputWriter {
            key,
            upload: Some(upload),
            waiting,
            hasher: Hasher::new(),
            len: 0,
            faults: self.faults.clone(),
        })
    }

    /// The payload's bytes, compared with the hash that was taken when they were written.
    pub(crate) async fn get(&self, stored: Stored) -> Result<Bytes, Error> {
        let BlobRef { key, hash, .. } = match stored {
            Stored::Here(bytes) => return Ok(bytes),
            Stored::Blob(blob) => blob,
        };
        let bytes = self.store.get(&Key::from(key.as_str())).await?.bytes().await?;
        if hash_of(bytes.clone()).await? == hash {
            return Ok(bytes);
        }
        Err(Error::Damaged {
            what: format!("payload {key}"),
            detail: "its contents changed since it was written".into(),
        })
    }

    /// A payload for reading piece by piece: its length, and the pieces of `range` (cut to what there is).
    pub(crate) async fn read(&self, stored: Stored, range: Option<Range<u64>>) -> Result<ResultReader, Error> {
        let blob = match stored {
            Stored::Here(bytes) => {
                let len = bytes.len() as u64;
                let range = cut(range, len);
                let piece = bytes.slice(range.start as usize..range.end as usize);
                let pieces = futures_util::stream::once(async { Ok(piece) }).boxed();
                return Ok(ResultReader { len, range, pieces });
            }
            Stored::Blob(blob) => blob,
        };
        let key = Key::from(blob.key.as_str());
        let len = match blob.len {
            Some(len) => len,
            None => self.store.head(&key).await?.size,
        };
        let range = cut(range, len);
        if range.is_empty() {
            return Ok(ResultReader { len, range, pieces: futures_util::stream::empty().boxed() });
        }
        let options = GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
        let found = self.store.get_opts(&key, options).await?;
        let pieces = match found.payload {
            GetResultPayload::File(file, path) => of_file(file, path, range.clone()),
            GetResultPayload::Stream(stream) => stream.map_err(Error::from).boxed(),
        };
        let pieces = to_the_end(pieces, range.end - range.start, blob.key);
        Ok(ResultReader { len, range, pieces })
    }

    /// Stores `pieces` under `key`, whole or not at all: for what is named by its content and shared by all nodes, such as
    /// a dataset's files.
    pub async fn put_stream(
        &self,
        key: &str,
        mut pieces: impl futures_util::Stream<Item = Result<Bytes, Error>> + Unpin,
    ) -> Result<u64, Error> {
        let mut writer = self.writer_at(shared_key(key)?).await?;
        while let Some(piece) = pieces.next().await {
            writer.write(piece?).await?;
        }
        Ok(writer.finish_payload().await?.len())
    }

    /// A shared blob, or the part of it; none if there is none.
    pub async fn get_range(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<ResultReader>, Error> {
        let key = shared_key(key)?;
        let len = match self.store.head(&Key::from(key.as_str())).await {
            Ok(about) => about.size,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(cause) => return Err(cause.into()),
        };
        let blob = BlobRef { key, hash: blake3::hash(b""), len: Some(len) };
        self.read(Stored::Blob(blob), range).await.map(Some)
    }

    /// The shared blobs whose keys begin with `prefix`.
    pub async fn list(&self, prefix: &str) -> Result<Vec<SharedBlob>, Error> {
        let prefix = Key::from(shared_key(prefix)?);
        let found: Vec<_> = self.store.list(Some(&prefix)).try_collect().await?;
        let blob = |about: object_store::ObjectMeta| {
            let key = about.location.as_ref().strip_prefix(SHARED)?.to_owned();
            Some(SharedBlob { key, bytes: about.size, written: about.last_modified.into() })
        };
        Ok(found.into_iter().filter_map(blob).collect())
    }

    /// Removes the shared blobs below `prefix` that were last written before `cutoff` and that `spare` does not know; of files the
    /// half-written ones as well, which [`Self::list`] does not tell. How many.
    pub async fn remove_old(
        &self,
        prefix: &str,
        cutoff: SystemTime,
        spare: impl Fn(&str) -> bool,
    ) -> Result<usize, Error> {
        let mut removed = 0;
        for old in self.older_than(&shared_key(prefix)?, cutoff).await? {
            if old.key.strip_prefix(SHARED).is_some_and(|key| !spare(key)) {
                self.remove_one(old).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Removes a shared blob; one that is gone already is as good.
    pub async fn remove(&self, key: &str) -> Result<(), Error> {
        self.delete(&shared_key(key)?).await
    }

    /// Deletes a blob. One that is gone already is as good: deletions are repeated after a crash.
    pub(crate) async fn delete(&self, key: &str) -> Result<(), Error> {
        self.faults.hit("delete", "blob");
        match self.store.delete(&Key::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(cause) => return Err(cause.into()),
        }
        self.faults.hit("deleted", "blob");
        Ok(())
    }

    /// Deletes a blob that no transaction will ever name. If that fails, the sweep by age finds it.
    pub(crate) async fn discard(&self, key: Option<&str>) {
        if let Some(key) = key
            && let Err(error) = self.delete(key).await
        {
            tracing::warn!(key, %error, "a payload that is not needed stays until the next sweep");
        }
    }

    /// The blobs below `prefix` last written before `cutoff`; of files the half-written ones included, which `object_store` would not
    /// list.
    pub(crate) async fn older_than(&self, prefix: &str, cutoff: SystemTime) -> Result<Vec<OldBlob>, Error> {
        if let Some(root) = self.root.clone() {
            let below = root.join(prefix);
            return blocking(move || {
                let mut found = Vec::new();
                if below.is_dir() {
                    collect_old(&below, cutoff, &mut found)
                        .map_err(|cause| Error::folder("look through", &below, cause))?;
                }
                Ok(found.into_iter().filter_map(|path| OldBlob::of_file(&root, path)).collect())
            })
            .await;
        }
        let mut found = Vec::new();
        let prefix = (!prefix.is_empty()).then(|| Key::from(prefix));
        let mut listed = self.store.list(prefix.as_ref());
        while let Some(about) = listed.try_next().await? {
            if SystemTime::from(about.last_modified) < cutoff {
                found.push(OldBlob::new(about.location.to_string(), None));
            }
        }
        Ok(found)
    }

    /// Deletes an old blob, and the folders that a file leaves empty.
    pub(crate) async fn remove_one(&self, old: OldBlob) -> Result<(), Error> {
        match old.path {
            None => self.delete(&old.key).await,
            Some(path) => blocking(move || remove_file(&path, &old.key)).await,
        }
    }
}

/// The key of a payload: a name that nobody else can write.
fn fresh_key(owner: Token) -> String {
    format!("{}/{}/{}/{}", owner.op, owner.seq, owner.attempt, new_id())
}

/// Shared blobs lie apart from those of operations, which are swept.
const SHARED: &str = "shared/";

fn shared_key(key: &str) -> Result<String, Error> {
    let whole = !key.is_empty() && key.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    if whole || key.is_empty() {
        return Ok(format!("{SHARED}{key}"));
    }
    Err(Error::Invalid { field: "blob key", value: key.to_owned(), limit: "names separated by single slashes" })
}

/// How much of a file is read at once. `object_store` would read eight kilobytes, and what it takes to hand them over
/// is more than reading them.
const READ: u64 = 256 << 10;

/// The bytes of a file that is open, whatever becomes of its name.
fn of_file(file: File, path: PathBuf, range: Range<u64>) -> BoxStream<'static, Result<Bytes, Error>> {
    let next = move |(mut file, rest): (File, Range<u64>)| {
        let path = path.clone();
        blocking(move || {
            let mut piece = Vec::with_capacity(READ.min(rest.end - rest.start) as usize);
            let read = file
                .seek(SeekFrom::Start(rest.start))
                .and_then(|_| (&file).take(piece.capacity() as u64).read_to_end(&mut piece));
            let read = read.map_err(|cause| Error::folder("read", &path, cause))? as u64;
            Ok((read > 0).then(|| (Bytes::from(piece), (file, rest.start + read..rest.end))))
        })
    };
    futures_util::stream::try_unfold((file, range), next).boxed()
}

/// The same pieces, and an error where they come to less than they are to.
fn to_the_end(
    pieces: BoxStream<'static, Result<Bytes, Error>>,
    bytes: u64,
    key: String,
) -> BoxStream<'static, Result<Bytes, Error>> {
    let next = |(mut pieces, missing, key): (BoxStream<'static, Result<Bytes, Error>>, u64, String)| async move {
        match pieces.try_next().await? {
            Some(piece) => {
                let missing = missing.saturating_sub(piece.len() as u64);
                Ok(Some((piece, (pieces, missing, key))))
            }
            None if missing > 0 => {
                let detail = format!("it ends {missing} bytes before its end");
                Err(Error::Damaged { what: format!("payload {key}"), detail })
            }
            None => Ok(None),
        }
    };
    futures_util::stream::try_unfold((pieces, bytes, key), next).boxed()
}

/// A range of what there is.
pub(crate) fn cut(range: Option<Range<u64>>, len: u64) -> Range<u64> {
    let range = range.unwrap_or(0..len);
    let end = range.end.min(len);
    range.start.min(end)..end
}

/// A blob that is shared by all nodes, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedBlob {
    /// Its key.
    pub key: String,
    /// Its length.
    pub bytes: u64,
    /// When it was last written, by the bucket's clock.
    pub written: SystemTime,
}

/// A payload that is written piece by piece; nothing of it can be seen before it is completed with.
#[derive(Debug)]
pub struct OutputWriter {
    key: String,
    upload: Option<Box<dyn MultipartUpload>>,
    waiting: BytesMut,
    hasher: Hasher,
    len: u64,
    faults: FailPoints,
}

impl OutputWriter {
    /// Adds a piece. At most one part of it is held in memory.
    pub async fn write(&mut self, mut piece: Bytes) -> Result<(), Error> {
        self.hasher.update(&piece);
        self.len += piece.len() as u64;
        // What is large enough goes as it is.
        while self.waiting.is_empty() && piece.len() >= PART {
            let part = piece.split_to(PART);
            self.send(part).await?;
        }
        self.waiting.extend_from_slice(&piece);
        while self.waiting.len() >= PART {
            let part = self.waiting.split_to(PART).freeze();
            self.send(part).await?;
        }
        Ok(())
    }

    /// Makes it safe: now an attempt can complete with it.
    pub async fn finish(self) -> Result<Output, Error> {
        self.finish_payload().await.map(|payload| Output(Outcome::Payload(payload)))
    }

    async fn finish_payload(mut self) -> Result<Payload, Error> {
        let rest = std::mem::take(&mut self.waiting).freeze();
        self.send(rest).await?;
        self.faults.hit("put", "blob");
        if let Some(mut upload) = self.upload.take() {
            upload.complete().await?;
        }
        self.faults.hit("stored", "blob");
        let hash = self.hasher.finalize();
        Ok(Payload::Blob(BlobRef { key: std::mem::take(&mut self.key), hash, len: Some(self.len) }))
    }

    async fn send(&mut self, part: Bytes) -> Result<(), Error> {
        match &mut self.upload {
            Some(upload) => Ok(upload.put_part(part.into()).await?),
            None => Err(Error::Closed),
        }
    }
}

/// A stored result that is read piece by piece. What was begun can be read to its end, also when the operation expires
/// meanwhile.
pub struct ResultReader {
    len: u64,
    range: Range<u64>,
    pieces: BoxStream<'static, Result<Bytes, Error>>,
}

impl ResultReader {
    pub(crate) fn of(len: u64, range: Range<u64>, pieces: BoxStream<'static, Result<Bytes, Error>>) -> Self {
        Self { len, range, pieces }
    }

    pub(crate) fn into_stream(self) -> BoxStream<'static, Result<Bytes, Error>> {
        self.pieces
    }

    /// All that is to be read, in memory.
    pub(crate) async fn all(mut self) -> Result<Bytes, Error> {
        let mut all = BytesMut::with_capacity((self.range.end - self.range.start) as usize);
        while let Some(piece) = self.next().await? {
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }

    /// The length of the whole.
    pub fn whole_len(&self) -> u64 {
        self.len
    }

    /// What will be read of it.
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.pieces.try_next().await
    }
}

impl std::fmt::Debug for ResultReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ResultReader({:?} of {})", self.range, self.len)
    }
}

/// A blob that is old enough to be judged.
#[derive(Debug)]
pub(crate) struct OldBlob {
    /// The file, if it is one.
    path: Option<PathBuf>,
    /// The key as a transaction would name it.
    pub(crate) key: String,
    /// The operation that it was written for; none if the name says nothing of the kind.
    pub(crate) op: Option<Uuid>,
}

impl OldBlob {
    fn new(key: String, path: Option<PathBuf>) -> Self {
        let op = key.split('/').next().and_then(|first| Uuid::parse_str(first).ok());
        Self { path, key, op }
    }

    fn of_file(root: &Path, path: PathBuf) -> Option<Self> {
        let key = path.strip_prefix(root).ok()?.to_str()?.to_owned();
        Some(Self::new(key, Some(path)))
    }
}

/// Deletes the file and the folders that it leaves empty, up to its operation's.
fn remove_file(path: &Path, key: &str) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::folder("delete", path, cause));
        }
        _ => {}
    }
    let depth = key.split('/').count() - 1;
    // Ends at the first folder that is not empty.
    let _ = path.ancestors().skip(1).take(depth).try_for_each(std::fs::remove_dir);
    Ok(())
}

fn collect_old(folder: &Path, cutoff: SystemTime, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // What vanishes between the two looks was deleted by its owner.
        let Ok(about) = entry.metadata() else { continue };
        if about.is_dir() {
            collect_old(&entry.path(), cutoff, found)?;
        } else if about.modified()? < cutoff {
            found.push(entry.path());
        }
    }
    Ok(())
}

async fn hash_of(bytes: Bytes) -> Result<Hash, Error> {
    blocking(move || Ok(blake3::hash(&bytes))).await
}

/// Runs what takes the disk or the processor away from the async threads. A panic goes on in the caller.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(stopped) => match stopped.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down and did not start it.
            Err(_) => Err(Error::Closed),
        },
    }
}
