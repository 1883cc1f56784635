//! Date-times on the wire: RFC 3339 with or without a zone in, with a numeric offset out, never `Z` where Azure writes none.

use engine::LocalTime;
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::fmt::temporal::{Pieces, PiecesOffset};
use jiff::tz::Offset;

/// A moment, and the offset that it is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Unix seconds.
    pub(crate) second: i64,
    /// How far its label is ahead of UTC.
    pub(crate) offset: Offset,
    /// What a clock on the spot shows, where the client said so: by an offset, or by naming no zone at all.
    pub(crate) local: Option<LocalTime>,
}

/// The last moment that can be asked for, so that adding a journey stays within the calendar: 9999-01-01T00:00:00Z.
const LATEST: i64 = 253_370_764_800;

impl Moment {
    /// A moment labelled in UTC, from Unix milliseconds; parts of a second are dropped.
    pub(crate) fn utc_from_ms(milliseconds: i64) -> Self {
        Self { second: milliseconds.div_euclid(1000), offset: Offset::UTC, local: None }
    }

    /// The moment that a client wrote. Without a zone it is UTC. A blank before the offset is a `+` that was not escaped.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = match text.char_indices().nth_back(5) {
            Some((at, ' ')) if text[at..].contains(':') && text[..at].contains('T') => {
                format!("{}+{}", &text[..at], &text[at + 1..])
            }
            _ => text.to_owned(),
        };
        let pieces = Pieces::parse(&text).ok()?;
        let time: Time = pieces.time()?;
        let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
        let second = offset.to_timestamp(pieces.date().to_datetime(time)).ok()?.as_second();
        let says_local = !matches!(pieces.offset(), Some(PiecesOffset::Zulu));
        let minutes = (second + i64::from(offset.seconds())).div_euclid(60);
        let local = LocalTime::from_minutes(minutes).filter(|_| says_local);
        (second < LATEST).then_some(Self { second, offset, local })
    }

    /// The moment `seconds` later, or earlier where negative.
    pub(crate) fn plus(self, seconds: i64) -> Self {
        Self { second: self.second.saturating_add(seconds), ..self }
    }

    /// The same moment labelled in UTC.
    pub(crate) fn in_utc(self) -> Self {
        Self { offset: Offset::UTC, ..self }
    }

    /// As Azure writes it: `2022-10-20T09:17:49+02:00`.
    pub(crate) fn with_offset(self) -> String {
        self.timestamp().display_with_offset(self.offset).to_string()
    }

    fn timestamp(self) -> Timestamp {
        // The ends of the calendar are a day of offset away from the ends of what can be shown.
        const DAY: i64 = 86_400;
        let shown = self.second.clamp(Timestamp::MIN.as_second() + DAY, Timestamp::MAX.as_second() - DAY);
        Timestamp::from_second(shown).expect("a second within the calendar's bounds is a timestamp")
    }
}

/// Unix milliseconds as a status shows them: `2022-10-20T07:17:49.250Z`.
pub(crate) fn with_z(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_keep_their_offset() {
        for (text, second, label) in [
            ("2022-10-20T09:17:49+02:00", 1_666_250_269, "2022-10-20T09:17:49+02:00"),
            ("2022-10-20T09:17:49 02:00", 1_666_250_269, "2022-10-20T09:17:49+02:00"),
            ("2022-10-20T07:17:49.75Z", 1_666_250_269, "2022-10-20T07:17:49+00:00"),
            ("2022-10-20T07:17:49", 1_666_250_269, "2022-10-20T07:17:49+00:00"),
            ("2022-10-19T23:17:49-08:00", 1_666_250_269, "2022-10-19T23:17:49-08:00"),
        ] {
            let moment = Moment::parse(text).unwrap();
            assert_eq!((moment.second, moment.with_offset().as_str()), (second, label), "{text}");
        }
        assert_eq!(
            Moment::parse("2022-10-20T09:17:49+02:00").unwrap().in_utc().with_offset(),
            "2022-10-20T07:17:49+00:00"
        );
    }

    #[test]
    fn the_clock_on_the_spot_is_known_where_the_client_says_it() {
        // 06:30 on the first day of 2024, wherever that is.
        let morning = LocalTime::from_minutes(19_723 * 1440 + 390);
        for (text, local) in [
            ("2024-01-01T06:30:59+02:00", morning),
            ("2024-01-01T06:30:00-08:00", morning),
            ("2024-01-01T06:30:00", morning),
            ("2024-01-01T06:30:00Z", None),
        ] {
            assert_eq!(Moment::parse(text).unwrap().in_utc().local, local, "{text}");
        }
        assert_eq!(Moment::utc_from_ms(1_700_000_000_000).local, None);
    }

    #[test]
    fn what_is_no_date_time_is_none() {
        for text in
            ["", "now", "2022-10-20", "09:17", "2022-13-01T00:00:00Z", "9999-12-31T23:59:59Z", "é 12:00", "T 12:00"]
        {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn statuses_are_in_utc() {
        assert_eq!(with_z(1_666_250_269_250), "2022-10-20T07:17:49.25Z");
    }
}
