//! Nested dissection: a cell of nodes is cut in two, and each half again.
//!
//! A cell that hangs together in several parts falls apart without a cut. Each side of a cut has at least a quarter of the
//! nodes, so the recursion is never deep. Never in here: which edges matter to whom; closed roads stand below everything.

use network::{EdgeId, Network};

use super::Piece;
use super::flow::{Flow, Graph, Role};
use super::reduce::{Arm, Reduced, reduce};

/// The directions along which a cell is measured, as factors of longitude and latitude. Twice as many take twice the time and
/// save half of one in a hundred arcs (measured on Porto).
const DIRECTIONS: [(i64, i64); 4] = [(1, 0), (0, 1), (1, 1), (1, -1)];

/// The cuts down to cells of this share of all nodes are ranked above all that lies within them: what customizing on several
/// threads needs.
const FIRST_CELLS: usize = 24;

/// No number.
const NONE: u32 = u32::MAX;

/// A dissection under way.
pub(super) struct Dissection<'a> {
    pieces: &'a [Piece],
    reduced: Reduced,
    /// By node: east and north in units of equal length.
    places: Vec<(i64, i64)>,
    /// By node: its number within the cell in work.
    local: Vec<u32>,
    /// By piece: its first arc in the graph of that cell.
    first_arc: Vec<u32>,
    graph: Graph,
    /// By arc of that graph: its piece, and whether it leads along the piece's first direction.
    arc_piece: Vec<(u32, bool)>,
    flow: Flow,
    /// The result so far, most important first.
    descending: Vec<EdgeId>,
}

/// The ends of the pieces that separate: loops and closed roads do not.
fn ends(network: &Network, piece: &Piece) -> Option<[u32; 2]> {
    let edge = piece.edges.iter().flatten().next()?;
    let ends = [network.tail(*edge).0, network.head(*edge).0];
    (piece.is_open && ends[0] != ends[1]).then_some(ends)
}

impl<'a> Dissection<'a> {
    pub(super) fn new(network: &Network, pieces: &'a [Piece]) -> Self {
        Self {
            pieces,
            reduced: reduce(arms(network, pieces), pieces),
            places: places(network),
            local: vec![NONE; network.node_count()],
            first_arc: vec![NONE; pieces.len()],
            graph: Graph::default(),
            arc_piece: Vec::new(),
            flow: Flow::default(),
            descending: Vec::with_capacity(network.edge_count()),
        }
    }

    /// All edges, most important first.
    pub(super) fn run(mut self) -> Vec<EdgeId> {
        let mut all = std::mem::take(&mut self.reduced.nodes);
        // The first cuts above everything else, so that what they separate lies together.
        let limit = all.len() / FIRST_CELLS;
        let (mut large, mut cells) = (vec![&mut all[..]], Vec::new());
        while let Some(cell) = large.pop() {
            let (more, enough) = self.split(cell).into_iter().partition::<Vec<_>, _>(|part| part.len() > limit);
            large.extend(more);
            cells.extend(enough);
        }
        for cell in cells {
            self.dissect(cell);
        }
        let mut is_ranked = vec![false; self.descending.capacity()];
        for edge in &self.descending {
            is_ranked[edge.0 as usize] = true;
        }
        let rest = self.pieces.iter().flat_map(|piece| piece.edges).flatten();
        self.descending.extend(rest.filter(|edge| !is_ranked[edge.0 as usize]));
        self.descending
    }

    fn dissect(&mut self, cell: &mut [u32]) {
        for part in self.split(cell) {
            self.dissect(part);
        }
    }

    /// Cuts a cell in two, or apart where it does not hang together; nothing is left of a single node.
    fn split<'c>(&mut self, mut cell: &'c mut [u32]) -> Vec<&'c mut [u32]> {
        if let [node] = *cell {
            for piece in std::mem::take(&mut self.reduced.hanging[node as usize]) {
                self.descending.extend(self.pieces[piece as usize].edges.iter().flatten());
            }
        }
        if cell.len() < 2 {
            return Vec::new();
        }
        self.lay_out(cell);
        let (mut part, mut count) = self.parts();
        if count == 1 {
            (part, count) = (self.cut(cell), 2);
            self.rank_cut(&part);
        }
        let mut parts = Vec::with_capacity(count);
        for length in regroup(cell, &part, count) {
            let (first, rest) = cell.split_at_mut(length);
            parts.push(first);
            cell = rest;
        }
        parts
    }

    /// Makes `graph` that of the cell.
    fn lay_out(&mut self, cell: &[u32]) {
        for (number, &node) in cell.iter().enumerate() {
            self.local[node as usize] = number as u32;
        }
        let graph = &mut self.graph;
        graph.first_out.clear();
        graph.head.clear();
        graph.twin.clear();
        graph.capacity.clear();
        self.arc_piece.clear();
        graph.first_out.push(0);
        for &node in cell {
            for &Arm { node: end, piece, is_along } in &self.reduced.arms[node as usize] {
                let head = self.local[end as usize];
                if head == NONE {
                    continue;
                }
                let arc = graph.head.len() as u32;
                let twin = std::mem::replace(&mut self.first_arc[piece as usize], arc);
                if twin != NONE {
                    graph.twin[twin as usize] = arc;
                    self.first_arc[piece as usize] = NONE;
                }
                graph.head.push(head);
                graph.twin.push(twin);
                self.arc_piece.push((piece, is_along));
                graph.capacity.push(self.pieces[piece as usize].width());
            }
            graph.first_out.push(graph.head.len() as u32);
        }
        for &node in cell {
            self.local[node as usize] = NONE;
        }
    }

    /// By node of the cell, the connected part that it is in; and how many parts there are.
    fn parts(&self) -> (Vec<u32>, usize) {
        let mut part = vec![NONE; self.graph.node_count()];
        let mut count = 0;
        let mut open = Vec::new();
        for root in 0..part.len() {
            if part[root] != NONE {
                continue;
            }
            part[root] = count;
            open.push(root as u32);
            while let Some(node) = open.pop() {
                for arc in self.graph.arcs(node) {
                    let head = self.graph.head[arc];
                    if part[head as usize] == NONE {
                        part[head as usize] = count;
                        open.push(head);
                    }
                }
            }
            count += 1;
        }
        (part, count as usize)
    }

    /// The side of each node in the smallest cut over all directions; of equally small ones the most balanced.
    fn cut(&mut self, cell: &[u32]) -> Vec<u32> {
        let mut best: Option<(u32, usize, Vec<bool>)> = None;
        for direction in DIRECTIONS {
            let roles = self.roles(cell, direction);
            let limit = best.as_ref().map_or(u32::MAX, |best| best.0);
            if let Some((size, side)) = self.flow.cut(&self.graph, &roles, limit) {
                let count = side.iter().filter(|&&on_side| on_side).count();
                let larger = count.max(side.len() - count);
                if best.as_ref().is_none_or(|best| (size, larger) < (best.0, best.1)) {
                    best = Some((size, larger, side));
                }
            }
        }
        let side = best.expect("the first direction has no limit").2;
        side.into_iter().map(u32::from).collect()
    }

    /// The foremost quarter along a direction is the source, the hindmost the sink; each is at least one node.
    fn roles(&self, cell: &[u32], (east, north): (i64, i64)) -> Vec<Role> {
        let mut along: Vec<(i64, u32)> = cell
            .iter()
            .enumerate()
            .map(|(number, &node)| {
                let (x, y) = self.places[node as usize];
                (east * x + north * y, number as u32)
            })
            .collect();
        let quarter = (cell.len() / 4).max(1);
        let mut roles = vec![Role::Between; cell.len()];
        along.select_nth_unstable(quarter - 1);
        for &(_, number) in &along[..quarter] {
            roles[number as usize] = Role::Source;
        }
        let last = along.len() - quarter;
        along.select_nth_unstable(last);
        for &(_, number) in &along[last..] {
            roles[number as usize] = Role::Sink;
        }
        roles
    }

    /// Ranks the roads between the two sides: all that lead from the second to the first above all that lead back.
    fn rank_cut(&mut self, side: &[u32]) {
        for is_onwards in [false, true] {
            for node in 0..self.graph.node_count() as u32 {
                for arc in self.graph.arcs(node) {
                    if side[node as usize] < side[self.graph.head[arc] as usize] {
                        let (piece, is_along) = self.arc_piece[arc];
                        let edges = self.pieces[piece as usize].edges;
                        self.descending.extend(edges[usize::from(is_along != is_onwards)]);
                    }
                }
            }
        }
    }
}

/// Puts the nodes of each part side by side; the lengths of the parts, the largest number of parts being `count`.
fn regroup(cell: &mut [u32], part: &[u32], count: usize) -> Vec<usize> {
    let mut lengths = vec![0; count];
    for &part in part {
        lengths[part as usize] += 1;
    }
    let mut next: Vec<usize> =
        lengths.iter().scan(0, |sum, length| Some(std::mem::replace(sum, *sum + length))).collect();
    let old = cell.to_vec();
    for (&node, &part) in old.iter().zip(part) {
        cell[next[part as usize]] = node;
        next[part as usize] += 1;
    }
    lengths
}

/// The open roads by the nodes where they end.
fn arms(network: &Network, pieces: &[Piece]) -> Vec<Vec<Arm>> {
    let mut arms = vec![Vec::new(); network.node_count()];
    for (piece, ends) in (0..).zip(pieces.iter().map(|piece| ends(network, piece))) {
        if let Some([a, b]) = ends {
            let is_along = pieces[piece as usize].edges[0].is_some();
            arms[a as usize].push(Arm { node: b, piece, is_along });
            arms[b as usize].push(Arm { node: a, piece, is_along: !is_along });
        }
    }
    arms
}

/// Where the nodes lie, to the east and to the north, in units of about a centimetre.
fn places(network: &Network) -> Vec<(i64, i64)> {
    let middle = network.bounding_box().map_or(0.0, |area| f64::midpoint(area.min.lat(), area.max.lat()));
    // Of 1024 parts, so that all that follows is exact.
    let shrink = (middle.to_radians().cos() * 1024.0).round() as i64;
    let place = |node| {
        let at = network.coordinate(node);
        (i64::from(at.lon_e7) * shrink / 1024, i64::from(at.lat_e7))
    };
    network.nodes().map(place).collect()
}
