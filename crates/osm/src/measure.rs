//! Lengths and weights as people write them on maps: to centimetres and kilograms, rounded down.
//!
//! | notation | means |
//! |---|---|
//! | 3.8, 3.8 m, 380 cm | metres without a unit |
//! | 12'6", 12 ft 6 in, 12' | feet and inches |
//! | 7.5, 7.5 t, 7500 kg | tonnes without a unit |
//! | 16000 lbs, 8 st, 5 lt | pounds, short tons, long tons |
//!
//! Of a list the least counts. Words (default, none, unsigned, `below_default`) and nonsense are no measure.

const CM_PER_INCH: f64 = 2.54;
const INCHES_PER_FOOT: f64 = 12.0;
const KG_PER_POUND: f64 = 0.453_592_37;
const POUNDS_PER_SHORT_TON: f64 = 2000.0;
const POUNDS_PER_LONG_TON: f64 = 2240.0;
/// Nothing on a road is longer, wider or higher; a larger figure is a slip of the pen.
const LONGEST_CM: f64 = 10_000.0;
/// Nothing on a road is heavier.
const HEAVIEST_KG: f64 = 650_000.0;

/// A height, width or length.
pub(crate) fn length_cm(value: &str) -> Option<u32> {
    least(value, one_length, LONGEST_CM)
}

/// A weight.
pub(crate) fn weight_kg(value: &str) -> Option<u32> {
    least(value, one_weight, HEAVIEST_KG)
}

fn least(value: &str, one: impl Fn(&str) -> Option<f64>, most: f64) -> Option<u32> {
    let all = value.split([';', '|']).filter_map(|word| one(word.trim()));
    // A hair more, so that 2.3 m, which is 229.99… in binary, is 230 cm.
    let rounded = all.map(|measure| (measure + 1e-6).floor());
    rounded.filter(|&measure| measure >= 1.0 && measure <= most).min_by(f64::total_cmp).map(|measure| measure as u32)
}

fn one_length(word: &str) -> Option<f64> {
    let (number, unit) = number_and_rest(word)?;
    match unit {
        "" | "m" | "metre" | "metres" | "meter" | "meters" => Some(number * 100.0),
        "cm" => Some(number),
        _ => {
            let rest = strip_any(unit, &["feet", "foot", "ft", "'", "′", "’"])?;
            Some((number * INCHES_PER_FOOT + inches(rest.trim())?) * CM_PER_INCH)
        }
    }
}

/// What follows the feet: nothing, or inches with or without their sign.
fn inches(rest: &str) -> Option<f64> {
    if rest.is_empty() {
        return Some(0.0);
    }
    let (number, unit) = number_and_rest(rest)?;
    let known = ["", "\"", "″", "”", "''", "in", "inch", "inches"].contains(&unit);
    (known && number <= INCHES_PER_FOOT).then_some(number)
}

fn one_weight(word: &str) -> Option<f64> {
    let (number, unit) = number_and_rest(word)?;
    let kg = match unit.to_ascii_lowercase().as_str() {
        "" | "t" | "to" | "tonne" | "tonnes" => 1000.0,
        "kg" => 1.0,
        "lb" | "lbs" | "pound" | "pounds" => KG_PER_POUND,
        "st" | "short tons" | "short ton" | "tons" | "ton" => POUNDS_PER_SHORT_TON * KG_PER_POUND,
        "lt" | "long tons" | "long ton" => POUNDS_PER_LONG_TON * KG_PER_POUND,
        _ => return None,
    };
    Some(number * kg)
}

/// "7.5 t" as 7.5 and "t"; a comma may stand for the point.
fn number_and_rest(word: &str) -> Option<(f64, &str)> {
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(word.len());
    let (digits, rest) = word.split_at(end);
    Some((digits.replace(',', ".").parse().ok()?, rest.trim()))
}

fn strip_any<'a>(text: &'a str, prefixes: &[&str]) -> Option<&'a str> {
    prefixes.iter().find_map(|prefix| text.strip_prefix(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_in_every_notation() {
        for (value, expected) in [
            ("3.8", Some(380)),
            ("2.3", Some(230)),
            ("4", Some(400)),
            ("3.2 m", Some(320)),
            ("3.2m", Some(320)),
            ("3,5", Some(350)),
            ("380 cm", Some(380)),
            ("12'1\"", Some(368)),
            ("13'0\"", Some(396)),
            ("13' 10\"", Some(421)),
            ("12'", Some(365)),
            ("7'6", Some(228)),
            ("12′6″", Some(381)),
            ("10 ft", Some(304)),
            ("10 ft 6 in", Some(320)),
            ("16'12\"", Some(518)),
            ("3.5;2.5", Some(250)),
            ("none|3.2", Some(320)),
            ("16'13\"", None),
            ("default", None),
            ("below_default", None),
            ("none", None),
            ("0", None),
            ("-3", None),
            ("300", None),
            ("3.8 furlongs", None),
            ("é", None),
            ("3é", None),
            ("", None),
            ("'", None),
            ("1e5", None),
        ] {
            assert_eq!(length_cm(value), expected, "{value}");
        }
    }

    #[test]
    fn weights_are_read_in_every_notation() {
        for (value, expected) in [
            ("7.5", Some(7_500)),
            ("7.5 t", Some(7_500)),
            ("7.5t", Some(7_500)),
            ("3,5", Some(3_500)),
            ("2800 kg", Some(2_800)),
            ("16000 lbs", Some(7_257)),
            ("8 st", Some(7_257)),
            ("8 tons", Some(7_257)),
            ("5 lt", Some(5_080)),
            ("12;7.5", Some(7_500)),
            ("none", None),
            ("default", None),
            ("unsigned", None),
            ("7500", None),
            ("0", None),
            ("7.5 elephants", None),
            ("", None),
        ] {
            assert_eq!(weight_kg(value), expected, "{value}");
        }
    }
}
