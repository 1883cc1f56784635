//! From a network to the files that routers use in place, and back.
//!
//! | file | what |
//! |---|---|
//! | `roads.index` | where roads lie, for all profiles |
//! | `FAMILY.topology` | the arcs of the hierarchy of a family of profiles |
//! | `PROFILE.layout` | turns, zones and components of a profile |
//! | `PROFILE.metric` | the weights of its edges and of the arcs |
//!
//! Each is a file of arrays ([`network::ArrayFile`]) with its version and checksums, written beside and renamed. Opening reads the
//! headers, so it takes the same time for a village and a continent. Which profiles there are is a matter of
//! [`Profile::ALL`] and [`Profile::family`]; nothing here knows one. Never in here: which folder is whose.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use network::Network;

use crate::hierarchy::{Metric, MetricOrder, Order, Topology, TurnArcs, Workbench};
use crate::index::Index;
use crate::layout::Layout;
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

/// One thing to be made.
type Task<'a> = Box<dyn Fn() -> Result<(), network::Error> + Send + Sync + 'a>;

/// Writes what the routers of all profiles need into `folder`, on some threads; `report` hears how many parts of how many are
/// done.
pub fn prepare(
    network: &Network,
    folder: &Path,
    threads: usize,
    report: &(dyn Fn(usize, usize) + Sync),
) -> Result<(), network::Error> {
    let mut tasks: Vec<Task<'_>> = vec![Box::new(|| Index::new(network).write(&folder.join(INDEX)))];
    // The largest first, so that no thread is left with it at the end.
    for family in Family::ALL {
        tasks.insert(0, Box::new(move || prepare_family(network, family, folder)));
    }
    let (next, done, failed) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(None));
    let work = || {
        while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            match task() {
                Ok(()) => report(done.fetch_add(1, Ordering::Relaxed) + 1, tasks.len()),
                Err(error) => *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error),
            }
        }
    };
    report(0, tasks.len());
    std::thread::scope(|scope| {
        for _ in 1..threads.clamp(1, tasks.len()) {
            scope.spawn(work);
        }
        work();
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// Orders, contracts and customizes for a family.
fn prepare_family(network: &Network, family: Family, folder: &Path) -> Result<(), network::Error> {
    let order = Order::new(network, family);
    let mut layouts = Vec::new();
    for profile in members(family) {
        let layout = Layout::new(network, profile);
        layout.write(&folder.join(layout_file(profile)))?;
        layouts.push((profile, layout));
    }
    let borrowed: Vec<(Profile, &Layout)> = layouts.iter().map(|(profile, layout)| (*profile, layout)).collect();
    let topology = Arc::new(Topology::new(network, &order, &borrowed));
    topology.write(&folder.join(topology_file(family)))?;
    let turn_arcs = |&(profile, layout): &(Profile, &Layout)| TurnArcs::new(&topology, network, layout, profile);
    let turn_arcs: Vec<TurnArcs> = borrowed.iter().map(turn_arcs).collect();
    let orders = borrowed.iter().zip(&turn_arcs);
    let orders = orders.map(|(&(profile, _), turn_arcs)| MetricOrder { turn_arcs, weights: weights(network, profile) });
    let metrics = Workbench::new(Arc::clone(&topology)).metrics(orders.collect());
    for ((profile, _), metric) in borrowed.iter().zip(metrics) {
        metric.write(&folder.join(metric_file(*profile)))?;
    }
    Ok(())
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
