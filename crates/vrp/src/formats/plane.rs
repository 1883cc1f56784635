//! Straight lines between points, as whole numbers.
//!
//! **Why.** Every set of files has its own rule of turning a Euclidean distance into a number, and results are only comparable
//! under the same rule. **How.** Coordinates are integers of a millionth; a distance is an integer square root of the exact
//! square, then cut or rounded as the rule says. **What never happens:** a floating-point number.

use super::{FormatError, Line};
use crate::{Matrix, UNREACHABLE};

/// The digits kept of coordinates.
pub(super) const COORDINATE_SCALE: i64 = 1_000_000;

/// The largest coordinate in the file's units, such that a square times a square of a scale fits 128 bits.
const MOST_COORDINATE: i64 = 1_000_000_000;

/// The most places of a file: the ways between all pairs must fit into memory.
const MOST_PLACES: usize = 10_000;

/// A point in millionths.
pub(super) type Point = (i64, i64);

/// A rule for a set's distances, all in units of `1 / scale` of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) scale: i64,
    pub(super) rounding: Rounding,
}

/// What happens to the digits beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    Cut,
    Nearest,
    Up,
}

impl Rule {
    pub(super) const fn new(scale: i64, rounding: Rounding) -> Self {
        Self { scale, rounding }
    }

    fn distance(self, a: Point, b: Point) -> i32 {
        let (dx, dy) = (i128::from(a.0 - b.0), i128::from(a.1 - b.1));
        let scale = i128::from(self.scale);
        let square = (dx * dx + dy * dy) * scale * scale;
        let unit = i128::from(COORDINATE_SCALE);
        let units = match self.rounding {
            Rounding::Cut => square.isqrt() / unit,
            Rounding::Nearest => ((4 * square).isqrt() + unit) / (2 * unit),
            Rounding::Up => {
                let cut = square.isqrt() / unit;
                cut + i128::from(cut * cut * unit * unit < square)
            }
        };
        i32::try_from(units).unwrap_or(UNREACHABLE)
    }

    /// The distances between all pairs, row by row.
    pub(super) fn distances(self, points: &[Point]) -> Vec<i32> {
        points.iter().flat_map(|&a| points.iter().map(move |&b| self.distance(a, b))).collect()
    }
}

/// A matrix in which time equals distance.
pub(super) fn matrix(points: &[Point], rule: Rule) -> Result<Matrix, FormatError> {
    bounded(points.len())?;
    let legs = rule.distances(points);
    Ok(Matrix::new(points.len(), legs.clone(), legs)?)
}

/// Refuses more places than a matrix can be made for.
pub(super) fn bounded(places: usize) -> Result<(), FormatError> {
    if places <= MOST_PLACES {
        Ok(())
    } else {
        Err(FormatError::Many { what: "places", found: places, most: MOST_PLACES })
    }
}

/// The point in these two words of a line.
pub(super) fn point(line: &Line<'_>, x: &str, y: &str) -> Result<Point, FormatError> {
    let read = |text: &str| {
        let value = line.decimal(text, COORDINATE_SCALE)?;
        let near = value.abs() <= MOST_COORDINATE * COORDINATE_SCALE;
        if near { Ok(value) } else { Err(line.wrong(text, "coordinate of at most a thousand million")) }
    };
    Ok((read(x)?, read(y)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_differ_in_the_last_digit_only() {
        let at = |x: i64, y: i64| (x * COORDINATE_SCALE, y * COORDINATE_SCALE);
        let pairs = [(at(0, 0), at(1, 1)), (at(0, 0), at(3, 4)), (at(0, 0), at(1, 2))];
        // √2 = 1.4142…, 5, √5 = 2.2360…
        for (scale, rounding, expected) in [
            (10, Rounding::Cut, [14, 50, 22]),
            (1, Rounding::Nearest, [1, 5, 2]),
            (1000, Rounding::Nearest, [1414, 5000, 2236]),
            (1000, Rounding::Up, [1415, 5000, 2237]),
        ] {
            let rule = Rule::new(scale, rounding);
            assert_eq!(pairs.map(|(a, b)| rule.distance(a, b)), expected, "{rule:?}");
        }
        let half = (COORDINATE_SCALE / 2, 0);
        assert_eq!(Rule::new(1, Rounding::Nearest).distance((0, 0), half), 1, "a half goes up");
        let far = (MOST_COORDINATE * COORDINATE_SCALE, MOST_COORDINATE * COORDINATE_SCALE);
        assert_eq!(Rule::new(1000, Rounding::Nearest).distance((-far.0, -far.1), far), UNREACHABLE);
    }
}
