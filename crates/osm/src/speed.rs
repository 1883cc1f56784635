//! Speed limits: from `maxspeed` and its relatives to kilometres per hour.
//!
//! A limit is a number with or without a unit, the name of a rule (`DE:urban`, `GB:nsl_single`), or a word ("walk",
//! "none"). Of a list the lowest counts. What is not understood, is zero, or is beyond 300 km/h is no limit.

use network::{EdgeFlags, RoadClass};

use crate::access::Heading;
use crate::laws::{self, KMH_PER_MPH, Kind, UNLIMITED_KMH, WALKING_KMH};
use crate::surroundings::Surrounding;
use crate::tags::Tags;

const FASTEST_KMH: f64 = 300.0;
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

/// A rule by its name, "COUNTRY:kind".
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
    let zone = kind.strip_prefix("zone").map(|zone| zone.trim_start_matches(':'));
    if let Some(number) = zone.or_else(|| kind.bytes().all(|byte| byte.is_ascii_digit()).then_some(kind)) {
        return number.parse().ok().map(|number: f64| number * laws::unit_kmh(country));
    }
    laws::rule_kmh(place, country, kind)
}

/// The limit that the law of a country sets for a class of road where no sign does; none where cars seldom go.
pub(crate) fn lawful_kmh(class: RoadClass, flags: EdgeFlags, surrounding: Surrounding) -> Option<u8> {
    let country = surrounding.country?;
    let kmh = match class {
        RoadClass::Motorway => laws::limit_kmh(country, Kind::Motorway),
        _ if flags.motorroad() => laws::limit_kmh(country, Kind::Trunk),
        RoadClass::LivingStreet => laws::rule_kmh(country, country, "living_street")?,
        RoadClass::Trunk
        | RoadClass::Primary
        | RoadClass::Secondary
        | RoadClass::Tertiary
        | RoadClass::Unclassified
        | RoadClass::Residential
        | RoadClass::Road => laws::limit_kmh(country, if surrounding.built_up { Kind::Urban } else { Kind::Rural }),
        _ => return None,
    };
    whole(kmh).and_then(|kmh| u8::try_from(kmh).ok())
}

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
