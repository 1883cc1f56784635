//! The configuration: what is in force, and that every fault is named.

mod common;

use common::{empty_data, failure, json, repository, roundsman, text};

#[test]
fn faults_of_the_file_are_named_with_the_nearest_key() {
    let data = empty_data();
    let file = data.path().join("my.toml");
    std::fs::write(&file, "[limits]\nmatrix_cell = 7\n[operations]\nlease_s = \"soon\"\n").unwrap();
    let file = file.to_str().unwrap();
    let said = failure(data.path(), &["config", "check", "--config", file], 2);
    assert!(said.contains("unknown key limits.matrix_cell"), "{said}");
    assert!(said.contains("did you mean limits.matrix_cells?"), "{said}");
    assert!(said.contains("operations.lease_s") && said.contains("from 1 to 86400"), "{said}");
    assert!(failure(data.path(), &["serve", "--config", file], 2).contains("limits.matrix_cell"));
    assert!(failure(data.path(), &["config", "show", "--config", "/nowhere/at.toml"], 2).contains("/nowhere/at.toml"));
    assert!(failure(data.path(), &["serve", "--workers", "none"], 2).contains("flag --workers"));
}

#[test]
fn the_environment_wins_over_the_file_of_the_data_folder() {
    let data = empty_data();
    std::fs::write(data.path().join("roundsman.toml"), "limits.waypoints = 7\nlimits.batch_items = 9\n").unwrap();
    assert_eq!(json(data.path(), &["config", "show", "--json"])["limits.waypoints"], 7);
    let output = roundsman()
        .args(["config", "show", "--origin", "--json", "--data"])
        .arg(data.path())
        .env("ROUNDSMAN_LIMITS__WAYPOINTS", "8")
        .output()
        .unwrap();
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(shown["limits.waypoints"]["value"], "8");
    assert_eq!(shown["limits.waypoints"]["origin"], "environment ROUNDSMAN_LIMITS__WAYPOINTS");
    assert!(shown["limits.batch_items"]["origin"].as_str().unwrap().ends_with("roundsman.toml"));
    assert_eq!(shown["server.public_url"]["value"], serde_json::Value::Null);
}

#[test]
fn an_unknown_variable_is_a_fault_too() {
    let data = empty_data();
    let output =
        roundsman().args(["config", "check"]).env("ROUNDSMAN_SERVER__LISTN", "x").current_dir(data.path()).output();
    let output = output.unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("environment ROUNDSMAN_SERVER__LISTN") && said.contains("server.listen"), "{said}");
}

/// The documentation's tables are complete, in the order of `config show`, and true about the defaults.
#[test]
fn every_key_is_documented_with_its_default() {
    let documented = std::fs::read_to_string(repository().join("docs/configuration.md")).unwrap();
    let rows: Vec<(&str, &str)> = documented.lines().filter_map(documented_key).collect();
    let shown = json(empty_data().path(), &["config", "show", "--json"]);
    let shown = shown.as_object().unwrap();
    let names: std::collections::BTreeSet<&str> = rows.iter().map(|(key, _)| *key).collect();
    assert_eq!(names, shown.keys().map(String::as_str).collect());
    for (key, default) in rows {
        let value = match &shown[key] {
            serde_json::Value::Null => "unset".to_owned(),
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string().trim_end_matches(".0").to_owned(),
        };
        assert!(default == "cores" || default.trim_matches('`') == value, "{key} is {value}, documented as {default}");
    }
}

/// Key and default of a row such as ``| `limits.waypoints` | 150 | …``.
fn documented_key(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.split('|').map(str::trim);
    let key = cells.nth(1)?.strip_prefix('`')?.strip_suffix('`')?;
    Some((key, cells.next()?))
}
