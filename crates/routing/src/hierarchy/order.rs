//! The order of a hierarchy: nested dissection by inertial flow.
//!
//! After A. Schild and C. Sommer, "On Balanced Separators in Road Networks" (2015): along each of several directions the
//! quarter of the nodes that lies foremost is the source, the quarter that lies hindmost the sink, and the smallest cut of
//! roads between them is a separator; the smallest over all directions is taken, and both sides are cut in their turn, down
//! to single nodes. The edges of a cut separate the *states* of the two sides, since every way across drives one of them; so
//! an edge is ranked by the cut that it is part of, the first cut highest. That is the cut-based order of Buchhold et al.
//! (2020), and it needs no ranks of nodes. Copies of an edge's state stand next to it (see [`super::contract`]).
//!
//! The order knows which edges may be travelled, but no weights: a new weight never asks for a new order. Projections are
//! integers and ties go to the smaller number, so the same network always gets the same order.

mod cell;
mod flow;

use network::{Access, EdgeId, ModeSet, Network};

use crate::profile::{Family, Profile};
use cell::Dissection;

/// The ranks of a network's edges for the hierarchies of a family of profiles: a permutation, the most important edge last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    ranks: Vec<u32>,
}

/// Ranks that are no order of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// One rank for each edge is needed.
    #[error("the order ranks {found} edges, the network has {expected}: import the map again")]
    WrongCount {
        /// How many there are.
        found: usize,
        /// How many edges the network has.
        expected: usize,
    },
    /// Each rank from 0 is needed once.
    #[error("the order gives edge {edge} the rank {rank}, which is too high or given twice: import the map again")]
    NoPermutation {
        /// The first such edge.
        edge: usize,
        /// Its rank.
        rank: u32,
    },
}

impl Order {
    /// Dissects `network` as any profile of `family` may travel it. Takes seconds on a city; the result is worth storing.
    pub fn new(network: &Network, family: Family) -> Self {
        let modes = Profile::ALL.into_iter().filter(|profile| profile.family() == family).map(Profile::mode).collect();
        let descending = Dissection::new(network, &pieces(network, modes)).run();
        let mut ranks = vec![0; network.edge_count()];
        for (position, edge) in descending.iter().enumerate() {
            ranks[edge.0 as usize] = (descending.len() - 1 - position) as u32;
        }
        Self { ranks }
    }

    /// The order of `network` that once was [`Order::ranks`].
    pub fn from_ranks(network: &Network, ranks: Vec<u32>) -> Result<Self, OrderError> {
        if ranks.len() != network.edge_count() {
            return Err(OrderError::WrongCount { found: ranks.len(), expected: network.edge_count() });
        }
        let mut given = vec![false; ranks.len()];
        for (edge, &rank) in ranks.iter().enumerate() {
            match given.get_mut(rank as usize) {
                Some(given @ false) => *given = true,
                _ => return Err(OrderError::NoPermutation { edge, rank }),
            }
        }
        Ok(Self { ranks })
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

fn pieces(network: &Network, modes: ModeSet) -> Vec<Piece> {
    let is_open = |edge: &EdgeId| modes.iter().any(|mode| network.access(*edge, mode) != Access::No);
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

    #[test]
    fn an_order_ranks_every_edge_once_and_survives_its_ranks() {
        for seed in 0..20 {
            let network = random_network(&mut fastrand::Rng::with_seed(seed));
            let order = Order::new(&network, Family::Motor);
            assert_eq!(Order::from_ranks(&network, order.ranks().to_vec()), Ok(order.clone()));
            assert_eq!(Order::new(&network, Family::Motor), order, "the same network has one order");
        }
    }

    #[test]
    fn what_is_no_order_is_refused() {
        let network = random_network(&mut fastrand::Rng::with_seed(1));
        let ranks = Order::new(&network, Family::Motor).ranks;
        let count = ranks.len();
        let refused = |ranks: Vec<u32>| Order::from_ranks(&network, ranks).unwrap_err();
        assert_eq!(refused(vec![]), OrderError::WrongCount { found: 0, expected: count });
        let mut twice = ranks.clone();
        twice[count - 1] = twice[0];
        assert_eq!(refused(twice), OrderError::NoPermutation { edge: count - 1, rank: ranks[0] });
        let mut high = ranks;
        high[0] = count as u32;
        assert_eq!(refused(high), OrderError::NoPermutation { edge: 0, rank: count as u32 });
    }
}
