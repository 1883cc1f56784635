//! Repeats a map side by side, for measuring how things grow: `tile FILE.osm.pbf COLUMNS ROWS OUT.osm.pbf`.
//!
//! Each copy has ids of its own and lies beside the one before. Neighbours are joined by a few primary roads, between the nodes
//! that lie farthest out in each of some bands, so the whole is one road network. The roads are real, but for those.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};

use geometry::Coordinate;
use osm::RawObject;
use testkit::{Member, MemberKind, Object, block, header};

/// Roads that join two neighbours.
const BANDS: usize = 6;
/// Objects to a block of the file.
const AT_ONCE: usize = 8000;
/// More than any id.
const IDS: i64 = 1 << 40;
/// Between two copies, about a kilometre.
const GAP_E7: i32 = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, columns, rows, out] = &arguments[..] else {
        return Err("usage: tile FILE.osm.pbf COLUMNS ROWS OUT.osm.pbf".into());
    };
    let (columns, rows) = (columns.parse::<usize>()?, rows.parse::<usize>()?);
    let map = read(file)?;
    let mut out = BufWriter::new(File::create(out)?);
    out.write_all(&header(&["OsmSchema-V0.6", "DenseNodes"]))?;
    let copies = || (0..rows).flat_map(move |row| (0..columns).map(move |column| Copy { row, column, columns }));
    // Nodes first, then ways, then relations, as files are usually sorted.
    for (kind, has_joints) in [(&map.nodes, false), (&map.ways, true), (&map.relations, false)] {
        for copy in copies() {
            for objects in kind.chunks(AT_ONCE) {
                let moved: Vec<Object> = objects.iter().map(|object| copy.of(object, map.size)).collect();
                out.write_all(&block(&moved))?;
            }
        }
        if has_joints {
            let joints: Vec<Object> = copies().flat_map(|copy| copy.joints(&map, rows)).collect();
            out.write_all(&block(&joints))?;
        }
    }
    out.flush()?;
    Ok(())
}

/// A map in memory.
struct Map {
    nodes: Vec<Object>,
    ways: Vec<Object>,
    relations: Vec<Object>,
    /// Of a copy with its gap, to the north and to the east.
    size: (i32, i32),
    /// In each band from south to north: the westernmost and easternmost node of a road.
    across: Vec<(i64, i64)>,
    /// In each band from west to east: the southernmost and northernmost.
    along: Vec<(i64, i64)>,
}

fn read(file: &str) -> Result<Map, Box<dyn Error>> {
    let (mut nodes, mut ways, mut relations) = (Vec::new(), Vec::new(), Vec::new());
    osm::objects(file.as_ref(), |object| match object {
        RawObject::Node(id, Some(at), tags) => nodes.push(Object::Node { id, at, tags }),
        RawObject::Node(_, None, _) => {}
        RawObject::Way(id, refs, tags) => ways.push(Object::Way { id, nodes: refs, tags }),
        RawObject::Relation(id, members, tags) => {
            let kind = |letter| match letter {
                'n' => MemberKind::Node,
                'w' => MemberKind::Way,
                _ => MemberKind::Relation,
            };
            let members = members.into_iter().map(|(letter, id, role)| Member { kind: kind(letter), id, role });
            relations.push(Object::Relation { id, members: members.collect(), tags });
        }
    })?;
    Ok(lay_out(nodes, ways, relations))
}

fn lay_out(nodes: Vec<Object>, ways: Vec<Object>, relations: Vec<Object>) -> Map {
    let mut on_roads: Vec<i64> = Vec::new();
    for way in &ways {
        if let Object::Way { nodes, tags, .. } = way {
            let is_road = |(key, value): &(String, String)| {
                key == "highway" && ["residential", "tertiary", "secondary", "primary"].contains(&value.as_str())
            };
            if tags.iter().any(is_road) {
                on_roads.extend(nodes);
            }
        }
    }
    on_roads.sort_unstable();
    let places: Vec<(i64, i32, i32)> = nodes
        .iter()
        .filter_map(|node| match node {
            Object::Node { id, at, .. } if on_roads.binary_search(id).is_ok() => Some((*id, at.lat_e7, at.lon_e7)),
            _ => None,
        })
        .collect();
    let flipped: Vec<(i64, i32, i32)> = places.iter().map(|&(id, lat, lon)| (id, lon, lat)).collect();
    let span = |values: &[(i64, i32, i32)]| {
        let of = |values: &[(i64, i32, i32)]| {
            values.iter().map(|place| place.1).min().zip(values.iter().map(|place| place.1).max())
        };
        of(values).unwrap_or((0, 0))
    };
    let (south, north) = span(&places);
    let (west, east) = span(&flipped);
    let size = (north - south + GAP_E7, east - west + GAP_E7);
    Map { nodes, ways, relations, size, across: extremes(&places, south, north), along: extremes(&flipped, west, east) }
}

/// In each band of the first coordinate: the nodes with the least and the greatest second one.
fn extremes(places: &[(i64, i32, i32)], from: i32, to: i32) -> Vec<(i64, i64)> {
    let band = |value: i32| i64::from(value - from) * BANDS as i64 / (i64::from(to - from) + 1);
    let of = |number: usize| {
        let inside = || places.iter().filter(move |place| band(place.1) == number as i64);
        inside().min_by_key(|place| place.2).zip(inside().max_by_key(|place| place.2)).map(|(a, b)| (a.0, b.0))
    };
    (0..BANDS).filter_map(of).collect()
}

/// One of the copies.
struct Copy {
    row: usize,
    column: usize,
    columns: usize,
}

impl Copy {
    fn id(&self, id: i64) -> i64 {
        id + (self.row * self.columns + self.column) as i64 * IDS
    }

    fn of(&self, object: &Object, (north, east): (i32, i32)) -> Object {
        match object {
            Object::Node { id, at, tags } => {
                let (lat_e7, lon_e7) = (at.lat_e7 + self.row as i32 * north, at.lon_e7 + self.column as i32 * east);
                Object::Node { id: self.id(*id), at: Coordinate { lat_e7, lon_e7 }, tags: tags.clone() }
            }
            Object::Way { id, nodes, tags } => Object::Way {
                id: self.id(*id),
                nodes: nodes.iter().map(|&node| self.id(node)).collect(),
                tags: tags.clone(),
            },
            Object::Relation { id, members, tags } => {
                let members =
                    members.iter().map(|member| Member { id: self.id(member.id), ..member.clone() }).collect();
                Object::Relation { id: self.id(*id), members, tags: tags.clone() }
            }
        }
    }

    /// The roads to the neighbours in the east and in the north.
    fn joints(&self, map: &Map, rows: usize) -> Vec<Object> {
        let east = (self.column + 1 < self.columns).then_some((Copy { column: self.column + 1, ..*self }, &map.across));
        let north = (self.row + 1 < rows).then_some((Copy { row: self.row + 1, ..*self }, &map.along));
        let mut joints = Vec::new();
        for (kind, (other, bands)) in
            [east, north].into_iter().enumerate().filter_map(|(kind, found)| Some((kind, found?)))
        {
            for (number, &(near, far)) in bands.iter().enumerate() {
                let tags = [("highway", "primary"), ("name", "Joint")];
                joints.push(Object::Way {
                    // Above all ids of this copy's map, below those of the next.
                    id: self.id(IDS / 2 + (kind * BANDS + number) as i64),
                    nodes: vec![self.id(far), other.id(near)],
                    tags: tags.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec(),
                });
            }
        }
        joints
    }
}
