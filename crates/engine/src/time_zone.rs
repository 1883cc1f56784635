//! Which clock runs at a place: its time zone, hence what a clock on the spot shows at a moment.
//!
//! The borders are those of OpenStreetMap, simplified so that none is off by more than 112 m (`tzf-rs`, its small set of data); the
//! rules are those of the IANA data that `jiff` brings along, whatever the machine has. Both are part of the program, 4.3 MB of it, and looked
//! at when the first question names a time: some milliseconds once, then under a microsecond a place. A server that is never
//! asked for a time never reads them.
//!
//! Never in here: the time of day; a moment is always an argument.

use std::sync::LazyLock;

use geometry::Coordinate;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use routing::LocalTime;
use tzf_rs::EmbeddedFinder;

/// The borders.
static FINDER: LazyLock<EmbeddedFinder> = LazyLock::new(EmbeddedFinder::new);

/// The rules.
static RULES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The time zone of a place. At sea, and in a gap between borders, it is the one of ships, by the longitude.
///
/// ```
/// use geometry::Coordinate;
/// let porto = engine::time_zone(Coordinate::from_degrees(41.15, -8.61).unwrap());
/// let july: jiff::Timestamp = "2026-07-01T06:30:00Z".parse().unwrap();
/// assert_eq!(porto.to_datetime(july).to_string(), "2026-07-01T07:30:00");
/// ```
pub fn time_zone(at: Coordinate) -> TimeZone {
    match FINDER.get_tz_name(at.lon(), at.lat()) {
        "" => at_sea(at),
        name => rules(name),
    }
}

/// What a clock shows, as questions hold it: to the minute, and none before 1970 or in a thousand years.
pub fn local_time(clock: DateTime) -> Option<LocalTime> {
    const BEGIN: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    LocalTime::from_minutes(clock.duration_since(BEGIN).as_secs().div_euclid(60))
}

fn rules(name: &str) -> TimeZone {
    RULES.get(name).expect("the rules have all zones that the borders have: a test goes through them")
}

/// Every hour has fifteen degrees of longitude, half of them to either side of its meridian.
fn at_sea(at: Coordinate) -> TimeZone {
    let hours = (at.lon() / 15.0).round() as i8;
    TimeZone::fixed(Offset::constant(hours))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(lat: f64, lon: f64) -> Coordinate {
        Coordinate::from_degrees(lat, lon).unwrap()
    }

    #[test]
    fn the_clock_on_the_spot_follows_place_and_season() {
        let (winter, summer) = ("2026-01-15T12:00:00Z", "2026-07-15T12:00:00Z");
        for (name, at, in_winter, in_summer) in [
            ("Seattle", place(47.66, -122.31), "04:00:00", "05:00:00"),
            ("Porto", place(41.15, -8.61), "12:00:00", "13:00:00"),
            ("Vigo, across the border from Valença", place(42.24, -8.72), "13:00:00", "14:00:00"),
            ("Valença", place(42.02, -8.64), "12:00:00", "13:00:00"),
            ("Tui, on the other bank", place(42.05, -8.64), "13:00:00", "14:00:00"),
            ("Adelaide", place(-34.93, 138.60), "22:30:00", "21:30:00"),
            ("Kathmandu", place(27.71, 85.32), "17:45:00", "17:45:00"),
            ("Phoenix, without summer time", place(33.45, -112.07), "05:00:00", "05:00:00"),
            ("the Gulf of Guinea", place(0.0, 0.0), "12:00:00", "12:00:00"),
        ] {
            let zone = time_zone(at);
            let clock = |moment: &str| zone.to_datetime(moment.parse().unwrap()).time().to_string();
            assert_eq!([clock(winter), clock(summer)], [in_winter, in_summer], "{name}");
        }
    }

    #[test]
    fn every_zone_of_the_borders_has_rules() {
        let names = FINDER.timezonenames();
        assert!(names.len() > 400, "{}", names.len());
        for name in names {
            assert_ne!(rules(name), TimeZone::unknown(), "{name}");
        }
    }

    #[test]
    fn every_place_has_a_zone_whose_clock_is_near_the_sun() {
        for lat in -90..=90 {
            for lon in -180..=180 {
                let at = place(f64::from(lat), f64::from(lon));
                let offset_h = f64::from(time_zone(at).to_offset(jiff::Timestamp::UNIX_EPOCH).seconds()) / 3600.0;
                // The date line and the poles apart, no clock is four hours off.
                let off = (offset_h - at.lon() / 15.0 + 12.0).rem_euclid(24.0) - 12.0;
                assert!(off.abs() <= 4.0 || lat <= -60, "{at:?}: {offset_h} h, {off} h off");
            }
        }
    }

    #[test]
    fn ships_count_their_hours_by_meridians() {
        for (lon, hours) in [(0.0, 0), (7.4, 0), (7.6, 1), (-7.6, -1), (179.0, 12), (-180.0, -12)] {
            let offset = at_sea(place(0.0, lon)).to_offset(jiff::Timestamp::UNIX_EPOCH);
            assert_eq!(offset, Offset::constant(hours), "{lon}");
        }
    }

    #[test]
    fn a_clock_is_read_to_the_minute() {
        let read = |text: &str| local_time(text.parse().unwrap());
        assert_eq!(read("2024-01-01T06:30:59"), LocalTime::from_minutes(19_723 * 1440 + 390));
        assert_eq!(read("1970-01-01T00:00:00"), LocalTime::from_minutes(0));
        assert_eq!([read("1969-12-31T23:59:59"), read("3005-01-01T00:00:00")], [None; 2]);
    }
}
