//! The two passes over the files: first ways and restrictions, then the nodes that the ways name.
//!
//! Two passes, because a file may hold its objects in any order, and because the nodes of roads are a fraction of all
//! nodes: only they are kept, in flat arrays sorted by number. Of an object that comes twice the first counts.

use std::collections::{HashMap, HashSet};

use geometry::Coordinate;
use network::{Conditional, Details, DetailsId, Limits, NetworkBuilder, Node, NodeId, Road, Sign, Signs};

use crate::barrier::barrier_access;
use crate::bounds::Bounds;
use crate::conditional::{TaggedCondition, node_conditions, unread};
use crate::error::Error;
use crate::import::{Phase, Progress};
use crate::known_access::KnownAccess;
use crate::limits::limits;
use crate::pbf::{AnyNode, Block, Counts, Fault, PbfFile, Relation, Way};
use crate::restriction::{Restriction, read_restriction};
use crate::signs::exit_signs;
use crate::statistics::Statistics;
use crate::tags::Tags;
use crate::way::{WayDetails, way_road};

/// A way that is a road.
pub(crate) struct RoadWay {
    pub(crate) id: i64,
    /// Its nodes, as a range of [`FirstPass::nodes`].
    pub(crate) nodes: std::ops::Range<usize>,
    /// Its attributes; the ends are filled in for each piece.
    pub(crate) road: Road,
    /// Whether traffic keeps to the left, if the way says.
    pub(crate) left_hand: Option<bool>,
}

/// What the first pass keeps.
#[derive(Default)]
pub(crate) struct FirstPass {
    pub(crate) ways: Vec<RoadWay>,
    /// The numbers of the nodes of all ways, one way after the other.
    pub(crate) nodes: Vec<i64>,
    pub(crate) restrictions: Vec<Restriction>,
    known: HashSet<i64>,
    known_restrictions: HashSet<i64>,
    known_access: KnownAccess,
}

/// What the second pass keeps: the nodes of roads, ascending by number.
pub(crate) struct Nodes {
    ids: Vec<i64>,
    pub(crate) coordinates: Vec<Option<Coordinate>>,
    pub(crate) special: HashMap<u32, SpecialNode>,
}

/// A node that is not merely a bend.
#[derive(Clone, Copy)]
pub(crate) struct SpecialNode {
    pub(crate) node: Node,
    /// Whether a road must be cut there, so that the node is one of the network.
    pub(crate) cuts: bool,
}

impl Nodes {
    fn named_by(ways: &FirstPass) -> Self {
        let mut ids = ways.nodes.clone();
        ids.sort_unstable();
        ids.dedup();
        let coordinates = vec![None; ids.len()];
        Self { ids, coordinates, special: HashMap::new() }
    }

    /// The position of a node in the arrays; `None` if no road names it.
    pub(crate) fn position(&self, id: i64) -> Option<u32> {
        self.ids.binary_search(&id).ok().map(|position| position as u32)
    }
}

/// The first pass.
pub(crate) fn collect_ways(
    source: &Source<'_>,
    builder: &mut NetworkBuilder,
    statistics: &mut Statistics,
) -> Result<FirstPass, Error> {
    let mut ways = FirstPass::default();
    source.for_each_block(Phase::Ways, |_, block| {
        let Counts { nodes, ways: count, relations } = block.counts()?;
        statistics.nodes += nodes;
        statistics.ways += count;
        statistics.relations += relations;
        block.ways(|way| ways.add(way, builder, statistics))?;
        Ok(block.relations(|relation| ways.add_restrictions(&relation, builder, statistics))?)
    })?;
    Ok(ways)
}

impl FirstPass {
    fn add(&mut self, mut way: Way<'_>, builder: &mut NetworkBuilder, statistics: &mut Statistics) {
        let Some(found) = way_road(&way.tags, &mut self.known_access) else { return };
        if !self.known.insert(way.id) {
            statistics.repeated_roads += 1;
            return;
        }
        statistics.roads += 1;
        let [forward, backward] = &found.details;
        statistics.conditional_roads += u64::from(!forward.conditions.is_empty() || !backward.conditions.is_empty());
        statistics.unread_conditions += unread(&way.tags);
        let left_hand = found.left_hand;
        let road = Road {
            flags: found.flags,
            surface: found.surface,
            name: builder.text(found.name),
            reference: builder.text(found.reference),
            way_id: way.id,
            ferry_duration_ms: found.ferry_duration_ms,
            forward: found.forward,
            backward: found.backward,
            lanes: found.lanes,
            details: found.details.map(|details| way_details(&details, builder)),
            ..Road::between(NodeId(0), NodeId(0), found.class)
        };
        let (first, named) = (self.nodes.len(), way.nodes.len());
        way.nodes.dedup();
        statistics.repeated_nodes += (named - way.nodes.len()) as u64;
        self.nodes.append(&mut way.nodes);
        self.ways.push(RoadWay { id: way.id, nodes: first..self.nodes.len(), road, left_hand });
    }

    fn add_restrictions(&mut self, relation: &Relation<'_>, builder: &mut NetworkBuilder, statistics: &mut Statistics) {
        if !relation.tags.is("type", "restriction") {
            return;
        }
        if !self.known_restrictions.insert(relation.id) {
            statistics.repeated_restrictions += 1;
            return;
        }
        if let Some(found) = read_restriction(relation, builder, statistics) {
            self.restrictions.extend(found);
        }
    }
}

fn way_details(details: &WayDetails<'_>, builder: &mut NetworkBuilder) -> DetailsId {
    stored(details.limits, &details.signs, &details.conditions, builder)
}

/// Details with their texts in the network; most roads and nodes have none.
fn stored(
    limits: Limits,
    signs: &[(Sign, &str)],
    conditions: &[TaggedCondition<'_>],
    builder: &mut NetworkBuilder,
) -> DetailsId {
    if limits.is_none() && signs.is_empty() && conditions.is_empty() {
        return DetailsId::default();
    }
    let signs = signs.iter().fold(Signs::default(), |signs, (sign, text)| signs.with(*sign, builder.text(text)));
    let conditional = |condition: &TaggedCondition<'_>| Conditional {
        modes: condition.modes,
        effect: condition.effect,
        when: if condition.outside {
            builder.text(&format!("!{}", condition.when))
        } else {
            builder.text(condition.when)
        },
    };
    let conditions = conditions.iter().map(conditional).collect();
    builder.details(&Details { limits, signs, conditions })
}

/// The second pass.
pub(crate) fn collect_nodes(
    source: &Source<'_>,
    ways: &FirstPass,
    builder: &mut NetworkBuilder,
    statistics: &mut Statistics,
) -> Result<Nodes, Error> {
    let mut nodes = Nodes::named_by(ways);
    source
        .for_each_block(Phase::Nodes, |file, block| block.nodes(|node| nodes.add(file, &node, builder, statistics)))?;
    Ok(nodes)
}

/// `None` if it is not on Earth.
fn coordinate(node: &AnyNode<'_, '_>) -> Option<Coordinate> {
    // In integers: a detour through degrees could be off by one unit.
    let rounded = |nano: i64| (nano.checked_add(50)?).div_euclid(100).try_into().ok();
    let within = |value: i32, limit: i32| (-limit..=limit).contains(&value).then_some(value);
    Some(Coordinate {
        lat_e7: within(rounded(node.nano_lat?)?, 900_000_000)?,
        lon_e7: within(rounded(node.nano_lon?)?, 1_800_000_000)?,
    })
}

impl Nodes {
    fn add(
        &mut self,
        file: &PbfFile,
        node: &AnyNode<'_, '_>,
        builder: &mut NetworkBuilder,
        statistics: &mut Statistics,
    ) -> Result<(), Fault> {
        let Some(position) = self.position(node.id) else { return Ok(()) };
        let out_of_range = || Error::OutOfRange { file: file.path.clone(), node: node.id };
        let slot = &mut self.coordinates[position as usize];
        if slot.is_some() {
            statistics.duplicate_nodes += 1;
            return Ok(());
        }
        let at = coordinate(node).ok_or_else(out_of_range)?;
        *slot = Some(at);
        if let Some(special) = SpecialNode::read(at, &node.tags()?, builder) {
            self.special.insert(position, special);
        }
        Ok(())
    }
}

impl SpecialNode {
    /// `None` for a node of which there is nothing to say.
    fn read(at: Coordinate, tags: &Tags<'_>, builder: &mut NetworkBuilder) -> Option<Self> {
        if tags.is_empty() {
            return None;
        }
        let access = barrier_access(tags);
        let conditions = if tags.get("barrier").is_some() { node_conditions(tags) } else { Vec::new() };
        let limits = limits(tags, "");
        let signs = exit_signs(tags);
        let border = tags.is("barrier", "border_control");
        let toll_booth = tags.is("barrier", "toll_booth") || tags.is("highway", "toll_gantry");
        let signals = tags.is("highway", "traffic_signals");
        let cuts = access.is_some() || border || toll_booth || !limits.is_none() || !conditions.is_empty();
        if !cuts && !signals && signs.is_empty() {
            return None;
        }
        let details = stored(limits, &signs, &conditions, builder);
        let plain = Node::at(at);
        let barrier = access.unwrap_or(plain.barrier);
        Some(Self { node: Node { barrier, signals, border, toll_booth, details, ..plain }, cuts })
    }
}

/// The files of a map, and how they are read.
pub(crate) struct Source<'a> {
    pub(crate) files: &'a [PbfFile],
    pub(crate) threads: usize,
    pub(crate) bounds: Bounds<'a>,
    pub(crate) progress: &'a dyn Fn(Progress),
}

impl Source<'_> {
    fn for_each_block(
        &self,
        phase: Phase,
        mut visit: impl FnMut(&PbfFile, &Block<'_>) -> Result<(), Fault>,
    ) -> Result<(), Error> {
        let total = self.files.iter().map(|file| file.length).sum();
        let mut before = 0;
        for file in self.files {
            file.for_each_block(self.threads, |block, read| {
                visit(file, block)?;
                self.bounds.check()?;
                (self.progress)(Progress { phase, done: before + read, total });
                Ok(())
            })?;
            before += file.length;
        }
        Ok(())
    }
}
