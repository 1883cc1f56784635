//! The inner loops that run over many lanes, each in as many versions as there are instruction sets.
//!
//! One algorithm, written once and without intrinsics, is compiled for the instructions that every machine of its kind has,
//! and on x86-64 again for AVX2 and for AVX-512; which one runs is found out when it is called. So one program runs on any
//! x86-64 and on 64-bit Arm, and all versions give the same answers: the arithmetic is that of integers. This is the only module
//! of the crate with `unsafe`: calling code that was compiled for an instruction set asks for the promise that the machine has it.

#![expect(clippy::inline_always, reason = "a body is compiled for a version's instructions only where it is inlined")]

use super::contract::Topology;
use super::customize::Triangles;
use super::matrix::{LANES, Lanes, Steps, UNREACHED};

/// Declares a function in all versions.
macro_rules! versions {
    ($(#[$doc:meta])* fn $name:ident $(<const $L:ident: usize>)? ($($argument:ident: $type:ty),*) by $body:ident) => {
        $(#[$doc])*
        #[cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "run-time detection: see the module"))]
        pub(super) fn $name $(<const $L: usize>)? ($($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
                fn with_avx512 $(<const $L: usize>)? ($($argument: $type),*) {
                    $body($($argument),*);
                }
                #[target_feature(enable = "avx2")]
                fn with_avx2 $(<const $L: usize>)? ($($argument: $type),*) {
                    $body($($argument),*);
                }
                if is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                {
                    // SAFETY: the machine has the instructions that this version was compiled for, as was just asked.
                    return unsafe { with_avx512($($argument),*) };
                }
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: as above.
                    return unsafe { with_avx2($($argument),*) };
                }
            }
            $body($($argument),*);
        }
    };
}

versions! {
    /// Lowers each arc to the lightest way through a lower state, in all lanes.
    fn basic<const L: usize>(topology: &Topology, triangles: &Triangles, weights: &mut [[u64; L]]) by basic_anywhere
}

versions! {
    /// Lowers each arc to the lightest detour by something higher, in all lanes.
    fn perfect<const L: usize>(topology: &Topology, triangles: &Triangles, weights: &mut [[u64; L]]) by perfect_anywhere
}

versions! {
    /// Finds the labels of each place by the arcs that lead down to it, from the highest place to the lowest; those of places
    /// that are `seeded` are known in part.
    fn descend(steps: &Steps, seeded: &[bool], labels: &mut [Lanes]) by descend_anywhere
}

versions! {
    /// For each target, the lightest label of its exits, each with the weight from there.
    fn reach(steps: &Steps, labels: &[Lanes], reached: &mut [Lanes]) by reach_anywhere
}

#[inline(always)]
fn lower<const L: usize>(known: &mut [u64; L], begin: &[u64; L], end: &[u64; L]) {
    for lane in 0..L {
        known[lane] = known[lane].min(begin[lane] + end[lane]);
    }
}

#[inline(always)]
fn basic_anywhere<const L: usize>(topology: &Topology, triangles: &Triangles, weights: &mut [[u64; L]]) {
    let ups = topology.up.high.len();
    let mut bridges = &triangles.bridge[..];
    for state in 0..topology.len() as u32 {
        let (up, down) = (topology.up.range(state), topology.down.range(state));
        for first in down {
            let begin = weights[ups + first];
            let (now, rest) = bridges.split_at(up.len());
            bridges = rest;
            for (second, &bridge) in up.clone().zip(now) {
                let end = weights[second];
                lower(&mut weights[bridge as usize], &begin, &end);
            }
        }
    }
}

#[inline(always)]
fn perfect_anywhere<const L: usize>(topology: &Topology, triangles: &Triangles, weights: &mut [[u64; L]]) {
    let ups = topology.up.high.len();
    for state in (0..topology.len() as u32).rev() {
        let (up, down) = (topology.up.range(state), topology.down.range(state));
        let detours = &triangles.detour[triangles.first_detour[state as usize]..];
        let (of_up, of_down) = detours.split_at(up.len() * up.len());
        for (first, detours) in up.clone().zip(of_up.chunks_exact(up.len().max(1))) {
            let begin = weights[first];
            for (second, &detour) in up.clone().zip(detours) {
                let on = weights[detour as usize];
                lower(&mut weights[second], &begin, &on);
            }
        }
        for (first, detours) in down.clone().zip(of_down.chunks_exact(down.len().max(1))) {
            let mut known = weights[ups + first];
            for (second, &detour) in down.clone().zip(detours) {
                lower(&mut known, &weights[detour as usize], &weights[ups + second]);
            }
            weights[ups + first] = known;
        }
    }
}

#[inline(always)]
fn lightest(mut known: Lanes, steps: &Steps, range: std::ops::Range<usize>, labels: &[Lanes]) -> Lanes {
    for (&from, &weight) in steps.from[range.clone()].iter().zip(&steps.weight[range]) {
        let label = &labels[from as usize];
        for lane in 0..LANES {
            known[lane] = known[lane].min(label[lane] + weight as i64);
        }
    }
    known
}

#[inline(always)]
fn descend_anywhere(steps: &Steps, seeded: &[bool], labels: &mut [Lanes]) {
    for (place, &is_seeded) in seeded.iter().enumerate() {
        let (before, rest) = labels.split_at_mut(place);
        let known = if is_seeded { rest[0] } else { UNREACHED };
        rest[0] = lightest(known, steps, steps.range(place), before);
    }
}

#[inline(always)]
fn reach_anywhere(steps: &Steps, labels: &[Lanes], reached: &mut [Lanes]) {
    for (target, reached) in reached.iter_mut().enumerate() {
        *reached = lightest(*reached, steps, steps.range(target), labels);
    }
}
