//! What an answer holds, and that it can be read back.

use bing::{BadRequest, ReadError, read_answer, render_plan};
use engine::{Activity, Budget, Engine, PlanAnswer, PlanQuestion};
use serde_json::{Value, json};

use crate::desk::{answer, no_map, post, resource, sample_2};

fn parse_plan(body: &str) -> Result<PlanQuestion, BadRequest> {
    bing::parse_plan(body, &engine::Limits::default())
}

fn plan(engine: &Engine, question: &PlanQuestion) -> PlanAnswer {
    engine.plan(question, &Budget::default(), &mut |_| {}).unwrap()
}

/// Two agents, one with two shifts and breaks; alike and nameless items; one that fits nowhere.
fn mixed() -> String {
    let at = |lat: f64| json!({"latitude": lat, "longitude": 7});
    let shift = |day: u32| {
        json!({
            "startTime": format!("2030-05-{day:02}T08:00:00"), "startLocation": at(47.0),
            "endTime": format!("2030-05-{day:02}T12:00:00Z"), "endLocation": at(47.01),
            "breaks": [
                {"startTime": format!("2030-05-{day:02}T09:00:00"), "endTime": format!("2030-05-{day:02}T10:30:00"), "duration": "0:15:00"},
                {"startTime": format!("2030-05-{day:02}T09:00:00"), "endTime": format!("2030-05-{day:02}T10:30:00"), "duration": "0:15:00"},
            ],
        })
    };
    let item = |dwell: &str| json!({"dwellTime": dwell, "location": at(47.02), "quantity": ["1.5"]});
    let far = json!({"name": "far", "location": {"latitude": -40, "longitude": 100}, "priority": 100});
    json!({
        "Agents": [
            {"shifts": [shift(2), shift(3)], "capacity": [9.25, 3], "price": {"pricePerKM": 0.5}},
            {"name": "idle", "shifts": [{
                "startTime": "2030-05-02T08:00:00", "endTime": "2030-05-02T08:00:01",
                "startLocation": {"latitude": 47.5, "longitude": 7}}]},
        ],
        "ITINERARYITEMS": [item("01:30:00"), item("01:30:00"), item("01:30:00"), far, item("01:00:00")],
        "roadnetwork": 0,
        "options": {"steps": "3000", "seed": 7},
    })
    .to_string()
}

#[test]
fn an_answer_is_read_back_as_the_tours_that_it_shows() {
    for body in [mixed(), sample_2().to_owned()] {
        let question = &parse_plan(&body).unwrap();
        let answer = plan(&no_map(), question);
        let read = read_answer(question, &render_plan(question, &answer)).unwrap();
        assert_eq!(read.unused_agents, answer.unused_agents);
        assert_eq!(read.unscheduled.len(), answer.unscheduled.len());
        // Alike items may change places, and nothing else.
        let likeness = |tours: &[engine::Tour]| -> Vec<_> {
            let stops = tours.iter().flat_map(|tour| {
                tour.stops.iter().map(move |stop| {
                    let what = match stop.activity {
                        Activity::Visit(item) => Ok(question.items[item].clone()),
                        Activity::Break(_) => Err(()),
                    };
                    (tour.vehicle, tour.shift, what, stop.travel, stop.start, stop.end)
                })
            });
            stops.collect()
        };
        assert_eq!(likeness(&read.tours), likeness(&answer.tours));
        let frame = |tour: &engine::Tour| (tour.departure, tour.last_travel, tour.arrival);
        assert!(read.tours.iter().map(frame).eq(answer.tours.iter().map(frame)));
        let mut visits: Vec<usize> = read.tours.iter().flat_map(engine::Tour::jobs).chain(read.unscheduled).collect();
        visits.sort_unstable();
        assert_eq!(visits, (0..question.items.len()).collect::<Vec<_>>(), "each item stands once");
    }
}

#[test]
fn an_envelope_is_read_like_its_resource() {
    let response = answer(&no_map(), &post("OptimizeItinerary", "options.steps=100", sample_2()));
    let question = parse_plan(sample_2()).unwrap();
    let whole = std::str::from_utf8(response.bytes().unwrap()).unwrap();
    assert_eq!(read_answer(&question, whole), read_answer(&question, &resource(&response).to_string()));
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let question = parse_plan(sample_2()).unwrap();
    let good = render_plan(&question, &plan(&no_map(), &question));
    for (from, to, place) in [
        ("\"name\":\"agentName\"", "\"name\":\"other\"", "agentItineraries[0].agent"),
        ("\"name\":\"loc2\"", "\"name\":\"loc9\"", "itineraryItem"),
        ("TakeABreak", "TakeANap", "instructions["),
        ("LeaveFromStartPoint", "ArriveToEndPoint", "agentItineraries[0].instructions[0]"),
    ] {
        let Err(ReadError::Foreign { at, .. }) = read_answer(&question, &good.replacen(from, to, 1)) else {
            panic!("{to} is foreign to the question")
        };
        assert!(at.contains(place), "{at}");
    }
    for text in ["{}", "", "{\"resourceSets\": []}", "[]"] {
        assert!(matches!(read_answer(&question, text), Err(ReadError::Shape(_))), "{text}");
    }
}

#[test]
fn members_that_were_not_given_have_their_defaults() {
    let resource: Value = resource(&answer(&no_map(), &post("OptimizeItinerary", "", &mixed())));
    let agent = &resource["agentItineraries"][0]["agent"];
    assert_eq!(agent["name"], "agent1");
    assert_eq!(agent["capacity"], json!([9.25, 3]));
    assert_eq!(agent["price"], json!({"fixedPrice": 0, "pricePerHour": 0, "pricePerKM": 0.5}));
    assert_eq!(agent["shifts"][0]["breaks"][0]["duration"], "00:15:00");
    let idle = &resource["unusedAgents"][0];
    assert_eq!((&idle["name"], &idle["capacity"], &idle["price"]), (&json!("idle"), &json!([]), &Value::Null));
    assert_eq!(idle["shifts"][0]["endLocation"], idle["shifts"][0]["startLocation"]);
    let far = &resource["unscheduledItems"][0];
    let expected = json!({
        "closingTime": "2030-05-03T12:00:00+00:00", "dropOffFrom": [], "dwellTime": "00:00:00",
        "location": {"latitude": -40, "longitude": 100}, "name": "far", "openingTime": "2030-05-02T08:00:00+00:00",
        "priority": 100, "quantity": [],
    });
    assert_eq!(far, &expected);
}

#[test]
fn way_points_show_both_ends_of_a_shift_change() {
    let resource = resource(&answer(&no_map(), &post("OptimizeItinerary", "", &mixed())));
    let route = &resource["agentItineraries"][0]["route"];
    let places: Vec<f64> =
        route["wayPoints"].as_array().unwrap().iter().map(|place| place["latitude"].as_f64().unwrap()).collect();
    // Four visits, and between the shifts the end of the first and the start of the second.
    assert_eq!(places.iter().filter(|&&lat| lat > 47.015).count(), 4, "{places:?}");
    let change = places.iter().position(|&lat| lat < 47.015).unwrap();
    assert_eq!(places[change..change + 2], [47.01, 47.0]);
    assert_eq!(route["startTime"], "2030-05-02T08:00:00+00:00");
}

/// What the C# toolkit, a browser client and a Python client put into their bodies.
#[test]
fn bodies_of_published_clients_are_read() {
    let toolkit = r#"{"type":"SimpleRequest","roadnetwork":false,"costvalue":"TravelTime","agents":[{"name":"Agent 1","shifts":[
        {"startTime":"2022-01-01T16:00:00.000Z","startLocation":{"latitude":47.60357,"longitude":-122.32945},
         "endTime":"2022-01-02T00:00:00.000Z","endLocation":{"latitude":47.60357,"longitude":-122.32945},
         "breaks":[{"startTime":"2022-01-01T20:00:00.000Z","endTime":"2022-01-01T21:00:00.000Z","duration":"0:30:00"}]}]}],
        "itineraryItems":[{"name":"0b7a","openingTime":"2022-01-01T16:00:00.000Z","closingTime":"2022-01-02T00:00:00.000Z",
         "dwellTime":"0:15:00","priority":1,"location":{"latitude":47.61,"longitude":-122.34}}]}"#;
    let question = parse_plan(toolkit).unwrap();
    assert_eq!(question.agents[0].shifts[0].end - question.agents[0].shifts[0].start, 8 * 3600);
    assert_eq!((question.agents[0].shifts[0].breaks[0].duration_s, question.items[0].dwell_s), (1800, 900));
    let others = r#"{"agents":[{"name":"bus","shifts":[{"StartTime":"2030-05-02T08:00:00","EndTime":"2030-05-02T09:00:00",
        "StartLocation":{"Latitude":47.6,"Longitude":-122.3},"EndLocation":null,"breaks":null}],"capacity":[30],"price":null}],
        "itineraryItems":[{"name":"a","dwellTime":"00:02:00","location":{"latitude":47.61,"longitude":-122.3},"quantity":[]},
        {"name":"b","location":{"latitude":"47.62","longitude":"-122.3"},"quantity":["4"],"dropOffFrom":null}],
        "clientApi":"x"}"#;
    let question = parse_plan(others).unwrap();
    assert_eq!(question.agents[0].shifts[0].end_place, question.agents[0].shifts[0].start_place);
    assert_eq!((question.items[0].quantity.len(), question.items[1].quantity[0]), (0, 4000));
    assert!(question.items[0].windows.is_empty());
    no_map().check_plan(&question).unwrap();
}

/// Agent 1's shifts, listed the other way round, make the same answer but for the echo of the agent.
#[test]
fn shifts_in_any_order_are_answered_as_time_passes() {
    let mut body: Value = serde_json::from_str(&mixed()).unwrap();
    let ask = |body: &Value| resource(&answer(&no_map(), &post("OptimizeItinerary", "", &body.to_string())));
    let forwards = ask(&body)["agentItineraries"][0].clone();
    body["Agents"][0]["shifts"].as_array_mut().unwrap().reverse();
    let backwards = ask(&body)["agentItineraries"][0].clone();
    let times = |itinerary: &Value| -> Vec<String> {
        let steps = itinerary["instructions"].as_array().unwrap();
        steps.iter().map(|step| step["startTime"].as_str().unwrap().to_owned()).collect()
    };
    assert!(times(&backwards).is_sorted());
    for end in ["startTime", "startLocation", "endLocation"] {
        assert_eq!(forwards["route"][end], backwards["route"][end]);
    }
    let question = parse_plan(&body.to_string()).unwrap();
    let plan = plan(&no_map(), &question);
    assert_eq!(read_answer(&question, &render_plan(&question, &plan)).unwrap().tours.len(), plan.tours.len());
}

#[test]
fn what_is_ignored_is_named() {
    let body = mixed().replace("\"options\":{", "\"options\":{\"speed\":1,");
    let response = answer(&no_map(), &post("OptimizeItinerary", "", &body));
    assert_eq!((response.status, crate::desk::header(&response, "x-roundsman-ignored")), (200, Some("options.speed")));
}

#[test]
fn the_demonstration_s_files_are_good_requests() {
    for body in [include_str!("../../../../demo/fleet.json"), include_str!("../../../../demo/sample-2.json")] {
        let question = parse_plan(body).unwrap();
        no_map().check_plan(&question).unwrap();
    }
    let fleet = parse_plan(include_str!("../../../../demo/fleet.json")).unwrap();
    assert_eq!((fleet.agents.len(), fleet.items.len()), (4, 60));
    assert!(fleet.agents.iter().all(|agent| agent.shifts.len() == 2));
    let straight = include_str!("../../../../demo/sample-1.query").trim_end().replace("roadnetwork=true", "rn=false");
    resource(&answer(&no_map(), &crate::desk::get("OptimizeItinerary", &straight)));
}
