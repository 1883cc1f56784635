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
mod folder;
mod id;
pub(crate) mod manifest;
mod pool;

pub use error::DatasetError;
pub use folder::Datasets;
pub use id::DatasetId;
pub use manifest::{FileEntry, Manifest};

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use network::{EdgeId, Network};
use routing::{Atlas, Profile, Router, Scratch};

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
    /// In the order of [`Profile::ALL`]: the routers in force.
    routers: Vec<ArcSwap<Router>>,
    scratches: Pool<Scratch>,
}

impl Dataset {
    /// Opens the dataset in `folder`, which is named by its id.
    pub(crate) fn open(id: DatasetId, folder: &Path) -> Result<Self, DatasetError> {
        let manifest = Manifest::read(folder)?;
        manifest.check(&id, folder)?;
        let network = Arc::new(Network::open(folder)?);
        let atlas = Atlas::open(folder, &network)?;
        let usual = |profile| ArcSwap::new(Arc::clone(atlas.router(profile)));
        let routers = Profile::ALL.into_iter().map(usual).collect();
        Ok(Self { id, manifest, network, atlas, routers, scratches: Pool::default() })
    }

    /// The roads.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The router of a profile, under the speeds that are in force. A question asks once and keeps it.
    pub fn router(&self, profile: Profile) -> Arc<Router> {
        self.in_force(profile).load_full()
    }

    /// Puts other speeds in force for a profile, in km/h by edge, 0 for a closed one; every other edge has its usual speed.
    /// Questions that began before end under the speeds they began with.
    pub fn set_speeds(&self, profile: Profile, speeds: &[(EdgeId, u32)]) {
        let usual = self.atlas.router(profile);
        let router = if speeds.is_empty() { Arc::clone(usual) } else { Arc::new(usual.with_speeds(speeds)) };
        self.in_force(profile).store(router);
    }

    fn in_force(&self, profile: Profile) -> &ArcSwap<Router> {
        let place = Profile::ALL.iter().position(|&other| other == profile).expect("all profiles are listed");
        &self.routers[place]
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
