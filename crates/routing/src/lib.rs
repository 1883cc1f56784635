//! Routing: the fastest way on a road network, for one leg and for matrices.
//!
//! A [`Router`] lays out one [`Profile`] over one [`network::Network`]: a weight for every edge, the turn-expanded graph
//! with every restriction in it, zones of private land, components, a spatial index, and a hierarchy along an [`Order`] that
//! is made once and stored. It is immutable and asked by any number of threads, each with its own [`Scratch`]. A question
//! takes two steps: [`Router::snap`] finds the position on a road for each place; [`Router::route`] then the path between
//! two of them, or [`Router::rows`] those parts of a matrix that go to the same [`Targets`].
//!
//! Weights are integers, milliseconds before centimetres, so the answer is exact and unique: a matrix cell equals its route,
//! always, and the hierarchy equals plain Dijkstra ([`Router::route_plain`]), which stays as the judge. Never in here:
//! OpenStreetMap's tags (the network knows access and classes), wire formats, the clock (who asks says when to stop),
//! `async`, and floats that decide a path: they only choose positions, and angles before they are whole degrees.
//!
//! ```
//! use std::sync::Arc;
//! use geometry::Coordinate;
//! use network::{Access, Direction, ModeAccess, NetworkBuilder, Node, Road, RoadClass};
//! use routing::{Profile, Router, Scratch};
//!
//! let at = |lat, lon| Coordinate::from_degrees(lat, lon).unwrap();
//! let mut builder = NetworkBuilder::new();
//! let a = builder.add_node(Node::at(at(47.660, -122.32)));
//! let b = builder.add_node(Node::at(at(47.661, -122.32)));
//! let open = Direction { access: ModeAccess::all(Access::Yes), max_speed_kmh: None };
//! builder.add_road(&Road { forward: open, backward: open, ..Road::between(a, b, RoadClass::Residential) }, &[]);
//!
//! let router = Router::new(Arc::new(builder.build().unwrap()), Profile::Car);
//! let from = router.snap(at(47.6602, -122.3201), 100.0).unwrap();
//! let to = router.snap(at(47.6608, -122.3199), 100.0).unwrap();
//! let path = router.route(&mut Scratch::default(), &from, &to, &|| false).unwrap().unwrap();
//! assert_eq!((path.travel.distance_m(), path.travel.duration_s()), (67, 9));
//! ```

mod bans;
mod bearings;
mod classes;
mod components;
mod conditions;
mod crew;
mod fitted;
mod hierarchy;
mod index;
mod layout;
mod openings;
mod path;
mod prepare;
mod profile;
mod router;
mod scratch;
mod search;
mod sets;
mod shut;
mod snap;
mod targets;
mod terms;
#[cfg(test)]
mod tests;
mod timed;
mod turns;
mod under;
mod weight;
mod within;
mod zones;

pub use classes::Classes;
pub use conditions::LocalTime;
pub use fitted::Fitted;
pub use hierarchy::{Metric, Order, Topology};
pub use path::Path;
pub use prepare::{Atlas, PrepareError, Share, prepare};
pub use profile::{Family, Profile};
pub use router::{Contracted, Draft, Router};
pub use scratch::Scratch;
pub use search::Interrupted;
pub use snap::{Snap, SnapError};
pub use targets::{Reach, Targets};
pub use terms::{Area, Avoid, Kind, Kinds, Load, Terms, Vehicle};
pub use weight::Travel;
pub use within::Reached;
