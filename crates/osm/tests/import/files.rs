//! Files that are no maps, or broken ones, or written in an unusual order.

use std::path::PathBuf;

use osm::{Error, Phase, import};
use tempfile::TempDir;
use testkit::{Map, Object, blob, block, header};

const STREET: &[(&str, &str)] = &[("highway", "residential"), ("name", "First Street")];

fn map() -> Map {
    Map::new(
        "
        a b c
          d
        ",
    )
    .way("abc", STREET)
    .way("bd", &[("highway", "residential"), ("name", "Second Street")])
    .restriction("no_right_turn", "abc", "b", "bd")
    .restriction("no_u_turn", "bd", "b", "bd")
}

/// A file of these bytes; it lives as long as the folder.
fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.osm.pbf");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn error(bytes: &[u8]) -> Error {
    let (_folder, path) = file(bytes);
    let error = import(std::slice::from_ref(&path), &|_| {}).unwrap_err();
    let sentence = error.to_string();
    assert!(sentence.contains("map.osm.pbf") && !sentence.contains('\n'), "{sentence}");
    error
}

/// The network's bytes.
fn network_bytes(pbf: &[u8]) -> Vec<u8> {
    let (folder, path) = file(pbf);
    import(&[path], &|_| {}).unwrap().network.write(folder.path()).unwrap();
    std::fs::read(folder.path().join("network.bin")).unwrap()
}

#[test]
fn files_that_are_no_maps() {
    assert!(matches!(error(b""), Error::Empty { .. }));
    for other in [&b"<?xml version='1.0'?><osm/>"[..], b"a,b\n1,2\n", b"PK\x03\x04", &[0; 100], &[0xff; 100]] {
        assert!(matches!(error(other), Error::NotPbf { .. }), "{other:?}");
    }
    assert!(matches!(import(&[], &|_| {}), Err(Error::NoFiles)));
    assert!(matches!(import(&["/no/such/file".into()], &|_| {}), Err(Error::Io { .. })));
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(import(&[folder.path().into()], &|_| {}), Err(Error::Io { .. } | Error::NotPbf { .. })));
}

#[test]
fn a_file_cut_anywhere_is_truncated() {
    let bytes = map().pbf_bytes();
    let first_block = header(&["OsmSchema-V0.6", "DenseNodes"]).len();
    for length in 1..bytes.len() {
        match error(&bytes[..length]) {
            Error::Truncated { .. } => {}
            // Between two blocks nothing tells that more was to come; here, only the header is left.
            Error::NoRoads { .. } if length == first_block => {}
            other => panic!("cut at {length}: {other}"),
        }
    }
}

#[test]
fn a_flipped_byte_never_panics() {
    let bytes = map().pbf_bytes();
    for position in 0..bytes.len() {
        for mask in [0x01, 0x80, 0xff] {
            let mut broken = bytes.clone();
            broken[position] ^= mask;
            let (_folder, path) = file(&broken);
            // Some changes go unnoticed, a letter of a name for instance; the others are errors.
            let _ = import(&[path], &|_| {});
        }
    }
}

#[test]
fn sizes_are_not_believed() {
    let mut bytes = header(&[]);
    bytes.extend(blob("OSMData", b"this is no block"));
    assert!(matches!(error(&bytes), Error::Damaged { .. }));
    // A header of a blob that announces two gigabytes.
    let mut bytes = header(&[]);
    bytes.extend([0, 0, 0, 15]);
    bytes.extend(b"\x0a\x07OSMData\x18\xff\xff\xff\xff\x07");
    assert!(matches!(error(&bytes), Error::Damaged { .. }));
    // One that announces less than nothing.
    let mut bytes = header(&[]);
    bytes.extend([0, 0, 0, 20]);
    bytes.extend(b"\x0a\x07OSMData\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    assert!(matches!(error(&bytes), Error::Damaged { .. }));
}

#[test]
fn foreign_blobs_are_skipped_and_foreign_features_refused() {
    let mut bytes = header(&["OsmSchema-V0.6"]);
    bytes.extend(blob("Comment", b"anything"));
    bytes.extend(block(&map().objects()));
    assert_eq!(network_bytes(&bytes), network_bytes(&map().pbf_bytes()));
    let mut bytes = header(&["OsmSchema-V0.6", "HistoricalInformation"]);
    bytes.extend(block(&map().objects()));
    assert!(matches!(error(&bytes), Error::Unsupported { feature, .. } if feature == "HistoricalInformation"));
}

#[test]
fn maps_without_roads() {
    let no_ways = Map::new("a b").pbf_bytes();
    assert!(matches!(error(&no_ways), Error::NoRoads { .. }));
    let buildings = Map::new("a b").way("aba", &[("building", "yes")]).pbf_bytes();
    assert!(matches!(error(&buildings), Error::NoRoads { .. }));
    // The way is there, its nodes are not.
    let elsewhere = Map::new("a").way("xyz", STREET).pbf_bytes();
    assert!(matches!(error(&elsewhere), Error::NoRoads { .. }));
}

#[test]
fn a_node_that_is_not_on_earth() {
    let mut objects = map().objects();
    if let Object::Node { at, .. } = &mut objects[0] {
        at.lat_e7 = 900_000_001;
    }
    let mut bytes = header(&[]);
    bytes.extend(block(&objects));
    assert!(matches!(error(&bytes), Error::OutOfRange { node: 97, .. }));
}

#[test]
fn objects_may_come_in_any_order() {
    let objects = map().objects();
    let expected = network_bytes(&map().pbf_bytes());
    let ways_ahead = sorted(&objects, |object| !matches!(object, Object::Way { .. }));
    let relations_ahead = sorted(&objects, |object| !matches!(object, Object::Relation { .. }));
    let nodes_backward = sorted(&objects, |object| match object {
        Object::Node { id, .. } => -id,
        Object::Way { .. } | Object::Relation { .. } => i64::MAX,
    });
    for (number, shuffled) in [ways_ahead, relations_ahead, nodes_backward].into_iter().enumerate() {
        // In one block, and in a block for each object.
        let mut one = header(&[]);
        one.extend(block(&shuffled));
        let mut many = header(&[]);
        many.extend(shuffled.iter().flat_map(|object| block(std::slice::from_ref(object))));
        assert_eq!(network_bytes(&one), expected, "order {number}");
        assert_eq!(network_bytes(&many), expected, "order {number}, many blocks");
    }
}

fn sorted<K: Ord>(objects: &[Object], key: impl Fn(&Object) -> K) -> Vec<Object> {
    let mut sorted = objects.to_vec();
    sorted.sort_by_key(key);
    sorted
}

#[test]
fn negative_ids_are_ids() {
    let mut objects = map().objects();
    for object in &mut objects {
        match object {
            Object::Node { id, .. } => *id = -*id,
            Object::Way { nodes, .. } => nodes.iter_mut().for_each(|id| *id = -*id),
            Object::Relation { members, .. } => {
                for member in members.iter_mut().filter(|member| member.role == "via") {
                    member.id = -member.id;
                }
            }
        }
    }
    let mut bytes = header(&[]);
    bytes.extend(block(&objects));
    assert_eq!(network_bytes(&bytes), network_bytes(&map().pbf_bytes()));
}

#[test]
fn several_files_are_one_map() {
    let objects = map().objects();
    let (ways, others): (Vec<_>, Vec<_>) = objects.into_iter().partition(|object| matches!(object, Object::Way { .. }));
    let part = |objects: &[Object]| {
        let mut bytes = header(&[]);
        bytes.extend(block(objects));
        bytes
    };
    let ((_one, first), (_two, second)) = (file(&part(&ways)), file(&part(&others)));
    let (folder, whole) = file(&map().pbf_bytes());
    let imported = import(&[first.clone(), second, whole.clone()], &|_| {}).unwrap();
    imported.network.write(folder.path()).unwrap();
    assert_eq!(std::fs::read(folder.path().join("network.bin")).unwrap(), network_bytes(&map().pbf_bytes()));
    assert_eq!((imported.statistics.roads, imported.statistics.repeated_roads), (2, 2));
}

#[test]
fn overlapping_files_are_joined() {
    let when = [("restriction:conditional", "no_left_turn @ Su")];
    let west = map().restriction_tags(&when, "bd", "b", "abc");
    // The same objects, a street more, and a node that has moved since.
    let drawing = "\na b c e\n  d\n";
    let mut east = Map::new(drawing)
        .way("abc", STREET)
        .way("bd", &[("highway", "residential"), ("name", "Renamed Street")])
        .way("ce", STREET)
        .restriction("no_right_turn", "abc", "b", "bd")
        .restriction("no_u_turn", "bd", "b", "bd")
        .restriction_tags(&when, "bd", "b", "abc")
        .objects();
    for object in &mut east {
        if let Object::Node { id: 97, at, .. } = object {
            at.lat_e7 += 1_000;
        }
    }
    let (_one, first) = file(&west.pbf_bytes());
    let (_two, second) = file(&[header(&[]), block(&east)].concat());
    let imported = import(&[first.clone(), second.clone()], &|_| {}).unwrap();
    let statistics = imported.statistics;
    assert_eq!((statistics.roads, statistics.repeated_roads), (3, 2));
    assert_eq!((statistics.restrictions, statistics.repeated_restrictions), (3, 3));
    let network = imported.network;
    let names: std::collections::BTreeSet<_> = network.edges().map(|edge| network.name(edge)).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["First Street", "Second Street"]);
    assert!(network.nodes().any(|node| network.coordinate(node) == west.at('a')), "the first file's place counts");
    assert_eq!(network.edge_count(), 8, "ab, bc, bd and ce, each both ways");
    // The newer file, imported by itself or first, has its own way.
    let newer = import(std::slice::from_ref(&second), &|_| {}).unwrap().network;
    let renamed = |network: &network::Network| network.edges().any(|edge| network.name(edge) == "Renamed Street");
    assert!(renamed(&newer) && renamed(&import(&[second, first], &|_| {}).unwrap().network));
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let bytes = map().pbf_bytes();
    assert_eq!(network_bytes(&bytes), network_bytes(&bytes));
}

#[test]
fn progress_runs_through_the_phases() {
    let (_folder, path) = file(&map().pbf_bytes());
    let told = std::cell::RefCell::new(Vec::new());
    import(&[path], &|progress| told.borrow_mut().push(progress)).unwrap();
    let told = told.into_inner();
    assert!(told.iter().all(|progress| progress.done <= progress.total));
    assert!(told.is_sorted_by_key(|progress| (progress.phase, progress.done)));
    for phase in [Phase::Ways, Phase::Nodes, Phase::Roads, Phase::Restrictions] {
        let last = told.iter().rfind(|progress| progress.phase == phase).unwrap();
        assert_eq!(last.done, last.total, "{phase:?}");
    }
}
