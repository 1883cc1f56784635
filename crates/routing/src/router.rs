//! One profile over one network: everything that a query reads, laid out once.
//!
//! A [`Router`] is made when a dataset is opened and never changes; any number of threads ask it at the same time, each
//! with its own [`Scratch`](crate::Scratch).

use std::sync::Arc;

use geometry::Coordinate;
use network::{EdgeId, Mode, Network, NodeId};

use crate::components::connected_edges;
use crate::hierarchy::{self, Approach, Ends, Finish, Hierarchy, LANES, Order, Start};
use crate::index::Index;
use crate::path::{self, Path};
use crate::profile::Profile;
use crate::scratch::Scratch;
use crate::search::{Interrupted, Search, Usual};
use crate::snap::{self, Snap, SnapError};
use crate::targets::Targets;
use crate::terms::Terms;
use crate::turns::Turns;
use crate::under;
use crate::weight::{Travel, Weight};
use crate::zones::Zones;

/// Answers routing questions for one profile over one network.
pub struct Router {
    network: Arc<Network>,
    profile: Profile,
    /// By edge, whole; of an edge that the profile may not use, meaningless.
    pub(crate) weights: Vec<Weight>,
    pub(crate) zones: Zones,
    pub(crate) turns: Turns,
    /// By edge: whether one gets to and away from it.
    connected: Vec<bool>,
    pub(crate) index: Index,
    /// By node, and one more: the first of its usable incoming edges.
    first_in: Vec<u32>,
    incoming: Vec<EdgeId>,
    pub(crate) approach: Approach,
    pub(crate) hierarchy: Hierarchy,
}

impl std::fmt::Debug for Router {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Router({:?}, {:?}, {} states)", self.profile, self.network, self.turns.state_count())
    }
}

impl Router {
    /// [`Router::with_order`] with an order made on the spot, which takes seconds on a city.
    pub fn new(network: Arc<Network>, profile: Profile) -> Router {
        let order = Order::new(&network, profile.family());
        Self::with_order(network, profile, &order)
    }

    /// Lays out weights, turns, zones, components, the spatial index and the hierarchy of `profile` over `network`; `order`
    /// is that of the same network and the profile's family.
    pub fn with_order(network: Arc<Network>, profile: Profile, order: &Order) -> Router {
        let table = profile.table();
        let usable = |edge| snap::is_usable(&network, edge, table.mode);
        let zones = Zones::new(&network, table.mode);
        let turns = Turns::new(&network, table, &zones);
        let weights: Vec<Weight> = network.edges().map(|edge| table.edge(&network, edge)).collect();
        let (first_in, incoming) = incoming(&network, usable);
        Router {
            connected: connected_edges(&network, table.mode, &zones, &turns),
            index: Index::new(&network, network.edges().filter(|&edge| snap::is_indexed(&network, edge, usable))),
            approach: Approach::new(&network, &turns, &weights),
            hierarchy: Hierarchy::new(order, &turns, &zones, &weights, usable),
            weights,
            zones,
            turns,
            first_in,
            incoming,
            profile,
            network,
        }
    }

    /// The network that is travelled.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Who travels.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// The position on a road nearest to `at`, at most `max_distance_m` away: on a road that hangs together with the rest
    /// of the map if there is one about as near, else on any that the profile may use.
    pub fn snap(&self, at: Coordinate, max_distance_m: f64) -> Result<Snap, SnapError> {
        snap::snap(self, at, max_distance_m, |_| true)
    }

    /// [`Router::snap`] to a road that the vehicle of some [`Terms`] fits on.
    pub fn snap_under(&self, at: Coordinate, max_distance_m: f64, terms: &Terms) -> Result<Snap, SnapError> {
        snap::snap(self, at, max_distance_m, |edge| terms.vehicle.fits(self.network.limits(edge)))
    }

    /// The fastest path from one position to another, the shortest among equally fast ones; `None` when there is no way.
    ///
    /// `interrupt` is asked before; when it says `true`, there is no search but [`Interrupted`].
    pub fn route(
        &self,
        scratch: &mut Scratch,
        from: &Snap,
        to: &Snap,
        interrupt: &dyn Fn() -> bool,
    ) -> Result<Option<Path>, Interrupted> {
        if interrupt() {
            return Err(Interrupted);
        }
        let ends = Ends { from, start: &Start::new(self, from), to, finish: &Finish::new(self, to) };
        let found = hierarchy::route(self, &mut scratch.forward, &mut scratch.backward, &ends);
        Ok(found.map(|found| path::draw(self, from, to, found)))
    }

    /// Duration and distance of [`Router::route`], without the path.
    pub fn travel(
        &self,
        scratch: &mut Scratch,
        from: &Snap,
        to: &Snap,
        interrupt: &dyn Fn() -> bool,
    ) -> Result<Option<Travel>, Interrupted> {
        if interrupt() {
            return Err(Interrupted);
        }
        let ends = Ends { from, start: &Start::new(self, from), to, finish: &Finish::new(self, to) };
        let weight = hierarchy::weight(self, &mut scratch.forward, &mut scratch.backward, &ends);
        Ok((weight < Weight::INFINITE).then(|| weight.into()))
    }

    /// Makes the columns of a matrix ready.
    pub fn targets<'a>(&self, to: &'a [Snap]) -> Targets<'a> {
        Targets::new(self, to)
    }

    /// Duration and distance from each of some positions to each target, row by row: the same as those of
    /// [`Router::route`], always. [`Router::ROWS_AT_ONCE`] positions are hardly more work than one.
    pub fn rows(
        &self,
        scratch: &mut Scratch,
        from: &[Snap],
        targets: &Targets<'_>,
        interrupt: &dyn Fn() -> bool,
    ) -> Result<Vec<Vec<Option<Travel>>>, Interrupted> {
        let mut rows = Vec::with_capacity(from.len());
        for from in from.chunks(Self::ROWS_AT_ONCE) {
            if interrupt() {
                return Err(Interrupted);
            }
            let starts: Vec<Start> = from.iter().map(|from| Start::new(self, from)).collect();
            let entries = starts.iter().map(|start| &start.entries[..]);
            let Scratch { forward, sweep, .. } = scratch;
            sweep.run(&self.hierarchy, &targets.selection, forward, entries);
            let lanes = from.iter().zip(&starts).enumerate();
            rows.extend(lanes.map(|(lane, (from, start))| targets.row(self, sweep, lane, from, start)));
        }
        Ok(rows)
    }

    /// How many rows of a matrix are best asked for at once.
    pub const ROWS_AT_ONCE: usize = LANES;

    /// Duration and distance from one position to each of many: a matrix of one row.
    pub fn one_to_many(
        &self,
        scratch: &mut Scratch,
        from: &Snap,
        to: &[Snap],
        interrupt: &dyn Fn() -> bool,
    ) -> Result<Vec<Option<Travel>>, Interrupted> {
        let rows = self.rows(scratch, std::slice::from_ref(from), &self.targets(to), interrupt)?;
        Ok(rows.into_iter().next().unwrap_or_default())
    }

    /// [`Router::route`] by plain search: slow, and the judge of it.
    pub fn route_plain(
        &self,
        scratch: &mut Scratch,
        from: &Snap,
        to: &Snap,
        interrupt: &dyn Fn() -> bool,
    ) -> Result<Option<Path>, Interrupted> {
        let mut search = Search::new(self, Usual(self), scratch, from, std::slice::from_ref(to));
        search.run(interrupt)?;
        Ok(search.way(0).map(|found| path::draw(self, from, to, found)))
    }

    /// [`Router::one_to_many`] by plain search.
    pub fn one_to_many_plain(
        &self,
        scratch: &mut Scratch,
        from: &Snap,
        to: &[Snap],
        interrupt: &dyn Fn() -> bool,
    ) -> Result<Vec<Option<Travel>>, Interrupted> {
        let mut search = Search::new(self, Usual(self), scratch, from, to);
        search.run(interrupt)?;
        Ok((0..to.len()).map(|target| search.weight(target).map(Travel::from)).collect())
    }

    /// [`Router::route`] under [`Terms`]: for a vehicle of some size, around what is avoided. Exact, like it; a search whose
    /// guide is the hierarchy, so it takes milliseconds where the terms change little.
    ///
    /// `interrupt` is asked now and then.
    pub fn route_under(
        &self,
        scratch: &mut Scratch,
        from: &Snap,
        to: &Snap,
        terms: &Terms,
        interrupt: &dyn Fn() -> bool,
    ) -> Result<Option<Path>, Interrupted> {
        under::route(self, scratch, (from, to), terms, interrupt)
    }

    /// Duration and distance of [`Router::route_under`] to each of several places.
    pub fn one_to_many_under(
        &self,
        scratch: &mut Scratch,
        from: &Snap,
        to: &[Snap],
        terms: &Terms,
        interrupt: &dyn Fn() -> bool,
    ) -> Result<Vec<Option<Travel>>, Interrupted> {
        under::one_to_many(self, scratch, from, to, terms, interrupt)
    }

    /// [`Router::route_under`] without a guide: slow, and the judge of it.
    pub fn route_under_plain(
        &self,
        scratch: &mut Scratch,
        from: &Snap,
        to: &Snap,
        terms: &Terms,
        interrupt: &dyn Fn() -> bool,
    ) -> Result<Option<Path>, Interrupted> {
        under::route_plain(self, scratch, (from, to), terms, interrupt)
    }

    /// Duration and distance of driving a whole edge, without the turns at its ends.
    pub fn edge_travel(&self, edge: EdgeId) -> Travel {
        self.weights[edge.0 as usize].into()
    }

    pub(crate) fn mode(&self) -> Mode {
        self.profile.mode()
    }

    pub(crate) fn is_usable(&self, edge: EdgeId) -> bool {
        snap::is_usable(&self.network, edge, self.mode())
    }

    /// Whether an edge or its opposite is one that one gets to and away from.
    pub(crate) fn is_connected(&self, edge: EdgeId) -> bool {
        [Some(edge), self.network.reverse(edge)].into_iter().flatten().any(|edge| self.connected[edge.0 as usize])
    }

    /// The usable edges that end at a node, ascending.
    pub(crate) fn edges_into(&self, node: NodeId) -> &[EdgeId] {
        let range = &self.first_in[node.0 as usize..node.0 as usize + 2];
        &self.incoming[range[0] as usize..range[1] as usize]
    }
}

/// The usable edges by their head.
fn incoming(network: &Network, usable: impl Fn(EdgeId) -> bool) -> (Vec<u32>, Vec<EdgeId>) {
    let mut edges: Vec<EdgeId> = network.edges().filter(|&edge| usable(edge)).collect();
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
