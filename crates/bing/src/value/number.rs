//! Numbers as Bing writes them: whole ones without a fraction, and decimals that stay exact through the solver.

use engine::Reason;
use serde::{Serialize, Serializer};

use super::Wrong;

/// A double that is written as `100`, not `100.0`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Double(pub(crate) f64);

impl Serialize for Double {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        /// Below this, every whole double is an integer that JSON readers keep exactly.
        const EXACT: f64 = 9e15;
        if self.0.fract() == 0.0 && self.0.abs() < EXACT {
            to.serialize_i64(self.0 as i64)
        } else {
            to.serialize_f64(self.0)
        }
    }
}

#[expect(clippy::float_cmp, reason = "exactly equal is what is asked: the nearest double of the thousandths")]
/// Thousandths of `value`, which may have at most three decimals: a load must not drift by rounding.
pub(crate) fn thousandths(value: f64) -> Result<i64, Wrong> {
    const LIMIT: f64 = 1e9;
    if value.abs() > LIMIT {
        let message = format!("{value} is not between -{LIMIT} and {LIMIT}");
        return Err(Wrong::new(Reason::OutOfRange, message, "use a coarser unit"));
    }
    let rounded = (value * 1000.0).round();
    let exact = rounded / 1000.0 == value;
    let fine = || Wrong::unreadable(format!("{value} has more than three decimals"), "use a finer unit");
    exact.then_some(rounded as i64).ok_or_else(fine)
}

/// Thousandths as the number that was sent.
pub(crate) fn from_thousandths(value: i64) -> Double {
    Double(value as f64 / 1000.0)
}

/// Millionths of a price, rounded to the nearest.
pub(crate) fn millionths(value: f64) -> Result<i64, Wrong> {
    const LIMIT: f64 = 1e6;
    let fits = (0.0..=LIMIT).contains(&value);
    let outside = || {
        let message = format!("{value} is not between 0 and {LIMIT}");
        Wrong::new(Reason::OutOfRange, message, "use a larger unit of the currency, and no negative price")
    };
    fits.then(|| (value * 1e6).round() as i64).ok_or_else(outside)
}

/// Millionths as a price.
pub(crate) fn from_millionths(value: i64) -> Double {
    Double(value as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_doubles_have_no_fraction() {
        let written = |value| serde_json::to_string(&Double(value)).unwrap();
        assert_eq!(written(100.0), "100");
        assert_eq!(written(-122.378_188_970_181), "-122.378188970181");
        assert_eq!(written(0.000_003_4), "3.4e-6");
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(thousandths(16.0), Ok(16_000));
        assert_eq!(thousandths(-0.001), Ok(-1));
        assert!(thousandths(0.0005).unwrap_err().message.contains("three decimals"));
        assert!(thousandths(2e9).is_err());
        assert_eq!(from_thousandths(1_250), Double(1.25));
        assert_eq!(millionths(1.0 / 3.0), Ok(333_333));
        assert!(millionths(-0.1).is_err());
        assert!(millionths(f64::NAN).is_err());
    }
}
