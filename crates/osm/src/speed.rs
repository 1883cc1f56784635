//! Speed limits: from `maxspeed` and its relatives to kilometres per hour.
//!
//! A limit is a number with or without a unit, the name of a rule (`DE:urban`, `GB:nsl_single`), or a word ("walk",
//! "none"). Of a list the lowest counts. What is not understood, is zero, or is beyond 300 km/h is no limit.

use network::{EdgeFlags, RoadClass};

use crate::access::Heading;
use crate::surroundings::Surrounding;
use crate::tags::Tags;

/// Walking pace, as courts read the sign.
const WALKING_KMH: f64 = 7.0;
/// Where there is no limit (German motorways): the speed that is recommended instead.
const UNLIMITED_KMH: f64 = 130.0;
const FASTEST_KMH: f64 = 300.0;
const KMH_PER_MPH: f64 = 1.609_344;
const KMH_PER_KNOT: f64 = 1.852;

/// The speed limit of a way in a direction.
pub(crate) fn max_speed_kmh(tags: &Tags<'_>, heading: Heading) -> Option<u16> {
    let stated = tags.get_joined("maxspeed", heading.suffix()).and_then(limit);
    stated.or_else(|| tags.get("maxspeed").and_then(limit)).or_else(|| {
        // The rule that the number would follow from, where nobody wrote the number.
        ["maxspeed:type", "source:maxspeed", "maxspeed:source", "zone:maxspeed", "zone:traffic"]
            .iter()
            .find_map(|key| tags.get_joined(key, heading.suffix()).or_else(|| tags.get(key)).and_then(rule))
            .and_then(whole)
    })
}

/// The limit that a value states.
pub(crate) fn limit(value: &str) -> Option<u16> {
    let words = value.split([';', '|', ',']).filter_map(|word| one_limit(word.trim()));
    words.min_by(f64::total_cmp).and_then(whole)
}

fn whole(kmh: f64) -> Option<u16> {
    (kmh > 0.0 && kmh <= FASTEST_KMH).then(|| (kmh.round() as u16).max(1))
}

fn one_limit(word: &str) -> Option<f64> {
    match word {
        "walk" | "walking" => Some(WALKING_KMH),
        "none" | "unlimited" => Some(UNLIMITED_KMH),
        _ => number(word).or_else(|| rule(word)),
    }
}

/// "50", "30 mph", "8 knots".
fn number(word: &str) -> Option<f64> {
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    let (digits, unit) = word.split_at(end);
    let value: f64 = digits.parse().ok()?;
    match unit.trim() {
        "" | "km/h" | "kmh" | "kph" | "kmph" => Some(value),
        "mph" => Some(value * KMH_PER_MPH),
        "knots" | "knot" | "kn" | "kt" | "kts" => Some(value * KMH_PER_KNOT),
        _ => None,
    }
}

/// A rule by its name, "COUNTRY:kind". Countries that differ from the usual figures are listed; see the wiki's page
/// "Speed limits/Implicits" and the traffic laws that it names.
fn rule(name: &str) -> Option<f64> {
    let (place, kind) = name.split_once(':')?;
    // A part of a country ("BE-VLG") has the rules of its country but for its own.
    let country = match place.split_once('-').map_or(place, |(country, _)| country) {
        "UK" => "GB",
        country => country,
    };
    if country.len() != 2 {
        return None;
    }
    let unit_kmh = if IN_MPH.contains(&country) { KMH_PER_MPH } else { 1.0 };
    let zone = kind.strip_prefix("zone").map(|zone| zone.trim_start_matches(':'));
    if let Some(number) = zone.or_else(|| kind.bytes().all(|byte| byte.is_ascii_digit()).then_some(kind)) {
        return number.parse().ok().map(|number: f64| number * unit_kmh);
    }
    stated_rule(place, kind).or_else(|| stated_rule(country, kind)).or_else(|| stated_rule(ANYWHERE, kind))
}

fn stated_rule(place: &str, kind: &str) -> Option<f64> {
    RULES.iter().find(|rule| rule.0 == place && rule.1 == kind).map(|rule| rule.2)
}

/// The limit that the law of a country sets for a class of road where no sign does; none where cars seldom go.
pub(crate) fn lawful_kmh(class: RoadClass, flags: EdgeFlags, surrounding: Surrounding) -> Option<u8> {
    let place = surrounding.country?;
    let kind = match class {
        RoadClass::Motorway => "motorway",
        _ if flags.motorroad() => "trunk",
        RoadClass::LivingStreet => "living_street",
        RoadClass::Trunk
        | RoadClass::Primary
        | RoadClass::Secondary
        | RoadClass::Tertiary
        | RoadClass::Unclassified
        | RoadClass::Residential
        | RoadClass::Road => {
            if surrounding.built_up {
                "urban"
            } else {
                "rural"
            }
        }
        _ => return None,
    };
    stated_rule(place, kind)
        .or_else(|| stated_rule(ANYWHERE, kind))
        .and_then(whole)
        .and_then(|kmh| u8::try_from(kmh).ok())
}

/// Where the numbers on signs are miles per hour.
const IN_MPH: [&str; 5] = ["GB", "GG", "IM", "JE", "US"];

const ANYWHERE: &str = "";

/// Country, kind and km/h: what is usual anywhere, and the countries that differ from it. See the wiki's page "Speed
/// limits" and the traffic laws that it names.
const RULES: [(&str, &str, f64); 67] = [
    (ANYWHERE, "walk", WALKING_KMH),
    (ANYWHERE, "living_street", 20.0),
    (ANYWHERE, "pedestrian_zone", 20.0),
    (ANYWHERE, "bicycle_road", 30.0),
    (ANYWHERE, "cyclestreet", 30.0),
    (ANYWHERE, "urban", 50.0),
    (ANYWHERE, "rural", 90.0),
    (ANYWHERE, "trunk", 110.0),
    (ANYWHERE, "motorway", 130.0),
    ("AT", "rural", 100.0),
    ("AT", "trunk", 100.0),
    ("AU", "rural", 100.0),
    ("AU", "motorway", 110.0),
    ("BE", "motorway", 120.0),
    ("BE-BRU", "urban", 30.0),
    ("BE-BRU", "rural", 70.0),
    ("BE-VLG", "rural", 70.0),
    ("BG", "motorway", 140.0),
    ("CH", "rural", 80.0),
    ("CH", "trunk", 100.0),
    ("CH", "motorway", 120.0),
    ("DE", "living_street", WALKING_KMH),
    ("DE", "rural", 100.0),
    ("DE", "trunk", 100.0),
    ("DE", "motorway", UNLIMITED_KMH),
    ("DK", "rural", 80.0),
    ("DK", "trunk", 80.0),
    ("ES", "trunk", 90.0),
    ("ES", "motorway", 120.0),
    ("FI", "rural", 80.0),
    ("FI", "trunk", 100.0),
    ("FI", "motorway", 120.0),
    ("FR", "rural", 80.0),
    ("GB", "nsl_restricted", 30.0 * KMH_PER_MPH),
    ("GB", "urban", 30.0 * KMH_PER_MPH),
    ("GB", "nsl_single", 60.0 * KMH_PER_MPH),
    ("GB", "rural", 60.0 * KMH_PER_MPH),
    ("GB", "nsl_dual", 70.0 * KMH_PER_MPH),
    ("GB", "motorway", 70.0 * KMH_PER_MPH),
    ("IE", "rural", 80.0),
    ("IE", "trunk", 100.0),
    ("IE", "motorway", 120.0),
    ("LI", "rural", 80.0),
    ("NL", "rural", 80.0),
    ("NL", "trunk", 100.0),
    ("NL", "motorway", 100.0),
    ("NO", "rural", 80.0),
    ("NO", "trunk", 80.0),
    ("NO", "motorway", 110.0),
    ("PL", "trunk", 120.0),
    ("PL", "motorway", 140.0),
    ("PT", "trunk", 100.0),
    ("PT", "motorway", 120.0),
    ("RO", "trunk", 100.0),
    ("MT", "rural", 80.0),
    ("RU", "urban", 60.0),
    ("RU", "motorway", 110.0),
    ("SE", "rural", 70.0),
    ("SE", "trunk", 90.0),
    ("SE", "motorway", 110.0),
    ("US", "urban", 25.0 * KMH_PER_MPH),
    ("US", "rural", 55.0 * KMH_PER_MPH),
    ("ZA", "urban", 60.0),
    ("ZA", "rural", 100.0),
    ("ZA", "motorway", 120.0),
    ("CY", "rural", 80.0),
    ("CY", "motorway", 100.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_in_every_notation() {
        for (value, expected) in [
            ("50", Some(50)),
            ("50 km/h", Some(50)),
            ("30 mph", Some(48)),
            ("30mph", Some(48)),
            ("5 knots", Some(9)),
            ("7.5", Some(8)),
            ("walk", Some(7)),
            ("none", Some(130)),
            ("DE:urban", Some(50)),
            ("DE:rural", Some(100)),
            ("FR:rural", Some(80)),
            ("GB:nsl_single", Some(97)),
            ("XX:urban", Some(50)),
            ("GB:zone20", Some(32)),
            ("UK:nsl_dual", Some(113)),
            ("US:25", Some(40)),
            ("US-NY:urban", Some(40)),
            ("BE-VLG:rural", Some(70)),
            ("BE-WAL:rural", Some(90)),
            ("LI:rural", Some(80)),
            ("DE:zone", None),
            ("DE:zone:30", Some(30)),
            ("IT:zone30", Some(30)),
            ("RO:60", Some(60)),
            ("80;50", Some(50)),
            ("signals", None),
            ("0", None),
            ("1000", None),
            ("-50", None),
            ("fast", None),
            ("50 furlongs", None),
            ("", None),
            (":", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(limit(value), expected, "{value}");
        }
    }
}
