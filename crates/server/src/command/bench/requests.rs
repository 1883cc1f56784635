//! Random bodies of `OptimizeItinerary`, as clients send them: the small ones that somebody waits for, and the largest there are.
//!
//! Places lie in a town of 16 km (the largest: 60 km); there are windows, breaks, capacities, quantities, orders, priorities and all
//! three costs, each in some of them. The same seed gives the same text.

use geometry::Coordinate;
use serde_json::{Value, json};

use super::routing::Random;

/// The first day of every request.
const DAY: u32 = 2;

/// A request with 8 to 12 items in one to five shifts.
pub(super) fn small(seed: u64) -> Value {
    let random = &mut Random(seed);
    let (items, shifts) = (8 + random.below(5), 1 + random.below(5));
    let mut left = shifts;
    let mut agents = Vec::new();
    while left > 0 {
        let own = 1 + random.below(left as usize);
        left -= own;
        agents.push(agent(&format!("agent {}", agents.len()), own, 3, random));
    }
    let loaded = random.below(5) < 3;
    let items: Vec<Value> = (0..items).map(|number| item(number, 8.0, loaded, 3, random)).collect();
    body(&agents, &items, random)
}

/// A request with 2,000 items, and 200 agents with 14 shifts each.
pub(super) fn largest(seed: u64) -> Value {
    let random = &mut Random(seed);
    let agents: Vec<Value> = (0..200).map(|number| agent(&format!("agent {number}"), 14, 30, random)).collect();
    let items: Vec<Value> = (0..2000).map(|number| item(number, 30.0, true, 14, random)).collect();
    let mut body = body(&agents, &items, random);
    body["costvalue"] = "Price".into();
    body
}

/// The same with its places at these, and measured on the roads: first the agents' homes, then the items'.
pub(super) fn on_roads(mut body: Value, places: &[Coordinate]) -> Value {
    body["roadnetwork"] = true.into();
    let mut places = places.iter().cycle().map(|at| json!({"latitude": at.lat(), "longitude": at.lon()}));
    let mut next = || places.next().unwrap_or_default();
    for agent in body["agents"].as_array_mut().into_iter().flatten() {
        let home = next();
        for shift in agent["shifts"].as_array_mut().into_iter().flatten() {
            shift["startLocation"] = home.clone();
            shift["endLocation"] = home.clone();
        }
    }
    for item in body["itineraryItems"].as_array_mut().into_iter().flatten() {
        item["location"] = next();
    }
    body
}

fn body(agents: &[Value], items: &[Value], random: &mut Random) -> Value {
    let cost = ["TravelTime", "Distance", "Price"][random.below(3) as usize];
    json!({"agents": agents, "itineraryItems": items, "roadnetwork": false, "costvalue": cost})
}

/// A place within so many kilometres.
fn place(kilometres: f64, random: &mut Random) -> Value {
    let mut offset = || (f64::from(random.below(20_001)) / 10_000.0 - 1.0) * kilometres;
    let (north, east) = (offset(), offset());
    json!({"latitude": 47.6 + north / 111.2, "longitude": -122.3 + east / 75.0})
}

fn moment(day: u32, minutes: u32) -> String {
    format!("2030-05-{:02}T{:02}:{:02}:00", DAY + day, minutes / 60, minutes % 60)
}

fn span(minutes: u32) -> String {
    format!("{:02}:{:02}:00", minutes / 60, minutes % 60)
}

fn agent(name: &str, shifts: u32, kilometres: u32, random: &mut Random) -> Value {
    let home = place(f64::from(kilometres), random);
    let shifts: Vec<Value> = (0..shifts).map(|day| shift(day, &home, random)).collect();
    let price = json!({
        "fixedPrice": 20 * random.below(4),
        "pricePerKM": f64::from(random.below(4)) / 2.0,
        "pricePerHour": 10 * random.below(4),
    });
    json!({"name": name, "shifts": shifts, "price": price, "capacity": [20 + random.below(20), 20 + random.below(20), 30]})
}

fn shift(day: u32, home: &Value, random: &mut Random) -> Value {
    let open = 60 * (7 + random.below(4));
    let close = open + 30 * (6 + random.below(11));
    let lunch = open + 120;
    let breaks = match random.below(2) {
        0 => json!([]),
        _ => json!([{"startTime": moment(day, lunch), "endTime": moment(day, lunch + 60), "duration": "00:30:00"}]),
    };
    json!({
        "startTime": moment(day, open), "endTime": moment(day, close), "startLocation": home, "endLocation": home, "breaks": breaks,
    })
}

fn item(number: u32, kilometres: f64, loaded: bool, days: usize, random: &mut Random) -> Value {
    let (day, dwell) = (random.below(days), 5 + 5 * random.below(9));
    let open = 60 * 7 + 30 * random.below(12);
    let close = open + dwell + 30 * (1 + random.below(8));
    let mut item = json!({
        "name": format!("item {number}"),
        "openingTime": moment(day, open), "closingTime": moment(day, close), "dwellTime": span(dwell),
        "location": place(kilometres, random), "priority": 1 + random.below(100),
    });
    if loaded {
        let mut amount = || i64::from(random.below(8)) - 3;
        item["quantity"] = json!([amount(), amount(), 1]);
    }
    if number % 8 == 1 {
        item["dropOffFrom"] = json!([format!("item {}", number - 1)]);
    }
    item
}
