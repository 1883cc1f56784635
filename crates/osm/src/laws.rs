//! What the traffic laws of countries say where no sign does.
//!
//! A country has a row where it differs from what is usual ([`USUAL`]); a part of a country ("BE-VLG") where it differs from its
//! country. The figures are those of the national traffic laws for private cars, by way of the wiki's page "Default speed limits", which
//! names the laws. Where a law leaves the figure to signs, or to states and provinces, what most of them say is taken. Figures that
//! are no limit of a country, but have a name of their own (`GB:nsl_dual`), are kept apart. Never in here: what a sign says.

pub(crate) const KMH_PER_MPH: f64 = 1.609_344;
/// Walking pace, as courts read the sign.
pub(crate) const WALKING_KMH: f64 = 7.0;
/// Where there is no limit (German motorways): the speed that is recommended instead.
pub(crate) const UNLIMITED_KMH: f64 = 130.0;

/// The kinds of roads that laws tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Urban,
    Rural,
    /// For motor vehicles only, without being a motorway.
    Trunk,
    Motorway,
}

impl Kind {
    fn of_name(name: &str) -> Option<Self> {
        match name {
            "urban" => Some(Self::Urban),
            "rural" => Some(Self::Rural),
            "trunk" => Some(Self::Trunk),
            "motorway" => Some(Self::Motorway),
            _ => None,
        }
    }
}

/// The limit for a kind of road, in km/h.
pub(crate) fn limit_kmh(country: &str, kind: Kind) -> f64 {
    stated(country, kind).unwrap_or(f64::from(USUAL[kind as usize]))
}

/// The limit of a rule by its name; none for a name that is unknown.
pub(crate) fn rule_kmh(place: &str, country: &str, name: &str) -> Option<f64> {
    if let Some(kind) = Kind::of_name(name) {
        return Some(stated(place, kind).unwrap_or_else(|| limit_kmh(country, kind)));
    }
    let named = |place: &str| NAMED.iter().find(|rule| rule.0 == place && rule.1 == name).map(|rule| rule.2);
    named(country).or_else(|| named(ANYWHERE))
}

/// The factor from the figures on a country's signs to km/h.
pub(crate) fn unit_kmh(country: &str) -> f64 {
    if IN_MPH.contains(&country) { KMH_PER_MPH } else { 1.0 }
}

fn stated(place: &str, kind: Kind) -> Option<f64> {
    let row = LAWS.binary_search_by_key(&place, |law| law.0).ok()?;
    let figure = LAWS[row].1[kind as usize];
    (figure > 0).then(|| f64::from(figure) * unit_kmh(place))
}

/// Where the figures on signs are miles per hour.
const IN_MPH: [&str; 11] = ["AS", "GB", "GG", "GU", "IM", "JE", "LR", "MP", "PR", "US", "VI"];

/// In town, outside, on roads for motor vehicles only, on motorways: what is usual.
const USUAL: [u8; 4] = [50, 90, 110, 130];

/// The figures of a row stand as on its signs; 0 is what is usual.
const LAWS: [(&str, [u8; 4]); 118] = [
    ("AD", [0, 60, 90, 90]),
    ("AE", [60, 100, 100, 120]),
    ("AL", [40, 80, 90, 110]),
    ("AM", [60, 90, 90, 110]),
    ("AO", [60, 90, 100, 120]),
    ("AR", [40, 110, 120, 130]),
    ("AS", [25, 25, 25, 25]),
    ("AT", [0, 100, 100, 130]),
    ("AU", [0, 100, 100, 110]),
    ("AW", [0, 80, 80, 80]),
    ("AZ", [60, 90, 90, 110]),
    ("BA", [0, 80, 100, 130]),
    ("BE", [0, 90, 120, 120]),
    ("BE-BRU", [30, 70, 0, 0]),
    ("BE-VLG", [0, 70, 0, 0]),
    ("BG", [0, 90, 120, 140]),
    ("BH", [60, 100, 100, 100]),
    ("BN", [60, 0, 0, 0]),
    ("BO", [40, 80, 80, 80]),
    ("BR", [60, 100, 110, 110]),
    ("BT", [30, 50, 50, 50]),
    ("BW", [60, 100, 120, 120]),
    ("BY", [60, 90, 90, 110]),
    ("CA", [0, 80, 90, 100]),
    ("CD", [60, 90, 90, 120]),
    ("CH", [0, 80, 100, 120]),
    ("CI", [60, 90, 110, 120]),
    ("CL", [0, 100, 100, 120]),
    ("CM", [60, 110, 110, 110]),
    ("CN", [0, 70, 100, 120]),
    ("CO", [0, 90, 90, 120]),
    ("CR", [0, 60, 90, 90]),
    ("CU", [0, 90, 90, 100]),
    ("CV", [0, 90, 100, 120]),
    ("CW", [40, 60, 80, 80]),
    ("CY", [0, 80, 80, 100]),
    ("DE", [0, 100, 100, 130]),
    ("DK", [0, 80, 80, 130]),
    ("DO", [35, 60, 80, 80]),
    ("EC", [0, 100, 100, 100]),
    ("EG", [60, 90, 90, 100]),
    ("ES", [0, 90, 90, 120]),
    ("FI", [0, 80, 100, 120]),
    ("FJ", [0, 80, 80, 80]),
    ("FR", [0, 80, 110, 130]),
    ("GA", [60, 110, 110, 110]),
    ("GB", [30, 60, 70, 70]),
    ("GE", [60, 90, 90, 110]),
    ("GG", [35, 35, 35, 35]),
    ("GH", [0, 90, 90, 100]),
    ("GU", [25, 45, 45, 45]),
    ("HK", [0, 50, 80, 100]),
    ("ID", [0, 80, 80, 100]),
    ("IE", [0, 80, 100, 120]),
    ("IL", [0, 80, 90, 110]),
    ("IM", [30, 60, 60, 60]),
    ("IN", [0, 70, 80, 120]),
    ("IS", [0, 90, 90, 90]),
    ("JE", [30, 40, 40, 40]),
    ("JP", [60, 60, 60, 100]),
    ("KE", [0, 100, 100, 110]),
    ("KG", [60, 90, 90, 110]),
    ("KH", [40, 90, 90, 100]),
    ("KR", [0, 60, 80, 100]),
    ("KZ", [60, 110, 110, 140]),
    ("LI", [0, 80, 100, 120]),
    ("LR", [25, 45, 45, 45]),
    ("LS", [60, 100, 100, 120]),
    ("LT", [0, 90, 120, 130]),
    ("MC", [0, 50, 50, 50]),
    ("MN", [60, 80, 80, 80]),
    ("MO", [60, 60, 80, 80]),
    ("MT", [0, 80, 80, 80]),
    ("MU", [60, 60, 80, 110]),
    ("MW", [0, 80, 80, 80]),
    ("MX", [0, 80, 80, 110]),
    ("MY", [0, 90, 90, 110]),
    ("MZ", [60, 120, 120, 120]),
    ("NA", [60, 100, 100, 120]),
    ("NG", [0, 80, 80, 100]),
    ("NL", [0, 80, 100, 100]),
    ("NO", [0, 80, 80, 110]),
    ("NP", [40, 80, 80, 80]),
    ("NZ", [0, 100, 100, 100]),
    ("PA", [40, 100, 100, 120]),
    ("PE", [0, 90, 90, 100]),
    ("PG", [60, 100, 100, 100]),
    ("PH", [40, 80, 80, 100]),
    ("PK", [55, 70, 110, 120]),
    ("PL", [0, 90, 120, 140]),
    ("PR", [25, 45, 45, 65]),
    ("PS", [0, 80, 80, 110]),
    ("PT", [0, 90, 100, 120]),
    ("PY", [0, 110, 110, 110]),
    ("RO", [0, 90, 100, 130]),
    ("RS", [0, 80, 100, 130]),
    ("RU", [60, 90, 90, 110]),
    ("RW", [40, 80, 80, 80]),
    ("SA", [50, 120, 120, 120]),
    ("SE", [0, 70, 90, 110]),
    ("SG", [0, 50, 70, 90]),
    ("SN", [0, 90, 90, 110]),
    ("TH", [80, 90, 90, 120]),
    ("TN", [0, 90, 90, 110]),
    ("TR", [0, 90, 110, 120]),
    ("TW", [0, 50, 80, 100]),
    ("TZ", [0, 80, 80, 80]),
    ("UA", [0, 90, 110, 130]),
    ("UG", [0, 80, 80, 100]),
    ("US", [25, 55, 55, 65]),
    ("UY", [45, 90, 90, 110]),
    ("UZ", [70, 100, 100, 100]),
    ("VE", [40, 70, 90, 90]),
    ("VI", [20, 35, 35, 35]),
    ("VN", [0, 80, 80, 120]),
    ("XK", [0, 80, 110, 130]),
    ("ZA", [60, 100, 100, 120]),
    ("ZM", [40, 100, 100, 100]),
];

const ANYWHERE: &str = "";

/// What has a name of its own, in km/h.
const NAMED: [(&str, &str, f64); 10] = [
    (ANYWHERE, "walk", WALKING_KMH),
    (ANYWHERE, "living_street", 20.0),
    (ANYWHERE, "pedestrian_zone", 20.0),
    (ANYWHERE, "bicycle_road", 30.0),
    (ANYWHERE, "cyclestreet", 30.0),
    ("AT", "living_street", WALKING_KMH),
    ("DE", "living_street", WALKING_KMH),
    ("GB", "nsl_restricted", 30.0 * KMH_PER_MPH),
    ("GB", "nsl_single", 60.0 * KMH_PER_MPH),
    ("GB", "nsl_dual", 70.0 * KMH_PER_MPH),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_each_says_something() {
        assert!(LAWS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (place, figures) in LAWS {
            assert!(figures.iter().any(|&figure| figure > 0), "{place}");
            let kinds = [Kind::Urban, Kind::Rural, Kind::Trunk, Kind::Motorway];
            let limits = kinds.map(|kind| rule_kmh(place, &place[..2], kind_name(kind)).unwrap());
            assert!(limits.is_sorted() && limits[0] >= 30.0 && limits[3] <= 140.0, "{place}: {limits:?}");
        }
    }

    fn kind_name(kind: Kind) -> &'static str {
        ["urban", "rural", "trunk", "motorway"][kind as usize]
    }

    #[test]
    fn what_differs_counts_before_what_is_usual() {
        let limit = |country, kind| limit_kmh(country, kind).round() as u32;
        assert_eq!(limit("JP", Kind::Motorway), 100);
        assert_eq!(limit("IT", Kind::Motorway), 130);
        assert_eq!(limit("US", Kind::Rural), 89);
        let rule = |place, country, name| rule_kmh(place, country, name).map(|kmh| kmh.round() as u32);
        assert_eq!(rule("BE-BRU", "BE", "motorway"), Some(120));
        assert_eq!(["rural", "trunk"].map(|name| rule("PL", "PL", name)), [Some(90), Some(120)]);
        assert_eq!(rule("GB", "GB", "nsl_dual"), Some(113));
        assert_eq!(rule("XX", "XX", "footpath"), None);
    }
}
