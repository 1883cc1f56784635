//! The verbs, one file each: its flags, what it does, what it prints.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod config;
pub(crate) mod datasets;
pub(crate) mod demo;
pub(crate) mod healthcheck;
pub(crate) mod import;
pub(crate) mod keys;
pub(crate) mod matrix;
pub(crate) mod operations;
pub(crate) mod route;
pub(crate) mod serve;
pub(crate) mod solve;
pub(crate) mod worker;

mod instance;
mod map;
mod summary;
mod terms;
