//! `worker`: only works on what the nodes that serve have accepted; any number of them, on any machine that reaches the store.

use clap::Args;

use crate::cli::Common;
use crate::config::Raw;
use crate::exit::Outcome;
use crate::serve::Role;

use super::serve::run_server;

#[derive(Args)]
#[command(after_help = "\
    The map that an operation was accepted with is fetched from the bucket. With --listen, `/livez`, `/readyz` and `/metrics` are\n\
    served there; when it is ready, one line is printed: `listening on http://HOST:PORT`, or `working`.\n\nExamples:\n\
    \x20 roundsman worker --store postgres://roundsman@db/roundsman --blobs s3://roundsman/blobs --workers 4\n\
    \x20 roundsman worker --store postgres://roundsman@db/roundsman --blobs file:/mnt/shared --listen 0.0.0.0:9090")]
pub(crate) struct Worker {
    /// The database of all nodes: `postgres://…`.
    #[arg(long, value_name = "URL")]
    store: String,
    /// Where large payloads and datasets are shared: `s3://BUCKET/PREFIX`, or `file:FOLDER` that all nodes mount.
    #[arg(long, value_name = "URL")]
    blobs: String,
    /// Long questions worked on at once [default: the number of cores].
    #[arg(long, value_name = "N")]
    workers: Option<String>,
    /// Where probes and figures are served [default: nowhere].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

impl Worker {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        let mut raw = Raw::default();
        raw.flag("operations.store", "--store", &self.store);
        raw.flag("operations.blobs", "--blobs", &self.blobs);
        if let Some(workers) = &self.workers {
            raw.flag("operations.workers", "--workers", workers);
        }
        if let Some(listen) = &self.listen {
            raw.flag("server.listen", "--listen", listen);
        }
        let config = common.config(raw)?;
        common.make_data()?;
        run_server(config, &common.data, Role::Worker { probes: self.listen.is_some() }, |_| std::future::pending())
    }
}
