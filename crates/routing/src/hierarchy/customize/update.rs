//! Some edges weigh something else: a metric from another one, by what leads over those edges.
//!
//! Dibbelt et al. (2016), section 7.6, by rows: the arcs of a state are weighed anew when one of their turns has changed, or an arc
//! below them. States are taken upwards, and an arc that comes out as it was changes nothing above it. A row is weighed by all that it
//! can consist of, so what is made is what customizing everything makes, to the last bit. Where so much changes that most
//! rows would be weighed, everything is.

use network::EdgeId;

use super::super::contract::{Lists, NONE, Topology, grouped};
use super::super::metric::{Arcs, Metric};
use super::{Bridges, INFINITE, Kind, Order, Workbench};
use crate::weight::Weight;

/// Of so many edges at most one may change, or everything is customized: on Porto an update of one edge in 190 takes three quarters
/// of a full customization, and one of one in 65 as long.
const EDGES_TO_ONE_CHANGED: usize = 100;

/// The arcs by their higher ends, which only updates need.
pub(super) struct Below([Grouped; 2]);

/// Those of a kind, ascending for each state.
struct Grouped {
    /// By state, and one more.
    first: Vec<u32>,
    arcs: Vec<u32>,
    /// By arc: its lower end.
    low: Vec<u32>,
}

impl Below {
    pub(super) fn new(topology: &Topology) -> Self {
        Self(Kind::BOTH.map(|kind| {
            let lists = topology.lists(kind);
            let (first, arcs) = grouped(topology.len(), &lists.high);
            let low = (0..topology.len() as u32).flat_map(|state| lists.range(state).map(move |_| state)).collect();
            Grouped { first, arcs, low }
        }))
    }
}

impl Grouped {
    /// The arcs that end at a state, each with its lower end.
    fn of(&self, state: u32) -> impl Iterator<Item = (usize, u32)> {
        let range = self.first[state as usize] as usize..self.first[state as usize + 1] as usize;
        self.arcs[range].iter().map(|&arc| (arc as usize, self.low[arc as usize]))
    }
}

impl Workbench {
    /// Makes a metric from one under other weights: the same that [`Workbench::metric`] makes. Where its turns are not those of the one
    /// before, `opened` has the edges with more turns at their ends.
    pub(crate) fn changed(&self, before: &Metric, order: Order<'_>, opened: &[EdgeId], threads: usize) -> Metric {
        let mut is_changed: Vec<bool> = before.weights.iter().zip(&order.weights).map(|(a, b)| a != b).collect();
        for edge in opened {
            is_changed[edge.0 as usize] = true;
        }
        let count = is_changed.iter().filter(|&&changed| changed).count();
        if count * EDGES_TO_ONE_CHANGED > is_changed.len() {
            return self.metric(order, threads);
        }
        self.by_rows(before, order, &is_changed)
    }

    /// That of [`Workbench::changed`], however much changes.
    pub(crate) fn by_rows(&self, before: &Metric, order: Order<'_>, is_changed: &[bool]) -> Metric {
        let below = self.below.get_or_init(|| Below::new(&self.topology));
        let table = |arcs: &Arcs| (arcs.weight.to_vec(), arcs.middle.to_vec());
        let mut update = Update {
            bench: self,
            order: &order,
            below,
            tables: [table(&before.up), table(&before.down)],
            is_due: vec![[false; 2]; self.topology.len()],
            place: vec![NONE; self.topology.len()],
            row: Vec::new(),
            changed: Vec::new(),
        };
        update.begin(|edge| is_changed[edge.0 as usize]);
        for state in 0..self.topology.len() as u32 {
            for kind in Kind::BOTH {
                if update.is_due[state as usize][kind as usize] {
                    update.weigh(kind, state);
                }
            }
        }
        let tables = update.tables;
        Metric::new(order.weights, tables)
    }
}

/// An update under way.
struct Update<'a> {
    bench: &'a Workbench,
    order: &'a Order<'a>,
    below: &'a Below,
    /// By kind: weights and middles.
    tables: [(Vec<u64>, Vec<u32>); 2],
    /// By state and kind: whether its arcs are to be weighed.
    is_due: Vec<[bool; 2]>,
    /// By state: its place among the ends of the row in work.
    place: Vec<u32>,
    /// The row in work: weights and middles.
    row: Vec<(u64, u32)>,
    /// The higher ends of its arcs that have changed.
    changed: Vec<u32>,
}

impl Update<'_> {
    /// Marks the arcs whose turns have changed.
    fn begin(&mut self, is_changed: impl Fn(EdgeId) -> bool) {
        for kind in Kind::BOTH {
            let low = &self.below.0[kind as usize].low;
            let due = &mut self.is_due;
            let mark = |arc: usize| due[low[arc] as usize][kind as usize] = true;
            self.order.turn_arcs.leaving(kind, &is_changed, mark);
        }
    }

    /// Weighs the arcs of a kind from a state, all below being known; marks what the changes concern.
    fn weigh(&mut self, kind: Kind, state: u32) {
        let own = self.bench.topology.lists(kind);
        self.fill(kind, state, own);
        let range = own.range(state);
        let (weights, middles) = &mut self.tables[kind as usize];
        self.changed.clear();
        for (arc, &(weight, middle)) in range.zip(&self.row) {
            middles[arc] = middle;
            if std::mem::replace(&mut weights[arc], weight) != weight {
                self.changed.push(own.high[arc]);
            }
        }
        self.mark(kind, state);
    }

    /// Makes `row` that of a state.
    fn fill(&mut self, kind: Kind, state: u32, own: &Lists) {
        let bridges: &Bridges = &self.bench.bridges[kind as usize];
        let range = own.range(state);
        self.row.clear();
        self.row.resize(range.len(), (INFINITE, NONE));
        let row = &mut self.row;
        let of_edge: &[Weight] = &self.order.weights;
        self.order.turn_arcs.lay_row(kind, of_edge, range, |place, weight| row[place].0 = weight.min(row[place].0));
        for (place, &end) in (0..).zip(own.of(state)) {
            self.place[end as usize] = place;
        }
        let (weights, others) = (&self.tables[kind as usize].0, &self.tables[kind.other() as usize].0);
        for (arc, low) in self.below.0[kind.other() as usize].of(state) {
            let begin = others[arc];
            if begin == INFINITE {
                continue;
            }
            let onwards = bridges.begin[arc] as usize..own.range(low).end;
            for (&high, &weight) in own.high[onwards.clone()].iter().zip(&weights[onwards]) {
                let known = &mut self.row[self.place[high as usize] as usize];
                let sum = begin + weight;
                if sum < known.0 {
                    *known = (sum, low);
                }
            }
        }
    }

    /// Marks the rows of the arcs that bridge a changed arc of a state and one of the other kind.
    fn mark(&mut self, kind: Kind, state: u32) {
        for &end in self.bench.topology.lists(kind.other()).of(state) {
            for &changed in &self.changed {
                if end != changed {
                    let kind = if end < changed { kind } else { kind.other() };
                    self.is_due[end.min(changed) as usize][kind as usize] = true;
                }
            }
        }
    }
}
