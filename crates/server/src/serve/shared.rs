//! Datasets on several machines: from whoever imported one, through the bucket, to whoever needs it.
//!
//! A node that shares its store publishes the dataset that it has active: its files under `datasets/ID/`, the manifest last, so that
//! a dataset whose manifest is there is whole; then it names it in the store (compare and set), and every other node makes it
//! its own active one. A node that lacks a dataset, because it is named there or an operation was accepted with it, fetches
//! it beside, compares every byte with the manifest, and renames it into place ([`engine::Datasets::adopt`]). A dataset never
//! changes, so nothing is ever fetched twice or published over another.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use engine::{DatasetError, DatasetId, Datasets};
use futures_util::stream;
use operations::Store;
use tokio::runtime::Handle;

/// The name in the store of the dataset that is active on all nodes.
const ACTIVE: &str = "dataset";

/// How often the store is asked for it.
const LOOK_EVERY: Duration = Duration::from_millis(700);

/// Bytes of a file that are sent at once.
const PIECE: usize = 1 << 20;

/// The bucket as the datasets of one node see it.
pub(crate) struct Shared {
    datasets: Datasets,
    store: Store,
    runtime: Handle,
    /// The generation of the name that was seen last, and the dataset that it named.
    seen: Mutex<(u64, Option<DatasetId>)>,
}

/// Why a dataset could not be had or given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SharingError {
    /// The dataset.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The bucket or the database.
    #[error(transparent)]
    Store(#[from] operations::Error),
    /// A file on its way.
    #[error("cannot copy {file}: {error}")]
    File {
        /// Which.
        file: String,
        /// What happened.
        error: std::io::Error,
    },
    /// Nobody published it.
    #[error(
        "dataset {0} is neither here nor in the bucket: import it on a node that shares the store, or wait until it is published"
    )]
    Missing(DatasetId),
}

impl Shared {
    pub(crate) fn new(data: &Path, store: Store) -> Self {
        Self { datasets: Datasets::new(data), store, runtime: Handle::current(), seen: Mutex::default() }
    }

    /// Makes sure that a dataset is here; called on a thread that may wait.
    pub(crate) fn fetch(&self, id: &DatasetId) -> Result<(), SharingError> {
        if self.datasets.has(id) {
            return Ok(());
        }
        tracing::info!(dataset = %id, "fetching the dataset from the bucket");
        self.datasets.adopt(id, |folder| self.runtime.block_on(self.download(id, folder)))
    }

    /// Publishes and follows until the end of time.
    pub(crate) async fn watch(self: std::sync::Arc<Self>) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        loop {
            tick.tick().await;
            let shared = std::sync::Arc::clone(&self);
            let done = tokio::task::spawn_blocking(move || shared.follow()).await;
            if let Ok(Err(error)) = done {
                tracing::warn!(%error, "cannot share datasets; trying again");
            }
        }
    }

    /// Brings this node's active dataset and the one that the store names together: what was activated here since the last look
    /// is published, else what the store names is made active here.
    pub(crate) fn follow(&self) -> Result<(), SharingError> {
        let (generation, named) = self.runtime.block_on(self.store.pointer(ACTIVE))?;
        let named = named.as_deref().map(DatasetId::parse).transpose()?;
        let active = self.datasets.active_id()?;
        let (seen_generation, seen_active) = self.seen().clone();
        let was_activated_here = active.is_some() && active != seen_active && active != named;
        if generation > seen_generation || !was_activated_here {
            if let Some(id) = named.clone().filter(|id| active.as_ref() != Some(id)) {
                self.fetch(&id)?;
                self.datasets.activate(&id)?;
            }
            let active = named.or(active);
            *self.seen() = (generation, active);
            return Ok(());
        }
        if let Some(id) = active {
            self.runtime.block_on(self.upload(&id))?;
            let first = self.runtime.block_on(self.store.set_pointer(ACTIVE, generation, id.as_str()))?;
            // Who lost looks again and follows.
            if first {
                *self.seen() = (generation + 1, Some(id));
            }
        }
        Ok(())
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, (u64, Option<DatasetId>)> {
        self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn upload(&self, id: &DatasetId) -> Result<(), SharingError> {
        let (files, there) = (self.datasets.files(id)?, self.store.blobs().list(&format!("datasets/{id}")).await?);
        for (name, path) in files {
            let key = format!("datasets/{id}/{name}");
            if there.iter().any(|(known, _)| *known == key) {
                continue;
            }
            let lost = |error| SharingError::File { file: name.clone(), error };
            let file = File::open(&path).map_err(lost)?;
            let pieces = stream::unfold(file, |mut file| async move {
                let mut piece = vec![0; PIECE];
                match file.read(&mut piece) {
                    Ok(0) => None,
                    Ok(read) => {
                        piece.truncate(read);
                        Some((Ok(Bytes::from(piece)), file))
                    }
                    Err(_) => Some((Err(operations::Error::Closed), file)),
                }
            });
            self.store.blobs().put_stream(&key, Box::pin(pieces)).await?;
        }
        Ok(())
    }

    async fn download(&self, id: &DatasetId, folder: &Path) -> Result<(), SharingError> {
        let prefix = format!("datasets/{id}/");
        let there = self.store.blobs().list(&format!("datasets/{id}")).await?;
        let names: Vec<&str> = there.iter().filter_map(|(key, _)| key.strip_prefix(&prefix)).collect();
        // Published last: without it the dataset is still on its way.
        if !names.contains(&MANIFEST) {
            return Err(SharingError::Missing(id.clone()));
        }
        for name in names {
            let lost = |error| SharingError::File { file: name.to_owned(), error };
            let path = folder.join(name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(lost)?;
            }
            let mut file = File::create(&path).map_err(lost)?;
            let Some(mut pieces) = self.store.blobs().get_range(&format!("{prefix}{name}"), None).await? else {
                return Err(SharingError::Missing(id.clone()));
            };
            while let Some(piece) = pieces.next().await? {
                file.write_all(&piece).map_err(lost)?;
            }
            file.sync_all().map_err(lost)?;
        }
        Ok(())
    }
}

/// The file that a dataset begins and a publication ends with.
const MANIFEST: &str = "manifest.json";
