//! A metric: the weight of every edge for one profile, and that of every arc.
//!
//! It is made by a [`Workbench`](super::Workbench) and never changes: other speeds are another metric over the same
//! [`Topology`](super::Topology), put in its place at once. The arrays lie beside those of the topology, with what a climb
//! reads apart from what only unpacking does. In a dataset a metric is a file that is used in place.

use std::path::Path;
use std::sync::OnceLock;

use network::{Array, ArrayFile, ArrayWriter};

use super::contract::Topology;
use crate::turns::State;
use crate::weight::Weight;

const KIND: &str = "metric";
/// Raised whenever an array changes its meaning, or the program's tables give other weights to the same network.
const VERSION: u32 = 2;

/// The arcs of one kind, as the topology numbers them.
pub(crate) struct Arcs {
    /// As raw numbers.
    pub(super) weight: Array<u64>,
    /// The lowest state that an arc leads through; [`NONE`](super::contract::NONE) for a turn.
    pub(super) middle: Array<u32>,
}

/// The weights of one profile, at one time.
pub struct Metric {
    /// By edge, whole; of an edge that the profile may not use, meaningless; infinite for one that is closed.
    pub(crate) weights: Array<Weight>,
    /// From lower to higher.
    pub(crate) up: Arcs,
    /// From higher to lower.
    pub(crate) down: Arcs,
    drivable: OnceLock<Drivable>,
}

/// The ranks of edges that are open, without those of their copies, a bit each: what lies within a time is asked in this order, in which
/// the weights of edges lie far from each other.
pub(crate) struct Drivable(Vec<u64>);

impl Drivable {
    #[inline]
    pub(crate) fn contains(&self, rank: u32) -> bool {
        self.0[(rank / 64) as usize] >> (rank % 64) & 1 == 1
    }
}

impl std::fmt::Debug for Metric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Metric({} arcs)", self.up.weight.len() + self.down.weight.len())
    }
}

impl Metric {
    /// From the weights of the edges, and those of the arcs with their middles, upwards and downwards.
    pub(super) fn new(weights: Vec<Weight>, [up, down]: [(Vec<u64>, Vec<u32>); 2]) -> Self {
        let arcs = |(weight, middle): (Vec<u64>, Vec<u32>)| Arcs { weight: weight.into(), middle: middle.into() };
        Self { weights: weights.into(), up: arcs(up), down: arcs(down), drivable: OnceLock::new() }
    }

    /// The edges that are open; found when first asked for.
    pub(crate) fn drivable(&self, topology: &Topology) -> &Drivable {
        self.drivable.get_or_init(|| {
            let is_open = |&state: &State| self.weights.get(state as usize).is_some_and(|weight| weight.is_finite());
            let bits = |states: &[State]| {
                let set = (0..).zip(states).filter(|(_, state)| is_open(state));
                set.fold(0_u64, |bits, (place, _): (u32, _)| bits | 1 << place)
            };
            Drivable(topology.states().chunks(64).map(bits).collect())
        })
    }

    /// How much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        let arcs = |arcs: &Arcs| size_of_val(&arcs.weight[..]) + size_of_val(&arcs.middle[..]);
        size_of_val(&self.weights[..]) + arcs(&self.up) + arcs(&self.down)
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), network::Error> {
        let mut file = ArrayWriter::create(path, KIND, VERSION, 5)?;
        file.array("edge", &self.weights)?;
        file.array(UP[0], &self.up.weight)?;
        file.array(DOWN[0], &self.down.weight)?;
        file.array(UP[1], &self.up.middle)?;
        file.array(DOWN[1], &self.down.middle)?;
        file.finish()
    }

    pub(crate) fn open(path: &Path) -> Result<Self, network::Error> {
        let file = ArrayFile::open(path, KIND, VERSION)?;
        let arcs = |names: [&str; 2]| -> Result<Arcs, network::Error> {
            Ok(Arcs { weight: file.array(names[0])?, middle: file.array(names[1])? })
        };
        Ok(Self { weights: file.array("edge")?, up: arcs(UP)?, down: arcs(DOWN)?, drivable: OnceLock::new() })
    }
}

const UP: [&str; 2] = ["up_weight", "up_middle"];
const DOWN: [&str; 2] = ["down_weight", "down_middle"];
