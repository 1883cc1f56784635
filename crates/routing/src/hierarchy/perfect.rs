//! Which arcs no shortest path needs: those that a detour by higher states undercuts.
//!
//! Perfect customization (Dibbelt et al. 2016, section 6.2). States are taken downwards, so the arcs between higher states
//! weigh no more than any way that this metric knows when a lower one is compared with them. An arc that is undercut can be
//! left out: a way that uses it is not shortest. One that only ties is kept. For the same reason the two parts of an arc
//! that is needed are needed, so what is left can be unpacked.

use super::contract::{Lists, NONE, Topology};
use super::customize::{Metric, Weights};
use crate::weight::Weight;

/// By arc, upwards and downwards: whether it is needed.
pub(super) struct Needed {
    pub(super) up: Vec<bool>,
    pub(super) down: Vec<bool>,
}

/// Lowers the weights of `metric` to what detours cost and tells which arcs were as light as that before.
pub(super) fn perfect(topology: &Topology, metric: &mut Metric) -> Needed {
    let Topology { up, down, parent } = topology;
    let finite = |weights: &Weights| weights.weight.iter().map(|&weight| weight < Weight::INFINITE).collect();
    let mut needed = Needed { up: finite(&metric.up), down: finite(&metric.down) };
    let mut position = vec![NONE; parent.len()];
    for state in (0..parent.len() as u32).rev() {
        undercut(state, (up, &mut metric.up.weight), (down, &metric.down.weight), &mut needed.up, &mut position);
        undercut(state, (down, &mut metric.down.weight), (up, &metric.up.weight), &mut needed.down, &mut position);
    }
    needed
}

/// Compares the arcs of one kind at `state` with their detours: by another arc of this kind, and on between the higher ends.
fn undercut(
    state: u32,
    (lists, weights): (&Lists, &mut [Weight]),
    (other, others): (&Lists, &[Weight]),
    needed: &mut [bool],
    position: &mut [u32],
) {
    let range = lists.range(state);
    for arc in range.clone() {
        position[lists.high[arc] as usize] = arc as u32;
    }
    for arc in range.clone() {
        let high = lists.high[arc];
        // On upwards from `high`.
        for second in lists.range(high) {
            let end = position[lists.high[second] as usize];
            if end != NONE {
                let weight = weights[arc].plus(weights[second]);
                lower(end as usize, weight, weights, needed);
            }
        }
        // By something higher and on downwards to `high`.
        for second in other.range(high) {
            let first = position[other.high[second] as usize];
            if first != NONE {
                let weight = weights[first as usize].plus(others[second]);
                lower(arc, weight, weights, needed);
            }
        }
    }
    for arc in range {
        position[lists.high[arc] as usize] = NONE;
    }
}

fn lower(arc: usize, weight: Weight, weights: &mut [Weight], needed: &mut [bool]) {
    if weight < weights[arc] {
        weights[arc] = weight;
        needed[arc] = false;
    }
}
