//! A metric: the weight of every edge for one profile, and the arcs that shortest paths need under these weights.
//!
//! It is made by a [`Workbench`](super::Workbench) and never changes: other speeds are another metric over the same
//! [`Topology`](super::Topology), put in its place at once. The arrays are those of queries, sorted by rank, with what a climb
//! reads apart from what only unpacking does. In a dataset a metric is a file that is used in place.

use std::path::Path;

use network::{Array, ArrayFile, ArrayWriter};

use crate::weight::Weight;

const KIND: &str = "metric";
/// Raised whenever an array changes its meaning, or the program's tables give other weights to the same network.
const VERSION: u32 = 1;

/// The needed arcs of one kind by their lower end.
pub(crate) struct Arcs {
    /// By state, and one more.
    pub(super) first: Array<u32>,
    /// The higher ends, ascending for each state.
    pub(super) high: Array<u32>,
    /// As raw numbers, all finite.
    pub(super) weight: Array<u64>,
    /// The lower state that an arc leads through; [`NONE`](super::contract::NONE) for a turn.
    pub(super) middle: Array<u32>,
}

impl Arcs {
    /// From the arcs of each state, so many in all: higher end, weight, middle.
    pub(super) fn new<I: Iterator<Item = (u32, u64, u32)>>(
        (states, count): (usize, usize),
        of: impl Fn(u32) -> I,
    ) -> Self {
        let mut first = Vec::with_capacity(states + 1);
        first.push(0);
        let (mut high, mut weight) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut middle = Vec::with_capacity(count);
        for state in 0..states as u32 {
            for arc in of(state) {
                high.push(arc.0);
                weight.push(arc.1);
                middle.push(arc.2);
            }
            first.push(high.len() as u32);
        }
        Self { first: first.into(), high: high.into(), weight: weight.into(), middle: middle.into() }
    }

    /// The arcs of which a state is the lower end.
    #[inline]
    pub(super) fn range(&self, low: u32) -> std::ops::Range<usize> {
        self.first[low as usize] as usize..self.first[low as usize + 1] as usize
    }

    /// The middle of the arc between two states.
    pub(super) fn middle(&self, low: u32, high: u32) -> u32 {
        let range = self.range(low);
        let position = self.high[range.clone()].binary_search(&high);
        self.middle[range.start + position.expect("the parts of an arc that is needed are kept")]
    }
}

/// The weights of one profile, at one time.
pub struct Metric {
    /// By edge, whole; of an edge that the profile may not use, meaningless; infinite for one that is closed.
    pub(crate) weights: Array<Weight>,
    /// From lower to higher.
    pub(crate) up: Arcs,
    /// From higher to lower.
    pub(crate) down: Arcs,
}

impl std::fmt::Debug for Metric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Metric({} arcs)", self.up.high.len() + self.down.high.len())
    }
}

impl Metric {
    pub(crate) fn write(&self, path: &Path) -> Result<(), network::Error> {
        let mut file = ArrayWriter::create(path, KIND, VERSION, 9)?;
        for (names, arcs) in [(UP, &self.up), (DOWN, &self.down)] {
            file.array(names[0], &arcs.first)?;
            file.array(names[1], &arcs.high)?;
            file.array(names[2], &arcs.weight)?;
        }
        file.array("edge", &self.weights)?;
        file.array(UP[3], &self.up.middle)?;
        file.array(DOWN[3], &self.down.middle)?;
        file.finish()
    }

    pub(crate) fn open(path: &Path) -> Result<Self, network::Error> {
        let file = ArrayFile::open(path, KIND, VERSION)?;
        let arcs = |names: [&str; 4]| -> Result<Arcs, network::Error> {
            Ok(Arcs {
                first: file.array(names[0])?,
                high: file.array(names[1])?,
                weight: file.array(names[2])?,
                middle: file.array(names[3])?,
            })
        };
        Ok(Self { weights: file.array("edge")?, up: arcs(UP)?, down: arcs(DOWN)? })
    }
}

const UP: [&str; 4] = ["first_up", "up", "up_weight", "up_middle"];
const DOWN: [&str; 4] = ["first_down", "down", "down_weight", "down_middle"];
