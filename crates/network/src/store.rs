//! A network in a dataset folder: one file, `network.bin`.
//!
//! One file rather than one by topic, so that no folder can hold halves of two networks. The arrays that a search reads
//! lie before those that only an answer reads; pages that nobody touches are never loaded.

use std::path::Path;

use crate::check;
use crate::error::Error;
use crate::file::{ArrayFile, ArrayWriter, damaged};
use crate::graph::{Arrays, Network};

const FILE: &str = "network.bin";
const KIND: &str = "network";
/// Raised whenever an array is added, removed or changes its meaning.
const VERSION: u32 = 4;

impl Network {
    /// Opens the network in a dataset folder. Reads its header and compares lengths, nothing more.
    pub fn open(folder: &Path) -> Result<Network, Error> {
        let path = folder.join(FILE);
        let arrays = Arrays::from_file(&ArrayFile::open(&path, KIND, VERSION)?)?;
        check::lengths(&arrays).map_err(|fault| damaged(&path, fault))?;
        Ok(Network { arrays })
    }

    /// Reads the whole network in a dataset folder and checks every byte and every rule.
    pub fn verify(folder: &Path) -> Result<(), Error> {
        let path = folder.join(FILE);
        let file = ArrayFile::open(&path, KIND, VERSION)?;
        file.verify()?;
        let arrays = Arrays::from_file(&file)?;
        check::lengths(&arrays).and_then(|()| check::contents(&arrays)).map_err(|fault| damaged(&path, fault))
    }

    /// Writes the network into an existing folder, synced to the disk, whole or not at all.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        let mut count = 0;
        self.arrays.each(|_, _, _| {
            count += 1;
            Ok::<_, Error>(())
        })?;
        let mut writer = ArrayWriter::create(&folder.join(FILE), KIND, VERSION, count)?;
        self.arrays.each(|name, element_size, bytes| writer.bytes(name, element_size, bytes))?;
        writer.finish()
    }
}
