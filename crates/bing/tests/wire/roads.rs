//! Plans on the streets of a drawn town.

use std::sync::Arc;

use engine::{Datasets, Engine, ImportOptions, Settings, import};
use geometry::Coordinate;
use serde_json::{Value, json};
use testkit::Map;

use crate::desk::{answer, details, post, resource};

/// Two streets that meet, and one on an island.
fn town() -> Map {
    let map = Map::new(
        "
        a b c d
            e   x y
        ",
    );
    let street = [("highway", "residential")];
    map.way("abcd", &street).way("ce", &street).way("xy", &street)
}

/// The engine over the imported town; the folder must live as long as it.
fn open(map: &Map) -> (Engine, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("town.osm.pbf");
    map.write_pbf(&file);
    let options = ImportOptions { activate: true, ..ImportOptions::default() };
    let report = import(&[file], folder.path(), &options, &|_| {}).unwrap();
    let dataset = Datasets::new(folder.path()).open(&report.dataset).unwrap();
    (Engine::new(Some(dataset), Arc::new(Settings::default())), folder)
}

fn location(place: Coordinate) -> Value {
    json!({"latitude": place.lat(), "longitude": place.lon()})
}

/// One agent from `from` to `to`, and an item at each of `items`.
fn body(from: &Value, to: &Value, items: &[Value]) -> String {
    let items: Vec<Value> = items.iter().map(|place| json!({"location": place, "dwellTime": "00:10:00"})).collect();
    let shift = json!({
        "startTime": "2030-05-02T08:00:00", "startLocation": from,
        "endTime": "2030-05-02T17:00:00", "endLocation": to,
    });
    json!({"agents": [{"shifts": [shift]}], "itineraryItems": items, "costvalue": "Distance"}).to_string()
}

#[test]
fn distances_are_those_of_the_streets() {
    let map = town();
    let (engine, _folder) = open(&map);
    let at = |letter| location(map.at(letter));
    let response = answer(&engine, &post("OptimizeItinerary", "", &body(&at('a'), &at('d'), &[at('e'), at('b')])));
    let resource = resource(&response);
    let itinerary = &resource["agentItineraries"][0];
    // a b c e c d; the straight lines would be shorter.
    assert_eq!(itinerary["route"]["totalTravelDistance"], 500);
    assert_eq!(itinerary["route"]["wayPoints"], json!([at('b'), at('e')]));
}

#[test]
fn what_cannot_be_reached_is_left_out() {
    let map = town();
    let (engine, _folder) = open(&map);
    let at = |letter| location(map.at(letter));
    let far = json!({"latitude": 50, "longitude": 10});
    let items = [at('x'), at('b'), far];
    let response = answer(&engine, &post("OptimizeItinerary", "", &body(&at('a'), &at('d'), &items)));
    let resource = resource(&response);
    assert_eq!(resource["unscheduledItems"].as_array().unwrap().len(), 2);
    assert_eq!(resource["agentItineraries"][0]["route"]["wayPoints"], json!([at('b')]));
}

#[test]
fn no_agent_left_is_a_fault_of_the_agents() {
    let map = town();
    let (engine, _folder) = open(&map);
    let far = json!({"latitude": 50, "longitude": 10});
    let response = answer(&engine, &post("OptimizeItinerary", "", &body(&far, &far, &[location(map.at('b'))])));
    assert!(details(&response, 400)[1].starts_with("agents"));
}
