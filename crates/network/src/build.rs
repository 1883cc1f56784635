//! From roads to a network: the one checked constructor.
//!
//! Nodes and roads are added in any order and keep it: node numbers are those of adding, edges are sorted by their tail
//! and, at one tail, by the order of their roads. So the same calls give the same bytes. Handing over a road between
//! nodes that do not exist is a mistake of the program and panics; too large a map is an [`Error`].

use std::collections::BTreeMap;

use geometry::{BoundingBox, Coordinate, EARTH_RADIUS_M, haversine_m};

use crate::access::{Access, ModeAccess, ModeSet};
use crate::check;
use crate::details::{Details, DetailsId, PackedEffect};
use crate::error::Error;
use crate::graph::{Arrays, EdgeId, NO_HEIGHT, NONE, Network, NodeId};
use crate::intern::{AllDetails, Texts};
use crate::road::{EdgeFlags, NodeFlags, RoadClass, Surface};

/// A node to be added.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// Where it lies.
    pub coordinate: Coordinate,
    /// Who may drive through it.
    pub barrier: ModeAccess,
    /// Whether traffic signals stand there.
    pub signals: bool,
    /// Whether a border is crossed there.
    pub border: bool,
    /// Whether a toll is taken there.
    pub toll_booth: bool,
    /// Its limits, signs and conditions.
    pub details: DetailsId,
}

impl Node {
    /// An ordinary node, open to everybody.
    pub fn at(coordinate: Coordinate) -> Self {
        Self {
            coordinate,
            barrier: ModeAccess::all(Access::Yes),
            signals: false,
            border: false,
            toll_booth: false,
            details: DetailsId::default(),
        }
    }

    fn flags(&self) -> NodeFlags {
        NodeFlags::new(self.signals, self.border, self.toll_booth)
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
    /// What it is covered with.
    pub surface: Surface,
    /// Its name.
    pub name: TextId,
    /// Its reference number.
    pub reference: TextId,
    /// The way in the map's source.
    pub way_id: i64,
    /// The speed limit of the law where no sign states one, by where the road lies; none is unknown.
    pub lawful_kmh: Option<u8>,
    /// How long a ferry takes for this road.
    pub ferry_duration_ms: Option<u32>,
    /// In the direction of the line.
    pub forward: Direction,
    /// Against it.
    pub backward: Direction,
    /// Its lanes forward and backward; none is unknown.
    pub lanes: [Option<u8>; 2],
    /// Its limits, signs and conditions, forward and backward.
    pub details: [DetailsId; 2],
}

impl Road {
    /// A road without a name, closed in both directions: to be filled in.
    pub fn between(from: NodeId, to: NodeId, class: RoadClass) -> Self {
        Self {
            from,
            to,
            class,
            flags: EdgeFlags::NONE,
            surface: Surface::Unknown,
            name: TextId::default(),
            reference: TextId::default(),
            way_id: 0,
            lawful_kmh: None,
            ferry_duration_ms: None,
            forward: Direction::default(),
            backward: Direction::default(),
            lanes: [None; 2],
            details: [DetailsId::default(); 2],
        }
    }
}

/// How much a road rises and falls along its line, in decimetres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Climb {
    /// All its rises together.
    pub up_dm: u16,
    /// All its falls together.
    pub down_dm: u16,
}

/// A road that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoadId(u32);

/// A text that was added; the default is "".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextId(pub(crate) u32);

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
    details: AllDetails,
    forbidden: Vec<(Vec<DirectedRoad>, ModeSet)>,
    conditional: Vec<(Vec<DirectedRoad>, ModeSet, TextId)>,
    /// By node and by road; both empty until they are surveyed.
    heights_dm: Vec<i32>,
    climbs: Vec<Climb>,
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
            details: AllDetails::new(),
            forbidden: Vec::new(),
            conditional: Vec::new(),
            heights_dm: Vec::new(),
            climbs: Vec::new(),
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

    /// Adds details, once however often they are asked for.
    pub fn details(&mut self, details: &Details) -> DetailsId {
        self.details.add(details)
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

    /// The same, but only while a condition is met.
    pub fn forbid_when(&mut self, sequence: &[(RoadId, bool)], modes: ModeSet, when: TextId) {
        assert!(sequence.len() >= 2, "a forbidden sequence has at least two roads");
        if !modes.is_empty() {
            self.conditional.push((sequence.to_vec(), modes, when));
        }
    }

    /// Gives every node that was added a height, in decimetres above the sea, and every road its climb; `climb_of` is
    /// handed the road's line with both ends. To be called once, after the last node and road.
    pub fn survey(
        &mut self,
        height_dm: impl FnMut(Coordinate) -> Option<i32>,
        mut climb_of: impl FnMut(&[Coordinate], EdgeFlags) -> Climb,
    ) {
        let heights = self.nodes.iter().map(|node| node.coordinate).map(height_dm);
        self.heights_dm = heights.map(|height| height.unwrap_or(NO_HEIGHT)).collect();
        let mut line = Vec::new();
        for (number, road) in self.roads.iter().enumerate() {
            let inner = &self.points[self.first_point[number] as usize..self.first_point[number + 1] as usize];
            let end = |node: NodeId| self.nodes[node.0 as usize].coordinate;
            line.clear();
            line.push(end(road.from));
            line.extend_from_slice(inner);
            line.push(end(road.to));
            self.climbs.push(climb_of(&line, road.flags));
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
            (
                "edges in conditional turn restrictions",
                self.conditional.iter().map(|(sequence, ..)| sequence.len()).sum(),
                NONE,
            ),
            ("conditions", self.details.all.iter().map(|details| details.conditions.len()).sum(), NONE),
        ];
        for (what, count, limit) in limits {
            if count > limit as usize {
                return Err(Error::TooLarge { what, limit: u64::from(limit) });
            }
        }
        Ok(())
    }

    /// Whether somebody may travel a direction of a road, at least at times.
    fn is_open(&self, direction: Direction, details: DetailsId) -> bool {
        !direction.access.is_nobody() || self.details.get(details).open_at_times()
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
            let open = [self.is_open(road.forward, road.details[0]), self.is_open(road.backward, road.details[1])];
            [forward, backward].into_iter().zip(open).filter_map(|(edge, open)| open.then_some(edge))
        })
    }

    fn into_arrays(self, edges: SortedEdges) -> Arrays {
        let positions = || self.nodes.iter().map(|node| node.coordinate);
        let bounding_box = BoundingBox::around(positions().chain(self.points.iter().copied()));
        let against = |edge: u32| edge % 2 == 1;
        let road_of = |edge: u32| &self.roads[(edge / 2) as usize];
        let direction_of = |edge: u32| if against(edge) { road_of(edge).backward } else { road_of(edge).forward };
        let details_of = |edge: u32| road_of(edge).details[(edge % 2) as usize];
        let forbidden = Sequences::merged(&self.forbidden, &edges.edge_of);
        let conditional = Sequences::listed(&self.conditional, &edges.edge_of);
        let ferries = || {
            self.roads.iter().enumerate().filter_map(|(number, road)| Some((number as u32, road.ferry_duration_ms?)))
        };
        let by_edge = &edges.road;
        let detailed = [
            detailed(by_edge.iter().map(|&edge| details_of(edge))),
            detailed(self.nodes.iter().map(|node| node.details)),
        ];
        let [(detailed_edge, edge_details), (detailed_node, node_details)] = detailed;
        let details = &self.details.all;
        let conditions = || details.iter().flat_map(|details| &details.conditions);
        Arrays {
            coordinate: positions().collect::<Vec<_>>().into(),
            barrier: listed(&self.nodes, |node| node.barrier),
            node_flags: listed(&self.nodes, Node::flags),
            tail: listed(by_edge, |&edge| if against(edge) { road_of(edge).to } else { road_of(edge).from }),
            head: listed(by_edge, |&edge| if against(edge) { road_of(edge).from } else { road_of(edge).to }),
            reverse: listed(by_edge, |edge| edges.edge_of[(edge ^ 1) as usize]),
            length_cm: listed(by_edge, |edge| self.length_cm[(edge / 2) as usize]),
            access: listed(by_edge, |&edge| direction_of(edge).access),
            max_speed_kmh: listed(by_edge, |&edge| direction_of(edge).max_speed_kmh.unwrap_or(0)),
            flags: listed(by_edge, |&edge| road_of(edge).flags.with_details(details_of(edge) != DetailsId::default())),
            class: listed(by_edge, |&edge| road_of(edge).class as u8),
            lanes: listed(by_edge, |&edge| road_of(edge).lanes[(edge % 2) as usize].unwrap_or(0)),
            first_point: self.first_point.into(),
            point: self.points.into(),
            surface: listed(&self.roads, |road| road.surface as u8),
            lawful_kmh: listed(&self.roads, |road| road.lawful_kmh.unwrap_or(0)),
            height_dm: self.heights_dm.into(),
            ascent_dm: listed(&self.climbs, |climb| climb.up_dm),
            descent_dm: listed(&self.climbs, |climb| climb.down_dm),
            name: listed(&self.roads, |road| road.name.0),
            reference: listed(&self.roads, |road| road.reference.0),
            way_id: listed(&self.roads, |road| road.way_id),
            ferry_road: ferries().map(|(road, _)| road).collect::<Vec<_>>().into(),
            ferry_duration_ms: ferries().map(|(_, duration_ms)| duration_ms).collect::<Vec<_>>().into(),
            first_byte: self.texts.first_byte.into(),
            byte: self.texts.bytes.into(),
            detailed_edge: detailed_edge.into(),
            edge_details: edge_details.into(),
            detailed_node: detailed_node.into(),
            node_details: node_details.into(),
            limits: listed(details, |details| details.limits),
            signs: listed(details, |details| details.signs),
            first_condition: first_conditions(details).into(),
            condition_modes: conditions().map(|condition| condition.modes).collect::<Vec<_>>().into(),
            condition_effect: conditions()
                .map(|condition| condition.effect.into())
                .collect::<Vec<PackedEffect>>()
                .into(),
            condition_when: conditions().map(|condition| condition.when.0).collect::<Vec<_>>().into(),
            first_forbidden: forbidden.first.into(),
            forbidden_edge: forbidden.edges.into(),
            forbidden_modes: forbidden.modes.into(),
            first_conditional: conditional.first.into(),
            conditional_edge: conditional.edges.into(),
            conditional_modes: conditional.modes.into(),
            conditional_when: conditional.when.into(),
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

fn listed<S, T: bytemuck::Pod>(of: &[S], attribute: impl FnMut(&S) -> T) -> crate::array::Array<T> {
    of.iter().map(attribute).collect::<Vec<_>>().into()
}

/// Who of a list has details, ascending, and which.
fn detailed(list: impl Iterator<Item = DetailsId>) -> (Vec<u32>, Vec<u32>) {
    let with_details = (0..).zip(list).filter(|&(_, details)| details != DetailsId::default());
    with_details.map(|(number, details)| (number, details.0)).unzip()
}

fn first_conditions(details: &[Details]) -> Vec<u32> {
    let mut first = vec![0];
    for details in details {
        first.push(first[first.len() - 1] + details.conditions.len() as u32);
    }
    first
}

/// Forbidden sequences as arrays. One that nobody can travel anyway is left out.
#[derive(Default)]
struct Sequences {
    first: Vec<u32>,
    edges: Vec<EdgeId>,
    modes: Vec<ModeSet>,
    /// A text for each, where they are conditional.
    when: Vec<u32>,
}

impl Sequences {
    /// Sorted, each sequence once, for all the modes that any of its mentions names.
    fn merged(forbidden: &[(Vec<DirectedRoad>, ModeSet)], edge_of: &[u32]) -> Self {
        let mut merged: BTreeMap<Vec<EdgeId>, ModeSet> = BTreeMap::new();
        for (sequence, modes) in forbidden {
            if let Some(edges) = directed_edges(sequence, edge_of) {
                let all = merged.entry(edges).or_default();
                *all = all.union(*modes);
            }
        }
        let mut this = Self { first: vec![0], ..Self::default() };
        for (edges, modes) in merged {
            this.push(&edges, modes);
        }
        this
    }

    /// In the order of adding.
    fn listed(conditional: &[(Vec<DirectedRoad>, ModeSet, TextId)], edge_of: &[u32]) -> Self {
        let mut this = Self { first: vec![0], ..Self::default() };
        for (sequence, modes, when) in conditional {
            if let Some(edges) = directed_edges(sequence, edge_of) {
                this.push(&edges, *modes);
                this.when.push(when.0);
            }
        }
        this
    }

    fn push(&mut self, edges: &[EdgeId], modes: ModeSet) {
        self.edges.extend_from_slice(edges);
        self.first.push(self.edges.len() as u32);
        self.modes.push(modes);
    }
}

/// The edges of a sequence, if all exist.
fn directed_edges(sequence: &[DirectedRoad], edge_of: &[u32]) -> Option<Vec<EdgeId>> {
    let edges = sequence.iter().map(|&(road, backward)| edge_of[2 * road.0 as usize + usize::from(backward)]);
    edges.map(|edge| (edge != NONE).then_some(EdgeId(edge))).collect()
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
