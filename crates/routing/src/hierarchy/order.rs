//! The order of a hierarchy: nested dissection by inertial flow.
//!
//! After A. Schild and C. Sommer, "On Balanced Separators in Road Networks" (2015): along each of several directions the
//! quarter of the nodes that lies foremost is the source, the quarter that lies hindmost the sink, and the smallest cut of
//! roads between them is a separator; the smallest over all directions is taken, and both sides are cut in their turn, down
//! to single nodes, of a network that was reduced before ([`reduce`]). The edges of a cut separate the *states* of the two sides, since every way across drives one of them; so
//! an edge is ranked by the cut that it is part of, the first cut highest. That is the cut-based order of Buchhold et al.
//! (2020), and it needs no ranks of nodes. Within a cut all edges that lead one way rank above all that lead back: between two that
//! lead the same way lie both sides, so those that are eliminated first are never joined. (Measured on Porto: a fourteenth of the
//! arcs and a quarter of the triangles are saved.) Copies of an edge's state stand next to it (see [`super::contract`]).
//!
//! The order knows which edges may be travelled by any of a family of profiles, but no weights: a new weight never asks for a
//! new order. Projections are
//! integers and ties go to the smaller number, so the same network always gets the same order.

mod cell;
mod flow;
mod reduce;

use network::{Access, EdgeId, ModeSet, Network};

use crate::crew::Crew;
use crate::layout::modes;
use crate::openings::opens;
use crate::profile::Family;
use cell::dissected;

/// The ranks of a network's edges for the hierarchy of a profile: a permutation, the most important edge last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    ranks: Vec<u32>,
}

impl Order {
    /// Dissects `network` as any of a family may travel it, on some threads.
    pub fn new(network: &Network, family: Family, threads: usize) -> Self {
        Self::by(network, family, &Crew::new(threads), &|| true)
    }

    /// [`Order::new`] by a crew, as long as `goes_on`; the order that is there when it does not is any.
    pub(crate) fn by(network: &Network, family: Family, crew: &Crew, goes_on: &(dyn Fn() -> bool + Sync)) -> Self {
        let descending = dissected(network, &pieces(network, modes(family)), crew, goes_on);
        let mut ranks = vec![0; network.edge_count()];
        for (position, edge) in descending.iter().enumerate() {
            ranks[edge.0 as usize] = (descending.len() - 1 - position) as u32;
        }
        Self { ranks }
    }

    /// The rank of every edge.
    pub fn ranks(&self) -> &[u32] {
        &self.ranks
    }
}

/// A road between two nodes as the dissection sees it: its open directions, or closed ones that only want a rank.
struct Piece {
    edges: [Option<EdgeId>; 2],
    is_open: bool,
}

impl Piece {
    /// How many directions of it are open.
    fn width(&self) -> u8 {
        self.edges.iter().flatten().count() as u8
    }
}

fn pieces(network: &Network, modes: ModeSet) -> Vec<Piece> {
    let is_open_to = |edge, mode| network.access(edge, mode) != Access::No || opens(network, edge, mode);
    let is_open = |edge: &EdgeId| modes.iter().any(|mode| is_open_to(*edge, mode));
    let first_of_both = |edge: &EdgeId| network.reverse(*edge).is_none_or(|opposite| *edge < opposite);
    let mut pieces = Vec::new();
    for edge in network.edges().filter(first_of_both) {
        let both = [Some(edge), network.reverse(edge)];
        for is_open_part in [true, false] {
            let edges = both.map(|edge| edge.filter(|edge| is_open(edge) == is_open_part));
            if edges.iter().any(Option::is_some) {
                pieces.push(Piece { edges, is_open: is_open_part });
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::random::random_network;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn an_order_ranks_every_edge_once() {
        for seed in 0..20 {
            let network = random_network(&mut fastrand::Rng::with_seed(seed));
            let order = Order::new(&network, Family::Motor, 1);
            let mut ranks = order.ranks().to_vec();
            ranks.sort_unstable();
            assert!(ranks.into_iter().eq(0..network.edge_count() as u32));
            for threads in 1..4 {
                assert_eq!(Order::new(&network, Family::Motor, threads), order, "the same network has one order");
            }
        }
    }

    #[test]
    fn who_does_not_go_on_cuts_no_more() {
        let network = random_network(&mut fastrand::Rng::with_seed(3));
        let asked = AtomicUsize::new(0);
        let until = |last| {
            asked.store(0, Ordering::Relaxed);
            let goes_on = || asked.fetch_add(1, Ordering::Relaxed) < last;
            let order = Order::by(&network, Family::Motor, &Crew::new(1), &goes_on);
            assert_eq!(order.ranks().len(), network.edge_count());
            asked.load(Ordering::Relaxed)
        };
        let all = until(usize::MAX);
        assert!(all > 8 && until(0) == 1 && until(2) < all, "{all}");
    }
}
