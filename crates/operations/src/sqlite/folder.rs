//! The data folder: its layout, its checks and the lock that keeps a second server out.
//!
//! The lock is the operating system's, on an open file: it goes with the process, however that ends. What is written
//! into the file serves people (who holds it) and the next start (did the last one end in order?).

use std::fs::{File, OpenOptions, TryLockError, create_dir_all};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::mount::network_kind;
use crate::Error;

/// What the lock file says after an orderly end.
const CLEAN: &str = "clean";

/// The places inside a data folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Makes the folder if it is missing, safely on disk, and refuses one that is not on a local disk.
    pub(crate) fn prepare(root: &Path) -> Result<Self, Error> {
        let existed = root.is_dir();
        create_dir_all(root).map_err(|cause| Error::folder("create the data folder", root, cause))?;
        let root = root.canonicalize().map_err(|cause| Error::folder("find the data folder", root, cause))?;
        if let Some(kind) = network_kind(&root) {
            return Err(Error::NetworkDisk { folder: root, kind });
        }
        if !existed && let Some(parent) = root.parent() {
            sync_folder(parent)?;
        }
        Ok(Self { root })
    }

    /// The folder of a store that exists; makes nothing.
    pub(crate) fn find(root: &Path) -> Result<Self, Error> {
        let found = Self { root: root.to_path_buf() };
        if found.database().is_file() { Self::prepare(root) } else { Err(Error::NoStore { folder: found.root }) }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.root.join("operations.db")
    }

    /// The folder of payload files, made when it is missing.
    pub(crate) fn blobs(&self) -> Result<PathBuf, Error> {
        let blobs = self.root.join("blobs");
        if !blobs.is_dir() {
            create_dir_all(&blobs).map_err(|cause| Error::folder("create", &blobs, cause))?;
            sync_folder(&self.root)?;
        }
        Ok(blobs)
    }

    /// Takes the lock, or says who holds it.
    pub(crate) fn lock(&self) -> Result<Lock, Error> {
        let path = self.root.join("roundsman.lock");
        let fault = |cause| Error::folder("open the lock file", &path, cause);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(fault)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked { folder: self.root.clone(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(cause)) => return Err(fault(cause)),
        }
        let mut said = String::new();
        file.read_to_string(&mut said).map_err(fault)?;
        let mut lock = Lock { file, path, was_clean: said == CLEAN };
        lock.write(&format!("running {}", std::process::id()))?;
        Ok(lock)
    }
}

/// A new entry in a folder survives a power cut only after the folder itself was synced.
pub(super) fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|open| open.sync_all()).map_err(|cause| Error::folder("sync", folder, cause))
}

fn holder(file: &mut File) -> String {
    let mut said = String::new();
    match file.read_to_string(&mut said) {
        Ok(_) => said.strip_prefix("running ").unwrap_or("unknown").to_owned(),
        Err(_) => "unknown".to_owned(),
    }
}

/// Held as long as this value lives.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
    was_clean: bool,
}

impl Lock {
    /// Whether the last holder ended in order.
    pub(crate) fn was_clean(&self) -> bool {
        self.was_clean
    }

    /// Notes that all is written and the next start need not check.
    pub(crate) fn mark_clean(&mut self) -> Result<(), Error> {
        self.write(CLEAN)
    }

    fn write(&mut self, text: &str) -> Result<(), Error> {
        let mut write = || {
            self.file.set_len(0)?;
            self.file.rewind()?;
            self.file.write_all(text.as_bytes())?;
            self.file.sync_all()
        };
        write().map_err(|cause| Error::folder("write the lock file", &self.path, cause))
    }
}
