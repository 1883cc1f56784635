//! A drawn town, imported into a folder of its own, and questions about it.

use std::path::PathBuf;
use std::sync::Arc;

use engine::{
    Agent, AgentExtension, Datasets, Engine, ImportOptions, Item, ItemExtension, PlanCost, PlanExtension, PlanNetwork,
    PlanQuestion, Search, Settings, Shift, ShiftExtension, Urgency, import,
};
use geometry::Coordinate;
use tempfile::TempDir;
use testkit::Map;

/// A map in a data directory, and the engine over it.
pub(crate) struct Town {
    pub(crate) map: Map,
    /// Goes with the last question about it.
    _folder: TempDir,
    pub(crate) datasets: Datasets,
    pub(crate) engine: Engine,
}

/// Three streets and four avenues, one of them one-way, with a banned turn, a gate and a private yard; and an island.
pub(crate) fn drawn_town() -> Map {
    let street = [("highway", "residential")];
    Map::new(
        "
        a b c d
        e f g h
        i j k l

        m n
        ",
    )
    .way("abcd", &[("highway", "tertiary"), ("name", "North Street")])
    .way("efgh", &street)
    .way("ijkl", &[("highway", "secondary"), ("maxspeed", "50")])
    .way("aei", &street)
    .way("bfj", &[("highway", "residential"), ("oneway", "yes")])
    .way("cgk", &street)
    .way("dh", &street)
    .way("hl", &[("highway", "service"), ("access", "private")])
    .way("mn", &street)
    .restriction("no_left_turn", "efgh", "g", "cgk")
}

pub(crate) fn town() -> Town {
    town_of(drawn_town())
}

pub(crate) fn town_of(map: Map) -> Town {
    let data = tempfile::tempdir().unwrap();
    let file = write_map(&map, &data, "town.osm.pbf");
    let datasets = Datasets::new(data.path().join("data"));
    let options = ImportOptions { activate: true, ..ImportOptions::default() };
    let report = import(&[file], &data.path().join("data"), &options, &|_| {}).unwrap();
    let engine = Engine::new(Some(datasets.open(&report.dataset).unwrap()), Arc::new(Settings::default()));
    Town { map, _folder: data, datasets, engine }
}

pub(crate) fn write_map(map: &Map, folder: &TempDir, name: &str) -> PathBuf {
    let file = folder.path().join(name);
    map.write_pbf(&file);
    file
}

/// A place without any road for hundreds of kilometres.
pub(crate) fn nowhere() -> Coordinate {
    Coordinate::from_degrees(-40.0, 100.0).unwrap()
}

pub(crate) fn at(lat: f64, lon: f64) -> Coordinate {
    Coordinate::from_degrees(lat, lon).unwrap()
}

pub(crate) fn item(name: &str, place: Coordinate) -> Item {
    Item {
        name: name.to_owned(),
        place,
        windows: Vec::new(),
        dwell_s: 60,
        priority: 1,
        quantity: Vec::new(),
        depot: false,
        drop_off_from: Vec::new(),
        extension: ItemExtension::default(),
    }
}

pub(crate) fn shift(start: i64, end: i64, place: Coordinate) -> Shift {
    Shift { start, end, start_place: place, end_place: place, breaks: Vec::new(), extension: ShiftExtension::default() }
}

pub(crate) fn agent(name: &str, shifts: Vec<Shift>) -> Agent {
    Agent { name: name.to_owned(), capacity: Vec::new(), price: None, shifts, extension: AgentExtension::default() }
}

pub(crate) fn question(agents: Vec<Agent>, items: Vec<Item>) -> PlanQuestion {
    let search = Search {
        urgency: Urgency::Background,
        time_limit: None,
        steps: Some(2000),
        seed: 7,
        threads: 1,
        islands: None,
        rounds: None,
    };
    PlanQuestion {
        agents,
        items,
        network: PlanNetwork::Roads,
        cost: PlanCost::TravelTime,
        search,
        extension: PlanExtension::default(),
    }
}
