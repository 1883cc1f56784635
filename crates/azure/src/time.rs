//! Date-times on the wire: RFC 3339 with or without a zone in, with a numeric offset out, never `Z` where Azure writes none.

use engine::LocalTime;
use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};

/// A moment, and the offset that it is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Unix seconds.
    pub(crate) second: i64,
    /// How far its label is ahead of UTC.
    pub(crate) offset: Offset,
}

/// The last moment that can be asked for, so that adding a journey stays within the calendar: 9999-01-01T00:00:00Z.
const LATEST: i64 = 253_370_764_800;

impl Moment {
    /// A moment labelled in UTC, from Unix milliseconds; parts of a second are dropped.
    pub(crate) fn utc_from_ms(milliseconds: i64) -> Self {
        Self { second: milliseconds.div_euclid(1000), offset: Offset::UTC }
    }

    /// The moment that a client wrote; without an offset it is what the clocks of `zone` show. A blank before the offset is a `+` that was
    /// not escaped.
    pub(crate) fn parse(text: &str, zone: impl FnOnce() -> TimeZone) -> Option<Self> {
        let text = match text.char_indices().nth_back(5) {
            Some((at, ' ')) if text[at..].contains(':') && text[..at].contains('T') => {
                format!("{}+{}", &text[..at], &text[at + 1..])
            }
            _ => text.to_owned(),
        };
        let pieces = Pieces::parse(&text).ok()?;
        let clock = pieces.date().to_datetime(pieces.time()?);
        let zone = pieces.to_numeric_offset().map_or_else(zone, TimeZone::fixed);
        let timestamp = zone.to_timestamp(clock).ok()?;
        let second = timestamp.as_second();
        (second < LATEST).then(|| Self { second, offset: zone.to_offset(timestamp) })
    }

    /// The moment `seconds` later, or earlier where negative.
    pub(crate) fn plus(self, seconds: i64) -> Self {
        Self { second: self.second.saturating_add(seconds), ..self }
    }

    /// The same moment labelled as in a zone.
    pub(crate) fn labelled_in(self, zone: &TimeZone) -> Self {
        Self { offset: zone.to_offset(self.timestamp()), ..self }
    }

    /// What the clocks of a zone show then.
    pub(crate) fn clock(self, zone: &TimeZone) -> Option<LocalTime> {
        engine::local_time(zone.to_datetime(self.timestamp()))
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
            let moment = Moment::parse(text, || TimeZone::UTC).unwrap();
            assert_eq!((moment.second, moment.with_offset().as_str()), (second, label), "{text}");
        }
    }

    #[test]
    fn clocks_differ_by_place_and_season() {
        let zone = |lat, lon| engine::time_zone(geometry::Coordinate::from_degrees(lat, lon).unwrap());
        let (seattle, berlin) = (zone(47.66, -122.31), zone(52.52, 13.40));
        // 06:30 on the first day of 2024, wherever that is.
        let morning = LocalTime::from_minutes(19_723 * 1440 + 390);
        for (text, place, label) in [
            ("2024-01-01T06:30:59", &seattle, "2024-01-01T06:30:59-08:00"),
            ("2024-01-01T06:30:00", &berlin, "2024-01-01T06:30:00+01:00"),
            ("2024-01-01T05:30:00Z", &berlin, "2024-01-01T06:30:00+01:00"),
            ("2023-12-31T21:30:00-08:00", &berlin, "2024-01-01T06:30:00+01:00"),
        ] {
            let moment = Moment::parse(text, || place.clone()).unwrap();
            assert_eq!((moment.clock(place), moment.labelled_in(place).with_offset().as_str()), (morning, label));
        }
        // What no clock shows is an hour later, and what they show twice is meant the first time.
        for (text, label) in [
            ("2024-07-01T06:30:00", "2024-07-01T06:30:00+02:00"),
            ("2024-03-31T02:30:00", "2024-03-31T03:30:00+02:00"),
            ("2024-10-27T02:30:00", "2024-10-27T02:30:00+02:00"),
        ] {
            assert_eq!(Moment::parse(text, || berlin.clone()).unwrap().with_offset(), label);
        }
    }

    #[test]
    fn what_is_no_date_time_is_none() {
        for text in
            ["", "now", "2022-10-20", "09:17", "2022-13-01T00:00:00Z", "9999-12-31T23:59:59Z", "é 12:00", "T 12:00"]
        {
            assert_eq!(Moment::parse(text, || TimeZone::UTC), None, "{text}");
        }
    }

    #[test]
    fn statuses_are_in_utc() {
        assert_eq!(with_z(1_666_250_269_250), "2022-10-20T07:17:49.25Z");
    }
}
