//! Turn restrictions to forbidden sequences of roads.
//!
//! By then the ways have been cut, so a member is a chain of pieces, and the first and the last step have to be found:
//! a piece of `from` that arrives at the via, a piece of `to` that leaves it, in directions that are open to somebody
//! whom the restriction addresses. A way that passes through the via has two candidates; then the restriction is not
//! clear and is left out, but for one that forbids to turn back, which means each direction. `only_*` becomes a ban of
//! everything else that leaves the via. By way of other ways, all chains of their pieces that lead from one to the other
//! are walked; a chain never turns back on itself.

use std::collections::HashMap;

use network::{Access, ModeAccess, ModeSet, NetworkBuilder, NodeId, RoadId};

use crate::restriction::{Kind, Restriction, Via};

/// The most pieces that a restriction may lead through: beyond lies an error of the map, not a junction.
const LONGEST_CHAIN: usize = 64;
/// The most steps that are tried for one restriction, so that a tangle of loops cannot hold up an import.
const MOST_STEPS: usize = 10_000;

/// A piece of a way, as it was added to the network.
#[derive(Clone, Copy)]
pub(crate) struct Piece {
    pub(crate) road: RoadId,
    pub(crate) ends: [NodeId; 2],
    /// Forward and backward.
    pub(crate) access: [ModeAccess; 2],
}

/// One direction of a piece: its position, and whether it is travelled against its line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Step(usize, bool);

impl Step {
    fn reverse(self) -> Self {
        Step(self.0, !self.1)
    }
}

/// What became of a restriction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Applied,
    /// A member is missing or is no road.
    Incomplete,
    /// The members do not meet in one clear way, or nobody could turn so anyway.
    Unmatched,
}

/// The pieces of all ways, with an index of what leaves a node.
pub(crate) struct Pieces<'a> {
    all: &'a [Piece],
    /// By way, its pieces.
    of_way: &'a HashMap<i64, std::ops::Range<usize>>,
    /// Every step that is open to anybody, ascending by the node that it leaves.
    leaving: Vec<(NodeId, Step)>,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(pieces: &'a [Piece], of_way: &'a HashMap<i64, std::ops::Range<usize>>) -> Self {
        let mut this = Self { all: pieces, of_way, leaving: Vec::new() };
        let steps = (0..pieces.len()).flat_map(|piece| [Step(piece, false), Step(piece, true)]);
        let open = steps.filter(|&step| !this.access(step).is_nobody());
        let mut leaving: Vec<_> = open.map(|step| (this.tail(step), step)).collect();
        leaving.sort_unstable();
        this.leaving = leaving;
        this
    }

    /// Adds what a restriction forbids to the network; `node` finds the node of a via, if it is in the network.
    pub(crate) fn forbid(
        &self,
        restriction: &Restriction,
        node: impl Fn(i64) -> Option<NodeId>,
        builder: &mut NetworkBuilder,
    ) -> Outcome {
        let (Some(from), Some(to)) = (self.steps(&restriction.from), self.steps(&restriction.to)) else {
            return Outcome::Incomplete;
        };
        let chains = match &restriction.via {
            Via::Node(id) => node(*id).map(|via| self.chains_at(via, &from, &to, restriction)),
            Via::Ways(ways) => self.via_steps(ways).map(|via| self.chains_along(&from, &via, &to, restriction)),
        };
        let Some(chains) = chains else { return Outcome::Incomplete };
        let forbidden = match restriction.kind {
            Kind::No | Kind::NoUTurn => chains,
            Kind::Only => self.everything_else(&chains, restriction.modes),
        };
        for chain in &forbidden {
            let roads: Vec<_> = chain.iter().map(|&Step(piece, against)| (self.all[piece].road, against)).collect();
            match restriction.when {
                None => builder.forbid(&roads, restriction.modes),
                Some(when) => builder.forbid_when(&roads, restriction.modes, when),
            }
        }
        if forbidden.is_empty() { Outcome::Unmatched } else { Outcome::Applied }
    }

    /// From, then to, at a node.
    fn chains_at(&self, via: NodeId, from: &[Step], to: &[Step], restriction: &Restriction) -> Vec<Vec<Step>> {
        let open = |step: &&Step| self.is_open(**step, restriction.modes);
        let arriving: Vec<Step> = from.iter().filter(open).copied().filter(|&step| self.head(step) == via).collect();
        let leaving: Vec<Step> = to.iter().filter(open).copied().filter(|&step| self.tail(step) == via).collect();
        if restriction.kind == Kind::NoUTurn && restriction.from == restriction.to {
            let back = arriving.into_iter().map(|step| vec![step, step.reverse()]);
            return back.filter(|pair| leaving.contains(&pair[1])).collect();
        }
        let clear = |ways: &[i64], steps: &[Step]| ways.len() > 1 || steps.len() == 1;
        if !clear(&restriction.from, &arriving) || !clear(&restriction.to, &leaving) {
            return Vec::new();
        }
        arriving.iter().flat_map(|&first| leaving.iter().map(move |&last| vec![first, last])).collect()
    }

    /// From, then pieces of each via in turn, then to. The shortest chains only: a longer one leads past the place where
    /// the members meet.
    fn chains_along(&self, from: &[Step], via: &[Vec<Step>], to: &[Step], restriction: &Restriction) -> Vec<Vec<Step>> {
        let mut search =
            ChainSearch { pieces: self, to, modes: restriction.modes, found: Vec::new(), left: MOST_STEPS };
        for &first in from.iter().filter(|&&step| self.is_open(step, restriction.modes)) {
            search.extend(&mut vec![first], via);
        }
        let shortest = search.found.iter().map(Vec::len).min().unwrap_or(0);
        search.found.retain(|chain| chain.len() == shortest);
        search.found
    }

    /// For each chain, the same with every other last step that is open.
    fn everything_else(&self, chains: &[Vec<Step>], modes: ModeSet) -> Vec<Vec<Step>> {
        let mut others = Vec::new();
        for chain in chains {
            let (last, begin) = chain.split_last().expect("a chain has at least two steps");
            let wanted =
                |step: Step| chains.iter().any(|chain| chain.starts_with(begin) && chain.last() == Some(&step));
            for step in self.leaving(self.tail(*last)).filter(|&step| self.is_open(step, modes) && !wanted(step)) {
                others.push([begin, &[step]].concat());
            }
        }
        others
    }

    /// All steps of some ways; `None` if one of them has no pieces.
    fn steps(&self, ways: &[i64]) -> Option<Vec<Step>> {
        let ranges: Vec<_> = ways.iter().map(|way| self.of_way.get(way)).collect::<Option<_>>()?;
        let pieces = ranges.into_iter().flat_map(Clone::clone);
        Some(pieces.flat_map(|piece| [Step(piece, false), Step(piece, true)]).collect())
    }

    fn via_steps(&self, ways: &[i64]) -> Option<Vec<Vec<Step>>> {
        ways.iter().map(|&way| self.steps(&[way])).collect()
    }

    fn leaving(&self, node: NodeId) -> impl Iterator<Item = Step> {
        let first = self.leaving.partition_point(|&(tail, _)| tail < node);
        self.leaving[first..].iter().take_while(move |&&(tail, _)| tail == node).map(|&(_, step)| step)
    }

    fn is_open(&self, step: Step, modes: ModeSet) -> bool {
        let access = self.access(step);
        modes.iter().any(|mode| access.get(mode) != Access::No)
    }

    fn access(&self, Step(piece, against): Step) -> ModeAccess {
        self.all[piece].access[usize::from(against)]
    }

    fn tail(&self, Step(piece, against): Step) -> NodeId {
        self.all[piece].ends[usize::from(against)]
    }

    fn head(&self, Step(piece, against): Step) -> NodeId {
        self.all[piece].ends[usize::from(!against)]
    }
}

/// The search for chains along via ways, depth first.
struct ChainSearch<'a> {
    pieces: &'a Pieces<'a>,
    to: &'a [Step],
    modes: ModeSet,
    found: Vec<Vec<Step>>,
    /// How many steps may still be tried.
    left: usize,
}

impl ChainSearch<'_> {
    /// Goes on along the first of `via`, on to the next of them, or, after the last, to `to`.
    fn extend(&mut self, chain: &mut Vec<Step>, via: &[Vec<Step>]) {
        let Some((current, rest)) = via.split_first() else {
            let last_steps: Vec<Step> = self.to.iter().copied().filter(|&step| self.follows(chain, step)).collect();
            self.found.extend(last_steps.into_iter().map(|step| [chain.as_slice(), &[step]].concat()));
            return;
        };
        for &step in current {
            if self.left == 0 || chain.len() == LONGEST_CHAIN {
                return;
            }
            if self.follows(chain, step) && !chain.contains(&step.reverse()) {
                self.left -= 1;
                chain.push(step);
                self.extend(chain, rest);
                self.extend(chain, via);
                chain.pop();
            }
        }
    }

    fn follows(&self, chain: &[Step], step: Step) -> bool {
        let head = self.pieces.head(chain[chain.len() - 1]);
        self.pieces.tail(step) == head && self.pieces.is_open(step, self.modes) && !chain.contains(&step)
    }
}
