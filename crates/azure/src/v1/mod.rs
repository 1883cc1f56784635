//! Route 1.0 (`api-version=1.0`): directions, their batches, matrices.
//!
//! `directions` answers one question, `directions_batch` many, `matrix` all pairs; the last two also later, by the
//! `Location` protocol of `location`. `parameters` holds the rules of their query parameters, `summary` the figures and
//! times that all three report.

pub(crate) mod directions;
pub(crate) mod directions_batch;
mod location;
pub(crate) mod matrix;
mod parameters;
mod summary;
