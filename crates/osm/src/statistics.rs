//! What an import read, and what it had to leave out.

/// Counts of one import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Nodes in the files.
    pub nodes: u64,
    /// Ways in the files.
    pub ways: u64,
    /// Relations in the files.
    pub relations: u64,
    /// Ways that somebody can travel.
    pub roads: u64,
}
