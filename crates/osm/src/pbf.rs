//! PBF, the format of OpenStreetMap's files, as far as an import reads it.
//!
//! A file is a sequence of blobs, each after its length and a small header; a blob of data holds, usually deflated, a block:
//! a table of strings and groups of objects that name their strings by number. [`file`] finds the blobs without decoding them,
//! [`block`] reads the objects of one, [`wire`] the encoding beneath (protocol buffers). See the OpenStreetMap wiki, "PBF
//! Format".
//!
//! Why a reader of our own: no byte of a file is trusted here. Every length is held against what is left, every number of a
//! string against the table, differences wrap around instead of overflowing, and what makes no sense is [`Malformed`], never a
//! panic; so the reader can be fuzzed as it is. Never in here: what a tag means.

mod block;
mod file;
mod wire;

pub(crate) use block::{AnyNode, Block, Counts, Relation, Way};
pub(crate) use file::PbfFile;

/// What a member of a relation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberKind {
    Node,
    Way,
    Relation,
}

/// Bytes that make no sense, in a few words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// Why the visit of a block ends.
pub(crate) enum Fault {
    /// The block makes no sense.
    Malformed(Malformed),
    /// What it says cannot be.
    Other(crate::error::Error),
}

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Self {
        Fault::Malformed(malformed)
    }
}

impl From<crate::error::Error> for Fault {
    fn from(error: crate::error::Error) -> Self {
        Fault::Other(error)
    }
}
