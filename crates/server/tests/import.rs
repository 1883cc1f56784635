//! `import` and `datasets`: what good files become, and that bad files leave nothing behind.

mod common;

use std::path::Path;

use common::{data_with_map, empty_data, failure, json, map_file, run, text};

/// Everything in a folder, by path, without the locks of datasets, which stay.
fn contents(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else if !path.to_string_lossy().ends_with(".lock") {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn bad_files_end_with_two_and_leave_nothing_behind() {
    let whole = std::fs::read(map_file()).unwrap();
    let roadless = testkit::Map::new("a b").way("ab", &[("building", "yes")]).pbf_bytes();
    let table: [(&str, Option<&[u8]>, &str); 5] = [
        ("truncated.osm.pbf", Some(&whole[..whole.len() / 2]), "truncated"),
        ("empty.osm.pbf", Some(b""), "empty"),
        (
            "picture.osm.pbf",
            Some(b"\x89PNG\r\n\x1a\n and so on, for a while, until it is long enough"),
            "not an OpenStreetMap PBF",
        ),
        ("roadless.osm.pbf", Some(&roadless), "no roads"),
        ("missing.osm.pbf", None, "there is no file"),
    ];
    let files = empty_data();
    for (name, bytes, expected) in table {
        let (path, data) = (files.path().join(name), empty_data());
        if let Some(bytes) = bytes {
            std::fs::write(&path, bytes).unwrap();
        }
        let output = run(data.path(), &["import", path.to_str().unwrap()]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        let sentence = said.lines().last().unwrap();
        assert!(sentence.starts_with("roundsman: ") && sentence.contains(expected), "{name}: {said}");
        assert!(sentence.contains(name), "{name}: {said}");
        assert!(output.stdout.is_empty(), "{name}: {}", text(&output.stdout));
        assert_eq!(contents(data.path()), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_report_has_the_fixed_members_and_the_second_import_is_quick() {
    let data = data_with_map();
    let report = json(data.path(), &["import", map_file().to_str().unwrap(), "--json"]);
    for member in ["dataset", "nodes", "edges", "profiles", "seconds", "peak_rss_bytes", "disk_bytes"] {
        assert!(!report[member].is_null(), "{member}: {report}");
    }
    assert_eq!(report["already_there"], true);
    assert!(report["nodes"].as_u64().unwrap() > 1000, "{report}");
    assert!(report["dataset"].as_str().unwrap().starts_with("seattle-udistrict-"), "{report}");
}

#[test]
fn datasets_are_listed_activated_rolled_back_and_pruned() {
    let (data, files) = (data_with_map(), empty_data());
    let town = files.path().join("town.osm.pbf");
    testkit::Map::new("a b c").way("abc", &[("highway", "residential")]).write_pbf(&town);
    let seattle = json(data.path(), &["datasets", "list", "--json"])[0]["dataset"].as_str().unwrap().to_owned();

    let built = json(data.path(), &["import", town.to_str().unwrap(), "--no-activate", "--json"]);
    let town = built["dataset"].as_str().unwrap().to_owned();
    let active = || -> String {
        let list = json(data.path(), &["datasets", "list", "--json"]);
        let active = list.as_array().unwrap().iter().find(|row| row["active"] == true).unwrap();
        active["dataset"].as_str().unwrap().to_owned()
    };
    assert_eq!(active(), seattle);
    json(data.path(), &["datasets", "activate", &town, "--json"]);
    assert_eq!(active(), town);
    assert_eq!(json(data.path(), &["datasets", "rollback", "--json"])["active"], seattle.as_str());
    assert_eq!(active(), seattle);

    // The one to roll back to is kept; once another takes its place, it goes.
    assert_eq!(json(data.path(), &["datasets", "prune", "--json"])["removed"], serde_json::json!([]));
    failure(data.path(), &["datasets", "activate", "nowhere-0123456789ab"], 2);
    failure(data.path(), &["datasets", "activate", "../../etc"], 2);
}

#[test]
fn a_plan_is_a_forecast_and_a_limit_refuses_with_a_sentence() {
    let (data, map) = (empty_data(), map_file());
    let map = map.to_str().unwrap();
    let plan = json(data.path(), &["import", map, "--plan", "--json"]);
    assert_eq!(contents(data.path()), Vec::<String>::new(), "a plan writes nothing");
    let report = json(data.path(), &["import", map, "--json", "--threads", "2"]);
    // The forecast of the roads is a count of all blocks of so small a map.
    assert!(plan["roads"].as_f64().unwrap() > 0.9 * report["counts"]["roads"].as_f64().unwrap());
    for (forecast, found) in [("memory_bytes", "peak_rss_bytes"), ("disk_bytes", "disk_bytes")] {
        let ratio = plan[forecast].as_f64().unwrap() / report[found].as_f64().unwrap();
        assert!((0.3..4.0).contains(&ratio), "{forecast}: {plan} and {report}");
    }
    for (limit, status) in [("1M", 3), ("0", 2), ("much", 2)] {
        let output = run(empty_data().path(), &["import", map, "--memory-limit", limit]);
        assert_eq!(output.status.code(), Some(status), "{limit}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains("memory"), "{limit}: {}", text(&output.stderr));
    }
    let above = run(empty_data().path(), &["import", map, "--plan", "--memory-limit", "1M"]);
    assert_eq!(above.status.code(), Some(1), "a plan says no");
}

#[test]
fn heights_come_from_tiles() {
    let (data, map, srtm) = (empty_data(), map_file(), empty_data());
    let (map, folder) = (map.to_str().unwrap(), srtm.path().to_str().unwrap());
    let sentence = failure(data.path(), &["import", map, "--heights", folder], 2);
    assert!(sentence.contains("holds no heights"), "{sentence}");
    // A slope towards the north all over the map.
    let tile: Vec<u8> =
        (0..1201 * 1201).flat_map(|sample| i16::try_from(1200 - sample / 1201).unwrap().to_be_bytes()).collect();
    std::fs::write(srtm.path().join("N47W123.hgt"), tile).unwrap();
    let flat = json(data.path(), &["import", map, "--json"]);
    let hilly = json(data.path(), &["import", map, "--heights", folder, "--json"]);
    assert_ne!(flat["dataset"], hilly["dataset"], "the heights are part of what a dataset is made from");
}

#[test]
fn a_dataset_is_verified_to_the_last_byte() {
    let data = data_with_map();
    let whole = json(data.path(), &["datasets", "verify", "--json"]);
    assert!(whole["files"].as_u64().unwrap() > 5 && whole["bytes"].as_u64().unwrap() > 1_000_000, "{whole}");
    let id = whole["dataset"].as_str().unwrap();
    let metric = data.path().join("datasets").join(id).join("car.metric");
    let mut bytes = std::fs::read(&metric).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::remove_file(&metric).unwrap();
    std::fs::write(&metric, bytes).unwrap();
    let said = failure(data.path(), &["datasets", "verify", id], 3);
    assert!(said.contains("car.metric"), "{said}");
}

#[test]
fn the_bench_of_routing_has_the_fixed_members_and_is_exact() {
    let data = data_with_map();
    let told = json(data.path(), &["bench", "routing", "--queries", "40", "--matrix", "60", "--seed", "7", "--json"]);
    for member in ["order_s", "contract_s", "customize_s", "matrix_cells_per_s", "update_1000_ms", "open_ms"] {
        assert!(told[member].is_number(), "{member}: {told}");
    }
    for (member, part) in
        [("query_us", "median"), ("route_json_us", "p95"), ("isochrone_ms", "10"), ("isochrone_ms", "30")]
    {
        assert!(told[member][part].is_number(), "{member}.{part}: {told}");
    }
    assert_eq!(told["mismatches_vs_dijkstra"], 0, "{told}");
}
