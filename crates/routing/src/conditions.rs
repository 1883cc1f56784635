//! What holds for vehicles of some size only: "no @ (weight>7.5)".
//!
//! The network keeps conditions in the words of the map. Of their grammar (OpenStreetMap's wiki, "Conditional restrictions")
//! the comparisons of a vehicle are read here: `weight`, `weightrating`, `axleload`, `height`, `width` and `length` with
//! `>`, `>=`, `<`, `<=` or `=`, in tonnes and metres, joined by `AND`. A comparison with a measure that was not given is not
//! met, and neither is anything else: a time of day, the weather, a purpose. So what holds at times only does not hold for a
//! question that names no time (`docs/decisions/0007`).

use network::{Access, Condition, Effect, Mode};

use crate::terms::Vehicle;

/// What conditions that a vehicle meets make of an edge or a node; the last of several counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Met {
    pub(crate) access: Option<Access>,
    pub(crate) max_speed_kmh: Option<u32>,
}

/// The effects of those conditions that speak to `mode` and are met.
pub(crate) fn met<'a>(conditions: impl Iterator<Item = Condition<'a>>, mode: Mode, vehicle: &Vehicle) -> Met {
    conditions.filter(|condition| condition.modes.contains(mode) && is_met(condition.when, vehicle)).fold(
        Met::default(),
        |met, condition| match condition.effect {
            Effect::Access(access) => Met { access: Some(access), ..met },
            Effect::MaxSpeed(kmh) => Met { max_speed_kmh: Some(u32::from(kmh)), ..met },
            Effect::Limit(..) => met,
        },
    )
}

/// Whether a vehicle meets every part of a condition.
fn is_met(when: &str, vehicle: &Vehicle) -> bool {
    let plain = when.trim().trim_start_matches('(').trim_end_matches(')');
    let mut parts = plain.split(" AND ").flat_map(|part| part.split(" and ")).peekable();
    parts.peek().is_some() && parts.all(|part| compares(part.trim(), vehicle) == Some(true))
}

/// Whether a comparison holds; `None` for what is none, or of a measure that is not known.
fn compares(part: &str, vehicle: &Vehicle) -> Option<bool> {
    let begin = part.find(['<', '>', '='])?;
    let (key, rest) = part.split_at(begin);
    let end = rest.find(|c: char| !matches!(c, '<' | '>' | '=')).unwrap_or(rest.len());
    let (operator, number) = rest.split_at(end);
    let (measure, units) = match key.trim() {
        "weight" | "weightrating" | "maxweightrating" | "gcweight" => (vehicle.weight_kg?, 1_000.0),
        "axleload" => (vehicle.axle_load_kg?, 1_000.0),
        "height" => (vehicle.height_cm?, 100.0),
        "width" => (vehicle.width_cm?, 100.0),
        "length" => (vehicle.length_cm?, 100.0),
        _ => return None,
    };
    let number = number.trim().trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    // In whole kilograms and centimetres, so that no fraction decides.
    let stated = (number.parse::<f64>().ok().filter(|number| (0.0..1e6).contains(number))? * units).round() as u32;
    match operator {
        ">" => Some(measure > stated),
        ">=" => Some(measure >= stated),
        "<" => Some(measure < stated),
        "<=" => Some(measure <= stated),
        "=" | "==" => Some(measure == stated),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_of_a_vehicle_are_read_and_nothing_else() {
        let truck = Vehicle { weight_kg: Some(7_500), length_cm: Some(1_200), ..Vehicle::default() };
        for (when, expected) in [
            ("weight>7.5", false),
            ("weight>=7.5", true),
            ("(weight > 3.5)", true),
            ("weight>3.5 t", true),
            ("weight<=7.5 AND length>10", true),
            ("weight<=7.5 AND length>12", false),
            ("height>3", false),
            ("Mo-Fr 07:00-09:00", false),
            ("weight>3.5 AND Mo-Fr 07:00-09:00", false),
            ("wet", false),
            ("weight>heavy", false),
            ("weight", false),
            ("", false),
            (">", false),
            ("weight><3", false),
        ] {
            assert_eq!(is_met(when, &truck), expected, "{when}");
        }
        assert!(!is_met("weight>3.5", &Vehicle::default()), "an unknown weight is no heavy one");
    }
}
