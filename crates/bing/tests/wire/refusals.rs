//! Bad input and refusals: the status, the literal texts, the parameter by name; and the forms that all answers share.

use bing::DIALECT;
use serde_json::{Value, json};
use wire::{Method, Refusal, Request};

use crate::desk::{answer, details, get, header, json, lines, long, no_map, post, sample_1, sample_2};

const CALL: &str = "OptimizeItinerary";

/// The parameters that the answer to a request names as missing or invalid.
fn named(request: &Request) -> Vec<String> {
    let said = details(&answer(&no_map(), request), 400);
    assert_eq!(said[0], "One or more parameters are not valid.");
    let literal = |detail: &String| detail.strip_suffix(": This parameter is missing or invalid.").map(str::to_owned);
    let named: Vec<String> = said[1..].iter().map_while(literal).collect();
    assert!(said.len() > 1 + named.len(), "a reason follows: {said:?}");
    named
}

#[test]
fn a_faulty_body_names_each_parameter() {
    for (from, to, expected) in [
        ("47.692290770423", "91", "itineraryItems[0].location.latitude"),
        ("-122.385954752402", "\"west\"", "itineraryItems[0].location.longitude"),
        ("\"endTime\": \"2019-11-09T18:00:00\"", "\"endTime\": \"2019-11-09T07:00:00\"", "agents[0].shifts[0].endTime"),
        ("\"priority\": 88", "\"priority\": 0", "itineraryItems[1].priority"),
        ("\"priority\": 88", "\"priority\": 101", "itineraryItems[1].priority"),
        ("\"priority\": 88", "\"priority\": 4294967297", "itineraryItems[1].priority"),
        ("\"priority\": 88", "\"priority\": \"high\"", "itineraryItems[1].priority"),
        ("\"priority\": 88", "\"depot\": \"perhaps\"", "itineraryItems[1].depot"),
        ("[\"loc2\"]", "[\"loc9\"]", "itineraryItems[4].dropOffFrom"),
        ("[\"loc2\"]", "\"loc2\"", "itineraryItems[4].dropOffFrom"),
        ("\"quantity\": [3]", "\"quantity\": [0.0001]", "itineraryItems[1].quantity[0]"),
        ("01:00:32.6770000", "one hour", "itineraryItems[1].dwellTime"),
        ("\"duration\": \"00:30:00\"", "\"duration\": \"-00:30:00\"", "agents[0].shifts[0].breaks[0].duration"),
        ("\"pricePerKM\": 1", "\"pricePerKM\": -1", "agents[0].price.pricePerKM"),
        ("\"startTime\": \"2019-11-09T08:00:00\"", "\"startTime\": null", "agents[0].shifts[0].startTime"),
        ("\"startLocation\": ", "\"startAddress\": \"12 Main St\", \"x\": ", "agents[0].shifts[0].startAddress"),
        (
            "\"location\": {\"latitude\": 47.692290770423",
            "\"address\": \"here\", \"x\": {\"y\": 1",
            "itineraryItems[0].address",
        ),
        ("SimpleRequest", "WalkingRequest", "type"),
        ("\"TravelTime\"", "\"Beauty\"", "costvalue"),
        ("\"roadnetwork\": false", "\"roadnetwork\": \"maybe\"", "roadnetwork"),
        ("\"roadnetwork\": false", "\"roadnetwork\": false, \"options\": {\"steps\": 0}", "options.steps"),
        (
            "\"roadnetwork\": false",
            "\"roadnetwork\": false, \"options\": {\"timeLimitSeconds\": 31}",
            "options.timeLimitSeconds",
        ),
        ("\"agents\": [", "\"agents\": 7, \"x\": [", "agents"),
        ("\"agents\": [", "\"x\": [", "agents"),
        ("\"itineraryItems\": [", "\"itineraryItems\": [], \"x\": [", "itineraryItems"),
        ("\"agents\": [", "\"agents\": [", "body"),
    ] {
        let mut body = sample_2().replacen(from, to, 1);
        assert!(sample_2().contains(from), "{from}");
        if expected == "body" {
            body.truncate(200);
        }
        assert_eq!(named(&post(CALL, "", &body)), [expected], "{to}");
    }
}

#[test]
fn all_faults_of_a_body_are_found_at_once() {
    let body = sample_2()
        .replace("\"priority\": 88", "\"priority\": []")
        .replace("01:00:32.6770000", "x")
        .replace("\"[16]\"", "");
    let named = named(&post(CALL, "", &body));
    assert_eq!(named, ["itineraryItems[1].dwellTime", "itineraryItems[1].priority"]);
}

#[test]
fn each_fault_has_its_code_path_value_and_remedy_for_programs() {
    let body = sample_2()
        .replace("\"priority\": 88", "\"priority\": 101")
        .replace("01:00:32.6770000", "x")
        .replace("[\"loc2\"]", "[\"loc9\"]")
        .replace("\"endTime\": \"2019-11-09T18:00:00\"", "\"endTime\": \"2019-11-09T07:00:00\"")
        .replace("47.692290770423", "91");
    let body = json(&answer(&no_map(), &post(CALL, "", &body)));
    let faults = body["faults"].as_array().unwrap();
    let told: Vec<(&str, &str, &Value)> = faults
        .iter()
        .map(|fault| (fault["code"].as_str().unwrap(), fault["field"].as_str().unwrap(), &fault["value"]))
        .collect();
    let (latitude, dwell, end, order) = (91.into(), "x".into(), "2019-11-09T07:00:00".into(), "loc9".into());
    // What could not be read hides no other fault.
    assert_eq!(
        told,
        [
            ("value.range", "itineraryItems[0].location.latitude", &latitude),
            ("value.unreadable", "itineraryItems[1].dwellTime", &dwell),
            ("time.order", "agents[0].shifts[0].endTime", &end),
            ("value.range", "itineraryItems[1].priority", &101.into()),
            ("name.unknown", "itineraryItems[4].dropOffFrom", &order),
        ]
    );
    assert!(faults.iter().all(|fault| !fault["remedy"].as_str().unwrap().is_empty()), "{faults:#?}");
    assert_eq!(faults[4]["message"], "item `loc5` drops off from `loc9`, but no item is called that");
    assert_eq!(faults[4]["remedy"], "name an item of this plan");
    let good = answer(&no_map(), &post(CALL, "", sample_2()));
    assert!(json(&good).get("faults").is_none());
}

#[test]
fn what_follows_from_a_fault_is_none_of_its_own() {
    for (from, to, expected) in [
        // Without its start the shift would seem to last for decades.
        ("\"startTime\": \"2019-11-09T08:00:00\"", "\"startTime\": \"eight\"", "agents[0].shifts[0].startTime"),
        // A name that cannot be read is not missed by those that refer to it.
        ("\"name\": \"loc2\"", "\"name\": [2]", "itineraryItems[1].name"),
        ("\"agents\": [", "\"agents\": [3, ", "agents[0]"),
    ] {
        assert!(sample_2().contains(from), "{from}");
        assert_eq!(named(&post(CALL, "", &sample_2().replacen(from, to, 1))), [expected]);
    }
}

#[test]
fn what_cannot_be_read_hides_nothing_beside_it() {
    let body = r#"{"agents": [
        {"shifts": [{
            "startTime": "2030-05-02T08:00:00", "endTime": "2030-05-02T07:00:00",
            "startLocation": {"latitude": 47, "longitude": 7}, "endLocation": {"latitude": 97, "longitude": 7},
            "breaks": [
                {"startTime": "x", "endTime": "2030-05-02T09:00:00", "duration": "00:10:00"},
                {"startTime": "2030-05-02T08:00:00", "endTime": "2030-05-02T09:00:00", "duration": "00:10:00"},
                {"startTime": "2030-05-02T09:00:00", "endTime": "2030-05-02T08:00:00", "duration": "00:10:00"}
            ]
        }], "capacity": ["y"], "price": {"fixedPrice": -1}}
    ], "itineraryItems": [
        {"location": {"latitude": 47, "longitude": 7}, "dwellTime": "z", "priority": 500,
            "openingTime": "2030-05-02T08:00:00", "closingTime": "2030-05-02T07:00:00"}
    ]}"#;
    let expected = [
        "agents[0].capacity[0]",
        "agents[0].price.fixedPrice",
        "agents[0].shifts[0].breaks[0].startTime",
        "agents[0].shifts[0].breaks[2].endTime",
        "agents[0].shifts[0].endLocation.latitude",
        "agents[0].shifts[0].endTime",
        "itineraryItems[0].closingTime",
        "itineraryItems[0].dwellTime",
        "itineraryItems[0].priority",
    ];
    let mut said = named(&post(CALL, "", body));
    said.sort();
    assert_eq!(said, expected);
    // What is no break at all takes no number from the others.
    let lost = body.replace(r#"{"startTime": "x", "endTime": "2030-05-02T09:00:00", "duration": "00:10:00"}"#, "7");
    let mut said = named(&post(CALL, "", &lost));
    said.sort();
    let with_break =
        expected.map(|name| name.strip_suffix("[0].startTime").map_or(name.to_owned(), |list| list.to_owned() + "[0]"));
    assert_eq!(said, with_break);
}

/// A request without a fault, in which `change` makes some.
fn changed(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let shift = |day: u32| {
        let at = |hour: &str| format!("2030-05-{day:02}T{hour}:00:00");
        json!({"startTime": at("08"), "endTime": at("18"), "startLocation": {"latitude": 47, "longitude": 7},
            "endLocation": {"latitude": 47, "longitude": 7}})
    };
    let item = |name: &str| json!({"name": name, "location": {"latitude": 47, "longitude": 7}});
    let mut body = json!({
        "agents": [{"name": "Mei", "shifts": [shift(2), shift(3), shift(4)]}, {"name": "Ali", "shifts": [shift(2)]}],
        "itineraryItems": [item("a"), item("b"), item("c")],
    });
    change(&mut body);
    let mut said = named(&post(CALL, "", &body.to_string()));
    said.sort();
    said
}

#[test]
fn a_fault_elsewhere_hides_no_reference() {
    let ghost = |body: &mut Value| body["itineraryItems"][0]["dropOffFrom"] = json!(["ghost"]);
    for (member, value) in [("costvalue", json!("Gold")), ("balance", json!(7)), ("sameAgent", json!(["a"]))] {
        let said = changed(|body| {
            ghost(body);
            body[member] = value;
        });
        assert!(said.contains(&"itineraryItems[0].dropOffFrom".to_owned()) && said.len() == 2, "{member}: {said:?}");
    }
    // The names of agents are not those of items.
    let said = changed(|body| {
        ghost(body);
        body["agents"][1]["name"] = json!([]);
        body["initialPlan"] = json!({"tours": [{"agent": "Ali"}]});
    });
    assert_eq!(said, ["agents[1].name", "itineraryItems[0].dropOffFrom"]);
    let said = changed(|body| {
        body["itineraryItems"][1] = json!(7);
        body["itineraryItems"][2]["priority"] = json!(101);
        body["itineraryItems"][0]["dropOffFrom"] = json!(["b"]);
        body["initialPlan"] = json!({"tours": [{"agent": "Nobody"}]});
    });
    assert_eq!(said, ["initialPlan.tours[0].agent", "itineraryItems[1]", "itineraryItems[2].priority"]);
}

#[test]
fn faults_of_groups_and_windows_stand_beside_each_other() {
    let said = changed(|body| body["differentAgents"] = json!([["a", "ghost"], "x", ["b", "b"]]));
    assert_eq!(said, ["differentAgents[0][1]", "differentAgents[1]", "differentAgents[2][1]"]);
    let said = changed(|body| {
        let item = &mut body["itineraryItems"][0];
        item["windows"] = json!([{"openingTime": "2030-05-02T09:00:00", "closingTime": "2030-05-02T08:00:00"}]);
        item["openingTime"] = json!("2030-05-02T12:00:00");
        item["closingTime"] = json!("2030-05-02T11:00:00");
    });
    let item = |member: &str| format!("itineraryItems[0].{member}");
    assert_eq!(said, [item("closingTime"), item("windows"), item("windows[0].closingTime")]);
}

#[test]
fn faults_of_a_plan_in_force_stand_beside_each_other() {
    let said = changed(|body| {
        body["initialPlan"] = json!({"moveCost": "x", "tours": [
            {"agent": "Nobody", "items": ["a", 5.5, [], "ghost"], "fixed": 5},
            {"agent": {}, "shift": 9, "items": ["a"]},
            7,
            {"agent": "Mei", "shift": 3},
            {"agent": "Mei", "shift": 1, "items": "b", "fixed": 1},
        ]});
    });
    let tour = |member: &str| format!("initialPlan.tours{member}");
    let expected = [
        "initialPlan.moveCost".to_owned(),
        tour("[0].agent"),
        tour("[0].fixed"),
        tour("[0].items[1]"),
        tour("[0].items[2]"),
        tour("[0].items[3]"),
        tour("[1].agent"),
        tour("[1].items[0]"),
        tour("[2]"),
        tour("[3].shift"),
        tour("[4].items"),
    ];
    assert_eq!(said, expected);
}

#[test]
fn what_depends_on_what_cannot_be_read_is_not_held_against_it() {
    // Shift 2 exists, whatever shift 1 is; and of shifts that are no list nobody knows how many there are.
    let second =
        |body: &mut Value| body["initialPlan"] = json!({"tours": [{"agent": "Mei", "shift": 2, "items": ["a"]}]});
    for (shifts, expected) in [("/agents/0/shifts/1", "agents[0].shifts[1]"), ("/agents/0/shifts", "agents[0].shifts")]
    {
        let said = changed(|body| {
            second(body);
            *body.pointer_mut(shifts).unwrap() = json!(5);
        });
        assert_eq!(said, [expected]);
    }
    // A tour whose shift cannot be read is not a second one of the first shift.
    let said = changed(|body| {
        body["initialPlan"] = json!({"tours": [{"agent": "Mei", "shift": []}, {"agent": "Mei", "shift": 0}]});
    });
    assert_eq!(said, ["initialPlan.tours[0].shift"]);
    // Nor does a shift overlap others because nobody knows when it starts.
    let said = changed(|body| body["agents"][0]["shifts"][1]["startTime"] = json!("x"));
    assert_eq!(said, ["agents[0].shifts[1].startTime"]);
    // It may be Price that could not be read.
    let said = changed(|body| {
        body["costvalue"] = json!("Prise");
        body["agents"][0]["shifts"][0]["overtime"] = json!({"maxDuration": "01:00:00"});
    });
    assert_eq!(said, ["costvalue"]);
    // What cannot be read of a list of names names nothing.
    let said = changed(|body| body["itineraryItems"][0]["dropOffFrom"] = json!(["b", {}]));
    assert_eq!(said, ["itineraryItems[0].dropOffFrom[1]"]);
    // Nor does an agent take the name that it would have without one.
    let said = changed(|body| {
        body["agents"][0]["name"] = json!({});
        body["agents"][1]["name"] = json!("agent1");
    });
    assert_eq!(said, ["agents[0].name"]);
    // And what is dropped off from may be a depot.
    let said = changed(|body| {
        body["itineraryItems"][0]["depot"] = json!("perhaps");
        body["itineraryItems"][1]["dropOffFrom"] = json!(["a"]);
        body["itineraryItems"][1]["releaseTime"] = json!("2030-05-02T09:00:00");
    });
    assert_eq!(said, ["itineraryItems[0].depot"]);
}

#[test]
fn a_segment_that_cannot_be_read_hides_no_other() {
    let items = sample_1().split_once("itineraryItems=").unwrap().1.split_once('&').unwrap().0;
    let spoilt = sample_1().replace(items, &format!("nonsense;{}", items.replace("_88", "_101")));
    let said = details(&answer(&no_map(), &get(CALL, &spoilt)), 400);
    assert!(said[2].starts_with("itineraryItems: segment 1: \"nonsense\" is not"), "{said:?}");
    assert!(said[3].starts_with("itineraryItems: segment 3: the priority is 101"), "{said:?}");
}

#[test]
fn circles_and_overlaps_are_the_engine_s_to_find_and_ours_to_name() {
    let circle = sample_2().replace("\"quantity\": [4]", "\"quantity\": [4], \"dropOffFrom\": [\"loc3\"]");
    let circle = named(&post(CALL, "", &circle));
    assert!(circle.iter().all(|name| name.contains("dropOffFrom")), "{circle:?}");
    let overlap = sample_1().replace("T13:00:00|", "T10:00:00|");
    let response = answer(&no_map(), &get(CALL, &overlap));
    let said = details(&response, 400);
    assert_eq!(said[1], "itineraryAgents: This parameter is missing or invalid.");
    assert!(said[2].starts_with("itineraryAgents: segment 1: "), "{said:?}");
}

#[test]
fn limits_name_parameter_limit_and_the_asynchronous_call() {
    let items = sample_1().split_once("itineraryItems=").unwrap().1.split_once('&').unwrap().0;
    let many = sample_1().replace(items, &[items; 5].join(";"));
    let said = details(&answer(&no_map(), &get(CALL, &many)), 400);
    assert_eq!(said[1], "itineraryItems: This parameter is missing or invalid.");
    for part in ["25", "20", "asynchronous"] {
        assert!(said[2].contains(part), "{said:?}");
    }
}

#[test]
fn the_asynchronous_call_has_limits_too() {
    let item = r#"{"location": {"latitude": 47, "longitude": 7}}"#;
    let shift = r#"{"startTime": "2030-05-02T08:00:00", "endTime": "2030-05-02T09:00:00", "startLocation": {"latitude": 47, "longitude": 7}}"#;
    let agent = format!(r#"{{"shifts": [{shift}]}}"#);
    for (agents, items, expected) in
        [(1, 2000, None), (200, 1, None), (1, 2001, Some("itineraryItems")), (201, 1, Some("agents"))]
    {
        let (agents, items) = (vec![agent.as_str(); agents].join(","), vec![item; items].join(","));
        let body = format!(r#"{{"agents": [{agents}], "itineraryItems": [{items}], "roadnetwork": false}}"#);
        let request = post("OptimizeItineraryAsync", "", &body);
        let checked = (long(&request).check)(&no_map(), &request).map_err(|refused| details(&refused, 400)[1].clone());
        let expected = expected.map_or(Ok(()), |name| Err(format!("{name}: This parameter is missing or invalid.")));
        assert_eq!(checked, expected);
    }
}

#[test]
fn a_list_of_faults_has_an_end() {
    let items = vec!["{}"; 300].join(",");
    let body = format!("{{\"agents\": [], \"itineraryItems\": [{items}]}}");
    let said = details(&answer(&no_map(), &post(CALL, "", &body)), 400);
    assert_eq!(said.len(), 1 + 50 + 50 + 1, "a sentence, the parameters, the reasons, and how many there are more");
    assert_eq!(said.last().map(String::as_str), Some("Only the first 50 faults are listed."));
}

#[test]
fn bodies_that_cannot_be_read_are_named() {
    for body in ["", "  ", "agents=x", "<Agents/>", "[]", "{", "{\"agents\":[{\"name\":\"\u{1}\"}]}"] {
        assert_eq!(named(&post(CALL, "", body)), ["body"], "{body}");
    }
    assert_eq!(named(&post(CALL, "", "{}")), ["agents", "itineraryItems"]);
    assert_eq!(named(&get(CALL, "")), ["itineraryAgents", "itineraryItems"]);
}

#[test]
fn forms_that_do_not_exist_are_refused_by_name() {
    for (query, name) in
        [("o=xml", "output"), ("output=csv", "output"), ("jsonp=alert(1)", "jsonp"), ("jsonp=", "jsonp")]
    {
        let response = answer(&no_map(), &post(CALL, query, sample_2()));
        assert_eq!(details(&response, 400)[1], format!("{name}: This parameter is missing or invalid."));
        assert_eq!(header(&response, "content-type"), Some("application/json; charset=utf-8"));
    }
}

#[test]
fn paths_match_in_any_case_and_others_are_not_found() {
    let mut request = post(CALL, "", "{}");
    for path in ["/rest/V1/routes/optimizeitinerary", "/REST/v1/Routes/OptimizeItinerary/"] {
        request.path = path.to_owned();
        assert!((DIALECT.owns)(path));
        assert_eq!(answer(&no_map(), &request).status, 400, "{path}");
    }
    for (method, path) in [
        (Method::Post, "/REST/v1/Routes/Nonsense"),
        (Method::Post, "/REST/v1/Routes/OptimizeItineraryAsyncCallback"),
        (Method::Delete, "/REST/v1/Routes/OptimizeItinerary"),
    ] {
        request = Request { method, path: path.to_owned(), ..request };
        assert_eq!(details(&answer(&no_map(), &request), 404).len(), 1);
    }
    for path in ["/", "/route/matrix/json", "/restful/v1"] {
        assert!(!(DIALECT.owns)(path), "{path}");
    }
}

#[test]
fn the_server_s_refusals_are_envelopes() {
    let request = get(CALL, "errorDetail=true");
    for (refusal, status, credentials, said) in [
        (Refusal::NoKey, 401, "NoCredentials", "Access was denied. No key"),
        (Refusal::WrongKey, 401, "InvalidCredentials", "Access was denied. The key"),
        (Refusal::TooLarge { limit: 8_388_608 }, 413, "ValidCredentials", "8388608 bytes (limits.body_bytes)"),
        (Refusal::Busy { retry_after_s: 3 }, 429, "ValidCredentials", "again in 3 s"),
        (Refusal::Unavailable("The disk is full.".into()), 503, "ValidCredentials", "The disk is full."),
        (Refusal::TimedOut, 503, "ValidCredentials", "asynchronous"),
        (Refusal::BodyLate { within_s: 60 }, 408, "ValidCredentials", "within 60 s"),
        (Refusal::Internal, 500, "ValidCredentials", "The server failed"),
    ] {
        let response = (DIALECT.finish)(&request, (DIALECT.refuse)(&request, &refusal));
        assert!(details(&response, status)[0].contains(said), "{refusal:?}");
        let body = json(&response);
        assert_eq!(body["authenticationResultCode"], credentials);
        assert!(body["errorCode"].is_string());
        assert_eq!(header(&response, "x-ms-bm-ws-info").is_some(), matches!(status, 429 | 503));
        assert_eq!(header(&response, "retry-after").is_some(), status == 429);
        assert_eq!(header(&response, "access-control-allow-origin"), Some("*"));
    }
}

#[test]
fn an_error_is_an_envelope_in_bing_s_order() {
    let response = answer(&no_map(), &post(CALL, "key=k", "{\"agents\": []}"));
    insta::assert_snapshot!(lines(&response));
}

#[test]
fn the_key_is_a_query_parameter_in_any_case() {
    assert_eq!((DIALECT.credential)(&get(CALL, "a=b&KEY=x%2By")).as_deref(), Some("x+y"));
    assert_eq!((DIALECT.credential)(&get(CALL, "key=")), None);
    assert_eq!((DIALECT.credential)(&get(CALL, "")), None);
}

#[test]
fn a_suppressed_status_is_in_the_body_only() {
    let response = answer(&no_map(), &get(CALL, "ss=TRUE"));
    assert_eq!((response.status, &json(&response)["statusCode"]), (200, &Value::from(400)));
}

#[test]
fn scripts_get_a_function_call() {
    let query = "jsonp=my.call&jsonso=%22a%22&ed=true";
    let response = answer(&no_map(), &post(CALL, query, "{}"));
    let text = String::from_utf8_lossy(response.bytes().unwrap()).into_owned();
    assert!(text.starts_with("my.call({\"authenticationResultCode\""), "{text}");
    assert!(text.ends_with(r#"}, "\"a\"")"#), "{text}");
    assert!(text.contains(r#""errorCode":"InvalidParameter""#));
    assert_eq!(header(&response, "content-type"), Some("application/javascript; charset=utf-8"));
}
