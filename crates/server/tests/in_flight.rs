//! Work in flight while the world changes: another dataset becomes active, or the server is told to stop.

mod common;

use common::{Server, data_with_map, eventually, finally, json, repository};
use serde_json::Value;

const ASYNC: &str = "/REST/V1/Routes/OptimizeItineraryAsync?key=x";

/// The demo's fleet, searched for a minute, which is longer than any of these tests looks on.
#[expect(clippy::unwrap_used, reason = "the demo's fleet is part of the repository")]
fn fleet() -> String {
    let text = std::fs::read_to_string(repository().join("demo/fleet.json")).unwrap();
    let mut fleet: Value = serde_json::from_str(&text).unwrap();
    fleet["options"] = serde_json::json!({"timeLimitSeconds": 60, "seed": 1, "threads": 1});
    fleet.to_string()
}

/// Has the fleet accepted, and waits until a worker is at it.
#[expect(clippy::unwrap_used, reason = "a test whose question is refused has failed")]
fn begin_planning(server: &Server) -> String {
    let accepted = server.post(ASYNC, fleet()).json();
    let id = accepted["resourceSets"][0]["resources"][0]["requestId"].as_str().unwrap().to_owned();
    // The claim is written down before a thread takes the work up.
    eventually("the beginning of work", || {
        (server.figure("roundsman_attempts_total") > 0 && state(server, &id)["state"] == "running").then_some(())
    });
    id
}

fn state(server: &Server, id: &str) -> Value {
    server.get(&format!("/api/v1/operations/{id}")).json()
}

#[test]
fn an_operation_keeps_the_dataset_that_it_was_accepted_with() {
    let data = data_with_map();
    let server = Server::start(data.path(), &["--workers", "1"]);
    let fleet = begin_planning(&server);
    let places = "[[-122.3130, 47.6613], [-122.3493, 47.6505]]";
    let body = format!(r#"{{"profile": "car", "origins": {places}, "destinations": {places}}}"#);
    let at_once = server.post("/api/v1/matrix", &body);
    // Waits behind the fleet for the only worker.
    let queued = server.ask("POST", "/api/v1/matrix", &[("prefer", "respond-async")], body.as_bytes());
    assert_eq!(queued.status, 202, "{}", common::text(&queued.body));
    let id = queued.json()["id"].as_str().unwrap().to_owned();

    let town = data.path().join("town.osm.pbf");
    testkit::Map::new("a b c").way("abc", &[("highway", "residential")]).write_pbf(&town);
    let town = json(data.path(), &["import", town.to_str().unwrap(), "--json"])["dataset"].as_str().unwrap().to_owned();
    let active = || server.get("/livez").header("x-roundsman-dataset").map(str::to_owned);
    eventually("the switch", || (active().as_deref() == Some(&town)).then_some(()));

    server.ask("DELETE", &format!("/api/v1/operations/{fleet}"), &[], b"");
    finally("the matrix", || (state(&server, &id)["state"] == "succeeded").then_some(()));
    let result = server.get(&format!("/api/v1/operations/{id}/result"));
    assert!(result.header("x-roundsman-dataset").unwrap().starts_with("seattle-udistrict-"));
    assert_eq!(result.json()["durations"], at_once.json()["durations"]);
    // What the operation needed may go now that it has ended, but not while it is the one to roll back to.
    assert_eq!(json(data.path(), &["datasets", "prune", "--json"])["removed"], serde_json::json!([]));
}

#[test]
fn work_that_a_stop_interrupts_is_resumed_and_not_charged() {
    let data = data_with_map();
    let server = Server::start_with(data.path(), &[], &[("ROUNDSMAN_SERVER__GRACE_S", "0")]);
    let id = begin_planning(&server);
    assert_eq!(server.signal("TERM").code(), Some(0));
    let waiting = json(data.path(), &["operations", "show", &id, "--json"]);
    assert_eq!((&waiting["attempts"], &waiting["finishedAt"]), (&0.into(), &Value::Null), "{waiting}");

    let server = Server::start(data.path(), &[]);
    let resumed = finally("the plan", || Some(state(&server, &id)).filter(|now| now["state"] != "notStarted"));
    assert_eq!((&resumed["state"], &resumed["attempts"]), (&"running".into(), &1.into()), "{resumed}");
}

#[test]
fn a_cancelled_operation_is_canceled_beside_the_server() {
    let data = data_with_map();
    let server = Server::start(data.path(), &[]);
    let id = begin_planning(&server);
    assert_eq!(json(data.path(), &["operations", "cancel", &id, "--json"])["state"], "canceled");
    assert_eq!(state(&server, &id)["state"], "canceled");
    let listed = json(data.path(), &["operations", "list", "--state", "canceled", "--json"]);
    assert_eq!(listed["operations"][0]["id"], id.as_str());
    // A second wish finds it so already; one for an id that nobody has is a "no".
    json(data.path(), &["operations", "cancel", &id, "--json"]);
    common::failure(data.path(), &["operations", "show", "01a200a1-ca5c-754e-a48f-08c4665ce0af"], 1);
}
