//! OpenStreetMap files to a road network: the one place that knows PBF, tags and ways.
//!
//! [`import()`] reads the files twice, so that their objects may come in any order. The first pass keeps every way that
//! somebody can travel, already turned from tags into access, class, speed limit and what else is known of it, and every
//! turn restriction. What holds at certain times only is kept with its condition, and read by whoever knows the time. The
//! second fetches the positions of the nodes that those ways name, and the barriers and signals on them. Then the ways
//! are cut where they meet, and the restrictions become forbidden sequences of edges.
//!
//! Nothing in a file is trusted: it may be cut short, damaged, or no map at all ([`Error`] tells them apart), and a map
//! may name objects that it does not hold ([`Statistics`] counts them). What never happens here: writing files, and
//! speeds or weights, which `routing` derives from what the tags say. No raw object of OpenStreetMap leaves this crate.

mod access;
mod barrier;
mod collect;
mod conditional;
mod cut;
mod duration;
mod error;
mod file;
mod forbid;
mod import;
mod known_access;
mod limits;
mod measure;
mod modes;
mod restriction;
mod side;
mod signs;
mod speed;
mod statistics;
mod surface;
mod tags;
mod way;

pub use error::Error;
pub use import::{Imported, Phase, Progress, import};
pub use statistics::Statistics;
