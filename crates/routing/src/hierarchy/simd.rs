//! The inner loops that run over many lanes, each in as many versions as there are instruction sets.
//!
//! One algorithm, written once and without intrinsics, is compiled for the instructions that every machine of its kind has,
//! and on x86-64 again for AVX2 and for AVX-512; which one runs is a value that comes with the work, usually the best that the
//! machine was found to have. So one program runs on any x86-64 and on 64-bit Arm, and all versions give the same answers: the arithmetic is that of integers. This is the only module
//! of the crate with `unsafe`: calling code that was compiled for an instruction set asks for the promise that the machine has it.

#![expect(clippy::inline_always, reason = "a body is compiled for a version's instructions only where it is inlined")]

use std::ops::Range;

use super::contract::Topology;
use super::customize::{Bridges, Rows};
use super::matrix::{LANES, Lanes, Seeds, Steps, UNREACHED};

/// A set of instructions that this machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version(Instructions);

impl Default for Version {
    fn default() -> Self {
        Self::best()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instructions {
    /// Those that every machine of its kind has.
    Common,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Version {
    /// The most that there is.
    pub(super) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
            {
                return Self(Instructions::Avx512);
            }
            if is_x86_feature_detected!("avx2") {
                return Self(Instructions::Avx2);
            }
        }
        Self(Instructions::Common)
    }

    /// That which every machine of its kind runs.
    pub(crate) fn common() -> Self {
        Self(Instructions::Common)
    }

    /// All that this machine can run, the most common first.
    #[cfg(test)]
    pub(super) fn all() -> Vec<Self> {
        let mut all = vec![Self::common()];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            all.push(Self(Instructions::Avx2));
        }
        if !all.contains(&Self::best()) {
            all.push(Self::best());
        }
        all
    }
}

/// Declares a function in all versions.
macro_rules! versions {
    ($(#[$doc:meta])* fn $name:ident $(<const $L:ident: usize>)? ($($argument:ident: $type:ty),*) by $body:ident) => {
        $(#[$doc])*
        #[cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "run-time detection: see the module"))]
        pub(super) fn $name $(<const $L: usize>)? (version: Version, $($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
            fn with_avx512 $(<const $L: usize>)? ($($argument: $type),*) {
                $body($($argument),*);
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            fn with_avx2 $(<const $L: usize>)? ($($argument: $type),*) {
                $body($($argument),*);
            }
            match version.0 {
                // SAFETY: there is such a [`Version`] only where the machine has the instructions.
                #[cfg(target_arch = "x86_64")]
                Instructions::Avx512 => unsafe { with_avx512($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Instructions::Avx2 => unsafe { with_avx2($($argument),*) },
                Instructions::Common => $body($($argument),*),
            }
        }
    };
}

versions! {
    /// Lowers each arc to the lightest way through a lower one of some states, in all lanes. The arcs are those of the states and of
    /// all states from some higher rank on.
    fn basic<const L: usize>(
        of: (&Topology, &[Bridges; 2]),
        states: Range<u32>,
        cell: &mut [Rows<'_, L>; 2],
        top: &mut [Rows<'_, L>; 2]
    ) by basic_anywhere
}

versions! {
    /// Finds the label of each place by what climbs left there and the arcs that lead down to it, from the highest place to the
    /// lowest; and lowers what its targets are reached by.
    fn descend(steps: &Steps, seeds: &Seeds, labels: &mut [Lanes], reached: &mut [Lanes]) by descend_anywhere
}

#[inline(always)]
fn basic_anywhere<const L: usize>(
    (topology, bridges): (&Topology, &[Bridges; 2]),
    states: Range<u32>,
    cell: &mut [Rows<'_, L>; 2],
    top: &mut [Rows<'_, L>; 2],
) {
    let ([up, down], [up_top, down_top]) = (cell, top);
    for state in states {
        let (ups, downs) = (topology.up.range(state), topology.down.range(state));
        let begins = &down.weights[downs.start - down.base..downs.end - down.base];
        bridge(&bridges[0], (state, &ups, &downs), begins, up, up_top);
        let begins = &up.weights[ups.start - up.base..ups.end - up.base];
        bridge(&bridges[1], (state, &downs, &ups), begins, down, down_top);
    }
}

/// Lowers the arcs of a kind by the ways through `state`, whose arcs of this kind are `own`; `others` weigh `begins`.
#[inline(always)]
fn bridge<const L: usize>(
    bridges: &Bridges,
    (state, own, others): (u32, &Range<usize>, &Range<usize>),
    begins: &[[u64; L]],
    cell: &mut Rows<'_, L>,
    top: &mut Rows<'_, L>,
) {
    let (lower, higher) = cell.weights.split_at_mut(own.end - cell.base);
    let middles = &mut cell.middles[own.end - cell.base..];
    let mut targets = &bridges.target[bridges.first[state as usize]..bridges.first[state as usize + 1]];
    for (begin, &first) in begins.iter().zip(&bridges.begin[others.clone()]) {
        let (now, rest) = targets.split_at(own.end - first as usize);
        targets = rest;
        let ends = &lower[first as usize - cell.base..];
        match now.first() {
            None => {}
            Some(&target) if (target as usize) < top.base => {
                lower_row(state, begin, ends, now, (higher, middles, own.end));
            }
            Some(_) => lower_row(state, begin, ends, now, (top.weights, top.middles, top.base)),
        }
    }
}

#[inline(always)]
fn lower_row<const L: usize>(
    state: u32,
    begin: &[u64; L],
    ends: &[[u64; L]],
    targets: &[u32],
    (weights, middles, base): (&mut [[u64; L]], &mut [[u32; L]], usize),
) {
    for (end, &target) in ends.iter().zip(targets) {
        let (known, middle) = (&mut weights[target as usize - base], &mut middles[target as usize - base]);
        for lane in 0..L {
            let sum = begin[lane] + end[lane];
            let is_less = sum < known[lane];
            known[lane] = if is_less { sum } else { known[lane] };
            middle[lane] = if is_less { state } else { middle[lane] };
        }
    }
}

#[inline(always)]
fn descend_anywhere(steps: &Steps, seeds: &Seeds, labels: &mut [Lanes], reached: &mut [Lanes]) {
    for (place, &slot) in steps.slot.iter().enumerate() {
        let seed = seeds.labels.get(seeds.number[place] as usize);
        let mut lightest = seed.copied().unwrap_or(UNREACHED);
        let arcs = steps.arcs.range(place);
        for (&from, &weight) in steps.arcs.other[arcs.clone()].iter().zip(&steps.arcs.weight[arcs]) {
            lower(&mut lightest, &labels[from as usize], weight);
        }
        labels[slot as usize] = lightest;
        let exits = steps.exits.range(place);
        for (&target, &weight) in steps.exits.other[exits.clone()].iter().zip(&steps.exits.weight[exits]) {
            lower(&mut reached[target as usize], &lightest, weight);
        }
    }
}

#[inline(always)]
fn lower(known: &mut Lanes, label: &Lanes, weight: u64) {
    for lane in 0..LANES {
        known[lane] = known[lane].min(label[lane] + weight as i64);
    }
}
