//! Readers of the classic instance files.
//!
//! **Why.** Solvers are compared on these files, and each file set has its own rule of rounding and its own meaning of a closing
//! time; here both become integers that mean the same everywhere. **How.** Numbers are read as decimal fixed point, never
//! through floating point; Euclidean distances are integer square roots, cut (not rounded) to the file set's digit. A closing
//! time that bounds the *start* of a visit is moved to its end. **What never happens:** a rule chosen by the name of a file.

pub mod solomon;
pub mod toptw;

use thiserror::Error;

use crate::{Matrix, Problem, ProblemError};

/// An instance file as a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The first line of the file, where that is a name; otherwise empty.
    pub name: String,
    /// The problem, in integers of `1 / scale`.
    pub problem: Problem,
    /// The number in the file of each job.
    pub file_numbers: Vec<u32>,
    /// How many units of the problem's times and distances make one of the file.
    pub scale: i64,
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FormatError {
    /// The file ends early.
    #[error("the file ends before {wanted}; is it cut off?")]
    Ends {
        /// What should have come.
        wanted: &'static str,
    },
    /// A line has too few numbers.
    #[error("line {line} has {found} numbers, but {wanted} needs {expected}")]
    Short {
        /// Counted from 1.
        line: usize,
        /// Numbers found.
        found: usize,
        /// What the line should be.
        wanted: &'static str,
        /// Numbers needed.
        expected: usize,
    },
    /// Something is not a number of the kind needed.
    #[error("line {line}: {text:?} is no {wanted}")]
    Number {
        /// Counted from 1.
        line: usize,
        /// The text found.
        text: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// There is no place to start from.
    #[error("the file lists no places; the first one is the depot")]
    NoDepot,
    /// The numbers make no sound problem.
    #[error("the file is readable, but its numbers are no sound problem: {0}")]
    Problem(#[from] ProblemError),
}

/// The digits kept of coordinates.
const COORDINATE_SCALE: i64 = 1000;

/// A line with its number, split at white space.
struct Line<'a> {
    number: usize,
    words: Vec<&'a str>,
}

impl<'a> Line<'a> {
    /// All lines that are not blank.
    fn all(text: &'a str) -> impl Iterator<Item = Line<'a>> {
        let lines = text.lines().enumerate();
        let split = lines.map(|(index, line)| Line { number: index + 1, words: line.split_whitespace().collect() });
        split.filter(|line| !line.words.is_empty())
    }

    fn word(&self, index: usize, wanted: &'static str, expected: usize) -> Result<&'a str, FormatError> {
        let short = FormatError::Short { line: self.number, found: self.words.len(), wanted, expected };
        self.words.get(index).copied().ok_or(short)
    }

    fn wrong(&self, text: &str, wanted: &'static str) -> FormatError {
        FormatError::Number { line: self.number, text: text.to_owned(), wanted }
    }

    /// A decimal number as an integer of `1 / scale`; digits beyond are cut.
    fn decimal(&self, text: &str, scale: i64) -> Result<i64, FormatError> {
        fixed_point(text, scale).ok_or_else(|| self.wrong(text, "decimal number of moderate size"))
    }

    /// A whole number from 0 on.
    fn count(&self, text: &str) -> Result<u32, FormatError> {
        let whole = fixed_point(text, 1000).filter(|thousandths| thousandths % 1000 == 0);
        let number = whole.and_then(|thousandths| u32::try_from(thousandths / 1000).ok());
        number.ok_or_else(|| self.wrong(text, "whole number from 0 on"))
    }
}

/// Reads digits with an optional sign and point, in units of `1 / scale` (a power of ten).
fn fixed_point(text: &str, scale: i64) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || whole.len() > 12 || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let mut value = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()? } * scale;
    let mut unit = scale;
    for digit in fraction.bytes().take_while(|_| scale > 1) {
        unit /= 10;
        value += i64::from(digit - b'0') * unit;
        if unit <= 1 {
            break;
        }
    }
    Some(if negative { -value } else { value })
}

/// Straight lines between points given in thousandths, cut to integers of `1 / scale`; time equals distance.
fn euclidean(points: &[(i64, i64)], scale: i64) -> Result<Matrix, FormatError> {
    let cut = |a: &(i64, i64), b: &(i64, i64)| {
        let (dx, dy) = (i128::from(a.0 - b.0), i128::from(a.1 - b.1));
        let thousandths = (dx * dx + dy * dy).isqrt();
        i32::try_from(thousandths * i128::from(scale) / i128::from(COORDINATE_SCALE)).unwrap_or(crate::UNREACHABLE)
    };
    let legs: Vec<i32> = points.iter().flat_map(|a| points.iter().map(move |b| cut(a, b))).collect();
    Ok(Matrix::new(points.len(), legs.clone(), legs)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly_and_cut() {
        for (text, scale, value) in [
            ("35.00", 10, Some(350)),
            ("-10.442", 1000, Some(-10_442)),
            ("0.19", 10, Some(1)),
            ("-0.5", 10, Some(-5)),
            (".5", 10, Some(5)),
            ("7.", 10, Some(70)),
            ("12.9", 1, Some(12)),
            ("", 10, None),
            (".", 10, None),
            ("1e3", 10, None),
            ("1234567890123", 10, None),
        ] {
            assert_eq!(fixed_point(text, scale), value, "{text:?}");
        }
    }

    #[test]
    fn distances_are_cut_not_rounded() {
        let matrix = euclidean(&[(0, 0), (1000, 1000), (3000, 4000)], 10).unwrap();
        assert_eq!((matrix.distance(0, 1), matrix.distance(0, 2)), (14, 50));
        assert_eq!(matrix.duration(2, 1), 36);
    }
}
