//! Coordinates, distances and lines on the Earth: the words in which every other crate speaks of places.
//!
//! A [`Coordinate`] is fixed-point, in OpenStreetMap's own unit of 1e-7 degrees, so that equality, ordering and files are
//! exact. Distances come in two kinds: [`haversine_m`] between two places on a sphere of a radius that the caller names,
//! and the local plane of [`closest_on_segment`], which is exact enough within the length of a road segment.
//! Nothing here knows roads, files or wire formats, and nothing allocates.

mod coordinate;
mod distance;
mod segment;

pub use coordinate::{BoundingBox, Coordinate, OutOfRange};
pub use distance::{EARTH_RADIUS_M, bearing_degrees, haversine_m};
pub use segment::{SegmentPoint, closest_on_segment};
