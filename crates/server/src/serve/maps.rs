//! Which datasets there are and which one is in use, on one machine and on several.
//!
//! The store holds a pointer to the dataset in use, and every node makes its own `active` file follow it: so what an import's
//! completion or a client sets is durable, and holds on all nodes. The other way round, what the command line makes active on
//! a node is set in the store (compare and set). Which of the two is news after a pause is told by the generation that the node followed
//! last, kept beside the datasets in `.followed`.
//!
//! Several machines share datasets through the bucket: a node publishes what it made, its files under `datasets/ID/`, the manifest
//! last, so that a dataset whose manifest is there is whole, and only then is it named. A node that lacks a dataset, because it is
//! named there or an operation was accepted with it, fetches it beside, compares every byte with the manifest, and renames it
//! into place ([`engine::Datasets::adopt`]). A dataset never changes, so nothing is ever fetched twice or published over another.
//!
//! All of it waits for disks and networks, and is called on threads that may.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use engine::{DatasetError, DatasetId, DatasetView, Datasets, Manifest};
use futures_util::stream;
use operations::{ListFilter, Operation, State, Store};
use tokio::runtime::Handle;

/// The name in the store of the dataset that is active on all nodes.
pub(super) const ACTIVE: &str = "dataset";

/// Where a node remembers what it followed, in the folder of datasets.
const FOLLOWED: &str = ".followed";

/// Operations read at once when looking for the datasets that they need.
const PAGE: usize = 1000;

/// How often the store is asked for it.
const LOOK_EVERY: Duration = Duration::from_millis(700);

/// Bytes of a file that are sent at once.
const PIECE: usize = 1 << 20;

/// The datasets as one node sees them.
pub(crate) struct Maps {
    datasets: Datasets,
    data: PathBuf,
    store: Store,
    /// Whether other nodes fetch them from the bucket.
    shared: bool,
    runtime: Handle,
    /// The generation of the name that was followed last, and the dataset that it named; held while following.
    seen: Mutex<(u64, Option<DatasetId>)>,
}

/// Why a dataset could not be had or given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MapsError {
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
    /// It is in use, or will be.
    #[error("{0}")]
    Needed(String),
}

impl Maps {
    pub(crate) fn new(data: &Path, store: Store, shared: bool) -> Self {
        let seen = Mutex::new(followed(&data.join("datasets").join(FOLLOWED)).unwrap_or_default());
        Self { datasets: Datasets::new(data), data: data.to_owned(), store, shared, runtime: Handle::current(), seen }
    }

    /// The data folder that they lie in.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// All datasets that can be used on every node, oldest first.
    pub(crate) fn all(&self) -> Result<Vec<DatasetView>, MapsError> {
        let mut manifests = if self.shared { self.published()? } else { self.datasets.list()? };
        manifests.sort_by(|a, b| (a.created_ms, &a.id).cmp(&(b.created_ms, &b.id)));
        let active = self.active()?;
        let is_active = |manifest: &Manifest| active.as_ref().is_some_and(|id| id.as_str() == manifest.id);
        Ok(manifests.into_iter().map(|manifest| DatasetView { active: is_active(&manifest), manifest }).collect())
    }

    /// One of them, or one that only this node has.
    pub(crate) fn one(&self, id: &DatasetId) -> Result<Option<DatasetView>, MapsError> {
        let here = match self.datasets.whole(id) {
            Ok(manifest) => Some(manifest),
            Err(DatasetError::Unknown { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let manifest = if self.shared { self.published_manifest(id)?.or(here) } else { here };
        let active = self.active()?.as_ref() == Some(id);
        Ok(manifest.map(|manifest| DatasetView { manifest, active }))
    }

    /// Makes a dataset the active one on all nodes, on this one before it returns; none if there is no such dataset.
    pub(crate) fn make_active(&self, id: &DatasetId) -> Result<Option<DatasetView>, MapsError> {
        if self.datasets.has(id) {
            self.publish(id)?;
        } else if self.one(id)?.is_none() {
            return Ok(None);
        }
        loop {
            let (generation, named) = self.runtime.block_on(self.store.pointer(ACTIVE))?;
            let is_named = named.as_deref() == Some(id.as_str());
            if is_named || self.runtime.block_on(self.store.set_pointer(ACTIVE, generation, id.as_str()))? {
                break;
            }
        }
        self.follow()?;
        self.one(id)
    }

    /// Removes a dataset that nobody needs, from the bucket and from this node; tells whether there was one. Other nodes keep their
    /// copies until they are pruned.
    pub(crate) fn remove(&self, id: &DatasetId) -> Result<bool, MapsError> {
        let Some(view) = self.one(id)? else { return Ok(false) };
        if view.active {
            return Err(MapsError::Needed(DatasetError::Active { id: id.clone() }.to_string()));
        }
        self.runtime.block_on(self.needed(id))?;
        if self.shared {
            self.runtime.block_on(self.unpublish(id))?;
        }
        match self.datasets.delete(id) {
            Err(error @ DatasetError::Active { .. }) => Err(MapsError::Needed(error.to_string())),
            done => Ok(done.map(|()| true)?),
        }
    }

    /// Whether an unfinished operation needs it, or may make it: an import of the same map counts on finding it.
    async fn needed(&self, id: &DatasetId) -> Result<(), MapsError> {
        let needs = |operation: &Operation| operation.dataset.as_deref() == Some(id.as_str());
        for state in [State::NotStarted, State::Running] {
            let mut filter = ListFilter { state: Some(state), limit: PAGE, ..ListFilter::default() };
            loop {
                let page = self.store.list(filter.clone()).await?;
                if let Some(one) = page.iter().find(|one| needs(one)) {
                    let why = format!("dataset {id} is needed by operation {}: wait for its end, or cancel it", one.id);
                    return Err(MapsError::Needed(why));
                }
                if let Some(one) = page.iter().find(|one| one.kind == super::importing::KIND) {
                    let why =
                        format!("a map is being imported by operation {}: delete datasets when it has ended", one.id);
                    return Err(MapsError::Needed(why));
                }
                if page.len() < PAGE {
                    break;
                }
                filter.after = page.last().map(|one| one.id);
            }
        }
        Ok(())
    }

    /// What is active on all nodes: what the store says, before anything was ever said there what this node has.
    fn active(&self) -> Result<Option<DatasetId>, MapsError> {
        let (_, named) = self.runtime.block_on(self.store.pointer(ACTIVE))?;
        let named = named.as_deref().map(DatasetId::parse).transpose()?;
        Ok(if named.is_some() { named } else { self.datasets.active_id()? })
    }

    /// Makes sure that other nodes can fetch a dataset that is here.
    pub(super) fn publish(&self, id: &DatasetId) -> Result<(), MapsError> {
        if self.shared { self.runtime.block_on(self.upload(id)) } else { Ok(()) }
    }

    /// The manifests of all datasets in the bucket; one that cannot be read is logged and left out.
    fn published(&self) -> Result<Vec<Manifest>, MapsError> {
        let there = self.runtime.block_on(self.store.blobs().list("datasets"))?;
        let id = |key: &str| {
            DatasetId::parse(key.strip_prefix("datasets/")?.strip_suffix(MANIFEST)?.trim_end_matches('/')).ok()
        };
        let ids: HashSet<DatasetId> = there.iter().filter_map(|(key, _)| id(key)).collect();
        let read = |id: &DatasetId| self.published_manifest(id);
        let readable = |found: Result<Option<Manifest>, MapsError>| {
            found.inspect_err(|error| tracing::warn!(%error, "a published dataset cannot be read")).ok().flatten()
        };
        Ok(ids.iter().filter_map(|id| readable(read(id))).collect())
    }

    fn published_manifest(&self, id: &DatasetId) -> Result<Option<Manifest>, MapsError> {
        let key = format!("datasets/{id}/{MANIFEST}");
        let text = self.runtime.block_on(async {
            let Some(mut pieces) = self.store.blobs().get_range(&key, None).await? else { return Ok(None) };
            let mut text = Vec::new();
            while let Some(piece) = pieces.next().await? {
                text.extend_from_slice(&piece);
            }
            Ok::<_, operations::Error>(Some(text))
        })?;
        Ok(text.map(|text| Manifest::parse(&text, PathBuf::from(key))).transpose()?)
    }

    /// The manifest first: what has none is not there.
    async fn unpublish(&self, id: &DatasetId) -> Result<(), MapsError> {
        self.store.blobs().remove(&format!("datasets/{id}/{MANIFEST}")).await?;
        for (key, _) in self.store.blobs().list(&format!("datasets/{id}")).await? {
            self.store.blobs().remove(&key).await?;
        }
        Ok(())
    }

    /// Makes sure that a dataset is here; called on a thread that may wait.
    pub(crate) fn fetch(&self, id: &DatasetId) -> Result<(), MapsError> {
        if !self.shared || self.datasets.has(id) {
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
            let maps = std::sync::Arc::clone(&self);
            let done = tokio::task::spawn_blocking(move || maps.follow()).await;
            if let Ok(Err(error)) = done {
                tracing::warn!(%error, "cannot follow which dataset is in use; trying again");
            }
        }
    }

    /// Brings this node's active dataset and the one that the store names together: what was activated here since the last look
    /// is published, else what the store names is made active here.
    pub(crate) fn follow(&self) -> Result<(), MapsError> {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (generation, named) = self.runtime.block_on(self.store.pointer(ACTIVE))?;
        let named = named.as_deref().map(DatasetId::parse).transpose()?;
        let active = self.datasets.active_id()?;
        let (seen_generation, seen_active) = seen.clone();
        let was_activated_here = active.is_some() && active != seen_active && active != named;
        let now = if generation > seen_generation || !was_activated_here {
            if let Some(id) = named.as_ref().filter(|id| active.as_ref() != Some(*id)) {
                self.fetch(id)?;
                self.datasets.activate(id)?;
            }
            (generation, named.or(active))
        } else if let Some(id) = active {
            self.publish(&id)?;
            // Who lost looks again and follows.
            if !self.runtime.block_on(self.store.set_pointer(ACTIVE, generation, id.as_str()))? {
                return Ok(());
            }
            (generation + 1, Some(id))
        } else {
            return Ok(());
        };
        if *seen != now {
            self.remember(&now);
            *seen = now;
        }
        Ok(())
    }

    /// Keeps what was followed for the next start. Where that is lost, the store is followed once more.
    fn remember(&self, (generation, id): &(u64, Option<DatasetId>)) {
        let Some(id) = id else { return };
        let path = self.data.join("datasets").join(FOLLOWED);
        let beside = path.with_extension("new");
        let written =
            std::fs::write(&beside, format!("{generation} {id}\n")).and_then(|()| std::fs::rename(&beside, &path));
        if let Err(error) = written {
            tracing::warn!(%error, path = %path.display(), "cannot remember which dataset was followed");
        }
    }

    async fn upload(&self, id: &DatasetId) -> Result<(), MapsError> {
        let (files, there) = (self.datasets.files(id)?, self.store.blobs().list(&format!("datasets/{id}")).await?);
        for (name, path) in files {
            let key = format!("datasets/{id}/{name}");
            if there.iter().any(|(known, _)| *known == key) {
                continue;
            }
            let lost = |error| MapsError::File { file: name.clone(), error };
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

    async fn download(&self, id: &DatasetId, folder: &Path) -> Result<(), MapsError> {
        let prefix = format!("datasets/{id}/");
        let there = self.store.blobs().list(&format!("datasets/{id}")).await?;
        let names: Vec<&str> = there.iter().filter_map(|(key, _)| key.strip_prefix(&prefix)).collect();
        // Published last: without it the dataset is still on its way.
        if !names.contains(&MANIFEST) {
            return Err(MapsError::Missing(id.clone()));
        }
        for name in names {
            let lost = |error| MapsError::File { file: name.to_owned(), error };
            let path = folder.join(name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(lost)?;
            }
            let mut file = File::create(&path).map_err(lost)?;
            let Some(mut pieces) = self.store.blobs().get_range(&format!("{prefix}{name}"), None).await? else {
                return Err(MapsError::Missing(id.clone()));
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

/// What a node followed before it was stopped; none where nobody has written that down.
fn followed(path: &Path) -> Option<(u64, Option<DatasetId>)> {
    let text = std::fs::read_to_string(path).ok()?;
    let (generation, id) = text.trim().split_once(' ')?;
    Some((generation.parse().ok()?, Some(DatasetId::parse(id).ok()?)))
}
