//! How Bing writes times, durations and numbers, and what else its clients send in their place (`bing.md`, 1.7 and 1.8).
//!
//! Each submodule reads text leniently and writes it in one form. A text that cannot be read comes back as a sentence that
//! quotes it and shows the right form; nothing here panics on any text.

use std::fmt;

use engine::Reason;

pub(crate) mod moment;
pub(crate) mod number;
pub(crate) mod timespan;

/// Why a value cannot be used, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Which rule it breaks.
    pub(crate) reason: Reason,
    /// What is wrong, with the value.
    pub(crate) message: String,
    /// What helps; empty where the message says all.
    pub(crate) remedy: String,
}

impl Wrong {
    pub(crate) fn new(reason: Reason, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { reason, message: message.into(), remedy: remedy.into() }
    }

    /// A value that is none of what it should be.
    pub(crate) fn unreadable(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Reason::Unreadable, message, remedy)
    }

    /// The same, of the segment of a list in a query.
    pub(crate) fn in_segment(self, number: usize) -> Self {
        Self { message: format!("segment {number}: {}", self.message), ..self }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, remedy, .. } = self;
        if remedy.is_empty() { f.write_str(message) } else { write!(f, "{message}: {remedy}") }
    }
}

/// The text in quotes, cut to a length that fits an error message.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// The value of a text that has only digits, at least `least` and at most `most` of them.
fn digits(text: &str, least: usize, most: usize) -> Option<i64> {
    let fits = (least..=most).contains(&text.len()) && is_digits(text);
    fits.then(|| text.parse().ok()).flatten()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The whole part of seconds such as `07`, `7.25` or `7,25`: the fraction is cut off, never rounded.
fn whole_seconds(text: &str) -> Option<i64> {
    let whole = match text.split_once(['.', ',']) {
        Some((whole, fraction)) if is_digits(fraction) => whole,
        Some(_) => return None,
        None => text,
    };
    digits(whole, 1, 2).filter(|&seconds| seconds < 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_short() {
        assert_eq!(quoted("a\"b"), r#""a\"b""#);
        assert_eq!(quoted(&"é".repeat(1000)).chars().count(), 63);
    }
}
