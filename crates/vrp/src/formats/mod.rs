//! Readers of the classic instance files.
//!
//! **Why.** Solvers are compared on these files, and each file set has its own rule of rounding and its own meaning of a closing
//! time; here both become integers that mean the same everywhere. **How.** Numbers are read as decimal fixed point, never
//! through floating point; Euclidean distances are integer square roots, cut or rounded as the set's results count. A closing
//! time that bounds the *start* of a visit is moved to its end. **What never happens:** a rule chosen by the name of a file, a
//! part of a file that is passed over in silence, or a file that takes memory beyond its bounds.

pub mod cvrp;
pub mod li_lim;
pub mod pcvrptw;
pub mod solomon;
pub mod toptw;
pub mod vrplib;

mod plane;
mod tsplib;

use thiserror::Error;

use crate::{Problem, ProblemError};

/// An instance file as a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The first line of the file, where that is a name; otherwise empty.
    pub name: String,
    /// The problem, in integers of `1 / scale`.
    pub problem: Problem,
    /// The number in the file of each job.
    pub file_numbers: Vec<u32>,
    /// How many units of the problem's times, distances and prizes make one of the file, or of the list of its results.
    pub scale: i64,
    /// How many units of the problem's prices make one of the list of results; nothing where nothing has a price.
    pub price_scale: Option<i64>,
    /// What the file calls each vehicle of the problem; empty where it does not tell them apart.
    pub fleet: Vec<FileVehicle>,
}

/// What a file says of one of its vehicles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileVehicle {
    /// Its number in the file, from 1 on.
    pub number: u32,
    /// Which of the file's kinds of vehicles it is, from 1 on, in the order in which the kinds first appear.
    pub kind: u32,
    /// The number in the file of its depot.
    pub depot: u32,
}

impl Instance {
    /// An instance whose vehicles are all alike and without prices.
    fn plain(name: String, problem: Problem, file_numbers: Vec<u32>, scale: i64) -> Result<Self, FormatError> {
        problem.check()?;
        Ok(Self { name, problem, file_numbers, scale, price_scale: None, fleet: Vec::new() })
    }
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
    /// The text says something that the format does not know.
    #[error("line {line}: {text:?} is unknown in this format; take it out, or name the format that it belongs to")]
    Unknown {
        /// Counted from 1.
        line: usize,
        /// The key or section.
        text: String,
    },
    /// A section has a wrong number of rows, or a fleet of vehicles.
    #[error("line {line}: {found} {what} were found, but {expected} are needed; complete them")]
    Count {
        /// Counted from 1.
        line: usize,
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The file is beyond what fits into memory.
    #[error("the file has {found} {what}; at most {most} can be taken: split it")]
    Many {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// A window ends before it begins.
    #[error("line {line}: the window opens at {open} and closes at {close}; let it close at its opening or later")]
    Window {
        /// Counted from 1.
        line: usize,
        /// The word for the opening.
        open: String,
        /// The word for the closing.
        close: String,
    },
    /// A pair of rows does not belong together.
    #[error(
        "line {line}: place {place} names {named} as its other half, which does not name it back; each pick-up has one delivery"
    )]
    Pair {
        /// Counted from 1.
        line: usize,
        /// The place's number.
        place: u32,
        /// What it names.
        named: u32,
    },
    /// There is no place to start from.
    #[error("the file lists no places; the first one is the depot")]
    NoDepot,
    /// The numbers make no sound problem.
    #[error("the file is readable, but its numbers are no sound problem: {0}")]
    Problem(#[from] ProblemError),
}

/// The most vehicles of a file.
const MOST_VEHICLES: usize = 10_000;

/// Refuses a fleet that no memory holds.
fn fleet_size(vehicles: usize) -> Result<usize, FormatError> {
    let most = MOST_VEHICLES;
    if vehicles <= most { Ok(vehicles) } else { Err(FormatError::Many { what: "vehicles", found: vehicles, most }) }
}

/// A line with its number, split at white space.
struct Line<'a> {
    number: usize,
    text: &'a str,
    words: Vec<&'a str>,
}

impl<'a> Line<'a> {
    /// All lines that are not blank.
    fn all(text: &'a str) -> impl Iterator<Item = Line<'a>> {
        let lines = text.lines().enumerate();
        let split =
            lines.map(|(index, line)| Line { number: index + 1, text: line, words: line.split_whitespace().collect() });
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

    /// The window between two moments, as numbers of `1 / scale`.
    fn window(&self, open: &str, close: &str, scale: i64) -> Result<(i64, i64), FormatError> {
        let window = (self.decimal(open, scale)?, self.decimal(close, scale)?);
        if window.0 <= window.1 {
            return Ok(window);
        }
        Err(FormatError::Window { line: self.number, open: open.to_owned(), close: close.to_owned() })
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
}
