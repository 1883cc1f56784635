//! `serve`: HTTP, and the workers of long questions in the same process.

use std::path::Path;

use clap::Args;

use crate::cli::Common;
use crate::config::{Config, Raw};
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::serve::{Role, Server};

#[derive(Args)]
#[command(after_help = "\
    When it is ready, one line is printed: `listening on http://HOST:PORT`.\n\nExamples:\n\
    \x20 roundsman serve\n\
    \x20 roundsman serve --listen 0.0.0.0:8080 --public-url https://maps.example --workers 4")]
pub(crate) struct Serve {
    #[command(flatten)]
    flags: ServerFlags,
}

/// The settings that have a flag of their own.
#[derive(Args)]
pub(crate) struct ServerFlags {
    /// Address and port; port 0 picks one [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Where operations are kept: `sqlite:FOLDER`, or `postgres://…` for several machines [default: in the data folder].
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// Where large payloads and datasets are shared: `file:FOLDER` or `s3://BUCKET/PREFIX`, the latter with the usual `AWS_*`
    /// variables [default: in the data folder].
    #[arg(long, value_name = "URL")]
    blobs: Option<String>,
    /// Long questions worked on at once [default: the number of cores].
    #[arg(long, value_name = "N")]
    workers: Option<String>,
    /// Threads that compute answers somebody waits for [default: the number of cores].
    #[arg(long, value_name = "N")]
    threads: Option<String>,
    /// The address under which clients reach this server.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Serve everybody, also beyond this machine, when no key is configured.
    #[arg(long)]
    open: bool,
}

impl ServerFlags {
    /// The flags as raw settings.
    pub(crate) fn raw(&self) -> Raw {
        let mut raw = Raw::default();
        let texts = [
            ("server.listen", "--listen", &self.listen),
            ("operations.store", "--store", &self.store),
            ("operations.blobs", "--blobs", &self.blobs),
            ("operations.workers", "--workers", &self.workers),
            ("server.compute_threads", "--threads", &self.threads),
            ("server.public_url", "--public-url", &self.public_url),
        ];
        for (key, flag, value) in texts {
            if let Some(value) = value {
                raw.flag(key, flag, value);
            }
        }
        if self.open {
            raw.flag("server.open", "--open", &true);
        }
        raw
    }
}

impl Serve {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        let config = common.config(self.flags.raw())?;
        common.make_data()?;
        run_server(config, &common.data, Role::Server, |_| std::future::pending())
    }
}

/// Starts a server, says where it listens, and serves until a signal comes or what `beside` starts comes to its end.
pub(crate) fn run_server<F: Future<Output = Exit>>(
    config: Config,
    data: &Path,
    role: Role,
    beside: impl FnOnce(std::net::SocketAddr) -> F,
) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::environment(format!("cannot start threads: {error}")))?;
    let outcome = runtime.block_on(async {
        let server = Server::start(config, data, role).await?;
        let Some(address) = server.address() else {
            output::line("working");
            return server.run(std::future::pending()).await;
        };
        output::line(format_args!("listening on http://{address}"));
        let ended = beside(address);
        server.run(ended).await
    });
    // A thread that still opens a map must not hold up the end.
    runtime.shutdown_background();
    outcome
}
