//! What is made ahead of being asked for: routers for vehicles that recur.
//!
//! One thread of low priority asks the dataset in use what would be of help ([`engine::Dataset::work_ahead`]). Nobody waits for it: until it is
//! done, questions are answered by the slower search. A dataset that is swapped meanwhile is let go with the piece of work
//! that was begun.

use std::sync::Arc;
use std::time::Duration;

use engine::FitCounts;

use super::live::Live;
use super::metrics::Text;
use super::pool::Pool;

/// How long the thread stays with a dataset that wishes for nothing, before it looks which one is in use.
const PATIENCE: Duration = Duration::from_millis(400);

/// Works until the end of time.
pub(super) async fn work(live: Arc<Live>, pool: Pool) {
    loop {
        let engine = live.engine();
        let Some(dataset) = engine.dataset().map(Arc::clone) else {
            tokio::time::sleep(PATIENCE).await;
            continue;
        };
        drop(engine);
        if let Err(error) = pool.run(move || dataset.work_ahead(PATIENCE)).await {
            tracing::error!(?error, "a router for a vehicle could not be made ahead; it is answered by searching");
            tokio::time::sleep(PATIENCE).await;
        }
    }
}

/// Adds what there is for vehicles.
pub(super) fn tell(text: &mut Text, counts: FitCounts) {
    text.gauge("vehicle_routers", "Routers kept for vehicles that recur.", counts.kept);
    text.gauge("vehicle_router_bytes", "Bytes that these take.", counts.kept_bytes);
    let made = [
        ("vehicle_routers_made_total", "Routers made for vehicles.", counts.made),
        ("vehicle_routers_dropped_total", "Routers of vehicles let go for want of room.", counts.dropped),
    ];
    for (name, help, count) in made {
        text.head(name, help, "counter");
        text.sample(name, "", count);
    }
    text.head("vehicle_questions_total", "Questions about vehicles and wishes, by who answered.", "counter");
    for (by, count) in [("usual", counts.usual), ("fitted", counts.fitted), ("search", counts.searched)] {
        text.sample("vehicle_questions_total", &format!("{{by=\"{by}\"}}"), count);
    }
}
