//! What an import will take, told before it starts.
//!
//! The lengths in the blocks' headers say how much there is; how much of it is roads differs twentyfold between a city with
//! every tree and one with its streets alone, so a few blocks all over the files are decoded and counted. From the roads
//! and nodes expected follow memory, disk and time by the factors below.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::pbf::PbfFile;
use crate::tags::Tags;

/// How many blocks of a file are decoded.
const SAMPLES: usize = 24;

/// What an import is expected to take: good to a factor of two for most maps, of three for any that was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Plan {
    /// Bytes of the files.
    pub file_bytes: u64,
    /// Ways that are roads.
    pub roads: u64,
    /// Nodes that those roads name.
    pub road_nodes: u64,
    /// The most memory at any time.
    pub memory_bytes: u64,
    /// What the dataset occupies.
    pub disk_bytes: u64,
    /// How long one of today's processors takes.
    pub seconds: f64,
}

/// What a process holds before it has read anything, and buffers.
const MEMORY_BASE: f64 = 20e6;
/// Of memory, for each road and for each node of one. Most of it are the hierarchies while they are made; a grid of streets
/// takes twice as much as a valley of them.
const MEMORY_PER_ROAD: f64 = 8_000.0;
const MEMORY_PER_NODE: f64 = 100.0;
/// Of disk, likewise.
const DISK_PER_ROAD: f64 = 4_000.0;
const DISK_PER_NODE: f64 = 20.0;
/// Of time: for each byte of the files, which are read twice and hashed, and for each road, which eight profiles lay out.
const SECONDS_PER_BYTE: f64 = 1.2e-7;
const SECONDS_PER_ROAD: f64 = 1.6e-4;

/// Forecasts the import of some files without importing them.
pub fn plan(files: &[PathBuf]) -> Result<Plan, Error> {
    if files.is_empty() {
        return Err(Error::NoFiles);
    }
    let mut plan = Plan::default();
    for path in files {
        let (bytes, roads, nodes) = sample(path)?;
        plan.file_bytes += bytes;
        plan.roads += roads;
        plan.road_nodes += nodes;
    }
    let (bytes, roads, nodes) = (plan.file_bytes as f64, plan.roads as f64, plan.road_nodes as f64);
    plan.memory_bytes = (MEMORY_BASE + MEMORY_PER_ROAD * roads + MEMORY_PER_NODE * nodes) as u64;
    plan.disk_bytes = (DISK_PER_ROAD * roads + DISK_PER_NODE * nodes) as u64;
    plan.seconds = SECONDS_PER_BYTE * bytes + SECONDS_PER_ROAD * roads;
    Ok(plan)
}

/// Bytes, roads and their nodes in a file.
fn sample(path: &Path) -> Result<(u64, u64, u64), Error> {
    let file = PbfFile::open(path)?;
    let blocks = file.block_count();
    let step = blocks.div_ceil(SAMPLES).max(1);
    let (mut roads, mut nodes) = (0, 0);
    file.sample((0..blocks).skip(step / 2).step_by(step), |block| {
        block.ways(|way| {
            if is_road(&way.tags) {
                roads += 1;
                nodes += way.nodes.len() as u64;
            }
        })
    })?;
    let scaled = |count: u64| count * step as u64;
    Ok((file.length, scaled(roads), scaled(nodes)))
}

fn is_road(tags: &Tags<'_>) -> bool {
    tags.get("highway").is_some() || tags.is_any("route", &["ferry", "shuttle_train"])
}
