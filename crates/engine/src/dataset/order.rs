//! The order of a family's hierarchies as a file of the dataset: `motor.order`, `bicycle.order`, `foot.order`.
//!
//! | bytes | what |
//! |---|---|
//! | 0..16 | magic |
//! | 16..20 | version, little-endian like all numbers here |
//! | 20..24 | number of edges |
//! | 24..56 | BLAKE3 of the ranks |
//! | then 4 each | the rank of every edge |
//!
//! It is read whole when a dataset is opened, since contracting needs all of it, and so it is checked whole: against its hash,
//! and for being an order of this very network. A foreign or damaged file is an error that says which file, never a wrong
//! route: any permutation of the edges gives exact answers, only slower ones.

use std::path::{Path, PathBuf};

use network::Network;
use routing::{Family, Order};

use super::{DatasetError, files};

const MAGIC: [u8; 16] = *b"Roundsman order\n";
/// Raised when the file means something else.
const VERSION: u32 = 1;
const HEADER: usize = 56;

/// Where the order of `family` lies in a dataset's folder.
fn path(folder: &Path, family: Family) -> PathBuf {
    folder.join(format!("{}.order", family.name()))
}

/// Writes an order into a dataset's folder, synced.
pub(crate) fn write(folder: &Path, family: Family, order: &Order) -> Result<(), DatasetError> {
    let ranks: Vec<u8> = order.ranks().iter().flat_map(|rank| rank.to_le_bytes()).collect();
    let mut bytes = Vec::with_capacity(HEADER + ranks.len());
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((order.ranks().len() as u32).to_le_bytes());
    bytes.extend(blake3::hash(&ranks).as_bytes());
    bytes.extend(ranks);
    files::write_synced(&path(folder, family), &bytes)
}

/// Reads the order of `family` for `network` from their dataset's folder.
pub(crate) fn read(folder: &Path, family: Family, network: &Network) -> Result<Order, DatasetError> {
    let path = path(folder, family);
    let bytes = std::fs::read(&path).map_err(DatasetError::io("read", &path))?;
    let ranks = ranks(&bytes).and_then(|ranks| Order::from_ranks(network, ranks).map_err(|error| error.to_string()));
    ranks.map_err(|what| DatasetError::Damaged { path, what })
}

/// The ranks in a file's bytes, or what is wrong with them.
fn ranks(bytes: &[u8]) -> Result<Vec<u32>, String> {
    let (header, ranks) = bytes.split_at_checked(HEADER).ok_or_else(|| format!("it has only {} bytes", bytes.len()))?;
    let number = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    if header[..16] != MAGIC {
        return Err("it does not begin as an order begins".to_owned());
    }
    if number(16) != VERSION {
        return Err(format!("it has version {}, this program reads version {VERSION}", number(16)));
    }
    if ranks.len() as u64 != 4 * u64::from(number(20)) {
        return Err(format!("it has {} bytes of ranks for {} edges", ranks.len(), number(20)));
    }
    if header[24..] != blake3::hash(ranks).as_bytes()[..] {
        return Err("the ranks do not match their hash".to_owned());
    }
    Ok(ranks.chunks_exact(4).map(|rank| u32::from_le_bytes([rank[0], rank[1], rank[2], rank[3]])).collect())
}
