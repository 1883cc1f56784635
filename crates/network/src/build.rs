//! From roads to a network: the one checked constructor.
//!
//! Nodes and roads are added in any order and keep it: node numbers are those of adding, edges are sorted by their tail
//! and, at one tail, by the order of their roads. So the same calls give the same bytes. Handing over a road between
//! nodes that do not exist is a mistake of the program and panics; too large a map is an [`Error`].

use std::collections::{BTreeMap, HashMap};

use geometry::{BoundingBox, Coordinate, EARTH_RADIUS_M, haversine_m};

use crate::access::{Access, ModeAccess, ModeSet};
use crate::check;
use crate::error::Error;
use crate::graph::{Arrays, EdgeId, NONE, Network, NodeId};
use crate::road::{EdgeFlags, RoadClass};

/// A node to be added.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// Where it lies.
    pub coordinate: Coordinate,
    /// Who may drive through it.
    pub barrier: ModeAccess,
    /// Whether traffic signals stand there.
    pub signals: bool,
}

impl Node {
    /// An ordinary node, open to everybody.
    pub fn at(coordinate: Coordinate) -> Self {
        Self { coordinate, barrier: ModeAccess::all(Access::Yes), signals: false }
    }
}

/// What holds for one direction of a road. The default is closed to everybody, and makes no edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Direction {
    /// Who may travel it.
    pub access: ModeAccess,
    /// Its speed limit; none is unknown.
    pub max_speed_kmh: Option<u16>,
}

/// A road to be added: a line between two nodes, without a junction on the way.
#[derive(Clone, Copy, Debug)]
pub struct Road {
    /// Where the line begins.
    pub from: NodeId,
    /// Where it ends; may be the same node.
    pub to: NodeId,
    /// Its class.
    pub class: RoadClass,
    /// Its properties.
    pub flags: EdgeFlags,
    /// Its name.
    pub name: TextId,
    /// Its reference number.
    pub reference: TextId,
    /// The way in the map's source.
    pub way_id: i64,
    /// How long a ferry takes for this road.
    pub ferry_duration_ms: Option<u32>,
    /// In the direction of the line.
    pub forward: Direction,
    /// Against it.
    pub backward: Direction,
}

impl Road {
    /// A road without a name, closed in both directions: to be filled in.
    pub fn between(from: NodeId, to: NodeId, class: RoadClass) -> Self {
        Self {
            from,
            to,
            class,
            flags: EdgeFlags::NONE,
            name: TextId::default(),
            reference: TextId::default(),
            way_id: 0,
            ferry_duration_ms: None,
            forward: Direction::default(),
            backward: Direction::default(),
        }
    }
}

/// A road that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoadId(u32);

/// A text that was added; the default is "".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextId(u32);

/// One direction of a road: against its line or not.
type DirectedRoad = (RoadId, bool);

/// Collects nodes, roads and forbidden sequences, then makes a [`Network`] of them.
#[derive(Debug)]
pub struct NetworkBuilder {
    nodes: Vec<Node>,
    roads: Vec<Road>,
    length_cm: Vec<u32>,
    first_point: Vec<u32>,
    points: Vec<Coordinate>,
    texts: Texts,
    forbidden: Vec<(Vec<DirectedRoad>, ModeSet)>,
}

impl Default for NetworkBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl NetworkBuilder {
    /// A builder of the empty network.
    pub fn new() -> Self {
        Self {
            nodes: Vec::new(),
            roads: Vec::new(),
            length_cm: Vec::new(),
            first_point: vec![0],
            points: Vec::new(),
            texts: Texts::new(),
            forbidden: Vec::new(),
        }
    }

    /// Adds a node; they are numbered in the order of adding.
    pub fn add_node(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId((self.nodes.len() - 1) as u32)
    }

    /// Adds a name or a reference number, once however often it is asked for.
    pub fn text(&mut self, text: &str) -> TextId {
        self.texts.add(text)
    }

    /// Adds a road between two nodes that exist, with the inner points of its line. Its length is measured here.
    pub fn add_road(&mut self, road: &Road, inner: &[Coordinate]) -> RoadId {
        let ends = [road.from, road.to].map(|node| self.nodes[node.0 as usize].coordinate);
        self.length_cm.push(length_cm(ends[0], inner, ends[1]));
        self.points.extend_from_slice(inner);
        self.first_point.push(self.points.len() as u32);
        self.roads.push(*road);
        RoadId((self.roads.len() - 1) as u32)
    }

    /// Forbids some modes to travel a sequence of at least two roads, each given with whether it is travelled against its
    /// line. Consecutive ones must meet. A sequence that nobody can travel anyway is left out.
    pub fn forbid(&mut self, sequence: &[(RoadId, bool)], modes: ModeSet) {
        assert!(sequence.len() >= 2, "a forbidden sequence has at least two roads");
        if !modes.is_empty() {
            self.forbidden.push((sequence.to_vec(), modes));
        }
    }

    /// The network.
    pub fn build(self) -> Result<Network, Error> {
        self.check_limits()?;
        let edges = self.sort_edges();
        let arrays = self.into_arrays(edges);
        if let Err(fault) = check::lengths(&arrays).and_then(|()| check::contents(&arrays)) {
            panic!("the builder made a network that breaks its own rules: {fault}");
        }
        Ok(Network { arrays })
    }

    fn check_limits(&self) -> Result<(), Error> {
        let limits = [
            ("nodes", self.nodes.len(), NONE - 1),
            // Each may become two edges, which are numbered in 32 bits too.
            ("roads", self.roads.len(), NONE / 2 - 1),
            ("points of lines", self.points.len(), NONE),
            ("bytes of names", self.texts.bytes.len(), NONE),
            ("edges in turn restrictions", self.forbidden.iter().map(|(sequence, _)| sequence.len()).sum(), NONE),
        ];
        for (what, count, limit) in limits {
            if count > limit as usize {
                return Err(Error::TooLarge { what, limit: u64::from(limit) });
            }
        }
        Ok(())
    }

    /// Numbers the directions that somebody may travel: by tail, then by road (a counting sort).
    fn sort_edges(&self) -> SortedEdges {
        let mut first_out = vec![0; self.nodes.len() + 1];
        for edge in self.directions() {
            first_out[edge.tail.0 as usize + 1] += 1;
        }
        for node in 0..self.nodes.len() {
            first_out[node + 1] += first_out[node];
        }
        let count = first_out[self.nodes.len()] as usize;
        let mut next = first_out.clone();
        let mut road = vec![0; count];
        let mut edge_of = vec![NONE; 2 * self.roads.len()];
        for edge in self.directions() {
            let slot = &mut next[edge.tail.0 as usize];
            road[*slot as usize] = edge.road;
            edge_of[edge.road as usize] = *slot;
            *slot += 1;
        }
        SortedEdges { first_out, road, edge_of }
    }

    fn directions(&self) -> impl Iterator<Item = DirectedEdge> {
        self.roads.iter().enumerate().flat_map(|(number, road)| {
            let forward = DirectedEdge { road: 2 * number as u32, tail: road.from };
            let backward = DirectedEdge { road: 2 * number as u32 + 1, tail: road.to };
            let open = |direction: Direction| !direction.access.is_nobody();
            [(forward, open(road.forward)), (backward, open(road.backward))]
                .into_iter()
                .filter_map(|(edge, open)| open.then_some(edge))
        })
    }

    fn into_arrays(self, edges: SortedEdges) -> Arrays {
        let positions = || self.nodes.iter().map(|node| node.coordinate);
        let bounding_box = BoundingBox::around(positions().chain(self.points.iter().copied()));
        let against = |edge: u32| edge % 2 == 1;
        let road_of = |edge: u32| &self.roads[(edge / 2) as usize];
        let direction_of = |edge: u32| if against(edge) { road_of(edge).backward } else { road_of(edge).forward };
        let (first_forbidden, forbidden_edge, forbidden_modes) = forbidden_arrays(&self.forbidden, &edges.edge_of);
        let ferries = || {
            self.roads.iter().enumerate().filter_map(|(number, road)| Some((number as u32, road.ferry_duration_ms?)))
        };
        let by_edge = &edges.road;
        Arrays {
            coordinate: positions().collect::<Vec<_>>().into(),
            barrier: self.nodes.iter().map(|node| node.barrier).collect::<Vec<_>>().into(),
            signals: self.nodes.iter().map(|node| u8::from(node.signals)).collect::<Vec<_>>().into(),
            tail: collect(by_edge, |edge| if against(edge) { road_of(edge).to } else { road_of(edge).from }),
            head: collect(by_edge, |edge| if against(edge) { road_of(edge).from } else { road_of(edge).to }),
            reverse: collect(by_edge, |edge| edges.edge_of[(edge ^ 1) as usize]),
            length_cm: collect(by_edge, |edge| self.length_cm[(edge / 2) as usize]),
            access: collect(by_edge, |edge| direction_of(edge).access),
            max_speed_kmh: collect(by_edge, |edge| direction_of(edge).max_speed_kmh.unwrap_or(0)),
            flags: collect(by_edge, |edge| road_of(edge).flags),
            class: collect(by_edge, |edge| road_of(edge).class as u8),
            first_point: self.first_point.into(),
            point: self.points.into(),
            name: self.roads.iter().map(|road| road.name.0).collect::<Vec<_>>().into(),
            reference: self.roads.iter().map(|road| road.reference.0).collect::<Vec<_>>().into(),
            way_id: self.roads.iter().map(|road| road.way_id).collect::<Vec<_>>().into(),
            ferry_road: ferries().map(|(road, _)| road).collect::<Vec<_>>().into(),
            ferry_duration_ms: ferries().map(|(_, duration_ms)| duration_ms).collect::<Vec<_>>().into(),
            first_byte: self.texts.first_byte.into(),
            byte: self.texts.bytes.into(),
            first_forbidden: first_forbidden.into(),
            forbidden_edge: forbidden_edge.into(),
            forbidden_modes: forbidden_modes.into(),
            bounding_box: Vec::from_iter(bounding_box).into(),
            first_out: edges.first_out.into(),
            road: edges.road.into(),
        }
    }
}

/// A direction that somebody may travel, before it has a number.
struct DirectedEdge {
    /// Twice the road's number, plus one when it runs against the line.
    road: u32,
    tail: NodeId,
}

struct SortedEdges {
    first_out: Vec<u32>,
    /// By edge, as in [`Arrays`].
    road: Vec<u32>,
    /// The other way round; `NONE` where nobody may travel.
    edge_of: Vec<u32>,
}

fn collect<T: bytemuck::Pod>(edges: &[u32], attribute: impl Fn(u32) -> T) -> crate::array::Array<T> {
    edges.iter().map(|&edge| attribute(edge)).collect::<Vec<_>>().into()
}

/// Sorted, each sequence once, for all the modes that any of its mentions names.
fn forbidden_arrays(
    forbidden: &[(Vec<DirectedRoad>, ModeSet)],
    edge_of: &[u32],
) -> (Vec<u32>, Vec<EdgeId>, Vec<ModeSet>) {
    let edge = |&(road, backward): &DirectedRoad| edge_of[2 * road.0 as usize + usize::from(backward)];
    let mut merged: BTreeMap<Vec<u32>, ModeSet> = BTreeMap::new();
    for (sequence, modes) in forbidden {
        let edges: Vec<u32> = sequence.iter().map(edge).collect();
        if !edges.contains(&NONE) {
            let all = merged.entry(edges).or_default();
            *all = all.union(*modes);
        }
    }
    let mut first = vec![0];
    let mut edges = Vec::new();
    for sequence in merged.keys() {
        edges.extend(sequence.iter().map(|&edge| EdgeId(edge)));
        first.push(edges.len() as u32);
    }
    (first, edges, merged.into_values().collect())
}

/// The length of a line. At least 1: two nodes at one place are still two nodes, and no edge is free.
fn length_cm(from: Coordinate, inner: &[Coordinate], to: Coordinate) -> u32 {
    let mut before = from;
    let mut length_m = 0.0;
    for &at in inner.iter().chain([&to]) {
        length_m += haversine_m(before, at, EARTH_RADIUS_M);
        before = at;
    }
    ((length_m * 100.0).round() as u32).max(1)
}

/// All texts, each stored once; number 0 is "".
#[derive(Debug)]
struct Texts {
    first_byte: Vec<u32>,
    bytes: Vec<u8>,
    number: HashMap<Box<str>, u32>,
}

impl Texts {
    fn new() -> Self {
        Self { first_byte: vec![0, 0], bytes: Vec::new(), number: HashMap::from([("".into(), 0)]) }
    }

    fn add(&mut self, text: &str) -> TextId {
        if let Some(&number) = self.number.get(text) {
            return TextId(number);
        }
        let number = (self.first_byte.len() - 1) as u32;
        self.bytes.extend_from_slice(text.as_bytes());
        self.first_byte.push(self.bytes.len() as u32);
        self.number.insert(text.into(), number);
        TextId(number)
    }
}
