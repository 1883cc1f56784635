//! Places of a request: `lat,lon` in a query, `{latitude, longitude}` in a body.
//!
//! **Why.** The neutral question counts in units of 1e-7 degrees, a hundredth of a metre, but clients recognise their places in
//! the answer by the digits that they sent. **How.** [`Decimals`] remembers those digits for each place. **What never happens:**
//! a text that is no point being looked up as an address: that is refused by name until addresses exist.

use std::collections::HashMap;

use engine::Reason;
use geometry::{Coordinate, OutOfRange};

use crate::fault::Faults;
use crate::json::{self, Node};
use crate::value::number::Double;
use crate::value::{Wrong, quoted};

const NO_ADDRESSES: &str = "addresses are not supported yet";
const POINT: &str = "give latitude and longitude";

/// The digits that a client wrote for its places.
#[derive(Clone, Debug, Default)]
pub(super) struct Decimals(HashMap<Coordinate, (f64, f64)>);

impl Decimals {
    /// Latitude and longitude as they were sent, or to seven digits.
    pub(super) fn of(&self, place: Coordinate) -> (Double, Double) {
        let (lat, lon) = self.0.get(&place).copied().unwrap_or((place.lat(), place.lon()));
        (Double(lat), Double(lon))
    }

    /// The place at `lat`, `lon`, remembered; the faults are those of a parameter with members `latitude` and `longitude`.
    fn note(&mut self, lat: f64, lon: f64) -> Result<Coordinate, OutOfRange> {
        let place = Coordinate::from_degrees(lat, lon)?;
        self.0.entry(place).or_insert((lat, lon));
        Ok(place)
    }

    /// The place that a member `locationMember` gives, which wins over the text of `addressMember`.
    pub(super) fn read(
        &mut self,
        node: &Node<'_>,
        [location, address]: [&str; 2],
        faults: &mut Faults,
    ) -> Option<Coordinate> {
        let Some(found) = node.member(location) else {
            if node.member(address).is_some() {
                faults.add(node.path_of(address), Wrong::new(Reason::Unsupported, NO_ADDRESSES, POINT));
            }
            return None;
        };
        if !found.is_object(faults) {
            return None;
        }
        let (lat, lon) =
            (found.required("latitude", faults, json::decimal), found.required("longitude", faults, json::decimal));
        match self.note(lat?, lon?) {
            Ok(place) => Some(place),
            Err(out) => {
                let member = if matches!(out, OutOfRange::Latitude(_)) { "latitude" } else { "longitude" };
                faults.add(found.path_of(member), outside(&out));
                None
            }
        }
    }

    /// The place that a text `lat,lon` gives.
    pub(super) fn parse(&mut self, text: &str) -> Result<Coordinate, Wrong> {
        let numbers = text.split_once(',').map(|(lat, lon)| (lat.trim().parse::<f64>(), lon.trim().parse::<f64>()));
        if let Some((Ok(lat), Ok(lon))) = numbers {
            return self.note(lat, lon).map_err(|out| outside(&out));
        }
        let message = format!("{} is not a point lat,lon; {NO_ADDRESSES}", quoted(text.trim()));
        Err(Wrong::unreadable(message, POINT))
    }
}

fn outside(out: &OutOfRange) -> Wrong {
    Wrong::new(Reason::OutOfRange, out.to_string(), "give degrees, latitude before longitude")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_keep_their_digits() {
        let mut decimals = Decimals::default();
        let place = decimals.parse(" 47.694117204371 , -122.378188970181").unwrap();
        assert_eq!((place.lat_e7, place.lon_e7), (476_941_172, -1_223_781_890));
        assert_eq!(decimals.of(place), (Double(47.694_117_204_371), Double(-122.378_188_970_181)));
        let elsewhere = Coordinate::from_degrees(1.5, 2.0).unwrap();
        assert_eq!(decimals.of(elsewhere), (Double(1.5), Double(2.0)));
    }

    #[test]
    fn what_is_no_point_is_refused() {
        let mut decimals = Decimals::default();
        for (text, reason) in [
            ("91,10", "latitude 91 is not between"),
            ("47.6,-181", "longitude -181 is not between"),
            ("NaN,0", "latitude NaN"),
            ("12 Main St, Renton, WA", "addresses are not supported"),
            ("", "addresses are not supported"),
        ] {
            let error = decimals.parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
