//! Limits by size, weight and load: from the tags of a way or a node to [`Limits`].
//!
//! Which key limits what is the table [`KEYS`]. A key that speaks of one direction alone overrules the same key without;
//! of several keys that limit the same, such as the sign and the clearance measured beneath a bridge, the stricter
//! counts. Who may travel at all with a truck is a matter of access, not of these.

use network::{Hazmat, Limit, Limits, Mode, TunnelCategory};

use crate::access::word_access;
use crate::measure::{length_cm, weight_kg};
use crate::speed::limit as speed_kmh;
use crate::tags::Tags;

/// The keys that limit something.
pub(crate) const KEYS: [(&str, Limit); 17] = [
    ("maxheight", Limit::Height),
    ("maxheight:physical", Limit::Height),
    ("maxheight:legal", Limit::Height),
    ("maxwidth", Limit::Width),
    ("maxwidth:physical", Limit::Width),
    ("maxlength", Limit::Length),
    ("maxlength:hgv", Limit::Length),
    ("maxweight", Limit::Weight),
    ("maxgcweight", Limit::Weight),
    ("maxaxleload", Limit::AxleLoad),
    ("maxaxleload:hgv", Limit::AxleLoad),
    // Signs that speak to trucks mean the weight in their papers, not on the scales.
    ("maxweight:hgv", Limit::RatedWeight),
    ("maxgcweight:hgv", Limit::RatedWeight),
    ("maxweightrating", Limit::RatedWeight),
    ("maxweightrating:hgv", Limit::RatedWeight),
    ("maxspeed:hgv", Limit::TruckSpeed),
    ("maxspeed:goods", Limit::TruckSpeed),
];

/// The limits of a way in a direction, by the suffix of its keys, or of a node, with "".
pub(crate) fn limits(tags: &Tags<'_>, suffix: &str) -> Limits {
    // Asked for every road: most have no such key at all.
    let limits = |key: &str| key.strip_prefix("max").is_some_and(|what| what != "speed") || key.starts_with("hazmat");
    if !tags.any_key(limits) {
        return Limits::default();
    }
    let stated = |key: &str| tags.get_joined(key, suffix).or_else(|| tags.get(key));
    let measured = KEYS.iter().fold(Limits::default(), |limits, &(key, limit)| {
        stated(key).and_then(|value| measure(limit, value)).map_or(limits, |value| limits.with(limit, value))
    });
    measured.with_hazmat(hazmat(tags, stated))
}

/// A limit's value in its unit.
pub(crate) fn measure(limit: Limit, value: &str) -> Option<u32> {
    match limit {
        Limit::Height | Limit::Width | Limit::Length => length_cm(value),
        Limit::Weight | Limit::AxleLoad | Limit::RatedWeight => weight_kg(value),
        Limit::TruckSpeed => speed_kmh(value).map(u32::from),
    }
}

fn hazmat<'a>(tags: &Tags<'a>, stated: impl Fn(&str) -> Option<&'a str>) -> Hazmat {
    let access = |key: &str| stated(key).and_then(|value| word_access(value, Mode::Truck));
    Hazmat {
        goods: access("hazmat").unwrap_or(Hazmat::FREE.goods),
        water: access("hazmat:water").unwrap_or(Hazmat::FREE.water),
        tunnel: tunnel_category(tags, stated),
    }
}

const CATEGORIES: [(&str, &str, TunnelCategory); 5] = [
    ("A", "hazmat:A", TunnelCategory::A),
    ("B", "hazmat:B", TunnelCategory::B),
    ("C", "hazmat:C", TunnelCategory::C),
    ("D", "hazmat:D", TunnelCategory::D),
    ("E", "hazmat:E", TunnelCategory::E),
];

/// By its letter, or by the letters that a tunnel forbids, of which the strictest is its own.
fn tunnel_category<'a>(tags: &Tags<'a>, stated: impl Fn(&str) -> Option<&'a str>) -> Option<TunnelCategory> {
    let letter = ["hazmat:adr_tunnel_cat", "hazmat:tunnel_cat"].into_iter().find_map(&stated);
    let named = |letter: &str| CATEGORIES.iter().find(|category| category.0 == letter).map(|category| category.2);
    letter.and_then(|letter| named(letter.trim())).or_else(|| {
        let is_tunnel = tags.get("tunnel").is_some_and(|value| value != "no");
        let forbidden = |&(_, key, category): &(_, &str, _)| (stated(key) == Some("no")).then_some(category);
        CATEGORIES.iter().filter(|_| is_tunnel).filter_map(forbidden).max()
    })
}
