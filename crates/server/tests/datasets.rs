//! Datasets over HTTP: a map is sent and imported as an operation, made the one in use, followed by the command line and a restart, and
//! deleted; what is no map, too large or not the asker's to do is refused.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use common::{Answer, Server, empty_data, eventually, finally, json, text};
use serde_json::{Value, json};

const DATASETS: &str = "/api/v1/datasets";

/// A street of `places` crossings, as a file of bytes; the same number, the same bytes.
fn map(places: usize) -> Vec<u8> {
    let folder = empty_data();
    let file = folder.path().join("street.osm.pbf");
    let letters: String = ('a'..='z').take(places).collect();
    let drawn: Vec<String> = letters.chars().map(String::from).collect();
    testkit::Map::new(&drawn.join(" "))
        .origin(47.66, -122.31)
        .spacing_m(400.0)
        .way(&letters, &[("highway", "residential")])
        .write_pbf(&file);
    fs::read(file).unwrap()
}

fn send(server: &Server, query: &str, headers: &[(&str, &str)], map: &[u8]) -> Answer {
    server.ask("POST", &format!("{DATASETS}?{query}"), headers, map)
}

fn id(accepted: &Answer) -> String {
    assert_eq!(accepted.status, 202, "{}", text(&accepted.body));
    accepted.json()["id"].as_str().unwrap().to_owned()
}

fn ended(server: &Server, id: &str) -> Value {
    let view = || server.get(&format!("/api/v1/operations/{id}")).json();
    finally("the end", || Some(view()).filter(|view| !view["finishedAt"].is_null()))
}

/// Imports a map to its end, and gives the dataset that came of it.
fn imported(server: &Server, query: &str, map: &[u8]) -> Value {
    let id = id(&send(server, query, &[], map));
    let view = ended(server, &id);
    assert_eq!((&view["state"], &view["kind"]), (&"succeeded".into(), &"api.importDataset".into()), "{view}");
    server.get(&format!("/api/v1/operations/{id}/result")).json()
}

fn name(dataset: &Value) -> &str {
    dataset["id"].as_str().unwrap()
}

fn activate(server: &Server, id: &str) -> Answer {
    server.ask("POST", &format!("{DATASETS}/{id}/activate"), &[], b"")
}

fn delete(server: &Server, id: &str) -> Answer {
    server.ask("DELETE", &format!("{DATASETS}/{id}"), &[], b"")
}

/// The ids that are listed, and the active one.
fn listed(server: &Server) -> (Vec<String>, Option<String>) {
    let all = server.get(DATASETS).json()["datasets"].as_array().unwrap().clone();
    let active = all.iter().find(|one| one["active"] == true).map(|one| name(one).to_owned());
    (all.iter().map(|one| name(one).to_owned()).collect(), active)
}

/// The map that a server has in use.
fn in_use(server: &Server) -> Option<String> {
    let ready = server.get("/readyz");
    (ready.status == 200).then(|| ready.json()["dataset"].as_str().unwrap().to_owned())
}

fn route(server: &Server) -> Answer {
    server.post("/api/v1/route", json!({"waypoints": [[-122.3099, 47.66], [-122.306, 47.66]]}).to_string())
}

/// Whatever is left of imports in a data folder, but for the datasets themselves.
fn leavings(data: &Path) -> Vec<PathBuf> {
    let names = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let is_left = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(".building-");
    names(data.join("datasets")).filter(is_left).chain(names(data.join("imports"))).collect()
}

#[test]
fn a_map_becomes_the_one_in_use_and_another_and_goes() {
    let data = empty_data();
    let server = Server::start(data.path(), &[]);
    assert_eq!((server.get("/readyz").status, listed(&server)), (503, (Vec::new(), None)));
    let (small, large) = (map(5), map(9));
    let first = imported(&server, "name=Small+town&activate=true", &small);
    assert_eq!((&first["name"], &first["active"], &first["nodes"]), (&"Small town".into(), &true.into(), &2.into()));
    assert_eq!(
        first["sources"],
        json!([{"name": "Small-town.osm.pbf", "bytes": small.len(), "blake3": first["sources"][0]["blake3"]}])
    );
    eventually("the map", || (in_use(&server).as_deref() == Some(name(&first))).then_some(()));
    assert_eq!(route(&server).status, 200);

    let second = imported(&server, "name=large", &large);
    assert_eq!((&second["active"], listed(&server).1.as_deref()), (&false.into(), Some(name(&first))));
    let shown = server.get(&format!("{DATASETS}/{}", name(&second)));
    assert_eq!((shown.status, shown.json()), (200, second.clone()));
    // Who hears that it is active is answered from it.
    let now = activate(&server, name(&second));
    assert_eq!((now.status, &now.json()["active"]), (200, &true.into()), "{}", text(&now.body));
    assert_eq!(route(&server).header("x-roundsman-dataset"), Some(name(&second)));

    let refused = delete(&server, name(&second));
    assert!(refused.status == 409 && text(&refused.body).contains("activate another"), "{}", text(&refused.body));
    assert_eq!(delete(&server, name(&first)).status, 204);
    assert_eq!((delete(&server, name(&first)).status, activate(&server, name(&first)).status), (404, 404));
    assert_eq!(server.get(&format!("{DATASETS}/{}", name(&first))).status, 404);
    assert_eq!(listed(&server), (vec![name(&second).to_owned()], Some(name(&second).to_owned())));
    // The same map again is there already, and quickly.
    assert_eq!(name(&imported(&server, "name=large", &large)), name(&second));
    assert!(leavings(data.path()).is_empty(), "{:?}", leavings(data.path()));
}

#[test]
fn the_command_line_and_a_restart_agree_on_what_is_in_use() {
    let data = empty_data();
    let server = Server::start(data.path(), &[]);
    let first = imported(&server, "name=first&activate=true", &map(5));
    let second = imported(&server, "name=second", &map(9));
    // Killed with the pointer just set: the next start follows it.
    assert_eq!(activate(&server, name(&second)).status, 200);
    server.kill();
    let server = Server::start(data.path(), &[]);
    assert_eq!(in_use(&server).as_deref(), Some(name(&second)));
    // Beside a running server the command line is heard, and in its absence it is the last word.
    json(data.path(), &["datasets", "activate", name(&first), "--json"]);
    eventually("the first map", || (listed(&server).1.as_deref() == Some(name(&first))).then_some(()));
    server.kill();
    json(data.path(), &["datasets", "activate", name(&second), "--json"]);
    let server = Server::start(data.path(), &[]);
    assert_eq!((in_use(&server).as_deref(), listed(&server).1.as_deref()), (Some(name(&second)), Some(name(&second))));
    json(data.path(), &["datasets", "rollback", "--json"]);
    eventually("the way back", || (listed(&server).1.as_deref() == Some(name(&first))).then_some(()));
}

#[test]
fn what_is_no_map_is_refused_or_fails_with_a_sentence() {
    let data = empty_data();
    let server = Server::start_with(data.path(), &[], &[("ROUNDSMAN_DATASETS__UPLOAD_BYTES", "2000")]);
    let good = map(5);
    assert!(good.len() < 2000);
    let refused = |query: &str, body: &[u8]| {
        let answer = send(&server, query, &[], body);
        let details = answer.json()["error"]["details"].clone();
        (answer.status, details[0]["field"].as_str().unwrap_or_default().to_owned(), details[0]["remedy"].clone())
    };
    for (query, body, status, field) in [
        ("name=a", &b""[..], 400, "body"),
        ("name=a", b"<osm version=\"0.6\"></osm>", 400, "body"),
        ("name=a", &[0xff; 1900], 400, "body"),
        ("name=a", &[0; 5000], 413, "body"),
        ("", &good, 400, "name"),
        ("name=../../etc/passwd&file=/etc/passwd", &good, 400, "file"),
        ("name=a&activate=perhaps", &good, 400, "activate"),
    ] {
        let (was, at, remedy) = refused(query, body);
        assert!((was, at.as_str()) == (status, field) && remedy.is_string(), "{query}: {was} {at} {remedy}");
    }
    let bad_key = send(&server, "name=a", &[("idempotency-key", "")], &good);
    assert_eq!(bad_key.status, 400);
    // It begins well; that it does not go on so is found when it is imported.
    let broken = id(&send(&server, "name=../../etc/passwd", &[], &good[..good.len() - 40]));
    let error = ended(&server, &broken)["error"].clone();
    let message = error["message"].as_str().unwrap();
    let here = data.path().to_str().unwrap();
    assert!(error["code"] == "InvalidMap" && message.starts_with("the map ") && !message.contains(here), "{error}");
    assert_eq!(listed(&server), (Vec::new(), None));
    assert!(leavings(data.path()).is_empty(), "{:?}", leavings(data.path()));
    for hostile in ["..", "%2e%2e%2f%2e%2e%2fetc", "street", ".building-street-000000000000"] {
        assert_eq!((delete(&server, hostile).status, activate(&server, hostile).status), (404, 404), "{hostile}");
    }
}

#[test]
fn a_map_that_would_need_too_much_memory_is_not_imported() {
    let data = empty_data();
    let server = Server::start_with(data.path(), &[], &[("ROUNDSMAN_DATASETS__MEMORY_BYTES", "1")]);
    let error = ended(&server, &id(&send(&server, "name=a", &[], &map(5))))["error"].clone();
    let message = error["message"].as_str().unwrap();
    assert!(error["code"] == "TooMuchMemory" && message.contains("datasets.memory_bytes"), "{error}");
}

#[test]
fn only_those_who_may_change_datasets() {
    let data = empty_data();
    let key = |name: &str| json(data.path(), &["keys", "add", name, "--json"])["key"].as_str().unwrap().to_owned();
    let server = Server::start_with(data.path(), &[], &[("ROUNDSMAN_DATASETS__TENANTS", "maps, other")]);
    let good = map(5);
    // Without any key this machine may, but no page of somebody else's.
    let from_a_page = send(&server, "name=a", &[("origin", "https://evil.example")], &good);
    assert!(from_a_page.status == 403 && text(&from_a_page.body).contains("evil.example"));
    let own_page = send(&server, "name=a", &[("origin", &server.url)], &good);
    let made = server.get(&format!("/api/v1/operations/{}/result", {
        let id = id(&own_page);
        ended(&server, &id);
        id
    }));
    let made = name(&made.json()).to_owned();

    let (ada, maps) = (key("ada"), key("maps"));
    let ask =
        |method: &str, path: &str, key: &str, body: &[u8]| server.ask(method, path, &[("x-api-key", key)], body).status;
    let (one, activate) = (format!("{DATASETS}/{made}"), format!("{DATASETS}/{made}/activate"));
    eventually("the keys", || (server.get(DATASETS).status == 401).then_some(()));
    assert_eq!((ask("GET", DATASETS, &ada, b""), ask("GET", &one, &ada, b"")), (200, 200));
    let import = format!("{DATASETS}?name=b");
    for (method, path) in [("POST", &import), ("POST", &activate), ("DELETE", &one)] {
        assert_eq!(ask(method, path, &ada, &good), 403, "{method} {path}");
    }
    assert_eq!((ask("POST", &activate, &maps, b""), ask("POST", &import, &maps, &good)), (200, 202));
}

#[test]
fn an_import_that_is_sent_twice_is_one_and_survives_its_server() {
    let data = empty_data();
    let server = Server::start(data.path(), &[]);
    let good = map(9);
    let held = hold_builders(data.path());
    let twice = [("idempotency-key", "k1")];
    let first = id(&send(&server, "name=a&activate=true", &twice, &good));
    let again = send(&server, "name=a&activate=true", &twice, &good);
    assert_eq!((id(&again), again.header("idempotency-replayed")), (first.clone(), Some("true")));
    assert_eq!(send(&server, "name=a&activate=true", &twice, &map(5)).status, 422);
    begun(&server, &first);
    server.kill();
    drop(held);
    let server = Server::start(data.path(), &[]);
    let view = ended(&server, &first);
    assert_eq!((&view["state"], &view["attempts"]), (&"succeeded".into(), &2.into()), "{view}");
    eventually("the map", || in_use(&server));
    assert!(leavings(data.path()).is_empty(), "{:?}", leavings(data.path()));
}

#[test]
fn a_cancelled_import_makes_nothing() {
    let data = empty_data();
    // A worker hears of the cancel when it renews its lease: three times a second.
    let server = Server::start_with(data.path(), &[], &[("ROUNDSMAN_OPERATIONS__LEASE_S", "1")]);
    let held = hold_builders(data.path());
    let import = id(&send(&server, "name=a&activate=true", &[], &map(9)));
    begun(&server, &import);
    let progress = || server.get(&format!("/api/v1/operations/{import}")).json()["progress"]["fraction"].as_f64();
    finally("progress", || progress().filter(|done| *done > 0.2));
    assert_eq!(server.ask("DELETE", &format!("/api/v1/operations/{import}"), &[], b"").json()["state"], "canceled");
    finally("the end of its work", || leavings(data.path()).is_empty().then_some(()));
    drop(held);
    assert_eq!((listed(&server), in_use(&server)), ((Vec::new(), None), None));
    // Its worker is free for the next.
    imported(&server, "name=b", &map(5));
}

/// As if somebody else were building a dataset there: imports wait for it.
fn hold_builders(data: &Path) -> File {
    fs::create_dir_all(data.join("datasets")).unwrap();
    let lock = File::create(data.join("datasets/.build.lock")).unwrap();
    lock.lock().unwrap();
    lock
}

/// Waits until a thread has taken it up, which is later than the claim that is written down.
fn begun(server: &Server, id: &str) {
    finally("the start", || {
        let view = server.get(&format!("/api/v1/operations/{id}")).json();
        (view["state"] == "running" && server.figure("roundsman_attempts_total") > 0).then_some(())
    });
}

#[test]
fn what_an_import_or_an_operation_needs_is_not_deleted() {
    let data = empty_data();
    let server = Server::start(data.path(), &[]);
    let (first, second) = (imported(&server, "name=a&activate=true", &map(5)), imported(&server, "name=b", &map(9)));
    let held = hold_builders(data.path());
    let third = id(&send(&server, "name=c", &[], &map(7)));
    begun(&server, &third);
    let refused = delete(&server, name(&second));
    assert!(refused.status == 409 && text(&refused.body).contains(&third), "{}", text(&refused.body));
    drop(held);
    ended(&server, &third);
    // With no worker at all, what was accepted over a dataset keeps it.
    server.kill();
    let server = Server::start(data.path(), &["--workers", "0"]);
    eventually("the map", || in_use(&server));
    let matrix = json!({"origins": [[-122.3099, 47.66]], "destinations": [[-122.306, 47.66]]}).to_string();
    let waiting = id(&server.ask("POST", "/api/v1/matrix", &[("prefer", "respond-async")], matrix.as_bytes()));
    assert_eq!(activate(&server, name(&second)).status, 200);
    let refused = delete(&server, name(&first));
    assert!(refused.status == 409 && text(&refused.body).contains(&waiting), "{}", text(&refused.body));
    server.ask("DELETE", &format!("/api/v1/operations/{waiting}"), &[], b"");
    assert_eq!(delete(&server, name(&first)).status, 204);
}
