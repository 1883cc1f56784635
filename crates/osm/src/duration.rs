//! How long a ferry takes: from `duration` to milliseconds.
//!
//! Three notations are in use: hours and minutes with colons ("1:30", "00:20:00", also days in front), minutes alone
//! ("45"), and ISO 8601 ("PT1H30M"). What is neither, is nothing, or takes longer than 30 days is unknown.

const MINUTE_MS: f64 = 60_000.0;
const LONGEST_MS: f64 = 30.0 * 24.0 * 60.0 * MINUTE_MS;

/// The duration that a value states.
pub(crate) fn duration_ms(value: &str) -> Option<u32> {
    let value = value.trim();
    let minutes = if let Some(period) = value.strip_prefix('P') { iso_minutes(period) } else { clock_minutes(value) };
    minutes.map(|minutes| minutes * MINUTE_MS).filter(|&ms| ms > 0.0 && ms <= LONGEST_MS).map(|ms| ms.round() as u32)
}

fn clock_minutes(value: &str) -> Option<f64> {
    let parts: Vec<f64> = value.split(':').map(unsigned).collect::<Option<_>>()?;
    match parts[..] {
        [minutes] => Some(minutes),
        [hours, minutes] => Some(hours * 60.0 + minutes),
        [hours, minutes, seconds] => Some(hours * 60.0 + minutes + seconds / 60.0),
        _ => None,
    }
}

/// What follows the "P": days and weeks, then after a "T" hours, minutes and seconds.
fn iso_minutes(period: &str) -> Option<f64> {
    let (date, time) = period.split_once('T').unwrap_or((period, ""));
    let days = designated(date, &[('W', 7.0 * 24.0 * 60.0), ('D', 24.0 * 60.0)])?;
    let hours = designated(time, &[('H', 60.0), ('M', 1.0), ('S', 1.0 / 60.0)])?;
    (!date.is_empty() || !time.is_empty()).then_some(days + hours)
}

/// The sum of numbers that are each followed by one of the letters.
fn designated(text: &str, letters: &[(char, f64)]) -> Option<f64> {
    let mut minutes = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let (_, worth) = letters.iter().find(|(letter, _)| rest[end..].starts_with(*letter))?;
        minutes += unsigned(&rest[..end])? * worth;
        rest = &rest[end + 1..];
    }
    Some(minutes)
}

fn unsigned(digits: &str) -> Option<f64> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_notation() {
        let minutes = |minutes: u32| Some(minutes * 60_000);
        for (value, expected) in [
            ("1:30", minutes(90)),
            ("00:20", minutes(20)),
            ("00:20:30", Some(1_230_000)),
            ("45", minutes(45)),
            ("PT1H30M", minutes(90)),
            ("PT90S", Some(90_000)),
            ("P1DT2H", minutes(26 * 60)),
            ("P1W", minutes(7 * 24 * 60)),
            ("P", None),
            ("PT", None),
            ("PT1X", None),
            ("PTH", None),
            ("0", None),
            ("P5W", None),
            ("-5", None),
            ("1:2:3:4", None),
            ("soon", None),
            ("PT1é", None),
            ("", None),
        ] {
            assert_eq!(duration_ms(value), expected, "{value}");
        }
    }
}
