//! The columns of a matrix, made ready once for any number of rows.
//!
//! A cell is the lighter of what the sweep says and what needs no hierarchy (the same place, the same edge, zones at the ends).
//! The latter concerns few cells of a row: those of targets at the same node, on an edge by which the start is left or that lies
//! in a zone of the start, and those in zones that the start leads straight into. So targets are sorted by nodes and edges,
//! and the other cells are the sweep's alone.

use network::{EdgeId, NodeId};

use crate::hierarchy::{self, Ends, Finish, Nearby, Selection, Start, Sweep};
use crate::router::Router;
use crate::snap::{Place, Snap};
use crate::weight::{Travel, Weight};
use crate::zones::Zone;

/// A cell: how long it takes and how far it is, in eight bytes, or that there is no way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Reach(Weight);

impl Reach {
    /// No way.
    const NONE: Reach = Reach(Weight::INFINITE);

    /// Whole seconds and metres, each to the nearest; both [`u32::MAX`] where there is no way.
    #[inline]
    pub fn rounded(self) -> (u32, u32) {
        if !self.0.is_finite() {
            return (u32::MAX, u32::MAX);
        }
        // Half the range of milliseconds is used, and all of centimetres.
        let (duration_ms, distance_cm) = (self.0.duration_ms() as u32, self.0.distance_cm() as u32);
        ((duration_ms + 500) / 1000, distance_cm / 100 + u32::from(distance_cm % 100 >= 50))
    }

    /// Exactly; `None` where there is no way.
    pub fn travel(self) -> Option<Travel> {
        self.0.is_finite().then(|| self.0.into())
    }
}

impl From<Option<Travel>> for Reach {
    fn from(travel: Option<Travel>) -> Self {
        travel.map_or(Self::NONE, |travel| Self(travel.into()))
    }
}

impl From<Weight> for Reach {
    fn from(weight: Weight) -> Self {
        Self(weight)
    }
}

impl std::fmt::Debug for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.travel().fmt(f)
    }
}

/// The targets of a matrix; good for the [`Router`] that made them.
pub struct Targets<'a> {
    snaps: &'a [Snap],
    finishes: Vec<Finish>,
    pub(crate) selection: Selection,
    /// Ascending.
    by_edge: Vec<(EdgeId, u32)>,
    /// Ascending; of targets at nodes.
    by_node: Vec<(NodeId, u32)>,
    /// Those in zones, ascending.
    in_zones: Vec<(Zone, u32)>,
}

impl std::fmt::Debug for Targets<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Targets({})", self.snaps.len())
    }
}

impl<'a> Targets<'a> {
    pub(crate) fn new(router: &Router, snaps: &'a [Snap]) -> Self {
        let mut near = Nearby::default();
        let finishes: Vec<Finish> = snaps.iter().map(|to| Finish::new(router, &mut near, to)).collect();
        let selection = Selection::new(router.hierarchy(), finishes.iter().map(|finish| &finish.exits[..]));
        let (mut by_edge, mut by_node) = (Vec::new(), Vec::new());
        for (target, to) in (0..).zip(snaps) {
            by_edge.extend(to.arrivals.iter().map(|arrival| (arrival.edge, target)));
            if let Place::Node(node) = to.place {
                by_node.push((node, target));
            }
        }
        by_edge.sort_unstable();
        by_node.sort_unstable();
        let mut in_zones = Vec::new();
        for (target, (to, finish)) in (0..).zip(snaps.iter().zip(&finishes)) {
            if !finish.within.is_empty() {
                in_zones.extend(to.end_zones.iter().map(|&zone| (zone, target)));
            }
        }
        in_zones.sort_unstable();
        Self { snaps, finishes, selection, by_edge, by_node, in_zones }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.snaps.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.snaps.is_empty()
    }

    /// Writes the row of a start that was swept for in `lane`.
    pub(crate) fn row(
        &self,
        router: &Router,
        (sweep, lane): (&Sweep, usize),
        (from, start): (&Snap, &Start),
        row: &mut Vec<Reach>,
    ) {
        row.clear();
        row.extend(sweep.weights(lane).iter().copied().map(Reach));
        let mut look_aside = |target: usize| {
            let ends = Ends { from, start, to: &self.snaps[target], finish: &self.finishes[target] };
            row[target].0 = row[target].0.min(hierarchy::aside(router, &ends));
        };
        self.beside(from, &mut look_aside);
        for near in &start.free {
            self.on_edge(router.layout.turns.edge(near.state), &mut look_aside);
        }
        for near in &start.into_zones {
            let zone = router.layout.zones.of(router.layout.turns.edge(near.state));
            let first = self.in_zones.partition_point(|target| target.0 < zone);
            let same = self.in_zones[first..].iter().take_while(|target| target.0 == zone);
            same.for_each(|target| look_aside(target.1 as usize));
        }
    }

    /// Hands on the targets at the node or on the edges by which a start is left.
    fn beside(&self, from: &Snap, mut sink: impl FnMut(usize)) {
        if let Place::Node(node) = from.place {
            let first = self.by_node.partition_point(|target| target.0 < node);
            self.by_node[first..]
                .iter()
                .take_while(|target| target.0 == node)
                .for_each(|target| sink(target.1 as usize));
        }
        for departure in &from.departures {
            self.on_edge(departure.edge, &mut sink);
        }
    }

    /// Hands on the targets that are reached along an edge.
    fn on_edge(&self, edge: EdgeId, mut sink: impl FnMut(usize)) {
        let first = self.by_edge.partition_point(|target| target.0 < edge);
        let same = self.by_edge[first..].iter().take_while(|target| target.0 == edge);
        same.for_each(|target| sink(target.1 as usize));
    }
}
