//! Large payloads as files.
//!
//! A file is whole and synced, with its folder, before a transaction names it: `object_store`'s local file system
//! does that when told to (`with_fsync`: file, each new folder and the rename; checked in its release 0.14.2). A key is
//! `operation/item/attempt/fresh id`: no two attempts can write the same name, not even two calls of one attempt, so a
//! late writer never touches what a reader was promised. What nobody names is removed by age.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use blake3::Hash;
use bytes::Bytes;
use object_store::ObjectStoreExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::payload::{BlobRef, INLINE_LIMIT, Payload, Stored};
use crate::work::Token;
use crate::{Error, new_id};

#[derive(Debug)]
pub(crate) struct Blobs {
    files: LocalFileSystem,
    root: PathBuf,
}

impl Blobs {
    pub(crate) fn open(root: PathBuf) -> Result<Self, Error> {
        let files = LocalFileSystem::new_with_prefix(&root)?.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self { files, root })
    }

    /// Makes `bytes` ready to be named by a transaction: small ones as they are, large ones safely on disk.
    pub(crate) async fn put(&self, owner: Token, bytes: Bytes) -> Result<Payload, Error> {
        if bytes.len() <= INLINE_LIMIT {
            return Ok(Payload::Inline(bytes));
        }
        let key = format!("{}/{}/{}/{}", owner.op, owner.seq, owner.attempt, new_id());
        let (hash, len) = (hash_of(bytes.clone()).await?, Some(bytes.len() as u64));
        self.files.put(&Key::from(key.as_str()), bytes.into()).await?;
        Ok(Payload::Blob(BlobRef { key, hash, len }))
    }

    /// The payload's bytes, compared with the hash that was taken when they were written.
    pub(crate) async fn get(&self, stored: Stored) -> Result<Bytes, Error> {
        let BlobRef { key, hash, .. } = match stored {
            Stored::Here(bytes) => return Ok(bytes),
            Stored::Blob(blob) => blob,
        };
        let bytes = self.files.get(&Key::from(key.as_str())).await?.bytes().await?;
        if hash_of(bytes.clone()).await? == hash {
            return Ok(bytes);
        }
        Err(Error::Damaged {
            what: format!("payload {key}"),
            detail: "its contents changed since it was written".into(),
        })
    }

    /// Deletes a file. One that is gone already is as good: deletions are repeated after a crash.
    pub(crate) async fn delete(&self, key: &str) -> Result<(), Error> {
        match self.files.delete(&Key::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(cause) => Err(cause.into()),
        }
    }

    /// Deletes a file that no transaction will ever name. If that fails, the sweep by age finds it.
    pub(crate) async fn discard(&self, key: Option<&str>) {
        if let Some(key) = key
            && let Err(error) = self.delete(key).await
        {
            tracing::warn!(key, %error, "a payload that is not needed stays until the next sweep");
        }
    }

    /// The files last written before `cutoff`, half-written ones included, which `object_store` would not list.
    pub(crate) async fn older_than(&self, cutoff: SystemTime) -> Result<Vec<OldFile>, Error> {
        let root = self.root.clone();
        blocking(move || {
            let mut found = Vec::new();
            collect_old(&root, cutoff, &mut found).map_err(|cause| Error::folder("look through", &root, cause))?;
            Ok(found.into_iter().filter_map(|path| OldFile::new(&root, path)).collect())
        })
        .await
    }
}

/// A file of the blob folder that is old enough to be judged.
#[derive(Debug)]
pub(crate) struct OldFile {
    path: PathBuf,
    /// The key as a transaction would name it.
    pub(crate) key: String,
    /// The operation that it was written for; none if the name says nothing of the kind.
    pub(crate) op: Option<Uuid>,
}

impl OldFile {
    fn new(root: &Path, path: PathBuf) -> Option<Self> {
        let key = path.strip_prefix(root).ok()?.to_str()?.to_owned();
        let op = key.split('/').next().and_then(|first| Uuid::parse_str(first).ok());
        Some(Self { path, key, op })
    }

    /// Deletes the file and the folders that it leaves empty, up to its operation's.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        match std::fs::remove_file(&self.path) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::folder("delete", &self.path, cause));
            }
            _ => {}
        }
        let depth = self.key.split('/').count() - 1;
        // Ends at the first folder that is not empty.
        let _ = self.path.ancestors().skip(1).take(depth).try_for_each(std::fs::remove_dir);
        Ok(())
    }
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
