//! `import`: from OpenStreetMap files to the active dataset. Runs beside a server, which notices within a second.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use clap::Args;
use engine::{ImportError, ImportOptions, ImportPhase, ImportReport};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::cli::Common;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

#[derive(Args)]
#[command(after_help = "\
    The same files under the same name make the same dataset; importing them again is quick.\n\nExamples:\n\
    \x20 roundsman import seattle.osm.pbf\n\
    \x20 roundsman import north.osm.pbf south.osm.pbf --name region --no-activate")]
pub(crate) struct Import {
    /// The files, as downloaded (`.osm.pbf`).
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What to call the dataset [default: the first file's name].
    #[arg(long)]
    name: Option<String>,
    /// Build it, but leave the active dataset as it is.
    #[arg(long)]
    no_activate: bool,
}

impl Import {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        let report = import_files(&self.files, &common.data, self.name.as_deref(), !self.no_activate)?;
        if common.json {
            print_json(&report);
        } else {
            print_text(&report);
        }
        Ok(Exit::Done)
    }
}

/// Imports with a bar on a terminal, else with a plain line for each phase; both on standard error.
pub(super) fn import_files(
    files: &[PathBuf],
    data: &Path,
    name: Option<&str>,
    activate: bool,
) -> Result<ImportReport, Failure> {
    let options = ImportOptions { name: name.map(str::to_owned), activate, ..ImportOptions::default() };
    let bar = Bar::new();
    let outcome = engine::import(files, data, &options, &|phase| bar.show(phase));
    bar.finish();
    outcome.map_err(|error| match error {
        ImportError::BadInput(_) => Failure::input(error),
        ImportError::Environment(_) => Failure::environment(error),
    })
}

fn print_json(report: &ImportReport) {
    output::json(&json!({
        "dataset": report.dataset.as_str(),
        "nodes": report.nodes,
        "edges": report.edges,
        "profiles": report.profiles,
        "seconds": report.seconds,
        "peak_rss_bytes": peak_rss_bytes(),
        "disk_bytes": report.disk_bytes,
        "counts": report.counts,
        "already_there": report.already_there,
        "activated": report.activated,
    }));
}

fn print_text(report: &ImportReport) {
    let done = if report.already_there { "was imported before" } else { "is imported" };
    let active = if report.activated { "; it is the active dataset" } else { "" };
    output::line(format_args!(
        "{} {done}: {} nodes, {} edges, {:.1} MB, {:.1} s{active}",
        report.dataset,
        report.nodes,
        report.edges,
        report.disk_bytes as f64 / 1e6,
        report.seconds,
    ));
}

/// The most memory that this process has had, where the system tells it.
fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// How far the import is, on standard error.
struct Bar {
    bar: ProgressBar,
    phase: RefCell<&'static str>,
}

impl Bar {
    fn new() -> Self {
        let style = ProgressStyle::with_template("{msg:<28} {wide_bar} {percent:>3} %")
            .expect("the template is a constant that indicatif understands");
        Self { bar: ProgressBar::no_length().with_style(style), phase: RefCell::new("") }
    }

    fn show(&self, phase: ImportPhase) {
        if self.phase.replace(phase.name) != phase.name {
            self.bar.set_message(phase.name);
            if self.bar.is_hidden() {
                eprintln!("{}", phase.name);
            }
        }
        self.bar.set_length(phase.total);
        self.bar.set_position(phase.done);
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
