//! `healthcheck`: one request to a running server, for containers and scripts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;

use crate::cli::Common;
use crate::config::Raw;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// A probe that waits longer has its answer: no.
const WITHIN: Duration = Duration::from_secs(5);

#[derive(Args)]
#[command(after_help = "\
    Examples:\n\
    \x20 roundsman healthcheck\n\
    \x20 roundsman healthcheck --listen 127.0.0.1:9000")]
pub(crate) struct Healthcheck {
    /// The address that the server was given [default: the configured one].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

impl Healthcheck {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        let mut flags = Raw::default();
        if let Some(listen) = &self.listen {
            flags.flag("server.listen", "--listen", listen);
        }
        let address = reachable(common.config(flags)?.server.listen);
        let agent = ureq::Agent::config_builder().timeout_global(Some(WITHIN)).http_status_as_error(false).build();
        let answer = ureq::Agent::new_with_config(agent).get(format!("http://{address}/readyz")).call();
        let mut answer = answer.map_err(|error| Failure::no(format!("no answer from {address}: {error}")))?;
        let text = answer.body_mut().read_to_string().map_err(|error| Failure::no(format!("no answer: {error}")))?;
        output::line(&text);
        Ok(if answer.status() == 200 { Exit::Done } else { Exit::No })
    }
}

/// A server that listens everywhere is asked on this machine.
pub(super) fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
