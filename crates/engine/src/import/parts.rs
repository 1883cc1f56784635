//! An import in parts, each of which may be made on another machine: first the network, then the shares of what routers need.
//!
//! A part leaves its files in a folder of the caller's, and says what stands of them in the manifest. The network's part says all else in it
//! besides, since it alone has seen the map. Put together, the files are those that [`import()`](crate::import()) writes, byte by byte.
//! Never in here: where the files go from there, and who makes which part.

use std::path::{Path, PathBuf};

use network::Network;
pub use routing::Share as ImportShare;

use super::{
    ImportError, ImportOptions, ImportPhase, content_hash, derive, describe, go_on, how, identify, list_files, phase,
    write,
};
use crate::Budget;
use crate::dataset::{DatasetId, FileEntry, Manifest, manifest};

/// Writes the network of a map into `folder`, which is empty; the manifest of the dataset that will come of it, with this file alone.
pub fn import_network(
    files: &[PathBuf],
    folder: &Path,
    options: &ImportOptions,
    budget: &Budget,
    progress: &dyn Fn(ImportPhase),
) -> Result<Manifest, ImportError> {
    let identity = identify(files, options, budget, progress)?;
    let imported = osm::import_with(files, &how(options, budget), &|step| progress(phase(step)))?;
    write(&imported.network, folder, progress)?;
    Ok(describe(identity, &imported, folder)?)
}

/// Writes shares of what routers need beside the network in `folder`; what was written.
pub fn import_shares(
    folder: &Path,
    shares: &[ImportShare],
    options: &ImportOptions,
    budget: &Budget,
    progress: &dyn Fn(ImportPhase),
) -> Result<Vec<FileEntry>, ImportError> {
    let given = list_files(folder)?;
    let network = Network::open(folder)?;
    derive(&network, folder, shares, how(options, budget).bounds(), (options.threads(), progress))?;
    go_on(budget)?;
    let mut files = list_files(folder)?;
    files.retain(|file| !given.contains(file));
    Ok(files)
}

impl DatasetId {
    /// The id of what this program makes of a map, by the hash of the map's bytes, 64 hexadecimal digits, under this name.
    pub fn of_map(name: &str, blake3: &str) -> Self {
        let source = FileEntry { name: String::new(), bytes: 0, blake3: blake3.to_owned() };
        Self::new(name, &content_hash(&[source]))
    }
}

impl Manifest {
    /// Whether this very program would write it: only then do parts that it makes belong to it.
    pub fn is_of_this_program(&self) -> bool {
        self.format == manifest::FORMAT && self.made_by == manifest::PROGRAM
    }

    /// The same dataset, with more files.
    #[must_use]
    pub fn with_files(mut self, more: impl IntoIterator<Item = FileEntry>) -> Self {
        self.files.extend(more);
        self.files.sort_by(|a, b| a.name.cmp(&b.name));
        self
    }
}
