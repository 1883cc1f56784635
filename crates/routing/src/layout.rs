//! How one profile may move on a network, whatever the weights: zones, turns, components, what arrives where.
//!
//! All of it follows from the network and the profile's table, and takes a while; so an import keeps it in the dataset as a
//! file of arrays, which is used in place. Turn costs are part of it, edge weights are not: those change with traffic and
//! belong to the [`Metric`](crate::hierarchy::Metric).

use std::path::Path;

use network::{Array, ArrayFile, ArrayWriter, EdgeId, Mode, ModeSet, Network, NodeId};

use crate::bans::Bans;
use crate::bearings::Bearings;
use crate::components::connected_edges;
use crate::hierarchy::{Approach, Private};
use crate::openings::{gates, openings};
use crate::profile::{Family, Profile};
use crate::snap;
use crate::turns::{Rules, State, Turns};
use crate::zones::{PUBLIC, Zones};

const KIND: &str = "layout";
/// Raised whenever an array changes its meaning, or the program derives other turns from the same network.
const VERSION: u32 = 6;

/// The modes of the profiles of a family: those that share the names of states.
pub(crate) fn modes(family: Family) -> ModeSet {
    let members = Profile::ALL.into_iter().filter(|profile| profile.family() == family);
    members.map(Profile::mode).collect()
}

/// What a profile's queries read beside weights and arcs.
pub(crate) struct Layout {
    pub(crate) zones: Zones,
    pub(crate) turns: Turns,
    pub(crate) approach: Approach,
    /// By edge: whether one gets to and away from it.
    connected: Array<u8>,
    /// Those that are open at times, ascending.
    openings: Array<EdgeId>,
    /// By node, and one more: the first of its incoming edges that are usable at any time.
    first_in: Array<u32>,
    incoming: Array<EdgeId>,
}

impl Layout {
    pub(crate) fn new(network: &Network, profile: Profile) -> Self {
        let bans = Bans::new(network, modes(profile.family()));
        Self::by(network, profile, (&bans, &Bearings::new(network)))
    }

    /// [`Layout::new`] by the bans of the profile's family and what all profiles share.
    pub(crate) fn by(network: &Network, profile: Profile, (bans, bearings): (&Bans, &Bearings)) -> Self {
        let table = profile.table();
        let zones = Zones::new(network, table.mode);
        let (openings, gates) = (openings(network, table.mode), gates(network, table.mode));
        let rules = Rules::new(network, table, &zones, bearings.clone()).with_openings(&openings, &gates);
        let turns = Turns::new(rules, bans);
        let connected = connected_edges(network, table.mode, &zones, &turns);
        let (first_in, incoming) = incoming(network, table.mode, &openings);
        Self {
            approach: Approach::new(network, &zones, &turns),
            connected: connected.into_iter().map(u8::from).collect::<Vec<_>>().into(),
            openings: openings.into(),
            zones,
            turns,
            first_in: first_in.into(),
            incoming: incoming.into(),
        }
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), network::Error> {
        let mut file = ArrayWriter::create(path, KIND, VERSION, 16)?;
        file.array("zone", &self.zones.of_edge)?;
        file.array("zones", &[self.zones.count as u32])?;
        file.array("first_out", &self.turns.first_out)?;
        file.array("turn", &self.turns.list)?;
        file.array("copy", &self.turns.copies)?;
        file.array("gated", &self.turns.gated)?;
        file.array("copy_by_edge", &self.approach.copies)?;
        file.array("private", &self.approach.private.number)?;
        file.array("private_state", &self.approach.private.states)?;
        file.array("first_private", &self.approach.private.first)?;
        file.array("into_zones", &self.approach.into_zones)?;
        file.array("first_into_zones", &self.approach.first_into)?;
        file.array("connected", &self.connected)?;
        file.array("opening", &self.openings)?;
        file.array("first_in", &self.first_in)?;
        file.array("incoming", &self.incoming)?;
        file.finish()
    }

    pub(crate) fn open(path: &Path) -> Result<Self, network::Error> {
        let file = ArrayFile::open(path, KIND, VERSION)?;
        let of_edge: Array<u32> = file.array("zone")?;
        let edge_count = of_edge.len();
        let count = file.array::<u32>("zones")?.first().map_or(1, |&count| count as usize);
        Ok(Self {
            zones: Zones { of_edge, count },
            turns: Turns {
                first_out: file.array("first_out")?,
                list: file.array("turn")?,
                copies: file.array("copy")?,
                gated: file.array("gated")?,
                edge_count,
            },
            approach: Approach {
                copies: file.array("copy_by_edge")?,
                private: Private {
                    number: file.array("private")?,
                    states: file.array("private_state")?,
                    first: file.array("first_private")?,
                },
                into_zones: file.array("into_zones")?,
                first_into: file.array("first_into_zones")?,
            },
            connected: file.array("connected")?,
            openings: file.array("opening")?,
            first_in: file.array("first_in")?,
            incoming: file.array("incoming")?,
        })
    }

    /// Whether one gets to and away from an edge.
    pub(crate) fn is_connected(&self, edge: EdgeId) -> bool {
        self.connected[edge.0 as usize] != 0
    }

    /// Whether an edge is closed, but open at times.
    #[inline]
    pub(crate) fn opens(&self, edge: EdgeId) -> bool {
        !self.openings.is_empty() && self.openings.binary_search(&edge).is_ok()
    }

    /// The edges that are closed, but open at times.
    pub(crate) fn openings(&self) -> &[EdgeId] {
        &self.openings
    }

    /// The edges that end at barriers that are open at times only.
    pub(crate) fn gated_edges(&self) -> Vec<EdgeId> {
        let mut edges: Vec<EdgeId> = Vec::new();
        let mut state = 0;
        for &turn in self.turns.gated.iter() {
            // Turns are numbered state by state.
            state += self.turns.first_out[state..].partition_point(|&first| first <= turn) - 1;
            edges.push(self.turns.edge(state as State));
        }
        edges.dedup();
        edges
    }

    /// The edges that end at a node and are usable at any time, ascending.
    pub(crate) fn edges_into(&self, node: NodeId) -> &[EdgeId] {
        let range = &self.first_in[node.0 as usize..node.0 as usize + 2];
        &self.incoming[range[0] as usize..range[1] as usize]
    }

    /// Whether everybody who is this profile may pass along an edge, at any time.
    pub(crate) fn is_public(&self, network: &Network, edge: EdgeId, mode: Mode) -> bool {
        self.zones.of(edge) == PUBLIC && (snap::is_usable(network, edge, mode) || self.opens(edge))
    }
}

/// The edges that are usable at any time, by their head.
fn incoming(network: &Network, mode: Mode, openings: &[EdgeId]) -> (Vec<u32>, Vec<EdgeId>) {
    let mut edges: Vec<EdgeId> = network.edges().filter(|&edge| snap::is_usable(network, edge, mode)).collect();
    edges.extend(openings);
    edges.sort_unstable();
    edges.sort_by_key(|&edge| network.head(edge));
    let mut first_in = vec![0; network.node_count() + 1];
    for &edge in &edges {
        first_in[network.head(edge).0 as usize + 1] += 1;
    }
    for node in 0..network.node_count() {
        first_in[node + 1] += first_in[node];
    }
    (first_in, edges)
}
