//! How Bing writes times, durations and numbers, and what else its clients send in their place (`bing.md`, 1.7 and 1.8).
//!
//! Each submodule reads text leniently and writes it in one form. A text that cannot be read comes back as a sentence that
//! quotes it and shows the right form; nothing here panics on any text.

pub(crate) mod moment;
pub(crate) mod number;
pub(crate) mod timespan;

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
