//! The import, from files to a network: the phases in their order.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use network::{Network, NetworkBuilder};

use crate::bounds::Bounds;
use crate::collect::{FirstPass, Source, collect_nodes, collect_ways};
use crate::cut::{Cut, cut_ways};
use crate::error::Error;
use crate::forbid::{Outcome, Pieces};
use crate::heights::Heights;
use crate::pbf::PbfFile;
use crate::statistics::Statistics;

/// How to import; the default takes one thread and all the memory there is.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A folder of SRTM tiles (`N43E007.hgt`), for the heights of nodes and the climbs of roads.
    pub heights: Option<PathBuf>,
    /// The most resident memory of the process; beyond it the import ends with [`Error::TooMuchMemory`].
    pub memory_limit: Option<u64>,
    /// How many threads decode; 0 and 1 are none but the caller's. What comes out does not depend on them.
    pub threads: usize,
    /// Set from outside to end the import early, with [`Error::Stopped`]: asked at every block that is read, and between phases.
    pub stop: Arc<AtomicBool>,
}

impl Options {
    /// What ends the import early.
    pub fn bounds(&self) -> Bounds<'_> {
        Bounds { memory: self.memory_limit, stop: &self.stop }
    }
}

/// What an import yields.
#[derive(Debug)]
pub struct Imported {
    /// The road network.
    pub network: Network,
    /// What was read and left out.
    pub statistics: Statistics,
}

/// A part of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Reading ways and turn restrictions; counted in bytes.
    Ways,
    /// Reading the nodes of roads; counted in bytes.
    Nodes,
    /// Cutting ways where they meet; counted in ways.
    Roads,
    /// Turning restrictions into forbidden sequences of edges; counted in restrictions.
    Restrictions,
    /// Asking the heights of nodes and roads, where there are any; not counted.
    Heights,
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

/// Imports the road network of one or several files, which together are one map: of an object that several of them
/// hold, the first one counts, so the newest file goes first. The same files give the same network, byte for byte.
/// Nothing is written.
///
/// Objects are told apart by their numbers alone. Those below zero, which editors give to what they have not uploaded,
/// are fine in one file; two files that use the same ones for different objects cannot be imported together.
///
/// ```no_run
/// let files = ["seattle.osm.pbf".into()];
/// let imported = osm::import(&files, &|progress| eprintln!("{progress:?}"))?;
/// println!("{:?}, {:?}", imported.network, imported.statistics);
/// # Ok::<(), osm::Error>(())
/// ```
pub fn import(files: &[PathBuf], progress: &dyn Fn(Progress)) -> Result<Imported, Error> {
    import_with(files, &Options::default(), progress)
}

/// [`import()`] with options.
pub fn import_with(files: &[PathBuf], options: &Options, progress: &dyn Fn(Progress)) -> Result<Imported, Error> {
    if files.is_empty() {
        return Err(Error::NoFiles);
    }
    let heights = options.heights.as_deref().map(Heights::open).transpose()?;
    let opened: Vec<PbfFile> = files.iter().map(|path| PbfFile::open(path)).collect::<Result<_, _>>()?;
    let bounds = options.bounds();
    let source = Source { files: &opened, threads: options.threads, bounds, progress };
    let mut statistics = Statistics::default();
    let mut builder = NetworkBuilder::new();
    let ways = collect_ways(&source, &mut builder, &mut statistics)?;
    let nodes = collect_nodes(&source, &ways, &mut builder, &mut statistics)?;
    let cut = cut_ways(&ways, &nodes, &mut builder, &mut statistics, progress);
    if cut.pieces.is_empty() {
        return Err(Error::NoRoads { files: listed(files) });
    }
    bounds.check()?;
    let node = |id| nodes.position(id).and_then(|position| cut.node(position));
    forbid_turns(&ways, &cut, node, &mut builder, &mut statistics, progress);
    if let Some(heights) = heights {
        survey(heights, &mut builder, progress)?;
    }
    let network = builder.build()?;
    bounds.check()?;
    Ok(Imported { network, statistics })
}

fn survey(heights: Heights, builder: &mut NetworkBuilder, progress: &dyn Fn(Progress)) -> Result<(), Error> {
    progress(Progress { phase: Phase::Heights, done: 0, total: 1 });
    builder.survey(|at| heights.at_dm(at), |line, flags| heights.climb(line, flags));
    progress(Progress { phase: Phase::Heights, done: 1, total: 1 });
    heights.finish()
}

fn forbid_turns(
    ways: &FirstPass,
    cut: &Cut,
    node: impl Fn(i64) -> Option<network::NodeId>,
    builder: &mut NetworkBuilder,
    statistics: &mut Statistics,
    progress: &dyn Fn(Progress),
) {
    let pieces = Pieces::new(&cut.pieces, &cut.of_way);
    for restriction in &ways.restrictions {
        match pieces.forbid(restriction, &node, builder) {
            Outcome::Applied if restriction.when.is_some() => statistics.conditional_restrictions += 1,
            Outcome::Applied => statistics.applied_restrictions += 1,
            Outcome::Incomplete => statistics.incomplete_restrictions += 1,
            Outcome::Unmatched => statistics.unmatched_restrictions += 1,
        }
    }
    let count = ways.restrictions.len() as u64;
    progress(Progress { phase: Phase::Restrictions, done: count, total: count });
}

fn listed(files: &[impl AsRef<Path>]) -> String {
    files.iter().map(|file| file.as_ref().display().to_string()).collect::<Vec<_>>().join(", ")
}
