//! Route 2025-01-01: the asynchronous matrix (`matrix`), and the operation behind which it is polled (`operation`).

pub(crate) mod matrix;
pub(crate) mod operation;
