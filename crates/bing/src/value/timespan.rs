//! Durations in the forms of .NET's `TimeSpan`.
//!
//! **Why.** The documents show `00:20:00`; the C# toolkit writes the culture-dependent "g" form, such as `0:15:00` and
//! `1:0:00:00`. **How.** Read are `hh:mm`, `[d.]hh:mm:ss[.f]` and `d:h:mm:ss[.f]`, with `.` or `,` before the fraction, which
//! is cut off (`bing.md`, 3.9 rule 9); written is `hh:mm:ss`, with `d.` in front from 24 h on. **What never happens:** a
//! negative duration, and a guess at `24:00:00`, which .NET itself reads as 24 days.

use super::{Wrong, digits, quoted, whole_seconds};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Whole seconds of a duration.
pub(crate) fn parse(text: &str) -> Result<i64, Wrong> {
    const FORM: &str = "write hh:mm:ss, or d.hh:mm:ss from a day on";
    read(text.trim()).ok_or_else(|| Wrong::unreadable(format!("{} is not a duration", quoted(text)), FORM))
}

/// `hh:mm:ss`, or `d.hh:mm:ss` from a day on.
pub(crate) fn format(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let clock = format!("{:02}:{:02}:{:02}", rest / HOUR, rest % HOUR / MINUTE, rest % MINUTE);
    if days == 0 { clock } else { format!("{days}.{clock}") }
}

fn read(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts[..] {
        [hours, minutes] => join(split_days(hours), minutes, "0"),
        [hours, minutes, seconds] => join(split_days(hours), minutes, seconds),
        [days, hours, minutes, seconds] => join((days, hours), minutes, seconds),
        _ => None,
    }
}

/// The days and hours of `d.hh` or `hh`.
fn split_days(text: &str) -> (&str, &str) {
    text.split_once('.').unwrap_or(("0", text))
}

fn join((days, hours): (&str, &str), minutes: &str, seconds: &str) -> Option<i64> {
    let hours = digits(hours, 1, 2).filter(|&hours| hours < 24)?;
    let minutes = digits(minutes, 1, 2).filter(|&minutes| minutes < 60)?;
    Some(digits(days, 1, 6)? * DAY + hours * HOUR + minutes * MINUTE + whole_seconds(seconds)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_send_is_read() {
        for (text, seconds, written) in [
            ("00:20:00", 1200, "00:20:00"),
            ("0:15:00", 900, "00:15:00"),
            ("01:18:33.1900000", 4713, "01:18:33"),
            ("1:18:33,99", 4713, "01:18:33"),
            ("1:0:00:00", 86_400, "1.00:00:00"),
            ("2.03:04:05", 183_845, "2.03:04:05"),
            (" 08:30 ", 30_600, "08:30:00"),
            ("00:00:00", 0, "00:00:00"),
        ] {
            assert_eq!(parse(text), Ok(seconds), "{text}");
            assert_eq!(format(seconds), written);
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in
            ["", "15", "PT15M", "-00:15:00", "24:00:00", "00:60:00", "00:00:60", "00:00:00.", "1.2.3:00", "a:b:c"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_duration_is_written_and_read_back(seconds in 0..DAY * 999_999) {
            proptest::prop_assert_eq!(parse(&format(seconds)), Ok(seconds));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,20}") {
            let _ = parse(&text);
        }
    }
}
