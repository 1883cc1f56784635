//! `import`: from OpenStreetMap files to the active dataset. Runs beside a server, which notices within a second.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use engine::{ImportError, ImportOptions, ImportPhase, ImportPlan, ImportReport};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::cli::Common;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

#[derive(Args)]
#[command(after_help = "\
    The same files under the same name make the same dataset; importing them again is quick.\n\nExamples:\n\
    \x20 roundsman import seattle.osm.pbf\n\
    \x20 roundsman import portugal.osm.pbf --plan\n\
    \x20 roundsman import andorra.osm.pbf --heights srtm\n\
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
    /// Import nothing: tell what memory, disk and time it would take.
    #[arg(long)]
    plan: bool,
    /// Refuse a map that needs more memory than this: bytes, or with a suffix as in 800M or 4G.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    memory_limit: Option<u64>,
    /// How many threads may compute [default: as many as the machine has].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// A folder of SRTM tiles such as N43E007.hgt: hills then slow cyclists, walkers and trucks.
    #[arg(long, value_name = "DIR")]
    heights: Option<PathBuf>,
}

impl Import {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        if self.plan {
            return self.print_plan(common);
        }
        let options = ImportOptions {
            name: self.name,
            activate: !self.no_activate,
            threads: self.threads.map_or(0, usize::from),
            memory_limit: self.memory_limit,
            heights: self.heights,
        };
        let report = import_files(&self.files, &common.data, &options)?;
        if common.json {
            print_json(&report);
        } else {
            print_text(&report);
        }
        Ok(Exit::Done)
    }

    fn print_plan(&self, common: &Common) -> Outcome {
        let plan = engine::plan_import(&self.files).map_err(failure)?;
        let ImportPlan { file_bytes, roads, road_nodes, memory_bytes, disk_bytes, seconds } = plan;
        if common.json {
            output::json(&json!({
                "file_bytes": file_bytes,
                "roads": roads,
                "road_nodes": road_nodes,
                "memory_bytes": memory_bytes,
                "disk_bytes": disk_bytes,
                "minutes": seconds / 60.0,
            }));
        } else {
            output::line(format_args!(
                "about {roads} roads in {:.1} MB: {:.0} MB of memory, {:.0} MB on disk, {:.1} minutes on one thread",
                file_bytes as f64 / 1e6,
                memory_bytes as f64 / 1e6,
                disk_bytes as f64 / 1e6,
                seconds / 60.0,
            ));
        }
        match self.memory_limit {
            Some(limit) if memory_bytes > limit => Ok(Exit::No),
            _ => Ok(Exit::Done),
        }
    }
}

/// A number of bytes, with a suffix for a thousand, a million or a thousand million of them.
fn bytes(text: &str) -> Result<u64, String> {
    let factor = match text.chars().last().map(|last| last.to_ascii_uppercase()) {
        Some('K') => 1_000,
        Some('M') => 1_000_000,
        Some('G') => 1_000_000_000,
        _ => 1,
    };
    let digits = if factor == 1 { text } else { &text[..text.len() - 1] };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    number.filter(|&bytes| bytes > 0).ok_or_else(|| format!("{text} is not a number of bytes such as 800M or 4G"))
}

/// Imports with a bar on a terminal, else with plain lines for each phase; both on standard error.
pub(super) fn import_files(files: &[PathBuf], data: &Path, options: &ImportOptions) -> Result<ImportReport, Failure> {
    let bar = Bar::new();
    let outcome = engine::import(files, data, options, &|phase| bar.show(phase));
    bar.finish();
    outcome.map_err(failure)
}

fn failure(error: ImportError) -> Failure {
    match error {
        ImportError::BadInput(_) => Failure::input(error),
        ImportError::Environment(_) | ImportError::Stopped => Failure::environment(error),
    }
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
pub(super) fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// How often a phase tells where there is no terminal.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// How far the import is, on standard error: on a terminal a bar with rate and remaining time, else a line when a phase
/// begins, every few seconds, and when it ends.
struct Bar {
    bar: ProgressBar,
    /// The phase, when it began, and when it last told something.
    phase: Cell<Option<(ImportPhase, Instant, Instant)>>,
}

impl Bar {
    fn new() -> Self {
        let style = ProgressStyle::with_template("{msg:<20} {wide_bar} {percent:>3} %  {per_sec:>14}  {eta:>4} left")
            .expect("the template is a constant that indicatif understands");
        Self { bar: ProgressBar::no_length().with_style(style), phase: Cell::new(None) }
    }

    fn show(&self, phase: ImportPhase) {
        let now = Instant::now();
        let (begun, told) = match self.phase.get() {
            Some((known, begun, told)) if known.name == phase.name => (begun, told),
            last => {
                self.end(last);
                self.bar.reset();
                self.bar.set_message(phase.name);
                if self.bar.is_hidden() {
                    eprintln!("{}", phase.name);
                }
                (now, now)
            }
        };
        self.bar.set_length(phase.total);
        self.bar.set_position(phase.done);
        let is_due = self.bar.is_hidden() && now.duration_since(told) >= TOLD_EVERY && phase.done > 0;
        if is_due {
            let taken = now.duration_since(begun).as_secs_f64();
            let left = taken * (phase.total.saturating_sub(phase.done)) as f64 / phase.done as f64;
            let percent = 100 * phase.done / phase.total.max(1);
            eprintln!("{}: {percent} %, {:.0}/s, {left:.0} s left", phase.name, phase.done as f64 / taken);
        }
        self.phase.set(Some((phase, begun, if is_due { now } else { told })));
    }

    /// Tells what a phase took, where there is no bar that showed it and it took long enough to be told.
    fn end(&self, last: Option<(ImportPhase, Instant, Instant)>) {
        let Some((phase, begun, _)) = last else { return };
        let seconds = begun.elapsed().as_secs_f64();
        if self.bar.is_hidden() && seconds >= 0.1 {
            eprintln!("{}: {seconds:.1} s, {:.0}/s", phase.name, phase.done as f64 / seconds);
        }
    }

    fn finish(&self) {
        self.end(self.phase.take());
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_with_and_without_a_suffix() {
        for (text, expected) in [
            ("123", Some(123)),
            ("800M", Some(800_000_000)),
            ("4g", Some(4_000_000_000)),
            ("0", None),
            ("", None),
            ("M", None),
            ("99999999999G", None),
        ] {
            assert_eq!(bytes(text).ok(), expected, "{text}");
        }
    }
}
