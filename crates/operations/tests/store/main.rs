//! The store through its door, with a clock that is moved by hand. Nothing here sleeps.

mod crash;
mod fence;
mod folder;
mod keys;
mod lab;
mod life;
mod model;
mod retention;
