//! What need not be dissected: dead ends, and the nodes where a road merely goes on.
//!
//! A dead end separates nothing, and of a chain of roads one cut is as good as another. So trees that hang on the rest are peeled
//! off, and each chain becomes one road, named by its narrowest piece; what was taken away ranks below all that it hangs on,
//! beside the node where it hangs, so that what lies together stays together; a road that ends where it begins hangs there from the
//! first. Eliminating it costs next to nothing: in a tree or a chain nobody has more than two neighbours to be joined. About half of
//! a city's nodes go this way.

use super::Piece;

/// A road as it is met from one of its ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arm {
    pub(super) node: u32,
    pub(super) piece: u32,
    /// Whether that leads along the first direction of the piece, or else along its opposite.
    pub(super) is_along: bool,
}

/// What is left of a network.
pub(super) struct Reduced {
    /// By node: its roads, ascending; none for a node that was taken away.
    pub(super) arms: Vec<Vec<Arm>>,
    /// By node: the pieces that rank below it, the most important first.
    pub(super) hanging: Vec<Vec<u32>>,
    /// The nodes that are left, ascending.
    pub(super) nodes: Vec<u32>,
}

/// Reduces the network of `arms` by node, where something may hang already.
pub(super) fn reduce(arms: Vec<Vec<Arm>>, hanging: Vec<Vec<u32>>, pieces: &[Piece]) -> Reduced {
    let count = arms.len();
    let mut reduced = Reduced { arms, hanging, nodes: Vec::new() };
    let mut is_left = vec![true; count];
    for node in 0..count as u32 {
        reduced.peel(node, &mut is_left);
    }
    for node in 0..count as u32 {
        reduced.join(node, pieces, &mut is_left);
    }
    reduced.nodes = (0..count as u32).filter(|&node| is_left[node as usize]).collect();
    reduced.arms.iter_mut().for_each(|arms| arms.sort_unstable());
    reduced
}

impl Reduced {
    /// Takes away a node with one road, and those that it leaves with one.
    fn peel(&mut self, mut node: u32, is_left: &mut [bool]) {
        while let [Arm { node: next, piece, .. }] = self.arms[node as usize][..] {
            is_left[node as usize] = false;
            self.arms[node as usize].clear();
            self.arms[next as usize].retain(|arm| arm.piece != piece);
            self.hang(node, next, piece);
            node = next;
        }
    }

    /// Makes one road of the two that meet at a node where no other does.
    fn join(&mut self, node: u32, pieces: &[Piece], is_left: &mut [bool]) {
        let [a, b] = self.arms[node as usize][..] else { return };
        if a.node == b.node {
            return;
        }
        let width = |arm: Arm| pieces[arm.piece as usize].width();
        let (kept, gone) = if width(a) <= width(b) { (a, b) } else { (b, a) };
        is_left[node as usize] = false;
        self.arms[node as usize].clear();
        let onwards = Arm { node: kept.node, ..kept };
        let back = Arm { node: gone.node, is_along: !kept.is_along, ..kept };
        for (end, old, new) in [(kept.node, kept.piece, back), (gone.node, gone.piece, onwards)] {
            for arm in self.arms[end as usize].iter_mut().filter(|arm| arm.piece == old) {
                *arm = new;
            }
        }
        self.hang(node, gone.node, gone.piece);
    }

    /// Hangs a piece, and below it what hangs on the node beyond, on another node.
    fn hang(&mut self, beyond: u32, on: u32, piece: u32) {
        let below = std::mem::take(&mut self.hanging[beyond as usize]);
        let list = &mut self.hanging[on as usize];
        list.push(piece);
        list.extend(below);
    }
}
