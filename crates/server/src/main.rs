//! Roundsman: routing and fleet planning on your own machine, in one program.
//!
//! The map of this crate: [`cli`] says which verbs there are, `command/` has one file a verb, [`config`] makes checked
//! settings of flags, environment and file, [`serve`] is the running server (compute pool, workers, active dataset, stopping),
//! [`http`] turns sockets into plain requests and back, [`dialects`] is the table of wire formats, [`exit`] how the program ends.
//!
//! This is the only crate that knows both the clock and the network, and the only one besides `operations` with `async`. Never
//! in here: what a request means (dialects), how it is answered (`engine`), or how operations survive (`operations`).

mod cli;
mod command;
mod config;
mod dialects;
mod exit;
mod http;
mod logging;
mod output;
mod serve;

use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let begun = Instant::now();
    match cli::Cli::read().run(begun) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("roundsman: {}", failure.message);
            failure.exit.into()
        }
    }
}
