//! Positions and boxes in fixed point.

use bytemuck::{Pod, Zeroable};

/// Fixed-point units per degree.
const UNITS: f64 = 1e7;

/// A WGS 84 position in units of 1e-7 degrees (about a centimetre).
///
/// The fields are public because files hold them as they are; [`Coordinate::from_degrees`] is the checked way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct Coordinate {
    /// Latitude, −90°..90°.
    pub lat_e7: i32,
    /// Longitude, −180°..180°.
    pub lon_e7: i32,
}

/// A latitude or longitude beyond its range, or not a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OutOfRange {
    /// The latitude is not within −90..90.
    Latitude(f64),
    /// The longitude is not within −180..180.
    Longitude(f64),
}

impl std::fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            OutOfRange::Latitude(value) => write!(f, "latitude {value} is not between -90 and 90"),
            OutOfRange::Longitude(value) => write!(f, "longitude {value} is not between -180 and 180"),
        }
    }
}

impl std::error::Error for OutOfRange {}

impl Coordinate {
    /// A position from degrees, rounded to the nearest unit.
    ///
    /// ```
    /// use geometry::Coordinate;
    /// let seattle = Coordinate::from_degrees(47.6615, -122.3131).unwrap();
    /// assert_eq!((seattle.lat_e7, seattle.lon_e7), (476_615_000, -1_223_131_000));
    /// assert!(Coordinate::from_degrees(91.0, 0.0).is_err());
    /// ```
    pub fn from_degrees(lat: f64, lon: f64) -> Result<Self, OutOfRange> {
        // Ranges are tested positively so that NaN is refused too.
        if !(-90.0..=90.0).contains(&lat) {
            return Err(OutOfRange::Latitude(lat));
        }
        if !(-180.0..=180.0).contains(&lon) {
            return Err(OutOfRange::Longitude(lon));
        }
        Ok(Self { lat_e7: (lat * UNITS).round() as i32, lon_e7: (lon * UNITS).round() as i32 })
    }

    /// Latitude in degrees.
    pub fn lat(self) -> f64 {
        f64::from(self.lat_e7) / UNITS
    }

    /// Longitude in degrees.
    pub fn lon(self) -> f64 {
        f64::from(self.lon_e7) / UNITS
    }
}

/// The smallest box of parallels and meridians around some positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct BoundingBox {
    /// South-west corner.
    pub min: Coordinate,
    /// North-east corner.
    pub max: Coordinate,
}

impl BoundingBox {
    /// The box around `positions`; `None` when there are none.
    pub fn around(positions: impl IntoIterator<Item = Coordinate>) -> Option<Self> {
        positions.into_iter().fold(None, |all, at| {
            let Self { min, max } = all.unwrap_or(Self { min: at, max: at });
            Some(Self {
                min: Coordinate { lat_e7: min.lat_e7.min(at.lat_e7), lon_e7: min.lon_e7.min(at.lon_e7) },
                max: Coordinate { lat_e7: max.lat_e7.max(at.lat_e7), lon_e7: max.lon_e7.max(at.lon_e7) },
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_a_number_is_out_of_range() {
        assert!(Coordinate::from_degrees(f64::NAN, 0.0).is_err());
        assert!(Coordinate::from_degrees(0.0, f64::NAN).is_err());
        assert!(Coordinate::from_degrees(0.0, 180.1).is_err());
        assert!(Coordinate::from_degrees(-90.0, -180.0).is_ok());
    }

    #[test]
    fn a_box_holds_all_its_positions() {
        let at = |lat, lon| Coordinate::from_degrees(lat, lon).unwrap();
        let all = BoundingBox::around([at(1.0, 5.0), at(-2.0, 7.0), at(0.0, 6.0)]).unwrap();
        assert_eq!((all.min, all.max), (at(-2.0, 5.0), at(1.0, 7.0)));
        assert_eq!(BoundingBox::around([]), None);
    }
}
