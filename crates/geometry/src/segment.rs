//! The closest place on a straight piece of road.

use crate::{Coordinate, EARTH_RADIUS_M};

/// The place on a segment that is closest to a position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SegmentPoint {
    /// That place.
    pub at: Coordinate,
    /// How far along the segment it lies, 0 at its start to 1 at its end.
    pub fraction: f64,
    /// Distance from the position, in metres.
    pub distance_m: f64,
}

/// The place on the segment `a`–`b` that is closest to `position`, in the local plane around `position`
/// (equirectangular: exact to about 1e-6 within a few kilometres).
///
/// ```
/// use geometry::{Coordinate, closest_on_segment};
/// let at = |lat, lon| Coordinate::from_degrees(lat, lon).unwrap();
/// let found = closest_on_segment(at(0.001, 0.005), at(0.0, 0.0), at(0.0, 0.01));
/// assert_eq!(found.at, at(0.0, 0.005));
/// assert!((found.distance_m - 111.2).abs() < 0.1 && (found.fraction - 0.5).abs() < 1e-6);
/// ```
pub fn closest_on_segment(position: Coordinate, a: Coordinate, b: Coordinate) -> SegmentPoint {
    let metres_per_degree = EARTH_RADIUS_M.to_radians();
    let shrink = position.lat().to_radians().cos();
    let plane = |c: Coordinate| {
        let mut lon = c.lon() - position.lon();
        // Across the date line the short way is the other one.
        if lon > 180.0 {
            lon -= 360.0;
        } else if lon < -180.0 {
            lon += 360.0;
        }
        (lon * shrink * metres_per_degree, (c.lat() - position.lat()) * metres_per_degree)
    };
    let ((ax, ay), (bx, by)) = (plane(a), plane(b));
    let (dx, dy) = (bx - ax, by - ay);
    let length2 = dx * dx + dy * dy;
    let fraction = if length2 > 0.0 { (-(ax * dx + ay * dy) / length2).clamp(0.0, 1.0) } else { 0.0 };
    let (x, y) = (ax + fraction * dx, ay + fraction * dy);
    SegmentPoint { at: between(a, b, fraction), fraction, distance_m: x.hypot(y) }
}

/// The position `fraction` of the way from `a` to `b`, the short way round the Earth.
fn between(a: Coordinate, b: Coordinate, fraction: f64) -> Coordinate {
    const HALF_TURN: i64 = 1_800_000_000;
    let part = |difference: i64| (difference as f64 * fraction).round() as i64;
    let wrap = |lon: i64| (lon + HALF_TURN).rem_euclid(2 * HALF_TURN) - HALF_TURN;
    let (lon_a, lon_b) = (i64::from(a.lon_e7), i64::from(b.lon_e7));
    let lat = i64::from(a.lat_e7) + part(i64::from(b.lat_e7) - i64::from(a.lat_e7));
    // The ends keep their own longitude: +180° and −180° are one meridian.
    let lon = if fraction >= 1.0 { lon_b } else { lon_a + part(wrap(lon_b - lon_a)) };
    let lon = if lon.abs() > HALF_TURN { wrap(lon) } else { lon };
    Coordinate { lat_e7: lat as i32, lon_e7: lon as i32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_an_end_is_that_end() {
        let at = |lat, lon| Coordinate::from_degrees(lat, lon).unwrap();
        let (a, b) = (at(60.0, 10.0), at(60.0, 10.01));
        assert_eq!(closest_on_segment(at(60.0, 9.9), a, b).at, a);
        assert_eq!(closest_on_segment(at(60.0, 10.2), a, b).at, b);
        assert!(closest_on_segment(at(60.1, 10.0), a, a).fraction.abs() < f64::EPSILON);
    }

    #[test]
    fn a_segment_may_cross_the_date_line() {
        let at = |lat, lon| Coordinate::from_degrees(lat, lon).unwrap();
        let found = closest_on_segment(at(0.001, 179.9995), at(0.0, 179.999), at(0.0, -179.999));
        assert_eq!(found.at, at(0.0, 179.9995));
        assert!((found.distance_m - 111.2).abs() < 0.1, "{found:?}");
        assert_eq!(closest_on_segment(at(0.0, -179.9), at(0.0, 179.0), at(0.0, -179.999)).at, at(0.0, -179.999));
    }
}
