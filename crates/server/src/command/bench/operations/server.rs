//! The server that is measured: this very program, started as `serve` on a port of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::exit::Failure;

/// A started server, killed when it is let go.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
    /// How long it took from the start of the process until it listened.
    pub(super) ready_in: Duration,
}

impl Server {
    /// Starts `serve` over `data` with `workers` workers and waits until it listens.
    pub(super) fn start(data: &Path, workers: usize, store: &[String]) -> Result<Self, Failure> {
        let failed = |error| Failure::environment(format!("cannot start the server to be measured: {error}"));
        let begun = Instant::now();
        let mut child = Command::new(std::env::current_exe().map_err(failed)?)
            .args(["serve", "--listen", "127.0.0.1:0", "--workers", &workers.to_string(), "--data"])
            .arg(data)
            .args(store)
            .env("ROUNDSMAN_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(failed)?;
        }
        let address = line.trim().strip_prefix("listening on http://").and_then(|address| address.parse().ok());
        if let Some(address) = address {
            return Ok(Self { child, address, ready_in: begun.elapsed() });
        }
        let _ = child.kill();
        let _ = child.wait();
        Err(Failure::environment("the server to be measured did not start: its log is above"))
    }

    /// Seconds of processor time that it has used so far; none where the system does not say.
    pub(super) fn cpu_s(&self) -> Option<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
        // Linux counts them in hundredths on every machine that this runs on.
        Some(ticks / 100.0)
    }

    /// Its resident memory in bytes; none where the system does not say.
    pub(super) fn memory_bytes(&self) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib << 10)
    }

    /// Ends it as a power cut would.
    pub(super) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}
