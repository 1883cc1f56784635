//! The rules of Route 1.0's query parameters.
//!
//! What would shape a route and is not served is refused rather than overlooked. What Azure itself considers for trucks only,
//! or what merely adds to an answer that stays right, is ignored and named.

use engine::{Profile, Terms};

use crate::error::Refused;
use crate::query::Query;
use crate::rule::{Effect, MANY, Rule, Values, check, flag};
use crate::vehicle::{LOAD_TYPES, Measures, terms};

const FASTEST: &str = "this server takes the fastest way";
const NO_MODEL: &str = "this server does not compute consumption";
const NO_SECTIONS: &str = "of the sections, this server reports travelMode only";
const ONE_ROUTE: &str = "this server answers with the one best route";
const THRILLING: &str = "can only be used with routeType=thrilling";

const LEVELS: Values = Values::OneOf(&["low", "normal", "high"]);
const AMOUNT: Values = Values::Number(0.0, MANY as f64);
const KILOGRAMS: Values = Values::Integer(0, MANY);
const SHARE: Values = Values::Number(0.0, 1.0);

/// Parameters of directions and matrices.
const SHARED: &[Rule] = &[
    rule("departAt", Values::Text, &[], Effect::Honoured),
    rule("arriveAt", Values::Text, &[], Effect::Honoured),
    rule("computeTravelTimeFor", Values::OneOf(&["none", "all"]), &[], Effect::Honoured),
    rule(
        "travelMode",
        Values::OneOf(&["car", "truck", "taxi", "bus", "van", "motorcycle", "bicycle", "pedestrian"]),
        &[],
        Effect::Honoured,
    ),
    rule(
        "avoid",
        Values::AnyOf(&[
            "tollRoads",
            "motorways",
            "ferries",
            "unpavedRoads",
            "carpools",
            "alreadyUsedRoads",
            "borderCrossings",
        ]),
        &[],
        Effect::Honoured,
    ),
    // Without live traffic, `false` is what is done anyway.
    rule("traffic", Values::Flag, &["false"], Effect::Ignored),
    rule(
        "routeType",
        Values::OneOf(&["fastest", "shortest", "eco", "thrilling"]),
        &["fastest"],
        Effect::NotYet(FASTEST),
    ),
    rule("windingness", LEVELS, &[], Effect::Needs(THRILLING)),
    rule("hilliness", LEVELS, &[], Effect::Needs(THRILLING)),
    rule("vehicleAxleWeight", KILOGRAMS, &[], Effect::Honoured),
    rule("vehicleLength", AMOUNT, &[], Effect::Honoured),
    rule("vehicleWidth", AMOUNT, &[], Effect::Honoured),
    rule("vehicleHeight", AMOUNT, &[], Effect::Honoured),
    rule("vehicleWeight", KILOGRAMS, &[], Effect::Honoured),
    rule("vehicleMaxSpeed", Values::Integer(0, MANY), &[], Effect::Honoured),
    // For trucks; to others it is named as ignored.
    rule("vehicleLoadType", Values::AnyOf(LOAD_TYPES), &[], Effect::Honoured),
];

/// Parameters of directions only.
const DIRECTIONS: &[Rule] = &[
    rule("query", Values::Text, &[], Effect::Honoured),
    rule("maxAlternatives", Values::Integer(0, 5), &[], Effect::NotYet(ONE_ROUTE)),
    // Without alternatives, what kind they are does not matter.
    rule("alternativeType", Values::OneOf(&["anyRoute", "betterRoute"]), &["anyRoute"], Effect::Ignored),
    rule("minDeviationDistance", Values::Integer(0, MANY), &[], Effect::NotYet(ONE_ROUTE)),
    rule("minDeviationTime", Values::Integer(0, MANY), &[], Effect::NotYet(ONE_ROUTE)),
    rule(
        "instructionsType",
        Values::OneOf(&["coded", "text", "tagged"]),
        &[],
        Effect::NotYet("this server gives no instructions"),
    ),
    rule("language", Values::Text, &[], Effect::Ignored),
    rule(
        "computeBestOrder",
        Values::Flag,
        &["false"],
        Effect::NotYet("this server visits waypoints in the order given"),
    ),
    rule(
        "routeRepresentation",
        Values::OneOf(&["polyline", "summaryOnly", "none"]),
        &["polyline"],
        Effect::Needs("can only be used with computeBestOrder=true"),
    ),
    rule("vehicleHeading", Values::Degrees, &[], Effect::Honoured),
    rule("vehicleCommercial", Values::Flag, &["false"], Effect::Honoured),
    rule("report", Values::OneOf(&["effectiveSettings"]), &[], Effect::Ignored),
    // Cars neither walk nor ride on trains here, and without traffic there is none to report: those sections are truly empty.
    rule("sectionType", SECTIONS, &["travelMode", "traffic", "pedestrian", "carTrain"], Effect::NotYet(NO_SECTIONS)),
    rule("vehicleEngineType", Values::OneOf(&["combustion", "electric"]), &["combustion"], Effect::Ignored),
    rule("constantSpeedConsumptionInLitersPerHundredkm", Values::Text, &[], Effect::NotYet(NO_MODEL)),
    rule("currentFuelInLiters", AMOUNT, &[], Effect::NotYet(NO_MODEL)),
    rule("auxiliaryPowerInLitersPerHour", AMOUNT, &[], Effect::NotYet(NO_MODEL)),
    rule("fuelEnergyDensityInMJoulesPerLiter", AMOUNT, &[], Effect::NotYet(NO_MODEL)),
    rule("constantSpeedConsumptionInkWhPerHundredkm", Values::Text, &[], Effect::NotYet(NO_MODEL)),
    rule("currentChargeInkWh", AMOUNT, &[], Effect::NotYet(NO_MODEL)),
    rule("maxChargeInkWh", AMOUNT, &[], Effect::NotYet(NO_MODEL)),
    rule("auxiliaryPowerInkW", AMOUNT, &[], Effect::NotYet(NO_MODEL)),
    rule("accelerationEfficiency", SHARE, &[], Effect::NotYet(NO_MODEL)),
    rule("decelerationEfficiency", SHARE, &[], Effect::NotYet(NO_MODEL)),
    rule("uphillEfficiency", SHARE, &[], Effect::NotYet(NO_MODEL)),
    rule("downhillEfficiency", SHARE, &[], Effect::NotYet(NO_MODEL)),
];

/// Parameters of matrices only. A matrix reports no sections.
const MATRIX: &[Rule] =
    &[rule("waitForResults", Values::Flag, &[], Effect::Honoured), rule("sectionType", SECTIONS, &[], Effect::Ignored)];

const SECTIONS: Values = Values::AnyOf(&[
    "carTrain",
    "country",
    "ferry",
    "motorway",
    "pedestrian",
    "tollRoad",
    "tollVignette",
    "traffic",
    "travelMode",
    "tunnel",
    "carpool",
    "urban",
]);

const fn rule(name: &'static str, values: Values, neutral: &'static [&'static str], effect: Effect) -> Rule {
    Rule { name, values, neutral, effect }
}

/// Checks the parameters of one question for directions; the names of those that do not change the answer.
pub(crate) fn check_directions(query: &Query) -> Result<Vec<String>, Refused> {
    check(query, &[SHARED, DIRECTIONS])
}

/// Checks the parameters of a matrix; the names of those that do not change the answer.
pub(crate) fn check_matrix(query: &Query) -> Result<Vec<String>, Refused> {
    check(query, &[SHARED, MATRIX])
}

/// Who travels, by a `travelMode` that was checked.
fn profile(query: &Query) -> Result<Profile, Refused> {
    Ok(query.text("travelMode")?.and_then(Profile::named).unwrap_or(Profile::Car))
}

/// Who travels with what, and what is avoided, by parameters that were checked; names of those that speak to others.
pub(crate) fn who(query: &Query, ignored: &mut Vec<String>) -> Result<(Profile, Terms), Refused> {
    let profile = profile(query)?;
    if query.list("avoid").any(|word| word.eq_ignore_ascii_case("alreadyUsedRoads")) {
        let why = "each leg is found by itself";
        return Err(Refused::not_yet("avoid", "avoid=alreadyUsedRoads", why));
    }
    if profile != Profile::Truck && query.list("vehicleLoadType").next().is_some() {
        ignored.push("vehicleLoadType".to_owned());
    }
    // Checked before: what is no number here is not given.
    let number = |name: &str| -> Result<f64, Refused> {
        Ok(query.text(name)?.and_then(|text| text.parse().ok()).unwrap_or_default())
    };
    let measures = Measures {
        length_m: number("vehicleLength")?,
        width_m: number("vehicleWidth")?,
        height_m: number("vehicleHeight")?,
        weight_kg: number("vehicleWeight")? as i64,
        axle_weight_kg: number("vehicleAxleWeight")? as i64,
        max_speed_kmh: number("vehicleMaxSpeed")? as i64,
        tunnel_code: None,
        commercial: flag(query, "vehicleCommercial"),
    };
    Ok((profile, terms(profile, &measures, query.list("vehicleLoadType"), query.list("avoid"))))
}

/// Checks the parameters of a call that has none of its own.
pub(crate) fn check_none(query: &Query) -> Result<Vec<String>, Refused> {
    check(query, &[])
}
