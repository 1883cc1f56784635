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
    let mut parts = parts(when).peekable();
    parts.peek().is_some() && parts.all(|part| Comparison::read(part).is_some_and(|part| part.holds_for(vehicle)))
}

/// The parts of a condition, all of which must be met.
fn parts(when: &str) -> impl Iterator<Item = &str> {
    let plain = when.trim().trim_start_matches('(').trim_end_matches(')');
    plain.split(" AND ").flat_map(|part| part.split(" and ")).map(str::trim)
}

/// The comparisons of a vehicle in a condition; other parts are left out.
pub(crate) fn comparisons(when: &str) -> impl Iterator<Item = Comparison> {
    parts(when).filter_map(Comparison::read)
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Measure {
    Height,
    Width,
    Length,
    Weight,
    AxleLoad,
}

impl Measure {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Measure; 5] =
        [Measure::Height, Measure::Width, Measure::Length, Measure::Weight, Measure::AxleLoad];

    /// That of a vehicle, where it is known, in centimetres or kilograms.
    pub(crate) fn of(self, vehicle: &Vehicle) -> Option<u32> {
        match self {
            Measure::Height => vehicle.height_cm,
            Measure::Width => vehicle.width_cm,
            Measure::Length => vehicle.length_cm,
            Measure::Weight => vehicle.weight_kg,
            Measure::AxleLoad => vehicle.axle_load_kg,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    More,
    AtLeast,
    Less,
    AtMost,
    Equal,
}

/// A measure against a number: "weight>7.5".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) measure: Measure,
    operator: Operator,
    /// In whole kilograms and centimetres, so that no fraction decides.
    stated: u32,
}

impl Comparison {
    /// `None` for what is none.
    fn read(part: &str) -> Option<Self> {
        let begin = part.find(['<', '>', '='])?;
        let (key, rest) = part.split_at(begin);
        let end = rest.find(|c: char| !matches!(c, '<' | '>' | '=')).unwrap_or(rest.len());
        let (operator, number) = rest.split_at(end);
        let (measure, units) = match key.trim() {
            "weight" | "weightrating" | "maxweightrating" | "gcweight" => (Measure::Weight, 1_000.0),
            "axleload" => (Measure::AxleLoad, 1_000.0),
            "height" => (Measure::Height, 100.0),
            "width" => (Measure::Width, 100.0),
            "length" => (Measure::Length, 100.0),
            _ => return None,
        };
        let operator = match operator {
            ">" => Operator::More,
            ">=" => Operator::AtLeast,
            "<" => Operator::Less,
            "<=" => Operator::AtMost,
            "=" | "==" => Operator::Equal,
            _ => return None,
        };
        let number = number.trim().trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
        let stated = (number.parse::<f64>().ok().filter(|number| (0.0..1e6).contains(number))? * units).round() as u32;
        Some(Self { measure, operator, stated })
    }

    /// Whether it holds; not where the measure is unknown.
    fn holds_for(self, vehicle: &Vehicle) -> bool {
        self.measure.of(vehicle).is_some_and(|measure| match self.operator {
            Operator::More => measure > self.stated,
            Operator::AtLeast => measure >= self.stated,
            Operator::Less => measure < self.stated,
            Operator::AtMost => measure <= self.stated,
            Operator::Equal => measure == self.stated,
        })
    }

    /// The measures at which it begins to hold or ceases to; and whether it holds below the first of them.
    pub(crate) fn turning_points(self) -> ([u32; 2], bool) {
        let (at, beyond) = (self.stated, self.stated + 1);
        match self.operator {
            Operator::More => ([beyond; 2], false),
            Operator::AtLeast => ([at; 2], false),
            Operator::Less => ([at; 2], true),
            Operator::AtMost => ([beyond; 2], true),
            Operator::Equal => ([at, beyond], false),
        }
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
