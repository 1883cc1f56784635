//! Customizing: from the weights of turns to the weight of every arc, and to the arcs that shortest paths need.
//!
//! After Dibbelt et al. (2016), section 6. *Basic*: an arc weighs what its turn does, or what the lightest way through a lower
//! state does; lower states are taken upwards, each with all pairs of an arc down to it and an arc up from it. After that the
//! lightest way between two states leads upwards first and downwards then. *Perfect*: states are taken downwards, and an arc that a
//! detour by something higher undercuts is marked; a way that uses it is not shortest. One that only ties is kept. In a directed
//! hierarchy the parts of a needed arc need not survive by themselves, so they are kept with it: what is left can be unpacked.
//!
//! Which arcs a pair meets, its *triangle*, depends on the topology alone. A [`Workbench`] lists them in the order in which they
//! are relaxed (the "batched triangles" of V. Buchhold et al., "Customizable Contraction Hierarchies: A Survey", 2025), so
//! customizing is one stream of additions and comparisons without a search or a branch. Several metrics are customized in one
//! stream, a lane each. Pairs that meet no arc point to a weight that nothing undercuts. Never in here: which profile or speed it
//! is about.

use std::sync::Arc;

use network::Network;

use super::contract::{Lists, NONE, Topology};
use super::metric::{Arcs, Metric};
use super::simd;
use crate::layout::Layout;
use crate::profile::Profile;
use crate::weight::Weight;

/// Most metrics that are customized in one stream: their weights fill a line of the processor's cache.
pub(crate) const METRICS_AT_ONCE: usize = 8;

const INFINITE: u64 = Weight::INFINITE.raw();

/// What customizing reads beside the weights; made once for a topology and kept while metrics are made.
pub(crate) struct Workbench {
    pub(super) topology: Arc<Topology>,
    pub(super) triangles: Triangles,
}

/// The triangles of a topology, by their lowest state.
#[derive(Default)]
pub(super) struct Triangles {
    /// By state, and one more.
    pub(super) first: Vec<usize>,
    /// For each arc down to the state and each up from it: the arc that bridges them.
    pub(super) bridge: Vec<u32>,
    /// By state, and one more.
    pub(super) first_detour: Vec<usize>,
    /// For each two arcs up from the state: the arc from the end of the one to that of the other; then the same for each two
    /// arcs down to it.
    pub(super) detour: Vec<u32>,
}

impl std::fmt::Debug for Workbench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Workbench({:?}, {} triangles)", self.topology, self.triangles.bridge.len())
    }
}

/// By turn of a layout: its arc; [`NONE`] for those that are no part of the hierarchy.
pub(crate) struct TurnArcs(Vec<u32>);

impl TurnArcs {
    pub(crate) fn new(topology: &Topology, network: &Network, layout: &Layout, profile: Profile) -> Self {
        let mut arcs = vec![NONE; layout.turns.list.len()];
        let is_public = |state| layout.is_public(network, layout.turns.edge(state), profile.mode());
        for (rank, &state) in (0..).zip(topology.states()).filter(|(_, state)| is_public(**state)) {
            for number in layout.turns.range(state) {
                let to = layout.turns.list[number].to;
                if let Some(end) = topology.rank(to).filter(|&end| end != rank && is_public(to)) {
                    arcs[number] = topology.arc(rank, end).map_or(NONE, |arc| arc as u32);
                }
            }
        }
        Self(arcs)
    }

    /// Lowers the arcs of a lane to what their turns weigh, the edge before each included.
    fn lay<const L: usize>(
        &self,
        (topology, layout): (&Topology, &Layout),
        of_edge: &[Weight],
        weights: &mut [[u64; L]],
        lane: usize,
    ) {
        for &state in topology.states() {
            let whole = of_edge[layout.turns.edge(state).0 as usize];
            if !whole.is_finite() {
                continue;
            }
            let range = layout.turns.range(state);
            for (turn, &arc) in layout.turns.list[range.clone()].iter().zip(&self.0[range]) {
                if arc != NONE {
                    let known = &mut weights[arc as usize][lane];
                    *known = (*known).min(whole.plus(turn.weight()).raw());
                }
            }
        }
    }
}

/// One metric to be made.
pub(crate) struct Order<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) turn_arcs: &'a TurnArcs,
    /// By edge, whole.
    pub(crate) weights: Vec<Weight>,
}

impl Workbench {
    /// Lists the triangles of `topology`.
    pub(crate) fn new(topology: Arc<Topology>) -> Self {
        let triangles = Triangles::new(&topology);
        Self { topology, triangles }
    }

    /// Makes a metric.
    pub(crate) fn metric(&self, order: Order<'_>) -> Metric {
        let mut basic = self.laid::<1>(std::slice::from_ref(&order));
        let parts = self.basic_with_parts(&mut basic);
        let mut perfect = basic.clone();
        simd::perfect(&self.topology, &self.triangles, &mut perfect);
        self.compact(|arc| (basic[arc][0], perfect[arc][0]), &parts, order.weights)
    }

    /// Makes several metrics, a few at once.
    pub(crate) fn metrics(&self, orders: Vec<Order<'_>>) -> Vec<Metric> {
        let (mut orders, mut metrics) = (orders, Vec::new());
        while !orders.is_empty() {
            let rest = orders.split_off(orders.len().min(METRICS_AT_ONCE));
            let several = std::mem::replace(&mut orders, rest);
            metrics.extend(match several.len() {
                1 => several.into_iter().map(|order| self.metric(order)).collect(),
                2 => self.lanes::<2>(several),
                3 | 4 => self.lanes::<4>(several),
                _ => self.lanes::<METRICS_AT_ONCE>(several),
            });
        }
        metrics
    }

    fn lanes<const L: usize>(&self, orders: Vec<Order<'_>>) -> Vec<Metric> {
        let turns = self.laid::<L>(&orders);
        let mut basic = turns.clone();
        simd::basic(&self.topology, &self.triangles, &mut basic);
        let mut perfect = basic.clone();
        simd::perfect(&self.topology, &self.triangles, &mut perfect);
        let lanes = orders.into_iter().enumerate().map(|(lane, order)| {
            let parts = self.parts(|arc| basic[arc][lane], |arc| turns[arc][lane]);
            self.compact(|arc| (basic[arc][lane], perfect[arc][lane]), &parts, order.weights)
        });
        lanes.collect()
    }

    /// By arc, and two more: what its turn weighs. Behind the arcs lie what pairs without an arc between them read, and what those
    /// without one to lower write to.
    fn laid<const L: usize>(&self, orders: &[Order<'_>]) -> Vec<[u64; L]> {
        let mut weights = Vec::with_capacity(self.topology.arc_count() + 2);
        weights.resize(self.topology.arc_count() + 1, [INFINITE; L]);
        weights.push([0; L]);
        for (lane, order) in orders.iter().enumerate() {
            order.turn_arcs.lay((&self.topology, order.layout), &order.weights, &mut weights, lane);
        }
        weights
    }

    /// The metric of the weights before and after perfect customization: the arcs that it needs.
    fn compact(&self, weight: impl Fn(usize) -> (u64, u64), parts: &[Part], weights: Vec<Weight>) -> Metric {
        let topology = &*self.topology;
        let is_needed = |(basic, perfect): (u64, u64)| basic < INFINITE && basic == perfect;
        let mut needed: Vec<bool> = (0..topology.arc_count()).map(|arc| is_needed(weight(arc))).collect();
        let ups = topology.up.high.len();
        for state in (0..topology.len() as u32).rev() {
            for arc in topology.up.range(state).chain(shifted(topology.down.range(state), ups)) {
                let part = parts[arc];
                if needed[arc] && part.middle != NONE {
                    needed[ups + topology.down.range(part.middle).start + part.down as usize] = true;
                    needed[topology.up.range(part.middle).start + part.up as usize] = true;
                }
            }
        }
        let kept = |lists: &Lists, shift: usize| {
            let list = |arc: usize| (lists.high[arc - shift], weight(arc).0, parts[arc].middle);
            let count = needed[shift..shift + lists.high.len()].iter().filter(|&&needed| needed).count();
            Arcs::new((topology.len(), count), |state| {
                shifted(lists.range(state), shift).filter(|&arc| needed[arc]).map(list)
            })
        };
        Metric { weights: weights.into(), up: kept(&topology.up, 0), down: kept(&topology.down, ups) }
    }

    /// Basic customization of one metric, noting of what each arc consists.
    fn basic_with_parts(&self, weights: &mut [[u64; 1]]) -> Vec<Part> {
        let topology = &*self.topology;
        let ups = topology.up.high.len();
        let mut parts = vec![Part { middle: NONE, down: 0, up: 0 }; topology.arc_count() + 2];
        let mut bridges = &self.triangles.bridge[..];
        for state in 0..topology.len() as u32 {
            let up = topology.up.range(state);
            for (down_number, down) in (0..).zip(shifted(topology.down.range(state), ups)) {
                let [begin] = weights[down];
                let (now, rest) = bridges.split_at(up.len());
                bridges = rest;
                for (up_number, (second, &bridge)) in (0..).zip(up.clone().zip(now)) {
                    let sum = begin + weights[second][0];
                    let known = &mut weights[bridge as usize][0];
                    if sum < *known {
                        *known = sum;
                        parts[bridge as usize] = Part { middle: state, down: down_number, up: up_number };
                    }
                }
            }
        }
        parts
    }

    /// By arc: the lower state that it leads through, unless its turn is as light.
    fn parts(&self, weight: impl Fn(usize) -> u64, turn: impl Fn(usize) -> u64) -> Vec<Part> {
        let topology = &*self.topology;
        let ups = topology.up.high.len();
        let mut parts = vec![Part { middle: NONE, down: 0, up: 0 }; topology.arc_count() + 2];
        for state in 0..topology.len() as u32 {
            let (up, down) = (topology.up.range(state), shifted(topology.down.range(state), ups));
            let mut bridges = self.triangles.bridge[self.triangles.first[state as usize]..].iter();
            for (down_number, down) in (0..).zip(down) {
                let begin = weight(down);
                for (up_number, (up, &bridge)) in (0..).zip(up.clone().zip(&mut bridges)) {
                    let bridge = bridge as usize;
                    if begin + weight(up) == weight(bridge) && weight(bridge) < turn(bridge) {
                        parts[bridge] = Part { middle: state, down: down_number, up: up_number };
                    }
                }
            }
        }
        parts
    }
}

/// Of what an arc consists: by their numbers among the arcs of the state in the middle.
#[derive(Clone, Copy)]
struct Part {
    middle: u32,
    down: u16,
    up: u16,
}

fn shifted(range: std::ops::Range<usize>, by: usize) -> std::ops::Range<usize> {
    range.start + by..range.end + by
}

impl Triangles {
    fn new(topology: &Topology) -> Self {
        let arcs = topology.arc_count() as u32;
        let (missing, nothing) = (arcs, arcs + 1);
        let mut all = Self { first: vec![0], first_detour: vec![0], ..Self::default() };
        let between = |from: u32, to: u32, otherwise: u32| topology.arc(from, to).map_or(otherwise, |arc| arc as u32);
        for state in 0..topology.len() as u32 {
            let (up, down) = (topology.up.of(state), topology.down.of(state));
            for &from in down {
                let bridges = up.iter().map(|&to| if from == to { nothing } else { between(from, to, nothing) });
                all.bridge.extend(bridges);
            }
            for ends in [up, down] {
                for &from in ends {
                    let detours = ends.iter().map(|&to| if from == to { missing } else { between(from, to, missing) });
                    all.detour.extend(detours);
                }
            }
            all.first.push(all.bridge.len());
            all.first_detour.push(all.detour.len());
        }
        all
    }
}
