//! The store through its door, with a clock that is moved by hand. Nothing here sleeps.

#![expect(
    clippy::unwrap_used,
    reason = "the lint spares functions marked as tests, but not the helpers that they share"
)]

mod crash;
mod fence;
mod folder;
mod keys;
mod lab;
mod life;
mod model;
mod retention;
