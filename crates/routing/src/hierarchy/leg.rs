//! One leg: the lightest of all ways from a start to a target, and its edges.
//!
//! Most legs pass public roads and are the hierarchy's; [`aside`] are those that need none of it: to the same place, along one
//! edge, within the zones of the start, and from there straight into that of the target. Matrices use the same two halves, so
//! a cell cannot differ from its route.

use network::EdgeId;

use super::ends::{Finish, Link, Near, Private, Start};
use super::query::{Climb, Meeting, meet, unpack};
use crate::path::Way;
use crate::router::Router;
use crate::snap::Snap;
use crate::turns::State;
use crate::weight::Weight;
use crate::zones::PUBLIC;

/// A way, as it was found.
#[derive(Clone, Copy, Debug)]
enum Course {
    /// It ends where it begins.
    Nowhere,
    /// Along the edge of this departure to this arrival.
    Direct(usize, usize),
    /// From this state in a zone of the start to this arrival.
    Free(State, usize),
    /// By this entry into a zone of the target.
    Into(Near),
    /// By public roads.
    Public(Meeting),
}

/// A start with its snap, a target with its.
pub(crate) struct Ends<'a> {
    pub(crate) from: &'a Snap,
    pub(crate) start: &'a Start,
    pub(crate) to: &'a Snap,
    pub(crate) finish: &'a Finish,
}

/// Weight and edges of the lightest way.
pub(crate) fn route(
    router: &Router,
    forward: &mut Climb,
    backward: &mut Climb,
    ends: &Ends<'_>,
) -> Option<(Weight, Way)> {
    let (weight, course) = lightest::<true>(router, forward, backward, ends)?;
    Some((weight, Tracing { router, ends }.way(course, forward, backward)))
}

/// Its weight alone; [`Weight::INFINITE`] when there is no way.
pub(crate) fn weight(router: &Router, forward: &mut Climb, backward: &mut Climb, ends: &Ends<'_>) -> Weight {
    lightest::<false>(router, forward, backward, ends).map_or(Weight::INFINITE, |(weight, _)| weight)
}

/// The lightest way; what [`Tracing`] follows only with links.
fn lightest<const LINKS: bool>(
    router: &Router,
    forward: &mut Climb,
    backward: &mut Climb,
    ends: &Ends<'_>,
) -> Option<(Weight, Course)> {
    let best = lightest_aside(router, ends);
    let bound = best.map_or(Weight::INFINITE, |(weight, _)| weight);
    let meeting =
        meet::<LINKS>(router.hierarchy(), (forward, &ends.start.entries), (backward, &ends.finish.exits), bound);
    meeting.map(|meeting| (meeting.weight, Course::Public(meeting))).or(best)
}

/// The lightest of the ways that need no hierarchy; [`Weight::INFINITE`] when there is none.
pub(crate) fn aside(router: &Router, ends: &Ends<'_>) -> Weight {
    lightest_aside(router, ends).map_or(Weight::INFINITE, |(weight, _)| weight)
}

fn lightest_aside(router: &Router, ends: &Ends<'_>) -> Option<(Weight, Course)> {
    let Ends { from, start, to, finish } = ends;
    if from.is_same_place(to) {
        return Some((Weight::ZERO, Course::Nowhere));
    }
    let private = &router.layout.approach.private;
    let mut best: Option<(Weight, Course)> = None;
    let mut offer = |weight: Weight, course: Course| {
        if weight < best.map_or(Weight::INFINITE, |(known, _)| known) {
            best = Some((weight, course));
        }
    };
    for (arrival, at) in to.arrivals.iter().enumerate() {
        let whole = router.metric.weights[at.edge.0 as usize];
        if !whole.is_finite() {
            continue;
        }
        for (departure, begin) in from.departures.iter().enumerate() {
            if begin.edge == at.edge && begin.along_cm <= at.along_cm && may_stay(router, at.edge, from, to) {
                let weight = whole.beginning(at.along_cm).without(whole.beginning(begin.along_cm));
                offer(weight, Course::Direct(departure, arrival));
            }
        }
        if !start.free.is_empty() {
            let free = |state| private.find(&start.free, state);
            for near in router.layout.approach.states(at.edge).filter_map(free) {
                offer(near.weight.plus(whole.beginning(at.along_cm)), Course::Free(near.state, arrival));
            }
        }
    }
    if !finish.within.is_empty() {
        for entry in &start.into_zones {
            if let Some(near) = private.find(&finish.within, entry.state) {
                offer(entry.weight.plus(near.weight), Course::Into(*entry));
            }
        }
    }
    best
}

/// Whether a leg may drive on an edge from its start straight to its target.
fn may_stay(router: &Router, edge: EdgeId, from: &Snap, to: &Snap) -> bool {
    let zone = router.layout.zones.of(edge);
    zone == PUBLIC || from.start_zones.contains(&zone) || to.end_zones.contains(&zone)
}

/// From a course to its edges.
struct Tracing<'a> {
    router: &'a Router,
    ends: &'a Ends<'a>,
}

impl Tracing<'_> {
    fn way(&self, course: Course, forward: &Climb, backward: &Climb) -> Way {
        let Ends { start, finish, .. } = self.ends;
        match course {
            Course::Nowhere => Way { departure: 0, edges: Vec::new(), arrival: 0 },
            Course::Direct(departure, arrival) => self.join((departure, Vec::new()), Vec::new(), (Vec::new(), arrival)),
            Course::Free(state, arrival) => {
                self.join(self.before(Link::State(state)), Vec::new(), (Vec::new(), arrival))
            }
            Course::Into(entry) => self.join(self.before(entry.link), Vec::new(), self.after(Link::State(entry.state))),
            Course::Public(meeting) => {
                let (entry, states, exit) = unpack(self.router.hierarchy(), forward, backward, meeting);
                self.join(self.before(start.entries[entry].link), states, self.after(finish.exits[exit].link))
            }
        }
    }

    /// The departure and the states of the start's zones that lead to `link`, it included.
    fn before(&self, mut link: Link) -> (usize, Vec<State>) {
        let mut states = Vec::new();
        loop {
            match link {
                Link::End(departure) => {
                    states.reverse();
                    return (departure as usize, states);
                }
                Link::State(state) => {
                    states.push(state);
                    let near = self.private().find(&self.ends.start.free, state);
                    link = near.expect("links of a start lead to free states").link;
                }
            }
        }
    }

    /// The states of the target's zone from `link` on, it included, and the arrival.
    fn after(&self, mut link: Link) -> (Vec<State>, usize) {
        let mut states = Vec::new();
        loop {
            match link {
                Link::End(arrival) => return (states, arrival as usize),
                Link::State(state) => {
                    states.push(state);
                    let near = self.private().find(&self.ends.finish.within, state);
                    link = near.expect("links of a finish lead to states within").link;
                }
            }
        }
    }

    fn private(&self) -> &Private {
        &self.router.layout.approach.private
    }

    fn join(
        &self,
        (departure, before): (usize, Vec<State>),
        public: Vec<State>,
        (after, arrival): (Vec<State>, usize),
    ) -> Way {
        let first = self.ends.from.departures[departure].edge;
        let states = before.into_iter().chain(public).chain(after);
        let edges = std::iter::once(first).chain(states.map(|state| self.router.layout.turns.edge(state))).collect();
        Way { departure, edges, arrival }
    }
}
