//! Bad input and refusals: the status, the literal texts, the parameter by name; and the forms that all answers share.

use bing::DIALECT;
use serde_json::Value;
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
    // What is left of a list has other numbers than the client knows.
    let lost = body.replace(r#"{"startTime": "x", "endTime": "2030-05-02T09:00:00", "duration": "00:10:00"}"#, "7");
    let mut said = named(&post(CALL, "", &lost));
    said.sort();
    let without = |name: &&str| !name.contains("breaks");
    assert_eq!(
        said.iter().map(String::as_str).filter(without).collect::<Vec<_>>(),
        expected.into_iter().filter(without).collect::<Vec<_>>()
    );
    assert_eq!(
        said.iter().filter(|name| name.contains("breaks")).collect::<Vec<_>>(),
        ["agents[0].shifts[0].breaks[0]"]
    );
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
