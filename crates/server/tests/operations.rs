//! What clients get from operations in the neutral view: a list, one, its result in parts, its end while they wait, events as they
//! happen, and the wish to give one up.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::sync::mpsc::channel;
use std::time::Duration;

use common::{Answer, Server, connect, empty_data, finally, json, run, text};
use serde_json::{Value, json};

const LATER: &str = "/api/v1/optimize";

/// A plan as the crow flies that takes `steps` of search; without a number, a minute.
fn plan(steps: Option<u64>) -> String {
    let place = |number: u32| json!({"latitude": 47.6 + 0.01 * f64::from(number % 5), "longitude": -122.3 + 0.01 * f64::from(number % 3)});
    let items: Vec<Value> = (0..8)
        .map(|number| {
            json!({"name": format!("stop {number}"), "location": place(number), "dwellTime": "00:20:00", "priority": 1,
                "openingTime": "2030-05-02T09:00:00", "closingTime": "2030-05-02T15:00:00"})
        })
        .collect();
    let shift = json!({"startTime": "2030-05-02T08:00:00", "startLocation": place(0), "endTime": "2030-05-02T12:30:00", "endLocation": place(0)});
    let options = match steps {
        Some(steps) => json!({"steps": steps, "seed": 7, "threads": 1}),
        None => json!({"timeLimitSeconds": 60, "seed": 7, "threads": 1}),
    };
    json!({"agents": [{"name": "Mei", "shifts": [shift]}], "itineraryItems": items, "roadnetwork": false, "options": options})
        .to_string()
}

fn accept(server: &Server, body: &str, headers: &[(&str, &str)]) -> Answer {
    let headers = [&[("prefer", "respond-async"), ("content-type", "application/json")], headers].concat();
    server.ask("POST", LATER, &headers, body.as_bytes())
}

fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap_or_else(|| panic!("{}", text(&answer.body))).to_owned()
}

fn view(server: &Server, id: &str) -> Value {
    server.get(&format!("/api/v1/operations/{id}")).json()
}

fn ended(server: &Server, id: &str) -> Value {
    finally("the end", || Some(view(server, id)).filter(|view| !view["finishedAt"].is_null()))
}

fn started(server: &Server, id: &str) {
    finally("the start", || Some(view(server, id)).filter(|view| view["state"] == "running"));
}

/// The lines of an operation's stream of events.
fn told(server: &Server, id: &str) -> impl Iterator<Item = String> + use<> {
    let address = server.url.strip_prefix("http://").unwrap();
    let mut stream = connect(server);
    write!(stream, "GET /api/v1/operations/{id}/events HTTP/1.0\r\nhost: {address}\r\n\r\n").unwrap();
    BufReader::new(stream).lines().map(Result::unwrap)
}

/// The events of an operation until the stream ends, as `(name, data)`; `first` is called once the first has come.
fn events(server: &Server, id: &str, first: impl FnOnce()) -> Vec<(String, Value)> {
    let (mut heard, mut name, mut first) = (Vec::new(), String::new(), Some(first));
    for line in told(server, id) {
        if let Some(known) = line.strip_prefix("event: ") {
            known.clone_into(&mut name);
        } else if let Some(data) = line.strip_prefix("data: ") {
            heard.push((name.clone(), serde_json::from_str(data).unwrap()));
            if let Some(first) = first.take() {
                first();
            }
        }
    }
    heard
}

#[test]
fn operations_are_listed_page_by_page() {
    let data = empty_data();
    let server = Server::start(data.path(), &["--workers", "0"]);
    let accepted: Vec<String> = (0..5).map(|_| id(&accept(&server, &plan(Some(10)), &[]))).collect();
    let given_up = server.ask("DELETE", &format!("/api/v1/operations/{}", accepted[2]), &[], b"");
    assert_eq!((given_up.status, &given_up.json()["state"]), (200, &"canceled".into()));

    let mut seen = Vec::new();
    let mut next = Some(format!("{}/api/v1/operations?state=notStarted&kind=api.optimize&limit=3", server.url));
    while let Some(address) = next {
        let page = server.get(&address).json();
        let ids = page["operations"].as_array().unwrap().iter();
        seen.extend(ids.map(|view| view["id"].as_str().unwrap().to_owned()));
        next = page["nextLink"].as_str().map(str::to_owned);
    }
    let newest_first: Vec<&String> = accepted.iter().rev().filter(|id| **id != accepted[2]).collect();
    assert_eq!(seen.iter().collect::<Vec<_>>(), newest_first);
    let list = |query: &str| server.get(&format!("/api/v1/operations?{query}")).json();
    assert_eq!(list("state=canceled")["operations"][0]["id"], accepted[2].as_str());
    assert_eq!(list("kind=api.matrix")["operations"], json!([]));
    assert_eq!(list("after=nonsense")["operations"], json!([]));
    assert_eq!(list("state=lost")["error"]["details"][0]["field"], "state");
}

#[test]
fn who_asks_again_hears_only_what_is_new() {
    let data = empty_data();
    let server = Server::start(data.path(), &[]);
    let id = id(&accept(&server, &plan(Some(10)), &[]));
    ended(&server, &id);
    let path = format!("/api/v1/operations/{id}");
    let first = server.get(&path);
    let tag = first.header("etag").unwrap();
    assert!(first.header("cache-control").unwrap().starts_with("private, max-age=86"), "{first:?}");
    let again = server.ask("GET", &path, &[("if-none-match", tag)], b"");
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(tag)));
}

#[test]
fn a_result_is_sent_whole_or_in_parts() {
    let data = empty_data();
    let server = Server::start(data.path(), &[]);
    let accepted = accept(&server, &plan(Some(10)), &[("prefer", "respond-async, wait=30")]);
    assert_eq!(accepted.status, 200, "{}", text(&accepted.body));
    let id = server.get("/api/v1/operations").json()["operations"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/operations/{id}/result");
    let whole = server.get(&path);
    assert_eq!((whole.status, whole.header("accept-ranges")), (200, Some("bytes")));
    assert_eq!(whole.body, accepted.body);
    let part = |range: &str, more: &[(&str, &str)]| {
        let answer = server.ask("GET", &path, &[&[("range", range)], more].concat(), b"");
        let place = answer.header("content-range").map(str::to_owned);
        (answer.status, place, answer.body)
    };
    let total = whole.body.len();
    assert_eq!(part("bytes=5-9", &[]), (206, Some(format!("bytes 5-9/{total}")), whole.body[5..10].to_vec()));
    assert_eq!(part("bytes=-7", &[]).2, whole.body[total - 7..]);
    assert_eq!(part("bytes=99999999-", &[]), (416, Some(format!("bytes */{total}")), Vec::new()));
    assert_eq!(part("bytes=0-4", &[("if-range", "\"another\"")]).0, 200);
    let tag = whole.header("etag").unwrap();
    assert_eq!(part("bytes=0-4", &[("if-range", tag)]).2, whole.body[..5]);
    assert_eq!(server.ask("GET", &path, &[("if-none-match", tag)], b"").status, 304);
    let joined = [part("bytes=0-99", &[]).2, part("bytes=100-", &[]).2].concat();
    assert_eq!(joined, whole.body);
}

#[test]
fn events_tell_what_happens_until_the_end() {
    let data = empty_data();
    let server = Server::start(data.path(), &[]);
    let id = id(&accept(&server, &plan(None), &[]));
    let path = format!("/api/v1/operations/{id}");
    let told = events(&server, &id, || {
        started(&server, &id);
        assert_eq!(server.ask("DELETE", &path, &[], b"").status, 200);
    });
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names[0], *names.last().unwrap()), ("state", "end"), "{names:?}");
    let (_, last) = told.last().unwrap();
    assert_eq!((&last["state"], &last["id"]), (&"canceled".into(), &id.as_str().into()));
    // Who comes after the end is told the end, and nobody else's operation is watched.
    let late = events(&server, &id, || {});
    assert_eq!(late.iter().map(|(name, _)| name.as_str()).next_back(), Some("end"));
    assert_eq!(server.get("/api/v1/operations/01a200ca-7e65-76df-b7d9-84fb523faf89/events").status, 404);
    // It is too late to give up what has ended, and no fault to give up twice.
    assert_eq!(server.ask("DELETE", &path, &[], b"").status, 200);
    let done = self::id(&accept(&server, &plan(Some(10)), &[]));
    ended(&server, &done);
    let refused = server.ask("DELETE", &format!("/api/v1/operations/{done}"), &[], b"");
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (409, &"OperationEnded".into()));
}

#[test]
fn the_verbs_see_what_clients_see() {
    let data = empty_data();
    let server = Server::start(data.path(), &[]);
    let id = id(&accept(&server, &plan(Some(10)), &[]));
    let watched = run(data.path(), &["operations", "watch", &id, "--json"]);
    assert!(watched.status.success(), "{}", text(&watched.stderr));
    let lines: Vec<Value> = text(&watched.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.last().unwrap()["state"], "succeeded");
    let shown = json(data.path(), &["operations", "show", &id, "--json"]);
    let mut seen = view(&server, &id);
    seen["resultUrl"] = shown["resultUrl"].clone();
    assert_eq!(shown, seen);
}

#[test]
fn what_happens_is_counted() {
    let data = empty_data();
    let server = Server::start(data.path(), &[]);
    let id = id(&accept(&server, &plan(Some(10)), &[]));
    ended(&server, &id);
    let figures = server.get("/metrics");
    assert!(figures.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    let figures = text(&figures.body);
    for line in
        ["roundsman_operations_accepted_total 1", "roundsman_attempts_total 1", "roundsman_accept_seconds_count 1"]
    {
        assert!(figures.lines().any(|found| found == line), "{line} is not in\n{figures}");
    }
}

#[test]
fn a_question_sent_again_is_the_same_operation_also_across_a_restart() {
    let data = empty_data();
    let server = Server::start(data.path(), &["--workers", "0"]);
    let key = [("idempotency-key", "\"order 7\"")];
    let first = accept(&server, &plan(Some(10)), &key);
    assert_eq!((first.status, first.header("idempotency-replayed")), (202, None));
    let at_once: Vec<Answer> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(|| accept(&server, &plan(Some(10)), &key))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for again in &at_once {
        assert_eq!((again.status, &again.body, again.header("idempotency-replayed")), (202, &first.body, Some("true")));
    }
    server.kill();
    let server = Server::start(data.path(), &[]);
    ended(&server, &id(&first));
    let after = accept(&server, &plan(Some(10)), &key);
    let same = |answer: &Answer| {
        let mut body = answer.json();
        body["resultUrl"] = Value::Null;
        body
    };
    assert_eq!((after.status, same(&after)), (202, same(&first)));
    assert_eq!(server.get("/api/v1/operations").json()["operations"].as_array().unwrap().len(), 1);

    let other = accept(&server, &plan(Some(11)), &key);
    assert_eq!((other.status, &other.json()["error"]["code"]), (422, &"KeyReused".into()));
    let azures = [("repeatability-request-id", "1f6e3d2a-0000-4000-8000-000000000001")];
    let repeatable = accept(&server, &plan(Some(10)), &azures);
    assert_eq!((repeatable.status, repeatable.header("repeatability-result")), (202, Some("accepted")));
    assert_ne!(id(&repeatable), id(&first));
    let broken = accept(&server, &plan(Some(10)), &[("idempotency-key", &"x".repeat(300))]);
    assert_eq!((broken.status, &broken.json()["error"]["details"][0]["field"]), (400, &"idempotency-key".into()));
}

#[test]
fn a_cancelled_optimization_keeps_its_best_plan() {
    let data = empty_data();
    let server = Server::start(data.path(), &["--workers", "2"]);
    a_cancel_keeps_the_plan(&server, &plan(None));
    let on_islands = plan(None).replace("\"seed\"", "\"islands\":2,\"rounds\":2,\"seed\"");
    assert!(on_islands.contains("islands"));
    a_cancel_keeps_the_plan(&server, &on_islands);
}

fn a_cancel_keeps_the_plan(server: &Server, asked: &str) {
    let id = id(&accept(server, asked, &[]));
    // A search tells of its first plan at once.
    let mut told = told(server, &id);
    assert!(told.any(|line| line == "event: plan"));
    drop(told);
    let canceled = server.ask("DELETE", &format!("/api/v1/operations/{id}"), &[], b"").json();
    let result = server.get(canceled["resultUrl"].as_str().unwrap());
    assert_eq!(result.status, 200, "{}", text(&result.body));
    let served = result.json()["agentItineraries"][0]["instructions"].as_array().unwrap().len();
    assert!(served > 2, "{}", text(&result.body));
}

#[test]
fn the_end_is_told_to_a_webhook_until_it_is_heard() {
    let data = empty_data();
    let receiver = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/told?by=roundsman", receiver.local_addr().unwrap());
    let settings = [("ROUNDSMAN_WEBHOOKS__SECRET", "s3cret"), ("ROUNDSMAN_WEBHOOKS__HOSTS", "localhost, 127.0.0.1")];
    let server = Server::start_with(data.path(), &[], &settings);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let traceparent = format!("00-{trace}-b7ad6b7169203331-01");
    let headers = [("x-roundsman-webhook", address.as_str()), ("traceparent", &traceparent)];
    let id = id(&accept(&server, &plan(Some(10)), &headers));
    // The first attempt is refused, so there is a second.
    let (first, _) = hear(&receiver, "500 Busy");
    let (head, body) = hear(&receiver, "204 No Content");
    // The client's trace goes through the queue, and each attempt at telling is a span of its own.
    let span = |head: &str| -> Option<String> {
        let value =
            head.to_ascii_lowercase().lines().find_map(|line| Some(line.strip_prefix("traceparent: ")?.to_owned()));
        let value = value?;
        Some(value.strip_prefix(&format!("00-{trace}-"))?.strip_suffix("-01")?.to_owned())
    };
    let spans = [span(&first).unwrap(), span(&head).unwrap()];
    assert!(
        spans[0] != spans[1] && spans.iter().all(|span| span.len() == 16 && span != "b7ad6b7169203331"),
        "{spans:?}"
    );
    assert!(head.starts_with("POST /told?by=roundsman HTTP/1.1"), "{head}");
    let head = head.to_ascii_lowercase();
    assert!(head.contains("content-type: application/cloudevents+json"), "{head}");
    assert!(head.contains(&format!("webhook-id: {id}/end")) && head.contains("webhook-signature: v1,"), "{head}");
    assert_eq!((&body["specversion"], &body["type"]), (&"1.0".into(), &"roundsman.operation.succeeded".into()));
    assert_eq!((&body["subject"], &body["data"]["state"]), (&id.as_str().into(), &"succeeded".into()));
    // What follows an operation is not the asker's to see, and other hosts are not called.
    assert_eq!(server.get("/api/v1/operations").json()["operations"].as_array().unwrap().len(), 1);
    let refused = accept(&server, &plan(Some(10)), &[("x-roundsman-webhook", "http://169.254.169.254/")]);
    assert_eq!((refused.status, &refused.json()["error"]["details"][0]["field"]), (400, &"x-roundsman-webhook".into()));
}

/// Takes one request and answers it: its head, and its body as JSON.
fn hear(receiver: &std::net::TcpListener, answer: &str) -> (String, Value) {
    let (called, calls) = channel();
    let receiver = receiver.try_clone().unwrap();
    std::thread::spawn(move || called.send(receiver.accept().unwrap().0));
    let mut stream = calls.recv_timeout(Duration::from_mins(2)).expect("nobody calls");
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap()];
    std::io::Read::read_exact(&mut reader, &mut body).unwrap();
    write!(stream, "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    (head, serde_json::from_slice(&body).unwrap())
}
