//! Logs: lines on standard error, never on standard output, which belongs to answers.
//!
//! `ROUNDSMAN_LOG` chooses what is seen, in the usual filter language (`debug`, `roundsman=debug,warn`). Keys never reach a log:
//! requests are logged by method and path, without their query.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging; `default` applies where `ROUNDSMAN_LOG` is not set or not understood.
pub(crate) fn start(default: &str) {
    let filter = std::env::var("ROUNDSMAN_LOG").ok().and_then(|text| EnvFilter::try_new(text).ok());
    let started = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(filter.unwrap_or_else(|| EnvFilter::new(default)))
        .try_init();
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
