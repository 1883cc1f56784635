//! The rules that every network keeps: asserted when one is built, and again when a file is verified.
//!
//! [`lengths`] compares the arrays' lengths with each other, so it costs nothing and runs at every opening; [`contents`]
//! reads everything. Both say in a few words what they found.

use crate::graph::{Arrays, EdgeId, NONE};
use crate::road::{EdgeFlags, NodeFlags, RoadClass, Surface};

/// The arrays belong to one another.
pub(crate) fn lengths(arrays: &Arrays) -> Result<(), String> {
    let nodes = arrays.coordinate.len();
    let edges = arrays.head.len();
    let roads = arrays.way_id.len();
    let expected = [
        ("barrier", arrays.barrier.len(), nodes),
        ("node_flags", arrays.node_flags.len(), nodes),
        ("first_out", arrays.first_out.len(), nodes + 1),
        ("tail", arrays.tail.len(), edges),
        ("reverse", arrays.reverse.len(), edges),
        ("road", arrays.road.len(), edges),
        ("length_cm", arrays.length_cm.len(), edges),
        ("access", arrays.access.len(), edges),
        ("max_speed_kmh", arrays.max_speed_kmh.len(), edges),
        ("flags", arrays.flags.len(), edges),
        ("class", arrays.class.len(), edges),
        ("lanes", arrays.lanes.len(), edges),
        ("first_point", arrays.first_point.len(), roads + 1),
        ("surface", arrays.surface.len(), roads),
        ("lawful_kmh", arrays.lawful_kmh.len(), roads),
        // All of them or none.
        ("height_dm", arrays.height_dm.len(), if arrays.height_dm.is_empty() { 0 } else { nodes }),
        ("ascent_dm", arrays.ascent_dm.len(), if arrays.height_dm.is_empty() { 0 } else { roads }),
        ("descent_dm", arrays.descent_dm.len(), arrays.ascent_dm.len()),
        ("name", arrays.name.len(), roads),
        ("reference", arrays.reference.len(), roads),
        ("ferry_duration_ms", arrays.ferry_duration_ms.len(), arrays.ferry_road.len()),
        ("edge_details", arrays.edge_details.len(), arrays.detailed_edge.len()),
        ("node_details", arrays.node_details.len(), arrays.detailed_node.len()),
        ("signs", arrays.signs.len(), arrays.limits.len()),
        ("first_condition", arrays.first_condition.len(), arrays.limits.len() + 1),
        ("condition_effect", arrays.condition_effect.len(), arrays.condition_modes.len()),
        ("condition_when", arrays.condition_when.len(), arrays.condition_modes.len()),
        ("first_conditional", arrays.first_conditional.len(), arrays.conditional_modes.len() + 1),
        ("conditional_when", arrays.conditional_when.len(), arrays.conditional_modes.len()),
        ("first_forbidden", arrays.first_forbidden.len(), arrays.forbidden_modes.len() + 1),
        ("bounding_box", arrays.bounding_box.len(), usize::from(nodes > 0)),
    ];
    for (array, length, expected) in expected {
        if length != expected {
            return Err(format!("{array} has {length} elements instead of {expected}"));
        }
    }
    Ok(())
}

/// Every index is in range and every order is kept.
pub(crate) fn contents(arrays: &Arrays) -> Result<(), String> {
    let (nodes, edges, roads) = (arrays.coordinate.len(), arrays.head.len(), arrays.way_id.len());
    offsets("first_out", &arrays.first_out, edges)?;
    offsets("first_point", &arrays.first_point, arrays.point.len())?;
    offsets("first_byte", &arrays.first_byte, arrays.byte.len())?;
    offsets("first_forbidden", &arrays.first_forbidden, arrays.forbidden_edge.len())?;
    offsets("first_condition", &arrays.first_condition, arrays.condition_modes.len())?;
    offsets("first_conditional", &arrays.first_conditional, arrays.conditional_edge.len())?;
    below("head", arrays.head.iter().map(|node| node.0), nodes)?;
    below("road", arrays.road.iter().map(|road| road / 2), roads)?;
    below("class", arrays.class.iter().map(|&class| u32::from(class)), RoadClass::ALL.len())?;
    let texts = arrays.first_byte.len() - 1;
    below("name", arrays.name.iter().copied(), texts)?;
    below("reference", arrays.reference.iter().copied(), texts)?;
    below("ferry_road", arrays.ferry_road.iter().copied(), roads)?;
    below("forbidden_edge", arrays.forbidden_edge.iter().map(|edge| edge.0), edges)?;
    below("conditional_edge", arrays.conditional_edge.iter().map(|edge| edge.0), edges)?;
    below("conditional_when", arrays.conditional_when.iter().copied(), texts)?;
    below("condition_when", arrays.condition_when.iter().copied(), texts)?;
    below("signs", arrays.signs.iter().flat_map(|signs| signs.0), texts)?;
    below("surface", arrays.surface.iter().map(|&surface| u32::from(surface)), Surface::ALL.len())?;
    details(arrays)?;
    tails(arrays)?;
    reverses(arrays)?;
    values(arrays)?;
    texts_are_utf8(arrays)?;
    forbidden(arrays)
}

/// An array of first indices: from 0, never falling, to the end.
fn offsets(array: &str, first: &[u32], end: usize) -> Result<(), String> {
    let whole = first.first() == Some(&0) && first.last().is_some_and(|&last| last as usize == end);
    if whole && first.is_sorted() {
        Ok(())
    } else {
        Err(format!("{array} is not a list of ascending offsets to {end}"))
    }
}

fn below(array: &str, mut values: impl Iterator<Item = u32>, limit: usize) -> Result<(), String> {
    match values.find(|&value| value as usize >= limit) {
        None => Ok(()),
        Some(value) => Err(format!("{array} names number {value} of {limit}")),
    }
}

fn tails(arrays: &Arrays) -> Result<(), String> {
    for (node, first) in arrays.first_out.windows(2).enumerate() {
        if arrays.tail[first[0] as usize..first[1] as usize].iter().any(|tail| tail.0 as usize != node) {
            return Err(format!("an edge of node {node} begins elsewhere"));
        }
    }
    Ok(())
}

fn reverses(arrays: &Arrays) -> Result<(), String> {
    for (edge, &reverse) in arrays.reverse.iter().enumerate().filter(|&(_, &reverse)| reverse != NONE) {
        let other = reverse as usize;
        let matches = other < arrays.head.len()
            && arrays.reverse[other] as usize == edge
            && arrays.road[other] == arrays.road[edge] ^ 1
            && (arrays.tail[other], arrays.head[other]) == (arrays.head[edge], arrays.tail[edge])
            && arrays.length_cm[other] == arrays.length_cm[edge];
        if !matches {
            return Err(format!("edge {edge} and its opposite {reverse} do not match"));
        }
    }
    Ok(())
}

fn values(arrays: &Arrays) -> Result<(), String> {
    if arrays.length_cm.contains(&0) {
        return Err("an edge has no length".into());
    }
    if arrays.flags.iter().any(|&flags| !EdgeFlags::KNOWN.contains(flags)) {
        return Err("an edge has an unknown flag".into());
    }
    if arrays.node_flags.iter().any(|&flags| !NodeFlags::KNOWN.contains(flags)) {
        return Err("a node has an unknown flag".into());
    }
    if !arrays.ferry_road.is_sorted_by(|a, b| a < b) {
        return Err("ferries are not ascending".into());
    }
    let on_earth = |at: &geometry::Coordinate| {
        at.lat_e7.unsigned_abs() <= 900_000_000 && at.lon_e7.unsigned_abs() <= 1_800_000_000
    };
    if !arrays.coordinate.iter().chain(arrays.point.iter()).all(on_earth) {
        return Err("a coordinate is not on Earth".into());
    }
    Ok(())
}

fn texts_are_utf8(arrays: &Arrays) -> Result<(), String> {
    let texts = arrays.first_byte.windows(2).map(|first| &arrays.byte[first[0] as usize..first[1] as usize]);
    match texts.enumerate().find(|(_, text)| std::str::from_utf8(text).is_err()) {
        None => Ok(()),
        Some((number, _)) => Err(format!("text {number} is not UTF-8")),
    }
}

/// Numbers of details are in range, their owners ascending, and the edges' flags say who has any.
fn details(arrays: &Arrays) -> Result<(), String> {
    let count = arrays.limits.len();
    if count == 0 {
        return Err("the details that stand for none are missing".into());
    }
    below("edge_details", arrays.edge_details.iter().copied(), count)?;
    below("node_details", arrays.node_details.iter().copied(), count)?;
    below("detailed_node", arrays.detailed_node.iter().copied(), arrays.coordinate.len())?;
    let flagged = (0..).zip(arrays.flags.iter()).filter(|(_, flags)| flags.has_details()).map(|(edge, _)| edge);
    if !flagged.eq(arrays.detailed_edge.iter().copied()) {
        return Err("the edges with details are not those that are listed".into());
    }
    if !arrays.detailed_node.is_sorted_by(|a, b| a < b) {
        return Err("the nodes with details are not ascending".into());
    }
    match arrays.condition_effect.iter().position(|effect| effect.unpacked().is_none()) {
        None => Ok(()),
        Some(condition) => Err(format!("condition {condition} has no known effect")),
    }
}

fn forbidden(arrays: &Arrays) -> Result<(), String> {
    sequences(arrays, "forbidden", &arrays.first_forbidden, &arrays.forbidden_edge)?;
    sequences(arrays, "conditional", &arrays.first_conditional, &arrays.conditional_edge)?;
    let sequence = |first: &[u32]| &arrays.forbidden_edge[first[0] as usize..first[1] as usize];
    if !arrays.first_forbidden.windows(3).all(|first| sequence(&first[..2]) < sequence(&first[1..])) {
        return Err("the forbidden sequences are not ascending".into());
    }
    Ok(())
}

/// Sequences of at least two edges, each beginning where the one before ends.
fn sequences(arrays: &Arrays, kind: &str, first: &[u32], all: &[EdgeId]) -> Result<(), String> {
    for (number, first) in first.windows(2).enumerate() {
        let edges = &all[first[0] as usize..first[1] as usize];
        let meets = |pair: &[EdgeId]| arrays.head[pair[0].0 as usize] == arrays.tail[pair[1].0 as usize];
        if edges.len() < 2 || !edges.windows(2).all(meets) {
            return Err(format!("the edges of {kind} sequence {number} do not follow each other"));
        }
    }
    Ok(())
}
