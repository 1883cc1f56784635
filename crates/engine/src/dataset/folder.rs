//! The folder of datasets: which are there, which one is active, and how they come and go.
//!
//! ```text
//! DATA/active                        the active dataset, and the one before it
//! DATA/datasets/ID/manifest.json     what it is made of
//! DATA/datasets/ID/network.bin       the road network
//! DATA/datasets/ID/…                 what routers use: see `routing::prepare`
//! DATA/datasets/.building-…          a dataset being written or removed, or what a dead process left of one
//! DATA/datasets/.build.lock          held by who builds one, for as long as that takes
//! DATA/datasets/.lock                held while a name comes or goes and while `active` changes: a moment
//! ```
//!
//! The locks are advisory locks of the operating system: they end with the process that holds them, so a crash leaves nothing
//! locked, and who holds the builders' lock knows that every `.building-…` belongs to a dead process. Who needs both takes that one first. Several processes may share one data
//! directory: a server looks while the command line changes. A dataset folder never changes once it has its name, and an
//! opened one survives its removal, since its files stay mapped.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use network::Network;

use super::active::Active;
use super::{Dataset, DatasetError, DatasetId, Manifest, files, manifest};

/// Prefix of folders that are not whole.
const BUILDING: &str = ".building-";

/// The lock of who builds.
const BUILDERS: &str = ".build.lock";

/// The datasets of one data directory.
#[derive(Debug)]
pub struct Datasets {
    data_dir: PathBuf,
    opened: Mutex<HashMap<DatasetId, Arc<Mutex<Weak<Dataset>>>>>,
}

impl Datasets {
    /// The datasets in `data_dir`, which need not exist yet.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), opened: Mutex::default() }
    }

    /// All whole datasets that this program can read, oldest first. Folders that are damaged or of another format are
    /// logged and left out.
    pub fn list(&self) -> Result<Vec<Manifest>, DatasetError> {
        let mut found: Vec<Manifest> = self.folders()?.iter().filter_map(|id| self.read_manifest(id)).collect();
        found.sort_by(|a, b| (a.created_ms, &a.id).cmp(&(b.created_ms, &b.id)));
        Ok(found)
    }

    /// The active dataset, if one has been activated.
    pub fn active_id(&self) -> Result<Option<DatasetId>, DatasetError> {
        Ok(self.read_active()?.id)
    }

    /// Opens a dataset. While somebody holds it, others get the same one; two who ask at once wait for one opening.
    pub fn open(&self, id: &DatasetId) -> Result<Arc<Dataset>, DatasetError> {
        let entry = {
            let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
            opened.retain(|_, entry| Arc::strong_count(entry) > 1 || is_alive(entry));
            Arc::clone(opened.entry(id.clone()).or_default())
        };
        let mut slot = entry.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(dataset) = slot.upgrade() {
            return Ok(dataset);
        }
        let dataset = Arc::new(Dataset::open(id.clone(), &self.existing(id)?)?);
        *slot = Arc::downgrade(&dataset);
        Ok(dataset)
    }

    /// Reads every byte of a dataset and compares it with the checksums in its files and in its manifest.
    pub fn verify(&self, id: &DatasetId) -> Result<Manifest, DatasetError> {
        let (folder, manifest) = (self.existing(id)?, self.whole(id)?);
        Network::verify(&folder)?;
        for entry in &manifest.files {
            let path = folder.join(&entry.name);
            let (hash, _) = files::hash(&path, &|_| {}).map_err(DatasetError::io("read", &path))?;
            if hash.to_string() != entry.blake3 {
                return Err(DatasetError::Damaged { path, what: "its content does not match its hash".to_owned() });
            }
        }
        Ok(manifest)
    }

    /// Whether the dataset is here, whole and of this program's format.
    pub fn has(&self, id: &DatasetId) -> bool {
        self.whole(id).is_ok()
    }

    /// The files of a dataset that is here, the manifest last, as names and paths.
    pub fn files(&self, id: &DatasetId) -> Result<Vec<(String, PathBuf)>, DatasetError> {
        let (folder, manifest) = (self.existing(id)?, self.whole(id)?);
        let names = manifest.files.into_iter().map(|file| file.name).chain([manifest::FILE.to_owned()]);
        Ok(names.map(|name| (name.clone(), folder.join(name))).collect())
    }

    /// Takes in a dataset from elsewhere: `fill` writes its files into an empty folder, which gets its name when every byte
    /// of it matches the manifest. One that is here already is left as it is.
    pub fn adopt<E: From<DatasetError>>(
        &self,
        id: &DatasetId,
        fill: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), E> {
        let building = self.building(id)?;
        // Somebody else may have had the lock for it.
        if self.has(id) {
            return Ok(());
        }
        fill(&building.folder)?;
        let manifest = Manifest::read(&building.folder)?;
        manifest.check(id, &building.folder)?;
        for entry in &manifest.files {
            let path = building.folder.join(&entry.name);
            let (hash, _) = files::hash(&path, &|_| {}).map_err(DatasetError::io("read", &path))?;
            if hash.to_string() != entry.blake3 {
                let what = "its content does not match its hash".to_owned();
                return Err(DatasetError::Damaged { path, what }.into());
            }
        }
        Ok(self.publish(&building, id)?)
    }

    /// Makes a dataset the active one; the one before is kept for [`Self::rollback`].
    pub fn activate(&self, id: &DatasetId) -> Result<(), DatasetError> {
        let _lock = self.lock()?;
        Manifest::read(&self.existing(id)?)?;
        self.read_active()?.switched_to(id.clone()).write(&self.active_file())
    }

    /// Makes the dataset active that was so before, and tells its id. A second rollback takes the first one back.
    pub fn rollback(&self) -> Result<DatasetId, DatasetError> {
        let _lock = self.lock()?;
        let back = self.read_active()?.rolled_back().ok_or(DatasetError::NoPrevious)?;
        let id = back.id.clone().ok_or(DatasetError::NoPrevious)?;
        self.existing(&id)?;
        back.write(&self.active_file())?;
        Ok(id)
    }

    /// Removes every dataset but the active one, the one to roll back to, and those that `spare` names (unfinished
    /// operations may need them); tells which.
    pub fn prune(&self, spare: &dyn Fn(&DatasetId) -> bool) -> Result<Vec<DatasetId>, DatasetError> {
        let lock = self.lock()?;
        let active = self.read_active()?;
        let kept = |id: &DatasetId| active.id.as_ref() == Some(id) || active.previous.as_ref() == Some(id) || spare(id);
        let removed: Vec<DatasetId> = self.folders()?.into_iter().filter(|id| !kept(id)).collect();
        for id in &removed {
            self.remove(id, &lock)?;
        }
        Ok(removed)
    }

    /// Removes a dataset that is not active; none is fine too. Whether unfinished operations need it is the caller's to know.
    pub fn delete(&self, id: &DatasetId) -> Result<(), DatasetError> {
        let lock = self.lock()?;
        if self.read_active()?.id.as_ref() == Some(id) {
            return Err(DatasetError::Active { id: id.clone() });
        }
        if self.folder(id).is_dir() { self.remove(id, &lock) } else { Ok(()) }
    }

    /// Waits for the right to change which datasets there are and which is active.
    fn lock(&self) -> Result<Lock, DatasetError> {
        self.lock_at(".lock")
    }

    fn lock_at(&self, name: &str) -> Result<Lock, DatasetError> {
        let (file, path) = self.lock_file(name)?;
        file.lock().map_err(DatasetError::io("lock", path))?;
        Ok(Lock { _file: file })
    }

    /// The same without waiting; none if somebody else has it.
    fn try_lock_at(&self, name: &str) -> Result<Option<Lock>, DatasetError> {
        let (file, path) = self.lock_file(name)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(DatasetError::io("lock", path)(error)),
        }
    }

    fn lock_file(&self, name: &str) -> Result<(File, PathBuf), DatasetError> {
        let root = self.root();
        fs::create_dir_all(&root).map_err(DatasetError::io("create", &root))?;
        let path = root.join(name);
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        Ok((file.map_err(DatasetError::io("create", &path))?, path))
    }

    /// The manifest of a dataset that is there, whole and of this program's format.
    pub fn whole(&self, id: &DatasetId) -> Result<Manifest, DatasetError> {
        let folder = self.existing(id)?;
        let manifest = Manifest::read(&folder)?;
        manifest.check(id, &folder).map(|()| manifest)
    }

    /// An empty folder to write `id` into, after who is building now has ended and the leavings of dead processes are gone. It goes
    /// when it is dropped, unless it was renamed.
    fn building(&self, id: &DatasetId) -> Result<Building, DatasetError> {
        self.building_under(self.lock_at(BUILDERS)?, id)
    }

    /// The same without waiting; none while somebody else is building.
    pub(crate) fn try_building(&self, id: &DatasetId) -> Result<Option<Building>, DatasetError> {
        self.try_lock_at(BUILDERS)?.map(|lock| self.building_under(lock, id)).transpose()
    }

    fn building_under(&self, lock: Lock, id: &DatasetId) -> Result<Building, DatasetError> {
        let root = self.root();
        for entry in fs::read_dir(&root).map_err(DatasetError::io("read", &root))? {
            let entry = entry.map_err(DatasetError::io("read", &root))?;
            if entry.file_name().to_string_lossy().starts_with(BUILDING) {
                remove_if_there(&entry.path())?;
            }
        }
        let folder = root.join(format!("{BUILDING}{id}"));
        fs::create_dir(&folder).map_err(DatasetError::io("create", &folder))?;
        Ok(Building { folder, _lock: lock })
    }

    /// Gives the folder that was built its name; a damaged dataset of that name makes room.
    pub(crate) fn publish(&self, building: &Building, id: &DatasetId) -> Result<(), DatasetError> {
        let folder = self.folder(id);
        files::sync_folder(&building.folder)?;
        let lock = self.lock()?;
        if folder.exists() {
            self.remove(id, &lock)?;
        }
        fs::rename(&building.folder, &folder).map_err(DatasetError::io("rename to", &folder))?;
        files::sync_folder(&self.root())?;
        files::sync_folder(&self.data_dir)
    }

    /// Removes a dataset such that a crash in between never leaves half of it under its name.
    fn remove(&self, id: &DatasetId, _: &Lock) -> Result<(), DatasetError> {
        let (folder, aside) = (self.folder(id), self.root().join(format!("{BUILDING}removed-{id}")));
        remove_if_there(&aside)?;
        fs::rename(&folder, &aside).map_err(DatasetError::io("remove", &folder))?;
        remove_if_there(&aside)
    }

    /// The folder of datasets.
    fn root(&self) -> PathBuf {
        self.data_dir.join("datasets")
    }

    /// Where a dataset is or would be.
    pub(crate) fn folder(&self, id: &DatasetId) -> PathBuf {
        self.root().join(id.as_str())
    }

    /// The ids of all folders that are named as a dataset is.
    fn folders(&self) -> Result<Vec<DatasetId>, DatasetError> {
        let root = self.root();
        let entries = match fs::read_dir(&root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(DatasetError::io("read", root)(error)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let entry = entry.map_err(DatasetError::io("read", &root))?;
            ids.extend(entry.file_name().to_str().and_then(|name| DatasetId::parse(name).ok()));
        }
        ids.sort();
        Ok(ids)
    }

    fn read_manifest(&self, id: &DatasetId) -> Option<Manifest> {
        self.whole(id).inspect_err(|error| tracing::warn!(dataset = %id, %error, "a dataset cannot be read")).ok()
    }

    fn existing(&self, id: &DatasetId) -> Result<PathBuf, DatasetError> {
        let folder = self.folder(id);
        let unknown = || DatasetError::Unknown { id: id.clone(), folder: self.root() };
        if folder.is_dir() { Ok(folder) } else { Err(unknown()) }
    }

    fn active_file(&self) -> PathBuf {
        self.data_dir.join("active")
    }

    fn read_active(&self) -> Result<Active, DatasetError> {
        Active::read(&self.active_file())
    }
}

fn is_alive(entry: &Mutex<Weak<Dataset>>) -> bool {
    entry.lock().unwrap_or_else(PoisonError::into_inner).strong_count() > 0
}

/// A right, as long as it lives.
struct Lock {
    _file: File,
}

/// A folder that is being written, and the right to do that.
pub(crate) struct Building {
    pub(crate) folder: PathBuf,
    _lock: Lock,
}

impl Drop for Building {
    fn drop(&mut self) {
        if let Err(error) = remove_if_there(&self.folder) {
            tracing::warn!(%error, "an unfinished dataset stays behind until the next import");
        }
    }
}

/// Removes a folder and what is in it; none is fine too.
fn remove_if_there(folder: &Path) -> Result<(), DatasetError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(DatasetError::io("remove", folder)(error)),
        _ => Ok(()),
    }
}
