//! Who answers a question: the usual router, one that was made for its vehicle, or the guided search.
//!
//! All three give the same figures; they differ in what they take. See [`super::fits`] for who is chosen when.

use std::sync::Arc;

use routing::{Fitted, Interrupted, Path, Reach, Router, Scratch, Snap, Terms};

/// Cells of a matrix from which on customizing takes no longer than the searches, each of which is guided: for a truck on Porto 60 ms,
/// and 0.4 ms a cell; around an area 70 ms, and 0.4 ms. Both grow with the map.
const CELLS_WORTH_FITTING: usize = 120;

/// What is asked for, as far as it matters for who answers best.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Need {
    /// A way or a few.
    Route,
    /// A matrix of so many rows and columns.
    Cells(usize, usize),
}

impl Need {
    pub(super) fn is_worth_fitting(self) -> bool {
        match self {
            Need::Route => false,
            Need::Cells(rows, columns) => rows.saturating_mul(columns) >= CELLS_WORTH_FITTING,
        }
    }
}

/// Who answers a question; a question asks once and keeps it.
#[derive(Debug)]
pub(crate) enum Guide {
    /// The profile's router: no road is closed or slowed.
    Usual(Arc<Router>),
    /// A router for these terms.
    Fitted(Arc<Fitted>),
    /// The guided search over the profile's router.
    Searching(Arc<Router>, Terms),
}

impl Guide {
    /// The fastest way.
    pub(crate) fn route(
        &self,
        scratch: &mut Scratch,
        (from, to): (&Snap, &Snap),
        is_spent: &dyn Fn() -> bool,
    ) -> Result<Option<Path>, Interrupted> {
        match self {
            Guide::Usual(router) => router.route(scratch, from, to, is_spent),
            Guide::Fitted(fitted) => fitted.route(scratch, from, to, is_spent),
            Guide::Searching(router, terms) => router.route_under(scratch, from, to, terms, is_spent),
        }
    }

    /// The rows of a matrix, each handed to `sink` as its cells.
    pub(crate) fn rows(
        &self,
        scratch: &mut Scratch,
        (from, to): (&[Snap], &[Snap]),
        is_spent: &dyn Fn() -> bool,
        sink: &mut dyn FnMut(&[Reach]),
    ) -> Result<(), Interrupted> {
        let mut keep = |_, row: &[Reach]| sink(row);
        match self {
            Guide::Usual(router) => router.rows(scratch, from, &router.targets(to), is_spent, &mut keep),
            Guide::Fitted(fitted) => fitted.rows(scratch, from, to, is_spent, &mut keep),
            Guide::Searching(router, terms) => {
                for start in from {
                    let travels = router.one_to_many_under(scratch, start, to, terms, is_spent)?;
                    sink(&travels.into_iter().map(Reach::from).collect::<Vec<_>>());
                }
                Ok(())
            }
        }
    }
}
