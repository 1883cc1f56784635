//! Heights above the sea from SRTM tiles (`.hgt`).
//!
//! A tile covers one degree and is named after its south-west corner, `N43E007.hgt`. It holds big-endian 16-bit metres, row
//! by row from the north, each row from the west: 1201 × 1201 of them (SRTM3) or 3601 × 3601 (SRTM1), so that neighbours
//! share their outermost samples and a position is always interpolated within one tile. −32768 is a void. See NASA's "SRTM
//! Collection User Guide".
//!
//! Heights are interpolated between the four samples around a position, by those that are no void. A road's climb is summed
//! along its line from samples some tens of metres apart, and a rise or fall counts only once it exceeds the noise of the
//! survey. On bridges and in tunnels the ground is not the road: there only the ends count.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use geometry::{Coordinate, EARTH_RADIUS_M, haversine_m};
use network::{Climb, EdgeFlags};

use crate::error::Error;

const VOID: i16 = i16::MIN;
/// Samples in a row of the two kinds.
const SIDES: [usize; 2] = [1201, 3601];
/// Beyond this many tiles in memory, the one that was used least recently goes.
const MOST_TILES: usize = 12;
/// How far apart a line is looked at.
const STEP_M: f64 = 60.0;
/// Rises and falls below this are noise.
const NOISE_DM: i32 = 30;
const DEGREE_E7: i64 = 10_000_000;

/// When a tile was last used, and the tile, if there is one.
type Used = (u64, Option<Rc<Tile>>);

/// The tiles of a folder.
pub(crate) struct Heights {
    folder: PathBuf,
    /// By south-west corner in degrees, latitude first; with when it was last used.
    tiles: RefCell<HashMap<(i32, i32), Used>>,
    uses: std::cell::Cell<u64>,
    /// The first thing that went wrong; told at the end.
    fault: RefCell<Option<Error>>,
}

impl Heights {
    /// The tiles in `folder`, which are read when they are needed.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        let io = |source| Error::Io { file: folder.into(), source };
        let mut tiles = 0;
        for entry in std::fs::read_dir(folder).map_err(io)? {
            tiles += usize::from(entry.map_err(io)?.path().extension().is_some_and(|ending| ending == "hgt"));
        }
        if tiles == 0 {
            return Err(Error::NoHeights { folder: folder.into() });
        }
        Ok(Self { folder: folder.into(), tiles: RefCell::default(), uses: 0.into(), fault: RefCell::default() })
    }

    /// What went wrong while heights were asked for.
    pub(crate) fn finish(self) -> Result<(), Error> {
        self.fault.into_inner().map_or(Ok(()), Err)
    }

    /// The height of a position, if a tile covers it.
    pub(crate) fn at_dm(&self, at: Coordinate) -> Option<i32> {
        let split = |e7: i32| (i64::from(e7).div_euclid(DEGREE_E7) as i32, i64::from(e7).rem_euclid(DEGREE_E7));
        let ((south, north_of), (west, east_of)) = (split(at.lat_e7), split(at.lon_e7));
        // On a line between tiles either neighbour knows.
        let souths = [Some((south, north_of)), (north_of == 0).then_some((south - 1, DEGREE_E7))];
        let wests = [Some((west, east_of)), (east_of == 0).then_some((west - 1, DEGREE_E7))];
        souths.into_iter().flatten().find_map(|(south, north_of)| {
            wests.into_iter().flatten().find_map(|(west, east_of)| {
                self.tile(south, west).and_then(|tile| tile.interpolated_dm(north_of, east_of))
            })
        })
    }

    /// The climb along a line.
    pub(crate) fn climb(&self, line: &[Coordinate], flags: EdgeFlags) -> Climb {
        let ends = [line[0], line[line.len() - 1]];
        if flags.bridge() || flags.tunnel() || flags.ferry() {
            return summed(ends.into_iter().filter_map(|at| self.at_dm(at)));
        }
        summed(every_step(line).filter_map(|at| self.at_dm(at)))
    }

    fn tile(&self, south: i32, west: i32) -> Option<Rc<Tile>> {
        self.uses.set(self.uses.get() + 1);
        let mut tiles = self.tiles.borrow_mut();
        if let Some((used, tile)) = tiles.get_mut(&(south, west)) {
            *used = self.uses.get();
            return tile.clone();
        }
        if tiles.len() >= MOST_TILES {
            let oldest = tiles.iter().min_by_key(|(_, (used, _))| *used).map(|(corner, _)| *corner);
            oldest.map(|corner| tiles.remove(&corner));
        }
        let path = self.folder.join(name(south, west));
        let tile = Tile::open(&path).unwrap_or_else(|error| {
            self.fault.borrow_mut().get_or_insert(error);
            None
        });
        let tile = tile.map(Rc::new);
        tiles.insert((south, west), (self.uses.get(), tile.clone()));
        tile
    }
}

/// `N43E007.hgt`.
fn name(south: i32, west: i32) -> String {
    let (ns, ew) = (if south < 0 { 'S' } else { 'N' }, if west < 0 { 'W' } else { 'E' });
    format!("{ns}{:02}{ew}{:03}.hgt", south.abs(), west.abs())
}

/// Positions along a line: its points, and more between distant ones.
fn every_step(line: &[Coordinate]) -> impl Iterator<Item = Coordinate> {
    let between = line.windows(2).flat_map(|pair| {
        let (a, b) = (pair[0], pair[1]);
        let steps = (haversine_m(a, b, EARTH_RADIUS_M) / STEP_M).ceil().clamp(1.0, 10_000.0) as i64;
        let part =
            move |a: i32, b: i32, step: i64| (i64::from(a) + (i64::from(b) - i64::from(a)) * step / steps) as i32;
        (1..=steps).map(move |step| Coordinate {
            lat_e7: part(a.lat_e7, b.lat_e7, step),
            lon_e7: part(a.lon_e7, b.lon_e7, step),
        })
    });
    std::iter::once(line[0]).chain(between)
}

/// Rises and falls between heights; what does not exceed the noise waits until it does, and the end always counts.
fn summed(mut heights_dm: impl Iterator<Item = i32>) -> Climb {
    let Some(first) = heights_dm.next() else { return Climb::default() };
    let (mut level, mut last) = (first, first);
    let (mut up, mut down) = (0, 0);
    let mut count = |from: i32, to: i32| if to > from { up += to - from } else { down += from - to };
    for height in heights_dm {
        if (height - level).abs() >= NOISE_DM {
            count(level, height);
            level = height;
        }
        last = height;
    }
    count(level, last);
    let most = |value: i32| u16::try_from(value).unwrap_or(u16::MAX);
    Climb { up_dm: most(up), down_dm: most(down) }
}

/// One tile.
struct Tile {
    side: usize,
    metres: Vec<i16>,
}

impl Tile {
    /// `None` if there is no such file.
    fn open(path: &Path) -> Result<Option<Self>, Error> {
        match std::fs::read(path) {
            Ok(bytes) => Self::read(&bytes)
                .map(Some)
                .ok_or_else(|| Error::BadHeights { file: path.into(), bytes: bytes.len() as u64 }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Io { file: path.into(), source }),
        }
    }

    /// `None` for bytes of another length than a tile has.
    fn read(bytes: &[u8]) -> Option<Self> {
        let side = SIDES.into_iter().find(|side| bytes.len() == 2 * side * side)?;
        let metres = bytes.chunks_exact(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]])).collect();
        Some(Self { side, metres })
    }

    /// The height at this far north and east of the south-west corner, in 1e-7 degrees; `None` in a void.
    fn interpolated_dm(&self, north_of: i64, east_of: i64) -> Option<i32> {
        let steps = (self.side - 1) as i64;
        let place = |part: i64| ((part * steps / DEGREE_E7).min(steps - 1), part * steps);
        let ((row, north), (column, east)) = (place(DEGREE_E7 - north_of), place(east_of));
        // How far into the square between four samples, of DEGREE_E7.
        let (south_share, east_share) = (north - row * DEGREE_E7, east - column * DEGREE_E7);
        let (north_share, west_share) = (DEGREE_E7 - south_share, DEGREE_E7 - east_share);
        let (mut sum, mut weights) = (0_i128, 0_i128);
        for (down, right, share) in [
            (0, 0, i128::from(north_share) * i128::from(west_share)),
            (0, 1, i128::from(north_share) * i128::from(east_share)),
            (1, 0, i128::from(south_share) * i128::from(west_share)),
            (1, 1, i128::from(south_share) * i128::from(east_share)),
        ] {
            let metres = self.metres[(row + down) as usize * self.side + (column + right) as usize];
            if metres != VOID {
                sum += share * i128::from(metres) * 10;
                weights += share;
            }
        }
        (weights > 0).then(|| (sum + weights / 2).div_euclid(weights) as i32)
    }
}

/// Reads the bytes of a tile and asks for a few heights; for the fuzz target.
#[doc(hidden)]
pub fn probe_heights(bytes: &[u8]) {
    if let Some(tile) = Tile::read(bytes) {
        for (north, east) in [(0, 0), (DEGREE_E7, DEGREE_E7), (1, DEGREE_E7 - 1), (DEGREE_E7 / 3, DEGREE_E7 / 7)] {
            let _ = tile.interpolated_dm(north, east);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tile of SRTM3 whose height is a function of row and column.
    fn tile(height: impl Fn(usize, usize) -> i16) -> Vec<u8> {
        let samples = (0..1201 * 1201).map(|number| height(number / 1201, number % 1201));
        samples.flat_map(i16::to_be_bytes).collect()
    }

    fn at(lat: f64, lon: f64) -> Coordinate {
        Coordinate::from_degrees(lat, lon).unwrap()
    }

    #[test]
    fn tiles_are_named_after_their_south_west_corner() {
        assert_eq!(name(43, 7), "N43E007.hgt");
        assert_eq!(name(-1, -123), "S01W123.hgt");
    }

    #[test]
    fn heights_are_interpolated_from_north_to_south_and_west_to_east() {
        let folder = tempfile::tempdir().unwrap();
        // A slope: a metre a row towards the north, ten a column towards the east.
        std::fs::write(folder.path().join("N43E007.hgt"), tile(|row, column| (1200 - row + 10 * column) as i16))
            .unwrap();
        let heights = Heights::open(folder.path()).unwrap();
        for (lat, lon, expected) in [
            (43.0, 7.0, Some(0)),
            (44.0, 7.0, Some(12_000)),
            (43.0, 8.0, Some(120_000)),
            (43.5, 7.25, Some(6_000 + 30_000)),
            (43.0 + 0.5 / 1200.0, 7.0, Some(5)),
            (42.9999, 7.5, None),
            (-43.5, 7.5, None),
        ] {
            assert_eq!(heights.at_dm(at(lat, lon)), expected, "{lat} {lon}");
        }
        assert!(heights.finish().is_ok());
    }

    #[test]
    fn voids_are_filled_from_what_is_around() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = tile(|row, column| if row == 600 && column == 600 { VOID } else { 100 });
        std::fs::write(folder.path().join("S01W001.hgt"), bytes).unwrap();
        let heights = Heights::open(folder.path()).unwrap();
        assert_eq!(heights.at_dm(at(-0.5, -0.5)), None, "nothing but the void itself");
        assert_eq!(heights.at_dm(at(-0.5 + 1e-4, -0.5)), Some(1_000));
    }

    #[test]
    fn both_resolutions_are_read_and_no_other() {
        let read = |samples: usize| Tile::read(&vec![0; 2 * samples]).map(|tile| tile.side);
        assert_eq!((read(1201 * 1201), read(3601 * 3601)), (Some(1201), Some(3601)));
        assert_eq!((read(0), read(1200 * 1201), read(1)), (None, None, None));
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Heights::open(folder.path()), Err(Error::NoHeights { .. })));
        std::fs::write(folder.path().join("N43E007.hgt"), b"short").unwrap();
        let heights = Heights::open(folder.path()).unwrap();
        assert_eq!(heights.at_dm(at(43.5, 7.5)), None);
        assert!(matches!(heights.finish(), Err(Error::BadHeights { bytes: 5, .. })));
    }

    #[test]
    fn noise_is_no_climb_and_the_end_always_counts() {
        for (heights, up_dm, down_dm) in [
            (&[100, 110, 95, 105, 100][..], 0, 0),
            (&[0, 100, 0, 100], 200, 100),
            (&[0, 10, 20], 20, 0),
            (&[50], 0, 0),
            (&[], 0, 0),
            (&[0, 80_000], u16::MAX, 0),
        ] {
            assert_eq!(summed(heights.iter().copied()), Climb { up_dm, down_dm }, "{heights:?}");
        }
    }
}
