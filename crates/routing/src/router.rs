//! One profile over one network: everything that a query reads, laid out once.
//!
//! A [`Router`] is made when a dataset is opened and never changes; any number of threads ask it at the same time, each
//! with its own [`Scratch`](crate::Scratch). Its parts are shared: the topology with its family, the index with all. Other speeds
//! make another router over the same parts but for its metric ([`Router::with_speeds`]).

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use geometry::Coordinate;
use network::{EdgeId, Mode, Network, NodeId};

use crate::conditions::Clock;
use crate::hierarchy::{
    self, Drivable, Ends, Hierarchy, LANES, Metric, MetricOrder, Order, Start, Topology, TurnArcs, Version, Workbench,
};
use crate::index::Index;
use crate::layout::Layout;
use crate::openings::faster;
use crate::path::{self, Path, Way};
use crate::profile::Profile;
use crate::scratch::Scratch;
use crate::search::{Interrupted, Search, Usual};
use crate::shut::{Shut, Untaken};
use crate::snap::{self, Snap, SnapError};
use crate::targets::{Reach, Targets};
use crate::terms::Terms;
use crate::timed::TimedTurns;
use crate::turns::State;
use crate::under;
use crate::weight::{Travel, Weight};
use crate::within::{self, Reached};

/// Answers routing questions for one profile over one network.
#[derive(Clone)]
pub struct Router {
    network: Arc<Network>,
    profile: Profile,
    pub(crate) layout: Arc<Layout>,
    pub(crate) index: Arc<Index>,
    topology: Arc<Topology>,
    pub(crate) metric: Arc<Metric>,
    pub(crate) untaken: Untaken,
    /// The same as it is at the best of times; made when it is first asked for.
    best: Arc<OnceLock<Box<Router>>>,
    tools: Tools,
}

/// What other metrics are made with; made when they are first asked for.
#[derive(Clone, Default)]
pub(crate) struct Tools {
    /// Of the family.
    pub(crate) workbench: Arc<OnceLock<Workbench>>,
    /// Of the profile.
    pub(crate) turn_arcs: Arc<OnceLock<TurnArcs>>,
    /// Of the profile.
    pub(crate) timed_turns: Arc<OnceLock<TimedTurns>>,
    /// Of the profile.
    pub(crate) faster: Arc<OnceLock<Vec<(EdgeId, Weight)>>>,
    /// What runs over many lanes.
    pub(crate) version: Version,
}

impl Tools {
    fn workbench(&self, topology: &Arc<Topology>) -> &Workbench {
        self.workbench.get_or_init(|| Workbench::new(Arc::clone(topology), self.version))
    }

    fn turn_arcs(&self, network: &Network, topology: &Topology, layout: &Layout, profile: Profile) -> &TurnArcs {
        self.turn_arcs.get_or_init(|| TurnArcs::new(topology, network, layout, profile))
    }
}

impl std::fmt::Debug for Router {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Router({:?}, {:?}, {} states)", self.profile, self.network, self.layout.turns.state_count())
    }
}

impl Router {
    /// Lays out everything on the spot, which takes seconds on a city; see [`prepare`](crate::prepare()) for files of it.
    pub fn new(network: Arc<Network>, profile: Profile) -> Router {
        let order = Order::new(&network, profile.family(), 1);
        let contracted = Draft::new(network, profile).contract(&order);
        let metric = contracted.customize(1);
        contracted.router(metric)
    }

    pub(crate) fn assemble(network: Arc<Network>, profile: Profile, parts: Parts, tools: Tools) -> Router {
        let Parts { layout, index, topology, metric } = parts;
        Router {
            network,
            profile,
            layout,
            index,
            topology,
            metric,
            untaken: Untaken::Gated,
            best: Arc::default(),
            tools,
        }
    }

    /// The same router under other speeds on some edges, in km/h; 0 closes an edge. What was changed before stays changed.
    ///
    /// The first call lists the triangles of the topology, once for its family. Few changes touch only what leads over them; many are
    /// customized anew, on so many threads.
    #[must_use]
    pub fn with_speeds(&self, speeds: &[(EdgeId, u32)], threads: usize) -> Router {
        let mut weights = self.metric.weights.to_vec();
        // What is open at times stays closed, and has the usual speed when it is open.
        for &(edge, kmh) in speeds.iter().filter(|(edge, _)| !self.layout.opens(*edge)) {
            weights[edge.0 as usize] = Weight::at_speed(self.network.length_cm(edge), kmh);
        }
        let order = MetricOrder { turn_arcs: &self.turn_arcs(&self.untaken), weights };
        let metric = self.tools.workbench(&self.topology).changed(&self.metric, order, &[], threads);
        Router { metric: Arc::new(metric), best: Arc::default(), ..self.clone() }
    }

    /// The router whose weights are a lower bound under terms: if they name a time, with all roads open that are so at times, and as fast
    /// as they are at any.
    pub(crate) fn at_times(&self, terms: &Terms) -> &Router {
        let is_ever_better =
            || !self.layout.openings().is_empty() || !self.layout.turns.gated.is_empty() || !self.faster().is_empty();
        if terms.time.is_none() || !is_ever_better() {
            return self;
        }
        self.best.get_or_init(|| {
            let mut weights = self.metric.weights.to_vec();
            let usual = |edge| self.profile.table().edge(&self.network, edge);
            for &edge in self.layout.openings() {
                weights[edge.0 as usize] = usual(edge);
            }
            // A speed that was set, as by traffic, is not raised by a sign.
            for &(edge, least) in self.faster() {
                let weight = &mut weights[edge.0 as usize];
                if *weight == usual(edge) {
                    *weight = least;
                }
            }
            let untaken = Untaken::None;
            let order = MetricOrder { turn_arcs: &self.turn_arcs(&untaken), weights };
            let opened = self.layout.gated_edges();
            let metric = self.tools.workbench(&self.topology).changed(&self.metric, order, &opened, 1);
            Box::new(Router { metric: Arc::new(metric), untaken, best: Arc::default(), ..self.clone() })
        })
    }

    /// The same router, restricted to instructions that every machine of its kind has: slower, with the same answers and, under
    /// other speeds, the same metrics.
    #[must_use]
    pub fn with_common_instructions(&self) -> Router {
        let tools = Tools { version: Version::common(), workbench: Arc::default(), ..self.tools.clone() };
        Router { tools, best: Arc::default(), ..self.clone() }
    }

    /// The same router with these weights, by edge, and without some turns.
    pub(crate) fn with_metric_of(&self, weights: Vec<Weight>, shut: Shut) -> Router {
        let untaken = if shut.is_empty() { Untaken::None } else { Untaken::Shut(Arc::new(shut)) };
        let order = MetricOrder { turn_arcs: &self.turn_arcs(&untaken), weights };
        let metric = self.tools.workbench(&self.topology).metric(order, 1);
        Router { metric: Arc::new(metric), untaken, best: Arc::default(), ..self.clone() }
    }

    fn usual_turn_arcs(&self) -> &TurnArcs {
        self.tools.turn_arcs(&self.network, &self.topology, &self.layout, self.profile)
    }

    fn turn_arcs(&self, untaken: &Untaken) -> Cow<'_, TurnArcs> {
        let are_usual = match untaken {
            Untaken::Gated => true,
            Untaken::None => self.layout.turns.gated.is_empty(),
            Untaken::Shut(_) => false,
        };
        if are_usual {
            return Cow::Borrowed(self.usual_turn_arcs());
        }
        let is_taken = |turn| !untaken.contains(&self.layout, turn);
        Cow::Owned(TurnArcs::of_some((&self.topology, &self.network), &self.layout, self.profile, is_taken))
    }

    /// Whether a turn, by its number, is not taken.
    #[inline]
    pub(crate) fn is_shut(&self, turn: usize) -> bool {
        self.untaken.contains(&self.layout, turn)
    }

    /// Whether the turn from one state to another is not taken.
    pub(crate) fn is_shut_between(&self, from: State, to: State) -> bool {
        self.untaken.between(&self.layout, from, to)
    }

    /// The ranks of edges that are open.
    pub(crate) fn drivable(&self) -> &Drivable {
        self.metric.drivable(&self.topology)
    }

    /// The edges that are faster at times, each with the least that it ever weighs.
    fn faster(&self) -> &[(EdgeId, Weight)] {
        self.tools.faster.get_or_init(|| faster(&self.network, self.profile.table()))
    }

    /// Turns that are forbidden at times.
    pub(crate) fn timed_turns(&self) -> &TimedTurns {
        let read = || TimedTurns::new(&self.network, &self.layout, self.mode());
        self.tools.timed_turns.get_or_init(read)
    }

    pub(crate) fn hierarchy(&self) -> Hierarchy<'_> {
        Hierarchy { topology: &self.topology, metric: &self.metric, version: self.tools.version }
    }

    /// The network that is travelled.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The network that is travelled, to be kept.
    pub fn shared_network(&self) -> &Arc<Network> {
        &self.network
    }

    /// How many states the turn-expanded graph has.
    pub fn state_count(&self) -> usize {
        self.layout.turns.state_count()
    }

    /// Whether one gets to and away from a position as from most of the map.
    pub fn is_well_connected(&self, place: &Snap) -> bool {
        place.departures.iter().chain(&place.arrivals).any(|at| self.is_connected(at.edge))
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
        let clock = Clock::at(terms.time);
        let may_use = |edge| terms.vehicle.may_use(&self.network, edge, self.mode(), &clock);
        snap::snap(self, at, max_distance_m, may_use)
    }

    /// The same position, left only in directions within a right angle of `heading` (degrees, clockwise from north), where there
    /// are any: a vehicle that is under way does not turn round on the spot.
    pub fn leaving_towards(&self, place: &Snap, heading: u16) -> Snap {
        snap::leaving_towards(self, place, heading)
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
        Ok(self.way(scratch, (from, to), interrupt)?.map(|found| path::draw(self, from, to, found)))
    }

    /// The edges of [`Router::route`], and what they weigh.
    pub(crate) fn way(
        &self,
        scratch: &mut Scratch,
        (from, to): (&Snap, &Snap),
        interrupt: &dyn Fn() -> bool,
    ) -> Result<Option<(Weight, Way)>, Interrupted> {
        if interrupt() {
            return Err(Interrupted);
        }
        let Scratch { forward, backward, nearby, start, finish, .. } = scratch;
        start.refill(self, nearby, from);
        finish.refill(self, nearby, to);
        Ok(hierarchy::route(self, forward, backward, &Ends { from, start, to, finish }))
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
        let Scratch { forward, backward, nearby, start, finish, .. } = scratch;
        start.refill(self, nearby, from);
        finish.refill(self, nearby, to);
        let weight = hierarchy::weight(self, forward, backward, &Ends { from, start, to, finish });
        Ok((weight < Weight::INFINITE).then(|| weight.into()))
    }

    /// Makes the columns of a matrix ready.
    pub fn targets<'a>(&self, to: &'a [Snap]) -> Targets<'a> {
        Targets::new(self, to)
    }

    /// Hands the rows of a matrix to `sink`, each with its number: duration and distance from each of some positions to each
    /// target, the same as those of [`Router::route`], always. [`Router::ROWS_AT_ONCE`] positions are hardly more work than one.
    pub fn rows(
        &self,
        scratch: &mut Scratch,
        from: &[Snap],
        targets: &Targets<'_>,
        interrupt: &dyn Fn() -> bool,
        sink: &mut dyn FnMut(usize, &[Reach]),
    ) -> Result<(), Interrupted> {
        let Scratch { forward, sweep, nearby, starts, row, .. } = scratch;
        starts.resize_with(starts.len().max(Self::ROWS_AT_ONCE.min(from.len())), Start::default);
        for (block, from) in from.chunks(Self::ROWS_AT_ONCE).enumerate() {
            if interrupt() {
                return Err(Interrupted);
            }
            starts.iter_mut().zip(from).for_each(|(start, from)| start.refill(self, nearby, from));
            let entries = starts[..from.len()].iter().map(|start| &start.entries[..]);
            sweep.run(self.hierarchy(), &targets.selection, forward, entries);
            for (lane, from) in from.iter().zip(&*starts).enumerate() {
                targets.row(self, (sweep, lane), from, row);
                sink(block * Self::ROWS_AT_ONCE + lane, row);
            }
        }
        Ok(())
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
        let mut found = Vec::new();
        let mut keep = |_, row: &[Reach]| found.extend(row.iter().map(|reach| reach.travel()));
        self.rows(scratch, std::slice::from_ref(from), &self.targets(to), interrupt, &mut keep)?;
        Ok(found)
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

    /// All edges that begin within a time of a position, each once, and what is left of those that the position lies on. Edges on
    /// private land count as ends of a leg do. The answer lies in the scratch.
    ///
    /// `interrupt` is asked now and then.
    pub fn within<'a>(
        &self,
        scratch: &'a mut Scratch,
        from: &Snap,
        limit_ms: u64,
        interrupt: &dyn Fn() -> bool,
    ) -> Result<&'a [Reached], Interrupted> {
        within::within(self, scratch, from, limit_ms, interrupt)
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
        if self.layout.opens(edge) {
            return self.profile.table().edge(&self.network, edge).into();
        }
        self.metric.weights[edge.0 as usize].into()
    }

    pub(crate) fn mode(&self) -> Mode {
        self.profile.mode()
    }

    pub(crate) fn is_usable(&self, edge: EdgeId) -> bool {
        snap::is_usable(&self.network, edge, self.mode())
    }

    /// Whether an edge is usable, or is so at times.
    pub(crate) fn may_be_used(&self, edge: EdgeId) -> bool {
        self.is_usable(edge) || self.layout.opens(edge)
    }

    /// Whether an edge or its opposite is one that one gets to and away from.
    pub(crate) fn is_connected(&self, edge: EdgeId) -> bool {
        [Some(edge), self.network.reverse(edge)].into_iter().flatten().any(|edge| self.layout.is_connected(edge))
    }

    /// The edges that end at a node and are usable at any time, ascending.
    pub(crate) fn edges_into(&self, node: NodeId) -> &[EdgeId] {
        self.layout.edges_into(node)
    }
}

/// A router in the making, for who wants to know how long each phase takes: turns, zones and components.
pub struct Draft {
    network: Arc<Network>,
    profile: Profile,
    layout: Arc<Layout>,
}

/// The next phase: the arcs of its hierarchy, without weights.
pub struct Contracted {
    draft: Draft,
    topology: Arc<Topology>,
    tools: Tools,
}

impl Draft {
    /// Lays out the turns.
    pub fn new(network: Arc<Network>, profile: Profile) -> Self {
        let layout = Arc::new(Layout::new(&network, profile));
        Self { network, profile, layout }
    }

    /// Contracts along an order of the profile's family.
    pub fn contract(self, order: &Order) -> Contracted {
        let topology = Arc::new(Topology::new(&self.network, order, &[(self.profile, &self.layout)]));
        Contracted { draft: self, topology, tools: Tools::default() }
    }
}

impl Contracted {
    /// Lists the triangles, which the first metric does otherwise.
    pub fn list_triangles(&self) {
        let Draft { network, profile, layout } = &self.draft;
        self.tools.turn_arcs(network, &self.topology, layout, *profile);
        self.tools.workbench(&self.topology);
    }

    /// Makes the metric of the usual weights on some threads.
    pub fn customize(&self, threads: usize) -> Metric {
        let Draft { network, profile, layout } = &self.draft;
        let turn_arcs = self.tools.turn_arcs(network, &self.topology, layout, *profile);
        let order = MetricOrder { turn_arcs, weights: weights(network, *profile, layout) };
        self.tools.workbench(&self.topology).metric(order, threads)
    }

    /// The router of this metric.
    pub fn router(self, metric: Metric) -> Router {
        let Draft { network, profile, layout } = self.draft;
        let index = Arc::new(Index::new(&network));
        let parts = Parts { layout, index, topology: self.topology, metric: Arc::new(metric) };
        Router::assemble(network, profile, parts, self.tools)
    }
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Draft({:?}, {:?})", self.profile, self.network)
    }
}

impl std::fmt::Debug for Contracted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Contracted({:?}, {:?})", self.draft.profile, self.topology)
    }
}

/// What is laid out for a router.
pub(crate) struct Parts {
    pub(crate) layout: Arc<Layout>,
    pub(crate) index: Arc<Index>,
    pub(crate) topology: Arc<Topology>,
    pub(crate) metric: Arc<Metric>,
}

/// The usual weight of every edge, whole.
pub(crate) fn weights(network: &Network, profile: Profile, layout: &Layout) -> Vec<Weight> {
    let mut weights: Vec<Weight> = network.edges().map(|edge| profile.table().edge(network, edge)).collect();
    for opening in layout.openings() {
        weights[opening.0 as usize] = Weight::INFINITE;
    }
    weights
}
