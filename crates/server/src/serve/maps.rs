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
//! A dataset that several workers make ([`super::stages`]) is published as it is made, in the same order: any file at any time, the
//! manifest last. What no manifest names after a day, because nobody came so far, goes.
//!
//! All of it waits for disks and networks, and is called on threads that may.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use engine::{Budget, DatasetError, DatasetId, DatasetView, Datasets, FileEntry, Manifest};
use futures_util::stream;
use operations::{ListFilter, Operation, State, Store};
use tokio::runtime::Handle;

use super::importing::KIND;

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

/// From which age on what lies in the bucket and belongs to no dataset is taken for left over, and how often that is looked for.
const LEFT_OVER_AFTER: Duration = Duration::from_hours(24);
const LOOK_FOR_LEFT_OVER_EVERY: Duration = Duration::from_hours(1);

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
    /// A file in the bucket is not the one that was put there.
    #[error("{file} of dataset {id} is not in the bucket as it was put there: import the map once more")]
    NotThere {
        /// The dataset.
        id: DatasetId,
        /// Its file.
        file: String,
    },
    /// Whoever asked for it does not want it any more.
    #[error("the copy was stopped")]
    Stopped,
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
        if let Some(one) = self.unfinished(None, |one| one.dataset.as_deref() == Some(id.as_str())).await? {
            let why = format!("dataset {id} is needed by operation {}: wait for its end, or cancel it", one.id);
            return Err(MapsError::Needed(why));
        }
        if let Some(one) = self.unfinished(Some(KIND), |_| true).await? {
            let why = format!("a map is being imported by operation {}: delete datasets when it has ended", one.id);
            return Err(MapsError::Needed(why));
        }
        Ok(())
    }

    /// An unfinished operation of a kind, or of any, if there is one that is wanted.
    async fn unfinished(
        &self,
        kind: Option<&str>,
        is_wanted: impl Fn(&Operation) -> bool,
    ) -> Result<Option<Operation>, MapsError> {
        for state in [State::NotStarted, State::Running] {
            let kind = kind.map(str::to_owned);
            let mut filter = ListFilter { state: Some(state), kind, limit: PAGE, ..ListFilter::default() };
            loop {
                let mut page = self.store.list(filter.clone()).await?;
                if let Some(found) = page.iter().position(&is_wanted) {
                    return Ok(Some(page.swap_remove(found)));
                }
                if page.len() < PAGE {
                    break;
                }
                filter.after = page.last().map(|one| one.id);
            }
        }
        Ok(None)
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
        let ids: HashSet<DatasetId> = there
            .iter()
            .filter_map(|blob| place(&blob.key))
            .filter(|place| place.1 == MANIFEST)
            .map(|place| place.0)
            .collect();
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
        for blob in self.store.blobs().list(&format!("datasets/{id}")).await? {
            self.store.blobs().remove(&blob.key).await?;
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
        // What is older may be left over, and about to go.
        let since = SystemTime::now() - LEFT_OVER_AFTER / 2;
        let is_whole = there.iter().any(|blob| blob.key.ends_with(MANIFEST));
        for (name, path) in files {
            let key = format!("datasets/{id}/{name}");
            if !there.iter().any(|known| known.key == key && (is_whole || known.written > since)) {
                self.send(&key, &name, &path, &Budget::default()).await?;
            }
        }
        Ok(())
    }

    /// Puts a file into the bucket, whole or not at all.
    async fn send(&self, key: &str, name: &str, path: &Path, budget: &Budget) -> Result<(), MapsError> {
        let file = File::open(path).map_err(|error| MapsError::File { file: name.to_owned(), error })?;
        let pieces = stream::unfold(file, |mut file| async move {
            let mut piece = vec![0; PIECE];
            match file.read(&mut piece) {
                Ok(0) => None,
                Ok(read) if budget.check().is_ok() => {
                    piece.truncate(read);
                    Some((Ok(Bytes::from(piece)), file))
                }
                Ok(_) | Err(_) => Some((Err(operations::Error::Closed), file)),
            }
        });
        let sent = self.store.blobs().put_stream(key, Box::pin(pieces)).await;
        budget.check().map_err(|_| MapsError::Stopped)?;
        sent?;
        Ok(())
    }

    async fn download(&self, id: &DatasetId, folder: &Path) -> Result<(), MapsError> {
        let prefix = format!("datasets/{id}/");
        let there = self.store.blobs().list(&format!("datasets/{id}")).await?;
        let names: Vec<&str> = there.iter().filter_map(|blob| blob.key.strip_prefix(&prefix)).collect();
        // Published last: without it the dataset is still on its way.
        if !names.contains(&MANIFEST) {
            return Err(MapsError::Missing(id.clone()));
        }
        for name in names {
            self.receive(id, name, folder, &mut |_| Ok(())).await?;
        }
        Ok(())
    }

    /// Fetches a file into a folder; `look` sees each piece of it, and may end it.
    async fn receive(
        &self,
        id: &DatasetId,
        name: &str,
        folder: &Path,
        look: &mut (dyn FnMut(&[u8]) -> Result<(), MapsError> + Send),
    ) -> Result<(), MapsError> {
        let lost = |error| MapsError::File { file: name.to_owned(), error };
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(lost)?;
        }
        let mut file = File::create(&path).map_err(lost)?;
        let Some(mut pieces) = self.store.blobs().get_range(&format!("datasets/{id}/{name}"), None).await? else {
            return Err(MapsError::Missing(id.clone()));
        };
        while let Some(piece) = pieces.next().await? {
            look(&piece)?;
            file.write_all(&piece).map_err(lost)?;
        }
        file.sync_all().map_err(lost)
    }

    /// Whether nodes share datasets through a bucket.
    pub(crate) fn are_shared(&self) -> bool {
        self.shared
    }

    /// Whether every node can have a dataset. One that is here alone is published for that.
    pub(super) fn offers(&self, id: &DatasetId) -> Result<bool, MapsError> {
        if self.published_manifest(id)?.is_some() {
            return Ok(true);
        }
        let is_here = self.datasets.has(id);
        if is_here {
            self.publish(id)?;
        }
        Ok(is_here)
    }

    /// Puts files of a dataset that is being made into the bucket, where nobody looks for them before [`Self::name`].
    pub(super) fn put(
        &self,
        id: &DatasetId,
        folder: &Path,
        files: &[FileEntry],
        budget: &Budget,
    ) -> Result<(), MapsError> {
        self.runtime.block_on(async {
            for FileEntry { name, .. } in files {
                self.send(&format!("datasets/{id}/{name}"), name, &folder.join(name), budget).await?;
            }
            Ok(())
        })
    }

    /// Fetches files of a dataset that is being made.
    pub(super) fn get(
        &self,
        id: &DatasetId,
        folder: &Path,
        files: &[FileEntry],
        budget: &Budget,
    ) -> Result<(), MapsError> {
        self.runtime.block_on(async {
            for file in files {
                let mut hasher = blake3::Hasher::new();
                let mut look = |piece: &[u8]| {
                    hasher.update(piece);
                    budget.check().map_err(|_| MapsError::Stopped)
                };
                self.receive(id, &file.name, folder, &mut look).await?;
                if hasher.finalize().to_string() != file.blake3 {
                    return Err(MapsError::NotThere { id: id.clone(), file: file.name.clone() });
                }
            }
            Ok(())
        })
    }

    /// Makes a dataset out of the files that were put into the bucket, by its manifest.
    pub(super) fn name(&self, id: &DatasetId, manifest: &Manifest) -> Result<(), MapsError> {
        self.runtime.block_on(async {
            let there = self.store.blobs().list(&format!("datasets/{id}")).await?;
            for file in &manifest.files {
                let key = format!("datasets/{id}/{}", file.name);
                if !there.iter().any(|blob| blob.key == key && blob.bytes == file.bytes) {
                    return Err(MapsError::NotThere { id: id.clone(), file: file.name.clone() });
                }
            }
            let text = stream::iter([Ok(Bytes::from(manifest.to_text()))]);
            self.store.blobs().put_stream(&format!("datasets/{id}/{MANIFEST}"), text).await?;
            Ok(())
        })
    }

    /// Removes from the bucket what belongs to no dataset and was put there before `cutoff`: files of imports that were cancelled or
    /// failed, and half-written ones. While a map is being imported nothing goes, since its files wait for their manifest.
    fn remove_left_over(&self, cutoff: SystemTime) -> Result<usize, MapsError> {
        if !self.shared || self.runtime.block_on(self.unfinished(Some(KIND), |_| true))?.is_some() {
            return Ok(0);
        }
        let there = self.runtime.block_on(self.store.blobs().list("datasets"))?;
        let mut named = HashSet::new();
        let mut unreadable = HashSet::new();
        for (id, _) in there.iter().filter_map(|blob| place(&blob.key)).filter(|place| place.1 == MANIFEST) {
            match self.published_manifest(&id) {
                Ok(Some(manifest)) => {
                    let files = manifest.files.into_iter().map(|file| file.name).chain([MANIFEST.to_owned()]);
                    named.extend(files.map(|name| format!("datasets/{id}/{name}")));
                }
                Ok(None) => {}
                // Another release's, say: whatever is there may be named in it.
                Err(_) => _ = unreadable.insert(id),
            }
        }
        let spare = |key: &str| named.contains(key) || place(key).is_none_or(|(id, _)| unreadable.contains(&id));
        Ok(self.runtime.block_on(self.store.blobs().remove_old("datasets", cutoff, spare))?)
    }

    /// Looks for what is left over until the end of time.
    pub(crate) async fn tidy(self: std::sync::Arc<Self>) {
        let mut tick = tokio::time::interval(LOOK_FOR_LEFT_OVER_EVERY);
        loop {
            tick.tick().await;
            let maps = std::sync::Arc::clone(&self);
            let cutoff = SystemTime::now() - LEFT_OVER_AFTER;
            match tokio::task::spawn_blocking(move || maps.remove_left_over(cutoff)).await {
                Ok(Ok(0)) | Err(_) => {}
                Ok(Ok(files)) => tracing::info!(files, "removed what imports had left over in the bucket"),
                Ok(Err(error)) => tracing::warn!(%error, "cannot look for what imports left over in the bucket"),
            }
        }
    }
}

/// The dataset and the name of its file that a key of the bucket says.
fn place(key: &str) -> Option<(DatasetId, &str)> {
    let (id, name) = key.strip_prefix("datasets/")?.split_once('/')?;
    Some((DatasetId::parse(id).ok()?, name))
}

/// The file that a dataset begins and a publication ends with.
const MANIFEST: &str = "manifest.json";

/// What a node followed before it was stopped; none where nobody has written that down.
fn followed(path: &Path) -> Option<(u64, Option<DatasetId>)> {
    let text = std::fs::read_to_string(path).ok()?;
    let (generation, id) = text.trim().split_once(' ')?;
    Some((generation.parse().ok()?, Some(DatasetId::parse(id).ok()?)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use operations::{NewOperation, StoreOptions};

    use super::*;

    /// A bucket in a folder, and a node beside it.
    struct Scene {
        maps: Arc<Maps>,
        store: Store,
        folder: tempfile::TempDir,
    }

    const WHOLE: &str = "porto-af1349b9f5f9";
    const ENTRY: &str = r#"{"name": "network.bin", "bytes": 3, "blake3": ""}"#;

    impl Scene {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
            let maps = Arc::new(Maps::new(folder.path(), store.clone(), true));
            let scene = Self { maps, store, folder };
            scene.put(&format!("{WHOLE}/network.bin"), "abc").await;
            scene
        }

        async fn put(&self, key: &str, text: &str) {
            let text = stream::iter([Ok(Bytes::from(text.to_owned()))]);
            self.store.blobs().put_stream(&format!("datasets/{key}"), text).await.unwrap();
        }

        /// A manifest with one file.
        fn manifest() -> Manifest {
            let text = format!(
                r#"{{"format": {}, "id": "{WHOLE}", "name": "Porto", "made_by": "", "created_ms": 0, "sources": [], "nodes": 0,
                    "edges": 0, "profiles": [], "counts": {{}}, "bounding_box": null, "files": [{ENTRY}]}}"#,
                Manifest::THIS_FORMAT
            );
            Manifest::parse(text.as_bytes(), PathBuf::new()).unwrap()
        }

        /// Does what waits, where that may be.
        async fn wait<T: Send + 'static>(&self, work: impl FnOnce(&Maps) -> T + Send + 'static) -> T {
            let maps = Arc::clone(&self.maps);
            tokio::task::spawn_blocking(move || work(&maps)).await.unwrap()
        }

        async fn removed(&self, cutoff: SystemTime) -> usize {
            self.wait(move |maps| maps.remove_left_over(cutoff).unwrap()).await
        }

        /// What lies in the bucket, also by halves.
        fn files(&self) -> Vec<String> {
            fn below(folder: &Path) -> Vec<PathBuf> {
                let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
                entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
            }
            let all = below(self.folder.path());
            let named = all.iter().filter_map(|path| Some(path.to_str()?.split_once("shared/datasets/")?.1.to_owned()));
            let mut files: Vec<String> = named.collect();
            files.sort();
            files
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_no_manifest_names_goes_by_its_age_and_while_nothing_is_imported() {
        let scene = Scene::new().await;
        let id = DatasetId::parse(WHOLE).unwrap();
        scene.wait(move |maps| maps.name(&id, &Scene::manifest()).unwrap()).await;
        scene.put(&format!("{WHOLE}/foot.topology"), "of an attempt that came late").await;
        scene.put("cancelled-af1349b9f5f9/network.bin", "of none").await;
        scene.put("foreign-af1349b9f5f9/manifest.json", r#"{"format": 999}"#).await;
        scene.put("foreign-af1349b9f5f9/network.bin", "of another release").await;
        let root = scene.folder.path().join("blobs/shared/datasets");
        std::fs::write(root.join(WHOLE).join("network.bin#1"), "ab").unwrap();
        let now = SystemTime::now();
        let (soon, long_ago) = (now + Duration::from_mins(1), now - Duration::from_mins(1));
        assert_eq!(scene.removed(long_ago).await, 0);
        let (tenant, kind) = ("t".to_owned(), KIND.to_owned());
        let import = NewOperation { id: operations::new_id(), tenant, kind, ..NewOperation::default() };
        let import = scene.store.accept(import).await.unwrap().operation.id;
        assert_eq!(scene.removed(soon).await, 0, "the import's own may be among them");
        scene.store.request_cancel(import).await.unwrap();
        assert_eq!(scene.removed(soon).await, 3);
        let foreign = ["foreign-af1349b9f5f9/manifest.json", "foreign-af1349b9f5f9/network.bin"];
        let whole = [format!("{WHOLE}/manifest.json"), format!("{WHOLE}/network.bin")];
        assert_eq!(scene.files(), [foreign.map(str::to_owned), whole].concat());
        assert_eq!(scene.removed(soon).await, 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_may_be_about_to_go_is_published_anew() {
        let (scene, id) = (Scene::new().await, DatasetId::parse(WHOLE).unwrap());
        let here = scene.folder.path().join("datasets").join(WHOLE);
        std::fs::create_dir_all(&here).unwrap();
        std::fs::write(here.join("network.bin"), "new").unwrap();
        std::fs::write(here.join(MANIFEST), Scene::manifest().to_text()).unwrap();
        let there = scene.folder.path().join("blobs/shared/datasets").join(WHOLE);
        for (age, content) in [(Duration::ZERO, "abc"), (LEFT_OVER_AFTER, "new")] {
            let file = File::options().write(true).open(there.join("network.bin")).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
            let wanted = id.clone();
            scene.wait(move |maps| maps.publish(&wanted).unwrap()).await;
            assert_eq!(std::fs::read_to_string(there.join("network.bin")).unwrap(), content, "{age:?}");
            std::fs::remove_file(there.join(MANIFEST)).unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_dataset_is_named_when_all_of_it_is_there() {
        let (scene, id) = (Scene::new().await, DatasetId::parse(WHOLE).unwrap());
        for (length, is_there) in [("ab", false), ("abc", true)] {
            scene.put(&format!("{WHOLE}/network.bin"), length).await;
            let wanted = id.clone();
            let named = scene.wait(move |maps| maps.name(&wanted, &Scene::manifest())).await;
            assert_eq!(named.is_ok(), is_there, "{named:?}");
            assert!(is_there || named.unwrap_err().to_string().contains("network.bin"));
            let offered = id.clone();
            assert_eq!(scene.wait(move |maps| maps.offers(&offered).unwrap()).await, is_there);
        }
        // A copy that nobody wants any more ends, and one that was changed on its way is told.
        let (stopped, to) = (Budget::until(Arc::new(true.into())), scene.folder.path().to_owned());
        let got = scene
            .wait(move |maps| {
                let files = Scene::manifest().files;
                [stopped, Budget::default()].map(|budget| maps.get(&id, &to, &files, &budget))
            })
            .await;
        assert!(matches!(got, [Err(MapsError::Stopped), Err(MapsError::NotThere { .. })]), "{got:?}");
    }
}
