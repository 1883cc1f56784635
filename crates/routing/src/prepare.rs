//! From a network to the files that routers use in place, and back.
//!
//! | file | what |
//! |---|---|
//! | `roads.index` | where roads lie, for all profiles |
//! | `FAMILY.topology` | the arcs of the hierarchy of a family of profiles |
//! | `PROFILE.layout` | turns, zones and components of a profile |
//! | `PROFILE.metric` | the weights of its edges and of the arcs |
//!
//! All threads share the work, also within a family ([`crate::crew`]); the files do not depend on how many there are.
//!
//! Each is a file of arrays ([`network::ArrayFile`]) with its version and checksums, written beside and renamed. Opening reads the
//! headers, so it takes the same time for a village and a continent. Which profiles there are is a matter of
//! [`Profile::ALL`] and [`Profile::family`]; nothing here knows one. Never in here: which folder is whose.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use network::{ArrayFile, Network};

use crate::bans::Bans;
use crate::bearings::Bearings;
use crate::crew::Crew;
use crate::hierarchy::{Metric, MetricOrder, Order, Topology, TurnArcs, Workbench};
use crate::index::Index;
use crate::layout::{Layout, modes};
use crate::profile::{Family, Profile};
use crate::router::{Parts, Router, Tools, weights};

const INDEX: &str = "roads.index";

fn topology_file(family: Family) -> String {
    format!("{}.topology", family.name())
}

fn layout_file(profile: Profile) -> String {
    format!("{}.layout", profile.name())
}

fn metric_file(profile: Profile) -> String {
    format!("{}.metric", profile.name())
}

fn members(family: Family) -> Vec<Profile> {
    Profile::ALL.into_iter().filter(|profile| profile.family() == family).collect()
}

/// Why there are no files for routers.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// A file cannot be written or read back.
    #[error(transparent)]
    Network(#[from] network::Error),
    /// Whoever listened did not want to go on.
    #[error("the preparation was interrupted")]
    Interrupted,
}

/// Some of the files, which can be made without the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Those of a family of profiles.
    Family(Family),
    /// The index of all.
    Index,
}

impl Share {
    /// All files, the most work first: so others help with it when they are done with theirs.
    pub const ALL: [Self; 4] =
        [Self::Family(Family::Motor), Self::Family(Family::Bicycle), Self::Family(Family::Foot), Self::Index];

    /// Its name: `motor`, `index`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Family(family) => family.name(),
            Self::Index => "index",
        }
    }

    /// The share of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|share| share.name() == name)
    }

    /// How many files it is.
    fn count(self) -> usize {
        match self {
            Self::Family(family) => 1 + 2 * members(family).len(),
            Self::Index => 1,
        }
    }
}

/// Writes what the routers of all profiles need into `folder`, or some shares of it, and reads it back, on some threads. `report` hears how
/// many files of how many are done, from any thread and also when nothing has changed, and says whether to go on: it is asked before each
/// step and each of the larger cuts of the order. The files depend on the network alone: not on the number of threads, and not on which
/// shares are made together.
pub fn prepare(
    network: &Network,
    folder: &Path,
    shares: &[Share],
    threads: usize,
    report: &(dyn Fn(usize, usize) -> ControlFlow<()> + Sync),
) -> Result<(), PrepareError> {
    let total = shares.iter().map(|share| share.count()).sum();
    let crew = Crew::new(threads);
    let shop = Shop {
        network,
        bearings: Bearings::new(network),
        folder,
        crew: &crew,
        done: AtomicUsize::new(0),
        total,
        report,
        is_stopped: AtomicBool::new(false),
    };
    shop.ask()?;
    let made = crew.map(shares.to_vec(), |share| match share {
        Share::Family(family) => shop.prepare_family(family),
        Share::Index => shop.keep(INDEX, |path| Index::new(network).write(path)),
    });
    made.into_iter().collect()
}

/// What all that is made for a network has in common.
struct Shop<'a> {
    network: &'a Network,
    bearings: Bearings,
    folder: &'a Path,
    crew: &'a Crew,
    /// How many of all files are done.
    done: AtomicUsize,
    total: usize,
    report: &'a (dyn Fn(usize, usize) -> ControlFlow<()> + Sync),
    /// Once it does not go on, it never does again.
    is_stopped: AtomicBool,
}

impl Shop<'_> {
    fn goes_on(&self) -> bool {
        let says_no = || (self.report)(self.done.load(Ordering::Relaxed), self.total).is_break();
        if !self.is_stopped.load(Ordering::Relaxed) && says_no() {
            self.is_stopped.store(true, Ordering::Relaxed);
        }
        !self.is_stopped.load(Ordering::Relaxed)
    }

    fn ask(&self) -> Result<(), PrepareError> {
        if self.goes_on() { Ok(()) } else { Err(PrepareError::Interrupted) }
    }

    /// Writes a file and reads it back.
    fn keep(&self, name: &str, write: impl FnOnce(&Path) -> Result<(), network::Error>) -> Result<(), PrepareError> {
        let path = self.folder.join(name);
        write(&path)?;
        ArrayFile::verify_at(&path)?;
        self.done.fetch_add(1, Ordering::Relaxed);
        self.ask()
    }

    /// Orders, contracts and customizes for a family.
    fn prepare_family(&self, family: Family) -> Result<(), PrepareError> {
        let (network, crew) = (self.network, self.crew);
        let order = || Order::by(network, family, crew, &|| self.goes_on());
        let (order, layouts) = crew.both(order, || self.layouts(family));
        let layouts = layouts?;
        self.ask()?;
        let borrowed: Vec<(Profile, &Layout)> = layouts.iter().map(|(profile, layout)| (*profile, layout)).collect();
        let topology = Arc::new(Topology::new(network, &order, &borrowed));
        self.ask()?;
        let bases = || {
            let base = |(profile, layout): (Profile, &Layout)| {
                (TurnArcs::new(&topology, network, layout, profile), weights(network, profile, layout))
            };
            crew.map(borrowed, base).into_iter().unzip::<_, _, Vec<_>, Vec<_>>()
        };
        let keep = || self.keep(&topology_file(family), |path| topology.write(path));
        let (kept, (bench, (turn_arcs, weights))) =
            crew.both(keep, || crew.both(|| Workbench::by(Arc::clone(&topology), crew), bases));
        kept?;
        // What follows takes the most memory.
        drop((order, layouts));
        let orders = turn_arcs.iter().zip(weights).map(|(turn_arcs, weights)| MetricOrder { turn_arcs, weights });
        let kept = bench.metrics(orders.collect(), crew, |number, metric| {
            self.keep(&metric_file(members(family)[number]), |path| metric.write(path))
        });
        kept.into_iter().collect()
    }

    /// The layouts of the profiles of a family.
    fn layouts(&self, family: Family) -> Result<Vec<(Profile, Layout)>, PrepareError> {
        let bans = Bans::new(self.network, modes(family));
        let made = self.crew.map(members(family), |profile| {
            let layout = Layout::by(self.network, profile, (&bans, &self.bearings));
            self.keep(&layout_file(profile), |path| layout.write(path))?;
            Ok((profile, layout))
        });
        made.into_iter().collect()
    }
}

/// The routers of all profiles over one network.
#[derive(Debug)]
pub struct Atlas {
    /// In the order of [`Profile::ALL`].
    routers: Vec<Arc<Router>>,
}

impl Atlas {
    /// Opens what [`prepare`] wrote for `network` into `folder`.
    pub fn open(folder: &Path, network: &Arc<Network>) -> Result<Self, network::Error> {
        let index = Arc::new(Index::open(&folder.join(INDEX))?);
        let mut routers = Vec::new();
        for family in Family::ALL {
            let topology = Arc::new(Topology::open(&folder.join(topology_file(family)))?);
            let of_family = Tools::default();
            for profile in members(family) {
                let parts = Parts {
                    layout: Layout::open(&folder.join(layout_file(profile)))?.into(),
                    index: Arc::clone(&index),
                    topology: Arc::clone(&topology),
                    metric: Metric::open(&folder.join(metric_file(profile)))?.into(),
                };
                let tools = Tools { workbench: Arc::clone(&of_family.workbench), ..Tools::default() };
                routers.push(Arc::new(Router::assemble(Arc::clone(network), profile, parts, tools)));
            }
        }
        routers.sort_by_key(|router| place(router.profile()));
        Ok(Self { routers })
    }

    /// The router of a profile.
    pub fn router(&self, profile: Profile) -> &Arc<Router> {
        &self.routers[place(profile)]
    }
}

fn place(profile: Profile) -> usize {
    Profile::ALL.iter().position(|&other| other == profile).expect("all profiles are listed")
}
