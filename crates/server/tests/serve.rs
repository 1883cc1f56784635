//! The running server: answers, refusals, keys, the switch of datasets, the end.

mod common;

use common::{Server, connect, data_with_map, empty_data, eventually, failure, json};

/// Two places on streets of the bundled map.
const ROUTE: &str = "/route/directions/json?api-version=1.0&query=47.6613,-122.3130:47.6505,-122.3493";

#[test]
fn a_route_is_answered_with_the_headers_that_every_answer_carries() {
    let data = data_with_map();
    let server = Server::start(data.path(), &[]);
    let answer = server.get(ROUTE);
    assert_eq!(answer.status, 200, "{}", common::text(&answer.body));
    let summary = &answer.json()["routes"][0]["summary"];
    let metres = summary["lengthInMeters"].as_u64().unwrap();
    assert!((2_500..8_000).contains(&metres), "{summary}");
    assert!(answer.header("x-roundsman-dataset").unwrap().starts_with("seattle-udistrict-"));
    assert_eq!(answer.header("x-request-id").unwrap().len(), 36);
    let named = server.ask("GET", ROUTE, &[("x-request-id", "mine-1")], b"");
    assert_eq!(named.header("x-request-id"), Some("mine-1"));

    let ready = server.get("/readyz");
    assert_eq!((ready.status, &ready.json()["ready"]), (200, &true.into()));
    assert_eq!(server.get("/livez").status, 200);
    let page = server.get("/");
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    let nothing = server.get("/nothing/here");
    assert_eq!((nothing.status, &nothing.json()["error"]["code"]), (404, &"NotFound".into()));
    assert!(nothing.header("x-request-id").is_some());
    assert_eq!(server.ask("PATCH", "/livez", &[], b"").status, 405);
}

#[test]
fn the_command_line_answers_as_the_server_does() {
    let data = data_with_map();
    let places = ["47.6613,-122.3130", "47.6505,-122.3493"];
    let route = json(data.path(), &["route", "--profile", "car", places[0], places[1], "--json"]);
    let matrix = json(data.path(), &["matrix", places[0], places[1], "--json"]);
    assert_eq!(route["duration"], matrix["durations"][0][1]);
    assert_eq!(route["distance"], matrix["distances"][0][1]);
    assert!(route["geometry"]["coordinates"].as_array().unwrap().len() > 10);

    let server = Server::start(data.path(), &[]);
    let summary = server.get(ROUTE).json()["routes"][0]["summary"].clone();
    assert_eq!(summary["travelTimeInSeconds"], route["duration"]);
    assert_eq!(summary["lengthInMeters"], route["distance"]);
    // A place far from any road is bad input, and a verb without a map says what is missing.
    failure(data.path(), &["route", places[0], "10.0,10.0"], 2);
    failure(data.path(), &["route", places[0], "91,0"], 2);
    assert!(failure(data.path(), &["route", "-33.86,151.2", "-33.87,151.2", "--json"], 2).contains("-33.86"));
    assert!(failure(empty_data().path(), &["route", places[0], places[1]], 3).contains("roundsman import"));
}

#[test]
fn a_server_without_a_map_runs_and_notices_the_import() {
    let data = empty_data();
    let server = Server::start(data.path(), &[]);
    let ready = server.get("/readyz");
    assert_eq!(ready.status, 503);
    // Whoever is told so, in whichever dialect, is told both ways to mend it.
    let matrix = r#"{"origins": [[-122.3130, 47.6613]], "destinations": [[-122.3493, 47.6505]]}"#;
    let fleet = std::fs::read(common::repository().join("demo/fleet.json")).unwrap();
    for refused in [
        ready,
        server.get(ROUTE),
        server.post("/api/v1/matrix", matrix),
        server.ask("POST", "/api/v1/matrix", &[("prefer", "respond-async")], matrix.as_bytes()),
        server.post("/REST/V1/Routes/OptimizeItineraryAsync?key=x", fleet),
    ] {
        let said = common::text(&refused.body);
        assert!(refused.status == 503 && said.contains("`roundsman import "), "{said}");
        assert!(said.contains("`POST /api/v1/datasets?name=NAME&activate=true`"), "{said}");
    }
    assert_eq!(server.get("/livez").status, 200);

    let town = data.path().join("town.osm.pbf");
    testkit::Map::new("a b c").way("abc", &[("highway", "residential")]).write_pbf(&town);
    let first = json(data.path(), &["import", town.to_str().unwrap(), "--json"]);
    let dataset = |answer: &common::Answer| answer.header("x-roundsman-dataset").map(str::to_owned);
    let ready = eventually("the imported map", || Some(server.get("/readyz")).filter(|answer| answer.status == 200));
    assert_eq!(dataset(&ready).as_deref(), first["dataset"].as_str());

    testkit::Map::new("a b\nc d").way("abdca", &[("highway", "residential")]).write_pbf(&town);
    let second = json(data.path(), &["import", town.to_str().unwrap(), "--json"]);
    eventually("the second map", || {
        (dataset(&server.get("/livez")).as_deref() == second["dataset"].as_str()).then_some(())
    });
    json(data.path(), &["datasets", "rollback", "--json"]);
    eventually("the first map", || {
        (dataset(&server.get("/livez")).as_deref() == first["dataset"].as_str()).then_some(())
    });
}

#[test]
fn keys_count_from_the_next_request_on() {
    let data = data_with_map();
    let server = Server::start(data.path(), &[]);
    assert_eq!(server.get(ROUTE).status, 200);
    let key = json(data.path(), &["keys", "add", "ada", "--json"]);
    assert_eq!((&key["name"], &key["tenant"]), (&"ada".into(), &"ada".into()));
    let key = key["key"].as_str().unwrap();

    let refused = eventually("the key check", || Some(server.get(ROUTE)).filter(|answer| answer.status == 401));
    assert_eq!(refused.json()["error"]["code"], "Unauthorized");
    assert!(refused.header("www-authenticate").is_some());
    assert_eq!(server.get(&format!("{ROUTE}&subscription-key=wrong")).status, 401);
    eventually("the key", || (server.get(&format!("{ROUTE}&subscription-key={key}")).status == 200).then_some(()));
    assert_eq!(server.ask("GET", ROUTE, &[("subscription-key", key)], b"").status, 200);

    let bing = "/REST/v1/Routes/OptimizeItinerary";
    let refused = server.get(bing);
    assert_eq!((refused.status, &refused.json()["authenticationResultCode"]), (401, &"NoCredentials".into()));
    let refused = server.get(&format!("{bing}?key=wrong"));
    assert_eq!((refused.status, &refused.json()["authenticationResultCode"]), (401, &"InvalidCredentials".into()));
    assert_eq!(server.get("/api/v1/nothing").status, 401);
    assert_eq!(server.get("/livez").status, 200);

    let listed = json(data.path(), &["keys", "list", "--json"]);
    assert_eq!(listed[0]["name"], "ada");
    assert!(!listed.to_string().contains(key), "keys are told once");
    failure(data.path(), &["keys", "add", "ada"], 2);
    json(data.path(), &["keys", "revoke", "ada", "--json"]);
    failure(data.path(), &["keys", "revoke", "ada"], 2);
    eventually("the open door", || Some(server.get(ROUTE)).filter(|answer| answer.status == 200));
}

#[test]
fn a_door_to_other_machines_needs_a_key_or_a_word() {
    let data = empty_data();
    let refused = failure(data.path(), &["serve", "--listen", "0.0.0.0:0"], 2);
    assert!(refused.contains("roundsman keys add") && refused.contains("--open"), "{refused}");
    let server = Server::start(data.path(), &["--listen", "0.0.0.0:0", "--open"]);
    drop(server);
    json(data.path(), &["keys", "add", "ada", "--json"]);
    drop(Server::start(data.path(), &["--listen", "0.0.0.0:0"]));
}

#[test]
fn a_body_beyond_the_limit_is_413_in_the_dialect_of_its_path() {
    let data = empty_data();
    let server = Server::start_with(data.path(), &[], &[("ROUNDSMAN_LIMITS__BODY_BYTES", "2000")]);
    let body = vec![b' '; 3000];
    let bing = server.post("/REST/v1/Routes/OptimizeItinerary?key=x", &body);
    assert_eq!((bing.status, &bing.json()["statusCode"]), (413, &413.into()));
    let azure = server.post("/route/matrix/json?api-version=1.0", &body);
    assert_eq!(azure.status, 413);
    assert!(azure.json()["error"]["message"].as_str().unwrap().contains("2000"), "{}", azure.json());
}

#[test]
fn a_browser_may_call_from_any_page() {
    let data = empty_data();
    let server = Server::start(data.path(), &[]);
    let asks = [
        ("origin", "https://page.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    let answer = server.ask("OPTIONS", "/REST/v1/Routes/OptimizeItinerary", &asks, b"");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("content-type"));
    assert_eq!(server.ask("OPTIONS", "/route/directions/json", &[], b"").status, 400);
}

#[test]
fn what_cannot_be_had_is_one_sentence() {
    let data = empty_data();
    let server = Server::start(data.path(), &[]);
    let port = server.url.rsplit(':').next().unwrap();
    let taken = failure(empty_data().path(), &["serve", "--listen", &format!("127.0.0.1:{port}")], 3);
    assert!(taken.contains("the port is taken") && taken.contains("--listen"), "{taken}");
    let locked = failure(data.path(), &["serve", "--listen", "127.0.0.1:0"], 3);
    assert!(locked.contains("in use by another server"), "{locked}");
    let missing = failure(&data.path().join("no/such/folder"), &["serve", "--listen", "127.0.0.1:0"], 3);
    assert!(missing.contains("no/such/folder"), "{missing}");
    assert_eq!(missing.lines().count(), 1, "{missing}");
}

#[test]
fn signals_end_it_in_order() {
    let data = empty_data();
    assert_eq!(Server::start(data.path(), &[]).signal("TERM").code(), Some(0));
    assert_eq!(Server::start(data.path(), &[]).signal("INT").code(), Some(130));
    let server = Server::start(data.path(), &[]);
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let healthy = |code| failure(data.path(), &["healthcheck", "--listen", &address], code);
    healthy(1);
    drop(server);
    healthy(1);
}

#[test]
fn a_key_is_held_to_its_rate() {
    let data = data_with_map();
    let server = Server::start(data.path(), &[]);
    let key = json(data.path(), &["keys", "add", "slow", "--rate", "0.001", "--json"]);
    let route = format!("{ROUTE}&subscription-key={}", key["key"].as_str().unwrap());
    let refused = eventually("the end of the rate", || Some(server.get(&route)).filter(|answer| answer.status != 200));
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() > 60);
    failure(data.path(), &["keys", "add", "never", "--rate", "0"], 2);
}

#[test]
fn a_folder_without_a_store_is_said_to_be_one_and_stays_as_it_is() {
    let data = empty_data();
    let wrong = data.path().join("wrong");
    let id = "01a200ca-7e65-76df-b7d9-84fb523faf89";
    for folder in [data.path(), &wrong] {
        for verb in
            [&["operations", "list"][..], &["operations", "cancel", id], &["keys", "list"], &["keys", "revoke", "ada"]]
        {
            let said = failure(folder, verb, 2);
            assert!(said.contains("no operations and no keys") && said.contains("--data"), "{said}");
        }
    }
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0);
}

#[test]
fn a_silent_connection_is_closed_and_gives_its_place_to_the_next() {
    let data = empty_data();
    let settings = [("ROUNDSMAN_SERVER__CONNECTIONS", "1"), ("ROUNDSMAN_SERVER__IDLE_S", "1")];
    let server = Server::start_with(data.path(), &[], &settings);
    let mut silent = connect(&server);
    std::io::Write::write_all(&mut silent, b"GET /livez HTTP/1.1\r\nhost:").unwrap();
    // There is one place and it is taken, so this waits until the silent one is closed.
    assert_eq!(server.get("/livez").status, 200);
    let mut said = String::new();
    let _ = std::io::Read::read_to_string(&mut silent, &mut said);
    assert!(!said.contains("alive"), "{said}");
}

#[test]
fn revoking_the_last_key_shuts_a_server_that_other_machines_reach() {
    let data = empty_data();
    let key = json(data.path(), &["keys", "add", "ada", "--json"])["key"].as_str().unwrap().to_owned();
    let server = Server::start(data.path(), &["--listen", "0.0.0.0:0"]);
    let status = |key: &str| server.get(&format!("/REST/v1/Routes/OptimizeItinerary?key={key}")).status;
    assert_eq!((status(&key), status("")), (400, 401));
    json(data.path(), &["keys", "revoke", "ada", "--json"]);
    eventually("the end of the key", || (status(&key) == 401).then_some(()));
    assert_eq!(status(""), 401);
}
