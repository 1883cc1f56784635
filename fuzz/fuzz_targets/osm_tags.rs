//! A crossing of two ways and a turn restriction with any tags: one `key=value` a line; an empty line goes on to the next object.
#![no_main]

use geometry::Coordinate;
use testkit::{Member, MemberKind, Object, Tags};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut tags = text.split("\n\n").map(tags);
    let mut next = |base: &[(&str, &str)]| -> Tags {
        let base = base.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
        tags.next().unwrap_or_default().into_iter().chain(base).collect()
    };
    let member = |kind, id, role: &str| Member { kind, id, role: role.to_owned() };
    let way = |id, nodes: &[i64], tags| Object::Way { id, nodes: nodes.to_vec(), tags };
    let members =
        vec![member(MemberKind::Way, 1, "from"), member(MemberKind::Node, 3, "via"), member(MemberKind::Way, 2, "to")];
    let mut objects: Vec<Object> = (1..=5).map(|id| node(id, if id == 3 { next(&[]) } else { Tags::new() })).collect();
    objects.push(way(1, &[1, 3, 2], next(&[("highway", "residential")])));
    objects.push(way(2, &[4, 3, 5], next(&[("highway", "primary")])));
    objects.push(Object::Relation { id: 1, members, tags: next(&[("type", "restriction")]) });
    let mut file = testkit::header(&["OsmSchema-V0.6", "DenseNodes"]);
    file.extend(testkit::block(&objects));
    fuzz::import(&file);
});

fn node(id: i64, tags: Tags) -> Object {
    let at = Coordinate { lat_e7: 410_000_000 + (id as i32 % 2) * 9_000, lon_e7: -86_000_000 + id as i32 * 7_000 };
    Object::Node { id, at, tags }
}

fn tags(lines: &str) -> Tags {
    lines
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}
