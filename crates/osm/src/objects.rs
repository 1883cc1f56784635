//! Every object of a file as it stands, for the tools that make files to measure with. An import never goes this way.

use std::path::Path;

use geometry::Coordinate;

use crate::error::Error;
use crate::pbf::{AnyNode, Fault, MemberKind, PbfFile, Relation, Way};
use crate::tags::Tags;

/// Keys and values.
pub type RawTags = Vec<(String, String)>;

/// An object with its id and tags.
#[derive(Clone, Debug)]
pub enum RawObject {
    /// A node; without a place where the file says none that is on Earth.
    Node(i64, Option<Coordinate>, RawTags),
    /// A way along nodes.
    Way(i64, Vec<i64>, RawTags),
    /// A relation; its members are a kind (`'n'`, `'w'` or `'r'`), an id and a role.
    Relation(i64, Vec<(char, i64, String)>, RawTags),
}

/// Hands on all objects of a file, block after block: the nodes, then the ways, then the relations of each.
pub fn objects(file: &Path, mut visit: impl FnMut(RawObject)) -> Result<(), Error> {
    PbfFile::open(file)?.for_each_block(1, |block, _| {
        block.nodes(|node| -> Result<(), Fault> {
            visit(RawObject::Node(node.id, place(&node), raw(&node.tags()?)));
            Ok(())
        })?;
        block.ways(|Way { id, tags, nodes }| visit(RawObject::Way(id, nodes, raw(&tags))))?;
        block.relations(|Relation { id, tags, members }| {
            let members = members.iter().map(|member| (letter(member.kind), member.id, member.role.to_owned()));
            visit(RawObject::Relation(id, members.collect(), raw(&tags)));
        })?;
        Ok(())
    })
}

fn raw(tags: &Tags<'_>) -> RawTags {
    tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn place(node: &AnyNode<'_, '_>) -> Option<Coordinate> {
    let e7 = |nano: Option<i64>, most: i64| nano.map(|nano| nano / 100).filter(|e7| e7.abs() <= most);
    let (lat_e7, lon_e7) = (e7(node.nano_lat, 900_000_000)?, e7(node.nano_lon, 1_800_000_000)?);
    Some(Coordinate { lat_e7: lat_e7 as i32, lon_e7: lon_e7 as i32 })
}

fn letter(kind: MemberKind) -> char {
    match kind {
        MemberKind::Node => 'n',
        MemberKind::Way => 'w',
        MemberKind::Relation => 'r',
    }
}
