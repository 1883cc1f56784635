//! OpenStreetMap files to a road network: the one place that knows PBF, tags and ways.
//!
//! [`import()`] reads the files twice, so that their objects may come in any order. The first pass keeps every way that
//! somebody can travel, already turned from tags into access, class, speed limit and what else is known of it, and every
//! turn restriction. What holds at certain times only is kept with its condition, and read by whoever knows the time. The
//! second fetches the positions of the nodes that those ways name, and the barriers and signals on them. Then the ways
//! are cut where they meet, and the restrictions become forbidden sequences of edges. [`plan()`] forecasts what that will take.
//!
//! Nothing in a file is trusted: it may be cut short, damaged, or no map at all ([`Error`] tells them apart), and a map
//! may name objects that it does not hold ([`Statistics`] counts them). What never happens here: writing files, and
//! speeds or weights, which `routing` derives from what the tags say. No raw object of OpenStreetMap leaves this
//! crate, but for the tools that make files to measure with.

mod access;
mod barrier;
mod bounds;
mod collect;
mod conditional;
mod country;
mod cut;
mod duration;
mod error;
mod forbid;
mod heights;
mod import;
mod known_access;
mod laws;
mod limits;
mod measure;
mod modes;
mod objects;
mod pbf;
mod plan;
mod restriction;
mod rings;
mod side;
mod signs;
mod speed;
mod statistics;
mod surface;
mod surroundings;
mod tags;
mod way;

pub use bounds::Bounds;
pub use error::Error;
#[doc(hidden)]
pub use heights::probe_heights;
pub use import::{Imported, Options, Phase, Progress, import, import_with};
#[doc(hidden)]
pub use objects::{RawObject, RawTags, objects};
pub use plan::{Plan, plan};
pub use statistics::Statistics;
