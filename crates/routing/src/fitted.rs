//! A router that was customized for some [`Terms`]: what the guided search answers in milliseconds, by the hierarchy in microseconds.
//!
//! It is the router of the profile with another metric: every edge weighs what it does under the terms, and turns at nodes that
//! the vehicle may not pass are shut. Making one costs as much as customizing does, so it is for a vehicle that is asked for again,
//! or for a matrix. Its answers are those of [`Router::route_under`], to the millisecond and centimetre.
//!
//! Where something is to be avoided, ways are chosen by a weight that is not the true one. The figures of an answer are then
//! counted along its edges. Most ways avoid all that is to be avoided, and of those the searched weight is the true one: they are known
//! by a second metric, in which what is to be avoided is closed. So a matrix is swept for twice, and only cells in which the two differ
//! are asked for as routes. Of two ways that count the same by the searched weight, to the millisecond and centimetre, either may
//! be answered (`docs/decisions/0013`).

use std::sync::OnceLock;

use crate::path::{self, Path};
use crate::router::Router;
use crate::scratch::Scratch;
use crate::search::{Costs, Interrupted};
use crate::shut::{Shut, Untaken};
use crate::snap::Snap;
use crate::targets::Reach;
use crate::terms::Terms;
use crate::under::{self, Under};
use crate::weight::Weight;

/// Answers routing questions for one profile under the same terms.
#[derive(Debug)]
pub struct Fitted {
    /// Under no terms.
    usual: Router,
    /// The same with the weights of the terms.
    router: Router,
    /// Without what is to be avoided; made for the first matrix.
    clean: OnceLock<Router>,
    terms: Terms,
}

/// With so many cells customizing a second metric is less work than a route for each: on Porto 60 ms, and 0.15 ms a cell.
const CELLS_WORTH_A_METRIC: usize = 400;

impl Fitted {
    /// Customizes a router for terms. The first call for a family of profiles lists the triangles of its topology.
    pub fn new(usual: &Router, terms: &Terms) -> Self {
        let under = Under::new(usual, terms);
        let weights: Vec<Weight> = usual.network().edges().map(|edge| under.edge(edge)).collect();
        let router = usual.with_metric_of(weights, shut(usual, &under));
        Self { usual: usual.clone(), router, clean: OnceLock::new(), terms: terms.clone() }
    }

    /// The router in which what is to be avoided is closed.
    fn clean(&self) -> &Router {
        self.clean.get_or_init(|| {
            let under = Under::new(&self.usual, &self.terms);
            let weights = self.usual.network().edges().map(|edge| under.edge_unless_avoided(edge)).collect();
            self.usual.with_metric_of(weights, shut(&self.usual, &under))
        })
    }

    /// The terms.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Whether there are turns that the terms shut.
    #[cfg(test)]
    pub(crate) fn shuts_turns(&self) -> bool {
        matches!(self.router.untaken, Untaken::Shut(_))
    }

    /// How much memory it takes beside the router that it was made from, the second metric included wherever there may be one.
    pub fn bytes(&self) -> usize {
        let shut_bytes = if let Untaken::Shut(shut) = &self.router.untaken { shut.bytes() } else { 0 };
        let one = self.router.metric.bytes() + shut_bytes;
        if self.terms.avoid.is_empty() { one } else { 2 * one }
    }

    /// What [`Router::route_under`] answers.
    ///
    /// `interrupt` is asked before; when it says `true`, there is no search but [`Interrupted`].
    pub fn route(
        &self,
        scratch: &mut Scratch,
        from: &Snap,
        to: &Snap,
        interrupt: &dyn Fn() -> bool,
    ) -> Result<Option<Path>, Interrupted> {
        match self.router.way(scratch, (from, to), interrupt)? {
            Some((weight, way)) => {
                let avoids = !self.terms.avoid.is_empty();
                let weight =
                    if avoids { Under::new(&self.usual, &self.terms).true_travel(from, to, &way) } else { weight };
                Ok(Some(path::draw(&self.usual, from, to, (weight, way))))
            }
            // What is avoided may weigh more than a weight can hold; then nothing is avoided.
            None if !self.terms.avoid.is_empty() => {
                under::route(&self.usual, scratch, (from, to), &self.terms, interrupt)
            }
            None => Ok(None),
        }
    }

    /// Hands the rows of a matrix to `sink`, each with its number, as [`Router::rows`] does; the cells are those of
    /// [`Fitted::route`].
    pub fn rows(
        &self,
        scratch: &mut Scratch,
        from: &[Snap],
        to: &[Snap],
        interrupt: &dyn Fn() -> bool,
        sink: &mut dyn FnMut(usize, &[Reach]),
    ) -> Result<(), Interrupted> {
        if self.terms.avoid.is_empty() {
            return self.router.rows(scratch, from, &self.router.targets(to), interrupt, sink);
        }
        if from.len().saturating_mul(to.len()) >= CELLS_WORTH_A_METRIC {
            return self.rows_swept_twice(scratch, (from, to), interrupt, sink);
        }
        let mut row = Vec::with_capacity(to.len());
        for (number, from) in from.iter().enumerate() {
            row.clear();
            for to in to {
                row.push(self.cell(scratch, from, to, interrupt)?);
            }
            sink(number, &row);
        }
        Ok(())
    }

    fn rows_swept_twice(
        &self,
        scratch: &mut Scratch,
        (from, to): (&[Snap], &[Snap]),
        interrupt: &dyn Fn() -> bool,
        sink: &mut dyn FnMut(usize, &[Reach]),
    ) -> Result<(), Interrupted> {
        let (searched, clean) = (self.router.targets(to), self.clean().targets(to));
        for (block, from) in from.chunks(Router::ROWS_AT_ONCE).enumerate() {
            let (mut rows, mut cells) = (Vec::new(), Vec::new());
            self.clean().rows(scratch, from, &clean, interrupt, &mut |_, row| cells.extend_from_slice(row))?;
            self.router.rows(scratch, from, &searched, interrupt, &mut |_, row| rows.extend_from_slice(row))?;
            for (number, from) in from.iter().enumerate() {
                let row = number * to.len()..(number + 1) * to.len();
                for ((cell, searched), to) in cells[row.clone()].iter_mut().zip(&rows[row.clone()]).zip(to) {
                    if cell != searched || cell.travel().is_none() {
                        *cell = self.cell(scratch, from, to, interrupt)?;
                    }
                }
                sink(block * Router::ROWS_AT_ONCE + number, &cells[row]);
            }
        }
        Ok(())
    }

    fn cell(
        &self,
        scratch: &mut Scratch,
        from: &Snap,
        to: &Snap,
        interrupt: &dyn Fn() -> bool,
    ) -> Result<Reach, Interrupted> {
        Ok(self.route(scratch, from, to, interrupt)?.map(|path| path.travel).into())
    }
}

/// The turns that terms shut.
fn shut(usual: &Router, under: &Under<'_>) -> Shut {
    let mut shut = Shut::none(&usual.layout);
    for node in usual.network().nodes().filter(|&node| !under.passes(node)) {
        shut.add_node(&usual.layout, node);
    }
    let gated = usual.layout.turns.gated.iter().map(|&turn| turn as usize);
    let at_times = usual.timed_turns().iter().map(|(turn, _)| turn).chain(gated);
    at_times.filter(|&turn| !under.takes(turn)).for_each(|turn| shut.add(turn));
    shut
}
