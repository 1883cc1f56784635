//! Ways cut into roads: at the nodes where they meet or end, at barriers, limits, borders and
//! toll booths, and at the vias of turn restrictions.
//!
//! Where a node is missing in the file, the way is cut and the piece without a known position is left out. A closed way
//! is cut at the node where it is closed; a piece may well lead from a node back to itself. Nodes are numbered in the
//! order in which the ways name them, so what lies close on the map tends to lie close in memory.

use std::collections::HashMap;

use geometry::{Coordinate, EARTH_RADIUS_M, haversine_m};
use network::{Access, EdgeFlags, Mode, NetworkBuilder, Node, NodeId, Road};

use crate::collect::{FirstPass, Nodes, RoadWay};
use crate::forbid::Piece;
use crate::import::{Phase, Progress};
use crate::restriction::Via;
use crate::side::LeftHand;
use crate::speed::lawful_kmh;
use crate::statistics::Statistics;
use crate::surroundings::Surroundings;

/// How often the progress of cutting is told, in ways.
const TOLD_EVERY: usize = 4096;

/// What cutting yields beside the roads in the builder.
pub(crate) struct Cut {
    pub(crate) pieces: Vec<Piece>,
    /// By way, its pieces.
    pub(crate) of_way: HashMap<i64, std::ops::Range<usize>>,
    /// By position among the nodes of roads.
    node_of: Vec<Option<NodeId>>,
}

impl Cut {
    /// The node of the network at a position among the nodes of roads.
    pub(crate) fn node(&self, position: u32) -> Option<NodeId> {
        self.node_of[position as usize]
    }
}

/// Adds all roads to the network.
pub(crate) fn cut_ways(
    ways: &FirstPass,
    nodes: &Nodes,
    builder: &mut NetworkBuilder,
    statistics: &mut Statistics,
    progress: &dyn Fn(Progress),
) -> Cut {
    let positions: Vec<u32> = ways.nodes.iter().map(|&id| nodes.position(id).expect("every node was listed")).collect();
    let mut cutter = Cutter {
        nodes,
        is_end: find_ends(ways, &positions, nodes),
        left_hand: LeftHand::new(),
        surroundings: Surroundings::new(ways, &positions, nodes),
        cut: Cut { pieces: Vec::new(), of_way: HashMap::new(), node_of: vec![None; nodes.coordinates.len()] },
        builder,
        statistics,
    };
    cutter.statistics.missing_nodes = nodes.coordinates.iter().filter(|place| place.is_none()).count() as u64;
    for (number, way) in ways.ways.iter().enumerate() {
        cutter.cut_way(way, &positions[way.nodes.clone()]);
        if number % TOLD_EVERY == 0 {
            progress(Progress { phase: Phase::Roads, done: number as u64, total: ways.ways.len() as u64 });
        }
    }
    progress(Progress { phase: Phase::Roads, done: ways.ways.len() as u64, total: ways.ways.len() as u64 });
    cutter.cut
}

/// By position: whether roads end there.
fn find_ends(ways: &FirstPass, positions: &[u32], nodes: &Nodes) -> Vec<bool> {
    let mut seen = vec![false; nodes.coordinates.len()];
    let mut is_end = vec![false; nodes.coordinates.len()];
    for way in &ways.ways {
        for run in present_runs(&positions[way.nodes.clone()], nodes) {
            for &position in run {
                is_end[position as usize] |= std::mem::replace(&mut seen[position as usize], true);
            }
            is_end[run[0] as usize] = true;
            is_end[run[run.len() - 1] as usize] = true;
        }
    }
    for (&position, special) in &nodes.special {
        is_end[position as usize] |= special.cuts;
    }
    for restriction in &ways.restrictions {
        if let Via::Node(via) = restriction.via
            && let Some(position) = nodes.position(via)
        {
            is_end[position as usize] = true;
        }
    }
    is_end
}

/// The parts of a way whose nodes all have a position; a lone node is no part.
fn present_runs<'a>(positions: &'a [u32], nodes: &Nodes) -> impl Iterator<Item = &'a [u32]> {
    positions.split(|&position| nodes.coordinates[position as usize].is_none()).filter(|run| run.len() > 1)
}

struct Cutter<'a> {
    nodes: &'a Nodes,
    is_end: Vec<bool>,
    left_hand: LeftHand,
    surroundings: Surroundings,
    cut: Cut,
    builder: &'a mut NetworkBuilder,
    statistics: &'a mut Statistics,
}

impl Cutter<'_> {
    fn cut_way(&mut self, way: &RoadWay, positions: &[u32]) {
        let lines: Vec<&[u32]> = present_runs(positions, self.nodes).flat_map(|run| self.lines(run)).collect();
        if positions.iter().any(|&position| self.nodes.coordinates[position as usize].is_none()) {
            self.statistics.cut_roads += 1;
        }
        let first = self.cut.pieces.len();
        let lengths_m: Vec<f64> = lines.iter().map(|line| self.length_m(line)).collect();
        let whole_m: f64 = lengths_m.iter().sum();
        let left_hand =
            way.left_hand.or_else(|| lines.first().map(|line| self.left_hand.contains(self.place(line[0]))));
        let side = if left_hand == Some(true) { EdgeFlags::LEFT_HAND } else { EdgeFlags::NONE };
        let road = Road { flags: way.road.flags | side, ..way.road };
        for (line, length_m) in lines.into_iter().zip(lengths_m) {
            self.add_piece(&road, line, length_m / whole_m);
        }
        self.cut.of_way.insert(way.id, first..self.cut.pieces.len());
    }

    /// A run of nodes, cut where roads end; neighbours share the node between them.
    fn lines<'b>(&self, run: &'b [u32]) -> Vec<&'b [u32]> {
        let mut lines = Vec::new();
        let mut begin = 0;
        for end in 1..run.len() {
            if self.is_end[run[end] as usize] {
                lines.push(&run[begin..=end]);
                begin = end;
            }
        }
        lines
    }

    fn add_piece(&mut self, road: &Road, line: &[u32], share: f64) {
        let (from, to) = (line[0], line[line.len() - 1]);
        let inner: Vec<Coordinate> = line[1..line.len() - 1].iter().map(|&position| self.place(position)).collect();
        if from == to && inner.iter().all(|&at| at == self.place(from)) {
            self.statistics.empty_pieces += 1;
            return;
        }
        let surrounding = self.surroundings.at(self.middle(line));
        let outside = if surrounding.built_up { EdgeFlags::NONE } else { EdgeFlags::OPEN_COUNTRY };
        let road = Road {
            flags: road.flags | outside,
            lawful_kmh: lawful_kmh(road.class, road.flags, surrounding),
            from: self.node(from),
            to: self.node(to),
            ferry_duration_ms: road
                .ferry_duration_ms
                .map(|whole_ms| (f64::from(whole_ms) * share).round().max(1.0) as u32),
            ..*road
        };
        let access = [road.forward.access, road.backward.access];
        self.statistics.car_edges += access.iter().filter(|access| access.get(Mode::Car) != Access::No).count() as u64;
        let piece = Piece { road: self.builder.add_road(&road, &inner), ends: [road.from, road.to], access };
        self.cut.pieces.push(piece);
    }

    /// The node of the network at a position, made when it is first asked for.
    fn node(&mut self, position: u32) -> NodeId {
        if let Some(known) = self.cut.node_of[position as usize] {
            return known;
        }
        let special = self.nodes.special.get(&position);
        let node = special.map_or_else(|| Node::at(self.place(position)), |special| special.node);
        let made = self.builder.add_node(node);
        self.cut.node_of[position as usize] = Some(made);
        made
    }

    fn place(&self, position: u32) -> Coordinate {
        self.nodes.coordinates[position as usize].expect("lines hold only nodes that have a position")
    }

    /// Halfway, counted in nodes.
    fn middle(&self, line: &[u32]) -> Coordinate {
        let [a, b] = [(line.len() - 1) / 2, line.len() / 2].map(|number| self.place(line[number]));
        Coordinate { lat_e7: i32::midpoint(a.lat_e7, b.lat_e7), lon_e7: i32::midpoint(a.lon_e7, b.lon_e7) }
    }

    fn length_m(&self, line: &[u32]) -> f64 {
        line.windows(2).map(|pair| haversine_m(self.place(pair[0]), self.place(pair[1]), EARTH_RADIUS_M)).sum()
    }
}
