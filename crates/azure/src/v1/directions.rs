//! `GET` and `POST /route/directions/json`: the fastest way through 2 to 150 waypoints.
//!
//! The answer has one route, one leg for each pair of neighbouring waypoints, and one section, since all of it is driven.
//! Totals are the sums of the legs' rounded figures. The body of the `POST` holds what Azure could not fit into a query: areas to
//! avoid, and what waits for later versions and is refused by name.

use engine::{Area, Budget, Engine, Profile, RouteAnswer, RouteLeg, RouteQuestion, Settings, time_zone};
use geometry::Coordinate;
use jiff::tz::TimeZone;
use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use wire::{Request, Response};

use super::parameters::{check_directions, who};
use super::summary::{Summary, When, ends, wants_all_times};
use crate::body;
use crate::error::{Refused, json};
use crate::geojson::{MultiPolygon, out_of_range};
use crate::headers::naming_ignored;
use crate::query::Query;
use crate::time::Moment;
use crate::version::Version;

/// What every answer says of its own form, as recorded from the live service.
const FORMAT_VERSION: &str = "0.0.12";

/// `GET /route/directions/{format}`
pub(crate) fn get(engine: &Engine, request: &Request, budget: &Budget) -> Response {
    respond(engine, request, budget, Ok(Vec::new()))
}

/// `POST /route/directions/{format}`
pub(crate) fn post(engine: &Engine, request: &Request, budget: &Budget) -> Response {
    respond(engine, request, budget, areas(&request.body))
}

fn respond(engine: &Engine, request: &Request, budget: &Budget, areas: Result<Vec<Area>, Refused>) -> Response {
    let asked = json_only(request).and(areas).and_then(|areas| {
        let mut asked = Asked::parse(&Query::of(request), engine.settings(), request.received_ms)?;
        asked.question.terms.avoid.areas = areas;
        Ok(asked)
    });
    let answered = asked.and_then(|asked| {
        let places = asked.question.waypoints.len();
        let route = engine.route(&asked.question, budget).map_err(|error| Refused::of_engine(&error, places))?;
        Ok(naming_ignored(json(200, &asked.answer(&route, time_zone)), &asked.ignored))
    });
    match answered {
        Ok(response) => response.with("cache-control", "no-transform, no-cache").with("pragma", "no-cache"),
        Err(refused) => refused.respond(Version::V1),
    }
}

/// Refuses any format but JSON.
pub(crate) fn json_only(request: &Request) -> Result<(), Refused> {
    let path = request.path.trim_end_matches('/');
    match path.rsplit('/').next().unwrap_or_default() {
        "json" => Ok(()),
        "xml" => Err(Refused::not_yet("format", "The format xml", "ask for json")),
        other => Err(Refused::bad("format", format!("The format '{other}' is not known; ask for json."))),
    }
}

/// One question for directions, from a request or from an item of a batch.
pub(crate) struct Asked {
    /// The neutral question.
    pub(crate) question: RouteQuestion,
    /// Names of parameters that do not change the answer.
    pub(crate) ignored: Vec<String>,
    when: When,
    all_times: bool,
    travel_mode_section: bool,
}

impl Asked {
    /// Parses and checks the parameters.
    pub(crate) fn parse(query: &Query, settings: &Settings, received_ms: i64) -> Result<Self, Refused> {
        let mut ignored = check_directions(query)?;
        let (profile, mut terms) = who(query, &mut ignored)?;
        let waypoints = waypoints(query.text("query")?.unwrap_or_default(), settings.limits.waypoints)?;
        let ends = [waypoints[0], waypoints[waypoints.len() - 1]];
        let when = When::parse(query, received_ms, ends)?;
        terms.time = when.local_departure(ends[0]);
        Ok(Self {
            question: RouteQuestion { profile, terms, waypoints, heading: heading(query)? },
            ignored,
            when,
            all_times: wants_all_times(query),
            travel_mode_section: wants_travel_mode(query),
        })
    }

    /// The wire form of the answer to this question, its times labelled as in the zone of each waypoint.
    pub(crate) fn answer<'a>(&self, route: &'a RouteAnswer, zone: fn(Coordinate) -> TimeZone) -> Directions<'a> {
        let zones: Vec<TimeZone> = self.question.waypoints.iter().map(|&at| zone(at)).collect();
        let duration_s = route.legs.iter().map(|leg| leg.duration_s).sum();
        let distance_m = route.legs.iter().map(|leg| leg.distance_m).sum();
        let departure = self.when.departure(duration_s);
        let whole = [&zones[0], &zones[zones.len() - 1]];
        let summary = Summary::new(distance_m, duration_s, ends(departure, duration_s, whole), false);
        let legs = self.legs(&route.legs, departure, &zones);
        let sections =
            self.travel_mode_section.then(|| Section::whole(self.question.profile, &route.legs)).into_iter().collect();
        Directions { format_version: FORMAT_VERSION, routes: [Route { summary, legs, sections }] }
    }

    fn legs<'a>(&self, legs: &'a [RouteLeg], departure: Moment, zones: &[TimeZone]) -> Vec<Leg<'a>> {
        let mut start = departure;
        legs.iter()
            .zip(zones.windows(2))
            .map(|(leg, zones)| {
                let ends = ends(start, leg.duration_s, [&zones[0], &zones[1]]);
                let summary = Summary::new(leg.distance_m, leg.duration_s, ends, self.all_times);
                start = ends.1;
                Leg { summary, points: Points(&leg.points) }
            })
            .collect()
    }
}

/// The places of `lat,lon:lat,lon…`.
fn waypoints(text: &str, limit: usize) -> Result<Vec<Coordinate>, Refused> {
    let places: Vec<&str> = text.split(':').map(str::trim).collect();
    if places.len() < 2 {
        return Err(Refused::bad(
            "query",
            format!("query should hold at least 2 waypoints as lat,lon:lat,lon, it is '{text}'."),
        ));
    }
    if places.len() > limit {
        return Err(Refused::bad(
            "query",
            format!("query holds {} waypoints, the limit is {limit} (limits.waypoints).", places.len()),
        ));
    }
    places.iter().enumerate().map(|(index, place)| waypoint(index, place)).collect()
}

fn waypoint(index: usize, text: &str) -> Result<Coordinate, Refused> {
    if text.starts_with("circle(") {
        return Err(Refused::not_yet("query", "A circle as a waypoint", "give its centre as lat,lon"));
    }
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let pair = text.split_once(',').and_then(|(lat, lon)| Some((number(lat)?, number(lon)?)));
    let (lat, lon) = pair.ok_or_else(|| {
        Refused::bad("query", format!("Waypoint {index} of query should be lat,lon in degrees, it is '{text}'."))
    })?;
    Coordinate::from_degrees(lat, lon)
        .map_err(|fault| out_of_range("query", fault, "lat,lon").saying("Waypoint", format!("It is waypoint {index}.")))
}

/// Without a wish, the travel mode is what sections report.
fn wants_travel_mode(query: &Query) -> bool {
    let mut wishes = query.list("sectionType").peekable();
    wishes.peek().is_none() || wishes.any(|wish| wish.eq_ignore_ascii_case("travelMode"))
}

/// Where the vehicle is heading at its start, which was checked.
fn heading(query: &Query) -> Result<Option<u16>, Refused> {
    let number = query.text("vehicleHeading")?.and_then(|text| text.parse::<f64>().ok());
    Ok(number.map(|degrees| degrees as u16))
}

/// What the body of the `POST` may hold; all of it would change the answer.
#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Parameters {
    supporting_points: Option<Value>,
    avoid_vignette: Option<Vec<String>>,
    allow_vignette: Option<Vec<String>>,
    avoid_areas: Option<MultiPolygon>,
}

/// The areas to avoid that a body holds; refuses what else it asks for.
fn areas(body: &[u8]) -> Result<Vec<Area>, Refused> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Vec::new());
    }
    let Parameters { supporting_points, avoid_vignette, allow_vignette, avoid_areas } = body::parse(body)?;
    let given = [
        ("supportingPoints", supporting_points.is_some()),
        ("avoidVignette", avoid_vignette.is_some_and(|countries| !countries.is_empty())),
        // An empty list of countries allowed forbids all.
        ("allowVignette", allow_vignette.is_some()),
    ];
    if let Some((name, _)) = given.into_iter().find(|(_, is_given)| *is_given) {
        return Err(Refused::not_yet(name, name, "leave it out, or ask with GET"));
    }
    avoid_areas.map_or(Ok(Vec::new()), |areas| areas.rectangles("avoidAreas"))
}

/// The wire form of an answer.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Directions<'a> {
    format_version: &'static str,
    routes: [Route<'a>; 1],
}

#[derive(serde::Serialize)]
struct Route<'a> {
    summary: Summary,
    legs: Vec<Leg<'a>>,
    sections: Vec<Section>,
}

#[derive(serde::Serialize)]
struct Leg<'a> {
    summary: Summary,
    points: Points<'a>,
}

/// Points straight from the neutral answer: they are most of it.
struct Points<'a>(&'a [Coordinate]);

impl Serialize for Points<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|at| Point { latitude: at.lat(), longitude: at.lon() }))
    }
}

#[derive(serde::Serialize)]
struct Point {
    latitude: f64,
    longitude: f64,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Section {
    start_point_index: usize,
    end_point_index: usize,
    #[serde(rename = "sectionType")]
    kind: &'static str,
    travel_mode: &'static str,
}

impl Section {
    /// The one section of a route that is travelled in one mode from end to end. Indices count the point where two legs meet twice.
    fn whole(profile: Profile, legs: &[RouteLeg]) -> Self {
        let points: usize = legs.iter().map(|leg| leg.points.len()).sum();
        Self {
            start_point_index: 0,
            end_point_index: points.saturating_sub(1),
            kind: "TRAVEL_MODE",
            travel_mode: profile.name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::bytes;
    use crate::headers;

    fn parse(query: &str) -> Result<Asked, Refused> {
        let request = headers::tests::get("/route/directions/json", query);
        Asked::parse(&Query::of(&request), &Settings::default(), request.received_ms)
    }

    fn fault(query: &str) -> String {
        let Err(refused) = parse(query) else { panic!("{query} should be refused") };
        String::from_utf8(bytes(&refused.body(Version::V1))).unwrap()
    }

    fn at(lat: f64, lon: f64) -> Coordinate {
        Coordinate::from_degrees(lat, lon).unwrap()
    }

    #[test]
    fn waypoints_are_latitude_first_and_may_be_escaped() {
        let expected = vec![at(52.50931, 13.42936), at(52.50274, 13.43872)];
        assert_eq!(parse("query=52.50931,13.42936:52.50274,13.43872").unwrap().question.waypoints, expected);
        assert_eq!(parse("query=52.50931%2C13.42936%3A52.50274%2C13.43872").unwrap().question.waypoints, expected);
        assert_eq!(parse("Query=52.50931,+13.42936:52.50274,13.43872").unwrap().question.waypoints, expected);
    }

    #[test]
    fn the_python_clients_defaults_mean_nothing() {
        let asked = parse(
            "api-version=1.0&query=1,1:2,2&vehicleAxleWeight=0&vehicleWidth=0.0&vehicleHeight=0.0&vehicleLength=0.0\
             &vehicleMaxSpeed=0&vehicleWeight=0&vehicleCommercial=false&maxAlternatives=0&computeBestOrder=false",
        )
        .unwrap();
        assert_eq!(asked.ignored, Vec::<String>::new());
    }

    #[test]
    fn a_truck_and_its_wishes_are_understood() {
        let asked = parse(
            "query=1,1:2,2&travelMode=truck&vehicleHeight=4.1&vehicleWeight=40000&vehicleLoadType=USHazmatClass1\
             &avoid=tollRoads&avoid=ferries",
        )
        .unwrap();
        let RouteQuestion { profile, terms, .. } = asked.question;
        let vehicle = &terms.vehicle;
        assert_eq!((profile, vehicle.height_cm, vehicle.weight_kg), (Profile::Truck, Some(410), Some(40_000)));
        assert!(vehicle.load.goods && asked.ignored.is_empty());
        assert_eq!(terms.avoid.kinds, [engine::Kind::Toll, engine::Kind::Ferry].into_iter().collect());
        let car = parse("query=1,1:2,2&vehicleLoadType=USHazmatClass1").unwrap();
        assert!(car.question.terms.is_empty());
        assert_eq!(car.ignored, ["vehicleLoadType"]);
    }

    #[test]
    fn harmless_parameters_are_named() {
        let asked =
            parse("query=1,1:2,2&traffic=true&language=en-US&report=effectiveSettings&vehicleHeading=0&x=1").unwrap();
        assert_eq!(asked.ignored, ["traffic", "language", "report", "x"]);
        assert_eq!((asked.question.heading, parse("query=1,1:2,2").unwrap().question.heading), (Some(0), None));
    }

    #[test]
    fn faults_name_parameter_value_and_limit() {
        let many = format!("query={}", vec!["1,1"; 151].join(":"));
        for (query, expected) in [
            ("", "at least 2 waypoints"),
            ("query=", "at least 2 waypoints"),
            ("query=nonsense", "it is 'nonsense'"),
            ("query=1,1:a,b", "Waypoint 1 of query should be lat,lon in degrees, it is 'a,b'"),
            (
                "query=1,1:91,0",
                "latitude value should be between -90 and 90 inclusive. Expected coordinate format: lat,lon.",
            ),
            ("query=1,1:0,181", "longitude value should be between -180 and 180 inclusive."),
            ("query=1,1:circle(2,2,100):3,3", "A circle as a waypoint is not supported yet"),
            (&many, "151 waypoints, the limit is 150 (limits.waypoints)"),
            ("query=1,1:2,2&maxAlternatives=99", "maxAlternatives parameter value should be between 0 and 5 inclusive"),
            ("query=1,1:2,2&maxAlternatives=1", "maxAlternatives=1 is not supported yet"),
            ("query=1,1:2,2&travelMode=rocket", "travelMode parameter value 'rocket' is not one of car, truck"),
            ("query=1,1:2,2&avoid=tollRoads,alreadyUsedRoads", "avoid=alreadyUsedRoads is not supported yet"),
            ("query=1,1:2,2&routeType=shortest", "routeType=shortest is not supported yet"),
            ("query=1,1:2,2&vehicleHeight=tall", "vehicleHeight should be a number, it is 'tall'"),
            ("query=1,1:2,2&vehicleWeight=-1", "vehicleWeight parameter value should be 0 or more"),
            ("query=1,1:2,2&computeBestOrder=TRUE", "computeBestOrder=TRUE is not supported yet"),
            ("query=1,1:2,2&instructionsType=text", "instructionsType=text is not supported yet"),
            ("query=1,1:2,2&routeRepresentation=none", "can only be used with computeBestOrder=true"),
            ("query=1,1:2,2&hilliness=low", "can only be used with routeType=thrilling"),
            ("query=1,1:2,2&sectionType=ferry", "sectionType=ferry is not supported yet"),
            (
                "query=1,1:2,2&vehicleHeading=360",
                "vehicleHeading parameter value should be between 0 and 359 inclusive",
            ),
            ("query=1,1:2,2&constantSpeedConsumptionInLitersPerHundredkm=50,6.3", "is not supported yet"),
            (
                "query=1,1:2,2&uphillEfficiency=1.5",
                "uphillEfficiency parameter value should be between 0 and 1 inclusive",
            ),
        ] {
            assert!(fault(query).contains(expected), "{query}: {}", fault(query));
        }
    }

    #[test]
    fn the_body_may_hold_nothing_else_that_shapes_a_route() {
        for body in ["", "{}", r#"{"supportingPoints":null,"avoidVignette":[]}"#] {
            assert_eq!(areas(body.as_bytes()), Ok(Vec::new()), "{body}");
        }
        for body in [
            r#"{"supportingPoints":{"type":"GeometryCollection","geometries":[]}}"#,
            r#"{"avoidVignette":["AUS"]}"#,
            r#"{"allowVignette":[]}"#,
            r#"{"avoidAreas":{"type":"Polygon","coordinates":[]}}"#,
            "[",
        ] {
            assert!(areas(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn sections_are_reported_as_asked() {
        let sections = |wish: &str| parse(&format!("query=1,1:2,2{wish}")).unwrap().travel_mode_section;
        assert!(sections("") && sections("&sectionType=traffic&sectionType=travelMode"));
        assert!(!sections("&sectionType=traffic"));
    }

    #[test]
    fn the_point_where_legs_meet_counts_twice() {
        let leg = |points| RouteLeg { duration_s: 1, distance_m: 1, points: vec![at(0.0, 0.0); points] };
        assert_eq!(Section::whole(Profile::Car, &[leg(7), leg(14)]).end_point_index, 20);
    }

    #[test]
    fn times_are_labelled_where_they_fall() {
        // From Valença in Portugal to Tui in Spain, across the Minho, and back.
        let asked = parse("query=42.02,-8.64:42.05,-8.64:42.02,-8.64&departAt=2030-06-15T08:00:00").unwrap();
        let leg = |duration_s| RouteLeg { duration_s, distance_m: 1, points: Vec::new() };
        let route = RouteAnswer { legs: vec![leg(600), leg(60)] };
        let labels = |zone| {
            let answer = serde_json::to_value(asked.answer(&route, zone)).unwrap();
            let route = &answer["routes"][0];
            [&route["summary"], &route["legs"][0]["summary"], &route["legs"][1]["summary"]].map(|summary| {
                ["departureTime", "arrivalTime"]
                    .map(|name| summary[name].as_str().unwrap()["2030-06-15T".len()..].to_owned())
            })
        };
        assert_eq!(
            labels(time_zone),
            [
                ["08:00:00+01:00", "08:11:00+01:00"],
                ["08:00:00+01:00", "09:10:00+02:00"],
                ["09:10:00+02:00", "08:11:00+01:00"]
            ]
        );
        assert_eq!(labels(|_| TimeZone::UTC)[1], ["07:00:00+00:00", "07:10:00+00:00"]);
    }

    #[test]
    fn signs_are_judged_by_the_clock_at_the_first_waypoint() {
        let time = |wish: &str| parse(&format!("query=42.05,-8.64:42.02,-8.64{wish}")).unwrap().question.terms.time;
        // 14 November 2023, 23:13 in Spain.
        let now = engine::LocalTime::from_minutes(19_675 * 1440 + 23 * 60 + 13);
        assert_eq!([time("&departAt=now"), time("&departAt=2023-11-14T22:13:20Z")], [now; 2]);
        assert_eq!([time(""), time("&arriveAt=2023-11-14T23:13:20Z")], [None; 2]);
    }

    #[test]
    fn the_answer_on_the_wire() {
        let asked = parse("query=47.66,-122.32:47.65,-122.31:47.64,-122.3&computeTravelTimeFor=all").unwrap();
        let first = RouteLeg { duration_s: 61, distance_m: 900, points: vec![at(47.66, -122.32), at(47.65, -122.31)] };
        let second = RouteLeg {
            duration_s: 30,
            distance_m: 450,
            points: vec![at(47.65, -122.31), at(47.645, -122.3051), at(47.64, -122.3)],
        };
        let answer = serde_json::to_string_pretty(&asked.answer(&RouteAnswer { legs: vec![first, second] }, time_zone));
        insta::assert_snapshot!(answer.unwrap());
    }
}
