//! Dates with times of day: `2030-05-02T08:00:00`, also with a fraction, `Z` or an offset.
//!
//! **Why.** The documents ask for local times without offset, published clients send `2022-01-01T16:00:00.000Z`. **How.** A
//! time without offset is kept as written and called UTC, a time with offset is converted to UTC (`bing.md`, 3.8), so both
//! become seconds since 1970 of one clock. **What never happens:** a guess at a time zone; a fraction that rounds up.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};

use super::{Wrong, digits, quoted, whole_seconds};

/// The start of the count of seconds.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// Seconds since 1970-01-01T00:00:00 of a date and time.
pub(crate) fn parse(text: &str) -> Result<i64, Wrong> {
    const FORM: &str = "write YYYY-MM-DDTHH:MM:SS, followed by Z or an offset such as +02:00 if you want one";
    read(text.trim()).ok_or_else(|| Wrong::unreadable(format!("{} is not a date and time", quoted(text)), FORM))
}

/// The one form in which answers show a moment: `2030-05-02T08:00:00+00:00`.
pub(crate) fn format(seconds: i64) -> String {
    let at = EPOCH.saturating_add(SignedDuration::from_secs(seconds));
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// The offset in bytes of the end of the date and time that `text` begins with, where a list uses moments as landmarks.
pub(crate) fn prefix(text: &str) -> Option<usize> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | ':' | '.' | ' ' | 'T' | 't' | 'Z' | 'z'))?;
    read(text[..end].trim()).map(|_| end)
}

fn read(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let (clock, offset_s) = split_offset(rest)?;
    let local = DateTime::from_parts(read_date(date)?, read_clock(clock)?);
    let utc = local.checked_sub(SignedDuration::from_secs(offset_s)).ok()?;
    Some(utc.duration_since(EPOCH).as_secs())
}

/// The time of day and the offset in seconds. A blank before the offset is a `+` that nobody escaped in a query.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    let text = text.trim();
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock.trim_end(), 0));
    }
    let Some(at) = text.rfind(['+', '-', ' ']) else { return Some((text, 0)) };
    let seconds = read_offset(&text[at + 1..])?;
    Some((text[..at].trim_end(), if text[at..].starts_with('-') { -seconds } else { seconds }))
}

/// `HH:MM`, `HHMM` or `HH`, up to the 14 hours that exist.
fn read_offset(text: &str) -> Option<i64> {
    let (hours, minutes) = match text.split_once(':') {
        Some(parts) => parts,
        None if text.len() == 4 && text.is_ascii() => text.split_at(2),
        None => (text, "00"),
    };
    let minutes = 60 * digits(hours, 1, 2)? + digits(minutes, 2, 2).filter(|&minutes| minutes < 60)?;
    (minutes <= 14 * 60).then_some(60 * minutes)
}

fn read_date(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let year = digits(parts.next()?, 4, 4).filter(|&year| year > 0)?;
    let (month, day) = (digits(parts.next()?, 2, 2)?, digits(parts.next()?, 2, 2)?);
    Date::new(year as i16, month as i8, day as i8).ok()
}

fn read_clock(text: &str) -> Option<Time> {
    let mut parts = text.splitn(3, ':');
    let (hour, minute) = (digits(parts.next()?, 1, 2)?, digits(parts.next()?, 2, 2)?);
    let second = parts.next().map_or(Some(0), whole_seconds)?;
    Time::new(hour as i8, minute as i8, second as i8, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_send_is_read() {
        for (text, expected) in [
            ("2030-05-02T08:00:00", "2030-05-02T08:00:00+00:00"),
            (" 2030-05-02T8:00 ", "2030-05-02T08:00:00+00:00"),
            ("2022-01-01T16:00:00.000Z", "2022-01-01T16:00:00+00:00"),
            ("2022-01-01T16:00:00.9999999", "2022-01-01T16:00:00+00:00"),
            ("2019-11-09T08:00:00+02:00", "2019-11-09T06:00:00+00:00"),
            ("2019-11-09T08:00:00 02:00", "2019-11-09T06:00:00+00:00"),
            ("2019-11-09T08:00:00-0730", "2019-11-09T15:30:00+00:00"),
            ("2019-11-09t08:00:00 +02", "2019-11-09T06:00:00+00:00"),
            ("1969-12-31T23:59:59.5", "1969-12-31T23:59:59+00:00"),
            ("0001-01-01T00:00:00", "0001-01-01T00:00:00+00:00"),
            ("9999-12-31T23:59:59.9999999", "9999-12-31T23:59:59+00:00"),
        ] {
            assert_eq!(parse(text).map(format).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "now",
            "2030-05-02",
            "2030-02-30T08:00:00",
            "2030-13-01T08:00:00",
            "2030-05-02T24:00:00",
            "2030-05-02T08:60:00",
            "2030-05-02T08:00:60",
            "2030-05-02T08:00:00+15:00",
            "2030-05-02T08:00:00.",
            "2030-05-02T08:00:00.5x",
            "2030-5-2T08:00:00",
            "0000-01-01T00:00:00",
            "9999-12-31T23:59:59-01:00",
            "2030-05-02T08:00:00+é0",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_prefix_ends_where_the_moment_ends() {
        assert_eq!(prefix("2030-05-02T08:00:00|47,8"), Some(19));
        assert_eq!(prefix("2030-05-02T08:00:00 _x"), Some(20));
        assert_eq!(prefix("2030-05-02|x"), None);
        assert_eq!(prefix("2030-05-02T08:00:00"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_second_of_the_calendar_is_written_and_read_back(seconds in -62_135_596_800_i64..253_402_300_800) {
            proptest::prop_assert_eq!(parse(&format(seconds)), Ok(seconds));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9T:. +Zé-]{0,30}") {
            let _ = (parse(&text), prefix(&text));
        }
    }
}
