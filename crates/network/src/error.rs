//! What can go wrong with a network's file, or with a network that outgrows its numbers.
//!
//! Every variant names the file and says what to do; the variants differ by what the caller can do about them.

use std::path::PathBuf;

/// A network could not be built, written, opened or verified.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk, the permissions or the path.
    #[error("cannot {doing} {}: {source}", file.display())]
    Io {
        /// What was attempted, as a verb.
        doing: &'static str,
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It does not begin as a network begins.
    #[error("{} is not a Roundsman network: name a dataset folder, or import the map again", file.display())]
    NotANetwork {
        /// The file.
        file: PathBuf,
    },
    /// Another version of the program wrote it.
    #[error(
        "{} has format version {found}, this program reads version {expected}: import the map again with this program",
        file.display()
    )]
    ForeignVersion {
        /// The file.
        file: PathBuf,
        /// The version in the file.
        found: u32,
        /// The version that this program reads.
        expected: u32,
    },
    /// A machine of the other byte order wrote it.
    #[error("{} was written on a machine of another byte order: import the map again on this machine", file.display())]
    ForeignByteOrder {
        /// The file.
        file: PathBuf,
    },
    /// It is shorter or longer than it says.
    #[error(
        "{} has {found} bytes instead of {expected}: the copy is incomplete; copy the dataset or import the map again",
        file.display()
    )]
    WrongLength {
        /// The file.
        file: PathBuf,
        /// The length in its header.
        expected: u64,
        /// Its length on disk.
        found: u64,
    },
    /// Its content is not what was written.
    #[error("{} is damaged ({what}): restore the dataset from a copy or import the map again", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// Which part, and how it was noticed.
        what: String,
    },
    /// A network beyond what 32-bit numbers can name.
    #[error("the map has more than {limit} {what}: import a smaller area")]
    TooLarge {
        /// What there are too many of.
        what: &'static str,
        /// The most that can be stored.
        limit: u64,
    },
}
