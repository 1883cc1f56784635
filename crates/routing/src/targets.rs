//! The columns of a matrix, made ready once for any number of rows.
//!
//! A cell is the lighter of what the sweep says and what needs no hierarchy (the same place, the same edge, zones at the ends).
//! The latter concerns few cells of a row: those of targets at the same node or on an edge by which the start is left, unless
//! the start has to do with zones. So targets are sorted by nodes and edges, and the other cells are the sweep's alone.

use network::{EdgeId, NodeId};

use crate::hierarchy::{self, Ends, Finish, Selection, Start, Sweep};
use crate::router::Router;
use crate::snap::{Place, Snap};
use crate::weight::{Travel, Weight};

/// The targets of a matrix; good for the [`Router`] that made them.
pub struct Targets<'a> {
    snaps: &'a [Snap],
    finishes: Vec<Finish>,
    pub(crate) selection: Selection,
    /// Ascending.
    by_edge: Vec<(EdgeId, u32)>,
    /// Ascending; of targets at nodes.
    by_node: Vec<(NodeId, u32)>,
}

impl std::fmt::Debug for Targets<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Targets({})", self.snaps.len())
    }
}

impl<'a> Targets<'a> {
    pub(crate) fn new(router: &Router, snaps: &'a [Snap]) -> Self {
        let finishes: Vec<Finish> = snaps.iter().map(|to| Finish::new(router, to)).collect();
        let selection = Selection::new(&router.hierarchy, finishes.iter().map(|finish| &finish.exits[..]));
        let (mut by_edge, mut by_node) = (Vec::new(), Vec::new());
        for (target, to) in (0..).zip(snaps) {
            by_edge.extend(to.arrivals.iter().map(|arrival| (arrival.edge, target)));
            if let Place::Node(node) = to.place {
                by_node.push((node, target));
            }
        }
        by_edge.sort_unstable();
        by_node.sort_unstable();
        Self { snaps, finishes, selection, by_edge, by_node }
    }

    /// The row of a start that was swept for in `lane`.
    pub(crate) fn row(
        &self,
        router: &Router,
        sweep: &Sweep,
        lane: usize,
        from: &Snap,
        start: &Start,
    ) -> Vec<Option<Travel>> {
        let count = self.snaps.len();
        let mut row: Vec<Weight> = (0..count).map(|target| sweep.weight(&self.selection, lane, target)).collect();
        let mut look_aside = |target: usize| {
            let ends = Ends { from, start, to: &self.snaps[target], finish: &self.finishes[target] };
            row[target] = row[target].min(hierarchy::aside(router, &ends));
        };
        if start.free.is_empty() && start.into_zones.is_empty() {
            self.beside(from, look_aside);
        } else {
            (0..count).for_each(&mut look_aside);
        }
        row.into_iter().map(|weight| (weight < Weight::INFINITE).then(|| weight.into())).collect()
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
            let first = self.by_edge.partition_point(|target| target.0 < departure.edge);
            let same = self.by_edge[first..].iter().take_while(|target| target.0 == departure.edge);
            same.for_each(|target| sink(target.1 as usize));
        }
    }
}
