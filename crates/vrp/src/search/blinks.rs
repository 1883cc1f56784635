//! Overlooking a position now and then.
//!
//! **Why.** Pure greed always fills the same hole with the same job; a rare oversight lets the next best in and costs no draw of
//! a random number per position (SISR, section 5.3, "greedy insertion with blinks"). **How.** A countdown to the next oversight.
//! **What never happens:** an oversight while the first solution is built.

use fastrand::Rng;

/// One position in this many is overlooked; more often where a whole step hardly looks at as many.
const BLINK_EVERY: f64 = 100.0;
const BLINK_EVERY_LEAST: f64 = 6.0;

/// Says which position to overlook: counts down to the next one.
#[derive(Debug)]
pub(crate) struct Blinks {
    rng: Rng,
    every: f64,
    left: u32,
}

impl Blinks {
    /// Overlooks positions now and then in a problem of this many jobs.
    pub(crate) fn new(rng: Rng, jobs: usize) -> Self {
        Self { rng, every: (2.0 * jobs as f64).clamp(BLINK_EVERY_LEAST, BLINK_EVERY), left: 1 }
    }

    /// Never overlooks anything.
    pub(crate) fn none() -> Self {
        Self { rng: Rng::with_seed(0), every: 0.0, left: u32::MAX }
    }

    /// Gaps are uniform between 1 and twice the mean: what matters is that they are rare and unforeseen.
    #[inline]
    pub(crate) fn blink(&mut self) -> bool {
        self.left -= 1;
        if self.left > 0 {
            return false;
        }
        if self.every == 0.0 {
            self.left = u32::MAX;
            return false;
        }
        self.left = 1 + (self.rng.f64() * 2.0 * self.every) as u32;
        true
    }
}
