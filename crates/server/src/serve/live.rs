//! The active dataset, as questions see it: a snapshot that is swapped when another dataset is activated.
//!
//! The command line activates datasets by replacing a file in the data folder; a running server looks at that file several times
//! a second, opens what it names, and swaps it in. A question keeps the snapshot that it began with, so no question fails
//! and none mixes two maps. A dataset that cannot be opened is logged once, and the one before it stays.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use engine::{Dataset, DatasetId, Datasets, Engine, Settings};

use super::maps::{Maps, MapsError};

/// How often the file is looked at: a change must count within a second.
const LOOK_EVERY: Duration = Duration::from_millis(400);

/// The engine of the moment, and the way to others.
pub(crate) struct Live {
    datasets: Datasets,
    settings: Arc<Settings>,
    /// Where datasets come from that are not here.
    maps: Option<Arc<Maps>>,
    engine: ArcSwap<Engine>,
    /// The dataset that a worker used last, kept for the next operation of that time; often it is the active one anyway.
    pinned: Mutex<Option<Arc<Dataset>>>,
    /// The dataset that was last tried and could not be opened, and why.
    trouble: Mutex<Option<(Option<DatasetId>, String)>>,
}

impl Live {
    /// Opens the active dataset of `data`; without one, or when it cannot be opened, starts without.
    pub(crate) fn open(data: &Path, settings: Settings, maps: Option<Arc<Maps>>) -> Self {
        let settings = Arc::new(settings);
        let engine = ArcSwap::from_pointee(Engine::new(None, Arc::clone(&settings)));
        let live = Self {
            datasets: Datasets::new(data),
            settings,
            maps,
            engine,
            pinned: Mutex::default(),
            trouble: Mutex::default(),
        };
        live.refresh();
        live
    }

    /// The engine over the dataset that is active now.
    pub(crate) fn engine(&self) -> Arc<Engine> {
        self.engine.load_full()
    }

    /// The engine over the dataset that an operation was accepted with.
    pub(crate) fn pinned(&self, dataset: Option<&str>) -> Result<Engine, MapsError> {
        let opened = dataset.map(|id| self.opened(&DatasetId::parse(id)?)).transpose()?;
        self.pinned.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&opened);
        Ok(Engine::new(opened, Arc::clone(&self.settings)))
    }

    fn opened(&self, id: &DatasetId) -> Result<Arc<Dataset>, MapsError> {
        if let Some(maps) = &self.maps {
            maps.fetch(id)?;
        }
        Ok(self.datasets.open(id)?)
    }

    /// Lets go of the dataset that was used last: there is no work.
    pub(crate) fn unpin(&self) {
        self.pinned.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Why map questions cannot be answered; `None` when they can.
    pub(crate) fn why_not_ready(&self) -> Option<String> {
        if self.engine.load().dataset().is_some() {
            return None;
        }
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        Some(trouble.as_ref().map_or_else(|| wire::NO_MAP.to_owned(), |(_, why)| why.clone()))
    }

    /// Looks for a change until the end of time.
    pub(crate) async fn watch(self: Arc<Self>) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        loop {
            tick.tick().await;
            let live = Arc::clone(&self);
            // Opening takes as long as a large map needs. A panic in it is logged by its thread; the next look tries again.
            let _ = tokio::task::spawn_blocking(move || live.refresh()).await;
        }
    }

    /// Swaps in the active dataset if it is another than the one in use.
    pub(crate) fn refresh(&self) {
        let wanted = match self.datasets.active_id() {
            Ok(None) => return,
            Ok(Some(id)) => id,
            Err(error) => return self.note(None, error.to_string()),
        };
        if self.engine.load().dataset().is_some_and(|dataset| dataset.id == wanted) {
            return;
        }
        match self.datasets.open(&wanted) {
            Ok(dataset) => {
                self.engine.store(Arc::new(Engine::new(Some(dataset), Arc::clone(&self.settings))));
                *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
                tracing::info!(dataset = %wanted, "the dataset is in use");
            }
            Err(error) => self.note(Some(wanted), error.to_string()),
        }
    }

    fn note(&self, dataset: Option<DatasetId>, why: String) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Some((dataset, why));
        if *trouble != now {
            tracing::error!(reason = now.as_ref().map(|(_, why)| why.as_str()), "the active dataset cannot be used");
            *trouble = now;
        }
    }
}
