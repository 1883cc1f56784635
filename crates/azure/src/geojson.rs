//! `MultiPoint` of GeoJSON, longitude first: the places of both versions' matrices.

use geometry::{Coordinate, OutOfRange};
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
