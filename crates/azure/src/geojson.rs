//! GeoJSON, longitude first: `MultiPoint`, the places of both versions' matrices, and `MultiPolygon`, the areas that directions avoid.
//!
//! Of areas the service takes rectangles along meridians and parallels only: at most ten, none higher or wider than about 160 km, none
//! beyond 80 degrees of latitude, none across the antimeridian.

use engine::Area;
use geometry::{BoundingBox, Coordinate, EARTH_RADIUS_M, OutOfRange, haversine_m};
use serde::Deserialize;

use crate::error::Refused;

/// A `MultiPoint` as it comes.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MultiPoint {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    coordinates: Vec<Vec<f64>>,
}

impl MultiPoint {
    /// The places; a fault names its member under `path`. A third number, the altitude, is overlooked.
    pub(crate) fn places(&self, path: &str) -> Result<Vec<Coordinate>, Refused> {
        if let Some(kind) = self.kind.as_deref().filter(|kind| *kind != "MultiPoint") {
            return Err(Refused::bad(
                format!("{path}.type"),
                format!("{path}.type should be MultiPoint, it is {kind}."),
            ));
        }
        if self.coordinates.is_empty() {
            return Err(Refused::bad(format!("{path}.coordinates"), "Invalid coordinates value")
                .saying("Missing", format!("{path}.coordinates holds no place.")));
        }
        let place = |(index, numbers): (usize, &Vec<f64>)| place(&format!("{path}.coordinates[{index}]"), numbers);
        self.coordinates.iter().enumerate().map(place).collect()
    }
}

/// The most areas that a question may avoid.
const MOST_AREAS: usize = 10;
/// How high and wide an area may be; the vendor says "about 160 km".
const MOST_METRES: f64 = 165_000.0;
/// Up to which latitude an area may reach.
const MOST_LATITUDE: f64 = 80.0;

/// A `MultiPolygon` as it comes.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MultiPolygon {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    coordinates: Vec<Vec<Vec<Vec<f64>>>>,
}

impl MultiPolygon {
    /// The rectangles that it consists of; a fault names its member under `path`.
    pub(crate) fn rectangles(&self, path: &str) -> Result<Vec<Area>, Refused> {
        if let Some(kind) = self.kind.as_deref().filter(|kind| *kind != "MultiPolygon") {
            return Err(Refused::bad(
                format!("{path}.type"),
                format!("{path}.type should be MultiPolygon, it is {kind}."),
            ));
        }
        if self.coordinates.len() > MOST_AREAS {
            let message = format!("{path} holds {} areas, the limit is {MOST_AREAS}.", self.coordinates.len());
            return Err(Refused::bad(path, message));
        }
        let rectangle = |(index, rings): (usize, &Vec<Vec<Vec<f64>>>)| {
            let path = format!("{path}.coordinates[{index}]");
            let bounds = rectangle(&path, rings)?;
            check_extent(&path, bounds)?;
            Ok(Area::from(bounds))
        };
        self.coordinates.iter().enumerate().map(rectangle).collect()
    }
}

/// The bounds of a polygon that is a rectangle: one ring over four corners, the first of them repeated.
fn rectangle(path: &str, rings: &[Vec<Vec<f64>>]) -> Result<BoundingBox, Refused> {
    let not_a_rectangle = || {
        let message = format!(
            "{path} should be a rectangle: one ring of four corners, along meridians and parallels, and the first again."
        );
        Refused::bad(path, message)
    };
    let [ring] = rings else { return Err(not_a_rectangle()) };
    let corners = ring.iter().enumerate().map(|(index, numbers)| place(&format!("{path}[0][{index}]"), numbers));
    let corners = corners.collect::<Result<Vec<Coordinate>, _>>()?;
    let [a, b, c, d, e] = corners[..] else { return Err(not_a_rectangle()) };
    let (along, across) =
        (|p: Coordinate, q: Coordinate| p.lat_e7 == q.lat_e7, |p: Coordinate, q: Coordinate| p.lon_e7 == q.lon_e7);
    let is_rectangle = (along(a, b) && across(b, c) && along(c, d) && across(d, a))
        || (across(a, b) && along(b, c) && across(c, d) && along(d, a));
    if a != e || !is_rectangle {
        return Err(not_a_rectangle());
    }
    BoundingBox::around(corners).ok_or_else(not_a_rectangle)
}

fn check_extent(path: &str, BoundingBox { min, max }: BoundingBox) -> Result<(), Refused> {
    if min.lat() < -MOST_LATITUDE || max.lat() > MOST_LATITUDE {
        let message = format!(
            "{path} reaches from {} to {} degrees of latitude, the limit is {MOST_LATITUDE}.",
            min.lat(),
            max.lat()
        );
        return Err(Refused::bad(path, message));
    }
    let metres = |a: Coordinate, b: Coordinate| haversine_m(a, b, EARTH_RADIUS_M);
    let widest_lat = if min.lat_e7 <= 0 && max.lat_e7 >= 0 { 0 } else { min.lat_e7.abs().min(max.lat_e7.abs()) };
    let west = Coordinate { lat_e7: widest_lat, lon_e7: min.lon_e7 };
    let width_m = metres(west, Coordinate { lon_e7: max.lon_e7, ..west });
    let height_m = metres(min, Coordinate { lat_e7: max.lat_e7, ..min });
    if width_m > MOST_METRES || height_m > MOST_METRES || f64::from(max.lon_e7) - f64::from(min.lon_e7) > 1.8e9 {
        let message = format!(
            "{path} is {:.0} km wide and {:.0} km high, the limit is about 160 km each.",
            width_m / 1e3,
            height_m / 1e3
        );
        return Err(Refused::bad(path, message));
    }
    Ok(())
}

fn place(path: &str, numbers: &[f64]) -> Result<Coordinate, Refused> {
    let (2..=3, &[lon, lat, ..]) = (numbers.len(), numbers) else {
        return Err(Refused::bad(path, "Invalid coordinates value")
            .saying("Position", format!("{path} should be [lon,lat], it has {} numbers.", numbers.len())));
    };
    Coordinate::from_degrees(lat, lon).map_err(|fault| out_of_range(path, fault, "[lon,lat]"))
}

/// The live service's text for a latitude beyond its range (most often a swapped pair), and the like for a longitude.
pub(crate) fn out_of_range(target: &str, fault: OutOfRange, format: &str) -> Refused {
    let message = match fault {
        OutOfRange::Latitude(_) => "latitude value should be between -90 and 90 inclusive.",
        OutOfRange::Longitude(_) => "longitude value should be between -180 and 180 inclusive.",
    };
    Refused::bad(target, format!("{message} Expected coordinate format: {format}."))
        .saying("OutOfRange", format!("In {target}: {fault}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::bytes;
    use crate::version::Version;

    fn fault(text: &str) -> String {
        let points: MultiPoint = serde_json::from_str(text).unwrap();
        let refused = points.places("origins").unwrap_err();
        String::from_utf8(bytes(&refused.body(Version::V1))).unwrap()
    }

    #[test]
    fn longitude_comes_first() {
        let points: MultiPoint =
            serde_json::from_str(r#"{"type":"MultiPoint","coordinates":[[4.85,52.37],[4,52,7]]}"#).unwrap();
        let places = points.places("origins").unwrap();
        assert_eq!(places[0], Coordinate::from_degrees(52.37, 4.85).unwrap());
        assert_eq!(places[1], Coordinate::from_degrees(52.0, 4.0).unwrap());
    }

    #[test]
    fn areas_are_rectangles_of_some_size() {
        let read = |coordinates: &str| {
            let text = format!(r#"{{"type":"MultiPolygon","coordinates":{coordinates}}}"#);
            serde_json::from_str::<MultiPolygon>(&text).unwrap().rectangles("avoidAreas")
        };
        let corner = |lat, lon| Coordinate::from_degrees(lat, lon).unwrap();
        let expected = Area::from(BoundingBox { min: corner(52.0, 4.0), max: corner(53.0, 5.0) });
        for ring in ["[[4,52],[5,52],[5,53],[4,53],[4,52]]", "[[5,53],[5,52],[4,52],[4,53],[5,53]]"] {
            assert_eq!(read(&format!("[[{ring}]]")).unwrap(), [expected], "{ring}");
        }
        assert_eq!(read("[]").unwrap(), []);
        let square = "[[[4,52],[5,52],[5,53],[4,53],[4,52]]]";
        let many = format!("[{}]", [square; 11].join(","));
        for (coordinates, expected) in [
            (many.as_str(), "holds 11 areas, the limit is 10"),
            ("[[]]", "avoidAreas.coordinates[0] should be a rectangle"),
            ("[[[[4,52],[5,52],[5,53],[4,52]]]]", "should be a rectangle"),
            ("[[[[4,52],[5,52.1],[5,53],[4,53],[4,52]]]]", "should be a rectangle"),
            ("[[[[4,52],[5,52],[5,53],[4,53],[4,52.5]]]]", "should be a rectangle"),
            ("[[[[4,79],[5,79],[5,81],[4,81],[4,79]]]]", "from 79 to 81 degrees of latitude, the limit is 80"),
            ("[[[[4,0],[6,0],[6,1],[4,1],[4,0]]]]", "is 222 km wide and 111 km high"),
            ("[[[[-179.9,0],[179.9,0],[179.9,1],[-179.9,1],[-179.9,0]]]]", "the limit is about 160 km each"),
            ("[[[[4,95],[5,52],[5,53],[4,53],[4,52]]]]", "latitude value should be between -90 and 90"),
        ] {
            let refused = read(coordinates).unwrap_err();
            let text = String::from_utf8(bytes(&refused.body(Version::V1))).unwrap();
            assert!(text.contains(expected), "{coordinates}: {text}");
        }
    }

    #[test]
    fn faults_have_the_recorded_texts() {
        let swapped = fault(r#"{"type":"MultiPoint","coordinates":[[4.85,52.37],[52.37,94.85]]}"#);
        assert!(
            swapped.contains(
                "latitude value should be between -90 and 90 inclusive. Expected coordinate format: [lon,lat]."
            ),
            "{swapped}"
        );
        assert!(swapped.contains(r#""target":"origins.coordinates[1]""#) && swapped.contains("94.85"), "{swapped}");
        assert!(
            fault(r#"{"type":"MultiPoint","coordinates":[]}"#).contains(r#""message":"Invalid coordinates value""#)
        );
        assert!(fault(r#"{"coordinates":[[4.85]]}"#).contains("it has 1 numbers"));
        assert!(fault(r#"{"type":"Point","coordinates":[[4,5]]}"#).contains("should be MultiPoint"));
    }
}
