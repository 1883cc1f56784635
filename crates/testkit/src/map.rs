//! The drawn map.

use std::collections::BTreeMap;
use std::path::Path;

use geometry::{Coordinate, EARTH_RADIUS_M};
use network::{EdgeId, Network, NodeId};
use osm::Imported;

use crate::encode::{Member, MemberKind, Object, Tags, block, header};

/// Letters on a grid, with ways and turn restrictions between them.
///
/// In the drawing, a step of one line or of two columns is 100 metres ([`Map::spacing_m`]); north is up. If it begins
/// with a line break, the indentation that all its lines share does not count. Blanks and `-`, `|`, `/`, `\`, `.` only
/// decorate; every other character is a node.
#[derive(Clone, Debug)]
pub struct Map {
    origin: (f64, f64),
    spacing_m: f64,
    /// Line and column of each letter.
    places: BTreeMap<char, (usize, usize)>,
    node_tags: BTreeMap<char, Tags>,
    ways: Vec<(String, Tags)>,
    restrictions: Vec<Restriction>,
}

#[derive(Clone, Debug)]
struct Restriction {
    tags: Tags,
    from: String,
    via: String,
    to: String,
}

impl Map {
    /// A map of letters, without ways.
    pub fn new(drawing: &str) -> Self {
        let mut places = BTreeMap::new();
        for (line, text) in without_indentation(drawing).into_iter().enumerate() {
            for (column, letter) in text.chars().enumerate().filter(|(_, letter)| !" -|/\\.".contains(*letter)) {
                assert!(places.insert(letter, (line, column)).is_none(), "{letter} is drawn twice");
            }
        }
        Self {
            origin: (47.66, -122.32),
            spacing_m: 100.0,
            places,
            node_tags: BTreeMap::new(),
            ways: Vec::new(),
            restrictions: Vec::new(),
        }
    }

    /// Sets how far apart two lines, or every second column, are.
    #[must_use]
    pub fn spacing_m(mut self, spacing_m: f64) -> Self {
        self.spacing_m = spacing_m;
        self
    }

    /// Sets where the upper left corner of the drawing lies, in degrees.
    #[must_use]
    pub fn origin(mut self, lat: f64, lon: f64) -> Self {
        self.origin = (lat, lon);
        self
    }

    /// Adds a way through the letters of `nodes`. Letters that are not drawn are allowed: the file lacks such nodes.
    #[must_use]
    pub fn way(mut self, nodes: &str, tags: &[(&str, &str)]) -> Self {
        self.ways.push((nodes.to_owned(), owned(tags)));
        self
    }

    /// Tags a node.
    #[must_use]
    pub fn node_tags(mut self, node: char, tags: &[(&str, &str)]) -> Self {
        assert!(self.places.contains_key(&node), "{node} is not drawn");
        self.node_tags.insert(node, owned(tags));
        self
    }

    /// Adds a turn restriction between two ways, by way of a letter, or of one or several ways with commas between them.
    #[must_use]
    pub fn restriction(self, kind: &str, from: &str, via: &str, to: &str) -> Self {
        self.restriction_tags(&[("restriction", kind)], from, via, to)
    }

    /// The same with tags of one's own, for `except`, `restriction:hgv` and the like.
    #[must_use]
    pub fn restriction_tags(mut self, tags: &[(&str, &str)], from: &str, via: &str, to: &str) -> Self {
        let mut tags = owned(tags);
        tags.push(("type".into(), "restriction".into()));
        self.restrictions.push(Restriction { tags, from: from.into(), via: via.into(), to: to.into() });
        self
    }

    /// Where a letter lies.
    pub fn at(&self, node: char) -> Coordinate {
        let &(line, column) = self.places.get(&node).unwrap_or_else(|| panic!("{node} is not drawn"));
        let degree_m = EARTH_RADIUS_M.to_radians();
        let (lat, lon) = self.origin;
        let south_m = line as f64 * self.spacing_m;
        let east_m = column as f64 * self.spacing_m / 2.0;
        Coordinate::from_degrees(lat - south_m / degree_m, lon + east_m / (degree_m * lat.to_radians().cos()))
            .expect("drawings are small and lie on Earth")
    }

    /// The number that a letter has in the file.
    pub fn node_id(node: char) -> i64 {
        i64::from(u32::from(node))
    }

    /// The number that the way through these letters has in the file.
    pub fn way_id(&self, nodes: &str) -> i64 {
        let position = self.ways.iter().position(|(way, _)| way == nodes);
        position.unwrap_or_else(|| panic!("there is no way {nodes}")) as i64 + 1
    }

    /// The objects of the file: nodes, ways, relations, ascending.
    pub fn objects(&self) -> Vec<Object> {
        let nodes = self.places.keys().map(|&node| Object::Node {
            id: Self::node_id(node),
            at: self.at(node),
            tags: self.node_tags.get(&node).cloned().unwrap_or_default(),
        });
        let ways = (1..).zip(&self.ways).map(|(id, (nodes, tags))| Object::Way {
            id,
            nodes: nodes.chars().map(Self::node_id).collect(),
            tags: tags.clone(),
        });
        let relations = (1..).zip(&self.restrictions).map(|(id, restriction)| Object::Relation {
            id,
            members: self.members(restriction),
            tags: restriction.tags.clone(),
        });
        nodes.chain(ways).chain(relations).collect()
    }

    fn members(&self, restriction: &Restriction) -> Vec<Member> {
        let way = |nodes: &str, role: &str| Member { kind: MemberKind::Way, id: self.way_id(nodes), role: role.into() };
        let mut members = vec![way(&restriction.from, "from")];
        let mut letters = restriction.via.chars();
        if let (Some(node), None) = (letters.next(), letters.next()) {
            members.push(Member { kind: MemberKind::Node, id: Self::node_id(node), role: "via".into() });
        } else {
            members.extend(restriction.via.split(',').map(|nodes| way(nodes, "via")));
        }
        members.push(way(&restriction.to, "to"));
        members
    }

    /// The file's bytes.
    pub fn pbf_bytes(&self) -> Vec<u8> {
        let mut bytes = header(&["OsmSchema-V0.6", "DenseNodes"]);
        bytes.extend(block(&self.objects()));
        bytes
    }

    /// Writes the file.
    pub fn write_pbf(&self, path: &Path) {
        std::fs::write(path, self.pbf_bytes()).expect("a test can write its own folder");
    }

    /// The map as the real import sees it.
    pub fn import(&self) -> Result<Imported, osm::Error> {
        let folder = tempfile::tempdir().expect("a test can make a folder");
        let path = folder.path().join("drawn.osm.pbf");
        self.write_pbf(&path);
        osm::import(&[path], &|_| {})
    }

    /// The road network of the map.
    pub fn network(&self) -> Network {
        self.import().expect("the drawn map can be imported").network
    }

    /// The node of a network at a letter; panics if there is none.
    pub fn node(&self, network: &Network, node: char) -> NodeId {
        let at = self.at(node);
        let found = network.nodes().find(|&id| network.coordinate(id) == at);
        found.unwrap_or_else(|| panic!("the network has no node at {node}"))
    }

    /// The first edge of a network from one letter to another, if there is one.
    pub fn edge(&self, network: &Network, from: char, to: char) -> Option<EdgeId> {
        let (tail, head) = (self.node(network, from), self.node(network, to));
        network.edges_from(tail).find(|&edge| network.head(edge) == head)
    }

    /// The letter at a node of a network; panics if there is none.
    pub fn letter(&self, network: &Network, node: NodeId) -> char {
        let at = network.coordinate(node);
        let found = self.places.keys().find(|&&letter| self.at(letter) == at);
        *found.unwrap_or_else(|| panic!("nothing is drawn at {at:?}"))
    }

    /// The letters at the ends of an edge, tail first.
    pub fn letters(&self, network: &Network, edge: EdgeId) -> String {
        [network.tail(edge), network.head(edge)].map(|node| self.letter(network, node)).into_iter().collect()
    }
}

fn owned(tags: &[(&str, &str)]) -> Tags {
    tags.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn without_indentation(drawing: &str) -> Vec<&str> {
    let Some(drawing) = drawing.strip_prefix('\n') else {
        return drawing.lines().collect();
    };
    let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let shared = drawing.lines().filter(|line| !line.trim().is_empty()).map(indentation).min().unwrap_or(0);
    drawing.lines().map(|line| line.get(shared..).unwrap_or("")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_lie_where_they_are_drawn() {
        let distance_m = |map: &Map, a, b| geometry::haversine_m(map.at(a), map.at(b), EARTH_RADIUS_M).round();
        let indented = Map::new(
            "
            a - b
            |
            c d
            ",
        );
        assert!((distance_m(&indented, 'a', 'b') - 200.0).abs() < 1.0);
        assert!((distance_m(&indented, 'a', 'c') - 200.0).abs() < 1.0);
        assert!((distance_m(&indented, 'c', 'd') - 100.0).abs() < 1.0);
        assert_eq!(indented.at('a'), Coordinate::from_degrees(47.66, -122.32).unwrap());
        assert!((distance_m(&indented.spacing_m(500.0), 'c', 'd') - 500.0).abs() < 1.0);
        assert_eq!(Map::new("  a").origin(1.0, 2.0).at('a').lat_e7, 10_000_000);
    }

    #[test]
    #[should_panic(expected = "drawn twice")]
    fn a_letter_is_one_node() {
        let _ = Map::new("a b a");
    }
}
