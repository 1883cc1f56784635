//! In which country a place lies.
//!
//! The table `data/countries.txt` holds a country's code (ISO 3166-1) and a ring on each line; of one country's rings, a
//! ring within a ring is a hole. It is drawn by the script beside it from the boundaries of Natural Earth, 1:50 million (public
//! domain). So within some 5 km of a border the answer may be the neighbour's, and nothing may depend on it that a tag
//! on the road could not say better. Who lies in no country, on a pier or an islet, is given to the nearest within
//! [`REACH`]. Answers are kept by squares of a hundredth of a degree.

use std::collections::HashMap;

use geometry::Coordinate;

use crate::rings::Ring;

const TABLE: &str = include_str!("../data/countries.txt");
/// How far off a coast still is that coast: 0.5 degrees, in the units of [`Coordinate`].
const REACH: i64 = 5_000_000;
/// The side of a square with one answer.
const SQUARE: i32 = 100_000;

/// The countries.
pub(crate) struct Countries {
    /// With the country's code, ascending.
    rings: Vec<(&'static str, Ring)>,
    /// By square.
    known: HashMap<[i32; 2], Option<&'static str>>,
}

impl Countries {
    pub(crate) fn new() -> Self {
        let line = |line: &'static str| line.split_once(' ').expect("the table holds a code and a ring on each line");
        Self {
            rings: TABLE.lines().map(line).map(|(code, ring)| (code, Ring::read(ring))).collect(),
            known: HashMap::new(),
        }
    }

    /// The code of the country around a place; none far out at sea.
    pub(crate) fn at(&mut self, place: Coordinate) -> Option<&'static str> {
        let square = [place.lat_e7, place.lon_e7].map(|degrees| degrees.div_euclid(SQUARE));
        let rings = &self.rings;
        *self.known.entry(square).or_insert_with(|| within(rings, place).or_else(|| nearest(rings, place)))
    }
}

fn within(rings: &[(&'static str, Ring)], place: Coordinate) -> Option<&'static str> {
    let of_country = rings.chunk_by(|a, b| a.0 == b.0);
    let mut around = of_country.filter(|rings| rings.iter().filter(|(_, ring)| ring.contains(place)).count() % 2 == 1);
    around.next().map(|rings| rings[0].0)
}

fn nearest(rings: &[(&'static str, Ring)], place: Coordinate) -> Option<&'static str> {
    let reached = rings.iter().filter_map(|(code, ring)| Some((ring.distance(place, REACH)?, *code)));
    reached.min().map(|(_, code)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_their_countries() {
        let mut countries = Countries::new();
        for (name, lat, lon, country) in [
            ("Porto", 41.15, -8.62, Some("PT")),
            ("Vigo", 42.23, -8.71, Some("ES")),
            ("Monaco", 43.737, 7.42, Some("MC")),
            ("Nice", 43.70, 7.26, Some("FR")),
            ("Vaduz", 47.14, 9.52, Some("LI")),
            ("Zürich", 47.37, 8.54, Some("CH")),
            ("Berlin", 52.52, 13.4, Some("DE")),
            ("Valletta", 35.9, 14.51, Some("MT")),
            ("Malé", 4.175, 73.51, Some("MV")),
            ("London", 51.5, -0.12, Some("GB")),
            ("Douglas", 54.15, -4.48, Some("IM")),
            ("Seattle", 47.61, -122.33, Some("US")),
            ("Vancouver", 49.26, -123.11, Some("CA")),
            ("Honolulu", 21.31, -157.86, Some("US")),
            ("Maseru", -29.31, 27.48, Some("LS")),
            ("Johannesburg", -26.2, 28.05, Some("ZA")),
            ("San Marino", 43.94, 12.45, Some("SM")),
            ("Andorra la Vella", 42.51, 1.52, Some("AD")),
            ("São Tomé", 0.34, 6.73, Some("ST")),
            ("Suva", -18.14, 178.44, Some("FJ")),
            ("Pristina", 42.66, 21.16, Some("XK")),
            ("the Pacific", -40.0, -120.0, None),
        ] {
            assert_eq!(countries.at(Coordinate::from_degrees(lat, lon).unwrap()), country, "{name}");
        }
    }

    #[test]
    fn the_table_is_sorted_so_that_a_country_is_one_run() {
        assert!(Countries::new().rings.is_sorted_by_key(|(code, _)| *code));
    }
}
