//! Maps drawn in tests: letters on a grid, ways between them, tags and turn restrictions.
//!
//! A [`Map`] is written out as a real `.osm.pbf` file, by the small encoder of this crate, and read back by the real
//! import. So a test of a single tag exercises the same code as an import of a country. The idea is that of OSRM's
//! `features/testbot`. For tests only: faults in a drawing panic.
//!
//! ```
//! use testkit::Map;
//!
//! let map = Map::new(
//!     "
//!     a b c
//!       d
//!     ",
//! )
//! .way("abc", &[("highway", "residential"), ("name", "First Street")])
//! .way("bd", &[("highway", "residential"), ("oneway", "yes")])
//! .restriction("no_right_turn", "abc", "b", "bd");
//! let network = map.network();
//! assert_eq!(network.node_count(), 4);
//! assert_eq!(network.edge_count(), 6, "two directions of ab and bc; bd, and its other direction for those on foot");
//! assert_eq!(map.at('a').lat_e7, map.at('c').lat_e7);
//! ```

mod encode;
mod map;

pub use encode::{Member, MemberKind, Object, Tags, blob, block, header};
pub use map::Map;

/// The road network of a file; panics if it cannot be imported.
pub fn import_file(path: &std::path::Path) -> network::Network {
    osm::import(&[path.into()], &|_| {}).expect("the file can be imported").network
}
