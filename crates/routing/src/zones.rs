//! Private land: the parts of the network that serve only those who start or end there.
//!
//! A *zone* is a connected group of edges with [`Access::Ends`] (private roads, destination only). So is what lies wholly
//! behind such edges or behind a gate with [`Access::Ends`]: the open streets of a gated estate. Of the open streets that
//! private roads and gates hold together, the largest group is public; the smaller ones belong to the zones they touch.
//!
//! The rule for a leg, kept by every search: it begins in the zones that contain its start, if any, then stays on public
//! roads, then enters one zone that contains its target, if any; each part may be empty. Hence a path on open roads alone
//! is never refused (its edges are all public, or all in the start's zone), a short cut through private land never taken,
//! not even through one's own, and what lies between both ends is the same for everybody.
//!
//! Two zones that meet only at a node of a public road (opposite driveways) are two.

use network::{Access, Array, EdgeId, Mode, Network, NodeId};

use crate::sets::Sets;

/// The number of a zone; [`PUBLIC`] is none.
pub(crate) type Zone = u32;

/// The zone of edges that everybody may travel.
pub(crate) const PUBLIC: Zone = 0;

/// The zone of every edge for one mode.
pub(crate) struct Zones {
    pub(crate) of_edge: Array<Zone>,
    pub(crate) count: usize,
}

impl Zones {
    pub(crate) fn new(network: &Network, mode: Mode) -> Self {
        let map = Map { network, mode };
        let public = map.public_edges();
        let mut in_public = vec![false; network.node_count()];
        for edge in network.edges().filter(|edge| public[edge.0 as usize]) {
            in_public[network.tail(edge).0 as usize] = true;
            in_public[network.head(edge).0 as usize] = true;
        }
        let private = |edge: EdgeId| map.access(edge) != Access::No && !public[edge.0 as usize];
        let mut land = map.connect(private, |node| map.barrier(node) != Access::No && !in_public[node.0 as usize]);
        map.number(&mut land, &public)
    }

    /// The zone of an edge.
    pub(crate) fn of(&self, edge: EdgeId) -> Zone {
        self.of_edge[edge.0 as usize]
    }

    /// How many zones there are, [`PUBLIC`] among them.
    pub(crate) fn count(&self) -> usize {
        self.count
    }
}

/// The network as one mode may use it.
struct Map<'a> {
    network: &'a Network,
    mode: Mode,
}

impl Map<'_> {
    fn access(&self, edge: EdgeId) -> Access {
        self.network.access(edge, self.mode)
    }

    fn barrier(&self, node: NodeId) -> Access {
        self.network.barrier(node, self.mode)
    }

    /// Sets of those edges that `member` says, joined at the nodes that `joins` says, and with their opposites.
    fn connect(&self, member: impl Fn(EdgeId) -> bool, joins: impl Fn(NodeId) -> bool) -> Sets {
        let mut sets = Sets::new(self.network.edge_count());
        let mut met = vec![None; self.network.node_count()];
        let passable: Vec<bool> = self.network.nodes().map(joins).collect();
        for edge in self.network.edges().filter(|&edge| member(edge)) {
            if let Some(opposite) = self.network.reverse(edge).filter(|&opposite| member(opposite)) {
                sets.join(edge.0, opposite.0);
            }
            for node in [self.network.tail(edge), self.network.head(edge)] {
                if passable[node.0 as usize] {
                    sets.join(edge.0, *met[node.0 as usize].get_or_insert(edge.0));
                }
            }
        }
        sets
    }

    /// By edge: whether it is in the largest group of open streets among all that private roads and gates connect to it.
    fn public_edges(&self) -> Vec<bool> {
        let is_open = |edge| self.access(edge) == Access::Yes;
        let mut open = self.connect(is_open, |node| self.barrier(node) == Access::Yes);
        let mut all = self.connect(|edge| self.access(edge) != Access::No, |node| self.barrier(node) != Access::No);
        let count = self.network.edge_count();
        let mut size = vec![0_u32; count];
        for edge in self.network.edges().filter(|&edge| is_open(edge)) {
            size[open.find(edge.0) as usize] += 1;
        }
        let mut largest: Vec<Option<u32>> = vec![None; count];
        for edge in self.network.edges().filter(|&edge| is_open(edge)) {
            let group = open.find(edge.0);
            let best = largest[all.find(edge.0) as usize].get_or_insert(group);
            if size[group as usize] > size[*best as usize] {
                *best = group;
            }
        }
        let mut is_public =
            |edge: EdgeId| is_open(edge) && largest[all.find(edge.0) as usize] == Some(open.find(edge.0));
        self.network.edges().map(&mut is_public).collect()
    }

    /// Gives the sets of edges that are open to somebody, but not public, numbers from 1 in the order of their edges.
    fn number(&self, land: &mut Sets, public: &[bool]) -> Zones {
        let mut of_edge = vec![PUBLIC; self.network.edge_count()];
        let mut count = 1;
        for edge in self.network.edges() {
            if public[edge.0 as usize] || self.access(edge) == Access::No {
                continue;
            }
            // The smallest member stands for its set and is met first.
            let first = land.find(edge.0);
            if first == edge.0 {
                of_edge[edge.0 as usize] = count;
                count += 1;
            } else {
                of_edge[edge.0 as usize] = of_edge[first as usize];
            }
        }
        Zones { of_edge: of_edge.into(), count: count as usize }
    }
}
