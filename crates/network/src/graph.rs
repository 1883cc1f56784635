//! The network itself: arrays, and the questions that they answer.
//!
//! An adjacency array in the manner of Dibbelt, Strasser and Wagner, "Customizable Contraction Hierarchies" (2016),
//! section 2: the edges of node `n` are the range `first_out[n]..first_out[n + 1]`. Attributes that a search reads for
//! every edge are stored by edge, next to each other; what only an answer needs (line, names) is stored by road.
//! Indices are checked when a network is built and by `verify`; a damaged file can make a question panic, never read
//! beyond the map.

use geometry::{BoundingBox, Coordinate};

use crate::access::{Access, Mode, ModeAccess, ModeSet};
use crate::array::Array;
use crate::details::{Condition, PackedEffect, Sign, Signs};
use crate::limits::Limits;
use crate::road::{EdgeFlags, NodeFlags, RoadClass, Surface};
use crate::shape::Shape;

/// "None" among `u32` indices and durations.
pub(crate) const NONE: u32 = u32::MAX;

/// "Unknown" among heights.
pub(crate) const NO_HEIGHT: i32 = i32::MIN;

/// A junction, a dead end, a barrier or another place where edges meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub struct NodeId(pub u32);

/// One direction of a road between two nodes. Edges are numbered by their tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub struct EdgeId(pub u32);

/// A sequence of edges that some modes may not travel in a row: a forbidden turn, or one by way of further edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forbidden<'a> {
    /// At least two edges, each beginning where the one before ends.
    pub edges: &'a [EdgeId],
    /// For whom.
    pub modes: ModeSet,
}

/// Declares the arrays once, with a way to visit each by name; so writing and opening cannot drift apart.
macro_rules! arrays {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)*) => {
        pub(crate) struct Arrays {
            $($(#[$doc])* pub(crate) $name: Array<$type>,)*
        }

        impl Arrays {
            /// Hands every array to `visit` as its name, the size of an element and its bytes.
            pub(crate) fn each<E>(&self, mut visit: impl FnMut(&'static str, usize, &[u8]) -> Result<(), E>) -> Result<(), E> {
                $(visit(stringify!($name), size_of::<$type>(), bytemuck::cast_slice(&self.$name))?;)*
                Ok(())
            }

            /// Takes every array from `file`.
            pub(crate) fn from_file(file: &crate::file::ArrayFile) -> Result<Self, crate::Error> {
                Ok(Self { $($name: file.array(stringify!($name))?,)* })
            }
        }
    };
}

arrays! {
    /// By node.
    coordinate: Coordinate,
    /// By node: who may drive through.
    barrier: ModeAccess,
    /// By node.
    node_flags: NodeFlags,
    /// By node, and one more: the first edge.
    first_out: u32,
    /// By edge.
    tail: NodeId,
    /// By edge.
    head: NodeId,
    /// By edge: the opposite one, or `NONE`.
    reverse: u32,
    /// By edge: twice the road's number, plus one when it runs against the stored line.
    road: u32,
    /// By edge.
    length_cm: u32,
    /// By edge.
    access: ModeAccess,
    /// By edge; 0 is unknown.
    max_speed_kmh: u16,
    /// By edge.
    flags: EdgeFlags,
    /// By edge: a number of `RoadClass`.
    class: u8,
    /// By edge; 0 is unknown.
    lanes: u8,
    /// By road, and one more: the first of its inner points.
    first_point: u32,
    /// All inner points.
    point: Coordinate,
    /// By road: a number of `Surface`.
    surface: u8,
    /// By road; 0 is unknown.
    lawful_kmh: u8,
    /// By node, in decimetres above the sea, or `NO_HEIGHT`; empty where no heights were given.
    height_dm: i32,
    /// By road: how much it rises along its line; empty where no heights were given.
    ascent_dm: u16,
    /// By road: how much it falls.
    descent_dm: u16,
    /// By road: a text.
    name: u32,
    /// By road: a text.
    reference: u32,
    /// By road.
    way_id: i64,
    /// Ferries, ascending by road.
    ferry_road: u32,
    /// By ferry.
    ferry_duration_ms: u32,
    /// By text, and one more: its first byte.
    first_byte: u32,
    /// All texts, UTF-8, one after the other.
    byte: u8,
    /// Edges that have details, ascending.
    detailed_edge: u32,
    /// By edge with details: which.
    edge_details: u32,
    /// Nodes that have details, ascending.
    detailed_node: u32,
    /// By node with details: which.
    node_details: u32,
    /// By details.
    limits: Limits,
    /// By details: a text for each sign.
    signs: Signs,
    /// By details, and one more: their first condition.
    first_condition: u32,
    /// By condition.
    condition_modes: ModeSet,
    /// By condition.
    condition_effect: PackedEffect,
    /// By condition: a text.
    condition_when: u32,
    /// By forbidden sequence, and one more: its first edge.
    first_forbidden: u32,
    /// The edges of all forbidden sequences.
    forbidden_edge: EdgeId,
    /// By forbidden sequence.
    forbidden_modes: ModeSet,
    /// By sequence that is forbidden at times, and one more: its first edge.
    first_conditional: u32,
    /// The edges of all those sequences.
    conditional_edge: EdgeId,
    /// By such a sequence.
    conditional_modes: ModeSet,
    /// By such a sequence: a text.
    conditional_when: u32,
    /// None, or one: around all nodes and lines.
    bounding_box: BoundingBox,
}

/// The immutable road network.
pub struct Network {
    pub(crate) arrays: Arrays,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Network({} nodes, {} edges)", self.node_count(), self.edge_count())
    }
}

impl Network {
    /// How many nodes there are; they are numbered from 0.
    pub fn node_count(&self) -> usize {
        self.arrays.coordinate.len()
    }

    /// How many directed edges there are; they are numbered from 0.
    pub fn edge_count(&self) -> usize {
        self.arrays.head.len()
    }

    /// The box around all nodes and lines; `None` when there are none.
    pub fn bounding_box(&self) -> Option<BoundingBox> {
        self.arrays.bounding_box.first().copied()
    }

    /// All nodes, ascending.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = NodeId> + use<> {
        (0..self.node_count() as u32).map(NodeId)
    }

    /// All edges, ascending.
    pub fn edges(&self) -> impl ExactSizeIterator<Item = EdgeId> + use<> {
        (0..self.edge_count() as u32).map(EdgeId)
    }

    /// Where a node lies.
    pub fn coordinate(&self, node: NodeId) -> Coordinate {
        self.arrays.coordinate[node.0 as usize]
    }

    /// The edges that begin at a node: a contiguous range.
    pub fn edges_from(&self, node: NodeId) -> impl ExactSizeIterator<Item = EdgeId> + use<> {
        let first_out = &self.arrays.first_out[node.0 as usize..node.0 as usize + 2];
        (first_out[0]..first_out[1]).map(EdgeId)
    }

    /// For each node, and one more, its first edge: the whole array, for searches.
    pub fn first_out(&self) -> &[u32] {
        &self.arrays.first_out
    }

    /// The heads of all edges: the whole array, for searches.
    pub fn heads(&self) -> &[NodeId] {
        &self.arrays.head
    }

    /// The tails of all edges: the whole array, for searches.
    pub fn tails(&self) -> &[NodeId] {
        &self.arrays.tail
    }

    /// The node where an edge begins.
    pub fn tail(&self, edge: EdgeId) -> NodeId {
        self.arrays.tail[edge.0 as usize]
    }

    /// The node where an edge ends.
    pub fn head(&self, edge: EdgeId) -> NodeId {
        self.arrays.head[edge.0 as usize]
    }

    /// The opposite direction of the same piece of road, if anybody may travel it.
    pub fn reverse(&self, edge: EdgeId) -> Option<EdgeId> {
        let reverse = self.arrays.reverse[edge.0 as usize];
        (reverse != NONE).then_some(EdgeId(reverse))
    }

    /// The length of an edge along its line, at least 1.
    pub fn length_cm(&self, edge: EdgeId) -> u32 {
        self.arrays.length_cm[edge.0 as usize]
    }

    /// The line of an edge from tail to head, both ends included; the two directions share one stored line.
    pub fn shape(&self, edge: EdgeId) -> Shape<'_> {
        let road = self.arrays.road[edge.0 as usize];
        let first = &self.arrays.first_point[(road / 2) as usize..(road / 2) as usize + 2];
        let inner = &self.arrays.point[first[0] as usize..first[1] as usize];
        Shape::new(self.coordinate(self.tail(edge)), inner, self.coordinate(self.head(edge)), road % 2 == 1)
    }

    /// The class of an edge's road.
    pub fn class(&self, edge: EdgeId) -> RoadClass {
        RoadClass::ALL[self.arrays.class[edge.0 as usize] as usize]
    }

    /// What a mode may do on an edge.
    pub fn access(&self, edge: EdgeId, mode: Mode) -> Access {
        self.arrays.access[edge.0 as usize].get(mode)
    }

    /// The speed limit in this direction, if one is known.
    pub fn max_speed_kmh(&self, edge: EdgeId) -> Option<u16> {
        let speed = self.arrays.max_speed_kmh[edge.0 as usize];
        (speed != 0).then_some(speed)
    }

    /// The speed limit of the law in kilometres per hour for a road without a sign, by country, class and whether it is built
    /// up; `None` where that is unknown.
    pub fn lawful_kmh(&self, edge: EdgeId) -> Option<u8> {
        let kmh = self.arrays.lawful_kmh[self.road(edge)];
        (kmh > 0).then_some(kmh)
    }

    /// The yes-or-no properties of an edge's road.
    pub fn flags(&self, edge: EdgeId) -> EdgeFlags {
        self.arrays.flags[edge.0 as usize].with_details(false)
    }

    /// How long a ferry takes for this edge: its share, by length, of the whole crossing's duration, if that is known.
    pub fn ferry_duration_ms(&self, edge: EdgeId) -> Option<u32> {
        if !self.flags(edge).ferry() {
            return None;
        }
        let ferry = self.arrays.ferry_road.binary_search(&(self.road(edge) as u32)).ok()?;
        Some(self.arrays.ferry_duration_ms[ferry])
    }

    /// The name of an edge's road; "" when it has none.
    pub fn name(&self, edge: EdgeId) -> &str {
        self.text(self.arrays.name[self.road(edge)])
    }

    /// The reference number of an edge's road, as on signs ("A 5; E 35"); "" when it has none.
    pub fn reference(&self, edge: EdgeId) -> &str {
        self.text(self.arrays.reference[self.road(edge)])
    }

    /// The number, in the source of the map, of the way that an edge is part of.
    pub fn way_id(&self, edge: EdgeId) -> i64 {
        self.arrays.way_id[self.road(edge)]
    }

    /// What a mode may do at a node on its way through: a gate or a bollard stops some. Starting or ending there is free.
    pub fn barrier(&self, node: NodeId, mode: Mode) -> Access {
        self.arrays.barrier[node.0 as usize].get(mode)
    }

    /// Whether traffic signals stand at a node.
    pub fn has_signals(&self, node: NodeId) -> bool {
        self.arrays.node_flags[node.0 as usize].signals()
    }

    /// Whether a border is crossed at a node.
    pub fn is_border(&self, node: NodeId) -> bool {
        self.arrays.node_flags[node.0 as usize].border()
    }

    /// Whether a toll is taken at a node.
    pub fn has_toll_booth(&self, node: NodeId) -> bool {
        self.arrays.node_flags[node.0 as usize].toll_booth()
    }

    /// How many lanes lead this way, if that is known.
    pub fn lanes(&self, edge: EdgeId) -> Option<u8> {
        let lanes = self.arrays.lanes[edge.0 as usize];
        (lanes != 0).then_some(lanes)
    }

    /// What an edge's road is covered with.
    pub fn surface(&self, edge: EdgeId) -> Surface {
        Surface::ALL[self.arrays.surface[self.road(edge)] as usize]
    }

    /// How high a node lies, in decimetres above the sea, if that is known.
    pub fn height_dm(&self, node: NodeId) -> Option<i32> {
        self.arrays.height_dm.get(node.0 as usize).copied().filter(|&height| height != NO_HEIGHT)
    }

    /// How much an edge rises and falls from its tail to its head, in decimetres; `None` where no heights were given.
    pub fn climb_dm(&self, edge: EdgeId) -> Option<(u32, u32)> {
        if self.arrays.ascent_dm.is_empty() {
            return None;
        }
        let road = self.arrays.road[edge.0 as usize];
        let along = [&self.arrays.ascent_dm, &self.arrays.descent_dm].map(|list| u32::from(list[(road / 2) as usize]));
        Some(if road % 2 == 1 { (along[1], along[0]) } else { (along[0], along[1]) })
    }

    /// Who may travel an edge by size, weight and load.
    pub fn limits(&self, edge: EdgeId) -> Limits {
        self.arrays.limits[self.details(edge)]
    }

    /// Who may pass a node by size, weight and load.
    pub fn limits_at(&self, node: NodeId) -> Limits {
        self.arrays.limits[self.details_at(node)]
    }

    /// The text of a sign for those who travel an edge; "" when there is none.
    pub fn sign(&self, edge: EdgeId, sign: Sign) -> &str {
        self.text(self.arrays.signs[self.details(edge)].get(sign))
    }

    /// The text of a sign at a node; "" when there is none.
    pub fn sign_at(&self, node: NodeId, sign: Sign) -> &str {
        self.text(self.arrays.signs[self.details_at(node)].get(sign))
    }

    /// What holds on an edge at times, beside what holds always; of several conditions that are met the last one counts.
    pub fn conditions(&self, edge: EdgeId) -> impl ExactSizeIterator<Item = Condition<'_>> {
        self.conditions_of(self.details(edge))
    }

    /// What holds at a node at times, on the way through it.
    pub fn conditions_at(&self, node: NodeId) -> impl ExactSizeIterator<Item = Condition<'_>> {
        self.conditions_of(self.details_at(node))
    }

    /// The forbidden sequences of edges, ascending; none is given twice.
    pub fn forbidden(&self) -> impl ExactSizeIterator<Item = Forbidden<'_>> {
        let arrays = &self.arrays;
        arrays.first_forbidden.windows(2).zip(arrays.forbidden_modes.iter()).map(|(first, &modes)| Forbidden {
            edges: &arrays.forbidden_edge[first[0] as usize..first[1] as usize],
            modes,
        })
    }

    /// The sequences of edges that are forbidden while a condition is met, in the words of [`Condition::when`]; none of
    /// them is part of [`forbidden`](Self::forbidden) for the same reason.
    pub fn forbidden_at_times(&self) -> impl ExactSizeIterator<Item = (Forbidden<'_>, &str)> {
        let arrays = &self.arrays;
        let sequences = arrays.first_conditional.windows(2).zip(arrays.conditional_modes.iter());
        sequences.zip(arrays.conditional_when.iter()).map(|((first, &modes), &when)| {
            let edges = &arrays.conditional_edge[first[0] as usize..first[1] as usize];
            (Forbidden { edges, modes }, self.text(when))
        })
    }

    /// The number of an edge's details; 0 is none.
    fn details(&self, edge: EdgeId) -> usize {
        if !self.arrays.flags[edge.0 as usize].has_details() {
            return 0;
        }
        found(&self.arrays.detailed_edge, &self.arrays.edge_details, edge.0)
    }

    fn details_at(&self, node: NodeId) -> usize {
        found(&self.arrays.detailed_node, &self.arrays.node_details, node.0)
    }

    fn conditions_of(&self, details: usize) -> impl ExactSizeIterator<Item = Condition<'_>> {
        let first = &self.arrays.first_condition[details..details + 2];
        (first[0] as usize..first[1] as usize).map(|condition| Condition {
            modes: self.arrays.condition_modes[condition],
            effect: self.arrays.condition_effect[condition]
                .unpacked()
                .expect("effects were packed from one; only a damaged file, which verify refuses, holds others"),
            when: self.text(self.arrays.condition_when[condition]),
        })
    }

    fn road(&self, edge: EdgeId) -> usize {
        (self.arrays.road[edge.0 as usize] / 2) as usize
    }

    fn text(&self, text: u32) -> &str {
        let first = &self.arrays.first_byte[text as usize..text as usize + 2];
        std::str::from_utf8(&self.arrays.byte[first[0] as usize..first[1] as usize])
            .expect("texts were written as UTF-8; only a damaged file, which verify refuses, holds others")
    }
}

/// The details that a sorted list names for a number; 0 if it does not name it.
fn found(ascending: &[u32], details: &[u32], number: u32) -> usize {
    ascending.binary_search(&number).map_or(0, |position| details[position] as usize)
}
