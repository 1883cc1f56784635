//! On which side traffic keeps: by the way's own tag, or by where it lies.
//!
//! Countries with left-hand traffic are a table of polygons, `data/left_hand.txt`: a ring on each line, pairs of
//! longitude and latitude in hundredths of a degree; a ring within a ring is a hole, so whoever lies in an odd number of
//! them drives on the left. Neighbours that agree are one area. The lines were drawn from the boundaries of Natural Earth,
//! 1:50 million (public domain), simplified to within 0.02 degrees (2 km) where a country with right-hand traffic
//! begins, and far out to sea elsewhere. So along such a border a tag, `driving_side`, decides better.

use geometry::Coordinate;

use crate::rings::Ring;
use crate::tags::Tags;

const RINGS: &str = include_str!("../data/left_hand.txt");

/// Whether traffic keeps to the left, if the way says.
pub(crate) fn tagged_left_hand(tags: &Tags<'_>) -> Option<bool> {
    match tags.get("driving_side")? {
        "left" => Some(true),
        "right" => Some(false),
        _ => None,
    }
}

/// The areas of left-hand traffic.
pub(crate) struct LeftHand {
    rings: Vec<Ring>,
}

impl LeftHand {
    pub(crate) fn new() -> Self {
        Self { rings: RINGS.lines().map(Ring::read).collect() }
    }

    /// Whether traffic keeps to the left at a place.
    pub(crate) fn contains(&self, at: Coordinate) -> bool {
        self.rings.iter().filter(|ring| ring.contains(at)).count() % 2 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_on_both_sides() {
        let table = LeftHand::new();
        for (name, lat, lon, left) in [
            ("London", 51.5, -0.12, true),
            ("Belfast", 54.6, -5.93, true),
            ("Dublin", 53.35, -6.26, true),
            ("Saint Helier", 49.19, -2.11, true),
            ("Valletta", 35.9, 14.51, true),
            ("Nicosia", 35.17, 33.36, true),
            ("Malé", 4.175, 73.51, true),
            ("Tokyo", 35.68, 139.76, true),
            ("Hong Kong", 22.28, 114.16, true),
            ("Macao", 22.19, 113.54, true),
            ("Singapore", 1.3, 103.85, true),
            ("Bangkok", 13.75, 100.5, true),
            ("Mumbai", 19.08, 72.88, true),
            ("Kathmandu", 27.7, 85.32, true),
            ("Karachi", 24.86, 67.0, true),
            ("Nairobi", -1.29, 36.82, true),
            ("Kampala", 0.35, 32.58, true),
            ("Lusaka", -15.42, 28.28, true),
            ("Maputo", -25.97, 32.58, true),
            ("Cape Town", -33.92, 18.42, true),
            ("Maseru", -29.31, 27.48, true),
            ("Sydney", -33.87, 151.2, true),
            ("Auckland", -36.85, 174.76, true),
            ("Suva", -18.14, 178.44, true),
            ("Funafuti", -8.52, 179.2, true),
            ("Apia", -13.83, -171.77, true),
            ("Port Louis", -20.16, 57.5, true),
            ("Kingston", 17.98, -76.8, true),
            ("Nassau", 25.05, -77.35, true),
            ("Charlotte Amalie", 18.34, -64.93, true),
            ("Georgetown", 6.8, -58.16, true),
            ("Paramaribo", 5.85, -55.2, true),
            ("Stanley", -51.7, -57.85, true),
            ("Porto", 41.15, -8.62, false),
            ("Calais", 50.95, 1.85, false),
            ("Cherbourg", 49.63, -1.62, false),
            ("Seattle", 47.61, -122.33, false),
            ("Monaco", 43.73, 7.42, false),
            ("São Tomé", 0.34, 6.73, false),
            ("Shenzhen", 22.62, 114.06, false),
            ("Zhuhai", 22.27, 113.5, false),
            ("Seoul", 37.57, 126.98, false),
            ("Taipei", 25.03, 121.56, false),
            ("Manila", 14.6, 120.98, false),
            ("Vientiane", 17.99, 102.62, false),
            ("Phnom Penh", 11.56, 104.92, false),
            ("Yangon", 16.8, 96.15, false),
            ("Lhasa", 29.65, 91.12, false),
            ("Kabul", 34.53, 69.17, false),
            ("Zahedan", 29.5, 60.86, false),
            ("Addis Ababa", 9.03, 38.74, false),
            ("Kigali", -1.94, 30.06, false),
            ("Lubumbashi", -11.66, 27.48, false),
            ("Luanda", -8.84, 13.23, false),
            ("Antananarivo", -18.88, 47.5, false),
            ("Cayenne", 4.92, -52.31, false),
            ("Boa Vista", 2.82, -60.67, false),
            ("San Juan", 18.45, -66.07, false),
            ("Pago Pago", -14.28, -170.7, false),
            ("Nouméa", -22.27, 166.45, false),
            ("Honolulu", 21.31, -157.86, false),
            ("the pole", 90.0, 180.0, false),
        ] {
            assert_eq!(table.contains(Coordinate::from_degrees(lat, lon).unwrap()), left, "{name}");
        }
    }
}
