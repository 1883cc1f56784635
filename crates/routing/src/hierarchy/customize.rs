//! Customizing: from the weights of turns to the weight of every arc.
//!
//! After Dibbelt et al. (2016), section 6: an arc weighs what its turn does, or what the lightest way through a lower state does;
//! lower states are taken upwards, each with all pairs of an arc down to it and an arc up from it. After that the lightest way
//! between two states leads upwards first and downwards then. Each arc keeps the lowest state of a lightest way, or none where its
//! turn is as light, so what is made depends on the weights alone and not on how it was made. "Perfect" customization, which
//! drops arcs that no lightest way needs, is left out: of a directed hierarchy it drops one arc in thirty, at twice the work of all
//! the rest (`docs/decisions/0012`).
//!
//! Which arcs a pair meets depends on the topology alone. A [`Workbench`] lists them in the order in which they are relaxed (the
//! "batched triangles" of V. Buchhold et al., "Customizable Contraction Hierarchies: A Survey", 2025), so customizing is one stream
//! of additions and comparisons without a search. Several metrics are customized in one stream, a lane each; several
//! threads share one by separators ([`cells`]); a few changed weights touch only what leads over them ([`update`]). All make the
//! same metric to the last bit. Never in here: which profile or speed it is about.

mod bridges;
mod cells;
mod turn_arcs;
mod update;

use std::sync::{Arc, OnceLock};

use super::contract::{NONE, Topology};
use super::metric::Metric;
use super::simd::{self, Version};
use crate::crew::Crew;
use crate::weight::Weight;
pub(super) use bridges::Bridges;
use cells::Cells;
pub(crate) use turn_arcs::TurnArcs;
use update::Below;

/// Most metrics that are customized in one stream: their weights fill a line of the processor's cache.
pub(crate) const METRICS_AT_ONCE: usize = 8;

const INFINITE: u64 = Weight::INFINITE.raw();

/// The two kinds of arcs, by where they lead from their lower end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Up,
    Down,
}

impl Kind {
    pub(super) const BOTH: [Self; 2] = [Self::Up, Self::Down];

    pub(super) fn other(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }
}

/// What customizing reads beside the weights; made once for a topology and kept while metrics are made.
pub(crate) struct Workbench {
    topology: Arc<Topology>,
    /// By kind.
    bridges: [Bridges; 2],
    version: Version,
    cells: OnceLock<Cells>,
    below: OnceLock<Below>,
}

impl std::fmt::Debug for Workbench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [up, down] = &self.bridges;
        write!(f, "Workbench({:?}, {} triangles)", self.topology, up.len() + down.len())
    }
}

/// One metric to be made.
pub(crate) struct Order<'a> {
    pub(crate) turn_arcs: &'a TurnArcs,
    /// By edge, whole.
    pub(crate) weights: Vec<Weight>,
}

/// Some consecutive arcs of a kind, in all lanes.
pub(super) struct Rows<'a, const L: usize> {
    /// The number of the first of them.
    pub(super) base: usize,
    pub(super) weights: &'a mut [[u64; L]],
    /// The lower state that an arc leads through; [`NONE`] for a turn.
    pub(super) middles: &'a mut [[u32; L]],
}

/// All arcs of a kind, in all lanes.
struct Table<const L: usize> {
    weights: Vec<[u64; L]>,
    middles: Vec<[u32; L]>,
}

impl<const L: usize> Table<L> {
    fn new(arcs: usize) -> Self {
        Self { weights: vec![[INFINITE; L]; arcs], middles: vec![[NONE; L]; arcs] }
    }

    fn rows(&mut self) -> Rows<'_, L> {
        Rows { base: 0, weights: &mut self.weights, middles: &mut self.middles }
    }
}

impl Workbench {
    /// Lists the triangles of `topology`.
    pub(crate) fn new(topology: Arc<Topology>, version: Version) -> Self {
        Self { version, ..Self::by(topology, &Crew::new(1)) }
    }

    /// [`Workbench::new`] by a crew, for the best that the machine has.
    pub(crate) fn by(topology: Arc<Topology>, crew: &Crew) -> Self {
        let of = |kind| Bridges::new(&topology, kind);
        let bridges = <[Bridges; 2]>::from(crew.both(|| of(Kind::Up), || of(Kind::Down)));
        Self { topology, bridges, version: Version::best(), cells: OnceLock::new(), below: OnceLock::new() }
    }

    /// Makes a metric on some threads.
    pub(crate) fn metric(&self, order: Order<'_>, threads: usize) -> Metric {
        let mut tables = self.tables::<1>(std::slice::from_ref(&order), &Crew::new(threads));
        if threads > 1 {
            self.by_cells(threads, &mut tables);
        } else {
            self.basic(self.version, &mut tables);
        }
        let [up, down] = tables;
        let arcs = |table: Table<1>| (table.weights.into_flattened(), table.middles.into_flattened());
        Metric::new(order.weights, [arcs(up), arcs(down)])
    }

    /// Makes several metrics, a few at once, and hands each on with its number.
    pub(crate) fn metrics<R: Send>(
        &self,
        orders: Vec<Order<'_>>,
        crew: &Crew,
        keep: impl Fn(usize, Metric) -> R + Sync,
    ) -> Vec<R> {
        let (mut orders, mut kept) = (orders, Vec::new());
        while !orders.is_empty() {
            let rest = orders.split_off(orders.len().min(METRICS_AT_ONCE));
            let several = std::mem::replace(&mut orders, rest);
            let before = kept.len();
            let keep = |lane, metric| keep(before + lane, metric);
            kept.extend(match several.len() {
                1 => several.into_iter().map(|order| keep(0, self.metric(order, 1))).collect(),
                2 => self.lanes::<2, R>(several, crew, keep),
                3 | 4 => self.lanes::<4, R>(several, crew, keep),
                _ => self.lanes::<METRICS_AT_ONCE, R>(several, crew, keep),
            });
        }
        kept
    }

    fn lanes<const L: usize, R: Send>(
        &self,
        orders: Vec<Order<'_>>,
        crew: &Crew,
        keep: impl Fn(usize, Metric) -> R + Sync,
    ) -> Vec<R> {
        let mut tables = self.tables::<L>(&orders, crew);
        self.basic(self.version, &mut tables);
        let [up, down] = &tables;
        crew.map(orders.into_iter().enumerate().collect(), |(lane, order)| {
            let arcs = |table: &Table<L>| {
                let weights = table.weights.iter().map(|weights| weights[lane]);
                let middles = table.middles.iter().map(|middles| middles[lane]);
                (weights.collect(), middles.collect())
            };
            keep(lane, Metric::new(order.weights, [arcs(up), arcs(down)]))
        })
    }

    /// The arcs as their turns weigh.
    fn tables<const L: usize>(&self, orders: &[Order<'_>], crew: &Crew) -> [Table<L>; 2] {
        let of = |kind| {
            let mut table = Table::new(self.topology.lists(kind).high.len());
            for (lane, order) in orders.iter().enumerate() {
                order.turn_arcs.lay(kind, &order.weights, &mut table.weights, lane);
            }
            table
        };
        crew.both(|| of(Kind::Up), || of(Kind::Down)).into()
    }

    fn basic<const L: usize>(&self, version: Version, [up, down]: &mut [Table<L>; 2]) {
        let nothing = || Rows { base: usize::MAX, weights: &mut [], middles: &mut [] };
        simd::basic(
            version,
            (&self.topology, &self.bridges),
            0..self.topology.len() as u32,
            &mut [up.rows(), down.rows()],
            &mut [nothing(), nothing()],
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;
    use crate::profile::{Family, Profile};
    use crate::tests::random::random_network;

    /// The metrics of the motor family on a random network, as each is made alone; and all at once, in lanes.
    #[test]
    fn every_version_and_every_lane_makes_the_same_metric() {
        let mut random = fastrand::Rng::with_seed(11);
        for _ in 0..30 {
            let network = random_network(&mut random);
            let order = super::super::Order::new(&network, Family::Motor, 1);
            let layout = Layout::new(&network, Profile::Car);
            let topology = Arc::new(Topology::new(&network, &order, &[(Profile::Car, &layout)]));
            let turn_arcs = TurnArcs::new(&topology, &network, &layout, Profile::Car);
            let bench = Workbench::new(Arc::clone(&topology), Version::best());
            let mut weights = || network.edges().map(|_| Weight::new(random.u64(1..9), random.u32(1..9))).collect();
            let weights: Vec<Vec<Weight>> = std::iter::repeat_with(&mut weights).take(8).collect();
            let orders = || weights.iter().map(|weights| Order { turn_arcs: &turn_arcs, weights: weights.clone() });
            let together = bench.metrics(orders().collect(), &Crew::new(2), |number, metric| (number, metric));
            assert!(together.iter().enumerate().all(|(place, (number, _))| place == *number));
            let together: Vec<Metric> = together.into_iter().map(|(_, metric)| metric).collect();
            for (order, together) in orders().zip(&together) {
                for version in Version::all() {
                    let mut tables = bench.tables::<1>(std::slice::from_ref(&order), &Crew::new(1));
                    bench.basic(version, &mut tables);
                    for (table, arcs) in tables.iter().zip([&together.up, &together.down]) {
                        assert_eq!(table.weights.as_flattened(), &*arcs.weight, "{version:?}");
                        assert_eq!(table.middles.as_flattened(), &*arcs.middle, "{version:?}");
                    }
                }
            }
            for (number, order) in orders().enumerate() {
                assert_same(&bench.metric(order, 1 + number % 4), &together[number]);
            }
            for (pair, weights) in together.windows(2).zip(&weights[1..]) {
                let is_changed: Vec<bool> = pair[0].weights.iter().zip(weights).map(|(a, b)| a != b).collect();
                let order = Order { turn_arcs: &turn_arcs, weights: weights.clone() };
                assert_same(&bench.by_rows(&pair[0], order, &is_changed), &pair[1]);
            }
            check_versions::<8>(&bench, &orders().collect::<Vec<_>>());
            check_versions::<2>(&bench, &orders().take(2).collect::<Vec<_>>());
        }
    }

    fn assert_same(a: &Metric, b: &Metric) {
        for (a, b) in [(&a.up, &b.up), (&a.down, &b.down)] {
            assert_eq!((&*a.weight, &*a.middle), (&*b.weight, &*b.middle));
        }
    }

    fn check_versions<const L: usize>(bench: &Workbench, orders: &[Order<'_>]) {
        let made = Version::all().into_iter().map(|version| {
            let mut tables = bench.tables::<L>(orders, &Crew::new(2));
            bench.basic(version, &mut tables);
            tables.map(|table| (table.weights, table.middles))
        });
        let made: Vec<_> = made.collect();
        assert!(made.windows(2).all(|pair| pair[0] == pair[1]), "{L} lanes");
    }
}
