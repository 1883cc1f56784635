//! The way in: a GeoJSON collection of two features, origins and destinations in either order, and wishes beside them.

use engine::{LocalTime, MatrixQuestion, Profile, Terms, time_zone};
use geometry::Coordinate;
use jiff::tz::TimeZone;
use serde::Deserialize;
use wire::Request;

use crate::body;
use crate::error::Refused;
use crate::geojson::MultiPoint;
use crate::rule::one_of;
use crate::time::Moment;
use crate::vehicle::{LOAD_TYPES, Measures, terms};

/// One matrix asked for.
pub(super) struct Asked {
    pub(super) question: MatrixQuestion,
    pub(super) when: When,
    /// Whether nothing but the pairs is asked for.
    pub(super) is_plain: bool,
}

impl Asked {
    /// Parses and checks the body.
    pub(super) fn parse(request: &Request) -> Result<Self, Refused> {
        let body: MatrixRequest = body::parse(&request.body)?;
        let when = When::parse(&body, request.received_ms)?;
        body.check_wishes(when)?;
        let is_plain = when == When::Any && !body.wants_live_traffic() && body.terms().is_empty();
        let (profile, mut terms) = (body.profile(), body.terms());
        let (origins, destinations) = body.places()?;
        // One moment is asked for, so the first origin stands for all.
        terms.time = when.local_departure(origins[0]);
        Ok(Self { question: MatrixQuestion { profile, terms, origins, destinations }, when, is_plain })
    }
}

/// When the journeys take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// At no time in particular.
    Any,
    /// They start then.
    Depart(Moment),
    /// They end then.
    Arrive(Moment),
}

impl When {
    fn parse(body: &MatrixRequest, received_ms: i64) -> Result<Self, Refused> {
        let set = |text: &Option<String>| text.clone().filter(|text| !text.eq_ignore_ascii_case("any"));
        match (set(&body.depart_at), set(&body.arrive_at)) {
            (Some(_), Some(_)) => {
                Err(Refused::bad("arriveAt", "departAt and arriveAt cannot be used together; give one of them."))
            }
            (None, None) => Ok(Self::Any),
            (Some(text), None) if text.eq_ignore_ascii_case("now") => {
                Ok(Self::Depart(Moment::utc_from_ms(received_ms)))
            }
            (Some(text), None) => Ok(Self::Depart(moment("departAt", &text)?)),
            (None, Some(text)) => Ok(Self::Arrive(moment("arriveAt", &text)?)),
        }
    }

    /// When journeys from a place start by the clock on the spot, where a start was said.
    fn local_departure(self, from: Coordinate) -> Option<LocalTime> {
        match self {
            Self::Depart(start) => start.clock(&time_zone(from)),
            Self::Any | Self::Arrive(_) => None,
        }
    }

    /// When a journey of `duration_s` seconds starts and ends, if that was asked for.
    pub(super) fn ends(self, duration_s: u64) -> Option<(Moment, Moment)> {
        let travel_s = i64::try_from(duration_s).unwrap_or(i64::MAX);
        match self {
            Self::Any => None,
            Self::Depart(start) => Some((start, start.plus(travel_s))),
            Self::Arrive(end) => Some((end.plus(-travel_s), end)),
        }
    }
}

/// Without an offset it is in UTC.
fn moment(name: &str, text: &str) -> Result<Moment, Refused> {
    Moment::parse(text, || TimeZone::UTC).ok_or_else(|| {
        Refused::bad(
            name,
            format!("{name} should be any or a date-time like 2030-01-31T08:00:00+01:00, it is '{text}'."),
        )
    })
}

/// The body as it comes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MatrixRequest {
    #[serde(rename = "type")]
    kind: String,
    features: Vec<Feature>,
    depart_at: Option<String>,
    arrive_at: Option<String>,
    travel_mode: Option<String>,
    optimize_route: Option<String>,
    traffic: Option<String>,
    avoid: Option<Vec<String>>,
    vehicle_spec: Option<VehicleSpec>,
}

/// A vehicle; zero and `false` are the defaults.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VehicleSpec {
    is_vehicle_commercial: Option<bool>,
    length: Option<f64>,
    width: Option<f64>,
    height: Option<f64>,
    weight: Option<f64>,
    axle_weight: Option<f64>,
    max_speed: Option<f64>,
    load_type: Option<Vec<String>>,
    adr_tunnel_restriction_code: Option<String>,
}

impl VehicleSpec {
    fn check(&self) -> Result<(), Refused> {
        for (name, value, most) in [
            ("length", self.length, 1e6),
            ("width", self.width, 1e6),
            ("height", self.height, 1e6),
            ("weight", self.weight, 1e6),
            ("axleWeight", self.axle_weight, 1e6),
            ("maxSpeed", self.max_speed, 250.0),
        ] {
            if value.is_some_and(|value| !(0.0..=most).contains(&value)) {
                let (name, value) = (format!("vehicleSpec.{name}"), value.unwrap_or_default());
                return Err(Refused::bad(&name, format!("{name} should be between 0 and {most}, it is {value}.")));
            }
        }
        for word in self.load_type.iter().flatten() {
            one_of("vehicleSpec.loadType", word, LOAD_TYPES)?;
        }
        let code = self.adr_tunnel_restriction_code.as_deref();
        code.map_or(Ok(()), |code| one_of("vehicleSpec.adrTunnelRestrictionCode", code, &["B", "C", "D", "E"]))
    }

    fn measures(&self) -> Measures<'_> {
        Measures {
            length_m: self.length.unwrap_or_default(),
            width_m: self.width.unwrap_or_default(),
            height_m: self.height.unwrap_or_default(),
            weight_kg: self.weight.unwrap_or_default() as i64,
            axle_weight_kg: self.axle_weight.unwrap_or_default() as i64,
            max_speed_kmh: self.max_speed.unwrap_or_default() as i64,
            tunnel_code: self.adr_tunnel_restriction_code.as_deref(),
            commercial: self.is_vehicle_commercial == Some(true),
        }
    }
}

#[derive(Deserialize)]
struct Feature {
    #[serde(rename = "type")]
    kind: String,
    geometry: MultiPoint,
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    point_type: String,
}

impl MatrixRequest {
    /// Whether the state of the roads matters, which is not known here.
    pub(super) fn wants_live_traffic(&self) -> bool {
        self.traffic.as_deref().is_some_and(|traffic| traffic.eq_ignore_ascii_case("live"))
    }

    /// Who travels.
    fn profile(&self) -> Profile {
        let is = |mode: &str| self.travel_mode.as_deref().is_some_and(|word| word.eq_ignore_ascii_case(mode));
        match () {
            () if is("truck") => Profile::Truck,
            () if is("walking") => Profile::Pedestrian,
            () => Profile::Car,
        }
    }

    /// Refuses what is unknown, contradictory, or not served yet.
    fn check_wishes(&self, when: When) -> Result<(), Refused> {
        one_of("travelMode", self.travel_mode.as_deref().unwrap_or("driving"), &["driving", "truck", "walking"])?;
        served("optimizeRoute", self.optimize_route.as_deref(), &["fastest", "shortest"], "ask for the fastest way")?;
        one_of("traffic", self.traffic.as_deref().unwrap_or("historical"), &["historical", "live"])?;
        if self.wants_live_traffic() && when == When::Any {
            return Err(Refused::bad("traffic", "traffic=live needs a time; give departAt or arriveAt."));
        }
        for word in self.avoid.iter().flatten() {
            one_of("avoid", word, &["tollRoads", "unpavedRoads"])?;
        }
        self.vehicle_spec.as_ref().map_or(Ok(()), VehicleSpec::check)
    }

    /// With what vehicle, and what is avoided; after [`check_wishes`](Self::check_wishes).
    fn terms(&self) -> Terms {
        let spec = self.vehicle_spec.as_ref();
        let measures = spec.map(VehicleSpec::measures).unwrap_or_default();
        let loads = spec.into_iter().flat_map(|spec| spec.load_type.iter().flatten()).map(String::as_str);
        terms(self.profile(), &measures, loads, self.avoid.iter().flatten().map(String::as_str))
    }

    /// The origins and the destinations, whichever comes first.
    fn places(&self) -> Result<(Vec<Coordinate>, Vec<Coordinate>), Refused> {
        constant("type", &self.kind, "FeatureCollection")?;
        let [first, second] = self.features.as_slice() else {
            let count = self.features.len();
            return Err(Refused::bad(
                "features",
                format!("features should hold exactly 2 features, it holds {count}."),
            ));
        };
        match (first.point_type(0)?, second.point_type(1)?) {
            (PointType::Origins, PointType::Destinations) => Ok((first.places(0)?, second.places(1)?)),
            (PointType::Destinations, PointType::Origins) => Ok((second.places(1)?, first.places(0)?)),
            _ => Err(Refused::bad(
                "features[1].properties.pointType",
                "Both features have the same pointType; one should be origins, the other destinations.",
            )),
        }
    }
}

/// What the places of a feature are.
enum PointType {
    Origins,
    Destinations,
}

impl Feature {
    fn point_type(&self, index: usize) -> Result<PointType, Refused> {
        constant(&format!("features[{index}].type"), &self.kind, "Feature")?;
        match self.properties.point_type.as_str() {
            "origins" => Ok(PointType::Origins),
            "destinations" => Ok(PointType::Destinations),
            other => Err(Refused::bad(
                format!("features[{index}].properties.pointType"),
                format!("pointType should be origins or destinations, it is '{other}'."),
            )),
        }
    }

    fn places(&self, index: usize) -> Result<Vec<Coordinate>, Refused> {
        self.geometry.places(&format!("features[{index}].geometry"))
    }
}

fn constant(name: &str, value: &str, expected: &str) -> Result<(), Refused> {
    if value == expected {
        return Ok(());
    }
    Err(Refused::bad(name, format!("{name} should be {expected}, it is '{value}'.")))
}

/// Refuses a word that is unknown, and a known one that is not the first, which is what is served.
fn served(name: &str, value: Option<&str>, words: &[&str], why: &str) -> Result<(), Refused> {
    let value = value.unwrap_or(words[0]);
    one_of(name, value, words)?;
    if value.eq_ignore_ascii_case(words[0]) {
        return Ok(());
    }
    Err(Refused::not_yet(name, &format!("{name}={value}"), why))
}
