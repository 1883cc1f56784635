//! The command line: one row a verb. What a verb does is in the file of its name in `command/`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, Parser, Subcommand};

use crate::command;
use crate::config::{Config, Raw, Source};
use crate::exit::{Failure, Outcome};

/// Routing and fleet planning on your own machine: imports OpenStreetMap, answers as Azure Maps and Bing Maps do.
///
/// Exit codes: 0 done; 1 the answer is "no"; 2 bad use or bad input; 3 the environment (disk, memory, port, database);
/// 130 interrupted.
#[derive(Parser)]
#[command(name = "roundsman", version, args_override_self = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    common: Common,
}

/// What every verb takes.
#[derive(Args)]
pub(crate) struct Common {
    /// The data folder: datasets, operations, keys.
    #[arg(long, global = true, value_name = "DIR", env = "ROUNDSMAN_DATA", default_value = "./roundsman-data")]
    pub(crate) data: PathBuf,
    /// Machine output on standard output; logs and bars go to standard error.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The configuration file [default: `roundsman.toml` in the data folder, if it is there].
    #[arg(long, global = true, value_name = "FILE", env = "ROUNDSMAN_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Verb {
    /// Imports the bundled map of Seattle if needed, serves it, and plans a sample fleet as a client would.
    Demo(command::demo::Demo),
    /// Builds a dataset from OpenStreetMap files and makes it the active one.
    Import(command::import::Import),
    /// The dataset folders: list, activate, roll back, prune.
    #[command(subcommand)]
    Datasets(command::datasets::Datasets),
    /// Serves HTTP, and works on what was accepted.
    Serve(command::serve::Serve),
    /// Only works on what other nodes have accepted, over the store that they share.
    Worker(command::worker::Worker),
    /// The keys of those who may ask: add, list, revoke. From the first key on, every request needs one.
    #[command(subcommand)]
    Keys(command::keys::Keys),
    /// What was accepted: list, show, watch, cancel, purge, back up. Works beside a running server.
    #[command(subcommand)]
    Operations(command::operations::Operations),
    /// The fastest way through places, on the active dataset, without a server.
    Route(command::route::Route),
    /// Travel between all pairs of places, on the active dataset, without a server.
    Matrix(command::matrix::Matrix),
    /// Plans a fleet: a request file or a classic instance.
    Solve(command::solve::Solve),
    /// Judges an answer with the independent checker; exit code 1 if it breaks a rule.
    Check(command::check::Check),
    /// Measures this machine; each figure can be measured again.
    #[command(subcommand)]
    Bench(command::bench::Bench),
    /// The configuration: show what is in force, or check it.
    #[command(subcommand)]
    Config(command::config::ConfigVerb),
    /// Asks a running server whether it is ready; exit code 1 if it is not.
    Healthcheck(command::healthcheck::Healthcheck),
}

impl Cli {
    /// What the command line says; wrong use ends the program here, with exit code 2.
    pub(crate) fn read() -> Self {
        Self::parse_from(std::env::args_os().map(plain_place))
    }

    /// Does what was asked; `begun` is when the program began.
    pub(crate) fn run(self, begun: Instant) -> Outcome {
        let common = self.common;
        crate::logging::start(match self.verb {
            Verb::Demo(_) | Verb::Serve(_) | Verb::Worker(_) => "info",
            _ => "warn",
        });
        match self.verb {
            Verb::Demo(verb) => verb.run(&common),
            Verb::Import(verb) => verb.run(&common),
            Verb::Datasets(verb) => verb.run(&common),
            Verb::Serve(verb) => verb.run(&common),
            Verb::Worker(verb) => verb.run(&common),
            Verb::Keys(verb) => verb.run(&common),
            Verb::Operations(verb) => verb.run(&common),
            Verb::Route(verb) => verb.run(&common),
            Verb::Matrix(verb) => verb.run(&common),
            Verb::Solve(verb) => verb.run(&common, begun),
            Verb::Check(verb) => verb.run(&common),
            Verb::Bench(verb) => verb.run(&common),
            Verb::Config(verb) => verb.run(&common),
            Verb::Healthcheck(verb) => verb.run(&common),
        }
    }
}

/// A place south of the equator begins with a minus sign and would be taken for flags: a blank before it says that it is none.
fn plain_place(argument: OsString) -> OsString {
    let text = argument.to_str().unwrap_or_default();
    let is_place =
        text.starts_with('-') && text.contains(',') && text[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if is_place { format!(" {text}").into() } else { argument }
}

impl Common {
    /// The settings in force when these flags are given.
    pub(crate) fn config(&self, flags: Raw) -> Result<Config, Failure> {
        Config::load(&Source { named: self.config.clone(), data: self.data.clone() }, flags)
    }

    /// The data folder, made if it is not there; its parent must be.
    pub(crate) fn make_data(&self) -> Result<(), Failure> {
        match std::fs::create_dir(&self.data) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists || !self.data.is_dir() => {
                Err(Failure::environment(format!("cannot use the data folder {}: {error}", self.data.display())))
            }
            _ => Ok(()),
        }
    }
}
