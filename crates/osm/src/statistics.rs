//! What an import read, and what it had to leave out.
//!
//! A map is never refused because some of its objects make no sense; each such object is counted here instead.

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
    /// Of those, ways that came again, in a further file or in the same; the first counts.
    pub repeated_roads: u64,
    /// Of those, ways that name nodes which no file holds; they are cut there.
    pub cut_roads: u64,
    /// Of those, ways with something that holds at certain times or for certain vehicles only; kept with its condition.
    pub conditional_roads: u64,
    /// Clauses of conditional access and speed that state no condition, or nothing that would hold; left out.
    pub unread_conditions: u64,
    /// Nodes of roads that no file holds.
    pub missing_nodes: u64,
    /// Nodes of roads that came again, in a further file or in the same; the first counts.
    pub duplicate_nodes: u64,
    /// Nodes that a road names twice in a row; the second is left out.
    pub repeated_nodes: u64,
    /// Pieces of roads that led from a node to itself without any length; left out.
    pub empty_pieces: u64,
    /// Directed edges open to cars.
    pub car_edges: u64,
    /// Turn restrictions in the files, each once.
    pub restrictions: u64,
    /// Turn restrictions that came again, in a further file or in the same; the first counts.
    pub repeated_restrictions: u64,
    /// Of those, the ones that forbid something in the network.
    pub applied_restrictions: u64,
    /// Of those, the ones that hold at certain times or for certain vehicles only. They are kept with their condition,
    /// or left out if it cannot be told.
    pub conditional_restrictions: u64,
    /// Of those, the ones of an unknown kind, or with more members than their kind allows; left out.
    pub malformed_restrictions: u64,
    /// Of those, the ones without a from, via or to, or with one that no file holds or that is no road; left out.
    pub incomplete_restrictions: u64,
    /// Of those, the ones whose members do not meet in one clear way, or that forbid what nobody could do; left out.
    pub unmatched_restrictions: u64,
}
