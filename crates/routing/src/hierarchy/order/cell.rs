//! Nested dissection: a cell of nodes is cut in two, and each half again.
//!
//! A cell that hangs together in several parts falls apart without a cut. Each side of a cut has at least a quarter of the
//! nodes, so the recursion is never deep. A cell carries its own graph, numbered by itself, so cells are dissected side by side, and
//! of the largest the directions are tried side by side; what each ranks is put together in the order of the cells, hence the
//! outcome does not depend on the number of threads. Never in here: which edges matter to whom; closed roads stand below everything.

use std::sync::atomic::AtomicU32;

use network::{EdgeId, Network};

use super::Piece;
use super::flow::{Flow, Graph, Role};
use super::reduce::{Arm, Reduced, reduce};
use crate::crew::Crew;

/// The directions along which a cell is measured, as factors of longitude and latitude. Twice as many take twice the time and
/// save half of one in a hundred arcs (measured on Porto).
const DIRECTIONS: [(i64, i64); 4] = [(1, 0), (0, 1), (1, 1), (1, -1)];

/// The cuts down to cells of this share of all nodes are ranked above all that lies within them: what customizing on several
/// threads needs.
const FIRST_CELLS: usize = 24;

/// Cells of fewer nodes than this are not worth another thread.
const SHARED: usize = 2048;

/// No number.
const NONE: u32 = u32::MAX;

/// What is dissected, as all threads see it.
pub(super) struct Dissection<'a> {
    pieces: &'a [Piece],
    /// By node: the pieces that rank below it.
    hanging: Vec<Vec<u32>>,
    /// By node: east and north in units of equal length.
    places: Vec<(i64, i64)>,
    crew: &'a Crew,
    /// Whether anybody still wants it; asked before each of the larger cells.
    goes_on: &'a (dyn Fn() -> bool + Sync),
}

/// Some nodes, and the roads between them.
struct Cell {
    /// Ascending.
    nodes: Vec<u32>,
    graph: Graph,
    /// By arc of the graph: its piece, and whether it leads along the piece's first direction.
    arc_piece: Vec<(u32, bool)>,
}

/// What the first cuts leave: what they rank, and the cells below them.
struct Cut {
    descending: Vec<EdgeId>,
    cells: Vec<Cell>,
}

/// The ends of an open piece; closed ones separate nothing.
fn ends(network: &Network, piece: &Piece) -> Option<[u32; 2]> {
    let edge = piece.edges.iter().flatten().next()?;
    piece.is_open.then(|| [network.tail(*edge).0, network.head(*edge).0])
}

/// All edges of a network, which are those of `pieces`, most important first; in any order when it does not go on.
pub(super) fn dissected(
    network: &Network,
    pieces: &[Piece],
    crew: &Crew,
    goes_on: &(dyn Fn() -> bool + Sync),
) -> Vec<EdgeId> {
    let (arms, loops) = arms(network, pieces);
    let reduced = reduce(arms, loops, pieces);
    let all = Cell::of(&reduced, pieces);
    let dissection = Dissection { pieces, hanging: reduced.hanging, places: places(network), crew, goes_on };
    let mut descending = dissection.run(all);
    let mut is_ranked = vec![false; network.edge_count()];
    for edge in &descending {
        is_ranked[edge.0 as usize] = true;
    }
    let rest = pieces.iter().flat_map(|piece| piece.edges).flatten();
    descending.extend(rest.filter(|edge| !is_ranked[edge.0 as usize]));
    descending
}

impl Dissection<'_> {
    /// The edges within a cell, most important first.
    fn run(&self, all: Cell) -> Vec<EdgeId> {
        // The first cuts above everything else, so that what they separate lies together.
        let limit = all.len() / FIRST_CELLS;
        let Cut { mut descending, cells } = self.cut_large(all, limit);
        let of_cells = self.crew.map(cells, |cell| {
            let mut found = Vec::new();
            self.dissect(cell, &mut Flow::default(), &mut found);
            found
        });
        descending.extend(of_cells.into_iter().flatten());
        descending
    }

    /// Cuts a cell down to such of `limit` nodes.
    fn cut_large(&self, cell: Cell, limit: usize) -> Cut {
        if !(self.goes_on)() {
            return Cut { descending: Vec::new(), cells: Vec::new() };
        }
        let mut descending = Vec::new();
        let parts = self.split(cell, &mut Flow::default(), &mut descending);
        let (mut large, cells) = parts.into_iter().partition::<Vec<_>, _>(|part| part.len() > limit);
        large.reverse();
        let mut cut = Cut { descending, cells };
        for below in self.crew.map(large, |part| self.cut_large(part, limit)) {
            cut.descending.extend(below.descending);
            cut.cells.extend(below.cells);
        }
        cut
    }

    /// Ranks all edges within a cell.
    fn dissect(&self, cell: Cell, flow: &mut Flow, descending: &mut Vec<EdgeId>) {
        let is_shared = cell.len() >= SHARED;
        if is_shared && !(self.goes_on)() {
            return;
        }
        let parts = self.split(cell, flow, descending);
        if !is_shared {
            for part in parts {
                self.dissect(part, flow, descending);
            }
            return;
        }
        let of_parts = self.crew.map(parts, |part| {
            let mut found = Vec::new();
            self.dissect(part, &mut Flow::default(), &mut found);
            found
        });
        descending.extend(of_parts.into_iter().flatten());
    }

    /// Cuts a cell in two, or apart where it does not hang together; nothing is left of a single node.
    fn split(&self, cell: Cell, flow: &mut Flow, descending: &mut Vec<EdgeId>) -> Vec<Cell> {
        if let [node] = cell.nodes[..] {
            for &piece in &self.hanging[node as usize] {
                descending.extend(self.pieces[piece as usize].edges.iter().flatten());
            }
        }
        if cell.len() < 2 {
            return Vec::new();
        }
        let (mut part, mut count) = cell.parts();
        if count == 1 {
            (part, count) = (self.cut(&cell, flow), 2);
            self.rank_cut(&cell, &part, descending);
        }
        cell.apart(&part, count)
    }

    /// The side of each node in the smallest cut over all directions; of equally small ones the most balanced.
    fn cut(&self, cell: &Cell, flow: &mut Flow) -> Vec<u32> {
        let smallest = AtomicU32::new(u32::MAX);
        let along = |flow: &mut Flow, direction| {
            let (size, side) = flow.cut(&cell.graph, &self.roles(&cell.nodes, direction), &smallest)?;
            let count = side.iter().filter(|&&on_side| on_side).count();
            Some((size, count.max(side.len() - count), side))
        };
        let found = if cell.len() < SHARED {
            DIRECTIONS.map(|direction| along(flow, direction)).into()
        } else {
            self.crew.map(DIRECTIONS.into(), |direction| along(&mut Flow::default(), direction))
        };
        // One that was given up is larger than another; which those are depends on who was first, but not which is the best.
        let best = found.into_iter().flatten().min_by_key(|&(size, larger, _)| (size, larger));
        let side = best.expect("the smallest cut is never given up").2;
        side.into_iter().map(u32::from).collect()
    }

    /// The foremost quarter along a direction is the source, the hindmost the sink; each is at least one node.
    fn roles(&self, nodes: &[u32], (east, north): (i64, i64)) -> Vec<Role> {
        let place = |(number, &node): (u32, &u32)| {
            let (x, y) = self.places[node as usize];
            (east * x + north * y, number)
        };
        let mut along: Vec<(i64, u32)> = (0..).zip(nodes).map(place).collect();
        let quarter = (nodes.len() / 4).max(1);
        let mut roles = vec![Role::Between; nodes.len()];
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
    fn rank_cut(&self, cell: &Cell, side: &[u32], descending: &mut Vec<EdgeId>) {
        for is_onwards in [false, true] {
            for node in 0..cell.graph.node_count() as u32 {
                for arc in cell.graph.arcs(node) {
                    if side[node as usize] < side[cell.graph.head[arc] as usize] {
                        let (piece, is_along) = cell.arc_piece[arc];
                        let edges = self.pieces[piece as usize].edges;
                        descending.extend(edges[usize::from(is_along != is_onwards)]);
                    }
                }
            }
        }
    }
}

impl Cell {
    /// All that is left of a network.
    fn of(reduced: &Reduced, pieces: &[Piece]) -> Self {
        let mut local = vec![NONE; reduced.arms.len()];
        for (number, &node) in reduced.nodes.iter().enumerate() {
            local[node as usize] = number as u32;
        }
        let (mut cell, mut first_arc) = (Self::empty(), vec![NONE; pieces.len()]);
        for &node in &reduced.nodes {
            for &Arm { node: end, piece, is_along } in &reduced.arms[node as usize] {
                let arc = cell.graph.head.len() as u32;
                let twin = std::mem::replace(&mut first_arc[piece as usize], arc);
                if twin != NONE {
                    cell.graph.twin[twin as usize] = arc;
                }
                cell.graph.head.push(local[end as usize]);
                cell.graph.twin.push(twin);
                cell.graph.capacity.push(pieces[piece as usize].width());
                cell.arc_piece.push((piece, is_along));
            }
            cell.end_node(node);
        }
        cell
    }

    fn empty() -> Self {
        Self { nodes: Vec::new(), graph: Graph { first_out: vec![0], ..Graph::default() }, arc_piece: Vec::new() }
    }

    /// Adds a node, of which the arcs are there.
    fn end_node(&mut self, node: u32) {
        self.nodes.push(node);
        self.graph.first_out.push(self.graph.head.len() as u32);
    }

    /// How many nodes it has.
    fn len(&self) -> usize {
        self.nodes.len()
    }

    /// By node, the connected part that it is in; and how many parts there are.
    fn parts(&self) -> (Vec<u32>, usize) {
        let mut part = vec![NONE; self.len()];
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

    /// The parts as cells of their own, each of the nodes that `part` puts into it.
    fn apart(self, part: &[u32], count: usize) -> Vec<Self> {
        let mut cells: Vec<Self> = (0..count).map(|_| Self::empty()).collect();
        // By node and by arc: its number in its part.
        let mut local = vec![NONE; self.len()];
        let mut sizes = vec![0; count];
        for (node, &part) in part.iter().enumerate() {
            local[node] = sizes[part as usize];
            sizes[part as usize] += 1;
        }
        let mut new_arc = vec![NONE; self.graph.head.len()];
        for node in 0..self.len() {
            let cell = &mut cells[part[node] as usize];
            for arc in self.graph.arcs(node as u32) {
                let head = self.graph.head[arc] as usize;
                if part[head] != part[node] {
                    continue;
                }
                let number = cell.graph.head.len() as u32;
                let twin = self.graph.twin[arc] as usize;
                new_arc[arc] = number;
                if new_arc[twin] != NONE {
                    cell.graph.twin[new_arc[twin] as usize] = number;
                }
                cell.graph.head.push(local[head]);
                cell.graph.twin.push(new_arc[twin]);
                cell.graph.capacity.push(self.graph.capacity[arc]);
                cell.arc_piece.push(self.arc_piece[arc]);
            }
            cell.end_node(self.nodes[node]);
        }
        cells
    }
}

/// The open roads by the nodes where they end; and by node those that lead back to it, which separate nothing.
fn arms(network: &Network, pieces: &[Piece]) -> (Vec<Vec<Arm>>, Vec<Vec<u32>>) {
    let mut arms = vec![Vec::new(); network.node_count()];
    let mut loops = vec![Vec::new(); network.node_count()];
    for (piece, ends) in (0..).zip(pieces.iter().map(|piece| ends(network, piece))) {
        match ends {
            None => {}
            Some([a, b]) if a == b => loops[a as usize].push(piece),
            Some([a, b]) => {
                let is_along = pieces[piece as usize].edges[0].is_some();
                arms[a as usize].push(Arm { node: b, piece, is_along });
                arms[b as usize].push(Arm { node: a, piece, is_along: !is_along });
            }
        }
    }
    (arms, loops)
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
