//! The smallest cut between two sets of nodes of an undirected graph.
//!
//! E. A. Dinic, "Algorithm for solution of a problem of maximum flow in networks with power estimation" (1970): layers by a
//! breadth-first search, then as many paths along them as there are. Layers are counted towards the sinks and paths searched from
//! the sources, so that each step of a path leads nearer to a sink and hardly any is in vain. Capacities are tiny (the directions
//! of a road), so a path carries one unit at a time. A flow larger than the best cut so far is given up.

use std::sync::atomic::{AtomicU32, Ordering};

/// An undirected graph; each road is two arcs, each the other's twin.
#[derive(Default)]
pub(super) struct Graph {
    /// By node, and one more.
    pub(super) first_out: Vec<u32>,
    pub(super) head: Vec<u32>,
    pub(super) twin: Vec<u32>,
    /// By arc, the same for both twins: how many directions of the road are open.
    pub(super) capacity: Vec<u8>,
}

impl Graph {
    pub(super) fn node_count(&self) -> usize {
        self.first_out.len() - 1
    }

    pub(super) fn arcs(&self, node: u32) -> std::ops::Range<usize> {
        self.first_out[node as usize] as usize..self.first_out[node as usize + 1] as usize
    }
}

/// What a node is to a flow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Source,
    Between,
    Sink,
}

const UNSEEN: u32 = u32::MAX;

/// The memory of one flow after another.
#[derive(Default)]
pub(super) struct Flow {
    residual: Vec<u8>,
    level: Vec<u32>,
    next_arc: Vec<u32>,
    queue: Vec<u32>,
    path: Vec<usize>,
}

impl Flow {
    /// The size of the smallest cut, and by node whether it lies on the sources' side; `None` when that is larger than
    /// `limit`, which is lowered to it otherwise. Of the cuts next to the sources and next to the sinks, the more balanced one.
    pub(super) fn cut(&mut self, graph: &Graph, roles: &[Role], limit: &AtomicU32) -> Option<(u32, Vec<bool>)> {
        self.residual.clone_from(&graph.capacity);
        self.next_arc.resize(roles.len(), 0);
        let (sources, sinks) = (front(graph, roles, Role::Source), front(graph, roles, Role::Sink));
        self.begin(roles, Role::Sink);
        let mut flow = 0;
        while self.layer(graph, roles, &sinks, Role::Sink) {
            flow += self.block(graph, roles, &sources);
            if flow > limit.load(Ordering::Relaxed) {
                return None;
            }
        }
        limit.fetch_min(flow, Ordering::Relaxed);
        let by_sinks: Vec<bool> = self.level.iter().map(|&level| level == UNSEEN).collect();
        self.begin(roles, Role::Source);
        self.layer(graph, roles, &sources, Role::Source);
        let by_sources: Vec<bool> = self.level.iter().map(|&level| level != UNSEEN).collect();
        let smaller = |side: &[bool]| {
            let count = side.iter().filter(|&&on_side| on_side).count();
            count.min(side.len() - count)
        };
        let side = if smaller(&by_sources) >= smaller(&by_sinks) { by_sources } else { by_sinks };
        Some((flow, side))
    }

    /// Levels before any layering from the nodes of a role, which are at level 0 throughout.
    fn begin(&mut self, roles: &[Role], role: Role) {
        self.level.clear();
        self.level.extend(roles.iter().map(|&other| if other == role { 0 } else { UNSEEN }));
        self.queue.clear();
    }

    /// Numbers nodes by their distance from (or, beginning at the sinks, to) those of a role, of which `front` leads away;
    /// whether the other role is reached. Touches no more than it reaches, and what the layering before has reached.
    fn layer(&mut self, graph: &Graph, roles: &[Role], front: &[u32], begin: Role) -> bool {
        let end = if begin == Role::Source { Role::Sink } else { Role::Source };
        for &node in self.queue.iter().filter(|&&node| roles[node as usize] != begin) {
            self.level[node as usize] = UNSEEN;
        }
        self.queue.clear();
        self.queue.extend(front);
        let (mut done, mut is_reached, mut farthest) = (0, false, 0);
        while let Some(&node) = self.queue.get(done) {
            if is_reached && self.level[node as usize] >= farthest {
                break; // No shortest path leads on from here.
            }
            done += 1;
            for arc in graph.arcs(node) {
                let head = graph.head[arc] as usize;
                // What one direction of a road has carried, the other may carry in addition.
                let used_up = if begin == Role::Source { 0 } else { 2 * graph.capacity[arc] };
                if self.level[head] == UNSEEN && self.residual[arc] != used_up {
                    self.level[head] = self.level[node as usize] + 1;
                    if roles[head] == end && !is_reached {
                        is_reached = true;
                        farthest = self.level[head];
                    }
                    self.queue.push(head as u32);
                }
            }
        }
        is_reached
    }

    /// Sends units along the layers until no path of such arcs is left; how many.
    fn block(&mut self, graph: &Graph, roles: &[Role], front: &[u32]) -> u32 {
        for &node in &self.queue {
            self.next_arc[node as usize] = graph.first_out[node as usize];
        }
        let mut units = 0;
        for &source in front {
            while self.level[source as usize] != UNSEEN && self.find_path(graph, roles, source) {
                for &arc in &self.path {
                    self.residual[arc] -= 1;
                    self.residual[graph.twin[arc] as usize] += 1;
                }
                units += 1;
            }
        }
        units
    }

    /// Leaves in `path` the arcs from `source` to some sink, if there is such a path.
    fn find_path(&mut self, graph: &Graph, roles: &[Role], source: u32) -> bool {
        self.path.clear();
        let mut node = source;
        while roles[node as usize] != Role::Sink {
            let next = self.next_arc[node as usize] as usize;
            if next < graph.arcs(node).end {
                let head = graph.head[next];
                if self.residual[next] > 0 && self.level[node as usize] == self.level[head as usize].wrapping_add(1) {
                    self.path.push(next);
                    node = head;
                } else {
                    self.next_arc[node as usize] += 1;
                }
            } else if let Some(back) = self.path.pop() {
                // A dead end: the arc that led here is not tried again.
                node = graph.head[graph.twin[back] as usize];
                self.next_arc[node as usize] += 1;
            } else {
                return false;
            }
        }
        true
    }
}

/// The nodes of a role that have other neighbours.
fn front(graph: &Graph, roles: &[Role], role: Role) -> Vec<u32> {
    let leads_away = |&node: &u32| {
        let mut arcs = graph.arcs(node);
        roles[node as usize] == role && arcs.any(|arc| roles[graph.head[arc] as usize] != role)
    };
    (0..roles.len() as u32).filter(leads_away).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Roads between numbered nodes, each with a capacity.
    fn graph(nodes: u32, roads: &[(u32, u32, u8)]) -> Graph {
        let mut arcs: Vec<_> =
            roads.iter().enumerate().flat_map(|(n, &(a, b, c))| [(a, b, n, c), (b, a, n, c)]).collect();
        arcs.sort_unstable();
        let twin = |a: &(u32, u32, usize, u8)| arcs.iter().position(|b| b.2 == a.2 && b.0 != a.0).unwrap() as u32;
        Graph {
            first_out: (0..=nodes).map(|node| arcs.iter().filter(|arc| arc.0 < node).count() as u32).collect(),
            head: arcs.iter().map(|arc| arc.1).collect(),
            twin: arcs.iter().map(twin).collect(),
            capacity: arcs.iter().map(|arc| arc.3).collect(),
        }
    }

    #[test]
    fn the_cut_is_as_small_as_any() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..300 {
            let nodes = random.u32(2..9);
            let mut roads = Vec::new();
            for _ in 0..random.u32(1..16) {
                let (a, b) = (random.u32(0..nodes), random.u32(0..nodes));
                if a != b {
                    roads.push((a, b, random.u8(1..3)));
                }
            }
            let graph = graph(nodes, &roads);
            let mut roles = vec![Role::Between; nodes as usize];
            (roles[0], roles[nodes as usize - 1]) = (Role::Source, Role::Sink);
            let size = |side: &dyn Fn(u32) -> bool| -> u32 {
                roads.iter().filter(|road| side(road.0) != side(road.1)).map(|road| u32::from(road.2)).sum()
            };
            let all = (0..1_u32 << nodes).filter(|set| set & 1 != 0 && set >> (nodes - 1) == 0);
            let smallest = all.map(|set| size(&|node| set >> node & 1 != 0)).min().unwrap();
            let limit = AtomicU32::new(smallest);
            let (found, side) = Flow::default().cut(&graph, &roles, &limit).unwrap();
            assert_eq!((found, size(&|node| side[node as usize])), (smallest, smallest));
            assert!(side[0] && !side[nodes as usize - 1]);
            assert_eq!(limit.into_inner(), smallest);
            let less = AtomicU32::new(smallest.saturating_sub(1));
            assert!(smallest == 0 || Flow::default().cut(&graph, &roles, &less).is_none());
        }
    }
}
