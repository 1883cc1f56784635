//! A leg under terms: A* with the hierarchy's remainders as its guide.
//!
//! Terms close and slow roads (and what opens or is faster at times is so in the hierarchy that is asked, see `crate::openings`), so what the
//! hierarchy says remains is never too much (`hierarchy/potential.rs`), and A* with
//! it is exact: P. E. Hart, N. J. Nilsson and B. Raphael, "A Formal Basis for the Heuristic Determination of Minimum Cost
//! Paths" (1968). It is the plain search of `crate::search` with other weights and a potential, so the rules of turns and
//! zones are the same; and with the potential left out it is the judge of itself ([`Router::route_under_plain`]).
//!
//! What a leg takes is the sum of the true weights along it: an avoided road counts more while searching, not in the answer.

use network::{Access, EdgeId, NodeId};

use crate::conditions::{self, Clock};
use crate::hierarchy::{Climb, Finish, Potentials};
use crate::path::{self, Path, Way};
use crate::router::Router;
use crate::scratch::Scratch;
use crate::search::{Costs, Interrupted, Search};
use crate::snap::Snap;
use crate::terms::{Avoid, Terms};
use crate::turns::State;
use crate::weight::{Travel, Weight};
use crate::zones::PUBLIC;

/// Weights under terms, without a guide.
pub(crate) struct Under<'a> {
    /// At no time.
    usual: &'a Router,
    /// At the best of times, if the terms name one.
    router: &'a Router,
    terms: &'a Terms,
    clock: Clock,
}

impl<'a> Under<'a> {
    pub(crate) fn new(router: &'a Router, terms: &'a Terms) -> Self {
        Self { usual: router, router: router.at_times(terms), terms, clock: Clock::at(terms.time) }
    }

    /// What an edge truly weighs for this vehicle; [`Weight::INFINITE`] where it does not fit.
    fn true_weight(&self, edge: EdgeId) -> Weight {
        let weight_by = |router: &Router| router.metric.weights[edge.0 as usize];
        let (usual, least) = (weight_by(self.usual), weight_by(self.router));
        let (network, mode, vehicle) = (self.router.network(), self.router.mode(), &self.terms.vehicle);
        if least == Weight::INFINITE || !vehicle.may_use(network, edge, mode, &self.clock) {
            return Weight::INFINITE;
        }
        let met = conditions::met(network.conditions(edge), network.limits(edge), mode, (vehicle, &self.clock));
        let opens = self.router.layout.opens(edge);
        if opens && met.access != Some(Access::Yes) {
            return Weight::INFINITE;
        }
        // A speed limit that holds for some may slow, but it speeds up at times only, so that the least weight stays a lower bound.
        let table = self.router.profile().table();
        let limited = met.max_speed_kmh.map(|kmh| table.edge_with_limit(network, edge, Some(kmh)).max(least));
        let weight = limited.unwrap_or(if opens { least } else { usual });
        match vehicle.max_speed_kmh {
            Some(kmh) if !network.flags(edge).ferry() => weight.at_most_at(kmh),
            _ => weight,
        }
    }

    /// What an edge weighs that is not to be avoided; [`Weight::INFINITE`] for one that is.
    pub(crate) fn edge_unless_avoided(&self, edge: EdgeId) -> Weight {
        let (weight, counted) = (self.true_weight(edge), self.edge(edge));
        if weight == counted { weight } else { Weight::INFINITE }
    }

    /// Whether a turn, by its number, completes what a condition that is met forbids.
    fn is_forbidden_now(&self, turn: usize) -> bool {
        let forbidden = self.router.timed_turns().of(turn);
        forbidden.into_iter().any(|when| conditions::is_met(when, &self.terms.vehicle, &self.clock))
    }

    /// What a way takes in truth.
    pub(crate) fn true_travel(&self, from: &Snap, to: &Snap, way: &Way) -> Weight {
        let [first, .., last] = way.edges[..] else { return self.within_one(from, to, way) };
        let begin = self.true_weight(first).beginning(from.departures[way.departure].along_cm);
        let end = self.true_weight(last).beginning(to.arrivals[way.arrival].along_cm);
        let whole = way.edges[..way.edges.len() - 1].iter().map(|&edge| self.true_weight(edge));
        let turns = way.edges.windows(2).map(|pair| self.turn(pair[0], pair[1]));
        whole.chain(turns).fold(end, Weight::plus).without(begin)
    }

    fn within_one(&self, from: &Snap, to: &Snap, way: &Way) -> Weight {
        let Some(&edge) = way.edges.first() else { return Weight::ZERO };
        let whole = self.true_weight(edge);
        let begin = whole.beginning(from.departures[way.departure].along_cm);
        whole.beginning(to.arrivals[way.arrival].along_cm).without(begin)
    }

    /// What the turn between two edges weighs: the same in every state of the first.
    fn turn(&self, edge: EdgeId, next: EdgeId) -> Weight {
        let turns = &self.router.layout.turns;
        let turn = turns.from(edge.0).iter().find(|turn| turns.edge(turn.to) == next);
        turn.expect("a way turns only where its edges allow").weight()
    }
}

impl Costs for Under<'_> {
    fn edge(&self, edge: EdgeId) -> Weight {
        let weight = self.true_weight(edge);
        if self.terms.avoid.is_empty() || weight == Weight::INFINITE {
            return weight;
        }
        weight.times(self.terms.avoid.factor(self.router.network(), self.router.profile(), edge))
    }

    fn passes(&self, node: NodeId) -> bool {
        self.terms.vehicle.may_pass(self.router.network(), node, self.router.mode(), &self.clock)
    }

    fn takes(&self, turn: usize) -> bool {
        !self.router.is_shut(turn) && !self.is_forbidden_now(turn)
    }

    fn remainder(&mut self, _: State) -> Weight {
        Weight::ZERO
    }
}

/// The same with a guide to one target.
struct Guided<'a> {
    under: Under<'a>,
    climb: &'a Climb,
    potentials: &'a mut Potentials,
}

impl Costs for Guided<'_> {
    fn edge(&self, edge: EdgeId) -> Weight {
        self.under.edge(edge)
    }

    fn passes(&self, node: NodeId) -> bool {
        self.under.passes(node)
    }

    fn takes(&self, turn: usize) -> bool {
        self.under.takes(turn)
    }

    /// In zones, which the hierarchy does not know, nothing: they are small.
    fn remainder(&mut self, state: State) -> Weight {
        let router = self.under.router;
        if router.layout.zones.of(router.layout.turns.edge(state)) != PUBLIC {
            return Weight::ZERO;
        }
        self.potentials.of(router.hierarchy(), self.climb, state).unwrap_or(Weight::ZERO)
    }
}

/// The way under terms with its true weight.
fn found(router: &Router, terms: &Terms, from: &Snap, to: &Snap, way: Way) -> Path {
    let weight = Under::new(router, terms).true_travel(from, to, &way);
    path::draw(router, from, to, (weight, way))
}

/// Asks `search` under terms; where there is no way, once more without what is to be avoided: hours on avoided roads may weigh
/// more than a weight can hold.
fn with_second_thoughts(
    router: &Router,
    (from, to): (&Snap, &Snap),
    terms: &Terms,
    mut search: impl FnMut(&Terms) -> Result<Option<Way>, Interrupted>,
) -> Result<Option<Path>, Interrupted> {
    let mut way = search(terms)?;
    if way.is_none() && !terms.avoid.is_empty() {
        way = search(&Terms { avoid: Avoid::default(), ..terms.clone() })?;
    }
    Ok(way.map(|way| found(router, terms, from, to, way)))
}

/// See [`Router::route_under`].
pub(crate) fn route(
    router: &Router,
    scratch: &mut Scratch,
    (from, to): (&Snap, &Snap),
    terms: &Terms,
    interrupt: &dyn Fn() -> bool,
) -> Result<Option<Path>, Interrupted> {
    let bound = router.at_times(terms);
    let exits = Finish::new(bound, &mut scratch.nearby, to).exits;
    with_second_thoughts(router, (from, to), terms, |terms| {
        let mut climb = std::mem::take(&mut scratch.backward);
        let mut potentials = std::mem::take(&mut scratch.potentials);
        climb.arrive(bound.hierarchy(), &exits);
        potentials.reset(bound.hierarchy());
        let costs = Guided { under: Under::new(router, terms), climb: &climb, potentials: &mut potentials };
        let mut search = Search::new(router, costs, scratch, from, std::slice::from_ref(to));
        let way = search.run(interrupt).map(|()| search.way(0));
        scratch.backward = climb;
        scratch.potentials = potentials;
        Ok(way?.map(|(_, way)| way))
    })
}

/// See [`Router::route_under_plain`].
pub(crate) fn route_plain(
    router: &Router,
    scratch: &mut Scratch,
    (from, to): (&Snap, &Snap),
    terms: &Terms,
    interrupt: &dyn Fn() -> bool,
) -> Result<Option<Path>, Interrupted> {
    with_second_thoughts(router, (from, to), terms, |terms| {
        let mut search = Search::new(router, Under::new(router, terms), scratch, from, std::slice::from_ref(to));
        search.run(interrupt)?;
        Ok(search.way(0).map(|(_, way)| way))
    })
}

/// Up to so many targets a guided search for each is less work than a plain one for all of them: for a truck on Porto 0.4 ms, and 90 ms.
const TARGETS_WORTH_ONE_SEARCH: usize = 230;

/// See [`Router::one_to_many_under`]. Without avoided roads the weight that is searched by is the true one, and one search
/// can do for all targets; with them several ways may count the same and differ in truth, so each pair is asked for as a route.
pub(crate) fn one_to_many(
    router: &Router,
    scratch: &mut Scratch,
    from: &Snap,
    to: &[Snap],
    terms: &Terms,
    interrupt: &dyn Fn() -> bool,
) -> Result<Vec<Option<Travel>>, Interrupted> {
    if !terms.avoid.is_empty() || to.len() < TARGETS_WORTH_ONE_SEARCH {
        let travel = |to: &Snap| Ok(route(router, scratch, (from, to), terms, interrupt)?.map(|path| path.travel));
        return to.iter().map(travel).collect();
    }
    let mut search = Search::new(router, Under::new(router, terms), scratch, from, to);
    search.run(interrupt)?;
    Ok((0..to.len()).map(|target| search.weight(target).map(Travel::from)).collect())
}
