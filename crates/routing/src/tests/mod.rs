//! Tests that need the inside of the crate: an oracle, and networks that it judges. Drawn maps are in `tests/`.

mod oracle;
pub(crate) mod random;
