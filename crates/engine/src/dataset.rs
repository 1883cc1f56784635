//! An opened dataset: the map that questions are answered from.
//!
//! Opening reads the manifest, compares the sizes of the files with it, and memory-maps the network and what
//! [`routing::prepare()`] derived from it: headers are checked, nothing is read through, so it takes the same few milliseconds for
//! a village and a continent. The content of all files is read and compared with its checksums by [`import`](crate::import), right
//! after writing, and by [`Datasets::verify`]; see docs/decisions/0005.
//!
//! Speeds that change are another router of the profile, put in place at once while questions go on with the one they began with.
//! Never in here: any other change to an opened dataset. It is immutable and shared; a newer map is another dataset.

mod active;
mod error;
pub(crate) mod files;
pub(crate) mod fits;
mod folder;
pub(crate) mod guide;
mod id;
pub(crate) mod manifest;
mod places;
mod pool;

pub use error::DatasetError;
pub use fits::FitCounts;
pub(crate) use folder::Building;
pub use folder::Datasets;
pub use id::DatasetId;
pub use manifest::{DatasetView, FileEntry, Manifest};

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use geometry::Coordinate;
use network::{EdgeId, Network};
use routing::{Atlas, Profile, Router, Scratch, Snap, Terms};

use crate::{Budget, Error};
use fits::Fits;
use guide::{Guide, Need};
use places::Places;
use pool::Pool;

/// A map, opened: immutable, shared by all questions that began with it.
pub struct Dataset {
    /// Its name, also that of its folder.
    pub id: DatasetId,
    /// What it was made from and what it holds.
    pub manifest: Manifest,
    network: Arc<Network>,
    /// The routers under the usual speeds.
    atlas: Atlas,
    fits: Fits,
    /// Where places of large matrices are on the road.
    places: Places,
    scratches: Pool<Scratch>,
}

impl Dataset {
    /// Opens the dataset in `folder`, which is named by its id.
    pub(crate) fn open(id: DatasetId, folder: &Path) -> Result<Self, DatasetError> {
        let manifest = Manifest::read(folder)?;
        manifest.check(&id, folder)?;
        let network = Arc::new(Network::open(folder)?);
        let atlas = Atlas::open(folder, &network)?;
        let fits = Fits::new(Profile::ALL.into_iter().map(|profile| Arc::clone(atlas.router(profile))).collect());
        Ok(Self { id, manifest, network, atlas, fits, places: Places::default(), scratches: Pool::default() })
    }

    /// The roads.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The router of a profile, under the speeds that are in force. A question asks once and keeps it.
    pub fn router(&self, profile: Profile) -> Arc<Router> {
        self.fits.router(profile)
    }

    /// Puts other speeds in force for a profile, in km/h by edge, 0 for a closed one; every other edge has its usual speed.
    /// Questions that began before end under the speeds they began with. Many changes are made by so many threads.
    pub fn set_speeds(&self, profile: Profile, speeds: &[(EdgeId, u32)], threads: usize) {
        let usual = self.atlas.router(profile);
        let router = if speeds.is_empty() { Arc::clone(usual) } else { Arc::new(usual.with_speeds(speeds, threads)) };
        self.fits.put_in_force(router);
    }

    /// Who answers questions of a profile under terms; see [`fits`].
    pub(crate) fn guide(&self, profile: Profile, terms: &Terms, need: Need, budget: &Budget) -> Result<Guide, Error> {
        self.fits.guide(profile, terms, need, budget)
    }

    /// Keeps no more than so many bytes for vehicles that recur.
    pub(crate) fn bound_fits(&self, most_bytes: u64) {
        self.fits.bound(most_bytes);
    }

    /// Does one piece of the work that recurring vehicles would be glad of, waiting up to `patience` for one; whether there was
    /// any. It may take as long as customizing does, so it is for a thread that has nothing better to do.
    pub fn work_ahead(&self, patience: Duration) -> bool {
        self.fits.work_ahead(patience)
    }

    /// What is kept for vehicles that recur, and how often it was of use.
    pub fn fit_counts(&self) -> FitCounts {
        self.fits.counts()
    }

    /// Where a list of places is on the road, if it was asked for lately; else `snap` says it.
    pub(crate) fn snapped(
        &self,
        who: (Profile, &Terms),
        places: &[Coordinate],
        snap: impl FnOnce() -> Vec<Option<Snap>>,
    ) -> Arc<[Option<Snap>]> {
        self.places.snapped(who, places, snap)
    }

    /// Lends `work` a search space that fits this dataset; spaces are kept for the next question.
    pub(crate) fn with_scratch<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        self.scratches.lend(work)
    }
}

impl std::fmt::Debug for Dataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dataset").field("id", &self.id).field("network", &self.network).finish_non_exhaustive()
    }
}
