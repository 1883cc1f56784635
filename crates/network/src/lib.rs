//! The immutable road network and its file: a node-based directed graph with the attributes of its roads.
//!
//! A [`Network`] is a handful of flat arrays, sorted by the tail of the edges. They are either owned, when a
//! [`NetworkBuilder`] has just made them, or lie in a memory-mapped file, when [`Network::open`] found them in a dataset
//! folder; no reader can tell the difference. Between two neighbouring nodes lies a *road*: one stored line, one class,
//! one name. It appears as one or two *edges*, one for each direction in which anybody may travel, so that what differs
//! by direction (access, speed limit) is stored by edge and what does not is stored once. Limits, signs and conditions
//! ([`Details`]) are stored only where there are any.
//!
//! The file format underneath, named arrays used in place ([`ArrayFile`]), also serves the crates above, which keep in it
//! what they derive from a network.
//!
//! Opening checks the header and the lengths, so it takes the same time for a village and a continent;
//! [`Network::verify`] reads everything. Never here: OpenStreetMap's tags (`osm` turns them into [`Access`] and
//! [`RoadClass`]), speeds, weights and turn costs (`routing` derives them), wire formats.
//!
//! ```
//! use geometry::Coordinate;
//! use network::{Access, Direction, Mode, ModeAccess, NetworkBuilder, Node, Road, RoadClass};
//!
//! let at = |lat, lon| Coordinate::from_degrees(lat, lon).unwrap();
//! let mut builder = NetworkBuilder::new();
//! let a = builder.add_node(Node::at(at(47.66, -122.32)));
//! let b = builder.add_node(Node::at(at(47.67, -122.32)));
//! let street = Road {
//!     name: builder.text("Brooklyn Avenue"),
//!     forward: Direction { access: ModeAccess::all(Access::Yes), max_speed_kmh: Some(40) },
//!     ..Road::between(a, b, RoadClass::Residential)
//! };
//! builder.add_road(&street, &[]);
//! let network = builder.build().unwrap();
//! let edge = network.edges_from(a).next().unwrap();
//! assert_eq!((network.head(edge), network.name(edge)), (b, "Brooklyn Avenue"));
//! assert_eq!(network.access(edge, Mode::Car), Access::Yes);
//! assert_eq!(network.reverse(edge), None, "a one-way street has no opposite edge");
//! ```

mod access;
mod array;
mod build;
mod check;
mod details;
mod error;
mod file;
mod graph;
mod intern;
mod limits;
mod road;
mod shape;
mod store;

pub use access::{Access, Mode, ModeAccess, ModeSet};
pub use array::Array;
pub use build::{Climb, Direction, NetworkBuilder, Node, Road, RoadId, TextId};
pub use details::{Condition, Conditional, Details, DetailsId, Effect, Sign, Signs};
pub use error::Error;
pub use file::{ArrayFile, ArrayWriter};
pub use graph::{EdgeId, Forbidden, Network, NodeId};
pub use limits::{Hazmat, Limit, Limits, TunnelCategory};
pub use road::{EdgeFlags, RoadClass, Surface};
pub use shape::Shape;
