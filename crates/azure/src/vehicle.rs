//! Azure's words for a vehicle and for what to avoid, in both interfaces, as the engine's [`Terms`].
//!
//! Metres and kilograms come in, centimetres and kilograms go on; lengths are rounded up, for a vehicle is at least as large
//! as its figures. Zero is unset. Loads of dangerous goods are for trucks only. The hazard classes of the United States are
//! dangerous goods of any kind; what they mean in a tunnel only a restriction code can tell, so without one the strictest is
//! assumed. A commercial vehicle keeps off where goods vehicles may not be. To avoid a kind of road or an area is a wish that a long
//! detour outweighs.

use engine::{Kind, Load, Profile, Terms, TunnelCategory, Vehicle};

/// Every load type.
pub(crate) const LOAD_TYPES: &[&str] = &[
    "USHazmatClass1",
    "USHazmatClass2",
    "USHazmatClass3",
    "USHazmatClass4",
    "USHazmatClass5",
    "USHazmatClass6",
    "USHazmatClass7",
    "USHazmatClass8",
    "USHazmatClass9",
    "otherHazmatExplosive",
    "otherHazmatGeneral",
    "otherHazmatHarmfulToWater",
];

/// A vehicle in the vendor's units; zero and nothing are the same.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measures<'a> {
    pub(crate) length_m: f64,
    pub(crate) width_m: f64,
    pub(crate) height_m: f64,
    pub(crate) weight_kg: i64,
    pub(crate) axle_weight_kg: i64,
    pub(crate) max_speed_kmh: i64,
    pub(crate) tunnel_code: Option<&'a str>,
    pub(crate) commercial: bool,
}

/// What a question asks beyond its profile.
pub(crate) fn terms<'a>(
    profile: Profile,
    measures: &Measures<'_>,
    loads: impl Iterator<Item = &'a str>,
    avoid: impl Iterator<Item = &'a str>,
) -> Terms {
    let mut terms = Terms::default();
    let set = |value: i64| u32::try_from(value).ok().filter(|&value| value > 0);
    terms.vehicle = Vehicle {
        height_cm: centimetres(measures.height_m),
        width_cm: centimetres(measures.width_m),
        length_cm: centimetres(measures.length_m),
        weight_kg: set(measures.weight_kg),
        axle_load_kg: set(measures.axle_weight_kg),
        max_speed_kmh: set(measures.max_speed_kmh),
        load: Load::default(),
        commercial: measures.commercial,
    };
    if profile == Profile::Truck {
        terms.vehicle.load = load(loads);
        terms.vehicle.load.tunnel_code = measures.tunnel_code.and_then(category);
    }
    terms.avoid.kinds = avoid.filter_map(kind).collect();
    terms
}

/// Metres to whole centimetres; a thousandth of one is noise of the decimal form.
fn centimetres(metres: f64) -> Option<u32> {
    let centimetres = (metres * 100.0 - 0.001).ceil();
    (centimetres > 0.0).then_some(centimetres as u32)
}

fn load<'a>(words: impl Iterator<Item = &'a str>) -> Load {
    words.fold(Load::default(), |load, word| {
        if word.eq_ignore_ascii_case("otherHazmatHarmfulToWater") {
            Load { harmful_to_water: true, ..load }
        } else {
            Load { goods: true, ..load }
        }
    })
}

fn category(letter: &str) -> Option<TunnelCategory> {
    match letter.to_ascii_uppercase().as_str() {
        "B" => Some(TunnelCategory::B),
        "C" => Some(TunnelCategory::C),
        "D" => Some(TunnelCategory::D),
        "E" => Some(TunnelCategory::E),
        _ => None,
    }
}

fn kind(word: &str) -> Option<Kind> {
    let kinds = [
        ("tollRoads", Kind::Toll),
        ("motorways", Kind::Motorway),
        ("ferries", Kind::Ferry),
        ("unpavedRoads", Kind::Unpaved),
        ("carpools", Kind::Carpool),
        ("borderCrossings", Kind::Border),
    ];
    kinds.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_rounded_up_and_zero_is_nothing() {
        for (metres, expected) in
            [(0.0, None), (4.1, Some(410)), (2.55, Some(255)), (4.001, Some(401)), (18.75, Some(1875))]
        {
            assert_eq!(centimetres(metres), expected, "{metres}");
        }
        let none = terms(Profile::Truck, &Measures::default(), std::iter::empty(), std::iter::empty());
        assert!(none.is_empty());
    }

    #[test]
    fn loads_are_for_trucks_only() {
        let asked = |profile| {
            let measures = Measures { tunnel_code: Some("d"), ..Measures::default() };
            terms(profile, &measures, ["USHazmatClass3"].into_iter(), std::iter::empty()).vehicle.load
        };
        let expected = Load { goods: true, harmful_to_water: false, tunnel_code: Some(TunnelCategory::D) };
        assert_eq!((asked(Profile::Truck), asked(Profile::Car)), (expected, Load::default()));
        let water = load(["otherHazmatHarmfulToWater"].into_iter());
        assert_eq!((water.goods, water.harmful_to_water), (false, true));
    }

    #[test]
    fn kinds_are_known_in_any_case() {
        let kinds = terms(Profile::Car, &Measures::default(), std::iter::empty(), ["TOLLROADS", "ferries"].into_iter());
        assert_eq!(kinds.avoid.kinds, [Kind::Toll, Kind::Ferry].into_iter().collect());
    }
}
