//! Parts of a stored result: `Range`, `If-Range` and `If-None-Match` (RFC 9110, sections 13 and 14), decided without reading it.
//!
//! One range of bytes is served; several at once, other units and broken wishes are overlooked, as the RFC wants it, and the
//! whole is sent. A stored result never changes, so its tag is the operation's id.

/// What of a stored result is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// These bytes, at least one.
    Bytes(std::ops::Range<u64>),
    /// Nothing: what was asked for lies behind its end.
    Behind,
}

/// The part of `total` bytes that `range` asks for, if `if_range` names what is there by `tag`.
pub(super) fn part(range: Option<&str>, if_range: Option<&str>, tag: &str, total: u64) -> Part {
    let holds = if_range.is_none_or(|known| known.trim() == tag);
    match range.filter(|_| holds).and_then(|text| read(text, total)) {
        None => Part::Whole,
        Some(bytes) if bytes.is_empty() => Part::Behind,
        Some(bytes) => Part::Bytes(bytes),
    }
}

/// One range in bytes; empty where it lies behind the end, none where it is no range.
fn read(text: &str, total: u64) -> Option<std::ops::Range<u64>> {
    let (unit, span) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") || span.contains(',') {
        return None;
    }
    let (first, last) = span.trim().split_once('-')?;
    match (first.trim(), last.trim()) {
        ("", last) => {
            let length = number(last)?;
            Some(total.saturating_sub(length)..total)
        }
        (first, "") => Some(number(first)?.min(total)..total),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then(|| first.min(total)..last.saturating_add(1).min(total))
        }
    }
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_served_and_what_is_none_is_overlooked() {
        for (asked, expected) in [
            ("bytes=0-99", Part::Bytes(0..100)),
            ("bytes=100-", Part::Bytes(100..1000)),
            ("bytes=-10", Part::Bytes(990..1000)),
            ("bytes=-5000", Part::Bytes(0..1000)),
            ("bytes=990-5000", Part::Bytes(990..1000)),
            ("Bytes = 5 - 5", Part::Bytes(5..6)),
            ("bytes=1000-", Part::Behind),
            ("bytes=-0", Part::Behind),
            ("bytes=5-4", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("rows=0-1", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=", Part::Whole),
            ("bytes=99999999999999999999999-", Part::Whole),
        ] {
            assert_eq!(part(Some(asked), None, "\"x\"", 1000), expected, "{asked}");
        }
        assert_eq!(part(None, None, "\"x\"", 1000), Part::Whole);
        assert_eq!(part(Some("bytes=0-1"), Some("\"x\""), "\"x\"", 1000), Part::Bytes(0..2));
        assert_eq!(part(Some("bytes=0-1"), Some("\"y\""), "\"x\"", 1000), Part::Whole);
        assert_eq!(part(Some("bytes=0-"), None, "\"x\"", 0), Part::Behind);
    }
}
