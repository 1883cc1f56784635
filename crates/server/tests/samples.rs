//! The documentation's two sample requests, moved to streets of the bundled map, over HTTP.
//!
//! The answer to the first must reach the best that its priorities allow, which the test finds by trying every order of every
//! choice of items on the matrix that the server itself gives.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Server, data_with_map, repository};
use serde_json::{Value, json};

fn sample(name: &str) -> String {
    std::fs::read_to_string(repository().join("demo").join(name)).unwrap().trim_end().to_owned()
}

fn resource(answer: &common::Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", common::text(&answer.body));
    answer.json()["resourceSets"][0]["resources"][0].clone()
}

/// The facts of the first sample: seconds of dwell and priority by item, in the order of the request.
const ITEMS: [(i64, i64); 5] = [(5468, 5), (3632, 88), (4713, 1), (3888, 3), (9288, 16)];
/// Items may be visited from nine to six, by seconds of the day.
const WINDOW: (i64, i64) = (9 * 3600, 18 * 3600);
const SHIFTS: [(i64, i64); 2] = [(8 * 3600, 11 * 3600), (13 * 3600, 19 * 3600)];

/// The travel times between the places of the first sample: start, end, then the items.
fn travel(server: &Server) -> Vec<Vec<i64>> {
    let query = sample("sample-1.query");
    let places: Vec<[f64; 2]> = query
        .split(['|', '_', ';', '&'])
        .filter_map(|part| part.split_once(','))
        .map(|(lat, lon)| [lon.parse().unwrap(), lat.parse().unwrap()])
        .collect();
    // Two shifts with the same start and end, then five items.
    assert_eq!((places.len(), places[0], places[1]), (9, places[2], places[3]));
    let places = [&places[..2], &places[4..]].concat();
    let answer =
        server.post("/api/v1/matrix", json!({"profile": "car", "origins": places, "destinations": places}).to_string());
    let durations = answer.json()["durations"].clone();
    let seconds = |cell: &Value| cell.as_f64().unwrap() as i64;
    durations.as_array().unwrap().iter().map(|row| row.as_array().unwrap().iter().map(seconds).collect()).collect()
}

/// The seconds driven when a shift visits the items in this order; `None` when it cannot.
fn drive(travel: &[Vec<i64>], (open, close): (i64, i64), order: &[usize]) -> Option<i64> {
    let (mut at, mut now, mut driven) = (0, open, 0);
    for &item in order {
        let leg = travel[at][item + 2];
        let start = (now + leg).max(WINDOW.0);
        now = start + ITEMS[item].0;
        if now > WINDOW.1 {
            return None;
        }
        driven += leg;
        at = item + 2;
    }
    let home = travel[at][1];
    (now + home <= close).then_some(driven + home)
}

/// The best priority, then the least driving, over every pair of orders of disjoint items.
fn optimum(travel: &[Vec<i64>]) -> (i64, i64) {
    let orders = |shift| {
        let mut found = Vec::new();
        extend(&mut Vec::new(), &mut |order| {
            if let Some(driven) = drive(travel, shift, order) {
                let set = order.iter().fold(0_u8, |set, item| set | 1 << item);
                found.push((set, driven));
            }
        });
        found
    };
    let (first, second) = (orders(SHIFTS[0]), orders(SHIFTS[1]));
    let both = first.iter().flat_map(|a| second.iter().map(move |b| (a, b))).filter(|(a, b)| a.0 & b.0 == 0);
    both.map(|(a, b)| {
        let set = a.0 | b.0;
        let priority: i64 = (0..5).filter(|item| set >> item & 1 == 1).map(|item| ITEMS[item].1).sum();
        (priority, -(a.1 + b.1))
    })
    .max()
    .map(|(priority, driven)| (priority, -driven))
    .unwrap()
}

fn extend(order: &mut Vec<usize>, found: &mut impl FnMut(&[usize])) {
    found(order);
    for item in 0..ITEMS.len() {
        if !order.contains(&item) {
            order.push(item);
            extend(order, found);
            order.pop();
        }
    }
}

fn seconds(clock: &str) -> i64 {
    clock.split(':').fold(0, |sum, part| sum * 60 + part.parse::<i64>().unwrap())
}

#[test]
fn the_first_sample_reaches_the_optimum_of_its_priorities() {
    let data = data_with_map();
    let server = Server::start(data.path(), &[]);
    let (priority, driven) = optimum(&travel(&server));
    let answer = resource(&server.get(&format!("/REST/V1/Routes/OptimizeItinerary?{}", sample("sample-1.query"))));
    assert_eq!(answer["__type"], "OptimizeItinerary:http://schemas.microsoft.com/search/local/ws/rest/v1");
    let itinerary = &answer["agentItineraries"][0];
    let visits = itinerary["instructions"].as_array().unwrap().iter();
    let planned: i64 = visits
        .filter(|instruction| instruction["instructionType"] == "VisitLocation")
        .map(|instruction| instruction["itineraryItem"]["priority"].as_i64().unwrap())
        .sum();
    let total = seconds(itinerary["route"]["totalTravelTime"].as_str().unwrap());
    assert_eq!((planned, total), (priority, driven), "{itinerary}");
    assert!(priority > 108, "better than the published answer: {priority}");
}

#[test]
fn the_second_sample_is_planned_whole_at_once_and_later() {
    let data = data_with_map();
    let server = Server::start(data.path(), &[]);
    let body = sample("sample-2.json");
    let at_once = resource(&server.post("/REST/V1/Routes/OptimizeItinerary", &body));
    assert_eq!(at_once["unscheduledItems"], json!([]));
    let order: Vec<&str> = at_once["agentItineraries"][0]["instructions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|instruction| matches!(instruction["instructionType"].as_str(), Some("VisitLocation" | "TakeABreak")))
        .map(|instruction| instruction["itineraryItem"]["name"].as_str().unwrap())
        .collect();
    let place = |name: &str| order.iter().position(|known| *known == name).unwrap();
    assert_eq!(order.iter().filter(|name| **name == "Break").count(), 2, "{order:?}");
    assert!(
        place("loc1") < place("loc3") && place("loc1") < place("loc4") && place("loc2") < place("loc5"),
        "{order:?}"
    );

    let accepted = resource(&server.post("/REST/V1/Routes/OptimizeItineraryAsync", &body));
    let callback = accepted["callbackUrl"].as_str().unwrap();
    let later = common::finally("the plan", || {
        Some(resource(&server.get(callback))).filter(|resource| resource.get("callbackUrl").is_none())
    });
    assert_eq!(later["agentItineraries"], at_once["agentItineraries"]);
}
