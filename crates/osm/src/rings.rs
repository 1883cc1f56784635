//! Areas on the globe, drawn as rings of points in hundredths of a degree.

use geometry::Coordinate;

/// Units of [`Coordinate`] in a hundredth of a degree.
const UNIT: i64 = 100_000;

/// A closed line.
pub(crate) struct Ring {
    /// Longitude and latitude, in the units of [`Coordinate`].
    points: Vec<[i64; 2]>,
    min: [i64; 2],
    max: [i64; 2],
}

impl Ring {
    /// Reads "longitude,latitude longitude,latitude …" in hundredths of a degree, as the tables of this crate hold them.
    pub(crate) fn read(line: &str) -> Self {
        let number = |text: &str| text.parse::<i64>().expect("the table holds numbers; a test reads all of it");
        let point = |pair: &str| {
            let (lon, lat) = pair.split_once(',').expect("the table holds pairs; a test reads all of it");
            [number(lon) * UNIT, number(lat) * UNIT]
        };
        let points: Vec<[i64; 2]> = line.split(' ').map(point).collect();
        let extreme = |axis: usize, pick: fn(i64, i64) -> i64| {
            points.iter().map(|point| point[axis]).reduce(pick).expect("a ring has points")
        };
        let (min, max) = ([extreme(0, i64::min), extreme(1, i64::min)], [extreme(0, i64::max), extreme(1, i64::max)]);
        Self { points, min, max }
    }

    /// Whether a place lies inside, by counting the sides that a ray to the east crosses, in integers.
    pub(crate) fn contains(&self, at: Coordinate) -> bool {
        let at = [i64::from(at.lon_e7), i64::from(at.lat_e7)];
        if (0..2).any(|axis| at[axis] < self.min[axis] || at[axis] > self.max[axis]) {
            return false;
        }
        let next = self.points.iter().cycle().skip(1);
        let crossed = self.points.iter().zip(next).filter(|&(a, b)| {
            (a[1] > at[1]) != (b[1] > at[1]) && {
                let (rise, run) = (i128::from(b[1] - a[1]), i128::from(b[0] - a[0]));
                let right = i128::from(at[1] - a[1]) * run - i128::from(at[0] - a[0]) * rise;
                if rise > 0 { right > 0 } else { right < 0 }
            }
        });
        crossed.count() % 2 == 1
    }

    /// How far outside a place lies, if it is within `reach` in longitude and in latitude; both in the units of
    /// [`Coordinate`], and taken as they are: near enough to tell which of two coasts is nearer.
    pub(crate) fn distance(&self, at: Coordinate, reach: i64) -> Option<i64> {
        let at = [i64::from(at.lon_e7), i64::from(at.lat_e7)];
        if (0..2).any(|axis| at[axis] < self.min[axis] - reach || at[axis] > self.max[axis] + reach) {
            return None;
        }
        let next = self.points.iter().cycle().skip(1);
        let nearest = self.points.iter().zip(next).map(|(a, b)| from_segment(at, *a, *b)).min()?;
        (nearest <= reach).then_some(nearest)
    }
}

/// The distance of a point from a straight line between two others.
fn from_segment(at: [i64; 2], a: [i64; 2], b: [i64; 2]) -> i64 {
    let [along, off] = [[b[0] - a[0], b[1] - a[1]], [at[0] - a[0], at[1] - a[1]]].map(|v| v.map(|part| part as f64));
    let length = along[0].hypot(along[1]);
    let share = if length > 0.0 { (off[0] * along[0] + off[1] * along[1]) / (length * length) } else { 0.0 };
    let share = share.clamp(0.0, 1.0);
    (off[0] - share * along[0]).hypot(off[1] - share * along[1]) as i64
}
