//! The triangles of a topology: for each arc to a lower state and each on from it, the arc between their higher ends.

use super::super::contract::Topology;
use super::Kind;

/// The triangles that lower the arcs of one kind. The arc between two higher ends is kept with the lower of them; so for a state
/// and an arc of the other kind, the arcs of this kind that end higher than that arc form the end of the state's list, and what they
/// meet lies in one row.
pub(crate) struct Bridges {
    /// By arc of the other kind: the first arc of this kind, with the same lower end, that ends higher.
    pub(crate) begin: Vec<u32>,
    /// By state, and one more: where its targets begin.
    pub(crate) first: Vec<usize>,
    /// The arcs of this kind that are lowered: for each arc of the other kind and each from `begin` on.
    pub(crate) target: Vec<u32>,
}

impl Bridges {
    pub(super) fn new(topology: &Topology, kind: Kind) -> Self {
        let (own, other) = (topology.lists(kind), topology.lists(kind.other()));
        let mut all = Self { begin: Vec::with_capacity(other.high.len()), first: vec![0], target: Vec::new() };
        for state in 0..topology.len() as u32 {
            let (range, ends) = (own.range(state), own.of(state));
            for &low in other.of(state) {
                let skipped = ends.partition_point(|&end| end <= low);
                all.begin.push((range.start + skipped) as u32);
                let row = own.range(low);
                let mut row = row.start..row.end;
                for &high in &ends[skipped..] {
                    let found = row.find(|&arc| own.high[arc] == high);
                    all.target.push(found.expect("elimination joins what is around a state") as u32);
                }
            }
            all.first.push(all.target.len());
        }
        all
    }

    /// How many triangles there are.
    pub(super) fn len(&self) -> usize {
        self.target.len()
    }
}
