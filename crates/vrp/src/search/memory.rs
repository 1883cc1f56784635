//! What the cheapest position of a job in a tour was.
//!
//! **Why.** A step changes a few tours, and most steps are taken back; asking again where a job would stand best in a tour that
//! is the same as last time is most of what a search does. **How.** Every state of a tour has a version of its own, which comes
//! back when the state does; a table by job and slot remembers the answer for one version. Where the table would be too large,
//! pairs share its cells and displace each other. **What never happens:** an answer for another state, or for another job.

/// The most cells of the table.
const MOST_CELLS: usize = 1 << 20;

/// An answer: the cost and the position, for a version of a tour and a job.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    version: u64,
    cost: i64,
    job: u32,
    at: u32,
}

/// The table.
#[derive(Debug)]
pub(crate) struct Memory {
    cells: Vec<Cell>,
    slots: usize,
}

impl Memory {
    pub(crate) fn new(jobs: usize, slots: usize) -> Self {
        Self { cells: vec![Cell::default(); (jobs * slots).clamp(1, MOST_CELLS)], slots }
    }

    fn index(&self, slot: u32, job: u32) -> usize {
        let index = job as usize * self.slots + slot as usize;
        if index < self.cells.len() { index } else { index % self.cells.len() }
    }

    /// The answer, if it is known.
    #[inline]
    pub(crate) fn recall(&self, version: u64, slot: u32, job: u32) -> Option<(i64, u32)> {
        let cell = &self.cells[self.index(slot, job)];
        (cell.version == version && cell.job == job).then_some((cell.cost, cell.at))
    }

    pub(crate) fn keep(&mut self, version: u64, slot: u32, job: u32, (cost, at): (i64, u32)) {
        let index = self.index(slot, job);
        self.cells[index] = Cell { version, cost, job, at };
    }
}
