//! What the store alone knows: the writes that it refused, and its queue as gauges, asked when somebody reads the figures.
//!
//! By class and not by tenant: who the tenants are is nobody's business who may read the figures, and their number has no bound.
//! What to watch is the age of the oldest item that could be worked on, and how far removing lags behind expiry; a deep queue that
//! moves is no trouble.

use operations::{Priority, Queue, Store};

use super::metrics::Text;

/// Adds them; a store that cannot be asked has no gauges, and is seen in `/readyz`.
pub(super) async fn of_the_store(text: &mut Text, store: &Store, now_ms: i64) {
    text.counter("fenced_writes_total", "Writes refused because the attempt had lost its lease.", store.fenced());
    let Ok(queues) = store.queues().await else { return };
    text.head("queue_items", "Items that wait for a worker, by class.", "gauge");
    for (class, queued) in by_class(&queues, |queue| queue.queued) {
        text.sample("queue_items", &class, queued);
    }
    text.head("running_items", "Items at work on any node, by class.", "gauge");
    for (class, running) in by_class(&queues, |queue| queue.running) {
        text.sample("running_items", &class, running);
    }
    let oldest = queues.iter().filter_map(|queue| queue.oldest_ready_ms).min();
    let age_s = oldest.map_or(0.0, |since| (now_ms - since).max(0) as f64 / 1e3);
    text.gauge("oldest_ready_seconds", "For how long the longest waiting item could have been worked on.", age_s);
    if let Ok(lag_ms) = store.expiry_lag_ms().await {
        let help = "For how long the operation that expired first has been waiting to be removed.";
        text.gauge("expiry_lag_seconds", help, lag_ms as f64 / 1e3);
    }
    text.gauge("tenants_waiting", "Tenants with work that waits or runs.", tenants(&queues));
}

fn by_class(queues: &[Queue], count: impl Fn(&Queue) -> u64) -> Vec<(String, u64)> {
    let sum = |class: Priority| queues.iter().filter(|queue| queue.priority == class).map(&count).sum();
    Priority::ALL.into_iter().map(|class| (format!("{{class=\"{}\"}}", name(class)), sum(class))).collect()
}

fn name(class: Priority) -> &'static str {
    match class {
        Priority::Interactive => "interactive",
        Priority::Batch => "batch",
        Priority::Background => "background",
    }
}

fn tenants(queues: &[Queue]) -> usize {
    queues.iter().map(|queue| queue.tenant.as_str()).collect::<std::collections::BTreeSet<_>>().len()
}
