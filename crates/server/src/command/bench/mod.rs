//! `bench …`: figures that anybody can measure again, printed as one JSON object with `--json`.

mod operations;
mod requests;
mod routing;
mod solver;

use clap::Subcommand;

use crate::cli::Common;
use crate::exit::Outcome;

#[derive(Subcommand)]
pub(crate) enum Bench {
    /// How fast long questions are accepted, polled and completed, through HTTP, by a server of its own.
    Operations(operations::Operations),
    /// How fast routes, matrices and updates are on the active dataset, judged by the plain search.
    Routing(routing::Routing),
    /// How long plans take that people wait for, and how the largest ones come on; along straight lines, or on roads.
    Solver(solver::Solver),
}

impl Bench {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        match self {
            Self::Operations(bench) => bench.run(common),
            Self::Routing(bench) => bench.run(common),
            Self::Solver(bench) => bench.run(common),
        }
    }
}
