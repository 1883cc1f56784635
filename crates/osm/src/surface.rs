//! What a road is covered with: from `surface` and `tracktype` to [`Surface`].
//!
//! Of several words the worst counts. A word that is not known says nothing. Where no surface is stated, the grade of a
//! track tells how firm it is.

use network::{RoadClass, Surface};

use crate::tags::Tags;

/// The surface of a road.
pub(crate) fn surface(tags: &Tags<'_>) -> Surface {
    let stated = tags.get("surface").map(words).filter(|&surface| surface != Surface::Unknown);
    stated.or_else(|| tags.get("tracktype").map(grade)).unwrap_or_default()
}

/// Whether a road is not asphalt, concrete or paving; where no surface is stated, tracks below grade 1 are not.
pub(crate) fn is_unpaved(class: RoadClass, tags: &Tags<'_>) -> bool {
    match tags.get("surface") {
        Some(surface) => words(surface) >= Surface::Compacted,
        None => class == RoadClass::Track && !tags.is("tracktype", "grade1"),
    }
}

fn words(value: &str) -> Surface {
    value.split([';', ',']).map(|word| one_word(&word.trim().to_ascii_lowercase())).max().unwrap_or_default()
}

fn one_word(word: &str) -> Surface {
    match word {
        "asphalt" | "concrete" | "concrete:plates" | "paved" | "paving_stones" | "chipseal" | "brick" | "bricks"
        | "cement" | "rubber" | "tartan" | "acrylic" => Surface::Paved,
        "cobblestone"
        | "cobblestone:flattened"
        | "unhewn_cobblestone"
        | "sett"
        | "stone"
        | "grass_paver"
        | "concrete:lanes"
        | "wood"
        | "boardwalk"
        | "metal"
        | "metal_grid"
        | "grate"
        | "stepping_stones" => Surface::Rough,
        "compacted" | "fine_gravel" | "shells" => Surface::Compacted,
        "unpaved" | "gravel" | "pebblestone" | "ground" | "earth" | "dirt" | "grass" | "rock" | "woodchips"
        | "clay" | "salt" => Surface::Loose,
        "sand" | "mud" | "snow" | "ice" | "dirt/sand" => Surface::Soft,
        _ => Surface::Unknown,
    }
}

fn grade(tracktype: &str) -> Surface {
    match tracktype {
        "grade1" => Surface::Paved,
        "grade2" => Surface::Compacted,
        "grade3" | "grade4" => Surface::Loose,
        "grade5" => Surface::Soft,
        _ => Surface::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surfaces_and_grades() {
        for (key, value, expected) in [
            ("surface", "asphalt", Surface::Paved),
            ("surface", "Dirt", Surface::Loose),
            ("surface", "sett", Surface::Rough),
            ("surface", "fine_gravel", Surface::Compacted),
            ("surface", "asphalt; cobblestone", Surface::Rough),
            ("surface", "gravel;sand", Surface::Soft),
            ("surface", "linoleum", Surface::Unknown),
            ("tracktype", "grade1", Surface::Paved),
            ("tracktype", "grade2", Surface::Compacted),
            ("tracktype", "grade5", Surface::Soft),
            ("tracktype", "grade9", Surface::Unknown),
            ("smoothness", "good", Surface::Unknown),
        ] {
            assert_eq!(surface(&[(key, value)].into_iter().collect()), expected, "{key}={value}");
        }
        let both: Tags<'_> = [("surface", "asphalt"), ("tracktype", "grade3")].into_iter().collect();
        assert_eq!(surface(&both), Surface::Paved);
        let strange: Tags<'_> = [("surface", "linoleum"), ("tracktype", "grade3")].into_iter().collect();
        assert_eq!(surface(&strange), Surface::Loose);
    }
}
