//! The manifest of a dataset: what it was made from, what it holds, and which files belong to it.
//!
//! It is the last file written and the first one read. Opening compares the files' sizes with it, which notices an incomplete
//! copy at once; the hashes are there for who copies or suspects a dataset (the network's file carries its own besides).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use geometry::BoundingBox;
use serde::{Deserialize, Serialize};

use super::{DatasetError, DatasetId, files};

/// The version of the folder's layout; a change makes new ids, so that old and new datasets live side by side.
pub(crate) const FORMAT: u32 = 4;

/// The version of this program, which decides what becomes of a map's tags.
pub(crate) const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// The manifest's file name.
pub(crate) const FILE: &str = "manifest.json";

/// What a dataset was made from and what it holds (`manifest.json`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the folder's layout.
    pub format: u32,
    /// The dataset's id.
    pub id: String,
    /// Its readable name.
    pub name: String,
    /// The version of the program that made it.
    pub made_by: String,
    /// When it was imported, Unix milliseconds.
    pub created_ms: i64,
    /// The files it was made from, in the order given.
    pub sources: Vec<FileEntry>,
    /// Nodes of the road network.
    pub nodes: u64,
    /// Directed edges of the road network.
    pub edges: u64,
    /// Who can travel on it.
    pub profiles: Vec<String>,
    /// Counts of what the import found, by name.
    pub counts: BTreeMap<String, u64>,
    /// South-west and north-east corner as latitude and longitude in 1e-7 degrees; none for an empty map.
    pub bounding_box: Option<[i32; 4]>,
    /// The dataset's own files, without this one, as paths in its folder.
    pub files: Vec<FileEntry>,
}

/// A dataset as those may see it who look at all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetView {
    /// What it is.
    pub manifest: Manifest,
    /// Whether it is the one in use.
    pub active: bool,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its name: without folders for a source, relative to the dataset's folder for the dataset's own.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its hash, 64 hexadecimal digits.
    pub blake3: String,
}

impl Manifest {
    /// The format that this program writes and reads.
    pub const THIS_FORMAT: u32 = FORMAT;

    /// Bytes on disk, without the manifest itself.
    pub fn disk_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The manifest of the dataset in `folder`.
    pub(crate) fn read(folder: &Path) -> Result<Self, DatasetError> {
        let path = folder.join(FILE);
        let text = fs::read(&path).map_err(DatasetError::io("read", &path))?;
        Self::parse(&text, path)
    }

    /// The manifest in `text`, which was found at `path`.
    pub fn parse(text: &[u8], path: PathBuf) -> Result<Self, DatasetError> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let damaged = |error: serde_json::Error| DatasetError::Damaged { path: path.clone(), what: error.to_string() };
        let Head { format } = serde_json::from_slice(text).map_err(damaged)?;
        if format != FORMAT {
            return Err(DatasetError::ForeignFormat { path, found: format, expected: FORMAT });
        }
        serde_json::from_slice(text).map_err(damaged)
    }

    /// Writes the manifest of the dataset in `folder`.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), DatasetError> {
        files::write_synced(&folder.join(FILE), &self.to_text())
    }

    /// The manifest as it is written, for [`Manifest::parse`].
    pub fn to_text(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("plain strings and numbers always have a JSON form");
        text.push(b'\n');
        text
    }

    /// Checks that this is the manifest of `id`, and that the files in `folder` have the lengths it names.
    pub(crate) fn check(&self, id: &DatasetId, folder: &Path) -> Result<(), DatasetError> {
        let damaged = |path, what| Err(DatasetError::Damaged { path, what });
        if self.id != id.as_str() {
            return damaged(folder.join(FILE), format!("it is the manifest of {}", self.id));
        }
        for entry in &self.files {
            let path = folder.join(&entry.name);
            let found = fs::metadata(&path).map_err(DatasetError::io("read", &path))?.len();
            if found != entry.bytes {
                return damaged(path, format!("it has {found} bytes instead of {}", entry.bytes));
            }
        }
        Ok(())
    }

    /// The corners of `bounds`, as the manifest holds them.
    pub(crate) fn corners(bounds: BoundingBox) -> [i32; 4] {
        [bounds.min.lat_e7, bounds.min.lon_e7, bounds.max.lat_e7, bounds.max.lon_e7]
    }
}
