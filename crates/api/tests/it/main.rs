//! Our own dialect from outside: requests go through its table of endpoints to a real engine over a drawn map.
#![expect(clippy::unwrap_used, reason = "a test may panic; clippy sees that in test functions, not in their helpers")]

mod extensions;
mod optimize;
mod roads;
mod rounds;
mod service;
mod table;
mod tiles;
mod validate;
