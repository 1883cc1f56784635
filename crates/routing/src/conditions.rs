//! What holds for some vehicles, or at some times, only: "no @ (Mo-Fr 07:00-09:00 AND weight>7.5)".
//!
//! The network keeps conditions in the words of the map. Of their grammar (OpenStreetMap's wiki, "Conditional restrictions")
//! two kinds of parts are read here, joined by `AND`: comparisons of a vehicle (`weight`, `weightrating`, `axleload`, `height`, `width`
//! and `length` with `>`, `>=`, `<`, `<=` or `=`, in tonnes and metres), and times in the grammar of `opening_hours`, which a library
//! reads; "!" before them means outside of them. A comparison with a measure that was not given is not met, a time is not met where the question names none, and neither
//! is anything else: the weather, a purpose (`docs/decisions/0007`). Public holidays and the sun are not known here: what holds on
//! holidays only is not met, and dawn and dusk are the library's fixed hours.
//!
//! A [`Clock`] stands still: it is set to the departure, and all of a journey is judged by it. Never in here: time zones; a
//! [`LocalTime`] is what a clock on the spot shows.

use std::cell::RefCell;
use std::collections::HashMap;

use network::{Access, Condition, Effect, Limits, Mode};
use opening_hours::OpeningHours;

use crate::terms::Vehicle;

/// A date and time of day as clocks on the spot show it, to the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime {
    /// Since the first minute of 1970.
    minutes: u32,
}

impl LocalTime {
    /// The last that there is: in the year 3000.
    const LAST: i64 = 1030 * 365 * 24 * 60;

    /// So many minutes after a clock on the spot showed the beginning of 1970; none before that, or in a thousand years.
    ///
    /// ```
    /// let noon = routing::LocalTime::from_minutes(12 * 60).unwrap();
    /// assert!(noon < routing::LocalTime::from_minutes(24 * 60).unwrap());
    /// assert_eq!(routing::LocalTime::from_minutes(-1), None);
    /// ```
    pub fn from_minutes(minutes: i64) -> Option<Self> {
        (0..Self::LAST).contains(&minutes).then_some(Self { minutes: minutes as u32 })
    }

    fn moment(self) -> Option<chrono::NaiveDateTime> {
        Some(chrono::DateTime::from_timestamp(60 * i64::from(self.minutes), 0)?.naive_utc())
    }
}

/// The hours that a part of a condition names: within them it is met, or outside of them.
#[derive(Debug)]
pub(crate) struct Hours {
    hours: OpeningHours,
    /// "!Mo-Fr 08:00-18:00": met when they say that it is closed, and not where they leave that open.
    outside: bool,
}

impl Hours {
    /// None for what is no time.
    fn read(part: &str) -> Option<Self> {
        let inverted = part.strip_prefix('!');
        Some(Self { hours: inverted.unwrap_or(part).parse().ok()?, outside: inverted.is_some() })
    }

    /// Whether they are met.
    pub(crate) fn hold_at(&self, time: LocalTime) -> bool {
        let hours = &self.hours;
        time.moment().is_some_and(|moment| if self.outside { hours.is_closed(moment) } else { hours.is_open(moment) })
    }
}

/// What time it is for a question, and which conditions of time that meets.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    time: Option<LocalTime>,
    /// What was looked at.
    known: RefCell<HashMap<String, bool>>,
}

impl Clock {
    pub(crate) fn at(time: Option<LocalTime>) -> Self {
        Self { time, known: RefCell::default() }
    }

    fn is_within(&self, part: &str) -> bool {
        let Some(time) = self.time else { return false };
        if let Some(&known) = self.known.borrow().get(part) {
            return known;
        }
        let met = Hours::read(part).is_some_and(|hours| hours.hold_at(time));
        self.known.borrow_mut().insert(part.to_owned(), met);
        met
    }
}

/// What conditions that are met make of an edge or a node; the last of several counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Met {
    pub(crate) access: Option<Access>,
    pub(crate) max_speed_kmh: Option<u32>,
    pub(crate) limits: Limits,
}

/// The effects of those conditions that speak to `mode` and are met, where these limits hold usually.
pub(crate) fn met<'a>(
    conditions: impl Iterator<Item = Condition<'a>>,
    limits: Limits,
    mode: Mode,
    (vehicle, clock): (&Vehicle, &Clock),
) -> Met {
    let usual = Met { limits, ..Met::default() };
    let speaks = |condition: &Condition<'_>| condition.modes.contains(mode) && is_met(condition.when, vehicle, clock);
    conditions.filter(speaks).fold(usual, |met, condition| match condition.effect {
        Effect::Access(access) => Met { access: Some(access), ..met },
        Effect::MaxSpeed(kmh) => Met { max_speed_kmh: Some(u32::from(kmh)), ..met },
        Effect::Limit(limit, value) => Met { limits: met.limits.replacing(limit, value), ..met },
    })
}

/// Whether every part of a condition is met.
pub(crate) fn is_met(when: &str, vehicle: &Vehicle, clock: &Clock) -> bool {
    let mut parts = parts(when).peekable();
    let holds = |part| match Comparison::read(part) {
        Some(comparison) => comparison.holds_for(vehicle),
        None => clock.is_within(part),
    };
    parts.peek().is_some() && parts.all(holds)
}

/// The parts of a condition, all of which must be met.
fn parts(when: &str) -> impl Iterator<Item = &str> {
    let plain = when.trim().trim_start_matches('(').trim_end_matches(')');
    plain.split(" AND ").flat_map(|part| part.split(" and ")).map(str::trim)
}

/// The times in a condition, each with its words; what is neither a time nor a comparison is left out.
pub(crate) fn times(when: &str) -> impl Iterator<Item = (&str, Hours)> {
    let times = parts(when).filter(|part| Comparison::read(part).is_none());
    times.filter_map(|part| Some((part, Hours::read(part)?)))
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
    use network::Limit;

    /// Minutes of a day in January 2024, whose first was a Monday.
    fn on(day: i64, hour: i64, minute: i64) -> Option<LocalTime> {
        LocalTime::from_minutes((19_723 + day - 1) * 1440 + 60 * hour + minute)
    }

    #[test]
    fn comparisons_of_a_vehicle_are_read() {
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
            assert_eq!(is_met(when, &truck, &Clock::default()), expected, "{when}");
        }
        assert!(!is_met("weight>3.5", &Vehicle::default(), &Clock::default()), "an unknown weight is no heavy one");
    }

    #[test]
    fn times_are_met_by_the_clock_on_the_spot() {
        let truck = Vehicle { weight_kg: Some(7_500), ..Vehicle::default() };
        let monday_morning = on(1, 7, 30);
        for (when, time, expected) in [
            ("Mo-Fr 07:00-09:00", monday_morning, true),
            ("(Mo-Fr 07:00-09:00)", monday_morning, true),
            ("Mo-Fr 07:00-09:00", on(1, 6, 59), false),
            ("Mo-Fr 07:00-09:00", on(1, 9, 0), false),
            ("Mo-Fr 07:00-09:00", on(6, 7, 30), false),
            ("Mo-Fr 07:00-09:00,15:00-17:00", on(5, 16, 59), true),
            ("Mo-Fr 07:00-09:00; Sa 10:00-12:00", on(6, 11, 0), true),
            ("22:00-06:00", on(3, 2, 0), true),
            ("22:00-06:00", on(3, 12, 0), false),
            ("Mo 22:00-06:00", on(2, 5, 59), true),
            ("Mo 22:00-06:00", on(1, 5, 59), false),
            ("Jan", on(20, 12, 0), true),
            ("Feb-Mar", on(20, 12, 0), false),
            ("2024 Jan 01-2024 Jan 05", on(5, 12, 0), true),
            ("2030 Jan 01", on(1, 12, 0), false),
            ("24/7", on(1, 3, 0), true),
            ("PH", monday_morning, false),
            ("Mo-Fr 07:00-09:00 AND weight>3.5", monday_morning, true),
            ("Mo-Fr 07:00-09:00 AND weight>7.5", monday_morning, false),
            ("weight>3.5 AND Mo-Fr 10:00-11:00", monday_morning, false),
            ("wet", monday_morning, false),
            ("wet AND Mo-Fr 07:00-09:00", monday_morning, false),
            ("Mo-Fr 07:00-", monday_morning, false),
            ("Mo-Fr 07:00-09:00", None, false),
            ("!Mo-Fr 07:00-09:00", monday_morning, false),
            ("!Mo-Fr 07:00-09:00", on(1, 6, 59), true),
            ("!Mo-Fr 07:00-09:00; Sa 10:00-12:00", on(6, 11, 0), false),
            ("!Mo-Fr 07:00-09:00; Sa 10:00-12:00", on(6, 12, 0), true),
            ("!24/7", on(1, 3, 0), false),
            ("!off", on(1, 3, 0), true),
            ("!\"on request\"", on(1, 3, 0), false),
            ("!at the ferryman's pleasure", on(1, 3, 0), false),
            ("!Mo-Fr 07:00-09:00", None, false),
        ] {
            assert_eq!(is_met(when, &truck, &Clock::at(time)), expected, "{when}, {time:?}");
        }
        let found: Vec<&str> = times("wet AND Mo-Fr 07:00-09:00 AND weight>3").map(|time| time.0).collect();
        assert_eq!(found, ["Mo-Fr 07:00-09:00"]);
    }

    #[test]
    fn the_last_condition_that_is_met_counts() {
        let condition = |effect, when| Condition { modes: [Mode::Car].into_iter().collect(), effect, when };
        let all = [
            condition(Effect::Access(Access::No), "Mo-Su 06:00-22:00"),
            condition(Effect::Access(Access::Yes), "Su"),
            condition(Effect::MaxSpeed(30), "24/7"),
            condition(Effect::Limit(Limit::Weight, Some(7_500)), "22:00-06:00"),
            condition(Effect::Limit(Limit::Height, None), "Mo"),
        ];
        let usual = Limits::default().with(Limit::Height, 300);
        let met = |time, mode| met(all.into_iter(), usual, mode, (&Vehicle::default(), &Clock::at(time)));
        let monday = met(on(1, 12, 0), Mode::Car);
        assert_eq!(
            (monday.access, monday.max_speed_kmh, monday.limits),
            (Some(Access::No), Some(30), Limits::default())
        );
        let sunday_night = met(on(7, 23, 0), Mode::Car);
        assert_eq!(sunday_night.access, Some(Access::Yes));
        assert_eq!(sunday_night.limits, usual.with(Limit::Weight, 7_500));
        assert_eq!(met(on(1, 12, 0), Mode::Bicycle), Met { limits: usual, ..Met::default() });
    }
}
