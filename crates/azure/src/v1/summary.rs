//! What a route, a leg and a matrix cell report alike: length, travel time, and when.
//!
//! There is no live traffic, so delays are zero and the three extra travel times of `computeTravelTimeFor=all` equal the
//! travel time.

use engine::LocalTime;
use serde::Serialize;

use crate::error::Refused;
use crate::query::Query;
use crate::time::Moment;

/// How far a client's clock may lag behind ours when it says "now" in figures.
const CLOCK_SKEW_S: i64 = 60;

/// Which end of the journey has a time of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// It starts then.
    Depart(Moment),
    /// It ends then.
    Arrive(Moment),
}

impl When {
    /// From `departAt` or `arriveAt`; without either, the journey starts when the request arrived.
    pub(crate) fn parse(query: &Query, received_ms: i64) -> Result<Self, Refused> {
        let now = Moment::utc_from_ms(received_ms);
        let depart = query.text("departAt")?;
        let arrive = query.text("arriveAt")?;
        match (depart, arrive) {
            (Some(_), Some(_)) => {
                Err(Refused::bad("arriveAt", "departAt and arriveAt cannot be used together; give one of them."))
            }
            (None, Some(text)) => Ok(Self::Arrive(future("arriveAt", text, now)?)),
            (Some(text), None) if !text.eq_ignore_ascii_case("now") => Ok(Self::Depart(future("departAt", text, now)?)),
            _ => Ok(Self::Depart(now)),
        }
    }

    /// When a journey starts by the clock on the spot, where that was said.
    pub(crate) fn local_departure(self) -> Option<LocalTime> {
        match self {
            Self::Depart(moment) => moment.local,
            Self::Arrive(_) => None,
        }
    }

    /// When a journey of `travel_s` seconds starts.
    pub(crate) fn departure(self, travel_s: u64) -> Moment {
        match self {
            Self::Depart(moment) => moment,
            Self::Arrive(moment) => moment.plus(-i64::try_from(travel_s).unwrap_or(i64::MAX)),
        }
    }
}

fn future(name: &str, text: &str, now: Moment) -> Result<Moment, Refused> {
    let moment = Moment::parse(text).ok_or_else(|| {
        Refused::bad(name, format!("{name} should be a date-time like 2030-01-31T08:00:00+01:00, it is '{text}'."))
    })?;
    if moment.second < now.second - CLOCK_SKEW_S {
        return Err(Refused::bad(name, format!("{name} should be in the future, {text} is past.")));
    }
    Ok(moment.in_utc())
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
    /// The figures of a journey that starts at `departure`; with `all_times` (`computeTravelTimeFor=all`) also the three extra
    /// travel times.
    pub(crate) fn new(distance_m: u64, duration_s: u64, departure: Moment, all_times: bool) -> Self {
        let extra = all_times.then_some(duration_s);
        Self {
            length_in_meters: distance_m,
            travel_time_in_seconds: duration_s,
            traffic_delay_in_seconds: 0,
            traffic_length_in_meters: 0,
            departure_time: departure.with_offset(),
            arrival_time: arrival(departure, duration_s).with_offset(),
            no_traffic_travel_time_in_seconds: extra,
            historic_traffic_travel_time_in_seconds: extra,
            live_traffic_incidents_travel_time_in_seconds: extra,
        }
    }
}

/// When a journey of `duration_s` seconds that starts at `departure` ends.
pub(crate) fn arrival(departure: Moment, duration_s: u64) -> Moment {
    departure.plus(i64::try_from(duration_s).unwrap_or(i64::MAX))
}

/// Whether `computeTravelTimeFor=all` is asked for.
pub(crate) fn wants_all_times(query: &Query) -> bool {
    matches!(query.text("computeTravelTimeFor"), Ok(Some(value)) if value.eq_ignore_ascii_case("all"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::tests::get;

    fn when(query: &str) -> Result<When, Refused> {
        // 2023-11-14T22:13:20Z
        When::parse(&Query::of(&get("/", query)), 1_700_000_000_500)
    }

    #[test]
    fn a_journey_starts_now_or_as_asked() {
        let start = |query| when(query).unwrap().departure(100).with_offset();
        assert_eq!(start(""), "2023-11-14T22:13:20+00:00");
        assert_eq!(start("departAt=NOW"), "2023-11-14T22:13:20+00:00");
        assert_eq!(start("departAt=2023-11-15T08:00:00%2B02:00"), "2023-11-15T06:00:00+00:00");
        assert_eq!(start("arriveAt=2023-11-15T08:00:00+02:00"), "2023-11-15T05:58:20+00:00");
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
