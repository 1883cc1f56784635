//! The import, from files to a network.

use std::path::PathBuf;

use network::Network;

use crate::error::Error;
use crate::statistics::Statistics;

/// What an import yields.
#[derive(Debug)]
pub struct Imported {
    /// The road network.
    pub network: Network,
    /// What was read and left out.
    pub statistics: Statistics,
}

/// A part of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Reading ways and turn restrictions; counted in bytes.
    Ways,
    /// Reading the nodes of roads; counted in bytes.
    Nodes,
    /// Cutting ways where they meet; counted in ways.
    Roads,
    /// Turning restrictions into forbidden sequences of edges; counted in restrictions.
    Restrictions,
}

/// How far a phase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The phase; they come in their order, each once.
    pub phase: Phase,
    /// How much of it is done.
    pub done: u64,
    /// How much there is.
    pub total: u64,
}

/// Imports the road network of one or several files.
pub fn import(files: &[PathBuf], _progress: &dyn Fn(Progress)) -> Result<Imported, Error> {
    Err(Error::NoRoads { files: format!("{files:?}") })
}
