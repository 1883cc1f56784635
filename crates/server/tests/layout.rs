//! The house rules that manifests can break: which crate may know which, and which may know serde and tokio.
//!
//! The table is that of `ARCHITECTURE.md`. A new crate or arrow is a decision: one page in `docs/decisions/`, then a row here.

use std::collections::BTreeMap;
use std::path::Path;

/// A crate and the crates of the house that it may use.
const ARROWS: [(&str, &[&str]); 13] = [
    ("geometry", &[]),
    ("vrp", &[]),
    ("operations", &[]),
    ("network", &["geometry"]),
    ("osm", &["network", "geometry"]),
    ("routing", &["network", "geometry"]),
    ("engine", &["routing", "vrp", "osm", "network", "geometry"]),
    ("wire", &["engine", "geometry"]),
    ("azure", &["wire", "engine", "geometry"]),
    ("bing", &["wire", "engine", "geometry"]),
    ("api", &["wire", "bing", "engine", "geometry"]),
    (
        "server",
        &["api", "azure", "bing", "wire", "engine", "operations", "routing", "vrp", "osm", "network", "geometry"],
    ),
    ("testkit", &["geometry", "network", "osm"]),
];

/// The crates that turn text into data; below them nothing may.
const WITHOUT_SERDE: [&str; 4] = ["geometry", "network", "routing", "vrp"];

/// The crates with `async`.
const WITH_TOKIO: [&str; 2] = ["server", "operations"];

struct Manifest {
    name: String,
    normal: Vec<String>,
    of_tests: Vec<String>,
    table: toml::Table,
}

#[expect(clippy::unwrap_used, reason = "without readable manifests there is nothing to test")]
fn manifests() -> Vec<Manifest> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(crates).unwrap() {
        let path = entry.unwrap().path().join("Cargo.toml");
        if path.is_file() {
            all.push(read(&path));
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

#[expect(clippy::unwrap_used, reason = "without readable manifests there is nothing to test")]
fn read(path: &Path) -> Manifest {
    let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let keys = |section: &str| -> Vec<String> {
        table.get(section).and_then(toml::Value::as_table).map_or(Vec::new(), |found| found.keys().cloned().collect())
    };
    let mut normal = keys("dependencies");
    normal.extend(keys("build-dependencies"));
    assert!(!table.contains_key("target"), "{}: platform tables would hide arrows from this test", path.display());
    let name = table["package"]["name"].as_str().unwrap().to_owned();
    Manifest { name, normal, of_tests: keys("dev-dependencies"), table }
}

fn allowed() -> BTreeMap<&'static str, &'static [&'static str]> {
    ARROWS.into_iter().collect()
}

#[test]
fn every_crate_is_in_the_table() {
    let names: Vec<String> = manifests().into_iter().map(|manifest| manifest.name).collect();
    let mut expected: Vec<&str> = allowed().into_keys().collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
}

#[test]
fn arrows_point_only_where_the_table_allows() {
    let allowed = allowed();
    for manifest in manifests() {
        let house = |name: &&String| allowed.contains_key(name.as_str());
        let mine = allowed[manifest.name.as_str()];
        for used in manifest.normal.iter().filter(house) {
            assert!(mine.contains(&used.as_str()), "{} may not use {used}", manifest.name);
        }
        for used in manifest.of_tests.iter().filter(house) {
            assert!(
                used == "testkit" || mine.contains(&used.as_str()),
                "the tests of {} may not use {used}",
                manifest.name
            );
        }
    }
}

#[test]
fn only_text_crates_know_serde_and_only_two_know_tokio() {
    for manifest in manifests() {
        let uses = |prefix: &str| manifest.normal.iter().any(|used| used.starts_with(prefix));
        assert!(!(WITHOUT_SERDE.contains(&manifest.name.as_str()) && uses("serde")), "{} uses serde", manifest.name);
        assert!(WITH_TOKIO.contains(&manifest.name.as_str()) || !uses("tokio"), "{} uses tokio", manifest.name);
        let http = ["axum", "hyper", "tower", "ureq"].into_iter().any(uses);
        assert!(manifest.name == "server" || !http, "{} uses a crate of HTTP", manifest.name);
    }
}

#[test]
fn every_crate_keeps_the_lints_of_the_workspace() {
    for manifest in manifests() {
        let lints = manifest.table.get("lints").and_then(|lints| lints.get("workspace"));
        assert_eq!(lints, Some(&toml::Value::Boolean(true)), "{}", manifest.name);
    }
}
