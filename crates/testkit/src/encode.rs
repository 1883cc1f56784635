//! A small writer of PBF: what a test needs to make files, sound or broken, byte by byte.
//!
//! A file is [`header`] followed by any number of [`block`]s, each holding objects in the order given; so any order of
//! objects can be written. Blocks are not compressed, which the format allows. See the OpenStreetMap wiki, "PBF Format".
//! Written independently of the reader under test.

use geometry::Coordinate;

/// An object of OpenStreetMap.
#[derive(Clone, Debug)]
pub enum Object {
    /// A node.
    Node {
        /// Its number.
        id: i64,
        /// Where it lies.
        at: Coordinate,
        /// Its tags.
        tags: Tags,
    },
    /// A way.
    Way {
        /// Its number.
        id: i64,
        /// The numbers of its nodes.
        nodes: Vec<i64>,
        /// Its tags.
        tags: Tags,
    },
    /// A relation.
    Relation {
        /// Its number.
        id: i64,
        /// Its members.
        members: Vec<Member>,
        /// Its tags.
        tags: Tags,
    },
}

/// Keys and values.
pub type Tags = Vec<(String, String)>;

/// A member of a relation.
#[derive(Clone, Debug)]
pub struct Member {
    /// What it is.
    pub kind: MemberKind,
    /// Its number.
    pub id: i64,
    /// Its role.
    pub role: String,
}

/// What a member of a relation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are their own names")]
pub enum MemberKind {
    Node = 0,
    Way = 1,
    Relation = 2,
}

/// The beginning of every file.
pub fn header(required_features: &[&str]) -> Vec<u8> {
    let mut message = Message::default();
    for feature in required_features {
        message.bytes(4, feature.as_bytes());
    }
    blob("OSMHeader", &message.0)
}

/// A block of objects, in groups of one kind as the format asks; nodes are dense.
pub fn block(objects: &[Object]) -> Vec<u8> {
    let mut strings = Strings(vec![String::new()]);
    let groups: Vec<Message> = objects.chunk_by(same_kind).map(|objects| group(objects, &mut strings)).collect();
    let mut table = Message::default();
    for string in &strings.0 {
        table.bytes(1, string.as_bytes());
    }
    let mut message = Message::default();
    message.bytes(1, &table.0);
    for group in groups {
        message.bytes(2, &group.0);
    }
    blob("OSMData", &message.0)
}

/// A framed blob of any type and content, for files that are to be wrong.
pub fn blob(kind: &str, content: &[u8]) -> Vec<u8> {
    let mut blob = Message::default();
    blob.bytes(1, content);
    let mut header = Message::default();
    header.bytes(1, kind.as_bytes());
    header.number(3, blob.0.len() as u64);
    let mut framed = (header.0.len() as u32).to_be_bytes().to_vec();
    framed.extend(header.0);
    framed.extend(blob.0);
    framed
}

fn same_kind(a: &Object, b: &Object) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

fn group(objects: &[Object], strings: &mut Strings) -> Message {
    let mut group = Message::default();
    if let Some(dense) = dense_nodes(objects, strings) {
        group.bytes(2, &dense.0);
    }
    for object in objects {
        match object {
            Object::Node { .. } => {}
            Object::Way { id, nodes, tags } => {
                let mut way = tagged(*id, tags, strings);
                way.deltas(8, nodes.iter().copied());
                group.bytes(3, &way.0);
            }
            Object::Relation { id, members, tags } => {
                let mut relation = tagged(*id, tags, strings);
                relation.packed(8, members.iter().map(|member| strings.number(&member.role)));
                relation.deltas(9, members.iter().map(|member| member.id));
                relation.packed(10, members.iter().map(|member| member.kind as u64));
                group.bytes(4, &relation.0);
            }
        }
    }
    group
}

fn dense_nodes(objects: &[Object], strings: &mut Strings) -> Option<Message> {
    let nodes: Vec<_> = objects
        .iter()
        .filter_map(|object| match object {
            Object::Node { id, at, tags } => Some((*id, *at, tags)),
            _ => None,
        })
        .collect();
    if nodes.is_empty() {
        return None;
    }
    let mut dense = Message::default();
    dense.deltas(1, nodes.iter().map(|node| node.0));
    dense.deltas(8, nodes.iter().map(|node| i64::from(node.1.lat_e7)));
    dense.deltas(9, nodes.iter().map(|node| i64::from(node.1.lon_e7)));
    let mut keys_and_values = Vec::new();
    for (_, _, tags) in nodes {
        for (key, value) in tags {
            keys_and_values.extend([strings.number(key), strings.number(value)]);
        }
        keys_and_values.push(0);
    }
    dense.packed(10, keys_and_values.into_iter());
    Some(dense)
}

/// The beginning that ways and relations share.
fn tagged(id: i64, tags: &Tags, strings: &mut Strings) -> Message {
    let mut message = Message::default();
    message.number(1, id as u64);
    message.packed(2, tags.iter().map(|(key, _)| strings.number(key)));
    message.packed(3, tags.iter().map(|(_, value)| strings.number(value)));
    message
}

/// The string table of a block; number 0 is reserved.
struct Strings(Vec<String>);

impl Strings {
    fn number(&mut self, string: &str) -> u64 {
        let known = self.0.iter().skip(1).position(|known| known == string);
        known.map_or_else(
            || {
                self.0.push(string.to_owned());
                self.0.len() as u64 - 1
            },
            |position| position as u64 + 1,
        )
    }
}

/// A protocol buffer message in the making.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(&mut self, field: u64, value: u64) {
        self.varint(field << 3);
        self.varint(value);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn packed(&mut self, field: u64, values: impl Iterator<Item = u64>) {
        let mut packed = Message::default();
        values.for_each(|value| packed.varint(value));
        self.bytes(field, &packed.0);
    }

    /// Packed differences in zig-zag order, as numbers and coordinates are stored.
    fn deltas(&mut self, field: u64, values: impl Iterator<Item = i64>) {
        let mut before = 0_i64;
        let differences = values.map(|value| {
            let difference = value.wrapping_sub(before);
            before = value;
            ((difference << 1) ^ (difference >> 63)) as u64
        });
        self.packed(field, differences);
    }
}
