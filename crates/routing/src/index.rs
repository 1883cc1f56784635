//! Where roads lie: the segments of their lines in a packed R-tree, nearest first.
//!
//! A static tree in the manner of I. Kamel and C. Faloutsos, "On Packing R-trees" (1993): segments are sorted along a
//! Hilbert curve and packed, sixteen to a box, sixteen boxes to a box above, so there are no pointers and no balancing.
//! The search is best-first (G. R. Hjaltason and H. Samet, "Distance Browsing in Spatial Databases", 1999): it yields
//! segments by ascending distance, those at the same distance by their number, and the caller stops when it likes.
//!
//! There is one tree for all profiles, a file of the dataset that is used in place. Every piece of road is in it once, in
//! the direction with the smaller number; a box knows which modes could use anything in it, so that who drives does not look at
//! what is for walking.
//!
//! Distances are taken in the plane around the position asked for, the same as [`closest_on_segment`]'s, also across the
//! date line. Whether an edge is worth snapping to is not known here.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::path::Path;

use bytemuck::{Pod, Zeroable};
use geometry::{BoundingBox, Coordinate, EARTH_RADIUS_M, SegmentPoint, closest_on_segment};
use network::{Access, Array, ArrayFile, ArrayWriter, EdgeId, Mode, ModeSet, Network};

const KIND: &str = "index";
/// Raised whenever an array changes its meaning.
const VERSION: u32 = 1;

/// Children to a box.
const FANOUT: usize = 16;

/// A straight piece of an edge's line.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Segment {
    pub(crate) a: Coordinate,
    pub(crate) b: Coordinate,
    pub(crate) edge: EdgeId,
    /// Its number in the edge's line: it begins at this point of the shape.
    pub(crate) number: u32,
}

/// A box around sixteen segments or boxes.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Boxed {
    area: BoundingBox,
    /// Who could use anything in it.
    modes: ModeSet,
    padding: u16,
}

/// The tree.
pub(crate) struct Index {
    /// Along the Hilbert curve.
    segments: Array<Segment>,
    /// Level after level; the first level is around segments, the last has one box.
    boxes: Array<Boxed>,
    /// By level, and one more: its first box.
    first_box: Array<u32>,
}

impl Index {
    /// The segments of all roads but ferries.
    pub(crate) fn new(network: &Network) -> Self {
        let is_first = |edge: &EdgeId| network.reverse(*edge).is_none_or(|opposite| *edge < opposite);
        let edges = network.edges().filter(is_first).filter(|&edge| !network.flags(edge).ferry());
        let mut segments: Vec<Segment> = edges.flat_map(|edge| segments_of(network, edge)).collect();
        if let Some(all) = network.bounding_box() {
            segments.sort_by_cached_key(|segment| (hilbert_key(all, segment), segment.edge, segment.number));
        }
        let users = users(network);
        let (mut boxes, mut first_box) = (Vec::new(), vec![0]);
        let mut level = pack(&segments, |of| ([of.a, of.b], users[of.edge.0 as usize]));
        loop {
            boxes.extend_from_slice(&level);
            first_box.push(boxes.len() as u32);
            if level.len() <= 1 {
                break;
            }
            level = pack(&level, |below: &Boxed| ([below.area.min, below.area.max], below.modes));
        }
        Self { segments: segments.into(), boxes: boxes.into(), first_box: first_box.into() }
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), network::Error> {
        let mut file = ArrayWriter::create(path, KIND, VERSION, 3)?;
        file.array("box", &self.boxes)?;
        file.array("first_box", &self.first_box)?;
        file.array("segment", &self.segments)?;
        file.finish()
    }

    pub(crate) fn open(path: &Path) -> Result<Self, network::Error> {
        let file = ArrayFile::open(path, KIND, VERSION)?;
        Ok(Self { segments: file.array("segment")?, boxes: file.array("box")?, first_box: file.array("first_box")? })
    }

    /// The segments that `mode` could use in one direction at least, with their closest place to `at`, nearest first; ties by
    /// edge and number.
    pub(crate) fn nearest<'a>(&'a self, network: &'a Network, mode: Mode, at: Coordinate) -> Nearest<'a> {
        let mut nearest = Nearest { index: self, network, mode, at, heap: BinaryHeap::new() };
        let top = self.first_box.len() - 2;
        nearest.open_level(top, 0..self.level(top).len());
        nearest
    }

    fn level(&self, level: usize) -> &[Boxed] {
        &self.boxes[self.first_box[level] as usize..self.first_box[level + 1] as usize]
    }
}

/// By edge: who could use it or its opposite.
fn users(network: &Network) -> Vec<ModeSet> {
    let of = |edge: EdgeId| {
        let both = [Some(edge), network.reverse(edge)];
        let open = |&mode: &Mode| both.into_iter().flatten().any(|edge| network.access(edge, mode) != Access::No);
        Mode::ALL.into_iter().filter(open).collect()
    };
    network.edges().map(of).collect()
}

fn segments_of(network: &Network, edge: EdgeId) -> impl Iterator<Item = Segment> {
    let line = network.shape(edge);
    let starts = line.clone().zip(line.skip(1));
    starts.enumerate().map(move |(number, (a, b))| Segment { a, b, edge, number: number as u32 })
}

/// One box around every [`FANOUT`] of `below`.
fn pack<T>(below: &[T], of: impl Fn(&T) -> ([Coordinate; 2], ModeSet)) -> Vec<Boxed> {
    let boxed = |chunk: &[T]| {
        let area = BoundingBox::around(chunk.iter().flat_map(|part| of(part).0))?;
        let modes = chunk.iter().fold(ModeSet::EMPTY, |all, part| all.union(of(part).1));
        Some(Boxed { area, modes, padding: 0 })
    };
    below.chunks(FANOUT).filter_map(boxed).collect()
}

/// The place of a segment's middle on a Hilbert curve through `all`.
fn hilbert_key(all: BoundingBox, segment: &Segment) -> u32 {
    let scale = |value: i64, min: i32, max: i32| {
        let range = (i64::from(max) - i64::from(min)).max(1);
        ((value / 2 - i64::from(min)) * 0xffff / range).clamp(0, 0xffff) as u32
    };
    let lon = i64::from(segment.a.lon_e7) + i64::from(segment.b.lon_e7);
    let lat = i64::from(segment.a.lat_e7) + i64::from(segment.b.lat_e7);
    hilbert(scale(lon, all.min.lon_e7, all.max.lon_e7), scale(lat, all.min.lat_e7, all.max.lat_e7))
}

/// The distance along the Hilbert curve of order 16 at which it visits `x`, `y`.
fn hilbert(mut x: u32, mut y: u32) -> u32 {
    let mut distance = 0;
    for bit in (0..16).rev() {
        let side = 1 << bit;
        let (right, upper) = (u32::from(x & side != 0), u32::from(y & side != 0));
        distance += side * side * ((3 * right) ^ upper);
        // Turns the quadrant so that the curve within it has the basic form.
        if upper == 0 {
            if right == 1 {
                (x, y) = (0xffff - x, 0xffff - y);
            }
            std::mem::swap(&mut x, &mut y);
        }
    }
    distance
}

/// What waits to be looked at: a box, by level and number, or a segment with its closest place.
enum Entry {
    Box { level: usize, number: usize },
    Segment { segment: Segment, point: SegmentPoint },
}

struct Waiting {
    distance_m: f64,
    entry: Entry,
}

impl Waiting {
    /// Boxes before segments at the same distance, since a box may hold a segment with a smaller number.
    fn rank(&self) -> (u32, u32) {
        match &self.entry {
            Entry::Box { .. } => (0, 0),
            Entry::Segment { segment, .. } => (segment.edge.0 + 1, segment.number),
        }
    }
}

impl Ord for Waiting {
    /// The nearest is the greatest, for the heap.
    fn cmp(&self, other: &Self) -> Ordering {
        other.distance_m.total_cmp(&self.distance_m).then_with(|| other.rank().cmp(&self.rank()))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Waiting {}

/// Iterator over segments by their distance; see [`Index::nearest`].
pub(crate) struct Nearest<'a> {
    index: &'a Index,
    network: &'a Network,
    mode: Mode,
    at: Coordinate,
    heap: BinaryHeap<Waiting>,
}

impl Nearest<'_> {
    fn open_level(&mut self, level: usize, boxes: std::ops::Range<usize>) {
        for number in boxes {
            let below = &self.index.level(level)[number];
            if below.modes.contains(self.mode) {
                let distance_m = distance_to_box(self.at, below.area);
                self.heap.push(Waiting { distance_m, entry: Entry::Box { level, number } });
            }
        }
    }

    fn open_box(&mut self, level: usize, number: usize) {
        let children = |count: usize| number * FANOUT..((number + 1) * FANOUT).min(count);
        if level > 0 {
            self.open_level(level - 1, children(self.index.level(level - 1).len()));
            return;
        }
        for &segment in &self.index.segments[children(self.index.segments.len())] {
            if let Some(segment) = self.in_use(segment) {
                let point = closest_on_segment(self.at, segment.a, segment.b);
                self.heap.push(Waiting { distance_m: point.distance_m, entry: Entry::Segment { segment, point } });
            }
        }
    }

    /// The segment in the direction with the smaller number that the mode may use.
    fn in_use(&self, segment: Segment) -> Option<Segment> {
        let open = |edge: EdgeId| self.network.access(edge, self.mode) != Access::No;
        if open(segment.edge) {
            return Some(segment);
        }
        let edge = self.network.reverse(segment.edge).filter(|&opposite| open(opposite))?;
        let points = self.network.shape(edge).len() as u32;
        Some(Segment { a: segment.b, b: segment.a, edge, number: points - 2 - segment.number })
    }
}

impl Iterator for Nearest<'_> {
    type Item = (Segment, SegmentPoint);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.heap.pop()?.entry {
                Entry::Box { level, number } => self.open_box(level, number),
                Entry::Segment { segment, point } => return Some((segment, point)),
            }
        }
    }
}

/// A lower bound of the distance from `at` to anything in `area`, in the plane around `at`.
fn distance_to_box(at: Coordinate, area: BoundingBox) -> f64 {
    let metres_per_degree = EARTH_RADIUS_M.to_radians();
    let outside = |value: f64, min: f64, max: f64| (min - value).max(value - max).max(0.0);
    let lat = outside(at.lat(), area.min.lat(), area.max.lat());
    let lon = [-360.0, 0.0, 360.0].map(|shift| outside(at.lon() + shift, area.min.lon(), area.max.lon()));
    let lon = lon.into_iter().fold(f64::INFINITY, f64::min);
    let bound = (lat * metres_per_degree).hypot(lon * at.lat().to_radians().cos() * metres_per_degree);
    // A hair less, so that rounding never puts a box behind what it holds.
    bound * (1.0 - 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use network::{Direction, ModeAccess, NetworkBuilder, Node, Road, RoadClass};

    const SOUTH_E7: i32 = 470_000_000;
    const SPAN_E7: i32 = 1_000_000;

    fn random_network(random: &mut fastrand::Rng, west_e7: i32) -> Network {
        let mut builder = NetworkBuilder::new();
        let mut place =
            || Coordinate { lat_e7: SOUTH_E7 + random.i32(0..SPAN_E7), lon_e7: west_e7 + random.i32(0..SPAN_E7) };
        for _ in 0..300 {
            let (a, b) = (builder.add_node(Node::at(place())), builder.add_node(Node::at(place())));
            let forward = Direction { access: ModeAccess::all(Access::Yes), max_speed_kmh: None };
            builder.add_road(&Road { forward, ..Road::between(a, b, RoadClass::Residential) }, &[place(), place()]);
        }
        builder.build().unwrap()
    }

    fn check_against_scanning(network: &Network, at: Coordinate) {
        let segments = network.edges().flat_map(|edge| segments_of(network, edge));
        let mut scanned: Vec<_> = segments
            .map(|segment| (closest_on_segment(at, segment.a, segment.b).distance_m, segment.edge, segment.number))
            .collect();
        scanned.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        let index = Index::new(network);
        let found: Vec<_> =
            index.nearest(network, Mode::Car, at).map(|(s, p)| (p.distance_m, s.edge, s.number)).collect();
        assert_eq!(found, scanned);
    }

    #[test]
    fn nearest_is_what_scanning_finds() {
        let mut random = fastrand::Rng::with_seed(7);
        // Seattle; and roads just west of the date line, asked for from just east of it.
        for (roads_from, asked_from) in [(-1_223_000_000, -1_223_500_000), (1_798_500_000, -1_800_000_000)] {
            let network = random_network(&mut random, roads_from);
            for _ in 0..50 {
                let lat_e7 = SOUTH_E7 - SPAN_E7 + random.i32(0..3 * SPAN_E7);
                check_against_scanning(
                    &network,
                    Coordinate { lat_e7, lon_e7: asked_from + random.i32(0..2 * SPAN_E7) },
                );
            }
        }
    }

    #[test]
    fn the_curve_visits_every_place_once_in_small_steps() {
        let mut places: Vec<_> = (0..64).flat_map(|x| (0..64).map(move |y| (hilbert(x, y), x, y))).collect();
        places.sort_unstable();
        for pair in places.windows(2) {
            assert_eq!(pair[0].1.abs_diff(pair[1].1) + pair[0].2.abs_diff(pair[1].2), 1);
        }
    }

    #[test]
    fn an_empty_index_finds_nothing() {
        let network = NetworkBuilder::new().build().unwrap();
        let at = Coordinate { lat_e7: 0, lon_e7: 0 };
        assert!(Index::new(&network).nearest(&network, Mode::Car, at).next().is_none());
    }
}
