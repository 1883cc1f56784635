//! Several nodes over one PostgreSQL and one folder of blobs: two that serve, two that work. Any of them answers any poll, the map
//! reaches all of them, and a worker that is killed is not missed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;
#[path = "../../operations/tests/store/postgres.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the store's tests use all of it"
)]
mod postgres;

use std::path::Path;

use common::{Server, data_with_map, empty_data, finally, roundsman, text};
use serde_json::{Value, json};

struct Shared {
    store: String,
    blobs: String,
    _folder: tempfile::TempDir,
}

impl Shared {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = empty_data();
        let blobs = format!("file:{}", folder.path().join("blobs").display());
        Self { store: runtime.block_on(postgres::new_database()), blobs, _folder: folder }
    }

    fn serve(&self, data: &Path, workers: &str) -> Server {
        let flags = ["--store", &self.store, "--blobs", &self.blobs, "--workers", workers];
        Server::start_with(data, &flags, &[("ROUNDSMAN_OPERATIONS__LEASE_S", "2")])
    }

    fn worker(&self, data: &Path) -> Server {
        let mut command = roundsman();
        command.arg("--data").arg(data).args(["worker", "--store", &self.store, "--blobs", &self.blobs]);
        command.args(["--workers", "1", "--listen", "127.0.0.1:0"]).env("ROUNDSMAN_OPERATIONS__LEASE_S", "2");
        Server::from_command(command)
    }
}

/// A matrix of more cells than are computed in one go, over the sample map.
fn matrix() -> String {
    let place = |number: u32, offset: f64| {
        [-122.3350 + 0.0021 * f64::from(number % 11) + offset, 47.655 + 0.0009 * f64::from(number % 7) + offset / 3.0]
    };
    let places = |count: u32, offset: f64| (0..count).map(|number| place(number, offset)).collect::<Vec<_>>();
    json!({"origins": places(1001, 0.0), "destinations": places(501, 0.0004)}).to_string()
}

fn later(server: &Server, path: &str, body: &str) -> String {
    let headers = [("prefer", "respond-async"), ("content-type", "application/json")];
    let accepted = server.ask("POST", path, &headers, body.as_bytes());
    assert_eq!(accepted.status, 202, "{}", text(&accepted.body));
    accepted.json()["id"].as_str().unwrap().to_owned()
}

fn ended(server: &Server, id: &str) -> Value {
    let view = || server.get(&format!("/api/v1/operations/{id}")).json();
    finally("the end", || Some(view()).filter(|view| !view["finishedAt"].is_null()))
}

#[test]
fn a_matrix_is_worked_on_by_all_and_survives_a_killed_worker() {
    let (shared, first, second) = (Shared::new(), data_with_map(), empty_data());
    let (at, other) = (shared.serve(first.path(), "0"), shared.serve(second.path(), "0"));
    finally("the map on the second node", || (other.get("/readyz").status == 200).then_some(()));
    let (one, two) = (empty_data(), empty_data());
    let (doomed, worker) = (shared.worker(one.path()), shared.worker(two.path()));

    let id = later(&at, "/api/v1/matrix", &matrix());
    finally("a part", || {
        let view = other.get(&format!("/api/v1/operations/{id}")).json();
        (view["state"] != "notStarted").then_some(())
    });
    doomed.kill();
    let view = ended(&other, &id);
    assert_eq!((&view["state"], &view["progress"]["total"]), (&"succeeded".into(), &6.into()), "{view}");
    let at_once = at.post("/api/v1/matrix", matrix());
    assert_eq!(at_once.status, 200);
    for node in [&at, &other] {
        let result = node.get(&format!("/api/v1/operations/{id}/result"));
        assert!(result.status == 200 && result.body == at_once.body, "{} bytes", result.body.len());
    }
    let part = other.ask("GET", &format!("/api/v1/operations/{id}/result"), &[("range", "bytes=100000-100099")], b"");
    assert!(part.status == 206 && part.body == at_once.body[100_000..100_100]);
    assert_eq!(worker.get("/readyz").status, 200);
    assert_eq!(worker.get("/api/v1/operations").status, 404);
    assert!(text(&worker.get("/metrics").body).contains("roundsman_items_completed_total"));
    assert_eq!(worker.signal("TERM").code(), Some(0));
}

#[test]
fn what_was_accepted_is_finished_by_whoever_is_left() {
    let (shared, data) = (Shared::new(), empty_data());
    let server = shared.serve(data.path(), "1");
    let body = json!({"agents": [{"name": "Mei", "shifts": [{"startTime": "2030-05-02T08:00:00",
            "startLocation": {"latitude": 47.6, "longitude": -122.3}, "endTime": "2030-05-02T18:00:00",
            "endLocation": {"latitude": 47.6, "longitude": -122.3}}]}],
        "itineraryItems": [{"name": "a", "location": {"latitude": 47.61, "longitude": -122.31}, "dwellTime": "00:10:00",
            "priority": 1, "openingTime": "2030-05-02T08:00:00", "closingTime": "2030-05-02T18:00:00"}],
        "roadnetwork": false, "options": {"steps": 10, "seed": 1, "threads": 1}});
    let accepted: Vec<String> = (0..20).map(|_| later(&server, "/api/v1/optimize", &body.to_string())).collect();
    server.kill();
    let other = empty_data();
    let server = shared.serve(other.path(), "1");
    for id in accepted {
        assert_eq!(ended(&server, &id)["state"], "succeeded");
    }
}
