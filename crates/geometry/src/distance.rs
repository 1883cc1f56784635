//! Great-circle distance and bearing.

use crate::Coordinate;

/// Mean radius of the Earth (IUGG R1), used for the lengths of roads.
pub const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Great-circle distance in metres on a sphere of `radius_m`, by the haversine formula
/// (R. W. Sinnott, "Virtues of the Haversine", Sky & Telescope 68, 1984).
///
/// ```
/// use geometry::{Coordinate, EARTH_RADIUS_M, haversine_m};
/// let a = Coordinate::from_degrees(0.0, 0.0).unwrap();
/// let b = Coordinate::from_degrees(1.0, 0.0).unwrap();
/// assert!((haversine_m(a, b, EARTH_RADIUS_M) - 111_195.08).abs() < 0.01);
/// ```
pub fn haversine_m(a: Coordinate, b: Coordinate, radius_m: f64) -> f64 {
    let (lat_a, lat_b) = (a.lat().to_radians(), b.lat().to_radians());
    let half_lat = ((b.lat() - a.lat()).to_radians() / 2.0).sin();
    let half_lon = ((b.lon() - a.lon()).to_radians() / 2.0).sin();
    let h = half_lat * half_lat + lat_a.cos() * lat_b.cos() * half_lon * half_lon;
    2.0 * radius_m * h.sqrt().min(1.0).asin()
}

/// Initial bearing from `a` to `b`, degrees clockwise from north in 0..360.
pub fn bearing_degrees(a: Coordinate, b: Coordinate) -> f64 {
    let (lat_a, lat_b) = (a.lat().to_radians(), b.lat().to_radians());
    let lon = (b.lon() - a.lon()).to_radians();
    let east = lon.sin() * lat_b.cos();
    let north = lat_a.cos() * lat_b.sin() - lat_a.sin() * lat_b.cos() * lon.cos();
    east.atan2(north).to_degrees().rem_euclid(360.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: f64, lon: f64) -> Coordinate {
        Coordinate::from_degrees(lat, lon).unwrap()
    }

    #[test]
    fn antipodes_are_half_the_circumference_apart() {
        let half = std::f64::consts::PI * EARTH_RADIUS_M;
        assert!((haversine_m(at(10.0, 20.0), at(-10.0, -160.0), EARTH_RADIUS_M) - half).abs() < 1.0);
    }

    #[test]
    fn the_date_line_is_no_wall() {
        assert!(haversine_m(at(0.0, 179.999), at(0.0, -179.999), EARTH_RADIUS_M) < 223.0);
    }

    #[test]
    fn bearings_follow_the_compass() {
        for (to, expected) in
            [(at(1.0, 0.0), 0.0), (at(0.0, 1.0), 90.0), (at(-1.0, 0.0), 180.0), (at(0.0, -1.0), 270.0)]
        {
            assert!((bearing_degrees(at(0.0, 0.0), to) - expected).abs() < 1e-9);
        }
    }
}
