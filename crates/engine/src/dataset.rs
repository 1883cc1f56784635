//! An opened dataset: the map that questions are answered from.
//!
//! Opening reads the manifest, compares the sizes of the files with it, memory-maps the network, reads the orders of the
//! hierarchies and builds the car's router in memory, and that of another profile when it is first asked for: weights and turn
//! costs are a matter of the program's version, not of the file, so a new release changes them without a new import, and a
//! second or two per million edges is what that costs. What is written in the network's file is read through only by
//! [`import`](crate::import), right after writing.
//!
//! Never in here: a change to an opened dataset. It is immutable and shared; a newer map is another dataset.

mod active;
mod error;
pub(crate) mod files;
mod folder;
mod id;
pub(crate) mod manifest;
pub(crate) mod order;
mod pool;

pub use error::DatasetError;
pub use folder::Datasets;
pub use id::DatasetId;
pub use manifest::{FileEntry, Manifest};

use std::path::Path;
use std::sync::{Arc, OnceLock};

use network::Network;
use routing::{Family, Order, Profile, Router, Scratch};

use pool::Pool;

/// A map, opened: immutable, shared by all questions that began with it.
pub struct Dataset {
    /// Its name, also that of its folder.
    pub id: DatasetId,
    /// What it was made from and what it holds.
    pub manifest: Manifest,
    network: Arc<Network>,
    /// By family.
    orders: [Order; Family::ALL.len()],
    /// By profile; laid out when it is first asked for, but for the car.
    routers: [OnceLock<Router>; Profile::ALL.len()],
    scratches: Pool<Scratch>,
}

impl Dataset {
    /// Opens the dataset in `folder`, which is named by its id.
    pub(crate) fn open(id: DatasetId, folder: &Path) -> Result<Self, DatasetError> {
        let manifest = Manifest::read(folder)?;
        manifest.check(&id, folder)?;
        let network = Arc::new(Network::open(folder)?);
        let [motor, bicycle, foot] = Family::ALL.map(|family| order::read(folder, family, &network));
        let orders = [motor?, bicycle?, foot?];
        let routers = Profile::ALL.map(|_| OnceLock::new());
        let dataset = Self { id, manifest, network, orders, routers, scratches: Pool::default() };
        dataset.router(Profile::Car);
        Ok(dataset)
    }

    /// The roads.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The router of a profile. The first question of a profile waits until it is laid out; others that come meanwhile wait
    /// with it.
    pub fn router(&self, profile: Profile) -> &Router {
        let lay_out = || {
            let order = &self.orders[profile.family() as usize];
            Router::with_order(Arc::clone(&self.network), profile, order)
        };
        self.routers[profile as usize].get_or_init(lay_out)
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
