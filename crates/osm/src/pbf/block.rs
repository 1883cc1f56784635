//! The objects of a block.
//!
//! Strings are looked at when they are asked for. One that is no UTF-8 is "", like a tag that nobody knows; a number of a
//! string that the table does not have is an error, since then the whole block is in doubt.

use super::wire::{Fields, Packed};
use super::{Malformed, MemberKind};
use crate::tags::Tags;

/// A decoded block.
pub(crate) struct Block<'a> {
    strings: Vec<&'a [u8]>,
    groups: Vec<&'a [u8]>,
    grid: Grid,
}

/// From stored numbers to billionths of a degree.
#[derive(Clone, Copy)]
struct Grid {
    granularity: i64,
    lat_offset: i64,
    lon_offset: i64,
}

/// A way.
pub(crate) struct Way<'a> {
    pub(crate) id: i64,
    pub(crate) tags: Tags<'a>,
    pub(crate) nodes: Vec<i64>,
}

/// A relation.
pub(crate) struct Relation<'a> {
    pub(crate) id: i64,
    pub(crate) tags: Tags<'a>,
    pub(crate) members: Vec<Member<'a>>,
}

/// A member of a relation.
pub(crate) struct Member<'a> {
    pub(crate) kind: MemberKind,
    pub(crate) id: i64,
    pub(crate) role: &'a str,
}

/// A node, of either of the two forms that a block has for it.
pub(crate) struct AnyNode<'a, 'b> {
    pub(crate) id: i64,
    pub(crate) nano_lat: Option<i64>,
    pub(crate) nano_lon: Option<i64>,
    keys_values: &'b [(u64, u64)],
    block: &'b Block<'a>,
}

impl<'a> AnyNode<'a, '_> {
    pub(crate) fn tags(&self) -> Result<Tags<'a>, Malformed> {
        self.block.tags(self.keys_values.iter().copied())
    }
}

/// How many objects a block holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) nodes: u64,
    pub(crate) ways: u64,
    pub(crate) relations: u64,
}

/// The fields of a group.
const NODE: u64 = 1;
const DENSE: u64 = 2;
const WAY: u64 = 3;
const RELATION: u64 = 4;

impl<'a> Block<'a> {
    /// Reads the frame of a block: its strings, and where its groups are.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let grid = Grid { granularity: 100, lat_offset: 0, lon_offset: 0 };
        let mut block = Block { strings: Vec::new(), groups: Vec::new(), grid };
        for field in Fields(bytes) {
            match field? {
                (1, value) => {
                    for string in Fields(value.bytes()?) {
                        if let (1, string) = string? {
                            block.strings.push(string.bytes()?);
                        }
                    }
                }
                (2, value) => block.groups.push(value.bytes()?),
                (17, value) => block.grid.granularity = value.signed()?,
                (19, value) => block.grid.lat_offset = value.signed()?,
                (20, value) => block.grid.lon_offset = value.signed()?,
                _ => {}
            }
        }
        Ok(block)
    }

    /// How many objects of each kind there are.
    pub(crate) fn counts(&self) -> Result<Counts, Malformed> {
        let mut counts = Counts::default();
        self.each(|kind, bytes| {
            match kind {
                NODE => counts.nodes += 1,
                DENSE => counts.nodes += field(bytes, 1)?.map_or(0, |ids| Packed(ids).len() as u64),
                WAY => counts.ways += 1,
                RELATION => counts.relations += 1,
                _ => {}
            }
            Ok(())
        })?;
        Ok(counts)
    }

    /// Hands on every way.
    pub(crate) fn ways(&self, mut visit: impl FnMut(Way<'a>)) -> Result<(), Malformed> {
        self.each(|kind, bytes| {
            if kind == WAY {
                visit(self.way(bytes)?);
            }
            Ok(())
        })
    }

    /// Hands on every relation.
    pub(crate) fn relations(&self, mut visit: impl FnMut(Relation<'a>)) -> Result<(), Malformed> {
        self.each(|kind, bytes| {
            if kind == RELATION {
                visit(self.relation(bytes)?);
            }
            Ok(())
        })
    }

    /// Hands on every node, until `visit` has an error.
    pub(crate) fn nodes<E: From<Malformed>>(
        &self,
        mut visit: impl FnMut(AnyNode<'a, '_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut outcome = Ok(());
        self.each(|kind, bytes| {
            if outcome.is_ok() {
                outcome = match kind {
                    NODE => self.plain_node(bytes, &mut visit),
                    DENSE => self.dense_nodes(bytes, &mut visit),
                    _ => Ok(()),
                };
            }
            Ok(())
        })?;
        outcome
    }

    /// Hands on every field of every group.
    fn each(&self, mut visit: impl FnMut(u64, &'a [u8]) -> Result<(), Malformed>) -> Result<(), Malformed> {
        for field in self.groups.iter().flat_map(|group| Fields(group)) {
            let (kind, value) = field?;
            if (NODE..=RELATION).contains(&kind) {
                visit(kind, value.bytes()?)?;
            }
        }
        Ok(())
    }

    fn way(&self, bytes: &'a [u8]) -> Result<Way<'a>, Malformed> {
        let (mut id, mut keys, mut values, mut nodes) = (0, Packed::default(), Packed::default(), Packed::default());
        for field in Fields(bytes) {
            match field? {
                (1, value) => id = value.signed()?,
                (2, value) => keys = Packed(value.bytes()?),
                (3, value) => values = Packed(value.bytes()?),
                (8, value) => nodes = Packed(value.bytes()?),
                _ => {}
            }
        }
        let mut list = Vec::with_capacity(nodes.len());
        let mut node = 0_i64;
        while let Some(difference) = nodes.signed()? {
            node = node.wrapping_add(difference);
            list.push(node);
        }
        Ok(Way { id, tags: self.packed_tags(keys, values)?, nodes: list })
    }

    fn relation(&self, bytes: &'a [u8]) -> Result<Relation<'a>, Malformed> {
        let (mut id, mut keys, mut values) = (0, Packed::default(), Packed::default());
        let (mut roles, mut ids, mut kinds) = (Packed::default(), Packed::default(), Packed::default());
        for field in Fields(bytes) {
            match field? {
                (1, value) => id = value.signed()?,
                (2, value) => keys = Packed(value.bytes()?),
                (3, value) => values = Packed(value.bytes()?),
                (8, value) => roles = Packed(value.bytes()?),
                (9, value) => ids = Packed(value.bytes()?),
                (10, value) => kinds = Packed(value.bytes()?),
                _ => {}
            }
        }
        let (mut members, mut member) = (Vec::with_capacity(ids.len()), 0_i64);
        while let Some(difference) = ids.signed()? {
            member = member.wrapping_add(difference);
            let (Some(role), Some(kind)) = (roles.number()?, kinds.number()?) else {
                return Err(Malformed("a member of a relation without a role or a kind"));
            };
            let kind = match kind {
                0 => MemberKind::Node,
                1 => MemberKind::Way,
                2 => MemberKind::Relation,
                _ => return Err(Malformed("a member of a relation of an unknown kind")),
            };
            members.push(Member { kind, id: member, role: self.string(role)? });
        }
        Ok(Relation { id, tags: self.packed_tags(keys, values)?, members })
    }

    fn plain_node<E: From<Malformed>>(
        &self,
        bytes: &'a [u8],
        visit: &mut impl FnMut(AnyNode<'a, '_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut id, mut lat, mut lon) = (0, 0, 0);
        let (mut keys, mut values) = (Packed::default(), Packed::default());
        for field in Fields(bytes) {
            match field? {
                (1, value) => id = zigzag_of(value.number()?),
                (2, value) => keys = Packed(value.bytes()?),
                (3, value) => values = Packed(value.bytes()?),
                (8, value) => lat = zigzag_of(value.number()?),
                (9, value) => lon = zigzag_of(value.number()?),
                _ => {}
            }
        }
        let mut keys_values = Vec::new();
        while let Some(key) = keys.number()? {
            let value = values.number()?.ok_or(Malformed("a key without a value"))?;
            keys_values.push((key, value));
        }
        visit(self.node(id, (lat, lon), &keys_values))
    }

    fn dense_nodes<E: From<Malformed>>(
        &self,
        bytes: &'a [u8],
        visit: &mut impl FnMut(AnyNode<'a, '_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut ids, mut lats, mut lons) = (Packed::default(), Packed::default(), Packed::default());
        let mut texts = Packed::default();
        for field in Fields(bytes) {
            match field? {
                (1, value) => ids = Packed(value.bytes()?),
                (8, value) => lats = Packed(value.bytes()?),
                (9, value) => lons = Packed(value.bytes()?),
                (10, value) => texts = Packed(value.bytes()?),
                _ => {}
            }
        }
        let (mut id, mut lat, mut lon) = (0_i64, 0_i64, 0_i64);
        let mut keys_values = Vec::new();
        while let Some(difference) = ids.signed()? {
            let (Some(north), Some(east)) = (lats.signed()?, lons.signed()?) else {
                return Err(Malformed("a node without a position").into());
            };
            (id, lat, lon) = (id.wrapping_add(difference), lat.wrapping_add(north), lon.wrapping_add(east));
            keys_values.clear();
            // Pairs up to a zero; without any tags in the whole group there is no list at all.
            while let Some(key) = texts.number()?.filter(|&key| key != 0) {
                keys_values.push((key, texts.number()?.ok_or(Malformed("a key without a value"))?));
            }
            visit(self.node(id, (lat, lon), &keys_values))?;
        }
        Ok(())
    }

    fn node<'b>(&'b self, id: i64, (lat, lon): (i64, i64), keys_values: &'b [(u64, u64)]) -> AnyNode<'a, 'b> {
        let Grid { granularity, lat_offset, lon_offset } = self.grid;
        let nano = |offset: i64, steps: i64| steps.checked_mul(granularity)?.checked_add(offset);
        AnyNode { id, nano_lat: nano(lat_offset, lat), nano_lon: nano(lon_offset, lon), keys_values, block: self }
    }

    fn packed_tags(&self, mut keys: Packed<'_>, mut values: Packed<'_>) -> Result<Tags<'a>, Malformed> {
        let mut tags = Vec::with_capacity(keys.len());
        while let Some(key) = keys.number()? {
            let value = values.number()?.ok_or(Malformed("a key without a value"))?;
            tags.push((self.string(key)?, self.string(value)?));
        }
        Ok(tags.into_iter().collect())
    }

    fn tags(&self, pairs: impl Iterator<Item = (u64, u64)>) -> Result<Tags<'a>, Malformed> {
        pairs.map(|(key, value)| Ok((self.string(key)?, self.string(value)?))).collect()
    }

    fn string(&self, number: u64) -> Result<&'a str, Malformed> {
        let found = usize::try_from(number).ok().and_then(|number| self.strings.get(number));
        let bytes = found.ok_or(Malformed("a string that its table does not have"))?;
        Ok(std::str::from_utf8(bytes).unwrap_or(""))
    }
}

/// The bytes of a field of a message.
fn field(bytes: &[u8], wanted: u64) -> Result<Option<&[u8]>, Malformed> {
    for field in Fields(bytes) {
        let (number, value) = field?;
        if number == wanted {
            return value.bytes().map(Some);
        }
    }
    Ok(None)
}

fn zigzag_of(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}
