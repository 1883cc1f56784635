//! The engine from outside: a drawn town is imported, and questions are asked. One binary, so that it is linked once.
#![expect(clippy::unwrap_used, reason = "a test may panic; clippy sees that in test functions, not in their helpers")]

mod datasets;
mod faults;
mod islands;
mod plans;
mod roads;
mod town;
mod vehicles;
