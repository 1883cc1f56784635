//! What the cheapest position of a job in a tour was.
//!
//! **Why.** A step changes a few tours, and most steps are taken back; asking again where a job would stand best in a tour that
//! is the same as last time is most of what a search does. **How.** Every state of a tour has a version of its own, which comes
//! back when the state does; a table by job and slot remembers the answer for one version. A job's row has room for a few
//! dozen slots, since it is asked for those around it only; slots that share a cell displace each other. The row is short, so
//! that the table of a large problem still fits into a processor's cache. **What never happens:** an answer for another state,
//! or for another job.

/// The most cells of a row, a power of two.
const MOST_CELLS: usize = 64;

/// An answer: the cost and the position, for a version of a tour. Versions tell tours apart, too.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    cost: i64,
    /// The version above, the position in the low bits.
    key: u64,
}

/// How many bits the position takes; what stands further back is not remembered.
const POSITION_BITS: u32 = 16;

/// The table.
#[derive(Debug)]
pub(crate) struct Memory {
    cells: Vec<Cell>,
    /// Cells in a row.
    row: usize,
}

impl Memory {
    pub(crate) fn new(jobs: usize, slots: usize) -> Self {
        let row = slots.next_power_of_two().min(MOST_CELLS);
        Self { cells: vec![Cell::default(); jobs * row], row }
    }

    fn index(&self, slot: u32, job: u32) -> usize {
        job as usize * self.row + (slot as usize & (self.row - 1))
    }

    /// The answer, if it is known.
    #[inline]
    pub(crate) fn recall(&self, version: u64, slot: u32, job: u32) -> Option<(i64, u32)> {
        let cell = &self.cells[self.index(slot, job)];
        (cell.key >> POSITION_BITS == version).then_some((cell.cost, (cell.key as u32) & ((1 << POSITION_BITS) - 1)))
    }

    #[inline]
    pub(crate) fn keep(&mut self, version: u64, slot: u32, job: u32, (cost, at): (i64, u32)) {
        if at < 1 << POSITION_BITS {
            let index = self.index(slot, job);
            self.cells[index] = Cell { cost, key: version << POSITION_BITS | u64::from(at) };
        }
    }
}
