//! The judge of the search: every rule applied literally to whole sequences of edges.
//!
//! Labels belong to the last edges driven, as many as the longest ban needs, so there is no automaton, no copy of an edge
//! and no array of turns; bans are checked by scanning all of them, private land by comparing edges pairwise. What is
//! shared with the router: the weight of an edge, the cost of a turn, which edges are crumbs, and the candidates of a snap. Slow on purpose.

use std::collections::BTreeSet;

use network::{Access, EdgeId, Mode, Network, NodeId};

use crate::bearings::Bearings;
use crate::profile::Table;
use crate::router::Router;
use crate::snap::{Candidate, Snap};
use crate::turns::Rules;
use crate::weight::Travel;
use crate::zones::Zones;

/// Milliseconds and centimetres.
type Sum = (u64, u64);

/// Where on its way a leg is; the stages come in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    StartsLand,
    Public,
    LastLand,
}

/// What is to be settled: the sum at the *beginning* of the last edge driven, the last edges driven, the stage of the last.
type Queue = BTreeSet<(Sum, Vec<EdgeId>, Stage)>;

pub(super) struct Oracle<'a> {
    router: &'a Router,
    network: &'a Network,
    table: &'a Table,
    mode: Mode,
    costs: Rules<'a>,
    bans: Vec<&'a [EdgeId]>,
    /// By edge: the smallest edge of its private land; none is public.
    land: Vec<Option<EdgeId>>,
}

impl<'a> Oracle<'a> {
    pub(super) fn new(router: &'a Router, no_zones: &'a Zones) -> Self {
        let (network, mode, table) = (router.network(), router.mode(), router.profile().table());
        let bans = network.forbidden().filter(|ban| ban.modes.contains(mode)).map(|ban| ban.edges).collect();
        let land = private_land(network, mode);
        let costs = Rules::new(network, table, no_zones, Bearings::new(network));
        Self { router, network, table, mode, costs, bans, land }
    }

    /// What the fastest, then shortest, legal way takes.
    pub(super) fn fastest(&self, from: &Snap, to: &Snap) -> Option<Travel> {
        let direct = self.direct(from, to);
        let best = [direct, self.driven(from, to)].into_iter().flatten().min();
        best.map(|(duration_ms, distance_cm)| Travel { duration_ms, distance_cm })
    }

    /// Staying on one edge, or at one place.
    fn direct(&self, from: &Snap, to: &Snap) -> Option<Sum> {
        if from.is_same_place(to) {
            return Some((0, 0));
        }
        let pairs = from.departures.iter().flat_map(|a| to.arrivals.iter().map(move |b| (a, b)));
        pairs
            .filter(|(a, b)| a.edge == b.edge && a.along_cm <= b.along_cm)
            .filter(|(at, _)| self.is_open(at.edge) && self.may_end(from, to, at.edge))
            .map(|(a, b)| (self.part(b).0 - self.part(a).0, u64::from(b.along_cm - a.along_cm)))
            .min()
    }

    /// Dijkstra over the last edges driven, which are listed with the sum at the *beginning* of the last.
    fn driven(&self, from: &Snap, to: &Snap) -> Option<Sum> {
        let memory = self.bans.iter().map(|ban| ban.len()).max().unwrap_or(1);
        let mut queue = Queue::new();
        for departure in &from.departures {
            let (whole, part) = (self.whole(departure.edge), self.part(departure));
            let stage = match self.land[departure.edge.0 as usize] {
                None => Stage::Public,
                land if self.lies_in(&from.departures, land) => Stage::StartsLand,
                _ => Stage::LastLand,
            };
            self.follow(from, (whole.0 - part.0, whole.1 - part.1), (&[departure.edge], stage), &mut queue);
        }
        let mut settled = BTreeSet::new();
        let mut best = None;
        while let Some((sum, history, stage)) = queue.pop_first() {
            let recent = history[history.len().saturating_sub(memory)..].to_vec();
            if !settled.insert((recent.clone(), stage)) {
                continue;
            }
            let edge = history[history.len() - 1];
            let may_end = stage < Stage::LastLand || self.lies_in(&to.arrivals, self.land[edge.0 as usize]);
            for arrival in to.arrivals.iter().filter(|arrival| arrival.edge == edge && may_end) {
                let part = self.part(arrival);
                let end = (sum.0 + part.0, sum.1 + part.1);
                best = Some(best.map_or(end, |best: Sum| best.min(end)));
            }
            let whole = self.whole(edge);
            self.follow(from, (sum.0 + whole.0, sum.1 + whole.1), (&recent, stage), &mut queue);
        }
        best
    }

    /// Queues everything that may follow `history`, whose last edge ends at `sum`.
    fn follow(&self, from: &Snap, sum: Sum, (history, stage): (&[EdgeId], Stage), queue: &mut Queue) {
        let edge = history[history.len() - 1];
        for next in self.network.edges_from(self.network.head(edge)) {
            let longer = [history, &[next]].concat();
            if self.may_turn(edge, next) && !self.bans.iter().any(|ban| longer.ends_with(ban)) {
                let sum = (sum.0 + u64::from(self.costs.cost_ms(edge, next)), sum.1);
                let stages = self.stages(from, (edge, stage), next);
                queue.extend(stages.into_iter().map(|stage| (sum, longer.clone(), stage)));
            }
        }
    }

    /// The stages that driving on from `edge`, in its stage, to `next` may bring.
    fn stages(&self, from: &Snap, (edge, stage): (EdgeId, Stage), next: EdgeId) -> Vec<Stage> {
        let (land, next_land) = (self.land[edge.0 as usize], self.land[next.0 as usize]);
        let all = [Stage::StartsLand, Stage::Public, Stage::LastLand];
        let fits = |next_stage: &Stage| match next_stage {
            Stage::StartsLand => stage == Stage::StartsLand && self.lies_in(&from.departures, next_land),
            Stage::Public => stage < Stage::LastLand && next_land.is_none(),
            Stage::LastLand => next_land.is_some() && (stage < Stage::LastLand || land == next_land),
        };
        all.into_iter().filter(fits).collect()
    }

    fn may_turn(&self, edge: EdgeId, next: EdgeId) -> bool {
        let node = self.network.head(edge);
        let (land, next_land) = (self.land[edge.0 as usize], self.land[next.0 as usize]);
        let back = self.network.reverse(edge) == Some(next);
        let through = match self.network.barrier(node, self.mode) {
            Access::Yes => true,
            Access::Ends => land.is_some() || next_land.is_some() || back,
            Access::No => false,
        };
        through && self.is_open(edge) && self.is_open(next) && (!back || self.is_dead_end(node, edge, next))
    }

    fn is_dead_end(&self, node: NodeId, edge: EdgeId, back: EdgeId) -> bool {
        let land = self.land[edge.0 as usize];
        self.network.edges_from(node).filter(|&other| other != back && self.is_open(other)).all(|other| {
            let other = self.land[other.0 as usize];
            other.is_some() && other != land
        })
    }

    fn is_open(&self, edge: EdgeId) -> bool {
        self.network.access(edge, self.mode) != Access::No
    }

    /// Whether a leg may drive on `edge` from its start straight to its target.
    fn may_end(&self, from: &Snap, to: &Snap, edge: EdgeId) -> bool {
        let land = self.land[edge.0 as usize];
        land.is_none() || self.lies_in(&from.departures, land) || self.lies_in(&to.arrivals, land)
    }

    /// Whether a place touches this private land and nothing public but crumbs.
    fn lies_in(&self, place: &[Candidate], land: Option<EdgeId>) -> bool {
        let is_crumb = |candidate: &Candidate| !self.router.is_connected(candidate.edge);
        let counts = |candidate: &&Candidate| place.iter().all(is_crumb) || !is_crumb(candidate);
        let lands = || place.iter().filter(counts).map(|candidate| self.land[candidate.edge.0 as usize]);
        lands().all(|other| other.is_some()) && lands().any(|other| other == land)
    }

    fn whole(&self, edge: EdgeId) -> Sum {
        let travel = Travel::from(self.table.edge(self.network, edge));
        (travel.duration_ms, travel.distance_cm)
    }

    fn part(&self, candidate: &Candidate) -> Sum {
        let (duration_ms, length_cm) = self.whole(candidate.edge);
        (duration_ms * u64::from(candidate.along_cm) / length_cm, u64::from(candidate.along_cm))
    }
}

/// The private land of every edge, by the words of `zones.rs`.
fn private_land(network: &Network, mode: Mode) -> Vec<Option<EdgeId>> {
    let access = |edge| network.access(edge, mode);
    let barrier = |node| network.barrier(node, mode);
    let open = group(network, |edge| access(edge) == Access::Yes, |node| barrier(node) == Access::Yes);
    let all = group(network, |edge| access(edge) != Access::No, |node| barrier(node) != Access::No);
    let size = |group: EdgeId| open.iter().filter(|&&other| other == Some(group)).count();
    let is_public = |edge: EdgeId| {
        open[edge.0 as usize].is_some_and(|own| {
            let rivals = network.edges().filter(|&other| all[other.0 as usize] == all[edge.0 as usize]);
            let rivals = rivals.filter_map(|other| open[other.0 as usize]);
            rivals.max_by_key(|&group| (size(group), std::cmp::Reverse(group))) == Some(own)
        })
    };
    let public: Vec<bool> = network.edges().map(is_public).collect();
    let in_public = |node| network.edges().any(|edge| public[edge.0 as usize] && touches(network, edge, node));
    let private = |edge: EdgeId| access(edge) != Access::No && !public[edge.0 as usize];
    group(network, private, |node| barrier(node) != Access::No && !in_public(node))
}

fn touches(network: &Network, edge: EdgeId, node: NodeId) -> bool {
    network.tail(edge) == node || network.head(edge) == node
}

/// By edge: the smallest edge of its group, if it is a member of any. Members are one group when they are opposites or
/// meet at a node that joins.
fn group(network: &Network, member: impl Fn(EdgeId) -> bool, joins: impl Fn(NodeId) -> bool) -> Vec<Option<EdgeId>> {
    let joins: Vec<bool> = network.nodes().map(joins).collect();
    let members: Vec<EdgeId> = network.edges().filter(|&edge| member(edge)).collect();
    let meets = |a: EdgeId, b: EdgeId| {
        let at = [network.tail(a), network.head(a)];
        network.reverse(a) == Some(b) || at.into_iter().any(|node| joins[node.0 as usize] && touches(network, b, node))
    };
    let mut group = vec![None; network.edge_count()];
    for &first in &members {
        if group[first.0 as usize].is_none() {
            let mut open = vec![first];
            group[first.0 as usize] = Some(first);
            while let Some(edge) = open.pop() {
                for &other in members.iter().filter(|&&other| meets(edge, other)) {
                    if group[other.0 as usize].is_none() {
                        group[other.0 as usize] = Some(first);
                        open.push(other);
                    }
                }
            }
        }
    }
    group
}
