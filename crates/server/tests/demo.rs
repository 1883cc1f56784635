//! `demo`: from nothing to a planned fleet, twice.

mod common;

use common::{Server, empty_data, eventually, json, roundsman, text, to_its_end};

#[test]
fn the_demo_plans_a_fleet_and_its_second_start_finds_the_map_there() {
    let data = empty_data();
    for start in ["first", "second"] {
        let mut command = roundsman();
        command.args(["demo", "--once", "--listen", "127.0.0.1:0", "--data"]).arg(data.path());
        command.env("ROUNDSMAN_SOLVER__TIME_LIMIT_S", "0.5");
        let output = to_its_end(command);
        let (said, log) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{start}: {log}");
        assert!(said.starts_with("listening on http://127.0.0.1:"), "{said}");
        assert!(said.contains("The fleet is planned:") && said.contains("of 60 stops"), "{said}");
        // The server ends with the plan: there is nothing to try on it.
        assert!(!said.contains("curl ") && !said.contains("Ctrl-C"), "{said}");
        assert_eq!(log.contains("reading nodes"), start == "first", "{start}: {log}");
    }
}

#[test]
fn what_the_demo_suggests_works() {
    let data = empty_data();
    let mut command = roundsman();
    command.args(["demo", "--listen", "127.0.0.1:0", "--data"]).arg(data.path());
    let server = Server::from_command(command);
    let route = server.get("/route/directions/json?api-version=1.0&query=47.6613,-122.3130:47.6505,-122.3493");
    assert_eq!(route.status, 200);
    let body = r#"{"profile":"car","origins":[[-122.3130,47.6613]],"destinations":[[-122.3493,47.6505]]}"#;
    let matrix = server.post("/api/v1/matrix", body);
    assert_eq!(matrix.status, 200, "{}", text(&matrix.body));
    let summary = &route.json()["routes"][0]["summary"];
    assert_eq!(matrix.json()["durations"][0][0], summary["travelTimeInSeconds"]);
    assert_eq!(matrix.json()["distances"][0][0], summary["lengthInMeters"]);
    assert_eq!(server.signal("INT").code(), Some(130));
}

/// The key is made once the server listens and revoked when it ends, whether or not the fleet is planned by then.
#[test]
fn an_interrupted_demo_leaves_no_key_behind() {
    let data = empty_data();
    json(data.path(), &["keys", "add", "ada", "--json"]);
    let mut command = roundsman();
    command.args(["demo", "--listen", "127.0.0.1:0", "--data"]).arg(data.path()).env("ROUNDSMAN_SERVER__GRACE_S", "0");
    let server = Server::from_command(command);
    let names = || json(data.path(), &["keys", "list", "--json"]).as_array().unwrap().len();
    eventually("the demo's key", || (names() == 2).then_some(()));
    assert_eq!(server.signal("INT").code(), Some(130));
    assert_eq!(names(), 1);
}

#[test]
fn the_published_examples_are_matched_or_beaten_as_the_document_says() {
    let data = empty_data();
    let printed = common::run(data.path(), &["demo", "--published"]);
    let documented = std::fs::read_to_string(common::repository().join("docs/published.md")).unwrap();
    assert!(documented.contains(text(&printed.stdout).trim()), "{}", text(&printed.stdout));
    let rows = json(data.path(), &["demo", "--published", "--json"]);
    for row in rows.as_array().unwrap() {
        let figures =
            |plan: &str| (-row[plan]["priority"].as_i64().unwrap(), row[plan]["travelSeconds"].as_i64().unwrap());
        assert!(figures("ours") <= figures("replayed"), "{row}");
    }
    assert_eq!(rows.as_array().unwrap().len(), 3);
    // The first published plan leaves priorities behind, the third drives five times as long.
    assert!(rows[0]["ours"]["priority"].as_i64() > rows[0]["replayed"]["priority"].as_i64());
    assert!(
        rows[2]["ours"]["travelSeconds"].as_i64().unwrap() * 5 < rows[2]["replayed"]["travelSeconds"].as_i64().unwrap()
    );
}
