//! What a route, a leg and a matrix cell report alike: length, travel time, and when.
//!
//! There is no live traffic, so delays are zero and the three extra travel times of `computeTravelTimeFor=all` equal the
//! travel time.

use engine::{LocalTime, time_zone};
use geometry::Coordinate;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::error::Refused;
use crate::query::Query;
use crate::time::Moment;

/// How far a client's clock may lag behind ours when it says "now" in figures.
const CLOCK_SKEW_S: i64 = 60;

/// Which end of the journey has a time of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Nothing was said: it starts when the request arrived, and signs are not judged by that.
    Unsaid(Moment),
    /// It starts then.
    Depart(Moment),
    /// It ends then.
    Arrive(Moment),
}

impl When {
    /// From `departAt` or `arriveAt`; a time without an offset is that of its end of the journey.
    pub(crate) fn parse(query: &Query, received_ms: i64, [from, to]: [Coordinate; 2]) -> Result<Self, Refused> {
        let now = Moment::utc_from_ms(received_ms);
        let depart = query.text("departAt")?;
        let arrive = query.text("arriveAt")?;
        match (depart, arrive) {
            (Some(_), Some(_)) => {
                Err(Refused::bad("arriveAt", "departAt and arriveAt cannot be used together; give one of them."))
            }
            (None, Some(text)) => Ok(Self::Arrive(future("arriveAt", text, now, to)?)),
            (Some(text), None) if text.eq_ignore_ascii_case("now") => Ok(Self::Depart(now)),
            (Some(text), None) => Ok(Self::Depart(future("departAt", text, now, from)?)),
            (None, None) => Ok(Self::Unsaid(now)),
        }
    }

    /// When a journey from a place starts by the clock on the spot, where a start was said.
    pub(crate) fn local_departure(self, from: Coordinate) -> Option<LocalTime> {
        match self {
            Self::Depart(moment) => moment.clock(&time_zone(from)),
            Self::Unsaid(_) | Self::Arrive(_) => None,
        }
    }

    /// When a journey of `travel_s` seconds starts.
    pub(crate) fn departure(self, travel_s: u64) -> Moment {
        match self {
            Self::Unsaid(moment) | Self::Depart(moment) => moment,
            Self::Arrive(moment) => moment.plus(-i64::try_from(travel_s).unwrap_or(i64::MAX)),
        }
    }
}

fn future(name: &str, text: &str, now: Moment, place: Coordinate) -> Result<Moment, Refused> {
    let moment = Moment::parse(text, || time_zone(place)).ok_or_else(|| {
        Refused::bad(name, format!("{name} should be a date-time like 2030-01-31T08:00:00+01:00, it is '{text}'."))
    })?;
    if moment.second < now.second - CLOCK_SKEW_S {
        return Err(Refused::bad(name, format!("{name} should be in the future, {text} is past.")));
    }
    Ok(moment)
}

/// The figures, in the order in which the live service writes them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    length_in_meters: u64,
    travel_time_in_seconds: u64,
    traffic_delay_in_seconds: u64,
    traffic_length_in_meters: u64,
    departure_time: String,
    arrival_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_traffic_travel_time_in_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    historic_traffic_travel_time_in_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    live_traffic_incidents_travel_time_in_seconds: Option<u64>,
}

impl Summary {
    /// The figures of a journey that starts and ends at these moments; with `all_times` (`computeTravelTimeFor=all`) also the three extra
    /// travel times.
    pub(crate) fn new(
        distance_m: u64,
        duration_s: u64,
        (departure, arrival): (Moment, Moment),
        all_times: bool,
    ) -> Self {
        let extra = all_times.then_some(duration_s);
        Self {
            length_in_meters: distance_m,
            travel_time_in_seconds: duration_s,
            traffic_delay_in_seconds: 0,
            traffic_length_in_meters: 0,
            departure_time: departure.with_offset(),
            arrival_time: arrival.with_offset(),
            no_traffic_travel_time_in_seconds: extra,
            historic_traffic_travel_time_in_seconds: extra,
            live_traffic_incidents_travel_time_in_seconds: extra,
        }
    }
}

/// When a journey of `duration_s` seconds that starts at `departure` does so and ends, labelled as in the zones of its ends.
pub(crate) fn ends(departure: Moment, duration_s: u64, [from, to]: [&TimeZone; 2]) -> (Moment, Moment) {
    let arrival = departure.plus(i64::try_from(duration_s).unwrap_or(i64::MAX));
    (departure.labelled_in(from), arrival.labelled_in(to))
}

/// Whether `computeTravelTimeFor=all` is asked for.
pub(crate) fn wants_all_times(query: &Query) -> bool {
    matches!(query.text("computeTravelTimeFor"), Ok(Some(value)) if value.eq_ignore_ascii_case("all"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::tests::get;

    const BERLIN: [f64; 2] = [52.52, 13.40];
    const SEATTLE: [f64; 2] = [47.66, -122.31];

    fn at([lat, lon]: [f64; 2]) -> Coordinate {
        Coordinate::from_degrees(lat, lon).unwrap()
    }

    fn when(query: &str) -> Result<When, Refused> {
        // 2023-11-14T22:13:20Z
        When::parse(&Query::of(&get("/", query)), 1_700_000_000_500, [BERLIN, SEATTLE].map(at))
    }

    #[test]
    fn a_journey_starts_now_or_as_asked() {
        let start = |query| when(query).unwrap().departure(100).with_offset();
        assert_eq!(start(""), "2023-11-14T22:13:20+00:00");
        assert_eq!(start("departAt=NOW"), "2023-11-14T22:13:20+00:00");
        assert_eq!(start("departAt=2023-11-15T08:00:00%2B02:00"), "2023-11-15T08:00:00+02:00");
        assert_eq!(start("departAt=2023-11-15T08:00:00"), "2023-11-15T08:00:00+01:00");
        assert_eq!(start("arriveAt=2023-11-15T08:00:00+02:00"), "2023-11-15T07:58:20+02:00");
        assert_eq!(start("arriveAt=2023-11-15T08:00:00"), "2023-11-15T07:58:20-08:00");
    }

    #[test]
    fn signs_are_judged_by_the_clock_at_the_start_where_one_is_said() {
        // 07:30 on 15 November 2023.
        let morning = LocalTime::from_minutes(19_676 * 1440 + 450);
        for (query, local) in [
            ("departAt=2023-11-15T07:30:00%2B01:00", morning),
            ("departAt=2023-11-15T06:30:00Z", morning),
            ("departAt=2023-11-14T22:30:00-08:00", morning),
            ("departAt=2023-11-15T07:30:00", morning),
            ("departAt=now", LocalTime::from_minutes(19_675 * 1440 + 23 * 60 + 13)),
            ("", None),
            ("arriveAt=2023-11-15T08:00:00", None),
        ] {
            assert_eq!(when(query).unwrap().local_departure(at(BERLIN)), local, "{query}");
        }
    }

    #[test]
    fn times_are_refused_by_name() {
        for query in [
            "departAt=2023-11-15T08:00:00Z&arriveAt=2023-11-15T09:00:00Z",
            "departAt=2023-11-14T22:00:00Z",
            "departAt=tomorrow",
            "arriveAt=now",
            "arriveAt=2023-11-15",
        ] {
            assert!(when(query).is_err(), "{query}");
        }
    }
}
