//! Why files could not be imported: one variant for each thing that the user can do about it.

use std::path::PathBuf;

/// An import failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No file was named.
    #[error("no map was named: give at least one .osm.pbf file")]
    NoFiles,
    /// The disk, the permissions or the path.
    #[error("cannot read {}: {source}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It has no bytes.
    #[error("{} is empty: download the map again", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
    /// It is something else.
    #[error("{} is not an OpenStreetMap PBF file: give a file that ends in .osm.pbf", file.display())]
    NotPbf {
        /// The file.
        file: PathBuf,
    },
    /// It ends too early.
    #[error("{} is truncated, it ends within a block at byte {at}: download the map again", file.display())]
    Truncated {
        /// The file.
        file: PathBuf,
        /// Where the block begins that is cut off.
        at: u64,
    },
    /// It begins well, but what follows makes no sense.
    #[error("{} is damaged at byte {at} ({what}): download the map again", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// Where the block begins that cannot be read.
        at: u64,
        /// What the reader says.
        what: String,
    },
    /// It needs a reader that knows more.
    #[error("{} requires the feature {feature:?}, which is not supported: convert it with osmium to a plain map", file.display())]
    Unsupported {
        /// The file.
        file: PathBuf,
        /// The feature's name in the file.
        feature: String,
    },
    /// A node of a road is not on Earth.
    #[error("{} has node {node} at a latitude or longitude out of range: repair the map", file.display())]
    OutOfRange {
        /// The file.
        file: PathBuf,
        /// The node's number.
        node: i64,
    },
    /// A map without a single road.
    #[error("{files} holds no roads (ways with a highway tag and their nodes): choose a map with streets")]
    NoRoads {
        /// The files, as one list.
        files: String,
    },
    /// A folder of heights without any.
    #[error("{} holds no heights: give a folder of SRTM tiles such as N43E007.hgt, unpacked", folder.display())]
    NoHeights {
        /// The folder.
        folder: PathBuf,
    },
    /// A tile of heights of another length than tiles have.
    #[error("{} is no SRTM tile: it has {bytes} bytes instead of 2884802 or 25934402; download it again", file.display())]
    BadHeights {
        /// The file.
        file: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// The limit of memory is reached.
    #[error("the import uses {} MB of memory, more than its limit of {} MB: raise --memory-limit or take a smaller map", used / 1_000_000, limit / 1_000_000)]
    TooMuchMemory {
        /// Resident bytes of the process.
        used: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// It was told to stop.
    #[error("the import was stopped")]
    Stopped,
    /// The network would be too large.
    #[error(transparent)]
    Network(#[from] network::Error),
}
