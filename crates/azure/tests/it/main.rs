//! The dialect through its door: requests as data in, answers as data out, over a drawn town and a desk that stands in for
//! the server's store.
#![expect(clippy::unwrap_used, reason = "a test may panic; clippy sees that in test functions, not in their helpers")]

mod desk;
mod directions;
mod groups;
mod matrix;
mod operation;
mod refusals;
