//! What the server counts, and the text in which Prometheus reads it.
//!
//! Counters and histograms are plain atomics that only grow, so that counting costs a worker or a request some nanoseconds and
//! never waits. What the store alone knows (how deep the queue is, how old its oldest item) is asked when somebody reads, by
//! [`super::gauges`]. No label holds what a client sent: the number of series is fixed when the program is built.

use std::fmt::{Display, Write};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Everything that is counted in this process.
#[derive(Default)]
pub(crate) struct Metrics {
    /// Operations that were accepted.
    pub(crate) accepted: Counter,
    /// Attempts that were begun.
    pub(crate) attempts: Counter,
    /// Items that ended with a result.
    pub(crate) completed: Counter,
    /// Attempts that failed.
    pub(crate) failed: Counter,
    /// Items given back while the program stopped.
    pub(crate) handed_back: Counter,
    /// Leases that ran out.
    pub(crate) leases_expired: Counter,
    /// Operations forgotten after their retention.
    pub(crate) expired: Counter,
    /// Blobs that nobody named, removed.
    pub(crate) orphans: Counter,
    /// Answers by the hundreds of their status.
    pub(crate) answers: [Counter; 6],
    /// Answers that told the client to come back: 429.
    pub(crate) too_many: Counter,
    /// Answers that told the client to come back: 503.
    pub(crate) unavailable: Counter,
    /// From a question that was checked to its commit.
    pub(crate) accept: Histogram,
    /// Claims at the store.
    pub(crate) claim: Histogram,
    /// Completions at the store.
    pub(crate) commit: Histogram,
    /// Commits of groups of writes at the database.
    pub(crate) fsync: Histogram,
    /// From the claim of an item to its end.
    pub(crate) work: Histogram,
}

/// A number that only grows.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Upper bounds of a histogram's buckets, in microseconds: from half a millisecond to a minute.
const BOUNDS_US: [u64; 14] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 2_500_000, 10_000_000, 30_000_000,
    60_000_000,
];

/// How long something took, by buckets.
#[derive(Default)]
pub(crate) struct Histogram {
    buckets: [AtomicU64; BOUNDS_US.len()],
    count: AtomicU64,
    sum_us: AtomicU64,
}

impl Histogram {
    pub(crate) fn note(&self, took: Duration) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = BOUNDS_US.iter().position(|&bound| took_us <= bound) {
            self.buckets[bucket].fetch_add(1, Relaxed);
        }
        self.sum_us.fetch_add(took_us, Relaxed);
        self.count.fetch_add(1, Relaxed);
    }
}

impl Metrics {
    /// Counts an answer that leaves.
    pub(crate) fn answered(&self, status: u16) {
        self.answers[usize::from(status / 100).min(5)].add(1);
        match status {
            429 => self.too_many.add(1),
            503 => self.unavailable.add(1),
            _ => {}
        }
    }

    /// All of it, in Prometheus' text form.
    pub(crate) fn text(&self) -> Text {
        let mut text = Text::default();
        let counters = [
            ("operations_accepted_total", "Operations that were accepted.", &self.accepted),
            ("attempts_total", "Attempts at items that were begun.", &self.attempts),
            ("items_completed_total", "Items that ended with a result.", &self.completed),
            ("attempts_failed_total", "Attempts at items that failed.", &self.failed),
            ("items_handed_back_total", "Items given back by a stopping worker.", &self.handed_back),
            ("leases_expired_total", "Leases that ran out.", &self.leases_expired),
            ("operations_expired_total", "Operations forgotten after their retention.", &self.expired),
            ("orphans_removed_total", "Blobs removed that no operation named.", &self.orphans),
            ("http_too_many_requests_total", "Answers with status 429.", &self.too_many),
            ("http_unavailable_total", "Answers with status 503.", &self.unavailable),
        ];
        for (name, help, counter) in counters {
            text.counter(name, help, counter.get());
        }
        text.head("http_answers_total", "Answers by the class of their status.", "counter");
        for (class, counter) in self.answers.iter().enumerate().skip(1) {
            text.sample("http_answers_total", &format!("{{class=\"{class}xx\"}}"), counter.get());
        }
        let histograms = [
            ("accept_seconds", "From a request to the answer that it is accepted.", &self.accept),
            ("claim_seconds", "How long claims took at the store.", &self.claim),
            ("commit_seconds", "How long completions took at the store.", &self.commit),
            (
                "fsync_seconds",
                "How long the database took to commit a group of writes: mostly its disk's sync.",
                &self.fsync,
            ),
            ("work_seconds", "How long items were worked on.", &self.work),
        ];
        for (name, help, histogram) in histograms {
            text.histogram(name, help, histogram);
        }
        text
    }
}

/// Prometheus' text form, growing.
#[derive(Default)]
pub(crate) struct Text(String);

impl Text {
    /// Begins a family.
    pub(crate) fn head(&mut self, name: &str, help: &str, kind: &str) {
        self.line(format_args!("# HELP roundsman_{name} {help}\n# TYPE roundsman_{name} {kind}"));
    }

    /// One sample; `labels` is empty or in braces.
    pub(crate) fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        self.line(format_args!("roundsman_{name}{labels} {value}"));
    }

    /// A family of one sample that only grows.
    pub(crate) fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "counter");
        self.sample(name, "", value);
    }

    /// A family of one sample that goes up and down.
    pub(crate) fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, help, "gauge");
        self.sample(name, "", value);
    }

    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.head(name, help, "histogram");
        let bucket = format!("{name}_bucket");
        let mut below = 0;
        for (bound, count) in BOUNDS_US.iter().zip(&histogram.buckets) {
            below += count.load(Relaxed);
            self.sample(&bucket, &format!("{{le=\"{}\"}}", *bound as f64 / 1e6), below);
        }
        // What is noted meanwhile may be in one and not yet in the other: the last bucket never says less than the one before.
        let count = histogram.count.load(Relaxed).max(below);
        self.sample(&bucket, "{le=\"+Inf\"}", count);
        self.sample(&format!("{name}_sum"), "", histogram.sum_us.load(Relaxed) as f64 / 1e6);
        self.sample(&format!("{name}_count"), "", count);
    }

    fn line(&mut self, line: impl Display) {
        writeln!(self.0, "{line}").expect("a string takes any text");
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_read_as_prometheus_reads_it() {
        let metrics = Metrics::default();
        metrics.accepted.add(3);
        metrics.answered(202);
        metrics.answered(429);
        for millis in [1, 30, 90_000] {
            metrics.accept.note(Duration::from_millis(millis));
        }
        let text = metrics.text().into_string();
        for line in [
            "# TYPE roundsman_operations_accepted_total counter",
            "roundsman_operations_accepted_total 3",
            "roundsman_http_answers_total{class=\"2xx\"} 1",
            "roundsman_http_too_many_requests_total 1",
            "roundsman_accept_seconds_bucket{le=\"0.001\"} 1",
            "roundsman_accept_seconds_bucket{le=\"0.05\"} 2",
            "roundsman_accept_seconds_bucket{le=\"60\"} 2",
            "roundsman_accept_seconds_bucket{le=\"+Inf\"} 3",
            "roundsman_accept_seconds_sum 90.031",
            "roundsman_accept_seconds_count 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
}
